"""
attach
├── when two or ten processes come at once
│   └── all get the same node, of which there is one
├── when all users have gone
│   ├── the node ends
│   └── the next one finds state, first block and time as they were left
├── when a user is killed
│   └── the node ends all the same, a moment later
├── when the supervisor is killed
│   ├── the node ends with it
│   └── the next user starts another on the same state
├── given a port that is in use
│   └── it refuses, naming the port
└── given an executable that is no Anvil
    └── it refuses, showing what that said
chain up, down, reset
├── up keeps the node running after its command, on the port asked for
├── down ends it
└── reset throws the state away
find_anvil
└── given nothing that runs
    └── it refuses, naming what can be done
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Cli, free_port

from pyhealth.chain import anvil
from pyhealth.chain.anvil import Folder, attach, find_anvil
from pyhealth.chain.rpc import Rpc
from pyhealth.errors import ConfigError

ANVIL = find_anvil(os.environ, ROOT)
USER = """
import sys, time
from pathlib import Path
from pyhealth.chain.anvil import Folder, attach
lease = attach(Folder(Path(sys.argv[1])), Path(sys.argv[2]))
print(lease.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "chain")
    yield made
    ended(made)


@pytest.fixture
def user(folder: Folder) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start processes that attach, say where, and stay until their input ends."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(folder.path), str(ANVIL)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(done: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def runs(process: object) -> bool:
    """Say whether a process runs; one that has ended and waits for its parent does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def ended(folder: Folder) -> None:
    until(lambda: folder.running() is None)


def nodes_on(folder: Folder) -> list[str]:
    """The processes whose command names the folder's state."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{folder.state}".encode() in (entry / "cmdline").read_bytes() and runs(entry.name):
                found.append(entry.name)
    return found


@pytest.mark.parametrize("count", [2, 10])
def test_processes_that_come_at_once_share_one_node(folder, user, count):
    users = [user() for _ in range(count)]

    urls = {process.stdout.readline() for process in users}

    assert len(urls) == 1
    assert len(nodes_on(folder)) == 1


def test_state_first_block_and_time_are_kept_over_restarts(folder):
    with contextlib.closing(attach(folder, ANVIL)) as lease:
        rpc = Rpc(lease.url)
        rpc.call("anvil_setBalance", "0x" + "11" * 20, "0x7")
        rpc.call("anvil_mine", "0x3")
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
    until(lambda: not nodes_on(folder))

    with contextlib.closing(attach(folder, ANVIL)) as lease:
        rpc = Rpc(lease.url)
        assert rpc.call("eth_getBlockByNumber", "0x0", False)["hash"] == genesis
        assert rpc.call("eth_blockNumber") == "0x3"
        assert rpc.call("eth_getBalance", "0x" + "11" * 20, "latest") == "0x7"
        rpc.call("anvil_mine", "0x1")
        newest = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        assert abs(newest - time.time()) <= 5


def test_a_killed_user_leaves_no_node_behind(folder, user):
    process = user()
    process.stdout.readline()
    supervisor = folder.running()["supervisor"]

    process.kill()

    until(lambda: not nodes_on(folder) and not runs(supervisor))


def test_a_user_that_is_killed_takes_no_other_users_node(folder, user):
    first, second = user(), user()
    url = {first.stdout.readline(), second.stdout.readline()}.pop().strip()

    first.kill()
    time.sleep(0.5)

    assert Rpc(url).call("eth_blockNumber") == "0x0"


def test_a_killed_supervisor_takes_the_node_with_it(folder):
    with contextlib.closing(attach(folder, ANVIL)) as lease:
        Rpc(lease.url).call("anvil_mine", "0x2")

        supervisor = int(folder.running()["supervisor"])
        os.kill(supervisor, signal.SIGKILL)
        until(lambda: not runs(supervisor))  # the kernel drops its lock before it is gone

        with contextlib.closing(attach(folder, ANVIL)) as again:
            assert Rpc(again.url).call("eth_blockNumber") == "0x2"
            assert len(nodes_on(folder)) == 1


def test_a_port_in_use_is_refused(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError, match=f"Port {port} on 127.0.0.1 is in use"):
            attach(folder, ANVIL, port=port)

    assert folder.running() is None


def test_what_is_no_anvil_is_refused_with_what_it_said(folder, tmp_path):
    pretender = tmp_path / "anvil"
    pretender.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
    pretender.chmod(0o755)

    with pytest.raises(ConfigError, match=f"the disk is full; see {folder.log}"):
        attach(folder, pretender)


def test_up_keeps_the_node_and_down_ends_it(embedded_cli: Cli, home: Path):
    port, folder = free_port(), Folder(home / "chain")

    up = embedded_cli.process("chain", "up", "--port", port, "--json")
    again = embedded_cli.process("chain", "up", "--port", free_port())

    assert up.json["url"] == f"http://127.0.0.1:{port}"
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert f"runs already, at http://127.0.0.1:{port}" in again.err
    assert Rpc(up.json["url"]).call("eth_blockNumber") == "0x0"

    assert embedded_cli.process("chain", "down").out == "The embedded chain is stopped.\n"
    assert not nodes_on(folder)


def test_reset_throws_the_state_away(embedded_cli: Cli, home: Path, documents):
    embedded_cli.process("stamp", documents[0])
    before = embedded_cli.process("chain", "info", "--json").json

    told = embedded_cli.process("chain", "reset", "--yes")

    assert told.status == 0
    assert not (home / "chain").exists()
    after = embedded_cli.process("chain", "info", "--json").json
    assert (after["head"], after["contracts"]) == (0, {})
    assert before["head"] > 0


def test_find_anvil_prefers_what_is_named(tmp_path):
    assert find_anvil({"ANVIL": str(ANVIL)}, None) == ANVIL
    with pytest.raises(ConfigError, match="ANVIL names '/nowhere', which is not an executable"):
        find_anvil({"ANVIL": "/nowhere"}, ROOT)


def test_find_anvil_says_what_to_do_when_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match="install it with 'npm install @foundry-rs/anvil'"):
        find_anvil({"PATH": str(tmp_path), "FOUNDRY_DIR": str(tmp_path)}, tmp_path)


def test_find_anvil_sees_through_npms_wrapper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrapper = ROOT / "node_modules/.bin"

    assert find_anvil({"PATH": str(wrapper)}, tmp_path) == anvil._packaged(ROOT / "node_modules")
