"""
pyhealth consent, pyhealth record
├── a patient grants, denies, lists, decides and revokes; what is shown is what the chain says
├── a patient without ether signs a file, with a node and without; anyone hands it in, once
├── a contract wallet signs what it is shown
├── a representative is appointed, speaks and is dismissed; a patient moves
├── a FHIR Consent is imported with its losses, once; what is exported is read back alike
├── an amended FHIR Consent lists what its earlier version left, and replaces it; one withdrawn, too
├── the FHIR Consents of several patients are not given for one
├── a FHIR Consent of a patient without ether is signed into files; handed in, it is what is given
├── one that finds no room is refused before anything is done
├── a hospital registers, updates and shows a record; the salt stays beside the file
├── access is permitted with exit 0, refused with exit 1; both are in the log
├── the log is a table, JSON, FHIR AuditEvents and a page; a damaged index ends it with 1
├── its AuditEvents are decisions; only a custodian says that data was handed out
├── an emergency is broken open, used, reviewed by signature, and overdue where it is not
├── a custodian's log is anchored and compared; each gap is named
├── a study's cohort is listed
├── a watch hands everything to a command once
├── what others wrote into names and files does not steer the terminal
└── bad input: one sentence, exit 1, nothing sent
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cli, Told
from consent_cast import CLINIC, PATIENT, STRANGER, STUDY, Sharing
from consortium_cast import DAY, HOSPITAL

from pyhealth.chain.wallet import cast_address
from pyhealth.health import DEFAULT_ACCOUNT
from pyhealth.openings import load
from pyhealth.values import Power

DATA = ROOT.parent / "shared" / "data" / "fhir-r4"
GRANT = ("grant", "Hospital", "--purposes", "TREAT")
HEX = "0x" + "ab" * 32


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a letter and a reason."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    (tmp_path / "desk/letter.pdf").write_text("The letter.")
    (tmp_path / "desk/reason.txt").write_text("The reason.")
    return tmp_path / "desk"


@pytest.fixture
def consent(cli: Cli, folder) -> Callable[..., Told]:
    return lambda *words: cli("consent", *words)


@pytest.fixture
def record(cli: Cli, folder) -> Callable[..., Told]:
    return lambda *words: cli("record", *words)


def done(told: Told) -> Any:
    assert told.status == 0, told.err
    return told


def said(told: Told) -> Any:
    return done(told).json


def refused(told: Told, sentence: str) -> None:
    assert told.status == 1, told.out
    assert told.err.startswith("pyhealth: ")
    assert told.err.count("\n") == 1
    assert re.search(sentence, told.err), told.err


# Directing


def test_a_patient_grants_denies_lists_decides_and_revokes(consent, sharing):
    given = said(consent(*GRANT, "--until", "365d", "--as", "patient", "--json"))
    said(consent("deny", "everyone", "-p", "HRESCH,HMARKT", "--as", "patient", "--json"))
    listed = said(consent("list", "--patient", "patient", "--json"))
    asked = ("--labels", "LABORATORY", "--patient", "patient", "--json")
    treats = said(consent("decide", "Hospital", "--purpose", "COC", *asked))
    unsaid = consent("decide", "Hospital", "--purpose", "BTG", *asked)
    denied = consent("decide", "Sponsor", "--purpose", "CLINTRCH", *asked)
    breaks, researches = unsaid.json, denied.json

    assert given["directive"].startswith(
        "permit Hospital (member 1) to access, use for TREAT: all classes of data, "
        "up to confidentiality N, from now on until "
    )
    assert [(one["grantee"], one["provision"]) for one in listed] == [(1, "PERMIT"), (0, "DENY")]
    assert "BTG" not in listed[0]["purposes"]
    assert "HIV" not in listed[0]["labels"]
    assert len(listed[1]["labels"]) == 32
    assert listed[1]["actions"] == ["COLLECT", "ACCESS", "USE", "DISCLOSE", "CORRECT"]
    assert (treats["outcome"], treats["ground"]) == ("CONSENT_PERMIT", "member")
    assert treats["decided_by"] == given["directive"]
    assert (breaks["outcome"], breaks["decided_by"]) == ("NO_CONSENT", None)
    assert (researches["outcome"], researches["ground"]) == ("CONSENT_DENY", "everyone")
    refused(unsaid, "NO_CONSENT: it is refused, no directive applies")
    refused(denied, "CONSENT_DENY: it is refused, by a directive for everyone")

    (gone,) = said(consent("revoke", "Hospital", "--as", "patient", "--json"))
    assert gone["status"] == "revoked"
    (left,) = said(consent("list", "--patient", "patient", "--json"))
    assert left["grantee"] == 0
    every = said(consent("list", "--patient", "patient", "--all", "--json"))
    assert [one["status"] for one in every] == ["revoked", "in force"]
    refused(consent("decide", "Hospital", "--purpose", "COC", *asked), "NO_CONSENT")
    told = done(consent("history", "--patient", "patient")).out
    assert "revoke directive 1 in place 0 for Hospital (member 1)" in told
    events = said(consent("history", "--patient", "patient", "--json"))
    assert [one["event"] for one in events] == [
        "DirectiveGiven",
        "DirectiveGiven",
        "DirectiveRevoked",
    ]
    assert events[0]["says"] == f"{PATIENT}: {given['directive']}"
    assert (events[0]["provision"], events[2]["version"]) == ("PERMIT", 1)


def test_revoking_a_member_means_all_its_studies_and_tells_what_still_permits(consent, sharing):
    other = "0x" + "cd" * 32
    for study in ((), ("--study", HEX), ("--study", other)):
        done(consent("grant", "Sponsor", "-p", "HRESCH", *study, "--as", "patient"))
    done(consent("grant", "everyone", "-p", "TREAT", "--as", "patient"))
    done(consent("deny", "everyone", "-p", "HMARKT", "--as", "patient"))

    one = consent("revoke", "Sponsor", "--study", HEX, "--as", "patient", "--json")
    placed = consent("revoke", "Sponsor", "--place", "0", "--as", "patient", "--json")
    rest = consent("revoke", "Sponsor", "--as", "patient", "--json")

    directives = [[row["directive"] for row in said(told)] for told in (one, placed, rest)]
    assert [len(rows) for rows in directives] == [1, 1, 1]
    assert HEX in directives[0][0]
    assert "study" not in directives[1][0]
    assert other in directives[2][0]
    assert [told.err.count("Still in place: permit") for told in (one, placed, rest)] == [3, 2, 1]
    assert "Still in place: permit everyone to access, use for TREAT" in rest.err
    assert "deny" not in rest.err


def test_what_stands_already_is_not_given_again(consent, sharing):
    done(consent(*GRANT, "--as", "patient"))

    refused(consent(*GRANT, "--as", "patient"), f"stands already for patient {PATIENT}: permit")
    done(consent(*GRANT, "--actions", "access", "--as", "patient"))
    done(consent("deny", *GRANT[1:], "--as", "patient"))
    done(consent("revoke", "Hospital", "--place", "0", "--as", "patient"))
    done(consent(*GRANT, "--as", "patient"))


def test_all_purposes_are_all_but_breaking_the_glass(consent, sharing):
    done(consent("grant", "Hospital", "-p", "all", "--as", "patient"))

    (one,) = said(consent("list", "--patient", "patient", "--json"))

    assert len(one["purposes"]) == 58
    assert "BTG" not in one["purposes"]


def test_whose_consents_and_log_are_shown_is_said(consent, record, sharing):
    for told in (consent("list"), consent("history"), record("log")):
        assert cast_address(DEFAULT_ACCOUNT) in done(told).out
    done(consent(*GRANT, "--as", "patient"))
    for told in (consent("list", "--as", "patient"), record("log", "--as", "patient")):
        assert f"Patient {PATIENT}:" in done(told).out


def test_revoking_all_of_a_study_leaves_the_rest(consent, sharing):
    for study in ((), ("--study", HEX)):
        done(consent("grant", "Sponsor", "-p", "HRESCH", *study, "--as", "patient"))

    (gone,) = said(consent("revoke", "--all", "--study", HEX, "--as", "patient", "--json"))
    (left,) = said(consent("list", "--patient", "patient", "--json"))

    assert HEX in gone["directive"]
    assert left["study"] is None


def test_a_directive_commits_to_a_document_that_stays_here(consent, folder, sharing, home):
    (folder / "agreed.pdf").write_text("I agree.")
    given = said(consent(*GRANT, "--document", "agreed.pdf", "--as", "patient", "--json"))
    stated = said(consent("grant", "Insurer", "-p", "HPAYMT", "--as", "patient", "--json"))

    opening = load(folder / "agreed.pdf.opening.json")
    assert opening.opens(folder / "agreed.pdf", bytes.fromhex(given["commitment"][2:]))
    assert (folder / "agreed.pdf.opening.json").stat().st_mode & 0o777 == 0o600
    statement = Path(stated["document"])
    assert statement.parent == home / "consents"
    assert "permit Insurer (member 2) to access, use for HPAYMT" in statement.read_text()
    chosen = said(consent("revoke", "--document", given["commitment"], "--as", "patient", "--json"))
    assert [one["grantee"] for one in chosen] == [HOSPITAL]


def test_one_document_has_another_salt_for_each_patient(consent, folder, sharing):
    (folder / "form.txt").write_text("The form that all sign.")
    words = ("grant", "Hospital", "--document", "form.txt", "--json")
    whose = [("patient", "TREAT"), ("stranger", "TREAT"), ("patient", "HPAYMT")]

    given = [said(consent(*words, "-p", purpose, "--as", who)) for who, purpose in whose]

    commitments = [one["commitment"] for one in given]
    assert commitments[0] == commitments[2] != commitments[1]
    kept = {load(file).whom: load(file) for file in folder.glob("form*.opening.json")}
    assert len(list(folder.glob("form*.opening.json"))) == 2
    assert {who: "0x" + one.commitment.hex() for who, one in kept.items()} == {
        PATIENT: commitments[0],
        STRANGER: commitments[1],
    }
    assert load(folder / "form.txt.opening.json").whom == PATIENT


# Signing


def test_a_patient_without_ether_signs_and_anyone_hands_it_in_once(consent, folder, sharing):
    sharing.rpc.call("anvil_setBalance", PATIENT, "0x0")
    signed = said(consent("sign", *GRANT, "--out", "s.json", "--as", "patient", "--json"))

    first = said(consent("submit", "s.json", "--as", "stranger", "--json"))
    second = said(consent("submit", "s.json", "--as", "insurer", "--json"))

    assert first["says"] == signed["says"]
    assert (first["handed_in_before"], second["handed_in_before"]) == (False, True)
    assert first["transaction"] == second["transaction"]
    paper = json.loads((folder / "s.json").read_text())
    assert paper["says"] == [signed["says"]]
    assert paper["typed_data"]["primaryType"] == "Grant"
    (one,) = said(consent("list", "--patient", "patient", "--json"))
    assert one["signed"] is not None
    assert one["by"] == PATIENT


def test_all_that_can_be_signed_is_signed_and_handed_in(consent, folder, sharing):
    def follow(*words: str) -> dict[str, Any]:
        (folder / "s.json").unlink(missing_ok=True)
        done(consent("sign", *words, "--out", "s.json", "--as", "patient"))
        made: dict[str, Any] = said(consent("submit", "s.json", "--as", "stranger", "--json"))
        return made

    follow(*GRANT)
    assert "deny Hospital" in follow("deny", "Hospital", "-p", "HMARKT")["says"]
    assert "in place 1 for Hospital" in follow("revoke", "Hospital", "--place", "1")["says"]
    assert "revoke directive 1 in place 0" in follow("revoke", "Hospital")["says"]
    told = follow("appoint", "clinic", "--power", "speak", "--until", "30d")
    assert f"let {CLINIC} speak" in told["says"]
    follow("dismiss", "clinic")
    follow("move", "stranger")
    assert sharing.consents().move_of(PATIENT).account == STRANGER
    follow("contest", "stranger")
    assert sharing.consents().move_of(PATIENT) is None
    done(consent("sign", *GRANT, "--out", "gone.json", "--as", "patient"))
    follow("cancel", "6")
    refused(
        consent("submit", "gone.json", "--as", "stranger"), "has number 6, and its next one has 7"
    )


def test_what_a_file_signs_is_shown_in_words_and_no_other_words_are_taken(consent, folder, sharing):
    place = sharing.consents().binding.address
    signed = said(consent("sign", *GRANT, "--out", "s.json", "--as", "patient", "--json"))
    where = ("--nonce", "0", "--registry", place, "--chain-id", "31337", "--as", "patient")
    done(consent("sign", "deny", "1", "-p", "TREAT", *where, "--out", "away.json"))
    paper = json.loads((folder / "s.json").read_text())
    lie = paper | {"says": [f"for patient {PATIENT}: permit Hospital to read one letter"]}
    (folder / "lied.json").write_text(json.dumps(lie))

    shown = said(consent("show", "s.json", "--json"))
    away = said(consent("show", "away.json", "--json"))
    lied = consent("show", "lied.json", "--json")

    assert (shown["says"], shown["signer"], shown["signed"]) == (signed["says"], PATIENT, True)
    assert shown["hand_in_before"] == signed["hand_in_before"]
    assert "deny Hospital (member 1)" in away["says"]
    assert lied.json["says"] == signed["says"]
    for told in (lied, consent("submit", "lied.json", "--as", "stranger")):
        refused(
            told, "permit Hospital to read one letter', and signed is: for patient .* made anew"
        )
    assert said(consent("list", "--patient", "patient", "--json")) == []
    (folder / "silent.json").write_text(json.dumps(paper | {"says": []}))
    done(consent("submit", "silent.json", "--as", "stranger"))


@pytest.mark.parametrize(
    ("field", "number"), [("ceiling", 99), ("purposes", 1 << 60), ("actions", 1 << 7)]
)
def test_an_instruction_with_codes_that_are_not_known_is_refused(consent, folder, field, number):
    done(consent("sign", *GRANT, "--out", "s.json", "--as", "patient"))
    paper = json.loads((folder / "s.json").read_text())
    paper["typed_data"]["message"][field] = number
    (folder / "s.json").write_text(json.dumps(paper))

    refused(
        consent("submit", "s.json", "--as", "stranger"),
        rf"s\.json is no instruction that is known here \({field} {number}\)",
    )


def test_a_revocation_is_known_to_be_handed_in_when_its_time_is_over(consent, folder, sharing):
    done(consent(*GRANT, "--as", "patient"))
    done(
        consent("sign", "revoke", "Hospital", "--valid", "1h", "--out", "r.json", "--as", "patient")
    )
    done(consent("submit", "r.json", "--as", "stranger"))
    sharing.later(DAY)
    sharing.rpc.call("evm_mine")

    assert said(consent("submit", "r.json", "--as", "insurer", "--json"))["handed_in_before"]


def test_a_review_in_other_words_is_refused(record, ref, folder):
    words = ("break-glass", ref, "--reason", "reason.txt", "--as", "hospital", "--id")
    emergency = done(record(*words)).out.strip()
    done(record("sign-review", emergency, "unjustified", "--as", "patient"))
    paper = json.loads((folder / "review.json").read_text())
    paper["says"] = [paper["says"][0].replace("unjustified", "justified")]
    (folder / "review.json").write_text(json.dumps(paper))

    told = record("review", "--signed", "review.json", "--as", "stranger")

    refused(told, f"was justified', and signed is: the emergency {emergency} was unjustified")


def test_no_node_is_asked_where_all_is_said(consent, cli, folder, sharing):
    place = sharing.consents().binding.address
    where = ("--registry", place, "--chain-id", "31337", "--network", "http://127.0.0.1:1")
    words = (
        "sign",
        "grant",
        "1",
        "-p",
        "TREAT",
        "--nonce",
        "0",
        "--out",
        "s.json",
        "--as",
        "patient",
    )

    told = said(consent(*words, *where, "--json"))
    consented = said(consent("submit", "s.json", "--as", "stranger", "--json"))

    assert "permit member 1 to access, use for TREAT" in told["says"]
    assert "permit Hospital (member 1)" in consented["says"]
    refused(
        consent(*words, "--registry", place), "--nonce, --registry and --chain-id are all needed"
    )
    named = ("sign", "grant", "Hospital", "-p", "TREAT", "--nonce", "1", "--as", "patient")
    refused(consent(*named, *where), "'Hospital' is none")
    lacking = ("sign", "revoke", "1", "--nonce", "1", "--as", "patient")
    refused(consent(*lacking, *where), "needs --place and --version")


def test_a_contract_wallet_signs_what_it_is_shown(consent, folder, sharing):
    wallet = sharing.wallet(cast_address("auditor"))
    words = ("sign", *GRANT, "--signer", wallet, "--unsigned", "--out", "s.json")
    told = said(consent(*words, "--json"))
    assert told["signed"] is False
    refused(consent("submit", "s.json", "--as", "stranger"), "has no signature; hand one in")

    from eth_account.messages import _hash_eip191_message, encode_typed_data

    shown = json.loads((folder / "s.json").read_text())["typed_data"]
    sharing.accept(wallet, _hash_eip191_message(encode_typed_data(full_message=shown)))
    said(consent("submit", "s.json", "--signature", "0x1234", "--as", "stranger", "--json"))

    (one,) = said(consent("list", "--patient", wallet, "--json"))
    assert one["by"] == wallet


# Representing and moving


def test_a_representative_speaks_and_a_patient_moves(consent, sharing):
    given = said(consent("appoint", "clinic", "--until", "30d", "--as", "patient", "--json"))
    assert given["power"] == "SPEAK"
    done(consent(*GRANT, "--patient", "patient", "--as", "clinic"))
    done(consent("move", "request", "stranger", "--patient", "patient", "--as", "clinic"))
    refused(
        consent("move", "complete", "stranger", "--patient", "patient", "--as", "clinic"),
        f"The move of patient {PATIENT} can be completed from",
    )
    done(consent("move", "contest", "stranger", "--as", "patient"))
    done(consent("move", "request", "stranger", "--patient", "patient", "--as", "clinic"))
    sharing.later(7 * DAY)
    moved = said(
        consent("move", "complete", "stranger", "--patient", "patient", "--as", "insurer", "--json")
    )
    assert moved["account"] == STRANGER
    refused(consent("deny", *GRANT[1:], "--as", "patient"), f"acts with account {STRANGER} now")
    done(consent("dismiss", "clinic", "--patient", "patient", "--as", "stranger"))
    refused(
        consent("revoke", "Hospital", "--patient", "patient", "--as", "clinic"),
        f"Account {CLINIC} does not speak for patient {PATIENT}",
    )
    told = done(consent("history", "--patient", "patient")).out
    for words in ("may speak and move", "is contested", "represents the patient no more"):
        assert words in told
    assert f"the patient acts with account {STRANGER}" in told


# FHIR


def fhir(**changes: Any) -> dict[str, Any]:
    """A Consent in the shape of IHE PCF: treatment at one organisation, but not for HIV."""
    hiv = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
    role = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/f001"},
        "dateTime": "2026-05-11",
        "performer": [{"reference": "Patient/f001"}],
        "organization": [{"reference": "Organization/f001"}],
        "sourceReference": {"reference": "DocumentReference/f001"},
        "policy": [{"uri": "https://clinic.example/policy"}],
        "provision": {
            "type": "permit",
            "actor": [{"role": {"coding": [{"system": role, "code": "IRCP"}]}, "reference": {"reference": "Organization/f001"}}],
            "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}],
            "provision": [{"type": "deny", "securityLabel": [hiv]}],
        },
    } | changes  # fmt: skip


MEMBER = ("--member", "Organization/f001=Hospital")


def test_a_fhir_consent_is_imported_once_with_its_losses(consent, folder, sharing):
    (folder / "c.json").write_text(json.dumps(fhir()))

    dry = said(consent("import", "c.json", *MEMBER, "--dry-run", "--as", "patient", "--json"))
    assert said(consent("list", "--patient", "patient", "--json")) == []
    made = said(consent("import", "c.json", *MEMBER, "--as", "patient", "--json"))
    again = said(consent("import", "c.json", *MEMBER, "--as", "patient", "--json"))

    assert [one["directive"] for one in dry["directives"]] == [
        one["directive"] for one in made["directives"]
    ]
    assert {one["given"] for one in made["directives"]} == {True}
    assert {one["given"] for one in again["directives"]} == {False}
    listed = said(consent("list", "--patient", "patient", "--json"))
    assert len(listed) == len(made["directives"])
    assert listed[0]["provision"] == "DENY" or all(one["provision"] == "PERMIT" for one in listed)
    opening = load(folder / "c.json.opening.json")
    assert {one["document"] for one in listed} == {"0x" + opening.commitment.hex()}
    (told,) = made["consents"]
    assert (told["release"], told["status"]) == ("R4", "active")
    asked = ("decide", "Hospital", "-p", "TREAT", "--patient", "patient", "--json")
    assert said(consent(*asked, "--labels", "LABORATORY"))["outcome"] == "CONSENT_PERMIT"
    refused(consent(*asked, "--labels", "LABORATORY,HIV"), "CONSENT_DENY")


def test_a_fhir_consent_of_a_patient_without_ether_is_signed_into_files(consent, folder, sharing):
    (folder / "c.json").write_text(json.dumps(fhir()))
    words = ("import", "c.json", *MEMBER, "--json")
    given = said(consent(*words, "--as", "clinic"))["directives"]
    sharing.rpc.call("anvil_setBalance", PATIENT, "0x0")

    told = done(consent("import", "c.json", *MEMBER, "--out", "s.json", "--as", "patient")).out
    before = sharing.rpc.call("eth_blockNumber")
    files = sorted(folder.glob("s*.json"))
    assert [file.name for file in files] == ["s-1.json", "s-2.json"]
    assert re.findall(r"signed into (\S+), number (\d+): (deny|permit)", told) == [
        ("s-1.json", "0", "deny"),
        ("s-2.json", "1", "permit"),
    ]
    assert said(consent("list", "--patient", "patient", "--json")) == []
    assert sharing.rpc.call("eth_blockNumber") == before
    refused(
        consent("submit", "s-2.json", "--as", "stranger"), "has number 1, and its next one has 0"
    )

    handed = [said(consent("submit", file, "--as", "stranger", "--json")) for file in files]

    listed = said(consent("list", "--patient", "patient", "--json"))
    assert [one["directive"] for one in listed] == [one["directive"] for one in given]
    assert {one["by"] for one in listed} == {PATIENT}
    assert [one["handed_in_before"] for one in handed] == [False, False]
    again = said(consent(*words, "--out", "s.json", "--as", "patient"))["directives"]
    assert [(one["given"], one.get("file")) for one in again] == [(False, None)] * 2


def test_a_fhir_consent_is_signed_by_a_contract_wallet_and_never_over_a_file(
    consent, folder, sharing
):
    wallet = sharing.wallet(cast_address("auditor"))
    provision = fhir()["provision"]
    del provision["provision"]
    (folder / "c.json").write_text(json.dumps(fhir(provision=provision)))
    words = ("import", "c.json", *MEMBER, "--signer", wallet, "--unsigned")

    (row,) = said(consent(*words, "--out", "s.json", "--valid", "7d", "--json"))["directives"]

    assert (row["file"], row["number"], row["signed"]) == ("s.json", 0, False)
    message = json.loads((folder / "s.json").read_text())["typed_data"]["message"]
    assert (message["patient"], message["signer"]) == (wallet, wallet)
    assert message["deadline"] - message["signedAt"] == 7 * 86_400
    refused(consent(*words, "--out", "s.json"), r"s\.json exists already; move it away")
    refused(consent(*words), "A --signer signs into a file; name it with --out")


def test_a_fhir_consent_that_finds_no_room_is_refused_before_anything_is_done(
    consent, folder, sharing
):
    for _ in range(sharing.consents().max_directives() - 1):
        sharing.permit()
    (folder / "c.json").write_text(json.dumps(fhir()))
    before = sharing.rpc.call("eth_blockNumber")

    for words in ((), ("--out", "s.json")):
        refused(
            consent("import", "c.json", *MEMBER, *words, "--as", "patient"),
            rf"Patient {PATIENT} has 8 directives for member 1 .* revoke one",
        )

    assert sharing.rpc.call("eth_blockNumber") == before
    assert list(folder.glob("s*.json")) == []


def test_what_an_earlier_version_gave_is_listed_and_replaced(consent, folder, sharing):
    both = fhir(id="c1", meta={"versionId": "1"})
    del both["provision"]["provision"]
    reasons = both["provision"]["purpose"]
    reasons.append(reasons[0] | {"code": "HRESCH"})
    (folder / "v1.json").write_text(json.dumps(both))
    del reasons[1]
    (folder / "v2.json").write_text(json.dumps(both | {"meta": {"versionId": "2"}}))
    (folder / "v3.json").write_text(json.dumps(both | {"status": "inactive"}))
    say = lambda *words: said(consent("import", *words, *MEMBER, "--as", "patient", "--json"))  # noqa: E731
    asked = ("decide", "Hospital", "-p", "HRESCH", "--patient", "patient")

    assert say("v1.json")["earlier"] == []
    amended = say("v2.json")
    done(consent(*asked))
    (left,) = amended["earlier"]
    assert "HRESCH" in left["directive"]
    told = done(consent("import", "v2.json", *MEMBER, "--dry-run", "--as", "patient")).out
    assert f"stands from an earlier version: {left['directive']}; revoke: pyhealth consent" in told

    replaced = say("v2.json", "--replace")
    assert [(one["step"], one["given"]) for one in replaced["directives"]] == [
        ("revoke", True),
        ("give", False),
    ]
    refused(consent(*asked), "NO_CONSENT")
    assert say("v2.json", "--replace")["earlier"] == []

    withdrawn = consent("import", "v3.json", *MEMBER, "--as", "patient")
    refused(withdrawn, r"of it 1 directive\(s\) still stand: revoke with 'pyhealth consent revoke ")
    command = re.search(r"'pyhealth consent (.*?)'", withdrawn.err)
    assert command
    done(consent(*command[1].split(), "--as", "patient"))
    assert said(consent("list", "--patient", "patient", "--json")) == []
    refused(consent("import", "v3.json", *MEMBER, "--as", "patient"), "granted from it.$")


def test_a_withdrawn_consent_is_revoked_by_signature(consent, folder, sharing):
    (folder / "c.json").write_text(json.dumps(fhir(id="c1")))
    done(consent("import", "c.json", *MEMBER, "--as", "patient"))
    (folder / "c.json").write_text(json.dumps(fhir(id="c1", status="entered-in-error")))

    words = ("import", "c.json", "--replace", "--out", "s.json", "--as", "patient")
    told = done(consent(*words)).out

    assert re.findall(r"signed into (\S+), number (\d), to revoke: (permit|deny)", told) == [
        ("s-1.json", "0", "permit"),
        ("s-2.json", "1", "deny"),
    ]
    for file in sorted(folder.glob("s-*.json")):
        done(consent("submit", file, "--as", "stranger"))
    assert said(consent("list", "--patient", "patient", "--json")) == []


def test_the_consents_of_two_patients_are_not_given_for_one(consent, folder, home):
    alice, bob = (fhir(patient={"reference": f"Patient/{name}"}) for name in ("alice", "bob"))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in (alice, bob)]}
    for name, one in (("both", bundle), ("alice", alice), ("bob", bob)):
        (folder / f"{name}.json").write_text(json.dumps(one))

    words = (*MEMBER, "--as", "patient")
    refused(
        consent("import", "both.json", *words), r"several patients \(Patient/alice, Patient/bob"
    )
    refused(
        consent("import", "bob.json", "--reference", "Patient/alice", *words), "of Patient/bob,"
    )
    done(consent("import", "alice.json", *words))
    refused(
        consent("import", "bob.json", *words),
        rf"bob\.json is a consent of Patient/bob, and patient {PATIENT} goes by .*Patient/alice; ",
    )
    assert len(said(consent("list", "--patient", "patient", "--json"))) == 2
    done(consent("import", "bob.json", "--reference", "Patient/bob", *words))
    done(consent("import", "bob.json", *words))
    (kept,) = (home / "consents").glob("imports-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("[{}]")
    refused(consent("import", "bob.json", *words), "holds no imports; restore it")


def test_a_consent_is_found_beside_other_resources_and_dated_in_a_zone(consent, folder):
    provision = fhir()["provision"] | {"period": {"start": "2026-01-01", "end": "2035-06-30"}}
    found = [{"resourceType": "Patient", "id": "f001"}, fhir(provision=provision)]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in found]}
    (folder / "b.json").write_text(json.dumps(bundle))
    (folder / "p.json").write_text(json.dumps(bundle | {"entry": bundle["entry"][:1]}))
    words = ("--dry-run", "--as", "patient", "--json")

    told = said(consent("import", "b.json", *MEMBER, "--zone", "Europe/Vienna", *words))
    assumed = said(consent("import", "b.json", *MEMBER, *words))["consents"][0]["losses"]

    assert {one["valid_until"] for one in told["directives"]} == {"2035-06-30T22:00:00+00:00"}
    assert [one["consequence"] for one in assumed] == ["assumed", "assumed", "ignored"]
    refused(consent("import", "p.json", *words), r"p\.json holds no Consent")
    refused(consent("import", "b.json", "--zone", "Mars/Base", *words), "Zone 'Mars/Base'")


def test_a_consent_that_gives_nothing_says_why(consent, folder):
    (folder / "c.json").write_text(json.dumps(fhir()))
    elsewhere = ("--member", "Organization/f001=none")

    told = consent("import", "c.json", *elsewhere, "--as", "patient")

    (folder / "c.json").write_text(json.dumps(fhir(policy=[{"uri": "urn:pyhealth:consent-rules"}])))
    bare = consent("import", "c.json", *elsewhere, "--as", "patient")
    refused(told, "c.json gives no directive: from now on it permits and denies nothing")
    refused(bare, "c.json gives no directive: from now on it permits and denies nothing")


STEERING = "\x1b]0;owned\x07\x1b[2K\rgiven: permit everyone\n"


def test_what_others_wrote_does_not_steer_the_terminal(consent, folder, record):
    provision = fhir()["provision"] | {STEERING: "red"}
    (folder / "c.json").write_text(json.dumps(fhir(provision=provision)))
    words = ("import", "c.json", *MEMBER, "--dry-run", "--as", "patient")
    named = folder / f"{STEERING.strip()}.json"
    named.write_text(json.dumps({"resourceType": "AuditEvent"}))

    strict, lenient = consent(*words), consent(*words, "--lenient")
    unread = consent("import", STEERING, "--as", "patient")
    compared = record("gaps", named, "--member", "Hospital", "--as", "auditor", "--lenient")

    refused(strict, "Extra inputs are not permitted")
    assert "loss: " in done(lenient).out
    assert "malformed: " in compared.out
    for told in (strict, lenient, unread, compared):
        text = told.out + told.err
        assert not [one for one in text if not (one.isprintable() or one == "\n")]
        assert not re.search("^given:", text, re.M)


def test_what_is_exported_is_read_back_alike(consent, folder):
    done(
        consent(
            "grant",
            "Hospital",
            "-p",
            "TREAT",
            "--labels",
            "all",
            "--ceiling",
            "V",
            "--as",
            "patient",
        )
    )
    done(
        consent("deny", "Insurer", "-p", "HMARKT", "--study", "0x" + STUDY.hex(), "--as", "patient")
    )
    (folder / "c.json").touch(0o644)
    done(consent("export", "--patient", "patient", "--out", "c.json"))
    assert (folder / "c.json").stat().st_mode & 0o777 == 0o600
    said_by = said(consent("export", "--patient", "patient"))
    before = said(consent("list", "--patient", "patient", "--json"))

    refused(consent("import", "c.json", "--as", "stranger"), f"patient {STRANGER} goes by")
    own = ("--reference", f"urn:pyhealth:31337:account:{PATIENT}")
    done(consent("import", "c.json", *own, "--as", "stranger"))
    after = said(consent("list", "--patient", "stranger", "--json"))

    assert said_by == json.loads((folder / "c.json").read_text())
    fields = ("provision", "grantee", "study", "purposes", "actions", "valid_until")
    key = lambda rows: sorted([[one[name] for name in fields] for one in rows], key=str)  # noqa: E731
    assert key(after) == key(before)
    spare = [name for name in before[0]["labels"] if name.startswith("LABEL_")]
    assert set(after[0]["labels"]) >= set(before[0]["labels"]) - set(spare)


@pytest.mark.skipif(not DATA.is_dir(), reason="the examples of FHIR R4 are not here")
@pytest.mark.parametrize("file", sorted(DATA.glob("Consent-*.json")), ids=lambda file: file.stem)
def test_every_r4_consent_gives_directives_or_says_what_is_lost(consent, file):
    told = consent("import", file, "--dry-run", "--as", "patient", "--json")

    (one,) = said(told)["consents"]
    assert one["losses"] or said(told)["directives"]


# Records


@pytest.fixture
def ref(record) -> str:
    """A record of the patient's at the hospital."""
    words = (
        "letter.pdf",
        "--patient",
        "patient",
        "--labels",
        "DOCUMENT",
        "--as",
        "hospital",
        "--ref",
    )
    return str(done(record("register", *words)).out.strip())


