// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {Confidentiality, ConsentAction, Ground, Outcome, Purpose} from "./IConsentRegistry.sol";

/// @notice What a review finds.
enum Finding {
    None,
    Justified,
    Unjustified
}

/// @notice A reference to a record. The record itself stays with its custodian.
struct Record {
    address patient; // slot 0: as the consent registry knows it.
    uint32 custodian; // slot 0: the member that holds the record; zero when unknown.
    uint32 labels; // slot 0: bitmap of {Label}, with a class of data at least.
    uint24 version; // slot 0: 1 when registered.
    Confidentiality confidentiality; // slot 0
    bytes32 commitment; // slot 1: salted commitment of the present version, opened by the custodian and the patient.
}

/// @notice What one request for access came to.
struct Receipt {
    bytes32 previous; // the patient's receipt before this one; zero for the first.
    bytes32 recordRef;
    bytes32 study; // the study asked for; zero when none.
    bytes32 emergencyId; // the broken glass that permitted; zero when none did.
    address patient;
    address actor; // the account that asked.
    uint32 member; // the organisation it acts for.
    uint24 recordVersion;
    Purpose purpose;
    ConsentAction action;
    Outcome outcome;
    Ground ground;
    uint8 place; // of the directive that decided.
    uint32 version; // of the directive that decided; zero when none did.
    uint48 decidedAt; // block time, in seconds.
}

/// @notice A broken glass.
struct Emergency {
    address patient; // slot 0
    uint48 expiresAt; // slot 0: the first second no more; a patient's review ends it.
    uint48 reviewDue; // slot 0: from this second on the review is overdue.
    uint32 member; // slot 1: zero when unknown.
    Finding finding; // slot 1: none until it is reviewed.
    bool byPatient; // slot 1: whether the patient's side found that.
}

/// @title IRecordRegistry
/// @notice References to health records, and a receipt for every request to use one, permitted or denied.
/// @dev Each receipt carries the hash of the patient's previous one, so that a missing one is visible. The hash is
/// keccak256(abi.encode(chain id, this contract, receipt)), and that of the newest stands in {headOf}.
/// @dev Warning: a receipt shows that access was asked for and what was decided. That a custodian serves nothing
/// without one is its own duty, which the logs it anchors make checkable.
/// @dev Warning: labels and confidentiality are what the custodian says. A change of them is an event.
interface IRecordRegistry {
    /* ERRORS */

    /// @notice Thrown when something new is written while the registry is paused.
    error RecordsPaused();
    /// @notice Thrown when a member does what only an active PROVIDER can.
    error MemberNotCustodian(uint32 member, uint16 roles);
    /// @notice Thrown when a record would have no patient, class of data, confidentiality or commitment.
    error RecordIncomplete(
        address patient, uint32 labels, Confidentiality confidentiality, bytes32 commitment
    );
    /// @notice Thrown when a record is registered already.
    error RecordKnown(bytes32 recordRef);
    /// @notice Thrown when a record is not registered.
    error RecordUnknown(bytes32 recordRef);
    /// @notice Thrown when a record is updated by another member than its custodian.
    error RecordNotOfMember(bytes32 recordRef, uint32 member, uint32 custodian);
    /// @notice Thrown when a record is updated from another version than its present one.
    error RecordVersionNotPresent(bytes32 recordRef, uint24 version, uint24 present);
    /// @notice Thrown when a glass is broken without a reason.
    error EmergencyReasonMissing(bytes32 recordRef);
    /// @notice Thrown when a member has a review overdue. It cannot break the glass before that is done.
    error ReviewOverdue(uint32 member, bytes32 emergencyId, uint48 reviewDue);
    /// @notice Thrown when a member has as many open reviews as it can have.
    error ReviewsFull(uint32 member, uint256 maximum);
    /// @notice Thrown when a member breaks a glass of a patient that it broke without justification before.
    error GlassShut(uint32 member, address patient, uint48 until);
    /// @notice Thrown when there is no such emergency.
    error EmergencyUnknown(bytes32 emergencyId);
    /// @notice Thrown when a review is done already: by the patient's side, or by a member and this is another.
    error ReviewDone(bytes32 emergencyId, Finding finding);
    /// @notice Thrown when a review finds nothing.
    error FindingMissing(bytes32 emergencyId);
    /// @notice Thrown when a member reviews its own emergency.
    error ReviewOfOwn(bytes32 emergencyId, uint32 member);
    /// @notice Thrown when a member reviews an emergency that is not over: it would cut off care, or miss what follows.
    error EmergencyRunning(bytes32 emergencyId, uint48 expiresAt);
    /// @notice Thrown when an account reviews that is neither an active member's nor speaks for the patient.
    error ReviewerNotEntitled(bytes32 emergencyId, address reviewer);
    /// @notice Thrown when a signed review is handed in at its deadline or later.
    error ReviewLate(bytes32 emergencyId, uint48 deadline);
    /// @notice Thrown when a review is not signed by the account that it names.
    error ReviewNotSigned(bytes32 emergencyId, address signer);
    /// @notice Thrown when the time for reviews would leave its bounds.
    error ReviewPeriodOutOfBounds(uint48 period, uint48 low, uint48 high);
    /// @notice Thrown when a log has no root, does not start before it ends, or ends after now.
    error LogNotUsable(bytes32 root, uint48 from, uint48 until);
    /// @notice Thrown when a log does not start where the custodian's last one ended.
    error LogNotContiguous(uint32 member, uint48 from, uint48 expected);

