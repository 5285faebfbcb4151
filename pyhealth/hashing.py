"""Commitments, Merkle trees and EIP-712 messages, from bytes to bytes.

Keccak-256 as in Ethereum. Trees have the layout of OpenZeppelin's StandardMerkleTree over
``["bytes32"]``: leaves are hashed twice and sorted, pairs are sorted before hashing, so that
``MerkleProof.sol`` verifies every path.
"""

from __future__ import annotations

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sha3 import keccak_256
from tiny_keccak import keccak256 as keccak  # 32 bytes; three times as fast as sha3's

from pyhealth.errors import InputError

SALT_BYTES = 32
BLOCK = 1 << 12  # nodes hashed at once: bounds the memory of a large tree
DIGEST_ALGORITHMS = {"sha-256": hashlib.sha256, "keccak-256": keccak_256}
__all__ = ["DIGEST_ALGORITHMS", "DOCUMENT_DOMAIN", "SALT_BYTES", "MerkleTree", "commitment"]
__all__ += ["digest_of_file", "keccak", "leaf_hash", "new_salt", "pair_hash", "root_of"]
__all__ += ["BALLOT", "MANDATE", "REASON_DOMAIN", "Domain", "ballot_digest", "mandate_digest"]
__all__ += ["AUDIT_DOMAIN", "CONSENT_DOMAIN", "RECORD_DOMAIN", "REPORT_DOMAIN", "proposal_id"]
__all__ += ["APPROVAL", "REGISTRY_DOMAIN", "approval_digest", "document_domain", "trial_id"]
__all__ += ["words"]

DOCUMENT_DOMAIN = keccak(b"pyhealth.document")
REASON_DOMAIN = keccak(b"pyhealth.reason")
REGISTRY_DOMAIN = keccak(b"pyhealth.registry")  # a trial's identifier in a public registry
CONSENT_DOMAIN = keccak(b"pyhealth.consent")
RECORD_DOMAIN = keccak(b"pyhealth.record")
REPORT_DOMAIN = keccak(b"pyhealth.report")
AUDIT_DOMAIN = keccak(b"pyhealth.audit")
EIP712_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
BALLOT = "Ballot(bytes32 proposalId,uint32 member,uint8 choice,uint64 deadline)"
APPROVAL = (
    "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,"
    "uint32 nonce,uint64 deadline)"
)
MANDATE = "Mandate(uint32 member,address account,address operator,uint256 nonce,uint64 deadline)"


def new_salt() -> bytes:
    """Return 32 bytes from the operating system's random source."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(domain: bytes, salt: bytes, digest: bytes) -> bytes:
    """Return ``keccak256(abi.encode(domain, salt, digest))``, which only the holder of the salt can
    open.
    """
    return keccak(domain + salt + digest)


def document_domain(trial_id: bytes | None) -> bytes:
    """Return the domain of a document's commitment: that of a trial commits to the trial too, so
    that whoever anchors a copy of it under another trial can never open it.
    """
    return DOCUMENT_DOMAIN if trial_id is None else keccak(DOCUMENT_DOMAIN + trial_id)


def digest_of_file(path: Path, algorithm: str = "sha-256") -> bytes:
    """Return the digest of a file's bytes, read in pieces of 1 MiB."""
    hasher = DIGEST_ALGORITHMS[algorithm]()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return bytes(hasher.digest())


def leaf_hash(value: bytes) -> bytes:
    """Return the leaf of a 32-byte value: hashed twice, so that no inner node passes for a leaf."""
    return keccak(keccak(value))


def pair_hash(a: bytes, b: bytes) -> bytes:
    """Return the parent of two nodes, whichever side they stand on."""
    return keccak(a + b if a < b else b + a)


