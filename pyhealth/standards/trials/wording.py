"""When two wordings are the same: one documented normal form, and nothing fuzzy.

- Unicode compatibility forms are one (NFKC), but a superscript is set off with ``^`` and a fraction
  stands apart, so that 10² is not 102; invisible characters are left out.
- Upper and lower case are one; punctuation and white space part words, and are otherwise nothing.
  Signs that carry meaning stay: ``< > ≤ ≥ = ± % / ^ *`` and those before and within numbers.
- Number words up to ninety-nine are digits; commas between thousands are left out.
- Units of time after a number are written out in the singular (``wks`` is ``week``), and
  ``week 12`` is ``12 week``. No unit is turned into another: 12 months are not 52 weeks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# fmt: off
SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
NUMBERS = {word: i for i, word in enumerate(SMALL)} | {
    word: 10 * i for i, word in enumerate(TENS, 2)
}
UNITS = {
    form: unit
    for unit, forms in {
        "second": "s sec secs second seconds",
        "minute": "min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w wk wks week weeks",
        "month": "mo mos mth mths month months",
        "year": "y yr yrs year years",
    }.items()
    for form in forms.split()
}
LABELS = {form: unit for form, unit in UNITS.items() if form.rstrip("s") == unit}
SIGNS = {">=": "≥", "=>": "≥", "<=": "≤", "=<": "≤", "+/-": "±", "\u2044": "/"}
SIGN = re.compile("|".join(map(re.escape, SIGNS)))
KEPT = "%/*"  # punctuation by Unicode, and yet it carries meaning
DASHES = "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
RANGE = re.compile(rf"(?<=\d)\s*[-{DASHES}]\s*(?=\d)")
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
TOKEN = re.compile(r"(?:(?<!\w)-)?\d+(?:[.,]\d+)*|(?<![\w.])\.\d+|[^\W\d_][^\W_]*|\S")
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
SILENT = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}®©™]")  # they part no words


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in their normal form."""
    plain = _characters(text).casefold().replace("(s)", "s")
    plain = RANGE.sub(" to ", plain.replace("\N{MINUS SIGN}", "-"))
    plain = SIGN.sub(lambda sign: SIGNS[sign[0]], plain)
    found = [token for token in TOKEN.findall(plain) if _means(token)]
    return tuple(_times(_numbers(found)))


def same(text: str | None, other: str | None) -> bool:
    """Say whether two texts have one normal form."""
    return words(text or "") == words(other or "")


def time_words(text: str) -> tuple[str, ...]:
    """Return the normal form of a time point: ``at 12 months`` is ``12 months``."""
    found = words(text)
    return found[1:] if found[:1] == ("at",) else found


def _characters(text: str) -> str:
    """Return a text in NFKC, with what that would run together set apart."""
    text = SILENT.sub("", text)
    if text.isascii():
        return text
    apart = []
    for character in text:
        kind = unicodedata.decomposition(character).partition(" ")[0]
        mark = {"<super>": "^", "<fraction>": " "}.get(kind, "")
        apart.append(mark + character if unicodedata.category(character) != "Cf" else "")
    folded = unicodedata.normalize("NFKC", "".join(apart)).casefold()
    return unicodedata.normalize("NFKC", folded)


def _means(token: str) -> bool:
    category = unicodedata.category(token[0])
    return len(token) > 1 or token in KEPT or (category[0] not in "PC" and token != "`")


def _numbers(found: list[str]) -> list[str]:
    """Write number words as digits: ``twenty four`` is ``24``."""
    written: list[str] = []
    tens = 0  # a word for tens stands just before
    for token in found:
        number = NUMBERS.get(token)
        if number is not None and 0 < number < 10 and tens:
            written[-1] = str(tens + number)
            tens = 0
            continue
        tens = number if number is not None and number >= 20 else 0
        if number is not None:
            token = str(number)
        elif THOUSANDS.fullmatch(token):
            token = token.replace(",", "")
        written.append(token)
    return written


def _times(found: list[str]) -> list[str]:
    """Write units of time out, after their number."""
    written: list[str] = []
    for i, token in enumerate(found):
        counted = bool(written) and bool(NUMBER.fullmatch(found[i - 1]))
        if counted and token in UNITS:
            written.append(UNITS[token])
        elif NUMBER.fullmatch(token) and written and found[i - 1] in LABELS and _label(found, i):
            written[-1:] = [token, LABELS[found[i - 1]]]
        else:
            written.append(token)
    return written


def _label(found: list[str], i: int) -> bool:
    """Say whether the unit before a number belongs to it, as in ``week 12``, and to none before."""
    return i < 2 or not NUMBER.fullmatch(found[i - 2])
