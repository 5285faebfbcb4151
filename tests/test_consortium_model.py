"""
Consortium, against a plain model written from its interface's documentation
└── whatever members, operators and strangers do, in any order and at any time
    ├── what the model refuses is refused by the contract, for the same reason
    └── members, standings, proposals, ballots and tallies are those of the model
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import Node
from consortium_cast import FOUNDERS, REASON
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.wallet import cast_address
from pyhealth.consortium import Consortium
from pyhealth.errors import ActionFailed, RpcRefused
from pyhealth.health import Health
from pyhealth.values import (
    Action,
    Choice,
    MemberStatus,
    ProposalStatus,
    Role,
    Threshold,
    roles_of,
)

DAY = 86_400
SUSPENSION, REST, VOTING = 7 * DAY, 30 * DAY, 14 * DAY
FOREVER = 2**48 - 1
FEWEST, MOST_OPEN = 3, 8
KINDS = {
    "suspend": Threshold.ANY_TWO,
    "suspend_until_lifted": Threshold.MAJORITY,
    "reinstate": Threshold.MAJORITY,
    "remove": Threshold.TWO_THIRDS_OF_OTHERS,
    "admit": Threshold.TWO_THIRDS,
    "set_roles": Threshold.TWO_THIRDS,
    "replace_account": Threshold.TWO_THIRDS,
}


@dataclass
class Seat:
    account: str
    roles: int
    suspended_until: int = 0
    suspendable_from: int = 0
    removed: bool = False


@dataclass
class Case:
    proposer: int
    kind: str
    about: int
    account: str  # for an admission or a replacement
    roles: int
    opened: int
    state: ProposalStatus = ProposalStatus.OPEN
    ballots: dict[int, tuple[str, Choice]] = field(default_factory=dict)


@dataclass
class Model:
    """The consortium as its documentation has it; a refusal is the name of an error."""

    seats: dict[int, Seat]
    now: int
    cases: dict[bytes, Case] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)

    def status(self, number: int) -> MemberStatus:
        seat = self.seats.get(number)
        if seat is None:
            return MemberStatus.NONE
        if seat.removed:
            return MemberStatus.REMOVED
        suspended = self.now < seat.suspended_until
        return MemberStatus.SUSPENDED if suspended else MemberStatus.ACTIVE

    def present(self) -> list[int]:
        return [number for number, seat in self.seats.items() if not seat.removed]

    def member(self, account: str) -> int:
        return next((n for n, seat in self.seats.items() if seat.account == account), 0)

    def acting(self, account: str) -> str | None:
        number = self.member(account)
        if not number:
            return "AccountUnknown"
        return None if self.status(number) is MemberStatus.ACTIVE else "MemberNotActive"

    def standing(self, case: bytes) -> ProposalStatus:
        known = self.cases[case]
        expired = self.now >= known.opened + VOTING
        return (
            ProposalStatus.EXPIRED
            if known.state is ProposalStatus.OPEN and expired
            else known.state
        )

    def counted(self, case: bytes, number: int) -> Choice:
        account, choice = self.cases[case].ballots.get(number, ("", Choice.NONE))
        counts = self.status(number) is MemberStatus.ACTIVE
        return choice if counts and self.seats[number].account == account else Choice.NONE

    def tally(self, case: bytes) -> tuple[int, int, int]:
        said = [self.counted(case, number) for number in self.present()]
        n = len(self.present())
        needed = {
            Threshold.ANY_TWO: 2,
            Threshold.MAJORITY: n // 2 + 1,
            Threshold.TWO_THIRDS_OF_OTHERS: max(-(-(2 * (n - 1)) // 3), n // 2 + 1),
            Threshold.TWO_THIRDS: -(-(2 * n) // 3),
        }[KINDS[self.cases[case].kind]]
        return said.count(Choice.APPROVE), said.count(Choice.REJECT), needed

    def propose(self, account: str, case: Case) -> str | None:
        if refusal := self.acting(account):
            return refusal
        mine = [one for one, known in self.cases.items() if known.proposer == case.proposer]
        is_open = [one for one in mine if self.standing(one) is ProposalStatus.OPEN]
        return "ProposalsFull" if len(is_open) == MOST_OPEN else None

    def vote(self, account: str, case: bytes, choice: Choice) -> str | None:
        if refusal := self.acting(account):
            return refusal
        number, known = self.member(account), self.cases[case]
        if self.standing(case) is not ProposalStatus.OPEN:
            return "ProposalNotOpen"
        if choice is Choice.NONE:
            return "ChoiceMissing"
        if known.kind != "admit" and number == known.about:
            return "VoterIsSubject"
        if known.ballots.get(number, ("",))[0] == account:
            return "AlreadyVoted"
        known.ballots[number] = (account, choice)
        return None

    def withdraw(self, account: str, case: bytes) -> str | None:
        number = self.member(account)
        if not number:
            return "AccountUnknown"
        if self.standing(case) is not ProposalStatus.OPEN:
            return "ProposalNotOpen"
        if number != self.cases[case].proposer:
            return "ProposalNotOfMember"
        self.cases[case].state = ProposalStatus.WITHDRAWN
        return None

    def execute(self, account: str, case: bytes) -> str | None:
        if refusal := self.acting(account):
            return refusal
        if self.standing(case) is not ProposalStatus.OPEN:
            return "ProposalNotOpen"
        approvals, _, needed = self.tally(case)
        if approvals < needed:
            return "ThresholdNotMet"
        if refusal := getattr(self, "_" + self.cases[case].kind)(self.cases[case]):
            return str(refusal)
        self.cases[case].state = ProposalStatus.EXECUTED
        return None

    def _seated(self, number: int) -> str | None:
        return None if number in self.present() else "MemberNotSeated"

    def _suspend(self, case: Case) -> str | None:
        if self.status(case.about) is not MemberStatus.ACTIVE:
            return "MemberNotActive"
        if self.now < self.seats[case.about].suspendable_from:
            return "SuspensionResting"
        active = [n for n in self.present() if self.status(n) is MemberStatus.ACTIVE]
        if 2 * (len(active) - 1) <= len(self.present()):
            return "SuspensionBreaksMajority"
        self.seats[case.about].suspended_until = self.now + SUSPENSION
        self.seats[case.about].suspendable_from = self.now + SUSPENSION + REST
        return None

    def _suspend_until_lifted(self, case: Case) -> str | None:
        if refusal := self._seated(case.about):
            return refusal
        self.seats[case.about].suspended_until = FOREVER
        return None

    def _reinstate(self, case: Case) -> str | None:
        if self.status(case.about) is not MemberStatus.SUSPENDED:
            return "MemberNotSuspended"
        self.seats[case.about].suspended_until = 0
        self.seats[case.about].suspendable_from = self.now + REST
        return None

    def _remove(self, case: Case) -> str | None:
        if refusal := self._seated(case.about):
            return refusal
        if len(self.present()) == FEWEST:
            return "MembershipAtFloor"
        self.seats[case.about].removed = True
        for other in self.cases.values():
            if other.proposer == case.about and other.state is ProposalStatus.OPEN:
                expired = self.now >= other.opened + VOTING
                other.state = ProposalStatus.EXPIRED if expired else ProposalStatus.WITHDRAWN
        return None

    def _admit(self, case: Case) -> str | None:
        if self.member(case.account):
            return "KeyTaken"
        self.seats[len(self.seats) + 1] = Seat(case.account, case.roles)
        return None

    def _set_roles(self, case: Case) -> str | None:
        if refusal := self._seated(case.about):
            return refusal
        self.seats[case.about].roles = case.roles
        return None

    def _replace_account(self, case: Case) -> str | None:
        if refusal := self._seated(case.about):
            return refusal
        previous = self.seats[case.about].account
        if case.account in {*self.replaced, previous}:
            return "AddressNotUsable"
        if self.member(case.account):
            return "KeyTaken"
        self.replaced.add(previous)
        self.seats[case.about].account = case.account
        return None


ACCOUNTS = some.sampled_from(
    [cast_address(name) for name in (*FOUNDERS, "clinic", "pharmacy", "auditor", "stranger")]
)
NUMBERS = some.integers(1, 7)
ROLES = some.integers(1, 511)


class Governing(RuleBasedStateMachine):
    """Plays the consortium and the model side by side, one block a step."""

    health: Health

    @initialize()
    def found(self) -> None:
        self.rpc, self.consortium = self.health.chain.rpc, self.health.consortium
        self.before = self.rpc.call("evm_snapshot")
        head = self.rpc.call("eth_getBlockByNumber", "latest", False)
        accounts = [cast_address(name) for name in FOUNDERS]
        roles = [1, 2, 4, 8, 1 << Role.REGULATOR | 1 << Role.AUDITOR]
        seats = {i: Seat(*one) for i, one in enumerate(zip(accounts, roles, strict=True), 1)}
        self.model = Model(seats, int(head["timestamp"], 16))
        self.named = 0

    def teardown(self) -> None:
        if hasattr(self, "before"):
            self.rpc.call("evm_revert", self.before)

    def sent(self, account: str, function: str, *arguments: Any) -> str | None:
        """Send a call in a block of its own; return the name of the refusal, or nothing."""
        call = self.consortium.binding.encode(function, *arguments)
        asked = {"from": account, "to": call.to, "data": "0x" + call.data.hex(), "gas": "0x3d0900"}
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        made = self.rpc.call("eth_sendTransaction", asked)
        while (receipt := self.rpc.call("eth_getTransactionReceipt", made)) is None:
            pass
        if int(receipt["status"], 16):
            return None
        with pytest.raises(RpcRefused) as caught:  # the state is that of the block, its time too
            self.rpc.call("eth_call", asked, "latest")
        refusal = decode_refusal(caught.value.data)
        inner = refusal.because if isinstance(refusal, ActionFailed) else refusal
        return type(inner).__name__

    @rule(
        by=ACCOUNTS, kind=some.sampled_from(sorted(KINDS)), about=NUMBERS, account=ACCOUNTS,
        roles=ROLES,
    )  # fmt: skip
    def propose(self, by: str, kind: str, about: int, account: str, roles: int) -> None:
        self.model.now += 1
        self.named += 1
        case = Case(self.model.member(by), kind, about, account, roles, self.model.now)
        action = self.action(case)
        expected = self.model.propose(by, case)

        assert self.sent(by, "propose", [(action.target, action.data)], REASON) == expected
        if expected is None:
            (made,) = set(self.consortium.open_proposals()) - set(self.model.cases)
            self.model.cases[made] = case

    def action(self, case: Case) -> Action:
        named = roles_of(case.roles)
        if case.kind == "admit":
            return self.consortium.admit(case.account, named, f"Member {self.named}")
        more = {"set_roles": [named], "replace_account": [case.account]}.get(case.kind, [])
        made: Action = getattr(self.consortium, case.kind)(case.about, *more)
        return made

    def case(self, place: int) -> bytes | None:
        known = list(self.model.cases)
        return known[place % len(known)] if known else None

    @rule(
        by=ACCOUNTS, place=some.integers(0, 50),
        choice=some.sampled_from([Choice.APPROVE, Choice.APPROVE, Choice.REJECT, Choice.NONE]),
    )  # fmt: skip
    def vote(self, by: str, place: int, choice: Choice) -> None:
        if case := self.case(place):
            self.model.now += 1
            expected = self.model.vote(by, case, choice)

            assert self.sent(by, "vote", case, choice) == expected

    @rule(kind=some.sampled_from(sorted(KINDS)), about=NUMBERS, account=ACCOUNTS, roles=ROLES)
    def decide(self, kind: str, about: int, account: str, roles: int) -> None:
        """Let all active members vote for it; without this rule few proposals would pass."""
        active = self.active()
        subject = 0 if kind == "admit" else about
        by = self.model.seats[active[0]].account if active else cast_address("stranger")
        place = len(self.model.cases)
        self.propose(by, kind, about, account, roles)
        if len(self.model.cases) > place:
            for number in active:
                if number != subject:
                    self.vote(self.model.seats[number].account, place, Choice.APPROVE)
            self.execute(by, place)

    def active(self) -> list[int]:
        present = self.model.present()
        return [n for n in present if self.model.status(n) is MemberStatus.ACTIVE]

    @rule(by=ACCOUNTS, place=some.integers(0, 50))
    def withdraw(self, by: str, place: int) -> None:
        if case := self.case(place):
            self.model.now += 1
            expected = self.model.withdraw(by, case)

            assert self.sent(by, "withdraw", case) == expected

    @rule(by=ACCOUNTS, place=some.integers(0, 50))
    def execute(self, by: str, place: int) -> None:
        if case := self.case(place):
            self.model.now += 1
            expected = self.model.execute(by, case)

            assert self.sent(by, "execute", case) == expected

    @rule(days=some.sampled_from([1, 6, 7, 8, 14, 37]))
    def wait(self, days: int) -> None:
        self.model.now += days * DAY
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        self.rpc.call("evm_mine")

    @invariant()
    def the_members_are_those_of_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        consortium: Consortium = self.consortium
        assert sorted(consortium.members()) == self.model.present()
        assert len(self.model.present()) >= FEWEST
        for number, seat in self.model.seats.items():
            assert consortium.status_of(number) is self.model.status(number)
            stored = consortium.member_of(number)
            assert stored.account == seat.account
            assert stored.roles == (frozenset() if seat.removed else roles_of(seat.roles))
            acting = consortium.actor_of(seat.account)
            active = self.model.status(number) is MemberStatus.ACTIVE
            assert acting.roles == (stored.roles if active else frozenset())

    @invariant()
    def the_proposals_are_those_of_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        standing = {case: self.model.standing(case) for case in self.model.cases}
        is_open = {case for case, status in standing.items() if status is ProposalStatus.OPEN}
        assert set(self.consortium.open_proposals()) == is_open
        for case, status in standing.items():
            assert self.consortium.status_of_proposal(case) is status
            tally = self.consortium.tally_of(case)
            assert (tally.approvals, tally.rejections, tally.needed) == self.model.tally(case)


def play(health: Health, examples: int, steps: int) -> None:
    machine = type("Governing", (Governing,), {"health": health})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_contract_does_what_the_model_does(node: Node, stranger: Health):
    play(stranger, examples=15, steps=50)


@pytest.mark.assurance
def test_the_contract_does_what_the_model_does_at_length(node: Node, stranger: Health):
    play(stranger, examples=60, steps=60)
