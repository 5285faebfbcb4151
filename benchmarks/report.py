"""Rows of figures, and the page they are printed into."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, with the bound that it has to keep where there is one."""

    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bounds."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def shown(self) -> str:
        """The value, counts whole and measures to four digits."""
        return f"{self.value:,.0f}" if self.value == int(self.value) else f"{self.value:,.4g}"

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"


def write(
    page: Path, title: str, command: str, sections: Sequence[tuple[str, Sequence[Row]]]
) -> None:
    """Print the sections as tables into a page."""
    lines = [
        f"# {title}",
        "",
        f"Printed by `{command}` on {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}.",
        "Times on shared machines drift: only ratios taken within one run are bounded.",
    ]
    for heading, rows in sections:
        lines += ["", f"## {heading}", "", "| figure | measured | bound |", "|---|---|---|"]
        lines += [f"| {row.what} | {row.shown} | {row.bound} |" for row in rows]
    page.write_text("\n".join(lines) + "\n", "utf-8")
