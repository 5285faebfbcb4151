"""The provisions of a FHIR Consent as a tree of rules, the same for every release.

What a rule matches is kept twice: what it matches for sure, and what it may match. The two differ
where an element cannot be carried: a permit counts only where it matches for sure, and a denial
wherever it may.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from pyhealth.sharing.purposes import EVERY_PURPOSE
from pyhealth.standards.consent.codes import CLASSES, SENSITIVITIES
from pyhealth.values import (
    ALWAYS,
    EVERYONE,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Label,
    Provision,
    Purpose,
)

EVERY_ACTION = frozenset(ConsentAction)
EVERY_CLASS = frozenset(CLASSES.values())
EVERY_SENSITIVITY = frozenset(SENSITIVITIES.values())
ANYONE = Grantee(EVERYONE)


@dataclass(frozen=True, slots=True)
class Covered:
    """Records of these classes alone, with these sensitivities at most, up to a confidentiality."""

    classes: frozenset[Label] = EVERY_CLASS
    sensitivities: frozenset[Label] = EVERY_SENSITIVITY
    ceiling: Confidentiality = Confidentiality.V
    sensitive: bool = False  # only those with a sensitivity

    def admits(self, labels: frozenset[Label], level: Confidentiality) -> bool:
        """Whether a record is one of them."""
        within = labels <= self.classes | self.sensitivities and level <= self.ceiling
        return within and (not self.sensitive or bool(labels & self.sensitivities))


@dataclass(frozen=True, slots=True)
class Touched:
    """Records that have one of these classes, and one of these sensitivities or from a
    confidentiality on.
    """

    classes: frozenset[Label] | None = None  # nothing: of whatever class
    sensitivities: frozenset[Label] | None = None
    floor: Confidentiality | None = None
    either: bool = False  # the sensitivity or the confidentiality is enough

    def admits(self, labels: frozenset[Label], level: Confidentiality) -> bool:
        """Whether a record is one of them."""
        if self.classes is not None and not labels & self.classes:
            return False
        sensitive = self.sensitivities is None or bool(labels & self.sensitivities)
        confidential = self.floor is None or level >= self.floor
        return sensitive or confidential if self.either else sensitive and confidential


ANY_RECORD = Touched()


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a rule is about."""

    grantees: frozenset[Grantee] = frozenset({ANYONE})
    purposes: frozenset[Purpose] = EVERY_PURPOSE
    actions: frozenset[ConsentAction] = EVERY_ACTION
    since: datetime = ALWAYS
    until: datetime = FOREVER
    records: Covered | Touched = ANY_RECORD
    never: bool = False

    def holds(self, who: Grantee, purpose: Purpose, action: ConsentAction, at: datetime) -> bool:
        """Whether a request is one of them, whatever the record."""
        return (
            not self.never
            and purpose in self.purposes
            and action in self.actions
            and self.since <= at < self.until
            and bool(self.grantees & {who, Grantee(who.member), ANYONE})
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A provision, with the exceptions to it."""

    path: str
    kind: Provision  # NONE where the resource does not say clearly whether it permits or denies
    surely: Match
    possibly: Match
    exceptions: tuple[Rule, ...] = ()

    def walk(self) -> Iterator[Rule]:
        """Yield this rule and all below it."""
        yield self
        for exception in self.exceptions:
            yield from exception.walk()


class Say(IntEnum):
    """What a tree of rules says to a request, from the weakest to the strongest; bits of a set."""

    NOTHING = 1
    PERMIT = 2
    UNCLEAR = 4
    DENY = 8


OWN = {
    Provision.PERMIT: Say.PERMIT,
    Provision.DENY: Say.DENY,
    Provision.NONE: Say.UNCLEAR,
}
Active = tuple[tuple[bool, bool], ...]  # of each rule, in the order of `walk`: surely, possibly


def saying(rule: Rule, active: Active, labels: frozenset[Label], level: Confidentiality) -> int:
    """Return the set of all that a tree may say of a record, given which of its rules are about the
    request.

    An exception that matches stands above the rule it is in; of several the strongest counts.
    """
    return _saying(rule, iter(active), labels, level)


def _saying(
    rule: Rule,
    active: Iterator[tuple[bool, bool]],
    labels: frozenset[Label],
    level: Confidentiality,
) -> int:
    surely, possibly = next(active)
    above: int = Say.NOTHING
    for exception in rule.exceptions:
        above = _strongest(above, _saying(exception, active, labels, level))
    if not possibly or not rule.possibly.records.admits(labels, level):
        return Say.NOTHING
    if above & Say.NOTHING:
        above = above - Say.NOTHING | OWN[rule.kind]
    surely = surely and rule.surely.records.admits(labels, level)
    return above if surely else above | Say.NOTHING


def _strongest(one: int, other: int) -> int:
    """Return what the stronger of two can be, each any of a set."""
    weakest = max(one & -one, other & -other)
    return (one | other) & -weakest
