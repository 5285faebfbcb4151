// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {ICoverageRegistry} from "./ICoverageRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A rule that an appeal can have waived for a line. Bit i of a bitmap stands for the i-th.
/// @dev The exception to "zero means nothing": it is never stored alone, and the empty bitmap means nothing.
enum Waiver {
    Filing, // CO-29
    NotCovered, // PR-204
    Waiting, // PR-179
    Authorisation, // CO-197, CO-15, CO-198
    Network, // PR-242
    OtherPayer, // CO-22
    UnitLimit, // CO-151
    Price // CO-45 and CO-96: the charge is allowed.
}

/// @notice Where the record of a line stands.
enum ClaimStatus {
    None, // never adjudicated, voided, or a duplicate.
    Pended, // decided, and not all paid: the payer's pool was short, or the adjudicator paused.
    Settled, // decided and, where anything is due, paid.
    Attached // a further line of a claim, whose first line that is no duplicate holds the record.
}

/// @notice Where an appeal stands now.
enum AppealStatus {
    None,
    Open,
    Granted,
    Rejected,
    Lapsed // the panel did not decide in time: the decision stands.
}

/// @notice A {Service} in one word, as Solidity lays it out in a slot: the first member in the lowest bits.
type ServiceWord is uint256;

/// @notice What a line claims. Amounts in hundredths of the currency, days counted from 1970-01-01 in UTC.
struct Service {
    uint8 category; // of services, by the payer's file of service codes.
    uint16 units;
    uint32 servedOn; // the date of service.
    uint16 authorisation; // its number in the coverage; zero for none.
    uint8 fee; // the place in {Claim.fees} of what proves its price, from one; zero for none.
    uint48 charge; // for all units.
    uint48 priorPaid; // by the payers that decided first.
}

/// @notice A line of a claim.
struct Line {
    ServiceWord service;
    bytes32 code; // commitment of service code and modifiers, salted by coverage: equal services look equal.
}

/// @notice A price of the fee schedule, with its proof.
struct Fee {
    bytes32 row; // salted commitment of the service code, as in the schedule.
    uint48 price; // allowed for a unit.
    bytes32[] proof;
}

/// @notice A claim.
struct Claim {
    bytes32 coverageRef;
    bytes32 claimRef; // salted commitment of the provider's own claim number.
    bytes32 priorRemittance; // salted commitment of what the payers before decided; zero when there is none.
    Line[] lines;
    Fee[] fees;
}

/// @notice What was decided of a line, beside its adjustments.
struct LineOutcome {
    uint16 waived; // bitmap of {Waiver}, by an appeal.
    uint16 units; // allowed for more than nothing, and counted against limits.
    uint48 price; // allowed for a unit; zero when there is none.
    uint48 deductible; // counted against the deductible.
    uint48 outOfPocket; // counted against the patient's maximum.
    uint48 paid; // and counted against the plan's maximum.
}

/// @notice What was decided of a claim: all that is needed to compute it anew, to void it and to appeal.
/// @dev A line is told in words. Word 0 is the {Service} and word 1 the code, as submitted; word 2 is the {LineOutcome} as
/// Solidity lays it out in a slot. Each word from 3 on is an adjustment, in the order of the rules: group code in bytes
/// 0 to 1 ("CO"), CARC in bytes 2 to 4 ("45"), RARC in bytes 5 to 9 ("N448" or nothing), each in ASCII filled with
/// zeros, and the amount in bytes 26 to 31. The charge of a line is what is paid and the amounts of all adjustments.
struct ClaimDecision {
    bytes32 coverageRef;
    bytes32 claimRef;
    bytes32 priorRemittance;
    uint32 filedOn; // the day that timely filing and appeals are judged by.
    uint32 decidedOn;
    uint48 paidBefore; // by what an appeal, or a replacement that pends, replaced: due is the sum of paid less this.
    bytes32[][] lines;
}

/// @notice What is used in a benefit period, in hundredths of the currency.
struct Accumulators {
    uint48 deductible;
    uint48 outOfPocket;
    uint48 paid;
}

