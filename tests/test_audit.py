"""
audit_events, breaking, bundle
├── given a permit or a refusal
│   └── the decision is an AuthZ-Consent of IHE BALP, with outcome 0 or 8 and the reason
├── given a permit
│   └── what is handed out is a Patient Read, a Patient Update or a Privacy Disclosure
├── given a broken glass
│   └── it is an emergency override, for BTG
└── given any of them
    ├── FHIR R4 accepts it, and so the Bundle of them
    └── nobody is named but by what the chain knows, unless references are given
read_facts
├── given events of ours
│   └── they come back as facts about the same receipt, record, patient and member
├── given a file, a Bundle, NDJSON, a folder, R4 or R5
│   └── every event is read, with its place
├── given events of others
│   └── who, what and why are found through the custodian's own names
├── given what is malformed
│   └── it is refused with its place, or told where that is tolerated
└── given every AuditEvent among the published examples
    └── it is read
gaps
├── given a log that says what the receipts say
│   └── there is none
├── given a receipt without an entry, or an entry without a receipt
│   └── each is found
├── given an entry without a hash
│   └── the nearest receipt of the same record, actor, purpose and patient takes it, within a window
├── given an entry that names a receipt, and another record or patient
│   └── it is not taken for it
├── given an entry that names a receipt, by another, for something else or at another time
│   └── it is found to go beyond it
├── given a second service upon a receipt
│   ├── when the same source tells it
│   │   └── it is found to go beyond the receipt
│   └── when another source tells it, or the first one failed
│       └── it is the same service
├── given an entry on the other side of a period's end than its receipt
│   └── it is matched, and told in its own period alone
└── given data that was served although the receipt refuses
    └── it is found
page
├── given what happened
│   └── it is one page without scripts and without anything from elsewhere
├── given text that is markup
│   └── it is escaped
└── given a broken chain of receipts
    └── it says so first
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as some

from pyhealth.errors import InputError, PyHealthError
from pyhealth.hashing import Domain
from pyhealth.sharing.accesses import Entry, Fact, gaps
from pyhealth.sharing.page import Moment, page
from pyhealth.standards.audit import codes
from pyhealth.standards.audit.names import Names
from pyhealth.standards.audit.reading import Known, read_facts
from pyhealth.standards.audit.writing import audit_events, breaking, bundle
from pyhealth.standards.resources import faults
from pyhealth.values import (
    ConsentAction,
    Emergency,
    Finding,
    Ground,
    Outcome,
    Purpose,
    Receipt,
)

EXAMPLES = ROOT.parent / "shared/data/fhir-r4"
CHAIN = 31337
PATIENT, ACTOR, CONTRACT = ("0x" + byte * 20 for byte in ("Aa", "bB", "cc"))
RECORD, HASH, GLASS = (bytes([byte]) * 32 for byte in (1, 2, 3))
AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = Names(Domain("RecordRegistry", CHAIN, CONTRACT))
KNOWN = Known(CHAIN)
PERMIT, DENY, NONE = Outcome.CONSENT_PERMIT, Outcome.CONSENT_DENY, Outcome.NO_CONSENT


def entry(number: int = 2, **changed: Any) -> Entry:
    usual = Receipt(
        previous=bytes(32),
        record_ref=RECORD,
        study=bytes(32),
        emergency_id=bytes(32),
        patient=PATIENT,
        actor=ACTOR,
        member=5,
        record_version=1,
        purpose=Purpose.TREAT,
        action=ConsentAction.ACCESS,
        outcome=PERMIT,
        ground=Ground.MEMBER,
        place=1,
        version=3,
        decided_at=AT,
    )
    return Entry(replace(usual, **changed), bytes([number]) * 32, custodian=4)


def agents(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["type"]["coding"][0]["code"]: one for one in event["agent"]}


def entities(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["type"]["code"]: one for one in event["entity"]}


# audit_events, breaking, bundle


def test_a_permit_is_a_decision_with_outcome_0():
    decided, _ = audit_events(entry(), NAMES)

    assert decided["type"]["code"] == "110113"
    assert decided["subtype"] == [
        {"system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"}
        | {"code": "AuthZ-Consent"}
    ]
    assert (decided["action"], decided["outcome"]) == ("E", "0")
    assert decided["recorded"] == "2026-07-01T09:30:00Z"
    assert "outcomeDesc" not in decided
    parties = agents(decided)
    assert set(parties) == {"110150", "IRCP", "PROV", "authserver"}
    assert [one for one, agent in parties.items() if agent["requestor"]] == ["IRCP"]
    assert parties["authserver"]["who"] == decided["source"]["observer"]
    assert parties["IRCP"]["purposeOfUse"][0]["coding"][0]["code"] == "TREAT"
    assert parties["110150"]["network"]["type"] == "5"
    things = entities(decided)
    assert set(things) == {"1", "2", "Consent"}
    assert things["2"]["what"]["identifier"]["value"] == f"eip155:31337:0x{RECORD.hex()}"
    assert things["Consent"]["what"]["identifier"]["value"] == f"eip155:31337:{PATIENT}:5:1:3"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"outcome": NONE, "ground": Ground.NONE, "place": 0, "version": 0},
         "NO_CONSENT: no directive of the patient permits it"),
        ({"outcome": DENY, "ground": Ground.EVERYONE},
         "CONSENT_DENY: a directive for everyone denies it (place 1, version 3)"),
        ({"outcome": DENY, "ground": Ground.MEMBER_NOT_ACTIVE, "place": 0, "version": 0},
         "CONSENT_DENY: the member is not active"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_decision_with_outcome_8_and_the_reason(changed, reason):
    (decided,) = audit_events(entry(**changed), NAMES)

    assert (decided["outcome"], decided["outcomeDesc"]) == ("8", reason)
    consent = entities(decided)["Consent"]["what"]
    assert ("display" in consent) == (not changed.get("version", 3))
    assert faults(decided, "R4") == []


@pytest.mark.parametrize(
    ("action", "kind", "subtype", "done"),
    [
        (ConsentAction.COLLECT, "rest", "read", "R"),
        (ConsentAction.ACCESS, "rest", "read", "R"),
        (ConsentAction.USE, "rest", "read", "R"),
        (ConsentAction.CORRECT, "rest", "update", "U"),
        (ConsentAction.DISCLOSE, "110106", "disclose", "R"),
    ],
)
def test_what_is_handed_out_has_the_shape_of_its_action(action, kind, subtype, done):
    _, served = audit_events(entry(action=action), NAMES)

    assert served["type"]["code"] == kind
    assert [one["code"] for one in served["subtype"]] == [subtype]
    assert (served["action"], served["outcome"]) == (done, "0")
    parties = agents(served)
    server = "110152" if action is ConsentAction.CORRECT else "110153"
    assert parties[server]["who"] == served["source"]["observer"]
    assert parties[server]["who"]["identifier"]["value"] == "eip155:31337:4"
    assert {"110152", "110153", "IRCP"} == set(parties)
    things = entities(served)
    assert things["2"]["role"]["code"] == "4"
    assert things["1"]["role"]["code"] == "1"
    assert things["XrequestId"]["what"]["identifier"]["value"] == "0x" + HASH.hex()


def test_a_broken_glass_is_an_emergency_override():
    emergency = Emergency(
        PATIENT, AT + timedelta(hours=1), AT + timedelta(days=7), 5, Finding.NONE, False
    )

    event = breaking(GLASS, emergency, AT, NAMES)

    assert event["subtype"][0]["code"] == "110127"
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "BTG"
    assert event["outcomeDesc"] == (
        "permits until 2026-07-01T10:30:00Z, review due before 2026-07-08T09:30:00Z"
    )
    assert event["id"] == GLASS.hex()


def test_an_access_by_broken_glass_names_it():
    broken = entry(ground=Ground.EMERGENCY, emergency_id=GLASS, purpose=Purpose.BTG, version=0)

    events = audit_events(broken, NAMES)

    for event in events:
        said = {one["url"]: one["valueString"] for one in event["extension"]}
        assert said[codes.EMERGENCY] == "0x" + GLASS.hex()
        assert event["purposeOfEvent"][0]["coding"][0]["code"] == "BTG"


@settings(max_examples=60, deadline=None)
@given(
    some.sampled_from(Purpose),
    some.sampled_from(ConsentAction),
    some.sampled_from(Outcome),
    some.sampled_from(Ground),
    some.binary(min_size=32, max_size=32),
)
def test_every_receipt_makes_events_that_fhir_accepts(purpose, action, outcome, ground, word):
    changed = entry(
        purpose=purpose, action=action, outcome=outcome, ground=ground, study=word, previous=word
    )

    events = audit_events(changed, NAMES)

    assert [faults(event, "R4") for event in [*events, bundle(events, AT)]] == [[]] * (
        len(events) + 1
    )


def test_an_empty_bundle_is_one():
    assert faults(bundle([], AT), "R4") == []


def test_references_stand_for_what_they_are_given_for():
    names = replace(
        NAMES,
        members={5: "Organization/clinic"},
        patients={PATIENT: "Patient/p"},
        records={RECORD: "Observation/7"},
    )

    decided, served = audit_events(entry(), names)

    assert agents(decided)["PROV"]["who"] == {"reference": "Organization/clinic"}
    assert entities(decided)["1"]["what"] == {"reference": "Patient/p"}
    assert entities(served)["2"]["what"] == {"reference": "Observation/7"}


# read_facts


def written(folder: Path, name: str, *events: Any) -> Path:
    file = folder / name
    if file.suffix == ".ndjson":
        file.write_text("".join(json.dumps(one) + "\n" for one in events))
    else:
        file.write_text(json.dumps(events[0]))
    return file


def test_events_of_ours_come_back_as_facts(tmp_path):
    file = written(tmp_path, "log.ndjson", *audit_events(entry(), NAMES))

    (decided, served), faulty = read_facts([file], KNOWN)

    assert not faulty
    assert served == Fact(
        place=f"{file}, line 2",
        recorded=AT,
        succeeded=True,
        served=True,
        receipts=frozenset({HASH}),
        records=frozenset({RECORD}),
        patients=frozenset({PATIENT.lower()}),
        members=frozenset({4, 5}),
        actors=frozenset({ACTOR.lower()}),
        purposes=frozenset({Purpose.TREAT}),
        action=ConsentAction.ACCESS,
        source="eip155:31337 urn:pyhealth:member|eip155:31337:4",
    )
    assert (decided.served, decided.receipts) == (False, frozenset({HASH}))


def test_a_disclosure_and_a_correction_are_told_apart(tmp_path):
    done = [ConsentAction.DISCLOSE, ConsentAction.CORRECT]
    events = [audit_events(entry(action=one), NAMES)[1] for one in done]

    facts, _ = read_facts([written(tmp_path, "log.ndjson", *events)], KNOWN)

    assert [fact.action for fact in facts] == done


def test_files_bundles_lines_and_folders_are_read_with_their_places(tmp_path):
    event = audit_events(entry(), NAMES)[1]
    written(tmp_path, "one.json", event)
    written(tmp_path, "bundle.json", bundle([event, event], AT))
    written(tmp_path, "lines.ndjson", event, bundle([event], AT))
    written(tmp_path, "patient.json", {"resourceType": "Patient"})
    (tmp_path / "notes.txt").write_text("nothing to do with it")

    facts, _ = read_facts([tmp_path], KNOWN)

    assert [fact.place.removeprefix(f"{tmp_path}/") for fact in facts] == [
        "bundle.json, entry 1",
        "bundle.json, entry 2",
        "lines.ndjson, line 1",
        "lines.ndjson, line 2, entry 1",
        "one.json",
    ]


def test_events_of_others_are_read_through_the_custodian_s_names(tmp_path):
    reading = {"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}
    event = {
        "resourceType": "AuditEvent",
        "type": codes.REST,
        "subtype": [reading],
        "action": "R",
        "recorded": "2026-07-01T11:31:00+02:00",
        "outcome": "0",
        "agent": [{"who": {"reference": "Organization/clinic"}, "requestor": True}],
        "source": {"observer": {"display": "server"}},
        "entity": [
            {"what": {"reference": "Observation/7/_history/2"}},
            {"what": {"identifier": {"system": "urn:mrn", "value": "42"}}},
        ],
    }
    known = Known(
        CHAIN,
        members={"Organization/clinic": 5},
        patients={"urn:mrn|42": PATIENT},
        records={"Observation/7": RECORD},
    )

    (fact,), _ = read_facts([written(tmp_path, "log.json", event)], known)

    assert (fact.members, fact.records) == ({5}, {RECORD})
    assert (fact.patients, fact.receipts) == ({PATIENT.lower()}, frozenset())
    assert fact.recorded == AT + timedelta(minutes=1)
    assert fact.served


def test_events_of_r5_are_read(tmp_path):
    event = {
        "resourceType": "AuditEvent",
        "category": [{"coding": [codes.REST]}],
        "code": {"coding": [{"system": codes.RESTFUL, "code": "read"}]},
        "action": "R",
        "recorded": "2026-07-01T09:30:00Z",
        "outcome": {"code": {"system": "http://terminology.hl7.org/x", "code": "0"}},
        "authorization": [{"coding": [{"system": codes.TERMINOLOGY + "v3-ActReason",
                                       "code": "TREAT"}]}],
        "patient": NAMES.patient(PATIENT),
        "agent": [{"who": NAMES.member(5)}],
        "source": {"observer": {"display": "server"}},
        "entity": [{"what": NAMES.record(RECORD)}],
    }  # fmt: skip

    (fact,), _ = read_facts([written(tmp_path, "log.json", event)], KNOWN)

    assert (fact.records, fact.members, fact.purposes) == ({RECORD}, {5}, {Purpose.TREAT})
    assert (fact.succeeded, fact.served) == (True, True)
    assert fact.patients == {PATIENT.lower()}


def test_identifiers_of_another_chain_are_not_ours(tmp_path):
    file = written(tmp_path, "log.ndjson", *audit_events(entry(), NAMES))

    facts, _ = read_facts([file], Known(chain_id=1))

    assert all(not fact.records | fact.members | fact.patients for fact in facts)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("log.json", "{", "is no JSON"),
        ("log.ndjson", '{"resourceType": "Patient"}\n{\n', "line 2 is no JSON"),
        ("log.json", '{"resourceType": "AuditEvent"}', r"log\.json: AuditEvent\."),
        ("log.json", '{"resourceType": "Bundle", "entry": 5}', "Bundle.entry is 5"),
        ("log.json", '{"resourceType": "Bundle", "entry": [5]}', "entry 1 holds no resource"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place_or_told(tmp_path, name, content, why):
    (tmp_path / name).write_text(content)
    written(tmp_path, "good.json", audit_events(entry(), NAMES)[1])

    with pytest.raises(InputError, match=why):
        read_facts([tmp_path], KNOWN)
    facts, faulty = read_facts([tmp_path], KNOWN, lenient=True)

    assert (len(facts), len(faulty)) == (1, 1)


def test_blank_lines_are_passed_over(tmp_path):
    file = written(tmp_path, "log.ndjson", *audit_events(entry(), NAMES))
    file.write_text(file.read_text().replace("\n", "\n\n"))

    facts, _ = read_facts([file], KNOWN)

    assert [one.place.rpartition(" ")[2] for one in facts] == ["1", "3"]


def test_what_fhir_does_not_know_is_told():
    assert faults({"resourceType": "Foo"}, "R4")[0].startswith("Foo cannot be read as R4")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing does not exist"):
        read_facts([tmp_path / "missing"], KNOWN)


def test_a_member_that_is_no_number_is_refused(tmp_path):
    event = audit_events(entry(), NAMES)[1]
    event["agent"][0]["who"]["identifier"]["value"] = "eip155:31337:clinic"

    with pytest.raises(InputError, match="value is 'clinic'; no member is that"):
        read_facts([written(tmp_path, "log.json", event)], KNOWN)


PIECES = some.recursive(
    some.one_of(some.none(), some.integers(), some.text(max_size=4), some.just("AuditEvent")),
    lambda inner: some.one_of(
        some.lists(inner, max_size=2),
        some.dictionaries(
            some.sampled_from(["who", "what", "type", "code", "identifier", "value", "entity"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(some.dictionaries(some.sampled_from(["agent", "entity", "type", "outcome", "recorded",
                                            "purposeOfEvent", "subtype", "category"]), PIECES))  # fmt: skip
def test_no_json_leads_to_anything_but_our_errors(tmp_path_factory, elements):
    event = audit_events(entry(), NAMES)[1] | elements
    file = written(tmp_path_factory.mktemp("log"), "log.json", event)

    facts, faulty = read_facts([file], KNOWN, lenient=True)

    assert len(facts) + len(faulty) == 1
    if faulty:
        with pytest.raises(PyHealthError):
            read_facts([file], KNOWN)


@pytest.mark.skipif(not any(EXAMPLES.glob("AuditEvent-*")), reason="no published examples here")
def test_every_published_audit_event_is_read():
    files = sorted(EXAMPLES.glob("AuditEvent-*.json"))

    facts, faulty = read_facts(files, KNOWN)

    assert len(facts) == len(files) >= 9
    assert not faulty
    told = {Path(fact.place).stem.removeprefix("AuditEvent-"): fact for fact in facts}
    assert told["example-disclosure"].action is ConsentAction.DISCLOSE
    assert not told["example-login"].concerns_data
    assert not told["example-error"].succeeded
    assert sum(fact.concerns_data for fact in facts) == 4


# gaps


def fact(number: int = 2, **changed: Any) -> Fact:
    """An entry that names no receipt."""
    usual = Fact(
        place=f"log, line {number}",
        recorded=AT,
        succeeded=True,
        served=True,
        records=frozenset({RECORD}),
        members=frozenset({5}),
    )
    return replace(usual, **changed)


def test_a_log_that_says_the_same_has_no_gap(tmp_path):
    entries = [entry(n, purpose=one) for n, one in enumerate([Purpose.TREAT, Purpose.HPAYMT])]
    refused = entry(9, outcome=DENY)
    events = [event for one in [*entries, refused] for event in audit_events(one, NAMES)]

    facts, _ = read_facts([written(tmp_path, "log.ndjson", *events)], KNOWN)
    found = gaps([*entries, refused], facts)

    assert not found.any
    assert len(found.matched) == 5
    assert found.passed_over == 0


def test_gaps_are_found_both_ways():
    logged, missing = entry(1), entry(2, decided_at=AT + timedelta(hours=1))
    stray = fact(recorded=AT + timedelta(days=1))
    login = fact(served=False, records=frozenset())

    found = gaps([logged, missing], [fact(), stray, login])

    assert found.any
    assert found.unlogged == (missing,)
    assert found.unreceipted == (stray,)
    assert found.passed_over == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"records": frozenset({GLASS})},
        {"members": frozenset({6})},
        {"purposes": frozenset({Purpose.HPAYMT})},
        {"patients": frozenset({CONTRACT})},
        {"recorded": AT + timedelta(minutes=5, seconds=1)},
        {"recorded": AT - timedelta(minutes=5, seconds=1)},
        {"receipts": frozenset({GLASS})},
    ],
    ids=["record", "member", "purpose", "patient", "later", "earlier", "another receipt"],
)
def test_an_entry_about_something_else_is_not_taken(changed):
    found = gaps([entry()], [fact(**changed)])

    assert (len(found.unlogged), len(found.unreceipted)) == (1, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"members": frozenset(), "actors": frozenset({ACTOR.lower()})},
        {"purposes": frozenset({Purpose.COC})},
        {"patients": frozenset({PATIENT.lower()})},
        {"recorded": AT + timedelta(minutes=5)},
        {"recorded": AT - timedelta(minutes=5)},
    ],
    ids=["account", "kind of purpose", "patient", "latest", "earliest"],
)
def test_an_entry_about_the_same_is_taken(changed):
    assert not gaps([entry()], [fact(**changed)]).any


def test_the_nearest_receipt_takes_an_entry_and_only_one():
    early, late = entry(1), entry(2, decided_at=AT + timedelta(minutes=2))
    one = fact(recorded=AT + timedelta(seconds=90))

    found = gaps([early, late], [one])
    both = gaps([early, late], [one, fact()])
    three = gaps([early, late], [one, fact(), fact(recorded=AT + timedelta(seconds=1))])

    assert found.unlogged == (early,)
    assert not both.any
    assert len(three.unreceipted) == 1


def test_a_decision_and_a_service_share_a_receipt():
    assert not gaps([entry()], [fact(), fact(served=False)]).any


def test_an_entry_that_names_a_receipt_and_another_record_is_not_taken_for_it():
    named = fact(receipts=frozenset({HASH}))

    assert not gaps([entry()], [named]).any
    for changed in ({"records": frozenset({GLASS})}, {"patients": frozenset({CONTRACT})}):
        assert gaps([entry()], [replace(named, **changed)]).unreceipted


@pytest.mark.parametrize(
    "changed",
    [
        {"members": frozenset({4, 6})},
        {"members": frozenset({4}), "actors": frozenset({CONTRACT})},
        {"members": frozenset({4})},
        {"purposes": frozenset({Purpose.HMARKT})},
        {"action": ConsentAction.DISCLOSE},
        {"action": ConsentAction.CORRECT},
        {"recorded": AT + timedelta(minutes=5, seconds=1)},
        {"recorded": AT - timedelta(minutes=5, seconds=1)},
    ],
    ids=["member", "account", "nobody", "purpose", "disclosed", "corrected", "later", "earlier"],
)
def test_an_entry_that_goes_beyond_the_receipt_it_names_is_found(changed):
    first = fact(receipts=frozenset({HASH}))
    more = replace(first, **changed)

    found = gaps([entry()], [first, more])

    assert found.any
    assert found.beyond == ((entry(), more),)
    assert (found.matched, found.unreceipted) == (((entry(), first),), ())


@pytest.mark.parametrize("asked", [ConsentAction.COLLECT, ConsentAction.ACCESS, ConsentAction.USE])
def test_a_reading_is_covered_whatever_it_is_for(asked):
    read = fact(receipts=frozenset({HASH}), action=ConsentAction.ACCESS)

    assert not gaps([entry(action=asked)], [read]).any
    assert gaps([entry(action=ConsentAction.DISCLOSE)], [read]).beyond


def test_a_custodian_s_own_access_covers_none_by_another():
    own = entry(member=4)
    read = fact(members=frozenset({4}), receipts=frozenset({HASH}))

    assert not gaps([own], [read]).any
    assert gaps([own], [replace(read, members=frozenset({4, 6}))]).beyond


def test_a_receipt_serves_once_for_each_source():
    first = fact(receipts=frozenset({HASH}), source="server")
    again = replace(first, recorded=AT + timedelta(seconds=1), place="again")
    failed = replace(first, recorded=AT - timedelta(seconds=1), succeeded=False)

    assert gaps([entry()], [again, first]).beyond == ((entry(), again),)
    assert not gaps([entry()], [failed, first, replace(again, source="gateway")]).any
    unnamed = replace(again, receipts=frozenset())
    assert gaps([entry()], [first, unnamed]).unreceipted == (unnamed,)
    assert not gaps([entry()], [first, replace(unnamed, source="gateway")]).any


def test_the_end_of_a_period_makes_no_gap():
    cut = AT + timedelta(seconds=2)
    before, after = (cut - DAY, cut), (cut, cut + DAY)
    late = fact(recorded=AT + timedelta(seconds=3))

    first, second = (gaps([entry()], [late], period=one) for one in (before, after))

    assert not first.any
    assert not second.any
    assert (first.matched, second.matched) == ((), ((entry(), late),))


def test_what_lies_outside_of_a_period_is_not_told():
    cut = AT + timedelta(minutes=6)
    stray, login = fact(recorded=AT), fact(served=False, records=frozenset())

    found = gaps(
        [entry(decided_at=AT + timedelta(hours=1))], [stray, login], period=(cut, cut + DAY)
    )

    assert len(found.unlogged) == 1
    assert (found.unreceipted, found.passed_over) == ((), 0)
    at_its_start = gaps([entry(decided_at=cut)], [], period=(cut, cut + DAY))
    at_its_end = gaps([entry(decided_at=cut + DAY)], [], period=(cut, cut + DAY))
    assert (len(at_its_start.unlogged), len(at_its_end.unlogged)) == (1, 0)


def test_what_was_served_although_it_was_refused_is_found():
    refused = entry(outcome=DENY)

    assert gaps([refused], [fact()]).overruled == ((refused, fact()),)
    assert not gaps([refused], [fact(succeeded=False)]).any
    assert not gaps([refused], [fact(served=False)]).any


# page


class Reader(HTMLParser):
    """Collects what a browser would see, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


