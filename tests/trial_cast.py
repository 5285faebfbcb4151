"""A trial as the tests drive it: through its stages with bare commitments, or from files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from consortium_cast import DAY, ETHICS, SPONSOR, Council, signer

from pyhealth.hashing import keccak, trial_id
from pyhealth.health import Health
from pyhealth.trials.approvals import SignedApproval, sign_approval
from pyhealth.trials.desk import Trials
from pyhealth.trials.registry import TrialRegistry
from pyhealth.values import Dates, DocumentKind, Milestone, Trial, Version

REGISTRY_ID = keccak(b"NCT00000001 and a salt")
PROTOCOL, OUTCOMES = keccak(b"protocol"), keccak(b"outcomes")
CONTENT = Version(PROTOCOL, OUTCOMES)
REASON = keccak(b"reason")
RECORD = """\
registry_ids: [DEMO-2026-0007]
title: A made-up trial
outcomes:
  - {role: primary, measurement_variable: systolic blood pressure, time_point: 12 months}
  - {role: primary, measurement_variable: recurrent stroke, time_point: 12 months}
  - {role: secondary, measurement_variable: burden score, time_point: 6 months}
"""
AHEAD = {"enrolment": "90d", "completion": "400d"}


def word(text: str) -> bytes:
    """A commitment that nobody can open."""
    return keccak(text.encode())


@dataclass
class Site:
    """One trial of the cast's sponsor, driven with bare commitments."""

    act_as: Callable[[str], Health]
    registry_id: bytes = REGISTRY_ID
    council: Council = field(init=False)

    def __post_init__(self) -> None:
        self.council = Council(self.act_as)

    def of(self, name: str) -> TrialRegistry:
        """The registry as one of the cast uses it."""
        return self.desk(name).registry

    def desk(self, name: str) -> Trials:
        return self.council.health(name).trials

    @property
    def registry(self) -> TrialRegistry:
        return self.of("sponsor")

    @property
    def trial_id(self) -> bytes:
        place = self.registry.domain
        return trial_id(place.chain_id, place.contract, SPONSOR, self.registry_id)

    @property
    def trial(self) -> Trial:
        return self.registry.trial_of(self.trial_id)

    def now(self) -> datetime:
        return self.council.now()

    def dates(self, *days: int) -> Dates:
        """Dates so many days from now."""
        return Dates(*(self.now() + timedelta(days=one) for one in days or (30, 400, 765)))

    def register(self) -> "Site":
        self.registry.register(self.registry_id, PROTOCOL, OUTCOMES, self.dates())
        return self

    def approve(self, version: int = 1, content: Version = CONTENT) -> None:
        self.of("ethics").approve(self.trial_id, version, content)

    def anchor(self, kind: DocumentKind, document: bytes | None = None, count: int = 1) -> Any:
        return self.registry.anchor(self.trial_id, kind, document or word(kind.name), count)

    def enrol(self, participants: int = 10) -> Any:
        return self.registry.enrol(self.trial_id, participants, word(f"log {participants}"))

    def to(self, stage: Milestone) -> "Site":
        """Bring a new trial to a stage."""
        self.register()
        r, t = self.registry, self.trial_id
        reach = {
            Milestone.FIRST_ENROLMENT: lambda: (self.approve(), self.enrol()),
            Milestone.LAST_VISIT: lambda: r.record_last_visit(t),
            Milestone.DATABASE_LOCK: lambda: r.lock(t, word("data"), 100),
            Milestone.UNBLINDING: lambda: (self.plan(), r.unblind(t)),
            Milestone.RESULTS: lambda: r.report(t, word("results")),
        }
        for milestone, step in reach.items():
            if milestone <= stage:
                step()
        return self

    def plan(self) -> None:
        """Anchor what unblinding needs."""
        self.anchor(DocumentKind.ANALYSIS_PLAN)
        self.anchor(DocumentKind.ANALYSIS_CODE)

    def signed(self, by: str = "ethics", **other: object) -> SignedApproval:
        """An approval of version 1, signed by one of the cast."""
        said: dict[str, Any] = {"version": 1, "content": CONTENT, "board": ETHICS, "nonce": 0}
        said |= {"deadline": self.now() + DAY, "domain": self.registry.domain} | other
        version, content, domain = (said.pop(name) for name in ("version", "content", "domain"))
        return sign_approval(signer(by), domain, self.trial_id, version, content, **said)


def study(folder: Path, record: str = RECORD) -> tuple[Path, Path]:
    """A study record and a protocol in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "study.yaml", folder / "protocol.md"
    files[0].write_text(record)
    files[1].write_text("The protocol of a made-up trial.\n")
    return files
