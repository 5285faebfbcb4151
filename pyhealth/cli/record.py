"""pyhealth record: references to health records, and every access to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli import auditing, gating, logbook, reviewing, serving
from pyhealth.cli.gating import ActionOption, PurposeOption, RecordArgument
from pyhealth.cli.sharing import (
    Desk,
    LabelsOption,
    StudyOption,
    read_action,
    read_confidentiality,
    read_labels,
    read_purpose,
)
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    print_json,
    show,
    show_rows,
)
from pyhealth.cli.telling import names_of
from pyhealth.errors import AccessDenied, InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.records import Requested
    from pyhealth.values import Confidentiality, Label, Record

app = typer.Typer(
    name="record", help="References to health records, and every access.", no_args_is_help=True
)
app.command("log")(logbook.log)
app.command()(auditing.anchor)
app.command()(auditing.gaps)
app.command("break-glass")(reviewing.break_glass)
app.command()(reviewing.review)
app.command("sign-review")(reviewing.sign_review)
app.command()(reviewing.overdue)
app.command("open")(gating.open_record)
app.command("fetch")(gating.fetch_record)
app.command()(serving.serve)
app.command()(serving.token)

SubjectOption = Annotated[
    str | None,
    typer.Option(help="Whose record it is, as this house names them; the vault keeps it."),
]
ConfidentialityOption = Annotated[
    str | None, typer.Option("--confidentiality", help="U, L, M, N, R or V.")
]


@app.command()
def register(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The record, which stays here.")],
    patient: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Whose record it is.")
    ] = None,
    subject: SubjectOption = None,
    labels: LabelsOption = None,
    confidentiality: ConfidentialityOption = "N",
    only_ref: Annotated[
        bool, typer.Option("--ref", help="Print the record's reference alone.")
    ] = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a record under your member, a PROVIDER; only a salted commitment leaves the house.

    With --subject the vault keeps the record and its salt, and 'record open' serves it. Without,
    FILE.opening.json opens the commitment: keep it with the record, and hand it to the patient.

    Example: `pyhealth record register letter.pdf --patient patient --labels DOCUMENT --as hospital`
    """
    if not labels:
        raise InputError("Say what the record is about with --labels, such as LABORATORY,HIV.")
    if not patient and not subject:
        raise InputError("Say whose record it is, with --patient or --subject.")
    about = read_labels(labels), read_confidentiality(confidentiality or "N")
    with opened(network, account) as health:
        desk = Desk.of(health)
        who = desk.account(patient) if patient else _pseudonym(desk, str(subject))
        committed = _committed(health, file, who, subject)
        ref = health.records.register(who, *about, committed)
        described = _described(ref, health.records.record_of(ref))
    if only_ref:
        print("0x" + ref.hex())
        return
    show(described | _opening(file, subject), as_json=as_json)


