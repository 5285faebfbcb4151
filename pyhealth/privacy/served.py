"""Upon which receipts a custodian served: each opens a record once, whoever brings it how often."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pyhealth.errors import ServedUnusable
from pyhealth.values import Receipt

LOCK_SECONDS = 30.0  # to wait for other processes
SCHEMA = """CREATE TABLE IF NOT EXISTS served (
    receipt BLOB PRIMARY KEY, record BLOB NOT NULL, version INTEGER NOT NULL, actor TEXT NOT NULL,
    at REAL NOT NULL) WITHOUT ROWID"""


class Served:
    """The receipts served upon, in a file; may be used from several threads and processes. It holds
    nothing that the chain does not, but for the moments.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ServedUnusable(str(file), str(error.strerror)) from error
        with self._opened() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(SCHEMA)

    def spend(self, receipt_hash: bytes, receipt: Receipt) -> bool:
        """Note that a receipt is served upon now; say no where it was before."""
        noted = receipt_hash, receipt.record_ref, receipt.record_version, receipt.actor, time.time()
        with self._opened() as db:
            made = db.execute("INSERT OR IGNORE INTO served VALUES (?, ?, ?, ?, ?)", noted)
            return made.rowcount == 1

    def __contains__(self, receipt_hash: bytes) -> bool:
        with self._opened() as db:
            found = db.execute("SELECT 1 FROM served WHERE receipt = ?", (receipt_hash,))
            return found.fetchone() is not None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one statement, which is on disk when it is over."""
        try:
            with closing(sqlite3.connect(self.file, timeout=LOCK_SECONDS)) as db:
                db.execute("PRAGMA synchronous = FULL")
                with db:
                    yield db
        except sqlite3.Error as error:
            raise ServedUnusable(str(self.file), str(error)) from error
