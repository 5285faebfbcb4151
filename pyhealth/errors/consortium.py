"""What Consortium.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyhealth.errors import ContractError
from pyhealth.values import Choice, MemberStatus, ProposalStatus, Rule, Threshold

__all__ = [
    "AccountUnknown",
    "ActionFailed",
    "ActionsMissing",
    "ActionsTooLong",
    "ActionsTooMany",
    "AddressNotUsable",
    "AlreadyVoted",
    "BallotLate",
    "BallotNotSigned",
    "CallerNotAccount",
    "CallerNotConsortium",
    "ChoiceMissing",
    "CodeMissing",
    "ContractAlreadyAdopted",
    "ContractAlreadyPaused",
    "ContractNotAdopted",
    "ContractNotPaused",
    "ExecutionUnderWay",
    "FoundersTooFew",
    "KeyTaken",
    "MandateLate",
    "MandateNotSigned",
    "MemberNotActive",
    "MemberNotSeated",
    "MemberNotSuspended",
    "MembershipAtFloor",
    "MembershipFull",
    "NameMissing",
    "NameTaken",
    "NoticeRunning",
    "OperatorUnknown",
    "OperatorsFull",
    "PauseResting",
    "ProposalNotOfMember",
    "ProposalNotOpen",
    "ProposalsFull",
    "ReasonMissing",
    "RolesNotAssignable",
    "RuleOutOfBounds",
    "SelectorMissing",
    "SubjectsTwo",
    "SuspensionBreaksMajority",
    "SuspensionResting",
    "ThresholdNotMet",
    "ThresholdNotSettable",
    "VersionNotNewer",
    "VoterIsSubject",
]


@dataclass(eq=False)
class FoundersTooFew(ContractError):
    """The founding names {founders} organisations and needs {minimum}; name more founders."""

    founders: int
    minimum: int


@dataclass(eq=False)
class CallerNotConsortium(ContractError):
    """Account {caller} cannot do alone what needs a vote; open a proposal for it."""

    caller: str


@dataclass(eq=False)
class AccountUnknown(ContractError):
    """Account {account} acts for no member of the consortium; use a member's account or operator,
    or have the organisation admitted.
    """

    account: str


@dataclass(eq=False)
class CallerNotAccount(ContractError):
    """Key {caller} is an operator, and operators are changed with the member's own account
    {account} only; use that.
    """

    caller: str
    account: str


@dataclass(eq=False)
class MemberNotActive(ContractError):
    """Member {member} is {status}, and only an active member can do or undergo this; wait, or have
    it reinstated.
    """

    member: int
    status: MemberStatus


@dataclass(eq=False)
class MemberNotSuspended(ContractError):
    """Member {member} is {status}, not suspended; there is nothing to end."""

    member: int
    status: MemberStatus


@dataclass(eq=False)
class MemberNotSeated(ContractError):
    """Number {member} is that of no present member ({status}); see 'pyhealth consortium
    members'.
    """

    member: int
    status: MemberStatus


@dataclass(eq=False)
class MembershipAtFloor(ContractError):
    """The consortium has {members} members and cannot have fewer than {minimum}; admit another
    before one is removed.
    """

    members: int
    minimum: int


@dataclass(eq=False)
class MembershipFull(ContractError):
    """The consortium has {maximum} members, which is the most there can be; remove one first."""

    maximum: int


@dataclass(eq=False)
class RolesNotAssignable(ContractError):
    """The bitmap of roles {roles} is empty or has bits that stand for no role; give at least one
    known role.
    """

    roles: int


@dataclass(eq=False)
class NameMissing(ContractError):
    """The member or contract at {account} has no name; give it one."""

    account: str


@dataclass(eq=False)
class NameTaken(ContractError):
    """Member {member} is named {name!r} already; choose another name."""

    name: str
    member: int


@dataclass(eq=False)
class AddressNotUsable(ContractError):
    """Address {account} is zero or the consortium's own, and can neither act for a member nor be
    adopted; give another.
    """

    account: str


@dataclass(eq=False)
class KeyTaken(ContractError):
    """Key {key} acts for member {member} already; use another, or have it revoked there first."""

    key: str
    member: int


@dataclass(eq=False)
class OperatorsFull(ContractError):
    """Member {member} has {maximum} operators, which is the most it can have; revoke one first."""

    member: int
    maximum: int


@dataclass(eq=False)
class OperatorUnknown(ContractError):
    """Key {operator} is no operator of member {member} (its own account is replaced by vote only);
    see 'pyhealth consortium operators'.
    """

    operator: str
    member: int


@dataclass(eq=False)
class MandateLate(ContractError):
    """The mandate of key {operator} ended at {deadline}; have the key sign another."""

    operator: str
    deadline: datetime


@dataclass(eq=False)
class MandateNotSigned(ContractError):
    """Key {operator} signed no such mandate for member {member} on this chain and contract, or it
    was used already; have the key sign another.
    """

    operator: str
    member: int


@dataclass(eq=False)
class SuspensionResting(ContractError):
    """Member {member} was suspended lately, and any two can do so again from {suspendable_from};
    wait, or suspend it until lifted by a majority.
    """

    member: int
    suspendable_from: datetime


@dataclass(eq=False)
class SuspensionBreaksMajority(ContractError):
    """Only {remaining} of {seats} members would stay active, which is no majority; suspend until
    lifted, by a majority, or reinstate another first.
    """

    remaining: int
    seats: int


@dataclass(eq=False)
class ContractNotAdopted(ContractError):
    """Contract {target} is not adopted; see 'pyhealth consortium contracts'."""

    target: str


@dataclass(eq=False)
class ContractAlreadyAdopted(ContractError):
    """Contract {target} is adopted already, as {name!r}; there is nothing to do."""

    target: str
    name: str


@dataclass(eq=False)
class CodeMissing(ContractError):
    """Address {target} holds no code; deploy the contract there first, or give another address."""

    target: str


@dataclass(eq=False)
class VersionNotNewer(ContractError):
    """Version {version} of {name!r} is not newer than version {newest}, which is adopted; give a
    higher one.
    """

    name: str
    version: int
    newest: int


@dataclass(eq=False)
class ContractAlreadyPaused(ContractError):
    """Contract {target} is paused already, until {paused_until}; confirm it by a majority with
    pause-until-lifted.
    """

    target: str
    paused_until: datetime


@dataclass(eq=False)
class ContractNotPaused(ContractError):
    """Contract {target} is not paused; there is nothing to end."""

    target: str


@dataclass(eq=False)
class PauseResting(ContractError):
    """Contract {target} was paused lately, and any two can do so again from {pausable_from}; wait,
    or pause it until lifted by a majority.
    """

    target: str
    pausable_from: datetime


@dataclass(eq=False)
class RuleOutOfBounds(ContractError):
    """Rule {rule} cannot be {value}: it is from {low} to {high}; give a length between them."""

    rule: Rule
    value: timedelta
    low: timedelta
    high: timedelta


@dataclass(eq=False)
class ThresholdNotSettable(ContractError):
    """A call cannot be made to need {threshold}; choose majority, two-thirds, or none for the
    default of three quarters.
    """

    threshold: Threshold


@dataclass(eq=False)
class ActionsMissing(ContractError):
    """The proposal has no action; give at least one."""


@dataclass(eq=False)
class ActionsTooMany(ContractError):
    """The proposal has {actions} actions and can have {maximum}; split it."""

    actions: int
    maximum: int


@dataclass(eq=False)
class ActionsTooLong(ContractError):
    """The proposal's actions have {length} bytes together and can have {maximum}; split it."""

    length: int
    maximum: int


