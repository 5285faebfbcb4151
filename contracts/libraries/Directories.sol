// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {Adoption, IConsortium, Listing} from "../interfaces/IConsortium.sol";
import {Membership} from "./Membership.sol";

/// @notice Which contracts are adopted.
struct Directory {
    mapping(address target => Listing) listings;
    mapping(bytes32 name => address) newest;
    address[] adopted; // without a ceiling: only ever read, and each entry took three quarters.
}

/// @title Directories
/// @notice How contracts are adopted and paused, once decided. See {IConsortium}.
library Directories {
    /// @notice Lists a contract as the newest of its name.
    function adopt(Directory storage self, Adoption memory adoption) internal {
        (bytes32 name, uint32 version, address target) = (adoption.name, adoption.version, adoption.target);
        require(name != bytes32(0), IConsortium.NameMissing(target));
        require(target != address(0) && target != address(this), IConsortium.AddressNotUsable(target));
        require(
            self.listings[target].adoptedAt == 0,
            IConsortium.ContractAlreadyAdopted(target, self.listings[target].name)
        );
        uint32 newest = self.listings[self.newest[name]].version;
        require(version > newest, IConsortium.VersionNotNewer(name, version, newest));

        Listing storage listing = self.listings[target];
        listing.name = name;
        listing.target = target;
        listing.version = version;
        listing.adoptedAt = uint48(block.timestamp);
        self.adopted.push(target);
        self.newest[name] = target;

        emit IConsortium.ContractAdopted(name, target, version);
    }

    /// @notice Pauses a contract for a time.
    function pause(Directory storage self, address target) internal {
        Listing storage listing = listed(self, target);
        require(!isPaused(self, target), IConsortium.ContractAlreadyPaused(target, listing.pausedUntil));
        uint48 from = listing.pausableFrom;
        require(block.timestamp >= from, IConsortium.PauseResting(target, from));

        listing.pausableFrom = uint48(block.timestamp) + Membership.SUSPENSION + Membership.REST;
        _pause(self, target, uint48(block.timestamp) + Membership.SUSPENSION);
    }

    /// @notice Pauses a contract without end.
    function pauseUntilLifted(Directory storage self, address target) internal {
        listed(self, target);

        _pause(self, target, Membership.UNTIL_LIFTED);
    }

    /// @notice Ends a pause.
    function unpause(Directory storage self, address target) internal {
        Listing storage listing = listed(self, target);
        require(isPaused(self, target), IConsortium.ContractNotPaused(target));

        listing.pausedUntil = 0;
        listing.pausableFrom = uint48(block.timestamp) + Membership.REST;

        emit IConsortium.ContractUnpaused(target, listing.pausableFrom);
    }

    /// @notice Returns whether a contract is paused now.
    function isPaused(Directory storage self, address target) internal view returns (bool) {
        return block.timestamp < self.listings[target].pausedUntil;
    }

    /// @notice Returns the entry of an adopted contract.
    function listed(Directory storage self, address target) internal view returns (Listing storage listing) {
        listing = self.listings[target];
        require(listing.adoptedAt != 0, IConsortium.ContractNotAdopted(target));
    }

    function _pause(Directory storage self, address target, uint48 until) private {
        self.listings[target].pausedUntil = until;

        emit IConsortium.ContractPaused(target, until);
    }
}
