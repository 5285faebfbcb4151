"""What a person says about outcomes that are only similar, or that text has matched, in YAML.

    answers:
      - registered: 5f1c2a7e     # an outcome's id, as it is shown, or its measure
        reported: 90ab12cd
        answer: same             # the same, in other words
        because: two names of one measure

``same``: one outcome, one definition, in other words. ``changed``: one outcome, redefined.
``different``: two outcomes. Where the time points are one in other words (12 months, 1 year), add
``time_point: same``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pyhealth.comparison.result import Answer, Comparison
from pyhealth.comparison.verdicts import Settled
from pyhealth.errors import InputError
from pyhealth.standards.trials.leaves import id_of
from pyhealth.standards.trials.record import Outcome
from pyhealth.standards.trials.syntax import parse
from pyhealth.standards.trials.tree import Node, Reading, brief
from pyhealth.standards.trials.wording import same

ANSWERS = ("same", "changed", "different")
NAMES = ("registered", "reported", "answer", "time_point", "because")
WORDS = {
    "same": "a person says that it is the same, in other words",
    "changed": "a person says that it is the same outcome, redefined",
    "different": "a person says that they are two outcomes",
}


def read_answers(
    content: bytes, name: str, registered: Sequence[Outcome], reported: Sequence[Outcome]
) -> tuple[Answer, ...]:
    """Read the answers to a comparison of those outcomes; the name is for messages."""
    top = Node(parse(name, content), Reading(name))
    if not isinstance(top.value, dict) or set(top.value) != {"answers"}:
        raise InputError(f"{name} must hold a list named answers, and nothing else.")
    found: list[Answer] = []
    for i, node in enumerate(top.each("answers"), 1):
        one = _answer(node, f"{name}, answer {i}", registered, reported)
        for j, other in enumerate(found, 1):
            shared = one.registered == other.registered, one.reported == other.reported
            if all(shared) or (any(shared) and one.one and other.one):
                raise InputError(
                    f"{name}, answer {i}: answer {j} is about the same outcome; remove one of them."
                )
        found.append(one)
    return tuple(found)


def _answer(
    node: Node, where: str, registered: Sequence[Outcome], reported: Sequence[Outcome]
) -> Answer:
    if not isinstance(node.value, dict) or not set(node.value) <= set(NAMES):
        raise InputError(f"{where}: known names are {', '.join(NAMES)}, and no others.")
    said, time = node.text("answer") or "", node.text("time_point")
    if said not in ANSWERS:
        raise InputError(
            f"{where}: {brief(said)!r} is no answer; write same, changed or different."
        )
    if time not in (None, "same"):
        raise InputError(f"{where}: time_point can be 'same' or left out, and is {brief(time)!r}.")
    because = node.text("because")
    return Answer(
        _place(node.text("registered"), registered, f"{where}, registered"),
        _place(node.text("reported"), reported, f"{where}, reported"),
        said != "different",
        Settled(definition=said == "same", time=time is not None),
        WORDS[said] + (f": {because}" if because else ""),
    )


def _place(text: str | None, outcomes: Sequence[Outcome], where: str) -> int:
    """Return the place of the outcome that is meant, by its id or its measure."""
    named = [i for i, one in enumerate(outcomes) if text and id_of(one) == text.lower()]
    found = named or [
        i for i, one in enumerate(outcomes) if text and same(text, one.measurement_variable)
    ]
    if len(found) != 1:
        raise InputError(
            f"{where}: {len(found) or 'no'} outcomes are {brief(text or '')!r}; name one by its "
            "id, as the comparison shows it."
        )
    return found[0]


def questions(made: Comparison) -> str:
    """Return the file to fill in: every pair that waits for a person, its answer left open."""
    return "\n".join(["answers:", *_asked(made)]) + "\n" if made.proposals else "answers: []\n"


def _asked(made: Comparison) -> Iterator[str]:
    for row in made.rows:
        if row.registered and row.proposal:
            yield from (
                f"  - registered: {id_of(row.registered)!r}  # {_shown(row.registered)}",
                f"    reported: {id_of(row.proposal.other)!r}  # {_shown(row.proposal.other)}",
                f"    answer:  # {', '.join(ANSWERS)}; {row.proposal.similarity:.0%} alike",
                "    because:",
            )


def _shown(outcome: Outcome) -> Any:
    return f"{outcome.role}: {brief(outcome.measurement_variable)}, {brief(outcome.time_point)}"
