"""A Merkle tree over all subjects, in buckets: one hash says what the whole vault holds.

Node 1 is the root and ``2i``, ``2i + 1`` are the children of ``i``; the last level holds a bucket
each of the subjects whose tags begin with the same bits. Whoever removes, adds or puts back a row
changes the root; one subject is checked with its bucket and a dozen hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

DEPTH = 12
BUCKETS = 1 << DEPTH
ROOT = 1


def bucket_of(tag: bytes) -> int:
    """Return the bucket of a subject's tag, which is a keyed hash and thus evenly spread."""
    return int.from_bytes(tag[:2]) >> (16 - DEPTH)


def leaf(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the hash of a bucket: of its subjects' tags and entries, 32 bytes each."""
    return hashlib.sha256(b"\0" + b"".join(tag + entry for tag, entry in sorted(entries))).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _empty() -> list[bytes]:
    level = [leaf(())]
    for _ in range(DEPTH):
        level.append(_inner(level[-1], level[-1]))
    return level[::-1]


EMPTY = _empty()  # what a node is where there is nothing below it: by level, the root's first


def empty(node: int) -> bytes:
    """Return what a node is where there is nothing below it."""
    return EMPTY[node.bit_length() - 1]


def siblings(bucket: int) -> list[int]:
    """Return the nodes that a bucket's hash needs to give the root, from below."""
    node = BUCKETS + bucket
    return [(node >> level) ^ 1 for level in range(DEPTH)]


def climbed(bucket: int, hashed: bytes, known: Mapping[int, bytes]) -> dict[int, bytes]:
    """Return every node from a bucket up to the root, where ``known`` holds the siblings."""
    node, nodes = BUCKETS + bucket, {BUCKETS + bucket: hashed}
    while node > ROOT:
        beside = known.get(node ^ 1, empty(node))
        hashed = _inner(beside, hashed) if node & 1 else _inner(hashed, beside)
        node >>= 1
        nodes[node] = hashed
    return nodes


def built(entries: Iterable[tuple[bytes, bytes]]) -> dict[int, bytes]:
    """Return the whole tree over subjects' tags and entries, without what is empty."""
    buckets: dict[int, list[tuple[bytes, bytes]]] = {}
    for tag, entry in entries:
        buckets.setdefault(bucket_of(tag), []).append((tag, entry))
    nodes = {BUCKETS + number: leaf(held) for number, held in buckets.items()}
    level = dict(nodes)
    while level and ROOT not in level:
        above = {node >> 1 for node in level}
        level = {
            node: _inner(
                level.get(2 * node, empty(2 * node)), level.get(2 * node + 1, empty(2 * node + 1))
            )
            for node in above
        }
        nodes |= level
    return nodes or {ROOT: EMPTY[0]}
