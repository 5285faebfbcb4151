"""
ClaimAdjudicator, against the ledger, which was written from the rules and not from the contract
└── whatever providers, payers and panels do, in any order
    ├── every line is decided as the ledger decides it
    ├── what the contract holds is the pools and what is unclaimed, but for donations
    └── no accumulator passes its limit, and a void leaves what it found
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from claims_cast import Payer, appealed
from claims_table import benefit, plan
from consortium_cast import HOSPITAL, INSURER
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from pyhealth.adjudication.ledger import Ledger
from pyhealth.claims import Decided
from pyhealth.values import Accumulators, Coverage, Waiver

TERMS = plan(deductible=150, maximum=300, pays=2000, period=90)
BENEFITS = (benefit(100, copay=10, share=20), benefit(50, limit=5), benefit(200, waiting=60))
NAMES = ("hospital", "clinic")
AMOUNTS = some.integers(1, 40_000)
LINES = some.lists(
    some.tuples(some.integers(0, 3), some.integers(1, 4), some.integers(0, 99), AMOUNTS),
    min_size=1,
    max_size=3,
)


class Adjudication(RuleBasedStateMachine):
    """What the ledger says and what the contract does, step by step."""

    claims = Bundle("claims")  # that stand
    world: Payer

    def __init__(self) -> None:
        super().__init__()
        self.rpc = self.world.council.rpc
        self.before = self.rpc.call("evm_snapshot")
        self.services = 0

    @initialize()
    def insure(self) -> None:
        self.first = self.world.today - timedelta(100)
        numbered = self.world.publish(TERMS, BENEFITS)
        self.ref = self.world.cover(numbered, self.first)
        dates = self.first, self.first + timedelta(365), self.first
        coverage = Coverage(INSURER, *numbered, *dates, 0, False)
        self.ledger = Ledger({numbered: (TERMS, BENEFITS)}, {self.ref: coverage})
        self.donated = 0
        self.members = {"hospital": HOSPITAL, "clinic": self.world.clinic}
        for name in NAMES:
            claims = self.world.of(name)
            claims.token.approve(claims.binding.address, 10**12)

    @rule(target=claims, name=some.sampled_from(NAMES), lines=LINES)
    def submit(self, name, lines):
        claim = self._claim(lines)

        made = self.world.of(name).submit(claim)

        self._same(made, self.ledger.submit(claim, self.members[name], today=self.world.today))
        return multiple((name, made)) if self._recorded(made) else multiple()

    @rule(claim=consumes(claims))
    def void(self, claim):
        name, made = claim
        self.world.of(name).void(made.claim_id, made.decision)

        self.ledger.void(made.decision, self.members[name])

    @rule(target=claims, claim=consumes(claims), lines=LINES)
    def replace(self, claim, lines):
        name, former = claim
        claim = self._claim(lines)

        made = self.world.of(name).replace(former.claim_id, former.decision, claim)

        said = self.members[name], self.world.today
        expected = self.ledger.replace(former.decision, claim, said[0], today=said[1], in_time=True)
        self._same(made, expected)
        assert made.decision.paid_before == (self._paid(former) if made.pended else 0)
        return multiple((name, made)) if self._recorded(made) else multiple()

    @rule(
        claim=consumes(claims),
        waived=some.frozensets(some.sampled_from(Waiver), min_size=1, max_size=3),
    )
    def appeal(self, claim, waived):
        name, former = claim
        places = [i for i, one in enumerate(former.decision.decided) if not one.duplicate]

        granted = appealed(self.world, former, name, places=places, waived=waived)

        expected = self.ledger.redecide(
            former.decision,
            self.members[name],
            places=places,
            waived=waived,
            today=self.world.today,
            paid=self._paid(former),
        )
        self._same(granted, expected)
        assert granted.decision.paid_before == expected.paid_before

    @rule(amount=AMOUNTS)
    def fund(self, amount):
        self.world.fund(amount)

    @rule(share=some.integers(0, 4))
    def withdraw(self, share):
        claims = self.world.of("insurer")
        claims.withdraw(claims.pool_of(INSURER) * share // 4, claims.binding.account)

    @rule(amount=AMOUNTS)
    def donate(self, amount):
        claims = self.world.of("insurer")
        claims.token.mint(claims.binding.address, amount)
        self.donated += amount

    @invariant()
    def holds_what_is_owed(self):
        claims = self.world.of("insurer")
        owed = claims.pool_of(INSURER) + sum(map(claims.unclaimed_of, self.members.values()))
        assert claims.token.balance_of(claims.binding.address) == owed + self.donated

    @invariant()
    def stays_within_the_limits(self):
        claims = self.world.of("insurer")
        for period in (0, 1):
            used = claims.accumulators_of(self.ref, period)
            assert used == self.ledger.used.get((self.ref, period), Accumulators())
            assert used.deductible <= TERMS.deductible
            assert used.out_of_pocket <= TERMS.out_of_pocket_max
            assert used.paid <= TERMS.period_max
            assert claims.units_of(self.ref, period, 1) <= BENEFITS[1].unit_limit

    def teardown(self) -> None:
        self.rpc.call("evm_revert", self.before)

    def _claim(self, lines):
        made = [
            self.world.line(self.first + timedelta(day), charge, category=category, units=units)
            for category, units, day, charge in lines
        ]
        if len(made) > 2:  # the last a duplicate of the first
            made[2] = replace(made[2], served_on=made[0].served_on, code=made[0].code)
        return self.world.claim(self.ref, *made)

    @staticmethod
    def _paid(made: Decided) -> int:
        """What was really paid so far."""
        return made.decision.paid_before if made.pended else made.paid

    @staticmethod
    def _recorded(made: Decided) -> bool:
        return not all(one.duplicate for one in made.decision.decided)

    @staticmethod
    def _same(made: Decided, expected) -> None:
        assert made.decision.filed_on == expected.filed_on
        assert [one.words() for one in made.decision.decided] == [
            one.words() for one in expected.decided
        ]


def campaign(act_as, examples: int, steps: int) -> None:
    world = Payer(act_as)
    world.admit_clinic()
    machine = type("Machine", (Adjudication,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_contract_does_what_the_ledger_says(act_as):
    campaign(act_as, 5, 10)


@pytest.mark.assurance
def test_the_contract_does_what_the_ledger_says_for_long(act_as):
    campaign(act_as, 200, 40)
