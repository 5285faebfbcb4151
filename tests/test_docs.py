"""
every page of docs/ with sh blocks
└── its blocks run in order, in one shell, with a data folder of their own
    ├── a command fails only where its line ends in "# refused", and then with the words after it
    └── the lines of a text block stand in what the block before it printed; "…" is anything
"""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT, environment

PAGES = [page for page in sorted(ROOT.glob("docs/*.md")) if "```sh\n" in page.read_text("utf-8")]
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?", re.M | re.S)
REFUSED = re.compile(r"^(?P<line>.*\S)\s+# refused(?:: (?P<words>.*))?$")
MARK = "\x1e"
SECONDS = 550
PRELUDE = r"""set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
refused() {  # WORDS COMMAND: the command fails, and says the words
  local told
  if told=$(eval "$2" 2>&1); then echo "was not refused: $2" >&2; exit 97; fi
  told=${told##*$'\n'}
  [[ $told == pyhealth:* && $told == *"$1"* ]] || { echo "$2: refused otherwise: $told" >&2; exit 98; }
}
"""


@dataclass(frozen=True)
class Block:
    """A block of a page, and the lines it is said to print."""

    commands: str
    shown: list[str]

    def script(self) -> str:
        lines = []
        for line in self.commands.splitlines():
            found = REFUSED.match(line)
            words = shlex.quote(found["words"] or "") if found else ""
            lines.append(f"refused {words} {shlex.quote(found['line'])}" if found else line)
        return "\n".join([*lines, f"printf '{MARK}'", ""])


def blocks(page: Path) -> list[Block]:
    found = BLOCK.findall(page.read_text("utf-8"))
    return [Block(commands, shown.splitlines()) for commands, shown in found]


def place(folder: Path) -> dict[str, str]:
    """A folder to stand in, in which `pyhealth` and `python` are this project's."""
    (folder / "bin").mkdir()
    for name, code in (("pyhealth", "-c 'from pyhealth.cli import main; main()'"), ("python", "")):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {code} "$@"\n')
        program.chmod(0o755)
    (folder / "samples").symlink_to(ROOT / "samples")
    known = environment(folder / "home")
    return known | {"PATH": f"{folder / 'bin'}:{known['PATH']}", "PYTHONPATH": str(ROOT)}


def stands_in(line: str, printed: str) -> bool:
    pattern = ".*".join(map(re.escape, line.split("…")))
    return any(re.fullmatch(pattern, one) for one in printed.splitlines())


def test_there_are_pages():
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page, tmp_path):
    variables, listed = place(tmp_path), blocks(page)
    script = PRELUDE + "".join(block.script() for block in listed)

    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    finally:
        stop = [tmp_path / "bin" / "pyhealth", "chain", "down"]
        subprocess.run(stop, cwd=tmp_path, env=variables, capture_output=True, check=False)

    printed = done.stdout.split(MARK)
    reached = listed[min(len(printed), len(listed)) - 1].commands
    assert done.returncode == 0, f"{page.name} stops in\n{reached}\n{printed[-1]}{done.stderr}"
    for block, said in zip(listed, printed, strict=False):
        missing = [line for line in block.shown if not stands_in(line, said)]
        assert missing == [], f"{page.name}:\n{block.commands}\nprinted\n{said}{done.stderr}"
