"""Transactions: built, signed and encoded, byte for byte as eth-account does, in a tenth of its
time.

Fee-market transactions are of type 2 (EIP-1559 in an EIP-2718 envelope), others legacy with replay
protection (EIP-155).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import rlp

from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.hashing import keccak

FEE_MARKET = 2  # the type of transactions after EIP-1559
ENVELOPE = bytes((FEE_MARKET,))
RLP_STRING, RLP_LIST, RLP_SHORT = 0x80, 0xC0, 55
NO_ACCESS_LIST = bytes((RLP_LIST,))


@dataclass(frozen=True, slots=True)
class Call:
    """What shall be done: a call of a contract, or a creation where there is no address."""

    to: str | None  # checksummed; None creates a contract
    data: bytes
    value: int = 0  # wei
    gas: int | None = None  # None: estimated


@dataclass(frozen=True, slots=True)
class Fees:
    """What a unit of gas may cost, in wei: with a fee market (EIP-1559) the most and the tip, else
    one price.
    """

    maximum: int
    tip: int | None = None  # None: legacy


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction, ready to be sent any number of times."""

    hash: bytes
    raw: bytes
    nonce: int
    call: Call
    fees: Fees


def sign(call: Call, signer: Signer, *, chain_id: int, nonce: int, gas: int, fees: Fees) -> Signed:
    """Sign a call as the ``nonce``-th transaction of the signer's account on that chain."""
    to = bytes.fromhex(call.to[2:]) if call.to else b""
    if fees.tip is None:
        body = _items(nonce, fees.maximum, gas, to, call.value, call.data)
        signature = signer.sign_digest(keccak(_list(body + _items(chain_id, 0, 0))))
        raw = _list(body + _items(signature[64] + 35 + 2 * chain_id, *_numbers(signature)))
    else:
        body = _items(chain_id, nonce, fees.tip, fees.maximum, gas, to, call.value, call.data)
        body += NO_ACCESS_LIST
        signature = signer.sign_digest(keccak(ENVELOPE + _list(body)))
        raw = ENVELOPE + _list(body + _items(signature[64], *_numbers(signature)))
    return Signed(keccak(raw), raw, nonce, replace(call, gas=gas), fees)


def parse(raw: bytes) -> Signed:
    """Read a transaction of ours back from its bytes."""
    if raw[0] == FEE_MARKET:
        _, nonce, tip, maximum, gas, to, value, data, *_ = rlp.decode(raw[1:])
        fees = Fees(int.from_bytes(maximum), int.from_bytes(tip))
    else:
        nonce, price, gas, to, value, data, *_ = rlp.decode(raw)
        fees = Fees(int.from_bytes(price))
    call = Call(
        checksum_address(to) if to else None, data, int.from_bytes(value), int.from_bytes(gas)
    )
    return Signed(keccak(raw), raw, int.from_bytes(nonce), call, fees)


def _items(*values: int | bytes) -> bytes:
    """Encode numbers and strings as RLP does, one after the other."""
    encoded = []
    for value in values:
        text = value if isinstance(value, bytes) else value.to_bytes((value.bit_length() + 7) // 8)
        single = len(text) == 1 and text[0] < RLP_STRING
        encoded.append(text if single else _head(len(text), RLP_STRING) + text)
    return b"".join(encoded)


def _list(items: bytes) -> bytes:
    return _head(len(items), RLP_LIST) + items


def _head(length: int, kind: int) -> bytes:
    if length <= RLP_SHORT:
        return bytes((kind + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((kind + RLP_SHORT + len(size),)) + size


def _numbers(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the chain keeps it."""

    address: str  # checksummed
    topics: tuple[bytes, ...]
    data: bytes
    index: int  # within its transaction's receipt


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a transaction."""

    transaction: bytes
    block_number: int
    block_hash: bytes
    index: int  # within the block
    succeeded: bool
    gas_used: int
    gas_price: int  # wei a unit of gas
    contract: str | None  # checksummed address of what was created
    logs: tuple[Log, ...]

    @classmethod
    def from_rpc(cls, raw: dict[str, Any]) -> Receipt:
        """Read a receipt as the node gives it."""
        created = raw.get("contractAddress")
        return cls(
            transaction=_bytes(raw["transactionHash"]),
            block_number=int(raw["blockNumber"], 16),
            block_hash=_bytes(raw["blockHash"]),
            index=int(raw["transactionIndex"], 16),
            succeeded=int(raw["status"], 16) == 1,
            gas_used=int(raw["gasUsed"], 16),
            gas_price=int(raw.get("effectiveGasPrice") or "0x0", 16),
            contract=checksum_address(_bytes(created)) if created else None,
            logs=tuple(
                Log(
                    checksum_address(_bytes(log["address"])),
                    tuple(map(_bytes, log["topics"])),
                    _bytes(log["data"]),
                    i,
                )
                for i, log in enumerate(raw["logs"])
            ),
        )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
