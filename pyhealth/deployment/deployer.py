"""Deploys the suite in the order of its dependencies; resumes after a cut, and skips what stands
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import rlp

from pyhealth.chain.network import Chain, address_of
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call, Receipt
from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.deployment.artifacts import Artifact, constructor_data, read_artifact
from pyhealth.deployment.founding import arguments_of, founders_for
from pyhealth.deployment.records import Deployed, Record, deploying, load_record
from pyhealth.errors import DeploymentError, WrongChain
from pyhealth.hashing import keccak
from pyhealth.reading import word_of

MOST_SEATS = 9  # on the panel that decides appeals, as in ClaimAdjudicator.sol


@dataclass(frozen=True, slots=True)
class Plan:
    """What constructors' arguments are made of."""

    chain: Chain
    addresses: dict[str, str]  # of the contracts before
    council: str  # where the consortium stands, or will
    founders: Path | None  # None: those of a local chain
    settlement_token: str | None = None  # in which claims are paid; None: test money


@dataclass(frozen=True, slots=True)
class Step:
    """A contract to deploy, and where its constructor's arguments come from."""

    name: str
    arguments: Callable[[Plan], list[Any]] = lambda plan: []
    local_only: bool = False
    # Further arguments, which are history once it stands: votes change what they set.
    founding: Callable[[Plan], list[Any]] = lambda plan: []


def _founding(plan: Plan) -> list[Any]:
    """Return the founders, and the directory: what stands before the consortium."""
    adoptions = [
        {"name": "0x" + word_of(name).hex(), "version": 1, "target": address}
        for name, address in plan.addresses.items()
    ]
    return [arguments_of(founders_for(plan.chain, plan.founders)), adoptions]


def _adjudicating(plan: Plan) -> list[Any]:
    """Return the consortium, the registry of coverages, and the token that claims settle in."""
    token = plan.addresses.get("TestEuro") or _token(plan.chain, plan.settlement_token)
    return [plan.council, plan.addresses["CoverageRegistry"], token]


def _panel(plan: Plan) -> list[Any]:
    """Return who decides appeals at first: founders, whose numbers count from one."""
    seats = min(len(founders_for(plan.chain, plan.founders)), MOST_SEATS)
    return [list(range(1, seats + 1))]


def _token(chain: Chain, named: str | None) -> str:
    if not named:
        raise DeploymentError(
            f"No token is named in which claims are paid on {chain.network.name} (chain "
            f"{chain.chain_id}); set PYHEALTH_SETTLEMENT_TOKEN to the address of an ERC-20."
        )
    token = address_of(named)
    if not chain.code(token):
        raise DeploymentError(
            f"PYHEALTH_SETTLEMENT_TOKEN names {token}, where no contract stands on chain "
            f"{chain.chain_id}; correct it."
        )
    return token


def _settled(record: Record) -> str | None:
    """Return the token of the adjudicator that stands, which need not be named again."""
    known = record.contracts.get("ClaimAdjudicator")
    return known.arguments[2] if known else None


COUNCIL = Step("Consortium", founding=_founding)
# The consortium comes last, since its founding adopts the others; those that ask it know ahead
# where it will stand.
SUITE = (
    Step("Notary"),
    Step("TrialRegistry", lambda plan: [plan.council]),
    Step("ConsentRegistry", lambda plan: [plan.council]),
    Step("RecordRegistry", lambda plan: [plan.council, plan.addresses["ConsentRegistry"]]),
    Step("TestEuro", local_only=True),
    Step("CoverageRegistry", lambda plan: [plan.council]),
    Step("ClaimAdjudicator", _adjudicating, founding=_panel),
    COUNCIL,
)


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
    founders: Path | None = None,
    settlement_token: str | None = None,
    fresh: bool = False,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Record:
    """Deploy what is missing or changed, and keep the record up to date after each contract."""
    with deploying(file):
        record, sender = _begun(file, chain, fresh), Sender(chain, signer)
        before = replace(record, contracts={}, pending={}) if fresh else record
        settlement_token = settlement_token or _settled(before)
        council = _council(chain, before, signer, founders, settlement_token)
        addresses: dict[str, str] = {}
        for step in steps_for(chain):
            artifact = read_artifact(step.name)
            plan = Plan(chain, dict(addresses), council, founders, settlement_token)
            asked = partial(step.arguments, plan)
            standing = _standing(chain, before, step, asked)
            if standing is not None:
                _agree(step, standing, plan)
                record = _kept(record, step.name, standing)
                on_outcome(Outcome(step.name, standing.address, 0, 0, deployed=False))
            else:
                arguments = asked() + step.founding(plan)
                address = next_address(chain, signer)
                if step is COUNCIL and address != council:
                    raise DeploymentError(
                        f"The account {signer.address} sent something else while it deployed; "
                        "deploy again."
                    )
                record = record.with_pending(step.name, address)
                record.save()
                data = artifact.bytecode + constructor_data(artifact, arguments)
                receipt = sender.send(Call(None, data))
                record = record.with_contract(step.name, _deployed(artifact, arguments, receipt))
                record.save()
                on_outcome(_outcome(record, step.name, receipt))
            addresses[step.name] = record.contracts[step.name].address
        return record


def _council(
    chain: Chain, record: Record, signer: Signer, founders: Path | None, token: str | None
) -> str:
    """Return where the consortium stands, or will once what it adopts is deployed before it."""
    if standing := _standing(chain, record, COUNCIL, lambda: []):
        return standing.address
    for ahead in range(len(SUITE)):
        council, addresses, missing = next_address(chain, signer, ahead), dict[str, str](), 0
        for step in steps_for(chain):
            if step is COUNCIL:
                continue
            plan = Plan(chain, dict(addresses), council, founders, token)
            standing = _standing(chain, record, step, partial(step.arguments, plan))
            addresses[step.name] = (
                standing.address if standing else next_address(chain, signer, missing)
            )
            missing += standing is None
        if missing == ahead:
            return council
    raise DeploymentError(
        f"{record.file} and the account {signer.address} do not agree on what is deployed; "
        "deploy with --fresh."
    )


def _agree(step: Step, standing: Deployed, plan: Plan) -> None:
    """Refuse founders other than those of the consortium that stands."""
    if step is COUNCIL and plan.founders and step.founding(plan)[0] != standing.arguments[0]:
        raise DeploymentError(
            f"The {step.name} at {standing.address} was founded by others than {plan.founders} "
            "names; its members change by vote, or found another with --fresh."
        )


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
    chain: Chain, record: Record, step: Step, arguments: Callable[[], list[Any]]
) -> Deployed | None:
    """Return the deployment that needs no repeating: recorded, or sent before a cut and mined
    since.
    """
    artifact, known = read_artifact(step.name), record.contracts.get(step.name)
    if known and known.arguments[: len(asked := arguments())] != asked:
        return None
    sent = record.pending.get(step.name)
    found = known or (sent and _found(artifact, sent, arguments())) or None
    if found and artifact.code_hash(chain.code(found.address)) == artifact.code_hash():
        return found
    return None


def _found(artifact: Artifact, address: str, arguments: list[Any]) -> Deployed:
    return Deployed(address, "0x" + artifact.code_hash().hex(), artifact.compiler, arguments)


def _deployed(artifact: Artifact, arguments: list[Any], receipt: Receipt) -> Deployed:
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
