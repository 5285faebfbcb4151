"""The header of a vault: which it is, its keys under their wraps, and what it holds in one hash.

wrapping key (keystore, environment, HSM) or recovery key (shares)
└── root key                  made anew at each rotation
    ├── a key for each subject     destroyed at erasure
    └── the key for hashing        identifiers and names; authenticates the header; never changes
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from typing import Self

import orjson
from sqlalchemy import Connection, insert, select, update

from pyhealth.errors import VaultTampered
from pyhealth.privacy.vault import tree
from pyhealth.privacy.vault.envelope import (
    KEY_BYTES,
    Part,
    Unauthentic,
    derived,
    keyed,
    new_key,
    seal,
    unseal,
)
from pyhealth.privacy.vault.kek import Kek
from pyhealth.privacy.vault.store import headers

FORMAT = "pyhealth.vault/1"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an open vault, in memory."""

    root: bytes
    hashing: bytes
    recovery: bytes  # what the shares give; empty where none were made

    @classmethod
    def new(cls) -> Self:
        """Make the keys of a new vault."""
        return cls(new_key(), new_key(), b"")

    @property
    def wrapping(self) -> bytes:
        """What wraps the keys of subjects."""
        return derived(self.root, "subjects")

    def tag(self, subject: str) -> bytes:
        """Return what a subject goes by in the file."""
        return keyed(self.hashing, "subject", subject)

    def name(self, kind: str, name: str) -> bytes:
        """Return what a row's name is in the file."""
        return keyed(self.hashing, "name", kind, name)

    def attested(self, purpose: str, *parts: Part) -> bytes:
        """Return what only this vault can say of some parts."""
        return keyed(self.hashing, purpose, *parts)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long what is kept."""

    keep: timedelta | None = None  # after the last write for a subject; None: without an end

    def encode(self) -> bytes:
        """Return the policy as it is sealed."""
        return orjson.dumps({"keep": None if self.keep is None else int(self.keep.total_seconds())})

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read what was sealed."""
        seconds = orjson.loads(raw)["keep"]
        return cls(None if seconds is None else timedelta(seconds=seconds))


@dataclass(frozen=True, slots=True)
class Header:
    """The one row of its table, column by column."""

    version: int
    vault: bytes
    chain_id: int
    genesis: bytes
    wrapper: str
    wrapped: bytes
    spare: bytes
    secrets: bytes
    policy: bytes
    changes: int
    root: bytes
    mac: bytes

    @classmethod
    def new(cls, chain_id: int, genesis: bytes, keys: Keys, kek: Kek) -> Self:
        """Make the header of an empty vault."""
        bare = cls(
            VERSION, new_key(), chain_id, genesis, "", b"", b"", b"", b"", 0, tree.EMPTY[0], b""
        )
        return bare.rewrapped(keys, kek).with_policy(keys, Policy()).signed(keys)

    @property
    def identity(self) -> tuple[Part, ...]:
        """What everything in the vault is bound to."""
        return FORMAT, self.vault, self.chain_id, self.genesis

    def rewrapped(self, keys: Keys, kek: Kek) -> Self:
        """Return the header with the root key under a wrapping key, and under the recovery key."""
        wrapped = replace(self, wrapper=kek.name, wrapped=kek.wrap(keys.root))
        return wrapped.with_recovery(keys)

    def with_recovery(self, keys: Keys) -> Self:
        """Return the header with the root key under the recovery key, where there is one."""
        spare = b""
        if keys.recovery:
            spare = seal(keys.recovery, keys.root, *self.identity, "spare")
        secrets = seal(keys.root, keys.hashing + keys.recovery, *self.identity, "secrets")
        return replace(self, spare=spare, secrets=secrets)

    def recovered(self, recovery: bytes) -> bytes:
        """Return the root key that a recovery key gives."""
        return unseal(recovery, self.spare, *self.identity, "spare")

    def with_policy(self, keys: Keys, policy: Policy) -> Self:
        """Return the header with another policy."""
        return replace(self, policy=seal(keys.root, policy.encode(), *self.identity, "policy"))

    def read_policy(self, keys: Keys) -> Policy:
        """Say how long what is kept."""
        return Policy.decode(unseal(keys.root, self.policy, *self.identity, "policy"))

    def signed(self, keys: Keys) -> Self:
        """Return the header, authenticated; the last step before it is kept."""
        return replace(self, mac=self._mac(keys))

    def _mac(self, keys: Keys) -> bytes:
        return keys.attested("header", *astuple(self)[:-1])

    def opened(self, root: bytes) -> Keys:
        """Return the keys that a root key gives, once the whole header is known to be ours."""
        try:
            secrets = unseal(root, self.secrets, *self.identity, "secrets")
        except Unauthentic as error:
            raise VaultTampered("header", "its keys do not open") from error
        keys = Keys(root, secrets[:KEY_BYTES], secrets[KEY_BYTES:])
        self.check(keys)
        return keys

    def check(self, keys: Keys) -> None:
        """Refuse a header that was changed by others."""
        if self.mac != self._mac(keys):
            raise VaultTampered("header", "it was changed")

    def save(self, connection: Connection) -> None:
        """Put the header in the place of the one before; others who wait for it see it then."""
        values = {column.name: getattr(self, column.name) for column in headers.c}
        if not connection.execute(update(headers).values(values)).rowcount:
            connection.execute(insert(headers).values(values))


def load(connection: Connection, *, lock: bool = False) -> Header | None:
    """Read the header; with ``lock`` other writers wait until the transaction ends."""
    found = connection.execute(select(headers).with_for_update() if lock else select(headers)).all()
    if len(found) > 1:
        raise VaultTampered("header", "there are several")
    if not found:
        return None
    header = Header(*found[0])
    if header.version != VERSION:
        raise VaultTampered("header", f"this release reads version {VERSION}")
    return header
