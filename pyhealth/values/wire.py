"""How words of the chain become values of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

__all__ = ["FOREVER", "READERS", "UNBOUNDED", "read", "span", "struct", "text_of", "utc"]

T = TypeVar("T")
FOREVER = datetime.max.replace(microsecond=0, tzinfo=UTC)  # until a vote ends it
UNBOUNDED = timedelta(days=999_999_999)  # more than any rule can be


def utc(seconds: int) -> datetime:
    """Return block time as an aware datetime; what lies beyond the calendar is `FOREVER`."""
    return FOREVER if seconds >= FOREVER.timestamp() else datetime.fromtimestamp(seconds, UTC)


def span(seconds: int) -> timedelta:
    """Return a number of seconds as a length of time."""
    return UNBOUNDED if seconds >= UNBOUNDED.total_seconds() else timedelta(seconds=seconds)


def text_of(word: bytes) -> str:
    """Return the text in a word filled with zeros; in hexadecimal where no person could read it."""
    text = word.rstrip(b"\0").decode("utf-8", "replace")
    return text if text.isprintable() and "\ufffd" not in text else "0x" + word.hex()


# How a word of the chain is read as a type of ours: from which type, and with what. The values of
# each contract add their own.
READERS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "datetime": (int, utc),
    "timedelta": (int, span),
    "str": (bytes, text_of),
}


def read(kind: str, value: Any) -> Any:
    """Return a value of the chain as the type of that name; one that is so already stays."""
    wire, convert = READERS.get(kind, (type(None), None))
    return convert(value) if convert and isinstance(value, wire) else value


def struct(kind: type[T], values: Sequence[Any]) -> T:
    """Return a struct of the chain as ours."""
    named = zip(fields(kind), values, strict=True)  # type: ignore[arg-type]
    return kind(*(read(str(field.type), value) for field, value in named))
