// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consortium} from "../../contracts/Consortium.sol";
import {TrialRegistry} from "../../contracts/TrialRegistry.sol";
import {Actor} from "../../contracts/interfaces/IConsortium.sol";
import {
    Approval,
    Dates,
    DocumentKind,
    Flag,
    ITrialRegistry,
    Milestone,
    Phase,
    Standing,
    StopReason,
    Trial,
    TrialStatus,
    Version
} from "../../contracts/interfaces/ITrialRegistry.sol";
import {TrialOrder} from "../../contracts/libraries/TrialOrder.sol";
import {TrialWorld} from "./TrialWorld.sol";
import {Test, Vm} from "./Vm.sol";

/// @dev What the handler saw anchored.
struct Seen {
    bytes32 trialId;
    DocumentKind kind;
    bytes32 document;
    Milestone stage;
    uint256 anchoredAt;
}

/// @dev Plays sponsors, boards, strangers and the consortium at random, and keeps a plain model of what must hold.
contract TrialHandler is Test {
    uint16 private constant SPONSOR = 4;
    uint16 private constant BOARD = 8;
    uint32 private constant LAST_MEMBER = 7;
    uint256 private constant MOST_TRIALS = 4;

    Consortium private immutable _consortium;
    TrialRegistry private immutable _registry;
    uint256 private immutable _start;
    uint256 private _next = 1;

    bytes32[] public trials;
    Seen[] public seen;
    mapping(bytes32 trialId => mapping(uint16 version => bytes32)) public contents;
    mapping(bytes32 trialId => uint8) public late;
    mapping(bytes32 trialId => uint32) public offered;
    mapping(bytes32 trialId => bool) public withdrawn;
    string public broken;

    constructor(Consortium consortium, TrialRegistry registry, uint256 start) {
        (_consortium, _registry, _start) = (consortium, registry, start);
    }

    /* WHO AND WHAT */

    /// @dev Mostly the member that it takes; else any other, or a stranger.
    function _by(uint256 seed, uint32 member) private pure returns (address) {
        if (seed % 19 == 0) return address(uint160(seed | 1));
        return vm.addr(seed % 7 == 0 ? seed / 7 % LAST_MEMBER + 1 : member);
    }

    function _trial(uint256 which) private view returns (bytes32) {
        return trials[which % trials.length];
    }

    function _fresh() private returns (bytes32) {
        return keccak256(abi.encode(_next++));
    }

    /// @dev A fresh document, or one that was anchored before.
    function _document(uint256 seed) private returns (bytes32) {
        return seed % 8 == 0 && seen.length > 0 ? seen[seed % seen.length].document : _fresh();
    }

    /// @dev Makes a write, and checks who made it: a role and a trial of its own, and no pause.
    function _write(address by, uint16 role, bytes32 trialId, bytes memory data) private returns (bool done) {
        Actor memory actor = _consortium.actorOf(by);
        bool paused = _consortium.isPaused(address(_registry));
        uint32 sponsor = _registry.trialOf(trialId).sponsor;

        Milestone stage = _registry.trialOf(trialId).stage;

        vm.recordLogs();
        vm.prank(by);
        (done,) = address(_registry).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!done) return false;
        if (paused) broken = "written while paused";
        if (actor.roles & role == 0) broken = "written without an active role";
        if (role == SPONSOR && trialId != 0 && actor.member != sponsor) broken = "written by another";
        if (role == BOARD && actor.member == sponsor) broken = "approved by the sponsor";
        if (logs.length == 0) broken = "written without an event";
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == ITrialRegistry.DocumentAnchored.selector) _saw(logs[i], by, stage);
        }
    }

    /// @dev Keeps what the event says was anchored, and checks that it says what is so.
    function _saw(Vm.Log memory log, address by, Milestone before) private {
        (Phase phase, DocumentKind kind, Milestone stage, uint16 version, uint32 count, uint64 anchoredAt) =
            abi.decode(log.data, (Phase, DocumentKind, Milestone, uint16, uint32, uint64));
        bytes32 trialId = log.topics[1];
        if (log.topics[3] != bytes32(uint256(uint160(by)))) broken = "anchored under another's name";
        if (stage != before && before != Milestone.None) broken = "anchored at another stage";
        if (version != _registry.trialOf(trialId).version) broken = "anchored for another version";
        if (phase != TrialOrder.phaseOf(kind)) broken = "anchored in another phase";
        if (count == 0 || log.topics[2] == 0) broken = "anchored nothing";
        if (anchoredAt != block.timestamp) broken = "anchored at another time";
        seen.push(Seen(trialId, kind, log.topics[2], stage, anchoredAt));
    }

    /* SPONSORS */

    function register(uint256 by, uint256 apart) external {
        if (trials.length == MOST_TRIALS) return;
        apart = bound(apart, 1 hours, 60 days);
        uint32[4] memory sponsors = [uint32(1), 3, 4, 7];
        address account = _by(by, sponsors[by % 4]);
        Dates memory dates = Dates(
            uint40(block.timestamp + apart),
            uint40(block.timestamp + 2 * apart),
            uint40(block.timestamp + 3 * apart)
        );
        bytes32 registryId = keccak256(abi.encode(by % 2));
        bytes32 trialId = _registry.trialIdOf(_consortium.actorOf(account).member, registryId);
        bool known = _registry.trialOf(trialId).sponsor != 0;
        bytes32 protocol = _fresh();
        bytes memory call = abi.encodeCall(ITrialRegistry.register, (registryId, protocol, protocol, dates));

        if (!_write(account, SPONSOR, 0, call)) return;
        if (known) broken = "registered twice";
        trials.push(trialId);
        contents[trialId][1] = keccak256(abi.encode(protocol, protocol));
    }

    function amend(uint256 by, uint256 which) external {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        bytes32 protocol = by % 3 == 0 ? bytes32(0) : _fresh();
        bytes32 outcomes = by % 3 == 1 ? bytes32(0) : _fresh();
        bytes memory call =
            abi.encodeCall(ITrialRegistry.amend, (trialId, protocol, outcomes, bytes32(uint256(1))));

        if (!_write(_by(by, trial.sponsor), SPONSOR, trialId, call)) return;
        Version memory made = _registry.versionOf(trialId, trial.version + 1);
        if (protocol != 0 && made.protocol != protocol) broken = "another protocol than handed in";
        if (outcomes != 0 && made.outcomes != outcomes) broken = "other outcomes than handed in";
        contents[trialId][trial.version + 1] = keccak256(abi.encode(made));
    }

    function reschedule(uint256 by, uint256 which, uint256 move) external {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        uint40 shift = uint40(move % 30 days);
        uint40 enrolment = move % 3 == 0 ? trial.enrolmentDue + shift : trial.enrolmentDue;
        uint40 completion = move % 5 == 0 ? trial.completionDue - shift : trial.completionDue + shift;
        Dates memory dates = Dates(enrolment, completion, trial.resultsDue + shift);
        bytes memory call = abi.encodeCall(ITrialRegistry.reschedule, (trialId, dates, 0));

        if (!_write(_by(by, trial.sponsor), SPONSOR, trialId, call)) return;
        _moved(trial.enrolmentDue, dates.enrolment);
        _moved(trial.completionDue, dates.completion);
        _moved(trial.resultsDue, dates.results);
    }

    function _moved(uint40 before, uint40 date) private {
        if (before != date && before <= block.timestamp) broken = "a date moved that is past";
        if (before != date && date <= block.timestamp) broken = "a date moved into the past";
    }

    function anchor(uint256 by, uint256 which, uint256 what) external {
        bytes32 trialId = _trial(which);
        DocumentKind kind = DocumentKind(what % (uint256(type(DocumentKind).max) + 1));
        bytes32 document = _document(what >> 8);
        address account = _by(by, _registry.trialOf(trialId).sponsor);
        bytes memory call = abi.encodeCall(ITrialRegistry.anchor, (trialId, kind, document, 3));

        if (!_write(account, SPONSOR, trialId, call)) return;
    }

    function enrol(uint256 by, uint256 which) public {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        bytes32 document = _document(by >> 8);
        uint32 participants = trial.participants + uint32(by % 3);
        bytes memory call = abi.encodeCall(ITrialRegistry.enrol, (trialId, participants, document));

        if (!_write(_by(by, trial.sponsor), SPONSOR, trialId, call)) return;
        if (trial.approvals == 0) broken = "enrolled before approval";
        if (trial.stopped != StopReason.None) broken = "enrolled while stopped";
        if (trial.stage > Milestone.FirstEnrolment) broken = "enrolled after the last visit";
        if (participants == trial.participants) broken = "enrolled nobody";
    }

    /// @dev Some steps in a row of a trial that goes well, so that the campaign comes to its end too.
    function conduct(uint256 by, uint256 which) external {
        for (uint256 i = 0; i < by % 5 + 1; ++i) {
            Trial memory trial = _registry.trialOf(_trial(which));
            uint256 seed = uint256(keccak256(abi.encode(by, i))) / 399 * 399 + 1; // by the sponsor, the next step.
            if (trial.approvals == 0) approve(seed, which);
            if (trial.stage == Milestone.Registration) enrol(seed, which);
            else if (trial.stage == Milestone.DatabaseLock) _unblindWell(_trial(which), trial.sponsor);
            else proceed(seed, which);
        }
    }

    function _unblindWell(bytes32 trialId, uint32 sponsor) private {
        bytes32 document = _fresh();
        for (uint256 i = 0; i < 2; ++i) {
            DocumentKind kind = i == 0 ? DocumentKind.AnalysisPlan : DocumentKind.AnalysisCode;
            bytes memory call = abi.encodeCall(ITrialRegistry.anchor, (trialId, kind, document, 1));
            if (!_write(vm.addr(sponsor), SPONSOR, trialId, call)) return;
        }
        bytes memory unblinding = abi.encodeCall(ITrialRegistry.unblind, (trialId));
        _write(vm.addr(sponsor), SPONSOR, trialId, unblinding);
    }

    /// @dev The step that comes next, or any other.
    function proceed(uint256 by, uint256 which) public {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        uint256 step = by % 3 == 0 ? by % 6 + 1 : uint256(trial.stage) + 1;
        bytes32 document = _document(by >> 8);
        bytes memory call = abi.encodeCall(ITrialRegistry.recordLastVisit, (trialId));
        if (step == 4) call = abi.encodeCall(ITrialRegistry.lock, (trialId, document, 9));
        if (step == 5) call = abi.encodeCall(ITrialRegistry.unblind, (trialId));
        if (step >= 6) call = abi.encodeCall(ITrialRegistry.report, (trialId, document));

        if (!_write(_by(by, trial.sponsor), SPONSOR, trialId, call)) return;
        Milestone stage = _registry.trialOf(trialId).stage;
        if (stage < trial.stage || uint256(stage) > uint256(trial.stage) + 1) {
            broken = "a milestone left out";
        }
    }

    function stop(uint256 by, uint256 which) external {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        StopReason reason = StopReason(by % 5 == 0 ? by % 6 : 1);
        address account = _by(by, trial.sponsor);

        vm.prank(account);
        try _registry.stop(trialId, reason, 0) {
            if (_consortium.actorOf(account).member != trial.sponsor) broken = "stopped by another";
            if (reason <= trial.stopped) broken = "stopped for less";
            if (_registry.offerOf(trialId) != 0) broken = "stopped, and still offered";
            offered[trialId] = 0;
            if (trial.stage == Milestone.Registration && uint256(reason) > 1) withdrawn[trialId] = true;
        } catch {}
    }

    function resume(uint256 by, uint256 which) external {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        bytes memory call = abi.encodeCall(ITrialRegistry.resume, (trialId));

        if (!_write(_by(by, trial.sponsor), SPONSOR, trialId, call)) return;
        if (uint256(trial.stopped) != 1) broken = "resumed what was stopped for good";
    }

    function offer(uint256 by, uint256 which, uint256 to) external {
        bytes32 trialId = _trial(which);
        uint32 other = uint32(to % (LAST_MEMBER + 1));
        bytes memory call = abi.encodeCall(ITrialRegistry.offer, (trialId, other));

        if (!_write(_by(by, _registry.trialOf(trialId).sponsor), SPONSOR, trialId, call)) return;
        offered[trialId] = other;
    }

    function cancelOffer(uint256 by, uint256 which) external {
        bytes32 trialId = _trial(which);
        if (by % 3 != 0) return;
        uint32 sponsor = _registry.trialOf(trialId).sponsor;
        address account = _by(by, sponsor);

        vm.prank(account);
        try _registry.cancelOffer(trialId) {
            if (_consortium.actorOf(account).member != sponsor) broken = "cancelled by another";
            offered[trialId] = 0;
        } catch {}
    }

    function acceptOffer(uint256 by, uint256 which) external {
        bytes32 trialId = _trial(which);
        Trial memory trial = _registry.trialOf(trialId);
        uint32 to = offered[trialId];
        address account = _by(by, to == 0 ? 3 : to);
        uint32 member = _consortium.actorOf(account).member;
        bytes memory call = abi.encodeCall(ITrialRegistry.acceptOffer, (trialId, trial.version, trial.stage));

        vm.prank(account);
        (bool done,) = address(_registry).call(call);
        if (!done) return;
        if (member == 0 || member != to) broken = "accepted what was not offered";
        if (_registry.trialOf(trialId).sponsor != member) broken = "accepted, and not taken over";
        if (_consortium.actorOf(account).roles & SPONSOR == 0) broken = "accepted by no sponsor";
        offered[trialId] = 0;
    }

    /* BOARDS */

    function approve(uint256 by, uint256 which) public {
        bytes32 trialId = _trial(which);
        uint16 version = _registry.trialOf(trialId).version;
        Version memory content = _registry.versionOf(trialId, version);
        bytes memory call =
            abi.encodeCall(ITrialRegistry.approve, (trialId, version, content.protocol, content.outcomes));

        _write(_by(by, _board(by)), BOARD, trialId, call);
    }

    function approveBySignature(uint256 by, uint256 which, uint256 wrong) external {
        bytes32 trialId = _trial(which);
        uint32 board = _board(by);
        uint16 version = _registry.trialOf(trialId).version;
        Approval memory before = _registry.approvalOf(trialId, version, board);
        uint32 nonce = wrong % 5 == 0 && before.nonce > 0 ? before.nonce - 1 : before.nonce;
        Version memory content = _registry.versionOf(trialId, version);
        bytes32 typehash = keccak256(
            "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,uint32 nonce,uint64 deadline)"
        );
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    typehash,
                    trialId,
                    version,
                    content.protocol,
                    content.outcomes,
                    board,
                    nonce,
                    type(uint64).max
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(wrong % 7 == 0 ? board + 1 : board, digest);

        try _registry.approveBySignature(
            trialId, version, vm.addr(board), nonce, type(uint64).max, abi.encodePacked(r, s, v)
        ) {
            if (wrong % 7 == 0) broken = "approved with another's signature";
            if (nonce != before.nonce) broken = "approved with a spent signature";
            if (_consortium.actorOf(vm.addr(board)).roles & BOARD == 0) broken = "approved by no board";
            if (_registry.trialOf(trialId).sponsor == board) broken = "approved by the sponsor";
        } catch {}
    }

    function withdrawApproval(uint256 by, uint256 which, uint256 older) external {
        bytes32 trialId = _trial(which);
        if (by % 4 != 0) return;
        uint16 current = _registry.trialOf(trialId).version;
        uint16 version = uint16(older % 3 == 0 ? older % (uint256(current) + 2) : current);
        address account = _by(by, _board(by >> 4));
        uint32 member = _consortium.actorOf(account).member;
        uint32 nonce = _registry.approvalOf(trialId, version, member).nonce;

        vm.prank(account);
        try _registry.withdrawApproval(trialId, version, 0) {
            Approval memory left = _registry.approvalOf(trialId, version, member);
            if (left.approvedAt != 0 || left.nonce != nonce + 1) broken = "withdrawn, and it stands";
        } catch {}
    }

    function _board(uint256 seed) private pure returns (uint32) {
        uint32[4] memory boards = [uint32(2), 4, 6, 7];
        return boards[(seed >> 16) % 4];
    }

    /* THE WORLD */

    function suspend(uint256 who, bool lifted) external {
        vm.prank(address(_consortium));
        if (lifted) {
            try _consortium.reinstate(uint32(who % LAST_MEMBER + 1)) {} catch {}
        } else {
            try _consortium.suspend(uint32(who % LAST_MEMBER + 1)) {} catch {}
        }
    }

    function remove(uint256 who) external {
        if (who % 64 != 0) return;
        vm.prank(address(_consortium));
        try _consortium.remove(uint32(who / 64 % LAST_MEMBER + 1)) {} catch {}
    }

    function pause(uint256 much) external {
        vm.prank(address(_consortium));
        if (much % 8 == 0) {
            try _consortium.pause(address(_registry)) {} catch {}
        } else {
            try _consortium.unpause(address(_registry)) {} catch {}
        }
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 12 days));
        vm.roll(block.number + 1);
        for (uint256 i = 0; i < trials.length; ++i) {
            late[trials[i]] |= _registry.standingOf(trials[i]).flags & 21; // the three that say late.
        }
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 typehash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(
                typehash, keccak256("TrialRegistry"), keccak256("1"), block.chainid, address(_registry)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function counts() external view returns (uint256, uint256) {
        return (trials.length, seen.length);
    }
}

