"""The one component that every transaction goes through.

`Submitter` reserves nonces, signs, writes the journal and sends, in a thread of its own; `Follower`
learns what became of each call; in a `Flow` the two work hand in hand, a bounded number of calls at
a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import repeat

from pyhealth.chain.entries import State
from pyhealth.chain.fees import Cost, base_fee
from pyhealth.chain.flow import PASSING, Flow, Outcome
from pyhealth.chain.follower import Follower
from pyhealth.chain.journal import Journal
from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.submitter import Job, Submitter
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.chain.wallet import Signer
from pyhealth.errors import (
    PyHealthError,
    RpcRefused,
    TransactionCancelled,
    TransactionFailed,
)
from pyhealth.progress import Progress, silent

WINDOW = 64  # calls in flight: what geth queues for one account
LOCAL_WINDOW = 1024  # what Anvil bears
PATIENCE = 120.0  # seconds without any progress

__all__ = ["Outcome", "Sender"]


class Sender:
    """Sends an account's calls on one chain, each exactly once, and follows them to the end."""

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
        """Send calls that do not depend on one another; yield what came of each, in their order.

        A call with a key is sent once, however often it is handed in; later its outcome is given
        again. With ``alike`` gas is estimated once for all calls of the same function and size.
        What is not final after an interruption or an error stays in the journal: hand it in again
        with its keys, or use `resume`.
        """
        total = len(calls) if isinstance(calls, Sized) else 0
        jobs = map(Job, calls, repeat(None) if keys is None else keys)
        yield from progress(Flow(self, jobs, alike=alike).outcomes(), "sending", total)

    def resume(self, progress: Progress = silent) -> Iterator[Outcome]:
        """Bring what is in the journal and not final to its end."""
        entries = [entry for entry in self.journal.unsettled(self.signer.address) if entry.attempts]
        jobs = iter([Job(entry.call, entry.key, entry) for entry in entries])
        yield from progress(Flow(self, jobs, overdue=True).outcomes(), "finishing", len(entries))

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
        described, why = self.submitter.meter.described(call), "it gave no reason"
        try:
            self.chain.rpc.call("eth_call", described, hex(receipt.block_number - 1))
        except RpcRefused as refused:
            if (refusal := decode_refusal(refused.data)) is not None:
                return refusal
        except PASSING:
            why = "the node does not tell why"
        if receipt.gas_used == call.gas:
            why = "it ran out of gas"
        return TransactionFailed(receipt.transaction, receipt.block_number, why)
