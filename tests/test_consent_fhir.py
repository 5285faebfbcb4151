"""
read_consent
├── given a Consent of IHE PCF, Basic or Intermediate
│   └── its directives say what it says, and nothing is lost
├── given the same in R5, or written by another tool (identifiers, older systems, versions)
│   └── it is read alike; the release is told apart, or stated
├── given an element that no directive can carry
│   └── a permit goes, a denial grows, and the report says so with the place
├── given a Consent that cannot be followed (status, scope, modifier, no type)
│   └── nothing is granted, and the report says why
├── given a default policy of IHE PCF
│   └── a permit stays within it, and the report says where it was wider
├── given what leaves more than one reading (codings that differ, no zone, an element left empty)
│   └── a permit is read as the least, a denial as the most, and the report says so
├── given malformed FHIR, or a code that is none
│   ├── it refuses in one sentence, which names value and place
│   └── when that is tolerated, it never permits more, and reports it
├── given any JSON
│   └── nothing but PyHealthError is raised
└── given every R4 Consent among the published examples
    └── it is imported, or there is a report
write_consents
├── given a grant with exceptions
│   └── it is one Consent of IHE PCF, which FHIR R4 accepts
├── given denials beside it
│   └── those that it cannot contain are Consents of their own
└── given what FHIR has no word for
    └── it is told
"""

import contextlib
import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import ROOT
from consent_resources import (
    MEMBERS,
    actions,
    actor,
    basic,
    confidential,
    purposes,
    r5,
    sensitive,
    types,
    within,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pyhealth.errors import InputError, PyHealthError
from pyhealth.sharing.purposes import EVERY_PURPOSE, UNBROKEN, closure, closure_of
from pyhealth.sharing.rule import Draft, decide, standing
from pyhealth.standards.consent.exporting import Head, write_consents
from pyhealth.standards.consent.importing import Imported, read_consent
from pyhealth.standards.consent.losses import Consequence
from pyhealth.standards.resources import faults, moment
from pyhealth.values import (
    ALWAYS,
    FOREVER,
    Confidentiality,
    ConsentAction,
    Grantee,
    Label,
    Outcome,
    Provision,
    Purpose,
    Question,
    Terms,
    labels_of,
)

EXAMPLES = ROOT.parent / "shared/data/fhir-r4"
TPO = closure_of([Purpose.TREAT, Purpose.HPAYMT, Purpose.HOPERAT])
ANY_LABEL = labels_of((1 << 32) - 1)
EVERY_ACTION = frozenset(ConsentAction)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
POLICY = "https://profiles.ihe.net/ITI/PCF/Policy-"


def read(resource: Any, **options: Any) -> Imported:
    return read_consent(resource, MEMBERS, **{"zone": UTC} | options)


def draft(provision: Provision = Provision.PERMIT, member: int = 0, **terms: Any) -> Draft:
    ceiling = Confidentiality.V if provision is Provision.PERMIT else Confidentiality.NONE
    usual = {"purposes": TPO, "labels": ANY_LABEL, "actions": EVERY_ACTION, "ceiling": ceiling}
    usual |= {"valid_from": ALWAYS, "valid_until": FOREVER}
    return Draft(Grantee(member), provision, Terms(**usual | terms))


def permitted(imported: Imported, member: int = 1, of: str = "CONDITION", **asked: Any) -> bool:
    """Whether a request is permitted; by default for treatment, of a normal condition."""
    usual = {"purpose": Purpose.TREAT, "action": ConsentAction.ACCESS} | asked
    level = Confidentiality[usual.pop("level", "N")]
    at = usual.pop("at", NOW)
    labels = frozenset(Label[name] for name in of.split())
    question = Question("0xp", Grantee(member), labels=labels, confidentiality=level, **usual)
    return decide(standing(imported.drafts), question, at).outcome is Outcome.CONSENT_PERMIT


def losses(imported: Imported) -> dict[str, Consequence]:
    return {loss.path: loss.consequence for loss in imported.losses}


# read_consent, IHE PCF


def test_a_basic_consent_is_one_permit_for_everyone():
    imported = read(basic())

    assert imported.drafts == (draft(),)
    assert (imported.release, imported.patient, imported.exact) == ("R4", "Patient/p", True)


def test_a_basic_dissent_is_one_denial():
    imported = read(basic(provision={"type": "deny", "purpose": purposes("TREAT")}))

    assert imported.drafts == (draft(Provision.DENY, purposes=closure(Purpose.TREAT)),)
    assert imported.exact


def test_a_consent_names_actors_by_reference_and_by_identifier():
    clinic = actor("") | {
        "reference": {"identifier": {"system": "urn:oid:1.2.3", "value": "clinic"}}
    }
    hospital = actor("Organization/hospital/_history/4", "PRCP")

    imported = read(basic(provision={"type": "permit", "actor": [hospital, clinic]}))

    assert imported.drafts == tuple(draft(member=n, purposes=UNBROKEN) for n in (1, 2))
    assert imported.exact


def test_a_period_ends_after_its_last_day():
    period = {"start": "2026-06-01", "end": "2026-12-31"}

    imported = read(basic(provision={"type": "permit", "period": period}))

    (one,) = imported.drafts
    assert one.terms.valid_from == datetime(2026, 6, 1, tzinfo=UTC)
    assert one.terms.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_is_over_is_left_out_when_a_moment_is_given():
    ended = basic(provision={"type": "permit", "period": {"end": "2022-12-31"}})

    imported = read(ended, at=NOW)

    assert imported.drafts == ()
    assert losses(imported) == {"Consent.provision": Consequence.IGNORED}
    assert "ended by 2023-01-01 00:00:00 UTC" in str(imported.losses[0])


def test_research_for_one_organisation():
    research = {"type": "permit", "purpose": purposes("CLINTRCH")}
    imported = read(basic(provision=research | {"actor": [actor("Organization/hospital")]}))

    assert imported.drafts == (draft(member=1, purposes=closure(Purpose.CLINTRCH)),)


def test_an_exception_denies_one_member():
    imported = read(within({"type": "deny", "actor": [actor("Organization/hospital")]}))

    assert imported.drafts == (draft(), draft(Provision.DENY, 1))
    assert imported.exact


def test_an_exception_denies_sensitive_data():
    imported = read(within({"type": "deny", "securityLabel": sensitive("PSY")}))

    assert not permitted(imported, of="CONDITION PSY")
    assert permitted(imported, of="CONDITION HIV")
    assert imported.exact


def test_a_dissent_but_for_breaking_the_glass():
    glass = {"type": "permit", "purpose": purposes("BTG")}
    imported = read(basic(provision={"type": "deny", "provision": [glass]}))

    assert permitted(imported, purpose=Purpose.BTG)
    assert not permitted(imported)
    assert imported.exact
    assert {one.provision for one in imported.drafts} == {Provision.PERMIT, Provision.DENY}


def test_an_exception_without_a_type_reverses_what_it_is_in():
    imported = read(within({"purpose": purposes("HPAYMT"), "provision": [
        {"actor": [actor("Organization/hospital")]}]}))  # fmt: skip

    assert permitted(imported, 1, purpose=Purpose.HPAYMT)
    assert not permitted(imported, 2, purpose=Purpose.HPAYMT)
    assert permitted(imported, 2)
    assert imported.exact


def test_normal_data_and_no_restricted():
    label = {"securityLabel": confidential("N")}
    imported = read(within({"type": "deny", "securityLabel": confidential("R")}, **label))

    assert imported.drafts == (draft(ceiling=Confidentiality.N),)
    assert losses(imported) == {}


def test_a_confidentiality_covers_what_is_below():
    imported = read(basic(provision={"type": "permit", "securityLabel": confidential("N", "R")}))

    assert [permitted(imported, level=one) for one in "ULMNRV"] == [True] * 5 + [False]


def test_the_types_of_a_class_are_the_class():
    whole = types("Condition", "AllergyIntolerance", "FamilyMemberHistory")
    imported = read(basic(provision={"type": "permit", "class": whole}))

    assert permitted(imported, of="CONDITION PSY")
    assert not permitted(imported, of="CONDITION IMAGING")
    assert imported.exact


# read_consent, other shapes


def test_r5_says_the_same():
    imported = read(r5(provision=[{"actor": [actor("Organization/hospital")]}],
                       period={"end": "2026"}))  # fmt: skip

    ends = {"valid_until": datetime(2027, 1, 1, tzinfo=UTC), "purposes": UNBROKEN}
    assert imported.drafts == (draft(**ends), draft(Provision.DENY, 1, **ends))
    assert (imported.release, imported.exact) == ("R5", True)


def test_the_grantee_of_r5_is_whom_a_permit_is_for():
    imported = read(r5(grantee=[{"reference": "Organization/hospital"}]))

    assert imported.drafts == (draft(member=1, purposes=UNBROKEN),)


def test_resource_types_of_r5_are_classes():
    reports = types("Specimen", "DiagnosticReport", "Observation")
    imported = read(r5(decision="deny", provision=[{"resourceType": reports}]))

    assert permitted(imported, of="LABORATORY")
    assert not permitted(imported, of="CONDITION")


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_release_can_be_stated(release):
    bare = {"resourceType": "Consent", "status": "inactive", "category": [{}], "scope": {}}
    if release == "R5":
        del bare["scope"], bare["category"]

    assert read(bare, release=release).release == release


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ({"resourceType": "Consent", "status": "active"}, "no element that tells R4 from R5"),
        (basic(decision="permit"), "elements of R4 and of R5"),
        (basic(provision=[{}]), "elements of R4 and of R5"),
    ],
    ids=["neither", "both", "a list"],
)
def test_a_release_that_cannot_be_told_is_asked_for(resource, why):
    with pytest.raises(InputError, match=f"^The Consent has {why}; say which release it is"):
        read(resource)


