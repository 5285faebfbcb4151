"""pyhealth chain up, down, info, reset; pyhealth doctor."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show, show_rows
from pyhealth.errors import ConfigError

app = typer.Typer(name="chain", help="The chain that commands run on.", no_args_is_help=True)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Start the embedded chain, and keep it running until `pyhealth chain down`.

    Example: `pyhealth chain up --port 8545`
    """
    from pyhealth.chain import anvil, network
    from pyhealth.config import load_settings

    settings = load_settings()
    folder = network.folder_of(settings)
    running = folder.running()
    if running and port not in (0, running["port"]):
        raise ConfigError(
            f"The embedded chain runs already, at {running['url']}; "
            "stop it with 'pyhealth chain down'."
        )
    folder.path.mkdir(parents=True, exist_ok=True)
    kept = folder.keep.exists()
    folder.keep.touch()
    try:
        lease = anvil.attach(
            folder, anvil.find_anvil(settings.environment, settings.root), port=port
        )
    except ConfigError:
        if not kept:
            folder.keep.unlink(missing_ok=True)
        raise
    show(
        {"url": lease.url, "chain_id": 31337, "data": folder.path},
        as_json=as_json,
        title="The embedded chain runs",
    )


@app.command()
def down() -> None:
    """Stop the embedded chain as soon as no command uses it; its state stays in the data folder.

    Example: `pyhealth chain down`
    """
    from pyhealth.chain import anvil, network
    from pyhealth.config import load_settings

    stopped = anvil.detach_all(network.folder_of(load_settings()))
    print(
        "The embedded chain is stopped."
        if stopped
        else "The embedded chain stops when its last user ends."
    )


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Throw the embedded chain away, with all that was written on it.

    Example: `pyhealth chain reset --yes`
    """
    import shutil

    from pyhealth.chain import anvil, network
    from pyhealth.config import load_settings

    folder = network.folder_of(load_settings())
    if not yes and not sys.stdin.isatty():
        raise ConfigError(f"Nobody can be asked here; throw {folder.path} away with --yes.")
    if not yes and not typer.confirm(f"Throw away the chain in {folder.path}?"):
        raise typer.Abort
    if not anvil.detach_all(folder):
        raise ConfigError(
            "The embedded chain is in use by another command; try again when that has ended."
        )
    shutil.rmtree(folder.path, ignore_errors=True)
    print(f"{folder.path} is gone; the next command starts a new chain.")


@app.command()
def info(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """Say which chain this is, how far it has come, and what is deployed on it.

    Example: `pyhealth chain info --network sepolia --json`
    """
    from pyhealth.chain.network import connect
    from pyhealth.config import load_settings
    from pyhealth.deployment.records import load_record, record_file

    settings = load_settings()
    chain = connect(settings, network)
    record = load_record(record_file(settings, chain), chain)
    described = {
        "network": chain.network.name,
        "url": chain.rpc.url,
        "chain_id": chain.chain_id,
        "genesis": chain.genesis,
        "head": chain.head(),
        "local": chain.local,
        "client": chain.rpc.call("web3_clientVersion"),
        "record": record.file,
    }
    contracts = {name: deployed.address for name, deployed in record.contracts.items()}
    chain.close()
    show(described | ({"contracts": contracts} if as_json else contracts), as_json=as_json)


def doctor(
    network: NetworkOption = None, account: AccountOption = None, as_json: JsonOption = False
) -> None:
    """Say in plain words whether this machine and this network can run the suite, and what to do
    about each no.

    Example: `pyhealth doctor --network sepolia --as my-keystore`
    """
    from pyhealth.chain.doctor import examine
    from pyhealth.config import load_settings

    findings = examine(load_settings(), network, account)
    rows = [
        {
            "check": one.check,
            "fine": "yes" if one.fine else "NO",
            "found": one.found,
            "remedy": one.remedy,
        }
        for one in findings
    ]
    if as_json:
        show({"fine": all(one.fine for one in findings), "findings": rows}, as_json=True)
    else:
        show_rows(rows, title="Can this machine and this network run the suite?")
    if not all(one.fine for one in findings):
        raise typer.Exit(1)
