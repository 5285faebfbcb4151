"""Values of reimbursement as people handle them: claims, plans, coverages, decisions.

Amounts are `Decimal` in the currency of what they belong to; dates of service are calendar dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read."""

    file: str
    line: int | None = None  # from 1
    part: str = ""  # what is told apart within a line: an entry, a segment

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return ", ".join(piece for piece in (self.file, line, self.part) if piece)


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be read, where, and why; the rest of its file is read all the same."""

    place: Place
    sentence: str
    number: str | None = None  # the provider's number of the claim, where it could be read

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


class Frequency(IntEnum):
    """What a claim is to an earlier one; the values are X12's claim frequency codes."""

    ORIGINAL = 1
    REPLACEMENT = 7
    VOID = 8


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One service as the provider bills it."""

    number: int
    codes: tuple[str, ...]  # "system|code", the billed one first, then other codings of the same
    served_on: date
    units: int
    charge: Decimal
    qualifiers: tuple[str, ...] = ()  # modifiers and body sites, which tell like services apart
    authorisation: str | None = None  # the payer's number of a prior authorisation
    prior_paid: Decimal | None = None  # by payers before this one; None: this one is the first

    @property
    def service(self) -> str:
        """What was done, in one text: the billed code and its qualifiers."""
        return ":".join((self.codes[0], *self.qualifiers))


@dataclass(frozen=True, slots=True)
class BilledClaim:
    """A claim as the provider writes it."""

    number: str  # the provider's own
    coverage: str  # how the claim names the coverage: an identifier or a reference
    provider: str  # how the claim names who billed
    currency: str
    lines: tuple[BilledLine, ...]
    frequency: Frequency = Frequency.ORIGINAL
    replaces: str | None = None  # the number of the claim that is replaced or voided
    kind: str = "professional"  # or institutional, oral, pharmacy, vision
    attachments: tuple[bytes, ...] = ()  # records on the chain that support it, by reference
    place: Place = field(default=Place("-"), compare=False)
    findings: tuple[str, ...] = field(default=(), compare=False)  # what was left out or assumed

    @property
    def corrects(self) -> bool:
        """Whether it replaces or voids another."""
        return self.frequency is not Frequency.ORIGINAL

    @property
    def total(self) -> Decimal:
        """What the provider charges in all."""
        return sum((line.charge for line in self.lines), Decimal(0))


class RemittedStatus(IntEnum):
    """What became of a decision."""

    SETTLED = 1  # paid, where anything was due
    PENDED = 2  # not paid yet: the payer's pool is short
    VOIDED = 3  # taken back, and repaid


@dataclass(frozen=True, slots=True)
class Organisation:
    """A payer or a provider, as remittances name it."""

    number: str  # of the consortium's member
    name: str
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a rule took from a line."""

    group: str  # CO, PR, OA or PI: who bears it
    carc: str
    rarc: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RemittedLine:
    """What was decided of a line."""

    number: int
    category: str
    served_on: date
    units: int
    units_paid: int
    charge: Decimal
    paid: Decimal
    cuts: tuple[Cut, ...]
    service: str | None = None  # "system|code:qualifier", known to payer and provider only

    @property
    def borne(self) -> Decimal:
        """What the patient bears."""
        return sum((cut.amount for cut in self.cuts if cut.group == "PR"), Decimal(0))

    @property
    def balances(self) -> bool:
        """Whether the charge is what is paid and all cuts."""
        return self.charge == self.paid + sum(cut.amount for cut in self.cuts)


@dataclass(frozen=True, slots=True)
class RemittedClaim:
    """A decision, as payers tell it to providers."""

    claim_id: bytes
    coverage: bytes  # pseudonymous
    payer: Organisation
    provider: Organisation
    currency: str
    filed_on: date
    decided_at: datetime  # block time
    lines: tuple[RemittedLine, ...]
    status: RemittedStatus
    payment: bytes  # the transaction in which tokens went
    secondary: bool = False  # another payer decided before
    paid_before: Decimal = Decimal(0)  # by what an appeal, or a replacement that pends, replaced
    number: str | None = None  # the provider's own, known to payer and provider only
    kind: str = "professional"

    @property
    def charge(self) -> Decimal:
        """What was charged in all."""
        return sum((line.charge for line in self.lines), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """What is paid in all, by whichever decision."""
        return sum((line.paid for line in self.lines), Decimal(0))
