"""Worlds for the proof tests: a block made by hand, a small tree, and tampering."""

import copy
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rlp
import sha3

from pyhealth import proof

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SPONSOR = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SECONDS = 1_795_358_624
ZERO = "0x" + "00" * 32


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())


def tree(commitments: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """A Merkle tree of sorted pairs that carries an odd node up: root, and a path for each."""
    paths: list[list[bytes]] = [[] for _ in commitments]
    level = [(keccak(keccak(c)), [i]) for i, c in enumerate(commitments)]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        for pair in pairs:
            for node, sibling in zip(pair, reversed(pair), strict=True):
                for i in node[1] if len(pair) == 2 else ():
                    paths[i].append(sibling[0])
        level = [
            (keccak(b"".join(sorted(n[0] for n in p))), [i for n in p for i in n[1]])
            if len(p) == 2
            else p[0]
            for p in pairs
        ]
    return level[0][0], paths


def log(root: bytes, author: str = SPONSOR, address: str = CONTRACT) -> dict[str, Any]:
    topics = [f"0x{proof.EVENT}", f"0x{root.hex()}", "0x" + "00" * 12 + author[2:].lower()]
    data = "0x" + SECONDS.to_bytes(32, "big").hex()
    return {"address": address.lower(), "topics": topics, "data": data}


def receipt(
    place: int, kind: int, logs: list[dict[str, Any]], status: str = "0x1"
) -> dict[str, Any]:
    return {
        "transactionHash": "0x" + keccak(b"transaction %d" % place).hex(),
        "type": hex(kind),
        "status": status,
        "cumulativeGasUsed": hex(21_000 * (place + 1)),
        "logsBloom": "0x" + "00" * 256,
        "logs": logs,
    }


def block(receipts: Sequence[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A block that hashes to its hash, as a node would answer it."""
    from trie import HexaryTrie

    trie = HexaryTrie({})
    for place, one in enumerate(receipts):
        trie[rlp.encode(place)] = proof.receipt_bytes(one)
    made = dict.fromkeys(proof.BASE, ZERO) | {
        "miner": "0x" + "00" * 20,
        "logsBloom": "0x" + "00" * 256,
        "nonce": "0x" + "00" * 8,
        "extraData": "0x",
        "receiptsRoot": "0x" + trie.root_hash.hex(),
        "difficulty": "0x0",
        "number": "0x7",
        "gasLimit": "0x1c9c380",
        "gasUsed": "0x5208",
        "timestamp": hex(SECONDS),
        "baseFeePerGas": "0x7",
        **changes,
    }
    return made | {"hash": made.get("hash") or "0x" + keccak(plain_header(made)).hex()}


def plain_header(made: dict[str, Any]) -> bytes:
    names = [*proof.BASE, *(name for name in proof.LATER if name in made)]
    values = [int(made[n], 16) if n in proof.NUMBERS else bytes.fromhex(made[n][2:]) for n in names]
    return bytes(rlp.encode(values))


@dataclass
class World:
    """A document, its proof as parsed JSON, and the block hash that its reader trusts."""

    content: bytes
    proof: proof.Proof
    block_hash: bytes

    @property
    def json(self) -> dict[str, Any]:
        import json

        return dict(json.loads(self.proof.to_json()))


def world(
    *,
    receipts: int = 20,
    index: int = 5,
    kind: int = 2,
    documents: int = 5,
    salted: bool = True,
    algorithm: str = "sha-256",
    logs: list[dict[str, Any]] | None = None,
    status: str = "0x1",
) -> World:
    content = b"The protocol of the trial."
    hashed = hashlib.sha256 if algorithm == "sha-256" else sha3.keccak_256
    document = proof.Document(
        "protocol.pdf", algorithm, hashed(content).digest(), b"\x5a" * 32 if salted else None
    )
    others = [keccak(b"%d" % i) for i in range(documents - 1)]
    root, paths = tree([document.commitment, *others])
    ours = [log(keccak(b"another root")), log(root)]
    made = [receipt(i, (kind + i - index) % 5, [log(keccak(b"%d" % i))]) for i in range(receipts)]
    made[index] = receipt(index, kind, ours if logs is None else logs, status)
    header = block(made)
    transaction = bytes.fromhex(made[index]["transactionHash"][2:])
    path = proof.receipt_path(made, index, bytes.fromhex(header["receiptsRoot"][2:]))
    anchor = proof.Anchored(
        31337,
        CONTRACT,
        SPONSOR,
        transaction,
        7,
        bytes.fromhex(header["hash"][2:]),
        datetime.fromtimestamp(SECONDS, UTC),
    )
    evidence = proof.Evidence(proof.header_rlp(header), index, 1, tuple(path))
    whole = proof.Proof(document, tuple(paths[0]), root, anchor, evidence)
    return World(content, whole, anchor.block_hash)


def changed(proof: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """A copy of the proof with another value at a place such as ``merkle.path.0``."""
    copied: Any = copy.deepcopy(proof)
    *way, last = place.split(".")
    target: Any = copied
    for name in way:
        target = target[int(name)] if isinstance(target, list) else target[name]
    target[int(last) if isinstance(target, list) else last] = value
    return dict(copied)


def flips(text: str) -> Iterator[str]:
    """Flip one bit of every byte in turn."""
    raw = bytes.fromhex(text[2:])
    for at in range(len(raw)):
        yield "0x" + (raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :]).hex()
