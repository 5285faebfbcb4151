"""What payers before this one paid, as X12 837 tells it to a secondary payer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyhealth.adjudication.money import amount_of
from pyhealth.errors import InputError
from pyhealth.standards.x12 import Segment

RANKS = "PSTABCDEFGH"  # first, second, third, and so on


@dataclass(slots=True)
class Payer:
    """Another payer of the same claim (loop 2320)."""

    rank: str
    paid: str = ""  # AMT*D: for the claim in all
    number: str = ""  # NM109


def prior_paid(
    own_rank: str,
    payers: Sequence[Payer],
    payments: Sequence[tuple[Segment, Sequence[Segment]]],
    charge: Decimal,
    line: int,
    currency: str,
    *,
    alone: bool,
) -> Decimal | None:
    """Return what the payers before this one paid of a line; nothing where this one is the first.

    ``alone``: the line is the only one, so that what was paid for the claim was paid for it.
    """
    before = [one for one in payers if _place(one.rank) < _place(own_rank)]
    if not before:
        return None
    numbers, paid = {one.number for one in before}, Decimal(0)
    answered = set[str]()
    for payment, adjustments in payments:
        if payment[1] not in numbers:
            continue
        amount = amount_of(payment[2], currency, f"line {line}, SVD02")
        _check_balance(amount, adjustments, charge, line, currency)
        answered.add(payment[1])
        paid += amount
    for one in before:
        if one.number not in answered:
            paid += _of_claim(one, currency, line, alone=alone)
    return paid


def _place(rank: str) -> int:
    return RANKS.index(rank) if len(rank) == 1 and rank in RANKS else 0


def _of_claim(payer: Payer, currency: str, line: int, *, alone: bool) -> Decimal:
    """Return what a payer paid that tells nothing of the line."""
    if not payer.paid:
        raise InputError(
            f"payer {payer.number or payer.rank} comes before and its payment is not stated; add "
            "SVD or AMT*D."
        )
    paid = amount_of(payer.paid, currency, "AMT*D")
    if paid and not alone:
        raise InputError(
            f"payer {payer.number or payer.rank} paid {paid} and does not say what of it for line "
            f"{line}; add SVD."
        )
    return paid


def _check_balance(
    paid: Decimal, adjustments: Sequence[Segment], charge: Decimal, line: int, currency: str
) -> None:
    """Refuse a payment that does not make the charge together with its adjustments."""
    cut = Decimal(0)
    for segment in adjustments:
        for i in range(3, len(segment.elements) + 1, 3):  # reason, amount, quantity, and so on
            written = segment[i]
            amount = amount_of(written.removeprefix("-"), currency, f"line {line}, CAS")
            cut += -amount if written.startswith("-") else amount
    if paid + cut != charge:
        raise InputError(
            f"line {line} charges {charge}, and the earlier payer's {paid} with adjustments of "
            f"{cut} does not make that; correct SVD or CAS."
        )
