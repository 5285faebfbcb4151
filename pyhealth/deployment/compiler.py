"""Compiles what changed of contracts/ into pyhealth/artifacts, through py-solc-x.

A contract and all that it imports are one unit, compiled in a process of its own: its bytecode
cannot depend on its neighbours. An artifact carries the hash of its unit's complete compiler
input, and so is the cache as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyhealth.deployment.artifacts import Artifact
from pyhealth.deployment.sources import KEPT, Json, Project, read_project, together
from pyhealth.errors import CompileError, PyHealthError

ARTIFACTS = "pyhealth/artifacts"

Say = Callable[[str], None]


def compile_contracts(
    root: Path, *, on_progress: Say | None = None, into: Path | None = None
) -> dict[str, Artifact]:
    """Bring the artifacts up to date, and return them by name."""
    project, folder, say = read_project(root), into or root / ARTIFACTS, on_progress or _silent
    units = project.units()
    kept = {name: _kept(folder / f"{name}.json") for name in units}
    stale = [name for name in units if kept[name].get("input_hash") != _hash(project, units[name])]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for document in pool.map(lambda name: _compile(project, name, units[name], say), stale):
            kept[document["name"]] = document
            _write(folder / f"{document['name']}.json", document)
    for file in set(folder.glob("*.json")) - {folder / f"{name}.json" for name in units}:
        file.unlink()
    _write(folder / KEPT, together(project, units))
    return {name: _artifact(document) for name, document in kept.items()}


def stale_artifacts(root: Path, *, on_progress: Say | None = None) -> list[str]:
    """Compile everything afresh, and return the names of the files that differ from it."""
    with tempfile.TemporaryDirectory() as name:
        fresh, kept = Path(name), root / ARTIFACTS
        compile_contracts(root, on_progress=on_progress, into=fresh)
        files = {
            str(file.relative_to(dir)) for dir in (fresh, kept) for file in dir.rglob("*.json")
        }
        return sorted(file for file in files if _bytes(fresh / file) != _bytes(kept / file))


def compile_standard(project: Project, standard: Json) -> tuple[str, Json]:
    """Return the compiler's full version and its answer to a standard-JSON input."""
    import solcx
    from solcx.exceptions import SolcError, SolcNotInstalled
    from solcx.wrapper import get_solc_version

    own = project.root / ".solc" / f"solc-v{project.version}"
    try:
        binary = own if own.is_file() else solcx.install.get_executable(project.version)
        version = str(get_solc_version(binary, with_commit_hash=True))
        answer: Json = solcx.compile_standard(standard, solc_binary=binary)
    except SolcNotInstalled as error:
        raise CompileError(f"Solidity {project.version} is missing; run `make setup`.") from error
    except SolcError as error:
        raise CompileError(_refusal(error.error_dict or (), error.stderr_data or "")) from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CompileError(f"The compiler does not work ({error}); run `make setup`.") from error
    return version, answer


def _refusal(told: Iterable[Json], otherwise: str) -> str:
    errors = [one for one in told if one["severity"] == "error"]
    if not errors:
        return f"The compiler failed ({' '.join(otherwise.split())}); run `make setup`."
    more = f" ({len(errors) - 1} more after it)" if len(errors) > 1 else ""
    return _sentence(errors[0]) + more


def _sentence(told: Json) -> str:
    place = re.search(r"--> (\S+?:\d+(:\d+)?)", told.get("formattedMessage", ""))
    message = f"{told['type']}: {' '.join(told['message'].split())}"
    return f"{place[1]}: {message}" if place else message


def _compile(project: Project, name: str, standard: Json, say: Say) -> Json:
    (source,) = standard["settings"]["outputSelection"]
    started = time.monotonic()
    compiler, answer = compile_standard(project, standard)
    for warning in answer.get("errors", ()):
        say(_sentence(warning))
    if (made := answer.get("contracts", {}).get(source, {}).get(name)) is None:
        raise CompileError(f"{source} holds no contract {name}; name the file as its contract.")
    say(f"compiled {name} in {time.monotonic() - started:.1f} s")
    runtime = made["evm"]["deployedBytecode"]
    places = [place for variable in runtime["immutableReferences"].values() for place in variable]
    return {
        "abi": made["abi"],
        "bytecode": made["evm"]["bytecode"]["object"],
        "compiler": compiler,
        "immutables": sorted([place["start"], place["length"]] for place in places),
        "input_hash": _hash(project, standard),
        "name": name,
        "runtime": runtime["object"],
        "source": source,
    }


def _artifact(document: Json) -> Artifact:
    return Artifact(
        name=document["name"],
        source=document["source"],
        compiler=document["compiler"],
        abi=document["abi"],
        bytecode=bytes.fromhex(document["bytecode"]),
        runtime=bytes.fromhex(document["runtime"]),
        immutables=tuple((start, length) for start, length in document["immutables"]),
    )


def _hash(project: Project, standard: Json) -> str:
    said = json.dumps([project.version, standard], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _kept(file: Path) -> Json:
    try:
        document: Json = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return document


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _write(file: Path, document: Json) -> None:
    text = _lines(document) + "\n"
    if _bytes(file) == text.encode():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text, "utf-8")
    draft.replace(file)


def _lines(value: Any, depth: int = 0) -> str:
    """Return JSON that can be compared by line: sorted, the two outer levels an entry a line."""
    if depth == 2 or not value or not isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    if isinstance(value, dict):
        entries = [f"{json.dumps(key)}: {_lines(value[key], depth + 1)}" for key in sorted(value)]
    else:
        entries = [_lines(entry, depth + 1) for entry in value]
    before, after = "{}" if isinstance(value, dict) else "[]"
    indent = "\n" + " " * depth
    return before + ",".join(f"{indent} {entry}" for entry in entries) + indent + after


def _silent(sentence: str) -> None:
    pass


def main(arguments: list[str]) -> int:
    """Compile the project in the working folder; with ``--check``, only say what is stale."""
    try:
        if "--check" in arguments:
            stale = stale_artifacts(Path.cwd())
            print(f"stale: {', '.join(stale)}; run `make compile`" if stale else "artifacts: fresh")
            return 1 if stale else 0
        compile_contracts(Path.cwd(), on_progress=print)
    except PyHealthError as error:
        print(f"compiler: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
