"""
a proof from a real chain
├── given a block of 1, 2, 20 or 200 transactions, on Anvil and on Ganache
│   └── the stand-alone verifier accepts it, with neither node nor packages
├── given Anvil at each hard fork
│   └── it accepts, too
└── given transactions of every type in one block
    └── it accepts, too
"""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from proof_cast import keccak, tree

from pyhealth import proof, verify_proof
from pyhealth.chain.anvil import find_anvil

MAIN = Path(__file__).resolve().parents[1]
ANVIL = find_anvil(os.environ, MAIN)
GANACHE = MAIN / "node_modules/.bin/ganache"
PRICE = hex(3 * 10**9)  # one price for all: Anvil drops a dearer one that is not yet due
KINDS: list[dict[str, Any]] = [
    {"gasPrice": PRICE},
    {"gasPrice": PRICE, "accessList": []},
    {"maxFeePerGas": PRICE, "maxPriorityFeePerGas": PRICE},
]
SELECTOR = keccak(b"anchor(bytes32)")[:4].hex()


class Chain:
    """A local chain of its own, spoken to in plain JSON-RPC."""

    def __init__(self, name: str, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        command = [str(ANVIL)] if name == "anvil" else ["node", str(GANACHE)]
        ports = ["--port", port] if name == "anvil" else ["--server.port", port]
        self.name, self.url = name, f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [*command, *ports, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                self.chain_id = int(self.call("eth_chainId"), 16)
                break
            except OSError:
                time.sleep(0.1)
        self.accounts = [
            verify_proof.checksummed(bytes.fromhex(a[2:])) for a in self.call("eth_accounts")
        ]

    def call(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "error" not in found, found
        return found["result"]

    def hold(self) -> None:
        self.call("evm_setAutomine", False) if self.name == "anvil" else self.call("miner_stop")

    def release(self) -> None:
        self.call("evm_mine")
        self.call("evm_setAutomine", True) if self.name == "anvil" else self.call("miner_start")

    def deploy(self, code: str) -> str:
        sent = self.call(
            "eth_sendTransaction",
            {"from": self.accounts[0], "data": code, "gas": hex(2_000_000), "gasPrice": PRICE},
        )
        address = self.receipt(sent)["contractAddress"]
        return verify_proof.checksummed(bytes.fromhex(address[2:]))

    def receipt(self, transaction: str) -> dict[str, Any]:
        for _ in range(100):
            if found := self.call("eth_getTransactionReceipt", transaction):
                return dict(found)
            time.sleep(0.05)
        raise TimeoutError(transaction)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="session")
def code() -> str:
    """Compile the Notary as the project does."""
    sources = {
        name: {"content": (MAIN / name).read_text()}
        for name in ("contracts/Notary.sol", "contracts/interfaces/INotary.sol")
    }
    request = {
        "language": "Solidity",
        "sources": sources,
        "settings": {
            "evmVersion": "paris",
            "optimizer": {"enabled": True, "runs": 10000},
            "outputSelection": {"*": {"Notary": ["evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [MAIN / ".solc/solc-v0.8.37", "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    compiled = json.loads(done.stdout)["contracts"]["contracts/Notary.sol"]["Notary"]
    return "0x" + str(compiled["evm"]["bytecode"]["object"])


def stamp(
    chain: Chain, code: str, folder: Path, *, others: int, raw: tuple[str, ...] = ()
) -> proof.Proof:
    """Anchor seven documents in one block with other transactions, and write their proofs."""
    contract, author = chain.deploy(code), chain.accounts[1]
    names = [f"document {i}.txt" for i in range(7)]
    documents = []
    for name in names:
        (folder / name).write_text(name)
        digest = hashlib.sha256(name.encode()).digest()
        documents.append(proof.Document(name, "sha-256", digest, os.urandom(32)))
    root, paths = tree([document.commitment for document in documents])

    kinds = (
        KINDS
        if "baseFeePerGas" in chain.call("eth_getBlockByNumber", "latest", False)
        else KINDS[:2]
    )
    chain.hold()
    for i in range(others):
        sender, nonce = chain.accounts[2 + i % 2], hex(i // 2)
        transfer = {"from": sender, "to": chain.accounts[5], "gas": hex(30_000), "value": "0x1"}
        chain.call("eth_sendTransaction", {**transfer, "nonce": nonce, **kinds[i % len(kinds)]})
    for signed in raw:
        chain.call("eth_sendRawTransaction", signed)
    data = f"0x{SELECTOR}{root.hex()}"
    sent = chain.call(
        "eth_sendTransaction",
        {"from": author, "to": contract, "data": data, "gas": hex(120_000), "gasPrice": PRICE},
    )
    chain.release()

    ours = chain.receipt(sent)
    block = chain.call("eth_getBlockByHash", ours["blockHash"], False)
    assert len(block["transactions"]) == others + len(raw) + 1
    receipts = [chain.receipt(transaction) for transaction in block["transactions"]]
    evidence = proof.evidence(
        block,
        receipts,
        transaction=bytes.fromhex(sent[2:]),
        contract=contract,
        author=author,
        root=root,
    )
    anchor = proof.Anchored(
        chain.chain_id,
        contract,
        author,
        bytes.fromhex(sent[2:]),
        int(block["number"], 16),
        bytes.fromhex(block["hash"][2:]),
        datetime.fromtimestamp(int(block["timestamp"], 16), UTC),
    )
    files = [(folder / f"{d.name}.proof.json", d, p) for d, p in zip(documents, paths, strict=True)]
    assert proof.write_all(files, root=root, anchor=anchor, evidence=evidence) == 7
    return proof.Proof.from_json(files[3][0].read_bytes())


def accepts(folder: Path, made: proof.Proof) -> None:
    script = Path(verify_proof.__file__).resolve()
    trusted = ["--block-hash", "0x" + made.anchor.block_hash.hex()]
    pins = ["--contract", made.anchor.contract, "--author", made.anchor.author]
    command: list[str | Path] = [
        sys.executable,
        "-S",
        "-I",
        script,
        folder / made.document.name,
        *trusted,
        *pins,
    ]
    environment = {"PATH": "/nowhere"}

    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert made.anchor.author in done.stdout


@pytest.fixture(params=["anvil", "ganache"])
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    started = Chain(request.param)
    yield started
    started.stop()


@pytest.mark.parametrize("transactions", [1, 2, 20, 200])
def test_the_verifier_accepts_a_proof_from_a_block_of_any_size(
    chain: Chain, code: str, tmp_path: Path, transactions: int
) -> None:
    made = stamp(chain, code, tmp_path, others=transactions - 1)

    accepts(tmp_path, made)


@pytest.mark.parametrize(
    "fork", ["berlin", "london", "paris", "shanghai", "cancun", "prague", "osaka"]
)
def test_the_verifier_accepts_a_proof_from_every_hard_fork(
    code: str, tmp_path: Path, fork: str
) -> None:
    chain = Chain("anvil", "--hardfork", fork)
    try:
        made = stamp(chain, code, tmp_path, others=3)
    finally:
        chain.stop()

    accepts(tmp_path, made)


@pytest.mark.parametrize("fork", ["berlin", "london", "shanghai"])
def test_the_verifier_accepts_a_proof_from_ganache_at_other_hard_forks(
    code: str, tmp_path: Path, fork: str
) -> None:
    chain = Chain("ganache", "--chain.hardfork", fork)
    try:
        made = stamp(chain, code, tmp_path, others=3)
    finally:
        chain.stop()

    accepts(tmp_path, made)


def test_the_verifier_accepts_a_proof_among_transactions_of_every_type(
    code: str, tmp_path: Path
) -> None:
    from eth_account import Account

    chain = Chain("anvil", "--hardfork", "prague")
    try:
        key = "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"  # Anvil's tenth
        account = Account.from_key(key)
        plain = {
            "chainId": chain.chain_id,
            "gas": 200_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "to": chain.accounts[5],
            "value": 0,
            "data": b"",
        }
        grant = account.sign_authorization(
            {"chainId": chain.chain_id, "address": chain.accounts[5], "nonce": 2}
        )
        delegating = account.sign_transaction({**plain, "nonce": 1, "authorizationList": [grant]})
        blob = account.sign_transaction(
            {**plain, "nonce": 0, "maxFeePerBlobGas": 10**10, "type": 3}, blobs=[b"\0" * 131072]
        )
        raw = ("0x" + blob.raw_transaction.hex(), "0x" + delegating.raw_transaction.hex())
        made = stamp(chain, code, tmp_path, others=6, raw=raw)
        receipts = chain.call("eth_getBlockReceipts", hex(made.anchor.block_number))
    finally:
        chain.stop()

    assert {receipt["type"] for receipt in receipts} == {"0x0", "0x1", "0x2", "0x3", "0x4"}
    accepts(tmp_path, made)
