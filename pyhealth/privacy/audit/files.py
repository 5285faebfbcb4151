"""What stands in files: as bytes, free pages and write-ahead logs included, and cell by cell.

A long value lies in pieces in a database's pages; read through the database it is whole.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.privacy.audit.pieces import Piece, Place

SQLITE, GZIP = b"SQLite format 3\0", b"\x1f\x8b"
CHUNK = 16 << 20  # bytes of a file in memory
BOOKS = frozenset({"claims", "consents", "trials"})  # hold what their owner works with, in clear


@dataclass
class Files:
    """Reads folders and files for one audit, and notes what it could not see."""

    home: Path  # the data folder
    others: Sequence[Path] = ()
    handed: Sequence[Path] = ()  # that say what to look for
    overlap: int = 4096  # bytes that two chunks share: more than the longest thing sought
    notes: list[str] = field(default_factory=list)
    count: int = 0

    def pieces(self) -> Iterator[Piece]:
        """Yield what the data folder and the others hold."""
        passed_over = {file.resolve() for file in self.handed}
        for root in (self.home, *self.others):
            if not root.exists() and root != self.home:
                raise InputError(f"{root} does not exist; name another file or folder to search.")
            for file in [root] if root.is_file() else sorted(root.rglob("*")):
                if file.is_file() and not file.is_symlink() and file.resolve() not in passed_over:
                    yield from self._file(file, root)

    def _file(self, file: Path, root: Path) -> Iterator[Piece]:
        inner = file.relative_to(root).parts
        own = root == self.home and inner and inner[0] in BOOKS
        place = Place.BOOK if own else Place.FILE
        self.count += 1
        try:
            with file.open("rb") as opened:
                head, kept = opened.read(len(SQLITE)), b""
                opened.seek(0)
                while chunk := opened.read(CHUNK):
                    yield Piece(place, str(file), kept + chunk)
                    kept = chunk[-self.overlap :]
            if head == SQLITE:
                yield from _cells(file, place)
            elif head.startswith(GZIP):
                yield Piece(place, f"{file}, unpacked", gzip.decompress(file.read_bytes()))
        except OSError as error:
            self.notes.append(f"{file} could not be read ({error.strerror or error}).")
        except (sqlite3.Error, EOFError, zlib.error) as error:
            self.notes.append(f"{file} could be read as plain bytes only ({error}).")


def _cells(file: Path, place: Place) -> Iterator[Piece]:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (raw,) in named:
            table = raw.decode()
            quoted = table.replace('"', '""')
            for row in database.execute(f'SELECT * FROM "{quoted}"'):
                for cell in row:
                    if isinstance(cell, bytes):
                        yield Piece(place, f"{file}, table {table}", cell)
