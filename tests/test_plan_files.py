"""
a plan
├── given YAML, or an InsurancePlan that says the same
│   └── both give the same terms and benefits
├── given an InsurancePlan with more than a plan of ours can hold
│   └── what is not carried is reported
└── given a plan with a fault
    └── it is refused in one sentence that names it
a mapping
├── codes, ranges, prefixes and other names of a system are found; whole codes go first
├── of a line, its first code that is mapped decides
└── given one with a fault, it is refused
coverages
├── FHIR and CSV give the same
├── a coverage is found by every name, and of several by the day
└── given one with a fault, it is refused with its place, and the rest is read
a fee schedule
├── its root is that of the leaves, and every price has its proof
├── nobody without the salt can guess its codes
└── given one with a fault, it is refused with its place
"""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from pyhealth.adjudication.values import BilledLine, Refused
from pyhealth.errors import InputError
from pyhealth.hashing import commitment, keccak, root_of
from pyhealth.standards.claims.coverages import CoverageBook, CoverageRecord, read_coverages
from pyhealth.standards.claims.fee_schedule import FEE_DOMAIN, read_fee_schedule
from pyhealth.standards.claims.mapping import Mapping, read_mapping
from pyhealth.standards.claims.plan import read_plan
from pyhealth.values.coverage import Benefit, Plan

SAMPLES = ROOT / "samples/claims"
SALT = bytes(range(32))


