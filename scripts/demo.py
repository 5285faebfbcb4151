"""The demonstration: a sponsor stamps a protocol; anyone verifies it, with or without a node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from pyhealth import PyHealthError, connect, verify, verify_offline, verify_proof
from pyhealth.config import load_settings

ROOT = Path(__file__).resolve().parents[1]
SAMPLES, OUT = ROOT / "samples" / "trial", ROOT / "out"
DOCUMENTS = ("protocol.md", "outcomes.csv", "statistical-analysis-plan.md")
console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
started = time.monotonic()


def step(number: int, title: str) -> None:
    """Announce a step."""
    console.print(
        f"\n[bold]{number}. {title}[/bold]  [dim]{time.monotonic() - started:.1f} s[/dim]"
    )


def main() -> Path:
    """Run the demonstration, and return the folder with its results."""
    documents = prepare()
    settings = load_settings({**os.environ, "PYHEALTH_HOME": str(OUT / "chain")})

    step(1, "The embedded chain starts, and the suite is deployed on it")
    with connect(account="sponsor", settings=settings) as health:
        for name, deployed in health.record.contracts.items():
            console.print(f"   {name} at {deployed.address}, block {deployed.block}")

        step(2, "The sponsor stamps the protocol's files: one transaction, one proof a file")
        made = health.notary.stamp(documents)
        if made.anchored is None or made.receipt is None:
            raise PyHealthError("The files were stamped already, which a fresh chain rules out.")
        for one in made.stamped:
            console.print(
                f"   {one.document.name if one.document else ''} -> {one.proof.relative_to(ROOT)}"
            )
        console.print(
            f"   block {made.anchored.block_number}, "
            f"{made.anchored.anchored_at:%Y-%m-%d %H:%M:%S} UTC, "
            f"{made.receipt.gas_used:,} gas in all"
        )

        step(3, "A reader with a node verifies the protocol")
        protocol = made.stamped[0]
        found = verify(health.chain, documents[0], verify_proof.load(protocol.proof))
        console.print(f"   {found.verdict.sentence}\n   {found.confirmations} confirmation(s)")
        block_hash = made.anchored.block_hash

    step(
        4,
        "A reader without a node verifies it against the block's hash, with one file of Python",
    )
    verifier = OUT / "verify_proof.py"
    shutil.copy(verify_proof.__file__, verifier)
    command = [
        sys.executable,
        "-I",
        "-S",
        verifier.name,
        documents[0].name,
        "--block-hash",
        "0x" + block_hash.hex(),
    ]
    console.print(f"   $ python {' '.join(command[3:])}")
    told = subprocess.run(command, cwd=OUT, capture_output=True, text=True, check=True).stdout
    console.print("   " + told.strip().replace("\n", "\n   "), soft_wrap=True)

    step(5, "Somebody moves the primary outcome from 12 months to 6: the proof no longer holds")
    altered = OUT / "protocol-altered.md"
    altered.write_text(
        documents[0].read_text("utf-8").replace("12 months after", "6 months after", 1), "utf-8"
    )
    try:
        verify_offline(altered, verify_proof.load(protocol.proof), block_hash=block_hash)
    except PyHealthError as refusal:
        console.print(f"   refused: {refusal}")
    else:
        raise PyHealthError("The altered protocol passed for the one that was stamped.")

    console.print(
        f"\nDone in {time.monotonic() - started:.1f} s. Results are in {OUT.relative_to(ROOT)}/."
    )
    return OUT


def prepare() -> list[Path]:
    """Lay the sample files out afresh, and return them."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    return [Path(shutil.copy(SAMPLES / name, OUT)) for name in DOCUMENTS]


if __name__ == "__main__":
    try:
        main()
    except PyHealthError as error:
        sys.exit(f"demo: {error}")
