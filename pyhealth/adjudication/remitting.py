"""Decisions of the contract as remittances tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pyhealth.adjudication.money import from_hundredths
from pyhealth.adjudication.values import (
    BilledClaim,
    Cut,
    Organisation,
    RemittedClaim,
    RemittedLine,
    RemittedStatus,
)
from pyhealth.values.claims import ClaimDecision, DecidedLine


def remitted(
    decision: ClaimDecision,
    *,
    claim_id: bytes,
    payer: Organisation,
    provider: Organisation,
    currency: str,
    categories: Sequence[str],
    decided_at: datetime,
    status: RemittedStatus,
    payment: bytes,
    billed: BilledClaim | None = None,
) -> RemittedClaim:
    """Return a decision as a remittance tells it.

    Without the claim as it was billed, which is on no chain, neither its number nor its service
    codes are told.
    """
    names = _unnamed(decision)
    if billed and len(billed.lines) == len(decision.lines):
        names = [(one.number, one.service) for one in billed.lines]
    rows = zip(names, decision.decided, strict=True)
    return RemittedClaim(
        claim_id=claim_id,
        coverage=decision.coverage_ref,
        payer=payer,
        provider=provider,
        currency=currency,
        filed_on=decision.filed_on,
        decided_at=decided_at,
        lines=tuple(_line(*name, one, categories) for name, one in rows),
        status=status,
        payment=payment,
        secondary=any(decision.prior_remittance),
        paid_before=from_hundredths(decision.paid_before),
        number=billed.number if billed else None,
        kind=billed.kind if billed else "professional",
    )


def _unnamed(decision: ClaimDecision) -> list[tuple[int, str | None]]:
    return [(number, None) for number in range(1, len(decision.lines) + 1)]


def _line(
    number: int, service: str | None, decided: DecidedLine, categories: Sequence[str]
) -> RemittedLine:
    line, outcome = decided.line, decided.outcome
    known = line.category < len(categories)
    cuts = (
        Cut(one.group, one.carc, one.rarc, from_hundredths(one.amount))
        for one in decided.adjustments
    )
    return RemittedLine(
        number=number,
        category=categories[line.category] if known else str(line.category),
        served_on=line.served_on,
        units=line.units,
        units_paid=outcome.units,
        charge=from_hundredths(line.charge),
        paid=from_hundredths(outcome.paid),
        cuts=tuple(cuts),
        service=service,
    )
