"""pyhealth privacy register: the register of processing activities, from the deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json
from pyhealth.errors import InputError


def register(
    controller: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML: who answers for the processing."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown here; default: print it.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the register of processing activities (GDPR Art. 30) from what is deployed.

    What no deployment knows, such as who the controller is, comes from --controller.

    Example: `pyhealth privacy register --controller samples/privacy/controller.yaml`
    """
    from datetime import UTC, datetime

    from pyhealth.governance.register import register_of
    from pyhealth.privacy.register import Member, read_controller, write_register

    who = read_controller(controller)
    with opened(network) as health:
        members = [
            Member(one.name, sorted(role.name for role in one.roles))
            for _, one in sorted(register_of(health.consortium).members.items())
        ]
        made = write_register(
            who,
            f"{health.chain.network.name} (chain {health.chain.chain_id})",
            {name: one.address for name, one in health.record.contracts.items()},
            members,
            {},
            datetime.now(UTC).replace(microsecond=0),
        )
    if out:
        try:
            out.write_text(made.markdown(), "utf-8")
        except OSError as error:
            raise InputError(f"{out} cannot be written ({error.strerror}).") from error
    if as_json:
        print_json(made.plain())
    else:
        print(f"The register is in {out}." if out else made.markdown(), end="\n" if out else "")
