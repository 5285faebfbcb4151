"""
consents
├── directing
│   ├── a permit is stored as it was given, and permits
│   ├── a denial wins over a permit for the same grantee, and is given while paused
│   ├── a revoked directive permits nothing from that second on; its place is free for the next
│   ├── a period is in force from its first second, and not in its end
│   └── what cannot be a directive is refused, with the values
├── signing
│   ├── what wallets show hashes to what is signed, for every type
│   ├── whoever hands a signature in, what was signed is done, for every type
│   ├── a contract wallet signs (ERC-1271), for every type
│   ├── what somebody else handed in first is done, and said to be
│   ├── where the chain's clock is behind the signer's, it is waited for, and no longer than SKEW
│   └── a file that is no signed message is refused, with what is wrong
├── attacks with a signature, for every type
│   ├── again; as another function; after a revocation
│   ├── for another contract, another chain
│   ├── at its deadline, and not in the second before; before it was signed
│   └── zero signer, another's key, malleable, compact, truncated, wrong recovery id
├── attacks with a transaction
│   ├── nobody directs for another, nor appoints, dismisses, moves, contests
│   └── what only a vote can do is refused to everyone
├── representing
│   ├── a representative speaks until its last second, and not after
│   ├── one that may only recover grants nothing
│   ├── the patient ends it, and it can resign
│   └── a vote appoints for a patient who cannot act, and only a vote ends that
├── moving
│   ├── a patient moves after the delay, not a second before; the old account does nothing more
│   ├── a contested move is over
│   └── a vote moves at once, and sets the delay within its bounds
├── given a pause, new permits and appointments wait; nothing that ends something does
├── a cancelled instruction is worth nothing any more
└── weighing does not ask whether the member is active
"""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from consent_cast import (
    CLINIC,
    DENY,
    DOCUMENT,
    EVERYONE,
    GRANT,
    HOSPITALS,
    HOUR,
    PATIENT,
    REVIEW,
    REVOCATION,
    SECOND,
    SIGNED,
    STRANGER,
    STUDY,
    TREATMENT,
    Sharing,
    asked,
    key,
)
from consortium_cast import DAY, HOSPITAL, refused
from eth_account.messages import _hash_eip191_message, encode_typed_data

from pyhealth import errors
from pyhealth.chain.transactions import Call
from pyhealth.consents import relaying
from pyhealth.consents.messages import KINDS
from pyhealth.consents.relaying import hand_in
from pyhealth.deployment.artifacts import constructor_data, read_artifact
from pyhealth.messages import SignedMessage, load
from pyhealth.records.registry import KINDS as REVIEWS
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Answer,
    Confidentiality,
    Directive,
    Grantee,
    Ground,
    Outcome,
    Power,
    Provision,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1
ZERO = "0x" + "00" * 20
NAMES = [kind.split("(")[0] for kind in SIGNED]
every_type = pytest.mark.parametrize("kind", SIGNED, ids=NAMES)


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


# Directing


def test_grant_stores_what_was_given_and_permits(sharing):
    given = sharing.permit()

    assert (given.place, given.version) == (0, 1)
    stored = Directive(
        TREATMENT.purposes,
        TREATMENT.labels,
        TREATMENT.actions,
        TREATMENT.ceiling,
        ALWAYS,
        FOREVER,
        Provision.PERMIT,
        1,
    )
    assert sharing.consents().directives_of(PATIENT, HOSPITALS) == (stored,)
    permitted = Answer(Outcome.CONSENT_PERMIT, Ground.MEMBER, 0, 1)
    assert sharing.consents().decide(asked()) == permitted
    nothing = Answer(Outcome.NO_CONSENT, Ground.NONE, 0, 0)
    assert sharing.consents().decide(asked(grantee=Grantee(2))) == nothing


def test_deny_wins_over_a_permit_for_the_same_grantee_and_is_given_while_paused(sharing):
    sharing.permit()
    sharing.voted(sharing.consortium.pause(sharing.consents().binding.address))

    given = sharing.refuse(ceiling=Confidentiality.NONE)

    denied = Answer(Outcome.CONSENT_DENY, Ground.MEMBER, given.place, given.version)
    assert sharing.consents().decide(asked()) == denied


