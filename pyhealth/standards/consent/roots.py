"""The tree of rules of a whole FHIR Consent: R4 has one provision, R5 a decision and exceptions."""

from __future__ import annotations

from dataclasses import replace

from pyhealth.errors import InputError
from pyhealth.standards.consent import codes
from pyhealth.standards.consent.losses import Consequence
from pyhealth.standards.consent.policies import UNREAD_TEXT, agreed, policy_of
from pyhealth.standards.consent.provisions import Match, Rule
from pyhealth.standards.consent.reading import KINDS, UNREAD_ACTORS, Reader, Sides
from pyhealth.standards.resources import Element, shown
from pyhealth.values import Grantee, Provision, Purpose


def r4(reader: Reader, at: Element) -> Rule | None:
    """Return the tree of an R4 Consent; nothing where it says neither permit nor deny."""
    rule = at.one("policyRule")
    policies = [(f"{one.path}.uri", one.text("uri")) for one in at.many("policy")]
    if at.has("policyRule"):
        coded = [f"{one.text('system')}/{one.text('code')}" for one in rule.many("coding")]
        policies += [(rule.path, one) for one in coded or [rule.text("text")]]
    rules = codes.codes_of(rule, codes.ACT_CODE)
    said = " ".join(filter(None, rules))
    if not at.has("provision"):
        if codes.OPT_OUT.intersection(rules):
            return Rule("Consent", Provision.DENY, Match(), Match())
        why = "without a provision only a policy's text says what is permitted"
        reader.lose("Consent.provision", said, why, Consequence.REFUSED)
        return None
    provision = at.one("provision")
    bare = provision.value.get("type") == "permit" and "purpose" not in provision.value
    if bare and codes.BREAK_GLASS_ONLY in {policy_of(uri) for _, uri in policies}:
        broken = {"purpose": [codes.coding(Purpose.BTG)]}  # the policy names it
        provision = Element({**provision.value, **broken}, provision.path)
        reader.narrow(f"{provision.path}.purpose", "BTG", "the policy is about this purpose alone")
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
    return _checked(reader, at, agreed(reader, root, policies))


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
    own = {name: at.value[name] for name in ("period",) if name in at.value}
    surely, possibly = reader.match(Element(own, "Consent"), kind)
    whole = reader.tolerate(lambda: reader.filled(at), False)
    named = reader.tolerate(lambda: _grantees(reader, at), UNREAD_ACTORS)
    surely = replace(surely, grantees=named[0], never=surely.never or not whole)
    possibly = replace(possibly, grantees=named[1])
    within = tuple(reader.rule(one, kind, depth=1) for one in at.many("provision"))
    basis = at.one("policyBasis")
    policies = [(f"{basis.path}.url", basis.text("url"))] if at.has("policyBasis") else []
    root = reader.unbroken(Rule("Consent", kind, surely, possibly, within))
    root = agreed(reader, root, policies)
    for name in ("policyText", "regulatoryBasis"):
        if at.has(name):
            reader.lose(f"Consent.{name}", None, UNREAD_TEXT, Consequence.IGNORED)
    return _checked(reader, at, root)


def _grantees(reader: Reader, at: Element) -> Sides[frozenset[Grantee]]:
    parties = [{"reference": one.value} for one in at.many("grantee")]
    return reader.actors(Element({"actor": parties}, "Consent.grantee"))


def _checked(reader: Reader, at: Element, root: Rule) -> Rule:
    """Return a tree that permits nothing where the consent was found not to be the patient's."""
    for one in at.many("verification"):
        if one.value.get("verified") is not True:
            why = "a consent that failed its verification permits nothing"
            reader.narrow(f"{one.path}.verified", one.value.get("verified"), why)
            return replace(root, surely=replace(root.surely, never=True))
    return root
