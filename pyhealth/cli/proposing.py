"""pyhealth consortium propose, adopt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.governing import Accounts, dry_run_described, print_dry_run
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    confirmed,
    opened,
    print_json,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.values import Action

ReasonOption = Annotated[
    Path | None,
    typer.Option(
        "--reason", metavar="FILE", help="The grounds; only a salted commitment goes on chain."
    ),
]
OpeningOption = Annotated[
    Path | None,
    typer.Option(
        "--opening", metavar="FILE", help="Where the salt is kept; default: REASON.opening.json."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
IdOption = Annotated[bool, typer.Option("--id", help="Print the proposal's identifier alone.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and stop.")]
AnywayOption = Annotated[
    bool, typer.Option("--anyway", help="Open it although it would fail today.")
]
RolesOption = Annotated[
    list[str] | None, typer.Option("--roles", metavar="ROLE", help="Roles; repeat, or use commas.")
]


def propose(
    action: Annotated[str | None, typer.Argument(help="What to do, such as admit.")] = None,
    values: Annotated[list[str] | None, typer.Argument(help="With whom or what.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of a member or a contract.")] = None,
    roles: RolesOption = None,
    version: Annotated[str | None, typer.Option(help="Version of a contract.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Several actions, in YAML or JSON, instead of one.")
    ] = None,
    reason: ReasonOption = None,
    opening: OpeningOption = None,
    yes: YesOption = False,
    only_id: IdOption = False,
    dry_run: DryOption = False,
    anyway: AnywayOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a proposal, after a dry run that says in words what it would do.

    Actions: admit ACCOUNT --name --roles; remove, suspend, suspend-until-lifted, reinstate MEMBER;
    set-roles MEMBER --roles; replace-account MEMBER ACCOUNT; adopt ADDRESS --name --version;
    pause, pause-until-lifted, unpause CONTRACT; set-rule RULE LENGTH; set-threshold CONTRACT
    FUNCTION THRESHOLD; call CONTRACT FUNCTION VALUE...

    Example: `pyhealth consortium propose admit clinic --name Clinic --roles PROVIDER --reason
    reason.txt --as hospital`
    """
    if (action is None) == (file is None):
        raise InputError("Name an action, or a --file of several; one of the two.")
    options = {"name": name, "roles": roles, "version": version}
    with opened(network, account) as health:
        reader = _reader(health)
        if file is not None:
            actions = reader.file(file)
        else:
            given = _given(str(action), values or [], options)
            actions = [reader.action(str(action), given)]
        ask = _Asking(yes=yes, only_id=only_id, dry_run=dry_run, anyway=anyway, as_json=as_json)
        open_proposal(health, actions, reason, opening, ask)


def adopt(
    name: Annotated[str, typer.Argument(help="What the contract is called in the directory.")],
    address: Annotated[
        str | None, typer.Argument(help="Default: where this suite deployed it.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Default: the next.")] = None,
    reason: ReasonOption = None,
    opening: OpeningOption = None,
    yes: YesOption = False,
    only_id: IdOption = False,
    dry_run: DryOption = False,
    anyway: AnywayOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose to adopt a contract, or a newer version of one; 'contracts' lists what is adopted.

    Example: `pyhealth consortium adopt Notary --reason reason.txt --as hospital`
    """
    with opened(network, account) as health:
        reader = _reader(health)
        known = [one.version for one in reader.register.listings if one.name == name]
        if address is None:
            deployed = health.record.contracts.get(name)
            if deployed is None:
                raise InputError(f"No contract named {name!r} is deployed here; give its address.")
            address = deployed.address
        given = {"address": address, "name": name, "version": version or max(known, default=0) + 1}
        ask = _Asking(yes=yes, only_id=only_id, dry_run=dry_run, anyway=anyway, as_json=as_json)
        open_proposal(health, [reader.action("adopt", given)], reason, opening, ask)


class _Asking:
    """How the user wants to be asked and told."""

    def __init__(
        self, *, yes: bool, only_id: bool, dry_run: bool, anyway: bool, as_json: bool
    ) -> None:
        self.yes, self.dry_run, self.anyway = yes, dry_run, anyway
        self.only_id, self.as_json = only_id, as_json
        self.quiet = only_id or as_json


def open_proposal(
    health: Health,
    actions: list[Action],
    reason: Path | None,
    opening: Path | None,
    ask: _Asking,
) -> None:
    """Show the dry run, commit to the reason, and open the proposal."""
    from pyhealth import openings
    from pyhealth.governance.register import register_of
    from pyhealth.governance.simulation import simulate

    dry, register = simulate(health.consortium, actions), register_of(health.consortium)
    if not ask.quiet:
        print_dry_run(dry, register)
    if dry.refusal and not ask.anyway and not ask.dry_run:
        raise dry.refusal
    described: dict[str, Any] = {"dry_run": dry_run_described(dry, register)}
    if not ask.dry_run:
        if reason is None:
            raise InputError("A proposal needs its grounds; write them to a file for --reason.")
        kept = opening or openings.opening_file(reason)
        committed = openings.draft(reason, "reason", kept)
        calls = [(one.target, one.data) for one in actions]
        call = health.consortium.binding.encode("propose", calls, committed.commitment)
        health.sender.estimate([call])  # a refusal comes before anything is asked or written
        if not ask.yes and not confirmed("Open this proposal?"):
            raise InputError("The proposal was not opened, as you said.")
        openings.keep(committed, kept)
        made = health.consortium.propose(actions, committed.commitment)
        described |= {"proposal": made, "reason": committed.commitment, "opening": kept}
    _tell(described, ask)


def _tell(described: dict[str, Any], ask: _Asking) -> None:
    if ask.as_json:
        print_json(described)
    elif "proposal" in described:
        made = "0x" + described["proposal"].hex()
        told = f"Proposal {made} is open.\nHand {described['opening']} out with the reason: "
        print(made if ask.only_id else told + "it opens the commitment on chain.")


def _reader(health: Health) -> Any:
    from pyhealth.governance.actions import Reader
    from pyhealth.governance.register import register_of

    return Reader(health.consortium, register_of(health.consortium), Accounts(health))


def _given(action: str, values: list[str], options: dict[str, Any]) -> dict[str, Any]:
    """Sort what stands on the command line to the parameters of an action."""
    from pyhealth.governance.actions import PARAMETERS

    given = {name: value for name, value in options.items() if value is not None}
    wanted = [name for name in PARAMETERS.get(action, ()) if name not in given]
    if "arguments" in wanted:
        values = [*values[:2], values[2:]]  # type: ignore[list-item]
    if len(values) > len(wanted) and action in PARAMETERS:
        raise InputError(f"{action} wants {', '.join(PARAMETERS[action])}, and was given more.")
    return given | dict(zip(wanted, values, strict=False))
