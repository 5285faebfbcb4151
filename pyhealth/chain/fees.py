"""What a unit of gas may cost: now, when a transaction is stuck, and for a whole job."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pyhealth.chain.transactions import Fees
from pyhealth.errors import ConfigError, FeeAboveLimit, RpcFault, RpcRefused

if TYPE_CHECKING:
    from pyhealth.chain.network import Chain

BLOCKS_OF_FEE_HISTORY = 5
TIP_PERCENTILE = 50
DEFAULT_TIP = 10**9  # wei: what a chain without recent tips is offered
BUMP = 8  # an eighth more, 12.5 %: nodes ask for 10 % before they replace a transaction
MOST_BUMPED = 10  # times the market's price, where the user sets no limit
WEI_PER_COIN, WEI_PER_GWEI = 10**18, 10**9


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job will cost, as far as can be said before it is sent."""

    transactions: int
    gas: int
    expected: int  # wei, at the price of the newest block
    most: int  # wei, at the price offered

    def in_currency(self, rate: Decimal) -> tuple[Decimal, Decimal]:
        """Return the expected and the most, for a rate of so much a coin, to the cent."""
        shown = (Decimal(wei) * rate / WEI_PER_COIN for wei in (self.expected, self.most))
        expected, most = (amount.quantize(Decimal("0.01")) for amount in shown)
        return expected, most


def market(chain: Chain) -> Fees:
    """Return what to offer now: twice the base fee and the usual tip, or the network's one price.

    Raises `FeeAboveLimit` where even the newest block costs more than the user allows.
    """
    limit, base = chain.max_fee, base_fee(chain)
    if base is None:
        price = chain.network.gas_price
        fees = Fees(chain.rpc.quantity("eth_gasPrice") if price is None else price)
        if limit is not None and fees.maximum > limit:
            raise FeeAboveLimit(fees.maximum, limit)
        return fees
    tip = _usual_tip(chain)
    if limit is None or 2 * base + tip <= limit:
        return Fees(2 * base + tip, tip)
    if base + tip > limit:
        raise FeeAboveLimit(base + tip, limit)
    return Fees(limit, tip)


def base_fee(chain: Chain) -> int | None:
    """Return the base fee of the newest block, or nothing on a chain with one price."""
    if chain.network.gas_price is not None:
        return None
    head = chain.block("latest") or {}
    return (
        chain.rpc.number("eth_getBlockByNumber", head["baseFeePerGas"])
        if "baseFeePerGas" in head
        else None
    )


def _usual_tip(chain: Chain) -> int:
    asked = (hex(BLOCKS_OF_FEE_HISTORY), "latest", [TIP_PERCENTILE])
    try:
        history = chain.rpc.call("eth_feeHistory", *asked)
        tips = sorted(int(reward[0], 16) for reward in history.get("reward") or [] if reward)
    except RpcRefused:  # a node without that method
        return DEFAULT_TIP
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        raise RpcFault(chain.rpc.url, "eth_feeHistory", "no fee history") from error
    return (tips[len(tips) // 2] if tips else 0) or DEFAULT_TIP


def bumped(old: Fees, now: Fees, limit: int | None) -> Fees | None:
    """Return what replaces a stuck transaction: an eighth more of both, or the market's price.

    Nothing where the limit does not allow it: nodes take no smaller step.
    """
    maximum = max(_more(old.maximum), now.maximum)
    if maximum > (limit if limit is not None else MOST_BUMPED * max(now.maximum, 1)):
        maximum = limit if limit is not None else 0
    if maximum < _more(old.maximum) or maximum == old.maximum:
        return None
    if old.tip is None:
        return Fees(maximum)
    tip = min(max(_more(old.tip), now.tip or 0), maximum)
    return Fees(maximum, tip) if tip >= _more(old.tip) else None


def _more(wei: int) -> int:
    return wei + -(-wei // BUMP)


def wei_of_gwei(text: str | None, said_in: str) -> int | None:
    """Read a price a person gives in gwei."""
    if not text:
        return None
    try:
        wei = int(Decimal(text) * WEI_PER_GWEI)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ConfigError(
            f"{said_in} is {text!r}, which is no amount of gwei, such as 30 or 1.5."
        ) from error
    if wei < 0:
        raise ConfigError(f"{said_in} is {text!r}; a price cannot be negative.")
    return wei
