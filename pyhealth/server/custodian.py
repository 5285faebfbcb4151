"""Who comes to the gate, and what is opened for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock

from pyhealth.errors import CallerNotKnown
from pyhealth.health import Health
from pyhealth.privacy.gate import Gate, Opened, Wanted
from pyhealth.privacy.presenting import SCHEME, presented
from pyhealth.privacy.stores import Store
from pyhealth.server.tokens import Tokens


@dataclass
class Custodian:
    """A custodian's store behind its gate.

    Programs of this house come with a token: the gate asks the contract for them, as the operator
    account of the token. Everyone else asks the contract itself, and comes with the transaction,
    signed for this gate: no key of another member is ever here.
    """

    member: int  # whose records these are
    health: Health
    store: Store
    tokens: Tokens
    origin: str  # this gate's scheme, host and port as callers know them
    _gates: dict[str | None, Gate] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, authorization: str | None, wanted: Wanted) -> Opened:
        """Open a record for whoever an Authorization header shows."""
        scheme, _, given = (authorization or "").partition(" ")
        match scheme.casefold():
            case "bearer":
                account = self.tokens.account_of(given.strip())
                if account is None:
                    raise CallerNotKnown("its token is unknown or over")
                asked = wanted.record_ref, wanted.purpose, wanted.action, wanted.study
                return self.gate(account).open(*asked)
            case "receipt":
                transaction, actor = self._presented(given.strip())
                return self.gate().serve(wanted, transaction, actor)
            case _:
                raise CallerNotKnown("it has no Authorization that is known")

    def gate(self, account: str | None = None) -> Gate:
        """Return the gate that asks as an account of this house."""
        with self._lock:
            if account not in self._gates:
                health = self.health if account is None else replace(self.health, account=account)
                self._gates[account] = health.guard(self.store, self.member)
            return self._gates[account]

    def unlock(self) -> None:
        """Open the accounts of all tokens, so that passwords are asked for before serving."""
        for account in {token.account for token in self.tokens}:
            self.gate(account).records.binding.account  # noqa: B018

    def _presented(self, given: str) -> tuple[bytes, str]:
        try:
            return presented(self.health.records.domain, given, self.origin)
        except Exception as error:  # whatever a stranger sends
            raise CallerNotKnown(f"what follows {SCHEME} is none") from error
