"""Which category of a plan a service code belongs to: a payer's file, kept with the plan's version.

::

    version: 1
    systems:                 # what the codes below call a system, and what claims call it
      cpt: ["http://www.ama-assn.org/go/cpt", HC]
    categories:
      consultation: [cpt|99202..99215, cpt|G0*]
      laboratory: [cpt|80047..89398, "http://loinc.org|*"]

A code is ``system|code``; ``a..b`` is a range of codes of one length, and ``*`` ends a prefix. A
code that is listed whole goes before ranges and prefixes, which are asked in the file's order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhealth.adjudication.values import BilledLine
from pyhealth.errors import InputError
from pyhealth.hashing import digest_of_file
from pyhealth.standards.yaml_file import content_of

Rule = tuple[Callable[[str], bool], str]


@dataclass(frozen=True, slots=True)
class Mapping:
    """The categories of service codes."""

    file: str
    version: int
    digest: bytes  # SHA-256 of the file: what the plan commits to
    categories: tuple[str, ...]
    _systems: dict[str, str]  # what claims call a system, to what the file calls it
    _codes: dict[str, str]
    _rules: tuple[Rule, ...]

    def own(self, code: str) -> str:
        """Return ``system|code`` with the system as the file calls it."""
        system, _, value = code.rpartition("|")
        return f"{self._systems.get(system, system)}|{value}"

    def find(self, code: str) -> str | None:
        """Return the category of ``system|code``, or nothing."""
        known = self.own(code)
        if known in self._codes:
            return self._codes[known]
        return next((category for fits, category in self._rules if fits(known)), None)

    def category_of(self, line: BilledLine) -> str:
        """Return the category of a line: that of its first code which has one."""
        found = (category for code in line.codes if (category := self.find(code)))
        if category := next(found, None):
            return category
        raise InputError(
            f"line {line.number} bills {' or '.join(line.codes)}, which version {self.version} of "
            f"{self.file} maps to no category; correct the code, or ask the payer."
        )


def read_mapping(file: Path) -> Mapping:
    """Read a mapping file."""
    content = content_of(file)
    version, listed = content.get("version"), content.get("categories")
    if type(version) is not int or version < 1:
        raise InputError(f"{file}: version is {version!r}; a whole number from 1 is expected.")
    if not isinstance(listed, dict) or not listed:
        raise InputError(f"{file}: categories must name at least one category with its codes.")
    systems = _systems(content.get("systems") or {}, file)
    codes, rules = dict[str, str](), list[Rule]()
    for category, written in listed.items():
        if not isinstance(written, list) or not all(isinstance(code, str) for code in written):
            raise InputError(f"{file}: the codes of {category!r} must be a list of system|code.")
        for code in written:
            _add(code, str(category), systems, codes, rules, file)
    named = tuple(map(str, listed))
    return Mapping(str(file), version, digest_of_file(file), named, systems, codes, tuple(rules))


def _systems(listed: Any, file: Path) -> dict[str, str]:
    if not isinstance(listed, dict):
        raise InputError(f"{file}: systems must map a name to what claims call it.")
    found: dict[str, str] = {}
    for name, written in listed.items():
        for system in written if isinstance(written, list) else [written]:
            if found.setdefault(str(system), str(name)) != str(name):
                raise InputError(f"{file}: {system} is both {found[str(system)]} and {name}.")
    return found


def _add(
    code: str,
    category: str,
    systems: dict[str, str],
    codes: dict[str, str],
    rules: list[Rule],
    file: Path,
) -> None:
    system, bar, value = code.rpartition("|")
    if not bar or not value:
        raise InputError(f"{file}: {code!r} is no code; write system|code.")
    system = systems.get(system, system)
    low, dots, high = value.partition("..")
    if dots:
        if len(low) != len(high) or not low <= high:
            raise InputError(f"{file}: {code!r} is no range; write two codes of one length.")
        rules.append((_between(f"{system}|{low}", f"{system}|{high}"), category))
    elif value.endswith("*"):
        rules.append((_starting(f"{system}|{value[:-1]}"), category))
    elif codes.setdefault(f"{system}|{value}", category) != category:
        other = codes[f"{system}|{value}"]
        raise InputError(f"{file}: {code} is listed in both {other} and {category}.")


def _between(low: str, high: str) -> Callable[[str], bool]:
    return lambda code: len(code) == len(low) and low <= code <= high


def _starting(head: str) -> Callable[[str], bool]:
    return lambda code: code.startswith(head)
