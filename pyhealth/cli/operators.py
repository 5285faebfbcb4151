"""pyhealth consortium operators, and how a member adds, rotates and revokes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.governing import Accounts, deadline, member_called
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show,
    show_rows,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.chain.transactions import Receipt
    from pyhealth.governance.ballots import SignedMandate
    from pyhealth.health import Health

app = typer.Typer(name="operators", invoke_without_command=True)

KeyArgument = Annotated[
    str | None, typer.Argument(help="The new key: one of the local cast, or a keystore here.")
]
MandateOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Made elsewhere by 'operators mandate'.")
]
ValidOption = Annotated[str, typer.Option(help="For how long what is signed can be handed in.")]


@app.callback()
def operators(
    context: typer.Context,
    member: Annotated[str | None, typer.Option(help="Of one member only.")] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys that act for each member, its own account first.

    Example: `pyhealth consortium operators --member Hospital`
    """
    if context.invoked_subcommand:
        return
    from pyhealth.governance.register import register_of

    with opened(network) as health:
        register = register_of(health.consortium)
        wanted = [member_called(health, register, member)] if member else sorted(register.members)
        rows = [
            {"member": number, "name": health.consortium.member_of(number).name, "key": key,
             "is": "operator" if i else "account"}
            for number in wanted
            for i, key in enumerate(health.consortium.operators_of(number))
        ]  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        show_rows(rows)


@app.command()
def add(
    key: KeyArgument = None,
    mandate: MandateOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a key that acts for your member. The key itself signs that it will.

    Example: `pyhealth consortium operators add clinic --as hospital`
    """
    with opened(network, account) as health:
        signed = _mandate(health, key, mandate)
        _tell(health, health.consortium.add_operator(signed), signed.operator, as_json)


@app.command()
def rotate(
    revoked: Annotated[str, typer.Argument(help="The key to revoke.")],
    key: KeyArgument = None,
    mandate: MandateOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke a key and add another in its place, in one transaction.

    Example: `pyhealth consortium operators rotate clinic auditor --as hospital`
    """
    with opened(network, account) as health:
        signed, old = _mandate(health, key, mandate), Accounts(health)(revoked)
        _tell(health, health.consortium.rotate_operator(old, signed), signed.operator, as_json)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key to revoke.")],
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke a key of your member at once; also while suspended, and once removed.

    Example: `pyhealth consortium operators revoke clinic --as hospital`
    """
    with opened(network, account) as health:
        revoked = Accounts(health)(key)
        _tell(health, health.consortium.revoke_operator(revoked), revoked, as_json)


@app.command()
def mandate(
    member: Annotated[str, typer.Argument(help="The member that the key will act for.")],
    out: Annotated[Path, typer.Option(help="File for the mandate.")] = Path("mandate.json"),
    valid: ValidOption = "7d",
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign, with a key of your own, that it will act for a member; the member hands the file in.

    Example: `pyhealth consortium operators mandate Hospital --as clinic --out mandate.json`
    """
    from pyhealth.governance.ballots import save
    from pyhealth.governance.register import register_of

    with opened(network, account) as health:
        number = member_called(health, register_of(health.consortium), member)
        signed = _signed(health, health.signer, number, valid)
    told = {"mandate": save(signed, out), "operator": signed.operator, "member": number}
    show(told, as_json=as_json, title="The member can hand it in now")


def _mandate(health: Health, key: str | None, file: Path | None) -> SignedMandate:
    """Read the mandate of a key, or let a key that is at hand sign it."""
    from pyhealth.governance.ballots import SignedMandate, load

    if (key is None) == (file is None):
        raise InputError("Name the new key, or the --mandate that it signed; one of the two.")
    if file is not None:
        return load(SignedMandate, file)
    signer = health.wallet.signer(key, local=health.chain.local, default=str(key))
    member = health.consortium.actor_of(health.signer.address).member
    return _signed(health, signer, member, "1h")


def _signed(health: Health, signer: Any, member: int, valid: str) -> SignedMandate:
    from pyhealth.governance.ballots import sign_mandate

    return sign_mandate(
        signer,
        health.consortium.domain,
        member=member,
        account=health.consortium.member_of(member).account,
        nonce=health.consortium.mandates_of(signer.address),
        deadline=deadline(health, valid),
    )


def _tell(health: Health, receipt: Receipt, key: str, as_json: bool) -> None:
    member = health.consortium.actor_of(health.signer.address).member
    show(
        {
            "member": member,
            "key": key,
            "operators": list(health.consortium.operators_of(member))[1:],
            "transaction": receipt.transaction,
            "block": receipt.block_number,
        },
        as_json=as_json,
    )
