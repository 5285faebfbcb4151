// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures
/// @notice EIP-712 signatures over a chain, a contract and its name, version 1.
/// @dev Smaller than OpenZeppelin's EIP712, which also stores and describes the domain.
library Signatures {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @notice Returns whether an account signed a struct for this chain and contract. ERC-1271 too.
    function verify(bytes32 nameHash, address signer, bytes32 structHash, bytes memory signature)
        internal
        view
        returns (bool)
    {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, nameHash, keccak256("1"), block.chainid, address(this))
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }
}
