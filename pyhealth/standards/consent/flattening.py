"""A tree of rules as directives that never permit more.

What the tree says for sure to be permitted becomes permits, each as wide as a permit can be; what
it may deny becomes denials of labels that nothing permitted bears. Where a level would then fall
through to a wider one that permits too much, its permits go and everything is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyhealth.sharing.rule import Draft, levels
from pyhealth.standards.consent.covering import Place, covering
from pyhealth.standards.consent.losses import Consequence, Loss
from pyhealth.standards.consent.pieces import (
    EVERYTHING_DENIED,
    Pieces,
    Wanted,
    beside,
    besides,
    denials,
    spoken,
    widest,
)
from pyhealth.standards.consent.provisions import Active, Rule, Say, saying
from pyhealth.standards.consent.space import Record, Space, active
from pyhealth.values import Confidentiality, Grantee, Provision, Terms

MOST_DIRECTIVES = 8  # for one grantee, as ConsentRegistry.sol keeps them
MOST_LABELS = 12  # kinds of labels that can be told apart
MOST_LOOKS = 1 << 20  # at a rule for a kind of request: seconds


def flatten(root: Rule) -> tuple[list[Draft], list[Loss]]:
    """Return a tree as directives, and what they do not say as the tree does."""
    space = Space.of(root)
    looks = space.size() * sum(1 for _ in root.walk())
    if len(space.labels) > MOST_LABELS or looks > MOST_LOOKS:
        why = "it tells too many kinds of requests apart; hand it in as several consents"
        return [], [Loss(root.path, "", Consequence.REFUSED, why)]
    return Flattening(root, space).done()


@dataclass
class Flattening:
    """The work on one tree."""

    root: Rule
    space: Space
    records: list[Record] = field(init=False)
    lost: dict[Consequence, str] = field(default_factory=dict)
    _wanted: dict[Active, Wanted] = field(default_factory=dict)
    _pieces: dict[tuple[Active, tuple[Pieces, ...]], Pieces] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = self.space.records()

    def done(self) -> tuple[list[Draft], list[Loss]]:
        """Look at every kind of request, and gather what is said to each."""
        said: dict[Grantee, dict[Place, Pieces]] = {who: {} for who in self.space.grantees}
        for place in self.space.places():
            for who, own in said.items():
                wider = tuple(said[one][place] for _, one in levels(who) if one != who)
                own[place] = self.pieces(who, place, wider)
        drafts = [one for who, own in said.items() for one in covering(self.space, who, own)]
        kept = list(self.bounded(sorted(drafts, key=order)))
        return kept, [Loss(self.root.path, "", what, why) for what, why in self.lost.items()]

    def pieces(self, who: Grantee, place: Place, wider: tuple[Pieces, ...]) -> Pieces:
        """Return what a level says to one kind of request, given what the wider ones say."""
        span, purpose, action = place
        key = active(
            self.root,
            who,
            min(self.space.purposes[purpose]),
            min(self.space.actions[action]),
            self.space.spans[span][0],
        )
        if not key[0][1]:  # no rule is about it, so none is about what is wider
            return ()
        if (key, wider) not in self._pieces:
            self._pieces[key, wider] = self._made(self.wanted(key), wider)
        return self._pieces[key, wider]

    def wanted(self, key: Active) -> Wanted:
        """Return what the tree says of every record: a permit for sure, a denial possibly."""
        if key not in self._wanted:
            self._wanted[key] = {
                record: settled(saying(self.root, key, record.labels, record.level))
                for record in self.records
            }
        return self._wanted[key]

    def _made(self, wanted: Wanted, wider: tuple[Pieces, ...]) -> Pieces:
        above = {record: spoken(wider, record) for record in wanted}
        if above == wanted:
            return ()
        permits = widest(self.space, wanted)
        largest = max(permits, key=lambda one: (len(one.labels), one.ceiling), default=None)
        for chosen in (
            beside(denials(self.space, wanted, permits), permits),
            beside(besides(largest), (largest,) if largest else ()),
            EVERYTHING_DENIED,
        ):
            said = {record: spoken((chosen, *wider), record) for record in wanted}
            if all(wanted[one] is Say.PERMIT for one, say in said.items() if say is Say.PERMIT):
                break
        self.compare(wanted, said)
        return chosen

    def compare(self, wanted: Wanted, said: Wanted) -> None:
        """Keep where directives say something else than the tree."""
        for record, say in said.items():
            if (want := wanted[record]) is say:
                continue
            names = " ".join(sorted(label.name for label in record.labels))
            shown = f"as for {names} of confidentiality {record.level.name}"
            if want is Say.PERMIT:
                why = f"no directives permit all that it permits and no more, {shown}"
                self.lost.setdefault(Consequence.NARROWED, why)
            elif say is Say.DENY:
                why = f"a denial reaches what nothing is said of, {shown}"
                self.lost.setdefault(Consequence.NARROWED, why)
            else:
                why = f"what is denied is refused for want of a permit alone, {shown}"
                self.lost.setdefault(Consequence.WEAKENED, why)

    def bounded(self, drafts: list[Draft]) -> Iterator[Draft]:
        """Yield no more directives for a grantee than it can have: first permits go, then all is
        denied.
        """
        for who in dict.fromkeys(one.grantee for one in drafts):
            own = [one for one in drafts if one.grantee == who]
            if len(own) > MOST_DIRECTIVES:
                why = f"more than {MOST_DIRECTIVES} directives would be needed for one grantee"
                self.lost[Consequence.NARROWED] = why
                denied = [one for one in own if one.provision is Provision.DENY]
                own = own[:MOST_DIRECTIVES] if len(denied) < MOST_DIRECTIVES else [total(denied)]
            yield from own


def settled(say: int) -> Say:
    """Return what counts of all that a tree may say: a permit for sure, a denial possibly."""
    if say == Say.PERMIT:
        return Say.PERMIT
    return Say.DENY if say & Say.DENY else Say.NOTHING


def total(denials: list[Draft]) -> Draft:
    """Return one denial that holds wherever any of several does."""
    terms = [one.terms for one in denials]
    return Draft(
        denials[0].grantee,
        Provision.DENY,
        Terms(
            frozenset().union(*(one.purposes for one in terms)),
            frozenset().union(*(one.labels for one in terms)),
            frozenset().union(*(one.actions for one in terms)),
            Confidentiality.NONE,
            min(one.valid_from for one in terms),
            max(one.valid_until for one in terms),
        ),
    )


def order(draft: Draft) -> tuple[object, ...]:
    """Return by what directives are ordered: whom they are for, denials first, then time."""
    who, terms = draft.grantee, draft.terms
    codes = (sorted(terms.purposes), sorted(terms.actions), sorted(terms.labels), terms.ceiling)
    return who.member, who.study, -draft.provision, terms.valid_from, *codes
