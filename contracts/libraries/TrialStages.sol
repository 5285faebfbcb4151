// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {
    DocumentKind,
    Flag,
    Milestone,
    Standing,
    StopReason,
    Trial,
    TrialStatus
} from "../interfaces/ITrialRegistry.sol";
import {TrialOrder} from "./TrialOrder.sol";

/// @title TrialStages
/// @notice Where a trial stands, derived from what is stored and from the time. See {ITrialRegistry}.
library TrialStages {
    /// @notice Returns all that is derived. A withdrawn trial owes nothing more.
    function standingOf(Trial memory trial, uint256 time) internal pure returns (Standing memory standing) {
        standing.status = statusOf(trial);
        if (standing.status == TrialStatus.None || standing.status == TrialStatus.Withdrawn) return standing;
        standing.flags = flagsOf(trial, time);
        standing.missing = missingOf(trial);
    }

    /// @notice Returns whether a trial was stopped for good with nobody enrolled.
    function isWithdrawn(Milestone stage, StopReason stopped) internal pure returns (bool) {
        return stage == Milestone.Registration && stopped > StopReason.TemporarilyClosedPerStudyDesign;
    }

    /// @notice Returns the status, the strongest fact first.
    function statusOf(Trial memory trial) internal pure returns (TrialStatus) {
        if (trial.stage == Milestone.None) return TrialStatus.None;
        if (isWithdrawn(trial.stage, trial.stopped)) return TrialStatus.Withdrawn;
        if (trial.stage == Milestone.Results) return TrialStatus.Completed;
        if (trial.stage >= Milestone.LastVisit || trial.stopped > StopReason.AccrualGoalMet) {
            return TrialStatus.ClosedToAccrualAndIntervention;
        }
        if (trial.stopped == StopReason.AccrualGoalMet) return TrialStatus.ClosedToAccrual;
        if (trial.stopped != StopReason.None) return TrialStatus.TemporarilyClosedToAccrual;
        if (trial.stage == Milestone.Registration) {
            return trial.approvals == 0 ? TrialStatus.InReview : TrialStatus.Approved;
        }
        return trial.approvals == 0 ? TrialStatus.TemporarilyClosedToAccrual : TrialStatus.Active;
    }

    /// @notice Returns the flags that follow from dates, approvals and documents.
    function flagsOf(Trial memory trial, uint256 time) internal pure returns (uint8) {
        bool enrolled = trial.stage >= Milestone.FirstEnrolment;
        return _late(trial.enrolledAt, trial.enrolmentDue, Flag.EnrolmentLate)
            | _missing(trial.enrolledAt, trial.enrolmentDue, time, Flag.EnrolmentMissing)
            | _late(trial.lastVisitAt, trial.completionDue, Flag.LastVisitLate)
            | _missing(trial.lastVisitAt, trial.completionDue, time, Flag.LastVisitMissing)
            | _late(trial.reportedAt, trial.resultsDue, Flag.ResultsLate)
            | _missing(trial.reportedAt, trial.resultsDue, time, Flag.ResultsOverdue)
            | _bit(Flag.ApprovalMissing, enrolled && trial.approvals == 0)
            | _bit(Flag.DocumentsMissing, missingOf(trial) != 0);
    }

    /// @notice Returns the kinds of documents that a trial should have by its stage, and has not.
    function missingOf(Trial memory trial) internal pure returns (uint24 missing) {
        if (trial.stage >= Milestone.FirstEnrolment) {
            missing = TrialOrder.add(missing, DocumentKind.ConsentForm);
        }
        if (trial.stage >= Milestone.LastVisit) {
            missing = TrialOrder.add(missing, DocumentKind.DataBatch);
            missing = TrialOrder.add(missing, DocumentKind.MonitoringReport);
        }
        if (trial.stage >= Milestone.DatabaseLock) {
            missing = TrialOrder.add(missing, DocumentKind.AnalysisPlan);
            missing = TrialOrder.add(missing, DocumentKind.AnalysisCode);
        }
        if (trial.stage >= Milestone.Results) {
            missing = TrialOrder.add(missing, DocumentKind.ParticipantFlow);
        }
        missing &= ~trial.kinds;
    }

    function _late(uint40 reachedAt, uint40 due, Flag flag) private pure returns (uint8) {
        return _bit(flag, reachedAt != 0 && reachedAt >= due);
    }

    function _missing(uint40 reachedAt, uint40 due, uint256 time, Flag flag) private pure returns (uint8) {
        return _bit(flag, reachedAt == 0 && time >= due);
    }

    function _bit(Flag flag, bool raised) private pure returns (uint8) {
        return raised ? uint8(1 << uint256(flag)) : 0;
    }
}
