"""Reimbursement as the tests use it: a payer, two providers, and the rows of the table on a chain."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from claims_table import (
    BENEFITS,
    CLINIC,
    NAMES,
    PAYER,
    Appeal,
    Case,
    Replace,
    Submit,
    Void,
    claim_of,
)
from claims_table import HOSPITAL as TABLE_HOSPITAL
from consortium_cast import HOSPITAL, INSURER, Council

from pyhealth.chain.transactions import Receipt
from pyhealth.chain.wallet import cast_address
from pyhealth.claims import ClaimAdjudicator, Decided, decided_in
from pyhealth.coverage import CoverageRegistry
from pyhealth.hashing import MerkleTree, keccak
from pyhealth.health import Health
from pyhealth.values import (
    Authorisation,
    Benefit,
    Claim,
    Enrolment,
    Plan,
    Role,
    ServiceLine,
    day_number,
)

FUNDS = 10**12  # hundredths
SALT_LEAF = bytes(96)
PANEL = ("ethics", "regulator", "sponsor")  # never party to a claim; two or three decide
YEAR = timedelta(365)


@dataclass
class Payer:
    """The insurer, the hospital and a clinic on one chain."""

    act_as: Callable[[str], Health]
    clinic: int = 0
    _services: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.council = Council(self.act_as)

    # Who acts

    def of(self, name: str) -> ClaimAdjudicator:
        return self.council.health(name).claims

    @property
    def registry(self) -> CoverageRegistry:
        return self.council.health("insurer").coverage

    def admit_clinic(self) -> None:
        consortium = self.council.consortium
        action = consortium.admit(cast_address("clinic"), {Role.PROVIDER}, "Clinic")
        self.council.voted(action)
        self.clinic = max(consortium.members())

    # The world

    def fund(self, units: int = FUNDS, name: str = "insurer") -> None:
        claims, owner = self.of(name), cast_address(name)
        claims.token.mint(owner, units)
        claims.token.approve(claims.binding.address, units)
        claims.deposit(units)

    def publish(
        self,
        terms: Plan,
        benefits: Sequence[Benefit],
        *,
        number: int = 0,
        fees: bytes = bytes(32),
    ) -> tuple[int, int]:
        return self.registry.publish(number, terms, benefits, fee_schedule=fees, document=b"d" * 32)

    def cover(self, plan: tuple[int, int], from_: date, **more: object) -> bytes:
        """Enrol a person, by default for a year."""
        self._services += 1
        subject = keccak(b"person %d" % self._services)
        said: dict[str, object] = {"until": from_ + YEAR, "since": from_, "secondary": False}
        made = Enrolment(*plan, from_=from_, subject=subject, **(said | more))  # type: ignore[arg-type]
        (ref,) = self.registry.enrol([made])
        return ref

    def line(self, served_on: date, charge: int = 10_000, **more: object) -> ServiceLine:
        """A line of a service that was never billed."""
        self._services += 1
        said: dict[str, object] = {"category": 0, "units": 1, "authorisation": 0, "fee": 0}
        said |= {"prior_paid": 0, "code": keccak(b"service %d" % self._services)}
        return ServiceLine(served_on=served_on, charge=charge, **(said | more))  # type: ignore[arg-type]

    def claim(self, ref: bytes, *lines: ServiceLine, **more: object) -> Claim:
        self._services += 1
        said: dict[str, object] = {"claim_ref": keccak(b"claim %d" % self._services)}
        said |= {"prior_remittance": bytes(32), "fees": ()}
        return Claim(coverage_ref=ref, lines=lines, **(said | more))  # type: ignore[arg-type]

    # Time

    @property
    def today(self) -> date:
        return self.council.now().date()

    def on(self, day: date) -> None:
        """Let the next block be of that day, or of the next second where it is that day."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.council.at(max(noon, self.council.now() + timedelta(seconds=1)))


def decided(claims: ClaimAdjudicator, receipt: Receipt) -> list[Decided]:
    return list(decided_in(claims.binding, receipt))


def on_chain(world: Payer, row: Case, base: date) -> Iterator[Decided]:
    """Take a row of the table through the contract; yield what was decided at each step."""
    yield from Row(world, row, base).steps()


