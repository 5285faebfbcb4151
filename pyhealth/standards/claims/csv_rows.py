"""Rows of CSV files in UTF-8, each with its place: one row a line, so that a fault ends with it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pyhealth.adjudication.values import Place
from pyhealth.errors import InputError

LONGEST = 1 << 16  # bytes of one line


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that are not empty, by column."""

    place: Place
    cells: dict[str, str] = field(default_factory=dict)
    fault: str = ""  # why the row cannot be used

    def text(self, column: str) -> str:
        """Return a cell that must be there."""
        self.check()
        if not (text := self.cells.get(column)):
            raise InputError(f"column {column} is empty; fill it.")
        return text

    def check(self) -> None:
        """Refuse a row that cannot be used."""
        if self.fault:
            raise InputError(self.fault)


def rows(file: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Yield the rows under a heading which names the columns, in any order."""
    with file.open("rb") as stream:
        try:
            heading = [
                cell.strip().lower() for cell in _cells(stream.readline(LONGEST), first=True)
            ]
            _check_heading(heading, (*required, *optional), required)
        except InputError as error:
            yield Row(Place(str(file), 1), fault=str(error))
            return
        for number, raw in enumerate(_lines(stream), 2):
            if not raw.strip():
                continue
            place = Place(str(file), number)
            try:
                yield _row(place, heading, _cells(raw))
            except InputError as error:
                yield Row(place, fault=str(error))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; of one that is too long only the beginning, which is longer than allowed."""
    while raw := stream.readline(LONGEST + 1):
        rest = raw
        while len(rest) > LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST + 1)
        yield raw


def _cells(raw: bytes, *, first: bool = False) -> list[str]:
    if len(raw) > LONGEST:
        raise InputError(f"longer than {LONGEST} bytes; no row is.")
    try:
        text = raw.decode("utf-8-sig" if first else "utf-8")
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8; write the file as UTF-8.") from error
    except csv.Error as error:
        raise InputError(f"not CSV ({error}); write the row anew.") from error


def _check_heading(heading: list[str], known: Sequence[str], required: Iterable[str]) -> None:
    listed = ", ".join(known)
    if missing := [name for name in required if name not in heading]:
        raise InputError(f"no column is named {missing[0]}; the columns are {listed}.")
    strange = [name for name in heading if name not in known or heading.count(name) > 1]
    if strange:
        raise InputError(
            f"column {strange[0][:40]!r} is unknown or stands twice; the columns are {listed}."
        )


def _row(place: Place, heading: list[str], cells: list[str]) -> Row:
    named = {name: cell.strip() for name, cell in zip(heading, cells, strict=False)}
    named = {name: cell for name, cell in named.items() if cell}
    fault = ""
    if len(cells) > len(heading):
        fault = f"{len(cells)} cells stand under {len(heading)} columns; correct the row."
    if strange := [name for name, cell in named.items() if not cell.isprintable()]:
        fault = f"column {strange[0]} holds what cannot be read; write it anew."
    return Row(place, named, fault)