def test_revoke_ends_a_directive_at_once_and_frees_its_place(sharing):
    consents, given = sharing.consents(), sharing.permit()

    receipt = consents.revoke(PATIENT, HOSPITALS, given.place, given.version)

    assert consents.decide(asked()).outcome is Outcome.NO_CONSENT
    (ended,) = consents.directives_of(PATIENT, HOSPITALS)
    block = sharing.rpc.call("eth_getBlockByNumber", hex(receipt.block_number), False)
    assert int(ended.valid_until.timestamp()) == int(block["timestamp"], 16)
    again = sharing.permit()
    assert (again.place, again.version) == (0, 2)
    with refused(errors.DirectiveNotStanding, PATIENT, HOSPITAL, bytes(32), 0, 1):
        consents.revoke(PATIENT, HOSPITALS, 0, 1)


def test_a_period_is_in_force_from_its_first_second_and_not_in_its_end(sharing):
    first, last = sharing.now() + HOUR, sharing.now() + 2 * HOUR
    sharing.permit(valid_from=first, valid_until=last)

    def outcome(moment) -> Outcome:
        sharing.at(moment)
        sharing.rpc.call("evm_mine")
        return sharing.consents().decide(asked()).outcome

    moments = (first - SECOND, first, last - SECOND, last)
    no, yes = Outcome.NO_CONSENT, Outcome.CONSENT_PERMIT
    assert [outcome(moment) for moment in moments] == [no, yes, yes, no]


def test_what_cannot_be_a_directive_is_refused_with_its_values(sharing):
    now, usable = sharing.now(), (TREATMENT.purposes, TREATMENT.labels, TREATMENT.actions)
    nothing = frozenset[object]()

    for place, field in enumerate(("purposes", "labels", "actions")):
        carried = [*usable[:place], nothing, *usable[place + 1 :], Confidentiality.N]
        with refused(errors.TermsNotUsable, *carried):
            sharing.permit(**{field: nothing})
    with refused(errors.TermsNotUsable, *usable, Confidentiality.NONE):
        sharing.permit(ceiling=Confidentiality.NONE)
    with refused(errors.PeriodReversed, now + DAY, now + DAY):
        sharing.permit(valid_from=now + DAY, valid_until=now + DAY)
    with refused(errors.PeriodOver, now - DAY):
        sharing.permit(valid_until=now - DAY)
    with refused(errors.ConsentDocumentMissing, PATIENT):
        sharing.consents().grant(PATIENT, HOSPITALS, TREATMENT, bytes(32))
    with refused(errors.StudyWithoutMember, STUDY):
        sharing.permit(Grantee(0, STUDY))


def test_a_grantee_has_at_most_so_many_directives_that_stand(sharing):
    most = sharing.consents().max_directives()
    for _ in range(most):
        sharing.permit()

    with refused(errors.DirectivesFull, PATIENT, HOSPITAL, bytes(32), most):
        sharing.permit()
    assert sharing.permit(EVERYONE).place == 0
    sharing.consents().revoke(PATIENT, HOSPITALS, 3, 1)
    assert (given := sharing.permit()).place == 3
    assert given.version == 2


# Signing


@every_type
def test_what_wallets_show_hashes_to_what_is_signed(sharing, kind):
    message = sharing.message(kind)

    shown = json.loads(json.dumps(message.typed_data()))

    assert _hash_eip191_message(encode_typed_data(full_message=shown)) == message.digest
    assert shown["domain"]["name"] == ("RecordRegistry" if kind == REVIEW else "ConsentRegistry")


@every_type
def test_whoever_hands_a_signature_in_what_was_signed_is_done(sharing, kind):
    signed = sharing.message(kind).signed_by(key("patient"))
    assert not sharing.did(kind)

    sharing.handed_in(signed, by="stranger")

    assert sharing.did(kind)


@every_type
def test_a_contract_wallet_signs(sharing, kind):
    message = sharing.message(kind)
    wallet = sharing.wallet(PATIENT)
    wanted = SignedMessage(message, b"whatever the wallet takes")
    refusal = errors.ReviewNotSigned if kind == REVIEW else errors.InstructionNotSigned

    with pytest.raises(refusal):
        sharing.handed_in(wanted)
    sharing.accept(wallet, message.digest)
    sharing.handed_in(wanted)

    assert sharing.did(kind)


@every_type
def test_what_is_signed_travels_in_a_file(sharing, kind, tmp_path):
    signed = sharing.message(kind).signed_by(key("patient"))

    file = signed.save(tmp_path / "signed.json", ["In words."])

    assert load(file, KINDS | REVIEWS) == signed
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.InputError, match="exists already"):
        signed.save(file)


