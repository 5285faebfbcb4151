"""Reimbursement as one member sees it: the suite, and what that member keeps to itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyhealth.adjudication.values import BilledClaim, Refused
from pyhealth.chain.sender import Sender
from pyhealth.errors import InputError
from pyhealth.progress import Progress, silent
from pyhealth.reimbursement import history
from pyhealth.reimbursement.book import Book, folder_of
from pyhealth.reimbursement.coding import Coder
from pyhealth.reimbursement.history import Standing
from pyhealth.reimbursement.submission import WINDOW, Reconciliation, Submission
from pyhealth.standards.claims.expected import Expected
from pyhealth.standards.claims.reader import read_claims

if TYPE_CHECKING:
    from pyhealth.health import Health


@dataclass
class Desk:
    """The suite as one member sees it, and what that member keeps to itself."""

    health: Health

    @cached_property
    def book(self) -> Book:
        """Salts and names."""
        chain = self.health.chain
        return Book(folder_of(self.health.settings.home, chain.chain_id, chain.genesis))

    def forget(self, number: str) -> bool:
        """Destroy what is kept of a coverage and its claims; say whether there was anything."""
        refs = {card.ref for card in self.book.cards("number = ?", number)}
        if refs:
            index = self.health.index
            index.sync()
            self.book.forget(number, {ref for one in refs for ref in history.claims_of(index, one)})
        return bool(refs)

    @cached_property
    def member(self) -> int:
        """The member that the account acts for."""
        account = self.health.signer.address
        if not (member := self.health.consortium.actor_of(account).member):
            raise InputError(
                f"Account {account} acts for no member of the consortium; name one with --as."
            )
        return member

    @cached_property
    def currency(self) -> str:
        """The currency of the settlement token, by its symbol."""
        return self.health.claims.token.symbol[:3].upper()

    def title(self, member: int) -> str:
        """Return the name of a member."""
        return self.health.consortium.member_of(member).name

    def member_named(self, text: str) -> int:
        """Return the member of a name, of a number, or of one of the local cast."""
        consortium = self.health.consortium
        if text.isdecimal() and text.isascii():
            return int(text)
        for number in consortium.members():
            if consortium.member_of(number).name.lower() == text.lower():
                return int(number)
        raise InputError(f"No member is named {text!r}; see 'pyhealth consortium members'.")

    def today(self) -> date:
        """Return the day of the next block."""
        block = self.health.chain.block("latest") or {"timestamp": "0x0"}
        last = datetime.fromtimestamp(int(block["timestamp"], 16), UTC).date()
        return max(last, datetime.now(UTC).date())

    def submit(
        self,
        files: Iterable[Path],
        *,
        public: bool = False,
        lenient: bool = False,
        strict: bool = False,
        on_refused: Callable[[Refused], None] = lambda refused: None,
        on_assumed: Callable[[BilledClaim], None] = lambda claim: None,
        progress: Progress = silent,
    ) -> Reconciliation:
        """Submit the claims of files as this account's provider; each once, however often."""
        self.check_public(public)
        health = self.health
        expected = Expected(
            today=self.today(), currency=self.currency, lenient=lenient, validate=strict
        )
        run = Submission(
            health.claims,
            Sender(health.chain, health.signer, window=WINDOW),
            health.index,
            self.book,
            self.member,
            on_refused,
            on_assumed,
            self.allow,
        )
        return run.run(read_claims(files, expected), progress)

    def allow(self, hundredths: int) -> None:
        """Let the adjudicator take back what was paid, from the account that it was paid to."""
        claims, signer = self.health.claims, self.health.signer.address
        account = self.health.consortium.member_of(self.member).account
        units, spender = hundredths * claims.hundredth, claims.binding.address
        if not units or claims.token.allowance(account, spender) >= units:
            return
        if account != signer:
            raise InputError(
                f"{claims.token.money(units)} {self.currency} would be taken back from the "
                f"provider's account {account}; let that account approve it to {spender} first, or "
                "act as it."
            )
        claims.token.approve(spender, units)

    def check_public(self, allowed: bool) -> None:
        """Refuse to tell amounts and dates to everyone, where that was not asked for."""
        chain = self.health.chain
        if not (chain.local or allowed):
            raise InputError(
                f"On {chain.network.name} (chain {chain.chain_id}) everyone can see the amounts "
                "and dates of service that this sends; say so with --amounts-are-public."
            )

    def standing(self, named: str) -> Standing:
        """Return the claim that a number, or an identifier of the chain, means."""
        index = self.health.index
        index.sync()
        if named.startswith("0x") and len(named) == 66:
            return history.standing(index, bytes.fromhex(named[2:]))
        ref = Coder(self.book, self.member).reference(named)
        if (found := history.find(index, self.member, ref)) is None:
            raise InputError(
                f"This member submitted no claim {named!r}; name another, or act --as its provider."
            )
        return history.standing(index, found)
