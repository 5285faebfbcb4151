"""Fee schedules: a price for each service code, committed to by one root.

==========  ==================================================
code        ``system|code``, as in the mapping file
category    the plan's category that it is priced under
price       allowed for a unit, as 80.00
==========  ==================================================

A row goes on chain as ``commitment(FEE_DOMAIN, salt, keccak256(code))``. Service codes are few and
public, so the salt, of 32 random bytes, is what keeps a row from being guessed: payer and providers
keep it to themselves. Who sees a claim sees the row and its price, and knows neither the code.
Prices are less secret than codes where tariffs are published: a rare price names its service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pyhealth.adjudication.money import amount_of, to_hundredths
from pyhealth.errors import InputError
from pyhealth.hashing import MerkleTree, commitment, keccak
from pyhealth.standards.claims.csv_rows import Row, rows
from pyhealth.standards.claims.mapping import Mapping
from pyhealth.values.claims import Fee

FEE_DOMAIN = keccak(b"pyhealth.fee")
COLUMNS = ("code", "category", "price")


@dataclass(frozen=True, slots=True)
class Price:
    """What is allowed for a unit of a service."""

    category: int
    price: int  # in hundredths


class FeeSchedule:
    """The prices of a plan, and their proofs."""

    def __init__(self, prices: dict[str, Price], salt: bytes, mapping: Mapping) -> None:
        """Commit to prices, by the codes as the mapping calls them, with a salt of 32 bytes."""
        self._prices, self._salt, self._mapping = prices, salt, mapping
        self._tree = MerkleTree(self._leaf(code) for code in prices)

    def __len__(self) -> int:
        return len(self._prices)

    @property
    def root(self) -> bytes:
        """What goes on chain with the plan."""
        return self._tree.root

    def fee_of(self, codes: Sequence[str], category: int) -> Fee | None:
        """Return the price of the first code that has one in a category, with its proof."""
        for code in map(self._mapping.own, codes):
            price = self._prices.get(code)
            if price and price.category == category:
                proof = tuple(self._tree.path(self._leaf(code)))
                return Fee(self.row(code), price.price, proof)
        return None

    def row(self, code: str) -> bytes:
        """Return the commitment of a service code."""
        return commitment(FEE_DOMAIN, self._salt, keccak(code.encode()))

    def _leaf(self, code: str) -> bytes:
        """Return ``abi.encode(row, category, price)``, which the tree hashes twice."""
        price = self._prices[code]
        return self.row(code) + price.category.to_bytes(32) + price.price.to_bytes(32)


def read_fee_schedule(
    file: Path, *, mapping: Mapping, categories: Sequence[str], currency: str, salt: bytes
) -> FeeSchedule:
    """Read a fee schedule whole, or refuse it with its first faulty row."""
    prices: dict[str, Price] = {}
    try:
        for row in rows(file, COLUMNS, ()):
            try:
                code, price = _price(row, categories, currency)
                code = mapping.own(code)
                if code in prices:
                    raise InputError(f"{code} has a price already; keep one.")
                prices[code] = price
            except InputError as error:
                raise InputError(f"{row.place}: {error}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    if not prices:
        raise InputError(f"{file} holds no price; list at least one.")
    return FeeSchedule(prices, salt, mapping)


def _price(row: Row, categories: Sequence[str], currency: str) -> tuple[str, Price]:
    code, category = row.text("code"), row.text("category")
    if category not in categories:
        known = ", ".join(categories)
        raise InputError(f"{category!r} is no category of the plan; known are {known}.")
    if "|" not in code:
        raise InputError(f"{code!r} is no code; write system|code.")
    price: Decimal = amount_of(row.text("price"), currency, "price")
    if not price:
        raise InputError(f"{code} has price 0; leave it out, or let the plan not cover it.")
    return code, Price(categories.index(category), to_hundredths(price))
