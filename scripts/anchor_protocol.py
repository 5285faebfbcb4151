"""Anchors a trial protocol and its annexes.

Example: `python scripts/anchor_protocol.py protocol.pdf analysis-plan.pdf --as sponsor`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyhealth import PyHealthError, connect
from pyhealth.notary import Stamping
from pyhealth.progress import bar


def main(
    documents: Sequence[Path],
    network: str | None = None,
    account: str | None = None,
    out: Path | None = None,
) -> Stamping:
    """Stamp the documents in one transaction, and return what came of it."""
    with connect(network, account) as health:
        made = health.notary.stamp(documents, out=out, progress=bar)
    for one in made.stamped:
        print(f"{one.document} {'stamped' if one.fresh else 'was stamped before'}: {one.proof}")
    if made.anchored is not None:
        print(f"anchored in block {made.anchored.block_number}, 0x{made.anchored.block_hash.hex()}")
    print(
        "Keep each proof with its document, and publish the block's hash: "
        "anyone can then verify without you."
    )
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+", type=Path, help="files, or folders of files")
    parser.add_argument(
        "--network", help="a network of brownie-config.yaml, or a URL; default: the embedded chain"
    )
    parser.add_argument(
        "--as", dest="account", help="who anchors: one of the local cast, or a keystore"
    )
    parser.add_argument("--out", type=Path, help="folder for the proofs; default: beside each file")
    chosen = parser.parse_args()
    try:
        main(chosen.documents, chosen.network, chosen.account, chosen.out)
    except PyHealthError as error:
        sys.exit(f"anchor_protocol: {error}")
