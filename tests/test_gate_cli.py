"""
pyhealth record open, fetch, serve, token
├── a record registered with its subject is in the vault, and opened by who may
│   ├── its bytes go to standard output, or with the receipt to a file that was not there
│   ├── done again it commits to the same; a new version is served once it is registered
│   ├── denied: exit 1, the ground, not a byte, and the refusal in the patient's log
│   └── once the subject is erased nothing opens it, and the others' records still open
├── a folder of files with their openings is served as well
├── a member fetches from the served gate with its own key; a token stands for an account
├── the drill of a lost vault and its key: backup and shares bring it back, and records open again
└── bad input: one sentence, exit 1, nothing asked for
"""

import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from conftest import Cli, Told, free_port
from consent_cast import INSURERS, PATIENT, Sharing
from test_gate import LETTER

HEX = "0x" + "ab" * 32
FOR_TREAT = ("--purpose", "TREAT")
MRN = "MRN 0042"


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a letter."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    (tmp_path / "desk/letter.txt").write_bytes(LETTER)
    return tmp_path / "desk"


@pytest.fixture
def record(cli: Cli, folder) -> Callable[..., Told]:
    return lambda *words: cli("record", *words)


@pytest.fixture
def kept(record) -> str:
    """The letter, registered for a subject and kept in the hospital's vault."""
    return registered(record, "letter.txt", MRN)


def registered(record, file: str, subject: str) -> str:
    whose = "--patient", "patient", "--subject", subject
    about = "--labels", "LABORATORY", "--as", "hospital", "--ref"
    return done(record("register", file, *whose, *about)).out.strip()


def done(told: Told) -> Told:
    assert told.status == 0, told.err
    return told


def refused(told: Told, sentence: str) -> None:
    assert told.status == 1, told.out
    assert told.out == ""
    assert told.err.startswith("pyhealth: ")
    assert told.err.count("\n") == 1
    assert re.search(sentence, told.err), told.err


def opened(record, ref: str, out: str = "out", name: str = "hospital") -> bytes:
    done(record("open", ref, *FOR_TREAT, "--out", out, "--as", name))
    data = Path(out).read_bytes()
    Path(out).unlink()
    return data


# In the vault


def test_its_bytes_go_to_standard_output_or_with_the_receipt_to_a_file(
    sharing, cli, record, kept, folder
):
    sharing.permit()

    piped = subprocess.run(
        [*cli.command("record", "open", kept, *FOR_TREAT, "--as", "hospital")],
        env=cli.environment,
        capture_output=True,
        check=True,
    )
    told = done(record("open", kept, *FOR_TREAT, "--out", "x", "--as", "hospital", "--json")).json

    assert piped.stdout == LETTER
    assert (folder / "x").read_bytes() == LETTER
    assert (folder / "x").stat().st_mode & 0o777 == 0o600
    assert told["receipt"] == "0x" + sharing.records().head_of(PATIENT).hex()
    assert (told["bytes"], told["record"]) == (len(LETTER), kept)
    assert not list(folder.glob("*.opening.json"))


def test_done_again_it_commits_to_the_same_and_a_new_version_is_served(
    sharing, record, kept, folder
):
    sharing.permit()
    again = record("register", "letter.txt", "--patient", "patient", "--subject", MRN,
                   "--labels", "LABORATORY", "--as", "hospital")  # fmt: skip

    refused(again, "registered already")
    (folder / "letter.txt").write_bytes(b"An addendum.")
    done(record("update", kept, "letter.txt", "--subject", MRN, "--as", "hospital"))
    assert opened(record, kept) == b"An addendum."


def test_denied_it_exits_with_1_and_the_refusal_is_in_the_log(sharing, cli, record, kept):
    before = sharing.records().head_of(PATIENT)

    refused(
        record("open", kept, *FOR_TREAT, "--out", "x", "--as", "hospital"),
        "Hospital .* refused, no directive applies; receipt 0x.* tells the patient",
    )

    assert sharing.records().head_of(PATIENT) != before
    assert not Path("x").exists()
    listed = done(record("log", "--patient", "patient", "--json")).json["events"]
    assert listed[-1]["kind"] == "refusal"


def test_once_the_subject_is_erased_nothing_opens_it_and_the_others_still_open(
    sharing, record, kept, folder
):
    sharing.permit()
    (folder / "other.txt").write_bytes(b"Another patient's.")
    other = registered(record, "other.txt", "MRN 0043")

    sharing.health("hospital").vault.erase(MRN)

    refused(record("open", kept, *FOR_TREAT, "--as", "hospital"), "Nothing that is kept here")
    assert opened(record, other) == b"Another patient's."


def test_given_no_patient_the_subject_gets_a_pseudonym_of_this_house(sharing, cli, record, folder):
    about = "--labels", "LABORATORY", "--ref"
    house = done(
        record("register", "letter.txt", "--subject", MRN, *about, "--as", "hospital")
    ).out.strip()
    signed = "sign", "grant", "Hospital", "--purposes", "TREAT", "--as", f"{MRN}@Hospital"
    done(cli("consent", *signed))
    done(cli("consent", "submit", "signed.json", "--as", "stranger"))

    assert opened(record, house) == LETTER
    pseudonym = sharing.health("hospital").pseudonyms.called(f"{MRN}@1").address
    assert sharing.records().record_of(bytes.fromhex(house[2:])).patient == pseudonym


