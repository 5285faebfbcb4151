"""What is known off the chain alone: the salts of coverages, services and claim numbers, and the
names behind them. One file a chain, in the data folder, for its owner's eyes only.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyhealth.adjudication.values import BilledClaim
from pyhealth.errors import InputError
from pyhealth.hashing import keccak, new_salt

SCHEMA = """
CREATE TABLE IF NOT EXISTS cards (
    ref BLOB PRIMARY KEY, number TEXT NOT NULL, plan INTEGER NOT NULL, version INTEGER NOT NULL,
    first TEXT NOT NULL, until TEXT NOT NULL, salt BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (
    name TEXT NOT NULL, ref BLOB NOT NULL, PRIMARY KEY (name, ref)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS authorisations (
    ref BLOB NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (ref, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salts (name TEXT PRIMARY KEY, salt BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS billed (
    claim_ref BLOB PRIMARY KEY, number TEXT NOT NULL, kind TEXT NOT NULL,
    services TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachments (
    claim_ref BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (claim_ref, record)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS card_of_number ON cards (number);
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A coverage as whoever bills it must know it."""

    ref: bytes  # on chain
    number: str  # the payer's own
    plan: int
    version: int
    from_: date
    until: date  # the first day no longer covered
    salt: bytes  # of the person and the services
    names: frozenset[str] = frozenset()  # what claims call it

    def covers(self, day: date) -> bool:
        """Say whether a day is covered."""
        return self.from_ <= day < self.until


@dataclass(frozen=True, slots=True)
class Billing:
    """What a claim on chain was, in the provider's own words."""

    number: str
    kind: str
    services: tuple[tuple[int, str], ...]  # number and service of each line


class Book:
    """Salts and names of one chain; may be used from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "book.sqlite"
        file.touch(mode=0o600)
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=60)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(SCHEMA)

    # Coverages

    def add_cards(self, cards: Iterable[Card]) -> None:
        """Keep coverages; one that is known is replaced."""
        with self.writing() as write:
            for card in cards:
                row = card.ref, card.number, card.plan, card.version
                dates = card.from_.isoformat(), card.until.isoformat()
                write(
                    "INSERT OR REPLACE INTO cards VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*row, *dates, card.salt),
                )
                for name in {card.number, *card.names}:
                    write("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, card.ref))

    def cards(self, where: str = "1", *values: object) -> Iterator[Card]:
        """Yield coverages, in the order of their numbers."""
        listed = "ref, number, plan, version, first, until, salt"
        rows = self._db.execute(f"SELECT {listed} FROM cards WHERE {where} ORDER BY number", values)
        for ref, number, plan, version, first, until, salt in rows.fetchall():
            named = self._db.execute("SELECT name FROM names WHERE ref = ?", (ref,)).fetchall()
            dates = date.fromisoformat(first), date.fromisoformat(until)
            names = frozenset(name for (name,) in named) - {number}
            yield Card(ref, number, plan, version, *dates, salt, names)

    def card(self, name: str, day: date | None = None) -> Card:
        """Return the coverage that a name means: of several, that of the day."""
        named = list(self.cards("ref IN (SELECT ref FROM names WHERE name = ?)", name))
        named = named or list(self.cards("ref = ?", _reference(name)))
        fitting = [card for card in named if day and card.covers(day)] or named
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise InputError(
                f"no coverage is known as {name!r}; enrol it, take what its payer shares, or "
                "correct the claim."
            )
        numbers = " and ".join(card.number for card in fitting[:3])
        raise InputError(f"{name!r} can be coverage {numbers}; name one of them in the claim.")

    def card_of(self, ref: bytes) -> Card | None:
        """Return the coverage of a reference, where it is known here."""
        return next(self.cards("ref = ?", ref), None)

    def forget(self, number: str, claims: Iterable[bytes]) -> None:
        """Destroy all that is kept of a coverage, and of claims for it: afterwards nothing here
        opens what the chain holds of its person and services.
        """
        with self.writing() as write:
            mine = "ref IN (SELECT ref FROM cards WHERE number = ?)"
            for table in ("names", "authorisations"):
                write(f"DELETE FROM {table} WHERE {mine}", (number,))
            write("DELETE FROM cards WHERE number = ?", (number,))
            write("DELETE FROM salts WHERE substr(name, 1, ?) = ?", (len(number) + 1, f"{number} "))
            for ref in claims:
                write("DELETE FROM billed WHERE claim_ref = ?", (ref,))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # the log held them, too

    # Authorisations

    def name_authorisation(self, ref: bytes, name: str, number: int) -> None:
        """Keep what the payer calls an authorisation of a coverage."""
        with self.writing() as write:
            write("INSERT OR REPLACE INTO authorisations VALUES (?, ?, ?)", (ref, name, number))

    def authorisation(self, card: Card, name: str) -> int:
        """Return the number on chain of an authorisation."""
        asked = "SELECT number FROM authorisations WHERE ref = ? AND name = ?"
        if found := self._db.execute(asked, (card.ref, name)).fetchone():
            return int(found[0])
        if name.isascii() and name.isdecimal() and 0 < int(name[:6]) < 1 << 16:
            return int(name)
        raise InputError(
            f"authorisation {name!r} of coverage {card.number} is not known; take what its payer "
            "shares, or name it by its number in the coverage."
        )

    # Salts, and claims as they were billed

    def salt(self, name: str) -> bytes:
        """Return the salt of that name, made when it is first asked for."""
        (salt,) = self.salts([name])
        return salt

    def salts(self, names: Iterable[str]) -> list[bytes]:
        """Return the salts of those names, made when they are first asked for."""
        listed, found = list(names), list[bytes]()
        with self.writing() as write:
            for name in listed:
                write("INSERT OR IGNORE INTO salts VALUES (?, ?)", (name, new_salt()))
                found += write("SELECT salt FROM salts WHERE name = ?", (name,)).fetchone()
        return found

    def remember(self, claims: Iterable[tuple[bytes, BilledClaim]]) -> None:
        """Keep what claims are, by their references."""
        with self.writing() as write:
            for ref, claim in claims:
                services = json.dumps([(line.number, line.service) for line in claim.lines])
                row = ref, claim.number, claim.kind, services
                write("INSERT OR REPLACE INTO billed VALUES (?, ?, ?, ?)", row)
                for record in claim.attachments:
                    write("INSERT OR IGNORE INTO attachments VALUES (?, ?)", (ref, record))

    def billing(self, claim_ref: bytes) -> Billing | None:
        """Return what a claim is, where that is known here."""
        asked = "SELECT number, kind, services FROM billed WHERE claim_ref = ?"
        if (found := self._db.execute(asked, (claim_ref,)).fetchone()) is None:
            return None
        number, kind, services = found
        return Billing(number, kind, tuple((line, code) for line, code in json.loads(services)))

    # Attachments

    def attach(self, claim_ref: bytes, records: Iterable[bytes]) -> None:
        """Keep which records support a claim, beside those that are known."""
        with self.writing() as write:
            for record in records:
                write("INSERT OR IGNORE INTO attachments VALUES (?, ?)", (claim_ref, record))

    def detach(self, claim_ref: bytes, records: Iterable[bytes]) -> None:
        """Forget that records support a claim."""
        with self.writing() as write:
            for record in records:
                drop = "DELETE FROM attachments WHERE claim_ref = ? AND record = ?"
                write(drop, (claim_ref, record))

    def attachments(self, claim_ref: bytes) -> list[bytes]:
        """Return the records that support a claim, in the order of their references."""
        asked = "SELECT record FROM attachments WHERE claim_ref = ? ORDER BY record"
        return [record for (record,) in self._db.execute(asked, (claim_ref,)).fetchall()]

    # Sharing

    def shared(self) -> dict[str, Any]:
        """Return the coverages and authorisations, for the providers that bill them."""
        cards = [
            {
                "coverage": card.number,
                "reference": "0x" + card.ref.hex(),
                "plan": card.plan,
                "version": card.version,
                "first_day": card.from_.isoformat(),
                "until": card.until.isoformat(),
                "salt": "0x" + card.salt.hex(),
                "names": sorted(card.names),
            }
            for card in self.cards()
        ]
        given = self._db.execute("SELECT ref, name, number FROM authorisations ORDER BY 1, 2")
        listed = [
            {"reference": "0x" + ref.hex(), "name": name, "number": number}
            for ref, name, number in given
        ]
        return {"coverages": cards, "authorisations": listed}

    def take(self, shared: dict[str, Any]) -> int:
        """Take over what a payer shares, and return how many coverages there were."""
        cards = [
            Card(
                _bytes(one["reference"]),
                str(one["coverage"]),
                int(one["plan"]),
                int(one["version"]),
                date.fromisoformat(one["first_day"]),
                date.fromisoformat(one["until"]),
                _bytes(one["salt"]),
                frozenset(map(str, one["names"])),
            )
            for one in shared["coverages"]
        ]
        self.add_cards(cards)
        for one in shared["authorisations"]:
            self.name_authorisation(_bytes(one["reference"]), str(one["name"]), int(one["number"]))
        return len(cards)

    def take_attachments(self, shared: list[dict[str, Any]]) -> int:
        """Take over what providers attached to claims, and return how many records there were."""
        read = [(_bytes(one["claim"]), list(map(_bytes, one["records"]))) for one in shared]
        for claim_ref, records in read:
            self.attach(claim_ref, records)
        return sum(len(records) for _, records in read)

    @contextmanager
    def writing(self) -> Iterator[Callable[..., Any]]:
        """Write all or nothing, on disk when it ends."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db.execute
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def folder_of(home: Path, chain_id: int, genesis: bytes) -> Path:
    """Return where the book of a chain lies."""
    return home / "claims" / f"{chain_id}-{genesis[:4].hex()}"


def private(file: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = file.with_name(f"{file.name}.{os.getpid()}")
    with open(made, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    made.replace(file)


def digest(text: str) -> bytes:
    """Return what is committed to of a text."""
    return keccak(text.encode())


def _reference(name: str) -> bytes:
    try:
        return bytes.fromhex(name.removeprefix("0x")) if name.startswith("0x") else b""
    except ValueError:
        return b""


def _bytes(text: str) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError(text)
    return value
