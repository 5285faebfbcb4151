"""The demonstration: documents verified, a trial held to its word, a patient's say, claims paid."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from rich.console import Console

from pyhealth import PyHealthError, connect, verify, verify_offline, verify_proof
from pyhealth.chain.wallet import cast_address
from pyhealth.comparison.compare import compare
from pyhealth.comparison.page import page
from pyhealth.comparison.result import reported_side
from pyhealth.config import Settings, load_settings
from pyhealth.consents.messages import directing
from pyhealth.hashing import new_salt
from pyhealth.openings import commit
from pyhealth.records.log import log
from pyhealth.sharing.purposes import closure
from pyhealth.standards.trials.reading import read_study
from pyhealth.trials.comparing import side_of
from pyhealth.values import (
    ALWAYS,
    Confidentiality,
    ConsentAction,
    Grantee,
    Instruction,
    Label,
    Provision,
    Purpose,
    Terms,
)

ROOT = Path(__file__).resolve().parents[1]
SAMPLES, OUT = ROOT / "samples" / "trial", ROOT / "out"
CLAIMS = ROOT / "samples" / "claims"
DOCUMENTS = ("protocol.md", "outcomes.csv", "statistical-analysis-plan.md")
YEAR = timedelta(days=365)
RECORDS = ("registered.yaml", "reported.yaml")
console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
started = time.monotonic()


numbers = count(1)


def step(title: str) -> None:
    """Announce a step."""
    console.print(
        f"\n[bold]{next(numbers)}. {title}[/bold]  [dim]{time.monotonic() - started:.1f} s[/dim]"
    )


def main() -> Path:
    """Run the demonstration, and return the folder with its results."""
    documents = prepare()
    settings = load_settings({**os.environ, "PYHEALTH_HOME": str(OUT / "chain")})
    with connect(account="stranger", settings=settings):  # keeps the chain running in between
        stamp_and_verify(settings, documents)
        conduct_a_trial(settings, documents[0])
        share_a_record(settings)
        pay_claims(settings)
    console.print(
        f"\nDone in {time.monotonic() - started:.1f} s. Results are in {OUT.relative_to(ROOT)}/."
    )
    return OUT


def stamp_and_verify(settings: Settings, documents: list[Path]) -> None:
    """A sponsor stamps a protocol; anyone verifies it, with or without a node."""
    step("The embedded chain starts, and the suite is deployed on it")
    with connect(account="sponsor", settings=settings) as health:
        for name, deployed in health.record.contracts.items():
            console.print(f"   {name} at {deployed.address}, block {deployed.block}")

        step("The sponsor stamps the protocol's files: one transaction, one proof a file")
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

        step("A reader with a node verifies the protocol")
        protocol = made.stamped[0]
        found = verify(health.chain, documents[0], verify_proof.load(protocol.proof))
        console.print(f"   {found.verdict.sentence}\n   {found.confirmations} confirmation(s)")
        block_hash = made.anchored.block_hash

    step(
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

    step("Somebody moves the primary outcome from 12 months to 6: the proof no longer holds")
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


def conduct_a_trial(settings: Settings, protocol: Path) -> None:
    """A sponsor registers a trial and conducts it in order; its report is held against it."""
    record, report = (Path(shutil.copy(SAMPLES / name, OUT)) for name in RECORDS)

    step("The sponsor registers a trial: protocol and hidden outcome list, in one transaction")
    with connect(account="sponsor", settings=settings) as health:
        made = health.trials.register(
            record, [protocol], enrolment="30d", completion="500d", out=OUT / "trial"
        )
        trial, registry = made.nameplate.trial_id, health.trials.registry
        console.print(
            f"   {made.nameplate.registry_id}, {len(made.study.outcomes)} outcomes: 0x{trial.hex()}"
        )
        for out_of_order in (
            lambda: health.trials.conduct.enrol(trial, 1),
            lambda: registry.unblind(trial),
        ):
            try:
                out_of_order()
            except PyHealthError as refusal:
                console.print(f"   refused: {refusal}")
            else:
                raise PyHealthError("The contract let a step through that was out of order.")

    step("The ethics board approves it, and the first participant is enrolled")
    with connect(account="ethics", settings=settings) as board:
        board.trials.registry.approve(trial, 1, registry.version_of(trial, 1))
    with connect(account="sponsor", settings=settings) as health:
        health.trials.conduct.enrol(trial, 1)
        health.index.sync()
        registered = side_of(health.trials, health.index, trial, revealed=None, version=None)

    step("A reader compares what was reported with what was registered")
    compared = compare(registered, reported_side(report.name, read_study(report)))
    for row in compared.rows:
        if outcome := row.registered or row.reported:
            said = f"{outcome.role.name.lower()}: {outcome.measurement_variable}"
            console.print(f"   {row.verdict.name.lower():10} {said}")
    (OUT / "comparison.html").write_text(page(compared), "utf-8")
    console.print("   with evidence and timeline, to look at: out/comparison.html")


def share_a_record(settings: Settings) -> None:
    """A patient permits treatment by signature; every request leaves a receipt, refused or not."""
    letter, patient = OUT / "discharge-letter.txt", cast_address("patient")
    letter.write_text("A made-up discharge letter, which never leaves the hospital.\n")

    step("A hospital registers a record and asks to use it, which nobody has permitted")
    with connect(account="hospital", settings=settings) as hospital:
        labels = frozenset({Label.DOCUMENT})
        record = hospital.records.register(
            patient, labels, Confidentiality.N, commit(letter, "record").commitment
        )

        def ask(purpose: Purpose) -> None:
            made = hospital.records.request_access(record, purpose, ConsentAction.ACCESS)
            receipt = "0x" + made.receipt_hash.hex()
            console.print(f"   {purpose.name}: {made.receipt.outcome.name}, receipt {receipt}")

        ask(Purpose.TREAT)

        step("The patient signs a permit for treatment; a stranger hands it in and pays")
        member = hospital.consortium.actor_of(hospital.signer.address).member
        now = datetime.now(UTC)
        terms = Terms(
            closure(Purpose.TREAT),
            labels,
            frozenset({ConsentAction.ACCESS}),
            Confidentiality.N,
            ALWAYS,
            now + YEAR,
        )
        with connect(account="patient", settings=settings) as signing:
            permit = directing(
                signing.consents.domain,
                Provision.PERMIT,
                patient,
                Grantee(member),
                terms,
                new_salt(),
                Instruction(patient, signing.consents.nonce_of(patient), now, now + YEAR),
            ).signed_by(signing.signer)
        with connect(account="stranger", settings=settings) as relay:
            relay.consents.grant_by_signature(permit)
        ask(Purpose.TREAT)
        ask(Purpose.HRESCH)

        step("The patient sees every request, in a chain of receipts that shows a missing one")
        hospital.index.sync()
        seen = log(hospital.index, hospital.records, patient)
        console.print(f"   {len(seen.receipts)} receipts, {len(seen.faults)} missing or altered")


def pay_claims(settings: Settings) -> None:
    """An insurer publishes its plan; a hospital's claims are decided, paid, and explained."""
    step("An insurer publishes a plan, covers five persons, and funds a pool")
    pyhealth(settings, "claim", "plan", str(CLAIMS / "plan.yaml"), "--as", "insurer")
    pyhealth(settings, "claim", "coverage", str(CLAIMS / "coverages.csv"), "--as", "insurer")
    pyhealth(settings, "claim", "fund", "10000", "--test-money", "--as", "insurer")

    step("A hospital submits claims in FHIR: decided, and paid in the same transaction")
    pyhealth(settings, "claim", "submit", str(CLAIMS / "claims.ndjson"), "--as", "hospital")

    step("Why was a claim cut? The decision is computed anew, from events alone")
    console.print(pyhealth(settings, "claim", "explain", "K-1001", "--as", "hospital"))
    pyhealth(settings, "claim", "remit", str(OUT / "remittances"), "--as", "hospital")
    console.print("   Remittances in FHIR, CSV and X12 835 are in out/remittances/.")


def pyhealth(settings: Settings, *arguments: str) -> str:
    """Run a command on the demonstration's chain, and return what it printed."""
    command = [sys.executable, "-c", "from pyhealth.cli import main; main()", *arguments]
    known = {**os.environ, "PYHEALTH_HOME": str(settings.home), "COLUMNS": "110"}
    told = subprocess.run(command, env=known, capture_output=True, text=True, check=False)
    if told.returncode:
        raise PyHealthError(f"{' '.join(arguments)}: {told.stderr or told.stdout}")
    shown = " ".join(arguments).replace(f"{ROOT}/", "")
    console.print(f"   $ pyhealth {shown}", soft_wrap=True)
    return "   " + told.stdout.strip().replace("\n", "\n   ")


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
