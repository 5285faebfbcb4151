// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

/// @notice What data is used for: HL7 v3 PurposeOfUse, the whole R4 tree. Bit i of a bitmap stands for the i-th.
/// @dev A bitmap is closed over children by the client: TREAT sets the bits of COC and ERTREAT too, but never that of
/// BTG, which counts only where it is named. The contract compares single bits and knows no tree.
/// @dev The exception to "zero means nothing", as with every code that is only a place in a bitmap.
enum Purpose {
    HMARKT, // 0
    HOPERAT, // 1: parent of 2 to 26.
    CAREMGT,
    DONAT,
    FRAUD,
    GOV,
    HACCRED,
    HCOMPL,
    HDECD,
    HDIRECT,
    HDM, // 10
    HLEGAL,
    HOUTCOMS,
    HPRGRP,
    HQUALIMP,
    HSYSADMIN, // 15: parent of 16 and 17.
    LABELING,
    METAMGT,
    MEMADMIN,
    MILCDM,
    PATADMIN, // 20
    PATSFTY,
    PERFMSR,
    RECORDMGT,
    SYSDEV, // 24: parent of 25.
    HTEST,
    TRAIN,
    HPAYMT, // 27: parent of 28 to 35.
    CLMATTCH,
    COVAUTH,
    COVERAGE, // 30: parent of 31 to 34.
    ELIGDTRM,
    ELIGVER,
    ENROLLM,
    MILDCRG,
    REMITADV, // 35
    HRESCH, // 36: parent of 37 to 44.
    BIORCH,
    CLINTRCH, // 38: parent of 39 to 41.
    CLINTRCHNPC,
    CLINTRCHPC, // 40
    PRECLINTRCH,
    DSRCH,
    POARCH,
    TRANSRCH,
    PATRQT, // 45: parent of 46 to 48.
    FAMRQT,
    PWATRNY,
    SUPNWK,
    PUBHLTH, // 49: parent of 50 and 51.
    DISASTER, // 50
    THREAT,
    TREAT, // 52: parent of 53 to 58.
    CLINTRL,
    COC,
    ETREAT, // 55: parent of 56 and 57.
    BTG, // 56: break the glass; implied by neither TREAT nor ETREAT.
    ERTREAT,
    POPHLTH // 58
}

/// @notice What a record is about. A record has every label that fits it. Bit i of a bitmap stands for the i-th.
/// @dev Sensitivities first, as HL7 v3 ActCode names them, then classes of data by FHIR resource. Bits 18 to 31 are
/// spare: a directive may name them, and then covers the labels that come.
enum Label {
    ETH, // 0: substance abuse.
    ETHUD, // 1: alcohol use disorder.
    OPIOIDUD, // 2: opioid use disorder.
    PSY, // 3: psychiatry.
    SDV, // 4: sexual assault, abuse or domestic violence.
    HIV, // 5: HIV or AIDS.
    ADMINISTRATION, // 6: Patient, RelatedPerson, Appointment, Encounter.
    CONDITION, // 7: Condition, AllergyIntolerance, FamilyMemberHistory.
    MEDICATION, // 8: MedicationRequest, MedicationDispense, MedicationStatement, Immunization.
    LABORATORY, // 9: Specimen, DiagnosticReport and Observation of a laboratory.
    IMAGING, // 10: ImagingStudy, Media, and reports on them.
    OBSERVATION, // 11: vital signs and every other Observation.
    PROCEDURE, // 12: Procedure, Device, DeviceUseStatement.
    DOCUMENT, // 13: DocumentReference, Composition, discharge letters.
    CARE, // 14: CarePlan, CareTeam, Goal, ServiceRequest.
    GENOMIC, // 15: MolecularSequence, and what reports on genes.
    FINANCIAL, // 16: Coverage, Claim, ExplanationOfBenefit.
    RESEARCH // 17: ResearchSubject, QuestionnaireResponse of a study.
}

/// @notice What is done with data: FHIR consentaction. Bit i of a bitmap stands for the i-th.
enum ConsentAction {
    COLLECT,
    ACCESS,
    USE,
    DISCLOSE,
    CORRECT
}

/// @notice How confidential data is: HL7 v3 Confidentiality, from the least to the most.
enum Confidentiality {
    None,
    U, // unrestricted.
    L, // low.
    M, // moderate.
    N, // normal.
    R, // restricted.
    V // very restricted.
}

/// @notice What a directive says.
enum Provision {
    None,
    Permit,
    Deny
}

