// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

/// @notice The phases of a trial. They overlap; what is enforced is the order of {Milestone}.
/// @dev The exception to "zero means nothing": a phase is never stored, it follows from {DocumentKind}.
enum Phase {
    PROTOCOL,
    ENROLMENT,
    DATA_COLLECTION,
    MONITORING,
    DATA_MANAGEMENT,
    ANALYSIS,
    REPORT
}

/// @notice What a trial reaches, one after the other. The stage of a trial is the last one it reached.
enum Milestone {
    None, // no such trial.
    Registration, // protocol and outcome list are anchored.
    FirstEnrolment, // needs an approval of the current version.
    LastVisit, // no more participants; data may still come in.
    DatabaseLock, // no more data.
    Unblinding, // the allocation is opened; in an open or single-arm trial, the analysis begins.
    Results
}

/// @notice What a document is, and by that its phase and when it can be anchored.
/// @dev Those marked * come with the function in brackets, every other with {ITrialRegistry.anchor}.
enum DocumentKind {
    None,
    Protocol, // PROTOCOL * (register, amend)
    OutcomeList, // PROTOCOL * (register, amend): Merkle root of salted outcomes.
    EthicsDecision, // PROTOCOL: a board's letter; the decision itself is {ITrialRegistry.approve}.
    ConsentForm, // PROTOCOL: information for participants.
    ProtocolAnnex, // PROTOCOL: whatever else belongs to it.
    Enrolment, // ENROLMENT * (enrol): commitment to who was enrolled, with a count.
    EligibilityCriteria, // ENROLMENT: once approved, before the last visit.
    RandomisationList, // ENROLMENT: once approved, before the last visit.
    DataBatch, // DATA_COLLECTION: Merkle root of records; from first enrolment, before the lock.
    MonitoringReport, // MONITORING: from first enrolment.
    Deviation, // MONITORING: from first enrolment.
    SafetyReport, // MONITORING: from first enrolment.
    LockedData, // DATA_MANAGEMENT * (lock): Merkle root of the final data set.
    DataRecord, // DATA_MANAGEMENT: blinding, queries, corrections; from first enrolment, before unblinding.
    AnalysisPlan, // ANALYSIS: before unblinding.
    AnalysisCode, // ANALYSIS: before unblinding.
    AnalysisOutput, // ANALYSIS: from unblinding.
    PostHocAnalysis, // ANALYSIS: plan or code of what was not planned; from unblinding.
    Results, // REPORT * (report)
    ParticipantFlow, // REPORT: from unblinding.
    Publication // REPORT: from unblinding.
}

/// @notice Why a trial closed, as FHIR's ResearchStudy.reasonStopped has it, in the order of gravity.
enum StopReason {
    None, // open.
    TemporarilyClosedPerStudyDesign, // the only one that {ITrialRegistry.resume} ends.
    AccrualGoalMet,
    ClosedDueToLackOfStudyProgress,
    Other,
    ClosedDueToToxicity
}

/// @notice Where a trial stands, as FHIR's ResearchStudy.status has it.
enum TrialStatus {
    None, // no such trial.
    InReview, // nobody enrolled; the current version is not approved.
    Approved, // nobody enrolled; the current version is.
    Active, // enrolling.
    TemporarilyClosedToAccrual, // stopped for a time, or enrolling under a version that lost or lacks its approval.
    ClosedToAccrual, // the accrual goal is met.
    ClosedToAccrualAndIntervention, // stopped for another reason, or past the last visit.
    Completed, // results are anchored.
    Withdrawn // stopped for good with nobody enrolled.
}

/// @notice What a reader should know about a trial, as bits: bit i stands for the i-th flag.
/// @dev The exception to "zero means nothing": a flag is never alone, and the empty bitmap means nothing.
enum Flag {
    EnrolmentLate, // it began, but not before its declared date.
    EnrolmentMissing, // its declared date is past, and it did not begin.
    LastVisitLate, // it came, but not before the declared completion.
    LastVisitMissing, // the declared completion is past, and it did not come.
    ResultsLate, // they came, but not before they were due.
    ResultsOverdue, // they are due, and did not come.
    ApprovalMissing, // participants are enrolled, and the current version has no approval that stands.
    DocumentsMissing // a kind of document that should be there by this stage is not: see {Standing}.
}

