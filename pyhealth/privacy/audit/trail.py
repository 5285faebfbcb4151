"""What stands on a chain: each transaction with its events, and the storage of the contracts.

On a local chain every transaction of every block is read, on others those that the suite's events
and this client's journal know, unless the whole chain is asked for.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyhealth.chain.network import Chain
from pyhealth.errors import RpcRefused
from pyhealth.index.reader import Reader
from pyhealth.privacy.audit.pieces import WORD, Piece, Place

BLOCKS = 50  # asked for at once
SLOTS = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction and its events, as everyone sees them."""

    hash: bytes
    data: bytes = field(repr=False)
    parties: tuple[bytes, ...]  # who sent it, and to whom; what it created
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...] = field(repr=False)

    def pieces(self) -> Iterator[Piece]:
        """Yield the bytes to be searched."""
        where = f"transaction 0x{self.hash.hex()}"
        yield Piece(Place.CALLDATA, where, self.data)
        for i, (_, topics, data) in enumerate(self.logs):
            yield Piece(Place.LOG, f"{where}, log {i}", b"".join(topics) + data)

    def words(self) -> frozenset[bytes]:
        """Return every word that the transaction shows, addresses among them."""
        shown = [word for piece in self.pieces() for word in piece.words()]
        addresses = (*self.parties, *(address for address, _, _ in self.logs))
        return frozenset(shown + [one.rjust(WORD, b"\0") for one in addresses])


@dataclass
class Trail:
    """Reads a chain for one audit, and notes what it could not see."""

    chain: Chain
    contracts: Sequence[str]  # of the suite, checksummed
    first: int = 0  # block
    notes: list[str] = field(default_factory=list)

    def whole(self) -> Iterator[Sent]:
        """Yield every transaction of every block."""
        last = self.chain.head()
        for start in range(self.first, last + 1, BLOCKS):
            numbers = [hex(n) for n in range(start, min(start + BLOCKS, last + 1))]
            blocks = self._asked([("eth_getBlockByNumber", [one, True]) for one in numbers])
            busy = [block for block in blocks if block["transactions"]]
            for block, receipts in zip(busy, self._receipts(busy), strict=True):
                yield from map(_sent, block["transactions"], receipts)

    def known(self, own: Iterable[bytes]) -> Iterator[Sent]:
        """Yield the transactions that left events of the suite, and those of the client's own."""
        self.notes.append(
            "Read were the transactions that the suite's events and this client's journal know; "
            "what others sent and had refused stands on the chain as well: --whole-chain reads it."
        )
        hashes = dict.fromkeys(["0x" + one.hex() for one in own])
        reader, start, last = Reader(self.chain.rpc), self.first, self.chain.head()
        while start <= last:
            upto, logs = reader.logs(self.contracts, start, last)
            hashes |= dict.fromkeys(log["transactionHash"] for log in logs)
            start = upto + 1
        listed = list(hashes)
        for start in range(0, len(listed), BLOCKS):
            part = [[one] for one in listed[start : start + BLOCKS]]
            found = self._asked([("eth_getTransactionByHash", one) for one in part])
            receipts = self._asked([("eth_getTransactionReceipt", one) for one in part])
            both = zip(found, receipts, strict=True)
            yield from (_sent(sent, told) for sent, told in both if sent and told)

    def _receipts(self, blocks: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        try:
            yield from self._asked([("eth_getBlockReceipts", [one["number"]]) for one in blocks])
        except RpcRefused:  # a node without that method
            for block in blocks:
                asked = [
                    ("eth_getTransactionReceipt", [one["hash"]]) for one in block["transactions"]
                ]
                yield self._asked(asked)

    def _asked(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        answers = self.chain.rpc.batch(calls)
        if refused := next((one for one in answers if isinstance(one, RpcRefused)), None):
            raise refused
        return answers

    def storage(self) -> Iterator[Piece]:
        """Yield the storage of the suite's contracts, where the node shows it."""
        try:
            slots = self._dumped()
        except RpcRefused:
            try:
                slots = {one: dict(self._ranged(one)) for one in self.contracts}
            except RpcRefused:
                self.notes.append(
                    "This node shows no storage (neither anvil_dumpState nor "
                    "debug_storageRangeAt); what is stored came in calldata, which was read."
                )
                return
        for contract, held in slots.items():
            for data in _runs(held):
                yield Piece(Place.STORAGE, f"storage of {contract}", data)

    def _dumped(self) -> dict[str, dict[int, bytes]]:
        raw = bytes.fromhex(self.chain.rpc.call("anvil_dumpState")[2:])
        accounts = json.loads(gzip.decompress(raw))["accounts"]
        return {
            contract: {
                int(slot, 16): int(value, 16).to_bytes(WORD)
                for slot, value in accounts.get(contract.lower(), {}).get("storage", {}).items()
            }
            for contract in self.contracts
        }

    def _ranged(self, contract: str) -> Iterator[tuple[int, bytes]]:
        block, start = self.chain.block("latest") or {}, "0x" + bytes(WORD).hex()
        index = max(len(block["transactions"]) - 1, 0)
        while start:
            asked = block["hash"], index, contract, start, SLOTS
            told = self.chain.rpc.call("debug_storageRangeAt", *asked)
            for hashed, slot in told["storage"].items():
                value = int(slot["value"], 16).to_bytes(WORD)
                yield int(slot.get("key") or hashed, 16), value
            start = told.get("nextKey")


def _sent(raw: dict[str, Any], receipt: dict[str, Any]) -> Sent:
    parties = (raw["from"], raw.get("to"), receipt.get("contractAddress"))
    return Sent(
        _bytes(raw["hash"]),
        _bytes(raw["input"]),
        tuple(_bytes(one) for one in parties if one),
        tuple(
            (_bytes(log["address"]), tuple(map(_bytes, log["topics"])), _bytes(log["data"]))
            for log in receipt["logs"]
        ),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _runs(slots: dict[int, bytes]) -> Iterator[bytes]:
    """Yield slots that follow one another as one: that is how long texts are stored."""
    run, before = bytearray(), -2
    for slot in sorted(slots):
        if slot != before + 1 and run:
            yield bytes(run)
            run.clear()
        run += slots[slot]
        before = slot
    if run:
        yield bytes(run)