def test_a_hospital_registers_updates_and_shows_a_record(record, ref, folder):
    first = said(record("show", ref, "--file", "letter.pdf", "--json"))
    (folder / "letter.pdf").write_text("The letter, corrected.")
    refused(record("show", ref, "--file", "letter.pdf"), r"letter\.pdf is not version 1")
    second = said(
        record(
            "update", ref, "letter.pdf", "--labels", "DOCUMENT,PSY", "--as", "hospital", "--json"
        )
    )
    done(record("show", ref, "--file", "letter.pdf"))

    assert (first["version"], second["version"]) == (1, 2)
    assert second["labels"] == ["PSY", "DOCUMENT"]
    assert second["confidentiality"] == first["confidentiality"] == "N"
    kept = sorted(file.name for file in folder.glob("letter*.opening.json"))
    assert kept == [
        f"letter.pdf.{first['commitment'][2:10]}.opening.json",
        "letter.pdf.opening.json",
    ]


def test_access_is_permitted_with_0_and_refused_with_1_and_both_are_in_the_log(
    record, consent, ref, folder
):
    done(consent(*GRANT, "--as", "patient"))
    permitted = said(record("access", ref, "-p", "TREAT", "--as", "hospital", "--json"))
    told = record("access", ref, "-p", "HMARKT", "--as", "insurer", "--json")
    study = ("--study", HEX, "-p", "CLINTRCH", "--as", "hospital")
    refused(record("access", ref, *study), "in study 0xabababab…")

    refused(told, r"Insurer \(member 2\) asks to access for HMARKT: refused, no directive applies")
    assert (permitted["permitted"], told.json["permitted"]) == (True, False)
    log = said(record("log", "--patient", "patient", "--json"))
    assert log["intact"] is True
    kinds = [one["kind"] for one in log["events"]]
    assert kinds == ["record", "consent", "access", "refusal", "refusal"]
    hashes = [one["receipt_hash"] for one in log["events"] if "receipt_hash" in one]
    assert hashes[:2] == [permitted["receipt"], told.json["receipt"]]
    assert "the chain of receipts is whole" in done(record("log", "--patient", "patient")).out


