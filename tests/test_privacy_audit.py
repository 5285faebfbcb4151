"""
the encodings of a canary
├── they are more than the twelve that were promised
└── given any of them in the midst of other bytes
    └── it is found, by its name

an audit of a chain
├── given a chain on which nothing leaks
│   └── it finds nothing
├── given calldata, an event or storage that shows a value
│   └── it is found there, whether the transaction was refused or not
├── given a date, a national number or a code that was hashed without a salt
│   └── a dictionary opens it, and the report does not repeat it
├── given a chain that is not local
│   └── it reads what events and the journal know, and says so
└── given a node that shows storage in another way, or none
    └── it reads it, or says so

an audit of files
├── given a value in the index, the journal, the vault, a log, a packed file, a temporary folder
│   └── it is found there
├── given a value that is spread over the pages of a database, or was deleted from it
│   └── it is found there
├── given a database elsewhere, or on a server
│   └── it is read, and what cannot be is said
└── given a value in the owner's own books
    └── it is told, and counts only when asked for

links
├── given two pseudonyms of one patient that a word of the chain joins, such as who relays for both
│   └── they are found
└── given pseudonyms that share what everybody shares, or the terms of their directives
    └── nothing is found

pyhealth privacy audit
├── it exits with 0 where nothing is found, else with 1 and one sentence
├── it makes no vault, and needs none
└── it refuses files that it cannot read, with the line and the remedy
"""

import base64
import gzip
import hashlib
import json
import os
import sqlite3
import time
from datetime import date
from pathlib import Path

import pytest
from conftest import Node, environment
from postgres import server
from sha3 import keccak_256

from pyhealth.chain.network import connect as reach
from pyhealth.chain.wallet import cast_address
from pyhealth.config import load_settings
from pyhealth.errors import InputError
from pyhealth.privacy.audit.files import Files
from pyhealth.privacy.audit.inspection import Scene, Wanted, inspect
from pyhealth.privacy.audit.links import linked, public_words, views, word_of
from pyhealth.privacy.audit.markers import Canary, encodings, read_canaries
from pyhealth.privacy.audit.pieces import Place
from pyhealth.privacy.audit.search import Search
from pyhealth.privacy.audit.trail import Trail

NAME = "Zoë Sampleman-Doe"
NUMBER = "943 476 5919"
BORN = "1987-03-14"
CANARIES = [Canary("name", NAME), Canary("number", NUMBER), Canary("born", BORN)]
LOGGER = "0x" + "10" * 20  # code that logs its calldata
LOGGING_CODE = "0x366000600037366000a000"  # CALLDATASIZE 0 0 CALLDATACOPY, LOG0, STOP

# Written with the standard library alone, and not as the audit writes them.
ENCODED = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 of upper case": lambda text: text.upper().encode(),
    "UTF-8 of lower case": lambda text: text.lower().encode(),
    "UTF-8, reversed": lambda text: "".join(reversed(text)).encode(),
    "UTF-16, little endian": lambda text: text.encode("utf-16")[2:],
    "UTF-16, big endian": lambda text: text.encode("utf-16-be"),
    "hex": lambda text: "".join(f"{byte:02x}" for byte in text.encode()).encode(),
    "hex, upper case": lambda text: "".join(f"{byte:02X}" for byte in text.encode()).encode(),
    "base64": lambda text: base64.b64encode(b"name: " + text.encode() + b"; and more"),
    "base32": lambda text: base64.b32encode(b"x" + text.encode() + b" and more"),
    "MD5": lambda text: hashlib.new("md5", text.encode(), usedforsecurity=False).digest(),
    "SHA-1": lambda text: hashlib.new("sha1", text.encode(), usedforsecurity=False).digest(),
    "SHA-256": lambda text: hashlib.new("sha256", text.encode()).digest(),
    "SHA-512": lambda text: hashlib.new("sha512", text.encode()).digest(),
    "SHA3-256": lambda text: hashlib.new("sha3_256", text.encode()).digest(),
    "BLAKE2b": lambda text: hashlib.new("blake2b", text.encode()).digest(),
    "Keccak-256": lambda text: keccak_256(text.encode()).digest(),
    "Keccak-256 in hex": lambda text: b"0x" + keccak_256(text.encode()).hexdigest().encode(),
    "SHA-256 in base64": lambda text: base64.b64encode(hashlib.sha256(text.encode()).digest()),
    "SHA-256 of upper case": lambda text: hashlib.sha256(text.upper().encode()).digest(),
    "Keccak-256, padded": lambda text: keccak_256(text.encode() + bytes(32 - len(text.encode()))).digest(),
    "Keccak-256, padded in front": lambda text: keccak_256(bytes(32 - len(text.encode())) + text.encode()).digest(),
    "percent escapes": lambda text: "".join(f"%{b:02X}" if b > 127 or b == 32 else chr(b) for b in text.encode()).encode(),
    "JSON escapes": lambda text: json.dumps({"name": text}).encode(),
}  # fmt: skip


