"""
decide
├── given a row of the decision table
│   ├── it decides as the row says, by the directive that the row names
│   └── an evaluator of FHIR finds the same, level by level
├── given a record without a label, or without a confidentiality
│   └── no permit covers it
└── given several that say the same
    └── the one in the first place is named
closure, fewest
├── given any purpose
│   └── its kinds are those of the tree, and breaking the glass only itself
├── given closed purposes
│   └── the fewest names give them back
└── given a purpose without its kinds
    └── it has no name of its own
standing
└── given drafts
    └── each has its place, in their order
"""

from dataclasses import replace

import pytest
from consent_table import (
    ANY_LABEL,
    INACTIVE,
    START,
    TABLE,
    Appoint,
    Dismiss,
    Give,
    Revoke,
    Row,
    Suspend,
    asks,
    grantee,
    moment,
    permit,
)
from fhir_evaluator import DENY, PERMIT, Request, evaluate

from pyhealth.sharing.purposes import (
    EVERY_PURPOSE,
    PARENTS,
    TREE,
    UNBROKEN,
    closure,
    closure_of,
    fewest,
)
from pyhealth.sharing.rule import Draft, decide, levels, standing
from pyhealth.standards.consent.codes import TYPES
from pyhealth.standards.consent.exporting import Head, write_consents
from pyhealth.values import (
    Answer,
    Confidentiality,
    Directive,
    Grantee,
    Ground,
    Label,
    Outcome,
    Provision,
    Purpose,
    Question,
)

NUMBERS = {"hospital": 1, "clinic": 2, "sponsor": 3, "insurer": 4, "outsider": 99}
HEAD = Head("Patient/p", "Patient/p", "Organization/1", START, bytes(32))


class World:
    """What a row gave, step by step, as the registry would keep it."""

    def __init__(self, row: Row) -> None:
        self.drafts: list[Draft | None] = []
        self.until: dict[str, int] = {}
        self.suspended: set[str] = {"outsider"}
        for step in row.given:
            match step:
                case Give():
                    self.drafts.append(self._draft(step) if self._may(step.by, step.at) else None)
                case Revoke(which, by, at) if self._may(by, at) and self.drafts[which]:
                    self._end(which, at)
                case Appoint(who, until):
                    self.until[who] = until
                case Dismiss(who):
                    del self.until[who]
                case Suspend(member):
                    self.suspended.add(member)

    def _may(self, by: str, at: int) -> bool:
        return by == "patient" or at < self.until.get(by, 0)

    def _draft(self, step: Give) -> Draft:
        return Draft(grantee(step.to, step.study, NUMBERS), step.provision, step.terms)

    def _end(self, which: int, at: int) -> None:
        draft = self.drafts[which]
        assert draft
        ended = replace(draft.terms, valid_until=moment(at, START))
        self.drafts[which] = replace(draft, terms=ended)

    @property
    def directives(self) -> dict[Grantee, tuple[Directive, ...]]:
        return standing(one for one in self.drafts if one)


def question(row: Row) -> Question:
    asked = row.asked
    who = grantee(asked.member, asked.study, NUMBERS)
    return Question("0xp", who, asked.purpose, asked.action, asked.labels, asked.confidentiality)


