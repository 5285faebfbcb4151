// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimAdjudicator} from "../../contracts/ClaimAdjudicator.sol";
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
    Service,
    ServiceWord
} from "../../contracts/interfaces/IClaimAdjudicator.sol";
import {Authorisation, Benefit, Plan} from "../../contracts/interfaces/ICoverageRegistry.sol";
import {Adjudication} from "../../contracts/libraries/Adjudication.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {ClaimWorld} from "./ClaimWorld.sol";
import {HostileToken, Mischief} from "./HostileTokens.t.sol";
import {Test, Vm} from "./Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev A claim that stands, as its events told it.
struct Standing {
    bytes32 claimId;
    uint32 provider;
    uint32 payer;
    bool settled;
    bytes decision;
}

/// @dev Plays insurers, providers, a panel and strangers at random, and follows what the events tell.
contract ClaimHandler is Test {
    using Words for *;

    ClaimAdjudicator private immutable _adjudicator;
    HostileToken private immutable _token;
    bytes32[3] private _coverages;
    uint32 private immutable _start;

    Standing[] private _standing;
    uint256 public donated;
    mapping(uint32 payer => uint256) public deposited;
    mapping(uint32 payer => uint256) public withdrawn;
    mapping(bytes32 lineKey => bool) private _appealed;
    string public broken;

    constructor(ClaimAdjudicator adjudicator, HostileToken token, bytes32[3] memory coverages, uint32 start) {
        (_adjudicator, _token, _coverages, _start) = (adjudicator, token, coverages, start);
    }

    /* CLAIMS */

    function submit(uint256 seed) external {
        vm.recordLogs();
        vm.prank(_provider(seed));
        try _adjudicator.submit(_claim(seed)) {
            _follow();
        } catch {}
    }

    function submitMany(uint256 seed) external {
        bytes[] memory claims = new bytes[](seed % 4 + 1);
        for (uint256 i = 0; i < claims.length; ++i) {
            claims[i] = abi.encode(_claim(uint256(keccak256(abi.encode(seed, i)))));
        }
        vm.recordLogs();
        vm.prank(_provider(seed));
        _adjudicator.submitMany(claims);
        _follow();
    }

    function void(uint256 seed) external {
        if (_standing.length == 0) return;
        Standing memory one = _standing[seed % _standing.length];
        address by = seed % 7 == 0 ? vm.addr(seed % 6 + 1) : vm.addr(one.provider);
        vm.recordLogs();
        vm.prank(by);
        try _adjudicator.void(one.claimId, abi.decode(one.decision, (ClaimDecision))) {
            if (by != vm.addr(one.provider)) broken = "voided by another";
            _follow();
        } catch {}
    }

    function replace(uint256 seed) external {
        if (_standing.length == 0) return;
        Standing memory one = _standing[seed % _standing.length];
        ClaimDecision memory decision = abi.decode(one.decision, (ClaimDecision));
        Claim memory claim = _claim(seed >> 8);
        vm.recordLogs();
        vm.prank(vm.addr(one.provider));
        try _adjudicator.replace(one.claimId, decision, claim) {
            _follow();
        } catch {}
    }

    function settle(uint256 seed) external {
        if (_standing.length == 0) return;
        Standing memory one = _standing[seed % _standing.length];
        vm.recordLogs();
        vm.prank(address(uint160(seed | 1)));
        try _adjudicator.settle(one.claimId, one.provider, abi.decode(one.decision, (ClaimDecision))) {
            if (one.settled) broken = "settled twice";
            _follow();
        } catch {}
    }

    function appeal(uint256 seed, uint256 lines, uint256 waived) external {
        if (_standing.length == 0) return;
        Standing memory one = _standing[seed % _standing.length];
        ClaimDecision memory decision = abi.decode(one.decision, (ClaimDecision));
        lines = lines % 8;
        waived = waived % 256;
        vm.prank(vm.addr(one.provider));
        try _adjudicator.appeal(one.claimId, decision, lines, uint16(waived), "grounds") {
            _appeal(one.provider, decision, lines);
        } catch {}
        for (uint256 member = 1; member <= 6; ++member) {
            vm.recordLogs();
            vm.prank(vm.addr(member));
            try _adjudicator.decide(one.claimId, one.provider, decision, seed % 5 != 0) {
                if (member == one.provider || member == one.payer) broken = "decided by a party";
                _follow();
            } catch {}
        }
    }

    /// @dev Follows which services were appealed, under whatever claim.
    function _appeal(uint32 provider, ClaimDecision memory decision, uint256 lines) private {
        for (uint256 i = 0; i < decision.lines.length; ++i) {
            if (lines & (1 << i) == 0) continue;
            bytes32[] memory record = decision.lines[i];
            ServiceWord service = ServiceWord.wrap(uint256(record[0]));
            bytes32 key = keccak256(abi.encode(decision.coverageRef, provider, service.servedOn(), record[1]));
            if (_appealed[key]) broken = "appealed twice";
            _appealed[key] = true;
        }
    }

    /* MONEY */

    function deposit(uint256 by, uint256 amount) external {
        uint32 payer = uint32(by % 2 + 1);
        amount = bound(amount, 0, 3000);
        _token.mint(vm.addr(payer), amount);
        vm.prank(vm.addr(payer));
        try _adjudicator.deposit(amount) returns (uint256 arrived) {
            deposited[payer] += arrived;
        } catch {}
    }

    function withdraw(uint256 by, uint256 amount) external {
        uint32 member = uint32(by % 6 + 1);
        amount = bound(amount, 0, _adjudicator.poolOf(member) / 4);
        vm.prank(vm.addr(member));
        try _adjudicator.withdraw(amount, address(0xCAFE)) {
            withdrawn[member] += amount;
        } catch {}
    }

    function collect(uint256 by) external {
        vm.prank(vm.addr(by % 6 + 1));
        try _adjudicator.collect(address(0xCAFE)) {} catch {}
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 0, 50);
        _token.mint(address(_adjudicator), amount);
        donated += amount;
    }

    function misbehave(uint256 how) external {
        Mischief[6] memory all = [
            Mischief.None,
            Mischief.None,
            Mischief.None,
            Mischief.ReturnsFalse,
            Mischief.Reverts,
            Mischief.TakesFeeOfRecipient
        ];
        _token.behave(all[how % 6]);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 1 days));
    }

    /* FOLLOWING */

    // What reverts is recorded too, so only what went through is followed.

    function standing() external view returns (Standing[] memory) {
        return _standing;
    }

    function _follow() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(_adjudicator)) continue;
            bytes32 kind = logs[i].topics[0];
            if (kind == IClaimAdjudicator.ClaimAdjudicated.selector) _decided(logs[i]);
            if (kind == IClaimAdjudicator.ClaimVoided.selector) _drop(logs[i].topics[1]);
            if (kind == IClaimAdjudicator.ClaimPended.selector) _set(logs[i].topics[1], false);
            if (kind == IClaimAdjudicator.ClaimSettled.selector) _set(logs[i].topics[1], true);
        }
    }

    function _decided(Vm.Log memory log) private {
        _drop(log.topics[1]);
        ClaimDecision memory decision = abi.decode(log.data, (ClaimDecision));
        bool recorded = false;
        for (uint256 i = 0; i < decision.lines.length; ++i) {
            if (!Adjudication.isDuplicate(decision.lines[i])) recorded = true;
        }
        if (!recorded) return;
        uint32 provider = uint32(uint256(log.topics[2]));
        uint32 payer = uint32(uint256(log.topics[3]));
        _standing.push(Standing(log.topics[1], provider, payer, true, log.data));
    }

    function _drop(bytes32 claimId) private {
        for (uint256 i = 0; i < _standing.length; ++i) {
            if (_standing[i].claimId != claimId) continue;
            _standing[i] = _standing[_standing.length - 1];
            _standing.pop();
            return;
        }
    }

    function _set(bytes32 claimId, bool settled) private {
        for (uint256 i = 0; i < _standing.length; ++i) {
            if (_standing[i].claimId == claimId) _standing[i].settled = settled;
        }
    }

    /* MAKING */

    function _provider(uint256 seed) private pure returns (address) {
        return vm.addr(seed % 2 + 3);
    }

    function _claim(uint256 seed) private view returns (Claim memory claim) {
        claim.coverageRef = _coverages[seed % 3];
        claim.claimRef = bytes32(seed);
        if (seed % 5 != 0) claim.priorRemittance = "remittance";
        claim.lines = new Line[]((seed >> 8) % 3 + 1);
        for (uint256 i = 0; i < claim.lines.length; ++i) {
            claim.lines[i] = _line(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function _line(uint256 seed) private view returns (Line memory) {
        Service memory service;
        service.category = uint8(seed % 7);
        service.units = uint16((seed >> 16) % 4 + (seed % 41 == 0 ? 0 : 1));
        service.servedOn = _start + uint32((seed >> 32) % (block.timestamp / 1 days - _start + 1));
        service.authorisation = uint16((seed >> 48) % 3);
        service.charge = uint48((seed >> 64) % 300 + 1);
        service.priorPaid = (seed >> 80) % 3 == 0 ? uint48((seed >> 96) % 100) : 0;
        return Line(service.pack(), bytes32((seed >> 112) % 8 + 1));
    }
}

contract ClaimInvariants is ClaimWorld {
    using Words for *;

    ClaimHandler private _handler;
    HostileToken private _token;
    bytes32[3] private _refs;

    mapping(bytes32 coverageRef => mapping(uint32 period => Accumulators)) private _sums;
    mapping(bytes32 coverageRef => mapping(uint32 period => mapping(uint8 category => uint256))) private
        _units;
    mapping(bytes32 coverageRef => mapping(uint16 number => uint256)) private _authorised;
    mapping(bytes32 lineKey => bytes32 claimId) private _billed;
    mapping(uint32 payer => uint256) private _paid;

    function setUp() public override {
        super.setUp();
        _token = new HostileToken();
        _adjudicate(IERC20(address(_token)));
        for (uint256 i = 3; i <= 4; ++i) {
            _token.mint(vm.addr(i), 100_000);
        }
        uint32 tight = _publish(_tightTerms(), _tightBenefits());
        _refs[0] = _enrol(tight);
        _refs[1] = _enrol(tight);
        _refs[2] = _enrol(_publish(_terms(), _benefits()));
        for (uint256 i = 0; i < 3; ++i) {
            vm.startPrank(insurer);
            registry.authorise(_refs[i], Authorisation(3, 7, JANUARY, JANUARY + 300, 0), 0);
            registry.authorise(_refs[i], Authorisation(3, 2, JANUARY, JANUARY + 300, CLINIC), 0);
            vm.stopPrank();
        }
        _handler = new ClaimHandler(adjudicator, _token, _refs, JANUARY);
    }

    /// @dev Limits that a dozen lines reach.
    function _tightTerms() private pure returns (Plan memory) {
        return Plan({deductible: 150, outOfPocketMax: 400, periodMax: 900, periodDays: 10, filingDays: 15});
    }

    function _tightBenefits() private pure returns (Benefit[] memory benefits) {
        benefits = _benefits();
        for (uint256 i = 0; i < 6; ++i) {
            (benefits[i].price, benefits[i].copay) = (70, 13);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev All in one, so that every call of the campaign is checked against everything.
    function invariant_the_books_follow_the_claims_that_stand() external {
        same(keccak256(bytes(_handler.broken())), keccak256(""));
        Standing[] memory all = _handler.standing();
        for (uint256 i = 0; i < all.length; ++i) {
            _count(all[i]);
        }
        _tokensAreBooked();
        for (uint256 i = 0; i < 3; ++i) {
            _limitsHold(_refs[i], i < 2 ? _tightTerms() : _terms());
        }
    }

    /// @dev Tokens held are pools, unclaimed payouts and donations; a pool is moved by its payer and its claims only.
    function _tokensAreBooked() private view {
        uint256 owed = 0;
        for (uint32 member = 1; member <= 6; ++member) {
            uint256 pool = adjudicator.poolOf(member);
            owed += pool + adjudicator.unclaimedOf(member);
            same(pool, _handler.deposited(member) - _handler.withdrawn(member) - _paid[member]);
        }
        uint256 held = _token.balanceOf(address(adjudicator));
        same(held, owed + _handler.donated());
    }

    /// @dev Each limit is used by the claims that stand, to the unit, and never passed.
    function _limitsHold(bytes32 ref, Plan memory terms) private view {
        for (uint32 period = 0; period < 8; ++period) {
            Accumulators memory found = adjudicator.accumulatorsOf(ref, period);
            same(keccak256(abi.encode(found)), keccak256(abi.encode(_sums[ref][period])));
            yes(found.deductible <= terms.deductible);
            yes(found.outOfPocket <= terms.outOfPocketMax);
            yes(terms.periodMax == 0 || found.paid <= terms.periodMax);
            same(adjudicator.unitsOf(ref, period, 3), _units[ref][period][3]);
            same(adjudicator.unitsOf(ref, period, 5), _units[ref][period][5]);
            yes(_units[ref][period][3] <= 10 && _units[ref][period][5] <= 5);
        }
        same(adjudicator.authorisedUnitsOf(ref, 1), _authorised[ref][1]);
        same(adjudicator.authorisedUnitsOf(ref, 2), _authorised[ref][2]);
        yes(_authorised[ref][1] <= 7 && _authorised[ref][2] <= 2);
    }

    function _count(Standing memory one) private {
        ClaimDecision memory decision = abi.decode(one.decision, (ClaimDecision));
        uint256 total = 0;
        bool first = true;
        for (uint256 i = 0; i < decision.lines.length; ++i) {
            bytes32[] memory record = decision.lines[i];
            balances(record);
            if (Adjudication.isDuplicate(record)) continue;
            LineOutcome memory outcome = _outcome(decision, i);
            ServiceWord service = ServiceWord.wrap(uint256(record[0]));
            bytes32 key =
                keccak256(abi.encode(decision.coverageRef, one.provider, service.servedOn(), record[1]));
            same(_billed[key], 0);
            _billed[key] = one.claimId;
            _recorded(one, decision, key, first);
            _use(decision.coverageRef, service, outcome);
            total += outcome.paid;
            first = false;
        }
        _paid[one.payer] += one.settled ? total : decision.paidBefore;
    }

    function _recorded(Standing memory one, ClaimDecision memory decision, bytes32 key, bool first)
        private
        view
    {
        ClaimStatus status = one.settled ? ClaimStatus.Settled : ClaimStatus.Pended;
        if (first) entry(key, status, _sealOf(one.claimId, decision));
        else entry(key, ClaimStatus.Attached, bytes31(one.claimId));
    }

    function _use(bytes32 ref, ServiceWord service, LineOutcome memory outcome) private {
        if (outcome.units == 0) return;
        uint32 length = ref == _refs[2] ? 365 : 10;
        uint32 period = (service.servedOn() - JANUARY) / length;
        Accumulators storage sum = _sums[ref][period];
        sum.deductible += outcome.deductible;
        sum.outOfPocket += outcome.outOfPocket;
        sum.paid += outcome.paid;
        if (outcome.waived & 64 == 0) _units[ref][period][service.category()] += outcome.units;
        if (service.category() == 3 && outcome.waived & 8 == 0) {
            _authorised[ref][service.authorisation()] += outcome.units;
        }
    }
}
