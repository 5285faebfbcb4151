"""Proof files: what a stranger needs to check an anchor with ``verify_proof.py``.

block, receipts of the block -> evidence() -> Evidence -+
commitments -> Merkle tree -> path, root ---------------+-> Proof -> FILE.proof.json
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rlp

from pyhealth import verify_proof
from pyhealth.errors import ChainError
from pyhealth.hashing import commitment, document_domain, keccak
from pyhealth.verify_proof import FORMAT, NOTARY, SIGNATURES, TRIALS

Json = Mapping[str, Any]  # an answer of JSON-RPC, as the node gave it

# fmt: off
BASE = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot",
    "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData",
    "mixHash", "nonce",
)
LATER = (  # London, Shanghai, Cancun, Prague, Amsterdam: a chain may stop after any of them
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot",
    "requestsHash", "blockAccessListHash", "slotNumber",
)
NUMBERS = {
    "difficulty", "number", "gasLimit", "gasUsed", "timestamp",
    "baseFeePerGas", "blobGasUsed", "excessBlobGas", "slotNumber",
}
# fmt: on
EXTRA = BASE.index("extraData")
EVENT = keccak(SIGNATURES[NOTARY]).hex()
TRIAL_EVENT = keccak(SIGNATURES[TRIALS]).hex()


# ---- header and receipts, from JSON-RPC to the bytes that were hashed


def header_rlp(block: Json) -> bytes:
    """Encode a block's header as it is hashed, with or without the validators' seals."""
    names = [*BASE, *(name for name in LATER if block.get(name) is not None)]
    fields = [_quantity(block[n]) if n in NUMBERS else _bytes(block[n]) for n in names]
    for extra in _extras(fields[EXTRA]):
        header: bytes = rlp.encode([*fields[:EXTRA], extra, *fields[EXTRA + 1 :]])
        if keccak(header) == _bytes(block["hash"]):
            return header
    number, found = int(block["number"], 16), block["hash"]
    raise ChainError(
        f"The header of block {number} does not hash to {found}: a chain whose rule is unknown."
    )


def _extras(extra: bytes) -> Iterator[bytes]:
    """Yield the extra data as it is, then as Besu hashes it: without commit seals and round.

    QBFT puts the round 0 and an empty list in their place, IBFT 2.0 leaves both out.
    """
    yield extra
    try:
        vanity, validators, vote, _round, _seals = rlp.decode(extra)
    except (rlp.exceptions.RLPException, ValueError):
        return
    yield rlp.encode([vanity, validators, vote, b"", []])
    yield rlp.encode([vanity, validators, vote])


def receipt_bytes(receipt: Json) -> bytes:
    """Encode a receipt as it lies in the block's trie (EIP-2718)."""
    outcome = _quantity(receipt["status"]) if receipt.get("status") else _bytes(receipt["root"])
    logs = [
        [_bytes(log["address"]), [_bytes(t) for t in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    total, bloom = _quantity(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"])
    body: bytes = rlp.encode([outcome, total, bloom, logs])
    return _quantity(receipt.get("type") or "0x0") + body


def receipt_path(receipts: Sequence[Json], index: int, receipts_root: bytes) -> list[bytes]:
    """Build the trie of all receipts of a block, and list the nodes from its root to one."""
    from trie import HexaryTrie  # imports eth_utils: 0.2 s

    trie = HexaryTrie({})
    for place, receipt in enumerate(receipts):
        trie[rlp.encode(place)] = receipt_bytes(receipt)
    if bytes(trie.root_hash) != receipts_root:
        raise ChainError(
            f"The {len(receipts)} receipts give the root 0x{trie.root_hash.hex()}, "
            f"but the block has 0x{receipts_root.hex()}."
        )
    root, *nodes = (rlp.encode(node) for node in trie.get_proof(rlp.encode(index)))
    return [root, *(node for node in nodes if len(node) >= 32)]  # shorter ones lie in their parent


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _quantity(text: str) -> bytes:
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


# ---- what a proof file holds


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where, by whom and when a root was anchored."""

    chain_id: int
    contract: str
    author: str
    transaction: bytes
    block_number: int
    block_hash: bytes
    anchored_at: datetime
    trial_id: bytes | None = None  # where the contract is a TrialRegistry


@dataclass(frozen=True, slots=True)
class Evidence:
    """The header of the block, and the nodes that lead from it to the receipt with the event."""

    header: bytes
    transaction_index: int
    log_index: int  # within the receipt
    receipt_path: tuple[bytes, ...]


def evidence(
    block: Json,
    receipts: Sequence[Json],
    *,
    transaction: bytes,
    contract: str,
    author: str,
    root: bytes,
    trial_id: bytes | None = None,
) -> Evidence:
    """Collect the evidence from a block and all its receipts, in the order of the block."""
    hashes = [receipt["transactionHash"].lower() for receipt in receipts]
    if f"0x{transaction.hex()}" not in hashes:
        raise ChainError(f"Transaction 0x{transaction.hex()} is not in block {block['hash']}.")
    index = hashes.index(f"0x{transaction.hex()}")
    who = f"0x{author[2:].lower():0>64}"
    event = [f"0x{TRIAL_EVENT}", f"0x{trial_id.hex()}"] if trial_id else [f"0x{EVENT}"]
    wanted = [contract.lower(), *event, f"0x{root.hex()}", who]
    logs = [[log["address"], *log["topics"]] for log in receipts[index]["logs"]]
    places = [i for i, log in enumerate(logs) if [text.lower() for text in log] == wanted]
    if not places:
        raise ChainError(
            f"Transaction 0x{transaction.hex()} did not anchor 0x{root.hex()}: "
            f"it failed, or {author} anchored it before."
        )
    path = receipt_path(receipts, index, _bytes(block["receiptsRoot"]))
    return Evidence(header_rlp(block), index, places[0], tuple(path))


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a proof names it. Whoever destroys the salt, erases the link to the chain."""

    name: str
    algorithm: str  # sha-256 or keccak-256
    digest: bytes
    salt: bytes | None
    trial_id: bytes | None = None  # what the commitment is bound to, where it is one of a trial's

    @property
    def commitment(self) -> bytes:
        domain = document_domain(self.trial_id)
        return self.digest if self.salt is None else commitment(domain, self.salt, self.digest)


@dataclass(frozen=True, slots=True)
class Proof:
    """That a document lies under a root, which was anchored."""

    document: Document
    path: tuple[bytes, ...]
    root: bytes
    anchor: Anchored
    evidence: Evidence

    def to_json(self) -> str:
        return _own(self.document, self.path) + _shared(self.root, self.anchor, self.evidence)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Proof":
        """Read a proof file strictly; raises ``verify_proof.NotProven`` with one sentence."""
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        fields = verify_proof.read(verify_proof.parse(raw))
        return cls(
            Document(*(fields[name] for name in Document.__slots__)),
            tuple(fields["path"]),
            fields["root"],
            Anchored(*(fields[name] for name in Anchored.__slots__)),
            Evidence(
                fields["header"],
                fields["transaction_index"],
                fields["log_index"],
                tuple(fields["receipt_path"]),
            ),
        )


# ---- many files that share one anchor


def write_all(
    files: Iterable[tuple[Path, Document, Sequence[bytes]]],
    *,
    root: bytes,
    anchor: Anchored,
    evidence: Evidence,
) -> int:
    """Write one proof file for each (destination, document, Merkle path), and count them.

    What they share is rendered once. Each file appears whole or not at all.
    """
    shared, count = _shared(root, anchor, evidence), 0
    for destination, document, path in files:
        _write(os.fspath(destination), (_own(document, path) + shared).encode())
        count += 1
    return count


def _write(destination: str, content: bytes) -> None:
    temporary = f"{destination}.{os.getpid()}.part"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            while content:
                content = content[os.write(descriptor, content) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, destination)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _own(document: Document, path: Sequence[bytes]) -> str:
    """Render what is the document's own, up to the Merkle root; as json.dumps with indent=1."""
    salt = "null" if document.salt is None else f'"0x{document.salt.hex()}"'
    return f"""{{
 "format": "{FORMAT}",
 "document": {{
  "name": {json.dumps(document.name)},
  "algorithm": "{document.algorithm}",
  "digest": "0x{document.digest.hex()}"
 }},
 "commitment": {{
  "salt": {salt},
  "value": "0x{document.commitment.hex()}"
 }},
 "merkle": {{
  "path": {_hexes(path)},
"""


def _shared(root: bytes, anchor: Anchored, evidence: Evidence) -> str:
    moment = anchor.anchored_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    trial = f',\n  "trial_id": "0x{anchor.trial_id.hex()}"' if anchor.trial_id else ""
    return f"""  "root": "0x{root.hex()}"
 }},
 "anchor": {{
  "chain_id": {anchor.chain_id},
  "contract": "{anchor.contract}",
  "author": "{anchor.author}",
  "transaction": "0x{anchor.transaction.hex()}",
  "block_number": {anchor.block_number},
  "block_hash": "0x{anchor.block_hash.hex()}",
  "anchored_at": "{moment}"{trial}
 }},
 "evidence": {{
  "header": "0x{evidence.header.hex()}",
  "transaction_index": {evidence.transaction_index},
  "log_index": {evidence.log_index},
  "receipt_path": {_hexes(evidence.receipt_path)}
 }}
}}
"""


def _hexes(items: Sequence[bytes]) -> str:
    return '[\n   "0x' + '",\n   "0x'.join([i.hex() for i in items]) + '"\n  ]' if items else "[]"
