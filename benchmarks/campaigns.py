"""Long campaigns against the sender: kills, shared keys, faults in each call, reorganisations."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from benchmarks.bulk import CODE, RECORDER, account, effect, reached, send
from benchmarks.processes import node, steady
from benchmarks.report import Row
from pyhealth.chain.rpc import Rpc
from pyhealth.chain.sender import Sender
from pyhealth.config import load_settings
from pyhealth.errors import PyHealthError
from pyhealth.index import Index, Source, open_index
from tests.fault_proxy import MODES, Fault, FaultProxy, at_random

ROOT = Path(__file__).resolve().parents[1]
FOREIGN_CHAIN = ("--chain-id", "4242")  # no development chain: the client takes nothing for granted
KILLS, KILLED_CALLS = 50, 2_000
COIN = 10**18
T = TypeVar("T")


def rows() -> list[Row]:
    """Run every campaign."""
    return [*killed(), *shared(2), *shared(4), *matrix(), *storm()]


def prepared(url: str, name: str) -> Rpc:
    """Put the recorder on a chain, and give an account coins."""
    rpc = Rpc(url)
    rpc.call("anvil_setCode", RECORDER, CODE)
    rpc.call("anvil_setBalance", account(name).address, hex(10_000 * COIN))
    return rpc


def effects(rpc: Rpc, name: str, count: int) -> tuple[int, int, int]:
    """Return how many effects are missing, and doubled, and how many nonces were used for them."""
    logs = rpc.call("eth_getLogs", {"address": RECORDER, "fromBlock": "0x0", "toBlock": "latest"})
    seen = Counter(log["topics"][0] for log in logs)
    wanted = ["0x" + effect(name, number).hex() for number in range(count)]
    missing = sum(not seen[topic] for topic in wanted)
    doubled = sum(seen[topic] > 1 for topic in wanted)
    nonce = int(rpc.call("eth_getTransactionCount", account(name).address, "latest"), 16)
    return missing, doubled, nonce


def killed(kills: int = KILLS, calls: int = KILLED_CALLS) -> list[Row]:
    """Kill a bulk send at random moments, and start it again each time."""
    name, dice, done, reached_ = "killed", random.Random(7), 0, []
    with tempfile.TemporaryDirectory() as home, node(*steady()) as url:
        rpc = prepared(url, name)
        for _ in range(kills):
            process, before = _bulk(url, home, name, 0, calls, window=32), _sent(rpc, name)
            _wait_for(rpc, name, before + dice.randint(1, 24), process)
            time.sleep(dice.uniform(0, 0.03))
            done += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            reached_.append(_sent(rpc, name))
        last = _bulk(url, home, name, 0, calls)
        told, _ = last.communicate(timeout=120)
        missing, doubled, nonce = effects(rpc, name, calls)
    what = f"{calls:,} calls, killed {done} times"
    return [
        Row(f"{what}: effects missing", missing, at_most=0),
        Row(f"{what}: effects doubled", doubled, at_most=0),
        Row(f"{what}: nonces used", nonce, at_least=calls, at_most=calls),
        Row("processes killed at work", done, at_least=kills),
        Row("calls sent before the last kill", reached_[-1]),
        Row(f"{what}: done, as the last run says", int(told or 0), at_least=calls),
    ]


def _wait_for(rpc: Rpc, name: str, sent: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and _sent(rpc, name) < sent and time.monotonic() < deadline:
        time.sleep(0.002)


def _sent(rpc: Rpc, name: str) -> int:
    return int(rpc.call("eth_getTransactionCount", account(name).address, "pending"), 16)


def _bulk(
    url: str, home: str, name: str, first: int, count: int, *, window: int = 0
) -> subprocess.Popen[str]:
    arguments = [url, home, name, str(first), str(count), str(window)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bulk", *arguments],
        cwd=ROOT,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def shared(processes: int, calls: int = KILLED_CALLS) -> list[Row]:
    """Let several processes send from one account at once."""
    name, each = f"shared by {processes}", calls // processes
    with tempfile.TemporaryDirectory() as home, node(*steady()) as url:
        rpc = prepared(url, name)
        running = [_bulk(url, home, name, i * each, each) for i in range(processes)]
        told = [process.communicate(timeout=300) for process in running]
        missing, doubled, nonce = effects(rpc, name, calls)
    for _, said in told:
        if said:
            print(said, file=sys.stderr)
    what = f"{calls:,} calls by {processes} processes with one key"
    return [
        Row(f"{what}: effects missing", missing, at_most=0),
        Row(f"{what}: effects doubled", doubled, at_most=0),
        Row(f"{what}: nonces used", nonce, at_least=calls, at_most=calls),
    ]


METHODS = (
    "eth_chainId",
    "eth_getBlockByNumber",
    "eth_blockNumber",
    "eth_getTransactionCount",
    "eth_getBalance",
    "eth_feeHistory",
    "eth_estimateGas",
    "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
    "eth_getBlockReceipts",
)
CELL_CALLS, CELL_WINDOW = 36, 24
CELL_SECONDS = 30.0


def matrix(modes: tuple[str, ...] = MODES, methods: tuple[str, ...] = METHODS) -> list[Row]:
    """Let each fault strike the first, a middle and the last call of each method of a job."""
    cells, wrong, slowest = 0, Counter[str](), 0.0
    with node(*steady(*FOREIGN_CHAIN, history=True)) as url:
        rpc = prepared(url, "nobody")
        counted = cell(url, rpc, "counting", None)[1]
        for mode in modes:
            for method in methods:
                for place, after in _places(counted[method]).items():
                    started = time.monotonic()
                    fault = Fault(mode, method, after=after, seconds=1.5, retry_after="0.1")
                    found, _ = cell(url, rpc, f"{mode} {method} {place}", fault)
                    cells, slowest = cells + fault.hits, max(slowest, time.monotonic() - started)
                    if found:
                        wrong[found] += 1
                        print(
                            f"{mode} in the {place} {method}: {found}", file=sys.stderr, flush=True
                        )
    what = f"{cells} faults, one a job: mode x method x first, middle and last call"
    return [
        Row(f"{what}: that struck", cells, at_least=200),
        Row(f"{what}: with another outcome than all effects once", wrong.total(), at_most=0),
        Row(f"{what}: seconds of the slowest", slowest, at_most=CELL_SECONDS),
    ]


def _places(calls: int) -> dict[str, int]:
    return {"first": 0, "middle": calls // 2, "last": max(calls - 1, 0)}


def cell(url: str, rpc: Rpc, name: str, fault: Fault | None) -> tuple[str, Counter[str]]:
    """Run one small job behind a proxy, and say what was wrong with its outcome: nothing."""
    rpc.call("anvil_setBalance", account(name).address, hex(10_000 * COIN))
    with tempfile.TemporaryDirectory() as home, FaultProxy(url, [fault] if fault else []) as proxy:
        try:
            chain = reached(proxy.url, Path(home), 2)
            chain.rpc = Rpc(proxy.url, timeout=1.0)
            sender = Sender(chain, account(name), window=CELL_WINDOW, patience=CELL_SECONDS)
            sender.cost([_call(name)])
            send(sender, name, 0, CELL_CALLS)
        except PyHealthError as error:
            return f"{type(error).__name__}: {error}", proxy.methods
        missing, doubled, nonce = effects(rpc, name, CELL_CALLS)
        return (
            ""
            if (missing, doubled, nonce) == (0, 0, CELL_CALLS)
            else f"{missing} {doubled} {nonce}"
        ), proxy.methods


def _call(name: str):  # type: ignore[no-untyped-def]
    from pyhealth.chain.transactions import Call

    return Call(RECORDER, effect(name, 0))


def storm(calls: int = 600, share: float = 0.1) -> list[Row]:
    """Let every fault strike with its chance while the chain is reorganised, 1 to 10 deep."""
    name, depth = "storm", 12
    with (
        tempfile.TemporaryDirectory() as home,
        node(*steady(*FOREIGN_CHAIN, history=True)) as url,
        FaultProxy(url, chance=at_random(share, 3)) as proxy,
    ):
        rpc = prepared(url, name)
        started = time.monotonic()
        with _reorganising(rpc) as depths:
            chain = _patiently(lambda: reached(proxy.url, Path(home), depth))
            chain.rpc = Rpc(proxy.url, timeout=2.0)
            with _indexing(proxy.url, Path(home)) as index:
                done = send(Sender(chain, account(name), window=64), name, 0, calls)
        taken = time.monotonic() - started
        missing, doubled, nonce = effects(rpc, name, calls)
        _patiently(index.sync)
        kept, anew = (_indexed(file) for file in (Path(home) / "storm.sqlite", _rebuilt(url, home)))
    what = (
        f"{calls} calls, each of {len(MODES)} faults at {share:.0%}, {len(depths)} reorganisations"
    )
    return [
        Row(f"{what}: faults", proxy.injected.total(), at_least=1),
        Row(f"{what}: deepest", max(depths), at_least=10, at_most=10),
        Row(f"{what}: done, as the sender says", done, at_least=calls),
        Row(f"{what}: effects missing", missing, at_most=0),
        Row(f"{what}: effects doubled", doubled, at_most=0),
        Row(f"{what}: nonces used", nonce, at_least=calls),
        Row(f"{what}: events in the index", len(kept), at_least=calls),
        Row(f"{what}: rows that differ from an index rebuilt", len(kept ^ anew), at_most=0),
        Row(f"{what}: seconds", taken),
    ]


def _patiently(work: Callable[[], T]) -> T:
    """Do what may fail for a while."""
    while True:
        try:
            return work()
        except PyHealthError as error:
            print(f"again: {error}", file=sys.stderr)


def _index(url: str, home: Path, file: Path) -> Index:
    chain = reached(url, home, 12)
    chain.rpc = Rpc(url, timeout=2.0)
    settings = load_settings({"PYHEALTH_HOME": str(home)})
    return open_index(settings, chain, [Source("Recorder", RECORDER)], url=f"sqlite:///{file}")


def _rebuilt(url: str, home: str) -> Path:
    file = Path(home) / "rebuilt.sqlite"
    _index(url, Path(home), file).sync()
    return file


def _indexed(file: Path) -> set[tuple[bytes | int, ...]]:
    """Return every event that an index holds."""
    columns = "block, log, tx, address, topic, topic1, topic2, topic3, data"
    joined = "pyhealth_events AS e JOIN pyhealth_kinds AS k ON k.id = e.kind"
    with sqlite3.connect(file) as database:
        return set(database.execute(f"SELECT {columns} FROM {joined}"))


@contextmanager
def _indexing(url: str, home: Path) -> Iterator[Index]:
    """Keep an index up to date all the while, through the same faults."""
    ended, index = threading.Event(), _patiently(lambda: _index(url, home, home / "storm.sqlite"))

    def work() -> None:
        while not ended.wait(0.2):
            with suppress(PyHealthError):
                index.sync()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        ended.set()
        thread.join(60)


@contextmanager
def _reorganising(rpc: Rpc) -> Iterator[list[int]]:
    """Reorganise the chain again and again, at depths of 1 to 10."""
    depths: list[int] = []
    ended, own = threading.Event(), Rpc(rpc.url)

    def work() -> None:
        while not ended.wait(1.5):
            wanted = len(depths) % 10 + 1
            if own.quantity("eth_blockNumber") > wanted + 1:
                own.call("anvil_reorg", wanted, [])
                depths.append(wanted)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield depths
    finally:
        ended.set()
        thread.join(10)


CAMPAIGNS = {
    "killed": killed,
    "two": lambda: shared(2),
    "four": lambda: shared(4),
    "matrix": matrix,
    "storm": storm,
}


def main(named: list[str]) -> int:
    """Run the campaigns named, or all, and print their figures."""
    measured = [row for one in named or CAMPAIGNS for row in CAMPAIGNS[one]()]
    for row in measured:
        print(
            f"{'ok  ' if row.holds else 'FAIL'} {row.what}: {row.value:,.4g} {row.bound}",
            flush=True,
        )
    return 0 if all(row.holds for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
