"""Records of a data set, read one by one, in bounded memory: each is a document of exact bytes.

A CSV record is the header's line and its own, so that it opens as a table of one row; a line ends
outside of quotes only. In any other text each line is a record, without its line end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyhealth.errors import InputError

MOST_BYTES = 16 * 2**20  # of a record


def records(source: Path) -> Iterator[bytes]:
    """Yield the records of a file in their order; empty lines are none."""
    is_table = source.suffix.lower() == ".csv"
    try:
        with source.open("rb") as file:
            lines = _rows(file, source) if is_table else (line.rstrip(b"\r\n") for line in file)
            header = _ended(next(lines, b"")) if is_table else b""
            for line in lines:
                if line.strip():
                    yield header + line
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror}).") from error


def suffix_of(source: Path) -> str:
    """Return the ending of the file that one record makes."""
    return source.suffix.lower() if source.suffix.lower() == ".csv" else ".json"


def _rows(lines: Iterator[bytes], source: Path) -> Iterator[bytes]:
    """Join lines that end within quotes."""
    row, first = b"", 1
    for number, line in enumerate(lines, 1):
        row, first = (row + line, first) if row else (line, number)
        if row.count(b'"') % 2 == 0:
            yield row
            row = b""
        elif len(row) > MOST_BYTES:
            break
    if row:
        raise InputError(f"{source}, line {first}: a quote is opened and never closed; close it.")


def _ended(line: bytes) -> bytes:
    return line if not line or line.endswith(b"\n") else line + b"\n"
