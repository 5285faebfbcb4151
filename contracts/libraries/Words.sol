// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {Accumulators, LineOutcome, Service, ServiceWord} from "../interfaces/IClaimAdjudicator.sol";
import {
    Benefit,
    BenefitWord,
    Coverage,
    CoverageWord,
    Plan,
    PlanWord
} from "../interfaces/ICoverageRegistry.sol";

/// @title Words
/// @notice Structs in one word, as Solidity lays them out in a slot: the first member in the lowest bits.
/// @dev A struct in storage is read member by member. A word is read once, handed on as it is, and opened where asked.
library Words {
    /* COVERAGE */

    function pack(Coverage memory c) internal pure returns (CoverageWord) {
        return CoverageWord.wrap(
            uint256(c.payer) | uint256(c.plan) << 32 | uint256(c.version) << 64 | uint256(c.from) << 80
                | uint256(c.until) << 112 | uint256(c.since) << 144 | uint256(c.authorisations) << 176
                | _bit(c.secondary) << 192
        );
    }

    function unpack(CoverageWord word) internal pure returns (Coverage memory) {
        return Coverage({
            payer: payer(word),
            plan: plan(word),
            version: version(word),
            from: from(word),
            until: until(word),
            since: since(word),
            authorisations: uint16(CoverageWord.unwrap(word) >> 176),
            secondary: secondary(word)
        });
    }

    function payer(CoverageWord word) internal pure returns (uint32) {
        return uint32(CoverageWord.unwrap(word));
    }

    function plan(CoverageWord word) internal pure returns (uint32) {
        return uint32(CoverageWord.unwrap(word) >> 32);
    }

    function version(CoverageWord word) internal pure returns (uint16) {
        return uint16(CoverageWord.unwrap(word) >> 64);
    }

    function from(CoverageWord word) internal pure returns (uint32) {
        return uint32(CoverageWord.unwrap(word) >> 80);
    }

    function until(CoverageWord word) internal pure returns (uint32) {
        return uint32(CoverageWord.unwrap(word) >> 112);
    }

    function since(CoverageWord word) internal pure returns (uint32) {
        return uint32(CoverageWord.unwrap(word) >> 144);
    }

    function secondary(CoverageWord word) internal pure returns (bool) {
        return uint8(CoverageWord.unwrap(word) >> 192) != 0;
    }

    /* PLAN */

    function pack(Plan memory p) internal pure returns (PlanWord) {
        return PlanWord.wrap(
            uint256(p.deductible) | uint256(p.outOfPocketMax) << 48 | uint256(p.periodMax) << 96
                | uint256(p.periodDays) << 144 | uint256(p.filingDays) << 160
        );
    }

    function unpack(PlanWord word) internal pure returns (Plan memory) {
        return Plan({
            deductible: deductible(word),
            outOfPocketMax: outOfPocketMax(word),
            periodMax: periodMax(word),
            periodDays: periodDays(word),
            filingDays: filingDays(word)
        });
    }

    function deductible(PlanWord word) internal pure returns (uint48) {
        return uint48(PlanWord.unwrap(word));
    }

    function outOfPocketMax(PlanWord word) internal pure returns (uint48) {
        return uint48(PlanWord.unwrap(word) >> 48);
    }

    function periodMax(PlanWord word) internal pure returns (uint48) {
        return uint48(PlanWord.unwrap(word) >> 96);
    }

    function periodDays(PlanWord word) internal pure returns (uint16) {
        return uint16(PlanWord.unwrap(word) >> 144);
    }

    function filingDays(PlanWord word) internal pure returns (uint16) {
        return uint16(PlanWord.unwrap(word) >> 160);
    }

    /* BENEFIT */

    function pack(Benefit memory b) internal pure returns (BenefitWord) {
        return BenefitWord.wrap(
            _bit(b.covered) | _bit(b.scheduled) << 8 | _bit(b.authorised) << 16 | _bit(b.networkOnly) << 24
                | _bit(b.deductibleFree) << 32 | uint256(b.coinsuranceBps) << 40 | uint256(b.unitLimit) << 56
                | uint256(b.waitingDays) << 72 | uint256(b.price) << 88 | uint256(b.copay) << 136
        );
    }

    function unpack(BenefitWord word) internal pure returns (Benefit memory) {
        return Benefit({
            covered: covered(word),
            scheduled: scheduled(word),
            authorised: authorised(word),
            networkOnly: networkOnly(word),
            deductibleFree: deductibleFree(word),
            coinsuranceBps: coinsuranceBps(word),
            unitLimit: unitLimit(word),
            waitingDays: waitingDays(word),
            price: price(word),
            copay: copay(word)
        });
    }

    function covered(BenefitWord word) internal pure returns (bool) {
        return uint8(BenefitWord.unwrap(word)) != 0;
    }

    function scheduled(BenefitWord word) internal pure returns (bool) {
        return uint8(BenefitWord.unwrap(word) >> 8) != 0;
    }

    function authorised(BenefitWord word) internal pure returns (bool) {
        return uint8(BenefitWord.unwrap(word) >> 16) != 0;
    }

    function networkOnly(BenefitWord word) internal pure returns (bool) {
        return uint8(BenefitWord.unwrap(word) >> 24) != 0;
    }

    function deductibleFree(BenefitWord word) internal pure returns (bool) {
        return uint8(BenefitWord.unwrap(word) >> 32) != 0;
    }

    function coinsuranceBps(BenefitWord word) internal pure returns (uint16) {
        return uint16(BenefitWord.unwrap(word) >> 40);
    }

    function unitLimit(BenefitWord word) internal pure returns (uint16) {
        return uint16(BenefitWord.unwrap(word) >> 56);
    }

    function waitingDays(BenefitWord word) internal pure returns (uint16) {
        return uint16(BenefitWord.unwrap(word) >> 72);
    }

    function price(BenefitWord word) internal pure returns (uint48) {
        return uint48(BenefitWord.unwrap(word) >> 88);
    }

    function copay(BenefitWord word) internal pure returns (uint48) {
        return uint48(BenefitWord.unwrap(word) >> 136);
    }

    /* SERVICE */

    function pack(Service memory s) internal pure returns (ServiceWord) {
        return ServiceWord.wrap(
            uint256(s.category) | uint256(s.units) << 8 | uint256(s.servedOn) << 24 | uint256(s.authorisation)
                << 56 | uint256(s.fee) << 72 | uint256(s.charge) << 80 | uint256(s.priorPaid) << 128
        );
    }

    function category(ServiceWord word) internal pure returns (uint8) {
        return uint8(ServiceWord.unwrap(word));
    }

    function units(ServiceWord word) internal pure returns (uint16) {
        return uint16(ServiceWord.unwrap(word) >> 8);
    }

    function servedOn(ServiceWord word) internal pure returns (uint32) {
        return uint32(ServiceWord.unwrap(word) >> 24);
    }

    function authorisation(ServiceWord word) internal pure returns (uint16) {
        return uint16(ServiceWord.unwrap(word) >> 56);
    }

    function fee(ServiceWord word) internal pure returns (uint8) {
        return uint8(ServiceWord.unwrap(word) >> 72);
    }

    function charge(ServiceWord word) internal pure returns (uint48) {
        return uint48(ServiceWord.unwrap(word) >> 80);
    }

    function priorPaid(ServiceWord word) internal pure returns (uint48) {
        return uint48(ServiceWord.unwrap(word) >> 128);
    }

    /* OUTCOME AND ACCUMULATORS */

    function pack(LineOutcome memory o) internal pure returns (bytes32) {
        return bytes32(
            uint256(o.waived) | uint256(o.units) << 16 | uint256(o.price) << 32 | uint256(o.deductible) << 80
                | uint256(o.outOfPocket) << 128 | uint256(o.paid) << 176
        );
    }

    function unpack(LineOutcome memory into, bytes32 packed) internal pure {
        uint256 word = uint256(packed);
        into.waived = uint16(word);
        into.units = uint16(word >> 16);
        into.price = uint48(word >> 32);
        into.deductible = uint48(word >> 80);
        into.outOfPocket = uint48(word >> 128);
        into.paid = uint48(word >> 176);
    }

    function pack(Accumulators memory a) internal pure returns (uint256) {
        return uint256(a.deductible) | uint256(a.outOfPocket) << 48 | uint256(a.paid) << 96;
    }

    function unpack(Accumulators memory into, uint256 word) internal pure {
        into.deductible = uint48(word);
        into.outOfPocket = uint48(word >> 48);
        into.paid = uint48(word >> 96);
    }

    function _bit(bool flag) private pure returns (uint256) {
        return flag ? 1 : 0;
    }
}
