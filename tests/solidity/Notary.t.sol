// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Notary} from "../../contracts/Notary.sol";
import {Anchor, INotary} from "../../contracts/interfaces/INotary.sol";
import {Test, Vm} from "./Vm.sol";

/*
anchor
├── given a digest that the author never anchored
│   ├── it keeps block time and number, and returns them
│   └── it says so in one event
├── given one that the author anchored before
│   └── it returns the first moment, and emits nothing
├── given another author's digest
│   └── both anchors stand
└── given zero
    └── it refuses with index 0
anchorMany
├── given fresh, known and repeated digests
│   └── it anchors the fresh ones once, in order
├── given zero among them
│   └── it refuses with its index, and anchors nothing
└── given none, or more than MAX_BATCH
    └── it refuses, with length and maximum
anchorOf
└── given what was never anchored
    └── it returns zeros
*/
contract NotaryTest is Test {
    Notary private notary = new Notary();

    address private constant SPONSOR = address(0x5105);
    address private constant STRANGER = address(0x57A6);
    bytes32 private constant DIGEST = keccak256("a protocol");
    bytes32 private constant OTHER = keccak256("its amendment");

    function setUp() external {
        vm.warp(1_800_000_000);
        vm.roll(1000);
    }

    /* ANCHORING ONE */

    function testAnchorKeepsTheMomentAndSaysSo() external {
        vm.expectEmit(true, true, true, true);
        emit INotary.DigestAnchored(DIGEST, SPONSOR, 1_800_000_000);

        vm.prank(SPONSOR);
        Anchor memory made = notary.anchor(DIGEST);

        assertAnchor(made, 1_800_000_000, 1000);
        assertAnchor(notary.anchorOf(SPONSOR, DIGEST), 1_800_000_000, 1000);
    }

    function testAnchorAgainReturnsTheFirstMomentAndEmitsNothing() external {
        vm.prank(SPONSOR);
        notary.anchor(DIGEST);
        vm.warp(1_900_000_000);
        vm.roll(2000);
        vm.recordLogs();

        vm.prank(SPONSOR);
        Anchor memory again = notary.anchor(DIGEST);

        assertAnchor(again, 1_800_000_000, 1000);
        assert(vm.getRecordedLogs().length == 0);
    }

    function testFuzzAnchorsOfTwoAuthorsDoNotMeet(address thief, bytes32 digest, uint32 later, bool batch)
        external
    {
        vm.assume(digest != 0 && thief != SPONSOR);
        vm.prank(thief);
        notary.anchor(digest);
        vm.warp(1_800_000_000 + uint256(later) + 1);
        vm.roll(1001);

        vm.prank(SPONSOR);
        notary.anchor(digest);
        vm.roll(1002);
        vm.prank(thief);
        if (batch) notary.anchorMany(only(digest));
        else notary.anchor(digest);

        assertAnchor(notary.anchorOf(thief, digest), 1_800_000_000, 1000);
        assertAnchor(notary.anchorOf(SPONSOR, digest), 1_800_000_000 + uint256(later) + 1, 1001);
    }

    function testFuzzAnchorTakesItsMomentFromTheBlock(bytes32 digest, uint64 time, uint64 number) external {
        vm.assume(digest != 0 && time != 0);
        vm.warp(time);
        vm.roll(number);

        assertAnchor(notary.anchor(digest), time, number);
    }

    function testAnchorRefusesZero() external {
        vm.expectRevert(abi.encodeWithSelector(INotary.DigestZero.selector, 0));
        notary.anchor(0);
    }

    /* ANCHORING MANY */

    function testAnchorManyPassesOverWhatIsKnownOrRepeated() external {
        vm.prank(SPONSOR);
        notary.anchor(OTHER);
        vm.warp(1_800_000_060);
        vm.roll(1005);
        bytes32[] memory digests = new bytes32[](4);
        (digests[0], digests[1], digests[2], digests[3]) = (DIGEST, OTHER, DIGEST, keccak256("a third"));
        vm.recordLogs();

        vm.prank(SPONSOR);
        notary.anchorMany(digests);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        assert(logs.length == 2);
        assertEvent(logs[0], DIGEST, SPONSOR, 1_800_000_060);
        assertEvent(logs[1], keccak256("a third"), SPONSOR, 1_800_000_060);
        assertAnchor(notary.anchorOf(SPONSOR, DIGEST), 1_800_000_060, 1005);
        assertAnchor(notary.anchorOf(SPONSOR, OTHER), 1_800_000_000, 1000);
        assertAnchor(notary.anchorOf(STRANGER, DIGEST), 0, 0);
    }

    function testFuzzAnchorManyRefusesZeroWithItsIndex(uint256 length, uint256 index) external {
        length = bound(length, 1, 40);
        index = bound(index, 0, length - 1);
        bytes32[] memory digests = many(length);
        digests[index] = 0;

        vm.expectRevert(abi.encodeWithSelector(INotary.DigestZero.selector, index));
        notary.anchorMany(digests);

        assertAnchor(notary.anchorOf(address(this), digests[index == 0 ? length - 1 : 0]), 0, 0);
    }

    function testAnchorManyRefusesNone() external {
        vm.expectRevert(abi.encodeWithSelector(INotary.BatchEmpty.selector));
        notary.anchorMany(new bytes32[](0));
    }

    function testAnchorManyTakesTheMostAndRefusesOneMore() external {
        uint256 most = notary.MAX_BATCH();
        notary.anchorMany(many(most));
        assertAnchor(notary.anchorOf(address(this), keccak256(abi.encode(most - 1))), 1_800_000_000, 1000);

        bytes32[] memory tooMany = many(most + 1);
        vm.expectRevert(abi.encodeWithSelector(INotary.BatchTooLarge.selector, most + 1, most));
        notary.anchorMany(tooMany);
    }

    /* READING */

    function testFuzzAnchorOfReturnsZerosForWhatWasNeverAnchored(address author, bytes32 digest)
        external
        view
    {
        assertAnchor(notary.anchorOf(author, digest), 0, 0);
    }

    /* INTERNALS */

    function only(bytes32 digest) private pure returns (bytes32[] memory digests) {
        digests = new bytes32[](1);
        digests[0] = digest;
    }

    function many(uint256 length) private pure returns (bytes32[] memory digests) {
        digests = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            digests[i] = keccak256(abi.encode(i));
        }
    }

    function assertAnchor(Anchor memory found, uint256 anchoredAt, uint256 blockNumber) private pure {
        assert(found.anchoredAt == anchoredAt);
        assert(found.blockNumber == blockNumber);
    }

    function assertEvent(Vm.Log memory log, bytes32 digest, address author, uint64 anchoredAt) private pure {
        assert(log.topics[0] == INotary.DigestAnchored.selector);
        assert(log.topics[1] == digest);
        assert(log.topics[2] == bytes32(uint256(uint160(author))));
        assert(keccak256(log.data) == keccak256(abi.encode(anchoredAt)));
    }
}

