"""A trial on the chain as one side of a comparison: its outcome list, as far as it is revealed."""

from __future__ import annotations

from pathlib import Path

from pyhealth.anchoring import verify
from pyhealth.comparison.result import Evidence, Side
from pyhealth.errors import InputError
from pyhealth.index import Index
from pyhealth.trials.desk import Trials
from pyhealth.trials.outcomes import read_outcome
from pyhealth.trials.review import Checked, check, counted, is_whole
from pyhealth.trials.timeline import CONTRACT, steps
from pyhealth.values import DocumentKind
from pyhealth.verify_proof import KINDS


def side_of(
    trials: Trials, index: Index, trial_id: bytes, *, revealed: Path | None, version: int | None
) -> Side:
    """Return a trial's outcomes, each with what the chain knows of it.

    They are those that are revealed in a folder, or of the list that the sponsor keeps; of the
    version under which the first participant was enrolled, unless another is named.
    """
    number = version or version_at_enrolment(index, trial_id) or trials.trial(trial_id).version
    root = trials.registry.version_of(trial_id, number).outcomes
    folder = revealed or trials.list_in_force(trial_id, number)
    chain = trials.registry.binding.chain
    found = [
        one
        for one in check([folder], lambda *one: verify(chain, *one, trial_id=trial_id).verdict)
        if one.verdict.kind == KINDS[DocumentKind.OUTCOME_LIST]
    ]
    chosen = [one for one in found if one.verdict.root == root]
    if not chosen:
        raise InputError(
            f"{folder} holds no outcome of version {number} of trial 0x{trial_id.hex()}; ask its "
            "sponsor for what 'pyhealth trial reveal' wrote, or name another --version."
        )
    outcomes = {
        read_outcome(one.file.read_bytes(), str(one.file)): _evidence(one) for one in chosen
    }
    named = f"trial 0x{trial_id.hex()[:8]}…, version {number}"
    taken = tuple((step.what, step.at) for step in steps(index, trial_id))
    notes = _notes(named, chosen, root)
    return Side(named, tuple(outcomes), evidence=outcomes, notes=notes, steps=taken)


def version_at_enrolment(index: Index, trial_id: bytes) -> int | None:
    """Return the version under which the first participant was enrolled; none where nobody was."""
    for event in index.events(CONTRACT, "DocumentAnchored", {"trialId": trial_id}):
        if event.arguments["kind"] == DocumentKind.ENROLMENT:
            return int(str(event.arguments["version"]))
    return None


def _evidence(one: Checked) -> Evidence:
    anchor = one.proof.anchor
    return Evidence(anchor.anchored_at, one.verdict.stage, anchor.transaction)


def _notes(named: str, chosen: list[Checked], root: bytes) -> tuple[str, ...]:
    """Say how much of the list was handed out, unless it is all."""
    if is_whole(chosen, root):
        return ()
    revealed, of = counted(chosen)
    how_many = f"{revealed} of {of}" if of else f"{revealed} of an unknown number of"
    return (f"{named}: {how_many} outcomes are revealed; what is hidden is compared with nothing.",)
