"""Decisions as CSV: one row a line of a claim."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from pyhealth.adjudication.values import Cut, RemittedClaim, RemittedLine

COLUMNS = (
    "claim_id",
    "claim",  # the provider's number
    "status",
    "decided_at",
    "payment",
    "line",
    "category",
    "served_on",
    "units",
    "charge",
    "paid",
    "patient",  # what the patient bears
    "currency",
    "adjustments",  # CODES AMOUNT, parted by semicolons
)


def decisions_csv(claims: Iterable[RemittedClaim]) -> Iterator[str]:
    """Yield the rows of a CSV file, the heading first."""
    yield heading()
    for claim in claims:
        yield from rows_of(claim)


def heading() -> str:
    """Return the first row."""
    return _row(COLUMNS)


def rows_of(claim: RemittedClaim) -> Iterator[str]:
    """Yield the rows of a claim."""
    for line in claim.lines:
        yield _row(_cells(claim, line))


def _cells(claim: RemittedClaim, line: RemittedLine) -> tuple[object, ...]:
    return (
        "0x" + claim.claim_id.hex(),
        claim.number or "",
        claim.status.name.lower(),
        f"{claim.decided_at:%Y-%m-%dT%H:%M:%SZ}",
        "0x" + claim.payment.hex(),
        line.number,
        line.category,
        line.served_on,
        line.units,
        f"{line.charge:.2f}",
        f"{line.paid:.2f}",
        f"{line.borne:.2f}",
        claim.currency,
        "; ".join(map(_told, line.cuts)),
    )


def _told(cut: Cut) -> str:
    remark = f" {cut.rarc}" if cut.rarc else ""
    return f"{cut.group}-{cut.carc}{remark} {cut.amount:.2f}"


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(_harmless, cells))
    return out.getvalue()


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a provider's number for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
