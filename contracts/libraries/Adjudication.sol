// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {Accumulators, LineOutcome, ServiceWord, Waiver} from "../interfaces/IClaimAdjudicator.sol";
import {BenefitWord, CoverageWord, PlanWord} from "../interfaces/ICoverageRegistry.sol";
import {Words} from "./Words.sol";

/// @notice All that decides one line.
struct Facts {
    ServiceWord service; // as claimed.
    bytes32 code;
    CoverageWord coverage;
    PlanWord plan;
    BenefitWord benefit; // of the service's category.
    bool contracted; // whether the provider is, on the date of service.
    bool authorised; // whether the authorisation that the line names is for it.
    bool otherDecided; // whether the payers before decided.
    bool duplicate;
    uint16 waived; // bitmap of {Waiver}.
    uint32 filedOn;
    uint32 period; // the benefit period of the date of service.
    uint48 price; // allowed for a unit; zero when there is none.
    uint16 authorisedUnits; // of the authorisation, in all.
    uint256 unitsAuthorised; // left of the authorisation, or without end.
    uint256 unitsLeft; // below the category's limit, or without end.
    Accumulators used; // in the benefit period.
}

/// @title Adjudication
/// @notice The arithmetic of one line, free of state. The rules apply in the order in which they stand here.
/// @dev The charge for the units that stay is rounded down, coinsurance half up; nothing else divides.
library Adjudication {
    using Words for *;

    /// @dev Places of the cuts, in the order of the rules. The first is a denial of the whole line.
    uint256 private constant DENIAL = 0;
    uint256 private constant BEYOND_AUTHORISATION = 1;
    uint256 private constant BEYOND_LIMIT = 2;
    uint256 private constant ABOVE_PRICE = 3;
    uint256 private constant COPAY = 4;
    uint256 private constant DEDUCTIBLE = 5;
    uint256 private constant COINSURANCE = 6;
    uint256 private constant BEYOND_MAXIMUM = 7;
    uint256 private constant PRIOR_PAYER = 8;

    /// @notice Decides a line. Its charge is what is paid and the sum of all adjustments.
    /// @dev The record tells service, code, outcome and adjustments in words, as in {ClaimDecision}.
    function decide(Facts memory f, LineOutcome memory o) internal pure returns (bytes32[] memory record) {
        // Zero until a rule cuts.
        // slither-disable-next-line uninitialized-local
        uint256[9] memory cuts;
        bytes32 denial = denialOf(f);
        (o.waived, o.price) = (f.waived, f.price);
        (o.units, o.deductible, o.outOfPocket, o.paid) = (0, 0, 0, 0);
        if (denial != 0) {
            cuts[DENIAL] = f.service.charge();
        } else {
            uint256 allowed = _price(f, o, cuts);
            uint256 benefit = _share(f, cuts, allowed);
            _coordinate(f, o, cuts, allowed, benefit);
        }

        record = _list(denial, cuts);
        record[0] = bytes32(ServiceWord.unwrap(f.service));
        (record[1], record[2]) = (f.code, o.pack());
    }

    /// @notice Returns the codes under which a line is denied as a whole, or zero. The first that applies.
    function denialOf(Facts memory f) internal pure returns (bytes32) {
        uint256 day = f.service.servedOn();
        if (f.duplicate) return "OA18";
        if (day < f.coverage.from()) return "CO26\x00N30";
        if (day >= f.coverage.until()) return "CO27\x00N30";
        if (!f.benefit.covered() && !waives(f, Waiver.NotCovered)) return "PR204N130";
        uint256 filingDays = f.plan.filingDays();
        bool late = filingDays > 0 && f.filedOn > day + filingDays;
        if (late && !waives(f, Waiver.Filing)) return "CO29";
        bool waiting = day < uint256(f.coverage.since()) + f.benefit.waitingDays();
        if (waiting && !waives(f, Waiver.Waiting)) return "PR179";
        bool unauthorised = f.benefit.authorised() && !f.authorised;
        if (unauthorised && !waives(f, Waiver.Authorisation)) {
            return f.service.authorisation() == 0 ? bytes32("CO197") : bytes32("CO15");
        }
        bool outside = f.benefit.networkOnly() && !f.contracted;
        if (outside && !waives(f, Waiver.Network)) return "PR242N95";
        bool early = f.coverage.secondary() && !f.otherDecided;
        if (early && !waives(f, Waiver.OtherPayer)) return "CO22";
        if (f.price == 0 && !waives(f, Waiver.Price)) return "CO96\x00N448";
        return 0;
    }

    /// @dev Units beyond the authorisation, units beyond the limit, charge above the price.
    function _price(Facts memory f, LineOutcome memory o, uint256[9] memory cuts)
        private
        pure
        returns (uint256 allowed)
    {
        (uint256 charge, uint256 units) = (f.service.charge(), f.service.units());
        uint256 authorised = min(units, f.unitsAuthorised);
        uint256 kept = min(authorised, f.unitsLeft);
        uint256 chargeKept = charge * kept / units;
        allowed = waives(f, Waiver.Price) ? chargeKept : min(chargeKept, kept * f.price);

        // Units for which nothing is allowed use no limit up.
        if (allowed > 0) o.units = uint16(kept);
        cuts[BEYOND_AUTHORISATION] = charge - charge * authorised / units;
        cuts[BEYOND_LIMIT] = charge - cuts[BEYOND_AUTHORISATION] - chargeKept;
        cuts[ABOVE_PRICE] = chargeKept - allowed;
    }

    /// @dev Copay, deductible, coinsurance; the patient's maximum, for which coinsurance gives way first, then the
    /// deductible, then the copay; the plan's maximum.
    function _share(Facts memory f, uint256[9] memory cuts, uint256 allowed)
        private
        pure
        returns (uint256 benefit)
    {
        uint256 copay = min(allowed, f.benefit.copay());
        uint256 open = f.benefit.deductibleFree() ? 0 : f.plan.deductible() - f.used.deductible;
        uint256 deductible = min(allowed - copay, open);
        uint256 rest = allowed - copay - deductible;
        uint256 coinsurance = (rest * f.benefit.coinsuranceBps() + 5000) / 10_000;
        (cuts[COPAY], cuts[DEDUCTIBLE], cuts[COINSURANCE]) = (copay, deductible, coinsurance);

        benefit = rest - coinsurance;
        uint256 over = _beyond(allowed - benefit, f.plan.outOfPocketMax(), f.used.outOfPocket);
        if (over > 0) {
            benefit += over;
            over = _reduce(cuts, COINSURANCE, over);
            over = _reduce(cuts, DEDUCTIBLE, over);
            cuts[COPAY] -= over;
        }
        over = _beyond(benefit, f.plan.periodMax(), f.used.paid);
        cuts[BEYOND_MAXIMUM] = over;
        benefit -= over;
    }

    /// @dev What others paid settles copay, deductible, coinsurance, what is beyond the plan's maximum, and then
    /// takes the plan's own place. The deductible is credited as if nobody else had paid.
    function _coordinate(
        Facts memory f,
        LineOutcome memory o,
        uint256[9] memory cuts,
        uint256 allowed,
        uint256 benefit
    ) private pure {
        o.deductible = uint48(cuts[DEDUCTIBLE]);

        uint256 prior = min(allowed, f.service.priorPaid());
        cuts[PRIOR_PAYER] = prior;
        for (uint256 i = COPAY; prior > 0 && i <= BEYOND_MAXIMUM; ++i) {
            prior = _reduce(cuts, i, prior);
        }
        o.outOfPocket = uint48(cuts[COPAY] + cuts[DEDUCTIBLE] + cuts[COINSURANCE]);
        o.paid = uint48(benefit - prior);
    }

    /// @dev The adjustments, from the fourth word on. Written out, because loops cost three times as much.
    function _list(bytes32 denial, uint256[9] memory cuts) private pure returns (bytes32[] memory record) {
        uint256 size = 3;
        if (cuts[DENIAL] > 0) ++size;
        if (cuts[BEYOND_AUTHORISATION] > 0) ++size;
        if (cuts[BEYOND_LIMIT] > 0) ++size;
        if (cuts[ABOVE_PRICE] > 0) ++size;
        if (cuts[COPAY] > 0) ++size;
        if (cuts[DEDUCTIBLE] > 0) ++size;
        if (cuts[COINSURANCE] > 0) ++size;
        if (cuts[BEYOND_MAXIMUM] > 0) ++size;
        if (cuts[PRIOR_PAYER] > 0) ++size;

        record = new bytes32[](size);
        size = _add(record, 3, denial, cuts[DENIAL]);
        size = _add(record, size, "CO198", cuts[BEYOND_AUTHORISATION]);
        size = _add(record, size, "CO151N362", cuts[BEYOND_LIMIT]);
        size = _add(record, size, "CO45", cuts[ABOVE_PRICE]);
        size = _add(record, size, "PR3", cuts[COPAY]);
        size = _add(record, size, "PR1", cuts[DEDUCTIBLE]);
        size = _add(record, size, "PR2", cuts[COINSURANCE]);
        size = _add(record, size, "PR119", cuts[BEYOND_MAXIMUM]);
        _add(record, size, "OA23", cuts[PRIOR_PAYER]);
    }

    function _add(bytes32[] memory record, uint256 size, bytes32 codes, uint256 amount)
        private
        pure
        returns (uint256)
    {
        if (amount == 0) return size;
        record[size] = codes | bytes32(amount);
        return size + 1;
    }

    /// @notice Returns the benefit period of a date of service, counted from zero.
    function periodOf(CoverageWord coverage, PlanWord plan, uint32 day) internal pure returns (uint32) {
        (uint32 from, uint16 length) = (coverage.from(), plan.periodDays());
        return length == 0 || day < from ? 0 : (day - from) / length;
    }

    /// @notice Returns whether a rule is waived for a line.
    function waives(Facts memory f, Waiver rule) internal pure returns (bool) {
        return f.waived & (1 << uint256(rule)) != 0;
    }

    /// @notice Returns what is paid for a decided line.
    function paidOf(bytes32[] memory record) internal pure returns (uint48) {
        return uint48(uint256(record[2]) >> 176);
    }

    /// @notice Returns whether a decided line was a duplicate, and so has no entry.
    function isDuplicate(bytes32[] memory record) internal pure returns (bool) {
        return record.length > 3 && bytes10(record[3]) == "OA18";
    }

    /// @notice Returns where the record of a line lies.
    function keyOf(bytes32 coverageRef, uint32 provider, ServiceWord service, bytes32 code)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(coverageRef, provider, service.servedOn(), code));
    }

    /// @notice Returns whether one of some decided lines bills a service of a day.
    function bills(bytes32[][] memory lines, uint32 day) internal pure returns (bool) {
        for (uint256 i = 0; i < lines.length; ++i) {
            if (ServiceWord.wrap(uint256(lines[i][0])).servedOn() == day) return true;
        }
        return false;
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @dev What of an amount lies beyond a maximum; zero is none.
    function _beyond(uint256 amount, uint256 maximum, uint256 used) private pure returns (uint256) {
        return maximum == 0 ? 0 : amount - min(amount, maximum - used);
    }

    /// @dev Lessens a cut by an amount, and returns what of the amount is left.
    function _reduce(uint256[9] memory cuts, uint256 place, uint256 amount) private pure returns (uint256) {
        uint256 taken = min(cuts[place], amount);
        cuts[place] -= taken;
        return amount - taken;
    }
}
