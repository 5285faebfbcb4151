"""pyhealth consent sign, submit: instructions signed without ether, and handed in by anyone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import (
    EVERYONE,
    ActionsOption,
    CeilingOption,
    Desk,
    DocumentOption,
    FromOption,
    LabelsOption,
    PatientOption,
    PurposesOption,
    StudyOption,
    UntilOption,
    read_terms,
)
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pyhealth.chain.wallet import Signer
    from pyhealth.hashing import Domain
    from pyhealth.messages import Message
    from pyhealth.values import Grantee, Instruction, Provision, Terms

WHATS = ("grant", "deny", "revoke", "cancel", "appoint", "dismiss", "move", "contest")


@dataclass(frozen=True, slots=True)
class Pen:
    """What signs instructions: on a chain, or without a node."""

    domain: Domain
    signer: str  # the account that speaks; may be a contract wallet
    nonce: int
    now: datetime
    desk: Desk | None  # None: no node is asked
    key: Signer | None  # None: another wallet signs

    def account(self, text: str) -> str:
        """Read an account."""
        if self.desk:
            return self.desk.account(text)
        return _account_offline(text, self.domain.chain_id)

    def grantee(self, text: str, study: str | None) -> Grantee:
        """Read whom a directive is for; without a node by number only."""
        from pyhealth.cli.shell import hash_of
        from pyhealth.values import Grantee

        if self.desk:
            return self.desk.grantee(text, study)
        if text.casefold() != EVERYONE and not text.isdecimal():
            raise InputError(f"Without a node a member goes by its number, and {text!r} is none.")
        member = 0 if text.casefold() == EVERYONE else int(text)
        return Grantee(member, hash_of(study, "The study")) if study else Grantee(member)

    def title(self, member: int) -> str:
        """Name a member for people."""
        if self.desk:
            return self.desk.title(member)
        return f"member {member}" if member else EVERYONE

    def instruction(self, valid: str) -> Instruction:
        """Return how this is signed: now, to be handed in within a time."""
        from datetime import UTC

        from pyhealth.reading import span_of
        from pyhealth.values import Instruction

        signed = min(datetime.now(UTC).replace(microsecond=0), self.now)
        return Instruction(self.signer, self.nonce, signed, self.now + span_of(valid))


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
    valid: Annotated[str, typer.Option(help="For how long it can be handed in.")] = "30d",
    signer: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A contract wallet that speaks.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Leave the signature to the --signer's wallet.")
    ] = False,
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
    if unsigned and not signer:
        raise InputError("--unsigned needs the --signer whose wallet will sign.")
    offline = nonce, registry, chain_id
    if any(one is not None for one in offline) and None in offline:
        raise InputError("Without a node, --nonce, --registry and --chain-id are all needed.")
    with _pen(offline, signer, unsigned, account, network) as pen:
        who = pen.account(patient) if patient else pen.signer
        by = pen.instruction(valid)
        if what in ("grant", "deny"):
            named = _named(what, labels, actions, ceiling)
            terms = read_terms(purposes, *named, (starts, ends), pen.now)
            message = _directing(pen, what, who, pen.grantee(subject, study), terms, document, by)
        elif what == "revoke":
            message = _revocation(pen, who, pen.grantee(subject, study), place, version, by)
        elif what == "cancel":
            message = cancellation(pen.domain, replace(by, nonce=_number(subject)))
        else:
            message = _about(pen, what, who, pen.account(subject), (power, ends), by)
        described = _written(pen, message, out)
    show(described, as_json=as_json)


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by 'consent sign'.")],
    signature: Annotated[
        str | None, typer.Option(metavar="0x…", help="By the wallet, where the file has none.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand in an instruction that a patient or a representative signed; who hands it in pays.

    What somebody else handed in first has done the patient's will: that is said, and no error.

    Example: `pyhealth consent submit signed.json --as stranger`
    """
    from pyhealth.consents.messages import KINDS
    from pyhealth.consents.relaying import hand_in
    from pyhealth.consents.words import message_in_words
    from pyhealth.messages import SignedMessage, load, read_bytes

    signed = load(file, KINDS)
    if signature:
        try:
            signed = SignedMessage(signed.message, read_bytes(signature))
        except ValueError as error:
            raise InputError(f"--signature is none ({error}).") from error
    with opened(network, account) as health:
        done = hand_in(health.consents, health.index, signed)
        words = message_in_words(signed.message, Desk.of(health).title)
    show(
        {
            "says": words,
            "signer": signed.message.fields["signer"],
            "handed_in_before": done.before,
            "transaction": done.transaction,
            "block": done.block_number,
        },
        as_json=as_json,
    )


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


def _pen(
    offline: tuple[int | None, str | None, int | None],
    signer: str | None,
    unsigned: bool,
    account: str | None,
    network: str | None,
) -> AbstractContextManager[Pen]:
    from contextlib import contextmanager

    @contextmanager
    def held() -> Iterator[Pen]:
        if offline[0] is not None:
            yield _offline(offline, signer, unsigned, account)
            return
        with opened(network, account) as health:
            desk = Desk.of(health)
            key = None if unsigned else health.signer
            who = desk.account(signer) if signer else health.signer.address
            nonce = health.consents.nonce_of(who)
            yield Pen(health.consents.domain, who, nonce, desk.now(), desk, key)

    return held()


def _offline(
    place: tuple[Any, Any, Any], signer: str | None, unsigned: bool, account: str | None
) -> Pen:
    from datetime import UTC

    from pyhealth.chain.network import address_of
    from pyhealth.cli.shell import local_signer
    from pyhealth.consents.messages import CONTRACT
    from pyhealth.hashing import Domain

    nonce, registry, chain_id = place
    domain = Domain(CONTRACT, chain_id, address_of(registry))
    key = None if unsigned else local_signer(account, chain_id)
    who = _account_offline(signer, chain_id) if signer else key.address if key else ""
    return Pen(domain, who, nonce, datetime.now(UTC).replace(microsecond=0), None, key)


def _account_offline(text: str, chain_id: int) -> str:
    from pyhealth.chain.network import address_of
    from pyhealth.chain.wallet import CAST, cast_address
    from pyhealth.config import LOCAL_CHAIN_IDS

    known = text in CAST and chain_id in LOCAL_CHAIN_IDS
    return cast_address(text) if known else address_of(text)


def _named(
    what: str, labels: list[str] | None, actions: list[str] | None, ceiling: str
) -> tuple[list[str] | None, list[str] | None, str]:
    """Return what is meant where nothing is named: little for a permit, all for a denial."""
    from pyhealth.values import ConsentAction

    if what == "grant":
        return labels, actions, ceiling
    return labels or ["all"], actions or [one.name for one in ConsentAction], "V"


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
            if pen.now < one.valid_until and place in (None, i)
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
    until = seconds_of(moment_of(ends, "--until", pen.now))
    return appointment(pen.domain, patient, account, (one_of(Power, power, "power"), until), by)


def _written(pen: Pen, message: Message, out: Path) -> dict[str, Any]:
    from pyhealth.consents.words import message_in_words
    from pyhealth.messages import SignedMessage

    signed = message.signed_by(pen.key) if pen.key else SignedMessage(message, b"")
    words = message_in_words(message, pen.title)
    said = message.fields
    return {
        "says": words,
        "signer": pen.signer,
        "number": said["nonce"],
        "hand_in_before": pen.now.__class__.fromtimestamp(
            int(str(said["deadline"])), pen.now.tzinfo
        ),
        "signed": bool(pen.key),
        "file": signed.save(out, [words]),
    }
