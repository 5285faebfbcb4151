"""Claims of any file or folder, one by one, each with its place; what cannot be read is refused
with its place, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pyhealth.adjudication.values import BilledClaim, Place, Refused
from pyhealth.errors import InputError
from pyhealth.standards import json_stream
from pyhealth.standards.claims import csv_claim, x12_837
from pyhealth.standards.claims.expected import Expected
from pyhealth.standards.claims.fhir_claim import claim_of
from pyhealth.standards.fhir_elements import told

JSON = (".json", *json_stream.LINES)
X12 = (".x12", ".edi", ".837", ".837p", ".837i")
SUFFIXES = (*JSON, ".csv", *X12)
Read = Iterator[BilledClaim | Refused]


def read_claims(paths: Iterable[Path], expected: Expected | None = None) -> Read:
    """Yield the claims of FHIR, CSV and X12 files, and of those in folders, in order.

    Memory is bounded however long a file is. Every claim yielded agrees with what is expected.
    """
    wanted = expected or Expected()
    for path in paths:
        empty = True
        for one in _all(path, wanted):
            empty = False
            yield _checked(one, wanted) if isinstance(one, BilledClaim) else one
        if empty:
            known = ", ".join(SUFFIXES)
            yield Refused(Place(str(path)), f"no claim is in it; {known} files are read.")


def _all(path: Path, expected: Expected) -> Read:
    """Yield the claims of a file, or of the files in a folder."""
    try:
        for file in _files(path):
            try:
                yield from _by_suffix(file)(file, expected)
            except OSError as error:
                yield Refused(Place(str(file)), f"it cannot be read ({error.strerror}).")
    except OSError as error:
        yield Refused(Place(str(path)), f"it cannot be opened ({error.strerror}).")


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or what a folder holds that may be claims, in order of names."""
    if not path.is_dir():
        if path.exists() and not path.is_file():
            raise OSError(None, "it is neither a file nor a folder")
        yield path
        return
    for inner in sorted(path.iterdir()):
        if inner.name.startswith("."):
            continue
        if inner.is_dir() and not inner.is_symlink():
            yield from _files(inner)
        elif inner.is_file() and inner.suffix.lower() in SUFFIXES:
            yield inner


def _by_suffix(file: Path) -> Callable[[Path, Expected], Read]:
    suffix = file.suffix.lower()
    if suffix in JSON:
        return _fhir
    if suffix == ".csv":
        return lambda path, expected: csv_claim.claims_of(path, lenient=expected.lenient)
    if suffix in X12:
        return lambda path, expected: x12_837.claims_of(path, lenient=expected.lenient)
    return lambda path, expected: iter(())


def _fhir(file: Path, expected: Expected) -> Read:
    for one in json_stream.resources(file):
        if isinstance(one, Refused):
            yield one
        elif one[1].get("resourceType") == "Claim":
            yield _claim(*one, expected)


def _claim(place: Place, resource: dict[str, Any], expected: Expected) -> BilledClaim | Refused:
    try:
        if expected.validate:
            validate(resource)
        return claim_of(resource, place, lenient=expected.lenient)
    except Exception as error:  # whatever one resource does, those after it are read
        number = resource.get("id")
        return Refused(place, told(error), number if isinstance(number, str) else None)


def _checked(claim: BilledClaim, expected: Expected) -> BilledClaim | Refused:
    try:
        return expected.check(claim)
    except InputError as error:
        return Refused(claim.place, str(error), claim.number)


def validate(resource: dict[str, Any]) -> None:
    """Hold a resource against every rule of FHIR R4: thorough, and two milliseconds a claim."""
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    kind = str(resource.get("resourceType"))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or kind
        raise InputError(f"{where} is no valid FHIR R4 ({first['msg']}); correct it.") from error
    except (KeyError, TypeError) as error:  # what fhir.resources says to a contained unknown
        raise InputError(f"the {kind} contains what is none of FHIR R4; correct it.") from error
