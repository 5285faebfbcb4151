"""pyhealth privacy: what is personal, where it is kept, and that it is nowhere else."""

from __future__ import annotations

import typer

from pyhealth.cli import erasing, retaining, vaulting

app = typer.Typer(
    name="privacy",
    help="What is personal: the vault, its retention, erasure.",
    no_args_is_help=True,
)
app.add_typer(vaulting.app)
app.command()(erasing.remember)
app.command()(erasing.erase)
app.command()(erasing.certificate)
app.command("verify-certificate")(erasing.verify_certificate)
app.command()(retaining.retention)
app.command()(retaining.expire)
