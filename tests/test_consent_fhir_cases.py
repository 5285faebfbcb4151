"""
read_consent, on generated consents of R4 and R5
├── given one that is carried without a loss
│   └── the directives decide every request as the resource does
├── given one whose losses take no permit
│   └── they permit the same requests
└── given any
    └── they never permit what the resource does not
write_consents, on generated directives
├── read again, they never permit more, nor does an evaluator of what was written
└── where nothing is lost, they permit the same requests
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fhir_evaluator import PERMIT, Request, evaluate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pyhealth.sharing.purposes import closure_of
from pyhealth.sharing.rule import Draft, decide, standing
from pyhealth.standards.consent.codes import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    PARTICIPATION,
    RESOURCE_TYPES,
    TYPES,
)
from pyhealth.standards.consent.exporting import Head, write_consents
from pyhealth.standards.consent.importing import read_consent
from pyhealth.standards.consent.losses import Consequence
from pyhealth.standards.consent.provisions import EVERY_ACTION, EVERY_SENSITIVITY
from pyhealth.standards.consent.space import EVERY_LABEL
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Label,
    Provision,
    Purpose,
    Question,
    Terms,
)

SAME = {Consequence.IGNORED, Consequence.WEAKENED}  # what is permitted is the same
Json = dict[str, Any]
STUDY = bytes(31) + b"\x07"
MEMBERS = {
    "Organization/one": Grantee(1),
    "Organization/two": Grantee(2),
    "ResearchStudy/seven": Grantee(2, STUDY),
    "Organization/elsewhere": None,
}
ASKING = {
    Grantee(1): {"Organization/one"},
    Grantee(2): {"Organization/two"},
    Grantee(2, STUDY): {"Organization/two", "ResearchStudy/seven"},
    Grantee(3): set(),
}
REFERENCES = {one: text for text, one in MEMBERS.items() if one} | {Grantee(0): ""}
HEAD = Head(
    "Patient/p", "Patient/p", "Organization/one", datetime(2026, 1, 1, tzinfo=UTC), bytes(32)
)
UNKNOWN = "Practitioner/unknown"
TIMES = ["2026-01-01", "2026-02-28T12:00:00Z", "2026-03", "2027"]
MOMENTS = [
    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days, seconds=seconds)
    for days in (0, 1, 58, 58.5, 59, 90, 365, 730)
    for seconds in (-1, 0, 1)
]
PURPOSES = ["TREAT", "ETREAT", "BTG", "COC", "HRESCH", "CLINTRCH", "HPAYMT"]
CLASSES = ["observation", "medication", "genomic", "laboratory"]
RESOURCES = ["Observation", "DiagnosticReport", "MolecularSequence", "Specimen"]
SENSITIVE = ["PSY", "HIV", "ETH", "ETHUD"]
ACTIONS = ["access", "disclose", "correct"]


def codings(system: str, codes: list[str], *, most: int = 3) -> Any:
    listed = some.lists(some.sampled_from(codes), min_size=1, max_size=most, unique=True)
    return listed.map(lambda chosen: [{"system": system, "code": code} for code in chosen])


def concepts(system: str, codes: list[str]) -> Any:
    return codings(system, codes).map(lambda listed: [{"coding": [one]} for one in listed])


def actor(reference: str) -> dict[str, Any]:
    role = {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]}
    return {"role": role, "reference": {"reference": reference}}


def actors(references: list[str]) -> Any:
    listed = some.lists(some.sampled_from(references), min_size=1, max_size=2, unique=True)
    return listed.map(lambda chosen: [actor(one) for one in chosen])


PERIOD = some.one_of(
    some.fixed_dictionaries({"start": some.sampled_from(TIMES[:2])}),
    some.fixed_dictionaries({"end": some.sampled_from(TIMES)}),
    some.fixed_dictionaries(
        {"start": some.sampled_from(TIMES[:2]), "end": some.sampled_from(TIMES[2:])}
    ),
)
CARRIED = {
    "actor": actors(list(MEMBERS)),
    "purpose": codings(ACT_REASON, PURPOSES),
    "action": concepts(CONSENT_ACTION, ACTIONS),
    "class": codings("urn:pyhealth:label", CLASSES),
    "securityLabel": some.one_of(
        codings(ACT_CODE, ["PSY", "HIV"]), codings(CONFIDENTIALITY, list("LNR"), most=2)
    ),
    "period": PERIOD,
}
SEVERAL = some.one_of(
    codings(CONSENT_ACTION, ACTIONS),
    some.tuples(codings(CONSENT_ACTION, ACTIONS), codings("urn:x", ["read"])).map(
        lambda both: both[0] + both[1]
    ),
)
LOSSY = {
    "action": some.lists(SEVERAL.map(lambda listed: {"coding": listed}), min_size=1, max_size=2),
    "actor": actors([*MEMBERS, UNKNOWN]),
    "purpose": some.one_of(CARRIED["purpose"], codings("urn:study", ["foobar"])),
    "class": some.one_of(CARRIED["class"], codings(RESOURCE_TYPES, RESOURCES)),
    "securityLabel": some.one_of(
        some.tuples(codings(ACT_CODE, SENSITIVE), codings(CONFIDENTIALITY, list("LNR"))).map(
            lambda both: both[0] + both[1]
        ),
        codings(ACT_CODE, [*SENSITIVE, "SEX", "NORDSCLCD"]),
    ),
    "dataPeriod": some.just({"start": "2022-01", "end": "2022-12"}),
    "data": some.just([{"meaning": "instance", "reference": {"reference": "Observation/x"}}]),
    "code": concepts("http://loinc.org", ["34133-9"]),
}


@some.composite
def provisions(draw: Any, elements: Json, depth: int, *, root: bool) -> Json:
    """A provision with a few elements, so that requests are about it, and exceptions."""
    names = draw(some.lists(some.sampled_from(sorted(elements)), max_size=2, unique=True))
    found = {name: draw(elements[name]) for name in names}
    if root or draw(some.booleans()):
        found["type"] = draw(some.sampled_from(["permit", "deny"]))
    if depth and draw(some.booleans()):
        inner = provisions(elements, depth - 1, root=False)
        found["provision"] = draw(some.lists(inner, min_size=1, max_size=2))
    return found


def consents(elements: dict[str, Any]) -> Any:
    policies = ["basic-normal", "all-normal", "break-glass-only", "deny"]
    uris = [f"https://profiles.ihe.net/ITI/PCF/Policy-{name}" for name in policies]
    policy = some.sampled_from(uris).map(lambda uri: [{"uri": uri}])
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope"}]}
    scope["coding"][0]["code"] = "patient-privacy"
    head = {"resourceType": "Consent", "status": "active", "scope": scope, "category": [{}]}
    fixed = {name: some.just(value) for name, value in head.items()}
    fixed["provision"] = provisions(elements, 2, root=True)
    return some.fixed_dictionaries(fixed, optional={"policy": policy})


def as_r5(provision: dict[str, Any]) -> dict[str, Any]:
    """A provision in the shape of R5, where each level reverses the one above."""
    found = {name: value for name, value in provision.items() if name not in ("type", "class")}
    if "class" in provision:
        found["resourceType"] = provision["class"]
    if "provision" in provision:
        found["provision"] = [as_r5(inner) for inner in provision["provision"]]
    return found


def r5_of(resource: dict[str, Any]) -> dict[str, Any]:
    root = as_r5(resource["provision"])
    decision = resource["provision"]["type"]
    found = {"resourceType": "Consent", "status": "active", "decision": decision}
    found |= {"subject": {"reference": "Patient/p"}}
    if "period" in root:
        found["period"] = root["period"]
    if "actor" in root:
        found["grantee"] = [one["reference"] for one in root["actor"]]
    return found | {"provision": [*root.get("provision", []), root]}


@some.composite
def drafted(draw: Any) -> list[Draft]:
    """A few directives."""

    def of(values: Iterable[Any]) -> Any:
        return some.sets(some.sampled_from(sorted(values)), min_size=1, max_size=4)

    found = []
    for _ in range(draw(some.integers(1, 5))):
        labels = draw(some.one_of(some.just(EVERY_LABEL), of(Label)))
        labels |= draw(some.sampled_from([EVERY_SENSITIVITY, frozenset()]))
        terms = Terms(
            closure_of(draw(of(map(Purpose.__getitem__, PURPOSES)))),
            frozenset(labels),
            draw(some.one_of(some.just(EVERY_ACTION), of(ConsentAction).map(frozenset))),
            draw(some.sampled_from(list(Confidentiality)[1:])),
            draw(some.sampled_from([ALWAYS, MOMENTS[1]])),
            draw(some.sampled_from([FOREVER, MOMENTS[13]])),
        )
        provision = draw(some.sampled_from([Provision.PERMIT, Provision.DENY]))
        found.append(Draft(draw(some.sampled_from(list(REFERENCES))), provision, terms))
    return found


@dataclass(frozen=True)
class Ask:
    """A request, as the resource's world and as the directives know it."""

    request: Request
    question: Question

    @property
    def at(self) -> datetime:
        return self.request.at


