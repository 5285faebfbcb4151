"""What the commands of the consortium share: members, proposals and dry runs, read and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.governance.register import Register
    from pyhealth.governance.simulation import DryRun
    from pyhealth.health import Health

SHORTEST = 8  # digits of a proposal's identifier that are enough where they fit one only


@dataclass(frozen=True, slots=True)
class Accounts:
    """Reads accounts: one of the cast on local chains, a keystore, a pseudonym, or an address."""

    health: Health

    def __call__(self, text: str) -> str:
        """Return the address that is meant."""
        from pyhealth.chain.network import address_of
        from pyhealth.chain.wallet import CAST, cast_address, keystores
        from pyhealth.privacy.pseudonyms import AT

        if text in CAST and self.health.chain.local:
            return cast_address(text)
        if AT in text:
            return self.health.pseudonyms.called(text).address
        known = keystores(self.health.settings.home)
        if not text.startswith("0x") and text not in known:
            named = ", ".join((*(CAST if self.health.chain.local else ()), *known)) or "none"
            raise InputError(f"No account is named {text!r}; known are {named}, or any address.")
        return known.get(text) or address_of(text)


def member_called(health: Health, register: Register, text: str) -> int:
    """Return the number of a member, by number, name, or account."""
    from pyhealth.chain.wallet import CAST
    from pyhealth.governance.register import member_called as called

    if text in CAST and health.chain.local:
        text = Accounts(health)(text)
    return called(health.consortium, register, text)


def proposal_called(health: Health, text: str) -> bytes:
    """Return the identifier of a proposal, whole or by its first digits."""
    from pyhealth.values import ProposalStatus

    digits = text.removeprefix("0x").lower()
    if len(digits) == 64 and all(c in "0123456789abcdef" for c in digits):
        found = [bytes.fromhex(digits)]
        if health.consortium.status_of_proposal(found[0]) is ProposalStatus.NONE:
            found = []
    elif len(digits) >= SHORTEST:
        known = proposals_ever(health)
        found = [one for one in known if one.hex().startswith(digits)]
    else:
        found = []
    if len(found) != 1:
        raise InputError(
            f"No proposal is {text!r}; see 'pyhealth consortium proposals --all' "
            f"(the first {SHORTEST} digits are enough)."
        )
    return found[0]


def proposals_ever(health: Health) -> list[bytes]:
    """Return every proposal ever opened, in the order of the chain: from the event index."""
    health.index.sync()
    opened = health.index.events("Consortium", "ProposalOpened")
    named = (event.arguments["proposalId"] for event in opened)
    return [one for one in named if isinstance(one, bytes)]


def deadline(health: Health | None, valid: str) -> datetime:
    """Return when a paper signed now ends."""
    from pyhealth.reading import span_of

    length: timedelta = span_of(valid)
    if not length:
        raise InputError(f"--valid {valid!r} would end at once; give a longer time, such as 14d.")
    return now_by(health) + length


def now_by(health: Health | None) -> datetime:
    """Return what time it is: by the chain's clock, where it runs ahead of ours."""
    from pyhealth.values import utc

    now = datetime.now(UTC).replace(microsecond=0)
    head = (health.chain.block("latest") if health else None) or {"timestamp": "0x0"}
    return max(now, utc(int(head["timestamp"], 16)))


def dry_run_described(dry: DryRun, register: Register) -> dict[str, Any]:
    """Describe a dry run for scripts."""
    return {
        "actions": [
            {
                "target": one.action.target,
                "data": one.action.data,
                "words": one.words,
                "would": _would(one.refusal is None, one.reached),
                "refusal": one.refusal and type(one.refusal).__name__,
                "why": one.refusal and str(one.refusal),
            }
            for one in dry.effects
        ],
        "changes": dry.changes,
        "threshold": dry.threshold.name.lower(),
        "approvals_needed": dry.needed,
        "seats": dry.seats,
        "does_not_vote": register.title(dry.subject) if dry.subject else None,
        "tried_one_after_another": dry.together,
    }


def _would(passes: bool, reached: bool) -> str:
    return ("pass" if passes else "fail") if reached else "not be reached"


def print_dry_run(dry: DryRun, register: Register) -> None:
    """Show a dry run to people."""
    for i, one in enumerate(dry.effects, 1):
        print(f"{i}. {one.words}")
        if one.refusal:
            print(f"   would fail: {one.refusal}")
    if dry.changes:
        print("If it were executed now:")
    elif not dry.together and not dry.refusal:
        print("This node can try each action alone only; each would pass.")
    for change in dry.changes:
        print(f"   {change}")
    votes = f"; {register.title(dry.subject)} does not vote" if dry.subject else ""
    print(f"It needs {dry.needed} approvals of {dry.seats} members{votes}.")
