"""The default policies of IHE PCF that a Consent can agree to."""

from __future__ import annotations

from dataclasses import replace

from pyhealth.sharing.purposes import EVERY_PURPOSE, closure
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.provisions import Covered, Rule
from pyhealth.values import Confidentiality, Provision, Purpose

CAPS: dict[str, tuple[frozenset[Purpose], Confidentiality]] = {
    codes.BASIC_NORMAL: (closure(Purpose.TREAT), Confidentiality.N),
    codes.ALL_NORMAL: (EVERY_PURPOSE, Confidentiality.N),
    codes.BREAK_GLASS_ONLY: (frozenset({Purpose.BTG}), Confidentiality.V),
}


def capped(root: Rule, policy: str) -> Rule:
    """Return a root within a policy of IHE PCF that it agrees to, where it permits."""
    if root.kind is not Provision.PERMIT:
        return root
    if policy == codes.DENY_ALL:
        return replace(root, kind=Provision.DENY, exceptions=())
    purposes, ceiling = CAPS.get(policy, (EVERY_PURPOSE, Confidentiality.V))
    match, records = root.surely, root.surely.records
    if isinstance(records, Covered):
        records = replace(records, ceiling=min(records.ceiling, ceiling))
    match = replace(match, purposes=match.purposes & purposes, records=records)
    return replace(root, surely=match)
