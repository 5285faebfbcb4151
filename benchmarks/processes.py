"""Chains of the benchmarks' own, and scripts that are measured in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyhealth.chain import anvil

ROOT = Path(__file__).resolve().parents[1]
BLOCK_SECONDS = "0.05"
GAS_LIMIT = 1_000_000_000


@contextmanager
def node(*options: str) -> Iterator[str]:
    """Run an Anvil with wide blocks, and return its address."""
    port = anvil._free_port(0)
    command = [str(anvil.find_anvil(os.environ, ROOT)), "--port", str(port), "--silent"]
    command += ["--gas-limit", str(GAS_LIMIT), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not anvil._listens(port):
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def steady(*options: str, history: bool = False) -> tuple[str, ...]:
    """Return the options of a chain that makes blocks at intervals."""
    kept = () if history else ("--prune-history",)
    return ("--block-time", BLOCK_SECONDS, "--accounts", "20", *options, *kept)


def run(script: str, environment: Mapping[str, str]) -> str:
    """Run a script of Python in the project's folder, and return what it printed."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    return done.stdout
