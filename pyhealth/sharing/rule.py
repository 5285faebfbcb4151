"""The rule that decides on a request: the mirror of ConsentRules.sol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyhealth.values import (
    EVERYONE,
    Answer,
    Confidentiality,
    Directive,
    Grantee,
    Ground,
    Outcome,
    Provision,
    Question,
    Terms,
)

Directives = Mapping[Grantee, Sequence[Directive]]  # of one patient
GROUNDS = {
    Ground.NONE: "no directive applies",
    Ground.STUDY: "by a directive for the member in the study",
    Ground.MEMBER: "by a directive for the member",
    Ground.EVERYONE: "by a directive for everyone",
    Ground.MEMBER_NOT_ACTIVE: "since the member is not active",
    Ground.EMERGENCY: "in an emergency",
}


def decide(
    directives: Directives, question: Question, at: datetime, *, active: bool = True
) -> Answer:
    """Answer the question of an ``active`` member, or of one that is not.

    Those for the member in the study are asked first, then those for the member, then those for
    everyone. On one level a denial wins; else a permit; else the next level is asked.
    """
    if not active:
        return Answer(Outcome.CONSENT_DENY, Ground.MEMBER_NOT_ACTIVE, 0, 0)
    for ground, grantee in levels(question.grantee):
        here = directives.get(grantee, ())
        said = [says(directive, question, at) for directive in here]
        for provision, outcome in DECISIVE:
            if provision in said:
                one = here[said.index(provision)]
                return Answer(outcome, ground, one.place, one.version)
    return Answer(Outcome.NO_CONSENT, Ground.NONE, 0, 0)


def says(directive: Directive, question: Question, at: datetime) -> Provision:
    """Return what one directive says: it denies what it touches, permits only what it covers."""
    applies = (
        directive.valid_from <= at < directive.valid_until
        and question.purpose in directive.purposes
        and question.action in directive.actions
    )
    if not applies:
        return Provision.NONE
    if directive.provision is Provision.DENY:
        return Provision.DENY if directive.labels & question.labels else Provision.NONE
    covers = (
        question.labels <= directive.labels
        and bool(question.labels)
        and Confidentiality.NONE < question.confidentiality <= directive.ceiling
    )
    return Provision.PERMIT if covers else Provision.NONE


def levels(asking: Grantee) -> list[tuple[Ground, Grantee]]:
    """Return whose directives are asked for a member that asks, in their order."""
    study = [(Ground.STUDY, asking)] if any(asking.study) else []
    member, everyone = Grantee(asking.member), Grantee(EVERYONE)
    return [*study, (Ground.MEMBER, member), (Ground.EVERYONE, everyone)]


DECISIVE = (
    (Provision.DENY, Outcome.CONSENT_DENY),
    (Provision.PERMIT, Outcome.CONSENT_PERMIT),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A directive that is not given yet."""

    grantee: Grantee
    provision: Provision
    terms: Terms


def standing(drafts: Iterable[Draft]) -> dict[Grantee, tuple[Directive, ...]]:
    """Return drafts as they stand once all are given, each the first in its place."""
    found: dict[Grantee, tuple[Directive, ...]] = {}
    for one in drafts:
        terms = one.terms
        given = Directive(
            terms.purposes,
            terms.labels,
            terms.actions,
            terms.ceiling,
            terms.valid_from,
            terms.valid_until,
            one.provision,
            version=1,
            place=len(found.get(one.grantee, ())),
        )
        found[one.grantee] = (*found.get(one.grantee, ()), given)
    return found
