"""What happened to a trial, from the events of the index; and which trials are late, of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyhealth.comparison.timeline import Kind, Moment, anchored
from pyhealth.index import Event, Index
from pyhealth.trials.registry import TrialRegistry
from pyhealth.values import (
    Dates,
    DocumentKind,
    Flag,
    Milestone,
    Standing,
    StopReason,
    Trial,
    struct,
    utc,
)

CONTRACT = "TrialRegistry"
AT_ONCE = 100  # trials asked for in one batch
Named = Callable[[int], str]  # a member's number, said with its name


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a trial."""

    at: datetime
    what: str
    event: Event


def words(value: Any) -> str:
    """Return a member of an enumeration as a person says it."""
    return str(value.name).lower().replace("_", " ")


def steps(index: Index, trial_id: bytes, named: Named = str) -> list[Step]:
    """Return everything that happened to a trial, in the order of the chain."""
    found = [
        event for name in SAYINGS for event in index.events(CONTRACT, name, {"trialId": trial_id})
    ]
    found.sort(key=lambda event: (event.block_number, event.log_index))
    return [Step(one.block_time, SAYINGS[one.name](one.arguments, named), one) for one in found]


def _registered(said: Any, named: Named) -> str:
    return f"registered by {named(said['sponsor'])}"


def _anchored(said: Any, named: Named) -> str:
    kind, count = DocumentKind(said["kind"]), said["count"]
    if kind is DocumentKind.ENROLMENT:
        return f"enrolment: {count:,} participants so far"
    of_version = kind in (DocumentKind.PROTOCOL, DocumentKind.OUTCOME_LIST)
    more = f" of version {said['version']}" if of_version else f" ({count:,})" if count > 1 else ""
    return f"{words(kind)}{more} anchored"


def _amended(said: Any, named: Named) -> str:
    return f"amended to version {said['version']}, after {words(Milestone(said['stage']))}"


def _rescheduled(said: Any, named: Named) -> str:
    before, after = (_days(said[name]) for name in ("previous", "dates"))
    moved = (
        f"{name} from {one} to {other}"
        for name, one, other in zip(Dates.__slots__, before, after, strict=True)
        if one != other
    )
    return "declared dates changed: " + ", ".join(moved)


def _days(moments: Sequence[int]) -> list[str]:
    return [f"{last_day(utc(seconds)):%Y-%m-%d}" for seconds in moments]


def last_day(due: datetime) -> datetime:
    """Return the last moment at which what is due is not late."""
    return due - timedelta(seconds=1)


def _milestone(said: Any, named: Named) -> str:
    return f"milestone: {words(Milestone(said['milestone']))}"


def _approved(said: Any, named: Named) -> str:
    return f"version {said['version']} approved by {named(said['board'])}"


def _disapproved(said: Any, named: Named) -> str:
    return f"approval of version {said['version']} withdrawn by {named(said['board'])}"


def _stopped(said: Any, named: Named) -> str:
    return f"stopped: {words(StopReason(said['reason']))}"


def _resumed(said: Any, named: Named) -> str:
    return "resumed"


def _offered(said: Any, named: Named) -> str:
    return f"offered to {named(said['to'])}"


def _kept(said: Any, named: Named) -> str:
    return f"offer to {named(said['to'])} taken back"


def _handed_over(said: Any, named: Named) -> str:
    return f"handed over from {named(said['from'])} to {named(said['to'])}"


SAYINGS: dict[str, Callable[[Any, Named], str]] = {
    "TrialRegistered": _registered,
    "DocumentAnchored": _anchored,
    "ProtocolAmended": _amended,
    "DatesChanged": _rescheduled,
    "ApprovalGiven": _approved,
    "ApprovalWithdrawn": _disapproved,
    "MilestoneReached": _milestone,
    "TrialStopped": _stopped,
    "TrialResumed": _resumed,
    "TrialOffered": _offered,
    "OfferCancelled": _kept,
    "TrialHandedOver": _handed_over,
}


def anchoring_of(index: Index, trial_id: bytes, kind: DocumentKind, root: bytes) -> Event | None:
    """Return the event that first anchored a root as a kind, where there is one."""
    found = index.events(CONTRACT, "DocumentAnchored", {"trialId": trial_id, "document": root})
    return next((one for one in found if one.arguments["kind"] == kind), None)


# ---- drawn


FLAGGED = {
    Flag.ENROLMENT_LATE: "enrolment_due",
    Flag.ENROLMENT_MISSING: "enrolment_due",
    Flag.LAST_VISIT_LATE: "completion_due",
    Flag.LAST_VISIT_MISSING: "completion_due",
    Flag.RESULTS_LATE: "results_due",
    Flag.RESULTS_OVERDUE: "results_due",
}


def moments(taken: Sequence[Step], trial: Trial, standing: Standing) -> Iterator[Moment]:
    """Yield what is drawn: what happened, what is declared, and what is late or missing."""
    for step in taken:
        yield anchored(step.what[:1].upper() + step.what[1:], step.at)
    flags = {FLAGGED[one]: one for one in standing.flags if one in FLAGGED}
    for name in ("enrolment_due", "completion_due", "results_due"):
        due = getattr(trial, name)
        day = last_day(due).astimezone(UTC).date()
        flag = flags.get(name)
        label = f"{name.removesuffix('_due').capitalize()} due"
        label += f": {words(flag)}" if flag is not None else ""
        kind = Kind.DECLARED if flag is None else Kind.FLAG
        yield Moment(label, day, day, f"{day}", kind)


# ---- over all trials


@dataclass(frozen=True, slots=True)
class Listed:
    """A trial as the index and the contract tell of it."""

    trial_id: bytes
    trial: Trial
    standing: Standing


def registered(index: Index) -> list[bytes]:
    """Return every trial ever registered, in the order of the chain."""
    found = index.events(CONTRACT, "TrialRegistered")
    return [one for event in found if isinstance(one := event.arguments["trialId"], bytes)]


def listed(registry: TrialRegistry, trials: Sequence[bytes]) -> Iterator[Listed]:
    """Ask the contract where trials stand now, many at a time."""
    binding = registry.binding
    for start in range(0, len(trials), AT_ONCE):
        some = trials[start : start + AT_ONCE]
        functions = ("trialOf", "standingOf")
        asked = [
            ("eth_call", [{"to": binding.address, "data": "0x" + encoded.hex()}, "latest"])
            for one in some
            for function in functions
            for encoded in [binding.encode(function, one).data]
        ]
        answers = iter(binding.chain.rpc.batch(asked))
        for one in some:
            told = [binding.decode(name, bytes.fromhex(next(answers)[2:])) for name in functions]
            yield Listed(one, struct(Trial, told[0]), struct(Standing, told[1]))
