// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Action,
    Actor,
    Adoption,
    Ballot,
    Choice,
    Decision,
    Founder,
    IConsortium,
    Identity,
    Listing,
    Member,
    MemberStatus,
    Proposal,
    ProposalStatus,
    Role,
    Rule,
    Threshold
} from "./interfaces/IConsortium.sol";
import {Directories, Directory} from "./libraries/Directories.sol";
import {Governance} from "./libraries/Governance.sol";
import {Membership, Roster} from "./libraries/Membership.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Consortium
/// @notice See {IConsortium}.
contract Consortium is IConsortium {
    using Membership for Roster;
    using Directories for Directory;

    /* CONSTANTS */

    /// @inheritdoc IConsortium
    uint256 public constant MIN_MEMBERS = Membership.MIN_MEMBERS;

    /// @inheritdoc IConsortium
    uint256 public constant MAX_MEMBERS = Membership.MAX_MEMBERS;

    /// @inheritdoc IConsortium
    /// @dev Each is written when the member's standing changes.
    uint256 public constant MAX_OPERATORS = 16;

    /// @inheritdoc IConsortium
    uint256 public constant MAX_OPEN = 8;

    /// @inheritdoc IConsortium
    uint256 public constant MAX_ACTIONS = 10;

    /// @inheritdoc IConsortium
    /// @dev Storing them costs 6 million gas, a third of what EIP-7825 allows a transaction.
    uint256 public constant MAX_LENGTH = 8192;

    /// @inheritdoc IConsortium
    uint48 public constant SUSPENSION = Membership.SUSPENSION;

    /// @inheritdoc IConsortium
    uint48 public constant REST = Membership.REST;

    bytes32 private constant MANDATE_TYPEHASH =
        keccak256("Mandate(uint32 member,address account,address operator,uint256 nonce,uint64 deadline)");

    bytes32 private constant BALLOT_TYPEHASH =
        keccak256("Ballot(bytes32 proposalId,uint32 member,uint8 choice,uint64 deadline)");

    /* STORAGE */

    Roster private _roster;
    Directory private _directory;

    /// @inheritdoc IConsortium
    mapping(address operator => uint256) public mandatesOf;

    /// @inheritdoc IConsortium
    mapping(Rule => uint48) public ruleOf;
    mapping(address target => mapping(bytes4 selector => Decision)) private _decisions;

    mapping(bytes32 proposalId => Proposal) private _proposals;
    mapping(bytes32 proposalId => mapping(uint32 member => Ballot)) private _ballots;
    /// @dev Those that expired are forgotten when the member opens the next one.
    mapping(uint32 member => bytes32[]) private _open;
    /// @inheritdoc IConsortium
    mapping(uint32 member => uint256) public proposalsOf;
    bytes32 private _executing;

    /* FOUNDING */

    /// @dev The deployer is no party to anything after this.
    constructor(Founder[] memory founders, Adoption[] memory adoptions) {
        require(founders.length >= MIN_MEMBERS, FoundersTooFew(founders.length, MIN_MEMBERS));

        _setRule(Rule.VotingPeriod, 14 days);
        _setRule(Rule.Notice, 0);
        Decision[10] memory own = Governance.ownDecisions();
        for (uint256 i = 0; i < own.length; ++i) {
            _decisions[address(this)][own[i].selector] = own[i];
            emit ThresholdChanged(address(this), own[i].selector, own[i].threshold);
        }
        for (uint256 i = 0; i < founders.length; ++i) {
            _roster.admit(founders[i].account, founders[i].roles, founders[i].name);
        }
        for (uint256 i = 0; i < adoptions.length; ++i) {
            _directory.adopt(adoptions[i]);
        }
    }

    /// @dev What follows a vote: {execute} calls it, and nobody else can.
    modifier byVote() {
        _requireVote();
        _;
    }

    function _requireVote() private view {
        require(msg.sender == address(this), CallerNotConsortium(msg.sender));
    }

    /* MEMBERSHIP, BY VOTE */

    /// @inheritdoc IConsortium
    function admit(address account, uint16 roles, bytes32 name) external byVote {
        _roster.admit(account, roles, name);
    }

    /// @inheritdoc IConsortium
    function remove(uint32 member) external byVote {
        _roster.remove(member);

        _forgetExpired(member);
        while (_open[member].length > 0) {
            _withdraw(_open[member][_open[member].length - 1], member);
        }
    }

    /// @inheritdoc IConsortium
    function setRoles(uint32 member, uint16 roles) external byVote {
        _roster.setRoles(member, roles);
    }

    /// @inheritdoc IConsortium
    function replaceAccount(uint32 member, address account) external byVote {
        _roster.replaceAccount(member, account);
    }

    /// @inheritdoc IConsortium
    function suspend(uint32 member) external byVote {
        _roster.suspend(member);
    }

    /// @inheritdoc IConsortium
    function suspendUntilLifted(uint32 member) external byVote {
        _roster.suspendUntilLifted(member);
    }

    /// @inheritdoc IConsortium
    function reinstate(uint32 member) external byVote {
        _roster.reinstate(member);
    }

    /* CONTRACTS AND RULES, BY VOTE */

    /// @inheritdoc IConsortium
    function adopt(Adoption calldata adoption) external byVote {
        require(adoption.target.code.length > 0, CodeMissing(adoption.target));

        _directory.adopt(adoption);
    }

    /// @inheritdoc IConsortium
    function pause(address target) external byVote {
        _directory.pause(target);
    }

    /// @inheritdoc IConsortium
    function pauseUntilLifted(address target) external byVote {
        _directory.pauseUntilLifted(target);
    }

    /// @inheritdoc IConsortium
    function unpause(address target) external byVote {
        _directory.unpause(target);
    }

    /// @inheritdoc IConsortium
    function setRule(Rule rule, uint48 value) external byVote {
        (uint48 low, uint48 high) = Governance.boundsOf(rule);
        require(low <= value && value <= high, RuleOutOfBounds(rule, value, low, high));

        _setRule(rule, value);
    }

    /// @inheritdoc IConsortium
    function setThreshold(address target, bytes4 selector, Threshold threshold) external byVote {
        // Asked for its refusal alone, where the target is not adopted.
        // slither-disable-next-line unused-return
        _directory.listed(target);
        bool settable = threshold == Threshold.None || threshold == Threshold.Majority
            || threshold == Threshold.TwoThirds;
        require(settable, ThresholdNotSettable(threshold));

        _decisions[target][selector].threshold = threshold;

        emit ThresholdChanged(target, selector, threshold);
    }

    function _setRule(Rule rule, uint48 value) private {
        ruleOf[rule] = value;

        emit RuleChanged(rule, value);
    }

    /* OPERATORS */

    /// @inheritdoc IConsortium
    function addOperator(address operator, uint64 deadline, bytes calldata signature) external {
        _addOperator(operator, deadline, signature);
    }

    /// @inheritdoc IConsortium
    function revokeOperator(address operator) external {
        _revokeOperator(operator);
    }

    /// @inheritdoc IConsortium
    function rotateOperator(address revoked, address added, uint64 deadline, bytes calldata signature)
        external
    {
        _revokeOperator(revoked);
        _addOperator(added, deadline, signature);
    }

    function _addOperator(address operator, uint64 deadline, bytes calldata signature) private {
        uint32 member = _roster.activeMember(msg.sender);
        _requireAccount(member);
        require(_roster.keys[member].length <= MAX_OPERATORS, OperatorsFull(member, MAX_OPERATORS));
        require(block.timestamp < deadline, MandateLate(operator, deadline));
        uint256 nonce = mandatesOf[operator]++;
        bytes32 digest =
            keccak256(abi.encode(MANDATE_TYPEHASH, member, msg.sender, operator, nonce, deadline));
        require(_signed(operator, digest, signature), MandateNotSigned(operator, member));

        _roster.addKey(member, operator);
        _roster.publish(member);

        emit OperatorAdded(member, operator);
    }

    function _revokeOperator(address operator) private {
        uint32 member = _roster.knownMember(msg.sender);
        _requireAccount(member);
        bool own = _roster.identities[operator].member == member && operator != msg.sender;
        require(own, OperatorUnknown(operator, member));

        _roster.dropKey(member, operator);

        emit OperatorRevoked(member, operator);
    }

    function _requireAccount(uint32 member) private view {
        address account = _roster.members[member].account;
        require(msg.sender == account, CallerNotAccount(msg.sender, account));
    }

    /* DECIDING */

    /// @inheritdoc IConsortium
    function propose(Action[] calldata actions, bytes32 reason) external returns (bytes32 proposalId) {
        uint32 proposer = _roster.activeMember(msg.sender);
        (Threshold threshold, uint32 subject) = _examine(actions);
        require(reason != bytes32(0), ReasonMissing());
        _forgetExpired(proposer);
        require(_open[proposer].length < MAX_OPEN, ProposalsFull(proposer, MAX_OPEN));

        proposalId = keccak256(
            abi.encode(block.chainid, address(this), proposer, proposalsOf[proposer]++, keccak256(msg.data))
        );
        _open[proposer].push(proposalId);
        Proposal storage proposal = _proposals[proposalId];
        uint48 opened = uint48(block.timestamp);
        proposal.proposer = proposer;
        proposal.subject = subject;
        proposal.openedAt = opened;
        proposal.executableFrom = opened + (threshold == Threshold.AnyTwo ? 0 : ruleOf[Rule.Notice]);
        proposal.expiresAt = proposal.executableFrom + ruleOf[Rule.VotingPeriod];
        proposal.stored = ProposalStatus.Open;
        proposal.threshold = threshold;
        proposal.reason = reason;
        for (uint256 i = 0; i < actions.length; ++i) {
            Action storage action = proposal.actions.push();
            action.target = actions[i].target;
            action.data = actions[i].data;
        }

        emit ProposalOpened(proposalId, proposer, msg.sender, proposalOf(proposalId));
    }

    /// @inheritdoc IConsortium
    function withdraw(bytes32 proposalId) external {
        uint32 member = _roster.knownMember(msg.sender);
        Proposal storage proposal = _openProposal(proposalId);
        uint32 proposer = proposal.proposer;
        require(member == proposer, ProposalNotOfMember(proposalId, member, proposer));

        _withdraw(proposalId, member);
    }

    /// @inheritdoc IConsortium
    function vote(bytes32 proposalId, Choice choice) external {
        _cast(proposalId, msg.sender, choice);
    }

    /// @inheritdoc IConsortium
    function voteBySignature(
        bytes32 proposalId,
        Choice choice,
        address signer,
        uint64 deadline,
        bytes calldata signature
    ) external {
        uint32 member = _roster.knownMember(signer);
        require(block.timestamp < deadline, BallotLate(proposalId, deadline));
        bytes32 digest = keccak256(abi.encode(BALLOT_TYPEHASH, proposalId, member, choice, deadline));
        require(_signed(signer, digest, signature), BallotNotSigned(proposalId, signer));

        _cast(proposalId, signer, choice);
    }

    /// @inheritdoc IConsortium
    function execute(bytes32 proposalId) external {
        uint32 member = _roster.activeMember(msg.sender);
        require(_executing == bytes32(0), ExecutionUnderWay(_executing));
        Proposal storage proposal = _openProposal(proposalId);
        uint48 from = proposal.executableFrom;
        require(block.timestamp >= from, NoticeRunning(proposalId, from));
        (uint256 approvals,, uint256 needed) = tallyOf(proposalId);
        require(approvals >= needed, ThresholdNotMet(proposalId, approvals, needed));

        proposal.stored = ProposalStatus.Executed;
        _close(proposalId, proposal.proposer);
        _executing = proposalId;

        emit ProposalExecuted(proposalId, member, msg.sender);

        Action[] memory actions = proposalOf(proposalId).actions;
        for (uint256 i = 0; i < actions.length; ++i) {
            address target = actions[i].target;
            require(target.code.length > 0, CodeMissing(target));
            // What members voted for is called one by one; _executing keeps everyone out until the last is done.
            // slither-disable-next-line calls-loop,reentrancy-no-eth
            (bool done, bytes memory reason) = target.call(actions[i].data);
            require(done, ActionFailed(i, target, reason));
        }
        _executing = bytes32(0);
    }

    function _examine(Action[] calldata actions) private view returns (Threshold threshold, uint32 subject) {
        require(actions.length > 0, ActionsMissing());
        require(actions.length <= MAX_ACTIONS, ActionsTooMany(actions.length, MAX_ACTIONS));

        uint256 length = 0;
        for (uint256 i = 0; i < actions.length; ++i) {
            (address target, bytes calldata data) = (actions[i].target, actions[i].data);
            require(data.length >= 4, SelectorMissing(i, data.length));
            length += data.length;
            Threshold own = thresholdOf(target, bytes4(data));
            if (own > threshold) threshold = own;
            bool aboutMember = _decisions[target][bytes4(data)].aboutMember;
            uint32 about = aboutMember ? uint32(uint256(bytes32(data[4:]))) : 0;
            require(about == 0 || subject == 0 || about == subject, SubjectsTwo(subject, about));
            if (about != 0) subject = about;
        }
        require(length <= MAX_LENGTH, ActionsTooLong(length, MAX_LENGTH));
    }

    function _cast(bytes32 proposalId, address by, Choice choice) private {
        uint32 member = _roster.activeMember(by);
        Proposal storage proposal = _openProposal(proposalId);
        require(choice != Choice.None, ChoiceMissing(proposalId));
        require(member != proposal.subject, VoterIsSubject(proposalId, member));
        Ballot storage ballot = _ballots[proposalId][member];
        address account = _roster.identities[by].account;
        require(ballot.account != account, AlreadyVoted(proposalId, member, ballot.choice));

        ballot.account = account;
        ballot.choice = choice;

        emit BallotCast(proposalId, member, by, choice);
    }

    function _withdraw(bytes32 proposalId, uint32 proposer) private {
        _proposals[proposalId].stored = ProposalStatus.Withdrawn;
        _close(proposalId, proposer);

        emit ProposalWithdrawn(proposalId, proposer);
    }

    function _close(bytes32 proposalId, uint32 proposer) private {
        bytes32[] storage open = _open[proposer];
        uint256 place = 0;
        while (open[place] != proposalId) ++place;
        _drop(open, place);
    }

    function _forgetExpired(uint32 proposer) private {
        bytes32[] storage open = _open[proposer];
        for (uint256 i = open.length; i > 0; --i) {
            if (statusOfProposal(open[i - 1]) == ProposalStatus.Open) continue;
            _drop(open, i - 1);
        }
    }

    function _drop(bytes32[] storage open, uint256 place) private {
        open[place] = open[open.length - 1];
        open.pop();
    }

    function _openProposal(bytes32 proposalId) private view returns (Proposal storage) {
        ProposalStatus status = statusOfProposal(proposalId);
        require(status == ProposalStatus.Open, ProposalNotOpen(proposalId, status));
        return _proposals[proposalId];
    }

    /* READING */

    /// @inheritdoc IConsortium
    function actorOf(address account) external view returns (Actor memory) {
        Identity storage known = _roster.identities[account];
        uint16 roles = block.timestamp < known.suspendedUntil ? 0 : known.roles;
        return Actor(known.member, known.account, roles, _directory.isPaused(msg.sender));
    }

    /// @inheritdoc IConsortium
    function members() external view returns (uint32[] memory) {
        return _roster.seats;
    }

    /// @inheritdoc IConsortium
    function memberOf(uint32 member) external view returns (Member memory) {
        return _roster.members[member];
    }

    /// @inheritdoc IConsortium
    function statusOf(uint32 member) external view returns (MemberStatus) {
        return _roster.statusOf(member);
    }

    /// @inheritdoc IConsortium
    function rolesOf(uint32 member) external view returns (uint16) {
        return _roster.members[member].roles;
    }

    /// @inheritdoc IConsortium
    function operatorsOf(uint32 member) external view returns (address[] memory) {
        return _roster.keys[member];
    }

    /// @inheritdoc IConsortium
    function whoCan(Role role) external view returns (uint32[] memory able) {
        uint32[] memory found = new uint32[](_roster.seats.length);
        uint256 count = 0;
        for (uint256 i = 0; i < found.length; ++i) {
            uint32 member = _roster.seats[i];
            bool can = _roster.statusOf(member) == MemberStatus.Active
                && Governance.holds(_roster.members[member].roles, role);
            if (can) found[count++] = member;
        }

        able = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            able[i] = found[i];
        }
    }

    /// @inheritdoc IConsortium
    function adopted() external view returns (Listing[] memory listings) {
        listings = new Listing[](_directory.adopted.length);
        for (uint256 i = 0; i < listings.length; ++i) {
            listings[i] = _directory.listings[_directory.adopted[i]];
        }
    }

    /// @inheritdoc IConsortium
    function contractOf(bytes32 name) external view returns (address) {
        return _directory.newest[name];
    }

    /// @inheritdoc IConsortium
    function isPaused(address target) external view returns (bool) {
        return _directory.isPaused(target);
    }

    /// @inheritdoc IConsortium
    function thresholdOf(address target, bytes4 selector) public view returns (Threshold) {
        Threshold set = _decisions[target][selector].threshold;
        return set == Threshold.None ? Threshold.ThreeQuarters : set;
    }

    /// @inheritdoc IConsortium
    function openProposals() external view returns (bytes32[] memory open) {
        bytes32[] memory found = new bytes32[](_roster.seats.length * MAX_OPEN);
        uint256 count = 0;
        for (uint256 i = 0; i < _roster.seats.length; ++i) {
            bytes32[] storage own = _open[_roster.seats[i]];
            for (uint256 j = 0; j < own.length; ++j) {
                if (statusOfProposal(own[j]) == ProposalStatus.Open) found[count++] = own[j];
            }
        }

        open = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            open[i] = found[i];
        }
    }

    /// @inheritdoc IConsortium
    function proposalOf(bytes32 proposalId) public view returns (Proposal memory) {
        return _proposals[proposalId];
    }

    /// @inheritdoc IConsortium
    function statusOfProposal(bytes32 proposalId) public view returns (ProposalStatus) {
        Proposal storage proposal = _proposals[proposalId];
        if (proposal.stored != ProposalStatus.Open) return proposal.stored;
        return block.timestamp < proposal.expiresAt ? ProposalStatus.Open : ProposalStatus.Expired;
    }

    /// @inheritdoc IConsortium
    function ballotOf(bytes32 proposalId, uint32 member) public view returns (Choice) {
        Ballot storage ballot = _ballots[proposalId][member];
        bool counts = ballot.account == _roster.members[member].account
            && _roster.statusOf(member) == MemberStatus.Active;
        return counts ? ballot.choice : Choice.None;
    }

    /// @inheritdoc IConsortium
    function tallyOf(bytes32 proposalId)
        public
        view
        returns (uint256 approvals, uint256 rejections, uint256 needed)
    {
        for (uint256 i = 0; i < _roster.seats.length; ++i) {
            Choice choice = ballotOf(proposalId, _roster.seats[i]);
            if (choice == Choice.Approve) ++approvals;
            if (choice == Choice.Reject) ++rejections;
        }
        needed = Governance.needed(_proposals[proposalId].threshold, _roster.seats.length);
    }

    /* INTERNALS */

    function _signed(address signer, bytes32 structHash, bytes calldata signature)
        private
        view
        returns (bool)
    {
        return Signatures.verify(keccak256("Consortium"), signer, structHash, signature);
    }
}
