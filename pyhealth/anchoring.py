"""Anchorings: what proves one, collected from the chain, and whether the chain holds it still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sha3 import keccak_256

from pyhealth import verify_proof
from pyhealth.chain.network import Chain
from pyhealth.chain.wallet import checksum_address
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.errors import ProofInvalid
from pyhealth.hashing import keccak
from pyhealth.proof import Anchored, Evidence, evidence
from pyhealth.values import FOREVER, DocumentKind, Trial, utc
from pyhealth.verify_proof import KINDS, NOTARY, TRIALS, Verdict


@dataclass(frozen=True, slots=True)
class Verification:
    """A proof that holds, and what the chain says of it now."""

    verdict: Verdict
    confirmations: int


def collect_evidence(
    chain: Chain,
    contract: str,
    root: bytes,
    block_number: int,
    *,
    author: str | None = None,
    trial_id: bytes | None = None,
) -> tuple[Anchored, Evidence] | None:
    """Collect what proves that a root was anchored in a block: by an author, or by whoever did for
    a trial; nothing where the block has no such anchoring, or has it no longer.
    """
    of_trial = ["0x" + trial_id.hex()] if trial_id else []
    wanted = {
        "address": contract,
        "topics": [None, *of_trial, "0x" + root.hex()],
        "fromBlock": hex(block_number),
        "toBlock": hex(block_number),
    }
    by = (author or "")[2:].lower()
    logs = chain.rpc.call("eth_getLogs", wanted)
    found = next((log for log in logs if log["topics"][-1].lower().endswith(by)), None)
    if found is None:
        return None
    block_hash, transaction = (_bytes(found[key]) for key in ("blockHash", "transactionHash"))
    by_account = checksum_address(_bytes(found["topics"][-1])[12:])
    block, receipts = chain.block_with_receipts(block_hash)
    proven = evidence(
        block,
        receipts,
        transaction=transaction,
        contract=contract,
        author=by_account,
        root=root,
        trial_id=trial_id,
    )
    moment = utc(int(block["timestamp"], 16))
    place = chain.chain_id, contract, by_account, transaction, block_number, block_hash
    return Anchored(*place, moment, trial_id), proven


def verify(
    chain: Chain, document: Path | bytes, proof: object, *, trial_id: bytes | None = None
) -> Verification:
    """Check a document, or its digest, against its proof (parsed JSON) and the chain.

    Needs no deployment record. Raises `ProofInvalid` with the verifier's reason, or
    ``REORGANISED`` where the block is no longer part of the chain.
    """
    stated = verify_offline(
        document, proof, block_hash=None, chain_id=chain.chain_id, trial_id=trial_id
    )
    return Verification(stated, confirmations(chain, stated))


def verify_offline(
    document: Path | bytes,
    proof: object,
    *,
    block_hash: bytes | None,
    chain_id: int | None = None,
    trial_id: bytes | None = None,
) -> Verdict:
    """Check a document, or its digest, against its proof and a trusted block hash; none: the one
    the proof states.
    """
    subject = verify_proof.Digest(document) if isinstance(document, bytes) else document
    try:
        trusted = block_hash or verify_proof.read(proof)["block_hash"]
    except verify_proof.NotProven as refusal:
        raise ProofInvalid(refusal.reason.name, str(refusal)) from refusal
    expected: dict[str, Any] = {"chain_id": chain_id, "trial_id": trial_id}
    verdict = verify_proof.verify(subject, proof, trusted, hasher=keccak_256, **expected)
    if not verdict.valid:
        raise ProofInvalid(verdict.reason.name if verdict.reason else "", verdict.sentence)
    return verdict


def confirmations(chain: Chain, stated: Verdict) -> int:
    """Return how many blocks stand on an anchoring, its own included; refuse what is not there."""
    name = TRIALS if stated.trial_id else NOTARY
    artifact = read_artifact(name)
    if artifact.code_hash(chain.code(stated.contract)) != artifact.code_hash():
        raise ProofInvalid(
            "WRONG_CONTRACT", f"No {name} of this suite stands at {stated.contract} on this chain."
        )
    block = chain.block(stated.block_number)
    if block is None or block["hash"] != "0x" + stated.block_hash.hex():
        raise ProofInvalid(
            "REORGANISED",
            f"Block {stated.block_number} with hash 0x{stated.block_hash.hex()} is not part of "
            "this chain; it was reorganised away, or belongs to another chain: stamp again.",
        )
    # Code can be another than it was when the event came; what it keeps cannot.
    if not (_trials_keep if stated.trial_id else _notary_keeps)(chain, stated):
        raise ProofInvalid(
            "ROOT_UNKNOWN",
            f"The {name} at {stated.contract} knows no anchor of root 0x{stated.root.hex()} "
            f"by {stated.author} in block {stated.block_number}.",
        )
    return chain.head() - stated.block_number + 1


def _notary_keeps(chain: Chain, stated: Verdict) -> bool:
    asked = bytes(12) + _bytes(stated.author) + stated.root
    seconds, number = _ask(chain, stated.contract, b"anchorOf(address,bytes32)", asked)[:2]
    return seconds != 0 and (utc(seconds), number) == (stated.anchored_at, stated.block_number)


def _trials_keep(chain: Chain, stated: Verdict) -> bool:
    """Say whether the registry has a version of that content, or took that kind of document, of a
    trial that was registered by then; the event itself is all that it keeps of the rest.
    """
    kind = KINDS.index(stated.kind)
    if kind in (DocumentKind.PROTOCOL, DocumentKind.OUTCOME_LIST):
        asked = stated.trial_id + stated.version.to_bytes(32)
        content = _ask(chain, stated.contract, b"versionOf(bytes32,uint16)", asked)
        return content[kind - DocumentKind.PROTOCOL] == int.from_bytes(stated.root)
    trial = _ask(chain, stated.contract, b"trialOf(bytes32)", stated.trial_id)
    registered_at = trial[list(Trial.__slots__).index("registered_at")]
    return 0 < registered_at <= (stated.anchored_at or FOREVER).timestamp()


def _ask(chain: Chain, contract: str, signature: bytes, arguments: bytes) -> list[int]:
    """Ask a view for words; by hand, since web3.py takes a second to import."""
    data = "0x" + (keccak(signature)[:4] + arguments).hex()
    answer = _bytes(chain.rpc.call("eth_call", {"to": contract, "data": data}, "latest"))
    return [int.from_bytes(answer[i : i + 32]) for i in range(0, len(answer), 32)]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