    /* EVENTS */

    /// @notice Emitted when a record is registered, with version 1.
    event RecordRegistered(
        bytes32 indexed recordRef,
        address indexed patient,
        uint32 indexed custodian,
        uint32 labels,
        Confidentiality confidentiality,
        bytes32 commitment
    );
    /// @notice Emitted when a record has a new version.
    /// @param previous The commitment of the version before.
    event RecordUpdated(
        bytes32 indexed recordRef,
        uint24 version,
        uint32 labels,
        Confidentiality confidentiality,
        bytes32 previous,
        bytes32 commitment
    );
    /// @notice Emitted for every request, permitted or denied.
    /// @param receiptHash The hash of the receipt, which the patient's next one carries as previous.
    event AccessDecided(
        bytes32 indexed recordRef,
        address indexed patient,
        uint32 indexed member,
        bytes32 receiptHash,
        Receipt receipt
    );
    /// @notice Emitted when a member breaks the glass: the patient's notification.
    /// @param by The account that did.
    /// @param reason The salted commitment of the reason, opened by the member for the review.
    event GlassBroken(
        bytes32 indexed emergencyId,
        address indexed patient,
        uint32 indexed member,
        address by,
        bytes32 recordRef,
        bytes32 reason,
        uint48 expiresAt,
        uint48 reviewDue
    );
    /// @notice Emitted when an emergency is reviewed. One that still runs ends with it.
    /// @param reviewer The member that reviewed; zero when the patient or a representative did.
    /// @param by The account that did, by transaction or by signature.
    /// @param report The salted commitment of the report, or zero.
    event EmergencyReviewed(
        bytes32 indexed emergencyId,
        address indexed patient,
        uint32 indexed member,
        uint32 reviewer,
        address by,
        Finding finding,
        bytes32 report
    );
    /// @notice Emitted when the time for reviews is set, at deployment too.
    event ReviewPeriodChanged(uint48 period);
    /// @notice Emitted when a custodian anchors its log of FHIR AuditEvents.
    /// @param root The Merkle root over the commitments of the events.
    /// @param from The first second that the log covers.
    /// @param until The first second that it does not.
    event LogAnchored(
        uint32 indexed member, bytes32 indexed root, address by, uint48 from, uint48 until, uint32 entries
    );

    /* RECORDS */

    /// @notice Registers a record under the caller's member, a PROVIDER.
    /// @param commitment The salted commitment of the record's bytes.
    /// @return recordRef keccak256(abi.encode(chain id, this contract, member, patient, commitment)).
    function register(address patient, uint32 labels, Confidentiality confidentiality, bytes32 commitment)
        external
        returns (bytes32 recordRef);

    /// @notice Gives a record its next version. Only the custodian.
    /// @param version The present version, so that no update is lost to another.
    function update(
        bytes32 recordRef,
        uint24 version,
        uint32 labels,
        Confidentiality confidentiality,
        bytes32 commitment
    ) external;

    /* ACCESS */

