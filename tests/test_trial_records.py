"""
read_study
├── given one trial in any form, whatever the file is called
│   └── it reads the same
├── given posted results
│   └── it reads them beside the outcomes of the protocol
├── given a study in what registries and servers wrap around it
│   └── it reads the study, where there is one
├── given FHIR
│   ├── it reads R4 and R5, by shape or as named
│   └── it takes time points from where they can stand
├── given what a study record has no field for
│   └── it lists each place, with its value and why
├── given a record of a public registry
│   └── it reads it
├── given what is wrong
│   ├── strictly, it refuses in one sentence with the place
│   └── leniently, it reads on and lists it
└── given anything at all
    └── it raises nothing but our own errors

parse_date
├── it keeps how precise a date is
├── it knows what is certainly after what
└── it refuses what is no date

words
├── it makes equal what is the same
└── it keeps apart what is not
"""

import json
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some
from trial_records import (
    FULL,
    OWN,
    REAL,
    SAMPLES,
    SHARED,
    XML,
    api,
    coded,
    fhir_r4,
    fhir_r5,
    other,
    primary,
    secondary,
    written,
)

from pyhealth.errors import InputError, PyHealthError
from pyhealth.standards.trials.dates import NoDate, parse_date
from pyhealth.standards.trials.reading import read_study, study_of
from pyhealth.standards.trials.record import Form, OutcomeRole, RegistryId, StudyRecord
from pyhealth.standards.trials.wording import same, time_words, words

OUTCOMES = (
    primary("Systolic blood pressure", description="Mean of three readings"),
    secondary("Recurrent stroke"),
    other("Burden score", "6 months"),
)
FORMS = {
    Form.REGISTRY_API: json.dumps(api()),
    Form.REGISTRY_FULL: json.dumps(FULL),
    Form.REGISTRY_XML: XML,
    Form.OWN: OWN,
}


def study(content: object, **how: object) -> StudyRecord:
    raw = content if isinstance(content, bytes) else None
    text = content if isinstance(content, str) else json.dumps(content) if raw is None else ""
    return study_of(raw if raw is not None else text.encode(), "trial.json", **how)


# ---- the forms


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_trial_reads_the_same_in_any_form(tmp_path, form):
    file = written(tmp_path, "no-suffix", FORMS[form])

    record = read_study(file)

    assert record.form is form
    assert {one.id for one in record.ids} >= {"NCT00000001", "PHN-001"}
    assert record.ids[0] == RegistryId("ClinicalTrials.gov", "NCT00000001")
    assert (record.title, record.sponsor) == (
        "Home telemonitoring after stroke",
        "A made-up hospital",
    )
    assert (record.status, record.stopped.text) == ("terminated", "Too few participants")
    dates = record.dates
    assert [str(one) for one in (dates.registered, dates.start, dates.updated)] == [
        "2026-01-15",
        "2026-03",
        "2026-05-02",
    ]
    assert [str(one) for one in (dates.primary_completion, dates.completion)] == [
        "2027-06-30",
        "2027-12",
    ]
    assert record.outcomes == OUTCOMES
    assert (record.results, record.findings) == (None, ())


@pytest.mark.parametrize("content", ["\ufeff" + json.dumps(api()), "\n \t" + json.dumps(api())])
def test_marks_and_space_before_a_record_are_passed_over(content):
    assert study(content).outcomes == OUTCOMES


def test_utf_16_is_read():
    xml = XML.replace("UTF-8", "UTF-16").encode("utf-16")

    assert study(xml).outcomes == OUTCOMES
    assert study(json.dumps(api()).encode("utf-16")).outcomes == OUTCOMES


def test_estimated_dates_are_marked():
    for content in (FORMS[Form.REGISTRY_API], FORMS[Form.REGISTRY_FULL], XML):
        dates = study(content).dates
        assert (dates.start.estimated, dates.completion.estimated) == (False, True)


RESULTS = [
    {
        "type": "PRIMARY",
        "title": "Systolic blood pressure",
        "timeFrame": "6 months",
        "paramType": "LEAST_SQUARES_MEAN",
        "reportingStatus": "POSTED",
        "classes": [{"title": "one"}],
    },
    {
        "type": "POST_HOC",
        "title": "Falls",
        "timeFrame": "6 months",
        "reportingStatus": "NOT_POSTED",
    },
]


