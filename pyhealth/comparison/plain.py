"""A comparison as plain values, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pyhealth.comparison.notices import notices
from pyhealth.comparison.result import Comparison, Proposal, Row, Side
from pyhealth.standards.trials.leaves import id_of
from pyhealth.standards.trials.record import Dates, Outcome, StudyRecord


def plain_comparison(made: Comparison) -> dict[str, Any]:
    """Return ``outcomes`` with a verdict each, ``summary``, ``notices`` and the two sides."""
    return {
        "outcomes": [_row(row, made) for row in made.rows],
        "summary": {
            "registered": len(made.registered.outcomes),
            "reported": len(made.reported.outcomes),
            **{verdict.value: count for verdict, count in made.counts.items()},
            "proposals": made.proposals,
            "clean": made.clean,
        },
        "notices": list(notices(made)),
        "registered": _side(made.registered),
        "reported": _side(made.reported),
    }


def plain_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome with its id; what is not stated is null."""
    return {"id": id_of(outcome), **asdict(outcome)}


def plain_record(record: StudyRecord) -> dict[str, Any]:
    """Return what a record says, but for its outcomes; dates in ISO 8601."""
    dates = {name: getattr(record.dates, name) for name in Dates.__slots__}
    return {
        "form": record.form.value,
        "ids": [asdict(one) for one in record.ids],
        "title": record.title,
        "sponsor": record.sponsor,
        "status": record.status,
        "stopped": asdict(record.stopped) if record.stopped else None,
        "dates": {name: date.text if date else None for name, date in dates.items()},
        "losses": [asdict(one) for one in record.losses],
        "findings": [asdict(one) for one in record.findings],
    }


def _row(row: Row, made: Comparison) -> dict[str, Any]:
    return {
        "verdict": row.verdict.value,
        "registered": plain_outcome(row.registered) if row.registered else None,
        "reported": plain_outcome(row.reported) if row.reported else None,
        "match": {"how": row.match.how.value, "why": row.match.why},
        "also": [verdict.value for verdict in row.also],
        "differences": [asdict(one) for one in row.differences],
        "unstated": list(row.unstated),
        "proposal": _proposal(row.proposal) if row.proposal else None,
        "evidence": {
            "registered": _evidence(made.registered, row.registered),
            "reported": _evidence(made.reported, row.reported),
        },
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "other": plain_outcome(proposal.other),
        "similarity": round(proposal.similarity, 3),
        "verdict": proposal.verdict.value,
    }


def _evidence(side: Side, outcome: Outcome | None) -> dict[str, Any] | None:
    found = side.evidence.get(outcome) if outcome else None
    if found is None:
        return None
    return {
        "anchored_at": found.anchored_at,
        "stage": found.stage,
        "transaction": "0x" + found.transaction.hex(),
    }


def _side(side: Side) -> dict[str, Any]:
    posted = {"name": side.name, "posted_results": side.posted}
    return posted | (plain_record(side.record) if side.record else {})
