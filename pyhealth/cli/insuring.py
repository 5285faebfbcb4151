"""pyhealth claim: what payers do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.claim import PublicOption, app, day_of, desk, money
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.adjudication.values import Refused
    from pyhealth.reimbursement.book import Book
    from pyhealth.reimbursement.desk import Desk

ROWS_SHOWN = 20
MOST_PLANS = (1 << 32) - 1
CoverageArgument = Annotated[
    str, typer.Argument(metavar="COVERAGE", help="The payer's number of it, or 0x… on chain.")
]


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Plan in YAML, or InsurancePlan.")],
    number: Annotated[
        int,
        typer.Option(
            "--plan",
            min=0,
            max=MOST_PLANS,
            help="The plan of which it is the next version; 0: a new one.",
        ),
    ] = 0,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a benefit plan, with its file of service codes and its fee schedule.

    Example: `pyhealth claim plan samples/claims/plan.yaml --as insurer`
    """
    from pyhealth.reimbursement.plans import draft, keep

    with desk(network, account) as at:
        at.check_public(public)
        made = draft(file)
        said = made.document.terms, made.document.benefits
        published = at.health.coverage.publish(
            number, *said, fee_schedule=made.fee_schedule, document=made.commitment
        )
        keep(at.book.folder, made, *published)
    told = {"plan": published[0], "version": published[1], "name": made.document.name}
    told |= {"currency": made.document.currency, "categories": made.document.categories}
    show(told | {"not_carried": made.document.findings}, as_json=as_json, title="Published")


