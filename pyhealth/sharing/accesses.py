"""Receipts on the chain and entries in a custodian's own log, compared: gaps both ways.

How an entry is matched with a receipt:

1. An entry that names the receipt's hash, and neither another record nor another patient, belongs
   to it. Several entries may: the decision, the access, the same access as two systems saw it.
2. An entry that names no receipt belongs to the nearest receipt in time, within a window, that is
   about the same record, by the same member or account, for a purpose of which one is a kind of
   the other, and the same patient where the entry names one. One entry, one receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyhealth.sharing.purposes import closure
from pyhealth.values import ConsentAction, Outcome, Purpose, Receipt

WINDOW = timedelta(minutes=5)


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

    @property
    def concerns_data(self) -> bool:
        """Whether this is about a patient's data, and not a login or the like."""
        return self.served or bool(self.receipts or self.records)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What does not fit together."""

    matched: tuple[tuple[Entry, Fact], ...]
    unlogged: tuple[Entry, ...]  # receipts that the log does not know
    unreceipted: tuple[Fact, ...]  # entries about data for which there is no receipt
    overruled: tuple[tuple[Entry, Fact], ...]  # data served though the receipt refuses it
    passed_over: int  # entries that are not about data

    @property
    def any(self) -> bool:
        """Whether there is a gap."""
        return bool(self.unlogged or self.unreceipted or self.overruled)


def gaps(entries: Sequence[Entry], facts: Iterable[Fact], window: timedelta = WINDOW) -> Gaps:
    """Compare receipts with a log."""
    listed = list(facts)
    about = [fact for fact in listed if fact.concerns_data]
    by_hash = {entry.receipt_hash: entry for entry in entries}
    matched = [
        (by_hash[one], fact)
        for fact in about
        for one in fact.receipts & by_hash.keys()
        if _of(by_hash[one].receipt, fact)
    ]
    matched += _nearest(entries, [fact for fact in about if not fact.receipts], window)
    known = {id(fact) for _, fact in matched}
    logged = {entry.receipt_hash for entry, _ in matched}
    return Gaps(
        tuple(matched),
        tuple(entry for entry in entries if entry.receipt_hash not in logged),
        tuple(fact for fact in about if id(fact) not in known),
        tuple((entry, fact) for entry, fact in matched if _overrules(entry, fact)),
        len(listed) - len(about),
    )


def _of(receipt: Receipt, fact: Fact) -> bool:
    """Whether an entry names no other record, and no other patient, than a receipt."""
    record = not fact.records or receipt.record_ref in fact.records
    return record and (not fact.patients or receipt.patient.lower() in fact.patients)


def _overrules(entry: Entry, fact: Fact) -> bool:
    permitted = entry.receipt.outcome is Outcome.CONSENT_PERMIT
    return fact.served and fact.succeeded and not permitted


def _nearest(
    entries: Sequence[Entry], facts: Sequence[Fact], window: timedelta
) -> list[tuple[Entry, Fact]]:
    """Pair facts with receipts that they can be about, the nearest in time first."""
    by_record: dict[bytes, list[Entry]] = {}
    for entry in entries:
        by_record.setdefault(entry.receipt.record_ref, []).append(entry)
    possible = []
    for i, fact in enumerate(facts):
        for entry in (one for ref in fact.records for one in by_record.get(ref, ())):
            distance = abs(entry.receipt.decided_at - fact.recorded)
            if distance <= window and _same(entry.receipt, fact):
                possible.append((distance, entry.receipt.decided_at, i, entry))
    found, used, taken = [], set[int](), set[tuple[bytes, bool]]()
    for _, _, i, entry in sorted(possible, key=lambda one: one[:3]):
        place = entry.receipt_hash, facts[i].served
        if i not in used and place not in taken:
            used.add(i)
            taken.add(place)  # a decision and a service may each have their entry
            found.append((entry, facts[i]))
    return found


def _same(receipt: Receipt, fact: Fact) -> bool:
    """Whether an entry can be about a receipt, but for the time and the record."""
    actor = receipt.member in fact.members or receipt.actor.lower() in fact.actors
    purpose = not fact.purposes or any(akin(one, receipt.purpose) for one in fact.purposes)
    return actor and purpose and _of(receipt, fact)


def akin(one: Purpose, other: Purpose) -> bool:
    """Whether one purpose is a kind of the other."""
    return one in closure(other) or other in closure(one)
