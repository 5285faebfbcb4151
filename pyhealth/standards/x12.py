"""Segments of X12 interchanges, read one by one and written.

The first 106 characters, the ISA segment, have fixed places: they say what parts elements,
components and segments in the interchange.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pyhealth.errors import InputError

ISA_LENGTH = 106
ISA_PLACES = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)  # of the separators
LONGEST = 1 << 16  # characters of one segment
PIECE = 1 << 16
NAME = re.compile(r"[A-Z][A-Z0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its name, its elements counted from 1, and where it stands."""

    name: str
    elements: tuple[str, ...]
    line: int
    number: int  # from 1, of the file
    component: str = ":"

    def __getitem__(self, i: int) -> str:
        """Return an element; empty where it is not there."""
        return self.elements[i - 1] if i <= len(self.elements) else ""

    def parts(self, i: int) -> list[str]:
        """Return the components of an element."""
        return self[i].split(self.component)

    def part(self, i: int, k: int) -> str:
        """Return a component of an element, counted from 1; empty where it is not there."""
        parts = self.parts(i)
        return parts[k - 1].strip() if k <= len(parts) else ""


def segments(file: Path) -> Iterator[Segment]:
    """Yield the segments of a file of one interchange or several; raise where it is none."""
    with file.open(encoding="latin-1", newline="") as stream:
        yield from _Scan(stream).segments()


class _Scan:
    """A file of which a piece is in memory."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._text, self._at, self._line = stream, "", 0, 1

    def segments(self) -> Iterator[Segment]:
        number = 0
        element = component = terminator = ""
        while self._skip_space():
            self._reach(len("ISA"))
            if self._text.startswith("ISA", self._at):
                element, component, terminator = self._separators()
            if not terminator:
                raise InputError("an X12 file begins with ISA, and this one does not.")
            line, number = self._line, number + 1
            name, *elements = self._take(terminator).split(element)
            if not NAME.fullmatch(name):
                raise InputError(f"{name[:20]!r} is no segment; what follows cannot be read.")
            yield Segment(name, tuple(map(str.strip, elements)), line, number, component)

    def _separators(self) -> tuple[str, str, str]:
        """Return what parts elements, components and segments from this ISA on."""
        self._reach(ISA_LENGTH)
        isa = self._text[self._at : self._at + ISA_LENGTH]
        element, component, terminator = isa[3:4], isa[104:105], isa[105:106]
        marks = {element, component, terminator}
        if len(isa) < ISA_LENGTH or any(isa[place] != element for place in ISA_PLACES):
            raise InputError("the ISA segment is not 106 characters with its elements in place.")
        if len(marks) < 3 or any(mark.isalnum() or mark == " " for mark in marks):
            raise InputError("the ISA segment names no three separators; write the file anew.")
        return element, component, terminator

    def _take(self, terminator: str) -> str:
        """Return what stands before the next terminator."""
        start = self._at
        while (end := self._text.find(terminator, start)) < 0:
            start = len(self._text) - self._at
            if start > LONGEST or not self._more():
                raise InputError("a segment does not end; the file was cut, or is not X12.")
        text = self._text[self._at : end]
        self._move(end + 1)
        return text

    def _skip_space(self) -> bool:
        """Go to the next character that is no space; say whether there is one."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return True
                self._move(self._at + 1)
            if not self._more():
                return False

    def _reach(self, length: int) -> None:
        """Read on until so much is in memory, or the file ends."""
        while len(self._text) - self._at < length and self._more():
            pass

    def _more(self) -> bool:
        """Read on; say whether there was more. What was read before is forgotten."""
        piece = self._stream.read(PIECE)
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to


def write(listed: Iterable[Iterable[str]]) -> str:
    """Return segments as text, one a line; elements that are empty at the end are left out."""
    return "".join("*".join(segment).rstrip("*") + "~\n" for segment in listed)


def clean(text: str, length: int) -> str:
    """Return a text as an element can hold it: of the basic characters, and no longer."""
    kept = "".join(c if c.isascii() and c.isprintable() and c not in "*:~^" else " " for c in text)
    return " ".join(kept.split())[:length]
