// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {
    Appeal,
    AppealStatus,
    ClaimDecision,
    IClaimAdjudicator,
    ServiceWord,
    Waiver
} from "../interfaces/IClaimAdjudicator.sol";
import {Adjudication} from "./Adjudication.sol";

/// @notice Who decides appeals, and what was said.
struct Docket {
    uint32[] panel; // in ascending order.
    mapping(bytes32 claimId => Appeal) appeals;
    mapping(bytes32 lineKey => bool) appealed; // for good, whatever becomes of the claim.
    mapping(bytes32 claimId => mapping(uint32 member => bool)) voted;
}

/// @notice Who is party to an appeal, and so does not decide it.
struct Parties {
    uint32 provider;
    uint32 payer;
}

/// @title Appeals
/// @notice How appeals are opened and decided. See {IClaimAdjudicator}.
library Appeals {
    /// @dev Each ballot counts them all.
    uint256 internal constant MAX_PANEL = 9;

    uint16 internal constant ALL_WAIVERS = uint16((1 << (uint256(type(Waiver).max) + 1)) - 1);

    /// @notice Seats the members that decide.
    function seat(Docket storage self, uint32[] memory members) internal {
        require(members.length <= MAX_PANEL, IClaimAdjudicator.PanelNotUsable(MAX_PANEL));
        uint32 last = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            require(last < members[i], IClaimAdjudicator.PanelNotUsable(i));
            last = members[i];
        }

        self.panel = members;
    }

    /// @notice Opens an appeal on lines that are there, are no duplicates, and were not appealed before.
    function open(
        Docket storage self,
        bytes32 claimId,
        Parties memory parties,
        ClaimDecision memory decision,
        Appeal memory appeal
    ) internal {
        AppealStatus status = find(self, claimId).status;
        // A status is compared, not a time.
        // slither-disable-next-line incorrect-equality
        require(status == AppealStatus.None, IClaimAdjudicator.AppealExists(claimId, status));
        (uint16 waived, uint256 lines) = (appeal.waived, appeal.lines);
        bool known = 0 < waived && waived <= ALL_WAIVERS;
        require(known, IClaimAdjudicator.WaiversOutOfBounds(waived, ALL_WAIVERS));
        uint256 count = decision.lines.length;
        bool there = 0 < lines && lines < 1 << count;
        require(there, IClaimAdjudicator.AppealedLinesOutOfBounds(lines, count));
        for (uint256 i = 0; i < count; ++i) {
            if (!names(lines, i)) continue;
            bytes32[] memory line = decision.lines[i];
            require(!Adjudication.isDuplicate(line), IClaimAdjudicator.AppealedLineDuplicate(i));
            ServiceWord service = ServiceWord.wrap(uint256(line[0]));
            bytes32 key = Adjudication.keyOf(decision.coverageRef, parties.provider, service, line[1]);
            require(!self.appealed[key], IClaimAdjudicator.ServiceAppealed(i));
            self.appealed[key] = true;
        }
        (uint256 seats,) = _seats(self, parties, 0);
        require(seats > 0, IClaimAdjudicator.PanelEmpty(claimId));

        self.appeals[claimId] = appeal;
    }

    /// @notice Counts a ballot on an open appeal, and returns where the appeal then stands.
    function vote(Docket storage self, bytes32 claimId, Parties memory parties, uint32 member, bool approve)
        internal
        returns (AppealStatus)
    {
        AppealStatus status = find(self, claimId).status;
        // slither-disable-next-line incorrect-equality
        require(status == AppealStatus.Open, IClaimAdjudicator.AppealNotOpen(claimId, status));
        (uint256 seats, bool seated) = _seats(self, parties, member);
        require(seated, IClaimAdjudicator.CallerNotOnPanel(claimId, member));
        bool first = !self.voted[claimId][member];
        require(first, IClaimAdjudicator.PanelistDecided(claimId, member));

        self.voted[claimId][member] = true;
        Appeal storage appeal = self.appeals[claimId];
        if (approve) ++appeal.approvals;
        else ++appeal.rejections;

        emit IClaimAdjudicator.PanelistVoted(claimId, member, msg.sender, approve);

        uint256 needed = seats / 2 + 1;
        if (appeal.approvals < needed && appeal.rejections + needed <= seats) return AppealStatus.Open;
        status = appeal.approvals < needed ? AppealStatus.Rejected : AppealStatus.Granted;
        appeal.status = status;

        emit IClaimAdjudicator.AppealDecided(claimId, status == AppealStatus.Granted);
        return status;
    }

    /// @notice Returns an appeal, and where it stands now.
    function find(Docket storage self, bytes32 claimId) internal view returns (Appeal memory found) {
        found = self.appeals[claimId];
        bool lapsed = found.status == AppealStatus.Open && block.timestamp / 1 days >= found.deadline;
        if (lapsed) found.status = AppealStatus.Lapsed;
    }

    /// @notice Returns whether a bitmap of lines names one.
    function names(uint256 lines, uint256 place) internal pure returns (bool) {
        return lines & (1 << place) != 0;
    }

    /// @dev How many decide, and whether a member does. Number zero, which nobody has, never does.
    function _seats(Docket storage self, Parties memory parties, uint32 member)
        private
        view
        returns (uint256 seats, bool seated)
    {
        uint32[] memory members = self.panel;
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] == parties.provider || members[i] == parties.payer) continue;
            ++seats;
            if (members[i] == member) seated = true;
        }
    }
}
