"""Says whether this machine and this network can run the suite, and what to do about each no."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pyhealth.chain import anvil, network
from pyhealth.chain.network import Chain
from pyhealth.chain.wallet import Wallet
from pyhealth.config import EMBEDDED, Settings
from pyhealth.errors import ConfigError, PyHealthError, RpcRefused

PACKAGES = ("web3", "eth-account", "coincurve", "safe-pysha3", "tiny-keccak")
CODES = {  # bare code that returns where the chain knows the opcode, and fails where it does not
    "PUSH0 (Shanghai)": "0x5f5ff3",
    "MCOPY (Cancun)": "0x6000600060005e60006000f3",
    "BASEFEE (London)": "0x4860005260206000f3",
}
RANGES = (10_000, 1_000, 100, 10)  # blocks of eth_getLogs
BATCHES = (100, 20, 5)  # calls of one request; the client sends 100
CLOCK_SECONDS = 60  # by which the newest block and this machine may differ
GAS_OF_DEPLOYMENT = 10_000_000  # more than the whole suite needs
NOBODY = "0x000000000000000000000000000000000000dEaD"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; where it is not fine, the remedy says what to do."""

    check: str
    fine: bool
    found: str
    remedy: str = ""


def examine(
    settings: Settings, network_name: str | None = None, account: str | None = None
) -> list[Finding]:
    """Look at the machine, the node and the network; what cannot be found out is a finding too."""
    machine = [_python(), _speed(), _compiler(settings)]
    try:
        wanted = settings.network(network_name)
        node = [_anvil(settings)] if wanted.name == EMBEDDED else []
        chain = network.connect(settings, network_name)
    except PyHealthError as error:
        setting = isinstance(error, ConfigError)
        remedy = "Correct the setting." if setting else "Start it, or name another with --network."
        return [*machine, Finding("node", False, str(error), remedy)]
    checks: list[Callable[[Chain], Finding]] = [
        *(_node, _chain_id, _opcodes, _log_range, _batches, _receipts, _fee_history),
        *(_optional, _gas_price, _clock, _record_of(settings)),
    ]
    try:
        seen = [_tried(check, chain) for check in checks]
        return [*machine, *node, *seen, *_account(settings, chain, account)]
    finally:
        chain.close()


def _tried(check: Callable[[Chain], Finding], chain: Chain) -> Finding:
    try:
        return check(chain)
    except (PyHealthError, ValueError, TypeError, KeyError, AttributeError) as error:
        name = (check.__doc__ or "").rstrip(".").lower()
        told = str(error) if isinstance(error, PyHealthError) else "an answer of no known form"
        return Finding(name, False, told, "Try again; if it stays so, use another node.")


# The machine.


def _python() -> Finding:
    found = {"Python": sys.version.split()[0]}
    missing = []
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    remedy = f"Install what is missing: pip install {' '.join(missing)}." if missing else ""
    told = ", ".join(f"{name} {one}" for name, one in found.items())
    return Finding("Python and packages", not missing, told, remedy)


def _speed() -> Finding:
    from sha3 import keccak_256

    made_by = keccak_256().__class__.__module__
    fine = made_by == "_pysha3"
    remedy = "" if fine else "Install safe-pysha3; another package took the name sha3."
    told = f"signing by coincurve, hashing by tiny-keccak and {'safe-pysha3' if fine else made_by}"
    return Finding("fast signing and hashing", fine, told, remedy)


def _compiler(settings: Settings) -> Finding:
    from pyhealth.deployment.artifacts import names

    kept = f"not needed: {len(names())} compiled contract(s) ship with the package"
    if settings.root is None or not (settings.root / "contracts").is_dir():
        return Finding("compiler", True, kept)
    own = sorted((settings.root / ".solc").glob("solc-v*"))
    found = f"{own[-1].name} in {own[-1].parent}" if own else kept
    return Finding("compiler", True, found)


def _anvil(settings: Settings) -> Finding:
    return Finding("Anvil", True, str(anvil.find_anvil(settings.environment, settings.root)))


# The node and its chain.


def _node(chain: Chain) -> Finding:
    """Node."""
    client = chain.rpc.call("web3_clientVersion")
    return Finding("node", True, f"{client} at {chain.rpc.url}, block {chain.head()}")


def _chain_id(chain: Chain) -> Finding:
    """Chain id."""
    kind = "local, development keys may sign" if chain.local else "not local"
    expected = "as expected" if chain.network.chain_id else "none was expected"
    return Finding("chain id", True, f"{chain.chain_id}, {expected}; {kind}")


def _opcodes(chain: Chain) -> Finding:
    """Opcodes."""
    known = [name for name, code in CODES.items() if _answers(chain, "eth_call", {"data": code})]
    listed = ", ".join(known) or "none of the newer ones"
    return Finding("opcodes", True, f"{listed}; none is needed, the suite is compiled for Paris")


def _log_range(chain: Chain) -> Finding:
    """Range of eth_getLogs."""
    head = chain.head()
    for span in RANGES:
        # Beyond the head is allowed, and shows a limit that a young chain would hide.
        wanted = {
            "address": NOBODY,
            "fromBlock": hex(max(0, head - span + 1)),
            "toBlock": hex(head),
        }
        if _answers(chain, "eth_getLogs", wanted):
            shown = f"{span} blocks" if span <= head else f"all {head + 1} blocks"
            return Finding("range of eth_getLogs", True, f"{shown} at once")
    remedy = "Use another node: the history cannot be read from this one."
    return Finding("range of eth_getLogs", False, f"less than {RANGES[-1]} blocks", remedy)


