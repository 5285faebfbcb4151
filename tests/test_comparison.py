"""
compare
├── given two lists of outcomes
│   ├── every outcome has the verdict that a reader would give
│   ├── and says which text made it so
│   └── and says which fields differ, and which only one side states
├── given any two lists
│   ├── each outcome of either is in one row, with one verdict
│   ├── a list compared with itself is all kept, in any order
│   └── the other way round, dropped and added, promoted and demoted change places
├── given text that is only similar
│   └── it proposes, and counts dropped and added
└── given what a person answered
    ├── it settles the pairs as answered
    └── given answers that cannot be
        └── it refuses

notices
└── they say what a reader must know besides

plain_comparison
└── it is JSON, with evidence beside the outcomes it is about

page
├── it stands alone, and shows every outcome
├── given text that would be markup
│   └── it stays text
└── it marks the words that differ

timeline_svg
├── it is one element of valid XML, with every moment
└── it holds moments of any time
"""

import json
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from xml.dom import minidom

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from trial_records import REAL, SAMPLES, api, other, primary, secondary

from pyhealth.comparison.answers import questions, read_answers
from pyhealth.comparison.compare import compare
from pyhealth.comparison.markup import marked
from pyhealth.comparison.matching import similarity
from pyhealth.comparison.notices import notices
from pyhealth.comparison.page import page
from pyhealth.comparison.plain import plain_comparison
from pyhealth.comparison.result import (
    Comparison,
    Evidence,
    Side,
    registered_side,
    reported_side,
)
from pyhealth.comparison.timeline import Kind, Moment, anchored, moments_of, timeline_svg
from pyhealth.comparison.variable import Variable, variable_of
from pyhealth.errors import InputError
from pyhealth.standards.trials.leaves import id_of
from pyhealth.standards.trials.reading import read_study, study_of
from pyhealth.standards.trials.record import Outcome, OutcomeRole

BP = primary("Systolic blood pressure")
STROKE = secondary("Recurrent stroke")
FALLS = other("Falls")
TRIAL = (BP, STROKE, FALLS)


def compared(registered, reported, answers=()) -> Comparison:
    return compare(
        Side("registered", tuple(registered)), Side("reported", tuple(reported)), answers
    )


def verdicts(made: Comparison) -> list[str]:
    return [row.verdict.value for row in made.rows]


# ---- verdicts

