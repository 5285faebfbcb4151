"""
consents and records, against a plain model written from their interfaces' documentation
└── whatever patients, representatives, members and strangers do, in any order and at any time
    ├── what the model refuses is refused by the contracts, for the same reason
    ├── each request is decided as the model decides it, and its receipt follows the one before
    └── directives, accounts, emergencies and due reviews are those of the model
"""

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from conftest import Node
from consent_cast import COMMITMENT, DOCUMENT, REASON, STUDY
from consortium_cast import HOSPITAL, INSURER
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.transactions import Call
from pyhealth.chain.wallet import cast_address
from pyhealth.consents.registry import question_on_wire
from pyhealth.errors import RpcRefused
from pyhealth.health import Health
from pyhealth.records.chain import Link, faults
from pyhealth.records.log import link_of
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Finding,
    Grantee,
    Ground,
    Label,
    Outcome,
    Power,
    Provision,
    Purpose,
    Question,
    bits_of,
    seconds_of,
)

HOUR, DAY = 3_600, 86_400
FOREVER = 2**48 - 1
EMERGENCY, REVIEW, DELAY, MOST = 4 * HOUR, 7 * DAY, 7 * DAY, 8
PATIENT, CLINIC, STRANGER = map(cast_address, ("patient", "clinic", "stranger"))
ACCOUNTS = [PATIENT, PATIENT, CLINIC, STRANGER]
MEMBERS = {cast_address("hospital"): HOSPITAL, cast_address("insurer"): INSURER}
NOBODY = "0x" + "00" * 20
GRANTEES = [Grantee(0), Grantee(HOSPITAL), Grantee(HOSPITAL, STUDY), Grantee(0, STUDY)]
PURPOSES = [Purpose.TREAT, Purpose.BTG, Purpose.HRESCH]
ACTIONS = [ConsentAction.USE, ConsentAction.DISCLOSE]
LABELS = [
    frozenset({Label.CARE}),
    frozenset({Label.LABORATORY, Label.HIV}),
    frozenset({Label.CARE, Label.HIV}),
]


@dataclass
class Said:
    provision: Provision
    purposes: frozenset[Purpose]
    labels: frozenset[Label]
    ceiling: int
    start: int
    end: int
    version: int


@dataclass
class Broken:
    member: int
    ends: int
    due: int
    finding: Finding = Finding.NONE
    by_patient: bool = False


