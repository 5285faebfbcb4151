"""Coverages of a file enrolled, each once: a run that was cut is finished by the same call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pyhealth.adjudication.values import Refused
from pyhealth.chain.sender import Sender
from pyhealth.coverage import CoverageRegistry
from pyhealth.index import Index
from pyhealth.progress import Progress, silent
from pyhealth.reimbursement.book import Book, Card
from pyhealth.reimbursement.coding import enrolment_of
from pyhealth.reimbursement.history import COVERAGES
from pyhealth.standards.claims.coverages import CoverageRecord
from pyhealth.values import Enrolment

MOST = 200  # coverages of one transaction, as the contract takes them


@dataclass
class Enrolling:
    """One payer's run over files of coverages."""

    coverage: CoverageRegistry
    sender: Sender
    index: Index
    book: Book
    payer: int
    on_refused: Callable[[Refused], None] = lambda refused: None
    enrolled: int = 0
    before: int = 0  # by an earlier run

    def run(
        self,
        read: Iterable[CoverageRecord | Refused],
        plan: int,
        version: int,
        progress: Progress = silent,
    ) -> None:
        """Enrol what was read under a version of a plan."""
        for outcome in self.sender.resume(progress):
            outcome.done()
        self.index.sync(progress)
        standing = dict(self._standing())
        shown = iter(progress(self._records(read), "enrolling", 0))
        while together := list(islice(shown, MOST)):
            salts = self.book.salts(f"{one.number} {one.from_} {plan}" for one in together)
            made = [
                (one, salt, enrolment_of(one, plan, version, salt))
                for one, salt in zip(together, salts, strict=True)
            ]
            known = [(*one, standing[one[2].subject]) for one in made if one[2].subject in standing]
            fresh = [one for one in made if one[2].subject not in standing]
            refs = self.coverage.enrol([one[2] for one in fresh]) if fresh else []
            new = [(*one, ref) for one, ref in zip(fresh, refs, strict=True)]
            self.book.add_cards([self._kept(_card(*one)) for one in (*known, *new)])
            self.enrolled, self.before = self.enrolled + len(new), self.before + len(known)

    def _kept(self, card: Card) -> Card:
        """Return a coverage that does not last longer than is known: it may have been ended."""
        known = self.book.card_of(card.ref)
        return replace(card, until=min(card.until, known.until)) if known else card

    def _standing(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the persons that are covered, by commitment, and their coverages."""
        for event in self.index.events(COVERAGES, "CoverageEnrolled", {"payer": self.payer}):
            said: Any = event.arguments
            yield said["enrolment"][6], said["coverageRef"]

    def _records(self, read: Iterable[CoverageRecord | Refused]) -> Iterator[CoverageRecord]:
        for one in read:
            if isinstance(one, Refused):
                self.on_refused(one)
            else:
                yield one


def _card(record: CoverageRecord, salt: bytes, enrolment: Enrolment, ref: bytes) -> Card:
    plan = enrolment.plan, enrolment.version
    dates = enrolment.from_, enrolment.until
    return Card(ref, record.number, *plan, *dates, salt, record.aliases)
