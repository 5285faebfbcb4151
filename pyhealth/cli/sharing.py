"""What the commands of consents and records share: patients, grantees, codes and moments, read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pyhealth.errors import InputError

if TYPE_CHECKING:
    from enum import IntEnum

    from pyhealth.governance.register import Register
    from pyhealth.health import Health
    from pyhealth.values import Confidentiality, ConsentAction, Grantee, Label, Purpose, Terms

    C = TypeVar("C", bound=IntEnum)

EVERYONE = "everyone"
GranteeArgument = Annotated[
    str, typer.Argument(metavar="MEMBER", help="A member, by name or number, or everyone.")
]
PatientOption = Annotated[
    str | None,
    typer.Option(
        metavar="ACCOUNT", help="The patient, also SUBJECT@MEMBER; default: the account that acts."
    ),
]
StudyOption = Annotated[
    str | None, typer.Option(metavar="0x…", help="Only for this study of the member.")
]
PurposesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--purposes", "-p", metavar="CODE", help="HL7 PurposeOfUse, kinds included; or all."
    ),
]
LabelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--labels", "-l", metavar="LABEL", help="Data and sensitivities; also classes, all."
    ),
]
ActionsOption = Annotated[
    list[str] | None,
    typer.Option("--actions", metavar="ACTION", help="collect, access, use, disclose, correct."),
]
CeilingOption = Annotated[
    str, typer.Option(help="The most confidential data that is meant: U, L, M, N, R or V.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="MOMENT", help="The first second; default: now.")
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="MOMENT", help="The first second no more, or such as 365d."),
]
DocumentOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="What the patient agreed to; default: a statement is written."
    ),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads what people write about patients and members, on one chain."""

    health: Health
    register: Register

    @classmethod
    def of(cls, health: Health) -> Desk:
        """Open the desk of a chain."""
        from pyhealth.governance.register import register_of

        return cls(health, register_of(health.consortium))

    def account(self, text: str) -> str:
        """Read an account: one of the cast on local chains, a keystore, a pseudonym, an address."""
        from pyhealth.cli.governing import Accounts

        return Accounts(self.health)(text)

    def patient(self, text: str | None) -> str:
        """Read a patient; none: the account that acts."""
        return self.account(text) if text else self.health.signer.address

    def member(self, text: str) -> int:
        """Read a member, by number, name or account."""
        from pyhealth.cli.governing import member_called

        return member_called(self.health, self.register, text)

    def own_member(self, text: str | None) -> int:
        """Read a member; none: the one that the acting account acts for."""
        return self.member(text) if text else self.health.member

    def grantee(self, text: str, study: str | None = None) -> Grantee:
        """Read whom a directive is for: a member or everyone, and a study."""
        from pyhealth.cli.shell import hash_of
        from pyhealth.values import Grantee

        member = 0 if text.casefold() == EVERYONE else self.member(text)
        return Grantee(member, hash_of(study, "The study")) if study else Grantee(member)

    def now(self) -> datetime:
        """Return the time by the chain's clock, where it runs ahead of ours."""
        from pyhealth.cli.governing import now_by

        return now_by(self.health)

    def title(self, member: int) -> str:
        """Name a member for people."""
        return self.register.title(member) if member else EVERYONE

    def terms(
        self,
        purposes: list[str] | None,
        labels: list[str] | None,
        actions: list[str] | None,
        ceiling: str,
        period: tuple[str | None, str | None],
    ) -> Terms:
        """Read terms."""
        return read_terms(purposes, labels, actions, ceiling, period, self.now())


def read_terms(
    purposes: list[str] | None,
    labels: list[str] | None,
    actions: list[str] | None,
    ceiling: str,
    period: tuple[str | None, str | None],
    now: datetime,
) -> Terms:
    """Read terms; what is not named is the least that is of use."""
    from pyhealth.sharing.purposes import closure_of
    from pyhealth.values import ConsentAction, Terms

    valid_from, valid_until = read_period(period, now)
    if valid_until <= now:
        raise InputError(
            f"--until {period[1]} is over already (it is {now:%Y-%m-%d %H:%M:%S} UTC); "
            "give an end that is still to come."
        )
    named = codes(ConsentAction, actions or ["access", "use"], "action")
    what = closure_of(read_purposes(purposes)), read_labels(labels or ["classes"]), named
    return Terms(*what, read_confidentiality(ceiling), valid_from, valid_until)


