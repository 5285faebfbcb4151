"""Benefit plans, as payers write them in YAML.

::

    name: Basic 2026
    currency: EUR
    deductible: 300.00            # what the patient bears first in a benefit period
    out_of_pocket_maximum: 1500   # what the patient bears at most
    period_maximum: 50000         # what the plan pays at most
    benefit_period: 365d          # from the first day of cover; left out: the whole coverage
    timely_filing: 90d            # how long after the service a claim may be filed
    mapping: mapping.yaml         # which category a service code belongs to
    fee_schedule: fees.csv        # where a price is one of the schedule's
    benefits:
      - category: consultation
        price: 80.00              # allowed for a unit, or "schedule"
        copay: 10.00              # the patient's fixed share of a line
        coinsurance: 20%          # the patient's share of what is left
        unit_limit: 12            # in a benefit period
        waiting_period: 30d
        authorisation: yes        # paid with a prior authorisation only
        network_only: yes         # paid to contracted providers only
        deductible_free: yes
      - category: cosmetic
        covered: no

What is left out is none. Categories are numbered in this order, from zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyhealth.adjudication.money import amount_of, currency_of, to_hundredths
from pyhealth.errors import InputError
from pyhealth.hashing import digest_of_file
from pyhealth.reading import span_of
from pyhealth.standards.yaml_file import content_of
from pyhealth.values.coverage import Benefit, Plan

MOST_CATEGORIES = 16
MOST_DAYS = 65_535
AMOUNTS = {
    "deductible": "deductible",
    "out_of_pocket_max": "out_of_pocket_maximum",
    "period_max": "period_maximum",
}
SPANS = {"period_days": "benefit_period", "filing_days": "timely_filing"}
FILES = ("mapping", "fee_schedule")
TOP = {"name", "currency", "benefits", *AMOUNTS.values(), *SPANS.values(), *FILES}
FLAGS = {
    "covered": "covered",
    "authorised": "authorisation",
    "network_only": "network_only",
    "deductible_free": "deductible_free",
}
INNER = {"category", "price", "copay", "coinsurance", "unit_limit", "waiting_period"}
INNER |= set(FLAGS.values())


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan as its file states it."""

    name: str
    currency: str
    terms: Plan
    benefits: tuple[Benefit, ...]  # by number of category
    categories: tuple[str, ...]  # their names
    mapping: Path | None
    fee_schedule: Path | None
    digest: bytes  # SHA-256 of the file
    findings: tuple[str, ...] = ()  # what could not be carried


def read_plan(file: Path) -> PlanDocument:
    """Read a plan from YAML, or from a FHIR InsurancePlan in JSON."""
    if file.suffix.lower() == ".json":
        from pyhealth.standards.claims.insurance_plan import read_insurance_plan

        return read_insurance_plan(file)
    content = content_of(file)
    named = [content.get(name) for name in FILES]
    mapping, schedule = (file.parent / str(one) if one else None for one in named)
    try:
        return plan_of(content, digest_of_file(file), mapping, schedule)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def plan_of(
    content: Mapping[str, Any],
    digest: bytes,
    mapping: Path | None,
    fee_schedule: Path | None,
    findings: tuple[str, ...] = (),
) -> PlanDocument:
    """Make a plan of what its file says, under the names of the YAML form."""
    _check_keys(content, TOP, "the plan")
    currency, listed = currency_of(content.get("currency", "")), content.get("benefits")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_CATEGORIES:
        raise InputError(f"benefits must be a list of 1 to {MOST_CATEGORIES} categories.")
    terms = {
        **{key: _amount(content, name, currency) for key, name in AMOUNTS.items()},
        **{key: _days(content, name) for key, name in SPANS.items()},
    }
    categories = tuple(_category(one, i) for i, one in enumerate(listed, 1))
    if len(set(categories)) < len(categories):
        raise InputError("two benefits have the same category; name each once.")
    benefits = tuple(
        _benefit(one, name, currency) for one, name in zip(listed, categories, strict=True)
    )
    if any(one.scheduled for one in benefits) != (fee_schedule is not None):
        raise InputError("a fee_schedule goes with a price that is 'schedule'; give both or none.")
    name = str(content.get("name") or "")
    if not name.strip():
        raise InputError("the plan has no name; give it one.")
    return PlanDocument(
        name, currency, Plan(**terms), benefits, categories, mapping, fee_schedule, digest, findings
    )


def _category(written: object, number: int) -> str:
    name = written.get("category") if isinstance(written, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"benefit {number} names no category; add it.")
    return name.strip()


def _benefit(written: Mapping[str, Any], name: str, currency: str) -> Benefit:
    try:
        _check_keys(written, INNER, "a benefit")
        flags = {key: _flag(written, name, key == "covered") for key, name in FLAGS.items()}
        scheduled = written.get("price") == "schedule"
        price = 0 if scheduled else _amount(written, "price", currency)
        if flags["covered"] and not scheduled and not price:
            raise InputError("it has no price; state one, or 'schedule', or 'covered: no'.")
        limit = written.get("unit_limit", 0)
        if type(limit) is not int or not 0 <= limit <= MOST_DAYS:
            raise InputError(f"unit_limit is {limit!r}; a whole number to {MOST_DAYS} is expected.")
        return Benefit(
            scheduled=scheduled and flags["covered"],
            price=price if flags["covered"] else 0,
            coinsurance_bps=_basis_points(written.get("coinsurance", 0)),
            unit_limit=limit,
            waiting_days=_days(written, "waiting_period"),
            copay=_amount(written, "copay", currency),
            **flags,
        )
    except InputError as error:
        raise InputError(f"benefit {name!r}: {error}") from error


def _check_keys(written: Mapping[str, Any], known: set[str], what: str) -> None:
    if strange := [str(key) for key in written if key not in known]:
        raise InputError(f"{what} has no {strange[0]!r}; known are {', '.join(sorted(known))}.")


def _amount(written: Mapping[str, Any], name: str, currency: str) -> int:
    return to_hundredths(amount_of(_exact(written.get(name, 0)), currency, name))


def _days(written: Mapping[str, Any], name: str) -> int:
    span = span_of(str(written.get(name, "0d")))
    if span % timedelta(1) or span.days > MOST_DAYS:
        raise InputError(f"{name} is {written[name]!r}; whole days such as 90d are expected.")
    return span.days


def _flag(written: Mapping[str, Any], name: str, default: bool) -> bool:
    value = written.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; yes or no is expected.")
    return value


def _basis_points(written: object) -> int:
    """Read a share in per cent, such as ``20%`` or ``12.5``."""
    try:
        share = Decimal(str(written).strip().removesuffix("%")) * 100
    except ArithmeticError:
        share = Decimal(-1)
    if not share.is_finite() or not 0 <= share <= 10_000 or share % 1:
        raise InputError(
            f"coinsurance is {written!r}; 20% is expected, to two digits after a point."
        )
    return int(share)


def _exact(number: object) -> Decimal | int | str:
    """Return a number of YAML with the digits that were written."""
    return number if isinstance(number, (int, Decimal)) else str(number)
