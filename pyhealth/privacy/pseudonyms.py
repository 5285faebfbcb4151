"""Pseudonyms: for each relationship a patient has an account of its own, derived from one secret.

What is done under two of them cannot be put together on the chain. Every step of the derivation
(BIP-32) is hardened: who learns the key of one pseudonym learns nothing of the others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pyhealth.chain.wallet import Signer
from pyhealth.errors import InputError, VaultRowMissing
from pyhealth.hashing import keccak
from pyhealth.privacy.vault.subject import Kind

AT = "@"
LABEL = "label:"
SECRET = "master"  # the name of a subject's secret in the vault
SECRET_BYTES = 32
STEPS = 4  # of 31 bits each: 124 bits of the relationship's hash, so that no two meet
STEP_BITS = 31


class Safe(Protocol):
    """What is needed of a vault."""

    def put(self, subject: str, kind: Kind, name: str, data: bytes) -> int: ...
    def get(self, subject: str, kind: Kind, name: str) -> bytes: ...
    def get_or_put(self, subject: str, kind: Kind, name: str, data: bytes) -> bytes: ...
    def names(self, subject: str, kind: Kind) -> list[str]: ...
    def subjects(self) -> list[str]: ...
    def find(self, kind: Kind, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """One account of a subject, and what it is for."""

    subject: str = field(repr=False)
    relation: str  # "member 2", or "label:" and a name of one's own
    address: str  # checksummed


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The accounts of a vault's subjects on one consortium's chain."""

    safe: Safe
    consortium: str  # address: member 2 of another consortium is another relationship
    member_called: Callable[[str], int]

    def of(self, subject: str, relation: str) -> Signer:
        """Return a subject's account for a relationship: a member by number, name or account, or a
        label. Its first use makes the subject's secret, and the vault remembers whose it is.
        """
        named = self._relation(relation)
        made = secrets.token_bytes(SECRET_BYTES)
        secret = self.safe.get_or_put(_subject(subject), Kind.SECRET, SECRET, made)
        return self._noted(subject, named, secret)

    def called(self, text: str) -> Signer:
        """Return the account that ``SUBJECT@RELATION`` means; the subject, and a relationship that
        is only a label, have been made before: a slip of the pen makes nobody.
        """
        subject, _, relation = text.rpartition(AT)
        named = self._relation(relation)
        secret = self.safe.get(_subject(subject), Kind.SECRET, SECRET)
        if named.startswith(LABEL) and named not in {one.relation for one in self.all_of(subject)}:
            raise InputError(
                f"No pseudonym of this subject is for {named!r}; make it with "
                "'pyhealth privacy pseudonym'."
            )
        return self._noted(subject, named, secret)

    def all_of(self, subject: str) -> list[Pseudonym]:
        """Return the pseudonyms that a subject was ever given."""
        return [
            Pseudonym(subject, self.safe.get(subject, Kind.PSEUDONYM, address).decode(), address)
            for address in self.safe.names(subject, Kind.PSEUDONYM)
        ]

    def whose(self, address: str) -> Pseudonym:
        """Return whose an account is, and for what; refuse where the vault does not know."""
        subject = self.safe.find(Kind.PSEUDONYM, address)
        relation = self.safe.get(subject, Kind.PSEUDONYM, address).decode()
        return Pseudonym(subject, relation, address)

    def everyone(self) -> dict[str, str]:
        """Return the subject of every pseudonym."""
        return {
            address: subject
            for subject in self.safe.subjects()
            for address in self.safe.names(subject, Kind.PSEUDONYM)
        }

    def _noted(self, subject: str, relation: str, secret: bytes) -> Signer:
        signer = derived(secret, f"{self.consortium} {relation}")
        try:
            self.safe.get(subject, Kind.PSEUDONYM, signer.address)
        except VaultRowMissing:
            self.safe.put(subject, Kind.PSEUDONYM, signer.address, relation.encode())
        return signer

    def _relation(self, text: str) -> str:
        if text.startswith(LABEL) and text.removeprefix(LABEL).strip():
            return text
        if not text or text == LABEL:
            raise InputError(
                "A pseudonym is for somebody: SUBJECT@MEMBER, or SUBJECT@label:NAME, is expected."
            )
        return f"member {self.member_called(text)}"


def derived(secret: bytes, relation: str) -> Signer:
    """Return the account that a secret gives for a relationship."""
    from eth_account.hdaccount import key_from_seed

    bits = int.from_bytes(keccak(relation.encode()))
    steps = [bits >> (256 - STEP_BITS * (i + 1)) & ((1 << STEP_BITS) - 1) for i in range(STEPS)]
    path = "/".join(["m", "44'", "60'", *(f"{step}'" for step in steps)])
    return Signer.from_key(key_from_seed(secret, path))


def _subject(text: str) -> str:
    if not text.strip():
        raise InputError("A pseudonym is of somebody: SUBJECT@MEMBER is expected.")
    return text
