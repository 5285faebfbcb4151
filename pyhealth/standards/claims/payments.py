"""Decisions in the order of remittances: sorted on disk, so that memory does not grow with them."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from pyhealth.adjudication.values import RemittedClaim
from pyhealth.hashing import keccak

KEYS = "payer, provider, currency, decided_at, payment, claim_id"


class Parties(NamedTuple):
    """Between whom payments are made, by their numbers, and in what."""

    payer: str
    provider: str
    currency: str


class Outline(NamedTuple):
    """Payments, taken together."""

    digest: bytes  # over all claims, in their order
    payments: int
    last: datetime


class Payments:
    """Decisions by payer and provider, one payment after the other."""

    def __init__(self, claims: Iterable[RemittedClaim]) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # a file of this process alone
        self._db.execute(f"CREATE TABLE told ({KEYS}, claim)")
        self._db.execute("BEGIN")
        row = "INSERT INTO told VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._db.executemany(row, map(_row, claims))
        self._db.execute(f"CREATE INDEX in_order ON told ({KEYS})")
        self._db.execute("COMMIT")

    def parties(self) -> list[Parties]:
        """Return between whom there are payments, in the order of their numbers."""
        columns = "payer, provider, currency"
        found = self._db.execute(f"SELECT DISTINCT {columns} FROM told ORDER BY {columns}")
        return [Parties(*row) for row in found]

    def outline(self, parties: Parties) -> Outline:
        """Return what must be known of all payments before the first is written."""
        digest, count, last = b"", 0, 0.0
        rows = self._rows("payment, claim_id, decided_at", parties)
        for _, together in groupby(rows, itemgetter(0)):
            count += 1
            for _, claim_id, decided_at in together:
                digest, last = keccak(digest + claim_id), decided_at
        return Outline(digest, count, datetime.fromtimestamp(last, UTC))

    def payments(self, parties: Parties) -> Iterator[list[RemittedClaim]]:
        """Yield the decisions of each payment: as many as one transaction of the chain holds."""
        for _, together in groupby(self._rows("payment, claim", parties), itemgetter(0)):
            yield [pickle.loads(claim) for _, claim in together]

    def _rows(self, columns: str, parties: Parties) -> Iterator[tuple[Any, ...]]:
        where = "payer = ? AND provider = ? AND currency = ?"
        order = "decided_at, payment, claim_id, rowid"
        return self._db.execute(
            f"SELECT {columns} FROM told WHERE {where} ORDER BY {order}", parties
        )


def _row(claim: RemittedClaim) -> tuple[object, ...]:
    parties = Parties(claim.payer.number, claim.provider.number, claim.currency)
    key = claim.decided_at.timestamp(), claim.payment, claim.claim_id
    return *parties, *key, pickle.dumps(claim)
