"""pyhealth claim submit."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.claim import PublicOption, app, desk, money
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, show
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.adjudication.values import BilledClaim, Refused
    from pyhealth.reimbursement.submission import Reconciliation

ROWS_SHOWN, JSON_SHOWN = 20, 1_000


@app.command()
def submit(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="FHIR (JSON, NDJSON), CSV, X12 837, or folders."),
    ],
    refusals: Annotated[
        Path | None,
        typer.Option(
            "--refused",
            metavar="FILE",
            help="Write every refusal and assumption there, one a line.",
        ),
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

    with Refusals(refusals, files, as_json=as_json) as refused, desk(network, account) as at:
        done = at.submit(
            files,
            public=public,
            lenient=lenient,
            strict=strict,
            on_refused=refused,
            on_assumed=refused.assumed,
            progress=bar,
        )
        told = reconciled(done) | {"currency": at.currency}
    if as_json:
        told |= {"refusals": refused.first, "findings": refused.findings}
    show(told, as_json=as_json, title="Reconciliation")
    if done.refused:
        raise typer.Exit(1)


def reconciled(done: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation as it is shown."""
    told = asdict(done)
    return told | {"charged": money(done.charged), "amount": money(done.amount)}


class Refusals:
    """Takes refusals as they come: the first are shown, all go to a file where one is named.

    The file is there when all is done, and until then what it was before.
    """

    def __init__(self, file: Path | None, inputs: Iterable[Path], *, as_json: bool) -> None:
        self.file, self.as_json = file, as_json
        self.first, self.findings = list[str](), list[str]()
        self._count = 0
        if file:
            _check_apart(file, inputs)
            self._beside = file.with_name(f"{file.name}.{os.getpid()}")

    def __enter__(self) -> Refusals:
        try:
            self._out = self._beside.open("x", encoding="utf-8") if self.file else None
        except OSError as error:
            raise InputError(f"{self.file} cannot be written ({error.strerror}).") from error
        return self

    def __call__(self, one: Refused) -> None:
        self._count += 1
        self._keep(str(one), self.first)

    def assumed(self, claim: BilledClaim) -> None:
        """Take what was left out of a claim, or assumed in it."""
        for one in claim.findings:
            self._keep(f"{claim.place}: assumed: {one}", self.findings)

    def _keep(self, text: str, first: list[str]) -> None:
        told = " ".join(text.split())
        if self._out:
            print(told, file=self._out)
        if len(first) < (JSON_SHOWN if self.as_json else ROWS_SHOWN):
            first.append(told)

    def __exit__(self, failed: object, *_: object) -> None:
        if self._out and self.file:
            self._out.close()
            self._beside.unlink() if failed else self._beside.replace(self.file)
        if self.as_json:
            return
        for told in self.findings:
            print(told, file=sys.stderr)
        for told in self.first:
            print(f"refused: {told}", file=sys.stderr)
        if (more := self._count - len(self.first)) > 0:
            print(f"... and {more} more; --refused FILE keeps all.", file=sys.stderr)


def _check_apart(file: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over what is read."""
    place = file.resolve()
    if any(one.resolve() in (place, *place.parents) for one in inputs):
        raise InputError(f"--refused {file} is among the claims; name a file apart from them.")
    if file.is_dir():
        raise InputError(f"--refused {file} is a folder; name a file.")
