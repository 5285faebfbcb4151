"""A parsed document to read from, which remembers what was read: the rest is the loss report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhealth.errors import InputError

TEXT = "#"  # the text of an XML element that has attributes or children besides
SHOWN = 80  # characters of a value in a message
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been read of one document."""

    name: str  # of the file, for messages
    read: set[Path] = field(default_factory=set)
    entered: set[Path] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a document, and the way to it."""

    value: Any
    reading: Reading
    path: Path = ()

    def get(self, way: str) -> Node | None:
        """Return the value at names parted by dots; an absent or empty one is None."""
        node = self
        for name in way.split("."):
            if isinstance(node.value, str) and (name[:1] == "@" or not node.value.strip()):
                return None  # an XML element without attributes, or a YAML key without a value
            if not isinstance(node.value, dict):
                raise node.wrong("must be an object with named values")
            node.reading.entered.add(node.path)
            if node.value.get(name) is None:
                return None
            node = node._child(name, node.value[name])
        return node

    def each(self, way: str) -> list[Node]:
        """Return the values of a list, of this one where no way is given; a value that stands alone
        is a list of one.
        """
        found = self.get(way) if way else self
        if found is None:
            return []
        if not isinstance(found.value, list):
            return [found] if found.value != "" else []
        found.reading.entered.add(found.path)
        return [found._child(i, value) for i, value in enumerate(found.value) if value is not None]

    def text(self, *ways: str) -> str | None:
        """Return the text at the first of the ways that leads to one; empty text is None."""
        for way in ways:
            found = self.get(way)
            if found and (text := found.own_text()):
                return text
        return None

    def own_text(self) -> str:
        """Return this value, which must be text, and count it as read."""
        value, path = self.value, self.path
        if isinstance(value, dict) and TEXT in value:
            self.reading.entered.add(path)
            value, path = value[TEXT], (*path, TEXT)
        if not isinstance(value, str):
            raise self.wrong("must be text")
        self.reading.read.add(path)
        return value.strip()

    def done(self) -> None:
        """Count this value, and all within, as read."""
        self.reading.read.add(self.path)

    def unread(self) -> Iterator[Node]:
        """Yield what was not read, each in its largest piece."""
        if self.path in self.reading.read or self.value in (None, "", [], {}):
            return
        if self.path not in self.reading.entered:
            yield self
            return
        pairs = self.value.items() if isinstance(self.value, dict) else enumerate(self.value)
        for key, value in pairs:
            yield from self._child(key, value).unread()

    def wrong(self, why: str) -> InputError:
        """Say what is wrong with this value."""
        return InputError(f"{self.reading.name}, {self.place}: {why}, and is {brief(self.value)}.")

    @property
    def place(self) -> str:
        """The way to this value, as people write it: ``outcomes.primary[0].measure``."""
        return place_of(self.path)

    def _child(self, key: str | int, value: object) -> Node:
        return Node(value, self.reading, (*self.path, key))


def place_of(path: Path) -> str:
    """Write a path as people do."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return brief(written.lstrip("."), 200) or "the top"


def brief(value: object, most: int = SHOWN) -> str:
    """Show a value, however long or hostile, in a few printable characters of one line."""
    if isinstance(value, (list, dict)):
        noun = ("entry", "entries") if isinstance(value, list) else ("value", "values")
        return f"{len(value)} {noun[len(value) != 1]}"
    text = " ".join((value if isinstance(value, str) else str(value)).split())
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: most + 1])
    return plain if len(plain) <= most else plain[: most - 2] + " …"
