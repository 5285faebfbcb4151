"""The document that a directive commits to: the one the patient agreed to, or a plain statement."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.hashing import keccak
from pyhealth.openings import Opening, commit


@dataclass(frozen=True, slots=True)
class Committed:
    """A consent document, and what opens the commitment to it."""

    file: Path
    opening: Opening


def committed(document: Path | None, patient: str, words: str, home: Path) -> Committed:
    """Commit to a document; where there is none, write what is said into the data folder."""
    file = document or _written(patient, words, home / "consents")
    return Committed(file, commit(file, "consent", patient))


def _written(patient: str, words: str, folder: Path) -> Path:
    """Write a statement; the same words give the same file, and so the same commitment."""
    file = folder / f"{keccak(f'{patient} {words}'.encode()).hex()[:16]}.txt"
    if file.exists():
        return file
    now = datetime.now(UTC).replace(microsecond=0)
    text = f"Patient {patient}: {words}.\nWritten on {now:%Y-%m-%d %H:%M:%S} UTC.\n"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(text)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
    return file
