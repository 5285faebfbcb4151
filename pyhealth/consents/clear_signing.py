"""What wallets show of what is signed (ERC-7730, version 2), made from the types of the messages.

The format turns whole values into words, and knows no bitmaps: listed are those that are common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, combinations
from typing import Any, TypeVar

from pyhealth.consents.messages import (
    APPOINTMENT,
    CANCELLATION,
    CONTEST,
    DENY,
    DISMISSAL,
    GRANT,
    KINDS,
    MOVE_REQUEST,
    REVOCATION,
)
from pyhealth.consents.words import (
    ALL_LABELS,
    CLASSES,
    POWERS,
    SENSITIVE,
    actions_in_words,
    labels_in_words,
    purposes_in_words,
)
from pyhealth.hashing import Domain
from pyhealth.messages import fields_of
from pyhealth.sharing.purposes import PARENTS, closure, closure_of
from pyhealth.values import Confidentiality, ConsentAction, Label, Power, Purpose, bits_of

T = TypeVar("T")
SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"
FAMILIES = tuple(purpose for purpose in Purpose if purpose not in PARENTS)
DATE: dict[str, Any] = {"format": "date", "params": {"encoding": "timestamp"}}
ADDRESS, RAW = {"format": "addressName"}, {"format": "raw"}
# What each type of message does; in braces what wallets put there of the message.
INTENTS = {
    GRANT: (
        "Permit the use of health data",
        "Permit {member} to {actions} for {purposes}: {labels}, up to {ceiling}",
    ),
    DENY: ("Deny the use of health data", "Deny {member} to {actions} for {purposes}: {labels}"),
    REVOCATION: (
        "Revoke what was said about health data",
        "Revoke directive {version} in place {place} for {member}",
    ),
    APPOINTMENT: (
        "Appoint a representative",
        "Let {representative} {power} until {until}",
    ),
    DISMISSAL: ("Dismiss a representative", "Let {representative} represent {patient} no more"),
    CONTEST: ("Contest a move", "Do not move to account {account}"),
    MOVE_REQUEST: ("Move to a new account", "Move {patient} to account {account}"),
    CANCELLATION: ("Cancel a signed instruction", "Cancel the instruction with number {nonce}"),
}


def descriptor(domain: Domain, members: Mapping[int, str], owner: str) -> dict[str, Any]:
    """Describe all messages to one deployment, whose members are named."""
    place = {"chainId": domain.chain_id, "address": domain.contract}
    bound = {"domain": {"name": domain.name, "version": "1"}, "deployments": [place]}
    return {
        "$schema": SCHEMA,
        "context": {"$id": domain.name, "eip712": bound},
        "metadata": {"owner": owner, "contractName": domain.name, "enums": enums(members)},
        "display": {"formats": {kind: _format(kind) for kind in KINDS}},
    }


def enums(members: Mapping[int, str]) -> dict[str, dict[str, str]]:
    """Return the words for values, by the name of the field; what is not listed stays a number."""
    named: dict[str, dict[int, str]] = {
        "member": {0: "everyone", **members},
        "purposes": {bits_of(one): _purposes(one) for one in _purpose_sets()},
        "labels": {bits_of(one): labels_in_words(one) for one in _label_sets()},
        "actions": {bits_of(one): actions_in_words(one) for one in _subsets(ConsentAction) if one},
        "ceiling": {int(one): f"confidentiality {one.name}" for one in Confidentiality if one},
        "power": {int(one): POWERS[one] for one in Power if one},
    }
    return {name: {str(value): words for value, words in listed.items()}
            for name, listed in named.items()}  # fmt: skip


def _format(kind: str) -> dict[str, Any]:
    intent, interpolated = INTENTS[kind]
    fields = [{"path": name, **_field(kind, name)} for _, name in fields_of(kind)]
    return {"intent": intent, "interpolatedIntent": interpolated, "fields": fields}


def _field(kind: str, name: str) -> dict[str, Any]:
    label, shown = FIELDS[name]
    told = {"label": label, **(shown or {"format": "enum", "params": {"$ref": PATH + name}})}
    optional = name in OPTIONAL and not (kind == CANCELLATION and name == "nonce")
    unasked = kind == DENY and name == "ceiling"
    return told | {"visible": "optional" if optional or unasked else "always"}


PATH = "$.metadata.enums."
OPTIONAL = ("document", "nonce", "signedAt")  # what a person cannot judge
FIELDS: dict[str, tuple[str, dict[str, Any] | None]] = {  # None: by its words above
    "patient": ("Patient", ADDRESS),
    "member": ("Member", None),
    "study": ("Only for study", RAW),
    "purposes": ("For purposes", None),
    "labels": ("Data", None),
    "actions": ("May be used to", None),
    "ceiling": ("At most", None),
    "validFrom": ("From", DATE),
    "validUntil": ("Until", DATE),
    "document": ("Commitment to the document", RAW),
    "place": ("Place", RAW),
    "version": ("Directive", RAW),
    "representative": ("Representative", ADDRESS),
    "power": ("May", None),
    "until": ("Until", DATE),
    "account": ("New account", ADDRESS),
    "signer": ("Signed by", ADDRESS),
    "nonce": ("Number", RAW),
    "signedAt": ("Signed at", DATE),
    "deadline": ("To be handed in before", DATE),
}


def _purpose_sets() -> Iterator[frozenset[Purpose]]:
    """Yield each purpose with its kinds, and every set of whole families."""
    yield from map(closure, Purpose)
    yield from (closure_of(one) for one in _subsets(FAMILIES) if one)


def _label_sets() -> Iterator[frozenset[Label]]:
    """Yield each label, all classes of data with any set of sensitivities, and all labels."""
    yield from (frozenset({label}) for label in Label)
    yield from (CLASSES | one for one in _subsets(sorted(SENSITIVE)))
    yield ALL_LABELS


def _purposes(found: frozenset[Purpose]) -> str:
    return ", ".join(WORDS.get(code, code) for code in purposes_in_words(found).split(", "))


WORDS = {
    "HMARKT": "marketing (HMARKT)",
    "HOPERAT": "healthcare operations (HOPERAT)",
    "HPAYMT": "payment (HPAYMT)",
    "HRESCH": "research (HRESCH)",
    "PATRQT": "the patient's request (PATRQT)",
    "PUBHLTH": "public health (PUBHLTH)",
    "TREAT": "treatment (TREAT)",
    "ETREAT": "emergency treatment (ETREAT)",
    "BTG": "breaking the glass (BTG)",
}


def _subsets(things: Iterable[T]) -> Iterator[frozenset[T]]:
    listed = list(things)
    sets = chain.from_iterable(combinations(listed, n) for n in range(len(listed) + 1))
    return map(frozenset, sets)