def file_of(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


# a plan


def test_the_sample_is_read_whole():
    read = read_plan(SAMPLES / "plan.yaml")

    assert (read.name, read.currency) == ("Basic", "EUR")
    assert read.terms == Plan(10_000, 60_000, 2_000_000, 365, 3650)
    assert read.categories[:4] == ("consultation", "laboratory", "physiotherapy", "surgery")
    assert read.benefits[0] == Benefit(True, False, False, False, False, 2000, 0, 0, 8000, 1000)
    assert read.benefits[1] == Benefit(True, True, False, False, False, 2000, 0, 0, 0, 0)
    assert read.benefits[2].unit_limit == 12
    assert read.benefits[3].authorised
    assert read.benefits[4].waiting_days == 90
    assert read.benefits[5].deductible_free
    assert not read.benefits[6].covered
    assert read.mapping == SAMPLES / "mapping.yaml"
    assert read.fee_schedule == SAMPLES / "fees.csv"


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def cost(kind: str, value: float, unit: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"type": concept(kind), "value": {"value": value, "code": unit, "unit": unit}, **more}


def ours(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"urn:pyhealth:{name}", **value}


def specific(category: str, *costs: dict[str, Any], **more: Any) -> dict[str, Any]:
    benefit = {"type": concept("service"), "cost": list(costs)}
    return {"category": concept(category), "benefit": [benefit], **more}


def insurance_plan(**more: Any) -> dict[str, Any]:
    money = {"currency": "EUR"}
    return {
        "resourceType": "InsurancePlan",
        "name": "Basic",
        "coverage": [
            {
                "type": concept("medical"),
                "benefit": [
                    {"type": concept("physiotherapy"), "limit": [{"value": {"value": 12}}]}
                ],
            }
        ],
        "plan": [
            {
                "extension": [
                    ours("benefit-period", valueString="365d"),
                    ours("timely-filing", valueString="3650d"),
                    ours("mapping", valueString="mapping.yaml"),
                    {"url": "http://other.example/extension", "valueString": "x"},
                ],
                "generalCost": [
                    {"type": concept("deductible"), "cost": {"value": 100, **money}},
                    {"type": concept("out-of-pocket-maximum"), "cost": {"value": 600, **money}},
                    {"type": concept("period-maximum"), "cost": {"value": 20000, **money}},
                ],
                "specificCost": [
                    specific("consultation", cost("price", 80), cost("copay", 10), cost("coinsurance", 20, "%")),
                    specific("laboratory", cost("price-schedule", 0, "fees.csv"), cost("coinsurance", 20, "%")),
                    specific("physiotherapy", cost("price", 45), cost("coinsurance", 20, "%")),
                    specific("surgery", cost("price", 2400), cost("coinsurance", 10, "%"), extension=[ours("authorisation", valueBoolean=True)]),
                    specific("dental", cost("price", 120), cost("coinsurance", 30, "%"), extension=[ours("waiting-period", valueString="90d")]),
                    specific("prevention", cost("price", 60), extension=[ours("deductible-free", valueBoolean=True)]),
                    specific("cosmetic", extension=[ours("covered", valueBoolean=False)]),
                ],
            }
        ],
        **more,
    }  # fmt: skip


def test_an_insurance_plan_that_says_the_same_is_the_same_plan(tmp_path):
    from fhir.resources.R4B.insuranceplan import InsurancePlan

    InsurancePlan.model_validate(insurance_plan())
    told = read_plan(file_of(tmp_path, "plan.json", insurance_plan()))

    written = read_plan(SAMPLES / "plan.yaml")
    assert replace(told, digest=b"", mapping=None, fee_schedule=None) == replace(
        written, digest=b"", mapping=None, fee_schedule=None
    )
    assert (told.mapping, told.fee_schedule) == (tmp_path / "mapping.yaml", tmp_path / "fees.csv")


def test_what_of_an_insurance_plan_is_not_carried_is_reported(tmp_path):
    whole = insurance_plan()
    plan = whole["plan"][0]
    plan["generalCost"].append(
        {"type": concept("premium"), "cost": {"value": 9, "currency": "EUR"}}
    )
    plan["specificCost"][0]["benefit"][0]["cost"] += [
        cost("fullcoverage", 1),
        cost("copay", 30, applicability=concept("out-of-network")),
        cost("copay", 5, applicability=concept("in-network")),
    ]

    told = read_plan(file_of(tmp_path, "plan.json", whole))

    assert told.benefits[0].network_only
    assert told.benefits[0].copay == 500
    assert told.findings == (
        "plan[1].generalCost[4] of type 'premium' is not carried",
        "plan[1].specificCost[1].benefit[1].cost[4] of type 'fullcoverage' is not carried",
        "plan[1].specificCost[1].benefit[1].cost[5] is not carried: another price outside the network",
    )


PLAN = """\
name: Basic
currency: EUR
benefits:
  - category: visit
    price: 80.00
"""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("name: Basic", "name: ''", "the plan has no name; give it one."),
        ("currency: EUR", "currency: Euro", "'Euro' is no currency; write the three letters of ISO 4217, as EUR."),
        ("currency: EUR", "currency: EUR\ncolour: red", "the plan has no 'colour'; known are"),
        ("currency: EUR", "currency: EUR\ndeductible: -1", "deductible -1 is negative"),
        ("currency: EUR", "currency: EUR\ndeductible: 1.005", "deductible 1.005 is finer than 0.01 EUR"),
        ("currency: EUR", "currency: EUR\nbenefit_period: 36h", "benefit_period is '36h'; whole days such as 90d are expected."),
        ("currency: EUR", "currency: EUR\ntimely_filing: soon", "'soon' is no length of time; write 7d, 12h, 30m or 90s."),
        ("currency: EUR", "currency: EUR\nfee_schedule: fees.csv", "a fee_schedule goes with a price that is 'schedule'; give both or none."),
        ("price: 80.00", "price: schedule", "a fee_schedule goes with a price that is 'schedule'; give both or none."),
        ("price: 80.00", "copay: 5", "benefit 'visit': it has no price; state one, or 'schedule', or 'covered: no'."),
        ("price: 80.00", "price: 80\n    coinsurance: 120%", "benefit 'visit': coinsurance is '120%'; 20% is expected"),
        ("price: 80.00", "price: 80\n    coinsurance: a fifth", "benefit 'visit': coinsurance is 'a fifth'; 20% is expected"),
        ("price: 80.00", "price: 80\n    coinsurance: 0.001", "benefit 'visit': coinsurance is 0.001; 20% is expected"),
        ("price: 80.00", "price: 80\n    unit_limit: 1.5", "benefit 'visit': unit_limit is 1.5; a whole number to 65535 is expected."),
        ("price: 80.00", "price: 80\n    covered: maybe", "benefit 'visit': covered is 'maybe'; yes or no is expected."),
        ("price: 80.00", "price: 80\n    limit: 4", "benefit 'visit': a benefit has no 'limit'; known are"),
        ("price: 80.00", "price: 80\n  - category: visit\n    price: 1", "two benefits have the same category; name each once."),
        ("- category: visit\n    price: 80.00", "- visit", "benefit 1 names no category; add it."),
        ("benefits:", "benefits: []\nx:", "the plan has no 'x'"),
        ("  - category: visit\n    price: 80.00", "  []", "benefits must be a list of 1 to 16 categories."),
        ("name: Basic", "name: [", "not valid YAML"),
        ("name: Basic", "name: 2026-99-99", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_plan_with_a_fault_is_refused(tmp_path, old, new, why):
    assert old in PLAN
    file = file_of(tmp_path, "plan.yaml", PLAN.replace(old, new))

    with pytest.raises(InputError) as refused:
        read_plan(file)

    assert why in str(refused.value)
    assert str(refused.value).startswith(str(file))


def test_a_plan_of_more_categories_than_a_contract_holds_is_refused(tmp_path):
    rows = "".join(f"  - category: c{n}\n    price: 1\n" for n in range(17))
    file = file_of(tmp_path, "plan.yaml", PLAN[: PLAN.index("  -")] + rows)

    with pytest.raises(InputError, match="1 to 16 categories"):
        read_plan(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[]", "holds 0 InsurancePlans; one is expected."),
        ({"resourceType": "InsurancePlan", "name": "foo"}, "the InsurancePlan has 0 plans; one is expected."),
        ("{", "plan.json, line 1: not JSON"),
        (insurance_plan(plan=[{"extension": [ours("mapping", valueDecimal=7)]}]), "mapping is 7; the name of a file is expected."),
        (insurance_plan(name=7), "name is 7; text is expected."),
        (insurance_plan(coverage=[{"benefit": [{"type": concept("x"), "limit": [{"value": {"value": 1.5}}]}]}]), "coverage[1].benefit[1].limit[1].value is 1.5; a whole number is expected."),
        (insurance_plan(plan=[{"specificCost": [specific("a", cost("price", 1, "EUR"), cost("copay", 1, "USD"))]}]), "the plan is in EUR and USD; keep one currency."),
        (insurance_plan(plan=[{"specificCost": [specific("a", cost("price", 1), cost("coinsurance", 20, "EUR"))]}]), "is no %; a coinsurance is a share."),
    ],
)  # fmt: skip
def test_an_insurance_plan_with_a_fault_is_refused(tmp_path, content, why):
    with pytest.raises(InputError) as refused:
        read_plan(file_of(tmp_path, "plan.json", content))

    assert why in str(refused.value)


@pytest.mark.parametrize("name", ["missing.yaml", "missing.json"])
def test_a_plan_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(tmp_path / name)


# a mapping

RULES = """\
version: 3
systems:
  cpt: ["http://cpt.example", HC]
categories:
  visit: [cpt|99200..99299, cpt|99999]
  special: [cpt|99250, "cpt|G*", "loinc|59284-0"]
  all: ["cpt|99*", "|1200"]
"""


@pytest.fixture
def mapping(tmp_path) -> Mapping:
    return read_mapping(file_of(tmp_path, "mapping.yaml", RULES))


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("cpt|99200", "visit"),
        ("HC|99299", "visit"),
        ("http://cpt.example|99999", "visit"),
        ("cpt|99250", "special"),  # whole codes go before ranges
        ("cpt|G0001", "special"),
        ("cpt|99300", "all"),
        ("cpt|992000", "all"),  # longer than the range's codes
        ("cpt|99199", "all"),
        ("loinc|59284-0", "special"),
        ("|1200", "all"),
        ("cpt|98000", None),
        ("1200", "all"),
        ("other|99200", None),
    ],
)
def test_codes_are_found(mapping, code, category):
    assert mapping.find(code) == category


