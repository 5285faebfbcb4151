"""
stamp
└── given 10,000 small files
    ├── one transaction anchors all, and each file has its proof
    ├── the stand-alone verifier agrees on 200 of them, drawn at random
    └── one flipped byte in file, salt, path, header or receipt is caught each time
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyhealth import verify_proof
from pyhealth.health import Health
from pyhealth.verify_proof import Reason

FILES = 10_000
DRAWN = 200
SPOILED = 20


def flipped(hex_text: str, at: int) -> str:
    """Flip one bit of the byte at a place, counted around."""
    data = bytearray.fromhex(hex_text[2:])
    data[at % len(data)] ^= 1
    return "0x" + data.hex()


def spoil_salt(proof: dict[str, Any], at: int) -> None:
    proof["commitment"]["salt"] = flipped(proof["commitment"]["salt"], at)


def spoil_path(proof: dict[str, Any], at: int) -> None:
    path = proof["merkle"]["path"]
    path[at % len(path)] = flipped(path[at % len(path)], at)


def spoil_header(proof: dict[str, Any], at: int) -> None:
    proof["evidence"]["header"] = flipped(proof["evidence"]["header"], at)


def spoil_receipt(proof: dict[str, Any], at: int) -> None:
    nodes = proof["evidence"]["receipt_path"]
    nodes[at % len(nodes)] = flipped(nodes[at % len(nodes)], at)


SPOILERS: dict[Reason, Callable[[dict[str, Any], int], None]] = {
    Reason.SALT_DIFFERS: spoil_salt,
    Reason.PATH_DIFFERS: spoil_path,
    Reason.HEADER_DIFFERS: spoil_header,
    Reason.RECEIPT_NOT_INCLUDED: spoil_receipt,
}


def test_ten_thousand_files_take_one_transaction_and_the_verifier_misses_no_flipped_byte(
    sponsor: Health, tmp_path: Path
) -> None:
    folder, draw = tmp_path / "documents", random.Random(2026)
    folder.mkdir()
    for i in range(FILES):
        (folder / f"{i:05}.txt").write_bytes(b"document %d" % i)
    before = sponsor.chain.rpc.call("eth_getTransactionCount", sponsor.signer.address, "latest")

    made = sponsor.notary.stamp([folder])

    after = sponsor.chain.rpc.call("eth_getTransactionCount", sponsor.signer.address, "latest")
    assert int(after, 16) - int(before, 16) == 1
    assert len(made.stamped) == len(list(folder.glob("*.proof.json"))) == FILES
    assert made.anchored is not None
    trusted = made.anchored.block_hash
    for one in draw.sample(made.stamped, DRAWN):
        assert one.document is not None
        verdict = verify_proof.verify(one.document, verify_proof.load(one.proof), trusted)
        assert verdict.valid, verdict.sentence
    for one in draw.sample(made.stamped, SPOILED):
        assert one.document is not None
        content = bytearray(one.document.read_bytes())
        content[draw.randrange(len(content))] ^= 1
        verdict = verify_proof.verify(bytes(content), verify_proof.load(one.proof), trusted)
        assert verdict.reason is Reason.CONTENT_DIFFERS
        for reason, spoil in SPOILERS.items():
            proof: Any = verify_proof.load(one.proof)
            spoil(proof, draw.randrange(1 << 16))
            assert verify_proof.verify(one.document, proof, trusted).reason is reason
