"""Hands an account's transactions to a node: reserved, signed and kept first, then sent.

Every error of a sending is taken for "unknown": what the node does not know is sent again, byte for
byte, and nothing ever gets a second nonce while one of its attempts could still be mined.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from pyhealth.chain.dialect import Meaning, meaning
from pyhealth.chain.entries import Entry, State
from pyhealth.chain.fees import bumped
from pyhealth.chain.gas import GasMeter
from pyhealth.chain.journal import Journal
from pyhealth.chain.network import Chain
from pyhealth.chain.rpc import pause_after
from pyhealth.chain.transactions import Call, Fees, Signed, sign
from pyhealth.chain.wallet import Signer
from pyhealth.errors import (
    FeeAboveLimit,
    FundsMissing,
    JournalLocked,
    NodeUnreachable,
    PyHealthError,
    RpcFault,
    RpcRefused,
)

CHUNK = 256  # transactions signed and kept at once, while those before are on their way
POST_SECONDS = 15.0  # to get a chunk to the node before others get their turn
STUCK_SECONDS = 60.0  # after which a transaction offers more
IDLE_GAS = 21_000
FILL_AFTER = 2  # looks at a gap in the nonces before it is filled


@dataclass(slots=True)
class Job:
    """A call to be sent once, whoever asks how often with the same key."""

    call: Call
    key: str | None = None
    entry: Entry | None = None  # once it is kept in the journal
    refusal: PyHealthError | None = None  # why it was not sent

    @property
    def waits(self) -> bool:
        """Whether nothing has been done about it yet."""
        return self.entry is None and self.refusal is None


class Submitter:
    """Sends from one account on one chain, in turns with every other process that does."""

    def __init__(self, chain: Chain, signer: Signer, journal: Journal, window: int) -> None:
        self.chain, self.signer, self.journal, self.window = chain, signer, journal, window
        self.meter = GasMeter(chain, signer.address)
        self.stuck_seconds = STUCK_SECONDS
        self.cheap = False  # whether the node asked for a higher price
        self.obstacle: PyHealthError | None = None  # to replacing what is stuck
        self._hopeless: dict[bytes, str] = {}  # hashes that the node will never take, and why
        self._begun = False

    @property
    def urgent(self) -> bool:
        """Whether something waits for `nudge`."""
        return self.cheap or bool(self._hopeless)

    def take(self, jobs: Sequence[Job], *, alike: bool = False) -> None:
        """Send as many as the window has room for; those whose key was sent get its entry."""
        account = self.signer.address
        with self.journal.turn(account):
            mined, pending = self._counted()
            if not self._begun:
                self._post([one.last.sent for one in self._unmined(mined)])
                self._begun = True
            self._recognise(jobs)
            fresh = {job.key or i: job for i, job in enumerate(jobs) if job.waits}
            first = max(self.journal.next_nonce(account, mined), pending)
            ready = list(fresh.values())[: max(self.window - (first - mined), 0)]
            if ready := self._measure(ready, alike=alike):
                self._send(ready, first, self._fees(mined))
            self._recognise(jobs)  # the same key twice in one window is one call

    def _measure(self, jobs: Sequence[Job], *, alike: bool) -> list[Job]:
        """Find the gas of calls, and return those that the contract does not refuse."""
        measured = self.meter.measured([job.call for job in jobs], alike=alike)
        for job, found in zip(jobs, measured, strict=True):
            if isinstance(found, Call):
                job.call = found
            else:
                job.refusal = found
        return [job for job in jobs if job.refusal is None]

    def _recognise(self, jobs: Iterable[Job]) -> None:
        wanted = {job.key: job for job in jobs if job.key is not None and job.waits}
        known = self.journal.of_keys(self.signer.address, [key for key in wanted if key])
        lost = [entry for entry in known.values() if entry.state is State.LOST]
        if lost:
            self._send_anew(lost)
        for job in jobs:
            if job.waits and job.key in known:
                job.entry = known[job.key]

    def _send(self, jobs: Sequence[Job], first: int, fees: Fees) -> None:
        self._check_funds([job.call for job in jobs], fees)
        with ThreadPoolExecutor(1) as poster:
            posts = []
            for start in range(0, len(jobs), CHUNK):
                part = jobs[start : start + CHUNK]
                signed = [
                    self._sign(job.call, first + start + i, fees) for i, job in enumerate(part)
                ]
                entries = self.journal.plan(
                    self.signer.address, [(s, job.key) for s, job in zip(signed, part, strict=True)]
                )
                for job, entry in zip(part, entries, strict=True):
                    job.entry = entry
                posts.append(poster.submit(self._post, signed))
        for post in posts:
            post.result()

    def _sign(self, call: Call, nonce: int, fees: Fees) -> Signed:
        gas = call.gas or IDLE_GAS
        return sign(
            call, self.signer, chain_id=self.chain.chain_id, nonce=nonce, gas=gas, fees=fees
        )

    def _fees(self, mined: int) -> Fees:
        """Return the market's price, or that of what is in flight: pools drop dearer successors."""
        now, then = self.chain.fees(), self.journal.price(self.signer.address, mined)
        if then and (then.tip is None) == (now.tip is None) and 2 * then.maximum >= now.maximum:
            return then
        return now

    def _check_funds(self, calls: Sequence[Call], fees: Fees) -> None:
        account = self.signer.address
        cost = sum((call.gas or 0) * fees.maximum + call.value for call in calls)
        if cost and (balance := self._balance()) < cost:
            raise FundsMissing(account, balance, cost, self.chain.chain_id)

    def _balance(self) -> int:
        rpc, account = self.chain.rpc, self.signer.address
        asked = [("eth_blockNumber", []), ("eth_getBalance", [account, "latest"])]
        head, balance = rpc.batch(asked)
        self.chain.seeing(rpc.number("eth_blockNumber", head))  # a node that lags knows no payment
        return rpc.number("eth_getBalance", balance)

    def _counted(self) -> tuple[int, int]:
        """Return how many transactions of the account are mined, and how many the pool counts.

        A development chain is wound back on purpose, and what was final there is given up at once:
        else the next call would leave a gap in the nonces, and wait behind it.
        """
        self.chain.check()
        rpc, account, method = self.chain.rpc, self.signer.address, "eth_getTransactionCount"
        asked = time.time()
        head, mined, pending = rpc.batch(
            [("eth_blockNumber", []), (method, [account, "latest"]), (method, [account, "pending"])]
        )
        self.chain.seeing(rpc.number("eth_blockNumber", head))
        if isinstance(pending, RpcRefused):  # some nodes do not know "pending"
            pending = mined
        if self.chain.local:
            self.journal.wind_back(account, rpc.number(method, mined), asked)
        return rpc.number(method, mined), rpc.number(method, pending)

    def _unmined(self, mined: int) -> list[Entry]:
        """Return what the journal has and the chain has not, also what a deep reorganisation
        undid.
        """
        kept = self.journal.from_nonce(self.signer.address, mined, 4 * self.window)
        return [entry for entry in kept if entry.attempts]

    def _post(self, transactions: Sequence[Signed]) -> None:
        """Get transactions to the node; what is left when the time is up, `nudge` sends again."""
        deadline, waiting = time.monotonic() + POST_SECONDS, list(transactions)
        for attempt in count(1):
            if not waiting:
                return
            try:
                waiting, pause = self._offer(waiting), pause_after(Exception(), attempt)
            except (NodeUnreachable, RpcFault) as error:
                pause = pause_after(error, attempt)
                waiting = self._unknown(waiting)
            if time.monotonic() + pause > deadline:
                return
            time.sleep(pause if waiting else 0)

    def _offer(self, transactions: Sequence[Signed]) -> list[Signed]:
        """Send once, and return what the node may take another time."""
        calls = [("eth_sendRawTransaction", ["0x" + one.raw.hex()]) for one in transactions]
        later = []
        for one, answer in zip(transactions, self.chain.rpc.batch(calls), strict=True):
            said = meaning(answer) if isinstance(answer, RpcRefused) else Meaning.KNOWN
            if said is Meaning.LATER:
                later.append(one)
            elif said is Meaning.UNDERPRICED:
                self.cheap = True
            elif said is Meaning.HOPELESS:
                self._hopeless[one.hash] = answer.message
        return later

    def _unknown(self, transactions: Sequence[Signed]) -> list[Signed]:
        """Return what the node does not know, after an answer was lost."""
        asked = [("eth_getTransactionByHash", ["0x" + one.hash.hex()]) for one in transactions]
        try:
            answers = self.chain.rpc.batch(asked)
        except (NodeUnreachable, RpcFault):
            return list(transactions)
        return [
            one
            for one, known in zip(transactions, answers, strict=True)
            if not isinstance(known, dict)
        ]

    def nudge(self, tries: int) -> None:
        """Send again what is not mined; fill gaps, replace what is stuck or will never be taken."""
        try:
            with self.journal.turn(self.signer.address, wait=0):
                mined, _ = self._counted()
                entries = self._unmined(mined)
                if tries >= FILL_AFTER:
                    entries = self._fill(mined, entries)
                self._cancel(entries)
                self._bump(entries)
                self._post([entry.last.sent for entry in entries])
        except JournalLocked:
            return  # another process sends, and will do the same

    def prod(self) -> None:
        """Have a development chain mine what it holds back.

        Anvil mines when a transaction comes, and what did not fit the block waits for the next one
        to come: at the end of a job none does, and sending the same bytes again is not news to it.
        """
        account, method = self.signer.address, "eth_getTransactionCount"
        automatic, mined, pending = self.chain.rpc.batch(
            [
                ("anvil_getAutomine", []),
                (method, [account, "latest"]),
                (method, [account, "pending"]),
            ]
        )
        if automatic is True and pending != mined:
            self.chain.rpc.call("evm_mine")

    def _fill(self, mined: int, entries: list[Entry]) -> list[Entry]:
        """Use up nonces that nothing of ours has, and that hold up what comes after."""
        ours = {entry.nonce for entry in entries}
        gaps = [nonce for nonce in range(mined, max(ours, default=mined)) if nonce not in ours]
        if not gaps:
            return entries
        fees = self._fees(mined)
        idle = [(self._sign(self._idle(), nonce, fees), None) for nonce in gaps]
        filled = self.journal.plan(self.signer.address, idle, idle=True)
        return sorted((*entries, *filled), key=lambda entry: entry.nonce)

    def _cancel(self, entries: Iterable[Entry]) -> None:
        """Use up the nonces of transactions that no node takes."""
        hopeless = [entry for entry in entries if entry.last.hash in self._hopeless]
        for entry in hopeless:
            entry.error = self._hopeless.pop(entry.last.hash)
            fees = entry.last.sent.fees
            self.journal.retry([(entry, self._sign(self._idle(), entry.nonce, fees))], idle=True)

    def _idle(self) -> Call:
        return Call(self.signer.address, b"", gas=IDLE_GAS)

    def _bump(self, entries: Sequence[Entry]) -> None:
        """Offer more for what is stuck or too cheap: one price for the whole account."""
        old = [entry for entry in entries if time.time() - entry.last.signed > self.stuck_seconds]
        wanted, self.cheap = bool(old) or self.cheap, False
        if not (entries and wanted):
            return
        highest = max((entry.last.sent.fees for entry in entries), key=lambda fees: fees.maximum)
        try:
            fees = bumped(highest, self.chain.fees(), self.chain.max_fee)
        except FeeAboveLimit as above:
            self.obstacle = above
            return
        if fees is None and self.chain.max_fee is not None:
            self.obstacle = FeeAboveLimit(highest.maximum * 9 // 8, self.chain.max_fee)
        if fees is not None:
            for idle in (False, True):
                chosen = [entry for entry in entries if entry.last.idle is idle]
                anew = [(e, self._sign(e.last.sent.call, e.nonce, fees)) for e in chosen]
                self.journal.retry(anew, idle=idle)

    def replan(self, entries: Sequence[Entry]) -> None:
        """Give calls a new nonce, whose own was used up by a foreign transaction."""
        with self.journal.turn(self.signer.address):
            self._send_anew(entries)

    def _send_anew(self, entries: Sequence[Entry]) -> None:
        mined, pending = self._counted()
        first = max(self.journal.next_nonce(self.signer.address, mined), pending)
        fees = self._fees(mined)
        anew = [(e, self._sign(e.call, first + i, fees)) for i, e in enumerate(entries)]
        self.journal.retry(anew)
        self._post([signed for _, signed in anew])
