"""Dates of study records: a year, a month, a day, or an instant with its time zone."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime

YEARS = range(1900, 2200)
MONTHS = tuple(name.lower() for name in month_name[1:])
DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(.*)", re.ASCII)
ZONE = re.compile(r"Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
OFFSET = re.compile(r"[+-]\d{2}:?\d{2}", re.ASCII)
NAMED = re.compile(r"([A-Za-z]+) (?:(\d{1,2}), )?(\d{4})", re.ASCII)


class NoDate(ValueError):
    """What is written is no date; the message says why, and what to write."""


@dataclass(frozen=True, slots=True)
class StudyDate:
    """A date as precise as it is written: ``2024``, ``2024-05``, ``2024-05-01``, or an instant.

    A day without a time zone is a day wherever it was written.
    """

    text: str  # ISO 8601
    first: date
    last: date
    instant: datetime | None = None  # in UTC
    estimated: bool = False

    def certainly_after(self, other: StudyDate) -> bool:
        """Say whether this is later than the other, whatever either leaves open."""
        if self.instant and other.instant:
            return self.instant > other.instant
        return self.first > other.last

    def __str__(self) -> str:
        return self.text


def parse_date(text: str, *, estimated: bool = False) -> StudyDate:
    """Read an ISO 8601 date, or one in the words of a registry (``May 1, 2024``)."""
    if written := DAY.fullmatch(text):
        return StudyDate(text, *_days(text, *written.groups()), None, estimated)
    if (named := NAMED.fullmatch(text)) and named[1].lower() in MONTHS:
        parts = [named[3], f"{MONTHS.index(named[1].lower()) + 1:02}"]
        parts += [f"{named[2]:0>2}"] if named[2] else []
        return StudyDate("-".join(parts), *_days(text, *parts), None, estimated)
    if written := INSTANT.fullmatch(text):
        days, instant = _days(text, *written[1].split("-")), _instant(text, written)
        return StudyDate(text, *days, instant, estimated)
    raise NoDate(f"{text!r} is no date; write 2024-05-01, 2024-05 or 2024")


def _days(
    text: str, year: str, month: str | None = None, day: str | None = None
) -> tuple[date, date]:
    """Return the first and the last day that are meant."""
    if int(year) not in YEARS:
        raise NoDate(f"{text!r} is outside the years {YEARS[0]} to {YEARS[-1]}")
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise NoDate(f"{text!r} is not in the calendar") from None
    if day:
        return first, first
    until = int(month or 12)
    return first, date(int(year), until, monthrange(int(year), until)[1])


def _instant(text: str, written: re.Match[str]) -> datetime:
    if OFFSET.fullmatch(written[3]) and not ZONE.fullmatch(written[3]):
        raise NoDate(f"{text!r} has an offset that no time zone has; write one such as +02:00")
    if not ZONE.fullmatch(written[3]):
        raise NoDate(
            f"{text!r} has a time without a time zone; add Z or an offset such as +02:00, "
            "or give the day alone"
        )
    clock = written[2][:15]  # microseconds: all that Python keeps
    try:
        return datetime.fromisoformat(f"{written[1]}T{clock}{written[3]}").astimezone(UTC)
    except ValueError:
        raise NoDate(f"{text!r} has a time that no clock shows") from None