def test_older_names_of_code_systems_are_known():
    old = [{"system": "urn:oid:2.16.840.1.113883.5.8", "code": "TREAT"}]

    imported = read(basic(provision={"type": "permit", "purpose": old}))

    assert imported.drafts == (draft(purposes=closure(Purpose.TREAT)),)


def test_a_file_is_read(tmp_path):
    file = tmp_path / "consent.json"
    file.write_text(json.dumps(basic()))

    assert read(file) == read(file.read_bytes()) == read(file.read_text()) == read(basic())


@pytest.mark.parametrize(
    ("written", "start", "after"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2026-02-28", (2026, 2, 28), (2026, 3, 1)),
        ("2026-02-28T12:30:15Z", (2026, 2, 28, 12, 30, 15), (2026, 2, 28, 12, 30, 16)),
        ("2026-02-28T12:30:15.25+02:00", (2026, 2, 28, 10, 30, 15), (2026, 2, 28, 10, 30, 16)),
        ("2026-02-28T12:30Z", (2026, 2, 28, 12, 30), (2026, 2, 28, 12, 31)),
    ],
)
def test_moments_are_as_precise_as_they_are_written(written, start, after):
    assert moment(written, "it") == datetime(*start, tzinfo=UTC)
    assert moment(written, "it", end=True) == datetime(*after, tzinfo=UTC)


def test_days_are_those_of_a_zone():
    east = timezone(timedelta(hours=10))

    assert moment("2026-06-01", "it", zone=east) == datetime(2026, 5, 31, 14, tzinfo=UTC)
    assert moment("9999-12-31", "it", end=True) == FOREVER


