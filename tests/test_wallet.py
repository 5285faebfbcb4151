"""
cast
└── its addresses are the accounts that Anvil funds
signer
├── given a name of the cast, on a local chain
│   └── it returns that account
├── given a keystore
│   ├── it opens with the password from environment, file or prompt
│   ├── when the password is wrong, or nobody can be asked
│   │   └── it refuses
│   └── when a bit of it is flipped
│       └── it opens to the same key or refuses, and never gives another key
├── given a key in the environment
│   └── it returns its account, or refuses what is no key
├── given a well-known key on a chain that is not local
│   └── it refuses, however it was named
└── given nothing, on a chain that is not local
    └── it refuses
sign
└── its transactions are eth-account's, byte for byte, with and without fee market
"""

import json
import secrets

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as some

from pyhealth.chain.transactions import Call, Fees, sign
from pyhealth.chain.wallet import CAST, Signer, Wallet, cast_address, cast_key, checksum_address
from pyhealth.config import Network
from pyhealth.errors import ConfigError

KEY = bytes.fromhex("59" * 32)
ADDRESS = Account.from_key(KEY).address
BIG = some.integers(min_value=0, max_value=2**96)


@pytest.fixture(scope="module")
def keystore() -> dict:
    """A keystore whose key is stretched little, so that many can be opened."""
    return Account.encrypt(KEY, "correct", kdf="scrypt", iterations=2)


@pytest.fixture
def stored(tmp_path, keystore):
    folder = tmp_path / "keystores"
    folder.mkdir()
    file = folder / "clinic-key.json"
    file.write_text(json.dumps(keystore))
    return file


def open_as(home, name, *, local=False, ask=None, **environment):
    wallet = Wallet(home, environment, ask) if ask else Wallet(home, environment)
    return wallet.signer(name, local=local, default="sponsor")


def test_the_cast_are_the_accounts_that_anvil_funds(node):
    funded = [checksum_address(bytes.fromhex(a[2:])) for a in node.rpc.call("eth_accounts")]

    assert [cast_address(name) for name in CAST] == funded[: len(CAST)]


def test_a_member_of_the_cast_signs_on_local_chains(tmp_path):
    assert open_as(tmp_path, "patient", local=True).address == cast_address("patient")
    assert open_as(tmp_path, None, local=True).address == cast_address("sponsor")
    chosen = open_as(tmp_path, None, local=True, PYHEALTH_ACCOUNT="auditor")
    assert chosen.address == cast_address("auditor")


def test_a_keystore_opens_with_the_password_from_each_source(tmp_path, stored):
    (tmp_path / "password").write_text("correct\n")

    opened = [
        open_as(tmp_path, "clinic-key", PYHEALTH_PASSWORD="correct"),
        open_as(tmp_path, str(stored), PYHEALTH_PASSWORD_FILE=str(tmp_path / "password")),
        open_as(tmp_path, str(stored), ask=lambda question: "correct"),
        open_as(tmp_path, None, PYHEALTH_KEYSTORE=str(stored), PYHEALTH_PASSWORD="correct"),
    ]

    assert {signer.address for signer in opened} == {ADDRESS}


def test_a_keystore_refuses_a_wrong_password(tmp_path, stored):
    with pytest.raises(ConfigError, match=f"{stored} does not open with that password"):
        open_as(tmp_path, "clinic-key", PYHEALTH_PASSWORD="wrong")


def test_a_keystore_refuses_where_nobody_can_be_asked(tmp_path, stored):
    with pytest.raises(ConfigError, match=f"Password of {stored}: nobody can be asked here; set"):
        open_as(tmp_path, "clinic-key")


def test_a_keystore_refuses_a_password_file_that_cannot_be_read(tmp_path, stored):
    with pytest.raises(ConfigError, match="PYHEALTH_PASSWORD_FILE names /nowhere"):
        open_as(tmp_path, "clinic-key", PYHEALTH_PASSWORD_FILE="/nowhere")


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"address": "00"}', b"\xff\xfe"])
def test_what_is_no_keystore_is_refused(tmp_path, content):
    file = tmp_path / "damaged.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(ConfigError, match=f"{file} "):
        open_as(tmp_path, str(file), PYHEALTH_PASSWORD="correct")


