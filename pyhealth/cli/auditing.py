"""pyhealth record anchor, gaps: a custodian's log, held to, and compared with the receipts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.naming import NamesOption, read_known
from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    one_line,
    opened,
    print_json,
    show,
)
from pyhealth.errors import InputError, ProofInvalid

if TYPE_CHECKING:
    from pyhealth.sharing.accesses import Entry, Fact, Gaps, Period

LogArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="AuditEvents: JSON, NDJSON, Bundles.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="MOMENT", help="The first second of the log.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="MOMENT", help="The first second after it.")
]


def anchor(
    files: LogArgument,
    starts: FromOption = None,
    ends: UntilOption = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="For the salts: whoever has them opens the log.")
    ] = Path("audit.log.json"),
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Anchor your member's log of AuditEvents for a period, by its Merkle root.

    A log starts where the last one ended; the first needs --from. Nobody can then add to it, take
    from it or change it unseen.

    Example: `pyhealth record anchor audit.ndjson --from 2026-01-01 --as hospital`
    """
    from pyhealth.reading import moment_of
    from pyhealth.records.anchored import digests, load, salted, save

    with opened(network, account) as health:
        desk = Desk.of(health)
        member, now = desk.own_member(None), desk.now()
        last = health.records.logged_until(member)
        if starts is None and last is None:
            raise InputError("Your first log has none before it; say with --from where it starts.")
        start = moment_of(starts, "--from", now) if starts else last
        until = moment_of(ends, "--until", now) if ends else now
        assert start is not None
        cut = load(out) if out.exists() else None  # a run that was cut between salts and anchor
        if cut and cut.start == start:
            until = cut.until
        listed = digests(files, start, until)
        if not listed:
            raise InputError("The files hold no AuditEvent of the period; nothing is anchored.")
        again = cut and (cut.start, len(cut.salts)) == (start, len(listed))
        kept = cut if cut and again else salted(start, until, len(listed))
        root = kept.root(listed)
        call = health.records.binding.encode(
            "anchorLog", root, int(start.timestamp()), int(until.timestamp()), len(listed)
        )
        health.sender.estimate([call])  # a refusal comes before anything is written
        if kept is not cut:
            save(kept, out)
        receipt = health.records.anchor_log(root, start, until, len(listed))
    show(
        {
            "member": member,
            "from": start,
            "until": until,
            "events": len(listed),
            "root": root,
            "salts": out,
            "transaction": receipt.transaction,
            "block": receipt.block_number,
        },
        as_json=as_json,
    )


