"""
TrialRegistry, against a plain model written from its interface's documentation
└── whatever sponsors, boards and strangers do, in any order and at any time
    ├── what the model refuses is refused by the contract, for the same reason
    └── trials, versions, approvals, offers, status and flags are those of the model
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import Node
from consortium_cast import ETHICS, HOSPITAL, REGULATOR, SPONSOR, Council
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from trial_cast import word

from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.wallet import cast_address
from pyhealth.errors import RpcRefused
from pyhealth.health import Health
from pyhealth.trials.registry import TrialRegistry
from pyhealth.values import DocumentKind, Flag, Milestone, Role, StopReason, TrialStatus

DAY = 86_400
# Two sponsors, of which one is a board too, and another board; the others are neither.
ROLES = {
    "sponsor": (SPONSOR, {Role.SPONSOR}),
    "hospital": (HOSPITAL, {Role.SPONSOR, Role.ETHICS_BOARD}),
    "ethics": (ETHICS, {Role.ETHICS_BOARD}),
    "regulator": (REGULATOR, {Role.REGULATOR, Role.AUDITOR}),
    "stranger": (0, set()),
}
NUMBERS = {cast_address(name): number for name, (number, _) in ROLES.items()}
HELD = dict(ROLES.values())
K = DocumentKind
PHASES = {  # the stages from and to which each kind is taken
    range(K.ETHICS_DECISION, K.ENROLMENT): (Milestone.REGISTRATION, Milestone.RESULTS),
    range(K.ELIGIBILITY_CRITERIA, K.DATA_BATCH): (
        Milestone.REGISTRATION,
        Milestone.FIRST_ENROLMENT,
    ),
    range(K.DATA_BATCH, K.MONITORING_REPORT): (Milestone.FIRST_ENROLMENT, Milestone.LAST_VISIT),
    range(K.MONITORING_REPORT, K.LOCKED_DATA): (Milestone.FIRST_ENROLMENT, Milestone.RESULTS),
    range(K.DATA_RECORD, K.ANALYSIS_PLAN): (Milestone.FIRST_ENROLMENT, Milestone.DATABASE_LOCK),
    range(K.ANALYSIS_PLAN, K.ANALYSIS_OUTPUT): (Milestone.REGISTRATION, Milestone.DATABASE_LOCK),
    range(K.ANALYSIS_OUTPUT, K.RESULTS): (Milestone.UNBLINDING, Milestone.RESULTS),
    range(K.PARTICIPANT_FLOW, K.PUBLICATION + 1): (Milestone.UNBLINDING, Milestone.RESULTS),
}
EXPECTED = {
    Milestone.FIRST_ENROLMENT: {K.CONSENT_FORM},
    Milestone.LAST_VISIT: {K.DATA_BATCH, K.MONITORING_REPORT},
    Milestone.DATABASE_LOCK: {K.ANALYSIS_PLAN, K.ANALYSIS_CODE},
    Milestone.RESULTS: {K.PARTICIPANT_FLOW},
}
NAMES = [bytes([i]) * 32 for i in (1, 2)]  # of trials, in a public registry


@dataclass
class Study:
    sponsor: int
    dates: list[int]
    stage: Milestone = Milestone.REGISTRATION
    stopped: StopReason = StopReason.NONE
    kinds: set[int] = field(default_factory=set)
    versions: list[tuple[bytes, bytes]] = field(default_factory=list)
    approved: dict[tuple[int, int], int] = field(default_factory=dict)  # version, board: when
    reached: dict[Milestone, int] = field(default_factory=dict)
    participants: int = 0
    offered: int = 0

    @property
    def withdrawn(self) -> bool:
        temporary = self.stopped <= StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN
        return self.stage is Milestone.REGISTRATION and not temporary

    @property
    def approvals(self) -> int:
        return sum(version == len(self.versions) for version, _ in self.approved)


@dataclass
class Model:
    """The registry as its documentation has it; a refusal is the name of an error."""

    now: int
    studies: dict[bytes, Study] = field(default_factory=dict)

    def sponsor(self, account: str) -> str | None:
        return None if Role.SPONSOR in HELD[NUMBERS[account]] else "AccountNotSponsor"

    def own(self, account: str, trial: bytes) -> str | None:
        if refusal := self.sponsor(account):
            return refusal
        return self.held(account, trial)

    def held(self, account: str, trial: bytes) -> str | None:
        if trial not in self.studies:
            return "TrialUnknown"
        mine = self.studies[trial].sponsor == NUMBERS[account]
        return None if mine else "TrialNotOfMember"

    def register(self, account: str, trial: bytes, dates: list[int]) -> str | None:
        if refusal := self.sponsor(account):
            return refusal
        if trial in self.studies:
            return "TrialAlreadyRegistered"
        if dates[0] <= self.now:
            return "DateNotAhead"
        if sorted(dates) != dates:
            return "DatesOutOfOrder"
        self.studies[trial] = Study(NUMBERS[account], dates, versions=[(word("p"), word("o"))])
        return None

    def amend(self, account: str, trial: bytes, content: tuple[bytes, bytes]) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        if study.withdrawn:
            return "TrialWithdrawn"
        if content == study.versions[-1]:
            return "AmendmentEmpty"
        study.versions.append(content)
        return None

    def reschedule(self, account: str, trial: bytes, dates: list[int]) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        if study.withdrawn:
            return "TrialWithdrawn"
        for before, after in zip(study.dates, dates, strict=True):
            if before != after and before <= self.now:
                return "DatePassed"
            if before != after and after <= self.now:
                return "DateNotAhead"
        if sorted(dates) != dates:
            return "DatesOutOfOrder"
        study.dates = dates
        return None

    def approve(self, account: str, trial: bytes, version: int) -> str | None:
        board = NUMBERS[account]
        if Role.ETHICS_BOARD not in HELD[board]:
            return "AccountNotBoard"
        if trial not in self.studies:
            return "TrialUnknown"
        study = self.studies[trial]
        if study.withdrawn:
            return "TrialWithdrawn"
        if board == study.sponsor:
            return "ApproverIsSponsor"
        if version != len(study.versions):
            return "VersionNotCurrent"
        if (version, board) in study.approved:
            return "ApprovalStands"
        study.approved[version, board] = self.now
        return None

    def withdraw(self, account: str, trial: bytes, version: int) -> str | None:
        board, study = NUMBERS[account], self.studies.get(trial)
        stands = study is not None and (version, board) in study.approved
        if not stands and Role.ETHICS_BOARD not in HELD[board]:
            return "ApprovalMissing"
        if study is None:
            return "TrialUnknown"
        study.approved.pop((version, board), None)
        return None

    def anchor(self, account: str, trial: bytes, kind: int) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        window = next((stages for kinds, stages in PHASES.items() if kind in kinds), None)
        if window is None:
            return "KindNotAnchorable"
        first, last = window
        if study.stage < first:
            return "DocumentEarly"
        if study.stage > last:
            planned = kind in (K.ANALYSIS_PLAN, K.ANALYSIS_CODE)
            late = "DataAfterLock" if kind == K.DATA_BATCH else "DocumentLate"
            return "AnalysisAfterUnblinding" if planned else late
        waits = kind in (K.ELIGIBILITY_CRITERIA, K.RANDOMISATION_LIST)
        if waits and study.stage is Milestone.REGISTRATION and not study.approvals:
            return "EnrolmentBeforeApproval"
        study.kinds.add(kind)
        return None

    def enrol(self, account: str, trial: bytes, participants: int) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        if study.stage >= Milestone.LAST_VISIT:
            return "EnrolmentAfterLastVisit"
        if study.stopped:
            return "EnrolmentStopped"
        if not study.approvals:
            return "EnrolmentBeforeApproval"
        if participants <= study.participants:
            return "ParticipantsNotGrown"
        study.participants = participants
        if study.stage is Milestone.REGISTRATION:
            self.reach(study, Milestone.FIRST_ENROLMENT)
        return None

    def reach(self, study: Study, milestone: Milestone) -> None:
        study.stage = milestone
        study.reached[milestone] = self.now

    def advance(self, account: str, trial: bytes, milestone: Milestone) -> str | None:
        """Last visit, lock, unblinding or results."""
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        early = {
            Milestone.LAST_VISIT: ["LastVisitBeforeEnrolment"],
            Milestone.DATABASE_LOCK: ["LockBeforeLastVisit"] * 2,
            Milestone.UNBLINDING: ["UnblindingBeforeLock"] * 3,
            Milestone.RESULTS: ["ResultsBeforeLock"] * 3 + ["ResultsBeforeUnblinding"],
        }[milestone]
        if study.stage < milestone - 1:
            return early[study.stage - 1]
        if study.stage >= milestone and milestone is not Milestone.RESULTS:
            return "MilestonePassed"
        if milestone is Milestone.UNBLINDING:
            if K.ANALYSIS_PLAN not in study.kinds:
                return "UnblindingBeforePlan"
            if K.ANALYSIS_CODE not in study.kinds:
                return "UnblindingBeforeCode"
        if study.stage < milestone:
            self.reach(study, milestone)
        return None

    def stop(self, account: str, trial: bytes, reason: StopReason) -> str | None:
        if refusal := self.held(account, trial):
            return refusal
        study = self.studies[trial]
        if study.withdrawn:
            return "TrialWithdrawn"
        if reason is StopReason.NONE:
            return "StopReasonMissing"
        if study.stage is Milestone.RESULTS:
            return "TrialCompleted"
        if reason <= study.stopped:
            return "TrialAlreadyStopped"
        study.stopped = reason
        study.offered = 0
        return None

    def resume(self, account: str, trial: bytes) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        study = self.studies[trial]
        if study.stopped is not StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN:
            return "TrialNotTemporarilyClosed"
        study.stopped = StopReason.NONE
        return None

    def offer(self, account: str, trial: bytes, to: int) -> str | None:
        if refusal := self.own(account, trial):
            return refusal
        if to in (0, NUMBERS[account]):
            return "OfferNotToOther"
        self.studies[trial].offered = to
        return None

    def cancel(self, account: str, trial: bytes) -> str | None:
        if refusal := self.held(account, trial):
            return refusal
        if not self.studies[trial].offered:
            return "TrialNotOffered"
        self.studies[trial].offered = 0
        return None

    def accept(self, account: str, trial: bytes, version: int, stage: Milestone) -> str | None:
        if refusal := self.sponsor(account):
            return refusal
        study, member = self.studies.get(trial), NUMBERS[account]
        if study is None or study.offered != member:
            return "TrialNotOffered"
        if version != len(study.versions):
            return "VersionNotCurrent"
        if stage is not study.stage:
            return "StageNotCurrent"
        if (version, member) in study.approved:
            return "SponsorIsApprover"
        study.sponsor, study.offered = member, 0
        return None

    def missing(self, study: Study) -> set[int]:
        wanted = {kind for at, kinds in EXPECTED.items() if study.stage >= at for kind in kinds}
        return set() if study.withdrawn else wanted - study.kinds

    def flags(self, study: Study) -> set[Flag]:
        if study.withdrawn:
            return set()
        named = (
            (Milestone.FIRST_ENROLMENT, Flag.ENROLMENT_LATE, Flag.ENROLMENT_MISSING),
            (Milestone.LAST_VISIT, Flag.LAST_VISIT_LATE, Flag.LAST_VISIT_MISSING),
            (Milestone.RESULTS, Flag.RESULTS_LATE, Flag.RESULTS_OVERDUE),
        )
        found = set()
        for (milestone, late, missing), due in zip(named, study.dates, strict=True):
            if study.reached.get(milestone, self.now) >= due:
                found.add(late if milestone in study.reached else missing)
        if study.stage > Milestone.REGISTRATION and not study.approvals:
            found.add(Flag.APPROVAL_MISSING)
        return found | ({Flag.DOCUMENTS_MISSING} if self.missing(study) else set())

    def status(self, study: Study) -> TrialStatus:
        if study.withdrawn:
            return TrialStatus.WITHDRAWN
        if study.stage is Milestone.RESULTS:
            return TrialStatus.COMPLETED
        closed = study.stopped > StopReason.ACCRUAL_GOAL_MET
        if closed or study.stage >= Milestone.LAST_VISIT:
            return TrialStatus.CLOSED_TO_ACCRUAL_AND_INTERVENTION
        if study.stopped:
            met = study.stopped is StopReason.ACCRUAL_GOAL_MET
            return (
                TrialStatus.CLOSED_TO_ACCRUAL if met else TrialStatus.TEMPORARILY_CLOSED_TO_ACCRUAL
            )
        begun = study.stage is Milestone.FIRST_ENROLMENT
        if study.approvals:
            return TrialStatus.ACTIVE if begun else TrialStatus.APPROVED
        return TrialStatus.TEMPORARILY_CLOSED_TO_ACCRUAL if begun else TrialStatus.IN_REVIEW


OWNER = "whoever has the trial"
BY = some.sampled_from([OWNER] * 8 + ["sponsor", "hospital", "ethics", "stranger"])
TRIALS = some.sampled_from([0, 0, 0, 0, 1, 2])
VERSIONS = some.sampled_from([0, 0, 0, 1, -1])  # from the current one
LENGTHS = some.lists(some.integers(-3, 60), min_size=3, max_size=3)


class Conducting(RuleBasedStateMachine):
    """Plays the registry and the model side by side, one block a step."""

    health: Health

    @initialize()
    def begin(self) -> None:
        self.rpc = self.health.chain.rpc
        self.registry: TrialRegistry = self.health.trials.registry
        self.before = self.rpc.call("evm_snapshot")
        council = Council(lambda _: self.health)
        c = self.health.consortium
        council.voted(c.set_roles(HOSPITAL, ROLES["hospital"][1]))
        head = self.rpc.call("eth_getBlockByNumber", "latest", False)
        self.model = Model(int(head["timestamp"], 16))
        self.ids = [
            self.registry.trial_id_of(SPONSOR, NAMES[0]),
            self.registry.trial_id_of(HOSPITAL, NAMES[0]),
            self.registry.trial_id_of(SPONSOR, NAMES[1]),
        ]
        self.anchored = 0
        for place in (0, 1):
            self.register(OWNER, place, [20, 50, 91])

    def teardown(self) -> None:
        if hasattr(self, "before"):
            self.rpc.call("evm_revert", self.before)

    def played(self, by: str, move: str, function: str, told: tuple, *arguments: Any) -> None:
        """Let the model and the contract do the same, in a block of its own."""
        self.model.now += 1
        account = cast_address(self.owner(told[0]) if by is OWNER else by)
        expected = getattr(self.model, move)(account, *told)
        assert self.sent(account, function, *arguments) == expected

    def owner(self, trial: bytes) -> str:
        study = self.model.studies.get(trial)
        hospitals = study.sponsor == HOSPITAL if study else trial == self.ids[1]
        return "hospital" if hospitals else "sponsor"

    def sent(self, account: str, function: str, *arguments: Any) -> str | None:
        """Send a call; return the name of the refusal, or nothing."""
        call = self.registry.binding.encode(function, *arguments)
        asked = {"from": account, "to": call.to, "data": "0x" + call.data.hex(), "gas": "0x7a120"}
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        made = self.rpc.call("eth_sendTransaction", asked)
        while (receipt := self.rpc.call("eth_getTransactionReceipt", made)) is None:
            pass
        if int(receipt["status"], 16):
            return None
        with pytest.raises(RpcRefused) as caught:  # the state is that of the block, its time too
            self.rpc.call("eth_call", asked, "latest")
        return type(decode_refusal(caught.value.data)).__name__

    def known(self, place: int) -> tuple[bytes, Study | None]:
        return self.ids[place], self.model.studies.get(self.ids[place])

    @rule(by=BY, place=TRIALS, days=LENGTHS)
    def register(self, by: str, place: int, days: list[int]) -> None:
        trial = self.ids[place]
        by = OWNER if by in ("sponsor", "hospital") else by
        dates = [self.model.now + 1 + one * DAY for one in sorted(days)]
        dates = dates if sum(days) % 4 else dates[::-1]
        told = (NAMES[place == 2], word("p"), word("o"), dates)
        self.played(by, "register", "register", (trial, dates), *told)

    @rule(by=BY, place=TRIALS, change=some.integers(0, 3))
    def amend(self, by: str, place: int, change: int) -> None:
        trial, study = self.known(place)
        protocol, outcomes = study.versions[-1] if study else (word("p"), word("o"))
        self.anchored += 1
        if change & 1:
            protocol = word(f"p{self.anchored}")
        if change & 2:
            outcomes = word(f"o{self.anchored}")
        told = (trial, (protocol, outcomes))
        self.played(by, "amend", "amend", told, trial, protocol, outcomes, word("why"))

    @rule(by=BY, place=TRIALS, which=some.integers(0, 2), days=some.integers(-2, 60))
    def reschedule(self, by: str, place: int, which: int, days: int) -> None:
        trial, study = self.known(place)
        dates = list(study.dates) if study else [self.model.now + 2] * 3
        dates[which] = max(self.model.now + 1 + days * DAY, 1)
        self.played(by, "reschedule", "reschedule", (trial, dates), trial, dates, bytes(32))

    @rule(
        by=some.sampled_from(["ethics", "ethics", "hospital", "sponsor"]),
        place=TRIALS,
        off=VERSIONS,
    )
    def approve(self, by: str, place: int, off: int) -> None:
        trial, study = self.known(place)
        version = max((len(study.versions) if study else 1) + off, 0)
        content = study.versions[-1] if study else (word("p"), word("o"))
        self.played(by, "approve", "approve", (trial, version), trial, version, *content)

    @rule(by=some.sampled_from(["ethics", "hospital", "regulator"]), place=TRIALS, off=VERSIONS)
    def withdraw(self, by: str, place: int, off: int) -> None:
        trial, study = self.known(place)
        version = max((len(study.versions) if study else 1) + off, 0)
        told = (trial, version)
        self.played(by, "withdraw", "withdrawApproval", told, trial, version, bytes(32))

    @rule(by=BY, place=TRIALS, kind=some.integers(1, 21))
    def anchor(self, by: str, place: int, kind: int) -> None:
        trial, _ = self.known(place)
        self.anchored += 1
        document = word(f"document {self.anchored}")
        self.played(by, "anchor", "anchor", (trial, kind), trial, kind, document, 1)

    @rule(by=BY, place=TRIALS, more=some.sampled_from([-1, 0, 0, 1, 20]))
    def enrol(self, by: str, place: int, more: int) -> None:
        trial, study = self.known(place)
        count = max((study.participants if study else 0) + more, 0)
        self.played(by, "enrol", "enrol", (trial, count), trial, count, word(f"log {count}"))

    @rule(by=BY, place=TRIALS, milestone=some.sampled_from(list(Milestone)[3:]))
    def advance(self, by: str, place: int, milestone: Milestone) -> None:
        trial, _ = self.known(place)
        calls: dict[Milestone, tuple[str, tuple[Any, ...]]] = {
            Milestone.LAST_VISIT: ("recordLastVisit", ()),
            Milestone.DATABASE_LOCK: ("lock", (word("data"), 7)),
            Milestone.UNBLINDING: ("unblind", ()),
            Milestone.RESULTS: ("report", (word(f"results {self.model.now}"),)),
        }
        function, arguments = calls[milestone]
        self.played(by, "advance", function, (trial, milestone), trial, *arguments)

    @rule(place=TRIALS)
    def go_on(self, place: int) -> None:
        """Bring a trial one stage further; without this rule few would come to an end."""
        _, study = self.known(place)
        if study is None:
            return
        if study.stage is Milestone.REGISTRATION:
            self.approve("ethics", place, 0)
            self.enrol(OWNER, place, 5)
        elif study.stage is Milestone.DATABASE_LOCK:
            self.anchor(OWNER, place, K.ANALYSIS_PLAN)
            self.anchor(OWNER, place, K.ANALYSIS_CODE)
        if Milestone.FIRST_ENROLMENT <= study.stage < Milestone.RESULTS:
            self.advance(OWNER, place, Milestone(study.stage + 1))

    @rule(place=TRIALS, approving=some.booleans())
    def hand_over(self, place: int, approving: bool) -> None:
        """Let both sponsors agree, of which one may approve the trial as a board."""
        _, study = self.known(place)
        if study is None:
            return
        other = "hospital" if study.sponsor == SPONSOR else "sponsor"
        if approving:
            self.approve("hospital", place, 0)
        self.offer(OWNER, place, NUMBERS[cast_address(other)])
        self.accept(other, place, 0, None)

    @rule(by=BY, place=TRIALS, reason=some.sampled_from(StopReason))
    def stop(self, by: str, place: int, reason: StopReason) -> None:
        trial, _ = self.known(place)
        self.played(by, "stop", "stop", (trial, reason), trial, reason, bytes(32))

    @rule(by=BY, place=TRIALS)
    def resume(self, by: str, place: int) -> None:
        trial, _ = self.known(place)
        self.played(by, "resume", "resume", (trial,), trial)

    @rule(by=BY, place=TRIALS, to=some.sampled_from([0, HOSPITAL, SPONSOR, ETHICS]))
    def offer(self, by: str, place: int, to: int) -> None:
        trial, _ = self.known(place)
        self.played(by, "offer", "offer", (trial, to), trial, to)

    @rule(by=BY, place=TRIALS)
    def cancel(self, by: str, place: int) -> None:
        trial, _ = self.known(place)
        self.played(by, "cancel", "cancelOffer", (trial,), trial)

    @rule(by=BY, place=TRIALS, off=VERSIONS, seen=some.sampled_from([None, *Milestone]))
    def accept(self, by: str, place: int, off: int, seen: Milestone | None) -> None:
        trial, study = self.known(place)
        version = max((len(study.versions) if study else 1) + off, 0)
        stage = seen or (study.stage if study else Milestone.REGISTRATION)
        told = (trial, version, stage)
        self.played(by, "accept", "acceptOffer", told, trial, version, stage)

    @rule(days=some.sampled_from([1, 3, 10, 40]))
    def wait(self, days: int) -> None:
        self.model.now += days * DAY
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        self.rpc.call("evm_mine")

    @invariant()
    def trials_and_standings_are_those_of_the_model(self) -> None:
        for trial in getattr(self, "ids", ()):
            stored, study = self.registry.trial_of(trial), self.model.studies.get(trial)
            if study is None:
                assert (stored.sponsor, stored.stage) == (0, Milestone.NONE)
                continue
            assert (stored.sponsor, stored.version) == (study.sponsor, len(study.versions))
            assert (stored.stage, stored.stopped) == (study.stage, study.stopped)
            assert (stored.approvals, stored.participants) == (study.approvals, study.participants)
            assert stored.kinds == study.kinds
            due = (stored.enrolment_due, stored.completion_due, stored.results_due)
            assert [int(one.timestamp()) for one in due] == study.dates
            standing = self.registry.standing_of(trial)
            assert standing.status is self.model.status(study)
            assert standing.flags == self.model.flags(study)
            assert standing.missing == self.model.missing(study)
            assert self.registry.offer_of(trial) == study.offered

    @invariant()
    def versions_and_approvals_are_those_of_the_model(self) -> None:
        for trial, study in getattr(self, "model", Model(0)).studies.items():
            for version, content in enumerate(study.versions, 1):
                kept = self.registry.version_of(trial, version)
                assert (kept.protocol, kept.outcomes) == content
                for board in (ETHICS, HOSPITAL):
                    approval = self.registry.approval_of(trial, version, board)
                    moment = approval.approved_at and int(approval.approved_at.timestamp())
                    assert moment == study.approved.get((version, board))


def play(health: Health, examples: int, steps: int) -> None:
    machine = type("Conducting", (Conducting,), {"health": health})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_contract_does_what_the_model_does(node: Node, hospital: Health):
    play(hospital, examples=15, steps=50)


@pytest.mark.assurance
def test_the_contract_does_what_the_model_does_at_length(node: Node, hospital: Health):
    play(hospital, examples=60, steps=60)
