"""Amounts of money: `Decimal` with a currency for people, whole hundredths for contracts."""

from __future__ import annotations

import re
from decimal import Decimal

from pyhealth.errors import InputError

# Currencies of which ISO 4217 has no hundredths. Finer ones, such as KWD, are kept to hundredths.
WHOLE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
WHOLE |= {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
GREATEST = Decimal(10) ** 10  # of one amount; more is a slip of the hand in every currency
# What a binary floating-point number leaves behind when cents are added: 102.39999999999999.
NOISE = Decimal("0.0000001")
NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def currency_of(text: object) -> str:
    """Read the code of a currency, such as ``EUR``."""
    code = str(text).strip().upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise InputError(f"{text!r} is no currency; write the three letters of ISO 4217, as EUR.")
    return code


def cent(currency: str) -> Decimal:
    """Return the smallest amount of a currency that can be settled."""
    return Decimal(1) if currency in WHOLE else Decimal("0.01")


def amount_of(written: Decimal | int | str, currency: str, what: str) -> Decimal:
    """Read an amount that is not negative, and not finer than the currency's smallest amount.

    What is left by floating-point arithmetic is dropped: 102.39999999999999 is 102.40.
    """
    amount = _decimal(written, what)
    if amount < 0:
        raise InputError(f"{what} {written} is negative; correct it, or replace an earlier claim.")
    if amount >= GREATEST:
        raise InputError(f"{what} {written} is more than any claim can be; correct it.")
    rounded = amount.quantize(cent(currency))
    if abs(amount - rounded) > NOISE:
        raise InputError(
            f"{what} {written} is finer than {cent(currency)} {currency}, the smallest amount that "
            "can be settled; round it."
        )
    return rounded


def to_hundredths(amount: Decimal) -> int:
    """Return an amount as contracts keep it."""
    return int(amount.scaleb(2))


def from_hundredths(units: int) -> Decimal:
    """Return an amount that contracts keep."""
    return Decimal(units).scaleb(-2)


def _decimal(written: Decimal | int | str, what: str) -> Decimal:
    """Read a number; floats are refused by type, since their digits are not what was written."""
    amount = Decimal(written) if isinstance(written, (Decimal, int)) else None
    if amount is None and NUMBER.fullmatch(text := str(written).strip()):
        amount = Decimal(text)
    if amount is None or isinstance(written, bool) or not amount.is_finite():
        raise InputError(f"{what} {written!r} is no amount; write 2450.50.")
    return amount
