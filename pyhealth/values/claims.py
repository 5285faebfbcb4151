"""Values of ClaimAdjudicator.sol. Amounts are whole hundredths of the currency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from pyhealth.values.coverage import Adjustment, as_words, day
from pyhealth.values.wire import READERS, struct

__all__ = [
    "Accumulators",
    "Appeal",
    "AppealStatus",
    "Claim",
    "ClaimDecision",
    "ClaimStatus",
    "DecidedLine",
    "Entry",
    "Fee",
    "LineOutcome",
    "Service",
    "ServiceLine",
    "Waiver",
]


class Waiver(IntEnum):
    """A rule that an appeal can have waived for a line; bit i of a bitmap stands for the i-th."""

    FILING = 0
    NOT_COVERED = 1
    WAITING = 2
    AUTHORISATION = 3
    NETWORK = 4
    OTHER_PAYER = 5
    UNIT_LIMIT = 6
    PRICE = 7


class ClaimStatus(IntEnum):
    """Where the record of a line stands."""

    NONE = 0  # never adjudicated, voided, or a duplicate
    PENDED = 1  # decided, and unpaid because the payer's pool was short
    SETTLED = 2
    ATTACHED = 3  # a further line of a claim


class AppealStatus(IntEnum):
    """Where an appeal stands now."""

    NONE = 0
    OPEN = 1
    GRANTED = 2
    REJECTED = 3
    LAPSED = 4  # the panel did not decide in time


@dataclass(frozen=True, slots=True)
class Service:
    """What a line claims."""

    category: int
    units: int
    served_on: date
    authorisation: int  # its number in the coverage; zero for none
    fee: int  # the place, from one, of what proves its price; zero for none
    charge: int  # for all units
    prior_paid: int  # by the payers that decided first


@dataclass(frozen=True, slots=True)
class ServiceLine(Service):
    """A line of a claim: what it claims, and the commitment of its service code."""

    code: bytes

    def wire(self) -> tuple[int, bytes]:
        """Return it as the contract takes it: the service in one word, and the code."""
        return _packed(self, SERVICE), self.code

    @classmethod
    def read(cls, service: int, code: bytes) -> ServiceLine:
        """Read it as the contract takes it."""
        return cls(**_unpacked(service, SERVICE), code=code)


@dataclass(frozen=True, slots=True)
class Fee:
    """A price of the fee schedule, with its proof."""

    row: bytes
    price: int  # for a unit
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it is submitted."""

    coverage_ref: bytes
    claim_ref: bytes  # salted commitment of the provider's own number
    prior_remittance: bytes  # salted commitment of what payers before decided; zeros for none
    lines: tuple[ServiceLine, ...]
    fees: tuple[Fee, ...]


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What was decided of a line, beside its adjustments."""

    waived: int  # bitmap of waivers
    units: int  # paid for, and counted
    price: int  # for a unit; zero when there is none
    deductible: int  # counted against the deductible
    out_of_pocket: int  # counted against the patient's maximum
    paid: int


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """A line and what was decided of it: its charge is what is paid and all adjustments."""

    line: ServiceLine
    outcome: LineOutcome
    adjustments: tuple[Adjustment, ...]  # in the order of the rules

    @classmethod
    def read(cls, words: Sequence[bytes]) -> DecidedLine:
        """Read the words of a decision: the line, its code, the outcome, the adjustments."""
        line = ServiceLine.read(int.from_bytes(words[0]), words[1])
        return cls(
            line,
            LineOutcome(**_unpacked(int.from_bytes(words[2]), OUTCOME)),
            tuple(map(Adjustment.read, words[3:])),
        )

    def words(self) -> tuple[bytes, ...]:
        """Return it as a decision holds it."""
        service, code = self.line.wire()
        outcome = _packed(self.outcome, OUTCOME)
        cuts = (one.wire() for one in self.adjustments)
        return service.to_bytes(32), code, outcome.to_bytes(32), *cuts

    @property
    def duplicate(self) -> bool:
        """Whether it was refused as billed before, and so left no record."""
        return [(one.group, one.carc) for one in self.adjustments[:1]] == [("OA", "18")]


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """What was decided of a claim: all that is needed to compute it anew."""

    coverage_ref: bytes
    claim_ref: bytes
    prior_remittance: bytes
    filed_on: date  # the day that timely filing and appeals are judged by
    decided_on: date
    paid_before: int  # by what an appeal, or a replacement that pends, replaced
    lines: tuple[tuple[bytes, ...], ...]

    @property
    def decided(self) -> tuple[DecidedLine, ...]:
        """The lines and what was decided of each."""
        return tuple(map(DecidedLine.read, self.lines))


@dataclass(frozen=True, slots=True)
class Accumulators:
    """What is used in a benefit period."""

    deductible: int = 0
    out_of_pocket: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """The record of a line."""

    status: ClaimStatus
    seal: bytes  # 31 bytes


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as it is stored."""

    status: AppealStatus
    deadline: date  # the first day on which it can no longer be decided
    approvals: int
    rejections: int
    waived: int  # bitmap of the rules that should not have applied
    lines: int  # bitmap of the places of the lines, from zero


# How structs lie in a word: members and their bits, the first in the lowest.
SERVICE = {"category": 8, "units": 16, "served_on": 32, "authorisation": 16, "fee": 8}
SERVICE |= {"charge": 48, "prior_paid": 48}
OUTCOME = {"waived": 16, "units": 16, "price": 48, "deductible": 48, "out_of_pocket": 48}
OUTCOME |= {"paid": 48}


def _packed(value: Service | LineOutcome, layout: dict[str, int]) -> int:
    word = 0
    for name, bits in reversed(layout.items()):
        word = word << bits | as_words(getattr(value, name))
    return word


def _unpacked(word: int, layout: dict[str, int]) -> dict[str, Any]:
    found = dict[str, Any]()
    for name, bits in layout.items():
        word, found[name] = word >> bits, word % (1 << bits)
    return found | ({"served_on": day(found["served_on"])} if "served_on" in found else {})


def _each(read: Callable[[Any], Any]) -> tuple[type, Callable[[Any], Any]]:
    return tuple, lambda raw: tuple(map(read, raw))


READERS |= {
    "tuple[bytes, ...]": _each(bytes),
    "tuple[ServiceLine, ...]": _each(
        lambda one: ServiceLine.read(*one) if isinstance(one, tuple) else one
    ),
    "tuple[Fee, ...]": _each(lambda one: struct(Fee, one) if isinstance(one, tuple) else one),
    "tuple[tuple[bytes, ...], ...]": _each(tuple),
    "ClaimDecision": (tuple, lambda raw: struct(ClaimDecision, raw)),
    **{each.__name__: (int, each) for each in (ClaimStatus, AppealStatus)},
}
