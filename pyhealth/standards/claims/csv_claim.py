"""Claims as CSV: one row a line of a claim, the rows of one claim together.

==============  ==================================================================================
claim           the provider's number of the claim
coverage        how the coverage is named: its number or one of its identifiers
code            ``system|code`` of the service
served_on       date of service, as 2026-03-14
charge          amount, as 120.00
currency        of the amount, as EUR
line            number of the line; as counted where it is left out
units           whole units; one where it is left out
qualifiers      modifiers and body sites, parted by spaces
authorisation   the payer's number of a prior authorisation
prior_paid      what payers before this one paid of the line
total           of the claim; must be the sum of its lines
provider        who billed
attachments     references of records on the chain that support it, parted by spaces
replaces        number of the claim that this one replaces
voids           number of the claim that is taken back; the row then needs no code and no charge
==============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from pyhealth.adjudication.money import amount_of, currency_of
from pyhealth.adjudication.values import BilledClaim, BilledLine, Frequency, Refused
from pyhealth.errors import InputError
from pyhealth.standards.claims.attachments import record_ref
from pyhealth.standards.claims.csv_rows import Row, rows
from pyhealth.standards.claims.expected import check_total, units_of

REQUIRED = ("claim", "coverage", "code", "served_on", "charge", "currency")
ALIKE = (
    "coverage",
    "currency",
    "total",
    "provider",
    "replaces",
    "voids",
    "attachments",
)  # in all its rows
OPTIONAL = ("line", "units", "qualifiers", "authorisation", "prior_paid", *ALIKE[2:])


def claims_of(file: Path, *, lenient: bool = False) -> Iterator[BilledClaim | Refused]:
    """Yield the claims of a file; a fault in one row refuses its claim, and no other."""
    for number, together in _claims(rows(file, REQUIRED, OPTIONAL)):
        try:
            yield _claim(together, lenient)
        except InputError as error:
            yield Refused(together[0].place, str(error), number or None)


def _claims(read: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of one claim together.

    A row of which not even the claim can be read goes with the one before it: a claim is refused
    rather than sent without one of its lines.
    """
    number, together = "", list[Row]()
    for row in read:
        own = row.cells.get("claim", number if row.fault else "")
        if together and own != number:
            yield number, together
            together = []
        number = own
        together.append(row)
    if together:
        yield number, together


def _claim(together: list[Row], lenient: bool) -> BilledClaim:
    findings, first = list[str](), together[0]
    _check_alike(together)
    attached = dict.fromkeys(first.cells.get("attachments", "").split())
    currency = currency_of(first.text("currency"))
    lines = []
    if "voids" not in first.cells:
        for count, row in enumerate(together, 1):
            lines.append(_line(row, count, currency, lenient, findings))
    if len({line.number for line in lines}) < len(lines):
        raise InputError("two rows have the same number of a line; number them anew.")
    if "total" in first.cells:
        check_total(amount_of(first.text("total"), currency, "total"), lines, currency)
    return BilledClaim(
        number=first.text("claim"),
        coverage=first.text("coverage"),
        provider=first.cells.get("provider", "-"),
        currency=currency,
        lines=tuple(lines),
        frequency=_frequency(first),
        replaces=first.cells.get("voids") or first.cells.get("replaces"),
        attachments=tuple(record_ref(one, "attachments") for one in attached),
        place=first.place,
        findings=tuple(findings),
    )


def _check_alike(together: list[Row]) -> None:
    """Refuse rows that differ in what they say of their claim."""
    first = together[0]
    for row in together:
        if row.fault:
            raise InputError(
                f"line {row.place.line} is {row.fault}" if row is not first else row.fault
            )
        for column in ALIKE:
            if row.cells.get(column, first.cells.get(column)) != first.cells.get(column):
                raise InputError(
                    f"line {row.place.line} says {row.cells[column]!r} in column {column}, and the "
                    f"claim's first row {first.cells.get(column)!r}; write it alike in all."
                )


def _frequency(row: Row) -> Frequency:
    if "voids" in row.cells:
        return Frequency.VOID
    return Frequency.REPLACEMENT if "replaces" in row.cells else Frequency.ORIGINAL


def _line(row: Row, count: int, currency: str, lenient: bool, findings: list[str]) -> BilledLine:
    number = row.cells.get("line", str(count))
    if not (number.isdecimal() and number.isascii() and 0 < int(number[:6]) < 10_000):
        raise InputError(f"line {number!r} is no number of a line; count from 1.")
    prior = row.cells.get("prior_paid")
    return BilledLine(
        number=int(number),
        codes=(row.text("code"),),
        served_on=day_of(row.text("served_on"), "served_on"),
        units=units_of(row.cells.get("units", "1"), "units", lenient=lenient, findings=findings),
        charge=amount_of(row.text("charge"), currency, "charge"),
        qualifiers=tuple(row.cells.get("qualifiers", "").split()),
        authorisation=row.cells.get("authorisation"),
        prior_paid=amount_of(prior, currency, "prior_paid") if prior else None,
    )


def day_of(text: str, what: str) -> date:
    """Read a calendar day, such as ``2026-03-14``."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{what} is {text!r}; a date such as 2026-03-14 is expected.") from error
