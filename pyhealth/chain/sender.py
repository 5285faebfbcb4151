"""The one component that every transaction goes through.

`Submitter` reserves nonces, signs, writes the journal and sends, in a thread of its own; `Follower` learns what became
of each call; here the two work hand in hand, a bounded number of calls at a time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, repeat

from pyhealth.chain.fees import Cost, base_fee
from pyhealth.chain.follower import Follower, is_open
from pyhealth.chain.journal import Entry, Journal, State
from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.submitter import Job, Submitter
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.chain.wallet import Signer
from pyhealth.errors import (
    NodeBehind,
    NodeUnreachable,
    PyHealthError,
    RpcFault,
    RpcRefused,
    TransactionCancelled,
    TransactionFailed,
    TransactionPending,
)
from pyhealth.progress import Progress, silent

WINDOW, LOCAL_WINDOW = (
    64,
    1024,
)  # calls in flight: what geth queues for one account; what Anvil bears
PATIENCE = 120.0  # seconds without any progress
PAUSES = (
    0.01,
    1.0,
)  # seconds between two looks at the chain: the shortest, doubled up to the longest
NUDGE, LOCAL_NUDGE, LONGEST_NUDGE = (
    5.0,
    0.5,
    60.0,
)  # seconds without progress before bytes are sent again
FIRST_TRIES = 3  # to send anything at all
PASSING = (NodeUnreachable, RpcFault, NodeBehind)  # errors that may not be there the next time


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call of many: a receipt, an error, or both where it was mined and reverted."""

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


class Sender:
    """Sends an account's calls on one chain, each exactly once, and follows them until they are final."""

    def __init__(
        self,
        chain: Chain,
        signer: Signer,
        journal: Journal | None = None,
        *,
        window: int | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.chain = chain
        self.signer = signer
        self.journal = journal or chain.journal
        self.patience = patience
        self.window = window or (LOCAL_WINDOW if chain.local else WINDOW)
        self.submitter = Submitter(chain, signer, self.journal, self.window)
        self.follower = Follower(chain, signer.address, self.journal)

    def send(self, call: Call, key: str | None = None) -> Receipt:
        """Send one call and wait until it is mined with the network's confirmations."""
        (outcome,) = self.send_many([call], keys=None if key is None else [key])
        return outcome.done()

    def send_many(
        self,
        calls: Iterable[Call],
        *,
        keys: Iterable[str] | None = None,
        alike: bool = False,
        progress: Progress = silent,
    ) -> Iterator[Outcome]:
        """Send calls that do not depend on one another, and yield what came of each, in their order.

        A call with a key is sent once, however often it is handed in; later its outcome is given again. With
        ``alike`` gas is estimated once for all calls of the same function and size. What is not final after an
        interruption or an error stays in the journal: hand it in again with its keys, or use `resume`.
        """
        total = len(calls) if isinstance(calls, Sized) else 0
        jobs = map(Job, calls, repeat(None) if keys is None else keys)
        yield from progress(_Flow(self, jobs, alike=alike).outcomes(), "sending", total)

    def resume(self, progress: Progress = silent) -> Iterator[Outcome]:
        """Bring what is in the journal and not final to its end."""
        entries = [entry for entry in self.journal.unsettled(self.signer.address) if entry.attempts]
        jobs = iter([Job(entry.call, entry.key, entry) for entry in entries])
        yield from progress(_Flow(self, jobs, overdue=True).outcomes(), "finishing", len(entries))

    def estimate(self, calls: Sequence[Call]) -> list[int]:
        """Return the gas that each call needs, with a margin; raise what a contract refuses."""
        gas = []
        for measured in self.submitter.meter.measured(calls):
            if not isinstance(measured, Call):
                raise measured
            gas.append(measured.gas or 0)
        return gas

    def cost(self, calls: Sequence[Call]) -> Cost:
        """Say what a job would cost, without sending anything; raise what a contract refuses."""
        gas, fees, base = sum(self.estimate(calls)), self.chain.fees(), base_fee(self.chain)
        price = fees.maximum if base is None else min(base + (fees.tip or 0), fees.maximum)
        value = sum(call.value for call in calls)
        return Cost(len(calls), gas, gas * price + value, gas * fees.maximum + value)

    def outcome(self, job: Job) -> Outcome:
        """Say what came of a call that is final, or was refused."""
        entry = job.entry
        if entry is None or entry.receipt is None:
            return Outcome(job.call, job.key, None, job.refusal)
        error: PyHealthError | None = None
        if entry.state is State.CANCELLED:
            error = TransactionCancelled(entry.nonce, entry.error or "its nonce was needed")
        elif entry.state is State.FAILED:
            error = self._failure(entry.call, entry.receipt)
        return Outcome(job.call, job.key, entry.receipt, error)

    def _failure(self, call: Call, receipt: Receipt) -> PyHealthError:
        """Replay a reverted transaction on the block before, to learn why it did."""
        described = self.submitter.meter.described(call)
        try:
            self.chain.rpc.call("eth_call", described, hex(receipt.block_number - 1))
        except RpcRefused as refused:
            if (refusal := decode_refusal(refused.data)) is not None:
                return refusal
        except PASSING:
            pass
        why = "it ran out of gas" if receipt.gas_used == call.gas else "it gave no reason"
        return TransactionFailed(receipt.transaction, receipt.block_number, why)


class _Flow:
    """One run: jobs come in at one end as the window allows, outcomes leave at the other in order."""

    def __init__(
        self, sender: Sender, jobs: Iterator[Job], *, alike: bool = False, overdue: bool = False
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
        if now > self._nudge_at or self._sender.submitter.urgent:
            self._nudge()
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, PAUSES[1], max(self._nudge_at - now, PAUSES[0]))

    def _nudge(self) -> None:
        self._nudges += 1
        wait = min(self._nudge_after * 2**self._nudges, LONGEST_NUDGE)
        self._nudge_at = time.monotonic() + wait
        try:
            self._sender.submitter.nudge(self._nudges)
            self._sender.journal.refresh([job.entry for job in self._line if job.entry])
        except PASSING as fault:
            self._fault = fault

    def _give_up(self, seconds: float) -> None:
        first = next((job.entry for job in self._line if job.entry and is_open(job.entry)), None)
        if first is None or not first.attempts:
            raise self._fault or self._failure or TransactionPending(b"", round(seconds))
        pending = TransactionPending(first.last.hash, round(seconds))
        if self._fault is not None:
            pending.why = " ".join(str(self._fault).rstrip(".").split())
        raise pending from self._fault
