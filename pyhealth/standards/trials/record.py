"""What a study record says, whichever form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pyhealth.standards.trials.dates import StudyDate


class Form(StrEnum):
    """The forms of study records that can be read."""

    REGISTRY_API = "ClinicalTrials.gov API v2 JSON"
    REGISTRY_FULL = "ClinicalTrials.gov full-study JSON"
    REGISTRY_XML = "ClinicalTrials.gov XML"
    FHIR_R4 = "FHIR R4 ResearchStudy"
    FHIR_R5 = "FHIR R5 ResearchStudy"
    OWN = "pyhealth study record"


class OutcomeRole(StrEnum):
    """What an outcome is to its trial, the weightiest first."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    OTHER = "other"

    def outranks(self, other: OutcomeRole) -> bool:
        """Say whether this role weighs more than the other."""
        ranks = list(OutcomeRole)
        return ranks.index(self) < ranks.index(other)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome, in the words of its record (SPIRIT 2025 item 16, CONSORT 2025 item 14)."""

    role: OutcomeRole
    measurement_variable: str
    time_point: str  # empty only where a record without one was read leniently
    analysis_metric: str | None = None  # such as change from baseline, final value, time to event
    aggregation: str | None = None  # such as mean, median, proportion
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RegistryId:
    """How a registry, or the sponsor, names the trial."""

    registry: str
    id: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a trial stopped before its end."""

    code: str | None  # of FHIR's reasonStopped, where the record has one
    text: str | None


@dataclass(frozen=True, slots=True)
class Dates:
    """When what happens, as the record declares it."""

    registered: StudyDate | None = None  # first submitted to the registry
    start: StudyDate | None = None
    primary_completion: StudyDate | None = None  # last visit for the primary outcome
    completion: StudyDate | None = None
    results: StudyDate | None = None  # results first submitted to the registry
    updated: StudyDate | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a record whose value was not carried, or not as it stands there, and why."""

    path: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study record; ``status`` is a code of FHIR R5's research-study-status."""

    form: Form
    ids: tuple[RegistryId, ...]
    title: str
    sponsor: str | None
    status: str | None
    stopped: Stopped | None
    dates: Dates
    outcomes: tuple[Outcome, ...]
    results: tuple[Outcome, ...] | None  # those with results posted; None: none are posted
    losses: tuple[Finding, ...] = ()  # what has no place in a study record
    findings: tuple[Finding, ...] = ()  # what is missing; what is wrong, where read leniently
