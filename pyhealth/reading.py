"""What people write, read into values; what cannot be is refused with what could."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import IntEnum
from typing import TypeVar

from pyhealth.errors import InputError
from pyhealth.values import Role

E = TypeVar("E", bound=IntEnum)
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
NAME_BYTES = 32
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MANY, NEAR = 40, 5  # from how many on not all that is known is named, but some that are near
LONGEST = timedelta(days=36_500)
DEEPEST = 5_000  # levels that parsers may go down, far fewer than the C stack holds


@contextmanager
def shallow() -> Iterator[None]:
    """Have parsers of what others wrote end with `RecursionError`, not with the process: packages
    in use raise Python's limit beyond what the C stack holds.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(min(before, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def span_of(text: str) -> timedelta:
    """Read a length of time, such as ``7d``, ``12h``, ``30m`` or ``90s``."""
    written = re.fullmatch(r"(\d{1,9})([dhms])", str(text).strip())
    if not written:
        raise InputError(f"{text!r} is no length of time; write 7d, 12h, 30m or 90s.")
    length = timedelta(**{UNITS[written[2]]: int(written[1])})
    if length > LONGEST:
        raise InputError(f"{text!r} is too long; {LONGEST.days}d are the most.")
    return length


def moment_of(text: str, what: str, now: datetime) -> datetime:
    """Read a moment, such as ``2027-01-31`` or ``2027-01-31T12:00+01:00`` (without a zone: UTC), or
    a length of time from ``now``, such as ``365d``.
    """
    if re.fullmatch(r"\d+[dhms]", text.strip()):
        return now + span_of(text)
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{what} {text!r} is no moment; write 2027-01-31, 2027-01-31T12:00Z, or 365d from now."
        ) from error
    if moment < EARLIEST:
        raise InputError(f"{what} {text!r} lies before 1970, where the clocks of chains start.")
    return moment


def amount_of(text: str, what: str) -> Decimal:
    """Read a positive amount, such as ``2450.50``."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise InputError(f"{what} {text!r} is no positive amount; write 2450.50.")
    return amount


def one_of(kind: type[E], text: object, what: str) -> E:
    """Read a member of an enumeration, in capitals or not, words parted by ``-`` or ``_``."""
    wanted = str(text).strip().upper().replace("-", "_").replace(" ", "_")
    names = [name for name in kind.__members__ if name != "NONE"]
    if wanted in names:
        return kind[wanted]
    few = len(names) <= MANY
    named = names if few else get_close_matches(wanted, names, NEAR, cutoff=0)
    known = ", ".join(name.lower().replace("_", "-") for name in named)
    which = "known are" if few else f"{len(names)} are known, near this are"
    raise InputError(f"{text!r} is no {what}; {which} {known}.")


def roles(texts: Iterable[object]) -> frozenset[Role]:
    """Read roles; at least one."""
    read = frozenset(one_of(Role, text, "role") for text in texts)
    if not read:
        known = ", ".join(name for name in Role.__members__)
        raise InputError(f"No role is given; give at least one of {known}.")
    return read


def word_of(name: str) -> bytes:
    """Write a short name as the contracts keep it: UTF-8, filled with zeros to 32 bytes."""
    word = name.encode()
    if not word or len(word) > NAME_BYTES or not name.isprintable() or name != name.strip():
        raise InputError(
            f"{name!r} cannot be a name: 1 to {NAME_BYTES} bytes that can be read are expected."
        )
    return word.ljust(NAME_BYTES, b"\0")
