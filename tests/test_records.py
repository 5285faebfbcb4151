"""
records
├── registering
│   ├── a record is stored under the reference that the client derives, and known once
│   ├── an update makes the next version from the present one, by the custodian alone
│   └── who is no active PROVIDER, and what is incomplete, is refused
├── access
│   ├── a permit and a denial each leave a receipt, with what decided
│   ├── a study asks by its own directives
│   ├── a suspended member has its refusal on record; who acts for nobody is refused
│   └── nothing new is written while paused
├── the chain of receipts
│   ├── each carries the hash of the one before, recomputed by the client, up to the head on chain
│   ├── a removed receipt shows, wherever it stood: first, amid, last
│   ├── a moved receipt shows, an altered one, and one that was put in
│   └── a log read from a damaged index names the fault
├── breaking the glass
│   ├── it permits BTG for its window alone, to the second, and to its member alone
│   ├── a denial that names BTG stands against it; TREAT does not imply it
│   ├── the patient's review ends it at once; a member's waits until it is over
│   ├── one's own cannot be reviewed, nor twice, nor by a stranger, nor to no finding
│   ├── an overdue review blocks the member's next, until it is done
│   └── a reason is needed, and the record must be known
├── logs leave no second out, and cover none twice
├── the cohort of a study
│   ├── is what the contract decides for each record, after grants, revocations and updates
│   └── leaves out who said no, what is too confidential, and what is not covered
└── watching
    ├── each access, refusal, break-glass and review is handed over once, in order
    ├── what a receiver does not take is handed over again, under the same identifier
    ├── two watchers do not share a cursor, and a damaged one is refused
    └── a webhook is taken by 2xx, a command by status 0
"""

import http.server
import json
import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from consent_cast import (
    COMMITMENT,
    EVERYONE,
    HOSPITALS,
    HOUR,
    INSURERS,
    PATIENT,
    REASON,
    REPORT,
    SECOND,
    STRANGER,
    STUDY,
    Sharing,
    terms,
)
from consortium_cast import DAY, HOSPITAL, INSURER, refused

from pyhealth import errors
from pyhealth.chain.wallet import cast_address
from pyhealth.consents.watch import NotDelivered, Watched, command, hand_over, webhook
from pyhealth.records.chain import (
    START,
    Break,
    Link,
    emergency_id,
    faults,
    receipt_hash,
    record_ref,
)
from pyhealth.records.cohort import Usable, Wanted, cohort
from pyhealth.records.log import described, log
from pyhealth.sharing.purposes import closure
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Emergency,
    Finding,
    Grantee,
    Ground,
    Label,
    Outcome,
    Purpose,
    Question,
    Record,
    Role,
)

TREAT, USE = Purpose.TREAT, ConsentAction.USE
LAB = frozenset({Label.LABORATORY})
NONE = bytes(32)


@pytest.fixture
def sharing(act_as) -> Sharing:
    """The insurer is a provider too, so that there are two custodians."""
    s = Sharing(act_as)
    s.voted(s.consortium.set_roles(INSURER, {Role.PROVIDER, Role.PAYER}))
    return s


def mined(sharing: Sharing, moment) -> None:
    sharing.at(moment)
    sharing.rpc.call("evm_mine")


# Registering


def test_a_record_is_stored_under_the_reference_that_the_client_derives(sharing):
    records = sharing.records()

    ref = sharing.record()

    assert ref == record_ref(records.domain, HOSPITAL, PATIENT, COMMITMENT)
    stored = Record(PATIENT, HOSPITAL, LAB, 1, Confidentiality.N, COMMITMENT)
    assert records.record_of(ref) == stored
    assert records.record_of(REASON) is None
    with refused(errors.RecordKnown, ref):
        sharing.record()
    assert sharing.record("insurer") != ref


