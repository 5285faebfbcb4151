"""How a FHIR Consent of ours refers to members of a consortium, and how that is found again."""

from __future__ import annotations

import re

from pyhealth.values import Grantee

OURS = re.compile(r"urn:pyhealth:(\d+):member:(\d+)(?::study:(0x[0-9a-f]{64}))?")


def place_of(chain_id: int) -> str:
    """Return what all references to a chain begin with."""
    return f"urn:pyhealth:{chain_id}"


def reference_to(grantee: Grantee, chain_id: int) -> str:
    """Return how a member on a chain is referred to, and a study of it."""
    study = f":study:0x{grantee.study.hex()}" if any(grantee.study) else ""
    return f"{place_of(chain_id)}:member:{grantee.member}{study}"


def references_in(text: str, chain_id: int) -> dict[str, Grantee]:
    """Return whom on a chain each reference in a text means."""
    found = {}
    for own in OURS.finditer(text):
        chain, member, study = own.groups()
        if int(chain) == chain_id:
            whom = bytes.fromhex(study[2:]) if study else bytes(32)
            found[own[0]] = Grantee(int(member), whom)
    return found
