"""The journal: every transaction of ours on disk before it leaves, and what became of it.

One SQLite file a chain is the authority over nonces: whoever sends from an account takes its turn
under a lock, reserves nonces, signs, commits the signed bytes (one fsync for many), and only then
sends. A process that is killed loses nothing: the next one sends the same bytes again, which no
chain executes twice.
"""

from __future__ import annotations

import fcntl
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock
from typing import IO, Any

from pyhealth.chain.entries import Attempt, Entry, State
from pyhealth.chain.transactions import Fees, Receipt, Signed, parse
from pyhealth.errors import JournalError, JournalLocked

LOCK_SECONDS = 60.0  # to wait for other processes
KEPT_SECONDS = (
    30 * 86_400
)  # that the bytes of final transactions are kept; their outcome is kept for ever
SCHEMA = """
CREATE TABLE IF NOT EXISTS chain (version INTEGER, chain_id INTEGER, genesis BLOB);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, nonce INTEGER NOT NULL, key TEXT,
    state TEXT NOT NULL, hash BLOB, block_number INTEGER, block_hash BLOB, error TEXT,
    created REAL NOT NULL, updated REAL NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS call_of_key ON calls (account, key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS call_of_nonce ON calls (account, nonce);
CREATE INDEX IF NOT EXISTS open_call ON calls (account, nonce) WHERE state IN ('sent', 'mined');
CREATE TABLE IF NOT EXISTS attempts (
    call INTEGER NOT NULL, hash BLOB NOT NULL, raw BLOB NOT NULL, idle INTEGER NOT NULL,
    signed REAL NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_of_call ON attempts (call);
"""
VERSION = 1
MOST_PARAMETERS = 900  # of one statement, that every SQLite takes
COLUMNS = "id, nonce, key, state, error, created"


