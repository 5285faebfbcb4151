"""The command line: parse, call one client method, show a table or JSON. A refusal is one line on
stderr, exit 1.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import typer
from typer.exceptions import TyperException

from pyhealth.cli import (  # noqa: F401  # further commands of claim
    account,
    approving,
    attaching,
    billing,
    chain,
    claim,
    conducting,
    consent,
    consortium,
    correcting,
    deploy,
    ending,
    following,
    insuring,
    notary,
    privacy,
    record,
    stopping,
    trial,
)
from pyhealth.errors import PyHealthError

INTERRUPTED = 130  # what shells expect, and typer returns

app = typer.Typer(
    name="pyhealth",
    help="Healthcare on EVM chains. "
    "With nothing configured, every command runs on an embedded chain of its own.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.add_typer(account.app)
app.add_typer(chain.app)
app.add_typer(claim.app)
app.add_typer(consent.app)
app.add_typer(consortium.app)
app.add_typer(privacy.app)
app.add_typer(record.app)
for part in (conducting, approving, stopping, following):
    trial.app.add_typer(part.app)
app.add_typer(trial.app)
app.command("deploy")(deploy.deploy)
app.command("doctor")(chain.doctor)
app.command("stamp")(notary.stamp)
app.command("verify")(notary.verify)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 refused."""
    try:
        status = app(args=arguments, standalone_mode=False)
        sys.stdout.flush()  # here a reader that has gone is still no error
    except TyperException as error:
        _refuse(error.format_message() or "a command is missing; see 'pyhealth --help'")
    except PyHealthError as error:
        _refuse(str(error))
    except BrokenPipeError:  # the reader has gone: nothing to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _refuse(f"{error.filename or 'the system'}: {error.strerror or error}.")
    except (KeyboardInterrupt, typer.Abort):
        _stopped()
    else:
        _stopped() if status == INTERRUPTED else sys.exit(status or 0)


def _stopped() -> None:
    _refuse("stopped; what was sent stays sent: run the same command again to finish.", INTERRUPTED)


def _refuse(sentence: str, status: int = 1) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.flush()  # what was told comes before why it ended
    print("pyhealth: " + " ".join(sentence.split()), file=sys.stderr)
    sys.exit(status)
