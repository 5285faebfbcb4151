"""A chain that was reached, checked, and can be asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyhealth.chain import anvil
from pyhealth.chain.fees import market, wei_of_gwei
from pyhealth.chain.journal import Journal
from pyhealth.chain.rpc import Rpc
from pyhealth.chain.transactions import Fees
from pyhealth.config import EMBEDDED, Network, Settings
from pyhealth.errors import (
    ChainError,
    ConfigError,
    InputError,
    NodeBehind,
    RpcFault,
    RpcRefused,
    WrongChain,
)

if TYPE_CHECKING:
    from web3 import Web3

BEHIND_SECONDS = 5.0  # that a node may take to catch up with what was seen


@dataclass
class Chain:
    """A node whose chain id and first block are known, and agree with what was expected."""

    network: Network
    rpc: Rpc
    chain_id: int
    genesis: bytes  # hash of block 0: tells a fresh development chain from the one before
    lease: anvil.Lease | None = field(default=None, repr=False)
    journals: Path | None = None  # folder of what was sent; None: remembered, not kept
    max_fee: int | None = None  # wei a unit of gas, that the user allows
    seen: int = 0  # number of the newest block seen

    def __post_init__(self) -> None:
        self.rpc.on_reconnect = self.check

    @property
    def local(self) -> bool:
        """Whether this is a development chain, where well-known keys may sign."""
        return self.network.is_local(self.chain_id)

    @cached_property
    def web3(self) -> Web3:
        """web3.py over the same connection."""
        from pyhealth.chain.provider import web3_over

        return web3_over(self.rpc)

    def head(self) -> int:
        """Return the number of the newest block."""
        deadline = time.monotonic() + BEHIND_SECONDS
        while True:
            try:
                return self.seeing(self.rpc.quantity("eth_blockNumber"))
            except NodeBehind:
                if time.monotonic() > deadline:
                    raise
                time.sleep(BEHIND_SECONDS / 10)

    def seeing(self, head: int) -> int:
        """Refuse to go back behind the newest block that was seen: another node behind the same
        address may lag. Development chains are wound back on purpose.
        """
        if head < self.seen and not self.local:
            raise NodeBehind(self.rpc.url, head, self.seen)
        self.seen = head
        return head

    def block(self, which: int | bytes | str) -> dict[str, Any] | None:
        """Return a block as the node gives it, by number, hash or name; nothing where there is
        none.
        """
        if isinstance(which, bytes):
            found = self.rpc.call("eth_getBlockByHash", "0x" + which.hex(), False)
        else:
            found = self.rpc.call(
                "eth_getBlockByNumber", hex(which) if isinstance(which, int) else which, False
            )
        return found if isinstance(found, dict) else None

    def block_with_receipts(self, block_hash: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a block and all its receipts as the node gives them, in the order of the block."""
        block = self.block(block_hash)
        if block is None:
            raise ChainError(
                f"The node at {self.rpc.url} no longer has block 0x{block_hash.hex()}; try again."
            )
        try:
            receipts = self.rpc.call("eth_getBlockReceipts", block["number"])
        except RpcRefused:  # a node without that method
            receipts = self.rpc.batch(
                [("eth_getTransactionReceipt", [hash_]) for hash_ in block["transactions"]]
            )
        return block, receipts

    def code(self, address: str) -> bytes:
        """Return the code at an address, empty where there is none."""
        return bytes.fromhex(self.rpc.call("eth_getCode", address, "latest")[2:])

    def balance(self, address: str) -> int:
        """Return an account's balance in wei."""
        return self.rpc.quantity("eth_getBalance", address, "latest")

    def nonce(self, address: str) -> int:
        """Return how many transactions of an account are mined."""
        return self.rpc.quantity("eth_getTransactionCount", address, "latest")

    def fees(self) -> Fees:
        """Return what to offer for gas: twice the base fee and the usual tip, or one price."""
        return market(self)

    @cached_property
    def journal(self) -> Journal:
        """What was sent from here, kept in the data folder; one for all accounts on this chain."""
        if self.journals is None:
            return Journal(None, self.chain_id, self.genesis)
        name = f"{self.chain_id}-{self.genesis.hex()[:8]}.sqlite"
        return Journal(self.journals / name, self.chain_id, self.genesis)

    def check(self) -> None:
        """Make sure that the node still serves the chain that was reached."""
        found, genesis = _identity(self.rpc)
        if (found, genesis) != (self.chain_id, self.genesis):
            raise WrongChain(
                self.rpc.url,
                f"chain {found} with first block 0x{genesis.hex()[:8]}",
                f"chain {self.chain_id} with first block 0x{self.genesis.hex()[:8]}",
                "it was reset or replaced: connect anew",
            )

    def close(self) -> None:
        """Let the embedded node go, where one is used."""
        if self.lease is not None:
            self.lease.close()


def folder_of(settings: Settings) -> anvil.Folder:
    """Return where the embedded chain of these settings lives."""
    return anvil.Folder(settings.home / "chain")


def connect(settings: Settings, name: str | None = None, *, port: int = 0) -> Chain:
    """Reach a network, starting the embedded chain where that is meant, and check which it is."""
    network = settings.network(name)
    lease = None
    if network.name == EMBEDDED:
        executable = anvil.find_anvil(settings.environment, settings.root)
        lease = anvil.attach(folder_of(settings), executable, port=port)
    elif network.rpc is None:
        raise ConfigError(
            f"Network {network.name!r} names no node; give it an rpc in brownie-config.yaml."
        )
    rpc = Rpc(lease.url if lease else str(network.rpc))
    found, genesis = _identity(rpc)
    if network.chain_id not in (None, found):
        raise WrongChain(
            rpc.url,
            f"chain {found}",
            f"chain {network.chain_id} ({network.name})",
            "name another node or network",
        )
    limit = wei_of_gwei(settings.environment.get("PYHEALTH_MAX_FEE_GWEI"), "PYHEALTH_MAX_FEE_GWEI")
    return Chain(network, rpc, found, genesis, lease, settings.home / "journal", limit)


def _identity(rpc: Rpc) -> tuple[int, bytes]:
    """Return the chain id and the hash of the first block."""
    answers = rpc.call("eth_chainId"), rpc.call("eth_getBlockByNumber", "0x0", False)
    try:
        return int(answers[0], 16), bytes.fromhex(answers[1]["hash"][2:])
    except (TypeError, ValueError, KeyError) as error:
        raise RpcFault(rpc.url, "eth_chainId", "no Ethereum node answers like this") from error


def address_of(text: str) -> str:
    """Check an address as a person writes it: 20 bytes, not zero, its checksum if it has one."""
    from pyhealth.chain.wallet import checksum_address

    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 20 or not text.startswith("0x"):
        raise InputError(f"{text!r} is not an address: 0x and 40 hexadecimal digits are expected.")
    if not any(raw):
        raise InputError("The zero address belongs to nobody; give another.")
    checksummed = checksum_address(raw)
    if text not in (checksummed, text.lower()) and text[2:] != text[2:].upper():
        raise InputError(
            f"{text} fails its EIP-55 checksum; the address with these digits is {checksummed}."
        )
    return checksummed
