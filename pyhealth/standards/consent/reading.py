"""A FHIR Consent read into a tree of rules: R4 and R5, strict or lenient."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from pyhealth.errors import InputError
from pyhealth.sharing.purposes import EVERY_PURPOSE, UNBROKEN, closure_of
from pyhealth.standards.consent import codes, data
from pyhealth.standards.consent.losses import Consequence, Loss
from pyhealth.standards.consent.provisions import ANY_RECORD, ANYONE, EVERY_ACTION, Match, Rule
from pyhealth.standards.resources import Element, Release, moment, shown
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    ConsentAction,
    Grantee,
    Provision,
    Purpose,
)

T = TypeVar("T")
Sides = tuple[T, T]  # for sure, and possibly
Members = Mapping[str, Grantee | None]  # who an actor is here; nothing: known, and no member
EVERYBODY = frozenset({ANYONE})
# What is safe where an element cannot be read: nothing for sure, and possibly everything.
UNREAD_ACTORS: Sides[frozenset[Grantee]] = (frozenset(), EVERYBODY)
UNREAD_PURPOSES: Sides[frozenset[Purpose]] = (frozenset(), EVERY_PURPOSE)
UNREAD_ACTIONS: Sides[frozenset[ConsentAction]] = (frozenset(), EVERY_ACTION)
NEVER = (ALWAYS, ALWAYS)
UNREAD_PERIOD = (NEVER, (ALWAYS, FOREVER))
UNREAD_RECORDS: data.Sides = (data.NO_RECORD, ANY_RECORD)
SECOND = timedelta(seconds=1)
ZONED = re.compile(r"(Z|[+-]\d\d:\d\d)$")
FRACTION = re.compile(r"\.\d*[1-9]")
KINDS = {"permit": Provision.PERMIT, "deny": Provision.DENY}
REVERSED = {
    Provision.PERMIT: Provision.DENY,
    Provision.DENY: Provision.PERMIT,
    Provision.NONE: Provision.NONE,
}
READ = {"type", "period", "actor", "action", "securityLabel", "purpose", "class", "provision"}
READ |= {"resourceType", "id", "extension", "fhir_comments"}
MODIFIERS = ("modifierExtension", "implicitRules")
DEEPEST = 40  # provisions within provisions


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one resource, and keeps what cannot be carried."""

    release: Release
    members: Members
    lenient: bool = False
    zone: tzinfo | None = None  # of what is written without one; none: UTC, which is told
    losses: list[Loss] = field(default_factory=list)

    def lose(self, path: str, value: object, why: str, what: Consequence) -> None:
        """Keep that an element is not carried as it stands."""
        text = value if isinstance(value, str) else "" if value is None else shown(value)
        self.losses.append(Loss(path, text[:80], what, why))

    def narrow(self, path: str, value: object, why: str) -> None:
        """Keep that less is permitted than an element says, or more denied."""
        self.lose(path, value, why, Consequence.NARROWED)

    def tolerate(self, read: Callable[[], T], otherwise: T) -> T:
        """Return what is read; where it cannot be and that is tolerated, something safe."""
        try:
            return read()
        except InputError as error:
            if not self.lenient:
                raise
            path, _, why = str(error).rstrip(".").partition(" is ")
            self.narrow(path, None, f"it is {why}" if why else str(error))
            return otherwise

    def rule(self, at: Element, above: Provision, *, depth: int = 0) -> Rule:
        """Read a provision; one that does not say what it is reverses the one above."""
        if depth > DEEPEST:
            raise InputError(f"{at.path[:60]}... lies too deep; no consent needs that.")
        written = self.tolerate(lambda: at.text("type"), "")
        if written and written not in KINDS:
            raise InputError(f"{at.path}.type is {shown(written)}; write permit or deny.")
        kind = KINDS.get(written) or REVERSED[above]
        if depth and written and kind is above:
            what = Consequence.NARROWED if kind is Provision.PERMIT else Consequence.IGNORED
            why = "a provision within another is an exception to it, and adds nothing of its kind"
            self.lose(f"{at.path}.type", written, why, what)
        surely, possibly = self.match(at, kind)
        within = tuple(self.rule(one, kind, depth=depth + 1) for one in at.many("provision"))
        return self.unbroken(Rule(at.path, kind, surely, possibly, within))

    def unbroken(self, rule: Rule) -> Rule:
        """Return a rule that no longer permits to break the glass where treatment is excepted, of
        which HL7 counts it as a kind.
        """
        if rule.kind is not Provision.PERMIT or Purpose.BTG not in rule.surely.purposes:
            return rule
        named = [one.possibly.purposes for one in rule.exceptions if one.kind is Provision.DENY]
        if not any(Purpose.ETREAT in those and Purpose.BTG not in those for those in named):
            return rule
        why = "an exception denies treatment, and breaking the glass is a kind of it"
        self.narrow(f"{rule.path}.purpose", Purpose.BTG.name, why)
        purposes = rule.surely.purposes - {Purpose.BTG}
        return replace(rule, surely=replace(rule.surely, purposes=purposes))

    def match(self, at: Element, kind: Provision) -> Sides[Match]:
        """Read what a provision is about."""
        permits = kind is not Provision.DENY
        every = UNBROKEN if permits else EVERY_PURPOSE
        sure, possible = self.tolerate(lambda: self.period(at), UNREAD_PERIOD)
        grantees = self.tolerate(lambda: self.actors(at), UNREAD_ACTORS)
        purposes = self.tolerate(lambda: self.purposes(at, every), UNREAD_PURPOSES)
        actions = self.tolerate(lambda: self.actions(at), UNREAD_ACTIONS)
        records = self.tolerate(lambda: data.records(at, permits, self.narrow), UNREAD_RECORDS)
        whole = self.tolerate(lambda: self.filled(at), False)
        never = self.uncarried(at, permits) or not whole
        surely = Match(grantees[0], purposes[0], actions[0], *sure, records[0], never)
        return surely, Match(grantees[1], purposes[1], actions[1], *possible, records[1])

    def filled(self, at: Element) -> bool:
        """Say that no element is empty: FHIR knows none, and it could mean all or nothing."""
        for name, value in at.value.items():
            if value in (None, [], {}, ""):
                raise InputError(f"{at.path}.{name} is empty; leave it out, or fill it.")
        return True

    def period(self, at: Element) -> Sides[tuple[datetime, datetime]]:
        """Read a period, for sure and possibly; FHIR's end is the last moment within."""
        period = at.one("period")
        start, end = (period.text(name) for name in ("start", "end"))
        others = period.value.keys() - {"start", "end", "id"}
        if at.has("period") and not (start or end or others):
            raise InputError(f"{period.path} is without start and end; write one of them.")
        since = self.moment(start, f"{period.path}.start") if start else ALWAYS
        until = self.moment(end, f"{period.path}.end", end=True) if end else FOREVER
        if start and end and since >= until:
            raise InputError(f"{period.path} is reversed: {start} comes after {end}; correct it.")
        possible = max(since, ALWAYS), min(until, FOREVER)
        for name in sorted(others):
            self.narrow(f"{period.path}.{name}", period.value[name], "what limits it is not read")
        if possible[0] >= possible[1]:
            self.lose(period.path, start or end, "it lies outside of all time", Consequence.IGNORED)
        return NEVER if others else possible, possible

    def moment(self, text: str, place: str, *, end: bool = False) -> datetime:
        """Read a moment: of a zone that is assumed where none is said, and to whole seconds within
        the period.
        """
        read = moment(text, place, end=end, zone=self.zone or UTC)
        if self.zone is None and not ZONED.search(text) and ALWAYS < read < FOREVER:
            self.lose(place, text, "without a zone it is read as UTC", Consequence.ASSUMED)
        return read + SECOND if not end and FRACTION.search(text) else read

    def actors(self, at: Element) -> Sides[frozenset[Grantee]]:
        """Read who receives; several are alternatives."""
        listed = at.many("actor")
        if not listed:
            return EVERYBODY, EVERYBODY
        found: set[Grantee] = set()
        foreign = False
        for actor in listed:
            roles = codes.codes_of(actor.one("role"), codes.PARTICIPATION)
            if "role" in actor.value and not (roles and codes.RECIPIENTS.issuperset(roles)):
                why = "only recipients (IRCP, PRCP) are told apart"
                self.narrow(f"{actor.path}.role", " ".join(filter(None, roles)), why)
                return UNREAD_ACTORS
            who = references(actor.one("reference"))
            known = {self.members[one] for one in who if one in self.members}
            if len(known) != 1:
                foreign = True
                why = "no member is named for this actor; name one, or none if it is no member"
                why = "its reference and its identifier mean two members" if known else why
                self.narrow(f"{actor.path}.reference", next(iter(who), ""), why)
            else:
                found |= {one for one in known if one is not None}
        return frozenset(found), EVERYBODY if foreign else frozenset(found)

    def purposes(self, at: Element, every: frozenset[Purpose]) -> Sides[frozenset[Purpose]]:
        """Read for what; a purpose stands for its kinds, and never for breaking the glass."""
        listed = at.many("purpose")
        if not listed:
            return every, every
        named: list[Purpose] = []
        for one in listed:
            system, code = codes.system_of(one.text("system")), one.text("code")
            if system == codes.ACT_REASON:
                named.append(codes.known(code, codes.PURPOSES, system, f"{one.path}.code"))
            else:
                why = "only purposes of HL7 v3 PurposeOfUse are known"
                self.narrow(one.path, codes.token(one), why)
        found = closure_of(named)
        return found, found if len(named) == len(listed) else EVERY_PURPOSE

    def actions(self, at: Element) -> Sides[frozenset[ConsentAction]]:
        """Read what is done: for sure what every coding of a concept says, possibly what any."""
        listed = at.many("action")
        if not listed:
            return EVERY_ACTION, EVERY_ACTION
        sure, possible = set[ConsentAction](), set[ConsentAction]()
        for concept in listed:
            named = codes.codes_of(concept, codes.CONSENT_ACTION)
            found = {
                codes.known(code, codes.ACTIONS, codes.CONSENT_ACTION, concept.path)
                for code in filter(None, named)
            }
            foreign = not named or "" in named
            if foreign or len(found) > 1:
                value = ", ".join(map(codes.token, concept.many("coding")))
                why = "only actions of FHIR's consentaction are known"
                self.narrow(concept.path, value, why if foreign else "its codings differ")
            else:
                sure |= found
            possible |= EVERY_ACTION if foreign else found
        return frozenset(sure), frozenset(possible)

    def uncarried(self, at: Element, permits: bool) -> bool:
        """Say whether a provision has elements that no directive can express."""
        read = READ - ({"class"} if self.release == "R5" else {"resourceType"})
        others = [name for name in at.value if name not in read and at.has(name)]
        what = "nothing is permitted by it" if permits else "the denial holds without this limit"
        for name in others:
            self.narrow(f"{at.path}.{name}", at.value[name], f"no directive has such, so {what}")
        return bool(others)


def references(at: Element) -> list[str]:
    """Return all that a reference may be known by: its address, and its identifier."""
    address = at.text("reference").split("/_history/")[0]
    identifier = at.one("identifier")
    value = identifier.text("value")
    business = f"{identifier.text('system')}|{value}" if value else ""
    return [one for one in (address, business) if one]


def refuse_modifiers(at: Element) -> None:
    """Refuse what changes the meaning of everything else, wherever it stands."""
    below: list[tuple[str, Any]] = [(at.path, at.value)]
    while below:
        path, value = below.pop()
        if isinstance(value, list):
            below += [(f"{path}[{i}]", one) for i, one in enumerate(value, 1)]
        elif isinstance(value, Mapping):
            for name in MODIFIERS:
                if Element(value, path).has(name):
                    raise InputError(
                        f"{path}.{name} changes the meaning of the consent, and cannot be "
                        "followed; have it written without."
                    )
            below += [(f"{path}.{name}", one) for name, one in value.items()]
