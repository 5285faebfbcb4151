"""pyhealth consent import, export: FHIR Consents into directives, and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, PatientOption, terms_described
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, print_json
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.openings import Opening
    from pyhealth.sharing.rule import Draft
    from pyhealth.standards.consent.importing import Imported
    from pyhealth.standards.consent.losses import Loss
    from pyhealth.standards.resources import Release
    from pyhealth.values import Grantee

OURS = re.compile(r"urn:pyhealth:(\d+):member:(\d+)(?::study:(0x[0-9a-f]{64}))?")


def import_consent(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A FHIR Consent in JSON.")],
    member: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REFERENCE=MEMBER",
            help="Which member an actor is; 'none' for one that is no member. Repeatable.",
        ),
    ] = None,
    release: Annotated[str | None, typer.Option(help="R4 or R5; default: told apart.")] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Report what is malformed, and go on.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show directives and losses, and stop.")
    ] = False,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the directives of a FHIR Consent (R4, R5), and report what they cannot carry.

    Never more is permitted than the resource permits. What this document gave already is not given
    again, so that a run that was cut is finished by the same call.

    Example: `pyhealth consent import consent.json --member Organization/f001=Hospital --as patient`
    """
    with opened(network, account) as health:
        desk = Desk.of(health)
        reads = _read(file, _members(desk, file, member or []), release, lenient, desk.now())
        drafts = _denials_first([draft for one in reads for draft in one.drafts])
        rows = [_row(desk, one) for one in drafts]
        if not dry_run and drafts:
            rows = _give(desk, desk.patient(patient), file, drafts, rows)
    losses = [loss for one in reads for loss in one.losses]
    if as_json:
        print_json(_imported(file, reads, rows))
    else:
        _print(rows, losses)
    if not drafts and not dry_run:
        raise InputError(f"{file} gives no directive: {_why(losses)}.")


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
        bundle, losses = _bundle(desk, who, reference, found, member or [])
    if out is None:
        print_json(bundle | ({"losses": losses} if as_json and losses else {}))
        return
    import orjson

    _write(out, orjson.dumps(bundle, option=orjson.OPT_INDENT_2) + b"\n")
    if as_json:
        print_json({"file": out, "consents": len(bundle["entry"]), "losses": losses})
        return
    print(f"{len(bundle['entry'])} Consent(s) of {len(found)} directive(s) written to {out}.")
    for loss in losses:
        print(f"  {loss}")


def _read(
    file: Path,
    members: dict[str, Grantee | None],
    release: str | None,
    lenient: bool,
    now: datetime,
) -> list[Imported]:
    """Read the Consent of a file, or those in a Bundle."""
    from pyhealth.standards.audit.files import resources
    from pyhealth.standards.consent.importing import read_consent

    found, wanted = [], _release(release)
    for place, resource in resources([file]):
        if isinstance(resource, InputError):
            raise resource
        try:
            found.append(read_consent(resource, members, release=wanted, lenient=lenient, at=now))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
    if not found:
        raise InputError(f"{file} holds no Consent; hand in one, or a Bundle of them.")
    return found


def _release(text: str | None) -> Release | None:
    known: dict[str | None, Release | None] = {None: None, "R4": "R4", "R5": "R5"}
    if text not in known:
        raise InputError(f"Release {text!r} is not known; say R4 or R5.")
    return known[text]


def _members(desk: Desk, file: Path, said: list[str]) -> dict[str, Grantee | None]:
    """Return which member each reference means: as is said, and as we write them ourselves."""
    from pyhealth.values import Grantee

    found: dict[str, Grantee | None] = {}
    for text in said:
        reference, parted, name = text.rpartition("=")
        if not parted or not reference:
            raise InputError(f"{text!r} says of no reference which member it is; write R=MEMBER.")
        found[reference] = None if name == "none" else Grantee(desk.member(name))
    try:
        raw = file.read_text("utf-8", "replace") if file.is_file() else ""
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    for own in OURS.finditer(raw):
        chain_id, number, study = own.groups()
        if int(chain_id) == desk.health.chain.chain_id:
            whom = bytes.fromhex(study[2:]) if study else bytes(32)
            found.setdefault(own[0], Grantee(int(number), whom))
    return found


def _denials_first(drafts: list[Draft]) -> list[Draft]:
    """Return drafts in an order in which never more is permitted than all permit together."""
    from pyhealth.values import Provision

    return sorted(drafts, key=lambda one: one.provision is not Provision.DENY)