def test_the_encodings_are_more_than_the_twelve_that_were_promised():
    assert len(ENCODED) >= 12
    assert set(ENCODED) <= set(encodings(NAME).values())


@pytest.mark.parametrize("name", ENCODED)
def test_a_value_is_found_by_the_name_of_its_encoding_in_the_midst_of_other_bytes(name):
    patterns = encodings(NAME)
    data = os.urandom(1001) + ENCODED[name](NAME) + os.urandom(1001)

    found = {patterns[pattern] for _, pattern in Search(patterns).find(data)}

    assert name in found


def test_numbers_and_dates_are_found_as_numbers():
    numbered, dated = encodings(NUMBER), encodings(BORN)

    assert numbered[int("9434765919").to_bytes(8)] == "number"
    assert numbered[b"9434765919"] == "UTF-8 of letters and digits"
    assert dated[(542_678_400).to_bytes(8)] == "seconds since 1970"


def test_random_bytes_show_nothing():
    patterns = encodings(NAME) | encodings(NUMBER) | encodings(BORN)

    assert list(Search(patterns).find(os.urandom(1 << 20) + bytes(1 << 20))) == []


@pytest.fixture
def scene(hospital, home):
    """The shared chain, and an empty data folder."""
    home.mkdir(exist_ok=True)
    contracts = {name: one.address for name, one in hospital.record.contracts.items()}
    return Scene(hospital.chain, contracts, 0, home)


def audited(scene, **wanted):
    return inspect(Wanted(**{"canaries": CANARIES, **wanted}), scene)


def told(report):
    return {(one.kind, one.what, one.how, one.place) for one in report.findings}


def leak(node, data, to=LOGGER, **more):
    sent = {"from": cast_address("stranger"), "to": to, "data": "0x" + data.hex(), **more}
    hash_ = node.rpc.call("eth_sendTransaction", sent)
    while not (receipt := node.rpc.call("eth_getTransactionReceipt", hash_)):
        time.sleep(0.01)
    return receipt


def test_an_audit_finds_nothing_on_a_chain_on_which_nothing_leaks(scene, hospital):
    hospital.notary.anchor(os.urandom(32))

    report = audited(scene, born_until=date(1900, 12, 31))

    assert report.findings == []
    assert report.guesses == 4 * 365
    assert all(report.bytes[place] for place in (Place.CALLDATA, Place.LOG, Place.STORAGE))


def test_an_audit_finds_calldata_that_shows_a_value_in_each_encoding(scene, node):
    leaks = {
        name: leak(node, b"\x01\x02\x03\x04" + encode(NAME)) for name, encode in ENCODED.items()
    }

    report = audited(scene)

    found = {(one.how, one.where) for one in report.leaks}
    where = {name: f"transaction {receipt['transactionHash']}" for name, receipt in leaks.items()}
    assert where.items() <= found
    assert NAME not in str(report)


def test_an_audit_finds_what_a_contract_refused(scene, node):
    notary = scene.contracts["Notary"]
    receipt = leak(node, b"\xff\xff\xff\xff" + NAME.encode(), notary, gas=hex(100_000))
    assert int(receipt["status"], 16) == 0

    report = audited(scene)

    assert ("canary", "name", "UTF-8", Place.CALLDATA) in told(report)


def test_an_audit_finds_an_event_that_shows_a_value(scene, node):
    node.rpc.call("anvil_setCode", LOGGER, LOGGING_CODE)
    for encode in ENCODED.values():
        leak(node, encode(NAME))

    report = audited(scene)

    assert set(ENCODED) <= {one.how for one in report.leaks if one.place is Place.LOG}


