"""One contract, seen by one account: calls, sends and decodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode as abi_encode
from eth_utils.abi import abi_to_signature, collapse_if_tuple
from hexbytes import HexBytes

from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call, Log, Receipt
from pyhealth.deployment.artifacts import Artifact
from pyhealth.errors import ConfigError, RpcRefused
from pyhealth.hashing import keccak

if TYPE_CHECKING:
    from web3.contract import Contract
    from web3.types import BlockIdentifier


@dataclass
class Binding:
    """What a client holds: a deployed contract, the chain it is on, and who sends."""

    chain: Chain
    artifact: Artifact
    address: str  # checksummed
    open_sender: Callable[[], Sender] | None = None  # asked when first needed; None: read only

    @cached_property
    def contract(self) -> Contract:
        """web3.py's view of the contract."""
        contract: Contract = self.chain.web3.eth.contract(
            address=self.address, abi=self.artifact.abi
        )  # type: ignore[call-overload]
        return contract

    @property
    def account(self) -> str:
        """The account that sends."""
        return self._sender().signer.address

    def encode(self, function: str, *arguments: Any) -> Call:
        """Return the call of a function, ready to be sent; structs are given as tuples."""
        selector, types = self._signatures[function]
        return Call(self.address, selector + abi_encode(types, arguments))

    @cached_property
    def _signatures(self) -> dict[str, tuple[bytes, list[str]]]:
        """The selector and the types of each function: web3.py looks them up anew for each call."""
        listed = (entry for entry in self.artifact.abi if entry["type"] == "function")
        return {
            entry["name"]: (
                keccak(abi_to_signature(entry).encode())[:4],
                [collapse_if_tuple(argument) for argument in entry["inputs"]],
            )
            for entry in listed
        }

    def call(self, function: str, *arguments: Any, block: BlockIdentifier = "latest") -> Any:
        """Ask a view; what the contract refuses is raised as the exception of the same name."""
        try:
            return self.contract.functions[function](*arguments).call(block_identifier=block)
        except RpcRefused as refused:
            raise decode_refusal(refused.data) or refused from refused

    def send(self, function: str, *arguments: Any) -> Receipt:
        """Send a call and wait for it."""
        return self._sender().send(self.encode(function, *arguments))

    def _sender(self) -> Sender:
        if self.open_sender is None:
            raise ConfigError(
                f"{self.artifact.name} at {self.address} was opened without an account: to read only."
            )
        return self.open_sender()

    def events(self, receipt: Receipt, name: str) -> Iterator[tuple[Log, dict[str, Any]]]:
        """Yield the contract's events of that name in a receipt, with their decoded arguments."""
        event = self.contract.events[name]()
        for log in receipt.logs:
            if (
                log.address == self.address
                and log.topics
                and log.topics[0].hex() == event.topic.removeprefix("0x")
            ):
                entry = {
                    "address": log.address,
                    "topics": [HexBytes(topic) for topic in log.topics],
                    "data": HexBytes(log.data),
                    "logIndex": log.index,
                    "transactionIndex": receipt.index,
                    "transactionHash": HexBytes(receipt.transaction),
                    "blockHash": HexBytes(receipt.block_hash),
                    "blockNumber": receipt.block_number,
                }
                yield log, dict(event.process_log(entry)["args"])
