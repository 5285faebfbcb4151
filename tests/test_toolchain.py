"""The compiler, its cache, and the files that must say the same thing twice.

artifacts
├── they are what the contracts compile to
├── each carries every error of its interface
└── when the kept input of one is compiled
    └── it gives the same code
compile
├── given that nothing changed
│   ├── it starts no compiler
│   ├── it takes less than a tenth of a second
│   └── it does not import web3
├── given a changed interface
│   └── it compiles the contracts that import it, directly or not, and no other
├── given a changed setting
│   └── it compiles all
├── given a damaged artifact
│   └── it compiles that one
├── given a contract that is gone
│   └── it removes the artifact
├── given neighbours
│   └── each contract's code is as when it is alone
└── when a source is wrong
    └── it refuses with one sentence that names the file and line
check
└── given an artifact that differs in one byte
    └── it names it and exits 1
foundry.toml
└── it compiles as brownie-config.yaml says
lock files
└── they carry hashes and no addresses
toolchain
├── when everything is made
│   └── setup does nothing and says nothing
├── when a lock file changes
│   └── only the steps that depend on it are made again
└── when a step fails
    └── it says so in one sentence and leaves no stamp
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from pyhealth.deployment import compiler, toolchain
from pyhealth.deployment.artifacts import names, read_artifact
from pyhealth.deployment.compiler import compile_contracts, compile_standard, stale_artifacts
from pyhealth.deployment.sources import read_project, read_yaml, standard_input
from pyhealth.errors import CompileError

ROOT = Path(__file__).parents[1]
VERSION = toolchain.compiler_version()

HEAD = f"// SPDX-License-Identifier: MIT\npragma solidity {VERSION};\n"
SOURCES = {
    "contracts/interfaces/IWard.sol": "interface IWard { error WardFull(uint256 beds); function admit() external; }",
    "contracts/libraries/Beds.sol": "library Beds { function free(uint256 n) internal pure returns (uint256) { return n - 1; } }",
    "contracts/Ward.sol": """
        import {IWard} from "./interfaces/IWard.sol";
        contract Ward is IWard {
            uint256 public immutable beds; uint256 private immutable _spare;
            constructor(uint256 count) { beds = count; _spare = count / 2; }
            function admit() external view { require(beds > _spare, WardFull(beds)); }
        }""",
    "contracts/Clinic.sol": """
        import {
            IWard
        } from "./interfaces/IWard.sol";
        import {Beds} from './libraries/Beds.sol';
        contract Clinic { function free(IWard ward) external returns (uint256) { ward.admit(); return Beds.free(7); } }""",
    "contracts/tokens/Coin.sol": """
        import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
        contract Coin is ERC20("Coin", "COIN") {}""",
}


def lay_out(folder):
    """Write a small project with the suite's own settings and compiler, and return its folder."""
    shutil.copy(ROOT / "brownie-config.yaml", folder)
    for name in (".solc", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for source, content in SOURCES.items():
        write(folder / source, HEAD + content)
    return folder


@pytest.fixture
def project(tmp_path):
    return lay_out(tmp_path)


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory):
    folder = lay_out(tmp_path_factory.mktemp("project"))
    compile_contracts(folder)
    return folder / compiler.ARTIFACTS


@pytest.fixture
def compiled(project, artifacts):
    shutil.copytree(artifacts, project / compiler.ARTIFACTS)
    return project


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def compiles(project):
    """Compile, and return the names of what the compiler was asked for."""
    said = []
    compile_contracts(project, on_progress=said.append)
    return sorted(
        match[1]
        for match in (re.match(r"compiled (\w+) in", sentence) for sentence in said)
        if match
    )


def break_compiler(project):
    (project / ".solc").unlink()
    write(project / ".solc" / f"solc-v{VERSION}", "#!/bin/sh\necho broken >&2; exit 3\n")
    (project / ".solc" / f"solc-v{VERSION}").chmod(0o755)


def test_artifacts_are_what_the_contracts_compile_to():
    assert stale_artifacts(ROOT) == []


INTERFACES = [name for name in names() if (ROOT / f"contracts/interfaces/I{name}.sol").exists()]


