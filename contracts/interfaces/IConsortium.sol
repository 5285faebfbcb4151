// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

/// @notice What a member may act as. A member's roles are a bitmap in which bit i stands for the i-th role.
/// @dev The exception to "zero means nothing": a role is never stored alone, and the empty bitmap means nothing.
enum Role {
    PROVIDER,
    PAYER,
    SPONSOR,
    ETHICS_BOARD,
    PHARMACY,
    MANUFACTURER,
    DISTRIBUTOR,
    REGULATOR,
    AUDITOR
}

/// @notice Where a member stands now.
enum MemberStatus {
    None, // never admitted.
    Active,
    Suspended, // for a time, or until reinstated: keeps its seat, may neither act nor vote.
    Removed // for good: an organisation that comes back is admitted under a new account and number.
}

/// @notice How many approvals a decision needs, from the weakest to the strongest.
/// @dev Of n seats, those of suspended members included. A proposal needs the strongest of its actions.
enum Threshold {
    None,
    AnyTwo, // 2: suspend, pause.
    Majority, // floor(n/2)+1: suspendUntilLifted, reinstate, pauseUntilLifted, unpause.
    TwoThirdsOfOthers, // ceil(2(n-1)/3), but no less than floor(n/2)+1: remove.
    TwoThirds, // ceil(2n/3): admit, setRoles, replaceAccount.
    ThreeQuarters // ceil(3n/4): adopt, setRule, setThreshold, and every call that is not listed here.
}

/// @notice What a member says to a proposal.
enum Choice {
    None,
    Approve,
    Reject
}

/// @notice Where a proposal stands now.
enum ProposalStatus {
    None, // never opened.
    Open,
    Executed,
    Withdrawn, // by its proposer, or because its proposer was removed.
    Expired
}

/// @notice What a vote can change, within bounds, in seconds.
enum Rule {
    None,
    VotingPeriod, // 8 to 90 days after the notice, 14 at founding: longer than one suspension.
    Notice // 0 to 5 days, 0 at founding: before it is over nothing is executed, but what any two decide.
}

/// @notice Who founds the consortium.
struct Founder {
    address account; // sends the member's transactions and manages its keys; may be a contract wallet.
    uint16 roles; // bitmap of {Role}, not empty.
    bytes32 name; // the organisation's short name in UTF-8, filled with zeros.
}

/// @notice A contract to adopt.
struct Adoption {
    bytes32 name; // for example "Notary" in ASCII, filled with zeros.
    uint32 version; // grows with every adoption under the same name.
    address target;
}

/// @notice Whom an account acts for, read in one slot.
struct Identity {
    uint32 member; // zero when the account acts for nobody.
    address account; // the member's own account.
    uint16 roles; // bitmap of {Role}; zero once removed.
    uint48 suspendedUntil; // block time, in seconds.
}

/// @notice Whom an account acts for, as other contracts ask.
struct Actor {
    uint32 member; // zero when the account acts for nobody; told also while suspended and once removed.
    address account; // the member's own account, where payments to it go.
    uint16 roles; // bitmap of {Role}; zero unless the member is active.
    bool paused; // whether the contract that asks is paused.
}

/// @notice A member organisation.
struct Member {
    address account; // slot 0: zero when never admitted.
    uint16 roles; // slot 0: bitmap of {Role}; zero once removed.
    uint48 suspendedUntil; // slot 0: block time, in seconds; its largest value until reinstated.
    uint48 suspendableFrom; // slot 1: from when any two may suspend it.
    uint48 admittedAt; // slot 1: block time, in seconds.
    bytes32 name; // slot 2: short name in UTF-8; a legal person's, so no personal data.
}

/// @notice An adopted contract.
struct Listing {
    bytes32 name; // slot 0
    address target; // slot 1
    uint32 version; // slot 1
    uint48 adoptedAt; // slot 1: block time, in seconds; zero when never adopted.
    uint48 pausedUntil; // slot 2: block time, in seconds; its largest value until lifted.
    uint48 pausableFrom; // slot 2: from when any two may pause it.
}

/// @notice A call that a proposal makes. It carries no ether.
struct Action {
    address target;
    bytes data; // selector and arguments.
}

/// @notice What a call needs.
struct Decision {
    bytes4 selector;
    Threshold threshold;
    bool aboutMember; // whether its first argument is a member, which then does not vote on it.
}