def test_an_audit_finds_storage_that_shows_a_value_over_two_slots(scene, node):
    contract, data = scene.contracts["Notary"], b"a long text in which " + NAME.encode()
    for i, start in enumerate((0, 32)):
        word = "0x" + data[start : start + 32].ljust(32, b"\0").hex()
        node.rpc.call("anvil_setStorageAt", contract, hex(7_000 + i), word)
    node.rpc.call("evm_mine")

    report = audited(scene)

    assert ("canary", "name", "UTF-8", Place.STORAGE) in told(report)


HASHED = {
    "SHA-256": lambda text: hashlib.sha256(text).digest(),
    "MD5": lambda text: hashlib.md5(text).digest().ljust(32, b"\0"),
    "SHA-1": lambda text: hashlib.sha1(text).digest().rjust(32, b"\0"),
    "Keccak-256": lambda text: keccak_256(text).digest(),
    "Keccak-256, padded": lambda text: keccak_256(text.ljust(32, b"\0")).digest(),
    "Keccak-256 twice": lambda text: keccak_256(keccak_256(text).digest()).digest(),
    "a commitment without salt": lambda text: keccak_256(
        keccak_256(b"pyhealth.record").digest() + bytes(32) + hashlib.sha256(text).digest()
    ).digest(),
}


GUESSED = {
    "1900-05-07": "a date",
    NUMBER: "line 1 of guesses.txt",
    "I11.9": "line 3 of guesses.txt",
}


def test_a_dictionary_opens_what_was_hashed_without_a_salt(scene, node, tmp_path):
    guesses = written(tmp_path / "guesses.txt", f"{NUMBER}\n\nI11.9\n".encode())
    expected = set()
    for value, what in GUESSED.items():
        for how, hashed in HASHED.items():
            sent = leak(node, b"\x01\x02\x03\x04" + os.urandom(32) + hashed(value.encode()))
            expected.add((what, how, f"transaction {sent['transactionHash']}"))

    report = audited(scene, canaries=(), dictionary=guesses, born_until=date(1900, 12, 31))

    assert {(one.what, one.how, one.where) for one in report.leaks} == expected
    assert {one.kind for one in report.leaks} == {"guessable hash"}
    assert not any(value in str(report) for value in GUESSED)


def test_a_salted_hash_does_not_open(scene, node):
    leak(node, b"\x01\x02\x03\x04" + hashlib.sha256(os.urandom(32) + b"1900-05-07").digest())

    assert audited(scene, born_until=date(1900, 12, 31)).findings == []


def test_on_other_chains_events_and_the_journal_are_read_and_it_is_said(scene, node, hospital):
    hospital.notary.anchor(NAME.encode().ljust(32, b"\0"))
    leak(node, b"\x01\x02\x03\x04" + NUMBER.encode())
    elsewhere = {"contracts": scene.contracts, "first_block": 0, "home": scene.home}
    partly = Scene(hospital.chain, **elsewhere, whole_chain=False)

    report = audited(partly)

    assert ("canary", "name", "UTF-8", Place.CALLDATA) in told(report)
    assert "number" not in {one.what for one in report.findings}
    assert any("--whole-chain" in note for note in report.notes)

    own = hospital.chain.journal.mined()
    assert len(own) == 1
    assert len(list(Trail(hospital.chain, [cast_address("auditor")]).known(own))) == 1


def test_a_node_that_shows_storage_in_another_way_is_read(tmp_path):
    ganache = Node.ganache()
    try:
        settings = load_settings(environment(tmp_path, PYHEALTH_RPC_URL=ganache.url))
        chain = reach(settings)
        # SSTORE at 0 the 32 bytes after, as the constructor of a contract without code
        stored = NAME.encode().rjust(32, b"\0")
        code = b"\x7f" + stored + bytes.fromhex("600055") + bytes.fromhex("60006000f3")
        sent = {"from": cast_address("hospital"), "data": "0x" + code.hex(), "gas": hex(200_000)}
        hash_ = ganache.rpc.call("eth_sendTransaction", sent)
        contract = ganache.rpc.call("eth_getTransactionReceipt", hash_)["contractAddress"]
        ganache.rpc.call("eth_sendTransaction", {"from": cast_address("hospital"), "to": contract})

        trail = Trail(chain, [contract])

        assert [piece.data for piece in trail.storage()] == [stored]
        assert any("before the newest transaction" in note for note in trail.notes)
        assert any(NAME.encode() in one.data for one in trail.whole())
    finally:
        ganache.stop()