def ask(chance: random.Random) -> Ask:
    """A request at the edges of what the consents speak of."""
    who = chance.choice(list(ASKING))
    unknown = {UNKNOWN} if chance.random() < 0.5 else set()
    classes = set(chance.sample([*CLASSES, "condition"], chance.choice([1, 1, 2])))
    parts = {(name, chance.choice(sorted(TYPES[Label[name.upper()]]))) for name in classes}
    sensitive = set(chance.sample(SENSITIVE, chance.choice([0, 0, 1, 2])))
    request = Request(
        frozenset(ASKING[who] | unknown),
        chance.choice([*PURPOSES, "ERTREAT", "TRAIN"]),
        chance.choice(["access", "disclose", "use"]),
        frozenset(parts),
        frozenset(sensitive),
        chance.choice("ULMNRV"),
        chance.choice(MOMENTS),
        foreign=chance.random() < 0.5,
        detailed=chance.random() < 0.5,
    )
    question = Question(
        "0x" + "00" * 20,
        who,
        Purpose[request.purpose],
        ConsentAction[request.action.upper()],
        frozenset(Label[name.upper()] for name in classes | sensitive),
        Confidentiality[request.confidentiality],
    )
    return Ask(request, question)


ASKS = some.integers(0, 2**32).map(lambda seed: [ask(random.Random(seed + i)) for i in range(60)])


