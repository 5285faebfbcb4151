"""
header_rlp
├── given a block of any hard fork, or a Clique block
│   └── it returns what hashes to the block's hash
├── given a block of Besu's QBFT or IBFT 2.0
│   └── it returns the header without commit seals and round
└── given a block whose hash follows another rule
    └── it refuses, naming the block
receipt_bytes
└── it encodes a receipt from before Byzantium by its state root
receipt_path
└── given receipts that are not those of the block
    └── it refuses
evidence
├── given the transaction that anchored the root
│   └── it finds the log
└── given another block, or a transaction that did not anchor it
    └── it refuses
Proof
├── it writes what json.dumps would write
├── it reads back what it wrote, whatever the file's name
└── given a malformed file
    └── it refuses, naming the field
write_all
├── it writes what each proof alone would be
└── given a folder where it cannot write
    └── it leaves nothing half done
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as some
from proof_cast import (
    CONTRACT,
    SPONSOR,
    ZERO,
    block,
    changed,
    keccak,
    log,
    plain_header,
    receipt,
    world,
)

from pyhealth import proof, verify_proof
from pyhealth.errors import ChainError

HASH = "0x" + "77" * 32
FORKS: list[dict[str, Any]] = [
    {"baseFeePerGas": None},
    {},
    {"withdrawalsRoot": HASH},
    {"withdrawalsRoot": HASH, "blobGasUsed": "0x0", "excessBlobGas": "0x20000"}
    | {"parentBeaconBlockRoot": HASH},
    {"withdrawalsRoot": HASH, "blobGasUsed": "0x0", "excessBlobGas": "0x0"}
    | {"parentBeaconBlockRoot": HASH, "requestsHash": HASH},
]
VALIDATORS = [bytes([i]) * 20 for i in range(1, 5)]
SEALS = [bytes([i]) * 65 for i in range(1, 4)]
VOTE = [b"\x09" * 20, b"\xff"]


def sealed(extra: Any, hashed: Any) -> tuple[dict[str, Any], bytes]:
    """A block whose extra data is one thing and is hashed as another."""
    header = plain_header(block([receipt(0, 2, [])], extraData="0x" + rlp.encode(hashed).hex()))
    made = block([receipt(0, 2, [])], extraData="0x" + rlp.encode(extra).hex())
    return made | {"hash": "0x" + keccak(header).hex()}, header


# ---- header_rlp


@pytest.mark.parametrize("fields", FORKS)
def test_header_rlp_hashes_to_the_block_hash_at_every_fork(fields: dict[str, Any]) -> None:
    made = block([receipt(0, 2, [])])
    made = {name: value for name, value in {**made, **fields}.items() if value is not None}
    made["hash"] = "0x" + keccak(plain_header(made)).hex()

    header = proof.header_rlp(made | {"size": "0x1", "transactions": [], "requestsHash2": None})

    assert keccak(header).hex() == made["hash"][2:]
    assert len(rlp.decode(header)) == 15 + sum(name in made for name in proof.LATER)


def test_header_rlp_keeps_the_seal_of_clique() -> None:
    extra = "0x" + "00" * 32 + "11" * 20 + "22" * 65
    made = block([receipt(0, 2, [])], extraData=extra)

    assert bytes.fromhex(extra[2:]) in proof.header_rlp(made)


@pytest.mark.parametrize("vote", [[], VOTE])
def test_header_rlp_leaves_out_the_seals_of_qbft(vote: list[bytes]) -> None:
    start = [b"\0" * 32, VALIDATORS, vote]
    made, header = sealed([*start, b"\x02", SEALS], [*start, b"", []])

    assert proof.header_rlp(made) == header


@pytest.mark.parametrize("vote", [b"", VOTE])
def test_header_rlp_leaves_out_the_seals_of_ibft(vote: Any) -> None:
    start = [b"\0" * 32, VALIDATORS, vote]
    made, header = sealed([*start, b"\0\0\0\x02", SEALS], start)

    assert proof.header_rlp(made) == header


@pytest.mark.parametrize("extra", ["0x", "0xc0", "0xff", "0x" + rlp.encode([b""] * 5).hex()])
def test_header_rlp_refuses_a_block_whose_rule_is_unknown(extra: str) -> None:
    made = block([receipt(0, 2, [])], extraData=extra) | {"hash": HASH}

    with pytest.raises(ChainError, match=r"block 7 .*77"):
        proof.header_rlp(made)


# ---- receipts


def test_receipt_bytes_encodes_a_receipt_from_before_byzantium() -> None:
    old = receipt(0, 0, []) | {"root": HASH, "status": None}
    del old["type"]

    assert rlp.decode(proof.receipt_bytes(old))[0] == b"\x77" * 32


def test_receipt_path_refuses_receipts_of_another_block() -> None:
    receipts = [receipt(i, 2, []) for i in range(3)]

    with pytest.raises(ChainError, match="3 receipts"):
        proof.receipt_path(receipts, 0, b"\1" * 32)


def test_evidence_finds_the_log_of_the_anchor() -> None:
    root = keccak(b"root")
    stranger = log(root, author="0x" + "11" * 20)
    receipts = [receipt(i, i, [log(keccak(b"other")), stranger, log(root)]) for i in range(5)]
    made = block(receipts)
    transaction = bytes.fromhex(receipts[3]["transactionHash"][2:])

    found = proof.evidence(
        made, receipts, transaction=transaction, contract=CONTRACT, author=SPONSOR, root=root
    )

    assert (found.transaction_index, found.log_index) == (3, 2)
    assert keccak(found.header).hex() == made["hash"][2:]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"root": b"\1" * 32}, "did not anchor"),
        ({"author": "0x" + "11" * 20}, "did not anchor"),
        ({"contract": "0x" + "11" * 20}, "did not anchor"),
        ({"transaction": b"\1" * 32}, "is not in block"),
    ],
)
def test_evidence_refuses_what_did_not_anchor_the_root(wrong: dict[str, Any], words: str) -> None:
    root = keccak(b"root")
    receipts = [receipt(0, 2, [log(root)])]
    right: dict[str, Any] = {"contract": CONTRACT, "author": SPONSOR, "root": root}
    right["transaction"] = bytes.fromhex(receipts[0]["transactionHash"][2:])

    with pytest.raises(ChainError, match=words):
        proof.evidence(block(receipts), receipts, **{**right, **wrong})


# ---- Proof


@pytest.mark.parametrize("documents", [1, 7])
@pytest.mark.parametrize("salted", [True, False])
def test_proof_writes_what_json_would_write(documents: int, salted: bool) -> None:
    made = world(documents=documents, salted=salted)

    text = made.proof.to_json()

    assert text == json.dumps(json.loads(text), indent=1) + "\n"
    assert verify_proof.verify(made.content, json.loads(text), made.block_hash).valid


@given(some.text(some.characters(), max_size=60))
def test_proof_reads_back_what_it_wrote_whatever_the_name(name: str) -> None:
    made = WORLD.proof
    document = proof.Document(name, "keccak-256", b"\1" * 32, None)
    written = proof.Proof(document, (), made.root, made.anchor, made.evidence)

    assert proof.Proof.from_json(written.to_json()) == written


def test_proof_refuses_a_malformed_file() -> None:
    broken = json.dumps(changed(WORLD.json, "merkle.root", ZERO + "0"))

    with pytest.raises(verify_proof.NotProven, match=r"merkle\.root"):
        proof.Proof.from_json(broken)


def test_proof_writes_the_time_in_utc() -> None:
    made = WORLD.proof.anchor

    assert made.anchored_at == datetime(2026, 11, 22, 14, 43, 44, tzinfo=UTC)
    assert '"anchored_at": "2026-11-22T14:43:44Z"' in WORLD.proof.to_json()


# ---- write_all


def test_write_all_writes_what_each_proof_alone_would_be(tmp_path: Path) -> None:
    made = WORLD.proof
    documents = [proof.Document(f"{i}", "sha-256", b"\1" * 32, os.urandom(32)) for i in range(50)]
    files = [(tmp_path / f"{d.name}.proof.json", d, made.path) for d in documents]

    count = proof.write_all(files, root=made.root, anchor=made.anchor, evidence=made.evidence)

    assert count == 50
    assert len(list(tmp_path.iterdir())) == 50
    for path, document, _ in files:
        alone = proof.Proof(document, made.path, made.root, made.anchor, made.evidence)
        assert path.read_text() == alone.to_json()


def test_write_all_leaves_nothing_half_done_when_it_cannot_write(tmp_path: Path) -> None:
    made = WORLD.proof
    (tmp_path / "a folder").mkdir()
    files = [(tmp_path / "a folder", made.document, made.path)]

    with pytest.raises(OSError, match="a folder"):
        proof.write_all(files, root=made.root, anchor=made.anchor, evidence=made.evidence)

    assert [path.name for path in tmp_path.iterdir()] == ["a folder"]


WORLD = world()
