"""The vault: what is personal, encrypted under a key for each subject, which erasure destroys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from pyhealth.errors import (
    InputError,
    SubjectHeld,
    SubjectUnknown,
    VaultMissing,
    VaultOfAnotherChain,
    VaultRowMissing,
    VaultTampered,
)
from pyhealth.privacy.vault.book import FILE, Book
from pyhealth.privacy.vault.header import Header, Keys, load
from pyhealth.privacy.vault.kek import Kek
from pyhealth.privacy.vault.ledger import Ledger
from pyhealth.privacy.vault.outside import destroy_files
from pyhealth.privacy.vault.store import Store
from pyhealth.privacy.vault.subject import Erasure, Gone, Ground, Kind
from pyhealth.privacy.vault.witness import Head, Witness


@dataclass(frozen=True, slots=True)
class Vault:
    """Rows of bytes by subject, kind and name; safe to use from several threads and processes.

    A subject is named as its custodian names it; the name leaves the vault in no form.

    >>> health.vault.put("MRN 0042", Kind.SALT, "0x4f1c…", new_salt())
    1
    """

    store: Store = field(repr=False)
    witness: Witness
    chain_id: int
    genesis: bytes
    kek: Kek
    roots: dict[bytes, bytes] = field(default_factory=dict, repr=False)  # keys, by their wraps

    def put(self, subject: str, kind: Kind, name: str, data: bytes) -> int:
        """Keep bytes in the place of what was there before, and return their version (1, 2, …)."""
        with self.writing() as book:
            return book.write(book.page_or_new(subject), kind, name, data)

    def put_many(self, items: Iterable[tuple[str, Kind, str, bytes]]) -> None:
        """Keep many at once, all or none: subject, kind, name and bytes of each."""
        with self.writing() as book:
            for subject, kind, name, data in items:
                book.write(book.page_or_new(subject), kind, name, data)

    def get(self, subject: str, kind: Kind, name: str) -> bytes:
        """Return what was put there last."""
        with self.reading() as book:
            return book.read(book.page(subject), kind, name)

    def get_or_put(self, subject: str, kind: Kind, name: str, data: bytes) -> bytes:
        """Return what is there, or else keep ``data``: the same answer to all processes."""
        with suppress(VaultRowMissing, SubjectUnknown):
            return self.get(subject, kind, name)
        with self.writing() as book:
            page = book.page_or_new(subject)
            if book.version(page, kind, name):
                return book.read(page, kind, name)
            book.write(page, kind, name, data)
            return data

    def names(self, subject: str, kind: Kind) -> list[str]:
        """Return the names of what is kept of a kind, sorted."""
        with self.reading() as book:
            return sorted(book.names(book.page(subject), kind))

    def subjects(self) -> list[str]:
        """Return who is kept, sorted."""
        with self.reading() as book:
            return sorted(page.info.subject for page in book.pages())

    def find(self, kind: Kind, name: str) -> str:
        """Return the one subject that has something of this name."""
        with self.reading() as book:
            found = book.ledger.whose(book.place(kind, name))
            if not found:
                book.ledger.states()  # that there is none is believed once all is checked
                raise SubjectUnknown
            if len(found) > 1:
                raise InputError(f"{len(found)} subjects have a {kind.value} of that name.")
            state = book.ledger.state(found[0])
            if state is None or not state.wrapped:
                raise VaultTampered("rows", "one belongs to nobody")
            return book.opened(state).info.subject

    def remember(self, subject: str, file: Path) -> None:
        """Note a file outside of the vault that opens something of a subject, or tells of it: it is
        destroyed with the rest.
        """
        self.get_or_put(subject, Kind.OPENING, f"{FILE}{file.absolute()}", b"")

    def erase(self, subject: str, ground: Ground = Ground.REQUEST) -> Erasure:
        """Destroy a subject's keys, rows and remembered files; once more only says what was done.

        All or nothing: a process that is killed leaves the subject whole, or erased but for files
        that whoever opens the vault next destroys.
        """
        with self.writing() as book:
            state = book.ledger.state(book.ledger.keys.tag(subject))
            if state is not None and not state.wrapped:
                made = book.erasure(state)
            else:
                page = book.page(subject)
                if page.info.hold:
                    raise SubjectHeld(page.info.hold)
                made = book.destroy(page, Gone(datetime.now(UTC).replace(microsecond=0), ground))
        return self._finish(made)

    def erased(self, subject: str) -> Erasure | None:
        """Return what was destroyed of a subject; nothing where it was not erased."""
        with self.reading() as book:
            state = book.ledger.state(book.ledger.keys.tag(subject))
            return book.erasure(state) if state is not None and not state.wrapped else None

    def resume(self) -> None:
        """Finish erasures that were cut short."""
        with self.reading() as book:
            cut = [made for made in book.erasures() if not made.done]
        for made in cut:
            self._finish(made)

    def _finish(self, made: Erasure) -> Erasure:
        with self.reading() as book:
            self.witness.note_erased(
                book.ledger.header, book.ledger.keys, {made.subject: made.gone}
            )
        if made.done:
            return made
        destroy_files(made.files)
        self.store.wipe()
        with self.writing() as book:
            book.note(made.finished())
        return made.finished()

    def check(self) -> int:
        """Check every byte that is kept, and return how many rows there are."""
        with self.reading() as book:
            for state in book.ledger.states():
                for place in state.held:
                    book.ledger.row(state, place)
            return sum(len(page.state.held) for page in book.pages())

    @contextmanager
    def reading(self) -> Iterator[Book]:
        """Open one consistent view."""
        head = self.witness.head()  # before the database, which may then only be further
        with self.store.reading() as connection:
            book = self._book(connection, head)
            yield book
        if head is None or book.ledger.header.changes > head.changes:
            self.witness.advance(book.ledger.header)

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """Open one write, which is kept whole or not at all."""
        head = self.witness.head()
        with self.store.writing() as connection:
            book = self._book(connection, head, lock=True)
            yield book
            header = book.ledger.finish()
        self.witness.advance(header)

    def _book(self, connection: Connection, head: Head | None, *, lock: bool = False) -> Book:
        header = load(connection, lock=lock)
        if header is None:
            raise VaultMissing(self.store.where)
        ours = self.chain_id, self.genesis
        if (header.chain_id, header.genesis) != ours:
            theirs = named_chain(header.chain_id, header.genesis)
            raise VaultOfAnotherChain(self.store.where, theirs, named_chain(*ours))
        keys = self._keys(header)
        self.witness.check(head, header)
        return Book(
            Ledger(connection, header, keys),
            lambda tag: self.witness.erased_at(header, keys, tag),
        )

    def _keys(self, header: Header) -> Keys:
        """Return the keys; the wrapping key is asked once, and again after a rotation."""
        root = self.roots.get(header.wrapped)
        if root is None:
            root = self.kek.unwrap(header.wrapped, header.wrapper)
        keys = header.opened(root)
        self.roots[header.wrapped] = root
        return keys

    def create(self) -> None:
        """Make the vault, unless another process was faster."""
        keys = Keys.new()
        header = Header.new(self.chain_id, self.genesis, keys, self.kek)
        with self.store.writing() as connection:
            self.store.create(connection)
            if load(connection, lock=True) is None:
                header.save(connection)

    def close(self) -> None:
        """Let the database go."""
        self.store.close()


def named_chain(chain_id: int, genesis: bytes) -> str:
    """Name a chain for people."""
    return f"chain {chain_id} with first block 0x{genesis[:4].hex()}…"