def test_an_update_makes_the_next_version_by_the_custodian_alone(sharing):
    records, ref = sharing.records(), sharing.record()
    changed = {Label.LABORATORY, Label.HIV}, Confidentiality.R, REPORT

    records.update(ref, 1, *changed)

    assert records.record_of(ref) == Record(
        PATIENT, HOSPITAL, frozenset(changed[0]), 2, *changed[1:]
    )
    with refused(errors.RecordVersionNotPresent, ref, 1, 2):
        records.update(ref, 1, *changed)
    with refused(errors.RecordNotOfMember, ref, INSURER, HOSPITAL):
        sharing.records("insurer").update(ref, 2, *changed)
    with refused(errors.RecordUnknown, REASON):
        records.update(REASON, 1, *changed)


def test_who_is_no_provider_and_what_is_incomplete_is_refused(sharing):
    with refused(errors.MemberNotCustodian, 3, frozenset({Role.SPONSOR})):
        sharing.record("sponsor")
    with refused(errors.AccountUnknown, STRANGER):
        sharing.record("stranger")
    for name, empty in (
        ("labels", frozenset()),
        ("confidentiality", Confidentiality.NONE),
        ("commitment", NONE),
    ):
        said = {"labels": LAB, "confidentiality": Confidentiality.N, "commitment": COMMITMENT}
        said[name] = empty
        with refused(errors.RecordIncomplete, PATIENT, *said.values()):
            sharing.record(**said)


def test_a_later_label_than_this_release_knows_is_never_left_out(sharing):
    ref = sharing.record(labels={Label.LABORATORY, Label(20)})

    assert sharing.records().record_of(ref).labels == {Label.LABORATORY, Label(20)}
    sharing.permit()
    made = sharing.records().request_access(ref, TREAT, USE)
    assert made.receipt.outcome is Outcome.NO_CONSENT


# Access


def test_a_permit_and_a_denial_each_leave_a_receipt(sharing):
    records, ref = sharing.records(), sharing.record()
    sharing.permit()
    sharing.refuse(EVERYONE, purposes=closure(Purpose.HRESCH))

    permitted = records.request_access(ref, TREAT, USE)
    denied = records.request_access(ref, Purpose.BIORCH, USE)
    unsaid = records.request_access(ref, TREAT, ConsentAction.DISCLOSE)

    assert [one.permitted for one in (permitted, denied, unsaid)] == [True, False, False]
    said = [(one.receipt.outcome, one.receipt.ground) for one in (permitted, denied, unsaid)]
    assert said == [
        (Outcome.CONSENT_PERMIT, Ground.MEMBER),
        (Outcome.CONSENT_DENY, Ground.EVERYONE),
        (Outcome.NO_CONSENT, Ground.NONE),
    ]
    receipt = permitted.receipt
    assert (receipt.patient, receipt.actor) == (PATIENT, cast_address("hospital"))
    assert (receipt.member, receipt.record_ref, receipt.record_version) == (HOSPITAL, ref, 1)
    assert (receipt.place, receipt.version, receipt.decided_at) == (0, 1, _time(sharing, permitted))
    assert records.head_of(PATIENT) == unsaid.receipt_hash


def _time(sharing: Sharing, made):
    from pyhealth.values import utc

    block = sharing.rpc.call("eth_getBlockByNumber", hex(made.anchored.block_number), False)
    return utc(int(block["timestamp"], 16))


def test_a_study_asks_by_its_own_directives(sharing):
    records, ref = sharing.records(), sharing.record()
    research = {"purposes": closure(Purpose.HRESCH)}
    sharing.refuse(EVERYONE, **research)
    sharing.permit(Grantee(HOSPITAL, STUDY), **research)

    inside = records.request_access_for_study(ref, STUDY, Purpose.CLINTRCH, USE)
    outside = records.request_access(ref, Purpose.CLINTRCH, USE)
    elsewhere = sharing.records("insurer").request_access_for_study(
        ref, STUDY, Purpose.CLINTRCH, USE
    )

    assert (inside.receipt.ground, inside.receipt.study) == (Ground.STUDY, STUDY)
    assert [one.permitted for one in (inside, outside, elsewhere)] == [True, False, False]


