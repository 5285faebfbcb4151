"""Directives and instructions, said in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pyhealth.consents.messages import (
    APPOINTMENT,
    CANCELLATION,
    CONTEST,
    DENY,
    DISMISSAL,
    GRANT,
    REVOCATION,
    terms_of,
)
from pyhealth.index import Event
from pyhealth.messages import Message
from pyhealth.sharing.purposes import closure_of, fewest
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    ConsentAction,
    Directive,
    Grantee,
    Label,
    Power,
    Provision,
    Purpose,
    Terms,
    directive_of,
    utc,
)

Title = Callable[[int], str]  # of a member, by its number
ALL_LABELS = frozenset(map(Label, range(32)))  # those that come included
CLASSES = frozenset(label for label in Label if label >= Label.ADMINISTRATION)
SENSITIVE = frozenset(Label) - CLASSES


def directive_in_words(
    provision: Provision, grantee: Grantee, terms: Terms | Directive, title: Title
) -> str:
    """Return one line, such as "permit Clinic (member 6) to access for TREAT: CONDITION"."""
    ceiling = "" if provision is Provision.DENY else f", up to confidentiality {terms.ceiling.name}"
    verb = "deny" if provision is Provision.DENY else "permit"
    return (
        f"{verb} {grantee_in_words(grantee, title)} to {actions_in_words(terms.actions)} for "
        f"{purposes_in_words(terms.purposes)}: {labels_in_words(terms.labels)}{ceiling}, "
        f"{period_in_words(terms.valid_from, terms.valid_until)}"
    )


def grantee_in_words(grantee: Grantee, title: Title) -> str:
    """Name whom a directive is for."""
    who = title(grantee.member) if grantee.member else "everyone"
    return f"{who} in study 0x{grantee.study.hex()}" if any(grantee.study) else who


def purposes_in_words(purposes: frozenset[Purpose]) -> str:
    """Name purposes by the fewest that they are the kinds of."""
    whole = fewest(purposes)
    alone = sorted(purposes - closure_of(whole))
    return ", ".join([*(one.name for one in whole), *(f"{one.name} alone" for one in alone)])


def labels_in_words(labels: frozenset[Label]) -> str:
    """Name labels; all, or all classes of data, by one word."""
    if labels >= ALL_LABELS:
        return "all data"
    groups = [(frozenset(Label), "all data known today"), (CLASSES, "all classes of data")]
    left, named = labels, list[str]()
    for group, name in groups:
        if left >= group:
            left, named = left - group, [*named, name]
    return ", ".join([*named, *(one.name for one in sorted(left))])


def actions_in_words(actions: Iterable[ConsentAction]) -> str:
    """Name actions."""
    return ", ".join(one.name.lower() for one in sorted(actions))


def period_in_words(valid_from: datetime, valid_until: datetime) -> str:
    """Say when a directive is in force."""
    start = "from now on" if valid_from == ALWAYS else f"from {valid_from:%Y-%m-%d %H:%M:%S} UTC"
    end = "without end" if valid_until == FOREVER else f"until {valid_until:%Y-%m-%d %H:%M:%S} UTC"
    return f"{start} {end}"


def message_in_words(message: Message, title: Title) -> str:
    """Say what an instruction does."""
    said: Any = message.fields
    patient = f"for patient {said.get('patient')}"
    if message.kind in (GRANT, DENY):
        provision = Provision.DENY if message.kind == DENY else Provision.PERMIT
        grantee = Grantee(said["member"], said["study"])
        told = directive_in_words(provision, grantee, terms_of(said), title)
        return f"{patient}: {told}"
    if message.kind == REVOCATION:
        grantee = Grantee(said["member"], said["study"])
        told = f"revoke directive {said['version']} in place {said['place']} for"
        return f"{patient}: {told} {grantee_in_words(grantee, title)}"
    if message.kind == APPOINTMENT:
        power, until = Power(said["power"]), utc(said["until"])
        told = f"let {said['representative']} {POWERS[power]} until {until:%Y-%m-%d %H:%M:%S} UTC"
        return f"{patient}: {told}"
    if message.kind == DISMISSAL:
        return f"{patient}: dismiss representative {said['representative']}"
    if message.kind == CANCELLATION:
        return f"cancel instruction {said['nonce']} of {said['signer']}"
    verb = "contest the move" if message.kind == CONTEST else "move"
    return f"{patient}: {verb} to account {said['account']}"


def by_number(member: int) -> str:
    """Name a member where nobody can be asked for its name."""
    return f"member {member}" if member else "everyone"


POWERS = {
    Power.NONE: "do nothing",
    Power.RECOVER: "move the patient to a new account",
    Power.SPEAK: "speak and move the patient to a new account",
}


def event_in_words(event: Event, title: Title) -> str:
    """Say what an event of the consent registry tells."""
    said: Any = event.arguments
    match event.name:
        case "DirectiveGiven":
            directive = directive_of(said["directive"])
            grantee = Grantee(said["member"], said["study"])
            words = directive_in_words(directive.provision, grantee, directive, title)
            return f"{said['by']}: {words}"
        case "DirectiveRevoked":
            whom = grantee_in_words(Grantee(said["member"], said["study"]), title)
            ended = directive_of(said["directive"])
            told = f"revoke directive {ended.version} in place {ended.place}"
            return f"{said['by']}: {told} for {whom}"
        case "RepresentativeAppointed":
            does, until = POWERS[Power(said["power"])], utc(said["until"])
            by = ", by vote" if said["byVote"] else ""
            who = said["representative"]
            return f"{who} may {does} until {until:%Y-%m-%d %H:%M:%S} UTC{by}"
        case "RepresentativeDismissed":
            return f"{said['representative']} represents the patient no more, by {said['by']}"
        case "MoveRequested":
            ripe = utc(said["ripeAt"])
            told = f"from {ripe:%Y-%m-%d %H:%M:%S} UTC, requested by {said['by']}"
            return f"move to account {said['account']} {told}"
        case "MoveContested":
            return f"the move to account {said['account']} is contested"
        case "PatientRehoused":
            return f"the patient acts with account {said['account']}, not {said['previous']}"
        case name:
            return name
