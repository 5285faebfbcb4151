"""pyhealth consent import: FHIR Consents into directives, given or signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk, PatientOption
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    one_line,
    opened,
    print_json,
)
from pyhealth.cli.signing import SignerOption, UnsignedOption, ValidOption, require_wallet
from pyhealth.cli.telling import terms_described
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.cli.amending import Book
    from pyhealth.cli.signing import Pen
    from pyhealth.consents.giving import Step
    from pyhealth.standards.consent.importing import Imported
    from pyhealth.standards.consent.losses import Loss

    Row = dict[str, Any]
    Do = Callable[[str, list[Step], bytes], Iterable[Row]]  # for a patient, with a document


def import_consent(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A FHIR Consent in JSON.")],
    member: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REFERENCE=MEMBER",
            help="Which member an actor is; 'none' for one that is no member. Repeatable.",
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="Of dates without one, such as Europe/Vienna; default: UTC, told."),
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
    replace: Annotated[
        bool, typer.Option("--replace", help="Revoke what earlier versions gave, too.")
    ] = False,
    reference: Annotated[
        str | None, typer.Option(help="How FHIR names the patient; others are refused.")
    ] = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the directives of a FHIR Consent (R4, R5), and report what they cannot carry.

    Never more is permitted than the resource permits. What this document gave already is not given
    again, so that a run that was cut is finished by the same call. What earlier versions gave is
    listed, and revoked with --replace; so is what a withdrawn Consent gave. With --out nothing is
    sent: each step is signed into a file for 'consent submit', to be handed in by their numbers.

    Example: `pyhealth consent import consent.json --member Organization/f001=Hospital --as patient`
    """
    from pyhealth.cli.amending import Book
    from pyhealth.cli.receiving import members_in, read_file, release_of, zone_of
    from pyhealth.cli.signing import pen_at
    from pyhealth.consents.giving import in_order

    require_wallet(signer, unsigned)
    if signer and out is None:
        raise InputError("A --signer signs into a file; name it with --out.")
    with opened(network, account) as health:
        desk = Desk.of(health)
        book = Book.of(desk, desk.patient(patient or signer))
        how = {"release": release_of(release), "lenient": lenient, "zone": zone_of(zone)}
        reads = read_file(file, members_in(desk, file, member or []), how | {"at": desk.now()})
        book.require_same_patient(file, reads, reference)
        left = book.left(file, reads)
        steps = in_order((one for read in reads for one in read.drafts), left if replace else ())
        rows = [_row(desk, one) for one in steps]
        if steps and not dry_run:
            do = partial(_given, desk)
            if out:
                do = partial(_signed, pen_at(desk, signer, unsigned), out, valid)
            made = _made(book, file, reads, steps, do)
            rows = [row | done for row, done in zip(rows, made, strict=True)]
        stand = [] if replace else [book.row(one) for one in left]
    losses = [loss for one in reads for loss in one.losses]
    if as_json:
        print_json(_imported(file, reads, rows) | {"earlier": stand})
    else:
        _print(rows, stand, losses)
    if not steps and not dry_run:
        raise InputError(f"{file} gives no directive: {_why(losses)}{_standing(stand)}.")


def _made(book: Book, file: Path, reads: list[Imported], steps: list[Step], do: Do) -> list[Row]:
    """Do what does not stand yet, all or nothing as far as can be known ahead."""
    from pyhealth.consents.giving import due, require_room
    from pyhealth.openings import commit
    from pyhealth.sharing.rule import Draft

    health, patient, now = book.desk.health, book.patient, book.desk.now()
    document = commit(file, "consent", patient).commitment
    drafts = [one for one in steps if isinstance(one, Draft)]
    new = due(health.index, patient, drafts, document, now)
    stands = {draft for draft, is_new in zip(drafts, new, strict=True) if not is_new}
    wanted = [one for one in steps if one not in stands]
    require_room(health.consents, patient, wanted, now)
    book.keep(document, reads)
    done = iter(list(do(patient, wanted, document)))
    nothing = {"given": False, "transaction": None}
    return [nothing if one in stands else next(done) for one in steps]


def _given(desk: Desk, patient: str, steps: list[Step], document: bytes) -> Iterator[Row]:
    from pyhealth.sharing.rule import Draft
    from pyhealth.values import Provision

    consents = desk.health.consents
    for one in steps:
        if isinstance(one, Draft):
            give = consents.deny if one.provision is Provision.DENY else consents.grant
            receipt = give(patient, one.grantee, one.terms, document).receipt
        else:
            receipt = consents.revoke(patient, one.grantee, one.place, one.directive.version)
        yield {"given": True, "transaction": receipt.transaction}


def _signed(
    pen: Pen, out: Path, valid: str, patient: str, steps: list[Step], document: bytes
) -> Iterator[Row]:
    """Sign one file each, with the signer's next numbers, so that they are handed in in order."""
    from pyhealth.cli.signing import papers, written
    from pyhealth.consents.messages import directing, revocation
    from pyhealth.sharing.rule import Draft

    for turn, (one, paper) in enumerate(zip(steps, papers(out, len(steps)), strict=True)):
        by = pen.instruction(valid, turn)
        if isinstance(one, Draft):
            said = one.grantee, one.terms, document, by
            message = directing(pen.domain, one.provision, patient, *said)
        else:
            place = one.grantee, one.place, one.directive.version
            message = revocation(pen.domain, patient, *place, by)
        yield {"given": False, "transaction": None} | written(pen, message, paper)


def _row(desk: Desk, step: Step) -> Row:
    from pyhealth.consents.history import as_draft
    from pyhealth.consents.words import directive_in_words
    from pyhealth.sharing.rule import Draft

    draft = step if isinstance(step, Draft) else as_draft(step)
    return {
        "step": "give" if draft is step else "revoke",
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
                "consent": one.consent or None,
                "version": one.version or None,
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
    """Say why nothing is given, by the first of what weighs most."""
    from pyhealth.standards.consent.losses import Consequence

    for what in (Consequence.REFUSED, Consequence.NARROWED):
        for one in losses:
            if one.consequence is what:
                return str(one).rstrip(".")
    return "from now on it permits and denies nothing to any member"


def _standing(stand: list[Row]) -> str:
    """Say what an earlier version left, and how it is revoked."""
    if not stand:
        return ""
    first = f"'{stand[0]['revoke']}'" + (" and the others listed" if len(stand) > 1 else "")
    return f"; of it {len(stand)} directive(s) still stand: revoke with {first}, or with --replace"


def _print(rows: list[Row], stand: list[Row], losses: list[Loss]) -> None:
    for row in rows:
        print(one_line(f"{_became(row)}: {row['directive']}"))
    for row in stand:
        print(f"stands from an earlier version: {row['directive']}; revoke: {row['revoke']}")
    for loss in losses:
        print(one_line(f"loss: {loss}"))


def _became(row: Row) -> str:
    revoked = row["step"] == "revoke"
    if "file" in row:
        what = "signed into" if row["signed"] else "to be signed in"
        ended = ", to revoke" if revoked else ""
        return f"{what} {row['file']}, number {row['number']}{ended}"
    if revoked:
        return "revoked" if row.get("given") else "would be revoked"
    return {True: "given", False: "stands already", None: "would be given"}[row.get("given")]
