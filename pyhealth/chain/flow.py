"""One run of the sender: jobs come in as the window allows, outcomes leave in their order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from pyhealth.chain.entries import Entry
from pyhealth.chain.follower import Follower, is_open
from pyhealth.chain.journal import Journal
from pyhealth.chain.network import Chain
from pyhealth.chain.submitter import Job, Submitter
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.errors import (
    NodeBehind,
    NodeUnreachable,
    PyHealthError,
    RpcFault,
    TransactionPending,
)

PAUSES = (
    0.01,
    1.0,
)  # seconds between two looks at the chain: the shortest, doubled up to the longest
NUDGE, LOCAL_NUDGE, LONGEST_NUDGE = 5.0, 0.5, 60.0  # seconds without progress, to send again
LOCAL_STALL = 0.1  # seconds without progress, to have a development chain mine what it holds back
FIRST_TRIES = 3  # to send anything at all
PASSING = (NodeUnreachable, RpcFault, NodeBehind)  # errors that may not be there the next time


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call of many: a receipt, an error, or both where it reverted."""

    call: Call
    key: str | None
    receipt: Receipt | None
    error: PyHealthError | None

    def done(self) -> Receipt:
        """Return the receipt, or raise why it was not done."""
        if self.error is not None:
            raise self.error
        assert self.receipt is not None
        return self.receipt


class Sending(Protocol):
    """What a run needs of its sender."""

    chain: Chain
    journal: Journal
    patience: float
    window: int
    submitter: Submitter
    follower: Follower

    def outcome(self, job: Job) -> Outcome:
        """Say what came of a call."""
        ...


class Flow:
    """One run: jobs come in at one end, outcomes leave at the other in their order."""

    def __init__(
        self, sender: Sending, jobs: Iterator[Job], *, alike: bool = False, overdue: bool = False
    ) -> None:
        self._sender, self._jobs, self._alike = sender, jobs, alike
        self._line: deque[Job] = deque()  # in flight, in the order they came
        self._waiting: list[Job] = []  # of the line, those without a nonce yet
        self._turn: Future[None] | None = None
        self._failure: PyHealthError | None = None  # why no more are sent
        self._fault: PyHealthError | None = None  # the last that may pass
        self._tries, self._begun = 0, False
        self._nudges = 0
        self._nudge_after = LOCAL_NUDGE if sender.chain.local else NUDGE
        self._moved = time.monotonic()
        self._nudge_at = self._moved if overdue else self._moved + self._nudge_after
        self._pause = PAUSES[0]

    def outcomes(self) -> Iterator[Outcome]:
        with ThreadPoolExecutor(1) as worker:
            while self._feed(worker) or self._line:
                if self._look():
                    self._progressed()
                while self._line and (outcome := self._finished(self._line[0])):
                    self._line.popleft()
                    yield outcome
                self._wait()
        if self._failure is not None:
            raise self._failure

    def _feed(self, worker: ThreadPoolExecutor) -> bool:
        """Start the next turn where the last has ended; say whether one is on its way."""
        if self._turn is not None and not self._turn.done():
            return True
        if self._turn is not None:
            self._end_turn(self._turn)
        size = max(self._sender.window // 2, 1)
        if not self._waiting and self._failure is None and len(self._line) <= size:
            came = list(islice(self._jobs, size))
            self._line.extend(came)
            self._waiting = [job for job in came if job.waits]
        self._turn = None
        if self._waiting:
            take = self._sender.submitter.take
            self._turn = worker.submit(take, self._waiting, alike=self._alike)
        return self._turn is not None

    def _end_turn(self, turn: Future[None]) -> None:
        before, error = len(self._waiting), turn.exception()
        self._waiting = [job for job in self._waiting if job.waits]
        if len(self._waiting) < before:
            self._begun = True
            self._progressed()
        if error is None:
            return
        if not isinstance(error, PyHealthError):
            raise error
        self._tries += 1
        if isinstance(error, PASSING) and (self._begun or self._tries < FIRST_TRIES):
            self._fault = error
            return
        self._failure, self._waiting = error, []
        self._line = deque(job for job in self._line if not job.waits)

    def _look(self) -> bool:
        entries = [job.entry for job in self._line if job.entry and is_open(job.entry)]
        if not entries:
            return False
        try:
            moved = self._sender.follower.look(entries)
            self._replan([entry for entry in entries if entry.missing])
        except PASSING as fault:
            self._fault = fault
            return False
        return moved

    def _replan(self, missing: list[Entry]) -> None:
        if not missing:
            return
        self._sender.journal.refresh(missing)  # another process may have replaced them
        if taken := self._sender.follower.taken(missing):
            self._sender.submitter.replan(taken)

    def _finished(self, job: Job) -> Outcome | None:
        if job.refusal is None and (job.entry is None or is_open(job.entry)):
            return None
        return self._sender.outcome(job)

    def _progressed(self) -> None:
        self._moved, self._pause, self._nudges = time.monotonic(), PAUSES[0], 0
        self._nudge_at = self._moved + self._nudge_after

    def _wait(self) -> None:
        """Nudge or give up when nothing has moved for long; else pause before the next look."""
        now = time.monotonic()
        if not self._line:
            return
        if now - self._moved > self._sender.patience:
            self._give_up(now - self._moved)
        if self._sender.chain.local and now - self._moved > LOCAL_STALL:
            self._passing(self._sender.submitter.prod)
        if now > self._nudge_at or self._sender.submitter.urgent:
            self._passing(self._nudge)
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, PAUSES[1], max(self._nudge_at - now, PAUSES[0]))

    def _nudge(self) -> None:
        self._nudges += 1
        wait = min(self._nudge_after * 2**self._nudges, LONGEST_NUDGE)
        self._nudge_at = time.monotonic() + wait
        self._sender.submitter.nudge(self._nudges)
        self._sender.journal.refresh([job.entry for job in self._line if job.entry])

    def _passing(self, act: Callable[[], None]) -> None:
        """Do what can be done again later, where the node fails now."""
        try:
            act()
        except PASSING as fault:
            self._fault = fault

    def _give_up(self, seconds: float) -> None:
        first = next((job.entry for job in self._line if job.entry and is_open(job.entry)), None)
        if first is None or not first.attempts:
            raise self._fault or self._failure or TransactionPending(b"", round(seconds))
        pending = TransactionPending(first.last.hash, round(seconds))
        why = self._sender.submitter.obstacle or self._fault
        if why is not None:
            pending.why = str(why).rstrip(".")
        raise pending from why
