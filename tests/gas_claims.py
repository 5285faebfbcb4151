"""What claims cost; `test_gas` measures it."""

from collections.abc import Callable
from datetime import date
from functools import partial

from claims_cast import Payer
from claims_table import benefit, plan
from consortium_cast import HOSPITAL

from pyhealth.chain.transactions import Receipt
from pyhealth.hashing import keccak
from pyhealth.health import Health
from pyhealth.values import (
    Authorisation,
    Claim,
    Enrolment,
    ServiceLine,
    Waiver,
    as_words,
)

ONE = "claim: one line, adjudicated and paid"
FIFTY = "claim: each of 50 in a batch"
BUDGETS = {ONE: 135_000, FIFTY: 65_000}
FIRST, DAY = (
    date(2024, 1, 1),
    date(2024, 3, 1),
)  # fixed, and without a zero byte that comes and goes


def word(*parts: object) -> bytes:
    """32 bytes without a zero among them, so that each costs the same as calldata."""
    return keccak(repr(parts).encode()).replace(b"\x00", b"\x01")


def line(*parts: object, category: int = 0, charge: int = 12_000) -> ServiceLine:
    return ServiceLine(category, 1, DAY, 0, 0, charge, 0, word("service", *parts))


def measures(act_as: Callable[[str], Health]) -> dict[str, int]:
    """Insure 51 persons, and bill for them; return what each transaction used."""
    world, found = Payer(act_as), dict[str, int]()
    registry, insurer = world.registry.binding, world.of("insurer")
    hospital, doctor = world.of("hospital").binding, world.of("hospital")

    def used(name: str, receipt: Receipt) -> Receipt:
        found[name if name.startswith("claim: ") else f"claim: {name}"] = receipt.gas_used
        return receipt

    terms = plan(deductible=500, maximum=2000, period=365, filing=3650)
    benefits = [benefit(100, copay=10, share=20)] * 4
    said = as_words(terms), as_words(tuple(benefits)), bytes(32), word("plan")
    used("publish a plan of 4 categories", registry.send("publish", 0, *said))
    enrolments = [
        Enrolment(1, 1, FIRST, date(2034, 1, 1), FIRST, False, word("person", i)) for i in range(51)
    ]
    refs = world.registry.enrol(enrolments)
    many = [Enrolment(1, 1, FIRST, date(2034, 1, 1), FIRST, False, word(i)) for i in range(200)]
    receipt = registry.send("enrol", as_words(tuple(many)))
    found["claim: enrol, each of 200"] = receipt.gas_used // 200
    given = as_words(Authorisation(0, 5, FIRST, date(2034, 1, 1), 0))
    used("authorise", registry.send("authorise", refs[0], given, bytes(32)))
    world.fund()
    used("fund a pool, again", _funded(world))

    def claim(i: int, *parts: object, lines: int = 1) -> Claim:
        made = tuple(line(i, *parts, place) for place in range(lines))
        return Claim(refs[i], word("claim", i, *parts), bytes(32), made, ())

    def submitted(*parts: object, lines: int = 1) -> Receipt:
        return hospital.send("submit", as_words(claim(0, *parts, lines=lines)))

    def batch(first: int, count: int, *parts: object) -> Receipt:
        return doctor.submit_many([claim(i, *parts) for i in range(first, first + count)])

    used("one line, the provider's first, of a new period", submitted("first"))
    used(ONE, submitted("second"))
    used("10 lines", submitted("ten", lines=10))
    found["claim: each of 50 in a batch, of a new period"] = batch(1, 50, "new").gas_used // 50
    found[FIFTY] = batch(1, 50, "again").gas_used // 50
    found["claim: each of 25 in a batch"] = batch(1, 25, "half").gas_used // 25
    doctor.token.approve(hospital.address, 10**9)
    one = doctor.submit(claim(0, "void"))
    used("void", doctor.void(one.claim_id, one.decision))
    one = doctor.submit(claim(0, "replace"))
    replaced = as_words(one.decision), as_words(claim(0, "replacement"))
    used("replace", hospital.send("replace", one.claim_id, *replaced))
    one = doctor.submit(claim(0, "appeal"))
    appeal = partial(doctor.appeal, one.claim_id, one.decision, grounds=word("grounds"))
    used("appeal", appeal(places=[0], waived=[Waiver.PRICE]))
    for name, told in (("ethics", "decide an appeal"), ("regulator", "decide it last")):
        decide = world.of(name).decide
        used(told, decide(one.claim_id, HOSPITAL, one.decision, approve=True))
    used("withdraw", insurer.withdraw(100, doctor.binding.account))
    return found


def _funded(world: Payer) -> Receipt:
    claims = world.of("insurer")
    claims.token.mint(claims.binding.account, 10**6)
    claims.token.approve(claims.binding.address, 10**6)
    return claims.deposit(10**6)
