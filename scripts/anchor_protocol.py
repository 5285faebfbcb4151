"""Registers a clinical trial: its study record, its protocol and its outcomes, in one transaction.

Example: `python scripts/anchor_protocol.py study.yaml protocol.pdf --as sponsor`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyhealth import PyHealthError, connect
from pyhealth.progress import bar
from pyhealth.trials.desk import Registration


def main(
    record: Path,
    documents: Sequence[Path] = (),
    network: str | None = None,
    account: str | None = None,
    **options: str | Path | None,
) -> Registration:
    """Register the trial, and return what came of it."""
    with connect(network, account) as health:
        made = health.trials.register(record, documents, progress=bar, **options)
    plate, anchored = made.nameplate, made.filed.anchored
    print(f"{plate.registry_id} is trial 0x{plate.trial_id.hex()}")
    if anchored is not None:
        print(f"anchored in block {anchored.block_number}, 0x{anchored.block_hash.hex()}")
    print(
        "Keep each proof with its document, and publish the block's hash: "
        "anyone can then verify without you."
    )
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path, help="study record: ClinicalTrials.gov, FHIR or YAML")
    parser.add_argument("documents", nargs="*", type=Path, help="protocol and annexes: any files")
    parser.add_argument("--network", help="of brownie-config.yaml, or a URL; default: embedded")
    parser.add_argument("--as", dest="account", help="the sponsor: of the cast, or a keystore")
    parser.add_argument("--enrolment", help="last day of the first enrolment, or 90d from now")
    parser.add_argument("--completion", help="last day of the last visit, or 400d from now")
    parser.add_argument("--results", help="last day for results; default: a year later")
    parser.add_argument("--out", type=Path, help="folder for the proofs; default: beside each file")
    try:
        main(**vars(parser.parse_args()))
    except PyHealthError as error:
        sys.exit(f"anchor_protocol: {error}")
