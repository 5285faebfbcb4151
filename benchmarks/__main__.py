"""Runs the benchmarks, all or those named, and prints their figures into docs/figures.md."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.report import write

PAGE = Path(__file__).resolve().parents[1] / "docs" / "figures.md"
BENCHMARKS = {
    "merkle": "Merkle trees",
    "stamping": "Stamping",
    "throughput": "Sending",
    "indexing": "Event index",
    "cohort": "Cohort of a study",
    "claiming": "Claims",
    "compiling": "Compiling",
}


def main(named: list[str]) -> int:
    """Measure, print, and fail where a bound is broken; all together also write the page."""
    sections = []
    for name in named or BENCHMARKS:
        rows = import_module(f"benchmarks.{name}").rows()
        sections.append((BENCHMARKS[name], rows))
        for row in rows:
            print(
                f"{'ok  ' if row.holds else 'FAIL'} {row.what}: {row.value:,.4g} {row.bound}",
                flush=True,
            )
    if not named:
        write(PAGE, "Figures", "make bench", sections)
    return 0 if all(row.holds for _, rows in sections for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
