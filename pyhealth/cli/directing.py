"""pyhealth consent grant, deny, revoke: what a patient permits and forbids."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyhealth.cli.sharing import (
    ActionsOption,
    CeilingOption,
    Desk,
    DocumentOption,
    FromOption,
    GranteeArgument,
    LabelsOption,
    PatientOption,
    PurposesOption,
    StudyOption,
    UntilOption,
    denied_whole,
)
from pyhealth.cli.shell import AccountOption, JsonOption, NetworkOption, hash_of, opened, show
from pyhealth.cli.telling import directed_row, show_all
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.values import Grantee, Provision, Terms


def grant(
    grantee: GranteeArgument,
    purposes: PurposesOption = None,
    labels: LabelsOption = None,
    actions: ActionsOption = None,
    ceiling: CeilingOption = "N",
    starts: FromOption = None,
    ends: UntilOption = None,
    study: StudyOption = None,
    document: DocumentOption = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Permit a member, or everyone, to use the patient's data for purposes and their kinds.

    Without --labels every class of data is meant and no sensitivity (ETH ETHUD OPIOIDUD PSY SDV
    HIV): name those that are. BTG is never implied by TREAT.

    Example: `pyhealth consent grant Hospital --purposes TREAT --until 365d --as patient`
    """
    from pyhealth.values import Provision

    with opened(network, account) as health:
        desk = Desk.of(health)
        terms = desk.terms(purposes, labels, actions, ceiling, (starts, ends))
        whom = desk.grantee(grantee, study)
        _direct(desk, Provision.PERMIT, desk.patient(patient), whom, terms, document, as_json)


def deny(
    grantee: GranteeArgument,
    purposes: PurposesOption = None,
    labels: LabelsOption = None,
    actions: ActionsOption = None,
    starts: FromOption = None,
    ends: UntilOption = None,
    study: StudyOption = None,
    document: DocumentOption = None,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deny a member, or everyone, what touches any of the labels, however confidential.

    Without --labels all data is meant, without --actions every action. A denial beats a permit for
    the same grantee; what is said to a member beats what is said to everyone.

    Example: `pyhealth consent deny everyone --purposes HRESCH --as patient`
    """
    from pyhealth.values import Provision

    with opened(network, account) as health:
        desk = Desk.of(health)
        terms = desk.terms(purposes, *denied_whole(labels, actions), (starts, ends))
        whom = desk.grantee(grantee, study)
        _direct(desk, Provision.DENY, desk.patient(patient), whom, terms, document, as_json)


def revoke(
    grantee: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="Of whom; default: of all.")
    ] = None,
    place: Annotated[
        int | None, typer.Option(help="Only the directive in this place, of the member or --study.")
    ] = None,
    study: StudyOption = None,
    document: Annotated[
        str | None, typer.Option(metavar="0x…", help="Only those of this consent document.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that stand.")] = False,
    patient: PatientOption = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke directives at once: from then on they permit and deny nothing.

    A member without --study is meant with all its studies. What still permits it is told.

    Example: `pyhealth consent revoke Hospital --as patient`
    """
    from pyhealth.consents.history import directives

    if not (grantee or document or every):
        raise InputError("Name a member, a --document, or --all; 'pyhealth consent list' lists.")
    with opened(network, account) as health:
        desk = Desk.of(health)
        who, now = desk.patient(patient), desk.now()
        whom = desk.grantee(grantee, study) if grantee else None
        within = hash_of(study, "The study") if study else None
        commitment = hash_of(document, "The document") if document else None
        health.index.sync()
        standing = [one for one in directives(health.index, who) if one.stands(now)]
        meant = [
            one
            for one in standing
            if (whom is None or one.grantee.member == whom.member)
            and (within is None or one.grantee.study == within)
            and (place is None or (one.place, one.grantee) == (place, whom or one.grantee))
            and (commitment is None or one.document == commitment)
        ]
        if not meant:
            raise InputError(
                f"Patient {who} has no such directive that stands; see 'pyhealth consent list'."
            )
        rows = []
        for one in meant:
            version = one.directive.version
            receipt = health.consents.revoke(who, one.grantee, one.place, version)
            rows.append(
                directed_row(desk, one) | {"status": "revoked", "transaction": receipt.transaction}
            )
        left = [one for one in standing if one not in meant and _permits(one, whom)]
        told = [directed_row(desk, one)["directive"] for one in left]
    show_all(rows, who, as_json)
    for words in told:
        print(f"Still in place: {words}.", file=sys.stderr)


def _permits(one: Directed, whom: Grantee | None) -> bool:
    """Whether a directive permits something to a grantee's member; none: to anyone."""
    from pyhealth.values import Provision

    meant = whom is None or one.grantee.member in (0, whom.member)
    return meant and one.directive.provision is Provision.PERMIT


def _direct(
    desk: Desk,
    provision: Provision,
    patient: str,
    grantee: Grantee,
    terms: Terms,
    document: Path | None,
    as_json: bool,
) -> None:
    """Commit to the document, and give the directive, if it does not stand already."""
    from pyhealth.consents.giving import due
    from pyhealth.consents.statement import committed
    from pyhealth.consents.words import directive_in_words
    from pyhealth.sharing.rule import Draft
    from pyhealth.values import Provision

    consents, index = desk.health.consents, desk.health.index
    words = directive_in_words(provision, grantee, terms, desk.title)
    committed_to = committed(document, patient, words, desk.health.settings.home)
    draft, commitment = Draft(grantee, provision, terms), committed_to.opening.commitment
    if due(index, patient, [draft], commitment, desk.now()) == [False]:
        raise InputError(f"This stands already for patient {patient}: {words}.")
    give = consents.deny if provision is Provision.DENY else consents.grant
    given = give(patient, grantee, terms, commitment)
    show(
        {
            "patient": patient,
            "directive": words,
            "place": given.place,
            "version": given.version,
            "document": committed_to.file,
            "commitment": commitment,
            "transaction": given.receipt.transaction,
            "block": given.receipt.block_number,
            "gas": given.receipt.gas_used,
        },
        as_json=as_json,
    )
