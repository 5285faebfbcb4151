"""Compares registered with reported outcomes: one row for each, one verdict a row.

Text that is only similar is never matched: its outcomes are counted as dropped and added, the
strict reading, and shown as a proposal for a person to settle (see `answers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyhealth.comparison.matching import How, Match, match, propose
from pyhealth.comparison.result import Answer, Comparison, Proposal, Row, Side
from pyhealth.comparison.verdicts import Verdict, differences, judge, unstated
from pyhealth.standards.trials.record import Outcome

Place = tuple[int, int]  # of a registered and a reported outcome


def compare(registered: Side, reported: Side, answers: Sequence[Answer] = ()) -> Comparison:
    """Compare two sides, with what a person has settled."""
    ours, theirs = registered.outcomes, reported.outcomes
    said = {(one.registered, one.reported): one for one in answers}
    confirmed = {place: answer.because for place, answer in said.items() if answer.one}
    apart = frozenset(said) - frozenset(confirmed)
    pairs = {pair.registered: pair for pair in match(ours, theirs, confirmed, apart)}
    taken = {pair.reported for pair in pairs.values()}
    dropped = {i: one for i, one in enumerate(ours) if i not in pairs}
    added = {j: one for j, one in enumerate(theirs) if j not in taken}
    proposals = propose(dropped, added, apart)

    def rows() -> Iterator[Row]:
        for i, one in enumerate(ours):
            if pair := pairs.get(i):
                answer = said.get((i, pair.reported))
                yield _paired(one, theirs[pair.reported], pair.match, answer)
            else:
                why = _alone("reported", [said[place] for place in apart if place[0] == i])
                proposal = _proposal(ours, theirs, proposals, (i, None))
                yield Row(Verdict.DROPPED, one, None, why, proposal=proposal)
        for j, one in added.items():
            why = _alone("registered", [said[place] for place in apart if place[1] == j])
            proposal = _proposal(ours, theirs, proposals, (None, j))
            yield Row(Verdict.ADDED, None, one, why, proposal=proposal)

    return Comparison(registered, reported, tuple(rows()))


def _paired(registered: Outcome, reported: Outcome, why: Match, answer: Answer | None) -> Row:
    verdict, *also = judge(registered, reported, answer.settled if answer else None)
    return Row(
        verdict,
        registered,
        reported,
        why,
        tuple(also),
        tuple(differences(registered, reported)),
        unstated(registered, reported),
    )


def _alone(side: str, answers: Sequence[Answer]) -> Match:
    """Say why an outcome stands alone."""
    if answers:
        return Match(How.CONFIRMED, answers[0].because)
    return Match(How.NONE, f"no {side} outcome has this measure")


def _proposal(
    ours: Sequence[Outcome],
    theirs: Sequence[Outcome],
    proposals: Mapping[Place, float],
    wanted: tuple[int | None, int | None],
) -> Proposal | None:
    """Return what is proposed for the outcome at a place of either side."""
    for (i, j), score in proposals.items():
        if i == wanted[0] or j == wanted[1]:
            other = ours[i] if wanted[0] is None else theirs[j]
            return Proposal(other, score, judge(ours[i], theirs[j])[0])
    return None
