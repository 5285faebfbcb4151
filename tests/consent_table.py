"""The decision table: what was given, what is asked, what is decided.

Free of chain and package clients, so that the contract, the rule in Python and the FHIR evaluator
can all be run on it. Members go by name; moments are seconds after the first grant. A step is done
at its second; one that the registry refuses leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyhealth.sharing.purposes import closure_of
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Ground,
    Label,
    Outcome,
    Provision,
    Purpose,
    Terms,
    labels_of,
)

PERMIT, DENY, NONE = Outcome.CONSENT_PERMIT, Outcome.CONSENT_DENY, Outcome.NO_CONSENT
SELF, ALL, STUDY, NOBODY = Ground.MEMBER, Ground.EVERYONE, Ground.STUDY, Ground.NONE
INACTIVE = Ground.MEMBER_NOT_ACTIVE
EVERYONE = "everyone"
TRIAL = bytes(31) + b"\x2a"
ANY_LABEL = labels_of((1 << 32) - 1)
LATE = 10_000  # seconds: later than all that happens


@dataclass(frozen=True)
class Give:
    """A permit or a denial, by the patient or a representative."""

    provision: Provision
    to: str
    terms: Terms  # with moments from `START` on
    study: bytes
    by: str
    at: int


@dataclass(frozen=True)
class Revoke:
    """The end of what the n-th `Give` gave, counted from 0."""

    which: int
    by: str = "patient"
    at: int = 0


@dataclass(frozen=True)
class Appoint:
    """A representative who may speak until a second."""

    who: str
    until: int
    at: int = 0


@dataclass(frozen=True)
class Dismiss:
    """The end of a representative."""

    who: str
    at: int = 0


@dataclass(frozen=True)
class Suspend:
    """The consortium suspends a member."""

    member: str
    at: int = 0


Step = Give | Revoke | Appoint | Dismiss | Suspend
START = datetime(2030, 1, 1, tzinfo=UTC)  # stands for the second 0, whenever that is


@dataclass(frozen=True)
class Asked:
    """A request."""

    member: str
    purpose: Purpose
    action: ConsentAction
    labels: frozenset[Label]
    confidentiality: Confidentiality
    study: bytes
    at: int


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    given: tuple[Step, ...]
    asked: Asked
    outcome: Outcome
    ground: Ground
    decided_by: int | None = None  # the n-th `Give`, counted from 0


def moment(second: int | None, otherwise: datetime) -> datetime:
    return otherwise if second is None else START + timedelta(seconds=second)


def labels(names: str) -> frozenset[Label]:
    return ANY_LABEL if names == "ANY" else frozenset(Label[name] for name in names.split())


def _give(
    provision: Provision,
    to: str,
    purposes: str,
    of: str = "ANY",
    *,
    actions: str = "COLLECT ACCESS USE DISCLOSE CORRECT",
    up_to: str = "V",
    since: int | None = None,
    until: int | None = None,
    study: bytes = bytes(32),
    by: str = "patient",
    at: int = 0,
) -> Give:
    terms = Terms(
        closure_of(Purpose[name] for name in purposes.split()),
        labels(of),
        frozenset(ConsentAction[name] for name in actions.split()),
        Confidentiality[up_to],
        moment(since, ALWAYS),
        moment(until, FOREVER),
    )
    return Give(provision, to, terms, study, by, at)


def permit(to: str, purposes: str, of: str = "ANY", **more: object) -> Give:
    return _give(Provision.PERMIT, to, purposes, of, **more)  # type: ignore[arg-type]


def deny(to: str, purposes: str, of: str = "ANY", **more: object) -> Give:
    return _give(Provision.DENY, to, purposes, of, **more)  # type: ignore[arg-type]


def asks(
    member: str,
    purpose: str = "TREAT",
    of: str = "CONDITION",
    *,
    to: str = "ACCESS",
    level: str = "N",
    study: bytes = bytes(32),
    at: int = LATE,
) -> Asked:
    what = labels(of), Confidentiality[level]
    return Asked(member, Purpose[purpose], ConsentAction[to], *what, study, at)


def row(
    name: str,
    given: list[Step],
    asked: Asked,
    outcome: Outcome,
    ground: Ground = NOBODY,
    decided_by: int | None = None,
) -> Row:
    return Row(name, tuple(given), asked, outcome, ground, decided_by)


TREATED = permit("hospital", "TREAT")
GUARDIAN = Appoint("guardian", until=100)

TABLE = [
    # Nothing was given.
    row("nothing permits nothing", [], asks("hospital"), NONE),
    row("a permit for another member permits nothing", [permit("clinic", "TREAT")],
        asks("hospital"), NONE),
    row("a denial for another member denies nothing", [deny("clinic", "TREAT")],
        asks("hospital"), NONE),
    # Purposes: a purpose covers its kinds, and no other.
    row("a purpose is permitted", [TREATED], asks("hospital", "TREAT"), PERMIT, SELF, 0),
    row("its kind is permitted", [TREATED], asks("hospital", "COC"), PERMIT, SELF, 0),
    row("the kind of its kind is permitted", [TREATED],
        asks("hospital", "ERTREAT"), PERMIT, SELF, 0),
    row("a kind does not cover its parent", [permit("hospital", "COC")],
        asks("hospital", "TREAT"), NONE),
    row("a kind does not cover its sibling", [permit("hospital", "COC")],
        asks("hospital", "CLINTRL"), NONE),
    row("another branch is not covered", [TREATED], asks("hospital", "HPAYMT"), NONE),
    row("research covers a trial with patient care", [permit("sponsor", "HRESCH")],
        asks("sponsor", "CLINTRCHPC"), PERMIT, SELF, 0),
    row("a trial does not cover other research", [permit("sponsor", "CLINTRCH")],
        asks("sponsor", "BIORCH"), NONE),
    row("operations cover the deepest kind", [permit("hospital", "HOPERAT")],
        asks("hospital", "HTEST"), PERMIT, SELF, 0),
    row("coverage covers eligibility", [permit("insurer", "COVERAGE")],
        asks("insurer", "ELIGVER"), PERMIT, SELF, 0),
    row("several purposes are each permitted", [permit("hospital", "TREAT HPAYMT")],
        asks("hospital", "REMITADV"), PERMIT, SELF, 0),
    row("a denial of a purpose reaches its kinds", [TREATED, deny("hospital", "ETREAT")],
        asks("hospital", "ERTREAT"), DENY, SELF, 1),
    row("a denial of a kind leaves its parent", [TREATED, deny("hospital", "ETREAT")],
        asks("hospital", "TREAT"), PERMIT, SELF, 0),
    # Breaking the glass counts only where it is named.
    row("treatment does not break the glass", [TREATED], asks("hospital", "BTG"), NONE),
    row("emergency treatment does not break the glass", [permit("hospital", "ETREAT")],
        asks("hospital", "BTG"), NONE),
    row("breaking the glass is permitted by its name", [permit("hospital", "BTG")],
        asks("hospital", "BTG"), PERMIT, SELF, 0),
    row("breaking the glass permits no treatment", [permit("hospital", "BTG")],
        asks("hospital", "TREAT"), NONE),
    row("a denial of treatment leaves breaking the glass",
        [permit("hospital", "BTG"), deny("hospital", "TREAT")],
        asks("hospital", "BTG"), PERMIT, SELF, 0),
    row("a denial by its name stops breaking the glass",
        [permit(EVERYONE, "BTG"), deny("hospital", "BTG")],
        asks("hospital", "BTG"), DENY, SELF, 1),
    # Actions.
    row("another action is not covered", [permit("hospital", "TREAT", actions="ACCESS")],
        asks("hospital", to="DISCLOSE"), NONE),
    row("each action that is named is permitted",
        [permit("hospital", "TREAT", actions="ACCESS DISCLOSE")],
        asks("hospital", to="DISCLOSE"), PERMIT, SELF, 0),
    row("a denial of one action leaves another",
        [TREATED, deny("hospital", "TREAT", actions="DISCLOSE")],
        asks("hospital", to="ACCESS"), PERMIT, SELF, 0),
    row("a denial of one action stops it",
        [TREATED, deny("hospital", "TREAT", actions="DISCLOSE")],
        asks("hospital", to="DISCLOSE"), DENY, SELF, 1),
    # The grantee is asked before everyone.
    row("everyone is permitted", [permit(EVERYONE, "TREAT")], asks("clinic"), PERMIT, ALL, 0),
    row("everyone is denied", [deny(EVERYONE, "TREAT")], asks("clinic"), DENY, ALL, 0),
    row("everybody for treatment, but not him: him",
        [permit(EVERYONE, "TREAT"), deny("clinic", "TREAT")], asks("clinic"), DENY, SELF, 1),
    row("everybody for treatment, but not him: others",
        [permit(EVERYONE, "TREAT"), deny("clinic", "TREAT")], asks("hospital"), PERMIT, ALL, 0),
    row("nobody for research, but this sponsor: the sponsor",
        [deny(EVERYONE, "HRESCH"), permit("sponsor", "HRESCH")],
        asks("sponsor", "HRESCH"), PERMIT, SELF, 1),
    row("nobody for research, but this sponsor: others",
        [deny(EVERYONE, "HRESCH"), permit("sponsor", "HRESCH")],
        asks("hospital", "HRESCH"), DENY, ALL, 0),
    row("what the member's own leaves open, everyone's decide",
        [permit(EVERYONE, "TREAT"), deny("hospital", "HPAYMT")],
        asks("hospital", "TREAT"), PERMIT, ALL, 0),
    row("a permit of the member's own that does not cover leaves it to everyone's",
        [permit(EVERYONE, "TREAT"), permit("hospital", "TREAT", "IMAGING")],
        asks("hospital", of="CONDITION"), PERMIT, ALL, 0),
    row("a denial for everyone stands where the member's own permit does not cover",
        [deny(EVERYONE, "TREAT", "PSY"), permit("hospital", "TREAT", "CONDITION")],
        asks("hospital", of="CONDITION PSY"), DENY, ALL, 0),
    # A study of a member is asked before the member.
    row("nobody for research, but this study: the study",
        [deny(EVERYONE, "HRESCH"), permit("sponsor", "HRESCH", study=TRIAL)],
        asks("sponsor", "HRESCH", study=TRIAL), PERMIT, STUDY, 1),
    row("nobody for research, but this study: the sponsor otherwise",
        [deny(EVERYONE, "HRESCH"), permit("sponsor", "HRESCH", study=TRIAL)],
        asks("sponsor", "HRESCH"), DENY, ALL, 0),
    row("the study of another member is not meant",
        [permit("sponsor", "HRESCH", study=TRIAL)],
        asks("hospital", "HRESCH", study=TRIAL), NONE),
    row("what the study leaves open, the member's own decide",
        [permit("sponsor", "HRESCH"), deny("sponsor", "CLINTRCH", study=TRIAL)],
        asks("sponsor", "BIORCH", study=TRIAL), PERMIT, SELF, 0),
    row("a denial in the study stands before the member's permit",
        [permit("sponsor", "HRESCH"), deny("sponsor", "HRESCH", study=TRIAL)],
        asks("sponsor", "HRESCH", study=TRIAL), DENY, STUDY, 1),
    # On one level any denial wins.
    row("a denial wins over an earlier permit", [TREATED, deny("hospital", "TREAT")],
        asks("hospital"), DENY, SELF, 1),
    row("a denial wins over a later permit", [deny("hospital", "TREAT"), TREATED],
        asks("hospital"), DENY, SELF, 0),
    row("one of several permits is enough", [permit("hospital", "HPAYMT"), TREATED],
        asks("hospital"), PERMIT, SELF, 1),
    row("two permits do not add up",
        [permit("hospital", "TREAT", "CONDITION"), permit("hospital", "TREAT", "IMAGING")],
        asks("hospital", of="CONDITION IMAGING"), NONE),
    # Labels: a permit covers all, a denial touches any.
    row("a permit covers the one label", [permit("hospital", "TREAT", "CONDITION")],
        asks("hospital", of="CONDITION"), PERMIT, SELF, 0),
    row("a permit covers all labels", [permit("hospital", "TREAT", "CONDITION PSY")],
        asks("hospital", of="CONDITION PSY"), PERMIT, SELF, 0),
    row("a permit without one of the labels does not cover",
        [permit("hospital", "TREAT", "CONDITION")], asks("hospital", of="CONDITION PSY"), NONE),
    row("a sensitivity that is not named is not covered",
        [permit("hospital", "TREAT", "CONDITION MEDICATION PSY")],
        asks("hospital", of="MEDICATION HIV"), NONE),
    row("a denial touches one of the labels", [TREATED, deny("hospital", "TREAT", "PSY")],
        asks("hospital", of="CONDITION PSY"), DENY, SELF, 1),
    row("a denial that touches no label leaves the record",
        [TREATED, deny("hospital", "TREAT", "PSY")],
        asks("hospital", of="CONDITION HIV"), PERMIT, SELF, 0),
    row("a denial of a class of data", [TREATED, deny("hospital", "TREAT", "GENOMIC")],
        asks("hospital", of="GENOMIC LABORATORY"), DENY, SELF, 1),
    row("substance abuse is not alcohol use disorder by itself",
        [permit("hospital", "TREAT", "CONDITION ETH")],
        asks("hospital", of="CONDITION ETHUD"), NONE),
    # Confidentiality: a permit covers up to its ceiling, a denial reaches all.
    row("the ceiling itself is covered", [permit("hospital", "TREAT", up_to="N")],
        asks("hospital", level="N"), PERMIT, SELF, 0),
    row("what is below the ceiling is covered", [permit("hospital", "TREAT", up_to="R")],
        asks("hospital", level="L"), PERMIT, SELF, 0),
    row("what is above the ceiling is not", [permit("hospital", "TREAT", up_to="N")],
        asks("hospital", level="R"), NONE),
    row("the highest ceiling covers very restricted data", [TREATED],
        asks("hospital", level="V"), PERMIT, SELF, 0),
    row("the lowest ceiling covers unrestricted data", [permit("hospital", "TREAT", up_to="U")],
        asks("hospital", level="U"), PERMIT, SELF, 0),
    row("the lowest ceiling covers nothing else", [permit("hospital", "TREAT", up_to="U")],
        asks("hospital", level="L"), NONE),
    row("a ceiling is of its own permit",
        [permit("hospital", "TREAT", "CONDITION", up_to="R"), permit("hospital", "TREAT", up_to="N")],
        asks("hospital", of="IMAGING", level="R"), NONE),
    row("a denial reaches data above its ceiling",
        [TREATED, deny("hospital", "TREAT", "CONDITION", up_to="U")],
        asks("hospital", level="V"), DENY, SELF, 1),
    # Periods are half open.
    row("the second before the period", [permit("hospital", "TREAT", since=100)],
        asks("hospital", at=99), NONE),
    row("the first second of the period", [permit("hospital", "TREAT", since=100)],
        asks("hospital", at=100), PERMIT, SELF, 0),
    row("the last second of the period", [permit("hospital", "TREAT", until=200)],
        asks("hospital", at=199), PERMIT, SELF, 0),
    row("the first second after the period", [permit("hospital", "TREAT", until=200)],
        asks("hospital", at=200), NONE),
    row("the last second of a denial", [TREATED, deny("hospital", "TREAT", until=200)],
        asks("hospital", at=199), DENY, SELF, 1),
    row("the first second after a denial", [TREATED, deny("hospital", "TREAT", until=200)],
        asks("hospital", at=200), PERMIT, SELF, 0),
    row("a denial to come does not deny yet", [TREATED, deny("hospital", "TREAT", since=100)],
        asks("hospital", at=99), PERMIT, SELF, 0),
    row("two periods, and the gap between", [permit("hospital", "TREAT", until=100),
         permit("hospital", "TREAT", since=200)], asks("hospital", at=150), NONE),
    row("a period that ended leaves it to everyone's",
        [permit(EVERYONE, "TREAT"), deny("hospital", "TREAT", until=200)],
        asks("hospital", at=200), PERMIT, ALL, 0),
    # Revoked, and given again.
    row("a permit that was revoked", [TREATED, Revoke(0, at=50)], asks("hospital"), NONE),
    row("the second of the revocation", [TREATED, Revoke(0, at=50)],
        asks("hospital", at=50), NONE),
    row("a denial that was revoked", [TREATED, deny("hospital", "TREAT"), Revoke(1, at=50)],
        asks("hospital"), PERMIT, SELF, 0),
    row("revoked and granted again", [TREATED, Revoke(0, at=50), permit("hospital", "TREAT", at=60)],
        asks("hospital"), PERMIT, SELF, 1),
    row("granted again, and revoked again",
        [TREATED, Revoke(0, at=50), permit("hospital", "TREAT", at=60), Revoke(1, at=70)],
        asks("hospital"), NONE),
    row("one of two permits that was revoked leaves the other",
        [permit("hospital", "TREAT", "CONDITION"), TREATED, Revoke(0, at=50)],
        asks("hospital"), PERMIT, SELF, 1),
    row("a revocation for the member leaves everyone's",
        [permit(EVERYONE, "TREAT"), TREATED, Revoke(1, at=50)], asks("hospital"), PERMIT, ALL, 0),
    # Representatives.
    row("a guardian permits", [GUARDIAN, permit("hospital", "TREAT", by="guardian", at=50)],
        asks("hospital"), PERMIT, SELF, 0),
    row("a guardian denies", [TREATED, GUARDIAN, deny("hospital", "TREAT", by="guardian", at=50)],
        asks("hospital"), DENY, SELF, 1),
    row("a guardian's last second",
        [GUARDIAN, permit("hospital", "TREAT", by="guardian", at=99)],
        asks("hospital"), PERMIT, SELF, 0),
    row("a guardian's time is over",
        [GUARDIAN, permit("hospital", "TREAT", by="guardian", at=100)], asks("hospital"), NONE),
    row("what a guardian gave outlives the guardian",
        [GUARDIAN, permit("hospital", "TREAT", by="guardian", at=50)],
        asks("hospital", at=101), PERMIT, SELF, 0),
    row("a guardian revokes", [TREATED, GUARDIAN, Revoke(0, by="guardian", at=50)],
        asks("hospital"), NONE),
    row("a guardian revokes too late", [TREATED, GUARDIAN, Revoke(0, by="guardian", at=100)],
        asks("hospital"), PERMIT, SELF, 0),
    row("a guardian who was dismissed",
        [GUARDIAN, Dismiss("guardian", at=20), permit("hospital", "TREAT", by="guardian", at=50)],
        asks("hospital"), NONE),
    row("nobody's guardian", [permit("hospital", "TREAT", by="stranger")], asks("hospital"), NONE),
    row("the patient revokes what the guardian gave",
        [GUARDIAN, permit("hospital", "TREAT", by="guardian", at=50), Revoke(0, at=60)],
        asks("hospital"), NONE),
    # Members that are not active.
    row("a suspended member is denied whatever the patient says",
        [TREATED, Suspend("hospital", at=50)], asks("hospital", at=60), DENY, INACTIVE),
    row("a suspended member is denied everyone's permit as well",
        [permit(EVERYONE, "TREAT"), Suspend("hospital", at=50)],
        asks("hospital", at=60), DENY, INACTIVE),
    row("the others go on", [permit(EVERYONE, "TREAT"), Suspend("hospital", at=50)],
        asks("clinic", at=60), PERMIT, ALL, 0),
    row("a stranger to the consortium is denied", [permit(EVERYONE, "TREAT")],
        asks("outsider"), DENY, INACTIVE),
]  # fmt: skip


def grantee(name: str, study: bytes, numbers: dict[str, int]) -> Grantee:
    return Grantee(0 if name == EVERYONE else numbers[name], study)
