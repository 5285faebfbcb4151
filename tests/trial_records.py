"""Study records to test with: one made-up trial in every form, and where real ones may lie."""

import json
from pathlib import Path
from typing import Any

from conftest import ROOT

from pyhealth.standards.trials.record import Outcome, OutcomeRole

SHARED = ROOT.parent / "shared/data"
REAL = sorted((SHARED / "clinicaltrials").glob("*/*"))
SAMPLES = ROOT / "samples/trial"


def api(**modules: Any) -> dict[str, Any]:
    """ClinicalTrials.gov API v2; modules given replace those of the sample."""
    sample = {
        "identificationModule": {
            "nctId": "NCT00000001",
            "orgStudyIdInfo": {"id": "PHN-001"},
            "secondaryIdInfos": [{"id": "2026-000001-11", "type": "EUDRACT_NUMBER"}],
            "briefTitle": "Telemonitoring",
            "officialTitle": "Home telemonitoring after stroke",
        },
        "statusModule": {
            "overallStatus": "TERMINATED",
            "whyStopped": "Too few participants",
            "startDateStruct": {"date": "2026-03", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2027-06-30", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2027-12", "type": "ESTIMATED"},
            "studyFirstSubmitDate": "2026-01-15",
            "lastUpdateSubmitDate": "2026-05-02",
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A made-up hospital"}},
        "outcomesModule": {
            "primaryOutcomes": [
                {
                    "measure": "Systolic blood pressure",
                    "timeFrame": "12 months",
                    "description": "Mean of three readings",
                }
            ],
            "secondaryOutcomes": [{"measure": "Recurrent stroke", "timeFrame": "12 months"}],
            "otherOutcomes": [{"measure": "Burden score", "timeFrame": "6 months"}],
        },
    }
    return {"protocolSection": sample | modules}


FULL = {
    "FullStudiesResponse": {
        "FullStudies": [
            {
                "Rank": 1,
                "Study": {
                    "ProtocolSection": {
                        "IdentificationModule": {
                            "NCTId": "NCT00000001",
                            "OrgStudyIdInfo": {"OrgStudyId": "PHN-001"},
                            "SecondaryIdInfoList": {
                                "SecondaryIdInfo": [
                                    {
                                        "SecondaryId": "2026-000001-11",
                                        "SecondaryIdType": "EUDRACT_NUMBER",
                                    }
                                ]
                            },
                            "OfficialTitle": "Home telemonitoring after stroke",
                        },
                        "StatusModule": {
                            "OverallStatus": "Terminated",
                            "WhyStopped": "Too few participants",
                            "StartDateStruct": {
                                "StartDate": "March 2026",
                                "StartDateType": "Actual",
                            },
                            "PrimaryCompletionDateStruct": {
                                "PrimaryCompletionDate": "June 30, 2027",
                                "PrimaryCompletionDateType": "Anticipated",
                            },
                            "CompletionDateStruct": {
                                "CompletionDate": "December 2027",
                                "CompletionDateType": "Anticipated",
                            },
                            "StudyFirstSubmitDate": "January 15, 2026",
                            "LastUpdateSubmitDate": "May 2, 2026",
                        },
                        "SponsorCollaboratorsModule": {
                            "LeadSponsor": {"LeadSponsorName": "A made-up hospital"}
                        },
                        "OutcomesModule": {
                            "PrimaryOutcomeList": {
                                "PrimaryOutcome": [
                                    {
                                        "PrimaryOutcomeMeasure": "Systolic blood pressure",
                                        "PrimaryOutcomeTimeFrame": "12 months",
                                        "PrimaryOutcomeDescription": "Mean of three readings",
                                    }
                                ]
                            },
                            "SecondaryOutcomeList": {
                                "SecondaryOutcome": [
                                    {
                                        "SecondaryOutcomeMeasure": "Recurrent stroke",
                                        "SecondaryOutcomeTimeFrame": "12 months",
                                    }
                                ]
                            },
                            "OtherOutcomeList": {
                                "OtherOutcome": [
                                    {
                                        "OtherOutcomeMeasure": "Burden score",
                                        "OtherOutcomeTimeFrame": "6 months",
                                    }
                                ]
                            },
                        },
                    }
                },
            }
        ]
    }
}

XML = """<?xml version="1.0" encoding="UTF-8"?>
<clinical_study>
  <!-- a comment -->
  <id_info>
    <org_study_id>PHN-001</org_study_id>
    <secondary_id>2026-000001-11</secondary_id>
    <nct_id>NCT00000001</nct_id>
  </id_info>
  <official_title>Home telemonitoring
    after stroke</official_title>
  <sponsors><lead_sponsor><agency>A made-up hospital</agency></lead_sponsor></sponsors>
  <overall_status>Terminated</overall_status>
  <why_stopped>Too few participants</why_stopped>
  <start_date>March 2026</start_date>
  <completion_date type="Anticipated">December 2027</completion_date>
  <primary_completion_date type="Anticipated">June 30, 2027</primary_completion_date>
  <primary_outcome>
    <measure>Systolic blood pressure</measure>
    <time_frame>12 months</time_frame>
    <description>Mean of three readings</description>
  </primary_outcome>
  <secondary_outcome>
    <measure>Recurrent stroke</measure>
    <time_frame>12 months</time_frame>
  </secondary_outcome>
  <other_outcome><measure>Burden score</measure><time_frame>6 months</time_frame></other_outcome>
  <study_first_submitted>January 15, 2026</study_first_submitted>
  <last_update_submitted>May 2, 2026</last_update_submitted>
</clinical_study>
"""

OWN = """
registry_ids: [{registry: ClinicalTrials.gov, id: NCT00000001}, PHN-001]
title: Home telemonitoring after stroke
sponsor: A made-up hospital
status: terminated
stopped: {text: Too few participants}
dates: {registered: 2026-01-15, start: 2026-03, primary_completion: 2027-06-30,
        completion: 2027-12, updated: 2026-05-02}
outcomes:
  - role: primary
    measurement_variable: Systolic blood pressure
    time_point: 12 months
    description: Mean of three readings
  - {role: secondary, measurement_variable: Recurrent stroke, time_point: 12 months}
  - {role: other, measurement_variable: Burden score, time_point: 6 months}
"""


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://example.org", "code": code}]}


def fhir_r5(**more: Any) -> dict[str, Any]:
    """A ResearchStudy of R5, whose outcomes state their time point in four ways."""
    return {
        "resourceType": "ResearchStudy",
        "status": "active",
        "identifier": [{"system": "https://clinicaltrials.gov", "value": "NCT00000001"}],
        "title": "Home telemonitoring after stroke",
        "date": "2026-05-02",
        "period": {"start": "2026-03", "end": "2027-12"},
        "whyStopped": {"text": "Too few participants"},
        "progressStatus": [
            {"state": coded("recruiting"), "period": {"start": "2026-03", "end": "2026-04"}},
            {"state": coded("terminated"), "period": {"start": "2026-04"}},
        ],
        "associatedParty": [{"role": coded("sponsor"), "name": "A made-up hospital"}],
        "contained": [
            {
                "resourceType": "EvidenceVariable",
                "id": "stroke",
                "status": "active",
                "characteristic": [
                    {"timeFromEvent": [{"quantity": {"value": 12, "unit": "months"}}]}
                ],
            }
        ],
        "outcomeMeasure": [
            {
                "name": "Systolic blood pressure",
                "type": [coded("primary")],
                "description": "Mean of three readings",
                "extension": [{"url": "http://example.org/timeFrame", "valueString": "12 months"}],
            },
            {
                "name": "Recurrent stroke",
                "type": [coded("secondary")],
                "reference": {"reference": "#stroke"},
            },
            {"name": "Burden score [Time Frame: 6 months]", "type": [coded("exploratory")]},
            {"name": "Walking speed at week 12", "type": [coded("secondary")]},
        ],
    } | more


def fhir_r4(**more: Any) -> dict[str, Any]:
    """A ResearchStudy of R4, with the extension of R5 for its outcome."""
    return {
        "resourceType": "ResearchStudy",
        "status": "withdrawn",
        "identifier": [{"type": {"text": "registry"}, "value": "NCT00000001"}],
        "title": "Home telemonitoring after stroke",
        "sponsor": {"reference": "#us"},
        "contained": [{"resourceType": "Organization", "id": "us", "name": "A made-up hospital"}],
        "period": {"start": "2026-03-01T00:00:00+01:00"},
        "reasonStopped": coded("accrual-goal-met"),
        "extension": [
            {
                "url": "http://hl7.org/fhir/5.0/StructureDefinition/"
                "extension-ResearchStudy.outcomeMeasure",
                "extension": [
                    {"url": "name", "valueString": "Systolic blood pressure after 12 months"},
                    {"url": "type", "valueCodeableConcept": coded("primary")},
                    {"url": "description", "valueMarkdown": "Mean of three readings"},
                ],
            }
        ],
    } | more


def written(folder: Path, name: str, content: Any) -> Path:
    """Write a record into a folder; what is no text or bytes is JSON."""
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


def primary(measure: str, time: str = "12 months", **more: Any) -> Outcome:
    return Outcome(OutcomeRole.PRIMARY, measure, time, **more)


def secondary(measure: str, time: str = "12 months", **more: Any) -> Outcome:
    return Outcome(OutcomeRole.SECONDARY, measure, time, **more)


def other(measure: str, time: str = "12 months", **more: Any) -> Outcome:
    return Outcome(OutcomeRole.OTHER, measure, time, **more)
