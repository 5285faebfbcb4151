"""
backup
├── it holds everything, still encrypted, for its owner's eyes only
├── it is never written over another file, nor of a vault that was changed
restore
├── given nothing, or with --replace another state
│   ├── everything is back, and the file from before is refused from then on
│   └── a vault that is there is kept unless it is to be replaced
├── given erasures since
│   ├── who was erased does not come back: by the vault, by the list, or by certificates alone
│   └── nothing of theirs is on disk
├── given a changed, cut or foreign file, or another key
│   └── it refuses, and the vault that is there stays
├── given shares instead of the key
│   └── the vault comes back under another key
├── given a vault that is damaged beyond reading
│   └── a backup takes its place
└── given PostgreSQL on the other side
    └── a backup goes from one to the other
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from postgres import server
from vault_cast import (
    GENESIS,
    KEY,
    MARKS,
    OTHER_KEY,
    chain,
    file_of,
    filled,
    kek,
    opened,
    settings_of,
)

from pyhealth import errors
from pyhealth.chain.wallet import Signer, cast_key
from pyhealth.hashing import Domain
from pyhealth.privacy.erasure import CONTRACT, certify
from pyhealth.privacy.vault import Kind, Vault
from pyhealth.privacy.vault.backup import back_up, restore
from pyhealth.privacy.vault.opening import vault_at
from pyhealth.privacy.vault.rotation import make_shares, rotate

DOMAIN = Domain(CONTRACT, 31337, "0x" + "42" * 20)


def place(home: Path, key: str = KEY, **more: str) -> Vault:
    """Where a vault may be put."""
    return vault_at(settings_of(home, **more), chain(), kek(key))


@pytest.fixture
def saved(home, tmp_path):
    """A vault, and a backup of it."""
    vault, file = filled(home), tmp_path / "vault.backup"
    back_up(vault, file)
    return vault, file


def test_it_holds_everything_encrypted(home, tmp_path):
    vault, file = filled(home), tmp_path / "vault.backup"

    assert back_up(vault, file) == 3

    raw = file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert not any(mark.encode() in raw for mark in (*MARKS, "letter"))
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["vault.backup"]


def test_it_is_not_written_over_another(saved):
    vault, file = saved

    with pytest.raises(errors.InputError, match="exists already"):
        back_up(vault, file)
    with pytest.raises(errors.InputError, match="cannot be written"):
        back_up(vault, file / "inside")


def test_it_is_not_made_of_a_changed_vault(saved, tmp_path):
    vault, _ = saved
    with vault.store.writing() as connection:
        connection.exec_driver_sql("UPDATE pyhealth_vault_rows SET data = zeroblob(60)")

    with pytest.raises(errors.VaultTampered):
        back_up(vault, tmp_path / "another")

    assert not list(tmp_path.glob("another*"))


def test_everything_comes_back_elsewhere(saved, tmp_path):
    _, file = saved

    back = restore(place(tmp_path / "new"), file)

    assert back.get(MARKS[0], Kind.RECORD, "letter") == MARKS[3].encode() * 3
    assert opened(tmp_path / "new").check() == 3
    assert opened(tmp_path / "new").put("new", Kind.SALT, "x", b"y") == 1


def test_a_vault_that_is_there_is_kept_or_replaced(saved, home):
    vault, file = saved
    vault.put(MARKS[0], Kind.SALT, "newer", b"x")
    newer = file_of(home).read_bytes()

    with pytest.raises(errors.VaultExists):
        restore(place(home), file)
    assert vault.names(MARKS[0], Kind.SALT) == [MARKS[2], "newer"]

    restore(place(home), file, replacing=True)
    assert opened(home).names(MARKS[0], Kind.SALT) == [MARKS[2]]
    file_of(home).write_bytes(newer)
    with pytest.raises(errors.VaultRolledBack):
        opened(home).subjects()


def witnesses(home: Path, way: str) -> None:
    """Leave one way to know who was erased."""
    folder = file_of(home).parent
    if way != "vault":
        (folder / "vault.sqlite").unlink()
        (folder / "head.json").unlink()
    if way != "list":
        (folder / "erased.jsonl").unlink()
    if way != "certificates":
        shutil.rmtree(folder / "certificates")


@pytest.mark.parametrize("way", ["vault", "list", "certificates"])
def test_who_was_erased_does_not_come_back(saved, home, way):
    vault, file = saved
    made = vault.erase(MARKS[0])
    certify(vault, made, DOMAIN, Signer.from_key(cast_key("hospital")))
    vault.close()
    witnesses(home, way)

    back = restore(place(home), file, replacing=True)

    assert back.subjects() == ["somebody else"]
    for one in (back, opened(home)):
        with pytest.raises(errors.SubjectErased) as refused:
            one.get(MARKS[0], Kind.SALT, MARKS[2])
        assert refused.value.at == made.at
    assert back.check() == 1


def test_nor_on_another_machine_with_the_certificate(saved, tmp_path):
    vault, file = saved
    made = vault.erase(MARKS[0])
    paper = certify(vault, made, DOMAIN, Signer.from_key(cast_key("hospital")))

    back = restore(place(tmp_path / "new"), file, certificates=[paper])

    assert back.subjects() == ["somebody else"]
    again = back.erased(MARKS[0])
    assert again is not None
    assert (again.at, again.ground) == (made.at, made.ground)


def test_nothing_of_who_was_erased_is_on_disk_afterwards(saved, home):
    vault, file = saved
    with vault.reading() as book:
        wrapped = book.page(MARKS[0]).state.wrapped
    vault.erase(MARKS[0])

    restore(place(home), file, replacing=True)

    raw = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert wrapped in file.read_bytes() or b"{" in file.read_bytes()
    assert not any(wrapped[at : at + 12] in raw for at in range(len(wrapped) - 12))


def test_a_changed_certificate_brings_nobody_back_or_away(saved, tmp_path):
    vault, file = saved
    made = vault.erase(MARKS[0])
    paper = certify(vault, made, DOMAIN, Signer.from_key(cast_key("hospital")))
    forged = tmp_path / "forged.json"
    with vault.reading() as book:
        other = "0x" + book.page("somebody else").state.tag.hex()
    text = paper.read_text()
    forged.write_text(text.replace("0x" + made.subject.hex(), other))

    with pytest.raises(errors.VaultTampered, match=r"forged\.json was changed"):
        restore(place(tmp_path / "new"), file, certificates=[forged])
    with pytest.raises(errors.InputError, match="cannot be read"):
        restore(place(tmp_path / "new"), file, certificates=[tmp_path / "none.json"])


def test_a_changed_or_cut_backup_is_refused(saved, home):
    vault, file = saved
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    changed = [whole[:length] for length in range(0, len(whole), 97)]
    changed += [
        whole[:at] + bytes([whole[at] ^ 2]) + whole[at + 1 :] for at in range(0, len(whole), 31)
    ]
    changed += [b"".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))]
    changed += [b"".join([*lines[:2], lines[3], lines[2], *lines[4:]]), whole + lines[-1], b"\xff"]

    for content in changed:
        file.write_bytes(content)
        with pytest.raises(errors.PyHealthError) as refused:
            restore(place(home), file, replacing=True)
        assert not any(mark in str(refused.value) for mark in MARKS)

    assert vault.check() == 3


def test_a_foreign_backup_is_refused(saved, home, tmp_path):
    vault, file = saved
    other = tmp_path / "other.backup"
    back_up(filled(tmp_path / "other"), other)

    with pytest.raises(errors.BackupInvalid, match="another vault than the one here"):
        restore(place(home), other, replacing=True)
    with pytest.raises(errors.VaultKeyWrong):
        restore(place(tmp_path / "new", OTHER_KEY), file)
    with pytest.raises(errors.VaultOfAnotherChain):
        restore(vault_at(settings_of(tmp_path / "new"), chain(5, GENESIS), kek()), file)
    with pytest.raises(errors.InputError, match="cannot be read"):
        restore(place(tmp_path / "new"), tmp_path / "nothing")
    assert vault.check() == 3


def test_a_lost_key_is_replaced_by_two_shares(home, tmp_path):
    vault, file = filled(home), tmp_path / "vault.backup"
    shares = make_shares(vault)
    back_up(vault, file)

    back = restore(place(tmp_path / "new", OTHER_KEY), file, shares=shares[1:])

    assert back.check() == 3
    assert opened(tmp_path / "new", PYHEALTH_VAULT_KEY=OTHER_KEY).check() == 3
    with pytest.raises(errors.VaultKeyWrong):
        opened(tmp_path / "new")


def test_a_backup_from_before_a_rotation_opens_with_the_key_of_then(saved, home):
    vault, file = saved
    rotate(vault, kek(OTHER_KEY))

    with pytest.raises(errors.VaultKeyWrong):
        restore(place(home, OTHER_KEY), file, replacing=True)
    restore(place(home), file, replacing=True)

    assert opened(home).check() == 3


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + bytes(4000)])
def test_a_backup_takes_the_place_of_a_damaged_vault(saved, home, damage):
    vault, file = saved
    vault.erase("somebody else")
    vault.close()
    file_of(home).write_bytes(damage)

    back = restore(place(home), file, replacing=True)

    assert back.subjects() == [MARKS[0]]
    assert opened(home).check() == 2


def test_a_backup_goes_to_postgresql_and_back(saved, tmp_path):
    _, file = saved
    with server() as url:
        there = restore(place(tmp_path / "there", PYHEALTH_VAULT_URL=url), file)
        there.put("in between", Kind.SALT, "x", b"y")
        there.erase("somebody else")
        back_up(there, tmp_path / "second.backup")
        there.close()

    back = restore(place(tmp_path / "back"), tmp_path / "second.backup")

    assert back.subjects() == sorted([MARKS[0], "in between"])
    assert back.check() == 3
