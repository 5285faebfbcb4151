"""A FHIR Consent in: directives that never permit more than it does, and a report of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from pyhealth.errors import InputError
from pyhealth.sharing.rule import Draft
from pyhealth.standards.consent import codes, roots
from pyhealth.standards.consent.flattening import flatten
from pyhealth.standards.consent.losses import Consequence, Loss
from pyhealth.standards.consent.reading import Members, Reader, references, refuse_modifiers
from pyhealth.standards.resources import Element, Release, faults, parse, shown

ONLY = {
    "R4": {"scope", "patient", "dateTime", "performer", "organization", "policy", "policyRule"},
    "R5": {"subject", "date", "decision", "grantor", "grantee", "manager", "controller", "period"}
    | {"policyBasis", "policyText", "regulatoryBasis"},
}
STATUSES = {
    "R4": ("draft", "proposed", "active", "rejected", "inactive", "entered-in-error"),
    "R5": ("draft", "active", "inactive", "not-done", "entered-in-error", "unknown"),
}
WITHDRAWN = {"rejected", "inactive", "entered-in-error", "not-done"}
SCOPES = {"patient-privacy", "research"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a Consent."""

    release: Release
    consent: str  # what the resource is known by: its id, or an identifier
    version: str
    patient: str  # as the resource names the patient
    status: str
    drafts: tuple[Draft, ...]
    losses: tuple[Loss, ...]

    @property
    def exact(self) -> bool:
        """Whether the directives permit and deny what the resource does, and say so alike."""
        return not self.losses

    @property
    def withdrawn(self) -> bool:
        """Whether what was granted from an earlier version is to be revoked."""
        return self.status in WITHDRAWN

    @property
    def refused(self) -> bool:
        """Whether nothing is granted since the resource cannot be followed."""
        return any(loss.consequence is Consequence.REFUSED for loss in self.losses)


def read_consent(
    source: bytes | str | Path | Mapping[str, Any],
    members: Members,
    *,
    release: Release | None = None,
    lenient: bool = False,
    zone: tzinfo | None = None,
    at: datetime | None = None,
) -> Imported:
    """Read a FHIR Consent.

    ``members`` says which member an actor is, by its reference or its identifier
    (``system|value``); none for one that is known to be no member. ``lenient`` reports what is
    malformed where it would be refused. What is written without a zone is of ``zone``;
    of none, it is taken as UTC and reported. What is over ``at``
    a moment is left out.
    """
    resource = parse(source)
    if resource.get("resourceType") != "Consent":
        kind = shown(resource.get("resourceType"))
        raise InputError(f"The resource is {kind}, where a Consent is expected; hand in one.")
    release = release or release_of(resource)
    reader = Reader(release, members, lenient, zone)
    wrong = faults(resource, release)
    if wrong and not lenient:
        more = f" and {len(wrong) - 1} more faults" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0]}{more}; correct the {release} resource, or be lenient.")
    for fault in wrong:
        path, _, why = fault.partition(": ")
        reader.lose(path, None, f"it is malformed ({why})", Consequence.IGNORED)
    return _read(reader, Element(resource, "Consent"), at)


def release_of(resource: Mapping[str, Any]) -> Release:
    """Tell by its elements of which release a Consent is."""
    signs = {name for name, those in ONLY.items() if those & resource.keys()}
    provision = resource.get("provision")
    signs |= {"R4"} if isinstance(provision, dict) else set()
    signs |= {"R5"} if isinstance(provision, list) else set()
    if signs == {"R4"}:
        return "R4"
    if signs == {"R5"}:
        return "R5"
    why = "has elements of R4 and of R5" if signs else "has no element that tells R4 from R5"
    raise InputError(f"The Consent {why}; say which release it is.")


def _read(reader: Reader, at: Element, moment: datetime | None) -> Imported:
    status = at.text("status")
    if status not in STATUSES[reader.release]:
        known = ", ".join(STATUSES[reader.release])
        raise InputError(f"Consent.status is {shown(status)}; it is one of {known}.")
    patient = at.one("patient" if reader.release == "R4" else "subject")
    who = next(iter(references(patient)), "")
    drafts: list[Draft] = []
    if why := _refusal(reader, at, status):
        reader.losses.append(why)
    else:
        root = roots.r4(reader, at) if reader.release == "R4" else roots.r5(reader, at)
        if root:
            drafts, losses = flatten(root)
            reader.losses.extend(losses)
    kept = [one for one in drafts if not moment or moment < one.terms.valid_until]
    if len(kept) < len(drafts):
        over = max(one.terms.valid_until for one in drafts if one not in kept)
        why_over = f"what ended by {over:%Y-%m-%d %H:%M:%S} UTC is over"
        reader.lose("Consent.provision", None, why_over, Consequence.IGNORED)
    consent, version = next(iter(names_of(at)), ""), at.one("meta").text("versionId")
    return Imported(
        reader.release, consent, version, who, status, tuple(kept), tuple(reader.losses)
    )


def names_of(at: Element) -> list[str]:
    """Return all that a resource may be known by from version to version."""
    others = [f"{one.text('system')}|{one.text('value')}" for one in at.many("identifier")]
    return [one for one in (at.text("id"), *others) if one.strip("|")]


def _refusal(reader: Reader, at: Element, status: str) -> Loss | None:
    """Say why nothing of a consent can be granted, if so."""
    if status != "active":
        why = "only an active consent is granted from" + (
            "; revoke what was granted from it" if status in WITHDRAWN else ""
        )
        return Loss("Consent.status", status, Consequence.REFUSED, why)
    for name in ("_status", "_decision"):
        if at.has(name):
            why = "what is said of it instead of it, or beside it, is not read"
            return Loss(f"Consent.{name}", "", Consequence.REFUSED, why)
    try:
        refuse_modifiers(at)
    except InputError as error:
        if not reader.lenient:
            raise
        return Loss(at.path, "", Consequence.REFUSED, str(error).rstrip("."))
    scopes = set(filter(None, codes.codes_of(at.one("scope"), codes.CONSENT_SCOPE)))
    if reader.release == "R4" and not (scopes and scopes <= SCOPES):
        why = "only consents to the use of data (patient-privacy, research) are granted from"
        return Loss("Consent.scope", " ".join(sorted(scopes)), Consequence.REFUSED, why)
    return None