@pytest.mark.parametrize("field", ["cipherparams.iv", "ciphertext", "mac", "kdfparams.salt"])
def test_a_keystore_with_a_flipped_bit_gives_no_other_key(tmp_path, keystore, field):
    file = tmp_path / "damaged.json"
    *way, last = field.split(".")
    for bit in range(0, 128, 7):
        damaged = json.loads(json.dumps(keystore))
        place = damaged["crypto"]
        for name in way:
            place = place[name]
        raw = bytearray.fromhex(place[last])
        raw[bit // 8] ^= 1 << bit % 8
        place[last] = raw.hex()
        file.write_text(json.dumps(damaged))

        with pytest.raises(ConfigError, match=r"is damaged|does not open with that password"):
            open_as(tmp_path, str(file), PYHEALTH_PASSWORD="correct")


def test_a_key_from_the_environment_signs(tmp_path):
    assert open_as(tmp_path, None, PYHEALTH_PRIVATE_KEY="0x" + KEY.hex()).address == ADDRESS
    assert open_as(tmp_path, None, PYHEALTH_PRIVATE_KEY=KEY.hex() + "\n").address == ADDRESS


@pytest.mark.parametrize("text", ["0x12", "none", "0x" + "00" * 32, "ff" * 32, "59" * 33])
def test_what_is_no_key_is_refused_without_being_shown(tmp_path, text):
    with pytest.raises(ConfigError) as refused:
        open_as(tmp_path, None, PYHEALTH_PRIVATE_KEY=text)

    assert "PYHEALTH_PRIVATE_KEY is not a private key" in str(refused.value)
    assert text not in str(refused.value)


@pytest.mark.parametrize("how", ["name", "key", "keystore"])
def test_a_well_known_key_is_refused_where_the_chain_is_not_local(tmp_path, how):
    key = cast_key("sponsor")
    environment = {"PYHEALTH_PASSWORD": "correct"}
    if how == "key":
        environment["PYHEALTH_PRIVATE_KEY"] = key.hex()
    if how == "keystore":
        file = tmp_path / "sponsor.json"
        file.write_text(json.dumps(Account.encrypt(key, "correct", iterations=2)))
        environment["PYHEALTH_KEYSTORE"] = str(file)
    local = Network("far", "http://10.0.0.7:8545", 31337).is_local(31337)

    with pytest.raises(ConfigError, match=f"{cast_address('sponsor')} is a well-known"):
        open_as(tmp_path, "sponsor" if how == "name" else None, local=local, **environment)


def test_the_keys_of_ganache_are_well_known_too(tmp_path):
    key = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"

    with pytest.raises(ConfigError, match="well-known development account"):
        open_as(tmp_path, None, PYHEALTH_PRIVATE_KEY=key)


def test_nothing_is_signed_for_nobody(tmp_path):
    with pytest.raises(ConfigError, match="No account is set to sign with; name a keystore"):
        open_as(tmp_path, None)


def test_an_unknown_account_is_refused_with_the_known_ones(tmp_path, stored):
    with pytest.raises(ConfigError, match=r"No account is named 'nobody'; .*sponsor.*clinic-key"):
        open_as(tmp_path, "nobody", local=True)


@given(
    some.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key) < 2**255),
    some.none() | some.binary(min_size=20, max_size=20),
    some.binary(max_size=300),
    some.tuples(
        BIG, some.integers(1, 2**62), some.integers(0, 2**63), some.integers(21_000, 2**40)
    ),
    some.tuples(BIG, some.none() | BIG),
)
def test_transactions_are_those_of_eth_account(key, to, data, numbers, price):
    value, chain_id, nonce, gas = numbers
    maximum, tip = price
    fees = Fees(maximum, None if tip is None else min(tip, maximum))
    call = Call(checksum_address(to) if to else None, data, value)

    made = sign(call, Signer.from_key(key), chain_id=chain_id, nonce=nonce, gas=gas, fees=fees)

    wanted = {"chainId": chain_id, "nonce": nonce, "gas": gas, "value": value, "data": data}
    wanted |= {"to": call.to} if call.to else {}
    if fees.tip is None:
        wanted |= {"gasPrice": maximum}
    else:
        wanted |= {"type": 2, "maxFeePerGas": maximum, "maxPriorityFeePerGas": fees.tip}
    theirs = Account.sign_transaction(wanted, key)
    assert (made.raw, made.hash) == (bytes(theirs.raw_transaction), bytes(theirs.hash))


def test_a_signer_does_not_show_its_key():
    assert KEY.hex() not in repr(Signer.from_key(secrets.token_bytes(32)))
    assert "59595959" not in repr(Signer.from_key(KEY))
