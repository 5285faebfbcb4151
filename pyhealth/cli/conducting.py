"""pyhealth trial register, amend, reschedule, anchor, enrol, last-visit, lock, unblind, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, opened
from pyhealth.cli.trialling import (
    FilesArgument,
    OutOption,
    TrialArgument,
    tell_done,
    tell_filed,
    trial_called,
)

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.trials.desk import Registration
    from pyhealth.values import DocumentKind

app = typer.Typer()

EnrolmentOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Last day of the first enrolment, or 90d from now; default: the record's date.",
    ),
]
CompletionOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Last day of the last visit, or 400d from now; default: the record's date.",
    ),
]
ResultsOption = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Last day for results; default: a year after completion."),
]
ReasonOption = Annotated[
    Path,
    typer.Option(metavar="FILE", help="Document that says why; only a commitment leaves."),
]
LenientOption = Annotated[
    bool, typer.Option("--lenient", help="Read a record that is wrong in places, and report them.")
]
RecordsOption = Annotated[
    bool, typer.Option("--records", help="Each line of the one file is a record of its own.")
]


@app.command()
def register(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="Study record of the trial.")],
    documents: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...", help="Protocol, annexes: any files; without any, RECORD is all."
        ),
    ] = None,
    registry_id: Annotated[
        str | None, typer.Option("--id", help="Identifier; default: the record's first.")
    ] = None,
    enrolment: EnrolmentOption = None,
    completion: CompletionOption = None,
    results: ResultsOption = None,
    out: OutOption = None,
    lenient: LenientOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a trial: record, protocol and outcome list in one transaction, before anyone is
    enrolled.

    The record may be ClinicalTrials.gov JSON or XML, FHIR ResearchStudy in JSON, or YAML. Nothing
    of it leaves but salted commitments: the outcomes stay hidden until 'trial reveal'. Dates
    without a time zone are whole days in UTC.

    Example: `pyhealth trial register study.yaml protocol.pdf --as sponsor`
    """
    from pyhealth.progress import bar

    with opened(network, account) as health:
        made = health.trials.register(
            record,
            documents or [],
            registry_id=registry_id,
            enrolment=enrolment,
            completion=completion,
            results=results,
            lenient=lenient,
            out=out,
            progress=bar,
        )
        tell_filed(health, made.filed, as_json, **_registered(made, as_json))


def _registered(made: Registration, as_json: bool) -> dict[str, Any]:
    from pyhealth.trials.timeline import last_day

    due = {
        f"{name}_by": f"{last_day(getattr(made.dates, name)):%Y-%m-%d}"
        for name in ("enrolment", "completion", "results")
    }
    losses = [
        {"path": one.path, "value": one.value, "why": one.why}
        for one in (*made.study.losses, *made.study.findings)
    ]
    told = {
        "registry_id": made.nameplate.registry_id,
        "title": made.study.title,
        "outcomes": len(made.study.outcomes),
        **due,
    }
    return told | ({"losses": losses} if as_json else {"not_represented": len(losses)})