def test_the_log_is_fhir_and_a_page(record, consent, ref, folder):
    done(consent(*GRANT, "--as", "patient"))
    done(record("access", ref, "-p", "TREAT", "--as", "hospital"))
    record("access", ref, "-p", "HMARKT", "--as", "hospital")
    (folder / "names.yaml").write_text("patients: {Patient/f001: patient}\n")

    words = ("--fhir", "log.json", "--html", "log.html", "--names", "names.yaml")
    done(record("log", "--patient", "patient", *words))

    bundle = json.loads((folder / "log.json").read_text())
    events = [one["resource"] for one in bundle["entry"]]
    assert [one["outcome"] for one in events] == ["0", "8"]
    assert {one["subtype"][0]["code"] for one in events} == {"AuthZ-Consent"}
    assert all("Patient/f001" in json.dumps(one) for one in events)
    assert {(folder / f"log.{kind}").stat().st_mode & 0o777 for kind in ("json", "html")} == {0o600}
    page = (folder / "log.html").read_text()
    assert "asks to access for HMARKT: refused" in page
    assert "<script" not in page
    assert "http://" not in page


def test_only_the_custodian_says_that_data_was_handed_out(record, consent, ref, folder):
    done(consent("grant", "everyone", "-p", "TREAT", "--as", "patient"))
    done(record("access", ref, "-p", "TREAT", "--as", "insurer"))

    def subtypes(*words: str) -> list[str]:
        done(record("log", "--patient", "patient", "--fhir", "log.json", *words))
        entries = json.loads((folder / "log.json").read_text())["entry"]
        return [one["resource"]["subtype"][0]["code"] for one in entries]

    assert subtypes("--as", "hospital") == ["AuthZ-Consent"]
    assert subtypes("--served", "--as", "insurer") == ["AuthZ-Consent"]
    assert sorted(subtypes("--served", "--as", "hospital")) == ["AuthZ-Consent", "read"]


