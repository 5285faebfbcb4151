"""
claims of files
├── given the samples
│   └── each format gives its claims, whole, with their places
├── given one resource, a Bundle, an array, lines, or a folder
│   └── the same claims are found in each, in order
├── given a line, an entry, a row or a claim with a fault
│   └── it is refused with its place and why, and the others are read
├── given a long file
│   └── memory does not grow with it
├── given claims of FHIR
│   ├── charges follow from net, price, quantity and factor, or from what the total leaves
│   ├── the day of service is the line's, else that of a period within a day, or of a stay
│   ├── the coverage is what a reference or an identifier names, contained ones too
│   ├── what payers before paid is read from a contained ClaimResponse
│   └── what was left out or assumed is reported
├── given X12 837
│   ├── separators come from ISA, whatever they are
│   ├── member, dependent, prior payments, replacement and void are read
│   └── a transaction that was cut, or counts wrong, is reported
├── given what others wrote
│   └── every claim is read or refused with a reason, held against all of FHIR R4 too
├── given any bytes
│   └── nothing but our own errors come out
└── the page names every column
"""

import json
import re
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pyhealth.adjudication.values import BilledClaim, BilledLine, Frequency, Refused
from pyhealth.standards import json_scan, x12
from pyhealth.standards.claims import coverages, csv_claim, csv_decision, fee_schedule, reader
from pyhealth.standards.claims.coverages import read_coverages
from pyhealth.standards.claims.expected import Expected
from pyhealth.standards.claims.fhir_claim import claim_of
from pyhealth.standards.claims.mapping import read_mapping
from pyhealth.standards.claims.reader import read_claims

SAMPLES = ROOT / "samples/claims"
DATA = ROOT.parent / "shared/data"
TODAY = date(2026, 1, 1)
SYSTEM = "urn:pyhealth:sample-services"


def read(*paths: Path, **expected: Any) -> list[BilledClaim | Refused]:
    return list(read_claims(paths, Expected(**{"today": TODAY, "currency": "EUR"} | expected)))


def only(found: list[BilledClaim | Refused]) -> BilledClaim:
    (claim,) = found
    assert isinstance(claim, BilledClaim), str(claim)
    return claim


def refusal(found: list[BilledClaim | Refused]) -> Refused:
    (refused,) = [one for one in found if isinstance(one, Refused)]
    return refused


