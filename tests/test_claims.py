"""
the table, on the contract
├── contract, ledger and table agree on every line, and the charge is what is paid and cut
└── they agree on claims made by chance
submitting
├── given claims of which one cannot be taken
│   └── the others are decided and paid, and the reason is told with its place
├── given a pool that is short
│   ├── the claim is decided, and pended
│   ├── once the pool is funded anyone can have it paid
│   └── what a claim was paid stays paid when it is replaced, and the difference pends
└── it refuses what is no claim of a provider
eligibility
└── it says what a claim of that day would be denied for
money
├── a payer takes back what is in its own pool, and no more
├── a void pays back to the pool
└── what is held is the pools and what is unclaimed
appealing
├── it is refused to those who are party, and after the window
└── it is refused to a service that was appealed under another claim
explaining
└── every decision is computed anew from events alone, also after voids, replacements and appeals
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from claims_cast import FUNDS, Payer, Row, appealed, decided
from claims_table import TABLE, Case, benefit, generated, in_words, plan, run
from conftest import Node
from consortium_cast import HOSPITAL, INSURER, SPONSOR, refused

from pyhealth import errors
from pyhealth.adjudication.wording import code_of
from pyhealth.chain.wallet import cast_address
from pyhealth.claims import refused_in
from pyhealth.reimbursement.explaining import explain
from pyhealth.reimbursement.history import standing
from pyhealth.values import Accumulators, AppealStatus, ClaimStatus, Waiver

CLAIMS = 60  # made by chance, on the chain


@pytest.fixture
def world(act_as) -> Payer:
    """A funded pool, and a clinic beside the hospital."""
    made = Payer(act_as)
    made.admit_clinic()
    made.fund()
    return made


@pytest.fixture
def simple(world):
    """One plan and one coverage since 30 days ago."""
    first = world.today - timedelta(30)
    numbered = world.publish(plan(deductible=100), [benefit(100), benefit(200, waiting=90)])
    return world, world.cover(numbered, first)


def agrees(world: Payer, row: Case) -> None:
    base = world.today + timedelta(1)
    expected = run(row, base)
    on_chain = Row(world, row, base)
    for made in on_chain.steps():
        oracle, says, _ = next(expected)
        for stated, computed in zip(made.decision.decided, oracle.decided, strict=True):
            assert stated.words() == computed.words()
            paid = stated.outcome.paid + sum(cut.amount for cut in stated.adjustments)
            assert paid == stated.line.charge
        if any(says):
            assert [in_words(one) for one in made.decision.decided] == list(says)
    assert next(expected, None) is None
    if row.used:
        used = world.of("hospital").accumulators_of(on_chain.ref, 0)
        amounts = used.deductible, used.out_of_pocket, used.paid
        assert " ".join(f"{amount / 100:g}" for amount in amounts) == row.used


def test_the_table_has_eighty_rows():
    assert len(TABLE) >= 80


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_contract_ledger_and_table_agree(world, row):
    agrees(world, row)


def test_contract_and_ledger_agree_on_claims_made_by_chance(world):
    agrees(world, generated(7, CLAIMS))


def test_submit_many_passes_over_one_that_cannot_be_taken(simple):
    world, ref = simple
    day, claims = world.today, world.of("hospital")
    batch = [world.claim(ref, world.line(day)) for _ in range(50)]
    batch[17] = world.claim(ref, world.line(day, charge=0))
    batch[31] = world.claim(b"\x07" * 32, world.line(day))

    receipt = claims.submit_many(batch)

    told = {place: type(why) for place, why in refused_in(claims.binding, receipt)}
    assert told == {17: errors.LineChargeMissing, 31: errors.ClaimCoverageUnknown}
    made = decided(claims, receipt)
    assert [one.decision.claim_ref for one in made] == [
        one.claim_ref for place, one in enumerate(batch) if place not in told
    ]
    assert sum(one.paid for one in made) == claims.token.balance_of(cast_address("hospital"))


def test_submit_pends_while_the_pool_is_short_and_anyone_settles_later(simple):
    world, ref = simple
    claims = world.of("hospital")
    world.of("insurer").withdraw(FUNDS, cast_address("insurer"))
    made = claims.submit(world.claim(ref, world.line(world.today, 30_000, units=3)))
    entry = claims.entry_of(ref, HOSPITAL, made.decision.decided[0].line)
    assert (made.pended, entry.status, made.paid) == (True, ClaimStatus.PENDED, 20_000)
    with refused(errors.PoolShort, INSURER, 0, 20_000):
        claims.settle(made.claim_id, HOSPITAL, made.decision)

    world.fund(20_000)
    world.of("clinic").settle(made.claim_id, HOSPITAL, made.decision)

    assert claims.token.balance_of(cast_address("hospital")) == 20_000
    with refused(errors.ClaimNotPended, made.claim_id):
        claims.settle(made.claim_id, HOSPITAL, made.decision)


def test_submit_refuses_what_is_no_claim_of_a_provider(simple):
    world, ref = simple
    day, claims = world.today, world.of("hospital")
    line = world.line(day)
    with refused(errors.CallerNotProvider, cast_address("insurer")):
        world.of("insurer").submit(world.claim(ref, line))
    with refused(errors.LinesOutOfBounds, 0, 100):
        claims.submit(world.claim(ref))
    with refused(errors.LineUnitsMissing, 0):
        claims.submit(world.claim(ref, replace(line, units=0)))
    with refused(errors.LineCodeMissing, 1):
        claims.submit(world.claim(ref, line, replace(line, code=bytes(32))))
    with refused(errors.ServiceInFuture, 0, day + timedelta(1), day):
        claims.submit(world.claim(ref, replace(line, served_on=day + timedelta(1))))
    with refused(errors.PriorRemittanceMissing, 0, 5):
        claims.submit(world.claim(ref, replace(line, prior_paid=5)))
    with refused(errors.ClaimsOutOfBounds, 0, 150):
        claims.submit_many([])


def test_eligibility_says_what_a_claim_would_be_denied_for(simple):
    world, ref = simple
    registry = world.registry
    first = registry.coverage_of(ref).from_

    denied = registry.eligibility_on(ref, 1, first + timedelta(89), HOSPITAL)
    paid = registry.eligibility_on(ref, 1, first + timedelta(90), HOSPITAL)
    before = registry.eligibility_on(ref, 0, first - timedelta(1), HOSPITAL)

    assert denied.denial
    assert code_of(denied.denial) == "PR-179"
    assert paid.denial is None
    assert paid.terms.plan.deductible == 10_000
    assert before.denial
    assert code_of(before.denial) == "CO-26 (N30)"


def test_withdraw_takes_from_the_own_pool_and_no_more(world):
    claims = world.of("insurer")
    with refused(errors.PoolShort, HOSPITAL, 0, 1):
        world.of("hospital").withdraw(1, cast_address("hospital"))
    with refused(errors.PoolShort, INSURER, FUNDS, FUNDS + 1):
        claims.withdraw(FUNDS + 1, cast_address("insurer"))

    claims.withdraw(FUNDS, cast_address("insurer"))

    assert claims.pool_of(INSURER) == 0
    assert claims.token.balance_of(cast_address("insurer")) == FUNDS


def test_void_pays_back_to_the_pool_and_donations_change_nothing(simple):
    world, ref = simple
    claims = world.of("hospital")
    made = claims.submit(world.claim(ref, world.line(world.today, 20_000, units=2)))
    claims.token.mint(claims.binding.address, 77)
    assert claims.pool_of(INSURER) == FUNDS - 10_000

    claims.token.approve(claims.binding.address, 10_000)
    claims.void(made.claim_id, made.decision)

    held = claims.token.balance_of(claims.binding.address)
    assert held == claims.pool_of(INSURER) + claims.unclaimed_of(HOSPITAL) + 77 == FUNDS + 77
    assert claims.accumulators_of(ref, 0) == Accumulators()
    with refused(errors.DecisionNotStanding, made.claim_id, HOSPITAL):
        claims.void(made.claim_id, made.decision)


def test_decide_is_refused_to_parties_and_after_the_window(simple):
    world, ref = simple
    claims = world.of("hospital")
    made = claims.submit(world.claim(ref, world.line(world.today, category=1)))
    said = {"places": [0], "waived": [Waiver.WAITING], "grounds": b"g" * 32}
    late = claims.submit(world.claim(ref, world.line(world.today, category=1)))
    claims.appeal(made.claim_id, made.decision, **said)

    with refused(errors.CallerNotOnPanel, made.claim_id, INSURER):
        world.of("insurer").decide(made.claim_id, HOSPITAL, made.decision, approve=False)
    world.of("sponsor").decide(made.claim_id, HOSPITAL, made.decision, approve=True)
    with refused(errors.PanelistDecided, made.claim_id, SPONSOR):
        world.of("sponsor").decide(made.claim_id, HOSPITAL, made.decision, approve=True)
    world.on(late.decision.decided_on + timedelta(60))
    with refused(errors.AppealNotOpen, made.claim_id, AppealStatus.LAPSED):
        world.of("ethics").decide(made.claim_id, HOSPITAL, made.decision, approve=True)
    with refused(errors.AppealLate, late.claim_id, late.decision.filed_on, 60):
        claims.appeal(late.claim_id, late.decision, **said)


def test_appeal_is_refused_to_a_service_that_was_appealed_under_another_claim(simple):
    world, ref = simple
    claims, line = world.of("hospital"), world.line(world.today, category=1)
    said = {"places": [0], "waived": [Waiver.WAITING], "grounds": b"g" * 32}
    made = claims.submit(world.claim(ref, line))
    claims.appeal(made.claim_id, made.decision, **said)

    again = claims.replace(made.claim_id, made.decision, world.claim(ref, line))

    with refused(errors.ServiceAppealed, 0):
        claims.appeal(again.claim_id, again.decision, **said)


def test_replace_pends_the_difference_while_the_pool_is_short(simple):
    world, ref = simple
    claims, insurer = world.of("hospital"), world.of("insurer")
    made = claims.submit(world.claim(ref, world.line(world.today, 20_000, units=2)))
    insurer.withdraw(FUNDS - 10_000, cast_address("insurer"))

    line = world.line(world.today, 40_000, units=4)
    made = claims.replace(made.claim_id, made.decision, world.claim(ref, line))

    assert (made.pended, made.paid, made.decision.paid_before) == (True, 30_000, 10_000)
    assert claims.token.balance_of(cast_address("hospital")) == 10_000
    world.fund(20_000)
    claims.settle(made.claim_id, HOSPITAL, made.decision)
    assert claims.token.balance_of(cast_address("hospital")) == 30_000


def test_explain_computes_every_decision_anew(simple):
    world, ref = simple
    claims, day = world.of("hospital"), world.today
    index = world.council.health("hospital").index
    first = claims.submit(world.claim(ref, world.line(day, 15_000), world.line(day, 3_000)))
    second = claims.submit(world.claim(ref, world.line(day, category=1)))
    granted = appealed(world, second, "hospital", places=[0], waived=frozenset({Waiver.WAITING}))
    claims.token.approve(claims.binding.address, first.paid)
    anew = claims.replace(first.claim_id, first.decision, world.claim(ref, world.line(day, 5_000)))
    index.sync()

    for made in (first, granted, anew):
        lines = explain(index, made.claim_id, "EUR")
        assert all(line.agrees for line in lines)
        assert [line.stated for line in lines] == list(made.decision.decided)
    assert (
        "An appeal waived the waiting period."
        in explain(index, granted.claim_id, "EUR")[0].sentences
    )
    assert standing(index, first.claim_id).replaced_by == anew.claim_id


def test_the_panel_is_the_founders(world):
    claims = world.of("hospital")

    assert claims.panel == [1, 2, 3, 4, 5]
    assert claims.appeal_window == 60


@pytest.mark.assurance
def test_contract_and_ledger_agree_on_ten_thousand_claims(act_as, node: Node):
    made = Payer(act_as)
    made.admit_clinic()
    made.fund()
    for seed in range(100):
        agrees(made, generated(seed, 100))
