"""Documents anchored together: salted on disk first, under one root, each given its proof."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyhealth.documents import proof_file
from pyhealth.errors import InputError
from pyhealth.hashing import SALT_BYTES, MerkleTree, digest_of_file, new_salt
from pyhealth.progress import Progress, silent
from pyhealth.proof import Anchored, Document, Evidence, write_all


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
        write_private(self.file, b"".join(salts))
        return salts

    def forget(self) -> None:
        """Remove the salts: each is in its proof now."""
        self.file.unlink(missing_ok=True)


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read: on disk when this returns, and whole or not at
    all.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_suffix(f".{os.getpid()}")
    with open(made, "wb", opener=private) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    made.replace(file)


def private(path: str, flags: int) -> int:
    """Open a file that only its owner can read; for ``open(opener=...)``."""
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Stamped:
    """One document and its proof."""

    document: Path | None  # None: only the digest was handed in
    digest: bytes
    proof: Path
    fresh: bool  # False: the proof stood already, and holds


@dataclass(frozen=True)
class Sheaf:
    """Documents under one root, where the proof of each goes, and the draft of their salts."""

    placed: Sequence[tuple[Path, Document]]
    draft: Draft

    @cached_property
    def tree(self) -> MerkleTree:
        """The tree over their commitments."""
        return MerkleTree(document.commitment for _, document in self.placed)

    @property
    def root(self) -> bytes:
        """What is anchored."""
        return self.tree.root

    def __len__(self) -> int:
        return len(self.placed)

    def write(
        self, anchored: Anchored, proven: Evidence, progress: Progress = silent
    ) -> tuple[Path, ...]:
        """Write the proofs; one of another anchoring that stands in a place is kept, and returned
        where it lies now.
        """
        shown = progress(self.placed, "writing proofs", len(self.placed))
        paths = ((place, one, self.tree.path(one.commitment)) for place, one in shown)
        try:
            kept = [_keep_earlier(place, self.root) for place, _ in self.placed]
            write_all(paths, root=self.root, anchor=anchored, evidence=proven)
        except OSError as error:
            raise InputError(
                f"{error.filename} cannot be written ({error.strerror}); the documents are "
                "anchored: run the same command again, with another --out where it names one, and "
                "the proofs are written."
            ) from error
        return tuple(one for one in kept if one)


def gather(
    files: Sequence[Path | None],
    named: Sequence[Document],
    places: Sequence[Path],
    *,
    draft: Draft,
    stands: Callable[[Document, Path], bool],
    bound: Callable[[Document, bytes], Document],
) -> tuple[tuple[Stamped, ...], Sheaf | None]:
    """Put the documents that have no standing proof into a sheaf; none where each has one.

    Their salts are those of the run that was cut, where there was one; ``bound`` puts each into its
    document.
    """
    kept = draft.kept(len(named))
    if kept is None:
        fresh = [not stands(*one) for one in zip(named, places, strict=True)]
    else:
        fresh = [any(salt) for salt in kept]
    stamped = tuple(
        Stamped(file, document.digest, place, new)
        for file, document, place, new in zip(files, named, places, fresh, strict=True)
    )
    if not any(fresh):
        return stamped, None
    for folder in {one.proof.parent for one in stamped if one.fresh}:
        _check_writable(folder)

    salts = kept or draft.made(fresh)
    placed = [
        (place, bound(document, salt))
        for place, document, salt, new in zip(places, named, salts, fresh, strict=True)
        if new
    ]
    return stamped, Sheaf(placed, draft)


def named_documents(files: Sequence[Path], progress: Progress = silent) -> list[Document]:
    """Return files as documents, hashed and without a salt."""
    hashed = progress(files, "hashing", len(files))
    return [Document(file.name, "sha-256", digest_of_file(file), None) for file in hashed]


def places_of(files: Sequence[Path], out: Path | None) -> list[Path]:
    """Return where the proofs go; two files of one name cannot both have theirs in one folder."""
    found: dict[Path, Path] = {}
    for file in files:
        place = proof_file(file, out)
        if (other := found.setdefault(place, file)) is not file:
            raise InputError(
                f"{file} and {other} would both have their proof at {place}; stamp them apart."
            )
    return list(found)


def _check_writable(folder: Path) -> None:
    """Make sure that proofs can be written there, before anything is sent: make the folder, and
    write nothing into it yet.
    """
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        raise InputError(f"{there} is not a folder, so that no proof can be written to {folder}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror}); name another --out."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be written to (permission denied); name another --out.")


def _keep_earlier(place: Path, root: bytes) -> Path | None:
    """Keep the proof that stands there, unless it is of this run: it proves an earlier content."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
    elif root.hex().encode() not in place.read_bytes():
        mark = digest_of_file(place).hex()[:8]
        return Path(shutil.copy2(place, place.with_name(f"{place.name}.{mark}.earlier")))
    return None
