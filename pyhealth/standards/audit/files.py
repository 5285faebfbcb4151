"""Resources in files: single, in Bundles, one a line, in folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyhealth.errors import InputError
from pyhealth.standards.resources import parse, shown

LINES = {".ndjson", ".jsonl"}  # suffixes of files with one resource a line
FILES = LINES | {".json"}
Found = tuple[str, dict[str, Any] | InputError]  # a place, and a resource or why there is none


def resources(named: Iterable[Path]) -> Iterator[Found]:
    """Yield every resource of files, and of the files in folders, with its place; what cannot be
    read is told in its stead.
    """
    for path in named:
        if not path.exists():
            yield str(path), InputError(f"{path} does not exist; name a file or a folder.")
        for file in _files(path) if path.is_dir() else [path] if path.exists() else []:
            yield from _of_lines(file) if file.suffix.lower() in LINES else _of_file(file)


def _files(folder: Path) -> list[Path]:
    found = sorted(one for one in folder.rglob("*") if one.suffix.lower() in FILES)
    return [one for one in found if one.is_file() and not one.name.startswith(".")]


def _of_file(file: Path) -> Iterator[Found]:
    try:
        resource = parse(file)
    except InputError as error:
        yield str(file), error
        return
    yield from _unpacked(str(file), resource)


def _of_lines(file: Path) -> Iterator[Found]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                place = f"{file}, line {number}"
                if line.strip():
                    try:
                        resource = parse(line, place)
                    except InputError as error:
                        yield place, error
                    else:
                        yield from _unpacked(place, resource)
    except OSError as error:
        yield str(file), InputError(f"{file} cannot be opened ({error.strerror}).")


def _unpacked(place: str, resource: dict[str, Any]) -> Iterator[Found]:
    """Yield a resource, or those in a Bundle."""
    if resource.get("resourceType") != "Bundle":
        yield place, resource
        return
    entries = resource.get("entry") or []
    if not isinstance(entries, list):
        yield place, InputError(f"{place}: Bundle.entry is {shown(entries)}; a list is expected.")
        return
    for i, entry in enumerate(entries, 1):
        within = f"{place}, entry {i}"
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and inner.get("resourceType") != "Bundle":
            yield within, inner
        else:
            yield within, InputError(f"{within} holds no resource of its own; correct the Bundle.")
