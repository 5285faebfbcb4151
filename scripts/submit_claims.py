"""Submits claims of a provider: FHIR, CSV or X12 837, any number of files.

Example: `python scripts/submit_claims.py claims.ndjson --as hospital`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyhealth import PyHealthError, connect
from pyhealth.adjudication.values import BilledClaim, Refused
from pyhealth.progress import bar
from pyhealth.reimbursement.desk import Desk
from pyhealth.reimbursement.submission import Reconciliation


def refuse(one: Refused) -> None:
    """Print what was not taken, and where it stands."""
    print(f"refused: {one}", file=sys.stderr)


def note(claim: BilledClaim) -> None:
    """Print what was left out of a claim, or assumed."""
    for told in claim.findings:
        print(f"{claim.place}: assumed: {told}", file=sys.stderr)


def main(
    files: Sequence[Path],
    network: str | None = None,
    account: str | None = None,
    public: bool = False,
) -> Reconciliation:
    """Submit what is not on chain yet, and return what became of all of it."""
    with connect(network, account) as health:
        done = Desk(health).submit(
            files, public=public, on_refused=refuse, on_assumed=note, progress=bar
        )
    print(f"{done.submitted} decided ({done.before} before): {done.paid} paid, ", end="")
    print(f"{done.nothing_due} with nothing due, {done.pended} pended; {done.refused} refused")
    print(f"{done.amount / 100:.2f} paid of {done.charged / 100:.2f} charged")
    return done


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="files of claims, or folders of them")
    parser.add_argument(
        "--network", help="a network of brownie-config.yaml, or a URL; default: the embedded chain"
    )
    parser.add_argument(
        "--as", dest="account", help="who submits: one of the local cast, or a keystore"
    )
    parser.add_argument(
        "--amounts-are-public", action="store_true", help="asked for on public chains"
    )
    chosen = parser.parse_args()
    try:
        made = main(chosen.files, chosen.network, chosen.account, chosen.amounts_are_public)
        sys.exit(made.refused > 0)
    except PyHealthError as error:
        sys.exit(f"submit_claims: {error}")
