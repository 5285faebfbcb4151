"""Drafts that are given together: in which order, which of them stand already, and whether all have
a place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from pyhealth.consents.history import directives
from pyhealth.consents.registry import ConsentRegistry
from pyhealth.errors import DirectivesFull
from pyhealth.index import Index
from pyhealth.sharing.rule import Draft
from pyhealth.values import Provision, Terms


def denials_first(drafts: Iterable[Draft]) -> list[Draft]:
    """Return drafts in an order in which never more is permitted than all permit together."""
    return sorted(drafts, key=lambda one: one.provision is not Provision.DENY)


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
    registry: ConsentRegistry, patient: str, drafts: Iterable[Draft], at: datetime
) -> None:
    """Refuse drafts of which one would find the places of its grantee full."""
    most = registry.max_directives()
    for grantee, count in Counter(one.grantee for one in drafts).items():
        stand = registry.directives_of(patient, grantee)
        if count + sum(at < one.valid_until for one in stand) > most:
            raise DirectivesFull(patient, grantee.member, grantee.study, most)


def _terms(said: object) -> tuple[object, ...]:
    return tuple(getattr(said, field.name) for field in fields(Terms))
