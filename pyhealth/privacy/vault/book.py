"""Subjects and their rows in clear, within one transaction: the ledger's envelopes opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pyhealth.errors import SubjectErased, SubjectUnknown, VaultRowMissing, VaultTampered
from pyhealth.privacy.vault.envelope import Part, Unauthentic, new_key, seal, unseal
from pyhealth.privacy.vault.ledger import Ledger, Place, State
from pyhealth.privacy.vault.subject import Erasure, Gone, Info, Kind

FILE = "file:"  # begins the name of an opening that lies outside of the vault


@dataclass(slots=True)
class Page:
    """One subject that is kept, and its key."""

    state: State
    key: bytes
    info: Info


@dataclass(frozen=True, slots=True)
class Book:
    """Reads and writes pages."""

    ledger: Ledger
    erased: Callable[[bytes], datetime | None]  # as noted outside of the database, by tag

    def page(self, subject: str) -> Page:
        """Return a subject's page."""
        tag = self.ledger.keys.tag(subject)
        state = self.ledger.state(tag)
        self._refuse_erased(tag, state)
        if state is None:
            raise SubjectUnknown
        return self.opened(state)

    def page_or_new(self, subject: str) -> Page:
        """Return a subject's page, with a key of its own where it has none."""
        tag = self.ledger.keys.tag(subject)
        state = self.ledger.state(tag)
        self._refuse_erased(tag, state)
        if state is not None:
            return self.opened(state)
        key, info = new_key(), Info(subject, int(time.time()))
        return Page(State(tag, self.wrap(tag, key), b""), key, info)

    def pages(self) -> list[Page]:
        """Return everybody's page."""
        return [self.opened(state) for state in self.ledger.states() if state.wrapped]

    def _refuse_erased(self, tag: bytes, state: State | None) -> None:
        if state is not None and not state.wrapped:
            raise SubjectErased(self.erasure(state).at)
        if (at := self.erased(tag)) is not None:
            raise SubjectErased(at)

    def opened(self, state: State) -> Page:
        """Open the page of a subject that is kept."""
        identity = self.ledger.header.identity
        wrapping = self.ledger.keys.wrapping
        key = _unsealed(wrapping, state.wrapped, "key of a subject", *identity, state.tag, "key")
        info = _unsealed(key, state.info, "subject", *identity, state.tag, "info")
        return Page(state, key, Info.decode(info))

    def wrap(self, tag: bytes, key: bytes) -> bytes:
        """Return a subject's key as it is stored."""
        return seal(self.ledger.keys.wrapping, key, *self.ledger.header.identity, tag, "key")

    def save(self, page: Page) -> None:
        """Keep a page."""
        identity = self.ledger.header.identity
        info = seal(page.key, page.info.encode(), *identity, page.state.tag, "info")
        page.state = replace(page.state, info=info)
        self.ledger.save(page.state)

    def place(self, kind: Kind, name: str) -> Place:
        """Return where a row lies: its name as the file has it."""
        return kind.value, self.ledger.keys.name(kind, name)

    def version(self, page: Page, kind: Kind, name: str) -> int:
        """Return the version of a row, 0 where there is none."""
        return page.state.held.get(self.place(kind, name), (0, b""))[0]

    def read(self, page: Page, kind: Kind, name: str) -> bytes:
        """Return what a row holds."""
        place = self.place(kind, name)
        if place not in page.state.held:
            raise VaultRowMissing(kind.value)
        _, data = self.ledger.row(page.state, place)
        version, _ = page.state.held[place]
        return _unsealed(page.key, data, kind.value, *self._context(page, place, version), "data")

    def write(self, page: Page, kind: Kind, name: str, data: bytes) -> int:
        """Put a row in the place of its last version, and return the version it has now."""
        place, version = self.place(kind, name), self.version(page, kind, name) + 1
        context = self._context(page, place, version)
        label = seal(page.key, name.encode(), *context, "label")
        sealed = seal(page.key, data, *context, "data")
        page.state = self.ledger.write_row(page.state, place, label, sealed)
        page.info = replace(page.info, touched=int(time.time()))
        self.save(page)
        return version

    def names(self, page: Page, kind: Kind) -> Iterator[str]:
        """Yield the names of what is kept of a kind."""
        for place, (version, _) in page.state.held.items():
            if place[0] == kind:
                label, _ = self.ledger.row(page.state, place)
                context = self._context(page, place, version)
                yield _unsealed(page.key, label, kind.value, *context, "label").decode()

    def _context(self, page: Page, place: Place, version: int) -> tuple[Part, ...]:
        return *self.ledger.header.identity, page.state.tag, *place, version

    def destroy(self, page: Page, gone: Gone) -> Erasure:
        """Destroy a subject's key and rows; what stays says that it was done, not to whom."""
        listed = self.names(page, Kind.OPENING)
        files = tuple(name.removeprefix(FILE) for name in listed if name.startswith(FILE))
        made = Erasure(page.state.tag, gone.at, gone.ground, len(page.state.held), files)
        self.ledger.drop_rows(page.state.tag)
        self.note(made)
        return made

    def note(self, made: Erasure) -> None:
        """Keep that a subject was erased."""
        info = self.sealed_erasure(made.subject, made.encode())
        self.ledger.save(State(made.subject, b"", info))

    def sealed_erasure(self, tag: bytes, content: bytes) -> bytes:
        """Return what was erased as it is stored."""
        return seal(self.ledger.keys.root, content, *self.ledger.header.identity, tag, "erased")

    def erasures(self) -> Iterator[Erasure]:
        """Yield every erasure that the database knows of."""
        for tag in self.ledger.erased():
            if (state := self.ledger.state(tag)) is not None:
                yield self.erasure(state)

    def erasure(self, state: State) -> Erasure:
        """Return what was destroyed of a subject."""
        root, identity = self.ledger.keys.root, self.ledger.header.identity
        raw = _unsealed(root, state.info, "note of an erasure", *identity, state.tag, "erased")
        return Erasure.decode(state.tag, raw)


def _unsealed(key: bytes, sealed: bytes, what: str, *context: Part) -> bytes:
    try:
        return unseal(key, sealed, *context)
    except Unauthentic as error:
        raise VaultTampered(what, "it does not open") from error
