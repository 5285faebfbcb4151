"""What the events of a chain tell of claims; nothing here asks the chain itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhealth.adjudication.values import RemittedStatus
from pyhealth.errors import InputError
from pyhealth.hashing import keccak
from pyhealth.index import Event, Index
from pyhealth.values import Claim, ClaimDecision, struct

CLAIMS, COVERAGES = "ClaimAdjudicator", "CoverageRegistry"
OF_CLAIM = (
    "ClaimAdjudicated",
    "ClaimPended",
    "ClaimSettled",
    "ClaimVoided",
    "ClaimAppealed",
    "AppealDecided",
)
MOVING = OF_CLAIM[:4]  # what decides it, and moves tokens
COVERAGE_REF, CLAIM_REF = slice(32, 64), slice(64, 96)  # in the data of ClaimAdjudicated
AMOUNT = (1 << 48) - 1
TOLD = re.compile("(0x)?([0-9a-fA-F]{50}|[0-9a-fA-F]{64})")  # a claim, as an 835 names it


@dataclass(frozen=True, slots=True)
class Brief:
    """A decision, as far as a reconciliation needs it; amounts in hundredths."""

    claim_id: bytes
    claim_ref: bytes
    charged: int
    paid: int
    before: int = 0  # paid by a decision that an appeal replaced
    content: bytes = b""  # hash of what was claimed; empty where it is not needed


@dataclass
class Standing:
    """A claim, and what became of it so far."""

    claim_id: bytes
    provider: int
    payer: int
    decision: ClaimDecision  # the last one
    decided: Event  # where it was told
    status: RemittedStatus = RemittedStatus.SETTLED
    moved: Event | None = None  # in which tokens went last, or nothing was due
    replaced_by: bytes | None = None
    appeal: Event | None = None
    granted: bool | None = None  # None: no appeal, or open
    events: list[Event] = field(default_factory=list)

    @property
    def paid(self) -> int:
        """What is paid for all lines, in hundredths."""
        return sum(one.outcome.paid for one in self.decision.decided)

    @property
    def due_back(self) -> int:
        """What its provider gives back where it is undone, in hundredths."""
        if self.status is RemittedStatus.PENDED:
            return self.decision.paid_before
        return self.paid if self.status is RemittedStatus.SETTLED else 0


def claims_of(index: Index, coverage_ref: bytes) -> set[bytes]:
    """Return the references of all claims that were decided for a coverage."""
    rows = index.rows(CLAIMS, "ClaimAdjudicated")
    return {data[CLAIM_REF] for *_, data in rows if data[COVERAGE_REF] == coverage_ref}


def brief(data: bytes, claim_id: bytes) -> Brief:
    """Read the data of ClaimAdjudicated as far as amounts go: for many of them."""
    start = 32  # of the decision
    lines = start + _word(data, start + 6 * 32)
    charged = paid = 0
    claimed = [data[start : start + 32], data[start + 64 : start + 96]]
    for i in range(_word(data, lines)):
        first = lines + 32 + _word(data, lines + 32 + 32 * i) + 32
        claimed.append(data[first : first + 64])
        charged += _word(data, first) >> 80 & AMOUNT
        paid += _word(data, first + 64) >> 176 & AMOUNT
    before, content = _word(data, start + 5 * 32), keccak(b"".join(claimed))
    return Brief(claim_id, data[CLAIM_REF], charged, paid, before, content)


def content_of(claim: Claim) -> bytes:
    """Return the hash of what is claimed, as `brief` tells it: but for the proofs of prices."""
    lines = (line.wire() for line in claim.lines)
    claimed = b"".join(service.to_bytes(32) + code for service, code in lines)
    return keccak(claim.coverage_ref + claim.prior_remittance + claimed)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 32])


def briefs(index: Index, provider: int) -> Iterator[Brief]:
    """Yield the decisions on a provider's claims; of a claim that was appealed each one."""
    for claim_id, _, _, data in index.rows(CLAIMS, "ClaimAdjudicated", {"provider": [provider]}):
        yield brief(data, claim_id)


