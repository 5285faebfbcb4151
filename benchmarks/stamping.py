"""Stamping 10,000 files, against hashing them and writing files of the same size."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.report import Row
from pyhealth import proof as proofs
from pyhealth.config import load_settings
from pyhealth.hashing import MerkleTree, digest_of_file, new_salt
from pyhealth.health import connect
from pyhealth.proof import Document, write_all
from pyhealth.verify_proof import load

FILES = 10_000
ROUNDS = 5


def rows() -> list[Row]:
    """Measure in turns, ours and bare, and take the median of the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            _written(folder / "documents" / f"{i:05}.txt", f"document {i}\n".encode())
            for i in range(FILES)
        ]
        settings = load_settings({"PYHEALTH_HOME": str(folder / "home")})
        with connect(account="sponsor", settings=settings) as health:
            started = time.perf_counter()
            made = health.notary.stamp([folder / "documents"], out=folder / "proofs")
            whole = time.perf_counter() - started
        sample = proofs.Proof.from_json(made.stamped[0].proof.read_bytes())
        size = made.stamped[0].proof.stat().st_size
        ratios = [
            _ours(files, sample, folder / f"ours{i}") / _bare(files, size, folder / f"bare{i}")
            for i in range(ROUNDS)
        ]
        load(made.stamped[-1].proof)
    return [
        Row(
            "10,000 files: proofs made and written, times the bare hashing and file writing",
            median(ratios),
            at_most=2,
        ),
        Row("10,000 files stamped end to end with `health.notary.stamp`, seconds", whole),
        Row("transactions for 10,000 files", 1 if made.receipt else 0, at_most=1),
    ]


def _written(file: Path, content: bytes) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return file


def _ours(files: list[Path], sample: proofs.Proof, folder: Path) -> float:
    folder.mkdir()
    started = time.perf_counter()
    documents = [Document(file.name, "sha-256", digest_of_file(file), new_salt()) for file in files]
    tree = MerkleTree(document.commitment for document in documents)
    placed = (
        (folder / f"{one.name}.proof.json", one, tree.path(one.commitment)) for one in documents
    )
    write_all(placed, root=tree.root, anchor=sample.anchor, evidence=sample.evidence)
    return time.perf_counter() - started


def _bare(files: list[Path], size: int, folder: Path) -> float:
    folder.mkdir()
    content = b"x" * size
    started = time.perf_counter()
    for file in files:
        digest_of_file(file)
    for file in files:
        (folder / file.name).write_bytes(content)
    return time.perf_counter() - started