def test_a_damaged_index_ends_the_log_with_1(record, consent, ref, sharing, home):
    for _ in range(3):
        record("access", ref, "-p", "TREAT", "--as", "hospital")
    log = said(record("log", "--patient", "patient", "--json"))
    receipts = [one["receipt_hash"] for one in log["events"] if "receipt_hash" in one]
    (database,) = (home / "index").glob("*.sqlite")
    with sqlite3.connect(database) as opened:
        gone = bytes.fromhex(receipts[1][2:])
        opened.execute("DELETE FROM pyhealth_events WHERE substr(data, 1, 32) = ?", (gone,))

    told = record("log", "--patient", "patient", "--json", "--html", "log.html")

    refused(
        told, f"receipt {receipts[2]}: the receipt that it names as the one before is not there"
    )
    assert told.json["intact"] is False
    assert "Receipts are missing or altered" in Path("log.html").read_text()


def test_one_file_is_another_record_of_each_patient(record, folder):
    words = ("register", "letter.pdf", "--labels", "DOCUMENT", "--as", "hospital", "--json")

    made = [said(record(*words, "--patient", who)) for who in ("patient", "stranger")]

    assert made[0]["commitment"] != made[1]["commitment"]
    for one in made:
        done(record("show", one["record"], "--file", "letter.pdf"))