class Journal:
    """What was sent on one chain; may be used from several threads and processes."""

    def __init__(self, file: Path | None, chain_id: int, genesis: bytes) -> None:
        self.file = file
        self._mutex, self._turn = RLock(), Lock()
        with self._told():
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                file or ":memory:",
                timeout=LOCK_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._prepare(chain_id, genesis)

    def _prepare(self, chain_id: int, genesis: bytes) -> None:
        with self._writing(durable=True):
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            found = self._db.execute("SELECT version, chain_id, genesis FROM chain").fetchone()
            if found is None:
                self._db.execute("INSERT INTO chain VALUES (?, ?, ?)", (VERSION, chain_id, genesis))
            elif found != (VERSION, chain_id, genesis):
                raise JournalError(
                    str(self.file),
                    f"it is of chain {found[1]} with first block 0x{found[2].hex()[:8]} (version "
                    f"{found[0]}), and this is chain {chain_id} with 0x{genesis.hex()[:8]}; "
                    "move it away",
                )
            self._db.execute(
                "DELETE FROM attempts WHERE call IN (SELECT id FROM calls "
                "WHERE state NOT IN ('sent', 'mined') AND updated < ?)",
                (time.time() - KEPT_SECONDS,),
            )

    @contextmanager
    def turn(self, account: str, wait: float = LOCK_SECONDS) -> Iterator[None]:
        """Be the only one, of all threads and processes, who sends from an account."""
        deadline = time.monotonic() + wait
        with self._lock_of(account) as take:
            while not take():
                if time.monotonic() >= deadline:
                    raise JournalLocked(str(self.file), f"it has been sending for {wait:.0f} s")
                time.sleep(random.uniform(0.001, 0.005))
            yield

    @contextmanager
    def _lock_of(self, account: str) -> Iterator[Callable[[], bool]]:
        if self.file is None:
            try:
                yield lambda: self._turn.acquire(blocking=False)
            finally:
                with suppress(RuntimeError):  # it was not taken
                    self._turn.release()
            return
        with self._told():
            file = self.file.with_name(f"{self.file.stem}-{account}.lock").open("a")
        with file:  # closing it gives the lock up, and so does the end of the process
            yield lambda: _flocked(file)

    def next_nonce(self, account: str, mined: int) -> int:
        """Return the nonce of the account's next call; ``mined`` is how many the chain counts."""
        ours = self._all(
            "SELECT max(nonce) FROM calls WHERE account = ? AND state <> 'lost'", account
        )
        return max(mined, (-1 if ours[0][0] is None else ours[0][0]) + 1)

    def plan(
        self, account: str, calls: Sequence[tuple[Signed, str | None]], *, idle: bool = False
    ) -> list[Entry]:
        """Keep signed calls, each with its key: on disk when this returns."""
        now = time.time()
        with self._writing(durable=True):
            (first,) = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM calls").fetchone()
            entries = [
                Entry(
                    first + i,
                    signed.nonce,
                    key,
                    created=now,
                    attempts=[Attempt(signed.hash, signed.raw, idle, now)],
                )
                for i, (signed, key) in enumerate(calls)
            ]
            self._db.executemany(
                "INSERT INTO calls (id, account, nonce, key, state, created, updated) "
                "VALUES (?, ?, ?, ?, 'sent', ?, ?)",
                [(entry.id, account, entry.nonce, entry.key, now, now) for entry in entries],
            )
            self._insert((entry.id, entry.last) for entry in entries)
        return entries

    def retry(self, attempts: Sequence[tuple[Entry, Signed]], *, idle: bool = False) -> None:
        """Keep another attempt at each call, at its nonce or a new one, on disk as well."""
        now = time.time()
        with self._writing(durable=True):
            for entry, signed in attempts:
                entry.attempts.append(Attempt(signed.hash, signed.raw, idle, now))
                entry.nonce, entry.state, entry.missing = signed.nonce, State.SENT, None
            self._insert((entry.id, entry.last) for entry, _ in attempts)
            self._db.executemany(
                "UPDATE calls SET nonce = ?, state = 'sent', error = ?, updated = ? WHERE id = ?",
                [(entry.nonce, entry.error, now, entry.id) for entry, _ in attempts],
            )

    def _insert(self, attempts: Iterable[tuple[int, Attempt]]) -> None:
        self._db.executemany(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?)",
            [(call, one.hash, one.raw, one.idle, one.signed) for call, one in attempts],
        )

    def settle(self, entries: Sequence[Entry]) -> None:
        """Keep what became of calls. Losing this costs another look at the chain, no more."""
        now = time.time()
        with self._writing(durable=False):
            self._db.executemany(
                "UPDATE calls SET state = ?, hash = ?, block_number = ?, block_hash = ?, "
                "updated = ? WHERE id = ?",
                [(entry.state.value, *_place(entry.receipt), now, entry.id) for entry in entries],
            )

    def wind_back(self, account: str, mined: int, asked: float) -> None:
        """Give up what a development chain has undone: final calls from that nonce on.

        Not those that became final since the chain was ``asked`` how many it counts.
        """
        with self._writing(durable=False):
            self._db.execute(
                "UPDATE calls SET state = 'lost' WHERE account = ? AND nonce >= ? "
                "AND state IN ('final', 'failed', 'cancelled') AND updated < ?",
                (account, mined, asked),
            )

    def of_keys(self, account: str, keys: Sequence[str]) -> dict[str, Entry]:
        """Return the calls that were sent with these keys."""
        found: dict[str, Entry] = {}
        for start in range(0, len(keys), MOST_PARAMETERS):
            part = keys[start : start + MOST_PARAMETERS]
            where = f"account = ? AND key IN ({', '.join('?' * len(part))})"
            found |= {str(entry.key): entry for entry in self._entries(where, account, *part)}
        return found

    def unsettled(self, account: str) -> list[Entry]:
        """Return the calls that are not final, in the order of their nonces."""
        return self._entries("account = ? AND state IN ('sent', 'mined')", account)

    def from_nonce(self, account: str, nonce: int, most: int) -> list[Entry]:
        """Return the calls from a nonce on, final or not."""
        return self._entries(
            "account = ? AND nonce >= ? AND nonce < ? AND state <> 'lost'",
            account,
            nonce,
            nonce + most,
        )

    def refresh(self, entries: Iterable[Entry]) -> None:
        """Read again which attempts there are: another process may have added some."""
        for entry in entries:
            rows = self._all(
                "SELECT hash, raw, idle, signed FROM attempts WHERE call = ? ORDER BY rowid",
                entry.id,
            )
            entry.attempts = [Attempt(h, raw, bool(idle), signed) for h, raw, idle, signed in rows]
            ((entry.nonce, entry.error),) = self._all(
                "SELECT nonce, error FROM calls WHERE id = ?", entry.id
            )

    def price(self, account: str, mined: int) -> Fees | None:
        """Return what the newest call in flight offers."""
        rows = self._all(
            "SELECT raw FROM attempts JOIN calls ON call = id WHERE account = ? AND nonce >= ? "
            "AND state IN ('sent', 'mined') ORDER BY nonce DESC, attempts.rowid DESC LIMIT 1",
            account,
            mined,
        )
        return parse(rows[0][0]).fees if rows else None

    def accounts(self) -> list[str]:
        """Return the accounts that have calls which are not final."""
        rows = self._all(
            "SELECT DISTINCT account FROM calls WHERE state IN ('sent', 'mined') ORDER BY 1"
        )
        return [account for (account,) in rows]

    def mined(self) -> list[bytes]:
        """Return the hashes of all transactions of ours that are in a block."""
        return [hash_ for (hash_,) in self._all("SELECT hash FROM calls WHERE hash IS NOT NULL")]

    def _entries(self, where: str, *values: str | int) -> list[Entry]:
        rows = self._all(f"SELECT {COLUMNS} FROM calls WHERE {where} ORDER BY nonce", *values)
        entries = {
            row[0]: Entry(row[0], row[1], row[2], State(row[3]), row[4], row[5]) for row in rows
        }
        attempts = self._all(
            "SELECT call, hash, raw, idle, signed FROM attempts WHERE call IN "
            f"(SELECT id FROM calls WHERE {where}) ORDER BY attempts.rowid",
            *values,
        )
        for call, hash_, raw, idle, signed in attempts:
            if call in entries:
                entries[call].attempts.append(Attempt(hash_, raw, bool(idle), signed))
        return list(entries.values())

    def _all(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._mutex, self._told():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[None]:
        with self._mutex, self._told():
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _sentence(str(self.file), error) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _flocked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _place(receipt: Receipt | None) -> tuple[bytes | None, int | None, bytes | None]:
    return (
        (receipt.transaction, receipt.block_number, receipt.block_hash)
        if receipt
        else (None, None, None)
    )


def _sentence(file: str, error: Exception) -> JournalError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return JournalLocked(file, f"it has been writing for {LOCK_SECONDS:.0f} s")
    if "full" in text or "disk I/O" in text:
        return JournalError(
            file, f"it cannot be written ({text}); nothing was sent, make room on the disk"
        )
    if "not a database" in text or "malformed" in text:
        return JournalError(
            file,
            "it is damaged; move it away, and look at what the account has sent before going on",
        )
    return JournalError(file, f"{text}; check the file and its folder")
