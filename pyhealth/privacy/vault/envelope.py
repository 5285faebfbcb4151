"""Envelopes: AES-256-GCM over bytes and the context that they belong to, and keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
Part = bytes | str | int


class Unauthentic(Exception):
    """An envelope was not made with this key for this context."""


def new_key() -> bytes:
    """Return a key from the operating system's random source."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, data: bytes, *context: Part) -> bytes:
    """Encrypt bytes for a context, which has to be stated to open them; never twice the same."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, joined(*context))


def unseal(key: bytes, sealed: bytes, *context: Part) -> bytes:
    """Decrypt what was sealed for a context."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], joined(*context))
    except (InvalidTag, ValueError) as error:  # a ValueError: too short to be one
        raise Unauthentic from error


def keyed(key: bytes, *parts: Part) -> bytes:
    """Return HMAC-SHA-256, 32 bytes: nobody without the key can try what was hashed."""
    return hmac.new(key, joined(*parts), "sha256").digest()


def digest(*parts: Part) -> bytes:
    """Return SHA-256 over parts, 32 bytes."""
    return hashlib.sha256(joined(*parts)).digest()


def derived(secret: bytes, purpose: str) -> bytes:
    """Return the key that a secret gives for one purpose (HKDF)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def joined(*parts: Part) -> bytes:
    """Join parts so that no others give the same bytes: each after its length."""
    raw = [
        part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        for part in parts
    ]
    return b"".join(len(part).to_bytes(8) + part for part in raw)
