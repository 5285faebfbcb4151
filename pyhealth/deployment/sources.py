"""What is compiled, and how: the contracts, all that they import, and brownie-config.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from pyhealth.config import CONFIG_FILE, read_yaml
from pyhealth.deployment.artifacts import FOLDER, Artifact
from pyhealth.errors import CompileError, ConfigError

UNITS = ("contracts/*.sol", "contracts/tokens/*.sol")
IMPORT = re.compile(r"""^\s*import\b[^"';]*["']([^"']+)["']""", re.MULTILINE)
CODE = "evm.deployedBytecode"
OUTPUTS = ["abi", "evm.bytecode.object", f"{CODE}.object", f"{CODE}.immutableReferences"]
KEPT = "input/standard.json"  # under the artifacts: the compiler's input for all of them together.

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with contracts, and how they are compiled."""

    root: Path
    version: str
    settings: Json
    remappings: dict[str, str]

    def units(self) -> dict[str, Json]:
        """Return the complete compiler input of each contract that is deployed, by its name."""
        files = (file for pattern in UNITS for file in sorted(self.root.glob(pattern)))
        sources = (file.relative_to(self.root).as_posix() for file in files)
        return {_stem(source): _input(self.settings, source, self.read) for source in sources}

    def read(self, source: str) -> str:
        """Return a source by the name that Solidity knows it under."""
        prefix = next((prefix for prefix in self.remappings if source.startswith(prefix)), "")
        file = self.root / (self.remappings.get(prefix, "") + source.removeprefix(prefix))
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CompileError(f"{file} cannot be read ({error}); run `make setup`.") from error


def read_project(root: Path) -> Project:
    """Read how a folder's contracts are compiled."""
    try:
        said = read_yaml(root / CONFIG_FILE)["compiler"]
        solc, optimizer = said["solc"], said["solc"]["optimizer"]
        settings = {
            "evmVersion": said["evm_version"],
            # without a hash of the comments in it, so that they do not move code or gas.
            "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
            "optimizer": {"enabled": optimizer["enabled"], "runs": optimizer["runs"]},
        }
        remappings = dict(mapping.split("=") for mapping in solc.get("remappings") or ())
        return Project(root, str(solc["version"]), settings, remappings)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{root / CONFIG_FILE} lacks {error} under compiler.") from error


def together(project: Project, units: dict[str, Json]) -> Json:
    """Return one compiler input with the sources of all units, which holds each source once."""
    sources = {name: text for unit in units.values() for name, text in unit["sources"].items()}
    return {"language": "Solidity", "settings": project.settings, "sources": sources}


def standard_input(artifact: Artifact, folder: Path = FOLDER) -> Json:
    """Return the complete compiler input that an artifact was made from, as explorers want it."""
    kept = json.loads((folder / KEPT).read_bytes())
    return _input(kept["settings"], artifact.source, lambda name: kept["sources"][name]["content"])


def _input(settings: Json, source: str, read: Callable[[str], str]) -> Json:
    return {
        "language": "Solidity",
        "settings": {**settings, "outputSelection": {source: {_stem(source): OUTPUTS}}},
        "sources": {name: {"content": text} for name, text in sorted(_closure(source, read))},
    }


def _closure(source: str, read: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    seen, waiting = {source}, [source]
    while waiting:
        name = waiting.pop()
        text = read(name)
        yield name, text
        new = {_resolved(path, name) for path in IMPORT.findall(text)} - seen
        seen |= new
        waiting += new


def _resolved(path: str, importer: str) -> str:
    return normpath(PurePosixPath(importer).parent / path) if path.startswith(".") else path


def _stem(source: str) -> str:
    return PurePosixPath(source).stem
