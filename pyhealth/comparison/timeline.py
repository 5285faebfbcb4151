"""A trial's timeline as SVG: one line a moment, readable on its own and inside of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from pyhealth.comparison.markup import safe
from pyhealth.comparison.result import Comparison, Side
from pyhealth.standards.trials.dates import StudyDate
from pyhealth.standards.trials.record import Dates

LEFT, WIDTH, RIGHT, ROW, TOP = 300, 420, 130, 26, 34  # in units of the drawing
MOST_TICKS = 8
STEPS = (1, 3, 6, 12, 24, 60, 120, 600, 1200)  # months from one to the next
STYLE = """
.timeline { color: #1f2933; font: 13px system-ui, sans-serif; }
.timeline text { fill: currentColor; }
.timeline .grid { stroke: currentColor; stroke-opacity: .18; }
.timeline .declared { fill: #2563a8; }
.timeline .anchored { fill: #1c7c54; }
.timeline .flag { fill: #b3261e; }
@media (prefers-color-scheme: dark) {
  .timeline { color: #e4e7eb; }
  .timeline .declared { fill: #7db3ec; }
  .timeline .anchored { fill: #63c796; }
  .timeline .flag { fill: #f2857d; }
}
@media print { .timeline { color: #000; } }
"""


class Kind(StrEnum):
    """What is known of a moment."""

    DECLARED = "declared"  # a record says so
    ANCHORED = "anchored"  # a chain shows it
    FLAG = "flag"  # late, missing or overdue


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, or is to happen, between the first and the last day."""

    label: str
    first: date
    last: date
    shown: str  # the date, as it is written
    kind: Kind = Kind.DECLARED


def declared(label: str, when: StudyDate) -> Moment:
    """Return a moment that a record declares."""
    shown = f"{when} (estimated)" if when.estimated else str(when)
    return Moment(label, when.first, when.last, shown)


def anchored(label: str, at: datetime, stage: str = "") -> Moment:
    """Return a moment that the chain shows, and where the trial stood then."""
    day = at.astimezone(UTC)
    shown = f"{day:%Y-%m-%d %H:%M} UTC" + (f", {stage}" if stage else "")
    return Moment(label, day.date(), day.date(), shown, Kind.ANCHORED)


def moments_of(made: Comparison) -> list[Moment]:
    """Return the moments of a comparison: dates that the records declare, and what is anchored."""
    found: list[Moment] = []
    for name in Dates.__slots__:
        ours, theirs = (_date(side, name) for side in (made.registered, made.reported))
        label = {"results": "Results submitted", "updated": "Last update"}.get(
            name, name.replace("_", " ").capitalize()
        )
        if ours and theirs and ours.text == theirs.text:
            found.append(declared(label, ours))
            continue
        found += [declared(f"{label} (registered)", ours)] if ours else []
        found += [declared(f"{label} (reported)", theirs)] if theirs else []
    for side, role in ((made.registered, "Registered"), (made.reported, "Reported")):
        anchors = {(one.anchored_at, one.stage) for one in side.evidence.values()}
        found += [anchored(f"{role} outcomes anchored", *one) for one in sorted(anchors)]
        found += [step for step in map(_step, side.steps) if step not in found]
    return found


def _step(told: tuple[str, datetime]) -> Moment:
    label, at = told
    return anchored(label[:1].upper() + label[1:], at)


def _date(side: Side, name: str) -> StudyDate | None:
    return getattr(side.record.dates, name) if side.record else None


def timeline_svg(moments: Iterable[Moment], title: str) -> str:
    """Draw moments by day, and within a day in the order given, as one SVG element without any
    reference to the outside.
    """
    rows = sorted(moments, key=lambda one: (one.first, one.last))
    start = min((one.first for one in rows), default=date.today())
    end = max((one.last for one in rows), default=start) + timedelta(days=1)
    axis = _Axis(start, (end - start).days)
    width, height = LEFT + WIDTH + RIGHT, TOP + ROW * len(rows) + 10
    drawn = [*_grid(axis, end, height), *(_row(axis, i, one) for i, one in enumerate(rows))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" role="img" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" style="max-width:100%;height:auto">'
        f"<title>{safe(title)}</title><style>{STYLE}</style>{''.join(drawn)}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    start: date
    days: int

    def at(self, day: date) -> float:
        return round(LEFT + WIDTH * (day - self.start).days / self.days, 1)


def _grid(axis: _Axis, end: date, height: int) -> Iterator[str]:
    """Yield a line and a label for each year, or month where the time is short."""
    for day in _ticks(axis.start, end):
        x = axis.at(day)
        label = f"{day:%Y}" if day.month == 1 and axis.days > 400 else f"{day:%Y-%m}"
        yield f'<line class="grid" x1="{x}" y1="{TOP - 10}" x2="{x}" y2="{height - 6}"/>'
        yield f'<text x="{x}" y="{TOP - 16}" text-anchor="middle">{label}</text>'


def _ticks(start: date, end: date) -> Sequence[date]:
    first, last = 12 * start.year + start.month, 12 * end.year + end.month - 1
    step = next(step for step in STEPS if (last - first) // step < MOST_TICKS or step == STEPS[-1])
    months = range(-(-first // step) * step, last + 1, step)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _row(axis: _Axis, i: int, one: Moment) -> str:
    y = TOP + ROW * i + ROW // 2
    x, until = axis.at(one.first), axis.at(one.last + timedelta(days=1))
    if one.first == one.last:
        mark = f'<circle class="{one.kind}" cx="{x}" cy="{y}" r="5"/>'
        until = x + 5
    else:
        width = round(max(until - x, 6), 1)
        mark = f'<rect class="{one.kind}" x="{x}" y="{y - 5}" width="{width}" height="10" rx="3"/>'
        until = x + width
    beside = until + 8, "start"
    if until > LEFT + WIDTH * 0.62:
        beside = x - 10, "end"
    label = safe(_short(one.label))
    return (
        f'<text x="{LEFT - 24}" y="{y + 4}" text-anchor="end">{label}</text>{mark}'
        f'<text x="{round(beside[0], 1)}" y="{y + 4}" text-anchor="{beside[1]}">'
        f"{safe(one.shown)}</text>"
    )


def _short(label: str, most: int = 42) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"
