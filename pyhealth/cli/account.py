"""pyhealth account new, list."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from pyhealth.cli.shell import JsonOption, print_json, show_rows
from pyhealth.errors import ConfigError

SHORTEST = 8  # characters of a password
app = typer.Typer(name="account", help="Accounts that sign.", no_args_is_help=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What the account is called with --as.")],
    as_json: JsonOption = False,
) -> None:
    """Make an account: a new key in a keystore that a password opens.

    Example: `pyhealth account new our-sponsor`
    """
    from pyhealth.chain.wallet import create_keystore
    from pyhealth.config import load_settings

    settings = load_settings()
    password = settings.environment.get("PYHEALTH_PASSWORD") or _new_password(name)
    if len(password) < SHORTEST:
        raise ConfigError(f"The password is shorter than {SHORTEST} characters; choose another.")
    file, address = create_keystore(settings.home, name, password)
    if as_json:
        print_json({"name": name, "address": address, "keystore": file})
    else:
        print(f"{address} in {file}; without its password nobody, we included, can open it.")


@app.command("list")
def list_accounts(as_json: JsonOption = False) -> None:
    """List the accounts that --as knows: the local cast, and the keystores here.

    Example: `pyhealth account list --json`
    """
    from pyhealth.chain.wallet import CAST, cast_address, keystores
    from pyhealth.config import load_settings

    cast = [{"name": name, "address": cast_address(name), "kind": "local cast"} for name in CAST]
    kept = [
        {"name": name, "address": address, "kind": "keystore"}
        for name, address in keystores(load_settings().home).items()
    ]
    if as_json:
        print_json(cast + kept)
    else:
        show_rows(cast + kept)


def _new_password(name: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError("Nobody can be asked for a password here; set PYHEALTH_PASSWORD.")
    password = getpass.getpass(f"New password for {name}: ")
    if not password or getpass.getpass("The same again: ") != password:
        raise ConfigError("The two passwords differ, or are empty; no account was made.")
    return password
