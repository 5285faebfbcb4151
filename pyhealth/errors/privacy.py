"""What the vault and erasure refuse. No sentence names a patient: these lines end in logs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pyhealth.errors import PyHealthError

__all__ = [
    "BackupInvalid",
    "CertificateInvalid",
    "FilesRemain",
    "KeyCommandFailed",
    "PersonalDataFound",
    "PrivacyError",
    "SharesInvalid",
    "SubjectErased",
    "SubjectHeld",
    "SubjectUnknown",
    "VaultExists",
    "VaultFull",
    "VaultKeyWrong",
    "VaultLocked",
    "VaultMissing",
    "VaultOfAnotherChain",
    "VaultRolledBack",
    "VaultRowMissing",
    "VaultTampered",
    "VaultUnreachable",
]


@dataclass(eq=False)
class PrivacyError(PyHealthError):
    """Personal data could not be kept, read or destroyed as was asked."""

    def __str__(self) -> str:
        values = {field.name: _shown(getattr(self, field.name)) for field in fields(self)}
        return " ".join((self.__doc__ or "").format(**values).split())


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return value


@dataclass(eq=False)
class VaultMissing(PrivacyError):
    """There is no vault at {where}; make one with 'pyhealth privacy vault init', or put a backup
    there with 'pyhealth privacy vault restore'."""

    where: str


@dataclass(eq=False)
class VaultExists(PrivacyError):
    """There is a vault at {where} already; to put a backup in its place, add --replace."""

    where: str


@dataclass(eq=False)
class VaultUnreachable(PrivacyError):
    """The vault {where} cannot be reached ({why}); start its database, or name another in
    PYHEALTH_VAULT_URL."""

    where: str
    why: str


@dataclass(eq=False)
class VaultLocked(PrivacyError):
    """The vault {where} is held by another process ({why}); try again when that has ended."""

    where: str
    why: str


@dataclass(eq=False)
class VaultFull(PrivacyError):
    """The vault {where} has no room left ({why}); nothing is half written: make room, and try
    again."""

    where: str
    why: str


@dataclass(eq=False)
class VaultOfAnotherChain(PrivacyError):
    """The vault {where} belongs to {theirs}, and this is {ours}; name the network that it is
    for, or another vault in PYHEALTH_VAULT_URL."""

    where: str
    theirs: str
    ours: str


@dataclass(eq=False)
class VaultKeyWrong(PrivacyError):
    """The vault is wrapped by the {expected}, and the {given} does not open it; name the right key
    in PYHEALTH_VAULT_KEK."""

    expected: str
    given: str


@dataclass(eq=False)
class KeyCommandFailed(PrivacyError):
    """The command that keeps the vault's key did not {what} it ({why}); see that the key service
    answers, and try again."""

    what: str
    why: str


@dataclass(eq=False)
class VaultTampered(PrivacyError):
    """The vault's {what} is not what was written ({why}); trust nothing in it, and put a backup in
    its place with 'pyhealth privacy vault restore --replace'."""

    what: str
    why: str


@dataclass(eq=False)
class VaultRolledBack(VaultTampered):
    """The vault's {what} is an earlier one ({why}); find the newer file, or say that the older is
    meant with 'pyhealth privacy vault restore --replace'."""


@dataclass(eq=False)
class VaultRowMissing(PrivacyError):
    """The vault keeps no {kind} of that name for this subject; 'pyhealth privacy vault info' counts
    what it keeps."""

    kind: str


@dataclass(eq=False)
class SubjectUnknown(PrivacyError):
    """The vault knows no such subject; check its spelling: upper and lower case differ."""


@dataclass(eq=False)
class SubjectErased(PrivacyError):
    """This subject was erased at {at}, and nothing can be kept for it again; whoever returns gets a
    new identifier."""

    at: datetime


@dataclass(eq=False)
class FilesRemain(PrivacyError):
    """The subject's keys are destroyed, but {count} of its files outside of the vault could not be
    ({why}); see that they can be written, and erase the subject again."""

    count: int
    why: str


@dataclass(eq=False)
class SubjectHeld(PrivacyError):
    """This subject's data is on hold ({why}); lift that first with 'pyhealth privacy retention
    --release'."""

    why: str


@dataclass(eq=False)
class SharesInvalid(PrivacyError):
    """These recovery shares do not open the vault ({why}); hand in two different ones of the set
    made last."""

    why: str


@dataclass(eq=False)
class BackupInvalid(PrivacyError):
    """{file} is no whole backup of a vault ({why}); use another one."""

    file: str
    why: str


@dataclass(eq=False)
class CertificateInvalid(PrivacyError):
    """{file} certifies nothing ({why}); ask the custodian for the certificate anew."""

    file: str
    why: str


@dataclass(eq=False)
class PersonalDataFound(PrivacyError):
    """Personal data stands in {places} place(s) where it must not; each finding says where."""

    places: int
