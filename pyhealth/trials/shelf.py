"""What a sponsor keeps of its trials in the data folder: salts, nameplates, outcome lists, batches.

FOLDER/registry.secret              salts the identifiers of all trials: the same one twice is seen
FOLDER/TRIAL/nameplate.json         opens the trial's identifier
FOLDER/TRIAL/outcomes/LIST/          one file an outcome, and its proof: a list to be revealed
FOLDER/TRIAL/batches/               salts and commitments of records
FOLDER/drafts/                      salts of what is on its way
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.governance.ballots import load, save
from pyhealth.hashing import REGISTRY_DOMAIN, commitment, keccak, new_salt, trial_id
from pyhealth.sheaf import Draft, write_private
from pyhealth.values import DocumentKind

LONGEST = 200  # characters of a registry identifier
SHORT = 16  # digits of a trial's identifier that name its folder


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What opens the identifier of a trial: whoever holds it can check that it is this trial's."""

    chain_id: int
    registry: str
    sponsor: int  # that registered it
    trial_id: bytes
    registry_id: str  # such as NCT01234567
    salt: bytes
    title: str

    @property
    def commitment(self) -> bytes:
        """What stands on the chain for the identifier."""
        return commitment(REGISTRY_DOMAIN, self.salt, _digest(self.registry_id))

    @property
    def holds(self) -> bool:
        """Whether the identifier gives the trial's."""
        made = trial_id(self.chain_id, self.registry, self.sponsor, self.commitment)
        return made == self.trial_id


@dataclass(frozen=True, slots=True)
class Shelf:
    """The sponsor's own folder for one registry on one chain."""

    folder: Path

    def nameplate(
        self, chain_id: int, registry: str, sponsor: int, registry_id: str, title: str = ""
    ) -> Nameplate:
        """Name a trial, registered or not: the same identifier always gives the same trial.

        Its salt follows from a secret and the identifier, so that one opened says nothing of
        others.
        """
        named = normalised(registry_id)
        salt = keccak(self._secret() + _digest(named))
        hidden = commitment(REGISTRY_DOMAIN, salt, _digest(named))
        made = trial_id(chain_id, registry, sponsor, hidden)
        return Nameplate(chain_id, registry, sponsor, made, named, salt, title)

    def _secret(self) -> bytes:
        file = self.folder / "registry.secret"
        if not file.exists():
            write_private(file, new_salt())
        return file.read_bytes()

    def of(self, trial: bytes) -> Path:
        """Return the folder of a trial."""
        return self.folder / trial.hex()[:SHORT]

    def keep(self, nameplate: Nameplate) -> Path:
        """Keep the nameplate of a trial, once."""
        file = self.of(nameplate.trial_id) / "nameplate.json"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            save(nameplate, file)
        return file

    def nameplates(self) -> Iterator[Nameplate]:
        """Yield the nameplates that are kept here."""
        for file in sorted(self.folder.glob("*/nameplate.json")):
            yield load(Nameplate, file)

    def draft(self, trial: bytes, kind: DocumentKind, digests: Iterable[bytes]) -> Draft:
        """Return where the salts of documents are while they are on their way."""
        key = keccak(trial + bytes([kind]) + b"".join(digests))
        return Draft(self.folder / "drafts" / f"{key.hex()[:32]}.salts")

    def outcomes(self, trial: bytes, digests: Iterable[bytes]) -> Path:
        """Return the folder of the outcome list with these digests, in whatever order."""
        key = keccak(b"".join(sorted(digests)))
        return self.of(trial) / "outcomes" / key.hex()[:SHORT]

    def batches(self, trial: bytes) -> Path:
        """Return the folder of a trial's batches of records."""
        return self.of(trial) / "batches"

    def lists(self, trial: bytes) -> list[Path]:
        """Return the folders of all outcome lists of a trial."""
        return sorted((self.of(trial) / "outcomes").glob("*"))


def normalised(registry_id: str) -> str:
    """Return an identifier in one way of writing it: in capitals, without blanks."""
    named = "".join(registry_id.split()).upper()
    if not named or not named.isprintable():
        raise InputError(f"{registry_id!r} is no identifier of a trial; give one like NCT01234567.")
    if len(named) > LONGEST:
        raise InputError(
            f"An identifier of {len(named)} characters is no trial's ({named[:20]}…); {LONGEST} "
            "are the most."
        )
    return named


def _digest(registry_id: str) -> bytes:
    return sha256(registry_id.encode()).digest()