# what happened, what was registered, what was reported, the verdicts: of those registered, then added
PAIRS: list[tuple[str, tuple[Outcome, ...], tuple[Outcome, ...], list[str]]] = [
    ("nothing", TRIAL, TRIAL, ["kept"] * 3),
    ("other order", TRIAL, TRIAL[::-1], ["kept"] * 3),
    (
        "other case, space, punctuation",
        TRIAL,
        (primary("SYSTOLIC blood-pressure", "Twelve months."), STROKE, FALLS),
        ["kept"] * 3,
    ),
    ("dropped primary", TRIAL, (STROKE, FALLS), ["dropped", "kept", "kept"]),
    ("added", TRIAL, (*TRIAL, secondary("Mortality")), ["kept"] * 3 + ["added"]),
    ("promoted secondary", TRIAL, (BP, primary("Recurrent stroke"), FALLS), ["kept", "promoted", "kept"]),
    ("promoted other", TRIAL, (BP, STROKE, secondary("Falls")), ["kept", "kept", "promoted"]),
    ("demoted primary", TRIAL, (secondary("Systolic blood pressure"), STROKE, FALLS), ["demoted", "kept", "kept"]),
    ("swapped roles", (BP, STROKE), (secondary(BP.measurement_variable), primary("Recurrent stroke")), ["demoted", "promoted"]),
    ("changed time point", (BP, STROKE), (primary("Systolic blood pressure", "6 months"), STROKE), ["retimed", "kept"]),
    ("another unit of time", (BP,), (primary("Systolic blood pressure", "52 weeks"),), ["retimed"]),
    (
        "redefined by description",
        (replace(BP, description="Office readings"),),
        (replace(BP, description="Readings at home"),),
        ["redefined"],
    ),
    (
        "redefined by metric",
        (replace(BP, analysis_metric="change from baseline"),),
        (replace(BP, analysis_metric="final value"),),
        ["redefined"],
    ),
    (
        "redefined by aggregation",
        (replace(STROKE, aggregation="proportion"),),
        (replace(STROKE, aggregation="median"),),
        ["redefined"],
    ),
    (
        "redefined in the words of the measure",
        (primary("Change from baseline in HbA1c at 12 months"),),
        (primary("HbA1c"),),
        ["redefined"],
    ),
    (
        "time to event made a proportion",
        (primary("Time to recurrent stroke"),),
        (primary("Percentage of patients with recurrent stroke"),),
        ["redefined"],
    ),
    (
        "metric in a field, or in the words",
        (primary("HbA1c", analysis_metric="change from baseline", aggregation="percentage"),),
        (primary("Proportion of participants with change in HbA1c from baseline"),),
        ["kept"],
    ),
    ("a time point in the measure", (primary("HbA1c at 12 months"),), (primary("HbA1c", "12 Months"),), ["kept"]),
    (
        "one measure at two time points",
        (primary("MACE", "30 days"), primary("MACE", "1 year")),
        (primary("MACE", "1 year"), primary("MACE", "30 days")),
        ["kept", "kept"],
    ),
    (
        "one of two time points dropped",
        (primary("MACE", "30 days"), primary("MACE", "1 year")),
        (primary("MACE", "1 year"),),
        ["dropped", "kept"],
    ),
    (
        "two time points, roles swapped",
        (primary("MACE", "30 days"), secondary("MACE", "1 year")),
        (primary("MACE", "1 year"), secondary("MACE", "30 days")),
        ["demoted", "promoted"],
    ),
    ("another measure", (BP,), (primary("Body weight"),), ["dropped", "added"]),
    ("a sign turned", (primary("HbA1c < 7%"),), (primary("HbA1c > 7%"),), ["dropped", "added"]),
    (
        "several at once",
        (BP, STROKE, FALLS, secondary("Body weight"), secondary("Burden", description="a")),
        (
            primary("Recurrent stroke", "6 months"),
            secondary("Systolic blood pressure"),
            secondary("Body weight", "1 year"),
            secondary("Burden", description="b"),
            secondary("Admissions"),
        ),
        ["demoted", "promoted", "dropped", "retimed", "redefined", "added"],
    ),
    ("nothing reported", TRIAL, (), ["dropped"] * 3),
    ("nothing registered", (), TRIAL, ["added"] * 3),
    ("nothing at all", (), (), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("registered", "reported", "expected"),
    [row[1:] for row in PAIRS],
    ids=[row[0] for row in PAIRS],
)
def test_every_outcome_has_its_verdict(registered, reported, expected):
    made = compared(registered, reported)

    assert verdicts(made) == expected
    assert made.counts == {verdict: expected.count(verdict) for verdict in made.counts}
    assert made.clean is (bool(expected) and set(expected) == {"kept"})
    assert [row.registered for row in made.rows if row.registered] == list(registered)


def test_of_several_verdicts_the_weightiest_comes_first():
    (row,) = compared(
        [replace(BP, description="a")],
        [secondary(BP.measurement_variable, "1 day", description="b")],
    ).rows

    assert (row.verdict, row.also) == ("demoted", ("redefined", "retimed"))
    assert [one.field for one in row.differences] == ["role", "time_point", "description"]


@pytest.mark.parametrize(
    ("registered", "reported", "how", "why"),
    [
        (BP, BP, "exact", "the measure is the same, letter for letter"),
        (BP, primary("systolic blood pressure."), "normalised", "the measure is the same in its"),
        (
            primary("Mean HbA1c"),
            primary("HbA1c"),
            "normalised",
            "both measure 'hba1c', apart from the words for how and when",
        ),
    ],
)
def test_a_row_says_what_made_two_outcomes_one(registered, reported, how, why):
    (row,) = compared([registered], [reported]).rows

    assert row.match.how == how
    assert row.match.why.startswith(why)


def test_outcomes_that_could_be_paired_otherwise_say_so():
    made = compared(
        [primary("MACE", "30 days"), primary("MACE", "1 year")],
        [primary("MACE", "60 days"), primary("MACE", "2 years")],
    )

    assert verdicts(made) == ["retimed", "retimed"]
    for row in made.rows:
        assert row.match.why.endswith(
            "; 2 registered and 2 reported outcomes agree as far, and are "
            "paired in the order listed"
        )


def test_a_field_that_one_side_leaves_out_is_no_difference_but_is_named():
    stated = replace(BP, analysis_metric="final value", description="Office readings")

    (row,) = compared([stated], [BP]).rows

    assert (row.verdict, row.differences) == ("kept", ())
    assert row.unstated == ("analysis_metric", "description")


@pytest.mark.parametrize(
    ("outcome", "core", "metric", "aggregation"),
    [
        (primary("Change from baseline in HbA1c"), "hba1c", "change from baseline", None),
        (primary("% change in HbA1c from baseline"), "hba1c", "percent change from baseline", None),
        (primary("HbA1c change from baseline at 12 months"), "hba1c", "change from baseline", None),
        (primary("Time to first relapse"), "first relapse", "time to event", None),
        (primary("Mean change from baseline in HbA1c"), "hba1c", "change from baseline", "mean"),
        (primary("Number of patients who had a fall"), "a fall", None, "number"),
        (primary("12 months"), "12 month", None, None),
        (primary("HbA1c at 6 months"), "hba1c at 6 month", None, None),
        (primary("Mean X", aggregation="median"), "x", None, "mean / median"),
    ],
)
def test_what_is_measured_stands_apart_from_how(outcome, core, metric, aggregation):
    assert variable_of(outcome) == Variable(core, metric, aggregation)


# ---- any lists

OUTCOMES = some.lists(
    some.builds(
        Outcome,
        role=some.sampled_from(OutcomeRole),
        measurement_variable=some.sampled_from(
            [
                "HbA1c",
                "hba1c.",
                "Change from baseline in HbA1c",
                "Falls",
                "Recurrent falls",
                "Mean falls",
            ]
        )
        | some.text(min_size=1, max_size=6),
        time_point=some.sampled_from(["12 weeks", "week 12", "1 year"]),
        description=some.none() | some.sampled_from(["a", "b"]),
    ),
    max_size=7,
)


@given(OUTCOMES, OUTCOMES)
def test_each_outcome_is_in_one_row(registered, reported):
    made = compared(registered, reported)

    assert [row.registered for row in made.rows if row.registered] == registered
    assert Counter(row.reported for row in made.rows if row.reported) == Counter(reported)
    assert sum(made.counts.values()) == len(made.rows)
    for row in made.rows:
        assert (row.reported is None) == (row.verdict == "dropped")
        assert (row.registered is None) == (row.verdict == "added")


@given(OUTCOMES, some.randoms(use_true_random=False))
def test_a_list_compared_with_itself_is_all_kept(outcomes, shuffler: random.Random):
    shuffled = list(outcomes)
    shuffler.shuffle(shuffled)

    assert set(verdicts(compared(outcomes, outcomes))) <= {"kept"}
    assert set(verdicts(compared(outcomes, shuffled))) <= {"kept"}


TURNED = {"dropped": "added", "added": "dropped", "promoted": "demoted", "demoted": "promoted"}


@given(OUTCOMES, OUTCOMES)
def test_the_other_way_round_verdicts_change_places(registered, reported):
    one, other = compared(registered, reported), compared(reported, registered)

    for verdict in ("dropped", "added"):
        assert verdicts(one).count(verdict) == verdicts(other).count(TURNED[verdict])


@pytest.mark.skipif(not REAL, reason="no records of a public registry beside the project")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_records_of_a_public_registry_are_kept_by_themselves(file):
    record = read_study(file)

    made = compare(registered_side("a", record), reported_side("b", record))

    assert set(verdicts(made)) <= {"kept"}
    assert len(made.rows) == len(record.outcomes)
    assert minidom.parseString(timeline_svg(moments_of(made), "t"))


# ---- proposals and answers

ADMISSIONS = (secondary("Emergency admissions"), secondary("Emergency hospital admissions"))


def answered(text: str, registered=ADMISSIONS[:1], reported=ADMISSIONS[1:]) -> Comparison:
    return compared(
        registered, reported, read_answers(text.encode(), "a.yaml", registered, reported)
    )


def test_similar_text_is_proposed_and_counts_as_dropped_and_added():
    made = compared(ADMISSIONS[:1], ADMISSIONS[1:])

    assert verdicts(made) == ["dropped", "added"]
    dropped, added = (row.proposal for row in made.rows)
    assert (dropped.other, added.other) == (ADMISSIONS[1], ADMISSIONS[0])
    assert (dropped.verdict, made.proposals) == ("redefined", 1)
    assert 0.5 < dropped.similarity == added.similarity == similarity(*ADMISSIONS) < 1


def test_each_outcome_is_in_one_proposal_at_most():
    made = compared(
        [secondary("Emergency admissions"), secondary("Emergency admission days")],
        [secondary("Emergency admissions, all")],
    )

    assert [row.proposal is not None for row in made.rows] == [True, False, True]


@pytest.mark.parametrize(
    ("said", "expected", "how"),
    [
        ("same", ["kept"], "a person says that it is the same, in other words"),
        ("changed", ["redefined"], "a person says that it is the same outcome, redefined"),
        ("different", ["dropped", "added"], "a person says that they are two outcomes"),
    ],
)
def test_a_person_settles_a_proposal(said, expected, how):
    text = questions(compared(ADMISSIONS[:1], ADMISSIONS[1:])).replace("answer:", f"answer: {said}")

    made = answered(text.replace("because:", "because: read both"))

    assert verdicts(made) == expected
    assert made.proposals == 0
    assert made.rows[0].match.how == "confirmed"
    assert made.rows[0].match.why == f"{how}: read both"


def test_every_answer_counts():
    two = [FALLS, STROKE]
    said = [
        f"{{registered: {one}, reported: {one}, answer: different}}"
        for one in ("Falls", "recurrent stroke")
    ]

    assert (
        verdicts(answered(f"answers: [{', '.join(said)}]", two, two))
        == ["dropped"] * 2 + ["added"] * 2
    )


def test_a_person_parts_what_text_has_matched():
    made = answered(
        "answers: [{registered: Falls, reported: Falls, answer: different}]", [FALLS], [FALLS]
    )

    assert verdicts(made) == ["dropped", "added"]


def test_a_person_settles_the_wording_of_a_time_point():
    later = [primary(BP.measurement_variable, "1 year")]
    text = f"answers: [{{registered: {id_of(BP)}, reported: {id_of(later[0])}, answer: same"

    assert verdicts(answered(text + "}]", [BP], later)) == ["retimed"]
    assert verdicts(answered(text + ", time_point: same}]", [BP], later)) == ["kept"]


def test_where_nothing_waits_there_is_nothing_to_fill_in():
    text = questions(compared(TRIAL, TRIAL))

    assert (text, read_answers(text.encode(), "a.yaml", TRIAL, TRIAL)) == ("answers: []\n", ())


ONE = "registered: Falls, reported: Falls"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x: 1", r"^a\.yaml must hold a list named answers, and nothing else\.$"),
        ("answers: [1]", r"^a\.yaml, answer 1: known names are registered, reported, answer,"),
        (f"answers: [{{{ONE}, answer: yes}}]", "answer 1: 'yes' is no answer; write same, changed"),
        (f"answers: [{{{ONE}}}]", "'' is no answer"),
        (f"answers: [{{{ONE}, answer: same, time_point: no}}]", "time_point can be 'same' or left"),
        ("answers: [{registered: X, answer: same}]", "registered: no outcomes are 'X'; name one"),
        ("answers: [{registered: Falls, answer: same}]", "reported: no outcomes are ''; name one"),
        (
            f"answers: [{{{ONE}, answer: same}}, {{{ONE}, answer: different}}]",
            "answer 2: answer 1 is about the same outcome; remove one of them",
        ),
        (
            f"answers: [{{{ONE}, answer: same}}, {{registered: Falls, reported: Mace, answer: same}}]",
            "answer 2: answer 1 is about the same outcome",
        ),
        ("answers: [", r"^a\.yaml, line 1, column 11: not valid YAML"),
        ("", "^a.yaml is empty"),
    ],
)
def test_answers_that_cannot_be_are_refused(text, sentence):
    with pytest.raises(InputError, match=sentence):
        answered(text, [FALLS], [FALLS, primary("Mace")])


