// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Answer,
    Directive,
    Grantee,
    Ground,
    IConsentRegistry,
    Instruction,
    Move,
    Outcome,
    Power,
    Provision,
    Question,
    Representation,
    Terms
} from "./interfaces/IConsentRegistry.sol";
import {IConsortium, MemberStatus} from "./interfaces/IConsortium.sol";
import {ConsentRules} from "./libraries/ConsentRules.sol";
import {Patients, Register} from "./libraries/Patients.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title ConsentRegistry
/// @notice See {IConsentRegistry}.
contract ConsentRegistry is IConsentRegistry {
    using Patients for Register;

    /* CONSTANTS */

    /// @inheritdoc IConsentRegistry
    /// @dev Three levels of eight cost 55,000 gas to read.
    uint256 public constant MAX_DIRECTIVES = 8;

    bytes32 private constant GRANT_TYPEHASH = keccak256(
        "Grant(address patient,uint32 member,bytes32 study,uint64 purposes,uint32 labels,uint8 actions,"
        "uint8 ceiling,uint48 validFrom,uint48 validUntil,bytes32 document,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant DENY_TYPEHASH = keccak256(
        "Deny(address patient,uint32 member,bytes32 study,uint64 purposes,uint32 labels,uint8 actions,"
        "uint8 ceiling,uint48 validFrom,uint48 validUntil,bytes32 document,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "Revocation(address patient,uint32 member,bytes32 study,uint8 place,uint32 version,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant APPOINTMENT_TYPEHASH = keccak256(
        "Appointment(address patient,address representative,uint8 power,uint48 until,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant DISMISSAL_TYPEHASH = keccak256(
        "Dismissal(address patient,address representative,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant CONTEST_TYPEHASH = keccak256(
        "Contest(address patient,address account,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant MOVE_REQUEST_TYPEHASH = keccak256(
        "MoveRequest(address patient,address account,"
        "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
    );

    bytes32 private constant CANCELLATION_TYPEHASH =
        keccak256("Cancellation(address signer,uint64 nonce,uint48 signedAt,uint48 deadline)");

    /* IMMUTABLES */

    /// @dev Asked who is active, and whether this contract is paused; its votes are obeyed.
    IConsortium private immutable _consortium;

    /* STORAGE */

    Register private _patients;
    /// @dev Each word as {ConsentRules} lays it out. Places fill up in order, and one that was used is never zero again.
    // Written through pointers to the places.
    // slither-disable-next-line uninitialized-state
    mapping(
        address patient => mapping(uint32 member => mapping(bytes32 study => uint256[MAX_DIRECTIVES]))
    ) private _directives;

    /// @inheritdoc IConsentRegistry
    uint48 public moveDelay;

    constructor(IConsortium consortium) {
        _consortium = consortium;
        _setMoveDelay(7 days);
    }

    /// @dev What follows a vote.
    modifier byVote() {
        require(msg.sender == address(_consortium), IConsortium.CallerNotConsortium(msg.sender));
        _;
    }

    /* DIRECTING */

    /// @inheritdoc IConsentRegistry
    function grant(address patient, Grantee calldata grantee, Terms calldata terms, bytes32 document)
        external
        returns (uint8 place, uint32 version)
    {
        return _give(msg.sender, patient, grantee, Provision.Permit, terms, document);
    }

    /// @inheritdoc IConsentRegistry
    function deny(address patient, Grantee calldata grantee, Terms calldata terms, bytes32 document)
        external
        returns (uint8 place, uint32 version)
    {
        return _give(msg.sender, patient, grantee, Provision.Deny, terms, document);
    }

    /// @inheritdoc IConsentRegistry
    function revoke(address patient, Grantee calldata grantee, uint8 place, uint32 version) external {
        _revoke(msg.sender, patient, grantee, place, version);
    }

    /// @inheritdoc IConsentRegistry
    function grantBySignature(
        address patient,
        Grantee calldata grantee,
        Terms calldata terms,
        bytes32 document,
        Instruction calldata instruction,
        bytes calldata signature
    ) external returns (uint8 place, uint32 version) {
        bytes memory said = abi.encode(GRANT_TYPEHASH, patient, grantee, terms, document, instruction);
        _follow(instruction, said, signature);

        return _give(instruction.signer, patient, grantee, Provision.Permit, terms, document);
    }

    /// @inheritdoc IConsentRegistry
    function denyBySignature(
        address patient,
        Grantee calldata grantee,
        Terms calldata terms,
        bytes32 document,
        Instruction calldata instruction,
        bytes calldata signature
    ) external returns (uint8 place, uint32 version) {
        bytes memory said = abi.encode(DENY_TYPEHASH, patient, grantee, terms, document, instruction);
        _follow(instruction, said, signature);

        return _give(instruction.signer, patient, grantee, Provision.Deny, terms, document);
    }

    /// @inheritdoc IConsentRegistry
    function revokeBySignature(
        address patient,
        Grantee calldata grantee,
        uint8 place,
        uint32 version,
        Instruction calldata instruction,
        bytes calldata signature
    ) external {
        bytes memory said = abi.encode(REVOCATION_TYPEHASH, patient, grantee, place, version, instruction);
        _heed(instruction, said, signature);

        _revoke(instruction.signer, patient, grantee, place, version);
    }

    /// @inheritdoc IConsentRegistry
    function cancel(uint64 nonce) external {
        _patients.takeNonce(msg.sender, nonce);

        emit InstructionCancelled(msg.sender, nonce);
    }

    /// @inheritdoc IConsentRegistry
    function cancelBySignature(Instruction calldata instruction, bytes calldata signature) external {
        _follow(instruction, abi.encode(CANCELLATION_TYPEHASH, instruction), signature);

        emit InstructionCancelled(instruction.signer, instruction.nonce);
    }

    function _give(
        address by,
        address patient,
        Grantee calldata grantee,
        Provision provision,
        Terms memory terms,
        bytes32 document
    ) private returns (uint8 place, uint32 version) {
        if (provision == Provision.Permit) _requireOpen();
        _patients.requirePower(by, patient, Power.Speak);
        _requireUsable(terms, provision);
        require(document != bytes32(0), ConsentDocumentMissing(patient));
        (uint32 member, bytes32 study) = (grantee.member, grantee.study);
        require(member != 0 || study == bytes32(0), StudyWithoutMember(study));
        uint256[MAX_DIRECTIVES] storage places = _directives[patient][member][study];
        (place, version) = _nextDirective(places);
        require(place < MAX_DIRECTIVES, DirectivesFull(patient, member, study, MAX_DIRECTIVES));

        uint256 directive = ConsentRules.pack(terms, provision, version, place);
        places[place] = directive;

        emit DirectiveGiven(patient, member, study, by, directive, document);
    }

    function _revoke(address by, address patient, Grantee calldata grantee, uint8 place, uint32 version)
        private
    {
        _patients.requirePower(by, patient, Power.Speak);
        (uint32 member, bytes32 study) = (grantee.member, grantee.study);
        uint256[MAX_DIRECTIVES] storage places = _directives[patient][member][study];
        uint256 directive = place < MAX_DIRECTIVES ? places[place] : 0;
        bool stands =
            ConsentRules.versionOf(directive) == version && block.timestamp < ConsentRules.endOf(directive);
        require(stands, DirectiveNotStanding(patient, member, study, place, version));

        directive = ConsentRules.ending(directive, uint48(block.timestamp));
        places[place] = directive;

        emit DirectiveRevoked(patient, member, study, by, directive);
    }

    function _requireUsable(Terms memory terms, Provision provision) private view {
        (uint48 from, uint48 until) = (terms.validFrom, terms.validUntil);
        require(
            ConsentRules.usable(terms, provision),
            TermsNotUsable(terms.purposes, terms.labels, terms.actions, terms.ceiling)
        );
        require(from < until, PeriodReversed(from, until));
        require(block.timestamp < until, PeriodOver(until));
    }

    /// @dev The first place that is empty or whose directive ended, and the version that comes there.
    function _nextDirective(uint256[MAX_DIRECTIVES] storage places)
        private
        view
        returns (uint8 place, uint32 version)
    {
        for (; place < MAX_DIRECTIVES; ++place) {
            uint256 former = places[place];
            if (block.timestamp >= ConsentRules.endOf(former)) {
                return (place, ConsentRules.versionOf(former) + 1);
            }
        }
    }

    /* REPRESENTING */

    /// @inheritdoc IConsentRegistry
    function appoint(address patient, address representative, Power power, uint48 until) external {
        _appoint(msg.sender, patient, representative, power, until);
    }

    /// @inheritdoc IConsentRegistry
    function dismiss(address patient, address representative) external {
        _dismiss(msg.sender, patient, representative);
    }

    /// @inheritdoc IConsentRegistry
    function appointBySignature(
        address patient,
        address representative,
        Power power,
        uint48 until,
        Instruction calldata instruction,
        bytes calldata signature
    ) external {
        bytes memory said =
            abi.encode(APPOINTMENT_TYPEHASH, patient, representative, power, until, instruction);
        _follow(instruction, said, signature);

        _appoint(instruction.signer, patient, representative, power, until);
    }

    /// @inheritdoc IConsentRegistry
    function dismissBySignature(
        address patient,
        address representative,
        Instruction calldata instruction,
        bytes calldata signature
    ) external {
        bytes memory said = abi.encode(DISMISSAL_TYPEHASH, patient, representative, instruction);
        _follow(instruction, said, signature);

        _dismiss(instruction.signer, patient, representative);
    }

    /// @inheritdoc IConsentRegistry
    function appointByVote(address patient, address representative, Power power, uint48 until)
        external
        byVote
    {
        _patients.appoint(patient, representative, Representation(until, power, true));
    }

    /// @inheritdoc IConsentRegistry
    function dismissByVote(address patient, address representative) external byVote {
        _patients.dismiss(msg.sender, patient, representative);
    }

    function _appoint(address by, address patient, address representative, Power power, uint48 until)
        private
    {
        _requireOpen();
        _patients.requireAccount(by, patient);
        _patients.requireNotByVote(patient, representative);

        _patients.appoint(patient, representative, Representation(until, power, false));
    }

    function _dismiss(address by, address patient, address representative) private {
        if (by != representative) {
            _patients.requireAccount(by, patient);
            _patients.requireNotByVote(patient, representative);
        }

        _patients.dismiss(by, patient, representative);
    }

    /* MOVING TO A NEW ACCOUNT */

    /// @inheritdoc IConsentRegistry
    function requestMove(address patient, address account) external {
        _requestMove(msg.sender, patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function requestMoveBySignature(
        address patient,
        address account,
        Instruction calldata instruction,
        bytes calldata signature
    ) external {
        bytes memory said = abi.encode(MOVE_REQUEST_TYPEHASH, patient, account, instruction);
        _follow(instruction, said, signature);

        _requestMove(instruction.signer, patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function contestMove(address patient, address account) external {
        _contestMove(msg.sender, patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function contestMoveBySignature(
        address patient,
        address account,
        Instruction calldata instruction,
        bytes calldata signature
    ) external {
        bytes memory said = abi.encode(CONTEST_TYPEHASH, patient, account, instruction);
        _follow(instruction, said, signature);

        _contestMove(instruction.signer, patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function completeMove(address patient, address account) external {
        _requireOpen();

        _patients.completeMove(patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function moveByVote(address patient, address account) external byVote {
        _patients.requireMovable(patient, account);

        _patients.move(patient, account);
    }

    /// @inheritdoc IConsentRegistry
    function setMoveDelay(uint48 delay) external byVote {
        require(2 days <= delay && delay <= 30 days, MoveDelayOutOfBounds(delay, 2 days, 30 days));

        _setMoveDelay(delay);
    }

    function _requestMove(address by, address patient, address account) private {
        _requireOpen();
        _patients.requirePower(by, patient, Power.Recover);

        _patients.requestMove(by, patient, account, moveDelay);
    }

    function _contestMove(address by, address patient, address account) private {
        _patients.requireAccount(by, patient);

        _patients.contestMove(patient, account);
    }

    function _setMoveDelay(uint48 delay) private {
        moveDelay = delay;

        emit MoveDelayChanged(delay);
    }

    /* READING */

    /// @inheritdoc IConsentRegistry
    function decide(Question calldata question) external view returns (Answer memory) {
        if (_consortium.statusOf(question.grantee.member) != MemberStatus.Active) {
            return Answer(Outcome.CONSENT_DENY, Ground.MemberNotActive, 0, 0);
        }
        return weigh(question);
    }

    /// @inheritdoc IConsentRegistry
    function weigh(Question memory question) public view returns (Answer memory answer) {
        (uint32 member, bytes32 study) = (question.grantee.member, question.grantee.study);
        if (study != bytes32(0)) _ask(answer, question, member, study, Ground.Study);
        if (answer.ground == Ground.None) _ask(answer, question, member, 0, Ground.Member);
        if (answer.ground == Ground.None) _ask(answer, question, 0, 0, Ground.Everyone);
    }

    /// @inheritdoc IConsentRegistry
    function directivesOf(address patient, Grantee calldata grantee)
        external
        view
        returns (Directive[] memory directives)
    {
        uint256[MAX_DIRECTIVES] storage places = _directives[patient][grantee.member][grantee.study];
        uint256 used = 0;
        while (used < MAX_DIRECTIVES && places[used] != 0) ++used;

        directives = new Directive[](used);
        for (uint256 i = 0; i < used; ++i) {
            directives[i] = ConsentRules.unpack(places[i]);
        }
    }

    /// @inheritdoc IConsentRegistry
    function accountOf(address patient) external view returns (address) {
        return _patients.accountOf(patient);
    }

    /// @inheritdoc IConsentRegistry
    function speaksFor(address account, address patient) external view returns (bool) {
        return _patients.speaksFor(account, patient);
    }

    /// @inheritdoc IConsentRegistry
    function nonceOf(address account) external view returns (uint64) {
        return _patients.people[account].nonce;
    }

    /// @inheritdoc IConsentRegistry
    function representationOf(address patient, address representative)
        external
        view
        returns (Representation memory)
    {
        return _patients.representations[patient][representative];
    }

    /// @inheritdoc IConsentRegistry
    function moveOf(address patient) external view returns (Move memory) {
        return _patients.moves[patient];
    }

    function _ask(Answer memory answer, Question memory question, uint32 member, bytes32 study, Ground level)
        private
        view
    {
        uint256[MAX_DIRECTIVES] storage places = _directives[question.patient][member][study];
        for (uint256 i = 0; i < MAX_DIRECTIVES; ++i) {
            uint256 directive = places[i];
            if (directive == 0) return;
            ConsentRules.heed(answer, directive, question, level, block.timestamp);
        }
    }

    /* INTERNALS */

    function _requireOpen() private view {
        require(!_consortium.isPaused(address(this)), ConsentsPaused());
    }

    /// @dev Heeds the next instruction of a signer, whoever hands it in.
    function _follow(Instruction calldata instruction, bytes memory said, bytes calldata signature) private {
        _patients.takeNonce(instruction.signer, instruction.nonce);
        _heed(instruction, said, signature);
    }

    /// @dev In whatever turn: enough for what can be done only once.
    function _heed(Instruction calldata instruction, bytes memory said, bytes calldata signature) private {
        (address signer, uint48 signedAt) = (instruction.signer, instruction.signedAt);
        require(block.timestamp < instruction.deadline, InstructionLate(signer, instruction.deadline));
        require(signedAt <= block.timestamp, InstructionFromFuture(signer, signedAt));
        bool signed = Signatures.verify(keccak256("ConsentRegistry"), signer, keccak256(said), signature);
        require(signed, InstructionNotSigned(signer));

        emit InstructionFollowed(signer, instruction.nonce, signedAt);
    }
}