/// @notice What a sponsor declares: the first second at which each is late.
struct Dates {
    uint40 enrolment; // first participant enrolled.
    uint40 completion; // last visit for the primary outcome.
    uint40 results; // results anchored.
}

/// @notice A trial.
struct Trial {
    uint32 sponsor; // slot 0: the member that it belongs to; zero when never registered.
    uint16 version; // slot 0: the current version of the protocol, from 1.
    uint8 approvals; // slot 0: approvals of the current version that stand.
    Milestone stage; // slot 0: the last milestone reached.
    StopReason stopped; // slot 0
    uint24 kinds; // slot 0: bitmap of {DocumentKind}, those that {anchor} took so far.
    uint40 registeredAt; // slot 0: block time, in seconds, as all below.
    uint40 enrolmentDue; // slot 0: declared, see {Dates}.
    uint40 completionDue; // slot 0
    uint40 resultsDue; // slot 0
    uint40 enrolledAt; // slot 1: when the first enrolment was anchored.
    uint40 lastVisitAt; // slot 1
    uint40 lockedAt; // slot 1
    uint40 unblindedAt; // slot 1
    uint40 reportedAt; // slot 1: when the first results were anchored.
    uint32 participants; // slot 1: enrolled so far, as last told.
}

/// @notice What one version of a protocol consists of.
struct Version {
    bytes32 protocol; // slot 0: salted commitment, opened by the sponsor; zero when there is no such version.
    bytes32 outcomes; // slot 1: Merkle root of salted outcomes, each opened alone by the sponsor.
}

/// @notice What an ethics board said to one version.
struct Approval {
    uint40 approvedAt; // block time, in seconds; zero when no approval stands.
    uint40 withdrawnAt; // block time, in seconds, of the last withdrawal; zero when never.
    uint32 nonce; // how often it approved or withdrew: what its next signature must say.
}

/// @notice Where a trial stands now.
struct Standing {
    TrialStatus status;
    uint8 flags; // bitmap of {Flag}; empty once withdrawn, when nothing is owed any more.
    uint24 missing; // bitmap of {DocumentKind}; what should be there by this stage, and is not.
}

/// @title ITrialRegistry
/// @notice Each phase of a clinical trial, timestamped by block, in an order that nobody can change afterwards.
/// @dev What is anchored is a salted commitment or the Merkle root of salted leaves, and it belongs to the trial.
/// @dev Warning: a commitment is public once it is sent, and another sponsor can anchor the same one under a trial of
/// its own. Commit to the trial's identifier too, which is known beforehand: then the copy opens for nobody.
/// @dev Warning: a timestamp proves that a document existed, not that it is true. The order holds for what is anchored;
/// whether nobody was enrolled, and no data seen, before the chain was told, only audits can show.
/// @dev Warning: members are identities of the consortium. Two members that collude, one as sponsor and one as
/// board, approve whatever they want, in everybody's sight.
/// @dev Warning: only its sponsor moves a trial on. One that is removed can still stop its trials, and an offer that it
/// made before can still be accepted; else they stay where they are.
/// @dev Warning: block time is set by validators, who can delay it and run a few seconds ahead.
interface ITrialRegistry {
    /* ERRORS */

