// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IConsortium, Identity, Member, MemberStatus} from "../interfaces/IConsortium.sol";
import {Governance} from "./Governance.sol";

/// @notice Who belongs, and which accounts act for whom.
struct Roster {
    mapping(address key => Identity) identities; // copied to each key of a member, so that who asks reads one slot.
    mapping(uint32 member => Member) members;
    mapping(uint32 member => address[]) keys; // the member's own account first.
    uint32[] seats; // the present members.
    uint32 lastMember;
    mapping(address account => bool) replaced; // for good: with the account its ballots would come back.
}

/// @title Membership
/// @notice How members come, change, rest and go, once decided. See {IConsortium}.
library Membership {
    /// @dev Below three there is no majority against one.
    uint256 internal constant MIN_MEMBERS = 3;

    /// @dev Counting the ballots of 64 costs 0.3 million gas.
    uint256 internal constant MAX_MEMBERS = 64;

    uint48 internal constant SUSPENSION = 7 days;

    uint48 internal constant REST = 30 days;

    uint48 internal constant UNTIL_LIFTED = type(uint48).max;

    /// @notice Seats a member under the next number.
    function admit(Roster storage self, address account, uint16 roles, bytes32 name) internal {
        require(self.seats.length < MAX_MEMBERS, IConsortium.MembershipFull(MAX_MEMBERS));
        _requireAssignable(roles);
        require(name != bytes32(0), IConsortium.NameMissing(account));
        for (uint256 i = 0; i < self.seats.length; ++i) {
            require(self.members[self.seats[i]].name != name, IConsortium.NameTaken(name, self.seats[i]));
        }

        uint32 member = ++self.lastMember;
        Member storage admitted = self.members[member];
        admitted.account = account;
        admitted.roles = roles;
        admitted.admittedAt = uint48(block.timestamp);
        admitted.name = name;
        self.seats.push(member);
        addKey(self, member, account);
        publish(self, member);

        emit IConsortium.MemberAdmitted(member, account, roles, name);
    }

    /// @notice Takes the seat of a member, whose keys keep its number.
    function remove(Roster storage self, uint32 member) internal {
        Member storage leaving = _seated(self, member);
        require(
            self.seats.length > MIN_MEMBERS, IConsortium.MembershipAtFloor(self.seats.length, MIN_MEMBERS)
        );

        uint256 seat = 0;
        while (self.seats[seat] != member) ++seat;
        self.seats[seat] = self.seats[self.seats.length - 1];
        self.seats.pop();
        leaving.roles = 0;
        leaving.suspendedUntil = 0;
        publish(self, member);

        emit IConsortium.MemberRemoved(member);
    }

    /// @notice Gives a member other roles.
    function setRoles(Roster storage self, uint32 member, uint16 roles) internal {
        Member storage changing = _seated(self, member);
        _requireAssignable(roles);

        changing.roles = roles;
        publish(self, member);

        emit IConsortium.RolesChanged(member, roles);
    }

    /// @notice Gives a member another account and no operator.
    function replaceAccount(Roster storage self, uint32 member, address account) internal {
        Member storage changing = _seated(self, member);
        address previous = changing.account;
        address[] storage keys = self.keys[member];
        self.replaced[previous] = true;
        require(!self.replaced[account], IConsortium.AddressNotUsable(account));

        for (uint256 i = keys.length; i > 0; --i) {
            delete self.identities[keys[i - 1]];
            if (i > 1) emit IConsortium.OperatorRevoked(member, keys[i - 1]);
            keys.pop();
        }
        changing.account = account;
        addKey(self, member, account);
        publish(self, member);

        emit IConsortium.AccountReplaced(member, previous, account);
    }

    /// @notice Suspends an active member for a time.
    function suspend(Roster storage self, uint32 member) internal {
        Member storage suspended = self.members[member];
        MemberStatus status = statusOf(self, member);
        require(status == MemberStatus.Active, IConsortium.MemberNotActive(member, status));
        uint48 from = suspended.suspendableFrom;
        require(block.timestamp >= from, IConsortium.SuspensionResting(member, from));
        uint256 remaining = _activeSeats(self) - 1;
        require(
            2 * remaining > self.seats.length,
            IConsortium.SuspensionBreaksMajority(remaining, self.seats.length)
        );

        suspended.suspendableFrom = uint48(block.timestamp) + SUSPENSION + REST;
        _suspend(self, member, uint48(block.timestamp) + SUSPENSION);
    }

    /// @notice Suspends a member without end.
    function suspendUntilLifted(Roster storage self, uint32 member) internal {
        _seated(self, member);

        _suspend(self, member, UNTIL_LIFTED);
    }

    /// @notice Ends a suspension.
    function reinstate(Roster storage self, uint32 member) internal {
        Member storage suspended = self.members[member];
        MemberStatus status = statusOf(self, member);
        require(status == MemberStatus.Suspended, IConsortium.MemberNotSuspended(member, status));

        suspended.suspendedUntil = 0;
        suspended.suspendableFrom = uint48(block.timestamp) + REST;
        publish(self, member);

        emit IConsortium.MemberReinstated(member, suspended.suspendableFrom);
    }

    /// @notice Binds a free key to a member.
    function addKey(Roster storage self, uint32 member, address key) internal {
        require(key != address(0) && key != address(this), IConsortium.AddressNotUsable(key));
        uint32 holder = self.identities[key].member;
        require(holder == 0, IConsortium.KeyTaken(key, holder));

        self.identities[key].member = member;
        self.keys[member].push(key);
    }

    /// @notice Frees a key of a member, not its own account.
    function dropKey(Roster storage self, uint32 member, address key) internal {
        address[] storage keys = self.keys[member];
        uint256 place = 1;
        while (keys[place] != key) ++place;
        keys[place] = keys[keys.length - 1];
        keys.pop();
        delete self.identities[key];
    }

    /// @notice Copies the standing of a member to each of its keys.
    function publish(Roster storage self, uint32 member) internal {
        Member storage source = self.members[member];
        address[] storage keys = self.keys[member];
        for (uint256 i = 0; i < keys.length; ++i) {
            Identity storage identity = self.identities[keys[i]];
            identity.member = member;
            identity.account = source.account;
            identity.roles = source.roles;
            identity.suspendedUntil = source.suspendedUntil;
        }
    }

    /// @notice Returns where a member stands now.
    function statusOf(Roster storage self, uint32 member) internal view returns (MemberStatus) {
        Member storage known = self.members[member];
        if (known.account == address(0)) return MemberStatus.None;
        return _standing(known.roles, known.suspendedUntil);
    }

    /// @notice Returns the member that an account acts for.
    function knownMember(Roster storage self, address account) internal view returns (uint32 member) {
        member = self.identities[account].member;
        require(member != 0, IConsortium.AccountUnknown(account));
    }

    /// @notice Returns the active member that an account acts for.
    function activeMember(Roster storage self, address account) internal view returns (uint32) {
        Identity storage known = self.identities[account];
        require(known.member != 0, IConsortium.AccountUnknown(account));
        MemberStatus status = _standing(known.roles, known.suspendedUntil);
        require(status == MemberStatus.Active, IConsortium.MemberNotActive(known.member, status));
        return known.member;
    }

    function _suspend(Roster storage self, uint32 member, uint48 until) private {
        self.members[member].suspendedUntil = until;
        publish(self, member);

        emit IConsortium.MemberSuspended(member, until);
    }

    function _activeSeats(Roster storage self) private view returns (uint256 active) {
        for (uint256 i = 0; i < self.seats.length; ++i) {
            if (statusOf(self, self.seats[i]) == MemberStatus.Active) ++active;
        }
    }

    function _seated(Roster storage self, uint32 member) private view returns (Member storage) {
        MemberStatus status = statusOf(self, member);
        require(self.members[member].roles != 0, IConsortium.MemberNotSeated(member, status));
        return self.members[member];
    }

    function _requireAssignable(uint16 roles) private pure {
        require(roles != 0 && roles <= Governance.ALL_ROLES, IConsortium.RolesNotAssignable(roles));
    }

    function _standing(uint16 roles, uint48 suspendedUntil) private view returns (MemberStatus) {
        if (roles == 0) return MemberStatus.Removed;
        return block.timestamp < suspendedUntil ? MemberStatus.Suspended : MemberStatus.Active;
    }
}
