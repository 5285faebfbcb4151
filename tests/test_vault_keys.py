"""
wrapping key
├── given none
│   ├── on a development chain it is a development key
│   └── elsewhere it is refused, and the forms are named
├── given an environment variable, a keystore or a command
│   ├── it opens the vault again
│   └── what is no key, no keystore, a wrong password or no command is refused
├── given a command that fails, hangs, or answers garbage
│   └── it refuses in one sentence, without what it was handed
├── given a hardware module (SoftHSM)
│   └── the key never leaves it, and the vault opens through it
rotate
├── the new key opens the vault, the old one does not, everything is there
├── no wrapped key from before is left in the file
├── a process that has the vault open under the old key is told
└── shares stay good, erased subjects stay erased
shares
├── any two of three open the vault under a new key
├── one, one twice, mistyped ones, old ones or those of another vault do not
└── no refusal repeats a word of a share
"""

from __future__ import annotations

import itertools
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import hsm
import pytest
from vault_cast import KEY, MARKS, OTHER_KEY, chain, file_of, filled, kek, opened, settings_of

from pyhealth import errors
from pyhealth.chain.wallet import create_keystore
from pyhealth.privacy import retention
from pyhealth.privacy.vault import Kind, create_vault, inventory, kek_of, open_vault
from pyhealth.privacy.vault import command as command_module
from pyhealth.privacy.vault.command import CommandKek
from pyhealth.privacy.vault.kek import LocalKek
from pyhealth.privacy.vault.opening import vault_at
from pyhealth.privacy.vault.rotation import make_shares, recover, rotate

SERVICE = """
    import base64, sys
    data = base64.b64decode(sys.stdin.readline())
    print(base64.b64encode(bytes(one ^ 0x5A for one in data)).decode())
"""


@pytest.fixture
def program(tmp_path):
    """Write a key command, and return its line."""

    def write(source: str) -> str:
        file = tmp_path / "service.py"
        file.write_text(textwrap.dedent(source))
        return f"{sys.executable} {file}"

    return write


def test_a_development_chain_has_a_development_key(home):
    vault = open_vault(settings_of(home), chain())

    assert vault.kek.name.startswith("development key, fingerprint ")
    assert vault.put("a", Kind.SALT, "b", b"c") == 1


def test_elsewhere_a_key_has_to_be_named(home):
    with pytest.raises(errors.ConfigError, match="PYHEALTH_VAULT_KEK: keystore:NAME, environment"):
        kek_of(settings_of(home), local=False)


@pytest.mark.parametrize(
    "spec", ["keystore", "keystore:", "vault", "file:x", "environment:NOTHING", "command:'"]
)
def test_what_names_no_key_is_refused(home, spec):
    with pytest.raises(errors.ConfigError) as refused:
        kek_of(settings_of(home), local=True, spec=spec)

    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("key", ["", "11" * 31, "11" * 33, "zz" * 32])
def test_a_variable_without_a_key_is_refused_without_showing_it(home, key):
    with pytest.raises(errors.ConfigError, match="OURS holds no key") as refused:
        kek_of(settings_of(home, OURS=key), local=False, spec="environment:OURS")

    assert not key or key not in str(refused.value)


def test_a_keystore_wraps_and_its_password_may_be_another(home):
    create_keystore(home, "vault", "the vault's password")
    own = {"PYHEALTH_PASSWORD": "an account's", "PYHEALTH_VAULT_PASSWORD": "the vault's password"}
    settings = settings_of(home, PYHEALTH_VAULT_KEK="keystore:vault", **own)

    create_vault(settings, chain(), kek_of(settings, local=False)).put("a", Kind.SALT, "b", b"c")

    assert open_vault(settings, chain()).get("a", Kind.SALT, "b") == b"c"
    assert open_vault(settings, chain()).kek.name.startswith("keystore of 0x")
    wrong = settings_of(home, PYHEALTH_VAULT_KEK="keystore:vault", PYHEALTH_PASSWORD="an account's")
    with pytest.raises(errors.ConfigError, match="does not open with that password"):
        open_vault(wrong, chain())
    with pytest.raises(errors.ConfigError, match="No keystore is named 'nobody'"):
        kek_of(settings, local=False, spec="keystore:nobody")


def test_a_command_wraps(home, program):
    settings = settings_of(home, PYHEALTH_VAULT_KEK=f"command:{program(SERVICE)}")

    filled(
        home, PYHEALTH_VAULT_KEY="", **{k: settings.environment[k] for k in ["PYHEALTH_VAULT_KEK"]}
    )

    vault = open_vault(settings, chain())
    assert vault.check() == 3
    assert vault.kek.name == f"command {sys.executable}"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("raise SystemExit('the service is closed')", "ends with status 1: the service is closed"),
        ("import sys; sys.exit(sys.stdin.readline())", "ends with status 1"),
        ("print('no base64!')", "answers with no line of base64"),
        ("", "answers with no line of base64"),
        ("import time; time.sleep(9)", "has not answered for 1 s"),
    ],
)
def test_a_command_that_fails_is_refused(home, program, monkeypatch, source, why):
    monkeypatch.setattr(command_module, "SECONDS", 1)
    service = CommandKek(tuple(program(source).split()))

    with pytest.raises(errors.KeyCommandFailed) as refused:
        service.wrap(b"k" * 32)

    assert why in refused.value.why
    assert "a2tra2tr" not in str(refused.value)  # base64 of the key


def test_a_command_that_is_not_there_is_refused():
    with pytest.raises(errors.KeyCommandFailed, match="No such file or directory"):
        CommandKek(("./no-such-program",)).unwrap(b"x", "")


