// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {
    Dates,
    DocumentKind,
    ITrialRegistry,
    Milestone,
    Phase,
    StopReason
} from "../interfaces/ITrialRegistry.sol";

/// @title TrialOrder
/// @notice What comes before what, free of state. See {ITrialRegistry}.
library TrialOrder {
    /* DOCUMENTS */

    /// @notice Returns the phase that a kind of document belongs to.
    function phaseOf(DocumentKind kind) internal pure returns (Phase) {
        if (kind <= DocumentKind.ProtocolAnnex) return Phase.PROTOCOL;
        if (kind <= DocumentKind.RandomisationList) return Phase.ENROLMENT;
        if (kind <= DocumentKind.DataBatch) return Phase.DATA_COLLECTION;
        if (kind <= DocumentKind.SafetyReport) return Phase.MONITORING;
        if (kind <= DocumentKind.DataRecord) return Phase.DATA_MANAGEMENT;
        if (kind <= DocumentKind.PostHocAnalysis) return Phase.ANALYSIS;
        return Phase.REPORT;
    }

    /// @notice Returns the first and the last stage at which a kind can be anchored.
    function windowOf(DocumentKind kind) internal pure returns (Milestone first, Milestone last) {
        Phase phase = phaseOf(kind);
        if (phase == Phase.PROTOCOL) return (Milestone.Registration, Milestone.Results);
        if (phase == Phase.ENROLMENT) return (Milestone.Registration, Milestone.FirstEnrolment);
        if (phase == Phase.DATA_COLLECTION) return (Milestone.FirstEnrolment, Milestone.LastVisit);
        if (phase == Phase.MONITORING) return (Milestone.FirstEnrolment, Milestone.Results);
        if (phase == Phase.DATA_MANAGEMENT) return (Milestone.FirstEnrolment, Milestone.DatabaseLock);
        if (kind <= DocumentKind.AnalysisCode) return (Milestone.Registration, Milestone.DatabaseLock);
        return (Milestone.Unblinding, Milestone.Results);
    }

    /// @notice Returns whether a kind comes with {ITrialRegistry.anchor}, and not with a function of its own.
    function isAnchorable(DocumentKind kind) internal pure returns (bool) {
        return kind > DocumentKind.OutcomeList && kind != DocumentKind.Enrolment
            && kind != DocumentKind.LockedData && kind != DocumentKind.Results;
    }

    /// @notice Returns a bitmap of kinds with one more.
    function add(uint24 kinds, DocumentKind kind) internal pure returns (uint24) {
        return kinds | uint24(1 << uint256(kind));
    }

    /// @notice Returns whether a bitmap of kinds holds a kind.
    function holds(uint24 kinds, DocumentKind kind) internal pure returns (bool) {
        return kinds & (1 << uint256(kind)) != 0;
    }

    /// @notice Returns whether a kind waits for an approval, as long as nobody is enrolled.
    function awaitsApproval(DocumentKind kind, Milestone stage) internal pure returns (bool) {
        return stage == Milestone.Registration && phaseOf(kind) == Phase.ENROLMENT;
    }

    /// @notice Refuses a document that comes too early or too late, or whose kind has a function of its own.
    function requireAnchorable(bytes32 trialId, DocumentKind kind, Milestone stage) internal pure {
        require(isAnchorable(kind), ITrialRegistry.KindNotAnchorable(trialId, kind));
        (Milestone first, Milestone last) = windowOf(kind);
        require(stage >= first, ITrialRegistry.DocumentEarly(trialId, kind, stage, first));
        if (stage <= last) return;
        require(phaseOf(kind) != Phase.ANALYSIS, ITrialRegistry.AnalysisAfterUnblinding(trialId, kind));
        require(kind != DocumentKind.DataBatch, ITrialRegistry.DataAfterLock(trialId));
        revert ITrialRegistry.DocumentLate(trialId, kind, stage, last);
    }

    /* MILESTONES */

    /// @notice Refuses participants while the trial is stopped, or after its last visit.
    function requireEnrolling(bytes32 trialId, Milestone stage, StopReason stopped) internal pure {
        require(stage < Milestone.LastVisit, ITrialRegistry.EnrolmentAfterLastVisit(trialId));
        require(stopped == StopReason.None, ITrialRegistry.EnrolmentStopped(trialId, stopped));
    }

    /// @notice Refuses a last visit when nobody was enrolled, and a second one.
    function requireVisits(bytes32 trialId, Milestone stage) internal pure {
        require(stage >= Milestone.FirstEnrolment, ITrialRegistry.LastVisitBeforeEnrolment(trialId));
        _requireFirst(trialId, stage, Milestone.LastVisit);
    }

    /// @notice Refuses a lock before the last visit, and a second one.
    function requireLockable(bytes32 trialId, Milestone stage) internal pure {
        require(stage >= Milestone.LastVisit, ITrialRegistry.LockBeforeLastVisit(trialId));
        _requireFirst(trialId, stage, Milestone.DatabaseLock);
    }

    /// @notice Refuses unblinding before the lock, without analysis plan or code, and a second one.
    function requireUnblindable(bytes32 trialId, Milestone stage, uint24 kinds) internal pure {
        require(stage >= Milestone.DatabaseLock, ITrialRegistry.UnblindingBeforeLock(trialId));
        _requireFirst(trialId, stage, Milestone.Unblinding);
        require(holds(kinds, DocumentKind.AnalysisPlan), ITrialRegistry.UnblindingBeforePlan(trialId));
        require(holds(kinds, DocumentKind.AnalysisCode), ITrialRegistry.UnblindingBeforeCode(trialId));
    }

    /// @notice Refuses results before lock and unblinding.
    function requireReportable(bytes32 trialId, Milestone stage) internal pure {
        require(stage >= Milestone.DatabaseLock, ITrialRegistry.ResultsBeforeLock(trialId));
        require(stage >= Milestone.Unblinding, ITrialRegistry.ResultsBeforeUnblinding(trialId));
    }

    function _requireFirst(bytes32 trialId, Milestone stage, Milestone milestone) private pure {
        require(stage < milestone, ITrialRegistry.MilestonePassed(trialId, milestone));
    }

    /* DATES */

    /// @notice Refuses dates that are not all ahead, and in order.
    function requireAhead(bytes32 trialId, Dates memory dates, uint256 time) internal pure {
        _requireAhead(trialId, dates.enrolment, time);
        _requireOrder(trialId, dates.enrolment, dates.completion);
        _requireOrder(trialId, dates.completion, dates.results);
    }

    /// @notice Refuses a change of a date that is past, or to one that is.
    function requireMovable(bytes32 trialId, Dates memory previous, Dates memory dates, uint256 time)
        internal
        pure
    {
        _requireMovable(trialId, previous.enrolment, dates.enrolment, time);
        _requireMovable(trialId, previous.completion, dates.completion, time);
        _requireMovable(trialId, previous.results, dates.results, time);
        _requireOrder(trialId, dates.enrolment, dates.completion);
        _requireOrder(trialId, dates.completion, dates.results);
    }

    function _requireMovable(bytes32 trialId, uint40 previous, uint40 date, uint256 time) private pure {
        if (date == previous) return;
        require(time < previous, ITrialRegistry.DatePassed(trialId, previous, time));
        _requireAhead(trialId, date, time);
    }

    function _requireAhead(bytes32 trialId, uint40 date, uint256 time) private pure {
        require(time < date, ITrialRegistry.DateNotAhead(trialId, date, time));
    }

    function _requireOrder(bytes32 trialId, uint40 earlier, uint40 later) private pure {
        require(earlier <= later, ITrialRegistry.DatesOutOfOrder(trialId, earlier, later));
    }
}