/// @dev Lets three authors anchor six digests in any order, and remembers what must stand.
contract NotaryHandler is Test {
    Notary public immutable notary = new Notary();
    mapping(address author => mapping(bytes32 digest => Anchor)) private _expected;

    address[3] public authors = [address(0xA1), address(0xA2), address(0xA3)];

    function anchor(uint256 who, uint256 which, uint256 wait) external {
        pass(wait);
        (address author, bytes32 digest) = (authors[who % 3], digestOf(which));
        expect(author, digest);

        vm.prank(author);
        notary.anchor(digest);
    }

    function anchorMany(uint256 who, uint256 which, uint256 count, uint256 wait) external {
        pass(wait);
        address author = authors[who % 3];
        bytes32[] memory digests = new bytes32[](count % 8 + 1);
        for (uint256 i = 0; i < digests.length; ++i) {
            digests[i] = digestOf(uint256(keccak256(abi.encode(which, i))));
            expect(author, digests[i]);
        }

        vm.prank(author);
        notary.anchorMany(digests);
    }

    function expected(address author, bytes32 digest) external view returns (Anchor memory) {
        return _expected[author][digest];
    }

    function digestOf(uint256 which) public pure returns (bytes32) {
        return keccak256(abi.encode(which % 6));
    }

    function expect(address author, bytes32 digest) private {
        if (_expected[author][digest].anchoredAt != 0) return;
        _expected[author][digest] = Anchor(uint64(block.timestamp), uint64(block.number));
    }

    function pass(uint256 wait) private {
        vm.warp(block.timestamp + wait % 1000);
        vm.roll(block.number + wait % 10 + 1);
    }
}

contract NotaryInvariants is Test {
    NotaryHandler private handler;

    function setUp() external {
        vm.warp(1_800_000_000);
        handler = new NotaryHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev The first anchor never changes, its moment is the block's, and nobody moves another author's.
    function invariantTheFirstAnchorStands() external view {
        for (uint256 i = 0; i < 3; ++i) {
            address author = handler.authors(i);
            for (uint256 j = 0; j < 6; ++j) {
                bytes32 digest = handler.digestOf(j);
                Anchor memory found = handler.notary().anchorOf(author, digest);
                Anchor memory expected = handler.expected(author, digest);
                assert(found.anchoredAt == expected.anchoredAt);
                assert(found.blockNumber == expected.blockNumber);
            }
        }
    }
}
