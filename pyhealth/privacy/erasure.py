"""Erasure of a subject, and the certificate of it: what the custodian signs, and anyone verifies.

The certificate names the subject by a keyed hash that only the vault can make. It is kept beside
the vault as well: a backup that is restored learns from it who must not come back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import coincurve

from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.errors import CertificateInvalid, InputError
from pyhealth.hashing import Domain, keccak
from pyhealth.messages import Message, SignedMessage, load
from pyhealth.openings import opening_file
from pyhealth.privacy.vault.subject import Erasure, Ground, Kind
from pyhealth.privacy.vault.vault import Vault
from pyhealth.privacy.vault.witness import seal_of
from pyhealth.values import utc

KIND = (
    "Erasure(bytes32 vault,bytes32 subject,uint64 erasedAt,uint8 ground,uint32 rows,uint32 files,"
    "bytes32 seal)"
)
CONTRACT = "RecordRegistry"  # the one whose commitments nothing opens any more
WORDS = {Ground.REQUEST: "at the subject's request", Ground.RETENTION: "at the end of its time"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was verified."""

    signer: str
    domain: Domain
    vault: bytes
    subject: bytes
    erased_at: datetime
    ground: Ground
    rows: int
    files: int


def erase(
    vault: Vault,
    subject: str,
    home: Path,
    domain: Domain,
    signer: Signer,
    *,
    ground: Ground = Ground.REQUEST,
    accounts: Iterable[str] = (),
) -> Path:
    """Erase a subject, with the statements in the data folder that its accounts made, and return
    the certificate; once more it is the same.
    """
    if vault.erased(subject) is None:
        theirs = {*accounts, *vault.names(subject, Kind.PSEUDONYM)}
        for file in statements_of(home, theirs):
            vault.remember(subject, file)
    made = vault.erase(subject, ground)
    return certify(vault, made, domain, signer)


def certify(vault: Vault, made: Erasure, domain: Domain, signer: Signer) -> Path:
    """Sign that a subject was erased; what was signed before stays."""
    file = vault.witness.certificates / f"{made.subject.hex()[:16]}.json"
    if file.exists():
        return file
    with vault.reading() as book:
        ledger = book.ledger
        seal = seal_of(ledger.header, ledger.keys, made.subject, made.gone)
    place = ledger.header.vault, made.subject, int(made.at.timestamp()), int(made.ground)
    message = Message(domain, KIND, (*place, made.rows, made.destroyed, seal))
    words = (
        f"The data of one subject was destroyed on {made.at:%Y-%m-%d %H:%M:%S} UTC, "
        f"{WORDS[made.ground]}: its key, {made.rows} entries of a vault and {made.destroyed} "
        "files outside of it. What stands on the chain for it can be opened no more.",
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    message.signed_by(signer).save(draft, words)
    draft.replace(file)
    return file


def verify(file: Path) -> Certificate:
    """Read a certificate, and return what was signed, and by whom."""
    try:
        signed = load(file, {KIND: CONTRACT})
        account = _signer(signed)
    except (InputError, ValueError) as error:
        raise CertificateInvalid(str(file), str(error).rstrip(".") or "no signature") from error
    vault, subject, at, ground, rows, files, _ = signed.message.values
    if int(ground) not in (Ground.REQUEST, Ground.RETENTION):
        raise CertificateInvalid(str(file), f"ground {int(ground)} is none")
    return Certificate(
        account,
        signed.message.domain,
        bytes(vault),  # type: ignore[arg-type]
        bytes(subject),  # type: ignore[arg-type]
        utc(int(at)),
        Ground(int(ground)),
        int(rows),
        int(files),
    )


def _signer(signed: SignedMessage) -> str:
    """Return the account that signed; a forged signature gives somebody unknown, or nobody."""
    raw = signed.signature
    if len(raw) != 65 or raw[64] not in (27, 28):
        raise ValueError("its signature is none")
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            raw[:64] + bytes([raw[64] - 27]), signed.message.digest, hasher=None
        )
    except Exception as error:  # coincurve raises its own base class
        raise ValueError("its signature is none") from error
    return checksum_address(keccak(key.format(compressed=False)[1:])[12:])


def statements_of(home: Path, accounts: Iterable[str]) -> Iterator[Path]:
    """Yield the consent statements of accounts in the data folder, and their openings."""
    theirs = {f"Patient {account}".lower() for account in accounts}
    for file in sorted((home / "consents").glob("*.txt")):
        if file.read_text("utf-8").partition(":")[0].lower() in theirs:
            yield file
            yield opening_file(file)
