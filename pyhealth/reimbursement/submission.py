"""Claims of a provider submitted in bulk: any number, in bounded memory, each once.

What is on chain under a claim's reference is not submitted again. So a run that was cut is finished
by the same call: first what had left, then what had not, in the order of the files, which is the
order in which limits are used up.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby

from pyhealth.adjudication.values import BilledClaim, Frequency, Refused, RemittedStatus
from pyhealth.chain.gas import MOST_GAS
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.claims import ClaimAdjudicator, refused_in
from pyhealth.errors import ContractError, InputError, JournalLocked
from pyhealth.index import Index
from pyhealth.index.events import shape_of
from pyhealth.progress import Progress, silent
from pyhealth.reimbursement import history
from pyhealth.reimbursement.book import Book
from pyhealth.reimbursement.coding import Coder
from pyhealth.reimbursement.history import CLAIMS, Brief
from pyhealth.values import ClaimDecision

MOST_CLAIMS = 150  # of a batch, as the contract takes them
WINDOW = 8  # batches in flight
# More than a batch, a claim and a line ever take: all slots new, all limits in use, a long proof.
GAS_OF_BATCH, GAS_OF_CLAIM, GAS_OF_LINE, GAS_OF_BYTE = 250_000, 60_000, 110_000, 25
TOO_LITTLE = "the contract ran out of gas with it, also alone; split the claim."


@dataclass(slots=True)
class Reconciliation:
    """What became of claims; amounts in hundredths. Claims on chain before count as well."""

    submitted: int = 0  # decided on chain
    before: int = 0  # of these, by an earlier run
    paid: int = 0
    nothing_due: int = 0  # decided, and nothing is paid: denied, or all of it the patient's
    pended: int = 0
    corrected: int = 0  # replaced or voided
    refused: int = 0
    assumed: int = 0  # findings: what was left out of claims, or assumed in them
    charged: int = 0
    amount: int = 0  # paid

    def count(self, one: Brief, *, pended: bool, before: bool = False) -> None:
        """Count a decision."""
        self.submitted += 1
        self.before += before
        self._add(one, pended=pended, sign=1)

    def voided(self, *, before: bool = False) -> None:
        """Count a claim that was taken back: of it, nothing is told."""
        self.submitted += 1
        self.before += before

    def take_back(self, one: Brief, *, pended: bool) -> None:
        """Count a claim of this run as taken back."""
        self._add(one, pended=pended, sign=-1)

    def _add(self, one: Brief, *, pended: bool, sign: int) -> None:
        self.charged += sign * one.charged
        self.pended += sign * pended
        if not pended:
            self.paid += sign * (one.paid > 0)
            self.nothing_due += sign * (one.paid == 0)
            self.amount += sign * one.paid


@dataclass(frozen=True, slots=True)
class Item:
    """A claim on its way."""

    billed: BilledClaim
    claim_ref: bytes
    packed: bytes

    @property
    def gas(self) -> int:
        """What deciding it can take at most."""
        lines = len(self.billed.lines)
        return GAS_OF_CLAIM + GAS_OF_LINE * lines + GAS_OF_BYTE * len(self.packed)

    def refused(self, sentence: str) -> Refused:
        """Return it as refused on chain."""
        return Refused(self.billed.place, sentence, self.billed.number)


@dataclass
class Submission:
    """One provider's run over files of claims."""

    claims: ClaimAdjudicator
    sender: Sender
    index: Index
    book: Book
    provider: int
    on_refused: Callable[[Refused], None] = lambda refused: None
    on_assumed: Callable[[BilledClaim], None] = lambda claim: None  # a claim with findings
    repay: Callable[[int], None] = lambda hundredths: None  # have the contract take that back
    most_gas: int = MOST_GAS  # of one transaction
    result: Reconciliation = field(default_factory=Reconciliation)

    def run(
        self, read: Iterable[BilledClaim | Refused], progress: Progress = silent
    ) -> Reconciliation:
        """Submit what was read, and return what became of all of it."""
        with self._alone():
            for outcome in self.sender.resume(progress):
                outcome.done()
            self.index.sync(progress)
            self._known = _Known(self.index, self.provider)
            self._coder = Coder(self.book, self.provider)
            self._flight: deque[list[Item]] = deque()
            shown = iter(progress(self._taken(read), "claims read", 0))
            for corrects, together in groupby(shown, lambda one: one.corrects):
                if corrects:
                    self._correct(together)
                else:
                    self._send(self._batches(self._items(together)))
        return self.result

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep a second run of the same provider out: the two would submit the same claims."""
        file = self.book.folder / f"submitting-{self.provider}.lock"
        with file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise JournalLocked(str(file), "it submits claims") from error
            yield

    # Reading

    def _taken(self, read: Iterable[BilledClaim | Refused]) -> Iterator[BilledClaim]:
        """Yield the claims; tell what was refused or assumed in reading them."""
        for one in read:
            if isinstance(one, Refused):
                self._refuse(one)
                continue
            if one.findings:
                self.result.assumed += len(one.findings)
                self.on_assumed(one)
            yield one

    def _items(self, billed: Iterable[BilledClaim]) -> Iterator[Item]:
        """Yield what is to be submitted; count what is on chain, and refuse what cannot be."""
        for one in billed:
            if item := self._item(one):
                yield item

    def _item(self, one: BilledClaim) -> Item | None:
        claim_ref = self._coder.reference(one.number)
        try:
            if self._counted(one, claim_ref):
                return None
            if not self._known.first(claim_ref):
                raise InputError(f"an earlier claim has number {one.number!r}; give each its own.")
            return Item(one, claim_ref, self.claims.packed(self._coder.claim(one)))
        except InputError as error:
            self._refuse(Refused(one.place, str(error), one.number))
            return None

    def _counted(self, one: BilledClaim, claim_ref: bytes) -> bool:
        """Count a claim that is on chain already, and claims the same; refuse one that does not:
        a number that was used is never used again.
        """
        if (known := self._known.take(claim_ref)) is None:
            return False
        brief, pended, voided = known
        if history.content_of(self._coder.claim(one)) != brief.content:
            raise InputError(
                f"claim {one.number!r} was submitted before with other content, {_money(brief)} "
                "charged in all; give this one a number of its own, and where it corrects the "
                "former, let it replace that."
            )
        if voided:
            self.result.voided(before=True)
        else:
            self.result.count(brief, pended=pended, before=True)
        return True

    def _refuse(self, one: Refused) -> None:
        self.result.refused += 1
        self.on_refused(one)

    # Sending

    def _batches(self, items: Iterator[Item]) -> Iterator[list[Item]]:
        """Yield as many claims together as one transaction can surely decide."""
        batch, gas = list[Item](), GAS_OF_BATCH
        for item in items:
            if batch and (gas + item.gas > self.most_gas or len(batch) == MOST_CLAIMS):
                yield batch
                batch, gas = [], GAS_OF_BATCH
            batch.append(item)
            gas += item.gas
        if batch:
            yield batch

    def _send(self, batches: Iterator[list[Item]]) -> None:
        again = list[Item]()
        for outcome in self.sender.send_many(self._calls(batches)):
            again += self._settle(self._flight.popleft(), outcome.done())
        for outcome in self.sender.send_many(self._calls(iter([[one] for one in again]))):
            for item in self._settle(self._flight.popleft(), outcome.done()):
                self._refuse(item.refused(TOO_LITTLE))

    def _calls(self, batches: Iterator[list[Item]]) -> Iterator[Call]:
        for batch in batches:
            gas = GAS_OF_BATCH + sum(item.gas for item in batch)
            self._flight.append(batch)
            self.book.remember((item.claim_ref, item.billed) for item in batch)
            packed = [item.packed for item in batch]
            yield self.claims.batch(packed, min(gas * (1 + (len(batch) == 1)), self.most_gas))

    def _settle(self, batch: list[Item], receipt: Receipt) -> list[Item]:
        """Count what a batch came to, and return what is to be tried alone."""
        for one, pended in told(self.claims, receipt):
            self.result.count(one, pended=pended)
        again = []
        for place, why in refused_in(self.claims.binding, receipt):
            item = batch[place]
            if why is None:
                again.append(item)
            else:
                self._refuse(item.refused(str(why)))
        return again

    # Correcting

    def _correct(self, corrections: Iterable[BilledClaim]) -> None:
        """Replace and void, one by one: each hands back the decision that stands."""
        self.index.sync()
        for one in corrections:
            try:
                self._correction(one)
            except (InputError, ContractError) as error:
                self._refuse(Refused(one.place, str(error), one.number))

    def _correction(self, one: BilledClaim) -> None:
        replaces = one.frequency is Frequency.REPLACEMENT
        if replaces and self._counted(one, self._coder.reference(one.number)):
            self.result.corrected += 1
            return
        named = one.replaces or ""
        former = history.find_told(self.index, self.provider, named) or history.find(
            self.index, self.provider, self._coder.reference(named)
        )
        if former is None:
            raise InputError(
                f"claim {one.replaces!r} was never submitted; submit this as a new one."
            )
        standing = history.standing(self.index, former)
        if standing.status is RemittedStatus.VOIDED:
            if replaces:
                raise InputError(
                    f"claim {one.replaces!r} was taken back already; submit this as a new one."
                )
            self.result.corrected += 1
            return
        counted = self._known.seen(standing.decision.claim_ref)
        pended = standing.status is RemittedStatus.PENDED
        claim = self._coder.claim(one) if replaces else None
        self.repay(standing.due_back)
        if claim:
            self.book.remember([(claim.claim_ref, one)])
            made = self.claims.replace(former, standing.decision, claim)
            self._known.first(claim.claim_ref)
            self.result.count(_brief(made.claim_id, made.decision), pended=made.pended)
        else:
            self.claims.void(former, standing.decision)
        if counted:
            self.result.take_back(_brief(former, standing.decision), pended=pended)
        self.result.corrected += 1
        self.index.sync()


def _money(one: Brief) -> str:
    return f"{Decimal(one.charged).scaleb(-2):.2f}"


def _brief(claim_id: bytes, decision: ClaimDecision) -> Brief:
    lines = decision.decided
    charged = sum(one.line.charge for one in lines)
    return Brief(claim_id, decision.claim_ref, charged, sum(one.outcome.paid for one in lines))


def told(claims: ClaimAdjudicator, receipt: Receipt) -> Iterator[tuple[Brief, bool]]:
    """Yield what a transaction decided, and whether it is pended."""
    topics = {name: shape_of(CLAIMS, name).topic for name in ("ClaimAdjudicated", "ClaimPended")}
    logs = [log for log in receipt.logs if log.address == claims.binding.address]
    pended = {log.topics[1] for log in logs if log.topics[0] == topics["ClaimPended"]}
    for log in logs:
        if log.topics[0] == topics["ClaimAdjudicated"]:
            yield history.brief(log.data, log.topics[1]), log.topics[1] in pended


class _Known:
    """The provider's claims on chain, and those of this run: on disk, not in memory."""

    def __init__(self, index: Index, provider: int) -> None:
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.execute(
            "CREATE TABLE known (claim_ref BLOB PRIMARY KEY, claim_id BLOB, charged INTEGER, "
            "paid INTEGER, content BLOB, pended INTEGER, voided INTEGER) WITHOUT ROWID"
        )
        voided = history.identifiers(index, "ClaimVoided", provider)
        settled = history.identifiers(index, "ClaimSettled", provider)
        pended = history.identifiers(index, "ClaimPended", provider) - settled
        appealed = history.identifiers(index, "ClaimAppealed", provider)
        contents = dict[bytes, bytes]()
        self._db.execute("BEGIN")
        for one in history.briefs(index, provider):
            if one.claim_id in appealed:  # decided more than once: the last decision counts
                contents[one.claim_id] = one.content
                continue
            self._keep(one, pended=one.claim_id in pended, voided=one.claim_id in voided)
        for claim_id, content in contents.items():
            told = history.standing(index, claim_id)
            one = replace(_brief(claim_id, told.decision), content=content)
            was = told.status is RemittedStatus.PENDED
            self._keep(one, pended=was, voided=claim_id in voided)
        self._db.execute("COMMIT")

    def _keep(self, one: Brief, *, pended: bool, voided: bool) -> None:
        of = one.claim_ref, one.claim_id, one.charged, one.paid, one.content
        row = *of, pended, voided
        self._db.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def take(self, claim_ref: bytes) -> tuple[Brief, bool, bool] | None:
        """Return a claim on chain, whether it is pended, and whether voided: once."""
        columns = "claim_id, charged, paid, content, pended, voided"
        asked = f"SELECT {columns} FROM known WHERE claim_ref = ?"
        found = self._db.execute(asked, (claim_ref,)).fetchone()
        if found is None or found[0] is None:
            return None
        self._db.execute("UPDATE known SET claim_id = NULL WHERE claim_ref = ?", (claim_ref,))
        claim_id, charged, paid, content, pended, voided = found
        brief = Brief(claim_id, claim_ref, charged, paid, content=content)
        return brief, bool(pended), bool(voided)

    def first(self, claim_ref: bytes) -> bool:
        """Say whether a claim is the first of its number in this run."""
        row = "INSERT OR IGNORE INTO known VALUES (?, NULL, 0, 0, NULL, 0, 0)"
        return self._db.execute(row, (claim_ref,)).rowcount == 1

    def seen(self, claim_ref: bytes) -> bool:
        """Say whether a claim was counted, or decided, in this run."""
        asked = "SELECT 1 FROM known WHERE claim_ref = ? AND claim_id IS NULL"
        return self._db.execute(asked, (claim_ref,)).fetchone() is not None