def answers(drafts: Iterable[Draft], asked: list[Ask]) -> list[str]:
    directives = standing(drafts)
    return [decide(directives, one.question, one.at).outcome.name for one in asked]


def wider(got: list[str], said: list[str]) -> list[int]:
    both = enumerate(zip(got, said, strict=True))
    return [i for i, (ours, theirs) in both if ours == PERMIT != theirs]


def carried(resource: Json, asked: list[Ask]) -> None:
    imported = read_consent(resource, MEMBERS, zone=UTC)

    said = [evaluate(resource, one.request) for one in asked]
    got = answers(imported.drafts, asked)

    assert not wider(got, said)
    if not {loss.consequence for loss in imported.losses} - SAME:
        assert not wider(said, got)
    if imported.exact:
        assert got == said


def lossy(resource: Json, asked: list[Ask]) -> None:
    imported = read_consent(resource, MEMBERS, zone=UTC)

    said = [evaluate(resource, one.request) for one in asked]

    assert not wider(answers(imported.drafts, asked), said)


def written(drafts: list[Draft], asked: list[Ask]) -> None:
    consents, losses = write_consents(drafts, HEAD, REFERENCES)
    read = [read_consent(consent, MEMBERS, zone=UTC) for consent in consents]
    again = [one for each in read for one in each.drafts]

    before, after = answers(drafts, asked), answers(again, asked)
    fhir = [[evaluate(consent, one.request) for one in asked] for consent in consents]

    assert not wider(after, before)
    assert not [one for said in fhir for one in wider(said, before)]
    losses += [loss for each in read for loss in each.losses]
    if not {loss.consequence for loss in losses} - SAME:
        assert not wider(before, after)


PROPERTIES: dict[str, tuple[Any, Callable[[Any, list[Ask]], None]]] = {
    "without a loss they decide as the resource": (consents(CARRIED), carried),
    "with losses they never permit more": (consents(CARRIED | LOSSY), lossy),
    "of R5 they decide as the resource": (consents(CARRIED).map(r5_of), carried),
    "of R5 with losses they never permit more": (consents(CARRIED | LOSSY).map(r5_of), lossy),
    "written and read again they decide the same": (drafted(), written),
}


def hold(name: str, cases: int) -> None:
    what, check = PROPERTIES[name]
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    of = settings(max_examples=cases, deadline=None, suppress_health_check=quiet)
    of(given(what, ASKS)(check))()


@pytest.mark.parametrize("name", PROPERTIES)
def test_directives_hold_to_the_resource(name):
    hold(name, 80)


@pytest.mark.assurance
@pytest.mark.parametrize("name", PROPERTIES)
def test_directives_hold_to_the_resource_at_length(name):
    hold(name, 5_000)
