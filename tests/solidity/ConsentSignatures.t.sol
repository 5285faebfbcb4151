// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ConsentRegistry} from "../../contracts/ConsentRegistry.sol";
import {
    Grantee,
    Ground,
    IConsentRegistry,
    Instruction,
    Power,
    Provision,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {ConsentWorld} from "./ConsentWorld.sol";
import {Wallet} from "./ConsortiumWorld.sol";

/*
instructions, of every kind
├── given a signature of the patient
│   └── it follows it, whoever hands it in, and says when it was signed
├── given one that was handed in before, or is not the next one
│   └── it refuses
├── given a revocation
│   └── it follows it in whatever turn, once
├── given one for another function, contract, chain or patient
│   └── it refuses
├── given one at its deadline, or from the future
│   └── it refuses
├── given one of the zero signer, of a stranger, high-s, compact, truncated, with a wrong v
│   └── it refuses
├── given one of a contract wallet
│   └── it follows it, unless the wallet does not say so
├── given one of a guardian
│   └── it follows what a guardian may do, and refuses the rest
└── given one that was cancelled, or whose signer was replaced since
    └── it refuses
*/
contract ConsentSignaturesTest is ConsentWorld {
    enum Kind {
        Grant,
        Deny,
        Revocation,
        Appointment,
        Dismissal,
        MoveRequest,
        Contest,
        Cancellation
    }

    uint256 private constant KINDS = 8;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    string private constant TAIL = "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)";
    string private constant TERMS = "(address patient,uint32 member,bytes32 study,uint64 purposes,uint32 labels,uint8 actions,"
        "uint8 ceiling,uint48 validFrom,uint48 validUntil,bytes32 document,";

    function setUp() public override {
        super.setUp();
        _grant(_for(CLINIC), _terms());
        _appoint(Power.Speak, start + 100 days);
        vm.prank(patient);
        consents.requestMove(patient, refuge);
    }

    /* THE MESSAGES, SPELT OUT */

    function _typehash(Kind kind) private pure returns (bytes32) {
        if (kind == Kind.Grant) return keccak256(abi.encodePacked("Grant", TERMS, TAIL));
        if (kind == Kind.Deny) return keccak256(abi.encodePacked("Deny", TERMS, TAIL));
        if (kind == Kind.Revocation) {
            return keccak256(
                abi.encodePacked(
                    "Revocation(address patient,uint32 member,bytes32 study,uint8 place,uint32 version,", TAIL
                )
            );
        }
        if (kind == Kind.Appointment) {
            return keccak256(
                abi.encodePacked(
                    "Appointment(address patient,address representative,uint8 power,uint48 until,", TAIL
                )
            );
        }
        if (kind == Kind.Dismissal) {
            return keccak256(abi.encodePacked("Dismissal(address patient,address representative,", TAIL));
        }
        if (kind == Kind.MoveRequest) {
            return keccak256(abi.encodePacked("MoveRequest(address patient,address account,", TAIL));
        }
        if (kind == Kind.Contest) {
            return keccak256(abi.encodePacked("Contest(address patient,address account,", TAIL));
        }
        return keccak256(abi.encodePacked("Cancellation(", TAIL));
    }

    /// @dev Field by field, so that the contract's shorter way is checked against the long one.
    function _fields(Kind kind) private view returns (bytes memory) {
        Terms memory t = _terms();
        if (kind == Kind.Grant || kind == Kind.Deny) {
            return abi.encode(
                patient,
                CLINIC,
                STUDY,
                t.purposes,
                t.labels,
                t.actions,
                t.ceiling,
                t.validFrom,
                t.validUntil,
                DOCUMENT
            );
        }
        if (kind == Kind.Revocation) return abi.encode(patient, CLINIC, bytes32(0), uint8(0), uint32(1));
        if (kind == Kind.Appointment) {
            return abi.encode(patient, stranger, Power.Recover, uint48(start + 9 days));
        }
        if (kind == Kind.Dismissal) return abi.encode(patient, guardian);
        if (kind == Kind.Cancellation) return "";
        return abi.encode(patient, kind == Kind.Contest ? refuge : stranger);
    }

    function _said(Kind kind, Instruction memory by) private view returns (bytes32) {
        bytes memory tail = abi.encode(by.signer, by.nonce, by.signedAt, by.deadline);
        return keccak256(bytes.concat(_typehash(kind), _fields(kind), tail));
    }

    function _call(Kind kind, Instruction memory by, bytes memory signature)
        private
        view
        returns (bytes memory)
    {
        Grantee memory study = Grantee(CLINIC, STUDY);
        if (kind == Kind.Grant) {
            return abi.encodeCall(
                IConsentRegistry.grantBySignature, (patient, study, _terms(), DOCUMENT, by, signature)
            );
        }
        if (kind == Kind.Deny) {
            return abi.encodeCall(
                IConsentRegistry.denyBySignature, (patient, study, _terms(), DOCUMENT, by, signature)
            );
        }
        if (kind == Kind.Revocation) {
            return
                abi.encodeCall(
                    IConsentRegistry.revokeBySignature, (patient, _for(CLINIC), 0, 1, by, signature)
                );
        }
        if (kind == Kind.Appointment) {
            return abi.encodeCall(
                IConsentRegistry.appointBySignature,
                (patient, stranger, Power.Recover, uint48(start + 9 days), by, signature)
            );
        }
        if (kind == Kind.Dismissal) {
            return abi.encodeCall(IConsentRegistry.dismissBySignature, (patient, guardian, by, signature));
        }
        if (kind == Kind.MoveRequest) {
            return abi.encodeCall(IConsentRegistry.requestMoveBySignature, (patient, stranger, by, signature));
        }
        if (kind == Kind.Contest) {
            return abi.encodeCall(IConsentRegistry.contestMoveBySignature, (patient, refuge, by, signature));
        }
        return abi.encodeCall(IConsentRegistry.cancelBySignature, (by, signature));
    }

    function _signed(Kind kind, Instruction memory by, uint256 key) private view returns (bytes memory) {
        return _sign(key, _digestFor("ConsentRegistry", address(consents), _said(kind, by)));
    }

    function _handIn(Kind kind, Instruction memory by, bytes memory signature) private returns (bool done) {
        vm.prank(vm.addr(77));
        (done,) = address(consents).call(_call(kind, by, signature));
    }

    function _refusesHandIn(Kind kind, Instruction memory by, bytes memory signature, bytes memory refusal)
        private
    {
        _refuses(vm.addr(77), address(consents), _call(kind, by, signature), refusal);
    }

    function _notSigned(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IConsentRegistry.InstructionNotSigned.selector, signer);
    }

    function _outOfTurn(address signer, uint64 nonce, uint64 next) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IConsentRegistry.InstructionOutOfTurn.selector, signer, nonce, next);
    }

    /* WHAT IS FOLLOWED */

    function test_grantBySignature_does_the_patients_will_whoever_hands_it_in() external {
        Instruction memory by = _instruction(patient);
        uint256 word = _word(_terms(), Provision.Permit, 1, 0);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.InstructionFollowed(patient, 0, uint48(start - 1 hours));
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.DirectiveGiven(patient, CLINIC, STUDY, patient, word, DOCUMENT);

        vm.prank(stranger);
        (uint8 place, uint32 version) = consents.grantBySignature(
            patient, Grantee(CLINIC, STUDY), _terms(), DOCUMENT, by, _signed(Kind.Grant, by, PATIENT_KEY)
        );

        same(place, 0);
        same(version, 1);
        same(consents.nonceOf(patient), 1);
    }

    function test_denyBySignature_denies() external {
        Instruction memory by = _instruction(patient);

        (uint8 place, uint32 version) = consents.denyBySignature(
            patient, Grantee(CLINIC, STUDY), _terms(), DOCUMENT, by, _signed(Kind.Deny, by, PATIENT_KEY)
        );

        same(place, 0);
        same(version, 1);
        yes(consents.directivesOf(patient, Grantee(CLINIC, STUDY))[0].provision == Provision.Deny);
    }

    function test_every_other_instruction_does_what_it_says() external {
        _follows(Kind.Revocation);
        same(_directive(_for(CLINIC), 0).validUntil, start);
        _follows(Kind.Appointment);
        same(consents.representationOf(patient, stranger).until, start + 9 days);
        _follows(Kind.Contest);
        same(consents.moveOf(patient).account, address(0));
        _follows(Kind.MoveRequest);
        same(consents.moveOf(patient).account, stranger);
        same(consents.moveOf(patient).by, patient);
        _follows(Kind.Dismissal);
        yes(!consents.speaksFor(guardian, patient));
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.InstructionFollowed(patient, 4, uint48(start - 1 hours));
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.InstructionCancelled(patient, 4);
        _follows(Kind.Cancellation);
        same(consents.nonceOf(patient), 5);
    }

    function _follows(Kind kind) private {
        Instruction memory by = _instruction(patient);
        bytes memory signature = _signed(kind, by, PATIENT_KEY);
        yes(_handIn(kind, by, signature));
    }

    function test_instructions_are_followed_up_to_the_deadline_and_from_the_block() external {
        Instruction memory by = _instruction(patient);
        (by.signedAt, by.deadline) = (uint48(start + 1), uint48(start + 2));
        bytes memory signature = _signed(Kind.Revocation, by, PATIENT_KEY);
        _refusesHandIn(
            Kind.Revocation,
            by,
            signature,
            abi.encodeWithSelector(
                IConsentRegistry.InstructionFromFuture.selector, patient, uint48(start + 1)
            )
        );
        vm.warp(start + 2);
        bytes memory late =
            abi.encodeWithSelector(IConsentRegistry.InstructionLate.selector, patient, uint48(start + 2));
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            _refusesHandIn(Kind(kind), by, signature, late);
        }

        vm.warp(start + 1);
        yes(_handIn(Kind.Revocation, by, signature));
    }

    function test_contract_wallets_sign_too() external {
        Wallet wallet = new Wallet(patient, 0x1626ba7e);
        patient = address(wallet);
        Instruction memory by = _instruction(address(wallet));

        yes(_handIn(Kind.Grant, by, _signed(Kind.Grant, by, PATIENT_KEY)));

        same(consents.directivesOf(address(wallet), Grantee(CLINIC, STUDY)).length, 1);
    }

    function test_contract_wallets_that_do_not_say_so_are_refused() external {
        address owner = patient;
        patient = address(new Wallet(owner, 0x1626ba7e));
        Instruction memory by = _instruction(patient);
        _refusesHandIn(Kind.Grant, by, _signed(Kind.Grant, by, GUARDIAN_KEY), _notSigned(patient));
        patient = address(new Wallet(owner, 0xdeadbeef));
        by = _instruction(patient);
        _refusesHandIn(Kind.Grant, by, _signed(Kind.Grant, by, PATIENT_KEY), _notSigned(patient));
    }

    function test_a_guardian_signs_what_a_guardian_may_do() external {
        Instruction memory by = _instruction(guardian);
        yes(_handIn(Kind.Grant, by, _signed(Kind.Grant, by, GUARDIAN_KEY)));
        same(consents.nonceOf(guardian), 1);
        same(consents.nonceOf(patient), 0);

        by = _instruction(guardian);
        bytes memory refusal =
            abi.encodeWithSelector(IConsentRegistry.CallerNotPatient.selector, guardian, patient);
        _refusesHandIn(Kind.Appointment, by, _signed(Kind.Appointment, by, GUARDIAN_KEY), refusal);
        _refusesHandIn(Kind.Contest, by, _signed(Kind.Contest, by, GUARDIAN_KEY), refusal);
        yes(_handIn(Kind.Dismissal, by, _signed(Kind.Dismissal, by, GUARDIAN_KEY)));
        by = _instruction(guardian);
        refusal = abi.encodeWithSelector(
            IConsentRegistry.CallerNotSpeaker.selector, guardian, patient, uint48(start)
        );
        _refusesHandIn(Kind.Grant, by, _signed(Kind.Grant, by, GUARDIAN_KEY), refusal);
        _refusesHandIn(Kind.MoveRequest, by, _signed(Kind.MoveRequest, by, GUARDIAN_KEY), refusal);
    }

    /* WHAT IS REFUSED */

    function test_every_kind_refuses_a_replay() external {
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            uint256 before = vm.snapshotState();
            Instruction memory by = _instruction(patient);
            bytes memory signature = _signed(Kind(kind), by, PATIENT_KEY);
            yes(_handIn(Kind(kind), by, signature));

            bytes memory refusal = Kind(kind) == Kind.Revocation ? _notStanding() : _outOfTurn(patient, 0, 1);
            _refusesHandIn(Kind(kind), by, signature, refusal);
            vm.revertToState(before);
        }
    }

    function _notStanding() private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IConsentRegistry.DirectiveNotStanding.selector, patient, CLINIC, bytes32(0), uint8(0), uint32(1)
        );
    }

    function test_a_revocation_is_held_up_by_no_other_instruction_and_never_ends_another_directive()
        external
    {
        Instruction memory by = _instruction(patient);
        bytes memory revocation = _signed(Kind.Revocation, by, PATIENT_KEY);
        yes(_handIn(Kind.Grant, by, _signed(Kind.Grant, by, PATIENT_KEY)));

        yes(_handIn(Kind.Revocation, by, revocation));

        same(consents.nonceOf(patient), 1);
        same(_directive(_for(CLINIC), 0).validUntil, start);
        _grant(_for(CLINIC), _terms());
        _refusesHandIn(Kind.Revocation, by, revocation, _notStanding());
    }

    function test_a_grant_is_not_replayed_after_its_revocation() external {
        Instruction memory by = _instruction(patient);
        bytes memory signature = _signed(Kind.Grant, by, PATIENT_KEY);
        _handIn(Kind.Grant, by, signature);
        _revoke(Grantee(CLINIC, STUDY), 0, 1);

        _refusesHandIn(Kind.Grant, by, signature, _outOfTurn(patient, 0, 1));
    }

    function test_every_kind_refuses_one_that_is_not_the_next() external {
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            if (Kind(kind) == Kind.Revocation) continue;
            Instruction memory by = _instruction(patient);
            by.nonce = 1;
            bytes memory signature = _signed(Kind(kind), by, PATIENT_KEY);
            _refusesHandIn(Kind(kind), by, signature, _outOfTurn(patient, 1, 0));
        }
    }

    function test_every_kind_refuses_a_signature_for_another_function() external {
        Instruction memory by = _instruction(patient);
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            bytes memory signature = _signed(Kind(kind), by, PATIENT_KEY);
            for (uint256 other = 0; other < KINDS; ++other) {
                if (other == kind) continue;
                _refusesHandIn(Kind(other), by, signature, _notSigned(patient));
            }
        }
    }

    function test_every_kind_refuses_a_signature_for_another_contract_name_or_chain() external {
        Instruction memory by = _instruction(patient);
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            bytes32 said = _said(Kind(kind), by);
            bytes32 digest = _digestFor("ConsentRegistry", address(new ConsentRegistry(consortium)), said);
            _refusesHandIn(Kind(kind), by, _sign(PATIENT_KEY, digest), _notSigned(patient));
            digest = _digestFor("RecordRegistry", address(consents), said);
            _refusesHandIn(Kind(kind), by, _sign(PATIENT_KEY, digest), _notSigned(patient));
            bytes memory signature = _signed(Kind(kind), by, PATIENT_KEY);
            vm.chainId(999);
            _refusesHandIn(Kind(kind), by, signature, _notSigned(patient));
            vm.chainId(31_337);
        }
    }

    function test_every_kind_refuses_changed_fields() external {
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            Instruction memory by = _instruction(patient);
            bytes memory signature = _signed(Kind(kind), by, PATIENT_KEY);
            by.signedAt -= 1;
            _refusesHandIn(Kind(kind), by, signature, _notSigned(patient));
            by.signedAt += 1;
            by.deadline += 1;
            _refusesHandIn(Kind(kind), by, signature, _notSigned(patient));
        }
    }

    function test_grant_refuses_a_signature_for_other_terms() external {
        Instruction memory by = _instruction(patient);
        bytes memory signature = _signed(Kind.Grant, by, PATIENT_KEY);
        Terms memory more = _terms();
        more.purposes |= 1;
        vm.expectRevert(_notSigned(patient));
        consents.grantBySignature(patient, Grantee(CLINIC, STUDY), more, DOCUMENT, by, signature);
        vm.expectRevert(_notSigned(patient));
        consents.grantBySignature(patient, Grantee(LAB, STUDY), _terms(), DOCUMENT, by, signature);
        vm.expectRevert(_notSigned(patient));
        consents.grantBySignature(patient, Grantee(CLINIC, STUDY), _terms(), keccak256("x"), by, signature);
        vm.expectRevert(_notSigned(patient));
        consents.grantBySignature(refuge, Grantee(CLINIC, STUDY), _terms(), DOCUMENT, by, signature);
    }

    function test_every_kind_refuses_the_zero_signer() external {
        Instruction memory by = _instruction(address(0));
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            _refusesHandIn(Kind(kind), by, new bytes(65), _notSigned(address(0)));
            _refusesHandIn(
                Kind(kind), by, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)), _notSigned(address(0))
            );
        }
    }

    function test_every_kind_refuses_a_stranger() external {
        Instruction memory by = _instruction(patient);
        Instruction memory own = _instruction(stranger);
        for (uint256 kind = 0; kind < uint256(Kind.Cancellation); ++kind) {
            _refusesHandIn(Kind(kind), by, _signed(Kind(kind), by, 99), _notSigned(patient));
            bytes memory signature = _signed(Kind(kind), own, 99);
            bytes4 refusal = Kind(kind) == Kind.Appointment || Kind(kind) == Kind.Dismissal
                || Kind(kind) == Kind.Contest
                ? IConsentRegistry.CallerNotPatient.selector
                : IConsentRegistry.CallerNotSpeaker.selector;
            bytes memory data = refusal == IConsentRegistry.CallerNotPatient.selector
                ? abi.encodeWithSelector(refusal, stranger, patient)
                : abi.encodeWithSelector(refusal, stranger, patient, uint48(0));
            _refusesHandIn(Kind(kind), own, signature, data);
        }
    }

    function test_every_kind_refuses_misshapen_signatures() external {
        Instruction memory by = _instruction(patient);
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            bytes32 digest = _digestFor("ConsentRegistry", address(consents), _said(Kind(kind), by));
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(PATIENT_KEY, digest);
            bytes[6] memory shapes = [
                abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)),
                abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))),
                abi.encodePacked(r, s),
                abi.encodePacked(r, bytes31(s), v),
                abi.encodePacked(r, s, v - 27),
                bytes("")
            ];
            for (uint256 i = 0; i < shapes.length; ++i) {
                _refusesHandIn(Kind(kind), by, shapes[i], _notSigned(patient));
            }
        }
    }

    function test_instructions_signed_before_a_move_are_worth_nothing_after() external {
        Instruction memory by = _instruction(patient);
        bytes memory signature = _signed(Kind.Grant, by, PATIENT_KEY);
        _moved(refuge);

        _refusesHandIn(
            Kind.Grant,
            by,
            signature,
            abi.encodeWithSelector(IConsentRegistry.PatientMoved.selector, patient, refuge)
        );
    }

    function test_an_account_with_delegated_code_signs_with_its_key() external {
        vm.etch(patient, hex"ef01000000000000000000000000000000000000001234");

        _follows(Kind.Grant);
        _follows(Kind.Revocation);
    }

    /* CANCELLING */

    function test_cancel_makes_a_signature_worthless() external {
        Instruction memory by = _instruction(patient);
        bytes memory signature = _signed(Kind.Grant, by, PATIENT_KEY);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.InstructionCancelled(patient, 0);

        vm.prank(patient);
        consents.cancel(0);

        _refusesHandIn(Kind.Grant, by, signature, _outOfTurn(patient, 0, 1));
    }

    function test_cancel_refuses_any_but_the_next() external {
        _refuses(
            patient,
            address(consents),
            abi.encodeCall(IConsentRegistry.cancel, (1)),
            _outOfTurn(patient, 1, 0)
        );
    }

    function test_cancelling_works_while_paused_and_so_does_ending_anything() external {
        _paused(address(consents));
        _follows(Kind.Cancellation);
        _follows(Kind.Revocation);
        _follows(Kind.Dismissal);
        _follows(Kind.Contest);
        _follows(Kind.Deny);
        bytes memory paused = abi.encodeWithSelector(IConsentRegistry.ConsentsPaused.selector);
        Kind[3] memory kinds = [Kind.Grant, Kind.Appointment, Kind.MoveRequest];
        for (uint256 i = 0; i < 3; ++i) {
            Instruction memory by = _instruction(patient);
            _refusesHandIn(kinds[i], by, _signed(kinds[i], by, PATIENT_KEY), paused);
        }
    }
}