def test_an_unchanged_record_has_no_next_version(record, ref, folder):
    words = ("update", ref, "letter.pdf", "--as", "hospital")

    refused(record(*words), r"letter\.pdf is version 1 already; nothing is changed")
    relabelled = said(record(*words, "--labels", "DOCUMENT,PSY", "--json"))

    assert relabelled["version"] == 2


# Emergencies


def test_one_reason_has_another_salt_for_each_emergency(record, ref, folder):
    words = ("break-glass", ref, "--reason", "reason.txt", "--as", "hospital", "--id")
    made = []
    for _ in range(2):
        emergency = done(record(*words)).out.strip()
        made.append(load(folder / "reason.txt.opening.json"))
        done(record("review", emergency, "justified", "--as", "patient"))

    assert made[0].digest == made[1].digest
    assert made[0].commitment != made[1].commitment
    assert [one.whom for one in made] == [f"{PATIENT} 0", f"{PATIENT} 1"]


def test_an_emergency_is_used_reviewed_by_signature_and_overdue_where_it_is_not(
    record, ref, folder, sharing
):
    words = ("break-glass", ref, "--reason", "reason.txt", "--as", "hospital")
    emergency = done(record(*words, "--id")).out.strip()
    assert load(folder / "reason.txt.opening.json").of == "reason"
    made = said(record("access", ref, "-p", "BTG", "--as", "hospital", "--json"))
    assert made["ground"] == "emergency"
    assert said(record("overdue", "--json")) == []
    (waiting,) = said(record("overdue", "--all", "--json"))
    assert (waiting["emergency"], waiting["overdue"]) == (emergency, False)
    refused(
        record("review", emergency, "justified", "--as", "hospital"),
        rf"Member 1 broke the glass of emergency {emergency} itself",
    )
    sharing.later(8 * DAY)
    (late,) = said(record("overdue", "--member", "Hospital", "--json"))
    assert late["overdue"] is True
    refused(record(*words), "cannot break the glass: the review of emergency")
    gone = (*words[:3], "gone.txt", "--as", "hospital")
    refused(record(*gone), r"gone\.txt is no file; name the document to commit to")

    (folder / "report.txt").write_text("Nobody had asked for it.")
    signed = ("sign-review", emergency, "unjustified", "--report", "report.txt", "--as", "patient")
    done(record(*signed))
    told = said(record("review", "--signed", "review.json", "--as", "stranger", "--json"))

    assert told["finding"] == "unjustified"
    assert said(record("overdue", "--all", "--json")) == []
    (folder / "reason.txt").write_text("Another reason.")
    refused(record(*words), "without justification, and cannot break it again before")


