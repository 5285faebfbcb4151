"""
given a patient whose key is lost, or in a thief's hands
├── when a representative moves the patient after the delay, or a vote at once
│   ├── then every function that changes anything refuses the old key, in a transaction and in what
│   │   it signed before, but to cancel what it signed itself, which changes nothing of the patient
│   ├── and what it refuses the old key, it does for the new one: the consents are the patient's
│   └── and consents, representatives, records, receipts and emergencies stand as they were
├── when the thief contests the move, a vote moves the patient
└── given a representative's key that is lost, then it is dismissed, and can do nothing
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from consent_cast import (
    ASKED,
    CLINIC,
    COMMITMENT,
    DOCUMENT,
    EVERYONE,
    HOSPITALS,
    INSURERS,
    PATIENT,
    REASON,
    REPORT,
    STRANGER,
    STUDY,
    TREATMENT,
    Sharing,
    asked,
    terms,
)
from consortium_cast import DAY, refused, signer

from pyhealth import errors
from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Call
from pyhealth.chain.wallet import cast_address
from pyhealth.consents import ConsentRegistry
from pyhealth.consents.messages import (
    appointment,
    cancellation,
    contest,
    directing,
    dismissal,
    move_request,
    revocation,
)
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.messages import Message, SignedMessage
from pyhealth.records import RecordRegistry
from pyhealth.records.registry import review_message
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Finding,
    Instruction,
    Label,
    Outcome,
    Power,
    Provision,
    Purpose,
    seconds_of,
)

NEW = STRANGER  # the patient's account after the move
ELSEWHERE = cast_address("auditor")
MONTH = 30 * DAY
HARMLESS = {"cancel", "cancelBySignature"}  # of the old key's own instructions
NOT_OF_PATIENTS = {  # what the patient's account can do as little, before a move and after
    "appointByVote", "dismissByVote", "moveByVote", "setMoveDelay", "setReviewPeriod",
    "register", "update", "requestAccess", "requestAccessForStudy", "breakGlass", "anchorLog",
    "completeMove",
}  # fmt: skip


class Written(Exception):
    """A call, instead of what would have been sent."""

    def __init__(self, call: Call) -> None:
        self.call = call


class Pen(Binding):
    """Writes down what a client would send."""

    def send(self, function: str, *arguments: Any) -> Any:
        raise Written(self.encode(function, *arguments))


@dataclass(frozen=True)
class Given:
    """What the patient's life with the old key left."""

    sharing: Sharing
    record: bytes
    emergency: bytes
    place: int
    version: int

    def standing(self) -> dict[str, Any]:
        """All that the contracts know of the patient, but for its account."""
        consents, records = self.sharing.consents("hospital"), self.sharing.records()
        permitted = asked(), asked(labels=frozenset({Label.PSY})), asked(purpose=Purpose.HMARKT)
        return {
            "directives": [consents.directives_of(PATIENT, one) for one in
                           (HOSPITALS, INSURERS, EVERYONE)],
            "decisions": [consents.decide(one) for one in permitted],
            "representatives": [consents.representation_of(PATIENT, one) for one in
                                (CLINIC, ELSEWHERE)],
            "record": records.record_of(self.record),
            "newest receipt": records.head_of(PATIENT),
            "emergency": records.emergency_of(self.emergency),
        }  # fmt: skip


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def given(sharing) -> Given:
    """A patient with a permit, a denial, a representative, a record, receipts and an emergency."""
    permit = sharing.permit()
    sharing.refuse(EVERYONE, purposes=frozenset({Purpose.HMARKT}))
    sharing.consents().appoint(PATIENT, CLINIC, Power.RECOVER, sharing.now() + MONTH)
    record = sharing.record()
    for purpose in (Purpose.TREAT, Purpose.HMARKT):
        sharing.records().request_access(record, purpose, ConsentAction.USE)
    emergency = sharing.records().break_glass(record, REASON)
    return Given(sharing, record, emergency, permit.place, permit.version)


def by_representative(sharing: Sharing) -> None:
    sharing.consents("clinic").request_move(PATIENT, NEW)
    with refused(errors.MoveNotRipe, PATIENT, sharing.consents().move_of(PATIENT).ripe_at):
        sharing.consents("clinic").complete_move(PATIENT, NEW)
    sharing.later(sharing.consents().move_delay())
    sharing.consents("clinic").complete_move(PATIENT, NEW)


def by_vote(sharing: Sharing) -> None:
    sharing.decide(sharing.consents("hospital").move_by_vote(PATIENT, NEW))


