"""How one line of a claim is decided. Pure; the independent twin of ``Adjudication.sol``.

Amounts are whole hundredths of the currency. A line is denied as a whole, or cut rule by rule in
the order of `CUTS`; what is paid and all cuts always make the charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pyhealth.values.claims import Accumulators, DecidedLine, LineOutcome, ServiceLine, Waiver
from pyhealth.values.coverage import Adjustment, Benefit, Coverage, Plan

CUTS = ("CO 198", "CO 151 N362", "CO 45", "PR 3", "PR 1", "PR 2", "PR 119", "OA 23")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides one line."""

    line: ServiceLine
    coverage: Coverage
    plan: Plan
    benefit: Benefit
    used: Accumulators  # in the benefit period of the date of service
    filed_on: date
    price: int  # allowed for a unit; zero when there is none
    waived: frozenset[Waiver] = frozenset()
    duplicate: bool = False
    contracted: bool = False  # whether the provider is, on the date of service
    authorised: bool = False  # whether the authorisation that the line names is for it
    other_decided: bool = False  # whether the payers before decided
    units_authorised: int | None = None  # left of the authorisation; None: without end
    units_left: int | None = None  # below the category's limit; None: without end


def denial(f: Facts) -> str | None:
    """Return the codes under which a line is denied as a whole: the first that applies."""
    served, benefit = f.line.served_on, f.benefit
    late = f.plan.filing_days and f.filed_on - served > timedelta(f.plan.filing_days)
    unproven = "CO 15" if f.line.authorisation else "CO 197"
    rules = (
        (f.duplicate, "OA 18", None),
        (served < f.coverage.from_, "CO 26 N30", None),
        (served >= f.coverage.until, "CO 27 N30", None),
        (not benefit.covered, "PR 204 N130", Waiver.NOT_COVERED),
        (late, "CO 29", Waiver.FILING),
        (served - f.coverage.since < timedelta(benefit.waiting_days), "PR 179", Waiver.WAITING),
        (benefit.authorised and not f.authorised, unproven, Waiver.AUTHORISATION),
        (benefit.network_only and not f.contracted, "PR 242 N95", Waiver.NETWORK),
        (f.coverage.secondary and not f.other_decided, "CO 22", Waiver.OTHER_PAYER),
        (f.price == 0, "CO 96 N448", Waiver.PRICE),
    )
    return next((codes for hit, codes, rule in rules if hit and rule not in f.waived), None)


def adjudicate(f: Facts) -> DecidedLine:
    """Decide a line."""
    charge, units = f.line.charge, f.line.units
    waived = sum(1 << rule for rule in f.waived)
    if codes := denial(f):
        outcome = LineOutcome(waived, 0, f.price, 0, 0, 0)
        return DecidedLine(f.line, outcome, (_cut(codes, charge),))

    granted = units if f.units_authorised is None else min(units, f.units_authorised)
    kept = granted if f.units_left is None else min(granted, f.units_left)
    of_granted, of_kept = charge * granted // units, charge * kept // units
    allowed = of_kept if Waiver.PRICE in f.waived else min(of_kept, kept * f.price)

    # The patient's share: copay, deductible and coinsurance, in this order, up to the maximum.
    copay = min(f.benefit.copay, allowed)
    open_deductible = 0 if f.benefit.deductible_free else f.plan.deductible - f.used.deductible
    deductible = min(open_deductible, allowed - copay)
    coinsurance = _part(allowed - copay - deductible, f.benefit.coinsurance_bps)
    copay, deductible, coinsurance = _up_to(
        _left(f.plan.out_of_pocket_max, f.used.out_of_pocket), copay, deductible, coinsurance
    )
    # The plan's share, up to its own maximum.
    share = allowed - copay - deductible - coinsurance
    (benefit,) = _up_to(_left(f.plan.period_max, f.used.paid), share)

    # Another payer's money settles what the patient would bear, and then the plan's share.
    prior = min(f.line.prior_paid, allowed)
    borne = _settled(prior, copay, deductible, coinsurance, share - benefit, benefit)
    cuts = (charge - of_granted, of_granted - of_kept, of_kept - allowed, *borne[:4], prior)
    listed = (_cut(codes, amount) for codes, amount in zip(CUTS, cuts, strict=True) if amount)
    outcome = LineOutcome(
        waived=waived,
        units=kept if allowed else 0,  # for nothing no limit is used up
        price=f.price,
        deductible=deductible,  # credited as if nobody else had paid
        out_of_pocket=sum(borne[:3]),
        paid=borne[4],
    )
    return DecidedLine(f.line, outcome, tuple(listed))


def _part(amount: int, basis_points: int) -> int:
    """Return a part of an amount, half a hundredth up."""
    return int((Decimal(amount) * basis_points / 10_000).to_integral_value(ROUND_HALF_UP))


def _left(maximum: int, used: int) -> int | None:
    """Return what is left of a maximum; zero is none."""
    return maximum - used if maximum else None


def _up_to(room: int | None, *shares: int) -> list[int]:
    """Return the shares as far as there is room for them, the first ones first."""
    kept = []
    for share in shares:
        kept.append(share if room is None else min(share, room))
        room = None if room is None else room - kept[-1]
    return kept


def _settled(money: int, *shares: int) -> list[int]:
    """Return what is left of each share when money pays them off, the first ones first."""
    left = []
    for share in shares:
        taken = min(share, money)
        left.append(share - taken)
        money -= taken
    return left


def _cut(codes: str, amount: int) -> Adjustment:
    group, carc, *rarc = codes.split()
    return Adjustment(group, carc, "".join(rarc), amount)
