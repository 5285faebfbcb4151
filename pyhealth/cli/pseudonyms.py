"""pyhealth privacy pseudonym, whose: a patient's accounts, one for each relationship."""

from __future__ import annotations

from typing import Annotated

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json, show, show_rows
from pyhealth.errors import InputError


def pseudonym(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="As your house calls them.")],
    member: Annotated[
        str | None, typer.Option("--for", metavar="MEMBER", help="A member, by name or number.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="A relationship to nobody of the consortium.")
    ] = None,
    only_address: Annotated[
        bool, typer.Option("--address", help="Print the account alone.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a patient an account for one relationship, the same one each time; or list all of them.

    Whoever acts on the chain for the patient names it SUBJECT@MEMBER, with --as and --patient. Who
    SUBJECT is stands in the vault alone, encrypted.

    Example: `pyhealth privacy pseudonym MRN-0042 --for Hospital`
    """
    if member and label:
        raise InputError("A pseudonym is for a member or for a --label; name one of the two.")
    with opened(network) as health:
        if member is None and label is None:
            rows = [
                {"account": one.address, "for": one.relation}
                for one in health.pseudonyms.all_of(subject)
            ]
            print_json(rows) if as_json else _table(rows)
            return
        signer = health.pseudonyms.of(subject, f"label:{label}" if label else str(member))
        known = health.pseudonyms.whose(signer.address)
    if only_address:
        print(signer.address)
        return
    show({"account": signer.address, "for": known.relation}, as_json=as_json)


def whose(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="A patient's account, 0x….")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which patient of yours an account belongs to, and what it is for.

    Example: `pyhealth privacy whose 0x4F1c…`
    """
    from pyhealth.chain.network import address_of

    with opened(network) as health:
        known = health.pseudonyms.whose(address_of(account))
    show({"subject": known.subject, "for": known.relation}, as_json=as_json)


def _table(rows: list[dict[str, str]]) -> None:
    show_rows(rows) if rows else print("There is none.")
