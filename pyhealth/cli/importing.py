"""pyhealth consent import: FHIR Consents into directives, given or signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, PatientOption, read_references
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened, print_json
from pyhealth.cli.signing import SignerOption, UnsignedOption, ValidOption, require_wallet
from pyhealth.cli.telling import terms_described
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.cli.signing import Pen
    from pyhealth.sharing.rule import Draft
    from pyhealth.standards.consent.importing import Imported
    from pyhealth.standards.consent.losses import Loss
    from pyhealth.standards.resources import Release
    from pyhealth.values import Grantee

    Row = dict[str, Any]
    Do = Callable[[str, list[Draft], bytes], Iterable[Row]]  # for a patient, with a document


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
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign instead: the file, of several the first part."),
    ] = None,
    valid: ValidOption = "30d",
    signer: SignerOption = None,
    unsigned: UnsignedOption = False,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the directives of a FHIR Consent (R4, R5), and report what they cannot carry.

    Never more is permitted than the resource permits. What this document gave already is not given
    again, so that a run that was cut is finished by the same call. With --out nothing is sent: each
    directive is signed into a file for 'consent submit', to be handed in by their numbers.

    Example: `pyhealth consent import consent.json --member Organization/f001=Hospital --as patient`
    """
    from pyhealth.cli.signing import pen_at
    from pyhealth.consents.giving import denials_first

    require_wallet(signer, unsigned)
    if signer and out is None:
        raise InputError("A --signer signs into a file; name it with --out.")
    with opened(network, account) as health:
        desk = Desk.of(health)
        reads = _read(file, _members(desk, file, member or []), release, lenient, desk.now())
        drafts = denials_first(draft for one in reads for draft in one.drafts)
        rows = [_row(desk, one) for one in drafts]
        if drafts and not dry_run:
            who, do = desk.patient(patient or signer), partial(_given, desk)
            if out:
                do = partial(_signed, pen_at(desk, signer, unsigned), out, valid)
            made = _made(desk, who, file, drafts, do)
            rows = [row | done for row, done in zip(rows, made, strict=True)]
    losses = [loss for one in reads for loss in one.losses]
    if as_json:
        print_json(_imported(file, reads, rows))
    else:
        _print(rows, losses)
    if not drafts and not dry_run:
        raise InputError(f"{file} gives no directive: {_why(losses)}.")


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
    from pyhealth.standards.consent.references import references_in

    named = read_references(desk, said)
    try:
        raw = file.read_text("utf-8", "replace") if file.is_file() else ""
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    return {**references_in(raw, desk.health.chain.chain_id), **named}


def _made(desk: Desk, patient: str, file: Path, drafts: list[Draft], do: Do) -> list[Row]:
    """Do what does not stand yet, all or nothing as far as can be known ahead."""
    from pyhealth.consents.giving import due, require_room
    from pyhealth.openings import commit

    document, now = commit(file, "consent", patient).commitment, desk.now()
    new = due(desk.health.index, patient, drafts, document, now)
    wanted = [draft for draft, is_new in zip(drafts, new, strict=True) if is_new]
    require_room(desk.health.consents, patient, wanted, now)
    done = iter(list(do(patient, wanted, document)))
    return [next(done) if is_new else {"given": False, "transaction": None} for is_new in new]


def _given(desk: Desk, patient: str, drafts: list[Draft], document: bytes) -> Iterator[Row]:
    from pyhealth.values import Provision

    consents = desk.health.consents
    for one in drafts:
        give = consents.deny if one.provision is Provision.DENY else consents.grant
        made = give(patient, one.grantee, one.terms, document)
        yield {"given": True, "transaction": made.receipt.transaction}


def _signed(
    pen: Pen, out: Path, valid: str, patient: str, drafts: list[Draft], document: bytes
) -> Iterator[Row]:
    """Sign one file each, with the signer's next numbers, so that denials are handed in first."""
    from pyhealth.cli.signing import papers, written
    from pyhealth.consents.messages import directing

    for turn, (one, paper) in enumerate(zip(drafts, papers(out, len(drafts)), strict=True)):
        said = one.grantee, one.terms, document, pen.instruction(valid, turn)
        message = directing(pen.domain, one.provision, patient, *said)
        yield {"given": False, "transaction": None} | written(pen, message, paper)


def _row(desk: Desk, draft: Draft) -> Row:
    from pyhealth.consents.words import directive_in_words

    return {
        "directive": directive_in_words(draft.provision, draft.grantee, draft.terms, desk.title),
        "provision": draft.provision.name,
        "member": draft.grantee.member,
        **terms_described(draft.terms),
    }


def _imported(file: Path, reads: list[Imported], rows: list[Row]) -> dict[str, Any]:
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


def _print(rows: list[Row], losses: list[Loss]) -> None:
    for row in rows:
        print(f"{_became(row)}: {row['directive']}")
    for loss in losses:
        print(f"loss: {loss}")


def _became(row: Row) -> str:
    if "file" in row:
        what = "signed into" if row["signed"] else "to be signed in"
        return f"{what} {row['file']}, number {row['number']}"
    return {True: "given", False: "stands already", None: "would be given"}[row.get("given")]
