"""Consents and records as the tests use them: who grants what to whom, and what is signed for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from consortium_cast import DAY, HOSPITAL, INSURER, Council, signer

from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.wallet import Signer, cast_address
from pyhealth.consents import ConsentRegistry, Given
from pyhealth.consents.messages import (
    APPOINTMENT,
    CANCELLATION,
    CONTEST,
    DENY,
    DISMISSAL,
    GRANT,
    MOVE_REQUEST,
    REVOCATION,
    appointment,
    cancellation,
    contest,
    directing,
    dismissal,
    move_request,
    revocation,
)
from pyhealth.errors import ContractError, RpcRefused
from pyhealth.messages import Message, SignedMessage
from pyhealth.records import RecordRegistry
from pyhealth.records.registry import REVIEW, review_message
from pyhealth.sharing.purposes import closure
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Action,
    Confidentiality,
    ConsentAction,
    Finding,
    Grantee,
    Instruction,
    Label,
    Power,
    Provision,
    Purpose,
    Question,
    Terms,
    seconds_of,
)

PATIENT, CLINIC, STRANGER = map(cast_address, ("patient", "clinic", "stranger"))
DOCUMENT = b"\x0d" * 32
COMMITMENT = b"\x0c" * 32
REASON = b"\x0e" * 32
REPORT = b"\x0f" * 32
STUDY = b"\x05" * 32
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EVERYONE, HOSPITALS, INSURERS = Grantee(0), Grantee(HOSPITAL), Grantee(INSURER)
TREATMENT = Terms(
    closure(Purpose.TREAT),
    frozenset({Label.LABORATORY, Label.CONDITION}),
    frozenset({ConsentAction.ACCESS, ConsentAction.USE}),
    Confidentiality.N,
    ALWAYS,
    FOREVER,
)
ASKED = Question(
    PATIENT,
    HOSPITALS,
    Purpose.TREAT,
    ConsentAction.USE,
    frozenset({Label.LABORATORY}),
    Confidentiality.N,
)


@dataclass
class Sharing(Council):
    """The members, a patient and a stranger on one chain, each with its own clients."""

    def consents(self, name: str = "patient") -> ConsentRegistry:
        return self.health(name).consents

    def records(self, name: str = "hospital") -> RecordRegistry:
        return self.health(name).records

    def permit(self, grantee: Grantee = HOSPITALS, by: str = "patient", **changes: Any) -> Given:
        """A permit by the patient."""
        return self.consents(by).grant(PATIENT, grantee, terms(**changes), DOCUMENT)

    def refuse(self, grantee: Grantee = HOSPITALS, by: str = "patient", **changes: Any) -> Given:
        """A denial by the patient."""
        return self.consents(by).deny(PATIENT, grantee, terms(**changes), DOCUMENT)

    def record(self, by: str = "hospital", **changes: Any) -> bytes:
        """A record of the patient's laboratory values."""
        said: dict[str, Any] = {
            "labels": {Label.LABORATORY},
            "confidentiality": Confidentiality.N,
            "commitment": COMMITMENT,
        }
        return self.records(by).register(PATIENT, **(said | changes))

    def represented(self, name: str = "clinic", power: Power = Power.SPEAK) -> str:
        """A representative for a day."""
        self.consents().appoint(PATIENT, cast_address(name), power, self.now() + DAY)
        return cast_address(name)

    def instruction(self, name: str = "patient", **changes: Any) -> Instruction:
        """How one of the cast signs now."""
        who = cast_address(name)
        now = self.now()
        said = Instruction(who, self.consents().nonce_of(who), now, now + DAY)
        return replace(said, **changes)

    def message(self, kind: str, name: str = "patient", **changes: Any) -> Message:
        """What one of the cast would sign, with all prepared so that it can be done."""
        if kind == REVIEW:
            emergency = self.records().break_glass(self.record(), REASON)
            by = {"signer": cast_address(name), "deadline": self.now() + DAY}
            said = emergency, Finding.JUSTIFIED, REPORT
            return review_message(self.records().domain, *said, **(by | changes))
        build = BUILDERS[kind]
        prepared = build(self)
        return prepared(self.instruction(name, **changes))

    def handed_in(self, signed: SignedMessage, by: str = "stranger") -> Any:
        """Hand in what was signed, through the client."""
        if signed.message.kind == REVIEW:
            return self.records(by).review_by_signature(signed)
        return getattr(self.consents(by), SENDERS[signed.message.kind])(signed)

    def asked(self, call: dict[str, str]) -> ContractError | None:
        """Ask what a call would be refused with, or nothing."""
        try:
            self.rpc.call("eth_call", call, "latest")
        except RpcRefused as refused:
            return decode_refusal(refused.data)
        return None

    def vote_refused(self, action: Action) -> ContractError | None:
        """Return what an action would be refused with although it was voted for."""
        by = self.consortium.binding.address
        return self.asked({"from": by, "to": action.target, "data": "0x" + action.data.hex()})

    def did(self, kind: str) -> bool:
        """Say whether the effect of a prepared message is there."""
        consents, records = self.consents(), self.records()
        if kind == REVIEW:
            return not records.open_reviews(HOSPITAL)
        here = consents.directives_of(PATIENT, HOSPITALS)
        represents = consents.representation_of(PATIENT, CLINIC).until > self.now()
        return {
            GRANT: any(one.provision is Provision.PERMIT for one in here),
            DENY: any(one.provision is Provision.DENY for one in here),
            REVOCATION: all(one.valid_until <= self.now() for one in here),
            APPOINTMENT: represents,
            DISMISSAL: not represents,
            CONTEST: consents.move_of(PATIENT) is None,
            MOVE_REQUEST: consents.move_of(PATIENT) is not None,
            CANCELLATION: consents.nonce_of(PATIENT) == 1,
        }[kind]