    /// @notice Thrown when the contract is paused by vote. Stopping and withdrawing what is one's own goes on.
    error TrialsPaused();
    /// @notice Thrown when an account does not act for a sponsor; member and roles are zero for a stranger.
    error AccountNotSponsor(address account, uint32 member, uint16 roles);
    /// @notice Thrown when the sponsor that an account acts for is suspended or removed.
    error SponsorNotActive(address account, uint32 member);
    /// @notice Thrown when an account does not act for an ethics board; member and roles are zero for a stranger.
    error AccountNotBoard(address account, uint32 member, uint16 roles);
    /// @notice Thrown when the ethics board that an account acts for is suspended or removed.
    error BoardNotActive(address account, uint32 member);
    /// @notice Thrown when there is no such trial.
    error TrialUnknown(bytes32 trialId);
    /// @notice Thrown when a trial belongs to another member than the caller's.
    error TrialNotOfMember(bytes32 trialId, uint32 member, uint32 sponsor);
    /// @notice Thrown when the sponsor registered this registry identifier before, even if it handed the trial over.
    error TrialAlreadyRegistered(bytes32 trialId, uint32 sponsor);
    /// @notice Thrown when a trial is withdrawn: it takes documents, but nothing else.
    error TrialWithdrawn(bytes32 trialId);
    /// @notice Thrown when a trial is stopped for a reason as grave already.
    error TrialAlreadyStopped(bytes32 trialId, StopReason stopped);
    /// @notice Thrown when a stop gives no reason.
    error StopReasonMissing(bytes32 trialId);
    /// @notice Thrown when a trial to resume is not closed for a time.
    error TrialNotTemporarilyClosed(bytes32 trialId, StopReason stopped);
    /// @notice Thrown when a trial with results would be stopped.
    error TrialCompleted(bytes32 trialId);
    /// @notice Thrown when a commitment or root is zero, which means nothing.
    error CommitmentZero(bytes32 trialId);
    /// @notice Thrown when a document stands for nothing.
    error CountZero(bytes32 trialId);
    /// @notice Thrown when a declared date would be set into the past.
    error DateNotAhead(bytes32 trialId, uint40 date, uint256 time);
    /// @notice Thrown when a declared date that is past would be changed: what is late stays late.
    error DatePassed(bytes32 trialId, uint40 date, uint256 time);
    /// @notice Thrown when declared dates do not follow one another.
    error DatesOutOfOrder(bytes32 trialId, uint40 earlier, uint40 later);
    /// @notice Thrown when an amendment gives no reason.
    error AmendmentReasonMissing(bytes32 trialId);
    /// @notice Thrown when an amendment changes nothing.
    error AmendmentEmpty(bytes32 trialId, uint16 version);
    /// @notice Thrown when a version is not the current one.
    error VersionNotCurrent(bytes32 trialId, uint16 version, uint16 current);
    /// @notice Thrown when a trial is at another stage than the member that takes it over saw.
    error StageNotCurrent(bytes32 trialId, Milestone stage, Milestone current);
    /// @notice Thrown when a version has another content than the approval names.
    error VersionDiffers(bytes32 trialId, uint16 version, bytes32 protocol, bytes32 outcomes);
    /// @notice Thrown when a sponsor would approve its own trial.
    error ApproverIsSponsor(bytes32 trialId, uint32 member);
    /// @notice Thrown when a member would take over a trial whose current version it approves as a board.
    error SponsorIsApprover(bytes32 trialId, uint16 version, uint32 member);
    /// @notice Thrown when a board approves a version that it approves already.
    error ApprovalStands(bytes32 trialId, uint16 version, uint32 board, uint40 approvedAt);
    /// @notice Thrown when a board has no approval of a version to withdraw.
    error ApprovalMissing(bytes32 trialId, uint16 version, uint32 member);
    /// @notice Thrown when a signed approval is handed in at its deadline or later.
    error ApprovalLate(bytes32 trialId, uint64 deadline);
    /// @notice Thrown when a signed approval was used or withdrawn before.
    error ApprovalReplayed(bytes32 trialId, uint16 version, uint32 board, uint32 nonce, uint32 expected);
    /// @notice Thrown when the key that an approval names did not sign it.
    error ApprovalNotSigned(bytes32 trialId, uint16 version, address signer);
    /// @notice Thrown when enrolment would open, or go on, under a version that no approval covers.
    error EnrolmentBeforeApproval(bytes32 trialId, uint16 version);
    /// @notice Thrown when participants would be enrolled while the trial is stopped.
    error EnrolmentStopped(bytes32 trialId, StopReason stopped);
    /// @notice Thrown when participants would be enrolled after the last visit.
    error EnrolmentAfterLastVisit(bytes32 trialId);
    /// @notice Thrown when the number of participants enrolled so far does not grow.
    error ParticipantsNotGrown(bytes32 trialId, uint32 participants, uint32 before);
    /// @notice Thrown when there can be no last visit, because nobody was enrolled.
    error LastVisitBeforeEnrolment(bytes32 trialId);
    /// @notice Thrown when the database would be locked before the last visit.
    error LockBeforeLastVisit(bytes32 trialId);
    /// @notice Thrown when a trial would be unblinded before its database is locked.
    error UnblindingBeforeLock(bytes32 trialId);
    /// @notice Thrown when a trial would be unblinded without a statistical analysis plan.
    error UnblindingBeforePlan(bytes32 trialId);
    /// @notice Thrown when a trial would be unblinded without its analysis code.
    error UnblindingBeforeCode(bytes32 trialId);
    /// @notice Thrown when results would be anchored before the database is locked.
    error ResultsBeforeLock(bytes32 trialId);
    /// @notice Thrown when results would be anchored before unblinding.
    error ResultsBeforeUnblinding(bytes32 trialId);
    /// @notice Thrown when a milestone is reached already.
    error MilestonePassed(bytes32 trialId, Milestone milestone);
    /// @notice Thrown when an analysis plan or code comes after unblinding. See {DocumentKind.PostHocAnalysis}.
    error AnalysisAfterUnblinding(bytes32 trialId, DocumentKind kind);
    /// @notice Thrown when a data batch comes after the database lock.
    error DataAfterLock(bytes32 trialId);
    /// @notice Thrown when a document comes before the first stage that it belongs to.
    error DocumentEarly(bytes32 trialId, DocumentKind kind, Milestone stage, Milestone first);
    /// @notice Thrown when a document comes after the last stage that it belongs to.
    error DocumentLate(bytes32 trialId, DocumentKind kind, Milestone stage, Milestone last);
    /// @notice Thrown when a kind of document comes with a function of its own. See {DocumentKind}.
    error KindNotAnchorable(bytes32 trialId, DocumentKind kind);
    /// @notice Thrown when a trial would be offered to nobody, or to the sponsor that has it.
    error OfferNotToOther(bytes32 trialId, uint32 member);
    /// @notice Thrown when a trial is not offered, or to another member.
    error TrialNotOffered(bytes32 trialId, uint32 member, uint32 offeredTo);

