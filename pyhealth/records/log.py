"""Everything that happened to a patient's records and consents, from the event index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from pyhealth.consents.history import history
from pyhealth.consents.words import actions_in_words, event_in_words, labels_in_words
from pyhealth.index import Event, Index
from pyhealth.records.chain import Fault, Link, faults
from pyhealth.records.registry import RecordRegistry
from pyhealth.sharing.accesses import WINDOW, Entry, Period, near
from pyhealth.sharing.rule import GROUNDS
from pyhealth.values import (
    Confidentiality,
    Directive,
    Emergency,
    Finding,
    Outcome,
    Receipt,
    directive_of,
    labels_of,
    struct,
    utc,
)

CONTRACT = "RecordRegistry"
SNAKE = re.compile(r"(?<=[a-z0-9])([A-Z])")
MOMENTS = {"expires_at", "review_due", "until", "ripe_at"}  # seconds, where they are arguments
OF_PATIENT = ("RecordRegistered", "AccessDecided", "GlassBroken", "EmergencyReviewed")
Title = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Log:
    """What the index tells of a patient, and whether the receipts are whole."""

    patient: str
    events: tuple[Event, ...]  # in the order of the chain
    faults: tuple[Fault, ...]

    @property
    def receipts(self) -> list[Receipt]:
        """The receipts, in their order."""
        return [receipt_of(event) for event in self.events if event.name == "AccessDecided"]


def log(index: Index, records: RecordRegistry, patient: str) -> Log:
    """Return a patient's log as the index stands (sync it first), checked against the chain."""
    events = sorted([*_events(index, patient), *history(index, patient)], key=_order)
    links = [link_of(event) for event in events if event.name == "AccessDecided"]
    head: Any = records.binding.call("headOf", patient, block=max(index.head, 0))
    return Log(patient, tuple(events), tuple(faults(records.domain, links, bytes(head))))


def _events(index: Index, patient: str) -> Iterator[Event]:
    registered = list(index.events(CONTRACT, "RecordRegistered", {"patient": patient}))
    yield from registered
    for name in OF_PATIENT[1:]:
        yield from index.events(CONTRACT, name, {"patient": patient})
    for event in registered:
        ref = event.arguments["recordRef"]
        yield from index.events(CONTRACT, "RecordUpdated", {"recordRef": ref})


def entries(events: Iterable[Event]) -> list[Entry]:
    """Return the receipts among events, with the custodians that are registered among them."""
    found, custodians = list[Entry](), dict[Any, Any]()
    for event in events:
        if event.name == "RecordRegistered":
            custodians[event.arguments["recordRef"]] = event.arguments["custodian"]
        elif event.name == "AccessDecided":
            link = link_of(event)
            custodian = custodians.get(link.receipt.record_ref)
            if custodian is not None:
                found.append(Entry(link.receipt, link.receipt_hash, custodian))
    return found


def entries_of(index: Index, custodian: int, period: Period) -> list[Entry]:
    """Return the receipts for the records of a custodian, of a period and a little around it."""
    registered = list(index.events(CONTRACT, "RecordRegistered", {"custodian": custodian}))
    own = {event.arguments["recordRef"] for event in registered}
    decided = (
        event
        for event in index.events(CONTRACT, "AccessDecided")
        if event.arguments["recordRef"] in own and near(event.block_time, period, WINDOW)
    )
    return entries([*registered, *decided])


def receipt_of(event: Event) -> Receipt:
    """Return the receipt in an event."""
    said: Any = event.arguments["receipt"]
    return struct(Receipt, said)


def link_of(event: Event) -> Link:
    """Return the receipt in an event, and the hash that the contract stated."""
    stated: Any = event.arguments["receiptHash"]
    return Link(receipt_of(event), stated)