def attempts(given: Given, name: str) -> Iterator[Call]:
    """Each function that changes anything, as an account would call it that is the patient's, or
    as anyone would hand in what that account signed.
    """
    sharing, me = given.sharing, cast_address(name)
    consents = replace(sharing.consents(name), binding=pen(sharing.consents(name)))
    records = replace(sharing.records(name), binding=pen(sharing.records(name)))
    month = sharing.now() + MONTH
    whole = HOSPITALS, terms(), DOCUMENT
    direct: list[Callable[[], object]] = [
        lambda: consents.grant(PATIENT, *whole),
        lambda: consents.deny(PATIENT, *whole),
        lambda: consents.revoke(PATIENT, HOSPITALS, given.place, given.version),
        lambda: consents.cancel(consents.nonce_of(me)),
        lambda: consents.appoint(PATIENT, ELSEWHERE, Power.SPEAK, month),
        lambda: consents.dismiss(PATIENT, CLINIC),
        lambda: consents.request_move(PATIENT, ELSEWHERE),
        lambda: consents.contest_move(PATIENT, ELSEWHERE),
        lambda: consents.complete_move(PATIENT, ELSEWHERE),
        lambda: records.register(PATIENT, {Label.PSY}, Confidentiality.N, COMMITMENT),
        lambda: records.update(given.record, 1, {Label.PSY}, Confidentiality.N, REPORT),
        lambda: records.request_access(given.record, Purpose.TREAT, ConsentAction.USE),
        lambda: records.request_access_for_study(
            given.record, STUDY, Purpose.TREAT, ConsentAction.USE
        ),
        lambda: records.break_glass(given.record, REASON),
        lambda: records.review(given.emergency, Finding.UNJUSTIFIED),
        lambda: records.anchor_log(REASON, sharing.now() - DAY, sharing.now(), 1),
    ]
    for do in direct:
        yield written(do)
    for one in (
        consents.appoint_by_vote(PATIENT, ELSEWHERE, Power.SPEAK, month),
        consents.dismiss_by_vote(PATIENT, CLINIC),
        consents.move_by_vote(PATIENT, ELSEWHERE),
        consents.set_move_delay(3 * DAY),
        records.set_review_period(DAY),
    ):
        yield Call(one.target, one.data)


def handed_in(given: Given, signed: list[SignedMessage]) -> Iterator[Call]:
    """What was signed, as anyone hands it in."""
    sharing = given.sharing
    consents = replace(sharing.consents("insurer"), binding=pen(sharing.consents("insurer")))
    records = replace(sharing.records("insurer"), binding=pen(sharing.records("insurer")))
    by: dict[str, Callable[[SignedMessage], object]] = {
        "Grant": consents.grant_by_signature,
        "Deny": consents.deny_by_signature,
        "Revocation": consents.revoke_by_signature,
        "Cancellation": consents.cancel_by_signature,
        "Appointment": consents.appoint_by_signature,
        "Dismissal": consents.dismiss_by_signature,
        "Contest": consents.contest_move_by_signature,
        "MoveRequest": consents.request_move_by_signature,
        "Review": records.review_by_signature,
    }
    for one in signed:
        yield written(lambda one=one: by[one.message.name](one))


def signed_by(given: Given, name: str) -> list[SignedMessage]:
    """All that can be signed, each as the next instruction of an account."""
    sharing, me = given.sharing, cast_address(name)
    now, consents = sharing.now(), sharing.consents("hospital")
    how = Instruction(me, consents.nonce_of(me), now, now + 2 * MONTH)
    whole = PATIENT, HOSPITALS, TREATMENT, DOCUMENT, how
    domain, until = consents.domain, (Power.SPEAK, seconds_of(now + 2 * MONTH))
    said: list[Message] = [
        directing(domain, Provision.PERMIT, *whole),
        directing(domain, Provision.DENY, *whole),
        revocation(domain, PATIENT, HOSPITALS, given.place, given.version, how),
        cancellation(domain, how),
        appointment(domain, PATIENT, ELSEWHERE, until, how),
        dismissal(domain, PATIENT, CLINIC, how),
        contest(domain, PATIENT, ELSEWHERE, how),
        move_request(domain, PATIENT, ELSEWHERE, how),
        review_message(
            sharing.records().domain, given.emergency, Finding.UNJUSTIFIED, REPORT,
            signer=me, deadline=now + 2 * MONTH,
        ),
    ]  # fmt: skip
    return [one.signed_by(signer(name)) for one in said]


def pen(client: ConsentRegistry | RecordRegistry) -> Pen:
    bound = client.binding
    return Pen(bound.chain, bound.artifact, bound.address, bound.open_sender)


