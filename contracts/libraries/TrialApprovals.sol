// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {Approval, ITrialRegistry, Version} from "../interfaces/ITrialRegistry.sol";

/// @title TrialApprovals
/// @notice What one ethics board says to one version of a protocol, once it is known to be the board.
/// See {ITrialRegistry}.
library TrialApprovals {
    bytes32 private constant TYPEHASH = keccak256(
        "Approval(bytes32 trialId,uint16 version,bytes32 protocol,bytes32 outcomes,uint32 board,uint32 nonce,uint64 deadline)"
    );

    /// @notice Returns what a board signs.
    function structHash(
        bytes32 trialId,
        uint16 version,
        Version memory content,
        uint32 board,
        uint32 nonce,
        uint64 deadline
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(TYPEHASH, trialId, version, content.protocol, content.outcomes, board, nonce, deadline)
        );
    }

    /// @notice Notes an approval, which spends the nonce.
    function give(
        Approval storage self,
        bytes32 trialId,
        uint16 version,
        Version memory content,
        uint32 board,
        address by
    ) internal {
        uint40 approvedAt = self.approvedAt;
        require(approvedAt == 0, ITrialRegistry.ApprovalStands(trialId, version, board, approvedAt));

        uint32 nonce = self.nonce++;
        self.approvedAt = uint40(block.timestamp);

        emit ITrialRegistry.ApprovalGiven(
            trialId, version, board, by, content.protocol, content.outcomes, nonce, uint64(block.timestamp)
        );
    }

    /// @notice Notes a withdrawal, which spends the nonce too: of what was given, or of what was only signed.
    function withdraw(
        Approval storage self,
        bytes32 trialId,
        uint16 version,
        uint32 board,
        address by,
        bytes32 reason
    ) internal {
        uint32 nonce = self.nonce++;
        self.approvedAt = 0;
        self.withdrawnAt = uint40(block.timestamp);

        emit ITrialRegistry.ApprovalWithdrawn(trialId, version, board, by, nonce, reason);
    }
}
