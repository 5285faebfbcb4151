"""Sending many calls: end to end, against pre-signed bytes in batches, and against web3.py."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median

import orjson
import urllib3

from benchmarks.processes import node, run, steady
from benchmarks.report import Row
from pyhealth.chain.binding import Binding
from pyhealth.chain.network import Chain, connect
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Fees, sign
from pyhealth.chain.wallet import Signer, cast_key
from pyhealth.config import load_settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.deployment.deployer import deploy
from pyhealth.hashing import keccak

CALLS = 10_000
WINDOW = (
    4_096  # calls in flight: more than the client dares by itself on a chain that mines at once
)
ROUNDS = 3
FLOOR_BATCH = 1_000  # transactions in one request
WEB3_CALLS = 1_000
JSON = {"Content-Type": "application/json"}


def rows() -> list[Row]:
    """Measure in turns, each on a fresh chain, and take the median of the ratios."""
    rounds = [(_floor(), _ours(CALLS), _ours(WEB3_CALLS), _web3()) for _ in range(ROUNDS)]
    floor, ours, few, web3 = (median(column) for column in zip(*rounds, strict=True))
    return [
        Row(
            f"{CALLS:,} calls encoded, signed, kept, sent and confirmed: share of the floor's rate",
            median(o / f for f, o, _, _ in rounds),
            at_least=0.7,
        ),
        Row(
            f"{WEB3_CALLS:,} calls, times the rate of pipelined web3.py with coincurve",
            median(o / w for _, _, o, w in rounds),
            at_least=10,
        ),
        Row("calls a second, end to end", ours),
        Row(f"calls a second, end to end, of {WEB3_CALLS:,}", few),
        Row("transactions a second, pre-signed bytes in batches of 1,000: the floor", floor),
        Row("transactions a second, web3.py pipelined with coincurve", web3),
        Row("MB of memory at most for 20,000 calls, above the opened client", _peak(), at_most=100),
    ]


def opened(url: str, home: Path) -> tuple[Chain, Binding, Signer]:
    """Deploy the suite, and return the notary as the hospital sees it."""
    chain = connect(load_settings({"PYHEALTH_HOME": str(home)}), url)
    hospital = Signer.from_key(cast_key("hospital"))
    record = deploy(chain, Signer.from_key(cast_key("deployer")), home / "deployed.json")
    address = record.contracts["Notary"].address
    return chain, Binding(chain, read_artifact("Notary"), address), hospital


def digests(count: int) -> list[bytes]:
    """Return as many digests of documents."""
    return [keccak(b"document" + i.to_bytes(8)) for i in range(count)]


def _ours(count: int) -> float:
    with tempfile.TemporaryDirectory() as home, node(*steady()) as url:
        chain, notary, hospital = opened(url, Path(home))
        sender, documents = Sender(chain, hospital, window=WINDOW), digests(count)
        keys = (f"document {i}" for i in range(count))
        started = time.perf_counter()
        calls = (notary.encode("anchor", digest) for digest in documents)
        done = sum(
            outcome.done().succeeded for outcome in sender.send_many(calls, keys=keys, alike=True)
        )
        taken = time.perf_counter() - started
        assert done == count == chain.nonce(hospital.address)
        return count / taken


def _floor() -> float:
    with tempfile.TemporaryDirectory() as home, node(*steady()) as url:
        chain, notary, hospital = opened(url, Path(home))
        calls = [notary.encode("anchor", digest) for digest in digests(CALLS)]
        signed = [
            sign(
                c, hospital, chain_id=chain.chain_id, nonce=i, gas=100_000, fees=Fees(4 * 10**9, 1)
            )
            for i, c in enumerate(calls)
        ]
        bodies = [
            _body([one.raw for one in signed[i : i + FLOOR_BATCH]])
            for i in range(0, CALLS, FLOOR_BATCH)
        ]
        pool = urllib3.PoolManager()
        started = time.perf_counter()
        for body in bodies:
            assert pool.request("POST", url, body=body, headers=JSON).data
        while chain.nonce(hospital.address) < CALLS:
            time.sleep(0.01)
        return CALLS / (time.perf_counter() - started)


def _body(raw: list[bytes]) -> bytes:
    method = "eth_sendRawTransaction"
    return orjson.dumps(
        [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": ["0x" + one.hex()]}
            for i, one in enumerate(raw)
        ]
    )


def _web3() -> float:
    """Let web3.py build, sign and send without waiting, then wait for every receipt.

    The fees are given, as Anvil drops a successor that is dearer; the history is kept, as web3.py
    does not bear a block that is just gone.
    """
    with tempfile.TemporaryDirectory() as home, node(*steady(history=True)) as url:
        _, notary, _ = opened(url, Path(home))
        script = f"""
import time
from web3 import HTTPProvider, Web3
from pyhealth.chain.wallet import cast_key
from pyhealth.deployment.artifacts import read_artifact
w3 = Web3(HTTPProvider({url!r}))
account = w3.eth.account.from_key(cast_key("hospital"))
contract = w3.eth.contract(address={notary.address!r}, abi=read_artifact("Notary").abi)
nonce = w3.eth.get_transaction_count(account.address)
fees = {{"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}}
started = time.perf_counter()
sent = []
for i in range({WEB3_CALLS}):
    fields = {{"from": account.address, "nonce": nonce + i, **fees}}
    built = contract.functions.anchor((i + 1).to_bytes(32)).build_transaction(fields)
    sent.append(w3.eth.send_raw_transaction(account.sign_transaction(built).raw_transaction))
assert all(w3.eth.wait_for_transaction_receipt(one)["status"] == 1 for one in sent)
print({WEB3_CALLS} / (time.perf_counter() - started))
"""
        return float(run(script, os.environ))


def _peak() -> float:
    """Send 20,000 calls in a process of its own, and return the megabytes it took at most."""
    with tempfile.TemporaryDirectory() as home, node(*steady()) as url:
        script = f"""
from pathlib import Path
from benchmarks.throughput import opened
from pyhealth.chain.sender import Sender
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
chain, notary, hospital = opened({url!r}, Path({home!r}))
sender = Sender(chain, hospital)
sender.send(notary.encode("anchor", b"first" * 6 + b"00"))
before = most()
calls = (notary.encode("anchor", i.to_bytes(32)) for i in range(1, 20_001))
assert all(outcome.done().succeeded for outcome in sender.send_many(calls, alike=True))
print((most() - before) / 1024)
"""
        return float(run(script, os.environ))
