"""What is in flight: kept in the journal, and not final on the chain."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pyhealth.chain.entries import Entry
from pyhealth.chain.follower import Follower, is_open
from pyhealth.chain.network import Chain

WEI_PER_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Flying:
    """A call that is not final."""

    account: str
    entry: Entry

    def shown(self) -> dict[str, Any]:
        """Return what people and scripts want to know of it."""
        entry = self.entry
        fees = entry.last.sent.fees if entry.attempts else None
        return {
            "account": self.account,
            "nonce": entry.nonce,
            "key": entry.key,
            "state": entry.state.value,
            "block": entry.receipt.block_number if entry.receipt else None,
            "transaction": entry.last.hash if entry.attempts else None,
            "attempts": len(entry.attempts),
            "gwei": fees.maximum / WEI_PER_GWEI if fees else None,
            "seconds": round(time.time() - entry.created),
        }


def in_flight(chain: Chain) -> list[Flying]:
    """Look at what the journal has open, and return what still is, account by account."""
    flying = []
    for account in chain.journal.accounts():
        entries = [entry for entry in chain.journal.unsettled(account) if entry.attempts]
        Follower(chain, account, chain.journal).look(entries)
        flying += [Flying(account, entry) for entry in entries if is_open(entry)]
    return flying