def test_a_date_without_a_zone_is_taken_as_utc_and_told():
    bare = basic(provision={"type": "permit", "period": {"start": "2026-06", "end": "2027-05-31"}})
    zoned = {"start": "2026-06-01T00:00:00Z", "end": "2027-05-31T23:59:59+02:00"}
    whole = basic(provision={"type": "permit", "period": zoned})

    found = read(bare, zone=None)

    assert losses(found) == {
        "Consent.provision.period.start": Consequence.ASSUMED,
        "Consent.provision.period.end": Consequence.ASSUMED,
    }
    assert found.drafts == read(bare).drafts
    assert read(whole, zone=None).exact


def test_a_start_within_a_second_permits_from_the_next():
    def start(text: str) -> datetime:
        period = {"start": f"2026-06-01T00:00:00{text}Z"}
        (one,) = read(basic(provision={"type": "permit", "period": period})).drafts
        return one.terms.valid_from

    assert start(".900") == datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC)
    assert start(".000") == start("") == datetime(2026, 6, 1, tzinfo=UTC)


def test_a_period_before_all_time_is_over():
    imported = read(basic(provision={"type": "permit", "period": {"end": "1960"}}))

    assert imported.drafts == ()
    assert losses(imported) == {"Consent.provision.period": Consequence.IGNORED}


# read_consent, what cannot be carried


UNCARRIED = {
    "data": [{"meaning": "instance", "reference": {"reference": "Observation/x"}}],
    "dataPeriod": {"start": "2022-01", "end": "2022-12"},
    "code": [{"coding": [{"system": "http://loinc.org", "code": "34133-9"}]}],
    "class": [{"system": "urn:ietf:bcp:13", "code": "application/hl7-cda+xml"}],
    "purpose": [{"system": "http://example.org/purposes", "code": "FooBar"}],
    "securityLabel": sensitive("SEX"),
    "action": [{"coding": [{"system": "http://example.org/actions", "code": "look"}]}],
    "actor": [actor("Practitioner/unknown")],
}
PLACES = {name: f"Consent.provision.{name}" for name in ("data", "dataPeriod", "code")}


@pytest.mark.parametrize("name", UNCARRIED)
def test_a_permit_with_what_cannot_be_carried_goes(name):
    imported = read(basic(provision={"type": "permit", name: UNCARRIED[name]}))

    assert not permitted(imported)
    assert set(losses(imported).values()) == {Consequence.NARROWED}
    assert next(iter(losses(imported))).startswith(f"Consent.provision.{name}")


@pytest.mark.parametrize("name", UNCARRIED)
def test_a_denial_with_what_cannot_be_carried_grows(name):
    imported = read(within({"type": "deny", name: UNCARRIED[name]}))

    assert not any(permitted(imported, member) for member in (1, 2, 7))
    assert Consequence.NARROWED in losses(imported).values()


def test_what_can_be_carried_of_a_list_still_is():
    both = purposes("TREAT") + UNCARRIED["purpose"]
    imported = read(basic(provision={"type": "permit", "purpose": both}))

    assert imported.drafts == (draft(purposes=closure(Purpose.TREAT)),)
    assert losses(imported) == {"Consent.provision.purpose[2]": Consequence.NARROWED}
    assert imported.losses[0].value == "http://example.org/purposes|FooBar"


TWICE = [{"coding": actions("access")[0]["coding"] + actions("disclose")[0]["coding"]}]
MIXED = [{"coding": actions("access")[0]["coding"] + UNCARRIED["action"][0]["coding"]}]


@pytest.mark.parametrize(
    ("action", "left"),
    [(TWICE, {"USE", "COLLECT", "CORRECT"}), (MIXED, set())],
    ids=["own", "mixed"],
)
def test_a_concept_of_several_codings_is_denied_as_each_and_permitted_as_all(action, left):
    denied = read(within({"type": "deny", "action": action}))
    given = read(basic(provision={"type": "permit", "action": action}))

    assert {one.name for one in ConsentAction if permitted(denied, action=one)} == left
    assert not [one for one in ConsentAction if permitted(given, action=one)]
    assert losses(denied)["Consent.provision.provision[1].action[1]"] is Consequence.NARROWED
    assert losses(given) == {"Consent.provision.action[1]": Consequence.NARROWED}


def test_an_actor_of_two_roles_is_a_recipient_where_both_are():
    two = actor("Organization/hospital")
    two["role"]["coding"] += actor("", "CST")["role"]["coding"]
    both = actor("Organization/hospital")
    both["role"]["coding"] += actor("", "PRCP")["role"]["coding"]

    assert read(basic(provision={"type": "permit", "actor": [two]})).drafts == ()
    assert permitted(read(basic(provision={"type": "permit", "actor": [both]})))


def test_an_actor_who_goes_by_two_members_is_neither_for_a_permit_and_anyone_for_a_denial():
    two = actor("Organization/hospital")
    two["reference"]["identifier"] = {"system": "urn:oid:1.2.3", "value": "clinic"}
    given = read(basic(provision={"type": "permit", "actor": [two]}))
    denied = read(within({"type": "deny", "actor": [two]}))

    assert not any(permitted(one, member) for one in (given, denied) for member in (1, 2))
    assert losses(given) == {"Consent.provision.actor[1].reference": Consequence.NARROWED}


def test_an_actor_that_is_known_to_be_no_member_changes_nothing():
    stranger = {"actor": [actor("Organization/elsewhere")]}

    assert read(basic(provision={"type": "permit"} | stranger)).drafts == ()
    assert permitted(read(within({"type": "deny"} | stranger)))
    assert read(within({"type": "deny"} | stranger)).exact


def test_a_custodian_is_no_recipient():
    both = [actor("Organization/hospital", "CST"), actor("Organization/hospital", "PRCP")]

    imported = read(basic(provision={"type": "permit", "actor": both}))

    assert imported.drafts == ()
    assert losses(imported) == {"Consent.provision.actor[1].role": Consequence.NARROWED}


