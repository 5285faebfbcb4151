"""Opens the index of a chain, brings it up to date, and reads typed events out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from pyhealth.chain.network import Chain
from pyhealth.config import Settings
from pyhealth.deployment.records import Record
from pyhealth.errors import InputError
from pyhealth.index.events import Event, Value, shape_of, shapes
from pyhealth.index.follower import STEPS, WINDOW, Follower
from pyhealth.index.reader import Reader
from pyhealth.index.store import (
    PATIENCE,
    Store,
    blocks,
    database_url,
    events,
    heights,
    kinds,
)
from pyhealth.progress import Progress, silent
from pyhealth.values import utc

PAGE = 1_000  # events in memory while they are read


@dataclass(frozen=True, slots=True)
class Source:
    """A contract whose events are kept."""

    name: str
    address: str  # checksummed
    since: int = 0  # no event of it lies before this block

    @property
    def key(self) -> bytes:
        """The address, 20 bytes."""
        return bytes.fromhex(self.address[2:])


@dataclass(frozen=True, slots=True)
class Synced:
    """How far the index has come."""

    head: int  # the last block that is in; -1 where none is
    final: int  # the last block with the network's confirmations
    added: int  # events
    removed: int  # events that a reorganisation took away
    behind: int  # blocks by which the node lags behind the index


def sources_of(record: Record) -> list[Source]:
    """Return the contracts of a deployment record."""
    return [
        # a reorganisation may have put the deployment into an earlier block than the record says
        Source(name, deployed.address, max((deployed.block or 0) - WINDOW, 0))
        for name, deployed in sorted(record.contracts.items())
    ]


def open_index(
    settings: Settings,
    chain: Chain,
    sources: Sequence[Source],
    *,
    url: str | None = None,
    rebuild: bool = False,
    patience: float = PATIENCE,
) -> Index:
    """Open the index of a chain: at a URL, at ``PYHEALTH_DATABASE_URL``, or in the data folder.

    ``rebuild`` throws away what is there, whatever it is; the next `Index.sync` reads it anew.
    """
    file = settings.home / "index" / f"{chain.chain_id}-{chain.genesis[:4].hex()}.sqlite"
    named = url or settings.environment.get("PYHEALTH_DATABASE_URL") or f"sqlite:///{file}"
    store = Store(database_url(named), patience=patience)
    if rebuild:
        store.destroy()
    store.prepare(chain.chain_id, chain.genesis)
    return Index(chain, store, sources)


class Index:
    """The events of some contracts on one chain."""

    def __init__(self, chain: Chain, store: Store, sources: Sequence[Source]) -> None:
        self.chain = chain
        self.store = store
        self.sources = {source.key: source for source in sources}
        self._reader = Reader(chain.rpc)

    def sync(self, progress: Progress = silent) -> Synced:
        """Bring the index to the head of the chain, and say where that is."""
        since = {key: source.since for key, source in self.sources.items()}
        follower = Follower(self.chain, self.store, self._reader, since)
        for _ in progress(follower.run(), "indexing, %", STEPS):
            pass
        self.store.make_searchable()
        head = self.head
        return Synced(head, self._final(head), follower.added, follower.removed, follower.behind)

    @property
    def head(self) -> int:
        """The last block whose events are in, for every contract; -1 where none is."""
        with self.store.reading() as connection:
            listed = select(heights).where(heights.c.address.in_(self.sources))
            reached = {row.address: row.height for row in connection.execute(listed)}
        return min((reached.get(key, -1) for key in self.sources), default=-1)

    @property
    def final(self) -> int:
        """The last block with the network's confirmations; -1 where none is."""
        return self._final(self.head)

    def _final(self, head: int) -> int:
        return max(head + 1 - self.chain.network.confirmations, -1)

    def events(
        self,
        contract: str | None = None,
        name: str | None = None,
        where: Mapping[str, Value] | None = None,
        *,
        first: int = 0,
        last: int | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """Yield events in the order of the chain: of all contracts, of one, or of one name.

        ``where`` holds the values of indexed arguments; ``first`` and ``last`` are blocks. All
        come from one moment of the index, also while it is brought up to date.

        >>> index.events("Notary", "DigestAnchored", {"author": sponsor}, last=index.final)
        """
        wanted = [events.c.block >= first, self._matching(contract, name, where or {})]
        if last is not None:
            wanted.append(events.c.block <= last)
        order = (events.c.block, events.c.log)
        query = (
            select(events, blocks.c.hash, blocks.c.time, kinds.c.address, kinds.c.topic)
            .join(blocks, blocks.c.number == events.c.block)
            .join(kinds, kinds.c.id == events.c.kind)
            .where(*wanted)
            .order_by(*(column.desc() if newest_first else column for column in order))
            .limit(limit)
        )
        return self._stream(query)

    def rows(
        self, contract: str, name: str, where: Mapping[str, Sequence[Value]] | None = None
    ) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
        """Yield the topics and the data of events of one name, not decoded and in no order: for
        many of them. ``where`` holds the values that an indexed argument may have.
        """
        shape, wanted = shape_of(contract, name), [self._matching(contract, name, {})]
        for argument, values in (where or {}).items():
            given = [shape.topics({argument: value}) for value in values]
            for place in given[0] if given else ():
                wanted.append(events.c[f"topic{place}"].in_([word[place] for word in given]))
        columns = events.c.topic1, events.c.topic2, events.c.topic3, events.c.data
        query = select(*columns).where(*wanted)
        with self.store.reading() as connection:
            found: Any = connection.execution_options(yield_per=PAGE).execute(query)
            yield from found

    def count(
        self,
        contract: str | None = None,
        name: str | None = None,
        where: Mapping[str, Value] | None = None,
    ) -> int:
        """Count events, chosen as by `events`."""
        matching = self._matching(contract, name, where or {})
        with self.store.reading() as connection:
            counted = connection.scalar(select(func.count()).select_from(events).where(matching))
        return int(counted or 0)

    def _stream(self, query: Any) -> Iterator[Event]:
        with self.store.reading() as connection:
            rows = connection.execution_options(yield_per=PAGE).execute(query)
            for row in rows:
                yield self._event(row)

    def _event(self, row: Any) -> Event:
        source = self.sources[row.address]
        topics = [topic for topic in (row.topic1, row.topic2, row.topic3) if topic is not None]
        shape = shapes(source.name).get(row.topic)
        # an event that this release does not know, of a contract that is newer than it
        unread: Mapping[str, Value] = {"topics": tuple(topics), "data": row.data}
        return Event(
            contract=source.name,
            address=source.address,
            name=shape.name if shape else "0x" + row.topic.hex(),
            arguments=shape.decode(topics, row.data) if shape else unread,
            block_number=row.block,
            block_hash=row.hash,
            block_time=utc(row.time),
            transaction=row.tx,
            log_index=row.log,
        )

    def _matching(
        self, contract: str | None, name: str | None, where: Mapping[str, Value]
    ) -> ColumnElement[bool]:
        """Say which rows are meant."""
        if (name is not None and contract is None) or (where and name is None):
            raise InputError("Events are searched by contract, event name and arguments in turn.")
        shape = shape_of(contract, name) if contract and name else None
        named = [key for key, source in self.sources.items() if contract in (None, source.name)]
        with self.store.reading() as connection:
            known = connection.execute(select(kinds).where(kinds.c.address.in_(named)))
            ids = [row.id for row in known if shape is None or row.topic == shape.topic]
        words = shape.topics(where) if shape else {}
        columns = [events.c[f"topic{place}"] == word for place, word in words.items()]
        return and_(or_(*(events.c.kind == id_ for id_ in ids)) if ids else false(), *columns)

    def close(self) -> None:
        """Let the database go."""
        self.store.close()
