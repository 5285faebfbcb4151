"""
the table
├── every line of every row is decided as the row says
├── every line balances, and can be explained in words
└── what is used at the end is what the row says
a line, with any facts
├── it balances, and no cut is nothing
├── it stays within every limit
├── a waiver never makes it worse
└── a denied line counts nothing
a ledger, with claims made by chance
├── no accumulator and no counter passes its limit
├── voiding all of them leaves nothing used
├── replacing a claim by itself changes nothing
└── the same claims in the same order are decided alike
in words
├── each rule says its numbers
└── a share that was cut short says so
a remittance
├── it tells every line and cut of a decision, in money
└── it tells numbers and services only where the claim is at hand
money
├── amounts are read to the hundredth, and noise is dropped
└── what is no amount is refused, with what was written
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from claims_table import (
    BENEFITS,
    NAMES,
    REF,
    TABLE,
    Submit,
    claim_of,
    generated,
    hundredths,
    in_words,
    ledger_of,
    plan,
    run,
)
from hypothesis import given
from hypothesis import strategies as some

from pyhealth.adjudication.money import amount_of, currency_of, from_hundredths
from pyhealth.adjudication.remitting import remitted
from pyhealth.adjudication.rules import Facts, adjudicate, denial
from pyhealth.adjudication.values import (
    BilledClaim,
    BilledLine,
    Organisation,
    RemittedStatus,
)
from pyhealth.adjudication.wording import explain
from pyhealth.errors import InputError
from pyhealth.hashing import keccak
from pyhealth.values.claims import Accumulators, ServiceLine, Waiver
from pyhealth.values.coverage import Coverage, as_words, day, day_number

BASE = date(2026, 1, 1)


def charged(decided):
    return decided.outcome.paid + sum(cut.amount for cut in decided.adjustments)


# the table


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_line_is_decided_as_the_row_says(row):
    steps = list(run(row, BASE))

    for decision, says, _ in steps:
        assert [in_words(one) for one in decision.decided] == list(says)
        assert all(charged(one) == one.line.charge for one in decision.decided)
    if row.used:
        used = steps[-1][2].used[REF, 0]
        amounts = (used.deductible, used.out_of_pocket, used.paid)
        assert amounts == tuple(map(hundredths, row.used.split()))


def test_the_table_is_long_and_its_rows_have_names_of_their_own():
    assert len(TABLE) >= 80
    assert len({row.name for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_line_can_be_explained_in_words(row):
    for decision, _, ledger in run(row, BASE):
        for one in decision.decided:
            said = explain(ledger.facts_of(decision, one, 2), one, "EUR")

            assert len(said) >= 1 + len(one.adjustments)
            assert all(sentence.endswith(".") and "{" not in sentence for sentence in said)


# a line, with any facts

AMOUNTS = some.integers(0, 10**6)


@some.composite
def facts(draw):
    """Any facts that the contract can come upon."""
    terms = plan(
        *(draw(some.sampled_from((0, 1, 500, 9999))) for _ in range(3)),
        period=draw(some.sampled_from((0, 30))),
        filing=draw(some.sampled_from((0, 20))),
    )
    limits = terms.deductible, terms.out_of_pocket_max, terms.period_max
    used = Accumulators(*(draw(some.integers(0, limit)) for limit in limits))
    benefit = replace(
        BENEFITS[draw(some.sampled_from(NAMES[:-1]))],
        copay=draw(AMOUNTS),
        coinsurance_bps=draw(some.integers(0, 10_000)),
    )
    first, until = sorted(draw(some.lists(some.integers(0, 60), min_size=2, max_size=2)))
    coverage = Coverage(
        1,
        1,
        1,
        day(first),
        day(until + 1),
        day(draw(some.integers(0, first))),
        3,
        draw(some.booleans()),
    )
    line = ServiceLine(
        0,
        draw(some.integers(1, 65_535)),
        day(draw(some.integers(0, 60))),
        draw(some.integers(0, 3)),
        0,
        draw(some.integers(1, 10**9)),
        draw(AMOUNTS),
        keccak(b"a service"),
    )
    return Facts(
        line,
        coverage,
        terms,
        benefit,
        used,
        line.served_on + timedelta(draw(some.integers(0, 30))),
        draw(some.sampled_from((0, 1, benefit.price))),
        frozenset(draw(some.sets(some.sampled_from(Waiver)))),
        *(draw(some.booleans()) for _ in range(4)),
        draw(some.none() | some.integers(0, 70_000)),
        draw(some.none() | some.integers(0, 70_000)),
    )


@given(facts())
def test_every_line_balances_and_no_cut_is_nothing(given_facts):
    decided = adjudicate(given_facts)

    assert charged(decided) == given_facts.line.charge
    assert all(cut.amount > 0 for cut in decided.adjustments)
    assert decided.outcome.paid >= 0


@given(facts())
def test_every_line_stays_within_every_limit(given_facts):
    outcome = adjudicate(given_facts).outcome
    terms, used = given_facts.plan, given_facts.used

    assert used.deductible + outcome.deductible <= terms.deductible
    if terms.out_of_pocket_max:
        assert used.out_of_pocket + outcome.out_of_pocket <= terms.out_of_pocket_max
    if terms.period_max:
        assert used.paid + outcome.paid <= terms.period_max
    for room in (given_facts.units_authorised, given_facts.units_left, given_facts.line.units):
        assert room is None or outcome.units <= room
    if Waiver.PRICE not in given_facts.waived:
        assert outcome.paid <= outcome.units * given_facts.price


@given(facts(), some.sampled_from((Waiver.FILING, Waiver.WAITING, Waiver.NETWORK)))
def test_waiving_a_denial_never_makes_a_line_worse(given_facts, rule):
    waived = replace(given_facts, waived=given_facts.waived | {rule})

    assert adjudicate(waived).outcome.paid >= adjudicate(given_facts).outcome.paid


@given(facts())
def test_a_denied_line_counts_nothing(given_facts):
    decided = adjudicate(given_facts)

    if denial(given_facts):
        outcome = decided.outcome
        assert (outcome.units, outcome.deductible, outcome.out_of_pocket, outcome.paid) == (0,) * 4
        assert [cut.amount for cut in decided.adjustments] == [given_facts.line.charge]


# a ledger, with claims made by chance


@pytest.mark.parametrize("seed", range(40))
def test_no_accumulator_and_no_counter_passes_its_limit(seed):
    row = generated(seed, 25)

    for decision, _, ledger in run(row, BASE):
        assert all(charged(one) == one.line.charge for one in decision.decided)
        for used in ledger.used.values():
            assert 0 <= used.deductible <= row.plan.deductible
            assert 0 <= used.out_of_pocket <= (row.plan.out_of_pocket_max or 10**12)
            assert 0 <= used.paid <= (row.plan.period_max or 10**12)
        for (_, _, category), units in ledger.units.items():
            assert 0 <= units <= list(BENEFITS.values())[category].unit_limit
        for key, units in ledger.authorised.items():
            assert units == 0 or units <= ledger.authorisations[key].units


@pytest.mark.parametrize("seed", range(40))
def test_voiding_all_claims_leaves_nothing_used(seed):
    row = generated(seed, 15)
    *_, (_, _, ledger) = run(row, BASE)
    decisions = [decision for decision, _, _ in run(row, BASE)]
    by = [step.by for step in row.steps if isinstance(step, Submit)]

    for decision, provider in reversed(list(zip(decisions, by, strict=True))):
        if not all(one.duplicate for one in decision.decided):
            ledger.void(decision, provider)

    assert not ledger.records
    assert set(ledger.used.values()) <= {Accumulators()}
    assert not any(ledger.units.values())
    assert not any(ledger.authorised.values())


@pytest.mark.parametrize("seed", range(20))
def test_replacing_a_claim_by_itself_changes_nothing(seed):
    row = generated(seed, 8)
    last = row.steps[-1]
    assert isinstance(last, Submit)
    *_, (decision, _, ledger) = run(row, BASE)
    before = dict(ledger.used), dict(ledger.units), set(ledger.records)
    claim, today = claim_of(last, BASE, remitted=last.remitted), BASE + timedelta(last.on)

    again = ledger.replace(decision, claim, last.by, today=today, in_time=True)

    assert again == decision
    assert (dict(ledger.used), dict(ledger.units), set(ledger.records)) == before


def test_the_same_claims_in_the_same_order_are_decided_alike():
    once, twice = ([decision for decision, _, _ in run(generated(7, 20), BASE)] for _ in range(2))

    assert once == twice


# in words


def said_of(name):
    row = next(row for row in TABLE if row.name == name)
    decision, _, _ = next(run(row, BASE))
    ledger = ledger_of(row, BASE)
    one = decision.decided[0]
    return explain(ledger.facts_of(decision, one, 2), one, "EUR")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a charge above the price is cut", "CO-45 cuts 30.00 EUR: 1 units at 100.00 EUR allow 100.00 EUR."),
        ("the day after the filing limit", "CO-29 cuts 100.00 EUR: it was filed on 2026-05-02, and 2026-05-01 was the last day for that."),
        ("the waiting period's last day", "PR-179 cuts 200.00 EUR: the waiting period runs until 2026-04-01, the first day on which this is paid."),
        ("the day after the last day of cover", "CO-27 (N30) cuts 100.00 EUR: cover ended before 2026-02-10, and this is of 2026-02-10."),
        ("more units than were authorised", "CO-198 cuts 1000.00 EUR: authorisation 1 had 2 units left, and 3 are billed."),
        ("the charge of the units that stay is rounded down", "CO-151 (N362) cuts 14.29 EUR: of 6 units in a benefit period 6 were left, and 6 are paid."),
        ("coinsurance is rounded up from two thirds", "PR-2 cuts 6.67 EUR: the patient bears 20 per cent of what copay and deductible leave."),
        ("the plan's maximum cuts after the patient's share", "PR-119 cuts 30.00 EUR: the plan pays 50.00 EUR in a benefit period, and had paid 0.00 EUR."),
        ("then the copay", "The patient's maximum of 10.00 EUR in a benefit period is reached."),
        ("a line at the price is paid", "Paid are 100.00 EUR of the 100.00 EUR charged."),
    ],
)  # fmt: skip
def test_each_rule_says_its_numbers(name, sentence):
    assert sentence in said_of(name)


def test_an_appeal_says_what_it_waived():
    row = next(row for row in TABLE if row.name == "an appeal waives the network")
    *_, (decision, _, ledger) = run(row, BASE)
    one = decision.decided[0]

    said = explain(ledger.facts_of(decision, one, 2), one, "EUR")

    assert said[0] == "An appeal waived that the provider is not contracted."


# a remittance

PARTIES = {"payer": Organisation("1", "Insurer"), "provider": Organisation("2", "Hospital")}


def remittance(name, billed=None):
    row = next(row for row in TABLE if row.name == name)
    *_, (decision, _, _) = run(row, BASE)
    return decision, remitted(
        decision,
        claim_id=keccak(b"a claim"),
        **PARTIES,
        currency="EUR",
        categories=tuple(BENEFITS),
        decided_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        status=RemittedStatus.SETTLED,
        payment=keccak(b"a payment"),
        billed=billed,
    )


def test_a_remittance_tells_every_line_and_cut():
    decision, told = remittance("the deductible is reached in the middle of a claim")

    assert [line.paid for line in told.lines] == [Decimal(0), Decimal(48)]
    assert [line.borne for line in told.lines] == [Decimal(80), Decimal(32)]
    assert all(line.balances and line.category == "shared" for line in told.lines)
    assert (told.charge, told.paid) == (Decimal(160), Decimal(48))
    assert told.number is None
    assert [line.number for line in told.lines] == [1, 2]
    assert len(decision.lines) == 2


def test_a_remittance_names_a_category_that_the_plan_does_not_have_by_its_number():
    _, told = remittance("a category that the plan does not have is not covered")

    assert told.lines[0].category == str(NAMES.index("unheard-of"))


def test_a_remittance_tells_numbers_and_services_where_the_claim_is_at_hand():
    lines = (
        BilledLine(4, ("s|A",), BASE, 1, Decimal(80)),
        BilledLine(9, ("s|B",), BASE, 1, Decimal(80), qualifiers=("LT",)),
    )
    billed = BilledClaim("K-1", "C-1", "-", "EUR", lines, kind="oral")

    _, told = remittance("the deductible is reached in the middle of a claim", billed)

    assert (told.number, told.kind) == ("K-1", "oral")
    assert [(line.number, line.service) for line in told.lines] == [(4, "s|A"), (9, "s|B:LT")]


# money


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("120.00", "120"),
        (Decimal("102.39999999999999"), "102.40"),
        (Decimal("1E+2"), "100"),
        (7, "7"),
        ("0", "0"),
        ("9999999999.99", "9999999999.99"),
    ],
)
def test_amounts_are_read_to_the_hundredth(written, read):
    assert amount_of(written, "EUR", "charge") == Decimal(read)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("-1", "charge -1 is negative; correct it, or replace an earlier claim."),
        ("10000000000", "charge 10000000000 is more than any claim can be; correct it."),
        (Decimal("1E+999999"), "charge 1E+999999 is more than any claim can be; correct it."),
        ("1.005", "charge 1.005 is finer than 0.01 EUR, the smallest amount that can be settled; round it."),
        ("1,00", "charge '1,00' is no amount; write 2450.50."),
        ("", "charge '' is no amount; write 2450.50."),
        ("1e5", "charge '1e5' is no amount; write 2450.50."),
        ("١٢", "charge '١٢' is no amount; write 2450.50."),
        (Decimal("NaN"), "charge Decimal('NaN') is no amount; write 2450.50."),
        (True, "charge True is no amount; write 2450.50."),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(written, why):
    with pytest.raises(InputError) as refused:
        amount_of(written, "EUR", "charge")

    assert str(refused.value) == why


def test_a_currency_without_hundredths_has_none():
    assert amount_of("500", "JPY", "charge") == Decimal(500)
    with pytest.raises(InputError, match="finer than 1 JPY"):
        amount_of("500.50", "JPY", "charge")


@pytest.mark.parametrize("written", ["", "EU", "EURO", "12", None])
def test_what_is_no_currency_is_refused(written):
    with pytest.raises(InputError, match="three letters of ISO 4217"):
        currency_of(written)


@given(some.integers(0, 10**12))
def test_hundredths_come_back(units):
    assert hundredths(str(from_hundredths(units))) == units


# the chain's words


def test_a_decision_goes_to_the_chain_and_back():
    from pyhealth.values.claims import ClaimDecision
    from pyhealth.values.wire import struct

    row = next(row for row in TABLE if row.name == "prices of two lines")
    decision, _, _ = next(run(row, BASE))

    words = as_words(decision)

    assert struct(ClaimDecision, words) == decision
    assert words[3] == day_number(decision.filed_on)


def test_days_beyond_the_calendar_are_its_last():
    assert day(2**32 - 1) == date.max
    assert day_number(day(20_000)) == 20_000
