"""Which reported outcome is which registered one: by equal text in normal form, or by a person.

Levels are tried in turn, the fullest agreement first, so that an outcome that is listed for two
time points finds its own. Text that is only similar is proposed, never matched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyhealth.comparison.variable import plain, variable_of
from pyhealth.standards.trials.record import Outcome
from pyhealth.standards.trials.wording import same, time_words, words

ALIKE = 0.5  # the least similarity that is worth a person's look
Key = tuple[object, ...]


class How(StrEnum):
    """What makes two outcomes one."""

    EXACT = "exact"
    NORMALISED = "normalised"
    CONFIRMED = "confirmed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """What makes two outcomes one, or that nothing does, in a sentence."""

    how: How
    why: str

    def __str__(self) -> str:
        return self.why if self.how is How.NONE else f"{self.how}: {self.why}"


@dataclass(frozen=True, slots=True)
class Pair:
    """The places of two outcomes in their lists, and why they are one."""

    registered: int
    reported: int
    match: Match


def _measure(one: Outcome) -> Key:
    return words(one.measurement_variable)


def _core(one: Outcome) -> Key:
    return (variable_of(one).core,)


def _details(one: Outcome) -> Key:
    return (plain(one.analysis_metric), plain(one.aggregation), words(one.description or ""))


LEVELS: tuple[Callable[[Outcome], Key], ...] = (
    lambda one: (_measure(one), time_words(one.time_point), _details(one), one.role),
    lambda one: (_measure(one), time_words(one.time_point), _details(one)),
    lambda one: (_measure(one), time_words(one.time_point), one.role),
    lambda one: (_measure(one), time_words(one.time_point)),
    lambda one: (_measure(one), one.role),
    _measure,
    lambda one: (_core(one), time_words(one.time_point), one.role),
    lambda one: (_core(one), time_words(one.time_point)),
    lambda one: (_core(one), one.role),
    _core,
)


def match(
    registered: Sequence[Outcome],
    reported: Sequence[Outcome],
    confirmed: Mapping[tuple[int, int], str],
    apart: frozenset[tuple[int, int]],
) -> Iterator[Pair]:
    """Yield the pairs: those a person confirmed, by place and with the reason, then by text.

    Those that a person said to be ``apart`` are never paired.
    """
    for (i, j), because in confirmed.items():
        yield Pair(i, j, Match(How.CONFIRMED, because))
    left = [i for i in range(len(registered)) if i not in {i for i, _ in confirmed}]
    free = [j for j in range(len(reported)) if j not in {j for _, j in confirmed}]
    for level in LEVELS:
        groups: dict[Key, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i in left:
            groups[level(registered[i])][0].append(i)
        for j in free:
            groups[level(reported[j])][1].append(j)
        for ours, theirs in groups.values():
            many = (len(ours), len(theirs))
            for i in ours:
                for j in [j for j in theirs if (i, j) not in apart][:1]:
                    for places, place in ((theirs, j), (left, i), (free, j)):
                        places.remove(place)
                    yield Pair(i, j, _why(registered[i], reported[j], many))


def _why(registered: Outcome, reported: Outcome, many: tuple[int, int]) -> Match:
    before, after = registered.measurement_variable, reported.measurement_variable
    if before == after:
        how, why = How.EXACT, "the measure is the same, letter for letter"
    elif same(before, after):
        how, why = How.NORMALISED, "the measure is the same in its normal form"
    else:
        core = variable_of(registered).core
        how, why = How.NORMALISED, f"both measure {core!r}, apart from the words for how and when"
    if max(many) > 1:
        why += (
            f"; {many[0]} registered and {many[1]} reported outcomes agree as far, and are paired "
        )
        why += "in the order listed"
    return Match(how, why)


def similarity(one: Outcome, other: Outcome) -> float:
    """Return which share of their letter triples two measures have in common, 0 to 1."""
    return _shared(_triples(one), _triples(other))


def _triples(one: Outcome) -> tuple[frozenset[str], ...]:
    """Return the letter triples of a measure, whole and apart from the words for how and when."""
    texts = (" ".join(words(one.measurement_variable)), variable_of(one).core)
    return tuple(frozenset(f" {t} "[i : i + 3] for i in range(len(t))) for t in texts)


def _shared(ours: Sequence[frozenset[str]], theirs: Sequence[frozenset[str]]) -> float:
    pairs = zip(ours, theirs, strict=True)
    return max(2 * len(one & other) / ((len(one) + len(other)) or 1) for one, other in pairs)


def propose(
    registered: Mapping[int, Outcome],
    reported: Mapping[int, Outcome],
    apart: frozenset[tuple[int, int]],
) -> dict[tuple[int, int], float]:
    """Return pairs of what is left that a person should look at, each outcome in one at most."""
    ours = {i: _triples(one) for i, one in registered.items()}
    theirs = {j: _triples(one) for j, one in reported.items()}
    alike = [(-_shared(ours[i], theirs[j]), i, j) for i in ours for j in theirs]
    found: dict[tuple[int, int], float] = {}
    for score, i, j in sorted(alike):
        if -score >= ALIKE and i in ours and j in theirs and (i, j) not in apart:
            found[i, j] = -score
            del ours[i], theirs[j]
    return found