def test_a_suspended_member_has_its_refusal_on_record(sharing):
    ref = sharing.record()
    sharing.permit()
    sharing.voted(sharing.consortium.suspend(HOSPITAL))

    made = sharing.records().request_access(ref, TREAT, USE)

    assert made.receipt.outcome is Outcome.CONSENT_DENY
    assert made.receipt.ground is Ground.MEMBER_NOT_ACTIVE
    with refused(errors.AccountUnknown, STRANGER):
        sharing.records("stranger").request_access(ref, TREAT, USE)
    with refused(errors.RecordUnknown, REASON):
        sharing.records("insurer").request_access(REASON, TREAT, USE)


def test_nothing_new_is_written_while_paused_but_a_review_is(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)
    sharing.voted(sharing.consortium.pause(records.binding.address))

    for attempt in (
        lambda: sharing.record(commitment=REPORT),
        lambda: records.update(ref, 1, LAB, Confidentiality.N, REPORT),
        lambda: records.request_access(ref, TREAT, USE),
        lambda: records.break_glass(ref, REASON),
        lambda: records.anchor_log(REPORT, sharing.now() - DAY, sharing.now(), 1),
    ):
        with refused(errors.RecordsPaused):
            attempt()
    sharing.records("patient").review(emergency, Finding.JUSTIFIED)


# The chain of receipts


@pytest.fixture
def asked(sharing: Sharing) -> list[Link]:
    """Five receipts of the patient's."""
    sharing.permit()
    ref, actions = sharing.record(), list(ConsentAction)
    made = [sharing.records().request_access(ref, TREAT, action) for action in actions]
    return [Link(one.receipt, one.receipt_hash) for one in made]


def test_each_receipt_carries_the_hash_of_the_one_before(sharing, asked):
    domain, before = sharing.records().domain, START
    for link in asked:
        assert link.receipt.previous == before
        assert receipt_hash(domain, link.receipt) == link.receipt_hash
        before = link.receipt_hash

    assert sharing.records().head_of(PATIENT) == before
    assert faults(domain, asked, before) == []
    assert faults(domain, [], START) == []


@pytest.mark.parametrize("gone", range(5))
def test_a_removed_receipt_shows(sharing, asked, gone):
    domain, head = sharing.records().domain, asked[-1].receipt_hash
    left = [*asked[:gone], *asked[gone + 1 :]]

    (fault,) = faults(domain, left, head)

    if gone == len(asked) - 1:
        assert (fault.kind, fault.receipt_hash) == (Break.CUT, head)
    else:
        assert (fault.kind, fault.receipt_hash) == (Break.MISSING, asked[gone + 1].receipt_hash)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 3), (3, 4)])
def test_a_moved_receipt_shows(sharing, asked, one, other):
    domain, head = sharing.records().domain, asked[-1].receipt_hash
    moved = list(asked)
    moved[one], moved[other] = moved[other], moved[one]

    assert Break.MOVED in {fault.kind for fault in faults(domain, moved, head)}


def test_an_altered_receipt_shows_and_one_that_was_put_in(sharing, asked):
    domain, head = sharing.records().domain, asked[-1].receipt_hash
    third = asked[2]
    altered = replace(third, receipt=replace(third.receipt, purpose=Purpose.HMARKT))
    forged = replace(third.receipt, previous=third.receipt_hash)
    put_in = Link(forged, receipt_hash(domain, forged))

    (fault,) = faults(domain, [*asked[:2], altered, *asked[3:]], head)
    assert (fault.kind, fault.receipt_hash) == (Break.ALTERED, third.receipt_hash)
    (fault,) = faults(domain, [*asked[:3], put_in, *asked[3:]], head)
    assert (fault.kind, fault.receipt_hash) == (Break.MOVED, asked[3].receipt_hash)


