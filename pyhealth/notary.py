"""Client of Notary.sol: author-bound timestamps, and the proof files that let anyone check them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pyhealth import verify_proof
from pyhealth.anchoring import (
    Verification,
    collect_evidence,
    confirmations,
    verify,
    verify_offline,
)
from pyhealth.chain.binding import Binding
from pyhealth.chain.fees import Cost
from pyhealth.chain.transactions import Receipt
from pyhealth.documents import collect, proof_file
from pyhealth.errors import ChainError, ProofInvalid
from pyhealth.hashing import keccak, new_salt
from pyhealth.progress import Progress, silent
from pyhealth.proof import Anchored, Document, Evidence
from pyhealth.sheaf import Draft, Stamped, gather, named_documents, places_of
from pyhealth.values import Anchor, utc

Anchoring = tuple[str, str, bytes, bytes]  # contract, author, block hash, root


@dataclass(frozen=True, slots=True)
class Stamping:
    """What came of stamping many documents: one transaction at most."""

    stamped: tuple[Stamped, ...]
    anchored: Anchored | None  # None: nothing was new
    receipt: Receipt | None  # None: nothing was new, or it was anchored before a cut
    kept: tuple[Path, ...] = ()  # proofs of earlier content, where each lies now


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
        places, named = places_of(files, out), named_documents(files, progress)
        return self._stamp(files, named, places, salted, progress)

    def unstamped(
        self, documents: Iterable[Path], *, out: Path | None = None, progress: Progress = silent
    ) -> list[Path]:
        """Return the files that have no valid proof of this author yet; nothing is sent."""
        files, seen = collect(documents), set[Anchoring]()
        judged = zip(files, named_documents(files, progress), places_of(files, out), strict=True)
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
        def bound(document: Document, salt: bytes) -> Document:
            return replace(document, salt=salt) if salted else document

        stands = partial(self._stands, seen=set[Anchoring]())
        draft = self._draft(named, salted)
        stamped, sheaf = gather(files, named, places, draft=draft, stands=stands, bound=bound)
        if sheaf is None:
            return Stamping(stamped, None, None)

        standing = self.anchor_of(self.author, sheaf.root)
        receipt = None if standing else self.binding.send("anchor", sheaf.root)
        anchored, proven = self._evidence(sheaf.root)
        kept = sheaf.write(anchored, proven, progress)
        sheaf.draft.forget()
        return Stamping(stamped, anchored, receipt, kept)

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
                confirmations(chain, stated)
                seen.add(anchoring)
        except (ProofInvalid, verify_proof.NotProven):
            return False
        return stated.author == self.author

    def _evidence(self, root: bytes) -> tuple[Anchored, Evidence]:
        """Collect what proves that the root was anchored: now, or before a cut."""
        chain, contract = self.binding.chain, self.binding.address
        number = self._own(root).block_number
        found = collect_evidence(chain, contract, root, number, author=self.author)
        if found is None:
            raise ChainError(f"0x{root.hex()} was anchored and reorganised away; stamp again.")
        return found

    def verify(self, document: Path | bytes, proof: object) -> Verification:
        """Check a document, or its digest, against its proof and the chain; see `verify`."""
        return verify(self.binding.chain, document, proof)