def test_a_node_that_shows_no_storage_is_named(scene, hospital, monkeypatch):
    real = hospital.chain.rpc.call

    def without(method, *params):
        hidden = {"anvil_dumpState": "anvil_nothing", "debug_storageRangeAt": "debug_nothing"}
        return real(hidden.get(method, method), *params)

    monkeypatch.setattr(hospital.chain.rpc, "call", without)
    report = audited(scene)

    assert Place.STORAGE not in report.bytes
    assert any("shows no storage" in note for note in report.notes)


def in_table(file, value, *, then="SELECT 1"):
    file.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE IF NOT EXISTS leaks (value)")
        database.execute("INSERT INTO leaks VALUES (?)", (value,))
        database.commit()
        database.execute(then)
    return file


def written(file, data):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


LEAKS = {
    "index": lambda home: in_table(home / "index/1.sqlite", NAME),
    "journal": lambda home: in_table(home / "journal/1.sqlite", NAME.encode()),
    "vault": lambda home: in_table(home / "vault/1/vault.sqlite", json.dumps({"name": NAME})),
    "log": lambda home: written(home / "chain/anvil.log", b"sent " + NAME.encode()),
    "packed": lambda home: written(home / "chain/state.gz", gzip.compress(NAME.encode())),
    "draft": lambda home: written(home / "drafts/x.salts", os.urandom(99) + NAME.encode()),
    "deleted": lambda home: in_table(home / "index/2.sqlite", "x" * 9 + NAME, then="DELETE FROM leaks"),
    "over pages": lambda home: in_table(home / "index/3.sqlite", "x" * 4_070 + NAME + "y" * 9_000),
}  # fmt: skip


@pytest.mark.parametrize("where", LEAKS)
def test_an_audit_finds_a_value_in_the_clients_files(tmp_path, where):
    home = tmp_path / "home"
    file = LEAKS[where](home)

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, home))

    assert {(one.what, one.place) for one in report.leaks} == {("name", Place.FILE)}
    assert all(one.where.startswith(str(file)) for one in report.leaks)


def test_an_audit_finds_a_value_in_other_folders_and_passes_over_what_it_was_handed(tmp_path):
    handed = written(tmp_path / "temporary/canaries.csv", NAME.encode())
    leaked = written(tmp_path / "temporary/core", b"\0" * 99 + NAME.encode())
    home = tmp_path / "home"

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, home, [tmp_path / "temporary"], [handed]))

    assert {one.where for one in report.leaks} == {str(leaked)}


def test_a_value_at_the_border_of_two_chunks_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("pyhealth.privacy.audit.files.CHUNK", 1 << 10)
    written(tmp_path / "large.log", b"x" * 1_020 + NAME.encode() + b"x" * 2_000)

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, tmp_path))

    assert {one.what for one in report.leaks} == {"name"}


def test_a_hash_in_a_file_is_opened_as_hex_base64_or_bytes(tmp_path):
    digest = hashlib.sha256(b"1900-05-07").digest()
    for name, data in (
        ("hex.json", b'{"id": "0x' + digest.hex().encode() + b'"}'),
        ("base64.txt", b"id " + base64.b64encode(digest) + b"\n"),
    ):
        written(tmp_path / name / name, data)
        found = inspect(Wanted(born_until=date(1900, 12, 31)), Scene(None, {}, 0, tmp_path / name))
        assert [(one.what, one.how) for one in found.leaks] == [("a date", "SHA-256")]
    in_table(tmp_path / "cell/index.sqlite", digest)
    found = inspect(Wanted(born_until=date(1900, 12, 31)), Scene(None, {}, 0, tmp_path / "cell"))
    assert [(one.what, one.how) for one in found.leaks] == [("a date", "SHA-256")]


def test_the_owners_own_books_are_told_apart(tmp_path):
    written(tmp_path / "claims/1/book.sqlite", NAME.encode())

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, tmp_path))

    assert {one.place for one in report.findings} == {Place.BOOK}
    assert report.leaks == []


