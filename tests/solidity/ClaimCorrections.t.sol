// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimAdjudicator} from "../../contracts/ClaimAdjudicator.sol";
import {
    Appeal,
    AppealStatus,
    Claim,
    ClaimDecision,
    ClaimStatus,
    IClaimAdjudicator,
    Line,
    Service,
    Waiver
} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {Authorisation, Benefit, Enrolment, Plan} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {TestEuro} from "../../contracts/tokens/TestEuro.sol";
import {ClaimWorld} from "./ClaimWorld.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/*
settle
├── given a pended claim, anyone pays it once the pool suffices, and once only
├── given a claim that the pool can pay in part, it pends whole, and others are paid
└── given a short pool, a paid claim, another decision or a pause, it refuses
void
├── it gives back limits, units, authorisation and money, and the claim can be filed again
├── it takes from what is unclaimed first, then from the provider's account
├── it is open to who is suspended or removed, and while paused
└── given another's claim, a decision changed in one word, or a second void, it refuses
replace
├── it leaves what submitting once would have left, and moves the difference only
├── it is filed with the original while the window is open, for the same coverage and days, and not else
├── given a pool that is short of it, what was paid stays paid, and the difference pends
└── given a replacement that is refused, the original stands
appeal
├── it asks the panel to waive rules for lines, once, within the window of the filing, also while paused
├── given a service that was appealed before, under whatever claim, it refuses
└── given a late one, nothing to waive, no such line, a duplicate, no grounds or no panel, it refuses
decide
├── given a majority, it decides the lines anew and pays the difference, and while paused pends it
├── given a majority against, or no time left, the decision stands
├── given each rule, it is waived and no other
├── given less than before, the line stays as it was
└── given who is party, not seated, not active or decided already, it refuses
deposit, withdraw, collect
├── only a payer funds, only its own account withdraws, only its own account collects
└── given more than there is, or nobody to send to, it refuses
the token
└── given decimals, a hundredth of the currency is told rightly; given fewer than two or too many, it is refused
*/
contract ClaimCorrectionsTest is ClaimWorld {
    bytes32 private constant GROUNDS = keccak256("grounds");

    /* PENDING */

    function test_settle_pays_a_pended_claim_once_the_pool_suffices() external {
        _drain();
        Claim memory claim = _claim(1, "code");
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimPended(_idOf(HOSPITAL, 0), HOSPITAL, INSURER, 12_000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(claim);
        entry(_keyOf(claim.lines[0]), ClaimStatus.Pended, _sealOf(claimId, decision));
        used(0, 0, 12_000);
        same(euro.balanceOf(hospital), 1);

        _fund(insurer, 11_999);
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PoolShort.selector, INSURER, 11_999, 12_000));
        adjudicator.settle(claimId, HOSPITAL, decision);
        _fund(insurer, 1);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimSettled(claimId, HOSPITAL, INSURER, 12_000);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderPaid(HOSPITAL, hospital, 12_000);
        vm.prank(stranger);
        adjudicator.settle(claimId, HOSPITAL, decision);

        entry(_keyOf(claim.lines[0]), ClaimStatus.Settled, _sealOf(claimId, decision));
        same(euro.balanceOf(hospital), 1 + 12_000);
        used(0, 0, 12_000);
        booked();
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.ClaimNotPended.selector, claimId));
        adjudicator.settle(claimId, HOSPITAL, decision);
    }

    function test_submit_pends_whole_what_the_pool_can_pay_in_part() external {
        _drain();
        _fund(insurer, 13_000);

        (bytes32 claimId, ClaimDecision memory two) = _submit(_claim(_service(1), _service(1)));
        (, ClaimDecision memory one) = _submit(_claim(1, "code"));

        told(one, 0, "CO45 8000");
        same(euro.balanceOf(hospital), 1 + 12_000);
        same(adjudicator.poolOf(INSURER), 1000);
        _fund(insurer, 23_000);
        adjudicator.settle(claimId, HOSPITAL, two);
        same(euro.balanceOf(hospital), 1 + 36_000);
        booked();
    }

    function test_submit_settles_what_is_due_nothing_from_an_empty_pool() external {
        _drain();

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(2, "not covered"));

        Line memory line = _line(_service(2), "not covered");
        entry(_keyOf(line), ClaimStatus.Settled, _sealOf(claimId, decision));
    }

    function test_settle_refuses_while_paused_and_what_does_not_stand() external {
        _drain();
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        _fund(insurer, FUNDS);

        _notStanding(claimId, CLINIC);
        adjudicator.settle(claimId, CLINIC, decision);
        decision.filedOn--;
        _notStanding(claimId, HOSPITAL);
        adjudicator.settle(claimId, HOSPITAL, decision);
        decision.filedOn++;
        _paused(address(adjudicator));
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.ClaimsPaused.selector));
        adjudicator.settle(claimId, HOSPITAL, decision);
    }

    /* VOIDING */

    function test_void_gives_back_all_that_the_claim_used() external {
        vm.prank(insurer);
        registry.authorise(coverageRef, Authorisation(3, 4, JANUARY, TODAY + 9, 0), 0);
        Service memory first = _service(3);
        (first.authorisation, first.units, first.charge) = (1, 3, 60_000);
        Service memory second = _service(5);
        second.units = 2;
        Claim memory claim = _claim(first, second);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(claim);
        told(decision, 0, "CO45 24000, PR3 1000, PR1 10000, PR2 5000");
        told(decision, 1, "PR3 1000, PR2 3800");
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 3);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimVoided(claimId, HOSPITAL, INSURER, 0);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderRepaid(HOSPITAL, hospital, 35_200);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        used(0, 0, 0);
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 0);
        same(adjudicator.unitsOf(coverageRef, 0, 3), 0);
        same(adjudicator.unitsOf(coverageRef, 0, 5), 0);
        same(adjudicator.poolOf(INSURER), FUNDS);
        same(euro.balanceOf(hospital), 1);
        for (uint256 i = 0; i < 2; ++i) {
            entry(_keyOf(claim.lines[i]), ClaimStatus.None, 0);
        }
        booked();
        (, ClaimDecision memory again) = _submit(claim);
        same(keccak256(abi.encode(again)), keccak256(abi.encode(decision)));
    }

    function test_void_gives_back_units_of_an_authorisation_that_ended_since() external {
        vm.prank(insurer);
        registry.authorise(coverageRef, Authorisation(3, 4, JANUARY, TODAY + 9, 0), 0);
        Service memory service = _service(3);
        (service.authorisation, service.servedOn) = (1, TODAY);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(service, "code"));
        vm.prank(insurer);
        registry.endAuthorisation(coverageRef, 1, TODAY + 1);
        vm.prank(insurer);
        registry.terminate(coverageRef, TODAY + 1);

        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 0);
        used(0, 0, 0);
    }

    function test_void_leaves_the_lines_that_others_billed_before() external {
        _submit(_claim(1, "first"));
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(1), _service(1)));

        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        yes(adjudicator.entryOf(_keyOf(_line(_service(1), "first"))).status == ClaimStatus.Settled);
        entry(_keyOf(_line(_service(1), "second")), ClaimStatus.None, 0);
        used(0, 0, 12_000);
    }

    function test_void_of_a_pended_claim_moves_no_money() external {
        _drain();
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));

        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        used(0, 0, 0);
        same(adjudicator.poolOf(INSURER), 0);
        booked();
    }

    function test_void_is_open_while_suspended_and_paused_and_once_removed() external {
        bytes32[3] memory ids;
        ClaimDecision[3] memory decisions;
        for (uint256 i = 0; i < 3; ++i) {
            (ids[i], decisions[i]) = _submit(_claim(1, bytes32(i + 1)));
        }
        _paused(address(adjudicator));
        vm.prank(hospital);
        adjudicator.void(ids[0], decisions[0]);
        _suspended(HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(ids[1], decisions[1]);
        _removed(HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(ids[2], decisions[2]);

        used(0, 0, 0);
        same(adjudicator.poolOf(INSURER), FUNDS);
    }

    function test_void_refuses_another_caller_another_decision_and_a_second_time() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        address[3] memory others = [clinic, insurer, stranger];
        uint32[3] memory numbers = [CLINIC, INSURER, 0];
        for (uint256 i = 0; i < 3; ++i) {
            _notStanding(claimId, numbers[i]);
            vm.prank(others[i]);
            adjudicator.void(claimId, decision);
        }
        _notStanding("another", HOSPITAL);
        vm.prank(hospital);
        adjudicator.void("another", decision);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        _notStanding(claimId, HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
    }

    function testFuzz_void_refuses_a_decision_changed_in_one_word(uint256 place, uint256 bits) external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(0), _service(0)));
        uint256 words = decision.lines[0].length + decision.lines[1].length;
        place = bound(place, 0, words + 5);
        if (bits == 0) bits = 1;
        if (place == words) decision.coverageRef ^= bytes32(bits);
        else if (place == words + 1) decision.claimRef ^= bytes32(bits);
        else if (place == words + 2) decision.priorRemittance ^= bytes32(bits);
        else if (place == words + 3) decision.filedOn ^= uint32(bits | 1);
        else if (place == words + 4) decision.decidedOn ^= uint32(bits | 1);
        else if (place == words + 5) decision.paidBefore ^= uint48(bits | 1);
        else if (place < decision.lines[0].length) decision.lines[0][place] ^= bytes32(bits);
        else decision.lines[1][place - decision.lines[0].length] ^= bytes32(bits);

        _notStanding(claimId, HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
    }

    function test_void_refuses_a_decision_that_is_none() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        bytes32[] memory whole = decision.lines[0];
        for (uint256 words = 0; words < whole.length; ++words) {
            decision.lines[0] = new bytes32[](words);
            for (uint256 i = 0; i < words; ++i) {
                decision.lines[0][i] = whole[i];
            }
            _notStanding(claimId, HOSPITAL);
            vm.prank(hospital);
            adjudicator.void(claimId, decision);
        }
        decision.lines = new bytes32[][](0);
        _notStanding(claimId, HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        decision.lines = new bytes32[][](1);
        decision.lines[0] = whole;
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
    }

    function test_void_takes_claims_of_one_line_and_of_two_but_not_the_one_without_the_other() external {
        (bytes32 alone, ClaimDecision memory one) = _submit(_claim(1, "code"));
        (bytes32 both, ClaimDecision memory two) = _submit(_claim(_service(1), _service(1)));
        bytes32[][] memory lines = two.lines;

        two.lines = new bytes32[][](1);
        two.lines[0] = lines[0];
        _notStanding(both, HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(both, two);
        two.lines[0] = lines[1];
        _notStanding(both, HOSPITAL);
        vm.prank(hospital);
        adjudicator.void(both, two);

        two.lines = lines;
        vm.startPrank(hospital);
        adjudicator.void(both, two);
        adjudicator.void(alone, one);
        vm.stopPrank();
        used(0, 0, 0);
    }

    function test_void_refuses_what_the_provider_cannot_repay() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.prank(hospital);
        euro.transfer(clinic, 2);

        vm.expectRevert(
            abi.encodeWithSelector(
                IClaimAdjudicator.TokenRefused.selector, hospital, address(adjudicator), 12_000
            )
        );
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        used(0, 0, 12_000);
    }

    /* REPLACING */

    function test_replace_leaves_what_submitting_once_would_have_left() external {
        Claim memory wrong = _claim(_service(0), _service(5));
        Service memory service = _service(0);
        service.charge = 11_500;
        Claim memory right = _claim(service, _service(1));
        uint256 before = vm.snapshotState();
        _submit(_claim(0, "earlier"));
        (, ClaimDecision memory once) = _submit(right);
        bytes32 books = _books(right);
        vm.revertToState(before);

        _submit(_claim(0, "earlier"));
        (bytes32 claimId, ClaimDecision memory decision) = _submit(wrong);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimVoided(claimId, HOSPITAL, INSURER, _idOf(HOSPITAL, 2));
        vm.prank(hospital);
        (bytes32 id, ClaimDecision memory twice) = adjudicator.replace(claimId, decision, right);

        same(id, _idOf(HOSPITAL, 2));
        same(keccak256(abi.encode(twice)), keccak256(abi.encode(once)));
        same(_books(right), books);
        booked();
    }

    function test_replace_moves_the_difference_only() external {
        vm.prank(hospital);
        euro.approve(address(adjudicator), 2000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        Service memory service = _service(1);
        service.charge = 10_000;

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderRepaid(HOSPITAL, hospital, 2000);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(service, "code"));
        same(euro.balanceOf(hospital), 1 + 10_000);
        same(adjudicator.poolOf(INSURER), FUNDS - 10_000);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderPaid(HOSPITAL, hospital, 2000);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(1, "code"));
        same(euro.balanceOf(hospital), 1 + 12_000);

        vm.recordLogs();
        vm.prank(hospital);
        adjudicator.replace(claimId, decision, _claim(1, "code"));
        same(vm.getRecordedLogs().length, 2);
        booked();
    }

    function test_replace_with_what_the_pool_cannot_pay_pends_the_difference() external {
        (bytes32 claimId, ClaimDecision memory decision) = _pendedReplacement();

        same(decision.paidBefore, 12_000);
        entry(_keyOf(_line(_service(1), "first")), ClaimStatus.Pended, _sealOf(claimId, decision));
        same(euro.balanceOf(hospital), 1 + 12_000);
        same(adjudicator.poolOf(INSURER), 11_999);
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PoolShort.selector, INSURER, 11_999, 12_000));
        adjudicator.settle(claimId, HOSPITAL, decision);
        _fund(insurer, 1);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimSettled(claimId, HOSPITAL, INSURER, 12_000);
        adjudicator.settle(claimId, HOSPITAL, decision);
        same(euro.balanceOf(hospital), 1 + 24_000);
        same(adjudicator.poolOf(INSURER), 0);
        booked();
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        same(adjudicator.poolOf(INSURER), 24_000);
        used(0, 0, 0);
    }

    function test_replace_keeps_what_was_paid_however_often_the_pool_is_short() external {
        (bytes32 claimId, ClaimDecision memory decision) = _pendedReplacement();
        Line[] memory lines = new Line[](3);
        for (uint256 i = 0; i < 3; ++i) {
            lines[i] = _line(_service(1), bytes32(i + 1));
        }

        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(lines));

        same(decision.paidBefore, 12_000);
        same(euro.balanceOf(hospital), 1 + 12_000);
        same(adjudicator.poolOf(INSURER), 11_999);
        booked();
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        same(euro.balanceOf(hospital), 1);
        same(adjudicator.poolOf(INSURER), 23_999);
        used(0, 0, 0);
    }

    function test_replace_pays_from_the_pool_and_what_was_paid_where_both_suffice() external {
        _drain();
        _fund(insurer, 24_000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));

        vm.prank(hospital);
        (, decision) = adjudicator.replace(claimId, decision, _claim(_service(1), _service(1)));

        same(decision.paidBefore, 0);
        same(euro.balanceOf(hospital), 1 + 24_000);
        same(adjudicator.poolOf(INSURER), 0);
    }

    function test_replace_under_another_payer_gives_the_first_one_all_back() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.startPrank(reinsurer);
        (uint32 number,) = registry.publish(0, _terms(), _benefits(), 0, 0);
        Enrolment[] memory enrolments = new Enrolment[](1);
        enrolments[0] = _enrolment(number);
        coverageRef = registry.enrol(enrolments)[0];
        vm.stopPrank();

        vm.prank(hospital);
        (, decision) = adjudicator.replace(claimId, decision, _claim(1, "code"));

        same(decision.paidBefore, 0);
        entry(_keyOf(_line(_service(1), "code")), ClaimStatus.Pended, _sealOf(_idOf(HOSPITAL, 1), decision));
        same(euro.balanceOf(hospital), 1);
        same(adjudicator.poolOf(INSURER), FUNDS);
        booked();
    }

    /// @dev Paid are 120.00; 240.00 are due, and 119.99 are in the pool.
    function _pendedReplacement() private returns (bytes32 claimId, ClaimDecision memory decision) {
        _drain();
        _fund(insurer, 23_999);
        (claimId, decision) = _submit(_claim(1, "code"));
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimPended(_idOf(HOSPITAL, 1), HOSPITAL, INSURER, 12_000);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(_service(1), _service(1)));
    }

    function test_replace_is_filed_with_the_original_while_the_window_is_open() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.warp(start + 59 days);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(1, "code"));
        same(decision.filedOn, TODAY);
        same(decision.decidedOn, TODAY + 59);

        vm.warp(start + 60 days);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(1, "code"));
        same(decision.filedOn, TODAY + 60);
        told(decision, 0, "CO45 8000");
    }

    function test_replace_is_filed_today_for_another_coverage_or_day() external {
        Service memory other = _service(1);
        other.servedOn = TODAY;
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(other, _service(1)));
        vm.warp(start + 1 days);
        uint256 before = vm.snapshotState();
        same(_replaced(claimId, decision, _claim(other, other)), TODAY);
        vm.revertToState(before);

        other.servedOn = TODAY - 2;
        same(_replaced(claimId, decision, _claim(_service(1), other)), TODAY + 1);
        vm.revertToState(before);

        coverageRef = _enrol(plan);
        same(_replaced(claimId, decision, _claim(1, "code")), TODAY + 1);
    }

    function test_replace_does_not_file_what_was_not_billed_in_time() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(2, "placeholder"));
        Service memory late = _service(1);
        late.servedOn = JANUARY;
        vm.warp(uint256(JANUARY + 91) * 1 days - 1);
        vm.prank(hospital);
        (, decision) = adjudicator.replace(claimId, decision, _claim(late, "late"));
        told(decision, 0, "CO45 8000");
        (claimId, decision) = _submit(_claim(2, "placeholder"));
        vm.warp(uint256(JANUARY + 91) * 1 days);

        vm.prank(hospital);
        (, decision) = adjudicator.replace(claimId, decision, _claim(late, "later"));

        told(decision, 0, "CO29 20000");
    }

    function _replaced(bytes32 claimId, ClaimDecision memory decision, Claim memory claim)
        private
        returns (uint32)
    {
        vm.prank(hospital);
        (, decision) = adjudicator.replace(claimId, decision, claim);
        return decision.filedOn;
    }

    function test_replace_refuses_and_leaves_the_original() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        Service memory service = _service(1);
        service.units = 0;

        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.LineUnitsMissing.selector, 0));
        vm.prank(hospital);
        adjudicator.replace(claimId, decision, _claim(service, "code"));
        _notStanding(claimId, CLINIC);
        vm.prank(clinic);
        adjudicator.replace(claimId, decision, _claim(1, "code"));
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotProvider.selector, insurer));
        vm.prank(insurer);
        adjudicator.replace(claimId, decision, _claim(1, "code"));

        used(0, 0, 12_000);
        entry(_keyOf(_line(_service(1), "code")), ClaimStatus.Settled, _sealOf(claimId, decision));
    }

    /// @dev All that a claim leaves behind but its number.
    function _books(Claim memory claim) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                adjudicator.accumulatorsOf(coverageRef, 0),
                adjudicator.unitsOf(coverageRef, 0, 5),
                adjudicator.poolOf(INSURER),
                adjudicator.unclaimedOf(HOSPITAL),
                euro.balanceOf(hospital),
                euro.balanceOf(address(adjudicator)),
                adjudicator.entryOf(_keyOf(claim.lines[0])).status,
                adjudicator.entryOf(_keyOf(claim.lines[1])).status,
                adjudicator.entryOf(_keyOf(_line(_service(5), "second"))).status
            )
        );
    }

    /* APPEALING */

    function test_decide_decides_anew_and_pays_when_the_majority_grants_it() external {
        (bytes32 claimId, ClaimDecision memory decision) = _late();
        same(adjudicator.panel().length, 6);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ClaimAppealed(
            claimId, HOSPITAL, INSURER, 1, _bit(Waiver.Filing), GROUNDS, TODAY + 151
        );
        _appeal(claimId, decision, 1, _bit(Waiver.Filing));
        same(uint256(adjudicator.appealOf(claimId).status), uint256(AppealStatus.Open));

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.PanelistVoted(claimId, REINSURER, reinsurer, true);
        _decide(reinsurer, claimId, decision, true);
        _decide(clinic, claimId, decision, true);
        same(euro.balanceOf(hospital), 1);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.AppealDecided(claimId, true);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.ProviderPaid(HOSPITAL, hospital, 800);
        _decide(ministry, claimId, decision, true);

        Appeal memory appealed = adjudicator.appealOf(claimId);
        same(uint256(appealed.status), uint256(AppealStatus.Granted));
        same(appealed.approvals, 3);
        same(appealed.rejections, 0);
        decision.decidedOn = TODAY + 91;
        decision.lines[0] = new bytes32[](7);
        decision.lines[0][0] = bytes32(_packed(_service(0)));
        decision.lines[0][1] = "code";
        uint256 outcome = 1 | 1 << 16 | 12_000 << 32 | 10_000 << 80 | 11_200 << 128 | uint256(800) << 176;
        decision.lines[0][2] = bytes32(outcome);
        decision.lines[0][3] = bytes32("CO45") | bytes32(uint256(8000));
        decision.lines[0][4] = bytes32("PR3") | bytes32(uint256(1000));
        decision.lines[0][5] = bytes32("PR1") | bytes32(uint256(10_000));
        decision.lines[0][6] = bytes32("PR2") | bytes32(uint256(200));
        entry(_keyOf(_line(_service(0), "code")), ClaimStatus.Settled, _sealOf(claimId, decision));
        used(10_000, 11_200, 800);
        booked();
    }

    function test_decide_waives_each_rule_and_no_other() external {
        vm.prank(insurer);
        registry.authorise(coverageRef, Authorisation(3, 1, JANUARY, TODAY + 1, 0), 0);
        _appealed(
            _service(2), 0, "PR204:N130 20000", Waiver.NotCovered, "CO45 8000, PR3 1000, PR1 10000, PR2 200"
        );
        Service memory service = _service(4);
        service.servedOn = JANUARY;
        _appealed(service, 0, "PR179 20000", Waiver.Waiting, "PR242:N95 20000");
        _appealed(_service(4), 0, "PR242:N95 20000", Waiver.Network, "CO45 8000, PR3 1000, PR2 2200");
        _appealed(_service(3), 0, "CO197 20000", Waiver.Authorisation, "CO45 8000, PR3 1000, PR2 2200");
        service = _service(3);
        service.authorisation = 9;
        _appealed(service, 0, "CO15 20000", Waiver.Authorisation, "CO45 8000, PR3 1000, PR2 2200");
        service = _service(3);
        (service.authorisation, service.units) = (1, 2);
        _appealed(service, 0, "CO198 10000, PR3 1000, PR2 1800", Waiver.Authorisation, "PR3 1000, PR2 3800");
        same(adjudicator.authorisedUnitsOf(coverageRef, 1), 0);
        same(adjudicator.unitsOf(coverageRef, 0, 3), 4);
        service = _service(5);
        (service.units, service.charge) = (10, 10_000);
        _appealed(service, 0, "CO151:N362 5000, PR3 1000, PR2 800", Waiver.UnitLimit, "PR3 1000, PR2 1800");
        same(adjudicator.unitsOf(coverageRef, 0, 5), 0);
        service = _service(1);
        _appealed(service, 0, "CO45 8000", Waiver.Price, "");
    }

    function test_decide_waives_another_payer_and_a_price_that_is_missing() external {
        Enrolment memory enrolment = _enrolment(plan);
        enrolment.secondary = true;
        coverageRef = _enrol(enrolment);
        _appealed(_service(1), 0, "CO22 20000", Waiver.OtherPayer, "CO45 8000");

        Benefit[] memory benefits = _benefits();
        (benefits[1].scheduled, benefits[1].price) = (true, 0);
        coverageRef = _enrol(_publish(_terms(), benefits, "root"));
        _appealed(_service(1), 0, "CO96:N448 20000", Waiver.Price, "");
    }

    function test_decide_touches_the_named_lines_only() external {
        Service memory other = _service(4);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(4), other));
        _appeal(claimId, decision, 2, _bit(Waiver.Network));

        ClaimDecision memory anew = _granted(claimId, decision);

        told(anew, 0, "PR242:N95 20000");
        told(anew, 1, "CO45 8000, PR3 1000, PR1 10000, PR2 200");
        same(_outcome(anew, 0).waived, 0);
        same(_outcome(anew, 1).waived, _bit(Waiver.Network));
    }

    function test_decide_leaves_a_line_for_which_less_would_be_paid() external {
        (bytes32 first, ClaimDecision memory deducted) = _submit(_claim(0, "deducted"));
        Service memory service = _service(5);
        (service.units, service.charge) = (10, 10_000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(service, "limited"));
        told(decision, 0, "CO151:N362 5000, PR3 1000, PR2 800");
        vm.prank(hospital);
        adjudicator.void(first, deducted);
        used(0, 1800, 3200);

        _appeal(claimId, decision, 1, _bit(Waiver.UnitLimit));
        ClaimDecision memory anew = _granted(claimId, decision);

        told(anew, 0, "CO151:N362 5000, PR3 1000, PR2 800");
        same(_outcome(anew, 0).waived, 0);
        used(0, 1800, 3200);
        same(adjudicator.unitsOf(coverageRef, 0, 5), 5);
        booked();
    }

    function test_decide_pends_the_difference_when_the_pool_is_short() external {
        Service memory service = _service(5);
        (service.units, service.charge) = (10, 20_000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(service, "code"));
        told(decision, 0, "CO151:N362 10000, PR3 1000, PR1 9000");
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        _submit(_claim(0, "deducted"));
        (claimId, decision) = _submit(_claim(service, "code"));
        told(decision, 0, "CO151:N362 10000, PR3 1000, PR2 1800");
        uint256 balance = euro.balanceOf(hospital);
        _drain();

        _appeal(claimId, decision, 1, _bit(Waiver.UnitLimit));
        ClaimDecision memory anew = _granted(claimId, decision);

        told(anew, 0, "PR3 1000, PR2 3800");
        same(anew.paidBefore, 7200);
        same(euro.balanceOf(hospital), balance);
        uint256 before = vm.snapshotState();
        _fund(insurer, 8000);
        adjudicator.settle(claimId, HOSPITAL, anew);
        same(euro.balanceOf(hospital), balance + 8000);
        booked();

        vm.revertToState(before);
        vm.prank(hospital);
        adjudicator.void(claimId, anew);
        same(adjudicator.poolOf(INSURER), 7200);
        same(euro.balanceOf(hospital), balance - 7200);
        booked();
    }

    function test_decide_pays_all_of_a_claim_that_was_pended_before() external {
        _drain();
        Service memory service = _service(1);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(service, "code"));
        _fund(insurer, FUNDS);
        _appeal(claimId, decision, 1, _bit(Waiver.Price));

        ClaimDecision memory anew = _granted(claimId, decision);

        same(anew.paidBefore, 0);
        same(euro.balanceOf(hospital), 1 + 20_000);
        vm.prank(hospital);
        adjudicator.void(claimId, anew);
        same(euro.balanceOf(hospital), 1);
        used(0, 0, 0);
        booked();
    }

    function test_decide_ends_when_no_majority_is_possible_any_more() external {
        (bytes32 claimId, ClaimDecision memory decision) = _late();
        _appeal(claimId, decision, 1, _bit(Waiver.Filing));

        _decide(reinsurer, claimId, decision, false);
        same(uint256(adjudicator.appealOf(claimId).status), uint256(AppealStatus.Open));
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.AppealDecided(claimId, false);
        _decide(clinic, claimId, decision, false);

        same(uint256(adjudicator.appealOf(claimId).status), uint256(AppealStatus.Rejected));
        same(adjudicator.appealOf(claimId).rejections, 2);
        entry(_keyOf(_line(_service(0), "code")), ClaimStatus.Settled, _sealOf(claimId, decision));
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.AppealNotOpen.selector, claimId, AppealStatus.Rejected)
        );
        _decide(ministry, claimId, decision, true);
        _refusesAppeal(
            claimId,
            decision,
            1,
            1,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.AppealExists.selector, claimId, AppealStatus.Rejected)
        );
    }

    function test_decide_lapses_on_the_deadline() external {
        (bytes32 claimId, ClaimDecision memory decision) = _late();
        _appeal(claimId, decision, 1, _bit(Waiver.Filing));
        vm.warp(block.timestamp + 59 days);
        _decide(reinsurer, claimId, decision, true);
        vm.warp(block.timestamp + 1 days);

        same(uint256(adjudicator.appealOf(claimId).status), uint256(AppealStatus.Lapsed));
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.AppealNotOpen.selector, claimId, AppealStatus.Lapsed)
        );
        _decide(clinic, claimId, decision, true);
    }

    function test_decide_refuses_parties_and_whoever_is_not_seated_active_or_decided_already() external {
        (bytes32 claimId, ClaimDecision memory decision) = _late();
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.AppealNotOpen.selector, claimId, AppealStatus.None)
        );
        _decide(clinic, claimId, decision, true);
        _seat(60, [uint32(2), 3, 5, 0]);
        _appeal(claimId, decision, 1, _bit(Waiver.Filing));
        _suspended(INSPECTOR);

        address[5] memory callers = [insurer, hospital, clinic, inspector, stranger];
        uint32[5] memory numbers = [INSURER, HOSPITAL, CLINIC, INSPECTOR, 0];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IClaimAdjudicator.CallerNotOnPanel.selector, claimId, numbers[i])
            );
            _decide(callers[i], claimId, decision, true);
        }
        _decide(reinsurer, claimId, decision, true);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.PanelistDecided.selector, claimId, REINSURER)
        );
        _decide(reinsurer, claimId, decision, false);
        _notStanding(claimId, CLINIC);
        vm.prank(reinsurer);
        adjudicator.decide(claimId, CLINIC, decision, true);
    }

    function test_appeal_refuses_a_service_that_was_appealed_under_another_claim() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(1), _service(1)));
        _appeal(claimId, decision, 1, _bit(Waiver.Price));
        _decide(reinsurer, claimId, decision, false);
        _decide(clinic, claimId, decision, false);
        bytes memory refusal = abi.encodeWithSelector(IClaimAdjudicator.ServiceAppealed.selector, 0);

        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(_service(1), _service(1)));
        _refusesAppeal(claimId, decision, 1, 255, GROUNDS, refusal);
        _refusesAppeal(claimId, decision, 3, 255, GROUNDS, refusal);

        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        Line[] memory lines = new Line[](2);
        (lines[0], lines[1]) = (_line(_service(1), "second"), _line(_service(1), "first"));
        (claimId, decision) = _submit(_claim(lines));
        _refusesAppeal(
            claimId,
            decision,
            2,
            255,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.ServiceAppealed.selector, 1)
        );
        _appeal(claimId, decision, 1, _bit(Waiver.Price));
    }

    function test_appeal_goes_by_the_filing_which_a_replacement_in_time_does_not_renew() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.warp(start + 59 days);
        vm.prank(hospital);
        (claimId, decision) = adjudicator.replace(claimId, decision, _claim(1, "code"));
        uint256 before = vm.snapshotState();
        _appeal(claimId, decision, 1, 1);
        vm.revertToState(before);
        vm.warp(start + 60 days);

        _refusesAppeal(
            claimId,
            decision,
            1,
            1,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.AppealLate.selector, claimId, TODAY, 60)
        );
    }

    function test_decide_does_not_revive_a_claim_that_was_taken_back() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        _appeal(claimId, decision, 1, _bit(Waiver.Price));
        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        _notStanding(claimId, HOSPITAL);
        _decide(reinsurer, claimId, decision, true);
    }

    /* WHILE PAUSED */

    function test_appeal_and_decide_are_open_while_paused_and_pend_the_difference() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        _paused(address(adjudicator));

        _appeal(claimId, decision, 1, _bit(Waiver.Price));
        ClaimDecision memory anew = _granted(claimId, decision);

        told(anew, 0, "");
        same(anew.paidBefore, 12_000);
        entry(_keyOf(_line(_service(1), "code")), ClaimStatus.Pended, _sealOf(claimId, anew));
        same(euro.balanceOf(hospital), 1 + 12_000);
        same(adjudicator.poolOf(INSURER), FUNDS - 12_000);
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.ClaimsPaused.selector));
        adjudicator.settle(claimId, HOSPITAL, anew);
        _voted();
        consortium.unpause(address(adjudicator));
        adjudicator.settle(claimId, HOSPITAL, anew);
        same(euro.balanceOf(hospital), 1 + 20_000);
        booked();
    }

    function test_decide_settles_while_paused_what_is_due_nothing() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(2, "code"));
        _paused(address(adjudicator));

        _appeal(claimId, decision, 1, _bit(Waiver.Filing));
        ClaimDecision memory anew = _granted(claimId, decision);

        told(anew, 0, "PR204:N130 20000");
        entry(_keyOf(_line(_service(2), "code")), ClaimStatus.Settled, _sealOf(claimId, anew));
    }

    function test_appeal_refuses_on_the_last_day_of_the_window() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.warp(start + 59 days);
        uint256 before = vm.snapshotState();
        _appeal(claimId, decision, 1, 1);
        same(adjudicator.appealOf(claimId).deadline, TODAY + 119);
        vm.revertToState(before);
        vm.warp(start + 60 days);

        _refusesAppeal(
            claimId,
            decision,
            1,
            1,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.AppealLate.selector, claimId, TODAY, 60)
        );
    }

    function test_appeal_refuses_what_asks_for_nothing_or_for_what_is_not_there() external {
        _submit(_claim(1, "second"));
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(_service(1), _service(1)));

        for (uint16 waived = 0; waived <= 256; waived += 256) {
            _refusesAppeal(
                claimId,
                decision,
                1,
                waived,
                GROUNDS,
                abi.encodeWithSelector(IClaimAdjudicator.WaiversOutOfBounds.selector, waived, 255)
            );
        }
        for (uint256 lines = 0; lines <= 4; lines += 4) {
            _refusesAppeal(
                claimId,
                decision,
                lines,
                255,
                GROUNDS,
                abi.encodeWithSelector(IClaimAdjudicator.AppealedLinesOutOfBounds.selector, lines, 2)
            );
        }
        _refusesAppeal(
            claimId,
            decision,
            3,
            255,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.AppealedLineDuplicate.selector, 1)
        );
        _refusesAppeal(
            claimId,
            decision,
            1,
            255,
            0,
            abi.encodeWithSelector(IClaimAdjudicator.GroundsMissing.selector, claimId)
        );
        _seat(60, [uint32(1), 3, 0, 0]);
        _refusesAppeal(
            claimId,
            decision,
            1,
            255,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.PanelEmpty.selector, claimId)
        );
        decision.decidedOn++;
        _refusesAppeal(
            claimId,
            decision,
            1,
            255,
            GROUNDS,
            abi.encodeWithSelector(IClaimAdjudicator.DecisionNotStanding.selector, claimId, HOSPITAL)
        );
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotProvider.selector, insurer));
        vm.prank(insurer);
        adjudicator.appeal(claimId, decision, 1, 255, GROUNDS);
    }

    function test_setAppealRules_is_for_votes_and_within_bounds() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotVote.selector, insurer));
        vm.prank(insurer);
        adjudicator.setAppealRules(60, new uint32[](0));
        for (uint32 window = 6; window <= 366; window += 360) {
            vm.expectRevert(
                abi.encodeWithSelector(IClaimAdjudicator.AppealWindowOutOfBounds.selector, window, 7, 365)
            );
            _voted();
            adjudicator.setAppealRules(window, new uint32[](0));
        }
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PanelNotUsable.selector, 9));
        _voted();
        adjudicator.setAppealRules(60, _seats(10));
        uint32[] memory members = _seats(9);
        members[4] = 4;
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PanelNotUsable.selector, 4));
        _voted();
        adjudicator.setAppealRules(60, members);

        members = _seats(9);
        for (uint32 window = 7; window <= 365; window += 358) {
            vm.expectEmit(true, true, true, true);
            emit IClaimAdjudicator.AppealRulesChanged(window, members);
            _voted();
            adjudicator.setAppealRules(window, members);
            same(adjudicator.appealWindow(), window);
        }
        same(keccak256(abi.encode(adjudicator.panel())), keccak256(abi.encode(members)));
    }

    function test_the_panel_at_first_is_the_one_of_the_deployment() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PanelNotUsable.selector, 9));
        new ClaimAdjudicator(consortium, registry, euro, _seats(10));
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.AppealRulesChanged(60, _seats(9));
        ClaimAdjudicator made = new ClaimAdjudicator(consortium, registry, euro, _seats(9));
        same(made.panel().length, 9);
        same(made.appealWindow(), 60);
    }

    function _bit(Waiver rule) private pure returns (uint16) {
        return uint16(1 << uint256(rule));
    }

    function _packed(Service memory service) private pure returns (uint256) {
        return uint256(service.category) | uint256(service.units) << 8 | uint256(service.servedOn) << 24
            | uint256(service.charge) << 80;
    }

    /// @dev A claim filed a day too late.
    function _late() private returns (bytes32, ClaimDecision memory) {
        vm.warp(start + 91 days);
        return _submit(_claim(0, "code"));
    }

    function _appeal(bytes32 claimId, ClaimDecision memory decision, uint256 lines, uint16 waived) private {
        vm.prank(hospital);
        adjudicator.appeal(claimId, decision, lines, waived, GROUNDS);
    }

    function _refusesAppeal(
        bytes32 claimId,
        ClaimDecision memory decision,
        uint256 lines,
        uint16 waived,
        bytes32 grounds,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        vm.prank(hospital);
        adjudicator.appeal(claimId, decision, lines, waived, grounds);
    }

    function _decide(address by, bytes32 claimId, ClaimDecision memory decision, bool approve) private {
        vm.prank(by);
        adjudicator.decide(claimId, HOSPITAL, decision, approve);
    }

    /// @dev Three of four grant it, and what they decided is read from the event.
    function _granted(bytes32 claimId, ClaimDecision memory decision) private returns (ClaimDecision memory) {
        _decide(reinsurer, claimId, decision, true);
        _decide(clinic, claimId, decision, true);
        vm.recordLogs();
        _decide(ministry, claimId, decision, true);
        return abi.decode(vm.getRecordedLogs()[2].data, (ClaimDecision));
    }

    /// @dev Files a service, appeals against one rule, and compares before and after.
    function _appealed(
        Service memory service,
        uint256 place,
        string memory before,
        Waiver rule,
        string memory anew
    ) private {
        bytes32 code = keccak256(abi.encode(service, rule, adjudicator.claimsOf(HOSPITAL)));
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(service, code));
        told(decision, place, before);
        _appeal(claimId, decision, 1, _bit(rule));
        told(_granted(claimId, decision), place, anew);
        booked();
    }

    function _seat(uint32 window, uint32[4] memory members) private {
        uint256 count = 0;
        while (count < 4 && members[count] != 0) ++count;
        uint32[] memory seated = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            seated[i] = members[i];
        }
        _voted();
        adjudicator.setAppealRules(window, seated);
    }

    function _notStanding(bytes32 claimId, uint32 provider) private {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.DecisionNotStanding.selector, claimId, provider)
        );
    }

    /* MONEY */

    function test_deposit_credits_the_payer_also_from_an_operator() external {
        address operator = _operator(INSURER, 77);
        vm.prank(insurer);
        euro.transfer(operator, 500);
        vm.startPrank(operator);
        euro.approve(address(adjudicator), 500);

        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.PoolFunded(INSURER, operator, 500);
        same(adjudicator.deposit(500), 500);

        vm.stopPrank();
        same(adjudicator.poolOf(INSURER), FUNDS + 500);
        booked();
    }

    function test_deposit_refuses_whoever_is_no_payer_a_pause_and_what_does_not_move() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.CallerNotFunder.selector, hospital));
        vm.prank(hospital);
        adjudicator.deposit(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClaimAdjudicator.TokenRefused.selector, insurer, address(adjudicator), FUNDS + 1
            )
        );
        vm.prank(insurer);
        adjudicator.deposit(FUNDS + 1);
        _paused(address(adjudicator));
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.ClaimsPaused.selector));
        vm.prank(insurer);
        adjudicator.deposit(1);
    }

    function test_withdraw_is_open_while_suspended_and_paused_and_once_removed() external {
        _paused(address(adjudicator));
        _suspended(INSURER);
        vm.expectEmit(true, true, true, true);
        emit IClaimAdjudicator.PoolWithdrawn(INSURER, stranger, 100);
        vm.prank(insurer);
        adjudicator.withdraw(100, stranger);
        _removed(INSURER);
        vm.prank(insurer);
        adjudicator.withdraw(FUNDS - 100, insurer);

        same(euro.balanceOf(stranger), 100);
        same(adjudicator.poolOf(INSURER), 0);
        booked();
    }

    function test_withdraw_refuses_another_key_more_than_there_is_and_nobody() external {
        address operator = _operator(INSURER, 77);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.CallerNotOwnAccount.selector, operator, insurer)
        );
        vm.prank(operator);
        adjudicator.withdraw(1, operator);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.CallerNotOwnAccount.selector, stranger, address(0))
        );
        vm.prank(stranger);
        adjudicator.withdraw(0, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.PoolShort.selector, INSURER, FUNDS, FUNDS + 1)
        );
        vm.prank(insurer);
        adjudicator.withdraw(FUNDS + 1, insurer);
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PoolShort.selector, HOSPITAL, 0, 1));
        vm.prank(hospital);
        adjudicator.withdraw(1, hospital);
        address[2] memory nobody = [address(0), address(adjudicator)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.RecipientNotUsable.selector, nobody[i]));
            vm.prank(insurer);
            adjudicator.withdraw(1, nobody[i]);
        }
    }

    function test_collect_refuses_where_nothing_waits() external {
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.NothingUnclaimed.selector, HOSPITAL));
        vm.prank(hospital);
        adjudicator.collect(hospital);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimAdjudicator.CallerNotOwnAccount.selector, stranger, address(0))
        );
        vm.prank(stranger);
        adjudicator.collect(stranger);
    }

    function test_a_donation_changes_nothing() external {
        vm.prank(reinsurer);
        euro.transfer(address(adjudicator), 777);

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        _drain();

        same(euro.balanceOf(address(adjudicator)), 777);
        same(adjudicator.poolOf(INSURER) + adjudicator.unclaimedOf(HOSPITAL), 0);
    }

    function test_payments_follow_an_account_that_was_replaced() external {
        _drain();
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        _voted();
        consortium.replaceAccount(HOSPITAL, stranger);
        _fund(insurer, FUNDS);

        adjudicator.settle(claimId, HOSPITAL, decision);

        same(euro.balanceOf(stranger), 12_000);
    }

    /* THE TOKEN */

    function test_a_hundredth_follows_the_decimals() external {
        uint8[4] memory decimals = [2, 3, 18, 36];
        uint256[4] memory expected = [uint256(1), 10, 1e16, 1e34];
        for (uint256 i = 0; i < 4; ++i) {
            same(_over(decimals[i]).HUNDREDTH(), expected[i]);
        }
    }

    function test_a_token_without_hundredths_or_too_fine_is_refused() external {
        for (uint8 decimals = 1; decimals <= 37; decimals += 36) {
            Decimals token = new Decimals(decimals);
            vm.expectRevert(
                abi.encodeWithSelector(IClaimAdjudicator.DecimalsOutOfBounds.selector, decimals, 2, 36)
            );
            new ClaimAdjudicator(consortium, registry, IERC20(address(token)), _seats(0));
        }
    }

    function test_a_token_of_18_decimals_pays_hundredths() external {
        Decimals token = new Decimals(18);
        token.mint(insurer, 1000e18);
        _settleIn(IERC20(address(token)));
        _fund(insurer, 1000e18);

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(0, "code"));
        same(token.balanceOf(hospital), 8e18);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);

        same(adjudicator.poolOf(INSURER), 1000e18);
        _drain();
        (claimId, decision) = _submit(_claim(1, "pended"));
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.PoolShort.selector, INSURER, 0, 120e18));
        adjudicator.settle(claimId, HOSPITAL, decision);
    }

    function test_the_faucet_of_the_test_euro_is_local() external {
        TestEuro minted = new TestEuro();
        minted.mint(stranger, 5);
        vm.chainId(1337);
        minted.mint(stranger, 5);
        same(minted.balanceOf(stranger), 10);
        same(minted.decimals(), 2);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(TestEuro.FaucetNotLocal.selector, 1));
        minted.mint(stranger, 5);
    }

    function _over(uint8 decimals) private returns (ClaimAdjudicator) {
        Decimals token = new Decimals(decimals);
        return new ClaimAdjudicator(consortium, registry, IERC20(address(token)), _seats(0));
    }
}

/// @dev A token of any decimals.
contract Decimals is ERC20 {
    uint8 private immutable _decimals;

    constructor(uint8 digits) ERC20("Decimals", "DEC") {
        _decimals = digits;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
