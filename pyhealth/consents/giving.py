"""Drafts that are given together, and directives that are revoked with them: in which order, which
stand already, and whether all have a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from pyhealth.consents.history import Directed, directives
from pyhealth.consents.registry import ConsentRegistry
from pyhealth.errors import DirectivesFull
from pyhealth.index import Index
from pyhealth.sharing.rule import Draft
from pyhealth.values import Grantee, Provision, Terms

Step = Draft | Directed  # a draft is given, what stands is revoked


def in_order(drafts: Iterable[Draft], ended: Iterable[Directed] = ()) -> list[Step]:
    """Return steps in an order in which never more is permitted than before or after all: permits
    end first, and start last; denials start before others end.
    """
    steps: list[Step] = [*drafts, *ended]
    return sorted(steps, key=_turn)


def due(
    index: Index, patient: str, drafts: Sequence[Draft], document: bytes, at: datetime
) -> list[bool]:
    """Say of each draft whether it is still to be given: no directive of the document says it."""
    index.sync()
    standing = [
        (one.grantee, one.directive.provision, *_terms(one.directive))
        for one in directives(index, patient)
        if one.stands(at) and one.document == document
    ]
    return [(one.grantee, one.provision, *_terms(one.terms)) not in standing for one in drafts]


def require_room(
    registry: ConsentRegistry, patient: str, steps: Iterable[Step], at: datetime
) -> None:
    """Refuse steps of which one would find the places of its grantee full."""
    most = registry.max_directives()
    count: dict[Grantee, int] = {}
    for step in steps:
        who = step.grantee
        if who not in count:
            stand = registry.directives_of(patient, who)
            count[who] = sum(at < one.valid_until for one in stand)
        count[who] += 1 if isinstance(step, Draft) else -1
        if count[who] > most:
            raise DirectivesFull(patient, who.member, who.study, most)


def _turn(step: Step) -> int:
    if isinstance(step, Directed):
        return 2 if step.directive.provision is Provision.DENY else 0
    return 1 if step.provision is Provision.DENY else 3


def _terms(said: object) -> tuple[object, ...]:
    return tuple(getattr(said, field.name) for field in fields(Terms))
