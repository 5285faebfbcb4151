"""pyhealth consortium: who belongs, who decides, and which contracts are adopted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli import operators, proposing
from pyhealth.cli.governing import (
    deadline,
    dry_run_described,
    print_dry_run,
    proposal_called,
    proposals_ever,
)
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    print_json,
    show,
    show_rows,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.chain.transactions import Receipt
    from pyhealth.governance.ballots import SignedBallot
    from pyhealth.governance.register import Register
    from pyhealth.health import Health

app = typer.Typer(
    name="consortium", help="Who belongs, who decides, what is adopted.", no_args_is_help=True
)
app.add_typer(operators.app)
app.command()(proposing.propose)
app.command()(proposing.adopt)

ProposalArgument = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="Its identifier; the first 8 digits are enough.")
]
ChoiceArgument = Annotated[str, typer.Argument(metavar="CHOICE", help="approve or reject.")]


@app.command()
def members(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """List the members, suspended ones included.

    Example: `pyhealth consortium members --json`
    """
    from pyhealth.governance.register import register_of, shown
    from pyhealth.values import MemberStatus

    with opened(network) as health:
        register = register_of(health.consortium)
    rows = [
        {
            "member": number,
            "name": one.name,
            "account": one.account,
            "roles": sorted(role.name for role in one.roles) if as_json else shown(one.roles),
            "status": register.statuses[number].name.lower(),
            "until": one.suspended_until
            if register.statuses[number] is MemberStatus.SUSPENDED
            else None,
            "admitted": one.admitted_at,
        }
        for number, one in sorted(register.members.items())
    ]
    _rows(rows, as_json)


@app.command()
def roles(
    role: Annotated[str | None, typer.Option(help="One role only.")] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who can act in each role now: active members that hold it.

    Example: `pyhealth consortium roles --role PROVIDER`
    """
    from pyhealth.governance.register import register_of
    from pyhealth.reading import one_of
    from pyhealth.values import Role

    wanted = [one_of(Role, role, "role")] if role else list(Role)
    with opened(network) as health:
        register = register_of(health.consortium)
        able = {one: health.consortium.who_can(one) for one in wanted}
    if as_json:
        print_json({one.name: sorted(numbers) for one, numbers in able.items()})
    else:
        titles = {
            one: [register.title(n) for n in sorted(numbers)] for one, numbers in able.items()
        }
        show_rows([{"role": one.name, "who can": ", ".join(told)} for one, told in titles.items()])


