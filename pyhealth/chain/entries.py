"""A call on its way: its nonce, every attempt at it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pyhealth.chain.transactions import Call, Receipt, Signed, parse


class State(StrEnum):
    """Where a call stands."""

    SENT = "sent"  # signed and kept; the node has it, or will be given it
    MINED = "mined"  # in a block that is not deep enough yet
    FINAL = "final"  # in a block with the network's confirmations
    FAILED = "failed"  # final, and reverted
    CANCELLED = "cancelled"  # final, its nonce used up with nothing
    LOST = "lost"  # a development chain was wound back behind it


OPEN = (State.SENT, State.MINED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One set of bytes that would use a call's nonce; any of them may be the one that is mined."""

    hash: bytes
    raw: bytes
    idle: bool  # does nothing but use the nonce up
    signed: float  # seconds since 1970

    @property
    def sent(self) -> Signed:
        """The transaction that the bytes are."""
        return parse(self.raw)


@dataclass(slots=True)
class Entry:
    """A call on its way, and all attempts at it."""

    id: int
    nonce: int
    key: str | None
    state: State = State.SENT
    error: str | None = None
    created: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    receipt: Receipt | None = None  # once mined
    missing: float | None = None  # since when its nonce is used and none of its attempts is found

    @property
    def last(self) -> Attempt:
        """The attempt that is sent now."""
        return self.attempts[-1]

    @property
    def call(self) -> Call:
        """What shall be done."""
        return next(
            attempt for attempt in self.attempts if not attempt.idle or len(self.attempts) == 1
        ).sent.call
