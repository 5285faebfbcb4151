"""pyhealth trial show, list, overdue, verify, reveal, prove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    opened,
    print_json,
    show,
    show_rows,
)
from pyhealth.cli.trialling import TrialArgument, trial_called
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.trials.review import Checked
    from pyhealth.trials.timeline import Listed, Step

app = typer.Typer()


@app.command("show")
def show_trial(
    trial: TrialArgument,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the timeline into an SVG file.")
    ] = None,
    reason: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check that a document is a reason that was given."),
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what happened to a trial, from first to last, and where it stands.

    Example: `pyhealth trial show 0x1f3c9ab2 --svg timeline.svg`
    """
    from pyhealth.comparison.timeline import timeline_svg
    from pyhealth.governance.register import register_of
    from pyhealth.trials.timeline import Listed, moments, steps

    with opened(network) as health:
        trial_id = trial_called(health, trial)
        health.index.sync()
        taken = steps(health.index, trial_id, register_of(health.consortium).title)
        registry = health.trials.registry
        found = Listed(trial_id, registry.trial_of(trial_id), registry.standing_of(trial_id))
        told = _described(health, found) | _reason_checked(taken, reason)
    if svg:
        drawn = timeline_svg(
            moments(taken, found.trial, found.standing), f"Trial 0x{trial_id.hex()}"
        )
        _write(svg, drawn)
        told["svg"] = svg
    if as_json:
        print_json(told | {"timeline": [_step(one) for one in taken]})
        return
    show_rows(
        [{"time": one.at, "what": one.what, "block": one.event.block_number} for one in taken]
    )
    show(told, as_json=False)


