"""The gas a call needs: the node runs the call to say so, and thus a refusal costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.transactions import Call
from pyhealth.errors import FundsMissing, InputError, PyHealthError, RpcRefused

MOST_GAS = 16_777_216  # of one transaction (EIP-7825)
MARGIN = 10  # percent on top of an estimate
SHAPE_MARGIN = 25  # percent on top of the estimate of another call that looks the same


class GasMeter:
    """Says what calls of an account need, or why they would be refused."""

    def __init__(self, chain: Chain, account: str) -> None:
        self.chain, self.account = chain, account
        self._shapes: dict[tuple[str | None, bytes, int], int] = {}

    def measured(self, calls: Sequence[Call], *, alike: bool = False) -> list[Call | PyHealthError]:
        """Return each call with its gas, or what the contract says to it.

        With ``alike`` one call stands for all of the same function and size: faster, but what the
        contract refuses is then mined, and paid for.
        """
        if alike:
            calls = [self._by_shape(call) for call in calls]
        asked = [("eth_estimateGas", [self.described(c)]) for c in calls if c.gas is None]
        answers = iter(self.chain.rpc.batch(asked))
        return [self._with_gas(c, next(answers) if c.gas is None else None) for c in calls]

    def described(self, call: Call) -> dict[str, str]:
        """Return a call as a node wants it described."""
        fields = {"from": self.account, "data": "0x" + call.data.hex(), "value": hex(call.value)}
        return fields | ({"to": call.to} if call.to else {})

    def _by_shape(self, call: Call) -> Call:
        shape = (call.to, call.data[:4], len(call.data))
        if call.gas is None and shape not in self._shapes:
            (first,) = self.measured([call])
            if not isinstance(first, Call) or first.gas is None:
                return call  # it would be refused, and says nothing of the others
            self._shapes[shape] = min(first.gas + first.gas * SHAPE_MARGIN // 100, MOST_GAS)
        return replace(call, gas=self._shapes[shape]) if call.gas is None else call

    def _with_gas(self, call: Call, answer: Any) -> Call | PyHealthError:
        if isinstance(answer, RpcRefused):
            return self._refusal(answer)
        gas = call.gas or 0 if answer is None else self.chain.rpc.number("eth_estimateGas", answer)
        if gas > MOST_GAS:
            return InputError(
                f"The call needs {gas} gas, and a transaction may use {MOST_GAS} (EIP-7825); "
                "split it."
            )
        return replace(
            call, gas=gas if answer is None else min(gas + gas * MARGIN // 100, MOST_GAS)
        )

    def _refusal(self, answer: RpcRefused) -> PyHealthError:
        if "insufficient funds" in answer.message.lower():
            return FundsMissing(
                self.account, self.chain.balance(self.account), 1, self.chain.chain_id
            )
        return decode_refusal(answer.data) or answer
