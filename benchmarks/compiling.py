"""Compiling the contracts: everything, one file changed, nothing changed."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.report import Row
from pyhealth.deployment.compiler import ARTIFACTS, compile_contracts

ROOT = Path(__file__).resolve().parents[1]
CHANGED = "contracts/Notary.sol"


def rows() -> list[Row]:
    """Measure in a copy, so that the artifacts of the checkout stay as they are."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        shutil.copytree(ROOT / "contracts", copy / "contracts")
        shutil.copy(ROOT / "brownie-config.yaml", copy)
        for made in ("node_modules", ".solc"):
            (copy / made).symlink_to(ROOT / made)
        cold = _seconds(copy)
        warm = _seconds(copy)
        with (copy / CHANGED).open("a") as source:
            source.write("// changed\n")
        changed = _seconds(copy)
        made = len(list((copy / ARTIFACTS).glob("*.json")))
    return [
        Row(f"{made} contracts compiled from nothing, seconds", cold),
        Row("one file changed, share of that", changed / cold, at_most=0.25),
        Row("nothing changed, seconds", warm, at_most=0.1),
    ]


def _seconds(root: Path) -> float:
    started = time.perf_counter()
    compile_contracts(root)
    return time.perf_counter() - started
