"""Outcome lists as documents: one file an outcome, in canonical form, with a proof of its own.

A hidden list is revealed outcome by outcome. The commitments of all tell how many there are, and
that none is left out: they give the root that was anchored.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyhealth import verify_proof
from pyhealth.documents import proof_file
from pyhealth.errors import InputError
from pyhealth.hashing import MerkleTree
from pyhealth.proof import Document, Proof
from pyhealth.standards.trials.leaves import canonical
from pyhealth.standards.trials.record import Outcome, OutcomeRole
from pyhealth.standards.trials.report import repeated

LIST = "outcome-commitments.json"
MOST = 1_000  # outcomes that a list can have


@dataclass(frozen=True, slots=True)
class OutcomeFile:
    """An outcome as a document."""

    name: str
    content: bytes

    @property
    def document(self) -> Document:
        """The document without its salt."""
        return Document(self.name, "sha-256", sha256(self.content).digest(), None)


@dataclass(frozen=True, slots=True)
class Revealed:
    """An outcome that was revealed, and its proof, which is still to be verified."""

    outcome: Outcome
    file: Path
    proof: Proof


def files_of(outcomes: Sequence[Outcome], source: str) -> list[OutcomeFile]:
    """Return outcomes as documents; the source is for messages."""
    if not 0 < len(outcomes) <= MOST:
        raise InputError(f"{source} lists {len(outcomes)} outcomes; 1 to {MOST} can be registered.")
    for i, one in enumerate(outcomes, 1):
        if not one.time_point:
            raise InputError(
                f"{source}, outcome {i}, {one.measurement_variable!r}, has no time point; add one."
            )
    for _, why in repeated(outcomes):
        raise InputError(f"{source}: {why}; remove one of them.")
    return [
        OutcomeFile(f"{i:02}-{one.role.value}.json", canonical(one))
        for i, one in enumerate(outcomes, 1)
    ]


def read_outcome(content: bytes, name: str) -> Outcome:
    """Read an outcome in its canonical form, and in no other; the name is for messages."""
    try:
        told: Any = verify_proof.parse(content)
        outcome = Outcome(**{**told, "role": OutcomeRole(told["role"])})
        if canonical(outcome) != content:
            raise ValueError("it is not in canonical form")
    except (verify_proof.NotProven, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{name} is no outcome of a list ({error}).") from error
    return outcome


def write(files: Iterable[OutcomeFile], folder: Path) -> None:
    """Write outcomes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in files:
        (folder / one.name).write_bytes(one.content)


def listed(folder: Path) -> list[Revealed]:
    """Read the outcomes of a folder that have a proof beside them, in their order."""
    found = []
    for file in sorted(folder.glob("*.json")):
        place = proof_file(file)
        if place.exists():
            outcome = read_outcome(file.read_bytes(), str(file))
            found.append(Revealed(outcome, file, read_proof(place)))
    return found


def read_proof(place: Path) -> Proof:
    """Read a proof file; its form is checked, not what it proves."""
    try:
        return Proof.from_json(place.read_bytes())
    except OSError as error:
        raise InputError(f"{place} cannot be read ({error.strerror}).") from error
    except verify_proof.NotProven as refusal:
        raise InputError(f"{place}: {refusal}") from refusal


def reveal(folder: Path, numbers: Sequence[int], out: Path) -> list[Path]:
    """Hand out outcomes of a list by their numbers, from 1: each with its proof, beside the
    commitments of all.
    """
    known = listed(folder)
    if not known:
        raise InputError(f"No outcome list is kept in {folder}; only the sponsor can reveal one.")
    for number in numbers:
        if not 1 <= number <= len(known):
            raise InputError(f"No outcome has the number {number}; the list has 1 to {len(known)}.")
    out.mkdir(parents=True, exist_ok=True)
    chosen = [known[number - 1].file for number in numbers or range(1, len(known) + 1)]
    for file in chosen:
        for one in (file, proof_file(file)):
            shutil.copy2(one, out / one.name)
    all_of_them = ["0x" + one.proof.document.commitment.hex() for one in known]
    told = {"root": "0x" + known[0].proof.root.hex(), "commitments": all_of_them}
    (out / LIST).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return [out / file.name for file in chosen]


def total(folder: Path, root: bytes) -> int | None:
    """Return how many outcomes a list has, where its commitments are beside it and give the
    root.
    """
    try:
        told: Any = json.loads((folder / LIST).read_bytes())
        values = [bytes.fromhex(text[2:]) for text in told["commitments"]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{folder / LIST} cannot be read ({error}).") from error
    if any(len(value) != 32 for value in values) or MerkleTree(values).root != root:
        raise InputError(
            f"{folder / LIST} does not give the root 0x{root.hex()} of the outcome list; ask the "
            "sponsor for the one that does."
        )
    return len(values)