def _batches(chain: Chain) -> Finding:
    """JSON-RPC batches."""
    for size in BATCHES:
        if _accepts_batch(chain, size):
            fine = size == BATCHES[0]
            remedy = (
                "" if fine else f"The client sends {BATCHES[0]} calls at once: use another node."
            )
            return Finding("JSON-RPC batches", fine, f"{size} calls in one request", remedy)
    remedy = "Use another node: the client sends its transactions in batches."
    return Finding("JSON-RPC batches", False, "refused", remedy)


def _accepts_batch(chain: Chain, size: int) -> bool:
    try:
        answers = chain.rpc.batch([("eth_chainId", ())] * size)
    except PyHealthError:
        return False
    return all(isinstance(answer, str) for answer in answers)


def _receipts(chain: Chain) -> Finding:
    """Receipts of a block."""
    if _answers(chain, "eth_getBlockReceipts", "latest"):
        return Finding("receipts of a block", True, "eth_getBlockReceipts is there")
    return Finding("receipts of a block", True, "one by one; eth_getBlockReceipts is missing")


def _fee_history(chain: Chain) -> Finding:
    """Fee history."""
    there = _answers(chain, "eth_feeHistory", "0x5", "latest", [50])
    found = "eth_feeHistory is there" if there else "missing; the usual tip is offered instead"
    return Finding("fee history", True, found)


def _optional(chain: Chain) -> Finding:
    """Other methods."""
    asked: dict[str, tuple[Any, ...]] = {
        "eth_getProof": (NOBODY, [], "latest"),
        "eth_newFilter": ({"fromBlock": "latest"},),
        "eth_maxPriorityFeePerGas": (),
        '"pending"': ("pending", False),
    }
    methods = {'"pending"': "eth_getBlockByNumber"}
    there = {name: _answers(chain, methods.get(name, name), *asked[name]) for name in asked}
    missing = ", ".join(name for name, fine in there.items() if not fine) or "nothing"
    return Finding("other methods", True, f"missing: {missing}; the suite needs none of these")


def _gas_price(chain: Chain) -> Finding:
    """Price of gas."""
    fees = chain.fees()
    if fees.maximum == 0:
        return Finding("price of gas", True, "free")
    if fees.tip is None:
        return Finding("price of gas", True, f"{_gwei(fees.maximum)}, one price (legacy)")
    return Finding("price of gas", True, f"at most {_gwei(fees.maximum)}, tip {_gwei(fees.tip)}")


def _clock(chain: Chain) -> Finding:
    """Clock."""
    newest = int((chain.block("latest") or {})["timestamp"], 16)
    ahead = newest - int(time.time())
    if ahead > CLOCK_SECONDS:
        remedy = "Set this machine's clock, or the node's: stamps take their time from blocks."
        if chain.local:
            remedy = "Its clock was moved: 'pyhealth chain reset' starts a new chain."
        return Finding("clock", False, f"the newest block is {ahead} s ahead", remedy)
    if -ahead > CLOCK_SECONDS and not chain.local:
        remedy = "Wait until the node has caught up, or set this machine's clock."
        return Finding("clock", False, f"the newest block is {-ahead} s old", remedy)
    return Finding("clock", True, f"the newest block is {max(0, -ahead)} s old")


def _record_of(settings: Settings) -> Callable[[Chain], Finding]:
    def _deployment(chain: Chain) -> Finding:
        """Deployment."""
        from pyhealth.deployment.artifacts import names, read_artifact
        from pyhealth.deployment.deployer import check
        from pyhealth.deployment.records import load_record, record_file

        record = load_record(record_file(settings, chain), chain)
        name = chain.network.name
        if not record.contracts:
            remedy = "" if name == EMBEDDED else f"Run 'pyhealth deploy --network {name}'."
            later = "nothing yet; deployed on first use" if name == EMBEDDED else "nothing"
            return Finding("deployment", name == EMBEDDED, later, remedy)
        if wrong := check(chain, record, {name: read_artifact(name) for name in names()}):
            told = "; ".join(f"{contract}: {why}" for contract, why in wrong.items())
            return Finding("deployment", False, told, f"Run 'pyhealth deploy --network {name}'.")
        found = ", ".join(f"{one} at {made.address}" for one, made in record.contracts.items())
        return Finding("deployment", True, f"{found}; the code is ours")

    return _deployment


# Who pays.


def _account(settings: Settings, chain: Chain, name: str | None) -> Iterator[Finding]:
    from pyhealth.health import DEFAULT_ACCOUNT

    wallet = Wallet(settings.home, settings.environment)
    try:
        signer = wallet.signer(name, local=chain.local, default=DEFAULT_ACCOUNT)
    except (PyHealthError, OSError, ValueError) as error:
        yield Finding("account", False, str(error), "Name an account with --as.")
        return
    yield Finding("account", True, signer.address)
    yield _tried(lambda chain: _funds(chain, signer.address), chain)


def _funds(chain: Chain, address: str) -> Finding:
    """Funds."""
    balance, price = chain.balance(address), chain.fees().maximum
    found = f"{balance / 10**18:.6f} ether"
    if balance >= price * GAS_OF_DEPLOYMENT:
        return Finding("funds", True, found)
    needed = price * GAS_OF_DEPLOYMENT / 10**18
    remedy = f"Send {address} up to {needed:.6f} ether of chain {chain.chain_id} to deploy with."
    return Finding("funds", False, found, remedy)


def _answers(chain: Chain, method: str, *params: Any) -> bool:
    try:
        return chain.rpc.call(method, *params) is not None
    except RpcRefused:
        return False


def _gwei(wei: int) -> str:
    return f"{wei / 10**9:.3f} gwei"
