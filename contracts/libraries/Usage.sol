// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {Accumulators, LineOutcome, Waiver} from "../interfaces/IClaimAdjudicator.sol";
import {Adjudication, Facts} from "./Adjudication.sol";
import {Words} from "./Words.sol";

/// @notice What is used of deductibles, maxima, unit limits and authorisations.
struct Used {
    mapping(bytes32 coverageRef => mapping(uint32 period => uint256)) accumulators; // {Accumulators} in a word.
    mapping(bytes32 coverageRef => mapping(uint32 period => uint256)) units; // 16 bits a category.
    mapping(bytes32 coverageRef => mapping(uint16 number => uint16)) authorised;
}

/// @title Usage
/// @notice How limits are used up and given back. What a decided line took returns to the unit.
library Usage {
    using Adjudication for Facts;
    using Words for *;

    /// @notice Completes the facts of a line with what is left.
    function read(Used storage self, bytes32 coverageRef, Facts memory f) internal view {
        uint32 period = Adjudication.periodOf(f.coverage, f.plan, f.service.servedOn());
        f.period = period;
        f.used.unpack(self.accumulators[coverageRef][period]);
        (f.unitsLeft, f.unitsAuthorised) = (type(uint256).max, type(uint256).max);
        if (_limited(f)) {
            f.unitsLeft = f.benefit.unitLimit() - unitsOf(self, coverageRef, period, f.service.category());
        }
        if (_authorised(f)) {
            f.unitsAuthorised = f.authorisedUnits - self.authorised[coverageRef][f.service.authorisation()];
        }
    }

    /// @notice Uses what a decided line counts, or gives it back, after {read}.
    function move(Used storage self, bytes32 coverageRef, Facts memory f, LineOutcome memory o, bool back)
        internal
    {
        if (o.units == 0) return;
        (Accumulators memory used, uint32 period) = (f.used, f.period);
        used.deductible = _moved(used.deductible, o.deductible, back);
        used.outOfPocket = _moved(used.outOfPocket, o.outOfPocket, back);
        used.paid = _moved(used.paid, o.paid, back);
        self.accumulators[coverageRef][period] = used.pack();
        if (_limited(f)) {
            uint256 shifted = uint256(o.units) << (16 * uint256(f.service.category()));
            if (back) self.units[coverageRef][period] -= shifted;
            else self.units[coverageRef][period] += shifted;
        }
        if (_authorised(f)) {
            uint16 number = f.service.authorisation();
            uint16 before = self.authorised[coverageRef][number];
            self.authorised[coverageRef][number] = uint16(_moved(before, o.units, back));
        }
    }

    /// @notice Returns the units used of a category.
    function unitsOf(Used storage self, bytes32 coverageRef, uint32 period, uint8 category)
        internal
        view
        returns (uint16)
    {
        return uint16(self.units[coverageRef][period] >> (16 * uint256(category)));
    }

    function _moved(uint48 used, uint48 amount, bool back) private pure returns (uint48) {
        return back ? used - amount : used + amount;
    }

    /// @dev A waived limit is not counted: its counter could pass it.
    function _limited(Facts memory f) private pure returns (bool) {
        return f.benefit.unitLimit() > 0 && !f.waives(Waiver.UnitLimit);
    }

    function _authorised(Facts memory f) private pure returns (bool) {
        return f.authorised && !f.waives(Waiver.Authorisation);
    }
}
