// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim, ClaimDecision, IClaimAdjudicator} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {ClaimWorld} from "./ClaimWorld.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev What a token does when it is asked to move.
enum Mischief {
    None,
    ReturnsFalse,
    ReturnsTwo,
    ReturnsNothing,
    Reverts,
    Panics,
    Blocks,
    Pauses,
    BombsOnReturn,
    BombsOnRevert,
    BurnsAllGas,
    MovesNothing,
    TakesFeeOfRecipient,
    TakesFeeOfSender,
    CallsBack
}

/// @dev A token of two decimals that misbehaves as told, in both directions.
contract HostileToken {
    mapping(address account => uint256) public balanceOf;
    Mischief public mischief;
    address public blocked;
    address private _target;
    bytes[] private _calls;
    uint256 public refused;

    error Hostile(Mischief mischief);

    function decimals() external pure returns (uint8) {
        return 2;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function behave(Mischief next) external {
        mischief = next;
    }

    function block_(address account) external {
        (mischief, blocked) = (Mischief.Blocks, account);
    }

    function callBack(address target, bytes[] calldata calls) external {
        (mischief, _target) = (Mischief.CallsBack, target);
        for (uint256 i = 0; i < calls.length; ++i) {
            _calls.push(calls[i]);
        }
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    /// @dev Ends the call with the answer, so that it can be anything.
    function _move(address from, address to, uint256 amount) private {
        Mischief now_ = mischief;
        if (now_ == Mischief.Reverts || now_ == Mischief.Pauses) revert Hostile(now_);
        if (now_ == Mischief.Blocks && (from == blocked || to == blocked)) revert Hostile(now_);
        if (now_ == Mischief.Panics) assert(false);
        if (now_ == Mischief.BurnsAllGas) while (true) ++refused;
        if (now_ == Mischief.BombsOnReturn || now_ == Mischief.BombsOnRevert) {
            uint256 length = 1 << 18;
            bool fails = now_ == Mischief.BombsOnRevert;
            assembly {
                if fails { revert(0, length) }
                return(0, length)
            }
        }
        if (now_ == Mischief.CallsBack) _callBack();
        if (now_ != Mischief.MovesNothing && now_ != Mischief.ReturnsFalse && now_ != Mischief.ReturnsTwo) {
            uint256 fee = amount / 10;
            balanceOf[from] -= now_ == Mischief.TakesFeeOfSender ? amount + fee : amount;
            balanceOf[to] += now_ == Mischief.TakesFeeOfRecipient ? amount - fee : amount;
        }
        uint256 answer = now_ == Mischief.ReturnsFalse ? 0 : now_ == Mischief.ReturnsTwo ? 2 : 1;
        uint256 size = now_ == Mischief.ReturnsNothing ? 0 : 32;
        assembly {
            mstore(0, answer)
            return(0, size)
        }
    }

    function _callBack() private {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool done,) = _target.call(_calls[i]);
            if (!done) ++refused;
        }
    }
}

