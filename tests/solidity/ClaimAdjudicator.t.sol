// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Claim,
    ClaimDecision,
    ClaimStatus,
    Fee,
    IClaimAdjudicator,
    Line,
    LineOutcome,
    Service,
    ServiceWord
} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {Authorisation, Benefit, Enrolment, Plan} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {ClaimWorld} from "./ClaimWorld.sol";
import {Vm} from "./Vm.sol";

/*
submit
├── given a claim
│   ├── it decides, records, tells and pays it in one transaction
│   ├── it shares the price between plan and patient, line by line
│   └── it uses up deductible and maxima, by benefit period
├── given each rule that denies, it tells its codes, on the first and the last day
├── given limits of units and authorisations, it pays what is left
├── given a fee schedule, it pays the price that is proven
├── given another payer first, it pays what is left of the price
├── given a line billed before, it denies it, and so a claim of such lines has no record
└── given a claim that cannot be read as one, it refuses with the place
submitMany
├── it pays all claims in one transfer
├── it passes over those that it refuses, with reason and place
└── given none, too many, or no provider, it refuses
*/
contract ClaimAdjudicatorTest is ClaimWorld {
    using Words for *;

    /* SUBMITTING */

    function test_submit_decides_records_tells_and_pays() external {
        Claim memory claim = _claim(0, "code");
        bytes32[][] memory lines = new bytes32[][](1);
        LineOutcome memory outcome = LineOutcome(0, 1, 12_000, 10_000, 11_200, 800);
        lines[0] = new bytes32[](7);
        lines[0][0] = bytes32(ServiceWord.unwrap(claim.lines[0].service));
        lines[0][1] = "code";
        lines[0][2] = outcome.pack();
        lines[0][3] = bytes32("CO45") | bytes32(uint256(8000));
        lines[0][4] = bytes32("PR3") | bytes32(uint256(1000));
        lines[0][5] = bytes32("PR1") | bytes32(uint256(10_000));
        lines[0][6] = bytes32("PR2") | bytes32(uint256(200));
        ClaimDecision memory expected =
            ClaimDecision(coverageRef, keccak256("claim"), 0, TODAY, TODAY, 0, lines);
        bytes32 expectedId = _idOf(HOSPITAL, 0);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimAdjudicated(expectedId, HOSPITAL, INSURER, expected);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderPaid(HOSPITAL, hospital, 800);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(claim);

        same(claimId, expectedId);
        same(keccak256(abi.encode(decision)), keccak256(abi.encode(expected)));
        entry(_keyOf(claim.lines[0]), ClaimStatus.Settled, _sealOf(claimId, decision));
        used(10_000, 11_200, 800);
        same(adjudicator.poolOf(INSURER), FUNDS - 800);
        same(euro.balanceOf(hospital), 1 + 800);
        same(adjudicator.claimsOf(HOSPITAL), 1);
        booked();
    }

    function test_submit_pays_an_operators_claim_to_the_members_account() external {
        address operator = _operator(HOSPITAL, 77);

        vm.prank(operator);
        adjudicator.submit(_claim(1, "code"));

        same(euro.balanceOf(hospital), 1 + 12_000);
        same(euro.balanceOf(operator), 0);
    }

    function test_submit_uses_up_the_deductible_and_then_shares() external {
        Service memory service = _service(0);
        service.charge = 9000;
        told(_submit(service), 0, "PR3 1000, PR1 8000");
        used(8000, 9000, 0);

        service.charge = 9100;
        told(_submit(service), 0, "PR3 1000, PR1 2000, PR2 1220");
        used(10_000, 13_220, 4880);

        service.charge = 9200;
        told(_submit(service), 0, "PR3 1000, PR2 1640");
        used(10_000, 15_860, 11_440);
    }

    function test_submit_reaches_the_deductible_by_the_second_line() external {
        (, ClaimDecision memory decision) = _submit(_claim(_service(0), _service(0)));

        told(decision, 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
        told(decision, 1, "CO45 8000, PR3 1000, PR2 2200");
        same(euro.balanceOf(hospital), 1 + 800 + 8800);
    }

    function test_submit_takes_no_more_copay_than_there_is() external {
        Service memory service = _service(0);
        service.charge = 999;
        told(_submit(service), 0, "PR3 999");
        service.charge = 1000;
        told(_submit(service), 0, "PR3 1000");
        service.charge = 1001;
        told(_submit(service), 0, "PR3 1000, PR1 1");
    }

    function test_submit_rounds_coinsurance_half_up() external {
        Benefit[] memory benefits = _benefits();
        (benefits[1].coinsuranceBps, benefits[1].price) = (2500, type(uint48).max);
        coverageRef = _enrol(_publish(_terms(), benefits));
        Service memory service = _service(1);
        service.charge = 1;
        told(_submit(service), 0, "");
        service.charge = 2;
        told(_submit(service), 0, "PR2 1");
        service.charge = 5;
        told(_submit(service), 0, "PR2 1");
        service.charge = 6;
        told(_submit(service), 0, "PR2 2");
        service.charge = 7;
        told(_submit(service), 0, "PR2 2");
    }

    function test_submit_leaves_all_to_the_patient_at_full_coinsurance() external {
        Benefit[] memory benefits = _benefits();
        benefits[1].coinsuranceBps = 10_000;
        Plan memory terms = _terms();
        terms.outOfPocketMax = 0;
        coverageRef = _enrol(_publish(terms, benefits));

        told(_submit(_service(1)), 0, "CO45 8000, PR2 12000");
        used(0, 12_000, 0);
    }

    function test_submit_holds_the_patient_to_the_maximum() external {
        Plan memory terms = _terms();
        terms.outOfPocketMax = 12_000;
        coverageRef = _enrol(_publish(terms, _benefits()));

        told(_submit(_service(0)), 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
        Service memory service = _service(0);
        service.charge = 10_000;
        told(_submit(service), 0, "PR3 800");
        used(10_000, 12_000, 800 + 9200);
        service.charge = 9000;
        told(_submit(service), 0, "");
        used(10_000, 12_000, 19_000);
    }

    function test_submit_lets_coinsurance_give_way_first_then_the_deductible_then_the_copay() external {
        uint48[3] memory maxima = [uint48(11_100), 10_999, 999];
        string[3] memory cuts = [
            "CO45 8000, PR3 1000, PR1 10000, PR2 100", "CO45 8000, PR3 1000, PR1 9999", "CO45 8000, PR3 999"
        ];
        for (uint256 i = 0; i < 3; ++i) {
            Plan memory terms = _terms();
            terms.outOfPocketMax = maxima[i];
            coverageRef = _enrol(_publish(terms, _benefits()));
            told(_submit(_service(0)), 0, cuts[i]);
            same(adjudicator.accumulatorsOf(coverageRef, 0).outOfPocket, maxima[i]);
        }
    }

    function test_submit_holds_the_plan_to_its_maximum() external {
        Plan memory terms = _terms();
        terms.periodMax = 20_000;
        coverageRef = _enrol(_publish(terms, _benefits()));

        told(_submit(_service(1)), 0, "CO45 8000");
        Service memory service = _service(1);
        service.charge = 8100;
        told(_submit(service), 0, "PR119 100");
        used(0, 0, 20_000);
        service.charge = 5000;
        told(_submit(service), 0, "PR119 5000");
        used(0, 0, 20_000);
    }

    function test_submit_counts_each_benefit_period_for_itself() external {
        Plan memory terms = _terms();
        terms.periodDays = 10;
        coverageRef = _enrol(_publish(terms, _benefits()));
        Service memory service = _service(0);

        service.servedOn = JANUARY + 9;
        told(_submit(service), 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
        service.servedOn = JANUARY + 10;
        told(_submit(service), 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
        service.charge = 20_100;
        told(_submit(service), 0, "CO45 8100, PR3 1000, PR2 2200");

        same(adjudicator.accumulatorsOf(coverageRef, 0).paid, 800);
        same(adjudicator.accumulatorsOf(coverageRef, 1).paid, 9600);
    }

    function test_submit_counts_a_coverage_without_periods_as_one() external {
        Plan memory terms = _terms();
        terms.periodDays = 0;
        coverageRef = _enrol(_publish(terms, _benefits()));
        Service memory service = _service(0);
        service.servedOn = JANUARY;
        _submit(service);
        service.servedOn = TODAY;
        _submit(service);

        used(10_000, 11_200 + 3200, 9600);
    }

    /* DENYING */

    function test_submit_denies_before_and_after_cover() external {
        Enrolment memory enrolment = _enrolment(plan);
        enrolment.until = TODAY;
        coverageRef = _enrol(enrolment);

        _denied(1, JANUARY - 1, "CO26:N30 20000");
        _denied(1, JANUARY, "CO45 8000");
        _denied(1, TODAY - 1, "CO45 8000");
        _denied(1, TODAY, "CO27:N30 20000");
    }

    function test_submit_denies_the_line_after_the_coverage_ends_between_two() external {
        Enrolment memory enrolment = _enrolment(plan);
        enrolment.until = TODAY;
        coverageRef = _enrol(enrolment);
        Service memory after_ = _service(1);
        after_.servedOn = TODAY;

        (, ClaimDecision memory decision) = _submit(_claim(_service(1), after_));

        told(decision, 0, "CO45 8000");
        told(decision, 1, "CO27:N30 20000");
        same(euro.balanceOf(hospital), 1 + 12_000);
    }

    function test_submit_denies_what_is_not_covered() external {
        _denied(2, TODAY, "PR204:N130 20000");
        _denied(6, TODAY, "PR204:N130 20000");
        _denied(255, TODAY, "PR204:N130 20000");
        used(0, 0, 0);
    }

    function test_submit_denies_what_is_filed_late() external {
        vm.warp(block.timestamp + 90 days);

        _denied(1, TODAY, "CO45 8000");
        _denied(1, TODAY - 1, "CO29 20000");
    }

    function test_submit_takes_late_claims_where_the_plan_sets_no_limit() external {
        Plan memory terms = _terms();
        terms.filingDays = 0;
        coverageRef = _enrol(_publish(terms, _benefits()));
        vm.warp(block.timestamp + 2000 days);

        _denied(1, TODAY, "CO45 8000");
    }

    function test_submit_denies_until_the_waiting_period_is_over() external {
        vm.prank(insurer);
        registry.contractProvider(plan, HOSPITAL, JANUARY, TODAY + 1);
        _denied(4, JANUARY + 9, "PR179 20000");
        _denied(4, JANUARY + 10, "CO45 8000, PR3 1000, PR1 10000, PR2 200");

        Enrolment memory enrolment = _enrolment(plan);
        enrolment.since = JANUARY - 1;
        coverageRef = _enrol(enrolment);
        _denied(4, JANUARY + 8, "PR179 20000");
        _denied(4, JANUARY + 9, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
    }

    function test_submit_denies_outside_the_network() external {
        _denied(4, TODAY, "PR242:N95 20000");
        vm.prank(insurer);
        registry.contractProvider(plan, HOSPITAL, TODAY, TODAY + 1);

        _denied(4, TODAY - 1, "PR242:N95 20000");
        Service memory service = _service(4);
        service.servedOn = TODAY;
        (, ClaimDecision memory decision) = _submit(_claim(service, "contracted"));
        told(decision, 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
    }

    function test_submit_denies_without_the_right_authorisation() external {
        _authorise(3, 4, CLINIC);
        _authorise(5, 4, 0);
        Service memory service = _service(3);

        told(_submit(service), 0, "CO197 20000");
        for (uint16 number = 1; number <= 3; ++number) {
            service.authorisation = number;
            told(_submit(service), 0, "CO15 20000");
        }
        _authorise(3, 4, HOSPITAL);
        service.charge = 10_000;
        told(_submit(service), 0, "PR3 1000, PR1 9000");
    }

    function test_submit_pays_the_units_that_are_left_of_the_authorisation() external {
        _authorise(3, 4, HOSPITAL);
        Service memory service = _service(3);
        (service.authorisation, service.units, service.charge) = (1, 3, 10_000);
        told(_submit(service), 0, "PR3 1000, PR1 9000");
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 3);

        service.servedOn = TODAY;
        told(_submit(service), 0, "CO198 6667, PR3 1000, PR1 1000, PR2 267");
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 4);

        service.charge = 10_100;
        told(_submit(service), 0, "CO198 10100");
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 4);
        same(adjudicator.unitsOf(coverageRef, 0, 3), 4);
    }

    function test_submit_pays_the_units_that_are_left_below_the_limit() external {
        Service memory service = _service(5);
        (service.units, service.charge) = (3, 3000);
        told(_submit(service), 0, "PR3 1000, PR1 2000");
        same(adjudicator.unitsOf(coverageRef, 0, 5), 3);

        service.charge = 3200;
        told(_submit(service), 0, "CO151:N362 1067, PR3 1000, PR1 1133");
        same(adjudicator.unitsOf(coverageRef, 0, 5), 5);
        service.charge = 3300;
        told(_submit(service), 0, "CO151:N362 3300");
        same(adjudicator.unitsOf(coverageRef, 0, 5), 5);
        same(adjudicator.unitsOf(coverageRef, 0, 3), 0);
    }

    function test_submit_counts_no_units_for_which_nothing_is_allowed() external {
        _authorise(3, 4, HOSPITAL);
        Service memory service = _service(5);
        (service.units, service.charge) = (type(uint16).max, 1);
        ClaimDecision memory decision = _submit(service);
        told(decision, 0, "CO151:N362 1");
        same(_outcome(decision, 0).units, 0);
        service = _service(3);
        (service.authorisation, service.units, service.charge) = (1, 5, 1);
        told(_submit(service), 0, "CO198 1");

        same(adjudicator.unitsOf(coverageRef, 0, 5), 0);
        same(adjudicator.unitsOf(coverageRef, 0, 3), 0);
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 0);
        service = _service(5);
        (service.units, service.charge) = (6, 2);
        told(_submit(service), 0, "CO151:N362 1, PR3 1");
        same(adjudicator.unitsOf(coverageRef, 0, 5), 5);
    }

    function test_submit_cuts_units_beyond_the_authorisation_before_those_beyond_the_limit() external {
        _authorise(3, 12, HOSPITAL);
        Service memory service = _service(3);
        (service.authorisation, service.units, service.charge) = (1, 15, 15_000);

        told(_submit(service), 0, "CO198 3000, CO151:N362 2000, PR3 1000, PR1 9000");

        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 10);
    }

    function test_submit_counts_no_authorisation_where_none_is_needed() external {
        _authorise(0, 4, HOSPITAL);
        Service memory service = _service(0);
        service.authorisation = 1;

        told(_submit(service), 0, "CO45 8000, PR3 1000, PR1 10000, PR2 200");

        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 0);
    }

    /// @dev Files 200.00 under a code of its own.
    function _denied(uint8 category, uint32 servedOn, string memory cuts) private {
        Service memory service = _service(category);
        service.servedOn = servedOn;
        (, ClaimDecision memory decision) = _submit(
            _claim(service, keccak256(abi.encode(category, servedOn, adjudicator.claimsOf(HOSPITAL))))
        );
        told(decision, 0, cuts);
    }

    function _authorise(uint8 category, uint16 units, uint32 provider) private {
        vm.prank(insurer);
        registry.authorise(
            coverageRef, Authorisation(category, units, JANUARY, TODAY + 1, provider), "document"
        );
    }

    /* PRICING BY SCHEDULE */

    function test_submit_pays_the_price_that_is_proven() external {
        Claim memory claim = _scheduled(7700);
        (, ClaimDecision memory decision) = _submit(claim);
        told(decision, 0, "CO45 4600");
        same(_outcome(decision, 0).price, 7700);

        claim.lines[0] = _line(_service(0), "unlisted");
        (, decision) = _submit(claim);
        told(decision, 0, "CO96:N448 20000");
        same(_outcome(decision, 0).price, 0);
    }

    function test_submit_refuses_a_price_that_is_not_proven() external {
        Claim memory claim = _scheduled(7700);
        claim.fees[0].price = 7800;
        _refuses(
            claim, abi.encodeWithSelector(IClaimAdjudicator.FeeNotProven.selector, 0, bytes32("row"), 7800)
        );
        claim.fees = new Fee[](0);
        _refuses(claim, abi.encodeWithSelector(IClaimAdjudicator.FeeMissing.selector, 0, 1, 0));
    }

    /// @dev A claim of 2 units for 200.00 on a plan whose schedule has one row, at some price a unit.
    function _scheduled(uint48 price) private returns (Claim memory claim) {
        Benefit[] memory benefits = _benefits();
        (benefits[0].scheduled, benefits[0].price, benefits[0].copay) = (true, 0, 0);
        (benefits[0].deductibleFree, benefits[0].coinsuranceBps) = (true, 0);
        bytes32 sibling = keccak256("another leaf");
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(bytes32("row"), uint8(0), price))));
        bytes32 root =
            leaf < sibling ? keccak256(bytes.concat(leaf, sibling)) : keccak256(bytes.concat(sibling, leaf));
        coverageRef = _enrol(_publish(_terms(), benefits, root));
        Service memory service = _service(0);
        (service.fee, service.units) = (1, 2);
        claim = _claim(service, "listed");
        claim.fees = new Fee[](1);
        claim.fees[0] = Fee("row", price, new bytes32[](1));
        claim.fees[0].proof[0] = sibling;
    }

    /* COORDINATING */

    function test_submit_denies_where_another_payer_decides_first() external {
        Enrolment memory enrolment = _enrolment(plan);
        enrolment.secondary = true;
        coverageRef = _enrol(enrolment);
        told(_submit(_service(1)), 0, "CO22 20000");

        Claim memory claim = _claim(1, "decided before");
        claim.priorRemittance = "remittance";
        (, ClaimDecision memory decision) = _submit(claim);
        told(decision, 0, "CO45 8000");
    }

    function test_submit_lets_what_others_paid_settle_the_patients_share_first() external {
        string[6] memory cuts = [
            "CO45 8000, PR3 900, PR1 10000, PR2 200, OA23 100",
            "CO45 8000, PR1 10000, PR2 200, OA23 1000",
            "CO45 8000, PR2 200, OA23 11000",
            "CO45 8000, OA23 11200",
            "CO45 8000, OA23 11500",
            "CO45 8000, OA23 12000"
        ];
        uint48[6] memory prior = [uint48(100), 1000, 11_000, 11_200, 11_500, 13_000];
        uint48[6] memory share = [uint48(11_100), 10_200, 200, 0, 0, 0];
        uint48[6] memory paid = [uint48(800), 800, 800, 800, 500, 0];
        for (uint256 i = 0; i < 6; ++i) {
            coverageRef = _enrol(plan);
            told(_submitAfter(0, prior[i]), 0, cuts[i]);
            used(10_000, share[i], paid[i]);
        }
    }

    function test_submit_lets_what_others_paid_settle_what_is_beyond_the_maximum() external {
        Plan memory terms = _terms();
        terms.periodMax = 10_000;
        coverageRef = _enrol(_publish(terms, _benefits()));

        told(_submitAfter(1, 1500), 0, "CO45 8000, PR119 500, OA23 1500");
        used(0, 0, 10_000);
    }

    function _submitAfter(uint8 category, uint48 prior) private returns (ClaimDecision memory decision) {
        Service memory service = _service(category);
        service.priorPaid = prior;
        Claim memory claim = _claim(service, "after");
        claim.priorRemittance = "remittance";
        (, decision) = _submit(claim);
    }

    /* DUPLICATES */

    function test_submit_denies_a_line_billed_before() external {
        _submit(_claim(1, "code"));
        (uint256 pool, uint256 balance) = (adjudicator.poolOf(INSURER), euro.balanceOf(hospital));

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));

        told(decision, 0, "OA18 20000");
        same(adjudicator.poolOf(INSURER), pool);
        same(euro.balanceOf(hospital), balance);
        used(0, 0, 12_000);
        same(claimId, _idOf(HOSPITAL, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.DecisionNotStanding.selector, claimId, HOSPITAL)
        );
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
    }

    function test_submit_denies_a_line_twice_in_one_claim() external {
        Line[] memory lines = new Line[](4);
        (lines[0], lines[1]) = (_line(_service(1), "one"), _line(_service(1), "one"));
        (lines[2], lines[3]) = (_line(_service(1), "two"), _line(_service(1), "two"));

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(lines));

        told(decision, 0, "CO45 8000");
        told(decision, 1, "OA18 20000");
        told(decision, 2, "CO45 8000");
        told(decision, 3, "OA18 20000");
        used(0, 0, 24_000);
        entry(_keyOf(lines[0]), ClaimStatus.Settled, _sealOf(claimId, decision));
        entry(_keyOf(lines[2]), ClaimStatus.Attached, bytes31(claimId));
    }

    function test_submit_records_a_claim_under_its_first_line_that_is_no_duplicate() external {
        _submit(_claim(1, "first"));
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(1), _service(1)));

        told(decision, 0, "OA18 20000");
        told(decision, 1, "CO45 8000");
        Line memory second = _line(_service(1), "second");
        entry(_keyOf(second), ClaimStatus.Settled, _sealOf(claimId, decision));
    }

    function test_submit_takes_the_same_service_of_another_day_provider_or_coverage() external {
        _submit(_claim(1, "code"));
        Service memory service = _service(1);
        service.servedOn = TODAY;
        (, ClaimDecision memory decision) = _submit(_claim(service, "code"));
        told(decision, 0, "CO45 8000");

        vm.prank(clinic);
        (, decision) = adjudicator.submit(_claim(1, "code"));
        told(decision, 0, "CO45 8000");

        coverageRef = _enrol(plan);
        (, decision) = _submit(_claim(1, "code"));
        told(decision, 0, "CO45 8000");
    }

    /* REFUSING */

    function test_submit_refuses_whoever_is_no_provider() external {
        for (uint256 i = 0; i < 2; ++i) {
            address caller = i == 0 ? insurer : stranger;
            vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotProvider.selector, caller));
            vm.prank(caller);
            adjudicator.submit(_claim(1, "code"));
        }
        _suspended(HOSPITAL);
        _refuses(
            _claim(1, "code"), abi.encodeWithSelector(IClaimAdjudicator.CallerNotProvider.selector, hospital)
        );
    }

    function test_submit_refuses_while_paused() external {
        _paused(address(adjudicator));
        _refuses(_claim(1, "code"), abi.encodeWithSelector(IClaimAdjudicator.ClaimsPaused.selector));
    }

    function test_submit_refuses_what_cannot_be_a_claim_with_its_place() external {
        Line[] memory lines = new Line[](0);
        _refuses(_claim(lines), abi.encodeWithSelector(IClaimAdjudicator.LinesOutOfBounds.selector, 0, 100));
        _refuses(
            _claim(new Line[](101)),
            abi.encodeWithSelector(IClaimAdjudicator.LinesOutOfBounds.selector, 101, 100)
        );
        Claim memory claim = _claim(1, "code");
        claim.coverageRef = "none";
        _refuses(
            claim, abi.encodeWithSelector(IClaimAdjudicator.ClaimCoverageUnknown.selector, bytes32("none"))
        );

        Service memory service = _service(1);
        service.charge = 0;
        _refusesSecond(
            _line(service, "code"), abi.encodeWithSelector(IClaimAdjudicator.LineChargeMissing.selector, 1)
        );
        service = _service(1);
        service.units = 0;
        _refusesSecond(
            _line(service, "code"), abi.encodeWithSelector(IClaimAdjudicator.LineUnitsMissing.selector, 1)
        );
        service = _service(1);
        _refusesSecond(
            _line(service, 0), abi.encodeWithSelector(IClaimAdjudicator.LineCodeMissing.selector, 1)
        );
        service.servedOn = TODAY + 1;
        _refusesSecond(
            _line(service, "code"),
            abi.encodeWithSelector(IClaimAdjudicator.ServiceInFuture.selector, 1, TODAY + 1, TODAY)
        );
        service = _service(1);
        service.priorPaid = 5;
        _refusesSecond(
            _line(service, "code"),
            abi.encodeWithSelector(IClaimAdjudicator.PriorRemittanceMissing.selector, 1, 5)
        );
        Line memory line = _line(_service(1), "code");
        line.service = ServiceWord.wrap(ServiceWord.unwrap(line.service) | 1 << 176);
        _refusesSecond(line, abi.encodeWithSelector(IClaimAdjudicator.LineBitsUnknown.selector, 1));
        used(0, 0, 0);
        same(adjudicator.claimsOf(HOSPITAL), 0);
    }

    function test_submit_takes_100_lines_within_the_gas_of_a_transaction() external {
        Plan memory terms = _terms();
        (terms.periodDays, terms.filingDays) = (1, 0);
        Enrolment memory enrolment = _enrolment(_publish(terms, _benefits()));
        (enrolment.from, enrolment.until) = (TODAY - 100, TODAY + 1);
        coverageRef = _enrol(enrolment);
        _drain();
        Line[] memory lines = new Line[](100);
        for (uint32 i = 0; i < 100; ++i) {
            vm.prank(insurer);
            registry.authorise(coverageRef, Authorisation(3, 1, TODAY - 100, TODAY + 1, 0), 0);
            Service memory service = _service(3);
            (service.servedOn, service.authorisation) = (TODAY - i - 1, uint16(i + 1));
            lines[i] = _line(service, keccak256(abi.encode(i)));
        }
        Claim memory claim = _claim(lines);
        bytes memory call = abi.encodeCall(IClaimAdjudicator.submit, (claim));

        uint256 before = gasleft();
        (, ClaimDecision memory decision) = _submit(claim);

        // 21,000 for the transaction and 16 for a byte of calldata, as if none were zero.
        yes(before - gasleft() + 21_000 + 16 * call.length < 16_777_216);
        same(_outcome(decision, 99).paid, 800);
    }

    function _refuses(Claim memory claim, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(hospital);
        adjudicator.submit(claim);
    }

    function _refusesSecond(Line memory line, bytes memory refusal) private {
        Line[] memory lines = new Line[](2);
        (lines[0], lines[1]) = (_line(_service(1), "first"), line);
        _refuses(_claim(lines), refusal);
    }

    /* SUBMITTING MANY */

    function test_submitMany_pays_all_claims_in_one_transfer() external {
        Claim[] memory claims = new Claim[](3);
        for (uint256 i = 0; i < 3; ++i) {
            claims[i] = _claim(1, bytes32(i + 1));
        }
        vm.recordLogs();

        _submitMany(claims);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 5);
        for (uint256 i = 0; i < 3; ++i) {
            same(logs[i].topics[0], IClaimAdjudicator.ClaimAdjudicated.selector);
            same(logs[i].topics[1], _idOf(HOSPITAL, i));
        }
        same(logs[4].topics[0], IClaimAdjudicator.ProviderPaid.selector);
        same(keccak256(logs[4].data), keccak256(abi.encode(uint256(36_000))));
        same(euro.balanceOf(hospital), 1 + 36_000);
        booked();
    }

    function test_submitMany_passes_over_what_it_refuses_and_takes_49_of_50() external {
        bytes[] memory claims = new bytes[](50);
        for (uint256 i = 0; i < 50; ++i) {
            claims[i] = abi.encode(_claim(1, bytes32(i + 1)));
        }
        Service memory service = _service(1);
        service.servedOn = TODAY + 1;
        claims[31] = abi.encode(_claim(_service(1), service));
        bytes memory reason =
            abi.encodeWithSelector(IClaimAdjudicator.ServiceInFuture.selector, 1, TODAY + 1, TODAY);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimRefused(HOSPITAL, 31, reason);
        vm.prank(hospital);
        adjudicator.submitMany(claims);

        same(adjudicator.claimsOf(HOSPITAL), 49);
        used(0, 0, 49 * 12_000);
        same(euro.balanceOf(hospital), 1 + 49 * 12_000);
        entry(_keyOf(_line(_service(1), "first")), ClaimStatus.None, 0);
    }

    function test_submitMany_passes_over_what_cannot_be_read() external {
        bytes[] memory claims = new bytes[](3);
        claims[0] = hex"beef";
        claims[1] = abi.encode(_claim(1, "good"));

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimRefused(HOSPITAL, 0, "");
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimRefused(HOSPITAL, 2, "");
        vm.prank(hospital);
        adjudicator.submitMany(claims);

        used(0, 0, 12_000);
    }

    function test_submitMany_denies_what_an_earlier_claim_of_the_batch_billed() external {
        Claim[] memory claims = new Claim[](2);
        (claims[0], claims[1]) = (_claim(1, "code"), _claim(1, "code"));

        _submitMany(claims);

        same(adjudicator.claimsOf(HOSPITAL), 2);
        used(0, 0, 12_000);
    }

    function test_submitMany_pays_from_the_pool_of_each_payer() external {
        _fund(reinsurer, FUNDS);
        vm.prank(reinsurer);
        (uint32 theirs,) = registry.publish(0, _terms(), _benefits(), 0, 0);
        Enrolment[] memory enrolments = new Enrolment[](1);
        enrolments[0] = _enrolment(theirs);
        Claim[] memory claims = new Claim[](2);
        claims[0] = _claim(1, "ours");
        vm.prank(reinsurer);
        coverageRef = registry.enrol(enrolments)[0];
        claims[1] = _claim(1, "theirs");

        _submitMany(claims);

        same(adjudicator.poolOf(INSURER), FUNDS - 12_000);
        same(adjudicator.poolOf(REINSURER), FUNDS - 12_000);
        booked();
    }

    function test_submitMany_takes_150_claims_and_no_more() external {
        bytes[] memory claims = new bytes[](150);
        for (uint256 i = 0; i < 150; ++i) {
            coverageRef = _enrol(plan);
            claims[i] = abi.encode(_claim(1, bytes32(i + 1)));
        }
        bytes memory call = abi.encodeCall(IClaimAdjudicator.submitMany, (claims));
        uint256 before = gasleft();
        vm.prank(hospital);
        adjudicator.submitMany(claims);
        yes(before - gasleft() + 21_000 + 16 * call.length < 16_777_216);
        same(adjudicator.claimsOf(HOSPITAL), 150);

        for (uint256 count = 0; count <= 151; count += 151) {
            vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.ClaimsOutOfBounds.selector, count, 150));
            vm.prank(hospital);
            adjudicator.submitMany(new bytes[](count));
        }
    }

    function test_submitMany_refuses_whoever_is_no_provider() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotProvider.selector, insurer));
        vm.prank(insurer);
        adjudicator.submitMany(new bytes[](1));
    }

    function test_file_and_send_are_asked_by_the_contract_alone() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotSelf.selector, hospital));
        vm.prank(hospital);
        adjudicator.file(HOSPITAL, abi.encode(_claim(1, "code")));
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotSelf.selector, insurer));
        vm.prank(insurer);
        adjudicator.send(insurer, 1);
    }
}
