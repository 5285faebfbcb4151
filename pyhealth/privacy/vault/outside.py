"""Files outside of the vault that open something of a subject: openings, and statements."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pyhealth.errors import FilesRemain
from pyhealth.openings import SUFFIX

PIECE = 1 << 20


def destroy_files(files: Iterable[str]) -> None:
    """Destroy files, all that can be, before one that cannot be is told of."""
    failed = []
    for file in files:
        try:
            destroy_file(Path(file))
        except OSError as error:
            failed.append(error.strerror or type(error).__name__)
    if failed:
        raise FilesRemain(len(failed), failed[0])


def destroy_file(file: Path) -> None:
    """Overwrite a file and delete it; with an opening go those of the document's earlier content.

    What a file system or a drive copies behind our back is out of reach: encrypt the drive.
    """
    document = file.name.removesuffix(SUFFIX)
    earlier = file.parent.glob(f"{_literal(document)}.{'[0-9a-f]' * 8}{SUFFIX}")
    for one in (file, *(earlier if document != file.name else ())):
        _destroy(one)


def _destroy(file: Path) -> None:
    try:
        with open(file, "r+b", buffering=0) as out:
            left = os.fstat(out.fileno()).st_size
            while left > 0:
                left -= out.write(bytes(min(left, PIECE)))
            os.fsync(out.fileno())
        file.unlink()
    except FileNotFoundError:
        return


def _literal(name: str) -> str:
    """Return a name without what `glob` would read into it."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)
