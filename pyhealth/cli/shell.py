"""What the commands share: their common options, and how values are shown."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pyhealth.chain.wallet import Signer
    from pyhealth.health import Health

NetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network", "-n", metavar="NAME|URL", help="Network of brownie-config.yaml, or a URL."
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="NAME", help="Who acts: one of the local cast, a keystore, SUBJECT@MEMBER."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def opened(network: str | None, account: str | None = None) -> Health:
    """Connect, with a person at hand who can be asked for a password."""
    from pyhealth.health import connect

    return connect(network, account, ask_password=_ask)


def local_signer(account: str | None, chain_id: int) -> Signer:
    """Return the account that signs for a chain, without asking any node."""
    from pyhealth.chain.wallet import Wallet
    from pyhealth.config import LOCAL_CHAIN_IDS, load_settings
    from pyhealth.health import DEFAULT_ACCOUNT

    settings = load_settings()
    wallet = Wallet(settings.home, settings.environment, _ask)
    return wallet.signer(account, local=chain_id in LOCAL_CHAIN_IDS, default=DEFAULT_ACCOUNT)


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{question}nobody can be asked here; set PYHEALTH_PASSWORD_FILE or PYHEALTH_PASSWORD."
        )
    return getpass.getpass(question)


def confirmed(question: str) -> bool:
    """Ask on standard error, so that standard output stays what was asked for."""
    if not sys.stdin.isatty():
        raise ConfigError(f"{question} Nobody can be asked here; say so with --yes.")
    return typer.confirm(question, err=True)


def show(value: Mapping[str, Any], *, as_json: bool, title: str = "") -> None:
    """Print named values, as a table for people or JSON for scripts."""
    if as_json:
        print_json(value)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, entry in value.items():
        table.add_row(name.replace("_", " "), Text(printable(_text(entry))))
    print_table(table)


def show_rows(rows: Sequence[Mapping[str, Any]], *, title: str = "") -> None:
    """Print rows of the same names as one table."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_text(entry))) for entry in row.values()))
    print_table(table)


def print_table(table: Any) -> None:
    """Print a rich table, in full width where nobody's terminal sets one."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else shutil.get_terminal_size((140, 24)).columns
    Console(width=width, soft_wrap=False).print(table)


def print_json(value: Any) -> None:
    """Print JSON: bytes as 0x hex, times as ISO 8601 in UTC."""
    import orjson

    sys.stdout.write(
        orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2).decode() + "\n"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (Path, Decimal)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_text(entry)}" for name, entry in value.items())
    return "" if value is None else str(value)


def write_private(file: Path, content: bytes) -> None:
    """Write a file for its owner's eyes only, over what was there."""
    try:
        with open(file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            if file.is_file():
                file.chmod(0o600)
            out.write(content)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error


def tell_kept(kept: Sequence[Path]) -> None:
    """Say, on standard error, that proofs of earlier content were kept, and where the first is."""
    if kept:
        what = "An earlier proof is" if len(kept) == 1 else f"{len(kept)} earlier proofs are"
        more = "" if len(kept) == 1 else ", and the others beside theirs"
        print(f"{what} kept as {kept[0]}{more}.", file=sys.stderr)


def printable(text: str) -> str:
    """Return a text of others without what would steer a terminal; its lines stay."""
    return "".join(
        one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text
    )


def one_line(text: str) -> str:
    """Return a text of others on one line, without what would steer a terminal."""
    return printable(" ".join(text.split()))


def hash_of(text: str, what: str) -> bytes:
    """Read 32 bytes as a person writes them."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise InputError(f"{what} {text!r} is not a hash: 64 hexadecimal digits are expected.")
    return value