def gaps(
    files: LogArgument,
    member: Annotated[
        str | None, typer.Option(help="Whose log it is; default: that of the account.")
    ] = None,
    starts: FromOption = None,
    ends: UntilOption = None,
    salts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check first that the log is the one anchored."),
    ] = None,
    names: NamesOption = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Report what is malformed, and go on.")
    ] = False,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a custodian's AuditEvents with the receipts for its records: exit 1 on a gap.

    Named are receipts that the log does not know, data handed out without a receipt, beyond what
    its receipt is for (a receipt serves once), and although its receipt refuses it. An event may be
    up to 5 minutes later than its receipt: near the ends of a period, name the logs beside it too.

    Example: `pyhealth record gaps audit.ndjson --member Hospital --salts audit.log.json`
    """
    from pyhealth.records.log import entries_of
    from pyhealth.sharing.accesses import gaps as compare
    from pyhealth.sharing.accesses import near
    from pyhealth.standards.audit.reading import read_facts

    with opened(network, account) as health:
        desk = Desk.of(health)
        number = desk.own_member(member)
        health.index.sync()
        if salts:
            starts, ends = _check_anchored(desk, number, files, salts)
        period = _period(desk, starts, ends)
        facts, faulty = read_facts(files, read_known(desk, names), lenient=lenient)
        found = compare(entries_of(health.index, number, period), facts, period=period)
        title = desk.title
    outside = sum(not near(fact.recorded, period) for fact in facts)
    if as_json:
        checked = {"log_is_the_anchored_one": True if salts else None}
        print_json(checked | _gaps_described(found, outside, faulty))
    else:
        _print_gaps(found, faulty, title)
        if not salts:
            print("Whether the log is the anchored one was not checked; name its salts (--salts).")
    if found.any:
        raise ProofInvalid("GAPS", f"{_gaps_counted(found)}.")


def _check_anchored(desk: Desk, member: int, files: list[Path], salts: Path) -> tuple[str, str]:
    """Refuse a log that is not the one that the member anchored; return its period."""
    from pyhealth.records.anchored import digests, load

    kept = load(salts)
    listed = digests(files, kept.start, kept.until)
    root = kept.root(listed) if len(listed) == len(kept.salts) else b""
    anchored = desk.health.index.events("RecordRegistry", "LogAnchored", {"member": member})
    seconds = int(kept.start.timestamp()), int(kept.until.timestamp())
    for event in anchored:
        said = event.arguments
        if (said["from"], said["until"]) == seconds and said["root"] == root:
            return kept.start.isoformat(), kept.until.isoformat()
    raise ProofInvalid(
        "LOG_DIFFERS",
        f"The log is not the one that member {member} anchored for {kept.start:%Y-%m-%d %H:%M:%S} "
        f"to {kept.until:%Y-%m-%d %H:%M:%S} UTC: events were added, removed or changed.",
    )


def _period(desk: Desk, starts: str | None, ends: str | None) -> Period:
    from pyhealth.cli.sharing import read_period

    return read_period((starts, ends), desk.now())


def _gaps_described(found: Gaps, outside: int, faulty: list[str]) -> dict[str, Any]:
    return {
        "matched": len(found.matched),
        "receipts_without_event": [_receipt(entry) for entry in found.unlogged],
        "events_without_receipt": [_fact(fact) for fact in found.unreceipted],
        "beyond_their_receipt": [_receipt(entry) | _fact(fact) for entry, fact in found.beyond],
        "served_although_refused": [
            _receipt(entry) | _fact(fact) for entry, fact in found.overruled
        ],
        "not_about_data": found.passed_over,
        "outside_of_the_period": outside,
        "malformed": faulty,
    }


def _receipt(entry: Entry) -> dict[str, Any]:
    receipt = entry.receipt
    return {
        "receipt": entry.receipt_hash,
        "record": receipt.record_ref,
        "member": receipt.member,
        "purpose": receipt.purpose.name,
        "action": receipt.action.name,
        "outcome": receipt.outcome.name,
        "decided": receipt.decided_at,
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {"event": fact.place, "recorded": fact.recorded}


def _print_gaps(found: Gaps, faulty: list[str], title: Any) -> None:
    from pyhealth.records.log import receipt_in_words

    for entry in found.unlogged:
        words = receipt_in_words(entry.receipt, title)
        print(f"not in the log: receipt 0x{entry.receipt_hash.hex()} ({words})")
    for fact in found.unreceipted:
        print(f"without a receipt: {one_line(fact.place)}, {fact.recorded:%Y-%m-%d %H:%M:%S} UTC")
    for entry, fact in found.beyond:
        when = f"{fact.recorded:%Y-%m-%d %H:%M:%S} UTC"
        place, words = one_line(fact.place), receipt_in_words(entry.receipt, title)
        print(f"beyond its receipt: {place}, {when} (0x{entry.receipt_hash.hex()}: {words})")
    for entry, fact in found.overruled:
        print(f"although refused: {one_line(fact.place)} (receipt 0x{entry.receipt_hash.hex()})")
    for told in faulty:
        print(f"malformed: {one_line(told)}")
    if found.matched or found.any:
        print(f"{len(found.matched)} match, {found.passed_over} are not about data.")
    else:
        told = f"{found.passed_over} event(s) there are not about data"
        print(f"Nothing was compared: the period has no receipt and no access; {told}.")


def _gaps_counted(found: Gaps) -> str:
    return (
        f"Log and receipts differ: {len(found.unlogged)} receipt(s) not in the log, "
        f"{len(found.unreceipted)} event(s) without a receipt, {len(found.beyond)} beyond it, "
        f"{len(found.overruled)} served although refused"
    )
