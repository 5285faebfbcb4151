"""Papers that members hand to one another: signed ballots and signed mandates."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pyhealth.chain.wallet import Signer
from pyhealth.errors import InputError
from pyhealth.hashing import (
    Domain,
    ballot_digest,
    mandate_digest,
)
from pyhealth.reading import shallow
from pyhealth.values import Choice

P = TypeVar("P")
CONTRACT = "Consortium"  # its name in what is signed


@dataclass(frozen=True, slots=True)
class SignedBallot:
    """A ballot that a member's key signed; anyone can hand it in."""

    chain_id: int
    consortium: str
    proposal_id: bytes
    member: int
    choice: Choice
    signer: str
    deadline: datetime  # the first second at which it is refused
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedMandate:
    """A key's own word that it will act for a member; the member hands it in."""

    chain_id: int
    consortium: str
    member: int
    account: str  # the member's own: a number alone could go to another after a reorganisation
    operator: str
    nonce: int
    deadline: datetime  # the first second at which it is refused
    signature: bytes


def sign_ballot(
    signer: Signer,
    domain: Domain,
    proposal_id: bytes,
    *,
    member: int,
    choice: Choice,
    deadline: datetime,
) -> SignedBallot:
    """Sign a ballot for a member; needs no node."""
    seconds = int(deadline.timestamp())
    digest = ballot_digest(domain, proposal_id, member, choice, seconds)
    place = domain.chain_id, domain.contract
    signature = signed(signer, digest)
    return SignedBallot(*place, proposal_id, member, choice, signer.address, deadline, signature)


def sign_mandate(
    signer: Signer, domain: Domain, *, member: int, account: str, nonce: int, deadline: datetime
) -> SignedMandate:
    """Sign, with the key that will act for a member; needs no node."""
    seconds = int(deadline.timestamp())
    digest = mandate_digest(domain, member, account, signer.address, nonce, seconds)
    place = domain.chain_id, domain.contract
    signature = signed(signer, digest)
    return SignedMandate(*place, member, account, signer.address, nonce, deadline, signature)


def signed(signer: Signer, digest: bytes) -> bytes:
    """Return a signature as contracts take it: r, s and v of 27 or 28."""
    signature = signer.sign_digest(digest)
    return signature[:64] + bytes([signature[64] + 27])


def save(paper: Any, file: Path) -> Path:
    """Write a paper, a flat dataclass, as JSON, for its owner's eyes only; never over another."""
    named = {field.name: _plain(getattr(paper, field.name)) for field in fields(paper)}
    try:
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(json.dumps({"paper": type(paper).__name__, **named}, indent=2) + "\n")
    except FileExistsError as error:
        raise InputError(f"{file} exists already; move it away, or name another file.") from error
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
    return file


def load(kind: type[P], file: Path) -> P:
    """Read a paper of a kind."""
    try:
        text = file.read_text("utf-8")
        with shallow():
            told = json.loads(text)
        if told["paper"] != kind.__name__:
            raise ValueError(f"it is a {told['paper']}")
        listed = fields(kind)  # type: ignore[arg-type]
        return kind(**{one.name: _typed(str(one.type), told[one.name]) for one in listed})
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        paper = re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).lower()
        raise InputError(f"{file} is no {paper} ({error}); have it made anew.") from error


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(kind: str, value: Any) -> Any:
    if kind == "Choice":
        return Choice[value]
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "bytes":
        return bytes.fromhex(value[2:])
    return int(value) if kind == "int" else str(value)
