"""Values of Notary.sol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Anchor"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """When an author first anchored a digest."""

    anchored_at: datetime
    block_number: int
