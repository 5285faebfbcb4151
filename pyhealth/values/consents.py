"""Values of ConsentRegistry.sol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache

from pyhealth.values.wire import FOREVER, READERS, struct, utc

__all__ = [
    "ALWAYS",
    "EVERYONE",
    "Answer",
    "Confidentiality",
    "ConsentAction",
    "Directive",
    "Grantee",
    "Ground",
    "Instruction",
    "Label",
    "Move",
    "Outcome",
    "Power",
    "Provision",
    "Purpose",
    "Question",
    "Representation",
    "Terms",
    "actions_of",
    "bits_of",
    "directive_of",
    "labels_of",
    "purposes_of",
    "seconds_of",
]

ALWAYS = utc(0)  # a period without a start
EVERYONE = 0  # the member that is none
LARGEST = 2**48 - 1
MOST_LABELS = 32  # bits of a bitmap


class Purpose(IntEnum):
    """What data is used for: HL7 v3 PurposeOfUse, the whole R4 tree."""

    HMARKT = 0
    HOPERAT = 1
    CAREMGT = 2
    DONAT = 3
    FRAUD = 4
    GOV = 5
    HACCRED = 6
    HCOMPL = 7
    HDECD = 8
    HDIRECT = 9
    HDM = 10
    HLEGAL = 11
    HOUTCOMS = 12
    HPRGRP = 13
    HQUALIMP = 14
    HSYSADMIN = 15
    LABELING = 16
    METAMGT = 17
    MEMADMIN = 18
    MILCDM = 19
    PATADMIN = 20
    PATSFTY = 21
    PERFMSR = 22
    RECORDMGT = 23
    SYSDEV = 24
    HTEST = 25
    TRAIN = 26
    HPAYMT = 27
    CLMATTCH = 28
    COVAUTH = 29
    COVERAGE = 30
    ELIGDTRM = 31
    ELIGVER = 32
    ENROLLM = 33
    MILDCRG = 34
    REMITADV = 35
    HRESCH = 36
    BIORCH = 37
    CLINTRCH = 38
    CLINTRCHNPC = 39
    CLINTRCHPC = 40
    PRECLINTRCH = 41
    DSRCH = 42
    POARCH = 43
    TRANSRCH = 44
    PATRQT = 45
    FAMRQT = 46
    PWATRNY = 47
    SUPNWK = 48
    PUBHLTH = 49
    DISASTER = 50
    THREAT = 51
    TREAT = 52
    CLINTRL = 53
    COC = 54
    ETREAT = 55
    BTG = 56  # break the glass; implied by neither TREAT nor ETREAT
    ERTREAT = 57
    POPHLTH = 58


class Label(IntEnum):
    """What a record is about: sensitivities as HL7 v3 ActCode names them, then classes of data."""

    ETH = 0  # substance abuse
    ETHUD = 1  # alcohol use disorder
    OPIOIDUD = 2  # opioid use disorder
    PSY = 3  # psychiatry
    SDV = 4  # sexual assault, abuse or domestic violence
    HIV = 5  # HIV or AIDS
    ADMINISTRATION = 6
    CONDITION = 7
    MEDICATION = 8
    LABORATORY = 9
    IMAGING = 10
    OBSERVATION = 11
    PROCEDURE = 12
    DOCUMENT = 13
    CARE = 14
    GENOMIC = 15
    FINANCIAL = 16
    RESEARCH = 17

    @classmethod
    def _missing_(cls, value: object) -> Label | None:
        """Name a label that a later release knows by its number: it is never left out."""
        if not isinstance(value, int) or not 0 <= value < MOST_LABELS:
            return None
        spare = int.__new__(cls, value)
        spare._name_, spare._value_ = f"LABEL_{value}", value
        known = cls._value2member_map_.setdefault(value, spare)
        assert isinstance(known, cls)
        return known


class ConsentAction(IntEnum):
    """What is done with data: FHIR consentaction."""

    COLLECT = 0
    ACCESS = 1
    USE = 2
    DISCLOSE = 3
    CORRECT = 4


class Confidentiality(IntEnum):
    """How confidential data is: HL7 v3 Confidentiality, from the least to the most."""

    NONE = 0
    U = 1  # unrestricted
    L = 2  # low
    M = 3  # moderate
    N = 4  # normal
    R = 5  # restricted
    V = 6  # very restricted


class Provision(IntEnum):
    """What a directive says."""

    NONE = 0
    PERMIT = 1
    DENY = 2


class Outcome(IntEnum):
    """What is decided, as IHE PCF names it."""

    NO_CONSENT = 0  # denied by default
    CONSENT_PERMIT = 1
    CONSENT_DENY = 2


class Ground(IntEnum):
    """On what ground it is decided."""

    NONE = 0
    STUDY = 1
    MEMBER = 2
    EVERYONE = 3
    MEMBER_NOT_ACTIVE = 4
    EMERGENCY = 5


class Power(IntEnum):
    """What a representative may do."""

    NONE = 0
    RECOVER = 1  # only move the patient to a new account
    SPEAK = 2  # also grant, deny, revoke and review


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a directive is for."""

    member: int  # zero for everyone
    study: bytes = bytes(32)  # zeros for all that the member does


