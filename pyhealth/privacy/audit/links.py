"""Links between pseudonyms: words of the chain that two of one person share with nobody else.

What an observer can do is done here: everything that is seen together with a pseudonym is its view;
two views that share a word are a pair. Words that belong to no patient do not count: numbers
(codes, amounts, moments, the last byte of a signature), what the consortium tells of itself, the
terms of directives, and what more than `CROWD` pseudonyms share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from pyhealth.index.events import shapes
from pyhealth.privacy.audit.pieces import WORD
from pyhealth.privacy.audit.trail import Sent

CROWD = 8
NUMBER_BYTES = 8  # and fewer, before or after zeros
View = frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Link:
    """A word that two pseudonyms share."""

    first: str
    second: str
    word: bytes


def views(sent: Iterable[Sent], pseudonyms: Iterable[str]) -> dict[str, View]:
    """Return all words that are seen together with each pseudonym."""
    wanted = {bytes.fromhex(one[2:]).rjust(WORD, b"\0"): one for one in pseudonyms}
    seen: dict[str, set[bytes]] = {one: set() for one in wanted.values()}
    for one in sent:
        words = one.words()
        for word in words & wanted.keys():
            seen[wanted[word]] |= words
    return {pseudonym: frozenset(words) for pseudonym, words in seen.items()}


def public_words(sent: Iterable[Sent], record: Mapping[str, str]) -> set[bytes]:
    """Return the words that belong to no patient; ``record`` has the contracts by name."""
    found = {word_of(address) for address in record.values()}
    topics = {topic: shape for name in record for topic, shape in shapes(name).items()}
    found |= topics.keys()
    consortium = bytes.fromhex(record["Consortium"][2:]) if "Consortium" in record else b""
    for one in sent:
        for address, logged, data in one.logs:
            if address == consortium:
                found |= {*logged, *_words(data)}
            shape = topics.get(logged[0]) if logged else None
            if shape and "directive" in (names := [entry["name"] for entry in shape.inputs]):
                plain = [name for name in names if name not in _indexed(shape.indexed)]
                found.add(_words(data)[plain.index("directive")])
    return found


def linked(seen: Mapping[str, View], public: set[bytes] | frozenset[bytes]) -> list[Link]:
    """Return the pairs of pseudonyms that share a word which is not public."""
    holders: dict[bytes, list[str]] = defaultdict(list)
    for pseudonym, words in seen.items():
        for word in words - public:
            if len(word.strip(b"\0")) > NUMBER_BYTES:
                holders[word].append(pseudonym)
    return [
        Link(first, second, word)
        for word, held in sorted(holders.items())
        if 1 < len(held) <= CROWD
        for first, second in combinations(sorted(held), 2)
    ]


def word_of(address: str) -> bytes:
    """Return an address as a word."""
    return bytes.fromhex(address[2:]).rjust(WORD, b"\0")


def _words(data: bytes) -> list[bytes]:
    return [data[start : start + WORD] for start in range(0, len(data), WORD)]


def _indexed(entries: Iterable[Mapping[str, object]]) -> set[object]:
    return {entry["name"] for entry in entries}
