"""Reads events and block headers from a node that limits ranges, lags behind, or forgets to answer.

A range that is refused is halved down to one block, and grows again afterwards. Blocks near the
head are read with their headers: each must follow the one before, every event must lie in the
block its header names, and a block whose bloom filter speaks of a contract without an event of it
in the answer is asked for again by its hash.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyhealth.chain.rpc import Rpc
from pyhealth.errors import NodeUnreachable, RpcFault, RpcRefused
from pyhealth.hashing import keccak

EVENTS = 5_000  # in one answer: larger ones are slower in all.
FIRST_SPAN = 4  # blocks in the first request
WIDEST_SPAN = 10_000  # blocks in one request: what most hosted nodes accept.
GROWTH = 4  # times the blocks of an answer with few events
CALM = 16  # answers without a refusal, until a width that was refused is tried again
ROUND_CUT = 10_000  # events at which some nodes cut an answer without a word
NULL_PAUSES = (0.05, 0.2, 0.5)  # seconds before a header that is not there is asked for again

TOO_WIDE = re.compile(
    r"range|limit|too (many|large|big|wide)|more than|exceed|maximum|size|time(d )?out|results|"
    r"reduce|narrow|smaller|distance|blocks? at a time|deadline|response is too|failed to process",
    re.IGNORECASE,
)
ANOTHER_MATTER = re.compile(
    r"rate.?limit|too many requests|requests per|capacity|compute units|quota|daily request|"
    r"method not|not supported|unauthori[sz]ed|api key|pruned",
    re.IGNORECASE,
)
NOT_THERE_YET = re.compile(
    r"beyond (the )?(current )?head|unknown block|(block|header|resource) not found|"
    r"after last accepted|future|not (yet )?available",
    re.IGNORECASE,
)
RawLog = dict[str, Any]


class ChainMoved(Exception):
    """What was read does not fit together, or the node is behind: to be read again."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is kept of a block, and what its events are checked against."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    bloom: int = field(repr=False)

    @classmethod
    def from_rpc(cls, raw: Mapping[str, Any]) -> Header:
        """Read a block as the node gives it."""
        hash_, parent = bytes.fromhex(raw["hash"][2:]), bytes.fromhex(raw["parentHash"][2:])
        time_, bloom = int(raw["timestamp"], 16), int(raw.get("logsBloom") or "0x0", 16)
        return cls(int(raw["number"], 16), hash_, parent, time_, bloom)


class Reader:
    """Asks one node; remembers how many blocks it likes to be asked for."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.span = FIRST_SPAN
        self._refused = WIDEST_SPAN + 1  # the width that was refused last
        self._calm = 0

    def logs(self, addresses: Sequence[str], first: int, last: int) -> tuple[int, list[RawLog]]:
        """Return the events from a block up to another that is not beyond ``last``, and which."""
        while True:
            upto = min(last, first + self.span - 1)
            try:
                logs = self._ask(
                    {"address": addresses, "fromBlock": hex(first), "toBlock": hex(upto)}
                )
            except (RpcRefused, RpcFault, NodeUnreachable) as error:
                if upto == first or not _too_wide(error):
                    raise _seen(error) from error
                self._shrink(upto - first + 1)
                continue
            if logs and len(logs) % ROUND_CUT == 0 and upto > first:
                self._shrink(upto - first + 1)
                continue
            self._grow(upto - first + 1, len(logs))
            return upto, logs

    def _ask(self, wanted: Mapping[str, Any]) -> list[RawLog]:
        logs = self.rpc.call("eth_getLogs", wanted)
        if not isinstance(logs, list):
            raise RpcFault(self.rpc.url, "eth_getLogs", "no list of events")
        return logs

    def _shrink(self, width: int) -> None:
        self._refused, self._calm = width, 0
        self.span = max(width // 2, 1)

    def _grow(self, width: int, events: int) -> None:
        self._calm += 1
        if self._calm == CALM:
            self._refused, self._calm = WIDEST_SPAN + 1, 0
        fitting = width * min(GROWTH, EVENTS / max(events, 1))
        if fitting < width or width == self.span:  # a shorter rest says nothing of longer ranges
            self.span = max(1, min(int(fitting), self._refused - 1))

    def again(self, asked: Sequence[tuple[Sequence[str], bytes]]) -> list[list[RawLog]]:
        """Return events of single blocks by their hash, for which no other block can stand in."""
        calls = [
            ("eth_getLogs", [{"address": addresses, "blockHash": "0x" + hash_.hex()}])
            for addresses, hash_ in asked
        ]
        answers = self.rpc.batch(calls)
        for answer in answers:
            if not isinstance(answer, list):
                raise ChainMoved(str(answer))
        return answers

    def head(self) -> Header:
        """Return the newest block."""
        return self._header(self.rpc.call("eth_getBlockByNumber", "latest", False))

    def headers(self, numbers: Sequence[int]) -> list[Header | None]:
        """Return the blocks of these numbers, nothing where the node has none."""
        calls = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        return [self._header(raw) if raw else None for raw in self._results(calls)]

    def standing(self, numbers: Sequence[int]) -> list[Header]:
        """Return the blocks of these numbers, which a node that keeps up has."""
        for pause in NULL_PAUSES:
            found = [header for header in self.headers(numbers) if header]
            if len(found) == len(numbers):
                return found
            time.sleep(pause)
        raise ChainMoved(f"the node lacks some of blocks {min(numbers)} to {max(numbers)}")

    def _results(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        answers = self.rpc.batch(calls)
        for answer in answers:
            if isinstance(answer, RpcRefused):
                raise _seen(answer)
        return answers

    def _header(self, raw: Any) -> Header:
        try:
            return Header.from_rpc(raw)
        except (KeyError, TypeError, ValueError) as error:
            raise RpcFault(self.rpc.url, "eth_getBlockByNumber", "no block") from error


def _too_wide(error: RpcRefused | RpcFault | NodeUnreachable) -> bool:
    """Say whether fewer blocks may help: a limit, a cut answer, or one that took too long."""
    if isinstance(error, NodeUnreachable):
        return "timed out" in error.why
    if isinstance(error, RpcFault):
        return True
    if ANOTHER_MATTER.search(error.message) or NOT_THERE_YET.search(error.message):
        return False
    return bool(TOO_WIDE.search(error.message))


def _seen(error: Exception) -> Exception:
    """Tell a node that is behind from one that refuses."""
    behind = isinstance(error, RpcRefused) and NOT_THERE_YET.search(error.message)
    return ChainMoved(str(error)) if behind else error


def bloom_mask(address: bytes) -> int:
    """Return the three bits that a contract's events set in the bloom filter of their block."""
    digest = keccak(address)
    pairs = (int.from_bytes(digest[place : place + 2]) for place in (0, 2, 4))
    mask = 0
    for pair in pairs:
        mask |= 1 << (pair & 2047)
    return mask
