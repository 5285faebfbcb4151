"""What ConsentRegistry.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyhealth.errors import ContractError
from pyhealth.values import Confidentiality, ConsentAction, Label, Power, Purpose

__all__ = [
    "CallerNotPatient",
    "CallerNotSpeaker",
    "ConsentDocumentMissing",
    "ConsentsPaused",
    "DirectiveNotStanding",
    "DirectivesFull",
    "InstructionFromFuture",
    "InstructionLate",
    "InstructionNotSigned",
    "InstructionOutOfTurn",
    "MoveDelayOutOfBounds",
    "MoveNotRequested",
    "MoveNotRipe",
    "MoveNotUsable",
    "PatientMoved",
    "PeriodOver",
    "PeriodReversed",
    "RepresentationEmpty",
    "RepresentativeByVote",
    "RepresentativeNotUsable",
    "RepresentativeUnknown",
    "StudyWithoutMember",
    "TermsNotUsable",
]


@dataclass(eq=False)
class ConsentsPaused(ContractError):
    """The consent registry is paused by vote and takes nothing new; denials, revocations and
    dismissals go through, and the rest once the pause is over.
    """


@dataclass(eq=False)
class CallerNotSpeaker(ContractError):
    """Account {caller} does not speak for patient {patient} (appointed until: {until}); use the
    patient's own account, or one that the patient appoints.
    """

    caller: str
    patient: str
    until: datetime


@dataclass(eq=False)
class CallerNotPatient(ContractError):
    """Account {caller} is not patient {patient}, who alone can do this; use the patient's own
    account.
    """

    caller: str
    patient: str


@dataclass(eq=False)
class PatientMoved(ContractError):
    """Patient {patient} acts with account {account} now, and with the former one no more; use
    the new account.
    """

    patient: str
    account: str


@dataclass(eq=False)
class TermsNotUsable(ContractError):
    """A directive needs a purpose, a label and an action that are known, and a permit a ceiling
    (purposes: {purposes}; labels: {labels}; actions: {actions}; ceiling: {ceiling}); name what is
    missing.
    """

    purposes: frozenset[Purpose]
    labels: frozenset[Label]
    actions: frozenset[ConsentAction]
    ceiling: Confidentiality


@dataclass(eq=False)
class PeriodReversed(ContractError):
    """The period starts at {valid_from} and ends at {valid_until}, which is not later; give an end
    after the start.
    """

    valid_from: datetime
    valid_until: datetime


@dataclass(eq=False)
class PeriodOver(ContractError):
    """The period ended at {valid_until}, before now; give an end that is still to come."""

    valid_until: datetime


@dataclass(eq=False)
class ConsentDocumentMissing(ContractError):
    """The directive of patient {patient} commits to no document; hand in the commitment of one."""

    patient: str


@dataclass(eq=False)
class StudyWithoutMember(ContractError):
    """Study {study} is named without the member that runs it; name the member."""

    study: bytes


@dataclass(eq=False)
class DirectivesFull(ContractError):
    """Patient {patient} has {maximum} directives for member {member} (0: everyone) in study {study}
    that stand, the most there can be; revoke one.
    """

    patient: str
    member: int
    study: bytes
    maximum: int


@dataclass(eq=False)
class DirectiveNotStanding(ContractError):
    """Patient {patient} has no directive {version} in place {place} for member {member} (0:
    everyone) in study {study} that stands; see 'pyhealth consent list'.
    """

    patient: str
    member: int
    study: bytes
    place: int
    version: int


@dataclass(eq=False)
class InstructionLate(ContractError):
    """The instruction of {signer} was to be handed in before {deadline}; have another signed."""

    signer: str
    deadline: datetime


@dataclass(eq=False)
class InstructionFromFuture(ContractError):
    """The instruction of {signer} says that it was signed at {signed_at}, which is after the block
    it came in; set the signer's clock right, or hand it in later.
    """

    signer: str
    signed_at: datetime


@dataclass(eq=False)
class InstructionOutOfTurn(ContractError):
    """The instruction of {signer} has number {nonce}, and its next one has {next}: it was handed in
    before, or another is due first; see 'pyhealth consent history', or have another signed.
    """

    signer: str
    nonce: int
    next: int


@dataclass(eq=False)
class InstructionNotSigned(ContractError):
    """Account {signer} did not sign this instruction for this chain and contract; have it signed
    anew.
    """

    signer: str


@dataclass(eq=False)
class RepresentativeNotUsable(ContractError):
    """{representative} cannot represent patient {patient}; name another account than the patient's
    own or none.
    """

    patient: str
    representative: str


@dataclass(eq=False)
class RepresentationEmpty(ContractError):
    """Representative {representative} would have power {power} until {until}; give a power, and an
    end that is still to come.
    """

    representative: str
    power: Power
    until: datetime


@dataclass(eq=False)
class RepresentativeUnknown(ContractError):
    """{representative} does not represent patient {patient}; there is nothing to end."""

    patient: str
    representative: str


@dataclass(eq=False)
class RepresentativeByVote(ContractError):
    """A vote appointed {representative} for patient {patient}, and only a vote changes that; ask a
    member to propose it.
    """

    patient: str
    representative: str


@dataclass(eq=False)
class MoveNotUsable(ContractError):
    """Patient {patient} cannot move to account {account}; name another account than its present one
    or none.
    """

    patient: str
    account: str


@dataclass(eq=False)
class MoveNotRequested(ContractError):
    """Nobody requested that patient {patient} moves to account {account}, or it was contested;
    request it first.
    """

    patient: str
    account: str


@dataclass(eq=False)
class MoveNotRipe(ContractError):
    """The move of patient {patient} can be completed from {ripe_at}; wait until then."""

    patient: str
    ripe_at: datetime


@dataclass(eq=False)
class MoveDelayOutOfBounds(ContractError):
    """The delay of moves cannot be {delay}; give one from {low} to {high}."""

    delay: timedelta
    low: timedelta
    high: timedelta
