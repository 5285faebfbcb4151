"""
gas, exact, as kept in gas.json
├── given the steady state: the author has anchored before
│   └── it costs what is written, and stays within its budget
├── given the first time
│   └── it costs what is written
├── no transaction uses more than EIP-7825 allows
└── no contract has more code than EIP-170 allows

With PYHEALTH_WRITE_GAS=1 what is measured is written.
"""

import json
import os
from collections.abc import Callable, Iterator

import gas_claims
import gas_consents
import gas_consortium
import gas_trials
import pytest
from conftest import ROOT

from pyhealth.deployment.artifacts import names, read_artifact
from pyhealth.hashing import MerkleTree, keccak
from pyhealth.health import Health

FILE = ROOT / "tests/gas.json"
# what each contract beside the notary costs
PARTS = (gas_consortium, gas_trials, gas_consents, gas_claims)
MOST_GAS, MOST_CODE = 16_777_216, 24_576
ONE = "notary: one digest"
HUNDRED = "notary: 100 digests, each"
ROOTS = "notary: Merkle root of 1 to 1,000,000 documents"
BUDGETS = {
    ONE: 47_000,
    HUNDRED: 25_500,
    ROOTS: 48_000,
}
for part in PARTS:
    BUDGETS |= part.BUDGETS


def word(place: int) -> bytes:
    """32 bytes without a zero among them, so that each costs the same as calldata."""
    return keccak(b"%d" % place).replace(b"\x00", b"\x01")


@pytest.fixture
def measured(sponsor: Health, act_as: Callable[[str], Health]) -> dict[str, int]:
    """What is measured here, by its name; one word a cost."""
    notary, found = sponsor.notary, {}
    for part in PARTS:
        found |= part.measures(act_as)

    def anchored(digest: bytes) -> int:
        return notary.binding.send("anchor", digest).gas_used

    def many(first: int, count: int) -> int:
        return notary.anchor_many([word(i) for i in range(first, first + count)]).gas_used

    found["notary: one digest, the author's first"] = anchored(word(1))
    found[ONE] = anchored(word(2))
    found["notary: one digest, again"] = anchored(word(2))
    found[HUNDRED] = many(1_000, 100) // 100
    found["notary: 100 digests, each, again"] = many(1_000, 100) // 100
    found["notary: the largest batch, in all"] = many(10_000, notary.binding.call("MAX_BATCH"))
    few, more = (MerkleTree(word(i) for i in range(count)).root for count in (1, 10_000))
    costs = {anchored(root.replace(b"\x00", b"\x01")) for root in (few, more)}
    assert len(costs) == 1, "the number of documents under a root costs nothing"
    found[ROOTS] = costs.pop()
    for name, deployed in sponsor.record.contracts.items():
        receipt = sponsor.chain.rpc.call("eth_getTransactionReceipt", deployed.transaction)
        found[f"{name}: deploy"] = int(receipt["gasUsed"], 16)
        found[f"{name}: bytes of code"] = len(read_artifact(name).runtime)
    return found


@pytest.fixture
def kept(measured: dict[str, int]) -> Iterator[dict[str, int]]:
    written = json.loads(FILE.read_text()) if FILE.exists() else {}
    if os.environ.get("PYHEALTH_WRITE_GAS"):
        written |= measured
        FILE.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
    return written


def test_costs_are_those_written(measured, kept):
    assert {name: kept.get(name) for name in measured} == measured


def test_costs_stay_within_their_budgets(measured):
    assert {name: cost for name, cost in measured.items() if cost > BUDGETS.get(name, cost)} == {}


def test_no_transaction_uses_more_than_the_chain_allows(measured):
    costs = {name: cost for name, cost in measured.items() if "bytes of code" not in name}

    assert max(costs.values()) <= MOST_GAS


def test_no_contract_has_more_code_than_the_chain_allows():
    sizes = {name: len(read_artifact(name).runtime) for name in names()}

    assert {name: size for name, size in sizes.items() if size > MOST_CODE} == {}
