"""What a reader is handed: documents with their proofs, each checked against the chain, and whether
they are all there is under a root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyhealth.documents import collect, proof_file
from pyhealth.errors import InputError, ProofInvalid
from pyhealth.hashing import MerkleTree
from pyhealth.proof import Proof
from pyhealth.trials.outcomes import LIST, read_proof, total
from pyhealth.values import DocumentKind, Version
from pyhealth.verify_proof import KINDS, Verdict, load

Judge = Callable[[Path, object], Verdict]  # raises ProofInvalid


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that is proven to belong to a trial."""

    file: Path
    verdict: Verdict
    proof: Proof


def check(paths: Iterable[Path], judge: Judge) -> list[Checked]:
    """Check every document that is named, or lies in a folder that is, against the proof beside
    it; the first that fails is refused.
    """
    found = []
    for file in collect(paths):
        if file.name == LIST:
            continue
        place = proof_file(file)
        if not place.exists():
            raise InputError(f"{file} has no proof beside it; ask the sponsor for {place.name}.")
        try:
            verdict = judge(file, load(place))
        except ProofInvalid as invalid:
            sentence = f"{file} is not proven by {place}: {invalid}"
            raise ProofInvalid(invalid.reason, sentence) from invalid
        if not verdict.trial_id:
            raise ProofInvalid(
                "WRONG_TRIAL", f"{file} was anchored under no trial; see 'pyhealth verify'."
            )
        found.append(Checked(file, verdict, read_proof(place)))
    return found


def is_whole(checked: Sequence[Checked], root: bytes) -> bool:
    """Say whether the documents are all that lie under a root."""
    values = {one.proof.document.commitment for one in checked if one.verdict.root == root}
    return bool(values) and MerkleTree(values).root == root


def content_of(checked: Sequence[Checked]) -> Version:
    """Return the version that the documents make, protocol and outcome list, both whole."""
    roots = []
    for kind in (DocumentKind.PROTOCOL, DocumentKind.OUTCOME_LIST):
        name = KINDS[kind]
        found = {one.verdict.root for one in checked if one.verdict.kind == name}
        if len(found) != 1:
            raise InputError(
                f"Documents of {len(found)} {name}s were named; name those of one, and of one only."
            )
        (root,) = found
        if not is_whole(checked, root):
            raise InputError(
                f"What was named is only a part of the {name} 0x{root.hex()}; ask the sponsor for "
                "the rest."
            )
        roots.append(root)
    return Version(*roots)


def counted(checked: Sequence[Checked]) -> tuple[int, int | None]:
    """Return how many outcomes are revealed, and of how many, where that is told."""
    revealed = [one for one in checked if one.verdict.kind == KINDS[DocumentKind.OUTCOME_LIST]]
    if not revealed:
        return 0, None
    told = {total(one.file.parent, one.verdict.root) for one in revealed}
    return len(revealed), max((one for one in told if one), default=None)
