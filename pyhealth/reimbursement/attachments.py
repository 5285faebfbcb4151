"""Clinical attachments of claims: records at their custodians, which a payer uses with the
patient's consent and no other way.

Which record supports which claim is told to the payer, and stands on no chain: there it would tie
the patient's account to the coverage. What stands there is the receipt of each request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyhealth.errors import InputError, RecordUnknown
from pyhealth.reimbursement.history import Standing
from pyhealth.values import ConsentAction, Grantee, Ground, Outcome, Purpose, Question, Record

if TYPE_CHECKING:
    from pyhealth.reimbursement.desk import Desk

PURPOSE, ACTION = Purpose.HPAYMT, ConsentAction.USE  # what a payer asks for


@dataclass(frozen=True, slots=True)
class Attachment:
    """A record that supports a claim, and whether the claim's payer may use it."""

    record_ref: bytes
    outcome: Outcome | None  # None: no such record is registered
    ground: Ground = Ground.NONE
    receipt_hash: bytes | None = None  # of the payer's request; None: it was not made

    @property
    def permitted(self) -> bool:
        """Whether the payer may use it."""
        return self.outcome is Outcome.CONSENT_PERMIT


@dataclass(frozen=True, slots=True)
class Attachments:
    """The attachments of one claim, as one member handles them."""

    at: Desk
    claim: Standing

    @property
    def refs(self) -> list[bytes]:
        """Their references, as far as this member knows them."""
        return self.at.book.attachments(self.claim.decision.claim_ref)

    def attach(self, records: Iterable[bytes]) -> None:
        """Attach records that are registered: to this member's own claim."""
        self._check(self.claim.provider, "provider")
        listed = list(records)
        for ref in listed:
            if self.at.health.records.record_of(ref) is None:
                raise RecordUnknown(ref)
        self.at.book.attach(self.claim.decision.claim_ref, listed)

    def detach(self, records: Iterable[bytes]) -> None:
        """Take records off again."""
        self.at.book.detach(self.claim.decision.claim_ref, records)

    def preview(self) -> list[Attachment]:
        """Say what the payer would be answered now; nobody is told of it, and nothing is sent."""
        return [self._previewed(ref) for ref in self.refs]

    def open(self) -> list[Attachment]:
        """Ask, as the payer, to use each for the payment. Every answer has its receipt, a refusal
        too, which the patient sees.
        """
        self._check(self.claim.payer, "payer")
        return [self._opened(ref) for ref in self.refs]

    def shared(self) -> dict[str, Any]:
        """Return what the payer must know to open them."""
        records = ["0x" + ref.hex() for ref in self.refs]
        return {"claim": "0x" + self.claim.decision.claim_ref.hex(), "records": records}

    def _previewed(self, ref: bytes) -> Attachment:
        if (record := self.at.health.records.record_of(ref)) is None:
            return Attachment(ref, None)
        answer = self.at.health.consents.decide(_question(record, self.claim.payer))
        return Attachment(ref, answer.outcome, answer.ground)

    def _opened(self, ref: bytes) -> Attachment:
        if self.at.health.records.record_of(ref) is None:
            return Attachment(ref, None)
        made = self.at.health.records.request_access(ref, PURPOSE, ACTION)
        return Attachment(ref, made.receipt.outcome, made.receipt.ground, made.receipt_hash)

    def _check(self, member: int, what: str) -> None:
        if self.at.member != member:
            raise InputError(
                f"The claim's {what} is {self.at.title(member)} (member {member}); act for it with "
                "--as."
            )


def _question(record: Record, payer: int) -> Question:
    about = record.labels, record.confidentiality
    return Question(record.patient, Grantee(payer), PURPOSE, ACTION, *about)