/// @notice The record of a line, in one slot.
struct Entry {
    ClaimStatus status;
    bytes31 seal; // keccak256(abi.encode(claimId, decision)); where {ClaimStatus.Attached} the claimId; cut to fit.
}

/// @notice An appeal.
struct Appeal {
    AppealStatus status;
    uint32 deadline; // the first day on which it can no longer be decided.
    uint8 approvals;
    uint8 rejections;
    uint16 waived; // bitmap of {Waiver}: the rules that should not have applied.
    uint256 lines; // bitmap of the places of the lines, from zero.
}

/// @title IClaimAdjudicator
/// @notice Claims, decided line by line and paid in one transaction from the payer's pool.
/// @dev A decision is told by {ClaimAdjudicated} in full, and kept as its hash. Whoever voids, replaces, appeals,
/// decides or settles hands it back; so nothing is stored but one slot a line and what is used of each limit.
/// @dev The record of a line lies under keccak256(abi.encode(coverageRef, provider, servedOn, code)). So a service
/// billed twice by one provider is seen without knowing whose or what it is; a repeated one needs another code
/// commitment, over the modifier that says so. The first line that is no duplicate holds the record of the claim; a
/// claim of duplicates alone has none. A line that was denied is billed too: it is corrected by {replace}.
/// @dev Amounts are hundredths of the currency, whatever the decimals of the token. Days are those of UTC.
/// @dev Warning: a provider can bill every coverage it knows of. What bounds it is the plan: authorisation, network,
/// unit limits, maxima. The code commitment is opened to the payer off chain.
/// @dev Warning: any price of the fee schedule serves for any code of its category, since neither is opened on chain.
/// The payer sees both off chain, and audits that they belong together.
/// @dev Warning: accumulators and unit limits are those of a coverage: under another one, be it for another version of
/// the plan in the middle of a year, the patient begins anew.
/// @dev Warning: pended claims are paid in the order in which somebody asks, and a payer can withdraw before.
/// @dev Warning: whoever hands in too little gas can make a payment wait for {collect}.
/// @dev Warning: while paused, the days in which to file and to replace run on. An appeal can waive the filing limit.
/// @dev Warning: the token must not change balances by itself (rebase).
/// @dev Warning: amounts and dates of service are public.
interface IClaimAdjudicator {
    /* ERRORS */

