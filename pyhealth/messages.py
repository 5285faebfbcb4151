"""Messages that an account signs and anyone hands in (EIP-712): as wallets show them, and the files
that they travel in.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyhealth.chain.network import address_of
from pyhealth.chain.wallet import Signer
from pyhealth.errors import InputError
from pyhealth.hashing import EIP712_DOMAIN, Domain
from pyhealth.reading import shallow

Value = int | str | bytes
PAPER = "pyhealth.signed-message/1"
EXACT = 1 << 53  # from here on JSON readers round numbers, and text is written instead
LARGEST = 1 << 16  # bytes of a file
LARGEST_CHAIN = 1 << 64  # no chain has this number, or a larger one
SHOWN = 200  # characters of what a file says
ZERO = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Message:
    """What is signed: a struct of one type, for one contract on one chain."""

    domain: Domain
    kind: str  # as EIP-712 encodes the type, such as "Dismissal(address patient,…)"
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        for of, name in fields_of(self.kind):
            value = self.fields[name]
            if isinstance(value, int) and not _fits(value, of):
                raise InputError(f"{name} {value} is no {of}; give a number from 0 that is one.")
        if not 0 < self.domain.chain_id < LARGEST_CHAIN:
            raise InputError(f"{self.domain.chain_id} is the number of no chain; give another.")

    @property
    def name(self) -> str:
        """The name of the type."""
        return self.kind[: self.kind.index("(")]

    @property
    def fields(self) -> dict[str, Value]:
        """The values by their names."""
        names = (name for _, name in fields_of(self.kind))
        return dict(zip(names, self.values, strict=True))

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        return self.domain.digest(self.kind, *self.values)

    def typed_data(self) -> dict[str, Any]:
        """Return what ``eth_signTypedData_v4`` takes, which wallets show field by field."""
        domain = {
            "name": self.domain.name,
            "version": "1",
            "chainId": self.domain.chain_id,
            "verifyingContract": self.domain.contract,
        }
        types = {"EIP712Domain": _listed(EIP712_DOMAIN), self.name: _listed(self.kind)}
        shown = {name: _shown(value) for name, value in self.fields.items()}
        return {
            "types": types,
            "primaryType": self.name,
            "domain": domain,
            "message": shown,
        }

    def signed_by(self, signer: Signer) -> SignedMessage:
        """Sign; needs no node."""
        signature = signer.sign_digest(self.digest)
        return SignedMessage(self, signature[:64] + bytes([signature[64] + 27]))


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message and its signature; an unsigned one has none yet."""

    message: Message
    signature: bytes
    says: tuple[str, ...] = field(default=(), compare=False)  # in its file; not signed

    def require_said(self, *ways: str) -> None:
        """Refuse a file that does not say what its message says, in one of some ways to say it."""
        if self.says and self.says not in [(words,) for words in ways]:
            raise InputError(
                f"The file says {' '.join(self.says)[:SHOWN]!r}, and signed is: {ways[0]}; have it "
                'made anew, or empty its "says" where that is wanted.'
            )

    def save(self, file: Path, words: Sequence[str] = ()) -> Path:
        """Write the message as JSON, with what it says in words; never over another file."""
        told = {
            "paper": PAPER,
            "says": list(words),  # for people; checked against what is below before it counts
            "typed_data": self.message.typed_data(),
            "signature": "0x" + self.signature.hex(),
        }
        try:
            with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
                out.write(json.dumps(told, indent=2) + "\n")
        except FileExistsError as error:
            raise InputError(
                f"{file} exists already; move it away, or name another file."
            ) from error
        except OSError as error:
            raise InputError(f"{file} cannot be written ({error.strerror}).") from error
        return file


def load(file: Path, kinds: Mapping[str, str]) -> SignedMessage:
    """Read a message of one of some types, by contract: ``{type as encoded: contract's name}``."""
    try:
        raw = file.read_bytes()
        if len(raw) > LARGEST:
            raise ValueError("it is too long")
        with shallow():
            told = json.loads(raw)
        if told["paper"] != PAPER:
            raise ValueError(f"its paper is {str(told['paper'])[:40]!r}")
        message, says = read_typed_data(told["typed_data"], kinds), told.get("says", [])
        if not isinstance(says, list) or not all(isinstance(one, str) for one in says):
            raise ValueError("what it says is no text")
        return SignedMessage(message, read_bytes(told["signature"]), tuple(says))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        InputError,
    ) as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise InputError(f"{file} is no signed message ({reason}); have it made anew.") from error


def read_typed_data(told: Mapping[str, Any], kinds: Mapping[str, str]) -> Message:
    """Read a message from what a wallet signed; it must be of one of these types, to the letter."""
    named = {kind[: kind.index("(")]: kind for kind in kinds}
    primary, domain = told["primaryType"], told["domain"]
    if primary not in named:
        raise ValueError(f"{str(primary)[:40]!r} is none of {', '.join(named)}")
    kind = named[primary]
    wanted = {"EIP712Domain": _listed(EIP712_DOMAIN), primary: _listed(kind)}
    stated = {"name": kinds[kind], "version": "1"}
    if told["types"] != wanted or {key: domain[key] for key in stated} != stated:
        raise ValueError(f"its types or its domain are not those of {kinds[kind]}")
    place = Domain(kinds[kind], int(domain["chainId"]), address_of(domain["verifyingContract"]))
    given, fields = told["message"], fields_of(kind)
    if set(given) != {name for _, name in fields} or set(domain) != _DOMAIN:
        raise ValueError("its fields are not those of its types")
    return Message(place, kind, tuple(_read(of, given[name], name) for of, name in fields))


def fields_of(kind: str) -> list[tuple[str, str]]:
    """Return the type and the name of each field of a type as encoded."""
    return [(of, name) for of, name in re.findall(r"(\w+) (\w+)", kind)]


_DOMAIN = {name for _, name in fields_of(EIP712_DOMAIN)}


def read_bytes(text: object) -> bytes:
    """Read bytes as JSON has them."""
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError(f"{str(text)[:40]!r} is not in hexadecimal")
    return bytes.fromhex(text[2:])


def _listed(kind: str) -> list[dict[str, str]]:
    return [{"name": name, "type": of} for of, name in fields_of(kind)]


def _shown(value: Value) -> int | str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if isinstance(value, int) and value >= EXACT else value


def _read(of: str, given: Any, name: str) -> Value:
    """Read a value of a type."""
    if of == "address":
        return ZERO if given == ZERO else address_of(str(given))
    if of == "bytes32":
        value = read_bytes(given)
        if len(value) != 32:
            raise ValueError(f"{name} has {len(value)} bytes")
        return value
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError(f"{name} is no number")
    number = int(given, 0) if isinstance(given, str) else given
    if not _fits(number, of):
        raise ValueError(f"{name} is no {of}")
    return number


def _fits(number: int, of: str) -> bool:
    return 0 <= number < 1 << int(of.removeprefix("uint"))
