"""Tokens of this house's own programs: each stands for one operator account until its end."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pyhealth.errors import InputError


@dataclass(frozen=True, slots=True)
class Token:
    """What a file knows of a token: not the token."""

    digest: str  # SHA-256: 32 random bytes need no slower hash
    account: str  # a name that the wallet knows
    until: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """A file of tokens, read anew for each request: a line taken out is a token revoked."""

    file: Path

    def issue(self, account: str, until: datetime) -> str:
        """Make a token for an account, and return it: it is kept nowhere."""
        token = secrets.token_urlsafe(32)
        line = json.dumps(
            {"sha256": _digest(token), "account": account, "until": until.isoformat()}
        )
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(self.file, "a", opener=_privately) as out:
                out.write(line + "\n")
        except OSError as error:
            raise InputError(f"{self.file} cannot be written ({error.strerror}).") from error
        return token

    def account_of(self, token: str) -> str | None:
        """Return whose token this is, or nothing where it is unknown or over."""
        wanted, now = _digest(token), datetime.now(UTC)
        fitting = (one for one in self if one.digest == wanted and now < one.until)
        return next((one.account for one in fitting), None)

    def __iter__(self) -> Iterator[Token]:
        try:
            lines = self.file.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise InputError(f"{self.file} cannot be read as a file of tokens.") from error
        for number, line in enumerate(lines, 1):
            try:
                told = json.loads(line)
                until = datetime.fromisoformat(told["until"]).astimezone(UTC)
                yield Token(str(told["sha256"]), str(told["account"]), until)
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{self.file}, line {number}: this is no token; take the line out."
                ) from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