def test_what_cannot_be_read_is_said(tmp_path):
    written(tmp_path / "broken.sqlite", b"SQLite format 3\0" + bytes(200))
    files = Files(tmp_path)

    list(files.pieces())

    assert any("plain bytes only" in note for note in files.notes)


def test_a_database_elsewhere_is_read(tmp_path):
    written(tmp_path / "home/note.txt", b"nothing")
    url = f"sqlite:///{in_table(tmp_path / 'elsewhere/vault.sqlite', NAME)}"

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, tmp_path / "home", databases=[url]))

    assert {(one.what, one.where) for one in report.leaks} == {("name", f"{url}, table leaks")}


def test_a_database_on_a_server_is_read(tmp_path):
    from sqlalchemy import create_engine, text

    from pyhealth.index.store import database_url

    with server() as address:
        engine = create_engine(database_url(address))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE leaks (value text, number bytea)"))
            said = {"value": NAME.upper(), "number": hashlib.sha1(NUMBER.encode()).digest()}
            connection.execute(text("INSERT INTO leaks VALUES (:value, :number)"), said)
        engine.dispose()
        report = inspect(Wanted(CANARIES), Scene(None, {}, 0, tmp_path, databases=[address]))

    found = {(one.what, one.how) for one in report.leaks}
    assert {("name", "UTF-8 of upper case"), ("number", "SHA-1")} <= found
    assert any("as its server gives it" in note for note in report.notes)


def test_a_database_that_cannot_be_read_is_said(tmp_path):
    url = f"sqlite:///{written(tmp_path / 'broken.sqlite', b'no database at all')}"

    report = inspect(Wanted(CANARIES), Scene(None, {}, 0, tmp_path / "home", databases=[url]))

    assert any("could not be read (DatabaseError)" in note for note in report.notes)


def test_a_file_that_is_gone_meanwhile_is_said(tmp_path, monkeypatch):
    written(tmp_path / "gone.log", b"x")
    files = Files(tmp_path)

    def gone(*_: object) -> None:
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(Path, "open", gone)
    assert list(files.pieces()) == []
    assert files.notes == [f"{tmp_path / 'gone.log'} could not be read (No such file)."]


def sent_with(*words):
    """A transaction that shows words."""
    from pyhealth.privacy.audit.trail import Sent

    return Sent(os.urandom(32), b"\0\0\0\0" + b"".join(words), (), ())


ONE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20


def test_pseudonyms_that_a_word_joins_are_found():
    shared = os.urandom(32)
    sent = [sent_with(word_of(ONE), shared), sent_with(word_of(OTHER), shared)]

    (link,) = linked(views(sent, [ONE, OTHER]), set())

    assert (link.first, link.second, link.word) == (ONE, OTHER, shared)


def test_pseudonyms_in_one_transaction_are_joined():
    found = linked(views([sent_with(word_of(ONE), word_of(OTHER))], [ONE, OTHER]), set())

    assert {link.word for link in found} == {word_of(ONE), word_of(OTHER)}


def test_pseudonyms_that_share_a_number_a_public_word_or_what_a_crowd_shares_are_not_joined():
    public, crowd = os.urandom(32), os.urandom(32)
    number = (1_800_000_000).to_bytes(32)
    many = ["0x" + bytes([i] * 20).hex() for i in range(1, 10)]
    sent = [sent_with(word_of(one), public, crowd, number) for one in many]

    assert linked(views(sent, many), {public}) == []
    assert len(linked(views(sent[:8], many[:8]), {public})) == 28


def test_an_audit_finds_a_patient_whose_pseudonyms_were_funded_from_one_account(scene, node):
    for one in (ONE, OTHER):
        leak(node, b"", one, value=hex(10**18))

    report = audited(scene, subjects={ONE: "a patient", OTHER: "a patient"})
    apart = audited(scene, subjects={ONE: "a patient", OTHER: "another"})

    assert [one.kind for one in report.leaks] == ["link"]
    assert "a patient" not in str(report)
    assert apart.leaks == []


def test_what_the_consortium_tells_of_itself_is_public(scene, hospital):
    sent = list(Trail(hospital.chain, list(scene.contracts.values())).whole())

    public = public_words(sent, scene.contracts)

    assert {word_of(cast_address(one)) for one in ("hospital", "insurer", "sponsor")} <= public
    assert word_of(cast_address("patient")) not in public


