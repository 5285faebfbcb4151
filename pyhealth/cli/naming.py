"""What the members, patients and records of a chain are called in FHIR, as a file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.standards.audit.reading import Known
    from pyhealth.standards.audit.writing import Names

NamesOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="YAML: which members, patients and records references mean."),
]


def read_names(desk: Desk, file: Path | None) -> Names:
    """Read how to write: the reference of each member, patient and record."""
    from pyhealth.standards.audit.writing import Names

    said = _mapping(desk, file)
    turned = {
        part: {value: reference for reference, value in those.items()}
        for part, those in said.items()
    }
    return Names(desk.health.records.domain, **turned)


def read_known(desk: Desk, file: Path | None) -> Known:
    """Read how to understand: what each reference means."""
    from pyhealth.standards.audit.reading import Known

    return Known(desk.health.chain.chain_id, **_mapping(desk, file))


def _mapping(desk: Desk, file: Path | None) -> dict[str, dict[str, Any]]:
    """Read which references mean which members, patients and records."""
    from pyhealth.cli.shell import hash_of
    from pyhealth.config import read_yaml

    reads: dict[str, Any] = {
        "members": desk.member,
        "patients": desk.account,
        "records": lambda text: hash_of(text, "The record"),
    }
    told = read_yaml(file.absolute()) if file else {}
    if unknown := set(told) - set(reads):
        raise InputError(f"{file} has {sorted(unknown)[0]!r}; known are {', '.join(reads)}.")
    found: dict[str, dict[str, Any]] = {}
    for part, read in reads.items():
        those = told.get(part) or {}
        if not isinstance(those, dict):
            raise InputError(f"{file}: {part} must say of each reference what it means.")
        found[part] = {str(reference): read(_text(value)) for reference, value in those.items()}
    return found


def _text(value: object) -> str:
    """YAML reads hexadecimal without quotes as a number."""
    return f"0x{value:x}" if type(value) is int and value > 1 << 64 else str(value)
