"""Claims of X12 837 professional (005010X222) and institutional (005010X223) files.

What decides a claim is read, and nothing about persons: the coverage goes by the subscriber's
member number, that of a dependent by ``NUMBER#BIRTHDATE``. Codes keep X12's qualifiers as their
system: ``HC|99213``, ``NU|0450`` for revenue codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pyhealth.adjudication.values import BilledClaim, Place, Refused
from pyhealth.errors import InputError
from pyhealth.standards.claims.x12_claim import Draft, Party
from pyhealth.standards.x12 import Segment, segments

KINDS = {"005010X222": "professional", "005010X223": "institutional"}


@dataclass
class Transaction:
    """Where the reader stands between ST and SE."""

    control: str
    kind: str
    count: int  # of segments, ST included
    party: Party
    draft: Draft | None = None


def claims_of(file: Path, *, lenient: bool = False) -> Iterator[BilledClaim | Refused]:
    """Yield the claims of a file; one that cannot be read does not stop the others."""
    last, current, version = Segment("ISA", (), 1, 1), None, ""
    try:
        for last in segments(file):
            if last.name == "GS":
                version = last[8]
            if last.name in ("ISA", "GS", "ST", "GE", "IEA") and current:
                yield from _cut(file, last, current)
                current = None
            if last.name == "ST":
                current = _opened(last, version)
                if current is None:
                    yield Refused(_place(file, last), _strange(last, version))
            elif current:
                yield from _read(file, last, current, lenient)
                current = None if last.name == "SE" else current
    except InputError as error:
        yield Refused(_place(file, last), str(error))
    if current:
        yield from _cut(file, last, current)


def _place(file: Path, segment: Segment) -> Place:
    return Place(str(file), segment.line, f"segment {segment.number}")


def _opened(segment: Segment, version: str) -> Transaction | None:
    """Return the transaction that begins; nothing where it holds no claims that are known here."""
    kind = KINDS.get((segment[3] or version)[:10])
    return Transaction(segment[2], kind, 1, Party()) if segment[1] == "837" and kind else None


def _strange(segment: Segment, version: str) -> str:
    return (
        f"transaction {segment[2]} is {segment[1]} {segment[3] or version}, and 837 005010X222 or "
        "005010X223 is expected; its claims are left out."
    )


def _read(
    file: Path, segment: Segment, current: Transaction, lenient: bool
) -> Iterator[BilledClaim | Refused]:
    """Take one segment in; yield the claim that ends before it."""
    current.count += 1
    if segment.name in ("CLM", "HL", "SE"):
        yield from _finished(current, lenient)
    if segment.name == "CLM":
        current.draft = Draft(segment, _place(file, segment), current.kind, current.party)
    elif segment.name == "SE":
        if (segment[1].lstrip("0"), segment[2]) != (str(current.count), current.control):
            yield Refused(
                _place(file, segment),
                f"SE states {segment[1]} segments of transaction {segment[2]}, and "
                f"{current.count} of {current.control} are there; ask for the file anew.",
            )
    elif current.draft:
        current.draft.take(segment)
    else:
        current.party = _party(segment, current.party)


def _party(segment: Segment, party: Party) -> Party:
    """Return who bills and who is insured, after a segment that stands before the claims."""
    match segment.name, segment[1]:
        case "HL", _:
            if segment[3] == "20":
                return Party()
            insured = party if segment[3] == "23" else Party(party.provider, party.currency)
            return replace(insured, dependent=segment[3] == "23", born="")
        case "NM1", "85":
            return replace(party, provider=segment[9])
        case "NM1", "IL":
            return replace(party, member=segment[9])
        case "CUR", _:
            return replace(party, currency=segment[2])
        case "SBR", _:
            return replace(party, rank=segment[1])
        case "DMG", _ if party.dependent:
            return replace(party, born=segment[2])
    return party


def _finished(current: Transaction, lenient: bool) -> Iterator[BilledClaim | Refused]:
    draft, current.draft = current.draft, None
    if draft:
        try:
            yield draft.claim(lenient=lenient)
        except InputError as error:
            yield Refused(draft.place, str(error), draft.number or None)


def _cut(file: Path, segment: Segment, current: Transaction) -> Iterator[Refused]:
    """Report a transaction that has no end, and with it the claim at hand."""
    draft, sentence = current.draft, f"transaction {current.control} ends without SE"
    place = draft.place if draft else _place(file, segment)
    number = draft.number if draft else None
    yield Refused(place, f"{sentence}; the file was cut: ask for it anew.", number)
