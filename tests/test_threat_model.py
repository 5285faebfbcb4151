"""
the threat model
├── names a test for every threat that it says is met, and each is there
└── says what is not protected against
"""

import re

from conftest import ROOT

PAGE = (ROOT / "docs/threat-model.md").read_text("utf-8")
SHOWN = re.compile(r"\]\(\.\./(tests/\w+\.py)\)`::(test_\w+)`")


def test_every_test_that_it_names_is_there():
    holds = PAGE.split("# What holds")[1].split("# What is not")[0]
    rows = [line for line in holds.splitlines() if line.startswith("| ")][1:]
    named = SHOWN.findall(holds)

    assert len(named) == len(rows) >= 10
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {test}"


def test_it_says_what_is_not_protected_against():
    limits = PAGE.split("# What is not protected against")[1]

    for named in ("Amounts and dates", "Timing", "Metadata", "custodian who lies", "Roll-back"):
        assert named in limits
