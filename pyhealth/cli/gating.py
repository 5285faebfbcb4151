"""pyhealth record open, fetch, serve, token: records through the custodian's gate."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, StudyOption, read_action, read_purpose
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    print_json,
    show,
)
from pyhealth.errors import AccessDenied, AccessNotPermitted, InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.privacy.gate import Gate, Wanted
    from pyhealth.privacy.stores import Store
    from pyhealth.records import Requested

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
            raise _in_words(health, refused) from refused
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
        records, asked = health.records, (wanted.record_ref, wanted.purpose, wanted.action)
        if any(wanted.study):
            ref, what, how = asked
            made = records.request_access_for_study(ref, wanted.study, what, how)
        else:
            made = records.request_access(*asked)
        if not made.permitted:
            raise _in_words(health, AccessNotPermitted(made.receipt, made.receipt_hash, ""))
        come = records.domain, url, wanted, made.anchored.transaction, health.signer
        data = fetch(*come)
    _write(data, out, made, as_json=as_json)


def serve(
    folder: FolderOption = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8080,
    origin: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The gate's address, as callers know it."),
    ] = None,
    member: Annotated[
        str | None, typer.Option(help="Whose records these are; default: that of the account.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the records that are kept here over HTTP, each upon a receipt that permits it.

    With --member it needs no key but those of its tokens. /openapi.json describes it. TLS and
    limits belong into a proxy before it; say --origin then.

    Example: `pyhealth record serve --member Hospital --origin https://gate.hospital.example`
    """
    try:
        import uvicorn

        from pyhealth.server import Custodian, create_app
    except ImportError as error:
        raise InputError(
            f"The server needs {error.name}; install it with 'pip install pyhealth[server]'."
        ) from error
    from pyhealth.privacy.presenting import origin_of

    place = origin_of(origin or f"http://{host}:{port}")
    with opened(network, account) as health:
        whose = Desk.of(health).own_member(member)
        custodian = Custodian(whose, health, _store(health, folder), _tokens(health), place)
        custodian.unlock()
        with _listening(host, port) as listening:
            show({"gate": place, "described": f"{place}/openapi.json"}, as_json=as_json)
            sys.stdout.flush()
            app = create_app(custodian)
            uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


def token(
    account: Annotated[str, typer.Argument(metavar="NAME", help="One of the cast, or a keystore.")],
    until: Annotated[str, typer.Option(metavar="MOMENT", help="Its end, or such as 90d.")] = "90d",
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token for a program of this house: the gate then asks the contract as that account.

    It is printed once and kept nowhere; take its line out of the file of tokens to revoke it.

    Example: `pyhealth record token hospital --until 30d`
    """
    from datetime import UTC, datetime

    from pyhealth.reading import moment_of

    now = datetime.now(UTC).replace(microsecond=0)
    ends = moment_of(until, "--until", now)
    if ends <= now:
        raise InputError(f"--until {until} is over already; give an end that is still to come.")
    with opened(network, account) as health:
        _ = health.signer  # an account that is not there gets no token
        tokens = _tokens(health)
    made = tokens.issue(account, ends)
    if as_json:
        print_json({"token": made, "account": account, "until": ends, "file": tokens.file})
        return
    print(made)
    where = f"It stands in {tokens.file} as a hash, until {ends:%Y-%m-%d %H:%M} UTC."
    print(where, file=sys.stderr)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"Nothing can listen on {host}, port {port} ({error.strerror}); name another --port."
        ) from error


def _wanted(record: str, purpose: str, action: str, study: str | None) -> Wanted:
    from pyhealth.privacy.gate import NO_STUDY, Wanted

    whose = hash_of(study, "The study") if study else NO_STUDY
    ref = hash_of(record, "The record")
    return Wanted(ref, read_purpose(purpose), read_action(action), whose)


def _gate(health: Health, folder: Path | None) -> Gate:
    return health.guard(_store(health, folder)) if folder else health.gate


def _store(health: Health, folder: Path | None) -> Store:
    from pyhealth.privacy.stores import FolderStore, VaultStore

    return FolderStore(folder) if folder else VaultStore(health.vault)


def _tokens(health: Health) -> Any:
    from pyhealth.server.tokens import Tokens

    return Tokens(health.settings.home / "gate" / "tokens.ndjson")


def _in_words(health: Health, refused: AccessNotPermitted) -> AccessDenied:
    from pyhealth.records.log import receipt_in_words

    words = receipt_in_words(refused.receipt, Desk.of(health).title)
    return AccessDenied(f"{words}; receipt 0x{refused.receipt_hash.hex()} tells the patient.")


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
