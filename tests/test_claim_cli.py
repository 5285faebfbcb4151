"""
pyhealth claim
├── given a plan, its coverages and a funded pool
│   ├── submit decides and pays, and ends with a reconciliation
│   │   ├── again, it submits nothing twice
│   │   ├── a number that was used for other content is refused with its place
│   │   ├── killed at random moments and run again, it comes to the same result
│   │   ├── what cannot be taken is refused with file and line, and the rest goes on
│   │   └── its refusals are written over nothing that is read
│   ├── show, explain and remit tell what was decided; remit the same bytes every time
│   ├── void, replace, appeal and decide correct it
│   ├── a replacement and a void in a file are carried out where they stand, and repaid
│   │   ├── what an earlier run counted is not taken from this one
│   │   └── they name the earlier claim by its number, or as its remittance does
│   ├── what was assumed of a claim is reported with its place
│   └── a short pool pends, and settle pays
├── coverages are enrolled once, and shared with providers
│   ├── a row at odds with what is enrolled is refused, and changes nothing
│   └── what was ended stays ended
├── coverages, authorisations and contracts end before their time, and not after it
└── on a chain that is not local, what tells amounts asks for a flag
"""

import json
import random
import signal
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from consortium_cast import HOSPITAL, INSURER
from test_remittances import balance

from pyhealth.chain.network import Chain
from pyhealth.health import Health
from pyhealth.reimbursement.coding import Coder
from pyhealth.reimbursement.desk import Desk
from pyhealth.standards.x12 import segments

SAMPLES = ROOT / "samples/claims"
SERVICE = "urn:pyhealth:sample-services"
HEADING = "claim,coverage,code,served_on,charge,currency"


