"""Finds the documents that a user names, and checks that each can be read, before anything is done
with any.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyhealth.errors import InputError

PROOF_SUFFIX = ".proof.json"


def proof_file(document: Path, folder: Path | None = None) -> Path:
    """Return where a document's proof lies: beside it, or in the folder given."""
    return (folder or document.parent) / (document.name + PROOF_SUFFIX)


def collect(named: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named, each once; proofs and hidden files
    are passed over.
    """
    found: dict[Path, Path] = {}
    for path in named:
        if not path.exists():
            raise InputError(f"{path} does not exist; name a file or a folder.")
        for file in _walk(path, ()) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    if not found:
        raise InputError(
            "No document was found in what was named; proofs and hidden files do not count."
        )
    for file in found.values():
        _check(file)
    return list(found.values())


def _walk(folder: Path, parents: tuple[Path, ...]) -> Iterator[Path]:
    real = folder.resolve()
    if real in parents:
        raise InputError(
            f"{folder} leads back to {real}, a folder that contains it; remove that link."
        )
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be opened ({error.strerror}).") from error
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith(PROOF_SUFFIX):
            continue
        if entry.is_dir():
            yield from _walk(entry, (*parents, real))
        else:
            yield entry


def _check(file: Path) -> None:
    if not file.is_file():
        raise InputError(f"{file} is neither a file nor a folder, or a link that leads nowhere.")
    if not os.access(file, os.R_OK):
        raise InputError(f"{file} cannot be read (permission denied).")
    if file.stat().st_size == 0:
        raise InputError(f"{file} is empty, and an empty document proves nothing.")
