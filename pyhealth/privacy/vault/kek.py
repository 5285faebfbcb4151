"""The key-encryption key: what wraps the vault's root key, and never lies beside it.

`PYHEALTH_VAULT_KEK` says which: ``keystore:NAME`` (or a file), ``environment:VARIABLE``, or
``command:LINE`` for a key management service or a hardware module.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pyhealth.chain.wallet import AskPassword, Signer, Wallet, cast_key, no_prompt
from pyhealth.config import Settings
from pyhealth.errors import ConfigError, VaultKeyWrong, VaultTampered
from pyhealth.privacy.vault.command import CommandKek
from pyhealth.privacy.vault.envelope import KEY_BYTES, Unauthentic, derived, seal, unseal

SETTING = "PYHEALTH_VAULT_KEK"
VARIABLE = "PYHEALTH_VAULT_KEY"
FORMS = "keystore:NAME, environment:VARIABLE or command:LINE"


class Kek(Protocol):
    """What wraps and unwraps a key of 32 bytes."""

    @property
    def name(self) -> str:
        """What it is, for people; stands in the vault's header."""
        ...

    def wrap(self, key: bytes) -> bytes:
        """Return the key as it may be stored."""
        ...

    def unwrap(self, wrapped: bytes, expected: str) -> bytes:
        """Return the key that was stored by the wrapping key of that name."""
        ...


@dataclass(frozen=True, slots=True)
class LocalKek:
    """A wrapping key that this process holds."""

    source: str  # where it comes from, in words
    key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Where it comes from, and a fingerprint that gives nothing away."""
        return f"{self.source}, fingerprint {derived(self.key, 'fingerprint').hex()[:8]}"

    def wrap(self, key: bytes) -> bytes:
        """Seal the key."""
        return seal(self.key, key, "wrapped root key")

    def unwrap(self, wrapped: bytes, expected: str) -> bytes:
        """Open what was sealed, or say whether the key or the vault is another."""
        try:
            return unseal(self.key, wrapped, "wrapped root key")
        except Unauthentic as error:
            if expected == self.name:
                raise VaultTampered(
                    "wrapped key", "the key that wrapped it does not open it"
                ) from error
            raise VaultKeyWrong(expected, self.name) from error


def kek_of(
    settings: Settings, *, local: bool, spec: str | None = None, ask: AskPassword = no_prompt
) -> Kek:
    """Return the wrapping key that a specification or the settings name.

    On development chains, where nothing is named, it is one that anybody can look up.
    """
    given = spec or settings.environment.get(SETTING)
    if not given and settings.environment.get(VARIABLE):
        given = f"environment:{VARIABLE}"
    if not given and local:
        return LocalKek("development key", derived(cast_key("hospital"), "vault"))
    kind, _, rest = (given or "").partition(":")
    if not rest or kind not in ("keystore", "environment", "command"):
        said = f"{SETTING} is {given!r}" if given else "No key is named that wraps the vault's"
        raise ConfigError(f"{said}; name one in {SETTING}: {FORMS}.")
    if kind == "keystore":
        return _from_keystore(rest, settings, ask)
    if kind == "environment":
        return _from_environment(rest, settings.environment)
    try:
        return CommandKek(tuple(shlex.split(rest)))
    except ValueError as error:
        raise ConfigError(f"{SETTING} names a command that cannot be read ({error}).") from error


def _from_environment(variable: str, environment: Mapping[str, str]) -> LocalKek:
    text = environment.get(variable, "").strip()
    if not re.fullmatch(rf"(0x)?[0-9a-fA-F]{{{2 * KEY_BYTES}}}", text):
        raise ConfigError(
            f"{variable} holds no key: 64 hexadecimal digits are expected, "
            "such as 'openssl rand -hex 32' gives."
        )
    return LocalKek(f"environment variable {variable}", bytes.fromhex(text.removeprefix("0x")))


def _from_keystore(name: str, settings: Settings, ask: AskPassword) -> LocalKek:
    """Derive the key from that of a keystore, so that losing one never gives away the other."""
    files = (Path(name), settings.home / "keystores" / f"{name}.json")
    file = next((one for one in files if one.is_file()), None)
    if file is None:
        raise ConfigError(
            f"No keystore is named {name!r}; make one with 'pyhealth account new {name}', or name "
            f"another in {SETTING}."
        )
    environment = dict(settings.environment)
    for setting in ("PASSWORD", "PASSWORD_FILE"):  # its own, where the account's is another
        own = settings.environment.get(f"PYHEALTH_VAULT_{setting}")
        if own is not None:
            environment.pop("PYHEALTH_PASSWORD", None)
            environment[f"PYHEALTH_{setting}"] = own
    key = Wallet(settings.home, environment, ask).unlock(file)
    return LocalKek(f"keystore of {Signer.from_key(key).address}", derived(key, "vault"))
