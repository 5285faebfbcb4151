"""The resources of JSON files: NDJSON, single ones, arrays and FHIR Bundles of any length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pyhealth.adjudication.values import Place, Refused
from pyhealth.errors import InputError
from pyhealth.standards import json_scan
from pyhealth.standards.json_scan import Decoder, NameTwice, Scan

NO_OBJECT = "no JSON object; a resource is one."
LINES = (".ndjson", ".jsonl")  # suffixes of files with one resource a line
Resource = tuple[Place, dict[str, Any]]


def resources(file: Path) -> Iterator[Resource | Refused]:
    """Yield every resource of a file with its place: those of a Bundle, an array, or one a line."""
    with file.open("rb") as stream:
        if file.suffix.lower() in LINES:
            yield from _from_lines(file, stream)
        else:
            yield from _from_text(file, stream)


def _from_lines(file: Path, stream: BinaryIO) -> Iterator[Resource | Refused]:
    number, decoder = 0, Decoder()
    while raw := stream.readline(json_scan.LONGEST + 1):
        number += 1
        place, too_long = Place(str(file), number), len(raw) > json_scan.LONGEST
        while too_long and raw and not raw.endswith(b"\n"):
            raw = stream.readline(json_scan.PIECE)
        try:
            if too_long:
                raise InputError(
                    f"longer than {json_scan.LONGEST} bytes; one resource a line is expected."
                )
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            if text.strip():
                if not isinstance(value := decoder.whole(text), dict):
                    raise InputError(NO_OBJECT)
                yield place, value
        except UnicodeDecodeError:
            yield Refused(place, "not UTF-8; write the file as UTF-8.")
        except InputError as error:
            yield Refused(place, str(error))


def _from_text(file: Path, stream: BinaryIO) -> Iterator[Resource | Refused]:
    scan = Scan(stream)
    try:
        while start := scan.peek():
            if start == "[":
                for i, _ in enumerate(scan.elements("[", "]"), 1):
                    yield _at(Place(str(file), scan.line, f"element {i}"), scan)
            else:
                yield from _top(file, scan)
    except InputError as error:
        yield Refused(Place(str(file), scan.line), f"{error} What follows cannot be read.")


def _top(file: Path, scan: Scan) -> Iterator[Resource | Refused]:
    """Yield the resource that starts here; of a Bundle, the resources of its entries."""
    place, top, fault, entries = Place(str(file), scan.line), dict[str, Any](), "", 0
    for _ in scan.elements("{", "}"):
        name = scan.name()
        if name in top:
            fault = f"{name!r} stands twice in one object; keep one."
        top[name] = None
        if name != "entry" or scan.peek() != "[":
            try:
                top[name] = scan.value()
            except NameTwice as error:
                fault = str(error)
            continue
        for entries, _ in enumerate(scan.elements("[", "]"), 1):
            entry = _at(Place(str(file), scan.line, f"entry {entries}"), scan)
            if isinstance(entry, Refused):
                yield entry
            elif isinstance(resource := entry[1].get("resource"), dict):
                yield entry[0], resource
    if fault:
        yield Refused(place, fault)
    elif not entries:
        yield place, top


def _at(place: Place, scan: Scan) -> Resource | Refused:
    """Read the object that starts here; one with a fault of its own does not end the file."""
    try:
        value = scan.value()
    except NameTwice as error:
        return Refused(place, str(error))
    if not isinstance(value, dict):
        return Refused(place, NO_OBJECT)
    return place, value
