"""
the gate
├── given a consent that permits
│   ├── it serves what was registered, with the receipt that the chain has
│   ├── it serves the version that was permitted, and no other
│   └── what is kept must be what was registered: else nothing is served
├── given no consent
│   └── it serves nothing, and the refusal is in the patient's chain of receipts
├── given a receipt that an account brings
│   ├── it serves the account that asked, once
│   ├── it serves nothing upon a receipt of another record, account, purpose, action or study
│   ├── it serves nothing upon a transaction that is missing, reverted, or no request
│   ├── it serves until the receipt is five minutes old, and not a second later
│   ├── it serves nothing once the consent is revoked, or the receipt not final
│   └── upon a denial it serves nothing
├── of two that come with one receipt at the same moment, one is served
├── a receipt that is older than the request opens nothing
├── where the list of what was served upon cannot be used, nothing is served
├── a copy of a commitment, by another member or for another patient, opens nothing
├── given an emergency, its permit opens until the patient reviews it
└── stores
    ├── a folder finds a record by its opening, and never leaves the folder
    └── a store that has nothing says so
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from consent_cast import (
    HOSPITALS,
    INSURERS,
    PATIENT,
    REASON,
    SECOND,
    STRANGER,
    STUDY,
    Sharing,
    terms,
)

from pyhealth import errors
from pyhealth.chain.wallet import cast_address
from pyhealth.errors import GateError
from pyhealth.hashing import RECORD_DOMAIN, commitment
from pyhealth.openings import commit, opening_file
from pyhealth.privacy.gate import Gate, Wanted
from pyhealth.privacy.stores import FolderStore, Held, VaultStore
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Finding,
    Grantee,
    Ground,
    Label,
    Outcome,
    Purpose,
    Record,
    Role,
)

LETTER = b"Discharge letter: hypertension, treated."
SALT = b"\x5a" * 32
TREAT, ACCESS = Purpose.TREAT, ConsentAction.ACCESS
HOSPITAL, INSURER = cast_address("hospital"), cast_address("insurer")
NOWHERE = b"\x99" * 32


def committed(data: bytes = LETTER) -> bytes:
    return commitment(RECORD_DOMAIN, SALT, hashlib.sha256(data).digest())


@dataclass
class Shelf:
    """A store that counts what it is asked for."""

    records: dict[bytes, Held] = field(default_factory=dict)
    asked: int = 0

    def put(self, data: bytes) -> bytes:
        self.records[committed(data)] = Held(data, SALT)
        return committed(data)

    def fetch(self, record: Record) -> Held:
        self.asked += 1
        if record.commitment not in self.records:
            raise errors.RecordNotHeld(record.commitment)
        return self.records[record.commitment]


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def letter(sharing, shelf) -> bytes:
    """The patient's letter, as the hospital registered it."""
    return sharing.record(commitment=shelf.put(LETTER))


@pytest.fixture
def gate(sharing, shelf) -> Gate:
    """The hospital's gate."""
    return sharing.health("hospital").guard(shelf)


@pytest.fixture
def asks(sharing, letter) -> Callable[..., bytes]:
    """One of the cast asks for the letter itself, and has the transaction."""

    def ask(name: str = "insurer", purpose: Purpose = TREAT, study: bytes | None = None) -> bytes:
        records = sharing.records(name)
        if study:
            made = records.request_access_for_study(letter, study, purpose, ACCESS)
        else:
            made = records.request_access(letter, purpose, ACCESS)
        return made.anchored.transaction

    return ask


def mined(sharing: Sharing, moment) -> None:
    sharing.at(moment)
    sharing.rpc.call("evm_mine")


# Given a consent that permits


def test_it_serves_what_was_registered_with_the_receipt_that_the_chain_has(sharing, gate, letter):
    sharing.permit()

    opened = gate.open(letter, TREAT)

    made = opened.requested
    assert opened.data == LETTER
    assert made.permitted
    assert (made.receipt.actor, made.receipt.record_ref) == (HOSPITAL, letter)
    assert made.receipt_hash == sharing.records().head_of(PATIENT)
    assert made.receipt_hash in gate.served
    assert LETTER.decode() not in repr(opened)


