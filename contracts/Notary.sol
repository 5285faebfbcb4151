// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Anchor, INotary} from "./interfaces/INotary.sol";

/// @title Notary
/// @notice See {INotary}.
contract Notary is INotary {
    /* CONSTANTS */

    /// @inheritdoc INotary
    /// @dev 500 fresh digests cost 12.6 million gas, three quarters of what EIP-7825 allows a transaction.
    uint256 public constant MAX_BATCH = 500;

    /* STORAGE */

    /// @dev Keyed by author, so that nobody can take, overwrite or block another's anchor.
    mapping(address author => mapping(bytes32 digest => Anchor)) private _anchors;

    /* ANCHORING */

    /// @inheritdoc INotary
    function anchor(bytes32 digest) external returns (Anchor memory) {
        return _anchor(digest, 0);
    }

    /// @inheritdoc INotary
    function anchorMany(bytes32[] calldata digests) external {
        require(digests.length > 0, BatchEmpty());
        require(digests.length <= MAX_BATCH, BatchTooLarge(digests.length, MAX_BATCH));

        for (uint256 i = 0; i < digests.length; ++i) {
            _anchor(digests[i], i);
        }
    }

    function _anchor(bytes32 digest, uint256 index) private returns (Anchor memory) {
        require(digest != bytes32(0), DigestZero(index));
        Anchor storage first = _anchors[msg.sender][digest];
        if (first.anchoredAt != 0) return first;

        first.anchoredAt = uint64(block.timestamp);
        first.blockNumber = uint64(block.number);

        emit DigestAnchored(digest, msg.sender, uint64(block.timestamp));
        return first;
    }

    /* READING */

    /// @inheritdoc INotary
    function anchorOf(address author, bytes32 digest) external view returns (Anchor memory) {
        return _anchors[author][digest];
    }
}
