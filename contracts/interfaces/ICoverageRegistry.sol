// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

/// @dev Structs in one word, as Solidity lays them out in a slot: the first member in the lowest bits.
type CoverageWord is uint256;

type PlanWord is uint256;

type BenefitWord is uint256;

/// @notice What a version of a plan says about all its services. Amounts in hundredths of the currency.
/// @dev Every limit that is zero is none.
struct Plan {
    uint48 deductible; // what the patient bears first in a benefit period.
    uint48 outOfPocketMax; // what the patient bears at most in a benefit period.
    uint48 periodMax; // what the plan pays at most in a benefit period.
    uint16 periodDays; // a benefit period, counted from the start of the coverage; zero for the whole coverage.
    uint16 filingDays; // how many days after the service a claim may be filed.
}

/// @notice What a version of a plan says about one category of services. Amounts in hundredths of the currency.
struct Benefit {
    bool covered; // false: the plan does not pay for it.
    bool scheduled; // priced by the fee schedule, not by {price}.
    bool authorised; // paid with a prior authorisation only.
    bool networkOnly; // paid to contracted providers only.
    bool deductibleFree; // the deductible does not apply.
    uint16 coinsuranceBps; // the patient's share of what is left, in hundredths of a per cent.
    uint16 unitLimit; // units in a benefit period; zero for no limit.
    uint16 waitingDays; // days from {Coverage.since} on which it is not paid yet.
    uint48 price; // allowed for a unit; zero when priced by the fee schedule.
    uint48 copay; // the patient's fixed share of a line, whatever its units.
}

/// @notice Who is covered by what, and when. Days are counted from 1970-01-01 in UTC.
struct Coverage {
    uint32 payer; // the member that pays; zero when never enrolled.
    uint32 plan;
    uint16 version; // of the plan, for good.
    uint32 from; // the first day.
    uint32 until; // the first day no longer covered.
    uint32 since; // from when waiting periods run; before {from} where cover went before.
    uint16 authorisations; // how many were given.
    bool secondary; // another payer decides first.
}

/// @notice A coverage to enrol.
struct Enrolment {
    uint32 plan;
    uint16 version;
    uint32 from;
    uint32 until;
    uint32 since; // zero for {from}.
    bool secondary;
    bytes32 subject; // salted commitment of the person, opened by whoever holds the salt.
}

/// @notice A prior authorisation. Its number counts those of the coverage, from one.
struct Authorisation {
    uint8 category;
    uint16 units; // in all; how many are used is kept by the adjudicator.
    uint32 from; // the first day.
    uint32 until; // the first day on which it no longer holds.
    uint32 provider; // the member that may use it; zero for any.
}

/// @notice A period in which a provider is contracted to a plan.
struct Contracting {
    uint32 from; // the first day.
    uint32 until; // the first day no longer contracted.
}

/// @notice All that the payer says about a service on a day.
struct PlanTerms {
    Coverage coverage;
    Plan plan;
    Benefit benefit;
    bool contracted; // whether the provider is, on that day; only told where the benefit asks for it.
}

/// @title ICoverageRegistry
/// @notice Benefit plans, who is covered by them, and what was authorised. All of it is the payer's alone.
/// @dev Versions never change. A coverage keeps the version it was enrolled under; another one takes a termination
/// and a new enrolment, whose {Coverage.since} carries the waiting period over.
/// @dev Warning: nothing else is carried over. Deductible, maxima and unit limits begin anew under the new coverage, so
/// a version is best changed where a benefit period ends.
/// @dev What a payer ends, it ends from tomorrow on: a provider that asked on the day of service is not cut afterwards.
/// @dev Warning: everything here is public. A subject is a salted commitment, and a coverage has no other tie to a
/// person; but claims of one coverage can be seen to belong together.
interface ICoverageRegistry {
    /* ERRORS */

