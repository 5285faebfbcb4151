"""Attachments of claims: references to records, which stay where they are."""

from __future__ import annotations

from collections.abc import Iterator

from pyhealth.errors import InputError
from pyhealth.standards.audit.codes import RECORD
from pyhealth.standards.claims.fhir_insurance import contained
from pyhealth.standards.fhir_elements import Element


def attachments_of(root: Element) -> tuple[bytes, ...]:
    """Return the records of the chain that a FHIR Claim's supporting information refers to.

    A record goes by an identifier with the system ``urn:pyhealth:record``, of the reference or of
    the contained resource that is referred to. Other information stays with the provider.
    """
    found = [
        record_ref(one.text("value"), f"{one.path}.value")
        for one in _identifiers(root)
        if one.optional("system") == RECORD
    ]
    return tuple(dict.fromkeys(found))


def _identifiers(root: Element) -> Iterator[Element]:
    for information in root.many("supportingInfo"):
        if (reference := information.maybe("valueReference")) is None:
            continue
        if identifier := reference.maybe("identifier"):
            yield identifier
        if inner := contained(reference.optional("reference"), root):
            yield from inner.many("identifier")


def record_ref(text: str, what: str) -> bytes:
    """Read the reference of a record on the chain."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise InputError(
            f"{what} is {text[:80]!r}, which is no reference of a record; 64 hexadecimal digits "
            "are expected."
        )
    return value
