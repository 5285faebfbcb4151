"""What claims use of every limit, in memory: the independent twin of ``ClaimAdjudicator.sol``, but
for money and permissions. From the events of a chain it tells on what facts a claim was decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pyhealth.adjudication.rules import Facts, adjudicate
from pyhealth.values.claims import (
    Accumulators,
    Claim,
    ClaimDecision,
    DecidedLine,
    LineOutcome,
    ServiceLine,
    Waiver,
)
from pyhealth.values.coverage import Authorisation, Benefit, Contracting, Coverage, Plan

Key = tuple[bytes, int, date, bytes]  # coverage, provider, day and service: the record of a line
NOTHING = bytes(32)
UNCOVERED = Benefit(False, False, False, False, False, 0, 0, 0, 0, 0)


def waivers(bitmap: int) -> frozenset[Waiver]:
    """Return the rules of a bitmap."""
    return frozenset(rule for rule in Waiver if bitmap >> rule & 1)


@dataclass(slots=True)
class Ledger:
    """Plans, coverages and what is used of them."""

    plans: dict[tuple[int, int], tuple[Plan, Sequence[Benefit]]]  # by number and version
    coverages: dict[bytes, Coverage]
    authorisations: dict[tuple[bytes, int], Authorisation] = field(default_factory=dict)
    contractings: dict[tuple[int, int], list[Contracting]] = field(
        default_factory=lambda: defaultdict(list)  # by plan and provider
    )
    used: dict[tuple[bytes, int], Accumulators] = field(
        default_factory=lambda: defaultdict(Accumulators)  # by coverage and period
    )
    units: dict[tuple[bytes, int, int], int] = field(default_factory=lambda: defaultdict(int))
    authorised: dict[tuple[bytes, int], int] = field(default_factory=lambda: defaultdict(int))
    records: set[Key] = field(default_factory=set)

    def submit(
        self, claim: Claim, provider: int, *, today: date, filed_on: date | None = None
    ) -> ClaimDecision:
        """Decide a claim whose prices are proven, line by line, and use the limits up."""
        parts = (claim.coverage_ref, claim.claim_ref, claim.prior_remittance)
        decision = ClaimDecision(*parts, filed_on or today, today, 0, ())
        lines = []
        for line in claim.lines:
            facts = self.facts(decision, line, provider, self._price(claim, line))
            decided = adjudicate(facts)
            self.count(claim.coverage_ref, facts, decided, provider)
            lines.append(decided.words())
        return replace(decision, lines=tuple(lines))

    def void(self, decision: ClaimDecision, provider: int) -> None:
        """Give back what a decision used."""
        ref = decision.coverage_ref
        for one in decision.decided:
            if not one.duplicate:
                self._count(ref, self.facts_of(decision, one, provider), one.outcome, -1)
                self.records.remove(self._key(ref, one.line, provider))

    def replace(
        self, decision: ClaimDecision, claim: Claim, provider: int, *, today: date, in_time: bool
    ) -> ClaimDecision:
        """Give back what a decision used, and decide another claim.

        In time it counts as filed then, if it bills the same coverage on no other days.
        """
        self.void(decision, provider)
        billed = {one.line.served_on for one in decision.decided}
        same = claim.coverage_ref == decision.coverage_ref
        same = same and {line.served_on for line in claim.lines} <= billed
        filed_on = decision.filed_on if in_time and same else today
        return self.submit(claim, provider, today=today, filed_on=filed_on)

    def redecide(
        self,
        decision: ClaimDecision,
        provider: int,
        *,
        places: Collection[int],
        waived: frozenset[Waiver],
        today: date,
        paid: int,
    ) -> ClaimDecision:
        """Decide lines anew without the rules that an appeal waived; none gets worse.

        ``paid``: what was really paid before, nothing where the claim was pended.
        """
        ref, lines = decision.coverage_ref, list(decision.lines)
        for i in sorted(places):
            former = decision.decided[i]
            price, before = former.outcome.price, waivers(former.outcome.waived)
            self._count(ref, self.facts_of(decision, former, provider), former.outcome, -1)
            facts = self.facts(decision, former.line, provider, price, waived)
            decided = adjudicate(replace(facts, duplicate=False))
            if decided.outcome.paid < former.outcome.paid:
                decided, facts = former, replace(facts, waived=before)
            self._count(ref, facts, decided.outcome, 1)
            lines[i] = decided.words()
        return replace(decision, decided_on=today, paid_before=paid, lines=tuple(lines))

    def facts_of(self, decision: ClaimDecision, one: DecidedLine, provider: int) -> Facts:
        """Return what would decide a decided line now, by its own price and waivers."""
        rules = waivers(one.outcome.waived)
        return self.facts(decision, one.line, provider, one.outcome.price, rules)

    def facts(
        self,
        decision: ClaimDecision,
        line: ServiceLine,
        provider: int,
        price: int,
        waived: frozenset[Waiver] = frozenset(),
    ) -> Facts:
        """Return all that decides a line now."""
        ref = decision.coverage_ref
        coverage = self.coverages[ref]
        plan, benefits = self.plans[coverage.plan, coverage.version]
        benefit = benefits[line.category] if line.category < len(benefits) else UNCOVERED
        period = self.period(ref, line.served_on)
        given = self.authorisations.get((ref, line.authorisation))
        authorised = given is not None and (
            given.category == line.category
            and given.from_ <= line.served_on < given.until
            and given.provider in (0, provider)
        )
        facts = Facts(
            line=line,
            coverage=coverage,
            plan=plan,
            benefit=benefit,
            used=self.used.get((ref, period), Accumulators()),
            filed_on=decision.filed_on,
            price=price,
            waived=waived,
            duplicate=self._key(ref, line, provider) in self.records,
            contracted=any(
                one.from_ <= line.served_on < one.until
                for one in self.contractings.get((coverage.plan, provider), ())
            ),
            authorised=authorised,
            other_decided=decision.prior_remittance != NOTHING,
        )
        by_authorisation, by_limit = _counted(facts)
        used = self.authorised.get((ref, line.authorisation), 0)
        taken = self.units.get((ref, period, line.category), 0)
        return replace(
            facts,
            units_authorised=given.units - used if given and by_authorisation else None,
            units_left=benefit.unit_limit - taken if by_limit else None,
        )

    def period(self, ref: bytes, day: date) -> int:
        """Return the benefit period of a day, counted from zero."""
        coverage = self.coverages[ref]
        plan, _ = self.plans[coverage.plan, coverage.version]
        days = (day - coverage.from_).days
        return days // plan.period_days if plan.period_days and days > 0 else 0

    def count(self, ref: bytes, facts: Facts, decided: DecidedLine, provider: int) -> None:
        """Use up what a line counts, and record it; a duplicate leaves no trace."""
        if not decided.duplicate:
            self._count(ref, facts, decided.outcome, 1)
            self.records.add(self._key(ref, decided.line, provider))

    def uncount(self, decision: ClaimDecision, former: DecidedLine, provider: int) -> None:
        """Give back what a decided line counts, to be decided anew; its record stays."""
        facts = self.facts_of(decision, former, provider)
        self._count(decision.coverage_ref, facts, former.outcome, -1)

    def _count(self, ref: bytes, facts: Facts, outcome: LineOutcome, sign: int) -> None:
        """Use limits up, or give them back with a sign of -1."""
        if not outcome.units:
            return
        line, period = facts.line, self.period(ref, facts.line.served_on)
        now = self.used[ref, period]
        self.used[ref, period] = Accumulators(
            now.deductible + sign * outcome.deductible,
            now.out_of_pocket + sign * outcome.out_of_pocket,
            now.paid + sign * outcome.paid,
        )
        by_authorisation, by_limit = _counted(facts)
        if by_authorisation:
            self.authorised[ref, line.authorisation] += sign * outcome.units
        if by_limit:
            self.units[ref, period, line.category] += sign * outcome.units

    @staticmethod
    def _key(ref: bytes, line: ServiceLine, provider: int) -> Key:
        return ref, provider, line.served_on, line.code

    def _price(self, claim: Claim, line: ServiceLine) -> int:
        coverage = self.coverages[claim.coverage_ref]
        _, benefits = self.plans[coverage.plan, coverage.version]
        benefit = benefits[line.category] if line.category < len(benefits) else UNCOVERED
        if not benefit.scheduled:
            return benefit.price
        return claim.fees[line.fee - 1].price if line.fee else 0


def _counted(facts: Facts) -> tuple[bool, bool]:
    """Say whether units count against an authorisation, and against the category's limit."""
    return (
        facts.benefit.authorised and facts.authorised and Waiver.AUTHORISATION not in facts.waived,
        facts.benefit.unit_limit > 0 and Waiver.UNIT_LIMIT not in facts.waived,
    )
