"""
claims that others wrote: HL7's examples of R4, and patients of Synthea
└── given a plan in their currency, the codes they use, and the coverages they name
    ├── each is decided, or refused with its place and a reason
    ├── each line that was decided balances, and is explained as the contract decided it
    └── again, nothing is submitted twice
"""

from collections import Counter

import pytest
from conftest import ROOT, Cli
from consortium_cast import HOSPITAL

from pyhealth.health import Health
from pyhealth.reimbursement.desk import Desk
from pyhealth.reimbursement.explaining import explain
from pyhealth.reimbursement.history import each_of

DATA = ROOT.parent / "shared/data"
SYMBOL = 4  # storage slot of OpenZeppelin's ERC20
DOLLARS = "0x" + b"USD".ljust(31, b"\0").hex() + "06"
PLAN = """
name: Others
currency: USD
deductible: 100.00
out_of_pocket_maximum: 2000.00
period_maximum: 15000.00
benefit_period: 365d
timely_filing: 20000d
mapping: mapping.yaml
benefits:
  - {category: oral, price: 500.00, coinsurance: 20%}
  - {category: vision, price: 100.00, copay: 10.00}
  - {category: pharmacy, price: 60.00, unit_limit: 60}
  - {category: visit, price: 125.00, coinsurance: 10%}
  - {category: surgery, price: 9000.00, authorisation: yes}
  - {category: vaccine, price: 140.52, deductible_free: yes}
  - {category: other, covered: no}
"""
MAPPING = """
version: 1
systems:
  oral: ["http://example.org/fhir/oralservicecodes", ""]
  eyes: ["http://example.org/fhir/CodeSystem/ex-visionservice"]
  product: ["http://hl7.org/fhir/ex-serviceproduct"]
  drug: ["http://hl7.org/fhir/ex-pharmaservice", "http://www.nlm.nih.gov/research/umls/rxnorm"]
  local: ["http://localdruglist.org"]
  cpt: ["http://www.ama-assn.org/go/cpt"]
  sct: ["http://snomed.info/sct"]
  cvx: ["http://hl7.org/fhir/sid/cvx"]
categories:
  oral: ["oral|*"]
  vision: ["eyes|*"]
  pharmacy: ["drug|*", "local|compound"]
  visit: ["product|exam", "sct|185345009", "sct|185349003"]
  surgery: ["cpt|62264"]
  vaccine: ["cvx|*"]
  other: ["sct|428191000124101"]
"""
NAMES = {  # what the claims call their coverages
    "A": "9876B1",
    "B": "http://benefitsinc.com/certificate|12345",
    "C": "http://www.jurisdiction.com/nationalplan|123AB345",
    "D": "http://www.jurisdiction.com/nationalplan/123AB345",
    "E": "http://benefitsinc.com/certificate|10138556",
    "F": "urn:uuid:e4531916-b162-4f4b-90c2-ce37e132b8d4",
    "G": "urn:uuid:d78af07c-9cb9-4f31-9b11-c45a28f2eec8",
}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real inputs are not beside the checkout"
)


@pytest.fixture
def insured(cli, hospital, tmp_path) -> Cli:
    """All that the claims name, in dollars."""
    token = hospital.claims.token.binding.address
    hospital.chain.rpc.call("anvil_setStorageAt", token, "0x" + f"{SYMBOL:064x}", DOLLARS)
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    rows = [f"{number},1990-01-01,,P-{number},{name}" for number, name in NAMES.items()]
    heading = "coverage,first_day,last_day,person,aliases"
    (tmp_path / "coverages.csv").write_text("\n".join([heading, *rows]) + "\n")
    for told in (
        cli("claim", "plan", tmp_path / "plan.yaml", "--as", "insurer"),
        cli("claim", "coverage", tmp_path / "coverages.csv", "--as", "insurer"),
        cli("claim", "authorise", "A", "--category", "visit", "--units", 5, "--from", "2014-01-01",
            "--to", "2014-12-31", "--name", "PA2014G56473", "--as", "insurer"),
        cli("claim", "fund", "1000000", "--test-money", "--as", "insurer"),
    ):  # fmt: skip
        assert told.status == 0, told.err
    return cli


def reasons(refusals: list[str]) -> Counter[str]:
    known = (
        "preauthorization",
        "does not contain that payer's ClaimResponse",
        "names the coverage",
    )
    return Counter(next(word for word in known if word in one) for one in refusals)


def codes(hospital: Health) -> Counter[str]:
    """Under which codes lines were cut."""
    hospital.index.sync()
    return Counter(
        f"{cut.group}-{cut.carc}"
        for one in each_of(hospital.index, HOSPITAL)
        for line in one.decision.decided
        for cut in line.adjustments
    )


def submit(cli: Cli, *options: str) -> dict[str, object]:
    folders = DATA / "fhir-r4", DATA / "synthea-r4"
    told = cli("claim", "submit", *folders, *options, "--as", "hospital", "--json")
    assert "Traceback" not in told.err
    return dict(told.json)


def test_each_is_decided_or_refused_with_its_place(insured, hospital):
    told = submit(insured)

    assert (told["submitted"], told["refused"]) == (15, 12)
    assert (told["paid"], told["nothing_due"], told["pended"]) == (11, 4, 0)
    assert reasons(told["refusals"]) == {
        "preauthorization": 1,
        "does not contain that payer's ClaimResponse": 1,
        "names the coverage": 10,
    }
    assert all(one.startswith(str(DATA)) and ", line " in one for one in told["refusals"])
    assert all(one.endswith(".") for one in told["refusals"])
    # twice the same service of a day; above the plan's price; more units than the limit; surgery
    # that was not authorised; and what patients bear: deductible, coinsurance, copay
    cuts = {"OA-18": 4, "CO-45": 4, "CO-151": 2, "CO-197": 1, "PR-1": 4, "PR-2": 9, "PR-3": 2}
    assert codes(hospital) == cuts


def test_each_of_synthea_is_decided_where_the_patient_names_the_coverage(insured, hospital):
    told = submit(insured, "--lenient")

    assert (told["submitted"], told["refused"]) == (25, 2)
    assert (told["paid"], told["nothing_due"], told["pended"]) == (20, 5, 0)
    assumed = [one for one in told["findings"] if "that of urn:uuid" in one]
    assert len(assumed) == 10
    assert all(one.endswith(" is taken") and ", entry " in one for one in assumed)
    cuts = {"OA-18": 5, "CO-45": 5, "CO-151": 2, "CO-197": 1, "PR-1": 13, "PR-2": 18, "PR-3": 2}
    assert codes(hospital) == cuts | {"PR-204": 2}


def test_each_line_balances_and_is_explained_as_it_was_decided(insured, hospital):
    submit(insured, "--lenient")
    hospital.index.sync()

    found = list(each_of(hospital.index, HOSPITAL))

    assert len(found) == 25
    for one in found:
        assert all(line.agrees for line in explain(hospital.index, one.claim_id, "USD"))
        for line in one.decision.decided:
            cuts = sum(cut.amount for cut in line.adjustments)
            assert line.line.charge == line.outcome.paid + cuts


def test_nothing_is_submitted_twice(insured, hospital):
    first = submit(insured, "--lenient")

    again = submit(insured, "--lenient")

    assert again == first | {"before": 25}
    assert hospital.claims.claims_of(Desk(hospital).member) == 25