/// @notice A proposal.
struct Proposal {
    uint32 proposer; // slot 0: the member that opened it.
    uint32 subject; // slot 0: the member that it is about, which does not vote; zero when about none.
    uint48 openedAt; // slot 0: block time, in seconds.
    uint48 executableFrom; // slot 0: the end of the notice.
    uint48 expiresAt; // slot 0: the first second at which it is no longer open.
    ProposalStatus stored; // slot 0: what members did to it. Ask {statusOfProposal} where it stands.
    Threshold threshold; // slot 0: fixed when opened.
    bytes32 reason; // slot 1: salted commitment of the grounds, opened by whoever holds the salt.
    Action[] actions; // slot 2
}

/// @notice A member's ballot.
struct Ballot {
    address account; // the member's account at the time: after a replacement the ballot no longer counts.
    Choice choice;
}

/// @title IConsortium
/// @notice Who belongs, who decides, and which contracts belong to the suite. One organisation, one vote.
/// @dev Members have a number that never changes and is never reused. Other contracts store the number, not the
/// account, so that a replaced account finds its records again and a lost one finds none.
/// @dev Warning: a suspended member keeps its seat in every threshold but its ballot does not count. So a
/// suspension can delay a decision, and can never make one: two members that suspend others gain no vote.
/// @dev Warning: any two can still put others out of action for {SUSPENSION} in every {SUSPENSION} and {REST}, as
/// long as a true majority of the seats stays active; whoever strikes first may keep the others from answering alike.
/// @dev Warning: whoever holds a true majority of the seats can suspend the others until lifted, and whoever holds
/// {Threshold.TwoThirdsOfOthers} can remove them one by one and so come to hold every threshold.
/// @dev Warning: block time is set by validators, who can delay it and run a few seconds ahead.
interface IConsortium {
    /* ERRORS */