class MerkleTree:
    """A complete binary tree: node 0 is the root, and the children of ``i`` are ``2i + 1, 2i + 2``.

    The nodes lie in one array of 32 bytes each, the last one first: in the order they are made.
    """

    __slots__ = ("_count", "_nodes")

    def __init__(self, values: Iterable[bytes]) -> None:
        """Build the tree over values of 32 bytes, in any order; equal values give equal leaves."""
        waiting = sorted(map(keccak, map(keccak, values)))
        if not waiting:
            raise InputError("A Merkle tree needs at least one document, and none was handed in.")
        self._count = len(waiting)
        self._nodes = bytearray()
        while len(waiting) > 1:
            taken = waiting[: min(BLOCK, len(waiting) // 2 * 2)]
            del waiting[: len(taken)]
            pairs = zip(taken[::2], taken[1::2], strict=True)
            waiting += map(keccak, [a + b if a < b else b + a for a, b in pairs])
            self._nodes += b"".join(taken)
        self._nodes += waiting[0]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> bytes:
        start = 32 * (2 * self._count - 2 - i)
        return bytes(self._nodes[start : start + 32])

    @property
    def root(self) -> bytes:
        """The root, 32 bytes: what is anchored."""
        return self[0]

    def path(self, value: bytes) -> list[bytes]:
        """Return the siblings from the value's leaf up to the root, 32 bytes each."""
        leaf, last = leaf_hash(value), 2 * self._count - 2
        i = last - bisect_left(range(self._count), leaf, key=lambda rank: self[last - rank])
        if i < self._count - 1 or self[i] != leaf:
            raise InputError(
                f"0x{value.hex()} is not in the Merkle tree with root 0x{self.root.hex()}."
            )
        siblings = []
        while i:
            siblings.append(self[i + 1 if i & 1 else i - 1])
            i = (i - 1) >> 1
        return siblings


def root_of(value: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that a value and its path lead to."""
    node = leaf_hash(value)
    for sibling in path:
        node = pair_hash(node, sibling)
    return node


@dataclass(frozen=True, slots=True)
class Domain:
    """What a signature is bound to (EIP-712): the contract of a name on a chain, version 1."""

    name: str
    chain_id: int
    contract: str

    @property
    def separator(self) -> bytes:
        """The hash of the domain, 32 bytes."""
        named = keccak(self.name.encode()) + keccak(b"1")
        place = _word(self.chain_id) + _word(self.contract)
        return keccak(keccak(EIP712_DOMAIN.encode()) + named + place)

    def digest(self, kind: str, *values: int | str | bytes) -> bytes:
        """Return what is signed: the struct of that type, each value of one word."""
        struct = keccak(keccak(kind.encode()) + b"".join(map(_word, values)))
        return keccak(b"\x19\x01" + self.separator + struct)


def ballot_digest(
    domain: Domain, proposal_id: bytes, member: int, choice: int, deadline: int
) -> bytes:
    """Return what a member's key signs to vote; the deadline in seconds."""
    return domain.digest(BALLOT, proposal_id, member, choice, deadline)


def mandate_digest(
    domain: Domain, member: int, account: str, operator: str, nonce: int, deadline: int
) -> bytes:
    """Return what a key signs to become an operator of a member; the deadline in seconds."""
    return domain.digest(MANDATE, member, account, operator, nonce, deadline)


def proposal_id(chain_id: int, consortium: str, member: int, opened: int, call: bytes) -> bytes:
    """Return the identifier of what a member proposes, with that call, after ``opened`` others."""
    place = _word(chain_id) + _word(consortium) + _word(member) + _word(opened)
    return keccak(place + keccak(call))


def words(*values: int | str | bytes) -> bytes:
    """Return values of one word each as ``abi.encode`` does."""
    return b"".join(map(_word, values))


def trial_id(chain_id: int, registry: str, sponsor: int, registry_id: bytes) -> bytes:
    """Return the identifier of a sponsor's trial, registered or not; the registry is the contract
    and the registry's identifier a commitment.
    """
    return keccak(_word(chain_id) + _word(registry) + _word(sponsor) + registry_id)


def approval_digest(
    domain: Domain,
    trial_id: bytes,
    version: int,
    content: tuple[bytes, bytes],
    *,
    board: int,
    nonce: int,
    deadline: int,
) -> bytes:
    """Return what an ethics board's key signs to approve a version of a protocol: its commitment
    and that of its outcomes; the deadline in seconds.
    """
    return domain.digest(APPROVAL, trial_id, version, *content, board, nonce, deadline)


def _word(value: int | str | bytes) -> bytes:
    """Return a number, an address or 32 bytes as one word."""
    if isinstance(value, int):
        return value.to_bytes(32)
    return (bytes.fromhex(value[2:]) if isinstance(value, str) else value).rjust(32, b"\0")
