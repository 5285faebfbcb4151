"""
a remittance
├── as ClaimResponse and ExplanationOfBenefit
│   ├── it is valid FHIR R4, tells every amount and every code, and names nobody
│   ├── one that is pended or voided says so, and tells no payment
│   └── it tells numbers and services where they are known
├── as CSV
│   ├── it has a row a line
│   └── no cell is a formula
├── as X12 835
│   ├── lines, claims and payments balance
│   ├── there is a transaction a payment, and an interchange for each payer and provider
│   ├── memory does not grow with the claims
│   ├── a correction is told by PLB, a void as a reversal
│   ├── a void after an appeal repays what stood, and each payment balances alone
│   ├── pended claims are in none
│   └── a decision that does not balance is in none
└── written twice, in any of them
    └── it has the same bytes
"""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from claims_table import BENEFITS, TABLE, generated, run

from pyhealth.adjudication.remitting import remitted
from pyhealth.adjudication.values import Organisation, RemittedClaim, RemittedStatus
from pyhealth.errors import InputError
from pyhealth.hashing import keccak
from pyhealth.standards.claims import x12_835
from pyhealth.standards.claims.csv_decision import decisions_csv
from pyhealth.standards.claims.fhir_decision import claim_response, explanation_of_benefit
from pyhealth.standards.claims.x12_835 import payer_number
from pyhealth.standards.x12 import Segment, segments

INSURER = Organisation("2", "Insurer", "1 Main Street", "Example", "EX", "00000")
HOSPITAL, CLINIC = Organisation("3", "Hospital"), Organisation("4", "Clinic *~")
DECIDED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def told(row: Any, **more: Any) -> list[RemittedClaim]:
    """The decisions of a row of the table, as remittances tell them."""
    decisions = [decision for decision, _, _ in run(row, date(2026, 1, 1))]
    return [
        remitted(
            decision,
            **{
                "claim_id": keccak(f"{row.name} {i}".encode()),
                "payer": INSURER,
                "provider": HOSPITAL,
                "currency": "EUR",
                "categories": tuple(BENEFITS),
                "decided_at": DECIDED + timedelta(seconds=i),
                "status": RemittedStatus.SETTLED,
                "payment": keccak(b"a payment"),
            }
            | more,
        )
        for i, decision in enumerate(decisions)
    ]


def remittances(claims: Iterable[RemittedClaim]) -> list[str]:
    return ["".join(pieces) for pieces in x12_835.remittances(claims)]


def named(name: str, **more: Any) -> RemittedClaim:
    return told(next(row for row in TABLE if row.name == name), **more)[-1]


@pytest.fixture
def plain() -> RemittedClaim:
    return named("the copay comes before the deductible")


# FHIR


def response(claim: RemittedClaim) -> Any:
    return json.loads(claim_response(claim), parse_float=Decimal)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_remittance_is_valid_fhir(row):
    from fhir.resources.R4B.claimresponse import ClaimResponse
    from fhir.resources.R4B.explanationofbenefit import ExplanationOfBenefit

    for claim in told(row):
        ClaimResponse.model_validate_json(claim_response(claim))
        ExplanationOfBenefit.model_validate_json(explanation_of_benefit(claim))


def test_every_amount_and_code_is_told(plain):
    read = response(plain)

    (item,) = read["item"]
    assert [entry["amount"]["value"] for entry in item["adjudication"]] == [100, 15, 50, 7, 28]
    codes = [
        [coding["code"] for coding in entry["reason"]["coding"]]
        for entry in item["adjudication"]
        if "reason" in entry
    ]
    assert codes == [["PR", "3"], ["PR", "1"], ["PR", "2"]]
    categories = [
        entry["category"]["coding"][0]["code"]
        for entry in item["adjudication"]
        if "coding" in entry["category"]
    ]
    assert categories == ["submitted", "copay", "deductible", "benefit"]
    assert [total["amount"]["value"] for total in read["total"]] == [100, 28]
    assert read["payment"]["amount"] == {"value": 28, "currency": "EUR"}
    assert read["payment"]["identifier"]["value"] == "0x" + keccak(b"a payment").hex()
    assert read["created"] == "2026-03-02T08:30:00Z"


