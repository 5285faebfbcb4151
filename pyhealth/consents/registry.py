"""Client of ConsentRegistry.sol.

What only a vote can do returns the `Action` that a proposal makes of it. What was signed offline is
handed in by the functions that end in ``by_signature``, by whomever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Receipt
from pyhealth.consents.messages import CONTRACT, terms_on_wire
from pyhealth.hashing import Domain
from pyhealth.index.events import shape_of
from pyhealth.messages import SignedMessage
from pyhealth.values import (
    Action,
    Answer,
    Directive,
    Grantee,
    Move,
    Power,
    Question,
    Representation,
    Terms,
    bits_of,
    directive_of,
    seconds_of,
    span,
    struct,
)


@dataclass(frozen=True, slots=True)
class Given:
    """A directive that was given: which one of its grantee it is, and how it was anchored."""

    place: int
    version: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class ConsentRegistry:
    """What patients allow: directives that permit or deny, and the decision that follows."""

    binding: Binding

    @property
    def domain(self) -> Domain:
        """What instructions are signed for."""
        return Domain(CONTRACT, self.binding.chain.chain_id, self.binding.address)

    # Directing

    def grant(self, patient: str, grantee: Grantee, terms: Terms, document: bytes) -> Given:
        """Permit, for a patient; the document is the salted commitment of the consent."""
        return self._give("grant", patient, _wire(grantee), terms_on_wire(terms), document)

    def deny(self, patient: str, grantee: Grantee, terms: Terms, document: bytes) -> Given:
        """Deny, for a patient; the ceiling of the terms is not asked."""
        return self._give("deny", patient, _wire(grantee), terms_on_wire(terms), document)

    def revoke(self, patient: str, grantee: Grantee, place: int, version: int) -> Receipt:
        """End a directive at once."""
        return self.binding.send("revoke", patient, _wire(grantee), place, version)

    def grant_by_signature(self, signed: SignedMessage) -> Given:
        """Hand in a permit that was signed."""
        return self._give("grantBySignature", *_directing(signed))

    def deny_by_signature(self, signed: SignedMessage) -> Given:
        """Hand in a denial that was signed."""
        return self._give("denyBySignature", *_directing(signed))

    def revoke_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in a revocation that was signed."""
        patient, member, study, place, version, *by = signed.message.values
        said = patient, (member, study), place, version
        return self.binding.send("revokeBySignature", *said, tuple(by), signed.signature)

    def _give(self, function: str, *arguments: Any) -> Given:
        receipt = self.binding.send(function, *arguments)
        shape = shape_of(CONTRACT, "DirectiveGiven")
        (given,) = (
            shape.decode(log.topics[1:], log.data)
            for log in receipt.logs
            if log.address == self.binding.address and log.topics[0] == shape.topic
        )
        directive = directive_of(int(str(given["directive"])))
        return Given(directive.place, directive.version, receipt)

    def cancel(self, nonce: int) -> Receipt:
        """Cancel this account's next instruction: a signature with its number is worth nothing."""
        return self.binding.send("cancel", nonce)

    def cancel_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in a cancellation that was signed."""
        by = tuple(signed.message.values)
        return self.binding.send("cancelBySignature", by, signed.signature)

    # Representing

    def appoint(self, patient: str, representative: str, power: Power, until: datetime) -> Receipt:
        """Appoint a representative, or change its power and period."""
        given = representative, power, seconds_of(until)
        return self.binding.send("appoint", patient, *given)

    def dismiss(self, patient: str, representative: str) -> Receipt:
        """Dismiss a representative at once, or resign as one."""
        return self.binding.send("dismiss", patient, representative)

    def appoint_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in an appointment that was signed."""
        patient, representative, power, until, *by = signed.message.values
        given = patient, representative, power, until
        return self.binding.send("appointBySignature", *given, tuple(by), signed.signature)

    def dismiss_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in a dismissal that was signed."""
        patient, representative, *by = signed.message.values
        handed_in = patient, representative, tuple(by), signed.signature
        return self.binding.send("dismissBySignature", *handed_in)

    def appoint_by_vote(
        self, patient: str, representative: str, power: Power, until: datetime
    ) -> Action:
        """Appoint a representative for a patient who cannot act."""
        given = representative, power, seconds_of(until)
        return self._action("appointByVote", patient, *given)

    def dismiss_by_vote(self, patient: str, representative: str) -> Action:
        """Dismiss any representative."""
        return self._action("dismissByVote", patient, representative)

    # Moving to a new account

    def request_move(self, patient: str, account: str) -> Receipt:
        """Request a new account for a patient, by its own or a representative's."""
        return self.binding.send("requestMove", patient, account)

    def contest_move(self, patient: str, account: str) -> Receipt:
        """End a request, with the patient's present account."""
        return self.binding.send("contestMove", patient, account)

    def contest_move_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in a contest that was signed."""
        patient, account, *by = signed.message.values
        handed_in = patient, account, tuple(by), signed.signature
        return self.binding.send("contestMoveBySignature", *handed_in)

    def request_move_by_signature(self, signed: SignedMessage) -> Receipt:
        """Hand in a request that was signed."""
        patient, account, *by = signed.message.values
        handed_in = patient, account, tuple(by), signed.signature
        return self.binding.send("requestMoveBySignature", *handed_in)

    def complete_move(self, patient: str, account: str) -> Receipt:
        """Move a patient to the requested account once the delay is over, whoever sends this."""
        return self.binding.send("completeMove", patient, account)

    def move_by_vote(self, patient: str, account: str) -> Action:
        """Move a patient at once."""
        return self._action("moveByVote", patient, account)

    def set_move_delay(self, delay: timedelta) -> Action:
        """Set the delay of moves requested from then on."""
        return self._action("setMoveDelay", int(delay.total_seconds()))

    def _action(self, function: str, *arguments: Any) -> Action:
        return Action(self.binding.address, self.binding.encode(function, *arguments).data)

    # Reading

    def decide(self, question: Question) -> Answer:
        """Decide now, by the contract."""
        return struct(Answer, self.binding.call("decide", question_on_wire(question)))

    def weigh(self, question: Question) -> Answer:
        """Say what the patient's directives say, whether or not the member is active."""
        return struct(Answer, self.binding.call("weigh", question_on_wire(question)))

    def directives_of(self, patient: str, grantee: Grantee) -> tuple[Directive, ...]:
        """Return the directives that stand or stood in the places of a grantee."""
        found = self.binding.call("directivesOf", patient, _wire(grantee))
        return tuple(struct(Directive, one) for one in found)

    def account_of(self, patient: str) -> str:
        """Return the account that speaks for a patient."""
        return str(self.binding.call("accountOf", patient))

    def speaks_for(self, account: str, patient: str) -> bool:
        """Say whether an account speaks for a patient now."""
        return bool(self.binding.call("speaksFor", account, patient))

    def nonce_of(self, account: str) -> int:
        """Return the number of an account's next instruction."""
        return int(self.binding.call("nonceOf", account))

    def representation_of(self, patient: str, representative: str) -> Representation:
        """Return what a representative was given, also when it is over."""
        found = self.binding.call("representationOf", patient, representative)
        return struct(Representation, found)

    def move_of(self, patient: str) -> Move | None:
        """Return the new account that is requested for a patient, or nothing."""
        move = struct(Move, self.binding.call("moveOf", patient))
        return move if int(move.account, 16) else None

    def move_delay(self) -> timedelta:
        """Return the delay of moves."""
        return span(self.binding.call("moveDelay"))

    def max_directives(self) -> int:
        """Return the most directives that can stand for one grantee of a patient."""
        return int(self.binding.call("MAX_DIRECTIVES"))


def question_on_wire(question: Question) -> tuple[Any, ...]:
    """Return a question as the contract takes it."""
    asked = question.purpose, question.action, bits_of(question.labels), question.confidentiality
    return question.patient, _wire(question.grantee), *asked


def _wire(grantee: Grantee) -> tuple[int, bytes]:
    return grantee.member, grantee.study


def _directing(signed: SignedMessage) -> tuple[Any, ...]:
    """Return the arguments of a permit or a denial by signature."""
    patient, member, study, *said = signed.message.values
    terms, document, by = tuple(said[:6]), said[6], tuple(said[7:])
    return patient, (member, study), terms, document, by, signed.signature
