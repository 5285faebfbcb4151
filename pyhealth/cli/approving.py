"""pyhealth trial approve, sign-approval, withdraw-approval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.governing import deadline
from pyhealth.cli.operators import ValidOption
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    local_signer,
    opened,
    show,
)
from pyhealth.cli.trialling import TrialArgument, tell_done, trial_called
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.trials.approvals import SignedApproval
    from pyhealth.values import Version

app = typer.Typer()

VersionOption = Annotated[
    int | None, typer.Option("--version", help="Of the protocol; default: the current one.")
]
ReadOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--read", metavar="PATH", help="What you read, each file with its proof: all of a version."
    ),
]


@app.command()
def approve(
    trial: Annotated[str | None, typer.Argument(metavar="TRIAL")] = None,
    read: ReadOption = None,
    approval: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hand in an approval that was signed.")
    ] = None,
    version: VersionOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a version of a trial's protocol as an ethics board, or hand in a signed approval.

    With --read the files are checked to be the whole protocol and the whole outcome list of the
    version; without, what the chain holds is approved unseen.

    Example: `pyhealth trial approve 0x1f3c9ab2 --read dossier --as ethics`
    """
    from pyhealth.governance.ballots import load
    from pyhealth.trials.approvals import SignedApproval

    if (trial is None) == (approval is None):
        raise InputError("Name a trial to approve, or an --approval that was signed; one of them.")
    with opened(network, account) as health:
        registry = health.trials.registry
        if approval is not None:
            signed: SignedApproval = load(SignedApproval, approval)
            receipt = registry.approve_by_signature(signed)
            told: dict[str, Any] = {"by": signed.signer, "approved_version": signed.version}
            tell_done(health, signed.trial_id, receipt, as_json, **told)
            return
        trial_id = trial_called(health, str(trial))
        number, content = _content(health, trial_id, version, read)
        receipt = registry.approve(trial_id, number, content)
        seen = "read" if read else "unseen"
        told = {"by": health.signer.address, "approved_version": number, "approved": seen}
        tell_done(health, trial_id, receipt, as_json, **told)


@app.command()
def sign_approval(
    trial: Annotated[
        str | None, typer.Argument(metavar="TRIAL", help="Not needed with --offline.")
    ] = None,
    read: ReadOption = None,
    out: Annotated[Path, typer.Option(help="File for the approval.")] = Path("approval.json"),
    valid: ValidOption = "14d",
    version: VersionOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no node: --read, --version and --board say all.")
    ] = False,
    board: Annotated[int | None, typer.Option(help="Without a node: your member's number.")] = None,
    nonce: Annotated[
        int, typer.Option(help="Without a node: how often you approved or withdrew this version.")
    ] = 0,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign an approval into a file that anyone can hand in, with or without a node.

    Example: `pyhealth trial sign-approval 0x1f3c9ab2 --read dossier --as ethics`
    """
    from pyhealth.governance.ballots import save

    if offline == (trial is not None):
        raise InputError("Name a trial, or say --offline; one of the two.")
    if offline and not (read and version and board):
        raise InputError("Without a node --read, --version and --board are all needed.")
    if offline:
        signed = _signed_offline(read or [], version or 0, board or 0, nonce, valid, account)
    else:
        signed = _signed_online(str(trial), version, read, valid, account, network)
    told: dict[str, Any] = {
        "approval": save(signed, out),
        "trial": signed.trial_id,
        "version": signed.version,
    }
    told |= {"board": signed.board, "hand_in_before": signed.deadline}
    show(told, as_json=as_json, title="Anyone can hand it in now")


@app.command()
def withdraw_approval(
    trial: TrialArgument,
    version: VersionOption = None,
    reason: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Document that says why.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw your board's approval, or one that it signed and nobody handed in.

    Example: `pyhealth trial withdraw-approval 0x1f3c9ab2 --reason why.txt --as ethics`
    """
    from pyhealth.openings import commit
    from pyhealth.trials.registry import NOTHING

    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        number = version or health.trials.trial(trial_id).version
        detail = commit(reason, "reason").commitment if reason else NOTHING
        receipt = health.trials.registry.withdraw_approval(trial_id, number, reason=detail)
        tell_done(health, trial_id, receipt, as_json, withdrawn_version=number)


def _content(
    health: Health, trial_id: bytes, version: int | None, read: list[Path] | None
) -> tuple[int, Version]:
    """Return what is approved: what was read, where that is said, or what the chain holds."""
    from pyhealth.anchoring import verify
    from pyhealth.trials.review import check, content_of

    number = version or health.trials.trial(trial_id).version
    if not read:
        return number, health.trials.registry.version_of(trial_id, number)
    checked = check(read, lambda *one: verify(health.chain, *one, trial_id=trial_id).verdict)
    return number, content_of(checked)


def _signed_online(
    trial: str,
    version: int | None,
    read: list[Path] | None,
    valid: str,
    account: str | None,
    network: str | None,
) -> SignedApproval:
    from pyhealth.trials.approvals import sign_approval as sign

    with opened(network, account) as health:
        registry, trial_id = health.trials.registry, trial_called(health, trial)
        number, content = _content(health, trial_id, version, read)
        member = health.consortium.actor_of(health.signer.address).member
        return sign(
            health.signer,
            registry.domain,
            trial_id,
            number,
            content,
            board=member,
            nonce=registry.approval_of(trial_id, number, member).nonce,
            deadline=deadline(health, valid),
        )


def _signed_offline(
    read: list[Path], version: int, board: int, nonce: int, valid: str, account: str | None
) -> SignedApproval:
    """Sign what was read; trial, contract and chain are those that all its proofs name."""
    from pyhealth.anchoring import verify_offline
    from pyhealth.hashing import Domain
    from pyhealth.trials.approvals import CONTRACT
    from pyhealth.trials.approvals import sign_approval as sign
    from pyhealth.trials.review import check, content_of

    checked = check(read, lambda *one: verify_offline(*one, block_hash=None))
    content = content_of(checked)
    named = {(one.verdict.chain_id, one.verdict.contract, one.verdict.trial_id) for one in checked}
    if len(named) != 1:
        raise InputError("The proofs are of several trials; name the documents of one.")
    ((chain_id, contract, trial_id),) = named
    return sign(
        local_signer(account, chain_id),
        Domain(CONTRACT, chain_id, contract),
        trial_id,
        version,
        content,
        board=board,
        nonce=nonce,
        deadline=deadline(None, valid),
    )
