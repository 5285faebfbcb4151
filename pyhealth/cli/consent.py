"""pyhealth consent: what a patient allows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli import exporting, importing, instructing, representing, watching
from pyhealth.cli.sharing import (
    ActionsOption,
    CeilingOption,
    Desk,
    DocumentOption,
    FromOption,
    LabelsOption,
    PatientOption,
    PurposesOption,
    StudyOption,
    UntilOption,
    denied_whole,
    read_action,
    read_confidentiality,
    read_labels,
    read_purpose,
    terms_described,
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
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.index import Event
    from pyhealth.values import Answer, Grantee, Provision, Question, Terms

app = typer.Typer(name="consent", help="What a patient allows.", no_args_is_help=True)
app.command()(instructing.sign)
app.command("show")(instructing.show_signed)
app.command()(instructing.submit)
app.command()(instructing.cancel)
app.command("import")(importing.import_consent)
app.command("export")(exporting.export_consent)
app.command()(watching.watch)
app.command()(representing.appoint)
app.command()(representing.dismiss)
app.add_typer(representing.moving)

GranteeArgument = Annotated[
    str, typer.Argument(metavar="MEMBER", help="A member, by name or number, or everyone.")
]


@app.command()
def grant(
    grantee: GranteeArgument,
    purposes: PurposesOption = None,
    labels: LabelsOption = None,
    actions: ActionsOption = None,
    ceiling: CeilingOption = "N",
    starts: FromOption = None,
    ends: UntilOption = None,
    study: StudyOption = None,
    document: DocumentOption = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Permit a member, or everyone, to use the patient's data for purposes and their kinds.

    Without --labels every class of data is meant and no sensitivity (ETH ETHUD OPIOIDUD PSY SDV
    HIV): name those that are. BTG is never implied by TREAT.

    Example: `pyhealth consent grant Hospital --purposes TREAT --until 365d --as patient`
    """
    from pyhealth.values import Provision

    with opened(network, account) as health:
        desk = Desk.of(health)
        terms = desk.terms(purposes, labels, actions, ceiling, (starts, ends))
        whom = desk.grantee(grantee, study)
        _direct(desk, Provision.PERMIT, desk.patient(patient), whom, terms, document, as_json)