@pytest.mark.parametrize("kind", [kind for kind in SIGNED if kind != REVIEW], ids=NAMES[:-1])
def test_what_somebody_else_handed_in_first_is_done_and_said_to_be(sharing, kind):
    signed = sharing.message(kind).signed_by(key("patient"))
    sharing.handed_in(signed, by="insurer")
    relay = sharing.health("stranger")

    done = hand_in(relay.consents, relay.index, signed)

    assert done.before
    assert sharing.did(kind)
    other = replace(signed.message, values=(*signed.message.values[:-1], 2**40))
    again = errors.DirectiveNotStanding if kind == REVOCATION else errors.InstructionOutOfTurn
    with pytest.raises(again):
        sharing.handed_in(other.signed_by(key("patient")))


def test_another_instruction_under_a_used_number_is_not_taken_for_done(sharing):
    first = sharing.message(GRANT).signed_by(key("patient"))
    second = sharing.message(DENY).signed_by(key("patient"))
    sharing.handed_in(first)
    relay = sharing.health("stranger")

    with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
        hand_in(relay.consents, relay.index, second)


def test_a_chains_clock_that_is_a_little_behind_is_waited_for(sharing, monkeypatch):
    monkeypatch.setattr(relaying, "PAUSE", 0.1)
    message = sharing.message(GRANT, signed_at=sharing.now() + 3 * SECOND)
    relay = sharing.health("stranger")

    done = hand_in(relay.consents, relay.index, message.signed_by(key("patient")))

    assert not done.before
    assert sharing.did(GRANT)


def test_a_chains_clock_that_stands_still_is_waited_for_no_longer_than_the_skew(
    sharing, monkeypatch
):
    monkeypatch.setattr(relaying, "PAUSE", 0.1)
    monkeypatch.setattr(relaying, "SKEW", SECOND)
    now = datetime.now(UTC).replace(microsecond=0)
    signed = sharing.message(GRANT, signed_at=now, deadline=now + DAY).signed_by(key("patient"))
    sharing.rpc.call("anvil_setTime", int((now - HOUR).timestamp()))
    sharing.rpc.call("evm_mine")
    relay, began = sharing.health("stranger"), time.monotonic()

    with refused(errors.InstructionFromFuture, PATIENT, now):
        hand_in(relay.consents, relay.index, signed)

    assert 1 < time.monotonic() - began < 30


CHANGES = {
    "no JSON": (lambda told: "{", "Expecting"),
    "another paper": (lambda told: told | {"paper": "ballot"}, "its paper is 'ballot'"),
    "another type": (lambda told: _in(told, "primaryType", "Permit"), "'Permit' is none of Grant"),
    "a field more": (lambda told: _said(told, "note", "x"), "its fields are not those"),
    "no number": (lambda told: _said(told, "member", "all"), "all"),
    "too large": (lambda told: _said(told, "actions", 256), "actions is no uint8"),
    "negative": (lambda told: _said(told, "member", -1), "member is no uint32"),
    "a truth": (lambda told: _said(told, "member", True), "member is no number"),
    "no address": (lambda told: _said(told, "patient", "0x12"), "is not an address"),
    "nobody, cut short": (lambda told: _said(told, "patient", "0x0"), "is not an address"),
    "another's words": (lambda told: told | {"says": {"a": 1}}, "what it says is no text"),
    "half a word": (lambda told: _said(told, "document", "0x12"), "document has 1 bytes"),
    "no hexadecimal": (lambda told: told | {"signature": "yes"}, "'yes' is not in hexadecimal"),
    "another name": (lambda told: _domain(told, "name", "Other"), "its types or its domain"),
    "another version": (lambda told: _domain(told, "version", "2"), "its types or its domain"),
    "a list": (lambda told: [], "list indices"),
    "too long": (lambda told: told | {"says": ["x" * (1 << 16)]}, "it is too long"),
    "nested deeply": (lambda told: "[" * 60_000, "recursion"),
}


def _in(told, name, value):
    told["typed_data"][name] = value
    return told


def _said(told, name, value):
    told["typed_data"]["message"][name] = value
    return told


