"""What a patient ever said, from the event index: each directive with what became of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from pyhealth.index import Event, Index
from pyhealth.sharing.rule import Draft
from pyhealth.values import Directive, Grantee, Terms, directive_of, utc

CONTRACT = "ConsentRegistry"
KINDS = (
    "DirectiveGiven",
    "DirectiveRevoked",
    "RepresentativeAppointed",
    "RepresentativeDismissed",
    "MoveRequested",
    "MoveContested",
    "PatientRehoused",
)


class Stand(Enum):
    """Where a directive stands at a moment."""

    TO_COME = "to come"
    IN_FORCE = "in force"
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Directed:
    """A directive that was given."""

    grantee: Grantee
    directive: Directive  # as it was given
    document: bytes  # commitment of the consent document
    by: str
    signed_at: datetime | None  # by the signer's own clock; None: by a transaction
    anchored_at: datetime
    block_number: int
    transaction: bytes
    revoked_at: datetime | None = None

    @property
    def place(self) -> int:
        """Its place among those of its grantee."""
        return self.directive.place

    def stands(self, at: datetime) -> bool:
        """Say whether the directive is in force, or to come."""
        return self.stand(at) in (Stand.IN_FORCE, Stand.TO_COME)

    def stand(self, at: datetime) -> Stand:
        """Say where the directive stands at a moment."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return Stand.REVOKED
        if at < self.directive.valid_from:
            return Stand.TO_COME
        return Stand.IN_FORCE if at < self.directive.valid_until else Stand.ENDED


def history(index: Index, patient: str) -> list[Event]:
    """Return all that concerns a patient's consents, in the order of the chain."""
    found = (index.events(CONTRACT, name, {"patient": patient}) for name in KINDS)
    return sorted((event for events in found for event in events), key=_order)


def directives(index: Index, patient: str) -> list[Directed]:
    """Return every directive of a patient, in the order in which they were given."""
    told = history(index, patient)
    moments = _signings(index, {str(event.arguments["by"]) for event in told if _given(event)})
    found: dict[tuple[Grantee, int, int], Directed] = {}
    for event in told:
        said: Any = event.arguments
        if _given(event):
            one = _directed(event, moments)
            found[one.grantee, one.place, one.directive.version] = one
        elif event.name == "DirectiveRevoked":
            ended = directive_of(said["directive"])
            key = Grantee(said["member"], said["study"]), ended.place, ended.version
            found[key] = replace(found[key], revoked_at=event.block_time)
    return list(found.values())


def as_draft(one: Directed) -> Draft:
    """Return what was given as it was before: whom it is for, and its terms."""
    said = one.directive
    terms = Terms(*(getattr(said, field.name) for field in fields(Terms)))
    return Draft(one.grantee, said.provision, terms)


def _directed(event: Event, moments: dict[tuple[bytes, int], datetime]) -> Directed:
    said: Any = event.arguments
    return Directed(
        Grantee(said["member"], said["study"]),
        directive_of(said["directive"]),
        said["document"],
        said["by"],
        moments.get((event.transaction, event.log_index)),
        event.block_time,
        event.block_number,
        event.transaction,
    )


def _signings(index: Index, signers: set[str]) -> dict[tuple[bytes, int], datetime]:
    """Return when instructions say that they were signed, by the place of what they did."""
    found: dict[tuple[bytes, int], datetime] = {}
    for signer in signers:
        for event in index.events(CONTRACT, "InstructionFollowed", {"signer": signer}):
            signed: Any = event.arguments["signedAt"]
            found[event.transaction, event.log_index + STEP] = utc(signed)
    return found


STEP = 1  # an instruction's event stands directly before that of what it did


def _given(event: Event) -> bool:
    return event.name == "DirectiveGiven"


def _order(event: Event) -> tuple[int, int]:
    return event.block_number, event.log_index
