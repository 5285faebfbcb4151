"""One JSON text, read piece by piece: only the element at hand is in memory.

Numbers stay as they are written (`Decimal`), and a name that occurs twice in an object is refused.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from pyhealth.errors import InputError
from pyhealth.reading import shallow

PIECE = 1 << 16
LONGEST = 1 << 24  # characters of one element: sixteen million, a thousand times a long claim
DIGITS = 40  # of a number
SPACE = re.compile(r"[ \t\r\n]*")


class NameTwice(InputError):
    """A name stands twice in an object; where the object ends is known all the same."""


class Decoder(json.JSONDecoder):
    """Python's, strict, with exact numbers."""

    def __init__(self) -> None:
        self._twice: str | None = None
        super().__init__(
            object_pairs_hook=self._pairs,
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_number,
        )

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            self._twice = next(name for name in names if names.count(name) > 1)
        return made

    def value_at(self, text: str, start: int) -> tuple[Any, int, str | None]:
        """Return a value, where it ends, and a name that stands twice in it."""
        self._twice = None
        try:
            with shallow():
                value, end = self.raw_decode(text, start)
        except RecursionError as error:
            raise InputError("nested deeper than any resource.") from error
        return value, end, self._twice

    def whole(self, text: str) -> Any:
        """Decode a text that holds one value."""
        try:
            value, end, twice = self.value_at(text, _skip(text, 0))
            if (end := _skip(text, end)) < len(text):
                raise json.JSONDecodeError("Extra data", text, end)
        except ValueError as error:
            raise InputError(f"not JSON ({_why(error)}); write the resource anew.") from error
        if twice is not None:
            raise NameTwice(f"{twice!r} stands twice in one object; keep one.")
        return value


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text if len(text) <= DIGITS else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{text[:20]} is no number of {DIGITS} digits at most")
    return number


def _whole(text: str) -> int:
    return int(text) if len(text) <= DIGITS else int(_number(text))


def _skip(text: str, start: int) -> int:
    """Return where the next character is that is no space."""
    found = SPACE.match(text, start)
    return found.end() if found else start


def _why(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return str(error).split(";")[0]


class Scan:
    """A JSON text of which only the element at hand is in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._decoder = stream, Decoder()
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._ended, self.line = "", 0, False, 1

    def _more(self, size: int = PIECE) -> bool:
        """Read on; say whether there was more."""
        if self._ended:
            return False
        raw = self._stream.read(size)
        self._ended = not raw
        try:
            read = self._bytes.decode(raw, final=self._ended)
        except UnicodeDecodeError as error:
            raise InputError("not UTF-8; write the file as UTF-8.") from error
        self._text, self._at = self._text[self._at :] + read, 0
        return not self._ended

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def peek(self) -> str:
        """Return the next character that is no space, or nothing at the end."""
        while True:
            self._move(_skip(self._text, self._at))
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _take(self, *wanted: str) -> str:
        found = self.peek()
        if found not in wanted or not found:
            expected = " or ".join(map(repr, wanted))
            seen = repr(found) if found else "the end"
            raise InputError(f"not JSON ({expected} is expected and {seen} stands there).")
        self._move(self._at + 1)
        return found

    def elements(self, opening: str, closing: str) -> Iterator[None]:
        """Stand before each element of an array or object; the caller reads it."""
        self._take(opening)
        if self.peek() == closing:
            self._take(closing)
            return
        while True:
            self.peek()
            yield
            if self._take(",", closing) == closing:
                return

    def name(self) -> str:
        """Read the name of a member, and its colon."""
        if self.peek() != '"':
            self._take('"')
        name = str(self.value())
        self._take(":")
        return name

    def value(self) -> Any:
        """Read one value."""
        self.peek()
        size = PIECE
        while True:
            try:
                value, end, twice = self._decoder.value_at(self._text, self._at)
            except ValueError as error:
                if len(self._text) - self._at > LONGEST or not self._more(size):
                    raise InputError(f"not JSON ({str(error).split(':')[0]}).") from error
                size *= 2
                continue
            if end < len(self._text) or not self._more():  # a number could go on
                self._move(end)
                if twice is not None:
                    raise NameTwice(f"{twice!r} stands twice in one object; keep one.")
                return value
