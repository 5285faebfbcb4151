"""
verify_record
├── given a network with a verifier
│   ├── it submits the standard-JSON of each contract to Sourcify, and asks until there is a verdict
│   ├── when it was verified before, or its code differs
│   │   └── it says so in the explorer's words
│   └── when the explorer does not answer, or answers no JSON
│       └── it refuses, naming the explorer
├── given ETHERSCAN_API_KEY
│   └── it submits to Etherscan with the chain's id, and asks until there is a verdict
└── given neither
    └── it refuses, naming what to set
deploy --verify
└── it shows what the explorers say, and ends with 1 where one refuses
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import Cli

from pyhealth.chain.network import connect as reach
from pyhealth.config import Settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.deployment.deployer import SUITE
from pyhealth.deployment.records import Record, load_record, record_file
from pyhealth.deployment.sources import standard_input
from pyhealth.deployment.verification import Verified, verify_record
from pyhealth.errors import ConfigError, DeploymentError

JOB = "72b5aa47-7ce0-4e8a-b6a4-1d0a2ee2e7e6"


@dataclass
class Explorer:
    """A server that takes sources as Sourcify and Etherscan do, and answers as it is told to."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type")
            body = json.loads(content) if kind == "application/json" else parse_qs(content.decode())
            server.asked.append((self.command, self.path, body))
            status, answer = server.answers.pop(0)
            told = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Explorer(f"http://127.0.0.1:{listening.server_port}")
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def chain(settings: Settings, explorer: Explorer):
    reached = reach(settings)
    reached.network = replace(reached.network, verifier=explorer.url + "/")
    return reached


@pytest.fixture
def record(settings: Settings, chain) -> Record:
    whole = load_record(record_file(settings, chain), chain)
    return replace(whole, contracts={"Notary": whole.contracts["Notary"]})


def test_sourcify_is_given_the_standard_json_and_asked_until_it_is_done(
    settings, chain, record, explorer
):
    explorer.answers = [
        (202, {"verificationId": JOB}),
        (200, {"isJobCompleted": False, "verificationId": JOB}),
        (200, {"isJobCompleted": True, "contract": {"match": "exact_match"}}),
    ]

    told = verify_record(settings, chain, record, pause=0)

    assert told == [Verified("Notary", "Sourcify", True, "exact_match")]
    deployed, artifact = record.contracts["Notary"], read_artifact("Notary")
    (method, path, body), *polls = explorer.asked
    assert (method, path) == ("POST", f"/v2/verify/31337/{deployed.address}")
    assert body == {
        "stdJsonInput": standard_input(artifact),
        "compilerVersion": artifact.compiler,
        "contractIdentifier": "contracts/Notary.sol:Notary",
        "creationTransactionHash": deployed.transaction,
    }
    assert artifact.compiler.startswith("0.8.37+commit.")
    assert {"contracts/Notary.sol", "contracts/interfaces/INotary.sol"} == set(
        body["stdJsonInput"]["sources"]
    )
    assert [(method, path) for method, path, _ in polls] == [("GET", f"/v2/verify/{JOB}")] * 2


@pytest.mark.parametrize(
    ("answers", "accepted", "told"),
    [
        (
            [(409, {"customCode": "already_verified", "message": "Already verified."})],
            True,
            "Already verified.",
        ),
        (
            [(400, {"customCode": "unsupported_chain", "message": "Chain 31337 is not known."})],
            False,
            "Chain 31337 is not known.",
        ),
        (
            [
                (202, {"verificationId": JOB}),
                (200, {"isJobCompleted": True, "error": {"customCode": "no_match"}}),
            ],
            False,
            "no_match",
        ),
    ],
)
def test_sourcify_is_quoted(settings, chain, record, explorer, answers, accepted, told):
    explorer.answers = answers

    assert verify_record(settings, chain, record, pause=0) == [
        Verified("Notary", "Sourcify", accepted, told)
    ]


@pytest.mark.parametrize("answer", [(502, b"<html>"), (200, []), (200, b"")])
def test_an_explorer_that_gives_no_answer_is_named(settings, chain, record, explorer, answer):
    explorer.answers = [answer]

    with pytest.raises(
        DeploymentError, match=f"The explorer at {explorer.url}/v2/.* \\(HTTP {answer[0]}"
    ):
        verify_record(settings, chain, record, pause=0)


