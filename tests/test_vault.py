"""
vault
├── given nothing
│   ├── on a development chain it makes itself, for its owner's eyes only
│   └── elsewhere, or where one was before, it says that there is none
├── given rows
│   ├── put counts versions, get returns the last, names are sorted
│   ├── find says whose a name is, unless it is nobody's or that of several
│   ├── get_or_put gives one answer to all, many are put at once or not at all
│   ├── no byte of a name or a value is in the file
│   └── what is missing, unknown or erased is refused without repeating it
├── given a file that was changed
│   ├── every flipped bit, truncated value, and swap of two rows is found
│   ├── every row that was removed, added or put back is found
│   ├── a whole file that was put back, emptied, cut or removed is found
│   ├── a changed or emptied head or list of the erased is found
│   └── no refusal shows what the vault holds
├── given another chain or another key
│   └── it refuses, and says which
├── given several processes
│   └── none loses a write of another
├── given a database that is gone, locked or full
│   └── it refuses in one sentence
└── given PostgreSQL
    └── it keeps the same, and finds the same
"""

from __future__ import annotations

import concurrent.futures
import itertools
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from postgres import server
from vault_cast import (
    KEY,
    MARKS,
    OTHER_KEY,
    TABLES,
    Cell,
    cells,
    chain,
    changing,
    file_of,
    filled,
    flips,
    kek,
    opened,
    put,
    settings_of,
    snapshot,
)

from pyhealth import errors
from pyhealth.errors import PrivacyError
from pyhealth.privacy.vault import Kind, Vault, create_vault, inventory, open_vault

NOW = datetime.now(UTC)


def refusal(home: Path) -> PrivacyError | None:
    """Open a vault anew and check all of it; what it says must not give anything away."""
    refused = None
    try:
        vault = opened(home)
        vault.check()
        vault.close()
    except PrivacyError as error:
        refused = error
    said = f"{refused} {refused!r} {refused.__cause__!r}." if refused else ""
    assert not any(mark in said for mark in MARKS)
    return refused


def test_it_makes_itself_on_a_development_chain(home):
    vault = opened(home)

    assert vault.subjects() == []
    assert file_of(home).stat().st_mode & 0o077 == 0
    assert vault.witness.folder.stat().st_mode & 0o077 == 0


def test_it_says_that_there_is_none_elsewhere(home):
    settings = settings_of(home, PYHEALTH_VAULT_KEY=KEY)

    with pytest.raises(errors.VaultMissing) as refused:
        open_vault(settings, chain(11155111, local=False))

    assert refused.value.where.endswith("vault.sqlite")
    assert not Path(refused.value.where).exists()


def test_init_makes_one_once(home):
    far = chain(11155111, local=False)
    settings = settings_of(home, PYHEALTH_VAULT_KEY=KEY)
    create_vault(settings, far, kek()).put("a", Kind.SALT, "b", b"c")

    with pytest.raises(errors.VaultExists):
        create_vault(settings, far, kek())

    assert open_vault(settings, far).get("a", Kind.SALT, "b") == b"c"


def test_rows_are_kept_by_subject_kind_and_name(home):
    vault = opened(home)

    versions = [vault.put("a", Kind.SALT, "x", data) for data in (b"1", b"", b"3" * 100_000)]
    vault.put("a", Kind.SECRET, "x", b"secret")
    vault.put("a", Kind.SALT, "ä", b"4")

    assert versions == [1, 2, 3]
    assert vault.get("a", Kind.SALT, "x") == b"3" * 100_000
    assert vault.get("a", Kind.SECRET, "x") == b"secret"
    assert vault.names("a", Kind.SALT) == ["x", "ä"]
    assert vault.names("a", Kind.RECORD) == []
    assert opened(home).subjects() == ["a"]
    assert vault.check() == 3


def test_find_says_whose_a_name_is(home):
    vault = filled(home)

    assert vault.find(Kind.RECORD, "letter") == MARKS[0]
    with pytest.raises(errors.SubjectUnknown):
        vault.find(Kind.SALT, "letter")
    with pytest.raises(errors.InputError, match=r"^2 subjects have a salt of that name"):
        vault.find(Kind.SALT, MARKS[2])


