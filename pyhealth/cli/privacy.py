"""pyhealth privacy: what is personal, where it is kept, and that it is nowhere else."""

from __future__ import annotations

import typer

from pyhealth.cli import privacy_audit, processing, pseudonyms

app = typer.Typer(
    name="privacy", help="What is personal: pseudonyms, audit, register.", no_args_is_help=True
)
app.command()(pseudonyms.pseudonym)
app.command()(pseudonyms.whose)
app.command()(privacy_audit.audit)
app.command()(processing.register)
