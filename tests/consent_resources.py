"""FHIR Consents for the tests: in the shapes of IHE PCF, and with one thing changed."""

from __future__ import annotations

from typing import Any

from pyhealth.standards.consent.codes import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    CONSENT_SCOPE,
    PARTICIPATION,
    RESOURCE_TYPES,
)
from pyhealth.values import Grantee

Json = dict[str, Any]
MEMBERS = {
    "Organization/hospital": Grantee(1),
    "urn:oid:1.2.3|clinic": Grantee(2),
    "Organization/elsewhere": None,
}


def basic(**elements: Any) -> Json:
    """A Consent of the profile IHE.PCF.consentBasic, to treatment, payment and operations."""
    scope = {"coding": [{"system": CONSENT_SCOPE, "code": "patient-privacy"}]}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": scope,
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/p"},
        "dateTime": "2026-06-13",
        "performer": [{"reference": "Patient/p"}],
        "organization": [{"reference": "Organization/hospital"}],
        "sourceReference": {"reference": "DocumentReference/signed"},
        "provision": {"type": "permit", "purpose": purposes("TREAT", "HPAYMT", "HOPERAT")},
    } | elements


def within(*exceptions: Json, **elements: Any) -> Json:
    """A Consent of the profile IHE.PCF.consentIntermediate: with exceptions."""
    root = basic()["provision"] | elements | {"provision": list(exceptions)}
    return basic(provision=root)


def r5(**elements: Any) -> Json:
    """The same, in R5."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "subject": {"reference": "Patient/p"},
        "date": "2026-06-13",
        "decision": "permit",
    } | elements


def purposes(*codes: str) -> list[Json]:
    return [{"system": ACT_REASON, "code": code} for code in codes]


def actions(*codes: str) -> list[Json]:
    return [{"coding": [{"system": CONSENT_ACTION, "code": code}]} for code in codes]


def sensitive(*codes: str) -> list[Json]:
    return [{"system": ACT_CODE, "code": code} for code in codes]


def confidential(*codes: str) -> list[Json]:
    return [{"system": CONFIDENTIALITY, "code": code} for code in codes]


def types(*codes: str) -> list[Json]:
    return [{"system": RESOURCE_TYPES, "code": code} for code in codes]


def actor(reference: str, role: str = "IRCP") -> Json:
    return {
        "role": {"coding": [{"system": PARTICIPATION, "code": role}]},
        "reference": {"reference": reference},
    }
