"""The tables of the index, and every way in which a database refuses as one of our errors.

Writers do not wait for one another: each says which state it worked from, and is told to work it
out anew where another has written since. The database itself keeps a write whole or undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    delete,
    event,
    exists,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.schema import CreateTable
from sqlalchemy.schema import Index as SqlIndex

from pyhealth.errors import (
    ConfigError,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseLocked,
    DatabaseOfAnotherChain,
    DatabaseUnreachable,
)

VERSION = 1  # of these tables
PATIENCE = 30  # seconds to wait for another writer, or for a server to answer
PAGES = 8_192  # of SQLite in memory, and in its write-ahead log: 32 MB, for indices of random words
CREATING = 0x70796865  # PostgreSQL's advisory lock while tables are made

metadata = MetaData()
state = Table(
    "pyhealth_state",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", LargeBinary, nullable=False),
    Column("changes", BigInteger, nullable=False),  # counts writes, to notice those of others
)
heights = Table(
    "pyhealth_heights",
    metadata,
    Column("address", LargeBinary, primary_key=True),
    Column("height", BigInteger, nullable=False),  # the last block whose events are in
)
blocks = Table(
    "pyhealth_blocks",  # those with events, and every one near the head
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
)
kinds = Table(
    "pyhealth_kinds",  # a contract and an event signature
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("address", LargeBinary, nullable=False),
    Column("topic", LargeBinary, nullable=False),
)
events = Table(
    "pyhealth_events",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("tx", LargeBinary, nullable=False),
    Column("kind", Integer, ForeignKey(kinds.c.id), nullable=False),
    Column("topic1", LargeBinary),
    Column("topic2", LargeBinary),
    Column("topic3", LargeBinary),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,  # kept in the order of the chain
)
for place in ("topic1", "topic2", "topic3"):
    given = events.c[place].is_not(None)
    SqlIndex(
        f"pyhealth_events_{place}",
        events.c.kind,
        events.c[place],
        events.c.block,
        events.c.log,
        sqlite_where=given,
        postgresql_where=given,
    )

Row = tuple[int, int, bytes, int, bytes | None, bytes | None, bytes | None, bytes]


class Overtaken(Exception):
    """Another process has written since the state was read."""


@dataclass(frozen=True, slots=True)
class Known:
    """The state a writer works from."""

    changes: int
    heights: Mapping[bytes, int]
    blocks: Mapping[int, bytes] = field(repr=False)  # hashes of the last ones
    kinds: Mapping[tuple[bytes, bytes], int] = field(repr=False)

    @property
    def top(self) -> int:
        """The last block that is in, for at least one contract; -1 where none is."""
        return max(self.blocks, default=-1)


@dataclass(slots=True)
class Change:
    """What one write brings: everything above ``base`` goes, and the rest is added."""

    base: int
    floor: int  # blocks without events are forgotten up to this one
    heights: dict[bytes, int] = field(default_factory=dict)
    blocks: dict[int, tuple[bytes, int]] = field(default_factory=dict)  # hash and time
    kinds: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)


class Store:
    """One database with the index of one chain."""

    def __init__(self, url: URL, *, patience: float = PATIENCE) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.where = str(url.database) if self.sqlite else url.render_as_string()
        self.engine = _engine(url, self.where, patience)

    def prepare(self, chain_id: int, genesis: bytes) -> None:
        """Make the tables where there are none, and check whose they are."""
        with self.reading() as connection:
            found = inspect(connection).has_table(state.name)
        if not found:
            self._create(chain_id, genesis)
        with self.reading() as connection:
            row = connection.execute(select(state)).one_or_none()
        if row is None or row.version != VERSION:
            raise DatabaseDamaged(self.where, f"its tables are of version {row and row.version}")
        if (row.chain_id, row.genesis) != (chain_id, genesis):
            theirs = f"chain {row.chain_id} with first block 0x{row.genesis[:4].hex()}…"
            ours = f"chain {chain_id} with first block 0x{genesis[:4].hex()}…"
            raise DatabaseOfAnotherChain(self.where, f"{theirs}, not {ours}")

    def _create(self, chain_id: int, genesis: bytes) -> None:
        with self.writing() as connection:
            if not self.sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(CREATING)))
            if inspect(connection).has_table(state.name):
                return  # another process was faster
            for table in metadata.sorted_tables:
                connection.execute(CreateTable(table))
            values = {"version": VERSION, "chain_id": chain_id, "genesis": genesis, "changes": 0}
            connection.execute(insert(state).values(values))

    def make_searchable(self) -> None:
        """Make the indices where there are none: at the end of the first run they cost least."""
        with self.reading() as connection:
            made = {index["name"] for index in inspect(connection).get_indexes(events.name)}
        if made >= {index.name for index in events.indexes}:
            return
        with self.writing() as connection:
            if not self.sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(CREATING)))
            for index in sorted(events.indexes, key=lambda index: str(index.name)):
                index.create(connection, checkfirst=True)

    def destroy(self) -> None:
        """Remove the tables, or the file where it is no database any more."""
        try:
            with self.writing() as connection:
                metadata.drop_all(connection)
        except DatabaseDamaged:
            self.close()
            for ending in ("", "-wal", "-shm"):
                Path(self.where + ending).unlink(missing_ok=True)

    def known(self, window: int) -> Known:
        """Return the state, with the blocks of the last ``window`` numbers."""
        with self.reading() as connection:
            changes = connection.scalar(select(state.c.changes))
            reached = {row.address: row.height for row in connection.execute(select(heights))}
            top = connection.scalar(select(func.max(blocks.c.number)))
            last = select(blocks).where(blocks.c.number > (-1 if top is None else top) - window)
            hashes = {row.number: row.hash for row in connection.execute(last)}
            ids = {(row.address, row.topic): row.id for row in connection.execute(select(kinds))}
        return Known(int(changes or 0), reached, hashes, ids)

    def hashes(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Return the hashes of those of these blocks that are kept."""
        found: dict[int, bytes] = {}
        with self.reading() as connection:
            for start in range(0, len(numbers), 500):
                some = blocks.c.number.in_(numbers[start : start + 500])
                found |= {
                    row.number: row.hash for row in connection.execute(select(blocks).where(some))
                }
        return found

    def numbers(self, last: int) -> list[int]:
        """Return the numbers of all blocks that are kept, up to one."""
        with self.reading() as connection:
            wanted = select(blocks.c.number).where(blocks.c.number <= last)
            return list(connection.scalars(wanted.order_by(blocks.c.number)))

    def apply(self, seen: Known, change: Change) -> tuple[int, int]:
        """Write a change whole, and return how many events came and went."""
        with self.writing() as connection:
            mine = update(state).where(state.c.changes == seen.changes)
            if connection.execute(mine.values(changes=seen.changes + 1)).rowcount != 1:
                raise Overtaken
            gone = self._cut(connection, change.base) if change.base < seen.top else 0
            _add(connection, kinds, [(id_, *key) for key, id_ in change.kinds.items()])
            _add(connection, blocks, [(n, *rest) for n, rest in change.blocks.items()])
            _add(connection, events, change.events)
            moved = heights.c.address.in_(change.heights)
            connection.execute(delete(heights).where(moved))
            _add(connection, heights, list(change.heights.items()))
            old = blocks.c.number.between(min(seen.blocks, default=0), change.floor)
            used = exists().where(events.c.block == blocks.c.number)
            connection.execute(delete(blocks).where(old, ~used))
        return len(change.events), gone

    def _cut(self, connection: Connection, base: int) -> int:
        gone = connection.execute(delete(events).where(events.c.block > base)).rowcount
        connection.execute(delete(blocks).where(blocks.c.number > base))
        lowered = update(heights).where(heights.c.height > base)
        connection.execute(lowered.values(height=base))
        return gone

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one consistent view."""
        with self._refusals(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one write, which is kept whole or not at all."""
        with self._refusals(), self.engine.connect() as plain:
            # a writer that waited for another's lock shall see what the other has written
            level = {} if self.sqlite else {"isolation_level": "READ COMMITTED"}
            connection = plain.execution_options(writes=True, **level)
            with connection.begin():
                yield connection

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in LOST_RACES:
                raise Overtaken from error
            raise refusal(self.where, error) from error

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()


