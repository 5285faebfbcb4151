"""Codes of HL7 for what directives say, read and written."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from pyhealth.errors import InputError
from pyhealth.standards.resources import Element
from pyhealth.values import Confidentiality, ConsentAction, Label, Purpose

C = TypeVar("C", Purpose, ConsentAction, Confidentiality, Label)
Coding = dict[str, str]

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
ACT_REASON = TERMINOLOGY + "v3-ActReason"
ACT_CODE = TERMINOLOGY + "v3-ActCode"
CONFIDENTIALITY = TERMINOLOGY + "v3-Confidentiality"
CONSENT_ACTION = TERMINOLOGY + "consentaction"
CONSENT_SCOPE = TERMINOLOGY + "consentscope"
PARTICIPATION = TERMINOLOGY + "v3-ParticipationType"
RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
LABELS = "urn:pyhealth:label"  # our own classes of data, for what FHIR has no code
LOINC = "http://loinc.org"
LOINC_CONSENT = "59284-0"

# The same systems as older documents and other releases name them.
ALIASES = {
    "http://hl7.org/fhir/v3/ActReason": ACT_REASON,
    "urn:oid:2.16.840.1.113883.5.8": ACT_REASON,
    "http://hl7.org/fhir/v3/ActCode": ACT_CODE,
    "urn:oid:2.16.840.1.113883.5.4": ACT_CODE,
    "http://hl7.org/fhir/v3/Confidentiality": CONFIDENTIALITY,
    "urn:oid:2.16.840.1.113883.5.25": CONFIDENTIALITY,
    "http://hl7.org/fhir/consentaction": CONSENT_ACTION,
    "http://hl7.org/fhir/v3/ParticipationType": PARTICIPATION,
    "urn:oid:2.16.840.1.113883.5.90": PARTICIPATION,
    "http://hl7.org/fhir/fhir-types": RESOURCE_TYPES,
}

PURPOSES: Mapping[str, Purpose] = {one.name: one for one in Purpose}
ACTIONS: Mapping[str, ConsentAction] = {one.name.lower(): one for one in ConsentAction}
LEVELS: Mapping[str, Confidentiality] = {one.name: one for one in Confidentiality if one}
SENSITIVITIES: Mapping[str, Label] = {one.name: one for one in Label if one < Label.ADMINISTRATION}
CLASSES: Mapping[str, Label] = {
    one.name.lower(): one for one in Label if one >= Label.ADMINISTRATION
}

# The resource types whose records bear a class. A type can bear several: an Observation is
# LABORATORY or OBSERVATION, as the custodian says.
TYPES: Mapping[Label, frozenset[str]] = {
    label: frozenset(types.split())
    for label, types in {
        Label.ADMINISTRATION: "Patient RelatedPerson Appointment Encounter",
        Label.CONDITION: "Condition AllergyIntolerance FamilyMemberHistory",
        Label.MEDICATION: "MedicationRequest MedicationDispense MedicationStatement Immunization",
        Label.LABORATORY: "Specimen DiagnosticReport Observation",
        Label.IMAGING: "ImagingStudy Media DiagnosticReport",
        Label.OBSERVATION: "Observation",
        Label.PROCEDURE: "Procedure Device DeviceUseStatement",
        Label.DOCUMENT: "DocumentReference Composition",
        Label.CARE: "CarePlan CareTeam Goal ServiceRequest",
        Label.GENOMIC: "MolecularSequence Observation DiagnosticReport",
        Label.FINANCIAL: "Coverage Claim ExplanationOfBenefit",
        Label.RESEARCH: "ResearchSubject QuestionnaireResponse",
    }.items()
}

# IHE PCF counts both as substance abuse, HL7's own tree does not.
AKIN = {Label.ETH: frozenset({Label.ETHUD, Label.OPIOIDUD})}

# Labels of v3 ActCode that bind the recipient, and say nothing about the data.
BINDING = """
    AOD AUDIT AUDTR CPLYCC CPLYCD CPLYCUI CPLYJPP CPLYJSP CPLYOPP CPLYOSP CPLYPOL DEID DELAU ENCRYPT
    ENCRYPTR ENCRYPTT ENCRYPTU HUAPRV MASK MINEC PRIVMARK PSEUD REDACT NOAUTH NOCOLLECT NODSCLCD
    NODSCLCDS NOINTEGRATE NOLIST NOMOU NOORGPOL NOPAT NOPERSISTP NORDSCLCD NORDSCLCDS NORDSCLW
    NORELINK NOREUSE NOVIP ORCON
"""
DUTIES = frozenset(BINDING.split())
OPT_OUT = frozenset({"OPTOUT", "OPTOUTE"})
RECIPIENTS = frozenset({"IRCP", "PRCP"})  # roles in which an actor receives data

OWN_POLICY = "urn:pyhealth:consent-rules"  # the rule of ConsentRules.sol
POLICY = "https://profiles.ihe.net/ITI/PCF/Policy-"
BASIC_NORMAL = POLICY + "basic-normal"
ALL_NORMAL = POLICY + "all-normal"
BREAK_GLASS_ONLY = POLICY + "break-glass-only"
DENY_ALL = POLICY + "deny"


def system_of(uri: str) -> str:
    """Return the name that HL7 now has for a code system."""
    return ALIASES.get(uri, uri)


def known(code: str, codes: Mapping[str, C], system: str, place: str) -> C:
    """Return what a code of a system stands for; one that the system has not is refused."""
    if code in codes:
        return codes[code]
    near = difflib.get_close_matches(code.upper(), codes, 3) or list(codes)[:6]
    raise InputError(
        f"{place} is {code[:40]!r}, which is no code of {system} that is known here; "
        f"write one of its codes, such as {', '.join(near)}."
    )


def codes_of(concept: Element, system: str) -> list[str]:
    """Return the code of each coding of a codeable concept; nothing for one of another system."""
    return [
        one.text("code") if system_of(one.text("system")) == system else ""
        for one in concept.many("coding")
    ]


def token(coding: Element) -> str:
    """Return a coding as FHIR searches for it: ``system|code``."""
    return f"{coding.text('system')}|{coding.text('code')}"


def coding(code: Purpose | ConsentAction | Confidentiality | Label) -> Coding:
    """Return a code as FHIR writes it; a class of data as one of ours."""
    if isinstance(code, Purpose):
        return {"system": ACT_REASON, "code": code.name}
    if isinstance(code, ConsentAction):
        return {"system": CONSENT_ACTION, "code": code.name.lower()}
    if isinstance(code, Confidentiality):
        return {"system": CONFIDENTIALITY, "code": code.name}
    if code < Label.ADMINISTRATION:
        return {"system": ACT_CODE, "code": code.name}
    return {"system": LABELS, "code": code.name.lower()}
