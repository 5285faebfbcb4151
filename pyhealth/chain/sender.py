"""The one component that every transaction goes through.

Nonces are counted here, transactions signed here and sent in JSON-RPC batches; receipts are read block by block, and
what a contract refuses is raised as the exception of the same name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from pyhealth.chain.network import Chain
from pyhealth.chain.refusals import decode_refusal
from pyhealth.chain.transactions import Call, Receipt, Signed, sign
from pyhealth.chain.wallet import Signer
from pyhealth.errors import ChainError, FundsMissing, InputError, RpcRefused, TransactionFailed, TransactionPending
from pyhealth.progress import Progress, silent

MOST_GAS = 16_777_216  # of one transaction (EIP-7825)
WINDOW = 64  # transactions in flight: what geth queues for one account
PATIENCE = 120  # seconds to wait for a transaction to be mined
PAUSE = 0.02  # seconds between two looks at the chain, doubled up to a second
GAS_MARGIN = 10  # percent on top of an estimate
KNOWN_ALREADY = ("already known", "already imported", "same hash was already imported")


class Sender:
    """Sends an account's transactions on one chain."""

    def __init__(self, chain: Chain, signer: Signer) -> None:
        self.chain = chain
        self.signer = signer
        self._nonce: int | None = None

    def send(self, call: Call) -> Receipt:
        """Send one call and wait until it is mined with the network's confirmations."""
        return next(self.send_many([call]))

    def send_many(self, calls: Sequence[Call], progress: Progress = silent) -> Iterator[Receipt]:
        """Send calls that do not depend on one another, and yield their receipts in the order of the calls.

        Nothing is sent unless every call of the window passes its dry run.
        """
        windows = (calls[start : start + WINDOW] for start in range(0, len(calls), WINDOW))
        receipts = (receipt for window in windows for receipt in self._receipts(self._submit(window)))
        yield from progress(receipts, "sending", len(calls))

    def estimate(self, calls: Sequence[Call]) -> list[int]:
        """Return the gas that each call needs, with a margin; raise what a contract refuses."""
        asked = [("eth_estimateGas", [self._described(call)]) for call in calls if call.gas is None]
        answers = iter(self.chain.rpc.batch(asked))
        return [self._gas(next(answers)) if call.gas is None else call.gas for call in calls]

    def _gas(self, answer: str | RpcRefused) -> int:
        if isinstance(answer, RpcRefused):
            if "insufficient funds" in answer.message.lower():
                raise FundsMissing(self.signer.address, self.chain.balance(self.signer.address), 1, self.chain.chain_id)
            raise decode_refusal(answer.data) or answer
        gas = int(answer, 16)
        if gas > MOST_GAS:
            raise InputError(f"The call needs {gas} gas, and a transaction may use {MOST_GAS} (EIP-7825); split it.")
        return min(gas + gas * GAS_MARGIN // 100, MOST_GAS)

    def _described(self, call: Call) -> dict[str, str]:
        described = {"from": self.signer.address, "data": "0x" + call.data.hex(), "value": hex(call.value)}
        return described | ({"to": call.to} if call.to else {})

    def _submit(self, calls: Sequence[Call]) -> list[Signed]:
        gas, fees = self.estimate(calls), self.chain.fees()
        self._check_funds(sum(gas) * fees.maximum + sum(call.value for call in calls))
        if self._nonce is None:
            self._nonce = int(self.chain.rpc.call("eth_getTransactionCount", self.signer.address, "latest"), 16)
        signed = [
            sign(call, self.signer, chain_id=self.chain.chain_id, nonce=self._nonce + i, gas=gas[i], fees=fees)
            for i, call in enumerate(calls)
        ]
        try:
            answers = self.chain.rpc.batch([("eth_sendRawTransaction", ["0x" + tx.raw.hex()]) for tx in signed])
        except ChainError:
            self._nonce = None  # whether they arrived is not known: count anew next time
            raise
        for answer in answers:
            if isinstance(answer, RpcRefused) and not any(text in answer.message.lower() for text in KNOWN_ALREADY):
                self._nonce = None
                raise answer
        self._nonce += len(signed)
        return signed

    def _check_funds(self, cost: int) -> None:
        balance = self.chain.balance(self.signer.address)
        if balance < cost:
            raise FundsMissing(self.signer.address, balance, cost, self.chain.chain_id)

    def _receipts(self, sent: Sequence[Signed]) -> Iterator[Receipt]:
        for signed in sent:
            receipt = self._receipt(signed)
            if not receipt.succeeded:
                raise self._failure(signed, receipt)
            yield receipt

    def _receipt(self, signed: Signed) -> Receipt:
        deadline, pause = time.monotonic() + PATIENCE, PAUSE
        while time.monotonic() < deadline:
            raw = self.chain.rpc.call("eth_getTransactionReceipt", "0x" + signed.hash.hex())
            if raw and self.chain.head() + 1 - int(raw["blockNumber"], 16) >= self.chain.network.confirmations:
                return Receipt.from_rpc(raw)
            time.sleep(pause)
            pause = min(2 * pause, 1.0)
        raise TransactionPending(signed.hash, PATIENCE)

    def _failure(self, signed: Signed, receipt: Receipt) -> ChainError:
        """Replay a reverted transaction on the block before, to learn why it did."""
        try:
            self.chain.rpc.call("eth_call", self._described(signed.call), hex(receipt.block_number - 1))
        except RpcRefused as refused:
            if (refusal := decode_refusal(refused.data)) is not None:
                return refusal
        why = "it ran out of gas" if receipt.gas_used == signed.call.gas else "it gave no reason"
        return TransactionFailed(receipt.transaction, receipt.block_number, why)
