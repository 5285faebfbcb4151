"""Client of Notary.sol: author-bound timestamps, and the proof files that let anyone check them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sha3 import keccak_256

from pyhealth import verify_proof
from pyhealth.chain.binding import Binding
from pyhealth.chain.fees import Cost
from pyhealth.chain.network import Chain
from pyhealth.chain.transactions import Receipt
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.documents import collect, proof_file
from pyhealth.errors import ChainError, InputError, ProofInvalid
from pyhealth.hashing import SALT_BYTES, MerkleTree, digest_of_file, keccak, new_salt
from pyhealth.progress import Progress, silent
from pyhealth.proof import Anchored, Document, Evidence, evidence, write_all
from pyhealth.values import Anchor, utc

Anchoring = tuple[str, str, bytes, bytes]  # contract, author, block hash, root


@dataclass(frozen=True, slots=True)
class Stamped:
    """One document and its proof."""

    document: Path | None  # None: only the digest was handed in
    digest: bytes
    proof: Path
    fresh: bool  # False: the proof stood already, and holds


@dataclass(frozen=True, slots=True)
class Stamping:
    """What came of stamping many documents: one transaction at most."""

    stamped: tuple[Stamped, ...]
    anchored: Anchored | None  # None: nothing was new
    receipt: Receipt | None  # None: nothing was new, or it was anchored before a cut


@dataclass(frozen=True, slots=True)
class Verification:
    """A proof that holds, and what the chain says of it now."""

    verdict: verify_proof.Verdict
    confirmations: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A salt for each document of a run, on disk until every proof is written: a cut loses none.

    Zeros stand for a document that had its proof already.
    """

    file: Path

    def kept(self, count: int) -> list[bytes] | None:
        """Return the salts of the run that was cut, where there was one."""
        try:
            kept = self.file.read_bytes()
        except FileNotFoundError:
            return None
        starts = range(0, SALT_BYTES * count, SALT_BYTES)
        whole = len(kept) == SALT_BYTES * count
        return [kept[start : start + SALT_BYTES] for start in starts] if whole else None

    def made(self, fresh: Sequence[bool]) -> list[bytes]:
        """Keep a new salt for each document that is fresh."""
        salts = [new_salt() if one else bytes(SALT_BYTES) for one in fresh]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        made = self.file.with_suffix(f".{os.getpid()}")
        with open(made, "wb", opener=_private) as out:
            out.write(b"".join(salts))
            out.flush()
            os.fsync(out.fileno())
        made.replace(self.file)
        return salts

    def forget(self) -> None:
        """Remove the salts: each is in its proof now."""
        self.file.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Notary:
    """Anchors digests under the account's name, stamps documents, and verifies proofs."""

    binding: Binding
    drafts: Path  # folder for salts between the anchoring of a root and the writing of its proofs

    def anchor(self, digest: bytes) -> Anchor:
        """Anchor 32 bytes, and return when this account first did: not anew the second time."""
        self.binding.send("anchor", digest)
        return self._own(digest)

    def anchor_many(self, digests: Sequence[bytes]) -> Receipt:
        """Anchor up to `MAX_BATCH` digests of 32 bytes in one transaction; those anchored before
        are passed over.
        """
        return self.binding.send("anchorMany", list(digests))

    def anchor_of(self, author: str, digest: bytes) -> Anchor | None:
        """Say when an author first anchored a digest, or nothing where it never did."""
        anchored_at, block_number = self.binding.call("anchorOf", author, digest)
        return Anchor(utc(anchored_at), block_number) if anchored_at else None

    def _own(self, digest: bytes) -> Anchor:
        if (anchor := self.anchor_of(self.author, digest)) is None:
            raise ChainError(
                f"0x{digest.hex()} was anchored and reorganised away; anchor it again."
            )
        return anchor

    @property
    def author(self) -> str:
        """The account that anchors."""
        return self.binding.account

    def cost(self) -> Cost:
        """Say what one anchor would cost now, of however many documents; nothing is sent."""
        return self.binding.cost("anchor", new_salt())

    def stamp(
        self,
        documents: Iterable[Path],
        *,
        out: Path | None = None,
        salted: bool = True,
        progress: Progress = silent,
    ) -> Stamping:
        """Anchor files, and those in folders, in one transaction, and write one ``FILE.proof.json``
        for each.

        Proofs go beside the files, or into ``out``. A file with a valid proof of this author is not
        stamped again; a proof of earlier content is kept beside the new one. A run that was cut is
        finished by the same call.
        """
        files = collect(documents)
        places, named = _places(files, out), _named(files, progress)
        return self._stamp(files, named, places, salted, progress)

    def unstamped(
        self, documents: Iterable[Path], *, out: Path | None = None, progress: Progress = silent
    ) -> list[Path]:
        """Return the files that have no valid proof of this author yet; nothing is sent."""
        files, seen = collect(documents), set[Anchoring]()
        judged = zip(files, _named(files, progress), _places(files, out), strict=True)
        return [file for file, named, place in judged if not self._stands(named, place, seen)]

    def stamp_digest(
        self, digest: bytes, *, algorithm: str = "sha-256", out: Path, salted: bool = True
    ) -> Stamping:
        """Anchor a document known by its digest of 32 bytes alone; the proof goes into ``out``."""
        named = Document(digest.hex(), algorithm, digest, None)
        return self._stamp([None], [named], [proof_file(Path(named.name), out)], salted, silent)

    def _stamp(
        self,
        files: Sequence[Path | None],
        named: Sequence[Document],
        places: Sequence[Path],
        salted: bool,
        progress: Progress,
    ) -> Stamping:
        draft = self._draft(named, salted)
        kept, seen = draft.kept(len(named)), set[Anchoring]()
        if kept is None:
            fresh = [not self._stands(*one, seen) for one in zip(named, places, strict=True)]
        else:
            fresh = [any(salt) for salt in kept]
        stamped = tuple(
            Stamped(file, document.digest, place, new)
            for file, document, place, new in zip(files, named, places, fresh, strict=True)
        )
        if not any(fresh):
            return Stamping(stamped, None, None)
        for folder in {one.proof.parent for one in stamped if one.fresh}:
            _check_writable(folder)

        salts = kept or draft.made(fresh)
        placed = [
            (place, replace(document, salt=salt) if salted else document)
            for place, document, salt, new in zip(places, named, salts, fresh, strict=True)
            if new
        ]
        tree = MerkleTree(document.commitment for _, document in placed)
        standing = self.anchor_of(self.author, tree.root)
        receipt = None if standing else self.binding.send("anchor", tree.root)

        anchored, proven = self._evidence(tree.root)
        shown = progress(placed, "writing proofs", len(placed))
        paths = ((place, document, tree.path(document.commitment)) for place, document in shown)
        try:
            for place, _ in placed:
                _keep_earlier(place, tree.root)
            write_all(paths, root=tree.root, anchor=anchored, evidence=proven)
        except OSError as error:
            raise InputError(
                f"{error.filename} cannot be written ({error.strerror}); the documents are "
                "anchored: run the same command again, and the proofs are written."
            ) from error
        draft.forget()
        return Stamping(stamped, anchored, receipt)

    def _draft(self, named: Sequence[Document], salted: bool) -> Draft:
        chain, digests = self.binding.chain, b"".join(document.digest for document in named)
        who = f"{self.binding.address}{self.author}{salted}".encode()
        return Draft(self.drafts / f"{keccak(chain.genesis + who + digests).hex()[:32]}.salts")

    def _stands(self, document: Document, place: Path, seen: set[Anchoring]) -> bool:
        """Say whether a valid proof of the same content by this author stands at its place.

        Many proofs share one anchoring: the chain is asked once for each that is not yet ``seen``.
        """
        if not place.exists():
            return False
        chain = self.binding.chain
        try:
            proof = verify_proof.load(place)
            stated = verify_offline(
                document.digest, proof, block_hash=None, chain_id=chain.chain_id
            )
            anchoring = (stated.contract, stated.author, stated.block_hash, stated.root)
            if anchoring not in seen:
                _confirmations(chain, stated)
                seen.add(anchoring)
        except (ProofInvalid, verify_proof.NotProven):
            return False
        return stated.author == self.author

    def _evidence(self, root: bytes) -> tuple[Anchored, Evidence]:
        """Collect what proves that the root was anchored: now, or before a cut."""
        chain, contract, author = self.binding.chain, self.binding.address, self.author
        anchor = self._own(root)
        number = hex(anchor.block_number)
        wanted = {
            "address": contract,
            "topics": [None, "0x" + root.hex()],
            "fromBlock": number,
            "toBlock": number,
        }
        logs = chain.rpc.call("eth_getLogs", wanted)
        by_us = author[2:].lower()
        ours = next((log for log in logs if log["topics"][2].lower().endswith(by_us)), None)
        if ours is None:
            raise ChainError(f"0x{root.hex()} was anchored and reorganised away; stamp again.")
        block_hash, transaction = (
            bytes.fromhex(ours[key][2:]) for key in ("blockHash", "transactionHash")
        )
        block, receipts = chain.block_with_receipts(block_hash)
        proven = evidence(
            block, receipts, transaction=transaction, contract=contract, author=author, root=root
        )
        anchored = Anchored(
            chain.chain_id,
            contract,
            author,
            transaction,
            anchor.block_number,
            block_hash,
            anchor.anchored_at,
        )
        return anchored, proven

    def verify(self, document: Path | bytes, proof: object) -> Verification:
        """Check a document, or its digest, against its proof and the chain; see `verify`."""
        return verify(self.binding.chain, document, proof)