def test_a_command_that_unwraps_another_length_is_refused(program):
    with pytest.raises(errors.KeyCommandFailed, match="gives 3 bytes, no key"):
        CommandKek(tuple(program(SERVICE).split())).unwrap(b"abc", "")


def test_a_command_that_unwraps_another_key_is_refused(home, program):
    spec = {"PYHEALTH_VAULT_KEK": f"command:{program(SERVICE)}"}
    filled(home, PYHEALTH_VAULT_KEY="", **spec).close()
    program(SERVICE.replace("0x5A", "0x5B"))

    with pytest.raises(errors.VaultTampered, match="header"):
        open_vault(settings_of(home, **spec), chain())


@pytest.mark.skipif(hsm.programs() is None, reason="needs SoftHSM (apt-get install softhsm2)")
def test_a_hardware_module_wraps(home, tmp_path, monkeypatch):
    for name, value in hsm.prepared(tmp_path / "hsm").items():
        monkeypatch.setenv(name, value)
    spec = {"PYHEALTH_VAULT_KEK": f"command:{sys.executable} {hsm.SAMPLE}"}

    filled(home, PYHEALTH_VAULT_KEY="", **spec).close()

    vault = open_vault(settings_of(home, **spec), chain())
    assert vault.get(MARKS[0], Kind.RECORD, "letter") == MARKS[3].encode() * 3
    monkeypatch.setenv("PKCS11_PIN", "wrong")
    with pytest.raises(errors.KeyCommandFailed, match=r"hsm_key\.py: PinIncorrect"):
        open_vault(settings_of(home, **spec), chain())


def test_rotate_puts_everything_under_another_key(home):
    vault = filled(home)
    vault.erase("somebody else")
    retention.set_policy(vault, timedelta(days=9))

    rotated = rotate(vault, kek(OTHER_KEY))

    assert rotated.get(MARKS[0], Kind.SALT, MARKS[2]) == b"salt of " + MARKS[1].encode()
    again = opened(home, PYHEALTH_VAULT_KEY=OTHER_KEY)
    assert again.check() == 2
    assert retention.policy_of(again) == timedelta(days=9)
    with pytest.raises(errors.SubjectErased):
        again.get("somebody else", Kind.SALT, MARKS[2])
    with pytest.raises(errors.VaultKeyWrong):
        opened(home)


def test_rotate_leaves_no_wrapped_key_from_before(home):
    vault = filled(home)
    with vault.reading() as book:
        old = [state.wrapped for state in book.ledger.states()] + [book.ledger.header.wrapped]

    rotate(vault, vault.kek)

    raw = b"".join(file.read_bytes() for file in file_of(home).parent.iterdir() if file.is_file())
    assert len(old) == 3
    assert not any(part in raw for wrapped in old for part in (wrapped[:16], wrapped[-16:]))


def test_a_process_with_the_old_key_is_told_of_a_rotation(home):
    here, there = filled(home), opened(home)
    rotate(there, kek(OTHER_KEY))

    with pytest.raises(errors.VaultKeyWrong) as refused:
        here.get(MARKS[0], Kind.RECORD, "letter")
    assert refused.value.expected == kek(OTHER_KEY).name
    rotate(opened(home, PYHEALTH_VAULT_KEY=OTHER_KEY), kek())

    assert here.get(MARKS[0], Kind.RECORD, "letter") == MARKS[3].encode() * 3


def test_any_two_shares_open_the_vault(home):
    vault = filled(home)
    made = make_shares(vault)
    rotate(vault, kek())
    lost = vault_at(settings_of(home), chain(), kek(OTHER_KEY))

    assert [len(share.split()) for share in made] == [33, 33, 33]
    for pair in itertools.permutations(made, 2):
        assert recover(lost, [f" {pair[0].upper()}\n", pair[1]], kek(OTHER_KEY)).check() == 3
    assert inventory(opened(home, PYHEALTH_VAULT_KEY=OTHER_KEY))["recovery_shares"]


def test_other_shares_do_not(home, tmp_path):
    vault = filled(home)
    with pytest.raises(errors.SharesInvalid, match="none were made for it"):
        recover(vault, ["a", "b"], kek(OTHER_KEY))
    old, made = make_shares(vault), make_shares(vault)
    foreign = make_shares(filled(tmp_path / "other"))
    word = made[0].split()[7]
    mistyped = made[0].replace(word, "academic" if word != "academic" else "acid")

    refused = {
        "2 are needed, and 1 was given": [made[:1], [made[0], made[0]]],
        "mistyped, or not of one set": [[mistyped, made[1]], [made[0], old[1]], ["x", "y"]],
        "newer ones were made": [old[:2]],
        "belong to another vault": [foreign[1:]],
    }
    for why, sets in refused.items():
        for given in sets:
            with pytest.raises(errors.SharesInvalid, match=why) as error:
                recover(vault, given, kek(OTHER_KEY))
            assert not any(f" {one} " in str(error.value) for one in made[0].split()[4:])
    assert opened(home).check() == 3


def test_shares_survive_what_another_process_opened_before(home):
    early = opened(home)
    early.put("a", Kind.SALT, "b", b"c")
    made = make_shares(opened(home))

    rotate(early, kek())

    assert recover(opened(home), made[:2], kek()).check() == 1


def test_a_local_key_shows_nothing_of_itself():
    shown = LocalKek("x", bytes.fromhex(KEY))

    assert KEY not in f"{shown!r} {shown.name}"
    assert Path(hsm.SAMPLE).is_file()
