#!/usr/bin/env python3
"""Verify a pyhealth proof: that a document was anchored on a chain, by whom and when.

    python verify_proof.py protocol.pdf --block-hash 0x...

Python 3.9 or newer and its standard library are all it needs: no node, no network, no package.
Give it the hash of the block from a source you trust (your own node, two explorers). Each step
proves the next, and nothing is decoded before its hash has been checked:

    document -> digest -> salted commitment -> Merkle leaf -> Merkle root
    block hash -> header -> receipts root -> receipt -> event (root, author) by the contract

Two contracts record anchorings: a Notary, and a TrialRegistry that also says for which trial, as
what kind of document, and at which stage of the trial.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, Union

FORMAT = "pyhealth-proof/1"
SUFFIX = ".proof.json"
MAX_PROOF = 16 * 2**20  # bytes of a proof file; the longest receipt that fits a block fits here
MAX_DEPTH = 16  # lists within lists in RLP; a receipt has four
UTC = timezone(timedelta(0))  # datetime.UTC came with Python 3.11
BOUND = (
    "block time; public chains within about 15 seconds, a consortium's validators can delay but "
    "not back-date before the previous block"
)
Rlp = Union[bytes, "list[Rlp]"]
Hasher = Callable[[bytes], Any]  # a constructor as hashlib's: Keccak256, or sha3.keccak_256


class Reason(Enum):
    """Why a proof is not valid."""

    UNREADABLE = "the document or the proof cannot be read"
    PROOF_MALFORMED = "the proof file is not in the format"
    CONTENT_DIFFERS = "the document is not the one of the proof"
    SALT_DIFFERS = "salt and digest do not give the commitment"
    PATH_DIFFERS = "the commitment is not under the Merkle root"
    WRONG_CHAIN = "another chain than expected"
    WRONG_CONTRACT = "another contract than expected or stated"
    WRONG_AUTHOR = "another author than expected or stated"
    WRONG_TRIAL = "another trial than expected or stated"
    HEADER_DIFFERS = "the header is not that of the trusted block"
    BLOCK_DIFFERS = "block number or time are not those of the header"
    RECEIPT_NOT_INCLUDED = "the receipt is not shown to be in the block"
    RECEIPT_UNKNOWN = "the receipt is of a kind this verifier does not know"
    RECEIPT_FAILED = "the transaction failed"
    EVENT_MISSING = "the receipt holds no such event"
    ROOT_UNKNOWN = "the event anchors another root"


class NotProven(Exception):
    """Ends a verification, with its reason and one sentence."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True)
class Verdict:
    """What was found. Where it is not valid, all but reason and sentence is empty."""

    valid: bool
    reason: Reason | None
    sentence: str
    digest: bytes = b""
    root: bytes = b""
    author: str = ""
    contract: str = ""
    block_number: int = 0
    block_hash: bytes = b""
    anchored_at: datetime | None = None
    chain_id: int = 0  # stated by the proof file, not proven
    transaction: bytes = b""  # stated by the proof file, not proven
    trial_id: bytes = b""  # where a TrialRegistry recorded it; so with the three below
    kind: str = ""
    version: int = 0  # of the trial's protocol, at that time
    stage: str = ""  # that the trial had reached
    proven: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


class Digest(bytes):
    """A document's digest, where the document itself is not at hand."""


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def brief(value: object) -> str:
    """Show a value of the proof, however hostile, in a few printable characters."""
    if isinstance(value, bytes):
        text = f"0x{value[:40].hex()}"
    elif isinstance(value, int) and abs(value) < 2**256:
        text = str(value)
    else:
        text = value if isinstance(value, str) else f"a {type(value).__name__}"
    return printable(text if len(text) <= 80 else text[:76] + " ...")


def expect(reason: Reason, what: str, expected: object, found: object) -> None:
    if expected != found:
        raise NotProven(reason, f"{what}: expected {brief(expected)}, found {brief(found)}.")


# ---- Keccak-256 as Ethereum has it: with the padding from before SHA-3 was standardised

WORD = 2**64 - 1
# fmt: off
ROUNDS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)
TURNS = (
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
)
# fmt: on
SOURCES = [(x + 3 * y) % 5 + 5 * x for y in range(5) for x in range(5)]


def _turn(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & WORD


def _permute(a: list[int]) -> list[int]:
    """Apply keccak-f[1600] to 25 lanes of 64 bits, where lane x + 5y is A[x, y]."""
    for constant in ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ _turn(c[x - 4], 1) for x in range(5)]
        b = [_turn(a[i] ^ d[i % 5], TURNS[i]) for i in SOURCES]
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