def request(row: Row) -> Request:
    asked = row.asked
    parts = {(one.name.lower(), min(TYPES[one])) for one in asked.labels if one in TYPES}
    return Request(
        frozenset({str(asked.member), f"{asked.member} in study"}),
        asked.purpose.name,
        asked.action.name.lower(),
        frozenset(parts),
        frozenset(one.name for one in asked.labels if one not in TYPES),
        asked.confidentiality.name,
        moment(asked.at, START),
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_rule_decides_as_the_table_says(row):
    world = World(row)

    answer = decide(
        world.directives,
        question(row),
        moment(row.asked.at, START),
        active=row.asked.member not in world.suspended,
    )

    assert (answer.outcome, answer.ground) == (row.outcome, row.ground)
    if row.decided_by is not None:
        decided = world.drafts[row.decided_by]
        assert decided
        same = [one for one in world.drafts if one and one.grantee == decided.grantee]
        assert (answer.place, answer.version) == (same.index(decided), 1)


def asked_of_fhir(drafts: list[Draft], row: Row) -> Outcome:
    """Each directive written as a Consent and evaluated; levels and denials are put together."""
    names = {Grantee(number): name for name, number in NUMBERS.items()}
    names |= {one.grantee: f"{names[Grantee(one.grantee.member)]} in study" for one in drafts
              if any(one.grantee.study)}  # fmt: skip
    for _, level in levels(question(row).grantee):
        said = set()
        for draft in (one for one in drafts if one.grantee == level):
            consents, _ = write_consents([draft], HEAD, names)
            means = PERMIT if draft.provision is Provision.PERMIT else DENY
            said |= {evaluate(one, request(row)) for one in consents} & {means}
        if said:
            return Outcome.CONSENT_DENY if DENY in said else Outcome.CONSENT_PERMIT
    return Outcome.NO_CONSENT


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.ground is not INACTIVE], ids=lambda row: row.name
)
def test_an_evaluator_of_fhir_finds_what_the_table_says(row):
    drafts = [
        one for one in World(row).drafts if one and one.terms.valid_from < one.terms.valid_until
    ]

    assert asked_of_fhir(drafts, row) is row.outcome


@pytest.mark.parametrize(
    "asked",
    [asks("hospital", of=""), replace(asks("hospital"), confidentiality=Confidentiality.NONE)],
    ids=["no label", "no confidentiality"],
)
def test_a_record_that_says_nothing_of_itself_is_not_permitted(asked):
    row = Row("", (permit("hospital", "TREAT"),), asked, Outcome.NO_CONSENT, Ground.NONE)

    answer = decide(World(row).directives, question(row), START)

    assert answer == Answer(Outcome.NO_CONSENT, Ground.NONE, 0, 0)


def test_of_several_that_say_the_same_the_first_is_named():
    row = Row("", (permit("clinic", "TREAT"), *[permit("hospital", "TREAT")] * 2),
              asks("hospital"), Outcome.CONSENT_PERMIT, Ground.MEMBER)  # fmt: skip

    answer = decide(World(row).directives, question(row), START)

    assert answer == Answer(Outcome.CONSENT_PERMIT, Ground.MEMBER, 0, 1)


def test_the_tree_has_every_purpose_once():
    children = [child for named in TREE.values() for child in named.split()]

    assert len(children) == len(set(children)) == len(PARENTS)
    tops = {one for one in Purpose if one not in PARENTS}
    assert {one.name for one in tops} == {
        "HMARKT",
        "HOPERAT",
        "HPAYMT",
        "HRESCH",
        "PATRQT",
        "PUBHLTH",
        "TREAT",
    }


@pytest.mark.parametrize("purpose", Purpose)
def test_a_closure_holds_the_kinds_and_breaks_no_glass(purpose):
    kinds = closure(purpose)

    assert purpose in kinds
    assert (Purpose.BTG in kinds) == (purpose is Purpose.BTG)
    for kind in kinds - {purpose}:
        assert PARENTS[kind] in kinds
    assert fewest(kinds) == [purpose]


def test_the_fewest_names_give_closed_purposes_back():
    for chosen in ([Purpose.TREAT, Purpose.BTG], [Purpose.COC, Purpose.HRESCH], list(Purpose)):
        assert closure_of(fewest(closure_of(chosen))) == closure_of(chosen)
    assert closure_of(fewest(UNBROKEN)) == UNBROKEN
    assert closure_of(fewest(EVERY_PURPOSE)) == EVERY_PURPOSE


def test_a_purpose_without_its_kinds_has_no_name():
    assert fewest({Purpose.TREAT, Purpose.COC}) == [Purpose.COC]


def test_drafts_stand_in_their_order():
    one, other = (permit("hospital", code) for code in ("TREAT", "HPAYMT"))
    drafts = [Draft(Grantee(1), step.provision, step.terms) for step in (one, other)]

    found = standing([*drafts, Draft(Grantee(0), Provision.DENY, one.terms)])

    assert [each.place for each in found[Grantee(1)]] == [0, 1]
    assert found[Grantee(0)][0].provision is Provision.DENY
    assert found[Grantee(1)][1].purposes == closure(Purpose.HPAYMT)
    assert frozenset(Label) < ANY_LABEL == found[Grantee(1)][0].labels
