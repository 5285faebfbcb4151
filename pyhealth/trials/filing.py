"""Files documents under a trial: salts on disk, one transaction, a proof beside each document.

A run that is cut is finished by the same call: its salts are found again, and so is what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pyhealth import verify_proof
from pyhealth.anchoring import collect_evidence, confirmations, verify_offline
from pyhealth.chain.transactions import Receipt
from pyhealth.errors import ChainError, ProofInvalid
from pyhealth.progress import Progress, silent
from pyhealth.proof import Anchored, Document
from pyhealth.sheaf import Sheaf, Stamped, gather
from pyhealth.trials.registry import TrialRegistry
from pyhealth.trials.shelf import Shelf
from pyhealth.values import DocumentKind
from pyhealth.verify_proof import KINDS

Send = Callable[[str | None], Receipt]  # takes the key under which it is sent once


@dataclass(frozen=True, slots=True)
class Papers:
    """Documents of one kind that belong to a trial, and the sheaf of those that are new."""

    trial_id: bytes
    kind: DocumentKind
    stamped: tuple[Stamped, ...]
    sheaf: Sheaf | None  # None: each has a standing proof

    @property
    def root(self) -> bytes:
        """What is anchored; zeros where nothing is new."""
        return self.sheaf.root if self.sheaf else bytes(32)


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of filing documents."""

    trial_id: bytes
    stamped: tuple[Stamped, ...]
    anchored: Anchored | None  # None: nothing was new
    receipt: Receipt | None
    kept: tuple[Path, ...] = ()  # proofs of earlier content, where each lies now


def key_of(trial_id: bytes, *roots: bytes) -> str:
    """Return the key under which the anchoring of roots is sent once."""
    return f"trial {trial_id.hex()[:16]} {b''.join(roots).hex()}"


@dataclass(frozen=True, slots=True)
class Filing:
    """Prepares papers, and anchors them with what is sent."""

    registry: TrialRegistry
    shelf: Shelf

    def prepare(
        self,
        trial_id: bytes,
        kind: DocumentKind,
        files: Sequence[Path | None],
        named: Sequence[Document],
        places: Sequence[Path],
        *,
        anew: bool = False,
    ) -> Papers:
        """Hash and salt documents; those with a standing proof are left out, unless ``anew``."""
        draft = self.shelf.draft(trial_id, kind, (one.digest for one in named))
        stands = partial(self._stands, trial_id, kind, seen=set[bytes]())
        stamped, sheaf = gather(
            files,
            named,
            places,
            draft=draft,
            stands=(lambda *_: False) if anew else stands,
            bound=lambda document, salt: replace(document, salt=salt, trial_id=trial_id),
        )
        return Papers(trial_id, kind, stamped, sheaf)

    def anchor(
        self,
        papers: Sequence[Papers],
        send: Send,
        progress: Progress = silent,
        settle: Callable[[], object] = lambda: None,
    ) -> Filed:
        """Send what anchors papers of one trial, write their proofs, and settle what else is to be
        kept; then only are the drafts forgotten.
        """
        trial_id = papers[0].trial_id
        stamped = tuple(one for each in papers for one in each.stamped)
        sheaves = [each.sheaf for each in papers if each.sheaf is not None]
        if not sheaves:
            return Filed(trial_id, stamped, None, None)

        key = key_of(trial_id, *(sheaf.root for sheaf in sheaves))
        receipt = send(key)
        chain, registry = self.registry.binding.chain, self.registry.binding.address
        find = partial(collect_evidence, chain, registry, trial_id=trial_id)
        found = [find(sheaf.root, receipt.block_number) for sheaf in sheaves]
        if None in found:  # what the journal tells of was reorganised away
            receipt = send(None)
            found = [find(sheaf.root, receipt.block_number) for sheaf in sheaves]
        kept: list[Path] = []
        for sheaf, proven in zip(sheaves, found, strict=True):
            if proven is None:
                raise ChainError(
                    f"0x{sheaf.root.hex()} was anchored and reorganised away; run the same command "
                    "again."
                )
            kept += sheaf.write(*proven, progress)
        settle()
        for sheaf in sheaves:
            sheaf.draft.forget()
        return Filed(trial_id, stamped, found[0] and found[0][0], receipt, tuple(kept))

    def _stands(
        self,
        trial_id: bytes,
        kind: DocumentKind,
        document: Document,
        place: Path,
        *,
        seen: set[bytes],
    ) -> bool:
        """Say whether a valid proof of the document, as this kind, stands at its place.

        The chain is asked once for each root that is not yet ``seen``.
        """
        if not place.exists():
            return False
        chain = self.registry.binding.chain
        try:
            stated = verify_offline(
                document.digest,
                verify_proof.load(place),
                block_hash=None,
                chain_id=chain.chain_id,
                trial_id=trial_id,
            )
            if stated.root not in seen:
                confirmations(chain, stated)
                seen.add(stated.root)
        except (ProofInvalid, verify_proof.NotProven):
            return False
        return stated.kind == KINDS[kind] and stated.contract == self.registry.binding.address