def _domain(told, name, value):
    told["typed_data"]["domain"][name] = value
    return told


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_no_signed_message_is_refused(sharing, tmp_path: Path, change, words):
    file = sharing.message(GRANT).signed_by(key("patient")).save(tmp_path / "signed.json")
    made = change(json.loads(file.read_text()))
    file.write_text(made if isinstance(made, str) else json.dumps(made))

    with pytest.raises(
        errors.InputError, match=r"is no signed message .*have it made anew"
    ) as told:
        load(file, KINDS)
    assert words in str(told.value)
    with pytest.raises(errors.InputError, match=r"gone\.json cannot be read"):
        load(tmp_path / "gone.json", KINDS)


# Attacks with a signature


def not_signed(kind: str, signed: SignedMessage) -> list[object]:
    """What a refused signature carries."""
    said = signed.message.fields
    return [said["emergencyId"], said["signer"]] if kind == REVIEW else [said["signer"]]


def refusal(kind: str) -> type[errors.ContractError]:
    return errors.ReviewNotSigned if kind == REVIEW else errors.InstructionNotSigned


@every_type
def test_a_signature_does_nothing_again(sharing, kind):
    signed = sharing.message(kind).signed_by(key("patient"))
    sharing.handed_in(signed)

    done = {REVIEW: errors.ReviewDone, REVOCATION: errors.DirectiveNotStanding}
    if kind in done:
        with pytest.raises(done[kind]):
            sharing.handed_in(signed)
    else:
        with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
            sharing.handed_in(signed)


def test_a_permit_cannot_be_replayed_after_its_revocation(sharing):
    signed = sharing.message(GRANT).signed_by(key("patient"))
    given = sharing.handed_in(signed)
    sharing.consents().revoke(PATIENT, HOSPITALS, given.place, given.version)

    with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
        sharing.handed_in(signed)
    assert sharing.consents().decide(asked()).outcome is Outcome.NO_CONSENT


@pytest.mark.parametrize(("kind", "other"), [(GRANT, DENY), (DENY, GRANT)], ids=["permit", "deny"])
def test_a_signature_for_one_function_is_none_for_another(sharing, kind, other):
    signed = sharing.message(kind).signed_by(key("patient"))
    misused = SignedMessage(replace(signed.message, kind=other), signed.signature)

    with refused(errors.InstructionNotSigned, PATIENT):
        sharing.handed_in(misused)


@every_type
def test_a_signature_for_another_contract_is_none_here(sharing, kind):
    elsewhere = _deployed_again(sharing, kind)
    message = sharing.message(kind)
    there = replace(message, domain=replace(message.domain, contract=elsewhere))
    signed = SignedMessage(message, there.signed_by(key("patient")).signature)

    with refused(refusal(kind), *not_signed(kind, signed)):
        sharing.handed_in(signed)


def _deployed_again(sharing: Sharing, kind: str) -> str:
    """A second registry of the same code on the same chain."""
    name = "RecordRegistry" if kind == REVIEW else "ConsentRegistry"
    record = sharing.health("hospital").record.contracts[name]
    artifact = read_artifact(name)
    data = artifact.bytecode + constructor_data(artifact, record.arguments)
    made = sharing.health("stranger").sender.send(Call(None, data)).contract
    assert made is not None
    return made


@every_type
def test_a_signature_for_another_chain_is_none_here(sharing, kind):
    message = sharing.message(kind)
    there = replace(message, domain=replace(message.domain, chain_id=1))
    signed = SignedMessage(message, there.signed_by(key("patient")).signature)

    with refused(refusal(kind), *not_signed(kind, signed)):
        sharing.handed_in(signed)


def test_a_chain_that_changes_its_number_takes_no_signature_of_before(sharing):
    signed = sharing.message(GRANT).signed_by(key("patient"))
    said = signed.message.values
    call = sharing.consents().binding.encode(
        "grantBySignature", said[0], said[1:3], said[3:9], said[9], said[10:], signed.signature
    )
    asking = {"to": call.to, "data": "0x" + call.data.hex()}
    assert sharing.asked(asking) is None

    sharing.rpc.call("anvil_setChainId", 999)
    try:
        refusal = sharing.asked(asking)
    finally:
        sharing.rpc.call("anvil_setChainId", 31337)
    assert isinstance(refusal, errors.InstructionNotSigned)


