"""How terms and directives are shown, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyhealth.cli.sharing import Desk
from pyhealth.cli.shell import print_json, show_rows

if TYPE_CHECKING:
    from enum import IntEnum

    from pyhealth.consents.history import Directed


def names_of(found: Iterable[IntEnum]) -> list[str]:
    """Return the names of codes in their order, for scripts."""
    return [one.name for one in sorted(found)]


def terms_described(terms: Any) -> dict[str, Any]:
    """Describe terms, or a directive, for scripts."""
    from pyhealth.values import ALWAYS, FOREVER

    return {
        "purposes": names_of(terms.purposes),
        "labels": names_of(terms.labels),
        "actions": names_of(terms.actions),
        "ceiling": terms.ceiling.name,
        "valid_from": None if terms.valid_from == ALWAYS else terms.valid_from,
        "valid_until": None if terms.valid_until == FOREVER else terms.valid_until,
    }


def directed_row(desk: Desk, one: Directed) -> dict[str, Any]:
    """Describe a directive for people."""
    from pyhealth.consents.words import directive_in_words

    words = directive_in_words(one.directive.provision, one.grantee, one.directive, desk.title)
    return {
        "grantee": one.grantee.member,
        "place": one.place,
        "version": one.directive.version,
        "directive": words,
    }


def show_all(rows: list[dict[str, Any]], patient: str, as_json: bool) -> None:
    """Show rows of a patient, or say that there is none."""
    if as_json:
        print_json(rows)
    elif rows:
        print(f"Patient {patient}:")
        show_rows(rows)
    else:
        print(f"Patient {patient} has none.")
