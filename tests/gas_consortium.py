"""What the consortium's transactions cost; `test_gas` measures it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from consortium_cast import FOUNDERS, HOSPITAL, REASON, SPONSOR, Council

from pyhealth.chain.transactions import Receipt
from pyhealth.chain.wallet import cast_address
from pyhealth.health import Health
from pyhealth.values import Choice, Role

BALLOT = "consortium: cast a ballot"
BUDGETS = {BALLOT: 60_000}
ENDS = datetime(2100, 1, 1, tzinfo=UTC)  # fixed, so that what is signed costs the same every day


def measures(act_as: Callable[[str], Health]) -> dict[str, int]:
    """Admit a clinic, and give it its first operator; return what each transaction used."""
    council = Council(act_as)
    c, found = council.consortium, {}

    def used(name: str, receipt: Receipt) -> None:
        found[f"consortium: {name}"] = receipt.gas_used

    action = c.admit(cast_address("clinic"), {Role.PROVIDER}, "Clinic")
    opening = c.binding.encode("propose", [(action.target, action.data)], REASON)
    send = council.health("hospital").sender.send
    used("open a proposal of one action, the member's first", send(opening))
    c.withdraw(c.open_proposals()[0])
    used("open a proposal of one action", send(opening))
    (proposal,) = c.open_proposals()
    for name in FOUNDERS[:2]:
        used("cast a ballot", council.of(name).vote(proposal, Choice.APPROVE))
    signed = council.ballot(proposal, "sponsor", SPONSOR, deadline=ENDS)
    used("cast a ballot by signature", council.of("stranger").vote_by_signature(signed))
    council.approve(proposal, "ethics")
    used("execute an admission among five members", c.execute(proposal))
    add = partial(council.mandate, member=HOSPITAL, deadline=ENDS)
    used("add an operator", c.add_operator(add("pharmacy")))
    used("rotate an operator", c.rotate_operator(cast_address("pharmacy"), add("auditor")))
    used("revoke an operator", c.revoke_operator(cast_address("auditor")))
    return found
