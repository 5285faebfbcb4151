// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consortium} from "../../contracts/Consortium.sol";
import {
    Action,
    Actor,
    Choice,
    IConsortium,
    Member,
    MemberStatus,
    ProposalStatus,
    Rule,
    Threshold
} from "../../contracts/interfaces/IConsortium.sol";
import {Governance} from "../../contracts/libraries/Governance.sol";
import {Callee, ConsortiumWorld} from "./ConsortiumWorld.sol";
import {Test} from "./Vm.sol";

/// @dev Plays members, operators and strangers at random, and keeps a plain model of what must hold.
contract ConsortiumHandler is Test {
    Consortium private immutable _consortium;
    Callee private immutable _callee;
    uint256 private immutable _start;
    uint256 private _nextKey = 1000;

    bytes32[] public proposals;
    mapping(bytes32 proposalId => mapping(uint32 member => mapping(address account => Choice))) public said;
    mapping(bytes32 proposalId => bool) public executed;
    uint32 public lastMember;
    string public broken;

    constructor(Consortium consortium, Callee callee, uint256 start) {
        (_consortium, _callee, _start) = (consortium, callee, start);
        lastMember = 5;
    }

    /// @dev Any key of any member ever admitted, or a stranger.
    function _someone(uint256 seed) private view returns (address) {
        uint32 member = _anyone(seed);
        address[] memory keys = _consortium.operatorsOf(member);
        if (seed % 17 == 0 || keys.length == 0) return address(uint160(seed | 1));
        return keys[(seed >> 32) % keys.length];
    }

    function _anyone(uint256 seed) private view returns (uint32) {
        return uint32(bound(seed, 1, lastMember));
    }

    function propose(uint256 by, uint256 kind, uint256 about) external {
        uint32 member = _anyone(about);
        bytes memory data = abi.encodeCall(IConsortium.suspend, (member));
        kind = kind % 12;
        if (kind == 1) data = abi.encodeCall(IConsortium.suspendUntilLifted, (member));
        if (kind == 2) data = abi.encodeCall(IConsortium.reinstate, (member));
        if (kind == 3) data = abi.encodeCall(IConsortium.remove, (member));
        if (kind == 4 || kind == 5) {
            data = abi.encodeCall(IConsortium.admit, (vm.addr(_nextKey), 1, bytes32(_nextKey)));
        }
        if (kind == 6) data = abi.encodeCall(IConsortium.replaceAccount, (member, vm.addr(_nextKey)));
        if (kind == 7) data = abi.encodeCall(IConsortium.pause, (address(_callee)));
        if (kind == 8) data = abi.encodeCall(IConsortium.unpause, (address(_callee)));
        if (kind == 9) {
            data = abi.encodeCall(IConsortium.setRule, (Rule.Notice, uint48(bound(about, 0, 8 days))));
        }
        if (kind == 10) {
            data = abi.encodeCall(IConsortium.setRoles, (member, uint16(bound(about, 0, 600))));
        }
        ++_nextKey;
        Action[] memory actions = new Action[](1);
        actions[0] = Action(address(_consortium), data);
        if (kind == 11) actions[0] = Action(address(_callee), abi.encodeCall(Callee.note, (about)));

        vm.prank(_someone(by));
        try _consortium.propose(actions, bytes32(uint256(1))) returns (bytes32 id) {
            proposals.push(id);
        } catch {}
    }

    function vote(uint256 by, uint256 which, bool approve) external {
        if (proposals.length == 0) return;
        address key = _someone(by);
        bytes32 id = _proposal(which);
        Choice choice = approve || by % 4 != 0 ? Choice.Approve : Choice.Reject;
        Actor memory actor = _consortium.actorOf(key);

        vm.prank(key);
        try _consortium.vote(id, choice) {
            if (actor.roles == 0) broken = "a ballot of nobody active";
            if (actor.member == _consortium.proposalOf(id).subject) broken = "a ballot about oneself";
            if (said[id][actor.member][actor.account] != Choice.None) broken = "a second ballot";
            said[id][actor.member][actor.account] = choice;
        } catch {}
    }

    function execute(uint256 by, uint256 which) external {
        if (proposals.length == 0) return;
        bytes32 id = _proposal(which);
        uint256 approvals = countedByHand(id);
        uint256 seats = _consortium.members().length;
        Threshold threshold = _consortium.proposalOf(id).threshold;
        uint256 floor = threshold == Threshold.AnyTwo ? 2 : seats / 2 + 1;

        vm.prank(_someone(by));
        try _consortium.execute(id) {
            if (executed[id]) broken = "executed twice";
            if (approvals < floor) broken = "executed without a true majority";
            if (approvals < Governance.needed(threshold, seats)) broken = "executed below the threshold";
            executed[id] = true;
            _follow();
        } catch {}
    }

    function withdraw(uint256 by, uint256 which) external {
        if (proposals.length == 0) return;
        address key = _someone(by);
        bytes32 id = _proposal(which);
        uint32 member = _consortium.actorOf(key).member;

        vm.prank(key);
        try _consortium.withdraw(id) {
            if (member != _consortium.proposalOf(id).proposer) broken = "withdrawn by another";
        } catch {}
    }

    /// @dev A fresh key, or one that was used before, perhaps by another member.
    function addOperator(uint256 by, uint256 wrong, uint256 which) external {
        uint32 member = _anyone(by);
        uint256 secret = wrong % 2 == 0 ? ++_nextKey : bound(which, 1000, _nextKey);
        address operator = vm.addr(secret);
        uint32 holder = _consortium.actorOf(operator).member;
        address caller = wrong % 5 == 0 ? _someone(by) : _consortium.memberOf(member).account;
        bytes32 typehash = keccak256(
            "Mandate(uint32 member,address account,address operator,uint256 nonce,uint64 deadline)"
        );
        uint32 signedFor = wrong % 3 == 0 ? member + 1 : member;
        uint256 nonce = _consortium.mandatesOf(operator);
        bytes32 digest =
            _digest(keccak256(abi.encode(typehash, signedFor, caller, operator, nonce, type(uint64).max)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);

        vm.prank(caller);
        try _consortium.addOperator(operator, type(uint64).max, abi.encodePacked(r, s, v)) {
            if (wrong % 3 == 0) broken = "a key claimed without its mandate";
            if (holder != 0) broken = "a key claimed from its member";
        } catch {}
    }

    function revokeOperator(uint256 by, uint256 whose) external {
        address key = _someone(whose);
        address caller = _consortium.memberOf(_anyone(by)).account;
        uint32 holder = _consortium.actorOf(key).member;

        vm.prank(caller);
        try _consortium.revokeOperator(key) {
            if (_consortium.actorOf(caller).member != holder) broken = "revoked by another";
            if (_consortium.actorOf(key).member != 0) broken = "revoked and still acting";
        } catch {}
    }

    /// @dev Two members that do all they can, at once: the fault to be seen is that they gain the majority.
    function conspire(uint256 first, uint256 victim) external {
        uint32[] memory seats = _consortium.members();
        Action[] memory actions = new Action[](1);
        bytes memory data = abi.encodeCall(IConsortium.suspend, (seats[victim % seats.length]));
        actions[0] = Action(address(_consortium), data);
        address one = _consortium.memberOf(seats[first % seats.length]).account;
        address two = _consortium.memberOf(seats[(first % seats.length + 1) % seats.length]).account;

        vm.prank(one);
        try _consortium.propose(actions, bytes32(uint256(1))) returns (bytes32 id) {
            proposals.push(id);
            this.ballot(one, id);
            this.ballot(two, id);
            vm.prank(one);
            try _consortium.execute(id) {
                executed[id] = true;
            } catch {}
        } catch {}
    }

    function ballot(address key, bytes32 id) external {
        if (msg.sender != address(this)) return;
        Actor memory actor = _consortium.actorOf(key);
        vm.prank(key);
        try _consortium.vote(id, Choice.Approve) {
            said[id][actor.member][actor.account] = Choice.Approve;
        } catch {}
    }

    function trespass(uint256 by, uint256 about) external {
        vm.prank(_someone(by));
        try _consortium.remove(_anyone(about)) {
            broken = "governed without a vote";
        } catch {}
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 5 days));
    }

    function count() external view returns (uint256) {
        return proposals.length;
    }

    function _follow() private {
        uint32[] memory seats = _consortium.members();
        for (uint256 i = 0; i < seats.length; ++i) {
            if (seats[i] > lastMember) lastMember = seats[i];
        }
    }

    function countedByHand(bytes32 id) public view returns (uint256 approvals) {
        uint32[] memory seats = _consortium.members();
        for (uint256 i = 0; i < seats.length; ++i) {
            bool active = _consortium.statusOf(seats[i]) == MemberStatus.Active;
            address account = _consortium.memberOf(seats[i]).account;
            if (active && said[id][seats[i]][account] == Choice.Approve) ++approvals;
        }
    }

    function _proposal(uint256 which) private view returns (bytes32) {
        uint256 recent = proposals.length < 12 ? proposals.length : 12;
        return proposals[proposals.length - 1 - which % recent];
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 typehash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(typehash, keccak256("Consortium"), keccak256("1"), block.chainid, address(_consortium))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}

