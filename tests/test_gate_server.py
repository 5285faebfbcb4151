"""
the gate over HTTP
├── a program of the house comes with a token
│   ├── it gets the bytes, their digest and the receipt, and no cache keeps them
│   ├── where it is denied it gets a problem with ground and receipt, and no byte
│   └── an unknown token, one that is over, and none are 401
├── a member comes with its own receipt
│   ├── it gets the bytes once; the account that signs must be the one that asked
│   ├── a signature for another gate is none here
│   ├── what is no receipt is 401 or 403, whatever it is
│   └── the client fetches, and says what the gate says
├── what cannot be read is 422, what is not there 404, what broke 500 or 503: each a problem, none
│   tells what is kept
├── the health of the gate is that of its chain
├── every answer is one that its OpenAPI description names, for whatever is sent (schemathesis)
└── fifty clients at once, half of them denied: no byte without a permit receipt, none lost
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import schemathesis
import uvicorn
from conftest import free_port
from consent_cast import HOSPITALS, INSURERS, PATIENT, STUDY, Sharing
from consortium_cast import signer
from hypothesis import HealthCheck, given, settings
from test_gate import LETTER, Shelf

from pyhealth import errors
from pyhealth.privacy.gate import Wanted
from pyhealth.privacy.presenting import credentials, fetch, origin_of
from pyhealth.privacy.stores import Held
from pyhealth.records.log import link_of, log
from pyhealth.server import Custodian, create_app
from pyhealth.server.tokens import Tokens
from pyhealth.values import ConsentAction, Label, Outcome, Purpose, Receipt

PROBLEM = "application/problem+json"
TREAT, ACCESS = Purpose.TREAT, ConsentAction.ACCESS


@dataclass
class Running:
    """A gate that listens."""

    custodian: Custodian
    url: str

    @property
    def bearer(self) -> dict[str, str]:
        token = self.custodian.tokens.issue("hospital", datetime.now(UTC) + timedelta(days=1))
        return {"Authorization": f"Bearer {token}"}

    def get(self, record: bytes, headers: dict[str, str] | None = None, **asked: str):
        asked = {"purpose": "TREAT"} | asked
        place = f"{self.url}/records/0x{record.hex()}"
        return httpx.get(place, params=asked, headers=headers, timeout=60)


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def letter(sharing, shelf) -> bytes:
    return sharing.record(commitment=shelf.put(LETTER))


@pytest.fixture
def running(sharing, shelf, home) -> Iterator[Running]:
    """The hospital's gate, served."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    custodian = Custodian(1, sharing.health("hospital"), shelf, Tokens(home / "gate/tokens"), url)
    config = uvicorn.Config(create_app(custodian), port=port, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(custodian, url)
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def presents(sharing, letter, running) -> Callable[..., dict[str, str]]:
    """One of the cast asks for the letter, and signs for the gate."""

    def present(name: str = "insurer", by: str | None = None, at: str | None = None):
        made = sharing.records(name).request_access(letter, TREAT, ACCESS)
        place = sharing.records().domain, made.anchored.transaction, at or running.url
        return {"Authorization": credentials(*place, signer(by or name))}

    return present


def denied(answer: httpx.Response, status: int, words: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert LETTER not in answer.content
    told = answer.json()
    assert told["status"] == status
    assert words in told["detail"]
    return told


# A program of the house


def test_a_token_gets_the_bytes_their_digest_and_the_receipt(sharing, running, letter):
    sharing.permit()

    answer = running.get(letter, running.bearer)

    assert answer.status_code == 200
    assert answer.content == LETTER
    digest = base64.b64encode(hashlib.sha256(LETTER).digest()).decode()
    assert answer.headers["content-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["pyhealth-receipt"] == "0x" + sharing.records().head_of(PATIENT).hex()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/octet-stream"


def test_where_a_token_is_denied_it_gets_a_problem_with_ground_and_receipt(
    sharing, running, letter
):
    answer = running.get(letter, running.bearer)

    told = denied(answer, 403, "no directive applies")
    assert told["ground"] == "none"
    assert told["receipt"] == "0x" + sharing.records().head_of(PATIENT).hex()
    assert told["type"] == "/problems/access-not-permitted"
    assert "tells the patient" in httpx.get(running.url + told["type"]).text
    denied(httpx.get(running.url + "/problems/mars"), 404, "no such problem")


def test_a_study_is_asked_for_by_its_own_directives(sharing, running, letter):
    answer = running.get(letter, running.bearer, study="0x" + STUDY.hex(), purpose="clintrch")

    denied(answer, 403, "for CLINTRCH")


def test_an_unknown_token_one_that_is_over_and_none_are_401(sharing, running, letter, shelf):
    sharing.permit()
    over = running.custodian.tokens.issue("hospital", datetime.now(UTC))

    for sent in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": f"Bearer {over}"}):
        answer = running.get(letter, sent)
        denied(answer, 401, "does not show who asks")
        assert answer.headers["www-authenticate"] == "Bearer, Receipt"
    assert sharing.records().head_of(PATIENT) == bytes(32)
    assert shelf.asked == 0


def test_a_token_is_kept_nowhere_and_a_line_taken_out_revokes_it(sharing, running, letter):
    sharing.permit()
    header = running.bearer
    file = running.custodian.tokens.file

    assert header["Authorization"].split()[1] not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("")
    denied(running.get(letter, header), 401, "unknown or over")
    file.write_text("no token\n")
    denied(running.get(letter, header), 500, "its own log says why")


# A member


def test_a_member_gets_the_bytes_once_with_its_own_receipt(sharing, running, letter, presents):
    sharing.permit(INSURERS)
    header = presents()

    answer = running.get(letter, header)

    assert (answer.status_code, answer.content) == (200, LETTER)
    denied(running.get(letter, header), 403, "opens a record once")


def test_the_account_that_signs_must_be_the_one_that_asked(sharing, running, letter, presents):
    sharing.permit(INSURERS)

    denied(running.get(letter, presents(by="stranger")), 403, "another account")


def test_a_signature_for_another_gate_is_none_here(sharing, running, letter, presents):
    sharing.permit(INSURERS)

    denied(running.get(letter, presents(at="http://127.0.0.1:1")), 403, "another account")


@pytest.mark.parametrize(
    "given",
    ["0x00", "nonsense", "0x" + "00" * 32 + ".0x" + "00" * 65, "0x" + "00" * 32 + ".0x"
     + "11" * 64 + "1b.", "é" * 20, "0x" + "99" * 32 + ".0x" + "00" * 64 + "1c"],
)  # fmt: skip
def test_what_is_no_receipt_is_401(running, letter, given):
    header = {"Authorization": b"Receipt " + given.encode()}

    denied(running.get(letter, header), 401, "what follows Receipt is none")


def test_the_client_fetches_and_says_what_the_gate_says(sharing, running, letter):
    sharing.permit(INSURERS)
    records, me = sharing.records("insurer"), signer("insurer")
    made = records.request_access(letter, TREAT, ACCESS)
    come = records.domain, running.url, Wanted(letter, TREAT), made.anchored.transaction, me

    assert fetch(*come) == LETTER
    with pytest.raises(errors.GateRefused, match=r"\(403\): Receipt 0x.* opens a record once"):
        fetch(*come)
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(errors.GateRefused, match=r"\(no answer\)"):
        fetch(records.domain, nobody, *come[2:])


def test_a_gate_is_named_by_scheme_host_and_port():
    assert origin_of("https://Gate.example:8443/records/") == "https://gate.example:8443"
    for text in (
        "gate.example",
        "ftp://gate.example",
        "http://",
        "http://gate.example:0",
        "http://[",
    ):
        with pytest.raises(errors.InputError, match="is not the address of a gate"):
            origin_of(text)


# What cannot be answered


@pytest.mark.parametrize(
    ("place", "status", "words"),
    [
        ("/records/0x12?purpose=TREAT", 422, "path.record: "),
        ("/records/0x" + "99" * 32, 422, "query.purpose: "),
        ("/records/0x" + "99" * 32 + "?purpose=MARS", 422, "'MARS' is no purpose"),
        ("/records/0x" + "99" * 32 + "?purpose=TREAT&action=eat", 422, "'eat' is no action"),
        ("/records/0x" + "99" * 32 + "?purpose=TREAT&study=0x1", 422, "query.study: "),
        ("/records/0x" + "99" * 32 + "?purpose=TREAT", 404, "is registered here"),
        ("/records", 404, "Not Found"),
    ],
)
def test_what_cannot_be_read_is_422_and_what_is_not_there_404(running, place, status, words):
    answer = httpx.get(running.url + place, headers=running.bearer)

    denied(answer, status, words)


def test_what_is_not_kept_or_damaged_is_told_without_what_is_kept(sharing, running, letter, shelf):
    sharing.permit()
    (known,) = shelf.records

    shelf.records[known] = Held(b"SECRET", b"\x5a" * 32)
    told = denied(running.get(letter, running.bearer), 500, "is not what was registered")
    assert "SECRET" not in json.dumps(told)
    shelf.records.clear()
    denied(running.get(letter, running.bearer), 404, "Nothing that is kept here")


def test_what_broke_in_the_house_is_not_told_outside(sharing, running, letter, shelf, monkeypatch):
    sharing.permit()

    for broken, status in (
        (errors.InputError("/srv/records/patient-4711 cannot be read."), 500),
        (ZeroDivisionError("patient-4711"), 500),
        (errors.NodeUnreachable("http://node:8545", "it is gone"), 503),
    ):

        def fail(self, record, broken=broken):
            raise broken

        monkeypatch.setattr(Shelf, "fetch", fail)
        told = denied(running.get(letter, running.bearer), status, "its own log says why")
        assert "4711" not in json.dumps(told)
        assert "8545" not in json.dumps(told)


def test_the_health_of_the_gate_is_that_of_its_chain(sharing, running, monkeypatch):
    chain = running.custodian.health.chain

    told = httpx.get(running.url + "/health").json()

    assert told == {"status": "ok", "chain_id": chain.chain_id, "block": chain.head()}

    def gone(self):
        raise errors.NodeUnreachable("http://node:8545", "it is gone")

    monkeypatch.setattr(type(chain), "head", gone)
    answer = httpx.get(running.url + "/health")
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)


# Whatever is sent


def test_every_answer_is_one_that_its_description_names(sharing, running, letter):
    sharing.permit()
    header = running.bearer
    described = schemathesis.openapi.from_url(running.url + "/openapi.json")
    seen = set[int]()

    for operation in described.get_all_operations():
        conforms(operation.ok(), header, seen)
    asked = {"path_parameters": {"record": "0x" + letter.hex()}}
    operation = described["/records/{record}"]["GET"]
    for purpose in ("TREAT", "HRESCH"):
        case = operation.Case(**asked, query={"purpose": purpose})
        seen.add(case.call_and_validate(headers=header).status_code)
    assert {200, 403, 404} <= seen
    assert max(seen) < 500


def conforms(operation, header: dict[str, str], seen: set[int]) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def campaign(case):
        seen.add(case.call_and_validate(headers=header).status_code)

    campaign()


# Fifty at once


@pytest.mark.parametrize("way", ["tokens", "receipts"])
def test_fifty_clients_at_once_half_denied_no_byte_without_a_permit_and_none_lost(
    sharing, running, letter, shelf, presents, way
):
    sharing.permit(HOSPITALS)
    sharing.permit(INSURERS)
    session = b"Psychotherapy, third session."
    asked = (
        letter,
        sharing.record(commitment=shelf.put(session), labels={Label.LABORATORY, Label.PSY}),
    )
    header, records = running.bearer, sharing.records("insurer")

    def come(i: int) -> httpx.Response:
        ref = asked[i % 2]
        if way == "tokens":
            return running.get(ref, header)
        made = records.request_access(ref, TREAT, ACCESS)
        place = records.domain, made.anchored.transaction, running.url
        return running.get(ref, {"Authorization": credentials(*place, signer("insurer"))})

    with ThreadPoolExecutor(50) as crowd:
        came = list(crowd.map(come, range(50)))

    written = receipts(sharing)
    served = {one.headers["pyhealth-receipt"]: one for one in came if one.status_code == 200}
    refused = {one.json()["receipt"]: one for one in came if one.status_code == 403}
    assert (len(served), len(refused)) == (25, 25)
    assert written.keys() == served.keys() | refused.keys()
    for name, receipt in written.items():
        permitted = receipt.outcome is Outcome.CONSENT_PERMIT
        assert permitted is (name in served)
        assert receipt.record_ref == asked[not permitted]
    assert {one.content for one in served.values()} == {LETTER}
    assert not any(session in one.content for one in came)


def receipts(sharing: Sharing) -> dict[str, Receipt]:
    """All receipts of the patient on chain, whose chain of hashes is whole."""
    health = sharing.health("hospital")
    health.index.sync()
    told = log(health.index, health.records, PATIENT)
    assert told.faults == ()
    links = [link_of(event) for event in told.events if event.name == "AccessDecided"]
    return {"0x" + link.receipt_hash.hex(): link.receipt for link in links}
