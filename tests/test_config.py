"""
load_settings
├── given nothing
│   ├── the embedded chain is the default, and the data folder lies in the project
│   └── outside of a project the packaged networks hold, and the data folder lies at home
├── given PYHEALTH_NETWORK, PYHEALTH_RPC_URL, or both
│   └── the name comes first, then the address, then the embedded chain
├── given a .env beside the environment
│   └── the environment comes first
└── given a brownie-config.yaml that is malformed
    └── it refuses, naming file, place and what is expected
network
├── given a name, or an http(s) address
│   └── it returns it
├── given an unknown name, or what is no address
│   └── it refuses, naming those known
└── given a network whose address is in the environment
    ├── it reads it there
    └── it refuses where the variable is not set
is_local
└── only a development chain id, on loopback or declared local, is local
Settings
└── its representation shows no secret
"""

import re
from pathlib import Path

import pytest
from conftest import ROOT

from pyhealth.config import EMBEDDED, Network, load_settings
from pyhealth.errors import ConfigError

HEAD = "pyhealth:\n  networks:\n"


def test_the_embedded_chain_is_the_default_in_a_project():
    settings = load_settings({}, ROOT)

    assert settings.network() == Network(EMBEDDED, None, 31337)
    assert settings.home == ROOT / ".pyhealth"
    assert {"anvil", "ganache", "sepolia", "besu"} <= set(settings.networks)


def test_the_data_folder_moves_with_pyhealth_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load_settings({"PYHEALTH_HOME": "there"}, ROOT).home == tmp_path / "there"


def test_a_project_of_ones_own_comes_before_ours(tmp_path):
    (tmp_path / "brownie-config.yaml").write_text(HEAD + "    mine:\n      rpc: http://mine:1\n")
    (tmp_path / "deep/er").mkdir(parents=True)

    settings = load_settings({}, tmp_path / "deep/er")

    assert (settings.root, sorted(settings.networks)) == (tmp_path, [EMBEDDED, "mine"])


@pytest.mark.parametrize(
    ("environment", "network"),
    [
        ({"PYHEALTH_RPC_URL": "http://node:1"}, "http://node:1"),
        ({"PYHEALTH_NETWORK": "anvil"}, "anvil"),
        ({"PYHEALTH_NETWORK": "anvil", "PYHEALTH_RPC_URL": "http://node:1"}, "anvil"),
    ],
)
def test_the_environment_chooses_the_network(environment, network):
    assert load_settings(environment, ROOT).network().name == network


def test_the_environment_comes_before_dotenv(tmp_path):
    (tmp_path / "brownie-config.yaml").write_text("{}")
    (tmp_path / ".env").write_text("PYHEALTH_ACCOUNT=sponsor\nPYHEALTH_NETWORK=besu\n")

    read = load_settings({"PYHEALTH_ACCOUNT": "hospital"}, tmp_path).environment

    assert (read["PYHEALTH_ACCOUNT"], read["PYHEALTH_NETWORK"]) == ("hospital", "besu")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (HEAD + "    a: [", r"FILE, line 3: not valid YAML \(.*\)\."),
        ("- a\n", r"FILE must hold a YAML mapping at its top\."),
        (b"\xff\xfe", r"FILE is not a text file in UTF-8\."),
        ("pyhealth: 1\n", r"FILE: pyhealth must be a YAML mapping, and is 1\."),
        (HEAD + "    - a\n", r"FILE: pyhealth.networks must be a YAML mapping, and is \['a'\]\."),
        (HEAD + "    a: text\n", r"FILE, network 'a' must be a YAML mapping, and is 'text'\."),
        (HEAD + "    a: {rcp: x}\n", r"FILE, network 'a': unknown key 'rcp'; known are rpc, .*\."),
        (
            HEAD + "    a: {chain_id: one}\n",
            r"FILE, network 'a': chain_id must be a whole number, and is 'one'\.",
        ),
        (
            HEAD + "    a: {confirmations: 0}\n",
            r"FILE, network 'a': confirmations must be a whole number, and is 0\.",
        ),
        (
            HEAD + "    a: {rpc: ws://node:1}\n",
            r"'ws://node:1' is not the address of a node; http\(s\)://HOST:PORT is expected\.",
        ),
    ],
)
def test_a_malformed_configuration_is_refused_with_its_place(tmp_path, content, sentence):
    file = tmp_path / "brownie-config.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(ConfigError) as refused:
        load_settings({}, tmp_path)

    assert re.fullmatch(sentence.replace("FILE", re.escape(str(file))), str(refused.value))


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(
        ConfigError, match=r"No network is named 'mars'; known are anvil, .*sepolia"
    ):
        load_settings({}, ROOT).network("mars")


@pytest.mark.parametrize("url", ["ws://node:1", "http://", "http://node:port", "http://[::1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigError, match=re.escape(repr(url))):
        load_settings({}, ROOT).network(url)


def test_an_address_from_the_environment_is_read_there_or_asked_for():
    variable = "PYHEALTH_SEPOLIA_RPC"

    assert load_settings({variable: "https://node"}, ROOT).network("sepolia").rpc == "https://node"
    with pytest.raises(ConfigError, match=f"'sepolia' needs the address of a node; set {variable}"):
        load_settings({}, ROOT).network("sepolia")


@pytest.mark.parametrize(
    ("rpc", "declared", "chain_id", "local"),
    [
        (None, False, 31337, True),
        ("http://127.0.0.1:8545", False, 31337, True),
        ("http://localhost:8545", False, 1337, True),
        ("http://[::1]:8545", False, 1337, True),
        ("http://127.0.0.1:8545", False, 1, False),
        ("http://10.0.0.7:8545", False, 31337, False),
        ("http://127.0.0.1.example.org:8545", False, 31337, False),
        ("http://node.internal:8545", True, 31337, True),
        ("http://node.internal:8545", True, 11155111, False),
    ],
)
def test_only_a_development_chain_near_by_is_local(rpc, declared, chain_id, local):
    assert Network("here", rpc, local=declared).is_local(chain_id) is local


def test_records_of_public_chains_belong_to_the_project_and_others_to_the_data_folder():
    settings = load_settings({"PYHEALTH_HOME": "/data"}, ROOT)

    assert settings.records(11155111) == ROOT / "deployments"
    assert settings.records(31337) == Path("/data/deployments")


def test_settings_do_not_show_secrets():
    assert "0xsecret" not in repr(load_settings({"PYHEALTH_PRIVATE_KEY": "0xsecret"}, ROOT))