    /// @notice Thrown when what only a payer can do is called by anyone else.
    error CallerNotPayer(address caller);
    /// @notice Thrown when the registry is paused by vote.
    error CoveragesPaused();
    /// @notice Thrown when a plan was never published.
    error PlanUnknown(uint32 plan);
    /// @notice Thrown when a version of a plan was never published.
    error PlanVersionUnknown(uint256 place, uint32 plan, uint16 version);
    /// @notice Thrown when a plan is another payer's.
    error PlanNotOfPayer(uint32 plan, uint32 member, uint32 payer);
    /// @notice Thrown when a plan has no benefit, or too many.
    error BenefitsOutOfBounds(uint256 benefits, uint256 maximum);
    /// @notice Thrown when a patient's share is more than the whole.
    error CoinsuranceAboveWhole(uint256 category, uint16 basisPoints);
    /// @notice Thrown when a covered category has no price, or has one and is priced by schedule as well.
    error PriceUnclear(uint256 category);
    /// @notice Thrown when a fee schedule is needed and missing, or given and not needed.
    error FeeScheduleUnclear(bytes32 feeSchedule);
    /// @notice Thrown when a period is empty.
    error PeriodEmpty(uint256 place, uint32 from, uint32 until);
    /// @notice Thrown when a provider's period would begin before the last one ends.
    error ContractingOverlaps(uint32 from, uint32 lastUntil);
    /// @notice Thrown when a provider has as many periods as it can have.
    error ContractingsFull(uint32 plan, uint32 provider, uint256 maximum);
    /// @notice Thrown when a provider was never contracted.
    error ContractingUnknown(uint32 plan, uint32 provider);
    /// @notice Thrown when a provider to contract or to authorise is no member that provides.
    error ProviderUnknown(uint32 provider);
    /// @notice Thrown when a waiting period would begin after the coverage.
    error WaitingAfterStart(uint256 place, uint32 since, uint32 from);
    /// @notice Thrown when no coverage is handed in, or too many.
    error EnrolmentsOutOfBounds(uint256 enrolments, uint256 maximum);
    /// @notice Thrown when a person is not committed to.
    error SubjectMissing(uint256 place);
    /// @notice Thrown when a coverage was never enrolled.
    error CoverageUnknown(bytes32 coverageRef);
    /// @notice Thrown when a coverage is another payer's.
    error CoverageNotOfPayer(bytes32 coverageRef, uint32 member, uint32 payer);
    /// @notice Thrown when an end is not after today and before the end that stands.
    error EndOutOfBounds(uint32 until, uint32 today, uint32 standing);
    /// @notice Thrown when an authorisation is for no unit.
    error UnitsMissing(bytes32 coverageRef);
    /// @notice Thrown when an authorisation was never given.
    error AuthorisationUnknown(bytes32 coverageRef, uint16 number);

    /* EVENTS */

    /// @notice Emitted when a version of a plan is published.
    /// @param feeSchedule The Merkle root over the prices, or zero. See {feeScheduleOf}.
    /// @param document The commitment of the plan's document and of its file of service codes.
    event PlanPublished(
        uint32 indexed plan,
        uint16 indexed version,
        uint32 indexed payer,
        Plan terms,
        Benefit[] benefits,
        bytes32 feeSchedule,
        bytes32 document
    );
    /// @notice Emitted when a provider is contracted to a plan.
    event ProviderContracted(
        uint32 indexed plan, uint32 indexed provider, uint32 indexed payer, uint32 from, uint32 until
    );
    /// @notice Emitted when the last period of a provider is to end earlier.
    event ContractingEnded(uint32 indexed plan, uint32 indexed provider, uint32 indexed payer, uint32 until);
    /// @notice Emitted when a person is covered.
    event CoverageEnrolled(
        bytes32 indexed coverageRef, uint32 indexed payer, uint32 indexed plan, Enrolment enrolment
    );
    /// @notice Emitted when a coverage is to end earlier.
    event CoverageTerminated(bytes32 indexed coverageRef, uint32 indexed payer, uint32 until);
    /// @notice Emitted when services are authorised ahead.
    event ServiceAuthorised(
        bytes32 indexed coverageRef,
        uint32 indexed payer,
        uint16 indexed number,
        Authorisation authorisation,
        bytes32 document
    );
    /// @notice Emitted when an authorisation is to end earlier.
    event AuthorisationEnded(
        bytes32 indexed coverageRef, uint32 indexed payer, uint16 indexed number, uint32 until
    );

    /* PLANS */

    /// @notice Publishes a plan, or the next version of one.
    /// @param plan The plan of which it is the next version; zero for a new one.
    /// @param benefits One for each category of services, whose number is its place; at most {MAX_CATEGORIES}.
    /// @param feeSchedule Root over leaves keccak256(bytes.concat(keccak256(abi.encode(bytes32 row, uint8 category,
    /// uint48 price)))), pairs sorted, where the row is a salted commitment of the service code. Zero for none. That a
    /// claim names the row of its own code is not decided on chain: the payer audits it.
    /// @param document The salted commitment of the plan's document and of its file of service codes.
    function publish(
        uint32 plan,
        Plan calldata terms,
        Benefit[] calldata benefits,
        bytes32 feeSchedule,
        bytes32 document
    ) external returns (uint32 number, uint16 version);

    /// @notice Contracts a provider to all versions of a plan for a period after those before, at most
    /// {MAX_CONTRACTINGS} in all.
    /// @dev Warning: nothing frees a period. Who renews for a year at a time renews for as many years.
    function contractProvider(uint32 plan, uint32 provider, uint32 from, uint32 until) external;

