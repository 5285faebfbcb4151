"""pyhealth claim: what payers end before its time: coverages, authorisations, contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.claim import app, day_of, desk
from pyhealth.cli.insuring import CoverageArgument
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show

if TYPE_CHECKING:
    from pyhealth.reimbursement.desk import Desk

LastOption = Annotated[
    str | None, typer.Option("--last", metavar="DAY", help="The last day; default: today.")
]


@app.command("end-coverage")
def end_coverage(
    coverage: CoverageArgument,
    last: LastOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a coverage before its time; services until its last day are paid for as before.

    Share again afterwards, so that providers know.

    Example: `pyhealth claim end-coverage C-1002 --last 2025-09-30 --as insurer`
    """
    with desk(network, account) as at:
        day, until = _ends(at, last)
        card = at.book.card(coverage, day)
        at.health.coverage.terminate(card.ref, until)
        at.book.add_cards([replace(card, until=until)])
    _tell({"coverage": card.number, "reference": card.ref}, day, as_json=as_json)


@app.command("end-authorisation")
def end_authorisation(
    coverage: CoverageArgument,
    authorisation: Annotated[
        str, typer.Argument(metavar="AUTHORISATION", help="What claims call it, or its number.")
    ],
    last: LastOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw an authorisation: services after its last day need another.

    Example: `pyhealth claim end-authorisation C-1001 PA-77 --as insurer`
    """
    with desk(network, account) as at:
        day, until = _ends(at, last)
        card = at.book.card(coverage, day)
        number = at.book.authorisation(card, authorisation)
        at.health.coverage.end_authorisation(card.ref, number, until)
    _tell({"coverage": card.number, "authorisation": number}, day, as_json=as_json)


@app.command("end-contract")
def end_contract(
    number: Annotated[int, typer.Argument(metavar="PLAN", help="Number of the plan.")],
    provider: Annotated[
        str, typer.Argument(metavar="PROVIDER", help="Name or number of a member.")
    ],
    last: LastOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a provider's contract: after the last day it is outside of the plan's network.

    Example: `pyhealth claim end-contract 1 Hospital --as insurer`
    """
    with desk(network, account) as at:
        day, until = _ends(at, last)
        member = at.member_named(provider)
        at.health.coverage.end_contracting(number, member, until)
    _tell({"plan": number, "provider": member}, day, as_json=as_json)


def _ends(at: Desk, last: str | None) -> tuple[date, date]:
    """Return the last day, and the first that is no more."""
    day = day_of(last, "--last") if last else at.today()
    return day, day + timedelta(1)


def _tell(told: dict[str, Any], last: date, *, as_json: bool) -> None:
    show(told | {"last_day": last}, as_json=as_json, title="Ends")
