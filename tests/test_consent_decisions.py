"""
the decision
├── of each row of the decision table, played on the chain
│   ├── the contract decides as the row says, by the directive that the row names
│   └── so does the client's rule, from what the contract tells of its directives
├── of 5,000 generated cases the contract decides as the client's rule does
│   └── of patients with up to eight directives a level, in their first and last seconds too
└── a directive reads in the client as the contract has it, whatever is in its word
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

import pytest
from consent_cast import DOCUMENT, PATIENT, STUDY, Sharing
from consent_table import (
    START,
    TABLE,
    Appoint,
    Dismiss,
    Give,
    Revoke,
    Row,
    Step,
    Suspend,
    grantee,
)
from consortium_cast import ETHICS, HOSPITAL, INSURER, SPONSOR

from pyhealth.chain.wallet import cast_address
from pyhealth.consents.messages import terms_on_wire
from pyhealth.consents.registry import question_on_wire
from pyhealth.hashing import keccak, words
from pyhealth.sharing.purposes import EVERY_PURPOSE, closure
from pyhealth.sharing.rule import decide, levels
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Answer,
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Ground,
    Label,
    MemberStatus,
    Outcome,
    Power,
    Provision,
    Purpose,
    Question,
    Terms,
    directive_of,
    struct,
    utc,
)

NUMBERS = {"hospital": HOSPITAL, "insurer": INSURER, "sponsor": SPONSOR, "clinic": ETHICS}
NUMBERS |= {"outsider": 99}
ACCOUNTS = {"patient": "patient", "guardian": "clinic", "stranger": "stranger"}
CASES = 5_000
SEED = 20_261_122
NOW = utc(2_000_000_000)
ACTIVE, SUSPENDED, NEVER = (HOSPITAL, SPONSOR), INSURER, 99
LEVELS = (Grantee(HOSPITAL, STUDY), Grantee(HOSPITAL), Grantee(SPONSOR), Grantee(0))
FIELDS = (("purposes", 0), ("labels", 64), ("actions", 96), ("ceiling", 104))
LABELS = [Label(place) for place in (*range(18), 25)]
PURPOSES = (Purpose.TREAT, Purpose.BTG, Purpose.COC, Purpose.HRESCH, Purpose.CLINTRCH)


@dataclass
class Played:
    """A row of the table, step by step on the chain, each step in its second."""

    sharing: Sharing
    given: list[tuple[int, int] | None] = field(default_factory=list)  # place and version

    def __post_init__(self) -> None:
        self.start = int(self.sharing.now().timestamp()) + 1_000
        self.binding = self.sharing.consents().binding

    def at(self, moment: datetime) -> datetime:
        """Return a moment of the table as one of the chain."""
        plain = moment in (ALWAYS, FOREVER)
        return moment if plain else utc(self.start + int((moment - START).total_seconds()))

    def play(self, row: Row) -> None:
        for step in sorted(row.given, key=lambda one: one.at):
            self._do(row, step)

    def _do(self, row: Row, step: Step) -> None:
        match step:
            case Give():
                whom, name = (
                    self._whom(step),
                    "deny" if step.provision is Provision.DENY else "grant",
                )
                terms = replace(
                    step.terms,
                    valid_from=self.at(step.terms.valid_from),
                    valid_until=self.at(step.terms.valid_until),
                )
                said = PATIENT, (whom.member, whom.study), terms_on_wire(terms), DOCUMENT
                logs = self._sent(step.by, step.at, name, *said)
                word = int(logs[0]["data"][66:130], 16) if logs else 0
                directive = directive_of(word)
                self.given.append((directive.place, directive.version) if logs else None)
            case Revoke(which, by, at):
                gives = [one for one in row.given if isinstance(one, Give)]
                whom, said_first = self._whom(gives[which]), self.given[which] or (0, 1)
                self._sent(by, at, "revoke", PATIENT, (whom.member, whom.study), *said_first)
            case Appoint(who, until, at):
                said = PATIENT, cast_address(ACCOUNTS[who]), Power.SPEAK, self.start + until
                self._sent("patient", at, "appoint", *said)
            case Dismiss(who, at):
                self._sent("patient", at, "dismiss", PATIENT, cast_address(ACCOUNTS[who]))
            case Suspend(member, at):
                self.sharing.at(utc(self.start + at))
                council = self.sharing.consortium
                self.sharing.voted(council.suspend_until_lifted(NUMBERS[member]))

    def _whom(self, step: Give) -> Grantee:
        return grantee(step.to, step.study, NUMBERS)

    def _sent(self, by: str, at: int, function: str, *said: object) -> list[dict[str, str]]:
        """Send a step in its second; return its events, none where it is refused."""
        data = "0x" + self.binding.encode(function, *said).data.hex()
        call = {"from": cast_address(ACCOUNTS[by]), "to": self.binding.address, "data": data}
        self.sharing.at(utc(self.start + at))
        made = self.sharing.rpc.call("eth_sendTransaction", call | {"gas": "0xf4240"})
        return list(self.sharing.mined(made)["logs"])

    def answers(self, row: Row) -> tuple[Answer, Answer]:
        """Return what the contract says, and what the client's rule does."""
        asked, at = row.asked, utc(self.start + row.asked.at)
        whom = grantee(asked.member, asked.study, NUMBERS)
        said = asked.purpose, asked.action, asked.labels, asked.confidentiality
        question = Question(PATIENT, whom, *said)
        data = "0x" + self.binding.encode("decide", question_on_wire(question)).data.hex()
        call, moment = {"to": self.binding.address, "data": data}, hex(int(at.timestamp()))
        told = self.sharing.rpc.call("eth_call", call, "latest", {}, {"time": moment})
        contract = struct(Answer, self.binding.decode("decide", bytes.fromhex(told[2:])))
        consents = self.sharing.consents()
        known = {level: consents.directives_of(PATIENT, level) for _, level in levels(whom)}
        status = self.sharing.consortium.status_of(whom.member)
        active = status is MemberStatus.ACTIVE
        return contract, decide(known, question, at, active=active)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_row_of_the_table_is_decided_as_it_says(act_as, row):
    played = Played(Sharing(act_as))

    played.play(row)
    contract, client = played.answers(row)

    assert contract == client
    assert (contract.outcome, contract.ground) == (row.outcome, row.ground)
    if row.decided_by is None:
        assert contract.version == 0
    else:
        assert (contract.place, contract.version) == played.given[row.decided_by]


