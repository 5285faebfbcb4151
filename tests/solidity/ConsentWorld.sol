// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ConsentRegistry} from "../../contracts/ConsentRegistry.sol";
import {RecordRegistry} from "../../contracts/RecordRegistry.sol";
import {
    Answer,
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Ground,
    Instruction,
    Label,
    Outcome,
    Power,
    Provision,
    Purpose,
    Question,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {Adoption} from "../../contracts/interfaces/IConsortium.sol";
import {ConsentRules} from "../../contracts/libraries/ConsentRules.sol";
import {ConsortiumWorld} from "./ConsortiumWorld.sol";

/// @dev Five members, of which the fourth runs trials and the fifth audits, a patient, a guardian, the registries.
abstract contract ConsentWorld is ConsortiumWorld {
    uint256 internal constant PATIENT_KEY = 100;
    uint256 internal constant GUARDIAN_KEY = 101;
    uint16 internal constant SPONSOR = 4;
    uint16 internal constant AUDITOR = 256;
    uint32 internal constant HOSPITAL = 1;
    uint32 internal constant CLINIC = 2;
    uint32 internal constant LAB = 3;
    uint32 internal constant TRIALIST = 4;
    uint32 internal constant INSPECTOR = 5;
    uint32 internal constant EVERYONE = 0;
    bytes32 internal constant STUDY = keccak256("a trial");
    bytes32 internal constant DOCUMENT = keccak256("a consent document");
    uint48 internal constant FOR_EVER = type(uint48).max;

    ConsentRegistry internal consents;
    RecordRegistry internal records;
    address internal patient = vm.addr(PATIENT_KEY);
    address internal guardian = vm.addr(GUARDIAN_KEY);
    address internal stranger = vm.addr(99);
    address internal refuge = vm.addr(102);

    function setUp() public virtual override {
        super.setUp();
        consents = new ConsentRegistry(consortium);
        records = new RecordRegistry(consortium, consents);
        _adopt("ConsentRegistry", address(consents));
        _adopt("RecordRegistry", address(records));
        _voted();
        consortium.setRoles(TRIALIST, SPONSOR);
        _voted();
        consortium.setRoles(INSPECTOR, AUDITOR);
    }

    function _adopt(bytes32 name, address target) private {
        _voted();
        consortium.adopt(Adoption(name, 1, target));
    }

    function _paused(address target) internal {
        _voted();
        consortium.pause(target);
    }

    /* TERMS */

    /// @dev What the client makes of TREAT: its children, but not BTG.
    function _treat() internal pure returns (uint64) {
        return uint64(
            _bit(Purpose.TREAT) | _bit(Purpose.CLINTRL) | _bit(Purpose.COC) | _bit(Purpose.ETREAT)
                | _bit(Purpose.ERTREAT) | _bit(Purpose.POPHLTH)
        );
    }

    function _bit(Purpose purpose) internal pure returns (uint64) {
        return uint64(1 << uint256(purpose));
    }

    function _bit(Label label) internal pure returns (uint32) {
        return uint32(1 << uint256(label));
    }

    function _bit(ConsentAction action) internal pure returns (uint8) {
        return uint8(1 << uint256(action));
    }

    /// @dev All data up to normal, to access and use for treatment, for a year.
    function _terms() internal view returns (Terms memory) {
        return Terms({
            purposes: _treat(),
            labels: type(uint32).max,
            actions: _bit(ConsentAction.ACCESS) | _bit(ConsentAction.USE),
            ceiling: Confidentiality.N,
            validFrom: uint48(start),
            validUntil: uint48(start + 365 days)
        });
    }

    function _research() internal view returns (Terms memory terms) {
        terms = _terms();
        terms.purposes = _bit(Purpose.HRESCH) | _bit(Purpose.CLINTRCH);
    }

    function _for(uint32 member) internal pure returns (Grantee memory) {
        return Grantee(member, 0);
    }

    function _studyOf(uint32 member) internal pure returns (Grantee memory) {
        return Grantee(member, STUDY);
    }

    /// @dev A laboratory result of normal confidentiality, to be accessed for treatment.
    function _question(uint32 member) internal view returns (Question memory) {
        return Question({
            patient: patient,
            grantee: _for(member),
            purpose: Purpose.TREAT,
            action: ConsentAction.ACCESS,
            labels: _bit(Label.LABORATORY),
            confidentiality: Confidentiality.N
        });
    }

    /* ACTS */

    function _grant(Grantee memory grantee, Terms memory terms)
        internal
        returns (uint8 place, uint32 version)
    {
        vm.prank(patient);
        return consents.grant(patient, grantee, terms, DOCUMENT);
    }

    function _deny(Grantee memory grantee, Terms memory terms)
        internal
        returns (uint8 place, uint32 version)
    {
        vm.prank(patient);
        return consents.deny(patient, grantee, terms, DOCUMENT);
    }

    function _revoke(Grantee memory grantee, uint8 place, uint32 version) internal {
        vm.prank(patient);
        consents.revoke(patient, grantee, place, version);
    }

    function _appoint(Power power, uint256 until) internal {
        vm.prank(patient);
        consents.appoint(patient, guardian, power, uint48(until));
    }

    function _moved(address account) internal {
        _voted();
        consents.moveByVote(patient, account);
    }

    function _refuses(address by, address target, bytes memory call, bytes memory refusal) internal {
        vm.expectRevert(refusal);
        vm.prank(by);
        (bool done,) = target.call(call);
        yes(done);
    }

    /* SIGNING */

    function _instruction(address signer) internal view returns (Instruction memory) {
        return Instruction(
            signer,
            consents.nonceOf(signer),
            uint48(block.timestamp - 1 hours),
            uint48(block.timestamp + 1 days)
        );
    }

    function _digestFor(string memory name, address target, bytes32 structHash)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, target)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /* EXPECTING */

    function _answers(Question memory question, Outcome outcome, Ground ground, uint8 place, uint32 version)
        internal
        view
    {
        _same(consents.decide(question), Answer(outcome, ground, place, version));
    }

    function _permits(Question memory question, Ground ground) internal view {
        _answers(question, Outcome.CONSENT_PERMIT, ground, 0, 1);
    }

    function _denies(Question memory question, Ground ground) internal view {
        _answers(question, Outcome.CONSENT_DENY, ground, 0, 1);
    }

    function _leavesOpen(Question memory question) internal view {
        _answers(question, Outcome.NO_CONSENT, Ground.None, 0, 0);
    }

    function _same(Answer memory a, Answer memory b) internal pure {
        same(keccak256(abi.encode(a)), keccak256(abi.encode(b)));
    }

    function _word(Terms memory terms, Provision provision, uint32 version, uint8 place)
        internal
        pure
        returns (uint256)
    {
        return ConsentRules.pack(terms, provision, version, place);
    }

    function _directive(Grantee memory grantee, uint256 place) internal view returns (Directive memory) {
        return consents.directivesOf(patient, grantee)[place];
    }
}
