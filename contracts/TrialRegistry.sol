// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actor, IConsortium, Role} from "./interfaces/IConsortium.sol";
import {
    Approval,
    Dates,
    DocumentKind,
    ITrialRegistry,
    Milestone,
    Standing,
    StopReason,
    Trial,
    Version
} from "./interfaces/ITrialRegistry.sol";
import {Governance} from "./libraries/Governance.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TrialApprovals} from "./libraries/TrialApprovals.sol";
import {TrialOrder} from "./libraries/TrialOrder.sol";
import {TrialStages} from "./libraries/TrialStages.sol";

/// @title TrialRegistry
/// @notice See {ITrialRegistry}.
contract TrialRegistry is ITrialRegistry {
    using TrialApprovals for Approval;

    /* IMMUTABLES */

    /// @dev Asked who acts for which sponsor or board, and whether this contract is paused.
    IConsortium private immutable _consortium;

    /* STORAGE */

    mapping(bytes32 trialId => Trial) private _trials;
    mapping(bytes32 trialId => mapping(uint16 version => Version)) private _versions;
    mapping(bytes32 trialId => mapping(uint16 version => mapping(uint32 board => Approval))) private
        _approvals;

    /// @inheritdoc ITrialRegistry
    mapping(bytes32 trialId => uint32) public offerOf;

    constructor(IConsortium consortium) {
        _consortium = consortium;
    }

    /* REGISTERING */

    /// @inheritdoc ITrialRegistry
    function register(bytes32 registryId, bytes32 protocol, bytes32 outcomes, Dates calldata dates)
        external
        returns (bytes32 trialId)
    {
        uint32 sponsor = _activeSponsor();
        trialId = trialIdOf(sponsor, registryId);
        Trial storage trial = _trials[trialId];
        require(trial.sponsor == 0, TrialAlreadyRegistered(trialId, sponsor));
        require(registryId != 0, CommitmentZero(trialId));
        TrialOrder.requireAhead(trialId, dates, block.timestamp);

        trial.sponsor = sponsor;
        trial.version = 1;
        trial.stage = Milestone.Registration;
        trial.registeredAt = uint40(block.timestamp);
        trial.enrolmentDue = dates.enrolment;
        trial.completionDue = dates.completion;
        trial.resultsDue = dates.results;
        _versions[trialId][1] = Version(protocol, outcomes);

        emit TrialRegistered(trialId, registryId, msg.sender, sponsor, dates, uint64(block.timestamp));
        _anchor(trialId, Milestone.Registration, 1, DocumentKind.Protocol, protocol, 1);
        _anchor(trialId, Milestone.Registration, 1, DocumentKind.OutcomeList, outcomes, 1);
    }

    /// @inheritdoc ITrialRegistry
    function amend(bytes32 trialId, bytes32 protocol, bytes32 outcomes, bytes32 reason) external {
        Trial storage trial = _ownTrial(trialId);
        _requirePresent(trialId, trial);
        (Milestone stage, uint16 version) = (trial.stage, trial.version);
        Version memory current = _versions[trialId][version];
        if (protocol == 0) protocol = current.protocol;
        if (outcomes == 0) outcomes = current.outcomes;
        bool changed = protocol != current.protocol || outcomes != current.outcomes;
        require(changed, AmendmentEmpty(trialId, version));
        require(reason != 0, AmendmentReasonMissing(trialId));

        trial.version = ++version;
        trial.approvals = 0;
        _versions[trialId][version] = Version(protocol, outcomes);

        if (protocol != current.protocol) {
            _anchor(trialId, stage, version, DocumentKind.Protocol, protocol, 1);
        }
        if (outcomes != current.outcomes) {
            _anchor(trialId, stage, version, DocumentKind.OutcomeList, outcomes, 1);
        }
        emit ProtocolAmended(trialId, version, msg.sender, stage, protocol, outcomes, reason);
    }

    /// @inheritdoc ITrialRegistry
    function reschedule(bytes32 trialId, Dates calldata dates, bytes32 reason) external {
        Trial storage trial = _ownTrial(trialId);
        _requirePresent(trialId, trial);
        Dates memory previous = Dates(trial.enrolmentDue, trial.completionDue, trial.resultsDue);
        TrialOrder.requireMovable(trialId, previous, dates, block.timestamp);

        trial.enrolmentDue = dates.enrolment;
        trial.completionDue = dates.completion;
        trial.resultsDue = dates.results;

        emit DatesChanged(trialId, msg.sender, previous, dates, reason);
    }

    /* APPROVING */

    /// @inheritdoc ITrialRegistry
    function approve(bytes32 trialId, uint16 version, bytes32 protocol, bytes32 outcomes) external {
        uint32 board = _activeBoard(msg.sender);
        Version memory content = _approvable(trialId, version, board);
        bool same = protocol == content.protocol && outcomes == content.outcomes;
        require(same, VersionDiffers(trialId, version, content.protocol, content.outcomes));

        _approve(trialId, version, content, board, msg.sender);
    }

    /// @inheritdoc ITrialRegistry
    function approveBySignature(
        bytes32 trialId,
        uint16 version,
        address signer,
        uint32 nonce,
        uint64 deadline,
        bytes calldata signature
    ) external {
        require(block.timestamp < deadline, ApprovalLate(trialId, deadline));
        uint32 board = _activeBoard(signer);
        uint32 expected = _approvals[trialId][version][board].nonce;
        require(nonce == expected, ApprovalReplayed(trialId, version, board, nonce, expected));
        Version memory content = _approvable(trialId, version, board);
        bytes32 structHash = TrialApprovals.structHash(trialId, version, content, board, nonce, deadline);
        bool signed = Signatures.verify(keccak256("TrialRegistry"), signer, structHash, signature);
        require(signed, ApprovalNotSigned(trialId, version, signer));

        _approve(trialId, version, content, board, signer);
    }

    /// @inheritdoc ITrialRegistry
    function withdrawApproval(bytes32 trialId, uint16 version, bytes32 reason) external {
        Actor memory actor = _consortium.actorOf(msg.sender);
        uint32 board = actor.member;
        Approval storage approval = _approvals[trialId][version][board];
        bool stands = approval.approvedAt != 0;
        bool signing = Governance.holds(actor.roles, Role.ETHICS_BOARD);
        require(stands || signing, ApprovalMissing(trialId, version, board));
        Trial storage trial = _knownTrial(trialId);

        if (stands && version == trial.version) --trial.approvals;
        approval.withdraw(trialId, version, board, msg.sender, reason);
    }

    function _approvable(bytes32 trialId, uint16 version, uint32 board)
        private
        view
        returns (Version memory)
    {
        Trial storage trial = _knownTrial(trialId);
        _requirePresent(trialId, trial);
        require(board != trial.sponsor, ApproverIsSponsor(trialId, board));
        _requireCurrent(trialId, version, trial.version);
        return _versions[trialId][version];
    }

    function _approve(bytes32 trialId, uint16 version, Version memory content, uint32 board, address by)
        private
    {
        ++_trials[trialId].approvals;
        _approvals[trialId][version][board].give(trialId, version, content, board, by);
    }

    /* CONDUCTING */

    /// @inheritdoc ITrialRegistry
    function anchor(bytes32 trialId, DocumentKind kind, bytes32 document, uint32 count) external {
        Trial storage trial = _ownTrial(trialId);
        Milestone stage = trial.stage;
        TrialOrder.requireAnchorable(trialId, kind, stage);
        if (TrialOrder.awaitsApproval(kind, stage)) _requireApproved(trialId, trial);

        uint24 kinds = TrialOrder.add(trial.kinds, kind);
        if (kinds != trial.kinds) trial.kinds = kinds;

        _anchor(trialId, stage, trial.version, kind, document, count);
    }

    /// @inheritdoc ITrialRegistry
    function enrol(bytes32 trialId, uint32 participants, bytes32 commitment) external {
        Trial storage trial = _ownTrial(trialId);
        Milestone stage = trial.stage;
        TrialOrder.requireEnrolling(trialId, stage, trial.stopped);
        _requireApproved(trialId, trial);
        uint32 before = trial.participants;
        require(participants > before, ParticipantsNotGrown(trialId, participants, before));

        trial.participants = participants;

        _anchor(trialId, stage, trial.version, DocumentKind.Enrolment, commitment, participants);
        if (stage == Milestone.Registration) {
            trial.enrolledAt = uint40(block.timestamp);
            _reach(trialId, trial, Milestone.FirstEnrolment);
        }
    }

    /// @inheritdoc ITrialRegistry
    function recordLastVisit(bytes32 trialId) external {
        Trial storage trial = _ownTrial(trialId);
        TrialOrder.requireVisits(trialId, trial.stage);

        trial.lastVisitAt = uint40(block.timestamp);
        _reach(trialId, trial, Milestone.LastVisit);
    }

    /// @inheritdoc ITrialRegistry
    function lock(bytes32 trialId, bytes32 data, uint32 count) external {
        Trial storage trial = _ownTrial(trialId);
        Milestone stage = trial.stage;
        TrialOrder.requireLockable(trialId, stage);

        trial.lockedAt = uint40(block.timestamp);

        _anchor(trialId, stage, trial.version, DocumentKind.LockedData, data, count);
        _reach(trialId, trial, Milestone.DatabaseLock);
    }

    /// @inheritdoc ITrialRegistry
    function unblind(bytes32 trialId) external {
        Trial storage trial = _ownTrial(trialId);
        TrialOrder.requireUnblindable(trialId, trial.stage, trial.kinds);

        trial.unblindedAt = uint40(block.timestamp);
        _reach(trialId, trial, Milestone.Unblinding);
    }

    /// @inheritdoc ITrialRegistry
    function report(bytes32 trialId, bytes32 results) external {
        Trial storage trial = _ownTrial(trialId);
        Milestone stage = trial.stage;
        TrialOrder.requireReportable(trialId, stage);

        _anchor(trialId, stage, trial.version, DocumentKind.Results, results, 1);
        if (stage == Milestone.Unblinding) {
            trial.reportedAt = uint40(block.timestamp);
            _reach(trialId, trial, Milestone.Results);
        }
    }

    function _requireApproved(bytes32 trialId, Trial storage trial) private view {
        require(trial.approvals != 0, EnrolmentBeforeApproval(trialId, trial.version));
    }

    function _anchor(
        bytes32 trialId,
        Milestone stage,
        uint16 version,
        DocumentKind kind,
        bytes32 document,
        uint32 count
    ) private {
        require(document != 0, CommitmentZero(trialId));
        require(count != 0, CountZero(trialId));

        emit DocumentAnchored(
            trialId,
            document,
            msg.sender,
            TrialOrder.phaseOf(kind),
            kind,
            stage,
            version,
            count,
            uint64(block.timestamp)
        );
    }

    function _reach(bytes32 trialId, Trial storage trial, Milestone milestone) private {
        trial.stage = milestone;

        emit MilestoneReached(trialId, milestone, msg.sender, uint64(block.timestamp));
    }

    /* STOPPING */

    /// @inheritdoc ITrialRegistry
    function stop(bytes32 trialId, StopReason reason, bytes32 detail) external {
        (Trial storage trial, uint32 sponsor) = _heldTrial(trialId);
        _requirePresent(trialId, trial);
        Milestone stage = trial.stage;
        StopReason stopped = trial.stopped;
        require(reason != StopReason.None, StopReasonMissing(trialId));
        require(stage < Milestone.Results, TrialCompleted(trialId));
        require(reason > stopped, TrialAlreadyStopped(trialId, stopped));

        trial.stopped = reason;

        emit TrialStopped(trialId, reason, msg.sender, stage, detail);
        if (offerOf[trialId] != 0) _cancelOffer(trialId, sponsor);
    }

    /// @inheritdoc ITrialRegistry
    function resume(bytes32 trialId) external {
        Trial storage trial = _ownTrial(trialId);
        StopReason stopped = trial.stopped;
        bool temporary = stopped == StopReason.TemporarilyClosedPerStudyDesign;
        require(temporary, TrialNotTemporarilyClosed(trialId, stopped));

        trial.stopped = StopReason.None;

        emit TrialResumed(trialId, msg.sender);
    }

    /* HANDING OVER */

    /// @inheritdoc ITrialRegistry
    function offer(bytes32 trialId, uint32 to) external {
        uint32 sponsor = _ownTrial(trialId).sponsor;
        require(to != 0 && to != sponsor, OfferNotToOther(trialId, to));

        offerOf[trialId] = to;

        emit TrialOffered(trialId, sponsor, to, msg.sender);
    }

    /// @inheritdoc ITrialRegistry
    function cancelOffer(bytes32 trialId) external {
        (, uint32 sponsor) = _heldTrial(trialId);
        require(offerOf[trialId] != 0, TrialNotOffered(trialId, sponsor, 0));

        _cancelOffer(trialId, sponsor);
    }

    /// @inheritdoc ITrialRegistry
    function acceptOffer(bytes32 trialId, uint16 version, Milestone stage) external {
        uint32 member = _activeSponsor();
        uint32 offered = offerOf[trialId];
        require(member == offered, TrialNotOffered(trialId, member, offered));
        Trial storage trial = _trials[trialId];
        _requireCurrent(trialId, version, trial.version);
        require(stage == trial.stage, StageNotCurrent(trialId, stage, trial.stage));
        bool approves = _approvals[trialId][version][member].approvedAt != 0;
        require(!approves, SponsorIsApprover(trialId, version, member));

        uint32 from = trial.sponsor;
        trial.sponsor = member;
        delete offerOf[trialId];

        emit TrialHandedOver(trialId, from, member, msg.sender);
    }

    function _cancelOffer(bytes32 trialId, uint32 sponsor) private {
        uint32 to = offerOf[trialId];
        delete offerOf[trialId];

        emit OfferCancelled(trialId, sponsor, to, msg.sender);
    }

    /* READING */

    /// @inheritdoc ITrialRegistry
    function trialIdOf(uint32 sponsor, bytes32 registryId) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), sponsor, registryId));
    }

    /// @inheritdoc ITrialRegistry
    function trialOf(bytes32 trialId) external view returns (Trial memory) {
        return _trials[trialId];
    }

    /// @inheritdoc ITrialRegistry
    function standingOf(bytes32 trialId) external view returns (Standing memory) {
        return TrialStages.standingOf(_trials[trialId], block.timestamp);
    }

    /// @inheritdoc ITrialRegistry
    function versionOf(bytes32 trialId, uint16 version) external view returns (Version memory) {
        return _versions[trialId][version];
    }

    /// @inheritdoc ITrialRegistry
    function approvalOf(bytes32 trialId, uint16 version, uint32 board)
        external
        view
        returns (Approval memory)
    {
        return _approvals[trialId][version][board];
    }

    /* INTERNALS */

    /// @dev A trial that the caller may write to.
    function _ownTrial(bytes32 trialId) private view returns (Trial storage trial) {
        uint32 member = _activeSponsor();
        trial = _trials[trialId];
        uint32 sponsor = trial.sponsor;
        require(sponsor != 0, TrialUnknown(trialId));
        _requireMember(trialId, member, sponsor);
    }

    /// @dev A trial that the caller's member holds, whatever its standing.
    function _heldTrial(bytes32 trialId) private view returns (Trial storage trial, uint32 sponsor) {
        trial = _knownTrial(trialId);
        sponsor = trial.sponsor;
        _requireMember(trialId, _consortium.actorOf(msg.sender).member, sponsor);
    }

    function _knownTrial(bytes32 trialId) private view returns (Trial storage trial) {
        trial = _trials[trialId];
        require(trial.sponsor != 0, TrialUnknown(trialId));
    }

    function _activeSponsor() private view returns (uint32) {
        Actor memory actor = _consortium.actorOf(msg.sender);
        require(!actor.paused, TrialsPaused());
        require(actor.member == 0 || actor.roles != 0, SponsorNotActive(msg.sender, actor.member));
        bool able = Governance.holds(actor.roles, Role.SPONSOR);
        require(able, AccountNotSponsor(msg.sender, actor.member, actor.roles));
        return actor.member;
    }

    function _activeBoard(address account) private view returns (uint32) {
        Actor memory actor = _consortium.actorOf(account);
        require(!actor.paused, TrialsPaused());
        require(actor.member == 0 || actor.roles != 0, BoardNotActive(account, actor.member));
        bool able = Governance.holds(actor.roles, Role.ETHICS_BOARD);
        require(able, AccountNotBoard(account, actor.member, actor.roles));
        return actor.member;
    }

    function _requireMember(bytes32 trialId, uint32 member, uint32 sponsor) private pure {
        require(member == sponsor, TrialNotOfMember(trialId, member, sponsor));
    }

    function _requireCurrent(bytes32 trialId, uint16 version, uint16 current) private pure {
        require(version == current, VersionNotCurrent(trialId, version, current));
    }

    function _requirePresent(bytes32 trialId, Trial storage trial) private view {
        require(!TrialStages.isWithdrawn(trial.stage, trial.stopped), TrialWithdrawn(trialId));
    }
}