def emergencies(events: Iterable[Event]) -> dict[bytes, Emergency]:
    """Return the emergencies among events, as the reviews among them leave them."""
    found: dict[bytes, Emergency] = {}
    for event in events:
        said: Any = event.arguments
        if event.name == "GlassBroken":
            times = utc(said["expiresAt"]), utc(said["reviewDue"])
            one = Emergency(said["patient"], *times, said["member"], Finding.NONE, False)
            found[said["emergencyId"]] = one
        elif event.name == "EmergencyReviewed" and (known := found.get(said["emergencyId"])):
            ended = min(known.expires_at, event.block_time)
            finding, by_patient = Finding(said["finding"]), not said["reviewer"]
            found[said["emergencyId"]] = replace(
                known, expires_at=ended, finding=finding, by_patient=by_patient
            )
    return found


def described(event: Event, title: Title) -> dict[str, Any]:
    """Describe an event for scripts: no health data, and nothing that is not on the chain."""
    return {
        "kind": kind(event),
        "at": event.block_time.isoformat(),
        "says": in_words(event, title),
        "event": event.name,
        **{name: _plain(value) for name, value in _arguments(event).items()},
        "block": event.block_number,
        "transaction": "0x" + event.transaction.hex(),
    }


def kind(event: Event) -> str:
    """Say of what kind an event is, in one word or two."""
    if event.name == "AccessDecided":
        permitted = receipt_of(event).outcome is Outcome.CONSENT_PERMIT
        return "access" if permitted else "refusal"
    return {
        "GlassBroken": "break-glass",
        "EmergencyReviewed": "review",
        "RecordRegistered": "record",
        "RecordUpdated": "record",
    }.get(event.name, "consent")


def in_words(event: Event, title: Title) -> str:
    """Say what an event tells."""
    said: Any = event.arguments
    match event.name:
        case "AccessDecided":
            return receipt_in_words(receipt_of(event), title)
        case "GlassBroken":
            until, due = utc(said["expiresAt"]), utc(said["reviewDue"])
            return (
                f"{title(said['member'])} breaks the glass until {until:%Y-%m-%d %H:%M:%S} UTC; "
                f"the review is due before {due:%Y-%m-%d %H:%M:%S} UTC"
            )
        case "EmergencyReviewed":
            by = title(said["reviewer"]) if said["reviewer"] else "the patient"
            found = Finding(said["finding"]).name.lower()
            return f"{by} finds the emergency of {title(said['member'])} {found}"
        case "RecordRegistered":
            about = _about(said["labels"], said["confidentiality"])
            return f"{title(said['custodian'])} registers a record: {about}"
        case "RecordUpdated":
            about = _about(said["labels"], said["confidentiality"])
            return f"a record has version {said['version']}: {about}"
        case _:
            return event_in_words(event, title)


def receipt_in_words(receipt: Receipt, title: Title) -> str:
    """Say what a request came to."""
    permitted = receipt.outcome is Outcome.CONSENT_PERMIT
    study = f" in study 0x{receipt.study.hex()[:8]}…" if any(receipt.study) else ""
    return (
        f"{title(receipt.member)}{study} asks to {actions_in_words([receipt.action])} for "
        f"{receipt.purpose.name}: {'permitted' if permitted else 'refused'}, "
        f"{GROUNDS[receipt.ground]}"
    )


def _about(labels: int, confidentiality: int) -> str:
    return f"{labels_in_words(labels_of(labels))}, {Confidentiality(confidentiality).name}"


def _arguments(event: Event) -> dict[str, Any]:
    """Return the arguments of an event; those of a receipt and a directive by their names."""
    said: dict[str, Any] = {
        SNAKE.sub(r"_\1", name).lower(): value for name, value in event.arguments.items()
    }
    if "receipt" in said:
        said |= _fields(struct(Receipt, said.pop("receipt")))
    if "directive" in said:
        said |= _fields(directive_of(said.pop("directive")))
    return said | {name: utc(said[name]) for name in MOMENTS & said.keys()}


def _fields(one: Receipt | Directive) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return [_plain(one) for one in sorted(value)]
    return value.name if hasattr(value, "name") else value


def _order(event: Event) -> tuple[int, int]:
    return event.block_number, event.log_index
