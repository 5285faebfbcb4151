"""
pseudonyms
├── deriving
│   ├── each relationship has an account of its own, the same each time, on one consortium only
│   ├── every step is hardened, as BIP-32 has it
│   └── the secret is made once, whoever comes first
├── naming
│   ├── a member goes by number, name or account, and is the same relationship
│   ├── a label is a relationship to nobody of the consortium
│   ├── a slip of the pen in the subject, the member or the label makes nobody
│   └── a subject may have an @ in its name
├── the vault knows whose an account is, and tells nobody else
└── an erased subject has no pseudonym any more

pyhealth
├── SUBJECT@MEMBER acts and is acted for in every command that takes an account
├── what it signs a stranger hands in, and pays: it holds no ether
├── privacy pseudonym gives, lists and prints accounts, and whose leads back
├── no file, no transaction and no message of the chain names the subject
└── what cannot be meant is refused with one sentence
"""

import hashlib
import hmac

import pytest
from conftest import ROOT, Told, environment
from pseudonym_cast import Drawer

from pyhealth.chain.wallet import Wallet, cast_address
from pyhealth.config import load_settings
from pyhealth.errors import ConfigError, InputError, SubjectErased, SubjectUnknown
from pyhealth.hashing import keccak
from pyhealth.health import connect
from pyhealth.privacy.pseudonyms import Pseudonyms, derived
from pyhealth.privacy.vault import Kind

SUBJECT = "MRN 0042"
PLACE = "0x" + "c0" * 20
MEMBERS = {"1": 1, "Hospital": 1, "2": 2, "Insurer": 2}
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def number_of(text: str) -> int:
    if text not in MEMBERS:
        raise InputError(f"No member is {text!r}.")
    return MEMBERS[text]


@pytest.fixture
def drawer():
    return Drawer()


@pytest.fixture
def pseudonyms(drawer):
    return Pseudonyms(drawer, PLACE, number_of)


# Deriving


def test_each_relationship_has_an_account_of_its_own_the_same_each_time(pseudonyms, drawer):
    hospital, insurer = pseudonyms.of(SUBJECT, "Hospital"), pseudonyms.of(SUBJECT, "Insurer")
    family, other = pseudonyms.of(SUBJECT, "label:family"), pseudonyms.of("MRN 0043", "Hospital")
    elsewhere = Pseudonyms(drawer, "0x" + "c1" * 20, number_of).of(SUBJECT, "Hospital")

    assert len({one.address for one in (hospital, insurer, family, other, elsewhere)}) == 5
    assert pseudonyms.of(SUBJECT, "Hospital").address == hospital.address


def test_every_step_is_hardened_as_bip_32_has_it():
    secret, relation = bytes(range(32)), f"{PLACE} member 1"
    bits = f"{int.from_bytes(keccak(relation.encode())):0256b}"
    node = hmac.new(b"Bitcoin seed", secret, hashlib.sha512).digest()
    for step in (44, 60, *(int(bits[31 * i : 31 * (i + 1)], 2) for i in range(4))):
        data = b"\0" + node[:32] + (step + 2**31).to_bytes(4)
        made = hmac.new(node[32:], data, hashlib.sha512).digest()
        key = (int.from_bytes(made[:32]) + int.from_bytes(node[:32])) % CURVE_ORDER
        node = key.to_bytes(32) + made[32:]

    from eth_account import Account

    assert derived(secret, relation).address == Account.from_key(node[:32]).address


def test_the_secret_is_made_once_whoever_comes_first(pseudonyms, drawer):
    first = pseudonyms.of(SUBJECT, "Hospital").address
    secret = drawer.get(SUBJECT, Kind.SECRET, "master")

    assert len(secret) == 32
    assert Pseudonyms(drawer, PLACE, number_of).of(SUBJECT, "1").address == first
    assert drawer.get(SUBJECT, Kind.SECRET, "master") == secret


# Naming


def test_a_member_goes_by_number_or_name(pseudonyms):
    assert pseudonyms.of(SUBJECT, "1").address == pseudonyms.of(SUBJECT, "Hospital").address
    assert pseudonyms.called(f"{SUBJECT}@1").address == pseudonyms.of(SUBJECT, "1").address


