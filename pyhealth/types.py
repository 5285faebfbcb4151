"""Values of the contracts and of the client; enumerations and structs have the members and order of
Solidity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


def utc(seconds: int) -> datetime:
    """Return block time as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Anchor:
    """When an author first anchored a digest."""

    anchored_at: datetime
    block_number: int