    /// @notice Thrown when the token has no hundredths, or divides its unit further than the books can follow.
    error DecimalsOutOfBounds(uint8 decimals, uint8 minimum, uint8 maximum);
    /// @notice Thrown when claims come from anyone but a provider.
    error CallerNotProvider(address caller);
    /// @notice Thrown when a pool is funded by anyone but a payer.
    error CallerNotFunder(address caller);
    /// @notice Thrown when money is moved with a key that is not the member's own account.
    error CallerNotOwnAccount(address caller, address account);
    /// @notice Thrown when what the contract asks of itself is called by anyone else.
    error CallerNotSelf(address caller);
    /// @notice Thrown when what only a vote can do is called by anyone else.
    error CallerNotVote(address caller);
    /// @notice Thrown when the adjudicator is paused by vote.
    error ClaimsPaused();
    /// @notice Thrown when a batch holds no claim, or too many.
    error ClaimsOutOfBounds(uint256 claims, uint256 maximum);
    /// @notice Thrown when a claim has no line, or too many.
    error LinesOutOfBounds(uint256 lines, uint256 maximum);
    /// @notice Thrown when the coverage of a claim was never enrolled.
    error ClaimCoverageUnknown(bytes32 coverageRef);
    /// @notice Thrown when a line has bits that stand for nothing.
    error LineBitsUnknown(uint256 line);
    /// @notice Thrown when a line charges nothing.
    error LineChargeMissing(uint256 line);
    /// @notice Thrown when a line is for no unit.
    error LineUnitsMissing(uint256 line);
    /// @notice Thrown when the code of a line is not committed to.
    error LineCodeMissing(uint256 line);
    /// @notice Thrown when a service lies in the future.
    error ServiceInFuture(uint256 line, uint32 servedOn, uint32 today);
    /// @notice Thrown when a line tells what was paid before, and the claim does not say by which decision.
    error PriorRemittanceMissing(uint256 line, uint48 priorPaid);
    /// @notice Thrown when a line refers to a fee that the claim does not hold.
    error FeeMissing(uint256 line, uint8 fee, uint256 fees);
    /// @notice Thrown when a price is not in the fee schedule under the line's category.
    error FeeNotProven(uint256 line, bytes32 row, uint48 price);
    /// @notice Thrown when a decision is not the one that stands, or is another provider's.
    error DecisionNotStanding(bytes32 claimId, uint32 provider);
    /// @notice Thrown when a claim to settle is not pended.
    error ClaimNotPended(bytes32 claimId);
    /// @notice Thrown when a pool holds less than is needed, in units of the token.
    error PoolShort(uint32 payer, uint256 pool, uint256 needed);
    /// @notice Thrown when nothing is there to be paid out.
    error NothingUnclaimed(uint32 provider);
    /// @notice Thrown when the token does not move tokens.
    error TokenRefused(address from, address to, uint256 amount);
    /// @notice Thrown when a token calls back.
    error AdjudicatorBusy();
    /// @notice Thrown when less arrives of a repayment than is due, in units of the token.
    error RepaymentShort(uint256 arrived, uint256 due);
    /// @notice Thrown when a token takes more than was sent, in units of the token.
    error TransferTookMore(uint256 taken, uint256 amount);
    /// @notice Thrown when tokens would go to nobody, or to the contract itself.
    error RecipientNotUsable(address to);
    /// @notice Thrown when an appeal comes too late.
    error AppealLate(bytes32 claimId, uint32 filedOn, uint32 window);
    /// @notice Thrown when a claim was appealed already.
    error AppealExists(bytes32 claimId, AppealStatus status);
    /// @notice Thrown when an appeal is not open.
    error AppealNotOpen(bytes32 claimId, AppealStatus status);
    /// @notice Thrown when an appeal names no rule, or one that does not exist.
    error WaiversOutOfBounds(uint16 waived, uint16 all);
    /// @notice Thrown when an appeal names no line, or one that does not exist.
    error AppealedLinesOutOfBounds(uint256 lines, uint256 count);
    /// @notice Thrown when an appeal names a duplicate, which has no record to decide anew.
    error AppealedLineDuplicate(uint256 line);
    /// @notice Thrown when a service was appealed before, be it under another claim.
    error ServiceAppealed(uint256 line);
    /// @notice Thrown when an appeal has no grounds.
    error GroundsMissing(bytes32 claimId);
    /// @notice Thrown when a member is not on the panel of an appeal, or is party to it.
    error CallerNotOnPanel(bytes32 claimId, uint32 member);
    /// @notice Thrown when a member of the panel decided already.
    error PanelistDecided(bytes32 claimId, uint32 member);
    /// @notice Thrown when an appeal would have no panel, because everyone is party to it.
    error PanelEmpty(bytes32 claimId);
    /// @notice Thrown when the appeal window would leave its bounds, in days.
    error AppealWindowOutOfBounds(uint32 window, uint32 low, uint32 high);
    /// @notice Thrown when a panel would have too many members, or is not in ascending order.
    error PanelNotUsable(uint256 place);

    /* EVENTS */

