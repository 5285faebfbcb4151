"""For how long subjects are kept: a policy for all, a date for one, and holds; then they expire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pyhealth.privacy.vault.book import Page
from pyhealth.privacy.vault.header import Policy
from pyhealth.privacy.vault.subject import Info
from pyhealth.privacy.vault.vault import Vault
from pyhealth.values import utc


@dataclass(frozen=True, slots=True)
class Term:
    """Until when a subject is kept, and why."""

    subject: str
    written: datetime  # when something was written for it last
    until: datetime | None  # None: without an end
    own: bool  # whether the date is its own; the policy's otherwise
    hold: str  # why it is kept all the same; empty: it is not

    def ended(self, now: datetime) -> bool:
        """Say whether the subject is to be erased."""
        return not self.hold and self.until is not None and self.until <= now


def policy_of(vault: Vault) -> timedelta | None:
    """Return for how long subjects are kept after the last write; None: without an end."""
    with vault.reading() as book:
        return book.ledger.header.read_policy(book.ledger.keys).keep


def set_policy(vault: Vault, keep: timedelta | None) -> None:
    """Say for how long subjects are kept after the last write, those there are included."""
    with vault.writing() as book:
        ledger = book.ledger
        ledger.become(ledger.header.with_policy(ledger.keys, Policy(keep)), ledger.keys)


def keep_until(vault: Vault, subject: str, until: datetime | None) -> None:
    """Give a subject a date of its own; None: the policy's again."""
    with _page(vault, subject) as page:
        at = None if until is None else int(until.timestamp())
        page.info = replace(page.info, until=at)


def hold(vault: Vault, subject: str, why: str) -> None:
    """Keep a subject until it is released, also when it asks for erasure (GDPR Article 17(3))."""
    with _page(vault, subject) as page:
        page.info = replace(page.info, hold=why)


def release(vault: Vault, subject: str) -> None:
    """End a hold."""
    with _page(vault, subject) as page:
        page.info = replace(page.info, hold="")


@contextmanager
def _page(vault: Vault, subject: str) -> Iterator[Page]:
    with vault.writing() as book:
        page = book.page(subject)
        yield page
        book.save(page)


def terms(vault: Vault) -> list[Term]:
    """Return everybody's term, the first to end first."""
    with vault.reading() as book:
        keep = book.ledger.header.read_policy(book.ledger.keys).keep
        listed = [_term(page.info, keep) for page in book.pages()]
    return sorted(listed, key=lambda one: (one.until is None, one.until or 0, one.subject))


def _term(info: Info, keep: timedelta | None) -> Term:
    written = utc(info.touched)
    by_policy = None if keep is None else written + keep
    until = by_policy if info.until is None else utc(info.until)
    return Term(info.subject, written, until, info.until is not None, info.hold)
