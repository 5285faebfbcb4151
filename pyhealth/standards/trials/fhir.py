"""FHIR ResearchStudy, R4 and R5: checked with ``fhir.resources``, read from what stands in the
file.
"""

from __future__ import annotations

from pyhealth.errors import InputError
from pyhealth.standards.trials.fhir_outcomes import code_of, contained, outcomes_of, words_of
from pyhealth.standards.trials.record import Dates, Form, Stopped, StudyRecord
from pyhealth.standards.trials.report import Report
from pyhealth.standards.trials.tree import Node, brief

VERSIONS = {"R4": Form.FHIR_R4, "R5": Form.FHIR_R5}
# fmt: off
ONLY_R4 = {
    "arm", "category", "enrollment", "location", "principalInvestigator", "reasonStopped",
    "sponsor",
}
ONLY_R5 = {
    "associatedParty", "classifier", "comparisonGroup", "date", "descriptionSummary", "label",
    "name", "outcomeMeasure", "progressStatus", "recruitment", "region", "result", "studyDesign",
    "url", "version", "whyStopped",
}
PUBLICATION = {"draft", "retired", "unknown"}  # R5's status; "active" is in both
STATUSES = {
    "active", "administratively-completed", "approved", "closed-to-accrual",
    "closed-to-accrual-and-intervention", "completed", "disapproved", "in-review",
    "temporarily-closed-to-accrual", "temporarily-closed-to-accrual-and-intervention", "withdrawn",
}
# fmt: on


def version_of(study: Node, named: str | None) -> str:
    """Return R4 or R5: as named, or by the elements that only one of them has."""
    if named is not None:
        if named.upper() not in VERSIONS:
            raise InputError(f"{named!r} is no version of FHIR that can be read; write R4 or R5.")
        return named.upper()
    keys = set(study.value)
    old, new = sorted(keys & ONLY_R4), sorted(keys & ONLY_R5)
    if old and new:
        raise InputError(
            f"{study.reading.name} has {old[0]}, which only R4 has, and {new[0]}, which only R5 "
            "has; say which it is with --fhir R4 or --fhir R5."
        )
    return "R5" if new or (not old and study.value.get("status") in PUBLICATION) else "R4"


def read_fhir(study: Node, version: str, report: Report) -> StudyRecord:
    """Read a ResearchStudy of a version, strictly or leniently, as the report says."""
    _validate(study, version, report)
    stopped = study.get("reasonStopped" if version == "R4" else "whyStopped")
    for name in ("resourceType", "id", "meta", "text", "implicitRules", "language"):
        if (node := study.get(name)) is not None:
            node.done()
    return StudyRecord(
        VERSIONS[version],
        report.ids(*((_system(one), one.text("value")) for one in study.each("identifier"))),
        study.text("title", *(["name"] if version == "R5" else [])) or "",
        _sponsor(study, version),
        _status(study, version, report),
        Stopped(code_of(stopped), words_of(stopped)) if stopped else None,
        Dates(
            start=report.date(study, "period.start"),
            completion=report.date(study, "period.end"),
            updated=report.date(study, "date") if version == "R5" else None,
        ),
        tuple(outcomes_of(study, version, report)),
        None,
    )


def _validate(study: Node, version: str, report: Report) -> None:
    """Check the resource against its version; imported here, since it takes a quarter second."""
    if version == "R4":
        from fhir.resources.R4B.researchstudy import ResearchStudy
    else:
        from fhir.resources.researchstudy import ResearchStudy  # type: ignore[assignment]
    from pydantic import ValidationError

    try:
        ResearchStudy.model_validate(study.value)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            place = ".".join(map(str, one["loc"])) or "the top"
            report.fault(brief(place), place, f"not valid FHIR {version} ({brief(one['msg'])})")
    except Exception as error:  # whatever its validators stumble over, the file is what is wrong
        report.fault("the top", "", f"not valid FHIR {version} ({brief(error)})")


# ---- what stands around the outcomes


def _system(node: Node) -> str:
    kind = node.get("type")
    return node.text("system") or (words_of(kind) if kind else None) or ""


def _sponsor(study: Node, version: str) -> str | None:
    if version == "R4":
        return _party(study, study.get("sponsor"))
    for one in study.each("associatedParty"):
        role = one.get("role")
        if role and (code_of(role) or words_of(role) or "").lower() in ("sponsor", "lead-sponsor"):
            return one.text("name") or _party(study, one.get("party"))
    return None


def _party(study: Node, reference: Node | None) -> str | None:
    if reference is None:
        return None
    held = contained(study, reference)
    return reference.text("display") or (held.text("name") if held else None)


def _status(study: Node, version: str, report: Report) -> str | None:
    if version == "R5":
        states = study.each("progressStatus")
        open_ended = [
            one for one in states if one.get("period.start") and not one.get("period.end")
        ]
        last = (open_ended or states)[-1:]
        state = last[0].get("state") if last else None
        return code_of(state) or words_of(state) if state else None
    status = study.text("status")
    if status and status not in STATUSES:
        report.fault("status", status, f"{brief(status)!r} is no status of a ResearchStudy")
    return status
