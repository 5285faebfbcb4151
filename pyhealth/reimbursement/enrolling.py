"""Coverages of a file enrolled, each once: a run that was cut is finished by the same call.

What was enrolled before stands as the chain has it; a row that says otherwise is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from pyhealth.adjudication.values import Refused
from pyhealth.chain.sender import Sender
from pyhealth.coverage import CoverageRegistry
from pyhealth.errors import InputError
from pyhealth.hashing import commitment
from pyhealth.index import Index
from pyhealth.progress import Progress, silent
from pyhealth.reimbursement.book import Book, Card, digest
from pyhealth.reimbursement.coding import SUBJECT_DOMAIN, enrolment_of
from pyhealth.reimbursement.history import COVERAGES
from pyhealth.reimbursement.plans import load
from pyhealth.standards.claims.coverages import CoverageRecord
from pyhealth.values import Enrolment, struct
from pyhealth.values.coverage import day

MOST = 200  # coverages of one transaction, as the contract takes them


@dataclass(slots=True)
class Enrolled:
    """A coverage on chain."""

    ref: bytes
    terms: Enrolment  # as it was enrolled
    until: date  # as it stands now

    def card(self, record: CoverageRecord, salt: bytes) -> Card:
        """Return it as whoever bills it must know it."""
        of, number = self.terms, record.number
        return Card(
            self.ref, number, of.plan, of.version, of.from_, self.until, salt, record.aliases
        )


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
    _standing: dict[bytes, Enrolled] = field(init=False, repr=False)  # by commitment to the person
    _held: dict[str, list[Card]] = field(init=False, repr=False)  # by number
    _seen: set[bytes] = field(default_factory=set, repr=False)

    def run(
        self,
        read: Iterable[CoverageRecord | Refused],
        plan: int,
        version: int = 0,
        progress: Progress = silent,
    ) -> int:
        """Enrol what was read under a version of a plan, by default the last; return that."""
        last = self._last_version(plan, version)
        for outcome in self.sender.resume(progress):
            outcome.done()
        self.index.sync(progress)
        self._look_up()
        shown = iter(progress(self._records(read), "enrolling", 0))
        while together := list(islice(shown, MOST)):
            salts = self.book.salts(f"{one.number} {one.from_} {plan}" for one in together)
            fresh = list[tuple[CoverageRecord, bytes, Enrolment]]()
            for record, salt in zip(together, salts, strict=True):
                made = enrolment_of(record, plan, version or last, salt)
                try:
                    if not self._stands(record, made, salt, named=bool(version)):
                        fresh.append((record, salt, made))
                except InputError as error:
                    self.on_refused(Refused(record.place, str(error), record.number))
            self._enrol(fresh)
        return version or last

    def _last_version(self, plan: int, version: int) -> int:
        payer, versions = self.coverage.plan_of(plan)
        if payer != self.payer:
            whose = f"is of member {payer}" if payer else "was never published"
            raise InputError(
                f"Plan {plan} {whose}; name a plan of this payer, member {self.payer}."
            )
        if not 0 <= version <= versions:
            raise InputError(f"Plan {plan} has versions 1 to {versions}, and no {version}.")
        return versions

    def _look_up(self) -> None:
        """Look up what of this payer's stands on chain, and under which numbers."""
        self._standing, self._held = {}, {}
        by_ref = dict[bytes, Enrolled]()
        for event in self.index.events(COVERAGES, "CoverageEnrolled", {"payer": self.payer}):
            said: Any = event.arguments
            terms = struct(Enrolment, said["enrolment"])
            one = Enrolled(said["coverageRef"], terms, terms.until)
            self._standing[terms.subject] = by_ref[one.ref] = one
        for event in self.index.events(COVERAGES, "CoverageTerminated", {"payer": self.payer}):
            said = event.arguments
            by_ref[said["coverageRef"]].until = day(said["until"])
        for card in self.book.cards():
            if card.ref in by_ref:
                self._hold(replace(card, until=by_ref[card.ref].until))

    def _hold(self, card: Card) -> None:
        self._held.setdefault(card.number, []).append(card)

    def _stands(self, record: CoverageRecord, made: Enrolment, salt: bytes, *, named: bool) -> bool:
        """Say whether a row is on chain already; refuse one that is at odds with what is."""
        if made.subject in self._seen:
            raise InputError(f"coverage {record.number!r} stands twice in the file; keep one row.")
        one = self._standing.get(made.subject)
        self._check_plan(record, one.terms if one and not named else made)
        if one is None:
            self._check_apart(record)
            self._hold(Card(b"", record.number, 0, 0, made.from_, made.until, salt))
        else:
            _check_same(record, made if named else replace(made, version=one.terms.version), one)
            self.book.add_cards([one.card(record, salt)])
            self.before += 1
        self._seen.add(made.subject)
        return one is not None

    def _check_plan(self, record: CoverageRecord, of: Enrolment) -> None:
        """Hold the plan that a row names against the one that it is enrolled under."""
        if record.plan is None or record.plan == str(of.plan):
            return
        if (name := load(self.book.folder, of.plan, of.version).name) != record.plan:
            raise InputError(
                f"the row is for plan {record.plan!r}, and plan {of.plan} is {name!r}; name with "
                "--plan the one that is meant."
            )

    def _check_apart(self, record: CoverageRecord) -> None:
        """Refuse a number that is another person's, or whose coverage the row would overlap."""
        for card in self._held.get(record.number, ()):
            subject = commitment(SUBJECT_DOMAIN, card.salt, digest(record.person))
            if subject not in self._standing and subject not in self._seen:
                raise InputError(
                    f"coverage {record.number!r} is another person's; number this one anew."
                )
            if card.from_ < record.until and record.from_ < card.until:
                raise InputError(
                    f"coverage {record.number!r} is enrolled from {card.from_} on already; end "
                    "that one first, or correct the row."
                )

    def _enrol(self, fresh: list[tuple[CoverageRecord, bytes, Enrolment]]) -> None:
        refs = self.coverage.enrol([made for _, _, made in fresh]) if fresh else []
        self.book.add_cards(
            Enrolled(ref, made, made.until).card(record, salt)
            for (record, salt, made), ref in zip(fresh, refs, strict=True)
        )
        self.enrolled += len(fresh)

    def _records(self, read: Iterable[CoverageRecord | Refused]) -> Iterator[CoverageRecord]:
        for one in read:
            if isinstance(one, Refused):
                self.on_refused(one)
            else:
                yield one


def _check_same(record: CoverageRecord, made: Enrolment, one: Enrolled) -> None:
    """Refuse a row whose terms are not those that were enrolled; it may have ended since."""
    for what, said, stands in (
        ("version", made.version, (one.terms.version,)),
        ("the first day no longer covered", made.until, (one.terms.until, one.until)),
        ("waiting_since", made.since, (one.terms.since,)),
        ("secondary", made.secondary, (one.terms.secondary,)),
    ):
        if said not in stands:
            raise InputError(
                f"coverage {record.number!r} is enrolled with {what} {stands[0]}, and the row says "
                f"{said}; end it and enrol another, or correct the row."
            )
