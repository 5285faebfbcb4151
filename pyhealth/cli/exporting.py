"""pyhealth consent export: what a patient said, as FHIR Consents."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, PatientOption, read_references
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    write_private,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.standards.consent.losses import Loss


def export_consent(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: standard output.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="How FHIR names the patient, such as Patient/f001.")
    ] = None,
    member: Annotated[
        list[str] | None,
        typer.Option(metavar="REFERENCE=MEMBER", help="How FHIR names a member. Repeatable."),
    ] = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a patient's directives that stand as FHIR R4 Consents, in a Bundle.

    Example: `pyhealth consent export --patient patient --out consents.json`
    """
    from pyhealth.consents.history import directives

    with opened(network, account) as health:
        desk = Desk.of(health)
        who, now = desk.patient(patient), desk.now()
        health.index.sync()
        found = [one for one in directives(health.index, who) if one.stands(now)]
        if not found:
            raise InputError(f"Patient {who} has no directive that stands; nothing is written.")
        bundle, losses = _bundle(desk, who, reference, found, member or [])
    told = {"losses": [str(loss) for loss in losses]}
    if out is None:
        print_json(bundle | (told if as_json and losses else {}))
        return
    _write(out, bundle)
    if as_json:
        print_json({"file": out, "consents": len(bundle["entry"]), **told})
        return
    print(f"{len(bundle['entry'])} Consent(s) of {len(found)} directive(s) written to {out}.")
    for loss in losses:
        print(f"  {loss}")


def _bundle(
    desk: Desk, patient: str, reference: str | None, found: list[Directed], said: list[str]
) -> tuple[dict[str, Any], list[Loss]]:
    from pyhealth.consents.history import as_draft
    from pyhealth.standards.consent.exporting import Head, write_consents
    from pyhealth.standards.consent.references import place_of, reference_to

    chain_id = desk.health.chain.chain_id
    place, newest = place_of(chain_id), found[-1]
    named = {whom: text for text, whom in read_references(desk, said).items()}
    actors = {
        one.grantee: named.get(one.grantee, reference_to(one.grantee, chain_id)) for one in found
    }
    who = reference or f"{place}:account:{patient}"
    by = who if newest.by == patient else f"{place}:account:{newest.by}"
    dated = (newest.signed_at or newest.anchored_at).astimezone(UTC)
    keeper = f"{place}:contract:{desk.health.consents.domain.contract}"
    drafts = [as_draft(one) for one in found]
    consents, losses = write_consents(drafts, Head(who, by, keeper, dated, newest.document), actors)
    entries = [{"resource": one} for one in consents]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}, list(losses)


def _write(file: Path, bundle: dict[str, Any]) -> None:
    import orjson

    write_private(file, orjson.dumps(bundle, option=orjson.OPT_INDENT_2) + b"\n")
