// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Notary} from "../../contracts/Notary.sol";
import {Anchor, INotary} from "../../contracts/interfaces/INotary.sol";
import {Test} from "./Vm.sol";

contract NotaryTest is Test {
    Notary private notary = new Notary();

    function testGasAnchor() external {
        notary.anchor(keccak256("x"));
    }
}
