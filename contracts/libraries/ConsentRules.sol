// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {
    Answer,
    Confidentiality,
    ConsentAction,
    Directive,
    Ground,
    Outcome,
    Provision,
    Purpose,
    Question,
    Terms
} from "../interfaces/IConsentRegistry.sol";

/// @title ConsentRules
/// @notice What directives say to a question, free of state. The registry asks the levels in order.
/// @dev A directive is one word, laid out as {Directive} says: purposes in bits 0 to 63, labels 64 to 95, actions 96 to
/// 103, ceiling 104 to 111, validFrom 112 to 159, validUntil 160 to 207, provision 208 to 215, version 216 to 247,
/// place 248 to 255. In its bitmaps bit i stands for the i-th {Purpose}, {Label} or {ConsentAction}.
library ConsentRules {
    /// @dev One bit for each {Purpose}: bits 0 to 58.
    uint64 internal constant ALL_PURPOSES = uint64((1 << (uint256(type(Purpose).max) + 1)) - 1);

    /// @dev One bit for each {ConsentAction}: bits 0 to 4.
    uint8 internal constant ALL_ACTIONS = uint8((1 << (uint256(type(ConsentAction).max) + 1)) - 1);

    /* DECIDING */

    /// @notice Adds to the answer of a level what one more directive says to the question.
    /// @dev Any deny wins. Of several that say the same the first is named.
    function heed(
        Answer memory answer,
        uint256 directive,
        Question memory question,
        Ground level,
        uint256 time
    ) internal pure {
        Provision said = says(directive, question, time);
        if (said == Provision.None || answer.outcome == Outcome.CONSENT_DENY) return;
        if (said == Provision.Permit && answer.outcome == Outcome.CONSENT_PERMIT) return;

        answer.outcome = said == Provision.Deny ? Outcome.CONSENT_DENY : Outcome.CONSENT_PERMIT;
        answer.ground = level;
        answer.place = placeOf(directive);
        answer.version = versionOf(directive);
    }

    /// @notice Returns what one directive says: it denies what it touches, and permits only what it covers.
    function says(uint256 directive, Question memory question, uint256 time)
        internal
        pure
        returns (Provision)
    {
        uint256 asked =
            (1 << uint256(question.purpose)) | (1 << (96 + uint256(question.action)));
        bool applies =
            directive & asked == asked && uint48(directive >> 112) <= time && time < endOf(directive);
        if (!applies) return Provision.None;

        (uint32 labels, Confidentiality confidentiality) = (question.labels, question.confidentiality);
        if (uint8(directive >> 208) == uint8(Provision.Deny)) {
            return uint32(directive >> 64) & labels != 0 ? Provision.Deny : Provision.None;
        }
        bool covers = labels != 0 && labels & ~uint32(directive >> 64) == 0
            && confidentiality != Confidentiality.None && uint8(confidentiality) <= uint8(directive >> 104);
        return covers ? Provision.Permit : Provision.None;
    }

    /* PACKING */

    /// @notice Returns whether terms name something, and nothing unknown. A permit needs a ceiling.
    function usable(Terms memory terms, Provision provision) internal pure returns (bool) {
        return terms.purposes != 0 && terms.purposes <= ALL_PURPOSES && terms.labels != 0
            && terms.actions != 0 && terms.actions <= ALL_ACTIONS
            && (provision == Provision.Deny || terms.ceiling != Confidentiality.None);
    }

    /// @notice Returns the word of a directive.
    function pack(Terms memory terms, Provision provision, uint32 version, uint8 place)
        internal
        pure
        returns (uint256)
    {
        return uint256(terms.purposes) | (uint256(terms.labels) << 64) | (uint256(terms.actions) << 96)
            | (uint256(terms.ceiling) << 104) | (uint256(terms.validFrom) << 112)
            | (uint256(terms.validUntil) << 160) | (uint256(provision) << 208) | (uint256(version) << 216)
            | (uint256(place) << 248);
    }

    /// @notice Returns the directive of a word.
    function unpack(uint256 word) internal pure returns (Directive memory) {
        return Directive({
            purposes: uint64(word),
            labels: uint32(word >> 64),
            actions: uint8(word >> 96),
            ceiling: Confidentiality(uint8(word >> 104)),
            validFrom: uint48(word >> 112),
            validUntil: endOf(word),
            provision: Provision(uint8(word >> 208)),
            version: versionOf(word),
            place: placeOf(word)
        });
    }

    /// @notice Returns the first second at which a directive is no more in force.
    function endOf(uint256 word) internal pure returns (uint48) {
        return uint48(word >> 160);
    }

    /// @notice Returns a directive with another end.
    function ending(uint256 word, uint48 end) internal pure returns (uint256) {
        return (word & ~(uint256(type(uint48).max) << 160)) | (uint256(end) << 160);
    }

    /// @notice Returns which directive of its place a word is; zero when the place was never used.
    function versionOf(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 216);
    }

    /// @notice Returns the place of a directive among those of its grantee.
    function placeOf(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 248);
    }
}
