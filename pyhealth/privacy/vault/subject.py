"""What a vault knows of a subject itself: alive, under its own key; erased, without anything that
leads back to a person.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self

import orjson

from pyhealth.values import utc


class Kind(StrEnum):
    """What a row is."""

    SALT = "salt"
    SECRET = "secret"
    RECORD = "record"
    OPENING = "opening"
    PSEUDONYM = "pseudonym"


class Ground(IntEnum):
    """Why a subject was erased."""

    NONE = 0
    REQUEST = 1  # the subject's own, GDPR Article 17
    RETENTION = 2  # the time to keep it has ended, GDPR Article 5(1)(e)


@dataclass(frozen=True, slots=True)
class Info:
    """A subject that is kept."""

    subject: str
    touched: int  # seconds: when something was written for it last
    until: int | None = None  # seconds: to be kept until then, whatever the policy says
    hold: str = ""  # why it must not be erased; empty: it may

    def encode(self) -> bytes:
        """Return it as it is sealed."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read what was sealed."""
        return cls(**orjson.loads(raw))


@dataclass(frozen=True, slots=True)
class Gone:
    """That somebody was erased."""

    at: datetime
    ground: Ground


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was destroyed of a subject, and when; who it was is not in it."""

    subject: bytes  # a keyed hash, which says nothing to anybody but the vault
    at: datetime
    ground: Ground
    rows: int  # destroyed in the vault
    files: tuple[str, ...]  # outside of it, that are still to be destroyed
    destroyed: int = 0  # files outside of it
    done: bool = False

    @property
    def gone(self) -> Gone:
        """When and why."""
        return Gone(self.at, self.ground)

    def finished(self) -> Erasure:
        """Return the erasure after its files are gone: without their names."""
        return replace(self, files=(), destroyed=len(self.files), done=True)

    def encode(self) -> bytes:
        """Return it as it is sealed."""
        told = [int(self.at.timestamp()), self.ground, self.rows, self.files, self.destroyed]
        return orjson.dumps([*told, self.done])

    @classmethod
    def decode(cls, subject: bytes, raw: bytes) -> Self:
        """Read what was sealed."""
        at, ground, rows, files, destroyed, done = orjson.loads(raw)
        return cls(subject, utc(at), Ground(ground), rows, tuple(files), destroyed, done)