    /// @notice Thrown when a founding would have too few members.
    error FoundersTooFew(uint256 founders, uint256 minimum);
    /// @notice Thrown when what only a vote can do is called by anyone else.
    error CallerNotConsortium(address caller);
    /// @notice Thrown when an account acts for no member.
    error AccountUnknown(address account);
    /// @notice Thrown when what only the member's own account can do is called with another of its keys.
    error CallerNotAccount(address caller, address account);
    /// @notice Thrown when a member that must be active is not.
    error MemberNotActive(uint32 member, MemberStatus status);
    /// @notice Thrown when a member that must be suspended is not.
    error MemberNotSuspended(uint32 member, MemberStatus status);
    /// @notice Thrown when a number is not that of a present member.
    error MemberNotSeated(uint32 member, MemberStatus status);
    /// @notice Thrown when a removal would leave too few members.
    error MembershipAtFloor(uint256 members, uint256 minimum);
    /// @notice Thrown when an admission would make too many members.
    error MembershipFull(uint256 maximum);
    /// @notice Thrown when a bitmap of roles is empty or has bits that stand for none.
    error RolesNotAssignable(uint16 roles);
    /// @notice Thrown when a member, or a contract, would have no name.
    error NameMissing(address account);
    /// @notice Thrown when a present member has the name already.
    error NameTaken(bytes32 name, uint32 member);
    /// @notice Thrown when the zero address or the consortium itself would act for a member or be adopted, or when an
    /// account that was replaced would return: its ballots would come back with it.
    error AddressNotUsable(address account);
    /// @notice Thrown when an account acts for a member already, be it the same one.
    error KeyTaken(address key, uint32 member);
    /// @notice Thrown when a member has as many operators as it can have.
    error OperatorsFull(uint32 member, uint256 maximum);
    /// @notice Thrown when a key is not an operator of the member, or is its own account.
    error OperatorUnknown(address operator, uint32 member);
    /// @notice Thrown when a mandate is handed in at its deadline or later.
    error MandateLate(address operator, uint64 deadline);
    /// @notice Thrown when a key did not sign its mandate by this member.
    error MandateNotSigned(address operator, uint32 member);
    /// @notice Thrown when any two would suspend a member again too soon.
    error SuspensionResting(uint32 member, uint48 suspendableFrom);
    /// @notice Thrown when any two would leave the active members without a true majority of the seats.
    error SuspensionBreaksMajority(uint256 remaining, uint256 seats);
    /// @notice Thrown when a contract is not among the adopted ones.
    error ContractNotAdopted(address target);
    /// @notice Thrown when a contract is adopted already.
    error ContractAlreadyAdopted(address target, bytes32 name);
    /// @notice Thrown when an address to adopt, or to call, holds no code.
    error CodeMissing(address target);
    /// @notice Thrown when a version is not newer than the adopted one.
    error VersionNotNewer(bytes32 name, uint32 version, uint32 newest);
    /// @notice Thrown when a contract is paused already.
    error ContractAlreadyPaused(address target, uint48 pausedUntil);
    /// @notice Thrown when a contract to unpause is not paused.
    error ContractNotPaused(address target);
    /// @notice Thrown when any two would pause a contract again too soon.
    error PauseResting(address target, uint48 pausableFrom);
    /// @notice Thrown when a rule would leave its bounds.
    error RuleOutOfBounds(Rule rule, uint48 value, uint48 low, uint48 high);
    /// @notice Thrown when a call would need neither a majority nor two thirds nor the default.
    error ThresholdNotSettable(Threshold threshold);
    /// @notice Thrown when a proposal has no action.
    error ActionsMissing();
    /// @notice Thrown when a proposal has too many actions.
    error ActionsTooMany(uint256 actions, uint256 maximum);
    /// @notice Thrown when the actions of a proposal are too long together, in bytes.
    error ActionsTooLong(uint256 length, uint256 maximum);
    /// @notice Thrown when an action has no selector.
    error SelectorMissing(uint256 index, uint256 length);
    /// @notice Thrown when one proposal is about two members: each one's case is decided for itself.
    error SubjectsTwo(uint32 first, uint32 second);
    /// @notice Thrown when a proposal gives no reason.
    error ReasonMissing();
    /// @notice Thrown when a member has as many open proposals as it can have.
    error ProposalsFull(uint32 member, uint256 maximum);
    /// @notice Thrown when a proposal is unknown, executed, withdrawn or expired.
    error ProposalNotOpen(bytes32 proposalId, ProposalStatus status);
    /// @notice Thrown when a proposal is withdrawn by another member than its proposer.
    error ProposalNotOfMember(bytes32 proposalId, uint32 member, uint32 proposer);
    /// @notice Thrown when a ballot neither approves nor rejects.
    error ChoiceMissing(bytes32 proposalId);
    /// @notice Thrown when a member votes on what is about itself.
    error VoterIsSubject(bytes32 proposalId, uint32 member);
    /// @notice Thrown when a member votes twice, by whatever way and key. A ballot is final.
    error AlreadyVoted(bytes32 proposalId, uint32 member, Choice choice);
    /// @notice Thrown when a signed ballot is handed in at its deadline or later.
    error BallotLate(bytes32 proposalId, uint64 deadline);
    /// @notice Thrown when a ballot is not signed by the key that it names.
    error BallotNotSigned(bytes32 proposalId, address signer);
    /// @notice Thrown when a proposal is executed before its notice is over.
    error NoticeRunning(bytes32 proposalId, uint48 executableFrom);
    /// @notice Thrown when the ballots that count do not suffice.
    error ThresholdNotMet(bytes32 proposalId, uint256 approvals, uint256 needed);
    /// @notice Thrown when a proposal is executed while another one is.
    error ExecutionUnderWay(bytes32 proposalId);
    /// @notice Thrown when an action reverts, and with it the whole proposal.
    /// @param reason What the action reverted with.
    error ActionFailed(uint256 index, address target, bytes reason);

    /* EVENTS */

    /// @notice Emitted when a member is admitted, founders included.
    event MemberAdmitted(uint32 indexed member, address indexed account, uint16 roles, bytes32 name);
    /// @notice Emitted when a member is removed. Its keys act for it no longer; its account can still revoke them.
    event MemberRemoved(uint32 indexed member);
    /// @notice Emitted when a member is suspended, or its suspension confirmed.
    event MemberSuspended(uint32 indexed member, uint48 until);
    /// @notice Emitted when a suspension is ended by vote. One that ends by itself emits nothing.
    event MemberReinstated(uint32 indexed member, uint48 suspendableFrom);
    /// @notice Emitted when a member's roles are set anew.
    event RolesChanged(uint32 indexed member, uint16 roles);
    /// @notice Emitted when a lost account is replaced, after the revocation of every operator.
    event AccountReplaced(uint32 indexed member, address indexed previous, address indexed account);
    /// @notice Emitted when a member adds an operator.
    event OperatorAdded(uint32 indexed member, address indexed operator);
    /// @notice Emitted when a member revokes an operator, or a replacement of the account does.
    event OperatorRevoked(uint32 indexed member, address indexed operator);
    /// @notice Emitted when a member opens a proposal.
    event ProposalOpened(
        bytes32 indexed proposalId, uint32 indexed proposer, address indexed by, Proposal proposal
    );
    /// @notice Emitted when a ballot is cast, by transaction or by signature.
    event BallotCast(bytes32 indexed proposalId, uint32 indexed member, address indexed by, Choice choice);
    /// @notice Emitted when a proposal is withdrawn, or its proposer removed.
    event ProposalWithdrawn(bytes32 indexed proposalId, uint32 indexed proposer);
    /// @notice Emitted when a proposal is executed, before its actions run.
    event ProposalExecuted(bytes32 indexed proposalId, uint32 indexed member, address indexed by);
    /// @notice Emitted when a contract is adopted, those of the founding included.
    event ContractAdopted(bytes32 indexed name, address indexed target, uint32 version);
    /// @notice Emitted when a contract is paused, or its pause confirmed.
    event ContractPaused(address indexed target, uint48 until);
    /// @notice Emitted when a pause is ended by vote. One that ends by itself emits nothing.
    event ContractUnpaused(address indexed target, uint48 pausableFrom);
    /// @notice Emitted when a rule is set, at founding too.
    event RuleChanged(Rule indexed rule, uint48 value);
    /// @notice Emitted when what a call needs is set: by a vote for an adopted contract, at founding for this one.
    event ThresholdChanged(address indexed target, bytes4 indexed selector, Threshold threshold);

