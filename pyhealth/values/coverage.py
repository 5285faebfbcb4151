"""Values of CoverageRegistry.sol. Amounts are whole hundredths of the currency."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

from pyhealth.values.wire import READERS, struct

__all__ = [
    "Adjustment",
    "Authorisation",
    "Benefit",
    "Contracting",
    "Coverage",
    "Enrolment",
    "Plan",
    "PlanTerms",
    "as_words",
    "day",
    "day_number",
]

EPOCH = date(1970, 1, 1)
LAST = (date.max - EPOCH).days


def day(number: int) -> date:
    """Return a day counted from 1970-01-01; what lies beyond the calendar is its last day."""
    return EPOCH + timedelta(days=min(number, LAST))


def day_number(when: date) -> int:
    """Return a day as contracts count it."""
    return (when - EPOCH).days


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One cut of a line. As a word: group in bytes 0 to 1, CARC in 2 to 4, RARC in 5 to 9."""

    group: str  # CO, PR, OA or PI: who bears it
    carc: str  # claim adjustment reason code
    rarc: str  # remittance advice remark code, or nothing
    amount: int

    @classmethod
    def read(cls, word: bytes) -> Adjustment:
        """Read a word of the chain."""
        pieces = (word[0:2], word[2:5], word[5:10])
        group, carc, rarc = (piece.rstrip(b"\0").decode("ascii") for piece in pieces)
        return cls(group, carc, rarc, int.from_bytes(word[26:]))

    def wire(self) -> bytes:
        """Return it as the contracts keep it."""
        codes = (self.group, 2), (self.carc, 3), (self.rarc, 5)
        head = b"".join(code.encode("ascii").ljust(width, b"\0") for code, width in codes)
        return head.ljust(26, b"\0") + self.amount.to_bytes(6)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a version of a plan says about all its services; a limit that is zero is none."""

    deductible: int
    out_of_pocket_max: int
    period_max: int
    period_days: int  # zero: the whole coverage is one period
    filing_days: int


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a version of a plan says about one category of services."""

    covered: bool
    scheduled: bool  # priced by the fee schedule
    authorised: bool  # paid with a prior authorisation only
    network_only: bool
    deductible_free: bool
    coinsurance_bps: int  # the patient's share, in hundredths of a per cent
    unit_limit: int  # in a benefit period; zero for none
    waiting_days: int
    price: int  # for a unit
    copay: int  # for a line


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is covered by what, and when."""

    payer: int  # zero when never enrolled
    plan: int
    version: int
    from_: date
    until: date  # the first day no longer covered
    since: date  # from when waiting periods run
    authorisations: int
    secondary: bool  # another payer decides first


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A coverage to enrol."""

    plan: int
    version: int
    from_: date
    until: date
    since: date  # the first day of 1970 for ``from_``
    secondary: bool
    subject: bytes  # salted commitment of the person


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A prior authorisation."""

    category: int
    units: int
    from_: date
    until: date
    provider: int  # zero for any


@dataclass(frozen=True, slots=True)
class Contracting:
    """When a provider is contracted to a plan."""

    from_: date
    until: date


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """All that the payer says about a service on a day."""

    coverage: Coverage
    plan: Plan
    benefit: Benefit
    contracted: bool  # only told where the benefit asks for it


def as_words(value: Any) -> Any:
    """Return a value of ours as the contracts take it: structs as tuples, days as numbers."""
    match value:
        case _ if hasattr(value, "wire"):
            return value.wire()
        case date():
            return day_number(value)
        case tuple() | list():
            return tuple(map(as_words, value))
        case IntEnum():
            return int(value)
    if is_dataclass(value):
        return tuple(as_words(getattr(value, field.name)) for field in fields(value))
    return value


READERS |= {
    "date": (int, day),
    "Adjustment": (bytes, Adjustment.read),
    "Coverage": (tuple, lambda raw: struct(Coverage, raw)),
    "Plan": (tuple, lambda raw: struct(Plan, raw)),
    "Benefit": (tuple, lambda raw: struct(Benefit, raw)),
}
