"""Decisions as FHIR R4 ClaimResponse and ExplanationOfBenefit.

They follow from the decision alone, so that everyone who writes one writes the same bytes: the id
is the claim's, times are those of the block. The patient is the pseudonymous coverage: no resource
of ours names a person. X12's codes are stored, their texts are X12's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from pyhealth.adjudication.values import Cut, RemittedClaim, RemittedLine, RemittedStatus

HL7 = "http://terminology.hl7.org/CodeSystem/"
ADJUDICATION = HL7 + "adjudication"
GROUPS = "https://x12.org/codes/claim-adjustment-group-codes"
REASONS = "https://x12.org/codes/claim-adjustment-reason-codes"
REMARKS = "https://x12.org/codes/remittance-advice-remark-codes"
CATEGORIES = {"1": "deductible", "3": "copay"}  # by reason code, where FHIR has its own word
DISPOSITIONS = {
    RemittedStatus.SETTLED: "Decided and settled.",
    RemittedStatus.PENDED: "Decided; payment is pended until the payer's pool suffices.",
    RemittedStatus.VOIDED: "Voided by the provider, and repaid.",
}
Json = dict[str, Any]


def claim_response(claim: RemittedClaim) -> bytes:
    """Return a decision as a ClaimResponse."""
    return _written(
        {
            "resourceType": "ClaimResponse",
            **_head(claim),
            "requestor": _who("member", claim.provider.number, claim.provider.name),
            "request": _who("claim-number", claim.number) if claim.number else None,
            "item": [
                {"itemSequence": line.number, "adjudication": _adjudication(line, claim.currency)}
                for line in claim.lines
            ],
            "total": _totals(claim),
            "payment": _payment(claim),
        }
    )


def explanation_of_benefit(claim: RemittedClaim) -> bytes:
    """Return a decision as an ExplanationOfBenefit."""
    coverage = _who("coverage", "0x" + claim.coverage.hex())
    return _written(
        {
            "resourceType": "ExplanationOfBenefit",
            **_head(claim),
            "provider": _who("member", claim.provider.number, claim.provider.name),
            "claim": _who("claim-number", claim.number) if claim.number else None,
            "insurance": [{"focal": True, "coverage": coverage}],
            "item": [_item(line, claim.currency) for line in claim.lines],
            "total": _totals(claim),
            "payment": _payment(claim),
        }
    )


def _head(claim: RemittedClaim) -> Json:
    """Return what both resources say of the claim."""
    voided = claim.status is RemittedStatus.VOIDED
    return {
        "id": claim.claim_id.hex(),
        "identifier": [{"system": "urn:pyhealth:claim", "value": "0x" + claim.claim_id.hex()}],
        "status": "cancelled" if voided else "active",
        "type": _concept(HL7 + "claim-type", claim.kind),
        "use": "claim",
        "patient": _who("coverage", "0x" + claim.coverage.hex()),
        "created": f"{claim.decided_at:%Y-%m-%dT%H:%M:%SZ}",
        "insurer": _who("member", claim.payer.number, claim.payer.name),
        "outcome": "complete",
        "disposition": DISPOSITIONS[claim.status],
    }


def _item(line: RemittedLine, currency: str) -> Json:
    return {
        "sequence": line.number,
        "category": {"text": line.category},
        "productOrService": _service(line),
        "servicedDate": line.served_on.isoformat(),
        "quantity": {"value": line.units},
        "net": _money(line.charge, currency),
        "adjudication": _adjudication(line, currency),
    }


def _service(line: RemittedLine) -> Json:
    if line.service is None:
        return {"text": line.category}
    code, *_ = line.service.rpartition("|")[2].split(":")
    system = line.service.rpartition("|")[0]
    return {"coding": [{"system": system or None, "code": code}]}


def _adjudication(line: RemittedLine, currency: str) -> list[Json]:
    """Return what was submitted, every cut with its codes, and the benefit."""
    return [
        _amount("submitted", line.charge, currency),
        *(_cut(cut, currency) for cut in line.cuts),
        _amount("benefit", line.paid, currency),
    ]


def _cut(cut: Cut, currency: str) -> Json:
    codings = [{"system": GROUPS, "code": cut.group}, {"system": REASONS, "code": cut.carc}]
    if cut.rarc:
        codings.append({"system": REMARKS, "code": cut.rarc})
    category = CATEGORIES.get(cut.carc) if cut.group == "PR" else None
    return {
        "category": _concept(ADJUDICATION, category) if category else {"text": "adjustment"},
        "reason": {"coding": codings},
        "amount": _money(cut.amount, currency),
    }


def _totals(claim: RemittedClaim) -> list[Json]:
    return [
        _amount("submitted", claim.charge, claim.currency),
        _amount("benefit", claim.paid, claim.currency),
    ]


def _payment(claim: RemittedClaim) -> Json | None:
    """Return the payment; none where nothing was paid, or not yet."""
    if claim.status is not RemittedStatus.SETTLED or not claim.paid:
        return None
    return {
        "type": _concept(HL7 + "ex-paymenttype", "complete"),
        "date": f"{claim.decided_at:%Y-%m-%d}",
        "amount": _money(claim.paid, claim.currency),
        "identifier": {"system": "urn:pyhealth:transaction", "value": "0x" + claim.payment.hex()},
    }


def _amount(category: str, amount: Decimal, currency: str) -> Json:
    return {"category": _concept(ADJUDICATION, category), "amount": _money(amount, currency)}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _money(amount: Decimal, currency: str) -> Json:
    return {"value": amount, "currency": currency}


def _who(kind: str, value: str, name: str | None = None) -> Json:
    """Return a reference by identifier: what it means lies on the chain, or with the parties."""
    identifier = {"system": f"urn:pyhealth:{kind}", "value": value}
    return {"identifier": identifier, "display": name or None}


def _written(resource: Json) -> bytes:
    """Return a resource as JSON, amounts with two digits, and without what is not there."""
    return orjson.dumps(_kept(resource), default=_digits, option=orjson.OPT_INDENT_2) + b"\n"


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kept(inner) for key, inner in value.items() if inner is not None}
    return [_kept(inner) for inner in value] if isinstance(value, list) else value


def _digits(amount: Decimal) -> orjson.Fragment:
    return orjson.Fragment(f"{amount:.2f}".encode())
