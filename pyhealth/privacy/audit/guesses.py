"""Guessable values: a dictionary, and whether a hash that stands somewhere is of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.hashing import (
    AUDIT_DOMAIN,
    CONSENT_DOMAIN,
    DOCUMENT_DOMAIN,
    REASON_DOMAIN,
    RECORD_DOMAIN,
    REGISTRY_DOMAIN,
    REPORT_DOMAIN,
    commitment,
    keccak,
)
from pyhealth.privacy.audit.markers import HASHES, WORD

DOMAINS = (
    DOCUMENT_DOMAIN, REASON_DOMAIN, REGISTRY_DOMAIN, CONSENT_DOMAIN, RECORD_DOMAIN, REPORT_DOMAIN,
    AUDIT_DOMAIN,
)  # fmt: skip
NO_SALT = bytes(WORD)
ADDRESS, HALF = 20, 16  # bytes that a hash is cut to, as addresses and MD5 are
FIRST_DAY = date(1900, 1, 1)
DATES = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y")


@dataclass(slots=True)
class Words:
    """Words that stand somewhere, and where each was seen first."""

    places: dict[bytes, tuple[str, str]] = field(default_factory=dict)

    def add(self, word: bytes, place: tuple[str, str]) -> None:
        """Keep a word; of one that is padded, also what it holds."""
        if len(word) == WORD:
            for size in (HALF, ADDRESS):
                if word.endswith(bytes(WORD - size)):
                    self._keep(word[:size], place)
                elif word.startswith(bytes(WORD - size)):
                    self._keep(word[-size:], place)
        self._keep(word, place)

    def _keep(self, word: bytes, place: tuple[str, str]) -> None:
        if len(word) >= HALF and any(word[:8]) and any(word[-8:]):  # else a number
            self.places.setdefault(word, place)

    def opened(self, candidate: str) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield how a candidate was hashed to a word that stands somewhere, and where."""
        for how, digest in hashes(candidate):
            for part in (digest[:WORD], digest[:ADDRESS], digest[-ADDRESS:]):
                if part in self.places:
                    yield how, self.places[part]
                    break


def hashes(candidate: str) -> Iterator[tuple[str, bytes]]:
    """Yield the hashes of a candidate that anyone can compute."""
    for text in dict.fromkeys((candidate, candidate.upper(), candidate.lower())):
        raw = text.encode()
        for name, hashed in HASHES.items():
            yield name, hashed(raw)
        for data in (raw.ljust(WORD, b"\0"), raw.rjust(WORD, b"\0")) if len(raw) < WORD else ():
            yield "Keccak-256, padded", keccak(data)
            yield "SHA-256, padded", sha256(data).digest()
        yield "Keccak-256 twice", keccak(keccak(raw))
        digest = sha256(raw).digest()
        for domain in DOMAINS:
            yield "a commitment without salt", commitment(domain, NO_SALT, digest)


def dates(last: date) -> Iterator[str]:
    """Yield every date a living person may be born on, as dates are written."""
    day = FIRST_DAY
    while day <= last:
        for written in DATES:
            yield day.strftime(written)
        day += timedelta(days=1)


def read_dictionary(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a dictionary that are not empty, with their numbers."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if text := line.strip():
                    yield number, text
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not a text file in UTF-8; save it as one.") from error


def candidates(dictionary: Path | None, born_until: date | None) -> Iterator[tuple[str, str]]:
    """Yield what is tried, and how a report calls it without telling it."""
    for text in dates(born_until) if born_until else ():
        yield "a date", text
    if dictionary is not None:
        for number, text in read_dictionary(dictionary):
            yield f"line {number} of {dictionary.name}", text
