"""pyhealth claim submit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.claim import PublicOption, app, desk, money
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show

if TYPE_CHECKING:
    from pyhealth.adjudication.values import Refused
    from pyhealth.reimbursement.submission import Reconciliation

ROWS_SHOWN = 20


@app.command()
def submit(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="FHIR (JSON, NDJSON), CSV, X12 837, or folders."),
    ],
    refusals: Annotated[
        Path | None,
        typer.Option("--refused", metavar="FILE", help="Write every refusal there, one a line."),
    ] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Assume what is commonly missing, and report it.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Hold FHIR against the whole of R4 as well.")
    ] = False,
    public: PublicOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Submit claims, any number: decided and paid in batches, each claim once.

    What cannot be taken is refused with file and line, and the rest goes on; what is left out of a
    claim, or assumed, is noted. A run that was cut is
    finished by the same command. Ends with 1 where a claim was refused.

    Example: `pyhealth claim submit samples/claims/claims.ndjson --as hospital`
    """
    from pyhealth.progress import bar

    with (
        Sentences("noted", as_json=as_json) as noted,
        Sentences("refused", refusals, as_json=as_json) as refused,
        desk(network, account) as at,
    ):
        done = at.submit(
            files,
            public=public,
            lenient=lenient,
            strict=strict,
            on_refused=refused,
            on_noted=noted,
            progress=bar,
        )
        told = reconciled(done) | {"currency": at.currency}
    if as_json:
        told |= {"refusals": refused.first, "notes": noted.first}
    show(told, as_json=as_json, title="Reconciliation")
    if done.refused:
        raise typer.Exit(1)


def reconciled(done: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation as it is shown."""
    told = asdict(done)
    return told | {"charged": money(done.charged), "amount": money(done.amount)}


class Sentences:
    """Takes sentences as they come: the first are shown, all go to a file where one is named."""

    def __init__(self, what: str, file: Path | None = None, *, as_json: bool) -> None:
        self.what, self.file, self.as_json = what, file, as_json
        self.first: list[str] = []
        self._count = 0

    def __enter__(self) -> Sentences:
        self._out = self.file.open("w", encoding="utf-8") if self.file else None
        return self

    def __call__(self, one: Refused | str) -> None:
        self._count += 1
        told = " ".join(str(one).split())
        if self._out:
            print(told, file=self._out)
        if len(self.first) < ROWS_SHOWN or (self.as_json and len(self.first) < 1_000):
            self.first.append(told)

    def __exit__(self, *_: object) -> None:
        import sys

        if self._out:
            self._out.close()
        if self.as_json:
            return
        for told in self.first:
            print(f"{self.what}: {told}", file=sys.stderr)
        if (more := self._count - len(self.first)) > 0:
            print(f"{self.what}: {more} more.", file=sys.stderr)
