"""pyhealth consent sign, cancel: instructions signed without ether, for anyone to hand in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyhealth.cli.sharing import (
    ActionsOption,
    CeilingOption,
    DocumentOption,
    FromOption,
    LabelsOption,
    PatientOption,
    PurposesOption,
    StudyOption,
    UntilOption,
    denied_whole,
    read_terms,
)
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, show
from pyhealth.cli.signing import (
    SignerOption,
    UnsignedOption,
    ValidOption,
    held,
    require_wallet,
    written,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.cli.signing import Pen
    from pyhealth.messages import Message
    from pyhealth.values import Grantee, Instruction, Provision, Terms

WHATS = ("grant", "deny", "revoke", "cancel", "appoint", "dismiss", "move", "contest")


def sign(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=", ".join(WHATS))],
    subject: Annotated[
        str,
        typer.Argument(metavar="WHOM", help="A member or everyone, an account, or a number."),
    ],
    purposes: PurposesOption = None,
    labels: LabelsOption = None,
    actions: ActionsOption = None,
    ceiling: CeilingOption = "N",
    starts: FromOption = None,
    ends: UntilOption = None,
    study: StudyOption = None,
    document: DocumentOption = None,
    place: Annotated[int | None, typer.Option(help="To revoke: the directive's place.")] = None,
    version: Annotated[int | None, typer.Option(help="To revoke: its version.")] = None,
    power: Annotated[str, typer.Option(help="To appoint: speak, or recover.")] = "speak",
    out: Annotated[Path, typer.Option(help="File for what is signed.")] = Path("signed.json"),
    valid: ValidOption = "30d",
    signer: SignerOption = None,
    unsigned: UnsignedOption = False,
    nonce: Annotated[int | None, typer.Option(help="Without a node: the next number.")] = None,
    registry: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Without a node: the contract.")
    ] = None,
    chain_id: Annotated[int | None, typer.Option(help="Without a node: the chain.")] = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign an instruction into a file that anyone can hand in: the patient needs no ether.

    WHAT is grant, deny or revoke a member's directive; appoint or dismiss a representative; move to
    an account, or contest a move; cancel the next instruction, by its number. No node is asked
    where --nonce, --registry and --chain-id are given. The file holds what wallets show
    (eth_signTypedData_v4).

    Example: `pyhealth consent sign grant Hospital --purposes TREAT --as patient`
    """
    from pyhealth.consents.messages import cancellation

    if what not in WHATS:
        raise InputError(f"{what!r} cannot be signed; known are {', '.join(WHATS)}.")
    require_wallet(signer, unsigned)
    offline = nonce, registry, chain_id
    if any(one is not None for one in offline) and None in offline:
        raise InputError("Without a node, --nonce, --registry and --chain-id are all needed.")
    with held(offline, signer, unsigned, account, network) as pen:
        who = pen.account(patient) if patient else pen.signer
        by = pen.instruction(valid)
        if what in ("grant", "deny"):
            permits = labels, actions, ceiling
            named = permits if what == "grant" else denied_whole(labels, actions)
            terms = read_terms(purposes, *named, (starts, ends), pen.now)
            message = _directing(pen, what, who, pen.grantee(subject, study), terms, document, by)
        elif what == "revoke":
            message = _revocation(pen, who, pen.grantee(subject, study), place, version, by)
        elif what == "cancel":
            message = cancellation(pen.domain, replace(by, nonce=_number(subject)))
        else:
            message = _about(pen, what, who, pen.account(subject), (power, ends), by)
        described = written(pen, message, out)
    show(described, as_json=as_json)


def cancel(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Of your next instruction.")],
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel your next instruction before anyone hands it in: what was signed is worth nothing.

    Example: `pyhealth consent cancel 3 --as patient`
    """
    with opened(network, account) as health:
        receipt = health.consents.cancel(_number(number))
        told = {"signer": health.signer.address, "number": number}
    done = {"transaction": receipt.transaction, "block": receipt.block_number}
    show(told | done, as_json=as_json)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise InputError(f"{text!r} is no number of an instruction; give a whole number from 0.")
    return int(text)


def _directing(
    pen: Pen,
    what: str,
    patient: str,
    grantee: Grantee,
    terms: Terms,
    document: Path | None,
    by: Instruction,
) -> Message:
    from pyhealth.config import load_settings
    from pyhealth.consents.messages import directing
    from pyhealth.consents.statement import committed
    from pyhealth.consents.words import directive_in_words
    from pyhealth.values import Provision

    provision: Provision = Provision.DENY if what == "deny" else Provision.PERMIT
    words = directive_in_words(provision, grantee, terms, pen.title)
    to = committed(document, patient, words, load_settings().home).opening.commitment
    return directing(pen.domain, provision, patient, grantee, terms, to, by)


def _revocation(
    pen: Pen,
    patient: str,
    grantee: Grantee,
    place: int | None,
    version: int | None,
    by: Instruction,
) -> Message:
    from pyhealth.consents.messages import revocation

    if pen.desk and (place is None or version is None):
        found = pen.desk.health.consents.directives_of(patient, grantee)
        stands = [
            (i, one.version)
            for i, one in enumerate(found)
            if pen.now < one.valid_until and place in (None, i) and version in (None, one.version)
        ]
        if len(stands) != 1:
            raise InputError(
                f"{len(stands)} directives stand for {pen.title(grantee.member)}; say which "
                "with --place ('pyhealth consent list' lists them)."
            )
        ((place, version),) = stands
    if place is None or version is None:
        raise InputError("Without a node, a revocation needs --place and --version.")
    return revocation(pen.domain, patient, grantee, place, version, by)


def _about(
    pen: Pen,
    what: str,
    patient: str,
    account: str,
    given: tuple[str, str | None],
    by: Instruction,
) -> Message:
    """Return what concerns another account: a representative, or where a patient would move."""
    from pyhealth.consents.messages import appointment, contest, dismissal, move_request
    from pyhealth.reading import moment_of, one_of
    from pyhealth.values import Power, seconds_of

    if what == "contest":
        return contest(pen.domain, patient, account, by)
    if what == "move":
        return move_request(pen.domain, patient, account, by)
    if what == "dismiss":
        return dismissal(pen.domain, patient, account, by)
    power, ends = given
    if ends is None:
        raise InputError("A representative needs an end; give --until, such as 365d.")
    until = moment_of(ends, "--until", pen.now)
    if until <= pen.now:
        raise InputError(f"--until {ends} is over already; give an end that is still to come.")
    given_to = one_of(Power, power, "power"), seconds_of(until)
    return appointment(pen.domain, patient, account, given_to, by)
