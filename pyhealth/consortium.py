"""Client of Consortium.sol.

What only a vote can do returns the `Action` that a proposal makes of it:

>>> consortium.propose([consortium.admit(account, {Role.PROVIDER}, "Clinic")], reason)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Receipt
from pyhealth.governance.ballots import CONTRACT, SignedBallot, SignedMandate
from pyhealth.hashing import Domain
from pyhealth.reading import word_of
from pyhealth.values import (
    Action,
    Actor,
    Adoption,
    Choice,
    Listing,
    Member,
    MemberStatus,
    Proposal,
    ProposalStatus,
    Role,
    Rule,
    Tally,
    Threshold,
    bitmap_of,
    roles_of,
    span,
    struct,
)


@dataclass(frozen=True, slots=True)
class Consortium:
    """Who belongs, who decides, and which contracts belong to the suite."""

    binding: Binding

    @property
    def domain(self) -> Domain:
        """What ballots and mandates are signed for."""
        return Domain(CONTRACT, self.binding.chain.chain_id, self.binding.address)

    # Membership, by vote

    def admit(self, account: str, roles: Iterable[Role], name: str) -> Action:
        """Admit a member. Two thirds."""
        return self._action("admit", account, bitmap_of(roles), word_of(name))

    def remove(self, member: int) -> Action:
        """Remove a member for good, and withdraw its open proposals. Two thirds of the others."""
        return self._action("remove", member)

    def set_roles(self, member: int, roles: Iterable[Role]) -> Action:
        """Give a member other roles. Two thirds, the member not voting."""
        return self._action("setRoles", member, bitmap_of(roles))

    def replace_account(self, member: int, account: str) -> Action:
        """Give a member another account and no operators. Two thirds, the member not voting."""
        return self._action("replaceAccount", member, account)

    def suspend(self, member: int) -> Action:
        """Suspend an active member for 7 days. Any two."""
        return self._action("suspend", member)

    def suspend_until_lifted(self, member: int) -> Action:
        """Suspend a member, or confirm its suspension, until it is reinstated. Majority."""
        return self._action("suspendUntilLifted", member)

    def reinstate(self, member: int) -> Action:
        """End a suspension. Majority."""
        return self._action("reinstate", member)

    # Contracts and rules, by vote

    def adopt(self, adoption: Adoption) -> Action:
        """Adopt a contract, or a newer version of one. Three quarters."""
        return self._action("adopt", (word_of(adoption.name), adoption.version, adoption.target))

    def pause(self, target: str) -> Action:
        """Pause an adopted contract for 7 days. Any two."""
        return self._action("pause", target)

    def pause_until_lifted(self, target: str) -> Action:
        """Pause an adopted contract, or confirm its pause, until it is lifted. Majority."""
        return self._action("pauseUntilLifted", target)

    def unpause(self, target: str) -> Action:
        """End a pause. Majority."""
        return self._action("unpause", target)

    def set_rule(self, rule: Rule, value: timedelta) -> Action:
        """Set a rule within its bounds, for proposals opened from then on. Three quarters."""
        return self._action("setRule", rule, int(value.total_seconds()))

    def set_threshold(self, target: str, selector: bytes, threshold: Threshold) -> Action:
        """Set what a call of an adopted contract needs; `Threshold.NONE` for the default. Three
        quarters.
        """
        return self._action("setThreshold", target, selector, threshold)

    def _action(self, function: str, *arguments: Any) -> Action:
        return Action(self.binding.address, self.binding.encode(function, *arguments).data)

    # Operators

    def add_operator(self, mandate: SignedMandate) -> Receipt:
        """Add a key that signed to act for this account's member."""
        seconds = int(mandate.deadline.timestamp())
        return self.binding.send("addOperator", mandate.operator, seconds, mandate.signature)

    def revoke_operator(self, operator: str) -> Receipt:
        """Revoke a key at once, also while suspended and once removed."""
        return self.binding.send("revokeOperator", operator)

    def rotate_operator(self, revoked: str, mandate: SignedMandate) -> Receipt:
        """Revoke a key and add another in its place."""
        added = mandate.operator, int(mandate.deadline.timestamp()), mandate.signature
        return self.binding.send("rotateOperator", revoked, *added)

    # Deciding

    def propose(self, actions: Sequence[Action], reason: bytes) -> bytes:
        """Open a proposal, and return its identifier; the reason is a salted commitment."""
        calls = [(one.target, one.data) for one in actions]
        receipt = self.binding.send("propose", calls, reason)
        (opened,) = (log for log in receipt.logs if log.address == self.binding.address)
        return opened.topics[1]

    def withdraw(self, proposal_id: bytes) -> Receipt:
        """Withdraw a proposal of this account's member, also while suspended."""
        return self.binding.send("withdraw", proposal_id)

    def vote(self, proposal_id: bytes, choice: Choice) -> Receipt:
        """Cast the ballot of this account's member. It is final."""
        return self.binding.send("vote", proposal_id, choice)

    def vote_by_signature(self, ballot: SignedBallot) -> Receipt:
        """Hand in a ballot that a member's key signed, whoever that is."""
        said = ballot.proposal_id, ballot.choice, ballot.signer
        signed = int(ballot.deadline.timestamp()), ballot.signature
        return self.binding.send("voteBySignature", *said, *signed)

    def execute(self, proposal_id: bytes) -> Receipt:
        """Execute an open proposal that has the approvals it needs. Any active member can."""
        return self.binding.send("execute", proposal_id)

    # Reading

    def actor_of(self, account: str) -> Actor:
        """Say whom an account acts for."""
        return struct(Actor, self.binding.call("actorOf", account))

    def members(self) -> tuple[int, ...]:
        """Return the numbers of the present members, suspended ones included."""
        return tuple(self.binding.call("members"))

    def member_of(self, member: int) -> Member:
        """Return what is stored of a member."""
        return struct(Member, self.binding.call("memberOf", member))

    def status_of(self, member: int) -> MemberStatus:
        """Say where a member stands now."""
        return MemberStatus(self.binding.call("statusOf", member))

    def roles_of(self, member: int) -> frozenset[Role]:
        """Return the roles a member holds, also while suspended."""
        return roles_of(self.binding.call("rolesOf", member))

    def operators_of(self, member: int) -> tuple[str, ...]:
        """Return the accounts that act for a member, its own first."""
        return tuple(self.binding.call("operatorsOf", member))

    def mandates_of(self, operator: str) -> int:
        """Return how often a key became an operator: the nonce of its next mandate."""
        return int(self.binding.call("mandatesOf", operator))

    def who_can(self, role: Role) -> tuple[int, ...]:
        """Return the active members that hold a role."""
        return tuple(self.binding.call("whoCan", role))

    def contract_of(self, name: str) -> str | None:
        """Return the newest adopted contract of a name, or nothing."""
        found = str(self.binding.call("contractOf", word_of(name)))
        return found if int(found, 16) else None

    def adopted(self) -> tuple[Listing, ...]:
        """Return every adopted contract, older versions included, in the order of adoption."""
        return tuple(struct(Listing, one) for one in self.binding.call("adopted"))

    def is_paused(self, target: str) -> bool:
        """Say whether a contract is paused now."""
        return bool(self.binding.call("isPaused", target))

    def rule_of(self, rule: Rule) -> timedelta:
        """Return what a rule is set to."""
        return span(self.binding.call("ruleOf", rule))

    def threshold_of(self, target: str, selector: bytes) -> Threshold:
        """Return what a call needs."""
        return Threshold(self.binding.call("thresholdOf", target, selector))

    def open_proposals(self) -> tuple[bytes, ...]:
        """Return the proposals that are open now."""
        return tuple(map(bytes, self.binding.call("openProposals")))

    def proposals_of(self, member: int) -> int:
        """Return how many proposals a member opened so far."""
        return int(self.binding.call("proposalsOf", member))

    def proposal_of(self, proposal_id: bytes) -> Proposal:
        """Return what is stored of a proposal, its actions included."""
        return struct(Proposal, self.binding.call("proposalOf", proposal_id))

    def status_of_proposal(self, proposal_id: bytes) -> ProposalStatus:
        """Say where a proposal stands now."""
        return ProposalStatus(self.binding.call("statusOfProposal", proposal_id))

    def ballot_of(self, proposal_id: bytes, member: int) -> Choice:
        """Return the ballot that counts for a member, or none."""
        return Choice(self.binding.call("ballotOf", proposal_id, member))

    def tally_of(self, proposal_id: bytes) -> Tally:
        """Return the ballots that count now, and how many approvals are needed."""
        return Tally(*self.binding.call("tallyOf", proposal_id))

    def min_members(self) -> int:
        """Return the fewest members there can be."""
        return int(self.binding.call("MIN_MEMBERS"))

    def max_members(self) -> int:
        """Return the most members there can be."""
        return int(self.binding.call("MAX_MEMBERS"))

    def max_operators(self) -> int:
        """Return the most operators a member can have beside its account."""
        return int(self.binding.call("MAX_OPERATORS"))

    def max_open(self) -> int:
        """Return the most open proposals a member can have."""
        return int(self.binding.call("MAX_OPEN"))

    def max_actions(self) -> int:
        """Return the most actions a proposal can have."""
        return int(self.binding.call("MAX_ACTIONS"))

    def max_length(self) -> int:
        """Return the most bytes the actions of a proposal can have together."""
        return int(self.binding.call("MAX_LENGTH"))

    def suspension(self) -> timedelta:
        """Return for how long any two can suspend or pause."""
        return span(self.binding.call("SUSPENSION"))

    def rest(self) -> timedelta:
        """Return for how long after a suspension or a pause any two cannot repeat it."""
        return span(self.binding.call("REST"))
