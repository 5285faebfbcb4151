"""pyhealth record serve, token: the custodian's gate over HTTP, and who of the house may come."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pyhealth.cli.gating import FolderOption, store_of
from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.server.tokens import Tokens


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
        custodian = Custodian(whose, health, store_of(health, folder), _tokens(health), place)
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


def _tokens(health: Health) -> Tokens:
    from pyhealth.server.tokens import Tokens

    return Tokens(health.settings.home / "gate" / "tokens.ndjson")
