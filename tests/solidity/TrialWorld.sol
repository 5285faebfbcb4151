// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consortium} from "../../contracts/Consortium.sol";
import {TrialRegistry} from "../../contracts/TrialRegistry.sol";
import {Adoption, Founder, IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {
    Dates,
    DocumentKind,
    Flag,
    ITrialRegistry,
    Milestone,
    Standing,
    StopReason,
    TrialStatus
} from "../../contracts/interfaces/ITrialRegistry.sol";
import {TrialOrder} from "../../contracts/libraries/TrialOrder.sol";
import {ConsortiumWorld} from "./ConsortiumWorld.sol";

/// @dev Seven members, whose keys are 1 to 7, a registry of trials, and one trial that is easily brought anywhere.
abstract contract TrialWorld is ConsortiumWorld {
    uint16 internal constant SPONSOR_ROLE = 4;
    uint16 internal constant BOARD_ROLE = 8;

    uint32 internal constant SPONSOR = 1;
    uint32 internal constant BOARD = 2;
    uint32 internal constant RIVAL = 3; // another sponsor.
    uint32 internal constant INSTITUTE = 4; // sponsor and ethics board.
    uint32 internal constant HOSPITAL = 5; // neither.
    uint32 internal constant COMMITTEE = 6; // another ethics board.
    uint32 internal constant ALLY = 7; // sponsor and ethics board, too.

    bytes32 internal constant REGISTRY_ID = keccak256("registry id");
    bytes32 internal constant PROTOCOL = keccak256("protocol");
    bytes32 internal constant OUTCOMES = keccak256("outcomes");
    bytes32 internal constant DOCUMENT = keccak256("document");
    bytes32 internal constant DETAIL = keccak256("detail");

    TrialRegistry internal registry;
    bytes32 internal id; // of the sponsor's trial, once registered.
    uint40 internal enrolmentDue;
    uint40 internal completionDue;
    uint40 internal resultsDue;

    function setUp() public virtual override {
        vm.warp(start);
        vm.roll(1000);
        consortium = new Consortium(_cast(), new Adoption[](0));
        registry = new TrialRegistry(IConsortium(address(consortium)));
        _voted();
        consortium.adopt(Adoption("TrialRegistry", 1, address(registry)));
        enrolmentDue = uint40(start + 30 days);
        completionDue = uint40(start + 300 days);
        resultsDue = uint40(start + 665 days);
        id = registry.trialIdOf(SPONSOR, REGISTRY_ID);
    }

    function _cast() internal pure returns (Founder[] memory founders) {
        uint16 both = SPONSOR_ROLE | BOARD_ROLE;
        uint16[7] memory roles = [SPONSOR_ROLE, BOARD_ROLE, SPONSOR_ROLE, both, PROVIDER, BOARD_ROLE, both];
        founders = new Founder[](roles.length);
        for (uint256 i = 0; i < roles.length; ++i) {
            founders[i] = Founder(vm.addr(i + 1), roles[i], bytes32(i + 1));
        }
    }

    /// @dev The next call comes from a member's own account.
    function _as(uint32 member) internal {
        vm.prank(vm.addr(member));
    }

    function _dates() internal view returns (Dates memory) {
        return Dates(enrolmentDue, completionDue, resultsDue);
    }

    /* BRINGING THE TRIAL SOMEWHERE */

    function _registered() internal {
        Dates memory dates = _dates();
        _as(SPONSOR);
        registry.register(REGISTRY_ID, PROTOCOL, OUTCOMES, dates);
    }

    function _approved() internal {
        _registered();
        _approve(BOARD);
    }

    function _approve(uint32 board) internal {
        uint16 version = registry.trialOf(id).version;
        bytes32 protocol = registry.versionOf(id, version).protocol;
        bytes32 outcomes = registry.versionOf(id, version).outcomes;
        _as(board);
        registry.approve(id, version, protocol, outcomes);
    }

    function _enrolling() internal {
        _approved();
        _as(SPONSOR);
        registry.enrol(id, 20, keccak256("twenty"));
    }

    function _visited() internal {
        _enrolling();
        _as(SPONSOR);
        registry.recordLastVisit(id);
    }

    function _locked() internal {
        _visited();
        _as(SPONSOR);
        registry.lock(id, keccak256("locked"), 500);
    }

    function _unblinded() internal {
        _locked();
        _anchor(DocumentKind.AnalysisPlan);
        _anchor(DocumentKind.AnalysisCode);
        _as(SPONSOR);
        registry.unblind(id);
    }

    function _reported() internal {
        _unblinded();
        _as(SPONSOR);
        registry.report(id, keccak256("results"));
    }

    function _brought(Milestone stage) internal {
        if (stage == Milestone.Registration) _approved();
        if (stage == Milestone.FirstEnrolment) _enrolling();
        if (stage == Milestone.LastVisit) _visited();
        if (stage == Milestone.DatabaseLock) _locked();
        if (stage == Milestone.Unblinding) _unblinded();
        if (stage == Milestone.Results) _reported();
    }

    function _amended() internal {
        _as(SPONSOR);
        registry.amend(id, keccak256("protocol 2"), 0, REASON);
    }

    function _anchor(DocumentKind kind) internal {
        _as(SPONSOR);
        registry.anchor(id, kind, DOCUMENT, 1);
    }

    function _stopped(StopReason reason) internal {
        _as(SPONSOR);
        registry.stop(id, reason, DETAIL);
    }

    function _paused() internal {
        _voted();
        consortium.pause(address(registry));
    }

    /* SIGNING */

    function _approvalDigest(address target, uint16 version, uint32 board, uint32 nonce, uint64 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typehash = keccak256(
            "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,uint32 nonce,uint64 deadline)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typehash, id, version, PROTOCOL, OUTCOMES, board, nonce, deadline));
        return _typed(target, "TrialRegistry", structHash);
    }

    function _typed(address target, string memory name, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, target)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /* ASSERTING */

    /// @dev A call of a member's own account is refused, with exactly this.
    function refused(uint32 member, bytes memory data, bytes memory refusal) internal {
        refusedTo(vm.addr(member), data, refusal);
    }

    function refusedTo(address account, bytes memory data, bytes memory refusal) internal {
        vm.prank(account);
        (bool done, bytes memory reason) = address(registry).call(data);
        yes(!done);
        same(keccak256(reason), keccak256(refusal));
    }

    /// @dev Announces the event of a document that is anchored next.
    function expectAnchored(address by, DocumentKind kind, bytes32 document, Milestone reached, uint32 count)
        internal
    {
        uint16 version = registry.trialOf(id).version;
        expectAnchored(by, kind, document, reached, version == 0 ? 1 : version, count);
    }

    function expectAnchored(
        address by,
        DocumentKind kind,
        bytes32 document,
        Milestone reached,
        uint16 version,
        uint32 count
    ) internal {
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.DocumentAnchored(
            id, document, by, TrialOrder.phaseOf(kind), kind, reached, version, count, uint64(block.timestamp)
        );
    }

    function expectReached(address by, Milestone milestone) internal {
        vm.expectEmit(true, true, true, true);
        emit ITrialRegistry.MilestoneReached(id, milestone, by, uint64(block.timestamp));
    }

    function status(TrialStatus expected) internal view {
        same(uint256(registry.standingOf(id).status), uint256(expected));
    }

    /// @dev All flags but the one of missing documents, which {missing} compares.
    function flags(uint256 expected) internal view {
        same(registry.standingOf(id).flags & ~(1 << uint256(Flag.DocumentsMissing)), expected);
    }

    function missing(uint256 expected) internal view {
        Standing memory standing = registry.standingOf(id);
        same(standing.missing, expected);
        yes((standing.flags >> uint256(Flag.DocumentsMissing) == 1) == (expected != 0));
    }

    function staged(Milestone expected) internal view {
        same(uint256(registry.trialOf(id).stage), uint256(expected));
    }
}
