"""The study record of our own: YAML that a person can write, with the fields of `StudyRecord`.

    registry_ids: [DEMO-2026-0001]
    title: Home blood-pressure telemonitoring after stroke
    dates: {registered: 2026-01-15, start: 2026-03}
    outcomes:
      - role: primary
        measurement_variable: systolic blood pressure in mmHg
        analysis_metric: change from baseline
        aggregation: mean
        time_point: 12 months after randomisation

``sponsor``, ``status``, ``stopped`` (code, text) and ``results`` (a list as outcomes) may be added,
and ``description`` to an outcome. A name that is none of these is refused, as a typing error.
"""

from __future__ import annotations

from dataclasses import fields

from pyhealth.errors import InputError
from pyhealth.standards.trials.record import (
    Dates,
    Form,
    Outcome,
    OutcomeRole,
    Stopped,
    StudyRecord,
)
from pyhealth.standards.trials.report import Report
from pyhealth.standards.trials.tree import Node, brief

TOP = ("registry_ids", "title", "sponsor", "status", "stopped", "dates", "outcomes", "results")
OUTCOME = tuple(field.name for field in fields(Outcome))
DATES = tuple(field.name for field in fields(Dates))
STOPPED = ("code", "text")
REGISTRY_ID = ("registry", "id")


def read_own(study: Node, report: Report) -> StudyRecord:
    """Read a record of our own, strictly or leniently, as the report says."""
    _known(study, TOP)
    dates, stopped = study.get("dates"), study.get("stopped")
    if dates:
        _known(dates, DATES)
    if stopped:
        _known(stopped, STOPPED)
    return StudyRecord(
        Form.OWN,
        report.ids(*map(_registry_id, study.each("registry_ids"))),
        study.text("title") or "",
        study.text("sponsor"),
        study.text("status"),
        Stopped(stopped.text("code"), stopped.text("text")) if stopped else None,
        Dates(**{name: report.date(study, f"dates.{name}") for name in DATES}),
        _outcomes(study, "outcomes", report),
        _outcomes(study, "results", report) if study.get("results") else None,
    )


def _registry_id(node: Node) -> tuple[str, str | None]:
    if isinstance(node.value, dict):
        _known(node, REGISTRY_ID)
        return node.text("registry") or "", node.text("id")
    return "", node.own_text()


def _outcomes(study: Node, name: str, report: Report) -> tuple[Outcome, ...]:
    found: list[Outcome] = []
    for node in study.each(name):
        _known(node, OUTCOME)
        found += report.outcome(
            node,
            _role(node, report),
            node.text("measurement_variable"),
            node.text("time_point"),
            analysis_metric=node.text("analysis_metric"),
            aggregation=node.text("aggregation"),
            description=node.text("description"),
        )
    return tuple(found)


def _role(node: Node, report: Report) -> OutcomeRole:
    said = (node.text("role") or "").lower()
    if said in list(OutcomeRole):
        return OutcomeRole(said)
    known = ", ".join(OutcomeRole)
    report.fault(node.place, said, f"{brief(said)!r} is no role of an outcome; known are {known}")
    return OutcomeRole.OTHER


def _known(node: Node, names: tuple[str, ...]) -> None:
    """Refuse a name that the format does not have."""
    if not isinstance(node.value, dict):
        raise node.wrong("must be an object with named values")
    for name in node.value:
        if name not in names:
            raise InputError(
                f"{node.reading.name}, {node.place}: {brief(name)!r} is no name of a study record; "
                f"known are {', '.join(names)}."
            )
