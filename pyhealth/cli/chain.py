"""pyhealth chain up, down, info, reset, advance, fund, pending, resume; pyhealth doctor."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated

import typer

from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show,
    show_rows,
)
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
def down(as_json: JsonOption = False) -> None:
    """Stop the embedded chain as soon as no command uses it; its state stays in the data folder.

    Example: `pyhealth chain down`
    """
    from pyhealth.chain import anvil, network
    from pyhealth.config import load_settings

    stopped = anvil.detach_all(network.folder_of(load_settings()))
    later = "The embedded chain stops when its last user ends."
    told = "The embedded chain is stopped." if stopped else later
    print_json({"stopped": stopped}) if as_json else print(told)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
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
        raise ConfigError("The chain was kept, as you said.")
    if not anvil.detach_all(folder):
        raise ConfigError(
            "The embedded chain is in use by another command; try again when that has ended."
        )
    shutil.rmtree(folder.path, ignore_errors=True)
    told = f"{folder.path} is gone; the next command starts a new chain."
    print_json({"gone": folder.path}) if as_json else print(told)


@app.command()
def advance(
    length: Annotated[str, typer.Argument(help="How far, such as 7d, 12h, 30m or 90s.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move a local chain's clock forward, to see what time alone decides.

    Example: `pyhealth chain advance 7d`
    """
    from pyhealth.chain.network import connect
    from pyhealth.config import load_settings
    from pyhealth.reading import span_of
    from pyhealth.values import utc

    seconds = int(span_of(length).total_seconds())
    chain = connect(load_settings(), network)
    try:
        if not chain.local:
            raise ConfigError(
                f"Only a local chain's clock can be moved, and {chain.network.name} is none."
            )
        chain.rpc.call("evm_increaseTime", seconds)
        chain.rpc.call("evm_mine")
        head = chain.block("latest") or {"timestamp": "0x0"}
    finally:
        chain.close()
    now = utc(int(head["timestamp"], 16))
    told = f"The chain's clock stands at {now:%Y-%m-%d %H:%M:%S} UTC, for all that follows on it."
    print_json({"now": now}) if as_json else print(told)


@app.command()
def fund(
    account: Annotated[str, typer.Argument(help="An address, one of the cast, or a keystore.")],
    coins: Annotated[str, typer.Option(help="How many.")] = "10",
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an account coins of a local chain, out of what the cast's deployer holds.

    Example: `pyhealth chain fund our-sponsor --coins 5`
    """
    from pyhealth.chain.network import address_of
    from pyhealth.chain.sender import Sender
    from pyhealth.chain.transactions import Call
    from pyhealth.chain.wallet import CAST, cast_address, keystores
    from pyhealth.health import DEPLOYER
    from pyhealth.reading import amount_of

    wei = int(amount_of(coins, "--coins") * 10**18)
    with opened(network, DEPLOYER) as health:
        chain = health.chain
        if not chain.local:
            raise ConfigError(
                f"Only on a local chain are coins given away, and {chain.network.name} is none."
            )
        known = keystores(health.settings.home)
        named = cast_address(account) if account in CAST else known.get(account)
        address = named or address_of(account)
        Sender(chain, health.signer).send(Call(address, b"", wei))
        balance = chain.balance(address)
    held = {"account": address, "coins": Decimal(balance) / 10**18}
    show(held, as_json=as_json, title="The account holds")


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


@app.command()
def pending(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """Show what was sent from here and is not final yet, of every account; needs no key.

    Example: `pyhealth chain pending --network sepolia --json`
    """
    from pyhealth.chain.network import connect
    from pyhealth.chain.pending import in_flight
    from pyhealth.config import load_settings

    chain = connect(load_settings(), network)
    rows = [one.shown() for one in in_flight(chain)]
    chain.close()
    if as_json:
        show({"chain_id": chain.chain_id, "pending": rows}, as_json=True)
    elif rows:
        show_rows(rows, title="Sent, and not final yet")
    else:
        print("Nothing is in flight.")


@app.command()
def resume(
    network: NetworkOption = None,
    account: AccountOption = None,
    max_fee: Annotated[
        str | None,
        typer.Option(metavar="GWEI", help="The most to pay for a unit of gas."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Finish what is in flight: send it again, offer more where it is stuck, and wait for it.

    Example: `pyhealth chain resume --network sepolia --as my-keystore --max-fee 40`
    """
    from pyhealth.chain.fees import wei_of_gwei
    from pyhealth.progress import bar

    with opened(network, account) as health:
        limit = wei_of_gwei(max_fee, "--max-fee")
        health.chain.max_fee = health.chain.max_fee if limit is None else limit
        outcomes = list(health.sender.resume(bar))
        others = [one for one in health.chain.journal.accounts() if one != health.signer.address]
    rows = [
        {
            "key": one.key,
            "transaction": one.receipt.transaction if one.receipt else None,
            "block": one.receipt.block_number if one.receipt else None,
            "outcome": str(one.error) if one.error else "done",
        }
        for one in outcomes
    ]
    if as_json:
        show({"finished": rows, "other_accounts": others}, as_json=True)
    elif rows:
        show_rows(rows, title="Finished")
    else:
        print(f"Nothing of {health.signer.address} was in flight.")
    if others and not as_json:
        print(f"In flight from other accounts: {', '.join(others)}; name each with --as.")
    if any(one.error for one in outcomes):
        raise typer.Exit(1)


@app.command()
def index(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Throw away what is there, and read the chain anew.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the database of events up to date with the chain.

    Example: `pyhealth chain index --network sepolia --rebuild`
    """
    from pyhealth.index import open_index, sources_of
    from pyhealth.progress import bar

    with opened(network) as health:
        sources = sources_of(health.record)
        kept = open_index(health.settings, health.chain, sources, rebuild=rebuild)
        synced = kept.sync(bar)
        described = {
            "database": kept.store.where,
            "head": synced.head,
            "final": synced.final,
            "events": kept.count(),
            "added": synced.added,
            "removed": synced.removed,
            "behind": synced.behind,
        }
        kept.close()
    show(described, as_json=as_json)


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