    /// @notice Ends the last period of a provider earlier. Also while suspended or paused.
    /// @param until The first day no longer contracted, tomorrow at the earliest.
    function endContracting(uint32 plan, uint32 provider, uint32 until) external;

    /* COVERAGES */

    /// @notice Covers persons, at most {MAX_ENROLMENTS} at once, all or none.
    /// @return coverageRefs Each keccak256(abi.encode(chain id, this contract, payer, coverages it enrolled before,
    /// keccak256(abi.encode(enrolment)))).
    function enrol(Enrolment[] calldata enrolments) external returns (bytes32[] memory coverageRefs);

    /// @notice Ends a coverage earlier. Also while suspended or paused.
    /// @param until The first day no longer covered, tomorrow at the earliest.
    function terminate(bytes32 coverageRef, uint32 until) external;

    /* AUTHORISATIONS */

    /// @notice Authorises services ahead.
    /// @param document The salted commitment of the request and its answer.
    function authorise(bytes32 coverageRef, Authorisation calldata authorisation, bytes32 document)
        external
        returns (uint16 number);

    /// @notice Ends an authorisation earlier. Also while suspended or paused.
    /// @param until The first day on which it no longer holds, tomorrow at the earliest.
    function endAuthorisation(bytes32 coverageRef, uint16 number, uint32 until) external;

    /* READING */

    /// @notice Returns whether a provider would be paid for a category of services on a day.
    /// @dev Filed in time, with an authorisation where one is needed, and after the other payer: see {Benefit} and
    /// {Coverage} whether these apply. What is used of deductible, limits and units the adjudicator tells.
    /// @return denial Zero when paid; otherwise the codes as in an adjustment, with no amount.
    /// @return period The benefit period, counted from zero.
    /// @return terms What was asked.
    function eligibilityOn(bytes32 coverageRef, uint8 category, uint32 servedOn, uint32 provider)
        external
        view
        returns (bytes32 denial, uint32 period, PlanTerms memory terms);

    /// @notice Returns the terms of a service in words, zeros for a coverage that was never enrolled.
    /// @param number That of the authorisation, zero for none.
    /// @return coverage The coverage.
    /// @return plan The plan.
    /// @return benefit The benefit.
    /// @return contracted Whether the provider is, on that day; only told where the benefit asks for it.
    /// @return authorised Whether the authorisation is for this; only told where the benefit asks for one.
    /// @return authorisedUnits The units of the authorisation, in all.
    function wordsOf(bytes32 coverageRef, uint8 category, uint32 servedOn, uint32 provider, uint16 number)
        external
        view
        returns (
            CoverageWord coverage,
            PlanWord plan,
            BenefitWord benefit,
            bool contracted,
            bool authorised,
            uint16 authorisedUnits
        );

    /// @notice Returns a coverage, zeros when never enrolled.
    function coverageOf(bytes32 coverageRef) external view returns (Coverage memory);

    /// @notice Returns the payer of a plan and how many versions it has, zeros when never published.
    function planOf(uint32 plan) external view returns (uint32 payer, uint16 versions);

    /// @notice Returns what a version of a plan says about all its services, zeros when never published.
    function planTermsOf(uint32 plan, uint16 version) external view returns (Plan memory);

    /// @notice Returns what a version of a plan says about a category, zeros when nothing.
    function benefitOf(uint32 plan, uint16 version, uint8 category) external view returns (Benefit memory);

    /// @notice Returns whether a price is in the fee schedule of a version of a plan.
    function isPrice(
        uint32 plan,
        uint16 version,
        bytes32 row,
        uint8 category,
        uint48 price,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Returns the root over the prices of a version of a plan, or zero.
    function feeScheduleOf(uint32 plan, uint16 version) external view returns (bytes32);

    /// @notice Returns when a provider is contracted to a plan, in the order of time.
    function contractingsOf(uint32 plan, uint32 provider) external view returns (Contracting[] memory);

    /// @notice Returns whether a provider is contracted to a plan on a day.
    function isContracted(uint32 plan, uint32 provider, uint32 day) external view returns (bool);

    /// @notice Returns an authorisation, zeros when never given.
    function authorisationOf(bytes32 coverageRef, uint16 number) external view returns (Authorisation memory);

    /// @notice Returns how many coverages a payer enrolled so far.
    function coveragesOf(uint32 payer) external view returns (uint256);

    /// @notice Returns the most categories that a plan has.
    function MAX_CATEGORIES() external view returns (uint256);

    /// @notice Returns the most periods in which a provider is contracted to a plan.
    function MAX_CONTRACTINGS() external view returns (uint256);

    /// @notice Returns the most coverages that one call enrols.
    function MAX_ENROLMENTS() external view returns (uint256);
}
