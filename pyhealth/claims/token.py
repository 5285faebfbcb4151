"""The settlement token: an ERC-20, as far as claims need one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pyhealth.chain.binding import Binding
from pyhealth.chain.transactions import Receipt
from pyhealth.errors import InputError


@dataclass(frozen=True, slots=True)
class Token:
    """The token in which claims are paid; amounts are whole units of it."""

    binding: Binding

    def balance_of(self, account: str) -> int:
        """Return what an account holds."""
        return int(self.binding.call("balanceOf", account))

    def allowance(self, owner: str, spender: str) -> int:
        """Return what a spender may take from an account."""
        return int(self.binding.call("allowance", owner, spender))

    def approve(self, spender: str, amount: int) -> Receipt:
        """Allow a spender to take an amount from this account."""
        return self.binding.send("approve", spender, amount)

    def mint(self, to: str, amount: int) -> Receipt:
        """Make test money, on local chains only."""
        return self.binding.send("mint", to, amount)

    @property
    def symbol(self) -> str:
        """What the token calls itself."""
        return str(self.binding.call("symbol"))

    @property
    def decimals(self) -> int:
        """The digits after the point."""
        return int(self.binding.call("decimals"))

    def units(self, amount: Decimal) -> int:
        """Return an amount of money in units of the token."""
        units = amount.scaleb(self.decimals)
        if units != units.to_integral_value() or units <= 0:
            raise InputError(f"{amount} cannot be paid in {self.symbol}; write 2450.50.")
        return int(units)

    def money(self, units: int) -> Decimal:
        """Return units of the token as an amount of money."""
        return Decimal(units).scaleb(-self.decimals)
