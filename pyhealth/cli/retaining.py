"""pyhealth privacy retention, expire: for how long subjects are kept, and the job that ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pyhealth.cli.erasing import YesOption, domain_of
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    confirmed,
    opened,
    print_json,
    show_rows,
)
from pyhealth.errors import InputError, SubjectUnknown

FOREVER = "forever"


def retention(
    subject: Annotated[
        str | None, typer.Argument(metavar="[SUBJECT]", help="One of them; default: everybody.")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Keep all after their last entry, as 3650d, or forever."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Keep this one until then; 'policy': as all others."),
    ] = None,
    hold: Annotated[
        str | None, typer.Option(metavar="WHY", help="Keep this one whatever happens.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold.")] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show until when subjects are kept, or say so: for all, or for one.

    The list names subjects: keep it in the house.

    Example: `pyhealth privacy retention --keep 3650d`
    """
    from pyhealth.privacy import retention as schedule
    from pyhealth.reading import moment_of, span_of

    own = until is not None or hold is not None or release
    if own and subject is None:
        raise InputError("Say whose date or hold is meant: a SUBJECT is missing.")
    now = datetime.now(UTC).replace(microsecond=0)
    with opened(network) as health:
        vault = health.vault
        if keep is not None:
            schedule.set_policy(vault, None if keep == FOREVER else span_of(keep))
        if subject is not None and until is not None:
            end = None if until == "policy" else moment_of(until, "The date", now)
            schedule.keep_until(vault, subject, end)
        if subject is not None and (hold is not None or release):
            schedule.hold(vault, subject, "" if release else hold or "")
        terms = [one for one in schedule.terms(vault) if subject in (None, one.subject)]
        policy = schedule.policy_of(vault)
    if subject is not None and not terms:
        raise SubjectUnknown
    rows = [_row(one) for one in terms]
    if as_json:
        kept = None if policy is None else int(policy.total_seconds())
        print_json({"keep_seconds": kept, "subjects": rows})
        return
    show_rows(rows, title=f"Kept after the last entry: {policy or FOREVER}")


def expire(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would be erased, and erase nobody.")
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="With --dry-run: as if it were then.")
    ] = None,
    yes: YesOption = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase every subject whose time has ended, each with a certificate: run it once a day.

    Example: `pyhealth privacy expire --yes --as hospital`
    """
    from pyhealth.privacy.erasure import erase
    from pyhealth.privacy.retention import terms
    from pyhealth.privacy.vault import Ground
    from pyhealth.reading import moment_of

    if at is not None and not dry_run:
        raise InputError("--at goes with --dry-run: nobody is erased before their time.")
    now = datetime.now(UTC).replace(microsecond=0)
    moment = moment_of(at, "The moment", now) if at is not None else now
    with opened(network, account) as health:
        vault = health.vault
        due = [one for one in terms(vault) if one.ended(moment)]
        if dry_run or not due:
            _list([_row(one) for one in due], as_json)
            return
        domain, signer, home = domain_of(health), health.signer, health.settings.home
        if not yes and not confirmed(f"Destroy all that is kept of {len(due)} subjects, for ever?"):
            raise InputError("Nothing was erased.")
        made = [
            {
                "certificate": erase(
                    vault, one.subject, home, domain, signer, ground=Ground.RETENTION
                )
            }
            for one in due
        ]
    _list(made, as_json)


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    print_json(rows) if as_json else show_rows(rows)


def _row(term: Any) -> dict[str, Any]:
    return {
        "subject": term.subject,
        "last_entry": term.written,
        "until": term.until,
        "own_date": term.own,
        "hold": term.hold,
    }