def test_the_first_code_that_is_mapped_decides(mapping):
    line = BilledLine(2, ("other|1", "HC|G1", "cpt|99200"), date(2026, 1, 1), 1, Decimal(1))

    assert mapping.category_of(line) == "special"
    with pytest.raises(
        InputError, match=r"line 2 bills other\|1, which version 3 of .* maps to no"
    ):
        mapping.category_of(replace(line, codes=("other|1",)))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("version: 3", "version: zero", "version is 'zero'; a whole number from 1 is expected."),
        ("version: 3", "version: 0", "version is 0; a whole number from 1 is expected."),
        ("categories:", "categories: []\nothers:", "categories must name at least one category with its codes."),
        ("cpt|99999]", "99999]", "the codes of 'visit' must be a list of system|code."),
        ("cpt|99999]", "'99999']", "'99999' is no code; write system|code."),
        ("cpt|99200..99299", "cpt|99299..99200", "is no range; write two codes of one length."),
        ("cpt|99200..99299", "cpt|992..99299", "is no range; write two codes of one length."),
        ('"|1200"', "cpt|99999", "cpt|99999 is listed in both visit and all."),
        ("systems:", "systems: []\nunused:", "mapping"),
        ("systems:", "systems: x\nunused:", "systems must map a name to what claims call it."),
        ("  cpt: [", "  other: HC\n  cpt: [", "HC is both other and cpt."),
    ],
)  # fmt: skip
def test_a_mapping_with_a_fault_is_refused(tmp_path, old, new, why):
    assert old in RULES
    file = file_of(tmp_path, "mapping.yaml", RULES.replace(old, new))

    if why == "mapping":  # no systems are as good as an empty list of them
        assert read_mapping(file).find("HC|99200") is None
        return
    with pytest.raises(InputError) as refused:
        read_mapping(file)
    assert why in str(refused.value)


