"""
pyhealth trial compare
├── given two records of any form
│   ├── it shows a table, and what to know besides
│   ├── with --json, it prints the verdicts
│   └── with --html, it writes a page
├── given similar text
│   └── --propose and --confirm lead from question to verdict
├── given records of a public registry
│   └── each is kept by itself
├── given text that would steer a terminal
│   └── it shows it as text
├── given what is wrong
│   └── it ends with 1, says one line, and writes nothing
└── it needs neither a chain nor web3
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Cli, environment
from trial_records import FULL, OWN, REAL, SAMPLES, XML, api, fhir_r5, written

from pyhealth.standards.trials.reading import read_study

REGISTERED, REPORTED = SAMPLES / "registered.yaml", SAMPLES / "reported.yaml"


@pytest.fixture
def cli(home: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line without a chain."""
    return Cli(environment(home), monkeypatch)


def verdicts(told: object) -> list[str]:
    return [one["verdict"] for one in told.json["outcomes"]]


def test_the_samples_are_shown_as_a_table(cli: Cli):
    told = cli("trial", "compare", REGISTERED, REPORTED)

    assert (told.status, told.err) == (0, "")
    for word in ("retimed", "promoted", "redefined", "added", "Recurrent stroke", "→ six months"):
        assert word in told.out
    assert "2 dropped, 2 added, 1 promoted, 0 demoted, 1 redefined, 1 retimed, 1 kept." in told.out
    assert "Pairs that are only similar: 1." in told.out


def test_json_has_a_verdict_for_each_outcome(cli: Cli):
    told = cli("trial", "compare", REGISTERED, REPORTED, "--json")

    assert verdicts(told)[:2] == ["retimed", "dropped"]
    assert told.json["summary"]["clean"] is False
    assert told.json["outcomes"][-1]["registered"] is None


FORMS = {"api": api(), "full": FULL, "xml": XML, "own": OWN}


