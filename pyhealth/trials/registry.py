"""Client of TrialRegistry.sol."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Receipt
from pyhealth.errors import ContractError
from pyhealth.hashing import Domain
from pyhealth.trials.approvals import CONTRACT, SignedApproval
from pyhealth.values import (
    Approval,
    Dates,
    DocumentKind,
    Milestone,
    Standing,
    StopReason,
    Trial,
    Version,
    struct,
)

NOTHING = bytes(32)  # where a commitment can be left out
Once = str | None  # a key: what was sent with it is not sent again


@dataclass(frozen=True, slots=True)
class TrialRegistry:
    """Each phase of a trial, anchored in an order that the contract enforces.

    Commitments and roots are 32 bytes. What is written returns the receipt; with ``once`` it is
    sent once, however often it is asked for.
    """

    binding: Binding

    @property
    def domain(self) -> Domain:
        """What approvals are signed for."""
        return Domain(CONTRACT, self.binding.chain.chain_id, self.binding.address)

    # Registering

    def register(
        self,
        registry_id: bytes,
        protocol: bytes,
        outcomes: bytes,
        dates: Dates,
        *,
        once: Once = None,
    ) -> Receipt:
        """Register a trial of this account's sponsor, as `trial_id_of` the two."""
        return self._send(once, "register", registry_id, protocol, outcomes, _wire(dates))

    def amend(
        self,
        trial_id: bytes,
        *,
        protocol: bytes = NOTHING,
        outcomes: bytes = NOTHING,
        reason: bytes,
        once: Once = None,
    ) -> Receipt:
        """Anchor the next version of the protocol; what is left out stays."""
        return self._send(once, "amend", trial_id, protocol, outcomes, reason)

    def reschedule(self, trial_id: bytes, dates: Dates, *, reason: bytes = NOTHING) -> Receipt:
        """Change declared dates that are not past."""
        return self._send(None, "reschedule", trial_id, _wire(dates), reason)

    # Approving

    def approve(self, trial_id: bytes, version: int, content: Version) -> Receipt:
        """Approve the current version, as an ethics board that read this content."""
        return self._send(None, "approve", trial_id, version, content.protocol, content.outcomes)

    def approve_by_signature(self, approval: SignedApproval) -> Receipt:
        """Hand in an approval that a board's key signed, whoever that is."""
        said = approval.trial_id, approval.version, approval.signer, approval.nonce
        signed = int(approval.deadline.timestamp()), approval.signature
        return self._send(None, "approveBySignature", *said, *signed)

    def withdraw_approval(
        self, trial_id: bytes, version: int, *, reason: bytes = NOTHING
    ) -> Receipt:
        """Withdraw the approval of this account's board, or what it signed and nobody handed in."""
        return self._send(None, "withdrawApproval", trial_id, version, reason)

    # Conducting

    def anchor(
        self,
        trial_id: bytes,
        kind: DocumentKind,
        document: bytes,
        count: int = 1,
        *,
        once: Once = None,
    ) -> Receipt:
        """Anchor a document, or the root of ``count`` documents or records."""
        return self._send(once, "anchor", trial_id, kind, document, count)

    def enrol(
        self, trial_id: bytes, participants: int, commitment: bytes, *, once: Once = None
    ) -> Receipt:
        """Tell how many participants are enrolled so far, and commit to who they are."""
        return self._send(once, "enrol", trial_id, participants, commitment)

    def record_last_visit(self, trial_id: bytes) -> Receipt:
        """Say that the last visit took place."""
        return self._send(None, "recordLastVisit", trial_id)

    def lock(self, trial_id: bytes, data: bytes, count: int, *, once: Once = None) -> Receipt:
        """Lock the database: the root of its ``count`` records."""
        return self._send(once, "lock", trial_id, data, count)

    def unblind(self, trial_id: bytes) -> Receipt:
        """Say that the allocation is opened; analysis plan and code are anchored before."""
        return self._send(None, "unblind", trial_id)

    def report(self, trial_id: bytes, results: bytes, *, once: Once = None) -> Receipt:
        """Anchor results, or a correction of them."""
        return self._send(once, "report", trial_id, results)

    # Stopping

    def stop(self, trial_id: bytes, reason: StopReason, *, detail: bytes = NOTHING) -> Receipt:
        """Stop a trial; one that enrolled nobody is withdrawn, unless it is for a time."""
        return self._send(None, "stop", trial_id, reason, detail)

    def resume(self, trial_id: bytes) -> Receipt:
        """End a stop that was for a time."""
        return self._send(None, "resume", trial_id)

    # Handing over

    def offer(self, trial_id: bytes, to: int) -> Receipt:
        """Offer a trial to another sponsor."""
        return self._send(None, "offer", trial_id, to)

    def cancel_offer(self, trial_id: bytes) -> Receipt:
        """Take an offer back."""
        return self._send(None, "cancelOffer", trial_id)

    def accept_offer(self, trial_id: bytes, version: int, stage: Milestone) -> Receipt:
        """Accept a trial that is offered to this account's sponsor, as it was seen to stand."""
        return self._send(None, "acceptOffer", trial_id, version, stage)

    def _send(self, once: Once, function: str, *arguments: object) -> Receipt:
        if once is not None:
            # what was refused before may pass now: then it is asked again, without the key
            with suppress(ContractError):
                return self.binding.send_once(once, function, *arguments)
        return self.binding.send(function, *arguments)

    # Reading

    def trial_id_of(self, sponsor: int, registry_id: bytes) -> bytes:
        """Return the identifier of a sponsor's trial, registered or not."""
        return bytes(self.binding.call("trialIdOf", sponsor, registry_id))

    def trial_of(self, trial_id: bytes) -> Trial:
        """Return what is stored of a trial; its sponsor is zero where there is none."""
        return struct(Trial, self.binding.call("trialOf", trial_id))

    def standing_of(self, trial_id: bytes) -> Standing:
        """Say where a trial stands now."""
        return struct(Standing, self.binding.call("standingOf", trial_id))

    def version_of(self, trial_id: bytes, version: int) -> Version:
        """Return what a version of the protocol consists of; zeros where there is none."""
        return struct(Version, self.binding.call("versionOf", trial_id, version))

    def approval_of(self, trial_id: bytes, version: int, board: int) -> Approval:
        """Return what a board said to a version."""
        return struct(Approval, self.binding.call("approvalOf", trial_id, version, board))

    def offer_of(self, trial_id: bytes) -> int:
        """Return the member that a trial is offered to, or zero."""
        return int(self.binding.call("offerOf", trial_id))


def _wire(dates: Dates) -> Sequence[int]:
    moments: Sequence[datetime] = (dates.enrolment, dates.completion, dates.results)
    return [int(one.timestamp()) for one in moments]