def test_the_client_of_the_records_opens_through_its_gate(sharing, gate, letter):
    sharing.permit()
    records = replace(sharing.records(), gate=lambda: gate)

    assert records.open(letter, TREAT).data == LETTER
    with pytest.raises(errors.ConfigError, match="no gate"):
        replace(records, gate=None).open(letter, TREAT)


def test_it_serves_the_version_that_was_permitted_and_no_other(sharing, gate, shelf, letter, asks):
    sharing.permit(HOSPITALS)
    sharing.permit(INSURERS)
    transaction = asks()
    about = sharing.records().record_of(letter)
    newer = shelf.put(b"An addendum.")
    sharing.records().update(letter, 1, about.labels, about.confidentiality, newer)

    with pytest.raises(errors.RecordChanged) as refused:
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)

    assert (refused.value.version, refused.value.present) == (1, 2)
    assert shelf.asked == 0
    assert gate.open(letter, TREAT).data == b"An addendum."


@pytest.mark.parametrize("kept", [Held(b"Another letter.", SALT), Held(LETTER, b"\0" * 32)])
def test_what_is_kept_must_be_what_was_registered(sharing, gate, shelf, letter, kept):
    sharing.permit()
    shelf.records[committed()] = kept

    with pytest.raises(errors.RecordDamaged) as refused:
        gate.open(letter, TREAT)

    assert (refused.value.record, refused.value.version) == (letter, 1)
    assert "letter." not in str(refused.value)


# Given no consent


def test_given_no_consent_it_serves_nothing_and_the_refusal_is_on_record(
    sharing, gate, shelf, letter
):
    with pytest.raises(errors.AccessNotPermitted) as refused:
        gate.open(letter, TREAT)

    receipt = refused.value.receipt
    assert (receipt.outcome, receipt.ground) == (Outcome.NO_CONSENT, Ground.NONE)
    assert refused.value.receipt_hash == sharing.records().head_of(PATIENT)
    assert "may not access record" in str(refused.value)
    assert "no directive applies" in str(refused.value)
    assert shelf.asked == 0


# Given a receipt that an account brings


def test_it_serves_the_account_that_asked_once(sharing, gate, letter, asks):
    sharing.permit(INSURERS)
    transaction = asks()

    opened = gate.serve(Wanted(letter, TREAT), transaction, INSURER)

    assert opened.data == LETTER
    with pytest.raises(errors.ReceiptSpent) as refused:
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)
    assert refused.value.receipt_hash == opened.requested.receipt_hash


def test_a_receipt_that_the_gate_wrote_is_spent_for_whoever_brings_it(sharing, gate, letter):
    sharing.permit()
    made = gate.open(letter, TREAT).requested

    with pytest.raises(errors.ReceiptSpent):
        gate.serve(Wanted(letter, TREAT), made.anchored.transaction, HOSPITAL)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("record", {"record_ref": NOWHERE}),
        ("purpose", {"purpose": Purpose.HRESCH}),
        ("action", {"action": ConsentAction.DISCLOSE}),
        ("study", {"study": STUDY}),
    ],
)
def test_it_serves_nothing_upon_a_receipt_of_another(
    sharing, gate, shelf, letter, asks, what, change
):
    sharing.permit(INSURERS)
    transaction = asks()

    with pytest.raises(errors.ReceiptOfOther) as refused:
        gate.serve(replace(Wanted(letter, TREAT), **change), transaction, INSURER)

    assert refused.value.what == what
    assert shelf.asked == 0


def test_it_serves_nothing_upon_a_receipt_of_another_account(sharing, gate, letter, asks):
    sharing.permit(INSURERS)
    transaction = asks()

    with pytest.raises(errors.ReceiptOfOther) as refused:
        gate.serve(Wanted(letter, TREAT), transaction, cast_address("stranger"))

    assert refused.value.what == "account"


def test_it_serves_a_study_upon_its_receipt_and_not_the_member_without(sharing, gate, letter, asks):
    sharing.permit(Grantee(2, STUDY))
    transaction = asks(study=STUDY)

    with pytest.raises(errors.ReceiptOfOther):
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)
    assert gate.serve(Wanted(letter, TREAT, study=STUDY), transaction, INSURER).data == LETTER


