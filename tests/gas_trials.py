"""What the transactions of a trial cost; `test_gas` measures it."""

from collections.abc import Callable
from datetime import UTC, datetime

from consortium_cast import ETHICS
from trial_cast import OUTCOMES, PROTOCOL, REASON, REGISTRY_ID, Site, word

from pyhealth.chain.transactions import Receipt
from pyhealth.health import Health
from pyhealth.values import Dates, DocumentKind, StopReason, Version

REGISTER, ANCHOR = "trial: register", "trial: anchor one phase document"
BUDGETS = {REGISTER: 130_000, ANCHOR: 60_000}
# Fixed, so that what is sent costs the same every day.
DATES = Dates(*(datetime(year, 1, 1, tzinfo=UTC) for year in (2100, 2101, 2102)))


def measures(act_as: Callable[[str], Health]) -> dict[str, int]:
    """Bring a trial from registration to results; return what each transaction used."""
    site = Site(act_as, full(REGISTRY_ID))
    r, t, found = site.registry, site.trial_id, {}

    def used(name: str, receipt: Receipt) -> None:
        found[f"trial: {name}"] = receipt.gas_used

    protocol, outcomes, reason = full(PROTOCOL), full(OUTCOMES), full(REASON)
    r.register(full(word("another")), protocol, outcomes, DATES)
    used("register", r.register(site.registry_id, protocol, outcomes, DATES))
    content = Version(protocol, outcomes)
    used("approve", site.of("ethics").approve(t, 1, content))
    used("withdraw an approval", site.of("ethics").withdraw_approval(t, 1))
    signed = site.signed(content=content, board=ETHICS, nonce=2, deadline=DATES.enrolment)
    used("approve by signature", site.of("stranger").approve_by_signature(signed))
    used("enrol, the first time", r.enrol(t, 10, full(word("log 10"))))
    used("enrol", r.enrol(t, 20, full(word("log 20"))))
    plan = DocumentKind.ANALYSIS_PLAN
    used("anchor one phase document, the first of its kind", r.anchor(t, plan, full(word("1"))))
    used("anchor one phase document", r.anchor(t, plan, full(word("2"))))
    batch = DocumentKind.DATA_BATCH
    r.anchor(t, batch, full(word("3")), 99_999)
    used("anchor 100,000 records", r.anchor(t, batch, full(word("4")), 100_000))
    r.anchor(t, DocumentKind.ANALYSIS_CODE, full(word("5")))
    used("amend the protocol", r.amend(t, protocol=full(word("6")), reason=reason))
    used("stop for a time", r.stop(t, StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN))
    used("resume", r.resume(t))
    used("record the last visit", r.record_last_visit(t))
    used("lock the database", r.lock(t, full(word("7")), 100_000))
    used("unblind", r.unblind(t))
    used("report results", r.report(t, full(word("8"))))
    return found


def full(value: bytes) -> bytes:
    """32 bytes without a zero among them, so that each costs the same as calldata."""
    return value.replace(b"\x00", b"\x01")
