"""What the compiler made of each contract, as shipped inside the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from pyhealth.errors import DeploymentError
from pyhealth.hashing import keccak

FOLDER = Path(__file__).parent.parent / "artifacts"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract."""

    name: str
    source: str  # path of the source, as the compiler was given it
    compiler: str
    abi: list[dict[str, Any]] = field(repr=False)
    bytecode: bytes = field(repr=False)  # creates the contract; constructor arguments follow it
    runtime: bytes = field(repr=False)  # what stands on chain, immutables left zero
    immutables: tuple[tuple[int, int], ...] = field(
        repr=False
    )  # start and length of each place in the runtime code

    def code_hash(self, code: bytes | None = None) -> bytes:
        """Return the hash of deployed code with the immutables blanked; of our own runtime by
        default.
        """
        blanked = bytearray(self.runtime if code is None else code)
        for start, length in self.immutables:
            blanked[start : start + length] = bytes(length)
        return keccak(bytes(blanked))


def names() -> list[str]:
    """Return the names of all contracts, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


@cache
def read_artifact(name: str) -> Artifact:
    """Return a contract as compiled."""
    try:
        raw = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    except FileNotFoundError as error:
        raise DeploymentError(
            f"No contract is named {name!r}; known are {', '.join(names())}."
        ) from error
    return Artifact(
        name=name,
        source=raw["source"],
        compiler=raw["compiler"],
        abi=raw["abi"],
        bytecode=bytes.fromhex(raw["bytecode"]),
        runtime=bytes.fromhex(raw["runtime"]),
        immutables=tuple((start, length) for start, length in raw["immutables"]),
    )


def constructor_data(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Return a constructor's arguments, given as JSON, as they follow the bytecode."""
    inputs = [
        each for entry in artifact.abi if entry["type"] == "constructor" for each in entry["inputs"]
    ]
    return encode_json(inputs, arguments) if inputs else b""


def encode_json(inputs: Sequence[dict[str, Any]], arguments: Sequence[Any]) -> bytes:
    """Encode arguments given as JSON: bytes as hexadecimal, structs by the names of their
    members.
    """
    from eth_abi.abi import encode
    from eth_utils.abi import collapse_if_tuple

    types = [collapse_if_tuple(each) for each in inputs]
    values = [_value(each, each["type"], one) for each, one in zip(inputs, arguments, strict=True)]
    return bytes(encode(types, values))


def _value(described: dict[str, Any], kind: str, given: Any) -> Any:
    if kind.endswith("]"):
        return [_value(described, kind[: kind.rindex("[")], one) for one in given]
    if kind == "tuple":
        members = described["components"]
        return tuple(_value(each, each["type"], given[each["name"]]) for each in members)
    if kind.startswith("bytes") and isinstance(given, str):
        return bytes.fromhex(given.removeprefix("0x"))
    if "int" in kind and isinstance(given, str):
        return int(given, 0)
    return given == "true" if kind == "bool" and isinstance(given, str) else given