@app.command("list")
def list_trials(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """List every trial, and where it stands.

    Example: `pyhealth trial list --json`
    """
    with opened(network) as health:
        rows = [_described(health, one) for one in _all(health)]
    _rows(rows, as_json)


@app.command()
def overdue(network: NetworkOption = None, as_json: JsonOption = False) -> None:
    """List the trials with a flag: what is late, missing or overdue, over all sponsors.

    Example: `pyhealth trial overdue --json`
    """
    with opened(network) as health:
        rows = [_described(health, one) for one in _all(health) if one.standing.flags]
    _rows(rows, as_json)


@app.command()
def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Documents with their proofs, or folders of them."),
    ],
    trial: Annotated[
        str | None, typer.Option("--trial", metavar="TRIAL", help="The trial that you expect.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check documents of a trial against their proofs and the chain: what, when, at which stage.

    Of an outcome list it says how many outcomes were handed out, and of how many. Without a node:
    'pyhealth verify --offline' or verify_proof.py, one document at a time.

    Example: `pyhealth trial verify public/ --trial 0x1f3c9ab2`
    """
    from pyhealth.anchoring import verify as verify_one
    from pyhealth.trials.review import check, counted

    with opened(network) as health:
        trial_id = trial_called(health, trial) if trial else None
        checked = check(
            paths, lambda *one: verify_one(health.chain, *one, trial_id=trial_id).verdict
        )
    revealed, all_of_them = counted(checked)
    if as_json:
        told = [_checked(one) for one in checked]
        print_json({"documents": told, "outcomes": revealed, "outcomes_in_list": all_of_them})
        return
    for named in sorted({one.verdict.trial_id for one in checked}):
        rows = [_checked(one) for one in checked if one.verdict.trial_id == named]
        shown = ("document", "kind", "version", "stage", "anchored_at", "block")
        show_rows(
            [{name: row[name] for name in shown} for row in rows], title=f"Trial 0x{named.hex()}"
        )
    if revealed:
        of = f"of {all_of_them}" if all_of_them else "of a list whose length was not handed out"
        print(f"{revealed} outcomes {of} are revealed.")


@app.command()
def reveal(
    trial: TrialArgument,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER...", help="Of the list; default: all.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for outcomes and proofs.")] = Path("revealed"),
    version: Annotated[
        int | None, typer.Option("--version", help="Of the protocol; default: the current one.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand out outcomes of the hidden list, each with its proof; the others stay hidden.

    Example: `pyhealth trial reveal NCT01234567 1 3 --out public --as sponsor`
    """
    from pyhealth.trials.outcomes import reveal as hand_out

    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        number = version or health.trials.trial(trial_id).version
        folder = health.trials.list_in_force(trial_id, number)
    files = hand_out(folder, numbers or [], out)
    show({"trial": trial_id, "version": number, "revealed": files}, as_json=as_json)


@app.command()
def prove(
    trial: TrialArgument,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What was anchored by records.")],
    records: Annotated[
        list[int], typer.Option("--record", metavar="NUMBER", help="Of the record, from 1.")
    ],
    kind: Annotated[str, typer.Option(help="What it was anchored as.")] = "data-batch",
    out: Annotated[Path, typer.Option(help="Folder for records and proofs.")] = Path("records"),
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write single records of an anchored file, each with its proof.

    Example: `pyhealth trial prove NCT01234567 ecrf.csv --record 17 --as sponsor`
    """
    from pyhealth.reading import one_of
    from pyhealth.values import DocumentKind

    wanted = one_of(DocumentKind, kind, "kind of document")
    with opened(network, account) as health:
        trial_id = trial_called(health, trial)
        health.index.sync()
        files = health.trials.data.prove(health.index, trial_id, wanted, source, records, out)
    show({"trial": trial_id, "records": files}, as_json=as_json)


def _all(health: Health) -> list[Listed]:
    from pyhealth.trials.timeline import listed, registered

    health.index.sync()
    return list(listed(health.trials.registry, registered(health.index)))


def _described(health: Health, one: Listed) -> dict[str, Any]:
    from pyhealth.trials.timeline import last_day, words

    trial, named = one.trial, {p.trial_id: p.registry_id for p in health.trials.shelf.nameplates()}
    return {
        "trial": one.trial_id,
        "registry_id": named.get(one.trial_id),  # where its nameplate is kept here
        "sponsor": trial.sponsor,
        "version": trial.version,
        "approvals": trial.approvals,
        "stage": words(trial.stage),
        "status": words(one.standing.status),
        "participants": trial.participants,
        "flags": sorted(words(flag) for flag in one.standing.flags),
        "missing": sorted(words(kind) for kind in one.standing.missing),
        "enrolment_by": f"{last_day(trial.enrolment_due):%Y-%m-%d}",
        "completion_by": f"{last_day(trial.completion_due):%Y-%m-%d}",
        "results_by": f"{last_day(trial.results_due):%Y-%m-%d}",
    }


def _step(one: Step) -> dict[str, Any]:
    event = one.event
    place = {"block": event.block_number, "transaction": event.transaction}
    return {"time": one.at, "what": one.what, "event": event.name, **place} | {
        "arguments": dict(event.arguments)
    }


def _checked(one: Checked) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "document": one.file,
        "kind": verdict.kind,
        "version": verdict.version,
        "stage": verdict.stage,
        "anchored_at": verdict.anchored_at,
        "by": verdict.author,
        "trial": verdict.trial_id,
        "block": verdict.block_number,
    }


def _reason_checked(taken: list[Step], reason: Path | None) -> dict[str, Any]:
    """Say which step a document is the reason of."""
    from pyhealth.openings import load, opening_file

    if reason is None:
        return {}
    if not reason.is_file():
        raise InputError(
            f"{reason} does not exist, or is no file; name the document that says why."
        )
    opening = load(opening_file(reason))
    for step in taken:
        said = step.event.arguments
        given = said.get("reason") or said.get("detail")
        if isinstance(given, bytes) and opening.opens(reason, given):
            return {"reason_checked": f"{reason} is the reason of: {step.what}"}
    raise InputError(f"{reason} is no reason that was given for this trial; ask its sponsor.")


def _rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    elif rows:
        shown = ("registry_id", "sponsor", "stage", "status", "flags", "results_by")
        show_rows(
            [{"trial": f"0x{row['trial'].hex()[:8]}…"} | {k: row[k] for k in shown} for row in rows]
        )
    else:
        print("There is none.")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); name another.") from error
