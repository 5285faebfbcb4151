"""Every exception: what the user hands in, what the chain does, what a contract refuses.

PyHealthError
├── ConfigError             a setting, a network, an account or a key is missing or wrong
├── InputError              a file, a line or a value that was handed in cannot be used
├── CompileError            the Solidity compiler refused a source
├── DeploymentError         a contract is not deployed, or is not what was deployed
├── ProofInvalid            a document and its proof do not hold together
├── PrivacyError            personal data could not be kept, read or destroyed as was asked
├── AccessDenied            a patient's consent does not permit what was asked; it is on record
│   └── AccessNotPermitted      the same, with the receipt
├── GateError               a custodian's gate serves nothing, for a reason other than consent
├── DatabaseError           the event index cannot be kept or read
│   ├── DatabaseUnreachable     no server answers, or no file can be made
│   ├── DatabaseLocked          another process holds it for too long
│   ├── DatabaseFull            no room is left
│   ├── DatabaseDamaged         what is there is no index of this version
│   └── DatabaseOfAnotherChain  it belongs to another chain
└── ChainError
    ├── NodeUnreachable     nothing answers at the address
    ├── NodeBehind          the node has not yet a block that was seen before
    ├── RpcFault            an answer that is none: garbage, a wrong id, HTTP 5xx; worth another try
    │   └── RateLimited     the node asks to be asked less often
    ├── RpcRefused          the node answered with a JSON-RPC error
    ├── WrongChain          the node serves another chain than the one expected
    ├── FundsMissing        the account cannot pay for the transaction
    ├── FeeAboveLimit       gas costs more now than the user allows
    ├── JournalError        the journal of what was sent cannot be used
    │   └── JournalLocked   another process holds it for too long
    ├── TransactionFailed   mined, and reverted without a reason that can be read
    ├── TransactionCancelled  no node takes it: its nonce was used up with nothing
    ├── TransactionPending  not mined within the time given
    └── ContractError       a contract refused; a class for each custom error, named as in Solidity

Every message is one sentence that names the value, the place and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any

from pyhealth.values import ALWAYS, FOREVER, read


class PyHealthError(Exception):
    """Anything that this package refuses or cannot do."""


class ConfigError(PyHealthError):
    """A setting, a network, an account or a key is missing or wrong."""


class InputError(PyHealthError):
    """A file, a line or a value that was handed in cannot be used."""


class CompileError(PyHealthError):
    """The Solidity compiler refused a source, or is not there."""


class DeploymentError(PyHealthError):
    """A contract is not deployed on this chain, or its code is not the code that was deployed."""


class ProofInvalid(PyHealthError):
    """A document and its proof do not hold together; ``reason`` is the verifier's code for why."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(eq=False)
class DatabaseError(PyHealthError):
    """The database {where} did not do what was asked ({why})."""

    where: str  # a file, or an address without its password
    why: str

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").format(where=self.where, why=self.why).split())


class DatabaseUnreachable(DatabaseError):
    """The database {where} cannot be reached ({why}); start it, or name another in
    PYHEALTH_DATABASE_URL."""


class DatabaseLocked(DatabaseError):
    """The database {where} is held by another process ({why}); try again when that has ended."""


class DatabaseFull(DatabaseError):
    """The database {where} has no room left ({why}); nothing is half written: make room,
    and try again."""


class DatabaseDamaged(DatabaseError):
    """The database {where} is no index of this version ({why}); 'pyhealth chain index
    --rebuild' makes it anew."""


class DatabaseOfAnotherChain(DatabaseError):
    """The database {where} is the index of another chain ({why}); name another in
    PYHEALTH_DATABASE_URL."""


class ChainError(PyHealthError):
    """The chain, the node or the way to it did not do what was asked."""


@dataclass(eq=False)
class _Told(ChainError):
    """An error whose sentence is its docstring, filled with its own values."""

    def __str__(self) -> str:
        return told(self, **{field.name: getattr(self, field.name) for field in fields(self)})


