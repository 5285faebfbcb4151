"""Where a custodian keeps its records: whatever finds a record's bytes and salt by what is
registered of it.

A hospital puts the gate before its own store by writing one method, `Store.fetch`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyhealth.errors import InputError, RecordNotHeld, SubjectUnknown
from pyhealth.hashing import RECORD_DOMAIN, commitment, new_salt
from pyhealth.openings import SUFFIX, load
from pyhealth.values import Record

if TYPE_CHECKING:
    from pyhealth.privacy.vault import Vault  # SQLAlchemy takes a while to import


@dataclass(frozen=True, slots=True)
class Held:
    """A record as its custodian keeps it, in clear."""

    data: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @property
    def commitment(self) -> bytes:
        """What stands on chain, if this is what was registered."""
        return commitment(RECORD_DOMAIN, self.salt, hashlib.sha256(self.data).digest())


class Store(Protocol):
    """Finds records; may be asked by several threads at once."""

    def fetch(self, record: Record) -> Held:
        """Return what is kept of a patient under a commitment, or raise `RecordNotHeld`. It is
        checked against the commitment before a byte of it is served.
        """
        ...


@dataclass(frozen=True, slots=True)
class VaultStore:
    """The vault: bytes and salts encrypted under their subject's key, until it is erased."""

    vault: Vault

    def keep(self, subject: str, patient: str, data: bytes) -> bytes:
        """Keep a record of a subject, that has this account on the chain, and return the commitment
        to it: the same again for the same bytes, so that what was cut short can be done again.
        """
        from pyhealth.privacy.vault import Kind

        digest = hashlib.sha256(data).digest()
        salt = self.vault.get_or_put(subject, Kind.SALT, f"record 0x{digest.hex()}", new_salt())
        committed = commitment(RECORD_DOMAIN, salt, digest)
        self.vault.get_or_put(subject, Kind.RECORD, _name(patient, committed), data)
        return committed

    def fetch(self, record: Record) -> Held:
        """Return what was kept for that patient: anybody can register a commitment once more."""
        from pyhealth.privacy.vault import Kind

        name = _name(record.patient, record.commitment)
        try:
            subject = self.vault.find(Kind.RECORD, name)
        except SubjectUnknown as unknown:
            raise RecordNotHeld(record.commitment) from unknown
        data = self.vault.get(subject, Kind.RECORD, name)
        digest = hashlib.sha256(data).hexdigest()
        return Held(data, self.vault.get(subject, Kind.SALT, f"record 0x{digest}"))


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder of files, each with its opening beside it as 'pyhealth record register' writes it:
    an example, for files that are encrypted elsewhere.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise InputError(f"{self.folder} is no folder; name the one that the records are in.")

    def fetch(self, record: Record) -> Held:
        for file in self.folder.glob("*" + SUFFIX):
            opening = load(file)
            if opening.of == "record" and opening.commitment == record.commitment:
                document = self.folder / Path(opening.document).name  # never outside the folder
                try:
                    return Held(document.read_bytes(), opening.salt)
                except OSError as error:
                    raise InputError(f"{document} cannot be read ({error.strerror}).") from error
        raise RecordNotHeld(record.commitment)


def _name(patient: str, committed: bytes) -> str:
    return f"0x{committed.hex()} of {patient}"
