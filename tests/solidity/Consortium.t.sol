// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consortium} from "../../contracts/Consortium.sol";
import {
    Action,
    Actor,
    Adoption,
    Choice,
    Founder,
    IConsortium,
    Listing,
    Member,
    MemberStatus,
    Proposal,
    ProposalStatus,
    Role,
    Rule,
    Threshold
} from "../../contracts/interfaces/IConsortium.sol";
import {Governance} from "../../contracts/libraries/Governance.sol";
import {Callee, ConsortiumWorld, Wallet} from "./ConsortiumWorld.sol";
import {Vm} from "./Vm.sol";

// founding
// ├── given too few, duplicate, nameless or unusable founders
// │   └── it refuses
// └── given three or more
//     ├── it seats them, sets the rules and the thresholds, adopts
//     └── it leaves the deployer without any power
// membership, by vote
// ├── given a caller that is not the consortium
// │   └── every governed function refuses
// ├── admit: refuses bad roles, taken names and accounts, a full house
// ├── remove: refuses at the floor, withdraws open proposals, leaves the keys with revocation only
// ├── replaceAccount: revokes every key, voids the ballots of the old account
// └── suspend: ends by itself, rests, never leaves less than a true majority active
// contracts and rules, by vote
// ├── adopt: refuses old versions, twice, no code, the consortium itself
// ├── pause: ends by itself, rests, is told to the contract that asks
// └── setRule, setThreshold: refuse what is out of bounds
// operators
// ├── when the key did not consent, or consented to another member, or late, or before
// │   └── it refuses
// └── when it did
//     └── it acts for the member until revoked
// deciding
// ├── propose: refuses what is empty, too long, about two members, too many
// ├── vote: refuses twice, by whatever way; refuses the subject, the suspended, the removed, the stranger
// ├── voteBySignature: refuses another chain, contract, proposal, member, choice, time, shape
// └── execute: counts the active now; refuses early, late, short, twice, nested, failing
contract ConsortiumTest is ConsortiumWorld {
    address private stranger = vm.addr(99);

    /* FOUNDING */

    function test_founding_seats_the_founders() external view {
        same(consortium.members().length, 5);
        Member memory first = consortium.memberOf(1);
        same(first.account, vm.addr(1));
        same(first.roles, PROVIDER);
        same(first.admittedAt, start);
        same(first.name, bytes32(uint256(1)));
        same(consortium.operatorsOf(1)[0], vm.addr(1));
        same(consortium.ruleOf(Rule.VotingPeriod), 14 days);
        same(consortium.ruleOf(Rule.Notice), 0);
        same(consortium.contractOf("Callee"), address(callee));
        standing(5, MemberStatus.Active);
        standing(6, MemberStatus.None);
    }

    function test_founding_tells_everything() external {
        Founder[] memory founders = _founders(3);
        Adoption[] memory adoptions = new Adoption[](1);
        adoptions[0] = Adoption("Callee", 1, address(callee));

        vm.recordLogs();
        new Consortium(founders, adoptions);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        same(logs.length, 16);
        _tells(logs[0], IConsortium.RuleChanged.selector, 1, abi.encode(14 days));
        _tells(logs[1], IConsortium.RuleChanged.selector, 2, abi.encode(0));
        same(logs[2].topics[2], bytes32(IConsortium.suspend.selector));
        same(keccak256(logs[2].data), keccak256(abi.encode(Threshold.AnyTwo)));
        same(logs[11].topics[2], bytes32(IConsortium.replaceAccount.selector));
        same(keccak256(logs[11].data), keccak256(abi.encode(Threshold.TwoThirds)));
        _tells(logs[12], IConsortium.MemberAdmitted.selector, 1, abi.encode(PROVIDER, bytes32(uint256(1))));
        same(logs[12].topics[2], bytes32(uint256(uint160(vm.addr(1)))));
        _tells(logs[15], IConsortium.ContractAdopted.selector, uint256(bytes32("Callee")), abi.encode(1));
        same(logs[15].topics[2], bytes32(uint256(uint160(address(callee)))));
    }

    function _tells(Vm.Log memory log, bytes32 selector, uint256 subject, bytes memory data) private pure {
        same(log.topics[0], selector);
        same(log.topics[1], bytes32(subject));
        same(keccak256(log.data), keccak256(data));
    }

    function test_founding_refuses_two_founders() external {
        Founder[] memory founders = _founders(2);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.FoundersTooFew.selector, 2, 3));
        new Consortium(founders, new Adoption[](0));
    }

    function test_founding_refuses_the_same_account_twice() external {
        Founder[] memory founders = _founders(3);
        founders[2].account = founders[0].account;

        vm.expectRevert(abi.encodeWithSelector(IConsortium.KeyTaken.selector, founders[0].account, 1));
        new Consortium(founders, new Adoption[](0));
    }

    function test_founding_refuses_the_zero_account() external {
        Founder[] memory founders = _founders(3);
        founders[2].account = address(0);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, address(0)));
        new Consortium(founders, new Adoption[](0));
    }

    function test_founding_takes_addresses_without_code() external {
        Adoption[] memory adoptions = new Adoption[](1);
        adoptions[0] = Adoption("Later", 1, address(0xbeef));

        Consortium founded = new Consortium(_founders(3), adoptions);

        same(founded.contractOf("Later"), address(0xbeef));
    }

    function test_the_deployer_has_no_power() external {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, address(this)));
        consortium.propose(_actions(address(callee), abi.encodeCall(Callee.note, (1))), REASON);
        same(consortium.actorOf(address(this)).member, 0);
        _refuseEveryGovernedCall(address(this));
    }

    function test_every_governed_function_refuses_one_administrator() external {
        _refuseEveryGovernedCall(vm.addr(1));
    }

    function _refuseEveryGovernedCall(address caller) private {
        bytes[] memory calls = new bytes[](13);
        calls[0] = abi.encodeCall(IConsortium.admit, (stranger, PROVIDER, "x"));
        calls[1] = abi.encodeCall(IConsortium.remove, (2));
        calls[2] = abi.encodeCall(IConsortium.setRoles, (2, PAYER));
        calls[3] = abi.encodeCall(IConsortium.replaceAccount, (2, stranger));
        calls[4] = abi.encodeCall(IConsortium.suspend, (2));
        calls[5] = abi.encodeCall(IConsortium.suspendUntilLifted, (2));
        calls[6] = abi.encodeCall(IConsortium.reinstate, (2));
        calls[7] = abi.encodeCall(IConsortium.adopt, (Adoption("x", 1, stranger)));
        calls[8] = abi.encodeCall(IConsortium.pause, (address(callee)));
        calls[9] = abi.encodeCall(IConsortium.pauseUntilLifted, (address(callee)));
        calls[10] = abi.encodeCall(IConsortium.unpause, (address(callee)));
        calls[11] = abi.encodeCall(IConsortium.setRule, (Rule.Notice, 1 days));
        calls[12] = abi.encodeCall(
            IConsortium.setThreshold, (address(callee), Callee.note.selector, Threshold.Majority)
        );
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(caller);
            (bool done, bytes memory reason) = address(consortium).call(calls[i]);
            yes(!done);
            bytes memory expected = abi.encodeWithSelector(IConsortium.CallerNotConsortium.selector, caller);
            same(keccak256(reason), keccak256(expected));
        }
    }

    /* MEMBERSHIP, BY VOTE */

    function test_admit_seats_a_sixth_at_two_thirds() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.admit, (stranger, PAYER, "sixth")));
        _approve(id, 1, 3);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 3, 4));
        _vote(id, 4, Choice.Approve);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.ProposalExecuted(id, 1, vm.addr(1));
        vm.expectEmit(true, true, true, true);
        emit IConsortium.MemberAdmitted(6, stranger, PAYER, "sixth");
        _execute(id);

        standing(6, MemberStatus.Active);
        same(consortium.actorOf(stranger).roles, PAYER);
    }

    function test_admit_refuses_roles_that_are_none() external {
        uint16[2] memory bad = [uint16(0), uint16(512)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IConsortium.RolesNotAssignable.selector, bad[i]));
            _voted();
            consortium.admit(stranger, bad[i], "sixth");
        }
        _voted();
        consortium.admit(stranger, 511, "sixth");
    }

    function test_admit_refuses_no_name_and_a_taken_one() external {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.NameMissing.selector, stranger));
        _voted();
        consortium.admit(stranger, PAYER, 0);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.NameTaken.selector, bytes32(uint256(2)), 2));
        _voted();
        consortium.admit(stranger, PAYER, bytes32(uint256(2)));
    }

    function test_admit_refuses_the_consortium_and_a_taken_account() external {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, address(consortium)));
        _voted();
        consortium.admit(address(consortium), PAYER, "sixth");

        vm.expectRevert(abi.encodeWithSelector(IConsortium.KeyTaken.selector, vm.addr(2), 2));
        _voted();
        consortium.admit(vm.addr(2), PAYER, "sixth");
    }

    function test_admit_refuses_one_too_many() external {
        for (uint256 i = 6; i <= 64; ++i) {
            _voted();
            consortium.admit(vm.addr(i), PAYER, bytes32(i));
        }

        vm.expectRevert(abi.encodeWithSelector(IConsortium.MembershipFull.selector, 64));
        _voted();
        consortium.admit(vm.addr(65), PAYER, "more");
    }

    function test_remove_takes_the_seat_and_leaves_revocation() external {
        address operator = _operator(2, 20);
        vm.prank(vm.addr(2));
        bytes32 own = consortium.propose(_actions(address(callee), abi.encodeCall(Callee.note, (1))), REASON);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.MemberRemoved(2);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.ProposalWithdrawn(own, 2);
        _removed(2);

        standing(2, MemberStatus.Removed);
        same(consortium.members().length, 4);
        same(consortium.rolesOf(2), 0);
        Actor memory actor = consortium.actorOf(operator);
        same(actor.member, 2);
        same(actor.roles, 0);
        same(uint256(consortium.statusOfProposal(own)), uint256(ProposalStatus.Withdrawn));
        vm.prank(vm.addr(2));
        consortium.revokeOperator(operator);
        same(consortium.actorOf(operator).member, 0);
    }

    function test_remove_leaves_an_expired_proposal_expired() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.suspend, (2)));
        vm.warp(start + 14 days);

        _removed(1);

        same(uint256(consortium.statusOfProposal(id)), uint256(ProposalStatus.Expired));
    }

    function test_remove_refuses_below_the_floor() external {
        _removed(5);
        _removed(4);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.MembershipAtFloor.selector, 3, 3));
        _voted();
        consortium.remove(3);
    }

    function test_remove_refuses_who_is_not_seated() external {
        _removed(5);

        _refuseSeat(abi.encodeCall(IConsortium.remove, (5)), 5, MemberStatus.Removed);
        _refuseSeat(abi.encodeCall(IConsortium.setRoles, (6, PAYER)), 6, MemberStatus.None);
        _refuseSeat(abi.encodeCall(IConsortium.replaceAccount, (5, stranger)), 5, MemberStatus.Removed);
        _refuseSeat(abi.encodeCall(IConsortium.suspendUntilLifted, (0)), 0, MemberStatus.None);
    }

    function _refuseSeat(bytes memory data, uint32 member, MemberStatus status) private {
        vm.prank(address(consortium));
        (, bytes memory reason) = address(consortium).call(data);
        bytes memory expected = abi.encodeWithSelector(IConsortium.MemberNotSeated.selector, member, status);
        same(keccak256(reason), keccak256(expected));
    }

    function test_remove_needs_two_thirds_of_the_others_and_the_target_does_not_vote() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.remove, (5)));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.VoterIsSubject.selector, id, 5));
        vm.prank(vm.addr(5));
        consortium.vote(id, Choice.Reject);
        _approve(id, 1, 2);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 2, 3));
        _vote(id, 3, Choice.Approve);
        _vote(id, 4, Choice.Reject);

        _execute(id);

        standing(5, MemberStatus.Removed);
    }

    function test_two_of_four_are_no_majority_for_anything_but_a_suspension() external {
        consortium = _found(4);
        bytes32 removal = _open(abi.encodeCall(IConsortium.remove, (4)));
        bytes32 lasting = _open(abi.encodeCall(IConsortium.suspendUntilLifted, (4)));
        bytes32 pausing = _open(abi.encodeCall(IConsortium.pauseUntilLifted, (address(callee))));
        _approve(removal, 1, 2);
        _approve(lasting, 1, 2);
        _approve(pausing, 1, 2);

        _refuseExecution(removal, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, removal, 2, 3));
        _refuseExecution(lasting, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, lasting, 2, 3));
        _refuseExecution(pausing, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, pausing, 2, 3));
    }

    function test_one_member_cannot_remove_another() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.remove, (5)));
        _approve(id, 1, 1);

        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 1, 3));
    }

    function test_a_removal_bundled_with_a_rule_needs_three_quarters_of_all() external {
        Action[] memory actions = new Action[](2);
        actions[0] = Action(address(consortium), abi.encodeCall(IConsortium.remove, (5)));
        actions[1] = Action(address(consortium), abi.encodeCall(IConsortium.setRule, (Rule.Notice, 1 days)));
        bytes32 id = _open(actions);
        _approve(id, 1, 3);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 3, 4));
        _vote(id, 4, Choice.Approve);

        _execute(id);

        standing(5, MemberStatus.Removed);
        same(consortium.ruleOf(Rule.Notice), 1 days);
    }

    function test_a_member_can_leave_by_its_own_proposal() external {
        address account = _account(2);
        Action[] memory leaving = _actions(address(consortium), abi.encodeCall(IConsortium.remove, (2)));
        vm.prank(account);
        bytes32 id = consortium.propose(leaving, REASON);
        _vote(id, 1, Choice.Approve);
        _approve(id, 3, 4);

        _execute(id);

        standing(2, MemberStatus.Removed);
        same(uint256(consortium.statusOfProposal(id)), uint256(ProposalStatus.Executed));
    }

    function test_setRoles_changes_what_every_key_may() external {
        address operator = _operator(2, 20);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.RolesChanged(2, PAYER);
        _voted();
        consortium.setRoles(2, PAYER);

        same(consortium.rolesOf(2), PAYER);
        same(consortium.actorOf(operator).roles, PAYER);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.RolesNotAssignable.selector, 0));
        _voted();
        consortium.setRoles(2, 0);
    }

    function test_replaceAccount_revokes_every_key_and_voids_the_old_ballots() external {
        address operator = _operator(2, 20);
        address second = _operator(2, 21);
        bytes32 id = _open(abi.encodeCall(IConsortium.admit, (stranger, PAYER, "sixth")));
        vm.prank(operator);
        consortium.vote(id, Choice.Approve);
        (uint256 before,,) = consortium.tallyOf(id);
        same(before, 1);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorRevoked(2, second);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorRevoked(2, operator);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.AccountReplaced(2, vm.addr(2), operator);
        _voted();
        consortium.replaceAccount(2, operator);

        same(consortium.actorOf(vm.addr(2)).member, 0);
        same(consortium.actorOf(second).member, 0);
        same(consortium.actorOf(operator).member, 2);
        same(consortium.actorOf(operator).account, operator);
        same(consortium.operatorsOf(2).length, 1);
        same(uint256(consortium.ballotOf(id, 2)), uint256(Choice.None));
        _vote(id, 2, Choice.Reject);
        (uint256 approvals, uint256 rejections,) = consortium.tallyOf(id);
        same(approvals, 0);
        same(rejections, 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AlreadyVoted.selector, id, 2, Choice.Reject));
        vm.prank(operator);
        consortium.vote(id, Choice.Approve);
    }

    function test_replaceAccount_refuses_the_key_of_another_member() external {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.KeyTaken.selector, vm.addr(3), 3));
        _voted();
        consortium.replaceAccount(2, vm.addr(3));
    }

    function test_replaceAccount_needs_all_four_others_of_five() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.replaceAccount, (5, stranger)));
        _approve(id, 1, 3);

        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 3, 4));
    }

    function test_suspend_by_any_two_ends_by_itself() external {
        address operator = _operator(5, 20);
        bytes32 id = _open(abi.encodeCall(IConsortium.suspend, (5)));
        _approve(id, 1, 1);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 1, 2));
        _vote(id, 2, Choice.Approve);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.MemberSuspended(5, uint48(start + 7 days));
        _execute(id);

        vm.warp(start + 7 days - 1);
        standing(5, MemberStatus.Suspended);
        same(consortium.actorOf(operator).roles, 0);
        same(consortium.actorOf(operator).member, 5);
        vm.warp(start + 7 days);
        standing(5, MemberStatus.Active);
        same(consortium.actorOf(operator).roles, PROVIDER);
    }

    function test_suspend_refuses_again_before_the_rest_is_over() external {
        _suspended(5);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 5, MemberStatus.Suspended)
        );
        _voted();
        consortium.suspend(5);

        vm.warp(start + 37 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.SuspensionResting.selector, 5, start + 37 days));
        _voted();
        consortium.suspend(5);

        vm.warp(start + 37 days);
        _suspended(5);
        standing(5, MemberStatus.Suspended);
    }

    function test_suspend_refuses_to_leave_less_than_a_true_majority() external {
        _suspended(5);
        _suspended(4);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.SuspensionBreaksMajority.selector, 2, 5));
        _voted();
        consortium.suspend(3);
    }

    function test_two_that_suspend_others_gain_no_vote() external {
        _suspended(5);
        _suspended(4);
        bytes32 lasting = _open(abi.encodeCall(IConsortium.suspendUntilLifted, (5)));
        bytes32 removal = _open(abi.encodeCall(IConsortium.remove, (5)));
        bytes32 admission = _open(abi.encodeCall(IConsortium.admit, (stranger, PAYER, "puppet")));
        _approve(lasting, 1, 2);
        _approve(removal, 1, 2);
        _approve(admission, 1, 2);

        _refuseExecution(lasting, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, lasting, 2, 3));
        _refuseExecution(removal, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, removal, 2, 3));
        _refuseExecution(
            admission, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, admission, 2, 4)
        );
    }

    function test_suspendUntilLifted_lasts_until_a_majority_reinstates() external {
        _suspended(5);
        bytes32 id = _open(abi.encodeCall(IConsortium.suspendUntilLifted, (5)));
        _approve(id, 1, 3);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.MemberSuspended(5, type(uint48).max);
        _execute(id);
        vm.warp(start + 3650 days);
        standing(5, MemberStatus.Suspended);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.MemberReinstated(5, uint48(start + 3680 days));
        _voted();
        consortium.reinstate(5);

        standing(5, MemberStatus.Active);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.SuspensionResting.selector, 5, start + 3680 days));
        _voted();
        consortium.suspend(5);
    }

    function test_reinstate_refuses_who_is_not_suspended() external {
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotSuspended.selector, 5, MemberStatus.Active)
        );
        _voted();
        consortium.reinstate(5);
    }

    /* CONTRACTS AND RULES, BY VOTE */

    function test_adopt_makes_a_newer_version_the_one() external {
        Callee newer = new Callee();
        bytes32 id = _open(abi.encodeCall(IConsortium.adopt, (Adoption("Callee", 2, address(newer)))));
        _approve(id, 1, 3);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 3, 4));
        _vote(id, 4, Choice.Approve);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.ContractAdopted("Callee", address(newer), 2);
        _execute(id);

        same(consortium.contractOf("Callee"), address(newer));
        Listing[] memory listings = consortium.adopted();
        same(listings.length, 2);
        same(listings[0].target, address(callee));
        same(listings[1].target, address(newer));
        same(listings[1].version, 2);
        same(listings[1].name, "Callee");
        same(listings[1].adoptedAt, start);
    }

    function test_adopt_refuses_what_is_wrong() external {
        address newer = address(new Callee());
        _refuseAdoption("x", 1, stranger, abi.encodeWithSelector(IConsortium.CodeMissing.selector, stranger));
        _refuseAdoption(0, 1, newer, abi.encodeWithSelector(IConsortium.NameMissing.selector, newer));
        _refuseAdoption(
            "x",
            1,
            address(callee),
            abi.encodeWithSelector(
                IConsortium.ContractAlreadyAdopted.selector, address(callee), bytes32("Callee")
            )
        );
        _refuseAdoption(
            "Callee",
            1,
            newer,
            abi.encodeWithSelector(IConsortium.VersionNotNewer.selector, bytes32("Callee"), 1, 1)
        );
        _refuseAdoption(
            "x",
            1,
            address(consortium),
            abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, address(consortium))
        );
    }

    function _refuseAdoption(bytes32 name, uint32 version, address target, bytes memory refusal) private {
        vm.expectRevert(refusal);
        _voted();
        consortium.adopt(Adoption(name, version, target));
    }

    function test_founding_refuses_to_adopt_the_zero_address() external {
        Adoption[] memory adoptions = new Adoption[](1);
        adoptions[0] = Adoption("x", 1, address(0));

        vm.expectRevert(abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, address(0)));
        new Consortium(_founders(3), adoptions);
    }

    function test_pause_by_any_two_ends_by_itself_and_rests() external {
        bytes32 id = _open(abi.encodeCall(IConsortium.pause, (address(callee))));
        _approve(id, 1, 2);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.ContractPaused(address(callee), uint48(start + 7 days));
        _execute(id);

        vm.warp(start + 7 days - 1);
        yes(consortium.isPaused(address(callee)));
        vm.prank(address(callee));
        yes(consortium.actorOf(vm.addr(1)).paused);
        yes(!consortium.actorOf(vm.addr(1)).paused);
        vm.expectRevert(
            abi.encodeWithSelector(
                IConsortium.ContractAlreadyPaused.selector, address(callee), start + 7 days
            )
        );
        _voted();
        consortium.pause(address(callee));
        vm.warp(start + 7 days);
        yes(!consortium.isPaused(address(callee)));
        vm.warp(start + 37 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.PauseResting.selector, address(callee), start + 37 days)
        );
        _voted();
        consortium.pause(address(callee));
        vm.warp(start + 37 days);
        _voted();
        consortium.pause(address(callee));
        yes(consortium.isPaused(address(callee)));
    }

    function test_pauseUntilLifted_lasts_until_unpaused() external {
        vm.expectEmit(true, true, true, true);
        emit IConsortium.ContractPaused(address(callee), type(uint48).max);
        _voted();
        consortium.pauseUntilLifted(address(callee));
        vm.warp(start + 3650 days);
        yes(consortium.isPaused(address(callee)));

        vm.expectEmit(true, true, true, true);
        emit IConsortium.ContractUnpaused(address(callee), uint48(start + 3680 days));
        _voted();
        consortium.unpause(address(callee));

        yes(!consortium.isPaused(address(callee)));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.ContractNotPaused.selector, address(callee)));
        _voted();
        consortium.unpause(address(callee));
    }

    function test_pause_refuses_what_is_not_adopted() external {
        bytes memory refusal = abi.encodeWithSelector(IConsortium.ContractNotAdopted.selector, stranger);
        vm.expectRevert(refusal);
        _voted();
        consortium.pause(stranger);
        vm.expectRevert(refusal);
        _voted();
        consortium.pauseUntilLifted(stranger);
        vm.expectRevert(refusal);
        _voted();
        consortium.unpause(stranger);
    }

    function test_setRule_keeps_within_bounds() external {
        _setRule(Rule.VotingPeriod, 8 days);
        _setRule(Rule.VotingPeriod, 90 days);
        _setRule(Rule.Notice, 5 days);
        _refuseRule(Rule.VotingPeriod, 8 days - 1, 8 days, 90 days);
        _refuseRule(Rule.VotingPeriod, 90 days + 1, 8 days, 90 days);
        _refuseRule(Rule.Notice, 5 days + 1, 0, 5 days);
        _refuseRule(Rule.None, 1, 1, 0);
    }

    function _setRule(Rule rule, uint48 value) private {
        vm.expectEmit(true, true, true, true);
        emit IConsortium.RuleChanged(rule, value);
        _voted();
        consortium.setRule(rule, value);
        same(consortium.ruleOf(rule), value);
    }

    function _refuseRule(Rule rule, uint48 value, uint48 low, uint48 high) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.RuleOutOfBounds.selector, rule, value, low, high));
        _voted();
        consortium.setRule(rule, value);
    }

    function test_setThreshold_eases_a_call_of_an_adopted_contract() external {
        bytes4 selector = Callee.note.selector;
        same(uint256(consortium.thresholdOf(address(callee), selector)), uint256(Threshold.ThreeQuarters));

        vm.expectEmit(true, true, true, true);
        emit IConsortium.ThresholdChanged(address(callee), selector, Threshold.Majority);
        _voted();
        consortium.setThreshold(address(callee), selector, Threshold.Majority);
        bytes32 id = _open(_actions(address(callee), abi.encodeCall(Callee.note, (7))));
        _approve(id, 1, 2);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 2, 3));
        _vote(id, 3, Choice.Approve);
        _execute(id);

        same(callee.noted(), 7);
        _voted();
        consortium.setThreshold(address(callee), selector, Threshold.TwoThirds);
        same(uint256(consortium.thresholdOf(address(callee), selector)), uint256(Threshold.TwoThirds));
        _voted();
        consortium.setThreshold(address(callee), selector, Threshold.None);
        same(uint256(consortium.thresholdOf(address(callee), selector)), uint256(Threshold.ThreeQuarters));
    }

    function test_setThreshold_refuses_any_two_and_the_consortium_itself() external {
        Threshold[3] memory bad = [Threshold.AnyTwo, Threshold.TwoThirdsOfOthers, Threshold.ThreeQuarters];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IConsortium.ThresholdNotSettable.selector, bad[i]));
            _voted();
            consortium.setThreshold(address(callee), Callee.note.selector, bad[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IConsortium.ContractNotAdopted.selector, address(consortium)));
        _voted();
        consortium.setThreshold(address(consortium), IConsortium.remove.selector, Threshold.Majority);
    }

    function test_every_own_decision_needs_what_the_table_says() external view {
        _needs(IConsortium.suspend.selector, Threshold.AnyTwo);
        _needs(IConsortium.pause.selector, Threshold.AnyTwo);
        _needs(IConsortium.suspendUntilLifted.selector, Threshold.Majority);
        _needs(IConsortium.reinstate.selector, Threshold.Majority);
        _needs(IConsortium.pauseUntilLifted.selector, Threshold.Majority);
        _needs(IConsortium.unpause.selector, Threshold.Majority);
        _needs(IConsortium.remove.selector, Threshold.TwoThirdsOfOthers);
        _needs(IConsortium.admit.selector, Threshold.TwoThirds);
        _needs(IConsortium.setRoles.selector, Threshold.TwoThirds);
        _needs(IConsortium.replaceAccount.selector, Threshold.TwoThirds);
        _needs(IConsortium.adopt.selector, Threshold.ThreeQuarters);
        _needs(IConsortium.setRule.selector, Threshold.ThreeQuarters);
        _needs(IConsortium.setThreshold.selector, Threshold.ThreeQuarters);
        _needs(bytes4(0xdeadbeef), Threshold.ThreeQuarters);
    }

    function _needs(bytes4 selector, Threshold threshold) private view {
        same(uint256(consortium.thresholdOf(address(consortium), selector)), uint256(threshold));
    }

    function testFuzz_needed_is_a_true_majority_and_grows_with_the_threshold(uint256 seats) external pure {
        seats = bound(seats, 3, 64);
        uint256 majority = Governance.needed(Threshold.Majority, seats);
        uint256 others = Governance.needed(Threshold.TwoThirdsOfOthers, seats);
        uint256 thirds = Governance.needed(Threshold.TwoThirds, seats);
        uint256 quarters = Governance.needed(Threshold.ThreeQuarters, seats);

        yes(2 * majority > seats && 2 * (majority - 1) <= seats);
        yes(3 * thirds >= 2 * seats && 3 * (thirds - 1) < 2 * seats);
        yes(4 * quarters >= 3 * seats && 4 * (quarters - 1) < 3 * seats);
        yes(3 * others >= 2 * (seats - 1) && others < seats);
        yes(
            2 <= majority && majority <= others && others <= thirds && thirds <= quarters && quarters <= seats
        );
        same(Governance.needed(Threshold.AnyTwo, seats), 2);
    }

    /* OPERATORS */

    function test_addOperator_lets_a_consenting_key_act() external {
        address operator = vm.addr(20);
        bytes memory signature = _sign(20, _mandateDigest(2, operator, 0, uint64(start + 1)));
        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorAdded(2, operator);
        vm.prank(vm.addr(2));
        consortium.addOperator(operator, uint64(start + 1), signature);

        Actor memory actor = consortium.actorOf(operator);
        same(actor.member, 2);
        same(actor.account, vm.addr(2));
        same(actor.roles, PROVIDER);
        same(consortium.mandatesOf(operator), 1);
        same(consortium.operatorsOf(2)[1], operator);
    }

    function test_addOperator_refuses_a_key_that_did_not_consent() external {
        address victim = vm.addr(20);
        uint64 deadline = uint64(start + 1);
        _refuseMandate(victim, deadline, _sign(2, _mandateDigest(2, victim, 0, deadline)));
        _refuseMandate(victim, deadline, _sign(20, _mandateDigest(3, victim, 0, deadline)));
        _refuseMandate(victim, deadline, _sign(20, _mandateDigest(2, victim, 1, deadline)));
        _refuseMandate(victim, deadline, _sign(20, _mandateDigest(2, victim, 0, deadline + 1)));
        _refuseMandate(victim, deadline, "");
    }

    function _refuseMandate(address operator, uint64 deadline, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.MandateNotSigned.selector, operator, 2));
        vm.prank(vm.addr(2));
        consortium.addOperator(operator, deadline, signature);
    }

    function test_addOperator_refuses_at_the_deadline() external {
        address operator = vm.addr(20);
        bytes memory signature = _sign(20, _mandateDigest(2, operator, 0, uint64(start)));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.MandateLate.selector, operator, start));
        vm.prank(vm.addr(2));
        consortium.addOperator(operator, uint64(start), signature);
    }

    function test_addOperator_refuses_a_mandate_used_before() external {
        address operator = _operator(2, 20);
        bytes memory used = _sign(20, _mandateDigest(2, operator, 0, uint64(start + 1)));
        vm.prank(vm.addr(2));
        consortium.revokeOperator(operator);

        _refuseMandate(operator, uint64(start + 1), used);
        _operator(2, 20);
        same(consortium.actorOf(operator).member, 2);
    }

    function test_addOperator_refuses_the_key_of_another_member() external {
        address operator = _operator(3, 20);
        bytes memory signature = _sign(20, _mandateDigest(2, operator, 1, uint64(start + 1)));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.KeyTaken.selector, operator, 3));
        vm.prank(vm.addr(2));
        consortium.addOperator(operator, uint64(start + 1), signature);
    }

    function test_addOperator_takes_sixteen() external {
        for (uint256 i = 0; i < 16; ++i) {
            _operator(2, 100 + i);
        }
        address operator = vm.addr(20);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.OperatorsFull.selector, 2, 16));
        vm.prank(vm.addr(2));
        consortium.addOperator(operator, uint64(start + 1), "");
    }

    function test_addOperator_refuses_an_operator_a_stranger_and_the_suspended() external {
        address operator = _operator(2, 20);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.CallerNotAccount.selector, operator, vm.addr(2)));
        vm.prank(operator);
        consortium.addOperator(stranger, uint64(start + 1), "");

        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        vm.prank(stranger);
        consortium.addOperator(stranger, uint64(start + 1), "");

        _suspended(2);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 2, MemberStatus.Suspended)
        );
        vm.prank(vm.addr(2));
        consortium.addOperator(stranger, uint64(start + 1), "");
    }

    function test_addOperator_takes_a_contract_wallet() external {
        address wallet = address(new Wallet(vm.addr(20), 0x1626ba7e));
        bytes memory signature = _sign(20, _mandateDigest(2, wallet, 0, uint64(start + 1)));
        vm.prank(vm.addr(2));
        consortium.addOperator(wallet, uint64(start + 1), signature);

        same(consortium.actorOf(wallet).member, 2);
    }

    function test_revokeOperator_ends_it_also_while_suspended() external {
        address first = _operator(2, 20);
        address second = _operator(2, 21);
        _suspended(2);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorRevoked(2, second);
        vm.prank(vm.addr(2));
        consortium.revokeOperator(second);

        same(consortium.actorOf(second).member, 0);
        same(consortium.actorOf(first).member, 2);
        same(consortium.operatorsOf(2).length, 2);
    }

    function test_revokeOperator_refuses_what_is_not_its_operator() external {
        address operator = _operator(3, 20);
        address[3] memory bad = [operator, vm.addr(2), stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IConsortium.OperatorUnknown.selector, bad[i], 2));
            vm.prank(vm.addr(2));
            consortium.revokeOperator(bad[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IConsortium.CallerNotAccount.selector, operator, vm.addr(3)));
        vm.prank(operator);
        consortium.revokeOperator(operator);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        vm.prank(stranger);
        consortium.revokeOperator(operator);
    }

    function test_rotateOperator_puts_one_in_the_place_of_another() external {
        address old = _operator(2, 20);
        address fresh = vm.addr(21);
        bytes memory signature = _sign(21, _mandateDigest(2, fresh, 0, uint64(start + 1)));
        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorRevoked(2, old);
        vm.expectEmit(true, true, true, true);
        emit IConsortium.OperatorAdded(2, fresh);
        vm.prank(vm.addr(2));
        consortium.rotateOperator(old, fresh, uint64(start + 1), signature);

        same(consortium.actorOf(old).member, 0);
        same(consortium.actorOf(fresh).member, 2);
    }

    /* DECIDING */

    function test_propose_opens_and_tells_everything() external {
        Action[] memory actions = _actions(address(consortium), abi.encodeCall(IConsortium.remove, (5)));
        bytes32 content = keccak256(abi.encodeCall(IConsortium.propose, (actions, REASON)));
        bytes32 expected = keccak256(
            abi.encode(block.chainid, address(consortium), uint32(1), consortium.proposalsOf(1), content)
        );
        uint48 opened = uint48(start);
        Proposal memory proposal = Proposal(
            1,
            5,
            opened,
            opened,
            opened + 14 days,
            ProposalStatus.Open,
            Threshold.TwoThirdsOfOthers,
            REASON,
            actions
        );

        vm.expectEmit(true, true, true, true);
        emit IConsortium.ProposalOpened(expected, 1, vm.addr(1), proposal);
        bytes32 id = _open(actions);

        same(id, expected);
        same(keccak256(abi.encode(consortium.proposalOf(id))), keccak256(abi.encode(proposal)));
        same(consortium.openProposals().length, 1);
        same(consortium.openProposals()[0], id);
        same(consortium.proposalsOf(1), 1);
    }

    function test_propose_refuses_what_is_empty_too_many_or_too_long() external {
        _refuseProposal(new Action[](0), REASON, abi.encodeWithSelector(IConsortium.ActionsMissing.selector));
        _refuseProposal(
            _many(11), REASON, abi.encodeWithSelector(IConsortium.ActionsTooMany.selector, 11, 10)
        );
        _refuseProposal(_many(1), 0, abi.encodeWithSelector(IConsortium.ReasonMissing.selector));
        _refuseProposal(
            _actions(address(callee), hex"010203"),
            REASON,
            abi.encodeWithSelector(IConsortium.SelectorMissing.selector, 0, 3)
        );
        _refuseProposal(
            _actions(address(callee), new bytes(8193)),
            REASON,
            abi.encodeWithSelector(IConsortium.ActionsTooLong.selector, 8193, 8192)
        );
    }

    function test_propose_takes_the_largest_within_the_gas_of_a_transaction() external {
        Action[] memory actions = _many(10);
        for (uint256 i = 0; i < 10; ++i) {
            actions[i].data = new bytes(i == 0 ? 812 : 820);
            for (uint256 j = 0; j < actions[i].data.length; ++j) {
                actions[i].data[j] = 0xff;
            }
        }

        uint256 before = gasleft();
        _open(actions);

        yes(before - gasleft() + 21_000 + 8192 * 40 < 16_777_216);
    }

    function _refuseProposal(Action[] memory actions, bytes32 reason, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(vm.addr(1));
        consortium.propose(actions, reason);
    }

    function _many(uint256 count) private view returns (Action[] memory actions) {
        actions = new Action[](count);
        for (uint256 i = 0; i < count; ++i) {
            actions[i] = Action(address(callee), abi.encodeCall(Callee.note, (i)));
        }
    }

    function test_propose_refuses_two_subjects_and_takes_one_twice() external {
        Action[] memory actions = _many(3);
        actions[0] = Action(address(consortium), abi.encodeCall(IConsortium.setRoles, (5, PAYER)));
        actions[2] = Action(address(consortium), abi.encodeCall(IConsortium.suspend, (4)));
        _refuseProposal(actions, REASON, abi.encodeWithSelector(IConsortium.SubjectsTwo.selector, 5, 4));

        actions[2] = Action(address(consortium), abi.encodeCall(IConsortium.suspend, (5)));
        bytes32 id = _open(actions);

        same(consortium.proposalOf(id).subject, 5);
        same(uint256(consortium.proposalOf(id).threshold), uint256(Threshold.ThreeQuarters));
    }

    function test_propose_refuses_a_ninth_until_one_closes() external {
        bytes32 first = _open(_many(1));
        for (uint256 i = 1; i < 8; ++i) {
            _open(_many(1));
        }
        _refuseProposal(_many(1), REASON, abi.encodeWithSelector(IConsortium.ProposalsFull.selector, 1, 8));

        vm.prank(vm.addr(1));
        consortium.withdraw(first);
        _open(_many(1));
        same(consortium.openProposals().length, 8);
        vm.warp(start + 14 days);
        same(consortium.openProposals().length, 0);
        _open(_many(1));
        same(consortium.openProposals().length, 1);
    }

    function test_propose_keeps_what_is_open_when_it_forgets_the_expired() external {
        _open(_many(1));
        vm.warp(start + 1 days);
        bytes32 kept = _open(_many(1));
        vm.warp(start + 14 days);
        bytes32 fresh = _open(_many(1));

        same(consortium.openProposals().length, 2);
        same(consortium.openProposals()[0], kept);
        same(consortium.openProposals()[1], fresh);
    }

    function test_propose_refuses_strangers_the_suspended_and_the_removed() external {
        bytes memory refusal = abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        consortium.propose(_many(1), REASON);

        _suspended(1);
        _refuseProposal(
            _many(1),
            REASON,
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 1, MemberStatus.Suspended)
        );
        _removed(1);
        _refuseProposal(
            _many(1),
            REASON,
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 1, MemberStatus.Removed)
        );
    }

    function test_withdraw_ends_it_also_while_suspended() external {
        bytes32 id = _open(_many(1));
        _suspended(1);

        vm.expectEmit(true, true, true, true);
        emit IConsortium.ProposalWithdrawn(id, 1);
        vm.prank(vm.addr(1));
        consortium.withdraw(id);

        same(consortium.openProposals().length, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.ProposalNotOpen.selector, id, ProposalStatus.Withdrawn)
        );
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Approve);
    }

    function test_withdraw_refuses_another_member_and_a_stranger() external {
        bytes32 id = _open(_many(1));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.ProposalNotOfMember.selector, id, 2, 1));
        vm.prank(vm.addr(2));
        consortium.withdraw(id);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        vm.prank(stranger);
        consortium.withdraw(id);
    }

    function test_vote_counts_once_whatever_the_key() external {
        address operator = _operator(2, 20);
        bytes32 id = _open(_many(1));
        vm.expectEmit(true, true, true, true);
        emit IConsortium.BallotCast(id, 2, operator, Choice.Reject);
        vm.prank(operator);
        consortium.vote(id, Choice.Reject);

        bytes memory refusal = abi.encodeWithSelector(IConsortium.AlreadyVoted.selector, id, 2, Choice.Reject);
        vm.expectRevert(refusal);
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Approve);
        bytes memory signature =
            _sign(2, _ballotDigest(address(consortium), id, 2, Choice.Approve, uint64(start + 1)));
        vm.expectRevert(refusal);
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), uint64(start + 1), signature);
        same(uint256(consortium.ballotOf(id, 2)), uint256(Choice.Reject));
    }

    function test_vote_refuses_no_choice_strangers_the_suspended_and_the_removed() external {
        bytes32 id = _open(_many(1));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.ChoiceMissing.selector, id));
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.None);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        vm.prank(stranger);
        consortium.vote(id, Choice.Approve);
        _suspended(2);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 2, MemberStatus.Suspended)
        );
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Approve);
        _removed(2);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 2, MemberStatus.Removed));
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Approve);
    }

    function test_vote_refuses_from_the_second_of_expiry_and_the_unknown() external {
        bytes32 id = _open(_many(1));
        vm.warp(start + 14 days - 1);
        _vote(id, 1, Choice.Approve);
        vm.warp(start + 14 days);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.ProposalNotOpen.selector, id, ProposalStatus.Expired)
        );
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Approve);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.ProposalNotOpen.selector, REASON, ProposalStatus.None)
        );
        vm.prank(vm.addr(2));
        consortium.vote(REASON, Choice.Approve);
    }

    function test_voteBySignature_is_handed_in_by_anyone_once() external {
        bytes32 id = _open(_many(1));
        uint64 deadline = uint64(start + 1);
        bytes memory signature = _sign(2, _ballotDigest(address(consortium), id, 2, Choice.Approve, deadline));
        vm.expectEmit(true, true, true, true);
        emit IConsortium.BallotCast(id, 2, vm.addr(2), Choice.Approve);
        vm.prank(stranger);
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), deadline, signature);

        bytes memory refusal =
            abi.encodeWithSelector(IConsortium.AlreadyVoted.selector, id, 2, Choice.Approve);
        vm.expectRevert(refusal);
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), deadline, signature);
        vm.expectRevert(refusal);
        vm.prank(vm.addr(2));
        consortium.vote(id, Choice.Reject);
    }

    function test_voteBySignature_refuses_what_was_signed_for_anything_else() external {
        bytes32 id = _open(_many(1));
        bytes32 other = _open(_many(1));
        address target = address(consortium);
        uint64 deadline = uint64(start + 1);
        _refuseBallot(id, _sign(2, _ballotDigest(target, other, 2, Choice.Approve, deadline)));
        _refuseBallot(id, _sign(2, _ballotDigest(address(callee), id, 2, Choice.Approve, deadline)));
        _refuseBallot(id, _sign(2, _ballotDigest(target, id, 3, Choice.Approve, deadline)));
        _refuseBallot(id, _sign(2, _ballotDigest(target, id, 2, Choice.Reject, deadline)));
        _refuseBallot(id, _sign(2, _ballotDigest(target, id, 2, Choice.Approve, deadline + 1)));
        _refuseBallot(id, _sign(3, _ballotDigest(target, id, 2, Choice.Approve, deadline)));
        _refuseBallot(id, _sign(2, _mandateDigest(2, vm.addr(2), 0, deadline)));

        vm.chainId(1);
        bytes memory elsewhere = _sign(2, _ballotDigest(target, id, 2, Choice.Approve, deadline));
        vm.chainId(31_337);
        _refuseBallot(id, elsewhere);
        bytes memory here = _sign(2, _ballotDigest(target, id, 2, Choice.Approve, deadline));
        vm.chainId(1);
        _refuseBallot(id, here);
    }

    function test_voteBySignature_refuses_every_other_shape() external {
        bytes32 id = _open(_many(1));
        bytes32 digest = _ballotDigest(address(consortium), id, 2, Choice.Approve, uint64(start + 1));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(2, digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        _refuseBallot(id, abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
        _refuseBallot(id, abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))));
        _refuseBallot(id, abi.encodePacked(r, s));
        _refuseBallot(id, abi.encodePacked(r, s, v, uint8(0)));
        _refuseBallot(id, abi.encodePacked(r, s, uint8(v - 27)));
        _refuseBallot(id, abi.encodePacked(bytes32(0), bytes32(0), v));
        _refuseBallot(id, "");
    }

    function _refuseBallot(bytes32 id, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.BallotNotSigned.selector, id, vm.addr(2)));
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), uint64(start + 1), signature);
    }

    function test_voteBySignature_refuses_the_zero_signer_strangers_the_late_and_the_suspended() external {
        bytes32 id = _open(_many(1));
        uint64 deadline = uint64(start + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, address(0)));
        consortium.voteBySignature(id, Choice.Approve, address(0), deadline, new bytes(65));

        bytes memory foreign = _sign(99, _ballotDigest(address(consortium), id, 0, Choice.Approve, deadline));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        consortium.voteBySignature(id, Choice.Approve, stranger, deadline, foreign);

        bytes memory signature = _sign(2, _ballotDigest(address(consortium), id, 2, Choice.Approve, deadline));
        vm.warp(start + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.BallotLate.selector, id, deadline));
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), deadline, signature);
        vm.warp(start);
        _suspended(2);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 2, MemberStatus.Suspended)
        );
        consortium.voteBySignature(id, Choice.Approve, vm.addr(2), deadline, signature);
    }

    function test_voteBySignature_takes_a_contract_wallet_and_refuses_a_bad_one() external {
        address good = address(new Wallet(vm.addr(20), 0x1626ba7e));
        address bad = address(new Wallet(vm.addr(20), 0x00000001));
        _voted();
        consortium.admit(good, PAYER, "good");
        _voted();
        consortium.admit(bad, PAYER, "bad");
        bytes32 id = _open(_many(1));
        uint64 deadline = uint64(start + 1);

        consortium.voteBySignature(
            id,
            Choice.Approve,
            good,
            deadline,
            _sign(20, _ballotDigest(address(consortium), id, 6, Choice.Approve, deadline))
        );
        same(uint256(consortium.ballotOf(id, 6)), uint256(Choice.Approve));

        bytes memory signature =
            _sign(20, _ballotDigest(address(consortium), id, 7, Choice.Approve, deadline));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.BallotNotSigned.selector, id, bad));
        consortium.voteBySignature(id, Choice.Approve, bad, deadline, signature);
        signature = _sign(21, _ballotDigest(address(consortium), id, 6, Choice.Approve, deadline));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.BallotNotSigned.selector, id, good));
        consortium.voteBySignature(id, Choice.Approve, good, deadline, signature);
    }

    function test_execute_counts_only_who_is_active_now() external {
        bytes32 id = _open(_many(1));
        _approve(id, 1, 4);
        _suspended(4);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 3, 4));
        _removed(3);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, 2, 3));

        vm.warp(start + 7 days);
        (uint256 approvals,, uint256 needed) = consortium.tallyOf(id);
        same(approvals, 3);
        same(needed, 3);
        _execute(id);
        same(callee.noted(), 0);
    }

    function test_execute_refuses_strangers_the_suspended_twice_and_late() external {
        bytes32 id = _open(_many(1));
        _approve(id, 1, 5);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        vm.prank(stranger);
        consortium.execute(id);
        _suspended(5);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortium.MemberNotActive.selector, 5, MemberStatus.Suspended)
        );
        vm.prank(vm.addr(5));
        consortium.execute(id);
        vm.warp(start + 14 days);
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ProposalNotOpen.selector, id, ProposalStatus.Expired)
        );
        vm.warp(start + 14 days - 1);
        _execute(id);
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ProposalNotOpen.selector, id, ProposalStatus.Executed)
        );
    }

    function test_execute_waits_for_the_notice_but_not_to_suspend() external {
        _voted();
        consortium.setRule(Rule.Notice, 2 days);
        bytes32 id = _open(_many(1));
        bytes32 urgent = _open(abi.encodeCall(IConsortium.suspend, (5)));
        _approve(id, 1, 4);
        _approve(urgent, 1, 2);
        _execute(urgent);
        vm.warp(start + 2 days - 1);
        _refuseExecution(id, abi.encodeWithSelector(IConsortium.NoticeRunning.selector, id, start + 2 days));
        vm.warp(start + 2 days);
        _execute(id);
    }

    function test_execute_is_all_or_nothing() external {
        Action[] memory actions = new Action[](2);
        actions[0] = Action(address(callee), abi.encodeCall(Callee.note, (7)));
        actions[1] = Action(address(callee), abi.encodeCall(Callee.refuse, (8)));
        bytes32 id = _open(actions);
        _approve(id, 1, 4);

        bytes memory reason = abi.encodeWithSelector(Callee.CalleeRefuses.selector, 8);
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 1, address(callee), reason)
        );

        same(callee.noted(), 0);
        same(uint256(consortium.statusOfProposal(id)), uint256(ProposalStatus.Open));
    }

    function test_execute_refuses_a_target_without_code() external {
        bytes32 id = _open(_actions(stranger, abi.encodeCall(Callee.note, (7))));
        _approve(id, 1, 4);

        _refuseExecution(id, abi.encodeWithSelector(IConsortium.CodeMissing.selector, stranger));
    }

    function test_execute_refuses_a_call_about_a_member_cut_short_or_dirty() external {
        bytes32 id = _open(abi.encodePacked(IConsortium.remove.selector, uint24(5)));
        _approve(id, 1, 4);
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(consortium), "")
        );
        id = _open(abi.encodePacked(IConsortium.remove.selector, (uint256(1) << 32) | 5));
        same(consortium.proposalOf(id).subject, 5);
        _approve(id, 1, 4);
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(consortium), "")
        );
    }

    function test_execute_refuses_to_be_nested() external {
        _voted();
        consortium.admit(address(callee), PAYER, "callee");
        bytes32 inner = _open(_many(1));
        bytes32 outer = _open(_actions(address(callee), abi.encodeCall(Callee.callBack, ())));
        _approve(inner, 1, 5);
        _approve(outer, 1, 5);
        callee.prepare(abi.encodeCall(IConsortium.execute, (inner)));

        bytes memory reason = abi.encodeWithSelector(
            Callee.CalleeRefuses.selector, uint32(IConsortium.ExecutionUnderWay.selector)
        );
        _refuseExecution(
            outer, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(callee), reason)
        );
        callee.prepare(abi.encodeCall(IConsortium.execute, (outer)));
        _refuseExecution(
            outer, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(callee), reason)
        );
        callee.prepare(abi.encodeCall(IConsortium.withdraw, (outer)));
        reason = abi.encodeWithSelector(
            Callee.CalleeRefuses.selector, uint32(IConsortium.ProposalNotOpen.selector)
        );
        _refuseExecution(
            outer, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(callee), reason)
        );
    }

    function test_execute_can_follow_another_one() external {
        bytes32 first = _open(_actions(address(callee), abi.encodeCall(Callee.note, (1))));
        bytes32 second = _open(_actions(address(callee), abi.encodeCall(Callee.note, (2))));
        _approve(first, 1, 4);
        _approve(second, 1, 4);

        _execute(first);
        _execute(second);

        same(callee.noted(), 2);
        same(consortium.openProposals().length, 0);
    }

    function test_the_consortium_cannot_act_as_a_member() external {
        bytes32 inner = _open(_many(1));
        bytes32 id = _open(abi.encodeCall(IConsortium.vote, (inner, Choice.Approve)));
        _approve(id, 1, 4);

        bytes memory reason = abi.encodeWithSelector(IConsortium.AccountUnknown.selector, address(consortium));
        _refuseExecution(
            id, abi.encodeWithSelector(IConsortium.ActionFailed.selector, 0, address(consortium), reason)
        );
    }

    /* READING */

    function test_whoCan_lists_the_active_that_hold_the_role() external {
        _voted();
        consortium.setRoles(2, PAYER | PROVIDER);
        _voted();
        consortium.setRoles(3, PAYER);
        _suspended(5);

        uint32[] memory providers = consortium.whoCan(Role.PROVIDER);
        same(providers.length, 3);
        same(providers[0], 1);
        same(providers[1], 2);
        same(providers[2], 4);
        same(consortium.whoCan(Role.PAYER).length, 2);
        same(consortium.whoCan(Role.AUDITOR).length, 0);
    }

    function testFuzz_an_execution_needs_exactly_what_the_tally_says(uint256 seats, uint256 approvals)
        external
    {
        seats = bound(seats, 3, 12);
        approvals = bound(approvals, 0, seats);
        consortium = _found(seats);
        bytes32 id = _open(_many(1));
        if (approvals > 0) _approve(id, 1, uint32(approvals));
        (uint256 counted,, uint256 needed) = consortium.tallyOf(id);
        same(counted, approvals);

        if (approvals < needed) {
            _refuseExecution(
                id, abi.encodeWithSelector(IConsortium.ThresholdNotMet.selector, id, approvals, needed)
            );
        } else {
            _execute(id);
        }
    }

    function testFuzz_a_ballot_signed_by_another_key_is_refused(uint256 key) external {
        key = bound(key, 6, type(uint128).max);
        bytes32 id = _open(_many(1));
        _refuseBallot(
            id, _sign(key, _ballotDigest(address(consortium), id, 2, Choice.Approve, uint64(start + 1)))
        );
    }

    /* COSTS */

    /// @dev A transaction's cost: 21,000, its calldata, and the execution from cold storage.
    function test_a_ballot_costs_less_than_sixty_thousand() external {
        bytes32 id = _open(_many(1));
        _approve(id, 1, 1);
        bytes memory data = abi.encodeCall(IConsortium.vote, (id, Choice.Approve));

        yes(_cost(vm.addr(2), data) < 60_000);
        uint64 deadline = uint64(start + 1);
        bytes memory signature = _sign(3, _ballotDigest(address(consortium), id, 3, Choice.Approve, deadline));
        data = abi.encodeCall(
            IConsortium.voteBySignature, (id, Choice.Approve, vm.addr(3), deadline, signature)
        );
        yes(_cost(stranger, data) < 70_000);
    }

    function test_asking_who_acts_costs_less_than_twelve_thousand() external {
        bytes memory data = abi.encodeCall(IConsortium.actorOf, (vm.addr(2)));
        vm.cool(address(consortium));
        vm.prank(address(callee));
        uint256 before = gasleft();
        (bool done,) = address(consortium).staticcall(data);
        uint256 spent = before - gasleft();

        yes(done && spent < 12_000);
        emit Cost("actorOf, cold, with the call", spent);
    }

    function _cost(address from, bytes memory data) private returns (uint256 cost) {
        cost = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            cost += data[i] == 0 ? 4 : 16;
        }
        vm.cool(address(consortium));
        vm.prank(from);
        uint256 before = gasleft();
        (bool done,) = address(consortium).call(data);
        cost += before - gasleft();
        yes(done);
        emit Cost("transaction", cost);
    }

    event Cost(string what, uint256 gas);
}
