"""Codes and identifiers of audit events."""

from __future__ import annotations

from typing import Any

from pyhealth.standards.consent.codes import PARTICIPATION, TERMINOLOGY

Json = dict[str, Any]
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
BALP = "https://profiles.ihe.net/ITI/BALP"
AUTHZ = f"{BALP}/CodeSystem/AuthZsubType"
ENTITY_TYPE = f"{BALP}/CodeSystem/BasicAuditEntityType"
EVENT_TYPE = TERMINOLOGY + "audit-event-type"
OBJECT_TYPE = TERMINOLOGY + "audit-entity-type"
OBJECT_ROLE = TERMINOLOGY + "object-role"
SOURCE_TYPE = TERMINOLOGY + "security-source-type"
LIFECYCLE = TERMINOLOGY + "iso-21089-lifecycle"
SECURITY_ROLE = TERMINOLOGY + "extra-security-role-type"
ROLE_CLASS = TERMINOLOGY + "v3-RoleClass"
RESTFUL = "http://hl7.org/fhir/restful-interaction"

# Identifiers of ours; the value of each starts with the chain, as in "eip155:1:0x…".
RECEIPT = "urn:pyhealth:receipt"
PREVIOUS = "urn:pyhealth:receipt-before"
RECORD = "urn:pyhealth:record"
PATIENT = "urn:pyhealth:patient"
ACCOUNT = "urn:pyhealth:account"
MEMBER = "urn:pyhealth:member"
DIRECTIVE = "urn:pyhealth:directive"
EMERGENCY = "urn:pyhealth:emergency"
CONTRACT = "urn:pyhealth:contract"

SECURITY_ALERT = {"system": DICOM, "code": "110113", "display": "Security Alert"}
EXPORT = {"system": DICOM, "code": "110106", "display": "Export"}
REST = {"system": EVENT_TYPE, "code": "rest", "display": "RESTful Operation"}
OVERRIDE = {"system": DICOM, "code": "110127", "display": "Emergency Override Started"}
BY_CONSENT = {"system": AUTHZ, "code": "AuthZ-Consent"}
DISCLOSED = {"system": LIFECYCLE, "code": "disclose"}
APPLICATION = {"system": DICOM, "code": "110150", "display": "Application"}
DESTINATION = {"system": DICOM, "code": "110152", "display": "Destination Role ID"}
SOURCE = {"system": DICOM, "code": "110153", "display": "Source Role ID"}
RECIPIENT = {"system": PARTICIPATION, "code": "IRCP", "display": "information recipient"}
PROVIDER = {"system": ROLE_CLASS, "code": "PROV", "display": "healthcare provider"}
AUTHORIZER = {"system": SECURITY_ROLE, "code": "authserver", "display": "authorization server"}
PERSON = {"system": OBJECT_TYPE, "code": "1", "display": "Person"}
SYSTEM_OBJECT = {"system": OBJECT_TYPE, "code": "2", "display": "System Object"}
AS_PATIENT = {"system": OBJECT_ROLE, "code": "1", "display": "Patient"}
AS_RESOURCE = {"system": OBJECT_ROLE, "code": "4", "display": "Domain Resource"}
CONSENT_TYPE = {"system": "http://hl7.org/fhir/resource-types", "code": "Consent"}
REQUEST_ID = {"system": ENTITY_TYPE, "code": "XrequestId"}
SECURITY_SERVER = {"system": SOURCE_TYPE, "code": "6", "display": "Security Server"}
APPLICATION_SERVER = {"system": SOURCE_TYPE, "code": "4", "display": "Application Server"}
