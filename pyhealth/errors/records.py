"""What RecordRegistry.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyhealth.errors import ContractError, PyHealthError
from pyhealth.values import Confidentiality, Finding, Label, Role

__all__ = [
    "AccessDenied",
    "EmergencyReasonMissing",
    "EmergencyRunning",
    "EmergencyUnknown",
    "FindingMissing",
    "GlassShut",
    "LogNotContiguous",
    "LogNotUsable",
    "MemberNotCustodian",
    "RecordIncomplete",
    "RecordKnown",
    "RecordNotOfMember",
    "RecordUnknown",
    "RecordVersionNotPresent",
    "RecordsPaused",
    "ReviewDone",
    "ReviewLate",
    "ReviewNotSigned",
    "ReviewOfOwn",
    "ReviewOverdue",
    "ReviewPeriodOutOfBounds",
    "ReviewerNotEntitled",
    "ReviewsFull",
]


class AccessDenied(PyHealthError):
    """A patient's consent does not permit what was asked; the refusal is on record."""


@dataclass(eq=False)
class RecordsPaused(ContractError):
    """The record registry is paused by vote and takes nothing new but reviews; try again once the
    pause is over.
    """


@dataclass(eq=False)
class MemberNotCustodian(ContractError):
    """Member {member} is no active PROVIDER (roles now: {roles}), and only such a member holds
    records and breaks the glass; see 'pyhealth consortium roles --role PROVIDER'.
    """

    member: int
    roles: frozenset[Role]


@dataclass(eq=False)
class RecordIncomplete(ContractError):
    """A record needs a patient, a class of data, a confidentiality and a commitment (patient:
    {patient}; labels: {labels}; confidentiality: {confidentiality}; commitment: {commitment});
    name what is missing.
    """

    patient: str
    labels: frozenset[Label]
    confidentiality: Confidentiality
    commitment: bytes


@dataclass(eq=False)
class RecordKnown(ContractError):
    """Record {record_ref} is registered already; update it instead."""

    record_ref: bytes


@dataclass(eq=False)
class RecordUnknown(ContractError):
    """No record {record_ref} is registered here; ask its custodian for the reference."""

    record_ref: bytes


@dataclass(eq=False)
class RecordNotOfMember(ContractError):
    """Record {record_ref} is held by member {custodian}, which alone can update it, not member
    {member}; ask that member.
    """

    record_ref: bytes
    member: int
    custodian: int


@dataclass(eq=False)
class RecordVersionNotPresent(ContractError):
    """Record {record_ref} has version {present} now, and the update was made from version
    {version}; look at the present one first.
    """

    record_ref: bytes
    version: int
    present: int


@dataclass(eq=False)
class EmergencyReasonMissing(ContractError):
    """The glass of record {record_ref} cannot be broken without a reason; hand in the commitment of
    one.
    """

    record_ref: bytes


@dataclass(eq=False)
class ReviewOverdue(ContractError):
    """Member {member} cannot break the glass: the review of emergency {emergency_id} was due at
    {review_due}; have it reviewed first.
    """

    member: int
    emergency_id: bytes
    review_due: datetime


@dataclass(eq=False)
class ReviewsFull(ContractError):
    """Member {member} has {maximum} emergencies that wait for a review, the most it can have; have
    one reviewed first.
    """

    member: int
    maximum: int


@dataclass(eq=False)
class GlassShut(ContractError):
    """Member {member} broke the glass of patient {patient} without justification, and cannot break
    it again before {until}; ask the patient to review, or another member to treat.
    """

    member: int
    patient: str
    until: datetime


@dataclass(eq=False)
class EmergencyUnknown(ContractError):
    """There is no emergency {emergency_id}; see 'pyhealth record overdue --all'."""

    emergency_id: bytes


@dataclass(eq=False)
class ReviewDone(ContractError):
    """Emergency {emergency_id} was reviewed already ({finding}), and only the patient's side can
    still find otherwise, once.
    """

    emergency_id: bytes
    finding: Finding


@dataclass(eq=False)
class FindingMissing(ContractError):
    """The review of emergency {emergency_id} finds nothing; find it justified or unjustified."""

    emergency_id: bytes


@dataclass(eq=False)
class ReviewOfOwn(ContractError):
    """Member {member} broke the glass of emergency {emergency_id} itself; another member or the
    patient reviews it.
    """

    emergency_id: bytes
    member: int


@dataclass(eq=False)
class EmergencyRunning(ContractError):
    """Emergency {emergency_id} runs until {expires_at}, and only the patient ends it before; review
    it then.
    """

    emergency_id: bytes
    expires_at: datetime


@dataclass(eq=False)
class ReviewerNotEntitled(ContractError):
    """Account {reviewer} cannot review emergency {emergency_id}: it acts for no active member and
    does not speak for the patient; let one of those review it.
    """

    emergency_id: bytes
    reviewer: str


@dataclass(eq=False)
class ReviewLate(ContractError):
    """The signed review of emergency {emergency_id} was to be handed in before {deadline}; have
    another signed.
    """

    emergency_id: bytes
    deadline: datetime


@dataclass(eq=False)
class ReviewNotSigned(ContractError):
    """Account {signer} did not sign this review of emergency {emergency_id} for this chain and
    contract; have another signed.
    """

    emergency_id: bytes
    signer: str


@dataclass(eq=False)
class ReviewPeriodOutOfBounds(ContractError):
    """The time for reviews cannot be {period}; give one from {low} to {high}."""

    period: timedelta
    low: timedelta
    high: timedelta


@dataclass(eq=False)
class LogNotUsable(ContractError):
    """A log needs a root, a start before its end, and an end that is past (root: {root}; start:
    {from_}; end: {until}); hand in one that does.
    """

    root: bytes
    from_: datetime
    until: datetime


@dataclass(eq=False)
class LogNotContiguous(ContractError):
    """The log of member {member} starts at {from_}, and its last one ended at {expected}; start
    there, so that no second is left out or covered twice.
    """

    member: int
    from_: datetime
    expected: datetime
