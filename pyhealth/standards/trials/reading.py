"""Reads a study record: the form is known by its shape, never by the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.standards.trials.fhir import read_fhir, version_of
from pyhealth.standards.trials.layouts import LAYOUTS, why_lost
from pyhealth.standards.trials.own import read_own
from pyhealth.standards.trials.record import Finding, Form, StudyRecord
from pyhealth.standards.trials.registry import read_registry
from pyhealth.standards.trials.report import Report
from pyhealth.standards.trials.syntax import parse
from pyhealth.standards.trials.tree import Node, Reading, brief

HOLDERS = ("studies", "FullStudiesResponse", "FullStudies", "FullStudy", "Study")
XML_ROOT = "clinical_study"
KNOWN = (
    "ClinicalTrials.gov JSON or XML, a FHIR ResearchStudy in JSON, and YAML with registry_ids and "
    "outcomes"
)


def read_study(file: Path, *, lenient: bool = False, fhir: str | None = None) -> StudyRecord:
    """Read a study record from a file; what is wrong is refused, or reported where lenient.

    ``fhir`` names the version of a ResearchStudy, R4 or R5, where its shape does not tell.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{file} does not exist; name a study record.") from None
    except IsADirectoryError:
        raise InputError(f"{file} is a folder; name the study record in it.") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    return study_of(content, str(file), lenient=lenient, fhir=fhir)


def study_of(
    content: bytes, name: str, *, lenient: bool = False, fhir: str | None = None
) -> StudyRecord:
    """Read a study record from bytes; the name is for messages."""
    top = Node(parse(name, content), Reading(name))
    report = Report(name, lenient)
    record = _read(_study(top), report, fhir)
    if not record.title:
        report.note("title", "the record has none")
    report.check(record.dates, ("outcomes", record.outcomes), ("results", record.results or ()))
    losses = (*report.losses, *_unread(top))
    return replace(record, losses=losses, findings=tuple(report.findings))


def _unread(top: Node) -> Iterator[Finding]:
    """Yield what was not carried; the same in every entry of a list is one loss."""
    lost: dict[str, list[Node]] = {}
    for node in top.unread():
        lost.setdefault(re.sub(r"\[\d+\]", "[*]", node.place), []).append(node)
    for places, nodes in lost.items():
        place, value = nodes[0].place, brief(nodes[0].value)
        if len(nodes) > 1:
            place, value = places, f"{value}, and {len(nodes) - 1} more"
        yield Finding(place, value, why_lost(place))


def _study(node: Node) -> Node:
    """Return the one study in a document, which registries and servers wrap in others."""
    while True:
        names = node.value if isinstance(node.value, dict) else {}
        holder = next((name for name in HOLDERS if name in names), None)
        if isinstance(node.value, list):
            inside = node.each("")
        elif names.get("resourceType") == "Bundle":
            inside = [one for one in map(_held, node.each("entry")) if one is not None]
        elif holder:
            inside = node.each(holder)
        else:
            return node
        if len(inside) != 1:
            raise InputError(
                f"{node.reading.name} holds {len(inside)} studies; name a file that holds one."
            )
        node = inside[0]


def _held(entry: Node) -> Node | None:
    """Return the study in an entry of a Bundle."""
    resource = entry.get("resource")
    return resource if resource and resource.text("resourceType") == "ResearchStudy" else None


def _read(study: Node, report: Report, fhir: str | None) -> StudyRecord:
    """Read a record in the form that its shape shows."""
    names = study.value if isinstance(study.value, dict) else {}
    if XML_ROOT in names and (root := study.get(XML_ROOT)):
        return read_registry(Form.REGISTRY_XML, LAYOUTS[Form.REGISTRY_XML], root, report)
    if "protocolSection" in names:
        return read_registry(Form.REGISTRY_API, LAYOUTS[Form.REGISTRY_API], study, report)
    if "ProtocolSection" in names:
        return read_registry(Form.REGISTRY_FULL, LAYOUTS[Form.REGISTRY_FULL], study, report)
    if names.get("resourceType") == "ResearchStudy":
        return read_fhir(study, version_of(study, fhir), report)
    if "outcomes" in names or "registry_ids" in names:
        return read_own(study, report)
    found = f"a FHIR {brief(names['resourceType'])}" if "resourceType" in names else None
    seen = found or ", ".join(brief(name) for name in list(names)[:3]) or brief(study.value)
    raise InputError(
        f"{report.name} is no study record that is known, by {seen}; known are {KNOWN}."
    )
