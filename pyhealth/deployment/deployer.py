"""Deploys the suite in the order of its dependencies; resumes after a cut, and skips what stands
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import rlp

from pyhealth.chain.network import Chain
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.deployment.artifacts import Artifact, constructor_data, read_artifact
from pyhealth.deployment.records import Deployed, Record, deploying, load_record
from pyhealth.errors import DeploymentError, WrongChain
from pyhealth.hashing import keccak


@dataclass(frozen=True, slots=True)
class Step:
    """A contract to deploy, and where its constructor's arguments come from: the addresses of those
    before it.
    """

    name: str
    arguments: Callable[[dict[str, str]], Sequence[str]] = lambda addresses: ()
    local_only: bool = False


SUITE = (Step("Notary"),)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step."""

    name: str
    address: str
    gas_used: int  # zero where it stood already
    cost: int  # wei
    deployed: bool


def deploy(
    chain: Chain,
    signer: Signer,
    file: Path,
    *,
    fresh: bool = False,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Record:
    """Deploy what is missing or changed, and keep the record up to date after each contract."""
    with deploying(file):
        record, sender = _begun(file, chain, fresh), Sender(chain, signer)
        for step in steps_for(chain):
            artifact = read_artifact(step.name)
            addresses = {name: known.address for name, known in record.contracts.items()}
            arguments = list(step.arguments(addresses))
            standing = None if fresh else _standing(chain, record, artifact, arguments)
            if standing is not None:
                record = _kept(record, step.name, standing)
                on_outcome(Outcome(step.name, standing.address, 0, 0, deployed=False))
                continue
            record = record.with_pending(step.name, next_address(chain, signer))
            record.save()
            data = artifact.bytecode + constructor_data(artifact, arguments)
            receipt = sender.send(Call(None, data))
            record = record.with_contract(step.name, _deployed(artifact, arguments, receipt))
            record.save()
            on_outcome(_outcome(record, step.name, receipt))
        return record


def _begun(file: Path, chain: Chain, fresh: bool) -> Record:
    """Return the record to go on from; afresh, that of another chain may be forgotten."""
    try:
        return load_record(file, chain)
    except (WrongChain, DeploymentError):
        if not fresh:
            raise
        return Record(file, chain.chain_id, "0x" + chain.genesis.hex(), {}, {})


def _kept(record: Record, name: str, standing: Deployed) -> Record:
    if record.contracts.get(name) == standing and not record.pending:
        return record
    record = record.with_contract(name, standing)
    record.save()
    return record


def _outcome(record: Record, name: str, receipt: Receipt) -> Outcome:
    cost = receipt.gas_used * receipt.gas_price
    return Outcome(name, record.contracts[name].address, receipt.gas_used, cost, deployed=True)


def steps_for(chain: Chain) -> list[Step]:
    """Return the steps that apply to a chain: test tokens only on local ones."""
    return [step for step in SUITE if chain.local or not step.local_only]


def check(chain: Chain, record: Record, compiled: dict[str, Artifact]) -> dict[str, str]:
    """Compare the code on the chain with a fresh compile, and return what is wrong with each
    contract that differs.
    """
    wrong = {}
    for step in steps_for(chain):
        known, artifact = record.contracts.get(step.name), compiled[step.name]
        if known is None:
            wrong[step.name] = "not deployed"
        elif not (code := chain.code(known.address)):
            wrong[step.name] = f"no code at {known.address}"
        elif artifact.code_hash(code) != artifact.code_hash():
            wrong[step.name] = f"the code at {known.address} is not what the sources compile to"
    return wrong


def next_address(chain: Chain, signer: Signer, ahead: int = 0) -> str:
    """Return the address of the contract that the account's next transaction but ``ahead`` will
    create.
    """
    nonce = int(chain.rpc.call("eth_getTransactionCount", signer.address, "latest"), 16) + ahead
    return checksum_address(keccak(rlp.encode([bytes.fromhex(signer.address[2:]), nonce]))[12:])


def _standing(
    chain: Chain, record: Record, artifact: Artifact, arguments: list[str]
) -> Deployed | None:
    """Return the deployment that needs no repeating: recorded, or sent before a cut and mined
    since.
    """
    known = record.contracts.get(artifact.name)
    if known and known.arguments != arguments:
        return None
    sent = record.pending.get(artifact.name)
    found = known or (sent and _found(artifact, sent, arguments)) or None
    if found and artifact.code_hash(chain.code(found.address)) == artifact.code_hash():
        return found
    return None


def _found(artifact: Artifact, address: str, arguments: list[str]) -> Deployed:
    return Deployed(address, "0x" + artifact.code_hash().hex(), artifact.compiler, arguments)


def _deployed(artifact: Artifact, arguments: list[str], receipt: Receipt) -> Deployed:
    if receipt.contract is None:
        raise DeploymentError(f"Transaction 0x{receipt.transaction.hex()} created no contract.")
    return Deployed(
        address=receipt.contract,
        code_hash="0x" + artifact.code_hash().hex(),
        compiler=artifact.compiler,
        arguments=arguments,
        transaction="0x" + receipt.transaction.hex(),
        block=receipt.block_number,
    )
