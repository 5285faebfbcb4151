"""Sends many calls with their keys, for a campaign to kill.

Arguments: URL HOME ACCOUNT FIRST COUNT WINDOW.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from pyhealth.chain.network import Chain, connect
from pyhealth.chain.sender import Sender
from pyhealth.chain.transactions import Call
from pyhealth.chain.wallet import Signer, checksum_address
from pyhealth.config import load_settings
from pyhealth.errors import PyHealthError
from pyhealth.hashing import keccak

RECORDER = checksum_address(b"\x11" * 20)
CODE = "0x60003560006000a100"  # emits the first word of what it is called with
GAS = 60_000


def account(name: str) -> Signer:
    """Return an account that a name stands for."""
    return Signer.from_key(keccak(name.encode()))


def effect(name: str, number: int) -> bytes:
    """Return the word that a call makes the recorder emit."""
    return keccak(f"{name} {number}".encode())


def reached(url: str, home: Path, confirmations: int) -> Chain:
    """Connect to a chain whose blocks count as final at that depth."""
    chain = connect(load_settings({"PYHEALTH_HOME": str(home)}), url)
    chain.network = replace(chain.network, confirmations=confirmations)
    return chain


def send(sender: Sender, name: str, first: int, count: int) -> int:
    """Send the calls of these numbers, and return how many are done."""
    numbers = range(first, first + count)
    calls = (Call(RECORDER, effect(name, number), gas=GAS) for number in numbers)
    keys = (f"{name} {number}" for number in numbers)
    return sum(outcome.done().succeeded for outcome in sender.send_many(calls, keys=keys))


def main(arguments: list[str]) -> int:
    """Send, and say how many are done."""
    url, home, name, first, count, window = arguments
    chain = reached(url, Path(home), 1)
    try:
        sender = Sender(chain, account(name), window=int(window) or None)
        print(send(sender, name, int(first), int(count)))
    except PyHealthError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
