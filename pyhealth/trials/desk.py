"""What a sponsor registers: study records and protocols in, a trial and its proofs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pyhealth.chain.transactions import Receipt
from pyhealth.documents import collect, proof_file
from pyhealth.errors import AccountNotSponsor, InputError, TrialUnknown
from pyhealth.openings import commit
from pyhealth.progress import Progress, silent
from pyhealth.sheaf import named_documents, places_of
from pyhealth.standards.trials.reading import read_study
from pyhealth.standards.trials.record import StudyRecord
from pyhealth.trials import outcomes as lists
from pyhealth.trials.conduct import Conduct
from pyhealth.trials.data import DataBatches
from pyhealth.trials.dates import declared, due
from pyhealth.trials.filing import Filed, Filing, Papers
from pyhealth.trials.registry import NOTHING, TrialRegistry
from pyhealth.trials.shelf import Nameplate, Shelf
from pyhealth.values import Dates, DocumentKind, Trial, utc


@dataclass(frozen=True, slots=True)
class Registration:
    """A trial that was registered."""

    nameplate: Nameplate
    study: StudyRecord
    dates: Dates
    filed: Filed


@dataclass(frozen=True, slots=True)
class Trials:
    """The trials of this account's sponsor; `registry` is the bare client of the contract."""

    registry: TrialRegistry
    shelf: Shelf
    member_of: Callable[[str], int]  # whom an account acts for; zero for nobody

    @property
    def filing(self) -> Filing:
        """What anchors documents and writes their proofs."""
        return Filing(self.registry, self.shelf)

    @property
    def conduct(self) -> Conduct:
        """What anchors the documents of a trial under way."""
        return Conduct(self.registry, self.shelf)

    @property
    def data(self) -> DataBatches:
        """What anchors and proves records by the hundred thousand."""
        return DataBatches(self.registry, self.shelf)

    def now(self) -> datetime:
        """Return the time of the newest block."""
        head = self.registry.binding.chain.block("latest") or {"timestamp": "0x0"}
        return utc(int(head["timestamp"], 16))

    def trial(self, trial_id: bytes) -> Trial:
        """Return a trial that is registered."""
        found = self.registry.trial_of(trial_id)
        if not found.sponsor:
            raise TrialUnknown(trial_id)
        return found

    def nameplate(self, registry_id: str, title: str = "") -> Nameplate:
        """Name a trial of this account's sponsor, registered or not."""
        binding = self.registry.binding
        sponsor = self.member_of(binding.account)
        if not sponsor:
            raise AccountNotSponsor(binding.account, 0, frozenset())
        place = binding.chain.chain_id, binding.address
        return self.shelf.nameplate(*place, sponsor, registry_id, title)

    # Registering

    def register(
        self,
        record: Path,
        documents: Sequence[Path] = (),
        *,
        registry_id: str | None = None,
        enrolment: str | None = None,
        completion: str | None = None,
        results: str | None = None,
        lenient: bool = False,
        out: Path | None = None,
        progress: Progress = silent,
    ) -> Registration:
        """Register a trial: its study record and documents as protocol, its outcomes as a hidden
        list, and its declared dates, in one transaction.

        Proofs go beside the files, or into ``out``; those of the outcomes stay on the shelf.
        """
        if documents:
            collect(documents)  # an empty folder is refused, not passed over
        study = read_study(record, lenient=lenient)
        named = registry_id or next((one.id for one in study.ids), None)
        if named is None:
            raise InputError(f"{record} names no identifier of the trial; give one with --id.")
        dates = declared(
            study.dates, self.now(), enrolment=enrolment, completion=completion, results=results
        )
        listed = lists.files_of(study.outcomes, str(record))
        plate = self.nameplate(named, study.title)
        papers = [
            self._protocol(plate.trial_id, [record, *documents], out, progress),
            self._list(plate.trial_id, listed),
        ]
        protocol, outcomes = (one.root for one in papers)

        def settle() -> None:
            lists.write(listed, self._folder(plate.trial_id, listed))
            self.shelf.keep(plate)

        filed = self.filing.anchor(
            papers,
            lambda key: self.registry.register(
                plate.commitment, protocol, outcomes, dates, once=key
            ),
            progress,
            settle,
        )
        return Registration(plate, study, dates, filed)

    def amend(
        self,
        trial_id: bytes,
        reason: Path,
        documents: Sequence[Path] = (),
        *,
        record: Path | None = None,
        lenient: bool = False,
        out: Path | None = None,
        progress: Progress = silent,
    ) -> Filed:
        """Anchor the next version: new documents, and the outcome list of a new study record where
        its outcomes changed. The reason's salt is kept beside it.
        """
        self.trial(trial_id)
        files = [record, *documents] if record else list(documents)
        listed = self._listed(record, lenient) if record else []
        papers = [self._protocol(trial_id, files, out, progress)] if files else []
        outcomes = self.root_of_list(self._folder(trial_id, listed)) if listed else NOTHING
        if outcomes is None:  # a list that the trial never had
            papers.append(self._list(trial_id, listed))
            outcomes = papers[-1].root
        protocol = papers[0].root if files else NOTHING
        opening = commit(reason, "reason")
        return self.filing.anchor(
            papers,
            lambda key: self.registry.amend(
                trial_id,
                protocol=protocol,
                outcomes=outcomes,
                reason=opening.commitment,
                once=key,
            ),
            progress,
            lambda: lists.write(listed, self._folder(trial_id, listed)) if listed else None,
        )

    def reschedule(
        self, trial_id: bytes, given: Mapping[str, str | None], reason: Path | None = None
    ) -> Receipt:
        """Change the declared dates that are given, by name and as people write them."""
        trial, now = self.trial(trial_id), self.now()
        before = Dates(trial.enrolment_due, trial.completion_due, trial.results_due)
        wanted = {name: due(text, f"--{name}", now) for name, text in given.items() if text}
        if not wanted:
            raise InputError(
                "No date is given to change; give --enrolment, --completion or --results."
            )
        detail = commit(reason, "reason").commitment if reason else NOTHING
        return self.registry.reschedule(trial_id, replace(before, **wanted), reason=detail)

    def _listed(self, record: Path, lenient: bool) -> list[lists.OutcomeFile]:
        return lists.files_of(read_study(record, lenient=lenient).outcomes, str(record))

    def _protocol(
        self, trial_id: bytes, files: Sequence[Path], out: Path | None, progress: Progress
    ) -> Papers:
        found = collect(files)
        named, places = named_documents(found, progress), places_of(found, out)
        return self.filing.prepare(trial_id, DocumentKind.PROTOCOL, found, named, places, anew=True)

    def _list(self, trial_id: bytes, listed: Sequence[lists.OutcomeFile]) -> Papers:
        files = [self._folder(trial_id, listed) / one.name for one in listed]
        return self.filing.prepare(
            trial_id,
            DocumentKind.OUTCOME_LIST,
            files,
            [one.document for one in listed],
            [proof_file(file) for file in files],
            anew=True,
        )

    def _folder(self, trial_id: bytes, listed: Sequence[lists.OutcomeFile]) -> Path:
        return self.shelf.outcomes(trial_id, (one.document.digest for one in listed))

    def root_of_list(self, folder: Path) -> bytes | None:
        """Return the root of an outcome list that is kept here, where it is."""
        kept = lists.listed(folder)
        return kept[0].proof.root if kept else None

    def list_in_force(self, trial_id: bytes, version: int) -> Path:
        """Return the folder of the outcome list of a version."""
        root = self.registry.version_of(trial_id, version).outcomes
        for folder in self.shelf.lists(trial_id):
            if self.root_of_list(folder) == root:
                return folder
        raise InputError(
            f"The outcome list of version {version} of trial 0x{trial_id.hex()} is not kept here; "
            "only its sponsor has it, and reveals outcomes with 'pyhealth trial reveal'."
        )
