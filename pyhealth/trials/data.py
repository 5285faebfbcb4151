"""Batches of records: anchored in one transaction, and each record proven when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyhealth.anchoring import collect_evidence
from pyhealth.chain.transactions import Receipt
from pyhealth.documents import proof_file
from pyhealth.errors import ChainError, InputError
from pyhealth.index import Index
from pyhealth.progress import Progress, silent
from pyhealth.proof import Anchored, Evidence, write_all
from pyhealth.trials.batches import Batch, Label, batch_of, chosen, make
from pyhealth.trials.filing import key_of
from pyhealth.trials.records import suffix_of
from pyhealth.trials.registry import TrialRegistry
from pyhealth.trials.shelf import Shelf
from pyhealth.trials.timeline import anchoring_of
from pyhealth.values import DocumentKind


@dataclass(frozen=True, slots=True)
class Batched:
    """A batch that is anchored."""

    batch: Batch
    label: Label
    receipt: Receipt  # of the one transaction, however often it is asked for


@dataclass(frozen=True, slots=True)
class DataBatches:
    """Anchors the records of a file, and proves them one by one."""

    registry: TrialRegistry
    shelf: Shelf

    def anchor(
        self, trial_id: bytes, kind: DocumentKind, source: Path, progress: Progress = silent
    ) -> Batched:
        """Anchor all records of a file in one transaction: as final data, which locks the database,
        or as another kind.
        """
        batch = batch_of(self.shelf.batches(trial_id), trial_id, kind, source)
        label = make(batch, kind, source, progress)
        once = key_of(trial_id, label.root)
        if kind is DocumentKind.LOCKED_DATA:
            receipt = self.registry.lock(trial_id, label.root, label.records, once=once)
        else:
            receipt = self.registry.anchor(trial_id, kind, label.root, label.records, once=once)
        return Batched(batch, label, receipt)

    def prove(
        self,
        index: Index,
        trial_id: bytes,
        kind: DocumentKind,
        source: Path,
        numbers: Sequence[int],
        out: Path,
    ) -> list[Path]:
        """Write records, by their numbers from 1, into a folder, each with its proof."""
        batch = batch_of(self.shelf.batches(trial_id), trial_id, kind, source)
        event = anchoring_of(index, trial_id, kind, batch.label.root) if batch.made else None
        if event is None:
            raise InputError(
                f"The records of {source}, as they are now, were not anchored as "
                f"{kind.name.lower().replace('_', '-')}; name the file that was."
            )
        anchored, proven = self._evidence(trial_id, batch.label.root, event.block_number)
        name = f"{source.stem}-{{:06}}{suffix_of(source)}"
        documents = {
            number: (record, batch.document(number, record, name.format(number)))
            for number, record in chosen(source, numbers).items()
        }
        tree = batch.tree()
        out.mkdir(parents=True, exist_ok=True)
        for record, document in documents.values():
            (out / document.name).write_bytes(record)
        write_all(
            (
                (proof_file(out / one.name), one, tree.path(one.commitment))
                for _, one in documents.values()
            ),
            root=batch.label.root,
            anchor=anchored,
            evidence=proven,
        )
        return [out / one.name for _, one in documents.values()]

    def _evidence(self, trial_id: bytes, root: bytes, number: int) -> tuple[Anchored, Evidence]:
        chain, contract = self.registry.binding.chain, self.registry.binding.address
        found = collect_evidence(chain, contract, root, number, trial_id=trial_id)
        if found is None:
            raise ChainError(f"0x{root.hex()} was reorganised away; anchor the records again.")
        return found
