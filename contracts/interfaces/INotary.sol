// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

/// @notice When an author first anchored a digest.
struct Anchor {
    uint64 anchoredAt; // block time, in seconds; zero when never anchored.
    uint64 blockNumber; // block.number: the block with the event, but on some layer-2 chains that of layer 1.
}

/// @title INotary
/// @notice Author-bound timestamps of a digest, or of a Merkle root over any number of documents.
/// @dev Warning: a timestamp proves that the author knew the digest at that time. It proves neither that the
/// author wrote the document, nor that nobody anchored it before under another account.
/// @dev Warning: block time is set by validators. Public chains follow slots of 12 seconds; a consortium chain
/// may run up to 15 seconds ahead. It cannot be set back behind the block before.
interface INotary {
    /* ERRORS */

    /// @notice Thrown when a digest is zero, which means nothing.
    /// @param index The place of the digest in the batch, zero for a single one.
    error DigestZero(uint256 index);

    /// @notice Thrown when a batch holds no digest.
    error BatchEmpty();

    /// @notice Thrown when a batch could exceed the gas limit of one transaction (EIP-7825).
    /// @param length The number of digests handed in.
    /// @param maximum The number of digests allowed.
    error BatchTooLarge(uint256 length, uint256 maximum);

    /* EVENTS */

    /// @notice Emitted when an author anchors a digest for the first time.
    /// @param digest The salted commitment or Merkle root. Only the holder of the salts can open it.
    /// @param author The account that anchored it.
    /// @param anchoredAt The block time, in seconds.
    event DigestAnchored(bytes32 indexed digest, address indexed author, uint64 anchoredAt);

    /* ANCHORING */

    /// @notice Anchors a digest under the caller. Anchoring it again changes nothing and emits nothing.
    /// @param digest The salted commitment, or the Merkle root, to anchor.
    /// @return first The first moment at which the caller anchored it.
    function anchor(bytes32 digest) external returns (Anchor memory first);

    /// @notice Anchors many digests under the caller. Those anchored before, or twice in the batch, are passed over.
    /// @param digests The digests to anchor, at most {MAX_BATCH}.
    function anchorMany(bytes32[] calldata digests) external;

    /* READING */

    /// @notice Returns the most digests that one batch takes.
    function MAX_BATCH() external view returns (uint256);

    /// @notice Returns when an author first anchored a digest, or zeros when it never did.
    function anchorOf(address author, bytes32 digest) external view returns (Anchor memory);
}
