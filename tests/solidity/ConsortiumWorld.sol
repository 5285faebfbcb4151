// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consortium} from "../../contracts/Consortium.sol";
import {
    Action,
    Adoption,
    Choice,
    Founder,
    IConsortium,
    MemberStatus
} from "../../contracts/interfaces/IConsortium.sol";
import {Test} from "./Vm.sol";

/// @dev What a proposal of the tests calls: it takes note, refuses, or calls back.
contract Callee {
    uint256 public noted;
    bytes private _back;

    error CalleeRefuses(uint256 value);

    function note(uint256 value) external {
        noted = value;
    }

    function refuse(uint256 value) external pure {
        revert CalleeRefuses(value);
    }

    function prepare(bytes calldata back) external {
        _back = back;
    }

    function callBack() external {
        (bool done, bytes memory reason) = msg.sender.call(_back);
        if (!done) revert CalleeRefuses(uint32(bytes4(reason)));
    }
}

/// @dev An ERC-1271 wallet with one owner. It can act, and a hostile one answers to everything.
contract Wallet {
    address private immutable _owner;
    bytes4 private immutable _answer;

    constructor(address owner, bytes4 answer) {
        _owner = owner;
        _answer = answer;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (bytes32 r, bytes32 s) = abi.decode(signature[:64], (bytes32, bytes32));
        return ecrecover(digest, uint8(signature[64]), r, s) == _owner ? _answer : bytes4(0xffffffff);
    }

    function act(address target, bytes calldata data) external {
        (bool done,) = target.call(data);
        require(done, "act");
    }
}

/// @dev Five founders, whose keys are 1 to 5, and what the tests do with them.
abstract contract ConsortiumWorld is Test {
    uint16 internal constant PROVIDER = 1;
    uint16 internal constant PAYER = 2;
    bytes32 internal constant REASON = keccak256("reason");
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    error Different(bytes32 found, bytes32 expected);

    Consortium internal consortium;
    Callee internal callee;
    uint256 internal start = 1_800_000_000;

    function setUp() public virtual {
        vm.warp(start);
        callee = new Callee();
        consortium = _found(5);
    }

    function _found(uint256 count) internal returns (Consortium) {
        Adoption[] memory adoptions = new Adoption[](1);
        adoptions[0] = Adoption("Callee", 1, address(callee));
        return new Consortium(_founders(count), adoptions);
    }

    function _founders(uint256 count) internal pure returns (Founder[] memory founders) {
        founders = new Founder[](count);
        for (uint256 i = 0; i < count; ++i) {
            founders[i] = Founder(vm.addr(i + 1), PROVIDER, bytes32(i + 1));
        }
    }

    function _account(uint32 member) internal view returns (address) {
        return consortium.memberOf(member).account;
    }

    function _actions(address target, bytes memory data) internal pure returns (Action[] memory actions) {
        actions = new Action[](1);
        actions[0] = Action(target, data);
    }

    function _open(Action[] memory actions) internal returns (bytes32) {
        address account = _account(1);
        vm.prank(account);
        return consortium.propose(actions, REASON);
    }

    function _open(bytes memory data) internal returns (bytes32) {
        return _open(_actions(address(consortium), data));
    }

    function _vote(bytes32 id, uint32 member, Choice choice) internal {
        address account = _account(member);
        vm.prank(account);
        consortium.vote(id, choice);
    }

    function _approve(bytes32 id, uint32 first, uint32 last) internal {
        for (uint32 member = first; member <= last; ++member) {
            _vote(id, member, Choice.Approve);
        }
    }

    function _execute(bytes32 id) internal {
        address account = _account(1);
        vm.prank(account);
        consortium.execute(id);
    }

    function _refuseExecution(bytes32 id, bytes memory refusal) internal {
        address account = _account(1);
        vm.expectRevert(refusal);
        vm.prank(account);
        consortium.execute(id);
    }

    /// @dev What a vote would do, without the vote.
    function _voted() internal {
        vm.prank(address(consortium));
    }

    function _suspended(uint32 member) internal {
        _voted();
        consortium.suspend(member);
    }

    function _removed(uint32 member) internal {
        _voted();
        consortium.remove(member);
    }

    function _ballotDigest(address target, bytes32 id, uint32 member, Choice choice, uint64 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typehash = keccak256("Ballot(bytes32 proposalId,uint32 member,uint8 choice,uint64 deadline)");
        return _digest(target, keccak256(abi.encode(typehash, id, member, choice, deadline)));
    }

    function _mandateDigest(uint32 member, address operator, uint256 nonce, uint64 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typehash = keccak256(
            "Mandate(uint32 member,address account,address operator,uint256 nonce,uint64 deadline)"
        );
        bytes32 structHash = keccak256(
            abi.encode(typehash, member, consortium.memberOf(member).account, operator, nonce, deadline)
        );
        return _digest(address(consortium), structHash);
    }

    function _digest(address target, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Consortium"), keccak256("1"), block.chainid, target)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Gives a member the operator of a key.
    function _operator(uint32 member, uint256 key) internal returns (address operator) {
        operator = vm.addr(key);
        uint64 deadline = uint64(block.timestamp + 1);
        bytes memory signature =
            _sign(key, _mandateDigest(member, operator, consortium.mandatesOf(operator), deadline));
        address account = _account(member);
        vm.prank(account);
        consortium.addOperator(operator, deadline, signature);
    }

    function same(uint256 a, uint256 b) internal pure {
        if (a != b) revert Different(bytes32(a), bytes32(b));
    }

    function same(address a, address b) internal pure {
        if (a != b) revert Different(bytes32(uint256(uint160(a))), bytes32(uint256(uint160(b))));
    }

    function same(bytes32 a, bytes32 b) internal pure {
        if (a != b) revert Different(a, b);
    }

    function yes(bool fact) internal pure {
        if (!fact) revert Different(0, bytes32(uint256(1)));
    }

    function standing(uint32 member, MemberStatus status) internal view {
        same(uint256(consortium.statusOf(member)), uint256(status));
    }
}
