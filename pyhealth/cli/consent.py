"""pyhealth consent, and its decide, list and history: what a patient allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli import (
    directing,
    exporting,
    handing,
    importing,
    instructing,
    representing,
    watching,
    wording,
)
from pyhealth.cli.sharing import (
    Desk,
    GranteeArgument,
    LabelsOption,
    PatientOption,
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
    show,
)
from pyhealth.cli.telling import directed_row, show_all, terms_described
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.index import Event
    from pyhealth.values import Answer, Question

app = typer.Typer(name="consent", help="What a patient allows.", no_args_is_help=True)
app.command()(directing.grant)
app.command()(directing.deny)
app.command()(directing.revoke)
app.command()(instructing.sign)
app.command("show")(handing.show_signed)
app.command()(handing.submit)
app.command()(instructing.cancel)
app.command()(wording.wallets)
app.command("import")(importing.import_consent)
app.command("export")(exporting.export_consent)
app.command()(watching.watch)
app.command()(representing.appoint)
app.command()(representing.dismiss)
app.add_typer(representing.moving)


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
    """Ask the contract what the patient's consents say to a request: exit 0 permitted, 1 not.

    Nothing is written.

    Example: `pyhealth consent decide Hospital --purpose TREAT -l LABORATORY --patient patient`
    """
    from pyhealth.errors import AccessDenied, RecordUnknown
    from pyhealth.sharing.rule import GROUNDS
    from pyhealth.values import Outcome, Question

    with opened(network, account) as health:
        desk = Desk.of(health)
        asked = desk.grantee(grantee, study), read_purpose(purpose), read_action(action)
        if not asked[0].member:
            raise InputError("Only a member can ask; name one by its name or number.")
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
    if answer.outcome is not Outcome.CONSENT_PERMIT:
        raise AccessDenied(f"{answer.outcome.name}: it is refused, {GROUNDS[answer.ground]}.")


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
        who = desk.patient(patient)
        found = directives(health.index, who)
        rows = [
            directed_row(desk, one) | {"status": one.stand(now).value, "given": one.anchored_at}
            | (_details(one) if as_json else {})
            for one in found
            if every or one.stands(now)
        ]  # fmt: skip
    show_all(rows, who, as_json)


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
        who = desk.patient(patient)
        rows = [_told(desk, event, as_json) for event in told(health.index, who)]
    show_all(rows, who, as_json)


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
