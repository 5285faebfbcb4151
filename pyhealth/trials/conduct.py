"""What a sponsor anchors while a trial runs, from enrolment to results: files in, proofs out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyhealth.chain.transactions import Receipt
from pyhealth.documents import collect
from pyhealth.errors import InputError
from pyhealth.progress import Progress, silent
from pyhealth.sheaf import named_documents, places_of
from pyhealth.trials.filing import Filed, Filing
from pyhealth.trials.registry import TrialRegistry
from pyhealth.trials.shelf import Shelf
from pyhealth.values import DocumentKind

MOST = 2**32 - 1  # participants that the contract can count


@dataclass(frozen=True, slots=True)
class Conduct:
    """Anchors the documents of trials that are registered."""

    registry: TrialRegistry
    shelf: Shelf

    def anchor(
        self,
        trial_id: bytes,
        kind: DocumentKind,
        documents: Sequence[Path],
        *,
        out: Path | None = None,
        progress: Progress = silent,
    ) -> Filed:
        """Anchor documents of a kind in one transaction; those with a valid proof as that kind are
        not anchored again.
        """
        return self._file(
            trial_id,
            kind,
            documents,
            lambda root, count, key: self.registry.anchor(trial_id, kind, root, count, once=key),
            out,
            progress,
        )

    def enrol(
        self,
        trial_id: bytes,
        participants: int,
        log: Path | None = None,
        *,
        out: Path | None = None,
    ) -> Filed:
        """Tell how many participants are enrolled so far: of whom, an enrolment log says, of which
        only a commitment leaves.
        """
        if not 0 < participants <= MOST:
            raise InputError(
                f"{participants} participants cannot be told; give 1 to {MOST} of them."
            )
        return self._file(
            trial_id,
            DocumentKind.ENROLMENT,
            [log or self._count(trial_id, participants)],
            lambda root, _, key: self.registry.enrol(trial_id, participants, root, once=key),
            out,
        )

    def _count(self, trial_id: bytes, participants: int) -> Path:
        """Return a document that says nothing but the count."""
        file = self.shelf.of(trial_id) / f"enrolment-{participants}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {"participants": participants, "trial": "0x" + trial_id.hex()}
        file.write_text(json.dumps(told) + "\n", "utf-8")
        return file

    def lock(
        self,
        trial_id: bytes,
        data: Sequence[Path],
        *,
        out: Path | None = None,
        progress: Progress = silent,
    ) -> Filed:
        """Lock the database: the final data set, file by file."""
        return self._file(
            trial_id,
            DocumentKind.LOCKED_DATA,
            data,
            lambda root, count, key: self.registry.lock(trial_id, root, count, once=key),
            out,
            progress,
        )

    def report(self, trial_id: bytes, results: Sequence[Path], *, out: Path | None = None) -> Filed:
        """Anchor results, or a correction of them."""
        return self._file(
            trial_id,
            DocumentKind.RESULTS,
            results,
            lambda root, _, key: self.registry.report(trial_id, root, once=key),
            out,
        )

    def _file(
        self,
        trial_id: bytes,
        kind: DocumentKind,
        documents: Sequence[Path],
        send: Callable[[bytes, int, str | None], Receipt],
        out: Path | None,
        progress: Progress = silent,
    ) -> Filed:
        files = collect(documents)
        named, places = named_documents(files, progress), places_of(files, out)
        papers = Filing(self.registry, self.shelf).prepare(trial_id, kind, files, named, places)
        count = len(papers.sheaf) if papers.sheaf else 0
        return Filing(self.registry, self.shelf).anchor(
            [papers], lambda key: send(papers.root, count, key), progress
        )