@dataclass
class Model:
    """Consents and records as their documentation has them; a refusal is the name of an error."""

    now: int
    account: str = PATIENT
    places: dict[Grantee, list[Said]] = field(default_factory=dict)
    powers: dict[str, tuple[Power, int, bool]] = field(default_factory=dict)
    move: tuple[str, int, str] | None = None
    suspended: set[int] = field(default_factory=set)
    paused: bool = False
    broken: dict[bytes, Broken] = field(default_factory=dict)
    newest: dict[int, bytes] = field(default_factory=dict)
    shut: dict[int, int] = field(default_factory=dict)

    # Consents

    def lacks(self, by: str, power: Power) -> str | None:
        if by == self.account:
            return None
        if by == PATIENT:
            return "PatientMoved"
        held, until, _ = self.powers.get(by, (Power.NONE, 0, False))
        return None if held >= power and self.now < until else "CallerNotSpeaker"

    def not_patient(self, by: str) -> str | None:
        if by == self.account:
            return None
        return "PatientMoved" if by == PATIENT else "CallerNotPatient"

    def give(self, by: str, grantee: Grantee, said: Said) -> str | None:
        if said.provision is Provision.PERMIT and self.paused:
            return "ConsentsPaused"
        if refusal := self.lacks(by, Power.SPEAK):
            return refusal
        if not said.purposes or (said.provision is Provision.PERMIT and not said.ceiling):
            return "TermsNotUsable"
        if said.start >= said.end:
            return "PeriodReversed"
        if self.now >= said.end:
            return "PeriodOver"
        if not grantee.member and any(grantee.study):
            return "StudyWithoutMember"
        listed = self.places.setdefault(grantee, [])
        free = [place for place, one in enumerate(listed) if self.now >= one.end]
        if not free and len(listed) == MOST:
            return "DirectivesFull"
        if free:
            said.version = listed[free[0]].version + 1
            listed[free[0]] = said
        else:
            listed.append(said)
        return None

    def revoke(self, by: str, grantee: Grantee, place: int, version: int) -> str | None:
        if refusal := self.lacks(by, Power.SPEAK):
            return refusal
        listed = self.places.get(grantee, [])
        stands = place < len(listed) and listed[place].version == version
        if not stands or self.now >= listed[place].end:
            return "DirectiveNotStanding"
        listed[place].end = self.now
        return None

    def appoint(self, by: str, whom: str, power: Power, until: int) -> str | None:
        if self.paused:
            return "ConsentsPaused"
        if refusal := self.not_patient(by):
            return refusal
        _, ends, voted = self.powers.get(whom, (Power.NONE, 0, False))
        if voted and self.now < ends:
            return "RepresentativeByVote"
        return self.represented(whom, power, until, voted=False)

    def represented(self, whom: str, power: Power, until: int, *, voted: bool) -> str | None:
        if whom in (PATIENT, self.account, NOBODY):
            return "RepresentativeNotUsable"
        if not power or self.now >= until:
            return "RepresentationEmpty"
        self.powers[whom] = power, until, voted
        return None

    def dismiss(self, by: str, whom: str) -> str | None:
        power, ends, voted = self.powers.get(whom, (Power.NONE, 0, False))
        if by != whom:
            if refusal := self.not_patient(by):
                return refusal
            if voted and self.now < ends:
                return "RepresentativeByVote"
        if self.now >= ends:
            return "RepresentativeUnknown"
        self.powers[whom] = power, self.now, voted
        return None

    def request(self, by: str, account: str) -> str | None:
        if self.paused:
            return "ConsentsPaused"
        if refusal := self.lacks(by, Power.RECOVER):
            return refusal
        if account in (NOBODY, self.account):
            return "MoveNotUsable"
        self.move = account, self.now + DELAY, by
        return None

    def contest(self, by: str, account: str) -> str | None:
        if refusal := self.not_patient(by):
            return refusal
        if self.move is None or self.move[0] != account:
            return "MoveNotRequested"
        self.move = None
        return None

    def complete(self, account: str) -> str | None:
        if self.paused:
            return "ConsentsPaused"
        if self.move is None or self.move[0] != account:
            return "MoveNotRequested"
        if self.now < self.move[1]:
            return "MoveNotRipe"
        if refusal := self.lacks(self.move[2], Power.RECOVER):
            return refusal
        self.rehouse(account)
        return None

    def rehouse(self, account: str) -> None:
        if former := self.powers.get(self.account):
            self.powers[self.account] = (former[0], min(former[1], self.now), former[2])
        self.account, self.move = account, None

    # Records

    def decide(
        self, asking: Grantee, purpose: Purpose, action: ConsentAction, labels: frozenset[Label]
    ) -> tuple[Outcome, Ground]:
        """What the record registry decides: the consents, and a broken glass."""
        said = self.consented(asking, purpose, action, labels)
        glass = self.broken.get(self.newest.get(asking.member, b""))
        excused = purpose is Purpose.BTG and action is ConsentAction.USE and glass
        excused = excused and not any(asking.study)
        if said[1] is Ground.NONE and excused and self.now < glass.ends:
            return Outcome.CONSENT_PERMIT, Ground.EMERGENCY
        return said

    def consented(
        self, asking: Grantee, purpose: Purpose, action: ConsentAction, labels: frozenset[Label]
    ) -> tuple[Outcome, Ground]:
        """What the consents alone say."""
        member = asking.member
        if member in self.suspended:
            return Outcome.CONSENT_DENY, Ground.MEMBER_NOT_ACTIVE
        levels = [(Ground.MEMBER, Grantee(member)), (Ground.EVERYONE, Grantee(0))]
        if any(asking.study):
            levels.insert(0, (Ground.STUDY, asking))
        for ground, grantee in levels:
            here = [
                one
                for one in self.places.get(grantee, ())
                if one.start <= self.now < one.end and purpose in one.purposes
            ]
            if action is not ConsentAction.USE:
                here = []  # nobody says more here
            if any(one.provision is Provision.DENY and one.labels & labels for one in here):
                return Outcome.CONSENT_DENY, ground
            if any(
                one.provision is Provision.PERMIT
                and one.labels >= labels
                and one.ceiling >= Confidentiality.N
                for one in here
            ):
                return Outcome.CONSENT_PERMIT, ground
        return Outcome.NO_CONSENT, Ground.NONE

    def overdue(self, member: int) -> list[bytes]:
        return [
            one
            for one, glass in self.broken.items()
            if glass.member == member and not glass.finding and self.now >= glass.due
        ]

    def smash(self, member: int) -> str | None:
        if member in self.suspended:
            return "MemberNotCustodian"
        if self.now < self.shut.get(member, 0):
            return "GlassShut"
        return "ReviewOverdue" if self.overdue(member) else None

    def review(self, by: str, which: bytes, finding: Finding) -> str | None:
        glass = self.broken[which]
        if not finding:
            return "FindingMissing"
        member = MEMBERS.get(by, 0)
        if member == glass.member:
            return "ReviewOfOwn"
        by_patient, again = not self.lacks(by, Power.SPEAK), bool(glass.finding)
        if not by_patient:
            if not member or member in self.suspended:
                return "ReviewerNotEntitled"
            if self.now < glass.ends:
                return "EmergencyRunning"
        if again and (glass.by_patient or not by_patient):
            return "ReviewDone"
        if finding is Finding.UNJUSTIFIED:
            self.shut[glass.member] = self.now + REVIEW
        elif again:
            self.shut[glass.member] = 0
        glass.finding, glass.by_patient = finding, by_patient
        glass.ends = min(glass.ends, self.now)
        return None