def identifiers(index: Index, name: str, provider: int) -> set[bytes]:
    """Return the claims of a provider to which something happened."""
    return {row[0] for row in index.rows(CLAIMS, name, {"provider": [provider]})}


def standing(index: Index, claim_id: bytes, names: Iterable[str] = OF_CLAIM) -> Standing:
    """Return a claim as the index stands; sync it first."""
    found: list[Event] = []
    for name in names:
        found += index.events(CLAIMS, name, {"claimId": claim_id})
    if not found:
        raise InputError(
            f"No claim is known as 0x{claim_id.hex()}; see its provider's reconciliation."
        )
    (one,) = replay(sorted(found, key=order)).values()
    return one


def find(index: Index, provider: int, claim_ref: bytes) -> bytes | None:
    """Return the last claim that a provider submitted under a reference, voided or not."""
    rows = index.rows(CLAIMS, "ClaimAdjudicated", {"provider": [provider]})
    ids = {claim_id for claim_id, _, _, data in rows if data[CLAIM_REF] == claim_ref}
    if len(ids) < 2:
        return next(iter(ids), None)
    told = [
        event for one in ids for event in index.events(CLAIMS, "ClaimAdjudicated", {"claimId": one})
    ]
    last: Any = max(told, key=order).arguments["claimId"]
    return bytes(last)


def each_of(index: Index, member: int) -> Iterator[Standing]:
    """Yield the claims of a payer, then those that it submitted to others, each in the order in
    which they were submitted. In memory are the identifiers of those that more happened to.
    """
    yield from _each(index, "payer", member)
    for one in _each(index, "provider", member):
        if one.payer != member:
            yield one


def _each(index: Index, side: str, member: int) -> Iterator[Standing]:
    party = {side: member}
    more = {row[0] for row in index.rows(CLAIMS, "AppealDecided")}
    for name in MOVING[1:]:
        more |= {row[0] for row in index.rows(CLAIMS, name, {side: [member]})}
    told = set[bytes]()
    for event in index.events(CLAIMS, MOVING[0], party):
        claim_id: Any = event.arguments["claimId"]
        if claim_id not in more:
            yield from replay([event]).values()
        elif claim_id not in told:
            told.add(claim_id)
            yield standing(index, claim_id, MOVING)


def find_told(index: Index, provider: int, named: str) -> bytes | None:
    """Return the provider's claim that a remittance names so: by the beginning of its identifier,
    or by the whole.
    """
    if not TOLD.fullmatch(named):
        return None
    start = bytes.fromhex(named.removeprefix("0x"))
    ids = identifiers(index, "ClaimAdjudicated", provider)
    return next((one for one in ids if one.startswith(start)), None)


def replay(events: Iterable[Event]) -> dict[bytes, Standing]:
    """Return where claims stand after events, which come in the order of the chain."""
    found: dict[bytes, Standing] = {}
    for event in events:
        said: Any = event.arguments
        claim_id = said["claimId"]
        one = found.get(claim_id)
        if event.name == "ClaimAdjudicated":
            decision = struct(ClaimDecision, said["decision"])
            if one is None:
                one = Standing(claim_id, said["provider"], said["payer"], decision, event)
                found[claim_id] = one
            one.decision, one.decided, one.moved = decision, event, event
            one.status = RemittedStatus.SETTLED
        assert one is not None, "every claim begins with its decision"
        one.events.append(event)
        match event.name:
            case "ClaimPended":
                one.status, one.moved = RemittedStatus.PENDED, None
            case "ClaimSettled":
                one.status, one.moved = RemittedStatus.SETTLED, event
            case "ClaimVoided":
                one.status, one.moved = RemittedStatus.VOIDED, event
                one.replaced_by = said["replacement"] if any(said["replacement"]) else None
            case "ClaimAppealed":
                one.appeal = event
            case "AppealDecided":
                one.granted = bool(said["granted"])
    return found


def order(event: Event) -> tuple[int, int]:
    """Return the place of an event on the chain."""
    return event.block_number, event.log_index
