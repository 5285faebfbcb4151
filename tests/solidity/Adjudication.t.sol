// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accumulators, LineOutcome, Service} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {Benefit, Coverage, Plan} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {Adjudication, Facts} from "../../contracts/libraries/Adjudication.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Test} from "./Vm.sol";

/*
decide, whatever the facts
├── the charge is what is paid and the sum of all adjustments, none of them empty
├── nothing passes the deductible, the patient's maximum, the plan's maximum, the units that are left
├── what is paid is no more than the price of the units that are paid for
├── units are counted where anything of their charge is allowed, and nowhere else
├── a line is denied by one rule or settled, and a denied one counts nothing
└── what others paid first never raises what is paid, and more of it never does
*/
contract AdjudicationTest is Test {
    using Adjudication for Facts;
    using Words for *;

    /// @dev What the fuzzer chooses; all else follows.
    struct Chosen {
        Service service;
        Coverage coverage;
        Plan plan;
        Benefit benefit;
        Accumulators used;
        bool plausible;
        bool contracted;
        bool authorised;
        bool otherDecided;
        bool duplicate;
        uint16 waived;
        uint32 filedOn;
        uint48 price;
        uint256 unitsAuthorised;
        uint256 unitsLeft;
    }

    function testFuzz_every_line_balances_and_passes_no_limit(Chosen memory chosen) external pure {
        Facts memory f = _facts(chosen);
        LineOutcome memory o;

        bytes32[] memory record = f.decide(o);

        uint256 sum = o.paid;
        for (uint256 i = 3; i < record.length; ++i) {
            assert(uint48(uint256(record[i])) > 0);
            assert(uint256(record[i]) << 80 >> 128 == 0);
            sum += uint48(uint256(record[i]));
        }
        assert(sum == f.service.charge());
        assert(record[0] == bytes32(uint256(_word(f))) && record[1] == f.code && record[2] == o.pack());
        _withinLimits(f, o);
        bytes32 denial = f.denialOf();
        if (denial == 0) {
            assert(o.waived & 128 != 0 || o.paid <= uint256(o.units) * f.price);
            assert((o.units > 0) == (_allowed(record) > 0));
        } else {
            assert(record.length == 4 && bytes10(record[3]) == bytes10(denial));
            assert(o.units + uint256(o.paid) + o.deductible + o.outOfPocket == 0);
        }
    }

    function testFuzz_what_others_paid_never_raises_what_is_paid(Chosen memory chosen, uint48 less)
        external
        pure
    {
        Facts memory f = _facts(chosen);
        uint48 most = f.service.priorPaid();
        less = uint48(bound(less, 0, most));
        chosen.service.priorPaid = most;
        (LineOutcome memory more, LineOutcome memory fewer, LineOutcome memory none) =
            (_none(), _none(), _none());
        f.decide(more);
        chosen.service.priorPaid = less;
        f.service = chosen.service.pack();
        f.decide(fewer);
        chosen.service.priorPaid = 0;
        f.service = chosen.service.pack();
        f.decide(none);

        assert(more.paid <= fewer.paid && fewer.paid <= none.paid);
        assert(more.outOfPocket <= fewer.outOfPocket && fewer.outOfPocket <= none.outOfPocket);
        assert(more.deductible == none.deductible && more.units == none.units);
    }

    function testFuzz_words_keep_every_member(Service memory service, LineOutcome memory o) external pure {
        assert(service.pack().category() == service.category);
        assert(service.pack().units() == service.units);
        assert(service.pack().servedOn() == service.servedOn);
        assert(service.pack().authorisation() == service.authorisation);
        assert(service.pack().fee() == service.fee);
        assert(service.pack().charge() == service.charge);
        assert(service.pack().priorPaid() == service.priorPaid);
        LineOutcome memory opened;
        opened.unpack(o.pack());
        assert(keccak256(abi.encode(opened)) == keccak256(abi.encode(o)));
        bytes32[] memory record = new bytes32[](3);
        record[2] = o.pack();
        assert(Adjudication.paidOf(record) == o.paid);
        assert(!Adjudication.isDuplicate(record));
    }

    /// @dev The charge, but for what is cut beyond the authorisation, the limit and the price.
    function _allowed(bytes32[] memory record) private pure returns (uint256 amount) {
        amount = Adjudication.paidOf(record);
        for (uint256 i = 3; i < record.length; ++i) {
            bytes2 group = bytes2(record[i]);
            if (group != "CO") amount += uint48(uint256(record[i]));
        }
    }

    function _withinLimits(Facts memory f, LineOutcome memory o) private pure {
        uint256 maximum = f.plan.outOfPocketMax();
        assert(f.used.deductible + uint256(o.deductible) <= f.plan.deductible());
        assert(maximum == 0 || f.used.outOfPocket + uint256(o.outOfPocket) <= maximum);
        maximum = f.plan.periodMax();
        assert(maximum == 0 || f.used.paid + uint256(o.paid) <= maximum);
        assert(o.units <= f.unitsLeft && o.units <= f.unitsAuthorised && o.units <= f.service.units());
    }

    /// @dev Half of the time facts that deny nothing and amounts of one size, so that all rules come to bear.
    function _facts(Chosen memory c) private pure returns (Facts memory f) {
        c.service.charge = uint48(bound(c.service.charge, 1, c.plausible ? 1000 : type(uint48).max));
        c.service.units = uint16(bound(c.service.units, 1, c.plausible ? 20 : type(uint16).max));
        c.benefit.coinsuranceBps = uint16(bound(c.benefit.coinsuranceBps, 0, 10_000));
        if (c.plausible) {
            (c.coverage.from, c.coverage.until, c.coverage.since) = (0, type(uint32).max, 0);
            (c.benefit.covered, c.benefit.waitingDays, c.plan.filingDays) = (true, 0, 0);
            (c.contracted, c.authorised, c.otherDecided, c.duplicate) = (true, true, true, false);
            (c.price, c.benefit.copay) = (c.price % 100 + 1, c.benefit.copay % 50);
            (c.plan.deductible, c.plan.outOfPocketMax) =
            (c.plan.deductible % 300, c.plan.outOfPocketMax % 600);
            (c.plan.periodMax, c.service.priorPaid) = (c.plan.periodMax % 900, c.service.priorPaid % 900);
            (c.unitsAuthorised, c.unitsLeft) = (c.unitsAuthorised % 30, c.unitsLeft % 30);
        }
        c.used.deductible = uint48(bound(c.used.deductible, 0, c.plan.deductible));
        if (c.plan.outOfPocketMax > 0) {
            c.used.outOfPocket = uint48(bound(c.used.outOfPocket, 0, c.plan.outOfPocketMax));
        }
        if (c.plan.periodMax > 0) c.used.paid = uint48(bound(c.used.paid, 0, c.plan.periodMax));
        (f.service, f.code, f.used) = (c.service.pack(), "code", c.used);
        (f.coverage, f.plan, f.benefit) = (c.coverage.pack(), c.plan.pack(), c.benefit.pack());
        (f.contracted, f.authorised, f.otherDecided) = (c.contracted, c.authorised, c.otherDecided);
        (f.duplicate, f.waived, f.filedOn, f.price) = (c.duplicate, c.waived % 256, c.filedOn, c.price);
        (f.unitsAuthorised, f.unitsLeft) = (c.unitsAuthorised, c.unitsLeft);
    }

    function _word(Facts memory f) private pure returns (uint256 word) {
        word = uint256(f.service.category()) | uint256(f.service.units()) << 8;
        word |= uint256(f.service.servedOn()) << 24 | uint256(f.service.authorisation()) << 56;
        word |= uint256(f.service.fee()) << 72 | uint256(f.service.charge()) << 80;
        word |= uint256(f.service.priorPaid()) << 128;
    }

    function _none() private pure returns (LineOutcome memory o) {}
}