def written(do: Callable[[], object]) -> Call:
    with pytest.raises(Written) as caught:
        do()
    return caught.value.call


def function_of(sharing: Sharing, call: Call) -> str:
    for client in (sharing.consents(), sharing.records()):
        for name in changing(client.binding.artifact.name):
            if (client.binding.address, client.binding.selector(name)) == (call.to, call.data[:4]):
                return name
    raise LookupError(call.data[:4].hex())


def changing(contract: str) -> set[str]:
    """The functions of a contract that can change anything."""
    return {
        entry["name"]
        for entry in read_artifact(contract).abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }


def answers(given: Given, calls: dict[str, list[Call]]) -> dict[str, errors.ContractError | None]:
    """What each call would be refused with, by function; the calls are those of an account."""
    sharing, said = given.sharing, {}
    for account, listed in calls.items():
        for call in listed:
            described = {"from": account, "to": call.to, "data": "0x" + call.data.hex()}
            said[function_of(sharing, call)] = sharing.asked(described)
    return said


def moving(sharing: Sharing, name: str) -> None:
    """A move of the patient that can be contested, by its present account."""
    sharing.consents(name).request_move(PATIENT, ELSEWHERE)


@pytest.mark.parametrize("moved", [by_representative, by_vote])
def test_after_a_move_every_function_refuses_the_old_key_and_does_for_the_new(
    sharing, given, moved
):
    before = signed_by(given, "patient")
    moved(sharing)
    moving(sharing, "stranger")
    relayer = cast_address("insurer")

    old = answers(given, {PATIENT: [*attempts(given, "patient")],
                          relayer: [*handed_in(given, before)]})  # fmt: skip
    new = answers(given, {NEW: [*attempts(given, "stranger")],
                          relayer: [*handed_in(given, signed_by(given, "stranger"))]})  # fmt: skip

    assert old.keys() == new.keys() == changing("ConsentRegistry") | changing("RecordRegistry")
    assert {name for name, refusal in old.items() if refusal is None} == HARMLESS
    for name in {"grant", "deny", "revoke", "appoint", "requestMove", "contestMove"}:
        assert isinstance(old[name], errors.PatientMoved), name
        assert isinstance(old[f"{name}BySignature"], errors.PatientMoved), name
    assert {name for name, refusal in new.items() if refusal is not None} == NOT_OF_PATIENTS


@pytest.mark.parametrize("moved", [by_representative, by_vote])
def test_after_a_move_consents_and_evidence_stand_whatever_the_old_key_cancels(
    sharing, given, moved
):
    before = given.standing()

    moved(sharing)
    sharing.consents().cancel(sharing.consents().nonce_of(PATIENT))
    for one in signed_by(given, "patient"):
        if one.message.name == "Cancellation":
            sharing.consents("insurer").cancel_by_signature(one)

    assert given.standing() == before
    assert sharing.consents().account_of(PATIENT) == NEW
    assert sharing.consents().decide(ASKED).outcome is Outcome.CONSENT_PERMIT
    sharing.consents("stranger").revoke(PATIENT, HOSPITALS, given.place, given.version)
    assert sharing.consents().decide(ASKED).outcome is Outcome.NO_CONSENT


def test_when_the_thief_contests_a_vote_moves_the_patient(sharing, given):
    consents, clinic = sharing.consents(), sharing.consents("clinic")
    clinic.request_move(PATIENT, NEW)
    consents.contest_move(PATIENT, NEW)

    sharing.later(consents.move_delay())
    with refused(errors.MoveNotRequested, PATIENT, NEW):
        clinic.complete_move(PATIENT, NEW)
    by_vote(sharing)

    with refused(errors.PatientMoved, PATIENT, NEW):
        consents.request_move(PATIENT, PATIENT)
    assert consents.account_of(PATIENT) == NEW


def test_a_representatives_lost_key_is_dismissed_and_can_do_nothing(sharing, given):
    sharing.consents("clinic").request_move(PATIENT, ELSEWHERE)

    sharing.consents().dismiss(PATIENT, CLINIC)

    ended = sharing.consents().representation_of(PATIENT, CLINIC).until
    sharing.later(sharing.consents().move_delay())
    for attempt in (
        lambda: sharing.consents("clinic").request_move(PATIENT, ELSEWHERE),
        lambda: sharing.consents("clinic").complete_move(PATIENT, ELSEWHERE),
    ):
        with refused(errors.CallerNotSpeaker, CLINIC, PATIENT, ended):
            attempt()
    assert sharing.consents().account_of(PATIENT) == PATIENT
