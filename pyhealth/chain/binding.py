"""One contract, seen by one account: calls, sends and decodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import abi_to_signature, collapse_if_tuple
from hexbytes import HexBytes

from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call, Log, Receipt
from pyhealth.chain.wallet import checksum_address
from pyhealth.deployment.artifacts import Artifact
from pyhealth.errors import ConfigError, DeploymentError, RpcRefused
from pyhealth.hashing import keccak

if TYPE_CHECKING:
    from web3.contract import Contract

    from pyhealth.chain.fees import Cost


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

    def selector(self, function: str) -> bytes:
        """Return the 4 bytes that name a function."""
        return self._signatures[function][0]

    @cached_property
    def _signatures(self) -> dict[str, tuple[bytes, list[str]]]:
        """The selector and the types of each function: web3.py looks them up anew for each call."""
        return {
            name: (
                keccak(abi_to_signature(entry).encode())[:4],  # type: ignore[arg-type]
                [collapse_if_tuple(argument) for argument in entry["inputs"]],
            )
            for name, entry in self._functions.items()
        }

    @cached_property
    def _functions(self) -> dict[str, dict[str, Any]]:
        listed = (entry for entry in self.artifact.abi if entry["type"] == "function")
        return {entry["name"]: entry for entry in listed}

    def call(
        self,
        function: str,
        *arguments: Any,
        block: int | str = "latest",
        caller: str | None = None,
    ) -> Any:
        """Ask a view, or what a function would do for a caller; what the contract refuses is raised
        as the exception of the same name.
        """
        asked = {"to": self.address, "data": "0x" + self.encode(function, *arguments).data.hex()}
        asked |= {"from": caller} if caller else {}
        place = hex(block) if isinstance(block, int) else block
        try:
            answer = self.chain.rpc.call("eth_call", asked, place)
        except RpcRefused as refused:
            raise decode_refusal(refused.data) or refused from refused
        return self.decode(function, bytes.fromhex(answer[2:]))

    def decode(self, function: str, answer: bytes) -> Any:
        """Return what a view answered: one value, or a tuple of several."""
        outputs = self._functions[function]["outputs"]
        try:
            values = abi_decode([collapse_if_tuple(each) for each in outputs], answer)
        except DecodingError as error:
            raise DeploymentError(
                f"{self.artifact.name} at {self.address} does not answer {function} as this "
                "suite's does; name the network that it is deployed on, or deploy it anew."
            ) from error
        clean = tuple(map(_clean, outputs, values))
        return clean[0] if len(clean) == 1 else clean

    def send(self, function: str, *arguments: Any) -> Receipt:
        """Send a call and wait for it."""
        return self._sender().send(self.encode(function, *arguments))

    def send_once(self, key: str, function: str, *arguments: Any) -> Receipt:
        """Send a call and wait for it; asked again with its key, give the same receipt again."""
        return self._sender().send(self.encode(function, *arguments), key)

    def cost(self, function: str, *arguments: Any) -> Cost:
        """Say what a call would cost now; nothing is sent."""
        return self._sender().cost([self.encode(function, *arguments)])

    def _sender(self) -> Sender:
        if self.open_sender is None:
            raise ConfigError(
                f"{self.artifact.name} at {self.address} was opened without an account: "
                "to read only."
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


def _clean(entry: dict[str, Any], value: Any) -> Any:
    """Write every address of a value with its checksum."""
    kind = entry["type"]
    if kind.endswith("]"):
        each = {**entry, "type": kind[: kind.rindex("[")]}
        return tuple(_clean(each, one) for one in value)
    if kind == "tuple":
        return tuple(map(_clean, entry["components"], value))
    return checksum_address(bytes.fromhex(value[2:])) if kind == "address" else value
