"""pyhealth trial compare; the commands that anchor and follow are beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyhealth.cli.shell import JsonOption, NetworkOption, opened, print_json
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.comparison.result import Side
    from pyhealth.health import Health
    from pyhealth.standards.trials.record import StudyRecord

app = typer.Typer(
    name="trial",
    help="Clinical trials: what was registered, and what came of it.",
    no_args_is_help=True,
)

LenientOption = Annotated[
    bool, typer.Option("--lenient", help="Read what is wrong as far as it goes, and report it.")
]
FhirOption = Annotated[
    str | None,
    typer.Option("--fhir", metavar="R4|R5", help="Version of a ResearchStudy; default: by shape."),
]


@app.command()
def compare(
    registered: Annotated[
        str, typer.Argument(help="Study record as it was registered, or a trial on the chain.")
    ],
    results: Annotated[
        str, typer.Argument(help="Study record of what was reported, or a trial on the chain.")
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the comparison as one HTML page.")
    ] = None,
    confirm: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answers to proposals, in YAML.")
    ] = None,
    propose: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the proposals, to fill in answers.")
    ] = None,
    revealed: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="What a trial's sponsor revealed of its outcomes."),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option("--version", help="Of the trial; default: that of the first enrolment."),
    ] = None,
    lenient: LenientOption = False,
    fhir: FhirOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare reported outcomes with registered ones: kept, dropped, added, promoted, demoted,
    retimed or redefined.

    Records may be ClinicalTrials.gov JSON or XML, FHIR ResearchStudy in JSON, or YAML. Where the
    results record has results posted, these are what it reports. Outcomes whose text is only
    similar are proposed, and count as dropped and added until --confirm says what they are.
    A trial on the chain stands for its outcome list: on the left that of the version under which
    the first participant was enrolled, on the right that of the current one. Its outcomes come
    from --revealed, or from the list that the sponsor keeps; each is checked first.

    Example: `pyhealth trial compare samples/trial/registered.yaml samples/trial/reported.yaml`
    """
    from pyhealth.cli.comparing import print_comparison
    from pyhealth.comparison.answers import questions, read_answers
    from pyhealth.comparison.compare import compare as compare_sides
    from pyhealth.comparison.page import page
    from pyhealth.comparison.plain import plain_comparison

    read = _Reader(revealed, version, lenient, fhir, network)
    ours, theirs = read.registered(registered), read.reported(results)
    answers = (
        read_answers(_content(confirm), str(confirm), ours.outcomes, theirs.outcomes)
        if confirm
        else ()
    )
    made = compare_sides(ours, theirs, answers)
    inputs = [Path(registered), Path(results), *([confirm] if confirm else [])]
    if html:
        _write(html, page(made), inputs)
    if propose:
        _write(propose, questions(made), inputs)
    if as_json:
        print_json(plain_comparison(made))
        return
    print_comparison(made)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the sides of a comparison: a file is a study record, anything else a trial."""

    revealed: Path | None
    version: int | None
    lenient: bool
    fhir: str | None
    network: str | None

    def registered(self, named: str) -> Side:
        from pyhealth.comparison.result import registered_side

        if _is_trial(named):
            return self._trial(named, self.version)
        return registered_side(named, self._record(named))

    def reported(self, named: str) -> Side:
        from pyhealth.comparison.result import reported_side

        if _is_trial(named):
            return self._trial(named, None, current=True)
        return reported_side(named, self._record(named))

    def _record(self, named: str) -> StudyRecord:
        from pyhealth.standards.trials.reading import read_study

        return read_study(Path(named), lenient=self.lenient, fhir=self.fhir)

    def _trial(self, named: str, version: int | None, *, current: bool = False) -> Side:
        from pyhealth.trials.comparing import side_of

        with opened(self.network) as health:
            trial_id = _called(health, named)
            health.index.sync()
            number = health.trials.trial(trial_id).version if current else version
            return side_of(
                health.trials, health.index, trial_id, revealed=self.revealed, version=number
            )


def _is_trial(named: str) -> bool:
    """Say whether a trial on the chain is meant: no file, nor what looks like the name of one."""
    return not set(named) & set("./\\") and not Path(named).exists()


def _called(health: Health, named: str) -> bytes:
    from pyhealth.cli.trialling import trial_called

    try:
        return trial_called(health, named)
    except InputError as error:
        if any(c.isdigit() for c in named):
            raise
        raise InputError(f"{named} is neither a file nor a trial: {error}") from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error


def _write(file: Path, text: str, inputs: list[Path]) -> None:
    if any(file.exists() and one.exists() and file.samefile(one) for one in inputs):
        raise InputError(f"{file} is what is compared, and would be lost; name another file.")
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); name another.") from error