    /* MEMBERSHIP, BY VOTE */

    /// @notice Admits a member. Two thirds.
    function admit(address account, uint16 roles, bytes32 name) external;

    /// @notice Removes a member for good, and withdraws its open proposals. Two thirds of the others.
    function remove(uint32 member) external;

    /// @notice Gives a member other roles. Two thirds, the member not voting.
    function setRoles(uint32 member, uint16 roles) external;

    /// @notice Gives a member another account and revokes all its operators. Two thirds, the member not voting.
    /// @dev Its earlier ballots on open proposals no longer count, and it can cast them again.
    function replaceAccount(uint32 member, address account) external;

    /// @notice Suspends an active member for {SUSPENSION}. Any two.
    /// @dev Refused for {REST} after its last suspension, and where fewer than a true majority would stay active.
    function suspend(uint32 member) external;

    /// @notice Suspends a member, or confirms its suspension, until it is reinstated. Majority.
    function suspendUntilLifted(uint32 member) external;

    /// @notice Ends a suspension. Majority.
    function reinstate(uint32 member) external;

    /* CONTRACTS AND RULES, BY VOTE */

    /// @notice Adopts a contract, or a newer version of one. Three quarters.
    /// @dev Warning: an older version stays adopted and works on. Pause it where it must not.
    /// @dev Warning: the addresses that the founding adopts may be deployed to later. Check their code.
    function adopt(Adoption calldata adoption) external;

    /// @notice Pauses an adopted contract for {SUSPENSION}. Any two, and not for {REST} after the last pause.
    /// @dev Warning: a pause is a fact that the contract itself heeds. It never holds up a revocation.
    /// @dev Warning: a pause in good times uses up the brake: until {REST} is over only a majority pauses again.
    function pause(address target) external;

    /// @notice Pauses an adopted contract, or confirms its pause, until it is lifted. Majority.
    function pauseUntilLifted(address target) external;

    /// @notice Ends a pause. Majority.
    function unpause(address target) external;

    /// @notice Sets a rule within its bounds, for proposals opened from then on. Three quarters.
    function setRule(Rule rule, uint48 value) external;

    /// @notice Sets what a call of an adopted contract needs: a majority, two thirds, or none for the default.
    /// @dev Three quarters. Open proposals keep the threshold that they were opened with.
    function setThreshold(address target, bytes4 selector, Threshold threshold) external;

    /* OPERATORS */

    /// @notice Adds a key that acts for the caller's member. Only with the member's own account.
    /// @param signature The key's own, over Mandate(uint32 member,address account,address operator,uint256 nonce,
    /// uint64 deadline), so that nobody claims the key of another. The nonce is {mandatesOf} the key. ERC-1271 too.
    /// @param deadline The first second at which the signature is refused.
    function addOperator(address operator, uint64 deadline, bytes calldata signature) external;

    /// @notice Revokes a key at once, also while suspended and once removed. Only with the member's own account.
    function revokeOperator(address operator) external;

    /// @notice Revokes a key and adds another in its place.
    function rotateOperator(address revoked, address added, uint64 deadline, bytes calldata signature)
        external;

    /* DECIDING */