contract TrialRegistryInvariants is TrialWorld {
    TrialHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new TrialHandler(consortium, registry, start);
        _handler.register(1, 60 days);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev All in one, so that every call of the campaign is checked against everything.
    function invariant_trials_keep_their_order_and_their_past() external view {
        same(keccak256(bytes(_handler.broken())), keccak256(""));
        (uint256 trials, uint256 documents) = _handler.counts();
        for (uint256 i = 0; i < trials; ++i) {
            bytes32 trialId = _handler.trials(i);
            Trial memory trial = registry.trialOf(trialId);
            _inOrder(trial);
            _approvalsAgree(trialId, trial);
            _flagsAgree(trialId, trial);
            _kindsAgree(trialId, trial.kinds, documents);
            for (uint16 version = 1; version <= trial.version; ++version) {
                bytes32 content = keccak256(abi.encode(registry.versionOf(trialId, version)));
                same(content, _handler.contents(trialId, version));
            }
            same(registry.versionOf(trialId, trial.version + 1).protocol, 0);
            same(registry.offerOf(trialId), _handler.offered(trialId));
        }
        for (uint256 i = 0; i < documents; ++i) {
            _stands(i);
        }
    }

    /// @dev A milestone has its time when it is reached, and no milestone is younger than the next.
    function _inOrder(Trial memory trial) private view {
        uint40[6] memory times = [
            trial.registeredAt,
            trial.enrolledAt,
            trial.lastVisitAt,
            trial.lockedAt,
            trial.unblindedAt,
            trial.reportedAt
        ];
        for (uint256 i = 0; i < times.length; ++i) {
            yes((times[i] != 0) == (uint256(trial.stage) > i));
            yes(times[i] <= block.timestamp);
            if (i > 0 && times[i] != 0) yes(times[i - 1] <= times[i]);
        }
        yes((trial.participants != 0) == (trial.enrolledAt != 0));
        yes(trial.enrolmentDue <= trial.completionDue && trial.completionDue <= trial.resultsDue);
    }

    function _approvalsAgree(bytes32 trialId, Trial memory trial) private view {
        uint256 standing = 0;
        for (uint32 member = 1; member <= 7; ++member) {
            if (registry.approvalOf(trialId, trial.version, member).approvedAt == 0) continue;
            yes(member != trial.sponsor);
            ++standing;
        }
        same(trial.approvals, standing);
    }

    /// @dev Derived here once more, from nothing but the record and the time.
    function _flagsAgree(bytes32 trialId, Trial memory trial) private view {
        Standing memory standing = registry.standingOf(trialId);
        yes((standing.status == TrialStatus.Withdrawn) == _handler.withdrawn(trialId));
        if (_handler.withdrawn(trialId)) {
            same(standing.flags, 0);
            same(uint256(trial.stage), uint256(Milestone.Registration));
            return;
        }
        uint256 expected = _lateness(trial.enrolledAt, trial.enrolmentDue)
            | (_lateness(trial.lastVisitAt, trial.completionDue) << 2)
            | (_lateness(trial.reportedAt, trial.resultsDue) << 4);
        if (trial.enrolledAt != 0 && trial.approvals == 0) expected |= 1 << uint256(Flag.ApprovalMissing);
        if (standing.missing != 0) expected |= 1 << uint256(Flag.DocumentsMissing);
        same(standing.missing & trial.kinds, 0);
        same(standing.flags, expected);
        uint256 late = _handler.late(trialId);
        same(standing.flags & late, late);
    }

    function _lateness(uint40 reachedAt, uint40 due) private view returns (uint256) {
        if (reachedAt == 0) return block.timestamp >= due ? 2 : 0;
        return reachedAt >= due ? 1 : 0;
    }

    /// @dev What was anchored is on its side of the milestones, and its kind is noted.
    function _stands(uint256 place) private view {
        (bytes32 trialId, DocumentKind kind,, Milestone stage, uint256 anchoredAt) = _handler.seen(place);
        Trial memory trial = registry.trialOf(trialId);
        yes(anchoredAt >= trial.registeredAt && anchoredAt <= block.timestamp);
        if (kind == DocumentKind.AnalysisPlan || kind == DocumentKind.AnalysisCode) {
            yes(trial.unblindedAt == 0 || anchoredAt <= trial.unblindedAt);
        }
        if (kind == DocumentKind.DataBatch) {
            yes(anchoredAt >= trial.enrolledAt && trial.enrolledAt != 0);
            yes(trial.lockedAt == 0 || anchoredAt <= trial.lockedAt);
        }
        if (kind == DocumentKind.Enrolment) {
            yes(trial.lastVisitAt == 0 || anchoredAt <= trial.lastVisitAt);
        }
        if (kind == DocumentKind.Results) yes(anchoredAt >= trial.unblindedAt && trial.unblindedAt != 0);
        yes(stage <= trial.stage);
    }

    /// @dev The kinds that a trial notes are those that were seen anchored, but for those with a function of their own.
    function _kindsAgree(bytes32 trialId, uint24 kinds, uint256 documents) private view {
        uint256 expected = 0;
        for (uint256 i = 0; i < documents; ++i) {
            (bytes32 of_, DocumentKind kind,,,) = _handler.seen(i);
            if (of_ == trialId) expected |= 1 << uint256(kind);
        }
        same(kinds, expected & 0x37dfb8);
    }
}
