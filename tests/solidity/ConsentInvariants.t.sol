// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ConsentRegistry} from "../../contracts/ConsentRegistry.sol";
import {Consortium} from "../../contracts/Consortium.sol";
import {RecordRegistry} from "../../contracts/RecordRegistry.sol";
import {
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Ground,
    Instruction,
    Outcome,
    Power,
    Provision,
    Purpose,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {MemberStatus} from "../../contracts/interfaces/IConsortium.sol";
import {
    Emergency,
    Finding,
    IRecordRegistry,
    Receipt,
    Record
} from "../../contracts/interfaces/IRecordRegistry.sol";
import {ConsentWorld} from "./ConsentWorld.sol";
import {Test, Vm} from "./Vm.sol";

/// @dev Plays patients, guardians, members and strangers at random, and keeps a plain model of what must hold.
contract ConsentHandler is Test {
    uint256 private constant PATIENTS = 2;
    bytes32 private constant STUDY = keccak256("a trial");

    Consortium private immutable _consortium;
    ConsentRegistry private immutable _consents;
    RecordRegistry private immutable _records;

    string public broken;
    address[PATIENTS] public patients;
    bytes32[] public recordRefs;
    bytes32[] public emergencies;
    mapping(bytes32 directive => uint256) public endOf;
    mapping(bytes32 emergencyId => uint256) public openedAt;
    mapping(bytes32 emergencyId => uint256) public reviewedAt;
    mapping(address patient => bytes32) public newest;
    uint256 public permits;
    uint256 public denies;
    uint256 public excused;
    uint256 public revoked;

    /// @dev The keys that speak for a patient in turn, as the model knows them; the last one does.
    mapping(address patient => uint256[]) private _keys;
    mapping(address patient => uint256) public guardianUntil;
    mapping(uint32 member => mapping(address patient => uint256)) public shutUntil;
    uint256 private _nextKey = 5000;
    uint32 private constant DATA = uint32(1 << 9); // a class that all records are of

    constructor(Consortium consortium, ConsentRegistry consents, RecordRegistry records) {
        (_consortium, _consents, _records) = (consortium, consents, records);
        for (uint256 i = 0; i < PATIENTS; ++i) {
            patients[i] = vm.addr(200 + i);
            _keys[patients[i]].push(200 + i);
        }
        for (uint32 i = 0; i < 4; ++i) {
            vm.prank(vm.addr(1));
            recordRefs.push(
                _records.register(
                    patients[i % 2], (i + 1) | DATA, Confidentiality(i + 2), keccak256(abi.encode(i))
                )
            );
        }
    }

    /* WHO */

    function _patient(uint256 seed) private view returns (address) {
        return patients[seed % PATIENTS];
    }

    function _accountOf(address patient) public view returns (address) {
        return vm.addr(_keys[patient][_keys[patient].length - 1]);
    }

    /// @dev Mostly the patient, else a guardian, a former account, a member or a stranger.
    function _someone(address patient, uint256 seed) private view returns (address) {
        if (seed % 8 < 5) return _accountOf(patient);
        if (seed % 8 == 5) return vm.addr(300);
        if (seed % 8 == 6) return vm.addr(_keys[patient][(seed >> 8) % _keys[patient].length]);
        return vm.addr((seed >> 8) % 7 + 1);
    }

    function _speaks(address patient, address account) private view returns (bool) {
        if (account == _accountOf(patient)) return true;
        return account == vm.addr(300) && block.timestamp < guardianUntil[patient];
    }

    function _grantee(uint256 seed) private pure returns (Grantee memory) {
        uint32 member = uint32(seed % 4);
        return Grantee(member, member != 0 && seed % 5 == 0 ? STUDY : bytes32(0));
    }

    /* DIRECTIVES */

    /// @dev Several at once, so that accesses meet them.
    function give(uint256 seed) external {
        for (uint256 i = 0; i < 3; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _give(seed, seed >> 8, seed >> 32, seed >> 64);
        }
    }

    function _give(uint256 whose, uint256 by, uint256 whom, uint256 what) private {
        address patient = _patient(whose);
        address account = _someone(patient, by);
        Grantee memory grantee = _grantee(whom);
        Terms memory terms = Terms({
            purposes: uint64(bound(what, 1, 7)) << 55,
            labels: uint32(bound(what >> 8, 1, 7)) | DATA,
            actions: uint8(bound(what >> 16, 1, 7)),
            ceiling: Confidentiality(bound(what >> 24, 3, 6)),
            validFrom: uint48(block.timestamp + bound(what >> 32, 0, 2) * 1 hours),
            validUntil: uint48(block.timestamp + bound(what >> 40, 3, 40) * 1 hours)
        });
        if (what % 3 != 0) (terms.purposes, terms.labels, terms.actions) = (uint64(7) << 55, 7 | DATA, 7);

        vm.prank(account);
        if (what % 7 == 0) {
            try _consents.deny(patient, grantee, terms, STUDY) returns (uint8 place, uint32 version) {
                _given(patient, account, grantee, place, version, terms.validUntil);
            } catch {}
        } else {
            try _consents.grant(patient, grantee, terms, STUDY) returns (uint8 place, uint32 version) {
                _given(patient, account, grantee, place, version, terms.validUntil);
            } catch {}
        }
    }

    function _given(
        address patient,
        address account,
        Grantee memory grantee,
        uint8 place,
        uint32 version,
        uint256 end
    ) private {
        if (!_speaks(patient, account)) broken = "given by another";
        bytes32 directive = _id(patient, grantee, place, version);
        if (endOf[directive] != 0) broken = "a version given twice";
        if (version > 1 && endOf[_id(patient, grantee, place, version - 1)] > block.timestamp) {
            broken = "a standing directive overwritten";
        }
        endOf[directive] = end;
    }

    function revoke(uint256 whose, uint256 by, uint256 whom, uint256 which) external {
        address patient = _patient(whose);
        address account = _someone(patient, by);
        Grantee memory grantee = _grantee(whom);
        Directive[] memory known = _consents.directivesOf(patient, grantee);
        if (known.length == 0) return;
        uint8 place = uint8(which % known.length);
        uint32 version = known[place].version;
        bytes32 directive = _id(patient, grantee, place, version);
        bool stands = block.timestamp < endOf[directive];

        vm.prank(account);
        try _consents.revoke(patient, grantee, place, version) {
            if (!_speaks(patient, account)) broken = "revoked by another";
            if (!stands) broken = "revoked twice";
            endOf[directive] = block.timestamp;
            ++revoked;
        } catch {
            if (stands && _speaks(patient, account)) broken = "a revocation refused";
        }
    }

    function _id(address patient, Grantee memory grantee, uint8 place, uint32 version)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(patient, grantee, place, version));
    }

    /* REPRESENTATIVES AND MOVES */

    function represent(uint256 whose, uint256 by, uint256 time) external {
        address patient = _patient(whose);
        address account = _someone(patient, by);
        bool own = account == _accountOf(patient);
        uint256 until = block.timestamp + bound(time, 1, 30 hours);

        if (time % 3 != 0) {
            vm.prank(account);
            try _consents.appoint(patient, vm.addr(300), Power.Speak, uint48(until)) {
                if (!own) broken = "appointed by another";
                guardianUntil[patient] = until;
            } catch {}
        } else {
            vm.prank(account);
            try _consents.dismiss(patient, vm.addr(300)) {
                if (!own && account != vm.addr(300)) broken = "dismissed by another";
                guardianUntil[patient] = block.timestamp;
            } catch {}
        }
    }

    function _move(address patient) private {
        _keys[patient].push(++_nextKey);
        vm.prank(address(_consortium));
        _consents.moveByVote(patient, vm.addr(_nextKey));
    }

    /* RECORDS AND ACCESS */

    /// @dev Several at once: most of what is asked for is denied.
    function access(uint256 seed) external {
        for (uint256 i = 0; i < 5; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _access(uint32(bound(seed, 1, 3)), recordRefs[(seed >> 8) % recordRefs.length], seed >> 16);
        }
    }

    function _access(uint32 member, bytes32 recordRef, uint256 what) private {
        bytes32 study = what % 5 == 0 ? STUDY : bytes32(0);
        Purpose purpose = Purpose(bound(what >> 8, 55, 57));
        ConsentAction action = ConsentAction(bound(what >> 16, 0, 3));

        vm.recordLogs();
        vm.prank(vm.addr(member));
        try _records.requestAccessForStudy(recordRef, study, purpose, action) returns (
            Outcome outcome, bytes32 receiptHash
        ) {
            Vm.Log[] memory logs = vm.getRecordedLogs();
            if (logs.length != 1 || logs[0].topics[0] != IRecordRegistry.AccessDecided.selector) {
                broken = "served without a receipt";
                return;
            }
            (bytes32 told, Receipt memory receipt) = abi.decode(logs[0].data, (bytes32, Receipt));
            if (told != receiptHash || receipt.outcome != outcome) broken = "a receipt of something else";
            _check(receipt, receiptHash);
        } catch {
            if (!_consortium.isPaused(address(_records))) broken = "an access without an answer";
        }
    }

    function _check(Receipt memory receipt, bytes32 receiptHash) private {
        if (receipt.previous != newest[receipt.patient]) broken = "a receipt out of the chain";
        if (receiptHash != keccak256(abi.encode(block.chainid, address(_records), receipt))) {
            broken = "a receipt under another hash";
        }
        newest[receipt.patient] = receiptHash;
        if (receipt.outcome != Outcome.CONSENT_PERMIT) {
            ++denies;
            return;
        }

        ++permits;
        if (_consortium.statusOf(receipt.member) != MemberStatus.Active) broken = "served while suspended";
        if (receipt.ground == Ground.Emergency) _checkEmergency(receipt);
        else _checkDirective(receipt);
    }

    function _checkEmergency(Receipt memory receipt) private {
        ++excused;
        bytes32 id = receipt.emergencyId;
        Emergency memory emergency = _records.emergencyOf(id);
        if (openedAt[id] == 0) broken = "an emergency of nobody";
        if (block.timestamp >= openedAt[id] + 4 hours) broken = "break-glass outlived its window";
        if (reviewedAt[id] != 0) broken = "break-glass outlived its review";
        if (receipt.study != 0) broken = "an emergency for a study";
        if (emergency.member != receipt.member || emergency.patient != receipt.patient) {
            broken = "an emergency of another";
        }
        if (receipt.purpose != Purpose.BTG || receipt.action > ConsentAction.USE) {
            broken = "an emergency for anything";
        }
    }

    function _checkDirective(Receipt memory receipt) private {
        Grantee memory grantee = Grantee(receipt.member, receipt.study);
        if (receipt.ground == Ground.Member) grantee.study = 0;
        if (receipt.ground == Ground.Everyone) grantee = Grantee(0, 0);
        bytes32 id = _id(receipt.patient, grantee, receipt.place, receipt.version);
        if (block.timestamp >= endOf[id]) broken = "permitted by what was revoked or over";
        Directive memory directive = _consents.directivesOf(receipt.patient, grantee)[receipt.place];
        Record memory record = _records.recordOf(receipt.recordRef);
        bool covers = directive.provision == Provision.Permit && block.timestamp >= directive.validFrom
            && record.labels & ~directive.labels == 0 && record.confidentiality <= directive.ceiling;
        if (!covers) broken = "permitted by what does not cover it";
    }

    /* BREAKING THE GLASS */

    function breakGlass(uint256 by, uint256 which) external {
        uint32 member = uint32(bound(by, 1, 3));
        bool overdue = _overdue(member);
        bytes32 recordRef = recordRefs[which % recordRefs.length];
        bool shut = block.timestamp < shutUntil[member][_records.recordOf(recordRef).patient];

        vm.prank(vm.addr(member));
        try _records.breakGlass(recordRef, STUDY) returns (bytes32 id) {
            if (overdue) broken = "broken with a review overdue";
            if (shut) broken = "broken again without justification";
            if (openedAt[id] != 0) broken = "an emergency opened twice";
            openedAt[id] = block.timestamp;
            emergencies.push(id);
        } catch {}
    }

    function _overdue(uint32 member) private view returns (bool) {
        for (uint256 i = 0; i < emergencies.length; ++i) {
            bytes32 id = emergencies[i];
            bool open = reviewedAt[id] == 0 && block.timestamp >= openedAt[id] + 7 days;
            if (open && _records.emergencyOf(id).member == member) return true;
        }
        return false;
    }

    function review(uint256 by, uint256 which) external {
        if (emergencies.length == 0) return;
        bytes32 id = emergencies[which % emergencies.length];
        Emergency memory emergency = _records.emergencyOf(id);
        address account = by % 2 == 0 ? _someone(emergency.patient, by >> 8) : vm.addr((by >> 8) % 7 + 1);
        bool speaks = _speaks(emergency.patient, account);
        uint32 member = _consortium.actorOf(account).member;

        vm.prank(account);
        try _records.review(id, Finding(by % 2 + 1), 0) {
            if (reviewedAt[id] != 0 && (!speaks || emergency.byPatient)) broken = "reviewed twice";
            if (member == emergency.member) broken = "reviewed by itself";
            if (!speaks && _consortium.actorOf(account).roles == 0) broken = "reviewed by a stranger";
            if (!speaks && block.timestamp < openedAt[id] + 4 hours) broken = "cut off by another member";
            bool again = reviewedAt[id] != 0;
            if (by % 2 == 1) shutUntil[emergency.member][emergency.patient] = block.timestamp + 7 days;
            else if (again) shutUntil[emergency.member][emergency.patient] = 0;
            if (!again) reviewedAt[id] = block.timestamp;
        } catch {}
    }

    /* THE WORLD */

    /// @dev What seldom happens.
    function upset(uint256 which, uint256 about) external {
        if (which % 8 == 0) _move(_patient(about));
        vm.startPrank(address(_consortium));
        if (which % 8 == 1) try _consortium.suspend(uint32(bound(about, 1, 3))) {} catch {}
        if (which % 16 == 2) try _consortium.pause(address(_consents)) {} catch {}
        if (which % 16 == 3) try _consortium.pause(address(_records)) {} catch {}
        vm.stopPrank();
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, time % 8 == 0 ? 9 days : 2 hours));
    }

    function openOf(uint32 member) external view returns (uint256 open) {
        for (uint256 i = 0; i < emergencies.length; ++i) {
            bytes32 id = emergencies[i];
            if (reviewedAt[id] == 0 && _records.emergencyOf(id).member == member) ++open;
        }
    }
}

contract ConsentInvariants is ConsentWorld {
    ConsentHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new ConsentHandler(consortium, consents, records);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev All in one, so that every call of the campaign is checked against everything.
    function invariant_the_patient_decides_and_every_access_leaves_a_receipt() external view {
        same(keccak256(bytes(_handler.broken())), keccak256(""));
        for (uint256 i = 0; i < 2; ++i) {
            address whose = _handler.patients(i);
            same(records.headOf(whose), _handler.newest(whose));
            same(consents.accountOf(whose), _handler._accountOf(whose));
        }
        for (uint32 member = 1; member <= 3; ++member) {
            uint256 open = records.openReviews(member).length;
            same(open, _handler.openOf(member));
            yes(open <= 64);
        }
    }
}
