"""
commitment
└── it is keccak256(abi.encode(domain, salt, digest)), and another salt gives another
MerkleTree
├── given 1 to 33, or 1,000 values
│   └── root and paths are those of npm's @openzeppelin/merkle-tree
├── given any values, in any order
│   ├── every path leads to the root
│   └── no other value's does
├── given a value twice
│   └── both have the path of either leaf
├── given a value that it does not hold
│   └── it refuses, naming value and root
└── given no value
    └── it refuses
root_of
└── an inner node does not pass for a value
digest_of_file
└── it hashes files longer than one piece
"""

import hashlib
import json
import random
import subprocess

import pytest
import sha3
from conftest import ROOT
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as some

from pyhealth.errors import InputError
from pyhealth.hashing import (
    DOCUMENT_DOMAIN,
    MerkleTree,
    commitment,
    digest_of_file,
    keccak,
    leaf_hash,
    new_salt,
    root_of,
)

VALUES = some.lists(some.binary(min_size=32, max_size=32), min_size=1, max_size=70)
OPENZEPPELIN = """
const { StandardMerkleTree } = require('@openzeppelin/merkle-tree');
const told = JSON.parse(require('fs').readFileSync(0)).map((values) => {
  const tree = StandardMerkleTree.of(values.map((value) => [value]), ['bytes32']);
  return { root: tree.root, paths: values.map((_, i) => tree.getProof(i)) };
});
console.log(JSON.stringify(told));
"""


def value(i: int) -> bytes:
    return keccak(b"value %d" % i)


def test_commitment_is_the_hash_of_what_solidity_encodes():
    salt, digest = new_salt(), value(1)

    made = commitment(DOCUMENT_DOMAIN, salt, digest)

    encoded = encode(["bytes32"] * 3, [DOCUMENT_DOMAIN, salt, digest])
    assert made == sha3.keccak_256(encoded).digest()
    assert made != commitment(DOCUMENT_DOMAIN, new_salt(), digest)


def test_tree_is_that_of_openzeppelin():
    sizes = [*range(1, 34), 1000]
    lists = [[value(1000 * n + i) for i in range(n)] for n in sizes]
    asked = json.dumps([["0x" + one.hex() for one in values] for values in lists])

    done = subprocess.run(
        ["node", "-e", OPENZEPPELIN],
        input=asked,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    for values, theirs in zip(lists, json.loads(done.stdout), strict=True):
        tree = MerkleTree(values)
        assert "0x" + tree.root.hex() == theirs["root"]
        paths = [["0x" + node.hex() for node in tree.path(one)] for one in values]
        assert paths == theirs["paths"]


@given(VALUES, some.randoms(use_true_random=False))
def test_every_path_leads_to_the_root_in_any_order(values, shuffler: random.Random):
    tree = MerkleTree(values)
    shuffled = list(values)
    shuffler.shuffle(shuffled)

    assert MerkleTree(shuffled).root == tree.root
    assert all(root_of(one, tree.path(one)) == tree.root for one in values)


@given(VALUES, some.binary(min_size=32, max_size=32))
def test_no_other_value_leads_to_the_root(values, other):
    tree = MerkleTree(values)
    if other in values:
        return

    assert all(root_of(other, tree.path(one)) != tree.root for one in values)
    with pytest.raises(InputError, match=f"0x{other.hex()} is not in .* 0x{tree.root.hex()}"):
        tree.path(other)


def test_a_value_given_twice_has_a_path_that_leads_to_the_root():
    values = [value(1), value(2), value(1)]
    tree = MerkleTree(values)

    assert len(tree) == 3
    assert root_of(value(1), tree.path(value(1))) == tree.root
    assert tree.root != MerkleTree(values[:2]).root


def test_a_tree_of_nothing_is_refused():
    with pytest.raises(InputError, match="at least one document"):
        MerkleTree([])


def test_an_inner_node_does_not_pass_for_a_value():
    tree = MerkleTree([value(i) for i in range(4)])

    assert root_of(tree[1], [tree[2]]) != tree.root
    assert leaf_hash(value(0)) in {tree[i] for i in range(3, 7)}


@pytest.mark.parametrize("algorithm", ["sha-256", "keccak-256"])
def test_digest_of_file_hashes_files_longer_than_one_piece(tmp_path, algorithm):
    content = bytes(range(256)) * 5000
    (tmp_path / "long").write_bytes(content)
    hasher = hashlib.sha256 if algorithm == "sha-256" else sha3.keccak_256

    assert digest_of_file(tmp_path / "long", algorithm) == hasher(content).digest()
