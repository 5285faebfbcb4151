"""Client of RecordRegistry.sol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pyhealth.chain import transactions
from pyhealth.chain.binding import Binding
from pyhealth.errors import ConfigError
from pyhealth.hashing import Domain
from pyhealth.index.events import shape_of
from pyhealth.messages import Message, SignedMessage
from pyhealth.values import (
    Action,
    Confidentiality,
    ConsentAction,
    Emergency,
    Finding,
    Label,
    Outcome,
    Purpose,
    Receipt,
    Record,
    bits_of,
    seconds_of,
    span,
    struct,
    utc,
)

if TYPE_CHECKING:
    from pyhealth.privacy.gate import Gate, Opened

CONTRACT = "RecordRegistry"  # its name in what is signed
REVIEW = "Review(bytes32 emergencyId,uint8 finding,bytes32 report,address signer,uint48 deadline)"
KINDS = {REVIEW: CONTRACT}
NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Requested:
    """What a request for access came to: its receipt, and how it was anchored."""

    receipt: Receipt
    receipt_hash: bytes
    anchored: transactions.Receipt

    @property
    def permitted(self) -> bool:
        """Whether the record may be served."""
        return self.receipt.outcome is Outcome.CONSENT_PERMIT


@dataclass(frozen=True, slots=True)
class RecordRegistry:
    """References to health records, and a receipt for every request to use one."""

    binding: Binding
    gate: Callable[[], Gate] | None = None  # what serves the records that are kept here

    @property
    def domain(self) -> Domain:
        """What reviews are signed for."""
        return Domain(CONTRACT, self.binding.chain.chain_id, self.binding.address)

    # Records

    def register(
        self,
        patient: str,
        labels: Iterable[Label],
        confidentiality: Confidentiality,
        commitment: bytes,
    ) -> bytes:
        """Register a record under this account's member, and return its reference."""
        known = bits_of(labels), confidentiality, commitment
        receipt = self.binding.send("register", patient, *known)
        (log,) = (one for one in receipt.logs if one.address == self.binding.address)
        return log.topics[1]

    def update(
        self,
        record_ref: bytes,
        version: int,
        labels: Iterable[Label],
        confidentiality: Confidentiality,
        commitment: bytes,
    ) -> transactions.Receipt:
        """Give a record its next version; ``version`` is the present one."""
        known = bits_of(labels), confidentiality, commitment
        return self.binding.send("update", record_ref, version, *known)

    # Access

    def request_access(
        self, record_ref: bytes, purpose: Purpose, action: ConsentAction
    ) -> Requested:
        """Ask to use a record. A denial is an answer, with a receipt, and no exception."""
        return self._requested("requestAccess", record_ref, purpose, action)

    def request_access_for_study(
        self, record_ref: bytes, study: bytes, purpose: Purpose, action: ConsentAction
    ) -> Requested:
        """Ask to use a record for a study that this account's member runs."""
        return self._requested("requestAccessForStudy", record_ref, study, purpose, action)

    def _requested(self, function: str, *arguments: Any) -> Requested:
        (made,) = self.requests_in(self.binding.send(function, *arguments))
        return made

    def requests_in(self, anchored: transactions.Receipt) -> list[Requested]:
        """Return what the requests in a transaction came to, in their order."""
        shape = shape_of(CONTRACT, "AccessDecided")
        decided: list[Any] = [
            shape.decode(log.topics[1:], log.data)
            for log in anchored.logs
            if log.address == self.binding.address and log.topics[:1] == (shape.topic,)
        ]
        return [
            Requested(struct(Receipt, one["receipt"]), one["receiptHash"], anchored)
            for one in decided
        ]

    def would_permit(
        self, actor: str, record_ref: bytes, study: bytes, purpose: Purpose, action: ConsentAction
    ) -> bool:
        """Say whether a request by an account would be permitted now; nothing is written."""
        asked = record_ref, study, purpose, action
        outcome, _ = self.binding.call("requestAccessForStudy", *asked, caller=actor)
        return Outcome(outcome) is Outcome.CONSENT_PERMIT

    def open(
        self,
        record_ref: bytes,
        purpose: Purpose,
        action: ConsentAction = ConsentAction.ACCESS,
        study: bytes = NOTHING,
    ) -> Opened:
        """Ask to use a record, and return its bytes once the contract permits it, as `Gate.open`
        does.
        """
        if self.gate is None:
            raise ConfigError("This client of the record registry has no gate to open records by.")
        return self.gate().open(record_ref, purpose, action, study)

    # Breaking the glass

    def break_glass(self, record_ref: bytes, reason: bytes) -> bytes:
        """Permit this account's member for an emergency, and return its identifier; the reason is
        a salted commitment.
        """
        receipt = self.binding.send("breakGlass", record_ref, reason)
        (log,) = (one for one in receipt.logs if one.address == self.binding.address)
        return log.topics[1]

    def review(
        self, emergency_id: bytes, finding: Finding, report: bytes = NOTHING
    ) -> transactions.Receipt:
        """Review an emergency of another member, or of the patient that this account speaks for."""
        return self.binding.send("review", emergency_id, finding, report)

    def review_by_signature(self, signed: SignedMessage) -> transactions.Receipt:
        """Hand in a review that was signed."""
        return self.binding.send("reviewBySignature", *signed.message.values, signed.signature)

    def set_review_period(self, period: timedelta) -> Action:
        """Set the time for reviews of glasses broken from then on. By vote."""
        call = self.binding.encode("setReviewPeriod", int(period.total_seconds()))
        return Action(self.binding.address, call.data)

    # Logs

    def anchor_log(
        self, root: bytes, start: datetime, until: datetime, entries: int
    ) -> transactions.Receipt:
        """Anchor this account's log of AuditEvents for a period, by its Merkle root."""
        return self.binding.send("anchorLog", root, seconds_of(start), seconds_of(until), entries)

    # Reading

    def record_of(self, record_ref: bytes) -> Record | None:
        """Return a record, or nothing."""
        found = struct(Record, self.binding.call("recordOf", record_ref))
        return found if found.custodian else None

    def head_of(self, patient: str) -> bytes:
        """Return the hash of a patient's newest receipt; zeros where there is none."""
        return bytes(self.binding.call("headOf", patient))

    def emergency_of(self, emergency_id: bytes) -> Emergency | None:
        """Return an emergency, or nothing."""
        found = struct(Emergency, self.binding.call("emergencyOf", emergency_id))
        return found if found.member else None

    def newest_emergency(self, member: int, patient: str) -> bytes:
        """Return a member's newest emergency of a patient; zeros where there is none."""
        return bytes(self.binding.call("newestEmergency", member, patient))

    def open_reviews(self, member: int) -> tuple[bytes, ...]:
        """Return the emergencies of a member that are not reviewed."""
        return tuple(map(bytes, self.binding.call("openReviews", member)))

    def overdue_reviews(self, member: int) -> tuple[bytes, ...]:
        """Return those whose review is overdue."""
        return tuple(map(bytes, self.binding.call("overdueReviews", member)))

    def shut_until(self, member: int, patient: str) -> datetime:
        """Return until when a member cannot break the glass of a patient."""
        return utc(self.binding.call("shutUntil", member, patient))

    def emergencies_of(self, member: int) -> int:
        """Return how many emergencies a member had so far."""
        return int(self.binding.call("emergenciesOf", member))

    def logged_until(self, member: int) -> datetime | None:
        """Return until when a custodian anchored its logs, or nothing where it never did."""
        seconds = self.binding.call("loggedUntil", member)
        return utc(seconds) if seconds else None

    def review_period(self) -> timedelta:
        """Return the time for reviews."""
        return span(self.binding.call("reviewPeriod"))

    def emergency(self) -> timedelta:
        """Return for how long a broken glass permits."""
        return span(self.binding.call("EMERGENCY"))

    def max_open_reviews(self) -> int:
        """Return the most open reviews that a member can have."""
        return int(self.binding.call("MAX_OPEN_REVIEWS"))


def review_message(
    domain: Domain,
    emergency_id: bytes,
    finding: Finding,
    report: bytes,
    *,
    signer: str,
    deadline: datetime,
) -> Message:
    """Return what is signed to review an emergency."""
    said = emergency_id, int(finding), report
    return Message(domain, REVIEW, (*said, signer, seconds_of(deadline)))
