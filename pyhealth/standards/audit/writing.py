"""Receipts as FHIR R4 AuditEvents: what was decided, and what was handed out.

The shapes are those of IHE BALP: Consent Authorized Decision, Patient Read, Patient Update, Privacy
Disclosure at Source. Nobody is named but by what the chain knows, unless references are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pyhealth.sharing.accesses import Entry
from pyhealth.standards.audit import codes
from pyhealth.standards.audit.codes import Json
from pyhealth.standards.audit.names import Names as Names
from pyhealth.standards.consent.codes import coding
from pyhealth.values import ConsentAction, Emergency, Ground, Outcome, Purpose, Receipt

REASONS = {
    Ground.NONE: "no directive of the patient permits it",
    Ground.STUDY: "a directive for the member in the study denies it",
    Ground.MEMBER: "a directive for the member denies it",
    Ground.EVERYONE: "a directive for everyone denies it",
    Ground.MEMBER_NOT_ACTIVE: "the member is not active",
    Ground.EMERGENCY: "the emergency does not permit it",
}
URI = "5"  # type of a network address


def audit_events(entry: Entry, names: Names) -> list[Json]:
    """Return the events that a custodian keeps of a receipt: the decision, and where it permits
    that the record was then handed out or changed, which only the custodian can say.
    """
    decided = decision(entry, names)
    if entry.receipt.outcome is not Outcome.CONSENT_PERMIT:
        return [decided]
    return [decided, *SERVED[entry.receipt.action](entry, names)]


def decision(entry: Entry, names: Names) -> Json:
    """Return the decision: outcome 0 where it permits, 8 where it does not, and why."""
    receipt = entry.receipt
    permitted = receipt.outcome is Outcome.CONSENT_PERMIT
    event = _event(codes.SECURITY_ALERT, [codes.BY_CONSENT], "E", entry, names)
    event |= {"outcome": "0"} if permitted else {"outcome": "8", "outcomeDesc": _reason(receipt)}
    event["agent"] = [
        _agent(codes.APPLICATION, names.account(receipt.actor), network=names.chain),
        _user(receipt, names),
        _agent(codes.PROVIDER, names.member(receipt.member)),
        _agent(codes.AUTHORIZER, names.contract()),
    ]
    event["source"] = _source(names.contract(), codes.SECURITY_SERVER, names)
    consent = {"what": _ground(receipt, names), "type": codes.CONSENT_TYPE}
    event["entity"] = [_patient(receipt, names), _record(receipt, names), consent]
    return event


def reading(entry: Entry, names: Names) -> list[Json]:
    """Return that the custodian handed a record out to be read."""
    event = _served(codes.REST, {"system": codes.RESTFUL, "code": "read"}, "R", entry, names)
    event["agent"] = _parties(entry, names, client=codes.DESTINATION, server=codes.SOURCE)
    return [event]


def updating(entry: Entry, names: Names) -> list[Json]:
    """Return that a record was corrected at the custodian."""
    event = _served(codes.REST, {"system": codes.RESTFUL, "code": "update"}, "U", entry, names)
    event["agent"] = _parties(entry, names, client=codes.SOURCE, server=codes.DESTINATION)
    return [event]


def disclosing(entry: Entry, names: Names) -> list[Json]:
    """Return that the custodian disclosed a record."""
    event = _served(codes.EXPORT, codes.DISCLOSED, "R", entry, names)
    event["agent"] = _parties(entry, names, client=codes.DESTINATION, server=codes.SOURCE)
    return [event]


SERVED = {
    ConsentAction.COLLECT: reading,
    ConsentAction.ACCESS: reading,
    ConsentAction.USE: reading,
    ConsentAction.DISCLOSE: disclosing,
    ConsentAction.CORRECT: updating,
}


def breaking(emergency_id: bytes, emergency: Emergency, at: datetime, names: Names) -> Json:
    """Return that a member broke the glass."""
    broken = names.identified(codes.EMERGENCY, "0x" + emergency_id.hex())
    user = _agent(codes.RECIPIENT, names.member(emergency.member), requestor=True)
    purpose = [{"coding": [coding(Purpose.BTG)]}]
    return {
        "resourceType": "AuditEvent",
        "id": emergency_id.hex(),
        "type": codes.SECURITY_ALERT,
        "subtype": [codes.OVERRIDE],
        "action": "E",
        "recorded": _instant(at),
        "outcome": "0",
        "outcomeDesc": f"permits until {_instant(emergency.expires_at)}, "
        f"review due before {_instant(emergency.review_due)}",
        "purposeOfEvent": purpose,
        "agent": [user | {"purposeOfUse": purpose}, _agent(codes.AUTHORIZER, names.contract())],
        "source": _source(names.contract(), codes.SECURITY_SERVER, names),
        "entity": [
            {"what": names.patient(emergency.patient), "type": codes.PERSON}
            | {"role": codes.AS_PATIENT},
            {"what": broken, "type": codes.SYSTEM_OBJECT},
        ],
    }


def bundle(events: Sequence[Json], at: datetime) -> Json:
    """Return events as one FHIR Bundle."""
    found: Json = {"resourceType": "Bundle", "type": "collection", "timestamp": _instant(at)}
    return found | ({"entry": [{"resource": event} for event in events]} if events else {})


def _event(kind: Json, subtype: list[Json], action: str, entry: Entry, names: Names) -> Json:
    """Return what all events of a receipt have."""
    receipt = entry.receipt
    chained = {codes.RECEIPT: entry.receipt_hash, codes.PREVIOUS: receipt.previous}
    if any(receipt.emergency_id):
        chained[codes.EMERGENCY] = receipt.emergency_id
    return {
        "resourceType": "AuditEvent",
        "extension": [
            {"url": url, "valueString": "0x" + word.hex()} for url, word in chained.items()
        ],
        "type": kind,
        "subtype": subtype,
        "action": action,
        "recorded": _instant(receipt.decided_at),
        "outcome": "0",
        "purposeOfEvent": [{"coding": [coding(receipt.purpose)]}],
    }


def _served(kind: Json, subtype: Json, action: str, entry: Entry, names: Names) -> Json:
    receipt = entry.receipt
    event = _event(kind, [subtype], action, entry, names)
    custodian = names.member(entry.custodian)
    event["source"] = _source(custodian, codes.APPLICATION_SERVER, names)
    request = {"identifier": {"value": "0x" + entry.receipt_hash.hex()}}
    event["entity"] = [
        _patient(receipt, names),
        _record(receipt, names),
        {"what": request, "type": codes.REQUEST_ID},
    ]
    return event


def _parties(entry: Entry, names: Names, *, client: Json, server: Json) -> list[Json]:
    receipt = entry.receipt
    return [
        _agent(client, names.member(receipt.member), network=names.chain),
        _agent(server, names.member(entry.custodian), network=names.chain),
        _user(receipt, names),
    ]


def _agent(kind: Json, who: Json, *, requestor: bool = False, network: str = "") -> Json:
    found: Json = {"type": {"coding": [kind]}, "who": who, "requestor": requestor}
    return found | ({"network": {"address": network, "type": URI}} if network else {})


def _user(receipt: Receipt, names: Names) -> Json:
    user = _agent(codes.RECIPIENT, names.account(receipt.actor), requestor=True)
    return user | {"purposeOfUse": [{"coding": [coding(receipt.purpose)]}]}


def _patient(receipt: Receipt, names: Names) -> Json:
    who = names.patient(receipt.patient)
    return {"what": who, "type": codes.PERSON, "role": codes.AS_PATIENT}


def _record(receipt: Receipt, names: Names) -> Json:
    what = names.record(receipt.record_ref)
    return {"what": what, "type": codes.SYSTEM_OBJECT, "role": codes.AS_RESOURCE}


def _source(observer: Json, kind: Json, names: Names) -> Json:
    return {"site": names.chain, "observer": observer, "type": [kind]}


def _ground(receipt: Receipt, names: Names) -> Json:
    """Refer to the directive that decided, or say that none did."""
    if not receipt.version:
        return {"type": "Consent", "display": "No directive of the patient decided."}
    study = f":0x{receipt.study.hex()}" if receipt.ground is Ground.STUDY else ""
    member = 0 if receipt.ground is Ground.EVERYONE else receipt.member
    value = f"{receipt.patient}:{member}{study}:{receipt.place}:{receipt.version}"
    return names.identified(codes.DIRECTIVE, value) | {"type": "Consent"}


def _reason(receipt: Receipt) -> str:
    place = f" (place {receipt.place}, version {receipt.version})" if receipt.version else ""
    return f"{receipt.outcome.name}: {REASONS[receipt.ground]}{place}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
