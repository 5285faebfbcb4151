"""Remittances as X12 835 (005010X221A1).

One transaction for each payment of a payer to a provider. It balances: the charge of a line is
what is paid and its adjustments, that of a claim the sum of its lines, and the payment the sum of
its claims less what PLB states: what a decision before an appeal had paid (WO), and what a provider
gave back itself for a voided claim (72). Tokens move on chain, so BPR tells of a payment (I, NON)
and TRN names the transaction. Pended claims are in no remittance. Nothing names a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from pyhealth.adjudication.values import Cut, Organisation, RemittedClaim, RemittedLine
from pyhealth.adjudication.values import RemittedStatus as Status
from pyhealth.errors import InputError
from pyhealth.standards.claims.payments import Parties, Payments
from pyhealth.standards.x12 import clean, write

VERSION = "005010X221A1"
IDENTIFIER = 50  # characters of a trace number, and of the payer's number of a claim
HCPCS = ("HC", "http://www.ama-assn.org/go/cpt", "http://terminology.hl7.org/CodeSystem/HCPCS")
QUALIFIERS = {
    **dict.fromkeys(HCPCS, "HC"),
    **dict.fromkeys(("NU", "https://www.nubc.org/CodeSystem/RevenueCodes"), "NU"),
    **dict.fromkeys(("N4", "http://hl7.org/fhir/sid/ndc"), "N4"),
}
OTHER = "ER"  # codes of a jurisdiction of its own
Segments = Iterator[tuple[str, ...]]


def remittances(claims: Iterable[RemittedClaim]) -> Iterator[Iterator[str]]:
    """Yield an interchange for each pair of payer and provider, in order of their numbers, each as
    the pieces of its text: any number of claims, in bounded memory.
    """
    told = (claim for claim in claims if claim.status is not Status.PENDED)
    payments = Payments(map(_balanced, told))
    for parties in payments.parties():
        yield _interchange(payments, parties)


def payer_number(claim_id: bytes) -> str:
    """Return the number that a remittance gives a claim: what of its identifier has room."""
    return claim_id.hex()[:IDENTIFIER]


def _balanced(claim: RemittedClaim) -> RemittedClaim:
    for line in claim.lines:
        if not line.balances:
            raise InputError(
                f"Line {line.number} of claim 0x{claim.claim_id.hex()} does not balance; "
                "rebuild the index, and write the remittance again."
            )
    return claim


def _interchange(payments: Payments, parties: Parties) -> Iterator[str]:
    """Yield all payments of one payer to one provider."""
    digest, count, last = payments.outline(parties)
    control = f"{int.from_bytes(digest) % 10**9:09d}"
    sender, receiver, _ = parties
    nobody, group, time = ("00", " " * 10), str(int(control)), f"{last:%H%M}"
    named = ("ZZ", f"{sender[:15]:15}", "ZZ", f"{receiver[:15]:15}")
    isa = (*nobody, *nobody, *named, f"{last:%y%m%d}", time, "^", "00501", control, "0", "P", ":")
    gs = ("HP", sender[:15], receiver[:15], f"{last:%Y%m%d}", time, group, "X", VERSION)
    yield write([("ISA", *isa), ("GS", *gs)])
    for number, claims in enumerate(payments.payments(parties), 1):
        yield write(_transaction(claims, f"{number:04d}"))
    yield write([("GE", str(count), group), ("IEA", "1", control)])


def _transaction(claims: list[RemittedClaim], control: str) -> list[tuple[str, ...]]:
    """Return one payment."""
    first = claims[0]
    day = f"{first.decided_at:%Y%m%d}"
    corrections = [one for one in claims if _correction(one)]
    total = sum((_paid(one) - _taken(one) for one in claims), Decimal(0))
    bpr = ("BPR", "I", _number(total), "C", "NON", *[""] * 11, day)
    found = [
        ("ST", "835", control),
        bpr,
        ("TRN", "1", first.payment.hex()[:IDENTIFIER], f"1{first.payer.number[:9]:0>9}"),
        ("CUR", "PR", first.currency),
        ("DTM", "405", day),
        *_payer(first.payer),
        *_payee(first.provider),
        ("LX", "1"),
    ]
    for claim in claims:
        found += _claim(claim)
    year_end = f"{first.decided_at:%Y}1231"
    for claim in corrections:
        number = f"{_correction(claim)}:{payer_number(claim.claim_id)}"
        found.append(("PLB", first.provider.number, year_end, number, _number(_taken(claim))))
    return [*found, ("SE", str(len(found) + 1), control)]


def _correction(claim: RemittedClaim) -> str:
    """Return the code of what PLB states for a claim, if anything."""
    if claim.status is Status.VOIDED:
        return "72" if claim.paid else ""
    return "WO" if claim.paid_before else ""


def _taken(claim: RemittedClaim) -> Decimal:
    """Return what PLB takes from the payment; negative for what the provider gave back itself."""
    return -claim.paid if claim.status is Status.VOIDED else claim.paid_before


def _paid(claim: RemittedClaim) -> Decimal:
    return _sign(claim) * claim.paid


def _sign(claim: RemittedClaim) -> int:
    return -1 if claim.status is Status.VOIDED else 1


def _payer(payer: Organisation) -> Segments:
    yield "N1", "PR", clean(payer.name, 60)
    yield from _address(payer)
    yield "REF", "2U", clean(payer.number, 50)
    yield "PER", "BL", clean(payer.name, 60), "UR", f"urn:pyhealth:member:{payer.number}"[:256]


def _payee(provider: Organisation) -> Segments:
    yield "N1", "PE", clean(provider.name, 60), "FI", clean(provider.number, 80)
    yield from _address(provider)


def _address(one: Organisation) -> Segments:
    if one.city:
        yield "N3", clean(one.street, 55) or "-"
        yield "N4", clean(one.city, 30), clean(one.region, 2), clean(one.postcode, 15)


def _claim(claim: RemittedClaim) -> Segments:
    sign, voided = _sign(claim), claim.status is Status.VOIDED
    borne = sum((line.borne for line in claim.lines), Decimal(0))
    yield (
        "CLP",
        clean(claim.number or "0", 38),
        "22" if voided else "2" if claim.secondary else "1",
        _number(sign * claim.charge),
        _number(_paid(claim)),
        "" if voided else _number(borne),
        "ZZ",
        payer_number(claim.claim_id),
    )
    yield "NM1", "QC", "1", "NOT DISCLOSED", "", "", "", "", "MI", claim.coverage.hex()[:64]
    yield "DTM", "050", f"{claim.filed_on:%Y%m%d}"
    for line in claim.lines:
        yield from _line(line, sign)


def _line(line: RemittedLine, sign: int) -> Segments:
    units = ("", _number(Decimal(line.units_paid)))
    billed = ("", str(line.units)) if line.units != line.units_paid else ()
    amounts = _number(sign * line.charge), _number(sign * line.paid)
    yield "SVC", _procedure(line), *amounts, *units, *billed
    yield "DTM", "472", f"{line.served_on:%Y%m%d}"
    for group in dict.fromkeys(cut.group for cut in line.cuts):
        yield _adjustments(group, [cut for cut in line.cuts if cut.group == group], sign)
    yield "REF", "6R", str(line.number)
    for cut in line.cuts:
        if cut.rarc:
            yield "LQ", "HE", cut.rarc


def _adjustments(group: str, cuts: list[Cut], sign: int) -> tuple[str, ...]:
    """Return the cuts of one group: six at most, and no group of ours has more than five."""
    triplets = [(cut.carc, _number(sign * cut.amount), "") for cut in cuts]
    return ("CAS", group, *(element for triplet in triplets for element in triplet))


def _procedure(line: RemittedLine) -> str:
    """Return the service, where it is known; its category where it is not."""
    if line.service is None:
        return f"{OTHER}:{clean(line.category, 48)}"
    system, _, rest = line.service.rpartition("|")
    code, *qualifiers = rest.split(":")
    parts = [QUALIFIERS.get(system, OTHER), clean(code, 48), *(clean(q, 2) for q in qualifiers[:4])]
    return ":".join(parts)


def _number(amount: Decimal) -> str:
    """Return a number without zeros that say nothing."""
    return f"{amount.normalize() + 0:f}"
