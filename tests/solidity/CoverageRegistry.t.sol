// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Authorisation,
    Benefit,
    BenefitWord,
    Contracting,
    Coverage,
    CoverageWord,
    Enrolment,
    ICoverageRegistry,
    Plan,
    PlanTerms,
    PlanWord
} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {ClaimWorld} from "./ClaimWorld.sol";

/*
publish
├── given a payer
│   ├── when it names no plan, it publishes version 1 of a new one
│   ├── when it names its own, it publishes the next version, and the one before stays
│   └── it keeps every term to the unit
├── given anyone else, or a pause, it refuses
├── given a plan that is unknown or another's, it refuses
└── given no benefit, too many, a share above the whole, a price or a fee schedule that is unclear, it refuses
contractProvider, endContracting
├── given periods one after the other, each day is told rightly
├── given an overlap, too many, an empty one or nobody that provides, it refuses
└── it ends tomorrow at the earliest, also while suspended or paused
enrol
├── it covers persons under identifiers that the client can recompute
├── it refuses a batch as a whole, with the place
└── given no version, an empty period, a late waiting period or no subject, it refuses
terminate
├── it ends tomorrow at the earliest, also while suspended or paused
└── given another payer, an unknown coverage or an end that is not earlier, it refuses
authorise, endAuthorisation
├── it numbers from one, and holds for a provider where it names one
├── given no unit, an empty period, nobody that provides, another's coverage, it refuses
└── it ends tomorrow at the earliest, also while suspended or paused
eligibilityOn
├── given each rule, it tells the codes of the first that denies
├── it tells the benefit period
└── given an unknown coverage, it refuses
isPrice
└── given a row, it is proven under its version, category and price only
*/
contract CoverageRegistryTest is ClaimWorld {
    using Words for *;

    /* PLANS */

    function test_publish_makes_a_plan_and_then_its_next_version() external {
        Benefit[] memory benefits = _benefits();
        Plan memory terms = _terms();

        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.PlanPublished(2, 1, INSURER, terms, benefits, 0, "document");
        vm.prank(insurer);
        (uint32 number, uint16 version) = registry.publish(0, terms, benefits, 0, "document");
        same(number, 2);
        same(version, 1);

        terms.deductible = 7;
        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.PlanPublished(2, 2, INSURER, terms, benefits, 0, "next");
        vm.prank(insurer);
        (number, version) = registry.publish(2, terms, benefits, 0, "next");
        same(number, 2);
        same(version, 2);
        same(registry.planTermsOf(2, 1).deductible, 10_000);
        same(registry.planTermsOf(2, 2).deductible, 7);
        (uint32 payer, uint16 versions) = registry.planOf(2);
        same(payer, INSURER);
        same(versions, 2);
    }

    function testFuzz_publish_keeps_every_term(Plan memory terms, Benefit memory benefit, bytes32 root)
        external
    {
        benefit.coinsuranceBps = uint16(bound(benefit.coinsuranceBps, 0, 10_000));
        benefit.price = benefit.scheduled ? 0 : uint48(bound(benefit.price, 1, type(uint48).max));
        if (!benefit.scheduled) root = 0;
        else if (root == 0) root = "root";
        Benefit[] memory benefits = new Benefit[](1);
        benefits[0] = benefit;

        uint32 number = _publish(terms, benefits, root);

        same(keccak256(abi.encode(registry.planTermsOf(number, 1))), keccak256(abi.encode(terms)));
        same(keccak256(abi.encode(registry.benefitOf(number, 1, 0))), keccak256(abi.encode(benefit)));
        same(registry.feeScheduleOf(number, 1), root);
        yes(!registry.benefitOf(number, 1, 1).covered);
    }

    function test_publish_refuses_whoever_is_no_payer() external {
        for (uint256 i = 0; i < 2; ++i) {
            address caller = i == 0 ? hospital : stranger;
            vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CallerNotPayer.selector, caller));
            vm.prank(caller);
            registry.publish(0, _terms(), _benefits(), 0, 0);
        }
    }

    function test_new_writes_are_refused_while_paused() external {
        _paused(address(registry));

        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoveragesPaused.selector));
        vm.prank(insurer);
        registry.publish(0, _terms(), _benefits(), 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoveragesPaused.selector));
        vm.prank(insurer);
        registry.enrol(new Enrolment[](1));
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoveragesPaused.selector));
        vm.prank(insurer);
        registry.contractProvider(plan, HOSPITAL, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoveragesPaused.selector));
        vm.prank(insurer);
        registry.authorise(coverageRef, _authorisation(), 0);
    }

    function test_publish_refuses_a_plan_that_is_not_the_payers() external {
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.PlanUnknown.selector, 9));
        vm.prank(insurer);
        registry.publish(9, _terms(), _benefits(), 0, 0);

        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.PlanNotOfPayer.selector, plan, REINSURER, INSURER)
        );
        vm.prank(reinsurer);
        registry.publish(plan, _terms(), _benefits(), 0, 0);
    }

    function test_publish_takes_one_to_sixteen_benefits() external {
        Benefit[] memory benefits = new Benefit[](16);
        for (uint256 i = 0; i < 16; ++i) {
            benefits[i].price = 1;
        }
        _publish(_terms(), benefits);

        _refusesBenefits(
            new Benefit[](0), 0, abi.encodeWithSelector(ICoverageRegistry.BenefitsOutOfBounds.selector, 0, 16)
        );
        _refusesBenefits(
            new Benefit[](17),
            0,
            abi.encodeWithSelector(ICoverageRegistry.BenefitsOutOfBounds.selector, 17, 16)
        );
    }

    function test_publish_takes_the_whole_as_coinsurance_and_no_more() external {
        Benefit[] memory benefits = _benefits();
        benefits[3].coinsuranceBps = 10_000;
        _publish(_terms(), benefits);
        benefits[3].coinsuranceBps = 10_001;

        _refusesBenefits(
            benefits, 0, abi.encodeWithSelector(ICoverageRegistry.CoinsuranceAboveWhole.selector, 3, 10_001)
        );
    }

    function test_publish_refuses_a_price_that_is_unclear() external {
        Benefit[] memory benefits = _benefits();
        benefits[2].price = 0;
        _publish(_terms(), benefits);
        benefits[1].price = 0;
        _refusesBenefits(benefits, 0, abi.encodeWithSelector(ICoverageRegistry.PriceUnclear.selector, 1));

        benefits[1] = _benefits()[1];
        benefits[5].scheduled = true;
        _refusesBenefits(benefits, "root", abi.encodeWithSelector(ICoverageRegistry.PriceUnclear.selector, 5));
    }

    function test_publish_refuses_a_fee_schedule_that_is_missing_or_not_needed() external {
        Benefit[] memory benefits = _benefits();
        _refusesBenefits(
            benefits,
            "root",
            abi.encodeWithSelector(ICoverageRegistry.FeeScheduleUnclear.selector, bytes32("root"))
        );

        (benefits[0].scheduled, benefits[0].price) = (true, 0);
        _refusesBenefits(
            benefits, 0, abi.encodeWithSelector(ICoverageRegistry.FeeScheduleUnclear.selector, bytes32(0))
        );
    }

    function _refusesBenefits(Benefit[] memory benefits, bytes32 root, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(insurer);
        registry.publish(0, _terms(), benefits, root, 0);
    }

    /* CONTRACTING */

    function test_contractProvider_tells_each_day_rightly() external {
        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.ProviderContracted(plan, HOSPITAL, INSURER, TODAY, TODAY + 10);
        _contract(HOSPITAL, TODAY, TODAY + 10);
        _contract(HOSPITAL, TODAY + 10, TODAY + 11);
        _contract(HOSPITAL, TODAY + 20, TODAY + 30);

        bool[5] memory expected = [false, true, true, false, true];
        uint32[5] memory day = [TODAY - 1, TODAY, TODAY + 10, TODAY + 11, TODAY + 29];
        for (uint256 i = 0; i < 5; ++i) {
            yes(registry.isContracted(plan, HOSPITAL, day[i]) == expected[i]);
        }
        yes(!registry.isContracted(plan, HOSPITAL, TODAY + 30));
        yes(!registry.isContracted(plan, CLINIC, TODAY));
        Contracting[] memory periods = registry.contractingsOf(plan, HOSPITAL);
        same(periods.length, 3);
        same(periods[2].from, TODAY + 20);
    }

    function test_contractProvider_refuses_what_cannot_be() external {
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.ProviderUnknown.selector, MINISTRY));
        _contract(MINISTRY, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.ProviderUnknown.selector, 99));
        _contract(99, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.PeriodEmpty.selector, 0, 5, 5));
        _contract(HOSPITAL, 5, 5);
        _contract(HOSPITAL, 5, 6);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.ContractingOverlaps.selector, 5, 6));
        _contract(HOSPITAL, 5, 9);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.PlanNotOfPayer.selector, plan, REINSURER, INSURER)
        );
        vm.prank(reinsurer);
        registry.contractProvider(plan, HOSPITAL, 6, 7);
    }

    function test_contractProvider_takes_twelve_periods_and_no_more() external {
        for (uint32 i = 1; i <= 12; ++i) {
            _contract(HOSPITAL, i, i + 1);
        }

        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.ContractingsFull.selector, plan, HOSPITAL, 12)
        );
        _contract(HOSPITAL, 20, 21);
    }

    function test_endContracting_ends_tomorrow_at_the_earliest() external {
        _contract(HOSPITAL, TODAY - 5, TODAY + 10);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, TODAY, TODAY, TODAY + 10)
        );
        _endContracting(insurer, TODAY);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, TODAY + 10, TODAY, TODAY + 10)
        );
        _endContracting(insurer, TODAY + 10);
        _suspended(INSURER);
        _paused(address(registry));

        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.ContractingEnded(plan, HOSPITAL, INSURER, TODAY + 1);
        _endContracting(insurer, TODAY + 1);

        yes(registry.isContracted(plan, HOSPITAL, TODAY));
        yes(!registry.isContracted(plan, HOSPITAL, TODAY + 1));
    }

    function test_endContracting_refuses_what_is_not_there_or_anothers() external {
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.ContractingUnknown.selector, plan, HOSPITAL));
        _endContracting(insurer, TODAY + 1);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.PlanNotOfPayer.selector, plan, 0, INSURER));
        _endContracting(stranger, TODAY + 1);
    }

    function _contract(uint32 provider, uint32 from, uint32 until) private {
        vm.prank(insurer);
        registry.contractProvider(plan, provider, from, until);
    }

    function _endContracting(address by, uint32 until) private {
        vm.prank(by);
        registry.endContracting(plan, HOSPITAL, until);
    }

    /* COVERAGES */

    function test_enrol_covers_persons_under_identifiers_of_their_content() external {
        Enrolment[] memory enrolments = new Enrolment[](2);
        (enrolments[0], enrolments[1]) = (_enrolment(plan), _enrolment(plan));
        (enrolments[1].since, enrolments[1].secondary) = (JANUARY - 400, true);
        bytes32[2] memory expected;
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 content = keccak256(abi.encode(enrolments[i]));
            expected[i] =
                keccak256(abi.encode(block.chainid, address(registry), INSURER, uint256(i + 1), content));
        }

        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.CoverageEnrolled(expected[0], INSURER, plan, enrolments[0]);
        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.CoverageEnrolled(expected[1], INSURER, plan, enrolments[1]);
        vm.prank(insurer);
        bytes32[] memory refs = registry.enrol(enrolments);

        same(refs[0], expected[0]);
        same(refs[1], expected[1]);
        same(registry.coveragesOf(INSURER), 3);
        Coverage memory first = Coverage(INSURER, plan, 1, JANUARY, JANUARY + 365, JANUARY, 0, false);
        same(keccak256(abi.encode(registry.coverageOf(refs[0]))), keccak256(abi.encode(first)));
        (first.since, first.secondary) = (JANUARY - 400, true);
        same(keccak256(abi.encode(registry.coverageOf(refs[1]))), keccak256(abi.encode(first)));
        same(registry.coverageOf("none").payer, 0);
    }

    function test_enrol_refuses_a_batch_as_a_whole_with_the_place() external {
        Enrolment[] memory enrolments = new Enrolment[](3);
        for (uint256 i = 0; i < 3; ++i) {
            enrolments[i] = _enrolment(plan);
        }

        enrolments[2].version = 2;
        _refusesEnrolment(
            enrolments, abi.encodeWithSelector(ICoverageRegistry.PlanVersionUnknown.selector, 2, plan, 2)
        );
        enrolments[2].version = 0;
        _refusesEnrolment(
            enrolments, abi.encodeWithSelector(ICoverageRegistry.PlanVersionUnknown.selector, 2, plan, 0)
        );
        enrolments[2] = _enrolment(plan);
        enrolments[1].until = JANUARY;
        _refusesEnrolment(
            enrolments, abi.encodeWithSelector(ICoverageRegistry.PeriodEmpty.selector, 1, JANUARY, JANUARY)
        );
        enrolments[1] = _enrolment(plan);
        enrolments[1].since = JANUARY + 1;
        _refusesEnrolment(
            enrolments,
            abi.encodeWithSelector(ICoverageRegistry.WaitingAfterStart.selector, 1, JANUARY + 1, JANUARY)
        );
        enrolments[1].since = JANUARY;
        enrolments[0].subject = 0;
        _refusesEnrolment(enrolments, abi.encodeWithSelector(ICoverageRegistry.SubjectMissing.selector, 0));
        enrolments[0] = _enrolment(plan + 1);
        _refusesEnrolment(
            enrolments, abi.encodeWithSelector(ICoverageRegistry.PlanUnknown.selector, plan + 1)
        );
        same(registry.coveragesOf(INSURER), 1);
    }

    function test_enrol_takes_200_persons_and_no_more() external {
        Enrolment[] memory enrolments = new Enrolment[](200);
        for (uint256 i = 0; i < 200; ++i) {
            enrolments[i] = _enrolment(plan);
        }
        uint256 before = gasleft();
        vm.prank(insurer);
        registry.enrol(enrolments);
        yes(before - gasleft() < 16_000_000);

        _refusesEnrolment(
            new Enrolment[](201),
            abi.encodeWithSelector(ICoverageRegistry.EnrolmentsOutOfBounds.selector, 201, 200)
        );
        _refusesEnrolment(
            new Enrolment[](0),
            abi.encodeWithSelector(ICoverageRegistry.EnrolmentsOutOfBounds.selector, 0, 200)
        );
    }

    function _refusesEnrolment(Enrolment[] memory enrolments, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(insurer);
        registry.enrol(enrolments);
    }

    function test_terminate_ends_tomorrow_at_the_earliest() external {
        uint32 until = JANUARY + 365;
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, TODAY, TODAY, until)
        );
        _terminate(insurer, coverageRef, TODAY);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, until, TODAY, until)
        );
        _terminate(insurer, coverageRef, until);
        _suspended(INSURER);
        _paused(address(registry));

        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.CoverageTerminated(coverageRef, INSURER, TODAY + 1);
        _terminate(insurer, coverageRef, TODAY + 1);

        Coverage memory left = registry.coverageOf(coverageRef);
        same(left.until, TODAY + 1);
        same(left.from, JANUARY);
        same(left.plan, plan);
    }

    function test_terminate_refuses_a_coverage_that_is_not_the_payers() external {
        vm.expectRevert(
            abi.encodeWithSelector(
                ICoverageRegistry.CoverageNotOfPayer.selector, coverageRef, REINSURER, INSURER
            )
        );
        _terminate(reinsurer, coverageRef, TODAY + 1);
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoverageUnknown.selector, bytes32("none")));
        _terminate(insurer, "none", TODAY + 1);
    }

    function _terminate(address by, bytes32 ref, uint32 until) private {
        vm.prank(by);
        registry.terminate(ref, until);
    }

    /* AUTHORISATIONS */

    function test_authorise_numbers_from_one() external {
        Authorisation memory given = _authorisation();
        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.ServiceAuthorised(coverageRef, INSURER, 1, given, "document");
        same(_authorise(given), 1);
        given.provider = HOSPITAL;
        same(_authorise(given), 2);

        same(registry.coverageOf(coverageRef).authorisations, 2);
        same(registry.authorisationOf(coverageRef, 2).provider, HOSPITAL);
        same(registry.authorisationOf(coverageRef, 1).units, 4);
        same(registry.authorisationOf(coverageRef, 3).units, 0);
    }

    function test_authorise_holds_for_category_day_and_provider() external {
        Authorisation memory given = _authorisation();
        _authorise(given);
        given.provider = HOSPITAL;
        _authorise(given);

        yes(_isAuthorised(3, TODAY, HOSPITAL, 1));
        yes(_isAuthorised(3, TODAY, CLINIC, 1));
        yes(_isAuthorised(3, TODAY, HOSPITAL, 2));
        yes(!_isAuthorised(3, TODAY, CLINIC, 2));
        yes(!_isAuthorised(3, TODAY - 2, HOSPITAL, 1));
        yes(_isAuthorised(3, TODAY + 9, HOSPITAL, 1));
        yes(!_isAuthorised(3, TODAY + 10, HOSPITAL, 1));
        yes(!_isAuthorised(3, TODAY, HOSPITAL, 3));
        yes(!_isAuthorised(3, TODAY, HOSPITAL, 0));
        yes(!_isAuthorised(0, TODAY, HOSPITAL, 1));
    }

    function test_authorise_for_another_category_does_not_hold() external {
        Authorisation memory given = _authorisation();
        given.category = 0;
        _authorise(given);

        yes(!_isAuthorised(3, TODAY, HOSPITAL, 1));
    }

    function test_authorise_refuses_what_cannot_be() external {
        Authorisation memory given = _authorisation();
        given.units = 0;
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.UnitsMissing.selector, coverageRef));
        _authorise(given);
        given = _authorisation();
        given.until = given.from;
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.PeriodEmpty.selector, 0, given.from, given.from)
        );
        _authorise(given);
        given = _authorisation();
        given.provider = INSPECTOR;
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.ProviderUnknown.selector, INSPECTOR));
        _authorise(given);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICoverageRegistry.CoverageNotOfPayer.selector, coverageRef, REINSURER, INSURER
            )
        );
        vm.prank(reinsurer);
        registry.authorise(coverageRef, _authorisation(), 0);
    }

    function test_endAuthorisation_ends_tomorrow_at_the_earliest() external {
        _authorise(_authorisation());
        uint32 until = TODAY + 10;
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, TODAY, TODAY, until)
        );
        _endAuthorisation(insurer, 1, TODAY);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.EndOutOfBounds.selector, until, TODAY, until)
        );
        _endAuthorisation(insurer, 1, until);
        _suspended(INSURER);
        _paused(address(registry));

        vm.expectEmit(true, true, true, true);
        emit ICoverageRegistry.AuthorisationEnded(coverageRef, INSURER, 1, TODAY + 1);
        _endAuthorisation(insurer, 1, TODAY + 1);

        yes(_isAuthorised(3, TODAY, HOSPITAL, 1));
        yes(!_isAuthorised(3, TODAY + 1, HOSPITAL, 1));
    }

    function test_endAuthorisation_refuses_a_number_that_was_not_given() external {
        _authorise(_authorisation());
        for (uint16 number = 0; number <= 2; number += 2) {
            vm.expectRevert(
                abi.encodeWithSelector(ICoverageRegistry.AuthorisationUnknown.selector, coverageRef, number)
            );
            _endAuthorisation(insurer, number, TODAY + 1);
        }
        vm.expectRevert(
            abi.encodeWithSelector(ICoverageRegistry.CoverageNotOfPayer.selector, coverageRef, 0, INSURER)
        );
        _endAuthorisation(stranger, 1, TODAY + 1);
    }

    /// @dev Four units of category 3, for anyone, from yesterday for eleven days.
    function _authorisation() private pure returns (Authorisation memory) {
        return Authorisation({category: 3, units: 4, from: TODAY - 1, until: TODAY + 10, provider: 0});
    }

    function _authorise(Authorisation memory given) private returns (uint16) {
        vm.prank(insurer);
        return registry.authorise(coverageRef, given, "document");
    }

    function _endAuthorisation(address by, uint16 number, uint32 until) private {
        vm.prank(by);
        registry.endAuthorisation(coverageRef, number, until);
    }

    function _isAuthorised(uint8 category, uint32 day, uint32 provider, uint16 number)
        private
        view
        returns (bool authorised)
    {
        (,,,, authorised,) = registry.wordsOf(coverageRef, category, day, provider, number);
    }

    /* READING */

    function test_eligibilityOn_tells_the_codes_of_the_first_rule_that_denies() external {
        _contract(HOSPITAL, TODAY, TODAY + 1);

        _eligible(0, TODAY, HOSPITAL, 0);
        _eligible(0, JANUARY, HOSPITAL, 0);
        _eligible(0, JANUARY - 1, HOSPITAL, "CO26\x00N30");
        _eligible(0, JANUARY + 364, HOSPITAL, 0);
        _eligible(0, JANUARY + 365, HOSPITAL, "CO27\x00N30");
        _eligible(2, TODAY, HOSPITAL, "PR204N130");
        _eligible(200, TODAY, HOSPITAL, "PR204N130");
        _eligible(3, TODAY, HOSPITAL, 0);
        _eligible(4, JANUARY + 9, HOSPITAL, "PR179");
        _eligible(4, JANUARY + 10, HOSPITAL, "PR242N95");
        _eligible(4, TODAY, HOSPITAL, 0);
        _eligible(4, TODAY, CLINIC, "PR242N95");
    }

    function test_eligibilityOn_asks_no_other_payer() external {
        Enrolment memory enrolment = _enrolment(plan);
        enrolment.secondary = true;
        coverageRef = _enrol(enrolment);

        _eligible(0, TODAY, HOSPITAL, 0);
    }

    function test_eligibilityOn_tells_the_terms_and_the_benefit_period() external {
        Plan memory terms = _terms();
        terms.periodDays = 30;
        coverageRef = _enrol(_publish(terms, _benefits()));

        (bytes32 denial, uint32 period, PlanTerms memory found) =
            registry.eligibilityOn(coverageRef, 5, JANUARY + 60, HOSPITAL);

        same(denial, 0);
        same(period, 2);
        (, period,) = registry.eligibilityOn(coverageRef, 5, JANUARY + 59, HOSPITAL);
        same(period, 1);
        (, period,) = registry.eligibilityOn(coverageRef, 5, JANUARY - 1, HOSPITAL);
        same(period, 0);
        Coverage memory coverage = registry.coverageOf(coverageRef);
        same(
            keccak256(abi.encode(found)),
            keccak256(abi.encode(PlanTerms(coverage, terms, _benefits()[5], false)))
        );
    }

    function test_eligibilityOn_refuses_an_unknown_coverage() external {
        vm.expectRevert(abi.encodeWithSelector(ICoverageRegistry.CoverageUnknown.selector, bytes32("none")));
        registry.eligibilityOn("none", 0, TODAY, HOSPITAL);
    }

    function test_wordsOf_an_unknown_coverage_are_zeros() external view {
        (CoverageWord coverage, PlanWord terms, BenefitWord benefit, bool contracted, bool authorised,) =
            registry.wordsOf("none", 0, TODAY, HOSPITAL, 1);

        same(CoverageWord.unwrap(coverage) | PlanWord.unwrap(terms) | BenefitWord.unwrap(benefit), 0);
        yes(!contracted && !authorised);
    }

    function testFuzz_coverages_are_what_they_are_in_words(Coverage memory coverage) external pure {
        same(keccak256(abi.encode(coverage.pack().unpack())), keccak256(abi.encode(coverage)));
    }

    function test_isPrice_proves_a_row_under_its_version_category_and_price_only() external {
        Benefit[] memory benefits = _benefits();
        (benefits[0].scheduled, benefits[0].price) = (true, 0);
        bytes32 sibling = keccak256("another leaf");
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(bytes32("row"), uint8(0), uint48(77)))));
        bytes32 root =
            leaf < sibling ? keccak256(bytes.concat(leaf, sibling)) : keccak256(bytes.concat(sibling, leaf));
        uint32 number = _publish(_terms(), benefits, root);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;

        yes(registry.isPrice(number, 1, "row", 0, 77, proof));
        yes(!registry.isPrice(number, 1, "row", 0, 78, proof));
        yes(!registry.isPrice(number, 1, "row", 1, 77, proof));
        yes(!registry.isPrice(number, 1, "cow", 0, 77, proof));
        yes(!registry.isPrice(number, 2, "row", 0, 77, proof));
        yes(!registry.isPrice(number, 1, "row", 0, 77, new bytes32[](0)));
    }

    function _eligible(uint8 category, uint32 day, uint32 provider, bytes32 codes) private view {
        (bytes32 denial,,) = registry.eligibilityOn(coverageRef, category, day, provider);
        same(denial, codes);
    }
}
