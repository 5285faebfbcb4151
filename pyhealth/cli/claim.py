"""pyhealth claim: what its commands share, and those of both sides; the others are beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.reimbursement.desk import Desk
    from pyhealth.reimbursement.history import Standing

app = typer.Typer(
    name="claim",
    help="Reimbursement: plans and coverages of payers, claims of providers, decided and paid.",
    no_args_is_help=True,
)
PublicOption = Annotated[
    bool,
    typer.Option(
        "--amounts-are-public",
        help="Asked for on public chains, where everyone sees amounts and dates of service.",
    ),
]
ClaimArgument = Annotated[
    str, typer.Argument(metavar="CLAIM", help="The provider's number of it, or 0x… on chain.")
]

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)  # the day after is one, too


@contextmanager
def desk(network: str | None, account: str | None) -> Iterator[Desk]:
    """Open the suite for an account."""
    from pyhealth.reimbursement.desk import Desk

    with opened(network, account) as health:
        yield Desk(health)


def money(hundredths: int) -> Decimal:
    """Return an amount of the chain as people read it."""
    return Decimal(hundredths).scaleb(-2)


def day_of(text: str, what: str) -> date:
    """Read a day that a contract can hold, such as 2026-03-14."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{what} is {text!r}; a date such as 2026-03-14 is expected.") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError(f"{what} is {day}; a day from {FIRST_DAY} to {LAST_DAY} is expected.")
    return day


def described(at: Desk, one: Standing) -> dict[str, Any]:
    """Describe a claim for scripts."""
    billing = at.book.billing(one.decision.claim_ref)
    services = dict(enumerate(billing.services)) if billing else {}
    lines: list[dict[str, Any]] = [
        {
            "line": services[i][0] if i in services else i + 1,
            "service": services[i][1] if i in services else None,
            "category": line.line.category,
            "served_on": line.line.served_on,
            "units": line.line.units,
            "charge": money(line.line.charge),
            "adjustments": [
                {
                    "group": cut.group,
                    "carc": cut.carc,
                    "rarc": cut.rarc,
                    "amount": money(cut.amount),
                }
                for cut in line.adjustments
            ],
            "paid": money(line.outcome.paid),
        }
        for i, line in enumerate(one.decision.decided)
    ]
    return {
        "claim": billing.number if billing else None,
        "claim_id": one.claim_id,
        "status": one.status.name.lower(),
        "coverage": one.decision.coverage_ref,
        "payer": at.title(one.payer),
        "provider": at.title(one.provider),
        "filed_on": one.decision.filed_on,
        "decided_on": one.decision.decided_on,
        "charged": sum((row["charge"] for row in lines), Decimal(0)),
        "paid": sum((row["paid"] for row in lines), Decimal(0)),
        "currency": at.currency,
        "payment": one.moved.transaction if one.moved else None,
        "replaced_by": one.replaced_by,
        "lines": lines,
    }


def print_claim(at: Desk, one: Standing, *, as_json: bool) -> None:
    """Print a claim: a table of its own, and a row for each line."""
    from pyhealth.cli.shell import show_rows

    told = described(at, one)
    if as_json:
        show(told, as_json=True)
        return
    lines = told.pop("lines")
    show(told, as_json=False, title=f"Claim {told['claim'] or ''}")
    for row in lines:
        cuts = [f"{c['group']}-{c['carc']} {c['rarc']} {c['amount']}" for c in row["adjustments"]]
        row["adjustments"] = [" ".join(cut.split()) for cut in cuts]
    show_rows(lines)


@app.command("show")
def show_claim(
    claim: ClaimArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a claim: what was charged, cut and paid, and where it stands.

    Example: `pyhealth claim show K-1001 --as hospital`
    """
    with desk(network, account) as at:
        print_claim(at, at.standing(claim), as_json=as_json)


@app.command()
def explain(
    claim: ClaimArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in words which rule cut what: the decision is computed anew, from events alone.

    Example: `pyhealth claim explain K-1001 --as hospital`
    """
    from pyhealth.reimbursement.explaining import explain as computed

    with desk(network, account) as at:
        one = at.standing(claim)
        lines = computed(at.health.index, one.claim_id, at.currency)
        agrees = all(line.agrees for line in lines)
        if as_json:
            said = [{"agrees": line.agrees, "says": line.sentences} for line in lines]
            show({"claim_id": one.claim_id, "agrees": agrees, "lines": said}, as_json=True)
        else:
            for number, line in enumerate(lines, 1):
                print(f"Line {number}")
                for sentence in line.sentences:
                    print(f"  {sentence}")
            told = "is" if agrees else "IS NOT"
            print(f"Computed anew from events alone; that {told} what the contract decided.")
    if not agrees:
        raise InputError(f"Claim {claim} was decided otherwise than the rules say; report it.")


@app.command()
def remit(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    party: Annotated[
        str | None,
        typer.Option("--of", metavar="MEMBER", help="Payer or provider; default: this member."),
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all decisions of a payer or a provider: FHIR ClaimResponse and ExplanationOfBenefit,
    CSV, and X12 835. The same events give the same bytes, on every run and on every machine.

    Example: `pyhealth claim remit remittances --as hospital`
    """
    from pyhealth.progress import bar
    from pyhealth.reimbursement.remittances import write_all

    with desk(network, account) as at:
        member = at.member_named(party) if party else at.member
        at.health.index.sync()
        telling = at.health.index, at.book, member, out
        told = write_all(*telling, title=at.title, currency=at.currency, progress=bar)
    show(told, as_json=as_json, title=f"Written to {out}")
