"""What CoverageRegistry.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyhealth.errors import ContractError

__all__ = [
    "AuthorisationUnknown",
    "BenefitsOutOfBounds",
    "CallerNotPayer",
    "CoinsuranceAboveWhole",
    "ContractingOverlaps",
    "ContractingUnknown",
    "ContractingsFull",
    "CoverageNotOfPayer",
    "CoverageUnknown",
    "CoveragesPaused",
    "EndOutOfBounds",
    "EnrolmentsOutOfBounds",
    "FaucetNotLocal",
    "FeeScheduleUnclear",
    "PeriodEmpty",
    "PlanNotOfPayer",
    "PlanUnknown",
    "PlanVersionUnknown",
    "PriceUnclear",
    "ProviderUnknown",
    "SubjectMissing",
    "UnitsMissing",
    "WaitingAfterStart",
]


@dataclass(eq=False)
class CallerNotPayer(ContractError):
    """Account {caller} acts for no active member that pays; use a payer's account, or have the role
    PAYER given by vote.
    """

    caller: str


@dataclass(eq=False)
class CoveragesPaused(ContractError):
    """The registry of coverages is paused by vote; wait until it is resumed."""


@dataclass(eq=False)
class PlanUnknown(ContractError):
    """Plan {plan} was never published; name one that was, or publish it."""

    plan: int


@dataclass(eq=False)
class PlanVersionUnknown(ContractError):
    """Enrolment {place} names version {version} of plan {plan}, which was never published; name one
    that was.
    """

    place: int
    plan: int
    version: int


@dataclass(eq=False)
class PlanNotOfPayer(ContractError):
    """Plan {plan} is of member {payer}, and member {member} asked; use an account of its payer."""

    plan: int
    member: int
    payer: int


@dataclass(eq=False)
class BenefitsOutOfBounds(ContractError):
    """The plan has {benefits} categories and may have 1 to {maximum}; take some together."""

    benefits: int
    maximum: int


@dataclass(eq=False)
class CoinsuranceAboveWhole(ContractError):
    """Category {category} leaves {basis_points} hundredths of a per cent to the patient, and 10000
    are the whole; lower it.
    """

    category: int
    basis_points: int


@dataclass(eq=False)
class PriceUnclear(ContractError):
    """Category {category} needs either a price or the fee schedule; give it one of the two."""

    category: int


@dataclass(eq=False)
class FeeScheduleUnclear(ContractError):
    """The fee schedule {fee_schedule} goes with categories that are priced by it; give both or
    none.
    """

    fee_schedule: bytes


@dataclass(eq=False)
class PeriodEmpty(ContractError):
    """Entry {place} would hold from {from_} until before {until}, which is no day; correct one of
    them.
    """

    place: int
    from_: date
    until: date


@dataclass(eq=False)
class ContractingOverlaps(ContractError):
    """The provider is contracted until {last_until}, and a new period would begin on {from_};
    begin it later, or end the one before.
    """

    from_: date
    last_until: date


@dataclass(eq=False)
class ContractingsFull(ContractError):
    """Provider {provider} has {maximum} periods under plan {plan}, the most there can be; publish
    another plan.
    """

    plan: int
    provider: int
    maximum: int


@dataclass(eq=False)
class ContractingUnknown(ContractError):
    """Provider {provider} was never contracted to plan {plan}; contract it first."""

    plan: int
    provider: int


@dataclass(eq=False)
class ProviderUnknown(ContractError):
    """Member {provider} does not provide; name a member with the role PROVIDER."""

    provider: int


@dataclass(eq=False)
class WaitingAfterStart(ContractError):
    """Enrolment {place} runs waiting periods from {since}, after its first day {from_}; correct one
    of them.
    """

    place: int
    since: date
    from_: date


@dataclass(eq=False)
class EnrolmentsOutOfBounds(ContractError):
    """The call enrols {enrolments} coverages and may enrol 1 to {maximum}; split it."""

    enrolments: int
    maximum: int


@dataclass(eq=False)
class SubjectMissing(ContractError):
    """Enrolment {place} commits to no person; give the commitment of one."""

    place: int


@dataclass(eq=False)
class CoverageUnknown(ContractError):
    """Coverage {coverage_ref} was never enrolled; name one that was."""

    coverage_ref: bytes


@dataclass(eq=False)
class CoverageNotOfPayer(ContractError):
    """Coverage {coverage_ref} is of member {payer}, and member {member} asked; use an account of
    its payer.
    """

    coverage_ref: bytes
    member: int
    payer: int


@dataclass(eq=False)
class EndOutOfBounds(ContractError):
    """It cannot end before {until}: what is ended ends after today, {today}, and before it would
    have by itself, {standing}.
    """

    until: date
    today: date
    standing: date


@dataclass(eq=False)
class UnitsMissing(ContractError):
    """The authorisation for coverage {coverage_ref} is for no unit; authorise at least one."""

    coverage_ref: bytes


@dataclass(eq=False)
class AuthorisationUnknown(ContractError):
    """Authorisation {number} of coverage {coverage_ref} was never given; name one that was."""

    coverage_ref: bytes
    number: int


@dataclass(eq=False)
class FaucetNotLocal(ContractError):
    """Test money is minted on local chains only, and this is chain {chain_id}; settle in a token of
    value there.
    """

    chain_id: int
