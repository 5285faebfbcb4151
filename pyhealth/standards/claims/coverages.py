"""Coverages of FHIR R4 and CSV files, and the book in which claims find theirs.

==============  ==================================================================================
coverage        the payer's number of the coverage
first_day       of cover, as 2026-01-01
last_day        of cover, that day included; empty for no end
person          who is covered, by the payer's own number of the person; never a name
plan            name of the plan
waiting_since   from when waiting periods run, where that is before the first day
secondary       yes where another payer decides first
aliases         what claims call the coverage as well, parted by spaces: a member number, a
                reference; that of a dependent in X12 is ``NUMBER#BIRTHDATE``
==============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pyhealth.adjudication.values import Place, Refused
from pyhealth.errors import InputError
from pyhealth.standards import json_stream
from pyhealth.standards.claims.csv_claim import day_of
from pyhealth.standards.claims.csv_rows import Row, rows
from pyhealth.standards.claims.fhir_insurance import key_of
from pyhealth.standards.fhir_elements import Element, told
from pyhealth.values.coverage import EPOCH

REQUIRED = ("coverage", "first_day", "person")
OPTIONAL = ("last_day", "plan", "waiting_since", "secondary", "aliases")
NO_END = date.max
ANSWERS = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class CoverageRecord:
    """Who is covered, and when, as the payer keeps it."""

    number: str
    person: str  # the payer's own number of the person
    from_: date
    until: date  # the first day no longer covered
    since: date  # from when waiting periods run
    secondary: bool = False  # another payer decides first
    plan: str | None = None
    aliases: frozenset[str] = frozenset()
    place: Place = field(default=Place("-"), compare=False)

    def covers(self, day: date) -> bool:
        """Say whether a day is covered."""
        return self.from_ <= day < self.until


class CoverageBook:
    """Coverages by all that claims call them."""

    def __init__(self, records: Iterable[CoverageRecord]) -> None:
        self._by_key: dict[str, list[CoverageRecord]] = {}
        for record in records:
            for key in {record.number, *record.aliases}:
                self._by_key.setdefault(key, []).append(record)

    def find(self, key: str, served_on: date) -> CoverageRecord:
        """Return the coverage that a claim means: of several under one name, that of the day."""
        named = self._by_key.get(key, [])
        on_the_day = [record for record in named if record.covers(served_on)]
        fitting = on_the_day or named
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise InputError(f"no coverage is known as {key!r}; enrol it, or correct the claim.")
        numbers = " and ".join(record.number for record in fitting[:3])
        raise InputError(f"{key!r} can be coverage {numbers}; name one of them in the claim.")


def read_coverages(file: Path) -> Iterator[CoverageRecord | Refused]:
    """Yield the coverages of a FHIR or CSV file; one that cannot be read does not stop the rest."""
    try:
        if file.suffix.lower() == ".csv":
            yield from map(_of_row, rows(file, REQUIRED, OPTIONAL))
            return
        for one in json_stream.resources(file):
            if isinstance(one, Refused):
                yield one
            elif one[1].get("resourceType") == "Coverage":
                yield _of_resource(*one)
    except OSError as error:
        yield Refused(Place(str(file)), f"it cannot be read ({error.strerror}).")


def _of_row(row: Row) -> CoverageRecord | Refused:
    try:
        row.check()
        from_ = day_of(row.text("first_day"), "first_day")
        last, waiting = row.cells.get("last_day"), row.cells.get("waiting_since")
        secondary = row.cells.get("secondary", "").lower()
        if secondary not in ANSWERS:
            raise InputError(f"secondary is {secondary!r}; yes or no is expected.")
        return _checked(
            CoverageRecord(
                number=row.text("coverage"),
                person=row.text("person"),
                from_=from_,
                until=_after(day_of(last, "last_day")) if last else NO_END,
                since=day_of(waiting, "waiting_since") if waiting else from_,
                secondary=ANSWERS[secondary],
                plan=row.cells.get("plan"),
                aliases=frozenset(row.cells.get("aliases", "").split()),
                place=row.place,
            )
        )
    except InputError as error:
        return Refused(row.place, str(error), row.cells.get("coverage"))


def _of_resource(place: Place, resource: dict[str, Any]) -> CoverageRecord | Refused:
    try:
        return _checked(coverage_of(resource, place))
    except Exception as error:  # whatever one resource does, those after it are read
        number = resource.get("id")
        return Refused(place, told(error), number if isinstance(number, str) else None)


def coverage_of(resource: dict[str, Any], place: Place) -> CoverageRecord:
    """Read a Coverage resource. Its period ends with its last day; one of order 2 is secondary."""
    root = Element(resource, "")
    if (status := root.text("status")) != "active":
        raise InputError(f"the coverage's status is {status!r}; active is expected.")
    period = root.one("period")
    from_ = period.day("start")
    person = key_of(root.one("beneficiary"), root)
    if person is None:
        raise InputError("beneficiary has neither a reference nor an identifier; add one.")
    names = [
        f"{one.optional('system') or ''}|{one.text('value')}".lstrip("|")
        for one in root.many("identifier")
        if one.has("value")
    ]
    names += [name.rpartition("|")[2] for name in names]
    names += [name for name in (root.optional("id"), root.optional("subscriberId")) if name]
    if not names:
        raise InputError("the coverage has neither an id nor an identifier; number it.")
    plans = [one.text("value") for one in root.many("class") if one.code("type") == "plan"]
    return CoverageRecord(
        number=root.optional("id") or names[0],
        person=person,
        from_=from_,
        until=_after(period.day("end")) if period.has("end") else NO_END,
        since=from_,
        secondary=root.has("order") and root.number("order") > 1,
        plan=plans[0] if plans else None,
        aliases=frozenset((*names, person)),
        place=place,
    )


def _after(last: date) -> date:
    """Return the first day no longer covered."""
    return last if last == date.max else last + timedelta(1)


def _checked(record: CoverageRecord) -> CoverageRecord:
    if record.from_ >= record.until:
        raise InputError(
            f"the coverage begins on {record.from_} and ends before; correct one of them."
        )
    if record.since < EPOCH:
        raise InputError(
            f"the coverage or its waiting period begins on {record.since}, before {EPOCH}; "
            "correct it."
        )
    if record.since > record.from_:
        raise InputError(
            f"waiting periods would run from {record.since}, after the first day {record.from_}; "
            "correct one of them."
        )
    return record
