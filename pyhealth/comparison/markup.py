"""Text of others, made safe for HTML and SVG."""

from __future__ import annotations

import html
import unicodedata
from difflib import SequenceMatcher

LONGEST = 400  # words in which changes are still marked


def safe(text: str) -> str:
    """Escape a text; what a page cannot hold, or what would turn its reading around, is shown as
    its code.
    """
    return html.escape("".join(c if _shows(c) else f"\\u{ord(c):04x}" for c in text))


def _shows(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Cn")


def marked(before: str, after: str) -> tuple[str, str]:
    """Return two texts, escaped, with the words that differ in ``del`` and ``ins``."""
    old, new = before.split(), after.split()
    if max(len(old), len(new)) > LONGEST:
        return safe(before), safe(after)
    texts: tuple[list[str], list[str]] = ([], [])
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for text, tag, words in zip(texts, ("del", "ins"), (old[a:b], new[c:d]), strict=True):
            joined = safe(" ".join(words))
            if joined:
                text.append(joined if kind == "equal" else f"<{tag}>{joined}</{tag}>")
    return " ".join(texts[0]), " ".join(texts[1])
