"""The canonical form of an outcome: the bytes that are hashed, the same wherever it is read.

It is JSON (RFC 8785): one object, its names in the order of the alphabet, without white space, in
UTF-8, every text in Unicode's NFC; what is not stated is left out.

    {"aggregation":"mean","analysis_metric":"change from baseline",
     "measurement_variable":"systolic blood pressure in mmHg","role":"primary",
     "time_point":"12 months after randomisation"}        (on one line)
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import fields

from pyhealth.standards.trials.record import Outcome

NAMES = tuple(field.name for field in fields(Outcome))
ID_DIGITS = 8


def canonical(outcome: Outcome) -> bytes:
    """Return the canonical form of an outcome."""
    stated = {name: getattr(outcome, name) for name in sorted(NAMES)}
    texts = {name: unicodedata.normalize("NFC", text) for name, text in stated.items() if text}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(outcome: Outcome) -> bytes:
    """Return the SHA-256 digest of the canonical form, 32 bytes."""
    return hashlib.sha256(canonical(outcome)).digest()


def id_of(outcome: Outcome) -> str:
    """Return a short name of an outcome: the first digits of its digest."""
    return digest_of(outcome).hex()[:ID_DIGITS]
