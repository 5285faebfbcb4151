"""FHIR resources read from JSON: parsed with care, checked against their release, taken apart with
the place of every element, so that a fault can be named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Literal

from pyhealth.errors import InputError
from pyhealth.reading import shallow
from pyhealth.values import FOREVER

Release = Literal["R4", "R5"]
LARGEST = 1 << 24  # bytes of one document: a thousand times a long one
MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON object, and where it stands in its resource."""

    value: Mapping[str, Any]
    path: str  # as in FHIR: "Consent.provision.actor[2]", counted from 1

    def has(self, name: str) -> bool:
        """Whether a member is there, and is neither null nor empty."""
        return self.value.get(name) not in (None, [], {}, "")

    def text(self, name: str) -> str:
        """Return a member that is text, or nothing where it is not there."""
        text = self.value.get(name)
        if text is None:
            return ""
        if not isinstance(text, str) or not text.isprintable():
            raise InputError(f"{self.path}.{name} is {shown(text)}; text is expected.")
        return text

    def one(self, name: str) -> Element:
        """Return a member that is an object; an empty one where it is not there."""
        value = self.value.get(name)
        if not isinstance(value, dict | None):
            raise InputError(f"{self.path}.{name} is {shown(value)}; an object is expected.")
        return Element(value or {}, f"{self.path}.{name}")

    def many(self, name: str) -> list[Element]:
        """Return the objects of a list; none where it is not there."""
        listed = self.value.get(name)
        if listed is None:
            return []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise InputError(
                f"{self.path}.{name} is {shown(listed)}; a list of objects is expected."
            )
        return [Element(one, f"{self.path}.{name}[{i}]") for i, one in enumerate(listed, 1)]


def shown(value: object) -> str:
    """Return a value for a sentence: short, on one line."""
    text = ascii(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def moment(text: str, place: str, *, end: bool = False, zone: tzinfo = UTC) -> datetime:
    """Read a FHIR date or time; of an ``end``, which FHIR includes, return the first second after.

    What is written to the year, month or day starts or ends in ``zone``.
    """
    written = MOMENT.fullmatch(text)
    if written is None:
        raise InputError(
            f"{place} is {shown(text)}; a date or time such as 2026-05-31 is expected."
        )
    year, month, day, hour, minute, second, offset = written.groups()
    if end and year == "9999":
        return FOREVER
    try:
        start = datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}"
            f":{second or '00'}{(offset or '').replace('Z', '+00:00')}"
        )
        start = start if start.tzinfo else start.replace(tzinfo=zone)
        after = _after(start, written) if end else start
        return after.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{place} is {shown(text)}, which is on no calendar.") from error


def _after(start: datetime, written: re.Match[str]) -> datetime:
    """Return the first second after what was written, as precisely as it was."""
    _, month, day, hour, _, second, _ = written.groups()
    if hour:
        return start + timedelta(seconds=1 if second else 60)
    if day:
        return start + timedelta(days=1)
    if month:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.replace(year=start.year + 1)


def parse(source: bytes | str | Path | Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """Return the JSON object in a file, in bytes or in text; ``name`` says where that came from."""
    name = name or (str(source) if isinstance(source, Path) else "The document")
    if isinstance(source, Mapping):
        return dict(source)
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
        if len(text) > LARGEST:
            raise InputError(f"{name} is larger than {LARGEST} bytes; hand in one resource.")
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        with shallow():
            value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 (byte {error.start}); write it as UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise InputError(f"{name} is no JSON ({place}); hand in FHIR as JSON.") from error
    except (RecursionError, _Twice, ValueError) as error:
        why = str(error) if isinstance(error, _Twice) else "nested too deeply, or a number too long"
        raise InputError(f"{name} cannot be read: {why}.") from error
    except OSError as error:
        raise InputError(f"{name} cannot be opened ({error.strerror}).") from error
    if not isinstance(value, dict):
        raise InputError(f"{name} is no JSON object; a FHIR resource is one.")
    return value


class _Twice(ValueError):
    """A name occurs twice, and readers would differ on what it says."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twice(f"the name {shown(twice)} occurs twice in one object")
    return found


def _no_number(text: str) -> float:
    raise _Twice(f"{text} is no number of JSON")


def faults(resource: Mapping[str, Any], release: Release) -> list[str]:
    """Return what a release of FHIR finds wrong with a resource, each with its place."""
    if release == "R4":
        from fhir.resources.R4B import get_fhir_model_class
    else:
        from fhir.resources import get_fhir_model_class
    from pydantic import ValidationError

    kind = str(resource["resourceType"])
    try:
        get_fhir_model_class(kind).model_validate(dict(resource))
    except ValidationError as error:
        return [_fault(kind, one["loc"], one["msg"]) for one in error.errors()]
    except Exception as error:  # the models raise anything on input that is no FHIR at all
        return [f"{kind} cannot be read as {release} ({shown(str(error))})"]
    return []


def _fault(kind: str, place: tuple[int | str, ...], message: str) -> str:
    steps = (f"[{one + 1}]" if isinstance(one, int) else f".{_named(one)}" for one in place)
    reason = " ".join(message.removeprefix("Value error, ").split()).rstrip(".")
    return f"{kind}{''.join(steps)}: {_named(reason[:120])}"


def _named(text: str) -> str:
    """Return a text of others as it stands, or escaped where it could steer a terminal."""
    return text if text.isprintable() else shown(text)