    /// @notice Decides on the use of a record by the caller's member, and writes the receipt. A deny is no revert.
    /// @dev A suspended or removed member has its refusal on record too. An account that acts for nobody reverts.
    /// @dev For {Purpose.BTG}, where no directive decides, a glass broken by the member permits to collect, access and
    /// use, but for no study. A deny that names BTG stands against it.
    function requestAccess(bytes32 recordRef, Purpose purpose, ConsentAction action)
        external
        returns (Outcome outcome, bytes32 receiptHash);

    /// @notice Decides as {requestAccess} does, for a study that the caller's member runs.
    function requestAccessForStudy(bytes32 recordRef, bytes32 study, Purpose purpose, ConsentAction action)
        external
        returns (Outcome outcome, bytes32 receiptHash);

    /* BREAKING THE GLASS */

    /// @notice Permits the caller's member, a PROVIDER, for {EMERGENCY} what BTG means, on all records of the patient
    /// of this one. The review is due after {reviewPeriod}.
    /// @dev Warning: a member can break it again and again. Each time is an event and a review of its own, the first
    /// overdue one ends it, and so does the first that finds it unjustified, for {reviewPeriod}.
    /// @param reason The salted commitment of the reason.
    /// @return emergencyId keccak256(abi.encode(chain id, this contract, member, emergencies it had before, patient,
    /// reason)).
    function breakGlass(bytes32 recordRef, bytes32 reason) external returns (bytes32 emergencyId);

    /// @notice Reviews an emergency: whoever speaks for the patient at any time, which also ends it, and any other
    /// active member once it is over. Also while paused, and when overdue. What the patient's side finds comes in place
    /// of what a member found.
    /// @param report The salted commitment of the report, or zero.
    function review(bytes32 emergencyId, Finding finding, bytes32 report) external;

    /// @notice Reviews as {review} does. Anyone can hand the signature in.
    /// @param signature Over Review(bytes32 emergencyId,uint8 finding,bytes32 report,address signer,uint48 deadline).
    /// ERC-1271 too.
    /// @param deadline The first second at which the signature is refused.
    function reviewBySignature(
        bytes32 emergencyId,
        Finding finding,
        bytes32 report,
        address signer,
        uint48 deadline,
        bytes calldata signature
    ) external;

    /// @notice Sets the time for reviews of glasses broken from then on. Only the consortium, by vote.
    function setReviewPeriod(uint48 period) external;

    /* LOGS */

    /// @notice Anchors the caller's log of FHIR AuditEvents for a period. A PROVIDER's logs leave no second out and
    /// cover none twice.
    function anchorLog(bytes32 root, uint48 from, uint48 until, uint32 entries) external;

    /* READING */

    /// @notice Returns a record, or zeros.
    function recordOf(bytes32 recordRef) external view returns (Record memory);

    /// @notice Returns the hash of a patient's newest receipt, or zero.
    function headOf(address patient) external view returns (bytes32);

    /// @notice Returns an emergency, or zeros.
    function emergencyOf(bytes32 emergencyId) external view returns (Emergency memory);

    /// @notice Returns a member's newest emergency of a patient, or zero.
    function newestEmergency(uint32 member, address patient) external view returns (bytes32);

    /// @notice Returns the emergencies of a member that are not reviewed, at most {MAX_OPEN_REVIEWS}.
    function openReviews(uint32 member) external view returns (bytes32[] memory);

    /// @notice Returns those of them whose review is overdue.
    function overdueReviews(uint32 member) external view returns (bytes32[] memory);

    /// @notice Returns until when a member cannot break the glass of a patient, for whom it did without justification.
    function shutUntil(uint32 member, address patient) external view returns (uint48);

    /// @notice Returns how many emergencies a member had so far.
    function emergenciesOf(uint32 member) external view returns (uint256);

    /// @notice Returns until when a custodian anchored its logs, or zero when it never did.
    function loggedUntil(uint32 member) external view returns (uint48);

    /// @notice Returns the time for reviews, in seconds: 1 to 30 days, 7 at deployment.
    function reviewPeriod() external view returns (uint48);

    /// @notice Returns for how long a broken glass permits, in seconds.
    function EMERGENCY() external view returns (uint48);

    /// @notice Returns the most open reviews that a member can have.
    function MAX_OPEN_REVIEWS() external view returns (uint256);
}