def told(error: PyHealthError, **values: Any) -> str:
    """Return an error's docstring, filled with values as people read them."""
    shown = {name: _shown(value) for name, value in values.items()}
    return " ".join((error.__doc__ or "").format(**shown).split())


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.name.lower().replace("_", " ")
    if isinstance(value, frozenset):
        return ", ".join(sorted(one.name for one in value)) or "none"
    if isinstance(value, datetime):
        if value == ALWAYS:
            return "never"
        return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value < FOREVER else "a vote lifts it"
    if isinstance(value, frozenset):
        return ", ".join(_shown(one) for one in sorted(value)) or "none"
    return "it gives no reason." if value is None else value


@dataclass(eq=False)
class NodeUnreachable(_Told):
    """No node answers at {url} ({why}); start it, or name another with --network or
    PYHEALTH_RPC_URL.
    """

    url: str
    why: str


@dataclass(eq=False)
class RpcFault(_Told):
    """The node at {url} answered {method} with something that is no answer ({why}); try again
    later.
    """

    url: str
    method: str
    why: str


@dataclass(eq=False)
class RateLimited(RpcFault):
    """The node at {url} asks to be asked less often ({method}: {why}); try again later, or use
    another node.
    """

    retry_after: float | None = None  # seconds, where the node says so


@dataclass(eq=False)
class NodeBehind(_Told):
    """The node at {url} is at block {head}, behind block {seen} that was seen before; try again, or
    use another node.
    """

    url: str
    head: int
    seen: int


@dataclass(eq=False)
class RpcRefused(_Told):
    """The node refused {method}: {message} (code {code})."""

    method: str
    code: int
    message: str
    data: bytes = b""


@dataclass(eq=False)
class WrongChain(_Told):
    """The node at {url} serves {found}, but {expected} was expected; {remedy}."""

    url: str
    found: str
    expected: str
    remedy: str


@dataclass(eq=False)
class FundsMissing(_Told):
    """Account {account} holds {balance} wei and cannot pay up to {cost} wei; send it coins of chain
    {chain_id}, on a local chain with 'pyhealth chain fund {account}'.
    """

    account: str
    balance: int
    cost: int
    chain_id: int


@dataclass(eq=False)
class FeeAboveLimit(_Told):
    """A unit of gas needs {asked} wei now and the limit is {limit}; wait, or raise --max-fee or
    PYHEALTH_MAX_FEE_GWEI.
    """

    asked: int
    limit: int


@dataclass(eq=False)
class JournalError(_Told):
    """The journal {file} cannot be used: {why}."""

    file: str
    why: str


@dataclass(eq=False)
class JournalLocked(JournalError):
    """The journal {file} is in use by another process ({why}); try again when that has ended."""


@dataclass(eq=False)
class TransactionFailed(_Told):
    """Transaction {transaction} was mined in block {block} and reverted: {why}."""

    transaction: bytes
    block: int
    why: str


@dataclass(eq=False)
class TransactionPending(_Told):
    """Transaction {transaction} is kept in the journal, and is not final after {seconds} s without
    progress ({why}); see 'pyhealth chain pending', and finish it with 'pyhealth chain resume'.
    """

    transaction: bytes
    seconds: float
    why: str = "the network has not confirmed it"


@dataclass(eq=False)
class TransactionCancelled(_Told):
    """The node takes this call never ({why}); nothing was done, and nonce {nonce} was used up with
    nothing.
    """

    nonce: int
    why: str


@dataclass(eq=False)
class ContractError(_Told):
    """A contract refused what was asked of it."""

    def __post_init__(self) -> None:
        """Read the contract's words as the types that the fields state."""
        for field in fields(self):
            setattr(self, field.name, read(str(field.type), getattr(self, field.name)))


@dataclass(eq=False)
class UnknownRefusal(ContractError):
    """A contract refused with {name}({arguments}), an error that is not one of this suite."""

    name: str
    arguments: str


# Those of each contract; last, since they build on what is above.
from pyhealth.errors.claims import *  # noqa: E402, F403
from pyhealth.errors.consents import *  # noqa: E402, F403
from pyhealth.errors.consortium import *  # noqa: E402, F403
from pyhealth.errors.coverage import *  # noqa: E402, F403
from pyhealth.errors.gate import *  # noqa: E402, F403
from pyhealth.errors.notary import *  # noqa: E402, F403
from pyhealth.errors.privacy import *  # noqa: E402, F403
from pyhealth.errors.records import *  # noqa: E402, F403
from pyhealth.errors.trials import *  # noqa: E402, F403
