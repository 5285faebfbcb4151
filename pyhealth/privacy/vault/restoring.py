"""The way back of a vault from its backup, without those who were erased since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

from pyhealth.errors import BackupInvalid, PrivacyError, VaultExists, VaultOfAnotherChain
from pyhealth.privacy.vault.backup import PAGE, TABLES, authenticate, header_of, lines
from pyhealth.privacy.vault.book import Book
from pyhealth.privacy.vault.header import Header, Keys, load
from pyhealth.privacy.vault.ledger import Ledger
from pyhealth.privacy.vault.rotation import root_of, rotate
from pyhealth.privacy.vault.subject import Gone
from pyhealth.privacy.vault.tables import headers, nodes, rows, subjects
from pyhealth.privacy.vault.vault import Vault, named_chain


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
    header = header_of(file)
    ours = vault.chain_id, vault.genesis
    if (header.chain_id, header.genesis) != ours:
        theirs = named_chain(header.chain_id, header.genesis)
        raise VaultOfAnotherChain(str(file), theirs, named_chain(*ours))
    head = vault.witness.head()
    if head is not None and head.vault != header.vault:
        raise BackupInvalid(str(file), "it is of another vault than the one here")
    root = root_of(header, shares) if shares else vault.kek.unwrap(header.wrapped, header.wrapper)
    keys = header.opened(root)
    authenticate(file, keys)

    papers = *vault.witness.kept_certificates(), *certificates
    erased = vault.witness.erased(header, keys, papers)
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
    for kind, values in lines(file):
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
