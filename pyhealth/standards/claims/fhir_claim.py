"""Claims as FHIR R4 states them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pyhealth.adjudication.values import BilledClaim, BilledLine, Frequency, Place
from pyhealth.errors import InputError
from pyhealth.standards.claims.attachments import attachments_of
from pyhealth.standards.claims.expected import check_total, units_of
from pyhealth.standards.claims.fhir_charges import charges_of, currency_in, total_of
from pyhealth.standards.claims.fhir_insurance import Insurance, insurance_of, key_of
from pyhealth.standards.fhir_elements import Element

REQUIRED = ("type", "patient", "created", "provider", "priority", "insurance")
REMEDIES = {
    "draft": "submit it when it is active",
    "cancelled": "void the claim that was submitted with 'pyhealth claim void'",
    "entered-in-error": "leave it out",
}


def claim_of(resource: dict[str, Any], place: Place, *, lenient: bool = False) -> BilledClaim:
    """Read a Claim resource; what is left out or assumed is in its findings."""
    root, findings = Element(resource, ""), list[str]()
    _check_kind(root)
    insurance = insurance_of(root, lenient=lenient, findings=findings)
    items = root.many("item")
    currency = currency_in(root, items)
    charges = charges_of(root, items, currency, lenient, findings)
    period = _period(root)
    lines = tuple(
        _line(item, charge, currency, period, insurance, lenient, findings)
        for item, charge in zip(items, charges, strict=True)
        if charge is not None
    )
    if len({line.number for line in lines}) < len(lines):
        raise InputError("two items have the same sequence; number them anew.")
    check_total(total_of(root, currency), lines, currency)
    replaced = _replaced(root)
    return BilledClaim(
        number=number_of(root),
        coverage=insurance.coverage,
        provider=key_of(root.one("provider"), root) or "-",
        currency=currency,
        lines=lines,
        frequency=Frequency.REPLACEMENT if replaced else Frequency.ORIGINAL,
        replaces=replaced,
        kind=root.code("type") or "professional",
        attachments=attachments_of(root),
        place=place,
        findings=tuple(findings),
    )


def number_of(root: Element) -> str:
    """Return the number that a claim goes by: its id, else its first identifier."""
    if root.has("id"):
        return root.text("id")
    for identifier in root.many("identifier"):
        if identifier.has("value"):
            return identifier.text("value")
    raise InputError("the claim has neither an id nor an identifier; number it.")


def _check_kind(root: Element) -> None:
    if (status := root.text("status")) != "active":
        remedy = REMEDIES.get(status, "active is expected")
        raise InputError(f"the claim's status is {status!r}; {remedy}.")
    if (use := root.text("use")) != "claim":
        raise InputError(
            f"the claim's use is {use!r}, which asks for no payment; ask the payer for an "
            "authorisation instead."
        )
    if missing := [name for name in REQUIRED if not root.has(name)]:
        raise InputError(f"the claim has no {missing[0]}; FHIR R4 requires it.")
    root.day("created")


def _period(root: Element) -> tuple[date, str] | None:
    """Return the day on which all items were served that state none, and what says so.

    A stay in an institution is judged on its first day.
    """
    period = root.maybe("billablePeriod")
    if period is None or not period.has("start"):
        return None
    start = period.day("start")
    whole = period.has("end") and period.day("end") == start
    return (start, period.path) if whole or root.code("type") == "institutional" else None


def _line(
    item: Element,
    charge: Decimal,
    currency: str,
    period: tuple[date, str] | None,
    insurance: Insurance,
    lenient: bool,
    findings: list[str],
) -> BilledLine:
    number = item.number("sequence")
    if not 0 < number < 10_000 or number != number.to_integral_value():
        raise InputError(f"{item.path}.sequence is {number}; a whole number from 1 is expected.")
    if not (codes := item.codes("productOrService")):
        raise InputError(f"{item.path}.productOrService has no code; code the service.")
    if details := item.many("detail"):
        findings.append(f"{item.path}: its {len(details)} details are taken together in its net")
    quantity = item.maybe("quantity")
    units = quantity.number("value") if quantity else Decimal(1)
    sites = [item, *item.many("subSite"), *item.many("modifier")]
    return BilledLine(
        number=int(number),
        codes=(*codes, *item.codes("revenue"), *item.codes("category")),
        served_on=_served_on(item, period),
        units=units_of(units, f"{item.path}.quantity", lenient=lenient, findings=findings),
        charge=charge,
        qualifiers=_qualifiers(sites),
        authorisation=insurance.authorisation,
        prior_paid=insurance.prior_paid(int(number), currency),
    )


def _qualifiers(stated: list[Element]) -> tuple[str, ...]:
    """Return body site, sub-sites and modifiers, which tell two services of one code apart."""
    item, *others = stated
    concepts = [Element({"of": one.value}, one.path) for one in others]
    found = [*item.codes("bodySite"), *(code for one in concepts for code in one.codes("of"))]
    return tuple(code.rpartition("|")[2] for code in found)


def _served_on(item: Element, period: tuple[date, str] | None) -> date:
    if item.has("servicedDate"):
        return item.day("servicedDate")
    if served := item.maybe("servicedPeriod"):
        return served.day("start")
    if period:
        return period[0]
    raise InputError(
        f"{item.path} has no date of service; state servicedDate, servicedPeriod, or a "
        "billablePeriod of one day."
    )


def _replaced(root: Element) -> str | None:
    """Return the number of the claim that this one replaces: one related as ``prior``."""
    for related in root.many("related"):
        if related.code("relationship") == "prior" and (claim := related.maybe("claim")):
            return key_of(claim, root, kind="Claim")
    return None
