"""One transaction's view of a vault, in which nothing is believed that the root does not vouch
for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from pyhealth.errors import VaultTampered
from pyhealth.privacy.vault import tree
from pyhealth.privacy.vault.envelope import digest
from pyhealth.privacy.vault.header import Header, Keys
from pyhealth.privacy.vault.store import nodes, rows, subjects

Place = tuple[str, bytes]  # a row's kind, and its name as the file has it
COUNTED = (rows.c.tag, rows.c.kind, rows.c.name, rows.c.version, rows.c.digest)


@dataclass(frozen=True, slots=True)
class State:
    """A subject as it stands in the file."""

    tag: bytes
    wrapped: bytes  # empty: erased
    info: bytes
    held: Mapping[Place, tuple[int, bytes]] = field(default_factory=dict)  # version, digest

    @property
    def entry(self) -> bytes:
        """The digest that the tree holds."""
        listed = sorted((*place, *what) for place, what in self.held.items())
        return digest(self.tag, self.wrapped, self.info, *(part for row in listed for part in row))

    def having(self, place: Place, version: int, hashed: bytes) -> State:
        """Return the subject with a row more, or another version of it."""
        return replace(self, held={**self.held, place: (version, hashed)})


@dataclass(slots=True)
class Ledger:
    """Reads and writes subjects; each is checked against the root before it is used."""

    connection: Connection
    header: Header
    keys: Keys
    changed: bool = False

    def state(self, tag: bytes) -> State | None:
        """Return a subject; nothing where there is none, which the tree vouches for, too."""
        bucket = tree.bucket_of(tag)
        listed = select(subjects.c.tag, subjects.c.entry).where(subjects.c.bucket == bucket)
        entries = {row.tag: row.entry for row in self.connection.execute(listed)}
        climbed = tree.climbed(bucket, tree.leaf(entries.items()), self._siblings(bucket))
        if climbed[tree.ROOT] != self.header.root:
            raise VaultTampered("list of subjects", "one was changed, removed or put back")
        if tag not in entries:
            return None
        (found,) = self._states(subjects.c.tag == tag, rows.c.tag == tag)
        if found.entry != entries[tag]:
            raise VaultTampered("rows of a subject", "one was changed, removed or put back")
        return found

    def states(self) -> list[State]:
        """Return all subjects, once the whole tree is known to be right."""
        found = list(self._states(None, None))
        kept = select(subjects.c.tag, subjects.c.bucket, subjects.c.entry)
        stored = {tuple(row) for row in self.connection.execute(kept)}
        listed = {(one.tag, tree.bucket_of(one.tag), one.entry) for one in found}
        counted = self.connection.scalar(select(func.count()).select_from(rows))
        whole = counted == sum(len(one.held) for one in found) and stored == listed
        hashes = tree.built((one.tag, one.entry) for one in found)
        kept_tree = {row.node: row.hash for row in self.connection.execute(select(nodes))}
        if not whole or hashes[tree.ROOT] != self.header.root or (found and hashes != kept_tree):
            raise VaultTampered("rows", "one was changed, removed or put back")
        return found

    def _states(self, whose: Any, whose_rows: Any) -> Iterator[State]:
        everyone, everything = select(subjects), select(*COUNTED)
        if whose is not None:
            everyone, everything = everyone.where(whose), everything.where(whose_rows)
        held: dict[bytes, dict[Place, tuple[int, bytes]]] = {}
        for row in self.connection.execute(everything):
            held.setdefault(row.tag, {})[(row.kind, row.name)] = (row.version, row.digest)
        for row in self.connection.execute(everyone):
            yield State(row.tag, row.wrapped, row.info, held.get(row.tag, {}))

    def row(self, state: State, place: Place) -> tuple[bytes, bytes]:
        """Return a row's label and data, as they are sealed."""
        query = select(rows.c.label, rows.c.data).where(
            rows.c.tag == state.tag, rows.c.kind == place[0], rows.c.name == place[1]
        )
        found = self.connection.execute(query).one_or_none()
        label, data = found or (b"", b"")
        check_row(state, place, label, data)
        return label, data

    def whose(self, place: Place) -> list[bytes]:
        """Return the tags of subjects that have a row of a name."""
        query = select(rows.c.tag).where(rows.c.kind == place[0], rows.c.name == place[1])
        return list(self.connection.scalars(query))

    def erased(self) -> list[bytes]:
        """Return the tags of subjects that were erased."""
        return list(
            self.connection.scalars(select(subjects.c.tag).where(subjects.c.wrapped == b""))
        )

    def write_row(self, state: State, place: Place, label: bytes, data: bytes) -> State:
        """Put a row in the place of its earlier version; the subject is saved afterwards."""
        version = state.held.get(place, (0, b""))[0] + 1
        mine = rows.c.tag == state.tag, rows.c.kind == place[0], rows.c.name == place[1]
        self.connection.execute(delete(rows).where(*mine))
        hashed = digest(label, data)
        self.connection.execute(
            insert(rows).values(
                tag=state.tag, kind=place[0], name=place[1],
                version=version, label=label, data=data, digest=hashed,
            )
        )  # fmt: skip
        return state.having(place, version, hashed)

    def save(self, state: State) -> None:
        """Put a subject in its place, and change the tree up to the root."""
        bucket = tree.bucket_of(state.tag)
        values = {"wrapped": state.wrapped, "info": state.info, "entry": state.entry}
        mine = update(subjects).where(subjects.c.tag == state.tag).values(**values)
        if not self.connection.execute(mine).rowcount:
            new = {"tag": state.tag, "bucket": bucket}
            self.connection.execute(insert(subjects).values(**new, **values))
        listed = select(subjects.c.tag, subjects.c.entry).where(subjects.c.bucket == bucket)
        entries = {row.tag: row.entry for row in self.connection.execute(listed)}
        self._put(tree.climbed(bucket, tree.leaf(entries.items()), self._siblings(bucket)))

    def drop_rows(self, tag: bytes) -> None:
        """Delete all rows of a subject; the subject is saved afterwards."""
        self.connection.execute(delete(rows).where(rows.c.tag == tag))

    def rebuild(self, states: Sequence[State]) -> None:
        """Put all subjects in their places at once, with a new tree; their rows stay."""
        listed = [
            {"tag": one.tag, "bucket": tree.bucket_of(one.tag), "wrapped": one.wrapped,
             "info": one.info, "entry": one.entry}
            for one in states
        ]  # fmt: skip
        self.connection.execute(delete(subjects))
        if listed:
            self.connection.execute(insert(subjects), listed)
        self._put(tree.built((one.tag, one.entry) for one in states), anew=True)

    def plant(self) -> None:
        """Make the tree of subjects that were put into their table, whole."""
        listed = self.connection.execute(select(subjects.c.tag, subjects.c.entry))
        root = self.header.root
        self._put(tree.built((row.tag, row.entry) for row in listed), anew=True)
        self.header = replace(self.header, root=root)  # to be compared

    def _put(self, hashes: Mapping[int, bytes], *, anew: bool = False) -> None:
        old = delete(nodes)
        self.connection.execute(old if anew else old.where(nodes.c.node.in_(list(hashes))))
        listed = [{"node": node, "hash": hashed} for node, hashed in hashes.items()]
        self.connection.execute(insert(nodes), listed)
        self.header = replace(self.header, root=hashes[tree.ROOT])
        self.changed = True

    def become(self, header: Header, keys: Keys) -> None:
        """Go on with other keys, or another header."""
        self.header, self.keys, self.changed = header, keys, True

    def finish(self) -> Header:
        """Keep the header, where anything was changed, one change further."""
        if self.changed:
            counted = replace(self.header, changes=self.header.changes + 1)
            self.header = counted.signed(self.keys)
            self.header.save(self.connection)
        return self.header

    def _siblings(self, bucket: int) -> dict[int, bytes]:
        query = select(nodes).where(nodes.c.node.in_(tree.siblings(bucket)))
        return {row.node: row.hash for row in self.connection.execute(query)}


def check_row(state: State, place: Place, label: bytes, data: bytes) -> None:
    """Refuse a row that is not the one its subject vouches for."""
    if digest(label, data) != state.held.get(place, (0, b""))[1]:
        raise VaultTampered(f"{place[0]} of a subject", "its bytes were changed")
