"""Brings the index to the head of the chain, through reorganisations and beside other processes."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from pyhealth.chain.network import Chain
from pyhealth.errors import RpcFault
from pyhealth.index.batch import Batch
from pyhealth.index.reader import ChainMoved, Header, RawLog, Reader, bloom_mask
from pyhealth.index.store import Change, Known, Overtaken, Store

WINDOW = 128  # blocks near the head that are kept whole; deeper ones go by the events in them.
TRIES = 8  # to read a chain that moves meanwhile
FIRST_PAUSE = 0.05  # seconds, doubled after each try
LAG_PAUSES = (0.05, 0.2, 0.5)  # seconds before a node that is behind the index is asked again
MOST_AT_ONCE = 100_000  # events in one write, whatever it is for
STEPS = 100  # of a progress bar


@dataclass(frozen=True, slots=True)
class Answer:
    """The events of some contracts, from one block to another."""

    contracts: frozenset[bytes]
    first: int
    last: int
    logs: list[RawLog] = field(repr=False)


class Follower:
    """One run to the head."""

    def __init__(
        self, chain: Chain, store: Store, reader: Reader, since: Mapping[bytes, int]
    ) -> None:
        self.chain = chain
        self.store = store
        self.reader = reader
        self.since = since  # the contracts, and the first block that can hold an event of each
        self.masks = {address: bloom_mask(address) for address in since}
        self.added = self.removed = self.behind = 0
        self._shown = 0

    def run(self) -> Iterator[int]:
        """Follow the chain to its head, and yield at each hundredth of the way."""
        pause, tries = FIRST_PAUSE, 0
        while self.since:
            try:
                yield from self._run()
                return
            except Overtaken:  # by another process, which has brought the index on
                continue
            except ChainMoved as moved:
                tries += 1
                if tries == TRIES:
                    raise RpcFault(self.chain.rpc.url, "eth_getLogs", str(moved)) from moved
                time.sleep(pause)
                pause = min(2 * pause, 1.0)

    def _run(self) -> Iterator[int]:
        known = self.store.known(WINDOW)
        head = self._head(known.top)
        base = self._base(known, head)
        if base is None:
            self.behind = known.top - head.number
            return
        # What a reorganisation took and what it brought are written at once: readers see no gap.
        whole = min(known.top, head.number) if base < known.top else -1
        reached = self._reached(known, base, head)
        start, batch = min(reached.values()), Batch(self.chain.rpc.url, known.kinds)
        coming: Future[Answer] | None = None
        with ThreadPoolExecutor(1) as ahead:  # asks while the database writes, and at no other time
            while (low := min(reached.values())) < head.number or base < known.top:
                if low < head.number:
                    answer = coming.result() if coming else self._ask(reached, head)
                    batch.add(answer.logs, answer.contracts, answer.first, answer.last)
                    reached.update(dict.fromkeys(answer.contracts, answer.last))
                    coming = None
                if min(reached.values()) < whole and len(batch.rows) < MOST_AT_ONCE:
                    continue
                change = self._change(known, base, head, batch, reached)
                if min(reached.values()) < head.number:
                    coming = ahead.submit(self._ask, dict(reached), head)
                added, removed = self.store.apply(known, change)
                self.added, self.removed = self.added + added, self.removed + removed
                yield from self._steps(min(reached.values()) - start, head.number - start)
                changes, known = known.changes, self.store.known(WINDOW)
                if known.changes != changes + 1:
                    raise Overtaken
                base, batch = known.top, Batch(self.chain.rpc.url, known.kinds)

    def _steps(self, done: int, whole: int) -> Iterator[int]:
        while self._shown < min(done * STEPS // max(whole, 1), STEPS):
            self._shown += 1
            yield self._shown

    def _head(self, top: int) -> Header:
        """Return the newest block; ask again where it lies below what is in the index."""
        head = self.reader.head()
        for pause in LAG_PAUSES[: 1 if self.chain.local else None]:
            if head.number >= top:
                break
            time.sleep(pause)
            head = max(head, self.reader.head(), key=lambda header: header.number)
        return head

    def _base(self, known: Known, head: Header) -> int | None:
        """Return the last block that index and chain have in common; nothing: the node lags.

        On a development chain, with its one node, a lower head is a chain that was set back.
        """
        top = known.top
        if top < 0:
            return -1
        if head.number == top and head.hash == known.blocks[top]:
            return top
        if head.number > top and self.reader.standing([top])[0].hash == known.blocks[top]:
            return top
        kept = self.store.numbers(min(top, head.number))
        common = bisect_left(kept, True, key=lambda number: not self._stands(number, head))
        if common == len(kept) and head.number < top and not self.chain.local:
            return None
        return kept[common - 1] if common else -1

    def _stands(self, number: int, head: Header) -> bool:
        there = head if number == head.number else self.reader.standing([number])[0]
        return self.store.hashes([number]).get(number) == there.hash

    def _reached(self, known: Known, base: int, head: Header) -> dict[bytes, int]:
        """Return the last block whose events are in, for each contract."""
        return {
            address: min(max(min(known.heights.get(address, -1), base), first - 1), head.number)
            for address, first in self.since.items()
        }

    def _ask(self, reached: Mapping[bytes, int], head: Header) -> Answer:
        """Read on for the contracts that are furthest behind."""
        low = min(reached.values())
        group = frozenset(address for address, height in reached.items() if height == low)
        last = min((height for height in reached.values() if height > low), default=head.number)
        addresses = ["0x" + address.hex() for address in sorted(group)]
        upto, logs = self.reader.logs(addresses, low + 1, last)
        return Answer(group, low + 1, upto, logs)

    def _change(
        self, known: Known, base: int, head: Header, batch: Batch, reached: Mapping[bytes, int]
    ) -> Change:
        """Check what was read against the headers of its blocks; return what is to be written."""
        top = max([base, *(last for _, _, last in batch.spans)])
        near = range(max(head.number - WINDOW + 1, 0), top + 1)
        hashes = {number: hash_ for number, hash_ in known.blocks.items() if number <= base}
        read = [number for number in near if any(a <= number <= b for _, a, b in batch.spans)]
        timeless = [number for number, (_, seconds) in batch.blocks.items() if not seconds]
        wanted = {*read, *timeless, *(n for n in (*near, top) if n not in hashes)} - {-1}
        headers = self._headers(sorted(wanted), head)
        self._check_links(headers, hashes)
        self._look_again(batch, headers)
        blocks = batch.blocks | {n: (header.hash, header.time) for n, header in headers.items()}
        standing = self.store.hashes([number for number in blocks if number <= base])
        for number, (hash_, _) in (*batch.blocks.items(), *blocks.items()):
            if blocks[number][0] != hash_ or standing.get(number, hash_) != hash_:
                raise ChainMoved(f"block {number} was replaced")
        return Change(
            base=base,
            floor=top - WINDOW,
            heights=dict(reached),
            blocks={number: block for number, block in blocks.items() if number not in standing},
            kinds=batch.new_kinds,
            events=batch.rows,
        )

    def _headers(self, numbers: Sequence[int], head: Header) -> dict[int, Header]:
        asked = [number for number in numbers if number != head.number]
        found = {header.number: header for header in self.reader.standing(asked)} if asked else {}
        if len(asked) < len(numbers):
            found[head.number] = head
        return found

    def _check_links(self, headers: Mapping[int, Header], hashes: Mapping[int, bytes]) -> None:
        for number, header in headers.items():
            before = headers[number - 1].hash if number - 1 in headers else hashes.get(number - 1)
            if before not in (None, header.parent):
                raise ChainMoved(f"block {number} does not follow block {number - 1}")

    def _look_again(self, batch: Batch, headers: Mapping[int, Header]) -> None:
        """Ask again for blocks whose bloom filter speaks of contracts that the answer left out."""
        missed: list[tuple[Header, frozenset[bytes]]] = []
        for header in headers.values():
            for contracts, first, last in batch.spans:
                if not first <= header.number <= last:
                    continue
                silent = {a for a in contracts if (header.number, a) not in batch.seen}
                spoken = {a for a in silent if header.bloom & self.masks[a] == self.masks[a]}
                if spoken:
                    missed.append((header, frozenset(spoken)))
        asked = [(sorted("0x" + a.hex() for a in who), header.hash) for header, who in missed]
        for (header, who), logs in zip(missed, self.reader.again(asked), strict=True):
            batch.add(logs, who, header.number, header.number)
