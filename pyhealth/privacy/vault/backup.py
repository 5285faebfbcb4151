"""Backups of a vault, still encrypted, written and read.

A backup is a file of JSON lines: the header, the subjects, the rows, and a line that authenticates
all before it. It opens with the wrapping key or with recovery shares.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from pyhealth.errors import (
    BackupInvalid,
    InputError,
)
from pyhealth.privacy.vault.book import Book
from pyhealth.privacy.vault.header import VERSION, Header, Keys
from pyhealth.privacy.vault.ledger import check_row
from pyhealth.privacy.vault.tables import headers, rows, subjects
from pyhealth.privacy.vault.vault import Vault

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


def header_of(file: Path) -> Header:
    """Return the header of the vault that a backup is of; not authenticated yet."""
    read = lines(file)
    try:
        if next(read) != ("paper", [PAPER]):
            raise StopIteration
        kind, values = next(read)
        if kind != "header" or values[0] != VERSION:
            raise StopIteration
        return Header(*values)
    except (StopIteration, TypeError, IndexError) as error:
        raise BackupInvalid(str(file), "its head is not one of this version") from error


def authenticate(file: Path, keys: Keys) -> None:
    """Refuse a backup that was cut or changed."""
    hashed = hashlib.sha256()
    with file.open("rb") as opened:
        last = b""
        for line in opened:
            hashed.update(last)
            last = line
    if (
        last
        != orjson.dumps(["end", [keys.attested("backup", hashed.digest())]], default=_text) + b"\n"
    ):
        raise BackupInvalid(str(file), "it was cut or changed")


def lines(file: Path) -> Iterator[tuple[str, list[Any]]]:
    """Yield what each line is of, and its values."""
    try:
        with file.open("rb") as opened:
            for line in opened:
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
