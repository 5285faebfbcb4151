// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RecordRegistry} from "../../contracts/RecordRegistry.sol";
import {
    Confidentiality,
    ConsentAction,
    Ground,
    Label,
    Outcome,
    Power,
    Purpose,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {
    Emergency,
    Finding,
    IRecordRegistry,
    Receipt,
    Record
} from "../../contracts/interfaces/IRecordRegistry.sol";
import {ConsentWorld} from "./ConsentWorld.sol";
import {Wallet} from "./ConsortiumWorld.sol";
import {Vm} from "./Vm.sol";

/*
register
├── given a whole record of an active provider
│   └── it keeps it under the derived reference, and tells it
└── given one that is incomplete or known, or a member that is no provider, suspended, paused or unknown
    └── it refuses
update
├── by the custodian, from the present version
│   └── it keeps the next one, and tells both commitments
└── by anyone else, from another version, or to nothing
    └── it refuses
requestAccess
├── it writes a receipt for a permit, a deny and no consent alike, each carrying the hash of the one before
├── it has the refusal of a suspended or removed member on record
├── given a study, it asks for that study
└── given an unknown record, an account that acts for nobody, or a pause
    └── it refuses
breaking the glass
├── breakGlass
│   ├── it opens four hours, and tells the patient when the review is due
│   └── given no reason, an overdue review, too many open ones, or no provider
│       └── it refuses
├── requestAccess for BTG
│   ├── permits to collect, access and use, on all records of the patient, from the first second to the last
│   ├── permits nothing else, nobody else, and not after the review
│   └── leaves a deny that names BTG standing
└── review
    ├── by whoever speaks for the patient, by signature too, it ends the emergency
    ├── by another active member, it comes once the emergency is over
    ├── by the member itself, a stranger, twice, or without a finding
    │   └── it refuses
    └── late, it frees the member again
anchorLog
├── it tells the log
└── given no root, a period reversed or to come, a gap or an overlap
    └── it refuses
*/
contract RecordRegistryTest is ConsentWorld {
    bytes32 private constant COMMITMENT = keccak256("a record");
    bytes32 private constant REPORT = keccak256("a report");
    address private hospital = vm.addr(1);
    address private clinic = vm.addr(2);
    address private inspector = vm.addr(5);
    bytes32 private result;

    function setUp() public override {
        super.setUp();
        result = _register(COMMITMENT);
    }

    function _register(bytes32 commitment) private returns (bytes32) {
        vm.prank(hospital);
        return records.register(patient, _bit(Label.LABORATORY), Confidentiality.N, commitment);
    }

    /* RECORDS */

    function test_register_keeps_the_record_and_tells_it() external {
        uint32 labels = _bit(Label.IMAGING) | _bit(Label.HIV);
        bytes32 expected = keccak256(abi.encode(block.chainid, address(records), CLINIC, patient, COMMITMENT));
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.RecordRegistered(
            expected, patient, CLINIC, labels, Confidentiality.R, COMMITMENT
        );

        vm.prank(clinic);
        bytes32 recordRef = records.register(patient, labels, Confidentiality.R, COMMITMENT);

        same(recordRef, expected);
        _sameRecord(recordRef, Record(patient, CLINIC, labels, 1, Confidentiality.R, COMMITMENT));
    }

    function _sameRecord(bytes32 recordRef, Record memory expected) private view {
        same(keccak256(abi.encode(records.recordOf(recordRef))), keccak256(abi.encode(expected)));
    }

    function test_register_refuses_what_is_incomplete() external {
        uint32 care = _bit(Label.CARE);
        _refusesRecord(address(0), care, Confidentiality.N, COMMITMENT);
        _refusesRecord(patient, 0, Confidentiality.N, COMMITMENT);
        _refusesRecord(patient, care, Confidentiality.None, COMMITMENT);
        _refusesRecord(patient, care, Confidentiality.N, 0);
    }

    function test_register_refuses_sensitivities_without_a_class_of_data() external {
        _refusesRecord(patient, _bit(Label.ADMINISTRATION) - 1, Confidentiality.N, COMMITMENT);

        vm.prank(clinic);
        bytes32 recordRef =
            records.register(patient, _bit(Label.ADMINISTRATION), Confidentiality.N, COMMITMENT);

        same(records.recordOf(recordRef).labels, 1 << 6);
    }

    function _refusesRecord(address whose, uint32 labels, Confidentiality level, bytes32 commitment) private {
        _refuses(
            clinic,
            address(records),
            abi.encodeCall(IRecordRegistry.register, (whose, labels, level, commitment)),
            abi.encodeWithSelector(
                IRecordRegistry.RecordIncomplete.selector, whose, labels, level, commitment
            )
        );
    }

    function test_register_refuses_a_known_record() external {
        _refuses(
            hospital,
            address(records),
            abi.encodeCall(
                IRecordRegistry.register, (patient, _bit(Label.CARE), Confidentiality.V, COMMITMENT)
            ),
            abi.encodeWithSelector(IRecordRegistry.RecordKnown.selector, result)
        );
    }

    function test_only_active_providers_write_as_custodians() external {
        _refusesCustody(
            vm.addr(4), abi.encodeWithSelector(IRecordRegistry.MemberNotCustodian.selector, TRIALIST, SPONSOR)
        );
        _refusesCustody(stranger, abi.encodeWithSelector(IConsortium.AccountUnknown.selector, stranger));
        _suspended(HOSPITAL);
        _refusesCustody(
            hospital, abi.encodeWithSelector(IRecordRegistry.MemberNotCustodian.selector, HOSPITAL, uint16(0))
        );
        _removed(CLINIC);
        _refusesCustody(
            clinic, abi.encodeWithSelector(IRecordRegistry.MemberNotCustodian.selector, CLINIC, uint16(0))
        );
    }

    function test_custodians_write_nothing_while_paused() external {
        _paused(address(records));
        _refusesCustody(hospital, abi.encodeWithSelector(IRecordRegistry.RecordsPaused.selector));
    }

    function _refusesCustody(address by, bytes memory refusal) private {
        address target = address(records);
        bytes memory call = abi.encodeCall(IRecordRegistry.register, (patient, 1, Confidentiality.N, REPORT));
        _refuses(by, target, call, refusal);
        call = abi.encodeCall(IRecordRegistry.update, (result, 1, 1, Confidentiality.N, REPORT));
        _refuses(by, target, call, refusal);
        call = abi.encodeCall(IRecordRegistry.breakGlass, (result, REASON));
        _refuses(by, target, call, refusal);
        call = abi.encodeCall(IRecordRegistry.anchorLog, (REPORT, 1, 2, 3));
        _refuses(by, target, call, refusal);
    }

    function test_update_keeps_the_next_version_and_tells_both_commitments() external {
        uint32 labels = _bit(Label.GENOMIC);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.RecordUpdated(result, 2, labels, Confidentiality.V, COMMITMENT, REPORT);

        vm.prank(hospital);
        records.update(result, 1, labels, Confidentiality.V, REPORT);

        _sameRecord(result, Record(patient, HOSPITAL, labels, 2, Confidentiality.V, REPORT));
    }

    function test_update_refuses_another_members_record() external {
        _refusesUpdate(
            clinic,
            result,
            1,
            abi.encodeWithSelector(IRecordRegistry.RecordNotOfMember.selector, result, CLINIC, HOSPITAL)
        );
    }

    function test_update_refuses_an_unknown_record_and_another_version() external {
        _refusesUpdate(
            hospital, REPORT, 1, abi.encodeWithSelector(IRecordRegistry.RecordUnknown.selector, REPORT)
        );
        bytes4 notPresent = IRecordRegistry.RecordVersionNotPresent.selector;
        _refusesUpdate(hospital, result, 0, abi.encodeWithSelector(notPresent, result, 0, 1));
        _refusesUpdate(hospital, result, 2, abi.encodeWithSelector(notPresent, result, 2, 1));
    }

    function _refusesUpdate(address by, bytes32 recordRef, uint24 version, bytes memory refusal) private {
        bytes memory call =
            abi.encodeCall(IRecordRegistry.update, (recordRef, version, 1, Confidentiality.N, REPORT));
        _refuses(by, address(records), call, refusal);
    }

    function test_update_refuses_what_is_incomplete() external {
        _refuses(
            hospital,
            address(records),
            abi.encodeCall(IRecordRegistry.update, (result, 1, 0, Confidentiality.N, REPORT)),
            abi.encodeWithSelector(
                IRecordRegistry.RecordIncomplete.selector, patient, 0, Confidentiality.N, REPORT
            )
        );
    }

    /* ACCESS */

    function test_requestAccess_writes_a_receipt_for_permit_and_deny_alike() external {
        _grant(_for(CLINIC), _terms());
        _deny(_for(LAB), _terms());
        Receipt memory permitted = _receipt(CLINIC, Outcome.CONSENT_PERMIT, Ground.Member, 1);
        Receipt memory denied = _receipt(LAB, Outcome.CONSENT_DENY, Ground.Member, 1);
        Receipt memory open = _receipt(HOSPITAL, Outcome.NO_CONSENT, Ground.None, 0);

        _tells(permitted);
        denied.previous = _hash(permitted);
        _tells(denied);
        open.previous = _hash(denied);
        _tells(open);

        same(records.headOf(patient), _hash(open));
        same(records.headOf(refuge), bytes32(0));
    }

    function _receipt(uint32 member, Outcome outcome, Ground ground, uint32 version)
        private
        view
        returns (Receipt memory)
    {
        return Receipt({
            previous: 0,
            recordRef: result,
            study: 0,
            emergencyId: 0,
            patient: patient,
            actor: vm.addr(member),
            member: member,
            recordVersion: 1,
            purpose: Purpose.TREAT,
            action: ConsentAction.ACCESS,
            outcome: outcome,
            ground: ground,
            place: 0,
            version: version,
            decidedAt: uint48(block.timestamp)
        });
    }

    function _hash(Receipt memory receipt) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(records), receipt));
    }

    /// @dev Asks what the receipt says was asked, and expects it.
    function _tells(Receipt memory receipt) private {
        bytes32 expected = _hash(receipt);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.AccessDecided(
            receipt.recordRef, receipt.patient, receipt.member, expected, receipt
        );

        vm.prank(receipt.actor);
        (Outcome outcome, bytes32 receiptHash) = receipt.study == 0
            ? records.requestAccess(receipt.recordRef, receipt.purpose, receipt.action)
            : records.requestAccessForStudy(receipt.recordRef, receipt.study, receipt.purpose, receipt.action);

        yes(outcome == receipt.outcome);
        same(receiptHash, expected);
        same(records.headOf(receipt.patient), expected);
    }

    function test_requestAccess_names_the_operator_and_the_record_version() external {
        address nurse = _operator(CLINIC, 50);
        vm.prank(hospital);
        records.update(result, 1, _bit(Label.LABORATORY), Confidentiality.R, REPORT);
        Terms memory terms = _terms();
        terms.ceiling = Confidentiality.R;
        _grant(_for(CLINIC), _terms());
        _grant(_for(CLINIC), terms);
        Receipt memory receipt = _receipt(CLINIC, Outcome.CONSENT_PERMIT, Ground.Member, 1);
        (receipt.actor, receipt.recordVersion, receipt.place) = (nurse, 2, 1);

        _tells(receipt);
    }

    function test_requestAccessForStudy_asks_for_the_study() external {
        _deny(_for(EVERYONE), _research());
        (, uint32 version) = _grantStudy();
        Receipt memory receipt = _receipt(TRIALIST, Outcome.CONSENT_PERMIT, Ground.Study, version);
        (receipt.study, receipt.purpose) = (STUDY, Purpose.CLINTRCH);
        _tells(receipt);

        receipt.previous = _hash(receipt);
        (receipt.study, receipt.outcome, receipt.ground) = (0, Outcome.CONSENT_DENY, Ground.Everyone);
        _tells(receipt);
    }

    function _grantStudy() private returns (uint8 place, uint32 version) {
        Terms memory terms = _research();
        vm.prank(patient);
        return consents.grant(patient, _studyOf(TRIALIST), terms, REPORT);
    }

    function test_requestAccess_has_the_refusal_of_the_suspended_and_removed_on_record() external {
        _grant(_for(CLINIC), _terms());
        _suspended(CLINIC);
        Receipt memory receipt = _receipt(CLINIC, Outcome.CONSENT_DENY, Ground.MemberNotActive, 0);
        _tells(receipt);

        _removed(CLINIC);
        receipt.previous = _hash(receipt);
        _tells(receipt);
    }

    function test_requestAccess_permits_to_the_last_second_and_not_after_a_revocation() external {
        _grant(_for(CLINIC), _terms());
        vm.warp(start + 365 days - 1);
        yes(_ask(clinic, Purpose.TREAT, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);
        vm.warp(start + 365 days);
        yes(_ask(clinic, Purpose.TREAT, ConsentAction.ACCESS) == Outcome.NO_CONSENT);

        Terms memory terms = _terms();
        terms.validUntil = FOR_EVER;
        _grant(_for(CLINIC), terms);
        yes(_ask(clinic, Purpose.TREAT, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);
        _revoke(_for(CLINIC), 0, 2);
        yes(_ask(clinic, Purpose.TREAT, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
    }

    function _ask(address by, Purpose purpose, ConsentAction action) private returns (Outcome outcome) {
        vm.prank(by);
        (outcome,) = records.requestAccess(result, purpose, action);
    }

    function test_requestAccess_stands_on_consent_after_the_patient_moved() external {
        _grant(_for(CLINIC), _terms());
        _moved(refuge);

        _tells(_receipt(CLINIC, Outcome.CONSENT_PERMIT, Ground.Member, 1));
    }

    function test_requestAccess_refuses_nobody_the_unknown_and_a_pause() external {
        bytes memory call =
            abi.encodeCall(IRecordRegistry.requestAccess, (result, Purpose.TREAT, ConsentAction.ACCESS));
        _refuses(
            patient,
            address(records),
            call,
            abi.encodeWithSelector(IConsortium.AccountUnknown.selector, patient)
        );
        _refuses(
            clinic,
            address(records),
            abi.encodeCall(IRecordRegistry.requestAccess, (REPORT, Purpose.TREAT, ConsentAction.ACCESS)),
            abi.encodeWithSelector(IRecordRegistry.RecordUnknown.selector, REPORT)
        );
        _paused(address(records));
        _refuses(
            clinic, address(records), call, abi.encodeWithSelector(IRecordRegistry.RecordsPaused.selector)
        );
        same(records.headOf(patient), bytes32(0));
    }

    function test_the_receipts_of_two_patients_do_not_meet() external {
        vm.prank(hospital);
        bytes32 other = records.register(refuge, _bit(Label.CARE), Confidentiality.N, COMMITMENT);
        _tells(_receipt(CLINIC, Outcome.NO_CONSENT, Ground.None, 0));
        Receipt memory receipt = _receipt(CLINIC, Outcome.NO_CONSENT, Ground.None, 0);
        (receipt.recordRef, receipt.patient) = (other, refuge);

        _tells(receipt);
    }

    /* BREAKING THE GLASS */

    function test_breakGlass_opens_four_hours_and_tells_the_patient() external {
        bytes32 expected = keccak256(abi.encode(block.chainid, address(records), CLINIC, 0, patient, REASON));
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.GlassBroken(
            expected, patient, CLINIC, clinic, result, REASON, uint48(start + 4 hours), uint48(start + 7 days)
        );

        bytes32 id = _break();

        same(id, expected);
        Emergency memory kept = records.emergencyOf(id);
        same(kept.patient, patient);
        same(kept.expiresAt, start + 4 hours);
        same(kept.reviewDue, start + 7 days);
        same(kept.member, CLINIC);
        yes(kept.finding == Finding.None);
        same(records.newestEmergency(CLINIC, patient), id);
        same(records.openReviews(CLINIC)[0], id);
        same(records.emergenciesOf(CLINIC), 1);
        same(records.EMERGENCY(), 4 hours);
    }

    function _break() private returns (bytes32) {
        vm.prank(clinic);
        return records.breakGlass(result, REASON);
    }

    function test_breakGlass_permits_from_the_first_second_to_the_last() external {
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
        bytes32 id = _break();
        Receipt memory receipt = _receipt(CLINIC, Outcome.CONSENT_PERMIT, Ground.Emergency, 0);
        (receipt.previous, receipt.emergencyId) = (records.headOf(patient), id);
        receipt.purpose = Purpose.BTG;
        _tells(receipt);

        vm.warp(start + 4 hours - 1);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.COLLECT) == Outcome.CONSENT_PERMIT);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.USE) == Outcome.CONSENT_PERMIT);
        vm.warp(start + 4 hours);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
    }

    function test_breakGlass_permits_nothing_else_and_nobody_else() external {
        _break();

        yes(_ask(clinic, Purpose.BTG, ConsentAction.DISCLOSE) == Outcome.NO_CONSENT);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.CORRECT) == Outcome.NO_CONSENT);
        yes(_ask(clinic, Purpose.TREAT, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
        yes(_ask(vm.addr(3), Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
        vm.prank(hospital);
        result = records.register(refuge, _bit(Label.CARE), Confidentiality.N, COMMITMENT);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
    }

    function test_breakGlass_permits_every_record_of_the_patient() external {
        _break();
        vm.prank(hospital);
        result =
            records.register(patient, _bit(Label.HIV) | _bit(Label.LABORATORY), Confidentiality.V, REPORT);

        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);
    }

    function test_breakGlass_permits_no_more_once_the_member_is_no_active_provider() external {
        _break();
        uint256 before = vm.snapshotState();
        _voted();
        consortium.setRoles(CLINIC, AUDITOR);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);

        vm.revertToState(before);
        _suspended(CLINIC);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_DENY);
    }

    function test_a_deny_that_names_break_glass_stands_against_it() external {
        _break();
        Terms memory terms = _terms();
        _deny(_for(EVERYONE), terms);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);

        terms.purposes = _bit(Purpose.BTG);
        _deny(_for(EVERYONE), terms);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_DENY);
    }

    function test_a_permit_that_names_break_glass_needs_no_emergency() external {
        Terms memory terms = _terms();
        terms.purposes = _bit(Purpose.BTG);
        _grant(_for(CLINIC), terms);
        _break();
        Receipt memory receipt = _receipt(CLINIC, Outcome.CONSENT_PERMIT, Ground.Member, 1);
        receipt.purpose = Purpose.BTG;

        _tells(receipt);
    }

    function test_breakGlass_refuses_no_reason_and_an_unknown_record() external {
        _refusesBreaking(
            result, 0, abi.encodeWithSelector(IRecordRegistry.EmergencyReasonMissing.selector, result)
        );
        _refusesBreaking(
            REPORT, REASON, abi.encodeWithSelector(IRecordRegistry.RecordUnknown.selector, REPORT)
        );
    }

    function _refusesBreaking(bytes32 recordRef, bytes32 reason, bytes memory refusal) private {
        bytes memory call = abi.encodeCall(IRecordRegistry.breakGlass, (recordRef, reason));
        _refuses(clinic, address(records), call, refusal);
    }

    function test_breakGlass_again_opens_a_window_and_a_review_of_its_own() external {
        bytes32 first = _break();
        vm.warp(start + 3 hours);
        bytes32 second = _break();

        yes(first != second);
        same(records.newestEmergency(CLINIC, patient), second);
        same(records.openReviews(CLINIC).length, 2);
        vm.warp(start + 7 hours - 1);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);
        vm.warp(start + 7 hours);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);
    }

    function test_breakGlass_refuses_once_a_review_is_overdue_and_works_after_it() external {
        bytes32 first = _break();
        vm.warp(start + 1 days);
        bytes32 second = _break();
        vm.warp(start + 7 days - 1);
        same(records.overdueReviews(CLINIC).length, 0);
        bytes32 third = _break();

        vm.warp(start + 7 days);
        same(records.overdueReviews(CLINIC).length, 1);
        same(records.overdueReviews(CLINIC)[0], first);
        _refusesBreaking(
            result,
            REASON,
            abi.encodeWithSelector(
                IRecordRegistry.ReviewOverdue.selector, CLINIC, first, uint48(start + 7 days)
            )
        );
        vm.prank(hospital);
        records.breakGlass(result, REASON);
        vm.warp(start + 8 days);
        same(records.overdueReviews(CLINIC).length, 2);
        _review(inspector, first, Finding.Justified);
        _refusesBreaking(
            result,
            REASON,
            abi.encodeWithSelector(
                IRecordRegistry.ReviewOverdue.selector, CLINIC, second, uint48(start + 8 days)
            )
        );
        _review(inspector, second, Finding.Justified);
        same(records.openReviews(CLINIC)[0], third);
        _break();
    }

    function _review(address by, bytes32 id, Finding finding) private {
        vm.prank(by);
        records.review(id, finding, REPORT);
    }

    function test_breakGlass_takes_512_open_reviews_and_refuses_one_more() external {
        bytes32 last = 0;
        for (uint256 i = 0; i < 512; ++i) {
            last = _break();
        }
        same(records.openReviews(CLINIC).length, records.MAX_OPEN_REVIEWS());
        _refusesBreaking(
            result, REASON, abi.encodeWithSelector(IRecordRegistry.ReviewsFull.selector, CLINIC, 512)
        );

        _review(patient, last, Finding.Justified);
        _break();
    }

    function test_review_by_another_member_comes_once_the_emergency_is_over() external {
        bytes32 id = _break();
        vm.warp(start + 4 hours - 1);
        _refusesReview(
            inspector,
            id,
            Finding.Justified,
            abi.encodeWithSelector(IRecordRegistry.EmergencyRunning.selector, id, uint48(start + 4 hours))
        );
        vm.warp(start + 4 hours);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.EmergencyReviewed(
            id, patient, CLINIC, INSPECTOR, inspector, Finding.Justified, REPORT
        );

        _review(inspector, id, Finding.Justified);

        Emergency memory kept = records.emergencyOf(id);
        same(kept.expiresAt, start + 4 hours);
        yes(kept.finding == Finding.Justified);
        same(records.openReviews(CLINIC).length, 0);
    }

    function test_review_by_the_patient_or_a_guardian_ends_the_emergency_and_names_no_member() external {
        bytes32 id = _break();
        bytes32 second = _break();
        _appoint(Power.Speak, FOR_EVER);
        vm.warp(start + 1 hours);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.CONSENT_PERMIT);
        _review(guardian, second, Finding.Justified);
        same(records.emergencyOf(second).expiresAt, start + 1 hours);
        yes(_ask(clinic, Purpose.BTG, ConsentAction.ACCESS) == Outcome.NO_CONSENT);

        vm.warp(start + 5 hours);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.EmergencyReviewed(id, patient, CLINIC, 0, patient, Finding.Unjustified, REPORT);
        _review(patient, id, Finding.Unjustified);

        same(records.emergencyOf(id).expiresAt, start + 4 hours);
    }

    function test_review_by_a_member_that_speaks_for_the_patient_is_the_patients() external {
        bytes32 id = _break();
        vm.prank(patient);
        consents.appoint(patient, hospital, Power.Speak, FOR_EVER);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.EmergencyReviewed(id, patient, CLINIC, 0, hospital, Finding.Justified, REPORT);

        _review(hospital, id, Finding.Justified);
    }

    function test_review_by_the_patient_comes_in_place_of_a_members_once() external {
        bytes32 id = _break();
        vm.warp(start + 4 hours);
        _review(inspector, id, Finding.Justified);
        yes(!records.emergencyOf(id).byPatient);
        bytes memory done = abi.encodeWithSelector(IRecordRegistry.ReviewDone.selector, id, Finding.Justified);
        _refusesReview(hospital, id, Finding.Unjustified, done);

        _review(patient, id, Finding.Unjustified);

        yes(records.emergencyOf(id).finding == Finding.Unjustified && records.emergencyOf(id).byPatient);
        same(records.shutUntil(CLINIC, patient), start + 4 hours + 7 days);
        done = abi.encodeWithSelector(IRecordRegistry.ReviewDone.selector, id, Finding.Unjustified);
        _refusesReview(patient, id, Finding.Justified, done);
        _refusesReview(inspector, id, Finding.Justified, done);
    }

    function test_an_unjustified_glass_stays_shut_for_the_member_and_the_patient() external {
        bytes32 justified = _break();
        _review(patient, _break(), Finding.Unjustified);
        uint48 until = uint48(start + 7 days);
        same(records.shutUntil(CLINIC, patient), until);
        _review(patient, justified, Finding.Justified);
        bytes memory shut = abi.encodeWithSelector(IRecordRegistry.GlassShut.selector, CLINIC, patient, until);

        vm.warp(until - 1);
        _refusesBreaking(result, REASON, shut);
        vm.prank(hospital);
        records.breakGlass(result, REASON);
        vm.warp(until);
        _break();
    }

    function test_a_patient_opens_what_a_member_shut() external {
        bytes32 id = _break();
        vm.warp(start + 4 hours);
        _review(inspector, id, Finding.Unjustified);
        yes(records.shutUntil(CLINIC, patient) != 0);

        _review(patient, id, Finding.Justified);

        same(records.shutUntil(CLINIC, patient), 0);
        _break();
    }

    function test_breakGlass_serves_no_study() external {
        _break();
        vm.prank(clinic);
        (Outcome outcome,) = records.requestAccessForStudy(result, STUDY, Purpose.BTG, ConsentAction.COLLECT);

        yes(outcome == Outcome.NO_CONSENT);
    }

    function test_review_works_while_paused() external {
        bytes32 id = _break();
        _paused(address(records));

        _review(patient, id, Finding.Justified);

        same(records.openReviews(CLINIC).length, 0);
    }

    function test_review_refuses_the_members_own() external {
        address nurse = _operator(CLINIC, 50);
        bytes32 id = _break();
        bytes memory refusal = abi.encodeWithSelector(IRecordRegistry.ReviewOfOwn.selector, id, CLINIC);

        _refusesReview(clinic, id, Finding.Justified, refusal);
        _refusesReview(nurse, id, Finding.Justified, refusal);
        _removed(CLINIC);
        _refusesReview(clinic, id, Finding.Justified, refusal);
    }

    function test_review_refuses_the_members_own_even_where_it_speaks_for_the_patient() external {
        bytes32 id = _break();
        vm.prank(patient);
        consents.appoint(patient, clinic, Power.Speak, FOR_EVER);

        _refusesReview(
            clinic,
            id,
            Finding.Justified,
            abi.encodeWithSelector(IRecordRegistry.ReviewOfOwn.selector, id, CLINIC)
        );
    }

    function _refusesReview(address by, bytes32 id, Finding finding, bytes memory refusal) private {
        _refuses(by, address(records), abi.encodeCall(IRecordRegistry.review, (id, finding, REPORT)), refusal);
    }

    function test_review_refuses_strangers_former_accounts_and_the_suspended() external {
        bytes32 id = _break();
        _moved(refuge);
        _suspended(INSPECTOR);
        address[3] memory callers = [stranger, patient, inspector];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesReview(
                callers[i],
                id,
                Finding.Justified,
                abi.encodeWithSelector(IRecordRegistry.ReviewerNotEntitled.selector, id, callers[i])
            );
        }
        _review(refuge, id, Finding.Justified);
    }

    function test_review_refuses_the_unknown_twice_and_no_finding() external {
        _refusesReview(
            inspector,
            REPORT,
            Finding.Justified,
            abi.encodeWithSelector(IRecordRegistry.EmergencyUnknown.selector, REPORT)
        );
        bytes32 id = _break();
        _refusesReview(
            inspector, id, Finding.None, abi.encodeWithSelector(IRecordRegistry.FindingMissing.selector, id)
        );
        _review(patient, id, Finding.Unjustified);
        _refusesReview(
            patient,
            id,
            Finding.Justified,
            abi.encodeWithSelector(IRecordRegistry.ReviewDone.selector, id, Finding.Unjustified)
        );
    }

    function test_reviewBySignature_does_the_patients_will_whoever_hands_it_in() external {
        bytes32 id = _break();
        bytes memory signature = _signedReview(PATIENT_KEY, address(records), id, patient);
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.EmergencyReviewed(id, patient, CLINIC, 0, patient, Finding.Unjustified, REPORT);

        vm.prank(clinic);
        records.reviewBySignature(id, Finding.Unjustified, REPORT, patient, uint48(start + 1), signature);

        _refusesSigned(
            id,
            Finding.Unjustified,
            patient,
            signature,
            abi.encodeWithSelector(IRecordRegistry.ReviewDone.selector, id, Finding.Unjustified)
        );
    }

    function _signedReview(uint256 key, address target, bytes32 id, address signer)
        private
        view
        returns (bytes memory)
    {
        bytes32 typehash = keccak256(
            "Review(bytes32 emergencyId,uint8 finding,bytes32 report,address signer,uint48 deadline)"
        );
        bytes32 said =
            keccak256(abi.encode(typehash, id, Finding.Unjustified, REPORT, signer, uint48(start + 1)));
        return _sign(key, _digestFor("RecordRegistry", target, said));
    }

    function _refusesSigned(
        bytes32 id,
        Finding finding,
        address signer,
        bytes memory signature,
        bytes memory refusal
    ) private {
        bytes memory call = abi.encodeCall(
            IRecordRegistry.reviewBySignature, (id, finding, REPORT, signer, uint48(start + 1), signature)
        );
        _refuses(stranger, address(records), call, refusal);
    }

    function test_reviewBySignature_refuses_what_was_not_signed_so() external {
        bytes32 id = _break();
        bytes32 second = _break();
        bytes memory signature = _signedReview(PATIENT_KEY, address(records), id, patient);
        bytes memory refusal = abi.encodeWithSelector(IRecordRegistry.ReviewNotSigned.selector, id, patient);
        _refusesSigned(id, Finding.Justified, patient, signature, refusal);
        _refusesSigned(
            id, Finding.Unjustified, patient, _signedReview(99, address(records), id, patient), refusal
        );
        _refusesSigned(
            id,
            Finding.Unjustified,
            patient,
            _signedReview(PATIENT_KEY, address(consents), id, patient),
            refusal
        );
        _refusesSigned(
            second,
            Finding.Unjustified,
            patient,
            signature,
            abi.encodeWithSelector(IRecordRegistry.ReviewNotSigned.selector, second, patient)
        );
        _refusesSigned(
            id,
            Finding.Unjustified,
            address(0),
            new bytes(65),
            abi.encodeWithSelector(IRecordRegistry.ReviewNotSigned.selector, id, address(0))
        );
        vm.chainId(999);
        _refusesSigned(id, Finding.Unjustified, patient, signature, refusal);
        vm.chainId(31_337);
        vm.warp(start + 1);
        _refusesSigned(
            id,
            Finding.Unjustified,
            patient,
            signature,
            abi.encodeWithSelector(IRecordRegistry.ReviewLate.selector, id, uint48(start + 1))
        );
    }

    function test_reviewBySignature_refuses_the_members_own_and_strangers() external {
        bytes32 id = _break();
        _refusesSigned(
            id,
            Finding.Unjustified,
            clinic,
            _signedReview(2, address(records), id, clinic),
            abi.encodeWithSelector(IRecordRegistry.ReviewOfOwn.selector, id, CLINIC)
        );
        _refusesSigned(
            id,
            Finding.Unjustified,
            stranger,
            _signedReview(99, address(records), id, stranger),
            abi.encodeWithSelector(IRecordRegistry.ReviewerNotEntitled.selector, id, stranger)
        );
    }

    function test_reviewBySignature_takes_a_contract_wallets() external {
        address wallet = address(new Wallet(patient, 0x1626ba7e));
        _moved(wallet);
        bytes32 id = _break();

        records.reviewBySignature(
            id,
            Finding.Unjustified,
            REPORT,
            wallet,
            uint48(start + 1),
            _signedReview(PATIENT_KEY, address(records), id, wallet)
        );

        yes(records.emergencyOf(id).finding == Finding.Unjustified);
    }

    function test_setReviewPeriod_keeps_its_bounds_and_the_dates_that_were_set() external {
        bytes32 id = _break();
        _setPeriod(1 days);
        _setPeriod(30 days);
        bytes4 out = IRecordRegistry.ReviewPeriodOutOfBounds.selector;
        _refusesPeriod(
            address(consortium), 1 days - 1, abi.encodeWithSelector(out, 1 days - 1, 1 days, 30 days)
        );
        _refusesPeriod(
            address(consortium), 30 days + 1, abi.encodeWithSelector(out, 30 days + 1, 1 days, 30 days)
        );
        _refusesPeriod(
            clinic, 2 days, abi.encodeWithSelector(IConsortium.CallerNotConsortium.selector, clinic)
        );

        same(records.emergencyOf(id).reviewDue, start + 7 days);
        same(records.emergencyOf(_break()).reviewDue, start + 30 days);
    }

    function _setPeriod(uint48 period) private {
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.ReviewPeriodChanged(period);
        _voted();
        records.setReviewPeriod(period);
        same(records.reviewPeriod(), period);
    }

    function _refusesPeriod(address by, uint48 period, bytes memory refusal) private {
        _refuses(by, address(records), abi.encodeCall(IRecordRegistry.setReviewPeriod, (period)), refusal);
    }

    function test_deployment_tells_the_review_period() external {
        vm.recordLogs();
        new RecordRegistry(consortium, consents);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        same(logs.length, 1);
        same(logs[0].topics[0], IRecordRegistry.ReviewPeriodChanged.selector);
        same(keccak256(logs[0].data), keccak256(abi.encode(7 days)));
    }

    /* LOGS */

    function test_anchorLog_tells_logs_that_leave_no_second_out() external {
        vm.expectEmit(true, true, true, true);
        emit IRecordRegistry.LogAnchored(CLINIC, REPORT, clinic, 100, 200, 7);
        _anchor(REPORT, 100, 200);
        same(records.loggedUntil(CLINIC), 200);

        bytes4 gap = IRecordRegistry.LogNotContiguous.selector;
        _refusesLog(REPORT, 199, 300, abi.encodeWithSelector(gap, CLINIC, 199, 200));
        _refusesLog(REPORT, 201, 300, abi.encodeWithSelector(gap, CLINIC, 201, 200));
        _anchor(REASON, 200, uint48(start));
        same(records.loggedUntil(CLINIC), start);
        same(records.loggedUntil(HOSPITAL), 0);
    }

    function _anchor(bytes32 root, uint48 from, uint48 until) private {
        vm.prank(clinic);
        records.anchorLog(root, from, until, 7);
    }

    function test_anchorLog_refuses_no_root_and_a_period_reversed_or_to_come() external {
        bytes4 unusable = IRecordRegistry.LogNotUsable.selector;
        _refusesLog(0, 100, 200, abi.encodeWithSelector(unusable, 0, 100, 200));
        _refusesLog(REPORT, 100, 100, abi.encodeWithSelector(unusable, REPORT, 100, 100));
        uint48 ahead = uint48(start + 1);
        _refusesLog(REPORT, 100, ahead, abi.encodeWithSelector(unusable, REPORT, 100, ahead));
    }

    function _refusesLog(bytes32 root, uint48 from, uint48 until, bytes memory refusal) private {
        bytes memory call = abi.encodeCall(IRecordRegistry.anchorLog, (root, from, until, 7));
        _refuses(clinic, address(records), call, refusal);
    }
}
