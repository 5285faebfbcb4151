"""What Notary.sol refuses."""

from __future__ import annotations

from dataclasses import dataclass

from pyhealth.errors import ContractError

__all__ = ["BatchEmpty", "BatchTooLarge", "DigestZero"]


@dataclass(eq=False)
class DigestZero(ContractError):
    """Digest {index} of the batch is zero, which means nothing; hand in a document's digest."""

    index: int


@dataclass(eq=False)
class BatchEmpty(ContractError):
    """The batch holds no digest; hand in at least one."""


@dataclass(eq=False)
class BatchTooLarge(ContractError):
    """The batch holds {length} digests and may hold {maximum}; split it, or anchor its root."""

    length: int
    maximum: int
