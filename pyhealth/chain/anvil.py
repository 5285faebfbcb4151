"""Finds Anvil and runs it: one node for a data folder, however many processes use it.

Every user of the node holds a shared lock on ``users.lock`` for as long as it lives; the kernel
drops the lock when a user dies, also when it is killed. A small supervisor process owns Anvil and
waits for the exclusive lock: when it gets it nobody is left, and it stops Anvil, which writes its
state. ``start.lock`` keeps starting and stopping apart.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pyhealth.chain.rpc import Rpc
from pyhealth.errors import ConfigError

HOST = "127.0.0.1"
ACCOUNTS = 20
STATE_SECONDS = (
    5  # between two copies of the state on disk, for the case that Anvil itself is killed.
)
HISTORY_BLOCKS = 512  # whose state stays in memory, for calls in the past.
START_SECONDS = 20.0
STOP_SECONDS = 60.0
LINUX_PR_SET_PDEATHSIG = 1


def find_anvil(environment: Mapping[str, str], root: Path | None) -> Path:
    """Return the Anvil executable: ``$ANVIL``, the project's node_modules, ``PATH``, or the Foundry
    home.
    """
    if named := environment.get("ANVIL"):
        if not os.access(named, os.X_OK):
            raise ConfigError(f"ANVIL names {named!r}, which is not an executable file.")
        return Path(named)
    folders = [folder / "node_modules" for folder in (root, Path.cwd()) if folder]
    foundry = Path(environment.get("FOUNDRY_DIR") or "~/.foundry").expanduser()
    on_path = shutil.which("anvil", path=environment.get("PATH"))
    candidates = [
        *map(_packaged, folders),
        on_path and _native(Path(on_path)),
        foundry / "bin" / "anvil",
    ]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise ConfigError(
        "Anvil was not found in $ANVIL, node_modules, PATH or ~/.foundry/bin; "
        "install it with 'npm install @foundry-rs/anvil', or name a running node with --network."
    )


def _packaged(node_modules: Path) -> Path:
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine()
    )
    return node_modules / "@foundry-rs" / f"anvil-{sys.platform}-{machine}" / "bin" / "anvil"


def _native(executable: Path) -> Path:
    """Return the binary behind npm's wrapper script, which passes on neither exit status nor
    signals.
    """
    resolved = executable.resolve()
    scope = next((folder for folder in resolved.parents if folder.name == "@foundry-rs"), None)
    return _packaged(scope.parent) if scope else executable


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the embedded chain lives on disk."""

    path: Path

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def log(self) -> Path:
        return self.path / "anvil.log"

    @property
    def node(self) -> Path:
        """Says the URL and the processes while a node runs."""
        return self.path / "node.json"

    @property
    def keep(self) -> Path:
        """Stands there while the node shall outlive its users."""
        return self.path / "keep"

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Keep every other process from starting or stopping the node."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def users(self) -> IO[str]:
        """Open the file that users of the node lock."""
        return (self.path / "users.lock").open("a")

    def supervised(self) -> IO[str]:
        """Open the file that the supervisor locks for as long as it lives."""
        return (self.path / "supervisor.lock").open("a")

    def told(self) -> dict[str, int | str]:
        """Return what was said of the node that was started last; it may have ended."""
        try:
            told: dict[str, int | str] = json.loads(self.node.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return told if {"url", "port", "anvil", "supervisor"} <= told.keys() else {}

    def running(self) -> dict[str, int | str] | None:
        """Return what is said of the running node, or nothing where none runs, or it is ending."""
        told = self.told()
        if not told or not _alive(int(told["anvil"])):
            return None
        with self.supervised() as supervisor:
            if _lock(supervisor, fcntl.LOCK_SH):
                return None  # killed, and its node is ending
        return told if _listens(int(told["port"])) else None

    def await_end(self) -> None:
        """Wait for a node whose supervisor was killed: it writes its state, and ends."""
        deadline, told = time.monotonic() + STOP_SECONDS, self.told()
        while told and _alive(int(told["anvil"])) and time.monotonic() < deadline:
            time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use the embedded node; it runs at least until this is closed or its process
    ends.
    """

    url: str
    users: IO[str]

    def close(self) -> None:
        """Give the node up."""
        self.users.close()


def attach(folder: Folder, anvil: Path, *, port: int = 0) -> Lease:
    """Join the folder's node, or start it on that port (0: any free one) where none runs."""
    with folder.starting():
        users = folder.users()
        fcntl.flock(users, fcntl.LOCK_SH)
        running = folder.running() or _start(folder, anvil, port)
    return Lease(str(running["url"]), users)


def _start(folder: Folder, anvil: Path, port: int) -> dict[str, int | str]:
    folder.await_end()
    folder.node.unlink(missing_ok=True)
    port = _free_port(port)
    with folder.log.open("w") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "pyhealth.chain.anvil", str(folder.path), str(anvil), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (running := folder.running()) is not None:
            return running
        if supervisor.poll() is not None:
            break
        time.sleep(0.01)
    supervisor.terminate()
    told = [line for line in folder.log.read_text().splitlines() if line.strip()]
    why = told[-1].strip() if told else "it did not answer in time"
    raise ConfigError(
        f"Anvil did not start on port {port}: {why}; see {folder.log}, "
        f"and if its state is damaged start afresh with 'pyhealth chain reset'."
    )


def _alive(process: int) -> bool:
    """Say whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's, or a system without /proc
    return state not in ("Z", "X")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise ConfigError(
                f"Port {wanted} on {HOST} is in use; choose another with --port."
            ) from error
        return int(probe.getsockname()[1])


def detach_all(folder: Folder) -> bool:
    """Let the node stop as soon as nobody uses it, and wait a moment for that; say whether it has
    stopped.
    """
    folder.keep.unlink(missing_ok=True)
    running = folder.running()
    if running is None:
        return True
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and folder.running():
        time.sleep(0.02)
    return folder.running() is None


# What follows runs in the supervisor.


def _supervise(folder: Folder, anvil: str, port: int) -> None:
    command = [anvil, "--host", HOST, "--port", str(port), "--accounts", str(ACCOUNTS), "--silent"]
    command += ["--state", str(folder.state), "--state-interval", str(STATE_SECONDS)]
    command += ["--prune-history", str(HISTORY_BLOCKS), "--timestamp", str(_birth(folder))]
    node = subprocess.Popen(command, preexec_fn=_die_with_parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(_stop(folder, node)))
    alive, users = folder.supervised(), folder.users()
    fcntl.flock(alive, fcntl.LOCK_EX)
    _announce(folder, node, port)
    while node.poll() is None:
        _wait_until_unused(users, node, folder)
        with folder.starting():
            if folder.keep.exists() or not _lock(users):
                continue  # somebody came in between
            _stop(folder, node)


def _birth(folder: Folder) -> int:
    """Return the time of block 0. Anvil makes that block anew at every start: another time would be
    another chain.
    """
    file = folder.path / "birth"
    if not file.exists():
        file.write_text(str(int(time.time())))
    return int(file.read_text())


def _announce(folder: Folder, node: subprocess.Popen[bytes], port: int) -> None:
    while node.poll() is None:
        if not _listens(port):
            time.sleep(0.005)
            continue
        rpc = Rpc(f"http://{HOST}:{port}")
        # Else its clock would start at block 0; a clock that was moved forward stays so.
        head = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        rpc.call("anvil_setTime", max(int(time.time()), head))
        told = {"url": rpc.url, "port": port, "anvil": node.pid, "supervisor": os.getpid()}
        draft = folder.node.with_suffix(".tmp")
        draft.write_text(json.dumps(told))
        draft.replace(folder.node)
        return


def _wait_until_unused(users: IO[str], node: subprocess.Popen[bytes], folder: Folder) -> None:
    while node.poll() is None and (folder.keep.exists() or not _lock(users)):
        time.sleep(0.1)
    fcntl.flock(users, fcntl.LOCK_UN)


def _lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(folder: Folder, node: subprocess.Popen[bytes]) -> int:
    node.terminate()  # Anvil writes its state on SIGTERM
    try:
        node.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        node.kill()
    folder.node.unlink(missing_ok=True)
    return 0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(LINUX_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    _supervise(Folder(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
