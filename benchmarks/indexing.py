"""The index of 100,000 events, against web3.py's `get_logs` and against fetching and storing alone."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.report import Row
from pyhealth.chain import anvil
from pyhealth.chain.network import Chain, connect
from pyhealth.config import load_settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.hashing import keccak
from pyhealth.index import Index, Source, open_index

EVENTS = 100_000
BATCH = 500  # digests of one transaction
TRANSACTIONS = 10  # of one block: 5,000 events
ROUNDS = 3
FETCHED = 5_000  # events in one request, on every side
SELECTOR = keccak(b"anchorMany(bytes32[])")[:4].hex()


def rows() -> list[Row]:
    """Measure in turns on one chain, and take the median of the ratios."""
    with tempfile.TemporaryDirectory() as name, _node() as url:
        folder = Path(name)
        settings = load_settings({"PYHEALTH_HOME": name})
        chain = connect(settings, url)
        notary = _filled(chain)
        rounds = []
        for i in range(ROUNDS):
            ours = _index(settings, chain, notary, folder / f"ours{i}.sqlite")
            fetch = _timed(lambda: [len(_fetch(chain, notary, n)) for n in _blocks(chain)])
            store = _stored(folder / f"ours{i}.sqlite", folder / f"bare{i}.sqlite")
            web3 = _timed(lambda: [len(_web3(chain, notary, n)) for n in _blocks(chain)])
            rounds.append((ours, fetch, store, web3))
        peak = _peak(url, notary, folder / "peak.sqlite")
    ours, fetch, store, web3 = (median(column) for column in zip(*rounds, strict=True))
    quicker = median(w / o for o, _, _, w in rounds)
    slower = median(o / (f + s) for o, f, s, _ in rounds)
    each = 1e6 / EVENTS
    return [
        Row("100,000 events indexed, times faster than web3.py's `get_logs`", quicker, at_least=15),
        Row("100,000 events indexed, times (fetching + storing alone)", slower, at_most=2),
        Row("µs an event: index into SQLite", ours * each),
        Row("µs an event: fetching and reading the JSON alone", fetch * each),
        Row("µs an event: storing alone, same rows and tables", store * each),
        Row("µs an event: web3.py's `get_logs` with decoding", web3 * each),
        Row("MB of memory at most, above the same process without an index", peak, at_most=100),
    ]


@contextmanager
def _node() -> Iterator[str]:
    settings = load_settings()
    port = anvil._free_port(0)
    options = ["--no-mining", "--gas-limit", "1000000000", "--silent", "--port", str(port)]
    node = subprocess.Popen([anvil.find_anvil(settings.environment, settings.root), *options])
    try:
        while not anvil._listens(port):
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        node.kill()
        node.wait()


def _filled(chain: Chain) -> Source:
    """Deploy a Notary and fill big blocks with its events."""
    sender = chain.rpc.call("eth_accounts")[0]
    code = "0x" + read_artifact("Notary").bytecode.hex()
    created = chain.rpc.call(
        "eth_sendTransaction", {"from": sender, "data": code, "gas": "0x2dc6c0"}
    )
    chain.rpc.call("evm_mine")
    address = chain.rpc.call("eth_getTransactionReceipt", created)["contractAddress"]
    for block in range(EVENTS // BATCH // TRANSACTIONS):
        for i in range(TRANSACTIONS):
            first = (block * TRANSACTIONS + i) * BATCH
            digests = "".join(keccak(n.to_bytes(8)).hex() for n in range(first, first + BATCH))
            data = f"0x{SELECTOR}{32:064x}{BATCH:064x}{digests}"
            sent = {"from": sender, "to": address, "data": data, "gas": hex(16_000_000)}
            chain.rpc.call("eth_sendTransaction", sent)
        chain.rpc.call("evm_mine")
    from web3 import Web3

    return Source("Notary", Web3.to_checksum_address(address))


def _blocks(chain: Chain) -> range:
    return range(2, chain.head() + 1)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _index(settings: object, chain: Chain, notary: Source, file: Path) -> float:
    started = time.perf_counter()
    index: Index = open_index(settings, chain, [notary], url=f"sqlite:///{file}")  # type: ignore[arg-type]
    index.sync()
    taken = time.perf_counter() - started
    assert index.count() == EVENTS
    index.close()
    return taken


def _fetch(chain: Chain, notary: Source, number: int) -> list[object]:
    wanted = {"address": notary.address, "fromBlock": hex(number), "toBlock": hex(number)}
    found: list[object] = chain.rpc.call("eth_getLogs", wanted)
    return found


def _stored(source: Path, file: Path) -> float:
    """Insert the rows of an index into empty tables of the same form, as many at a time."""
    with sqlite3.connect(source) as full, sqlite3.connect(file) as bare:
        made = full.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = NORMAL")
        for (sql,) in made:
            bare.execute(sql)
        rows = full.execute("SELECT * FROM pyhealth_events ORDER BY block, log").fetchall()
        started = time.perf_counter()
        for start in range(0, len(rows), FETCHED):
            some = rows[start : start + FETCHED]
            bare.executemany("INSERT INTO pyhealth_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", some)
            bare.commit()
        return time.perf_counter() - started


def _web3(chain: Chain, notary: Source, number: int) -> list[object]:
    contract = chain.web3.eth.contract(address=notary.address, abi=read_artifact("Notary").abi)  # type: ignore[call-overload]
    found: list[object] = contract.events.DigestAnchored().get_logs(
        from_block=number, to_block=number
    )
    return found


def _peak(url: str, notary: Source, file: Path) -> float:
    """Run the index in a process of its own, and return the memory that it took at most."""
    script = f"""
import json, resource, tempfile
from pyhealth.chain.network import connect
from pyhealth.config import load_settings
from pyhealth.index import Source, open_index
settings = load_settings({{"PYHEALTH_HOME": {str(file.parent)!r}}})
chain = connect(settings, {url!r})
index = open_index(settings, chain, [Source("Notary", {notary.address!r})], url="sqlite:///{file}")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
index.sync()
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout)) / 1024


def main() -> list[Row]:
    """Print the table."""
    measured = rows()
    for row in measured:
        print(f"{'ok  ' if row.holds else 'FAIL'} {row.what}: {row.value:,.4g} {row.bound}")
    return measured


if __name__ == "__main__":
    main()
