"""Vaults for tests: on a chain that nobody runs, with helpers that change the file behind them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyhealth.chain.network import Chain
from pyhealth.config import Network, Settings, load_settings
from pyhealth.privacy.vault import Kind, Vault, kek_of, open_vault
from pyhealth.privacy.vault.kek import Kek

GENESIS = bytes(range(32))
MARKS = ("Ottilie Quastenflosser", "1931-02-29", "E11.9-canary", "insulin 40 IU canary")
KEY, OTHER_KEY = "11" * 32, "22" * 32
TABLES = (
    "pyhealth_vault",
    "pyhealth_vault_subjects",
    "pyhealth_vault_rows",
    "pyhealth_vault_tree",
)
Snapshot = dict[str, list[tuple[Any, ...]]]


class NoNode:
    """A node that is never asked."""

    on_reconnect: object = None


def chain(chain_id: int = 31337, genesis: bytes = GENESIS, *, local: bool = True) -> Chain:
    network = Network("nowhere", None if local else "http://203.0.113.1", chain_id)
    return Chain(network, NoNode(), chain_id, genesis)  # type: ignore[arg-type]


def settings_of(home: Path, **more: str) -> Settings:
    return load_settings({"PYHEALTH_HOME": str(home), **more}, home)


def kek(key: str = KEY, **more: str) -> Kek:
    settings = load_settings({"PYHEALTH_VAULT_KEY": key, **more})
    return kek_of(settings, local=False)


def opened(home: Path, **more: str) -> Vault:
    """Open the vault of a data folder, made on first use."""
    return open_vault(settings_of(home, **{"PYHEALTH_VAULT_KEY": KEY, **more}), chain())


def file_of(home: Path) -> Path:
    return next((home / "vault").glob("*/vault.sqlite"))


def filled(home: Path, **more: str) -> Vault:
    """A vault with two subjects, whose names and values are marks to look for."""
    vault = opened(home, **more)
    vault.put(MARKS[0], Kind.SALT, MARKS[2], b"salt of " + MARKS[1].encode())
    vault.put(MARKS[0], Kind.RECORD, "letter", MARKS[3].encode() * 3)
    vault.put("somebody else", Kind.SALT, MARKS[2], b"another salt")
    return vault


@dataclass(frozen=True)
class Cell:
    """One value of the file."""

    table: str
    row: int
    column: str
    value: Any

    def moved(self, value: Any) -> Cell:
        """Where it is once it has another value: some columns are a row's number."""
        numbers = (("pyhealth_vault_tree", "node"), ("pyhealth_vault", "version"))
        return replace(self, row=value) if (self.table, self.column) in numbers else self


def changing(file: Path) -> sqlite3.Connection:
    """Reach around the vault."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = MEMORY")
    return database


def cells(file: Path) -> Iterator[Cell]:
    """Every value of every row."""
    with sqlite3.connect(file) as database:
        for table in TABLES:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for row, *values in database.execute(f"SELECT rowid, * FROM {table}"):
                for name, value in zip(names, values, strict=True):
                    yield Cell(table, row, name, value)


def flips(value: Any, every: bool = False) -> Iterator[Any]:
    """A value with one bit changed: each bit, or one bit of each byte."""
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(31))
        return
    raw = value.encode() if isinstance(value, str) else value
    for place in range(len(raw)):
        for bit in range(8) if every else [place % 7]:
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            if isinstance(value, bytes):
                yield bytes(changed)
            elif bit < 7 and all(one < 128 for one in changed):
                yield bytes(changed).decode()


def snapshot(file: Path) -> Snapshot:
    with sqlite3.connect(file) as database:
        return {
            table: database.execute(f"SELECT rowid, * FROM {table}").fetchall() for table in TABLES
        }


def put(database: sqlite3.Connection, cell: Cell, value: Any) -> None:
    database.execute(
        f"UPDATE {cell.table} SET {cell.column} = ? WHERE rowid = ?", (value, cell.row)
    )