def test_posted_results_are_read_beside_the_outcomes():
    content = api() | {"resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": RESULTS}}}

    record = study(content)

    assert record.outcomes == OUTCOMES
    assert record.results == (
        primary("Systolic blood pressure", "6 months", aggregation="least squares mean"),
        other("Falls", "6 months"),
    )
    whys = {one.why for one in record.losses}
    assert {
        "a post hoc outcome is carried as other",
        "the figures of results are not compared",
    } <= whys
    assert [one.why for one in record.findings] == [
        "the outcome is listed, and has no results posted yet"
    ]


def test_posted_results_of_the_xml_are_read():
    posted = """<clinical_results><outcome_list><outcome><type>Secondary</type>
        <title>Recurrent stroke</title><time_frame>1 year</time_frame>
        <measure><title>x</title><param>Number</param></measure></outcome></outcome_list>
        </clinical_results></clinical_study>"""

    record = study(XML.replace("</clinical_study>", posted))

    assert record.results == (secondary("Recurrent stroke", "1 year", aggregation="number"),)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"studies": [api()], "nextPageToken": "x"},
        [api()],
        {"FullStudy": FULL["FullStudiesResponse"]["FullStudies"][0]},
        {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "Patient"}}, {"resource": fhir_r4()}],
        },
    ],
    ids=["listing", "list", "full study", "bundle"],
)
def test_what_is_wrapped_around_a_study_is_passed_through(wrapped):
    assert "NCT00000001" in {one.id for one in study(wrapped).ids}


@pytest.mark.parametrize(
    ("wrapped", "count"),
    [({"studies": []}, 0), ([api(), api()], 2), ({"resourceType": "Bundle"}, 0)],
)
def test_a_document_of_several_studies_is_refused(wrapped, count):
    with pytest.raises(InputError, match=rf"trial\.json holds {count} studies; name a file that"):
        study(wrapped)


# ---- FHIR


def test_r5_is_read_by_shape():
    record = study(fhir_r5())

    assert record.form is Form.FHIR_R5
    assert record.ids == (RegistryId("https://clinicaltrials.gov", "NCT00000001"),)
    assert (record.sponsor, record.status) == ("A made-up hospital", "terminated")
    assert record.stopped.text == "Too few participants"
    dates = record.dates
    assert [str(one) for one in (dates.start, dates.completion, dates.updated)] == [
        "2026-03",
        "2027-12",
        "2026-05-02",
    ]


def test_r5_states_time_points_in_four_ways():
    assert study(fhir_r5()).outcomes == (
        primary("Systolic blood pressure", "12 months", description="Mean of three readings"),
        secondary("Recurrent stroke", "12 months"),
        other("Burden score [Time Frame: 6 months]", "6 months"),
        secondary("Walking speed at week 12", "week 12"),
    )


def test_r4_is_read_with_the_extension_for_outcomes():
    record = study(fhir_r4())

    assert record.form is Form.FHIR_R4
    assert (record.sponsor, record.status) == ("A made-up hospital", "withdrawn")
    assert record.stopped.code == "accrual-goal-met"
    assert record.dates.start.instant.isoformat() == "2026-02-28T23:00:00+00:00"
    assert record.outcomes == (
        primary(
            "Systolic blood pressure after 12 months",
            "12 months",
            description="Mean of three readings",
        ),
    )


def test_r4_without_the_extension_reads_objectives_and_says_so():
    objective = {"name": "Recurrent stroke at 1 year", "type": coded("secondary")}

    record = study(fhir_r4(extension=[], objective=[objective]))

    assert record.outcomes == (secondary("Recurrent stroke at 1 year", "1 year"),)
    assert ("objective[0]", "an objective, read as outcome: R4 has no element for outcomes") in {
        (one.path, one.why) for one in record.losses
    }


def concept(text: str) -> dict[str, object]:
    return {"url": "http://example.org/time-point", "valueCodeableConcept": {"text": text}}