class Consenting(RuleBasedStateMachine):
    """Plays the contracts and the model side by side, one block a step."""

    health: Health

    @initialize()
    def begin(self) -> None:
        self.rpc, self.council = self.health.chain.rpc, self.health.consortium
        self.consents, self.records = self.health.consents, self.health.records
        self.before = self.rpc.call("evm_snapshot")
        head = self.rpc.call("eth_getBlockByNumber", "latest", False)
        self.model = Model(int(head["timestamp"], 16))
        self.links: list[Link] = []
        self.vote(self.council.set_roles(INSURER, self.council.roles_of(HOSPITAL)).data)
        self.refs = {}
        for labels in LABELS:
            self.tick()
            made = (
                PATIENT,
                bits_of(labels),
                Confidentiality.N,
                COMMITMENT[:-1] + bytes([len(self.refs)]),
            )
            assert (
                self.sent(cast_address("hospital"), self.records.binding.encode("register", *made))
                is None
            )
            (log,) = self.mined["logs"]
            self.refs[labels] = bytes.fromhex(log["topics"][1][2:])

    def teardown(self) -> None:
        if hasattr(self, "before"):
            self.rpc.call("evm_revert", self.before)

    def tick(self, seconds: int = 1) -> None:
        self.model.now += seconds

    def sent(self, account: str, call: Call) -> str | None:
        """Send a call in a block of its own; return the name of the refusal, or nothing."""
        asked = {"from": account, "to": call.to, "data": "0x" + call.data.hex(), "gas": "0x3d0900"}
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        made = self.rpc.call("eth_sendTransaction", asked)
        while (receipt := self.rpc.call("eth_getTransactionReceipt", made)) is None:
            pass
        self.mined = receipt
        if int(receipt["status"], 16):
            return None
        with pytest.raises(RpcRefused) as caught:  # the state is that of the block, its time too
            self.rpc.call("eth_call", asked, "latest")
        return type(decode_refusal(caught.value.data)).__name__

    def vote(self, data: bytes, target: str = "") -> str | None:
        """What a vote would do, without the vote."""
        self.tick()
        me = self.council.binding.address
        self.rpc.call("anvil_setBalance", me, hex(10**20))
        self.rpc.call("anvil_impersonateAccount", me)
        return self.sent(me, Call(target or me, data))

    @rule(
        by=some.sampled_from(ACCOUNTS), grantee=some.sampled_from(GRANTEES),
        provision=some.sampled_from([Provision.PERMIT, Provision.PERMIT, Provision.DENY]),
        purposes=some.sets(some.sampled_from(PURPOSES)), labels=some.sampled_from(LABELS),
        ceiling=some.sampled_from([0, 3, 4, 6]),
        start=some.sampled_from([-DAY, 0, 1, DAY]), length=some.sampled_from([0, 1, HOUR, DAY, None]),
    )  # fmt: skip
    def give(
        self, by: str, grantee: Grantee, provision: Provision, purposes: set[Purpose],
        labels: frozenset[Label], ceiling: int, start: int, length: int | None,
    ) -> None:  # fmt: skip
        self.tick()
        first = self.model.now + start
        end = FOREVER if length is None else first + length
        said = Said(provision, frozenset(purposes), labels, ceiling, first, end, 1)
        terms = bits_of(purposes), bits_of(labels), 1 << ConsentAction.USE, ceiling, first, end
        name = "deny" if provision is Provision.DENY else "grant"
        whom = grantee.member, grantee.study
        call = self.consents.binding.encode(name, PATIENT, whom, terms, DOCUMENT)
        expected = self.model.give(by, grantee, said)

        assert self.sent(by, call) == expected

    @rule(
        by=some.sampled_from(ACCOUNTS), grantee=some.sampled_from(GRANTEES[:3]),
        place=some.integers(0, 2), version=some.integers(1, 2),
    )  # fmt: skip
    def revoke(self, by: str, grantee: Grantee, place: int, version: int) -> None:
        self.tick()
        said = PATIENT, (grantee.member, grantee.study), place, version
        expected = self.model.revoke(by, grantee, place, version)

        assert self.sent(by, self.consents.binding.encode("revoke", *said)) == expected

    @rule(
        by=some.sampled_from(ACCOUNTS), whom=some.sampled_from([CLINIC, STRANGER, PATIENT]),
        power=some.sampled_from(Power), length=some.sampled_from([0, HOUR, 9 * DAY]),
        voted=some.booleans(),
    )  # fmt: skip
    def appoint(self, by: str, whom: str, power: Power, length: int, voted: bool) -> None:
        self.tick()
        until = self.model.now + length
        said = PATIENT, whom, power, until
        if voted:
            self.model.now -= 1  # the vote ticks by itself
            call = self.consents.binding.encode("appointByVote", *said)
            self.model.now += 1
            expected = self.model.represented(whom, power, until, voted=True)
            self.model.now -= 1
            assert self.vote(call.data, call.to or "") == expected
        else:
            expected = self.model.appoint(by, whom, power, until)
            assert self.sent(by, self.consents.binding.encode("appoint", *said)) == expected

    @rule(by=some.sampled_from(ACCOUNTS), whom=some.sampled_from([CLINIC, STRANGER]))
    def dismiss(self, by: str, whom: str) -> None:
        self.tick()
        expected = self.model.dismiss(by, whom)

        call = self.consents.binding.encode("dismiss", PATIENT, whom)
        assert self.sent(by, call) == expected

    @rule(
        by=some.sampled_from(ACCOUNTS), to=some.sampled_from([STRANGER, PATIENT, NOBODY]),
        what=some.sampled_from(["request", "request", "contest", "complete"]),
    )  # fmt: skip
    def move(self, by: str, to: str, what: str) -> None:
        self.tick()
        model = self.model
        expected = model.complete(to) if what == "complete" else getattr(model, what)(by, to)

        call = self.consents.binding.encode(f"{what}Move", PATIENT, to)
        assert self.sent(by, call) == expected

    @rule(
        by=some.sampled_from(sorted(MEMBERS)), labels=some.sampled_from(LABELS),
        purpose=some.sampled_from(PURPOSES), action=some.sampled_from(ACTIONS),
        study=some.sampled_from([bytes(32), STUDY]),
    )  # fmt: skip
    def access(
        self, by: str, labels: frozenset[Label], purpose: Purpose, action: ConsentAction,
        study: bytes,
    ) -> None:  # fmt: skip
        self.tick()
        expected = self.model.decide(Grantee(MEMBERS[by], study), purpose, action, labels)
        said = self.refs[labels], study, purpose, action
        call = self.records.binding.encode("requestAccessForStudy", *said)

        assert self.sent(by, call) is None
        self.health.index.sync()
        (event,) = self.health.index.events(
            "RecordRegistry", "AccessDecided", first=int(self.mined["blockNumber"], 16)
        )
        link = link_of(event)
        assert (link.receipt.outcome, link.receipt.ground) == expected
        assert seconds_of(link.receipt.decided_at) == self.model.now
        self.links.append(link)

    @rule(by=some.sampled_from(sorted(MEMBERS)))
    def smash(self, by: str) -> None:
        self.tick()
        member = MEMBERS[by]
        expected = self.model.smash(member)
        call = self.records.binding.encode("breakGlass", self.refs[LABELS[0]], REASON)

        assert self.sent(by, call) == expected
        if expected is None:
            which = bytes.fromhex(self.mined["logs"][0]["topics"][1][2:])
            now = self.model.now
            self.model.broken[which] = Broken(member, now + EMERGENCY, now + REVIEW)
            self.model.newest[member] = which

    @rule(
        by=some.sampled_from([*ACCOUNTS, *sorted(MEMBERS)]), place=some.integers(0, 9),
        finding=some.sampled_from([Finding.JUSTIFIED, Finding.UNJUSTIFIED, Finding.NONE]),
    )  # fmt: skip
    def review(self, by: str, place: int, finding: Finding) -> None:
        if not self.model.broken:
            return
        self.tick()
        which = list(self.model.broken)[place % len(self.model.broken)]
        expected = self.model.review(by, which, finding)

        call = self.records.binding.encode("review", which, finding, bytes(32))
        assert self.sent(by, call) == expected

    @rule(
        by=some.sampled_from(sorted(MEMBERS)), reviewer=some.sampled_from([PATIENT, *MEMBERS]),
        wait=some.sampled_from([1, EMERGENCY - 2, EMERGENCY - 1]), place=some.just(-1),
    )  # fmt: skip
    def smash_use_and_review(self, by: str, reviewer: str, wait: int, place: int) -> None:
        """Without this rule few emergencies would be used or reviewed while they run."""
        self.smash(by)
        self.wait(wait)
        self.access(by, LABELS[0], Purpose.BTG, ConsentAction.USE, bytes(32))
        self.review(reviewer, place, Finding.JUSTIFIED)

    @rule(by=some.sampled_from([PATIENT, CLINIC]), again=some.booleans())
    def appoint_by_vote_and_undo(self, by: str, again: bool) -> None:
        """Without this rule few would try to undo what a vote appointed."""
        self.appoint(by, CLINIC, Power.SPEAK, HOUR, voted=True)
        if again:
            self.appoint(by, CLINIC, Power.RECOVER, DAY, voted=False)
        else:
            self.dismiss(by, CLINIC)

    @rule(suspend=some.booleans())
    def stand(self, suspend: bool) -> None:
        """Suspend the hospital, or reinstate it."""
        if suspend and HOSPITAL not in self.model.suspended:
            assert self.vote(self.council.suspend_until_lifted(HOSPITAL).data) is None
            self.model.suspended.add(HOSPITAL)
        elif not suspend and HOSPITAL in self.model.suspended:
            assert self.vote(self.council.reinstate(HOSPITAL).data) is None
            self.model.suspended.clear()

    @rule(pause=some.booleans())
    def rest(self, pause: bool) -> None:
        """Pause the consents, or let them go on."""
        place = self.consents.binding.address
        if pause and not self.model.paused:
            assert self.vote(self.council.pause_until_lifted(place).data) is None
        elif not pause and self.model.paused:
            assert self.vote(self.council.unpause(place).data) is None
        self.model.paused = pause

    @rule(length=some.sampled_from([HOUR, EMERGENCY - 1, EMERGENCY, DAY, REVIEW - 1, REVIEW]))
    def wait(self, length: int) -> None:
        self.tick(length)
        self.rpc.call("evm_setNextBlockTimestamp", self.model.now)
        self.rpc.call("evm_mine")

    @invariant()
    def the_consents_are_those_of_the_model(self) -> None:
        if not hasattr(self, "refs"):
            return
        for grantee in GRANTEES[:3]:
            found = self.consents.directives_of(PATIENT, grantee)
            told = [
                (one.provision, one.purposes, one.labels, seconds_of(one.valid_until), one.version)
                for one in found
            ]
            known = self.model.places.get(grantee, [])
            assert told == [
                (one.provision, one.purposes, one.labels, one.end, one.version) for one in known
            ]
        assert self.consents.account_of(PATIENT) == self.model.account
        for who in (CLINIC, STRANGER):
            speaks = self.model.lacks(who, Power.SPEAK) is None
            assert self.consents.speaks_for(who, PATIENT) == speaks
        move = self.consents.move_of(PATIENT)
        assert (move and move.account) == (self.model.move and self.model.move[0])

    @invariant()
    def every_question_is_decided_as_the_model_decides_it(self) -> None:
        if not hasattr(self, "refs"):
            return
        asked = list(product(MEMBERS.values(), (bytes(32), STUDY), PURPOSES, LABELS))
        questions = [
            Question(
                PATIENT, Grantee(who, study), what, ConsentAction.USE, labels, Confidentiality.N
            )
            for who, study, what, labels in asked
        ]
        binding = self.consents.binding
        calls = [binding.encode("decide", question_on_wire(one)).data for one in questions]
        found = self.rpc.batch(
            [
                ("eth_call", [{"to": binding.address, "data": "0x" + data.hex()}, "latest"])
                for data in calls
            ]
        )
        for one, answer in zip(questions, found, strict=True):
            outcome, ground, *_ = binding.decode("decide", bytes.fromhex(answer[2:]))
            model = self.model.consented(one.grantee, one.purpose, one.action, one.labels)
            assert (outcome, ground) == model, one

    @invariant()
    def the_receipts_are_a_chain(self) -> None:
        if hasattr(self, "refs"):
            head = self.records.head_of(PATIENT)
            assert faults(self.records.domain, self.links, head) == []

    @invariant()
    def the_emergencies_are_those_of_the_model(self) -> None:
        if not hasattr(self, "refs"):
            return
        for which, glass in self.model.broken.items():
            stored: Any = self.records.emergency_of(which)
            assert (seconds_of(stored.expires_at), stored.finding) == (glass.ends, glass.finding)
            assert seconds_of(stored.expires_at) <= seconds_of(stored.review_due)
        for member in MEMBERS.values():
            assert set(self.records.overdue_reviews(member)) == set(self.model.overdue(member))


def play(health: Health, examples: int, steps: int) -> None:
    machine = type("Consenting", (Consenting,), {"health": health})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_contracts_do_what_the_model_does(node: Node, hospital: Health):
    play(hospital, examples=20, steps=40)


@pytest.mark.assurance
def test_the_contracts_do_what_the_model_does_at_length(node: Node, hospital: Health):
    play(hospital, examples=80, steps=60)
