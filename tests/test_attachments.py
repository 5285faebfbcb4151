"""
attachments of claims
├── attach keeps registered records with the provider's own claim, and takes them off again
│   ├── an unknown record is refused
│   └── a claim of another provider is refused
├── a record that a claim of FHIR or CSV refers to is attached when it is submitted
├── given what the provider shares
│   └── the payer takes it, and nothing of it is on the chain
├── preview says what the payer would be answered, and writes no receipt
└── open asks for a use for HPAYMT
    ├── given a permit, it is permitted, with a receipt that the patient sees
    ├── given no directive, a deny, or a permit for treatment, it is refused with its ground
    ├── given a permit that was revoked, it is refused from then on
    ├── given a reference that nobody registered, it says so, and opens the others
    └── by another member than the payer, it is refused
"""

from dataclasses import replace

import pytest
from conftest import Cli
from consent_cast import HOSPITALS, INSURERS, PATIENT, Sharing
from consortium_cast import INSURER
from test_claim_cli import SAMPLES, resource, submit, written

from pyhealth.errors import InputError, RecordUnknown
from pyhealth.reimbursement.attachments import Attachments
from pyhealth.reimbursement.desk import Desk
from pyhealth.sharing.purposes import closure
from pyhealth.values import ConsentAction, Ground, Outcome, Purpose

PAYMENT = {"purposes": closure(Purpose.HPAYMT), "actions": {ConsentAction.USE}}
STRAY = b"\x5a" * 32  # the reference of nothing
SYSTEM = "urn:pyhealth:record"


@pytest.fixture
def sharing(act_as) -> Sharing:
    return Sharing(act_as)


@pytest.fixture
def record(sharing) -> bytes:
    return sharing.record()


@pytest.fixture
def insured(cli) -> Cli:
    """A plan, its coverages, a funded pool, and a claim that was decided."""
    for told in (
        cli("claim", "plan", SAMPLES / "plan.yaml", "--as", "insurer"),
        cli("claim", "coverage", SAMPLES / "coverages.csv", "--as", "insurer"),
        cli("claim", "fund", "1000000", "--test-money", "--as", "insurer"),
    ):
        assert told.status == 0, told.err
    submit(cli, SAMPLES / "claims.ndjson")
    return cli


def of(sharing: Sharing, name: str, claim: str = "K-1001") -> Attachments:
    """The claim's attachments, as one of the cast handles them."""
    hospital = Desk(sharing.health("hospital"))
    named = "0x" + hospital.standing(claim).claim_id.hex()
    at = Desk(sharing.health(name))
    return Attachments(at, at.standing(named))


@pytest.fixture
def attached(insured, sharing, record) -> Attachments:
    """The claim with a laboratory record, as its payer sees it."""
    of(sharing, "hospital").attach([record])
    return of(sharing, "insurer")


def test_attach_keeps_records_and_takes_them_off_again(insured, sharing, record):
    ours = of(sharing, "hospital")
    other = sharing.record(commitment=b"\x0b" * 32)

    ours.attach([record])
    ours.attach([other, record])
    both = ours.refs
    ours.detach([record])

    assert both == sorted([record, other])
    assert ours.refs == [other]
    assert of(sharing, "hospital", "K-1002").refs == []


def test_attach_refuses_an_unknown_record(insured, sharing, record):
    ours = of(sharing, "hospital")

    with pytest.raises(RecordUnknown) as refused:
        ours.attach([record, STRAY])

    assert refused.value.record_ref == STRAY
    assert ours.refs == []


def test_attach_refuses_another_providers_claim(insured, sharing, record):
    with pytest.raises(InputError, match="The claim's provider is Hospital \\(member 1\\)"):
        of(sharing, "insurer").attach([record])


def named(ref: str) -> dict[str, object]:
    return {"identifier": {"system": SYSTEM, "value": ref}}


def supporting(*references: dict[str, object]) -> list[dict[str, object]]:
    category = {"coding": [{"code": "attachment"}]}
    return [
        {"sequence": i, "category": category, "valueReference": one}
        for i, one in enumerate(references, 1)
    ]


def test_a_record_that_a_claim_refers_to_is_attached(insured, sharing, record, tmp_path):
    ref = "0x" + record.hex()
    document = {"resourceType": "DocumentReference", "id": "d"} | {
        "identifier": [{"system": "urn:other", "value": "7"}, {"system": SYSTEM, "value": ref}]
    }
    more = [named(ref), {"reference": "#d"}, {"reference": "Condition/9"}]
    claims = [
        resource("F-1", supportingInfo=supporting(named(ref))),
        resource("F-2", "C-1001", contained=[document], supportingInfo=supporting(*more)),
        resource("F-3", "C-1002", supportingInfo=supporting(named("0x12"))),
    ]
    table = tmp_path / "claims.csv"
    table.write_text(
        "claim,coverage,code,served_on,charge,currency,attachments\n"
        f"F-4,C-1003,urn:pyhealth:sample-services|V500,2025-03-01,60.00,EUR,{ref}\n"
    )

    told = submit(insured, written(tmp_path / "claims.ndjson", claims), table, status=1)

    for number in ("F-1", "F-2", "F-4"):
        assert of(sharing, "hospital", number).refs == [record]
    (refusal,) = told["refusals"]
    assert "line 3: supportingInfo[1].valueReference.identifier.value is '0x12'" in refusal


