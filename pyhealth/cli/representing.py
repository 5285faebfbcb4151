"""pyhealth consent appoint, dismiss, move: who speaks for a patient, and with which account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, PatientOption
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, show

if TYPE_CHECKING:
    from pyhealth.chain.transactions import Receipt
    from pyhealth.consents import ConsentRegistry

moving = typer.Typer(
    name="move", help="A new account for a patient whose key is lost.", no_args_is_help=True
)

RepresentativeArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The representative's account.")
]
NewArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The patient's new account.")]


def appoint(
    representative: RepresentativeArgument,
    until: Annotated[str, typer.Option(metavar="MOMENT", help="The end, or such as 365d.")],
    power: Annotated[
        str, typer.Option(help="speak: all for the patient; recover: only a new account.")
    ] = "speak",
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Appoint a representative (a parent, guardian or proxy) with an end.

    For a patient who cannot act a vote appoints: 'pyhealth consortium propose call ConsentRegistry
    appointByVote …'.

    Example: `pyhealth consent appoint clinic --until 365d --as patient`
    """
    from pyhealth.reading import moment_of, one_of
    from pyhealth.values import Power

    with opened(network, account) as health:
        desk = Desk.of(health)
        who, ends = desk.patient(patient), moment_of(until, "--until", desk.now())
        given = desk.account(representative), one_of(Power, power, "power"), ends
        receipt = health.consents.appoint(who, *given)
        named = {"representative": given[0], "power": given[1].name, "until": ends}
        _tell({"patient": who, **named}, receipt, as_json)


def dismiss(
    representative: RepresentativeArgument,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dismiss a representative at once, or resign as one.

    Example: `pyhealth consent dismiss clinic --as patient`
    """
    with opened(network, account) as health:
        desk = Desk.of(health)
        who, gone = desk.patient(patient), desk.account(representative)
        _tell({"patient": who, "representative": gone}, health.consents.dismiss(who, gone), as_json)


@moving.command()
def request(
    new: NewArgument,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Request a new account for a patient: it takes effect after a delay, unless contested.

    Example: `pyhealth consent move request stranger --patient patient --as clinic`
    """
    with _moving(new, patient, account, network) as (consents, who, to):
        receipt = consents.request_move(who, to)
        move = consents.move_of(who)
        _tell({"patient": who, "account": to, "from": move and move.ripe_at}, receipt, as_json)


@moving.command()
def contest(
    new: NewArgument,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Contest a requested move, with the patient's present account.

    Example: `pyhealth consent move contest stranger --as patient`
    """
    with _moving(new, patient, account, network) as (consents, who, to):
        _tell({"patient": who, "account": to}, consents.contest_move(who, to), as_json)


@moving.command()
def complete(
    new: NewArgument,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Complete a move once its delay is over; the former account can do nothing any more.

    Example: `pyhealth consent move complete stranger --patient patient --as clinic`
    """
    with _moving(new, patient, account, network) as (consents, who, to):
        _tell({"patient": who, "account": to}, consents.complete_move(who, to), as_json)


@contextmanager
def _moving(
    new: str, patient: str | None, account: str | None, network: str | None
) -> Iterator[tuple[ConsentRegistry, str, str]]:
    """Open the registry for a patient and its new account."""
    with opened(network, account) as health:
        desk = Desk.of(health)
        yield health.consents, desk.patient(patient), desk.account(new)


def _tell(told: dict[str, Any], receipt: Receipt, as_json: bool) -> None:
    done = {"transaction": receipt.transaction, "block": receipt.block_number}
    show(told | done, as_json=as_json)
