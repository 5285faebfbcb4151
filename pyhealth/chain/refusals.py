"""Revert data decoded into our exceptions: one table of every error of the suite and of what it is
built on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pyhealth import errors
from pyhealth.errors import ContractError, UnknownRefusal
from pyhealth.hashing import keccak

# Errors of libraries that a contract's own ABI does not list.
LIBRARY_ERRORS = (
    "Error(string)",
    "Panic(uint256)",
    "ECDSAInvalidSignature()",
    "ECDSAInvalidSignatureLength(uint256)",
    "ECDSAInvalidSignatureS(bytes32)",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InvalidApprover(address)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidSender(address)",
    "ERC20InvalidSpender(address)",
    "ReentrancyGuardReentrantCall()",
    "SafeERC20FailedOperation(address)",
)
PANICS = {
    0x01: "an assertion failed",
    0x11: "an arithmetic overflow",
    0x12: "a division by zero",
    0x21: "a value outside of its enumeration",
    0x22: "a damaged storage byte array",
    0x31: "a pop from an empty array",
    0x32: "an index out of bounds",
    0x41: "too much memory",
    0x51: "a call of an empty function",
}


def decode_refusal(data: bytes) -> ContractError | None:
    """Return the exception that revert data means, or nothing where there is no data."""
    if len(data) < 4:
        return None
    signature = _signatures().get(data[:4])
    if signature is None:
        return UnknownRefusal("0x" + data[:4].hex(), "0x" + data[4:].hex())
    name, types = signature.split("(", 1)
    values = _decode(types[:-1], data[4:])
    ours = getattr(errors, name, None)
    if ours is errors.ActionFailed:
        index, target, reason = values
        return errors.ActionFailed(index, target, reason, decode_refusal(reason))
    if ours is not None and issubclass(ours, ContractError):
        return ours(*values)  # type: ignore[no-any-return]
    if name == "Panic":
        return UnknownRefusal("Panic", PANICS.get(values[0], f"code {values[0]}"))
    return UnknownRefusal(name, ", ".join(str(value) for value in values))


def _decode(types: str, data: bytes) -> tuple[Any, ...]:
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError
    from eth_utils.address import to_checksum_address

    listed = [text for text in _split(types) if text]
    try:
        values = decode(listed, data)
    except DecodingError:
        return tuple("?" for _ in listed)
    return tuple(
        to_checksum_address(v) if t == "address" else v for t, v in zip(listed, values, strict=True)
    )


def _split(types: str) -> Iterable[str]:
    """Split the types of a signature at its outer commas."""
    depth, start = 0, 0
    for i, c in enumerate(types):
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            yield types[start:i]
            start = i + 1
    yield types[start:]


@cache
def _signatures() -> dict[bytes, str]:
    from eth_utils.abi import abi_to_signature

    from pyhealth.deployment.artifacts import names, read_artifact

    listed = {
        abi_to_signature(entry)  # type: ignore[arg-type]
        for name in names()
        for entry in read_artifact(name).abi
        if entry["type"] == "error"
    }
    return {
        keccak(signature.encode())[:4]: signature
        for signature in (*LIBRARY_ERRORS, *sorted(listed))
    }
