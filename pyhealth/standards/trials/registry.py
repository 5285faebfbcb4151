"""ClinicalTrials.gov: API v2 JSON, the full-study JSON before it, and the XML before that.

The three say the same in other words; a `Layout` is where each says what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyhealth.standards.trials.record import (
    Dates,
    Form,
    Outcome,
    OutcomeRole,
    Stopped,
    StudyRecord,
)
from pyhealth.standards.trials.report import Report
from pyhealth.standards.trials.tree import Node

REGISTRY = "ClinicalTrials.gov"
STATUSES = {  # to FHIR R5's research-study-status
    "ACTIVE_NOT_RECRUITING": "active-but-not-recruiting",
    "COMPLETED": "completed",
    "ENROLLING_BY_INVITATION": "enrolling-by-invitation",
    "NOT_YET_RECRUITING": "not-yet-recruiting",
    "RECRUITING": "recruiting",
    "SUSPENDED": "temporarily-closed-to-accrual-and-intervention",
    "TERMINATED": "terminated",
    "WITHDRAWN": "withdrawn",
}
INEXACT = "SUSPENDED"
POST_HOC = "POST_HOC"


@dataclass(frozen=True, slots=True)
class Layout:
    """The ways to what a record says; ``{0}`` is Primary, Secondary or Other."""

    nct: str
    org: str
    secondary: tuple[str, str, str]  # list; id; kind
    titles: tuple[str, ...]
    sponsor: str
    status: str
    stopped: str
    dates: dict[str, tuple[str, str]]  # date; whether it is an estimate
    outcomes: str
    measure: str
    time: str
    description: str
    results: str
    result: tuple[str, str, str, str, str]  # role; title; time; description; aggregation
    posting: str  # whether the results of an outcome are posted yet


def read_registry(form: Form, layout: Layout, study: Node, report: Report) -> StudyRecord:
    """Read a record of the registry, strictly or leniently, as the report says."""
    nct = study.text(layout.nct)
    if nct and not re.fullmatch(r"NCT\d{8}", nct, re.ASCII):
        report.fault(layout.nct, nct, f"{nct!r} is no ClinicalTrials.gov id, NCT and 8 digits")
    listed, name, kind = layout.secondary
    others = [
        (one.text(kind) or "other" if kind else "other", one.text(name) if name else one.own_text())
        for one in study.each(listed)
    ]
    return StudyRecord(
        form,
        report.ids((REGISTRY, nct), ("sponsor", study.text(layout.org)), *others),
        study.text(*layout.titles) or "",
        study.text(layout.sponsor),
        _status(study, layout, report),
        Stopped(None, why) if (why := study.text(layout.stopped)) else None,
        Dates(**{name: report.date(study, *ways) for name, ways in layout.dates.items()}),
        tuple(_outcomes(study, layout, report)),
        tuple(_results(study, layout, report)) if study.each(layout.results) else None,
    )


def _status(study: Node, layout: Layout, report: Report) -> str | None:
    node = study.get(layout.status)
    if node is None:
        return None
    said = re.sub(r"[^A-Z]+", "_", node.own_text().upper()).strip("_")
    if said not in STATUSES:
        report.loss(node, "FHIR has no code for this status")
    elif said == INEXACT:
        report.loss(node, f"read as {STATUSES[said]}, the nearest code of FHIR")
    return STATUSES.get(said)


def _outcomes(study: Node, layout: Layout, report: Report) -> list[Outcome]:
    found: list[Outcome] = []
    for role in OutcomeRole:
        name = role.capitalize()
        for node in study.each(layout.outcomes.format(name, role)):
            found += report.outcome(
                node,
                role,
                node.text(layout.measure.format(name)),
                node.text(layout.time.format(name)),
                description=node.text(layout.description.format(name)),
            )
    return found


def _results(study: Node, layout: Layout, report: Report) -> list[Outcome]:
    """Read the outcomes that results are posted for; their figures are not compared."""
    kind, title, time, description, aggregation = layout.result
    found: list[Outcome] = []
    for node in study.each(layout.results):
        said = re.sub(r"[^A-Z]+", "_", (node.text(kind) or "").upper())
        role = {"PRIMARY": OutcomeRole.PRIMARY, "SECONDARY": OutcomeRole.SECONDARY}.get(
            said, OutcomeRole.OTHER
        )
        if said == POST_HOC:
            report.loss(node, "a post hoc outcome is carried as other")
        if layout.posting and "not" in (node.text(layout.posting) or "").lower():
            report.note(node.place, "the outcome is listed, and has no results posted yet")
        found += report.outcome(
            node,
            role,
            node.text(title),
            node.text(time),
            description=node.text(description),
            aggregation=(node.text(aggregation) or "").replace("_", " ").lower() or None,
        )
    return found
