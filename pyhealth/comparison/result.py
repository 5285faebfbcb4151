"""What a comparison takes and gives: two sides, a person's answers, a row for each outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pyhealth.comparison.matching import Match
from pyhealth.comparison.verdicts import Difference, Settled, Verdict
from pyhealth.standards.trials.record import Outcome, StudyRecord


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the chain knows of an outcome."""

    anchored_at: datetime
    stage: str  # where the trial stood then
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sides of a comparison."""

    name: str  # the file, or the trial's id
    outcomes: tuple[Outcome, ...]
    record: StudyRecord | None = None  # where the outcomes come from one
    posted: bool = False  # the outcomes are those that results are posted for
    evidence: Mapping[Outcome, Evidence] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what a reader must know of it
    steps: tuple[tuple[str, datetime], ...] = ()  # what the chain tells of the trial


def registered_side(name: str, record: StudyRecord) -> Side:
    """Return what a record registers."""
    return Side(name, record.outcomes, record)


def reported_side(name: str, record: StudyRecord) -> Side:
    """Return what a record reports: the outcomes with results posted, where it has results."""
    if record.results is not None:
        return Side(name, record.results, record, posted=True)
    return Side(name, record.outcomes, record)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says about a registered and a reported outcome, by their places."""

    registered: int
    reported: int
    one: bool  # they are one outcome
    settled: Settled
    because: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """An outcome of the other side that may be the same; a person has to say."""

    other: Outcome
    similarity: float  # share of letter triples in common
    verdict: Verdict  # what it would be, were they one


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one outcome; one side is None where it was dropped or added."""

    verdict: Verdict
    registered: Outcome | None
    reported: Outcome | None
    match: Match
    also: tuple[Verdict, ...] = ()  # further verdicts that hold
    differences: tuple[Difference, ...] = ()
    unstated: tuple[str, ...] = ()  # fields that only one side states
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows for the registered outcomes in their order, then for those added."""

    registered: Side
    reported: Side
    rows: tuple[Row, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many outcomes have each verdict."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in Verdict}

    @property
    def proposals(self) -> int:
        """How many pairs wait for a person."""
        return sum(row.proposal is not None and row.registered is not None for row in self.rows)

    @property
    def clean(self) -> bool:
        """Whether there are outcomes, and every one was kept."""
        return bool(self.rows) and all(row.verdict is Verdict.KEPT for row in self.rows)
