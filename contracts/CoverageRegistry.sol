// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Service} from "./interfaces/IClaimAdjudicator.sol";
import {Actor, IConsortium, Role} from "./interfaces/IConsortium.sol";
import {
    Authorisation,
    Benefit,
    BenefitWord,
    Contracting,
    Coverage,
    CoverageWord,
    Enrolment,
    ICoverageRegistry,
    Plan,
    PlanTerms,
    PlanWord
} from "./interfaces/ICoverageRegistry.sol";
import {Adjudication, Facts} from "./libraries/Adjudication.sol";
import {Governance} from "./libraries/Governance.sol";
import {Words} from "./libraries/Words.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title CoverageRegistry
/// @notice See {ICoverageRegistry}.
contract CoverageRegistry is ICoverageRegistry {
    using Words for *;

    /// @dev Who publishes a plan, and how often it did.
    struct Series {
        uint32 payer;
        uint16 versions;
    }

    /* CONSTANTS */

    /// @inheritdoc ICoverageRegistry
    /// @dev The adjudicator counts their units in one slot, 16 bits each.
    uint256 public constant MAX_CATEGORIES = 16;

    /// @inheritdoc ICoverageRegistry
    /// @dev Every claim on a category for contracted providers may read them all, in three slots.
    uint256 public constant MAX_CONTRACTINGS = 12;

    /// @inheritdoc ICoverageRegistry
    /// @dev They cost 6 million gas, a third of what EIP-7825 allows a transaction.
    uint256 public constant MAX_ENROLMENTS = 200;

    /* IMMUTABLES */

    /// @dev Asked for whom the caller acts, and who provides.
    IConsortium private immutable _consortium;

    /* STORAGE */

    uint32 private _lastPlan;
    mapping(uint32 plan => Series) private _series;
    mapping(uint256 planVersion => PlanWord) private _plans;
    mapping(uint256 planVersion => mapping(uint256 category => BenefitWord)) private _benefits;
    /// @inheritdoc ICoverageRegistry
    mapping(uint32 plan => mapping(uint16 version => bytes32)) public feeScheduleOf;
    // Written through pointers, which slither does not follow.
    // slither-disable-next-line uninitialized-state
    mapping(uint32 plan => mapping(uint32 provider => Contracting[])) private _contractings;

    mapping(bytes32 coverageRef => CoverageWord) private _coverages;
    mapping(bytes32 coverageRef => mapping(uint16 number => Authorisation)) private _authorisations;
    /// @inheritdoc ICoverageRegistry
    mapping(uint32 payer => uint256) public coveragesOf;

    constructor(IConsortium consortium) {
        _consortium = consortium;
    }

    /* PLANS */

    /// @inheritdoc ICoverageRegistry
    function publish(
        uint32 plan,
        Plan calldata terms,
        Benefit[] calldata benefits,
        bytes32 feeSchedule,
        bytes32 document
    ) external returns (uint32, uint16 version) {
        uint32 payer = _activePayer();
        if (plan == 0) {
            plan = ++_lastPlan;
            _series[plan].payer = payer;
        }
        _requireOwn(plan, payer);
        _examine(benefits, feeSchedule);

        version = ++_series[plan].versions;
        _plans[_keyOf(plan, version)] = terms.pack();
        feeScheduleOf[plan][version] = feeSchedule;
        for (uint256 i = 0; i < benefits.length; ++i) {
            _benefits[_keyOf(plan, version)][i] = benefits[i].pack();
        }

        emit PlanPublished(plan, version, payer, terms, benefits, feeSchedule, document);
        return (plan, version);
    }

    /// @inheritdoc ICoverageRegistry
    function contractProvider(uint32 plan, uint32 provider, uint32 from, uint32 until) external {
        uint32 payer = _activePayer();
        _requireOwn(plan, payer);
        _requireProvider(provider);
        require(from < until, PeriodEmpty(0, from, until));
        Contracting[] storage periods = _contractings[plan][provider];
        require(periods.length < MAX_CONTRACTINGS, ContractingsFull(plan, provider, MAX_CONTRACTINGS));
        uint32 last = periods.length == 0 ? 0 : periods[periods.length - 1].until;
        require(from >= last, ContractingOverlaps(from, last));

        periods.push(Contracting(from, until));

        emit ProviderContracted(plan, provider, payer, from, until);
    }

    /// @inheritdoc ICoverageRegistry
    function endContracting(uint32 plan, uint32 provider, uint32 until) external {
        uint32 payer = _consortium.actorOf(msg.sender).member;
        _requireOwn(plan, payer);
        Contracting[] storage periods = _contractings[plan][provider];
        require(periods.length > 0, ContractingUnknown(plan, provider));
        Contracting storage last = periods[periods.length - 1];
        _requireEarlier(until, last.until);

        last.until = until;

        emit ContractingEnded(plan, provider, payer, until);
    }

    function _examine(Benefit[] calldata benefits, bytes32 feeSchedule) private pure {
        uint256 count = benefits.length;
        require(0 < count && count <= MAX_CATEGORIES, BenefitsOutOfBounds(count, MAX_CATEGORIES));
        bool scheduled = false;
        for (uint256 i = 0; i < count; ++i) {
            Benefit calldata benefit = benefits[i];
            uint16 coinsurance = benefit.coinsuranceBps;
            require(coinsurance <= 10_000, CoinsuranceAboveWhole(i, coinsurance));
            require((benefit.price > 0) != benefit.scheduled || !benefit.covered, PriceUnclear(i));
            if (benefit.scheduled) scheduled = true;
        }
        require(scheduled == (feeSchedule != 0), FeeScheduleUnclear(feeSchedule));
    }

    function _requireOwn(uint32 plan, uint32 member) private view {
        uint32 payer = _series[plan].payer;
        require(payer != 0, PlanUnknown(plan));
        require(member == payer, PlanNotOfPayer(plan, member, payer));
    }

    /* COVERAGES */

    /// @inheritdoc ICoverageRegistry
    function enrol(Enrolment[] calldata enrolments) external returns (bytes32[] memory coverageRefs) {
        uint32 payer = _activePayer();
        uint256 count = enrolments.length;
        require(0 < count && count <= MAX_ENROLMENTS, EnrolmentsOutOfBounds(count, MAX_ENROLMENTS));
        uint256 before = coveragesOf[payer];
        coveragesOf[payer] = before + count;

        coverageRefs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            coverageRefs[i] = _enrol(payer, before + i, enrolments[i], i);
        }
    }

    /// @inheritdoc ICoverageRegistry
    function terminate(bytes32 coverageRef, uint32 until) external {
        uint32 payer = _consortium.actorOf(msg.sender).member;
        Coverage memory coverage = _own(coverageRef, payer);
        _requireEarlier(until, coverage.until);

        coverage.until = until;
        _coverages[coverageRef] = coverage.pack();

        emit CoverageTerminated(coverageRef, payer, until);
    }

    function _enrol(uint32 payer, uint256 number, Enrolment calldata enrolment, uint256 place)
        private
        returns (bytes32 coverageRef)
    {
        (uint32 plan, uint16 version) = (enrolment.plan, enrolment.version);
        (uint32 from, uint32 until) = (enrolment.from, enrolment.until);
        _requireOwn(plan, payer);
        bool published = 0 < version && version <= _series[plan].versions;
        require(published, PlanVersionUnknown(place, plan, version));
        require(from < until, PeriodEmpty(place, from, until));
        uint32 since = enrolment.since == 0 ? from : enrolment.since;
        require(since <= from, WaitingAfterStart(place, since, from));
        require(enrolment.subject != 0, SubjectMissing(place));

        coverageRef = keccak256(
            abi.encode(block.chainid, address(this), payer, number, keccak256(abi.encode(enrolment)))
        );
        Coverage memory made = Coverage(payer, plan, version, from, until, since, 0, enrolment.secondary);
        _coverages[coverageRef] = made.pack();

        emit CoverageEnrolled(coverageRef, payer, plan, enrolment);
    }

    /* AUTHORISATIONS */

    /// @inheritdoc ICoverageRegistry
    function authorise(bytes32 coverageRef, Authorisation calldata authorisation, bytes32 document)
        external
        returns (uint16 number)
    {
        uint32 payer = _activePayer();
        Coverage memory coverage = _own(coverageRef, payer);
        (uint32 from, uint32 until) = (authorisation.from, authorisation.until);
        require(from < until, PeriodEmpty(0, from, until));
        require(authorisation.units > 0, UnitsMissing(coverageRef));
        if (authorisation.provider != 0) _requireProvider(authorisation.provider);

        number = ++coverage.authorisations;
        _coverages[coverageRef] = coverage.pack();
        _authorisations[coverageRef][number] = authorisation;

        emit ServiceAuthorised(coverageRef, payer, number, authorisation, document);
    }

    /// @inheritdoc ICoverageRegistry
    function endAuthorisation(bytes32 coverageRef, uint16 number, uint32 until) external {
        uint32 payer = _consortium.actorOf(msg.sender).member;
        bool given = 0 < number && number <= _own(coverageRef, payer).authorisations;
        require(given, AuthorisationUnknown(coverageRef, number));
        Authorisation storage authorisation = _authorisations[coverageRef][number];
        _requireEarlier(until, authorisation.until);

        authorisation.until = until;

        emit AuthorisationEnded(coverageRef, payer, number, until);
    }

    function _own(bytes32 coverageRef, uint32 member) private view returns (Coverage memory coverage) {
        coverage = coverageOf(coverageRef);
        uint32 payer = coverage.payer;
        require(payer != 0, CoverageUnknown(coverageRef));
        require(member == payer, CoverageNotOfPayer(coverageRef, member, payer));
    }

    /* READING */

    /// @inheritdoc ICoverageRegistry
    function eligibilityOn(bytes32 coverageRef, uint8 category, uint32 servedOn, uint32 provider)
        external
        view
        returns (bytes32 denial, uint32 period, PlanTerms memory terms)
    {
        // Filled member by member, as is the service.
        // slither-disable-next-line uninitialized-local
        Facts memory facts;
        (facts.coverage, facts.plan, facts.benefit, facts.contracted,,) =
            wordsOf(coverageRef, category, servedOn, provider, 0);
        require(facts.coverage.payer() != 0, CoverageUnknown(coverageRef));
        // slither-disable-next-line uninitialized-local
        Service memory service;
        (service.category, service.servedOn) = (category, servedOn);
        (facts.service, facts.filedOn) = (service.pack(), servedOn);
        (facts.authorised, facts.otherDecided, facts.price) = (true, true, 1);

        denial = Adjudication.denialOf(facts);
        period = Adjudication.periodOf(facts.coverage, facts.plan, servedOn);
        terms.coverage = facts.coverage.unpack();
        terms.plan = facts.plan.unpack();
        terms.benefit = facts.benefit.unpack();
        terms.contracted = facts.contracted;
    }

    /// @inheritdoc ICoverageRegistry
    function wordsOf(bytes32 coverageRef, uint8 category, uint32 servedOn, uint32 provider, uint16 number)
        public
        view
        returns (
            CoverageWord coverage,
            PlanWord plan,
            BenefitWord benefit,
            bool contracted,
            bool authorised,
            uint16 authorisedUnits
        )
    {
        coverage = _coverages[coverageRef];
        uint256 planVersion = _keyOf(coverage.plan(), coverage.version());
        plan = _plans[planVersion];
        benefit = _benefits[planVersion][category];
        if (benefit.networkOnly()) contracted = isContracted(coverage.plan(), provider, servedOn);
        if (benefit.authorised()) {
            Authorisation memory given = _authorisations[coverageRef][number];
            bool onDay = given.from <= servedOn && servedOn < given.until;
            bool toProvider = given.provider == 0 || given.provider == provider;
            authorised = onDay && toProvider && given.category == category;
            authorisedUnits = given.units;
        }
    }

    /// @inheritdoc ICoverageRegistry
    function isPrice(
        uint32 plan,
        uint16 version,
        bytes32 row,
        uint8 category,
        uint48 price,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(row, category, price))));
        return MerkleProof.verifyCalldata(proof, feeScheduleOf[plan][version], leaf);
    }

    /// @inheritdoc ICoverageRegistry
    function benefitOf(uint32 plan, uint16 version, uint8 category) external view returns (Benefit memory) {
        return _benefits[_keyOf(plan, version)][category].unpack();
    }

    /// @inheritdoc ICoverageRegistry
    function coverageOf(bytes32 coverageRef) public view returns (Coverage memory) {
        return _coverages[coverageRef].unpack();
    }

    /// @inheritdoc ICoverageRegistry
    function planTermsOf(uint32 plan, uint16 version) external view returns (Plan memory) {
        return _plans[_keyOf(plan, version)].unpack();
    }

    /// @inheritdoc ICoverageRegistry
    function planOf(uint32 plan) external view returns (uint32 payer, uint16 versions) {
        return (_series[plan].payer, _series[plan].versions);
    }

    /// @inheritdoc ICoverageRegistry
    function contractingsOf(uint32 plan, uint32 provider) external view returns (Contracting[] memory) {
        return _contractings[plan][provider];
    }

    /// @inheritdoc ICoverageRegistry
    function isContracted(uint32 plan, uint32 provider, uint32 day) public view returns (bool) {
        Contracting[] storage periods = _contractings[plan][provider];
        for (uint256 i = periods.length; i > 0; --i) {
            Contracting storage period = periods[i - 1];
            if (period.from <= day && day < period.until) return true;
        }
        return false;
    }

    /// @inheritdoc ICoverageRegistry
    function authorisationOf(bytes32 coverageRef, uint16 number)
        external
        view
        returns (Authorisation memory)
    {
        return _authorisations[coverageRef][number];
    }

    /* INTERNALS */

    function _activePayer() private view returns (uint32) {
        Actor memory actor = _consortium.actorOf(msg.sender);
        require(Governance.holds(actor.roles, Role.PAYER), CallerNotPayer(msg.sender));
        require(!actor.paused, CoveragesPaused());
        return actor.member;
    }

    function _keyOf(uint32 plan, uint16 version) private pure returns (uint256) {
        return uint256(plan) << 16 | version;
    }

    function _requireProvider(uint32 provider) private view {
        bool provides = Governance.holds(_consortium.rolesOf(provider), Role.PROVIDER);
        require(provides, ProviderUnknown(provider));
    }

    function _requireEarlier(uint32 until, uint32 standing) private view {
        uint32 today = uint32(block.timestamp / 1 days);
        require(today < until && until < standing, EndOutOfBounds(until, today, standing));
    }
}
