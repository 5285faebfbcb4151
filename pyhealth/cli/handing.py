"""pyhealth consent show, submit: what somebody signed, in words, and handed in by anyone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.messages import SignedMessage


def show_signed(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by 'consent sign'.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a file asks to sign, or has signed, in words: read it before signing or handing in.

    The words come from the message itself; a file that says something else is refused.

    Example: `pyhealth consent show signed.json`
    """
    from pyhealth.consents.messages import read_instruction
    from pyhealth.values import utc

    signed = read_instruction(file)
    said: dict[str, Any] = signed.message.fields
    domain = signed.message.domain
    with opened(network) as health:
        ways = _ways(Desk.of(health), signed)
    told = {
        "says": ways[0],
        "signer": said["signer"],
        "number": said["nonce"],
        "signed_at": utc(said["signedAt"]),
        "hand_in_before": utc(said["deadline"]),
        "signed": bool(signed.signature),
        "contract": domain.contract,
        "chain": domain.chain_id,
        "commits_to": said.get("document"),
    }
    show(told, as_json=as_json)
    signed.require_said(*ways)


def _ways(desk: Desk, signed: SignedMessage) -> list[str]:
    """Return what a message says in words: with names where it is for this chain, and without."""
    from pyhealth.consents.words import by_number, message_in_words

    here = signed.message.domain == desk.health.consents.domain
    titles = [desk.title, by_number] if here else [by_number]
    return [message_in_words(signed.message, title) for title in titles]


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
    from pyhealth.consents.messages import read_instruction
    from pyhealth.consents.relaying import hand_in
    from pyhealth.messages import read_bytes

    signed = read_instruction(file)
    if signature:
        try:
            signed = replace(signed, signature=read_bytes(signature))
        except ValueError as error:
            raise InputError(f"--signature is none ({error}).") from error
    with opened(network, account) as health:
        ways = _ways(Desk.of(health), signed)
        signed.require_said(*ways)
        done = hand_in(health.consents, health.index, signed)
    show(
        {
            "says": ways[0],
            "signer": signed.message.fields["signer"],
            "handed_in_before": done.before,
            "transaction": done.transaction,
            "block": done.block_number,
        },
        as_json=as_json,
    )
