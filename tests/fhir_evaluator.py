"""What a FHIR Consent says to a request, read from the provisions as they stand.

Written from the standards (FHIR R4 and R5, the appendix on evaluation of IHE PCF) and apart from
the package, as the oracle that its directives are compared with:

- elements of a provision all hold, repetitions of an element are alternatives, and what a concept is
  coded as is all meant by a permit, and each by a denial; an absent element
  does not constrain; a provision within another is an exception to it, and reverses it unless its
  type is written; of several exceptions a denial stands above a permit;
- a purpose covers its kinds; breaking the glass (BTG) only counts where it is named, or where a
  denial names no purpose;
- a permit for confidentiality R covers R and below, a denial of R covers R and above; a permit for
  sensitivities covers data that has some of them and no other, a denial data that has any;
- a period includes its end, to the precision in which it is written.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

PERMIT, DENY, NO_CONSENT = "CONSENT_PERMIT", "CONSENT_DENY", "NO_CONSENT"
LEVELS = "ULMNRV"
SENSITIVE = {"ETH", "ETHUD", "OPIOIDUD", "PSY", "SDV", "HIV"}
PARENTS = {
    child: parent
    for line in """
        HOPERAT: CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP
        HOPERAT: HQUALIMP HSYSADMIN MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN
        HSYSADMIN: LABELING METAMGT
        SYSDEV: HTEST
        HPAYMT: CLMATTCH COVAUTH COVERAGE REMITADV
        COVERAGE: ELIGDTRM ELIGVER ENROLLM MILDCRG
        HRESCH: BIORCH CLINTRCH DSRCH POARCH TRANSRCH
        CLINTRCH: CLINTRCHNPC CLINTRCHPC PRECLINTRCH
        PATRQT: FAMRQT PWATRNY SUPNWK
        PUBHLTH: DISASTER THREAT
        TREAT: CLINTRL COC ETREAT POPHLTH
        ETREAT: ERTREAT
    """.strip().splitlines()
    for parent, _, children in [line.strip().partition(": ")]
    for child in children.split()
}
REVERSED = {"permit": "deny", "deny": "permit", None: None}
POLICY = "https://profiles.ihe.net/ITI/PCF/Policy-"


@dataclass(frozen=True)
class Request:
    """A request as the world sees it: also what no directive knows of."""

    actors: frozenset[str]  # the references that stand for who asks
    purpose: str
    action: str
    parts: frozenset[tuple[str, str]]  # of the record: classes of data, each with a resource type
    sensitivities: frozenset[str]
    confidentiality: str
    at: datetime
    foreign: bool = False  # whether codes that nobody here knows fit
    detailed: bool = False  # whether the data, its author and its period fit


def evaluate(resource: dict[str, Any], request: Request) -> str:
    """Say what a Consent says."""
    if resource["status"] != "active" or not verified(resource):
        return NO_CONSENT
    if isinstance(resource.get("provision"), list) or "decision" in resource:
        root = {"type": resource.get("decision"), "provision": resource.get("provision", [])}
        root |= {name: resource[name] for name in ("period",) if name in resource}
        if resource.get("grantee"):
            root["actor"] = [{"reference": one} for one in resource["grantee"]]
    else:
        root = dict(resource.get("provision", {}))
        bare = root.get("type") == "permit" and not root.get("purpose")
        if bare and POLICY + "break-glass-only" in policies(resource):
            root["purpose"] = [{"system": "v3-ActReason", "code": "BTG"}]
    said = of(root, None, request)
    if said == "permit" and root.get("type") == "permit":
        said = under(resource, request)
    return {"permit": PERMIT, "deny": DENY}.get(said or "", NO_CONSENT)


def verified(resource: dict[str, Any]) -> bool:
    return all(one.get("verified") is True for one in resource.get("verification", []))


def under(resource: dict[str, Any], request: Request) -> str | None:
    """What is left of a permit under the policies of IHE PCF that it agrees to."""
    for policy in policies(resource):
        if policy == POLICY + "deny":
            return "deny"
        normal = LEVELS.index(request.confidentiality) <= LEVELS.index("N")
        if policy == POLICY + "basic-normal" and not (normal and covers("TREAT", request.purpose)):
            return None
        if policy == POLICY + "all-normal" and not normal:
            return None
        if policy == POLICY + "break-glass-only" and request.purpose != "BTG":
            return None
    return "permit"


def policies(resource: dict[str, Any]) -> list[str]:
    return [one.get("uri", "") for one in resource.get("policy", [])]


def of(provision: dict[str, Any], above: str | None, request: Request) -> str | None:
    """What a provision says, or nothing where it is about something else."""
    kind = provision.get("type") or REVERSED[above]
    if not about(provision, kind, request):
        return None
    said = {of(inner, kind, request) for inner in provision.get("provision", [])}
    return "deny" if "deny" in said else "permit" if "permit" in said else kind


def about(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    checks = (during, by_actor, for_purpose, by_action, of_class, labelled, of_data)
    return all(check(provision, kind, request) for check in checks)


def during(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    period = provision.get("period", {})
    start, end = period.get("start"), period.get("end")
    return (not start or first(start) <= request.at) and (not end or request.at < first_after(end))


def first(text: str) -> datetime:
    if len(text) < 10:
        text = f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def first_after(text: str) -> datetime:
    start = first(text)
    if len(text) == 4:
        return start.replace(year=start.year + 1)
    if len(text) == 7:
        return (start + timedelta(days=31)).replace(day=1)
    return start + (timedelta(days=1) if len(text) == 10 else timedelta(seconds=1))


def by_actor(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    actors = provision.get("actor")
    return not actors or any(one["reference"]["reference"] in request.actors for one in actors)


def covers(purpose: str | None, asked: str | None) -> bool:
    while asked is not None and asked != purpose:
        asked = PARENTS.get(asked)
    return asked is not None


def for_purpose(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    listed = provision.get("purpose")
    if not listed:
        return request.purpose != "BTG" or kind == "deny"
    return any(
        covers(one["code"], request.purpose) if "v3-ActReason" in one["system"] else request.foreign
        for one in listed
    )


def by_action(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    listed = provision.get("action")
    alike = any if kind == "deny" else all
    return not listed or any(
        alike(
            one["code"] == request.action if "consentaction" in one["system"] else request.foreign
            for one in concept["coding"]
        )
        for concept in listed
    )


def of_class(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    listed = [*provision.get("class", []), *provision.get("resourceType", [])]
    if not listed:
        return True
    codes = {one["code"] for one in listed}
    named = [label in codes or kind_of in codes for label, kind_of in request.parts]
    known = {"urn:pyhealth:label", "http://hl7.org/fhir/resource-types"}
    other = request.foreign and any(one["system"] not in known for one in listed)
    return other or (any(named) if kind == "deny" else all(named))


def labelled(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    listed = provision.get("securityLabel")
    if not listed:
        return True
    marks = [LEVELS.index(one["code"]) for one in listed if "Confidentiality" in one["system"]]
    codes = {one["code"] for one in listed if "ActCode" in one["system"]}
    level = LEVELS.index(request.confidentiality)
    if codes - SENSITIVE and request.foreign:
        return True
    if kind == "deny":
        return bool(codes & request.sensitivities) or bool(marks and level >= min(marks))
    sensitive = bool(request.sensitivities) and request.sensitivities <= codes
    return sensitive or bool(marks and level <= max(marks))


def of_data(provision: dict[str, Any], kind: str | None, request: Request) -> bool:
    return request.detailed or not {"data", "dataPeriod", "code"} & provision.keys()
