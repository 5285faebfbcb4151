"""
pyhealth trial
├── from protocol to publication: register, approve, enrol, anchor, lock, unblind, report, each said in JSON and words
│   ├── what comes out of order is one sentence, exit 1, and nothing is sent
│   ├── show tells and draws the timeline, and checks a reason
│   ├── verify says what a folder of documents proves, and how much of the outcome list
│   └── compare takes the trial as a side, with its evidence, in words, JSON and HTML
├── a board signs without a node, and anyone hands it in
├── a trial is stopped, resumed, rescheduled, offered and accepted
├── list and overdue tell of all trials, from the index
├── a trial is called by its identifier, its first digits or its registry id
├── a proof that gives way is kept, and named
├── what would steer a terminal is not printed
├── scripts/anchor_protocol.py registers a trial
└── bad input: one sentence that names value, place and remedy, exit 1, nothing half registered
"""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cli, Told
from consortium_cast import DAY, HOSPITAL, Council
from trial_cast import RECORD, study

from pyhealth.chain.wallet import cast_address
from pyhealth.values import Role

ID = "DEMO-2026-0007"
DATES = ("--enrolment", "90d", "--completion", "400d")
API = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000017", "briefTitle": "A made-up trial"},
        "statusModule": {
            "startDateStruct": {"date": "2199-01-15"},
            "primaryCompletionDateStruct": {"date": "2199-06"},
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Systolic blood pressure", "timeFrame": "12 months"}]
        },
    }
}
FHIR = {
    "resourceType": "ResearchStudy",
    "status": "approved",
    "identifier": [{"value": "FHIR-17"}],
    "title": "A made-up trial",
    "outcomeMeasure": [
        {
            "name": "Systolic blood pressure at 12 months",
            "type": [{"coding": [{"code": "primary"}]}],
        }
    ],
}


