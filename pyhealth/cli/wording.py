"""pyhealth consent wallets: what wallets show of what is signed, as they read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json
from pyhealth.errors import InputError


def wallets(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: standard output.")
    ] = None,
    owner: Annotated[
        str, typer.Option(metavar="NAME", help="Who runs the contract, as wallets name it.")
    ] = "Consent registry",
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the ERC-7730 descriptor of this network: with it, wallets show instructions in words.

    Members are named as they are today; write it anew when one joins. Wallets take descriptors from
    registries that they trust, such as clear-signing-erc7730-registry.

    Example: `pyhealth consent wallets --out erc7730.json`
    """
    import json

    from pyhealth.consents.clear_signing import descriptor
    from pyhealth.governance.register import register_of

    with opened(network) as health:
        register = register_of(health.consortium)
        members = {number: register.title(number) for number in register.members}
        told = descriptor(health.consents.domain, members, owner)
    if out is None:
        print_json(told)
        return
    try:
        out.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}).") from error
    kinds = len(told["display"]["formats"])
    if as_json:
        print_json({"file": out, "messages": kinds, "members": len(members)})
    else:
        print(f"{kinds} messages and {len(members)} members are described in {out}.")