class Keccak256:
    """Hash piece by piece, as hashlib's objects do."""

    def __init__(self, data: bytes = b"") -> None:
        self._lanes, self._rest = [0] * 25, b""
        self.update(data)

    def update(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % 136
        self._lanes, self._rest = self._absorb(data[:whole]), data[whole:]

    def digest(self) -> bytes:
        last = bytearray(self._rest.ljust(136, b"\0"))
        last[len(self._rest)] ^= 0x01
        last[-1] ^= 0x80
        return b"".join(lane.to_bytes(8, "little") for lane in self._absorb(bytes(last))[:4])

    def _absorb(self, data: bytes) -> list[int]:
        lanes = list(self._lanes)
        for start in range(0, len(data), 136):
            for i in range(17):
                at = start + 8 * i
                lanes[i] ^= int.from_bytes(data[at : at + 8], "little")
            lanes = _permute(lanes)
        return lanes


def keccak256(data: bytes) -> bytes:
    return Keccak256(data).digest()


@lru_cache(maxsize=256)
def checksummed(address: bytes) -> str:
    """Write an address with the checksum of EIP-55 in the case of its letters."""
    text = address.hex()
    check = keccak256(text.encode()).hex()
    return "0x" + "".join(c.upper() if check[i] > "7" else c for i, c in enumerate(text))


# ---- RLP, in its canonical form only


def decode_rlp(data: bytes) -> Rlp:
    """Decode one item that fills the data; raise ValueError for any second way of writing it."""
    item, end = _item(data, 0, len(data), MAX_DEPTH)
    if end != len(data):
        raise ValueError("bytes after the end")
    return item


def _item(data: bytes, at: int, limit: int, depth: int) -> tuple[Rlp, int]:
    if at >= limit:
        raise ValueError("it ends too early")
    first, start = data[at], at + 1
    if first < 0x80:
        return data[at:start], start
    is_list = first >= 0xC0
    size = first - (0xC0 if is_list else 0x80)
    if size > 55:
        start += size - 55
        size = int.from_bytes(data[at + 1 : start], "big")
        if start > limit or data[at + 1] == 0 or size <= 55:
            raise ValueError("a length is not in its shortest form")
    end = start + size
    if end > limit:
        raise ValueError("it ends too early")
    if not is_list:
        if size == 1 and data[start] < 0x80:
            raise ValueError("a byte is not in its shortest form")
        return data[start:end], end
    if depth == 0:
        raise ValueError("lists are nested too deeply")
    items: list[Rlp] = []
    while start < end:
        item, start = _item(data, start, end, depth - 1)
        items.append(item)
    return items, end


# ---- the receipt's place in the Merkle-Patricia trie of its block


def receipt_in_trie(
    root: bytes, index: int, nodes: Sequence[bytes], hasher: Hasher = Keccak256
) -> bytes:
    """Return the receipt at an index of the trie with this root; raise ValueError if not shown."""
    number = index.to_bytes((index.bit_length() + 7) // 8, "big")
    key = number if 0 < index < 0x80 else bytes([0x80 + len(number)]) + number
    nibbles, rest = key.hex(), list(nodes)
    child: Rlp = root
    while True:
        node = child if isinstance(child, list) else _next_node(child, rest, hasher)
        if len(node) == 17:
            child, nibbles = (node[int(nibbles[0], 16)] if nibbles else b""), nibbles[1:]
            continue
        part, is_leaf = _hex_prefix(node)
        if is_leaf:
            if part != nibbles or rest or not isinstance(node[1], bytes):
                raise ValueError("the path ends at another receipt")
            return node[1]
        if not part or not nibbles.startswith(part):
            raise ValueError("the path leads to another receipt")
        child, nibbles = node[1], nibbles[len(part) :]


def _next_node(child: bytes, rest: list[bytes], hasher: Hasher) -> list[Rlp]:
    """Take the next node of the path, which must be the one that its parent names."""
    if len(child) != 32 or not rest:
        raise ValueError("the path ends too early")
    encoded = rest.pop(0)
    if hasher(encoded).digest() != child:
        raise ValueError("a node of the path is not the one that its parent names")
    node = decode_rlp(encoded)
    return node if isinstance(node, list) else [node]


def _hex_prefix(node: list[Rlp]) -> tuple[str, bool]:
    text = node[0].hex() if len(node) == 2 and isinstance(node[0], bytes) else ""
    if not re.match("[02]0|[13]", text):
        raise ValueError("a node of the path has a form that no trie has")
    return text[1 if text[0] in "13" else 2 :], text[0] in "23"


# ---- the proof file

NAME, ALGORITHM, NUMBER = "a file name", "sha-256 or keccak-256", "a whole number below 2^64"
HASH, BYTES = "32 bytes in lower-case hex after 0x", "whole bytes in lower-case hex after 0x"
ADDRESS, TIME = "an address with its checksum (EIP-55)", "a time like 2026-11-22T14:43:44Z"
PATTERNS = {
    NAME: r"(?s).{0,4096}",
    ALGORITHM: r"sha-256|keccak-256",
    HASH: r"0x[0-9a-f]{64}",
    BYTES: r"0x(?:[0-9a-f][0-9a-f])*",
    ADDRESS: r"0x[0-9a-fA-F]{40}",
    TIME: r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
}
# fmt: off
FIELDS = {
    "document": {"name": NAME, "algorithm": ALGORITHM, "digest": HASH},
    "commitment": {"salt": HASH, "value": HASH},
    "merkle": {"path": HASH, "root": HASH},
    "anchor": {
        "chain_id": NUMBER, "contract": ADDRESS, "author": ADDRESS, "transaction": HASH,
        "block_number": NUMBER, "block_hash": HASH, "anchored_at": TIME,
    },
    "evidence": {
        "header": BYTES, "transaction_index": NUMBER, "log_index": NUMBER, "receipt_path": BYTES,
    },
}
# fmt: on
LISTS = {"path": 64, "receipt_path": 16}  # the most items
OPTIONAL = {"anchor": {"trial_id": HASH}}  # only in the proofs of a trial's documents

# Whose event records an anchoring, and what its data holds; the time comes last in both.
NOTARY, TRIALS = "Notary", "TrialRegistry"
SIGNATURES = {
    NOTARY: b"DigestAnchored(bytes32,address,uint64)",
    TRIALS: b"DocumentAnchored(bytes32,bytes32,address,uint8,uint8,uint8,uint16,uint32,uint64)",
}
DATA = {NOTARY: "time", TRIALS: "phase kind stage version count time"}
# fmt: off
KINDS = (
    "nothing", "protocol", "outcome list", "ethics decision", "consent form", "protocol annex",
    "enrolment", "eligibility criteria", "randomisation list", "data batch", "monitoring report",
    "deviation", "safety report", "locked data", "data record", "analysis plan", "analysis code",
    "analysis output", "post hoc analysis", "results", "participant flow", "publication",
)
STAGES = (
    "nothing", "registration", "first enrolment", "last visit", "database lock", "unblinding",
    "results",
)
# fmt: on


def malformed(sentence: str) -> NoReturn:
    raise NotProven(Reason.PROOF_MALFORMED, f"Malformed proof: {sentence}.")


def value_of(kind: str, value: object) -> Any:
    """Decode a value of the proof: hex to bytes, a time to a datetime; or raise ValueError."""
    if kind == NUMBER and type(value) is int and 0 <= value < 2**64:
        return value
    if kind == NUMBER or not isinstance(value, str) or not re.fullmatch(PATTERNS[kind], value):
        raise ValueError("not in its form")
    if kind == ADDRESS and value != checksummed(bytes.fromhex(value[2:])):
        raise ValueError("not its checksum")
    if kind == TIME:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return bytes.fromhex(value[2:]) if kind in (HASH, BYTES) else value


def load(path: Path) -> object:
    """Read a proof file, unless it is larger than any proof."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_PROOF + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if len(text) > MAX_PROOF:
        malformed(f"it is larger than {MAX_PROOF} bytes")
    return parse(text)


def parse(text: bytes) -> object:
    """Parse JSON as strictly as the format is: no name twice, no fraction, no NaN."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            malformed("a name occurs twice in one object")
        return dict(pairs)

    def refuse(number: str) -> NoReturn:
        malformed(f"expected {NUMBER}, found {brief(number)}")

    def whole(number: str) -> int:
        return int(number) if len(number) <= 20 else refuse(number)

    # A parser that recurses can be made to crash: look at the nesting first, outside of strings.
    outside = text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]
    depth = 0
    for bracket in re.finditer(rb"[][{}]", b"".join(outside)):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > 3:
            malformed("it is nested too deeply")
    hooks: Any = {"parse_int": whole, "parse_float": refuse, "parse_constant": refuse}
    try:
        return json.loads(text.decode(), object_pairs_hook=once, **hooks)
    except ValueError as error:
        malformed(f"it is not JSON ({brief(str(error))})")


def read(proof: object) -> dict[str, Any]:
    """Check the form of a proof, and return its fields by name, decoded."""
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        malformed(f'an object with the format "{FORMAT}" is expected')
    fields: dict[str, Any] = {"trial_id": None}
    _check_names(proof, {"format", *FIELDS}, "")
    for section, kinds in FIELDS.items():
        if not isinstance(proof[section], dict):
            malformed(f"{section}: expected an object, found {brief(proof[section])}")
        more = OPTIONAL.get(section, {})
        kinds = {**kinds, **{name: more[name] for name in more if name in proof[section]}}
        _check_names(proof[section], set(kinds), f"{section}.")
        for name, kind in kinds.items():
            value, most = proof[section][name], LISTS.get(name)
            if most and not (isinstance(value, list) and len(value) <= most):
                malformed(f"{section}.{name}: a list of at most {most} items is expected")
            try:
                many = [value_of(kind, item) for item in value] if most else None
                unsalted = name == "salt" and value is None
                fields[name] = many if most else None if unsalted else value_of(kind, value)
            except ValueError:
                malformed(f"{section}.{name}: expected {kind}, found {brief(value)}")
    return fields


def _check_names(found: dict[Any, object], expected: set[str], prefix: str) -> None:
    for name in sorted(expected - set(found)):
        malformed(f"the field {prefix}{name} is missing")
    for name in set(found) - expected:
        malformed(f"the field {prefix}{brief(name)} is not part of {FORMAT}")


def digest_of(document: bytes | Path, algorithm: str, hasher: Hasher = Keccak256) -> bytes:
    """Hash a document, in chunks where it is a file."""
    state = hashlib.sha256(b"") if algorithm == "sha-256" else hasher(b"")
    try:
        with io.BytesIO(document) if isinstance(document, bytes) else document.open("rb") as file:
            while chunk := file.read(2**20):
                state.update(chunk)
    except (OSError, ValueError) as error:
        raise _unreadable(document, error) from None
    return bytes(state.digest())


def _unreadable(path: object, error: Exception) -> NotProven:
    why = getattr(error, "strerror", None) or error
    return NotProven(Reason.UNREADABLE, f"Cannot read {path}: {why}.")


# ---- the verification


def verify(
    document: bytes | Path | Digest,
    proof: object,
    block_hash: bytes,
    *,
    contract: str | None = None,
    author: str | None = None,
    chain_id: int | None = None,
    trial_id: bytes | None = None,
    hasher: Hasher = Keccak256,
) -> Verdict:
    """Judge a proof (its JSON, parsed) against a document and the hash of a block that you trust.

    ``document`` is a file's path, its content, or its ``Digest``. ``contract``, ``author``,
    ``chain_id`` and ``trial_id`` are what you expect them to be (addresses with their checksum).
    ``hasher`` may be a faster Keccak-256.
    """
    expected = (
        (Reason.WRONG_CONTRACT, "contract", contract),
        (Reason.WRONG_AUTHOR, "author", author),
        (Reason.WRONG_CHAIN, "chain_id", chain_id),
        (Reason.WRONG_TRIAL, "trial_id", trial_id),
    )
    try:
        fields = read(proof)
        for reason, name, value in expected:
            if value is not None:
                expect(reason, f"The proof is of another {name}", value, fields[name])
        _check_document(document, fields, hasher)
        receipts_root = _check_header(fields, block_hash, hasher)
        told = _check_event(_logs(fields, receipts_root, hasher), fields, hasher)
    except NotProven as refusal:
        return Verdict(False, refusal.reason, str(refusal))
    return _verdict(fields, told, contract is not None)


def _check_document(document: bytes | Path, f: dict[str, Any], hasher: Hasher) -> None:
    if isinstance(document, Digest):
        found = bytes(document)
    else:
        found = digest_of(document, f["algorithm"], hasher)
    what = f"The document differs, by its {f['algorithm']} digest"
    expect(Reason.CONTENT_DIFFERS, what, f["digest"], found)
    domain = hasher(b"pyhealth.document").digest()
    if f["trial_id"]:  # committed to as well, so that a copy under another trial opens for nobody
        domain = hasher(domain + f["trial_id"]).digest()
    salted = f["salt"] is not None
    value = hasher(domain + f["salt"] + found).digest() if salted else found
    expect(Reason.SALT_DIFFERS, "Salt and digest give another commitment", f["value"], value)
    node = hasher(hasher(value).digest()).digest()
    for sibling in f["path"]:
        node = hasher(min(node, sibling) + max(node, sibling)).digest()
    expect(Reason.PATH_DIFFERS, "The Merkle path leads to another root", f["root"], node)


def _check_header(f: dict[str, Any], block_hash: bytes, hasher: Hasher) -> bytes:
    """Return the receipts root of the trusted block."""
    header_hash = hasher(f["header"]).digest()
    expect(Reason.HEADER_DIFFERS, "The header is of another block", block_hash, header_hash)
    expect(Reason.HEADER_DIFFERS, "The proof names another block", block_hash, f["block_hash"])
    try:
        header: Any = decode_rlp(f["header"])
        if len(header) < 15 or len(header[5]) != 32:
            raise ValueError("not the fields of a header")
        number, seconds = (int.from_bytes(header[i], "big") for i in (8, 11))
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, TypeError, OverflowError) as error:
        raise NotProven(Reason.HEADER_DIFFERS, f"The header is unreadable: {error}.") from None
    expect(Reason.BLOCK_DIFFERS, "The proof names another number", number, f["block_number"])
    expect(Reason.BLOCK_DIFFERS, "The proof names another time", time, f["anchored_at"])
    return bytes(header[5])