def test_it_serves_nothing_upon_a_transaction_that_is_no_request(sharing, gate, letter):
    sharing.permit(INSURERS)
    another = sharing.health("insurer").sender.send(
        sharing.records("insurer").binding.encode("recordOf", letter)
    )
    sharing.rpc.call("anvil_setAutomine", True)
    reverted = sharing.rpc.call(
        "eth_sendTransaction",
        {
            "from": sharing.health("stranger").signer.address,
            "to": sharing.records().binding.address,
            "data": "0x"
            + sharing.records().binding.encode("requestAccess", letter, TREAT, ACCESS).data.hex(),
            "gas": "0xf4240",
        },
    )
    assert sharing.mined(reverted)["status"] == "0x0"

    for transaction in (NOWHERE, another.transaction, bytes.fromhex(reverted[2:])):
        with pytest.raises(errors.ReceiptMissing) as refused:
            gate.serve(Wanted(letter, TREAT), transaction, INSURER)
        assert refused.value.transaction == transaction


def test_it_serves_until_the_receipt_is_five_minutes_old_and_not_a_second_later(
    sharing, gate, letter, asks
):
    sharing.permit(INSURERS)
    first, second = asks(), asks()
    made = sharing.records().requests_in  # of the two transactions
    decided = [_anchored(sharing, one, made).receipt.decided_at for one in (first, second)]
    mined(sharing, max(decided) + timedelta(minutes=5))

    assert gate.serve(Wanted(letter, TREAT), second, INSURER).data == LETTER
    mined(sharing, max(decided) + timedelta(minutes=5) + SECOND)
    with pytest.raises(errors.ReceiptStale) as refused:
        gate.serve(Wanted(letter, TREAT), first, INSURER)
    assert refused.value.decided_at == decided[0]


def _anchored(sharing, transaction, made):
    from pyhealth.chain.transactions import Receipt

    raw = sharing.rpc.call("eth_getTransactionReceipt", "0x" + transaction.hex())
    return made(Receipt.from_rpc(raw))[0]


def test_it_serves_nothing_once_the_consent_is_revoked(sharing, gate, shelf, letter, asks):
    given = sharing.permit(INSURERS)
    transaction = asks()
    sharing.consents().revoke(PATIENT, INSURERS, given.place, given.version)

    with pytest.raises(errors.ReceiptOverruled):
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)

    assert shelf.asked == 0


def test_it_serves_nothing_before_the_receipt_is_final(sharing, gate, letter, asks):
    sharing.permit(INSURERS)
    transaction = asks()
    chain = gate.records.binding.chain
    chain.network = replace(chain.network, confirmations=2)

    with pytest.raises(errors.ReceiptNotFinal) as refused:
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)
    assert (refused.value.confirmations, refused.value.wanted) == (1, 2)
    sharing.rpc.call("evm_mine")
    assert gate.serve(Wanted(letter, TREAT), transaction, INSURER).data == LETTER


def test_upon_a_denial_it_serves_nothing(sharing, gate, shelf, letter, asks):
    transaction = asks()
    sharing.permit(INSURERS)

    with pytest.raises(errors.AccessNotPermitted) as refused:
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)

    assert refused.value.receipt.ground is Ground.NONE
    assert shelf.asked == 0


def test_a_pause_stops_what_is_brought_too(sharing, gate, letter, asks):
    sharing.permit(INSURERS)
    transaction = asks()
    sharing.voted(sharing.consortium.pause(sharing.records().binding.address))

    with pytest.raises(errors.RecordsPaused):
        gate.serve(Wanted(letter, TREAT), transaction, INSURER)


# Of two


def test_of_two_that_come_with_one_receipt_at_the_same_moment_one_is_served(
    sharing, gate, letter, asks
):
    sharing.permit(INSURERS)
    transaction = asks()

    def come(_: int) -> bytes | GateError:
        try:
            return gate.serve(Wanted(letter, TREAT), transaction, INSURER).data
        except errors.ReceiptSpent as spent:
            return spent

    with ThreadPoolExecutor(8) as crowd:
        came = list(crowd.map(come, range(8)))

    assert came.count(LETTER) == 1
    assert sum(isinstance(one, errors.ReceiptSpent) for one in came) == 7


def test_a_receipt_that_is_older_than_the_request_opens_nothing(
    sharing, gate, shelf, letter, monkeypatch
):
    sharing.permit()
    older = sharing.records().request_access(letter, TREAT, ACCESS)
    binding = gate.records.binding
    monkeypatch.setattr(type(binding), "send", lambda *_: older.anchored)  # a journal that repeats

    with pytest.raises(errors.ReceiptStale) as refused:
        gate.open(letter, TREAT)

    assert refused.value.receipt_hash == older.receipt_hash
    assert shelf.asked == 0


