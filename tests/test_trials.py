"""
register
├── it keeps what is declared, and tells protocol and outcome list as anchored
├── its identifier is the one computed without a chain
└── it refuses strangers, other roles, suspended sponsors, a pause, the same identifier twice, zeros, and dates that
    are past or out of order
amend, reschedule
├── a new version needs an approval of its own, and says after which stage it came
└── they refuse an amendment without change or reason, and dates that are past
approve, approve_by_signature, withdraw_approval
├── a signature is handed in by anyone, once, and counts for one content on one chain
└── they refuse the sponsor itself, strangers, suspended boards, other versions and contents, and replays
anchor, enrol, last visit, lock, unblind, report
├── given each stage, what comes out of order is refused with its own error
└── given the order, each is told with stage, version and count
stop, resume, offer, accept
├── a trial that enrolled nobody is withdrawn for good
└── they refuse what the stage, the reason or the other sponsor does not allow
flags
└── on the last second nothing is late, on the next it is
front-running
└── a copied commitment gains nothing: neither the trial, nor the time, nor a proof
every custom error of the contract is met here
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from consortium_cast import DAY, ETHICS, HOSPITAL, SPONSOR, carried, refused
from proof_cast import changed
from trial_cast import (
    AHEAD,
    CONTENT,
    OUTCOMES,
    PROTOCOL,
    REASON,
    REGISTRY_ID,
    Site,
    study,
    word,
)

from pyhealth import errors, verify_proof
from pyhealth.anchoring import verify_offline
from pyhealth.chain.wallet import cast_address
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.hashing import Domain
from pyhealth.health import Health
from pyhealth.proof import Document, write_all
from pyhealth.trials.registry import NOTHING
from pyhealth.values import (
    Dates,
    DocumentKind,
    Flag,
    Milestone,
    Role,
    StopReason,
    Trial,
    TrialStatus,
    Version,
)

SECOND = timedelta(seconds=1)


@pytest.fixture
def site(act_as: Callable[[str], Health]) -> Site:
    return Site(act_as)


@pytest.fixture
def registered(site: Site) -> Site:
    return site.register()


def at(site: Site, stage: Milestone) -> Site:
    return site.to(stage)


def second_sponsor(site: Site, *roles: Role) -> None:
    """Let the hospital act as a sponsor too."""
    c = site.council.consortium
    site.council.voted(c.set_roles(HOSPITAL, {Role.PROVIDER, Role.SPONSOR, *roles}))


def suspend(site: Site, member: int) -> None:
    site.council.voted(site.council.consortium.suspend(member))


def told(site: Site, receipt, name: str) -> list[dict]:
    """The events of a name in a receipt."""
    return [values for _, values in site.registry.binding.events(receipt, name)]


# register


def test_a_registration_is_kept_and_told(site):
    dates = site.dates()

    receipt = site.registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates)

    now = site.now()
    assert site.trial == Trial(
        SPONSOR, 1, 0, Milestone.REGISTRATION, StopReason.NONE, frozenset(), now,
        dates.enrolment, dates.completion, dates.results, None, None, None, None, None, 0,
    )  # fmt: skip
    assert site.registry.version_of(site.trial_id, 1) == CONTENT
    (made,) = told(site, receipt, "TrialRegistered")
    assert (made["trialId"], made["registryId"], made["by"]) == (
        site.trial_id,
        REGISTRY_ID,
        cast_address("sponsor"),
    )
    assert made["sponsor"] == SPONSOR
    anchored = told(site, receipt, "DocumentAnchored")
    assert [(one["document"], one["kind"], one["count"]) for one in anchored] == [
        (PROTOCOL, DocumentKind.PROTOCOL, 1),
        (OUTCOMES, DocumentKind.OUTCOME_LIST, 1),
    ]
    assert {(one["stage"], one["version"]) for one in anchored} == {(Milestone.REGISTRATION, 1)}


def test_the_identifier_is_computed_without_a_chain(site):
    assert site.registry.trial_id_of(SPONSOR, REGISTRY_ID) == site.trial_id
    assert site.registry.trial_id_of(HOSPITAL, REGISTRY_ID) != site.trial_id


def test_register_refuses_who_is_no_active_sponsor(site):
    given = REGISTRY_ID, PROTOCOL, OUTCOMES, site.dates()

    stranger, hospital = cast_address("stranger"), cast_address("hospital")
    with refused(errors.AccountNotSponsor, stranger, 0, frozenset()):
        site.of("stranger").register(*given)
    with refused(errors.AccountNotSponsor, hospital, HOSPITAL, frozenset({Role.PROVIDER})):
        site.of("hospital").register(*given)
    suspend(site, SPONSOR)
    with refused(errors.SponsorNotActive, cast_address("sponsor"), SPONSOR):
        site.registry.register(*given)


def test_nothing_new_is_taken_while_paused_but_stops_and_withdrawals(registered):
    site = registered
    site.approve()
    me = site.registry.binding.address
    site.council.voted(site.council.consortium.pause(me))

    for write in (lambda: site.enrol(), lambda: site.anchor(DocumentKind.CONSENT_FORM)):
        with refused(errors.TrialsPaused):
            write()
    with refused(errors.TrialsPaused):
        site.of("ethics").approve(site.trial_id, 1, CONTENT)
    site.of("ethics").withdraw_approval(site.trial_id, 1)
    site.registry.stop(site.trial_id, StopReason.OTHER)
    assert site.registry.standing_of(site.trial_id).status is TrialStatus.WITHDRAWN


def test_the_same_identifier_is_registered_once(registered):
    site, dates = registered, registered.dates()

    with refused(errors.TrialAlreadyRegistered, site.trial_id, SPONSOR):
        site.registry.register(REGISTRY_ID, word("another"), OUTCOMES, dates)
    second_sponsor(site)
    site.of("hospital").register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates)
    other = site.registry.trial_id_of(HOSPITAL, REGISTRY_ID)
    assert site.registry.trial_of(other).sponsor == HOSPITAL


@pytest.mark.parametrize("place", range(3))
def test_register_refuses_a_zero_commitment(site, place):
    words = [REGISTRY_ID, PROTOCOL, OUTCOMES]
    words[place] = NOTHING
    made = site.registry.trial_id_of(SPONSOR, words[0])

    with refused(errors.CommitmentZero, made):
        site.registry.register(*words, site.dates())


def test_declared_dates_are_ahead_and_in_order(site):
    now = site.now() + 10 * SECOND
    later = now + SECOND
    disordered = (
        Dates(later + SECOND, later, later),
        Dates(later, later + SECOND, later),
    )

    for dates in disordered:
        with refused(errors.DatesOutOfOrder, site.trial_id, later + SECOND, later):
            site.registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates)
    site.council.at(now)
    site.council.rpc.call("evm_mine")
    with pytest.raises(errors.DateNotAhead) as caught:
        site.registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, Dates(now, later, later))
    assert carried(caught.value)[:2] == [site.trial_id, now]
    site.council.at(later)
    site.registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, Dates(*[later + SECOND] * 3))


# amend, reschedule


def test_an_amendment_needs_an_approval_of_its_own(site):
    site.to(Milestone.FIRST_ENROLMENT)
    r, t, second = site.registry, site.trial_id, word("protocol 2")

    receipt = r.amend(t, protocol=second, reason=REASON)

    assert r.version_of(t, 2) == Version(second, OUTCOMES)
    (amended,) = told(site, receipt, "ProtocolAmended")
    assert (amended["version"], amended["stage"]) == (2, Milestone.FIRST_ENROLMENT)
    assert (amended["protocol"], amended["outcomes"], amended["reason"]) == (
        second,
        OUTCOMES,
        REASON,
    )
    (anchored,) = told(site, receipt, "DocumentAnchored")
    assert (anchored["document"], anchored["version"]) == (second, 2)
    standing = r.standing_of(t)
    assert standing.status is TrialStatus.TEMPORARILY_CLOSED_TO_ACCRUAL
    assert Flag.APPROVAL_MISSING in standing.flags
    with refused(errors.EnrolmentBeforeApproval, t, 2):
        site.enrol(20)
    site.approve(2, Version(second, OUTCOMES))
    site.enrol(20)
    assert r.standing_of(t).status is TrialStatus.ACTIVE


def test_an_amendment_changes_something_for_a_reason(registered):
    r, t = registered.registry, registered.trial_id

    with refused(errors.AmendmentEmpty, t, 1):
        r.amend(t, protocol=PROTOCOL, reason=REASON)
    with refused(errors.AmendmentEmpty, t, 1):
        r.amend(t, reason=REASON)
    with refused(errors.AmendmentReasonMissing, t):
        r.amend(t, outcomes=word("other"), reason=NOTHING)
    r.amend(t, outcomes=word("other"), reason=REASON)
    assert r.version_of(t, 2) == Version(PROTOCOL, word("other"))


def test_a_date_that_is_past_stands(registered):
    site, r, t = registered, registered.registry, registered.trial_id
    before, later = site.trial, site.now() + 500 * DAY
    site.council.at(before.enrolment_due)
    site.council.rpc.call("evm_mine")

    moved = Dates(before.enrolment_due + DAY, before.completion_due, before.results_due)
    with pytest.raises(errors.DatePassed) as caught:
        r.reschedule(t, moved)
    assert carried(caught.value)[:2] == [t, before.enrolment_due]
    backwards = Dates(before.enrolment_due, before.enrolment_due, before.results_due)
    with pytest.raises(errors.DateNotAhead):
        r.reschedule(t, backwards)
    receipt = r.reschedule(t, Dates(before.enrolment_due, later, before.results_due), reason=REASON)
    assert site.trial.completion_due == later
    (changed,) = told(site, receipt, "DatesChanged")
    assert changed["reason"] == REASON


# approve


def test_a_board_approves_what_it_read(registered):
    site, r, t = registered, registered.of("ethics"), registered.trial_id

    with refused(errors.VersionNotCurrent, t, 2, 1):
        r.approve(t, 2, CONTENT)
    with refused(errors.VersionDiffers, t, 1, PROTOCOL, OUTCOMES):
        r.approve(t, 1, Version(word("other"), OUTCOMES))
    receipt = r.approve(t, 1, CONTENT)

    approved_at = site.now()
    assert site.trial.approvals == 1
    assert r.approval_of(t, 1, ETHICS).approved_at == approved_at
    assert r.standing_of(t).status is TrialStatus.APPROVED
    (given,) = told(site, receipt, "ApprovalGiven")
    assert (given["version"], given["board"], given["nonce"]) == (1, ETHICS, 0)
    with refused(errors.ApprovalStands, t, 1, ETHICS, approved_at):
        r.approve(t, 1, CONTENT)
    with refused(errors.TrialUnknown, word("none")):
        r.approve(word("none"), 1, CONTENT)


def test_only_another_active_board_approves(registered):
    site, t = registered, registered.trial_id
    c, board = site.council.consortium, cast_address("ethics")

    with refused(errors.AccountNotBoard, cast_address("stranger"), 0, frozenset()):
        site.of("stranger").approve(t, 1, CONTENT)
    sponsor = cast_address("sponsor")
    with refused(errors.AccountNotBoard, sponsor, SPONSOR, frozenset({Role.SPONSOR})):
        site.registry.approve(t, 1, CONTENT)
    site.council.voted(c.set_roles(SPONSOR, {Role.SPONSOR, Role.ETHICS_BOARD}))
    with refused(errors.ApproverIsSponsor, t, SPONSOR):
        site.registry.approve(t, 1, CONTENT)
    suspend(site, ETHICS)
    with refused(errors.BoardNotActive, board, ETHICS):
        site.of("ethics").approve(t, 1, CONTENT)
    with refused(errors.BoardNotActive, board, ETHICS):
        site.of("stranger").approve_by_signature(site.signed())


def test_a_signed_approval_is_handed_in_by_anyone_once(registered):
    site, t = registered, registered.trial_id
    signed, anyone = site.signed(), registered.of("stranger")

    anyone.approve_by_signature(signed)

    assert site.trial.approvals == 1
    with refused(errors.ApprovalReplayed, t, 1, ETHICS, 0, 1):
        anyone.approve_by_signature(signed)
    site.of("ethics").withdraw_approval(t, 1, reason=REASON)
    assert site.trial.approvals == 0
    with refused(errors.ApprovalReplayed, t, 1, ETHICS, 0, 2):
        anyone.approve_by_signature(signed)
    anyone.approve_by_signature(site.signed(nonce=2))
    assert site.trial.approvals == 1


def test_a_signed_approval_counts_for_one_content_chain_and_contract(registered):
    site, t = registered, registered.trial_id
    anyone, here = site.of("stranger"), site.registry.domain
    board = cast_address("ethics")
    elsewhere = (
        {"content": Version(word("other"), OUTCOMES)},
        {"board": HOSPITAL},
        {"domain": Domain(here.name, 1, here.contract)},
        {"domain": Domain(here.name, here.chain_id, board)},
        {"domain": Domain("Consortium", here.chain_id, here.contract)},
    )

    for other in elsewhere:
        with refused(errors.ApprovalNotSigned, t, 1, board):
            anyone.approve_by_signature(site.signed(**other))
    with refused(errors.VersionNotCurrent, t, 2, 1):
        anyone.approve_by_signature(site.signed(version=2))
    ends = site.now() + 100 * SECOND
    late = site.signed(deadline=ends)
    site.council.at(ends)
    site.council.rpc.call("evm_mine")
    with refused(errors.ApprovalLate, t, ends):
        anyone.approve_by_signature(late)


def test_a_withdrawal_needs_an_approval_or_a_board(registered):
    site, t = registered, registered.trial_id

    with refused(errors.ApprovalMissing, t, 1, HOSPITAL):
        site.of("hospital").withdraw_approval(t, 1)
    site.approve()
    suspend(site, ETHICS)
    site.of("ethics").withdraw_approval(t, 1)
    assert site.trial.approvals == 0
    with refused(errors.ApprovalMissing, t, 1, ETHICS):
        site.of("ethics").withdraw_approval(t, 1)


# the order


def test_anchoring_is_for_the_sponsor(registered):
    site, t = registered, registered.trial_id
    second_sponsor(site)

    given = (t, DocumentKind.CONSENT_FORM, word("form"), 1)
    with refused(errors.AccountNotSponsor, cast_address("stranger"), 0, frozenset()):
        site.of("stranger").anchor(*given)
    with refused(errors.TrialNotOfMember, t, HOSPITAL, SPONSOR):
        site.of("hospital").anchor(*given)
    with refused(errors.TrialUnknown, word("none")):
        site.registry.anchor(word("none"), *given[1:])


def test_what_a_document_stands_for_is_something(registered):
    t = registered.trial_id

    with refused(errors.CommitmentZero, t):
        registered.registry.anchor(t, DocumentKind.CONSENT_FORM, NOTHING)
    with refused(errors.CountZero, t):
        registered.anchor(DocumentKind.CONSENT_FORM, count=0)
    for kind in (DocumentKind.PROTOCOL, DocumentKind.ENROLMENT, DocumentKind.RESULTS):
        with refused(errors.KindNotAnchorable, t, kind):
            registered.anchor(kind)


def test_nothing_is_enrolled_before_approval(registered):
    site, t = registered, registered.trial_id

    for early in (site.enrol, lambda: site.anchor(DocumentKind.RANDOMISATION_LIST)):
        with refused(errors.EnrolmentBeforeApproval, t, 1):
            early()
    with refused(errors.LastVisitBeforeEnrolment, t):
        site.registry.record_last_visit(t)
    with refused(errors.LockBeforeLastVisit, t):
        site.registry.lock(t, word("data"), 1)
    with refused(errors.UnblindingBeforeLock, t):
        site.registry.unblind(t)
    with refused(errors.ResultsBeforeLock, t):
        site.registry.report(t, word("results"))
    for kind in (DocumentKind.DATA_BATCH, DocumentKind.SAFETY_REPORT, DocumentKind.DATA_RECORD):
        early = Milestone.REGISTRATION, Milestone.FIRST_ENROLMENT
        with refused(errors.DocumentEarly, t, kind, *early):
            site.anchor(kind)


def test_enrolment_only_grows_and_ends_with_the_last_visit(site):
    site.to(Milestone.FIRST_ENROLMENT)
    t = site.trial_id

    with refused(errors.ParticipantsNotGrown, t, 10, 10):
        site.enrol(10)
    receipt = site.enrol(11)
    (anchored,) = told(site, receipt, "DocumentAnchored")
    assert (anchored["count"], anchored["stage"]) == (11, Milestone.FIRST_ENROLMENT)
    site.registry.record_last_visit(t)
    with refused(errors.EnrolmentAfterLastVisit, t):
        site.enrol(12)
    with refused(errors.MilestonePassed, t, Milestone.LAST_VISIT):
        site.registry.record_last_visit(t)
    late = Milestone.LAST_VISIT, Milestone.FIRST_ENROLMENT
    with refused(errors.DocumentLate, t, DocumentKind.RANDOMISATION_LIST, *late):
        site.anchor(DocumentKind.RANDOMISATION_LIST)


def test_data_ends_with_the_lock_and_plans_with_unblinding(site):
    site.to(Milestone.DATABASE_LOCK)
    r, t = site.registry, site.trial_id

    with refused(errors.DataAfterLock, t):
        site.anchor(DocumentKind.DATA_BATCH)
    with refused(errors.MilestonePassed, t, Milestone.DATABASE_LOCK):
        r.lock(t, word("again"), 1)
    with refused(errors.ResultsBeforeUnblinding, t):
        r.report(t, word("results"))
    with refused(errors.UnblindingBeforePlan, t):
        r.unblind(t)
    site.anchor(DocumentKind.ANALYSIS_PLAN)
    with refused(errors.UnblindingBeforeCode, t):
        r.unblind(t)
    site.anchor(DocumentKind.ANALYSIS_CODE)
    r.unblind(t)
    with refused(errors.MilestonePassed, t, Milestone.UNBLINDING):
        r.unblind(t)
    for kind in (DocumentKind.ANALYSIS_PLAN, DocumentKind.ANALYSIS_CODE):
        with refused(errors.AnalysisAfterUnblinding, t, kind):
            site.anchor(kind, word("late plan"))
    site.anchor(DocumentKind.POST_HOC_ANALYSIS)


def test_results_end_a_trial_and_can_be_corrected(site):
    site.to(Milestone.RESULTS)
    r, t = site.registry, site.trial_id
    reported_at = site.trial.reported_at

    receipt = r.report(t, word("corrected"))

    assert site.trial.reported_at == reported_at
    (anchored,) = told(site, receipt, "DocumentAnchored")
    assert (anchored["kind"], anchored["stage"]) == (DocumentKind.RESULTS, Milestone.RESULTS)
    assert told(site, receipt, "MilestoneReached") == []
    assert r.standing_of(t).status is TrialStatus.COMPLETED
    with refused(errors.TrialCompleted, t):
        r.stop(t, StopReason.OTHER)


# stop, hand over


def test_a_trial_without_participants_is_withdrawn_for_good(registered):
    site, r, t = registered, registered.registry, registered.trial_id

    with refused(errors.StopReasonMissing, t):
        r.stop(t, StopReason.NONE)
    receipt = r.stop(t, StopReason.OTHER, detail=REASON)

    (stopped,) = told(site, receipt, "TrialStopped")
    assert (stopped["reason"], stopped["detail"]) == (StopReason.OTHER, REASON)
    assert r.standing_of(t).status is TrialStatus.WITHDRAWN
    for change in (site.approve, lambda: r.amend(t, protocol=word("2"), reason=REASON)):
        with refused(errors.TrialWithdrawn, t):
            change()
    with refused(errors.TrialWithdrawn, t):
        r.reschedule(t, site.dates())
    site.anchor(DocumentKind.PROTOCOL_ANNEX)  # why it was withdrawn can still be filed


def test_a_stop_for_a_time_is_resumed_and_a_graver_one_stays(site):
    site.to(Milestone.FIRST_ENROLMENT)
    r, t = site.registry, site.trial_id

    with refused(errors.TrialNotTemporarilyClosed, t, StopReason.NONE):
        r.resume(t)
    r.stop(t, StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN)
    with refused(errors.EnrolmentStopped, t, StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN):
        site.enrol(20)
    r.resume(t)
    site.enrol(20)
    r.stop(t, StopReason.CLOSED_DUE_TO_TOXICITY)
    with refused(errors.TrialAlreadyStopped, t, StopReason.CLOSED_DUE_TO_TOXICITY):
        r.stop(t, StopReason.OTHER)
    with refused(errors.TrialNotTemporarilyClosed, t, StopReason.CLOSED_DUE_TO_TOXICITY):
        r.resume(t)


def test_a_trial_changes_hands_when_both_sponsors_say_so(site):
    site.to(Milestone.FIRST_ENROLMENT)
    r, t, other = site.registry, site.trial_id, site.of("hospital")
    second_sponsor(site, Role.ETHICS_BOARD)

    for nobody in (0, SPONSOR):
        with refused(errors.OfferNotToOther, t, nobody):
            r.offer(t, nobody)
    with refused(errors.TrialNotOffered, t, SPONSOR, 0):
        r.cancel_offer(t)
    r.offer(t, HOSPITAL)
    r.cancel_offer(t)
    with refused(errors.TrialNotOffered, t, HOSPITAL, 0):
        other.accept_offer(t, 1, Milestone.FIRST_ENROLMENT)
    r.offer(t, HOSPITAL)
    with refused(errors.VersionNotCurrent, t, 2, 1):
        other.accept_offer(t, 2, Milestone.FIRST_ENROLMENT)
    with refused(errors.StageNotCurrent, t, Milestone.LAST_VISIT, Milestone.FIRST_ENROLMENT):
        other.accept_offer(t, 1, Milestone.LAST_VISIT)
    other.approve(t, 1, CONTENT)
    with refused(errors.SponsorIsApprover, t, 1, HOSPITAL):
        other.accept_offer(t, 1, Milestone.FIRST_ENROLMENT)
    other.withdraw_approval(t, 1)
    receipt = other.accept_offer(t, 1, Milestone.FIRST_ENROLMENT)

    (handed,) = told(site, receipt, "TrialHandedOver")
    assert (handed["from"], handed["to"]) == (SPONSOR, HOSPITAL)
    assert site.trial.sponsor == HOSPITAL
    assert r.offer_of(t) == 0
    with refused(errors.TrialNotOfMember, t, SPONSOR, HOSPITAL):
        r.record_last_visit(t)
    with refused(errors.TrialAlreadyRegistered, t, SPONSOR):
        r.register(REGISTRY_ID, PROTOCOL, OUTCOMES, site.dates())


# flags


@pytest.mark.parametrize(
    ("due", "flag"),
    [
        ("enrolment_due", Flag.ENROLMENT_MISSING),
        ("completion_due", Flag.LAST_VISIT_MISSING),
        ("results_due", Flag.RESULTS_OVERDUE),
    ],
)
def test_what_is_due_is_missing_from_its_second_on(registered, due, flag):
    site, moment = registered, getattr(registered.trial, due)

    for second, is_missing in ((moment - SECOND, False), (moment, True)):
        site.council.at(second)
        site.council.rpc.call("evm_mine")
        assert (flag in site.registry.standing_of(site.trial_id).flags) is is_missing


def test_what_comes_late_stays_late(registered):
    site, r, t = registered, registered.registry, registered.trial_id
    site.approve()
    before = site.trial

    site.council.at(before.enrolment_due)
    site.enrol()
    site.council.at(before.completion_due - SECOND)
    r.record_last_visit(t)
    r.lock(t, word("data"), 1)
    site.plan()
    r.unblind(t)
    site.council.at(before.results_due)
    r.report(t, word("results"))

    flags = r.standing_of(t).flags
    assert {Flag.ENROLMENT_LATE, Flag.RESULTS_LATE} <= flags
    assert not {Flag.LAST_VISIT_LATE, Flag.ENROLMENT_MISSING, Flag.RESULTS_OVERDUE} & flags


def test_documents_that_should_be_there_are_named(site):
    site.to(Milestone.LAST_VISIT)
    wanted = {DocumentKind.CONSENT_FORM, DocumentKind.DATA_BATCH, DocumentKind.MONITORING_REPORT}

    standing = site.registry.standing_of(site.trial_id)
    assert standing.missing == wanted
    assert Flag.DOCUMENTS_MISSING in standing.flags
    for kind in wanted:
        site.anchor(kind)
    standing = site.registry.standing_of(site.trial_id)
    assert (standing.missing, Flag.DOCUMENTS_MISSING in standing.flags) == (frozenset(), False)


# front-running


def test_a_copied_protocol_gains_nothing(site, tmp_path):
    """A thief copies the commitments before the victim is mined, and later the revealed salts."""
    second_sponsor(site)
    record, protocol = study(tmp_path / "trial")
    thief, desk = site.of("hospital"), site.desk("sponsor")
    stolen = word("what the thief sees in the pool")
    thief.register(stolen, PROTOCOL, OUTCOMES, site.dates())

    made = desk.register(record, [protocol], **AHEAD)
    proof = verify_proof.load(protocol.with_name("protocol.md.proof.json"))
    root = desk.registry.version_of(made.nameplate.trial_id, 1).protocol
    copied = thief.register(word("id"), root, OUTCOMES, site.dates())
    theirs = thief.trial_id_of(HOSPITAL, word("id"))

    assert desk.registry.trial_of(made.nameplate.trial_id).sponsor == SPONSOR
    assert verify_offline(protocol, proof, block_hash=None).trial_id == made.nameplate.trial_id
    forged = forge(site, copied.block_number, root, theirs, tmp_path / "forged.json", proof)
    with pytest.raises(errors.ProofInvalid) as refusal:
        verify_offline(protocol, forged, block_hash=None)
    assert refusal.value.reason == "SALT_DIFFERS"
    claimed = changed(forged, "anchor.trial_id", "0x" + made.nameplate.trial_id.hex())
    with pytest.raises(errors.ProofInvalid) as refusal:
        verify_offline(protocol, claimed, block_hash=None)
    assert refusal.value.reason == "WRONG_TRIAL"


def forge(site: Site, block: int, root: bytes, trial: bytes, place: Path, proof: object) -> object:
    """The best proof a thief can make of what it anchored: with the true salt and path."""
    from pyhealth.anchoring import collect_evidence

    fields = verify_proof.read(proof)
    chain, contract = site.council.health("hospital").chain, site.registry.binding.address
    found = collect_evidence(chain, contract, root, block, trial_id=trial)
    assert found is not None
    document = Document(
        fields["name"], "sha-256", fields["digest"], fields["salt"], fields["trial_id"]
    )
    write_all([(place, document, fields["path"])], root=root, anchor=found[0], evidence=found[1])
    return verify_proof.load(place)


def test_every_custom_error_is_met_here():
    met = Path(__file__).read_text()
    own = {
        entry["name"] for entry in read_artifact("TrialRegistry").abi if entry["type"] == "error"
    }

    assert sorted(name for name in own if f"errors.{name}" not in met) == []