@pytest.mark.parametrize(
    ("relays", "links"), [(("hospital", "insurer"), 0), (("stranger",) * 2, 1)]
)
def test_the_same_terms_join_nobody_and_a_relayer_of_one_patient_does(cli, tmp_path, relays, links):
    for member, relay in zip(("Hospital", "Insurer"), relays, strict=True):
        signed = tmp_path / f"{member}.json"
        assert cli("privacy", "pseudonym", "MRN 1", "--for", member).status == 0
        grant = "consent", "sign", "grant", "everyone", "-p", "TREAT", "--until", "2030-01-01"
        assert cli(*grant, "--as", f"MRN 1@{member}", "--out", signed).status == 0
        assert cli("consent", "submit", signed, "--as", relay).status == 0

    done = cli("privacy", "audit", "--no-dates", "--json")

    assert [one["kind"] for one in done.json["leaks"]] == ["link"] * links
    assert done.status == (1 if links else 0)
    assert "MRN 1" not in done.out


def canaries_file(folder: Path, *lines: str) -> Path:
    return written(folder / "canaries.csv", "\n".join(("name,value", *lines)).encode())


def test_the_command_exits_with_0_where_nothing_is_found(cli, tmp_path):
    done = cli("privacy", "audit", "--no-dates", "--canaries", canaries_file(tmp_path, f"n,{NAME}"))

    assert (done.status, done.err) == (0, "")
    assert "leaks" in done.out


def test_the_command_exits_with_1_and_one_sentence_where_something_is_found(cli, node, tmp_path):
    leak(node, b"\x01\x02\x03\x04" + NAME.encode())
    given = "privacy", "audit", "--no-dates", "--canaries", canaries_file(tmp_path, f"n,{NAME}")

    done, as_json = cli(*given), cli(*given, "--json")

    assert done.status == 1
    assert done.err == (
        "pyhealth: Personal data stands in 1 place(s) where it must not; each finding says where.\n"
    )
    assert [one["as"] for one in as_json.json["leaks"]] == ["UTF-8"]
    assert NAME not in done.out + done.err + as_json.out


def test_the_command_counts_the_owners_own_books_when_asked_to(cli, home, tmp_path):
    written(home / "claims/1/book.sqlite", NAME.encode())
    given = "privacy", "audit", "--no-dates", "--canaries", canaries_file(tmp_path, f"n,{NAME}")

    assert cli(*given).status == 0
    assert cli(*given, "--strict").status == 1


def test_the_command_makes_no_vault_and_needs_none(cli, home):
    cli.environment["PYHEALTH_VAULT_KEK"] = "nonsense"

    done = cli("privacy", "audit", "--no-dates")

    assert (done.status, done.err) == (0, "")
    assert "Links were not looked for" in done.out
    del cli.environment["PYHEALTH_VAULT_KEK"]
    assert "Links were not looked for" in cli("privacy", "audit", "--no-dates").out
    assert not (home / "vault").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no header; its first line must be 'name,value'"),
        (b"name,value\n", "names no canary"),
        (b"name,value\nborn,1987\n", "line 2: the value is shorter than 6 bytes"),
        (b"name,value\nborn\n", "line 2: a name and a value are expected"),
        (b"name,value\na,\xff\xfe\xff\xff\xff\xff\n", "is not a CSV file in UTF-8"),
    ],
)
def test_canaries_that_cannot_be_read_are_refused(tmp_path, content, words):
    with pytest.raises(InputError, match=words):
        read_canaries(written(tmp_path / "canaries.csv", content))


def test_the_command_refuses_what_it_cannot_read_with_one_sentence(cli, tmp_path):
    bad = written(tmp_path / "bad.txt", b"\xff\xff")

    for given, words in (
        (("--canaries", tmp_path / "none.csv"), "cannot be read"),
        (("--no-dates", "--dictionary", bad), "is not a text file in UTF-8"),
        (("--no-dates", "--dictionary", tmp_path / "none"), "cannot be read"),
        (("--no-dates", "--also", tmp_path / "none"), "does not exist"),
    ):
        done = cli("privacy", "audit", *given)
        assert done.status == 1
        assert words in done.err
        assert done.err.count("\n") == 1
