// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Approval,
    Dates,
    DocumentKind,
    Flag,
    ITrialRegistry,
    Milestone,
    Phase,
    Standing,
    StopReason,
    Trial,
    TrialStatus,
    Version
} from "../../contracts/interfaces/ITrialRegistry.sol";
import {TrialOrder} from "../../contracts/libraries/TrialOrder.sol";
import {TrialStages} from "../../contracts/libraries/TrialStages.sol";
import {TrialWorld} from "./TrialWorld.sol";
import {Vm} from "./Vm.sol";

// who may write
// ├── given a paused contract, a stranger, no sponsor, a suspended or removed one, another's trial, no trial
// │   └── every write of a sponsor refuses, each with its own error
// └── given one's own trial
//     └── stopping, cancelling an offer and withdrawing an approval go on while paused, suspended or removed
// register
// ├── given a fresh registry id, it stores, and tells all of it
// ├── given the same id again, it refuses, also after a hand-over; another sponsor is not blocked
// └── given zeros, or dates not ahead or out of order, it refuses
// amend: the next version, at whatever stage, needs another approval; refuses what is empty or has no reason
// reschedule: moves what is ahead, and nothing that is past
// approve
// ├── given an active board that is not the sponsor, and names the current version and its content
// │   └── it counts once
// └── given anything else, it refuses, each with its own error
// withdrawApproval: only of one's own; one stands as long as another does
// anchor
// ├── every kind, at every stage: as the table of kinds says
// └── refuses zero and nothing, and notes each kind
// enrol, recordLastVisit, lock, unblind, report: each once, in order, each early call with its own error
// stop, resume: graver reasons only; nobody is enrolled; what is owed stays owed
// offer, cancelOffer, acceptOffer: both sponsors, and what the second one saw
// standingOf: status by stage, stop and approval; flags by dates, to the second
contract TrialRegistryTest is TrialWorld {
    address private sponsor = vm.addr(SPONSOR);
    address private stranger = vm.addr(99);

    /* WHO MAY WRITE */

    /// @dev Every function that writes as a sponsor, with arguments that are right for no trial.
    function _writes(bytes32 trialId) private view returns (bytes[] memory calls) {
        calls = new bytes[](10);
        calls[0] = abi.encodeCall(ITrialRegistry.amend, (trialId, DOCUMENT, 0, REASON));
        calls[1] = abi.encodeCall(ITrialRegistry.reschedule, (trialId, _dates(), REASON));
        calls[2] = abi.encodeCall(ITrialRegistry.anchor, (trialId, DocumentKind.ConsentForm, DOCUMENT, 1));
        calls[3] = abi.encodeCall(ITrialRegistry.enrol, (trialId, 1, DOCUMENT));
        calls[4] = abi.encodeCall(ITrialRegistry.recordLastVisit, (trialId));
        calls[5] = abi.encodeCall(ITrialRegistry.lock, (trialId, DOCUMENT, 1));
        calls[6] = abi.encodeCall(ITrialRegistry.unblind, (trialId));
        calls[7] = abi.encodeCall(ITrialRegistry.report, (trialId, DOCUMENT));
        calls[8] = abi.encodeCall(ITrialRegistry.resume, (trialId));
        calls[9] = abi.encodeCall(ITrialRegistry.offer, (trialId, RIVAL));
    }

    /// @dev Those that need no trial of one's own, too.
    function _allWrites() private view returns (bytes[] memory calls) {
        bytes[] memory own = _writes(id);
        calls = new bytes[](own.length + 2);
        for (uint256 i = 0; i < own.length; ++i) {
            calls[i] = own[i];
        }
        calls[own.length] =
            abi.encodeCall(ITrialRegistry.register, (keccak256("other"), PROTOCOL, OUTCOMES, _dates()));
        calls[own.length + 1] = abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration));
    }

    function _allRefused(address account, bytes memory refusal) private {
        bytes[] memory calls = _allWrites();
        for (uint256 i = 0; i < calls.length; ++i) {
            refusedTo(account, calls[i], refusal);
        }
    }

    function test_every_write_refuses_while_paused() external {
        _approved();
        _paused();

        _allRefused(sponsor, abi.encodeWithSelector(ITrialRegistry.TrialsPaused.selector));
    }

    function test_every_write_refuses_strangers_and_members_that_are_no_sponsor() external {
        _approved();
        bytes4 refusal = ITrialRegistry.AccountNotSponsor.selector;

        _allRefused(stranger, abi.encodeWithSelector(refusal, stranger, 0, 0));
        address hospital = vm.addr(HOSPITAL);
        _allRefused(hospital, abi.encodeWithSelector(refusal, hospital, HOSPITAL, PROVIDER));
    }

    function test_every_write_refuses_a_suspended_sponsor_until_the_first_second_after() external {
        _approved();
        _suspended(SPONSOR);
        bytes memory refusal =
            abi.encodeWithSelector(ITrialRegistry.SponsorNotActive.selector, sponsor, SPONSOR);

        _allRefused(sponsor, refusal);
        vm.warp(start + 7 days - 1);
        _allRefused(sponsor, refusal);
        vm.warp(start + 7 days);
        _anchor(DocumentKind.ConsentForm);
    }

    function test_every_write_refuses_a_removed_sponsor() external {
        _approved();
        _removed(SPONSOR);

        _allRefused(
            sponsor, abi.encodeWithSelector(ITrialRegistry.SponsorNotActive.selector, sponsor, SPONSOR)
        );
    }

    function test_every_write_refuses_another_sponsor() external {
        _approved();
        bytes[] memory calls = _writes(id);
        bytes memory refusal =
            abi.encodeWithSelector(ITrialRegistry.TrialNotOfMember.selector, id, RIVAL, SPONSOR);

        for (uint256 i = 0; i < calls.length; ++i) {
            refused(RIVAL, calls[i], refusal);
        }
        refused(RIVAL, abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, 0)), refusal);
        refused(RIVAL, abi.encodeCall(ITrialRegistry.cancelOffer, (id)), refusal);
        refusedTo(
            stranger,
            abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, 0)),
            abi.encodeWithSelector(ITrialRegistry.TrialNotOfMember.selector, id, 0, SPONSOR)
        );
    }

    function test_every_write_refuses_an_unknown_trial() external {
        bytes[] memory calls = _writes(id);
        bytes memory refusal = abi.encodeWithSelector(ITrialRegistry.TrialUnknown.selector, id);

        for (uint256 i = 0; i < calls.length; ++i) {
            refused(SPONSOR, calls[i], refusal);
        }
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, 0)), refusal);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.cancelOffer, (id)), refusal);
        refused(BOARD, abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)), refusal);
        refused(BOARD, abi.encodeCall(ITrialRegistry.withdrawApproval, (id, 1, 0)), refusal);
        status(TrialStatus.None);
        flags(0);
    }

    function test_an_operator_of_the_sponsor_acts_for_it() external {
        _approved();
        address operator = _operator(SPONSOR, 50);

        expectAnchored(operator, DocumentKind.ConsentForm, DOCUMENT, Milestone.Registration, 1);
        vm.prank(operator);
        registry.anchor(id, DocumentKind.ConsentForm, DOCUMENT, 1);
    }

    function _withdrawsItsOwn() private {
        _stopped(StopReason.ClosedDueToToxicity);
        _as(BOARD);
        registry.withdrawApproval(id, 1, REASON);

        status(TrialStatus.ClosedToAccrualAndIntervention);
        same(registry.offerOf(id), 0);
        same(registry.trialOf(id).approvals, 0);
    }

    function _cancels() private {
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        _suspended(SPONSOR);
        _as(SPONSOR);
        registry.cancelOffer(id);

        same(registry.offerOf(id), 0);
    }

    function test_what_is_ones_own_is_withdrawn_while_paused() external {
        _enrolling();
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        _paused();

        _withdrawsItsOwn();
    }

    function test_what_is_ones_own_is_withdrawn_while_suspended() external {
        _enrolling();
        _cancels();
        _suspended(BOARD);

        _withdrawsItsOwn();
    }

    function test_what_is_ones_own_is_withdrawn_once_removed() external {
        _enrolling();
        _removed(SPONSOR);
        _removed(BOARD);

        _withdrawsItsOwn();
    }

    /* REGISTERING */

    function test_register_stores_the_trial_and_tells_all_of_it() external {
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.TrialRegistered(id, REGISTRY_ID, sponsor, SPONSOR, _dates(), uint64(start));
        expectAnchored(sponsor, DocumentKind.Protocol, PROTOCOL, Milestone.Registration, 1);
        expectAnchored(sponsor, DocumentKind.OutcomeList, OUTCOMES, Milestone.Registration, 1);
        _as(SPONSOR);
        bytes32 returned = registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, _dates());

        same(returned, id);
        same(id, keccak256(abi.encode(block.chainid, address(registry), SPONSOR, REGISTRY_ID)));
        Trial memory trial = registry.trialOf(id);
        same(trial.sponsor, SPONSOR);
        same(trial.version, 1);
        same(trial.approvals, 0);
        same(trial.registeredAt, start);
        same(trial.enrolmentDue, enrolmentDue);
        same(trial.completionDue, completionDue);
        same(trial.resultsDue, resultsDue);
        same(trial.enrolledAt, 0);
        staged(Milestone.Registration);
        status(TrialStatus.InReview);
        flags(0);
        _content(1, PROTOCOL, OUTCOMES);
        _content(2, 0, 0);
    }

    function test_register_makes_nothing_but_three_events() external {
        vm.recordLogs();
        _registered();

        same(vm.getRecordedLogs().length, 3);
    }

    function test_register_refuses_the_same_identifier_of_the_same_sponsor() external {
        _registered();
        bytes memory again =
            abi.encodeCall(ITrialRegistry.register, (REGISTRY_ID, DOCUMENT, DOCUMENT, _dates()));

        refused(
            SPONSOR,
            again,
            abi.encodeWithSelector(ITrialRegistry.TrialAlreadyRegistered.selector, id, SPONSOR)
        );
        _handedTo(RIVAL);
        refused(
            SPONSOR,
            again,
            abi.encodeWithSelector(ITrialRegistry.TrialAlreadyRegistered.selector, id, SPONSOR)
        );
        _content(1, PROTOCOL, OUTCOMES);
    }

    function testFuzz_register_blocks_no_other_sponsor(bytes32 registryId, bytes32 protocol) external {
        vm.assume(registryId != 0 && protocol != 0);
        Dates memory dates = _dates();
        _as(RIVAL);
        bytes32 copied = registry.register(registryId, protocol, OUTCOMES, dates);

        _as(SPONSOR);
        bytes32 own = registry.register(registryId, protocol, OUTCOMES, dates);

        yes(own != copied);
        same(registry.trialOf(own).sponsor, SPONSOR);
        same(registry.trialOf(copied).sponsor, RIVAL);
    }

    function test_register_refuses_zeros() external {
        Dates memory dates = _dates();
        bytes32 none = registry.trialIdOf(SPONSOR, 0);
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.register, (0, PROTOCOL, OUTCOMES, dates)),
            abi.encodeWithSelector(ITrialRegistry.CommitmentZero.selector, none)
        );
        bytes memory refusal = abi.encodeWithSelector(ITrialRegistry.CommitmentZero.selector, id);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.register, (REGISTRY_ID, 0, OUTCOMES, dates)), refusal);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.register, (REGISTRY_ID, PROTOCOL, 0, dates)), refusal);
    }

    function _registering(uint256 enrolment, uint256 completion, uint256 results)
        private
        pure
        returns (bytes memory)
    {
        Dates memory dates = Dates(uint40(enrolment), uint40(completion), uint40(results));
        return abi.encodeCall(ITrialRegistry.register, (REGISTRY_ID, PROTOCOL, OUTCOMES, dates));
    }

    function test_register_refuses_dates_that_are_not_ahead() external {
        refused(
            SPONSOR,
            _registering(start, start + 1, start + 1),
            abi.encodeWithSelector(ITrialRegistry.DateNotAhead.selector, id, start, start)
        );
        refused(
            SPONSOR,
            _registering(0, 0, 0),
            abi.encodeWithSelector(ITrialRegistry.DateNotAhead.selector, id, 0, start)
        );

        _as(SPONSOR);
        (bool done,) = address(registry).call(_registering(start + 1, start + 1, start + 1));
        yes(done);
        flags(0);
    }

    function test_register_refuses_dates_out_of_order() external {
        bytes4 refusal = ITrialRegistry.DatesOutOfOrder.selector;

        refused(
            SPONSOR,
            _registering(start + 10, start + 9, start + 20),
            abi.encodeWithSelector(refusal, id, start + 10, start + 9)
        );
        refused(
            SPONSOR,
            _registering(start + 10, start + 20, start + 19),
            abi.encodeWithSelector(refusal, id, start + 20, start + 19)
        );
    }

    /* AMENDING */

    function _content(uint16 version, bytes32 protocol, bytes32 outcomes) private view {
        Version memory found = registry.versionOf(id, version);
        same(found.protocol, protocol);
        same(found.outcomes, outcomes);
    }

    function test_amend_carries_the_stage_at_which_it_came() external {
        for (uint256 i = 1; i <= uint256(type(Milestone).max); ++i) {
            uint256 before = vm.snapshotState();
            Milestone reached = Milestone(i);
            _brought(reached);
            vm.warp(start + 40 days);

            expectAnchored(sponsor, DocumentKind.Protocol, DOCUMENT, reached, 2, 1);
            vm.expectEmit(true, true, true, true);
            emit ITrialRegistry.ProtocolAmended(id, 2, sponsor, reached, DOCUMENT, OUTCOMES, REASON);
            _as(SPONSOR);
            registry.amend(id, DOCUMENT, 0, REASON);

            _content(1, PROTOCOL, OUTCOMES);
            _content(2, DOCUMENT, OUTCOMES);
            same(registry.trialOf(id).version, 2);
            same(registry.trialOf(id).approvals, 0);
            staged(reached);
            vm.revertToState(before);
        }
    }

    function test_amend_tells_what_is_new_and_nothing_else() external {
        _registered();
        bytes32 retimed = keccak256("outcomes 2");

        expectAnchored(sponsor, DocumentKind.OutcomeList, retimed, Milestone.Registration, 2, 1);
        vm.recordLogs();
        _as(SPONSOR);
        registry.amend(id, PROTOCOL, retimed, REASON);
        same(vm.getRecordedLogs().length, 2);
        _content(2, PROTOCOL, retimed);

        vm.recordLogs();
        _as(SPONSOR);
        registry.amend(id, DOCUMENT, OUTCOMES, REASON);
        same(vm.getRecordedLogs().length, 3);
        _content(3, DOCUMENT, OUTCOMES);
    }

    function test_amend_needs_another_approval() external {
        _enrolling();
        status(TrialStatus.Active);
        _amended();

        status(TrialStatus.TemporarilyClosedToAccrual);
        flags(1 << uint256(Flag.ApprovalMissing));
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 21, DOCUMENT)),
            abi.encodeWithSelector(ITrialRegistry.EnrolmentBeforeApproval.selector, id, 2)
        );
        _approve(BOARD);
        status(TrialStatus.Active);
        flags(0);
        expectAnchored(sponsor, DocumentKind.Enrolment, DOCUMENT, Milestone.FirstEnrolment, 2, 21);
        _as(SPONSOR);
        registry.enrol(id, 21, DOCUMENT);
    }

    function test_amend_refuses_what_changes_nothing() external {
        _registered();
        bytes memory refusal = abi.encodeWithSelector(ITrialRegistry.AmendmentEmpty.selector, id, 1);

        refused(SPONSOR, abi.encodeCall(ITrialRegistry.amend, (id, 0, 0, REASON)), refusal);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.amend, (id, PROTOCOL, OUTCOMES, REASON)), refusal);
    }

    function test_amend_refuses_no_reason() external {
        _registered();

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.amend, (id, DOCUMENT, 0, 0)),
            abi.encodeWithSelector(ITrialRegistry.AmendmentReasonMissing.selector, id)
        );
    }

    /* RESCHEDULING */

    function _rescheduling(uint256 enrolment, uint256 completion, uint256 results)
        private
        view
        returns (bytes memory)
    {
        Dates memory dates = Dates(uint40(enrolment), uint40(completion), uint40(results));
        return abi.encodeCall(ITrialRegistry.reschedule, (id, dates, REASON));
    }

    function _reschedule(Dates memory dates) private {
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.DatesChanged(id, sponsor, _declared(), dates, REASON);
        _as(SPONSOR);
        registry.reschedule(id, dates, REASON);

        same(keccak256(abi.encode(_declared())), keccak256(abi.encode(dates)));
    }

    function _declared() private view returns (Dates memory) {
        Trial memory trial = registry.trialOf(id);
        return Dates(trial.enrolmentDue, trial.completionDue, trial.resultsDue);
    }

    function test_reschedule_moves_dates_that_are_ahead_until_their_last_second() external {
        _registered();
        vm.warp(enrolmentDue - 1);

        _reschedule(Dates(enrolmentDue, completionDue + 5, resultsDue + 5));
        _reschedule(Dates(enrolmentDue + 1, completionDue, resultsDue));
        vm.warp(enrolmentDue);
        _reschedule(Dates(enrolmentDue + 2, completionDue, resultsDue));
    }

    function test_reschedule_leaves_a_date_that_is_past() external {
        _registered();
        vm.warp(enrolmentDue);
        bytes4 refusal = ITrialRegistry.DatePassed.selector;

        refused(
            SPONSOR,
            _rescheduling(enrolmentDue + 1, completionDue, resultsDue),
            abi.encodeWithSelector(refusal, id, enrolmentDue, enrolmentDue)
        );
        _reschedule(Dates(enrolmentDue, completionDue + 1, resultsDue + 1));
        vm.warp(resultsDue + 1);
        refused(
            SPONSOR,
            _rescheduling(enrolmentDue, completionDue + 9, resultsDue + 9),
            abi.encodeWithSelector(refusal, id, completionDue + 1, resultsDue + 1)
        );
        refused(
            SPONSOR,
            _rescheduling(enrolmentDue, completionDue + 1, resultsDue + 9),
            abi.encodeWithSelector(refusal, id, resultsDue + 1, resultsDue + 1)
        );
    }

    function test_reschedule_refuses_dates_that_are_not_ahead_or_out_of_order() external {
        _registered();
        bytes4 late = ITrialRegistry.DateNotAhead.selector;
        bytes4 order = ITrialRegistry.DatesOutOfOrder.selector;

        refused(
            SPONSOR,
            _rescheduling(start, completionDue, resultsDue),
            abi.encodeWithSelector(late, id, start, start)
        );
        refused(
            SPONSOR,
            _rescheduling(enrolmentDue, start, resultsDue),
            abi.encodeWithSelector(late, id, start, start)
        );
        refused(
            SPONSOR,
            _rescheduling(completionDue + 1, completionDue, resultsDue),
            abi.encodeWithSelector(order, id, completionDue + 1, completionDue)
        );
        refused(
            SPONSOR,
            _rescheduling(enrolmentDue, resultsDue + 1, resultsDue),
            abi.encodeWithSelector(order, id, resultsDue + 1, resultsDue)
        );
        _reschedule(Dates(uint40(start + 1), uint40(start + 1), uint40(start + 1)));
    }

    /* APPROVING */

    function _approving(uint16 version) private pure returns (bytes memory) {
        bytes32 trial = keccak256("never");
        return abi.encodeCall(ITrialRegistry.approve, (trial, version, PROTOCOL, OUTCOMES));
    }

    function test_approve_counts_each_board_once_and_says_what_it_covers() external {
        _registered();
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.ApprovalGiven(id, 1, BOARD, vm.addr(BOARD), PROTOCOL, OUTCOMES, 0, uint64(start));
        _approve(BOARD);

        status(TrialStatus.Approved);
        same(registry.trialOf(id).approvals, 1);
        Approval memory approval = registry.approvalOf(id, 1, BOARD);
        same(approval.approvedAt, start);
        same(approval.withdrawnAt, 0);
        same(approval.nonce, 1);
        refused(
            BOARD,
            abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(ITrialRegistry.ApprovalStands.selector, id, 1, BOARD, start)
        );
        _approve(COMMITTEE);
        same(registry.trialOf(id).approvals, 2);
    }

    function test_approve_refuses_whoever_is_no_active_board() external {
        _registered();
        bytes memory call = abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES));
        bytes4 refusal = ITrialRegistry.AccountNotBoard.selector;

        refusedTo(stranger, call, abi.encodeWithSelector(refusal, stranger, 0, 0));
        refused(HOSPITAL, call, abi.encodeWithSelector(refusal, vm.addr(HOSPITAL), HOSPITAL, PROVIDER));
        refused(SPONSOR, call, abi.encodeWithSelector(refusal, sponsor, SPONSOR, SPONSOR_ROLE));
        _suspended(BOARD);
        refused(
            BOARD, call, abi.encodeWithSelector(ITrialRegistry.BoardNotActive.selector, vm.addr(BOARD), BOARD)
        );
        _removed(COMMITTEE);
        refused(
            COMMITTEE,
            call,
            abi.encodeWithSelector(ITrialRegistry.BoardNotActive.selector, vm.addr(COMMITTEE), COMMITTEE)
        );
        _paused();
        refused(ALLY, call, abi.encodeWithSelector(ITrialRegistry.TrialsPaused.selector));
    }

    function test_approve_refuses_the_sponsor_that_is_a_board_itself() external {
        Dates memory dates = _dates();
        _as(INSTITUTE);
        bytes32 own = registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates);

        refused(
            INSTITUTE,
            abi.encodeCall(ITrialRegistry.approve, (own, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(ITrialRegistry.ApproverIsSponsor.selector, own, INSTITUTE)
        );
        _as(ALLY);
        registry.approve(own, 1, PROTOCOL, OUTCOMES);
        same(registry.trialOf(own).approvals, 1);
    }

    function test_approve_refuses_a_version_that_is_not_current() external {
        _registered();
        bytes4 refusal = ITrialRegistry.VersionNotCurrent.selector;

        refused(
            BOARD,
            abi.encodeCall(ITrialRegistry.approve, (id, 2, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(refusal, id, 2, 1)
        );
        _amended();
        refused(
            BOARD,
            abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(refusal, id, 1, 2)
        );
        refused(
            BOARD,
            abi.encodeCall(ITrialRegistry.approve, (id, 0, 0, 0)),
            abi.encodeWithSelector(refusal, id, 0, 2)
        );
    }

    function test_approve_refuses_content_that_the_board_did_not_read() external {
        _registered();
        bytes memory refusal =
            abi.encodeWithSelector(ITrialRegistry.VersionDiffers.selector, id, 1, PROTOCOL, OUTCOMES);

        refused(BOARD, abi.encodeCall(ITrialRegistry.approve, (id, 1, DOCUMENT, OUTCOMES)), refusal);
        refused(BOARD, abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, DOCUMENT)), refusal);
    }

    function test_approve_refuses_an_unknown_trial() external {
        refused(
            BOARD,
            _approving(1),
            abi.encodeWithSelector(ITrialRegistry.TrialUnknown.selector, keccak256("never"))
        );
    }

    function test_withdrawApproval_counts_only_for_the_version_that_it_covers() external {
        _enrolling();
        _amended();
        _approve(COMMITTEE);
        vm.warp(start + 1 days);

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.ApprovalWithdrawn(id, 1, BOARD, vm.addr(BOARD), 1, REASON);
        _as(BOARD);
        registry.withdrawApproval(id, 1, REASON);

        same(registry.trialOf(id).approvals, 1);
        status(TrialStatus.Active);
        Approval memory approval = registry.approvalOf(id, 1, BOARD);
        same(approval.approvedAt, 0);
        same(approval.withdrawnAt, start + 1 days);
        same(approval.nonce, 2);
    }

    function test_withdrawApproval_closes_the_trial_once_no_approval_stands() external {
        _enrolling();
        _approve(COMMITTEE);
        _as(BOARD);
        registry.withdrawApproval(id, 1, 0);
        status(TrialStatus.Active);

        _as(COMMITTEE);
        registry.withdrawApproval(id, 1, 0);
        status(TrialStatus.TemporarilyClosedToAccrual);
        flags(1 << uint256(Flag.ApprovalMissing));
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 21, DOCUMENT)),
            abi.encodeWithSelector(ITrialRegistry.EnrolmentBeforeApproval.selector, id, 1)
        );

        _approve(BOARD);
        status(TrialStatus.Active);
    }

    function test_withdrawApproval_refuses_whoever_gave_none() external {
        _approved();
        bytes memory call = abi.encodeCall(ITrialRegistry.withdrawApproval, (id, 1, REASON));
        bytes4 refusal = ITrialRegistry.ApprovalMissing.selector;

        refused(SPONSOR, call, abi.encodeWithSelector(refusal, id, 1, SPONSOR));
        refusedTo(stranger, call, abi.encodeWithSelector(refusal, id, 1, 0));
        _suspended(COMMITTEE);
        refused(COMMITTEE, call, abi.encodeWithSelector(refusal, id, 1, COMMITTEE));
        same(registry.trialOf(id).approvals, 1);
    }

    /* ANCHORING */

    /// @dev The table of kinds, said again: from and until which stage, both included; none has a function of its own.
    function _window(DocumentKind kind) private pure returns (Milestone first, Milestone last) {
        if (kind == DocumentKind.EthicsDecision) return (Milestone.Registration, Milestone.Results);
        if (kind == DocumentKind.ConsentForm) return (Milestone.Registration, Milestone.Results);
        if (kind == DocumentKind.ProtocolAnnex) return (Milestone.Registration, Milestone.Results);
        if (kind == DocumentKind.EligibilityCriteria) {
            return (Milestone.Registration, Milestone.FirstEnrolment);
        }
        if (kind == DocumentKind.RandomisationList) {
            return (Milestone.Registration, Milestone.FirstEnrolment);
        }
        if (kind == DocumentKind.DataBatch) return (Milestone.FirstEnrolment, Milestone.LastVisit);
        if (kind == DocumentKind.MonitoringReport) return (Milestone.FirstEnrolment, Milestone.Results);
        if (kind == DocumentKind.Deviation) return (Milestone.FirstEnrolment, Milestone.Results);
        if (kind == DocumentKind.SafetyReport) return (Milestone.FirstEnrolment, Milestone.Results);
        if (kind == DocumentKind.DataRecord) return (Milestone.FirstEnrolment, Milestone.DatabaseLock);
        if (kind == DocumentKind.AnalysisPlan) return (Milestone.Registration, Milestone.DatabaseLock);
        if (kind == DocumentKind.AnalysisCode) return (Milestone.Registration, Milestone.DatabaseLock);
        if (kind == DocumentKind.AnalysisOutput) return (Milestone.Unblinding, Milestone.Results);
        if (kind == DocumentKind.PostHocAnalysis) return (Milestone.Unblinding, Milestone.Results);
        if (kind == DocumentKind.ParticipantFlow) return (Milestone.Unblinding, Milestone.Results);
        if (kind == DocumentKind.Publication) return (Milestone.Unblinding, Milestone.Results);
        return (Milestone.None, Milestone.None);
    }

    function _tooLate(DocumentKind kind, Milestone reached, Milestone last)
        private
        view
        returns (bytes memory)
    {
        if (kind == DocumentKind.DataBatch) {
            return abi.encodeWithSelector(ITrialRegistry.DataAfterLock.selector, id);
        }
        if (kind == DocumentKind.AnalysisPlan || kind == DocumentKind.AnalysisCode) {
            return abi.encodeWithSelector(ITrialRegistry.AnalysisAfterUnblinding.selector, id, kind);
        }
        return abi.encodeWithSelector(ITrialRegistry.DocumentLate.selector, id, kind, reached, last);
    }

    function test_anchor_takes_every_kind_at_its_stages_and_at_no_other() external {
        for (uint256 i = 1; i <= uint256(type(Milestone).max); ++i) {
            uint256 before = vm.snapshotState();
            _brought(Milestone(i));
            for (uint256 j = 0; j <= uint256(type(DocumentKind).max); ++j) {
                _anchorsOrRefuses(DocumentKind(j), Milestone(i));
            }
            vm.revertToState(before);
        }
    }

    function _anchorsOrRefuses(DocumentKind kind, Milestone reached) private {
        bytes32 document = keccak256(abi.encode("one of every kind", kind));
        bytes memory call = abi.encodeCall(ITrialRegistry.anchor, (id, kind, document, 7));
        (Milestone first, Milestone last) = _window(kind);
        if (first == Milestone.None) {
            refused(
                SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.KindNotAnchorable.selector, id, kind)
            );
        } else if (reached < first) {
            refused(
                SPONSOR,
                call,
                abi.encodeWithSelector(ITrialRegistry.DocumentEarly.selector, id, kind, reached, first)
            );
        } else if (reached > last) {
            refused(SPONSOR, call, _tooLate(kind, reached, last));
        } else {
            expectAnchored(sponsor, kind, document, reached, 7);
            _as(SPONSOR);
            registry.anchor(id, kind, document, 7);
            yes(TrialOrder.holds(registry.trialOf(id).kinds, kind));
        }
    }

    function test_anchor_says_the_phase_of_every_kind() external pure {
        uint256[22] memory phases =
            [uint256(0), 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6];
        for (uint256 i = 0; i < phases.length; ++i) {
            same(uint256(TrialOrder.phaseOf(DocumentKind(i))), phases[i]);
        }
        same(uint256(type(DocumentKind).max), phases.length - 1);
        same(uint256(type(Phase).max), 6);
    }

    function test_anchor_refuses_what_belongs_to_enrolment_before_approval() external {
        _registered();
        bytes memory refusal = abi.encodeWithSelector(ITrialRegistry.EnrolmentBeforeApproval.selector, id, 1);
        DocumentKind[2] memory kinds = [DocumentKind.EligibilityCriteria, DocumentKind.RandomisationList];

        for (uint256 i = 0; i < kinds.length; ++i) {
            refused(SPONSOR, abi.encodeCall(ITrialRegistry.anchor, (id, kinds[i], DOCUMENT, 1)), refusal);
        }
        _approve(BOARD);
        _anchor(DocumentKind.EligibilityCriteria);
        _as(SPONSOR);
        registry.enrol(id, 1, DOCUMENT);
        _amended();
        DocumentKind late = DocumentKind.RandomisationList;
        expectAnchored(sponsor, late, DOCUMENT, Milestone.FirstEnrolment, 2, 1);
        _anchor(late);
    }

    function test_anchor_refuses_zero_and_nothing() external {
        _registered();

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.anchor, (id, DocumentKind.ConsentForm, 0, 1)),
            abi.encodeWithSelector(ITrialRegistry.CommitmentZero.selector, id)
        );
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.anchor, (id, DocumentKind.ConsentForm, DOCUMENT, 0)),
            abi.encodeWithSelector(ITrialRegistry.CountZero.selector, id)
        );
    }

    function testFuzz_anchor_takes_its_moment_from_the_block(bytes32 document, uint32 count, uint40 later)
        external
    {
        vm.assume(document != 0 && count != 0);
        _registered();
        vm.warp(start + uint256(later) / 2);

        expectAnchored(sponsor, DocumentKind.ProtocolAnnex, document, Milestone.Registration, count);
        _as(SPONSOR);
        registry.anchor(id, DocumentKind.ProtocolAnnex, document, count);
    }

    function test_anchor_notes_each_kind_once_and_takes_the_same_document_again() external {
        _registered();
        same(registry.trialOf(id).kinds, 0);
        for (uint256 i = 0; i < 2; ++i) {
            expectAnchored(sponsor, DocumentKind.AnalysisPlan, DOCUMENT, Milestone.Registration, 1);
            _anchor(DocumentKind.AnalysisPlan);
            same(registry.trialOf(id).kinds, 1 << uint256(DocumentKind.AnalysisPlan));
        }
        _anchor(DocumentKind.ConsentForm);
        same(
            registry.trialOf(id).kinds,
            (1 << uint256(DocumentKind.AnalysisPlan)) | (1 << uint256(DocumentKind.ConsentForm))
        );
    }

    /* CONDUCTING */

    function test_enrol_opens_with_the_first_and_counts_on() external {
        _approved();
        vm.warp(start + 10 days);
        expectAnchored(sponsor, DocumentKind.Enrolment, DOCUMENT, Milestone.Registration, 20);
        expectReached(sponsor, Milestone.FirstEnrolment);
        _as(SPONSOR);
        registry.enrol(id, 20, DOCUMENT);

        staged(Milestone.FirstEnrolment);
        same(registry.trialOf(id).enrolledAt, start + 10 days);
        vm.warp(start + 20 days);
        expectAnchored(sponsor, DocumentKind.Enrolment, DETAIL, Milestone.FirstEnrolment, 21);
        vm.recordLogs();
        _as(SPONSOR);
        registry.enrol(id, 21, DETAIL);
        same(vm.getRecordedLogs().length, 1);
        same(registry.trialOf(id).enrolledAt, start + 10 days);
        same(registry.trialOf(id).participants, 21);
    }

    function test_enrol_refuses_before_approval() external {
        _registered();

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 20, DOCUMENT)),
            abi.encodeWithSelector(ITrialRegistry.EnrolmentBeforeApproval.selector, id, 1)
        );
    }

    function test_enrol_refuses_numbers_that_do_not_grow() external {
        _approved();
        bytes4 refusal = ITrialRegistry.ParticipantsNotGrown.selector;

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 0, DOCUMENT)),
            abi.encodeWithSelector(refusal, id, 0, 0)
        );
        _as(SPONSOR);
        registry.enrol(id, 20, DOCUMENT);
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 20, DETAIL)),
            abi.encodeWithSelector(refusal, id, 20, 20)
        );
    }

    function test_enrol_refuses_zero() external {
        _approved();
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 1, 0)),
            abi.encodeWithSelector(ITrialRegistry.CommitmentZero.selector, id)
        );
    }

    function test_enrol_refuses_after_the_last_visit() external {
        _visited();

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 21, DOCUMENT)),
            abi.encodeWithSelector(ITrialRegistry.EnrolmentAfterLastVisit.selector, id)
        );
    }

    function test_recordLastVisit_comes_once_after_the_first_enrolment() external {
        bytes memory call = abi.encodeCall(ITrialRegistry.recordLastVisit, (id));
        _approved();
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.LastVisitBeforeEnrolment.selector, id));
        _as(SPONSOR);
        registry.enrol(id, 20, DOCUMENT);
        vm.warp(start + 200 days);

        expectReached(sponsor, Milestone.LastVisit);
        _as(SPONSOR);
        registry.recordLastVisit(id);

        same(registry.trialOf(id).lastVisitAt, start + 200 days);
        staged(Milestone.LastVisit);
        refused(
            SPONSOR,
            call,
            abi.encodeWithSelector(ITrialRegistry.MilestonePassed.selector, id, Milestone.LastVisit)
        );
    }

    function test_lock_comes_once_after_the_last_visit() external {
        bytes memory call = abi.encodeCall(ITrialRegistry.lock, (id, DOCUMENT, 500));
        _enrolling();
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.LockBeforeLastVisit.selector, id));
        _as(SPONSOR);
        registry.recordLastVisit(id);
        vm.warp(start + 210 days);

        expectAnchored(sponsor, DocumentKind.LockedData, DOCUMENT, Milestone.LastVisit, 500);
        expectReached(sponsor, Milestone.DatabaseLock);
        _as(SPONSOR);
        registry.lock(id, DOCUMENT, 500);

        same(registry.trialOf(id).lockedAt, start + 210 days);
        staged(Milestone.DatabaseLock);
        refused(
            SPONSOR,
            call,
            abi.encodeWithSelector(ITrialRegistry.MilestonePassed.selector, id, Milestone.DatabaseLock)
        );
    }

    function test_lock_refuses_zero_and_nothing() external {
        _visited();

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.lock, (id, 0, 1)),
            abi.encodeWithSelector(ITrialRegistry.CommitmentZero.selector, id)
        );
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.lock, (id, DOCUMENT, 0)),
            abi.encodeWithSelector(ITrialRegistry.CountZero.selector, id)
        );
    }

    function test_unblind_comes_once_after_lock_plan_and_code() external {
        bytes memory call = abi.encodeCall(ITrialRegistry.unblind, (id));
        _visited();
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.UnblindingBeforeLock.selector, id));
        _as(SPONSOR);
        registry.lock(id, DOCUMENT, 1);
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.UnblindingBeforePlan.selector, id));
        _anchor(DocumentKind.AnalysisPlan);
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.UnblindingBeforeCode.selector, id));
        _anchor(DocumentKind.AnalysisCode);
        vm.warp(start + 220 days);

        expectReached(sponsor, Milestone.Unblinding);
        _as(SPONSOR);
        registry.unblind(id);

        same(registry.trialOf(id).unblindedAt, start + 220 days);
        staged(Milestone.Unblinding);
        refused(
            SPONSOR,
            call,
            abi.encodeWithSelector(ITrialRegistry.MilestonePassed.selector, id, Milestone.Unblinding)
        );
    }

    function test_unblind_needs_a_plan_also_where_there_is_code() external {
        _locked();
        _anchor(DocumentKind.AnalysisCode);

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.unblind, (id)),
            abi.encodeWithSelector(ITrialRegistry.UnblindingBeforePlan.selector, id)
        );
    }

    function test_report_comes_after_lock_and_unblinding_and_can_be_corrected() external {
        bytes memory call = abi.encodeCall(ITrialRegistry.report, (id, DOCUMENT));
        _visited();
        refused(SPONSOR, call, abi.encodeWithSelector(ITrialRegistry.ResultsBeforeLock.selector, id));
        _as(SPONSOR);
        registry.lock(id, DOCUMENT, 1);
        bytes4 blind = ITrialRegistry.ResultsBeforeUnblinding.selector;
        refused(SPONSOR, call, abi.encodeWithSelector(blind, id));
        _anchor(DocumentKind.AnalysisPlan);
        _anchor(DocumentKind.AnalysisCode);
        _as(SPONSOR);
        registry.unblind(id);
        vm.warp(start + 230 days);

        expectAnchored(sponsor, DocumentKind.Results, DOCUMENT, Milestone.Unblinding, 1);
        expectReached(sponsor, Milestone.Results);
        _as(SPONSOR);
        registry.report(id, DOCUMENT);
        same(registry.trialOf(id).reportedAt, start + 230 days);
        status(TrialStatus.Completed);

        vm.warp(start + 240 days);
        expectAnchored(sponsor, DocumentKind.Results, DETAIL, Milestone.Results, 1);
        vm.recordLogs();
        _as(SPONSOR);
        registry.report(id, DETAIL);
        same(vm.getRecordedLogs().length, 1);
        same(registry.trialOf(id).reportedAt, start + 230 days);
    }

    /* STOPPING */

    function test_stop_takes_graver_reasons_only() external {
        _enrolling();
        bytes4 refusal = ITrialRegistry.TrialAlreadyStopped.selector;
        for (uint256 i = 1; i <= uint256(type(StopReason).max); ++i) {
            StopReason reason = StopReason(i);
            vm.expectEmit(true, true, true, true);
            emit ITrialRegistry.TrialStopped(id, reason, sponsor, Milestone.FirstEnrolment, DETAIL);
            _stopped(reason);
            for (uint256 j = 1; j <= i; ++j) {
                refused(
                    SPONSOR,
                    abi.encodeCall(ITrialRegistry.stop, (id, StopReason(j), 0)),
                    abi.encodeWithSelector(refusal, id, reason)
                );
            }
        }
        same(uint256(type(StopReason).max), 5);
    }

    function test_stop_refuses_no_reason_and_a_trial_with_results() external {
        _unblinded();
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.stop, (id, StopReason.None, DETAIL)),
            abi.encodeWithSelector(ITrialRegistry.StopReasonMissing.selector, id)
        );
        _as(SPONSOR);
        registry.report(id, DOCUMENT);

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.stop, (id, StopReason.ClosedDueToToxicity, DETAIL)),
            abi.encodeWithSelector(ITrialRegistry.TrialCompleted.selector, id)
        );
    }

    function test_stop_ends_enrolment_and_nothing_that_is_owed() external {
        _enrolling();
        _stopped(StopReason.ClosedDueToToxicity);

        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 21, DOCUMENT)),
            abi.encodeWithSelector(
                ITrialRegistry.EnrolmentStopped.selector, id, StopReason.ClosedDueToToxicity
            )
        );
        vm.warp(resultsDue);
        flags((1 << uint256(Flag.LastVisitMissing)) | (1 << uint256(Flag.ResultsOverdue)));
        _anchor(DocumentKind.DataBatch);
        _anchor(DocumentKind.AnalysisPlan);
        _anchor(DocumentKind.AnalysisCode);
        _amended();
        vm.startPrank(sponsor);
        registry.recordLastVisit(id);
        registry.lock(id, DOCUMENT, 1);
        registry.unblind(id);
        registry.report(id, DOCUMENT);
        vm.stopPrank();
        status(TrialStatus.Completed);
    }

    function test_stop_withdraws_a_trial_that_has_nobody_enrolled() external {
        _approved();
        _stopped(StopReason.TemporarilyClosedPerStudyDesign);
        status(TrialStatus.TemporarilyClosedToAccrual);
        _stopped(StopReason.ClosedDueToLackOfStudyProgress);
        status(TrialStatus.Withdrawn);
        bytes memory refusal = abi.encodeWithSelector(ITrialRegistry.TrialWithdrawn.selector, id);

        refused(SPONSOR, abi.encodeCall(ITrialRegistry.amend, (id, DOCUMENT, 0, REASON)), refusal);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.reschedule, (id, _dates(), REASON)), refusal);
        refused(SPONSOR, abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, 0)), refusal);
        refused(COMMITTEE, abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)), refusal);
        bytes4 stopped = ITrialRegistry.EnrolmentStopped.selector;
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.enrol, (id, 1, DOCUMENT)),
            abi.encodeWithSelector(stopped, id, StopReason.ClosedDueToLackOfStudyProgress)
        );
        _anchor(DocumentKind.EthicsDecision);
        vm.warp(resultsDue);
        flags(0);
    }

    function test_resume_ends_only_a_stop_that_was_for_a_time() external {
        _enrolling();
        bytes memory call = abi.encodeCall(ITrialRegistry.resume, (id));
        bytes4 refusal = ITrialRegistry.TrialNotTemporarilyClosed.selector;
        refused(SPONSOR, call, abi.encodeWithSelector(refusal, id, StopReason.None));
        _stopped(StopReason.TemporarilyClosedPerStudyDesign);
        status(TrialStatus.TemporarilyClosedToAccrual);

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.TrialResumed(id, sponsor);
        _as(SPONSOR);
        registry.resume(id);
        status(TrialStatus.Active);
        _as(SPONSOR);
        registry.enrol(id, 21, DOCUMENT);

        _stopped(StopReason.AccrualGoalMet);
        status(TrialStatus.ClosedToAccrual);
        refused(SPONSOR, call, abi.encodeWithSelector(refusal, id, StopReason.AccrualGoalMet));
    }

    /* HANDING OVER */

    function _handedTo(uint32 member) private {
        uint32 from = registry.trialOf(id).sponsor;
        uint16 version = registry.trialOf(id).version;
        Milestone reached = registry.trialOf(id).stage;
        _as(from);
        registry.offer(id, member);
        _as(member);
        registry.acceptOffer(id, version, reached);
    }

    function test_a_trial_is_handed_over_by_both_sponsors() external {
        _enrolling();
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.TrialOffered(id, SPONSOR, RIVAL, sponsor);
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        same(registry.offerOf(id), RIVAL);
        same(registry.trialOf(id).sponsor, SPONSOR);

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.TrialHandedOver(id, SPONSOR, RIVAL, vm.addr(RIVAL));
        _as(RIVAL);
        registry.acceptOffer(id, 1, Milestone.FirstEnrolment);

        same(registry.offerOf(id), 0);
        same(registry.trialOf(id).sponsor, RIVAL);
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.anchor, (id, DocumentKind.DataBatch, DOCUMENT, 1)),
            abi.encodeWithSelector(ITrialRegistry.TrialNotOfMember.selector, id, SPONSOR, RIVAL)
        );
        _as(RIVAL);
        registry.anchor(id, DocumentKind.DataBatch, DOCUMENT, 1);
    }

    function test_offer_refuses_nobody_and_the_sponsor_itself() external {
        _registered();
        bytes4 refusal = ITrialRegistry.OfferNotToOther.selector;

        refused(
            SPONSOR, abi.encodeCall(ITrialRegistry.offer, (id, 0)), abi.encodeWithSelector(refusal, id, 0)
        );
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.offer, (id, SPONSOR)),
            abi.encodeWithSelector(refusal, id, SPONSOR)
        );
    }

    function test_cancelOffer_takes_back_the_offer_once() external {
        _registered();
        _as(SPONSOR);
        registry.offer(id, RIVAL);

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.OfferCancelled(id, SPONSOR, RIVAL, sponsor);
        _as(SPONSOR);
        registry.cancelOffer(id);

        bytes4 refusal = ITrialRegistry.TrialNotOffered.selector;
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.cancelOffer, (id)),
            abi.encodeWithSelector(refusal, id, SPONSOR, 0)
        );
        refused(
            RIVAL,
            abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration)),
            abi.encodeWithSelector(refusal, id, RIVAL, 0)
        );
    }

    function test_acceptOffer_refuses_another_member_than_the_last_one_offered() external {
        _registered();
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        _as(SPONSOR);
        registry.offer(id, ALLY);

        refused(
            RIVAL,
            abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration)),
            abi.encodeWithSelector(ITrialRegistry.TrialNotOffered.selector, id, RIVAL, ALLY)
        );
        _as(ALLY);
        registry.acceptOffer(id, 1, Milestone.Registration);
        same(registry.trialOf(id).sponsor, ALLY);
    }

    function test_acceptOffer_takes_nothing_that_the_member_did_not_see() external {
        _approved();
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        bytes memory seen = abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration));

        uint256 before = vm.snapshotState();
        _amended();
        refused(RIVAL, seen, abi.encodeWithSelector(ITrialRegistry.VersionNotCurrent.selector, id, 1, 2));
        vm.revertToState(before);
        _as(SPONSOR);
        registry.enrol(id, 1, DOCUMENT);
        bytes4 moved = ITrialRegistry.StageNotCurrent.selector;
        refused(
            RIVAL, seen, abi.encodeWithSelector(moved, id, Milestone.Registration, Milestone.FirstEnrolment)
        );
        _stopped(StopReason.Other);
        refused(RIVAL, seen, abi.encodeWithSelector(ITrialRegistry.TrialNotOffered.selector, id, RIVAL, 0));
    }

    function test_stop_tells_that_the_offer_ended() external {
        _enrolling();
        _as(SPONSOR);
        registry.offer(id, RIVAL);

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.OfferCancelled(id, SPONSOR, RIVAL, sponsor);
        _stopped(StopReason.Other);
    }

    function test_acceptOffer_refuses_a_member_that_approves_the_version() external {
        _registered();
        _approve(INSTITUTE);
        _as(SPONSOR);
        registry.offer(id, INSTITUTE);
        bytes memory call = abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration));

        refused(
            INSTITUTE,
            call,
            abi.encodeWithSelector(ITrialRegistry.SponsorIsApprover.selector, id, 1, INSTITUTE)
        );
        _as(INSTITUTE);
        registry.withdrawApproval(id, 1, 0);
        _as(INSTITUTE);
        registry.acceptOffer(id, 1, Milestone.Registration);
        status(TrialStatus.InReview);
        refused(
            INSTITUTE,
            abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(ITrialRegistry.ApproverIsSponsor.selector, id, INSTITUTE)
        );
    }

    /* STANDING */

    function test_standing_follows_the_stages() external {
        _registered();
        status(TrialStatus.InReview);
        _stopped(StopReason.TemporarilyClosedPerStudyDesign);
        status(TrialStatus.TemporarilyClosedToAccrual);
        _as(SPONSOR);
        registry.resume(id);
        _approve(BOARD);
        status(TrialStatus.Approved);
        _as(SPONSOR);
        registry.enrol(id, 1, DOCUMENT);
        status(TrialStatus.Active);
        _stopped(StopReason.AccrualGoalMet);
        status(TrialStatus.ClosedToAccrual);
        _as(SPONSOR);
        registry.recordLastVisit(id);
        status(TrialStatus.ClosedToAccrualAndIntervention);
    }

    function test_missing_grows_with_the_stages_and_shrinks_with_the_documents() external {
        uint256 consent = 1 << uint256(DocumentKind.ConsentForm);
        uint256 data = 1 << uint256(DocumentKind.DataBatch);
        uint256 monitoring = 1 << uint256(DocumentKind.MonitoringReport);
        uint256 plan = 1 << uint256(DocumentKind.AnalysisPlan);
        uint256 code = 1 << uint256(DocumentKind.AnalysisCode);
        uint256 flow = 1 << uint256(DocumentKind.ParticipantFlow);

        _registered();
        missing(0);
        _approve(BOARD);
        _as(SPONSOR);
        registry.enrol(id, 1, DOCUMENT);
        missing(consent);
        _as(SPONSOR);
        registry.recordLastVisit(id);
        missing(consent | data | monitoring);
        _anchor(DocumentKind.DataBatch);
        missing(consent | monitoring);
        _as(SPONSOR);
        registry.lock(id, DOCUMENT, 1);
        missing(consent | monitoring | plan | code);
        _anchor(DocumentKind.AnalysisPlan);
        _anchor(DocumentKind.AnalysisCode);
        _as(SPONSOR);
        registry.unblind(id);
        missing(consent | monitoring);
        _as(SPONSOR);
        registry.report(id, DOCUMENT);
        missing(consent | monitoring | flow);
        _anchor(DocumentKind.ParticipantFlow);
        _anchor(DocumentKind.MonitoringReport);
        _anchor(DocumentKind.ConsentForm);
        missing(0);
        same(registry.standingOf(id).flags, 0);
    }

    function _flagsAt(uint256 time, uint256 expected) private {
        vm.warp(time);
        flags(expected);
    }

    function test_flags_of_what_did_not_come_rise_with_the_first_second_after_its_date() external {
        _registered();
        uint256 all = 1 << uint256(Flag.EnrolmentMissing);

        _flagsAt(enrolmentDue - 1, 0);
        _flagsAt(enrolmentDue, all);
        _flagsAt(completionDue - 1, all);
        all |= 1 << uint256(Flag.LastVisitMissing);
        _flagsAt(completionDue, all);
        _flagsAt(resultsDue - 1, all);
        all |= 1 << uint256(Flag.ResultsOverdue);
        _flagsAt(resultsDue, all);
        status(TrialStatus.InReview);
    }

    function test_flags_stay_down_when_each_comes_in_its_last_second() external {
        _conductedAt(enrolmentDue - 1, completionDue - 1, resultsDue - 1);

        _flagsAt(resultsDue + 1000 days, 0);
    }

    function test_flags_of_what_came_in_the_first_second_after_stay_for_good() external {
        uint256 late = (1 << uint256(Flag.EnrolmentLate)) | (1 << uint256(Flag.LastVisitLate))
            | (1 << uint256(Flag.ResultsLate));
        _conductedAt(enrolmentDue, completionDue, resultsDue);

        flags(late);
        _flagsAt(resultsDue + 1000 days, late);
    }

    function testFuzz_flags_agree_with_the_dates(uint256 first, uint256 last, uint256 reported) external {
        first = bound(first, start, start + 700 days);
        last = bound(last, first, start + 800 days);
        reported = bound(reported, last, start + 900 days);
        uint256 late = 0;
        if (first >= enrolmentDue) late |= 1;
        if (last >= completionDue) late |= 4;
        if (reported >= resultsDue) late |= 16;

        _conductedAt(first, last, reported);

        flags(late);
    }

    function _conductedAt(uint256 first, uint256 last, uint256 reported) private {
        _approved();
        _anchor(DocumentKind.AnalysisPlan);
        _anchor(DocumentKind.AnalysisCode);
        vm.startPrank(sponsor);
        vm.warp(first);
        registry.enrol(id, 1, DOCUMENT);
        vm.warp(last);
        registry.recordLastVisit(id);
        registry.lock(id, DOCUMENT, 1);
        registry.unblind(id);
        vm.warp(reported);
        registry.report(id, DOCUMENT);
        vm.stopPrank();
    }

    function testFuzz_status_has_one_answer_for_every_trial(
        uint8 reached,
        uint8 stopped,
        uint8 approvals,
        uint40 time
    ) external pure {
        Trial memory trial;
        trial.stage = Milestone(reached % 7);
        trial.stopped = StopReason(stopped % 6);
        trial.approvals = approvals;
        TrialStatus found = TrialStages.statusOf(trial);

        yes((found == TrialStatus.None) == (reached % 7 == 0));
        yes((found == TrialStatus.Withdrawn) == (reached % 7 == 1 && stopped % 6 > 1));
        yes((found == TrialStatus.Completed) == (reached % 7 == 6));
        yes((found == TrialStatus.Active) == (reached % 7 == 2 && stopped % 6 == 0 && approvals != 0));
        yes((found == TrialStatus.Approved) == (reached % 7 == 1 && stopped % 6 == 0 && approvals != 0));
        yes((found == TrialStatus.InReview) == (reached % 7 == 1 && stopped % 6 == 0 && approvals == 0));
        yes((found == TrialStatus.ClosedToAccrual) == (reached % 7 == 2 && stopped % 6 == 2));
        bool owing = found != TrialStatus.None && found != TrialStatus.Withdrawn;
        Standing memory standing = TrialStages.standingOf(trial, time);
        same(standing.flags, owing ? TrialStages.flagsOf(trial, time) : 0);
        same(standing.missing, owing ? TrialStages.missingOf(trial) : 0);
    }
}
