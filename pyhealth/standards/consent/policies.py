"""The default policies of IHE PCF that a Consent can agree to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pyhealth.sharing.purposes import EVERY_PURPOSE, closure
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.losses import Consequence
from pyhealth.standards.consent.provisions import Covered, Rule
from pyhealth.standards.consent.reading import Reader
from pyhealth.values import Confidentiality, Provision, Purpose

UNREAD_TEXT = "the text of the policy is not read, only the provisions"
CAPS: dict[str, tuple[frozenset[Purpose], Confidentiality]] = {
    codes.BASIC_NORMAL: (closure(Purpose.TREAT), Confidentiality.N),
    codes.ALL_NORMAL: (EVERY_PURPOSE, Confidentiality.N),
    codes.BREAK_GLASS_ONLY: (frozenset({Purpose.BTG}), Confidentiality.V),
}
KNOWN = {*CAPS, codes.DENY_ALL}


def agreed(reader: Reader, root: Rule, named: Iterable[tuple[str, str]]) -> Rule:
    """Return a root within the policies that it agrees to, each a place and an address; what a
    policy changes is kept, and that the text of others is not read.
    """
    for path, uri in named:
        policy = policy_of(uri)
        if policy.startswith(codes.POLICY):
            inside = capped(root, policy)
            if inside != root:
                permitted = "no more is permitted than by the policy that it agrees to"
                unknown = "what the policy permits is not known, so nothing is"
                reader.narrow(path, uri, permitted if policy in KNOWN else unknown)
            root = inside
        elif uri != codes.OWN_POLICY:
            reader.lose(path, uri, UNREAD_TEXT, Consequence.IGNORED)
    return root


def policy_of(uri: str) -> str:
    """Return the address of a policy without its version, and as IHE writes its own."""
    return uri.partition("|")[0].replace(codes.POLICY.replace("https", "http"), codes.POLICY)


def capped(root: Rule, policy: str) -> Rule:
    """Return a root within a policy of IHE PCF that it agrees to, where it permits; within one that
    is not known nothing is permitted for sure.
    """
    if root.kind is not Provision.PERMIT:
        return root
    if policy == codes.DENY_ALL:
        return replace(root, kind=Provision.DENY, exceptions=())
    if policy not in KNOWN:
        return replace(root, surely=replace(root.surely, never=True))
    purposes, ceiling = CAPS[policy]
    match, records = root.surely, root.surely.records
    if isinstance(records, Covered):
        records = replace(records, ceiling=min(records.ceiling, ceiling))
    match = replace(match, purposes=match.purposes & purposes, records=records)
    return replace(root, surely=match)
