"""
the journal
├── it gives back what was planned, with every attempt, after it is opened again
├── it counts nonces on from what it has, or from what the chain has
├── given a key that is kept
│   └── it refuses to keep it twice
├── given another process in its turn
│   └── it waits, and then says that the journal is locked
├── given a file of another chain
│   └── it refuses
├── given a damaged file
│   └── it refuses
├── given a folder that cannot be made
│   └── it refuses
└── given a full disk
    └── it refuses, sends nothing, and nothing is torn
pending
├── given nothing in flight
│   └── it says so
└── given a call in flight
    └── it shows it, as a table and as JSON
resume
├── it finishes what is in flight
├── given nothing in flight
│   └── it says so
└── given calls of another account
    └── it names the account
"""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Cli, Node

from pyhealth import errors
from pyhealth.chain import journal as journals
from pyhealth.chain.entries import State
from pyhealth.chain.journal import Journal
from pyhealth.chain.transactions import Call, Fees, Signed, sign
from pyhealth.chain.wallet import Signer, cast_key

GENESIS = b"\x01" * 32
HOSPITAL = Signer.from_key(cast_key("hospital"))
RECEIVER = "0x" + "22" * 20
FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, "tests")
from pyhealth.chain.journal import Journal
from pyhealth.errors import JournalError
from test_journal import GENESIS, HOSPITAL, signed
journal = Journal(Path(sys.argv[1]), 7, GENESIS)
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
kept = 0
try:
    while kept < 10_000:
        journal.plan(HOSPITAL.address, [(signed(kept), None)])
        kept += 1
except JournalError as error:
    print(kept, error)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "7-01010101.sqlite"


@pytest.fixture
def journal(file: Path) -> Journal:
    return Journal(file, 7, GENESIS)


def signed(nonce: int, price: int = 8) -> Signed:
    call = Call(RECEIVER, b"data")
    return sign(call, HOSPITAL, chain_id=7, nonce=nonce, gas=50_000, fees=Fees(price, 1))


def test_it_gives_back_what_was_planned(file: Path, journal: Journal) -> None:
    one, _ = journal.plan(HOSPITAL.address, [(signed(0), "row 1"), (signed(1), None)])
    journal.retry([(one, signed(0, price=9))])

    first, second = Journal(file, 7, GENESIS).unsettled(HOSPITAL.address)

    assert (first.nonce, first.key, first.state) == (0, "row 1", State.SENT)
    assert [attempt.sent for attempt in first.attempts] == [signed(0), signed(0, price=9)]
    assert first.call == Call(RECEIVER, b"data", gas=50_000)
    assert second.last.hash == signed(1).hash


def test_it_counts_nonces_on(journal: Journal) -> None:
    assert journal.next_nonce(HOSPITAL.address, 4) == 4
    journal.plan(HOSPITAL.address, [(signed(4), None), (signed(5), None)])

    assert journal.next_nonce(HOSPITAL.address, 4) == 6
    assert journal.next_nonce(HOSPITAL.address, 9) == 9
    assert journal.next_nonce(RECEIVER, 0) == 0


def test_it_keeps_a_key_once(journal: Journal) -> None:
    journal.plan(HOSPITAL.address, [(signed(0), "row 1")])

    with pytest.raises(errors.JournalError):
        journal.plan(HOSPITAL.address, [(signed(1), "row 2"), (signed(2), "row 1")])

    assert list(journal.of_keys(HOSPITAL.address, ["row 1", "row 2"])) == ["row 1"]


def test_it_is_locked_while_another_process_has_its_turn(file: Path, journal: Journal) -> None:
    other = Journal(file, 7, GENESIS)

    with other.turn(HOSPITAL.address), pytest.raises(errors.JournalLocked) as refused:
        with journal.turn(HOSPITAL.address, wait=0.05):
            pass
    with journal.turn(HOSPITAL.address, wait=0.05), journal.turn(RECEIVER, wait=0.05):
        pass

    assert str(file) in str(refused.value)


