"""Claims as files state them, made into what goes on chain: coverages, categories, prices and
salted commitments. Equal services of a coverage get equal commitments, whoever reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from pyhealth.adjudication.money import to_hundredths
from pyhealth.adjudication.values import BilledClaim, BilledLine
from pyhealth.errors import InputError
from pyhealth.hashing import commitment, keccak
from pyhealth.reimbursement.book import Book, Card, digest
from pyhealth.reimbursement.plans import PublishedPlan, load
from pyhealth.standards.claims.coverages import CoverageRecord
from pyhealth.values import Claim, Enrolment, Fee, ServiceLine

SUBJECT_DOMAIN = keccak(b"pyhealth.subject")
SERVICE_DOMAIN = keccak(b"pyhealth.service")
CLAIM_DOMAIN = keccak(b"pyhealth.claim")
REMITTANCE_DOMAIN = keccak(b"pyhealth.remittance")
GROUNDS_DOMAIN = keccak(b"pyhealth.grounds")
NOTHING = bytes(32)


@dataclass
class Coder:
    """Codes a provider's claims."""

    book: Book
    provider: int  # the member that bills
    _plan: Callable[[int, int], PublishedPlan] = field(init=False, repr=False)
    _salt: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        folder = self.book.folder
        self._plan = cache(lambda number, version: load(folder, number, version))
        self._salt = self.book.salt(f"claims of member {self.provider}")

    def reference(self, number: str) -> bytes:
        """Return what the chain calls the provider's claim of that number."""
        return commitment(CLAIM_DOMAIN, self._salt, digest(number))

    def claim(self, billed: BilledClaim) -> Claim:
        """Return a claim as the contract takes it, or refuse it with what is not known."""
        card = self.book.card(billed.coverage, billed.lines[0].served_on)
        plan = self._plan(card.plan, card.version)
        if billed.currency != plan.currency:
            raise InputError(
                f"the claim is in {billed.currency}, and plan {plan.name} in {plan.currency}; "
                "bill it in the plan's currency."
            )
        fees: list[Fee] = []
        lines = tuple(self._line(line, card, plan, fees) for line in billed.lines)
        prior = _remittance(billed, card)
        return Claim(card.ref, self.reference(billed.number), prior, lines, tuple(fees))

    def _line(
        self, line: BilledLine, card: Card, plan: PublishedPlan, fees: list[Fee]
    ) -> ServiceLine:
        category = plan.categories.index(plan.mapping.category_of(line))
        fee = plan.fees.fee_of(line.codes, category) if plan.fees else None
        if fee and fee not in fees:
            fees.append(fee)
        named = line.authorisation
        return ServiceLine(
            category=category,
            units=line.units,
            served_on=line.served_on,
            authorisation=self.book.authorisation(card, named) if named else 0,
            fee=fees.index(fee) + 1 if fee else 0,
            charge=to_hundredths(line.charge),
            prior_paid=to_hundredths(line.prior_paid) if line.prior_paid else 0,
            code=service_of(line, card, plan),
        )


def service_of(line: BilledLine, card: Card, plan: PublishedPlan) -> bytes:
    """Return the commitment of a service: the code as the plan calls it, and its qualifiers."""
    service = ":".join((plan.mapping.own(line.codes[0]), *line.qualifiers))
    return commitment(SERVICE_DOMAIN, card.salt, digest(service))


def _remittance(billed: BilledClaim, card: Card) -> bytes:
    """Return the commitment of what payers before decided; zeros where none did."""
    told = [(line.number, line.prior_paid) for line in billed.lines if line.prior_paid is not None]
    if not told:
        return NOTHING
    said = ";".join(f"{number}:{amount}" for number, amount in told)
    return commitment(REMITTANCE_DOMAIN, card.salt, digest(f"{billed.number};{said}"))


def enrolment_of(record: CoverageRecord, plan: int, version: int, salt: bytes) -> Enrolment:
    """Return a coverage as the contract takes it."""
    return Enrolment(
        plan=plan,
        version=version,
        from_=record.from_,
        until=record.until,
        since=record.since,
        secondary=record.secondary,
        subject=commitment(SUBJECT_DOMAIN, salt, digest(record.person)),
    )