    /* EVENTS */

    /// @notice Emitted when a trial is registered. Protocol and outcome list follow as {DocumentAnchored}.
    /// @param registryId The salted commitment of its identifier in a public registry, opened by the sponsor.
    event TrialRegistered(
        bytes32 indexed trialId,
        bytes32 indexed registryId,
        address indexed by,
        uint32 sponsor,
        Dates dates,
        uint64 registeredAt
    );
    /// @notice Emitted for everything that is anchored: the one event that a verifier needs to know.
    /// @param document The salted commitment or Merkle root. Only the holder of the salts can open it.
    /// @param by The account that anchored it.
    /// @param stage The last milestone reached before.
    /// @param version The version of the protocol: its own where it is a protocol or an outcome list, else the current.
    /// @param count How many documents, records or, for an enrolment, participants so far it stands for.
    event DocumentAnchored(
        bytes32 indexed trialId,
        bytes32 indexed document,
        address indexed by,
        Phase phase,
        DocumentKind kind,
        Milestone stage,
        uint16 version,
        uint32 count,
        uint64 anchoredAt
    );
    /// @notice Emitted when a version is amended. What is new in it was told as {DocumentAnchored} before.
    /// @param stage The last milestone reached before: participants or even data were seen at that time.
    /// @param reason The salted commitment of the reason, opened by the sponsor.
    event ProtocolAmended(
        bytes32 indexed trialId,
        uint16 indexed version,
        address indexed by,
        Milestone stage,
        bytes32 protocol,
        bytes32 outcomes,
        bytes32 reason
    );
    /// @notice Emitted when a milestone is reached.
    event MilestoneReached(
        bytes32 indexed trialId, Milestone indexed milestone, address indexed by, uint64 reachedAt
    );
    /// @notice Emitted when declared dates change.
    /// @param reason The salted commitment of the reason, or zero where none is given.
    event DatesChanged(
        bytes32 indexed trialId, address indexed by, Dates previous, Dates dates, bytes32 reason
    );
    /// @notice Emitted when a board approves a version, by transaction or by signature.
    /// @param by The board's key, not who handed it in.
    /// @param nonce What was spent.
    event ApprovalGiven(
        bytes32 indexed trialId,
        uint16 indexed version,
        uint32 indexed board,
        address by,
        bytes32 protocol,
        bytes32 outcomes,
        uint32 nonce,
        uint64 approvedAt
    );
    /// @notice Emitted when a board withdraws its approval of a version, or one that it signed and nobody handed in.
    /// @param reason The salted commitment of the reason, opened by the board, or zero where none is given.
    event ApprovalWithdrawn(
        bytes32 indexed trialId,
        uint16 indexed version,
        uint32 indexed board,
        address by,
        uint32 nonce,
        bytes32 reason
    );
    /// @notice Emitted when a trial is stopped; with nobody enrolled and not only for a time, it is withdrawn.
    /// @param detail The salted commitment of the details, opened by the sponsor, or zero where none are given.
    event TrialStopped(
        bytes32 indexed trialId,
        StopReason indexed reason,
        address indexed by,
        Milestone stage,
        bytes32 detail
    );
    /// @notice Emitted when a trial that was closed for a time goes on.
    event TrialResumed(bytes32 indexed trialId, address indexed by);
    /// @notice Emitted when a sponsor offers a trial to another. An earlier offer of it ends.
    event TrialOffered(bytes32 indexed trialId, uint32 indexed from, uint32 indexed to, address by);
    /// @notice Emitted when a sponsor takes its offer back.
    event OfferCancelled(bytes32 indexed trialId, uint32 indexed from, uint32 indexed to, address by);
    /// @notice Emitted when the other sponsor accepts. The trial is its own from here on.
    event TrialHandedOver(bytes32 indexed trialId, uint32 indexed from, uint32 indexed to, address by);

