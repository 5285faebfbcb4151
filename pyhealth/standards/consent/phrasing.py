"""A directive as a provision of FHIR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pyhealth.errors import InputError
from pyhealth.sharing.purposes import EVERY_PURPOSE, UNBROKEN, closure_of, fewest
from pyhealth.sharing.rule import Draft
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.losses import Consequence, Loss
from pyhealth.standards.consent.provisions import EVERY_ACTION, EVERY_CLASS, EVERY_SENSITIVITY
from pyhealth.values import ALWAYS, EVERYONE, FOREVER, Grantee, Label, Provision, Purpose

SECOND = timedelta(seconds=1)
Json = dict[str, Any]


def denials(draft: Draft, actors: Mapping[Grantee, str], losses: list[Loss]) -> list[Json]:
    """Return a denial as provisions: it touches classes or sensitivities, which FHIR says apart."""
    labels = draft.terms.labels
    common = provision(draft, actors, losses)
    named, sensitive = labels & EVERY_CLASS, labels & EVERY_SENSITIVITY
    if named == EVERY_CLASS:
        return [common]
    if spare := labels - named - sensitive:
        names = " ".join(one.name for one in sorted(spare))
        why = "a label without a name cannot be denied in FHIR"
        losses.append(Loss("Consent.provision.class", names, Consequence.REFUSED, why))
    found = [common | {"class": classes(named)}] if named else []
    return found + ([common | {"securityLabel": codings(sensitive)}] if sensitive else [])


def provision(draft: Draft, actors: Mapping[Grantee, str], losses: list[Loss]) -> Json:
    """Return what permits and denials say alike."""
    terms, permits = draft.terms, draft.provision is Provision.PERMIT
    found: Json = {"type": "permit" if permits else "deny"}
    if period := _period(terms.valid_from, terms.valid_until):
        found["period"] = period
    if draft.grantee.member != EVERYONE:
        found["actor"] = [_actor(draft.grantee, actors)]
    if terms.actions != EVERY_ACTION:
        found["action"] = [{"coding": [codes.coding(one)]} for one in sorted(terms.actions)]
    if terms.purposes != (UNBROKEN if permits else EVERY_PURPOSE):
        found["purpose"] = codings(_purposes(terms.purposes, permits, losses))
    return found


def _purposes(
    purposes: frozenset[Purpose], permits: bool, losses: list[Loss]
) -> frozenset[Purpose]:
    """Return the purposes to name: one stands for its kinds as well."""
    named = frozenset(fewest(purposes))
    if rest := purposes - closure_of(named):
        names = " ".join(one.name for one in sorted(rest))
        why = "without all that is a kind of it, FHIR cannot name a purpose"
        losses.append(Loss("Consent.provision.purpose", names, Consequence.NARROWED, why))
        if permits and not named:
            raise InputError(f"The purposes {names} cannot be written in FHIR: {why}.")
    return named if permits else named | rest


def _period(since: datetime, until: datetime) -> Json:
    """Return a period as FHIR writes it: with the last second."""
    found = {"start": since.isoformat()} if since > ALWAYS else {}
    return found | ({"end": (until - SECOND).isoformat()} if until < FOREVER else {})


def _actor(grantee: Grantee, actors: Mapping[Grantee, str]) -> Json:
    if grantee not in actors:
        study = f" in study 0x{grantee.study.hex()}" if any(grantee.study) else ""
        raise InputError(
            f"Member {grantee.member}{study} has no FHIR reference; name one, such as "
            f"Organization/{grantee.member}."
        )
    role = {"coding": [{"system": codes.PARTICIPATION, "code": "IRCP"}]}
    return {"role": role, "reference": {"reference": actors[grantee]}}


def classes(labels: frozenset[Label]) -> list[codes.Coding]:
    """Return classes of data: by resource type where the types are no other class's."""
    if labels == EVERY_CLASS:
        return []
    found = []
    for label in sorted(labels):
        others = frozenset().union(*(those for one, those in codes.TYPES.items() if one != label))
        if codes.TYPES[label] & others:
            found.append(codes.coding(label))
        else:
            types = sorted(codes.TYPES[label])
            found += [{"system": codes.RESOURCE_TYPES, "code": one} for one in types]
    return found


def codings(those: Iterable[Label | Purpose]) -> list[codes.Coding]:
    """Return codes as FHIR writes them, in their order."""
    return [codes.coding(one) for one in sorted(those)]