@app.command("contract")
def contract_provider(
    number: Annotated[
        int, typer.Argument(metavar="PLAN", min=1, max=MOST_PLANS, help="Number of the plan.")
    ],
    provider: Annotated[
        str, typer.Argument(metavar="PROVIDER", help="Name or number of a member.")
    ],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day.")],
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Contract a provider to a plan for a period.

    Example: `pyhealth claim contract 1 Hospital --from 2026-01-01 --to 2026-12-31 --as insurer`
    """
    with desk(network, account) as at:
        member = at.member_named(provider)
        days = day_of(first, "--from"), day_of(last, "--to") + timedelta(1)
        at.health.coverage.contract_provider(number, member, *days)
    told = {"plan": number, "provider": member, "from": days[0], "until": days[1]}
    show(told, as_json=as_json, title="Contracted")


@app.command()
def coverage(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Coverages in FHIR or CSV.")],
    number: Annotated[
        int, typer.Option("--plan", min=1, max=MOST_PLANS, help="Number of the plan.")
    ] = 1,
    version: Annotated[
        int, typer.Option(min=0, help="Of the plan; default: the last.", show_default=False)
    ] = 0,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol coverages, any number; a run that was cut is finished by the same command.

    What was enrolled before stays as it is; a row that says otherwise is refused.

    Example: `pyhealth claim coverage samples/claims/coverages.csv --plan 1 --as insurer`
    """
    from pyhealth.progress import bar
    from pyhealth.reimbursement.enrolling import Enrolling
    from pyhealth.standards.claims.coverages import read_coverages

    refused: list[Refused] = []
    with desk(network, account) as at:
        at.check_public(public)
        health = at.health
        run = Enrolling(
            health.coverage, health.sender, health.index, at.book, at.member, refused.append
        )
        version = run.run(read_coverages(file), number, version, bar)
    told = {"enrolled": run.enrolled, "before": run.before, "refused": list(map(str, refused))}
    show({"plan": number, "version": version} | told, as_json=as_json, title="Coverages")
    if refused:
        raise typer.Exit(1)


@app.command()
def share(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="What the providers take.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what providers need to bill: plans, coverages, authorisations, and their salts.

    Hand it over as you would hand over health data: with it, claims on chain can be read.

    Example: `pyhealth claim share for-hospital.json`
    """
    import json

    from pyhealth.reimbursement.book import private
    from pyhealth.reimbursement.plans import shared

    with desk(network, None) as at:
        content = {"plans": shared(at.book.folder), **at.book.shared()}
        private(out, json.dumps(content, indent=1).encode())
    counted = {name: len(listed) for name, listed in content.items()}
    show(counted, as_json=as_json, title=f"Written to {out}")


@app.command()
def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was shared.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take over what a payer shared, or what a provider attached to a claim.

    Example: `pyhealth claim take for-hospital.json`
    """
    import json

    with desk(network, None) as at:
        try:
            told = _taken(at.book, json.loads(file.read_bytes()))
        except OSError as error:
            raise InputError(f"{file} cannot be read ({error.strerror}).") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{file} is not what 'pyhealth claim share' or 'attach' writes ({error!r}); ask "
                "for it again."
            ) from error
    show(told, as_json=as_json, title=f"Taken from {file}")


def _taken(book: Book, content: Any) -> dict[str, int]:
    from pyhealth.reimbursement import plans

    if "attachments" in content:
        return {"attachments": book.take_attachments(content["attachments"])}
    taken = {"plans": plans.take(book.folder, content["plans"])}
    return taken | {"coverages": book.take(content)}


@app.command()
def eligibility(
    coverage: CoverageArgument,
    category: Annotated[str, typer.Option(help="Category of the service, as the plan names it.")],
    on: Annotated[str | None, typer.Option(metavar="DAY", help="Of the service.")] = None,
    provider: Annotated[
        str | None, typer.Option(help="Who would serve; default: this account's member.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a service would be paid, and on what terms: before it is given.

    Example: `pyhealth claim eligibility C-1001 --category dental --on 2025-02-10 --as hospital`
    """
    from pyhealth.adjudication.wording import code_of

    with desk(network, account) as at:
        day = day_of(on, "--on") if on else at.today()
        card = at.book.card(coverage, day)
        number = _category(at, card.plan, card.version, category)
        member = at.member_named(provider) if provider else at.member
        found = at.health.coverage.eligibility_on(card.ref, number, day, member)
        used = at.health.claims.accumulators_of(card.ref, found.period)
        terms, benefit = found.terms, found.terms.benefit
        left = at.health.claims.units_of(card.ref, found.period, number)
        told = {
            "coverage": card.number,
            "reference": card.ref,
            "on": day,
            "eligible": found.denial is None,
            "denial": code_of(found.denial) if found.denial else None,
            "authorisation_needed": benefit.authorised,
            "price": None if benefit.scheduled else money(benefit.price),
            "copay": money(benefit.copay),
            "coinsurance_per_cent": Decimal(benefit.coinsurance_bps) / 100,
            "deductible_left": money(terms.plan.deductible - used.deductible),
            "patient_pays_at_most": _left(terms.plan.out_of_pocket_max, used.out_of_pocket),
            "plan_pays_at_most": _left(terms.plan.period_max, used.paid),
            "units_left": benefit.unit_limit - left if benefit.unit_limit else None,
        }
    show(told, as_json=as_json, title="Eligibility")


@app.command()
def authorise(
    coverage: CoverageArgument,
    category: Annotated[str, typer.Option(help="Category of services, as the plan names it.")],
    units: Annotated[int, typer.Option(help="How many units.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day.")],
    provider: Annotated[str | None, typer.Option(help="Who may use it; default: anyone.")] = None,
    name: Annotated[str | None, typer.Option(help="What claims call it.")] = None,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Authorise services ahead.

    Example: `pyhealth claim authorise C-1001 --category surgery --units 1 --from 2025-01-01
    --to 2025-12-31 --name PA-77 --as insurer`
    """
    from pyhealth.values import Authorisation

    if not 0 < units < 1 << 16:
        raise InputError(f"--units is {units}; 1 to 65535 are expected.")
    with desk(network, account) as at:
        at.check_public(public)
        days = day_of(first, "--from"), day_of(last, "--to") + timedelta(1)
        card = at.book.card(coverage, days[0])
        number = _category(at, card.plan, card.version, category)
        to = at.member_named(provider) if provider else 0
        given = at.health.coverage.authorise(card.ref, Authorisation(number, units, *days, to))
        if name:
            at.book.name_authorisation(card.ref, name, given)
    told = {"coverage": card.number, "number": given, "name": name, "units": units}
    show(told | {"from": days[0], "until": days[1]}, as_json=as_json, title="Authorised")


@app.command()
def fund(
    amount: Annotated[str, typer.Argument(help="In the currency, as 2450.50.")],
    test_money: Annotated[
        bool, typer.Option("--test-money", help="Make it first, on local chains.")
    ] = False,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fund the pool that this payer's claims are paid from.

    Example: `pyhealth claim fund 100000 --test-money --as insurer`
    """
    from pyhealth.reading import amount_of

    with desk(network, account) as at:
        at.check_public(public)
        claims, token = at.health.claims, at.health.claims.token
        units, owner = token.units(amount_of(amount, "The amount")), at.health.signer.address
        if test_money:
            token.mint(owner, units)
        if (held := token.balance_of(owner)) < units:
            raise InputError(
                f"Account {owner} holds {token.money(held)} {at.currency}; fund less, or get more."
            )
        if token.allowance(owner, claims.binding.address) < units:
            token.approve(claims.binding.address, units)
        claims.deposit(units)
        told = {"pool": token.money(claims.pool_of(at.member)), "currency": at.currency}
    show(told, as_json=as_json, title=f"Funded with {amount}")


@app.command()
def withdraw(
    amount: Annotated[str, typer.Argument(help="In the currency, as 2450.50.")],
    to: Annotated[str | None, typer.Option(help="Address; default: this account.")] = None,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take from the pool of this payer.

    Example: `pyhealth claim withdraw 500 --as insurer`
    """
    from pyhealth.chain.network import address_of
    from pyhealth.reading import amount_of

    with desk(network, account) as at:
        at.check_public(public)
        claims, token = at.health.claims, at.health.claims.token
        units = token.units(amount_of(amount, "The amount"))
        claims.withdraw(units, address_of(to) if to else at.health.signer.address)
        told = {"pool": token.money(claims.pool_of(at.member)), "currency": at.currency}
    show(told, as_json=as_json, title=f"Withdrawn: {amount}")


def _category(at: Desk, plan: int, version: int, name: str) -> int:
    from pyhealth.reimbursement.plans import load

    known = load(at.book.folder, plan, version).categories
    if name not in known:
        raise InputError(f"{name!r} is no category of the plan; known are {', '.join(known)}.")
    return known.index(name)


def _left(most: int, used: int) -> Decimal | None:
    return money(most - used) if most else None
