// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IConsentRegistry, Move, Power, Representation} from "../interfaces/IConsentRegistry.sol";

/// @notice An account as a patient and as a signer, in one slot.
struct Person {
    address account; // of the patient that had this address first; zero until it moved.
    uint64 nonce; // of the next instruction that this address signs.
}

/// @notice Who speaks for whom.
struct Register {
    mapping(address => Person) people;
    mapping(address patient => mapping(address representative => Representation)) representations;
    mapping(address patient => Move) moves;
}

/// @title Patients
/// @notice Who speaks for a patient: its account and its representatives, and how it moves. See {IConsentRegistry}.
library Patients {
    /* SPEAKING */

    /// @notice Returns the account that speaks for a patient.
    function accountOf(Register storage self, address patient) internal view returns (address) {
        address account = self.people[patient].account;
        return account == address(0) ? patient : account;
    }

    /// @notice Returns whether an account speaks for a patient now.
    function speaksFor(Register storage self, address account, address patient) internal view returns (bool) {
        if (account == accountOf(self, patient)) return true;
        return block.timestamp < _until(self, patient, account, Power.Speak);
    }

    /// @notice Refuses all but the patient's account.
    function requireAccount(Register storage self, address by, address patient) internal view {
        address account = accountOf(self, patient);
        if (by == account) return;
        require(by != patient, IConsentRegistry.PatientMoved(patient, account));
        revert IConsentRegistry.CallerNotPatient(by, patient);
    }

    /// @notice Refuses all but the patient's account and representatives that have a power now.
    function requirePower(Register storage self, address by, address patient, Power power) internal view {
        address account = accountOf(self, patient);
        if (by == account) return;
        require(by != patient, IConsentRegistry.PatientMoved(patient, account));
        uint48 until = _until(self, patient, by, power);
        require(block.timestamp < until, IConsentRegistry.CallerNotSpeaker(by, patient, until));
    }

    /// @notice Takes the next nonce of a signer.
    function takeNonce(Register storage self, address signer, uint64 nonce) internal {
        uint64 next = self.people[signer].nonce;
        require(nonce == next, IConsentRegistry.InstructionOutOfTurn(signer, nonce, next));

        self.people[signer].nonce = next + 1;
    }

    /// @dev Until when a representative has a power, or zero when it was not given that much.
    function _until(Register storage self, address patient, address representative, Power power)
        private
        view
        returns (uint48)
    {
        Representation storage given = self.representations[patient][representative];
        return given.power >= power ? given.until : 0;
    }

    /* REPRESENTING */

    /// @notice Appoints a representative, once it is clear that the caller can.
    function appoint(
        Register storage self,
        address patient,
        address representative,
        Representation memory given
    ) internal {
        bool another =
            representative != patient && representative != accountOf(self, patient);
        require(
            another && representative != address(0),
            IConsentRegistry.RepresentativeNotUsable(patient, representative)
        );
        require(
            given.power != Power.None && block.timestamp < given.until,
            IConsentRegistry.RepresentationEmpty(representative, given.power, given.until)
        );

        self.representations[patient][representative] = given;

        emit IConsentRegistry.RepresentativeAppointed(
            patient, representative, given.power, given.until, given.byVote
        );
    }

    /// @notice Dismisses a representative, once it is clear that the caller can.
    function dismiss(Register storage self, address by, address patient, address representative) internal {
        Representation storage given = self.representations[patient][representative];
        require(
            block.timestamp < given.until, IConsentRegistry.RepresentativeUnknown(patient, representative)
        );

        given.until = uint48(block.timestamp);

        emit IConsentRegistry.RepresentativeDismissed(patient, representative, by);
    }

    /// @notice Refuses to touch what a vote appointed, until it ended.
    function requireNotByVote(Register storage self, address patient, address representative) internal view {
        Representation storage given = self.representations[patient][representative];
        bool voted = given.byVote && block.timestamp < given.until;
        require(!voted, IConsentRegistry.RepresentativeByVote(patient, representative));
    }

    /* MOVING */

    /// @notice Notes the account that a patient is to have after a delay.
    function requestMove(Register storage self, address by, address patient, address account, uint48 delay)
        internal
    {
        requireMovable(self, patient, account);

        uint48 ripeAt = uint48(block.timestamp) + delay;
        self.moves[patient] = Move(account, ripeAt, by);

        emit IConsentRegistry.MoveRequested(patient, account, by, ripeAt);
    }

    /// @notice Forgets a request.
    function contestMove(Register storage self, address patient, address account) internal {
        _requireRequested(self.moves[patient], patient, account);

        delete self.moves[patient];

        emit IConsentRegistry.MoveContested(patient, account);
    }

    /// @notice Moves a patient as requested, if it is time and who requested it still may.
    function completeMove(Register storage self, address patient, address account) internal {
        Move storage requested = self.moves[patient];
        _requireRequested(requested, patient, account);
        uint48 ripeAt = requested.ripeAt;
        require(block.timestamp >= ripeAt, IConsentRegistry.MoveNotRipe(patient, ripeAt));
        requirePower(self, requested.by, patient, Power.Recover);

        move(self, patient, account);
    }

    /// @notice Gives a patient another account, and forgets what was requested.
    function move(Register storage self, address patient, address account) internal {
        address previous = accountOf(self, patient);
        Representation storage given = self.representations[patient][previous];

        delete self.moves[patient];
        if (block.timestamp < given.until) given.until = uint48(block.timestamp);
        self.people[patient].account = account;

        emit IConsentRegistry.PatientRehoused(patient, previous, account);
    }

    /// @notice Refuses no account, and the one that the patient has.
    function requireMovable(Register storage self, address patient, address account) internal view {
        bool another = account != address(0) && account != accountOf(self, patient);
        require(another, IConsentRegistry.MoveNotUsable(patient, account));
    }

    function _requireRequested(Move storage requested, address patient, address account) private view {
        bool known = account != address(0) && requested.account == account;
        require(known, IConsentRegistry.MoveNotRequested(patient, account));
    }
}