def test_it_says_who_else_writes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "LOCK_SECONDS", 0.1)
    journal, other = Journal(file, 7, GENESIS), Journal(file, 7, GENESIS)
    other._db.execute("BEGIN IMMEDIATE")

    with pytest.raises(errors.JournalLocked):
        journal.plan(HOSPITAL.address, [(signed(0), None)])


@pytest.mark.parametrize(("chain_id", "genesis"), [(8, GENESIS), (7, b"\x02" * 32)])
def test_it_refuses_the_journal_of_another_chain(
    file: Path, journal: Journal, chain_id: int, genesis: bytes
) -> None:
    with pytest.raises(errors.JournalError, match="it is of chain 7"):
        Journal(file, chain_id, genesis)


def test_it_refuses_a_damaged_file(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database at all " * 100)

    with pytest.raises(errors.JournalError, match="damaged"):
        Journal(file, 7, GENESIS)


def test_it_refuses_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")

    with pytest.raises(errors.JournalError):
        Journal(tmp_path / "journal" / "7.sqlite", 7, GENESIS)


def test_it_refuses_on_a_full_disk_and_nothing_is_torn(file: Path, journal: Journal) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(file)], cwd=ROOT, capture_output=True, text=True
    )
    kept, told = done.stdout.split(" ", 1)

    assert "make room on the disk" in told
    assert "Traceback" not in done.stderr
    found = Journal(file, 7, GENESIS).unsettled(HOSPITAL.address)
    assert [entry.last.hash for entry in found] == [signed(n).hash for n in range(int(kept))]


def fly(cli: Cli, node: Node, *, account: str = "sponsor") -> None:
    """Leave a call of an account in flight: kept in the journal, and not sent."""
    home = Path(cli.environment["PYHEALTH_HOME"])
    genesis = bytes.fromhex(node.rpc.call("eth_getBlockByNumber", "0x0", False)["hash"][2:])
    signer = Signer.from_key(cast_key(account))
    nonce = node.rpc.quantity("eth_getTransactionCount", signer.address, "latest")
    call = Call(RECEIVER, b"", 5)
    left = sign(call, signer, chain_id=31337, nonce=nonce, gas=21_000, fees=Fees(4 * 10**9, 1))
    journal = Journal(home / "journal" / f"31337-{genesis.hex()[:8]}.sqlite", 31337, genesis)
    journal.plan(signer.address, [(left, "row 1")])
    journal.close()


def test_pending_says_when_nothing_is_in_flight(cli: Cli) -> None:
    assert cli("chain", "pending").out == "Nothing is in flight.\n"
    assert cli("chain", "pending", "--json").json["pending"] == []


def test_pending_shows_what_is_in_flight(cli: Cli, node: Node) -> None:
    fly(cli, node)

    (flying,) = cli("chain", "pending", "--json").json["pending"]

    assert (flying["key"], flying["state"], flying["attempts"]) == ("row 1", "sent", 1)
    assert "row 1" in cli("chain", "pending").out


def test_resume_finishes_what_is_in_flight(cli: Cli, node: Node) -> None:
    fly(cli, node)

    told = cli("chain", "resume", "--as", "sponsor", "--max-fee", "40", "--json")

    assert [(row["key"], row["outcome"]) for row in told.json["finished"]] == [("row 1", "done")]
    assert node.rpc.quantity("eth_getBalance", RECEIVER, "latest") == 5
    assert cli("chain", "pending").out == "Nothing is in flight.\n"


def test_resume_says_when_nothing_is_in_flight(cli: Cli) -> None:
    assert "was in flight" in cli("chain", "resume").out


def test_resume_names_other_accounts(cli: Cli, node: Node) -> None:
    fly(cli, node, account="insurer")

    told = cli("chain", "resume", "--as", "sponsor")

    assert Signer.from_key(cast_key("insurer")).address in told.out.replace("\n", "")


def test_resume_refuses_a_limit_that_is_no_amount(cli: Cli) -> None:
    told = cli("chain", "resume", "--max-fee", "much")

    assert told.status == 1
    assert told.err.startswith("pyhealth: --max-fee")
