"""What a record gets wrong: refused where it is read strictly, collected where leniently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyhealth.errors import InputError
from pyhealth.standards.trials.dates import NoDate, StudyDate, parse_date
from pyhealth.standards.trials.record import Dates, Finding, Outcome, OutcomeRole, RegistryId
from pyhealth.standards.trials.tree import Node, brief
from pyhealth.standards.trials.wording import time_words, words

# Each is never later than the one after it.
ORDER = (
    ("registered", "results"),
    ("registered", "updated"),
    ("start", "primary_completion"),
    ("primary_completion", "completion"),
    ("start", "completion"),
    ("start", "results"),
)
REMEDY = "correct it, or read with --lenient"
TO_COMPARE = "correct it (--lenient reads it to compare, never to register)"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one record; each sentence names the value, the place and the remedy."""

    name: str
    lenient: bool
    findings: list[Finding] = field(default_factory=list)
    losses: list[Finding] = field(default_factory=list)

    def fault(self, place: str, value: object, why: str, remedy: str = REMEDY) -> None:
        """Refuse the record, or note the fault where it is read leniently."""
        if not self.lenient:
            raise InputError(f"{self.name}, {place}: {why}; {remedy}.")
        self.findings.append(Finding(place, brief(value), why))

    def note(self, place: str, why: str) -> None:
        """Note what is missing, and can be."""
        self.findings.append(Finding(place, "", why))

    def loss(self, node: Node, why: str) -> None:
        """Note that a value is not carried, or not as it stands there."""
        self.losses.append(Finding(node.place, brief(node.value), why))

    def date(self, node: Node, way: str, kind: str = "") -> StudyDate | None:
        """Read a date, and whether it is an estimate, where the record says so."""
        text = node.text(*way.split("|"))
        if text is None:
            return None
        said = (node.text(kind) or "") if kind else ""
        try:
            return parse_date(text, estimated=said.lower().startswith(("estimate", "anticipate")))
        except NoDate as error:
            self.fault(way.partition("|")[0], text, str(error))
            return None

    def outcome(
        self,
        node: Node,
        role: OutcomeRole,
        variable: str | None,
        time: str | None,
        **more: str | None,
    ) -> list[Outcome]:
        """Return one outcome, or none where it names nothing to measure."""
        if not variable or not words(variable):
            self.fault(node.place, node.value, "the outcome does not say what is measured")
            return []
        if not time or not words(time):
            shown = brief(variable)
            why = f"the outcome {shown!r} has no time point"
            self.fault(node.place, variable, why, TO_COMPARE)
        return [Outcome(role, variable, time or "", **more)]

    def check(self, dates: Dates, *lists: tuple[str, tuple[Outcome, ...]]) -> None:
        """Check that dates are in order, and that no outcome is listed twice."""
        for before, after in ORDER:
            earlier, later = getattr(dates, before), getattr(dates, after)
            if earlier and later and earlier.certainly_after(later):
                why = f"{_named(before)} ({earlier}) is after {_named(after)} ({later})"
                self.fault("dates", earlier, why)
        for place, outcomes in lists:
            for one, why in repeated(outcomes):
                self.fault(place, one.measurement_variable, why, TO_COMPARE)

    def ids(self, *named: tuple[str, str | None]) -> tuple[RegistryId, ...]:
        """Return the names that a trial has, each once."""
        found = tuple(dict.fromkeys(RegistryId(where, one) for where, one in named if one))
        if not found:
            self.note("registry id", "the record has none")
        return found


def repeated(outcomes: Iterable[Outcome]) -> Iterator[tuple[Outcome, str]]:
    """Yield each outcome that is listed before, and where."""
    seen: dict[tuple[object, ...], int] = {}
    for i, one in enumerate(outcomes, 1):
        if (first := seen.setdefault(identity(one), i)) != i:
            yield (
                one,
                f"outcome {i}, {brief(one.measurement_variable)!r} at {brief(one.time_point)!r}, "
                f"is listed before as outcome {first}",
            )


def identity(one: Outcome) -> tuple[object, ...]:
    """Return what makes two outcomes one: all but their role, in normal form."""
    texts = (one.measurement_variable, one.analysis_metric, one.aggregation, one.description)
    return (time_words(one.time_point), *(words(text or "") for text in texts))


def _named(date: str) -> str:
    return {"results": "posting of results", "updated": "last update"}.get(
        date, date.replace("_", " ")
    )
