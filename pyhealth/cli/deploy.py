"""pyhealth deploy."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show_rows,
)
from pyhealth.errors import DeploymentError, InputError

if TYPE_CHECKING:
    from pyhealth.chain.network import Chain
    from pyhealth.config import Settings
    from pyhealth.deployment.deployer import Outcome
    from pyhealth.deployment.records import Record
    from pyhealth.deployment.verification import Verified


def deploy(
    check: Annotated[
        bool, typer.Option("--check", help="Compare the deployed code with a fresh compile.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what the record says, and deploy anew.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hand the sources to the network's explorer.")
    ] = False,
    founders: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who founds the consortium; local chains have a sample."),
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deploy the suite; what stands unchanged is skipped, and a run that was cut resumes.

    Example: `pyhealth deploy --network anvil --founders samples/consortium/founders.yaml`
    """
    from pyhealth.deployment import deployer
    from pyhealth.deployment.records import load_record, record_file
    from pyhealth.health import DEPLOYER

    if check and (fresh or verify):
        raise InputError("--check changes nothing; leave out --fresh and --verify, or --check.")
    with opened(network, account) as health:
        settings, chain = health.settings, health.chain
        file = record_file(settings, chain)
        if check:
            _check(deployer.check(chain, load_record(file, chain), _compiled(settings.root)))
            rows, said = [], f"The code on chain {chain.chain_id} is what the sources compile to."
        else:
            made: list[deployer.Outcome] = []
            signer = health.wallet.signer(account, local=chain.local, default=DEPLOYER)
            token = settings.environment.get("PYHEALTH_SETTLEMENT_TOKEN")
            deployer.deploy(
                chain,
                signer,
                file,
                founders=founders,
                settlement_token=token,
                fresh=fresh,
                on_outcome=made.append,
            )
            rows, said = [_row(one) for one in made], f"Chain {chain.chain_id}, recorded in {file}"
        found = _verified(settings, chain, load_record(file, chain)) if verify else []
    if as_json:
        verified = {"verified": found} if verify else {}
        print_json({"record": file, "contracts": rows} | verified)
    elif check:
        print(said)
    else:
        show_rows(rows, title=said)
        if found:
            show_rows([asdict(one) for one in found], title="What the explorers say")
    if refused := [one for one in found if not one.accepted]:
        told = "; ".join(f"{one.explorer} on {one.contract}: {one.told}" for one in refused)
        raise DeploymentError(f"The sources were not accepted ({told}); compile afresh, try again.")


def _row(one: Outcome) -> dict[str, Any]:
    return {
        "contract": one.name,
        "address": one.address,
        "did": "deployed" if one.deployed else "unchanged",
        "gas": one.gas_used,
        "cost_ether": f"{Decimal(one.cost) / 10**18:.9f}",
    }


def _verified(settings: Settings, chain: Chain, record: Record) -> list[Verified]:
    from pyhealth.deployment.verification import verify_record

    return verify_record(settings, chain, record)


def _compiled(root: Path | None) -> Any:
    from pyhealth.deployment.compiler import compile_contracts

    if root is None:
        raise DeploymentError(
            "There are no sources here to compile; run --check in the project's folder."
        )
    return compile_contracts(root)


def _check(wrong: dict[str, str]) -> None:
    if wrong:
        told = "; ".join(f"{name}: {why}" for name, why in wrong.items())
        raise DeploymentError(f"The deployment does not match the sources: {told}.")
