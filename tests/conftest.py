"""The world of the tests: one Anvil, the suite deployed by the deploy code, and a cast of accounts.

Every test finds the chain as it was after deployment, and a data folder of its own.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pyhealth.chain.anvil import find_anvil
from pyhealth.chain.network import connect as reach
from pyhealth.chain.rpc import Rpc
from pyhealth.chain.wallet import Wallet
from pyhealth.cli import main
from pyhealth.config import Settings, load_settings
from pyhealth.deployment.deployer import deploy
from pyhealth.deployment.records import record_file
from pyhealth.errors import PyHealthError
from pyhealth.health import Health, connect

ROOT = Path(__file__).resolve().parents[1]
GANACHE = ROOT / "node_modules/ganache/dist/node/cli.js"
MNEMONIC = "test test test test test test test test test test test junk"


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a process needs, and nothing of pyhealth that the machine happens to set."""
    ours = ("PYHEALTH_", "ETHERSCAN_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYHEALTH_HOME": str(home), "COLUMNS": "200", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def interruptible() -> None:
    """Heed SIGINT, also where a shell that started the tests in its background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Node:
    """A chain of the tests' own; `options` go to its command line."""

    url: str
    process: subprocess.Popen[bytes]
    rpc: Rpc = field(init=False)

    def __post_init__(self) -> None:
        self.rpc = Rpc(self.url)

    @classmethod
    def anvil(cls, *options: str) -> "Node":
        port = str(free_port())
        command = [
            str(find_anvil(os.environ, ROOT)),
            "--port",
            port,
            "--accounts",
            "20",
            "--silent",
        ]
        return cls._started([*command, *options], port)

    @classmethod
    def ganache(cls, *options: str) -> "Node":
        port = str(free_port())
        command = ["node", str(GANACHE), "--server.port", port, "--wallet.mnemonic", MNEMONIC]
        command += ["--wallet.totalAccounts", "20", "--chain.chainId", "1337"]
        command += ["--chain.hardfork", "london"]
        return cls._started([*command, *options], port)

    @classmethod
    def _started(cls, command: list[str], port: str) -> "Node":
        quiet = subprocess.DEVNULL
        node = cls(
            f"http://127.0.0.1:{port}", subprocess.Popen(command, stdout=quiet, stderr=quiet)
        )
        for _ in range(100):
            with contextlib.suppress(PyHealthError):
                node.rpc.call("eth_chainId")
                return node
            if node.process.poll() is not None:
                break
            time.sleep(0.1)
        raise ChildProcessError(f"{command[0]} does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="session")
def shared_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Path]]:
    node, home = Node.anvil(), tmp_path_factory.mktemp("deployment")
    settings = load_settings(environment(home, PYHEALTH_RPC_URL=node.url), ROOT)
    chain = reach(settings)
    deployer = Wallet(home, {}).signer("deployer", local=True, default="deployer")
    record = deploy(chain, deployer, record_file(settings, chain))
    yield node, record.file
    node.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder in which nothing was done."""
    return tmp_path / "home"


@pytest.fixture
def node(shared_node: tuple[Node, Path]) -> Iterator[Node]:
    """The shared chain, as it was after deployment."""
    running, _ = shared_node
    running.rpc.call("anvil_setTime", int(time.time()))  # going back put its clock back, too
    running.rpc.call("evm_mine")
    before = running.rpc.call("evm_snapshot")
    yield running
    running.rpc.call("evm_revert", before)


@pytest.fixture
def settings(home: Path, node: Node, shared_node: tuple[Node, Path]) -> Settings:
    """The shared chain as network, with its deployment record in the data folder."""
    records = home / "deployments"
    records.mkdir(parents=True)
    shutil.copy(shared_node[1], records)
    return load_settings(environment(home, PYHEALTH_RPC_URL=node.url), ROOT)


@pytest.fixture
def act_as(settings: Settings) -> Callable[[str], Health]:
    """Open the suite for one of the cast."""
    return lambda name: connect(account=name, settings=settings)


@pytest.fixture
def sponsor(act_as: Callable[[str], Health]) -> Health:
    return act_as("sponsor")


@pytest.fixture
def hospital(act_as: Callable[[str], Health]) -> Health:
    return act_as("hospital")


@pytest.fixture
def stranger(act_as: Callable[[str], Health]) -> Health:
    return act_as("stranger")


@dataclass(frozen=True)
class Told:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs `pyhealth`: quickly in this process, or as the program that users start."""

    environment: dict[str, str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: object) -> Told:
        out, err = io.StringIO(), io.StringIO()
        with self.monkeypatch.context() as patched:
            for name in set(os.environ) - set(self.environment):
                patched.delenv(name)
            for name, value in self.environment.items():
                patched.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    main([str(argument) for argument in arguments])
                    status = 0
                except SystemExit as ended:
                    status = int(ended.code or 0)
        return Told(status, out.getvalue(), err.getvalue())

    def process(self, *arguments: object) -> Told:
        done = self.start(*arguments)
        out, err = done.communicate(timeout=60)
        return Told(done.returncode, out, err)

    def command(self, *arguments: object) -> list[str]:
        program = [sys.executable, "-c", "from pyhealth.cli import main; main()"]
        return [*program, *map(str, arguments)]

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            preexec_fn=interruptible,
        )


@pytest.fixture
def cli(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on the shared chain."""
    return Cli(dict(settings.environment), monkeypatch)


@pytest.fixture
def embedded_cli(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line with nothing configured but its data folder."""
    cli = Cli(environment(home), monkeypatch)
    yield cli
    if (home / "chain").is_dir():
        cli.process("chain", "down")


@pytest.fixture
def documents(tmp_path: Path) -> list[Path]:
    """Three files of a protocol."""
    folder = tmp_path / "protocol"
    folder.mkdir()
    files = [folder / name for name in ("protocol.md", "outcomes.csv", "analysis-plan.md")]
    for file in files:
        file.write_text(f"The content of {file.name}.\n")
    return files
