"""A comparison as one HTML page, without anything from outside: to read, to print, to file."""

from __future__ import annotations

from collections.abc import Iterator

from pyhealth.comparison.markup import marked, safe
from pyhealth.comparison.matching import ALIKE
from pyhealth.comparison.notices import notices
from pyhealth.comparison.page_style import STYLE
from pyhealth.comparison.result import Comparison, Proposal, Row, Side
from pyhealth.comparison.timeline import moments_of, timeline_svg
from pyhealth.comparison.verdicts import Verdict
from pyhealth.standards.trials.leaves import id_of
from pyhealth.standards.trials.record import Outcome

FIELDS = {
    "analysis_metric": "Metric",
    "aggregation": "Aggregation",
    "time_point": "Time point",
    "description": "Description",
}
MEANINGS = {
    Verdict.DROPPED: "registered, not reported",
    Verdict.ADDED: "reported, not registered",
    Verdict.PROMOTED: "reported in a weightier role than registered",
    Verdict.DEMOTED: "reported in a lighter role than registered",
    Verdict.REDEFINED: "measured, analysed, aggregated or described otherwise",
    Verdict.RETIMED: "reported at another time point",
    Verdict.KEPT: "reported as registered",
}


def page(made: Comparison) -> str:
    """Return the page: summary, notices, outcomes, timeline, how it was compared, what was lost."""
    record = made.registered.record or made.reported.record
    title = safe(record.title if record and record.title else made.registered.name)
    parts = (
        f"<h1>Registered and reported outcomes</h1><p class=subject>{title}</p>",
        _summary(made),
        "".join(f"<p class=notice>{safe(one)}</p>" for one in notices(made)),
        _outcomes(made),
        _timeline(made),
        METHOD,
        _losses(made),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Outcomes of {title}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{''.join(part + chr(10) for part in parts if part)}</main></body></html>\n"
    )


def _summary(made: Comparison) -> str:
    chips = "".join(
        f'<li class="{verdict} {"none" if not count else ""}"><b>{count}</b> {verdict}</li>'
        for verdict, count in made.counts.items()
    )
    sides = "".join(
        f"<dt>{role}</dt><dd>{safe(side.name)}: {_source(side)}</dd>"
        for role, side in (("Registered", made.registered), ("Reported", made.reported))
    )
    return f"<dl>{sides}</dl><ul class=chips>{chips}</ul>"


def _source(side: Side) -> str:
    form = f", {safe(side.record.form)}" if side.record else ""
    ids = ", ".join(safe(one.id) for one in side.record.ids) if side.record else ""
    kind = "outcomes with results posted" if side.posted else "outcomes"
    return f"{len(side.outcomes)} {kind}{form}{f' ({ids})' if ids else ''}"


# ---- outcomes


def _outcomes(made: Comparison) -> str:
    rows = "".join(
        f"<tr class={row.verdict}>{''.join(_cells(made, row))}</tr>" for row in made.rows
    )
    head = "<tr><th>Verdict<th>Registered<th>Reported<th>Why</tr>"
    return f"<h2>Outcomes</h2><table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _cells(made: Comparison, row: Row) -> Iterator[str]:
    also = f"<br><small>also {', '.join(row.also)}</small>" if row.also else ""
    yield f"<td><strong class=verdict>{row.verdict}</strong>{also}</td>"
    texts = {one.field: marked(one.registered, one.reported) for one in row.differences}
    sides = ((made.registered, row.registered), (made.reported, row.reported))
    for i, (side, one) in enumerate(sides):
        cell = _outcome(one, texts, i, side) if one else "<span class=none>not listed</span>"
        yield f"<td>{cell}</td>"
    unstated = ", ".join(FIELDS[name].lower() for name in row.unstated)
    yield (
        f"<td>{safe(str(row.match))}."
        + (f"<br><small>Only one side states: {unstated}.</small>" if unstated else "")
        + (_proposal(row.proposal) if row.proposal else "")
        + "</td>"
    )


def _outcome(one: Outcome, texts: dict[str, tuple[str, str]], i: int, side: Side) -> str:
    def shown(name: str) -> str:
        return texts[name][i] if name in texts else safe(getattr(one, name) or "")

    stated = "".join(
        f"<dt>{label}</dt><dd>{shown(name)}</dd>" for name, label in FIELDS.items() if shown(name)
    )
    proof = side.evidence.get(one)
    anchored = (
        f"<dt>Anchored</dt><dd>{proof.anchored_at:%Y-%m-%d %H:%M:%S} UTC, {safe(proof.stage)}, "
        f"<code>0x{proof.transaction.hex()}</code></dd>"
        if proof
        else ""
    )
    return (
        f"<p><span class=role>{shown('role')}</span> {shown('measurement_variable')} "
        f"<code>{id_of(one)}</code></p><dl>{stated}{anchored}</dl>"
    )


def _proposal(proposal: Proposal) -> str:
    one = proposal.other
    return (
        f"<p class=proposal>Proposed, {proposal.similarity:.0%} alike: "
        f"{safe(one.measurement_variable)}, {safe(one.time_point)} <code>{id_of(one)}</code>. "
        f"It would be {proposal.verdict}; a person has to say.</p>"
    )


# ---- the rest


def _timeline(made: Comparison) -> str:
    if not (moments := moments_of(made)):
        return ""
    return f"<h2>Timeline</h2><figure>{timeline_svg(moments, 'Timeline of the trial')}</figure>"


def _losses(made: Comparison) -> str:
    lists = [
        f"<details><summary>{safe(side.name)}: {len(side.record.losses)}</summary><ul>"
        + "".join(
            f"<li><code>{safe(one.path)}</code> {safe(one.value)}: {safe(one.why)}</li>"
            for one in side.record.losses
        )
        + "</ul></details>"
        for side in (made.registered, made.reported)
        if side.record and side.record.losses
    ]
    return f"<h2>What was not carried</h2>{''.join(lists)}" if lists else ""


METHOD = f"""<h2>How it was compared</h2>
<dl class=method>{"".join(f"<dt>{one}</dt><dd>{said}</dd>" for one, said in MEANINGS.items())}</dl>
<p>Two outcomes are one where their measures are the same, letter for letter (exact) or in a normal
form (normalised): case, punctuation, white space and compatible characters count for nothing,
number words are digits, units of time are written out and never converted, and the words for
metric, aggregation and time are set apart from what is measured. Text that is only similar (at
least {ALIKE:.0%} of letter triples in common) is proposed for a person to confirm, and counts as
dropped and added until then. A field that only one side states is no difference. Where several
verdicts hold, the first of the list above is shown.</p>"""
