"""Deploys the suite.

Examples: `python scripts/deploy.py --network sepolia`, `brownie run deploy --network development`
"""

from __future__ import annotations

import argparse
import sys

from pyhealth import PyHealthError, connect
from pyhealth.deployment.deployer import Outcome, deploy
from pyhealth.deployment.records import Record, record_file


def brownie_node() -> str | None:
    """Return the address of Brownie's node, when it is Brownie that runs this."""
    brownie = sys.modules.get("brownie")
    connected = brownie is not None and brownie.network.is_connected()
    return str(brownie.web3.provider.endpoint_uri) if connected else None


def show(outcome: Outcome) -> None:
    """Print what became of one contract."""
    did = f"deployed for {outcome.gas_used:,} gas" if outcome.deployed else "unchanged"
    print(f"{outcome.name} {outcome.address} {did}")


def main(network: str | None = None, account: str | None = None) -> Record:
    """Deploy what is missing or changed, and return the record."""
    with connect(network or brownie_node(), account) as health:
        file = record_file(health.settings, health.chain)
        signer = health.wallet.signer(account, local=health.chain.local, default="deployer")
        token = health.settings.environment.get("PYHEALTH_SETTLEMENT_TOKEN")
        record = deploy(health.chain, signer, file, settlement_token=token, on_outcome=show)
        print(f"recorded in {record.file}")
        return record


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--network", help="a network of brownie-config.yaml, or a URL; default: the embedded chain"
    )
    parser.add_argument(
        "--as", dest="account", help="who deploys: one of the local cast, or a keystore"
    )
    chosen = parser.parse_args()
    try:
        main(chosen.network, chosen.account)
    except PyHealthError as error:
        sys.exit(f"deploy: {error}")
