"""What a tree of rules tells apart: whoever asks, for what, when, and for which records.

Purposes, actions and labels fall into cells, whose members every rule treats alike, so that one
request of each kind stands for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from typing import TypeVar

from pyhealth.sharing.purposes import EVERY_PURPOSE
from pyhealth.standards.consent.provisions import (
    ANYONE,
    EVERY_ACTION,
    EVERY_CLASS,
    EVERY_SENSITIVITY,
    Active,
    Covered,
    Match,
    Rule,
)
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Label,
    Purpose,
)

C = TypeVar("C", Purpose, ConsentAction, Label)
EVERY_LABEL = EVERY_CLASS | EVERY_SENSITIVITY


@dataclass(frozen=True, slots=True)
class Record:
    """One record of each kind: the cells of its labels as bits, and its confidentiality."""

    cells: int
    labels: frozenset[Label]
    level: Confidentiality


@dataclass(frozen=True, slots=True)
class Space:
    """The kinds of requests that a tree tells apart."""

    grantees: tuple[Grantee, ...]  # the widest first
    spans: tuple[tuple[datetime, datetime], ...]
    purposes: tuple[frozenset[Purpose], ...]
    actions: tuple[frozenset[ConsentAction], ...]
    labels: tuple[frozenset[Label], ...]
    levels: tuple[Confidentiality, ...]  # the highest of each kind, ascending

    @classmethod
    def of(cls, root: Rule) -> Space:
        """Return what a tree tells apart."""
        matches = [match for rule in root.walk() for match in (rule.surely, rule.possibly)]
        named = {grantee for match in matches for grantee in match.grantees} | {ANYONE}
        named |= {Grantee(one.member) for one in named}
        bounds = {ALWAYS, FOREVER}.union(*({one.since, one.until} for one in matches))
        spans = pairwise(sorted(min(max(one, ALWAYS), FOREVER) for one in bounds))
        return cls(
            tuple(sorted(named, key=lambda one: (any(one.study), one.member, one.study))),
            tuple(spans),
            cells(EVERY_PURPOSE, (one.purposes for one in matches)),
            cells(EVERY_ACTION, (one.actions for one in matches)),
            cells(EVERY_LABEL, (labels for one in matches for labels in label_sets(one))),
            tuple(sorted({Confidentiality.V}.union(*map(tops, matches)))),
        )

    def records(self) -> list[Record]:
        """Return a record of each kind, fewer labels before more; each has a class."""
        found = []
        for bits in range(1, 1 << len(self.labels)):
            chosen = (cell for i, cell in enumerate(self.labels) if bits >> i & 1)
            labels = frozenset[Label]().union(*chosen)
            if labels & EVERY_CLASS:
                found += [Record(bits, labels, level) for level in self.levels]
        return found

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Yield every kind of request by its span, its purposes and its actions."""
        spans, purposes, actions = map(len, (self.spans, self.purposes, self.actions))
        yield from product(range(spans), range(purposes), range(actions))

    def size(self) -> int:
        """Return how many kinds of requests there are, at most."""
        who = len(self.grantees) * len(self.spans) * len(self.purposes) * len(self.actions)
        return who * len(self.levels) << len(self.labels)


def active(
    root: Rule, who: Grantee, purpose: Purpose, action: ConsentAction, at: datetime
) -> Active:
    """Return which rules are about a request, whatever the record."""
    return tuple(
        (rule.surely.holds(who, purpose, action, at), rule.possibly.holds(who, purpose, action, at))
        for rule in root.walk()
    )


def cells(every: frozenset[C], sets: Iterable[frozenset[C]]) -> tuple[frozenset[C], ...]:
    """Return the parts of ``every`` whose members lie in the same of the sets."""
    distinct = set(sets)
    parts: dict[tuple[bool, ...], set[C]] = {}
    for one in sorted(every):
        parts.setdefault(tuple(one in those for those in distinct), set()).add(one)
    return tuple(map(frozenset, parts.values()))


def label_sets(match: Match) -> Iterable[frozenset[Label]]:
    """Return the sets of labels that a rule looks at."""
    records = match.records
    return [EVERY_CLASS, records.classes or EVERY_CLASS, records.sensitivities or EVERY_CLASS]


def tops(match: Match) -> set[Confidentiality]:
    """Return the last confidentiality before a rule changes its mind."""
    records = match.records
    if isinstance(records, Covered):
        return {records.ceiling}
    below = Confidentiality((records.floor or Confidentiality.U) - 1)
    return {below} - {Confidentiality.NONE}
