"""What a sponsor declares: dates as people write them, read into the first second at which each is
late.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from pyhealth.errors import InputError
from pyhealth.reading import span_of
from pyhealth.standards.trials import record
from pyhealth.standards.trials.dates import NoDate, StudyDate, parse_date
from pyhealth.values import Dates

RESULTS_AFTER = timedelta(days=365)  # of completion, as most registries ask
SPAN = re.compile(r"\d{1,9}[dhms]")


def due(text: str, what: str, now: datetime) -> datetime:
    """Read when something is due: ``2027-05-01`` (the whole day, UTC), ``2027-05`` (the month), an
    instant with its time zone, or ``90d`` from now.
    """
    if SPAN.fullmatch(text.strip()):
        try:
            return now + span_of(text)
        except InputError as error:
            raise InputError(f"{what}: {error}") from error
    try:
        return _after(parse_date(text.strip()))
    except NoDate as error:
        raise InputError(f"{what}: {error}; or a length of time from now, such as 90d.") from error


def _after(date: StudyDate) -> datetime:
    """Return the first second after a date."""
    if date.instant:
        return date.instant.replace(microsecond=0) + timedelta(seconds=1)
    return datetime.combine(date.last, time(), UTC) + timedelta(days=1)


def declared(
    study: record.Dates,
    now: datetime,
    *,
    enrolment: str | None = None,
    completion: str | None = None,
    results: str | None = None,
) -> Dates:
    """Return what is declared: what is given here, else what the record says; results are due a
    year after completion, where neither says.
    """
    first = _either(enrolment, study.start, "enrolment", now)
    last = _either(completion, study.primary_completion or study.completion, "completion", now)
    if first is None or last is None:
        missing = "--enrolment" if first is None else "--completion"
        raise InputError(
            f"The record gives no date for it; declare one with {missing}, such as 2027-05-01."
        )
    published = _either(results, None, "results", now) or last + RESULTS_AFTER
    return checked(Dates(first, last, published), now)


def _either(
    given: str | None, recorded: StudyDate | None, what: str, now: datetime
) -> datetime | None:
    if given is not None:
        return due(given, f"--{what}", now)
    return _after(recorded) if recorded else None


def checked(dates: Dates, now: datetime) -> Dates:
    """Refuse dates that are not ahead, or do not follow one another."""
    named = (("enrolment", dates.enrolment), ("completion", dates.completion))
    for (name, one), (after, other) in zip(
        named, (named[1], ("results", dates.results)), strict=True
    ):
        if one > other:
            raise InputError(
                f"The declared {name} (due before {one:%Y-%m-%d %H:%M} UTC) is after the "
                f"declared {after} ({other:%Y-%m-%d %H:%M} UTC); correct one of them."
            )
    if dates.enrolment <= now:
        raise InputError(
            f"The declared enrolment was due before {dates.enrolment:%Y-%m-%d %H:%M} UTC, which is "
            "past; a trial is registered before it enrols: declare a later date with --enrolment."
        )
    return dates
