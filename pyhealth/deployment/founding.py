"""Who founds the consortium: read from a YAML file, and checked before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyhealth import reading
from pyhealth.chain.network import Chain, address_of
from pyhealth.chain.wallet import CAST, cast_address
from pyhealth.config import read_yaml
from pyhealth.errors import DeploymentError, InputError
from pyhealth.values import Founder, bitmap_of

PACKAGED = "founders.yaml"
SAMPLE = "samples/consortium/founders.yaml"
KEYS = {"name", "account", "roles"}
FEWEST = 3  # members, as in Membership.sol
MOST = 50  # that fit into one transaction (EIP-7825); more can be admitted afterwards


def founders_for(chain: Chain, file: Path | None) -> list[Founder]:
    """Read who founds the consortium of a chain; local chains have founders of their own."""
    if file is None and not chain.local:
        raise DeploymentError(
            f"Nobody is named to found the consortium of {chain.network.name} (chain "
            f"{chain.chain_id}); name them in a file, and hand it in with --founders."
        )
    return read_founders(file or _packaged(), local=chain.local)


def read_founders(file: Path, *, local: bool) -> list[Founder]:
    """Read founders; accounts may be named after the cast on local chains only."""
    listed = read_yaml(file).get("founders")
    if not isinstance(listed, list) or not FEWEST <= len(listed) <= MOST:
        raise InputError(
            f"{file} must hold a list named founders with {FEWEST} to {MOST} organisations."
        )
    founders = [_founder(entry, f"{file}, founder {i}", local) for i, entry in enumerate(listed, 1)]
    for i, one in enumerate(founders, 1):
        for j, other in enumerate(founders[: i - 1], 1):
            if one.name == other.name or one.account == other.account:
                shared = one.name if one.name == other.name else one.account
                raise InputError(
                    f"{file}, founder {i}: {shared} is founder {j}'s already; give another."
                )
    return founders


def arguments_of(founders: list[Founder]) -> list[dict[str, Any]]:
    """Return founders as the record keeps them and the constructor takes them."""
    return [
        {
            "account": one.account,
            "roles": bitmap_of(one.roles),
            "name": "0x" + reading.word_of(one.name).hex(),
        }
        for one in founders
    ]


def _founder(entry: object, where: str, local: bool) -> Founder:
    if not isinstance(entry, dict) or set(entry) != KEYS:
        raise InputError(f"{where} must have name, account and roles, and nothing else.")
    listed = entry["roles"] if isinstance(entry["roles"], list) else [entry["roles"]]
    try:
        name = str(entry["name"])
        reading.word_of(name)
        return Founder(_account(entry["account"], local), reading.roles(listed), name)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _account(written: object, local: bool) -> str:
    if written in CAST:
        if not local:
            raise InputError(
                f"account {written} is of the development cast, whose keys anyone can look up; "
                "give an address."
            )
        return cast_address(str(written))
    # YAML reads an address without quotes as a number
    return address_of(f"0x{written:040x}" if isinstance(written, int) else str(written))


def _packaged() -> Path:
    package = Path(__file__).parents[1]
    packaged = package / PACKAGED
    return packaged if packaged.is_file() else package.parent / SAMPLE
