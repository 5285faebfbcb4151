"""What ClaimAdjudicator.sol refuses, in the order of its interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyhealth.errors import ContractError
from pyhealth.values import AppealStatus

__all__ = [
    "AdjudicatorBusy",
    "AppealExists",
    "AppealLate",
    "AppealNotOpen",
    "AppealWindowOutOfBounds",
    "AppealedLineDuplicate",
    "AppealedLinesOutOfBounds",
    "CallerNotFunder",
    "CallerNotOnPanel",
    "CallerNotOwnAccount",
    "CallerNotProvider",
    "CallerNotSelf",
    "CallerNotVote",
    "ClaimCoverageUnknown",
    "ClaimNotPended",
    "ClaimsOutOfBounds",
    "ClaimsPaused",
    "DecimalsOutOfBounds",
    "DecisionNotStanding",
    "FeeMissing",
    "FeeNotProven",
    "GroundsMissing",
    "LineBitsUnknown",
    "LineChargeMissing",
    "LineCodeMissing",
    "LineUnitsMissing",
    "LinesOutOfBounds",
    "NothingUnclaimed",
    "PanelEmpty",
    "PanelNotUsable",
    "PanelistDecided",
    "PoolShort",
    "PriorRemittanceMissing",
    "RecipientNotUsable",
    "RepaymentShort",
    "ServiceAppealed",
    "ServiceInFuture",
    "TokenRefused",
    "TransferTookMore",
    "WaiversOutOfBounds",
]


@dataclass(eq=False)
class CallerNotProvider(ContractError):
    """Account {caller} acts for no active member that provides; use a provider's account, or have
    the role PROVIDER given by vote.
    """

    caller: str


@dataclass(eq=False)
class CallerNotFunder(ContractError):
    """Account {caller} acts for no active member that pays, and only payers have pools; use a
    payer's account.
    """

    caller: str


@dataclass(eq=False)
class CallerNotOwnAccount(ContractError):
    """Key {caller} is an operator, and money is moved with the member's own account {account} only;
    use that.
    """

    caller: str
    account: str


@dataclass(eq=False)
class CallerNotSelf(ContractError):
    """Account {caller} cannot ask what the adjudicator asks of itself; submit claims instead."""

    caller: str


@dataclass(eq=False)
class CallerNotVote(ContractError):
    """Account {caller} cannot do alone what needs a vote; open a proposal for it."""

    caller: str


@dataclass(eq=False)
class ClaimsPaused(ContractError):
    """The adjudicator is paused by vote; wait until it is resumed."""


@dataclass(eq=False)
class ClaimsOutOfBounds(ContractError):
    """The batch holds {claims} claims and may hold 1 to {maximum}; split it."""

    claims: int
    maximum: int


@dataclass(eq=False)
class LinesOutOfBounds(ContractError):
    """The claim has {lines} lines and may have 1 to {maximum}; split it."""

    lines: int
    maximum: int


@dataclass(eq=False)
class ClaimCoverageUnknown(ContractError):
    """Coverage {coverage_ref} was never enrolled; ask the payer which coverage is meant."""

    coverage_ref: bytes


@dataclass(eq=False)
class LineChargeMissing(ContractError):
    """The line at place {line}, from 0, charges nothing; leave it out."""

    line: int


@dataclass(eq=False)
class LineUnitsMissing(ContractError):
    """The line at place {line}, from 0, is for no unit; state how many."""

    line: int


@dataclass(eq=False)
class LineCodeMissing(ContractError):
    """The line at place {line}, from 0, commits to no service; code it."""

    line: int


@dataclass(eq=False)
class ServiceInFuture(ContractError):
    """The line at place {line}, from 0, was served on {served_on}, and today is {today} by the
    chain; submit it when the service was given.
    """

    line: int
    served_on: date
    today: date


@dataclass(eq=False)
class PriorRemittanceMissing(ContractError):
    """The line at place {line}, from 0, tells that others paid {prior_paid} hundredths, and the
    claim does not say by which decision; commit to that.
    """

    line: int
    prior_paid: int


@dataclass(eq=False)
class FeeMissing(ContractError):
    """The line at place {line}, from 0, refers to fee {fee}, and the claim holds {fees}; add it."""

    line: int
    fee: int
    fees: int


@dataclass(eq=False)
class FeeNotProven(ContractError):
    """The line at place {line}, from 0, is priced with {price} hundredths for row {row}, which the
    payer's fee schedule does not hold; use the schedule of the coverage's plan version.
    """

    line: int
    row: bytes
    price: int


@dataclass(eq=False)
class DecisionNotStanding(ContractError):
    """The decision that was handed in for claim {claim_id} does not stand, or is not of provider
    {provider}; bring the index up to date, and use the last one.
    """

    claim_id: bytes
    provider: int


@dataclass(eq=False)
class ClaimNotPended(ContractError):
    """Claim {claim_id} is not pended; there is nothing to pay."""

    claim_id: bytes


@dataclass(eq=False)
class PoolShort(ContractError):
    """The pool of payer {payer} holds {pool} units of the token and {needed} are needed; have it
    funded.
    """

    payer: int
    pool: int
    needed: int


@dataclass(eq=False)
class NothingUnclaimed(ContractError):
    """Nothing waits for provider {provider}; what it was due was sent."""

    provider: int


@dataclass(eq=False)
class TokenRefused(ContractError):
    """The settlement token did not move {amount} units from {from_} to {to}; see that the sender
    holds them and has approved the adjudicator.
    """

    from_: str
    to: str
    amount: int


@dataclass(eq=False)
class AdjudicatorBusy(ContractError):
    """The settlement token called back while it was moved, which is refused; settle in an ordinary
    token.
    """


@dataclass(eq=False)
class RepaymentShort(ContractError):
    """Of a repayment of {due} units of the token only {arrived} arrived; settle in a token without
    a fee.
    """

    arrived: int
    due: int


@dataclass(eq=False)
class TransferTookMore(ContractError):
    """The token took {taken} units for a transfer of {amount}; settle in an ordinary token."""

    taken: int
    amount: int


@dataclass(eq=False)
class RecipientNotUsable(ContractError):
    """Tokens cannot go to {to}; name an account that can use them."""

    to: str


@dataclass(eq=False)
class AppealLate(ContractError):
    """Claim {claim_id} was filed on {filed_on}, and appeals were open for {window} days; its
    decision stands.
    """

    claim_id: bytes
    filed_on: date
    window: int


@dataclass(eq=False)
class AppealExists(ContractError):
    """Claim {claim_id} was appealed already, and that appeal is {status}; a claim is appealed
    once.
    """

    claim_id: bytes
    status: AppealStatus


@dataclass(eq=False)
class AppealNotOpen(ContractError):
    """The appeal of claim {claim_id} is {status}, not open; there is nothing to decide."""

    claim_id: bytes
    status: AppealStatus


@dataclass(eq=False)
class WaiversOutOfBounds(ContractError):
    """The appeal names the rules {waived} as bits, and all there are make {all}; name at least one
    of those.
    """

    waived: int
    all: int


@dataclass(eq=False)
class AppealedLinesOutOfBounds(ContractError):
    """The appeal names the lines {lines} as bits, and the claim has {count}; name at least one of
    those.
    """

    lines: int
    count: int


@dataclass(eq=False)
class AppealedLineDuplicate(ContractError):
    """The line at place {line}, from 0, is a duplicate and has no record to decide anew; appeal the
    claim that has it.
    """

    line: int


@dataclass(eq=False)
class ServiceAppealed(ContractError):
    """The service at place {line}, from 0, was appealed before, perhaps under another claim, and is
    appealed once; leave it out.
    """

    line: int


@dataclass(eq=False)
class GroundsMissing(ContractError):
    """The appeal of claim {claim_id} commits to no grounds; state them."""

    claim_id: bytes


@dataclass(eq=False)
class CallerNotOnPanel(ContractError):
    """Member {member} is not on the panel for claim {claim_id}, or is party to it; let another
    member decide.
    """

    claim_id: bytes
    member: int


@dataclass(eq=False)
class PanelistDecided(ContractError):
    """Member {member} has decided on the appeal of claim {claim_id} already; one ballot counts."""

    claim_id: bytes
    member: int


@dataclass(eq=False)
class PanelEmpty(ContractError):
    """Everyone on the panel is party to claim {claim_id}; have another panel set by vote."""

    claim_id: bytes


@dataclass(eq=False)
class AppealWindowOutOfBounds(ContractError):
    """The appeal window cannot be {window} days; {low} to {high} are possible."""

    window: int
    low: int
    high: int


@dataclass(eq=False)
class PanelNotUsable(ContractError):
    """Place {place} of the panel is not in ascending order, or beyond the most there can be;
    correct the list.
    """

    place: int


@dataclass(eq=False)
class DecimalsOutOfBounds(ContractError):
    """The settlement token has {decimals} decimals, and the books follow {minimum} to {maximum};
    settle in another token.
    """

    decimals: int
    minimum: int
    maximum: int


@dataclass(eq=False)
class LineBitsUnknown(ContractError):
    """The line at place {line}, from 0, has bits that stand for nothing; write it as the contract
    lays it out.
    """

    line: int
