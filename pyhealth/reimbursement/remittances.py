"""Remittances from events alone: the same bytes on every run, whoever writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

from pyhealth.adjudication.remitting import remitted
from pyhealth.adjudication.values import Organisation, RemittedClaim, RemittedStatus
from pyhealth.errors import InputError
from pyhealth.index import Event, Index
from pyhealth.reimbursement.book import Billing, Book
from pyhealth.reimbursement.history import Standing, all_of, replay
from pyhealth.reimbursement.plans import load
from pyhealth.standards.claims.csv_decision import decisions_csv
from pyhealth.standards.claims.fhir_decision import claim_response, explanation_of_benefit
from pyhealth.standards.claims.x12_835 import remittances

Title = Callable[[int], str]  # of a member


def last(one: Standing, book: Book, title: Title, currency: str) -> RemittedClaim:
    """Return a claim as its last decision left it; ``currency`` is for plans not known here."""
    return _told(one, book, title, currency)


def movements(one: Standing, book: Book, title: Title, currency: str) -> Iterator[RemittedClaim]:
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
            yield _told(now, book, title, currency)
        moved = event


def _told(one: Standing, book: Book, title: Title, currency: str) -> RemittedClaim:
    card = book.card_of(one.decision.coverage_ref)
    categories: tuple[str, ...] = ()
    if card:
        try:
            plan = load(book.folder, card.plan, card.version)
            currency, categories = plan.currency, plan.categories
        except InputError:  # the categories are numbers to whoever does not know the plan
            pass
    at = one.moved or one.decided
    made = remitted(
        one.decision,
        claim_id=one.claim_id,
        payer=Organisation(str(one.payer), title(one.payer)),
        provider=Organisation(str(one.provider), title(one.provider)),
        currency=currency,
        categories=categories,
        decided_at=at.block_time,
        status=one.status,
        payment=at.transaction,
    )
    billing = book.billing(one.decision.claim_ref)
    return _named(made, billing) if billing else made


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
    index: Index, book: Book, member: int, out: Path, *, title: Title, currency: str
) -> dict[str, int | Path]:
    """Write every decision of a payer or a provider into a folder; sync the index first."""
    found = {**all_of(index, payer=member), **all_of(index, provider=member)}
    told = (book, cache(title), currency)
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        rows = files.enter_context((out / "decisions.csv").open("w", encoding="utf-8", newline=""))
        rows.writelines(decisions_csv(last(one, *told) for one in found.values()))
        for one in found.values():
            claim = last(one, *told)
            for name, written in (
                ("ClaimResponse", claim_response(claim)),
                ("ExplanationOfBenefit", explanation_of_benefit(claim)),
            ):
                place = out / name / f"{claim.claim_id.hex()}.json"
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(written)
    paid = [claim for one in found.values() for claim in movements(one, *told)]
    advices = remittances(paid)
    for number, advice in enumerate(advices, 1):
        (out / f"remittance-{number}.835").write_text(advice, "latin-1")
    return {"claims": len(found), "x12_835": len(advices), "folder": out}