contract ConsortiumInvariants is ConsortiumWorld {
    ConsortiumHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new ConsortiumHandler(consortium, callee, start);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev All in one, so that every call of the campaign is checked against everything.
    function invariant_the_consortium_governs_itself() external view {
        same(keccak256(bytes(_handler.broken())), keccak256(""));
        uint32[] memory seats = consortium.members();
        yes(seats.length >= 3 && seats.length <= 64);
        uint256 active = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            if (consortium.statusOf(seats[i]) == MemberStatus.Active) ++active;
            yes(consortium.rolesOf(seats[i]) != 0);
            for (uint256 j = 0; j < i; ++j) {
                yes(seats[i] != seats[j]);
            }
        }
        yes(2 * active > seats.length);
        for (uint32 member = 1; member <= _handler.lastMember(); ++member) {
            _keysAgree(member);
        }
        _openAreOpen();
        yes(consortium.ruleOf(Rule.VotingPeriod) == 14 days && consortium.ruleOf(Rule.Notice) <= 7 days);
    }

    function _keysAgree(uint32 member) private view {
        Member memory record = consortium.memberOf(member);
        address[] memory keys = consortium.operatorsOf(member);
        yes(keys.length >= 1 && keys.length <= 17 && keys[0] == record.account);
        bool active = consortium.statusOf(member) == MemberStatus.Active;
        for (uint256 i = 0; i < keys.length; ++i) {
            Actor memory actor = consortium.actorOf(keys[i]);
            same(actor.member, member);
            same(actor.account, record.account);
            same(actor.roles, active ? record.roles : 0);
        }
    }

    function _openAreOpen() private view {
        bytes32[] memory open = consortium.openProposals();
        for (uint256 i = 0; i < open.length; ++i) {
            yes(consortium.statusOfProposal(open[i]) == ProposalStatus.Open);
        }
        uint256 found = 0;
        for (uint256 i = 0; i < _handler.count(); ++i) {
            if (consortium.statusOfProposal(_handler.proposals(i)) == ProposalStatus.Open) ++found;
        }
        same(found, open.length);
        for (uint256 i = _handler.count() < 6 ? 0 : _handler.count() - 6; i < _handler.count(); ++i) {
            (uint256 approvals,,) = consortium.tallyOf(_handler.proposals(i));
            same(approvals, _handler.countedByHand(_handler.proposals(i)));
        }
    }
}
