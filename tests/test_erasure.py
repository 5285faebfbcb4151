"""
erase
├── given a subject with a record on the chain
│   ├── before, what lies on disk opens the commitment; afterwards nothing does
│   ├── a brute force over everything that the record may say finds nothing
│   ├── no key, no salt and no ciphertext of theirs is in the vault's file, journal or free pages
│   ├── files that the vault remembers are gone, with openings of earlier content, and statements
│   └── other subjects' proofs still verify
├── given files that cannot be destroyed
│   └── the keys are gone, it says how many files are left, and once more finishes
├── given a process that was cut short after the keys were gone
│   └── whoever opens the vault next finishes
├── given a hold
│   └── it refuses, until it is released
└── the certificate
    ├── names the subject by a hash alone, and verifies
    ├── is the same once more
    └── is refused when a byte of what it says was changed
retention
├── without a policy nobody expires; with one, those whose last entry is old enough
├── a date of one's own comes before the policy; a hold before both
└── an entry starts the time anew
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from vault_cast import file_of, opened

from pyhealth import errors
from pyhealth.chain.wallet import Signer, cast_address, cast_key
from pyhealth.consents.statement import committed
from pyhealth.hashing import RECORD_DOMAIN, Domain, commitment, digest_of_file
from pyhealth.openings import SUFFIX, commit, load, opening_file
from pyhealth.privacy import retention
from pyhealth.privacy.erasure import CONTRACT, certify, erase, verify
from pyhealth.privacy.vault import Ground, Kind, Vault, outside
from pyhealth.privacy.vault import vault as vault_module
from pyhealth.values import Confidentiality, Label

HOSPITAL = Signer.from_key(cast_key("hospital"))
DOMAIN = Domain(CONTRACT, 31337, "0x" + "42" * 20)
WHO = "MRN 0042"
HEX = re.compile(rb"[0-9a-fA-F]{64,}")
NOW = datetime.now(UTC).replace(microsecond=0)


def candidates() -> Iterator[bytes]:
    """Everything that a record of date of birth and diagnosis may say."""
    for day in range(0, 3_650):
        born = datetime(1930, 1, 1) + timedelta(days=day)
        for code in ("E11.9", "I10", "F32.1", "B20"):
            yield f"{born:%Y-%m-%d}|{code}\n".encode()


def salts_in(content: bytes) -> set[bytes]:
    """Every 32 bytes that may be a salt, as they are and as hexadecimal digits."""
    found = {content[at : at + 32] for at in range(len(content) - 31)}
    for digits in HEX.findall(content):
        found |= {bytes.fromhex(digits[at : at + 64].decode()) for at in range(len(digits) - 63)}
    return found


def on_disk(*folders: Path) -> bytes:
    files = (one for folder in folders for one in sorted(folder.rglob("*")) if one.is_file())
    return b"\n".join(file.read_bytes() for file in files)


def test_nothing_opens_the_commitment_afterwards(hospital, home, tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    record = house / "letter.txt"
    record.write_bytes(random.Random(3).choice(list(candidates())))
    made, digest = commit(record, "record"), digest_of_file(record)
    terms = frozenset({Label.DOCUMENT}), Confidentiality.N
    ref = hospital.records.register(cast_address("patient"), *terms, made.commitment)
    vault = hospital.vault
    vault.put(WHO, Kind.RECORD, "0x" + ref.hex(), record.read_bytes())
    vault.put(WHO, Kind.SALT, "0x" + ref.hex(), made.salt)
    for file in (record, opening_file(record)):
        vault.remember(WHO, file)
    standing = hospital.records.record_of(ref).commitment

    def opens() -> bool:
        return any(
            commitment(RECORD_DOMAIN, salt, digest) == standing
            for salt in salts_in(on_disk(home, house))
        )

    assert opens()
    domain = replace(DOMAIN, contract=hospital.records.binding.address)
    erase(vault, WHO, home, domain, hospital.signer)

    assert not opens()
    assert hospital.records.record_of(ref).commitment == standing
    assert list(house.iterdir()) == []


def test_a_brute_force_over_every_content_finds_nothing(home, tmp_path):
    record = tmp_path / "letter.txt"
    listed = list(candidates())
    record.write_bytes(listed[4_711])
    made = commit(record, "record")
    vault = opened(home)
    vault.put(WHO, Kind.SALT, "x", made.salt)
    vault.remember(WHO, opening_file(record))
    erase(vault, WHO, home, DOMAIN, HOSPITAL)

    import hashlib

    left = list(salts_in(on_disk(home)))
    guesses = [hashlib.sha256(one).digest() for one in listed]
    tried = (commitment(RECORD_DOMAIN, bytes(32), one) for one in guesses)
    assert made.commitment not in {*guesses, *tried}
    assert made.digest in guesses
    assert all(commitment(RECORD_DOMAIN, salt, made.digest) != made.commitment for salt in left)


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_of_theirs_is_left_in_the_file(home, seed):
    dice, vault = random.Random(seed), opened(home)
    people = [f"patient {number}" for number in range(40)]
    items = [
        (who, Kind.RECORD, f"{number}", dice.randbytes(dice.choice([40, 400, 9_000])))
        for number in range(3)
        for who in people
    ]
    vault.put_many(items)
    for who in dice.sample(people, 10):  # moves cells from page to page
        vault.put(who, Kind.RECORD, "0", dice.randbytes(2_000))
    gone = dice.sample(people, 12)
    traces = [trace for who in gone for trace in sealed(vault, who)]
    before = on_disk(home)
    assert all(trace in before for trace in traces)

    for who in gone:
        vault.erase(who)

    after = on_disk(home)
    assert len(traces) > 12 * 6
    pieces = {trace[at : at + 12] for trace in traces for at in range(len(trace) - 11)}
    assert not any(piece in after for piece in pieces)
    assert vault.check() == 28 * 3
    assert not list(file_of(home).parent.glob("*-*"))


def sealed(vault: Vault, who: str) -> list[bytes]:
    """What the file holds of a subject: its wrapped key, and the start of everything under it."""
    with vault.reading() as book:
        page = book.page(who)
        rows = [book.ledger.row(page.state, place) for place in page.state.held]
    return [page.state.wrapped, page.state.info[:60], *(part[:60] for row in rows for part in row)]


def test_files_outside_go_with_the_subject(home, tmp_path):
    record, vault = tmp_path / "letter [1].txt", opened(home)
    for text in ("first", "second"):
        record.write_text(text)
        commit(record, "record")
    other = tmp_path / "another.txt"
    other.write_text("stays")
    commit(other, "record")
    statement = committed(None, HOSPITAL.address, "permit", home)
    kept = committed(None, cast_address("clinic"), "permit", home)
    vault.remember(WHO, opening_file(record))
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 3

    erase(vault, WHO, home, DOMAIN, HOSPITAL, accounts=[HOSPITAL.address])

    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == [
        "another.txt",
        f"another.txt{SUFFIX}",
        "letter [1].txt",
    ]
    assert not statement.file.exists()
    assert not opening_file(statement.file).exists()
    assert load(opening_file(kept.file)) == kept.opening


def test_pseudonyms_take_their_statements_with_them(home):
    vault = opened(home)
    vault.put(WHO, Kind.PSEUDONYM, HOSPITAL.address, b"member 1")
    statement = committed(None, HOSPITAL.address, "deny", home)

    erase(vault, WHO, home, DOMAIN, HOSPITAL)

    assert not statement.file.exists()


def test_other_subjects_still_verify(home, tmp_path):
    vault, files = opened(home), {}
    for who in (WHO, "somebody else"):
        files[who] = tmp_path / f"{who}.txt"
        files[who].write_text(f"of {who}")
        vault.put(who, Kind.SALT, "letter", commit(files[who], "record").salt)
        vault.remember(who, opening_file(files[who]))

    vault.erase(WHO)

    other = files["somebody else"]
    kept = load(opening_file(other))
    assert kept.salt == vault.get("somebody else", Kind.SALT, "letter")
    assert kept.opens(other, commitment(RECORD_DOMAIN, kept.salt, digest_of_file(other)))
    assert vault.check() == 2


def test_files_that_cannot_be_destroyed_are_told_of(home, tmp_path, monkeypatch):
    vault, held, free = opened(home), tmp_path / "held.txt", tmp_path / "free.txt"
    for file in (held, free):
        file.write_text("x")
        vault.remember(WHO, file)
    destroy = outside._destroy

    def refuse(file: Path) -> None:
        if file == held:
            raise PermissionError(13, "Permission denied")
        destroy(file)

    with monkeypatch.context() as patched:
        patched.setattr(outside, "_destroy", refuse)
        with pytest.raises(errors.FilesRemain) as refused:
            vault.erase(WHO)
        opened(home)  # says nothing, and tries again later

    assert (refused.value.count, refused.value.why) == (1, "Permission denied")
    assert str(tmp_path) not in str(refused.value)
    assert (held.exists(), free.exists()) == (True, False)
    with pytest.raises(errors.SubjectErased):
        vault.names(WHO, Kind.OPENING)
    assert vault.erase(WHO).destroyed == 2
    assert not held.exists()


def test_whoever_opens_next_finishes(home, tmp_path, monkeypatch):
    vault, file = opened(home), tmp_path / "letter.txt"
    file.write_text("x")
    vault.remember(WHO, file)

    def stop(files: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(vault_module, "destroy_files", stop)
        with pytest.raises(KeyboardInterrupt):
            vault.erase(WHO)
    assert file.exists()

    again = opened(home)

    assert not file.exists()
    made = again.erased(WHO)
    assert made is not None
    assert (made.done, made.files, made.destroyed) == (True, (), 1)


def test_a_hold_keeps_a_subject(home):
    vault = opened(home)
    vault.put(WHO, Kind.SALT, "x", b"y")
    retention.hold(vault, WHO, "a claim in court")

    with pytest.raises(errors.SubjectHeld) as refused:
        vault.erase(WHO)
    assert refused.value.why == "a claim in court"
    assert vault.get(WHO, Kind.SALT, "x") == b"y"

    retention.release(vault, WHO)
    assert vault.erase(WHO).rows == 1


def test_the_certificate_names_nobody_and_verifies(home):
    vault = opened(home)
    vault.put(WHO, Kind.SALT, "x", b"y")

    file = erase(vault, WHO, home, DOMAIN, HOSPITAL)

    found = verify(file)
    assert (found.signer, found.domain) == (HOSPITAL.address, DOMAIN)
    assert (found.rows, found.files, found.ground) == (1, 0, Ground.REQUEST)
    assert abs(found.erased_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert "0042" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_the_certificate_is_the_same_once_more(home):
    vault = opened(home)
    vault.put(WHO, Kind.SALT, "x", b"y")
    first = erase(vault, WHO, home, DOMAIN, HOSPITAL)
    content = first.read_bytes()

    again = erase(vault, WHO, home, DOMAIN, Signer.from_key(cast_key("clinic")))
    assert (again, again.read_bytes()) == (first, content)

    first.unlink()
    made = vault.erased(WHO)
    assert made is not None
    assert verify(certify(vault, made, DOMAIN, HOSPITAL)) == verify(again)


def test_a_changed_certificate_is_refused_or_signed_by_a_stranger(home, tmp_path):
    vault = opened(home)
    vault.put(WHO, Kind.SALT, "x", b"y")
    told = json.loads(erase(vault, WHO, home, DOMAIN, HOSPITAL).read_text())
    message, changed = told["typed_data"]["message"], tmp_path / "changed.json"
    changes = [
        {name: 1 if isinstance(message[name], int) else "0x" + "77" * 32} for name in message
    ]
    changes += [{"ground": 0}, {"ground": 3}, {"ground": 300}, {"erasedAt": -1}, {"more": 1}]

    for change in changes:
        if message == {**message, **change}:
            continue
        typed = {**told["typed_data"], "message": {**message, **change}}
        changed.write_text(json.dumps({**told, "typed_data": typed}))
        assert signer_of(changed) != HOSPITAL.address, change
    for signature in ("0x", "0x" + "00" * 65, "0x" + "ff" * 65, told["signature"][:-2] + "1d"):
        changed.write_text(json.dumps({**told, "signature": signature}))
        assert signer_of(changed) is None
    changed.write_text("{}")
    assert signer_of(changed) is None
    with pytest.raises(errors.CertificateInvalid, match="cannot be read"):
        verify(tmp_path / "none.json")


def signer_of(file: Path) -> str | None:
    try:
        return verify(file).signer
    except errors.CertificateInvalid:
        return None


def due(vault: Vault, moment: datetime) -> list[str]:
    return [one.subject for one in retention.terms(vault) if one.ended(moment)]


def test_those_expire_whose_last_entry_is_old_enough(home):
    vault = opened(home)
    vault.put_many([("a", Kind.SALT, "x", b""), ("b", Kind.SALT, "x", b"")])
    assert due(vault, NOW + timedelta(days=36_500)) == []

    retention.set_policy(vault, timedelta(days=10))

    (written, _) = (one.written for one in retention.terms(vault))
    assert due(vault, written + timedelta(days=10) - timedelta(seconds=1)) == []
    assert due(vault, NOW + timedelta(days=11)) == ["a", "b"]
    retention.set_policy(vault, None)
    assert due(vault, NOW + timedelta(days=11)) == []


def test_a_date_of_ones_own_and_a_hold_come_first(home):
    vault = opened(home)
    vault.put_many([(who, Kind.SALT, "x", b"") for who in "abc"])
    retention.set_policy(vault, timedelta(days=10))
    retention.keep_until(vault, "b", NOW + timedelta(days=20))
    retention.hold(vault, "c", "a claim in court")

    assert due(vault, NOW + timedelta(days=11)) == ["a"]
    assert due(vault, NOW + timedelta(days=20)) == ["a", "b"]
    assert due(vault, NOW + timedelta(days=20) - timedelta(seconds=1)) == ["a"]
    retention.keep_until(vault, "b", None)
    retention.release(vault, "c")
    assert due(vault, NOW + timedelta(days=11)) == ["a", "b", "c"]


def test_an_entry_starts_the_time_anew(home, monkeypatch):
    vault = opened(home)
    vault.put_many([(who, Kind.SALT, "x", b"") for who in "ab"])
    retention.set_policy(vault, timedelta(days=10))
    later = NOW + timedelta(days=5)
    monkeypatch.setattr("pyhealth.privacy.vault.book.time.time", later.timestamp)

    vault.put("a", Kind.SALT, "x", b"newer")

    assert due(vault, NOW + timedelta(days=12)) == ["b"]
    assert due(vault, later + timedelta(days=10)) == ["b", "a"]
