"""The long campaigns: fuzzing, invariants, kills and faults; prints their figures into docs/."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.report import Row, write

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "assurance.md"


def main() -> int:
    """Run every campaign, once with its fixed seeds and once with a seed that is printed."""
    seed = secrets.randbits(32)
    print(f"the random seed of this run is {seed:#x}", flush=True)
    sections = [
        ("Solidity, fixed seed", list(forge())),
        (f"Solidity, random seed {seed:#x}", list(forge(f"{seed:#x}"))),
        ("Branch coverage of the contracts, in percent", list(coverage())),
        (f"Python: kills, faults and models, random seed {seed:#x}", list(campaigns(seed))),
    ]
    write(PAGE, "Assurance", "make assurance", sections)
    rows = [row for _, section in sections for row in section]
    for row in rows:
        print(f"{'ok  ' if row.holds else 'FAIL'} {row.what}: {row.value:,.6g} {row.bound}")
    print(f"{sum(row.holds for row in rows)} passed, {sum(not row.holds for row in rows)} failed")
    return 0 if all(row.holds for row in rows) else 1


def forge(seed: str | None = None) -> Iterator[Row]:
    """Fuzz every property and run every invariant at length."""
    told = json.loads(_forge("test", "--json", *(["--fuzz-seed", seed] if seed else [])))
    failed, fuzzed, calls = 0, 0, 0
    for suite in told.values():
        for result in suite["test_results"].values():
            kind = result["kind"]
            failed += result["status"] != "Success"
            fuzzed += kind.get("Fuzz", {}).get("runs", 0)
            calls += kind.get("Invariant", {}).get("calls", 0)
    yield Row("fuzzed runs", fuzzed, at_least=1)
    yield Row("calls between two checks of the invariants", calls, at_least=1)
    yield Row("failures", failed, at_most=0)


def coverage() -> Iterator[Row]:
    """Measure which branches the Solidity tests reach."""
    os.environ["FOUNDRY_PROFILE"] = "default"
    table = _forge("coverage", "--report", "summary", "--no-match-coverage", "tests/")
    os.environ.pop("FOUNDRY_PROFILE")
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("contracts/"):
            yield Row(cells[0], float(cells[3].split("%")[0]), at_least=100)


def _forge(command: str, *options: str) -> str:
    toolchain = [sys.executable, "-I", "pyhealth/deployment/toolchain.py", "forge"]
    binary = subprocess.run(toolchain, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    environment = {"FOUNDRY_PROFILE": "assurance", **os.environ}
    done = subprocess.run(
        [binary.strip(), command, *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if not done.stdout:
        raise SystemExit(f"assurance: forge {command} failed: {done.stderr[-500:]}")
    return done.stdout


def campaigns(seed: int) -> Iterator[Row]:
    """Run the tests that are too long for every day, and read the figures they record."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-m", "assurance", f"--junit-xml={report}"]
        started = time.monotonic()
        environment = {**os.environ, "PYHEALTH_SEED": str(seed)}
        done = subprocess.run(command, cwd=ROOT, env=environment)
        tree = ElementTree.parse(report)
    for found in tree.iter("property"):
        yield Row(found.attrib["name"], float(found.attrib["value"]))
    suite = next(tree.iter("testsuite")).attrib
    yield Row("campaigns", float(suite["tests"]), at_least=1)
    yield Row("failures", float(suite["failures"]) + float(suite["errors"]), at_most=0)
    yield Row("exit status", done.returncode, at_most=0)
    yield Row("seconds", time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
