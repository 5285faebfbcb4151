"""Elements of a FHIR resource, taken with their path, so that a fault can be named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pyhealth.errors import InputError

DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON object, and where it stands in its resource."""

    value: dict[str, Any]
    path: str  # as in FHIR: "item[2].servicedPeriod", counted from 1

    def has(self, name: str) -> bool:
        """Say whether a member is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str) -> str:
        """Return a member that must be text."""
        text = self.value.get(name)
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{self._at(name)} {_shown(text)}; text is expected.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{self._at(name)} holds half a character; write it anew.") from error
        return text.strip()

    def optional(self, name: str) -> str | None:
        """Return a member that is text where it is there."""
        return self.text(name) if self.has(name) else None

    def number(self, name: str) -> Decimal:
        """Return a member that must be a number."""
        number = self.value.get(name)
        if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
            raise InputError(f"{self._at(name)} {_shown(number)}; a number is expected.")
        return Decimal(number)

    def day(self, name: str) -> date:
        """Return the calendar day of a date or time, as it was where that was written."""
        text = self.text(name)
        try:
            return date.fromisoformat(text[:10] if DATE.fullmatch(text) else "")
        except ValueError as error:
            raise InputError(f"{self._at(name)} is {text!r}; a full date is expected.") from error

    def one(self, name: str) -> Element:
        """Return a member that must be an object."""
        value = self.value.get(name)
        if not isinstance(value, dict):
            raise InputError(f"{self._at(name)} {_shown(value)}; an object is expected.")
        return Element(value, self._at(name))

    def maybe(self, name: str) -> Element | None:
        """Return a member that is an object where it is there."""
        return self.one(name) if self.has(name) else None

    def many(self, name: str) -> list[Element]:
        """Return the objects of a list; none where it is not there."""
        listed = self.value.get(name)
        if listed is None:
            return []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise InputError(f"{self._at(name)} is no list of objects; correct it.")
        return [Element(one, f"{self._at(name)}[{i}]") for i, one in enumerate(listed, 1)]

    def codes(self, name: str) -> list[str]:
        """Return the codings of a codeable concept as ``system|code``."""
        concept = self.maybe(name)
        codings = concept.many("coding") if concept else []
        return [token(one) for one in codings if one.has("code")]

    def code(self, name: str) -> str:
        """Return the first code of a codeable concept without its system, or nothing."""
        found = self.codes(name)
        return found[0].rpartition("|")[2] if found else ""

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def token(coding: Element) -> str:
    """Return a coding as FHIR searches for it: ``system|code``."""
    return f"{coding.optional('system') or ''}|{coding.text('code')}"


def told(error: Exception) -> str:
    """Say why a resource cannot be taken, also where its form was foreseen by nobody."""
    if isinstance(error, InputError):
        return str(error)
    return f"it has not the form of FHIR R4 ({type(error).__name__}); correct it."


def _shown(value: object) -> str:
    if value is None:
        return "is missing"
    text = repr(value)
    return f"is {text if len(text) <= 40 else text[:40] + '...'}"
