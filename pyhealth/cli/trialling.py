"""What the commands of trials share: which trial is meant, and how what was done is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import print_json, show, tell_kept
from pyhealth.errors import InputError, TrialUnknown

if TYPE_CHECKING:
    from pyhealth.chain.transactions import Receipt
    from pyhealth.health import Health
    from pyhealth.trials.filing import Filed

SHORTEST = 8  # digits of a trial's identifier that are enough where they fit one only
ROWS_SHOWN = 20

TrialArgument = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL",
        help="Its identifier, of which 8 digits are enough; its sponsor's: also its registry id.",
    ),
]
FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Files, or folders of files.")
]
OutOption = Annotated[
    Path | None, typer.Option(help="Folder for the proofs; default: beside each file.")
]


def trial_called(health: Health, text: str) -> bytes:
    """Return the identifier of a trial: whole, by its first digits, or by its registry id."""
    from pyhealth.trials.shelf import normalised
    from pyhealth.trials.timeline import registered

    digits = text.removeprefix("0x").lower()
    is_hex = text.startswith("0x") and all(c in "0123456789abcdef" for c in digits)
    if is_hex and len(digits) == 64:
        whole = bytes.fromhex(digits)
        if not health.trials.registry.trial_of(whole).sponsor:
            raise TrialUnknown(whole)
        return whole
    if is_hex and len(digits) >= SHORTEST:
        health.index.sync()
        found = [one for one in registered(health.index) if one.hex().startswith(digits)]
    else:
        wanted = normalised(text)
        plates = health.trials.shelf.nameplates()
        found = [one.trial_id for one in plates if one.registry_id == wanted]
    if len(found) != 1:
        raise InputError(
            f"{len(found) or 'No'} trial{'s are' if len(found) > 1 else ' is'} {text!r} here; see "
            f"'pyhealth trial list', whose first {SHORTEST} digits after 0x are enough."
        )
    return found[0]


def tell_filed(health: Health, filed: Filed, as_json: bool, **more: Any) -> None:
    """Show what came of anchoring documents."""
    shelf = health.trials.shelf.folder
    tell_kept([one for one in filed.kept if shelf not in one.parents])
    anchored = filed.anchored
    told: dict[str, Any] = {
        "trial": filed.trial_id,
        **more,
        **where_it_stands(health, filed.trial_id),
        "anchored_at": anchored and anchored.anchored_at,
        "block": anchored and anchored.block_number,
        "block_hash": anchored and anchored.block_hash,
        "transaction": anchored and anchored.transaction,
        "gas_used": filed.receipt and filed.receipt.gas_used,
    }
    if as_json:
        documents = [
            {"document": one.document, "digest": one.digest, "proof": one.proof,
             "anchored": one.fresh}
            for one in filed.stamped
        ]  # fmt: skip
        print_json(told | {"documents": documents})
        return
    fresh = [one for one in filed.stamped if one.fresh]
    beside = [one for one in fresh if shelf not in one.proof.parents]  # the others stay hidden
    for one in beside[:ROWS_SHOWN]:
        print(f"{one.document} -> {one.proof}")
    if len(beside) > ROWS_SHOWN:
        print(f"... and {len(beside) - ROWS_SHOWN} more")
    if standing := len(filed.stamped) - len(fresh):
        print(f"{standing} of {len(filed.stamped)} were anchored before; nothing to do for them.")
    if fresh:
        show(told, as_json=False, title=f"Anchored {len(fresh)} document(s) in one transaction")


def tell_done(
    health: Health, trial_id: bytes, receipt: Receipt | None, as_json: bool, **more: Any
) -> None:
    """Show where a trial stands after something was done."""
    told = {"trial": trial_id, **more, **where_it_stands(health, trial_id)}
    if receipt is not None:
        told |= {"transaction": receipt.transaction, "block": receipt.block_number}
        told |= {"gas_used": receipt.gas_used}
    show(told, as_json=as_json)


def where_it_stands(health: Health, trial_id: bytes) -> dict[str, Any]:
    """Return version, stage, status and flags of a trial, in words."""
    from pyhealth.trials.timeline import words

    registry = health.trials.registry
    trial, standing = registry.trial_of(trial_id), registry.standing_of(trial_id)
    return {
        "version": trial.version,
        "stage": words(trial.stage),
        "status": words(standing.status),
        "flags": sorted(words(one) for one in standing.flags),
    }
