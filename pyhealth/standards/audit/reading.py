"""A custodian's AuditEvents (FHIR R4 and R5) as facts that can be compared with receipts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.sharing.accesses import Fact
from pyhealth.standards.audit import codes
from pyhealth.standards.audit.files import resources
from pyhealth.standards.consent.codes import ACT_REASON, PURPOSES, system_of
from pyhealth.standards.consent.reading import references
from pyhealth.standards.resources import Element, Release, faults, moment, shown
from pyhealth.values import ConsentAction, Purpose

HASH = re.compile(r"(?:.*:)?(?:0x)?([0-9a-fA-F]{64})", re.ASCII)
OURS = re.compile(r"eip155:(\d+):(.+)", re.ASCII)
DONE = {"R": ConsentAction.ACCESS, "C": ConsentAction.COLLECT, "U": ConsentAction.CORRECT}
DONE |= {"D": ConsentAction.CORRECT}
# DICOM's application activity, security alert and login: no data is handed out.
NO_SERVICE = {"110100", "110113", "110114"}
SUCCESS = {"0", "information", "success"}


@dataclass(frozen=True, slots=True)
class Known:
    """How a custodian's log names what the chain knows: references and ``system|value``."""

    chain_id: int
    members: Mapping[str, int] = field(default_factory=dict)
    patients: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, bytes] = field(default_factory=dict)

    def own(self, at: Element, system: str) -> Iterator[str]:
        """Yield the values of identifiers of ours that belong to this chain."""
        identifier = at.one("identifier")
        written = OURS.fullmatch(identifier.text("value"))
        if identifier.text("system") == system and written and int(written[1]) == self.chain_id:
            yield written[2]


def read_facts(
    named: Iterable[Path], known: Known, *, lenient: bool = False
) -> tuple[list[Fact], list[str]]:
    """Read the AuditEvents in files and folders; other resources are passed over.

    What cannot be read is refused, or where that is tolerated, told in the second list.
    """
    facts: list[Fact] = []
    faulty: list[str] = []
    for place, resource in resources(named):
        try:
            if isinstance(resource, InputError):
                raise resource
            if resource.get("resourceType") == "AuditEvent":
                facts.append(fact_of(resource, place, known))
        except InputError as error:
            if not lenient:
                raise
            faulty.append(str(error))
    return facts, faulty


def fact_of(resource: Mapping[str, object], place: str, known: Known) -> Fact:
    """Read one AuditEvent."""
    release: Release = "R5" if {"code", "category", "outcomeDetail"} & resource.keys() else "R4"
    if wrong := faults(resource, release):
        raise InputError(f"{place}: {wrong[0]}; correct the {release} resource.")
    at = Element(resource, "AuditEvent")
    try:
        return _fact(at, place, known)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _fact(at: Element, place: str, known: Known) -> Fact:
    agents, entities = at.many("agent"), at.many("entity")
    parties = [agent.one("who") for agent in agents]
    things = [one.one("what") for one in entities]
    records = frozenset(one for what in things for one in _records(what, known))
    patients = {one for what in [*things, at.one("patient")] for one in _patients(what, known)}
    succeeded = _outcome(at) in SUCCESS
    concerned = bool(records or patients) or any(_is_patient(one) for one in entities)
    return Fact(
        place,
        moment(at.text("recorded"), "AuditEvent.recorded"),
        succeeded,
        served=concerned and not any(one.text("code") in NO_SERVICE for one in _kinds(at)),
        receipts=_receipts(at, entities),
        records=records,
        patients=frozenset(patients),
        members=frozenset(one for who in parties for one in _members(who, known)),
        actors=frozenset(one.lower() for who in parties for one in known.own(who, codes.ACCOUNT)),
        purposes=frozenset(_purposes(at, agents)),
        action=_action(at),
        source=_source(at.one("source")),
    )


def _outcome(at: Element) -> str:
    """Return the outcome; R5 writes it as a concept."""
    value = at.value.get("outcome")
    if isinstance(value, dict):
        return at.one("outcome").one("code").text("code")
    return at.text("outcome") or "0"


def _kinds(at: Element) -> list[Element]:
    """Return the codings of what kind of event this is: R4's type, R5's category."""
    types = [at.one("type")] if at.has("type") else []
    return [*types, *(one for concept in at.many("category") for one in concept.many("coding"))]


def _action(at: Element) -> ConsentAction | None:
    subtypes = [*at.many("subtype"), *at.one("code").many("coding")]
    exported = any(one.text("code") == codes.EXPORT["code"] for one in _kinds(at))
    if exported or any(one.text("code") == codes.DISCLOSED["code"] for one in subtypes):
        return ConsentAction.DISCLOSE
    return DONE.get(at.text("action"))


def _source(source: Element) -> str:
    """Name the system that recorded an event, as far as the event does."""
    observer = source.one("observer")
    named = references(observer) or [observer.text("display")]
    return " ".join([source.text("site"), *named]).strip()


def _receipts(at: Element, entities: list[Element]) -> frozenset[bytes]:
    """Return the hashes of receipts that an event names."""
    said = [one.text("valueString") for one in at.many("extension") if _is_receipt(one)]
    said += [
        one.one("what").one("identifier").text("value")
        for one in entities
        if _type(one) == codes.REQUEST_ID["code"]
    ]
    written = (HASH.fullmatch(text) for text in said)
    return frozenset(bytes.fromhex(one[1]) for one in written if one)


def _is_receipt(extension: Element) -> bool:
    return extension.text("url") == codes.RECEIPT


def _type(entity: Element) -> str:
    """Return what an entity is; R4 writes a coding, R5 a concept."""
    kind = entity.one("type")
    codings = kind.many("coding")
    return codings[0].text("code") if codings else kind.text("code")


def _is_patient(entity: Element) -> bool:
    return entity.one("what").text("reference").startswith("Patient/") or _type(entity) == "1"


def _records(what: Element, known: Known) -> Iterator[bytes]:
    for value in known.own(what, codes.RECORD):
        if written := HASH.fullmatch(value):
            yield bytes.fromhex(written[1])
    yield from (known.records[one] for one in references(what) if one in known.records)


def _patients(what: Element, known: Known) -> Iterator[str]:
    yield from (value.lower() for value in known.own(what, codes.PATIENT))
    yield from (known.patients[one].lower() for one in references(what) if one in known.patients)


def _members(who: Element, known: Known) -> Iterator[int]:
    for value in known.own(who, codes.MEMBER):
        if not (value.isdecimal() and len(value) < 10):
            raise InputError(f"{who.path}.identifier.value is {shown(value)}; no member is that.")
        yield int(value)
    yield from (known.members[one] for one in references(who) if one in known.members)


def _purposes(at: Element, agents: list[Element]) -> Iterator[Purpose]:
    """Yield the purposes that an event states; codes of others are passed over."""
    concepts = [*at.many("purposeOfEvent"), *at.many("authorization")]
    for agent in agents:
        concepts += [*agent.many("purposeOfUse"), *agent.many("authorization")]
    for concept in concepts:
        for one in concept.many("coding"):
            if system_of(one.text("system")) == ACT_REASON and one.text("code") in PURPOSES:
                yield PURPOSES[one.text("code")]