@every_type
def test_a_signature_holds_until_the_second_before_its_deadline(sharing, kind):
    deadline = sharing.now() + HOUR
    signed = sharing.message(kind, deadline=deadline).signed_by(key("patient"))
    before = sharing.rpc.call("evm_snapshot")

    sharing.at(deadline)
    sharing.rpc.call("evm_mine")
    late = errors.ReviewLate if kind == REVIEW else errors.InstructionLate
    with refused(late, *[*not_signed(kind, signed)[:1], deadline]):
        sharing.handed_in(signed)

    sharing.rpc.call("evm_revert", before)
    sharing.at(deadline - SECOND)
    sharing.handed_in(signed)
    assert sharing.did(kind)


def test_an_instruction_is_not_signed_after_the_block_that_it_comes_in(sharing):
    moment = sharing.now() + DAY
    message = sharing.message(GRANT, signed_at=moment, deadline=moment + DAY)
    signed = message.signed_by(key("patient"))

    with refused(errors.InstructionFromFuture, PATIENT, moment):
        sharing.handed_in(signed)
    sharing.later(DAY)
    sharing.handed_in(signed)
    assert sharing.did(GRANT)


def malleable(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])


FORGED = {
    "malleable": malleable,
    "compact": lambda one: one[:32] + bytes([one[32] | (one[64] - 27) << 7]) + one[33:64],
    "truncated": lambda one: one[:64],
    "longer": lambda one: one + b"\0",
    "empty": lambda one: b"",
    "recovery id 0 or 1": lambda one: one[:64] + bytes([one[64] - 27]),
    "other recovery id": lambda one: one[:64] + bytes([55 - one[64]]),
    "zeros": lambda one: bytes(65),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
@every_type
def test_a_forged_signature_is_refused(sharing, kind, forge):
    signed = sharing.message(kind).signed_by(key("patient"))
    forged = SignedMessage(signed.message, forge(signed.signature))

    with refused(refusal(kind), *not_signed(kind, forged)):
        sharing.handed_in(forged)
    assert not sharing.did(kind)


@every_type
def test_nobody_signs_for_the_zero_address(sharing, kind):
    signed = sharing.message(kind, signer=ZERO).signed_by(key("stranger"))

    for signature in (signed.signature, bytes(64) + b"\x1b"):
        with refused(refusal(kind), *not_signed(kind, signed)):
            sharing.handed_in(SignedMessage(signed.message, signature))


@every_type
def test_another_key_does_not_sign_for_the_patient(sharing, kind):
    signed = sharing.message(kind).signed_by(key("stranger"))

    with refused(refusal(kind), *not_signed(kind, signed)):
        sharing.handed_in(signed)


# Attacks with a transaction


def test_nobody_speaks_for_another(sharing):
    given = sharing.permit()
    sharing.represented()
    thief, now = sharing.consents("stranger"), sharing.now()

    for attempt in (
        lambda: thief.grant(PATIENT, HOSPITALS, TREATMENT, DOCUMENT),
        lambda: thief.deny(PATIENT, HOSPITALS, TREATMENT, DOCUMENT),
        lambda: thief.revoke(PATIENT, HOSPITALS, given.place, given.version),
        lambda: thief.request_move(PATIENT, STRANGER),
    ):
        with refused(errors.CallerNotSpeaker, STRANGER, PATIENT, ALWAYS):
            attempt()
    for attempt in (
        lambda: thief.appoint(PATIENT, STRANGER, Power.SPEAK, now + DAY),
        lambda: thief.dismiss(PATIENT, CLINIC),
        lambda: thief.contest_move(PATIENT, STRANGER),
    ):
        with refused(errors.CallerNotPatient, STRANGER, PATIENT):
            attempt()


def test_nobody_signs_for_a_patient_that_it_does_not_speak_for(sharing):
    signed = sharing.message(GRANT, "stranger").signed_by(key("stranger"))

    with refused(errors.CallerNotSpeaker, STRANGER, PATIENT, ALWAYS):
        sharing.handed_in(signed)


@pytest.mark.parametrize("name", ["patient", "hospital", "stranger", "deployer"])
def test_what_only_a_vote_can_do_is_refused_to_everyone(sharing, name):
    consents, health = sharing.consents(name), sharing.health(name)
    me = health.signer.address

    for action in (
        consents.appoint_by_vote(PATIENT, CLINIC, Power.SPEAK, sharing.now() + DAY),
        consents.dismiss_by_vote(PATIENT, CLINIC),
        consents.move_by_vote(PATIENT, CLINIC),
        consents.set_move_delay(3 * DAY),
    ):
        with refused(errors.CallerNotConsortium, me):
            health.sender.send(Call(action.target, action.data))


# Representing


def test_a_representative_speaks_until_its_last_second(sharing):
    clinic = sharing.consents("clinic")
    until = sharing.now() + DAY
    sharing.consents().appoint(PATIENT, CLINIC, Power.SPEAK, until)
    assert clinic.speaks_for(CLINIC, PATIENT)
    before = sharing.rpc.call("evm_snapshot")

    sharing.at(until)
    sharing.rpc.call("evm_mine")
    with refused(errors.CallerNotSpeaker, CLINIC, PATIENT, until):
        clinic.grant(PATIENT, HOSPITALS, TREATMENT, DOCUMENT)
    assert not clinic.speaks_for(CLINIC, PATIENT)

    sharing.rpc.call("evm_revert", before)
    sharing.at(until - SECOND)
    clinic.grant(PATIENT, HOSPITALS, TREATMENT, DOCUMENT)
    assert clinic.representation_of(PATIENT, CLINIC).until == until


def test_a_representative_signs_too_and_not_after_its_end(sharing):
    sharing.represented()
    signed = sharing.message(GRANT, "clinic", deadline=sharing.now() + 9 * DAY)
    until = sharing.consents().representation_of(PATIENT, CLINIC).until
    sharing.later(DAY)

    with refused(errors.CallerNotSpeaker, CLINIC, PATIENT, until):
        sharing.handed_in(signed.signed_by(key("clinic")))


def test_one_that_may_only_recover_grants_nothing(sharing):
    sharing.represented(power=Power.RECOVER)
    clinic = sharing.consents("clinic")

    with refused(errors.CallerNotSpeaker, CLINIC, PATIENT, ALWAYS):
        clinic.grant(PATIENT, HOSPITALS, TREATMENT, DOCUMENT)
    assert not clinic.speaks_for(CLINIC, PATIENT)
    clinic.request_move(PATIENT, STRANGER)
    assert clinic.move_of(PATIENT).account == STRANGER


def test_the_patient_ends_a_representation_and_a_representative_resigns(sharing):
    sharing.represented()
    sharing.consents().dismiss(PATIENT, CLINIC)
    assert not sharing.consents().speaks_for(CLINIC, PATIENT)
    with refused(errors.RepresentativeUnknown, PATIENT, CLINIC):
        sharing.consents().dismiss(PATIENT, CLINIC)

    sharing.represented()
    sharing.consents("clinic").dismiss(PATIENT, CLINIC)

    assert not sharing.consents().speaks_for(CLINIC, PATIENT)


def test_what_cannot_be_a_representation_is_refused(sharing):
    consents, now = sharing.consents(), sharing.now()

    for unusable in (ZERO, PATIENT):
        with refused(errors.RepresentativeNotUsable, PATIENT, unusable):
            consents.appoint(PATIENT, unusable, Power.SPEAK, now + DAY)
    with refused(errors.RepresentationEmpty, CLINIC, Power.NONE, now + DAY):
        consents.appoint(PATIENT, CLINIC, Power.NONE, now + DAY)
    with refused(errors.RepresentationEmpty, CLINIC, Power.SPEAK, now - DAY):
        consents.appoint(PATIENT, CLINIC, Power.SPEAK, now - DAY)


def test_a_vote_appoints_for_a_patient_who_cannot_act_and_only_a_vote_ends_it(sharing):
    consents, until = sharing.consents(), sharing.now() + 30 * DAY
    sharing.decide(consents.appoint_by_vote(PATIENT, CLINIC, Power.SPEAK, until))
    assert consents.representation_of(PATIENT, CLINIC).by_vote

    for attempt in (
        lambda: consents.dismiss(PATIENT, CLINIC),
        lambda: consents.appoint(PATIENT, CLINIC, Power.RECOVER, until),
    ):
        with refused(errors.RepresentativeByVote, PATIENT, CLINIC):
            attempt()
    sharing.voted(consents.dismiss_by_vote(PATIENT, CLINIC))
    assert not consents.speaks_for(CLINIC, PATIENT)


# Moving


def test_a_patient_moves_after_the_delay_and_the_old_account_does_nothing_more(sharing):
    consents, clinic = sharing.consents(), sharing.consents("clinic")
    given = sharing.permit()
    sharing.represented(power=Power.RECOVER)
    sharing.consents().appoint(PATIENT, CLINIC, Power.RECOVER, sharing.now() + 30 * DAY)
    clinic.request_move(PATIENT, STRANGER)
    ripe = clinic.move_of(PATIENT).ripe_at
    assert ripe - sharing.now() == clinic.move_delay()

    with refused(errors.MoveNotRequested, PATIENT, CLINIC):
        clinic.complete_move(PATIENT, CLINIC)
    sharing.at(ripe - SECOND)
    sharing.rpc.call("evm_mine")
    with refused(errors.MoveNotRipe, PATIENT, ripe):
        clinic.complete_move(PATIENT, STRANGER)
    sharing.at(ripe)
    sharing.rpc.call("evm_mine")
    clinic.complete_move(PATIENT, STRANGER)

    assert consents.account_of(PATIENT) == STRANGER
    with refused(errors.PatientMoved, PATIENT, STRANGER):
        consents.grant(PATIENT, HOSPITALS, TREATMENT, DOCUMENT)
    with refused(errors.PatientMoved, PATIENT, STRANGER):
        consents.request_move(PATIENT, PATIENT)
    assert consents.decide(asked()).outcome is Outcome.CONSENT_PERMIT
    sharing.consents("stranger").revoke(PATIENT, HOSPITALS, given.place, given.version)


def test_a_contested_move_is_over(sharing):
    consents = sharing.consents()
    sharing.represented(power=Power.RECOVER)
    sharing.consents("clinic").request_move(PATIENT, STRANGER)

    consents.contest_move(PATIENT, STRANGER)

    assert consents.move_of(PATIENT) is None
    for attempt in (consents.contest_move, consents.complete_move):
        with refused(errors.MoveNotRequested, PATIENT, STRANGER):
            attempt(PATIENT, STRANGER)
    for unusable in (PATIENT, ZERO):
        with refused(errors.MoveNotUsable, PATIENT, unusable):
            consents.request_move(PATIENT, unusable)


def test_a_vote_moves_at_once_and_sets_the_delay_within_its_bounds(sharing):
    consents = sharing.consents()

    sharing.voted(consents.move_by_vote(PATIENT, STRANGER), consents.set_move_delay(3 * DAY))

    assert consents.account_of(PATIENT) == STRANGER
    assert consents.move_delay() == 3 * DAY
    for delay in (2 * DAY - SECOND, 30 * DAY + SECOND):
        refusal = sharing.vote_refused(consents.set_move_delay(delay))
        assert isinstance(refusal, errors.MoveDelayOutOfBounds)
        assert (refusal.delay, refusal.low, refusal.high) == (delay, 2 * DAY, 30 * DAY)


# Paused


def test_given_a_pause_nothing_that_ends_something_waits(sharing):
    consents, given = sharing.consents(), sharing.permit()
    sharing.represented()
    sharing.consents("clinic").request_move(PATIENT, STRANGER)
    sharing.voted(sharing.consortium.pause(consents.binding.address))

    for attempt in (
        sharing.permit,
        lambda: consents.appoint(PATIENT, CLINIC, Power.SPEAK, sharing.now() + DAY),
        lambda: consents.request_move(PATIENT, CLINIC),
    ):
        with refused(errors.ConsentsPaused):
            attempt()
    sharing.refuse()
    consents.contest_move(PATIENT, STRANGER)
    consents.dismiss(PATIENT, CLINIC)
    consents.revoke(PATIENT, HOSPITALS, given.place, given.version)
    assert consents.decide(asked()).outcome is Outcome.CONSENT_DENY


# Cancelling


def test_a_cancelled_instruction_is_worth_nothing_any_more(sharing):
    signed = sharing.message(GRANT).signed_by(key("patient"))

    sharing.consents().cancel(0)

    with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
        sharing.handed_in(signed)
    with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
        sharing.consents().cancel(0)
    relay = sharing.health("stranger")
    with refused(errors.InstructionOutOfTurn, PATIENT, 0, 1):
        hand_in(relay.consents, relay.index, signed)


def test_weighing_does_not_ask_whether_the_member_is_active(sharing):
    sharing.permit()
    sharing.voted(sharing.consortium.suspend(HOSPITAL))

    suspended = Answer(Outcome.CONSENT_DENY, Ground.MEMBER_NOT_ACTIVE, 0, 0)
    assert sharing.consents().decide(asked()) == suspended
    assert sharing.consents().weigh(asked()).outcome is Outcome.CONSENT_PERMIT
