"""Canaries: values that must not turn up, and every way in which one may have been written."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from sha3 import keccak_256

from pyhealth.errors import InputError

SHORTEST = 6  # bytes: what is shorter turns up by chance in a few million
WORD = 32
SHORTEST_NUMBER = 8  # digits: shorter ones are amounts and moments of others
HEADER = ["name", "value"]

HASHES: dict[str, Callable[[bytes], bytes]] = {
    "MD5": lambda text: hashlib.md5(text, usedforsecurity=False).digest(),
    "SHA-1": lambda text: hashlib.sha1(text, usedforsecurity=False).digest(),
    "SHA-256": lambda text: hashlib.sha256(text).digest(),
    "SHA-512": lambda text: hashlib.sha512(text).digest(),
    "SHA3-256": lambda text: hashlib.sha3_256(text).digest(),
    "Keccak-256": lambda text: bytes(keccak_256(text).digest()),
    "BLAKE2b": lambda text: hashlib.blake2b(text).digest(),
}
ALONE: dict[str, Callable[[bytes], bytes]] = {  # hashes stand by themselves
    "hex": lambda digest: digest.hex().encode(),
    "hex, upper case": lambda digest: digest.hex().upper().encode(),
    "base64": lambda digest: base64.b64encode(digest).rstrip(b"="),
    "base64, for URLs": lambda digest: base64.urlsafe_b64encode(digest).rstrip(b"="),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """A value that must not turn up; reports tell its name, and never the value."""

    name: str
    value: str = field(repr=False)


def read_canaries(file: Path) -> list[Canary]:
    """Read canaries from a CSV file with the columns name and value."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            read = [(number, row) for number, row in enumerate(csv.reader(lines), 1) if row]
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} is not a CSV file in UTF-8; save it as one.") from error
    if not read or read[0][1] != HEADER:
        raise InputError(f"{file} has no header; its first line must be 'name,value'.")
    found = [_canary(f"{file}, line {number}", row) for number, row in read[1:]]
    if not found:
        raise InputError(f"{file} names no canary; add lines of a name and a value.")
    return found


def _canary(where: str, row: list[str]) -> Canary:
    if len(row) != len(HEADER) or not row[0].strip():
        raise InputError(f"{where}: a name and a value are expected; quote a value with commas.")
    if len(row[1].strip().encode()) < SHORTEST:
        raise InputError(
            f"{where}: the value is shorter than {SHORTEST} bytes and would be found by chance; "
            "put it into a --dictionary."
        )
    return Canary(row[0].strip(), row[1].strip())


def encodings(value: str) -> dict[bytes, str]:
    """Return every byte string that gives a value away, and the name of the encoding."""
    found: dict[bytes, str] = {}
    for form, text in forms(value).items():
        for written, data in _written(text):
            if len(data) >= SHORTEST:
                found.setdefault(data, f"{written} of {form}" if form else written)
        for name, data in _hashed(text):
            found.setdefault(data, f"{name} of {form}" if form else name)
    for name, data in _numbers(value):
        found.setdefault(data, name)
    return found


def forms(value: str) -> dict[str, str]:
    """Return a text, and the forms in which people and programs write the same."""
    listed = {
        "": value,
        "upper case": value.upper(),
        "lower case": value.lower(),
        "letters and digits": "".join(one for one in value if one.isalnum()),
        "decomposed letters": unicodedata.normalize("NFD", value),
    }
    kept: dict[str, str] = {}
    for name, text in listed.items():
        if len(text.encode()) >= SHORTEST and text not in kept.values():
            kept[name] = text
    return kept


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    raw = text.encode()
    yield "UTF-8", raw
    yield "UTF-8, reversed", text[::-1].encode()
    yield "UTF-16, little endian", text.encode("utf-16-le")
    yield "UTF-16, big endian", text.encode("utf-16-be")
    yield "Latin-1", text.encode("latin-1", "ignore")
    yield "JSON escapes", json.dumps(text)[1:-1].encode()
    yield "percent escapes", quote(text, safe="").encode()
    yield from _armoured(raw)


def _armoured(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bytes as text has them, also in the midst of others."""
    yield "hex", raw.hex().encode()
    yield "hex, upper case", raw.hex().upper().encode()
    for name, size, group, encode in (
        ("base64", 3, 4, base64.b64encode),
        ("base64, for URLs", 3, 4, base64.urlsafe_b64encode),
        ("base32", 5, 8, base64.b32encode),
    ):
        for before in range(size):
            data = encode(bytes(before) + raw)
            first = -(-before * group // size)  # the digits before hold bits of others
            yield name, data[first : (before + len(raw)) * group // size]


def _hashed(text: str) -> Iterator[tuple[str, bytes]]:
    raw = text.encode()
    padded = {"": raw}
    if len(raw) < WORD:
        padded |= {", padded": raw.ljust(WORD, b"\0"), ", padded in front": raw.rjust(WORD, b"\0")}
    for how, data in padded.items():
        for name, hashed in HASHES.items():
            digest = hashed(data)
            yield name + how, digest
            for written, encode in ALONE.items():
                yield f"{name}{how} in {written}", encode(digest)


def _numbers(value: str) -> Iterator[tuple[str, bytes]]:
    digits = "".join(one for one in value if one.isalnum())
    if digits.isdecimal() and digits.isascii() and len(digits) >= SHORTEST_NUMBER:
        size = max(8, (int(digits).bit_length() + 7) // 8)
        yield "number", int(digits).to_bytes(size)
    try:
        day = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
    except ValueError:
        return
    seconds = int(day.timestamp())
    if abs(seconds) >> 16:  # near 1970 it is a small number like any other
        yield "seconds since 1970", seconds.to_bytes(8, signed=True)
