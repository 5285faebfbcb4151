"""pyhealth record open, fetch: records through the custodian's gate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyhealth.cli.sharing import Desk, StudyOption, read_action, read_purpose
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    show,
)
from pyhealth.errors import AccessDenied, AccessNotPermitted, InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.privacy.gate import Gate, Wanted
    from pyhealth.privacy.stores import Store
    from pyhealth.records import Requested
    from pyhealth.values import Receipt

RecordArgument = Annotated[str, typer.Argument(metavar="RECORD", help="Its reference, 0x….")]
PurposeOption = Annotated[
    str, typer.Option("--purpose", "-p", help="What for, such as TREAT, HRESCH or BTG.")
]
ActionOption = Annotated[str, typer.Option(help="collect, access, use, disclose or correct.")]
FolderOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Files with their openings beside them; default: the vault."),
]
OutOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write it; default: standard output.")
]


def open_record(
    record: RecordArgument,
    purpose: PurposeOption,
    action: ActionOption = "access",
    study: StudyOption = None,
    folder: FolderOption = None,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a record that is kept here, once the contract permits it: exit 0, or 1 and not a byte.

    The contract is asked first, and its receipt, permit or denial, is in the patient's log.

    Example: `pyhealth record open 0x4f1c… --purpose TREAT --out letter.pdf --as hospital`
    """
    wanted = _wanted(record, purpose, action, study)
    _check_out(out, as_json=as_json)
    with opened(network, account) as health:
        gate = _gate(health, folder)
        try:
            made = gate.open(wanted.record_ref, wanted.purpose, wanted.action, wanted.study)
        except AccessNotPermitted as refused:
            raise _in_words(health, refused.receipt, refused.receipt_hash) from refused
    _write(made.data, out, made.requested, as_json=as_json)


def fetch_record(
    url: Annotated[str, typer.Argument(metavar="URL", help="The custodian's gate.")],
    record: RecordArgument,
    purpose: PurposeOption,
    action: ActionOption = "access",
    study: StudyOption = None,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask to use a record, and fetch it from its custodian's gate with the receipt.

    Your key stays with you: it signs the request, and that the receipt is yours.

    Example: `pyhealth record fetch https://gate.hospital.example 0x4f1c… --purpose TREAT`
    """
    from pyhealth.privacy.presenting import fetch, origin_of

    wanted = _wanted(record, purpose, action, study)
    _check_out(out, as_json=as_json)
    origin_of(url)
    with opened(network, account) as health:
        made = wanted.request(health.records)
        if not made.permitted:
            raise _in_words(health, made.receipt, made.receipt_hash)
        come = url, wanted, made.anchored.transaction, health.signer
        data = fetch(health.records.domain, *come)
    _write(data, out, made, as_json=as_json)


def _wanted(record: str, purpose: str, action: str, study: str | None) -> Wanted:
    from pyhealth.privacy.gate import NO_STUDY, Wanted

    whose = hash_of(study, "The study") if study else NO_STUDY
    ref = hash_of(record, "The record")
    return Wanted(ref, read_purpose(purpose), read_action(action), whose)


def _gate(health: Health, folder: Path | None) -> Gate:
    return health.guard(store_of(health, folder)) if folder else health.gate


def store_of(health: Health, folder: Path | None) -> Store:
    """Return the store that is meant: a folder, or the vault."""
    from pyhealth.privacy.stores import FolderStore, VaultStore

    return FolderStore(folder) if folder else VaultStore(health.vault)


def _in_words(health: Health, receipt: Receipt, receipt_hash: bytes) -> AccessDenied:
    from pyhealth.records.log import receipt_in_words

    words = receipt_in_words(receipt, Desk.of(health).title)
    return AccessDenied(f"{words}; receipt 0x{receipt_hash.hex()} tells the patient.")


def _check_out(out: Path | None, *, as_json: bool) -> None:
    """Refuse before anything is asked for what could not be written after."""
    if as_json and out is None:
        raise InputError("With --json, say with --out FILE where the record goes.")
    if out is not None and out.exists():
        raise InputError(f"{out} exists already; move it away, or name another file.")
    if out is not None and not out.parent.is_dir():
        raise InputError(f"{out.parent} is no folder; name one that is there.")


def _write(data: bytes, out: Path | None, made: Requested, *, as_json: bool) -> None:
    told = {
        "record": made.receipt.record_ref,
        "record_version": made.receipt.record_version,
        "receipt": made.receipt_hash,
        "transaction": made.anchored.transaction,
        "block": made.anchored.block_number,
        "bytes": len(data),
        "file": out,
    }
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(out, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}).") from error
    show(told, as_json=as_json)