def test_a_measure_that_two_outcomes_have_is_no_name():
    two = [primary("MACE", "30 days"), primary("MACE", "1 year")]

    with pytest.raises(InputError, match="registered: 2 outcomes are 'mace'; name one by its id"):
        answered("answers: [{registered: mace, reported: mace, answer: same}]", two, two)


# ---- notices


def of(content: dict[str, object], **how: object) -> object:
    return study_of(json.dumps(content).encode(), "r.json", **how)


def test_notices_say_what_a_reader_must_know():
    ours = of(
        api(
            statusModule={
                "startDateStruct": {"date": "2026-03"},
                "studyFirstSubmitDate": "2026-04-01",
            }
        )
    )
    result = {"type": "PRIMARY", "title": "Systolic pressure", "timeFrame": "12 months"}
    theirs = of(
        api(identificationModule={"nctId": "NCT00000002"})
        | {"resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [result]}}}
    )

    told = list(notices(compare(registered_side("old", ours), reported_side("new", theirs))))

    assert told == [
        "The reported outcomes are those that new has results posted for, not those of its protocol.",
        "Pairs that are only similar: 1. They wait for a person, and count as dropped and added until then.",
        "new, title: the record has none.",
        "The records share no registry id: they may be of two trials.",
        "The trial was registered (2026-04-01) after it started (2026-03).",
    ]


@pytest.mark.parametrize(
    ("registered", "reported", "sentence"),
    [
        ((), (), "Neither side lists an outcome: there is nothing to compare."),
        ((), TRIAL, "registered lists no outcome."),
        (TRIAL, (), "reported lists no outcome."),
    ],
)
def test_notices_say_where_outcomes_are_missing(registered, reported, sentence):
    assert list(notices(compared(registered, reported))) == [sentence]


# ---- JSON, page and timeline

ANCHORED = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def made() -> Comparison:
    ours, theirs = (read_study(SAMPLES / f"{name}.yaml") for name in ("registered", "reported"))
    proof = Evidence(ANCHORED, "before first enrolment", b"\x0a" * 32)
    side = replace(registered_side("registered.yaml", ours), evidence={ours.outcomes[1]: proof})
    return compare(side, reported_side("reported.yaml", theirs))


def test_plain_comparison_is_json_with_a_verdict_each(made):
    told = json.loads(orjson.dumps(plain_comparison(made)))

    assert [one["verdict"] for one in told["outcomes"]] == [
        "retimed",
        "dropped",
        "promoted",
        "redefined",
        "dropped",
        "kept",
        "added",
        "added",
    ]
    assert told["summary"] == {
        "registered": 6,
        "reported": 6,
        "dropped": 2,
        "added": 2,
        "promoted": 1,
        "demoted": 0,
        "redefined": 1,
        "retimed": 1,
        "kept": 1,
        "proposals": 1,
        "clean": False,
    }
    assert told["outcomes"][1]["reported"] is None
    assert told["outcomes"][1]["registered"]["measurement_variable"] == "Recurrent stroke"
    assert told["outcomes"][1]["evidence"]["registered"] == {
        "anchored_at": "2026-02-01T09:30:00+00:00",
        "stage": "before first enrolment",
        "transaction": "0x" + "0a" * 32,
    }
    assert told["outcomes"][0]["evidence"] == {"registered": None, "reported": None}
    assert told["outcomes"][4]["proposal"]["verdict"] == "redefined"
    assert told["registered"]["dates"]["start"] == "2026-03"


class Tags(HTMLParser):
    """The tags of a page, checked to close in the order they open."""

    VOID = frozenset({"meta", "br", "line", "circle", "rect", "!doctype"})
    OPTIONAL = frozenset({"th"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen[tag] += 1
        self.attributes += attrs
        if tag not in self.VOID | self.OPTIONAL:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_shows_every_outcome(made):
    text = page(made)

    tags = Tags(text)
    assert tags.open == []
    assert (tags.seen["svg"], tags.seen["script"], tags.seen["link"], tags.seen["img"]) == (
        1,
        0,
        0,
        0,
    )
    assert not {name for name, _ in tags.attributes} & {"src", "href", "xlink:href", "onload"}
    assert re.findall(r"https?://[^\"' <]+", text) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in text
    assert "default-src 'none'" in text
    for row in made.rows:
        for one in (row.registered, row.reported):
            assert one is None or f"<code>{id_of(one)}</code>" in text
    assert "2026-02-01 09:30:00 UTC, before first enrolment, <code>0x0a0a" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


HOSTILE = "<script>alert(1)</script>\"'&\x00\u202e[/bold]\ud7ff"


def test_markup_in_a_record_stays_text():
    outcome = primary(HOSTILE, HOSTILE, description=HOSTILE, analysis_metric=HOSTILE)
    ours = replace(of(api()), title=HOSTILE, sponsor=HOSTILE)
    sides = (
        Side(HOSTILE, (outcome,), ours),
        Side(HOSTILE, (replace(outcome, description="x"),), ours),
    )

    text = page(compare(*sides))

    assert Tags(text).seen["script"] == 0
    assert not {"\x00", "\u202e"} & set(text)
    assert "\\u202e" in text
    assert minidom.parseString(
        timeline_svg([Moment(HOSTILE, date(2026, 1, 1), date(2026, 1, 1), HOSTILE)], HOSTILE)
    )


@given(OUTCOMES, OUTCOMES)
def test_any_comparison_has_a_page(registered, reported):
    assert Tags(page(compared(registered, reported))).open == []


def test_the_page_marks_the_words_that_differ(made):
    text = page(made)

    assert "<del>12</del> months after randomisation" in text
    assert "<ins>six</ins> months after randomisation" in text


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a b", "a b", ("a b", "a b")),
        ("a b", "a c", ("a <del>b</del>", "a <ins>c</ins>")),
        ("a b c", "a c", ("a <del>b</del> c", "a c")),
        ("<a>", "<b> & c", ("<del>&lt;a&gt;</del>", "<ins>&lt;b&gt; &amp; c</ins>")),
    ],
)
def test_words_that_differ_are_marked(before, after, shown):
    assert marked(before, after) == shown


def test_a_page_marks_no_words_in_texts_without_end():
    long = " ".join(map(str, range(500)))
    made = compared([replace(BP, description=long)], [replace(BP, description="0 1")])

    assert "<dd>0 1</dd>" in page(made)


def test_the_timeline_shows_every_moment(made):
    moments = moments_of(made)

    svg = minidom.parseString(timeline_svg(moments, "A trial")).documentElement

    texts = {node.firstChild.data for node in svg.getElementsByTagName("text")}
    assert {one.label for one in moments} < texts
    assert {"Start (registered)", "2026-03", "Start (reported)", "2026-03-09", "Registered"} < texts
    assert "2026-02-01 09:30 UTC, before first enrolment" in texts
    kinds = [node.getAttribute("class") for node in svg.getElementsByTagName("circle")]
    assert kinds.count("anchored") == 1


def test_moments_show_dates_as_they_are_written():
    made = compared(TRIAL, TRIAL)
    assert moments_of(made) == []
    record = of(api())
    (start, *_), estimated = (
        [
            one
            for one in moments_of(compare(registered_side("a", record), reported_side("a", record)))
            if one.label == label
        ]
        for label in ("Start", "Completion")
    )
    assert (start.first, start.last, start.shown) == (
        date(2026, 3, 1),
        date(2026, 3, 31),
        "2026-03",
    )
    assert [one.shown for one in estimated] == ["2027-12 (estimated)"]
    assert anchored("Anchored", ANCHORED) == Moment(
        "Anchored", date(2026, 2, 1), date(2026, 2, 1), "2026-02-01 09:30 UTC", Kind.ANCHORED
    )


def test_a_label_without_end_is_cut():
    day = date(2026, 1, 1)

    assert f">{'x' * 41}…</text>" in timeline_svg([Moment("x" * 99, day, day, "")], "t")


DAYS = some.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(some.lists(some.tuples(DAYS, DAYS), max_size=6))
def test_moments_of_any_time_lie_on_the_drawing(spans):
    moments = [Moment("x", min(pair), max(pair), "x") for pair in spans]
    assume(moments)

    svg = minidom.parseString(timeline_svg(moments, "t")).documentElement

    width = float(svg.getAttribute("width"))
    marks = [*svg.getElementsByTagName("circle"), *svg.getElementsByTagName("rect")]
    assert len(marks) == len(moments)
    assert all(0 <= float(m.getAttribute("cx") or m.getAttribute("x")) <= width for m in marks)
    assert len(svg.getElementsByTagName("line")) <= 10