def test_a_subject_may_have_an_at_sign_in_its_name(pseudonyms):
    made = pseudonyms.of("a@b", "Hospital")

    assert pseudonyms.called("a@b@Hospital").address == made.address


def test_a_slip_of_the_pen_makes_nobody(pseudonyms, drawer):
    pseudonyms.of(SUBJECT, "Hospital")
    before = dict(drawer.held)

    for text, kind in (
        ("MRN 0024@Hospital", SubjectUnknown),
        (f"{SUBJECT}@Hosptial", InputError),
        (f"{SUBJECT}@label:famliy", InputError),
        (f"{SUBJECT}@", InputError),
        (f"{SUBJECT}@label:", InputError),
        ("@Hospital", InputError),
    ):
        with pytest.raises(kind):
            pseudonyms.called(text)
    assert drawer.held == before


def test_a_label_is_known_once_it_was_given(pseudonyms):
    made = pseudonyms.of(SUBJECT, "label:family")

    assert pseudonyms.called(f"{SUBJECT}@label:family").address == made.address


# Whose


def test_the_vault_knows_whose_an_account_is(pseudonyms):
    hospital, family = pseudonyms.of(SUBJECT, "1"), pseudonyms.of(SUBJECT, "label:family")

    assert pseudonyms.whose(hospital.address).subject == SUBJECT
    assert pseudonyms.whose(hospital.address).relation == "member 1"
    assert {one.relation for one in pseudonyms.all_of(SUBJECT)} == {"member 1", "label:family"}
    assert pseudonyms.everyone() == {hospital.address: SUBJECT, family.address: SUBJECT}
    assert SUBJECT not in repr(pseudonyms.whose(hospital.address))
    with pytest.raises(SubjectUnknown):
        pseudonyms.whose(cast_address("stranger"))


def test_an_erased_subject_has_no_pseudonym_any_more(hospital):
    address = hospital.pseudonyms.of(SUBJECT, "Hospital").address

    hospital.vault.erase(SUBJECT)

    with pytest.raises(SubjectErased):
        hospital.pseudonyms.called(f"{SUBJECT}@Hospital")
    with pytest.raises(SubjectErased):
        hospital.pseudonyms.of(SUBJECT, "Hospital")
    with pytest.raises(SubjectUnknown):
        hospital.pseudonyms.whose(address)


# The command line


def said(told: Told) -> str:
    assert told.status == 0, told.err
    return told.out


def account_of(cli, member="Hospital", subject=SUBJECT):
    return said(cli("privacy", "pseudonym", subject, "--for", member, "--address")).strip()


def test_a_pseudonym_signs_and_a_stranger_hands_in(cli, tmp_path, hospital):
    account, signed = account_of(cli), tmp_path / "signed.json"
    grant = "consent", "sign", "grant", "Hospital", "-p", "TREAT"
    said(cli(*grant, "--as", f"{SUBJECT}@Hospital", "--out", signed))
    said(cli("consent", "submit", signed, "--as", "stranger"))
    (given,) = cli("consent", "list", "--patient", f"{SUBJECT}@Hospital", "--json").json

    assert given["by"] == account
    assert cli("consent", "list", "--patient", account, "--json").json == [given]
    assert cli("consent", "list", "--patient", f"{SUBJECT}@Insurer", "--json").json == []
    assert hospital.chain.balance(account) == 0


def test_a_pseudonym_acts_and_is_acted_for_in_every_command_that_takes_an_account(
    cli, tmp_path, node
):
    account, who = account_of(cli), f"{SUBJECT}@Hospital"
    node.rpc.call("anvil_setBalance", account, hex(10**18))
    letter = tmp_path / "letter.txt"
    letter.write_text("A made-up letter.")
    about = "--labels", "DOCUMENT", "--as", "hospital", "--ref"
    record = said(cli("record", "register", letter, "--patient", who, *about)).strip()

    for words in (
        ("consent", "grant", "Hospital", "-p", "TREAT", "--as", who),
        ("consent", "appoint", "clinic", "--until", "30d", "--as", who),
        ("consent", "deny", "Insurer", "-p", "HPAYMT", "--patient", who, "--as", "clinic"),
        ("consent", "decide", "Hospital", "--purpose", "TREAT", "--patient", who),
        ("record", "access", record, "--purpose", "TREAT", "--as", "hospital"),
        ("consent", "dismiss", "clinic", "--as", who),
        ("consent", "history", "--patient", who),
        ("consent", "export", "--patient", who, "--out", tmp_path / "consents.json"),
        ("consent", "watch", "--patient", who, "--command", "true", "--once"),
        ("record", "log", "--patient", who),
        ("consent", "revoke", "Hospital", "--as", who),
        ("stamp", letter, "--as", who),
    ):
        done = cli(*words)
        assert done.status == 0, f"{words}: {done.err}"
        assert SUBJECT not in done.out + done.err
    assert cli("record", "show", record, "--json").json["patient"] == account


