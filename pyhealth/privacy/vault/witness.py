"""What is known of a vault outside of its database: how far it had come, and who was erased.

Both lie in a folder of the data folder, which no backup of the database holds. A database that was
put back alone is behind the head, and those who were erased stay erased in it. Whoever can put
back this folder with the database at once, in one state, cannot be told from the past.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from pyhealth.errors import InputError, VaultRolledBack, VaultTampered
from pyhealth.privacy.vault.header import Header, Keys
from pyhealth.privacy.vault.subject import Gone, Ground
from pyhealth.values import utc

HEAD, ERASED, CERTIFICATES = "head.json", "erased.jsonl", "certificates"
Told = tuple[bytes, int, int, bytes]  # tag, moment, ground, seal


@dataclass(frozen=True, slots=True)
class Head:
    """The newest state that was seen."""

    vault: bytes
    changes: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Witness:
    """The folder of one vault."""

    folder: Path

    @property
    def certificates(self) -> Path:
        """Where certificates of erasure are kept."""
        return self.folder / CERTIFICATES

    def head(self) -> Head | None:
        """Return the newest state seen from here; nothing before the first."""
        file = self.folder / HEAD
        try:
            told = orjson.loads(file.read_bytes())
            vault, root = (bytes.fromhex(told[name]) for name in ("vault", "root"))
            return Head(vault, int(told["changes"]), root)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise VaultTampered("head", f"{file} cannot be read") from error

    def check(self, head: Head | None, header: Header) -> None:
        """Refuse a database that is behind a head which was read before it."""
        if head is None:
            return
        if head.vault != header.vault:
            raise VaultTampered("database", f"another vault is in its place than {self.folder} saw")
        if header.changes < head.changes:
            seen = f"it has seen {header.changes} changes, and there were {head.changes}"
            raise VaultRolledBack("database", seen)
        if header.changes == head.changes and header.root != head.root:
            raise VaultTampered("database", "it holds something else than it did")

    def advance(self, header: Header, *, anew: bool = False) -> None:
        """Note a state after it was kept; never an earlier one, unless a restore says so."""
        with self._alone():
            known = None if anew else self.head()
            if known and known.changes >= header.changes:
                return
            told = {
                "vault": header.vault.hex(),
                "changes": header.changes,
                "root": header.root.hex(),
            }
            _write(self.folder / HEAD, orjson.dumps(told) + b"\n")

    def erased(self, header: Header, keys: Keys, more: Iterable[Path] = ()) -> dict[bytes, Gone]:
        """Return who was erased, by tag: from the list, and from certificates, these and ``more``;
        what this vault did not write is refused.
        """
        found: dict[bytes, Gone] = {}
        for place, told in (*self._listed(), *_certified((*self._kept(), *more))):
            try:
                tag, at, ground, seal = told or (b"", 0, 0, b"")
                known = seal == seal_of(header, keys, tag, Gone(utc(at), Ground(ground)))
            except (ValueError, TypeError, OverflowError):
                known = False
            if not known:
                raise VaultTampered("list of the erased", f"{place} was changed")
            found.setdefault(tag, Gone(utc(at), Ground(ground)))
        return found

    def _listed(self) -> Iterator[tuple[str, Told | None]]:
        file = self.folder / ERASED
        lines = file.read_bytes().splitlines() if file.exists() else []
        for number, line in enumerate(lines, 1):
            yield f"{file}, line {number}", _read(line)

    def _kept(self) -> list[Path]:
        return sorted(self.certificates.glob("*.json"))

    def erased_at(self, header: Header, keys: Keys, tag: bytes) -> datetime | None:
        """Return when a subject was erased; nothing where it was not."""
        file = self.folder / ERASED
        if not file.exists() or tag.hex().encode() not in file.read_bytes():
            return None
        return self.erased(header, keys)[tag].at

    def note_erased(self, header: Header, keys: Keys, erased: Mapping[bytes, Gone]) -> None:
        """Add to the list of the erased those who are not on it."""
        with self._alone():
            listed = {**erased, **self.erased(header, keys)}
            told = (
                {"subject": tag.hex(), "at": int(gone.at.timestamp()), "ground": gone.ground}
                | {"seal": seal_of(header, keys, tag, gone).hex()}
                for tag, gone in sorted(listed.items())
            )
            _write(self.folder / ERASED, b"".join(orjson.dumps(one) + b"\n" for one in told))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def seal_of(header: Header, keys: Keys, tag: bytes, gone: Gone) -> bytes:
    """Return what shows this vault that it wrote down an erasure itself."""
    at = int(gone.at.timestamp())
    return keys.attested("erased", *header.identity, tag, at, int(gone.ground))


def _read(line: bytes) -> Told | None:
    try:
        told = orjson.loads(line)
        subject, seal = (
            bytes.fromhex(told[name].removeprefix("0x")) for name in ("subject", "seal")
        )
        return subject, told["at"], told["ground"], seal
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _certified(files: Iterable[Path]) -> Iterator[tuple[str, Told | None]]:
    """Yield what certificates of erasure say; who signed them does not matter here."""
    for file in files:
        try:
            told = orjson.loads(file.read_bytes())["typed_data"]["message"]
            yield str(file), _read(orjson.dumps({**told, "at": told["erasedAt"]}))
        except OSError as error:
            raise InputError(f"{file} cannot be read ({error.strerror}).") from error
        except (ValueError, KeyError, TypeError):
            yield str(file), None


def _write(file: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    made = file.with_name(f"{file.name}.new")
    with open(made, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    made.replace(file)