MASKED = {"extension": [{"url": "http://example.org/only", "valueString": "Mondays"}]}


@pytest.mark.parametrize("more", [{"_end": MASKED}, MASKED], ids=["no end", "an extension"])
@pytest.mark.parametrize("shape", ["R4", "R5"])
def test_a_period_of_which_not_all_is_read_permits_nothing_and_denies_as_far_as_it_can(more, shape):
    period = {"start": "2026-01-01"} | more
    given = basic(provision={"type": "permit", "period": period})
    denied = within({"type": "deny", "period": period})
    if shape == "R5":
        given, denied = r5(period=period), r5(provision=[{"period": period}])

    assert not permitted(read(given))
    assert not permitted(read(denied))
    assert permitted(read(denied), at=datetime(2025, 1, 1, tzinfo=UTC))
    assert Consequence.NARROWED in losses(read(given)).values()


@pytest.mark.parametrize(
    "empty", [{"grantee": []}, {"provision": []}, {"period": {}}, {"period": []}]
)
def test_an_empty_element_of_r5_is_refused_and_permits_nothing_where_it_is_tolerated(empty):
    with pytest.raises(InputError, match=r"^Consent\."):
        read(r5(**empty))

    tolerated = read(r5(**empty), lenient=True)
    assert not permitted(tolerated)
    assert Consequence.NARROWED in losses(tolerated).values()


def test_grantees_that_are_none_are_tolerated_and_nobody():
    assert not permitted(read(r5(grantee=5), lenient=True))


@pytest.mark.parametrize("name", ["_status", "_decision"])
def test_what_is_said_beside_a_code_is_not_followed(name):
    resource = basic(_status=MASKED) if name == "_status" else r5(_decision=MASKED)

    assert losses(read(resource)) == {f"Consent.{name}": Consequence.REFUSED}


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_glass_is_not_broken_where_treatment_is_excepted(release):
    permit = {"purpose": purposes("BTG", "HRESCH")}
    resource = within({"type": "deny", "purpose": purposes("TREAT")}, **permit)
    if release == "R5":
        inner = permit | {"provision": [{"purpose": purposes("ETREAT")}]}
        resource = r5(decision="deny", provision=[inner])

    imported = read(resource)

    assert not permitted(imported, purpose=Purpose.BTG)
    assert permitted(imported, purpose=Purpose.HRESCH)
    assert Consequence.NARROWED in losses(imported).values()
    named = {"type": "deny", "purpose": purposes("HPAYMT")}
    assert permitted(read(within(named, **permit)), purpose=Purpose.BTG)


def test_a_part_of_a_class_permits_nothing_and_denies_the_class():
    prescriptions = types("MedicationRequest")

    assert not permitted(read(basic(provision={"type": "permit", "class": prescriptions})))
    denied = read(within({"type": "deny", "class": prescriptions}))
    assert not permitted(denied, of="MEDICATION")
    assert permitted(denied)
    assert "only a part of the class of data" in str(denied.losses[0])


def test_a_duty_of_the_recipient_takes_the_permit_away():
    labels = confidential("N") + sensitive("NORDSCLCD")

    imported = read(basic(provision={"type": "permit", "securityLabel": labels}))

    assert imported.drafts == ()
    assert "a duty of the recipient cannot be enforced" in str(imported.losses[0])


def test_a_permit_of_sensitive_data_alone_permits_nothing_plain():
    imported = read(basic(provision={"type": "permit", "securityLabel": sensitive("PSY")}))

    assert imported.drafts == ()
    assert losses(imported) == {"Consent.provision": Consequence.NARROWED}


def test_a_denial_of_substance_abuse_reaches_what_pcf_counts_as_such():
    imported = read(within({"type": "deny", "securityLabel": sensitive("ETH")}))

    assert not permitted(imported, of="CONDITION ETHUD")
    assert not permitted(imported, of="CONDITION ETH")


def test_a_permit_within_a_permit_adds_nothing():
    more = {"type": "permit", "securityLabel": confidential("R")}

    imported = read(within(more, securityLabel=confidential("N")))

    assert not permitted(imported, level="R")
    assert losses(imported) == {"Consent.provision.provision[1].type": Consequence.NARROWED}


def test_a_member_with_less_than_everyone_gets_nothing_of_it():
    """The level below would permit what the member's own cannot deny: restricted data alone."""
    less = {"type": "deny", "actor": [actor("Organization/hospital")]}
    imported = read(within(less | {"securityLabel": confidential("R")}))

    assert not permitted(imported, 1, level="R")
    assert not permitted(imported, 1)
    assert permitted(imported, 2, level="R")
    assert losses(imported) == {"Consent.provision": Consequence.NARROWED}


OURS = [{"system": "urn:pyhealth:label", "code": "observation"}]


def test_a_denial_of_restricted_data_of_a_class_is_a_want_of_permit():
    restricted = {"type": "deny", "class": OURS, "securityLabel": confidential("R")}
    imported = read(within(restricted))

    assert [permitted(imported, of=one, level="R") for one in ("IMAGING", "OBSERVATION")] == [
        True,
        False,
    ]
    assert permitted(imported, of="OBSERVATION", level="N")
    assert losses(imported) == {"Consent.provision": Consequence.WEAKENED}
    assert "refused for want of a permit alone, as for OBSERVATION" in str(imported.losses[0])


def test_a_denial_that_reaches_further_is_told():
    imported = read(within({"type": "deny", "securityLabel": sensitive("PSY")}, **{"class": OURS}))

    assert permitted(imported, of="OBSERVATION HIV")
    assert not permitted(imported, of="OBSERVATION PSY")
    assert losses(imported) == {"Consent.provision": Consequence.NARROWED}
    assert "a denial reaches what nothing is said of" in str(imported.losses[0])


