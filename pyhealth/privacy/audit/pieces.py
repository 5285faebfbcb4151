"""Pieces: bytes that were found somewhere, with the words that they are made of."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

WORD = 32
SELECTOR = 4
DIGESTS = frozenset({16, 20, 32, 64})  # bytes of a hash
HEX = re.compile(rb"(?<![0-9a-fA-F])(?:0x)?((?:[0-9a-fA-F]{2}){16,})(?![0-9a-fA-F])")
BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_-])([A-Za-z0-9+/_-]{22,86})={0,2}(?![A-Za-z0-9+/_=-])")
URL_SAFE = bytes.maketrans(b"-_", b"+/")


class Place(Enum):
    """Where something may be found."""

    CALLDATA = "calldata"
    LOG = "log"
    STORAGE = "storage"
    FILE = "file"
    BOOK = "own book"  # a file that holds clear data by its purpose, for its owner's eyes


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that stand in one place."""

    place: Place
    where: str  # a transaction, a contract, a file
    data: bytes = field(repr=False)

    def words(self) -> Iterator[bytes]:
        """Yield what may be a hash: whole words on the chain, and in files also those in text."""
        if self.place not in (Place.FILE, Place.BOOK):
            head = SELECTOR if len(self.data) % WORD == SELECTOR else 0
            yield from cut(self.data[head:])
            return
        if len(self.data) in DIGESTS:
            yield self.data
        for found in HEX.finditer(self.data):
            raw = bytes.fromhex(found[1].decode())
            yield from [raw] if len(raw) in DIGESTS else cut(raw[len(raw) % WORD :])
        for found in BASE64.finditer(self.data):
            yield from _decoded(found[1])


def cut(data: bytes) -> Iterator[bytes]:
    """Yield the words of data; a rest is filled up."""
    for start in range(0, len(data), WORD):
        yield data[start : start + WORD].ljust(WORD, b"\0")


def _decoded(text: bytes) -> Iterator[bytes]:
    try:
        raw = b64decode(text.translate(URL_SAFE) + b"=" * (-len(text) % 4), validate=True)
    except Error:
        return
    if len(raw) in DIGESTS:
        yield raw
