"""What pyhealth consent import is handed: Consents in a file, and how they are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyhealth.cli.sharing import Desk, read_references
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.standards.consent.importing import Imported
    from pyhealth.standards.resources import Release
    from pyhealth.values import Grantee


def read_file(
    file: Path, members: dict[str, Grantee | None], how: Mapping[str, Any]
) -> list[Imported]:
    """Read the Consent of a file, or those in a Bundle."""
    from pyhealth.standards.audit.files import resources
    from pyhealth.standards.consent.importing import read_consent

    found = []
    for place, resource in resources([file]):
        if isinstance(resource, InputError):
            raise resource
        if (kind := resource.get("resourceType")) != "Consent" and isinstance(kind, str):
            continue  # found with it, such as its patient
        try:
            found.append(read_consent(resource, members, **how))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
    if not found:
        raise InputError(f"{file} holds no Consent; hand in one, or a Bundle of them.")
    return found


def release_of(text: str | None) -> Release | None:
    """Read a release; none is told apart."""
    known: dict[str | None, Release | None] = {None: None, "R4": "R4", "R5": "R5"}
    if text not in known:
        raise InputError(f"Release {text!r} is not known; say R4 or R5.")
    return known[text]


def zone_of(text: str | None) -> tzinfo | None:
    """Read a zone of time by its name."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text) if text else None
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"Zone {text!r} is not known; name one such as Europe/Vienna.") from error


def members_in(desk: Desk, file: Path, said: list[str]) -> dict[str, Grantee | None]:
    """Return which member each reference means: as is said, and as we write them ourselves."""
    from pyhealth.standards.consent.references import references_in

    named = read_references(desk, said)
    try:
        raw = file.read_text("utf-8", "replace") if file.is_file() else ""
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    return {**references_in(raw, desk.health.chain.chain_id), **named}
