"""Hands what happens to a webhook or a command, each once, across interruptions.

A cursor on disk says what was handed over last, and moves only after it was: what a cut leaves open
is handed over again, under the same identifier, by which a receiver knows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyhealth.errors import InputError, PyHealthError
from pyhealth.index import Event, Index
from pyhealth.reading import shallow
from pyhealth.values import Ground, Receipt, struct

ALWAYS_TOLD = (
    ("RecordRegistry", "AccessDecided"),
    ("RecordRegistry", "GlassBroken"),
    ("RecordRegistry", "EmergencyReviewed"),
    ("ConsentRegistry", "RepresentativeAppointed"),
    ("ConsentRegistry", "RepresentativeDismissed"),
    ("ConsentRegistry", "MoveRequested"),
    ("ConsentRegistry", "PatientRehoused"),
)
TOLD_OF_OTHERS = (("ConsentRegistry", "DirectiveGiven"), ("ConsentRegistry", "DirectiveRevoked"))
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between tries
TIMEOUT = 30.0  # seconds that a receiver may take
LARGEST = 1 << 63
Cursor = tuple[int, int]  # block, and place within it
Deliver = Callable[[Mapping[str, Any]], None]


class NotDelivered(PyHealthError):
    """A receiver did not take what was handed to it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One watcher's place in the events of a patient, or of all."""

    index: Index
    cursor: Path
    patient: str | None = None

    def due(self) -> Iterator[Event]:
        """Yield what was not handed over yet and is final, in the order of the chain."""
        block, place = self.position
        found: list[Event] = []
        where = {"patient": self.patient} if self.patient else {}
        for contract, name in (*ALWAYS_TOLD, *TOLD_OF_OTHERS):
            found += self.index.events(contract, name, where, first=block, last=self.index.final)
        found.sort(key=_place)
        return (event for event in found if _place(event) > (block, place) and _worth(event))

    @property
    def position(self) -> Cursor:
        """The place of what was handed over last; before everything where nothing was."""
        try:
            with shallow():
                told = json.loads(self.cursor.read_text())
            place = int(told["block"]), int(told["log"])
            if not all(-1 <= number < LARGEST for number in place):
                raise ValueError("no block has such a number")
            return place
        except FileNotFoundError:
            return -1, -1
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise InputError(
                f"{self.cursor} is no cursor of a watch; name another with --cursor."
            ) from error

    def move(self, event: Event) -> None:
        """Keep that an event was handed over."""
        self._keep(_place(event))

    def skip(self) -> None:
        """Pass over all that happened so far."""
        self._keep((max(self.index.final, 0), 1 << 31))

    def _keep(self, place: Cursor) -> None:
        part = self._beside(".part")
        with open(part, "w") as out:
            out.write(json.dumps({"block": place[0], "log": place[1]}))
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.cursor)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the cursor: two watchers of one place would hand everything over twice."""
        if self.cursor.is_dir():
            raise InputError(f"{self.cursor} is a folder; name a file with --cursor.")
        self.cursor.parent.mkdir(parents=True, exist_ok=True)
        with open(self._beside(".lock"), "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    f"{self.cursor} is held by another watch; end that one, or name another "
                    "with --cursor."
                ) from error
            yield

    def _beside(self, suffix: str) -> Path:
        return self.cursor.with_name(self.cursor.name + suffix)


def hand_over(
    watched: Watched,
    describe: Callable[[Event], Mapping[str, Any]],
    deliver: Deliver,
    *,
    tries: int,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Mapping[str, Any]]:
    """Hand over what is due, each with some tries, and yield it; raise where a receiver fails."""
    for event in watched.due():
        told = {"id": identifier(event), **describe(event)}
        wait = FIRST_PAUSE
        for attempt in range(1, tries + 1):
            try:
                deliver(told)
                break
            except NotDelivered:
                if attempt == tries:
                    raise
                pause(wait)
                wait = min(2 * wait, LONGEST_PAUSE)
        watched.move(event)
        yield told


def identifier(event: Event) -> str:
    """Return what names an event for a receiver, the same each time it is handed over."""
    return f"0x{event.transaction.hex()}-{event.log_index}"


def webhook(url: str) -> Deliver:
    """Return what posts to a URL; anything but 2xx is a failure."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise InputError(f"{url!r} is not the address of a webhook; http(s)://… is expected.")
    import urllib3

    pool = urllib3.PoolManager(retries=False)

    def post(told: Mapping[str, Any]) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(told["id"])}
        body, limit = json.dumps(told).encode(), urllib3.Timeout(TIMEOUT)
        try:
            answer = pool.request("POST", url, body=body, headers=headers, timeout=limit)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise NotDelivered(
                f"The webhook {url} does not answer ({type(error).__name__}); {told['id']} waits."
            ) from error
        if not 200 <= answer.status < 300:
            raise NotDelivered(
                f"The webhook {url} answered with {answer.status}; {told['id']} waits."
            )

    return post


def command(line: str) -> Deliver:
    """Return what runs a command with the event as JSON on its standard input."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"The command {line!r} cannot be read ({error}); mend it.") from error
    if not words:
        raise InputError("The command to run is empty; name a program.")

    def run(told: Mapping[str, Any]) -> None:
        body = json.dumps(told) + "\n"
        try:
            done = subprocess.run(words, input=body, text=True, timeout=TIMEOUT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            why = getattr(error, "strerror", None) or "it takes too long"
            raise NotDelivered(f"{words[0]} cannot be run ({why}); {told['id']} waits.") from error
        if done.returncode:
            raise NotDelivered(
                f"{words[0]} ended with status {done.returncode}; {told['id']} waits."
            )

    return run


def _worth(event: Event) -> bool:
    """Say whether to tell of an event: not of what patients direct themselves, nor of requests by
    members that are suspended or removed, which are refused whatever the patient says.
    """
    said: Any = event.arguments
    if event.name == "AccessDecided":
        return struct(Receipt, said["receipt"]).ground is not Ground.MEMBER_NOT_ACTIVE
    given = any(event.name == name for _, name in TOLD_OF_OTHERS)
    return not given or said["by"] != said["patient"]


def _place(event: Event) -> Cursor:
    return event.block_number, event.log_index