@pytest.mark.parametrize(
    ("outcome", "time"),
    [
        ({"extension": [concept("3 months")]}, "3 months"),
        (
            {"extension": [{"url": "timeFrame", "valueQuantity": {"value": 3, "code": "mo"}}]},
            "3 mo",
        ),
        ({"extension": [{"url": "http://example.org/else", "valueString": "x"}]}, "1 year"),
        ({"extension": [{"url": "timePoint"}]}, "1 year"),
        ({"description": "Time frame: 2 years"}, "2 years"),
        ({"reference": {"reference": "#none"}}, "1 year"),
        ({"reference": {"reference": "EvidenceVariable/1"}}, "1 year"),
    ],
)
def test_a_time_point_comes_from_the_first_place_that_states_one(outcome, time):
    named = {"name": "Falls after 1 year", "type": [coded("primary")]} | outcome

    (read,) = study(fhir_r5(outcomeMeasure=[named])).outcomes

    assert read.time_point == time


def test_the_sponsor_of_r5_is_the_party_of_that_role():
    parties = [
        {"role": coded("funding-source"), "name": "A fund"},
        {"role": {"text": "Sponsor"}, "party": {"display": "A hospital"}},
    ]

    assert study(fhir_r5(associatedParty=parties)).sponsor == "A hospital"
    assert study(fhir_r5(associatedParty=parties[:1])).sponsor is None


