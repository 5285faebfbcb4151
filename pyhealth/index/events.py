"""Events as values: what the ABIs say of them, how they are decoded, and how they are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from pyhealth.chain.wallet import checksum_address
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.errors import InputError
from pyhealth.hashing import keccak

Value: TypeAlias = "bool | int | str | bytes | tuple[Value, ...]"
DYNAMIC = ("string", "bytes")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one contract."""

    contract: str  # name, as in Solidity
    address: str  # checksummed: a name may stand at several addresses over time
    name: str
    arguments: Mapping[str, Value]  # named and ordered as in Solidity
    block_number: int
    block_hash: bytes
    block_time: datetime
    transaction: bytes
    log_index: int  # within the block


@dataclass(frozen=True, slots=True)
class Shape:
    """What an ABI says of an event."""

    name: str
    topic: bytes  # hash of the signature
    inputs: Sequence[Mapping[str, Any]] = field(repr=False)

    @property
    def indexed(self) -> list[Mapping[str, Any]]:
        """The arguments that can be searched."""
        return [entry for entry in self.inputs if entry["indexed"]]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Value]:
        """Return the arguments; of an indexed one that fits no word only the hash is known."""
        from eth_abi.abi import decode

        found: dict[str, Value] = {}
        for entry, topic in zip(self.indexed, topics, strict=True):
            whole = _fits_a_word(entry)
            found[entry["name"]] = (
                _value(entry, decode([entry["type"]], topic)[0]) if whole else topic
            )
        plain = [entry for entry in self.inputs if not entry["indexed"]]
        for entry, value in zip(plain, decode([*map(_type, plain)], data), strict=True):
            found[entry["name"]] = _value(entry, value)
        return {entry["name"]: found[entry["name"]] for entry in self.inputs}

    def topics(self, wanted: Mapping[str, Value]) -> dict[int, bytes]:
        """Return the place, 1 to 3, and the word of each argument that is searched for."""
        names = [entry["name"] for entry in self.indexed]
        for name in wanted:
            if name not in names:
                listed = ", ".join(names) or "nothing"
                raise InputError(f"{self.name} is not searched by {name!r}, but by {listed}.")
        return {
            names.index(name) + 1: _word(self, self.indexed[names.index(name)], value)
            for name, value in wanted.items()
        }


@cache
def shapes(contract: str) -> dict[bytes, Shape]:
    """Return the events of a contract by their topic."""
    entries = [entry for entry in read_artifact(contract).abi if entry["type"] == "event"]
    made = [Shape(entry["name"], keccak(_signature(entry)), entry["inputs"]) for entry in entries]
    return {shape.topic: shape for shape in made}


def shape_of(contract: str, name: str) -> Shape:
    """Return the event of that name, or say which there are."""
    known = {shape.name: shape for shape in shapes(contract).values()}
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise InputError(f"{contract} has no event named {name!r}; it has {listed}.")
    return known[name]


def _signature(entry: Mapping[str, Any]) -> bytes:
    return f"{entry['name']}({','.join(map(_type, entry['inputs']))})".encode()


def _type(entry: Mapping[str, Any]) -> str:
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, entry['components']))}){kind.removeprefix('tuple')}"


def _fits_a_word(entry: Mapping[str, Any]) -> bool:
    kind: str = entry["type"]
    return kind not in DYNAMIC and not kind.endswith("]") and kind != "tuple"


def _value(entry: Mapping[str, Any], value: Any) -> Value:
    kind: str = entry["type"]
    if kind.endswith("]"):
        each = {**entry, "type": kind[: kind.rindex("[")]}
        return tuple(_value(each, one) for one in value)
    if kind == "tuple":
        return tuple(map(_value, entry["components"], value))
    if kind == "address":
        return checksum_address(bytes.fromhex(value[2:]))
    plain: Value = value
    return plain


def _word(shape: Shape, entry: Mapping[str, Any], value: Value) -> bytes:
    """Write a value as the chain does where it is indexed."""
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    kind: str = entry["type"]
    if kind in DYNAMIC and isinstance(value, str | bytes):
        return keccak(value.encode() if isinstance(value, str) else value)
    try:
        if not _fits_a_word(entry):
            raise TypeError(kind)
        return bytes(encode([kind], [value]))
    except (EncodingError, TypeError) as error:
        raise InputError(
            f"{value!r} is no {kind}, which {entry['name']} of {shape.name} is."
        ) from error
