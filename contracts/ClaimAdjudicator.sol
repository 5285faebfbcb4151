// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Accumulators,
    Appeal,
    AppealStatus,
    Claim,
    ClaimDecision,
    ClaimStatus,
    Entry,
    Fee,
    IClaimAdjudicator,
    Line,
    LineOutcome,
    ServiceWord
} from "./interfaces/IClaimAdjudicator.sol";
import {Actor, IConsortium, Role} from "./interfaces/IConsortium.sol";
import {ICoverageRegistry} from "./interfaces/ICoverageRegistry.sol";
import {Adjudication, Facts} from "./libraries/Adjudication.sol";
import {Appeals, Docket, Parties} from "./libraries/Appeals.sol";
import {Governance} from "./libraries/Governance.sol";
import {Usage, Used} from "./libraries/Usage.sol";
import {Words} from "./libraries/Words.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title ClaimAdjudicator
/// @notice See {IClaimAdjudicator}.
contract ClaimAdjudicator is IClaimAdjudicator {
    using Adjudication for Facts;
    using Appeals for Docket;
    using SafeERC20 for IERC20;
    using Usage for Used;
    using Words for *;

    /// @dev A claim at work.
    struct Dossier {
        bytes32 claimId;
        uint32 provider;
        uint32 payer;
        bytes32 lead; // where its record lies; zero when all its lines are duplicates.
        ClaimStatus status; // of the record.
        bool halted; // paid later, since the adjudicator is paused.
        uint48 total; // of what is paid for its lines.
        uint48 paidFormerly; // by {payerFormerly} for the claim that it replaces.
        uint32 payerFormerly;
        ClaimDecision decision;
        Facts facts; // of the line at hand.
        LineOutcome outcome; // of the line at hand.
    }

    /// @dev What a provider did and has to come.
    struct Account {
        uint64 claims;
        uint192 unclaimed;
    }

    /* CONSTANTS */

    /// @inheritdoc IClaimAdjudicator
    uint256 public constant MAX_LINES = 100;

    /// @inheritdoc IClaimAdjudicator
    uint256 public constant MAX_CLAIMS = 150;

    /// @inheritdoc IClaimAdjudicator
    uint256 public constant MAX_PANEL = Appeals.MAX_PANEL;

    /// @dev A hundredth of the currency is then a whole number of units, and the sum of a batch fits
    /// {Account.unclaimed}.
    uint8 private constant MIN_DECIMALS = 2;
    uint8 private constant MAX_DECIMALS = 36;

    /// @dev A week: an appeal board that meets weekly misses none. A year: decisions become final.
    uint32 private constant FIRST_WINDOW = 60;
    uint32 private constant MIN_WINDOW = 7;
    uint32 private constant MAX_WINDOW = 365;

    /// @dev Several times what the costliest tokens in use take; a token that wants more is not waited for.
    uint256 private constant PAYOUT_GAS = 300_000;

    /* IMMUTABLES */

    /// @dev Asked for whom the caller acts; its votes set the appeal window and the panel.
    IConsortium private immutable _consortium;

    /// @inheritdoc IClaimAdjudicator
    ICoverageRegistry public immutable coverages;

    /// @inheritdoc IClaimAdjudicator
    IERC20 public immutable token;

    /// @inheritdoc IClaimAdjudicator
    uint256 public immutable HUNDREDTH;

    /* STORAGE */

    /// @dev {Entry} in a word, read and written in one step: the seal, and the status in the last byte.
    mapping(bytes32 lineKey => bytes32) private _entries;
    Used private _used;
    /// @inheritdoc IClaimAdjudicator
    mapping(uint32 payer => uint256) public poolOf;
    mapping(uint32 provider => Account) private _accounts;

    Docket private _docket;
    /// @inheritdoc IClaimAdjudicator
    uint32 public appealWindow;
    bool private _busy;

    /// @param members Who decides appeals at first. The consortium, which knows, is deployed after this.
    constructor(
        IConsortium consortium,
        ICoverageRegistry coverageRegistry,
        IERC20 settlementToken,
        uint32[] memory members
    ) {
        (_consortium, coverages, token) = (consortium, coverageRegistry, settlementToken);
        uint8 decimals = IERC20Metadata(address(settlementToken)).decimals();
        bool bounded = MIN_DECIMALS <= decimals && decimals <= MAX_DECIMALS;
        require(bounded, DecimalsOutOfBounds(decimals, MIN_DECIMALS, MAX_DECIMALS));
        HUNDREDTH = 10 ** (decimals - MIN_DECIMALS);
        _setAppealRules(FIRST_WINDOW, members);
    }

    /// @dev A token that calls back finds the door closed. The slot is shared, and so never zero.
    modifier once() {
        _enter();
        _;
        _leave();
    }

    function _enter() private {
        require(!_busy, AdjudicatorBusy());
        _busy = true;
    }

    function _leave() private {
        _busy = false;
    }

    /* SUBMITTING */

    /// @inheritdoc IClaimAdjudicator
    function submit(Claim memory claim) external once returns (bytes32, ClaimDecision memory) {
        Actor memory actor = _submitter();
        // Filled by what it is handed to, as are the others like it.
        // slither-disable-next-line uninitialized-local
        Dossier memory dossier;

        uint256 due = _file(dossier, actor.member, claim, _today());

        _pay(actor.member, actor.account, due);
        return (dossier.claimId, dossier.decision);
    }

    /// @inheritdoc IClaimAdjudicator
    function submitMany(bytes[] calldata claims) external once {
        Actor memory actor = _submitter();
        uint256 count = claims.length;
        require(0 < count && count <= MAX_CLAIMS, ClaimsOutOfBounds(count, MAX_CLAIMS));

        uint256 due = 0;
        for (uint256 i = 0; i < count; ++i) {
            // Called from outside, so that what a refused claim wrote is undone and the others stand. It is this
            // contract that is called, and `once` keeps everyone else out.
            // slither-disable-next-line calls-loop,reentrancy-events
            try this.file(actor.member, claims[i]) returns (uint256 one) {
                due += one;
            } catch (bytes memory reason) {
                emit ClaimRefused(actor.member, i, reason);
            }
        }

        _pay(actor.member, actor.account, due);
    }

    /// @inheritdoc IClaimAdjudicator
    function file(uint32 provider, bytes calldata claim) external returns (uint256) {
        _requireSelf();

        // slither-disable-next-line uninitialized-local
        Dossier memory dossier;
        return _file(dossier, provider, abi.decode(claim, (Claim)), _today());
    }

    /// @inheritdoc IClaimAdjudicator
    function settle(bytes32 claimId, uint32 provider, ClaimDecision memory decision) external once {
        require(!_actor().paused, ClaimsPaused());
        Dossier memory dossier = _reopen(claimId, provider, decision);
        require(dossier.status == ClaimStatus.Pended, ClaimNotPended(claimId));
        (uint32 payer, uint48 unpaid) = (dossier.payer, dossier.total - decision.paidBefore);
        (bool funded, uint256 due) = _draw(payer, unpaid);
        require(funded, PoolShort(payer, poolOf[payer], unpaid * HUNDREDTH));

        _entries[dossier.lead] = _entry(_sealOf(dossier), ClaimStatus.Settled);

        emit ClaimSettled(claimId, provider, payer, unpaid);

        _pay(provider, _accountOf(provider), due);
    }

    function _file(Dossier memory dossier, uint32 provider, Claim memory claim, uint32 filedOn)
        private
        returns (uint256)
    {
        uint256 count = claim.lines.length;
        require(0 < count && count <= MAX_LINES, LinesOutOfBounds(count, MAX_LINES));
        (dossier.claimId, dossier.provider) = (_nextId(provider), provider);
        ClaimDecision memory decision = dossier.decision;
        decision.coverageRef = claim.coverageRef;
        decision.claimRef = claim.claimRef;
        decision.priorRemittance = claim.priorRemittance;
        (decision.filedOn, decision.decidedOn) = (filedOn, _today());
        decision.lines = new bytes32[][](count);
        ++_accounts[provider].claims;

        for (uint256 i = 0; i < count; ++i) {
            Line memory line = claim.lines[i];
            (dossier.facts.service, dossier.facts.code) = (line.service, line.code);
            _fileLine(dossier, claim.fees, i);
        }
        return _conclude(dossier);
    }

    function _fileLine(Dossier memory dossier, Fee[] memory fees, uint256 place) private {
        (Facts memory facts, ClaimDecision memory decision) = (dossier.facts, dossier.decision);
        _consult(dossier);
        require(dossier.payer != 0, ClaimCoverageUnknown(decision.coverageRef));
        _examine(facts, decision, place);
        facts.price = _price(facts, fees, place);
        bytes32 key = _keyOf(dossier);
        facts.duplicate = key == dossier.lead || _entries[key] != 0;
        _used.read(decision.coverageRef, facts);

        decision.lines[place] = facts.decide(dossier.outcome);
        if (facts.duplicate) return;
        _used.move(decision.coverageRef, facts, dossier.outcome, false);
        dossier.total += dossier.outcome.paid;
        if (dossier.lead == 0) dossier.lead = key;
        else _entries[key] = _entry(dossier.claimId, ClaimStatus.Attached);
    }

    /// @dev Records and tells the decision, and takes what is due from the pool where it suffices.
    function _conclude(Dossier memory dossier) private returns (uint256) {
        (bytes32 claimId, uint32 provider) = (dossier.claimId, dossier.provider);
        (uint32 payer, uint48 unpaid) = (dossier.payer, dossier.total - dossier.decision.paidBefore);
        (bool funded, uint256 due) = dossier.halted && unpaid > 0 ? (false, 0) : _draw(payer, unpaid);
        if (!funded && payer == dossier.payerFormerly) {
            // The pool holds at least what {_undo} just gave back to it. The provider keeps that.
            dossier.decision.paidBefore = dossier.paidFormerly;
            unpaid -= dossier.paidFormerly;
            (, due) = _draw(payer, dossier.paidFormerly);
        }
        if (dossier.lead != 0) {
            ClaimStatus status = funded ? ClaimStatus.Settled : ClaimStatus.Pended;
            _entries[dossier.lead] = _entry(_sealOf(dossier), status);
        }

        emit ClaimAdjudicated(claimId, provider, payer, dossier.decision);

        if (!funded) emit ClaimPended(claimId, provider, payer, unpaid);
        return due;
    }

    /// @dev Takes an amount from a pool that holds it.
    function _draw(uint32 payer, uint48 amount) private returns (bool funded, uint256 drawn) {
        (uint256 pool, uint256 due) = (poolOf[payer], amount * HUNDREDTH);
        funded = pool >= due;
        if (funded) (poolOf[payer], drawn) = (pool - due, due);
    }

    function _examine(Facts memory facts, ClaimDecision memory decision, uint256 place) private pure {
        ServiceWord service = facts.service;
        require(ServiceWord.unwrap(service) >> 176 == 0, LineBitsUnknown(place));
        require(service.charge() > 0, LineChargeMissing(place));
        require(service.units() > 0, LineUnitsMissing(place));
        require(facts.code != 0, LineCodeMissing(place));
        (uint32 day, uint32 today) = (service.servedOn(), decision.decidedOn);
        require(day <= today, ServiceInFuture(place, day, today));
        uint48 prior = service.priorPaid();
        require(prior == 0 || decision.priorRemittance != 0, PriorRemittanceMissing(place, prior));
    }

    function _price(Facts memory facts, Fee[] memory fees, uint256 place) private view returns (uint48) {
        if (!facts.benefit.scheduled()) return facts.benefit.price();
        uint8 which = facts.service.fee();
        if (which == 0) return 0;
        require(which <= fees.length, FeeMissing(place, which, fees.length));
        Fee memory fee = fees[which - 1];
        (uint32 plan, uint16 version) = (facts.coverage.plan(), facts.coverage.version());
        uint8 category = facts.service.category();
        // The registry is trusted, and reads only.
        // slither-disable-next-line calls-loop
        bool proven = coverages.isPrice(plan, version, fee.row, category, fee.price, fee.proof);
        require(proven, FeeNotProven(place, fee.row, fee.price));
        return fee.price;
    }

    /* CORRECTING */

    /// @inheritdoc IClaimAdjudicator
    function void(bytes32 claimId, ClaimDecision memory decision) external once {
        Actor memory actor = _actor();

        uint48 paid = _undo(_reopen(claimId, actor.member, decision), 0);

        _repay(actor.member, actor.account, paid * HUNDREDTH);
    }

    /// @inheritdoc IClaimAdjudicator
    function replace(bytes32 claimId, ClaimDecision memory decision, Claim memory claim)
        external
        once
        returns (bytes32, ClaimDecision memory)
    {
        Actor memory actor = _submitter();

        Dossier memory former = _reopen(claimId, actor.member, decision);
        // slither-disable-next-line uninitialized-local
        Dossier memory dossier;
        (dossier.payerFormerly, dossier.paidFormerly) = (former.payer, _undo(former, _nextId(actor.member)));
        uint256 owed = dossier.paidFormerly * HUNDREDTH;
        uint256 due = _file(dossier, actor.member, claim, _filingDay(decision, claim));

        if (due < owed) _repay(actor.member, actor.account, owed - due);
        else _pay(actor.member, actor.account, due - owed);
        return (dossier.claimId, dossier.decision);
    }

    /// @dev That of the original while the window is open, where all services are of its coverage and of days that it
    /// billed.
    function _filingDay(ClaimDecision memory former, Claim memory claim) private view returns (uint32) {
        bool kept = _today() < former.filedOn + appealWindow && claim.coverageRef == former.coverageRef;
        for (uint256 i = 0; kept && i < claim.lines.length; ++i) {
            kept = Adjudication.bills(former.lines, claim.lines[i].service.servedOn());
        }
        return kept ? former.filedOn : _today();
    }

    /// @dev Makes a claim as if it had not been submitted, but for the tokens, and returns what was paid on it.
    function _undo(Dossier memory dossier, bytes32 replacement) private returns (uint48 paid) {
        ClaimDecision memory decision = dossier.decision;
        for (uint256 i = 0; i < decision.lines.length; ++i) {
            if (Adjudication.isDuplicate(decision.lines[i])) continue;
            _recall(dossier, i);
            _used.move(decision.coverageRef, dossier.facts, dossier.outcome, true);
            delete _entries[_keyOf(dossier)];
        }
        paid = _paidOf(dossier);
        poolOf[dossier.payer] += paid * HUNDREDTH;

        emit ClaimVoided(dossier.claimId, dossier.provider, dossier.payer, replacement);
    }

    /* APPEALING */

    /// @inheritdoc IClaimAdjudicator
    function appeal(
        bytes32 claimId,
        ClaimDecision memory decision,
        uint256 lines,
        uint16 waived,
        bytes32 grounds
    ) external {
        Actor memory actor = _activeProvider();
        Dossier memory dossier = _reopen(claimId, actor.member, decision);
        (uint32 today, uint32 filedOn, uint32 window) = (_today(), decision.filedOn, appealWindow);
        require(today < filedOn + window, AppealLate(claimId, filedOn, window));
        require(grounds != 0, GroundsMissing(claimId));

        uint32 deadline = today + window;
        Appeal memory opened = Appeal(AppealStatus.Open, deadline, 0, 0, waived, lines);
        _docket.open(claimId, _partiesOf(dossier), decision, opened);

        emit ClaimAppealed(claimId, actor.member, dossier.payer, lines, waived, grounds, deadline);
    }

    /// @inheritdoc IClaimAdjudicator
    function decide(bytes32 claimId, uint32 provider, ClaimDecision memory decision, bool approve)
        external
        once
    {
        Actor memory actor = _actor();
        require(actor.roles != 0, CallerNotOnPanel(claimId, actor.member));
        Dossier memory dossier = _reopen(claimId, provider, decision);
        AppealStatus status = _docket.vote(claimId, _partiesOf(dossier), actor.member, approve);
        if (status != AppealStatus.Granted) return;

        _redecide(dossier);
        dossier.halted = actor.paused;
        _pay(provider, _accountOf(provider), _conclude(dossier));
    }

    /// @inheritdoc IClaimAdjudicator
    function setAppealRules(uint32 window, uint32[] memory members) external {
        require(msg.sender == address(_consortium), CallerNotVote(msg.sender));
        bool bounded = MIN_WINDOW <= window && window <= MAX_WINDOW;
        require(bounded, AppealWindowOutOfBounds(window, MIN_WINDOW, MAX_WINDOW));

        _setAppealRules(window, members);
    }

    function _setAppealRules(uint32 window, uint32[] memory members) private {
        appealWindow = window;
        _docket.seat(members);

        emit AppealRulesChanged(window, members);
    }

    /// @dev Decides lines anew without the waived rules, each as if it had not been decided before.
    function _redecide(Dossier memory dossier) private {
        ClaimDecision memory decision = dossier.decision;
        (decision.decidedOn, decision.paidBefore) = (_today(), _paidOf(dossier));
        Appeal memory granted = appealOf(dossier.claimId);
        (Facts memory facts, LineOutcome memory former) = (dossier.facts, dossier.outcome);
        // slither-disable-next-line uninitialized-local
        LineOutcome memory decided;

        for (uint256 i = 0; i < decision.lines.length; ++i) {
            if (!Appeals.names(granted.lines, i)) continue;
            _recall(dossier, i);
            _used.move(decision.coverageRef, facts, former, true);

            facts.waived = granted.waived;
            _used.read(decision.coverageRef, facts);
            bytes32[] memory record = facts.decide(decided);
            if (decided.paid < former.paid) {
                facts.waived = former.waived;
                _used.move(decision.coverageRef, facts, former, false);
                continue;
            }
            _used.move(decision.coverageRef, facts, decided, false);
            decision.lines[i] = record;
            dossier.total += decided.paid - former.paid;
        }
    }

    function _partiesOf(Dossier memory dossier) private pure returns (Parties memory) {
        return Parties(dossier.provider, dossier.payer);
    }

    /* MONEY */

    /// @inheritdoc IClaimAdjudicator
    function deposit(uint256 amount) external once returns (uint256 arrived) {
        Actor memory actor = _actor();
        require(Governance.holds(actor.roles, Role.PAYER), CallerNotFunder(msg.sender));
        require(!actor.paused, ClaimsPaused());

        arrived = _pull(msg.sender, amount);
        poolOf[actor.member] += arrived;

        emit PoolFunded(actor.member, msg.sender, arrived);
    }

    /// @inheritdoc IClaimAdjudicator
    function withdraw(uint256 amount, address to) external once {
        uint32 payer = _ownAccount();
        uint256 pool = poolOf[payer];
        require(pool >= amount, PoolShort(payer, pool, amount));

        poolOf[payer] = pool - amount;

        emit PoolWithdrawn(payer, to, amount);

        _send(to, amount);
    }

    /// @inheritdoc IClaimAdjudicator
    function collect(address to) external once returns (uint256 amount) {
        uint32 provider = _ownAccount();
        amount = _accounts[provider].unclaimed;
        require(amount > 0, NothingUnclaimed(provider));

        _accounts[provider].unclaimed = 0;

        emit ProviderPaid(provider, to, amount);

        _send(to, amount);
    }

    /// @inheritdoc IClaimAdjudicator
    function send(address to, uint256 amount) external {
        _requireSelf();

        _send(to, amount);
    }

    /// @dev Called from outside, so that a token that fails, lies or wants all gas holds up nothing.
    function _pay(uint32 provider, address account, uint256 amount) private {
        if (amount > 0) {
            // While the token has the word, `once` keeps everyone out.
            // slither-disable-next-line reentrancy-benign,reentrancy-events
            try this.send{gas: PAYOUT_GAS}(account, amount) {
                emit ProviderPaid(provider, account, amount);
            } catch {
                _accounts[provider].unclaimed += uint192(amount);

                emit PayoutKept(provider, account, amount);
            }
        }
    }

    function _repay(uint32 provider, address account, uint256 amount) private {
        if (amount > 0) {
            uint256 kept = Adjudication.min(amount, _accounts[provider].unclaimed);
            _accounts[provider].unclaimed -= uint192(kept);
            uint256 due = amount - kept;
            uint256 arrived = due > 0 ? _pull(account, due) : 0;
            require(arrived >= due, RepaymentShort(arrived, due));

            emit ProviderRepaid(provider, account, amount);
        }
    }

    function _send(address to, uint256 amount) private {
        require(to != address(0) && to != address(this), RecipientNotUsable(to));
        uint256 held = _held();
        bool moved = token.trySafeTransfer(to, amount);
        uint256 left = _held();
        uint256 taken = left < held ? held - left : 0;
        require(moved && taken >= amount, TokenRefused(address(this), to, amount));
        require(taken <= amount, TransferTookMore(taken, amount));
    }

    function _pull(address from, uint256 amount) private returns (uint256) {
        uint256 held = _held();
        bool moved = token.trySafeTransferFrom(from, address(this), amount);
        require(moved, TokenRefused(from, address(this), amount));
        return _held() - held;
    }

    function _held() private view returns (uint256) {
        return token.balanceOf(address(this));
    }

    function _ownAccount() private view returns (uint32) {
        Actor memory actor = _actor();
        require(msg.sender == actor.account, CallerNotOwnAccount(msg.sender, actor.account));
        return actor.member;
    }

    /* READING */

    /// @inheritdoc IClaimAdjudicator
    function entryOf(bytes32 lineKey) external view returns (Entry memory) {
        bytes32 entry = _entries[lineKey];
        return Entry(ClaimStatus(uint8(uint256(entry))), bytes31(entry));
    }

    /// @inheritdoc IClaimAdjudicator
    function accumulatorsOf(bytes32 coverageRef, uint32 period)
        external
        view
        returns (Accumulators memory found)
    {
        found.unpack(_used.accumulators[coverageRef][period]);
    }

    /// @inheritdoc IClaimAdjudicator
    function unitsOf(bytes32 coverageRef, uint32 period, uint8 category) external view returns (uint16) {
        return _used.unitsOf(coverageRef, period, category);
    }

    /// @inheritdoc IClaimAdjudicator
    function authorisedUnitsOf(bytes32 coverageRef, uint16 number) external view returns (uint16) {
        return _used.authorised[coverageRef][number];
    }

    /// @inheritdoc IClaimAdjudicator
    function unclaimedOf(uint32 provider) external view returns (uint256) {
        return _accounts[provider].unclaimed;
    }

    /// @inheritdoc IClaimAdjudicator
    function claimsOf(uint32 provider) external view returns (uint256) {
        return _accounts[provider].claims;
    }

    /// @inheritdoc IClaimAdjudicator
    function appealOf(bytes32 claimId) public view returns (Appeal memory) {
        return _docket.find(claimId);
    }

    /// @inheritdoc IClaimAdjudicator
    function panel() external view returns (uint32[] memory) {
        return _docket.panel;
    }

    /* INTERNALS */

    function _actor() private view returns (Actor memory) {
        return _consortium.actorOf(msg.sender);
    }

    function _activeProvider() private view returns (Actor memory actor) {
        actor = _actor();
        require(Governance.holds(actor.roles, Role.PROVIDER), CallerNotProvider(msg.sender));
    }

    function _submitter() private view returns (Actor memory actor) {
        actor = _activeProvider();
        require(!actor.paused, ClaimsPaused());
    }

    /// @dev The dossier of a decision that stands.
    function _reopen(bytes32 claimId, uint32 provider, ClaimDecision memory decision)
        private
        view
        returns (Dossier memory dossier)
    {
        (dossier.claimId, dossier.provider, dossier.decision) = (claimId, provider, decision);
        bytes32[][] memory lines = decision.lines;
        uint256 first = 0;
        while (first < lines.length && Adjudication.isDuplicate(lines[first])) ++first;
        if (first < lines.length && lines[first].length > 2) {
            _open(dossier, first);
            dossier.lead = _keyOf(dossier);
        }
        bytes32 entry = _entries[dossier.lead];
        dossier.status = ClaimStatus(uint8(uint256(entry)));
        bool recorded = dossier.status == ClaimStatus.Pended || dossier.status == ClaimStatus.Settled;
        bool standing = recorded && entry == _entry(_sealOf(dossier), dossier.status);
        require(standing, DecisionNotStanding(claimId, provider));
        for (uint256 i = 0; i < lines.length; ++i) {
            dossier.total += Adjudication.paidOf(lines[i]);
        }
        dossier.payer = coverages.coverageOf(decision.coverageRef).payer;
    }

    /// @dev Asks the registry about the line at hand.
    function _consult(Dossier memory dossier) private view {
        (Facts memory facts, ClaimDecision memory decision) = (dossier.facts, dossier.decision);
        ServiceWord service = facts.service;
        // The registry is trusted, and reads only.
        // slither-disable-next-line calls-loop
        (
            facts.coverage,
            facts.plan,
            facts.benefit,
            facts.contracted,
            facts.authorised,
            facts.authorisedUnits
        ) =
            coverages.wordsOf(
                decision.coverageRef,
                service.category(),
                service.servedOn(),
                dossier.provider,
                service.authorisation()
            );
        facts.filedOn = decision.filedOn;
        facts.otherDecided = decision.priorRemittance != 0;
        dossier.payer = facts.coverage.payer();
    }

    /// @dev Takes a decided line to hand.
    function _open(Dossier memory dossier, uint256 place) private pure {
        bytes32[] memory record = dossier.decision.lines[place];
        dossier.facts.service = ServiceWord.wrap(uint256(record[0]));
        dossier.facts.code = record[1];
    }

    /// @dev Takes a decided line to hand, with all that was known of it and its outcome.
    function _recall(Dossier memory dossier, uint256 place) private view {
        (Facts memory facts, LineOutcome memory outcome) = (dossier.facts, dossier.outcome);
        _open(dossier, place);
        _consult(dossier);
        outcome.unpack(dossier.decision.lines[place][2]);
        (facts.price, facts.waived) = (outcome.price, outcome.waived);
        _used.read(dossier.decision.coverageRef, facts);
    }

    function _nextId(uint32 provider) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), provider, _accounts[provider].claims));
    }

    /// @dev Where the entry of the line at hand lies.
    function _keyOf(Dossier memory dossier) private pure returns (bytes32) {
        (Facts memory facts, bytes32 coverageRef) = (dossier.facts, dossier.decision.coverageRef);
        return Adjudication.keyOf(coverageRef, dossier.provider, facts.service, facts.code);
    }

    function _sealOf(Dossier memory dossier) private pure returns (bytes32) {
        return keccak256(abi.encode(dossier.claimId, dossier.decision));
    }

    function _entry(bytes32 seal, ClaimStatus status) private pure returns (bytes32) {
        return bytes32(bytes31(seal)) | bytes32(uint256(status));
    }

    /// @dev What was really paid on a decision, so far.
    function _paidOf(Dossier memory dossier) private pure returns (uint48) {
        bool settled = dossier.status == ClaimStatus.Settled;
        return settled ? dossier.total : dossier.decision.paidBefore;
    }

    function _accountOf(uint32 member) private view returns (address) {
        return _consortium.memberOf(member).account;
    }

    function _requireSelf() private view {
        require(msg.sender == address(this), CallerNotSelf(msg.sender));
    }

    function _today() private view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }
}
