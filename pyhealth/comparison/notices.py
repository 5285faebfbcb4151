"""What a reader of a comparison must know besides the verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from pyhealth.comparison.result import Comparison
from pyhealth.standards.trials.record import StudyRecord


def notices(made: Comparison) -> Iterator[str]:
    """Yield each in a sentence."""
    ours, theirs = made.registered, made.reported
    if not ours.outcomes and not theirs.outcomes:
        yield "Neither side lists an outcome: there is nothing to compare."
    elif not ours.outcomes or not theirs.outcomes:
        yield f"{(theirs if ours.outcomes else ours).name} lists no outcome."
    if theirs.posted:
        yield (
            f"The reported outcomes are those that {theirs.name} has results posted for, not those "
            "of its protocol."
        )
    if made.proposals:
        yield (
            f"Pairs that are only similar: {made.proposals}. They wait for a person, and count as "
            "dropped and added until then."
        )
    for side in (ours, theirs):
        yield from side.notes
        for one in side.record.findings if side.record else ():
            yield f"{side.name}, {one.path}: {one.why}."
    if ours.record and theirs.record:
        yield from _records(ours.record, theirs.record)


def _records(ours: StudyRecord, theirs: StudyRecord) -> Iterator[str]:
    ids = [{one.id for one in record.ids} for record in (ours, theirs)]
    if all(ids) and not ids[0] & ids[1]:
        yield "The records share no registry id: they may be of two trials."
    registered, start = ours.dates.registered, ours.dates.start
    if registered and start and registered.certainly_after(start):
        yield f"The trial was registered ({registered}) after it started ({start})."
