"""The custodian's gate: no byte of a record leaves before the chain has a receipt that permits it.

Whoever wants a record either lets the gate ask for it (`Gate.open`: the account is this house's
own), or asked itself and brings the transaction (`Gate.serve`: any member, whose key stays with
it). Both end in the same checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pyhealth.chain.transactions import Receipt as Anchored
from pyhealth.errors import (
    AccessNotPermitted,
    ReceiptMissing,
    ReceiptNotFinal,
    ReceiptOfOther,
    ReceiptOverruled,
    ReceiptSpent,
    ReceiptStale,
    RecordChanged,
    RecordDamaged,
    RecordKeptElsewhere,
    RecordUnknown,
)
from pyhealth.privacy.served import Served
from pyhealth.privacy.stores import Store
from pyhealth.sharing.rule import GROUNDS
from pyhealth.values import ConsentAction, Purpose, Receipt, Record, utc

if TYPE_CHECKING:
    from pyhealth.records import RecordRegistry, Requested

NO_STUDY = bytes(32)
WINDOW = timedelta(minutes=5)  # that a receipt may be old which is brought


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, and for what."""

    record_ref: bytes
    purpose: Purpose
    action: ConsentAction = ConsentAction.ACCESS
    study: bytes = NO_STUDY

    def request(self, records: RecordRegistry) -> Requested:
        """Ask the contract for it."""
        if any(self.study):
            whole = self.record_ref, self.study, self.purpose, self.action
            return records.request_access_for_study(*whole)
        return records.request_access(self.record_ref, self.purpose, self.action)

    def differs(self, receipt: Receipt, actor: str) -> str | None:
        """Say in what a receipt is not the one for this, or nothing."""
        pairs = {
            "record": (receipt.record_ref, self.record_ref),
            "account": (receipt.actor, actor),
            "purpose": (receipt.purpose, self.purpose),
            "action": (receipt.action, self.action),
            "study": (receipt.study, self.study),
        }
        return next((what for what, (one, other) in pairs.items() if one != other), None)


@dataclass(frozen=True, slots=True)
class Opened:
    """A record in clear, and the receipt that permits it."""

    data: bytes = field(repr=False)
    requested: Requested


@dataclass(frozen=True, slots=True)
class Gate:
    """Serves what a custodian keeps, upon receipts of the record registry; each serves once.

    Only what this custodian registered: another member can register a copy of a commitment that it
    sees on the chain, for a patient of its own making who permits everything.
    """

    custodian: int  # the member whose gate this is
    records: RecordRegistry
    store: Store
    served: Served
    window: timedelta = WINDOW

    def open(
        self,
        record_ref: bytes,
        purpose: Purpose,
        action: ConsentAction = ConsentAction.ACCESS,
        study: bytes = NO_STUDY,
    ) -> Opened:
        """Ask to use a record as this account, and return its bytes; a refusal is on record like a
        permission, and is raised as `AccessNotPermitted`.
        """
        wanted, chain = Wanted(record_ref, purpose, action, study), self.records.binding.chain
        self._record(record_ref)  # nothing is asked for what is not kept here
        before = chain.head()
        made = wanted.request(self.records)
        found = self._found(made.anchored.transaction, wanted, made.receipt.actor)
        if found.anchored.block_number <= before:
            raise ReceiptStale(found.receipt_hash, found.receipt.decided_at)
        return self._opened(wanted, found)

    def serve(self, wanted: Wanted, transaction: bytes, actor: str) -> Opened:
        """Return the bytes of a record to an account that asked for it in a transaction. That who
        comes is this account must be clear before.
        """
        found = self._found(transaction, wanted, actor)
        self._require_final(found)
        if self._now() - found.receipt.decided_at > self.window:
            raise ReceiptStale(found.receipt_hash, found.receipt.decided_at)
        return self._opened(wanted, found)

    def _found(self, transaction: bytes, wanted: Wanted, actor: str) -> Requested:
        """Return the receipt for what is wanted, as the chain has it now; one that does not permit
        is an error.
        """
        rpc = self.records.binding.chain.rpc
        raw = rpc.call("eth_getTransactionReceipt", "0x" + transaction.hex())
        made = self.records.requests_in(Anchored.from_rpc(raw)) if raw else []
        if not made:
            raise ReceiptMissing(transaction)
        fitting = [one for one in made if not wanted.differs(one.receipt, actor)]
        if not fitting:
            what = wanted.differs(made[0].receipt, actor)
            raise ReceiptOfOther(made[0].receipt_hash, str(what))
        found = next((one for one in fitting if one.receipt_hash not in self.served), fitting[0])
        if not found.permitted:
            ground = GROUNDS[found.receipt.ground]
            raise AccessNotPermitted(found.receipt, found.receipt_hash, ground)
        return found

    def _require_final(self, found: Requested) -> None:
        chain = self.records.binding.chain
        confirmations = chain.head() - found.anchored.block_number + 1
        if confirmations < chain.network.confirmations:
            wanted = chain.network.confirmations
            raise ReceiptNotFinal(found.receipt_hash, confirmations, wanted)

    def _opened(self, wanted: Wanted, found: Requested) -> Opened:
        """Return the bytes, if the decision still holds and they are what was registered."""
        receipt = found.receipt
        asked = wanted.record_ref, wanted.study, wanted.purpose, wanted.action
        if not self.records.would_permit(receipt.actor, *asked):
            raise ReceiptOverruled(found.receipt_hash)
        record = self._record(receipt.record_ref)
        if record.version != receipt.record_version:
            raise RecordChanged(receipt.record_ref, receipt.record_version, record.version)
        held = self.store.fetch(record)
        if held.commitment != record.commitment:
            raise RecordDamaged(receipt.record_ref, record.version)
        if not self.served.spend(found.receipt_hash, receipt):
            raise ReceiptSpent(found.receipt_hash)
        return Opened(held.data, found)

    def _record(self, record_ref: bytes) -> Record:
        """Return a record of this custodian as it is registered now."""
        record = self.records.record_of(record_ref)
        if record is None:
            raise RecordUnknown(record_ref)
        if record.custodian != self.custodian:
            raise RecordKeptElsewhere(record_ref, record.custodian, self.custodian)
        return record

    def _now(self) -> datetime:
        """Return the time, by the chain's clock where it runs ahead of ours."""
        block = self.records.binding.chain.block("latest") or {"timestamp": "0x0"}
        return max(datetime.now(UTC), utc(int(block["timestamp"], 16)))
