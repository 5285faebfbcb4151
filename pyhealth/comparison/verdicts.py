"""The verdict on a registered outcome and the reported one that it became."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pyhealth.comparison.variable import plain, variable_of
from pyhealth.standards.trials.record import Outcome
from pyhealth.standards.trials.wording import same, time_words


class Verdict(StrEnum):
    """What became of an outcome. Where several hold, the first of this order is the verdict."""

    DROPPED = "dropped"  # registered, not reported
    ADDED = "added"  # reported, not registered
    PROMOTED = "promoted"  # reported in a weightier role
    DEMOTED = "demoted"  # reported in a lighter role
    REDEFINED = "redefined"  # measured, analysed, aggregated or described otherwise
    RETIMED = "retimed"  # at another time point
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that both sides state, and state otherwise."""

    field: str
    registered: str
    reported: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person has settled about a pair of outcomes."""

    definition: bool  # the words differ, the definition is one
    time: bool  # the words differ, the time is one


def judge(registered: Outcome, reported: Outcome, settled: Settled | None = None) -> list[Verdict]:
    """Return every verdict that holds for a pair, the weightiest first."""
    holding = []
    if reported.role.outranks(registered.role):
        holding.append(Verdict.PROMOTED)
    elif registered.role.outranks(reported.role):
        holding.append(Verdict.DEMOTED)
    if not (settled and settled.definition) and not _one_definition(registered, reported):
        holding.append(Verdict.REDEFINED)
    if not (settled and settled.time) and not _one_time(registered, reported):
        holding.append(Verdict.RETIMED)
    return holding or [Verdict.KEPT]


def differences(registered: Outcome, reported: Outcome) -> Iterator[Difference]:
    """Yield the fields in which the two differ in normal form."""
    for name in ("role", "measurement_variable", "analysis_metric", "aggregation"):
        before, after = getattr(registered, name), getattr(reported, name)
        if before and after and plain(before) != plain(after):
            yield Difference(name, before, after)
    if not _one_time(registered, reported):
        yield Difference("time_point", registered.time_point, reported.time_point)
    before, after = registered.description, reported.description
    if before and after and not same(before, after):
        yield Difference("description", before, after)


def unstated(registered: Outcome, reported: Outcome) -> tuple[str, ...]:
    """Return the fields that one side states and the other does not: no difference can be seen."""
    names = ("analysis_metric", "aggregation", "description")
    return tuple(
        name for name in names if bool(getattr(registered, name)) != bool(getattr(reported, name))
    )


def _one_time(registered: Outcome, reported: Outcome) -> bool:
    return time_words(registered.time_point) == time_words(reported.time_point)


def _one_definition(registered: Outcome, reported: Outcome) -> bool:
    """Say whether nothing that both state of the definition differs.

    Measures in other words are one only where what and how they measure is the same.
    """
    before, after = registered.description, reported.description
    if before and after and not same(before, after):
        return False
    if not same(registered.measurement_variable, reported.measurement_variable):
        return variable_of(registered) == variable_of(reported)
    pairs = (
        (plain(registered.analysis_metric), plain(reported.analysis_metric)),
        (plain(registered.aggregation), plain(reported.aggregation)),
    )
    return all(one == other for one, other in pairs if one and other)