    /* REGISTERING */

    /// @notice Registers a trial of the caller's member with the first version of its protocol.
    /// @param registryId The salted commitment of the registry's identifier. With one salt for all trials of a sponsor,
    /// the same identifier gives the same commitment, which the sponsor can register once.
    /// @param protocol The salted commitment of the protocol.
    /// @param outcomes The Merkle root of the salted outcomes.
    /// @param dates Each ahead of now, and none before the one before it.
    /// @return trialId keccak256(abi.encode(chain id, this contract, member, registryId)): nobody else can take it.
    function register(bytes32 registryId, bytes32 protocol, bytes32 outcomes, Dates calldata dates)
        external
        returns (bytes32 trialId);

    /// @notice Anchors the next version of the protocol, which needs an approval of its own.
    /// @dev Nobody can be enrolled until then. A board can sign the approval before: it names content and version.
    /// @param protocol The new protocol, or zero where it stays.
    /// @param outcomes The new outcome list, or zero where it stays.
    /// @param reason The salted commitment of the reason.
    function amend(bytes32 trialId, bytes32 protocol, bytes32 outcomes, bytes32 reason) external;

    /// @notice Changes the declared dates. One that is past stands; one that changes must lie ahead.
    /// @param reason The salted commitment of the reason, or zero.
    function reschedule(bytes32 trialId, Dates calldata dates, bytes32 reason) external;

    /* APPROVING */

    /// @notice Approves the current version, as an ethics board that is not the sponsor.
    /// @param protocol What the board read: the approval counts for nothing else.
    /// @param outcomes What the board read.
    function approve(bytes32 trialId, uint16 version, bytes32 protocol, bytes32 outcomes) external;