@dataclass
class Row:
    """A row of the table on a chain, its first day of cover being ``base``."""

    world: Payer
    row: Case
    base: date
    made: list[Decided] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.claims = [
            claim_of(step, self.base, remitted=isinstance(step, Submit) and step.remitted)
            for step in self.row.steps
            if isinstance(step, Submit | Replace)
        ]
        leaves = {
            _leaf(claim.fees[line.fee - 1].row, line.category, claim.fees[line.fee - 1].price)
            for claim in self.claims
            for line in claim.lines
            if line.fee
        }
        self.tree = MerkleTree([SALT_LEAF, *sorted(leaves)])
        plan = self.world.publish(self.row.plan, tuple(BENEFITS.values()), fees=self.tree.root)
        self.ref = self.world.cover(
            plan,
            self.base,
            until=self.base + timedelta(self.row.until),
            since=self.base + timedelta(self.row.since),
            secondary=self.row.secondary,
        )
        for category, units, first, until, by in self.row.authorisations:
            days = self.base + timedelta(first), self.base + timedelta(until)
            given = Authorisation(NAMES.index(category), units, *days, self._member(by))
            self.world.registry.authorise(self.ref, given)
        for first, until in self.row.contracted:
            days = self.base + timedelta(first), self.base + timedelta(until)
            self.world.registry.contract_provider(plan[0], HOSPITAL, *days)
        self._left = iter(self.claims)

    def steps(self) -> Iterator[Decided]:
        providers: list[str] = []

        def key(numbered: tuple[int, object]) -> object:
            place, step = numbered
            batched = isinstance(step, Submit) and step.batch
            return ("batch", step.batch, step.by, step.on) if batched else place  # type: ignore[attr-defined]

        for together, numbered in groupby(enumerate(self.row.steps), key):
            steps = [step for _, step in numbered]
            first = steps[0]
            self.world.on(self.base + timedelta(first.on))
            match first:
                case Submit():
                    name = self._name(first.by)
                    claims = [self._filled(next(self._left)) for _ in steps]
                    providers += [name] * len(steps)
                    if isinstance(together, tuple):
                        told = decided(self._of(name), self._of(name).submit_many(claims))
                    else:
                        told = [self._of(name).submit(claims[0])]
                    self.made += told
                    yield from told
                case Void():
                    former, name = self.made[first.claim], providers[first.claim]
                    self._approve(name, former.paid)
                    self.world.on(self.base + timedelta(first.on))
                    self._of(name).void(former.claim_id, former.decision)
                case Replace():
                    former, name = self.made[first.claim], providers[first.claim]
                    self._approve(name, former.paid)
                    self.world.on(self.base + timedelta(first.on))
                    claim = self._filled(next(self._left))
                    providers.append(name)
                    told = [self._of(name).replace(former.claim_id, former.decision, claim)]
                    self.made += told
                    yield from told
                case Appeal():
                    former, name = self.made[first.claim], providers[first.claim]
                    granted = appealed(
                        self.world, former, name, places=first.places, waived=first.waive
                    )
                    self.made[first.claim] = granted
                    yield granted

    def _filled(self, claim: Claim) -> Claim:
        """Return a claim with its coverage, and the proofs of its prices."""
        category = {line.fee: line.category for line in claim.lines if line.fee}
        fees = tuple(
            replace(
                fee,
                proof=tuple(self.tree.path(_leaf(fee.row, category[i], fee.price))),
            )
            for i, fee in enumerate(claim.fees, 1)
        )
        return replace(claim, coverage_ref=self.ref, fees=fees)

    def _of(self, name: str) -> ClaimAdjudicator:
        return self.world.of(name)

    def _approve(self, name: str, units: int) -> None:
        claims = self._of(name)
        claims.token.approve(claims.binding.address, units)

    def _name(self, member: int) -> str:
        return {TABLE_HOSPITAL: "hospital", CLINIC: "clinic"}[member]

    def _member(self, member: int) -> int:
        known = {0: 0, PAYER: INSURER, TABLE_HOSPITAL: HOSPITAL, CLINIC: self.world.clinic}
        return known[member]


def appealed(
    world: Payer, former: Decided, name: str, *, places: Sequence[int], waived: frozenset[object]
) -> Decided:
    """Appeal a claim, have it granted, and return the new decision."""
    said = former.claim_id, former.decision
    world.of(name).appeal(*said, places=places, waived=waived, grounds=b"g" * 32)  # type: ignore[arg-type]
    for member in PANEL:
        claims = world.of(member)
        last = claims.decide(former.claim_id, former.provider, former.decision, approve=True)
        if told := decided(claims, last):
            break
    return told[0]


def _leaf(row: bytes, category: int, price: int) -> bytes:
    return row + category.to_bytes(32) + price.to_bytes(32)


def seconds(day: date) -> int:
    return day_number(day) * 86_400