def resource(number: str, coverage: str = "C-1003", **other: object) -> dict[str, object]:
    """A FHIR claim for one consultation."""
    money = {"value": 80, "currency": "EUR"}
    item = {
        "sequence": 1,
        "productOrService": {"coding": [{"system": SERVICE, "code": "C100"}]},
        "servicedDate": "2025-02-10",
        "net": money,
    }
    made = {
        "resourceType": "Claim",
        "id": number,
        "status": "active",
        "type": {"coding": [{"code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/three"},
        "created": "2025-02-10",
        "provider": {"reference": "Organization/hospital"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/{coverage}"}}
        ],
        "item": [item],
        "total": money,
    }
    return made | other


def item(**other: object) -> list[dict[str, object]]:
    (one,) = resource("-")["item"]  # type: ignore[misc]
    return [{key: value for key, value in {**one, **other}.items() if value is not None}]


def written(file, claims):
    file.write_text("".join(json.dumps(one) + "\n" for one in claims))
    return file


def many(count: int, first: int = 0) -> list[dict[str, object]]:
    """Claims of several coverages, each for another modifier."""
    covers = ("C-1001", "C-1002", "C-1003")
    return [
        resource(
            f"N-{i}",
            covers[i % 3],
            item=item(modifier=[{"coding": [{"code": f"M{i}"}]}]),
        )
        for i in range(first, first + count)
    ]


@pytest.fixture
def insured(cli) -> Cli:
    """The samples' plan and coverages, and a funded pool."""
    for told in (
        cli("claim", "plan", SAMPLES / "plan.yaml", "--as", "insurer"),
        cli("claim", "coverage", SAMPLES / "coverages.csv", "--as", "insurer"),
        cli("claim", "fund", "1000000", "--test-money", "--as", "insurer"),
    ):
        assert told.status == 0, told.err
    return cli


def submit(cli: Cli, *files, status: int = 0, **options: object) -> dict[str, object]:
    told = cli("claim", "submit", *files, "--as", "hospital", "--json")
    assert told.status == status, told.err
    return told.json


def test_submit_decides_and_pays_each_claim_once(insured, hospital):
    first = submit(insured, SAMPLES / "claims.ndjson", SAMPLES / "claims.x12")
    again = submit(insured, SAMPLES / "claims.ndjson", SAMPLES / "claims.x12")

    assert first["submitted"] == first["paid"] + first["nothing_due"]
    assert not first["before"]
    assert again == first | {"before": first["submitted"]}
    assert hospital.claims.claims_of(HOSPITAL) == first["submitted"]
    paid = hospital.claims.token.balance_of(hospital.signer.address)
    assert f"{paid / 100:.2f}" == first["amount"]


OTHERS = {
    "another charge": {
        "item": item(net={"value": 81, "currency": "EUR"}),
        "total": {"value": 81, "currency": "EUR"},
    },
    "another day": {"item": item(servicedDate="2025-02-11")},
    "another service": {"item": item(modifier=[{"coding": [{"code": "M1"}]}])},
    "another coverage": {
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/C-1004"}}]
    },
    "another line": {
        "item": [*item(), *item(sequence=2, servicedDate="2025-02-11")],
        "total": {"value": 160, "currency": "EUR"},
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_submit_refuses_a_number_that_was_used_for_other_content(name, insured, hospital, tmp_path):
    submit(insured, written(tmp_path / "first.ndjson", [resource("A"), resource("B", "C-1001")]))
    file = written(
        tmp_path / "second.ndjson", [resource("B", "C-1001"), resource("A", **OTHERS[name])]
    )

    told = submit(insured, file, status=1)

    assert (told["submitted"], told["before"], told["refused"]) == (1, 1, 1)
    assert told["refusals"] == [
        f"{file}, line 2: claim 'A' was submitted before with other content, 80.00 charged in all; "
        "give this one a number of its own, and where it corrects the former, let it replace that."
    ]
    assert hospital.claims.claims_of(HOSPITAL) == 2


def killed(cli: Cli, hospital: Health, file, *, claims: int, kills: int, seconds: float) -> None:
    """Kill a run at random moments, finish it, and compare with what the file says."""
    written(file, many(claims))
    chance = random.Random(kills)
    for _ in range(kills):
        running = cli.start("claim", "submit", file, "--as", "hospital")
        time.sleep(chance.uniform(0.5, seconds))
        running.send_signal(signal.SIGKILL)
        running.communicate()

    told = submit(cli, file)

    assert told["submitted"] == claims == hospital.claims.claims_of(HOSPITAL)
    hospital.index.sync()
    found = hospital.index.events("ClaimAdjudicator", "ClaimAdjudicated")
    order = [event.arguments["decision"][1] for event in found]
    coder = Coder(Desk(hospital).book, HOSPITAL)
    assert order == [coder.reference(f"N-{i}") for i in range(claims)]


def test_submit_comes_to_the_same_result_however_often_it_is_killed(insured, hospital, tmp_path):
    killed(insured, hospital, tmp_path / "claims.ndjson", claims=400, kills=3, seconds=4)


@pytest.mark.assurance
def test_submit_survives_fifty_kills(insured, hospital, tmp_path):
    killed(insured, hospital, tmp_path / "claims.ndjson", claims=5_000, kills=50, seconds=5)


BAD = {
    "a negative amount": ({"item": item(net={"value": -80, "currency": "EUR"})}, "negative"),
    "an absurd amount": ({"item": item(net={"value": 1e12, "currency": "EUR"})}, "more than any"),
    "an unknown coverage": (
        {"insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/X"}}]},
        "no coverage is known as",
    ),
    "an unknown code": (
        {"item": item(productOrService={"coding": [{"system": SERVICE, "code": "Z9"}]})},
        "maps to no category",
    ),
    "no date of service": ({"item": item(servicedDate=None)}, "no date of service"),
    "a service in the future": ({"item": item(servicedDate="2999-01-01")}, "after today"),
    "two focal insurances": (
        {
            "insurance": [
                {"sequence": i, "focal": True, "coverage": {"reference": "Coverage/C-1003"}}
                for i in (1, 2)
            ]
        },
        "focal",
    ),
    "sums that differ": ({"total": {"value": 81, "currency": "EUR"}}, "total"),
    "another currency": (
        {
            "item": item(net={"value": 80, "currency": "USD"}),
            "total": {"value": 80, "currency": "USD"},
        },
        "USD",
    ),
    "more lines than fit": (
        {
            "item": [
                one | {"sequence": i, "net": {"value": 1, "currency": "EUR"}}
                for i in range(1, 102)
                for one in item()
            ],
            "total": {"value": 101, "currency": "EUR"},
        },
        "101 lines",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_submit_refuses_what_cannot_be_taken_with_its_place(name, insured, tmp_path):
    changed, words = BAD[name]
    file = written(
        tmp_path / "claims.ndjson",
        [resource("A"), resource("B", **changed), resource("C", "C-1004")],
    )

    told = insured("claim", "submit", file, "--as", "hospital", "--json")

    assert told.status == 1
    assert "Traceback" not in told.err
    (refusal,) = told.json["refusals"]
    assert refusal.startswith(f"{file}, line 2")
    assert words in refusal
    assert refusal.endswith(".")
    assert "\n" not in refusal
    assert told.json["submitted"] == 2


def test_submit_goes_on_after_malformed_line_7312(insured, tmp_path):
    file = tmp_path / "claims.ndjson"
    lines = ["{}"] * 7311 + ['{"resourceType": "Claim", ', json.dumps(resource("last"))]
    file.write_text("\n".join(lines) + "\n")
    refusals = tmp_path / "refused.txt"

    told = insured("claim", "submit", file, "--refused", refusals, "--as", "hospital", "--json")

    assert told.json["submitted"] == 1
    assert any(f"{file}, line 7312" in one for one in refusals.read_text().splitlines())


def test_refusals_are_never_written_over_claims(insured, tmp_path):
    folder = tmp_path / "claims"
    folder.mkdir()
    file = written(folder / "claims.ndjson", [resource("A", "X")])
    before = file.read_bytes()

    for given, refusals in (
        (file, file),
        (folder, file),
        (file, folder / ".." / "claims" / file.name),
    ):
        told = insured("claim", "submit", given, "--refused", refusals, "--as", "hospital")
        assert told.status == 1
        assert "is among the claims; name a file apart from them." in told.err
    other = insured("claim", "submit", file, "--refused", folder, "--as", "hospital")

    assert "is a folder; name a file." in other.err
    assert file.read_bytes() == before
    assert [one.name for one in folder.iterdir()] == [file.name]


def test_a_run_that_fails_leaves_the_refusals_of_the_last_one(insured, tmp_path):
    file = written(tmp_path / "claims.ndjson", [resource("A", "X")])
    refusals = tmp_path / "refused.txt"
    insured("claim", "submit", file, "--refused", refusals, "--as", "hospital")
    before = refusals.read_text()

    failed = insured("claim", "submit", file, "--refused", refusals, "--as", "stranger")

    assert failed.status == 1
    assert refusals.read_text() == before
    assert "no coverage is known as 'X'" in before
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == [
        "claims.ndjson",
        "refused.txt",
    ]


def test_show_explain_and_remit_tell_what_was_decided(insured, tmp_path):
    submit(insured, SAMPLES / "claims.ndjson")

    shown = insured("claim", "show", "K-1001", "--as", "hospital", "--json").json
    explained = insured("claim", "explain", "K-1001", "--as", "hospital", "--json").json
    by_payer = insured("claim", "show", shown["claim_id"], "--as", "insurer")
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        assert insured("claim", "remit", folder, "--as", "hospital").status == 0

    assert explained["agrees"]
    assert explained["claim_id"] == shown["claim_id"]
    for line in shown["lines"]:
        cuts = sum(float(cut["amount"]) for cut in line["adjustments"])
        assert float(line["charge"]) == pytest.approx(float(line["paid"]) + cuts)
    assert by_payer.status == 0
    assert "settled" in by_payer.out
    written = [{p.relative_to(f): p.read_bytes() for p in f.rglob("*.*")} for f in folders]
    assert written[0] == written[1]
    assert len(written[0]) == 2 * 8 + 2


def test_void_replace_appeal_and_decide_correct_a_claim(insured, hospital, tmp_path):
    submit(insured, SAMPLES / "claims.ndjson", SAMPLES / "claims.csv")
    grounds = tmp_path / "grounds.txt"
    grounds.write_text("Nobody told the patient.")
    corrected = written(tmp_path / "corrected.ndjson", [resource("K-1001-B", "C-1001")])
    before = hospital.claims.pool_of(INSURER)

    anew = insured("claim", "replace", "K-1001", corrected, "--as", "hospital", "--json").json
    voided = insured("claim", "void", "K-1001-B", "--as", "hospital", "--json").json
    twice = insured("claim", "void", "K-1001-B", "--as", "hospital")
    denied = insured("claim", "show", "K-2004", "--as", "hospital", "--json").json
    rules = ("--waive", "not-covered", "--waive", "price")
    appeal = insured(
        "claim", "appeal", "K-2004", *rules, "--grounds", grounds, "--as", "hospital", "--json"
    )
    for member in ("ethics", "regulator"):
        told = insured("claim", "decide", denied["claim_id"], "--grant", "--as", member, "--json")
        assert told.status == 0, told.err
    granted = insured("claim", "show", "K-2004", "--as", "hospital", "--json").json

    assert (anew["status"], voided["status"]) == ("settled", "voided")
    assert twice.status == 1
    assert "does not stand" in twice.err
    assert hospital.claims.pool_of(INSURER) == before - 30_000
    assert appeal.json["status"] == "open"
    assert told.json["appeal"] == "granted"
    assert (denied["paid"], granted["paid"]) == ("0.00", "300.00")
    told = [remitted(insured, tmp_path, member) for member in ("hospital", "insurer")]
    assert told[0] == told[1]
    assert len(told[0]) == 2 * hospital.claims.claims_of(HOSPITAL) + 2
    found = list(segments(tmp_path / "hospital/remittance-1.835"))
    assert balance(found)["CLP"] == 16
    assert Counter(one[2] for one in found if one.name == "CLP") == {"1": 13, "2": 1, "22": 2}
    # what moved is what the tokens say
    moved = sum(Decimal(one[2]) for one in found if one.name == "BPR")
    back = sum(Decimal(one[4]) for one in found if one.name == "PLB" and one[3][:2] == "72")
    held = hospital.claims.token.balance_of(hospital.signer.address)
    assert moved + back == Decimal(held).scaleb(-2)


def remitted(cli: Cli, folder: Path, member: str) -> dict[Path, bytes]:
    """What a member writes of all decisions."""
    out = folder / member
    assert cli("claim", "remit", out, "--as", member).status == 0
    return {file.relative_to(out): file.read_bytes() for file in out.rglob("*.*")}


def test_corrections_in_a_file_are_carried_out_where_they_stand(insured, hospital, tmp_path):
    file = tmp_path / "claims.csv"
    file.write_text(
        f"{HEADING},replaces,voids\n"
        f"A,C-1003,{SERVICE}|V500,2025-03-01,60.00,EUR,,\n"
        f"B,C-1003,{SERVICE}|V500,2025-03-02,50.00,EUR,,\n"
        f"C,C-1003,{SERVICE}|V500,2025-03-01,40.00,EUR,A,\n"
        f"D,C-1003,{SERVICE}|V500,2025-03-02,50.00,EUR,,B\n"
        f"E,C-1003,{SERVICE}|V500,2025-03-02,50.00,EUR,,unheard-of\n"
    )

    told = submit(insured, file, status=1)
    again = submit(insured, file, status=1)

    assert (told["corrected"], told["refused"], told["submitted"]) == (2, 1, 3)
    assert again == told | {"before": 3, "refusals": again["refusals"]}
    assert hospital.claims.claims_of(HOSPITAL) == 3
    assert hospital.claims.token.balance_of(hospital.signer.address) == 4_000


def test_a_service_is_billed_anew_after_its_void_in_the_same_file(insured, hospital, tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    line = f"C-1003,{SERVICE}|V500,2025-03-01,60.00,EUR"
    first.write_text(f"{HEADING}\nW-1,{line}\n")
    second.write_text(f"{HEADING},voids\nW-1-V,{line},W-1\nW-2,{line},\n")
    submit(insured, first)

    told = submit(insured, second)
    again = submit(insured, second)

    kept = {key: told[key] for key in ("submitted", "paid", "nothing_due", "corrected", "amount")}
    assert kept == {
        "submitted": 1,
        "paid": 1,
        "nothing_due": 0,
        "corrected": 1,
        "amount": "60.00",
    }
    assert again == told | {"before": 1}
    assert hospital.claims.token.balance_of(hospital.signer.address) == 6_000


def x12(file: Path, number: str, frequency: int, replaces: str = "") -> Path:
    """The first claim of the sample, under another number."""
    head, tail = (SAMPLES / "claims.x12").read_text().split("CLM*K-3001*140***11:B:1*Y*A*Y*Y~\n")
    claim, end = tail.partition("HL*3*")[0], "GE*1*1~\nIEA*1*000000001~\n"
    reference = f"REF*F8*{replaces}~\n" if replaces else ""
    said = f"{head}CLM*{number}*140***11:B:{frequency}*Y*A*Y*Y~\n{reference}{claim}"
    count = said.count("~") - 2 + 1
    file.write_text(f"{said}SE*{count}*0001~\n{end}")
    return file


def test_a_remittance_names_what_a_later_file_replaces_and_voids(insured, hospital, tmp_path):
    def told_of(number: str, folder: Path) -> str:
        assert insured("claim", "remit", folder, "--as", "hospital").status == 0
        text = "".join(one.read_text() for one in folder.glob("*.835"))
        (found,) = {line.split("*")[7] for line in text.split("~\n") if f"CLP*{number}*" in line}
        return found

    first = submit(insured, x12(tmp_path / "a.x12", "A", 1))
    second = x12(tmp_path / "b.x12", "B", 7, told_of("A", tmp_path / "one"))
    replaced = submit(insured, second)
    third = x12(tmp_path / "c.x12", "C", 8, told_of("B", tmp_path / "two"))
    voided = submit(insured, third)
    again = [submit(insured, file) for file in (second, third)]

    assert (first["submitted"], replaced["corrected"], voided["corrected"]) == (1, 1, 1)
    assert [one["corrected"] for one in again] == [1, 1]
    assert hospital.claims.token.balance_of(hospital.signer.address) == 0
    for number, status in (("A", "voided"), ("B", "voided")):
        shown = insured("claim", "show", number, "--as", "hospital", "--json").json
        assert shown["status"] == status


def test_what_was_assumed_is_reported_with_its_place(insured, tmp_path):
    file = written(tmp_path / "a.ndjson", [resource("A", item=item(quantity={"value": 1.5}))])
    report = tmp_path / "report.txt"

    strict = submit(insured, file, status=1)
    told = insured(
        "claim", "submit", file, "--lenient", "--refused", report, "--as", "hospital", "--json"
    )
    shown = insured("claim", "submit", file, "--lenient", "--as", "hospital")

    finding = f"{file}, line 1: assumed: item[1].quantity 1.5 is counted as 2 units"
    assert (strict["submitted"], strict["findings"]) == (0, [])
    assert (told.json["submitted"], told.json["assumed"]) == (1, 1)
    assert told.json["findings"] == [finding]
    assert report.read_text() == finding + "\n"
    assert finding in shown.err


def test_a_short_pool_pends_and_settle_pays(insured, tmp_path):
    insured("claim", "withdraw", "1000000", "--as", "insurer")
    pended = submit(
        insured,
        written(
            tmp_path / "one.ndjson",
            [
                resource(
                    "A",
                    item=item(productOrService={"coding": [{"system": SERVICE, "code": "V500"}]}),
                )
            ],
        ),
    )
    insured("claim", "fund", "100", "--test-money", "--as", "insurer")

    settled = insured("claim", "settle", "A", "--as", "hospital", "--json")

    assert pended["pended"] == 1
    assert pended["amount"] == "0.00"
    assert settled.json["status"] == "settled"
    assert settled.json["paid"] == "60.00"


def test_coverages_are_enrolled_once_and_shared(insured, tmp_path, hospital):
    again = insured("claim", "coverage", SAMPLES / "coverages.csv", "--as", "insurer", "--json")
    shared = tmp_path / "shared.json"
    insured("claim", "share", shared)
    other = Cli(
        {**insured.environment, "PYHEALTH_HOME": str(tmp_path / "other")}, insured.monkeypatch
    )
    records = tmp_path / "other" / "deployments"
    records.parent.mkdir()
    records.symlink_to(hospital.record.file.parent)

    unknown = other("claim", "submit", SAMPLES / "claims.ndjson", "--as", "hospital", "--json")
    taken = other("claim", "take", shared, "--json")
    known = other("claim", "submit", SAMPLES / "claims.ndjson", "--as", "hospital", "--json")

    assert (again.json["enrolled"], again.json["before"]) == (0, 5)
    assert hospital.coverage.coverages_of(INSURER) == 5
    assert shared.stat().st_mode & 0o777 == 0o600
    assert unknown.json["refused"] == 8
    assert taken.json == {"plans": 1, "coverages": 5}
    assert known.json["submitted"] == 8


ROWS = "coverage,first_day,last_day,person,plan,waiting_since,secondary\n"
ODD_ROWS = {
    "C-1,2025-01-01,2025-11-30,P-1,,,": "the first day no longer covered 2100-01-01, and the row says 2025-12-01",
    "C-1,2025-01-01,2099-12-31,P-1,,2024-01-01,": "waiting_since 2025-01-01, and the row says 2024-01-01",
    "C-1,2025-01-01,2099-12-31,P-1,,,yes": "secondary False, and the row says True",
    "C-1,2025-01-01,2099-12-31,P-2,,,": "coverage 'C-1' is another person's; number this one anew.",
    "C-1,2026-01-01,2099-12-31,P-1,,,": "coverage 'C-1' is enrolled from 2025-01-01 on already",
    "C-1,2025-01-01,2099-12-31,P-1,Gold,,": "the row is for plan 'Gold', and plan 1 is 'Basic'",
    "C-2,1969-12-31,,P-2,,,": "the coverage or its waiting period begins on 1969-12-31, before 1970-01-01; correct it.",
}  # fmt: skip


@pytest.mark.parametrize("row", ODD_ROWS)
def test_a_row_at_odds_with_what_is_enrolled_is_refused(row, insured, hospital, tmp_path):
    insured("claim", "coverage", rows_of_a_running_coverage(tmp_path), "--as", "insurer")
    before = list(Desk(hospital).book.cards())
    file = tmp_path / "odd.csv"
    file.write_text(f"{ROWS}{row}\n")

    told = insured("claim", "coverage", file, "--as", "insurer", "--json")

    assert told.status == 1, told.out
    (refusal,) = told.json["refused"]
    assert refusal.startswith(f"{file}, line 2: ")
    assert ODD_ROWS[row] in refusal
    assert (told.json["enrolled"], told.json["before"]) == (0, 0)
    assert list(Desk(hospital).book.cards()) == before


def test_a_row_that_stands_twice_is_enrolled_once(insured, hospital, tmp_path):
    file = tmp_path / "twice.csv"
    file.write_text(ROWS + "C-9,2025-01-01,,P-9,,,\n" * 2)

    told = insured("claim", "coverage", file, "--as", "insurer", "--json")

    assert (told.json["enrolled"], told.json["before"]) == (1, 0)
    assert told.json["refused"] == [
        f"{file}, line 3: coverage 'C-9' stands twice in the file; keep one row."
    ]
    assert hospital.coverage.coverages_of(INSURER) == 6


def test_a_coverage_keeps_its_version_and_its_end_when_its_file_is_read_again(
    insured, hospital, tmp_path
):
    file = rows_of_a_running_coverage(tmp_path)
    insured("claim", "coverage", file, "--as", "insurer")
    insured("claim", "plan", SAMPLES / "plan.yaml", "--plan", 1, "--as", "insurer")
    insured("claim", "end-coverage", "C-1", "--last", "2098-06-30", "--as", "insurer")

    again = insured("claim", "coverage", file, "--as", "insurer", "--json")
    moved = insured("claim", "coverage", file, "--version", 2, "--as", "insurer", "--json")

    assert again.json == {"plan": 1, "version": 2, "enrolled": 0, "before": 1, "refused": []}
    assert "is enrolled with version 1, and the row says 2" in moved.json["refused"][0]
    card = Desk(hospital).book.card("C-1")
    assert (card.version, card.until) == (1, date(2098, 7, 1))


@pytest.mark.parametrize(
    ("plan", "version", "why"),
    [
        (1, 7, "Plan 1 has versions 1 to 1, and no 7."),
        (7, 0, "Plan 7 was never published; name a plan of this payer"),
    ],
)
def test_a_plan_that_is_none_is_refused(insured, tmp_path, plan, version, why):
    file = rows_of_a_running_coverage(tmp_path)

    told = insured(
        "claim", "coverage", file, "--plan", plan, "--version", version, "--as", "insurer"
    )

    assert told.status == 1
    assert why in told.err


def rows_of_a_running_coverage(tmp_path: Path) -> Path:
    file = tmp_path / "running.csv"
    file.write_text("coverage,first_day,last_day,person\nC-1,2025-01-01,2099-12-31,P-1\n")
    return file


def test_what_a_payer_gave_ends_before_its_time(insured, hospital, tmp_path):
    file = rows_of_a_running_coverage(tmp_path)
    insured("claim", "coverage", file, "--as", "insurer")
    insured("claim", "contract", 1, "Hospital", "--from", "2025-01-01", "--to", "2099-12-31",
            "--as", "insurer")  # fmt: skip
    insured("claim", "authorise", "C-1", "--category", "surgery", "--units", 1, "--name", "PA-1",
            "--from", "2025-01-01", "--to", "2099-12-31", "--as", "insurer")  # fmt: skip
    ref, registry = Desk(hospital).book.card("C-1").ref, hospital.coverage
    last, until = date(2098, 6, 30), date(2098, 7, 1)

    told = [
        insured("claim", *what, "--last", last, "--as", "insurer", "--json")
        for what in (
            ("end-authorisation", "C-1", "PA-1"),
            ("end-contract", 1, "Hospital"),
            ("end-coverage", "C-1"),
        )
    ]

    assert [(one.status, one.json["last_day"]) for one in told] == [(0, str(last))] * 3
    assert registry.authorisation_of(ref, 1).until == until
    assert registry.is_contracted(1, HOSPITAL, last)
    assert not registry.is_contracted(1, HOSPITAL, until)
    assert registry.coverage_of(ref).until == until
    assert Desk(hospital).book.card("C-1").until == until
    again = insured("claim", "coverage", file, "--as", "insurer", "--json")
    assert again.json["before"] == 1
    assert Desk(hospital).book.card("C-1").until == until


def test_a_coverage_ends_today_where_no_day_is_named_and_never_later(insured, hospital, tmp_path):
    insured("claim", "coverage", rows_of_a_running_coverage(tmp_path), "--as", "insurer")
    ref, today = Desk(hospital).book.card("C-1").ref, Desk(hospital).today()

    ended = insured("claim", "end-coverage", "C-1", "--as", "insurer", "--json")
    later = insured("claim", "end-coverage", "C-1", "--last", "2099-01-01", "--as", "insurer")
    foreign = insured("claim", "end-coverage", "C-1", "--as", "hospital")

    assert ended.json["last_day"] == str(today)
    assert hospital.coverage.coverage_of(ref).until == today + timedelta(1)
    assert (later.status, foreign.status) == (1, 1)
    assert "Insurer" in foreign.err or "payer" in foreign.err
    assert hospital.coverage.coverage_of(ref).until == today + timedelta(1)


def test_amounts_are_told_on_public_chains_only_where_that_is_asked_for(insured, monkeypatch):
    monkeypatch.setattr(Chain, "local", property(lambda chain: False))
    for arguments in (
        ("plan", SAMPLES / "plan.yaml"),
        ("coverage", SAMPLES / "coverages.csv"),
        ("submit", SAMPLES / "claims.ndjson"),
        ("fund", "1"),
        ("withdraw", "1"),
    ):
        told = insured("claim", *arguments, "--as", "hospital")

        assert told.status == 1
        assert "--amounts-are-public" in told.err


def test_the_book_is_for_its_owner_alone(insured, hospital):
    files = [file for file in (hospital.settings.home / "claims").rglob("*") if file.is_file()]

    assert {file.stat().st_mode & 0o077 for file in files} == {0}
    assert len(files) >= 4
