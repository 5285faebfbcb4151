"""
the register of processing activities
├── it has every field of GDPR Art. 30(1), for every contract that is deployed
├── its page and its JSON say the same
├── every contract of the suite has its entry
├── who answers for the processing comes from a file; what is missing is said to be
├── the time limits are those of the vault's retention
└── a file that cannot be read is refused with the name and the remedy
"""

import json

import pytest
from conftest import ROOT

from pyhealth.deployment.artifacts import names
from pyhealth.errors import InputError
from pyhealth.privacy.activities import ACTIVITIES
from pyhealth.privacy.register import MEASURES, UNSTATED, Controller, read_controller

SAMPLE = ROOT / "samples/privacy/controller.yaml"
NO_PERSONAL_DATA = {"TestEuro"}


def test_every_contract_of_the_suite_has_its_entry():
    assert set(names()) - NO_PERSONAL_DATA <= set(ACTIVITIES)


def test_it_has_every_field_for_every_contract_that_is_deployed(cli, hospital):
    made = cli("privacy", "register", "--controller", SAMPLE, "--json").json

    listed = {one["contract"]: one for one in made["activities"]}
    deployed = hospital.record.contracts
    assert set(listed) == set(deployed) & set(ACTIVITIES)
    for name, one in listed.items():
        assert one["address"] == deployed[name].address
        assert all(one.values())
        assert {key[0] for key in one if key[1] == "_"} == set("bcdf")
    assert made["a_controller"]["controller"].startswith("Sample Hospital")
    assert made["a_controller"]["joint_controllers"] == [
        "Sample Clinic, 2 Example Street, Exampletown"
    ]
    assert {"name": "Hospital", "roles": ["PROVIDER"]} in made["d_recipients"]
    assert made["e_third_countries"].startswith("All nodes")
    assert made["f_time_limits"] == {}
    assert made["g_measures"][: len(MEASURES)] == list(MEASURES)
    assert made["g_measures"][-1].startswith("The vault's wrapping key")


def test_its_page_and_its_json_say_the_same(cli, tmp_path):
    page = tmp_path / "register.md"
    told = cli("privacy", "register", "--controller", SAMPLE, "--out", page)
    made = cli("privacy", "register", "--controller", SAMPLE, "--json").json

    text = page.read_text()
    assert told.out == f"The register is in {page}.\n"
    assert cli("privacy", "register", "--controller", SAMPLE).out == text
    for one in made["activities"]:
        for value in one.values():
            assert value in text
    for value in (*made["g_measures"], made["e_third_countries"]):
        assert value in text
    for letter in "abcdefg":
        assert f"({letter})" in text


def test_what_is_missing_is_said_to_be(cli):
    made = cli("privacy", "register", "--json").json

    assert made["a_controller"]["controller"] is None
    assert made["e_third_countries"] is None
    assert UNSTATED in cli("privacy", "register").out


def test_the_time_limits_are_those_of_the_vault(cli, settings):
    from datetime import timedelta

    from pyhealth.health import connect
    from pyhealth.privacy.retention import set_policy

    with connect(settings=settings) as health:
        set_policy(health.vault, timedelta(days=3650))

    (limit,) = cli("privacy", "register", "--json").json["f_time_limits"].values()
    assert limit.startswith("3650 days after the last entry")


def test_a_vault_that_cannot_be_read_is_told(cli):
    cli.environment["PYHEALTH_VAULT_KEK"] = "nonsense"

    (limit,) = cli("privacy", "register", "--json").json["f_time_limits"].values()

    assert limit.startswith("could not be read here")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"boss": "x"}, "'boss' is not known; known are controller"),
        ({"controller": 7}, "controller must be a text"),
        ({"joint_controllers": "x"}, "joint_controllers must be a list of texts"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content, words):
    file = tmp_path / "controller.yaml"
    file.write_text(json.dumps(content))

    with pytest.raises(InputError, match=words):
        read_controller(file)


def test_no_file_states_nothing():
    assert read_controller(None) == Controller()


def test_a_place_that_cannot_be_written_is_refused(cli, tmp_path):
    done = cli("privacy", "register", "--out", tmp_path / "none" / "register.md")

    assert done.status == 1
    assert "cannot be written" in done.err