@app.command()
def contracts(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """List the adopted contracts, older versions included.

    Example: `pyhealth consortium contracts --json`
    """
    from pyhealth.governance.register import register_of

    with opened(network) as health:
        register = register_of(health.consortium)
    rows = [
        {
            "name": one.name,
            "version": one.version,
            "address": one.target,
            "adopted": one.adopted_at,
            "paused": one.target in register.paused,
        }
        for one in register.listings
    ]
    _rows(rows, as_json)


@app.command()
def proposals(
    every: Annotated[bool, typer.Option("--all", help="Also those that are not open.")] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the open proposals.

    Example: `pyhealth consortium proposals --all`
    """
    from pyhealth.governance.register import register_of

    with opened(network) as health:
        consortium, register = health.consortium, register_of(health.consortium)
        listed = proposals_ever(health) if every else consortium.open_proposals()
        rows = [_summary(health, register, one) for one in listed]
    _rows(rows, as_json)


@app.command("show")
def show_proposal(
    proposal: ProposalArgument,
    reason: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check that this document is its reason.")
    ] = None,
    opening: proposing.OpeningOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in words what a proposal would do, and how the votes stand.

    Example: `pyhealth consortium show 0x4f1c23ab --reason reason.txt`
    """
    from pyhealth.governance.register import register_of
    from pyhealth.governance.simulation import simulate

    with opened(network) as health:
        consortium, register = health.consortium, register_of(health.consortium)
        proposal_id = proposal_called(health, proposal)
        stored = consortium.proposal_of(proposal_id)
        _check_reason(stored.reason, reason, opening)
        described = _summary(health, register, proposal_id) | {
            "opened": stored.opened_at,
            "executable_from": stored.executable_from,
            "reason": stored.reason,
            "reason_checked": reason,
            "ballots": _ballots(health, register, proposal_id),
        }
        dry = simulate(consortium, stored.actions) if described["status"] == "open" else None
    if as_json:
        told = {"dry_run": dry_run_described(dry, register)} if dry else {}
        print_json(described | told)
    else:
        show(described, as_json=False)
        if dry:
            print_dry_run(dry, register)


@app.command()
def vote(
    proposal: Annotated[str | None, typer.Argument(metavar="PROPOSAL")] = None,
    choice: Annotated[
        str | None, typer.Argument(metavar="CHOICE", help="approve or reject.")
    ] = None,
    ballot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hand in a ballot that was signed.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Vote on a proposal, or hand in a signed ballot, whoever signed it. A ballot is final.

    Example: `pyhealth consortium vote 0x4f1c23ab approve --as insurer`
    """
    from pyhealth.governance.ballots import SignedBallot, load
    from pyhealth.reading import one_of
    from pyhealth.values import Choice

    if (ballot is None) == (proposal is None or choice is None):
        raise InputError("Name a proposal and approve or reject, or a --ballot; one of the two.")
    with opened(network, account) as health:
        if ballot is not None:
            signed: SignedBallot = load(SignedBallot, ballot)
            proposal_id = signed.proposal_id
            receipt = health.consortium.vote_by_signature(signed)
        else:
            said = one_of(Choice, choice, "choice")
            proposal_id = proposal_called(health, str(proposal))
            receipt = health.consortium.vote(proposal_id, said)
        _done(health, proposal_id, receipt, as_json)


@app.command()
def sign_ballot(
    proposal: ProposalArgument,
    choice: ChoiceArgument,
    out: Annotated[Path, typer.Option(help="File for the ballot.")] = Path("ballot.json"),
    valid: operators.ValidOption = "14d",
    member: Annotated[int | None, typer.Option(help="Without a node: your number.")] = None,
    consortium: Annotated[str | None, typer.Option(help="Without a node: its address.")] = None,
    chain_id: Annotated[int | None, typer.Option(help="Without a node: the chain.")] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a ballot into a file that anyone can hand in; no node is asked where you say all.

    Example: `pyhealth consortium sign-ballot 0x4f1c23ab approve --out ballot.json --as insurer`
    """
    from pyhealth.governance.ballots import save
    from pyhealth.reading import one_of
    from pyhealth.values import Choice

    said = one_of(Choice, choice, "choice")
    place = member, consortium, chain_id
    if all(one is not None for one in place):
        signed = _signed_offline(hash_of(proposal, "The proposal"), said, place, valid, account)
    elif any(one is not None for one in place):
        raise InputError("Without a node, --member, --consortium and --chain-id are all needed.")
    else:
        signed = _signed_online(proposal, said, valid, account, network)
    told = {"ballot": save(signed, out), "member": signed.member, "choice": signed.choice.name}
    show(told, as_json=as_json, title="Anyone can hand it in now")


@app.command()
def withdraw(
    proposal: ProposalArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a proposal that your member opened.

    Example: `pyhealth consortium withdraw 0x4f1c23ab --as hospital`
    """
    with opened(network, account) as health:
        proposal_id = proposal_called(health, proposal)
        _done(health, proposal_id, health.consortium.withdraw(proposal_id), as_json)


@app.command()
def execute(
    proposal: ProposalArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Execute a proposal that has the approvals it needs: all its actions, or none.

    Example: `pyhealth consortium execute 0x4f1c23ab --as hospital`
    """
    with opened(network, account) as health:
        proposal_id = proposal_called(health, proposal)
        _done(health, proposal_id, health.consortium.execute(proposal_id), as_json)


def _signed_online(
    proposal: str, said: Any, valid: str, account: str | None, network: str | None
) -> SignedBallot:
    from pyhealth.errors import AccountUnknown
    from pyhealth.governance.ballots import sign_ballot as sign

    with opened(network, account) as health:
        proposal_id = proposal_called(health, proposal)
        if not (number := health.consortium.actor_of(health.signer.address).member):
            raise AccountUnknown(health.signer.address)
        ends = deadline(health, valid)
        domain = health.consortium.domain
        return sign(health.signer, domain, proposal_id, member=number, choice=said, deadline=ends)


def _signed_offline(
    proposal_id: bytes, said: Any, place: Any, valid: str, account: str | None
) -> SignedBallot:
    from pyhealth.chain.network import address_of
    from pyhealth.cli.shell import local_signer
    from pyhealth.governance.ballots import CONTRACT
    from pyhealth.governance.ballots import sign_ballot as sign
    from pyhealth.hashing import Domain

    member, consortium, chain_id = place
    domain = Domain(CONTRACT, chain_id, address_of(consortium))
    signer, ends = local_signer(account, chain_id), deadline(None, valid)
    return sign(signer, domain, proposal_id, member=member, choice=said, deadline=ends)


def _summary(health: Health, register: Register, proposal_id: bytes) -> dict[str, Any]:
    from pyhealth.governance.describing import describe

    stored = health.consortium.proposal_of(proposal_id)
    tally = health.consortium.tally_of(proposal_id)
    return {
        "proposal": proposal_id,
        "proposer": register.title(stored.proposer),
        "actions": [describe(one, health.consortium, register) for one in stored.actions],
        "approvals": f"{tally.approvals} of {tally.needed}",
        "rejections": tally.rejections,
        "expires": stored.expires_at,
        "status": health.consortium.status_of_proposal(proposal_id).name.lower(),
    }


def _ballots(health: Health, register: Register, proposal_id: bytes) -> dict[str, str]:
    said = {one: health.consortium.ballot_of(proposal_id, one) for one in sorted(register.members)}
    return {register.title(one): choice.name.lower() for one, choice in said.items() if choice}


def _check_reason(reason: bytes, document: Path | None, opening: Path | None) -> None:
    from pyhealth.openings import load, opening_file

    if document is None:
        return
    if not load(opening or opening_file(document)).opens(document, reason):
        raise InputError(f"{document} is not the reason that the proposal gives; ask its proposer.")


def _done(health: Health, proposal_id: bytes, receipt: Receipt, as_json: bool) -> None:
    from pyhealth.governance.register import register_of

    told = _summary(health, register_of(health.consortium), proposal_id)
    done = {"transaction": receipt.transaction, "block": receipt.block_number}
    show(told | done | {"gas": receipt.gas_used}, as_json=as_json)


def _rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    elif rows:
        show_rows(rows)
    else:
        print("There is none.")