def test_get_or_put_gives_one_answer(home):
    vault = opened(home)

    answers = [vault.get_or_put("a", Kind.SECRET, "master", data) for data in (b"1", b"2")]
    other = vault.get_or_put("a", Kind.SECRET, "other", b"3")

    assert (answers, other) == ([b"1", b"1"], b"3")


def test_many_are_put_at_once_or_not_at_all(home):
    vault = opened(home)
    vault.put_many([("a", Kind.SALT, "x", b"1"), ("b", Kind.SALT, "x", b"2")])
    vault.erase("b")

    with pytest.raises(errors.SubjectErased):
        vault.put_many([("a", Kind.SALT, "x", b"3"), ("b", Kind.SALT, "x", b"4")])

    assert vault.get("a", Kind.SALT, "x") == b"1"


def test_no_byte_of_a_name_or_a_value_is_on_disk(home):
    filled(home)

    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    for mark in (*MARKS, "letter", "somebody else"):
        assert mark.encode() not in kept
        assert mark.encode().hex().encode() not in kept


def test_what_is_not_there_is_refused_without_repeating_it(home):
    vault = filled(home)
    vault.erase("somebody else")
    refused = [
        (errors.VaultRowMissing, lambda: vault.get(MARKS[0], Kind.SECRET, "master")),
        (errors.SubjectUnknown, lambda: vault.get("Ottilie", Kind.SALT, MARKS[2])),
        (errors.SubjectErased, lambda: vault.get("somebody else", Kind.SALT, MARKS[2])),
        (errors.SubjectErased, lambda: vault.put("somebody else", Kind.SALT, "y", b"z")),
    ]

    for kind, ask in refused:
        with pytest.raises(kind) as error:
            ask()
        assert not any(mark in str(error.value) for mark in (*MARKS, "Ottilie", "somebody"))


def flipped(home: Path, *, every: bool) -> tuple[int, list[Cell]]:
    """Flip bits one after the other, and return how many, and those that went unnoticed."""
    filled(home).close()
    file, missed, count = file_of(home), [], 0
    others = {cell.value for cell in cells(file) if cell.column == "node"}
    with changing(file) as database:
        for cell in list(cells(file)):
            for value in flips(cell.value, every):
                if cell.column == "node" and value in others:
                    continue  # the database itself refuses two of the same number
                put(database, cell, value)
                count += 1
                if refusal(home) is None:
                    missed.append(cell)
                put(database, cell.moved(value), cell.value)
    assert refusal(home) is None
    return count, missed


def test_a_flipped_bit_of_each_byte_is_found(home):
    count, missed = flipped(home, every=False)

    assert count > 2_000
    assert missed == []


@pytest.mark.assurance
def test_every_flipped_bit_is_found(home, record_property):
    count, missed = flipped(home, every=True)

    record_property("bits of a vault flipped, one at a time", count)
    assert missed == []