@dataclass(frozen=True, slots=True)
class Terms:
    """What a directive allows or forbids, and when."""

    purposes: frozenset[Purpose]
    labels: frozenset[Label]
    actions: frozenset[ConsentAction]
    ceiling: Confidentiality  # not asked of a deny
    valid_from: datetime  # `ALWAYS`: since ever
    valid_until: datetime  # the first second no more; `FOREVER`: without end


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive; the contract stores it, and tells it in events, as one word."""

    purposes: frozenset[Purpose]
    labels: frozenset[Label]
    actions: frozenset[ConsentAction]
    ceiling: Confidentiality
    valid_from: datetime
    valid_until: datetime  # once revoked, the second of the revocation
    provision: Provision
    version: int  # the how-manieth directive of its place it is
    place: int = 0  # among those of its grantee


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    patient: str
    grantee: Grantee  # who asks: a member, and the study it asks for, if any
    purpose: Purpose
    action: ConsentAction
    labels: frozenset[Label]  # of the record
    confidentiality: Confidentiality  # of the record


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    outcome: Outcome
    ground: Ground
    place: int  # of the directive that decided, among those of its grantee
    version: int  # of the directive that decided; zero when none did


@dataclass(frozen=True, slots=True)
class Instruction:
    """How an instruction was signed."""

    signer: str
    nonce: int
    signed_at: datetime  # the signer's clock
    deadline: datetime  # the first second at which it is refused


@dataclass(frozen=True, slots=True)
class Representation:
    """What a representative was given."""

    until: datetime  # the first second no more; `ALWAYS` when never appointed
    power: Power
    by_vote: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A new account that was requested for a patient."""

    account: str
    ripe_at: datetime  # the first second at which it can be completed
    by: str  # who requested it, and must still be able to when it is completed


def bits_of(codes: Iterable[IntEnum]) -> int:
    """Return the bitmap of codes."""
    return sum(1 << code for code in set(codes))


def seconds_of(moment: datetime) -> int:
    """Return a moment as the contracts keep it; `FOREVER` is the largest that they can."""
    return LARGEST if moment >= FOREVER else int(moment.timestamp())


def directive_of(word: int) -> Directive:
    """Return the directive of a word, laid out as the interface says."""

    def bits(first: int, count: int) -> int:
        return word >> first & (1 << count) - 1

    return Directive(
        purposes_of(bits(0, 64)),
        labels_of(bits(64, 32)),
        actions_of(bits(96, 8)),
        Confidentiality(bits(104, 8)),
        utc(bits(112, 48)),
        utc(bits(160, 48)),
        Provision(bits(208, 8)),
        version=bits(216, 32),
        place=bits(248, 8),
    )


@cache
def purposes_of(bitmap: int) -> frozenset[Purpose]:
    """Return the purposes of a bitmap."""
    return frozenset(purpose for purpose in Purpose if bitmap >> purpose & 1)


@cache
def labels_of(bitmap: int) -> frozenset[Label]:
    """Return the labels of a bitmap."""
    return frozenset(Label(place) for place in range(MOST_LABELS) if bitmap >> place & 1)


@cache
def actions_of(bitmap: int) -> frozenset[ConsentAction]:
    """Return the actions of a bitmap."""
    return frozenset(action for action in ConsentAction if bitmap >> action & 1)


READERS |= {
    "frozenset[Purpose]": (int, purposes_of),
    "frozenset[Label]": (int, labels_of),
    "frozenset[ConsentAction]": (int, actions_of),
    "Grantee": (tuple, lambda raw: struct(Grantee, raw)),
    **{each.__name__: (int, each) for each in (Purpose, ConsentAction, Confidentiality)},
    **{each.__name__: (int, each) for each in (Provision, Outcome, Ground, Power)},
}
