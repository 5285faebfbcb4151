"""
descriptor
├── it has the parts that ERC-7730 asks for, and no others
├── it is bound to one contract on one chain
├── every type that is signed has its format, and every field its place, in the order of signing
├── what a person must judge is always shown; what is a number to everybody may be left out
├── every reference to words leads to some, and every intent names fields of its message
└── the words
    ├── of a value are those of the command line
    ├── of every set of actions, of every family of purposes and of every sensitivity are there
    └── of a value that is not listed are missing: wallets show the number
pyhealth consent wallets
└── it writes the descriptor of the network, with its members by name
"""

import json
import re
from typing import Any

import pytest
from consent_cast import PATIENT, TREATMENT

from pyhealth.consents.clear_signing import descriptor, enums
from pyhealth.consents.messages import CANCELLATION, DENY, GRANT, KINDS, terms_on_wire
from pyhealth.consents.words import ALL_LABELS, CLASSES, labels_in_words
from pyhealth.hashing import Domain
from pyhealth.messages import fields_of
from pyhealth.sharing.purposes import closure, closure_of
from pyhealth.values import Confidentiality, ConsentAction, Label, Power, Purpose, bits_of

DOMAIN = Domain("ConsentRegistry", 31337, PATIENT)
FORMATS = {"raw", "addressName", "date", "enum"}  # of those that ERC-7730 knows
# How version 2 of the schema wants the key of a message: EIP-712's encodeType.
KEY = re.compile(r"[A-Za-z_]\w*\([A-Za-z_]\w* [A-Za-z_]\w*(,[A-Za-z_]\w* [A-Za-z_]\w*)*\)")


@pytest.fixture
def told() -> dict[str, Any]:
    return descriptor(DOMAIN, {1: "Hospital (member 1)"}, "The consortium")


def shown(told: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in told["display"]["formats"][kind]["fields"]}


def test_it_has_the_parts_that_the_schema_asks_for_and_no_others(told):
    assert set(told) == {"$schema", "context", "metadata", "display"}
    assert told["$schema"] == "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"
    assert set(told["context"]) == {"$id", "eip712"}
    assert set(told["metadata"]) == {"owner", "contractName", "enums"}
    assert set(told["display"]) == {"formats"}
    for kind, form in told["display"]["formats"].items():
        assert KEY.fullmatch(kind)
        assert set(form) == {"intent", "interpolatedIntent", "fields"}
        for field in form["fields"]:
            assert {"path", "label", "format", "visible"} <= set(field)
            assert set(field) <= {"path", "label", "format", "visible", "params"}
            assert field["format"] in FORMATS
            assert field["visible"] in ("always", "never", "optional")
            params = {"date": {"encoding"}, "enum": {"$ref"}}.get(field["format"], set())
            assert set(field.get("params", {})) == params
    for words in told["metadata"]["enums"].values():
        assert all(type(one) is str for pair in words.items() for one in pair)


def test_it_is_bound_to_one_contract_on_one_chain(told):
    bound = told["context"]["eip712"]

    assert bound["domain"] == {"name": "ConsentRegistry", "version": "1"}
    assert bound["deployments"] == [{"chainId": 31337, "address": PATIENT}]


def test_every_type_has_its_format_and_every_field_its_place(told):
    formats = told["display"]["formats"]

    assert list(formats) == list(KINDS)
    for kind, form in formats.items():
        assert [one["path"] for one in form["fields"]] == [name for _, name in fields_of(kind)]


def test_what_a_person_must_judge_is_always_shown(told):
    optional = {
        kind: [name for name, one in shown(told, kind).items() if one["visible"] == "optional"]
        for kind in KINDS
    }

    assert optional[GRANT] == ["document", "nonce", "signedAt"]
    assert optional[DENY] == ["ceiling", "document", "nonce", "signedAt"]
    assert optional[CANCELLATION] == ["signedAt"]


def test_every_reference_leads_to_words_and_every_intent_to_fields(told):
    for kind, form in told["display"]["formats"].items():
        fields = shown(told, kind)
        for field in fields.values():
            if field["format"] == "enum":
                root, part, name = field["params"]["$ref"].split(".")[:3]
                assert (root, part) == ("$", "metadata")
                assert told["metadata"][name][field["path"]]
        named = re.findall(r"{(\w+)}", form["interpolatedIntent"])
        assert named
        assert all(fields[name]["visible"] == "always" for name in named)


def test_the_words_of_a_value_are_those_of_the_command_line():
    words = enums({1: "Hospital (member 1)"})
    purposes, labels, actions, ceiling, *_ = map(str, terms_on_wire(TREATMENT))

    assert words["purposes"][purposes] == "treatment (TREAT)"
    assert words["actions"][actions] == "access, use"
    assert words["ceiling"][ceiling] == "confidentiality N"
    assert words["labels"][str(bits_of(CLASSES))] == "all classes of data"
    assert words["labels"][str(bits_of(ALL_LABELS))] == "all data"
    assert words["member"] == {"0": "everyone", "1": "Hospital (member 1)"}
    assert labels not in words["labels"]  # two classes of data: a number


def test_the_words_of_what_is_common_are_all_there():
    words = enums({})
    several = closure_of({Purpose.TREAT, Purpose.HPAYMT, Purpose.HOPERAT})
    sensitive = CLASSES | {Label.HIV, Label.PSY}

    assert len(words["actions"]) == (1 << len(ConsentAction)) - 1
    assert all(str(bits_of(closure(one))) in words["purposes"] for one in Purpose)
    assert words["purposes"][str(bits_of(several))] == (
        "healthcare operations (HOPERAT), payment (HPAYMT), treatment (TREAT)"
    )
    assert words["purposes"][str(1 << Purpose.BTG)] == "breaking the glass (BTG)"
    assert words["labels"][str(bits_of(sensitive))] == labels_in_words(frozenset(sensitive))
    assert set(words["ceiling"]) == {str(int(one)) for one in Confidentiality if one}
    assert set(words["power"]) == {str(int(one)) for one in Power if one}


def test_the_command_writes_the_descriptor_of_the_network(cli, sponsor, tmp_path):
    out = tmp_path / "erc7730.json"

    written = cli("consent", "wallets", "--out", out, "--owner", "Clinics", "--json")
    printed = cli("consent", "wallets", "--owner", "Clinics")
    plain = cli("consent", "wallets", "--out", out)
    away = cli("consent", "wallets", "--out", tmp_path / "gone" / "x.json")

    told = json.loads(out.read_text())
    assert (written.status, written.json["messages"]) == (0, len(KINDS))
    assert printed.json["metadata"]["owner"] == "Clinics"
    assert plain.out.startswith("8 messages and ")
    assert told["metadata"]["enums"]["member"]["1"] == "Hospital (member 1)"
    (place,) = told["context"]["eip712"]["deployments"]
    assert place["address"] == sponsor.consents.domain.contract
    assert away.status == 1
    assert "cannot be written" in away.err
