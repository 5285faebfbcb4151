"""
canonical
├── it is one line of JSON with sorted names, without what is not stated
├── it is in NFC, so that one text has one form
└── two outcomes that differ have two forms
"""

import unicodedata

from hypothesis import given
from hypothesis import strategies as some
from trial_records import other, primary, secondary

from pyhealth.standards.trials.leaves import canonical
from pyhealth.standards.trials.record import Outcome, OutcomeRole

OUTCOMES = (
    primary("Systolic blood pressure", analysis_metric="change from baseline", aggregation="mean"),
    secondary("Recurrent stroke", "1 year"),
    other("Qualité de vie", description="EQ-5D-5L"),
)
TEXTS = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ANY = some.lists(
    some.builds(
        Outcome,
        role=some.sampled_from(OutcomeRole),
        measurement_variable=TEXTS,
        time_point=TEXTS,
        analysis_metric=some.none() | TEXTS,
        aggregation=some.none() | TEXTS,
        description=some.none() | TEXTS,
    ),
    min_size=1,
    max_size=9,
)


def test_canonical_form_is_json_with_sorted_names():
    assert canonical(OUTCOMES[0]).decode() == (
        '{"aggregation":"mean","analysis_metric":"change from baseline",'
        '"measurement_variable":"Systolic blood pressure","role":"primary",'
        '"time_point":"12 months"}'
    )
    assert canonical(OUTCOMES[2]) == (
        b'{"description":"EQ-5D-5L","measurement_variable":"Qualit\xc3\xa9 de vie","role":"other",'
        b'"time_point":"12 months"}'
    )


def test_canonical_form_is_that_of_nfc():
    composed, apart = (unicodedata.normalize(form, "Qualité") for form in ("NFC", "NFD"))

    assert composed != apart
    assert canonical(primary(composed)) == canonical(primary(apart))


@given(ANY)
def test_two_outcomes_that_differ_have_two_forms(outcomes):
    def plain(one: Outcome) -> tuple[str, ...]:
        texts = (getattr(one, name) or "" for name in Outcome.__slots__)
        return tuple(unicodedata.normalize("NFC", text) for text in texts)

    assert len({canonical(one) for one in outcomes}) == len({plain(one) for one in outcomes})
