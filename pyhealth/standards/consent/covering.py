"""The fewest directives that say what one level says to each kind of request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from pyhealth.sharing.rule import Draft
from pyhealth.standards.consent.pieces import Piece, Pieces
from pyhealth.standards.consent.space import Space
from pyhealth.values import Grantee, Provision, Terms

Place = tuple[int, int, int]  # a kind of request: its span, its purposes, its actions
Block = tuple[frozenset[int], frozenset[int]]  # cells of purposes and of actions
Span = tuple[int, int]  # the first, and the first no more


def covering(space: Space, who: Grantee, said: Mapping[Place, Pieces]) -> Iterator[Draft]:
    """Yield directives for a grantee; all together say what is said at every place."""
    where: dict[Piece, set[Place]] = {}
    for place, pieces in said.items():
        for piece in pieces:
            where.setdefault(piece, set()).add(place)
    for piece, places in where.items():
        for span, block in _blocks(piece, places, said):
            yield _draft(space, who, piece, span, block)


def _blocks(
    piece: Piece, places: set[Place], said: Mapping[Place, Pieces]
) -> Iterator[tuple[Span, Block]]:
    """Yield where to say a piece: in one block where what it touches beside changes nothing."""
    spans, purposes, actions = (frozenset(one) for one in zip(*places, strict=True))
    span = min(spans), max(spans) + 1
    hull = product(range(*span), purposes, actions)
    if all(place in places or idle(piece, said[place]) for place in hull):
        yield span, (purposes, actions)
        return
    since: dict[Block, int] = {}
    for span_ in range(span[0], span[1] + 1):
        blocks = rectangles((p, a) for s, p, a in places if s == span_)
        for block in [one for one in since if one not in blocks]:
            yield (since.pop(block), span_), block
        for block in blocks:
            since.setdefault(block, span_)


def idle(piece: Piece, beside: Pieces) -> bool:
    """Whether a piece changes nothing beside others: one says as much, or all is denied."""
    for one in beside:
        denied = one.provision is Provision.DENY
        same = one.provision is piece.provision and one.ceiling >= piece.ceiling
        if one.labels >= piece.labels and (denied or same):
            return True
    return False


def rectangles(pairs: Iterable[tuple[int, int]]) -> list[Block]:
    """Return pairs as products: the seconds that go with the same firsts."""
    firsts: dict[int, set[int]] = {}
    for first, second in pairs:
        firsts.setdefault(second, set()).add(first)
    groups: dict[frozenset[int], set[int]] = {}
    for second, those in firsts.items():
        groups.setdefault(frozenset(those), set()).add(second)
    return [(those, frozenset(seconds)) for those, seconds in groups.items()]


def _draft(space: Space, who: Grantee, piece: Piece, span: Span, block: Block) -> Draft:
    terms = Terms(
        frozenset().union(*(space.purposes[i] for i in block[0])),
        piece.labels,
        frozenset().union(*(space.actions[i] for i in block[1])),
        piece.ceiling,
        space.spans[span[0]][0],
        space.spans[span[1] - 1][1],
    )
    return Draft(who, piece.provision, terms)