# coverages


def coverage(**changes: Any) -> dict[str, Any]:
    whole = {
        "resourceType": "Coverage",
        "id": "C-1",
        "identifier": [{"system": "urn:x", "value": "77"}],
        "status": "active",
        "subscriberId": "M1",
        "beneficiary": {"reference": "Patient/one"},
        "period": {"start": "2025-01-01", "end": "2025-12-31"},
        "payor": [{"reference": "Organization/1"}],
        "class": [{"type": concept("plan"), "value": "Basic"}],
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def test_fhir_and_csv_give_the_same(tmp_path):
    row = "C-1,2025-01-01,2025-12-31,Patient/one,Basic,,no,urn:x|77 77 M1 C-1 Patient/one\n"
    heading = "coverage,first_day,last_day,person,plan,waiting_since,secondary,aliases\n"

    (told,) = read_coverages(file_of(tmp_path, "a.json", coverage()))
    (written,) = read_coverages(file_of(tmp_path, "a.csv", heading + row))

    assert told == written
    assert told == CoverageRecord(
        number="C-1",
        person="Patient/one",
        from_=date(2025, 1, 1),
        until=date(2026, 1, 1),
        since=date(2025, 1, 1),
        plan="Basic",
        aliases=frozenset(("urn:x|77", "77", "M1", "C-1", "Patient/one")),
    )


def test_a_second_coverage_is_secondary_and_one_without_an_end_has_none(tmp_path):
    whole = coverage(order=2, period={"start": "2025-01-01"}, id=None)
    whole["class"] = []

    (told,) = read_coverages(file_of(tmp_path, "a.json", whole))

    assert isinstance(told, CoverageRecord)
    assert (told.secondary, told.until, told.plan) == (True, date.max, None)
    assert told.number == "urn:x|77"


def test_a_coverage_is_found_by_every_name_and_of_several_by_the_day():
    def record(number: str, first: int, *aliases: str) -> CoverageRecord:
        days = date(first, 1, 1), date(first + 1, 1, 1), date(first, 1, 1)
        return CoverageRecord(number, "P", *days, aliases=frozenset(aliases))

    book = CoverageBook([record("A", 2024, "M"), record("B", 2025, "M"), record("C", 2025, "N")])

    assert book.find("A", date(2030, 1, 1)).number == "A"
    assert book.find("M", date(2024, 12, 31)).number == "A"
    assert book.find("M", date(2025, 1, 1)).number == "B"
    assert book.find("N", date(2030, 1, 1)).number == "C"
    with pytest.raises(InputError, match="'M' can be coverage A and B; name one of them"):
        book.find("M", date(2030, 1, 1))
    with pytest.raises(InputError, match="no coverage is known as 'X'; enrol it, or correct"):
        book.find("X", date(2025, 1, 1))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "cancelled"}, "the coverage's status is 'cancelled'; active is expected."),
        ({"period": None}, "period is missing; an object is expected."),
        ({"period": {"end": "2025-01-01"}}, "period.start is missing; text is expected."),
        ({"period": {"start": "2025-02-01", "end": "2025-01-01"}}, "the coverage begins on 2025-02-01 and ends before; correct one of them."),
        ({"beneficiary": {"display": "x"}}, "beneficiary has neither a reference nor an identifier; add one."),
        ({"id": None, "identifier": None, "subscriberId": None}, "the coverage has neither an id nor an identifier; number it."),
    ],
)  # fmt: skip
def test_a_coverage_of_fhir_with_a_fault_is_refused_and_the_rest_is_read(tmp_path, changes, why):
    file = file_of(
        tmp_path, "a.ndjson", f"{json.dumps(coverage(**changes))}\n{json.dumps(coverage())}"
    )

    refused, read = read_coverages(file)

    assert isinstance(refused, Refused)
    assert str(refused) == f"{file}, line 1: {why}"
    assert isinstance(read, CoverageRecord)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("C,,,P,,,,", "column first_day is empty; fill it."),
        ("C,2025-01-01,,,,,,", "column person is empty; fill it."),
        (",2025-01-01,,P,,,,", "column coverage is empty; fill it."),
        ("C,1.1.2025,,P,,,,", "first_day is '1.1.2025'; a date such as 2026-03-14 is expected."),
        ("C,2025-01-01,2024-12-30,P,,,,", "the coverage begins on 2025-01-01 and ends before; correct one of them."),
        ("C,2025-01-01,,P,,2025-01-02,,", "waiting periods would run from 2025-01-02, after the first day 2025-01-01; correct one of them."),
        ("C,2025-01-01,,P,,1969-12-31,,", "the coverage or its waiting period begins on 1969-12-31, before 1970-01-01; correct it."),
        ("C,2025-01-01,,P,,,perhaps,", "secondary is 'perhaps'; yes or no is expected."),
    ],
)  # fmt: skip
def test_a_row_of_coverages_with_a_fault_is_refused_and_the_rest_is_read(tmp_path, row, why):
    heading = "coverage,first_day,last_day,person,plan,waiting_since,secondary,aliases\n"
    file = file_of(tmp_path, "a.csv", f"{heading}{row}\nD,2025-01-01,9999-12-31,P,,,,\n")

    refused, read = read_coverages(file)

    assert str(refused) == f"{file}, line 2: {why}"
    assert isinstance(read, CoverageRecord)
    assert read.until == date.max


