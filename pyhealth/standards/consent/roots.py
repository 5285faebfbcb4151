"""The tree of rules of a whole FHIR Consent: R4 has one provision, R5 a decision and exceptions."""

from __future__ import annotations

from dataclasses import replace

from pyhealth.errors import InputError
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.losses import Consequence
from pyhealth.standards.consent.policies import capped
from pyhealth.standards.consent.provisions import Match, Rule
from pyhealth.standards.consent.reading import KINDS, UNREAD_ACTORS, Reader
from pyhealth.standards.resources import Element, shown
from pyhealth.values import Provision, Purpose


def r4(reader: Reader, at: Element) -> Rule | None:
    """Return the tree of an R4 Consent; nothing where it says neither permit nor deny."""
    policies = [one.text("uri") for one in at.many("policy")]
    for i, uri in enumerate(policies, 1):
        if uri and uri != codes.OWN_POLICY and not uri.startswith(codes.POLICY):
            why = "the text of the policy is not read, only the provisions"
            reader.lose(f"Consent.policy[{i}].uri", uri, why, Consequence.IGNORED)
    rules = codes.codes_of(at.one("policyRule"), codes.ACT_CODE)
    said = " ".join(filter(None, rules))
    if not at.has("provision"):
        if codes.OPT_OUT.intersection(rules):
            return Rule("Consent", Provision.DENY, Match(), Match())
        why = "without a provision only a policy's text says what is permitted"
        reader.lose("Consent.provision", said, why, Consequence.REFUSED)
        return None
    provision = at.one("provision")
    if codes.BREAK_GLASS_ONLY in policies and not provision.has("purpose"):
        broken = {"purpose": [codes.coding(Purpose.BTG)]}  # the policy names it
        provision = Element({**provision.value, **broken}, provision.path)
    root = reader.rule(provision, Provision.NONE)
    if root.kind is Provision.NONE:
        why = (
            "without a type it can be what the policy permits, or what is excepted from it; only "
            "the provisions within that say permit or deny count"
        )
        clear = any(rule.kind for rule in root.walk())
        what = Consequence.NARROWED if clear else Consequence.REFUSED
        reader.lose("Consent.provision.type", said, why, what)
        if not clear:
            return None
    for policy in policies:
        root = capped(root, policy)
    return _checked(reader, at, root)


def r5(reader: Reader, at: Element) -> Rule | None:
    """Return the tree of an R5 Consent: its provisions are exceptions to its decision."""
    said = at.text("decision")
    if said not in KINDS:
        if said:
            raise InputError(f"Consent.decision is {shown(said)}; write permit or deny.")
        why = "without a decision its provisions are exceptions to nothing that is said"
        reader.lose("Consent.decision", None, why, Consequence.REFUSED)
        return None
    kind = KINDS[said]
    own = {name: at.value[name] for name in ("period",) if at.has(name)}
    surely, possibly = reader.match(Element(own, "Consent"), kind)
    parties = {"actor": [{"reference": one} for one in at.value.get("grantee") or ()]}
    if parties["actor"]:
        named = reader.tolerate(
            lambda: reader.actors(Element(parties, "Consent.grantee")), UNREAD_ACTORS
        )
        surely = replace(surely, grantees=named[0])
        possibly = replace(possibly, grantees=named[1])
    within = tuple(reader.rule(one, kind, depth=1) for one in at.many("provision"))
    return _checked(reader, at, Rule("Consent", kind, surely, possibly, within))


def _checked(reader: Reader, at: Element, root: Rule) -> Rule:
    """Return a tree that permits nothing where the consent was found not to be the patient's."""
    for one in at.many("verification"):
        if one.value.get("verified") is not True:
            why = "a consent that failed its verification permits nothing"
            reader.narrow(f"{one.path}.verified", one.value.get("verified"), why)
            return replace(root, surely=replace(root.surely, never=True))
    return root