def test_the_payer_takes_what_the_provider_shares(insured, sharing, record, tmp_path):
    ref, file = "0x" + record.hex(), tmp_path / "for-insurer.json"
    blocks = sharing.rpc.quantity("eth_blockNumber")
    told = insured("claim", "attach", "K-1001", ref, "--share", file, "--as", "hospital", "--json")
    claim = told.json["claim_id"]
    payer = Cli({**insured.environment, "PYHEALTH_HOME": str(tmp_path / "p")}, insured.monkeypatch)
    records = tmp_path / "p" / "deployments"
    records.parent.mkdir()
    records.symlink_to(sharing.health("hospital").record.file.parent)

    nothing = payer("claim", "attachments", claim, "--as", "insurer")
    taken = payer("claim", "take", file, "--json")
    listed = payer("claim", "attachments", claim, "--as", "insurer", "--json")

    assert told.json["records"] == [ref]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "There is none" in nothing.out
    assert taken.json == {"attachments": 1}
    assert [one["record"] for one in listed.json] == [ref]
    assert sharing.rpc.quantity("eth_blockNumber") == blocks


@pytest.mark.parametrize("text", ['{"attachments": [{"claim": "0x12"}]}', '{"attachments": 7}'])
def test_take_refuses_what_nobody_shared(text, cli, tmp_path):
    file = tmp_path / "shared.json"
    file.write_text(text)

    told = cli("claim", "take", file)

    assert told.status == 1
    assert f"{file} is not what 'pyhealth claim share' or 'attach' writes" in told.err


def test_preview_says_what_would_be_answered(attached, sharing):
    refused = attached.preview()
    sharing.permit(INSURERS, **PAYMENT)
    permitted = attached.preview()

    assert [(one.outcome, one.receipt_hash) for one in refused] == [(Outcome.NO_CONSENT, None)]
    assert [(one.outcome, one.ground) for one in permitted] == [
        (Outcome.CONSENT_PERMIT, Ground.MEMBER)
    ]
    assert sharing.records().head_of(PATIENT) == bytes(32)


def test_open_is_permitted_by_a_permit_for_payment(attached, sharing, record):
    sharing.permit(INSURERS, **PAYMENT)

    (opened,) = attached.open()

    assert opened.permitted
    assert opened.record_ref == record
    assert sharing.records().head_of(PATIENT) == opened.receipt_hash
    sharing.health("insurer").index.sync()
    (event,) = sharing.health("insurer").index.events("RecordRegistry", "AccessDecided")
    receipt = event.arguments["receipt"]
    assert (
        Purpose(receipt[8]),
        ConsentAction(receipt[9]),
        receipt[6],
    ) == (Purpose.HPAYMT, ConsentAction.USE, INSURER)


def permitted_to_treat(sharing: Sharing) -> None:
    sharing.permit(INSURERS)


def permitted_to_another(sharing: Sharing) -> None:
    sharing.permit(HOSPITALS, **PAYMENT)


def denied(sharing: Sharing) -> None:
    sharing.permit(replace(INSURERS, member=0), **PAYMENT)
    sharing.refuse(INSURERS, **PAYMENT)


REFUSALS = {
    "no directive": (lambda sharing: None, Outcome.NO_CONSENT, Ground.NONE),
    "a permit for treatment": (permitted_to_treat, Outcome.NO_CONSENT, Ground.NONE),
    "a permit for another": (permitted_to_another, Outcome.NO_CONSENT, Ground.NONE),
    "a deny": (denied, Outcome.CONSENT_DENY, Ground.MEMBER),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_open_is_refused_with_its_ground(name, attached, insured, sharing):
    prepare, outcome, ground = REFUSALS[name]
    prepare(sharing)
    claim = "0x" + attached.claim.claim_id.hex()

    (opened,) = attached.open()
    told = insured("claim", "attachments", claim, "--open", "--as", "insurer", "--json")

    assert (opened.outcome, opened.ground) == (outcome, ground)
    assert sharing.records().head_of(PATIENT) not in (bytes(32), opened.receipt_hash)
    assert told.status == 1
    assert told.json[0]["ground"] == ground.name.lower()
    assert "1 of 1 attachments stay closed" in told.err
    words = {Ground.NONE: "no directive applies", Ground.MEMBER: "by a directive for the member"}
    assert f"asks to use it for HPAYMT: refused, {words[ground]}." in told.err


def test_open_is_refused_once_the_permit_is_revoked(attached, sharing):
    given = sharing.permit(INSURERS, **PAYMENT)
    (before,) = attached.open()

    sharing.consents().revoke(PATIENT, INSURERS, given.place, given.version)
    (after,) = attached.open()

    assert (before.permitted, after.permitted) == (True, False)
    assert after.outcome is Outcome.NO_CONSENT


def test_open_says_where_nobody_registered_a_record(attached, insured, sharing, record):
    sharing.permit(INSURERS, **PAYMENT)
    attached.at.book.attach(attached.claim.decision.claim_ref, [STRAY])
    claim = "0x" + attached.claim.claim_id.hex()

    told = insured("claim", "attachments", claim, "--open", "--as", "insurer")

    assert told.status == 1
    assert "1 of 2 attachments stay closed" in told.err
    assert "no such record is registered; ask the provider for the reference." in told.err
    assert sharing.records().head_of(PATIENT) != bytes(32)


def test_open_is_the_payers_alone(attached, sharing):
    with pytest.raises(InputError, match="The claim's payer is Insurer \\(member 2\\); act for it"):
        of(sharing, "hospital").open()
