"""Which rule cut what from a line, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pyhealth.adjudication.money import from_hundredths
from pyhealth.adjudication.rules import Facts
from pyhealth.values.claims import DecidedLine, LineOutcome, Waiver
from pyhealth.values.coverage import Adjustment

WAIVED = {
    Waiver.FILING: "that it was filed late",
    Waiver.NOT_COVERED: "that the plan does not cover it",
    Waiver.WAITING: "the waiting period",
    Waiver.AUTHORISATION: "that an authorisation is needed",
    Waiver.NETWORK: "that the provider is not contracted",
    Waiver.OTHER_PAYER: "that another payer decides first",
    Waiver.UNIT_LIMIT: "the limit of units",
    Waiver.PRICE: "the price",
}


def code_of(cut: Adjustment) -> str:
    """Return the codes of a cut as people write them: ``CO-96 (N448)``."""
    return f"{cut.group}-{cut.carc}" + (f" ({cut.rarc})" if cut.rarc else "")


def explain(facts: Facts, decided: DecidedLine, currency: str) -> list[str]:
    """Say in sentences what was cut from a line and by which rule, and what is paid."""
    outcome = decided.outcome
    said = [f"An appeal waived {WAIVED[rule]}." for rule in sorted(facts.waived)]
    for cut in decided.adjustments:
        reason = REASONS[cut.group, cut.carc](facts, outcome, currency)
        said.append(f"{code_of(cut)} cuts {_money(cut.amount, currency)}: {reason}.")
    most, used = facts.plan.out_of_pocket_max, facts.used.out_of_pocket
    if outcome.units and most and used + outcome.out_of_pocket == most:
        said.append(
            f"The patient's maximum of {_money(most, currency)} in a benefit period is reached."
        )
    paid, charge = _money(outcome.paid, currency), _money(facts.line.charge, currency)
    return [*said, f"Paid are {paid} of the {charge} charged."]


def _money(hundredths: int, currency: str) -> str:
    return f"{from_hundredths(hundredths):.2f} {currency}"


def _filing(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    last = facts.line.served_on + timedelta(facts.plan.filing_days)
    return f"it was filed on {facts.filed_on}, and {last} was the last day for that"


def _waiting(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    first = facts.coverage.since + timedelta(facts.benefit.waiting_days)
    return f"the waiting period runs until {first}, the first day on which this is paid"


def _beyond_authorisation(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    number, left = facts.line.authorisation, facts.units_authorised
    return f"authorisation {number} had {left} units left, and {facts.line.units} are billed"


def _beyond_limit(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    limit, left = facts.benefit.unit_limit, facts.units_left
    return f"of {limit} units in a benefit period {left} were left, and {outcome.units} are paid"


def _price(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    allowed = outcome.units * outcome.price
    price = _money(outcome.price, currency)
    return f"{outcome.units} units at {price} allow {_money(allowed, currency)}"


def _copay(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    return f"the patient's fixed share is {_money(facts.benefit.copay, currency)}"


def _deductible(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    whole, used = facts.plan.deductible, facts.used.deductible
    met = _money(used, currency)
    return f"of the deductible of {_money(whole, currency)} the patient had met {met} before"


def _coinsurance(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    share = facts.benefit.coinsurance_bps / 100
    return f"the patient bears {share:g} per cent of what copay and deductible leave"


def _period_maximum(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    whole, used = facts.plan.period_max, facts.used.paid
    paid = _money(used, currency)
    return f"the plan pays {_money(whole, currency)} in a benefit period, and had paid {paid}"


def _prior(facts: Facts, outcome: LineOutcome, currency: str) -> str:
    return f"the payers before paid {_money(facts.line.prior_paid, currency)}"


def _fixed(reason: str) -> Callable[[Facts, LineOutcome, str], str]:
    return lambda facts, outcome, currency: reason.format(line=facts.line, cover=facts.coverage)


REASONS: dict[tuple[str, str], Callable[[Facts, LineOutcome, str], str]] = {
    ("OA", "18"): _fixed("this provider billed the same service for {line.served_on} before"),
    ("CO", "26"): _fixed("{line.served_on} is before the first day of cover, {cover.from_}"),
    ("CO", "27"): _fixed("cover ended before {cover.until}, and this is of {line.served_on}"),
    ("PR", "204"): _fixed("the plan does not cover category {line.category}"),
    ("CO", "29"): _filing,
    ("PR", "179"): _waiting,
    ("CO", "197"): _fixed("the plan pays it with a prior authorisation only, and none is named"),
    ("CO", "15"): _fixed("authorisation {line.authorisation} is not for this service and day"),
    ("PR", "242"): _fixed("the provider was not contracted to the plan on {line.served_on}"),
    ("CO", "22"): _fixed("another payer decides first, and its decision is missing"),
    ("CO", "96"): _fixed("the fee schedule has no price that was proven for this service"),
    ("CO", "198"): _beyond_authorisation,
    ("CO", "151"): _beyond_limit,
    ("CO", "45"): _price,
    ("PR", "3"): _copay,
    ("PR", "1"): _deductible,
    ("PR", "2"): _coinsurance,
    ("PR", "119"): _period_maximum,
    ("OA", "23"): _prior,
}