    /// @notice Approves the current version with a signature of a board's key. Anyone can hand it in, once.
    /// @param signer The board's key. ERC-1271 too.
    /// @param nonce The nonce of {approvalOf} when signed: each approval and each withdrawal spends one.
    /// @param deadline The first second at which the signature is refused.
    /// @param signature Over Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,
    /// uint32 nonce,uint64 deadline), where board is the signer's member.
    function approveBySignature(
        bytes32 trialId,
        uint16 version,
        address signer,
        uint32 nonce,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Withdraws the approval of the caller's board, also while paused or suspended, and once removed.
    /// @dev An active board can also withdraw what it signed and nobody handed in: the nonce is spent either way.
    /// @param reason The salted commitment of the reason, or zero.
    function withdrawApproval(bytes32 trialId, uint16 version, bytes32 reason) external;

    /* CONDUCTING */

    /// @notice Anchors a document, or the Merkle root of many, as a kind. See {DocumentKind} for when.
    /// @dev It is kept in the log of events, where proofs are made from; what is stored is that the kind came.
    /// @dev Where a document comes twice, its first event counts.
    /// @param count How many documents or records it stands for, 1 for a single one.
    function anchor(bytes32 trialId, DocumentKind kind, bytes32 document, uint32 count) external;

    /// @notice Tells how many participants are enrolled so far. The first time is the first enrolment.
    /// @param participants All enrolled so far, more than last time.
    /// @param commitment The salted commitment of who they are, opened by the sponsor.
    function enrol(bytes32 trialId, uint32 participants, bytes32 commitment) external;

    /// @notice Says that the last visit took place. Nobody can be enrolled any more.
    function recordLastVisit(bytes32 trialId) external;

    /// @notice Locks the database. No data batch is anchored any more.
    /// @param data The Merkle root of the final data set.
    /// @param count How many records it has.
    function lock(bytes32 trialId, bytes32 data, uint32 count) external;

    /// @notice Says that the allocation is opened. Needs an analysis plan and code, and takes no more of either.
    function unblind(bytes32 trialId) external;

    /// @notice Anchors results. The first time is the milestone; corrections can follow.
    function report(bytes32 trialId, bytes32 results) external;

    /* STOPPING */

    /// @notice Stops a trial of the caller's member, also while paused or suspended, and once removed.
    /// @dev Nobody can be enrolled any more, and an offer of the trial ends. Follow-up, lock, unblinding and results go on, and are still due.
    /// @param reason Graver than the one that the trial is stopped for already.
    /// @param detail The salted commitment of the details, or zero.
    function stop(bytes32 trialId, StopReason reason, bytes32 detail) external;

    /// @notice Ends a stop that was for a time.
    function resume(bytes32 trialId) external;

    /* HANDING OVER */

    /// @notice Offers a trial of the caller's member to another sponsor, in place of an earlier offer.
    function offer(bytes32 trialId, uint32 to) external;

    /// @notice Takes an offer back, also while paused or suspended, and once removed.
    function cancelOffer(bytes32 trialId) external;

    /// @notice Accepts a trial that is offered to the caller's member.
    /// @param version The current version as the caller saw it, so that it takes over nothing else.
    /// @param stage The stage as the caller saw it.
    function acceptOffer(bytes32 trialId, uint16 version, Milestone stage) external;

    /* READING */

    /// @notice Returns the identifier that a registry identifier's commitment has under a sponsor, registered or not.
    function trialIdOf(uint32 sponsor, bytes32 registryId) external view returns (bytes32);

    /// @notice Returns what is stored of a trial.
    function trialOf(bytes32 trialId) external view returns (Trial memory);

    /// @notice Returns where a trial stands now.
    function standingOf(bytes32 trialId) external view returns (Standing memory);

    /// @notice Returns what a version of the protocol consists of.
    function versionOf(bytes32 trialId, uint16 version) external view returns (Version memory);

    /// @notice Returns what a board said to a version.
    function approvalOf(bytes32 trialId, uint16 version, uint32 board) external view returns (Approval memory);

    /// @notice Returns the member that a trial is offered to, or zero.
    function offerOf(bytes32 trialId) external view returns (uint32);
}