def test_a_log_read_from_a_damaged_index_names_the_fault(sharing, asked):
    health = sharing.health("patient")
    health.index.sync()
    assert log(health.index, health.records, PATIENT).faults == ()

    with sqlite3.connect(health.index.store.where) as database:
        word = asked[2].receipt_hash
        gone = "DELETE FROM pyhealth_events WHERE substr(data, 1, 32) = ?"
        assert database.execute(gone, (word,)).rowcount == 1
    (fault,) = log(health.index, health.records, PATIENT).faults

    assert str(fault) == (
        f"receipt 0x{asked[3].receipt_hash.hex()}: "
        "the receipt that it names as the one before is not there"
    )


# Breaking the glass


def test_a_broken_glass_permits_for_its_window_alone(sharing):
    records, ref = sharing.records(), sharing.record()
    assert not records.request_access(ref, Purpose.BTG, USE).permitted

    emergency = records.break_glass(ref, REASON)

    assert emergency == emergency_id(records.domain, HOSPITAL, 0, PATIENT, REASON)
    now = sharing.now()
    ends = now + records.emergency()
    stored = Emergency(PATIENT, ends, now + records.review_period(), HOSPITAL, Finding.NONE, False)
    assert records.emergency_of(emergency) == stored
    assert records.newest_emergency(HOSPITAL, PATIENT) == emergency
    made = records.request_access(ref, Purpose.BTG, USE)
    assert (made.receipt.ground, made.receipt.emergency_id) == (Ground.EMERGENCY, emergency)
    assert not records.request_access(ref, Purpose.BTG, ConsentAction.DISCLOSE).permitted
    assert not records.request_access(ref, TREAT, USE).permitted
    assert not sharing.records("insurer").request_access(ref, Purpose.BTG, USE).permitted
    before = sharing.rpc.call("evm_snapshot")

    mined(sharing, ends - 2 * SECOND)
    sharing.at(ends - SECOND)
    assert records.request_access(ref, Purpose.BTG, USE).permitted
    sharing.rpc.call("evm_revert", before)
    sharing.at(ends)
    assert not records.request_access(ref, Purpose.BTG, USE).permitted


def test_treatment_does_not_imply_it_and_a_denial_that_names_it_stands_against_it(sharing):
    records, ref = sharing.records(), sharing.record()
    sharing.permit()
    assert not records.request_access(ref, Purpose.BTG, USE).permitted
    records.break_glass(ref, REASON)

    sharing.refuse(purposes=frozenset({Purpose.BTG}))

    made = records.request_access(ref, Purpose.BTG, USE)
    assert (made.receipt.outcome, made.receipt.ground) == (Outcome.CONSENT_DENY, Ground.MEMBER)


def test_the_patients_review_ends_it_at_once(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)

    sharing.records("patient").review(emergency, Finding.UNJUSTIFIED, REPORT)

    assert records.emergency_of(emergency).finding is Finding.UNJUSTIFIED
    assert not records.request_access(ref, Purpose.BTG, USE).permitted
    assert records.open_reviews(HOSPITAL) == ()


def test_a_members_review_waits_until_it_is_over(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)
    ends = records.emergency_of(emergency).expires_at

    with refused(errors.EmergencyRunning, emergency, ends):
        sharing.records("regulator").review(emergency, Finding.JUSTIFIED)
    sharing.later(records.emergency())
    sharing.records("regulator").review(emergency, Finding.JUSTIFIED)

    assert records.emergency_of(emergency).finding is Finding.JUSTIFIED


def test_a_review_by_who_may_not_is_refused(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)
    sharing.later(DAY)

    with refused(errors.ReviewOfOwn, emergency, HOSPITAL):
        records.review(emergency, Finding.JUSTIFIED)
    with refused(errors.ReviewerNotEntitled, emergency, STRANGER):
        sharing.records("stranger").review(emergency, Finding.JUSTIFIED)
    with refused(errors.FindingMissing, emergency):
        sharing.records("patient").review(emergency, Finding.NONE)
    with refused(errors.EmergencyUnknown, REASON):
        sharing.records("patient").review(REASON, Finding.JUSTIFIED)
    sharing.records("patient").review(emergency, Finding.JUSTIFIED)
    with refused(errors.ReviewDone, emergency, Finding.JUSTIFIED):
        sharing.records("regulator").review(emergency, Finding.UNJUSTIFIED)


