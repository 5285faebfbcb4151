"""
the package
├── imports point one way
├── public names are listed, sorted, and there
├── every custom error of the contracts has its exception, argument for argument
├── every struct and enumeration of the interfaces that has a mirror is equal to it
└── every command in the README is known to the parser
"""

import ast
import importlib
import inspect
import json
import re
import subprocess
from dataclasses import MISSING, fields
from enum import IntEnum
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pytest
import typer.main
from conftest import ROOT

from pyhealth import errors, values
from pyhealth.cli import app
from pyhealth.deployment.artifacts import names, read_artifact

PACKAGE = ROOT / "pyhealth"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A module may import from its own layer and from those above it.
LAYERS = (
    ("values", "errors", "progress", "verify_proof"),
    ("hashing", "config", "documents", "reading", "openings", "sharing", "adjudication"),
    ("deployment.artifacts", "deployment.sources", "deployment.compiler", "deployment.toolchain"),
    ("chain",),
    ("deployment",),
    (
        "index",
        "proof",
        "anchoring",
        "sheaf",
        "privacy",
        "standards",
        "governance.ballots",
        "messages",
    ),
    ("comparison",),
    ("notary", "consortium", "trials", "consents", "records", "coverage", "claims", "medicines"),
    ("governance", "reimbursement"),  # what a vote is about, in words; jobs of two clients
    ("health",),
    ("server",),
    ("cli", ""),
)
CLIENTS = next(listed for listed in LAYERS if "notary" in listed)


def layer(module: str) -> int:
    """The place of a module; the longest name that fits counts."""
    fitting = [
        (len(name), place)
        for place, listed in enumerate(LAYERS)
        for name in listed
        if module == name or (name and module.startswith(name + "."))
    ]
    assert fitting, f"pyhealth.{module} has no layer; add it to the test"
    return max(fitting)[1]


def name_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(file: Path) -> set[str]:
    """The modules of the package that a module needs before anything is called."""
    tree = ast.parse(file.read_text("utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pyhealth"):
            module = (node.module or "").removeprefix("pyhealth").strip(".")
            inner = [f"{module}.{alias.name}".strip(".") for alias in node.names]
            found |= {one if is_module(one) else module for one in inner}
    return found


def is_module(name: str) -> bool:
    place = PACKAGE.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_imports_point_one_way(file):
    own = name_of(file)

    for other in imports(file):
        assert layer(other) <= layer(own), f"pyhealth.{own} imports pyhealth.{other}"
        assert not (own in CLIENTS and other in CLIENTS), f"client {own} imports client {other}"


def test_public_names_are_sorted_and_there():
    package = importlib.import_module("pyhealth")

    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) == set(package._HOMES)
    assert all(getattr(package, name).__name__ == name for name in package.__all__)
    with pytest.raises(AttributeError, match="module 'pyhealth' has no attribute 'Mars'"):
        package.__getattr__("Mars")


def custom_errors() -> dict[str, dict[str, Any]]:
    abis = (entry for name in names() for entry in read_artifact(name).abi)
    return {entry["name"]: entry for entry in abis if entry["type"] == "error"}


def snake(name: str) -> str:
    plain = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower().lstrip("_")
    return plain + "_" if iskeyword(plain) else plain


def from_libraries() -> set[str]:
    from pyhealth.chain.refusals import LIBRARY_ERRORS

    return {signature.split("(")[0] for signature in LIBRARY_ERRORS}


@pytest.mark.parametrize("name", sorted(custom_errors()))
def test_every_custom_error_has_its_exception(name):
    if name in from_libraries():
        return
    mirror = getattr(errors, name)

    assert issubclass(mirror, errors.ContractError)
    carried = [field.name for field in fields(mirror) if field.default is MISSING]
    assert carried == [snake(entry["name"]) for entry in custom_errors()[name]["inputs"]]


def told() -> list[type]:
    return [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, errors.ChainError)
        and hasattr(one, "__dataclass_fields__")
        and fields(one)
    ]


@pytest.mark.parametrize("error", told(), ids=lambda error: error.__name__)
def test_every_sentence_can_be_said(error):
    sample = {
        "bytes": b"\x01",
        "str": "text",
        "int": 7,
        "ContractError | None": errors.BatchEmpty(),
    }
    values = [sample.get(str(field.type), "x") for field in fields(error)]

    sentence = str(error(*values))

    assert "{" not in sentence
    assert sentence == " ".join(sentence.split())
    assert sentence.endswith(".")


@pytest.fixture(scope="module")
def declared() -> dict[str, list[str]]:
    """The members of every struct and enumeration of the interfaces, from the compiler's tree."""
    sources = {
        file.relative_to(ROOT).as_posix(): {"content": file.read_text("utf-8")}
        for file in sorted(ROOT.glob("contracts/interfaces/*.sol"))
    }
    settings = {"outputSelection": {"*": {"": ["ast"]}}, "stopAfter": "parsing"}
    asked = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    compiler = next((ROOT / ".solc").glob("solc-v*"))
    done = subprocess.run(
        [compiler, "--standard-json"],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    found = {}
    for source in json.loads(done.stdout)["sources"].values():
        for outer in source["ast"]["nodes"]:
            for node in (outer, *outer.get("nodes", ())):
                if node["nodeType"] in ("StructDefinition", "EnumDefinition"):
                    assert node["name"] not in found, f"{node['name']} is declared twice"
                    found[node["name"]] = [member["name"] for member in node["members"]]
    return found


def test_every_struct_and_enumeration_has_an_equal_mirror(declared):
    assert "Anchor" in declared
    for name, members in declared.items():
        mirror = getattr(values, name, None)
        if mirror is None:
            continue
        if issubclass(mirror, IntEnum):
            assert [member.name for member in mirror] == [snake(one).upper() for one in members]
            assert [member.value for member in mirror] == list(range(len(members)))
        else:
            assert [field.name for field in fields(mirror)] == [snake(one) for one in members]


def test_every_command_in_the_readme_is_known():
    command = typer.main.get_command(app)
    found = re.findall(
        r"^\s*(?:\$ )?pyhealth ([a-z][^\n#|]*)", (ROOT / "README.md").read_text(), re.M
    )

    assert found
    for line in found:
        inner: Any = command
        options = {
            option for one in line.split() for option in [one.split("=")[0]] if one.startswith("--")
        }
        for word in line.split():
            inner = getattr(inner, "commands", {}).get(word) or inner
        assert inner is not command, f"pyhealth {line}"
        known = {option for parameter in inner.params for option in parameter.opts} | {"--help"}
        assert options <= known, f"pyhealth {line}"