def test_coverages_that_are_not_there_are_refused(tmp_path):
    (refused,) = read_coverages(tmp_path / "missing.csv")

    assert str(refused).endswith("missing.csv: it cannot be read (No such file or directory).")


# a fee schedule


def schedule_of(file: Path, mapping: Mapping) -> Any:
    categories = ("visit", "special")
    return read_fee_schedule(
        file, mapping=mapping, categories=categories, currency="EUR", salt=SALT
    )


FEES = "code,category,price\ncpt|99200,visit,80.50\nHC|G1,special,7\ncpt|99201,visit,90\n"


def test_every_price_has_its_proof(tmp_path, mapping):
    schedule = schedule_of(file_of(tmp_path, "fees.csv", FEES), mapping)

    fee = schedule.fee_of(("HC|99200",), 0)

    assert len(schedule) == 3
    assert fee.price == 8050
    assert fee.row == commitment(FEE_DOMAIN, SALT, keccak(b"cpt|99200"))
    leaf = fee.row + (0).to_bytes(32) + (8050).to_bytes(32)  # abi.encode(row, category, price)
    assert root_of(leaf, fee.proof) == schedule.root
    assert schedule.fee_of(("other|1", "cpt|G1"), 1).price == 700


def test_a_code_without_a_price_in_its_category_has_none(tmp_path, mapping):
    schedule = schedule_of(file_of(tmp_path, "fees.csv", FEES), mapping)

    assert schedule.fee_of(("cpt|99999",), 0) is None
    assert schedule.fee_of(("cpt|99200",), 1) is None


def test_nobody_without_the_salt_can_guess_the_codes(tmp_path, mapping):
    schedule = schedule_of(file_of(tmp_path, "fees.csv", FEES), mapping)
    rows = {schedule.row(code) for code in ("cpt|99200", "cpt|99201", "cpt|G1")}
    guesses = [f"cpt|{n:05}".encode() for n in range(99_000, 99_999)] + [b"cpt|G1"]

    found = {
        salt: rows & {commitment(FEE_DOMAIN, salt, keccak(one)) for one in guesses}
        for salt in (SALT, bytes(32))
    }

    assert len(found[SALT]) == 3  # the attack works with the salt,
    assert not found[bytes(32)]  # and not without
    assert not rows & set(map(keccak, guesses))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("code,category\n", "fees.csv, line 1: no column is named price; the columns are code, category, price."),
        ("code,category,price\n", "holds no price; list at least one."),
        ("code,category,price\ncpt|1,cosmetic,5\n", "fees.csv, line 2: 'cosmetic' is no category of the plan; known are visit, special."),
        ("code,category,price\n1,visit,5\n", "fees.csv, line 2: '1' is no code; write system|code."),
        ("code,category,price\ncpt|1,visit,0\n", "fees.csv, line 2: cpt|1 has price 0; leave it out, or let the plan not cover it."),
        ("code,category,price\ncpt|1,visit,-5\n", "fees.csv, line 2: price -5 is negative"),
        ("code,category,price\ncpt|1,visit,5\nHC|1,visit,6\n", "fees.csv, line 3: cpt|1 has a price already; keep one."),
    ],
)  # fmt: skip
def test_a_fee_schedule_with_a_fault_is_refused(tmp_path, mapping, content, why):
    with pytest.raises(InputError) as refused:
        schedule_of(file_of(tmp_path, "fees.csv", content), mapping)

    assert why in str(refused.value)


def test_a_fee_schedule_that_is_not_there_is_refused(tmp_path, mapping):
    with pytest.raises(InputError, match="cannot be read"):
        schedule_of(tmp_path / "missing.csv", mapping)
