"""Everything that happened to a patient's records, as one HTML page: no script, nothing from
elsewhere, readable in light and dark, and on paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

SINGULAR = {"access": "access", "refusal": "refusal", "break-glass": "broken glass"}
PLURAL = {"access": "accesses", "refusal": "refusals", "break-glass": "broken glasses"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    kind: str  # access, refusal, break-glass, review, record or consent
    says: str  # one sentence
    details: Mapping[str, str] = field(default_factory=dict)


def page(patient: str, moments: Sequence[Moment], *, faults: Sequence[str], at: datetime) -> str:
    """Return the page; ``faults`` say where receipts are missing, ``at`` when this was read."""
    counted = Counter(moment.kind for moment in moments)
    counts = "".join(_count(kind, counted[kind]) for kind in [*PLURAL] if counted[kind])
    rows = "".join(map(_row, moments))
    table = TABLE.format(rows=rows) if rows else "<p>Nothing happened yet.</p>"
    return PAGE.format(
        patient=escape(patient),
        style=STYLE,
        whole=_faults(faults),
        counts=f"<ul class=counts>{counts}</ul>" if counts else "",
        table=table,
        read=_time(at),
    )


def _count(kind: str, number: int) -> str:
    name = (SINGULAR if number == 1 else PLURAL)[kind]
    return f'<li class="{escape(kind)}"><b>{number}</b> {escape(name)}</li>'


def _row(moment: Moment) -> str:
    details = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(value)}</dd>"
        for name, value in moment.details.items()
    )
    more = f"<details><summary>Details</summary><dl>{details}</dl></details>" if details else ""
    return (
        f'<tr class="{escape(moment.kind)}"><td>{_time(moment.at)}</td>'
        f"<td><span class=kind>{escape(moment.kind)}</span></td>"
        f"<td>{escape(moment.says)}{more}</td></tr>\n"
    )


def _time(at: datetime) -> str:
    moment = at.astimezone(UTC)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%Y-%m-%d %H:%M:%S} UTC</time>'


def _faults(faults: Sequence[str]) -> str:
    if not faults:
        return "<p class=whole>The chain of receipts is whole: none is missing, none was moved.</p>"
    listed = "".join(f"<li>{escape(fault)}</li>" for fault in faults)
    return (
        "<div class=broken role=alert><p><b>Receipts are missing or altered.</b> What follows is "
        f"not everything.</p><ul>{listed}</ul></div>"
    )


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Access to health records</title>
<style>{style}</style>
</head>
<body>
<h1>Access to health records</h1>
<p>Patient <code>{patient}</code></p>
{whole}
{counts}
{table}
<footer>Read from the chain on {read}. Times are those of the blocks.</footer>
</body>
</html>
"""

TABLE = """<table>
<caption>Everything that happened, the oldest first</caption>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">How</th></tr></thead>
<tbody>
{rows}</tbody>
</table>"""

STYLE = """
:root { --ink: #1a1d21; --paper: #fff; --faint: #5b6470; --line: #d5dae0; --good: #0a6b3d;
  --bad: #a3161f; --alert: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #15181c; --faint: #a4adb8;
  --line: #363d46; --good: #5fd39b; --bad: #ff8b8f; --alert: #f2b264; } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
code, dd { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.whole { color: var(--good); }
.broken { border: 2px solid var(--bad); padding: 0 1rem; }
.counts { list-style: none; display: flex; flex-wrap: wrap; gap: 1.5rem; padding: 0; }
.counts b { font-size: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--faint); padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-top: 1px solid var(--line); }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.kind { font-weight: 600; white-space: nowrap; }
.access .kind, .access b { color: var(--good); }
.refusal .kind, .refusal b { color: var(--bad); }
.break-glass .kind, .break-glass b { color: var(--alert); }
details, footer { color: var(--faint); font-size: .875rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0; }
dd { margin: 0; }
@media (max-width: 40rem) { td { display: block; border: 0; padding: 0 } thead { display: none }
  tr { display: block; border-top: 1px solid var(--line); padding: .5rem 0 } }
@media print { :root { --ink: #000; --paper: #fff; --faint: #333; --line: #999; --good: #000;
  --bad: #000; --alert: #000 } body { margin: 0; max-width: none; font-size: 10pt }
  tr { break-inside: avoid } thead { display: table-header-group } }
"""
