"""pyhealth stamp, pyhealth verify."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.shell import (
    AccountOption,
    JsonOption,
    NetworkOption,
    hash_of,
    opened,
    print_json,
    show,
    tell_kept,
)
from pyhealth.errors import InputError, ProofInvalid

if TYPE_CHECKING:
    from pyhealth.chain.fees import Cost
    from pyhealth.notary import Stamping
    from pyhealth.verify_proof import Verdict

ROWS_SHOWN = 20


def stamp(
    documents: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Files, or folders of files.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option(help="Stamp a document known by its digest only (0x…).")
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="What the digest is: sha-256 or keccak-256.")
    ] = "sha-256",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the proofs; default: beside each file.")
    ] = None,
    unsalted: Annotated[
        bool, typer.Option("--unsalted", help="Anchor digests that anyone may recognise.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be stamped, and the cost.")
    ] = False,
    rate: Annotated[
        str | None, typer.Option(help="Price of a coin in your currency, for --dry-run.")
    ] = None,
    account: AccountOption = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Timestamp files on a chain: one transaction, and one FILE.proof.json for each.

    Keep the proof with the file: its salt is known to nobody else. Files with a valid proof are not
    stamped again.

    Example: `pyhealth stamp protocol.pdf analysis/ --as sponsor`
    """
    from pyhealth.hashing import DIGEST_ALGORITHMS
    from pyhealth.progress import bar

    if bool(documents) == bool(digest):
        raise InputError("Name the files to stamp, or a --digest; one of the two.")
    if algorithm not in DIGEST_ALGORITHMS:
        raise InputError(
            f"Algorithm {algorithm!r} is not known; choose one of {', '.join(DIGEST_ALGORITHMS)}."
        )
    with opened(network, account) as health:
        if dry_run:
            new = len(health.notary.unstamped(documents, out=out)) if documents else 1
            show(_planned(health.notary.cost(), new, rate), as_json=as_json)
            return
        if digest:
            value, folder = hash_of(digest, "The digest"), out or Path()
            made = health.notary.stamp_digest(
                value, algorithm=algorithm, out=folder, salted=not unsalted
            )
        else:
            made = health.notary.stamp(documents or (), out=out, salted=not unsalted, progress=bar)
        described = _described(made, health.notary.author)
    tell_kept(made.kept)
    _print(described, as_json)


def _of_trial(verdict: Verdict) -> dict[str, Any]:
    """Return what is proven besides where a trial's registry recorded it."""
    if not verdict.trial_id:
        return {}
    told = {"trial": verdict.trial_id, "kind": verdict.kind}
    return told | {"version": verdict.version, "stage": verdict.stage}


def _planned(cost: Cost, new: int, rate: str | None) -> dict[str, Any]:
    from pyhealth.reading import amount_of

    if not new:
        return {"documents": 0, "transactions": 0}
    told: dict[str, Any] = {
        "documents": new,
        "transactions": cost.transactions,
        "gas_limit": cost.gas,
        "expected_coins": Decimal(cost.expected) / 10**18,
        "most_coins": Decimal(cost.most) / 10**18,
    }
    if rate is not None:
        in_currency = cost.in_currency(amount_of(rate, "--rate"))
        told |= dict(zip(("expected", "most"), in_currency, strict=True))
    return told


def _described(made: Stamping, author: str) -> dict[str, Any]:
    stamped = [
        {"document": one.document, "digest": one.digest, "proof": one.proof, "stamped": one.fresh}
        for one in made.stamped
    ]
    anchored = made.anchored
    return {
        "author": author,
        "anchored_at": anchored and anchored.anchored_at,
        "block": anchored and anchored.block_number,
        "block_hash": anchored and anchored.block_hash,
        "transaction": anchored and anchored.transaction,
        "gas_used": made.receipt and made.receipt.gas_used,
        "documents": stamped,
    }


def _print(described: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(described)
        return
    documents = described.pop("documents")
    fresh = [one for one in documents if one["stamped"]]
    for one in fresh[:ROWS_SHOWN]:
        print(f"{one['document'] or 'digest'} -> {one['proof']}")
    if len(fresh) > ROWS_SHOWN:
        print(f"... and {len(fresh) - ROWS_SHOWN} more")
    if standing := len(documents) - len(fresh):
        print(f"{standing} of {len(documents)} have a valid proof already; nothing to do for them.")
    if fresh:
        show(described, as_json=False, title=f"Stamped {len(fresh)} document(s) in one transaction")


def verify(
    document: Annotated[Path | None, typer.Argument(metavar="FILE", help="The document.")] = None,
    proof: Annotated[Path | None, typer.Option(help="Its proof; default: FILE.proof.json.")] = None,
    digest: Annotated[
        str | None, typer.Option(help="The document's digest, where it is not at hand.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no node; needs --block-hash.")
    ] = False,
    block_hash: Annotated[
        str | None, typer.Option(help="Hash of the block, from a source you trust.")
    ] = None,
    network: NetworkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a document against its proof: exit 0 valid, 1 not, with the reason.

    Example: `pyhealth verify protocol.pdf`, or without any node
    `pyhealth verify protocol.pdf --offline --block-hash 0x…`
    """
    from pyhealth import verify_proof
    from pyhealth.anchoring import verify as verify_on_chain
    from pyhealth.anchoring import verify_offline
    from pyhealth.documents import proof_file

    if (document is None) == (digest is None):
        raise InputError("Name the file to verify, or its --digest; one of the two.")
    if document and not document.exists():
        raise InputError(f"{document} does not exist; name the document to verify.")
    if digest and not proof:
        raise InputError("A digest alone does not say where its proof is; name it with --proof.")
    if offline != bool(block_hash):
        raise InputError(
            "--offline needs --block-hash, the hash of a block that you trust, "
            "and the other way round."
        )
    subject = hash_of(digest, "The digest") if digest else document or Path()
    place = proof or proof_file(document or Path())
    try:
        try:
            read = verify_proof.load(place)
        except verify_proof.NotProven as refusal:
            raise ProofInvalid(refusal.reason.name, str(refusal)) from refusal
        if block_hash:
            verdict, confirmations = (
                verify_offline(subject, read, block_hash=hash_of(block_hash, "Block hash")),
                None,
            )
        else:
            from pyhealth.chain.network import connect
            from pyhealth.config import load_settings

            chain = connect(load_settings(), network)
            verified = verify_on_chain(chain, subject, read)
            verdict, confirmations = verified.verdict, verified.confirmations
            chain.close()
    except ProofInvalid as invalid:
        if as_json:
            print_json({"valid": False, "reason": invalid.reason, "sentence": str(invalid)})
        sentence = f"{document or digest} is not proven by {place}: {invalid}"
        raise ProofInvalid(invalid.reason, sentence) from invalid
    found = {
        "valid": True,
        "document": document or digest,
        "digest": verdict.digest,
        "author": verdict.author,
        "anchored_at": verdict.anchored_at,
        "block": verdict.block_number,
        "block_hash": verdict.block_hash,
        "transaction": verdict.transaction,
        "chain_id": verdict.chain_id,
        "contract": verdict.contract,
        "root": verdict.root,
        **_of_trial(verdict),
        "confirmations": confirmations,
    }
    if as_json:
        print_json(found)
        return
    show(found, as_json=False, title=f"{verdict.sentence}")