# The drill


def test_a_lost_vault_and_its_lost_key_come_back_from_backup_and_shares(
    sharing, cli, record, folder, home, monkeypatch
):
    sharing.permit()
    keys = [secrets.token_hex(32) for _ in range(2)]
    cli.environment["PYHEALTH_VAULT_KEY"] = keys[0]
    letter = registered(record, "letter.txt", MRN)
    (folder / "other.txt").write_bytes(b"Another patient's.")
    other = registered(record, "other.txt", "MRN 0043")
    privacy = lambda *words: done(cli("privacy", *words))  # noqa: E731
    privacy("vault", "shares", "--out", "shares")
    privacy("vault", "backup", "vault.backup")
    privacy("erase", "MRN 0043", "--yes", "--as", "hospital")
    cli.environment["PYHEALTH_VAULT_KEY"] = keys[1]
    refused(record("open", letter, *FOR_TREAT, "--as", "hospital"), "PYHEALTH_VAULT_KEK")
    (file,) = (home / "vault").rglob("*.sqlite")
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()

    shares = "--share", "shares/share-1.txt", "--share", "shares/share-3.txt"
    privacy("vault", "restore", "vault.backup", "--replace", *shares)

    assert opened(record, letter) == LETTER
    refused(record("open", other, *FOR_TREAT, "--as", "hospital"), "Nothing that is kept here")


# In a folder


def test_a_folder_of_files_with_their_openings_is_served_as_well(sharing, record, folder):
    sharing.permit()
    ref = done(
        record("register", "letter.txt", "--patient", "patient", "--labels", "LABORATORY",
               "--as", "hospital", "--ref")
    ).out.strip()  # fmt: skip

    told = record("open", ref, *FOR_TREAT, "--folder", ".", "--out", "x", "--as", "hospital")

    assert done(told).status == 0
    assert (folder / "x").read_bytes() == LETTER
    refused(record("open", ref, *FOR_TREAT, "--as", "hospital"), "Nothing that is kept here")
    (folder / "letter.txt").write_bytes(b"A forged letter.")
    refused(
        record("open", ref, *FOR_TREAT, "--folder", ".", "--as", "hospital"),
        "is not what was registered as its version 1",
    )


# Over HTTP


@pytest.fixture
def serving(cli: Cli, folder) -> Iterator[str]:
    """The gate, as the program that a hospital starts."""
    port = free_port()
    process = cli.start("record", "serve", "--port", port)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            if httpx.get(url + "/health").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert f"The gate serves at {url}" in err
    assert "Traceback" not in err


def test_a_member_fetches_with_its_own_key_and_a_token_stands_for_an_account(
    sharing, record, kept, serving
):
    sharing.permit()
    sharing.permit(INSURERS)

    told = record("fetch", serving, kept, *FOR_TREAT, "--out", "x", "--as", "insurer", "--json")
    token = done(record("token", "hospital", "--until", "1h")).out.strip()
    header = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{serving}/records/{kept}", params={"purpose": "TREAT"}, headers=header)

    assert done(told).json["bytes"] == len(LETTER)
    assert Path("x").read_bytes() == LETTER
    assert (answer.status_code, answer.content) == (200, LETTER)
    refused(
        record("fetch", serving, kept, *FOR_TREAT, "--as", "sponsor"),
        "Sponsor .* refused, no directive applies",
    )


# Bad input


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("open", "0x12", *FOR_TREAT), "is not a hash"),
        (("open", HEX, "--purpose", "MARS"), "'MARS'"),
        (("open", HEX, *FOR_TREAT), "No record 0xabab.* is registered here"),
        (("open", HEX, *FOR_TREAT, "--json"), "say with --out FILE"),
        (("open", HEX, *FOR_TREAT, "--out", "letter.txt"), "letter.txt exists already"),
        (("open", HEX, *FOR_TREAT, "--out", "no/x"), "no is no folder"),
        (("open", HEX, *FOR_TREAT, "--folder", "no"), "no is no folder"),
        (("fetch", "gate.example", HEX, *FOR_TREAT), "is not the address of a gate"),
        (("register", "letter.txt", "--labels", "HIV"), "with --patient or --subject"),
        (("token", "nobody"), "No account is named 'nobody'"),
        (("token", "hospital", "--until", "2001-01-01"), "is over already"),
        (("serve", "--folder", "no"), "no is no folder"),
        (("serve", "--origin", "gate"), "is not the address of a gate"),
    ],
)
def test_bad_input_is_one_sentence(sharing, record, words, sentence):
    refused(record(*words, *(("--as", "hospital") if words[0] in ("open", "fetch") else ())),
            sentence)  # fmt: skip
    assert sharing.records().head_of(PATIENT) == bytes(32)


def test_an_address_that_is_taken_is_named(record, serving):
    port = serving.rpartition(":")[2]

    refused(record("serve", "--port", port), f"port {port}")