def _logs(f: dict[str, Any], receipts_root: bytes, hasher: Hasher) -> list[Any]:
    """Return the logs of the receipt, once it is shown to be in the block, and a success."""
    index = f["transaction_index"]
    try:
        receipt = receipt_in_trie(receipts_root, index, f["receipt_path"], hasher)
    except ValueError as error:
        sentence = f"Receipt {index} is not shown to be in the block: {error}."
        raise NotProven(Reason.RECEIPT_NOT_INCLUDED, sentence) from None
    is_typed = receipt[:1] in (b"\1", b"\2", b"\3", b"\4")  # EIP-2718
    try:
        body: Any = decode_rlp(receipt[1:] if is_typed else receipt)
        status, _gas, _bloom, logs = body
    except ValueError:
        sentence = f"The receipt is of an unknown kind: {brief(receipt[:32])}."
        raise NotProven(Reason.RECEIPT_UNKNOWN, sentence) from None
    expect(Reason.RECEIPT_FAILED, "The transaction failed, by its status", b"\1", status)
    return list(logs)


def _check_event(logs: list[Any], f: dict[str, Any], hasher: Hasher) -> dict[str, int]:
    """Return what the event tells beside topics: numbers, by name."""
    recorder = TRIALS if f["trial_id"] else NOTARY
    signature, names = SIGNATURES[recorder], DATA[recorder].split()
    try:
        address, (name, *topics), data = logs[f["log_index"]]
        *trial, root, account = topics
        ours = name == hasher(signature).digest() and len(trial) == (recorder is TRIALS)
        if not ours or len(data) != 32 * len(names):
            raise ValueError("another event")
        contract, author = checksummed(address), checksummed(account[12:])
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]
        told = {name: words[i] for i, name in enumerate(names)}
    except (ValueError, TypeError, IndexError, AttributeError):
        event = signature.decode().split("(")[0]
        sentence = f"Log {f['log_index']} of {len(logs)} is not a {event} event."
        raise NotProven(Reason.EVENT_MISSING, sentence) from None
    expect(Reason.WRONG_CONTRACT, "Another contract recorded it", f["contract"], contract)
    expect(Reason.WRONG_TRIAL, "Another trial holds it", f["trial_id"], trial[0] if trial else None)
    expect(Reason.ROOT_UNKNOWN, "Another root was anchored", f["root"], root)
    expect(Reason.WRONG_AUTHOR, "Another author anchored it", f["author"], author)
    time = int(f["anchored_at"].timestamp())
    expect(Reason.BLOCK_DIFFERS, "The event holds another time", time, told["time"])
    return told


