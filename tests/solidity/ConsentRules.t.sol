// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Answer,
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Ground,
    Outcome,
    Provision,
    Purpose,
    Question,
    Terms
} from "../../contracts/interfaces/IConsentRegistry.sol";
import {ConsentRules} from "../../contracts/libraries/ConsentRules.sol";
import {ConsentWorld} from "./ConsentWorld.sol";

/*
the decision
├── given any directives on three levels, and any question
│   └── it is what the slow reference says, code by code and label by label
├── given one more deny
│   └── it never permits what it did not
├── given one fewer permit
│   └── it never permits what it did not
└── given any directive
    └── its word unpacks to it
*/
contract ConsentRulesTest is ConsentWorld {
    Directive[] private _study;
    Directive[] private _member;
    Directive[] private _everyone;

    /* THE SLOW REFERENCE: WHAT THE INTERFACE SAYS IN WORDS */

    function _expected(Question memory question, uint256 time) private view returns (Answer memory answer) {
        if (question.grantee.study != 0) answer = _level(_study, question, Ground.Study, time);
        if (answer.outcome != Outcome.NO_CONSENT) return answer;
        answer = _level(_member, question, Ground.Member, time);
        if (answer.outcome != Outcome.NO_CONSENT) return answer;
        return _level(_everyone, question, Ground.Everyone, time);
    }

    function _level(Directive[] storage directives, Question memory question, Ground ground, uint256 time)
        private
        view
        returns (Answer memory)
    {
        for (uint256 i = 0; i < directives.length; ++i) {
            Directive memory one = directives[i];
            if (one.provision != Provision.Deny || !_concerns(one, question, time)) continue;
            if (_shared(one.labels, question.labels) > 0) {
                return Answer(Outcome.CONSENT_DENY, ground, uint8(i), one.version);
            }
        }
        for (uint256 i = 0; i < directives.length; ++i) {
            Directive memory one = directives[i];
            if (one.provision != Provision.Permit || !_concerns(one, question, time)) continue;
            uint256 named = _shared(question.labels, question.labels);
            bool whole = named > 0 && _shared(one.labels, question.labels) == named;
            bool low = false;
            for (uint256 c = uint256(Confidentiality.U); c <= uint256(one.ceiling); ++c) {
                if (c == uint256(question.confidentiality)) low = true;
            }
            if (whole && low) return Answer(Outcome.CONSENT_PERMIT, ground, uint8(i), one.version);
        }
        return Answer(Outcome.NO_CONSENT, Ground.None, 0, 0);
    }

    function _concerns(Directive memory one, Question memory question, uint256 time)
        private
        pure
        returns (bool)
    {
        if (time < one.validFrom || time >= one.validUntil) return false;
        bool purpose = (one.purposes / (2 ** uint256(question.purpose))) % 2 == 1;
        bool action = (one.actions / (2 ** uint256(question.action))) % 2 == 1;
        return purpose && action;
    }

    function _shared(uint32 a, uint32 b) private pure returns (uint256 count) {
        for (uint256 i = 0; i < 32; ++i) {
            if ((a / (2 ** i)) % 2 == 1 && (b / (2 ** i)) % 2 == 1) ++count;
        }
    }

    /* WORLDS BY CHANCE */

    /// @dev Few codes, labels and days, so that directives meet.
    function _someTerms(uint256 seed) private view returns (Terms memory terms) {
        terms.purposes = uint64(bound(seed, 1, 7)) << 54;
        terms.labels = uint32(bound(seed >> 8, 1, 15));
        terms.actions = uint8(bound(seed >> 16, 1, 7));
        terms.ceiling = Confidentiality(bound(seed >> 24, 1, 6));
        terms.validFrom = uint48(start + bound(seed >> 32, 0, 4));
        terms.validUntil = terms.validFrom + uint48(bound(seed >> 40, 1, 6));
    }

    function _someQuestion(uint256 seed) private view returns (Question memory) {
        return Question({
            patient: patient,
            grantee: Grantee(CLINIC, seed % 3 == 0 ? bytes32(0) : STUDY),
            purpose: Purpose(bound(seed >> 8, 54, 56)),
            action: ConsentAction(bound(seed >> 16, 0, 2)),
            labels: uint32(bound(seed >> 24, 0, 15)),
            confidentiality: Confidentiality(bound(seed >> 32, 0, 6))
        });
    }

    function _next(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    /// @dev Gives one to a level by chance, and notes it for the reference.
    function _someDirective(uint256 seed, bool denies) private returns (Grantee memory grantee, uint8 place) {
        Terms memory terms = _someTerms(seed >> 64);
        uint256 level = seed % 3;
        grantee = Grantee(level == 2 ? EVERYONE : CLINIC, level == 0 ? STUDY : bytes32(0));
        Directive[] storage noted = level == 0 ? _study : level == 1 ? _member : _everyone;
        if (noted.length == 8) return (grantee, type(uint8).max);
        uint32 version;
        (place, version) = denies ? _deny(grantee, terms) : _grant(grantee, terms);
        noted.push(
            ConsentRules.unpack(_word(terms, denies ? Provision.Deny : Provision.Permit, version, place))
        );
    }

    function testFuzz_the_decision_is_that_of_the_slow_reference(uint256 seed) external {
        uint256 count = seed % 12;
        for (uint256 i = 0; i < count; ++i) {
            seed = _next(seed);
            _someDirective(seed, seed >> 250 < 20);
        }

        for (uint256 time = start; time < start + 11; ++time) {
            vm.warp(time);
            for (uint256 i = 0; i < 4; ++i) {
                seed = _next(seed);
                Question memory question = _someQuestion(seed);
                _same(consents.decide(question), _expected(question, time));
            }
        }
    }

    function testFuzz_the_whole_range_of_codes_is_that_of_the_slow_reference(
        uint64 purposes,
        uint32 labels,
        uint256 seed,
        bool denies
    ) external {
        Terms memory terms = _terms();
        terms.purposes = uint64(bound(purposes, 1, ConsentRules.ALL_PURPOSES));
        terms.labels = uint32(bound(labels, 1, type(uint32).max));
        terms.actions = uint8(bound(seed, 1, ConsentRules.ALL_ACTIONS));
        terms.ceiling = Confidentiality(bound(seed >> 8, 1, 6));
        (, uint32 version) = denies ? _deny(_for(CLINIC), terms) : _grant(_for(CLINIC), terms);
        Provision provision = denies ? Provision.Deny : Provision.Permit;
        _member.push(ConsentRules.unpack(_word(terms, provision, version, 0)));

        Question memory question = _question(CLINIC);
        for (uint256 purpose = 0; purpose <= uint256(type(Purpose).max); ++purpose) {
            seed = _next(seed);
            question.purpose = Purpose(purpose);
            question.action = ConsentAction(bound(seed, 0, 4));
            question.labels = uint32(seed >> 8) & (seed % 2 == 0 ? labels : type(uint32).max);
            question.confidentiality = Confidentiality(bound(seed >> 40, 0, 6));
            _same(consents.decide(question), _expected(question, block.timestamp));
        }
    }

    function testFuzz_one_more_deny_never_permits_more(uint256 seed, uint256 when) external {
        when = bound(when, start, start + 10);
        for (uint256 i = 0; i < 5; ++i) {
            seed = _next(seed);
            _someDirective(seed, seed >> 250 < 20);
        }
        Question memory question = _someQuestion(_next(seed));
        vm.warp(when);
        bool before = consents.decide(question).outcome == Outcome.CONSENT_PERMIT;
        vm.warp(start);

        _someDirective(seed >> 8, true);

        vm.warp(when);
        bool permits = consents.decide(question).outcome == Outcome.CONSENT_PERMIT;
        yes(before || !permits);
    }

    function testFuzz_revoking_a_permit_never_permits_more(uint256 seed, uint256 when) external {
        when = bound(when, start, start + 10);
        for (uint256 i = 0; i < 5; ++i) {
            seed = _next(seed);
            _someDirective(seed, seed >> 250 < 20);
        }
        (Grantee memory grantee, uint8 place) = _someDirective(seed >> 8, false);
        Question memory question = _someQuestion(_next(seed));
        vm.warp(when);
        bool before = consents.decide(question).outcome == Outcome.CONSENT_PERMIT;
        vm.warp(start);

        _revoke(grantee, place, 1);

        vm.warp(when);
        bool permits = consents.decide(question).outcome == Outcome.CONSENT_PERMIT;
        yes(before || !permits);
    }

    function testFuzz_a_word_unpacks_to_its_directive(
        uint256 seed,
        uint64 purposes,
        uint32 version,
        uint48 from,
        uint48 until,
        uint48 end
    ) external pure {
        Terms memory terms = Terms(
            purposes, uint32(seed), uint8(seed >> 32), Confidentiality((seed >> 40) % 7), from, until
        );
        Provision provision = Provision(seed % 3);
        uint8 place = uint8(seed >> 56);
        uint256 word = ConsentRules.pack(terms, provision, version, place);

        Directive memory expected = Directive(
            purposes, terms.labels, terms.actions, terms.ceiling, from, until, provision, version, place
        );
        same(keccak256(abi.encode(ConsentRules.unpack(word))), keccak256(abi.encode(expected)));
        expected.validUntil = end;
        word = ConsentRules.ending(word, end);
        same(keccak256(abi.encode(ConsentRules.unpack(word))), keccak256(abi.encode(expected)));
    }

    function test_the_bitmaps_have_a_bit_for_each_code() external pure {
        same(ConsentRules.ALL_PURPOSES, (1 << 59) - 1);
        same(ConsentRules.ALL_ACTIONS, 31);
        same(uint256(Purpose.BTG), 56);
        same(uint256(Purpose.TREAT), 52);
        same(uint256(Purpose.HRESCH), 36);
    }
}