# Logs of custodians


def test_a_custodians_log_is_anchored_and_compared(record, consent, ref, folder, sharing):
    done(consent(*GRANT, "--as", "patient"))
    done(record("access", ref, "-p", "TREAT", "--as", "hospital"))
    record("access", ref, "-p", "HMARKT", "--as", "hospital")
    done(
        record("log", "--patient", "patient", "--fhir", "log.json", "--served", "--as", "hospital")
    )
    gaps = ("gaps", "log.json", "--member", "Hospital", "--json")
    sharing.later(DAY)

    whole = said(record(*gaps))
    anchored = said(
        record("anchor", "log.json", "--from", "2026-01-01", "--as", "hospital", "--json")
    )
    checked = said(record(*gaps, "--salts", "audit.log.json"))

    assert anchored["events"] == 3
    assert checked == whole | {"log_is_the_anchored_one": True}
    assert whole["log_is_the_anchored_one"] is None
    assert (whole["matched"], whole["receipts_without_event"]) == (3, [])
    bundle = json.loads((folder / "log.json").read_text())
    refusal = bundle["entry"].pop()
    (folder / "log.json").write_text(json.dumps(bundle))
    missing = record(*gaps)
    words = r"1 receipt\(s\) not in the log, 0 event\(s\) without a receipt, 0 beyond it, 0 served"
    refused(missing, words)
    (unlogged,) = missing.json["receipts_without_event"]
    assert unlogged["outcome"] == "NO_CONSENT"
    refused(record(*gaps, "--salts", "audit.log.json"), "events were added, removed or changed")
    told = record("gaps", "log.json", "--member", "Hospital")
    assert f"not in the log: receipt {unlogged['receipt']}" in told.out
    bundle["entry"].append(refusal)
    again = ("anchor", "log.json", "--out", "more.json", "--as", "hospital")
    refused(record(*again), "no AuditEvent of the period")
    refused(record("anchor", "log.json", "--out", "m.json", "--as", "insurer"), "with --from")


def test_a_log_in_parts_is_checked_in_any_order_and_nothing_to_compare_is_said(
    record, ref, folder, sharing
):
    for purpose in ("TREAT", "HMARKT"):
        record("access", ref, "-p", purpose, "--as", "hospital")
    done(record("log", "--patient", "patient", "--fhir", "log.json"))
    for i, one in enumerate(json.loads((folder / "log.json").read_text())["entry"]):
        (folder / f"{i}.json").write_text(json.dumps(one["resource"]))
    sharing.later(DAY)
    done(record("anchor", "0.json", "1.json", "--from", "2026-01-01", "--as", "hospital"))

    told = done(record("gaps", "1.json", "0.json", "--salts", "audit.log.json", "--as", "hospital"))

    assert told.out == "2 match, 0 are not about data.\n"
    early = ("gaps", "0.json", "--from", "2001-01-01", "--until", "2002-01-01", "--as", "hospital")
    told = done(record(*early))
    assert "Nothing was compared: the period has no receipt and no access" in told.out
    assert "Whether the log is the anchored one was not checked" in told.out


# Research


def test_a_studys_cohort_is_listed(record, consent, sharing):
    for place, labels in enumerate(("LABORATORY", "LABORATORY,HIV")):
        Path(f"{place}.json").write_text(labels)
        words = (f"{place}.json", "--patient", "patient", "--labels", labels, "--as", "hospital")
        done(record("register", *words))
    said_to = ("Sponsor", "--study", "0x" + STUDY.hex(), "-p", "HRESCH", "--as", "patient")
    done(consent("deny", "everyone", "-p", "HRESCH", "--as", "patient"))
    done(consent("grant", *said_to))
    asked = ("cohort", "-p", "CLINTRCH", "--as", "sponsor", "--json")

    (one,) = said(record(*asked, "--study", "0x" + STUDY.hex()))

    assert one["patient"] == PATIENT
    assert said(record(*asked)) == []
    sharing.voted(sharing.consortium.suspend(3))
    assert said(record(*asked, "--study", "0x" + STUDY.hex())) == []


# Watching


def test_a_watch_hands_everything_to_a_command_once(consent, record, ref, folder):
    record("access", ref, "-p", "TREAT", "--as", "hospital")
    done(record("break-glass", ref, "--reason", "reason.txt", "--as", "hospital"))
    (folder / "take.py").write_text("import sys; open('taken', 'a').write(sys.stdin.read())")
    words = ("watch", "--command", f"{sys.executable} take.py", "--patient", "patient", "--once")

    first, second = done(consent(*words)), done(consent(*words))

    taken = [json.loads(line) for line in (folder / "taken").read_text().splitlines()]
    assert [one["kind"] for one in taken] == ["refusal", "break-glass"]
    assert first.out == "2 handed over.\n"
    assert second.out == "0 handed over.\n"
    skipping = (*words[:-1], "--once", "--from-now", "--cursor", "other.json")
    assert done(consent(*skipping)).out == "0 handed over.\n"
    away = ("watch", "--command", "/nowhere/take", "--patient", "patient", "--once", "--tries", "1")
    refused(consent(*away), r"/nowhere/take cannot be run .* waits")


def test_a_watch_tells_what_others_do_in_the_patient_s_name(consent, folder, sharing):
    (folder / "take.py").write_text("import sys; open('taken', 'a').write(sys.stdin.read())")
    done(consent(*GRANT, "--as", "patient"))
    done(consent("appoint", "clinic", "--until", "30d", "--as", "patient"))
    done(consent("grant", "Insurer", "-p", "HPAYMT", "--patient", "patient", "--as", "clinic"))
    done(consent("revoke", "Hospital", "--patient", "patient", "--as", "clinic"))
    done(consent("move", "request", "stranger", "--patient", "patient", "--as", "clinic"))
    sharing.later(7 * DAY)
    done(consent("move", "complete", "stranger", "--patient", "patient", "--as", "insurer"))
    done(consent("dismiss", "clinic", "--patient", "patient", "--as", "stranger"))

    done(
        consent("watch", "--command", f"{sys.executable} take.py", "--patient", "patient", "--once")
    )

    taken = [json.loads(line) for line in (folder / "taken").read_text().splitlines()]
    assert [one["event"] for one in taken] == [
        "RepresentativeAppointed",
        "DirectiveGiven",
        "DirectiveRevoked",
        "MoveRequested",
        "PatientRehoused",
        "RepresentativeDismissed",
    ]
    assert f"{CLINIC}: permit Insurer" in taken[1]["says"]
    assert taken[3]["says"].startswith(f"move to account {STRANGER} from ")