MOMENTS = [
    Moment(AT, "access", "Clinic (member 5) asks to access for TREAT: permitted",
           {"transaction": "0x12", "record_ref": "0x34"}),
    Moment(AT, "refusal", "Insurer asks to use for HPAYMT: refused"),
    Moment(AT, "refusal", "Insurer asks again: refused"),
    Moment(AT, "break-glass", "Clinic breaks the glass"),
    Moment(AT, "consent", "the patient permits Clinic"),
]  # fmt: skip


def test_the_page_stands_alone():
    text = page(PATIENT, MOMENTS, faults=(), at=AT)

    reader = read(text)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert not reader.fetched
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert reader.tags.count("tr") == 1 + len(MOMENTS)
    for said in (PATIENT, "2026-07-01 09:30:00 UTC", "1 access", "2 refusals", "1 broken glass"):
        assert said in reader.text
    assert "record ref" in reader.text
    assert "none is missing" in reader.text


def test_what_is_markup_is_escaped():
    evil = "<script>alert('x')</script>\"&"
    moments = [Moment(AT, evil, evil, {evil: evil})]

    text = page(evil, moments, faults=[evil], at=AT)

    reader = read(text)
    assert "script" not in reader.tags
    assert reader.text.count("<script>") == 6


def test_a_broken_chain_is_said_first():
    reader = read(page(PATIENT, MOMENTS, faults=["receipt 0x12: missing"], at=AT))

    assert "Receipts are missing or altered" in reader.text
    assert reader.text.index("receipt 0x12: missing") < reader.text.index("Clinic")
    assert "is whole" not in reader.text


def test_a_patient_of_whom_nothing_is_known_has_an_empty_page():
    assert "Nothing happened yet." in read(page(PATIENT, [], faults=(), at=AT)).text