@app.command()
def update(
    record: RecordArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The record as it is now.")],
    subject: SubjectOption = None,
    labels: LabelsOption = None,
    confidentiality: ConfidentialityOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a record its next version; labels and confidentiality stay where none are given.

    Example: `pyhealth record update 0x4f1c… letter.pdf --labels DOCUMENT,PSY --as hospital`
    """
    ref = hash_of(record, "The record")
    with opened(network, account) as health:
        known = _known(health, ref)
        about = _about(known, labels, confidentiality)
        committed = _committed(health, file, known.patient, subject)
        same = (*about, committed) == (known.labels, known.confidentiality, known.commitment)
        if same and Desk.of(health).own_member(None) == known.custodian:
            raise InputError(f"{file} is version {known.version} already; nothing is changed.")
        health.records.update(ref, known.version, *about, committed)
        described = _described(ref, health.records.record_of(ref))
    show(described | _opening(file, subject), as_json=as_json)


@app.command("show")
def show_record(
    record: RecordArgument,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check that this is the record.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is registered of a record, and whether a file is its present version.

    Example: `pyhealth record show 0x4f1c… --file letter.pdf`
    """
    from pyhealth.openings import opens

    ref = hash_of(record, "The record")
    with opened(network) as health:
        known = _known(health, ref)
    if file and not opens(file, known.commitment):
        raise InputError(f"{file} is not version {known.version} of record {record}.")
    show(_described(ref, known) | {"file_checked": file}, as_json=as_json)


@app.command()
def access(
    record: RecordArgument,
    purpose: PurposeOption,
    action: ActionOption = "access",
    study: StudyOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask to use a record. The contract decides and writes a receipt: exit 0 permitted, 1 not.

    A refusal is on record like a permission: the patient sees both.

    Example: `pyhealth record access 0x4f1c… --purpose TREAT --as hospital && serve`
    """
    asked = hash_of(record, "The record"), read_purpose(purpose), read_action(action)
    with opened(network, account) as health:
        ref, what, how = asked
        if study:
            whose = hash_of(study, "The study")
            made = health.records.request_access_for_study(ref, whose, what, how)
        else:
            made = health.records.request_access(*asked)
        desk = Desk.of(health)
        described, words = _requested(made), _words(desk, made)
    if as_json:
        print_json(described)
    elif made.permitted:
        show({"says": words} | described, as_json=False)
    if not made.permitted:
        raise AccessDenied(f"{words}; receipt 0x{made.receipt_hash.hex()} tells the patient.")


@app.command()
def cohort(
    purpose: PurposeOption = "HRESCH",
    action: ActionOption = "use",
    study: StudyOption = None,
    member: Annotated[
        str | None, typer.Option(help="Which member asks; default: that of the account.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the records that a study may use now: from the index, for any number of patients.

    It is no access: ask for each record with 'record access' before using it.

    Example: `pyhealth record cohort --study 0x4f1c… --purpose CLINTRCH --as sponsor --json`
    """
    from pyhealth.records.cohort import Wanted
    from pyhealth.records.cohort import cohort as usable
    from pyhealth.values import Grantee, MemberStatus

    what = read_purpose(purpose), read_action(action)
    with opened(network, account) as health:
        desk = Desk.of(health)
        number = desk.own_member(member)
        grantee = Grantee(number, hash_of(study, "The study")) if study else Grantee(number)
        health.index.sync()
        active = health.consortium.status_of(number) is MemberStatus.ACTIVE
        found = usable(health.index, Wanted(grantee, *what, desk.now())) if active else ()
        rows = [
            {"record": one.record_ref, "patient": one.patient,
             "custodian": one.custodian if as_json else desk.title(one.custodian),
             "version": one.version, "commitment": one.commitment}
            for one in found
        ]  # fmt: skip
    if as_json:
        print_json(rows)
    elif rows:
        show_rows(rows, title=f"{len(rows)} record(s)")
    else:
        print(f"Member {number} may use none.")


def _committed(health: Health, file: Path, patient: str, subject: str | None) -> bytes:
    """Keep a record before anything is sent, and return the commitment to it."""
    from pyhealth.openings import commit, content_of
    from pyhealth.privacy.stores import VaultStore

    if subject is None:
        return commit(file, "record", patient).commitment
    return VaultStore(health.vault).keep(subject, patient, content_of(file))


def _pseudonym(desk: Desk, subject: str) -> str:
    """Return the account that a subject has for this house alone."""
    return desk.health.pseudonyms.of(subject, str(desk.own_member(None))).address


def _opening(file: Path, subject: str | None) -> dict[str, Any]:
    from pyhealth.openings import opening_file

    return {"kept": "in the vault"} if subject else {"opening": opening_file(file)}


def _known(health: Health, ref: bytes) -> Record:
    from pyhealth.errors import RecordUnknown

    if (known := health.records.record_of(ref)) is None:
        raise RecordUnknown(ref)
    return known


def _about(
    known: Record, labels: list[str] | None, confidentiality: str | None
) -> tuple[frozenset[Label], Confidentiality]:
    level = read_confidentiality(confidentiality) if confidentiality else known.confidentiality
    return read_labels(labels) if labels else known.labels, level


def _described(ref: bytes, known: Record | None) -> dict[str, Any]:
    assert known is not None
    return {
        "record": ref,
        "patient": known.patient,
        "custodian": known.custodian,
        "labels": names_of(known.labels),
        "confidentiality": known.confidentiality.name,
        "version": known.version,
        "commitment": known.commitment,
    }


def _requested(made: Requested) -> dict[str, Any]:
    receipt = made.receipt
    return {
        "permitted": made.permitted,
        "outcome": receipt.outcome.name,
        "ground": receipt.ground.name.lower(),
        "record": receipt.record_ref,
        "record_version": receipt.record_version,
        "patient": receipt.patient,
        "member": receipt.member,
        "purpose": receipt.purpose.name,
        "action": receipt.action.name,
        "decided": receipt.decided_at,
        "receipt": made.receipt_hash,
        "transaction": made.anchored.transaction,
        "block": made.anchored.block_number,
    }


def _words(desk: Desk, made: Requested) -> str:
    from pyhealth.records.log import receipt_in_words

    return receipt_in_words(made.receipt, desk.title)
