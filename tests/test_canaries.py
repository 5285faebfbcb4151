"""
every workflow of the project, with a marked value in each of more than 40 fields
├── no value, no hash that can be guessed and no link is on the chain, in the index, the journal, the
│   vault, logs, standard output and error, temporary files, or beside what was handed in
├── the owner's own books, which hold what they are for, are told apart
└── given that each field leaks, in one place and one encoding after the other, the control
    └── each is caught
"""

import hashlib
import os
import sqlite3
from datetime import date
from itertools import cycle
from pathlib import Path

from canary_cast import FIELDS, MEMBER_NUMBER, NATIONAL, Clinic, clinic
from conftest import ROOT, Node
from test_privacy_audit import ENCODED, LOGGER, LOGGING_CODE, leak

from pyhealth.config import load_settings
from pyhealth.health import connect
from pyhealth.privacy.audit.inspection import Report, Scene, Wanted, inspect
from pyhealth.privacy.audit.pieces import Place

__all__ = ["clinic"]
BORN_UNTIL = date(1931, 12, 31)


def audited(house: Clinic, guesses: Path) -> Report:
    """An audit of everything that the house left behind."""
    with connect(settings=load_settings(house.cli.environment, ROOT)) as health:
        contracts = {name: one.address for name, one in health.record.contracts.items()}
        subjects = health.pseudonyms.everyone()
        places = house.folder, house.said, house.temporary
        scene = Scene(
            health.chain, contracts, 0, health.settings.home, places, [*house.handed, guesses]
        )
        return inspect(Wanted(house.canaries, guesses, BORN_UNTIL, subjects), scene)


def guessed(folder: Path) -> Path:
    file = folder / "guesses.txt"
    file.write_text("\n".join((NATIONAL, NATIONAL.replace(" ", ""), MEMBER_NUMBER, "I11.9")))
    return file


def test_no_workflow_lets_a_marked_value_out(clinic, tmp_path):
    assert len(clinic.values) == len(set(clinic.values.values())) >= 40
    clinic.all()

    report = audited(clinic, guessed(tmp_path))

    assert [(one.what, one.how, one.where) for one in report.leaks] == []
    assert report.pseudonyms == 2
    assert all(report.bytes[place] for place in Place)
    kept = {one.what for one in report.findings if not one.leak}
    assert kept <= {"outcome", "person", "member number", "protocol text"}
    assert clinic.count > 50
    handed_in = {name for name, value in clinic.values.items() if value in clinic.handed_in}
    assert set(clinic.values) - handed_in == {"subject", "served subject", "kept record"}


def test_each_field_that_leaks_is_caught(clinic, node, home, tmp_path):
    clinic.run("privacy", "pseudonym", clinic["subject"], "--for", "Hospital")
    node.rpc.call("anvil_setCode", LOGGER, LOGGING_CODE)
    ways = cycle(
        (calldata, event, storage, database("index"), database("journal"), log, said, temporary)
    )
    encodings = cycle(ENCODED.values())
    for name, way, encode in zip(clinic.values, ways, encodings, strict=False):
        way(clinic, node, encode(clinic[name]), name)

    report = audited(clinic, guessed(tmp_path))

    caught = {one.what for one in report.leaks}
    assert set(clinic.values) <= caught
    assert len(FIELDS) >= 40
    assert not any(value in str(report) for value in clinic.values.values())


def test_a_guessable_hash_and_a_link_are_caught(clinic, node, tmp_path):
    first, second = (
        clinic.run("privacy", "pseudonym", clinic["subject"], "--for", one, "--address").out.strip()
        for one in ("Hospital", "Regulator")
    )
    leak(node, b"\0\0\0\0" + hashlib.sha256(NATIONAL.encode()).digest())
    for one in (first, second):
        leak(node, b"", one, value=hex(10**18))

    report = audited(clinic, guessed(tmp_path))

    assert {one.kind for one in report.leaks} >= {"guessable hash", "link"}


def calldata(house: Clinic, node: Node, data: bytes, name: str) -> None:
    leak(node, os.urandom(4) + data, "0x" + "77" * 20)


def event(house: Clinic, node: Node, data: bytes, name: str) -> None:
    leak(node, data)


def storage(house: Clinic, node: Node, data: bytes, name: str) -> None:
    notary = _notary(house)
    first = 10_000 + 100 * list(house.values).index(name)
    for i, start in enumerate(range(0, len(data), 32)):
        word = "0x" + data[start : start + 32].ljust(32, b"\0").hex()
        node.rpc.call("anvil_setStorageAt", notary, hex(first + i), word)
    node.rpc.call("evm_mine")


def _notary(house: Clinic) -> str:
    with connect(settings=load_settings(house.cli.environment, ROOT)) as health:
        return health.record.contracts["Notary"].address


def database(kind: str):
    def write(house: Clinic, node: Node, data: bytes, name: str) -> None:
        folder = Path(house.cli.environment["PYHEALTH_HOME"]) / kind
        folder.mkdir(exist_ok=True)
        with sqlite3.connect(folder / "other.sqlite") as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS leaks (value)")
            opened.execute("INSERT INTO leaks VALUES (?)", (data,))

    return write


def log(house: Clinic, node: Node, data: bytes, name: str) -> None:
    with (Path(house.cli.environment["PYHEALTH_HOME"]) / "pyhealth.log").open("ab") as out:
        out.write(data + b"\n")


def said(house: Clinic, node: Node, data: bytes, name: str) -> None:
    (house.said / f"{name}.err").write_bytes(data)


def temporary(house: Clinic, node: Node, data: bytes, name: str) -> None:
    (house.temporary / f"{name}.tmp").write_bytes(data)
