// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ConsentRegistry} from "../../contracts/ConsentRegistry.sol";
import {
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Ground,
    IConsentRegistry,
    Label,
    Move,
    Outcome,
    Power,
    Provision,
    Purpose,
    Question,
    Representation,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {ConsentWorld} from "./ConsentWorld.sol";
import {Vm} from "./Vm.sol";

/*
grant
├── given terms that can be kept
│   ├── it keeps them in the first free place, and tells all of it
│   └── it reuses the place of a directive that ended, under the next version
├── given a purpose, label, action or ceiling that is missing or unknown, a period reversed or over, no document,
│   a study of everyone, or eight directives
│   └── it refuses, with the values
├── when a stranger, another patient, or a former account asks
│   └── it refuses
└── when paused
    └── it refuses
deny
└── it needs no ceiling, and no pause holds it up
revoke
├── given a directive that stands
│   └── it ends it in that second, while paused too, whatever became of the grantee
└── given one that is unknown, ended, revoked or replaced
    └── it refuses
representing
├── appoint: the patient alone, of somebody else, with a power and an end to come
├── a guardian acts until the last second, and one who may only recover does not
├── dismiss: the patient, the representative itself; what a vote appointed only by vote
└── by vote: only the consortium
moving
├── requestMove: the patient or a representative, to another account
├── completeMove: from the ripe second on, by anyone, if who requested it still may
├── contestMove: the patient's present account, up to completion
├── moveByVote: only the consortium, at once
└── given a patient that moved
    ├── the former account can do nothing
    └── consents and representatives stand
decide
├── given no directive, it denies by default
├── given a member that is not active, it says so before all
├── it asks the study, then the member, then everyone
├── on a level a deny that touches wins over a permit that covers
├── a deny touches any label; a permit covers all, and the confidentiality
├── BTG is implied by nothing
└── the first second counts, the last no more
*/
contract ConsentRegistryTest is ConsentWorld {
    /* DIRECTING */

    function test_grant_keeps_the_directive_and_tells_all_of_it() external {
        uint256 word = _word(_terms(), Provision.Permit, 1, 0);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.DirectiveGiven(patient, CLINIC, 0, patient, word, DOCUMENT);

        (uint8 place, uint32 version) = _grant(_for(CLINIC), _terms());

        same(place, 0);
        same(version, 1);
        Directive memory kept = _directive(_for(CLINIC), 0);
        same(kept.purposes, _treat());
        same(kept.labels, type(uint32).max);
        same(kept.actions, 6);
        yes(kept.ceiling == Confidentiality.N && kept.provision == Provision.Permit);
        same(kept.validFrom, start);
        same(kept.validUntil, start + 365 days);
        same(kept.version, 1);
        same(kept.place, 0);
    }

    function test_grant_lays_the_word_out_as_documented() external pure {
        Terms memory terms = Terms(1, 2, 4, Confidentiality.V, 5, 6);

        uint256 word = _word(terms, Provision.Deny, 7, 8);

        same(
            word,
            1 | (2 << 64) | (4 << 96) | (6 << 104) | (5 << 112) | (6 << 160) | (2 << 208) | (7 << 216)
                | (8 << 248)
        );
    }

    function test_grant_takes_every_code_and_every_spare_label() external {
        Terms memory terms = _terms();
        (terms.purposes, terms.actions) = ((1 << 59) - 1, 31);
        (terms.validFrom, terms.validUntil) = (0, FOR_EVER);

        _grant(_for(CLINIC), terms);

        Question memory question = _question(CLINIC);
        (question.purpose, question.labels) = (Purpose.BTG, 1 << 31);
        question.action = ConsentAction.CORRECT;
        _permits(question, Ground.Member);
    }

    function test_grant_refuses_terms_that_name_nothing_or_the_unknown() external {
        Terms memory terms = _terms();
        terms.purposes = 0;
        _refusesTerms(terms);
        terms = _terms();
        terms.purposes = 1 << 59;
        _refusesTerms(terms);
        terms = _terms();
        terms.labels = 0;
        _refusesTerms(terms);
        terms = _terms();
        terms.actions = 0;
        _refusesTerms(terms);
        terms = _terms();
        terms.actions = 1 << 5;
        _refusesTerms(terms);
        terms = _terms();
        terms.ceiling = Confidentiality.None;
        _refusesTerms(terms);
    }

    function _refusesTerms(Terms memory terms) private {
        bytes memory refusal = abi.encodeWithSelector(
            IConsentRegistry.TermsNotUsable.selector,
            terms.purposes,
            terms.labels,
            terms.actions,
            terms.ceiling
        );
        _refusesGrant(_for(CLINIC), terms, DOCUMENT, refusal);
    }

    function _refusesGrant(Grantee memory grantee, Terms memory terms, bytes32 document, bytes memory refusal)
        private
    {
        bytes memory call = abi.encodeCall(IConsentRegistry.grant, (patient, grantee, terms, document));
        _refuses(patient, address(consents), call, refusal);
    }

    function test_grant_refuses_a_period_that_is_reversed_or_over() external {
        Terms memory terms = _terms();
        terms.validFrom = terms.validUntil;
        _refusesGrant(
            _for(CLINIC),
            terms,
            DOCUMENT,
            abi.encodeWithSelector(
                IConsentRegistry.PeriodReversed.selector, terms.validFrom, terms.validUntil
            )
        );

        (terms.validFrom, terms.validUntil) = (1, uint48(start));
        _refusesGrant(
            _for(CLINIC), terms, DOCUMENT, abi.encodeWithSelector(IConsentRegistry.PeriodOver.selector, start)
        );

        (terms.validFrom, terms.validUntil) = (uint48(start), uint48(start + 1));
        _grant(_for(CLINIC), terms);
        _permits(_question(CLINIC), Ground.Member);
    }

    function test_grant_refuses_no_document() external {
        _refusesGrant(
            _for(CLINIC),
            _terms(),
            0,
            abi.encodeWithSelector(IConsentRegistry.ConsentDocumentMissing.selector, patient)
        );
    }

    function test_grant_refuses_everyone_in_a_study() external {
        _refusesGrant(
            Grantee(EVERYONE, STUDY),
            _terms(),
            DOCUMENT,
            abi.encodeWithSelector(IConsentRegistry.StudyWithoutMember.selector, STUDY)
        );
    }

    function test_grant_takes_eight_for_a_grantee_and_refuses_one_more() external {
        for (uint256 i = 0; i < 8; ++i) {
            (uint8 place, uint32 version) = _grant(_for(CLINIC), _terms());
            same(place, i);
            same(version, 1);
        }

        _refusesGrant(
            _for(CLINIC),
            _terms(),
            DOCUMENT,
            abi.encodeWithSelector(IConsentRegistry.DirectivesFull.selector, patient, CLINIC, bytes32(0), 8)
        );
        _grant(_for(LAB), _terms());
        _grant(Grantee(CLINIC, STUDY), _terms());
        same(consents.directivesOf(patient, _for(CLINIC)).length, 8);
    }

    function test_grant_reuses_the_first_place_that_ended() external {
        Terms memory short = _terms();
        short.validUntil = uint48(start + 1 days);
        _grant(_for(CLINIC), short);
        _grant(_for(CLINIC), _terms());
        _grant(_for(CLINIC), _terms());
        _revoke(_for(CLINIC), 1, 1);

        (uint8 place, uint32 version) = _grant(_for(CLINIC), _terms());
        same(place, 1);
        same(version, 2);

        vm.warp(start + 1 days - 1);
        (place,) = _grant(_for(CLINIC), _terms());
        same(place, 3);
        vm.warp(start + 1 days);
        (place, version) = _grant(_for(CLINIC), _terms());
        same(place, 0);
        same(version, 2);
        same(consents.directivesOf(patient, _for(CLINIC)).length, 4);
    }

    function test_nobody_directs_for_another() external {
        bytes memory refusal =
            abi.encodeWithSelector(IConsentRegistry.CallerNotSpeaker.selector, stranger, patient, uint48(0));
        _grant(_for(CLINIC), _terms());

        _refusesDirecting(stranger, refusal);
        refusal = abi.encodeWithSelector(
            IConsentRegistry.CallerNotSpeaker.selector, vm.addr(1), patient, uint48(0)
        );
        _refusesDirecting(vm.addr(1), refusal);
    }

    /// @dev Needs a directive in place 0 for the clinic.
    function _refusesDirecting(address by, bytes memory refusal) private {
        Grantee memory grantee = _for(CLINIC);
        address target = address(consents);
        _refuses(
            by,
            target,
            abi.encodeCall(IConsentRegistry.grant, (patient, grantee, _terms(), DOCUMENT)),
            refusal
        );
        _refuses(
            by, target, abi.encodeCall(IConsentRegistry.deny, (patient, grantee, _terms(), DOCUMENT)), refusal
        );
        _refuses(by, target, abi.encodeCall(IConsentRegistry.revoke, (patient, grantee, 0, 1)), refusal);
    }

    function test_grant_refuses_while_paused_and_works_after() external {
        _paused(address(consents));
        _refusesGrant(
            _for(CLINIC), _terms(), DOCUMENT, abi.encodeWithSelector(IConsentRegistry.ConsentsPaused.selector)
        );

        vm.warp(start + 7 days);
        _grant(_for(CLINIC), _terms());
        _permits(_question(CLINIC), Ground.Member);
    }

    function test_deny_needs_no_ceiling_and_works_while_paused() external {
        Terms memory terms = _terms();
        terms.ceiling = Confidentiality.None;
        _paused(address(consents));
        uint256 word = _word(terms, Provision.Deny, 1, 0);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.DirectiveGiven(patient, CLINIC, STUDY, patient, word, DOCUMENT);

        _deny(Grantee(CLINIC, STUDY), terms);

        Question memory question = _question(CLINIC);
        question.grantee.study = STUDY;
        _denies(question, Ground.Study);
    }

    function test_deny_refuses_what_names_nothing() external {
        Terms memory terms = _terms();
        (terms.labels, terms.ceiling) = (0, Confidentiality.None);

        _refuses(
            patient,
            address(consents),
            abi.encodeCall(IConsentRegistry.deny, (patient, _for(CLINIC), terms, DOCUMENT)),
            abi.encodeWithSelector(
                IConsentRegistry.TermsNotUsable.selector,
                terms.purposes,
                uint32(0),
                terms.actions,
                Confidentiality.None
            )
        );
    }

    function test_revoke_ends_a_directive_in_that_second() external {
        _grant(_for(CLINIC), _terms());
        vm.warp(start + 5 days);
        _permits(_question(CLINIC), Ground.Member);
        Terms memory ended = _terms();
        ended.validUntil = uint48(start + 5 days);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.DirectiveRevoked(
            patient, CLINIC, 0, patient, _word(ended, Provision.Permit, 1, 0)
        );

        _revoke(_for(CLINIC), 0, 1);

        _leavesOpen(_question(CLINIC));
        same(_directive(_for(CLINIC), 0).validUntil, start + 5 days);
    }

    function test_revoke_works_while_paused_and_when_the_grantee_is_removed() external {
        _grant(_for(CLINIC), _terms());
        _removed(CLINIC);
        _paused(address(consents));

        _revoke(_for(CLINIC), 0, 1);

        same(_directive(_for(CLINIC), 0).validUntil, start);
    }

    function test_revoke_ends_a_directive_before_it_begins() external {
        Terms memory later = _terms();
        later.validFrom = uint48(start + 10 days);
        _grant(_for(CLINIC), later);

        _revoke(_for(CLINIC), 0, 1);

        vm.warp(start + 10 days);
        _leavesOpen(_question(CLINIC));
    }

    function test_revoke_ends_the_last_place() external {
        for (uint256 i = 0; i < 8; ++i) {
            _grant(_for(CLINIC), _terms());
        }

        _revoke(_for(CLINIC), 7, 1);

        same(_directive(_for(CLINIC), 7).validUntil, start);
        _refusesRevocation(8, 1);
        _refusesRevocation(255, 1);
    }

    function test_revoke_refuses_what_does_not_stand() external {
        _refusesRevocation(0, 0);
        _refusesRevocation(0, 1);
        _grant(_for(CLINIC), _terms());
        _refusesRevocation(0, 0);
        _refusesRevocation(0, 2);
        _refusesRevocation(1, 1);
        _revoke(_for(CLINIC), 0, 1);
        _refusesRevocation(0, 1);
        _grant(_for(CLINIC), _terms());
        _refusesRevocation(0, 1);

        vm.warp(start + 365 days);
        _refusesRevocation(0, 2);
        vm.warp(start + 365 days - 1);
        _revoke(_for(CLINIC), 0, 2);
    }

    function _refusesRevocation(uint8 place, uint32 version) private {
        bytes memory refusal = abi.encodeWithSelector(
            IConsentRegistry.DirectiveNotStanding.selector, patient, CLINIC, bytes32(0), place, version
        );
        bytes memory call = abi.encodeCall(IConsentRegistry.revoke, (patient, _for(CLINIC), place, version));
        _refuses(patient, address(consents), call, refusal);
    }

    /* REPRESENTING */

    function test_appoint_tells_it_and_the_guardian_acts_to_the_last_second() external {
        uint48 until = uint48(start + 10 days);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.RepresentativeAppointed(patient, guardian, Power.Speak, until, false);
        _appoint(Power.Speak, until);
        Representation memory given = consents.representationOf(patient, guardian);
        same(given.until, until);
        yes(given.power == Power.Speak && !given.byVote);
        vm.warp(until - 1);
        yes(consents.speaksFor(guardian, patient));

        Terms memory terms = _terms();
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.DirectiveGiven(
            patient, CLINIC, 0, guardian, _word(terms, Provision.Permit, 1, 0), DOCUMENT
        );
        vm.prank(guardian);
        consents.grant(patient, _for(CLINIC), terms, DOCUMENT);

        vm.warp(until);
        yes(!consents.speaksFor(guardian, patient));
        bytes memory refusal =
            abi.encodeWithSelector(IConsentRegistry.CallerNotSpeaker.selector, guardian, patient, until);
        _refusesDirecting(guardian, refusal);
    }

    function test_a_guardian_denies_and_revokes() external {
        _appoint(Power.Speak, FOR_EVER);
        _grant(_for(CLINIC), _terms());

        vm.startPrank(guardian);
        consents.revoke(patient, _for(CLINIC), 0, 1);
        consents.deny(patient, _for(CLINIC), _terms(), DOCUMENT);
        vm.stopPrank();

        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.Member, 0, 2);
    }

    function test_who_may_only_recover_does_not_speak() external {
        _appoint(Power.Recover, FOR_EVER);
        _grant(_for(CLINIC), _terms());

        yes(!consents.speaksFor(guardian, patient));
        _refusesDirecting(
            guardian,
            abi.encodeWithSelector(IConsentRegistry.CallerNotSpeaker.selector, guardian, patient, uint48(0))
        );
    }

    function test_appoint_changes_what_was_given() external {
        _appoint(Power.Speak, start + 1);
        _appoint(Power.Recover, start + 2);

        Representation memory given = consents.representationOf(patient, guardian);
        same(given.until, start + 2);
        yes(given.power == Power.Recover);
    }

    function test_appoint_refuses_nobody_and_the_patient() external {
        _refusesAppointing(patient, address(0), Power.Speak, FOR_EVER, _notUsable(address(0)));
        _refusesAppointing(patient, patient, Power.Speak, FOR_EVER, _notUsable(patient));
        _moved(refuge);
        _refusesAppointing(refuge, refuge, Power.Speak, FOR_EVER, _notUsable(refuge));
        _refusesAppointing(refuge, patient, Power.Speak, FOR_EVER, _notUsable(patient));
    }

    function _notUsable(address representative) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IConsentRegistry.RepresentativeNotUsable.selector, patient, representative);
    }

    function _refusesAppointing(
        address by,
        address representative,
        Power power,
        uint48 until,
        bytes memory refusal
    ) private {
        bytes memory call = abi.encodeCall(IConsentRegistry.appoint, (patient, representative, power, until));
        _refuses(by, address(consents), call, refusal);
    }

    function test_appoint_refuses_no_power_and_no_time() external {
        bytes4 empty = IConsentRegistry.RepresentationEmpty.selector;
        _refusesAppointing(
            patient,
            guardian,
            Power.None,
            FOR_EVER,
            abi.encodeWithSelector(empty, guardian, Power.None, FOR_EVER)
        );
        _refusesAppointing(
            patient,
            guardian,
            Power.Speak,
            uint48(start),
            abi.encodeWithSelector(empty, guardian, Power.Speak, start)
        );
        _appoint(Power.Speak, start + 1);
        yes(consents.speaksFor(guardian, patient));
    }

    function test_appoint_refuses_representatives_and_strangers() external {
        _appoint(Power.Speak, FOR_EVER);
        bytes4 notPatient = IConsentRegistry.CallerNotPatient.selector;
        _refusesAppointing(
            guardian, stranger, Power.Speak, FOR_EVER, abi.encodeWithSelector(notPatient, guardian, patient)
        );
        _refusesAppointing(
            stranger, stranger, Power.Speak, FOR_EVER, abi.encodeWithSelector(notPatient, stranger, patient)
        );
    }

    function test_appoint_refuses_while_paused() external {
        _paused(address(consents));

        _refusesAppointing(
            patient,
            guardian,
            Power.Speak,
            FOR_EVER,
            abi.encodeWithSelector(IConsentRegistry.ConsentsPaused.selector)
        );
    }

    function test_dismiss_ends_at_once_while_paused_too() external {
        _appoint(Power.Speak, FOR_EVER);
        _paused(address(consents));
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.RepresentativeDismissed(patient, guardian, patient);

        vm.prank(patient);
        consents.dismiss(patient, guardian);

        yes(!consents.speaksFor(guardian, patient));
        same(consents.representationOf(patient, guardian).until, start);
        _refusesDismissal(patient, _unknown());
    }

    function test_dismiss_lets_a_representative_resign_even_one_by_vote() external {
        _voted();
        consents.appointByVote(patient, guardian, Power.Speak, FOR_EVER);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.RepresentativeDismissed(patient, guardian, guardian);

        vm.prank(guardian);
        consents.dismiss(patient, guardian);

        yes(!consents.speaksFor(guardian, patient));
    }

    function test_dismiss_refuses_strangers_and_whom_nobody_appointed() external {
        _refusesDismissal(patient, _unknown());
        _refusesDismissal(guardian, _unknown());
        _appoint(Power.Speak, start + 1);
        _refusesDismissal(
            stranger, abi.encodeWithSelector(IConsentRegistry.CallerNotPatient.selector, stranger, patient)
        );
        vm.warp(start + 1);
        _refusesDismissal(patient, _unknown());
    }

    function _unknown() private view returns (bytes memory) {
        return abi.encodeWithSelector(IConsentRegistry.RepresentativeUnknown.selector, patient, guardian);
    }

    function _refusesDismissal(address by, bytes memory refusal) private {
        _refuses(
            by, address(consents), abi.encodeCall(IConsentRegistry.dismiss, (patient, guardian)), refusal
        );
    }

    function test_what_a_vote_appointed_only_a_vote_changes() external {
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.RepresentativeAppointed(
            patient, guardian, Power.Speak, uint48(start + 1 days), true
        );
        _voted();
        consents.appointByVote(patient, guardian, Power.Speak, uint48(start + 1 days));
        bytes memory refusal =
            abi.encodeWithSelector(IConsentRegistry.RepresentativeByVote.selector, patient, guardian);
        _refusesDismissal(patient, refusal);
        _refusesAppointing(patient, guardian, Power.Recover, FOR_EVER, refusal);

        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.RepresentativeDismissed(patient, guardian, address(consortium));
        _voted();
        consents.dismissByVote(patient, guardian);

        yes(!consents.speaksFor(guardian, patient));
        _appoint(Power.Recover, FOR_EVER);
        yes(!consents.representationOf(patient, guardian).byVote);
    }

    function test_what_a_vote_appointed_is_the_patients_again_once_it_ended() external {
        _voted();
        consents.appointByVote(patient, guardian, Power.Speak, uint48(start + 1 days));
        vm.warp(start + 1 days);

        _appoint(Power.Recover, FOR_EVER);

        yes(!consents.representationOf(patient, guardian).byVote);
    }

    function test_only_the_consortium_decides_by_vote() external {
        address[3] memory callers = [stranger, patient, vm.addr(1)];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IConsortium.CallerNotConsortium.selector, callers[i]);
            address target = address(consents);
            _refuses(
                callers[i],
                target,
                abi.encodeCall(IConsentRegistry.appointByVote, (patient, stranger, Power.Speak, FOR_EVER)),
                refusal
            );
            _refuses(
                callers[i],
                target,
                abi.encodeCall(IConsentRegistry.dismissByVote, (patient, guardian)),
                refusal
            );
            _refuses(
                callers[i], target, abi.encodeCall(IConsentRegistry.moveByVote, (patient, refuge)), refusal
            );
            _refuses(callers[i], target, abi.encodeCall(IConsentRegistry.setMoveDelay, (3 days)), refusal);
        }
    }

    /* MOVING TO A NEW ACCOUNT */

    function test_a_guardian_moves_the_patient_after_the_delay() external {
        _appoint(Power.Recover, FOR_EVER);
        _grant(_for(CLINIC), _terms());
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.MoveRequested(patient, refuge, guardian, uint48(start + 7 days));
        _request(guardian);
        Move memory requested = consents.moveOf(patient);
        same(requested.account, refuge);
        same(requested.by, guardian);
        same(requested.ripeAt, start + 7 days);

        vm.warp(start + 7 days - 1);
        _refusesCompletion(
            abi.encodeWithSelector(IConsentRegistry.MoveNotRipe.selector, patient, start + 7 days)
        );
        vm.warp(start + 7 days);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.PatientRehoused(patient, patient, refuge);
        vm.prank(stranger);
        consents.completeMove(patient, refuge);

        same(consents.accountOf(patient), refuge);
        yes(consents.speaksFor(refuge, patient) && !consents.speaksFor(patient, patient));
        same(consents.moveOf(patient).account, address(0));
        _permits(_question(CLINIC), Ground.Member);
        same(consents.representationOf(patient, guardian).until, FOR_EVER);
        vm.prank(refuge);
        consents.revoke(patient, _for(CLINIC), 0, 1);
        _leavesOpen(_question(CLINIC));
    }

    function _request(address by) private {
        vm.prank(by);
        consents.requestMove(patient, refuge);
    }

    function _refusesCompletion(bytes memory refusal) private {
        _refuses(
            stranger,
            address(consents),
            abi.encodeCall(IConsentRegistry.completeMove, (patient, refuge)),
            refusal
        );
    }

    function test_the_former_account_can_do_nothing() external {
        _grant(_for(CLINIC), _terms());
        _appoint(Power.Recover, FOR_EVER);
        _moved(refuge);
        vm.prank(refuge);
        consents.requestMove(patient, stranger);
        bytes memory refusal = abi.encodeWithSelector(IConsentRegistry.PatientMoved.selector, patient, refuge);

        _refusesDirecting(patient, refusal);
        _refusesAppointing(patient, stranger, Power.Speak, FOR_EVER, refusal);
        _refusesDismissal(patient, refusal);
        address target = address(consents);
        bytes memory call = abi.encodeCall(IConsentRegistry.requestMove, (patient, patient));
        _refuses(patient, target, call, refusal);
        call = abi.encodeCall(IConsentRegistry.contestMove, (patient, stranger));
        _refuses(patient, target, call, refusal);
        _permits(_question(CLINIC), Ground.Member);
    }

    function test_an_account_between_can_do_nothing_either() external {
        _grant(_for(CLINIC), _terms());
        _moved(stranger);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.PatientRehoused(patient, stranger, refuge);
        _moved(refuge);

        _refusesDirecting(
            stranger,
            abi.encodeWithSelector(IConsentRegistry.CallerNotSpeaker.selector, stranger, patient, uint48(0))
        );
    }

    function test_what_represented_a_patient_ends_when_the_patient_moves_away_from_it() external {
        _appoint(Power.Recover, FOR_EVER);
        _moved(guardian);
        yes(consents.speaksFor(guardian, patient));
        vm.warp(start + 1 days);

        _moved(refuge);

        yes(!consents.speaksFor(guardian, patient));
        same(consents.representationOf(patient, guardian).until, start + 1 days);
    }

    function test_a_patient_can_move_back() external {
        _moved(refuge);
        _moved(patient);

        same(consents.accountOf(patient), patient);
        _grant(_for(CLINIC), _terms());
        _appoint(Power.Speak, FOR_EVER);
    }

    function test_a_patient_moves_itself_with_the_same_delay() external {
        _request(patient);
        vm.warp(start + 7 days);

        vm.prank(patient);
        consents.completeMove(patient, refuge);

        same(consents.accountOf(patient), refuge);
    }

    function test_requestMove_refuses_who_may_not() external {
        bytes memory call = abi.encodeCall(IConsentRegistry.requestMove, (patient, refuge));
        _refuses(stranger, address(consents), call, _notSpeaker(stranger, 0));
        _appoint(Power.Recover, start + 1);
        vm.warp(start + 1);
        _refuses(guardian, address(consents), call, _notSpeaker(guardian, uint48(start + 1)));
    }

    function _notSpeaker(address by, uint48 until) private view returns (bytes memory) {
        return abi.encodeWithSelector(IConsentRegistry.CallerNotSpeaker.selector, by, patient, until);
    }

    function test_requestMove_refuses_no_account_and_the_present_one() external {
        _refusesMove(patient, address(0));
        _refusesMove(patient, patient);
        _moved(refuge);
        _refusesMove(refuge, refuge);
    }

    function _refusesMove(address by, address account) private {
        bytes memory refusal =
            abi.encodeWithSelector(IConsentRegistry.MoveNotUsable.selector, patient, account);
        bytes memory call = abi.encodeCall(IConsentRegistry.requestMove, (patient, account));
        _refuses(by, address(consents), call, refusal);
        call = abi.encodeCall(IConsentRegistry.moveByVote, (patient, account));
        _refuses(address(consortium), address(consents), call, refusal);
    }

    function test_moves_rest_while_paused_but_can_be_contested() external {
        _request(patient);
        vm.warp(start + 7 days);
        _paused(address(consents));
        bytes memory paused = abi.encodeWithSelector(IConsentRegistry.ConsentsPaused.selector);

        _refusesCompletion(paused);
        bytes memory call = abi.encodeCall(IConsentRegistry.requestMove, (patient, stranger));
        _refuses(patient, address(consents), call, paused);
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.MoveContested(patient, refuge);
        vm.prank(patient);
        consents.contestMove(patient, refuge);

        same(consents.moveOf(patient).ripeAt, 0);
    }

    function test_contestMove_ends_a_request_even_a_ripe_one() external {
        _appoint(Power.Recover, FOR_EVER);
        _request(guardian);
        vm.warp(start + 100 days);

        vm.prank(patient);
        consents.contestMove(patient, refuge);

        _refusesCompletion(_notRequested(refuge));
    }

    function test_contestMove_is_the_patients_alone() external {
        _appoint(Power.Speak, FOR_EVER);
        _request(guardian);
        bytes memory call = abi.encodeCall(IConsentRegistry.contestMove, (patient, refuge));

        _refuses(
            guardian,
            address(consents),
            call,
            abi.encodeWithSelector(IConsentRegistry.CallerNotPatient.selector, guardian, patient)
        );
    }

    function test_moves_that_nobody_requested_are_refused() external {
        address target = address(consents);
        _refusesCompletion(_notRequested(refuge));
        bytes memory call = abi.encodeCall(IConsentRegistry.completeMove, (patient, address(0)));
        _refuses(stranger, target, call, _notRequested(address(0)));
        _request(patient);
        call = abi.encodeCall(IConsentRegistry.contestMove, (patient, stranger));
        _refuses(patient, target, call, _notRequested(stranger));
        vm.warp(start + 7 days);
        call = abi.encodeCall(IConsentRegistry.completeMove, (patient, stranger));
        _refuses(stranger, target, call, _notRequested(stranger));
    }

    function _notRequested(address account) private view returns (bytes memory) {
        return abi.encodeWithSelector(IConsentRegistry.MoveNotRequested.selector, patient, account);
    }

    function test_completeMove_refuses_once_who_requested_it_may_no_more() external {
        _appoint(Power.Speak, start + 8 days);
        _request(guardian);

        vm.warp(start + 8 days);
        _refusesCompletion(_notSpeaker(guardian, uint48(start + 8 days)));
        vm.warp(start + 8 days - 1);
        consents.completeMove(patient, refuge);
    }

    function test_a_new_request_takes_the_place_of_the_old_one() external {
        _appoint(Power.Recover, FOR_EVER);
        _request(guardian);
        vm.warp(start + 7 days);
        vm.prank(guardian);
        consents.requestMove(patient, stranger);

        _refusesCompletion(_notRequested(refuge));
        _refuses(
            stranger,
            address(consents),
            abi.encodeCall(IConsentRegistry.completeMove, (patient, stranger)),
            abi.encodeWithSelector(IConsentRegistry.MoveNotRipe.selector, patient, start + 14 days)
        );
    }

    function test_moveByVote_overtakes_a_request() external {
        _request(patient);
        _moved(stranger);

        vm.warp(start + 7 days);
        _refusesCompletion(_notRequested(refuge));
        same(consents.accountOf(patient), stranger);
    }

    function test_setMoveDelay_keeps_its_bounds() external {
        same(consents.moveDelay(), 7 days);
        _setMoveDelay(2 days);
        _setMoveDelay(30 days);
        _refusesDelay(2 days - 1);
        _refusesDelay(30 days + 1);
        _request(patient);

        same(consents.moveOf(patient).ripeAt, start + 30 days);
        _setMoveDelay(2 days);
        same(consents.moveOf(patient).ripeAt, start + 30 days);
    }

    function _setMoveDelay(uint48 delay) private {
        vm.expectEmit(true, true, true, true);
        emit IConsentRegistry.MoveDelayChanged(delay);
        _voted();
        consents.setMoveDelay(delay);
        same(consents.moveDelay(), delay);
    }

    function _refusesDelay(uint48 delay) private {
        _refuses(
            address(consortium),
            address(consents),
            abi.encodeCall(IConsentRegistry.setMoveDelay, (delay)),
            abi.encodeWithSelector(IConsentRegistry.MoveDelayOutOfBounds.selector, delay, 2 days, 30 days)
        );
    }

    function test_deployment_tells_the_delay() external {
        vm.recordLogs();
        new ConsentRegistry(consortium);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        same(logs.length, 1);
        same(logs[0].topics[0], IConsentRegistry.MoveDelayChanged.selector);
        same(keccak256(logs[0].data), keccak256(abi.encode(7 days)));
    }

    /* DECIDING */

    function test_decide_denies_by_default() external view {
        _leavesOpen(_question(CLINIC));
    }

    function test_decide_names_the_member_that_is_not_active() external {
        _grant(_for(EVERYONE), _terms());
        _suspended(CLINIC);
        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.MemberNotActive, 0, 0);
        same(uint256(consents.weigh(_question(CLINIC)).ground), uint256(Ground.Everyone));

        vm.warp(start + 7 days);
        _permits(_question(CLINIC), Ground.Everyone);
        _removed(CLINIC);
        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.MemberNotActive, 0, 0);
        _answers(_question(6), Outcome.CONSENT_DENY, Ground.MemberNotActive, 0, 0);
        _answers(_question(EVERYONE), Outcome.CONSENT_DENY, Ground.MemberNotActive, 0, 0);
    }

    function test_decide_asks_the_member_before_everyone() external {
        _grant(_for(EVERYONE), _terms());
        _deny(_for(CLINIC), _terms());

        _permits(_question(LAB), Ground.Everyone);
        _denies(_question(CLINIC), Ground.Member);
    }

    function test_decide_asks_everyone_where_the_member_level_is_silent() external {
        _deny(_for(EVERYONE), _terms());
        _grant(_for(CLINIC), _research());

        _denies(_question(CLINIC), Ground.Everyone);
    }

    function test_decide_serves_nobody_for_research_but_this_study() external {
        _deny(_for(EVERYONE), _research());
        _grant(Grantee(TRIALIST, STUDY), _research());
        Question memory question = _question(TRIALIST);
        question.purpose = Purpose.CLINTRCH;

        _denies(question, Ground.Everyone);
        question.grantee.study = STUDY;
        _permits(question, Ground.Study);
        question.grantee.study = keccak256("another trial");
        _denies(question, Ground.Everyone);
        question.grantee = Grantee(CLINIC, STUDY);
        _denies(question, Ground.Everyone);
    }

    function test_decide_serves_broad_consent_but_not_this_study() external {
        _grant(_for(TRIALIST), _research());
        _deny(Grantee(TRIALIST, STUDY), _research());
        Question memory question = _question(TRIALIST);
        question.purpose = Purpose.HRESCH;

        _permits(question, Ground.Member);
        question.grantee.study = STUDY;
        _denies(question, Ground.Study);
        question.grantee.study = keccak256("another trial");
        _permits(question, Ground.Member);
    }

    function test_decide_lets_a_deny_win_in_whatever_place() external {
        Terms memory terms = _terms();
        terms.labels = _bit(Label.LABORATORY);
        _grant(_for(CLINIC), _terms());
        _deny(_for(CLINIC), terms);
        _grant(_for(CLINIC), _terms());

        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.Member, 1, 1);
        _revoke(_for(CLINIC), 1, 1);
        _permits(_question(CLINIC), Ground.Member);
        _deny(_for(CLINIC), terms);
        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.Member, 1, 2);
        _deny(_for(CLINIC), terms);
        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.Member, 1, 2);
    }

    function test_decide_reads_all_eight_places() external {
        for (uint256 i = 0; i < 7; ++i) {
            _grant(_for(CLINIC), _terms());
        }
        _deny(_for(CLINIC), _terms());

        _answers(_question(CLINIC), Outcome.CONSENT_DENY, Ground.Member, 7, 1);
    }

    function test_decide_permits_only_what_is_covered_whole() external {
        Terms memory terms = _terms();
        terms.labels = _bit(Label.LABORATORY);
        _grant(_for(CLINIC), terms);
        Question memory question = _question(CLINIC);
        _permits(question, Ground.Member);

        question.labels = _bit(Label.LABORATORY) | _bit(Label.HIV);
        _leavesOpen(question);
        question.labels = 0;
        _leavesOpen(question);
        question = _question(CLINIC);
        question.confidentiality = Confidentiality.R;
        _leavesOpen(question);
        question.confidentiality = Confidentiality.None;
        _leavesOpen(question);
        question.confidentiality = Confidentiality.U;
        _permits(question, Ground.Member);
        question = _question(CLINIC);
        question.action = ConsentAction.DISCLOSE;
        _leavesOpen(question);
        question = _question(CLINIC);
        question.purpose = Purpose.HMARKT;
        _leavesOpen(question);
    }

    function test_decide_does_not_add_up_two_permits() external {
        Terms memory terms = _terms();
        terms.labels = _bit(Label.LABORATORY);
        _grant(_for(CLINIC), terms);
        terms.labels = _bit(Label.HIV);
        _grant(_for(CLINIC), terms);
        Question memory question = _question(CLINIC);

        question.labels = _bit(Label.LABORATORY) | _bit(Label.HIV);
        _leavesOpen(question);
        question.labels = _bit(Label.HIV);
        _answers(question, Outcome.CONSENT_PERMIT, Ground.Member, 1, 1);
    }

    function test_decide_denies_what_is_touched_anywhere() external {
        Terms memory terms = _terms();
        (terms.labels, terms.ceiling) = (_bit(Label.HIV), Confidentiality.U);
        _deny(_for(CLINIC), terms);
        _grant(_for(CLINIC), _terms());
        Question memory question = _question(CLINIC);
        _answers(question, Outcome.CONSENT_PERMIT, Ground.Member, 1, 1);

        question.labels |= _bit(Label.HIV);
        _denies(question, Ground.Member);
        question.purpose = Purpose.HMARKT;
        _leavesOpen(question);
        question.purpose = Purpose.TREAT;
        question.action = ConsentAction.COLLECT;
        _leavesOpen(question);
    }

    function test_decide_never_takes_treatment_for_break_glass() external {
        _grant(_for(CLINIC), _terms());
        Question memory question = _question(CLINIC);
        question.purpose = Purpose.BTG;
        _leavesOpen(question);

        Terms memory named = _terms();
        named.purposes = _bit(Purpose.BTG);
        _grant(_for(CLINIC), named);
        _answers(question, Outcome.CONSENT_PERMIT, Ground.Member, 1, 1);
    }

    function test_decide_keeps_the_first_second_and_not_the_last() external {
        Terms memory terms = _terms();
        terms.validFrom = uint48(start + 10);
        terms.validUntil = uint48(start + 20);
        _grant(_for(CLINIC), terms);

        vm.warp(start + 9);
        _leavesOpen(_question(CLINIC));
        vm.warp(start + 10);
        _permits(_question(CLINIC), Ground.Member);
        vm.warp(start + 19);
        _permits(_question(CLINIC), Ground.Member);
        vm.warp(start + 20);
        _leavesOpen(_question(CLINIC));
    }

    function test_directivesOf_returns_nothing_where_nothing_is() external view {
        same(consents.directivesOf(patient, _for(CLINIC)).length, 0);
        same(consents.MAX_DIRECTIVES(), 8);
    }
}
