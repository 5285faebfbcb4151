"""Finds any number of byte strings in one pass over the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyhealth.privacy.audit.markers import SHORTEST


class Search:
    """Byte strings, found by their last bytes: the time does not depend on how many there are."""

    def __init__(self, patterns: Iterable[bytes]) -> None:
        self._by_tail: dict[bytes, list[bytes]] = {}
        for pattern in patterns:
            self._by_tail.setdefault(pattern[-SHORTEST:], []).append(pattern)
        self.longest = max((len(one) for tail in self._by_tail.values() for one in tail), default=0)

    def find(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield what is found, and where it starts."""
        tails = self._by_tail
        ends = range(SHORTEST, len(data) + 1)
        for end in [end for end in ends if data[end - SHORTEST : end] in tails]:
            for pattern in tails[data[end - SHORTEST : end]]:
                if data.endswith(pattern, 0, end):
                    yield end - len(pattern), pattern
