"""Progress of long work: nothing for programs, a bar on standard error for people."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
QUIET_SECONDS = 1.0  # work that ends sooner shows no bar


class Progress(Protocol):
    """Passes items on, and shows how far the work has come."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterable[T]:
        """Yield the items; ``what`` names the work, ``total`` how many there will be."""
        ...


def silent(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show nothing."""
    return items


def bar(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Show a bar on standard error where that is a terminal, once the work has taken a second."""
    if not sys.stderr.isatty():
        yield from items
        return
    started, shown = time.monotonic(), None
    try:
        for done, item in enumerate(items):
            if shown is None and time.monotonic() - started > QUIET_SECONDS:
                shown = _Bar(what, total)
            if shown is not None:
                shown.move(done)
            yield item
    finally:
        if shown is not None:
            shown.close()


class _Bar:
    def __init__(self, what: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Bars(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bars.add_task(what, total=total)
        self._bars.start()

    def move(self, done: int) -> None:
        self._bars.update(self._task, completed=done)

    def close(self) -> None:
        self._bars.stop()