def test_a_remark_is_told_beside_its_reason():
    read = response(named("the day after the last day of cover"))

    reason = read["item"][0]["adjudication"][1]["reason"]["coding"]
    assert reason == [
        {"system": "https://x12.org/codes/claim-adjustment-group-codes", "code": "CO"},
        {"system": "https://x12.org/codes/claim-adjustment-reason-codes", "code": "27"},
        {"system": "https://x12.org/codes/remittance-advice-remark-codes", "code": "N30"},
    ]


def test_amounts_have_two_digits(plain):
    assert b'"value": 28.00,' in claim_response(plain)


def test_nobody_is_named(plain):
    read = response(plain)

    assert read["patient"] == {
        "identifier": {
            "system": "urn:pyhealth:coverage",
            "value": "0x" + plain.coverage.hex(),
        }
    }
    assert "request" not in read


@pytest.mark.parametrize(
    ("status", "stands", "says"),
    [
        (RemittedStatus.PENDED, "active", "payment is pended"),
        (RemittedStatus.VOIDED, "cancelled", "Voided by the provider"),
    ],
)
def test_a_claim_that_was_not_paid_says_so(plain, status, stands, says):
    read = response(replace(plain, status=status))

    assert read["status"] == stands
    assert says in read["disposition"]
    assert "payment" not in read


def test_a_claim_of_which_nothing_is_due_has_no_payment():
    assert "payment" not in response(named("a coinsurance of the whole"))


def known(claim: RemittedClaim, service: str) -> RemittedClaim:
    lines = tuple(replace(line, service=service) for line in claim.lines)
    return replace(claim, number="K-1", lines=lines)


def test_numbers_and_services_are_told_where_they_are_known(plain):
    read = json.loads(explanation_of_benefit(known(plain, "urn:x|A1:LT:59")))

    assert read["claim"]["identifier"]["value"] == "K-1"
    coding = {"system": "urn:x", "code": "A1"}
    assert read["item"][0]["productOrService"] == {"coding": [coding]}
    assert json.loads(explanation_of_benefit(plain))["item"][0]["productOrService"] == {
        "text": "copaid"
    }


# CSV


def rows(*claims: RemittedClaim) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(decisions_csv(claims)))))


def test_there_is_a_row_a_line():
    claim = named("cover ends between two lines")

    first, second = rows(replace(claim, number="K-1"))

    assert first["claim_id"] == second["claim_id"] == "0x" + claim.claim_id.hex()
    assert (first["claim"], first["paid"], first["adjustments"]) == ("K-1", "100.00", "")
    assert second["adjustments"] == "CO-27 N30 100.00"
    assert second["served_on"] == "2026-02-10"
    assert first["decided_at"] == "2026-03-02T08:30:00Z"


def test_what_the_patient_bears_is_told(plain):
    (row,) = rows(plain)

    assert row["patient"] == "72.00"
    assert row["adjustments"] == "PR-3 15.00; PR-1 50.00; PR-2 7.00"


@pytest.mark.parametrize("number", ["=1+1", "+1", "-1", "@x"])
def test_no_cell_is_a_formula(plain, number):
    (row,) = rows(replace(plain, number=number))

    assert row["claim"] == "'" + number


# X12 835


def parsed(tmp_path: Path, text: str) -> list[Segment]:
    file = tmp_path / "remittance.835"
    file.write_text(text)
    return list(segments(file))


def balance(found: list[Segment]) -> dict[str, int]:
    """Check every balance of an 835, its counts and its control numbers; count its parts."""
    claims, services, payment, seen = (
        Decimal(0),
        Decimal(0),
        Decimal(0),
        {"ST": 0, "CLP": 0, "SVC": 0},
    )
    line: Decimal | None = None
    start = 0
    for at, segment in enumerate(found):
        seen[segment.name] = seen.get(segment.name, 0) + 1
        if segment.name in ("SVC", "CLP", "PLB", "SE") and line is not None:
            assert line == 0
            line = None
        match segment.name:
            case "ST":
                start, claims = at, Decimal(0)
                control = segment[2]
            case "BPR":
                payment = Decimal(segment[2])
                assert payment >= 0
            case "CLP":
                assert services == 0
                services = Decimal(segment[3]) - Decimal(segment[4])
                claims += Decimal(segment[4])
            case "SVC":
                line = Decimal(segment[2]) - Decimal(segment[3])
                services -= line
            case "CAS":
                assert line is not None
                line -= sum(Decimal(segment[i]) for i in range(3, len(segment.elements) + 1, 3))
            case "PLB":
                claims -= Decimal(segment[4])
            case "SE":
                assert services == 0
                assert payment == claims
                assert (segment[1], segment[2]) == (str(at - start + 1), control)
    assert found[0][13] == found[-1][2]
    assert found[1][6] == found[-2][2]
    assert found[-2][1] == str(seen["ST"])
    return seen


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_remittance_balances(tmp_path, row):
    claims = told(row)

    (text,) = remittances(claims)

    seen = balance(parsed(tmp_path, text))
    assert (seen["ST"], seen["CLP"]) == (1, len(claims))
    assert seen["SVC"] == sum(len(claim.lines) for claim in claims)


