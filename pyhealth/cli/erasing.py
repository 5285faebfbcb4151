"""pyhealth privacy remember, erase, certificate, verify-certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    confirmed,
    opened,
    print_json,
    show,
)
from pyhealth.errors import CertificateInvalid, InputError, SubjectUnknown

if TYPE_CHECKING:
    from pyhealth.hashing import Domain
    from pyhealth.health import Health
    from pyhealth.privacy.erasure import Certificate

SubjectArgument = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A patient, as your house names them.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def remember(
    subject: SubjectArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Openings, or documents.")],
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note files outside of the vault that are about a subject: erasure destroys them, too.

    What pyhealth writes with --subject it notes itself.

    Example: `pyhealth privacy remember MRN-0042 letter.pdf letter.pdf.opening.json`
    """
    for file in files:
        if not file.is_file():
            raise InputError(f"{file} is no file; name what is to be destroyed with the subject.")
    with opened(network) as health:
        for file in files:
            health.vault.remember(subject, file)
    show({"remembered": [str(file) for file in files]}, as_json=as_json)


def erase(
    subject: SubjectArgument,
    accounts: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="ACCOUNT", help="One of theirs that is no pseudonym."),
    ] = None,
    coverages: Annotated[
        list[str] | None,
        typer.Option("--coverage", metavar="NUMBER", help="A coverage of theirs, with its claims."),
    ] = None,
    yes: YesOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy all that opens what the chain holds of a subject, and sign a certificate of it.

    What goes: the subject's key, with every entry of the vault, files that it remembers,
    statements of consent in the data folder, and the salts of coverages. It cannot be undone. The
    chain keeps its commitments, which nothing opens any more. Run it once more where it was cut
    short.

    Example: `pyhealth privacy erase MRN-0042 --as hospital`
    """
    from pyhealth.cli.governing import Accounts
    from pyhealth.privacy.erasure import erase as destroy
    from pyhealth.privacy.erasure import verify
    from pyhealth.privacy.vault import Kind
    from pyhealth.reimbursement.desk import Desk

    with opened(network, account) as health:
        vault, domain, signer = health.vault, domain_of(health), health.signer
        theirs = [Accounts(health)(one) for one in accounts or ()]
        if vault.erased(subject) is None:
            vault.names(subject, Kind.SALT)  # refuses whom the vault does not know
        if not yes and not confirmed("Destroy all that is kept of this subject, for ever?"):
            raise InputError("Nothing was erased.")
        for number in coverages or ():
            if not Desk(health).forget(number) and vault.erased(subject) is None:
                raise InputError("No coverage of that number is kept here; nothing was erased.")
        file = destroy(vault, subject, health.settings.home, domain, signer, accounts=theirs)
    show(_told(verify(file)) | {"certificate": file}, as_json=as_json, title="Erased")


def certificate(
    subject: SubjectArgument,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say where the certificate of a subject's erasure is; sign it where that was cut short.

    Example: `pyhealth privacy certificate MRN-0042 --as hospital`
    """
    from pyhealth.privacy.erasure import certify, verify

    with opened(network, account) as health:
        made = health.vault.erased(subject)
        if made is None:
            raise SubjectUnknown
        file = certify(health.vault, made, domain_of(health), health.signer)
    show(_told(verify(file)) | {"certificate": file}, as_json=as_json)


def verify_certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate.")],
    offline: Annotated[
        bool, typer.Option("--offline", help="Say who signed, without asking a node who that is.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a certificate of erasure: who signed it, and for which member. Exit 1 if nobody did.

    Example: `pyhealth privacy verify-certificate 3f0c.json`
    """
    from pyhealth.privacy.erasure import verify

    found = verify(file)
    told: dict[str, Any] = _told(found)
    if not offline:
        with opened(network) as health:
            if found.domain != domain_of(health):
                raise CertificateInvalid(str(file), "it is for another chain or suite")
            member = health.consortium.actor_of(found.signer).member
        if not member:
            raise CertificateInvalid(str(file), f"{found.signer} signed it, who acts for no member")
        told["member"] = member
    print_json(told) if as_json else show(told, as_json=False, title="Certificate of erasure")


def domain_of(health: Health) -> Domain:
    """Return what certificates are signed for."""
    from pyhealth.hashing import Domain
    from pyhealth.privacy.erasure import CONTRACT

    return Domain(CONTRACT, health.chain.chain_id, health.records.binding.address)


def _told(found: Certificate) -> dict[str, Any]:
    return {
        "erased_at": found.erased_at,
        "ground": found.ground.name.lower(),
        "entries": found.rows,
        "files": found.files,
        "subject": found.subject,
        "vault": found.vault,
        "signed_by": found.signer,
    }