def test_whatever_the_validator_stumbles_over_is_refused(monkeypatch):
    from fhir.resources.R4B.researchstudy import ResearchStudy

    def stumble(_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(ResearchStudy, "model_validate", stumble)

    with pytest.raises(InputError, match=r"trial\.json, the top: not valid FHIR R4 \('x'\)"):
        study(fhir_r4())


def test_the_version_can_be_named():
    plain = {"resourceType": "ResearchStudy", "status": "active"}

    assert study(plain).form is Form.FHIR_R4
    assert study(plain, fhir="r5").form is Form.FHIR_R5
    assert study(plain | {"status": "retired"}).form is Form.FHIR_R5


def test_fhir_that_is_not_valid_is_refused_or_reported():
    wrong = fhir_r4(sponsor="us", phase=3)

    with pytest.raises(InputError, match=r"trial\.json, .*: not valid FHIR R4 .*--lenient"):
        study(wrong)
    with pytest.raises(InputError, match=r"sponsor: must be an object .* and is us\."):
        study(wrong, lenient=True)
    lenient = study(fhir_r4(phase=3), lenient=True)
    assert any("not valid FHIR R4" in one.why for one in lenient.findings)


# ---- what is not carried


def test_what_has_no_field_is_listed_with_its_place_its_value_and_why():
    module = {"leadSponsor": {"name": "us", "class": "OTHER"}, "responsibleParty": {"type": "x"}}
    content = api(sponsorCollaboratorsModule=module) | {"derivedSection": {"a": 1, "b": 2}}

    losses = {one.path: (one.value, one.why) for one in study(content).losses}

    assert losses == {
        "protocolSection.identificationModule.briefTitle": (
            "Telemonitoring",
            "a study record has no field for it",
        ),
        "protocolSection.sponsorCollaboratorsModule.leadSponsor.class": (
            "OTHER",
            "a study record has no field for it",
        ),
        "protocolSection.sponsorCollaboratorsModule.responsibleParty": (
            "1 value",
            "names of persons and places are left out on purpose",
        ),
        "derivedSection": ("2 values", "derived by the registry, not stated by the sponsor"),
    }


def test_the_same_in_every_entry_of_a_list_is_one_loss():
    outcomes = [{"measure": f"m{i}", "timeFrame": "1 day", "note": f"n{i}"} for i in range(3)]

    losses = study(api(outcomesModule={"primaryOutcomes": outcomes})).losses

    assert ("protocolSection.outcomesModule.primaryOutcomes[*].note", "n0, and 2 more") in {
        (one.path, one.value) for one in losses
    }


def test_a_status_without_a_code_of_fhir_is_listed():
    record = study(api(statusModule={"overallStatus": "UNKNOWN"}))
    suspended = study(api(statusModule={"overallStatus": "SUSPENDED"}))

    assert record.status is None
    assert "FHIR has no code for this status" in {one.why for one in record.losses}
    assert suspended.status == "temporarily-closed-to-accrual-and-intervention"
    assert any(one.why.startswith("read as temporarily-closed") for one in suspended.losses)


def test_nothing_of_the_samples_is_lost():
    for file in sorted(SAMPLES.glob("*.yaml")):
        record = read_study(file)
        assert (record.losses, record.findings) == ((), ())
        assert len(record.outcomes) == 6


@pytest.mark.skipif(not REAL, reason="no records of a public registry beside the project")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_records_of_a_public_registry_are_read(file):
    record = read_study(file)

    assert record.ids[0].id == file.name[:11]
    assert record.title
    text = file.read_text("utf-8")
    listed = re.findall(r'(?i)"measure"|OutcomeMeasure"|<measure>', text.split("resultsSection")[0])
    assert len(record.outcomes) == len(listed)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no examples of FHIR beside the project")
def test_examples_of_fhir_are_read():
    for file in SHARED.glob("fhir-r4/ResearchStudy*.json"):
        record = read_study(file)
        assert (record.form, record.status) == (Form.FHIR_R4, "completed")
        assert [one.why for one in record.findings] == ["the record has none"] * 2


# ---- what is wrong


def outcomes_of(**outcome: str) -> dict[str, object]:
    return api(outcomesModule={"primaryOutcomes": [outcome]})


def dated(**dates: object) -> dict[str, object]:
    return api(statusModule=dates)


def own(text: str) -> str:
    return f"registry_ids: [X]\ntitle: T\n{text}"


STROKE = {"measure": "Recurrent stroke", "timeFrame": "1 year"}

# what is wrong, the record, what is said; leniently it can be read
FAULTS: list[tuple[str, object, str]] = [
    (
        "no time point",
        outcomes_of(measure="Recurrent stroke"),
        r"primaryOutcomes\[0\]: the outcome 'Recurrent stroke' has no time point; correct it",
    ),
    (
        "blank time point",
        outcomes_of(measure="Falls", timeFrame=" . "),
        "'Falls' has no time point",
    ),
    ("nothing measured", outcomes_of(timeFrame="1 year"), "does not say what is measured"),
    ("only punctuation", outcomes_of(measure="...", timeFrame="1 year"), "does not say what"),
    (
        "an outcome twice",
        api(
            outcomesModule={"primaryOutcomes": [STROKE, STROKE | {"measure": "recurrent  STROKE"}]}
        ),
        "outcomes: outcome 2, 'recurrent STROKE' at '1 year', is listed before as outcome 1",
    ),
    (
        "an outcome in two roles",
        api(outcomesModule={"primaryOutcomes": [STROKE], "otherOutcomes": [STROKE]}),
        "outcome 2, 'Recurrent stroke' at '1 year', is listed before as outcome 1",
    ),
    (
        "dates out of order",
        dated(
            startDateStruct={"date": "2026-06"}, primaryCompletionDateStruct={"date": "2026-05-31"}
        ),
        r"dates: start \(2026-06\) is after primary completion \(2026-05-31\)",
    ),
    (
        "no such day",
        dated(studyFirstSubmitDate="2026-02-30"),
        "'2026-02-30' is not in the calendar",
    ),
    ("no such month", dated(studyFirstSubmitDate="2026-13"), "'2026-13' is not in the calendar"),
    ("no such year", dated(studyFirstSubmitDate="0206-01-01"), "outside the years 1900 to 2199"),
    ("no date", dated(studyFirstSubmitDate="soon"), "'soon' is no date; write 2024-05-01, 2024-05"),
    (
        "no time zone",
        dated(studyFirstSubmitDate="2026-01-15T10:00:00"),
        r"has a time without a time zone; add Z or an offset such as \+02:00",
    ),
    (
        "no such zone",
        dated(studyFirstSubmitDate="2026-01-15T10:00+25:00"),
        "an offset that no time zone has",
    ),
    ("no such hour", dated(studyFirstSubmitDate="2026-01-15T25:00:00Z"), "that no clock shows"),
    ("no registry id", api(identificationModule={"nctId": "NCT1"}), "'NCT1' is no ClinicalTrials"),
    (
        "unknown role",
        own("outcomes: [{role: main, measurement_variable: x, time_point: 1 day}]"),
        r"outcomes\[0\]: 'main' is no role of an outcome; known are primary, secondary, other",
    ),
    ("a status that is none", fhir_r4(status="done"), "status: 'done' is no status of a"),
    (
        "an outcome without a type",
        fhir_r5(outcomeMeasure=[{"name": "Falls at 1 year"}]),
        r"outcomeMeasure\[0\]: the outcome 'Falls at 1 year' has the type ''",
    ),
]

# what is wrong, the bytes, what is said; whether leniently or not
REFUSED: list[tuple[str, object, str]] = [
    ("nothing", b"", r"^trial\.json is empty; a study record is expected\.$"),
    ("white space", b" \n", "is empty"),
    ("malformed JSON", b'{"a": 1,\n "b" 2}', r"^trial\.json, line 2, column 6: not valid JSON \("),
    ("truncated JSON", json.dumps(api()).encode()[:-30], r"line 1, column \d+: not valid JSON"),
    ("a name twice", b'{"a": 1, "a": 2}', "'a' stands twice in one object; remove one"),
    ("no number", b'{"a": NaN}', "NaN is no number that a study record can hold"),
    ("a long number", b'{"a": 1' + b"0" * 5000 + b"}", "is no number"),
    ("deep JSON", b'{"a":' * 100_000, "is nested deeper than 64 levels; no study record is"),
    ("deep lists", b"[" * 65 + b"]" * 65, "nested deeper than 64 levels"),
    ("deep YAML", b"a: " + b"[ " * 5000, "nested deeper than 64 levels"),
    ("deep XML", b"<a>" * 70 + b"</a>" * 70, "nested deeper than 64 levels"),
    ("half a character", b'{"a": "\\ud800"}', "a: half a character .* is no text"),
    ("malformed YAML", b"a: 1\nb: c: d", r"^trial\.json, line 2, column 5: not valid YAML \("),
    ("a key twice in YAML", b"a: 1\na: 2", r"line 2, column 1: .*'a' stands twice"),
    ("an alias", b"a: &x [1]\nb: *x", r"line 2, column 4: .*an alias; write it out"),
    ("a key that is a list", b"? [a]\n: 1", "a key that is no text"),
    ("control characters", b"a: \x07", "not valid YAML"),
    ("long YAML", b"a: " + b"x" * 2**20, "is neither JSON nor XML, and too long for YAML"),
    (
        "malformed XML",
        b"<clinical_study><a></clinical_study>",
        r"line 1, column \d+: not valid XML",
    ),
    ("XML with entities", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
    ("XML in no encoding", b'<?xml version="1.0" encoding="x"?><a/>', "is not valid XML"),
    ("no text", b"\xff\xfa", "is not text in UTF-8, by byte 0"),
    (
        "another document",
        {"a": 1, "b": 2},
        "is no study record that is known, by a, b; known are C",
    ),
    ("another resource", {"resourceType": "Patient"}, "by a FHIR Patient; known are"),
    ("a word", b"protocol", "by protocol; known are"),
    ("another XML", b"<protocol/>", "by protocol; known are"),
    (
        "a value of another kind",
        api(statusModule=[1]),
        "statusModule: must be an object .* 1 entry",
    ),
    ("text that is none", outcomes_of(measure=7), "measure: must be text, and is 7"),
    ("an unknown name", own("outcome: []\noutcomes: []"), "'outcome' is no name of a study record"),
    (
        "an unknown name in an outcome",
        own("outcomes: [{role: primary, measure: x}]"),
        r"outcomes\[0\]: 'measure' is no name .* known are role, measurement_variable, time_point",
    ),
    ("an outcome that is text", own("outcomes: [x]"), r"outcomes\[0\]: must be an object"),
    (
        "both versions",
        fhir_r4(whyStopped={"text": "x"}),
        "has reasonStopped, which only R4 has, and whyStopped, which only R5 has; say which",
    ),
]


@pytest.mark.parametrize(
    ("content", "sentence"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_is_refused_strictly_and_listed_leniently(content, sentence):
    with pytest.raises(InputError, match=sentence) as refused:
        study(content)

    assert one_sentence(refused.value)
    assert re.search(
        "; correct it(, or read with --lenient| [(]--lenient .*[)])[.]$", str(refused.value)
    )
    assert any(
        re.search(sentence.split("; correct")[0], f"{one.path}: {one.why}")
        for one in study(content, lenient=True).findings
    )


@pytest.mark.parametrize("lenient", [False, True], ids=["strictly", "leniently"])
@pytest.mark.parametrize(
    ("content", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_read_is_refused_in_one_sentence(content, sentence, lenient):
    with pytest.raises(InputError, match=sentence) as refused:
        study(content, lenient=lenient)

    assert one_sentence(refused.value)


def one_sentence(error: Exception) -> bool:
    said = str(error)
    return said.startswith("trial.json") and said.endswith(".") and said.isprintable()


def test_an_unknown_version_is_refused():
    with pytest.raises(InputError, match="'R3' is no version of FHIR that can be read; write R4"):
        study(fhir_r4(), fhir="R3")


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json does not exist; name a study record"):
        read_study(tmp_path / "gone.json")
    with pytest.raises(InputError, match="is a folder; name the study record in it"):
        read_study(tmp_path)
    with pytest.raises(InputError, match=r"x cannot be read \(File name too long\)\."):
        read_study(tmp_path / ("x" * 300))


def test_a_file_beyond_all_measure_is_refused(monkeypatch):
    content = json.dumps(api()).encode()
    monkeypatch.setattr("pyhealth.standards.trials.syntax.MAX_BYTES", len(content))
    assert study(content).outcomes == OUTCOMES

    with pytest.raises(InputError, match=f"has {len(content) + 1} bytes, and .* {len(content)} at"):
        study(content + b" ")


def test_an_unknown_role_is_read_as_other_leniently():
    content = own("outcomes: [{role: main, measurement_variable: x, time_point: 1 day}]")

    assert study(content, lenient=True).outcomes[0].role is OutcomeRole.OTHER


# ---- anything at all

KNOWN = """protocolSection identificationModule nctId outcomesModule primaryOutcomes measure timeFrame
statusModule overallStatus startDateStruct date resultsSection outcomeMeasuresModule outcomeMeasures
title type resourceType extension url outcomes registry_ids dates start role studies entry resource
coding"""
NAMES = some.sampled_from(KNOWN.split()) | some.text(max_size=5)
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=8)
    | some.sampled_from(["ResearchStudy", "Bundle", "primary", "2026-05", "NCT00000001", "1 day"])
)
TREES = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def places(tree: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree if isinstance(tree, list) else ())
    )
    return [path, *(place for key, value in pairs for place in places(value, (*path, key)))]


@some.composite
def damaged(draw) -> bytes:
    """A good record in which one value is another."""
    sample = draw(some.sampled_from([api(), FULL, fhir_r4(), fhir_r5(), yaml.safe_load(OWN)]))
    tree = json.loads(json.dumps(sample, default=str))
    *way, last = draw(some.sampled_from(places(tree)[1:]))
    parent = tree
    for key in way:
        parent = parent[key]
    parent[last] = draw(TREES)
    return json.dumps(tree).encode()


@settings(max_examples=300, deadline=None)
@given(damaged() | TREES.map(lambda tree: json.dumps(tree).encode()), some.booleans())
def test_any_json_is_read_or_refused(content, lenient):
    read_or_refused(content, lenient)


@settings(max_examples=150, deadline=None)
@given(
    TREES.map(lambda tree: yaml.safe_dump(tree, allow_unicode=True).encode())
    | some.text().map(lambda text: text.encode("utf-8", "replace")),
    some.booleans(),
)
def test_any_yaml_is_read_or_refused(content, lenient):
    read_or_refused(content, lenient)


@settings(max_examples=150, deadline=None)
@given(some.binary(max_size=200), some.sampled_from([b"", b"<a>", b"{", b"<clinical_study>"]))
def test_any_bytes_are_read_or_refused(content, start):
    read_or_refused(start + content, False)


@settings(max_examples=100, deadline=None)
@given(some.integers(0, len(XML) - 1), some.text(max_size=3))
def test_any_damage_to_xml_is_read_or_refused(place, text):
    read_or_refused((XML[:place] + text + XML[place + 1 :]).encode("utf-8", "replace"), False)


def read_or_refused(content: bytes, lenient: bool) -> None:
    refusal = None
    try:
        record = study_of(content, "trial", lenient=lenient)
    except PyHealthError as error:
        refusal = str(error)

    if refusal is None:
        assert all(one.measurement_variable for one in record.outcomes)
        assert lenient or all(one.time_point for one in record.outcomes)
    else:
        assert refusal.startswith("trial")
        assert refusal.isprintable()


# ---- dates


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("February 2024", "2024-02-01", "2024-02-29"),
        ("February 9, 2024", "2024-02-09", "2024-02-09"),
        ("2024-02-29T23:30:00-05:00", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(text, first, last):
    read = parse_date(text)

    assert (read.first.isoformat(), read.last.isoformat()) == (first, last)
    assert str(read) == {"February 2024": "2024-02", "February 9, 2024": "2024-02-09"}.get(
        text, text
    )


@pytest.mark.parametrize(
    ("later", "earlier", "certain"),
    [
        ("2024-05-02", "2024-05-01", True),
        ("2024-05-01", "2024-05-01", False),
        ("2024-05", "2024-05-31", False),
        ("2024-06", "2024-05-31", True),
        ("2024", "2024-06", False),
        ("2024-05-02T00:30:00+02:00", "2024-05-01T22:29:59Z", True),
        ("2024-05-02T00:30:00+02:00", "2024-05-01T22:30:00Z", False),
        ("2024-05-02T00:30:00+02:00", "2024-05-01", True),
    ],
)
def test_what_is_certainly_after_what(later, earlier, certain):
    assert parse_date(later).certainly_after(parse_date(earlier)) is certain


@pytest.mark.parametrize(
    "text",
    ["", "05/01/2024", "2024-5-1", "Mai 2024", "2024-05-01T", "٢٠٢٤", "2024-05-01 ", "20240501"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(NoDate, match=r"no date|time zone"):
        parse_date(text)


@pytest.mark.parametrize("offset", ["+99:00", "+14:01", "-15:00", "+0200"])
def test_an_offset_that_is_none_is_not_called_missing(offset):
    with pytest.raises(NoDate, match="an offset that no time zone has"):
        parse_date(f"2024-05-01T10:00{offset}")
    assert parse_date("2024-05-01T10:00+14:00").instant


# ---- wording

SAME = [
    ("Systolic  blood-pressure", "systolic blood pressure."),
    ("2-year", "2 years"),
    ("twelve months", "12 months"),
    ("twenty-four wks", "24 weeks"),
    ("Week 12", "12 weeks"),
    ("Day(s) 1", "days 1"),
    ("1,000 steps", "1000 steps"),
    ("HbA1c ≥ 7 %", "HbA1c >= 7%"),
    ("4\N{EN DASH}6 weeks", "4-6 weeks"),
    ("4-6 weeks", "4 to 6 weeks"),
    ("Participants' score", "Participants\N{RIGHT SINGLE QUOTATION MARK} score"),
    ("ﬁnal value", "final value"),
    ("kg/m²", "kg / m²"),
    ("soft\u00adhyphen", "softhyphen"),
    ("residual stenosis\\> 30%", "residual stenosis > 30%"),
]
APART = [
    ("12 months", "52 weeks"),
    ("1 year", "12 months"),
    ("10²", "102"),
    ("1½ years", "11/2 years"),
    ("HbA1c < 7%", "HbA1c > 7%"),
    ("HbA1c 7%", "HbA1c 7"),
    ("1.5 mg", "15 mg"),
    (".5 mg", "5 mg"),
    ("4-6 weeks", "46 weeks"),
    ("change of -5", "change of 5"),
    ("pain at rest", "pain at night"),
    ("mg/dL", "mg dL"),
    ("Δ score", "score"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_wordings_that_are_the_same_are_equal(one, other):
    assert same(one, other), (words(one), words(other))


@pytest.mark.parametrize(("one", "other"), APART)
def test_wordings_that_are_not_the_same_are_kept_apart(one, other):
    assert not same(one, other), (words(one), words(other))


def test_a_time_point_is_the_same_with_at_before_it():
    assert time_words("at 12 months") == time_words("12 months.")
    assert time_words("after 12 months") != time_words("12 months")


@given(some.text(max_size=30))
def test_case_and_space_never_part_wordings(text):
    assert same(text, f"  {text}\n")
    assert words(text) == words(text)
    assert all(word.strip() == word and word for word in words(text))
