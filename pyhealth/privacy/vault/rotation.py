"""New keys for a vault: rotation, recovery shares, and recovery with two of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pyhealth.errors import SharesInvalid, VaultMissing
from pyhealth.privacy.vault.book import Book
from pyhealth.privacy.vault.envelope import Unauthentic, new_key
from pyhealth.privacy.vault.header import Header, load
from pyhealth.privacy.vault.kek import Kek
from pyhealth.privacy.vault.ledger import State
from pyhealth.privacy.vault.vault import Vault

NEEDED, SHARES = 2, 3


def rotate(vault: Vault, kek: Kek) -> Vault:
    """Put the vault under another wrapping key, or the same one, with a new root key; all of it in
    one step. Recovery shares stay good.
    """
    with vault.writing() as book:
        ledger = book.ledger
        opened = [(state, _content(book, state)) for state in ledger.states()]
        policy, keys = ledger.header.read_policy(ledger.keys), replace(ledger.keys, root=new_key())
        ledger.become(ledger.header.rewrapped(keys, kek).with_policy(keys, policy), keys)
        ledger.rebuild([_rewrapped(book, state, content) for state, content in opened])
    vault.store.wipe()
    return replace(vault, kek=kek, roots={})


def _content(book: Book, state: State) -> bytes:
    """Return what of a subject is under the root key: its own key, or what was erased."""
    return book.opened(state).key if state.wrapped else book.erasure(state).encode()


def _rewrapped(book: Book, state: State, content: bytes) -> State:
    if state.wrapped:
        return replace(state, wrapped=book.wrap(state.tag, content))
    return replace(state, info=book.sealed_erasure(state.tag, content))


def make_shares(vault: Vault) -> list[str]:
    """Return three recovery shares (SLIP-0039), of which any two open the vault without its
    wrapping key; those made before are good for nothing then.
    """
    from shamir_mnemonic import generate_mnemonics

    recovery = new_key()
    with vault.writing() as book:
        keys = replace(book.ledger.keys, recovery=recovery)
        book.ledger.become(book.ledger.header.with_recovery(keys), keys)
    (shares,) = generate_mnemonics(1, [(NEEDED, SHARES)], recovery)
    return list(shares)


def recover(vault: Vault, shares: Iterable[str], kek: Kek) -> Vault:
    """Open a vault whose wrapping key is lost, and put it under another."""
    with vault.store.reading() as connection:
        header = load(connection)
    if header is None:
        raise VaultMissing(vault.store.where)
    root = root_of(header, shares)
    return rotate(replace(vault, roots={header.wrapped: root}), kek)


def root_of(header: Header, shares: Iterable[str]) -> bytes:
    """Return the root key that shares give."""
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    given = list(dict.fromkeys(" ".join(share.lower().split()) for share in shares))
    if not header.spare:
        raise SharesInvalid("none were made for it")
    if len(given) < NEEDED:
        raise SharesInvalid(f"{NEEDED} are needed, and {len(given)} was given")
    try:
        recovery = combine_mnemonics(given[:NEEDED])
    except (MnemonicError, ValueError):  # its words would tell those of the share
        raise SharesInvalid("they are mistyped, or not of one set") from None
    try:
        return header.recovered(recovery)
    except Unauthentic as error:
        raise SharesInvalid("they belong to another vault, or newer ones were made") from error
