"""pyhealth consent watch: what others do with a patient's data and rights, handed on at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, print_json
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.watch import Deliver
    from pyhealth.health import Health

LONGEST = 86_400  # seconds between two looks


def watch(
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Post each event here, as JSON.")
    ] = None,
    command: Annotated[
        str | None, typer.Option(metavar="LINE", help="Run this, with the event on its input.")
    ] = None,
    patient: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Of one patient; default: of all.")
    ] = None,
    cursor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What was handed over last is kept here.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Hand over what is due, and end.")] = False,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="The first time: pass over what happened before.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks at the chain.")] = 2.0,
    tries: Annotated[int, typer.Option(min=1, help="Tries of each event, ever farther apart.")] = 5,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand each access, refusal, break-glass and review to a webhook or a command.

    Also told are representatives, moves, and directives that the patient did not give or revoke
    alone. Refusals of members that are not active are left to 'record log'.

    Where it was cut it goes on: the cursor moves after each event that was taken (2xx, or status
    0). Events come when final, in the order of the chain; one that comes twice has the same id.

    Example: `pyhealth consent watch --webhook https://portal.example/notify --patient patient`
    """
    from pyhealth.consents import watch as watching

    if (webhook is None) == (command is None):
        raise InputError("Name a --webhook or a --command; one of the two.")
    deliver = watching.webhook(webhook) if webhook else watching.command(str(command))
    if not 0 < every <= LONGEST:
        raise InputError(
            f"--every {every} is no pause; give seconds, such as 2, {LONGEST} at most."
        )
    with opened(network, account) as health:
        desk = Desk.of(health)
        who = desk.account(patient) if patient else None
        place = cursor or _default(health, webhook or str(command), who)
        watched = watching.Watched(health.index, place, who)
        with watched.alone():
            health.index.sync()
            if from_now and not place.exists():
                watched.skip()
            handed = _round(desk, watched, deliver, tries, as_json)
            while not once:
                time.sleep(every)
                health.index.sync()
                handed += _round(desk, watched, deliver, tries, as_json)
    if not as_json:
        print(f"{handed} handed over.")


def _round(desk: Desk, watched: Any, deliver: Deliver, tries: int, as_json: bool) -> int:
    from pyhealth.consents.watch import hand_over
    from pyhealth.records.log import described

    handed = 0
    for told in hand_over(
        watched, lambda event: described(event, desk.title), deliver, tries=tries
    ):
        handed += 1
        if as_json:
            print_json(told)
    return handed


def _default(health: Health, target: str, patient: str | None) -> Path:
    """Return the cursor of this target and patient on this chain."""
    from pyhealth.hashing import keccak

    named = keccak(f"{target} {patient}".encode() + health.chain.genesis).hex()[:16]
    return health.settings.home / "watch" / f"{health.chain.chain_id}-{named}.json"