def test_labels_of_two_kinds_are_read_the_narrow_way():
    labels = {"securityLabel": confidential("N") + sensitive("PSY")}
    permit = read(basic(provision={"type": "permit"} | labels))
    denial = read(within({"type": "deny", "securityLabel": confidential("R") + sensitive("PSY")}))

    asked = [("CONDITION", "N"), ("CONDITION PSY", "N"), ("CONDITION PSY", "R")]
    assert [permitted(permit, of=of, level=level) for of, level in asked] == [True, True, False]
    assert [permitted(denial, of=of, level=level) for of, level in asked] == [True, False, False]
    assert not permitted(permit, of="CONDITION HIV")
    assert losses(permit) == {"Consent.provision.securityLabel": Consequence.NARROWED}
    place = "Consent.provision.provision[1].securityLabel"
    assert losses(denial)[place] is Consequence.NARROWED


def test_more_directives_than_a_grantee_can_have_are_fewer():
    spans = [f"20{year}-01-01" for year in range(27, 47)]
    denials = [
        {"type": "deny", "period": {"start": day, "end": day}, "purpose": purposes(code)}
        for day, code in zip(
            spans, [*["TREAT", "COC", "HPAYMT", "HOPERAT", "GOV"]] * 4, strict=True
        )
    ]

    imported = read(within(*denials))

    assert len(imported.drafts) == 1
    assert imported.drafts[0].provision is Provision.DENY
    assert not permitted(imported, at=datetime(2030, 1, 1, 12, tzinfo=UTC))
    assert "more than 8 directives" in str(imported.losses[-1])


def test_a_consent_that_draws_too_many_distinctions_is_refused():
    labels = [name.lower() for name in Label.__members__ if Label[name] >= Label.ADMINISTRATION]
    ours = [[{"system": "urn:pyhealth:label", "code": name}] for name in labels]
    exceptions = [{"type": "deny", "class": one} for one in ours]
    exceptions += [{"type": "deny", "securityLabel": sensitive(code)} for code in ("PSY", "HIV")]

    imported = read(within(*exceptions))

    assert imported.refused
    assert imported.drafts == ()


def test_a_consent_of_many_exceptions_is_refused_soon():
    days = (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(2_000))
    moments = [f"{day:%Y-%m-%dT%H:%M:%SZ}" for day in days]
    each = [{"type": "deny", "period": {"start": one, "end": one}} for one in moments]

    before = time.process_time()
    imported = read(within(*each))

    assert imported.refused
    assert "hand it in as several consents" in str(imported.losses[0])
    assert time.process_time() - before < 5


# read_consent, what cannot be followed


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (basic(status="draft"), "Consent.status"),
        (basic(status="proposed"), "Consent.status"),
        (basic(scope={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                                  "code": "treatment"}]}), "Consent.scope"),
        (basic(provision={"purpose": purposes("TREAT")},
               policyRule={"coding": sensitive("OPTIN")}), "Consent.provision.type"),
        (basic(provision={}), "Consent.provision"),
        (r5(decision=None), "Consent.decision"),
    ],
    ids=["draft", "proposed", "scope", "no type", "no provision", "no decision"],
)  # fmt: skip
def test_a_consent_that_cannot_be_followed_grants_nothing(resource, path):
    imported = read(resource)

    assert imported.drafts == ()
    assert imported.refused
    assert losses(imported)[path] is Consequence.REFUSED
    assert not imported.withdrawn


@pytest.mark.parametrize("status", ["rejected", "inactive", "entered-in-error"])
def test_a_consent_that_is_withdrawn_says_to_revoke(status):
    imported = read(basic(status=status))

    assert imported.withdrawn
    assert imported.drafts == ()
    assert "revoke what was granted from it" in str(imported.losses[0])


def test_an_opt_out_without_a_provision_denies_everything():
    resource = basic(policyRule={"coding": sensitive("OPTOUT")})
    del resource["provision"]

    assert read(resource).drafts == (draft(Provision.DENY, purposes=EVERY_PURPOSE),)


def test_what_says_permit_within_what_says_nothing_counts():
    clear = {"type": "permit", "purpose": purposes("TREAT")}
    imported = read(basic(provision={"provision": [clear]},
                          policyRule={"coding": sensitive("OPTIN")}))  # fmt: skip

    assert permitted(imported)
    assert not permitted(imported, purpose=Purpose.HPAYMT)
    assert losses(imported)["Consent.provision.type"] is Consequence.NARROWED


def test_a_consent_that_was_verified_stands():
    assert read(basic(verification=[{"verified": True}])).exact


def test_a_consent_that_failed_its_verification_permits_nothing():
    imported = read(basic(verification=[{"verified": False}]))

    assert imported.drafts == ()
    assert losses(imported) == {"Consent.verification[1].verified": Consequence.NARROWED}


MODIFIER = {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}
MODIFIED = {
    "Consent": basic() | MODIFIER,
    "Consent.provision": basic(provision={"type": "permit"} | MODIFIER),
    "Consent.provision.actor[1]": basic(
        provision={"type": "permit", "actor": [actor("Organization/hospital") | MODIFIER]}
    ),
    "Consent.provision.provision[2]": within({"type": "deny"}, {"type": "deny"} | MODIFIER),
    "Consent.policy[1]": basic(policy=[{"uri": "urn:pyhealth:consent-rules"} | MODIFIER]),
    "Consent.verification[1]": basic(verification=[{"verified": True} | MODIFIER]),
}


