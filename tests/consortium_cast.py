"""The consortium as the tests use it: who founds it, how it decides, and what stands in for a vote."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from pyhealth.chain.rpc import Rpc
from pyhealth.chain.wallet import Signer, cast_address, cast_key
from pyhealth.consortium import Consortium
from pyhealth.errors import ContractError
from pyhealth.governance.ballots import SignedBallot, SignedMandate, sign_ballot, sign_mandate
from pyhealth.health import Health
from pyhealth.values import Action, Choice, utc

FOUNDERS = ("hospital", "insurer", "sponsor", "ethics", "regulator")  # members 1 to 5
HOSPITAL, INSURER, SPONSOR, ETHICS, REGULATOR = range(1, 6)
REASON = b"\x01" * 32
DAY = timedelta(days=1)
# An ERC-1271 wallet that accepts the one digest in its storage slot 0.
WALLET = "0x60043560005414631626ba7e60e01b0260005260206000f3"


def signer(name: str) -> Signer:
    return Signer.from_key(cast_key(name))


@dataclass
class Council:
    """The members on one chain, each with its own client."""

    act_as: Callable[[str], Health]
    opened: dict[str, Health] = field(default_factory=dict)

    def health(self, name: str) -> Health:
        if name not in self.opened:
            self.opened[name] = self.act_as(name)
        return self.opened[name]

    def of(self, name: str) -> Consortium:
        """The consortium as one of the cast uses it."""
        return self.health(name).consortium

    @property
    def consortium(self) -> Consortium:
        return self.of("hospital")

    @property
    def rpc(self) -> Rpc:
        return self.health("hospital").chain.rpc

    def now(self) -> datetime:
        return utc(int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16))

    def later(self, length: timedelta) -> None:
        self.rpc.call("evm_increaseTime", int(length.total_seconds()))
        self.rpc.call("evm_mine")

    def at(self, moment: datetime) -> None:
        """Let the next block be of that second."""
        self.rpc.call("evm_setNextBlockTimestamp", int(moment.timestamp()))

    def opens(self, *actions: Action, by: str = "hospital") -> bytes:
        return self.of(by).propose(actions, REASON)

    def approve(self, proposal: bytes, *names: str) -> None:
        for name in names:
            self.of(name).vote(proposal, Choice.APPROVE)

    def decide(self, *actions: Action, by: str = "hospital", voters: tuple[str, ...] = ()) -> bytes:
        """Open, approve and execute a proposal."""
        proposal = self.opens(*actions, by=by)
        self.approve(proposal, *(voters or FOUNDERS[:4]))
        self.of(by).execute(proposal)
        return proposal

    def voted(self, *actions: Action) -> None:
        """What a vote would do, without the vote."""
        me = self.consortium.binding.address
        self.rpc.call("anvil_setBalance", me, hex(10**20))
        self.rpc.call("anvil_impersonateAccount", me)
        for one in actions:
            sent = {"from": me, "to": one.target, "data": "0x" + one.data.hex(), "gas": "0xf42400"}
            made = self.rpc.call("eth_sendTransaction", sent)
            assert self.mined(made)["status"] == "0x1"
        self.rpc.call("anvil_stopImpersonatingAccount", me)

    def mined(self, transaction: str) -> dict[str, Any]:
        """The receipt, as soon as it is there."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if found := self.rpc.call("eth_getTransactionReceipt", transaction):
                return dict(found)
        raise TimeoutError(transaction)

    def ballot(self, proposal: bytes, name: str, member: int, **other: object) -> SignedBallot:
        """A ballot in favour, signed by one of the cast."""
        said: dict[str, object] = {"choice": Choice.APPROVE, "deadline": self.now() + DAY}
        said |= {"member": member} | other
        return sign_ballot(signer(name), self.consortium.domain, proposal, **said)  # type: ignore[arg-type]

    def mandate(self, name: str, member: int, **other: object) -> SignedMandate:
        """A mandate that a key signed."""
        nonce = self.consortium.mandates_of(cast_address(name))
        account = self.consortium.member_of(member).account
        said: dict[str, object] = {"nonce": nonce, "deadline": self.now() + DAY}
        said |= {"member": member, "account": account}
        return sign_mandate(signer(name), self.consortium.domain, **(said | other))  # type: ignore[arg-type]

    def wallet(self, address: str) -> str:
        """Put an ERC-1271 wallet at an address."""
        self.rpc.call("anvil_setCode", address, WALLET)
        return address

    def accept(self, wallet: str, digest: bytes) -> None:
        """Let a wallet accept a digest."""
        self.rpc.call("anvil_setStorageAt", wallet, "0x" + "00" * 32, "0x" + digest.hex())


@contextmanager
def refused(kind: type[ContractError], *values: object) -> Iterator[None]:
    """Expect a refusal, with what it carries."""
    with pytest.raises(kind) as caught:
        yield
    assert carried(caught.value) == list(values)


def carried(refusal: ContractError) -> list[object]:
    return [getattr(refusal, one.name) for one in fields(refusal) if one.default is MISSING]