/*
given a token that moves tokens, though it
├── returns nothing: all is as with any other
├── takes a fee of the recipient: what arrives is credited, and what is repaid in part is refused
└── calls back: every door is closed, and the payment goes on
given one that does not
├── (returns false or two, reverts, panics, blocks, pauses, bombs, burns gas, moves nothing, charges the sender)
├── when a claim is submitted: it is decided, and what is due waits
├── when many are: likewise
├── when a pended one is settled, or an appeal granted: likewise
├── when it behaves again: what waits is collected, where the provider likes
├── when a pool is funded or withdrawn from: it refuses, and the books stay
└── when a claim is voided: what waits is taken first, and the rest refused
given one account that is blocked
└── what is due to it waits, and it collects to another
*/
contract HostileTokensTest is ClaimWorld {
    HostileToken private token;

    function setUp() public override {
        super.setUp();
        token = new HostileToken();
        token.mint(insurer, 2 * FUNDS);
        token.mint(hospital, 1);
        _adjudicate(IERC20(address(token)));
        _fund(insurer, FUNDS);
    }

    function refusing() private pure returns (Mischief[11] memory) {
        return [
            Mischief.ReturnsFalse,
            Mischief.ReturnsTwo,
            Mischief.Reverts,
            Mischief.Panics,
            Mischief.Pauses,
            Mischief.BombsOnReturn,
            Mischief.BombsOnRevert,
            Mischief.BurnsAllGas,
            Mischief.MovesNothing,
            Mischief.TakesFeeOfSender,
            Mischief.Blocks
        ];
    }

    /* WHAT IS DUE WAITS */

    function test_a_payment_that_cannot_be_made_waits_and_is_collected_elsewhere() external {
        Mischief[11] memory all = refusing();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 before = vm.snapshotState();
            token.block_(hospital);
            token.behave(all[i]);

            vm.expectEmit(true, true, true, true);
            emit IClaimAdjudicator.PayoutKept(HOSPITAL, hospital, 12_000);
            _submit(_claim(1, "code"));

            used(0, 0, 12_000);
            same(adjudicator.unclaimedOf(HOSPITAL), 12_000);
            same(adjudicator.poolOf(INSURER), FUNDS - 12_000);
            booked();
            token.behave(Mischief.None);
            vm.expectEmit(true, true, true, true);
            emit IClaimAdjudicator.ProviderPaid(HOSPITAL, stranger, 12_000);
            vm.prank(hospital);
            same(adjudicator.collect(stranger), 12_000);
            same(token.balanceOf(stranger), 12_000);
            same(adjudicator.unclaimedOf(HOSPITAL), 0);
            booked();
            vm.revertToState(before);
        }
    }

    function test_a_batch_is_decided_though_its_payment_cannot_be_made() external {
        Mischief[11] memory all = refusing();
        Claim[] memory claims = new Claim[](3);
        for (uint256 i = 0; i < 3; ++i) {
            claims[i] = _claim(1, bytes32(i + 1));
        }
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 before = vm.snapshotState();
            token.block_(hospital);
            token.behave(all[i]);

            _submitMany(claims);

            same(adjudicator.claimsOf(HOSPITAL), 3);
            same(adjudicator.unclaimedOf(HOSPITAL), 36_000);
            booked();
            vm.revertToState(before);
        }
    }

    function test_a_pended_claim_is_settled_though_its_payment_cannot_be_made() external {
        _drain();
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        _fund(insurer, FUNDS);
        Mischief[11] memory all = refusing();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 before = vm.snapshotState();
            token.block_(hospital);
            token.behave(all[i]);

            adjudicator.settle(claimId, HOSPITAL, decision);

            same(adjudicator.unclaimedOf(HOSPITAL), 12_000);
            booked();
            vm.revertToState(before);
        }
    }

    function test_an_appeal_is_granted_though_its_payment_cannot_be_made() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        vm.prank(hospital);
        adjudicator.appeal(claimId, decision, 1, 128, "grounds");
        token.block_(hospital);
        address[3] memory members = [reinsurer, clinic, ministry];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(members[i]);
            adjudicator.decide(claimId, HOSPITAL, decision, true);
        }

        same(adjudicator.unclaimedOf(HOSPITAL), 8000);
        booked();
    }

    function test_a_withdrawal_that_cannot_be_made_is_refused_and_costs_nothing() external {
        Mischief[11] memory all = refusing();
        for (uint256 i = 0; i < all.length; ++i) {
            if (all[i] == Mischief.BurnsAllGas) continue;
            uint256 before = vm.snapshotState();
            token.block_(insurer);
            token.behave(all[i]);
            bytes memory refusal = abi.encodeWithSelector(
                IClaimAdjudicator.TokenRefused.selector, address(adjudicator), insurer, 100
            );
            if (all[i] == Mischief.TakesFeeOfSender) {
                refusal = abi.encodeWithSelector(IClaimAdjudicator.TransferTookMore.selector, 110, 100);
            }

            vm.expectRevert(refusal);
            vm.prank(insurer);
            adjudicator.withdraw(100, insurer);

            same(adjudicator.poolOf(INSURER), FUNDS);
            booked();
            vm.revertToState(before);
        }
    }

    function test_a_collection_that_cannot_be_made_is_refused_and_waits_on() external {
        token.behave(Mischief.Reverts);
        _submit(_claim(1, "code"));

        vm.expectRevert(
            abi.encodeWithSelector(
                IClaimAdjudicator.TokenRefused.selector, address(adjudicator), hospital, 12_000
            )
        );
        vm.prank(hospital);
        adjudicator.collect(hospital);

        same(adjudicator.unclaimedOf(HOSPITAL), 12_000);
    }

    /* WHAT ARRIVES IS CREDITED */

    function test_a_deposit_that_does_not_arrive_is_refused_or_credited_with_nothing() external {
        Mischief[8] memory all = [
            Mischief.BombsOnReturn,
            Mischief.ReturnsFalse,
            Mischief.ReturnsTwo,
            Mischief.Reverts,
            Mischief.Panics,
            Mischief.Pauses,
            Mischief.BombsOnRevert,
            Mischief.Blocks
        ];
        token.block_(insurer);
        for (uint256 i = 0; i < all.length; ++i) {
            token.behave(all[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IClaimAdjudicator.TokenRefused.selector, insurer, address(adjudicator), 100
                )
            );
            _fund(insurer, 100);
        }
        token.behave(Mischief.MovesNothing);
        _fund(insurer, 100);

        same(adjudicator.poolOf(INSURER), FUNDS);
        booked();
    }

    function test_a_fee_on_transfer_is_the_recipients() external {
        token.behave(Mischief.TakesFeeOfRecipient);
        vm.prank(insurer);
        same(adjudicator.deposit(1000), 900);
        same(adjudicator.poolOf(INSURER), FUNDS + 900);
        booked();

        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        same(token.balanceOf(hospital), 1 + 10_800);
        booked();

        token.mint(hospital, 1200);
        vm.expectRevert(abi.encodeWithSelector(IClaimAdjudicator.RepaymentShort.selector, 10_800, 12_000));
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
    }

    function test_a_token_that_returns_nothing_is_as_any_other() external {
        token.behave(Mischief.ReturnsNothing);
        _fund(insurer, 1000);
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        same(token.balanceOf(hospital), 1 + 12_000);
        booked();
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        _drain();

        same(token.balanceOf(address(adjudicator)), 0);
        booked();
    }

    /* WHAT WAITS REPAYS */

    function test_a_void_takes_what_waits_first_and_then_the_account() external {
        (bytes32 paid, ClaimDecision memory decision) = _submit(_claim(_service(1), _service(1)));
        token.block_(hospital);
        (bytes32 kept, ClaimDecision memory second) = _submit(_claim(1, "kept"));
        same(adjudicator.unclaimedOf(HOSPITAL), 12_000);

        uint256 before = vm.snapshotState();
        vm.prank(hospital);
        adjudicator.void(kept, second);
        same(adjudicator.unclaimedOf(HOSPITAL), 0);
        same(adjudicator.poolOf(INSURER), FUNDS - 24_000);
        booked();
        vm.revertToState(before);

        vm.expectRevert(
            abi.encodeWithSelector(
                IClaimAdjudicator.TokenRefused.selector, hospital, address(adjudicator), 12_000
            )
        );
        vm.prank(hospital);
        adjudicator.void(paid, decision);
        token.behave(Mischief.None);
        vm.prank(hospital);
        adjudicator.void(paid, decision);
        same(adjudicator.unclaimedOf(HOSPITAL), 0);
        same(token.balanceOf(hospital), 1 + 12_000);
        booked();
    }

    /* CALLING BACK */

    function test_a_token_that_calls_back_finds_every_door_closed() external {
        (bytes32 claimId, ClaimDecision memory decision) = _submit(_claim(1, "code"));
        // The token acts for an insurer and for a provider, so that only the lock can refuse it.
        _voted();
        consortium.replaceAccount(REINSURER, address(token));
        _voted();
        consortium.setRoles(REINSURER, PAYER | PROVIDER);
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(IClaimAdjudicator.deposit, (1));
        calls[1] = abi.encodeCall(IClaimAdjudicator.withdraw, (0, stranger));
        calls[2] = abi.encodeCall(IClaimAdjudicator.collect, (stranger));
        calls[3] = abi.encodeCall(IClaimAdjudicator.submit, (_claim(1, "from inside")));
        calls[4] = abi.encodeCall(IClaimAdjudicator.submitMany, (new bytes[](1)));
        calls[5] = abi.encodeCall(IClaimAdjudicator.settle, (claimId, HOSPITAL, decision));
        calls[6] = abi.encodeCall(IClaimAdjudicator.void, (claimId, decision));
        calls[7] = abi.encodeCall(IClaimAdjudicator.replace, (claimId, decision, _claim(1, "inside")));
        calls[8] = abi.encodeCall(IClaimAdjudicator.decide, (claimId, HOSPITAL, decision, true));
        token.callBack(address(adjudicator), calls);

        _submit(_claim(1, "another"));
        same(token.refused(), 9);
        same(token.balanceOf(hospital), 1 + 24_000);
        _fund(insurer, 5);
        same(token.refused(), 18);
        vm.prank(hospital);
        adjudicator.void(claimId, decision);
        same(token.refused(), 27);
        vm.prank(insurer);
        adjudicator.withdraw(5, insurer);
        same(token.refused(), 36);
        same(adjudicator.claimsOf(REINSURER), 0);
        booked();
    }

    function test_a_nested_deposit_is_not_counted_twice() external {
        token.mint(address(token), 1000);
        _voted();
        consortium.replaceAccount(REINSURER, address(token));
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IClaimAdjudicator.deposit, (1000));
        token.callBack(address(adjudicator), calls);

        _fund(insurer, 100);

        same(adjudicator.poolOf(INSURER), FUNDS + 100);
        same(adjudicator.poolOf(REINSURER), 0);
        booked();
    }

    function test_the_lock_says_so() external {
        Relay relay = new Relay();
        _voted();
        consortium.replaceAccount(REINSURER, address(relay));
        relay.prepare(address(adjudicator), abi.encodeCall(IClaimAdjudicator.deposit, (1)));
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(Relay.call, ());
        token.callBack(address(relay), calls);

        _fund(insurer, 100);

        same(
            keccak256(relay.answer()),
            keccak256(abi.encodeWithSelector(IClaimAdjudicator.AdjudicatorBusy.selector))
        );
    }
}

/// @dev Calls on, and remembers what it was told.
contract Relay {
    address private _target;
    bytes private _data;
    bytes public answer;

    function prepare(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function call() external {
        (, answer) = _target.call(_data);
    }
}