def _give(
    desk: Desk, patient: str, file: Path, drafts: list[Draft], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give what does not stand yet, all or nothing as far as can be known ahead."""
    from pyhealth.consents.history import directives
    from pyhealth.openings import commit
    from pyhealth.values import Provision

    consents, opening, now = desk.health.consents, commit(file, "consent"), desk.now()
    desk.health.index.sync()
    standing = [one for one in directives(desk.health.index, patient) if one.stands(now)]
    due = [not any(_is(one, draft, opening) for one in standing) for draft in drafts]
    _require_room(desk, patient, [one for one, new in zip(drafts, due, strict=True) if new])
    given = []
    for draft, new, row in zip(drafts, due, rows, strict=True):
        if new:
            give = consents.deny if draft.provision is Provision.DENY else consents.grant
            made = give(patient, draft.grantee, draft.terms, opening.commitment)
            row = row | {"given": True, "transaction": made.receipt.transaction}
        else:
            row = row | {"given": False, "transaction": None}
        given.append(row)
    return given


def _is(standing: Directed, draft: Draft, opening: Opening) -> bool:
    said, terms = standing.directive, draft.terms
    return (
        standing.document == opening.commitment
        and (standing.grantee, said.provision) == (draft.grantee, draft.provision)
        and all(getattr(said, name) == getattr(terms, name) for name in terms.__slots__)
    )


def _require_room(desk: Desk, patient: str, drafts: list[Draft]) -> None:
    from collections import Counter

    from pyhealth.errors import DirectivesFull

    consents, most, now = desk.health.consents, desk.health.consents.max_directives(), desk.now()
    for grantee, count in Counter(one.grantee for one in drafts).items():
        stand = consents.directives_of(patient, grantee)
        if count + sum(now < one.valid_until for one in stand) > most:
            raise DirectivesFull(patient, grantee.member, grantee.study, most)


def _bundle(
    desk: Desk, patient: str, reference: str | None, found: list[Directed], said: list[str]
) -> tuple[dict[str, Any], list[str]]:
    from pyhealth.consents.history import as_draft
    from pyhealth.standards.consent.exporting import Head, write_consents

    if not found:
        raise InputError(f"Patient {patient} has no directive that stands; nothing is written.")
    place = f"urn:pyhealth:{desk.health.chain.chain_id}"
    named = {whom: text for text, whom in _references(desk, said).items()}
    actors = {one.grantee: named.get(one.grantee, _own(place, one.grantee)) for one in found}
    newest, who = found[-1], reference or f"{place}:account:{patient}"
    by = who if newest.by == patient else f"{place}:account:{newest.by}"
    dated = (newest.signed_at or newest.anchored_at).astimezone(UTC)
    keeper = f"{place}:contract:{desk.health.consents.domain.contract}"
    drafts = [as_draft(one) for one in found]
    consents, losses = write_consents(drafts, Head(who, by, keeper, dated, newest.document), actors)
    entries = [{"resource": one} for one in consents]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return bundle, [str(loss) for loss in losses]


def _references(desk: Desk, said: list[str]) -> dict[str, Grantee]:
    from pyhealth.values import Grantee

    found = {}
    for text in said:
        reference, _, name = text.rpartition("=")
        found[reference] = Grantee(desk.member(name))
    return found


def _own(place: str, grantee: Grantee) -> str:
    study = f":study:0x{grantee.study.hex()}" if any(grantee.study) else ""
    return f"{place}:member:{grantee.member}{study}"


def _row(desk: Desk, draft: Draft) -> dict[str, Any]:
    from pyhealth.consents.words import directive_in_words

    return {
        "directive": directive_in_words(draft.provision, draft.grantee, draft.terms, desk.title),
        "provision": draft.provision.name,
        "member": draft.grantee.member,
        **terms_described(draft.terms),
    }


def _imported(file: Path, reads: list[Imported], rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "file": file,
        "consents": [
            {
                "release": one.release,
                "patient_reference": one.patient or None,
                "status": one.status,
                "exact": one.exact,
                "losses": [
                    {
                        "path": loss.path,
                        "value": loss.value,
                        "consequence": loss.consequence.value,
                        "why": loss.why,
                    }
                    for loss in one.losses
                ],
            }
            for one in reads
        ],
        "directives": rows,
    }


def _why(losses: list[Loss]) -> str:
    from pyhealth.standards.consent.losses import Consequence

    refused = [one for one in losses if one.consequence is Consequence.REFUSED]
    return str((refused or losses)[0]).rstrip(".") if losses else "it says nothing"


def _print(rows: list[dict[str, Any]], losses: list[Loss]) -> None:
    for row in rows:
        told = {True: "given", False: "stands already", None: "would be given"}[row.get("given")]
        print(f"{told}: {row['directive']}")
    for loss in losses:
        print(f"loss: {loss}")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
