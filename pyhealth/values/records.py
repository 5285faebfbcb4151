"""Values of RecordRegistry.sol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from pyhealth.values.consents import (
    Confidentiality,
    ConsentAction,
    Ground,
    Label,
    Outcome,
    Purpose,
)
from pyhealth.values.wire import READERS

__all__ = ["Emergency", "Finding", "Receipt", "Record"]


class Finding(IntEnum):
    """What a review finds."""

    NONE = 0
    JUSTIFIED = 1
    UNJUSTIFIED = 2


@dataclass(frozen=True, slots=True)
class Record:
    """A reference to a record, which itself stays with its custodian."""

    patient: str
    custodian: int  # the member that holds it; zero when unknown
    labels: frozenset[Label]
    version: int  # 1 when registered
    confidentiality: Confidentiality
    commitment: bytes  # of the present version


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one request for access came to."""

    previous: bytes  # hash of the patient's receipt before this one; zeros for the first
    record_ref: bytes
    study: bytes  # zeros when none was asked for
    emergency_id: bytes  # the broken glass that permitted; zeros when none did
    patient: str
    actor: str  # the account that asked
    member: int
    record_version: int
    purpose: Purpose
    action: ConsentAction
    outcome: Outcome
    ground: Ground
    place: int  # of the directive that decided
    version: int  # of the directive that decided; zero when none did
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Emergency:
    """A broken glass."""

    patient: str
    expires_at: datetime  # the first second no more; a review ends it
    review_due: datetime  # from this second on the review is overdue
    member: int  # zero when unknown
    finding: Finding  # none until it is reviewed
    by_patient: bool  # whether the patient's side found that


READERS |= {"Finding": (int, Finding)}