def test_pseudonyms_are_given_listed_and_led_back(cli):
    given = cli("privacy", "pseudonym", SUBJECT, "--for", "Hospital", "--json").json
    labelled = cli("privacy", "pseudonym", SUBJECT, "--label", "family", "--json").json
    listed = cli("privacy", "pseudonym", SUBJECT, "--json").json
    back = cli("privacy", "whose", given["account"], "--json").json

    assert given["for"] == "member 1"
    assert labelled["for"] == "label:family"
    assert sorted(listed, key=str) == sorted([given, labelled], key=str)
    assert back == {"subject": SUBJECT, "for": "member 1"}
    assert "label:family" in said(cli("privacy", "pseudonym", SUBJECT))
    assert "member 1" in said(cli("privacy", "pseudonym", SUBJECT, "--for", "hospital"))
    assert account_of(cli, "1") == account_of(cli, "HOSPITAL") == given["account"]
    assert account_of(cli, cast_address("hospital")) == given["account"]


def test_no_file_names_the_subject(cli, home):
    account_of(cli, subject="a very particular name")

    for file in home.rglob("*"):
        if file.is_file():
            assert b"a very particular name" not in file.read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("privacy", "pseudonym", SUBJECT, "--for", "Mars"), "No member is 'Mars'"),
        (("privacy", "pseudonym", SUBJECT, "--for", "99"), "No member has the number 99"),
        (("privacy", "pseudonym", " ", "--for", "Hospital"), "A pseudonym is of somebody"),
        (("privacy", "pseudonym", SUBJECT, "--for", "1", "--label", "x"), "name one of the two"),
        (("privacy", "pseudonym", SUBJECT, "--label", " "), "A pseudonym is for somebody"),
        (("privacy", "pseudonym", SUBJECT), "The vault knows no such subject"),
        (("privacy", "whose", "0x12"), "is not an address"),
        (("privacy", "whose", cast_address("stranger")), "The vault knows no such subject"),
        (("consent", "list", "--patient", f"{SUBJECT}@Hospital"), "knows no such subject"),
        (("consent", "list", "--patient", f"{SUBJECT}@"), "A pseudonym is for somebody"),
        (("consent", "cancel", "0", "--as", f"{SUBJECT}@Mars"), "No member is 'Mars'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_one_sentence(cli, words, sentence):
    done = cli(*words)

    assert done.status == 1
    assert done.err.startswith("pyhealth: ")
    assert sentence in done.err
    assert done.err.count("\n") == 1


def test_without_a_node_a_pseudonym_is_refused(cli, tmp_path):
    offline = "--nonce", "0", "--registry", PLACE, "--chain-id", "31337"
    done = cli("consent", "sign", "grant", "1", "-p", "TREAT", *offline, "--as", "a@1")

    assert done.status == 1
    assert "which the vault derives for a member" in done.err
    with pytest.raises(ConfigError):
        Wallet(tmp_path, {}).signer("a@1", local=True, default="sponsor")


def test_the_environments_account_may_be_a_pseudonym(settings, cli):
    address = account_of(cli)
    named = environment(
        settings.home,
        PYHEALTH_RPC_URL=settings.environment["PYHEALTH_RPC_URL"],
        PYHEALTH_ACCOUNT=f"{SUBJECT}@Hospital",
    )

    with connect(settings=load_settings(named, ROOT)) as health:
        assert health.signer.address == address