def test_a_watch_passes_over_refusals_of_members_that_are_not_active(record, consent, ref, sharing):
    sharing.voted(sharing.consortium.suspend(2))
    record("access", ref, "-p", "TREAT", "--as", "insurer")
    record("access", ref, "-p", "TREAT", "--as", "hospital")

    told = done(consent("watch", "--command", "true", "--patient", "patient", "--once", "--json"))

    assert json.loads(told.out)["member"] == 1


def test_a_cursor_is_what_it_is_named(consent, record, ref, folder):
    record("access", ref, "-p", "TREAT", "--as", "hospital")
    words = ("watch", "--command", "true", "--patient", "patient", "--once", "--cursor", "c.lock")

    assert [done(consent(*words)).out for _ in range(2)] == ["1 handed over.\n", "0 handed over.\n"]
    for content in ('{"block": 1e400, "log": 0}', '{"block": 1, "log": 10000000000000000000000}'):
        (folder / "c.lock").write_text(content)
        refused(consent(*words), r"c\.lock is no cursor of a watch; name another with --cursor")


# Bad input

OFFLINE = ("--registry", CLINIC, "--chain-id", "31337", "--as", "patient")
BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no purpose": (("consent", "grant", "Hospital", "--as", "patient"), "No purpose is given"),
    "unknown purpose": (
        ("consent", "grant", "Hospital", "-p", "CURE", "--as", "patient"),
        "'CURE' is no purpose; 59 are known, near this are .*treat",
    ),
    "no asker": (
        ("consent", "decide", "everyone", "-p", "TREAT", "--patient", "patient"),
        "Only a member can ask; name one by its name or number",
    ),
    "unknown label": (
        ("consent", *GRANT, "--labels", "HAIR", "--as", "patient"),
        "'HAIR' is no label; known are eth",
    ),
    "unknown action": (
        ("consent", *GRANT, "--actions", "sell", "--as", "patient"),
        "'sell' is no action; known are collect",
    ),
    "unknown ceiling": (
        ("consent", *GRANT, "--ceiling", "X", "--as", "patient"),
        "'X' is no confidentiality; known are u",
    ),
    "unknown member": (
        ("consent", "grant", "Hotel", "-p", "TREAT", "--as", "patient"),
        r"No member is 'Hotel'; known are 1 \(Hospital\)",
    ),
    "unknown member by number": (
        ("consent", "grant", "77", "-p", "TREAT", "--as", "patient"),
        "No member has the number 77",
    ),
    "unknown patient": (
        ("consent", "list", "--patient", "nobody"),
        "No account is named 'nobody'; known are hospital",
    ),
    "period reversed": (
        ("consent", *GRANT, "--from", "2031-01-01", "--until", "2030-01-01", "--as", "patient"),
        "The period starts at 2031-01-01 00:00:00 and ends at 2030-01-01 00:00:00 UTC",
    ),
    "period over": (
        ("consent", *GRANT, "--until", "2020-01-01", "--as", "patient"),
        "--until 2020-01-01 is over already .* give an end that is still to come",
    ),
    "no moment": (
        ("consent", *GRANT, "--until", "soon", "--as", "patient"),
        "--until 'soon' is no moment; write 2027-01-31",
    ),
    "study of everyone": (
        ("consent", "grant", "everyone", "-p", "HRESCH", "--study", HEX, "--as", "patient"),
        "is named without the member that runs it",
    ),
    "no study": (
        ("consent", *GRANT, "--study", "0x12", "--as", "patient"),
        "The study '0x12' is not a hash",
    ),
    "for another": (
        ("consent", *GRANT, "--patient", "patient", "--as", "stranger"),
        rf"Account {STRANGER} does not speak for patient {PATIENT} \(appointed until: never\)",
    ),
    "nothing to revoke": (
        ("consent", "revoke", "Hospital", "--as", "patient"),
        rf"Patient {PATIENT} has no such directive that stands; see 'pyhealth consent list'",
    ),
    "revoke what": (("consent", "revoke", "--as", "patient"), "Name a member, a --document, or --all"),
    "missing document": (
        ("consent", *GRANT, "--document", "gone.pdf", "--as", "patient"),
        r"gone\.pdf is no file; name the document to commit to",
    ),
    "empty document": (
        ("consent", *GRANT, "--document", "empty", "--as", "patient"),
        "empty is empty, and an empty document proves nothing",
    ),
    "damaged opening": (
        ("consent", *GRANT, "--document", "opened", "--as", "patient"),
        r"opened\.opening\.json is no opening .* name another file",
    ),
    "nothing to sign": (
        ("consent", "sign", "sell", "Hospital", "--as", "patient"),
        "'sell' cannot be signed; known are grant, deny",
    ),
    "unsigned by whom": (
        ("consent", "sign", *GRANT, "--unsigned", "--as", "patient"),
        "--unsigned needs the --signer whose wallet will sign",
    ),
    "representation without end": (
        ("consent", "sign", "appoint", "clinic", "--as", "patient"),
        "A representative needs an end; give --until",
    ),
    "nothing of that version to revoke": (
        ("consent", "sign", "revoke", "Hospital", "--version", "3", "--as", "patient"),
        r"0 directives stand for Hospital \(member 1\); say which with --place",
    ),
    "signed for no time": (
        ("consent", "sign", *GRANT, "--valid", "0d", "--as", "patient"),
        "--valid 0d would end at once; give a longer time",
    ),
    "a representation that is over": (
        ("consent", "sign", "appoint", "clinic", "--until", "2000-01-01", "--as", "patient"),
        "--until 2000-01-01 is over already; give an end that is still to come",
    ),
    "number below zero": (
        ("consent", "sign", "grant", "1", "-p", "TREAT", *OFFLINE, "--nonce", "-2"),
        "nonce -2 is no uint64; give a number from 0",
    ),
    "number too large": (
        ("consent", "sign", "grant", "1", "-p", "TREAT", *OFFLINE, "--nonce", str(10**22)),
        "nonce 10000000000000000000000 is no uint64",
    ),
    "member too large": (
        ("consent", "sign", "grant", "99999999999", "-p", "TREAT", *OFFLINE, "--nonce", "0"),
        "member 99999999999 is no uint32",
    ),
    "place below zero": (
        ("consent", "sign", "revoke", "1", "--place", "-1", "--version", "1", *OFFLINE, "--nonce", "0"),
        "place -1 is no uint8",
    ),
    "no chain": (
        ("consent", "sign", "grant", "1", "-p", "TREAT", *OFFLINE, "--nonce", "0", "--chain-id", str(10**80),
         "--signer", CLINIC, "--unsigned"),
        "is the number of no chain",
    ),
    "from before 1970": (
        ("consent", *GRANT, "--from", "1960-01-01", "--as", "patient"),
        "--from '1960-01-01' lies before 1970, where the clocks of chains start",
    ),
    "until before 1970": (
        ("consent", "appoint", "clinic", "--until", "1960-01-01", "--as", "patient"),
        "--until '1960-01-01' lies before 1970",
    ),
    "log before 1970": (
        ("record", "anchor", "patient.json", "--from", "1960-01-01", "--as", "hospital"),
        "--from '1960-01-01' lies before 1970",
    ),
    "nothing stands to revoke": (
        ("consent", "sign", "revoke", "Hospital", "--as", "patient"),
        r"0 directives stand for Hospital \(member 1\); say which with --place",
    ),
    "no number": (("consent", "cancel", "all", "--as", "patient"), "'all' is no number of an instr"),
    "number out of turn": (
        ("consent", "cancel", "7", "--as", "patient"),
        f"The instruction of {PATIENT} has number 7, and its next one has 0",
    ),
    "not signed": (("consent", "submit", "letter.pdf"), r"letter\.pdf is no signed message .*made anew"),
    "gone": (("consent", "submit", "gone.json"), r"gone\.json cannot be read"),
    "power over nothing": (
        ("consent", "appoint", "clinic", "--until", "1d", "--power", "sing", "--as", "patient"),
        "'sing' is no power; known are recover, speak",
    ),
    "represented by oneself": (
        ("consent", "appoint", "patient", "--until", "1d", "--as", "patient"),
        f"{PATIENT} cannot represent patient {PATIENT}",
    ),
    "malformed FHIR": (
        ("consent", "import", "letter.pdf", "--as", "patient"),
        r"letter\.pdf.* is no JSON .*line 1",
    ),
    "another resource": (
        ("consent", "import", "patient.json", "--as", "patient"),
        r"patient\.json holds no Consent; hand in one",
    ),
    "unknown code in FHIR": (
        ("consent", "import", "code.json", *MEMBER, "--as", "patient"),
        r"code\.json: Consent\.provision\.purpose.* is 'CURE', which is no code of",
    ),
    "FHIR without file": (("consent", "import", "gone.json", "--as", "patient"), "does not exist"),
    "FHIR that permits nobody": (
        ("consent", "import", "nobody.json", "--member", "Organization/f001=none", "--as", "patient"),
        r"nobody\.json gives no directive: from now on it permits and denies nothing",
    ),
    "no FHIR Consent in a Bundle": (
        ("consent", "import", "bundle.json", "--as", "patient"),
        r"bundle\.json holds no Consent; hand in one, or a Bundle of them",
    ),
    "reference of nobody": (
        ("consent", "import", "code.json", "--member", "Hospital", "--as", "patient"),
        "'Hospital' says of no reference which member it is; write R=MEMBER",
    ),
    "unknown release": (
        ("consent", "import", "code.json", "--release", "R6", "--as", "patient"),
        "Release 'R6' is not known; say R4 or R5",
    ),
    "imported unsigned by whom": (
        ("consent", "import", "code.json", *MEMBER, "--unsigned", "--out", "s.json"),
        "--unsigned needs the --signer whose wallet will sign",
    ),
    "nothing to export": (
        ("consent", "export", "--patient", "patient"),
        f"Patient {PATIENT} has no directive that stands; nothing is written",
    ),
    "watch without receiver": (("consent", "watch"), "Name a --webhook or a --command; one of the two"),
    "webhook of what": (
        ("consent", "watch", "--webhook", "portal", "--once"),
        "'portal' is not the address of a webhook",
    ),
    "webhook in brackets": (
        ("consent", "watch", "--webhook", "http://[", "--once"),
        r"'http://\[' is not the address of a webhook",
    ),
    "command without an end": (
        ("consent", "watch", "--command", "tee 'x", "--once"),
        "The command .* cannot be read .*; mend it",
    ),
    "cursor that is a folder": (
        ("consent", "watch", "--command", "true", "--once", "--cursor", "."),
        r"\. is a folder; name a file with --cursor",
    ),
    "watch backwards": (
        ("consent", "watch", "--command", "true", "--every", "-1"),
        "--every -1.0 is no pause; give seconds, such as 2",
    ),
    "watch at no time": (
        ("consent", "watch", "--command", "true", "--every", "nan"),
        "--every nan is no pause; give seconds, such as 2",
    ),
    "record without label": (
        ("record", "register", "letter.pdf", "--patient", "patient", "--as", "hospital"),
        "Say what the record is about with --labels",
    ),
    "record by no provider": (
        ("record", "register", "letter.pdf", "--patient", "patient", "-l", "CARE", "--as", "sponsor"),
        r"Member 3 is no active PROVIDER \(roles now: SPONSOR\)",
    ),
    "record by nobody": (
        ("record", "register", "letter.pdf", "--patient", "patient", "-l", "CARE", "--as", "stranger"),
        f"Account {STRANGER} acts for no member",
    ),
    "unknown record": (
        ("record", "access", HEX, "-p", "TREAT", "--as", "hospital"),
        f"No record {HEX} is registered here; ask its custodian",
    ),
    "no record": (
        ("record", "access", "letter.pdf", "-p", "TREAT", "--as", "hospital"),
        r"The record 'letter\.pdf' is not a hash",
    ),
    "unknown emergency": (
        ("record", "review", HEX, "justified", "--as", "regulator"),
        f"There is no emergency {HEX}; see 'pyhealth record overdue --all'",
    ),
    "review without finding": (
        ("record", "review", HEX, "--as", "regulator"),
        "Name an emergency and a finding, or a --signed review",
    ),
    "unknown finding": (
        ("record", "review", HEX, "fine", "--as", "regulator"),
        "'fine' is no finding; known are justified, unjustified",
    ),
    "glass of an unknown record": (
        ("record", "break-glass", HEX, "--reason", "letter.pdf", "--as", "hospital"),
        f"No record {HEX} is registered here; ask its custodian",
    ),
    "document that is a folder": (
        ("consent", *GRANT, "--document", ".", "--as", "patient"),
        r"\. is no file; name the document to commit to",
    ),
    "record that is a folder": (
        ("record", "register", ".", "--patient", "patient", "-l", "CARE", "--as", "hospital"),
        r"\. is no file; name the document to commit to",
    ),
    "document that is the folder above": (
        ("consent", *GRANT, "--document", "..", "--as", "patient"),
        r"\.\. is no file; name the document to commit to",
    ),
    "served where": (
        ("record", "log", "--served", "--as", "hospital"),
        "--served is said in the events of --fhir; name their file",
    ),
    "log of nobody": (
        ("record", "gaps", "patient.json", "--as", "stranger"),
        f"Account {STRANGER} acts for no member",
    ),
    "names of what": (
        ("record", "gaps", "patient.json", "--names", "names.yaml", "--as", "hospital"),
        r"names\.yaml has 'people'; known are members, patients, records",
    ),
    "gaps of a reversed period": (
        ("record", "gaps", "patient.json", "--from", "2027-01-01", "--until", "2026-01-01",
         "--as", "hospital"),
        "The period starts at 2027-01-01 00:00:00 and ends at 2026-01-01 00:00:00 UTC",
    ),
    "salts of what": (
        ("record", "gaps", "patient.json", "--salts", "letter.pdf", "--as", "hospital"),
        r"letter\.pdf opens no anchored log",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_sent(
    cli, folder, sharing, words, sentence
):
    (folder / "empty").touch()
    (folder / "opened").write_text("x")
    (folder / "opened.opening.json").write_text("{}")
    (folder / "patient.json").write_text('{"resourceType": "Patient"}')
    (folder / "names.yaml").write_text("people: {}\n")
    provision = json.loads(json.dumps(fhir()["provision"]).replace("TREAT", "CURE"))
    (folder / "code.json").write_text(json.dumps(fhir(provision=provision)))
    (folder / "nobody.json").write_text(json.dumps(fhir()))
    empty = {"resourceType": "Bundle", "type": "collection", "entry": []}
    (folder / "bundle.json").write_text(json.dumps(empty))
    before = sharing.rpc.call("eth_blockNumber")

    told = cli(*words)

    refused(told, sentence)
    assert sharing.rpc.call("eth_blockNumber") == before


def test_the_record_of_another_custodian_and_a_wrong_key_are_refused(
    record, ref, sharing, folder, cli
):
    sharing.voted(
        sharing.consortium.set_roles(
            2, {*sharing.consortium.roles_of(2), *sharing.consortium.roles_of(1)}
        )
    )
    refused(
        record("update", ref, "letter.pdf", "--as", "insurer"),
        f"Record {ref} is held by member 1, which alone can update it, not member 2",
    )
    refused(
        cli("consent", *GRANT, "--as", "lost"), "No account is named 'lost'; known are hospital"
    )
    cli.environment["PYHEALTH_PRIVATE_KEY"] = "0x1234"
    refused(cli("consent", *GRANT), "PYHEALTH_PRIVATE_KEY is not a private key")


def test_a_representative_appointed_by_vote_is_proposed_on_the_command_line(cli, folder, sharing):
    until = int(sharing.now().timestamp()) + 86_400 * 30
    words = (
        "call",
        "ConsentRegistry",
        "appointByVote",
        PATIENT,
        CLINIC,
        str(int(Power.SPEAK)),
        str(until),
    )

    told = cli("consortium", "propose", *words, "--dry-run", "--as", "hospital")

    assert told.status == 0, told.err
    assert "appointByVote" in told.out
