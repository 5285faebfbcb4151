"""A loader of YAML that makes text, lists and mappings only."""

from __future__ import annotations

from typing import Any

import yaml


class TextLoader(yaml.BaseLoader):
    """Keeps every scalar as the text that stands there; refuses aliases, and a key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias: a few lines of them can stand for more than memory holds."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias; write it out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is no text, or that stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            plain = isinstance(key, yaml.ScalarNode)
            if not plain or key.value in seen:
                why = f"the key {key.value!r} stands twice" if plain else "a key that is no text"
                raise yaml.constructor.ConstructorError(None, None, why, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