def _verdict(f: dict[str, Any], told: dict[str, int], pinned: bool) -> Verdict:
    time = f["anchored_at"].strftime("%Y-%m-%d %H:%M:%S UTC")
    recorder, of_trial = (TRIALS, _of_trial(f, told)) if f["trial_id"] else (NOTARY, {})
    proven: tuple[str, ...] = (
        f"the document has the {f['algorithm']} digest {brief(f['digest'])}",
        f"account {f['author']} anchored it, as contract {f['contract']} recorded",
        f"anchored at or before {time} ({BOUND})",
        f"in block {f['block_number']}, {brief(f['block_hash'])}",
    )
    if of_trial:
        under = "as {kind}, under version {version} of the protocol, at stage: {stage}"
        proven += (f"for trial {brief(f['trial_id'])}, " + under.format(**of_trial),)
    trusted = (
        f"that this block is part of the chain; that its id is {f['chain_id']} is only stated",
        f"that {f['contract']} is the genuine {recorder}" + (", as you say" if pinned else ""),
        f"that the transaction is {brief(f['transaction'])}: stated, not proven",
    )
    names = "digest root author contract block_number block_hash anchored_at chain_id transaction"
    facts = {name: f[name] for name in names.split()} | of_trial
    return Verdict(True, None, f"Valid: {proven[2]}.", **facts, proven=proven, trusted=trusted)