def _add(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows as they are: SQLAlchemy's own way takes longer than the database does."""
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        marks = ", ".join(mark for _ in table.columns)
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(rows))


def database_url(given: str) -> URL:
    """Read a database's address: SQLite or PostgreSQL."""
    try:
        url = make_url(given)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError, NoSuchModuleError) as error:
        raise ConfigError(
            "The database address is none; postgresql://user@host/name is one."
        ) from error
    if backend in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not url.database:
        raise ConfigError(
            f"A database of {backend} cannot be used; sqlite:///FILE and postgresql:// can."
        )
    return url


def _engine(url: URL, where: str, patience: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        wait = {"connect_timeout": max(int(patience), 1)}
        try:
            return create_engine(
                url,
                connect_args=wait | {"options": f"-c lock_timeout={int(patience * 1000)}"},
                isolation_level="REPEATABLE READ",
            )
        except ModuleNotFoundError as error:
            raise ConfigError(
                "PostgreSQL needs its driver; install it with pip install 'pyhealth[postgres]'."
            ) from error
    try:
        Path(where).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnreachable(where, error.strerror or "no folder") from error
    engine = create_engine(url, connect_args={"timeout": patience})
    event.listen(engine, "connect", _own_transactions)
    event.listen(engine, "begin", _begin)
    return engine


def _own_transactions(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # else Python begins and commits on its own
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
    connection.execute(f"PRAGMA cache_size = {PAGES}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


SQLITE = {
    "database is locked": DatabaseLocked,
    "database table is locked": DatabaseLocked,
    "database or disk is full": DatabaseFull,
    "unable to open": DatabaseUnreachable,
    "readonly": DatabaseUnreachable,
    "not a database": DatabaseDamaged,
    "malformed": DatabaseDamaged,
    "no such column": DatabaseDamaged,
    "no such table": DatabaseDamaged,
}
POSTGRESQL = {
    "53100": DatabaseFull,
    "55P03": DatabaseLocked,
    "42P01": DatabaseDamaged,
    "42703": DatabaseDamaged,
    "08": DatabaseUnreachable,
    "28": DatabaseUnreachable,
    "3D000": DatabaseUnreachable,
    "57P": DatabaseUnreachable,
}
LOST_RACES = (
    "40001",
    "40P01",
)  # PostgreSQL: another write came between, or each waited for the other


def refusal(where: str, error: DBAPIError) -> DatabaseError:
    """Return what a database said as one of our errors; of no row that it was about."""
    told = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    if isinstance(error.orig, sqlite3.Error):
        kinds_of = (kind for words, kind in SQLITE.items() if words in told[0])
    else:
        code = getattr(error.orig, "sqlstate", None) or "08"  # without one no server was reached
        kinds_of = (kind for start, kind in POSTGRESQL.items() if code.startswith(start))
    return next(kinds_of, DatabaseError)(where, told[0])
