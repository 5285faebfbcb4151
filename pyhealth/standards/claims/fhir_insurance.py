"""The insurances of a FHIR R4 Claim: which coverage is asked, and what was paid before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pyhealth.adjudication.money import amount_of, currency_of
from pyhealth.errors import InputError
from pyhealth.standards.fhir_elements import Element


@dataclass(frozen=True, slots=True)
class Insurance:
    """The coverage that a claim is made on."""

    coverage: str
    authorisation: str | None
    earlier: tuple[Element, ...]  # the ClaimResponses of the payers before this one

    def prior_paid(self, sequence: int, currency: str) -> Decimal | None:
        """Return what payers before this one paid of an item; nothing where there was none."""
        if not self.earlier:
            return None
        return sum((_benefit(answer, sequence, currency) for answer in self.earlier), Decimal(0))


def insurance_of(root: Element, *, lenient: bool, findings: list[str]) -> Insurance:
    """Read the insurances of a claim; exactly one is focal."""
    insurances = root.many("insurance")
    focal = [one for one in insurances if one.value.get("focal") is True]
    if len(focal) != 1:
        raise InputError(
            f"{len(focal)} of {len(insurances)} insurances are focal; mark the one that this claim "
            "is made on."
        )
    ours = focal[0]
    if len(numbers := _numbers(ours)) > 1:
        findings.append(f"{ours.path}.preAuthRef: the first of {len(numbers)} is used")
    order = ours.number("sequence")
    before = [one for one in insurances if one is not ours and one.number("sequence") < order]
    return Insurance(
        _coverage(ours.one("coverage"), root, lenient, findings),
        numbers[0] if numbers else None,
        tuple(_answer(one, root) for one in before),
    )


def _coverage(reference: Element, root: Element, lenient: bool, findings: list[str]) -> str:
    if key := key_of(reference, root, kind="Coverage"):
        return key
    patient = key_of(root.one("patient"), root)
    if lenient and patient:
        findings.append(f"{reference.path} names no coverage; that of {patient} is taken")
        return patient
    raise InputError(
        f"{reference.path} names the coverage by neither a reference nor an identifier; add one."
    )


def _numbers(ours: Element) -> list[str]:
    """Return the numbers of authorisations that an insurance names."""
    numbers = ours.value.get("preAuthRef") or []
    if not isinstance(numbers, list) or not all(isinstance(one, str) for one in numbers):
        raise InputError(f"{ours.path}.preAuthRef is no list of numbers; correct it.")
    return [one.strip() for one in numbers]


def _answer(insurance: Element, root: Element) -> Element:
    """Return an earlier payer's decision, which the claim must contain."""
    reference = insurance.maybe("claimResponse")
    answer = contained(reference.optional("reference"), root) if reference else None
    if answer is None:
        raise InputError(
            f"{insurance.path} comes before the focal one, and the claim does not contain that "
            "payer's ClaimResponse; contain it, so that what was paid is known."
        )
    return answer


def _benefit(answer: Element, sequence: int, currency: str) -> Decimal:
    """Return what a ClaimResponse pays of an item."""
    paid = Decimal(0)
    for item in answer.many("item"):
        if item.number("itemSequence") != sequence:
            continue
        for entry in item.many("adjudication"):
            if entry.code("category") != "benefit" or not entry.has("amount"):
                continue
            money = entry.one("amount")
            if (other := currency_of(money.text("currency"))) != currency:
                raise InputError(f"{money.path} is in {other}, and the claim is in {currency}.")
            paid += amount_of(money.number("value"), currency, money.path)
    return paid


def contained(reference: str | None, root: Element) -> Element | None:
    """Return the contained resource that a reference such as ``#coverage-1`` means."""
    if not reference or not reference.startswith("#"):
        return None
    return next(
        (one for one in root.many("contained") if one.value.get("id") == reference[1:]), None
    )


def key_of(reference: Element, root: Element, *, kind: str = "") -> str | None:
    """Return how a reference names something; nothing where it only displays a name.

    ``Coverage/7`` is ``7`` where coverages are meant; what is contained goes by its identifier.
    """
    written = reference.optional("reference")
    if (inner := contained(written, root)) is not None:
        return identifier_of(inner) or inner.optional("id")
    if written and not written.startswith("#"):
        head, _, last = written.partition("/_history/")[0].rpartition("/")
        return last if kind and head == kind else written
    return (
        identifier_of(Element({"identifier": [reference.value.get("identifier")]}, reference.path))
        if reference.has("identifier")
        else None
    )


def identifier_of(resource: Element) -> str | None:
    """Return the first identifier of a resource as ``system|value``, or its value alone."""
    for identifier in resource.many("identifier"):
        if identifier.has("value"):
            system, value = identifier.optional("system"), identifier.text("value")
            return f"{system}|{value}" if system else value
    return None
