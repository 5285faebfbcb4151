"""What TrialRegistry.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyhealth.errors import ContractError
from pyhealth.values import DocumentKind, Milestone, Role, StopReason

__all__ = [
    "AccountNotBoard",
    "AccountNotSponsor",
    "AmendmentEmpty",
    "AmendmentReasonMissing",
    "AnalysisAfterUnblinding",
    "ApprovalLate",
    "ApprovalMissing",
    "ApprovalNotSigned",
    "ApprovalReplayed",
    "ApprovalStands",
    "ApproverIsSponsor",
    "BoardNotActive",
    "CommitmentZero",
    "CountZero",
    "DataAfterLock",
    "DateNotAhead",
    "DatePassed",
    "DatesOutOfOrder",
    "DocumentEarly",
    "DocumentLate",
    "EnrolmentAfterLastVisit",
    "EnrolmentBeforeApproval",
    "EnrolmentStopped",
    "KindNotAnchorable",
    "LastVisitBeforeEnrolment",
    "LockBeforeLastVisit",
    "MilestonePassed",
    "OfferNotToOther",
    "ParticipantsNotGrown",
    "ResultsBeforeLock",
    "ResultsBeforeUnblinding",
    "SponsorIsApprover",
    "SponsorNotActive",
    "StageNotCurrent",
    "StopReasonMissing",
    "TrialAlreadyRegistered",
    "TrialAlreadyStopped",
    "TrialCompleted",
    "TrialNotOfMember",
    "TrialNotOffered",
    "TrialNotTemporarilyClosed",
    "TrialUnknown",
    "TrialWithdrawn",
    "TrialsPaused",
    "UnblindingBeforeCode",
    "UnblindingBeforeLock",
    "UnblindingBeforePlan",
    "VersionDiffers",
    "VersionNotCurrent",
]


@dataclass(eq=False)
class TrialsPaused(ContractError):
    """The trial registry is paused by vote, and takes only stops and withdrawals; wait, and see
    'pyhealth consortium contracts'.
    """


@dataclass(eq=False)
class AccountNotSponsor(ContractError):
    """Account {account} (member {member}, roles {roles}) acts for no sponsor; use a key of a member
    with the role SPONSOR.
    """

    account: str
    member: int
    roles: frozenset[Role]


@dataclass(eq=False)
class SponsorNotActive(ContractError):
    """Account {account} acts for sponsor {member}, which is suspended or removed; wait, or have it
    reinstated.
    """

    account: str
    member: int


@dataclass(eq=False)
class AccountNotBoard(ContractError):
    """Account {account} (member {member}, roles {roles}) acts for no ethics board; use a key of a
    member with the role ETHICS_BOARD.
    """

    account: str
    member: int
    roles: frozenset[Role]


@dataclass(eq=False)
class BoardNotActive(ContractError):
    """Account {account} acts for ethics board {member}, which is suspended or removed; wait, or
    have it reinstated.
    """

    account: str
    member: int


@dataclass(eq=False)
class TrialUnknown(ContractError):
    """No trial is registered as {trial_id}; see 'pyhealth trial list'."""

    trial_id: bytes


@dataclass(eq=False)
class TrialNotOfMember(ContractError):
    """Trial {trial_id} belongs to sponsor {sponsor}, not to member {member}; use a key of its
    sponsor.
    """

    trial_id: bytes
    member: int
    sponsor: int


@dataclass(eq=False)
class TrialAlreadyRegistered(ContractError):
    """Sponsor {sponsor} registered this registry identifier before, as trial {trial_id}; amend that
    trial instead.
    """

    trial_id: bytes
    sponsor: int


@dataclass(eq=False)
class TrialWithdrawn(ContractError):
    """Trial {trial_id} is withdrawn, and takes documents only; register another."""

    trial_id: bytes


@dataclass(eq=False)
class TrialAlreadyStopped(ContractError):
    """Trial {trial_id} is stopped already ({stopped}); only a graver reason can follow."""

    trial_id: bytes
    stopped: StopReason


@dataclass(eq=False)
class StopReasonMissing(ContractError):
    """Trial {trial_id} would be stopped without a reason; give one."""

    trial_id: bytes


@dataclass(eq=False)
class TrialNotTemporarilyClosed(ContractError):
    """Trial {trial_id} is not closed for a time (stop reason: {stopped}), so that there is nothing
    to resume.
    """

    trial_id: bytes
    stopped: StopReason


@dataclass(eq=False)
class TrialCompleted(ContractError):
    """Trial {trial_id} has results, and can no longer be stopped."""

    trial_id: bytes


@dataclass(eq=False)
class CommitmentZero(ContractError):
    """A commitment for trial {trial_id} is zero and means nothing; hand in that of a document."""

    trial_id: bytes


@dataclass(eq=False)
class CountZero(ContractError):
    """A document for trial {trial_id} stands for no document or record at all; give a count of 1 or
    more.
    """

    trial_id: bytes


@dataclass(eq=False)
class DateNotAhead(ContractError):
    """A declared date of trial {trial_id} is {date}, which is not ahead of block time {time};
    declare a later one.
    """

    trial_id: bytes
    date: datetime
    time: datetime


@dataclass(eq=False)
class DatePassed(ContractError):
    """The declared date {date} of trial {trial_id} is past at {time}, and what is late stays late;
    change later dates only.
    """

    trial_id: bytes
    date: datetime
    time: datetime


@dataclass(eq=False)
class DatesOutOfOrder(ContractError):
    """The declared dates of trial {trial_id} do not follow one another ({earlier}, then {later});
    enrolment comes first, then completion, then results.
    """

    trial_id: bytes
    earlier: datetime
    later: datetime


@dataclass(eq=False)
class AmendmentReasonMissing(ContractError):
    """The amendment of trial {trial_id} gives no reason; hand in the commitment of one."""

    trial_id: bytes


@dataclass(eq=False)
class AmendmentEmpty(ContractError):
    """The amendment of trial {trial_id} changes nothing in version {version}; hand in a new
    protocol or a new outcome list.
    """

    trial_id: bytes
    version: int


@dataclass(eq=False)
class VersionNotCurrent(ContractError):
    """Version {version} of trial {trial_id} is not the current one, which is {current}; read that,
    and name it.
    """

    trial_id: bytes
    version: int
    current: int


@dataclass(eq=False)
class StageNotCurrent(ContractError):
    """Trial {trial_id} is no longer at stage {stage}, but at {current}; look at it again, and
    accept it as it is.
    """

    trial_id: bytes
    stage: Milestone
    current: Milestone


@dataclass(eq=False)
class VersionDiffers(ContractError):
    """Version {version} of trial {trial_id} has the protocol {protocol} and the outcomes
    {outcomes}, which are not those named; ask the sponsor for what it anchored.
    """

    trial_id: bytes
    version: int
    protocol: bytes
    outcomes: bytes


@dataclass(eq=False)
class ApproverIsSponsor(ContractError):
    """Member {member} is the sponsor of trial {trial_id}, and cannot approve it itself; ask another
    ethics board.
    """

    trial_id: bytes
    member: int


@dataclass(eq=False)
class SponsorIsApprover(ContractError):
    """Member {member} approves version {version} of trial {trial_id} as a board, and cannot become
    its sponsor; withdraw the approval first.
    """

    trial_id: bytes
    version: int
    member: int


@dataclass(eq=False)
class ApprovalStands(ContractError):
    """Board {board} approved version {version} of trial {trial_id} already, at {approved_at}; there
    is nothing to do.
    """

    trial_id: bytes
    version: int
    board: int
    approved_at: datetime


@dataclass(eq=False)
class ApprovalMissing(ContractError):
    """Member {member} has no approval of version {version} of trial {trial_id} to withdraw; see
    'pyhealth trial show'.
    """

    trial_id: bytes
    version: int
    member: int


@dataclass(eq=False)
class ApprovalLate(ContractError):
    """The signed approval of trial {trial_id} was to be handed in before {deadline}; have another
    signed.
    """

    trial_id: bytes
    deadline: datetime


@dataclass(eq=False)
class ApprovalReplayed(ContractError):
    """The signed approval of version {version} of trial {trial_id} by board {board} was used or
    withdrawn before (nonce {nonce}, now {expected}); have another signed.
    """

    trial_id: bytes
    version: int
    board: int
    nonce: int
    expected: int


@dataclass(eq=False)
class ApprovalNotSigned(ContractError):
    """Key {signer} did not sign this approval of version {version} of trial {trial_id} for this
    chain, contract and content; have another signed.
    """

    trial_id: bytes
    version: int
    signer: str


@dataclass(eq=False)
class EnrolmentBeforeApproval(ContractError):
    """Nobody can be enrolled in trial {trial_id}, because no approval of version {version} stands;
    have an ethics board approve it first.
    """

    trial_id: bytes
    version: int


@dataclass(eq=False)
class EnrolmentStopped(ContractError):
    """Nobody can be enrolled in trial {trial_id}, because it is stopped ({stopped}); resume it
    first, where it was for a time.
    """

    trial_id: bytes
    stopped: StopReason


@dataclass(eq=False)
class EnrolmentAfterLastVisit(ContractError):
    """Nobody can be enrolled in trial {trial_id} any more, because its last visit took place."""

    trial_id: bytes


@dataclass(eq=False)
class ParticipantsNotGrown(ContractError):
    """Trial {trial_id} would have {participants} participants and had {before} before; give all
    that are enrolled so far, more than last time.
    """

    trial_id: bytes
    participants: int
    before: int


@dataclass(eq=False)
class LastVisitBeforeEnrolment(ContractError):
    """Trial {trial_id} can have no last visit, because nobody was enrolled; enrol first, or stop
    it.
    """

    trial_id: bytes


@dataclass(eq=False)
class LockBeforeLastVisit(ContractError):
    """The database of trial {trial_id} cannot be locked before its last visit; record it first."""

    trial_id: bytes


@dataclass(eq=False)
class UnblindingBeforeLock(ContractError):
    """Trial {trial_id} cannot be unblinded before its database is locked; lock it first."""

    trial_id: bytes


@dataclass(eq=False)
class UnblindingBeforePlan(ContractError):
    """Trial {trial_id} cannot be unblinded without an analysis plan; anchor that first."""

    trial_id: bytes


@dataclass(eq=False)
class UnblindingBeforeCode(ContractError):
    """Trial {trial_id} cannot be unblinded without its analysis code; anchor that first."""

    trial_id: bytes


@dataclass(eq=False)
class ResultsBeforeLock(ContractError):
    """Results of trial {trial_id} cannot come before its database is locked; lock it first."""

    trial_id: bytes


@dataclass(eq=False)
class ResultsBeforeUnblinding(ContractError):
    """Results of trial {trial_id} cannot come before unblinding; unblind it first."""

    trial_id: bytes


@dataclass(eq=False)
class MilestonePassed(ContractError):
    """Trial {trial_id} reached this milestone already ({milestone}); there is nothing to do."""

    trial_id: bytes
    milestone: Milestone


@dataclass(eq=False)
class AnalysisAfterUnblinding(ContractError):
    """The {kind} of trial {trial_id} comes after unblinding, and no longer counts as planned;
    anchor it as post-hoc-analysis.
    """

    trial_id: bytes
    kind: DocumentKind


@dataclass(eq=False)
class DataAfterLock(ContractError):
    """The database of trial {trial_id} is locked, and takes no more data; anchor a correction as
    data-record.
    """

    trial_id: bytes


@dataclass(eq=False)
class DocumentEarly(ContractError):
    """The {kind} of trial {trial_id} comes too early, at stage {stage}; it can be anchored from
    {first} on.
    """

    trial_id: bytes
    kind: DocumentKind
    stage: Milestone
    first: Milestone


@dataclass(eq=False)
class DocumentLate(ContractError):
    """The {kind} of trial {trial_id} comes too late, at stage {stage}; it could be anchored up to
    {last} only.
    """

    trial_id: bytes
    kind: DocumentKind
    stage: Milestone
    last: Milestone


@dataclass(eq=False)
class KindNotAnchorable(ContractError):
    """The {kind} of trial {trial_id} is not anchored by itself; it comes with register, amend,
    enrol, lock or report.
    """

    trial_id: bytes
    kind: DocumentKind


@dataclass(eq=False)
class OfferNotToOther(ContractError):
    """Trial {trial_id} cannot be offered to member {member}, which is nobody or has it; name
    another sponsor.
    """

    trial_id: bytes
    member: int


@dataclass(eq=False)
class TrialNotOffered(ContractError):
    """Trial {trial_id} is not offered to member {member} (offered to: {offered_to}); ask its
    sponsor for an offer.
    """

    trial_id: bytes
    member: int
    offered_to: int
