"""Client of ClaimAdjudicator.sol."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode as abi_encode

from pyhealth.chain.binding import Binding
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.claims.token import Token
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.errors import ContractError
from pyhealth.hashing import keccak
from pyhealth.index.events import shape_of
from pyhealth.values import (
    Accumulators,
    Action,
    Appeal,
    Claim,
    ClaimDecision,
    Entry,
    ServiceLine,
    Waiver,
    as_words,
    day_number,
    struct,
)

CONTRACT = "ClaimAdjudicator"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the contract told it."""

    claim_id: bytes
    provider: int
    payer: int
    decision: ClaimDecision
    pended: bool = False  # not all paid yet: the payer's pool was short, or the adjudicator paused

    @property
    def paid(self) -> int:
        """What is paid for all lines, in hundredths."""
        return sum(one.outcome.paid for one in self.decision.decided)


@dataclass(frozen=True, slots=True)
class ClaimAdjudicator:
    """Claims, decided line by line and paid from the payer's pool.

    A decision is handed back to whoever corrects, appeals, decides or settles it.
    """

    binding: Binding

    # Submitting

    def submit(self, claim: Claim) -> Decided:
        """Submit a claim of this account's provider, and return what was decided."""
        receipt = self.binding.send("submit", as_words(claim))
        return next(decided_in(self.binding, receipt))

    def submit_many(self, claims: Sequence[Claim]) -> Receipt:
        """Submit claims in one transaction; `decided_in` and `refused_in` read its receipt."""
        return self.binding.send("submitMany", [self.packed(claim) for claim in claims])

    def batch(self, claims: Sequence[bytes], gas: int) -> Call:
        """Return the call that submits packed claims, with the gas it may use.

        Gas cannot be left to an estimate: a claim that runs out of it is refused, and the others
        stand.
        """
        call = self.binding.encode("submitMany", list(claims))
        return Call(call.to, call.data, gas=gas)

    def packed(self, claim: Claim) -> bytes:
        """Return a claim as a batch holds it."""
        return self.binding.encode("submit", as_words(claim)).data[4:]

    def settle(self, claim_id: bytes, provider: int, decision: ClaimDecision) -> Receipt:
        """Have a pended claim paid, once its payer's pool suffices."""
        return self.binding.send("settle", claim_id, provider, as_words(decision))

    # Correcting

    def void(self, claim_id: bytes, decision: ClaimDecision) -> Receipt:
        """Take a claim back; what was paid returns to the pool, from what this account approved."""
        return self.binding.send("void", claim_id, as_words(decision))

    def replace(self, claim_id: bytes, decision: ClaimDecision, claim: Claim) -> Decided:
        """Take a claim back and submit another in its place; only the difference moves or pends."""
        receipt = self.binding.send("replace", claim_id, as_words(decision), as_words(claim))
        return next(decided_in(self.binding, receipt))

    # Appealing

    def appeal(
        self,
        claim_id: bytes,
        decision: ClaimDecision,
        *,
        places: Collection[int],
        waived: Collection[Waiver],
        grounds: bytes,
    ) -> Receipt:
        """Appeal lines, by their places from zero, against rules that should not have applied.

        Each service once, whatever claim bills it.
        """
        bits = sum(1 << place for place in set(places)), sum(1 << rule for rule in set(waived))
        return self.binding.send("appeal", claim_id, as_words(decision), *bits, grounds)

    def decide(
        self, claim_id: bytes, provider: int, decision: ClaimDecision, *, approve: bool
    ) -> Receipt:
        """Cast this member's ballot on an appeal."""
        return self.binding.send("decide", claim_id, provider, as_words(decision), approve)

    def set_appeal_rules(self, window: int, members: Sequence[int]) -> Action:
        """Set within how many days appeals are possible, and who decides them. By vote."""
        call = self.binding.encode("setAppealRules", window, list(members))
        return Action(self.binding.address, call.data)

    # Money

    def deposit(self, amount: int) -> Receipt:
        """Fund the pool of this account's payer, in units of the token."""
        return self.binding.send("deposit", amount)

    def withdraw(self, amount: int, to: str) -> Receipt:
        """Take from the pool of this account's payer."""
        return self.binding.send("withdraw", amount, to)

    def collect(self, to: str) -> Receipt:
        """Have paid out what could not be sent."""
        return self.binding.send("collect", to)

    # Reading

    def entry_of(self, coverage_ref: bytes, provider: int, line: ServiceLine) -> Entry:
        """Return the record of a line."""
        kinds = ["bytes32", "uint32", "uint32", "bytes32"]
        of = coverage_ref, provider, day_number(line.served_on), line.code
        return struct(Entry, self.binding.call("entryOf", keccak(abi_encode(kinds, of))))

    def accumulators_of(self, coverage_ref: bytes, period: int) -> Accumulators:
        """Return what is used in a benefit period of a coverage."""
        return struct(Accumulators, self.binding.call("accumulatorsOf", coverage_ref, period))

    def units_of(self, coverage_ref: bytes, period: int, category: int) -> int:
        """Return the units used of a category that has a limit."""
        return int(self.binding.call("unitsOf", coverage_ref, period, category))

    def authorised_units_of(self, coverage_ref: bytes, number: int) -> int:
        """Return the units used of an authorisation."""
        return int(self.binding.call("authorisedUnitsOf", coverage_ref, number))

    def pool_of(self, payer: int) -> int:
        """Return what a payer's pool holds, in units of the token."""
        return int(self.binding.call("poolOf", payer))

    def unclaimed_of(self, provider: int) -> int:
        """Return what waits for a provider, in units of the token."""
        return int(self.binding.call("unclaimedOf", provider))

    def claims_of(self, provider: int) -> int:
        """Return how many claims of a provider were decided so far."""
        return int(self.binding.call("claimsOf", provider))

    def appeal_of(self, claim_id: bytes) -> Appeal:
        """Return an appeal, and where it stands now."""
        return struct(Appeal, self.binding.call("appealOf", claim_id))

    @property
    def panel(self) -> list[int]:
        """The members that decide appeals to which they are not party."""
        return list(self.binding.call("panel"))

    @property
    def appeal_window(self) -> int:
        """Within how many days a decision can be appealed, and an appeal decided."""
        return int(self.binding.call("appealWindow"))

    @property
    def hundredth(self) -> int:
        """The units of the token in a hundredth of the currency."""
        return int(self.binding.call("HUNDREDTH"))

    @property
    def token(self) -> Token:
        """The token in which claims are paid."""
        made, address = self.binding, str(self.binding.call("token"))
        artifact = read_artifact("TestEuro")  # its ABI has all of an ERC-20
        return Token(Binding(made.chain, artifact, address, made.open_sender))


def decided_in(binding: Binding, receipt: Receipt) -> Iterator[Decided]:
    """Yield the decisions that a transaction told, in their order."""
    shape = shape_of(CONTRACT, "ClaimAdjudicated")
    pended = shape_of(CONTRACT, "ClaimPended").topic
    logs = [log for log in receipt.logs if log.address == binding.address]
    unpaid = {log.topics[1] for log in logs if log.topics[0] == pended}
    for log in logs:
        if log.topics[0] == shape.topic:
            said: dict[str, Any] = shape.decode(log.topics[1:], log.data)
            of = said["claimId"], said["provider"], said["payer"]
            yield Decided(*of, struct(ClaimDecision, said["decision"]), of[0] in unpaid)


def refused_in(binding: Binding, receipt: Receipt) -> Iterator[tuple[int, ContractError | None]]:
    """Yield the places of a batch's claims that were not taken, each with why.

    Nothing where the contract could not read the claim, or the transaction had too little gas.
    """
    shape = shape_of(CONTRACT, "ClaimRefused")
    for log in receipt.logs:
        if log.address == binding.address and log.topics[0] == shape.topic:
            said: dict[str, Any] = shape.decode(log.topics[1:], log.data)
            yield said["place"], decode_refusal(said["reason"])
