"""Turns a node's answers into rows, fast: hexadecimal text becomes bytes, no value is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pyhealth.errors import RpcFault
from pyhealth.index.reader import ChainMoved, RawLog
from pyhealth.index.store import Row


class Batch:
    """What was read and is not written yet."""

    def __init__(self, url: str, kinds: Mapping[tuple[bytes, bytes], int]) -> None:
        self.url = url
        self.rows: list[Row] = []
        self.blocks: dict[int, tuple[bytes, int]] = {}  # hash and time; a time of 0 is not known
        self.new_kinds: dict[tuple[bytes, bytes], int] = {}
        self.spans: list[tuple[frozenset[bytes], int, int]] = []  # contracts, first and last block
        self.seen: set[tuple[int, bytes]] = set()  # blocks and the contracts with events in them
        self._kinds = dict(kinds)
        self._places: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(
        self, logs: Sequence[RawLog], contracts: frozenset[bytes], first: int, last: int
    ) -> None:
        """Take in the events that a node gave of some contracts and blocks."""
        self._places.clear()
        known = len(self.rows)
        try:
            for number, address in self._read(logs):
                if address not in contracts or not first <= number <= last:
                    raise RpcFault(self.url, "eth_getLogs", "events that were not asked for")
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise RpcFault(self.url, "eth_getLogs", f"a malformed event, {error!r}") from error
        fresh = self.rows[known:]
        if any(a[:2] >= b[:2] for a, b in pairwise(fresh)):
            self.rows[known:] = {row[:2]: row for row in fresh}.values()  # a thing said twice
        self.spans.append((contracts, first, last))

    def _read(self, logs: Sequence[RawLog]) -> set[tuple[int, bytes]]:
        """Append the rows, and return which blocks and contracts they are of."""
        places, append, to_bytes = self._places, self.rows.append, bytes.fromhex
        text, transaction = "", b""
        for log in logs:
            topics = log["topics"]
            count = len(topics)
            key = (log["blockHash"], log["address"], topics[0] if count else "0x")
            if (place := places.get(key)) is None:
                place = places[key] = self._place(log, key)
            if log["transactionHash"] != text:
                text = log["transactionHash"]
                transaction = to_bytes(text[2:])
            append(
                (
                    place[0],
                    int(log["logIndex"], 16),
                    transaction,
                    place[1],
                    to_bytes(topics[1][2:]) if count > 1 else None,
                    to_bytes(topics[2][2:]) if count > 2 else None,
                    to_bytes(topics[3][2:]) if count > 3 else None,
                    to_bytes(log["data"][2:]),
                )
            )
        read = {(place[0], bytes.fromhex(key[1][2:])) for key, place in places.items()}
        self.seen |= read
        return read

    def _place(self, log: RawLog, key: tuple[str, str, str]) -> tuple[int, int]:
        """Return the block and the kind of an event that is the first of its kind in its block."""
        number, hash_ = int(log["blockNumber"], 16), bytes.fromhex(key[0][2:])
        time = int(log.get("blockTimestamp") or "0x0", 16)
        if self.blocks.setdefault(number, (hash_, time))[0] != hash_:
            raise ChainMoved(f"events of two blocks {number}")
        kind = (bytes.fromhex(key[1][2:]), bytes.fromhex(key[2][2:]))
        if kind not in self._kinds:
            self._kinds[kind] = self.new_kinds[kind] = max(self._kinds.values(), default=0) + 1
        return number, self._kinds[kind]