@pytest.mark.parametrize("place", MODIFIED)
def test_a_modifier_is_refused_wherever_it_stands(place):
    where = re.escape(place)
    with pytest.raises(InputError, match=rf"^{where}\.modifierExtension changes the meaning"):
        read(MODIFIED[place])

    tolerated = read(MODIFIED[place], lenient=True)
    assert (tolerated.drafts, tolerated.refused) == ((), True)


# read_consent, default policies


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("basic-normal", {"TREAT": True, "HPAYMT": False, "BTG": False, "R": False}),
        ("all-normal", {"TREAT": True, "HPAYMT": True, "BTG": False, "R": False}),
        ("break-glass-only", {"TREAT": False, "HPAYMT": False, "BTG": True, "R": False}),
        ("deny", {"TREAT": False, "HPAYMT": False, "BTG": False, "R": False}),
    ],
)
def test_a_permit_stays_within_the_policy_that_it_agrees_to(policy, expected):
    imported = read(basic(provision={"type": "permit"}, policy=[{"uri": POLICY + policy}]))

    found = {
        name: permitted(imported, purpose=Purpose[name]) for name in ("TREAT", "HPAYMT", "BTG")
    }
    assert found | {"R": permitted(imported, level="R")} == expected
    assert Consequence.NARROWED in losses(imported).values()


def test_a_permit_that_is_within_its_policy_is_exact():
    within_it = {"type": "permit", "purpose": purposes("TREAT"), "securityLabel": confidential("N")}

    assert read(basic(provision=within_it, policy=[{"uri": POLICY + "basic-normal"}])).exact


@pytest.mark.parametrize(
    "uri",
    [
        POLICY + "deny|1.1.0",
        POLICY.replace("https", "http") + "deny",
        POLICY + "only-on-mondays",
    ],
    ids=["version", "http", "unknown"],
)
def test_a_policy_of_pcf_that_is_written_otherwise_permits_no_more(uri):
    imported = read(basic(policy=[{"uri": uri}]))

    assert not permitted(imported)
    assert losses(imported)["Consent.policy[1].uri"] is Consequence.NARROWED


def test_a_dissent_but_for_breaking_the_glass_is_a_denial_under_its_policy():
    glass = {"type": "permit", "purpose": purposes("BTG")}
    policy = [{"uri": POLICY + "break-glass-only"}]
    imported = read(basic(provision={"type": "deny", "provision": [glass]}, policy=policy))

    assert permitted(imported, purpose=Purpose.BTG)
    assert draft(Provision.DENY, purposes=UNBROKEN) in imported.drafts
    assert imported.exact


@pytest.mark.parametrize(
    ("rule", "permits", "told"),
    [
        ({"coding": sensitive("OPTOUT")}, True, Consequence.IGNORED),
        ({"coding": [{"system": POLICY.rsplit("/", 1)[0], "code": "Policy-deny"}]}, False,
         Consequence.NARROWED),
        ({"text": "Only at night"}, True, Consequence.IGNORED),
    ],
    ids=["opt-out", "PCF", "text"],
)  # fmt: skip
def test_a_policy_rule_beside_a_provision_is_told(rule, permits, told):
    imported = read(basic(policyRule=rule))

    assert permitted(imported) is permits
    assert losses(imported)["Consent.policyRule"] is told


def test_a_policy_of_r5_is_kept_to():
    deny = read(r5(policyBasis={"url": POLICY + "deny"}))
    text = read(r5(policyText=[{"reference": "DocumentReference/x"}]))

    assert not permitted(deny)
    assert losses(deny) == {"Consent.policyBasis.url": Consequence.NARROWED}
    assert losses(text) == {"Consent.policyText": Consequence.IGNORED}


def test_the_sample_permits_treatment_but_not_of_psychiatry():
    imported = read(ROOT / "samples/consent/consent.json")
    at = datetime(2027, 1, 1, tzinfo=UTC)

    assert permitted(imported, at=at)
    assert not permitted(imported, at=at, of="CONDITION PSY")
    assert losses(imported) == {"Consent.policy[1].uri": Consequence.IGNORED}


def test_a_dissent_is_not_narrowed_by_the_policy_it_dissents_from():
    dissent = {"type": "deny", "purpose": purposes("HRESCH")}

    imported = read(basic(provision=dissent, policy=[{"uri": POLICY + "basic-normal"}]))

    assert imported.drafts == (draft(Provision.DENY, purposes=closure(Purpose.HRESCH)),)


def test_a_policy_of_others_is_not_read():
    imported = read(basic(policy=[{"uri": "http://example.org/policy.txt"}]))

    assert imported.drafts == (draft(),)
    assert losses(imported) == {"Consent.policy[1].uri": Consequence.IGNORED}


# read_consent, bad input


def changed(path: str, value: object) -> dict[str, Any]:
    """A good Consent with one thing changed."""
    resource = within({"type": "deny", "securityLabel": sensitive("PSY")})
    resource["provision"]["actor"] = [actor("Organization/hospital")]
    resource["provision"]["action"] = actions("access")
    at: Any = resource
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if step.isdecimal() else at[step]
    at[last] = value
    return resource