@dataclass(frozen=True)
class Case:
    directives: dict[Grantee, tuple[Directive, ...]]
    question: Question


def word_of(directive: Directive) -> int:
    """The word of a directive, written here once more from the interface's documentation."""
    terms = Terms(*(getattr(directive, name) for name in Terms.__slots__))
    purposes, labels, actions, ceiling, start, end = terms_on_wire(terms)
    places = (
        (purposes, 0),
        (labels, 64),
        (actions, 96),
        (ceiling, 104),
        (start, 112),
        (end, 160),
        (directive.provision, 208),
        (directive.version, 216),
        (directive.place, 248),
    )
    return reduce(lambda word, one: word | one[0] << one[1], places, 0)


def cases(chance: random.Random) -> Iterator[Case]:
    """Cases in which much touches, and little decides by accident."""
    some = lambda those, most: frozenset(chance.sample(list(those), chance.randint(1, most)))  # noqa: E731
    moments = (ALWAYS, NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1), FOREVER)

    def directive(place: int) -> Directive:
        start = chance.choice(moments[:4])
        end = chance.choice([one for one in moments[1:] if one > start])
        named = chance.choice([closure(chance.choice(PURPOSES)), some(PURPOSES, 3), EVERY_PURPOSE])
        return Directive(
            named,
            chance.choice([some(LABELS[:4], 3), some(LABELS, 12), frozenset(LABELS)]),
            some(ConsentAction, 5),
            Confidentiality(chance.randint(1, 6)),
            start,
            end,
            chance.choice([Provision.PERMIT, Provision.PERMIT, Provision.DENY]),
            version=chance.randint(1, 9),
            place=place,
        )

    while True:
        counts = {level: chance.choice((0, 0, 1, 1, 2, 3, 8)) for level in LEVELS}
        asking = chance.choice(
            (*LEVELS[:3], Grantee(SUSPENDED), Grantee(NEVER), Grantee(ETHICS, STUDY))
        )
        yield Case(
            {level: tuple(map(directive, range(count))) for level, count in counts.items()},
            Question(
                PATIENT,
                asking,
                chance.choice(PURPOSES),
                chance.choice(list(ConsentAction)),
                some(LABELS[:4], 3) if chance.random() < 0.9 else frozenset(),
                Confidentiality(chance.randint(0, 6)),
            ),
        )


