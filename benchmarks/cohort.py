"""The cohort of a study among 100,000 patients, against a bare scan of the same rows and a call for
each record.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.indexing import _node
from benchmarks.report import Row
from pyhealth.chain.network import connect
from pyhealth.chain.wallet import Wallet, checksum_address
from pyhealth.config import load_settings
from pyhealth.consents.messages import terms_on_wire
from pyhealth.consents.registry import question_on_wire
from pyhealth.deployment.deployer import deploy
from pyhealth.deployment.records import record_file
from pyhealth.hashing import keccak, words
from pyhealth.health import Health
from pyhealth.index import Index
from pyhealth.index.events import shape_of
from pyhealth.index.store import kinds
from pyhealth.records.cohort import Wanted, cohort
from pyhealth.sharing.purposes import closure
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Label,
    Purpose,
    Question,
    Terms,
    bits_of,
    utc,
)

PATIENTS = 100_000
CALLS = 500  # for which the contract is asked; a call for each patient would take as long in turn
ROUNDS = 3
A_BLOCK = 200  # patients
STUDY = b"\x05" * 32
ASKING = Grantee(3, STUDY)
ACTIONS = frozenset({ConsentAction.USE, ConsentAction.ACCESS})
DATA = [frozenset({one}) for one in Label if one >= Label.ADMINISTRATION]


FORMS = [  # of consent to research, in which boxes can be ticked
    frozenset[Label]().union(*random.Random(i).sample(DATA, 4 + i % 9)) for i in range(40)
]


def rows() -> list[Row]:
    """Measure in turns on one index, and take the median of the ratios."""
    with tempfile.TemporaryDirectory() as name, _node() as url:
        settings = load_settings({"PYHEALTH_HOME": name})
        chain = connect(settings, url)
        chain.rpc.call("evm_setAutomine", True)
        deployer = Wallet(settings.home, {}).signer("hospital", local=True, default="hospital")
        deploy(chain, deployer, record_file(settings, chain))
        with Health(settings, chain, Wallet(settings.home, {}), "sponsor") as health:
            return _measured(health)


def _measured(health: Health) -> list[Row]:
    index, now = health.index, health.chain.block("latest") or {}
    index.sync()
    moment = int(now["timestamp"], 16)
    events = _filled(index, health, moment)
    wanted = Wanted(ASKING, Purpose.CLINTRCH, ConsentAction.USE, utc(moment))
    found = list(cohort(index, wanted))
    assert PATIENTS // 10 < len(found) < PATIENTS, len(found)
    rounds = []
    for _ in range(ROUNDS):
        ours = _timed(lambda: list(cohort(index, wanted)))
        scan = _timed(lambda: _scan(Path(index.store.where)))
        calls = _timed(lambda: _asked(health, wanted)) / CALLS * PATIENTS
        rounds.append((ours, scan, calls))
    ours, scan, calls = (median(column) for column in zip(*rounds, strict=True))
    slower = median(o / s for o, s, _ in rounds)
    quicker = median(c / o for o, _, c in rounds)
    return [
        Row("records that may be used, of 100,000 patients' 100,000", len(found)),
        Row("events in the index", events),
        Row("cohort, times a bare scan of the same rows", slower, at_most=8),
        Row("cohort, times faster than a call of `decide` for each, batched", quicker, at_least=5),
        Row("seconds for the cohort", ours),
        Row("seconds for the bare scan", scan),
        Row("seconds for a call for each, from a sample of 500", calls),
    ]


def _filled(index: Index, health: Health, now: int) -> int:
    """Write what the follower would have: a record a patient, and what patients commonly say."""
    chance, registered, given = random.Random(7), [], []
    contracts = {
        name: bytes.fromhex(health.record.contracts[name].address[2:])
        for name in ("ConsentRegistry", "RecordRegistry")
    }
    kind = {
        "RecordRegistered": ("RecordRegistry", 90),
        "DirectiveGiven": ("ConsentRegistry", 91),
        "DirectiveRevoked": ("ConsentRegistry", 92),
    }
    with index.store.reading() as connection:
        known = {(row.address, row.topic): row.id for row in connection.execute(kinds.select())}
    with sqlite3.connect(index.store.where) as database:
        ids = {}
        for name, (contract, number) in kind.items():
            key = contracts[contract], shape_of(contract, name).topic
            ids[name] = known.get(key, number)
            if key not in known:
                database.execute("INSERT INTO pyhealth_kinds VALUES (?, ?, ?)", (number, *key))
        first = index.head + 1
        for number in range(PATIENTS // A_BLOCK):
            block = first + number, keccak(words(number)), now
            database.execute("INSERT INTO pyhealth_blocks VALUES (?, ?, ?)", block)
        for patient in range(PATIENTS):
            account, tx = words(patient)[12:], keccak(words(patient))
            said = _said(chance, patient, now)
            block, log = first + patient // A_BLOCK, patient % A_BLOCK * 8
            labels = bits_of(chance.choice(DATA))
            level = chance.choice((Confidentiality.N, Confidentiality.N, Confidentiality.R))
            known_as = keccak(b"record" + account), words(account), words(1)
            data = words(labels, level, tx)
            registered.append((block, log, tx, ids["RecordRegistered"], *known_as, data))
            for i, (name, grantee, word) in enumerate(said, 1):
                topics = words(account), words(grantee.member), grantee.study
                data = words(account, word) + (tx if name == "DirectiveGiven" else b"")
                given.append((block, log + i, tx, ids[name], *topics, data))
        marks = "INSERT INTO pyhealth_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        database.executemany(marks, sorted([*registered, *given]))
    return len(registered) + len(given)


def _said(chance: random.Random, patient: int, now: int) -> Iterator[tuple[str, Grantee, int]]:
    """Yield what a patient said: treatment for one of many, and one of the usual answers to
    research, with a period of its own.
    """
    research, treatment = closure(Purpose.HRESCH), closure(Purpose.TREAT)
    until = now + chance.randint(1, 730) * 86_400
    labels = chance.choice(FORMS)
    whole = frozenset(map(Label, range(32)))
    yield "DirectiveGiven", Grantee(10 + patient % 40), _word(treatment, whole, until, 1)
    if chance.random() < 0.5:  # nobody for research, but perhaps this study
        yield "DirectiveGiven", Grantee(0), _word(research, whole, (1 << 48) - 1, 2)
    if chance.random() < 0.6:
        yield "DirectiveGiven", ASKING, _word(research, labels, until, 1)
        if chance.random() < 0.1:
            yield "DirectiveRevoked", ASKING, _word(research, labels, now, 1)
    elif chance.random() < 0.3:
        yield "DirectiveGiven", Grantee(3), _word(research, labels, until, 1)


def _word(purposes: frozenset[Purpose], labels: frozenset[Label], until: int, says: int) -> int:
    terms = Terms(purposes, labels, ACTIONS, Confidentiality.N, ALWAYS, FOREVER)
    bitmaps = terms_on_wire(terms)[:4]
    placed = zip(bitmaps, (0, 64, 96, 104), strict=True)
    return sum(one << place for one, place in placed) | until << 160 | says << 208 | 1 << 216


def _scan(file: Path) -> int:
    """Read the same rows, and do nothing with them."""
    with sqlite3.connect(file) as database:
        query = "SELECT topic1, topic2, topic3, data FROM pyhealth_events WHERE kind >= 0"
        return sum(len(row[3]) for row in database.execute(query))


def _asked(health: Health, wanted: Wanted) -> None:
    """Ask the contract about patients one by one, a hundred in a request."""
    binding, labels = health.consents.binding, DATA[3]
    who = (checksum_address(words(patient)[12:]) for patient in range(CALLS))
    asked = wanted.grantee, wanted.purpose, wanted.action, labels, Confidentiality.N
    calls = [binding.encode("decide", question_on_wire(Question(one, *asked))) for one in who]
    sent = [{"to": call.to, "data": "0x" + call.data.hex()} for call in calls]
    for answer in health.chain.rpc.batch([("eth_call", [one, "latest"]) for one in sent]):
        binding.decode("decide", bytes.fromhex(answer[2:]))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> list[Row]:
    """Print the table."""
    measured = rows()
    for row in measured:
        print(f"{'ok  ' if row.holds else 'FAIL'} {row.what}: {row.value:,.4g} {row.bound}")
    return measured


if __name__ == "__main__":
    main()