def test_an_explorer_that_is_not_there_is_named(settings, chain, record):
    chain.network = replace(chain.network, verifier="http://127.0.0.1:1")

    with pytest.raises(
        DeploymentError, match=r"http://127.0.0.1:1/v2/\S+ does not answer \(NewConn"
    ):
        verify_record(settings, chain, record, pause=0)


@pytest.mark.parametrize(
    ("verdict", "accepted"),
    [("Pass - Verified", True), ("Already Verified", True), ("Fail - Unable to verify", False)],
)
def test_etherscan_is_given_the_standard_json(settings, chain, record, explorer, verdict, accepted):
    chain.network = replace(chain.network, verifier=None)
    keyed = replace(settings, environment={**settings.environment, "ETHERSCAN_API_KEY": "key"})
    explorer.answers = [
        (200, {"status": "1", "message": "OK", "result": "guid"}),
        (200, {"status": "0", "message": "NOTOK", "result": "Pending in queue"}),
        (200, {"status": "1", "message": "OK", "result": verdict}),
    ]

    told = verify_record(keyed, chain, record, etherscan=explorer.url + "/v2/api", pause=0)

    assert told == [Verified("Notary", "Etherscan", accepted, verdict)]
    (method, path, form), *polls = explorer.asked
    query = {"chainid": ["31337"], "module": ["contract"], "apikey": ["key"]}
    assert (method, urlsplit(path).path) == ("POST", "/v2/api")
    assert parse_qs(urlsplit(path).query) == query | {"action": ["verifysourcecode"]}
    artifact = read_artifact("Notary")
    assert json.loads(form.pop("sourceCode")[0]) == standard_input(artifact)
    assert form == {
        "codeformat": ["solidity-standard-json-input"],
        "contractaddress": [record.contracts["Notary"].address],
        "contractname": ["contracts/Notary.sol:Notary"],
        "compilerversion": [f"v{artifact.compiler}"],
    }
    asked = [parse_qs(urlsplit(path).query) for _, path, _ in polls]
    assert asked == [query | {"action": ["checkverifystatus"], "guid": ["guid"]}] * 2


def test_etherscan_is_quoted_when_it_refuses(settings, chain, record, explorer):
    chain.network = replace(chain.network, verifier=None)
    keyed = replace(settings, environment={"ETHERSCAN_API_KEY": "wrong"})
    explorer.answers = [(200, {"status": "0", "message": "NOTOK", "result": "Invalid API Key"})]

    told = verify_record(keyed, chain, record, etherscan=explorer.url, pause=0)

    assert told == [Verified("Notary", "Etherscan", False, "Invalid API Key")]


def test_a_network_without_explorer_is_refused(settings, chain, record):
    chain.network = replace(chain.network, verifier=None)

    with pytest.raises(
        ConfigError, match=r"has no explorer .* give it a verifier .* ETHERSCAN_API_KEY"
    ):
        verify_record(settings, chain, record)


def test_an_empty_record_is_refused(settings, chain, record):
    with pytest.raises(
        DeploymentError, match=r"Nothing is deployed on .* 'pyhealth deploy --network"
    ):
        verify_record(settings, chain, replace(record, contracts={}))


def test_the_command_shows_what_the_explorers_say(cli: Cli, node, explorer, tmp_path, monkeypatch):
    network = f"{{rpc: '{node.url}', chain_id: 31337, verifier: '{explorer.url}'}}"
    (tmp_path / "brownie-config.yaml").write_text(f"pyhealth:\n  networks:\n    ours: {network}\n")
    monkeypatch.chdir(tmp_path)
    suite = sorted(step.name for step in SUITE)
    contracts = len(suite)
    explorer.answers = [
        *[(409, {"customCode": "already_verified", "message": "Stands."})] * contracts,
        *[(409, {"customCode": "already_verified", "message": "Stands."})] * (contracts - 1),
        (400, {"customCode": "no_match", "message": "The code differs."}),
    ]

    fine = cli("deploy", "--network", "ours", "--verify", "--json")
    refused = cli("deploy", "--network", "ours", "--verify")

    assert fine.status == 0
    assert fine.json["verified"] == [
        {"contract": name, "explorer": "Sourcify", "accepted": True, "told": "Stands."}
        for name in suite
    ]
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert f"Sourcify on {suite[-1]}: The code differs." in refused.err