def test_a_patient_overrules_a_member_and_the_glass_stays_shut(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)
    sharing.later(DAY)
    sharing.records("regulator").review(emergency, Finding.JUSTIFIED)
    sharing.records("patient").review(emergency, Finding.UNJUSTIFIED)

    found, until = records.emergency_of(emergency), records.shut_until(HOSPITAL, PATIENT)
    assert (found.finding, found.by_patient) == (Finding.UNJUSTIFIED, True)
    assert until == sharing.now() + records.review_period()
    with refused(errors.GlassShut, HOSPITAL, PATIENT, until):
        records.break_glass(ref, REPORT)


def test_an_overdue_review_blocks_the_next_emergency_until_it_is_done(sharing):
    records, ref = sharing.records(), sharing.record()
    emergency = records.break_glass(ref, REASON)
    due = records.emergency_of(emergency).review_due
    before = sharing.rpc.call("evm_snapshot")

    mined(sharing, due - 2 * SECOND)
    sharing.at(due - SECOND)
    records.break_glass(ref, REPORT)
    sharing.rpc.call("evm_revert", before)
    mined(sharing, due)
    assert records.overdue_reviews(HOSPITAL) == (emergency,)
    with refused(errors.ReviewOverdue, HOSPITAL, emergency, due):
        records.break_glass(ref, REPORT)
    sharing.records("regulator").review(emergency, Finding.JUSTIFIED)

    assert records.overdue_reviews(HOSPITAL) == ()
    records.break_glass(ref, REPORT)
    assert records.emergencies_of(HOSPITAL) == 2


def test_a_glass_is_not_broken_without_a_reason_or_a_record_or_by_no_provider(sharing):
    ref = sharing.record()

    with refused(errors.EmergencyReasonMissing, ref):
        sharing.records().break_glass(ref, NONE)
    with refused(errors.RecordUnknown, REASON):
        sharing.records().break_glass(REASON, REASON)
    with refused(errors.MemberNotCustodian, 3, frozenset({Role.SPONSOR})):
        sharing.records("sponsor").break_glass(ref, REASON)


def test_the_time_for_reviews_is_set_by_vote_within_its_bounds(sharing):
    records = sharing.records()
    sharing.voted(records.set_review_period(2 * DAY))
    assert records.review_period() == 2 * DAY

    for period in (DAY - SECOND, 30 * DAY + SECOND):
        refusal = sharing.vote_refused(records.set_review_period(period))
        assert isinstance(refusal, errors.ReviewPeriodOutOfBounds)
        assert (refusal.period, refusal.low, refusal.high) == (period, DAY, 30 * DAY)


# Logs


def test_logs_leave_no_second_out_and_cover_none_twice(sharing):
    records, now = sharing.records(), sharing.now()
    assert records.logged_until(HOSPITAL) is None
    records.anchor_log(REPORT, now - DAY, now - HOUR, 7)

    assert records.logged_until(HOSPITAL) == now - HOUR
    for start in (now - HOUR - SECOND, now - HOUR + SECOND):
        with refused(errors.LogNotContiguous, HOSPITAL, start, now - HOUR):
            records.anchor_log(REPORT, start, now, 7)
    for root, start, until in (
        (NONE, now - HOUR, now),
        (REPORT, now - HOUR, now - HOUR),
        (REPORT, now - HOUR, now + DAY),
    ):
        with refused(errors.LogNotUsable, root, start, until):
            records.anchor_log(root, start, until, 7)
    records.anchor_log(REPORT, now - HOUR, now, 0)


# The cohort of a study

PATIENTS = ("patient", "clinic", "pharmacy", "auditor")
RESEARCH = terms(
    purposes=closure(Purpose.HRESCH),
    actions=frozenset({USE}),
    labels=frozenset({Label.LABORATORY, Label.GENOMIC}),
)


def research(sharing: Sharing) -> Wanted:
    return Wanted(Grantee(HOSPITAL, STUDY), Purpose.CLINTRCH, USE, sharing.now())