@pytest.mark.parametrize("seed", range(5))
def test_remittances_of_claims_made_by_chance_balance(tmp_path, seed):
    (text,) = remittances(told(generated(seed, 30)))

    assert balance(parsed(tmp_path, text))["CLP"] == 30


def test_a_remittance_is_written_as_x12_writes_it(plain):
    (text,) = remittances([known(plain, "HC|G0463:LT")])

    number = int(text.split("*")[13])
    assert text == (
        "ISA*00*          *00*          *ZZ*2              *ZZ*3              *260302*0830*^*00501*"
        f"{number:09}*0*P*:~\n"
        f"GS*HP*2*3*20260302*0830*{number}*X*005010X221A1~\n"
        "ST*835*0001~\n"
        "BPR*I*28*C*NON************20260302~\n"
        f"TRN*1*{keccak(b'a payment').hex()[:50]}*1000000002~\n"
        "CUR*PR*EUR~\n"
        "DTM*405*20260302~\n"
        "N1*PR*Insurer~\n"
        "N3*1 Main Street~\n"
        "N4*Example*EX*00000~\n"
        "REF*2U*2~\n"
        "PER*BL*Insurer*UR*urn:pyhealth:member:2~\n"
        "N1*PE*Hospital*FI*3~\n"
        "LX*1~\n"
        f"CLP*K-1*1*100*28*72*ZZ*{payer_number(plain.claim_id)}~\n"
        f"NM1*QC*1*NOT DISCLOSED*****MI*{plain.coverage.hex()}~\n"
        "DTM*050*20260302~\n"
        "SVC*HC:G0463:LT*100*28**1~\n"
        "DTM*472*20260131~\n"
        "CAS*PR*3*15**1*50**2*7~\n"
        "REF*6R*1~\n"
        "SE*20*0001~\n"
        f"GE*1*{number}~\n"
        f"IEA*1*{number:09}~\n"
    )


@pytest.mark.parametrize(
    ("service", "written"),
    [
        ("http://www.ama-assn.org/go/cpt|G0463:LT:59", "HC:G0463:LT:59"),
        ("NU|0450", "NU:0450"),
        ("http://hl7.org/fhir/sid/ndc|0002-1433-80", "N4:0002-1433-80"),
        ("urn:x|A*1", "ER:A 1"),
        (None, "ER:copaid"),
    ],
)
def test_a_service_has_the_qualifier_of_its_system(tmp_path, plain, service, written):
    claim = known(plain, service) if service else plain

    (text,) = remittances([claim])

    (line,) = [one for one in parsed(tmp_path, text) if one.name == "SVC"]
    assert line[1] == written


def test_a_secondary_payer_says_so_and_remarks_are_told(tmp_path):
    other = named("the other payer paid more than is allowed")
    late = named("cover ends between two lines")

    (text,) = remittances([other, late])

    found = parsed(tmp_path, text)
    assert {one[2] for one in found if one.name == "CLP"} == {"2", "1"}
    assert [(one[1], one[2]) for one in found if one.name == "LQ"] == [("HE", "N30")]


def test_units_that_were_not_paid_are_told(tmp_path):
    (text,) = remittances([named("more units than were authorised")])

    (line,) = [one for one in parsed(tmp_path, text) if one.name == "SVC"]
    assert (line[5], line[7]) == ("2", "3")


def test_there_is_a_transaction_a_payment_and_an_interchange_for_each_pair(tmp_path, plain):
    second = replace(plain, claim_id=keccak(b"2"), payment=keccak(b"another payment"))
    third = replace(plain, claim_id=keccak(b"3"), provider=CLINIC)

    texts = remittances([third, second, plain])

    counts = [balance(parsed(tmp_path, text)) for text in texts]
    assert [(one["ST"], one["CLP"]) for one in counts] == [(2, 2), (1, 1)]
    assert "N1*PE*Clinic*FI*4~" in texts[1]