/// @notice What is decided, as IHE PCF names it.
enum Outcome {
    NO_CONSENT, // no directive applies: denied by default.
    CONSENT_PERMIT,
    CONSENT_DENY
}

/// @notice On what ground it is decided.
enum Ground {
    None, // no directive.
    Study, // a directive for the member in this study.
    Member, // a directive for the member.
    Everyone, // a directive for everyone.
    MemberNotActive, // the member is suspended, removed or was never admitted, whatever the patient says.
    Emergency // break-glass; only the record registry answers so.
}

/// @notice What a representative may do.
enum Power {
    None,
    Recover, // only move the patient to a new account.
    Speak // also grant, deny, revoke and review.
}

/// @notice Whom a directive is for.
struct Grantee {
    uint32 member; // its number in the consortium; zero for everyone.
    bytes32 study; // a trial that the member runs, as the trial registry numbers it; zero for all that it does.
}

/// @notice What a directive allows or forbids, and when.
struct Terms {
    uint64 purposes; // bitmap of {Purpose}.
    uint32 labels; // bitmap of {Label}.
    uint8 actions; // bitmap of {ConsentAction}.
    Confidentiality ceiling; // the most confidential data that a permit covers; not asked of a deny.
    uint48 validFrom; // the first second, block time; zero for always.
    uint48 validUntil; // the first second no more; the largest value for ever.
}

/// @notice A directive. It is stored, and told in events, as one word with these bits.
struct Directive {
    uint64 purposes; // bits 0 to 63.
    uint32 labels; // bits 64 to 95.
    uint8 actions; // bits 96 to 103.
    Confidentiality ceiling; // bits 104 to 111.
    uint48 validFrom; // bits 112 to 159.
    uint48 validUntil; // bits 160 to 207: once revoked, the second of the revocation.
    Provision provision; // bits 208 to 215.
    uint32 version; // bits 216 to 247: counts the directives of its place from 1; zero when none.
    uint8 place; // bits 248 to 255: among those of its grantee.
}

/// @notice What is asked.
struct Question {
    address patient;
    Grantee grantee; // who asks: a member, and the study it asks for, if any.
    Purpose purpose;
    ConsentAction action;
    uint32 labels; // of the record, bitmap of {Label}.
    Confidentiality confidentiality; // of the record.
}

/// @notice What is answered.
struct Answer {
    Outcome outcome;
    Ground ground;
    uint8 place; // of the directive that decided, among those of its grantee.
    uint32 version; // of the directive that decided; zero when none did.
}

/// @notice How an instruction was signed.
struct Instruction {
    address signer; // the patient's account or a representative; may be a contract wallet.
    uint64 nonce; // {nonceOf} the signer: of two with the same nonce the first to be handed in counts.
    uint48 signedAt; // the signer's clock, in seconds: not later than the block, otherwise unproven.
    uint48 deadline; // the first second at which the signature is refused.
}

/// @notice What a representative was given.
struct Representation {
    uint48 until; // the first second no more; zero when never appointed.
    Power power;
    bool byVote; // appointed by the consortium, for a patient who cannot act.
}

/// @notice A new account that was requested for a patient.
struct Move {
    address account; // slot 0: zero when none is requested.
    uint48 ripeAt; // slot 0: the first second at which it can be completed.
    address by; // slot 1: who requested it, and must still be able to when it is completed.
}

/// @title IConsentRegistry
/// @notice What patients allow: directives that permit or deny, and the decision that follows from them.
/// @dev A patient is the address of the first account, for ever, also after a {Move} to another one. It should be a
/// pseudonym of its own for each relationship: whoever knows that two belong together can link what they did.
/// @dev The decision. Without a directive: NO_CONSENT. Those for the member in the study are asked first, then those
/// for the member, then those for everyone. On one level a deny that is in force and touches the purpose, the action
/// and any of the record's labels wins; else a permit that is in force and covers the purpose, the action, all labels
/// and the confidentiality; else the next level is asked. A member that is not active is denied before all.
/// @dev So "nobody for research, but this study" is a deny for everyone and a permit for the member in the study, and
/// "everybody for treatment, but not him" a permit for everyone and a deny for the member. A permit for a study
/// serves the one member that it names, so that nobody else can claim the study for itself.
/// @dev Warning: a permit for a member stands against a deny for everyone that comes later, and one for a study against
/// both. Revoke it.
/// @dev Warning: a revocation stops future use only. It cannot recall what was already read.
/// @dev Warning: who asks for a study states so itself; it answers for it, as for the purpose.
/// @dev Warning: a number that is not a member's yet can be granted to, and counts once there is such a member.
interface IConsentRegistry {
    /* ERRORS */