Prepared = Callable[[Instruction], Message]


def _directing(provision: Provision) -> Callable[[Sharing], Prepared]:
    def prepare(s: Sharing) -> Prepared:
        said = provision, PATIENT, HOSPITALS, TREATMENT, DOCUMENT
        return lambda by: directing(s.consents().domain, *said, by)

    return prepare


def _revoking(s: Sharing) -> Prepared:
    given = s.permit()
    said = PATIENT, HOSPITALS, given.place, given.version
    return lambda by: revocation(s.consents().domain, *said, by)


def _appointing(s: Sharing) -> Prepared:
    given = Power.SPEAK, seconds_of(s.now() + 365 * DAY)
    return lambda by: appointment(s.consents().domain, PATIENT, CLINIC, given, by)


def _dismissing(s: Sharing) -> Prepared:
    gone = s.represented()
    return lambda by: dismissal(s.consents().domain, PATIENT, gone, by)


def _contesting(s: Sharing) -> Prepared:
    s.consents().request_move(PATIENT, STRANGER)
    return lambda by: contest(s.consents().domain, PATIENT, STRANGER, by)


def _requesting(s: Sharing) -> Prepared:
    return lambda by: move_request(s.consents().domain, PATIENT, STRANGER, by)


def _cancelling(s: Sharing) -> Prepared:
    return lambda by: cancellation(s.consents().domain, by)


BUILDERS = {
    GRANT: _directing(Provision.PERMIT),
    DENY: _directing(Provision.DENY),
    REVOCATION: _revoking,
    CANCELLATION: _cancelling,
    APPOINTMENT: _appointing,
    DISMISSAL: _dismissing,
    CONTEST: _contesting,
    MOVE_REQUEST: _requesting,
}
SENDERS = {
    GRANT: "grant_by_signature",
    DENY: "deny_by_signature",
    REVOCATION: "revoke_by_signature",
    CANCELLATION: "cancel_by_signature",
    APPOINTMENT: "appoint_by_signature",
    DISMISSAL: "dismiss_by_signature",
    CONTEST: "contest_move_by_signature",
    MOVE_REQUEST: "request_move_by_signature",
}
SIGNED = (*BUILDERS, REVIEW)  # the type of all that can be signed


def terms(**changes: Any) -> Terms:
    """The terms of treatment, with changes."""
    return replace(TREATMENT, **changes)


def asked(**changes: Any) -> Question:
    """The question of the hospital that treats, with changes."""
    return replace(ASKED, **changes)


def key(name: str) -> Signer:
    return signer(name)