@pytest.fixture
def council(act_as) -> Council:
    return Council(act_as)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a study record and a protocol."""
    study(tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def trial(cli: Cli):
    """Runs `pyhealth trial`."""
    return lambda *words: cli("trial", *words)


def done(told: Told) -> Told:
    assert told.status == 0, told.err
    return told


def refused(told: Told, words: str) -> None:
    """One sentence on standard error, exit 1."""
    assert told.status == 1, told.out
    assert told.err.startswith("pyhealth: ")
    assert told.err.count("\n") == 1
    assert re.search(words, told.err), told.err


@pytest.fixture
def registered(trial, desk) -> dict[str, Any]:
    words = ("register", "study.yaml", "protocol.md", *DATES, "--as", "sponsor", "--json")
    return dict(done(trial(*words)).json)


@pytest.fixture
def enrolled(trial, registered) -> str:
    done(trial("approve", registered["trial"], "--as", "ethics"))
    done(trial("enrol", ID, "10", "--as", "sponsor"))
    return str(registered["trial"])


def head(council: Council) -> int:
    return council.health("hospital").chain.head()


def test_from_protocol_to_publication(trial, cli, desk, registered, council, tmp_path):
    t = registered["trial"]
    for name in ("plan.md", "code.py", "form.md", "report.md"):
        (desk / name).write_text(f"The content of {name}.")
    (desk / "ecrf.csv").write_text("id,value\n1,2\n3,4\n")
    assert registered["registry_id"] == ID
    assert (registered["outcomes"], registered["losses"]) == (3, [])
    assert [one["anchored"] for one in registered["documents"]] == [True] * 5
    by = ("--as", "sponsor")

    before = head(council)
    refused(trial("enrol", t, "10", *by), "no approval of version 1 stands")
    refused(trial("unblind", t, *by), "cannot be unblinded before its database is locked")
    refused(trial("report", t, "report.md", *by), "cannot come before its database is locked")
    refused(trial("approve", t, *by), r"acts for no ethics board")
    refused(trial("anchor", t, "consent-form", "form.md", "--as", "stranger"), "for no sponsor")
    assert head(council) == before
    done(trial("reveal", ID, "--out", "dossier", *by))
    for name in ("study.yaml", "protocol.md"):
        for file in (desk / name, desk / f"{name}.proof.json"):
            shutil.copy(file, desk / "dossier")
    approved = done(trial("approve", t, "--read", "dossier", "--as", "ethics", "--json")).json
    assert (approved["status"], approved["approved"]) == ("approved", "read")
    told = done(trial("anchor", ID, "consent-form", "form.md", *by)).out
    assert "form.md -> form.md.proof.json" in told
    enrolled = done(trial("enrol", ID, "10", *by, "--json")).json
    assert (enrolled["stage"], enrolled["status"]) == ("first enrolment", "active")
    batch = done(trial("anchor", ID, "data-batch", "ecrf.csv", "--records", *by, "--json")).json
    assert batch["records"] == 2
    done(trial("anchor", ID, "analysis-plan", "plan.md", *by))
    again = done(trial("anchor", ID, "analysis-plan", "plan.md", *by)).out
    assert again == "1 of 1 were anchored before; nothing to do for them.\n"
    done(trial("anchor", ID, "analysis-code", "code.py", *by))
    done(trial("last-visit", ID, *by))
    done(trial("lock", ID, "ecrf.csv", "--records", *by))
    done(trial("unblind", ID, *by))
    refused(trial("anchor", ID, "analysis-plan", "code.py", *by), "as post-hoc-analysis")
    done(trial("report", ID, "report.md", *by))

    shown = done(trial("show", t[:12], "--svg", "t.svg", "--json")).json
    assert (shown["status"], shown["registry_id"]) == ("completed", ID)
    assert shown["missing"] == ["monitoring report", "participant flow"]
    events = [one["event"] for one in shown["timeline"]]
    assert events[0] == "TrialRegistered"
    assert events.count("MilestoneReached") == 5
    assert (desk / "t.svg").read_text().startswith("<svg")
    words = done(trial("show", t)).out
    assert "version 1 approved by Ethics Board (member 4)" in words
    assert "data batch (2) anchored" in words
    done(trial("prove", ID, "ecrf.csv", "--record", 2, *by))
    found = done(trial("verify", "dossier", "records", "--trial", ID, "--json")).json
    kinds = [one["kind"] for one in found["documents"]]
    assert (found["outcomes"], found["outcomes_in_list"]) == (3, 3)
    assert (kinds.count("outcome list"), kinds.count("protocol")) == (3, 2)
    assert "3 outcomes of 3 are revealed." in done(trial("verify", "dossier")).out
    assert done(cli("verify", "plan.md", "--json")).json["trial"] == t


def test_a_trial_is_compared_with_what_was_reported(trial, desk, enrolled):
    changed = RECORD.replace("burden score", "length of stay").replace(
        "secondary, measure", "primary, measure"
    )
    (desk / "reported.yaml").write_text(changed)
    done(trial("reveal", ID, 1, 3, "--out", "public", "--as", "sponsor"))

    told = done(trial("compare", ID, "reported.yaml", "--html", "page.html", "--json")).json
    part = done(trial("compare", enrolled, "reported.yaml", "--revealed", "public")).out

    verdicts = [one["verdict"] for one in told["outcomes"]]
    assert verdicts == ["kept", "kept", "dropped", "added"]
    evidence = told["outcomes"][0]["evidence"]["registered"]
    assert evidence["stage"] == "registration"
    assert len(evidence["transaction"]) == 66
    page = (desk / "page.html").read_text()
    assert "Enrolment: 10 participants so far" in page
    assert "registration" in page
    assert "2 of 3 outcomes are revealed" in part
    assert "registered anchored" in part
    same = done(trial("compare", ID, ID, "--json")).json
    assert same["summary"]["clean"]


def test_an_amended_trial_is_compared_with_itself(trial, desk, enrolled):
    (desk / "why.txt").write_text("The assay was withdrawn.")
    (desk / "study.yaml").write_text(RECORD.replace("6 months", "12 months"))
    by = ("--as", "sponsor")

    amended = done(
        trial("amend", ID, "--reason", "why.txt", "--record", "study.yaml", *by, "--json")
    ).json
    told = done(trial("compare", ID, ID, "--json")).json
    shown = done(trial("show", ID, "--reason", "why.txt", "--json")).json

    assert (amended["version"], amended["flags"]) == (2, ["approval missing", "documents missing"])
    assert [one["verdict"] for one in told["outcomes"]] == ["kept", "kept", "retimed"]
    stages = [one["evidence"]["reported"]["stage"] for one in told["outcomes"]]
    assert set(stages) == {"first enrolment"}
    assert shown["reason_checked"].endswith("amended to version 2, after first enrolment")
    (desk / "why.txt").write_text("Another reason.")
    refused(trial("show", ID, "--reason", "why.txt"), "is no reason that was given")
    same = trial("compare", ID, ID, "--version", 2, "--json")
    assert done(same).json["summary"]["clean"]


def test_a_board_signs_without_a_node(trial, cli, desk, registered):
    t = registered["trial"]
    done(trial("reveal", ID, "--out", "dossier", "--as", "sponsor"))
    for name in ("study.yaml", "protocol.md"):
        for file in (desk / name, desk / f"{name}.proof.json"):
            shutil.move(file, desk / "dossier")
    offline = ("sign-approval", "--offline", "--read", "dossier", "--version", 1, "--board", 4)

    cli.environment["PYHEALTH_RPC_URL"] = "http://127.0.0.1:1"
    signed = done(trial(*offline, "--as", "ethics", "--json")).json
    cli.environment["PYHEALTH_RPC_URL"] = "http://127.0.0.1:1"
    refused(trial(*offline[:-2], "--as", "ethics"), "--board are all needed")
    cli.environment.clear()

    assert (signed["trial"], signed["board"]) == (t, 4)
    paper = json.loads((desk / "approval.json").read_text())
    assert (paper["paper"], paper["nonce"]) == ("SignedApproval", 0)


def test_a_signed_approval_is_handed_in_by_anyone(trial, desk, registered):
    t = registered["trial"]

    done(trial("sign-approval", t, "--as", "ethics"))
    told = done(trial("approve", "--approval", "approval.json", "--as", "stranger", "--json")).json

    assert (told["status"], told["by"]) == ("approved", cast_address("ethics"))
    again = trial("approve", "--approval", "approval.json", "--as", "stranger")
    refused(again, "was used or withdrawn before")
    (desk / "why.txt").write_text("The insurance lapsed.")
    withdrawn = trial("withdraw-approval", t, "--reason", "why.txt", "--as", "ethics", "--json")
    assert done(withdrawn).json["status"] == "in review"
    refused(trial("approve"), "Name a trial to approve, or an --approval")
    refused(trial("sign-approval"), "Name a trial, or say --offline")


def test_a_trial_is_stopped_resumed_and_handed_over(trial, enrolled, council):
    by, c = ("--as", "sponsor"), council.consortium
    council.voted(c.set_roles(HOSPITAL, {Role.PROVIDER, Role.SPONSOR}))

    stopped = trial("stop", ID, "temporarily-closed-per-study-design", *by, "--json")
    assert done(stopped).json["status"] == "temporarily closed to accrual"
    assert done(trial("resume", ID, *by, "--json")).json["status"] == "active"
    refused(trial("stop", ID, "boredom", *by), "is no reason to stop; known are")
    moved = trial("reschedule", ID, "--results", "900d", *by, "--json")
    assert done(moved).json["stage"] == "first enrolment"
    offered = done(trial("offer", ID, "Hospital", *by, "--json")).json
    assert offered["offered_to"] == HOSPITAL
    assert done(trial("offer", ID, "--cancel", *by, "--json")).json["offered_to"] is None
    refused(trial("offer", ID, *by), "Name the other sponsor, or say --cancel")
    refused(trial("accept", enrolled, "--as", "hospital"), "is not offered to member 1")
    done(trial("offer", ID, "1", *by))
    assert done(trial("accept", enrolled, "--as", "hospital", "--json")).json["sponsor"] == HOSPITAL
    refused(trial("last-visit", ID, *by), "belongs to sponsor 1")


def test_what_is_late_is_listed_over_all_trials(trial, enrolled, council, desk):
    second = ("register", "study.yaml", "protocol.md", "--id", "DEMO-2", *DATES, "--out", "two")
    done(trial(*second, "--as", "sponsor"))

    everything = done(trial("list", "--json")).json
    at_first = done(trial("overdue", "--json")).json
    council.later(91 * DAY)
    later = done(trial("overdue", "--json")).json
    council.later(700 * DAY)
    in_the_end = done(trial("overdue")).out

    assert [one["registry_id"] for one in everything] == [ID, "DEMO-2"]
    assert [one["flags"] for one in at_first] == [["documents missing"]]
    assert {one["registry_id"]: one["flags"] for one in later} == {
        ID: ["documents missing"],
        "DEMO-2": ["enrolment missing"],
    }
    assert in_the_end.count("results overdue") == 2
    assert in_the_end.count("last visit missing") == 2


def test_a_trial_is_called_by_what_names_it(trial, enrolled, registered):
    for name in (enrolled, enrolled[:10], ID, ID.lower()):
        assert done(trial("show", name, "--json")).json["trial"] == enrolled
    refused(trial("show", "0x" + "ab" * 32), "No trial is registered as 0xabab")
    for name in ("0x12345678", "NCT99999999", "0x1234"):
        refused(trial("show", name), "No trial is '.*' here; see 'pyhealth trial list'")


@pytest.mark.parametrize(
    ("content", "registry_id", "lost"), [(API, "NCT00000017", 0), (FHIR, "FHIR-17", 1)]
)
def test_records_of_registries_and_servers_are_registered(trial, desk, content, registry_id, lost):
    (desk / "record.json").write_text(json.dumps(content))
    dates = () if content is API else DATES

    told = done(trial("register", "record.json", *dates, "--as", "sponsor", "--json")).json

    assert (told["outcomes"], told["registry_id"]) == (1, registry_id)
    assert len(told["losses"]) == lost
    if content is API:
        assert (told["enrolment_by"], told["completion_by"]) == ("2199-01-15", "2199-06-30")
        assert told["results_by"] == "2200-06-30"


def test_a_proof_that_gives_way_is_kept_and_named(cli, desk):
    done(cli("stamp", "protocol.md", "--as", "sponsor"))
    (desk / "protocol.md").write_text("Version 2.")

    told = done(cli("stamp", "protocol.md", "--as", "sponsor", "--json"))

    (kept,) = desk.glob("*.earlier")
    assert f"An earlier proof is kept as {kept.name}." in told.err


def test_what_would_steer_a_terminal_is_not_printed(trial, desk):
    steering = json.dumps("A \x1b[31m[red]made-up[/red]\u202e\x07 trial")
    record = RECORD.replace("title: A made-up trial", f"title: {steering}")
    (desk / "study.yaml").write_text(record)

    told = done(trial("register", "study.yaml", *DATES, "--as", "sponsor")).out

    assert "A \ufffd[31m[red]made-up[/red]\ufffd\ufffd trial" in told
    assert not set(told) & set("\x1b\x07\u202e")


def test_the_script_registers_a_trial(cli, desk, council, monkeypatch):
    monkeypatch.setattr(
        sys,
        "argv",
        ["anchor_protocol.py", "study.yaml", "protocol.md", *DATES, "--as", "sponsor"],
    )
    for name, value in cli.environment.items():
        monkeypatch.setenv(name, value)

    runpy.run_path(str(ROOT / "scripts/anchor_protocol.py"), run_name="__main__")

    assert (desk / "protocol.md.proof.json").exists()
    (plate,) = council.health("sponsor").trials.shelf.nameplates()
    assert plate.registry_id == ID


# bad input

TWO = (
    RECORD + "  - {role: primary, measurement_variable: recurrent stroke, time_point: 12 months}\n"
)
NO_TIME = RECORD.replace(", time_point: 6 months", "")
BAD: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "a record that is not there": ({}, ("none.yaml",), "none.yaml does not exist"),
    "malformed JSON": ({"a.json": '{"protocolSection": '}, ("a.json",), "a.json"),
    "no study record": ({"a.json": '{"a": 1}'}, ("a.json",), "no study record that is known"),
    "an outcome without time point": (
        {"a.yaml": NO_TIME},
        ("a.yaml",),
        r"a\.yaml, outcomes\[2\].*'burden score' has no time point",
    ),
    "the same, read leniently": (
        {"a.yaml": NO_TIME},
        ("a.yaml", "--lenient"),
        r"a\.yaml, outcome 3, 'burden score', has no time point; add one",
    ),
    "duplicate outcomes": ({"a.yaml": TWO}, ("a.yaml",), "is listed before as outcome 2"),
    "the same, where lenience would not help": (
        {"a.yaml": NO_TIME},
        ("a.yaml",),
        r"correct it \(--lenient reads it to compare, never to register\)",
    ),
    "duplicate outcomes, read leniently": (
        {"a.yaml": TWO},
        ("a.yaml", "--lenient"),
        "is listed before as outcome 2; remove one of them",
    ),
    "an identifier beyond all measure": (
        {},
        ("study.yaml", "--id", "N" * 201),
        "An identifier of 201 characters is no trial's",
    ),
    "a date beyond all measure": (
        {},
        ("study.yaml", "--enrolment", "5000000d"),
        "--enrolment: '5000000d' is too long; 36500d are the most",
    ),
    "no outcome": (
        {"a.yaml": "registry_ids: [X-1]\ntitle: none\noutcomes: []\n"},
        ("a.yaml",),
        "lists 0 outcomes",
    ),
    "no identifier": (
        {"a.yaml": RECORD.replace("registry_ids: [DEMO-2026-0007]\n", "")},
        ("a.yaml",),
        "names no identifier of the trial; give one with --id",
    ),
    "a protocol of 0 bytes": ({"empty.pdf": ""}, ("study.yaml", "empty.pdf"), "empty.pdf is empty"),
    "an empty folder as protocol": (
        {},
        ("study.yaml", "empty"),
        "No document was found in what was named",
    ),
    "a protocol that is not there": ({}, ("study.yaml", "none.pdf"), "none.pdf does not exist"),
    "a date in the past": (
        {},
        ("study.yaml", "--enrolment", "2020-01-31"),
        r"due before 2020-02-01 00:00 UTC, which is past",
    ),
    "dates out of order": (
        {},
        ("study.yaml", "--enrolment", "2199-05", "--completion", "2199-01-01"),
        "declared enrolment .* is after the declared completion",
    ),
    "results before completion": (
        {},
        ("study.yaml", "--results", "100d"),
        "declared completion .* is after the declared results",
    ),
    "a time without a zone": (
        {},
        ("study.yaml", "--enrolment", "2199-05-01T10:00"),
        "--enrolment: '2199-05-01T10:00' has a time without a time zone; add Z",
    ),
    "no date": ({}, ("study.yaml", "--enrolment", "soon"), "--enrolment: 'soon' is no date"),
    "a day that is in no calendar": (
        {},
        ("study.yaml", "--enrolment", "2199-02-30"),
        "'2199-02-30' is not in the calendar",
    ),
    "a folder for proofs that cannot be made": (
        {},
        ("study.yaml", "--out", "/proc/none/proofs"),
        "/proc/none/proofs cannot be made",
    ),
    "two files of one name": (
        {"sub/protocol.md": "another"},
        ("study.yaml", "protocol.md", "sub/protocol.md", "--out", "proofs"),
        "would both have their proof at",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_registers_nothing(trial, desk, council, name):
    files, words, sentence = BAD[name]
    (desk / "empty").mkdir()
    for place, content in files.items():
        (desk / place).parent.mkdir(exist_ok=True)
        (desk / place).write_text(content)
    given = [one for one in DATES if DATES[0] not in words or one not in DATES[:2]]
    if "--completion" in words:
        given = []
    before, listed = head(council), sorted(desk.rglob("*"))

    told = trial("register", *words, *given, "--as", "sponsor")

    refused(told, sentence)
    assert head(council) == before
    assert sorted(desk.rglob("*")) == listed
    assert list(council.health("sponsor").trials.shelf.nameplates()) == []


def test_a_record_without_dates_asks_for_them(trial, desk, council):
    before = head(council)

    refused(trial("register", "study.yaml", "--as", "sponsor"), "declare one with --enrolment")
    refused(
        trial("register", "study.yaml", "--enrolment", "9d", "--as", "sponsor"),
        "declare one with --completion",
    )
    assert head(council) == before


def test_an_identifier_that_is_taken_is_refused_and_leaves_no_trace(
    trial, desk, registered, council
):
    before, proofs = head(council), {f: f.read_bytes() for f in desk.glob("*.proof.json")}

    told = trial("register", "study.yaml", "protocol.md", *DATES, "--as", "sponsor")

    refused(told, f"registered this registry identifier before, as trial {registered['trial']}")
    assert head(council) == before
    assert {f: f.read_bytes() for f in desk.glob("*.proof.json")} == proofs


def test_other_input_is_refused_in_one_sentence(trial, desk, enrolled):
    by = ("--as", "sponsor")
    (desk / "a.csv").write_text("a\n1\n")
    (desk / "b.csv").write_text("a\n1\n")
    cases = (
        (("anchor", ID, "protocoll", "a.csv", *by), "is no kind of document; known are"),
        (("anchor", ID, "protocol", "a.csv", *by), "comes with register, amend"),
        (("anchor", ID, "data-batch", "a.csv", "b.csv", "--records", *by), "takes one file"),
        (("enrol", ID, "10", "--log", "a.csv", *by), "and had 10 before"),
        (("enrol", ID, "0", *by), "0 participants cannot be told"),
        (("reveal", ID, "9", *by), "No outcome has the number 9"),
        (("prove", ID, "a.csv", "--record", "1", *by), "were not anchored as data-batch"),
        (("verify", "a.csv"), "has no proof beside it"),
        (("show", ID, "--svg", "none/t.svg"), "cannot be written"),
        (("amend", ID, "--reason", "none.txt", "a.csv", *by), "none.txt is no file"),
        (("reschedule", ID, *by), "give --enrolment, --completion or --results"),
        (("show", ID, "--reason", "nosuch"), "nosuch does not exist"),
        (("sign-approval", ID, "--valid", "0d", *by), "--valid '0d' would end at once"),
        (("approve", "--approval", "a.csv", *by), "a.csv is no signed approval"),
        (("compare", "GOOD", "study.yaml"), "GOOD is neither a file nor a trial: No trial is"),
    )
    for words, sentence in cases:
        refused(trial(*words), sentence)
