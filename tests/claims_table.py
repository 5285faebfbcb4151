"""What plans pay, as one table: the contract, the ledger and the oracle must each agree with it.

Amounts are of money, not hundredths. Days are counted from the first day of cover; unless a line or
a claim says otherwise, services are of day 30 and claims are filed on day 60. What is expected of
a line reads ``PAID; CODES CUT; CODES CUT``, in the order of the rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from pyhealth.adjudication.ledger import Ledger
from pyhealth.adjudication.money import from_hundredths, to_hundredths
from pyhealth.adjudication.wording import code_of
from pyhealth.hashing import keccak
from pyhealth.values.claims import Claim, ClaimDecision, DecidedLine, Fee, ServiceLine, Waiver
from pyhealth.values.coverage import Authorisation, Benefit, Contracting, Coverage, Plan

PAYER, HOSPITAL, CLINIC = 1, 2, 3  # members
REF = keccak(b"a coverage")
REMITTANCE = keccak(b"a remittance of the payer before")
WINDOW = timedelta(60)  # for appeals, and for replacements that keep the day of filing
Amount = int | str


def hundredths(amount: Amount) -> int:
    return to_hundredths(Decimal(amount))


def plan(
    deductible: Amount = 0, maximum: Amount = 0, pays: Amount = 0, period: int = 0, filing: int = 0
) -> Plan:
    amounts = map(hundredths, (deductible, maximum, pays))
    return Plan(*amounts, period_days=period, filing_days=filing)


def benefit(
    price: Amount = 0,
    *,
    copay: Amount = 0,
    share: int = 0,  # in per cent
    limit: int = 0,
    waiting: int = 0,
    covered: bool = True,
    scheduled: bool = False,
    authorised: bool = False,
    network: bool = False,
    free: bool = False,
) -> Benefit:
    flags = covered, scheduled, authorised, network, free
    return Benefit(*flags, 100 * share, limit, waiting, hundredths(price), hundredths(copay))


BENEFITS = {
    "visit": benefit(100),
    "shared": benefit(100, share=20),
    "copaid": benefit(100, share=20, copay=15),
    "surgery": benefit(1000, share=10, authorised=True),
    "dental": benefit(200, waiting=90),
    "physio": benefit(50, limit=6),
    "specialist": benefit(150, network=True),
    "drug": benefit(share=20, scheduled=True),
    "cosmetic": benefit(covered=False),
    "prevention": benefit(80, free=True),
    "half": benefit(100, share=50),
    "own": benefit(100, share=100),
    "rationed": benefit(100, authorised=True, limit=3),
}
NAMES = (*BENEFITS, "unheard-of")


@dataclass(frozen=True)
class Billed:
    """A line, and what is expected of it."""

    charge: Amount
    category: str = "visit"
    on: int = 30
    units: int = 1
    code: str = ""  # left out: another service than all others
    authorisation: int = 0
    prior: Amount = 0
    price: Amount = 0  # proven by the fee schedule
    says: str = ""


@dataclass(frozen=True)
class Submit:
    """A claim; those of one batch that follow one another go into one transaction."""

    lines: tuple[Billed, ...]
    on: int = 60
    by: int = HOSPITAL
    remitted: bool = False  # whether the payer before decided
    batch: int = 0


@dataclass(frozen=True)
class Void:
    """The claim of that place in the table is taken back."""

    claim: int
    on: int = 60


@dataclass(frozen=True)
class Replace:
    """The claim of that place is replaced; the replacement takes the next place."""

    claim: int
    lines: tuple[Billed, ...]
    on: int = 60


@dataclass(frozen=True)
class Appeal:
    """The claim of that place is appealed, and the panel grants it."""

    claim: int
    waive: frozenset[Waiver]
    says: tuple[str, ...]  # of all lines
    places: tuple[int, ...] = (0,)  # of the lines that are appealed
    on: int = 60


Step = Submit | Void | Replace | Appeal


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    name: str
    steps: tuple[Step, ...]
    plan: Plan = field(default_factory=plan)
    until: int = 365  # the first day no longer covered
    since: int = 0  # from when waiting periods run
    secondary: bool = False
    authorisations: tuple[tuple[str, int, int, int, int], ...] = ()  # category, units, days, by
    contracted: tuple[tuple[int, int], ...] = ()  # the hospital, from and until
    used: str = ""  # at the end, of the first period: "DEDUCTIBLE OUT-OF-POCKET PAID"


def bill(charge: Amount, category: str = "visit", **more: object) -> Billed:
    return Billed(charge, category, **more)  # type: ignore[arg-type]


def submit(*lines: Billed, **more: object) -> Submit:
    return Submit(lines, **more)  # type: ignore[arg-type]


def case(name: str, *steps: Step, **more: object) -> Case:
    coded = tuple(_coded(step, i) for i, step in enumerate(steps))
    return Case(name, coded, **more)  # type: ignore[arg-type]


def _coded(step: Step, place: int) -> Step:
    """Give each line that has none a service of its own."""
    if isinstance(step, Void | Appeal):
        return step
    lines = (replace(line, code=line.code or f"{place}.{i}") for i, line in enumerate(step.lines))
    return replace(step, lines=tuple(lines))


# fmt: off

PLAIN = [
    case("a line at the price is paid", submit(bill(100, says="100"))),
    case("a charge below the price is paid as charged", submit(bill(70, says="70"))),
    case("a charge above the price is cut", submit(bill(130, says="100; CO-45 30"))),
    case("the price is for a unit", submit(bill(330, units=3, says="300; CO-45 30"))),
    case("one hundredth is paid", submit(bill("0.01", says="0.01"))),
    case("one hundredth above the price is cut", submit(bill("100.01", says="100; CO-45 0.01"))),
    case("lines stand for themselves", submit(bill(100, says="100"), bill(40, says="40"))),
    case("what is not covered is the patient's", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90"))),
    case("a category that the plan does not have is not covered", submit(bill(90, "unheard-of", says="0; PR-204 (N130) 90"))),
    case("one line denied leaves the other paid", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90"), bill(100, says="100"))),
]

COVER = [
    case("the first day of cover", submit(bill(100, on=0, says="100"))),
    case("the day before the first day of cover", submit(bill(100, on=-1, says="0; CO-26 (N30) 100"))),
    case("the last day of cover", submit(bill(100, on=39, says="100")), until=40),
    case("the day after the last day of cover", submit(bill(100, on=40, says="0; CO-27 (N30) 100")), until=40),
    case("cover ends between two lines", submit(bill(100, on=39, says="100"), bill(100, on=40, says="0; CO-27 (N30) 100")), until=40),
    case("cover begins between two lines", submit(bill(100, on=-1, says="0; CO-26 (N30) 100"), bill(100, on=0, says="100"))),
    case("the waiting period's last day", submit(bill(200, "dental", on=89, says="0; PR-179 200"), on=100)),
    case("the first day after the waiting period", submit(bill(200, "dental", on=90, says="200"), on=100)),
    case("waiting that began under an earlier cover, last day", submit(bill(200, "dental", on=29, says="0; PR-179 200")), since=-60),
    case("waiting that began under an earlier cover, over", submit(bill(200, "dental", on=30, says="200")), since=-60),
    case("the waiting of one category does not touch another", submit(bill(200, "dental", says="0; PR-179 200"), bill(100, says="100"))),
    case("the filing limit's last day", submit(bill(100, says="100"), on=120), plan=plan(filing=90)),
    case("the day after the filing limit", submit(bill(100, says="0; CO-29 100"), on=121), plan=plan(filing=90)),
    case("no filing limit", submit(bill(100, on=0, says="100"), on=360)),
    case("the filing limit passes between two lines", submit(bill(100, on=29, says="0; CO-29 100"), bill(100, on=30, says="100"), on=120), plan=plan(filing=90)),
]

ORDER = [
    case("before cover comes before not covered", submit(bill(90, "cosmetic", on=-1, says="0; CO-26 (N30) 90"))),
    case("not covered comes before filed late", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90"), on=200), plan=plan(filing=90)),
    case("filed late comes before waiting", submit(bill(200, "dental", says="0; CO-29 200"), on=200), plan=plan(filing=90)),
    case("no authorisation comes before another payer", submit(bill(900, "surgery", says="0; CO-197 900")), secondary=True),
    case("no contract comes before another payer", submit(bill(150, "specialist", says="0; PR-242 (N95) 150")), secondary=True),
    case("another payer comes before no price", submit(bill(90, "drug", says="0; CO-22 90")), secondary=True),
    case("a duplicate comes before the end of cover", submit(bill(100, on=40, code="a", says="0; CO-27 (N30) 100"), bill(100, on=40, code="a", says="0; OA-18 100")), until=40),
]

GIVEN = (("surgery", 2, 20, 41, HOSPITAL),)
AUTHORISATION = [
    case("no authorisation where one is needed", submit(bill(900, "surgery", says="0; CO-197 900"))),
    case("an authorisation that was never given", submit(bill(900, "surgery", authorisation=1, says="0; CO-15 900"))),
    case("an authorisation", submit(bill(900, "surgery", authorisation=1, says="810; PR-2 90")), authorisations=GIVEN),
    case("an authorisation for another category", submit(bill(100, "rationed", authorisation=1, says="0; CO-15 100")), authorisations=GIVEN),
    case("an authorisation for another provider", submit(bill(900, "surgery", authorisation=1, says="0; CO-15 900"), by=CLINIC), authorisations=GIVEN),
    case("an authorisation for any provider", submit(bill(900, "surgery", authorisation=1, says="810; PR-2 90"), by=CLINIC), authorisations=(("surgery", 2, 20, 41, 0),)),
    case("the day before an authorisation", submit(bill(900, "surgery", on=19, authorisation=1, says="0; CO-15 900")), authorisations=GIVEN),
    case("the first day of an authorisation", submit(bill(900, "surgery", on=20, authorisation=1, says="810; PR-2 90")), authorisations=GIVEN),
    case("the last day of an authorisation", submit(bill(900, "surgery", on=40, authorisation=1, says="810; PR-2 90")), authorisations=GIVEN),
    case("the day after an authorisation", submit(bill(900, "surgery", on=41, authorisation=1, says="0; CO-15 900")), authorisations=GIVEN),
    case("more units than were authorised", submit(bill(3000, "surgery", units=3, authorisation=1, says="1800; CO-198 1000; PR-2 200")), authorisations=GIVEN),
    case("an authorisation used up by an earlier line", submit(bill(2000, "surgery", units=2, authorisation=1, says="1800; PR-2 200"), bill(1000, "surgery", authorisation=1, says="0; CO-198 1000")), authorisations=GIVEN),
    case("an authorisation used up by an earlier claim, but for one unit", submit(bill(1000, "surgery", authorisation=1, says="900; PR-2 100")), submit(bill(2000, "surgery", units=2, authorisation=1, says="900; CO-198 1000; PR-2 100")), authorisations=GIVEN),
    case("units for which nothing of the charge is left use no authorisation up", submit(bill("0.01", "surgery", units=3, authorisation=1, says="0; CO-198 0.01"), bill(2000, "surgery", units=2, authorisation=1, says="1800; PR-2 200")), authorisations=GIVEN),
    case("an authorisation named where none is needed", submit(bill(100, authorisation=7, says="100"))),
    case("authorisation and unit limit both cut", submit(bill(600, "rationed", units=6, authorisation=1, says="300; CO-198 100; CO-151 (N362) 200")), authorisations=(("rationed", 5, 0, 99, 0),)),
]

NETWORK = [
    case("a provider without a contract", submit(bill(150, "specialist", says="0; PR-242 (N95) 150"))),
    case("the first day of a contract", submit(bill(150, "specialist", on=30, says="150")), contracted=((30, 40),)),
    case("the day before a contract", submit(bill(150, "specialist", on=29, says="0; PR-242 (N95) 150")), contracted=((30, 40),)),
    case("the last day of a contract", submit(bill(150, "specialist", on=39, says="150")), contracted=((30, 40),)),
    case("the day after a contract", submit(bill(150, "specialist", on=40, says="0; PR-242 (N95) 150")), contracted=((30, 40),)),
    case("the second of two contracts", submit(bill(150, "specialist", on=50, says="150")), contracted=((30, 40), (50, 60))),
    case("another provider's contract", submit(bill(150, "specialist", says="0; PR-242 (N95) 150"), by=CLINIC), contracted=((0, 99),)),
]

PRICES = [
    case("a price of the schedule", submit(bill(100, "drug", price=90, says="72; CO-45 10; PR-2 18"))),
    case("a price that was not proven", submit(bill(100, "drug", says="0; CO-96 (N448) 100"))),
    case("prices of two lines", submit(bill(10, "drug", price=10, says="8; PR-2 2"), bill(60, "drug", units=2, price=20, says="32; CO-45 20; PR-2 8"))),
]

SHARES = [
    case("copay, and coinsurance of the rest", submit(bill(100, "copaid", says="68; PR-3 15; PR-2 17"))),
    case("the copay is for a line, whatever its units", submit(bill(200, "copaid", units=2, says="148; PR-3 15; PR-2 37"))),
    case("a copay larger than the rest", submit(bill(10, "copaid", says="0; PR-3 10"))),
    case("a copay as large as the rest", submit(bill(15, "copaid", says="0; PR-3 15"))),
    case("a copay one hundredth smaller than the rest", submit(bill("15.01", "copaid", says="0.01; PR-3 15"))),
    case("coinsurance is rounded up from two thirds", submit(bill("33.33", "shared", says="26.66; PR-2 6.67"))),
    case("coinsurance is rounded down from four tenths", submit(bill("0.02", "shared", says="0.02"))),
    case("coinsurance is rounded up from six tenths", submit(bill("0.03", "shared", says="0.02; PR-2 0.01"))),
    case("half a hundredth is rounded up, to the patient", submit(bill("0.01", "half", says="0; PR-2 0.01"))),
    case("half a hundredth of an odd amount", submit(bill("99.99", "half", says="49.99; PR-2 50"))),
    case("a coinsurance of the whole", submit(bill(100, "own", says="0; PR-2 100"))),
    case("coinsurance is of what is allowed, not of what is charged", submit(bill(150, "shared", says="80; CO-45 50; PR-2 20"))),
]

DEDUCTIBLE = [
    case("the deductible takes a whole line", submit(bill(80, "shared", says="0; PR-1 80")), plan=plan(deductible=100), used="80 80 0"),
    case("the deductible is reached in the middle of a line", submit(bill(100, "shared", says="56; PR-1 30; PR-2 14")), plan=plan(deductible=30), used="30 44 56"),
    case("the deductible is reached exactly", submit(bill(100, says="0; PR-1 100"), bill(100, says="100")), plan=plan(deductible=100), used="100 100 100"),
    case("the deductible is reached in the middle of a claim", submit(bill(80, "shared", says="0; PR-1 80"), bill(80, "shared", says="48; PR-1 20; PR-2 12")), plan=plan(deductible=100), used="100 112 48"),
    case("the deductible is reached by an earlier claim", submit(bill(100, says="0; PR-1 100")), submit(bill(100, says="80; PR-1 20")), plan=plan(deductible=120)),
    case("the deductible does not apply", submit(bill(80, "prevention", says="80")), plan=plan(deductible=100), used="0 0 80"),
    case("the copay comes before the deductible", submit(bill(100, "copaid", says="28; PR-3 15; PR-1 50; PR-2 7")), plan=plan(deductible=50), used="50 72 28"),
    case("a denied line leaves the deductible", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90"), bill(100, says="50; PR-1 50")), plan=plan(deductible=50)),
    case("a benefit period's last day", submit(bill(100, on=49, says="0; PR-1 100"), bill(100, on=49, says="100")), plan=plan(deductible=100, period=50), used="100 100 100"),
    case("the next benefit period has its own deductible", submit(bill(100, on=49, says="0; PR-1 100"), bill(100, on=50, says="0; PR-1 100")), plan=plan(deductible=100, period=50), used="100 100 0"),
    case("without benefit periods the whole cover is one", submit(bill(100, on=0, says="0; PR-1 100"), bill(100, on=300, says="100"), on=310), plan=plan(deductible=100)),
]

MAXIMA = [
    case("the patient's maximum is reached by the second line", submit(bill(100, "shared", says="80; PR-2 20"), bill(100, "shared", says="90; PR-2 10")), plan=plan(maximum=30), used="0 30 170"),
    case("beyond the patient's maximum the plan pays all", submit(bill(100, "half", says="50; PR-2 50"), bill(100, "copaid", says="100")), plan=plan(maximum=50), used="0 50 150"),
    case("coinsurance gives way first", submit(bill(100, "copaid", says="75; PR-3 15; PR-1 10")), plan=plan(deductible=10, maximum=25)),
    case("then the deductible", submit(bill(100, "copaid", says="82; PR-3 15; PR-1 3")), plan=plan(deductible=10, maximum=18)),
    case("then the copay", submit(bill(100, "copaid", says="90; PR-3 10")), plan=plan(deductible=10, maximum=10)),
    case("a deductible that gave way was not met", submit(bill(100, says="60; PR-1 40"), bill(100, says="100")), plan=plan(deductible=50, maximum=40), used="40 40 160"),
    case("the plan's maximum is reached by the second line", submit(bill(100, says="100"), bill(100, says="50; PR-119 50")), plan=plan(pays=150), used="0 0 150"),
    case("the plan's maximum is reached exactly", submit(bill(100, says="100"), bill(100, says="100"), bill(100, says="0; PR-119 100")), plan=plan(pays=200)),
    case("the plan's maximum cuts after the patient's share", submit(bill(100, "shared", says="50; PR-2 20; PR-119 30")), plan=plan(pays=50), used="0 20 50"),
    case("the next benefit period has its own maximum", submit(bill(100, on=49, says="80; PR-119 20"), bill(100, on=50, says="80; PR-119 20")), plan=plan(pays=80, period=50), used="0 0 80"),
]

UNITS = [
    case("the last unit of the limit", submit(bill(300, "physio", units=6, says="300"))),
    case("the first unit beyond the limit", submit(bill(300, "physio", units=6, says="300"), bill(50, "physio", says="0; CO-151 (N362) 50"))),
    case("the limit is reached in the middle of a line", submit(bill(200, "physio", units=4, says="200")), submit(bill(150, "physio", units=3, says="100; CO-151 (N362) 50"))),
    case("the charge of the units that stay is rounded down", submit(bill(100, "physio", units=7, says="85.71; CO-151 (N362) 14.29"))),
    case("the limit, and the price for what stays", submit(bill(700, "physio", units=7, says="300; CO-151 (N362) 100; CO-45 300"))),
    case("the next benefit period has its own units", submit(bill(300, "physio", units=6, on=49, says="300"), bill(50, "physio", on=50, says="50")), plan=plan(period=50)),
    case("the limit of one category does not touch another", submit(bill(350, "physio", units=7, says="300; CO-151 (N362) 50"), bill(700, units=7, says="700"))),
    case("units for which nothing of the charge is left do not count", submit(bill("0.01", "physio", units=7, says="0; CO-151 (N362) 0.01")), submit(bill(300, "physio", units=6, says="300"))),
    case("units for which one hundredth of the charge is left count", submit(bill("0.02", "physio", units=7, says="0.01; CO-151 (N362) 0.01")), submit(bill(50, "physio", says="0; CO-151 (N362) 50"))),
    case("units that the deductible takes count", submit(bill(300, "physio", units=6, says="0; PR-1 300"), bill(50, "physio", says="0; CO-151 (N362) 50")), plan=plan(deductible=500)),
]

OTHER_PAYERS = [
    case("the other payer has not decided", submit(bill(100, says="0; CO-22 100")), secondary=True),
    case("the other payer paid a part", submit(bill(100, prior=60, says="40; OA-23 60"), remitted=True), secondary=True),
    case("the other payer paid nothing", submit(bill(100, "copaid", says="68; PR-3 15; PR-2 17"), remitted=True), secondary=True),
    case("the other payer paid all", submit(bill(100, "copaid", prior=100, says="0; OA-23 100"), remitted=True), secondary=True, used="0 0 0"),
    case("the other payer paid more than is allowed", submit(bill(130, prior=120, says="0; CO-45 30; OA-23 100"), remitted=True), secondary=True),
    case("the other payer's money settles the patient's share first", submit(bill(100, "copaid", prior=30, says="68; PR-2 2; OA-23 30"), remitted=True), secondary=True, used="0 2 68"),
    case("and then the plan's", submit(bill(100, "copaid", prior=40, says="60; OA-23 40"), remitted=True), secondary=True, used="0 0 60"),
    case("and before it what is beyond the plan's maximum", submit(bill(100, "shared", prior=40, says="50; PR-119 10; OA-23 40"), remitted=True), plan=plan(pays=50), secondary=True),
    case("the deductible is credited although another payer settled it", submit(bill(100, "shared", prior=50, says="25.6; PR-1 18; PR-2 6.4; OA-23 50"), bill(100, "shared", says="80; PR-2 20"), remitted=True), plan=plan(deductible=68), secondary=True),
    case("a first payer takes another's payment into account", submit(bill(100, prior=25, says="75; OA-23 25"), remitted=True)),
    case("a denied line tells nothing of the other payer", submit(bill(90, "cosmetic", prior=50, says="0; PR-204 (N130) 90"), remitted=True), secondary=True),
]

DUPLICATES = [
    case("a duplicate within a claim", submit(bill(100, code="a", says="100"), bill(100, code="a", says="0; OA-18 100"))),
    case("a duplicate across claims", submit(bill(100, code="a", says="100")), submit(bill(100, code="a", says="0; OA-18 100"))),
    case("a duplicate within a batch", submit(bill(100, code="a", says="100"), batch=1), submit(bill(100, code="a", says="0; OA-18 100"), batch=1)),
    case("a duplicate across batches", submit(bill(100, code="a", says="100"), batch=1), submit(bill(100, code="a", says="0; OA-18 100"), batch=2)),
    case("a duplicate at another charge", submit(bill(100, code="a", says="100"), bill(60, code="a", says="0; OA-18 60"))),
    case("the same service on another day", submit(bill(100, code="a", on=30, says="100"), bill(100, code="a", on=31, says="100"))),
    case("the same service by another provider", submit(bill(100, code="a", says="100")), submit(bill(100, code="a", says="100"), by=CLINIC)),
    case("another service", submit(bill(100, code="a", says="100"), bill(100, code="a:76", says="100"))),
    case("a denied service billed again", submit(bill(900, "surgery", code="a", says="0; CO-197 900")), submit(bill(900, "surgery", code="a", authorisation=1, says="0; OA-18 900")), authorisations=GIVEN),
    case("a duplicate uses no limit up", submit(bill(300, "physio", units=5, code="a", says="250; CO-45 50"), bill(50, "physio", code="a", says="0; OA-18 50"), bill(50, "physio", code="b", says="50"))),
]

FIRST = bill(100, "shared", code="a", says="16; PR-1 80; PR-2 4")
CORRECTIONS = [
    case("a void gives the accumulators back", submit(FIRST), Void(0), plan=plan(deductible=80), used="0 0 0"),
    case("what was voided can be billed again", submit(FIRST), Void(0), submit(FIRST), plan=plan(deductible=80), used="80 84 16"),
    case("a void gives units back", submit(bill(300, "physio", units=6, says="300")), Void(0), submit(bill(300, "physio", units=6, says="300"))),
    case("a void gives an authorisation back", submit(bill(1800, "surgery", units=2, authorisation=1, says="1620; PR-2 180")), Void(0), submit(bill(1800, "surgery", units=2, authorisation=1, says="1620; PR-2 180")), authorisations=GIVEN),
    case("a void gives the plan's maximum back", submit(bill(100, says="100")), Void(0), submit(bill(100, says="100")), plan=plan(pays=100)),
    case("a void leaves other claims", submit(bill(100, says="0; PR-1 100")), submit(bill(50, says="0; PR-1 50")), Void(0), plan=plan(deductible=200), used="50 50 0"),
    case("a void of a duplicate's claim leaves the first", submit(bill(100, code="a", says="100")), submit(bill(100, code="a", says="0; OA-18 100"), bill(60, says="60")), Void(1), submit(bill(100, code="a", says="0; OA-18 100"))),
    case("a replacement is as if submitted once", submit(FIRST), Replace(0, (bill(90, "shared", code="a", says="8; PR-1 80; PR-2 2"),)), plan=plan(deductible=80), used="80 82 8"),
    case("a replacement after another claim uses what is left", submit(bill(60, says="0; PR-1 60")), submit(bill(50, says="10; PR-1 40")), Replace(0, (bill(70, says="10; PR-1 60"),)), plan=plan(deductible=100), used="100 100 20"),
    case("a replacement in time counts as filed with the original", submit(bill(100, code="a", says="100"), on=119), Replace(0, (bill(90, code="a", says="90"),), on=178), plan=plan(filing=90)),
    case("a replacement after the window is filed anew", submit(bill(100, code="a", says="100"), on=119), Replace(0, (bill(90, code="a", says="0; CO-29 90"),), on=179), plan=plan(filing=90)),
    case("a replacement with more lines of the same days counts as filed with the original", submit(bill(100, code="a", says="100"), bill(100, on=31, says="100"), on=119), Replace(0, (bill(90, code="a", says="90"), bill(80, on=31, says="80"), bill(70, on=31, says="70")), on=178), plan=plan(filing=90)),
    case("a replacement of another day is filed anew", submit(bill(100, code="a", says="100"), on=119), Replace(0, (bill(90, code="a", says="0; CO-29 90"), bill(80, on=89, says="80")), on=178), plan=plan(filing=90)),
    case("a denied claim is replaced with an authorisation", submit(bill(900, "surgery", code="a", says="0; CO-197 900")), Replace(0, (bill(900, "surgery", code="a", authorisation=1, says="810; PR-2 90"),)), authorisations=GIVEN),
]


def waive(*rules: Waiver) -> frozenset[Waiver]:
    return frozenset(rules)


APPEALS = [
    case("an appeal waives the filing limit", submit(bill(100, says="0; CO-29 100"), on=200), Appeal(0, waive(Waiver.FILING), ("100",), on=210), plan=plan(filing=90)),
    case("an appeal waives that it is not covered, and the price", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90")), Appeal(0, waive(Waiver.NOT_COVERED, Waiver.PRICE), ("90",))),
    case("an appeal waives that it is not covered, and not the price", submit(bill(90, "cosmetic", says="0; PR-204 (N130) 90")), Appeal(0, waive(Waiver.NOT_COVERED), ("0; CO-96 (N448) 90",))),
    case("an appeal waives the waiting period", submit(bill(200, "dental", says="0; PR-179 200")), Appeal(0, waive(Waiver.WAITING), ("200",))),
    case("an appeal waives the authorisation", submit(bill(900, "surgery", says="0; CO-197 900")), Appeal(0, waive(Waiver.AUTHORISATION), ("810; PR-2 90",))),
    case("an appeal waives the network", submit(bill(150, "specialist", says="0; PR-242 (N95) 150")), Appeal(0, waive(Waiver.NETWORK), ("150",))),
    case("an appeal waives the other payer", submit(bill(100, says="0; CO-22 100")), Appeal(0, waive(Waiver.OTHER_PAYER), ("100",)), secondary=True),
    case("an appeal waives the price", submit(bill(130, "shared", says="80; CO-45 30; PR-2 20")), Appeal(0, waive(Waiver.PRICE), ("104; PR-2 26",)), used="0 26 104"),
    case("an appeal waives the unit limit, which then does not count", submit(bill(350, "physio", units=7, says="300; CO-151 (N362) 50")), Appeal(0, waive(Waiver.UNIT_LIMIT), ("350",)), submit(bill(300, "physio", units=6, says="300"))),
    case("an appeal for one line leaves the other", submit(bill(200, "dental", says="0; PR-179 200"), bill(130, says="100; CO-45 30")), Appeal(0, waive(Waiver.WAITING, Waiver.PRICE), ("200", "100; CO-45 30"))),
    case("an appeal never makes a line worse, also where a void gave a deductible back", submit(bill(100, says="50; PR-1 50")), submit(bill(100, says="100")), Void(0), Appeal(1, waive(Waiver.PRICE), ("100",)), plan=plan(deductible=50), used="0 0 100"),
    case("an appeal never makes a line worse", submit(bill(100, says="100")), submit(bill(100, says="100")), Appeal(0, waive(Waiver.PRICE), ("100",)), plan=plan(pays=200), used="0 0 200"),
]

# fmt: on

TABLE = [*PLAIN, *COVER, *ORDER, *AUTHORISATION, *NETWORK, *PRICES, *SHARES, *DEDUCTIBLE, *MAXIMA]
TABLE += [*UNITS, *OTHER_PAYERS, *DUPLICATES, *CORRECTIONS, *APPEALS]


def in_words(decided: DecidedLine) -> str:
    """Return what was decided of a line as the table writes it."""
    cuts = [f"{code_of(cut)} {_short(cut.amount)}" for cut in decided.adjustments]
    return "; ".join([_short(decided.outcome.paid), *cuts])


def _short(amount: int) -> str:
    return f"{from_hundredths(amount).normalize():f}"


def lines_of(step: Submit | Replace, base: date) -> tuple[tuple[ServiceLine, ...], tuple[Fee, ...]]:
    """Return the lines of a claim, and the prices that they refer to."""
    lines, fees = [], []
    for i, one in enumerate(step.lines):
        if one.price:
            fees.append(Fee(keccak(b"%d" % i), hundredths(one.price), ()))
        lines.append(
            ServiceLine(
                category=NAMES.index(one.category),
                units=one.units,
                served_on=base + timedelta(one.on),
                authorisation=one.authorisation,
                fee=len(fees) if one.price else 0,
                charge=hundredths(one.charge),
                prior_paid=hundredths(one.prior),
                code=keccak(one.code.encode()),
            )
        )
    return tuple(lines), tuple(fees)


def claim_of(step: Submit | Replace, base: date, *, remitted: bool) -> Claim:
    lines, fees = lines_of(step, base)
    return Claim(REF, keccak(b"number"), REMITTANCE if remitted else bytes(32), lines, fees)


def ledger_of(row: Case, base: date) -> Ledger:
    """Return the world of a row before its first step."""
    day = [base + timedelta(n) for n in (0, row.until, row.since)]
    coverage = Coverage(PAYER, 1, 1, *day, len(row.authorisations), row.secondary)
    ledger = Ledger({(1, 1): (row.plan, tuple(BENEFITS.values()))}, {REF: coverage})
    for number, (category, units, first, until, by) in enumerate(row.authorisations, 1):
        days = base + timedelta(first), base + timedelta(until)
        given = Authorisation(NAMES.index(category), units, *days, by)
        ledger.authorisations[REF, number] = given
    ledger.contractings[1, HOSPITAL] = [
        Contracting(base + timedelta(first), base + timedelta(until))
        for first, until in row.contracted
    ]
    return ledger


def run(row: Case, base: date) -> Iterator[tuple[ClaimDecision, Sequence[str], Ledger]]:
    """Take a row through the ledger; yield each decision with what is expected of it."""
    ledger, decisions = ledger_of(row, base), list[ClaimDecision]()
    by = [step.by for step in row.steps if isinstance(step, Submit)]
    for step in row.steps:
        today = base + timedelta(step.on)
        match step:
            case Submit():
                claim = claim_of(step, base, remitted=step.remitted)
                decisions.append(ledger.submit(claim, step.by, today=today))
                yield decisions[-1], [line.says for line in step.lines], ledger
            case Void():
                ledger.void(decisions[step.claim], by[step.claim])
            case Replace():
                former = decisions[step.claim]
                claim = claim_of(step, base, remitted=False)
                decisions.append(
                    ledger.replace(
                        former,
                        claim,
                        by[step.claim],
                        today=today,
                        in_time=today < former.filed_on + WINDOW,
                    )
                )
                yield decisions[-1], [line.says for line in step.lines], ledger
            case Appeal():
                former = decisions[step.claim]
                decisions[step.claim] = ledger.redecide(
                    former,
                    by[step.claim],
                    places=step.places,
                    waived=step.waive,
                    today=today,
                    paid=sum(one.outcome.paid for one in former.decided),
                )
                yield decisions[step.claim], step.says, ledger


def generated(seed: int, claims: int) -> Case:
    """Return a row with a plan and claims made by chance, the same for the same seed."""
    chance = Random(seed)
    terms = plan(
        deductible=chance.choice((0, 50, 400)),
        maximum=chance.choice((0, 60, 700)),
        pays=chance.choice((0, 500, 5000)),
        period=chance.choice((0, 45, 100)),
        filing=chance.choice((0, 40, 90)),
    )
    secondary = chance.random() < 0.3
    return case(
        f"{claims} claims made by chance, {seed}",
        *(_made(chance) for _ in range(claims)),
        plan=terms,
        until=chance.choice((80, 200)),
        since=chance.choice((0, -60)),
        secondary=secondary,
        authorisations=(
            ("surgery", chance.randrange(1, 9), 0, 60, HOSPITAL),
            ("rationed", chance.randrange(1, 9), 10, 90, 0),
        ),
        contracted=((20, 40), (60, 80)),
    )


def _made(chance: Random) -> Submit:
    remitted = chance.random() < 0.5
    lines = tuple(_line_made(chance, remitted) for _ in range(chance.randrange(1, 5)))
    return submit(*lines, on=100, by=chance.choice((HOSPITAL, CLINIC)), remitted=remitted)


def _line_made(chance: Random, remitted: bool) -> Billed:
    category = chance.choice(NAMES)
    scheduled = category == "drug" and chance.random() < 0.8
    return bill(
        str(from_hundredths(chance.choice((1, 333, 10_000, chance.randrange(1, 300_000))))),
        category,
        on=chance.randrange(-2, 99),
        units=chance.choice((1, 1, 2, 7)),
        code=chance.choice(("", "a", "b")),
        authorisation=chance.choice((0, 1, 2, 3)),
        prior=str(from_hundredths(chance.randrange(0, 20_000))) if remitted else 0,
        price=str(from_hundredths(chance.randrange(1, 20_000))) if scheduled else 0,
    )