BAD = {
    "unknown purpose": (
        changed("provision.purpose.1.code", "HPAYMNT"),
        "Consent.provision.purpose[2].code is 'HPAYMNT', which is no code of "
        "http://terminology.hl7.org/CodeSystem/v3-ActReason that is known here; write one of its "
        "codes, such as HPAYMT",
    ),
    "unknown action": (
        changed("provision.action.0.coding.0.code", "peek"),
        "Consent.provision.action[1] is 'peek', which is no code",
    ),
    "unknown confidentiality": (
        changed("provision.provision.0.securityLabel", confidential("X")),
        "Consent.provision.provision[1].securityLabel[1].code is 'X', which is no code",
    ),
    "unknown type": (
        changed("provision.type", "allow"),
        "Consent.provision.type is 'allow'; write permit or deny",
    ),
    "unknown decision": (
        r5(decision="maybe"),
        "Consent.decision is 'maybe'; write permit or deny",
    ),
    "unknown status": (
        changed("status", "on"),
        "Consent.status is 'on'; it is one of draft, proposed, active",
    ),
    "period reversed": (
        changed("provision.period", {"start": "2027-01-01", "end": "2026-01-01"}),
        "Consent.provision.period is reversed: 2027-01-01 comes after 2026-01-01",
    ),
    "no day": (
        changed("provision.period", {"start": "2026-02-30"}),
        "Consent.provision.period.start",
    ),
    "no date": (
        changed("provision.period", {"start": "soon"}),
        "Consent.provision.period.start: DateTime value string does not match",
    ),
    "empty period": (
        changed("provision.period", {"id": "p"}),
        "Consent.provision.period is without start and end",
    ),
    "foreign element": (
        changed("provision.colour", "red"),
        "Consent.provision.colour: Extra inputs are not permitted",
    ),
    "number for text": (changed("status", 5), "Consent.status: Input should be a valid string"),
    "list for object": (changed("patient", [5]), "Consent.patient.root: Value is expected"),
    "empty list": (
        changed("provision.purpose", []),
        "Consent.provision.purpose is empty; leave it out, or fill it",
    ),
    "null": (changed("provision.period", None), "Consent.provision.period is empty"),
    "several faults": (
        changed("category", "x") | {"scope": "x"},
        "and 1 more faults; correct the R4 resource, or be lenient",
    ),
    "another resource": (
        {"resourceType": "Patient"},
        "The resource is 'Patient', where a Consent is expected",
    ),
    "no resource": ({}, "The resource is None, where a Consent is expected"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_one_sentence(name):
    resource, sentence = BAD[name]

    with pytest.raises(InputError) as refused:
        read(resource)

    said = str(refused.value)
    assert sentence in said
    assert said.count("\n") == 0
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"\xff", "The document is not UTF-8 (byte 0)"),
        ("{", "The document is no JSON (line 1, column 2"),
        ("[]", "The document is no JSON object"),
        ("{" * 100_000, "The document is no JSON"),
        ("[" * 100_000, "The document cannot be read: nested too deeply"),
        ('{"status": "active", "status": "inactive"}', "the name 'status' occurs twice"),
        ('{"status": NaN}', "NaN is no number of JSON"),
        (" " * (1 << 24) + "{}", "The document is larger than 16777216 bytes"),
    ],
    ids=["bytes", "cut", "list", "braces", "deep", "twice", "NaN", "large"],
)
def test_what_is_no_document_is_refused(text, sentence):
    with pytest.raises(InputError) as refused:
        read(text)

    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing\.json cannot be opened"):
        read(tmp_path / "missing.json")


@pytest.mark.parametrize(
    "path",
    [
        "provision.purpose.1.code",
        "provision.action.0.coding.0.code",
        "provision.period",
        "provision.colour",
        "provision.purpose",
        "provision.actor",
        "provision.class",
        "provision.securityLabel",
        "verification",
    ],
)
@pytest.mark.parametrize("value", ["x", 5, {}, [[]], [{"code": 5}], {"start": 3}])
def test_what_is_malformed_and_tolerated_permits_no_more(path, value):
    whole = read(changed("status", "active"))

    try:
        tolerated = read(changed(path, value), lenient=True)
    except InputError:
        return

    assert tolerated.losses
    for member in (1, 2):
        for level in "NR":
            for at in (NOW, datetime(2001, 1, 1, tzinfo=UTC)):
                if permitted(tolerated, member, level=level, at=at):
                    assert permitted(whole, member, level=level, at=at)


def test_a_malformed_period_that_is_tolerated_permits_nothing():
    imported = read(changed("provision.period", {"end": "2026-13-01"}), lenient=True)

    assert not [one for one in imported.drafts if one.provision is Provision.PERMIT]
    assert losses(imported)["Consent.provision.period.end"] is Consequence.NARROWED


def test_provisions_without_an_end_are_refused():
    resource = basic()
    at = resource["provision"]
    for _ in range(60):
        at["provision"] = [{"purpose": purposes("TREAT")}]
        at = at["provision"][0]

    with pytest.raises(InputError, match="lies too deep"):
        read(resource, lenient=True)


# read_consent, any JSON


SCALARS = some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), some.text())
ANY_JSON = some.recursive(
    SCALARS,
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(some.text(), inner)),
    max_leaves=8,
)
NAMES = [*basic(), *basic()["provision"], *UNCARRIED, "period", "modifierExtension", "_type"]
NAMES += ["start", "end", "coding", "system", "reference", "identifier", "verification", "type"]
NAMES += ["decision", "subject", "grantee", "policy", "policyRule", "uri", "verified", "role"]
CLOSE = some.recursive(
    some.one_of(SCALARS, some.sampled_from(["permit", "deny", "active", "2026-01-01", "TREAT"])),
    lambda inner: some.one_of(
        some.lists(inner, max_size=2),
        some.dictionaries(some.sampled_from(NAMES), inner, max_size=4),
    ),
    max_leaves=10,
)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(some.dictionaries(some.sampled_from(NAMES), CLOSE, max_size=6), some.booleans())
def test_no_json_leads_to_anything_but_our_errors(elements, lenient):
    for release in (None, "R4", "R5"):
        resource = basic() | elements | {"resourceType": "Consent"}
        with contextlib.suppress(PyHealthError):
            imported = read(resource, lenient=lenient, release=release)
            assert imported.exact or imported.losses


@FEW
@given(some.one_of(some.binary(max_size=200), some.text(max_size=200), ANY_JSON.map(json.dumps)))
def test_no_bytes_lead_to_anything_but_our_errors(document):
    with pytest.raises(PyHealthError):
        read(document)


