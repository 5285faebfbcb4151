"""Values of TrialRegistry.sol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TypeVar

from pyhealth.values.wire import READERS, utc

__all__ = [
    "Approval",
    "Dates",
    "DocumentKind",
    "Flag",
    "Milestone",
    "Phase",
    "Standing",
    "StopReason",
    "Trial",
    "TrialStatus",
    "Version",
    "set_of",
]

E = TypeVar("E", bound=IntEnum)


class Phase(IntEnum):
    """The phases of a trial; they overlap."""

    PROTOCOL = 0
    ENROLMENT = 1
    DATA_COLLECTION = 2
    MONITORING = 3
    DATA_MANAGEMENT = 4
    ANALYSIS = 5
    REPORT = 6


class Milestone(IntEnum):
    """What a trial reaches, one after the other."""

    NONE = 0  # no such trial
    REGISTRATION = 1
    FIRST_ENROLMENT = 2
    LAST_VISIT = 3
    DATABASE_LOCK = 4
    UNBLINDING = 5
    RESULTS = 6


class DocumentKind(IntEnum):
    """What a document is, and by that its phase and when it can be anchored."""

    NONE = 0
    PROTOCOL = 1  # with register and amend
    OUTCOME_LIST = 2  # with register and amend
    ETHICS_DECISION = 3
    CONSENT_FORM = 4
    PROTOCOL_ANNEX = 5
    ENROLMENT = 6  # with enrol
    ELIGIBILITY_CRITERIA = 7
    RANDOMISATION_LIST = 8
    DATA_BATCH = 9
    MONITORING_REPORT = 10
    DEVIATION = 11
    SAFETY_REPORT = 12
    LOCKED_DATA = 13  # with lock
    DATA_RECORD = 14
    ANALYSIS_PLAN = 15
    ANALYSIS_CODE = 16
    ANALYSIS_OUTPUT = 17
    POST_HOC_ANALYSIS = 18
    RESULTS = 19  # with report
    PARTICIPANT_FLOW = 20
    PUBLICATION = 21


class StopReason(IntEnum):
    """Why a trial closed, as FHIR's ResearchStudy.reasonStopped has it, in the order of gravity."""

    NONE = 0  # open
    TEMPORARILY_CLOSED_PER_STUDY_DESIGN = 1
    ACCRUAL_GOAL_MET = 2
    CLOSED_DUE_TO_LACK_OF_STUDY_PROGRESS = 3
    OTHER = 4
    CLOSED_DUE_TO_TOXICITY = 5


class TrialStatus(IntEnum):
    """Where a trial stands, as FHIR's ResearchStudy.status has it."""

    NONE = 0  # no such trial
    IN_REVIEW = 1
    APPROVED = 2
    ACTIVE = 3
    TEMPORARILY_CLOSED_TO_ACCRUAL = 4
    CLOSED_TO_ACCRUAL = 5
    CLOSED_TO_ACCRUAL_AND_INTERVENTION = 6
    COMPLETED = 7
    WITHDRAWN = 8


class Flag(IntEnum):
    """What a reader should know about a trial."""

    ENROLMENT_LATE = 0
    ENROLMENT_MISSING = 1
    LAST_VISIT_LATE = 2
    LAST_VISIT_MISSING = 3
    RESULTS_LATE = 4
    RESULTS_OVERDUE = 5
    APPROVAL_MISSING = 6
    DOCUMENTS_MISSING = 7


@dataclass(frozen=True, slots=True)
class Dates:
    """What a sponsor declares: the first second at which each is late."""

    enrolment: datetime  # first participant enrolled
    completion: datetime  # last visit for the primary outcome
    results: datetime  # results anchored


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it is stored."""

    sponsor: int  # zero when never registered
    version: int  # of the protocol, from 1
    approvals: int  # of the current version
    stage: Milestone  # the last one reached
    stopped: StopReason
    kinds: frozenset[DocumentKind]  # of the documents that `anchor` took so far
    registered_at: datetime
    enrolment_due: datetime  # declared, as in `Dates`
    completion_due: datetime
    results_due: datetime
    enrolled_at: datetime | None  # when the first enrolment was anchored
    last_visit_at: datetime | None
    locked_at: datetime | None
    unblinded_at: datetime | None
    reported_at: datetime | None  # when the first results were anchored
    participants: int  # enrolled so far


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of a protocol consists of."""

    protocol: bytes  # salted commitment or Merkle root
    outcomes: bytes  # Merkle root of salted outcomes


@dataclass(frozen=True, slots=True)
class Approval:
    """What an ethics board said to one version."""

    approved_at: datetime | None
    withdrawn_at: datetime | None
    nonce: int  # what its next signature must say


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a trial stands now."""

    status: TrialStatus
    flags: frozenset[Flag]
    missing: frozenset[DocumentKind]  # what should be there by this stage


def set_of(kind: type[E], bitmap: int) -> frozenset[E]:
    """Return the members of an enumeration in a bitmap, in which bit i stands for the i-th."""
    return frozenset(one for one in kind if bitmap >> one & 1)


def _moment(seconds: int) -> datetime | None:
    return utc(seconds) if seconds else None


READERS |= {
    "datetime | None": (int, _moment),
    "frozenset[DocumentKind]": (int, lambda bitmap: set_of(DocumentKind, bitmap)),
    "frozenset[Flag]": (int, lambda bitmap: set_of(Flag, bitmap)),
    **{each.__name__: (int, each) for each in (Phase, Milestone, DocumentKind)},
    **{each.__name__: (int, each) for each in (StopReason, TrialStatus)},
}
