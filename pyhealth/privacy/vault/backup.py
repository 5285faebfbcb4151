"""Backups of a vault, still encrypted, and their way back without those who were erased since.

A backup is a file of JSON lines: the header, the subjects, the rows, and a line that authenticates
all before it. It opens with the wrapping key or with recovery shares.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, delete, insert, select

from pyhealth.errors import (
    BackupInvalid,
    InputError,
    PrivacyError,
    VaultExists,
    VaultOfAnotherChain,
)
from pyhealth.privacy.vault.book import Book
from pyhealth.privacy.vault.header import VERSION, Header, Keys, load
from pyhealth.privacy.vault.ledger import Ledger, check_row
from pyhealth.privacy.vault.rotation import root_of, rotate
from pyhealth.privacy.vault.store import headers, nodes, rows, subjects
from pyhealth.privacy.vault.subject import Gone
from pyhealth.privacy.vault.vault import Vault, named_chain

PAPER = "pyhealth.vault-backup/1"
PAGE = 100  # rows in memory at once
TABLES = {"header": headers, "subject": subjects, "row": rows}


def back_up(vault: Vault, file: Path) -> int:
    """Write a backup, once every byte of it is known to be right, and return how many rows it has;
    never over another file.
    """
    if file.exists():
        raise InputError(f"{file} exists already; name another file.")
    made, count, hashed = file.with_name(f"{file.name}.new"), 0, hashlib.sha256()
    try:
        with vault.reading() as book, open(made, "wb", opener=_private) as out:
            for kind, values in _content(book):
                line = orjson.dumps([kind, values], default=_text) + b"\n"
                hashed.update(line)
                out.write(line)
                count += kind == "row"
            seal = book.ledger.keys.attested("backup", hashed.digest())
            out.write(orjson.dumps(["end", [seal]], default=_text) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(made, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
    return count


def _content(book: Book) -> Iterator[tuple[str, Sequence[Any]]]:
    states = {state.tag: state for state in book.ledger.states()}
    yield "paper", [PAPER]
    for kind, table in TABLES.items():
        query = book.ledger.connection.execution_options(yield_per=PAGE).execute(select(table))
        for row in query:
            if kind == "row":
                check_row(states[row.tag], (row.kind, row.name), row.label, row.data)
            yield kind, list(row)


def restore(
    vault: Vault,
    file: Path,
    *,
    replacing: bool = False,
    shares: Sequence[str] = (),
    certificates: Sequence[Path] = (),
) -> Vault:
    """Put a backup in its place, whole or not at all; who was erased since stays erased.

    Known of them is the vault that is replaced, the list beside it, and certificates. With shares
    the vault comes under its present wrapping key.
    """
    if not replacing and vault.store.exists():
        raise VaultExists(vault.store.where)
    header = _header(file)
    ours = vault.chain_id, vault.genesis
    if (header.chain_id, header.genesis) != ours:
        theirs = named_chain(header.chain_id, header.genesis)
        raise VaultOfAnotherChain(str(file), theirs, named_chain(*ours))
    head = vault.witness.head()
    if head is not None and head.vault != header.vault:
        raise BackupInvalid(str(file), "it is of another vault than the one here")
    root = root_of(header, shares) if shares else vault.kek.unwrap(header.wrapped, header.wrapper)
    keys = header.opened(root)
    _authenticate(file, keys)

    erased = vault.witness.erased(header, keys, certificates)
    vault.store.make_room()
    with vault.store.writing() as connection:
        vault.store.create(connection)
        changes, present = _present(connection, vault, header, keys)
        known = max(header.changes, changes, head.changes if head else 0)
        book = _filled(connection, file, replace(header, changes=known), keys)
        _keep_erased(book, present | erased)
        written = book.ledger.finish()
    vault.witness.advance(written)
    back = replace(vault, roots={header.wrapped: root})
    back.resume()
    back.store.wipe()
    return rotate(back, vault.kek) if shares else back


def _present(
    connection: Connection, vault: Vault, header: Header, keys: Keys
) -> tuple[int, dict[bytes, Gone]]:
    """Return what the vault that is replaced knows, where it can still say so."""
    try:
        there = load(connection, lock=True)
        if there is None or there.vault != header.vault:
            return 0, {}
        own = keys
        if there.wrapped != header.wrapped:
            own = there.opened(vault.kek.unwrap(there.wrapped, there.wrapper))
        book = Book(Ledger(connection, there, own), lambda _: None)
        there.check(own)
        return there.changes, {made.subject: made.gone for made in book.erasures()}
    except PrivacyError:  # it is damaged: what it says counts no more
        return 0, {}


def _filled(connection: Connection, file: Path, header: Header, keys: Keys) -> Book:
    """Fill the tables from a backup, and check all of it."""
    for table in (headers, subjects, rows, nodes):
        connection.execute(delete(table))
    waiting: list[tuple[Table, dict[str, Any]]] = []
    for kind, values in _lines(file):
        if kind in ("subject", "row"):
            table = TABLES[kind]
            names = (column.name for column in table.columns)
            waiting.append((table, dict(zip(names, values, strict=True))))
        if len(waiting) == PAGE or kind == "end":
            for table in (subjects, rows):
                if listed := [values for whose, values in waiting if whose is table]:
                    connection.execute(insert(table), listed)
            waiting.clear()
    header.signed(keys).save(connection)
    book = Book(Ledger(connection, header, keys, changed=True), lambda _: None)
    book.ledger.plant()
    for state in book.ledger.states():
        for place in state.held:
            book.ledger.row(state, place)
    return book


def _keep_erased(book: Book, erased: dict[bytes, Gone]) -> None:
    for tag, gone in erased.items():
        state = book.ledger.state(tag)
        if state is not None and state.wrapped:
            book.destroy(book.opened(state), gone)


def _header(file: Path) -> Header:
    lines = _lines(file)
    try:
        if next(lines) != ("paper", [PAPER]):
            raise StopIteration
        kind, values = next(lines)
        if kind != "header" or values[0] != VERSION:
            raise StopIteration
        return Header(*values)
    except (StopIteration, TypeError, IndexError) as error:
        raise BackupInvalid(str(file), "its head is not one of this version") from error


def _authenticate(file: Path, keys: Keys) -> None:
    hashed = hashlib.sha256()
    with file.open("rb") as lines:
        last = b""
        for line in lines:
            hashed.update(last)
            last = line
    if (
        last
        != orjson.dumps(["end", [keys.attested("backup", hashed.digest())]], default=_text) + b"\n"
    ):
        raise BackupInvalid(str(file), "it was cut or changed")


def _lines(file: Path) -> Iterator[tuple[str, list[Any]]]:
    try:
        with file.open("rb") as lines:
            for line in lines:
                kind, values = orjson.loads(line)
                yield kind, [_value(one) for one in values]
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BackupInvalid(str(file), "it was cut or changed") from error


def _text(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode()}


def _value(told: Any) -> Any:
    return base64.b64decode(told["b"], validate=True) if isinstance(told, dict) else told


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
