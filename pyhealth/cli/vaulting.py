"""pyhealth privacy vault: the vault, its keys, its backups."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.privacy.vault import Kek

app = typer.Typer(name="vault", help="The vault, its keys, its backups.", no_args_is_help=True)

KEY_HELP = "What wraps it: keystore:NAME, environment:VARIABLE or command:LINE."
KeyOption = Annotated[
    str | None, typer.Option("--key", metavar="KIND:WHICH", help=f"{KEY_HELP} [PYHEALTH_VAULT_KEK]")
]
ShareOption = Annotated[
    list[Path] | None, typer.Option("--share", metavar="FILE", help="A recovery share; give two.")
]


@app.command()
def init(key: KeyOption = None, network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """Make the vault of a network, and say which key wraps it.

    On development chains it makes itself on first use. Name the same key in PYHEALTH_VAULT_KEK
    for every other command.

    Example: `pyhealth privacy vault init --key keystore:vault --network consortium`
    """
    from pyhealth.privacy.vault import create_vault

    with opened(network) as health:
        vault = create_vault(health.settings, health.chain, _kek(health, key))
    show({"vault": vault.store.where, "wrapped_by": vault.kek.name}, as_json=as_json)


@app.command()
def info(
    check: Annotated[bool, typer.Option("--check", help="Check every byte that is kept.")] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the vault keeps, in numbers, which key wraps it, and how far it has come.

    What cannot be told from the past here is a vault put back together with its folder: note
    'changes' and 'root' elsewhere, or stamp the head with 'pyhealth stamp'.

    Example: `pyhealth privacy vault info --check`
    """
    from pyhealth.privacy.vault import inventory

    with opened(network) as health:
        vault = health.vault
        told = inventory(vault)
        if check:
            told["checked_rows"] = vault.check()
    show(told, as_json=as_json)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; a new file.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a backup, still encrypted: it opens with the wrapping key, or with two shares.

    A backup from before an erasure still holds what was erased: write a new one afterwards, and
    destroy the older.

    Example: `pyhealth privacy vault backup vault-2027-01.backup`
    """
    from pyhealth.privacy.vault.backup import back_up

    with opened(network) as health:
        count = back_up(health.vault, file)
    show({"backup": file, "rows": count}, as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    replacing: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the vault that is there.")
    ] = False,
    share: ShareOption = None,
    certificates: Annotated[
        list[Path] | None,
        typer.Option("--certificate", metavar="FILE", help="Of an erasure since; repeatable."),
    ] = None,
    key: KeyOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in its place, whole or not at all. Whoever was erased since stays erased.

    That is known from the data folder; on another machine hand in the certificates of erasure.

    Example: `pyhealth privacy vault restore vault-2027-01.backup --replace`
    """
    from pyhealth.privacy.vault import inventory
    from pyhealth.privacy.vault.backup import restore as put_back
    from pyhealth.privacy.vault.opening import vault_at

    shares = _shares(share or [])
    with opened(network) as health:
        vault = vault_at(health.settings, health.chain, _kek(health, key))
        back = put_back(
            vault, file, replacing=replacing, shares=shares, certificates=certificates or ()
        )
        told = inventory(back)
    show(told, as_json=as_json)


@app.command()
def rotate(
    to: Annotated[
        str | None, typer.Option("--to", metavar="KIND:WHICH", help=f"{KEY_HELP} Default: as now.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the vault under another wrapping key, with new keys below it; recovery shares stay good.

    Afterwards name the new key in PYHEALTH_VAULT_KEK.

    Example: `pyhealth privacy vault rotate --to environment:NEW_VAULT_KEY`
    """
    from pyhealth.privacy.vault.rotation import rotate as turn

    with opened(network) as health:
        vault = turn(health.vault, _kek(health, to))
    show({"vault": vault.store.where, "wrapped_by": vault.kek.name}, as_json=as_json)


@app.command()
def shares(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write three files instead; a new folder.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make three recovery shares, of which any two open the vault without its wrapping key.

    Hand them to three people; none of them can do anything alone. Those made before are good for
    nothing then.

    Example: `pyhealth privacy vault shares --out shares`
    """
    from pyhealth.privacy.vault.rotation import make_shares

    with opened(network) as health:
        vault = health.vault
        if out is not None:
            _new_folder(out)
        made = make_shares(vault)
    if out is not None:
        show({"shares": [_written(out, n, one) for n, one in enumerate(made, 1)]}, as_json=as_json)
    elif as_json:
        print_json(made)
    else:
        sys.stdout.write("\n".join(made) + "\n")


@app.command()
def recover(
    share: Annotated[
        list[Path], typer.Argument(metavar="SHARE...", help="Files with one share each; two.")
    ],
    key: KeyOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a vault whose wrapping key is lost with two shares, and put it under another key.

    Example: `pyhealth privacy vault recover share-1.txt share-3.txt --key keystore:vault-2`
    """
    from pyhealth.privacy.vault.opening import vault_at
    from pyhealth.privacy.vault.rotation import recover as come_back

    given = _shares(share)
    with opened(network) as health:
        kek = _kek(health, key)
        vault = come_back(vault_at(health.settings, health.chain, kek), given, kek)
    show({"vault": vault.store.where, "wrapped_by": vault.kek.name}, as_json=as_json)


def _kek(health: Health, spec: str | None) -> Kek:
    from pyhealth.privacy.vault import kek_of

    ask = health.wallet.ask_password
    return kek_of(health.settings, local=health.chain.local, spec=spec, ask=ask)


def _shares(files: list[Path]) -> list[str]:
    try:
        return [file.read_text("utf-8") for file in files]
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError("A file of a recovery share is no text in UTF-8.") from error


def _new_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise InputError(f"{folder} cannot be made ({error.strerror}).") from error


def _written(folder: Path, number: int, share: str) -> Any:
    file = folder / f"share-{number}.txt"
    with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(share + "\n")
    return file