def _of_trial(f: dict[str, Any], told: dict[str, int]) -> dict[str, Any]:
    kind, stage = told["kind"], told["stage"]
    return {
        "trial_id": f["trial_id"],
        "kind": KINDS[kind] if kind < len(KINDS) else f"kind {kind}",
        "version": told["version"],
        "stage": STAGES[stage] if stage < len(STAGES) else f"stage {stage}",
    }


# ---- the command line


EXPECTED = ("contract", "author", "chain_id", "trial_id")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NotProven(Reason.UNREADABLE, f"{message} (see --help)")


def _hash(text: str) -> Any:
    try:
        return value_of(HASH, text.lower())
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {HASH}, found {brief(text)}") from None


def _address(text: str) -> str:
    try:
        is_plain = text == text.lower() and re.fullmatch(PATTERNS[ADDRESS], text)
        return checksummed(bytes.fromhex(text[2:])) if is_plain else str(value_of(ADDRESS, text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {ADDRESS}, found {brief(text)}") from None


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    about = (__doc__ or "").split("\n")[0]
    parser = _Parser(prog="verify_proof", description=about, allow_abbrev=False)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the document")
    parser.add_argument("--digest", type=_hash, help="the document's digest, instead of FILE")
    parser.add_argument("--proof", type=Path, help=f"the proof file (default: FILE{SUFFIX})")
    parser.add_argument("--block-hash", type=_hash, required=True, help="the hash that you trust")
    parser.add_argument("--contract", type=_address, help="the contract that you expect")
    parser.add_argument("--author", type=_address, help="the author that you expect")
    parser.add_argument("--chain-id", type=int, help="the chain that you expect to be stated")
    parser.add_argument("--trial-id", type=_hash, help="the trial that you expect")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    args = parser.parse_args(argv)
    if (args.file is None) == (args.digest is None) or not (args.file or args.proof):
        parser.error("give either FILE, or --digest and --proof")
    return args


def _judge(args: argparse.Namespace) -> Verdict:
    expected = {name: getattr(args, name) for name in EXPECTED}
    try:
        if args.file and not args.file.exists():
            raise _unreadable(args.file, FileNotFoundError(2, "No such file or directory"))
        proof = load(args.proof or Path(f"{args.file}{SUFFIX}"))
    except NotProven as refusal:
        return Verdict(False, refusal.reason, str(refusal))
    return verify(args.file or Digest(args.digest), proof, args.block_hash, **expected)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else brief(value)


def _show(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        of_trial = ("trial_id", "kind", "version", "stage")
        said = verdict.valid and {k for k in vars(verdict) if verdict.trial_id or k not in of_trial}
        known = {k: v for k, v in vars(verdict).items() if v or k in (said or {"valid"})}
        known["reason"] = verdict.reason.name if verdict.reason else None
        print(json.dumps(known, default=_plain))
    elif verdict.valid:
        print("VALID", "Proven:", *(f"  - {line}" for line in verdict.proven), sep="\n")
        print("You trust:", *(f"  - {line}" for line in verdict.trusted), sep="\n")
    print(end="", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    try:
        args = _arguments(argv)
        verdict = _judge(args)
        _show(verdict, args.json)
        sentence = "" if verdict.valid else verdict.sentence
    except NotProven as refusal:
        sentence = str(refusal)
    except (OSError, MemoryError, KeyboardInterrupt) as error:
        sentence = f"Stopped: {error or type(error).__name__}."
    if sentence:
        line = f"verify_proof: {printable(sentence)}"
        print(line.encode("ascii", "backslashreplace").decode(), file=sys.stderr)
    return 1 if sentence else 0


if __name__ == "__main__":
    code = main()
    sys.stdout = None  # a reader that left is no reason to say more
    sys.exit(code)