def verify(chain: Chain, document: Path | bytes, proof: object) -> Verification:
    """Check a document, or its digest, against its proof (parsed JSON) and the chain.

    Needs no deployment record. Raises `ProofInvalid` with the verifier's reason, or
    ``REORGANISED`` where the block is no longer part of the chain.
    """
    stated = verify_offline(document, proof, block_hash=None, chain_id=chain.chain_id)
    return Verification(stated, _confirmations(chain, stated))


def _confirmations(chain: Chain, stated: verify_proof.Verdict) -> int:
    """Return how many blocks stand on an anchoring, its own included; refuse what is not there."""
    notary = read_artifact("Notary")
    if notary.code_hash(chain.code(stated.contract)) != notary.code_hash():
        raise ProofInvalid(
            "WRONG_CONTRACT", f"No Notary of this suite stands at {stated.contract} on this chain."
        )
    block = chain.block(stated.block_number)
    if block is None or block["hash"] != "0x" + stated.block_hash.hex():
        raise ProofInvalid(
            "REORGANISED",
            f"Block {stated.block_number} with hash 0x{stated.block_hash.hex()} is not part of "
            "this chain; it was reorganised away, or belongs to another chain: stamp again.",
        )
    # Code can be another than it was when the event came; what it keeps cannot.
    if not _keeps(chain, stated):
        raise ProofInvalid(
            "ROOT_UNKNOWN",
            f"The Notary at {stated.contract} knows no anchor of root 0x{stated.root.hex()} "
            f"by {stated.author} in block {stated.block_number}.",
        )
    return chain.head() - stated.block_number + 1


