"""Why the custodian's gate serves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pyhealth.errors import PyHealthError, told
from pyhealth.errors.records import AccessDenied

if TYPE_CHECKING:
    from pyhealth.values import Receipt

__all__ = [
    "AccessNotPermitted",
    "CallerNotKnown",
    "GateError",
    "GateRefused",
    "ReceiptMissing",
    "ReceiptNotFinal",
    "ReceiptOfOther",
    "ReceiptOverruled",
    "ReceiptSpent",
    "ReceiptStale",
    "RecordChanged",
    "RecordDamaged",
    "RecordKeptElsewhere",
    "RecordNotHeld",
    "ServedUnusable",
]


@dataclass(eq=False)
class AccessNotPermitted(AccessDenied):
    """Member {member} may not {action} record {record} for {purpose}: {ground}; receipt
    {receipt_hash} tells the patient.
    """

    receipt: Receipt
    receipt_hash: bytes
    ground: str  # in words

    def __str__(self) -> str:
        asked = self.receipt
        return told(
            self,
            member=asked.member,
            action=asked.action,
            record=asked.record_ref,
            purpose=asked.purpose.name,
            ground=self.ground,
            receipt_hash=self.receipt_hash,
        )


class GateError(PyHealthError):
    """The gate serves nothing, and no consent is the reason."""

    def __str__(self) -> str:
        return told(self, **vars(self))


@dataclass(eq=False)
class CallerNotKnown(GateError):
    """The request does not show who asks ({why}); send "Authorization: Bearer TOKEN", or
    "Authorization: Receipt TRANSACTION.SIGNATURE" as 'pyhealth record fetch' does.
    """

    why: str


@dataclass(eq=False)
class GateRefused(GateError):
    """The gate {url} served nothing ({status}): {why}."""

    url: str
    status: int | str
    why: str


@dataclass(eq=False)
class ReceiptMissing(GateError):
    """Transaction {transaction} left no receipt of a request for access on this chain; ask for
    access, and name the transaction that did.
    """

    transaction: bytes


@dataclass(eq=False)
class ReceiptNotFinal(GateError):
    """Receipt {receipt_hash} has {confirmations} of {wanted} confirmations; come again when it has
    all.
    """

    receipt_hash: bytes
    confirmations: int
    wanted: int


@dataclass(eq=False)
class ReceiptOfOther(GateError):
    """Receipt {receipt_hash} is for another {what} than is asked for; ask for access to this
    record, as the account that comes for it, for what it is used for.
    """

    receipt_hash: bytes
    what: str


@dataclass(eq=False)
class ReceiptStale(GateError):
    """Receipt {receipt_hash} was written at {decided_at}, before this request or too long ago; ask
    for access anew.
    """

    receipt_hash: bytes
    decided_at: datetime


@dataclass(eq=False)
class ReceiptOverruled(GateError):
    """Receipt {receipt_hash} permits what is no longer permitted; ask for access anew to have the
    refusal on record.
    """

    receipt_hash: bytes


@dataclass(eq=False)
class ReceiptSpent(GateError):
    """Receipt {receipt_hash} was served upon already, and each opens a record once; ask for access
    anew.
    """

    receipt_hash: bytes


@dataclass(eq=False)
class RecordChanged(GateError):
    """Record {record} has version {present}, and the receipt is for version {version}; ask for
    access anew.
    """

    record: bytes
    version: int
    present: int


@dataclass(eq=False)
class RecordKeptElsewhere(GateError):
    """Record {record} is kept by member {custodian}, and this is the gate of member {member}; go to
    its custodian's.
    """

    record: bytes
    custodian: int
    member: int


@dataclass(eq=False)
class RecordNotHeld(GateError):
    """Nothing that is kept here opens commitment {commitment}; the record's custodian has it, or
    keep it here with 'pyhealth record register --subject'.
    """

    commitment: bytes


@dataclass(eq=False)
class RecordDamaged(GateError):
    """What is kept as record {record} is not what was registered as its version {version}; nothing
    is served: restore it from a backup.
    """

    record: bytes
    version: int


@dataclass(eq=False)
class ServedUnusable(GateError):
    """The list of receipts served upon, {file}, cannot be used ({why}), and without it one could
    open a record twice; repair it, or put its backup in its place.
    """

    file: str
    why: str
