// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title TestEuro
/// @notice The settlement token of local chains: anybody can mint it, and nowhere else can anyone.
/// @dev Two decimals, so that its units are cents. Worth nothing.
contract TestEuro is ERC20 {
    /// @notice Thrown when tokens would be minted on a chain that is not local.
    error FaucetNotLocal(uint256 chainId);

    constructor() ERC20("Test Euro", "EUR") {}

    /// @notice Mints tokens, on Anvil's and Ganache's chains only.
    function mint(address to, uint256 amount) external {
        bool local = block.chainid == 31_337 || block.chainid == 1337;
        require(local, FaucetNotLocal(block.chainid));

        _mint(to, amount);
    }

    /// @notice Returns the digits after the point.
    function decimals() public pure override returns (uint8) {
        return 2;
    }
}
