// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {Decision, IConsortium, Role, Rule, Threshold} from "../interfaces/IConsortium.sol";

/// @title Governance
/// @notice The rules of a vote, free of state: what a decision needs, whom it is about, what a rule may become.
library Governance {
    /// @dev One bit for each {Role}.
    uint16 internal constant ALL_ROLES = uint16((1 << (uint256(type(Role).max) + 1)) - 1);

    /// @notice Returns whether a bitmap of roles holds a role.
    function holds(uint16 roles, Role role) internal pure returns (bool) {
        return roles & (1 << uint256(role)) != 0;
    }

    /// @notice Returns how many approvals a threshold means at a number of seats, rounded against the proposal.
    /// @dev From three seats on none but {Threshold.AnyTwo} is below a true majority.
    function needed(Threshold threshold, uint256 seats) internal pure returns (uint256) {
        uint256 majority = seats / 2 + 1;
        if (threshold == Threshold.AnyTwo) return 2;
        if (threshold == Threshold.Majority) return majority;
        if (threshold == Threshold.TwoThirds) return (2 * seats + 2) / 3;
        if (threshold == Threshold.TwoThirdsOfOthers) {
            uint256 share = (2 * (seats - 1) + 2) / 3;
            return share > majority ? share : majority;
        }
        return (3 * seats + 3) / 4;
    }

    /// @notice Returns what the consortium's own functions need. Those not listed need the default.
    function ownDecisions() internal pure returns (Decision[10] memory) {
        return [
            Decision(IConsortium.suspend.selector, Threshold.AnyTwo, true),
            Decision(IConsortium.pause.selector, Threshold.AnyTwo, false),
            Decision(IConsortium.suspendUntilLifted.selector, Threshold.Majority, true),
            Decision(IConsortium.reinstate.selector, Threshold.Majority, true),
            Decision(IConsortium.pauseUntilLifted.selector, Threshold.Majority, false),
            Decision(IConsortium.unpause.selector, Threshold.Majority, false),
            Decision(IConsortium.remove.selector, Threshold.TwoThirdsOfOthers, true),
            Decision(IConsortium.admit.selector, Threshold.TwoThirds, false),
            Decision(IConsortium.setRoles.selector, Threshold.TwoThirds, true),
            Decision(IConsortium.replaceAccount.selector, Threshold.TwoThirds, true)
        ];
    }

    /// @notice Returns the bounds of a rule, in seconds. Those of no rule are empty.
    function boundsOf(Rule rule) internal pure returns (uint48 low, uint48 high) {
        if (rule == Rule.VotingPeriod) return (8 days, 90 days);
        if (rule == Rule.Notice) return (0, 5 days);
        return (1, 0);
    }
}
