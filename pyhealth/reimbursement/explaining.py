"""A decision computed anew from events alone, and told in words: which rule cut what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pyhealth.adjudication.ledger import Ledger, waivers
from pyhealth.adjudication.rules import Facts, adjudicate
from pyhealth.adjudication.wording import explain as in_words
from pyhealth.errors import InputError
from pyhealth.index import Event, Index
from pyhealth.reimbursement.history import CLAIMS, COVERAGE_REF, COVERAGES, order
from pyhealth.values import (
    Authorisation,
    Benefit,
    ClaimDecision,
    Contracting,
    Coverage,
    DecidedLine,
    Enrolment,
    Plan,
    day,
    struct,
)

OF_COVERAGE = ("CoverageEnrolled", "CoverageTerminated", "ServiceAuthorised", "AuthorisationEnded")
OF_PLAN = ("PlanPublished", "ProviderContracted", "ContractingEnded")
OF_CLAIM = ("ClaimAdjudicated", "ClaimVoided", "ClaimAppealed")


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line as the contract decided it, as it is decided anew, and why."""

    stated: DecidedLine
    computed: DecidedLine
    sentences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the decision holds, to the bit."""
        return self.stated.words() == self.computed.words()


def explain(index: Index, claim_id: bytes, currency: str) -> list[ExplainedLine]:
    """Explain the last decision on a claim, from what the index holds; sync it first."""
    told = list(index.events(CLAIMS, "ClaimAdjudicated", {"claimId": claim_id}))
    if not told:
        raise InputError(
            f"No claim is known as 0x{claim_id.hex()}; see its provider's reconciliation."
        )
    said: Any = told[-1].arguments
    ref = struct(ClaimDecision, said["decision"]).coverage_ref
    book = _Replay(ref, claim_id, currency)
    for event in sorted(_events(index, ref, said["payer"]), key=order):
        book.apply(event)
    return book.explained


def _events(index: Index, ref: bytes, payer: int) -> Iterator[Event]:
    """Yield all that bears on a coverage's claims."""
    enrolled: Any = None
    for name in OF_COVERAGE:
        for event in index.events(COVERAGES, name, {"coverageRef": ref}):
            enrolled = event.arguments if name == "CoverageEnrolled" else enrolled
            yield event
    for name in OF_PLAN:
        yield from index.events(COVERAGES, name, {"plan": enrolled["plan"]})
    rows = index.rows(CLAIMS, "ClaimAdjudicated", {"payer": [payer]})
    for claim_id in {row[0] for row in rows if row[3][COVERAGE_REF] == ref}:
        for name in OF_CLAIM:
            yield from index.events(CLAIMS, name, {"claimId": claim_id})


class _Replay:
    """Follows a coverage through its events, deciding every claim anew."""

    def __init__(self, ref: bytes, wanted: bytes, currency: str) -> None:
        self.ref, self.wanted, self.currency = ref, wanted, currency
        self.ledger = Ledger({}, {})
        self.explained: list[ExplainedLine] = []
        self._standing: dict[bytes, ClaimDecision] = {}
        self._appeals: dict[bytes, tuple[int, int]] = {}

    def apply(self, event: Event) -> None:
        said: Any = event.arguments
        match event.name:
            case "PlanPublished":
                benefits = [struct(Benefit, one) for one in said["benefits"]]
                terms = struct(Plan, said["terms"]), benefits
                self.ledger.plans[said["plan"], said["version"]] = terms
            case "CoverageEnrolled":
                self.ledger.coverages[self.ref] = _coverage(said)
            case "CoverageTerminated":
                covered = self.ledger.coverages[self.ref]
                self.ledger.coverages[self.ref] = replace(covered, until=day(said["until"]))
            case "ServiceAuthorised":
                given = struct(Authorisation, said["authorisation"])
                self.ledger.authorisations[self.ref, said["number"]] = given
            case "AuthorisationEnded":
                key = self.ref, said["number"]
                ended = replace(self.ledger.authorisations[key], until=day(said["until"]))
                self.ledger.authorisations[key] = ended
            case "ProviderContracted":
                period = Contracting(day(said["from"]), day(said["until"]))
                self.ledger.contractings[said["plan"], said["provider"]].append(period)
            case "ContractingEnded":
                periods = self.ledger.contractings[said["plan"], said["provider"]]
                periods[-1] = replace(periods[-1], until=day(said["until"]))
            case "ClaimAppealed":
                self._appeals[said["claimId"]] = said["lines"], said["waived"]
            case _:
                self._claim(event.name, said)

    def _claim(self, name: str, said: Any) -> None:
        claim_id, provider = said["claimId"], said["provider"]
        if name == "ClaimVoided":
            self.ledger.void(self._standing[claim_id], provider)
        else:
            decision = struct(ClaimDecision, said["decision"])
            former = self._standing.get(claim_id)
            anew = self._first if former is None else self._again
            lines = anew(claim_id, decision, provider)
            if claim_id == self.wanted:
                self.explained = lines
            self._standing[claim_id] = decision

    def _first(
        self, claim_id: bytes, decision: ClaimDecision, provider: int
    ) -> list[ExplainedLine]:
        lines = []
        for stated in decision.decided:
            facts = self.ledger.facts(decision, stated.line, provider, stated.outcome.price)
            computed = adjudicate(facts)
            lines.append(self._told(stated, computed, facts))
            self.ledger.count(decision.coverage_ref, facts, computed, provider)
        return lines

    def _again(
        self, claim_id: bytes, decision: ClaimDecision, provider: int
    ) -> list[ExplainedLine]:
        """Decide a claim after an appeal: the lines that were named, without the waived rules."""
        former, (lines, bits) = self._standing[claim_id], self._appeals[claim_id]
        explained = []
        for i, (before, stated) in enumerate(zip(former.decided, decision.decided, strict=True)):
            if not lines >> i & 1:
                facts = replace(
                    self.ledger.facts_of(former, before, provider),
                    duplicate=before.duplicate,
                )
                explained.append(self._told(stated, before, facts))
                continue
            self.ledger.uncount(former, before, provider)
            price, rules = before.outcome.price, waivers(bits)
            facts = self.ledger.facts(former, before.line, provider, price, rules)
            computed = adjudicate(replace(facts, duplicate=False))
            if computed.outcome.paid < before.outcome.paid:
                computed, facts = before, self.ledger.facts_of(former, before, provider)
            self.ledger.count(former.coverage_ref, facts, computed, provider)
            explained.append(self._told(stated, computed, facts))
        return explained

    def _told(self, stated: DecidedLine, computed: DecidedLine, facts: Facts) -> ExplainedLine:
        return ExplainedLine(stated, computed, tuple(in_words(facts, computed, self.currency)))


def _coverage(said: Any) -> Coverage:
    made = struct(Enrolment, said["enrolment"])
    since = made.since if made.since > day(0) else made.from_
    plan = made.plan, made.version
    return Coverage(said["payer"], *plan, made.from_, made.until, since, 0, made.secondary)
