"""pyhealth claim: clinical attachments, which the payer opens with the patient's consent alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.claim import ClaimArgument, app, desk
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    print_json,
    show,
    show_rows,
)
from pyhealth.errors import AccessDenied

if TYPE_CHECKING:
    from pyhealth.reimbursement.attachments import Attachment


@app.command()
def attach(
    claim: ClaimArgument,
    records: Annotated[
        list[str] | None, typer.Argument(metavar="RECORD...", help="References, 0x….")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take them off again.")] = False,
    share: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what the payer takes with 'claim take'."),
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attach records to a claim, by their references: they stay where they are.

    Nothing goes on the chain, where it would tie the patient to the coverage: hand the payer FILE.

    Example: `pyhealth claim attach K-1001 0x4f1c… --share for-insurer.json --as hospital`
    """
    import json

    from pyhealth.reimbursement.attachments import Attachments
    from pyhealth.reimbursement.book import private

    refs = [hash_of(one, "The record") for one in records or ()]
    with desk(network, account) as at:
        attached = Attachments(at, at.standing(claim))
        if remove:
            attached.detach(refs)
        else:
            attached.attach(refs)
        if share:
            private(share, json.dumps({"attachments": [attached.shared()]}, indent=1).encode())
        told = {"claim_id": attached.claim.claim_id, "records": attached.refs, "shared": share}
    show(told, as_json=as_json, title=f"Attached to {claim}")


@app.command()
def attachments(
    claim: ClaimArgument,
    ask: Annotated[
        bool, typer.Option("--open", help="Ask for each, as the payer: with a receipt.")
    ] = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a claim's attachments, and say of each whether the patient's consent permits its payer
    to use it for the payment (HPAYMT). With --open, ends with 1 where one is refused.

    Example: `pyhealth claim attachments 0x… --open --as insurer`
    """
    from pyhealth.reimbursement.attachments import Attachments

    with desk(network, account) as at:
        of_claim = Attachments(at, at.standing(claim))
        found = of_claim.open() if ask else of_claim.preview()
        payer = at.title(of_claim.claim.payer)
    if as_json:
        print_json([_described(one) for one in found])
    elif found:
        rows = [{"record": one.record_ref, "says": _words(one, payer)} for one in found]
        show_rows(rows, title=f"Attachments of {claim}")
    else:
        print("There is none; its provider hands over what 'pyhealth claim attach --share' writes.")
    if ask and (refused := [one for one in found if not one.permitted]):
        first = refused[0]
        raise AccessDenied(
            f"{len(refused)} of {len(found)} attachments stay closed; record "
            f"0x{first.record_ref.hex()}: {_words(first, payer)}."
        )


def _described(one: Attachment) -> dict[str, Any]:
    return {
        "record": one.record_ref,
        "permitted": one.permitted,
        "outcome": one.outcome.name if one.outcome is not None else None,
        "ground": one.ground.name.lower(),
        "receipt": one.receipt_hash,
    }


def _words(one: Attachment, payer: str) -> str:
    from pyhealth.sharing.rule import GROUNDS

    if one.outcome is None:
        return "no such record is registered; ask the provider for the reference"
    said = "permitted" if one.permitted else "refused"
    if one.receipt_hash is None:
        said = f"would be {said}"
    return f"{payer} asks to use it for HPAYMT: {said}, {GROUNDS[one.ground]}"