@pytest.mark.parametrize("name", INTERFACES)
def test_artifact_carries_every_error_of_its_interface(name):
    interface = (ROOT / "contracts" / "interfaces" / f"I{name}.sol").read_text()
    declared = set(re.findall(r"^ *error (\w+)\(", interface, re.MULTILINE))

    carried = {entry["name"] for entry in read_artifact(name).abi if entry["type"] == "error"}

    assert declared <= carried


@pytest.mark.parametrize("name", names())
def test_kept_input_compiles_to_the_same_code(name):
    artifact = read_artifact(name)

    _, answer = compile_standard(read_project(ROOT), standard_input(artifact))

    assert (
        bytes.fromhex(answer["contracts"][artifact.source][name]["evm"]["bytecode"]["object"])
        == artifact.bytecode
    )


def test_compile_starts_no_compiler_when_nothing_changed(compiled):
    break_compiler(compiled)

    assert compiles(compiled) == []
    write(compiled / "contracts/Ward.sol", HEAD + "contract Ward {}")
    with pytest.raises(CompileError, match="The compiler"):
        compile_contracts(compiled)


def test_compile_takes_less_than_a_tenth_of_a_second_when_nothing_changed(compiled):
    started = time.perf_counter()
    compile_contracts(compiled)

    assert time.perf_counter() - started < 0.1


def test_compile_does_not_import_web3_when_nothing_changed(compiled):
    script = (
        "import sys, pathlib\n"
        "from pyhealth.deployment.compiler import compile_contracts\n"
        f"compile_contracts(pathlib.Path({str(compiled)!r}))\n"
        "print(sorted({'web3', 'solcx'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_compile_asks_for_the_dependents_of_a_changed_file(compiled):
    with (compiled / "contracts/libraries/Beds.sol").open("a") as source:
        source.write("// changed\n")
    assert compiles(compiled) == ["Clinic"]

    with (compiled / "contracts/interfaces/IWard.sol").open("a") as source:
        source.write("// changed\n")
    assert compiles(compiled) == ["Clinic", "Ward"]
    assert compiles(compiled) == []


def test_compile_asks_for_all_when_a_setting_changed(compiled):
    config = compiled / "brownie-config.yaml"
    config.write_text(config.read_text().replace("runs: 800", "runs: 1"))
    read_yaml.cache_clear()

    assert compiles(compiled) == ["Clinic", "Coin", "Ward"]


def test_compile_asks_for_a_damaged_artifact(compiled):
    artifact = compiled / compiler.ARTIFACTS / "Ward.json"
    artifact.write_bytes(artifact.read_bytes()[:-20])

    assert compiles(compiled) == ["Ward"]


def test_compile_removes_the_artifact_of_a_contract_that_is_gone(compiled):
    (compiled / "contracts/Ward.sol").unlink()

    assert sorted(compile_contracts(compiled)) == ["Clinic", "Coin"]
    assert sorted(file.stem for file in (compiled / compiler.ARTIFACTS).glob("*.json")) == [
        "Clinic",
        "Coin",
    ]


def test_compile_gives_the_same_code_with_and_without_neighbours(project):
    together = compile_contracts(project)

    for unit, name in (("Ward.sol", "Ward"), ("Clinic.sol", "Clinic"), ("tokens/Coin.sol", "Coin")):
        for other in {"Ward.sol", "Clinic.sol", "tokens/Coin.sol"} - {unit}:
            (project / "contracts" / other).unlink(missing_ok=True)
        write(project / "contracts" / unit, HEAD + SOURCES[f"contracts/{unit}"])
        alone = compile_contracts(project, into=project / "alone")

        assert alone == {name: together[name]}
    assert len(together["Ward"].immutables) >= 2


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "contract Ward { uint256 beds }",
            r"contracts/Ward\.sol:3:30: ParserError: Expected ';' but got '}'",
        ),
        (
            "contract Ward {\nuint8 a = 256;\nuint8 b = 256;\n}",
            r"contracts/Ward\.sol:4:11: TypeError: Type int_const 256 .* \(1 more after it\)",
        ),
        (
            "contract Bed {}",
            r"contracts/Ward\.sol holds no contract Ward; name the file as its contract\.",
        ),
        (
            'import "./Gone.sol";\ncontract Ward {}',
            r"\S+/contracts/Gone\.sol cannot be read \(.*\); run `make setup`\.",
        ),
    ],
    ids=["grammar", "types", "name", "import"],
)
def test_compile_refuses_with_a_sentence_when_a_source_is_wrong(project, source, sentence):
    write(project / "contracts/Ward.sol", HEAD + source)

    with pytest.raises(CompileError) as refused:
        compile_contracts(project)

    assert re.fullmatch(sentence, str(refused.value))