def claim(**changes: Any) -> dict[str, Any]:
    """A claim of FHIR with one line; what is None is left out."""
    whole = {
        "resourceType": "Claim",
        "id": "K-1",
        "status": "active",
        "type": {"coding": [{"code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/one"},
        "created": "2025-04-02",
        "provider": {"reference": "Organization/1"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [insurance()],
        "item": [item()],
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def insurance(**changes: Any) -> dict[str, Any]:
    return {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/C-1"}} | changes


def item(**changes: Any) -> dict[str, Any]:
    whole = {
        "sequence": 1,
        "productOrService": {"coding": [{"system": SYSTEM, "code": "C100"}]},
        "servicedDate": "2025-04-02",
        "net": euros(80),
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def euros(amount: float, currency: str = "EUR") -> dict[str, Any]:
    return {"value": amount, "currency": currency}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file, JSON where it is no text."""

    def write(content: Any, name: str = "claim.json") -> Path:
        file = tmp_path / name
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


# the samples


def test_the_samples_give_their_claims():
    mapping = read_mapping(SAMPLES / "mapping.yaml")

    found = [
        read(SAMPLES / name, mapping=mapping, validate=True)
        for name in ("claims.ndjson", "claims.csv", "claims.x12")
    ]

    assert not [str(one) for some_ in found for one in some_ if isinstance(one, Refused)]
    assert [len(some_) for some_ in found] == [8, 4, 4]
    places = [str(some_[1].place) for some_ in found]
    assert places[0].endswith("claims.ndjson, line 2")
    assert places[1].endswith("claims.csv, line 4")
    assert places[2].endswith("claims.x12, line 36, segment 36")


def test_a_claim_of_csv_is_read_whole():
    found = read(SAMPLES / "claims.csv")

    assert found[2] == BilledClaim(
        number="K-2003",
        coverage="C-1004",
        provider="Hospital",
        currency="EUR",
        lines=(
            BilledLine(
                1,
                (SYSTEM + "|C110",),
                date(2025, 4, 4),
                1,
                Decimal(80),
                prior_paid=Decimal(50),
            ),
        ),
    )


def test_a_claim_of_fhir_is_read_whole():
    found = read(SAMPLES / "claims.ndjson")

    assert found[6] == BilledClaim(
        number="K-1007",
        coverage="C-1003",
        provider="Organization/hospital",
        currency="EUR",
        lines=tuple(
            BilledLine(n, (SYSTEM + "|D410",), date(2025, 3, 5), 1, Decimal(120), (site,))
            for n, site in ((1, "36"), (2, "37"))
        ),
        kind="oral",
    )


def test_a_claim_of_x12_is_read_whole():
    found = read(SAMPLES / "claims.x12")

    assert found[1] == BilledClaim(
        number="K-3002",
        coverage="M1001#20150412",
        provider="1999999984",
        currency="EUR",
        lines=(BilledLine(1, ("HC|G0283",), date(2025, 4, 7), 2, Decimal(90), ("GP",)),),
    )
    assert found[2].lines[0].prior_paid == Decimal(48)
    assert found[3].kind == "institutional"
    assert found[3].lines[1].codes == ("HC|G0480", "NU|0301")


# one resource, a Bundle, an array, lines, a folder

THREE = [claim(id=f"K-{n}") for n in range(3)]


@pytest.mark.parametrize(
    ("content", "name", "place"),
    [
        ({"resourceType": "Bundle", "entry": [{"resource": one} for one in THREE]}, "a.json", ", entry 2"),
        ({"entry": [{"resource": one} for one in THREE], "resourceType": "Bundle"}, "a.json", ", entry 2"),
        (THREE, "a.json", ", element 2"),
        ("\n".join(json.dumps(one, indent=2) for one in THREE), "a.json", "line 55"),
        ("\n".join(map(json.dumps, THREE)), "a.ndjson", "line 2"),
        ("\ufeff" + "\r\n\r\n".join(map(json.dumps, THREE)), "a.jsonl", "line 3"),
        ("\ufeff" + json.dumps(THREE), "a.json", ", element 2"),
    ],
)  # fmt: skip
def test_the_same_claims_are_found_in_each_form(written, content, name, place):
    found = read(written(content, name))

    assert [one.number for one in found] == ["K-0", "K-1", "K-2"]
    assert place in str(found[1].place)


@pytest.mark.parametrize("piece", [1, 7, 105, 106])
def test_it_does_not_matter_in_which_pieces_a_file_is_read(written, monkeypatch, piece):
    monkeypatch.setattr(json_scan, "PIECE", piece)
    monkeypatch.setattr(x12, "PIECE", piece)
    bundle = written({"entry": [{"resource": one} for one in THREE], "total": 12345})

    assert [one.number for one in read(bundle)] == ["K-0", "K-1", "K-2"]
    assert len(read(written(X12 * 2, "two.x12"))) == 8


def test_an_entry_that_is_no_object_is_refused_and_the_next_is_read(written):
    file = written({"resourceType": "Bundle", "entry": [7, {"resource": claim()}]})

    assert [type(one) for one in read(file)] == [Refused, BilledClaim]
    assert "entry 1: no JSON object; a resource is one." in str(refusal(read(file)))


def test_a_folder_gives_the_claims_of_its_files_in_order(written, tmp_path):
    (tmp_path / "b").mkdir()
    written(claim(id="second"), "b/one.json")
    written(claim(id="first"), "a.json")
    written(claim(id="hidden"), ".hidden.json")
    written("not claims", "readme.txt")

    assert [one.number for one in read(tmp_path)] == ["first", "second"]


def test_other_resources_are_passed_over(written):
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}
    bundle["entry"].append({"resource": claim()})
    bundle["entry"].append({"fullUrl": "urn:uuid:1"})

    assert only(read(written(bundle))).number == "K-1"


# faults in files


def test_line_7312_of_many_is_refused_and_the_rest_is_read(written):
    lines = [json.dumps(claim(id=f"K-{n}")) for n in range(1, 7501)]
    lines[7311] = lines[7311][:-3]
    file = written("\n".join(lines), "claims.ndjson")

    found = read(file)

    assert len(found) == 7500
    refused = refusal(found)
    assert str(refused) == (
        f"{file}, line 7312: not JSON (Expecting ',' delimiter at column {len(lines[7311]) + 1}); "
        "write the resource anew."
    )


FAULTY_FILES = [
    ("", "a.json", "a.json: no claim is in it; .json, .ndjson, .jsonl, .csv, .x12, .edi, .837, .837p, .837i files are read."),
    ("{}", "a.json", "a.json: no claim is in it;"),
    ("claims", "a.txt", "a.txt: no claim is in it;"),
    ("[1]", "a.json", "a.json, line 1, element 1: no JSON object; a resource is one."),
    ("[1", "a.json", "',' or ']' is expected and the end stands there"),
    ('{"a": 1', "a.json", "',' or '}' is expected and the end stands there"),
    ('{"a" 1}', "a.json", "':' is expected and '1' stands there"),
    ("{1: 2}", "a.json", "'\"' is expected and '1' stands there"),
    ("nul", "a.json", "'{' is expected and 'n' stands there"),
    ('{"a": nul}', "a.json", "not JSON (Expecting value). What follows cannot be read."),
    ('{"a": NaN}', "a.json", "NaN is no number"),
    ('{"a": 1e99999999999999999999}', "a.ndjson", "is no number of 40 digits at most"),
    ('{"a": ' + "1" * 41 + "}", "a.ndjson", "is no number of 40 digits at most"),
    ("[" * 100_000, "a.json", "nested deeper than any resource."),
    ("[" * 100_000, "a.ndjson", "nested deeper than any resource."),
    ('{"a": 1, "a": 2}', "a.json", "'a' stands twice in one object; keep one."),
    ('{"b": {"a": 1, "a": 2}}', "a.json", "'a' stands twice in one object; keep one."),
    ('{"b": {"a": 1, "a": 2}}', "a.ndjson", "a.ndjson, line 1: 'a' stands twice in one object; keep one."),
    ('[{"a": 1, "a": 2}]', "a.json", "a.json, line 1, element 1: 'a' stands twice in one object; keep one."),
    ("[1]", "a.ndjson", "a.ndjson, line 1: no JSON object; a resource is one."),
    (",".join(csv_claim.REQUIRED), "a.csv", "a.csv: no claim is in it;"),
    ("[1] x", "a.ndjson", "Extra data at column 5"),
    (b'{"a": "\xff"}', "a.json", "not UTF-8; write the file as UTF-8."),
    (b'{"a": "\xff"}', "a.ndjson", "a.ndjson, line 1: not UTF-8; write the file as UTF-8."),
    ('{"a":"' + "x" * 1200 + '"}', "a.ndjson", "longer than 1000 bytes; one resource a line is expected."),
    ("", "a.csv", "a.csv, line 1: no column is named claim; the columns are claim, coverage, code,"),
    ("claim,coverage,code,served_on,charge,currency,mood\n", "a.csv", "column 'mood' is unknown or stands twice"),
    ("claim,claim,coverage,code,served_on,charge,currency\n", "a.csv", "column 'claim' is unknown or stands twice"),
    (b"claim,\xff\n", "a.csv", "a.csv, line 1: not UTF-8; write the file as UTF-8."),
    ("ISA*00", "a.x12", "a.x12, line 1, segment 1: the ISA segment is not 106 characters with its elements in place."),
    ("GS*HC~", "a.x12", "an X12 file begins with ISA, and this one does not."),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "why"), FAULTY_FILES, ids=range(len(FAULTY_FILES)))
def test_a_faulty_file_is_refused_with_its_place(written, monkeypatch, content, name, why):
    monkeypatch.setattr(json_scan, "LONGEST", 100_000 if len(content) > 9999 else 1000)

    found = read(written(content, name))

    assert why in str(found[-1])
    assert isinstance(found[-1], Refused)


def test_what_follows_a_line_that_is_too_long_is_read(written, monkeypatch):
    monkeypatch.setattr(json_scan, "LONGEST", 1000)
    monkeypatch.setattr(json_scan, "PIECE", 64)

    found = read(written("x" * 5000 + "\n" + json.dumps(claim()), "a.ndjson"))

    assert [type(one) for one in found] == [Refused, BilledClaim]


def test_a_missing_file_a_pipe_and_an_unreadable_folder_are_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loose.json").symlink_to("nowhere")

    found = read(tmp_path / "missing.json", tmp_path / "pipe", tmp_path / "loose.json")

    assert [str(one).partition(": ")[2] for one in found] == [
        "it cannot be read (No such file or directory).",
        "it cannot be opened (it is neither a file nor a folder).",
        "it cannot be read (No such file or directory).",
    ]


def test_memory_does_not_grow_with_the_file(written):
    one = json.dumps(claim(text={"div": "x" * 1000}))
    peaks = []
    for count in (200, 1500):
        whole = '{"entry": [' + ",\n".join(f'{{"resource": {one}}}' for _ in range(count)) + "]}"
        files = [written(whole, "a.json"), written("\n".join([one] * count), "b.ndjson")]
        tracemalloc.start()
        assert sum(1 for _ in read_claims(files, Expected())) == 2 * count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 200_000


# claims of FHIR


@pytest.mark.parametrize(
    ("changes", "charge"),
    [
        ({"net": euros(80)}, "80"),
        ({"net": euros(102.39999999999999)}, "102.40"),
        ({"net": None, "unitPrice": euros(12.5), "quantity": {"value": 4}}, "50"),
        ({"net": None, "unitPrice": euros(1400), "factor": 0.75}, "1050"),
        ({"net": euros(10), "unitPrice": euros(3.333), "quantity": {"value": 3}}, "10"),
        ({"net": euros(30), "unitPrice": euros(99), "detail": [{"sequence": 1}]}, "30"),
    ],
)
def test_charges_follow_from_what_the_line_states(written, changes, charge):
    found = only(read(written(claim(item=[item(**changes)]))))

    assert found.lines[0].charge == Decimal(charge)


def test_one_line_without_an_amount_charges_what_the_total_leaves(written):
    items = [item(net=None), item(sequence=2, net=euros(20))]

    found = only(read(written(claim(item=items, total=euros(100)))))

    assert [line.charge for line in found.lines] == [80, 20]
    assert found.findings == ("item[1] is taken to charge what the total leaves, 80.00",)


def test_of_several_lines_without_an_amount_the_first_charges_the_rest_where_that_is_lenient(
    written,
):
    items = [item(net=None), item(sequence=2, net=None), item(sequence=3, net=euros(20))]
    file = written(claim(item=items, total=euros(100)))

    assert "item[1] has neither a net nor a unitPrice" in str(refusal(read(file)))
    found = only(read(file, lenient=True))
    assert [(line.number, line.charge) for line in found.lines] == [(1, 80), (3, 20)]
    assert found.findings[1] == "item[2]: left out, since no amount is stated"


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({"item": [item(servicedDate="2025-04-02")]}, "2025-04-02"),
        ({"item": [item(servicedDate=None, servicedPeriod={"start": "2025-04-03T23:30:00-05:00"})]}, "2025-04-03"),
        ({"item": [item(servicedDate=None)], "billablePeriod": {"start": "2025-04-04T08:00:00Z", "end": "2025-04-04T09:00:00Z"}}, "2025-04-04"),
        ({"item": [item(servicedDate=None)], "type": {"coding": [{"code": "institutional"}]}, "billablePeriod": {"start": "2025-04-05", "end": "2025-04-09"}}, "2025-04-05"),
    ],
)  # fmt: skip
def test_the_day_of_service_is_the_lines_else_that_of_a_period(written, changes, day):
    found = only(read(written(claim(**changes))))

    assert found.lines[0].served_on == date.fromisoformat(day)


CONTAINED = [
    {"resourceType": "Coverage", "id": "c", "identifier": [{"system": "urn:x", "value": "7"}]},
    {"resourceType": "Coverage", "id": "bare"},
    {"resourceType": "Coverage", "id": "odd", "identifier": [{"system": "urn:x"}]},
]


@pytest.mark.parametrize(
    ("coverage", "name"),
    [
        ({"reference": "Coverage/C-1"}, "C-1"),
        ({"reference": "Coverage/C-1/_history/2"}, "C-1"),
        ({"reference": "http://payer.example/Coverage/C-1"}, "http://payer.example/Coverage/C-1"),
        ({"reference": "urn:uuid:1"}, "urn:uuid:1"),
        ({"identifier": {"system": "urn:x", "value": "9"}}, "urn:x|9"),
        ({"identifier": {"value": "9"}}, "9"),
        ({"reference": "#c"}, "urn:x|7"),
        ({"reference": "#bare"}, "bare"),
        ({"reference": "#odd"}, "odd"),
    ],
)
def test_the_coverage_is_what_is_named(written, coverage, name):
    found = only(
        read(written(claim(contained=CONTAINED, insurance=[insurance(coverage=coverage)])))
    )

    assert found.coverage == name


def test_a_coverage_that_is_only_displayed_is_the_patients_where_that_is_lenient(written):
    file = written(claim(insurance=[insurance(coverage={"display": "private"})]))

    assert "names the coverage by neither a reference nor an identifier" in str(refusal(read(file)))
    found = only(read(file, lenient=True))
    assert found.coverage == "Patient/one"
    assert found.findings == (
        "insurance[1].coverage names no coverage; that of Patient/one is taken",
    )


def answer(**amount: Any) -> dict[str, Any]:
    benefit = {"category": {"coding": [{"code": "benefit"}]}, "amount": euros(60) | amount}
    copay = {"category": {"coding": [{"code": "copay"}]}, "amount": euros(5)}
    other = {"itemSequence": 2, "adjudication": [benefit]}
    own = {"itemSequence": 1, "adjudication": [copay, benefit]}
    return {"resourceType": "ClaimResponse", "id": "r", "item": [other, own]}


def test_what_payers_before_paid_is_read_from_their_decision(written):
    first = insurance(focal=False, claimResponse={"reference": "#r"})
    second = insurance(sequence=2)
    file = written(claim(contained=[answer()], insurance=[first, second]))

    assert only(read(file)).lines[0].prior_paid == Decimal(60)


def test_a_payer_that_comes_after_decides_nothing(written):
    after = insurance(sequence=2, focal=False)

    assert only(read(written(claim(insurance=[insurance(), after])))).lines[0].prior_paid is None


def test_what_was_left_out_is_reported(written):
    items = [item(detail=[{"sequence": 1}]), item(sequence=2, net=euros(0))]
    twice = insurance(preAuthRef=["3", "4"])

    found = only(read(written(claim(item=items, insurance=[twice]))))

    assert found.lines[0].authorisation == "3"
    assert [line.number for line in found.lines] == [1]
    assert found.findings == (
        "insurance[1].preAuthRef: the first of 2 is used",
        "item[1]: its 1 details are taken together in its net",
        "lines left out, since they charge nothing: 2",
    )


def test_parts_of_units_count_as_a_whole_where_that_is_lenient(written):
    file = written(claim(item=[item(quantity={"value": 1.5})]))

    assert "item[1].quantity 1.5 is not whole" in str(refusal(read(file)))
    assert only(read(file, lenient=True)).lines[0].units == 2


def test_a_prior_claim_is_replaced(written):
    prior = {"relationship": {"coding": [{"code": "prior"}]}, "claim": {"reference": "Claim/K-0"}}
    beside = {
        "relationship": {"coding": [{"code": "associated"}]},
        "claim": {"reference": "Claim/K-9"},
    }

    found = only(read(written(claim(related=[beside, prior]))))

    assert (found.frequency, found.replaces) == (Frequency.REPLACEMENT, "K-0")


def test_a_revenue_code_and_a_category_are_other_codings_of_the_service(written):
    more = {"revenue": {"coding": [{"code": "0450"}]}, "category": {"coding": [{"code": "F6"}]}}

    found = only(read(written(claim(item=[item(**more)]))))

    assert found.lines[0].codes == (SYSTEM + "|C100", "|0450", "|F6")
    assert found.lines[0].service == SYSTEM + "|C100"


CODED = {"coding": [{"code": "x" * 300}]}
BAD_CLAIMS = [
    ("a negative amount", claim(item=[item(net=euros(-5))]), "item[1].net -5 is negative; correct it, or replace an earlier claim."),
    ("an absurd amount", claim(item=[item(net=euros(1e12))]), "is more than any claim can be; correct it."),
    ("an amount that is text", claim(item=[item(net={"value": "80", "currency": "EUR"})]), "item[1].net.value is '80'; a number is expected."),
    ("a fraction of a hundredth", claim(item=[item(net=euros(80.005))]), "item[1].net 80.005 is finer than 0.01 EUR"),
    ("no date of service", claim(item=[item(servicedDate=None)]), "item[1] has no date of service; state servicedDate, servicedPeriod, or a billablePeriod of one day."),
    ("a period of several days", claim(item=[item(servicedDate=None)], billablePeriod={"start": "2025-04-01", "end": "2025-04-02"}), "item[1] has no date of service"),
    ("half a date of service", claim(item=[item(servicedDate="2025-04")]), "item[1].servicedDate is '2025-04'; a full date is expected."),
    ("a date that is none", claim(item=[item(servicedDate="2025-02-30")]), "item[1].servicedDate is '2025-02-30'; a full date is expected."),
    ("a service in the future", claim(item=[item(servicedDate="2026-01-02")]), "line 1 was served on 2026-01-02, after today, 2026-01-01; submit it when the service was given."),
    ("a service before time", claim(item=[item(servicedDate="1969-12-31")]), "line 1 was served on 1969-12-31, before 1970-01-01; correct it."),
    ("two focal insurances", claim(insurance=[insurance(), insurance(sequence=2)]), "2 of 2 insurances are focal; mark the one that this claim is made on."),
    ("no focal insurance", claim(insurance=[insurance(focal=False)]), "0 of 1 insurances are focal"),
    ("sums that differ", claim(total=euros(81)), "the total is 81.00 EUR and the lines sum up to 80.00 EUR; correct one of them."),
    ("a price that differs", claim(item=[item(unitPrice=euros(70))]), "item[1].net is 80.00 and unitPrice, factor and quantity make 70.000000; correct one of them."),
    ("more lines than fit", claim(item=[item(sequence=n) for n in range(1, 102)]), "the claim has 101 lines and a transaction holds 100; split it."),
    ("no line", claim(item=None, total=euros(5)), "the claim has no line; state what was done."),
    ("nothing charged", claim(item=[item(net=euros(0))]), "the claim charges nothing; leave it out."),
    ("another currency", claim(item=[item(net=euros(80, "USD"))]), "the claim is in USD, and only EUR is settled here; submit it to a payer that settles in its currency."),
    ("two currencies", claim(item=[item(), item(sequence=2, net=euros(1, "USD"))]), "the claim has EUR and USD; one currency is expected."),
    ("no amount at all", claim(item=[item(net=None)]), "the claim has no amount; one currency is expected."),
    ("an endless price", claim(item=[item(unitPrice=euros(1e30))]), "item[1].unitPrice is no amount; write 2450.50."),
    ("two lines of one number", claim(item=[item(), item()]), "two items have the same sequence; number them anew."),
    ("a line number that is none", claim(item=[item(sequence=1.5)]), "item[1].sequence is 1.5; a whole number from 1 is expected."),
    ("a line number too great", claim(item=[item(sequence=10**30)]), "a whole number from 1 is expected."),
    ("no code", claim(item=[item(productOrService={"text": "visit"})]), "item[1].productOrService has no code; code the service."),
    ("an unknown code", claim(item=[item(productOrService={"coding": [{"system": "s", "code": "?"}]})]), "line 1 bills s|?, which version 1 of"),
    ("an endless code", claim(item=[item(productOrService=CODED)]), "is no identifier or code: 1 to 256 characters that can be read are expected."),
    ("no unit", claim(item=[item(quantity={"value": 0})]), "item[1].quantity 0 is no number of units from 1 to 65535."),
    ("too many units", claim(item=[item(quantity={"value": 65536})]), "item[1].quantity 65536 is no number of units from 1 to 65535."),
    ("a request for authorisation", claim(use="preauthorization"), "the claim's use is 'preauthorization', which asks for no payment; ask the payer for an authorisation instead."),
    ("a draft", claim(status="draft"), "the claim's status is 'draft'; submit it when it is active."),
    ("a cancelled claim", claim(status="cancelled"), "the claim's status is 'cancelled'; void the claim that was submitted with 'pyhealth claim void'."),
    ("a status that is none", claim(status="happy"), "the claim's status is 'happy'; active is expected."),
    ("no number", claim(id=None), "the claim has neither an id nor an identifier; number it."),
    ("no priority", claim(priority=None), "the claim has no priority; FHIR R4 requires it."),
    ("no patient", claim(patient=None), "the claim has no patient; FHIR R4 requires it."),
    ("no provider", claim(provider=None), "the claim has no provider; FHIR R4 requires it."),
    ("no insurance", claim(insurance=None), "the claim has no insurance; FHIR R4 requires it."),
    ("a date of writing that is none", claim(created="yesterday"), "created is 'yesterday'; a full date is expected."),
    ("a payer before without a decision", claim(insurance=[insurance(focal=False), insurance(sequence=2)]), "insurance[1] comes before the focal one, and the claim does not contain that payer's ClaimResponse"),
    ("a decision in another currency", claim(contained=[answer(currency="USD")], insurance=[insurance(focal=False, claimResponse={"reference": "#r"}), insurance(sequence=2)]), "is in USD, and the claim is in EUR."),
    ("half a character", claim(id="\ud800"), "id holds half a character; write it anew."),
    ("a number with a line break", claim(id="K\n1"), "is no identifier or code"),
    ("a list that is none", claim(item={"sequence": 1}), "item is no list of objects; correct it."),
    ("an object that is none", claim(item=[item(net=80)]), "item[1].net is 80; an object is expected."),
    ("authorisations that are none", claim(insurance=[insurance(preAuthRef="7")]), "insurance[1].preAuthRef is no list of numbers; correct it."),
    ("one authorisation that is a number", claim(insurance=[insurance(preAuthRef=7)]), "insurance[1].preAuthRef is no list of numbers; correct it."),
    ("a total below its lines", claim(item=[item(net=None), item(sequence=2)], total=euros(60)), "what the total leaves for item[1], -20.00 is negative"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "resource", "why"), BAD_CLAIMS, ids=[row[0] for row in BAD_CLAIMS]
)
def test_a_bad_claim_is_refused_in_one_sentence_and_the_rest_goes_on(written, name, resource, why):
    lines = [json.dumps(one) for one in (claim(id="before"), resource, claim(id="after"))]
    file = written("\n".join(lines), "claims.ndjson")

    found = read(file, mapping=read_mapping(SAMPLES / "mapping.yaml"))

    refused = refusal(found)
    assert str(refused).startswith(f"{file}, line 2: ")
    assert why in str(refused)
    assert refused.sentence.endswith(".")
    assert "\n" not in str(refused)
    assert [one.number for one in found if isinstance(one, BilledClaim)] == ["before", "after"]


def test_a_claim_of_a_form_that_nobody_foresaw_does_not_stop_the_others(written, monkeypatch):
    def stumbling(resource: dict[str, Any], *more: Any, **flags: Any) -> BilledClaim:
        assert resource["id"] != "K-2"
        return claim_of(resource, *more, **flags)

    monkeypatch.setattr(reader, "claim_of", stumbling)
    file = written("\n".join(json.dumps(claim(id=f"K-{n}")) for n in (1, 2, 3)), "a.ndjson")

    found = read(file)

    assert str(refusal(found)) == (
        f"{file}, line 2: it has not the form of FHIR R4 (AssertionError); correct it."
    )
    assert [one.number for one in found] == ["K-1", "K-2", "K-3"]


def test_a_claim_without_an_id_goes_by_its_identifier(written):
    identifiers = [{"system": "urn:x"}, {"system": "urn:y", "value": "K-9"}]

    assert only(read(written(claim(id=None, identifier=identifiers)))).number == "K-9"


def test_a_net_that_differs_from_its_price_stands_where_that_is_lenient(written):
    found = only(read(written(claim(item=[item(unitPrice=euros(70))])), lenient=True))

    assert found.lines[0].charge == Decimal(80)
    assert found.findings == (
        "item[1].net is 80.00 and unitPrice, factor and quantity make 70.000000; the net stands",
    )


def test_a_refused_claim_keeps_its_number(written):
    assert refusal(read(written(claim(id="K-7", status="draft")))).number == "K-7"
    assert refusal(read(written(claim(id="K-7", total=euros(1))))).number == "K-7"


def test_all_of_fhir_is_held_against_where_that_is_asked(written):
    file = written(claim(priority={"coding": "normal"}))

    assert only(read(file)).number == "K-1"
    assert "is no valid FHIR R4" in str(refusal(read(file, validate=True)))
    strange = written(claim(contained=[{"resourceType": "Spaceship"}]))
    assert "the Claim contains what is none of FHIR R4" in str(
        refusal(read(strange, validate=True))
    )


# claims of CSV

HEADING = "claim,coverage,code,served_on,charge,currency,line,units,total,replaces,voids\n"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("K,C,s|A,2025-04-02,-5,EUR,,,,,", "charge -5 is negative; correct it, or replace an earlier claim."),
        ("K,C,s|A,2025-04-02,5,EU,,,,,", "'EU' is no currency; write the three letters of ISO 4217, as EUR."),
        ("K,C,s|A,02.04.2025,5,EUR,,,,,", "served_on is '02.04.2025'; a date such as 2026-03-14 is expected."),
        ("K,C,s|A,,5,EUR,,,,,", "column served_on is empty; fill it."),
        ("K,C,,2025-04-02,5,EUR,,,,,", "column code is empty; fill it."),
        ("K,C,s|A,2025-04-02,5,EUR,0,,,,", "line '0' is no number of a line; count from 1."),
        ("K,C,s|A,2025-04-02,5,EUR,²,,,,", "line '²' is no number of a line; count from 1."),
        ("K,C,s|A,2025-04-02,5,EUR,,x,,,", "units x is no number of units from 1 to 65535."),
        ("K,C,s|A,2025-04-02,5,EUR,,,6,,", "the total is 6.00 EUR and the lines sum up to 5.00 EUR; correct one of them."),
        ("K,C,s|A,2025-04-02,5,EUR,1,,,,\nK,C,s|A,2025-04-02,5,EUR,1,,,,", "two rows have the same number of a line; number them anew."),
        ("K,C,s|A,2025-04-02,5,EUR,,,,,\nK,D,s|A,2025-04-02,5,EUR,,,,,", "line 4 says 'D' in column coverage, and the claim's first row 'C'; write it alike in all."),
        ("K,C,s|A,2025-04-02,5,EUR,,,,,,,,", "14 cells stand under 11 columns; correct the row."),
        ('K,C,s|A,2025-04-02,5,"EUR,,,,,', "not CSV (unexpected end of data); write the row anew."),
        ("K\x07,C,s|A,2025-04-02,5,EUR,,,,,", "column claim holds what cannot be read; write it anew."),
        ("K,C,s|A,2025-04-02,5,EUR,,,,,\nK,C,\udcff,2025-04-02,5,EUR,,,,,", "line 4 is not UTF-8; write the file as UTF-8."),
        (",C,s|A,2025-04-02,5,EUR,,,,,", "column claim is empty; fill it."),
    ],
)  # fmt: skip
def test_a_bad_row_refuses_its_claim_and_no_other(written, rows, why):
    good = "{},C,s|A,2025-04-02,5,EUR,,,,,"
    content = HEADING + "\n".join((good.format("before"), rows, good.format("after"), ""))
    file = written(content.encode("utf-8", "surrogateescape"), "claims.csv")

    found = read(file)

    numbers = [one.number for one in found if isinstance(one, BilledClaim)]
    lost = {"before"} if "not CSV" in why else set()  # whose row it is cannot be known
    assert set(numbers) == {"before", "after"} - lost
    assert why in str(refusal(found))


def test_a_void_needs_no_line(written):
    file = written(HEADING + "K-2,C,,,,EUR,,,,,K-1\n", "claims.csv")

    found = only(read(file))

    assert (found.frequency, found.replaces, found.lines) == (Frequency.VOID, "K-1", ())


def test_a_row_longer_than_any_is_refused_and_the_next_is_read(written):
    row = "\nK,C,s|A,2025-04-02,5,EUR,,,,,\n"
    file = written(HEADING + "L," + "x" * 200_000 + "\n" + row, "claims.csv")

    found = read(file)

    assert "longer than 65536 bytes; no row is." in str(refusal(found))
    assert found[-1].number == "K"


# claims of X12

X12 = (SAMPLES / "claims.x12").read_text()


def changed(*pairs: tuple[str, str]) -> str:
    text = X12
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("element", "component", "segment"),
    [("|", ">", "\n"), ("\x1d", "\x1f", "\x1e"), ("*", ":", "~")],
)
def test_separators_come_from_isa(written, element, component, segment):
    text = X12.replace("~\n", "~").replace(":", component).replace("*", element)

    found = read(written(text.replace("~", segment), "a.edi"))

    assert found == read(SAMPLES / "claims.x12")


def test_two_interchanges_may_differ_in_their_separators(written):
    other = X12.replace(":", ">").replace("*", "|")

    assert len(read(written(X12 + other, "a.x12"))) == 8


def test_a_replacement_and_a_void_name_the_payers_number(written):
    text = changed(
        ("K-3001*140***11:B:1*Y*A*Y*Y~\n", "K-3001*140***11:B:7*Y*A*Y*Y~\nREF*F8*0abc~\n"),
        ("K-3002*90***11:B:1*Y*A*Y*Y~\n", "K-3002*90***11:B:8*Y*A*Y*Y~\nREF*F8*0def~\n"),
        ("SE*57*0001", "SE*59*0001"),
    )  # fmt: skip

    found = read(written(text, "a.x12"))

    assert (found[0].frequency, found[0].replaces) == (Frequency.REPLACEMENT, "0abc")
    assert (found[1].frequency, found[1].replaces) == (Frequency.VOID, "0def")
    assert not [one for one in found if isinstance(one, Refused)]


def test_an_authorisation_of_a_line_goes_before_that_of_the_claim(written):
    text = changed(
        ("HI*ABK:Z000~\nLX*1~\nSV1*HC:G0463*80", "REF*G1*5~\nLX*1~\nSV1*HC:G0463*80"),
        ("REF*6R*2~", "REF*G1*6~"),
    )

    found = read(written(text, "a.x12"))

    assert [line.authorisation for line in found[0].lines] == ["5", "6"]


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([("K-3001*140", "K-3001*141")], "the total is 141.00 EUR and the lines sum up to 140.00 EUR; correct one of them."),
        ([("SV1*HC:G0463*80", "SV1*HC:G0463*-80")], "line 1, SV102 -80 is negative"),
        ([("DTP*472*D8*20250405~\nREF*6R*1", "REF*6R*1")], "line 1 has no date of service (DTP*472); state it."),
        ([("DTP*472*D8*20250405~\nREF*6R*1", "DTP*472*D8*20250231~\nREF*6R*1")], "line 1, DTP*472 is '20250231'; a day as 20260314 is expected."),
        ([("SV1*HC:G0463*80*UN*1***1~\n", "")], "line 1 has no SV1 or SV2; state the service."),
        ([("SV1*HC:G0463*80", "SV1**80")], "line 1, SV1 has no code; code the service."),
        ([("SV1*HC:G0463*80*UN*1", "SV1*HC:G0463*80*UN*1.5")], "line 1, SV104 1.5 is not whole"),
        ([("11:B:1", "11:B:0")], "CLM05-3 is '0'; 1, 7 for a replacement or 8 for a void is expected."),
        ([("11:B:1", "11:B:7")], "the claim does not name the claim that it replaces or voids; add it."),
        ([("MI*M1003", "MI*")], "the claim names no member number (NM1*IL) or birthdate (DMG); add it."),
        ([("DMG*D8*20150412*U", "DMG*D8")], "the claim names no member number (NM1*IL) or birthdate (DMG); add it."),
        ([("CUR*85*EUR", "CUR*85*USD")], "the claim is in USD, and only EUR is settled here"),
        ([("CAS*PR*2*12", "CAS*PR*2*11")], "line 1 charges 80.00, and the earlier payer's 48.00 with adjustments of 31.00 does not make that; correct SVD or CAS."),
        ([("SVD*OTHER*48", "SVD*STRANGE*48"), ("AMT*D*48~\n", "")], "payer OTHER comes before and its payment is not stated; add SVD or AMT*D."),
    ],
)  # fmt: skip
def test_a_bad_claim_of_x12_is_refused_and_the_others_are_read(written, pairs, why):
    text = changed(*pairs)
    found = read(written(text, "a.x12"))

    refused = [one for one in found if isinstance(one, Refused) and "SE states" not in str(one)]

    assert all(why in str(one) for one in refused)
    assert refused
    assert sum(isinstance(one, BilledClaim) for one in found) == 4 - len(refused)


def test_what_a_payer_paid_for_a_claim_of_one_line_was_paid_for_it(written):
    lines = "SVD*OTHER*48*HC:G0463**1~\nCAS*CO*45*20~\nCAS*PR*2*12~\nDTP*573*D8*20250420~\n"

    found = read(written(changed((lines, ""), ("SE*57", "SE*53")), "a.x12"))

    assert found[2].lines[0].prior_paid == Decimal(48)


def test_what_a_payer_paid_for_a_claim_of_two_lines_is_unclear(written):
    lines = "SVD*OTHER*48*HC:G0463**1~\nCAS*CO*45*20~\nCAS*PR*2*12~\nDTP*573*D8*20250420~\n"
    second = "LX*2~\nSV1*HC:G0402*60*UN*1***1~\nDTP*472*D8*20250408~\n"

    found = read(
        written(changed((lines, second), ("K-3003*80", "K-3003*140"), ("SE*57", "SE*56")), "a.x12")
    )

    assert "payer OTHER paid 48.00 and does not say what of it for line 1; add SVD." in str(
        refusal(found)
    )


def test_a_stay_without_dates_of_its_lines_is_of_its_first_day(written):
    day = "DTP*472*D8*20250409~\n"

    found = read(
        written(
            changed(
                (day, ""),
                (day, ""),
                ("RD8*20250409-20250409", "RD8*20250401-20250409"),
                ("SE*26", "SE*24"),
            ),
            "a.x12",
        )
    )

    assert found[3].lines[0].served_on == date(2025, 4, 1)


@pytest.mark.parametrize(
    ("text", "why", "read_"),
    [
        (X12[: X12.index("SE*57")], "transaction 0001 ends without SE; the file was cut: ask for it anew.", 2),
        (changed(("SE*57*0001~\n", "")), "transaction 0001 ends without SE", 3),
        (changed(("SE*57*0001", "SE*56*0001")), "SE states 56 segments of transaction 0001, and 57 of 0001 are there; ask for the file anew.", 4),
        (changed(("SE*57*0001", "SE*57*0009")), "SE states 57 segments of transaction 0009, and 57 of 0001 are there", 4),
        (changed(("ST*837*0001*005010X222A1", "ST*837*0001*005010X224A2")), "transaction 0001 is 837 005010X224A2, and 837 005010X222 or 005010X223 is expected; its claims are left out.", 1),
        (changed(("ST*837*0001*005010X222A1", "ST*835*0001*005010X221A1")), "transaction 0001 is 835 005010X221A1", 1),
        (X12[:-3], "a segment does not end; the file was cut, or is not X12.", 4),
        (changed(("ST*837*0002", "not a segment*837*0002")), "'not a segment' is no segment; what follows cannot be read.", 3),
        (X12.replace("*T*:~", "*T*~~"), "the ISA segment names no three separators; write the file anew.", 0),
    ],
)  # fmt: skip
def test_a_transaction_that_was_cut_or_is_another_is_reported(written, text, why, read_):
    found = read(written(text, "a.x12"))

    assert any(why in str(one) for one in found if isinstance(one, Refused))
    assert sum(isinstance(one, BilledClaim) for one in found) == read_


# what others wrote


@pytest.mark.skipif(not DATA.is_dir(), reason="the real inputs are not beside the checkout")
@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("validate", [False, True])
def test_every_claim_that_others_wrote_is_read_or_refused(lenient, validate):
    expected = Expected(lenient=lenient, validate=validate)

    found = list(read_claims([DATA / "fhir-r4", DATA / "synthea-r4"], expected))

    refused = [str(one) for one in found if isinstance(one, Refused)]
    assert len(found) == 27
    assert len(refused) == (2 if lenient else 12)
    assert all(one.endswith(".") for one in refused)


@pytest.mark.skipif(not DATA.is_dir(), reason="the real inputs are not beside the checkout")
def test_the_same_inputs_are_no_coverages_unless_they_are():
    files = sorted((DATA / "fhir-r4").glob("*.json"))

    found = [one for file in files for one in read_coverages(file)]

    assert len(found) == 4
    refused = [str(one) for one in found if isinstance(one, Refused)]
    assert len(refused) == 2
    assert all(one.endswith("period.start is missing; text is expected.") for one in refused)


# any bytes

MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)


def only_ours(found: list[BilledClaim | Refused]) -> None:
    assert all(isinstance(one, (BilledClaim, Refused)) for one in found)
    assert all(str(one).endswith(".") for one in found if isinstance(one, Refused))


@MANY
@given(some.binary(max_size=400), some.sampled_from([".json", ".ndjson", ".csv", ".x12"]))
def test_any_bytes_are_refused(tmp_path_factory, content, suffix):
    file = tmp_path_factory.getbasetemp() / f"any{suffix}"
    file.write_bytes(content)

    only_ours(read(file, lenient=True))
    assert all(isinstance(one, Refused) for one in read_coverages(file))


@MANY
@given(some.data())
def test_a_claim_of_fhir_with_anything_anywhere_is_read_or_refused(tmp_path_factory, data):
    resource = claim(total=euros(80), billablePeriod={"start": "2025-04-02", "end": "2025-04-02"})
    at: Any = resource
    while isinstance(at, (dict, list)) and at:
        holder, key = (
            at,
            data.draw(some.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at)))),
        )
        at = holder[key]
        if data.draw(some.booleans()):
            break
    holder[key] = data.draw(JSON)
    file = tmp_path_factory.getbasetemp() / "claim.ndjson"
    file.write_text(json.dumps(resource))

    only_ours(read(file, validate=data.draw(some.booleans())))


@MANY
@given(some.data())
def test_samples_with_bytes_changed_are_read_or_refused(tmp_path_factory, data):
    name = data.draw(
        some.sampled_from(["claims.csv", "claims.x12", "claims.ndjson", "coverages.csv"])
    )
    content = bytearray((SAMPLES / name).read_bytes())
    for _ in range(data.draw(some.integers(1, 6))):
        at = data.draw(some.integers(0, len(content) - 1))
        content[at : at + data.draw(some.integers(0, 3))] = data.draw(some.binary(max_size=3))
    file = tmp_path_factory.getbasetemp() / f"changed-{name}"
    file.write_bytes(bytes(content))

    only_ours(read(file))


# the page


def test_the_page_names_every_column():
    page = (ROOT / "docs/claim-files.md").read_text()
    columns = {
        *csv_claim.REQUIRED,
        *csv_claim.OPTIONAL,
        *coverages.REQUIRED,
        *coverages.OPTIONAL,
        *fee_schedule.COLUMNS,
        *csv_decision.COLUMNS,
    }

    words = set(re.findall(r"\w+", page))
    assert not columns - words
