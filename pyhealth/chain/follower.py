"""Follows calls until they are final: mined, and as deep as the network asks, on the chain."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from pyhealth.chain.entries import OPEN, Entry, State
from pyhealth.chain.journal import Journal
from pyhealth.chain.network import Chain
from pyhealth.chain.transactions import Receipt
from pyhealth.errors import RpcFault, RpcRefused

FEW = 8  # calls up to which receipts are asked for one by one, rather than by block
FOREIGN_SECONDS = 5.0  # that a used nonce may lack a receipt of ours before it counts as another's


class Follower:
    """Learns what became of an account's calls, and keeps it in the journal."""

    def __init__(self, chain: Chain, account: str, journal: Journal) -> None:
        self.chain, self.account, self.journal = chain, account, journal
        self.foreign_seconds = 0.5 if chain.local else FOREIGN_SECONDS
        self._by_block = True  # whether the node gives all receipts of a block at once

    def look(self, entries: Sequence[Entry]) -> bool:
        """Ask the chain about calls that are not final; say whether any has moved on."""
        head, mined = self._position()
        before = [(entry.state, entry.receipt) for entry in entries]
        for entry in entries:
            if entry.nonce >= mined and entry.state is not State.SENT:
                entry.state, entry.receipt = State.SENT, None  # a reorganisation undid it
        self._find([entry for entry in entries if entry.receipt is None and entry.nonce < mined])
        self._confirm([entry for entry in entries if entry.receipt is not None], head)
        moved = [
            entry
            for entry, was in zip(entries, before, strict=True)
            if (entry.state, entry.receipt) != was
        ]
        if moved:
            self.journal.settle(moved)
        return any(entry.state is not State.SENT for entry in moved)

    def taken(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the calls whose nonce a foreign transaction used up for good."""
        now = time.monotonic()
        since = [
            entry
            for entry in entries
            if entry.missing and now - entry.missing > self.foreign_seconds
        ]
        if not since:
            return []
        deep = hex(max(self.chain.head() + 1 - self.chain.network.confirmations, 0))
        used = self.chain.rpc.quantity("eth_getTransactionCount", self.account, deep)
        known = self._ask("eth_getTransactionByHash", since)
        return [
            e for e in since if e.nonce < used and not any(one.hash in known for one in e.attempts)
        ]

    def _position(self) -> tuple[int, int]:
        rpc = self.chain.rpc
        head, mined = rpc.batch(
            [("eth_blockNumber", []), ("eth_getTransactionCount", [self.account, "latest"])]
        )
        return (
            self.chain.seeing(rpc.number("eth_blockNumber", head)),
            rpc.number("eth_getTransactionCount", mined),
        )

    def _find(self, due: Sequence[Entry]) -> None:
        """Read the receipts of calls whose nonces are used: block by block where they are many."""
        found: dict[bytes, Any] = {}
        waiting = list(due)
        while self._by_block and len(waiting) > FEW:
            first = self._ask("eth_getTransactionReceipt", waiting[:1])
            if not first:
                break
            number = next(iter(first.values()))["blockNumber"]
            found |= first | self._receipts_of_block(number)
            waiting = [e for e in waiting if not any(one.hash in found for one in e.attempts)]
        found |= self._ask("eth_getTransactionReceipt", waiting)
        for entry in due:
            raw = next((found[one.hash] for one in entry.attempts if one.hash in found), None)
            self._note(entry, raw)

    def _note(self, entry: Entry, raw: Any) -> None:
        if raw is None:
            entry.missing = entry.missing or time.monotonic()
            return
        try:
            entry.receipt = Receipt.from_rpc(raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RpcFault(self.chain.rpc.url, "eth_getTransactionReceipt", "no receipt") from error
        entry.state, entry.missing = State.MINED, None

    def _receipts_of_block(self, number: str) -> dict[bytes, Any]:
        try:
            return _by_hash(self.chain.rpc.call("eth_getBlockReceipts", number) or [])
        except RpcRefused:  # a node without that method
            self._by_block = False
            return {}

    def _ask(self, method: str, entries: Sequence[Entry]) -> dict[bytes, Any]:
        hashes = [one.hash for entry in entries for one in entry.attempts]
        answers = self.chain.rpc.batch([(method, ["0x" + hash_.hex()]) for hash_ in hashes])
        return {
            hash_: answer
            for hash_, answer in zip(hashes, answers, strict=True)
            if isinstance(answer, dict)
        }

    def _confirm(self, mined: Sequence[Entry], head: int) -> None:
        """Make final what lies deep enough in a block that is still part of the chain."""
        depth = self.chain.network.confirmations
        deep = [
            (entry, entry.receipt)
            for entry in mined
            if entry.receipt and entry.receipt.block_number + depth - 1 <= head
        ]
        standing = self._hashes({receipt.block_number for _, receipt in deep}) if depth > 1 else {}
        for entry, receipt in deep:
            if depth > 1 and standing.get(receipt.block_number) != receipt.block_hash:
                entry.receipt, entry.state = None, State.SENT
            else:
                entry.state = _outcome(entry, receipt)

    def _hashes(self, numbers: Iterable[int]) -> dict[int, bytes]:
        listed = sorted(numbers)
        blocks = self.chain.rpc.batch([("eth_getBlockByNumber", [hex(n), False]) for n in listed])
        return {
            number: bytes.fromhex(block["hash"][2:])
            for number, block in zip(listed, blocks, strict=True)
            if isinstance(block, dict)
        }


def _outcome(entry: Entry, receipt: Receipt) -> State:
    if any(one.idle for one in entry.attempts if one.hash == receipt.transaction):
        return State.CANCELLED
    return State.FINAL if receipt.succeeded else State.FAILED


def _by_hash(receipts: Iterable[Any]) -> dict[bytes, Any]:
    return {bytes.fromhex(raw["transactionHash"][2:]): raw for raw in receipts}


def is_open(entry: Entry) -> bool:
    """Say whether a call is not final yet."""
    return entry.state in OPEN or entry.receipt is None