    /// @notice Emitted when a claim is decided, anew after an appeal too. The last decision stands.
    event ClaimAdjudicated(
        bytes32 indexed claimId, uint32 indexed provider, uint32 indexed payer, ClaimDecision decision
    );
    /// @notice Emitted after a decision that cannot be paid yet.
    /// @param due In hundredths of the currency.
    event ClaimPended(bytes32 indexed claimId, uint32 indexed provider, uint32 indexed payer, uint48 due);
    /// @notice Emitted when a pended claim is paid.
    event ClaimSettled(bytes32 indexed claimId, uint32 indexed provider, uint32 indexed payer, uint48 paid);
    /// @notice Emitted when a claim of a batch is not taken. The others are.
    /// @param place In the batch, from zero.
    /// @param reason The error of this interface with its arguments, or a panic; empty when the claim could not be
    /// read, or the transaction had too little gas.
    event ClaimRefused(uint32 indexed provider, uint256 indexed place, bytes reason);
    /// @notice Emitted when a decision is undone: limits, units and money are given back.
    /// @param replacement The claim in its place, or zero.
    event ClaimVoided(
        bytes32 indexed claimId, uint32 indexed provider, uint32 indexed payer, bytes32 replacement
    );
    /// @notice Emitted when a provider appeals.
    /// @param grounds The salted commitment of the reasons.
    event ClaimAppealed(
        bytes32 indexed claimId,
        uint32 indexed provider,
        uint32 indexed payer,
        uint256 lines,
        uint16 waived,
        bytes32 grounds,
        uint32 deadline
    );
    /// @notice Emitted when a member of the panel decides.
    event PanelistVoted(bytes32 indexed claimId, uint32 indexed member, address indexed by, bool approve);
    /// @notice Emitted when the panel has decided. {ClaimAdjudicated} follows when it granted the appeal.
    event AppealDecided(bytes32 indexed claimId, bool indexed granted);
    /// @notice Emitted when a payer funds its pool.
    /// @param amount What arrived, in units of the token.
    event PoolFunded(uint32 indexed payer, address indexed by, uint256 amount);
    /// @notice Emitted when a payer takes from its pool.
    event PoolWithdrawn(uint32 indexed payer, address indexed to, uint256 amount);
    /// @notice Emitted when tokens went to a provider: the net of all that one transaction decided.
    event ProviderPaid(uint32 indexed provider, address indexed to, uint256 amount);
    /// @notice Emitted when tokens could not be sent and wait for {collect}.
    event PayoutKept(uint32 indexed provider, address indexed to, uint256 amount);
    /// @notice Emitted when a provider gives back what a voided claim was paid.
    event ProviderRepaid(uint32 indexed provider, address indexed from, uint256 amount);
    /// @notice Emitted when a vote sets the appeal rules, and at deployment.
    event AppealRulesChanged(uint32 window, uint32[] panel);

    /* SUBMITTING */

    /// @notice Decides a claim of the caller's member and pays it.
    /// @return claimId keccak256(abi.encode(chain id, this contract, provider, claims it submitted before)).
    function submit(Claim calldata claim) external returns (bytes32 claimId, ClaimDecision memory decision);

    /// @notice Decides many claims and pays their sum in one transfer. One that cannot be taken is told by
    /// {ClaimRefused} and passed over.
    /// @param claims Each abi.encode(claim), so that one that cannot even be read is passed over as well.
    function submitMany(bytes[] calldata claims) external;

    /// @notice Decides one claim of a batch. The contract asks it of itself, nobody else can.
    function file(uint32 provider, bytes calldata claim) external returns (uint256 due);

    /// @notice Pays a pended claim, once the pool suffices. Anyone can.
    function settle(bytes32 claimId, uint32 provider, ClaimDecision calldata decision) external;

    /* CORRECTING */

    /// @notice Undoes a claim of the caller's member: what it used of limits is given back, and what was paid
    /// returns to the pool, first from what is unclaimed, then from the member's account, which must have approved.
    /// @dev Also while suspended, once removed, and while paused. But for its number, it is as if never submitted.
    function void(bytes32 claimId, ClaimDecision calldata decision) external;

    /// @notice Undoes a claim and submits another in its place; only the difference is paid or paid back. Where the
    /// same payer's pool is short of it, what was paid stays paid, and the difference pends.
    /// @dev Filed with the original while the appeal window, counted from the original filing, is open, if all its
    /// services are of the same coverage and of days that the original billed; else today.
    function replace(bytes32 claimId, ClaimDecision calldata decision, Claim calldata claim)
        external
        returns (bytes32 replacementId, ClaimDecision memory replacement);

    /* APPEALING */

