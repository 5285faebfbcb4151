"""Deployments as small facts: one JSON file a chain, sorted keys."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pyhealth.chain.network import Chain, folder_of
from pyhealth.config import EMBEDDED, Settings
from pyhealth.errors import DeploymentError, WrongChain


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract on one chain."""

    address: str  # checksummed
    code_hash: str  # of the runtime code with immutables blanked
    compiler: str
    arguments: list[Any] = field(default_factory=list)  # of the constructor, as JSON
    transaction: str | None = None  # None: found at its address after a cut
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is deployed on one chain."""

    file: Path
    chain_id: int
    genesis: str
    contracts: dict[str, Deployed]
    pending: dict[
        str, str
    ]  # name to the address it will have: written before the transaction leaves

    def with_pending(self, name: str, address: str) -> Record:
        """Return the record with a deployment that is about to be sent."""
        return replace(self, pending={name: address})

    def with_contract(self, name: str, deployed: Deployed) -> Record:
        """Return the record with a contract that stands on the chain."""
        return replace(self, contracts={**self.contracts, name: deployed}, pending={})

    def save(self) -> None:
        """Write the file whole or not at all."""
        content: dict[str, Any] = {
            "chain_id": self.chain_id,
            "genesis": self.genesis,
            "pending": self.pending,
        }
        content["contracts"] = {name: asdict(deployed) for name, deployed in self.contracts.items()}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".tmp")
        with draft.open("w") as out:
            out.write(json.dumps(content, indent=2, sort_keys=True) + "\n")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self.file)


def record_file(settings: Settings, chain: Chain) -> Path:
    """Return where the record of this chain lies: beside the embedded chain's state, or in the
    deployments folder.
    """
    if chain.network.name == EMBEDDED:
        return folder_of(settings).path / "deployment.json"
    return settings.records(chain.chain_id) / f"{chain.chain_id}.json"


@contextmanager
def deploying(file: Path) -> Iterator[None]:
    """Keep every other process from deploying into records of the same folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def load_record(file: Path, chain: Chain) -> Record:
    """Read the record of a chain, empty where nothing is deployed; refuse the record of another
    chain.
    """
    genesis = "0x" + chain.genesis.hex()
    try:
        raw = json.loads(file.read_text("utf-8"))
        contracts = {name: Deployed(**values) for name, values in raw["contracts"].items()}
        record = Record(file, raw["chain_id"], raw["genesis"], contracts, raw.get("pending", {}))
    except FileNotFoundError:
        return Record(file, chain.chain_id, genesis, {}, {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeploymentError(
            f"{file} is not a deployment record ({error}); restore it, or deploy afresh."
        ) from error
    if (record.chain_id, record.genesis) != (chain.chain_id, genesis):
        raise WrongChain(
            chain.rpc.url,
            f"chain {chain.chain_id} with first block {genesis[:10]}…",
            f"chain {record.chain_id} with first block {record.genesis[:10]}…, "
            f"which {file} describes,",
            f"serve that chain again, or forget it with '{_forget(chain)}'",
        )
    return record


def _forget(chain: Chain) -> str:
    name = chain.network.name
    return (
        "pyhealth chain reset" if name == EMBEDDED else f"pyhealth deploy --fresh --network {name}"
    )
