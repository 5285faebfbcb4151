// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Answer,
    Confidentiality,
    ConsentAction,
    Grantee,
    Ground,
    IConsentRegistry,
    Label,
    Outcome,
    Purpose,
    Question
} from "./interfaces/IConsentRegistry.sol";
import {Actor, IConsortium, Role} from "./interfaces/IConsortium.sol";
import {Emergency, Finding, IRecordRegistry, Receipt, Record} from "./interfaces/IRecordRegistry.sol";
import {Governance} from "./libraries/Governance.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title RecordRegistry
/// @notice See {IRecordRegistry}.
contract RecordRegistry is IRecordRegistry {
    /* CONSTANTS */

    /// @inheritdoc IRecordRegistry
    /// @dev Long enough to stabilise a patient, too short to browse unseen.
    uint48 public constant EMERGENCY = 4 hours;

    /// @inheritdoc IRecordRegistry
    /// @dev Looking through 512 for one that is overdue costs 2.4 million gas.
    uint256 public constant MAX_OPEN_REVIEWS = 512;

    /// @dev The labels that are classes of data; those below are sensitivities.
    uint32 private constant CLASSES = type(uint32).max << uint8(Label.ADMINISTRATION);

    bytes32 private constant REVIEW_TYPEHASH =
        keccak256("Review(bytes32 emergencyId,uint8 finding,bytes32 report,address signer,uint48 deadline)");

    /* IMMUTABLES */

    /// @dev Asked whom the caller acts for, and whether this contract is paused; its votes are obeyed.
    IConsortium private immutable _consortium;
    /// @dev Asked what the patient allows, and who speaks for the patient.
    IConsentRegistry private immutable _consents;

    /* STORAGE */

    mapping(bytes32 recordRef => Record) private _records;
    /// @inheritdoc IRecordRegistry
    mapping(address patient => bytes32) public headOf;

    mapping(bytes32 emergencyId => Emergency) private _emergencies;
    /// @inheritdoc IRecordRegistry
    mapping(uint32 member => mapping(address patient => bytes32)) public newestEmergency;
    /// @inheritdoc IRecordRegistry
    mapping(uint32 member => uint256) public emergenciesOf;
    mapping(uint32 member => bytes32[]) private _open;
    /// @inheritdoc IRecordRegistry
    mapping(uint32 member => mapping(address patient => uint48)) public shutUntil;

    /// @inheritdoc IRecordRegistry
    mapping(uint32 member => uint48) public loggedUntil;
    /// @inheritdoc IRecordRegistry
    uint48 public reviewPeriod;

    constructor(IConsortium consortium, IConsentRegistry consents) {
        _consortium = consortium;
        _consents = consents;
        _setReviewPeriod(7 days);
    }

    /* RECORDS */

    /// @inheritdoc IRecordRegistry
    function register(address patient, uint32 labels, Confidentiality confidentiality, bytes32 commitment)
        external
        returns (bytes32 recordRef)
    {
        uint32 custodian = _custodian();
        recordRef = keccak256(abi.encode(block.chainid, address(this), custodian, patient, commitment));
        require(_records[recordRef].custodian == 0, RecordKnown(recordRef));
        Record memory record = Record(patient, custodian, labels, 1, confidentiality, commitment);
        _requireComplete(record);

        _records[recordRef] = record;

        emit RecordRegistered(recordRef, patient, custodian, labels, confidentiality, commitment);
    }

    /// @inheritdoc IRecordRegistry
    function update(
        bytes32 recordRef,
        uint24 version,
        uint32 labels,
        Confidentiality confidentiality,
        bytes32 commitment
    ) external {
        uint32 member = _custodian();
        Record memory record = _known(recordRef);
        require(member == record.custodian, RecordNotOfMember(recordRef, member, record.custodian));
        require(version == record.version, RecordVersionNotPresent(recordRef, version, record.version));
        bytes32 previous = record.commitment;
        (record.labels, record.confidentiality) = (labels, confidentiality);
        (record.version, record.commitment) = (version + 1, commitment);
        _requireComplete(record);

        _records[recordRef] = record;

        emit RecordUpdated(recordRef, version + 1, labels, confidentiality, previous, commitment);
    }

    function _requireComplete(Record memory record) private pure {
        bool complete = record.patient != address(0) && record.labels & CLASSES != 0
            && record.confidentiality != Confidentiality.None && record.commitment != bytes32(0);
        require(
            complete,
            RecordIncomplete(record.patient, record.labels, record.confidentiality, record.commitment)
        );
    }

    /* ACCESS */

    /// @inheritdoc IRecordRegistry
    function requestAccess(bytes32 recordRef, Purpose purpose, ConsentAction action)
        external
        returns (Outcome outcome, bytes32 receiptHash)
    {
        return _requestAccess(recordRef, 0, purpose, action);
    }

    /// @inheritdoc IRecordRegistry
    function requestAccessForStudy(bytes32 recordRef, bytes32 study, Purpose purpose, ConsentAction action)
        external
        returns (Outcome outcome, bytes32 receiptHash)
    {
        return _requestAccess(recordRef, study, purpose, action);
    }

    function _requestAccess(bytes32 recordRef, bytes32 study, Purpose purpose, ConsentAction action)
        private
        returns (Outcome outcome, bytes32 receiptHash)
    {
        Actor memory actor = _actor();
        // Filled in field by field: they are too many for one expression.
        // slither-disable-next-line uninitialized-local
        Receipt memory receipt;
        receipt.recordRef = recordRef;
        receipt.study = study;
        receipt.actor = msg.sender;
        receipt.member = actor.member;
        receipt.purpose = purpose;
        receipt.action = action;
        receipt.decidedAt = uint48(block.timestamp);
        _decide(receipt, actor.roles);
        receipt.previous = headOf[receipt.patient];
        receiptHash = keccak256(abi.encode(block.chainid, address(this), receipt));

        headOf[receipt.patient] = receiptHash;

        emit AccessDecided(recordRef, receipt.patient, actor.member, receiptHash, receipt);
        return (receipt.outcome, receiptHash);
    }

    /// @dev Fills in the record and the decision.
    function _decide(Receipt memory receipt, uint16 roles) private view {
        Record storage record = _known(receipt.recordRef);
        (receipt.patient, receipt.recordVersion) = (record.patient, record.version);
        if (roles == 0) {
            (receipt.outcome, receipt.ground) = (Outcome.CONSENT_DENY, Ground.MemberNotActive);
            return;
        }

        Question memory question = Question(
            receipt.patient,
            Grantee(receipt.member, receipt.study),
            receipt.purpose,
            receipt.action,
            record.labels,
            record.confidentiality
        );
        Answer memory answer = _consents.weigh(question);
        (receipt.outcome, receipt.ground) = (answer.outcome, answer.ground);
        (receipt.place, receipt.version) = (answer.place, answer.version);
        if (answer.ground != Ground.None || !Governance.holds(roles, Role.PROVIDER)) return;
        _excuse(receipt);
    }

    /// @dev Permits what the patient left open, while a glass that the member broke does.
    function _excuse(Receipt memory receipt) private view {
        if (receipt.purpose != Purpose.BTG || receipt.action > ConsentAction.USE) return;
        if (receipt.study != bytes32(0)) return;
        bytes32 emergencyId = newestEmergency[receipt.member][receipt.patient];
        if (block.timestamp >= _emergencies[emergencyId].expiresAt) return;

        (receipt.outcome, receipt.ground) = (Outcome.CONSENT_PERMIT, Ground.Emergency);
        receipt.emergencyId = emergencyId;
    }

    /* BREAKING THE GLASS */

    /// @inheritdoc IRecordRegistry
    function breakGlass(bytes32 recordRef, bytes32 reason) external returns (bytes32 emergencyId) {
        uint32 member = _custodian();
        address patient = _known(recordRef).patient;
        require(reason != bytes32(0), EmergencyReasonMissing(recordRef));
        uint48 shut = shutUntil[member][patient];
        require(block.timestamp >= shut, GlassShut(member, patient, shut));
        _requireReviewed(member);

        uint256 number = emergenciesOf[member]++;
        emergencyId = keccak256(abi.encode(block.chainid, address(this), member, number, patient, reason));
        uint48 expiresAt = uint48(block.timestamp) + EMERGENCY;
        uint48 reviewDue = uint48(block.timestamp) + reviewPeriod;
        _emergencies[emergencyId] = Emergency(patient, expiresAt, reviewDue, member, Finding.None, false);
        newestEmergency[member][patient] = emergencyId;
        _open[member].push(emergencyId);

        emit GlassBroken(emergencyId, patient, member, msg.sender, recordRef, reason, expiresAt, reviewDue);
    }

    /// @inheritdoc IRecordRegistry
    function review(bytes32 emergencyId, Finding finding, bytes32 report) external {
        _review(msg.sender, emergencyId, finding, report);
    }

    /// @inheritdoc IRecordRegistry
    function reviewBySignature(
        bytes32 emergencyId,
        Finding finding,
        bytes32 report,
        address signer,
        uint48 deadline,
        bytes calldata signature
    ) external {
        require(block.timestamp < deadline, ReviewLate(emergencyId, deadline));
        bytes32 said = keccak256(abi.encode(REVIEW_TYPEHASH, emergencyId, finding, report, signer, deadline));
        bool signed = Signatures.verify(keccak256("RecordRegistry"), signer, said, signature);
        require(signed, ReviewNotSigned(emergencyId, signer));

        _review(signer, emergencyId, finding, report);
    }

    /// @inheritdoc IRecordRegistry
    function setReviewPeriod(uint48 period) external {
        require(msg.sender == address(_consortium), IConsortium.CallerNotConsortium(msg.sender));
        require(1 days <= period && period <= 30 days, ReviewPeriodOutOfBounds(period, 1 days, 30 days));

        _setReviewPeriod(period);
    }

    function _review(address by, bytes32 emergencyId, Finding finding, bytes32 report) private {
        Emergency storage emergency = _emergencies[emergencyId];
        uint32 member = emergency.member;
        require(member != 0, EmergencyUnknown(emergencyId));
        require(finding != Finding.None, FindingMissing(emergencyId));
        uint32 reviewer = _reviewer(by, emergencyId, emergency);
        Finding found = emergency.finding;
        bool first = found == Finding.None;
        require(first || (reviewer == 0 && !emergency.byPatient), ReviewDone(emergencyId, found));

        (emergency.finding, emergency.byPatient) = (finding, reviewer == 0);
        if (block.timestamp < emergency.expiresAt) emergency.expiresAt = uint48(block.timestamp);
        bool shut = finding == Finding.Unjustified;
        if (shut || !first) {
            shutUntil[member][emergency.patient] = shut ? uint48(block.timestamp) + reviewPeriod : 0;
        }
        if (first) _close(member, emergencyId);

        emit EmergencyReviewed(emergencyId, emergency.patient, member, reviewer, by, finding, report);
    }

    function _close(uint32 member, bytes32 emergencyId) private {
        bytes32[] storage open = _open[member];
        uint256 place = 0;
        while (open[place] != emergencyId) ++place;
        open[place] = open[open.length - 1];
        open.pop();
    }

    function _reviewer(address by, bytes32 emergencyId, Emergency storage emergency)
        private
        view
        returns (uint32)
    {
        Actor memory actor = _consortium.actorOf(by);
        require(actor.member != emergency.member, ReviewOfOwn(emergencyId, actor.member));
        if (_consents.speaksFor(by, emergency.patient)) return 0;
        require(actor.roles != 0, ReviewerNotEntitled(emergencyId, by));
        uint48 until = emergency.expiresAt;
        require(block.timestamp >= until, EmergencyRunning(emergencyId, until));
        return actor.member;
    }

    function _requireReviewed(uint32 member) private view {
        bytes32[] storage open = _open[member];
        require(open.length < MAX_OPEN_REVIEWS, ReviewsFull(member, MAX_OPEN_REVIEWS));
        for (uint256 i = 0; i < open.length; ++i) {
            uint48 due = _emergencies[open[i]].reviewDue;
            require(block.timestamp < due, ReviewOverdue(member, open[i], due));
        }
    }

    function _setReviewPeriod(uint48 period) private {
        reviewPeriod = period;

        emit ReviewPeriodChanged(period);
    }

    /* LOGS */

    /// @inheritdoc IRecordRegistry
    function anchorLog(bytes32 root, uint48 from, uint48 until, uint32 entries) external {
        uint32 member = _custodian();
        bool usable = root != bytes32(0) && from < until && until <= block.timestamp;
        require(usable, LogNotUsable(root, from, until));
        uint48 expected = loggedUntil[member];
        require(expected == 0 || from == expected, LogNotContiguous(member, from, expected));

        loggedUntil[member] = until;

        emit LogAnchored(member, root, msg.sender, from, until, entries);
    }

    /* READING */

    /// @inheritdoc IRecordRegistry
    function recordOf(bytes32 recordRef) external view returns (Record memory) {
        return _records[recordRef];
    }

    /// @inheritdoc IRecordRegistry
    function emergencyOf(bytes32 emergencyId) external view returns (Emergency memory) {
        return _emergencies[emergencyId];
    }

    /// @inheritdoc IRecordRegistry
    function openReviews(uint32 member) external view returns (bytes32[] memory) {
        return _open[member];
    }

    /// @inheritdoc IRecordRegistry
    function overdueReviews(uint32 member) external view returns (bytes32[] memory overdue) {
        bytes32[] memory open = _open[member];
        uint256 count = 0;
        for (uint256 i = 0; i < open.length; ++i) {
            if (block.timestamp >= _emergencies[open[i]].reviewDue) open[count++] = open[i];
        }

        overdue = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            overdue[i] = open[i];
        }
    }

    /* INTERNALS */

    function _actor() private view returns (Actor memory actor) {
        actor = _consortium.actorOf(msg.sender);
        require(actor.member != 0, IConsortium.AccountUnknown(msg.sender));
        require(!actor.paused, RecordsPaused());
    }

    function _custodian() private view returns (uint32) {
        Actor memory actor = _actor();
        bool provider = Governance.holds(actor.roles, Role.PROVIDER);
        require(provider, MemberNotCustodian(actor.member, actor.roles));
        return actor.member;
    }

    function _known(bytes32 recordRef) private view returns (Record storage record) {
        record = _records[recordRef];
        require(record.custodian != 0, RecordUnknown(recordRef));
    }
}