def _keeps(chain: Chain, stated: verify_proof.Verdict) -> bool:
    """Ask the contract for the anchor; by hand, since web3.py takes a second to import."""
    selector = keccak(b"anchorOf(address,bytes32)")[:4]
    data = selector + bytes(12) + bytes.fromhex(stated.author[2:]) + stated.root
    kept = chain.rpc.call("eth_call", {"to": stated.contract, "data": "0x" + data.hex()}, "latest")
    seconds, number = int(kept[2:66], 16), int(kept[66:130], 16)
    return seconds != 0 and (utc(seconds), number) == (stated.anchored_at, stated.block_number)


def verify_offline(
    document: Path | bytes, proof: object, *, block_hash: bytes | None, chain_id: int | None = None
) -> verify_proof.Verdict:
    """Check a document, or its digest, against its proof and a trusted block hash; none: the one
    the proof states.
    """
    subject = verify_proof.Digest(document) if isinstance(document, bytes) else document
    try:
        trusted = block_hash or verify_proof.read(proof)["block_hash"]
    except verify_proof.NotProven as refusal:
        raise ProofInvalid(refusal.reason.name, str(refusal)) from refusal
    verdict = verify_proof.verify(subject, proof, trusted, chain_id=chain_id, hasher=keccak_256)
    if not verdict.valid:
        raise ProofInvalid(verdict.reason.name if verdict.reason else "", verdict.sentence)
    return verdict


def _named(files: Sequence[Path], progress: Progress) -> list[Document]:
    """Return the files as documents, hashed and without a salt."""
    hashed = progress(files, "hashing", len(files))
    return [Document(file.name, "sha-256", digest_of_file(file), None) for file in hashed]


def _places(files: Sequence[Path], out: Path | None) -> list[Path]:
    """Return where the proofs go; two files of one name cannot both have theirs in one folder."""
    places: dict[Path, Path] = {}
    for file in files:
        place = proof_file(file, out)
        if (other := places.setdefault(place, file)) is not file:
            raise InputError(
                f"{file} and {other} would both have their proof at {place}; stamp them apart."
            )
    return list(places)


def _check_writable(folder: Path) -> None:
    """Make sure that proofs can be written there, before anything is sent; write nothing yet."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        raise InputError(f"{there} is not a folder, so that no proof can be written to {folder}.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{there} cannot be written to (permission denied); name another --out.")


def _keep_earlier(place: Path, root: bytes) -> None:
    """Keep the proof that stands there, unless it is of this run: it proves an earlier content."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
    elif root.hex().encode() not in place.read_bytes():
        mark = digest_of_file(place).hex()[:8]
        shutil.copy2(place, place.with_name(f"{place.name}.{mark}.earlier"))
