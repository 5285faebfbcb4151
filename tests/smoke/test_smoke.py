"""
the suite on a chain, start to end
└── on Anvil and on Ganache
    ├── it is deployed, and deploying again changes nothing
    ├── documents are stamped in one transaction
    └── their proofs hold, with the node and without
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Node, environment

from pyhealth import connect, verify, verify_offline, verify_proof
from pyhealth.chain.network import connect as reach
from pyhealth.chain.wallet import Wallet
from pyhealth.config import load_settings
from pyhealth.deployment.deployer import Outcome, deploy, steps_for
from pyhealth.deployment.records import record_file
from pyhealth.errors import DigestZero, ProofInvalid
from pyhealth.health import Health

NODES = {"anvil": Node.anvil, "ganache": Node.ganache}
GIVEN = os.environ.get("PYHEALTH_RPC_URL")


@pytest.fixture(scope="module", params=["the chain given"] if GIVEN else sorted(NODES))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a chain: the one in the environment, or each of our own in turn."""
    if GIVEN:
        yield GIVEN
        return
    node = NODES[request.param]()
    yield node.url
    node.stop()


@pytest.fixture
def health(url: str, tmp_path: Path) -> Iterator[Health]:
    """The suite, deployed for this test alone."""
    settings = load_settings(environment(tmp_path / "home", PYHEALTH_RPC_URL=url), ROOT)
    chain = reach(settings)
    deployer = Wallet(settings.home, {}).signer("deployer", local=chain.local, default="deployer")
    for expected in (True, False):
        made: list[Outcome] = []
        deploy(chain, deployer, record_file(settings, chain), on_outcome=made.append)
        assert [one.name for one in made] == [step.name for step in steps_for(chain)]
        assert {one.deployed for one in made} == {expected}
    with connect(account="sponsor", settings=settings) as opened:
        yield opened


def test_documents_are_stamped_and_their_proofs_hold(health: Health, tmp_path: Path):
    documents = [tmp_path / f"{name}.txt" for name in ("protocol", "outcomes", "analysis")]
    for document in documents:
        document.write_text(document.name)

    made = health.notary.stamp(documents)

    assert made.anchored is not None
    for one in made.stamped:
        proof = verify_proof.load(one.proof)
        verified = verify(health.chain, one.document, proof)
        assert verified.confirmations >= 1
        assert verified.verdict.author == health.notary.author
        offline = verify_offline(one.document, proof, block_hash=made.anchored.block_hash)
        assert offline == verified.verdict
        with pytest.raises(ProofInvalid) as refused:
            verify(health.chain, b"\x01" * 32, proof)
        assert refused.value.reason == "CONTENT_DIFFERS"
    assert not any(one.fresh for one in health.notary.stamp(documents).stamped)


def test_a_refusal_of_the_contract_is_told_by_name(health: Health):
    with pytest.raises(DigestZero) as refused:
        health.notary.anchor_many([b"\x01" * 32, bytes(32)])

    assert refused.value.index == 1
