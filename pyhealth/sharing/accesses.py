"""Receipts on the chain and entries in a custodian's own log, compared: gaps both ways.

How an entry is matched with a receipt:

1. An entry that names a receipt's hash belongs to it where it says what the receipt permits: the
   record, patient, member or account, action, a purpose of which one is a kind of the other, and a
   time within a window. What names a receipt and goes beyond it is told.
2. An entry that names no receipt belongs to the nearest receipt in time that it fits so.

Upon one receipt a source serves once. Its decision may be logged beside that, and the same service
by another source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyhealth.sharing.purposes import closure
from pyhealth.values import ALWAYS, FOREVER, ConsentAction, Outcome, Purpose, Receipt

WINDOW = timedelta(minutes=5)
# Logs tell that a record was read, and not what for.
READ = frozenset({ConsentAction.COLLECT, ConsentAction.ACCESS, ConsentAction.USE})
Pair = tuple["Entry", "Fact"]
Period = tuple[datetime, datetime]  # its first second, and the first second after it


@dataclass(frozen=True, slots=True)
class Entry:
    """A receipt, with what the chain says beside it."""

    receipt: Receipt
    receipt_hash: bytes
    custodian: int  # the member that holds the record


@dataclass(frozen=True, slots=True)
class Fact:
    """What one entry of a log says, in terms of the chain."""

    place: str  # where it stands, such as "march.ndjson, line 7"
    recorded: datetime
    succeeded: bool
    served: bool  # data was handed out or changed, and not only decided on
    receipts: frozenset[bytes] = frozenset()  # hashes that it names
    records: frozenset[bytes] = frozenset()  # references on the chain
    patients: frozenset[str] = frozenset()  # accounts, in lower case
    members: frozenset[int] = frozenset()
    actors: frozenset[str] = frozenset()  # accounts, in lower case
    purposes: frozenset[Purpose] = frozenset()
    action: ConsentAction | None = None
    source: str = ""  # the system that recorded it

    @property
    def concerns_data(self) -> bool:
        """Whether this is about a patient's data, and not a login or the like."""
        return self.served or bool(self.receipts or self.records)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What does not fit together."""

    matched: tuple[Pair, ...]
    unlogged: tuple[Entry, ...]  # receipts that the log does not know
    unreceipted: tuple[Fact, ...]  # entries about data for which there is no receipt
    beyond: tuple[Pair, ...]  # entries that name a receipt, which does not cover them
    overruled: tuple[Pair, ...]  # data served though the receipt refuses it
    passed_over: int  # entries that are not about data

    @property
    def any(self) -> bool:
        """Whether there is a gap."""
        return bool(self.unlogged or self.unreceipted or self.beyond or self.overruled)


def gaps(
    entries: Sequence[Entry],
    facts: Iterable[Fact],
    window: timedelta = WINDOW,
    period: Period = (ALWAYS, FOREVER),
) -> Gaps:
    """Compare receipts with a log. Told is what belongs to the period; what is at most a window
    away from it is matched too, since an entry may be later than its receipt.
    """
    listed = [fact for fact in facts if near(fact.recorded, period, window)]
    about = sorted((one for one in listed if one.concerns_data), key=lambda one: one.recorded)
    named, beyond = _named(entries, about, window)
    uncited = [fact for fact in about if not fact.receipts]
    matched = named + _nearest(entries, uncited, named, window)
    known = {id(fact) for _, fact in [*matched, *beyond]}
    logged = {entry.receipt_hash for entry, _ in matched}
    within = [(entry, fact) for entry, fact in matched if near(fact.recorded, period)]
    return Gaps(
        tuple(within),
        tuple(
            entry
            for entry in entries
            if entry.receipt_hash not in logged and near(entry.receipt.decided_at, period)
        ),
        tuple(fact for fact in about if id(fact) not in known and near(fact.recorded, period)),
        tuple((entry, fact) for entry, fact in beyond if near(fact.recorded, period)),
        tuple((entry, fact) for entry, fact in within if _overrules(entry, fact)),
        sum(near(fact.recorded, period) and not fact.concerns_data for fact in listed),
    )


def near(moment: datetime, period: Period, window: timedelta = timedelta(0)) -> bool:
    """Say whether a moment lies in a period, or at most a window away from it."""
    start, until = period
    return start - moment <= window and moment - until < window


def _named(
    entries: Sequence[Entry], facts: Sequence[Fact], window: timedelta
) -> tuple[list[Pair], list[Pair]]:
    """Pair facts with the receipts that they name; apart, where they go beyond these."""
    by_hash = {entry.receipt_hash: entry for entry in entries}
    covered, beyond, taken = list[Pair](), list[Pair](), set[tuple[bytes, str]]()
    for fact in facts:
        for entry in (by_hash[one] for one in fact.receipts & by_hash.keys()):
            if not _of(entry.receipt, fact):
                continue
            place = entry.receipt_hash, fact.source
            serves = fact.served and fact.succeeded
            if not _covers(entry, fact, window) or (serves and place in taken):
                beyond.append((entry, fact))
                continue
            covered.append((entry, fact))
            if serves:
                taken.add(place)
    return covered, beyond


def _nearest(
    entries: Sequence[Entry], facts: Sequence[Fact], named: Sequence[Pair], window: timedelta
) -> list[Pair]:
    """Pair facts with receipts that they can be about, the nearest in time first."""
    by_record: dict[bytes, list[Entry]] = {}
    for entry in entries:
        by_record.setdefault(entry.receipt.record_ref, []).append(entry)
    possible = []
    for i, fact in enumerate(facts):
        for entry in (one for ref in fact.records for one in by_record.get(ref, ())):
            if _covers(entry, fact, window):
                distance = abs(entry.receipt.decided_at - fact.recorded)
                possible.append((distance, entry.receipt.decided_at, i, entry))
    found, used = list[Pair](), set[int]()
    taken = {(entry.receipt_hash, fact.served, fact.source) for entry, fact in named}
    for _, _, i, entry in sorted(possible, key=lambda one: one[:3]):
        place = entry.receipt_hash, facts[i].served, facts[i].source
        if i not in used and place not in taken:
            used.add(i)
            taken.add(place)
            found.append((entry, facts[i]))
    return found


def _of(receipt: Receipt, fact: Fact) -> bool:
    """Whether an entry names no other record, and no other patient, than a receipt."""
    record = not fact.records or receipt.record_ref in fact.records
    return record and (not fact.patients or receipt.patient.lower() in fact.patients)


def _covers(entry: Entry, fact: Fact, window: timedelta) -> bool:
    """Whether a receipt is for what an entry says."""
    receipt = entry.receipt
    purpose = not fact.purposes or any(akin(one, receipt.purpose) for one in fact.purposes)
    read = fact.action is ConsentAction.ACCESS and receipt.action in READ
    action = read or fact.action in (None, receipt.action)
    close = abs(receipt.decided_at - fact.recorded) <= window
    return purpose and action and close and _by(entry, fact) and _of(receipt, fact)


def _by(entry: Entry, fact: Fact) -> bool:
    """Whether an entry is by the member or account of a receipt. The custodian, which takes part in
    all that it serves, counts only where no other member is named.
    """
    if others := fact.members - {entry.custodian}:
        return entry.receipt.member in others
    if fact.actors:
        return entry.receipt.actor.lower() in fact.actors
    return entry.receipt.member in fact.members


def _overrules(entry: Entry, fact: Fact) -> bool:
    permitted = entry.receipt.outcome is Outcome.CONSENT_PERMIT
    return fact.served and fact.succeeded and not permitted


def akin(one: Purpose, other: Purpose) -> bool:
    """Whether one purpose is a kind of the other."""
    return one in closure(other) or other in closure(one)
