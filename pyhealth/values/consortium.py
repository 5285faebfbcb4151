"""Values of Consortium.sol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from pyhealth.values.wire import READERS

__all__ = [
    "Action",
    "Actor",
    "Adoption",
    "Choice",
    "Founder",
    "Listing",
    "Member",
    "MemberStatus",
    "Proposal",
    "ProposalStatus",
    "Role",
    "Rule",
    "Tally",
    "Threshold",
    "bitmap_of",
    "roles_of",
]


class Role(IntEnum):
    """What a member may act as."""

    PROVIDER = 0
    PAYER = 1
    SPONSOR = 2
    ETHICS_BOARD = 3
    PHARMACY = 4
    MANUFACTURER = 5
    DISTRIBUTOR = 6
    REGULATOR = 7
    AUDITOR = 8


class MemberStatus(IntEnum):
    """Where a member stands now."""

    NONE = 0  # never admitted
    ACTIVE = 1
    SUSPENDED = 2  # keeps its seat, may neither act nor vote
    REMOVED = 3


class Threshold(IntEnum):
    """How many approvals a decision needs, from the weakest to the strongest."""

    NONE = 0
    ANY_TWO = 1
    MAJORITY = 2
    TWO_THIRDS_OF_OTHERS = 3
    TWO_THIRDS = 4
    THREE_QUARTERS = 5

    def needed(self, seats: int) -> int:
        """Return how many approvals that is at a number of seats, suspended ones included."""
        majority = seats // 2 + 1
        return {
            Threshold.ANY_TWO: 2,
            Threshold.MAJORITY: majority,
            Threshold.TWO_THIRDS_OF_OTHERS: max(-(-2 * (seats - 1) // 3), majority),
            Threshold.TWO_THIRDS: -(-2 * seats // 3),
        }.get(self, -(-3 * seats // 4))


class Choice(IntEnum):
    """What a member says to a proposal."""

    NONE = 0
    APPROVE = 1
    REJECT = 2


class ProposalStatus(IntEnum):
    """Where a proposal stands now."""

    NONE = 0  # never opened
    OPEN = 1
    EXECUTED = 2
    WITHDRAWN = 3
    EXPIRED = 4


class Rule(IntEnum):
    """What a vote can change, within bounds."""

    NONE = 0
    VOTING_PERIOD = 1
    NOTICE = 2


@dataclass(frozen=True, slots=True)
class Founder:
    """Who founds the consortium."""

    account: str
    roles: frozenset[Role]
    name: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """A contract to adopt."""

    name: str
    version: int
    target: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom an account acts for."""

    member: int  # zero when it acts for nobody
    account: str
    roles: frozenset[Role]  # empty unless the member is active
    paused: bool  # whether the contract that asks is paused


@dataclass(frozen=True, slots=True)
class Member:
    """A member organisation."""

    account: str
    roles: frozenset[Role]
    suspended_until: datetime
    suspendable_from: datetime
    admitted_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An adopted contract."""

    name: str
    target: str
    version: int
    adopted_at: datetime
    paused_until: datetime
    pausable_from: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """A call that a proposal makes."""

    target: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it is stored."""

    proposer: int
    subject: int  # zero when it is about no member
    opened_at: datetime
    executable_from: datetime
    expires_at: datetime
    stored: ProposalStatus  # what members did to it
    threshold: Threshold
    reason: bytes
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The ballots that count now."""

    approvals: int
    rejections: int
    needed: int


def roles_of(bitmap: int) -> frozenset[Role]:
    """Return the roles of a bitmap."""
    return frozenset(role for role in Role if bitmap >> role & 1)


def bitmap_of(roles: Iterable[Role]) -> int:
    """Return the bitmap of roles."""
    return sum(1 << role for role in set(roles))


READERS |= {
    "frozenset[Role]": (int, roles_of),
    "tuple[Action, ...]": (tuple, lambda raw: tuple(Action(*one) for one in raw)),
    **{each.__name__: (int, each) for each in (Role, MemberStatus, Threshold, Choice)},
    **{each.__name__: (int, each) for each in (ProposalStatus, Rule)},
}