def read_period(period: tuple[str | None, str | None], now: datetime) -> tuple[datetime, datetime]:
    """Read a period; what is not named has no bound."""
    from pyhealth.reading import moment_of
    from pyhealth.values import ALWAYS, FOREVER

    starts, ends = period
    start = moment_of(starts, "--from", now) if starts else ALWAYS
    until = moment_of(ends, "--until", now) if ends else FOREVER
    if until <= start:
        raise InputError(
            f"The period starts at {start:%Y-%m-%d %H:%M:%S} and ends at "
            f"{until:%Y-%m-%d %H:%M:%S} UTC; give an --until after --from."
        )
    return start, until


def read_purposes(texts: list[str] | None) -> frozenset[Purpose]:
    """Read purposes as they are named, at least one; ``all`` are all but breaking the glass."""
    from pyhealth.sharing.purposes import UNBROKEN
    from pyhealth.values import Purpose

    found = frozenset[Purpose]()
    for text in _pieces(texts or []):
        every = text.casefold() == "all"
        found |= UNBROKEN if every else codes(Purpose, [text], "purpose")
    if not found:
        raise InputError("No purpose is given; name one with --purposes, such as TREAT or HRESCH.")
    return found


def read_labels(texts: Iterable[str]) -> frozenset[Label]:
    """Read labels; ``classes`` are all classes of data, ``all`` also every sensitivity, and those
    that come.
    """
    from pyhealth.consents.words import ALL_LABELS, CLASSES
    from pyhealth.values import Label

    groups, found = {"all": ALL_LABELS, "classes": CLASSES}, frozenset[Label]()
    for text in _pieces(texts):
        group = groups.get(text.casefold())
        found |= codes(Label, [text], "label") if group is None else group
    return found


def read_confidentiality(text: str) -> Confidentiality:
    """Read a confidentiality."""
    from pyhealth.reading import one_of
    from pyhealth.values import Confidentiality

    return one_of(Confidentiality, text, "confidentiality")


def read_action(text: str) -> ConsentAction:
    """Read one action."""
    from pyhealth.reading import one_of
    from pyhealth.values import ConsentAction

    return one_of(ConsentAction, text, "action")


def read_purpose(text: str) -> Purpose:
    """Read one purpose."""
    from pyhealth.reading import one_of
    from pyhealth.values import Purpose

    return one_of(Purpose, text, "purpose")


def codes(kind: type[C], texts: Iterable[str], what: str) -> frozenset[C]:
    """Read codes, parted by commas or repeated."""
    from pyhealth.reading import one_of

    return frozenset(one_of(kind, text, what) for text in _pieces(texts))


def read_references(desk: Desk, said: Iterable[str]) -> dict[str, Grantee | None]:
    """Read which member each reference of FHIR means, such as Organization/f001=Hospital."""
    from pyhealth.values import Grantee

    found: dict[str, Grantee | None] = {}
    for text in said:
        reference, parted, name = text.rpartition("=")
        if not parted or not reference:
            raise InputError(f"{text!r} says of no reference which member it is; write R=MEMBER.")
        found[reference] = None if name == "none" else Grantee(desk.member(name))
    return found


def denied_whole(
    labels: list[str] | None, actions: list[str] | None
) -> tuple[list[str], list[str], str]:
    """Return what a denial means where nothing is named: all data, every action, any ceiling."""
    from pyhealth.values import ConsentAction

    return labels or ["all"], actions or [one.name for one in ConsentAction], "V"


def _pieces(texts: Iterable[str]) -> list[str]:
    return [piece for text in texts for piece in text.replace(",", " ").split()]
