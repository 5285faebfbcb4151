"""
deploy
├── given an empty chain
│   └── it deploys each contract after those it depends on, and records each
├── given a suite that stands unchanged
│   └── it sends nothing
├── given a run that was cut between sending and recording
│   └── it finds what was sent, and sends nothing again
├── given a contract whose code is another
│   └── it deploys that one anew
├── when two processes deploy at once
│   └── one deploys, the other finds it done
├── given the record of another chain, or a damaged one
│   ├── it refuses
│   └── afresh, it deploys anew
└── when it fails afresh
    └── the record of what stands is kept
check
├── given the code of the sources
│   └── it finds nothing
└── given other code, or none
    └── it says so of each contract
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ROOT, Cli, Node, environment

from pyhealth.chain.network import Chain
from pyhealth.chain.network import connect as reach
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call
from pyhealth.chain.wallet import Signer, cast_key
from pyhealth.config import load_settings
from pyhealth.deployment import deployer
from pyhealth.deployment.artifacts import names, read_artifact
from pyhealth.deployment.deployer import SUITE, Outcome, deploy
from pyhealth.deployment.records import load_record
from pyhealth.errors import DeploymentError, FundsMissing, WrongChain

DEPLOYER = Signer.from_key(cast_key("deployer"))


@pytest.fixture
def chain(node: Node, home: Path) -> Chain:
    return reach(load_settings(environment(home, PYHEALTH_RPC_URL=node.url), ROOT))


@pytest.fixture
def file(home: Path) -> Path:
    return home / "deployments/31337.json"


def nonce(chain: Chain) -> int:
    return int(chain.rpc.call("eth_getTransactionCount", DEPLOYER.address, "latest"), 16)


def outcomes(chain: Chain, file: Path, **options: bool) -> list[Outcome]:
    made: list[Outcome] = []
    deploy(chain, DEPLOYER, file, on_outcome=made.append, **options)
    return made


def test_every_contract_is_deployed_after_those_it_depends_on(chain, file):
    made = outcomes(chain, file)

    assert [one.name for one in made] == [step.name for step in SUITE]
    assert {step.name for step in SUITE} == set(names())
    assert all(one.deployed and one.gas_used and one.cost for one in made)
    recorded = json.loads(file.read_text())
    assert (recorded["chain_id"], recorded["genesis"]) == (31337, "0x" + chain.genesis.hex())
    assert recorded["pending"] == {}
    for one in made:
        kept, artifact = recorded["contracts"][one.name], read_artifact(one.name)
        receipt = chain.rpc.call("eth_getTransactionReceipt", kept["transaction"])
        assert kept["address"] == one.address
        assert kept["block"] == int(receipt["blockNumber"], 16)
        assert kept["code_hash"] == "0x" + artifact.code_hash(chain.code(one.address)).hex()
        assert kept["compiler"] == artifact.compiler


def test_what_stands_unchanged_is_passed_over(chain, file):
    outcomes(chain, file)
    before, content = nonce(chain), file.read_bytes()

    made = outcomes(chain, file)

    assert not any(one.deployed for one in made)
    assert (nonce(chain), file.read_bytes()) == (before, content)


class Cut(BaseException):
    """The process ends here."""


def test_a_run_cut_between_sending_and_recording_is_resumed(chain, file, monkeypatch):
    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(deployer, "_deployed", cut)  # mined, and not recorded
        with pytest.raises(Cut):
            outcomes(chain, file)
    sent, pending = nonce(chain), json.loads(file.read_text())["pending"]

    made = outcomes(chain, file)

    assert pending == {SUITE[0].name: made[0].address}
    assert not made[0].deployed
    assert nonce(chain) == sent + len(SUITE) - 1
    assert load_record(file, chain).contracts[SUITE[0].name].transaction is None


def test_a_run_cut_before_sending_is_resumed(chain, file, monkeypatch):
    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(Sender, "send", cut)
        with pytest.raises(Cut):
            outcomes(chain, file)

    assert all(one.deployed for one in outcomes(chain, file))


def test_a_contract_with_other_code_is_deployed_anew(chain, file):
    (first, *_) = outcomes(chain, file)
    chain.rpc.call("anvil_setCode", first.address, "0x00")

    (again, *_) = outcomes(chain, file)

    assert again.deployed
    assert again.address != first.address


def test_processes_that_deploy_at_once_deploy_once(chain, file):
    with ThreadPoolExecutor(3) as pool:
        settings = load_settings(environment(file.parents[1], PYHEALTH_RPC_URL=chain.rpc.url), ROOT)
        chains = [reach(settings) for _ in range(3)]
        made = list(pool.map(lambda one: outcomes(one, file), chains))

    assert sorted(run[0].deployed for run in made) == [False, False, True]
    assert len({run[0].address for run in made}) == 1


@pytest.fixture
def other() -> Iterator[Node]:
    node = Node.anvil("--timestamp", "1700000000")
    yield node
    node.stop()


def test_the_record_of_another_chain_is_refused_unless_afresh(chain, file, other):
    outcomes(chain, file)
    replaced = reach(load_settings(environment(file.parents[1], PYHEALTH_RPC_URL=other.url), ROOT))

    with pytest.raises(WrongChain) as refused:
        outcomes(replaced, file)

    assert refused.value.url == other.url
    assert chain.genesis.hex()[:8] in refused.value.expected
    assert str(file) in refused.value.expected
    assert f"pyhealth deploy --fresh --network {other.url}" in refused.value.remedy
    assert all(one.deployed for one in outcomes(replaced, file, fresh=True))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"chain_id": 31337}', '{"contracts": []}'])
def test_a_damaged_record_is_refused_unless_afresh(chain, file, content):
    file.parent.mkdir(parents=True)
    file.write_text(content)

    with pytest.raises(DeploymentError, match=f"{file} is not a deployment record"):
        outcomes(chain, file)

    assert file.read_text() == content
    assert all(one.deployed for one in outcomes(chain, file, fresh=True))


def test_afresh_keeps_what_stands_when_it_fails(chain, file):
    outcomes(chain, file)
    standing = load_record(file, chain).contracts
    chain.rpc.call("anvil_setBalance", DEPLOYER.address, "0x0")

    with pytest.raises(FundsMissing) as refused:
        outcomes(chain, file, fresh=True)

    assert (refused.value.account, refused.value.balance) == (DEPLOYER.address, 0)
    assert load_record(file, chain).contracts == standing


def test_check_finds_other_code_and_none(chain, file):
    (first, *_) = outcomes(chain, file)
    record, compiled = load_record(file, chain), {name: read_artifact(name) for name in names()}
    assert deployer.check(chain, record, compiled) == {}

    chain.rpc.call("anvil_setCode", first.address, "0x00")
    changed = deployer.check(chain, record, compiled)
    chain.rpc.call("anvil_setCode", first.address, "0x")
    gone = deployer.check(chain, record, compiled)

    place = f"at {first.address}"
    assert changed == {first.name: f"the code {place} is not what the sources compile to"}
    assert gone == {first.name: f"no code {place}"}


def test_the_command_checks_skips_and_deploys(cli: Cli, node: Node):
    assert cli("deploy", "--check").status == 0
    standing, *others = cli("deploy", "--json").json["contracts"]
    assert {(one["did"], one["gas"]) for one in (standing, *others)} == {("unchanged", 0)}
    node.rpc.call("anvil_setCode", standing["address"], "0x00")

    refused = cli("deploy", "--check")
    anew, *_ = cli("deploy", "--json").json["contracts"]

    assert refused.status == 1
    assert f"{standing['contract']}: the code at {standing['address']} is not what" in refused.err
    assert anew["did"] == "deployed"
    assert float(anew["cost_ether"]) > 0


def test_a_contract_sent_by_hand_is_what_next_address_says(chain):
    expected = deployer.next_address(chain, DEPLOYER)

    receipt = Sender(chain, DEPLOYER).send(Call(None, read_artifact("Notary").bytecode))

    assert receipt.contract == expected


def test_nothing_of_the_machine_is_in_a_record(chain, file):
    outcomes(chain, file)

    assert not any(word in file.read_text() for word in (str(ROOT), os.uname().nodename, "abi"))