def peak(plain: RemittedClaim, count: int) -> int:
    """The most memory that writing so many claims takes, read piece by piece."""
    claims = (
        replace(
            plain,
            claim_id=i.to_bytes(32),
            payment=(i // 50).to_bytes(32),
            decided_at=DECIDED + timedelta(seconds=i // 50),
        )
        for i in range(count)
    )
    tracemalloc.start()
    try:
        for advice in x12_835.remittances(claims):
            written = sum(len(piece) for piece in advice)
        assert written > 200 * count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_claims(plain):
    peak(plain, 100)  # what is loaded once

    few, many = peak(plain, 1_000), peak(plain, 10_000)

    assert max(few, many) < 1_000_000  # the text alone has 2.7 million characters


def test_what_an_earlier_decision_paid_is_taken_from_the_payment(tmp_path):
    row = next(row for row in TABLE if row.name == "an appeal waives the price")
    first, again = told(row)

    (text,) = remittances([again])

    found = parsed(tmp_path, text)
    balance(found)
    (correction,) = [one for one in found if one.name == "PLB"]
    assert correction[3] == f"WO:{payer_number(again.claim_id)}"
    assert (Decimal(correction[4]), first.paid) == (80, 80)
    assert next(one[2] for one in found if one.name == "BPR") == "24"


def test_a_void_is_a_reversal_that_the_provider_repaid_itself(tmp_path, plain):
    (text,) = remittances([replace(plain, status=RemittedStatus.VOIDED)])

    found = parsed(tmp_path, text)
    balance(found)
    (claim,) = [one for one in found if one.name == "CLP"]
    assert (claim[2], claim[3], claim[4], claim[5]) == ("22", "-100", "-28", "")
    (correction,) = [one for one in found if one.name == "PLB"]
    assert (correction[3], correction[4]) == (f"72:{payer_number(plain.claim_id)}", "-28")


def test_a_void_after_an_appeal_repays_what_stood(tmp_path):
    row = next(row for row in TABLE if row.name == "an appeal waives the price")
    first, again = told(row)
    paid = replace(first, claim_id=again.claim_id, payment=keccak(b"1"))
    appealed = replace(again, payment=keccak(b"2"), decided_at=DECIDED + timedelta(days=1))
    voided = replace(
        appealed,
        status=RemittedStatus.VOIDED,
        payment=keccak(b"3"),
        decided_at=DECIDED + timedelta(days=2),
    )

    (text,) = remittances([voided, paid, appealed])

    found = parsed(tmp_path, text)
    assert balance(found)["ST"] == 3
    payments = [one[2] for one in found if one.name == "BPR"]
    amounts = [(one[2], one[4]) for one in found if one.name == "CLP"]
    corrections = [(one[3][:2], one[4]) for one in found if one.name == "PLB"]
    assert payments == ["80", "24", "0"]
    assert amounts == [("1", "80"), ("1", "104"), ("22", "-104")]
    assert corrections == [("WO", "80"), ("72", "-104")]


def test_a_void_of_what_was_paid_nothing_repays_nothing(tmp_path):
    denied = named("the day after the last day of cover", status=RemittedStatus.VOIDED)

    (text,) = remittances([denied])

    found = parsed(tmp_path, text)
    balance(found)
    assert [one for one in found if one.name == "PLB"] == []
    assert next(one[2] for one in found if one.name == "BPR") == "0"


def test_pended_claims_are_in_no_remittance(plain):
    assert remittances([replace(plain, status=RemittedStatus.PENDED)]) == []


def test_a_decision_that_does_not_balance_is_in_no_remittance(plain):
    wrong = replace(plain, lines=(replace(plain.lines[0], paid=Decimal(29)),))

    with pytest.raises(
        InputError, match=r"Line 1 of claim 0x.* does not balance; rebuild the index"
    ):
        remittances([wrong])


# twice


def test_written_twice_it_has_the_same_bytes():
    claims = told(generated(3, 10))

    assert list(map(claim_response, claims)) == list(map(claim_response, told(generated(3, 10))))
    assert list(map(explanation_of_benefit, claims)) == list(map(explanation_of_benefit, claims))
    assert remittances(claims) == remittances(reversed(claims))
    assert list(decisions_csv(claims)) == list(decisions_csv(claims))