    /// @notice Appeals a decision on the caller's claim within {appealWindow} days of its filing, each service once.
    /// Also while paused, so that no time is lost.
    /// @dev A service stays appealed when its claim is voided or replaced, which leaves an open appeal without an end.
    /// @dev Warning: what is voided and submitted anew, or replaced as filed today, is decided anew, as far as timely
    /// filing lets it, and has a window of its own for services that were not appealed.
    /// @param lines Bitmap of the places of the lines, from zero.
    /// @param waived Bitmap of {Waiver}: the rules that should not have applied to them.
    /// @param grounds The salted commitment of the reasons.
    function appeal(
        bytes32 claimId,
        ClaimDecision calldata decision,
        uint256 lines,
        uint16 waived,
        bytes32 grounds
    ) external;

    /// @notice Casts the ballot of the caller's member on an appeal. The ballot that makes a majority of the panel
    /// decides: the lines are decided anew without the waived rules, and the difference is paid.
    /// @dev A line for which less would be paid than before stays as it was.
    /// @dev Also while paused, so that no appeal lapses meanwhile; the difference then pends.
    /// @dev Warning: who leaves the panel leaves its ballot behind, and who leaves the consortium its empty seat.
    function decide(bytes32 claimId, uint32 provider, ClaimDecision calldata decision, bool approve) external;

    /// @notice Sets the appeal rules. By vote.
    /// @param window Within how many days a decision can be appealed, and an appeal decided: 7 to 365, 60 at first.
    /// Open appeals keep their deadline.
    /// @param members Who decides appeals to which they are not party, in ascending order, at most {MAX_PANEL}. At
    /// first founders. Open appeals are theirs too.
    function setAppealRules(uint32 window, uint32[] calldata members) external;

    /* MONEY */

    /// @notice Funds the pool of the caller's member with what arrives, in units of the token.
    function deposit(uint256 amount) external returns (uint256 arrived);

    /// @notice Takes from the pool of the caller's member. Only with its own account; also while suspended or paused.
    function withdraw(uint256 amount, address to) external;

    /// @notice Sends tokens. The contract asks it of itself, nobody else can.
    function send(address to, uint256 amount) external;

    /// @notice Pays out what could not be sent. Only with the member's own account; also while suspended or paused.
    function collect(address to) external returns (uint256 amount);

    /* READING */

    /// @notice Returns the record of a line. See the head of this interface for the key.
    function entryOf(bytes32 lineKey) external view returns (Entry memory);

    /// @notice Returns what is used in a benefit period of a coverage.
    function accumulatorsOf(bytes32 coverageRef, uint32 period) external view returns (Accumulators memory);

    /// @notice Returns the units used of a category that has a limit.
    function unitsOf(bytes32 coverageRef, uint32 period, uint8 category) external view returns (uint16);

    /// @notice Returns the units used of an authorisation.
    function authorisedUnitsOf(bytes32 coverageRef, uint16 number) external view returns (uint16);

    /// @notice Returns what a payer's pool holds, in units of the token.
    function poolOf(uint32 payer) external view returns (uint256);

    /// @notice Returns what waits for a provider, in units of the token.
    function unclaimedOf(uint32 provider) external view returns (uint256);

    /// @notice Returns how many claims of a provider were decided so far.
    function claimsOf(uint32 provider) external view returns (uint256);

    /// @notice Returns an appeal, and where it stands now.
    function appealOf(bytes32 claimId) external view returns (Appeal memory);

    /// @notice Returns the members that decide appeals to which they are not party.
    function panel() external view returns (uint32[] memory);

    /// @notice Returns within how many days a decision can be appealed, and an appeal decided.
    function appealWindow() external view returns (uint32);

    /// @notice Returns the settlement token.
    function token() external view returns (IERC20);

    /// @notice Returns the registry of coverages.
    function coverages() external view returns (ICoverageRegistry);

    /// @notice Returns the units of the token in a hundredth of the currency.
    function HUNDREDTH() external view returns (uint256);

    /// @notice Returns the most lines of a claim.
    function MAX_LINES() external view returns (uint256);

    /// @notice Returns the most claims of a batch.
    function MAX_CLAIMS() external view returns (uint256);

    /// @notice Returns the most members that can be seated on a panel.
    function MAX_PANEL() external view returns (uint256);
}
