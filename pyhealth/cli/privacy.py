"""pyhealth privacy: what is personal, where it is kept, and that it is nowhere else."""

from __future__ import annotations

import typer

from pyhealth.cli import erasing, privacy_audit, processing, pseudonyms, retaining, vaulting

app = typer.Typer(
    name="privacy",
    help="What is personal: the vault, pseudonyms, retention, erasure, audit, register.",
    no_args_is_help=True,
)
app.add_typer(vaulting.app)
app.command()(erasing.remember)
app.command()(erasing.erase)
app.command()(erasing.certificate)
app.command("verify-certificate")(erasing.verify_certificate)
app.command()(retaining.retention)
app.command()(retaining.expire)
app.command()(pseudonyms.pseudonym)
app.command()(pseudonyms.whose)
app.command()(privacy_audit.audit)
app.command()(processing.register)
