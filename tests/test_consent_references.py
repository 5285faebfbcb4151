"""
references to members in FHIR
├── what is written is read back, with its study and without
└── given a reference to another chain, or what is none
    └── nobody is meant
"""

import pytest
from consent_cast import STUDY

from pyhealth.standards.consent.references import reference_to, references_in
from pyhealth.values import Grantee


@pytest.mark.parametrize("grantee", [Grantee(0), Grantee(12), Grantee(12, STUDY)])
def test_what_is_written_is_read_back(grantee):
    reference = reference_to(grantee, 31337)

    assert references_in(f'{{"reference": "{reference}"}}', 31337) == {reference: grantee}


@pytest.mark.parametrize(
    "text", [reference_to(Grantee(1), 1), "urn:pyhealth:31337:account:0x12", "Organization/f001"]
)
def test_nobody_is_meant_by_what_is_of_another_chain_or_none(text):
    assert references_in(text, 31337) == {}
