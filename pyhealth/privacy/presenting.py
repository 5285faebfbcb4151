"""How an account shows a gate that a receipt is its own, and fetches what it permits (HTTP)."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import urlencode, urlsplit

import coincurve
import urllib3

from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.config import is_http
from pyhealth.errors import GateRefused, InputError
from pyhealth.hashing import Domain, keccak
from pyhealth.messages import Message
from pyhealth.privacy.gate import Wanted

PRESENTING = "Presenting(bytes32 transaction,bytes32 gate)"
SCHEME = "Receipt"  # in the header: Authorization: Receipt TRANSACTION.SIGNATURE
SECONDS = urllib3.Timeout(connect=10.0, read=60.0)


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL, as gates are named in what is signed."""
    if not is_http(url):
        raise InputError(f"{url!r} is not the address of a gate; http(s)://HOST:PORT is expected.")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def presenting(domain: Domain, transaction: bytes, origin: str) -> Message:
    """Return what is signed to come to the gate of that origin, and to no other, with the receipt
    in a transaction.
    """
    return Message(domain, PRESENTING, (transaction, keccak(origin.encode())))


def credentials(domain: Domain, transaction: bytes, origin: str, signer: Signer) -> str:
    """Return the Authorization header of an account that presents a receipt."""
    signed = presenting(domain, transaction, origin).signed_by(signer)
    return f"{SCHEME} 0x{transaction.hex()}.0x{signed.signature.hex()}"


def presented(domain: Domain, given: str, origin: str) -> tuple[bytes, str]:
    """Return the transaction in credentials, and the account that signed for it."""
    transaction, signature = (_bytes(part) for part in given.split("."))
    if (len(transaction), len(signature)) != (32, 65) or signature[64] not in (27, 28):
        raise ValueError("32 bytes, a point, and 65 bytes are expected")
    plain = signature[:64] + bytes([signature[64] - 27])
    digest = presenting(domain, transaction, origin).digest
    key = coincurve.PublicKey.from_signature_and_message(plain, digest, hasher=None)
    return transaction, checksum_address(keccak(key.format(compressed=False)[1:])[12:])


def fetch(domain: Domain, url: str, wanted: Wanted, transaction: bytes, signer: Signer) -> bytes:
    """Fetch a record from a gate with the receipt in a transaction, and return its bytes."""
    asked = {"purpose": wanted.purpose.name, "action": wanted.action.name.lower()}
    if any(wanted.study):
        asked["study"] = "0x" + wanted.study.hex()
    header = credentials(domain, transaction, origin_of(url), signer)
    place = f"{url.rstrip('/')}/records/0x{wanted.record_ref.hex()}?{urlencode(asked)}"
    pool = urllib3.PoolManager(retries=False, timeout=SECONDS)
    try:
        answer = pool.request("GET", place, headers={"Authorization": header}, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise GateRefused(url, "no answer", type(error).__name__) from error
    if answer.status != 200:
        raise GateRefused(url, answer.status, _why(answer.data))
    if answer.headers.get("Content-Digest") != content_digest(answer.data):
        raise GateRefused(url, answer.status, "what came is not what was sent")
    return answer.data


def content_digest(data: bytes) -> str:
    """Return the Content-Digest header (RFC 9530) of bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def _why(answer: bytes) -> str:
    """Return what a problem (RFC 9457) says, on one line."""
    try:
        detail = str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return "it gives no reason"
    return " ".join(detail.split()).rstrip(".")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