def test_compile_refuses_when_there_is_no_compiler(project, monkeypatch):
    (project / ".solc").unlink()
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(project / "contracts"))

    with pytest.raises(CompileError, match="is missing; run `make setup`"):
        compile_contracts(project)


def test_check_names_a_stale_artifact(compiled, monkeypatch, capsys):
    monkeypatch.chdir(compiled)
    assert compiler.main(["--check"]) == 0
    artifact = compiled / compiler.ARTIFACTS / "Ward.json"
    artifact.write_text(artifact.read_text().replace('"bytecode": "60', '"bytecode": "61'))

    assert compiler.main(["--check"]) == 1

    assert "stale: Ward.json; run `make compile`" in capsys.readouterr().out


def test_foundry_compiles_as_brownie_config_says():
    foundry = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    said = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]

    assert foundry["solc"] == f".solc/solc-v{said['solc']['version']}"
    assert foundry["evm_version"] == said["evm_version"]
    assert foundry["optimizer"] == said["solc"]["optimizer"]["enabled"]
    assert foundry["optimizer_runs"] == said["solc"]["optimizer"]["runs"]
    assert [mapping.replace("/=", "=").rstrip("/") for mapping in foundry["remappings"]] == said[
        "solc"
    ]["remappings"]
    assert (foundry["bytecode_hash"], foundry["cbor_metadata"]) == ("none", False)


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda lock: lock.name
)
def test_lock_carries_hashes_and_no_addresses(lock):
    content = lock.read_text()
    pinned = re.findall(
        r"^[\w.-]+==\S+.*(?:\n +--hash=sha256:[0-9a-f]{64}.*)+", content, re.MULTILINE
    )

    assert len(pinned) == len(re.findall(r"^[^\s#]", content, re.MULTILINE))
    assert not re.search(r"https?:|index-url|find-links| @ ", content)


def test_npm_lock_carries_no_addresses():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert not any("resolved" in package for package in packages.values())
    assert all(
        "integrity" in package or package.get("optional")
        for path, package in packages.items()
        if path
    )


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """Two steps that make a folder each from a lock file each, and the list of what was made."""
    monkeypatch.setattr(toolchain, "ROOT", tmp_path)
    made = []

    def step(name):
        (tmp_path / name).mkdir()
        write(tmp_path / f"{name}.lock", "1")
        return toolchain.Step(name, name, (f"{name}.lock",), lambda: made.append(name))

    return (step("tools"), step("chains")), made


def test_setup_does_nothing_when_everything_is_made(workshop, capsys):
    steps, made = workshop
    toolchain.setup(steps)
    capsys.readouterr()

    toolchain.setup(steps)

    assert made == ["tools", "chains"]
    assert capsys.readouterr().out == ""


def test_setup_makes_again_what_depends_on_a_changed_lock(workshop):
    steps, made = workshop
    toolchain.setup(steps)
    write(toolchain.ROOT / "chains.lock", "2")

    toolchain.setup(steps)

    assert made == ["tools", "chains", "chains"]


def test_setup_says_in_one_sentence_what_failed_and_leaves_no_stamp(workshop, monkeypatch, capfd):
    (tools, _), _ = workshop
    failing = tools._replace(
        make=lambda: toolchain._run(
            "false", remedy="nothing can be installed; is there a registry?"
        )
    )
    monkeypatch.setitem(toolchain.COMMANDS, "setup", lambda: toolchain.setup((failing,)))

    with pytest.raises(SystemExit) as ended:
        toolchain.main("setup")

    assert str(ended.value) == "setup: nothing can be installed; is there a registry? (exit 1)."
    assert not failing.is_made()
