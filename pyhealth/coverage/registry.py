"""Client of CoverageRegistry.sol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Receipt
from pyhealth.values import (
    Adjustment,
    Authorisation,
    Benefit,
    Contracting,
    Coverage,
    Enrolment,
    Plan,
    PlanTerms,
    as_words,
    day_number,
    struct,
)

NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What the contract says of a service before it is given."""

    denial: Adjustment | None  # the codes under which it would be denied; None: it would be paid
    period: int  # benefit period of that day
    terms: PlanTerms


@dataclass(frozen=True, slots=True)
class CoverageRegistry:
    """Benefit plans, who is covered by them, and what was authorised: all of it the payer's."""

    binding: Binding

    # Plans

    def publish(
        self,
        plan: int,
        terms: Plan,
        benefits: Sequence[Benefit],
        *,
        fee_schedule: bytes = NOTHING,
        document: bytes = NOTHING,
    ) -> tuple[int, int]:
        """Publish a plan (number 0), or the next version of one; return number and version."""
        said = as_words(terms), as_words(tuple(benefits)), fee_schedule, document
        receipt = self.binding.send("publish", plan, *said)
        ((_, published),) = self.binding.events(receipt, "PlanPublished")
        return published["plan"], published["version"]

    def contract_provider(self, plan: int, provider: int, from_: date, until: date) -> Receipt:
        """Contract a provider from a day on, until before another."""
        return self.binding.send(
            "contractProvider", plan, provider, day_number(from_), day_number(until)
        )

    def end_contracting(self, plan: int, provider: int, until: date) -> Receipt:
        """End a provider's last period earlier: tomorrow at the earliest."""
        return self.binding.send("endContracting", plan, provider, day_number(until))

    # Coverages

    def enrol(self, enrolments: Sequence[Enrolment]) -> list[bytes]:
        """Cover persons, all or none, in one transaction; return the references."""
        receipt = self.binding.send("enrol", as_words(tuple(enrolments)))
        return [log.topics[1] for log in receipt.logs if log.address == self.binding.address]

    def terminate(self, coverage_ref: bytes, until: date) -> Receipt:
        """End a coverage earlier: tomorrow at the earliest."""
        return self.binding.send("terminate", coverage_ref, day_number(until))

    # Authorisations

    def authorise(
        self, coverage_ref: bytes, authorisation: Authorisation, *, document: bytes = NOTHING
    ) -> int:
        """Authorise services ahead, and return the authorisation's number."""
        receipt = self.binding.send("authorise", coverage_ref, as_words(authorisation), document)
        ((_, given),) = self.binding.events(receipt, "ServiceAuthorised")
        return int(given["number"])

    def end_authorisation(self, coverage_ref: bytes, number: int, until: date) -> Receipt:
        """End an authorisation earlier: tomorrow at the earliest."""
        return self.binding.send("endAuthorisation", coverage_ref, number, day_number(until))

    # Reading

    def eligibility_on(
        self, coverage_ref: bytes, category: int, served_on: date, provider: int
    ) -> Eligibility:
        """Say whether a service on a day would be paid to a provider, as far as cover goes."""
        asked = coverage_ref, category, day_number(served_on), provider
        denial, period, terms = self.binding.call("eligibilityOn", *asked)
        codes = Adjustment.read(denial) if any(denial) else None
        return Eligibility(codes, period, struct(PlanTerms, terms))

    def coverage_of(self, coverage_ref: bytes) -> Coverage:
        """Return a coverage; its payer is 0 where it was never enrolled."""
        return struct(Coverage, self.binding.call("coverageOf", coverage_ref))

    def plan_of(self, plan: int) -> tuple[int, int]:
        """Return a plan's payer and how many versions there are; 0 and 0 where there is none."""
        payer, versions = self.binding.call("planOf", plan)
        return payer, versions

    def plan_terms_of(self, plan: int, version: int) -> Plan:
        """Return what a version of a plan says about all its services."""
        return struct(Plan, self.binding.call("planTermsOf", plan, version))

    def benefit_of(self, plan: int, version: int, category: int) -> Benefit:
        """Return what a version of a plan says about a category."""
        return struct(Benefit, self.binding.call("benefitOf", plan, version, category))

    def fee_schedule_of(self, plan: int, version: int) -> bytes:
        """Return the root over a version's prices; zeros for none."""
        return self._word("feeScheduleOf", plan, version)

    def is_price(
        self, plan: int, version: int, row: bytes, category: int, price: int, proof: Sequence[bytes]
    ) -> bool:
        """Say whether a price is in a version's fee schedule."""
        asked = plan, version, row, category, price, list(proof)
        return bool(self.binding.call("isPrice", *asked))

    def contractings_of(self, plan: int, provider: int) -> list[Contracting]:
        """Return when a provider is contracted to a plan."""
        found: Any = self.binding.call("contractingsOf", plan, provider)
        return [struct(Contracting, one) for one in found]

    def is_contracted(self, plan: int, provider: int, day: date) -> bool:
        """Say whether a provider is contracted to a plan on a day."""
        return bool(self.binding.call("isContracted", plan, provider, day_number(day)))

    def authorisation_of(self, coverage_ref: bytes, number: int) -> Authorisation:
        """Return an authorisation; zero units where it was never given."""
        return struct(Authorisation, self.binding.call("authorisationOf", coverage_ref, number))

    def coverages_of(self, payer: int) -> int:
        """Return how many coverages a payer enrolled so far."""
        return int(self.binding.call("coveragesOf", payer))

    def _word(self, function: str, *arguments: int) -> bytes:
        return bytes(self.binding.call(function, *arguments))