@dataclass(eq=False)
class SelectorMissing(ContractError):
    """Action {index} has {length} bytes, too few to name a function; give the function's
    selector.
    """

    index: int
    length: int


@dataclass(eq=False)
class SubjectsTwo(ContractError):
    """The proposal is about member {first} and member {second}, and each one's case is decided for
    itself; open two proposals.
    """

    first: int
    second: int


@dataclass(eq=False)
class ReasonMissing(ContractError):
    """The proposal gives no reason; hand in the commitment of one."""


@dataclass(eq=False)
class ProposalsFull(ContractError):
    """Member {member} has {maximum} open proposals, which is the most it can have; withdraw one, or
    wait.
    """

    member: int
    maximum: int


@dataclass(eq=False)
class ProposalNotOpen(ContractError):
    """Proposal {proposal_id} is not open (status: {status}); see 'pyhealth consortium
    proposals'.
    """

    proposal_id: bytes
    status: ProposalStatus


@dataclass(eq=False)
class ProposalNotOfMember(ContractError):
    """Proposal {proposal_id} was opened by member {proposer}, which alone can withdraw it, not
    member {member}; vote against it instead.
    """

    proposal_id: bytes
    member: int
    proposer: int


@dataclass(eq=False)
class ChoiceMissing(ContractError):
    """The ballot on proposal {proposal_id} neither approves nor rejects; choose one of the two."""

    proposal_id: bytes


@dataclass(eq=False)
class VoterIsSubject(ContractError):
    """Proposal {proposal_id} is about member {member}, which therefore does not vote on it."""

    proposal_id: bytes
    member: int


@dataclass(eq=False)
class AlreadyVoted(ContractError):
    """Member {member} has voted on proposal {proposal_id} already ({choice}), and a ballot is
    final.
    """

    proposal_id: bytes
    member: int
    choice: Choice


@dataclass(eq=False)
class BallotLate(ContractError):
    """The signed ballot on proposal {proposal_id} was to be handed in before {deadline}; have
    another signed.
    """

    proposal_id: bytes
    deadline: datetime


@dataclass(eq=False)
class BallotNotSigned(ContractError):
    """Key {signer} did not sign this ballot on proposal {proposal_id} for this chain and contract;
    have another signed.
    """

    proposal_id: bytes
    signer: str


@dataclass(eq=False)
class NoticeRunning(ContractError):
    """Proposal {proposal_id} can be executed from {executable_from}; wait for the end of its
    notice.
    """

    proposal_id: bytes
    executable_from: datetime


@dataclass(eq=False)
class ThresholdNotMet(ContractError):
    """Proposal {proposal_id} has {approvals} approvals that count and needs {needed}; win more
    members for it.
    """

    proposal_id: bytes
    approvals: int
    needed: int


@dataclass(eq=False)
class ExecutionUnderWay(ContractError):
    """Proposal {proposal_id} is being executed, and another cannot be within it; execute it
    afterwards.
    """

    proposal_id: bytes


@dataclass(eq=False)
class ActionFailed(ContractError):
    """Action {index} of the proposal, a call of {target}, fails, and with it the whole proposal:
    {because}
    """

    index: int
    target: str
    reason: bytes
    because: ContractError | None = None  # the reason, decoded
