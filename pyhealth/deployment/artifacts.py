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


def constructor_data(artifact: Artifact, arguments: Sequence[str]) -> bytes:
    """Return a constructor's arguments as they follow the bytecode."""
    entries = (entry for entry in artifact.abi if entry["type"] == "constructor")
    types = [each["type"] for entry in entries for each in entry["inputs"]]
    if not types:
        return b""
    from eth_abi.abi import encode

    return bytes(encode(types, list(arguments)))
