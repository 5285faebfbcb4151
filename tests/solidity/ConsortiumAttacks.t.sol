// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Choice, IConsortium, MemberStatus, Rule} from "../../contracts/interfaces/IConsortium.sol";
import {ConsortiumWorld} from "./ConsortiumWorld.sol";

/*
attacks that once succeeded
├── given ballots signed for a proposal that was reorganised away
│   └── they do not count for the one opened in its place
├── given an account that was replaced
│   ├── it cannot come back, and its ballots with it
│   └── it cannot replace itself
├── given a notice as long as it can be
│   └── one suspension leaves time to execute
└── given a mandate for a member number that went to another organisation
    └── it claims no key
*/
contract ConsortiumAttacksTest is ConsortiumWorld {
    address private constant NEWCOMER = address(0xbeef01);

    function test_ballots_count_only_for_the_content_that_was_signed() external {
        uint64 deadline = uint64(start + 3 days);
        uint256 before = vm.snapshotState();
        bytes32 signed = _openBy(1, abi.encodeCall(IConsortium.admit, (NEWCOMER, 1, "sixth")));
        bytes memory signature =
            _sign(2, _ballotDigest(address(consortium), signed, 2, Choice.Approve, deadline));

        vm.revertToState(before);
        bytes32 other = _openBy(1, abi.encodeCall(IConsortium.remove, (5)));

        yes(other != signed);
        vm.expectRevert(abi.encodeWithSelector(IConsortium.BallotNotSigned.selector, other, vm.addr(2)));
        consortium.voteBySignature(other, Choice.Approve, vm.addr(2), deadline, signature);
    }

    function test_replaceAccount_lets_no_replaced_account_return() external {
        address first = vm.addr(2);
        _voted();
        consortium.replaceAccount(2, NEWCOMER);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, first));
        _voted();
        consortium.replaceAccount(2, first);
    }

    function test_replaceAccount_refuses_the_account_itself() external {
        address first = vm.addr(2);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.AddressNotUsable.selector, first));
        _voted();
        consortium.replaceAccount(2, first);
    }

    function test_execute_has_the_whole_voting_period_after_the_notice() external {
        _voted();
        consortium.setRule(Rule.Notice, 5 days);
        _voted();
        consortium.setRule(Rule.VotingPeriod, 8 days);
        bytes32 id = _openBy(3, abi.encodeCall(IConsortium.remove, (1)));
        _approve(id, 3, 5);
        vm.warp(start + 5 days - 1);
        bytes32 strike = _openBy(1, abi.encodeCall(IConsortium.suspend, (3)));
        _approve(strike, 1, 2);
        vm.prank(vm.addr(1));
        consortium.execute(strike);

        vm.warp(start + 13 days - 1);
        vm.prank(vm.addr(4));
        consortium.execute(id);

        standing(1, MemberStatus.Removed);
    }

    function test_addOperator_takes_no_mandate_given_to_another_account() external {
        uint64 deadline = uint64(start + 1 days);
        bytes memory signature = _sign(20, _mandateDigest(2, vm.addr(20), 0, deadline));
        _voted();
        consortium.replaceAccount(2, NEWCOMER);

        vm.expectRevert(abi.encodeWithSelector(IConsortium.MandateNotSigned.selector, vm.addr(20), uint32(2)));
        vm.prank(NEWCOMER);
        consortium.addOperator(vm.addr(20), deadline, signature);
    }

    function _openBy(uint32 member, bytes memory data) private returns (bytes32) {
        address account = _account(member);
        vm.prank(account);
        return consortium.propose(_actions(address(consortium), data), REASON);
    }
}
