// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimAdjudicator} from "../../contracts/ClaimAdjudicator.sol";
import {Consortium} from "../../contracts/Consortium.sol";
import {CoverageRegistry} from "../../contracts/CoverageRegistry.sol";
import {
    Accumulators,
    Claim,
    ClaimDecision,
    ClaimStatus,
    Entry,
    Fee,
    IClaimAdjudicator,
    Line,
    LineOutcome,
    Service
} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {Adoption, Founder} from "../../contracts/interfaces/IConsortium.sol";
import {Benefit, Enrolment, Plan} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {TestEuro} from "../../contracts/tokens/TestEuro.sol";
import {ConsortiumWorld} from "./ConsortiumWorld.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev Two insurers, two providers, an auditor and a regulator; one plan, one coverage, a funded pool.
abstract contract ClaimWorld is ConsortiumWorld {
    using Words for *;

    uint16 internal constant REGULATOR = 1 << 7;
    uint16 internal constant AUDITOR = 1 << 8;

    uint32 internal constant INSURER = 1;
    uint32 internal constant REINSURER = 2;
    uint32 internal constant HOSPITAL = 3;
    uint32 internal constant CLINIC = 4;
    uint32 internal constant INSPECTOR = 5;
    uint32 internal constant MINISTRY = 6;

    /// @dev The first day of everything, and the day of the tests.
    uint32 internal constant JANUARY = 20_820;
    uint32 internal constant TODAY = 20_833;

    uint256 internal constant FUNDS = 100_000_000;

    CoverageRegistry internal registry;
    ClaimAdjudicator internal adjudicator;
    IERC20 internal euro;
    address internal insurer = vm.addr(1);
    address internal reinsurer = vm.addr(2);
    address internal hospital = vm.addr(3);
    address internal clinic = vm.addr(4);
    address internal inspector = vm.addr(5);
    address internal ministry = vm.addr(6);
    address internal stranger = address(0x57A6);

    uint32 internal plan;
    bytes32 internal coverageRef;

    function setUp() public virtual override {
        start = uint256(TODAY) * 1 days + 9 hours;
        vm.warp(start);
        vm.chainId(31_337);
        uint16[6] memory roles = [PAYER, PAYER, PROVIDER, PROVIDER, AUDITOR, REGULATOR];
        Founder[] memory founders = new Founder[](6);
        for (uint256 i = 0; i < 6; ++i) {
            founders[i] = Founder(vm.addr(i + 1), roles[i], bytes32(i + 1));
        }
        consortium = new Consortium(founders, new Adoption[](0));
        registry = new CoverageRegistry(consortium);
        TestEuro minted = new TestEuro();
        minted.mint(insurer, 2 * FUNDS);
        minted.mint(reinsurer, 2 * FUNDS);
        minted.mint(hospital, 1);
        minted.mint(clinic, 1);
        _settleIn(IERC20(address(minted)));
        plan = _publish(_terms(), _benefits());
        coverageRef = _enrol(plan);
        _fund(insurer, FUNDS);
    }

    /// @dev Adjudicates in a token, which insurers and providers approve.
    function _settleIn(IERC20 token) internal {
        _adjudicate(token);
        for (uint256 i = 1; i <= 4; ++i) {
            vm.prank(vm.addr(i));
            token.approve(address(adjudicator), type(uint256).max);
        }
    }

    function _adjudicate(IERC20 token) internal {
        euro = token;
        adjudicator = new ClaimAdjudicator(consortium, registry, token, _seats(6));
    }

    function _seats(uint32 count) internal pure returns (uint32[] memory members) {
        members = new uint32[](count);
        for (uint32 i = 0; i < count; ++i) {
            members[i] = i + 1;
        }
    }

    /* PLANS AND COVERAGES */

    /// @dev 100.00 deductible, 500.00 at most from the patient, no maximum of the plan, years, 90 days to file.
    function _terms() internal pure returns (Plan memory) {
        return
            Plan({deductible: 10_000, outOfPocketMax: 50_000, periodMax: 0, periodDays: 365, filingDays: 90});
    }

    /// @dev 0: 10.00 copay and 20 % of 120.00 a unit. 1: the same, all else off. The others: see below.
    function _benefits() internal pure returns (Benefit[] memory benefits) {
        benefits = new Benefit[](6);
        for (uint256 i = 0; i < 6; ++i) {
            benefits[i] = Benefit({
                covered: true,
                scheduled: false,
                authorised: false,
                networkOnly: false,
                deductibleFree: false,
                coinsuranceBps: 2000,
                unitLimit: 0,
                waitingDays: 0,
                price: 12_000,
                copay: 1000
            });
        }
        (benefits[1].deductibleFree, benefits[1].coinsuranceBps, benefits[1].copay) = (true, 0, 0);
        benefits[2].covered = false;
        (benefits[3].authorised, benefits[3].unitLimit) = (true, 10);
        (benefits[4].networkOnly, benefits[4].waitingDays) = (true, 10);
        benefits[5].unitLimit = 5;
    }

    function _publish(Plan memory terms, Benefit[] memory benefits) internal returns (uint32 number) {
        return _publish(terms, benefits, 0);
    }

    function _publish(Plan memory terms, Benefit[] memory benefits, bytes32 feeSchedule)
        internal
        returns (uint32 number)
    {
        vm.prank(insurer);
        (number,) = registry.publish(0, terms, benefits, feeSchedule, keccak256("document"));
    }

    function _enrolment(uint32 number) internal pure returns (Enrolment memory) {
        return Enrolment({
            plan: number,
            version: 1,
            from: JANUARY,
            until: JANUARY + 365,
            since: 0,
            secondary: false,
            subject: keccak256("subject")
        });
    }

    function _enrol(uint32 number) internal returns (bytes32) {
        return _enrol(_enrolment(number));
    }

    function _enrol(Enrolment memory enrolment) internal returns (bytes32) {
        Enrolment[] memory enrolments = new Enrolment[](1);
        enrolments[0] = enrolment;
        vm.prank(insurer);
        return registry.enrol(enrolments)[0];
    }

    /* CLAIMS */

    /// @dev A service of one unit, yesterday, for 200.00.
    function _service(uint8 category) internal pure returns (Service memory) {
        return Service({
            category: category,
            units: 1,
            servedOn: TODAY - 1,
            authorisation: 0,
            fee: 0,
            charge: 20_000,
            priorPaid: 0
        });
    }

    function _line(Service memory service, bytes32 code) internal pure returns (Line memory) {
        return Line(service.pack(), code);
    }

    function _claim(Line[] memory lines) internal view returns (Claim memory) {
        return Claim(coverageRef, keccak256("claim"), 0, lines, new Fee[](0));
    }

    function _claim(Service memory service, bytes32 code) internal view returns (Claim memory) {
        Line[] memory lines = new Line[](1);
        lines[0] = _line(service, code);
        return _claim(lines);
    }

    function _claim(uint8 category, bytes32 code) internal view returns (Claim memory) {
        return _claim(_service(category), code);
    }

    function _claim(Service memory first, Service memory second) internal view returns (Claim memory) {
        Line[] memory lines = new Line[](2);
        lines[0] = _line(first, "first");
        lines[1] = _line(second, "second");
        return _claim(lines);
    }

    function _submit(Claim memory claim) internal returns (bytes32 claimId, ClaimDecision memory decision) {
        vm.prank(hospital);
        return adjudicator.submit(claim);
    }

    function _submit(Service memory service) internal returns (ClaimDecision memory decision) {
        (, decision) = _submit(_claim(service, keccak256(abi.encode(service))));
    }

    function _submitMany(Claim[] memory claims) internal {
        bytes[] memory encoded = new bytes[](claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            encoded[i] = abi.encode(claims[i]);
        }
        vm.prank(hospital);
        adjudicator.submitMany(encoded);
    }

    /* GOVERNING */

    function _adopted(address target) internal {
        _voted();
        consortium.adopt(Adoption("suite", 1, target));
    }

    function _paused(address target) internal {
        _adopted(target);
        _voted();
        consortium.pauseUntilLifted(target);
    }

    /* MONEY */

    function _fund(address payer, uint256 amount) internal {
        vm.prank(payer);
        adjudicator.deposit(amount);
    }

    function _drain() internal {
        uint256 pool = adjudicator.poolOf(INSURER);
        vm.prank(insurer);
        adjudicator.withdraw(pool, insurer);
    }

    /* READING */

    function _outcome(ClaimDecision memory decision, uint256 place)
        internal
        pure
        returns (LineOutcome memory outcome)
    {
        outcome.unpack(decision.lines[place][2]);
    }

    function _keyOf(Line memory line) internal view returns (bytes32) {
        return keccak256(abi.encode(coverageRef, HOSPITAL, line.service.servedOn(), line.code));
    }

    function _sealOf(bytes32 claimId, ClaimDecision memory decision) internal pure returns (bytes31) {
        return bytes31(keccak256(abi.encode(claimId, decision)));
    }

    function _idOf(uint32 provider, uint256 number) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(adjudicator), provider, number));
    }

    /* ASSERTING */

    /// @dev The adjustments of a line, written as "CO45 8000, PR204:N130 1000", and nothing left over.
    function told(ClaimDecision memory decision, uint256 place, string memory cuts) internal pure {
        bytes32[] memory record = decision.lines[place];
        bytes memory letters = bytes(cuts);
        uint256 count = 0;
        uint256 from = 0;
        while (from < letters.length) {
            (bytes32 word, uint256 next) = _cut(letters, from);
            same(record[3 + count++], word);
            from = next;
        }
        same(record.length, 3 + count);
        balances(record);
    }

    /// @dev Reads one cut and its comma, and returns where the next begins.
    function _cut(bytes memory letters, uint256 from) private pure returns (bytes32 word, uint256 next) {
        (uint256 amount, uint256 place, bool behind) = (0, 0, false);
        for (next = from; next < letters.length && letters[next] != ","; ++next) {
            bytes1 letter = letters[next];
            if (letter == " ") behind = next > from;
            else if (letter == ":") place = 5;
            else if (behind) amount = amount * 10 + uint8(letter) - 48;
            else word |= bytes32(letter) >> (8 * place++);
        }
        word |= bytes32(amount);
        next += 2;
    }

    function balances(bytes32[] memory record) internal pure {
        uint256 sum = uint48(uint256(record[2]) >> 176);
        for (uint256 i = 3; i < record.length; ++i) {
            yes(uint48(uint256(record[i])) > 0);
            sum += uint48(uint256(record[i]));
        }
        same(sum, uint48(uint256(record[0]) >> 80));
    }

    function used(uint256 deductible, uint256 outOfPocket, uint256 paid) internal view {
        Accumulators memory found = adjudicator.accumulatorsOf(coverageRef, 0);
        same(found.deductible, deductible);
        same(found.outOfPocket, outOfPocket);
        same(found.paid, paid);
    }

    function entry(bytes32 key, ClaimStatus status, bytes31 seal) internal view {
        Entry memory found = adjudicator.entryOf(key);
        same(uint256(found.status), uint256(status));
        same(bytes32(found.seal), bytes32(seal));
    }

    /// @dev What the adjudicator holds is what it owes.
    function booked() internal view {
        uint256 owed = 0;
        for (uint32 member = 1; member <= 6; ++member) {
            owed += adjudicator.poolOf(member) + adjudicator.unclaimedOf(member);
        }
        same(euro.balanceOf(address(adjudicator)), owed);
    }
}
