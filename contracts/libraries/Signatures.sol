// SPDX-License-Identifier: MIT
pragma solidity >=0.8.26;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures
/// @notice EIP-712 signatures over a chain, a contract and its name, version 1.
/// @dev Smaller than OpenZeppelin's EIP712, which also stores and describes the domain.
library Signatures {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @notice Returns whether an account signed a struct for this chain and contract: its key, or its code (ERC-1271).
    /// @dev The key first: an account that delegated to code (EIP-7702) can still sign, also where the code cannot.
    function verify(bytes32 nameHash, address signer, bytes32 structHash, bytes memory signature)
        internal
        view
        returns (bool)
    {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, nameHash, keccak256("1"), block.chainid, address(this))
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        // The third value tells a failure's detail.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
    }
}
