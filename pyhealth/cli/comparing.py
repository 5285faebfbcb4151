"""Shows a comparison of outcomes to people, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyhealth.cli.shell import print_table

if TYPE_CHECKING:
    from rich.text import Text

    from pyhealth.comparison.result import Comparison, Row
    from pyhealth.standards.trials.record import Outcome

COLOURS = {"kept": "green", "dropped": "red", "added": "red"}


def print_comparison(made: Comparison) -> None:
    """Print a row for each outcome, then the counts, and what to know besides."""
    from rich.table import Table
    from rich.text import Text

    from pyhealth.comparison.notices import notices

    table = Table(show_lines=True)
    for name in ("verdict", "registered", "reported", "why"):
        table.add_column(name, overflow="fold")
    for row in made.rows:
        verdict = "\n".join([row.verdict, *(f"also {one}" for one in row.also)])
        table.add_row(
            Text(verdict, COLOURS.get(row.verdict, "yellow")),
            _outcome(row.registered),
            _outcome(row.reported),
            Text("\n".join([_why(row), *_evidence(made, row)])),
        )
    if made.rows:
        print_table(table)
    print(", ".join(f"{count} {verdict}" for verdict, count in made.counts.items()) + ".")
    for one in notices(made):
        print(_plain(one))
    for side in (made.registered, made.reported):
        if side.record and side.record.losses:
            print(f"{_plain(side.name)}: {len(side.record.losses)} places not carried (--json).")


def _outcome(one: Outcome | None) -> Text:
    from rich.text import Text

    from pyhealth.standards.trials.leaves import id_of

    if one is None:
        return Text("-", "dim")
    how = ", ".join(text for text in (one.analysis_metric, one.aggregation) if text)
    lines = [f"{one.role}: {one.measurement_variable}", how, one.time_point or "no time point"]
    return Text("\n".join(_plain(line) for line in lines if line)).append(f"\n{id_of(one)}", "dim")


def _why(row: Row) -> str:
    lines = [str(row.match)]
    lines += [f"{one.field}: {one.registered} → {one.reported}" for one in row.differences]
    if row.unstated:
        lines.append(f"only one side states {', '.join(row.unstated)}")
    if (proposal := row.proposal) is not None:
        lines.append(
            f"proposed, {proposal.similarity:.0%} alike: {proposal.other.measurement_variable}; "
            f"it would be {proposal.verdict}"
        )
    return "\n".join(_plain(line.replace("_", " ") if i else line) for i, line in enumerate(lines))


def _evidence(made: Comparison, row: Row) -> Iterator[str]:
    """Yield what the chain knows of either outcome."""
    pairs = ((made.registered, row.registered), (made.reported, row.reported))
    for role, (side, one) in zip(("registered", "reported"), pairs, strict=True):
        if one and (found := side.evidence.get(one)):
            yield f"{role} anchored {found.anchored_at:%Y-%m-%d %H:%M} UTC, at {found.stage}"


def _plain(text: str) -> str:
    """Return a text of others without what would steer a terminal."""
    from pyhealth.standards.trials.tree import brief

    return brief(text, 600)
