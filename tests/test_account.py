"""
account
├── new makes a keystore that its password opens, for its owner alone
├── new refuses a name of the cast, a name that stands, and a short password
└── list tells the cast and the keystores
"""

import json
import stat
from pathlib import Path

import pytest
from conftest import Cli

from pyhealth.chain.wallet import CAST, Wallet


@pytest.fixture
def secret(cli: Cli) -> Cli:
    cli.environment["PYHEALTH_PASSWORD"] = "correct horse"
    return cli


def test_new_makes_a_keystore_for_its_owner_alone(secret: Cli, home: Path):
    told = json.loads(secret("account", "new", "our-sponsor", "--json").out)

    signer = Wallet(home, secret.environment).signer("our-sponsor", local=False, default="")
    assert signer.address == told["address"]
    assert stat.S_IMODE(Path(told["keystore"]).stat().st_mode) == 0o600
    listed = json.loads(secret("account", "list", "--json").out)
    assert [one["name"] for one in listed] == [*CAST, "our-sponsor"]


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("sponsor", "correct horse", "cannot name an account"),
        ("../out", "correct horse", "cannot name an account"),
        ("ours", "short", "shorter than 8 characters"),
    ],
)
def test_new_refuses_what_would_not_do(cli: Cli, home: Path, name: str, password: str, said: str):
    cli.environment["PYHEALTH_PASSWORD"] = password

    refused = cli("account", "new", name)

    assert (refused.status, said in refused.err) == (1, True)
    assert not list((home / "keystores").glob("*"))


def test_new_keeps_the_key_that_stands(secret: Cli):
    secret("account", "new", "ours")

    refused = secret("account", "new", "ours")

    assert refused.status == 1
    assert "ours.json exists" in refused.err