def found(sharing: Sharing, wanted: Wanted) -> dict[bytes, Usable]:
    health = sharing.health("hospital")
    health.index.sync()
    return {one.record_ref: one for one in cohort(health.index, wanted)}


def test_the_cohort_is_what_the_contract_decides_for_each_record(sharing):
    kinds = list(product((LAB, {Label.LABORATORY, Label.HIV}, {Label.GENOMIC}), (4, 5)))
    refs = []
    for name in PATIENTS:
        for i, (labels, level) in enumerate(kinds):
            said = frozenset(labels), Confidentiality(level), bytes([i + 1]) * 32
            refs.append(sharing.records().register(cast_address(name), *said))
    study, whole = Grantee(HOSPITAL, STUDY), replace(RESEARCH, ceiling=Confidentiality.R)
    me = dict(zip(PATIENTS, map(cast_address, PATIENTS), strict=True))
    by = {name: sharing.consents(name) for name in PATIENTS}
    by["patient"].grant(me["patient"], study, RESEARCH, REASON)
    by["clinic"].grant(me["clinic"], EVERYONE, whole, REASON)
    by["clinic"].deny(
        me["clinic"], HOSPITALS, replace(whole, labels=frozenset({Label.GENOMIC})), REASON
    )
    gone = by["pharmacy"].grant(me["pharmacy"], HOSPITALS, whole, REASON)
    by["auditor"].grant(me["auditor"], INSURERS, whole, REASON)

    def agree() -> int:
        wanted = research(sharing)
        usable = found(sharing, wanted)
        for ref in refs:
            record = sharing.records().record_of(ref)
            question = Question(
                record.patient,
                wanted.grantee,
                wanted.purpose,
                wanted.action,
                record.labels,
                record.confidentiality,
            )
            permitted = sharing.consents().decide(question).outcome is Outcome.CONSENT_PERMIT
            assert (ref in usable) == permitted
            if permitted:
                assert usable[ref].patient == record.patient
                stated = usable[ref].custodian, usable[ref].version, usable[ref].commitment
                assert stated == (HOSPITAL, record.version, record.commitment)
        return len(usable)

    assert agree() == 2 + 2 + 4
    by["pharmacy"].revoke(me["pharmacy"], HOSPITALS, gone.place, gone.version)
    assert agree() == 2 + 2
    by["pharmacy"].grant(me["pharmacy"], HOSPITALS, RESEARCH, REASON)
    sharing.records().update(refs[0], 1, {Label.LABORATORY, Label.HIV}, Confidentiality.N, REPORT)
    sharing.records().update(refs[1], 1, LAB, Confidentiality.N, REPORT)
    assert agree() == 2 + 2 + 2
    by["auditor"].grant(
        me["auditor"], study, replace(RESEARCH, valid_from=sharing.now() + DAY), REASON
    )
    assert agree() == 2 + 2 + 2
    sharing.later(DAY)
    assert agree() == 2 + 2 + 2 + 2


# Watching


@pytest.fixture
def happened(sharing: Sharing) -> list[str]:
    """An access, a refusal, an emergency and its review."""
    sharing.permit()
    records, ref = sharing.records(), sharing.record()
    records.request_access(ref, TREAT, USE)
    records.request_access(ref, Purpose.HMARKT, USE)
    emergency = records.break_glass(ref, REASON)
    sharing.records("patient").review(emergency, Finding.JUSTIFIED)
    sharing.health("patient").index.sync()
    return ["access", "refusal", "break-glass", "review"]


def watched(sharing: Sharing, folder: Path, patient: str | None = PATIENT) -> Watched:
    return Watched(sharing.health("patient").index, folder / "cursor.json", patient)


def tell(event):
    return described(event, str)


