"""Open a proposal of the actions in a YAML file, after a dry run:
``python -m scripts.propose actions.yaml reason.txt --as hospital``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyhealth import PyHealthError, connect
from pyhealth.chain.network import address_of
from pyhealth.chain.wallet import CAST, cast_address
from pyhealth.governance.actions import Reader
from pyhealth.governance.register import register_of
from pyhealth.governance.simulation import simulate
from pyhealth.openings import draft, keep

ROOT = Path(__file__).resolve().parents[1]
ACTIONS = ROOT / "samples/consortium/actions.yaml"
REASON = ROOT / "samples/consortium/reason.txt"


def main(actions: Path = ACTIONS, reason: Path = REASON, account: str | None = "hospital") -> bytes:
    """Say what the actions would do, open the proposal, and return its identifier."""
    with connect(account=account) as health:
        consortium, local = health.consortium, health.chain.local
        named = register_of(consortium)
        reader = Reader(
            consortium,
            named,
            lambda text: cast_address(text) if local and text in CAST else address_of(text),
        )
        wanted = reader.file(actions)
        dry = simulate(consortium, wanted)
        for i, effect in enumerate(dry.effects, 1):
            print(f"{i}. {effect.words}")
        if dry.refusal:
            raise dry.refusal
        for change in dry.changes:
            print(f"   {change}")
        kept = Path(f"{reason.name}.opening.json")
        opening = keep(draft(reason, "reason", kept), kept)
        proposal = consortium.propose(wanted, opening.commitment)
    print(f"0x{proposal.hex()} is open; it needs {dry.needed} approvals of {dry.seats} members.")
    print(f"Hand {kept} out with {reason.name}: it opens the commitment on chain.")
    return proposal


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("actions", type=Path, nargs="?", default=ACTIONS)
    parser.add_argument("reason", type=Path, nargs="?", default=REASON)
    parser.add_argument("--as", dest="account", help="one of the local cast, or a keystore")
    try:
        main(**vars(parser.parse_args()))
    except PyHealthError as error:
        sys.exit(f"propose: {error}")
