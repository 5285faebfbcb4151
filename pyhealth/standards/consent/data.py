"""Which records a provision of a FHIR Consent is about: their classes, and their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyhealth.standards.consent import codes
from pyhealth.standards.consent.provisions import (
    ANY_RECORD,
    EVERY_CLASS,
    EVERY_SENSITIVITY,
    Covered,
    Touched,
)
from pyhealth.standards.resources import Element
from pyhealth.values import Confidentiality, Label

Sides = tuple[Covered | Touched, Covered | Touched]  # for sure, and possibly
Narrow = Callable[[str, str, str], None]  # keeps that a value at a place is narrowed, and why
KNOWN_TYPES = frozenset(name for types in codes.TYPES.values() for name in types)
NO_RECORD = Covered(frozenset())


@dataclass(frozen=True, slots=True)
class Labels:
    """What the security labels of a provision name."""

    sensitivities: frozenset[Label]
    levels: frozenset[Confidentiality]
    foreign: bool  # others, which records here do not have


def records(at: Element, permits: bool, narrow: Narrow) -> Sides:
    """Read which records a provision is about."""
    sure, possible = classes(at, narrow)
    labels = labels_of(at, narrow)
    if permits:
        return _covered(at, (sure, possible), labels, narrow)
    return _touched(at, (sure, possible), labels, narrow)


Classes = frozenset[Label] | None  # nothing: every class


def _covered(at: Element, named: tuple[Classes, Classes], labels: Labels, narrow: Narrow) -> Sides:
    if labels.foreign:
        return NO_RECORD, ANY_RECORD
    levels, both = labels.levels, bool(labels.sensitivities and labels.levels)
    sure = Covered(
        EVERY_CLASS if named[0] is None else named[0],
        labels.sensitivities or EVERY_SENSITIVITY,
        max(levels, default=Confidentiality.V),
        sensitive=bool(labels.sensitivities) and not levels,
    )
    if both:
        why = "a sensitivity and a confidentiality in one permit are read as both, not as either"
        narrow(f"{at.path}.securityLabel", "", why)
    return sure, sure if named[0] == named[1] and not both else ANY_RECORD


def _touched(at: Element, named: tuple[Classes, Classes], labels: Labels, narrow: Narrow) -> Sides:
    if labels.foreign:
        return NO_RECORD, Touched(named[1])
    own, levels = labels.sensitivities, labels.levels
    reached = own.union(*(codes.AKIN.get(one, frozenset()) for one in own))
    floor = min(levels, default=None)
    if reached != own:
        why = "alcohol and opioid use disorders are denied with it, as IHE PCF counts them"
        narrow(f"{at.path}.securityLabel", "ETH", why)
    if own and levels:
        why = "a sensitivity and a confidentiality in one denial are read as either, not as both"
        narrow(f"{at.path}.securityLabel", "", why)
    possible = Touched(named[1], reached or None, floor, either=bool(own and levels))
    return Touched(named[0], own or None, floor), possible


def classes(at: Element, narrow: Narrow) -> tuple[Classes, Classes]:
    """Read classes of data: those that are named whole, and those of which a part is named."""
    listed = [*at.many("class"), *at.many("resourceType")]
    if not listed:
        return None, None
    types: set[str] = set()
    named: set[Label] = set()
    foreign = False
    for one in listed:
        system, code = codes.system_of(one.text("system")), one.text("code")
        if system == codes.LABELS:
            named.add(codes.known(code, codes.CLASSES, codes.LABELS, f"{one.path}.code"))
        elif system == codes.RESOURCE_TYPES and code in KNOWN_TYPES:
            types.add(code)
        else:
            foreign = True
            narrow(one.path, codes.token(one), "no class of data stands for it")
    named |= {label for label, those in codes.TYPES.items() if those <= types}
    part = {label for label, those in codes.TYPES.items() if those & types} - named
    if part:
        why = "these types are only a part of the class of data, or of several: "
        names = ", ".join(sorted(label.name for label in part))
        narrow(f"{at.path}.class", " ".join(sorted(types)), why + names)
    return frozenset(named), EVERY_CLASS if foreign else frozenset(named | part)


def labels_of(at: Element, narrow: Narrow) -> Labels:
    """Read security labels: sensitivities, confidentialities, and whether there are others."""
    sensitivities: set[Label] = set()
    levels: set[Confidentiality] = set()
    foreign = False
    for one in at.many("securityLabel"):
        system, code = codes.system_of(one.text("system")), one.text("code")
        if system == codes.CONFIDENTIALITY:
            levels.add(codes.known(code, codes.LEVELS, system, f"{one.path}.code"))
        elif system == codes.ACT_CODE and code in codes.SENSITIVITIES:
            sensitivities.add(codes.SENSITIVITIES[code])
        else:
            foreign = True
            duty = system == codes.ACT_CODE and code in codes.DUTIES
            why = "no label of a record stands for it"
            why = "a duty of the recipient cannot be enforced" if duty else why
            narrow(one.path, codes.token(one), why)
    return Labels(frozenset(sensitivities), frozenset(levels), foreign)
