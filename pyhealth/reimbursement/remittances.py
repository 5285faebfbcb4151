"""Remittances from events alone: the same bytes on every run, whoever writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from pyhealth.adjudication.remitting import remitted
from pyhealth.adjudication.values import Organisation, RemittedClaim, RemittedStatus
from pyhealth.errors import InputError
from pyhealth.index import Event, Index
from pyhealth.progress import Progress, silent
from pyhealth.reimbursement.book import Billing, Book
from pyhealth.reimbursement.history import Standing, each_of, replay
from pyhealth.reimbursement.plans import load
from pyhealth.standards.claims.csv_decision import heading, rows_of
from pyhealth.standards.claims.fhir_decision import claim_response, explanation_of_benefit
from pyhealth.standards.claims.x12_835 import remittances

Title = Callable[[int], str]  # of a member
FHIR = {"ClaimResponse": claim_response, "ExplanationOfBenefit": explanation_of_benefit}


class Teller:
    """Tells claims with what is known here: names of members, plans, the provider's own words."""

    def __init__(self, book: Book, title: Title, currency: str) -> None:
        self._book, self._title, self._currency = book, cache(title), currency
        self._plan = cache(self._loaded)

    def last(self, one: Standing) -> RemittedClaim:
        """Return a claim as it stands."""
        card = self._book.card_of(one.decision.coverage_ref)
        plan = (card.plan, card.version) if card else (0, 0)
        currency, categories = self._plan(*plan)
        at = one.moved or one.decided
        made = remitted(
            one.decision,
            claim_id=one.claim_id,
            payer=Organisation(str(one.payer), self._title(one.payer)),
            provider=Organisation(str(one.provider), self._title(one.provider)),
            currency=currency,
            categories=categories,
            decided_at=at.block_time,
            status=one.status,
            payment=at.transaction,
        )
        billing = self._book.billing(one.decision.claim_ref)
        return _named(made, billing) if billing else made

    def movements(self, one: Standing) -> Iterator[RemittedClaim]:
        """Yield a claim as it stood after each payment and repayment, in their order: what an 835
        tells.
        """
        seen: list[Event] = []
        moved: Event | None = None
        for event in one.events:
            seen.append(event)
            (now,) = replay(seen).values()
            follows = event is one.events[-1] or one.events[len(seen)].name != "ClaimPended"
            if now.moved is not event or now.status is RemittedStatus.PENDED or not follows:
                continue
            unpaid = now.status is RemittedStatus.VOIDED and moved is None
            if not unpaid:
                yield self.last(now)
            moved = event

    def _loaded(self, number: int, version: int) -> tuple[str, tuple[str, ...]]:
        """Return currency and categories of a plan; to whoever does not know it, the categories
        are numbers.
        """
        try:
            plan = load(self._book.folder, number, version)
        except InputError:
            return self._currency, ()
        return plan.currency, plan.categories


def _named(made: RemittedClaim, billing: Billing) -> RemittedClaim:
    """Tell a claim by the provider's number and service codes, which are on no chain."""
    known = len(billing.services) == len(made.lines)
    lines = (
        tuple(
            replace(line, number=number, service=service)
            for line, (number, service) in zip(made.lines, billing.services, strict=True)
        )
        if known
        else made.lines
    )
    return replace(made, number=billing.number, kind=billing.kind, lines=lines)


def write_all(
    index: Index,
    book: Book,
    member: int,
    out: Path,
    *,
    title: Title,
    currency: str,
    progress: Progress = silent,
) -> dict[str, int | Path]:
    """Write every decision of a payer or a provider into a folder, any number of them; sync the
    index first.
    """
    counted = {"claims": 0, "x12_835": 0}
    teller = Teller(book, title, currency)
    for kind in FHIR:
        (out / kind).mkdir(parents=True, exist_ok=True)

    def moved() -> Iterator[RemittedClaim]:
        """Write each claim as it stands, and yield how it came there."""
        for one in progress(each_of(index, member), "decisions", 0):
            counted["claims"] += 1
            claim = teller.last(one)
            rows.writelines(rows_of(claim))
            for kind, written in FHIR.items():
                (out / kind / f"{claim.claim_id.hex()}.json").write_bytes(written(claim))
            yield from teller.movements(one)

    with (out / "decisions.csv").open("w", encoding="utf-8", newline="") as rows:
        rows.write(heading())
        for advice in remittances(moved()):
            counted["x12_835"] += 1
            file = out / f"remittance-{counted['x12_835']}.835"
            with file.open("w", encoding="latin-1", newline="") as pieces:
                pieces.writelines(advice)
    return {**counted, "folder": out}