def test_every_truncated_value_is_found(home):
    filled(home).close()
    file = file_of(home)
    values = [cell for cell in cells(file) if isinstance(cell.value, bytes) and cell.value]

    with changing(file) as database:
        for cell in values:
            for length in {0, 1, len(cell.value) // 2, len(cell.value) - 1}:
                put(database, cell, cell.value[:length])
                assert refusal(home) is not None, cell
            put(database, cell, cell.value + b"\0")
            assert refusal(home) is not None, cell
            put(database, cell, cell.value)

    assert len(values) > 50


def test_every_swap_of_two_rows_is_found(home):
    filled(home).close()
    file = file_of(home)
    by_column: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells(file):
        by_column.setdefault((cell.table, cell.column), []).append(cell)
    keys = {"tag", "kind", "name", "node"}
    content = {
        table: [column for where, column in by_column if where == table and column not in keys]
        for table in TABLES[1:]
    }

    with changing(file) as database:
        for table, columns in content.items():
            count = len(by_column[table, columns[0]])
            for one, two in itertools.combinations(range(count), 2):
                chosen = [by_column[table, column] for column in columns]
                if all(listed[one].value == listed[two].value for listed in chosen):
                    continue
                for listed in chosen:
                    put(database, listed[one], listed[two].value)
                    put(database, listed[two], listed[one].value)
                assert refusal(home) is not None, (table, one, two)
                for listed in chosen:
                    put(database, listed[one], listed[one].value)
                    put(database, listed[two], listed[two].value)

    assert refusal(home) is None


def test_every_row_removed_added_or_put_back_is_found(home):
    vault = filled(home)
    file = file_of(home)
    before = snapshot(file)
    vault.put(MARKS[0], Kind.SALT, MARKS[2], b"a newer salt")
    vault.put("a third", Kind.SALT, "x", b"y")
    vault.close()
    now = snapshot(file)

    with changing(file) as database:
        for table in TABLES:
            for row in before[table]:
                if row in now[table]:
                    continue
                replaced(database, table, row)
                assert refusal(home) is not None, (table, "put back")
                restored(database, table, now[table])
            for row in now[table]:
                database.execute(f"DELETE FROM {table} WHERE rowid = ?", row[:1])
                assert refusal(home) is not None, (table, "removed")
                restored(database, table, now[table])
        for table in TABLES[1:]:
            restored(database, table, before[table])
            assert refusal(home) is not None, (table, "the whole table put back")
            restored(database, table, now[table])

    assert refusal(home) is None


def replaced(database: sqlite3.Connection, table: str, row: tuple[object, ...]) -> None:
    marks = ", ".join("?" for _ in row)
    names = [info[1] for info in database.execute(f"PRAGMA table_info({table})")]
    database.execute(
        f"INSERT OR REPLACE INTO {table} (rowid, {', '.join(names)}) VALUES ({marks})", row
    )


def restored(database: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    database.execute(f"DELETE FROM {table}")
    for row in rows:
        replaced(database, table, row)


def test_a_whole_file_that_was_put_back_is_found(home):
    vault = filled(home)
    old = file_of(home).read_bytes()
    vault.put(MARKS[0], Kind.SALT, MARKS[2], b"a newer salt")
    vault.close()

    file_of(home).write_bytes(old)

    with pytest.raises(errors.VaultRolledBack) as refused:
        opened(home).get(MARKS[0], Kind.SALT, MARKS[2])
    assert refused.value.why == "it has seen 3 changes, and there were 4"


def test_another_vault_in_its_place_is_found(home, tmp_path):
    filled(home).close()
    filled(tmp_path / "other").close()

    file_of(home).write_bytes(file_of(tmp_path / "other").read_bytes())

    assert isinstance(refusal(home), errors.VaultTampered)


def test_a_file_that_was_cut_is_found(home):
    filled(home).close()
    file = file_of(home)
    whole = file.read_bytes()

    for length in (0, 1, 99, *range(4096, len(whole), 4096), len(whole) - 1):
        file.write_bytes(whole[:length])
        assert refusal(home) is not None, length

    file.unlink()
    assert isinstance(refusal(home), errors.VaultMissing)


def test_a_changed_head_is_found(home):
    filled(home).erase("somebody else")
    folder = file_of(home).parent

    for name in ("head.json", "erased.jsonl"):
        whole = (folder / name).read_bytes()
        for place in range(len(whole) - 1):
            changed = bytearray(whole)
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            assert erased_or_refused(home), (name, place)
        (folder / name).write_bytes(whole)


def erased_or_refused(home: Path) -> bool:
    """A head whose count was lowered says less than the database, and is moved forward."""
    if refusal(home) is not None:
        return True
    with pytest.raises(errors.PrivacyError) as refused:
        opened(home).get("somebody else", Kind.SALT, MARKS[2])
    return isinstance(refused.value, errors.SubjectErased | errors.VaultTampered)


def test_another_chain_is_refused(home):
    filled(home).close()
    url = {"PYHEALTH_VAULT_URL": f"sqlite:///{file_of(home)}", "PYHEALTH_VAULT_KEY": KEY}

    for other in (chain(1337), chain(genesis=b"\7" * 32)):
        with pytest.raises(errors.VaultOfAnotherChain) as refused:
            open_vault(settings_of(home, **url), other)
        assert refused.value.theirs == "chain 31337 with first block 0x00010203…"


def test_another_key_is_refused(home):
    filled(home).close()

    with pytest.raises(errors.VaultKeyWrong) as refused:
        opened(home, PYHEALTH_VAULT_KEY=OTHER_KEY)

    assert refused.value.expected == kek().name
    assert refused.value.given == kek(OTHER_KEY).name


def put_some(home: Path, who: int, count: int) -> None:
    vault = opened(home)
    for number in range(count):
        vault.put(f"subject {number % 5}", Kind.SALT, f"{who} {number}", b"x")


def test_no_process_loses_a_write_of_another(home):
    opened(home).close()
    context = multiprocessing.get_context("spawn")

    with concurrent.futures.ProcessPoolExecutor(4, context) as pool:
        list(pool.map(put_some, [home] * 4, range(4), [15] * 4))

    vault = opened(home)
    assert vault.check() == 60
    assert inventory(vault)["changes"] == 60


def test_a_database_that_is_gone_is_refused(home, tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")

    with pytest.raises(errors.VaultUnreachable):
        opened(home, PYHEALTH_VAULT_URL=f"sqlite:///{nowhere}/vault.sqlite")
    with pytest.raises(errors.VaultUnreachable):
        opened(home, PYHEALTH_VAULT_URL="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(errors.ConfigError, match="mysql"):
        opened(home, PYHEALTH_VAULT_URL="mysql://nobody@127.0.0.1/nothing")


def test_a_database_that_is_held_is_refused(home):
    filled(home).close()
    vault = open_vault(settings_of(home, PYHEALTH_VAULT_KEY=KEY), chain(), patience=0.1)

    with changing(file_of(home)) as database:
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(errors.VaultLocked):
            vault.put("a", Kind.SALT, "b", b"c")
        database.execute("ROLLBACK")

    assert vault.put("a", Kind.SALT, "b", b"c") == 1


@pytest.mark.skipif(os.name != "posix", reason="sizes are limited by the shell")
def test_a_database_without_room_is_refused(home):
    vault = filled(home)
    with vault.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(errors.VaultFull):
        vault.put(MARKS[0], Kind.RECORD, "large", b"x" * 100_000)

    vault.close()
    assert refusal(home) is None


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture
def elsewhere(address: str, home: Path) -> Iterator[Vault]:
    vault = filled(home, PYHEALTH_VAULT_URL=address)
    yield vault
    with vault.store.writing() as connection:
        connection.exec_driver_sql(f"DROP TABLE {', '.join(TABLES)}")
    vault.close()


def test_postgresql_keeps_the_same(elsewhere):
    elsewhere.put(MARKS[0], Kind.SALT, MARKS[2], b"a newer salt")
    elsewhere.erase("somebody else")

    assert elsewhere.get(MARKS[0], Kind.SALT, MARKS[2]) == b"a newer salt"
    assert elsewhere.subjects() == [MARKS[0]]
    assert elsewhere.check() == 2


def test_postgresql_finds_the_same(elsewhere):
    changes = [
        "UPDATE pyhealth_vault_rows SET version = version + 1",
        "UPDATE pyhealth_vault_rows SET data = label",
        "UPDATE pyhealth_vault_subjects SET bucket = bucket + 1",
        "DELETE FROM pyhealth_vault_tree WHERE node = 1",
        "UPDATE pyhealth_vault SET changes = changes + 1",
    ]
    for change in changes:
        with pytest.raises(errors.VaultTampered):
            changed_there(elsewhere, change)

    assert elsewhere.check() == 3


def changed_there(vault: Vault, change: str) -> None:
    """Change rows behind the vault, check them, and take the change back."""
    with vault.store.writing() as connection:
        connection.exec_driver_sql(change)
        book = vault._book(connection, None)
        for state in book.ledger.states():
            for place in state.held:
                book.ledger.row(state, place)


def write_there(home: Path, address: str, who: int) -> None:
    vault = opened(home, PYHEALTH_VAULT_URL=address)
    for number in range(10):
        vault.put("shared", Kind.SALT, f"{who} {number}", b"x")


def test_processes_share_postgresql(elsewhere, home, address):
    context = multiprocessing.get_context("spawn")

    with concurrent.futures.ProcessPoolExecutor(3, context) as pool:
        list(pool.map(write_there, [home] * 3, [address] * 3, range(3)))

    assert len(elsewhere.names("shared", Kind.SALT)) == 30
    assert elsewhere.check() == 33
