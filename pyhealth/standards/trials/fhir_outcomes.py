"""The outcomes of a FHIR ResearchStudy, and their time points, for which FHIR has no field.

R5 has ``outcomeMeasure``; R4 has it as the cross-version extension of R5, and where that is missing
its objectives are read in its place. A time point is taken from the first of: an extension named
for it (``timeFrame``, ``time-point``, ...), ``timeFromEvent`` of a contained EvidenceVariable that
the outcome refers to, the words ``Time Frame: ...`` in description or name, a name that ends in
``at 12 weeks``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyhealth.standards.trials.record import Outcome, OutcomeRole
from pyhealth.standards.trials.report import Report
from pyhealth.standards.trials.tree import Node, brief

ROLES = {"exploratory": OutcomeRole.OTHER} | {role.value: role for role in OutcomeRole}
EXTENSION = re.compile(r".*researchstudy[-.]outcome-?measure", re.IGNORECASE)
TIME_EXTENSION = re.compile(r"(?:.*[^a-z])?time-?(?:frame|point)", re.IGNORECASE)
TIME_WORDS = re.compile(r"[\[(]?\btime (?:frame|point)\s*:\s*([^\])]+)[\])]?\s*$", re.IGNORECASE)
LAST = 200  # characters of a text at whose end a time point can stand
UNIT = r"(?:minute|hour|day|week|month|year)s?"
TIME_ENDING = re.compile(
    rf"\b(?:at|after)\s+((?:[\w.]+[ -]{UNIT}|{UNIT}\s+\d+)(?:\s+after\s+\w+)?)\s*\.?$",
    re.IGNORECASE,
)


def outcomes_of(study: Node, version: str, report: Report) -> Iterator[Outcome]:
    """Yield the outcomes of a study, in the order they are listed."""
    listed = study.each("outcomeMeasure") if version == "R5" else []
    for node in listed:
        yield from _outcome(study, node, _parts(node), report)
    extended = [one for one in study.each("extension") if _is(one, EXTENSION)]
    for node in extended:
        yield from _outcome(study, node, _extension_parts(node), report)
    if version == "R4" and not extended:
        for node in study.each("objective"):
            report.loss(node, "an objective, read as outcome: R4 has no element for outcomes")
            yield from _outcome(study, node, _parts(node), report)


def _parts(node: Node) -> dict[str, Node]:
    kind = next(iter(node.each("type")), None)
    found = {"name": node.get("name"), "description": node.get("description"), "type": kind}
    return {name: part for name, part in found.items() if part is not None}


def _extension_parts(node: Node) -> dict[str, Node]:
    """Return the parts of an outcome that is an extension, whose values are named by their type."""
    found: dict[str, Node] = {}
    for inner in node.each("extension"):
        name, value = inner.text("url") or "", _value(inner)
        if value is not None and name not in found:
            found[name] = value
    return found


def _outcome(study: Node, node: Node, parts: dict[str, Node], report: Report) -> list[Outcome]:
    name, description = (
        parts[part].own_text() if part in parts else "" for part in ("name", "description")
    )
    said = code_of(parts["type"]) or words_of(parts["type"]) or "" if "type" in parts else ""
    role = ROLES.get(said.lower())
    if role is None:
        why = f"the outcome {brief(name)!r} has the type {brief(said)!r}"
        report.fault(node.place, said, f"{why}, where one of {', '.join(ROLES)} is known")
    elif said.lower() not in list(OutcomeRole):
        report.loss(parts["type"], "carried as other")
    time = _time(study, node, parts) or _worded(description) or _worded(name) or _ending(name)
    return report.outcome(
        node,
        role or OutcomeRole.OTHER,
        name or description,
        time,
        description=(description or None) if name else None,
    )


# ---- time points


def _time(study: Node, node: Node, parts: dict[str, Node]) -> str | None:
    """Return the time point that a field of its own states."""
    for inner in node.each("extension"):
        if _is(inner, TIME_EXTENSION) and (value := _value(inner)) is not None:
            return _plain(value)
    reference = parts.get("reference") or node.get("reference")
    held = contained(study, reference) if reference else None
    for one in held.each("characteristic") if held else []:
        for since in one.each("timeFromEvent"):
            amount = since.get("quantity")
            return since.text("description") or (_plain(amount) if amount else None)
    return None


def _worded(text: str) -> str | None:
    found = TIME_WORDS.search(text[-LAST:])
    return found[1].strip() if found else None


def _ending(name: str) -> str | None:
    found = TIME_ENDING.search(name[-LAST:])
    return found[1] if found else None


def _plain(value: Node) -> str:
    """Return a text, a quantity or a concept in words."""
    if not isinstance(value.value, dict):
        return value.own_text()
    if (amount := value.get("value")) is None:
        return words_of(value) or ""
    amount.done()
    number = f"{amount.value:g}" if isinstance(amount.value, (int, float)) else str(amount.value)
    return f"{number} {value.text('unit', 'code') or ''}".strip()


# ---- types of FHIR


def contained(study: Node, reference: Node) -> Node | None:
    """Return the contained resource that a reference names."""
    wanted = reference.text("reference") if isinstance(reference.value, dict) else None
    for one in study.each("contained") if wanted and wanted.startswith("#") else []:
        if one.text("id") == (wanted or "")[1:]:
            return one
    return None


def code_of(concept: Node) -> str | None:
    """Return the first code of a CodeableConcept."""
    codes = (one.text("code") for one in concept.each("coding"))
    return next((code for code in codes if code), None)


def words_of(concept: Node) -> str | None:
    """Return the words of a CodeableConcept."""
    texts = [concept.text("text"), *(one.text("display") for one in concept.each("coding"))]
    return next((text for text in texts if text), None)


def _is(extension: Node, named: re.Pattern[str]) -> bool:
    url = extension.value.get("url") if isinstance(extension.value, dict) else None
    if not isinstance(url, str) or not named.fullmatch(url):
        return False
    extension.text("url")
    return True


def _value(extension: Node) -> Node | None:
    """Return the value of an extension, whatever its type."""
    names = extension.value if isinstance(extension.value, dict) else {}
    kind = next((name for name in names if name.startswith("value")), None)
    return extension.get(kind) if kind else None
