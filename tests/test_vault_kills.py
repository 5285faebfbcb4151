"""
kills
├── given a process that writes, rotates, erases and restores, killed at a random moment
│   ├── the vault opens, and every byte of it is right
│   ├── nothing that was said to be done is lost
│   └── every subject is whole, or erased with all that is about it
└── given 200 such moments (assurance)
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from vault_cast import file_of, opened

from pyhealth import errors
from pyhealth.privacy import retention
from pyhealth.privacy.vault import Kind, Vault
from pyhealth.privacy.vault.backup import back_up, restore
from pyhealth.privacy.vault.rotation import rotate

SUBJECTS, NAMES = 6, ("a", "b", "c")
WEIGHTS = {"put": 8, "rotate": 3, "erase": 5, "restore": 1}


@dataclass
class Model:
    """What must hold, read from the diary of all processes so far."""

    values: dict[str, dict[str, set[str]]] = field(default_factory=dict)  # what may be there
    erased: set[str] = field(default_factory=set)  # for sure
    open: dict[str, str] | None = None  # begun, and not said to be done
    done: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, diary: Path) -> Model:
        model = cls()
        for line in diary.read_text().splitlines():
            said = json.loads(line)
            if said["says"] == "begin":
                model.begin(said)
            else:
                model.end(said)
        return model

    def begin(self, said: dict[str, str]) -> None:
        self.open = said
        if said["verb"] == "put":
            held = self.values.setdefault(said["who"], {})
            held.setdefault(said["name"], {""}).add(said["value"])

    def end(self, said: dict[str, str]) -> None:
        self.done[said["verb"]] += 1
        self.open = None
        if said["verb"] == "put":
            self.values[said["who"]][said["name"]] = {said["value"]}
        if said["verb"] == "erase":
            self.erased.add(said["who"])


def work(home: Path, seed: int) -> None:
    """Do one thing after the other, and say so before and after each."""
    dice, vault = random.Random(seed), opened(home)
    with open(home / "diary", "ab", buffering=0) as diary:

        def say(says: str, **what: str) -> None:
            diary.write(json.dumps({"says": says, **what}).encode() + b"\n")

        while True:
            what = chosen(dice, vault, home)
            say("begin", **what)
            vault = done(vault, home, what)
            say("end", **what)


def chosen(dice: random.Random, vault: Vault, home: Path) -> dict[str, str]:
    kept = vault.subjects()
    verb = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if verb == "put" or len(kept) < SUBJECTS:
        young = len(kept) < SUBJECTS
        who = f"subject {dice.getrandbits(64):x}" if young else dice.choice(kept)
        value = f"{dice.getrandbits(64):x}"
        return {"verb": "put", "who": who, "name": dice.choice(NAMES), "value": value}
    return {"verb": verb, "who": dice.choice(kept)}


def done(vault: Vault, home: Path, what: dict[str, str]) -> Vault:
    who = what["who"]
    if what["verb"] == "put":
        letter = home / f"{who}.txt"
        letter.write_text(who)
        vault.remember(who, letter)
        vault.put(who, Kind.SALT, what["name"], what["value"].encode())
    elif what["verb"] == "erase":
        vault.erase(who)
    elif what["verb"] == "rotate":
        return rotate(vault, vault.kek)
    else:
        file = home / f"{time.time_ns()}.backup"
        back_up(vault, file)
        vault = restore(vault, file, replacing=True)
        file.unlink()
    return vault


def verify(home: Path) -> Model:
    """Hold the vault against the diary."""
    model, vault = Model.of(home / "diary"), opened(home)
    vault.check()
    kept = vault.subjects()
    for who, names in model.values.items():
        letter = home / f"{who}.txt"
        if who not in kept:
            begun = model.open is not None and model.open["who"] == who
            assert who in model.erased or begun, f"{who} is lost"
            if model.open is None or model.open["verb"] != "put":
                assert not letter.exists(), f"{who} is half erased"
            continue
        assert who not in model.erased, f"{who} is back"
        held = vault.names(who, Kind.SALT)
        for name, values in names.items():
            found = vault.get(who, Kind.SALT, name).decode() if name in held else ""
            assert found in values, f"{name} of {who} is lost"
        assert letter.exists(), f"{who} is half erased"
    retention.set_policy(vault, None)  # the next write, whatever it is
    assert not list(file_of(home).parent.glob("*-journal"))
    vault.close()
    return model


def killed(home: Path, kills: int, seed: int) -> Model:
    dice, context = random.Random(seed), multiprocessing.get_context("fork")
    opened(home).close()
    (home / "diary").touch()
    struck: Counter[str] = Counter()
    for number in range(kills):
        process = context.Process(target=work, args=(home, seed + number))
        process.start()
        time.sleep(dice.uniform(0.05, 0.6))
        assert process.is_alive()
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        for backup in home.glob("*.backup*"):
            backup.unlink()
        model = verify(home)
        if model.open is not None:
            struck[model.open["verb"]] += 1
            settled(home, model.open)
    model.done = struck
    return model


def settled(home: Path, begun: dict[str, str]) -> None:
    """Say in the diary what became of what was cut short."""
    vault = opened(home)
    with open(home / "diary", "a") as diary:
        if begun["verb"] == "put":
            try:
                found = vault.get(begun["who"], Kind.SALT, begun["name"]).decode()
            except errors.PrivacyError:
                found = ""
            said = {**begun, "says": "end", "value": found}
            (home / f"{begun['who']}.txt").write_text(begun["who"])
            vault.remember(begun["who"], home / f"{begun['who']}.txt")
        elif begun["verb"] == "erase" and begun["who"] in vault.subjects():
            said = {**begun, "says": "end", "verb": "nothing"}
        else:
            said = {**begun, "says": "end"}
        diary.write(json.dumps(said) + "\n")
    vault.close()


def test_a_killed_process_leaves_every_subject_whole_or_erased(home):
    struck = killed(home, 8, seed=int(os.environ.get("PYHEALTH_SEED", "5")))

    assert struck.done.total() >= 4


@pytest.mark.assurance
def test_two_hundred_kills_leave_every_subject_whole_or_erased(home, record_property):
    kills = int(os.environ.get("PYHEALTH_KILLS", "200"))

    struck = killed(home, kills, seed=int(os.environ.get("PYHEALTH_SEED", "1")))

    record_property("processes with a vault killed", kills)
    for verb in WEIGHTS:
        record_property(f"of them during: {verb}", struck.done[verb])
    assert struck.done.total() >= kills // 2