    /// @notice Thrown when something new is written while the registry is paused. Ending something never is refused.
    error ConsentsPaused();
    /// @notice Thrown when an account speaks for a patient, or requests its move, and may not, or no more.
    /// @param until When its representation ended, or zero when it never was one that may.
    error CallerNotSpeaker(address caller, address patient, uint48 until);
    /// @notice Thrown when what only the patient can do is done by anyone else, be it a representative.
    error CallerNotPatient(address caller, address patient);
    /// @notice Thrown when a patient's former account acts: after a move it can do nothing.
    error PatientMoved(address patient, address account);
    /// @notice Thrown when a directive names no purpose, label or action, an unknown one, or a permit no ceiling.
    error TermsNotUsable(uint64 purposes, uint32 labels, uint8 actions, Confidentiality ceiling);
    /// @notice Thrown when a period does not start before it ends.
    error PeriodReversed(uint48 validFrom, uint48 validUntil);
    /// @notice Thrown when a period ended already.
    error PeriodOver(uint48 validUntil);
    /// @notice Thrown when a directive commits to no document.
    error ConsentDocumentMissing(address patient);
    /// @notice Thrown when a directive is for everyone in a study: a study is always that of one member.
    error StudyWithoutMember(bytes32 study);
    /// @notice Thrown when a patient has as many directives in force or to come for one grantee as there can be.
    error DirectivesFull(address patient, uint32 member, bytes32 study, uint256 maximum);
    /// @notice Thrown when a directive to revoke is unknown, revoked, ended, or another one took its place.
    error DirectiveNotStanding(address patient, uint32 member, bytes32 study, uint8 place, uint32 version);
    /// @notice Thrown when an instruction is handed in at its deadline or later.
    error InstructionLate(address signer, uint48 deadline);
    /// @notice Thrown when an instruction says that it was signed after the block it came in.
    error InstructionFromFuture(address signer, uint48 signedAt);
    /// @notice Thrown when an instruction was handed in before, by whomever, or is not the next one.
    error InstructionOutOfTurn(address signer, uint64 nonce, uint64 next);
    /// @notice Thrown when an instruction is not signed by the account that it names.
    error InstructionNotSigned(address signer);
    /// @notice Thrown when nobody, or the patient, would be the patient's representative.
    error RepresentativeNotUsable(address patient, address representative);
    /// @notice Thrown when a representative would have no power, or a period that ended already.
    error RepresentationEmpty(address representative, Power power, uint48 until);
    /// @notice Thrown when a representative to dismiss does not act for the patient.
    error RepresentativeUnknown(address patient, address representative);
    /// @notice Thrown when a patient changes what a vote appointed.
    error RepresentativeByVote(address patient, address representative);
    /// @notice Thrown when a patient would move to no account, or to the one it has.
    error MoveNotUsable(address patient, address account);
    /// @notice Thrown when a move was not requested, was contested, or goes to another account.
    error MoveNotRequested(address patient, address account);
    /// @notice Thrown when a move is completed too early.
    error MoveNotRipe(address patient, uint48 ripeAt);
    /// @notice Thrown when the delay of moves would leave its bounds.
    error MoveDelayOutOfBounds(uint48 delay, uint48 low, uint48 high);

    /* EVENTS */

