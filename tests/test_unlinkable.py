"""
two hospitals' views of their patients, from all that the chain shows
├── given a pseudonym for each relationship
│   └── they share no topic, address, commitment or other word but public ones: no pair is joined
├── given one account a patient, the control
│   └── every pair is joined
└── given 1,000 patients (assurance)
    └── both hold
"""

import pytest
from consent_cast import Sharing
from pseudonym_cast import Patients

FEW, MANY = 50, 1_000


@pytest.fixture
def sharing(act_as):
    return Sharing(act_as)


def by_hospital(hospital):
    return hospital


def always_the_same(hospital):
    return "label:everything"


def test_no_pair_is_joined_where_each_relationship_has_a_pseudonym(sharing):
    patients = Patients(sharing, FEW, by_hospital)

    assert patients.pairs() == (set(), set())


def test_every_pair_is_joined_where_a_patient_has_one_account(sharing):
    patients = Patients(sharing, FEW, always_the_same)

    joined, wrongly = patients.pairs()

    assert joined == set(patients.subjects)
    assert wrongly == set()


@pytest.mark.assurance
@pytest.mark.parametrize(("relation", "joined"), [(by_hospital, 0), (always_the_same, MANY)])
def test_the_same_holds_for_a_thousand_patients(sharing, relation, joined, record_property):
    right, wrong = Patients(sharing, MANY, relation).pairs()

    what = "pseudonyms" if relation is by_hospital else "control: one account each"
    record_property(f"{MANY:,} patients of two hospitals, {what}: pairs joined", len(right))
    assert (len(right), wrong) == (joined, set())
