"""
pyhealth privacy vault
├── init, info, backup, restore, rotate, shares, recover do what their clients do, in words and JSON
└── whoever lost the key comes back with a backup and two shares
pyhealth privacy erase, certificate, verify-certificate
├── erase asks first, destroys, and leaves a certificate that verifies against the consortium
├── a certificate that a stranger signed, or of another suite, is refused
└── only who is known can be erased
pyhealth privacy retention, expire
├── the policy, a date and a hold can be set and seen
└── expire erases those whose time has ended, each with a certificate
given bad input
└── one sentence each, exit 1, no traceback, and nothing of a patient in it
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from conftest import Cli
from vault_cast import KEY, OTHER_KEY, file_of

from pyhealth.chain.wallet import create_keystore
from pyhealth.health import Health
from pyhealth.privacy.vault import Kind

WHO, VALUE = "Ottilie Quastenflosser 1931-02-28", b"metformin 850 mg"


@pytest.fixture
def kept(hospital: Health) -> Health:
    """A vault with a patient in it."""
    hospital.vault.put(WHO, Kind.SALT, "0x01", VALUE)
    hospital.vault.put("another", Kind.RECORD, "0x02", b"a record")
    return hospital


def refused(cli: Cli, *arguments: object, says: str) -> None:
    """One sentence, exit 1, and no word of the patient that was not typed."""
    told = cli(*arguments)

    assert told.status == 1, told.out
    assert told.out == ""
    assert told.err.startswith("pyhealth: ")
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    assert says in told.err
    assert not any(word in told.err for word in (*WHO.split(), VALUE.decode()))


def test_info_tells_numbers_alone(kept, cli):
    told = cli("privacy", "vault", "info", "--check", "--json")

    assert (told.status, told.err) == (0, "")
    found = told.json
    assert (found["subjects"], found["erased"], found["checked_rows"]) == (2, 0, 2)
    assert (found["salts"], found["records"], found["secrets"]) == (1, 1, 0)
    assert found["wrapped_by"].startswith("development key")
    assert not found["recovery_shares"]
    plain = cli("privacy", "vault", "info")
    assert "development key" in plain.out
    assert not any(word in plain.out for word in WHO.split())


def test_init_makes_a_vault_once(cli):
    cli.environment["PYHEALTH_VAULT_KEY"] = KEY

    told = cli("privacy", "vault", "init", "--key", "environment:PYHEALTH_VAULT_KEY", "--json")

    assert told.json["wrapped_by"].startswith("environment variable PYHEALTH_VAULT_KEY")
    refused(cli, "privacy", "vault", "init", says="There is a vault at")


def test_a_backup_comes_back_without_who_was_erased(kept, cli, tmp_path):
    file = tmp_path / "vault.backup"

    saved = cli("privacy", "vault", "backup", file, "--json")
    assert saved.json == {"backup": str(file), "rows": 2}
    assert cli("privacy", "erase", WHO, "--yes", "--as", "hospital").status == 0
    refused(cli, "privacy", "vault", "restore", file, says="add --replace")
    told = cli("privacy", "vault", "restore", file, "--replace", "--json")

    assert (told.json["subjects"], told.json["erased"]) == (1, 1)
    refused(cli, "privacy", "certificate", "nobody", says="knows no such subject")
    assert cli("privacy", "certificate", WHO, "--as", "hospital").status == 0


def test_rotate_puts_the_vault_under_a_keystore(kept, cli, home):
    create_keystore(home, "vault", "a password of it")
    cli.environment["PYHEALTH_VAULT_PASSWORD"] = "a password of it"

    told = cli("privacy", "vault", "rotate", "--to", "keystore:vault", "--json")

    assert told.json["wrapped_by"].startswith("keystore of 0x")
    refused(cli, "privacy", "vault", "info", says="is wrapped by the keystore of 0x")
    cli.environment["PYHEALTH_VAULT_KEK"] = "keystore:vault"
    assert cli("privacy", "vault", "info", "--json").json["subjects"] == 2


def test_whoever_lost_the_key_comes_back_with_two_shares(kept, cli, tmp_path):
    folder = tmp_path / "shares"

    made = cli("privacy", "vault", "shares", "--out", folder, "--json").json["shares"]
    cli("privacy", "vault", "backup", tmp_path / "vault.backup")
    cli.environment |= {"PYHEALTH_VAULT_KEY": OTHER_KEY}
    refused(cli, "privacy", "vault", "info", says="wrapped by the development key")

    told = cli("privacy", "vault", "recover", made[0], made[2], "--json")
    assert told.json["wrapped_by"].startswith("environment variable")
    assert cli("privacy", "vault", "info", "--json").json["subjects"] == 2
    refused(cli, "privacy", "vault", "shares", "--out", folder, says="cannot be made")

    cli.environment |= {"PYHEALTH_VAULT_KEY": KEY, "PYHEALTH_HOME": str(tmp_path / "new")}
    shutil.copytree(kept.settings.home / "deployments", tmp_path / "new/deployments")
    both = ["--share", made[1], "--share", made[0]]
    told = cli("privacy", "vault", "restore", tmp_path / "vault.backup", *both, "--json")
    assert told.json["subjects"] == 2
    assert all(Path(one).stat().st_mode & 0o077 == 0 for one in made)


def test_shares_are_printed_where_no_folder_is_named(kept, cli):
    assert [len(one.split()) for one in cli("privacy", "vault", "shares").out.splitlines()] == [
        33
    ] * 3
    assert len(cli("privacy", "vault", "shares", "--json").json) == 3


def test_erase_leaves_a_certificate_that_verifies(kept, cli, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear colleague")
    assert cli("privacy", "remember", WHO, letter).status == 0

    told = cli(
        "privacy", "erase", WHO, "--account", "patient", "--yes", "--as", "hospital", "--json"
    )

    assert told.json["entries"] == 2
    assert told.json["files"] == 1
    assert not letter.exists()
    file = told.json["certificate"]
    checked = cli("privacy", "verify-certificate", file, "--json")
    assert checked.json["signed_by"] == kept.signer.address
    assert checked.json["member"] == kept.consortium.actor_of(kept.signer.address).member
    assert cli("privacy", "verify-certificate", file).status == 0
    again = cli("privacy", "erase", WHO, "--yes", "--as", "hospital", "--json")
    assert again.json == told.json
    assert not any(word in Path(file).read_text() for word in WHO.split())


def test_a_certificate_nobody_of_the_consortium_signed_is_refused(kept, cli, tmp_path):
    told = cli("privacy", "erase", WHO, "--yes", "--as", "stranger", "--json")
    file = told.json["certificate"]

    refused(cli, "privacy", "verify-certificate", file, says="who acts for no member")
    assert cli("privacy", "verify-certificate", file, "--offline").status == 0
    paper = json.loads(Path(file).read_text())
    paper["typed_data"]["domain"]["chainId"] = 5
    other = tmp_path / "other.json"
    other.write_text(json.dumps(paper))
    refused(cli, "privacy", "verify-certificate", other, says="another chain or suite")


def test_erase_asks_first(kept, cli):
    refused(cli, "privacy", "erase", WHO, "--as", "hospital", says="say so with --yes")

    assert kept.vault.get(WHO, Kind.SALT, "0x01") == VALUE


def test_retention_is_set_and_seen(kept, cli):
    assert cli("privacy", "retention", "--json").json["keep_seconds"] is None
    cli("privacy", "retention", "--keep", "10d")
    cli("privacy", "retention", WHO, "--until", "2101-01-01")
    cli("privacy", "retention", "another", "--hold", "a claim in court")

    told = cli("privacy", "retention", "--json").json

    assert told["keep_seconds"] == 864_000
    (held, own) = told["subjects"]
    assert (held["subject"], held["hold"]) == ("another", "a claim in court")
    assert (own["subject"], own["until"], own["own_date"]) == (
        WHO,
        "2101-01-01T00:00:00+00:00",
        True,
    )
    one = cli("privacy", "retention", WHO, "--until", "policy", "--json").json["subjects"]
    assert [entry["own_date"] for entry in one] == [False]
    assert "a claim in court" in cli("privacy", "retention").out
    refused(cli, "privacy", "erase", "another", "--yes", "--as", "hospital", says="on hold")
    released = cli("privacy", "retention", "another", "--release", "--json").json["subjects"]
    assert released[0]["hold"] == ""
    assert cli("privacy", "retention", "--keep", "forever", "--json").json["keep_seconds"] is None


def test_expire_erases_those_whose_time_has_ended(kept, cli):
    cli("privacy", "retention", "--keep", "10d")
    assert cli("privacy", "expire", "--yes", "--as", "hospital", "--json").json == []
    later = cli("privacy", "expire", "--dry-run", "--at", "11d", "--json").json
    assert sorted(one["subject"] for one in later) == sorted([WHO, "another"])
    cli("privacy", "retention", WHO, "--until", "2026-01-01")
    refused(cli, "privacy", "expire", "--as", "hospital", says="say so with --yes")

    done = cli("privacy", "expire", "--yes", "--as", "hospital", "--json").json

    checked = [cli("privacy", "verify-certificate", one["certificate"], "--json") for one in done]
    assert [one.json["ground"] for one in checked] == ["retention"]
    assert kept.vault.subjects() == ["another"]
    refused(cli, "privacy", "expire", "--at", "11d", says="--at goes with --dry-run")


def test_bad_input_ends_in_one_sentence(kept, cli, home, tmp_path):
    file = tmp_path / "vault.backup"
    cli("privacy", "vault", "backup", file)
    erase = ["privacy", "erase", "--yes", "--as", "hospital"]

    refused(cli, *erase, "nobody", says="knows no such subject")
    refused(cli, "privacy", "retention", "nobody", says="knows no such subject")
    refused(cli, "privacy", "retention", "--hold", "x", says="a SUBJECT is missing")
    refused(cli, "privacy", "retention", "--keep", "ten", says="no length of time")
    refused(cli, "privacy", "remember", WHO, tmp_path / "none", says="is no file")
    refused(cli, "privacy", "verify-certificate", file, says="certifies nothing")
    refused(cli, "privacy", "vault", "backup", file, says="exists already")
    refused(
        cli, "privacy", "vault", "restore", tmp_path / "none", "--replace", says="cannot be read"
    )
    refused(cli, "privacy", "vault", "recover", file, file, says="none were made for it")
    refused(cli, "privacy", "vault", "recover", tmp_path / "none", file, says="cannot be read")
    refused(cli, "privacy", "vault", "rotate", "--to", "x", says="keystore:NAME")


def test_each_failure_of_the_vault_ends_in_one_sentence(kept, cli, home, tmp_path):
    info, plain = ["privacy", "vault", "info", "--check"], dict(cli.environment)
    for more, says in (
        ({"PYHEALTH_VAULT_KEY": OTHER_KEY}, "does not open it"),
        ({"PYHEALTH_VAULT_KEK": f"command:{sys.executable} -c 1/0"}, "did not unwrap it"),
        ({"PYHEALTH_VAULT_URL": "postgresql://nobody@127.0.0.1:1/x"}, "cannot be reached"),
        ({"PYHEALTH_VAULT_URL": f"sqlite:///{tmp_path}/none/x.sqlite"}, "There is no vault at"),
    ):
        cli.environment |= more
        refused(cli, *info, says=says)
        cli.environment.clear()
        cli.environment |= plain

    with sqlite3.connect(file_of(home)) as database:
        database.execute("UPDATE pyhealth_vault_rows SET data = zeroblob(60)")
    refused(cli, *info, says="its bytes were changed")
    with sqlite3.connect(file_of(home)) as database:
        database.execute("UPDATE pyhealth_vault SET chain_id = 5")
    refused(cli, *info, says="belongs to chain 5")
    file_of(home).write_bytes(b"no database" * 999)
    refused(cli, *info, says="The vault's database")
    os.unlink(file_of(home))
    refused(cli, *info, says="There is no vault at")


def test_every_command_shows_an_example(cli):
    vault = ("init", "info", "backup", "restore", "rotate", "shares", "recover")
    plain = ("remember", "erase", "certificate", "verify-certificate", "retention", "expire")
    started = time.monotonic()
    for command in [("vault", one) for one in vault] + [(one,) for one in plain]:
        told = cli("privacy", *command, "--help")
        assert f"pyhealth privacy {' '.join(command)}" in told.out.split("Example:")[1]
    assert time.monotonic() - started < 60