    /// @notice Opens a proposal of the caller's member.
    /// @param actions The calls it makes, in order, all or none.
    /// @param reason The salted commitment of the grounds.
    /// @return proposalId keccak256(abi.encode(chain id, this contract, member, proposals it opened before, hash of the
    /// call's data)): it commits to the content, so that no ballot is counted for another after a reorganisation.
    function propose(Action[] calldata actions, bytes32 reason) external returns (bytes32 proposalId);

    /// @notice Withdraws a proposal of the caller's member, also while suspended.
    function withdraw(bytes32 proposalId) external;

    /// @notice Casts the ballot of the caller's member. It is final.
    function vote(bytes32 proposalId, Choice choice) external;

    /// @notice Casts a ballot that a member's key signed. Anyone can hand it in.
    /// @param signature Over Ballot(bytes32 proposalId,uint32 member,uint8 choice,uint64 deadline). ERC-1271 too.
    /// @param deadline The first second at which the signature is refused.
    function voteBySignature(
        bytes32 proposalId,
        Choice choice,
        address signer,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Executes an open proposal that has the approvals it needs. Any active member can.
    /// @dev Warning: ballots are counted now, over the members active now.
    /// @dev Warning: the caller chooses the gas. A governed function must not catch its own failures, or it can be
    /// executed half.
    function execute(bytes32 proposalId) external;

    /* READING */

    /// @notice Returns whom an account acts for, and whether the contract that asks is paused.
    /// @dev The one question of every other contract: two storage reads.
    function actorOf(address account) external view returns (Actor memory);

    /// @notice Returns the numbers of the present members, suspended ones included.
    function members() external view returns (uint32[] memory);

    /// @notice Returns what is stored of a member.
    function memberOf(uint32 member) external view returns (Member memory);

    /// @notice Returns where a member stands now.
    function statusOf(uint32 member) external view returns (MemberStatus);

    /// @notice Returns the roles a member holds, also while suspended.
    function rolesOf(uint32 member) external view returns (uint16);

    /// @notice Returns the accounts that act for a member, its own first; once removed, those that did.
    function operatorsOf(uint32 member) external view returns (address[] memory);

    /// @notice Returns how often a key became an operator, which is the nonce of its next mandate.
    function mandatesOf(address operator) external view returns (uint256);

    /// @notice Returns the active members that hold a role.
    function whoCan(Role role) external view returns (uint32[] memory);

    /// @notice Returns the newest adopted contract of a name, or zero.
    function contractOf(bytes32 name) external view returns (address);

    /// @notice Returns every adopted contract, older versions included, in the order of adoption.
    function adopted() external view returns (Listing[] memory);

    /// @notice Returns whether a contract is paused now.
    function isPaused(address target) external view returns (bool);

    /// @notice Returns what a rule is set to.
    function ruleOf(Rule rule) external view returns (uint48);

    /// @notice Returns what a call needs.
    function thresholdOf(address target, bytes4 selector) external view returns (Threshold);

    /// @notice Returns the proposals that are open now.
    function openProposals() external view returns (bytes32[] memory);

    /// @notice Returns how many proposals a member opened so far.
    function proposalsOf(uint32 member) external view returns (uint256);

    /// @notice Returns what is stored of a proposal, its actions included.
    function proposalOf(bytes32 proposalId) external view returns (Proposal memory);

    /// @notice Returns where a proposal stands now.
    function statusOfProposal(bytes32 proposalId) external view returns (ProposalStatus);

    /// @notice Returns the ballot that counts for a member, or none.
    function ballotOf(bytes32 proposalId, uint32 member) external view returns (Choice);

    /// @notice Returns the ballots that count now, and how many approvals are needed.
    function tallyOf(bytes32 proposalId)
        external
        view
        returns (uint256 approvals, uint256 rejections, uint256 needed);

    /// @notice Returns the fewest members there can be.
    function MIN_MEMBERS() external view returns (uint256);

    /// @notice Returns the most members there can be.
    function MAX_MEMBERS() external view returns (uint256);

    /// @notice Returns the most operators a member can have beside its account.
    function MAX_OPERATORS() external view returns (uint256);

    /// @notice Returns the most open proposals a member can have.
    function MAX_OPEN() external view returns (uint256);

    /// @notice Returns the most actions a proposal can have.
    function MAX_ACTIONS() external view returns (uint256);

    /// @notice Returns the most bytes the actions of a proposal can have together.
    function MAX_LENGTH() external view returns (uint256);

    /// @notice Returns for how long any two can suspend or pause, in seconds.
    function SUSPENSION() external view returns (uint48);

    /// @notice Returns for how long after a suspension or a pause any two cannot repeat it, in seconds.
    function REST() external view returns (uint48);
}
