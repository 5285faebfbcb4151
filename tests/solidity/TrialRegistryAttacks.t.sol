// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrialRegistry} from "../../contracts/TrialRegistry.sol";
import {IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {
    Dates,
    DocumentKind,
    ITrialRegistry,
    Milestone,
    StopReason
} from "../../contracts/interfaces/ITrialRegistry.sol";
import {Wallet} from "./ConsortiumWorld.sol";
import {TrialWorld} from "./TrialWorld.sol";

// approveBySignature
// ├── given what the key of an active board signed, it counts, whoever hands it in, until its last second
// │   ├── of a member's operator, and of a contract wallet
// │   └── before the version that it names is anchored, too
// ├── given anything else, it refuses: chain, contract, function, trial, version, content, board, nonce, shape
// └── given the same again, or one that was withdrawn before it was handed in, it refuses
// attacks
// ├── a copied protocol hash, anchored first, gains nothing and blocks nothing
// ├── after a reorganisation an approval counts for no other content
// ├── a board that becomes the sponsor, by whatever way around, approves nothing of its own
// └── a hand-over and a stop that race each other leave one sponsor, and no offer
contract TrialRegistryAttacksTest is TrialWorld {
    uint64 private deadline;
    address private board = vm.addr(BOARD);
    address private stranger = vm.addr(99);

    function setUp() public override {
        super.setUp();
        _registered();
        deadline = uint64(start + 1 days);
    }

    /* SIGNING */

    function _signature() private view returns (bytes memory) {
        return _signature(1, BOARD, 0);
    }

    function _signature(uint16 version, uint32 member, uint32 nonce) private view returns (bytes memory) {
        return _sign(BOARD, _approvalDigest(address(registry), version, member, nonce, deadline));
    }

    function _handIn(bytes memory signature) private {
        vm.prank(stranger);
        registry.approveBySignature(id, 1, board, 0, deadline, signature);
    }

    function _refuse(address signer, uint32 nonce, bytes memory signature, bytes memory refusal) private {
        bytes memory call =
            abi.encodeCall(ITrialRegistry.approveBySignature, (id, 1, signer, nonce, deadline, signature));
        refusedTo(stranger, call, refusal);
    }

    function _refuseUnsigned(bytes memory signature) private {
        bytes4 refusal = ITrialRegistry.ApprovalNotSigned.selector;
        _refuse(board, 0, signature, abi.encodeWithSelector(refusal, id, 1, board));
    }

    function test_a_stranger_hands_in_what_a_board_signed() external {
        vm.warp(deadline - 1);
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.ApprovalGiven(id, 1, BOARD, board, PROTOCOL, OUTCOMES, 0, deadline - 1);
        _handIn(_signature());

        same(registry.trialOf(id).approvals, 1);
        same(registry.approvalOf(id, 1, BOARD).approvedAt, deadline - 1);
    }

    function test_a_signature_is_refused_from_its_deadline_on() external {
        vm.warp(deadline);

        _refuse(
            board, 0, _signature(), abi.encodeWithSelector(ITrialRegistry.ApprovalLate.selector, id, deadline)
        );
    }

    function test_an_operator_signs_for_its_board() external {
        address operator = _operator(BOARD, 60);
        bytes memory signature = _sign(60, _approvalDigest(address(registry), 1, BOARD, 0, deadline));

        vm.prank(stranger);
        registry.approveBySignature(id, 1, operator, 0, deadline, signature);

        same(registry.approvalOf(id, 1, BOARD).nonce, 1);
    }

    function test_a_wallet_signs_for_its_board_and_a_hostile_one_does_not() external {
        Wallet wallet = new Wallet(vm.addr(70), 0x1626ba7e);
        Wallet hostile = new Wallet(vm.addr(70), 0x1626ba7f);
        _voted();
        consortium.admit(address(wallet), BOARD_ROLE, "wallet");
        _voted();
        consortium.admit(address(hostile), BOARD_ROLE, "hostile");
        bytes memory signature = _sign(70, _approvalDigest(address(registry), 1, 8, 0, deadline));
        bytes memory other = _sign(70, _approvalDigest(address(registry), 1, 9, 0, deadline));
        bytes4 refusal = ITrialRegistry.ApprovalNotSigned.selector;

        _refuse(address(wallet), 0, other, abi.encodeWithSelector(refusal, id, 1, address(wallet)));
        _refuse(address(hostile), 0, other, abi.encodeWithSelector(refusal, id, 1, address(hostile)));
        vm.prank(stranger);
        registry.approveBySignature(id, 1, address(wallet), 0, deadline, signature);

        same(registry.approvalOf(id, 1, 8).nonce, 1);
    }

    function test_a_board_signs_before_the_version_is_anchored() external {
        bytes memory early = _signedFor(2, DOCUMENT, OUTCOMES);
        vm.prank(vm.addr(SPONSOR));
        registry.amend(id, DOCUMENT, 0, REASON);

        vm.prank(stranger);
        registry.approveBySignature(id, 2, board, 0, deadline, early);

        same(registry.trialOf(id).approvals, 1);
        same(registry.approvalOf(id, 2, BOARD).nonce, 1);
    }

    function _signedFor(uint16 version, bytes32 protocol, bytes32 outcomes)
        private
        view
        returns (bytes memory)
    {
        bytes32 typehash = keccak256(
            "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,uint32 nonce,uint64 deadline)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typehash, id, version, protocol, outcomes, BOARD, 0, deadline));
        return _sign(BOARD, _typed(address(registry), "TrialRegistry", structHash));
    }

    function test_a_signature_over_anything_else_is_refused() external {
        TrialRegistry sibling = new TrialRegistry(IConsortium(address(consortium)));
        _refuseUnsigned(_sign(BOARD, _approvalDigest(address(sibling), 1, BOARD, 0, deadline)));
        _refuseUnsigned(_sign(BOARD, _approvalDigest(address(registry), 1, BOARD, 0, deadline + 1)));
        _refuseUnsigned(_signature(2, BOARD, 0));
        _refuseUnsigned(_signature(1, COMMITTEE, 0));
        _refuseUnsigned(_signature(1, BOARD, 1));
        _refuseUnsigned(_signedFor(1, DOCUMENT, OUTCOMES));
        _refuseUnsigned(_signedFor(1, PROTOCOL, DOCUMENT));
        _refuseUnsigned(_sign(COMMITTEE, _approvalDigest(address(registry), 1, BOARD, 0, deadline)));
        _refuseUnsigned(_sign(BOARD, keccak256("anything")));
        same(registry.trialOf(id).approvals, 0);
    }

    function test_a_signature_for_another_contract_by_name_or_for_another_trial_is_refused() external {
        bytes32 typehash = keccak256(
            "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,uint32 nonce,uint64 deadline)"
        );
        bytes32 named = keccak256(abi.encode(typehash, id, 1, PROTOCOL, OUTCOMES, BOARD, 0, deadline));
        _refuseUnsigned(_sign(BOARD, _typed(address(registry), "Consortium", named)));

        bytes32 other =
            keccak256(abi.encode(typehash, REGISTRY_ID, 1, PROTOCOL, OUTCOMES, BOARD, 0, deadline));
        _refuseUnsigned(_sign(BOARD, _typed(address(registry), "TrialRegistry", other)));
    }

    function test_a_signature_for_another_chain_is_refused() external {
        bytes memory signature = _signature();

        vm.chainId(999);
        _refuseUnsigned(signature);
    }

    function test_a_signature_of_another_shape_is_refused() external {
        bytes32 digest = _approvalDigest(address(registry), 1, BOARD, 0, deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOARD, digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes32 high = bytes32(order - uint256(s));
        bytes32 compact = bytes32(uint256(s) | (uint256(v - 27) << 255));

        _refuseUnsigned("");
        _refuseUnsigned(new bytes(65));
        _refuseUnsigned(abi.encodePacked(r, s));
        _refuseUnsigned(abi.encodePacked(r, compact));
        _refuseUnsigned(abi.encodePacked(r, s, v - 27));
        _refuseUnsigned(abi.encodePacked(r, s, v, uint8(0)));
        _refuseUnsigned(abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
        _handIn(abi.encodePacked(r, s, v));
    }

    function testFuzz_a_bit_that_is_flipped_spoils_a_signature(uint256 which) external {
        bytes memory signature = _signature();
        which = bound(which, 0, 65 * 8 - 1);
        signature[which / 8] = bytes1(uint8(signature[which / 8]) ^ uint8(1 << (which % 8)));

        _refuseUnsigned(signature);
    }

    function test_a_signature_is_refused_of_whoever_is_no_active_board() external {
        bytes memory signature = _signature();
        bytes4 none = ITrialRegistry.AccountNotBoard.selector;
        _refuse(address(0), 0, signature, abi.encodeWithSelector(none, address(0), 0, 0));
        _refuse(stranger, 0, signature, abi.encodeWithSelector(none, stranger, 0, 0));
        address sponsor = vm.addr(SPONSOR);
        _refuse(sponsor, 0, signature, abi.encodeWithSelector(none, sponsor, SPONSOR, SPONSOR_ROLE));
        _suspended(BOARD);
        _refuse(
            board, 0, signature, abi.encodeWithSelector(ITrialRegistry.BoardNotActive.selector, board, BOARD)
        );
        _paused();
        _refuse(board, 0, signature, abi.encodeWithSelector(ITrialRegistry.TrialsPaused.selector));
    }

    function test_a_signature_of_a_revoked_key_counts_for_nobody_and_for_no_other_board() external {
        address operator = _operator(BOARD, 60);
        bytes memory signature = _sign(60, _approvalDigest(address(registry), 1, BOARD, 0, deadline));
        vm.prank(board);
        consortium.revokeOperator(operator);
        bytes4 none = ITrialRegistry.AccountNotBoard.selector;
        _refuse(operator, 0, signature, abi.encodeWithSelector(none, operator, 0, 0));

        _operator(COMMITTEE, 60);
        bytes4 unsigned = ITrialRegistry.ApprovalNotSigned.selector;
        _refuse(operator, 0, signature, abi.encodeWithSelector(unsigned, id, 1, operator));
    }

    function test_a_sponsor_that_is_a_board_signs_nothing_for_itself() external {
        Dates memory dates = _dates();
        _as(INSTITUTE);
        id = registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates);
        address institute = vm.addr(INSTITUTE);
        bytes memory signature =
            _sign(INSTITUTE, _approvalDigest(address(registry), 1, INSTITUTE, 0, deadline));

        bytes4 refusal = ITrialRegistry.ApproverIsSponsor.selector;
        _refuse(institute, 0, signature, abi.encodeWithSelector(refusal, id, INSTITUTE));
    }

    /* REPLAYING */

    function test_a_signature_counts_once() external {
        bytes memory signature = _signature();
        bytes4 refusal = ITrialRegistry.ApprovalReplayed.selector;
        _handIn(signature);
        _refuse(board, 0, signature, abi.encodeWithSelector(refusal, id, 1, BOARD, 0, 1));

        vm.prank(board);
        registry.withdrawApproval(id, 1, REASON);
        _refuse(board, 0, signature, abi.encodeWithSelector(refusal, id, 1, BOARD, 0, 2));
        same(registry.trialOf(id).approvals, 0);

        vm.prank(stranger);
        registry.approveBySignature(id, 1, board, 2, deadline, _signature(1, BOARD, 2));
        same(registry.trialOf(id).approvals, 1);
        same(registry.approvalOf(id, 1, BOARD).nonce, 3);
    }

    function test_a_second_signature_of_the_same_board_is_refused_while_the_first_stands() external {
        _handIn(_signature());

        bytes4 refusal = ITrialRegistry.ApprovalStands.selector;
        _refuse(board, 1, _signature(1, BOARD, 1), abi.encodeWithSelector(refusal, id, 1, BOARD, start));
    }

    function test_a_board_withdraws_what_it_signed_before_anybody_hands_it_in() external {
        bytes memory signature = _signature();

        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.ApprovalWithdrawn(id, 1, BOARD, board, 0, REASON);
        vm.prank(board);
        registry.withdrawApproval(id, 1, REASON);

        bytes4 refusal = ITrialRegistry.ApprovalReplayed.selector;
        _refuse(board, 0, signature, abi.encodeWithSelector(refusal, id, 1, BOARD, 0, 1));
        same(registry.trialOf(id).approvals, 0);
    }

    function test_a_signature_for_an_amended_version_is_refused() external {
        bytes memory signature = _signature();
        _amended();

        bytes4 refusal = ITrialRegistry.VersionNotCurrent.selector;
        _refuse(board, 0, signature, abi.encodeWithSelector(refusal, id, 1, 2));
    }

    /* FRONT-RUNNING */

    function test_a_copied_protocol_gains_nothing_and_blocks_nothing() external {
        bytes32 fresh = keccak256("a protocol in the mempool");
        Dates memory dates = _dates();
        _as(RIVAL);
        bytes32 copy = registry.register(keccak256("next"), fresh, OUTCOMES, dates);
        vm.warp(start + 12);

        _as(SPONSOR);
        bytes32 own = registry.register(keccak256("next"), fresh, OUTCOMES, dates);

        yes(own != copy);
        same(own, registry.trialIdOf(SPONSOR, keccak256("next")));
        same(registry.versionOf(own, 1).protocol, fresh);
        same(registry.trialOf(own).registeredAt, start + 12);
        same(registry.trialOf(copy).sponsor, RIVAL);
    }

    function testFuzz_a_copied_document_blocks_nothing(bytes32 document) external {
        vm.assume(document != 0);
        Dates memory dates = _dates();
        _as(RIVAL);
        bytes32 copy = registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates);
        _as(RIVAL);
        registry.anchor(copy, DocumentKind.AnalysisPlan, document, 1);
        vm.warp(start + 12);

        expectAnchored(vm.addr(SPONSOR), DocumentKind.AnalysisPlan, document, Milestone.Registration, 1);
        _as(SPONSOR);
        registry.anchor(id, DocumentKind.AnalysisPlan, document, 1);
    }

    /* REORGANISING */

    function test_an_approval_counts_for_no_content_that_took_the_place_of_what_was_read() external {
        bytes32 other = keccak256("next");
        Dates memory dates = _dates();
        uint256 before = vm.snapshotState();
        _as(SPONSOR);
        bytes32 read = registry.register(other, PROTOCOL, OUTCOMES, dates);

        vm.revertToState(before);
        _as(SPONSOR);
        bytes32 replaced = registry.register(other, DOCUMENT, OUTCOMES, dates);

        same(read, replaced);
        refused(
            BOARD,
            abi.encodeCall(ITrialRegistry.approve, (read, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(ITrialRegistry.VersionDiffers.selector, read, 1, DOCUMENT, OUTCOMES)
        );
    }

    /* HANDING OVER */

    function _pass(uint32 from, uint32 to) private {
        uint16 version = registry.trialOf(id).version;
        Milestone stage = registry.trialOf(id).stage;
        _as(from);
        registry.offer(id, to);
        _as(to);
        registry.acceptOffer(id, version, stage);
    }

    function test_a_sponsor_does_not_approve_its_trial_by_way_of_an_ally() external {
        _pass(SPONSOR, INSTITUTE);
        _pass(INSTITUTE, ALLY);
        _as(INSTITUTE);
        registry.approve(id, 1, PROTOCOL, OUTCOMES);
        _as(ALLY);
        registry.offer(id, INSTITUTE);

        refused(
            INSTITUTE,
            abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration)),
            abi.encodeWithSelector(ITrialRegistry.SponsorIsApprover.selector, id, 1, INSTITUTE)
        );
        refused(
            ALLY,
            abi.encodeCall(ITrialRegistry.approve, (id, 1, PROTOCOL, OUTCOMES)),
            abi.encodeWithSelector(ITrialRegistry.ApproverIsSponsor.selector, id, ALLY)
        );
    }

    function test_a_stop_and_an_acceptance_leave_no_offer_whichever_comes_first() external {
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        bytes memory accept = abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration));
        bytes memory stop = abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, DETAIL));

        uint256 before = vm.snapshotState();
        _stopped(StopReason.Other);
        refused(RIVAL, accept, abi.encodeWithSelector(ITrialRegistry.TrialNotOffered.selector, id, RIVAL, 0));
        vm.revertToState(before);
        _as(RIVAL);
        registry.acceptOffer(id, 1, Milestone.Registration);
        refused(
            SPONSOR,
            stop,
            abi.encodeWithSelector(ITrialRegistry.TrialNotOfMember.selector, id, SPONSOR, RIVAL)
        );
        same(registry.offerOf(id), 0);
    }

    function test_an_offer_of_a_member_that_is_removed_meanwhile_still_saves_the_trial() external {
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        _removed(SPONSOR);

        _as(RIVAL);
        registry.acceptOffer(id, 1, Milestone.Registration);

        same(registry.trialOf(id).sponsor, RIVAL);
    }

    function test_an_offer_to_a_member_that_is_suspended_waits_and_ends_with_its_role() external {
        _as(SPONSOR);
        registry.offer(id, RIVAL);
        bytes memory accept = abi.encodeCall(ITrialRegistry.acceptOffer, (id, 1, Milestone.Registration));
        address rival = vm.addr(RIVAL);
        _suspended(RIVAL);
        refused(RIVAL, accept, abi.encodeWithSelector(ITrialRegistry.SponsorNotActive.selector, rival, RIVAL));

        vm.warp(start + 7 days);
        _voted();
        consortium.setRoles(RIVAL, PROVIDER);
        bytes4 refusal = ITrialRegistry.AccountNotSponsor.selector;
        refused(RIVAL, accept, abi.encodeWithSelector(refusal, rival, RIVAL, PROVIDER));
    }

    function test_a_replaced_account_finds_its_trial_again_and_the_lost_one_does_not() external {
        address found = address(0xbeef01);
        _voted();
        consortium.replaceAccount(SPONSOR, found);
        bytes memory call = abi.encodeCall(ITrialRegistry.anchor, (id, DocumentKind.ConsentForm, DOCUMENT, 1));

        refused(
            SPONSOR,
            call,
            abi.encodeWithSelector(ITrialRegistry.AccountNotSponsor.selector, vm.addr(SPONSOR), 0, 0)
        );
        refused(
            SPONSOR,
            abi.encodeCall(ITrialRegistry.stop, (id, StopReason.Other, DETAIL)),
            abi.encodeWithSelector(ITrialRegistry.TrialNotOfMember.selector, id, 0, SPONSOR)
        );
        vm.prank(found);
        registry.anchor(id, DocumentKind.ConsentForm, DOCUMENT, 1);
    }
}