@pytest.mark.parametrize("harm", ["garbage", "folder"])
def test_where_the_list_of_what_was_served_upon_cannot_be_used_nothing_is_served(
    sharing, gate, letter, harm
):
    sharing.permit()
    file = gate.served.file
    file.unlink()
    if harm == "garbage":
        file.write_bytes(b"no database" * 100)
    else:
        file.mkdir()

    with pytest.raises(errors.ServedUnusable, match="could open a record twice"):
        gate.open(letter, TREAT)


# Copies


def test_a_copy_of_a_commitment_by_another_member_opens_nothing(sharing, gate, shelf, letter):
    """The thief is a PROVIDER too, and its puppet permits everything."""
    sharing.voted(sharing.consortium.set_roles(2, {Role.PROVIDER, Role.PAYER}))
    thief, puppet = sharing.records("insurer"), sharing.consents("stranger")
    about = frozenset({Label.LABORATORY}), Confidentiality.N
    copy = thief.register(STRANGER, *about, committed())
    puppet.grant(STRANGER, INSURERS, terms(), REASON)
    made = thief.request_access(copy, TREAT, ACCESS)
    assert made.permitted

    with pytest.raises(errors.RecordKeptElsewhere) as refused:
        gate.serve(Wanted(copy, TREAT), made.anchored.transaction, INSURER)
    with pytest.raises(errors.RecordKeptElsewhere):
        gate.open(copy, TREAT)

    assert (refused.value.custodian, refused.value.member) == (2, 1)
    assert shelf.asked == 0


def test_a_copy_of_a_commitment_for_another_patient_is_not_in_the_vault(sharing):
    health = sharing.health("hospital")
    kept = VaultStore(health.vault).keep("MRN 0042", PATIENT, LETTER)
    mine = sharing.record(commitment=kept)
    about = frozenset({Label.LABORATORY}), Confidentiality.N
    copy = health.records.register(STRANGER, *about, kept)
    sharing.permit()
    sharing.consents("stranger").grant(STRANGER, HOSPITALS, terms(), REASON)

    with pytest.raises(errors.RecordNotHeld):
        health.records.open(copy, TREAT)
    assert health.records.open(mine, TREAT).data == LETTER


def test_given_an_emergency_its_permit_opens_until_the_patient_reviews_it(
    sharing, gate, letter, asks
):
    """A permit that no directive gives is asked anew, too."""
    wanted = Wanted(letter, Purpose.BTG)
    emergency = sharing.records().break_glass(letter, REASON)
    assert gate.open(letter, Purpose.BTG).requested.receipt.ground is Ground.EMERGENCY
    made = asks("hospital", Purpose.BTG)

    sharing.records("patient").review(emergency, Finding.UNJUSTIFIED)

    with pytest.raises(errors.ReceiptOverruled):
        gate.serve(wanted, made, HOSPITAL)


# Stores


def of(committed: bytes) -> Record:
    return Record(PATIENT, 1, frozenset(), 1, Confidentiality.N, committed)


def test_a_folder_finds_a_record_by_its_opening_and_never_leaves_the_folder(sharing, tmp_path):
    file = tmp_path / "letter.txt"
    file.write_bytes(LETTER)
    opening = commit(file, "record")
    store = FolderStore(tmp_path)

    held = store.fetch(of(opening.commitment))

    assert (held.data, held.commitment) == (LETTER, opening.commitment)
    aside = tmp_path / "aside"
    aside.mkdir()
    told = json.loads(opening_file(file).read_text()) | {"document": "../letter.txt"}
    (aside / "x.opening.json").write_text(json.dumps(told))
    with pytest.raises(errors.InputError, match=r"aside/letter\.txt cannot be read"):
        FolderStore(aside).fetch(of(opening.commitment))


def test_a_store_that_has_nothing_says_so(tmp_path):
    with pytest.raises(errors.RecordNotHeld) as refused:
        FolderStore(tmp_path).fetch(of(NOWHERE))
    assert refused.value.commitment == NOWHERE
    with pytest.raises(errors.InputError, match="is no folder"):
        FolderStore(tmp_path / "nowhere")
