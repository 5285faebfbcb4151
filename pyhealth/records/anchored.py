"""A custodian's log of AuditEvents, anchored: its Merkle root on chain, its salts kept here.

Each event is committed to by its own salt, so that one can be shown without the others, and none
can be guessed from the root.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.hashing import AUDIT_DOMAIN, MerkleTree, commitment, new_salt
from pyhealth.standards.audit.files import resources
from pyhealth.standards.resources import moment

SUFFIX = ".log.json"


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What opens an anchored log: a salt for each event, in the order of their digests."""

    start: datetime
    until: datetime
    salts: tuple[bytes, ...]

    def root(self, digests: Iterable[bytes]) -> bytes:
        """Return the root over events of these digests."""
        paired = zip(self.salts, digests, strict=True)
        return MerkleTree(commitment(AUDIT_DOMAIN, salt, digest) for salt, digest in paired).root


def digests(named: Iterable[Path], start: datetime, until: datetime) -> list[bytes]:
    """Return the digest of each AuditEvent recorded in a period, sorted: in whichever order the
    files are named, the log is the same.

    Digested is the JSON with sorted names and without spaces, so that another layout of the same
    event is the same event.
    """
    found = []
    for place, resource in resources(named):
        if isinstance(resource, InputError):
            raise resource
        if resource.get("resourceType") != "AuditEvent":
            continue
        recorded = moment(str(resource.get("recorded", "")), f"{place}: AuditEvent.recorded")
        if start <= recorded < until:
            plain = json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            found.append(hashlib.sha256(plain.encode()).digest())
    return sorted(found)


def salted(start: datetime, until: datetime, count: int) -> Anchoring:
    """Return new salts for a number of events."""
    return Anchoring(start, until, tuple(new_salt() for _ in range(count)))


def save(anchoring: Anchoring, file: Path) -> Path:
    """Write the salts, for the custodian's eyes only; never over others."""
    told = {
        "from": anchoring.start.isoformat(),
        "until": anchoring.until.isoformat(),
        "salts": ["0x" + salt.hex() for salt in anchoring.salts],
    }
    try:
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(json.dumps(told, indent=1) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError as error:
        raise InputError(f"{file} exists already; move it away, or name another file.") from error
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
    return file


def load(file: Path) -> Anchoring:
    """Read the salts of an anchored log."""
    try:
        told = json.loads(file.read_text("utf-8"))
        start, until = (datetime.fromisoformat(told[name]) for name in ("from", "until"))
        return Anchoring(start, until, tuple(bytes.fromhex(one[2:]) for one in told["salts"]))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} opens no anchored log ({error}); name another.") from error
