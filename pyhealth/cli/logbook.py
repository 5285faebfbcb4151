"""pyhealth record log: all that happened to a patient's records, as a table, FHIR and a page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.naming import NamesOption, read_names
from pyhealth.cli.sharing import Desk, PatientOption
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show_rows,
    write_private,
)
from pyhealth.errors import InputError, ProofInvalid

if TYPE_CHECKING:
    from pyhealth.records.log import Log
    from pyhealth.standards.audit.writing import Names

SHOWN = ("at", "kind", "says")


def log(
    patient: PatientOption = None,
    fhir: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write FHIR AuditEvents.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page to read and print.")
    ] = None,
    served: Annotated[
        bool,
        typer.Option(
            "--served", help="Say in --fhir, as custodian, that you handed out what was permitted."
        ),
    ] = False,
    names: NamesOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything that happened to a patient's records: accesses, refusals, emergencies.

    The receipts form a chain, whose newest hash is on the chain: one that is missing, altered or
    moved in the index is named, and the command ends with 1. The chain knows what was decided, and
    not what was handed out: --served adds that for the records that your member holds.

    Example: `pyhealth record log --patient patient --html log.html`
    """
    from pyhealth.records.log import described
    from pyhealth.records.log import log as read

    if served and not fhir:
        raise InputError("--served is said in the events of --fhir; name their file.")
    with opened(network, account) as health:
        desk = Desk.of(health)
        health.index.sync()
        found, now = read(health.index, health.records, desk.patient(patient)), desk.now()
        rows = [described(event, desk.title) for event in found.events]
        if fhir:
            custodian = desk.own_member(None) if served else None
            write_private(fhir, _fhir(found, read_names(desk, names), custodian, now).encode())
        if html:
            write_private(html, _page(found, rows, now).encode())
    if as_json:
        told = {"patient": found.patient, "intact": not found.faults, "events": rows}
        print_json(told | {"faults": [str(fault) for fault in found.faults]})
    elif rows:
        print(f"Patient {found.patient}:")
        show_rows([_row(one) for one in rows], title=_title(found))
    else:
        print(f"Of patient {found.patient} nothing is known here.")
    if found.faults:
        raise ProofInvalid(
            found.faults[0].kind.name,
            f"The index does not hold all receipts of {found.patient}: {found.faults[0]}; "
            "read the chain anew with 'pyhealth chain index --rebuild'.",
        )


def _fhir(found: Log, names: Names, custodian: int | None, now: datetime) -> str:
    """Write each decision; what was handed out only for the custodian who says so."""
    import json

    from pyhealth.records.log import emergencies, entries
    from pyhealth.standards.audit.writing import audit_events, breaking, bundle, decision

    made = []
    for entry in entries(found.events):
        own = entry.custodian == custodian
        made += audit_events(entry, names) if own else [decision(entry, names)]
    known = emergencies(found.events)
    for event in found.events:
        if event.name == "GlassBroken":
            which: Any = event.arguments["emergencyId"]
            made.append(breaking(which, known[which], event.block_time, names))
    made.sort(key=lambda one: str(one["recorded"]))
    return json.dumps(bundle(made, now), indent=2) + "\n"


def _page(found: Log, rows: list[dict[str, Any]], now: datetime) -> str:
    from pyhealth.sharing.page import Moment, page

    moments = [
        Moment(
            datetime.fromisoformat(one["at"]),
            one["kind"],
            one["says"],
            {name: str(value) for name, value in one.items() if name not in SHOWN},
        )
        for one in rows
    ]
    return page(found.patient, moments, faults=[str(one) for one in found.faults], at=now)


def _row(told: dict[str, Any]) -> dict[str, Any]:
    moment = str(told["at"]).replace("T", " ").replace("+00:00", " UTC")
    return {"at": moment, "kind": told["kind"], "what": told["says"]}


def _title(found: Log) -> str:
    whole = "the chain of receipts is whole" if not found.faults else "RECEIPTS ARE MISSING"
    return f"{len(found.events)} event(s), {len(found.receipts)} receipt(s): {whole}"
