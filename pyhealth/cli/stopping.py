"""pyhealth trial stop, resume, offer, accept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyhealth.cli.governing import member_called
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened
from pyhealth.cli.trialling import TrialArgument, tell_done, trial_called
from pyhealth.errors import InputError

app = typer.Typer()


@app.command()
def stop(
    trial: TrialArgument,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="As FHIR's reasonStopped.")],
    detail: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Document that says more.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a trial; before anyone is enrolled, and not only for a time, it is withdrawn.

    Reasons: temporarily-closed-per-study-design, accrual-goal-met,
    closed-due-to-lack-of-study-progress, other, closed-due-to-toxicity.

    Example: `pyhealth trial stop NCT01234567 accrual-goal-met --as sponsor`
    """
    from pyhealth.openings import commit
    from pyhealth.reading import one_of
    from pyhealth.trials.registry import NOTHING
    from pyhealth.values import StopReason

    wanted = one_of(StopReason, reason, "reason to stop")
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        opened_detail = commit(detail, "reason").commitment if detail else NOTHING
        receipt = health.trials.registry.stop(trial_id, wanted, detail=opened_detail)
        tell_done(health, trial_id, receipt, as_json)


@app.command()
def resume(
    trial: TrialArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a trial that was closed for a time.

    Example: `pyhealth trial resume NCT01234567 --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        tell_done(health, trial_id, health.trials.registry.resume(trial_id), as_json)


@app.command()
def offer(
    trial: TrialArgument,
    member: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="The other sponsor.")
    ] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take an offer back.")] = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer a trial to another sponsor, which has to accept it.

    Example: `pyhealth trial offer NCT01234567 "Second Sponsor" --as sponsor`
    """
    from pyhealth.governance.register import register_of

    if cancel == (member is not None):
        raise InputError("Name the other sponsor, or say --cancel; one of the two.")
    with opened(network, account) as health:
        trial_id, registry = trial_called(health, trial), health.trials.registry
        if cancel:
            receipt = registry.cancel_offer(trial_id)
        else:
            to = member_called(health, register_of(health.consortium), str(member))
            receipt = registry.offer(trial_id, to)
        offered = registry.offer_of(trial_id) or None
        tell_done(health, trial_id, receipt, as_json, offered_to=offered)


@app.command()
def accept(
    trial: TrialArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept a trial that is offered to your sponsor, as it stands now.

    Example: `pyhealth trial accept 0x1f3c9ab2 --as insurer`
    """
    with opened(network, account) as health:
        trial_id, registry = trial_called(health, trial), health.trials.registry
        seen = health.trials.trial(trial_id)
        receipt = registry.accept_offer(trial_id, seen.version, seen.stage)
        sponsor = registry.trial_of(trial_id).sponsor
        tell_done(health, trial_id, receipt, as_json, sponsor=sponsor)