@dataclass
class Oracle:
    """Asks the contract about patients who never were: their directives come with the question."""

    sharing: Sharing

    def __post_init__(self) -> None:
        self.binding, rpc = self.sharing.consents().binding, self.sharing.rpc
        before = rpc.call("evm_snapshot")
        self.sharing.permit()
        slots = [self.place(Grantee(HOSPITAL), 0, slot) for slot in range(8)]
        address, latest = self.binding.address, "latest"
        read = [("eth_getStorageAt", [address, "0x" + one.hex(), latest]) for one in slots]
        self.base = [bool(int(stored, 16)) for stored in rpc.batch(read)].index(True)
        rpc.call("evm_revert", before)

    def place(self, grantee: Grantee, number: int, base: int | None = None) -> bytes:
        """Where the contract stores a directive of the patient."""
        place = words(self.base if base is None else base)
        for key in (PATIENT, grantee.member, grantee.study):
            place = keccak(words(key) + place)
        return words(int.from_bytes(place) + number)

    def answers(self, asked: list[Case]) -> list[Answer]:
        """Ask about many cases at once, each with the state that it is about."""
        found = self.sharing.rpc.batch([("eth_call", self.call(one)) for one in asked])
        decoded = (self.binding.decode("decide", bytes.fromhex(one[2:])) for one in found)
        return [struct(Answer, one) for one in decoded]

    def call(self, case: Case) -> list[object]:
        data = self.binding.encode("decide", question_on_wire(case.question)).data
        state = {
            "0x" + self.place(level, one.place).hex(): "0x" + words(word_of(one)).hex()
            for level, listed in case.directives.items()
            for one in listed
        }
        call = {"to": self.binding.address, "data": "0x" + data.hex()}
        moment = {"time": hex(int(NOW.timestamp()))}
        return [call, "latest", {self.binding.address: {"stateDiff": state}}, moment]


@pytest.fixture
def oracle(act_as) -> Oracle:
    sharing = Sharing(act_as)
    sharing.voted(sharing.consortium.suspend_until_lifted(SUSPENDED))
    return Oracle(sharing)


def by_the_rule(case: Case, at: datetime = NOW) -> Answer:
    known = {level: those for level, those in case.directives.items() if those}
    active = case.question.grantee.member in (*ACTIVE, ETHICS)
    return decide(known, case.question, at, active=active)


def test_the_contract_decides_as_the_clients_rule_does(oracle):
    made = cases(random.Random(SEED))
    seen: dict[tuple[Outcome, Ground], int] = {}

    for _ in range(CASES // 500):
        asked = [next(made) for _ in range(500)]
        for case, answer in zip(asked, oracle.answers(asked), strict=True):
            assert answer == by_the_rule(case), case
            kind = answer.outcome, answer.ground
            seen[kind] = seen.get(kind, 0) + 1

    decisive = [
        (o, g) for o in list(Outcome)[1:] for g in (Ground.STUDY, Ground.MEMBER, Ground.EVERYONE)
    ]
    assert all(seen[kind] > CASES // 200 for kind in decisive), seen
    assert sum(seen.values()) == CASES


def test_a_directive_reads_in_the_client_as_the_contract_has_it(oracle):
    made = cases(random.Random(SEED + 1))
    some = [one for _ in range(50) for those in next(made).directives.values() for one in those]

    assert [directive_of(word_of(one)) for one in some] == some
    given = oracle.sharing.permit()
    (stored,) = oracle.sharing.consents().directives_of(PATIENT, Grantee(HOSPITAL))
    at = oracle.place(Grantee(HOSPITAL), given.place)
    word = oracle.sharing.rpc.call(
        "eth_getStorageAt", oracle.binding.address, "0x" + at.hex(), "latest"
    )
    assert directive_of(int(word, 16)) == stored
