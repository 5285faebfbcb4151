"""Directives out, as FHIR R4 Consents in the shape of IHE PCF.

Each permit becomes a Consent, with the denials that stand above it as exceptions, so that no reader
finds more permitted than the directives do. A denial that no permit contains is a Consent of its
own. Read again, all of them together decide as the directives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyhealth.sharing.rule import Draft, levels
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.losses import Consequence, Loss
from pyhealth.standards.consent.phrasing import Json, classes, codings, denials, provision
from pyhealth.standards.consent.provisions import EVERY_CLASS, EVERY_SENSITIVITY
from pyhealth.values import (
    Confidentiality,
    Grantee,
    Label,
    Provision,
)

DOCUMENT = "urn:pyhealth:commitment"


@dataclass(frozen=True, slots=True)
class Head:
    """What a Consent says beside its provisions; references as FHIR writes them."""

    patient: str
    performer: str  # who consented: the patient, or a representative
    organization: str  # who keeps to it
    dated: datetime
    document: bytes  # the salted commitment of the signed document


def write_consents(
    drafts: Sequence[Draft], head: Head, actors: Mapping[Grantee, str]
) -> tuple[list[Json], list[Loss]]:
    """Return directives as Consents, and what they cannot say; ``actors`` are references."""
    losses: list[Loss] = []
    found = []
    for draft in drafts:
        if not draft.terms.labels & EVERY_CLASS and draft.provision is Provision.PERMIT:
            why = "it covers no class of data, and every record is of one"
            losses.append(Loss("Consent.provision", "", Consequence.IGNORED, why))
        elif draft.provision is Provision.PERMIT:
            found.append(_consent(head, _permit(draft, drafts, actors, losses)))
        elif not any(contains(one, draft) for one in drafts):
            found += [_consent(head, one) for one in denials(draft, actors, losses)]
    return found, losses


def contains(permit: Draft, denial: Draft) -> bool:
    """Whether a denial is said whole by being an exception to a permit."""
    given, denied = permit.terms, denial.terms
    return (
        permit.provision is Provision.PERMIT
        and _stands_above(denial, permit)
        and given.labels >= EVERY_CLASS | EVERY_SENSITIVITY
        and given.ceiling is Confidentiality.V
        and given.purposes >= denied.purposes
        and given.actions >= denied.actions
        and given.valid_from <= denied.valid_from
        and given.valid_until >= denied.valid_until
    )


def _stands_above(denial: Draft, permit: Draft) -> bool:
    """Whether a denial is asked before a permit: on its level, or on a narrower one."""
    return any(permit.grantee == wider for _, wider in levels(denial.grantee))


def _permit(
    draft: Draft, drafts: Sequence[Draft], actors: Mapping[Grantee, str], losses: list[Loss]
) -> Json:
    terms = draft.terms
    root = provision(draft, actors, losses)
    if named := classes(terms.labels & EVERY_CLASS):
        root["class"] = named
    if terms.ceiling is not Confidentiality.V:
        root["securityLabel"] = [codes.coding(terms.ceiling)]
    exceptions = []
    if missing := EVERY_SENSITIVITY - terms.labels:
        exceptions.append({"type": "deny", "securityLabel": codings(missing)})
        clash = any(_also(other, draft, missing) for other in drafts if other is not draft)
        what = Consequence.NARROWED if clash else Consequence.IGNORED
        why = "what a permit does not cover is written as an exception, which denies it"
        losses.append(Loss("Consent.provision.provision", "", what, why))
    for denial in drafts:
        if denial.provision is Provision.DENY and _stands_above(denial, draft):
            exceptions += denials(denial, actors, losses)
    return root | ({"provision": exceptions} if exceptions else {})


def _also(other: Draft, draft: Draft, labels: frozenset[Label]) -> bool:
    """Whether another permit could cover what an exception to this one would deny."""
    given, own = other.terms, draft.terms
    return (
        other.provision is Provision.PERMIT
        and any(other.grantee == wider for _, wider in levels(draft.grantee))
        and bool(given.labels & labels and given.purposes & own.purposes)
        and bool(given.actions & own.actions)
        and given.valid_from < own.valid_until
        and own.valid_from < given.valid_until
    )


def _consent(head: Head, provision: Json) -> Json:
    document = {"system": DOCUMENT, "value": "0x" + head.document.hex()}
    scope = {"system": codes.CONSENT_SCOPE, "code": "patient-privacy"}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [scope]},
        "category": [{"coding": [{"system": codes.LOINC, "code": codes.LOINC_CONSENT}]}],
        "patient": {"reference": head.patient},
        "dateTime": head.dated.isoformat(timespec="seconds"),
        "performer": [{"reference": head.performer}],
        "organization": [{"reference": head.organization}],
        "sourceReference": {"type": "DocumentReference", "identifier": document},
        "policy": [{"uri": codes.OWN_POLICY}],
        "provision": provision,
    }