# read_consent, published examples


@pytest.mark.skipif(not any(EXAMPLES.glob("Consent-*")), reason="no published examples here")
@pytest.mark.parametrize("lenient", [False, True])
def test_every_published_consent_is_imported_or_reported(lenient):
    members = {"Organization/f001": Grantee(1), "Practitioner/f204": Grantee(2)}
    files = sorted(EXAMPLES.glob("Consent-*.json"))

    found = {file.name: read_consent(file, members, lenient=lenient) for file in files}

    assert len(found) >= 12
    assert all(one.drafts or one.losses for one in found.values())
    (not_org,) = found["Consent-consent-example-notOrg.json"].drafts
    assert (not_org.provision, not_org.grantee) == (Provision.DENY, Grantee(1))
    permits = [one for each in found.values() for one in each.drafts]
    assert not [one for one in permits if one.provision is Provision.PERMIT]


# write_consents


HEAD = Head("Patient/p", "Patient/p", "Organization/hospital", NOW, b"\xab" * 32)
NAMED = {Grantee(1): "Organization/hospital", Grantee(1, bytes(31) + b"\x07"): "ResearchStudy/7"}


def test_a_grant_with_exceptions_is_one_consent():
    grant = draft(member=1, valid_until=datetime(2027, 1, 1, tzinfo=UTC))
    denial = draft(Provision.DENY, 1, labels=frozenset({Label.PSY}),
                   valid_until=datetime(2027, 1, 1, tzinfo=UTC))  # fmt: skip

    (consent,), lost = write_consents([grant, denial], HEAD, NAMED)

    assert faults(consent, "R4") == []
    assert not lost
    assert read(consent).exact
    root = consent["provision"]
    assert (root["type"], root["period"]) == ("permit", {"end": "2026-12-31T23:59:59+00:00"})
    assert [one["code"] for one in root["purpose"]] == ["HOPERAT", "HPAYMT", "TREAT"]
    assert root["provision"][0]["securityLabel"] == sensitive("PSY")
    assert consent["sourceReference"]["identifier"]["value"] == "0x" + "ab" * 32


def test_it_has_every_element_that_pcf_wants_and_none_that_it_forbids():
    (consent,), _ = write_consents([draft(member=1)], HEAD, NAMED)

    wanted = {"status", "scope", "patient", "dateTime", "performer", "organization", "policy"}
    assert wanted | {"sourceReference", "category", "provision"} <= consent.keys()
    assert not {"policyRule", "verification"} & consent.keys()
    assert consent["scope"] == basic()["scope"]
    assert consent["provision"]["actor"] == [actor("Organization/hospital")]
    assert not {"action", "class", "code"} & consent["provision"].keys()


def test_a_denial_that_nothing_contains_is_a_consent_of_its_own():
    grant = draft(member=1, ceiling=Confidentiality.N)
    denial = draft(Provision.DENY, labels=frozenset({Label.GENOMIC, Label.HIV}))

    consents, lost = write_consents([grant, denial], HEAD, NAMED)

    assert [one["provision"]["type"] for one in consents] == ["permit", "deny", "deny"]
    assert consents[1]["provision"]["class"] == [
        {"system": "urn:pyhealth:label", "code": "genomic"}
    ]
    assert consents[2]["provision"]["securityLabel"] == sensitive("HIV")
    assert all(faults(one, "R4") == [] for one in consents)
    assert not lost


def test_a_member_without_a_reference_is_asked_for():
    with pytest.raises(InputError, match=r"^Member 5 has no FHIR reference; name one"):
        write_consents([draft(member=5)], HEAD, NAMED)
    study = Draft(Grantee(5, b"\1" * 32), Provision.PERMIT, draft().terms)
    with pytest.raises(InputError, match=r"^Member 5 in study 0x0101"):
        write_consents([study], HEAD, NAMED)


def test_a_purpose_without_its_kinds_is_told():
    grant = draft(member=1, purposes=frozenset({Purpose.TREAT, Purpose.COC}))
    (consent,), lost = write_consents([grant], HEAD, NAMED)

    assert consent["provision"]["purpose"] == purposes("COC")
    assert [(one.value, one.consequence) for one in lost] == [("TREAT", Consequence.NARROWED)]
    with pytest.raises(InputError, match=r"^The purposes TREAT cannot be written in FHIR"):
        write_consents([draft(member=1, purposes=frozenset({Purpose.TREAT}))], HEAD, NAMED)
    denial = draft(Provision.DENY, 1, purposes=frozenset({Purpose.TREAT}))
    (denied,), _ = write_consents([denial], HEAD, NAMED)
    assert denied["provision"]["purpose"] == purposes("TREAT")


def test_what_a_permit_leaves_out_is_an_exception():
    grant = draft(member=1, labels=frozenset({Label.CONDITION, Label.PSY}))

    (consent,), lost = write_consents([grant], HEAD, NAMED)
    _, clash = write_consents([grant, draft(member=1)], HEAD, NAMED)

    assert consent["provision"]["provision"][0]["type"] == "deny"
    assert consent["provision"]["class"] == types(
        "AllergyIntolerance", "Condition", "FamilyMemberHistory"
    )
    assert [one.consequence for one in lost] == [Consequence.IGNORED]
    assert [one.consequence for one in clash] == [Consequence.NARROWED]


def test_labels_without_a_name_are_told():
    spare = labels_of(1 << 20)

    nothing, permit_lost = write_consents([draft(member=1, labels=spare)], HEAD, NAMED)
    denied, deny_lost = write_consents([draft(Provision.DENY, 1, labels=spare)], HEAD, NAMED)

    assert nothing == denied == []
    assert [one.consequence for one in permit_lost + deny_lost] == [
        Consequence.IGNORED,
        Consequence.REFUSED,
    ]