@app.command()
def amend(
    trial: TrialArgument,
    reason: ReasonOption,
    documents: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="The new protocol: any files.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="New study record, with its outcomes.")
    ] = None,
    out: OutOption = None,
    lenient: LenientOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Amend the protocol, the outcome list or both; the new version needs an approval of its own.

    Example: `pyhealth trial amend NCT01234567 protocol-v2.pdf --reason why.txt --as sponsor`
    """
    from pyhealth.progress import bar

    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        filed = health.trials.amend(
            trial_id,
            reason,
            documents or [],
            record=record,
            lenient=lenient,
            out=out,
            progress=bar,
        )
        tell_filed(health, filed, as_json)


@app.command()
def reschedule(
    trial: TrialArgument,
    enrolment: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day of the first enrolment, or 90d from now."),
    ] = None,
    completion: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day of the last visit, or 400d from now."),
    ] = None,
    results: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day for results, or 900d from now.")
    ] = None,
    reason: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Document that says why.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change declared dates that are not past; what is late stays late.

    Example: `pyhealth trial reschedule NCT01234567 --completion 2028-05-31 --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        given = {"enrolment": enrolment, "completion": completion, "results": results}
        receipt = health.trials.reschedule(trial_id, given, reason)
        tell_done(health, trial_id, receipt, as_json)


@app.command()
def anchor(
    trial: TrialArgument,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Such as analysis-plan.")],
    documents: FilesArgument,
    records: RecordsOption = False,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Anchor documents of a kind, any number in one transaction.

    Kinds: ethics-decision, consent-form, protocol-annex, eligibility-criteria, randomisation-list,
    data-batch, monitoring-report, deviation, safety-report, data-record, analysis-plan,
    analysis-code, analysis-output, post-hoc-analysis, participant-flow, publication.

    Example: `pyhealth trial anchor NCT01234567 analysis-plan plan.pdf --as sponsor`
    """
    from pyhealth.progress import bar
    from pyhealth.reading import one_of
    from pyhealth.values import DocumentKind

    wanted = one_of(DocumentKind, kind, "kind of document")
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        if records:
            _anchor_records(health, trial_id, wanted, documents, as_json)
            return
        filed = health.trials.conduct.anchor(trial_id, wanted, documents, out=out, progress=bar)
        tell_filed(health, filed, as_json)


def _anchor_records(
    health: Health, trial_id: bytes, kind: DocumentKind, sources: list[Path], as_json: bool
) -> None:
    from pyhealth.errors import InputError
    from pyhealth.progress import bar

    if len(sources) != 1:
        raise InputError(f"--records takes one file, and {len(sources)} were named; name one.")
    made = health.trials.data.anchor(trial_id, kind, sources[0], bar)
    more = {"records": made.label.records, "root": made.label.root}
    tell_done(health, trial_id, made.receipt, as_json, **more)


@app.command()
def enrol(
    trial: TrialArgument,
    participants: Annotated[int, typer.Argument(metavar="COUNT", help="All enrolled so far.")],
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who they are; only a commitment leaves.")
    ] = None,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how many participants are enrolled so far, without saying who they are.

    Example: `pyhealth trial enrol NCT01234567 120 --log enrolment-log.csv --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        filed = health.trials.conduct.enrol(trial_id, participants, log, out=out)
        tell_filed(health, filed, as_json, participants=participants)


@app.command()
def last_visit(
    trial: TrialArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the last visit took place; nobody can be enrolled any more.

    Example: `pyhealth trial last-visit NCT01234567 --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        receipt = health.trials.registry.record_last_visit(trial_id)
        tell_done(health, trial_id, receipt, as_json)


@app.command()
def lock(
    trial: TrialArgument,
    data: FilesArgument,
    records: RecordsOption = False,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lock the database: anchor the final data set, after which no data comes in any more.

    Example: `pyhealth trial lock NCT01234567 final.csv --records --as sponsor`
    """
    from pyhealth.progress import bar
    from pyhealth.values import DocumentKind

    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        if records:
            _anchor_records(health, trial_id, DocumentKind.LOCKED_DATA, data, as_json)
            return
        filed = health.trials.conduct.lock(trial_id, data, out=out, progress=bar)
        tell_filed(health, filed, as_json)


@app.command()
def unblind(
    trial: TrialArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the allocation is opened; analysis plan and analysis code are anchored before.

    Example: `pyhealth trial unblind NCT01234567 --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        receipt = health.trials.registry.unblind(trial_id)
        tell_done(health, trial_id, receipt, as_json)


@app.command()
def report(
    trial: TrialArgument,
    results: FilesArgument,
    out: OutOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Anchor results, or a correction of them.

    Example: `pyhealth trial report NCT01234567 results.json --as sponsor`
    """
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        tell_filed(health, health.trials.conduct.report(trial_id, results, out=out), as_json)