@app.command()
def deny(
    grantee: GranteeArgument,
    purposes: PurposesOption = None,
    labels: LabelsOption = None,
    actions: ActionsOption = None,
    starts: FromOption = None,
    ends: UntilOption = None,
    study: StudyOption = None,
    document: DocumentOption = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deny a member, or everyone, what touches any of the labels, however confidential.

    Without --labels all data is meant, without --actions every action. A denial beats a permit for
    the same grantee; what is said to a member beats what is said to everyone.

    Example: `pyhealth consent deny everyone --purposes HRESCH --as patient`
    """
    from pyhealth.values import Provision

    with opened(network, account) as health:
        desk = Desk.of(health)
        terms = desk.terms(purposes, *denied_whole(labels, actions), (starts, ends))
        whom = desk.grantee(grantee, study)
        _direct(desk, Provision.DENY, desk.patient(patient), whom, terms, document, as_json)


@app.command()
def revoke(
    grantee: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="Of whom; default: of all.")
    ] = None,
    place: Annotated[
        int | None, typer.Option(help="Only the directive in this place, of the member or --study.")
    ] = None,
    study: StudyOption = None,
    document: Annotated[
        str | None, typer.Option(metavar="0x…", help="Only those of this consent document.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that stand.")] = False,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke directives at once: from then on they permit and deny nothing.

    A member without --study is meant with all its studies. What still permits it is told.

    Example: `pyhealth consent revoke Hospital --as patient`
    """
    from pyhealth.consents.history import directives

    if not (grantee or document or every):
        raise InputError("Name a member, a --document, or --all; 'pyhealth consent list' lists.")
    with opened(network, account) as health:
        desk = Desk.of(health)
        who, now = desk.patient(patient), desk.now()
        whom = desk.grantee(grantee, study) if grantee else None
        within = hash_of(study, "The study") if study else None
        commitment = hash_of(document, "The document") if document else None
        health.index.sync()
        standing = [one for one in directives(health.index, who) if one.stands(now)]
        meant = [
            one
            for one in standing
            if (whom is None or one.grantee.member == whom.member)
            and (within is None or one.grantee.study == within)
            and (place is None or (one.place, one.grantee) == (place, whom or one.grantee))
            and (commitment is None or one.document == commitment)
        ]
        if not meant:
            raise InputError(
                f"Patient {who} has no such directive that stands; see 'pyhealth consent list'."
            )
        rows = []
        for one in meant:
            version = one.directive.version
            receipt = health.consents.revoke(who, one.grantee, one.place, version)
            rows.append(_row(desk, one) | {"status": "revoked", "transaction": receipt.transaction})
        left = [one for one in standing if one not in meant and _permits(one, whom)]
        told = [_row(desk, one)["directive"] for one in left]
    _rows(rows, as_json)
    for words in told:
        print(f"Still in place: {words}.", file=sys.stderr)


def _permits(one: Directed, whom: Grantee | None) -> bool:
    """Whether a directive permits something to a grantee's member; none: to anyone."""
    from pyhealth.values import Provision

    meant = whom is None or one.grantee.member in (0, whom.member)
    return meant and one.directive.provision is Provision.PERMIT


@app.command()
def decide(
    grantee: GranteeArgument,
    purpose: Annotated[str, typer.Option("--purpose", "-p", help="One purpose, such as TREAT.")],
    action: Annotated[str, typer.Option(help="collect, access, use, disclose or correct.")] = "use",
    record: Annotated[str | None, typer.Option(metavar="0x…", help="A registered record.")] = None,
    labels: LabelsOption = None,
    confidentiality: Annotated[str, typer.Option(help="U, L, M, N, R or V.")] = "N",
    study: StudyOption = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the contract what the patient's consents say to a request; nothing is written.

    Example: `pyhealth consent decide Clinic --purpose TREAT --labels LABORATORY --patient patient`
    """
    from pyhealth.errors import RecordUnknown
    from pyhealth.values import Question

    with opened(network, account) as health:
        desk = Desk.of(health)
        asked = desk.grantee(grantee, study), read_purpose(purpose), read_action(action)
        if record:
            ref = hash_of(record, "The record")
            if (known := health.records.record_of(ref)) is None:
                raise RecordUnknown(ref)
            question = Question(known.patient, *asked, known.labels, known.confidentiality)
        else:
            about = read_labels(labels or ["classes"]), read_confidentiality(confidentiality)
            question = Question(desk.patient(patient), *asked, *about)
        answer = health.consents.decide(question)
        described = _answered(desk, question, answer)
    show(described, as_json=as_json)


@app.command("list")
def list_directives(
    every: Annotated[bool, typer.Option("--all", help="Also those that ended.")] = False,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a patient's directives that stand: in force, or to come.

    Example: `pyhealth consent list --patient patient --json`
    """
    from pyhealth.consents.history import directives

    with opened(network, account) as health:
        desk = Desk.of(health)
        now = desk.now()
        health.index.sync()
        found = directives(health.index, desk.patient(patient))
        rows = [
            _row(desk, one) | {"status": one.stand(now).value, "given": one.anchored_at}
            | (_details(one) if as_json else {})
            for one in found
            if every or one.stands(now)
        ]  # fmt: skip
    _rows(rows, as_json)


@app.command()
def history(
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all that ever concerned a patient's consents: who gave, revoked, appointed, moved.

    Example: `pyhealth consent history --patient patient`
    """
    from pyhealth.consents.history import history as told

    with opened(network, account) as health:
        desk = Desk.of(health)
        health.index.sync()
        found = told(health.index, desk.patient(patient))
        rows = [_told(desk, event, as_json) for event in found]
    _rows(rows, as_json)


def _direct(
    desk: Desk,
    provision: Provision,
    patient: str,
    grantee: Grantee,
    terms: Terms,
    document: Path | None,
    as_json: bool,
) -> None:
    """Commit to the document, and give the directive."""
    from pyhealth.consents.statement import committed
    from pyhealth.consents.words import directive_in_words
    from pyhealth.values import Provision

    consents = desk.health.consents
    words = directive_in_words(provision, grantee, terms, desk.title)
    committed_to = committed(document, patient, words, desk.health.settings.home)
    give = consents.deny if provision is Provision.DENY else consents.grant
    given = give(patient, grantee, terms, committed_to.opening.commitment)
    show(
        {
            "patient": patient,
            "directive": words,
            "place": given.place,
            "version": given.version,
            "document": committed_to.file,
            "commitment": committed_to.opening.commitment,
            "transaction": given.receipt.transaction,
            "block": given.receipt.block_number,
            "gas": given.receipt.gas_used,
        },
        as_json=as_json,
    )


def _answered(desk: Desk, question: Question, answer: Answer) -> dict[str, Any]:
    from pyhealth.consents.words import directive_in_words
    from pyhealth.sharing.rule import levels

    said = dict(levels(question.grantee)).get(answer.ground)
    by = None
    if said is not None:
        directive = desk.health.consents.directives_of(question.patient, said)[answer.place]
        by = directive_in_words(directive.provision, said, directive, desk.title)
    return {
        "patient": question.patient,
        "outcome": answer.outcome.name,
        "ground": answer.ground.name.lower(),
        "decided_by": by,
        "place": answer.place if answer.version else None,
        "version": answer.version or None,
    }


def _row(desk: Desk, one: Directed) -> dict[str, Any]:
    from pyhealth.consents.words import directive_in_words

    words = directive_in_words(one.directive.provision, one.grantee, one.directive, desk.title)
    return {
        "grantee": one.grantee.member,
        "place": one.place,
        "version": one.directive.version,
        "directive": words,
    }


def _details(one: Directed) -> dict[str, Any]:
    return {
        "provision": one.directive.provision.name,
        "study": one.grantee.study if any(one.grantee.study) else None,
        **terms_described(one.directive),
        "document": one.document,
        "by": one.by,
        "signed": one.signed_at,
        "revoked": one.revoked_at,
        "block": one.block_number,
        "transaction": one.transaction,
    }


def _told(desk: Desk, event: Event, as_json: bool) -> dict[str, Any]:
    from pyhealth.records.log import described

    told = described(event, desk.title)
    return told if as_json else {"at": event.block_time, "what": told["says"]}


def _rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    elif rows:
        show_rows(rows)
    else:
        print("There is none.")
