"""The index of 100,000 events, against web3.py's `get_logs`, and fetching and storing alone."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.processes import node, run
from benchmarks.report import Row
from pyhealth.chain.network import Chain, connect
from pyhealth.chain.wallet import checksum_address
from pyhealth.config import Settings, load_settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.hashing import keccak
from pyhealth.index import Index, Source, open_index
from pyhealth.index.store import PAGES

EVENTS = 100_000
BATCH = 500  # digests of one transaction
TRANSACTIONS = 10  # of one block: 5,000 events
ROUNDS = 3
FETCHED = 5_000  # events in one request, on every side
SELECTOR = keccak(b"anchorMany(bytes32[])")[:4].hex()


def rows() -> list[Row]:
    """Measure in turns on one chain, and take the median of the ratios."""
    with tempfile.TemporaryDirectory() as name, node("--no-mining") as url:
        folder = Path(name)
        settings = load_settings({"PYHEALTH_HOME": name})
        chain = connect(settings, url)
        notary = _filled(chain)
        rounds = []
        for i in range(ROUNDS):
            short = []  # measured oftener than web3.py, which takes long enough to be even
            for j in range(ROUNDS):
                file, bare = folder / f"ours{i}{j}.sqlite", folder / f"bare{i}{j}.sqlite"
                indexed = _index(settings, chain, notary, file)
                fetched = _timed(lambda: [_fetch(chain, notary, one) for one in _blocks(chain)])
                short.append((indexed, fetched, _stored(file, bare)))
            ours, fetch, store = (median(column) for column in zip(*short, strict=True))
            web3 = _web3(url, notary)
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
        Row("MB of memory at most while indexing, above the opened index", peak, at_most=100),
    ]


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
    return Source("Notary", checksum_address(bytes.fromhex(address[2:])))


def _blocks(chain: Chain) -> range:
    return range(2, chain.head() + 1)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _index(settings: Settings, chain: Chain, notary: Source, file: Path) -> float:
    started = time.perf_counter()
    index: Index = open_index(settings, chain, [notary], url=f"sqlite:///{file}")
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
        made = full.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = NORMAL")
        bare.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
        bare.execute(f"PRAGMA cache_size = {PAGES}")
        for sql in (sql for kind, sql in made if kind == "table"):
            bare.execute(sql)
        rows = full.execute("SELECT * FROM pyhealth_events ORDER BY block, log").fetchall()
        started = time.perf_counter()
        for start in range(0, len(rows), FETCHED):
            some = rows[start : start + FETCHED]
            bare.executemany("INSERT INTO pyhealth_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", some)
            bare.commit()
        for sql in (sql for kind, sql in made if kind == "index"):
            bare.execute(sql)
        bare.commit()
        return time.perf_counter() - started


def _web3(url: str, notary: Source) -> float:
    """Let web3.py, as it comes, read the same blocks, and return the seconds without its start."""
    script = f"""
import time
from web3 import HTTPProvider, Web3
from pyhealth.deployment.artifacts import read_artifact
w3 = Web3(HTTPProvider({url!r}))
contract = w3.eth.contract(address={notary.address!r}, abi=read_artifact("Notary").abi)
head, found = w3.eth.block_number, 0
started = time.perf_counter()
for number in range(2, head + 1):
    found += len(contract.events.DigestAnchored().get_logs(from_block=number, to_block=number))
assert found == {EVENTS}
print(time.perf_counter() - started)
"""
    stock = {name: value for name, value in os.environ.items() if name != "ETH_HASH_BACKEND"}
    return float(run(script, stock))


def _peak(url: str, notary: Source, file: Path) -> float:
    """Run the index in a process of its own, and return the megabytes that it took at most."""
    script = f"""
from pathlib import Path
from pyhealth.chain.network import connect
from pyhealth.config import load_settings
from pyhealth.index import Source, open_index
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
settings = load_settings({{"PYHEALTH_HOME": {str(file.parent)!r}}})
chain = connect(settings, {url!r})
index = open_index(settings, chain, [Source("Notary", {notary.address!r})], url="sqlite:///{file}")
before = most()
index.sync()
print((most() - before) / 1024)
"""
    return float(run(script, os.environ))