    /// @notice Emitted when a directive is given.
    /// @param by The account that gave it, by transaction or by signature.
    /// @param directive The word that is stored, laid out as {Directive} says. What was in its place before had ended.
    /// @param document The salted commitment of the consent document. The patient and the custodian hold the salt.
    event DirectiveGiven(
        address indexed patient,
        uint32 indexed member,
        bytes32 indexed study,
        address by,
        uint256 directive,
        bytes32 document
    );
    /// @notice Emitted when a directive is revoked. One that ends by itself emits nothing.
    /// @param by The account that revoked it, by transaction or by signature.
    /// @param directive The word as it is now stored: it ends in this second.
    event DirectiveRevoked(
        address indexed patient, uint32 indexed member, bytes32 indexed study, address by, uint256 directive
    );
    /// @notice Emitted before what a signed instruction does. The block says when it was anchored. Its nonce is taken,
    /// but for that of a revocation.
    event InstructionFollowed(address indexed signer, uint64 nonce, uint48 signedAt);
    /// @notice Emitted when an account cancels its next instruction before anyone hands it in.
    event InstructionCancelled(address indexed signer, uint64 nonce);
    /// @notice Emitted when a representative is appointed, or anew with other power or period.
    event RepresentativeAppointed(
        address indexed patient, address indexed representative, Power power, uint48 until, bool byVote
    );
    /// @notice Emitted when a representative is dismissed or resigns. One whose period ends emits nothing.
    event RepresentativeDismissed(address indexed patient, address indexed representative, address by);
    /// @notice Emitted when a new account is requested for a patient: the time to contest it.
    event MoveRequested(address indexed patient, address indexed account, address by, uint48 ripeAt);
    /// @notice Emitted when a patient contests a requested move.
    event MoveContested(address indexed patient, address indexed account);
    /// @notice Emitted when a patient has a new account.
    event PatientRehoused(address indexed patient, address indexed previous, address indexed account);
    /// @notice Emitted when the delay of moves is set, at deployment too.
    event MoveDelayChanged(uint48 delay);

    /* DIRECTING */

    /// @notice Permits, for a patient. By its account or an acting representative.
    /// @dev What a representative gave stands when its own time is over, until it is revoked or ends.
    /// @param document The salted commitment of the consent document.
    /// @return place The place of the directive among those of the grantee: the first that is free or whose directive
    /// ended.
    /// @return version Which directive of that place it is.
    function grant(address patient, Grantee calldata grantee, Terms calldata terms, bytes32 document)
        external
        returns (uint8 place, uint32 version);

    /// @notice Denies, for a patient, whatever the confidentiality: the ceiling is not asked. Also while paused.
    function deny(address patient, Grantee calldata grantee, Terms calldata terms, bytes32 document)
        external
        returns (uint8 place, uint32 version);

    /// @notice Ends a directive at once, from this second on. Also while paused.
    /// @param version Its version, so that never another one in the same place is ended.
    function revoke(address patient, Grantee calldata grantee, uint8 place, uint32 version) external;

    /// @notice Permits as {grant} does. Anyone can hand the signature in.
    /// @param signature Over Grant(address patient,uint32 member,bytes32 study,uint64 purposes,uint32 labels,uint8
    /// actions,uint8 ceiling,uint48 validFrom,uint48 validUntil,bytes32 document,address signer,uint64 nonce,uint48
    /// signedAt,uint48 deadline). ERC-1271 too.
    function grantBySignature(
        address patient,
        Grantee calldata grantee,
        Terms calldata terms,
        bytes32 document,
        Instruction calldata instruction,
        bytes calldata signature
    ) external returns (uint8 place, uint32 version);

    /// @notice Denies as {deny} does. Anyone can hand the signature in.
    /// @param signature Over Deny with the fields of Grant. ERC-1271 too.
    function denyBySignature(
        address patient,
        Grantee calldata grantee,
        Terms calldata terms,
        bytes32 document,
        Instruction calldata instruction,
        bytes calldata signature
    ) external returns (uint8 place, uint32 version);

    /// @notice Revokes as {revoke} does. Anyone can hand the signature in, in whatever turn: its nonce is neither asked
    /// nor taken, so that no other instruction holds it up. A directive is revoked once.
    /// @param signature Over Revocation(address patient,uint32 member,bytes32 study,uint8 place,uint32 version,address
    /// signer,uint64 nonce,uint48 signedAt,uint48 deadline). ERC-1271 too.
    function revokeBySignature(
        address patient,
        Grantee calldata grantee,
        uint8 place,
        uint32 version,
        Instruction calldata instruction,
        bytes calldata signature
    ) external;

    /// @notice Cancels the caller's next instruction: a signature with this nonce is worth nothing any more.
    function cancel(uint64 nonce) external;

    /// @notice Cancels as {cancel} does. Anyone can hand the signature in.
    /// @param signature Over Cancellation(address signer,uint64 nonce,uint48 signedAt,uint48 deadline). ERC-1271 too.
    function cancelBySignature(Instruction calldata instruction, bytes calldata signature) external;

    /* REPRESENTING */

    /// @notice Appoints a representative, or changes its power and period. Only by the patient's account.
    function appoint(address patient, address representative, Power power, uint48 until) external;

    /// @notice Dismisses a representative at once, also while paused. By the patient's account, unless a vote
    /// appointed it, or by the representative itself.
    function dismiss(address patient, address representative) external;

