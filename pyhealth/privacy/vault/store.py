"""The tables of the vault in SQLite or PostgreSQL, where each write is kept whole or undone.

SQLite runs without a write-ahead log and with `secure_delete`: when a write ends, no copy of what
it deleted is left in the file, in its journal or in free pages.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from pyhealth.errors import (
    ConfigError,
    DatabaseError,
    DatabaseFull,
    DatabaseLocked,
    PrivacyError,
    VaultFull,
    VaultLocked,
    VaultTampered,
    VaultUnreachable,
)
from pyhealth.errors import DatabaseUnreachable as Unreachable
from pyhealth.index.store import LOST_RACES, refusal

PATIENCE = 30.0  # seconds to wait for another process, or for a server to answer
CREATING = 0x7661756C  # PostgreSQL's advisory lock while tables are made

metadata = MetaData()
headers = Table(
    "pyhealth_vault",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("vault", LargeBinary, nullable=False),  # its identifier, 32 random bytes
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", LargeBinary, nullable=False),
    Column("wrapper", String, nullable=False),  # what the wrapping key is, in words
    Column("wrapped", LargeBinary, nullable=False),  # the root key, under the wrapping key
    Column("spare", LargeBinary, nullable=False),  # the root key, under the recovery key; or empty
    Column("secrets", LargeBinary, nullable=False),  # keys for hashing and recovery, under the root
    Column("policy", LargeBinary, nullable=False),  # how long what is kept, under the root
    Column("changes", BigInteger, nullable=False),  # counts writes, and never goes back
    Column("root", LargeBinary, nullable=False),  # of the tree over all subjects
    Column("mac", LargeBinary, nullable=False),  # over all of the above
)
subjects = Table(
    "pyhealth_vault_subjects",
    metadata,
    Column("tag", LargeBinary, primary_key=True),  # keyed hash of the custodian's identifier
    Column("bucket", Integer, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),  # its key, under the root; empty: erased
    Column("info", LargeBinary, nullable=False),  # who it is, under its key; once erased: what was
    Column("entry", LargeBinary, nullable=False),  # digest of the subject and its rows
)
rows = Table(
    "pyhealth_vault_rows",
    metadata,
    Column("tag", LargeBinary, primary_key=True),  # whose
    Column("kind", String, primary_key=True),
    Column("name", LargeBinary, primary_key=True, index=True),  # keyed hash
    Column("version", Integer, nullable=False),
    Column("label", LargeBinary, nullable=False),  # the name, under the subject's key
    Column("data", LargeBinary, nullable=False),  # under the subject's key
    Column("digest", LargeBinary, nullable=False),  # of label and data
)
nodes = Table(
    "pyhealth_vault_tree",
    metadata,
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
VAULT_ERRORS: dict[type[DatabaseError], Any] = {
    DatabaseLocked: VaultLocked,
    DatabaseFull: VaultFull,
    Unreachable: VaultUnreachable,
}


class Store:
    """One database that holds one vault."""

    def __init__(self, url: URL, *, patience: float = PATIENCE) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.where = str(url.database) if self.sqlite else url.render_as_string()
        self.engine = _engine(url, self.where, patience)

    def exists(self) -> bool:
        """Say whether there is a vault; makes no file where there is none."""
        if self.sqlite and not Path(self.where).exists():
            return False
        with self.reading() as connection:
            if not inspect(connection).has_table(headers.name):
                return False
            return connection.scalar(select(func.count()).select_from(headers)) != 0

    def create(self, connection: Connection) -> None:
        """Make the tables where there are none; others who do the same wait."""
        if not self.sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(CREATING)))
        if inspect(connection).has_table(headers.name):
            return
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table))
            for index in table.indexes:
                index.create(connection)

    def make_room(self) -> None:
        """Make a folder for the file; throw away a file that is damaged beyond reading."""
        if not self.sqlite:
            return
        try:
            make_folder(Path(self.where).parent)
            self.exists()
        except VaultTampered:
            self.engine.dispose()
            Path(self.where).unlink()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one consistent view."""
        with self._refusals(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one write, which is kept whole or not at all; others wait."""
        with self._refusals(), self.engine.connect() as plain:
            level = {} if self.sqlite else {"isolation_level": "READ COMMITTED"}
            connection = plain.execution_options(writes=True, **level)
            with connection.begin():
                yield connection

    def wipe(self) -> None:
        """Rewrite PostgreSQL's table of keys without what was deleted, which it would keep for a
        while; SQLite has overwritten it already. Logs and replicas of a server are its keeper's.
        """
        if self.sqlite:
            return
        with self._refusals(), self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"VACUUM FULL {subjects.name}")

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._refusal(error) from error
        except SQLAlchemyError as error:
            raise VaultTampered("database", "its tables are not a vault's") from error

    def _refusal(self, error: DBAPIError) -> PrivacyError:
        told = refusal(self.where, error)
        if type(told) in VAULT_ERRORS:
            made: PrivacyError = VAULT_ERRORS[type(told)](self.where, told.why)
            return made
        if getattr(error.orig, "sqlstate", None) in LOST_RACES:
            return VaultLocked(self.where, told.why)
        return VaultTampered("database", told.why)

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone can enter."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise VaultUnreachable(str(folder), error.strerror or "no folder") from error


def _engine(url: URL, where: str, patience: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        wait = {"connect_timeout": max(int(patience), 1)}
        try:
            return create_engine(
                url,
                connect_args=wait | {"options": f"-c lock_timeout={int(patience * 1000)}"},
                isolation_level="REPEATABLE READ",
                hide_parameters=True,
            )
        except ModuleNotFoundError as error:
            raise ConfigError(
                "PostgreSQL needs its driver; install it with pip install 'pyhealth[postgres]'."
            ) from error
    engine = create_engine(
        url.set(database=where), connect_args={"timeout": patience}, hide_parameters=True
    )
    event.listen(engine, "connect", _private)
    event.listen(engine, "begin", _begin)
    return engine


def _private(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # else Python begins and commits on its own
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    os.chmod(file, 0o600)
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")  # the deletion of the journal, too
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
