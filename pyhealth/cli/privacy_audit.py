"""pyhealth privacy audit: is anything personal where it must not be?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json, show, show_rows
from pyhealth.errors import PersonalDataFound

if TYPE_CHECKING:
    from pyhealth.health import Health
    from pyhealth.privacy.audit.inspection import Finding, Report, Scene

ROWS_SHOWN = 50


def audit(
    canaries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of name,value: what must not turn up."),
    ] = None,
    dictionary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Values to guess, one a line: numbers, codes, names."),
    ] = None,
    dates: Annotated[
        bool, typer.Option("--dates/--no-dates", help="Guess every date since 1900, too.")
    ] = True,
    also: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="More files and folders, such as logs; repeatable."),
    ] = None,
    whole_chain: Annotated[
        bool, typer.Option("--whole-chain", help="Every block, also of a chain that is not local.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count what your own books hold in clear as well.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the chain and your files for personal data: exit 0 where there is none, 1 with
    findings.

    Searched are calldata, events and storage, and the data folder with its index, journal and
    vault, byte by byte: for each canary in dozens of encodings and hashes, for hashes that guessing
    opens, and for words that link two pseudonyms of one patient. A finding tells the canary's name,
    and never its value.

    Example: `pyhealth privacy audit --canaries samples/privacy/canaries.csv`
    """
    from datetime import UTC, datetime

    from pyhealth.privacy.audit.inspection import Wanted, inspect
    from pyhealth.privacy.audit.markers import read_canaries
    from pyhealth.progress import bar

    sought = read_canaries(canaries) if canaries else []
    handed = tuple(file for file in (canaries, dictionary) if file)
    with opened(network) as health:
        until = datetime.now(UTC).date() if dates else None
        wanted = Wanted(sought, dictionary, until, _subjects(health))
        scene = _scene(health, also or [], handed, whole_chain or health.chain.local)
        report = inspect(wanted, scene, bar)
    counted = report.findings if strict else report.leaks
    if as_json:
        print_json(_described(report))
    else:
        _print(report)
    if counted:
        raise PersonalDataFound(len(counted))


def _subjects(health: Health) -> dict[str, str]:
    from pyhealth.errors import VaultMissing

    try:
        return health.pseudonyms.everyone()
    except VaultMissing:
        return {}


def _scene(health: Health, also: list[Path], handed: tuple[Path, ...], whole_chain: bool) -> Scene:
    from pyhealth.privacy.audit.inspection import Scene

    contracts = health.record.contracts
    return Scene(
        health.chain,
        {name: one.address for name, one in contracts.items()},
        min((one.block or 0 for one in contracts.values()), default=0),
        health.settings.home,
        also,
        handed,
        whole_chain,
        () if whole_chain else health.chain.journal.mined(),
    )


def _described(report: Report) -> dict[str, Any]:
    return {
        "leaks": [_row(one) for one in report.findings if one.leak],
        "in_own_books": [_row(one) for one in report.findings if not one.leak],
        "searched": _searched(report),
        "notes": report.notes,
    }


def _searched(report: Report) -> dict[str, Any]:
    return {
        "transactions": report.transactions,
        "files": report.files,
        "bytes": {place.value: count for place, count in report.bytes.items()},
        "encodings": report.encodings,
        "guesses": report.guesses,
        "pseudonyms": report.pseudonyms,
    }


def _row(one: Finding) -> dict[str, str]:
    return {
        "kind": one.kind,
        "what": one.what,
        "as": one.how,
        "place": one.place.value,
        "where": one.where,
    }


def _print(report: Report) -> None:
    rows = [_row(one) for one in report.findings]
    if rows:
        show_rows(rows[:ROWS_SHOWN], title=f"{len(rows)} finding(s)")
    if len(rows) > ROWS_SHOWN:
        print(f"... and {len(rows) - ROWS_SHOWN} more; --json tells all.")
    found = {"leaks": len(report.leaks), "in_own_books": len(report.findings) - len(report.leaks)}
    show(found | _searched(report), as_json=False, title="Searched")
    for note in report.notes:
        print(note)
