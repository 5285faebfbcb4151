"""Accounts that sign: the development cast, keystores, and a key from the environment."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import coincurve

from pyhealth.errors import ConfigError
from pyhealth.hashing import keccak

CAST = (
    "hospital", "clinic", "insurer", "sponsor", "ethics", "pharmacy", "manufacturer",
    "distributor", "regulator", "auditor", "patient", "stranger", "deployer",
)  # fmt: skip
AskPassword = Callable[[str], str]
ACCOUNTS_OF_ANVIL = 20
KEY_BYTES = 32
DEVELOPMENT_MNEMONICS = (
    "test test test test test test test test test test test junk",  # Anvil, Hardhat, Foundry
    # Ganache --deterministic
    "myth like bonus scare over problem client lizard pioneer submit female collect",
    "brownie",  # Brownie's default for its local chains
)


def no_prompt(question: str) -> str:
    """Refuse to ask, where nobody may be there to answer."""
    raise ConfigError(
        f"{question}nobody can be asked here; set PYHEALTH_PASSWORD_FILE or PYHEALTH_PASSWORD."
    )


@dataclass(frozen=True, slots=True)
class Signer:
    """An account that can sign; what signs may be a key in memory or a device behind the same two
    members.
    """

    address: str  # checksummed
    sign_digest: Callable[[bytes], bytes] = field(
        repr=False
    )  # 32 bytes to r, s, recovery id: 65 bytes

    @classmethod
    def from_key(cls, key: bytes) -> Signer:
        """Hold a secp256k1 private key of 32 bytes in memory."""
        private = coincurve.PrivateKey(key)
        public = private.public_key.format(compressed=False)[1:]
        return cls(
            checksum_address(keccak(public)[12:]),
            lambda digest: private.sign_recoverable(digest, hasher=None),
        )


def checksum_address(address: bytes) -> str:
    """Write 20 bytes as EIP-55 does."""
    text = address.hex()
    mask = keccak(text.encode()).hex()
    return "0x" + "".join(
        c.upper() if int(m, 16) > 7 else c for c, m in zip(text, mask, strict=False)
    )


@cache
def cast_key(name: str) -> bytes:
    """Return the development key of one of the `CAST`."""
    return _derived_keys(DEVELOPMENT_MNEMONICS[0], len(CAST))[CAST.index(name)]


def cast_address(name: str) -> str:
    """Return the address of one of the `CAST`."""
    return Signer.from_key(cast_key(name)).address


@cache
def well_known_addresses() -> frozenset[str]:
    """Return the accounts whose keys anyone can look up: they may sign on local chains only."""
    return frozenset(
        Signer.from_key(key).address
        for mnemonic in DEVELOPMENT_MNEMONICS
        for key in _derived_keys(mnemonic, ACCOUNTS_OF_ANVIL)
    )


@cache
def _derived_keys(mnemonic: str, count: int) -> list[bytes]:
    from eth_account.hdaccount import key_from_seed
    from eth_account.hdaccount.mnemonic import Mnemonic

    seed = Mnemonic.to_seed(mnemonic)
    return [key_from_seed(seed, f"m/44'/60'/0'/0/{i}") for i in range(count)]


def keystores(home: Path) -> dict[str, str]:
    """Return the keystores of a data folder: their names, and the checksummed addresses stated."""
    named = {}
    for file in sorted((home / "keystores").glob("*.json")):
        stated = str(json.loads(file.read_text())["address"]).removeprefix("0x")
        named[file.stem] = checksum_address(bytes.fromhex(stated))
    return named


def create_keystore(home: Path, name: str, password: str) -> tuple[Path, str]:
    """Make a key, and keep it under a password (scrypt, n=2**18); return the file and address."""
    from eth_account import Account

    if name in CAST or (not name.isidentifier() and not name.replace("-", "").isalnum()):
        raise ConfigError(
            f"{name!r} cannot name an account: use letters, digits and -, and no name of the cast."
        )
    file = home / "keystores" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    try:
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            json.dump(Account.encrypt(key, password, kdf="scrypt"), out)
    except FileExistsError as error:
        raise ConfigError(
            f"{file} exists; an account keeps its key, choose another name."
        ) from error
    return file, Signer.from_key(key).address


def no_vault(name: str) -> Signer:
    """Refuse a pseudonym, where no vault and no chain are at hand to derive it."""
    raise ConfigError(
        "SUBJECT@MEMBER is a pseudonym, which the vault derives for a member of a chain's "
        "consortium; name the network, or an account that needs none."
    )


@dataclass(frozen=True, slots=True)
class Wallet:
    """Finds the account meant by a name; refuses well-known keys where they would be anybody's."""

    home: Path  # keystores lie in its keystores folder
    environment: Mapping[str, str] = field(repr=False)
    ask_password: AskPassword = field(default=no_prompt, repr=False)
    pseudonym: Callable[[str], Signer] = field(default=no_vault, repr=False)

    def signer(self, name: str | None, *, local: bool, default: str) -> Signer:
        """Return the account of that name: one of the cast on local chains, a keystore, or
        ``SUBJECT@MEMBER``, a pseudonym; none: the environment's.
        """
        name = name or self.environment.get("PYHEALTH_ACCOUNT")
        signer = self._named(name, local) if name else self._from_environment(local, default)
        if not local and signer.address in well_known_addresses():
            raise ConfigError(
                f"Account {signer.address} is a well-known development account, whose key anyone "
                "can look up; it signs on local chains only. "
                "Name a keystore with --as, or set PYHEALTH_PRIVATE_KEY."
            )
        return signer

    def _named(self, name: str, local: bool) -> Signer:
        if name in CAST:
            return Signer.from_key(cast_key(name))
        for file in (Path(name), self.home / "keystores" / f"{name}.json"):
            if file.is_file():
                return Signer.from_key(self.unlock(file))
        if "@" in name:
            return self.pseudonym(name)
        known = ", ".join(
            (*CAST, *sorted(file.stem for file in (self.home / "keystores").glob("*.json")))
        )
        raise ConfigError(
            f"No account is named {name!r}; known are {known}, and any keystore file."
        )

    def _from_environment(self, local: bool, default: str) -> Signer:
        if text := self.environment.get("PYHEALTH_PRIVATE_KEY"):
            return Signer.from_key(_private_key(text))
        if file := self.environment.get("PYHEALTH_KEYSTORE"):
            return Signer.from_key(self.unlock(Path(file)))
        if local:
            return Signer.from_key(cast_key(default))
        raise ConfigError(
            "No account is set to sign with; name a keystore with --as, "
            "or set PYHEALTH_KEYSTORE or PYHEALTH_PRIVATE_KEY."
        )

    def unlock(self, file: Path) -> bytes:
        """Return the key of a keystore."""
        from eth_account import Account

        try:
            keystore = json.loads(file.read_text())
            stated = str(keystore["address"]).removeprefix("0x").lower()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{file} is not a keystore in eth-account's format (version 3)."
            ) from error
        try:
            key = bytes(Account.decrypt(keystore, self._password(file)))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{file} does not open with that password.") from error
        # The format does not authenticate its IV: a flipped bit there gives another key in silence.
        if Signer.from_key(key).address.lower() != "0x" + stated:
            raise ConfigError(
                f"{file} is damaged: its key belongs to another account than the {stated} it names."
            )
        return key

    def _password(self, file: Path) -> str:
        if (password := self.environment.get("PYHEALTH_PASSWORD")) is not None:
            return password
        if source := self.environment.get("PYHEALTH_PASSWORD_FILE"):
            try:
                return Path(source).read_text().rstrip("\n")
            except OSError as error:
                raise ConfigError(
                    f"PYHEALTH_PASSWORD_FILE names {source}, which cannot be read."
                ) from error
        return self.ask_password(f"Password of {file}: ")


def _private_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip().removeprefix("0x"))
        coincurve.PrivateKey(key)  # pads what is too short
        if len(key) != KEY_BYTES:
            raise ValueError
    except ValueError as error:
        raise ConfigError(
            "PYHEALTH_PRIVATE_KEY is not a private key: 64 hexadecimal digits are expected."
        ) from error
    return key
