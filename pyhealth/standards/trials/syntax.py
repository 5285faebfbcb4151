"""Bytes of a file into a tree: JSON, XML or YAML by its first characters, whatever its name.

A tree is at most 64 levels deep, names nothing twice in one place, and holds Unicode text only.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter
from typing import Any, NoReturn

from pyhealth.errors import InputError
from pyhealth.reading import shallow
from pyhealth.standards.trials.tree import TEXT, Path, brief, place_of

MAX_BYTES = 64 * 2**20
MAX_YAML = 2**20  # a record of our own; the parser is slow
MAX_DEPTH = 64
MAX_DIGITS = 40
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse(name: str, content: bytes) -> Any:
    """Return the tree of a document of that name; what is none is refused in one sentence."""
    if not content.strip():
        raise InputError(f"{name} is empty; a study record is expected.")
    if len(content) > MAX_BYTES:
        raise InputError(
            f"{name} has {len(content)} bytes, and a study record {MAX_BYTES} at most."
        )
    encoding = "utf-16" if content.startswith(UTF16) else "utf-8-sig"
    start = content[:64].decode(encoding, "ignore").lstrip()[:1]
    if start == "<":
        tree = _xml(name, content)
    else:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name} is not text in UTF-8, by byte {error.start}; a study record is expected."
            ) from None
        tree = _json(name, text) if start and start in "{[" else parse_yaml(name, text)
    _check(name, tree)
    return tree


# ---- JSON


def _json(name: str, text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
            raise InputError(f"{name}: {brief(twice)!r} stands twice in one object; remove one.")
        return found

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= MAX_DIGITS else refuse(digits)

    def refuse(number: str) -> NoReturn:
        raise InputError(f"{name}: {brief(number)} is no number that a study record can hold.")

    try:
        with shallow():
            return json.loads(text, object_pairs_hook=once, parse_int=whole, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}, line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})."
        ) from None
    except RecursionError:
        raise _too_deep(name) from None


# ---- YAML


def parse_yaml(name: str, text: str) -> Any:
    """Return the tree of a YAML document: every scalar as the text that stands there, no aliases.

    Dates stay as written, and ``no`` is a word.
    """
    import yaml

    from pyhealth.standards.trials.yaml_text import TextLoader

    if len(text) > MAX_YAML:
        raise InputError(
            f"{name} is neither JSON nor XML, and too long for YAML: {len(text)} characters, where "
            f"{MAX_YAML} are allowed."
        )
    try:
        with shallow():
            return yaml.load(text, TextLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        why = brief(error.problem or error.context or "it cannot be read")
        raise InputError(f"{name}{where}: not valid YAML ({why}).") from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not valid YAML ({brief(error)}).") from None
    except RecursionError:
        raise _too_deep(name) from None


# ---- XML


def _xml(name: str, content: bytes) -> Any:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content)
    except ParseError as error:
        line, column = error.position
        why = str(error).partition(":")[0]
        raise InputError(
            f"{name}, line {line}, column {column + 1}: not valid XML ({why})."
        ) from None
    except DefusedXmlException:
        raise InputError(f"{name} declares entities, which no study record needs.") from None
    except (ValueError, LookupError) as error:
        raise InputError(f"{name} is not valid XML ({brief(error)}).") from None
    return {root.tag: _element(name, root, 1)}


def _element(name: str, element: Any, depth: int) -> Any:
    """Return an element as text, or as its attributes, children and text."""
    if depth > MAX_DEPTH:
        raise _too_deep(name)
    found: dict[str, Any] = {f"@{key}": value for key, value in element.items()}
    for child in element:
        value, tag = _element(name, child, depth + 1), str(child.tag)
        if tag not in found:
            found[tag] = value
        elif isinstance(found[tag], list):
            found[tag].append(value)
        else:
            found[tag] = [found[tag], value]
    text = " ".join((element.text or "").split())
    if not found:
        return text
    return found | {TEXT: text} if text else found


# ---- whichever it was


def _check(name: str, tree: Any) -> None:
    """Refuse what is too deep, or no text; with a list of what is left, for trees of any depth."""
    left: list[tuple[Any, Path]] = [([tree], ())]  # lists and mappings, and the way to each
    while left:
        held, path = left.pop()
        pairs = held.items() if isinstance(held, dict) else enumerate(held)
        for key, value in pairs:
            if isinstance(value, (dict, list)):
                if len(path) >= MAX_DEPTH:
                    raise _too_deep(name)
                left.append((value, (*path, key)))
            for text in (key, value):
                if isinstance(text, str) and not text.isascii() and _broken(text):
                    place = place_of((*path, key)[1:])
                    raise InputError(
                        f"{name}, {place}: half a character (a lone surrogate) is no text."
                    )


def _broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _too_deep(name: str) -> InputError:
    return InputError(f"{name} is nested deeper than {MAX_DEPTH} levels; no study record is.")
