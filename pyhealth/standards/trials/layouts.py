"""Where each form of ClinicalTrials.gov says what, and why the rest is not carried."""

from __future__ import annotations

from pyhealth.standards.trials.record import Form
from pyhealth.standards.trials.registry import Layout

_V2 = "protocolSection.{}Module."
_V2_STATUS = _V2.format("status")
_FULL = "ProtocolSection.{}Module."
_FULL_STATUS = _FULL.format("Status")
_FULL_RESULT = "OutcomeMeasure{}".format

LAYOUTS: dict[Form, Layout] = {
    Form.REGISTRY_API: Layout(
        nct=_V2.format("identification") + "nctId",
        org=_V2.format("identification") + "orgStudyIdInfo.id",
        secondary=(_V2.format("identification") + "secondaryIdInfos", "id", "type"),
        titles=tuple(
            _V2.format("identification") + title for title in ("officialTitle", "briefTitle")
        ),
        sponsor=_V2.format("sponsorCollaborators") + "leadSponsor.name",
        status=_V2_STATUS + "overallStatus",
        stopped=_V2_STATUS + "whyStopped",
        dates={
            "registered": (_V2_STATUS + "studyFirstSubmitDate", ""),
            "results": (_V2_STATUS + "resultsFirstSubmitDate", ""),
            "updated": (_V2_STATUS + "lastUpdateSubmitDate", ""),
            **{
                name: (f"{_V2_STATUS}{key}DateStruct.date", f"{_V2_STATUS}{key}DateStruct.type")
                for name, key in (
                    ("start", "start"),
                    ("primary_completion", "primaryCompletion"),
                    ("completion", "completion"),
                )
            },
        },
        outcomes=_V2.format("outcomes") + "{1}Outcomes",
        measure="measure",
        time="timeFrame",
        description="description",
        results="resultsSection.outcomeMeasuresModule.outcomeMeasures",
        result=("type", "title", "timeFrame", "description", "paramType"),
        posting="reportingStatus",
    ),
    Form.REGISTRY_FULL: Layout(
        nct=_FULL.format("Identification") + "NCTId",
        org=_FULL.format("Identification") + "OrgStudyIdInfo.OrgStudyId",
        secondary=(
            _FULL.format("Identification") + "SecondaryIdInfoList.SecondaryIdInfo",
            "SecondaryId",
            "SecondaryIdType",
        ),
        titles=tuple(
            _FULL.format("Identification") + title for title in ("OfficialTitle", "BriefTitle")
        ),
        sponsor=_FULL.format("SponsorCollaborators") + "LeadSponsor.LeadSponsorName",
        status=_FULL_STATUS + "OverallStatus",
        stopped=_FULL_STATUS + "WhyStopped",
        dates={
            "registered": (_FULL_STATUS + "StudyFirstSubmitDate", ""),
            "results": (_FULL_STATUS + "ResultsFirstSubmitDate", ""),
            "updated": (_FULL_STATUS + "LastUpdateSubmitDate", ""),
            **{
                name: (
                    f"{_FULL_STATUS}{key}DateStruct.{key}Date",
                    f"{_FULL_STATUS}{key}DateStruct.{key}DateType",
                )
                for name, key in (
                    ("start", "Start"),
                    ("primary_completion", "PrimaryCompletion"),
                    ("completion", "Completion"),
                )
            },
        },
        outcomes=_FULL.format("Outcomes") + "{0}OutcomeList.{0}Outcome",
        measure="{0}OutcomeMeasure",
        time="{0}OutcomeTimeFrame",
        description="{0}OutcomeDescription",
        results="ResultsSection.OutcomeMeasuresModule.OutcomeMeasureList.OutcomeMeasure",
        result=(
            _FULL_RESULT("Type"),
            _FULL_RESULT("Title"),
            _FULL_RESULT("TimeFrame"),
            _FULL_RESULT("Description"),
            _FULL_RESULT("ParamType"),
        ),
        posting=_FULL_RESULT("ReportingStatus"),
    ),
    Form.REGISTRY_XML: Layout(
        nct="id_info.nct_id",
        org="id_info.org_study_id",
        secondary=("id_info.secondary_id", "", ""),
        titles=("official_title", "brief_title"),
        sponsor="sponsors.lead_sponsor.agency",
        status="overall_status",
        stopped="why_stopped",
        dates={
            "registered": ("study_first_submitted|firstreceived_date", ""),
            "results": ("results_first_submitted|firstreceived_results_date", ""),
            "updated": ("last_update_submitted|lastchanged_date", ""),
            "start": ("start_date", "start_date.@type"),
            "primary_completion": ("primary_completion_date", "primary_completion_date.@type"),
            "completion": ("completion_date", "completion_date.@type"),
        },
        outcomes="{1}_outcome",
        measure="measure",
        time="time_frame",
        description="description",
        results="clinical_results.outcome_list.outcome",
        result=("type", "title", "time_frame", "description", "measure.param"),
        posting="",
    ),
}

# Why parts of a record are not carried; the first name that a place holds counts.
REASONS: tuple[tuple[str, str], ...] = (
    ("derivedsection", "derived by the registry, not stated by the sponsor"),
    ("condition_browse", "derived by the registry, not stated by the sponsor"),
    ("intervention_browse", "derived by the registry, not stated by the sponsor"),
    ("outcomemeasure", "the figures of results are not compared"),
    ("clinical_results", "the figures of results are not compared"),
    ("resultssection", "the figures of results are not compared"),
    ("contact", "names of persons and places are left out on purpose"),
    ("location", "names of persons and places are left out on purpose"),
    ("official", "names of persons and places are left out on purpose"),
    ("responsible", "names of persons and places are left out on purpose"),
    ("practitioner", "names of persons and places are left out on purpose"),
    ("investigator", "names of persons and places are left out on purpose"),
)
NO_FIELD = "a study record has no field for it"


def why_lost(place: str) -> str:
    """Say why what stands at a place is not carried."""
    lowered = place.lower()
    return next((why for name, why in REASONS if name in lowered), NO_FIELD)