def test_each_event_is_handed_over_once_in_order(sharing, happened, tmp_path):
    taken: list[str] = []
    watcher = watched(sharing, tmp_path)

    done = list(hand_over(watcher, tell, lambda told: taken.append(told["kind"]), tries=1))

    assert taken == happened
    assert [one["kind"] for one in done] == happened
    assert list(hand_over(watcher, tell, lambda told: taken.append("again"), tries=1)) == []
    sharing.records().request_access(sharing.record(commitment=REPORT), TREAT, USE)
    sharing.health("patient").index.sync()
    list(
        hand_over(
            watched(sharing, tmp_path), tell, lambda told: taken.append(told["kind"]), tries=1
        )
    )
    assert taken == [*happened, "access"]
    assert list(watched(sharing, tmp_path / "other", STRANGER).due()) == []


def test_what_a_receiver_does_not_take_is_handed_over_again(sharing, happened, tmp_path):
    seen: list[str] = []
    pauses: list[float] = []

    def deliver(told) -> None:
        seen.append(told["id"])
        if len(seen) in (2, 3, 4):
            raise NotDelivered("away")

    with pytest.raises(NotDelivered, match="away"):
        list(hand_over(watched(sharing, tmp_path), tell, deliver, tries=3, pause=pauses.append))
    list(hand_over(watched(sharing, tmp_path), tell, deliver, tries=3, pause=pauses.append))

    assert len(set(seen)) == len(happened)
    assert seen[1] == seen[2] == seen[3] == seen[4]
    assert len(seen) == len(happened) + 3
    assert pauses == [1.0, 2.0]


def test_what_happened_before_can_be_passed_over(sharing, happened, tmp_path):
    watcher = watched(sharing, tmp_path)

    watcher.skip()

    assert list(watcher.due()) == []


def test_two_watchers_do_not_share_a_cursor(sharing, happened, tmp_path):
    with watched(sharing, tmp_path).alone():
        with pytest.raises(errors.InputError, match="is held by another watch"):
            with watched(sharing, tmp_path).alone():
                pass
    (tmp_path / "cursor.json").write_text("{")
    with pytest.raises(errors.InputError, match="is no cursor of a watch"):
        watched(sharing, tmp_path).due()


@contextmanager
def receiver(*answers: int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A web server that answers so, and what it was handed."""
    taken: list[dict[str, object]] = []
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append(body | {"key": self.headers["Idempotency-Key"]})
            self.send_response(left.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/notify", taken
    server.shutdown()
    server.server_close()


def test_a_webhook_is_taken_by_2xx(sharing, happened, tmp_path):
    with receiver(204, 500, 200, 200, 201) as (url, taken):
        deliver = webhook(url)
        with pytest.raises(NotDelivered, match=f"{url} answered with 500"):
            list(hand_over(watched(sharing, tmp_path), tell, deliver, tries=1))
        list(hand_over(watched(sharing, tmp_path), tell, deliver, tries=1))

    kinds = [one["kind"] for one in taken]
    assert kinds == ["access", "refusal", "refusal", "break-glass", "review"]
    assert all(one["key"] == one["id"] for one in taken)
    with pytest.raises(NotDelivered, match="does not answer"):
        deliver({"id": "x"})
    with pytest.raises(errors.InputError, match="is not the address of a webhook"):
        webhook("ftp://portal.example")


def test_a_command_is_taken_by_status_0(sharing, happened, tmp_path):
    script = tmp_path / "take.py"
    script.write_text(f"import sys; open({str(tmp_path / 'taken')!r}, 'a').write(sys.stdin.read())")

    list(
        hand_over(watched(sharing, tmp_path), tell, command(f"{sys.executable} {script}"), tries=1)
    )

    told = [json.loads(line) for line in (tmp_path / "taken").read_text().splitlines()]
    assert [one["kind"] for one in told] == happened
    with pytest.raises(NotDelivered, match="ended with status 3"):
        command(f"{sys.executable} -c 'raise SystemExit(3)'")({"id": "x"})
    with pytest.raises(NotDelivered, match="cannot be run"):
        command("/nowhere/notify")({"id": "x"})
    with pytest.raises(errors.InputError, match="The command to run is empty"):
        command(" ")
    assert stat.S_ISREG((tmp_path / "cursor.json").stat().st_mode)
