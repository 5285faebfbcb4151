"""Any number of records anchored as one root, with proofs on demand.

FOLDER/KEY.leaves    32 bytes of salt and 32 of commitment for each record, in their order
FOLDER/KEY.json      what it is of

The records stay where they are. Whoever destroys the salt of one cuts its link to the chain.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.governance.ballots import load, save
from pyhealth.hashing import (
    SALT_BYTES,
    MerkleTree,
    commitment,
    digest_of_file,
    document_domain,
    keccak,
    new_salt,
)
from pyhealth.progress import Progress, silent
from pyhealth.proof import Document
from pyhealth.sheaf import private
from pyhealth.trials.records import records
from pyhealth.values import DocumentKind

LEAF = 2 * SALT_BYTES
MOST = 2**32 - 1  # records that one root can stand for
CHUNK = 4_096  # leaves read or written at once


@dataclass(frozen=True, slots=True)
class Label:
    """What a batch is of."""

    trial_id: bytes
    kind: str
    source: str
    records: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """The salts and commitments of records, on disk."""

    file: Path
    trial_id: bytes

    @property
    def made(self) -> bool:
        """Whether the salts are on disk, all of them."""
        return self.file.with_suffix(".json").exists()

    @property
    def label(self) -> Label:
        """What it is of."""
        return load(Label, self.file.with_suffix(".json"))

    def leaves(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield salt and commitment of each record."""
        with self.file.open("rb") as file:
            while chunk := file.read(CHUNK * LEAF):
                for at in range(0, len(chunk), LEAF):
                    leaf = chunk[at : at + LEAF]
                    yield leaf[:SALT_BYTES], leaf[SALT_BYTES:]

    def tree(self) -> MerkleTree:
        """Build the tree over all commitments."""
        return MerkleTree(value for _, value in self.leaves())

    def number_of(self, record: bytes) -> int:
        """Find a record by its content: its number, from 1."""
        domain, digest = document_domain(self.trial_id), sha256(record).digest()
        for number, (salt, value) in enumerate(self.leaves(), 1):
            if commitment(domain, salt, digest) == value:
                return number
        raise InputError(f"The record is not one of those in the batch {self.file.stem}.")

    def document(self, number: int, record: bytes, name: str) -> Document:
        """Return a record as a document with its salt, if it is the one that was committed to."""
        with self.file.open("rb") as file:
            file.seek((number - 1) * LEAF)
            leaf = file.read(LEAF)
        salt, value = leaf[:SALT_BYTES], leaf[SALT_BYTES:]
        made = Document(name, "sha-256", sha256(record).digest(), salt, self.trial_id)
        if made.commitment != value:
            raise InputError(
                f"Record {number} is not what was anchored: it changed since, or its salt was "
                "destroyed."
            )
        return made


def batch_of(folder: Path, trial_id: bytes, kind: DocumentKind, source: Path) -> Batch:
    """Return the batch of a file's records, made or not."""
    if not source.is_file():
        raise InputError(f"{source} is no file; name one with a record a line.")
    key = keccak(trial_id + bytes([kind]) + digest_of_file(source)).hex()[:16]
    return Batch(folder / f"{key}.leaves", trial_id)


def make(batch: Batch, kind: DocumentKind, source: Path, progress: Progress = silent) -> Label:
    """Give each record of a file a new salt, unless that was done before."""
    if batch.made:
        return batch.label
    hashed = progress(records(source), "hashing records", 0)
    count = _write(batch.file, batch.trial_id, hashed)
    if not 0 < count <= MOST:
        batch.file.unlink()
        raise InputError(f"{source} holds {count} records; 1 to {MOST} can be anchored.")
    root = batch.tree().root
    label = Label(batch.trial_id, kind.name.lower(), source.name, count, root)
    save(label, batch.file.with_suffix(".json"))
    return label


def _write(file: Path, trial_id: bytes, source: Iterable[bytes]) -> int:
    """Write a leaf for each record, and count them; on disk when this returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    domain, count = document_domain(trial_id), 0
    with open(file, "wb", buffering=CHUNK * LEAF, opener=private) as out:
        for record in source:
            salt = new_salt()
            out.write(salt + commitment(domain, salt, sha256(record).digest()))
            count += 1
        out.flush()
        os.fsync(out.fileno())
    return count


def chosen(source: Path, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the records of a file with these numbers, from 1."""
    wanted, found = set(numbers), dict[int, bytes]()
    for number, record in enumerate(records(source), 1):
        if number in wanted:
            found[number] = record
            if len(found) == len(wanted):
                break
    if missing := sorted(wanted - set(found)):
        raise InputError(f"{source} has no record {missing[0]}.")
    return found
