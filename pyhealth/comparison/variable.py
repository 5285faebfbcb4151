"""What a measure measures, apart from the words for how: by fixed patterns, nothing fuzzy.

``Change from baseline in HbA1c at 12 weeks`` is *HbA1c*, as *change from baseline*; ``Proportion of
patients with relapse`` is *relapse*, as *proportion*. A time at the end is set apart only where it
is the outcome's own time point.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pyhealth.standards.trials.record import Outcome
from pyhealth.standards.trials.wording import time_words, words

CHANGE = r"(?:the )?(?P<kind>(?:(?:percent(?:age)?|%|absolute) )?change)s?"
PEOPLE = (
    r"(?:study )?(?:participants|patients|subjects|persons|people|individuals|women|men|children)"
)
HAVE = r"(?:with|who (?:have|had|achieved?)|having|achieving|experiencing)"
SHARE = r"(?:the )?(?P<kind>proportion|percent(?:age)?|%|number|count) of"
Patterns = tuple[tuple[re.Pattern[str], str], ...]

METRICS: Patterns = (
    (re.compile(rf"{CHANGE} from baseline (?:in|of) (?P<core>.+)"), "{} from baseline"),
    (re.compile(rf"{CHANGE} (?:in|of) (?P<core>.+) from baseline"), "{} from baseline"),
    (re.compile(rf"(?P<core>.+?) {CHANGE} from baseline"), "{} from baseline"),
    (re.compile(r"(?P<kind>time) to (?:the )?(?P<core>.+)"), "{} to event"),
    (re.compile(r"(?:the )?(?P<kind>final value) of (?P<core>.+)"), "{}"),
)
AGGREGATIONS: Patterns = (
    (re.compile(rf"{SHARE} {PEOPLE} {HAVE} (?P<core>.+)"), "{}"),
    (re.compile(r"(?:the )?(?P<kind>mean|median) (?:of )?(?P<core>.+)"), "{}"),
)
SYNONYMS = {
    "percent": "proportion",
    "percentage": "proportion",
    "%": "proportion",
    "percentage change from baseline": "percent change from baseline",
    "% change from baseline": "percent change from baseline",
    "count": "number",
    "count of participants": "number",
}
BEFORE_TIME = ("at", "after", "by", "over", "to", "within")


@dataclass(frozen=True, slots=True)
class Variable:
    """What is measured, in normal form, and how; None where it is not stated."""

    core: str
    metric: str | None
    aggregation: str | None


@lru_cache(maxsize=4096)
def variable_of(outcome: Outcome) -> Variable:
    """Return what an outcome measures, from its measure and from the fields it states."""
    text = _timeless(outcome)
    text, aggregation = _apart(text, AGGREGATIONS)
    core, metric = _apart(text, METRICS)
    return Variable(
        core,
        _stated(metric, plain(outcome.analysis_metric)),
        _stated(aggregation, plain(outcome.aggregation)),
    )


def plain(text: str | None) -> str | None:
    """Return the normal form of a metric or an aggregation, with one word for what has several."""
    normal = " ".join(words(text or ""))
    return SYNONYMS.get(normal, normal) or None


def _timeless(outcome: Outcome) -> str:
    """Return the measure without the outcome's own time point at its end."""
    text = list(words(outcome.measurement_variable))
    time = list(time_words(outcome.time_point))
    if time and text[-len(time) :] == time:
        head = text[: -len(time)]
        while head and head[-1] in BEFORE_TIME:
            head.pop()
        text = head or text
    return " ".join(text)


def _apart(text: str, patterns: Patterns) -> tuple[str, str | None]:
    for pattern, form in patterns:
        if found := pattern.fullmatch(text):
            return found["core"], plain(form.format(found["kind"]))
    return text, None


def _stated(*said: str | None) -> str | None:
    """Return what measure and field state; both, where they differ."""
    return " / ".join(dict.fromkeys(one for one in said if one)) or None
