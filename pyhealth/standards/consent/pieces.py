"""What one level of directives says about records: permits as wide as can be, and denials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pyhealth.standards.consent.provisions import Say
from pyhealth.standards.consent.space import EVERY_LABEL, Record, Space
from pyhealth.values import Confidentiality, Label, Provision, labels_of

ALL_LABELS = labels_of((1 << 32) - 1)  # those to come as well
Wanted = Mapping[Record, Say]  # what is to be said of every record, fewer labels before more


@dataclass(frozen=True, slots=True)
class Piece:
    """What a directive says about records."""

    provision: Provision
    labels: frozenset[Label]
    ceiling: Confidentiality = Confidentiality.NONE

    def says(self, record: Record) -> Say:
        """Return what is said about a record."""
        if self.provision is Provision.DENY:
            return Say.DENY if self.labels & record.labels else Say.NOTHING
        covers = record.labels <= self.labels and record.level <= self.ceiling
        return Say.PERMIT if covers else Say.NOTHING


Pieces = tuple[Piece, ...]
EVERYTHING_DENIED = (Piece(Provision.DENY, ALL_LABELS),)


def widest(space: Space, wanted: Wanted) -> Pieces:
    """Return the widest permits that cover only what is wanted."""
    tops, width = space.levels, len(space.labels)
    reach = dict.fromkeys(range(1 << width), len(tops))
    for record in wanted:
        bits, level = record.cells, tops.index(record.level)
        if level == 0:
            less = (reach[bits ^ 1 << i] for i in range(width) if bits >> i & 1)
            reach[bits] = min(less)
        if wanted[record] is not Say.PERMIT:
            reach[bits] = min(reach[bits], level)
    labels = {record.cells: record.labels for record in wanted}
    return tuple(
        Piece(Provision.PERMIT, complete(those), tops[reach[bits] - 1])
        for bits, those in labels.items()
        if reach[bits]
        and all(reach[bits | 1 << i] < reach[bits] for i in range(width) if not bits >> i & 1)
    )


def denials(space: Space, wanted: Wanted, permits: Pieces) -> Pieces:
    """Return a denial of what is denied, by labels that nothing permitted bears; of those that
    reach what nothing is said of, as few as can be.
    """
    permitted = frozenset[Label]().union(*(one.labels for one in permits))
    cells = [cell for cell in space.labels if not cell & permitted]
    strays = {
        cell: sum(say is Say.NOTHING for one, say in wanted.items() if cell <= one.labels)
        for cell in cells
    }
    open_ = [one for one, say in wanted.items() if say is Say.DENY]
    denied = frozenset[Label]()
    for cell in sorted(cells, key=lambda one: (strays[one], min(one))):
        if any(cell <= one.labels for one in open_):
            denied |= cell
            open_ = [one for one in open_ if not cell <= one.labels]
    return (Piece(Provision.DENY, complete(denied)),) if denied else ()


def besides(permit: Piece | None) -> Pieces:
    """Return the denial of every label that a permit does not cover."""
    left = ALL_LABELS - permit.labels if permit else ALL_LABELS
    return (Piece(Provision.DENY, left),) if left else ()


def beside(denials: Pieces, permits: Pieces) -> Pieces:
    """Return denials and permits of one level; a permit need not leave out what is denied."""
    denied = frozenset[Label]().union(*(one.labels for one in denials))
    wide = (replace(one, labels=complete(one.labels | denied)) for one in permits)
    return (*denials, *dict.fromkeys(wide))


def spoken(chain: Iterable[Pieces], record: Record) -> Say:
    """Return what levels say of a record: the first that speaks, and its denials first."""
    for pieces in chain:
        strongest = max((one.says(record) for one in pieces), default=Say.NOTHING)
        if strongest is not Say.NOTHING:
            return strongest
    return Say.NOTHING


def complete(labels: frozenset[Label]) -> frozenset[Label]:
    """Return labels; all that there will be where these are all that there are."""
    return ALL_LABELS if labels >= EVERY_LABEL else labels