@pytest.mark.parametrize("one", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_one_trial_in_two_forms_comes_out_clean(cli: Cli, tmp_path, one, other):
    files = [written(tmp_path, name, FORMS[form]) for name, form in (("a", one), ("b", other))]

    told = cli("trial", "compare", *files, "--json")

    assert verdicts(told) == ["kept"] * 3
    assert told.json["summary"]["clean"] is True


def test_fhir_is_compared_with_the_registry(cli: Cli, tmp_path):
    files = written(tmp_path, "a.xml", XML), written(tmp_path, "b", fhir_r5())

    told = cli("trial", "compare", *files, "--json", "--fhir", "R5")

    assert verdicts(told) == ["kept", "kept", "dropped", "added", "added"]
    assert told.json["outcomes"][2]["proposal"]["other"]["measurement_variable"].startswith(
        "Burden"
    )


def test_posted_results_are_what_is_compared(cli: Cli, tmp_path):
    result = {"type": "SECONDARY", "title": "Systolic blood pressure", "timeFrame": "12 months"}
    module = {"outcomeMeasuresModule": {"outcomeMeasures": [result]}}
    old, new = (
        written(tmp_path, "old", api()),
        written(tmp_path, "new", api() | {"resultsSection": module}),
    )

    assert verdicts(cli("trial", "compare", old, new, "--json")) == [
        "demoted",
        "dropped",
        "dropped",
    ]
    assert verdicts(cli("trial", "compare", new, old, "--json")) == ["kept"] * 3


def test_a_page_is_written(cli: Cli, tmp_path):
    page = tmp_path / "page.html"

    told = cli("trial", "compare", REGISTERED, REPORTED, "--html", page, "--json")

    assert told.status == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "<strong class=verdict>promoted</strong>" in page.read_text("utf-8")


def test_a_person_leads_from_proposal_to_verdict(cli: Cli, tmp_path):
    answers = tmp_path / "answers.yaml"

    cli("trial", "compare", REGISTERED, REPORTED, "--propose", answers)
    unanswered = cli("trial", "compare", REGISTERED, REPORTED, "--confirm", answers)
    answers.write_text(answers.read_text().replace("answer:", "answer: same"))
    told = cli("trial", "compare", REGISTERED, REPORTED, "--confirm", answers, "--json")

    assert unanswered.status == 1
    assert "answer 1: '' is no answer; write same, changed or different." in unanswered.err
    assert verdicts(told).count("kept") == 2
    assert told.json["summary"]["proposals"] == 0


@pytest.mark.skipif(not REAL, reason="no records of a public registry beside the project")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_records_of_a_public_registry_are_kept_by_themselves(cli: Cli, tmp_path, file):
    told = cli("trial", "compare", file, file, "--json", "--html", tmp_path / "page.html")

    assert (told.status, told.err) == (0, "")
    assert verdicts(told) == ["kept"] * len(read_study(file).outcomes)
    assert cli("trial", "compare", file, file).status == 0


def test_text_that_would_steer_a_terminal_is_shown_as_text(cli: Cli, tmp_path):
    steering = "\x1b[2J[/red]\u202e"
    module = {
        "primaryOutcomes": [{"measure": f"Falls {steering}", "timeFrame": steering + "1 day"}]
    }
    file = written(tmp_path, "a.json", api(outcomesModule=module))

    told = cli("trial", "compare", file, file)

    assert told.status == 0
    assert not {"\x1b", "\u202e"} & set(told.out)
    assert r"Falls \x1b[2J[/red]\u202e" in told.out


def missing(folder: Path) -> list[object]:
    return [REGISTERED, folder / "gone.json"]


def malformed(folder: Path) -> list[object]:
    return [REGISTERED, written(folder, "b.json", '{"a": 1,}')]


def timeless(folder: Path) -> list[object]:
    module = {"primaryOutcomes": [{"measure": "Falls"}]}
    return [written(folder, "a.json", api(outcomesModule=module)), REPORTED]


def twice(folder: Path) -> list[object]:
    module = {"primaryOutcomes": [{"measure": "Falls", "timeFrame": "1 day"}] * 2}
    return [written(folder, "a.json", api(outcomesModule=module)), REPORTED]


def page_over_input(folder: Path) -> list[object]:
    file = written(folder, "a.yaml", OWN)
    return [file, REPORTED, "--html", file]


def page_nowhere(folder: Path) -> list[object]:
    return [REGISTERED, REPORTED, "--html", folder / "no/page.html"]


def no_answers(folder: Path) -> list[object]:
    return [REGISTERED, REPORTED, "--confirm", folder / "gone.yaml"]


def version(folder: Path) -> list[object]:
    return [written(folder, "a", fhir_r5()), REPORTED, "--fhir", "R6"]


TABLE = [
    (missing, r"gone.json does not exist; name a study record."),
    (malformed, "b.json, line 1, column 9: not valid JSON"),
    (timeless, "the outcome 'Falls' has no time point; correct it (--lenient"),
    (twice, "outcome 2, 'Falls' at '1 day', is listed before as outcome 1; correct it"),
    (page_over_input, "a.yaml is what is compared, and would be lost; name another file."),
    (page_nowhere, "page.html cannot be written (No such file or directory); name another."),
    (no_answers, "gone.yaml cannot be read (No such file or directory)."),
    (version, "'R6' is no version of FHIR that can be read; write R4 or R5."),
]


@pytest.mark.parametrize(("prepare", "sentence"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_what_is_wrong_is_refused_in_one_line_and_nothing_written(cli, tmp_path, prepare, sentence):
    arguments = prepare(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    told = cli("trial", "compare", *arguments)

    assert (told.status, told.out, told.err.count("\n")) == (1, "", 1)
    assert told.err.startswith("pyhealth: ")
    assert sentence in told.err
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("prepare", [timeless, twice])
def test_what_is_wrong_is_reported_leniently(cli: Cli, tmp_path, prepare):
    told = cli("trial", "compare", *prepare(tmp_path), "--lenient", "--json")

    assert told.status == 0
    assert told.json["registered"]["findings"]


def test_nothing_heavy_is_imported(tmp_path):
    code = f"""
import sys
from pyhealth.cli import main
try:
    main(['trial', 'compare', {str(REGISTERED)!r}, {str(REPORTED)!r}, '--json'])
except SystemExit:
    pass
loaded = {{name.split('.')[0] for name in sys.modules}}
print(sorted(loaded & {{'web3', 'eth_account', 'fhir', 'sqlalchemy'}}), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stderr.strip() == "[]"
    assert json.loads(done.stdout)["summary"]["registered"] == 6
