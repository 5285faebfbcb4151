"""Openings: the salt that opens a commitment on chain, kept beside the document that it is of.

Whoever holds the document and its opening can check the two against the chain; whoever destroys the
salt leaves a number there that says nothing. One document has another salt for each whom it is
about, so that commitments link nobody, and each can be destroyed alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.hashing import (
    CONSENT_DOMAIN,
    REASON_DOMAIN,
    RECORD_DOMAIN,
    REPORT_DOMAIN,
    SALT_BYTES,
    commitment,
    digest_of_file,
    new_salt,
)
from pyhealth.reading import shallow

SUFFIX = ".opening.json"
TOLD = 8  # digits of its commitment in the name of an older opening
DOMAINS = {
    "consent": CONSENT_DOMAIN,
    "record": RECORD_DOMAIN,
    "reason": REASON_DOMAIN,
    "report": REPORT_DOMAIN,
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment to a document."""

    of: str  # consent, record, reason or report: a commitment to one is none to another
    document: str  # the file's name
    digest: bytes  # SHA-256
    salt: bytes
    whom: str = ""  # whom it is about, such as a patient; nobody else has the same salt

    @property
    def commitment(self) -> bytes:
        """What stands on chain."""
        return commitment(DOMAINS[self.of], self.salt, self.digest)

    def opens(self, document: Path, committed: bytes) -> bool:
        """Say whether a document is the one that a commitment is to."""
        return digest_of_file(document) == self.digest and self.commitment == committed


def opening_file(document: Path) -> Path:
    """Return where the newest opening of a document lies: beside it."""
    if not document.name:
        raise InputError(f"{document} is no file; name the document to commit to.")
    return document.with_name(document.name + SUFFIX)


def commit(document: Path, of: str, whom: str = "") -> Opening:
    """Commit to a file, and keep the salt beside it before anything is sent."""
    file = opening_file(document)
    return keep(draft(document, of, file, whom), file)


def draft(document: Path, of: str, file: Path, whom: str = "") -> Opening:
    """Commit to a document without writing anything: with the salt that is kept for the same
    content and the same whom, else with a new one.
    """
    wanted = of, _digest(document), whom
    for kept in _kept(document, file):
        if (kept.of, kept.digest, kept.whom) == wanted:
            return kept
    return Opening(of, document.name, wanted[1], new_salt(), whom)


def keep(opening: Opening, file: Path) -> Opening:
    """Have an opening in a file, once; the one there is kept under a name with its commitment."""
    if file.exists():
        standing = load(file)
        if standing == opening:
            return opening
        os.replace(file, _aside(standing, file))
    before = _aside(opening, file)
    if before.exists() and load(before) == opening:
        os.replace(before, file)
    else:
        _write(opening, file)
    return opening


def opens(document: Path, committed: bytes) -> bool:
    """Say whether a document is the one that a commitment is to, by any opening beside it."""
    file = opening_file(document)
    kept = any(one.opens(document, committed) for one in _kept(document, file))
    return kept or load(file).opens(document, committed)  # which tells where there is none


def _kept(document: Path, file: Path) -> Iterator[Opening]:
    """Yield what is kept of a document: in a file, and under names with commitments."""
    named = f"{escape(document.name)}.{'[0-9a-f]' * TOLD}{SUFFIX}"
    for one in [file, *sorted(file.parent.glob(named))]:
        if one.exists():
            yield load(one)


def _aside(opening: Opening, file: Path) -> Path:
    name = f"{Path(opening.document).name}.{opening.commitment.hex()[:TOLD]}{SUFFIX}"
    return file.with_name(name)


def load(file: Path) -> Opening:
    """Read an opening."""
    try:
        text = file.read_text("utf-8")
        with shallow():
            told = json.loads(text)
        digest, salt = (bytes.fromhex(told[name].removeprefix("0x")) for name in ("digest", "salt"))
        if told["of"] not in DOMAINS or (len(digest), len(salt)) != (32, SALT_BYTES):
            raise ValueError("it opens nothing that is known")
        whom = str(told.get("whom", ""))
        return Opening(str(told["of"]), str(told["document"]), digest, salt, whom)
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{file} is no opening ({reason}); name another file.") from error


def content_of(document: Path) -> bytes:
    """Return the bytes of a document to commit to."""
    with _usable(document):
        return document.read_bytes()


def _digest(document: Path) -> bytes:
    with _usable(document):
        return digest_of_file(document)


@contextmanager
def _usable(document: Path) -> Iterator[None]:
    if not document.is_file():
        raise InputError(f"{document} is no file; name the document to commit to.")
    try:
        if not document.stat().st_size:
            raise InputError(f"{document} is empty, and an empty document proves nothing.")
        yield
    except OSError as error:
        raise InputError(f"{document} cannot be read ({error.strerror}).") from error


def _write(opening: Opening, file: Path) -> None:
    told = {
        "of": opening.of,
        "document": opening.document,
        "whom": opening.whom,
        "digest": "0x" + opening.digest.hex(),
        "salt": "0x" + opening.salt.hex(),
        "commitment": "0x" + opening.commitment.hex(),
    }
    try:
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(json.dumps(told, indent=2) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
