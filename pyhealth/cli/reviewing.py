"""pyhealth record break-glass, review, sign-review, overdue: access in an emergency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    print_json,
    show,
    show_rows,
)
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.values import Emergency, Finding

EmergencyArgument = Annotated[
    str | None, typer.Argument(metavar="EMERGENCY", help="Its identifier, 0x….")
]
ReportOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What was found; only a salted commitment leaves."),
]


def break_glass(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Its reference, 0x….")],
    reason: Annotated[
        Path, typer.Option(metavar="FILE", help="Why; only a salted commitment leaves the house.")
    ],
    only_id: Annotated[
        bool, typer.Option("--id", help="Print the emergency's identifier alone.")
    ] = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Break the glass: for 4 hours your member, a PROVIDER, may use the patient's records for BTG.

    The patient is told, and a review is due: until it is done late, the glass stays closed to you.

    Example: `pyhealth record break-glass 0x4f1c… --reason reason.txt --as hospital`
    """
    from pyhealth.errors import RecordUnknown
    from pyhealth.openings import commit, opening_file

    ref = hash_of(record, "The record")
    with opened(network, account) as health:
        desk = Desk.of(health)
        if (known := health.records.record_of(ref)) is None:
            raise RecordUnknown(ref)
        number = health.records.emergencies_of(desk.own_member(None))
        committed = commit(reason, "reason", f"{known.patient} {number}").commitment
        made = health.records.break_glass(ref, committed)
        told = _described(made, health.records.emergency_of(made))
    if only_id:
        print("0x" + made.hex())
        return
    show(told | {"opening": opening_file(reason)}, as_json=as_json)


def review(
    emergency: EmergencyArgument = None,
    finding: Annotated[
        str | None, typer.Argument(metavar="FINDING", help="justified or unjustified.")
    ] = None,
    report: ReportOption = None,
    signed: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hand in what 'sign-review' made.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Review an emergency, which ends it: as another member, or as whoever speaks for the patient.

    Example: `pyhealth record review 0x4f1c… justified --report report.txt --as regulator`
    """
    from pyhealth.messages import load
    from pyhealth.reading import one_of
    from pyhealth.records.registry import KINDS
    from pyhealth.values import Finding

    if (signed is None) == (emergency is None or finding is None):
        raise InputError("Name an emergency and a finding, or a --signed review; one of the two.")
    with opened(network, account) as health:
        if signed is not None:
            handed = load(signed, KINDS)
            said: Any = handed.message.fields
            if said["finding"] not in (*Finding,):
                raise InputError(f"{signed} holds finding {said['finding']}, which is none.")
            handed.require_said(_words(said["emergencyId"], Finding(said["finding"])))
            which = said["emergencyId"]
            receipt = health.records.review_by_signature(handed)
        else:
            which = hash_of(str(emergency), "The emergency")
            found = one_of(Finding, finding, "finding")
            receipt = health.records.review(which, found, _committed(report, which))
        told = _described(which, health.records.emergency_of(which))
    done = {"transaction": receipt.transaction, "block": receipt.block_number}
    show(told | done, as_json=as_json)


def sign_review(
    emergency: Annotated[str, typer.Argument(metavar="EMERGENCY", help="Its identifier, 0x….")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="justified or unjustified.")],
    report: ReportOption = None,
    out: Annotated[Path, typer.Option(help="File for what is signed.")] = Path("review.json"),
    valid: Annotated[str, typer.Option(help="For how long it can be handed in.")] = "30d",
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a review into a file that anyone can hand in: the patient needs no ether.

    Example: `pyhealth record sign-review 0x4f1c… unjustified --as patient`
    """
    from pyhealth.cli.governing import deadline
    from pyhealth.reading import one_of
    from pyhealth.records.registry import review_message
    from pyhealth.values import Finding

    which, found = hash_of(emergency, "The emergency"), one_of(Finding, finding, "finding")
    with opened(network, account) as health:
        by = {"signer": health.signer.address, "deadline": deadline(health, valid)}
        said = which, found, _committed(report, which)
        message = review_message(health.records.domain, *said, **by)  # type: ignore[arg-type]
        words = _words(which, found)
        file = message.signed_by(health.signer).save(out, [words])
    show({"says": words, "signer": by["signer"], "file": file}, as_json=as_json)


def overdue(
    member: Annotated[str | None, typer.Option(help="Of one member only.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those not due yet.")] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the emergencies whose review is overdue; such a member cannot break the glass again.

    Example: `pyhealth record overdue --member Hospital`
    """
    with opened(network) as health:
        desk = Desk.of(health)
        numbers = [desk.member(member)] if member else sorted(desk.register.members)
        ask = health.records.open_reviews if every else health.records.overdue_reviews
        late = {one for number in numbers for one in health.records.overdue_reviews(number)}
        rows = [
            _described(one, health.records.emergency_of(one))
            | {"member": number if as_json else desk.title(number), "overdue": one in late}
            for number in numbers
            for one in ask(number)
        ]
    if as_json:
        print_json(rows)
    elif rows:
        show_rows(rows)
    else:
        print("There is none.")


def _committed(report: Path | None, emergency: bytes) -> bytes:
    from pyhealth.openings import commit

    return commit(report, "report", "0x" + emergency.hex()).commitment if report else bytes(32)


def _words(emergency: bytes, finding: Finding) -> str:
    return f"the emergency 0x{emergency.hex()} was {finding.name.lower()}"


def _described(which: bytes, emergency: Emergency | None) -> dict[str, Any]:
    from pyhealth.errors import EmergencyUnknown

    if emergency is None:
        raise EmergencyUnknown(which)
    return {
        "emergency": which,
        "patient": emergency.patient,
        "member": emergency.member,
        "expires": emergency.expires_at,
        "review_due": emergency.review_due,
        "finding": emergency.finding.name.lower() if emergency.finding else None,
    }
