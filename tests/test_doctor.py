"""
examine
├── given Anvil or Ganache with the suite
│   ├── it finds everything fine
│   └── it says which opcodes the chain knows, what gas costs, and what is deployed
├── given no node, or no such network
│   └── it says so as a finding, with a remedy
├── given a node that answers nothing it should
│   └── each probe is a finding, with a remedy
├── given an account without funds, or none
│   └── it says so, with a remedy
├── given contracts with other code, or none deployed
│   └── it says so, with a remedy
└── given a chain whose clock runs ahead
    └── it says so, with a remedy
doctor
└── it ends with 1 where something is not fine, in a table or as JSON
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import ROOT, Cli, Node, environment

from pyhealth.chain.doctor import Finding, examine
from pyhealth.chain.wallet import cast_address
from pyhealth.config import Settings, load_settings


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    assert all(one.fine or one.remedy for one in findings), "each no has a remedy"
    assert len({one.check for one in findings}) == len(findings)
    return {one.check: one for one in findings}


def test_all_is_fine_on_anvil(settings: Settings):
    found = by_name(examine(settings))

    assert [name for name, one in found.items() if not one.fine] == []
    assert "safe-pysha3" in found["fast signing and hashing"].found
    assert "anvil" in found["node"].found
    assert "31337" in found["chain id"].found
    assert all(name in found["opcodes"].found for name in ("PUSH0", "MCOPY", "BASEFEE"))
    assert "none is needed, the suite is compiled for Paris" in found["opcodes"].found
    assert "100 calls" in found["JSON-RPC batches"].found
    assert "the code is ours" in found["deployment"].found
    assert found["account"].found == cast_address("sponsor")


@pytest.fixture(scope="module")
def ganache() -> Iterator[Node]:
    node = Node.ganache()
    yield node
    node.stop()


def test_on_ganache_it_knows_the_older_opcodes_only(ganache: Node, home: Path):
    found = by_name(examine(load_settings(environment(home, PYHEALTH_RPC_URL=ganache.url), ROOT)))

    assert [name for name, one in found.items() if not one.fine] == ["deployment"]
    assert found["deployment"].remedy == f"Run 'pyhealth deploy --network {ganache.url}'."
    assert found["opcodes"].found.startswith("BASEFEE (London); none is needed")
    assert "eth_getBlockReceipts is missing" in found["receipts of a block"].found


def test_gas_may_be_free_or_legacy(settings: Settings):
    free = settings.network().__class__("free", settings.network().rpc, 31337, gas_price=0)
    legacy = replace(free, name="legacy", gas_price=10**9)
    networks = {"free": free, "legacy": legacy}
    named = replace(settings, networks=networks)

    assert by_name(examine(named, "free"))["price of gas"].found == "free"
    assert "1.000 gwei, one price" in by_name(examine(named, "legacy"))["price of gas"].found


@pytest.mark.parametrize(
    ("network", "told", "remedy"),
    [
        ("http://127.0.0.1:1", "No node answers at http://127.0.0.1:1", "Start it, or name"),
        ("mars", "No network is named 'mars'", "Correct the setting."),
        ("besu", "serves|No node answers", "Start it, or name"),
    ],
)
def test_what_cannot_be_reached_is_a_finding(settings, network, told, remedy):
    import re

    found = by_name(examine(settings, network))["node"]

    assert not found.fine
    assert re.search(told, found.found)
    assert remedy in found.remedy


@pytest.fixture
def stubborn(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that knows its chain id and first block, and answers everything else the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = (
                [self.answer(one) for one in asked]
                if isinstance(asked, list)
                else self.answer(asked)
            )
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def answer(self, asked: dict) -> dict:
            answers = {"eth_chainId": "0x7a69", "eth_getBlockByNumber": {"hash": "0x" + "11" * 32}}
            if asked["method"] in answers:
                return {"id": asked["id"], "result": answers[asked["method"]]}
            return {"id": asked["id"], **request.param}

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "stubborn",
    [
        {"error": {"code": -32601, "message": "method not found"}},
        {"result": None},
        {"result": {"unexpected": []}},
        {"result": "0x"},
    ],
    indirect=True,
)
def test_a_node_that_answers_nothing_it_should_gives_findings(stubborn: str, home: Path):
    found = by_name(examine(load_settings(environment(home, PYHEALTH_RPC_URL=stubborn), ROOT)))

    assert not found["node"].fine
    assert not found["clock"].fine
    assert found["JSON-RPC batches"].fine


def test_an_account_without_funds_is_told_what_to_send(settings: Settings, node: Node):
    node.rpc.call("anvil_setBalance", cast_address("patient"), "0x1")

    found = by_name(examine(settings, account="patient"))["funds"]

    assert not found.fine
    assert f"Send {cast_address('patient')} up to" in found.remedy


def test_an_unknown_account_is_a_finding(settings: Settings):
    found = by_name(examine(settings, account="nobody"))

    assert not found["account"].fine
    assert "No account is named 'nobody'" in found["account"].found
    assert "funds" not in found


def test_a_contract_with_other_code_is_a_finding(settings: Settings, node: Node, sponsor):
    node.rpc.call("anvil_setCode", sponsor.record.contracts["Notary"].address, "0x00")

    found = by_name(examine(settings))["deployment"]

    assert not found.fine
    assert "is not what the sources compile to" in found.found


def test_the_record_of_another_chain_is_a_finding(settings: Settings, home: Path):
    file = home / "deployments/31337.json"
    file.write_text(file.read_text().replace('"genesis": "0x', '"genesis": "0x00'))

    found = by_name(examine(settings))["deployment"]

    assert not found.fine
    assert str(file) in found.found


def test_a_clock_that_runs_ahead_is_a_finding(settings: Settings):
    node = Node.anvil("--timestamp", "4000000000")
    try:
        found = by_name(examine(settings, node.url))["clock"]
    finally:
        node.stop()

    assert not found.fine
    assert "s ahead" in found.found


def test_the_embedded_chain_is_started_and_examined(embedded_cli: Cli):
    told = embedded_cli.process("doctor", "--json")

    assert told.status == 0
    found = {one["check"]: one for one in told.json["findings"]}
    assert "anvil" in found["Anvil"]["found"]
    assert found["deployment"]["found"] == "nothing yet; deployed on first use"


def test_the_command_ends_with_one_where_something_is_not_fine(cli: Cli):
    fine, wrong = cli("doctor"), cli("doctor", "--network", "http://127.0.0.1:1")

    assert (fine.status, fine.err) == (0, "")
    assert (wrong.status, wrong.err) == (1, "")
    assert "No node answers" in wrong.out
    assert cli("doctor", "--network", "mars", "--json").json["fine"] is False
