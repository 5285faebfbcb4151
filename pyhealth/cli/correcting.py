"""pyhealth claim: voids, replacements, appeals, and payments that waited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyhealth.cli.claim import ClaimArgument, PublicOption, app, desk, print_claim
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show
from pyhealth.errors import InputError


@app.command()
def void(
    claim: ClaimArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a claim back: what it was paid returns to the payer's pool, what it used is given back.

    Example: `pyhealth claim void K-1001 --as hospital`
    """
    with desk(network, account) as at:
        one = at.standing(claim)
        at.allow(one.due_back)
        at.health.claims.void(one.claim_id, one.decision)
        print_claim(at, at.standing("0x" + one.claim_id.hex()), as_json=as_json)


@app.command()
def replace(
    claim: ClaimArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The claim in its place.")],
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace a claim: only the difference is paid, or paid back.

    Example: `pyhealth claim replace K-1001 corrected.json --as hospital`
    """
    from pyhealth.adjudication.values import BilledClaim
    from pyhealth.reimbursement.coding import Coder
    from pyhealth.standards.claims.expected import Expected
    from pyhealth.standards.claims.reader import read_claims

    with desk(network, account) as at:
        at.check_public(public)
        read = list(read_claims([file], Expected(today=at.today(), currency=at.currency)))
        if len(read) != 1:
            raise InputError(f"{file} holds {len(read)} claims; one is expected.")
        if not isinstance(billed := read[0], BilledClaim):
            raise InputError(str(billed))
        made = Coder(at.book, at.member).claim(billed)
        one = at.standing(claim)
        at.allow(one.due_back)
        at.book.remember([(made.claim_ref, billed)])
        decided = at.health.claims.replace(one.claim_id, one.decision, made)
        print_claim(at, at.standing("0x" + decided.claim_id.hex()), as_json=as_json)


@app.command()
def appeal(
    claim: ClaimArgument,
    waive: Annotated[
        list[str],
        typer.Option(help="Rule that should not have applied: filing, waiting, price, and so on."),
    ],
    grounds: Annotated[Path, typer.Option(metavar="FILE", help="The reasons; they stay here.")],
    line: Annotated[
        list[int] | None, typer.Option(help="Place of a line, from 1; default: all.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Appeal a decision, once: to members of the panel that are not party to it.

    Example: `pyhealth claim appeal K-1005 --waive waiting --grounds reasons.txt --as hospital`
    """
    from pyhealth.hashing import commitment, digest_of_file
    from pyhealth.reading import one_of
    from pyhealth.reimbursement.coding import GROUNDS_DOMAIN
    from pyhealth.values import Waiver

    rules = [one_of(Waiver, each, "rule") for each in waive]
    with desk(network, account) as at:
        one = at.standing(claim)
        count = len(one.decision.lines)
        places = [number - 1 for number in line or range(1, count + 1)]
        if wrong := [place + 1 for place in places if not 0 <= place < count]:
            raise InputError(f"The claim has no line {wrong[0]}; it has {count}.")
        salt = at.book.salt(f"grounds of 0x{one.claim_id.hex()}")
        opened = commitment(GROUNDS_DOMAIN, salt, digest_of_file(grounds))
        at.health.claims.appeal(
            one.claim_id, one.decision, places=places, waived=rules, grounds=opened
        )
        said = at.health.claims.appeal_of(one.claim_id)
    told: dict[str, object] = {"claim_id": one.claim_id, "status": said.status.name.lower()}
    told |= {"decided_before": said.deadline, "grounds": opened, "salt": salt}
    show(told, as_json=as_json, title="Appealed")


@app.command()
def decide(
    claim: ClaimArgument,
    approve: Annotated[
        bool | None, typer.Option("--grant/--reject", help="How this member decides.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide an appeal as a member of the panel, by the claim's identifier on chain.

    Example: `pyhealth claim decide 0x… --grant --as ethics`
    """
    if approve is None:
        raise InputError("Say how this member decides: --grant or --reject.")
    with desk(network, account) as at:
        one, claims = at.standing(claim), at.health.claims
        claims.decide(one.claim_id, one.provider, one.decision, approve=approve)
        said = claims.appeal_of(one.claim_id)
        told: dict[str, object] = {"claim_id": one.claim_id, "appeal": said.status.name.lower()}
        told |= {"approvals": said.approvals, "rejections": said.rejections}
    show(told, as_json=as_json, title="Decided")


@app.command()
def settle(
    claim: ClaimArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a pended claim paid, now that its payer's pool is funded. Anyone can.

    Example: `pyhealth claim settle K-1003 --as hospital`
    """
    with desk(network, account) as at:
        one = at.standing(claim)
        at.health.claims.settle(one.claim_id, one.provider, one.decision)
        print_claim(at, at.standing("0x" + one.claim_id.hex()), as_json=as_json)


@app.command()
def collect(
    to: Annotated[str | None, typer.Option(help="Address; default: this account.")] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have paid out what could not be sent when it was due.

    Example: `pyhealth claim collect --as hospital`
    """
    from pyhealth.chain.network import address_of

    with desk(network, account) as at:
        claims = at.health.claims
        due = claims.token.money(claims.unclaimed_of(at.member))
        receipt = claims.collect(address_of(to) if to else at.health.signer.address)
        told = {"collected": due, "currency": at.currency, "transaction": receipt.transaction}
    show(told, as_json=as_json, title="Collected")
