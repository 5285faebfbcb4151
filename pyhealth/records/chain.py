"""The chain that a patient's receipts form, recomputed: a missing or moved one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum

from pyhealth.hashing import Domain, keccak, words
from pyhealth.values import Receipt, seconds_of

START = bytes(32)  # what the first receipt comes after


class Break(Enum):
    """What is wrong at one place of a chain."""

    ALTERED = "its hash is not that of what it says"
    MOVED = "it does not come directly after the receipt that it names"
    MISSING = "the receipt that it names as the one before is not there"
    CUT = "the newest receipt on chain is not there"


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where a chain does not hold."""

    kind: Break
    receipt_hash: bytes  # of the receipt there; of the newest on chain where the chain is cut

    def __str__(self) -> str:
        return f"receipt 0x{self.receipt_hash.hex()}: {self.kind.value}"


@dataclass(frozen=True, slots=True)
class Link:
    """A receipt as the index has it, and the hash that the contract stated."""

    receipt: Receipt
    receipt_hash: bytes


def receipt_hash(domain: Domain, receipt: Receipt) -> bytes:
    """Return the hash of a receipt, as the contract computes it."""
    values = (getattr(receipt, field.name) for field in fields(receipt))
    plain = (seconds_of(one) if isinstance(one, datetime) else one for one in values)
    return keccak(words(domain.chain_id, domain.contract, *plain))


def faults(domain: Domain, links: Sequence[Link], head: bytes) -> list[Fault]:
    """Return what is wrong with a patient's receipts, in their order; ``head`` is the hash of the
    newest, from the chain.
    """
    known, found = {link.receipt_hash for link in links}, list[Fault]()
    before = START
    for link in links:
        if receipt_hash(domain, link.receipt) != link.receipt_hash:
            found.append(Fault(Break.ALTERED, link.receipt_hash))
        if link.receipt.previous != before:
            there = link.receipt.previous in known or link.receipt.previous == START
            found.append(Fault(Break.MOVED if there else Break.MISSING, link.receipt_hash))
        before = link.receipt_hash
    if before != head:
        found.append(Fault(Break.CUT if head not in known else Break.MOVED, head))
    return found


def record_ref(domain: Domain, member: int, patient: str, commitment: bytes) -> bytes:
    """Return the reference of a record, as the contract derives it."""
    return keccak(words(domain.chain_id, domain.contract, member, patient, commitment))


def emergency_id(domain: Domain, member: int, number: int, patient: str, reason: bytes) -> bytes:
    """Return the identifier of a member's emergency after ``number`` others."""
    return keccak(words(domain.chain_id, domain.contract, member, number, patient, reason))