    /// @notice Appoints as {appoint} does. Anyone can hand the signature in.
    /// @param signature Over Appointment(address patient,address representative,uint8 power,uint48 until,address
    /// signer,uint64 nonce,uint48 signedAt,uint48 deadline). ERC-1271 too.
    function appointBySignature(
        address patient,
        address representative,
        Power power,
        uint48 until,
        Instruction calldata instruction,
        bytes calldata signature
    ) external;

    /// @notice Dismisses as {dismiss} does. Anyone can hand the signature in.
    /// @param signature Over Dismissal(address patient,address representative,address signer,uint64 nonce,uint48
    /// signedAt,uint48 deadline). ERC-1271 too.
    function dismissBySignature(
        address patient,
        address representative,
        Instruction calldata instruction,
        bytes calldata signature
    ) external;

    /// @notice Appoints a representative for a patient who cannot act. Only the consortium, by vote.
    function appointByVote(address patient, address representative, Power power, uint48 until) external;

    /// @notice Dismisses any representative. Only the consortium, by vote.
    function dismissByVote(address patient, address representative) external;

    /* MOVING TO A NEW ACCOUNT */

    /// @notice Requests a new account for a patient, instead of one requested before. By the patient's account or any
    /// acting representative.
    /// @dev Warning: the delay protects only a patient who watches. Appoint with care whom you let recover.
    function requestMove(address patient, address account) external;

    /// @notice Ends a request, also while paused. Only by the patient's present account.
    /// @dev Warning: a thief of the key can contest too. Then a vote moves the patient.
    function contestMove(address patient, address account) external;

    /// @notice Contests as {contestMove} does. Anyone can hand the signature in.
    /// @param signature Over Contest(address patient,address account,address signer,uint64 nonce,uint48 signedAt,uint48
    /// deadline). ERC-1271 too.
    function contestMoveBySignature(
        address patient,
        address account,
        Instruction calldata instruction,
        bytes calldata signature
    ) external;

    /// @notice Requests as {requestMove} does. Anyone can hand the signature in.
    /// @param signature Over MoveRequest with the fields of Contest. ERC-1271 too.
    function requestMoveBySignature(
        address patient,
        address account,
        Instruction calldata instruction,
        bytes calldata signature
    ) external;

    /// @notice Moves a patient to the requested account once the delay is over, if who requested it still may. Anyone
    /// can call it.
    /// @dev Directives, representatives, records and receipts stand; the former account can do nothing any more.
    /// @dev Warning: so does what a thief of the key gave before. Look through the directives and representatives.
    function completeMove(address patient, address account) external;

    /// @notice Moves a patient at once. Only the consortium, by vote.
    function moveByVote(address patient, address account) external;

    /// @notice Sets the delay of moves requested from then on. Only the consortium, by vote.
    function setMoveDelay(uint48 delay) external;

    /* READING */

    /// @notice Decides. The rule is in the head of this interface, and in {ConsentRules}.
    function decide(Question calldata question) external view returns (Answer memory);

    /// @notice Returns what the patient's directives say, as {decide} does but for the member's standing.
    /// @dev For contracts that resolved the caller already. Never answers {Ground.MemberNotActive}.
    function weigh(Question calldata question) external view returns (Answer memory);

    /// @notice Returns the directives that stand or stood in the places of a grantee, in the order of the places.
    function directivesOf(address patient, Grantee calldata grantee)
        external
        view
        returns (Directive[] memory);

    /// @notice Returns the account that speaks for a patient: its own address, until it moved.
    function accountOf(address patient) external view returns (address);

    /// @notice Returns whether an account speaks for a patient now: its own, or a representative's with that power.
    function speaksFor(address account, address patient) external view returns (bool);

    /// @notice Returns the nonce of an account's next instruction.
    function nonceOf(address account) external view returns (uint64);

    /// @notice Returns what a representative was given, also when it is over.
    function representationOf(address patient, address representative)
        external
        view
        returns (Representation memory);

    /// @notice Returns the new account that is requested for a patient, or zeros.
    function moveOf(address patient) external view returns (Move memory);

    /// @notice Returns the delay of moves, in seconds: 2 to 30 days, 7 at deployment.
    function moveDelay() external view returns (uint48);

    /// @notice Returns the most directives in force or to come that a patient can have for one grantee.
    function MAX_DIRECTIVES() external view returns (uint256);
}
