"""A wrapping key that stays in a key management service or a hardware module, behind a command.

The command runs with ``wrap`` or ``unwrap`` as its last argument, reads one line of base64 from
standard input, and answers with one line of base64 and exit status 0. What it answers to ``wrap``
comes back to it at ``unwrap``, and is never looked into.
"""

from __future__ import annotations

import base64
import binascii
import subprocess
from dataclasses import dataclass

from pyhealth.errors import KeyCommandFailed
from pyhealth.privacy.vault.envelope import KEY_BYTES

SECONDS = 30  # that a key service may take
LONGEST = 1 << 16  # bytes of an answer
MOST_SAID = 200  # characters of a complaint


@dataclass(frozen=True, slots=True)
class CommandKek:
    """A wrapping key that this process never sees."""

    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """The program, without arguments, which may tell more than a header should."""
        return f"command {self.command[0]}"

    def wrap(self, key: bytes) -> bytes:
        """Have the key wrapped."""
        return self._asked("wrap", key)

    def unwrap(self, wrapped: bytes, expected: str) -> bytes:
        """Have a key unwrapped."""
        key = self._asked("unwrap", wrapped)
        if len(key) != KEY_BYTES:
            raise KeyCommandFailed("unwrap", f"{self.name} gives {len(key)} bytes, no key")
        return key

    def _asked(self, what: str, data: bytes) -> bytes:
        line = base64.b64encode(data) + b"\n"
        try:
            done = subprocess.run(
                [*self.command, what], input=line, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            why = f"{self.name} has not answered for {SECONDS} s"
            raise KeyCommandFailed(what, why) from error
        except OSError as error:
            raise KeyCommandFailed(what, f"{self.name}: {error.strerror}") from error
        if done.returncode:
            told = f"{self.name} ends with status {done.returncode}{_said(done.stderr, line)}"
            raise KeyCommandFailed(what, told)
        try:
            answer = base64.b64decode(done.stdout[:LONGEST].strip(), validate=True)
        except binascii.Error:
            answer = b""
        if not answer:
            raise KeyCommandFailed(what, f"{self.name} answers with no line of base64")
        return answer


def _said(errors: bytes, line: bytes) -> str:
    """Return the last line of what a command complains of, unless it repeats what it was given."""
    lines = errors[-LONGEST:].decode("utf-8", "replace").strip().splitlines()
    if not lines or line.strip() in errors:
        return ""
    last = "".join(one for one in lines[-1][:MOST_SAID] if one.isprintable())
    return f": {last}"
