"""
README
├── its tree has every file of contracts/, pyhealth/, scripts/ and benchmarks/, in the file's own words
├── its commands are commands of pyhealth
└── its gas figures are those of tests/gas.json

`python tests/test_readme.py` writes the tree anew.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
FOLDERS = ("contracts", "pyhealth", "scripts", "benchmarks")
BLOCK = re.compile(r"(```text\n)(.*?)(```)", re.DOTALL)
WIDTH = 120


def said(file: Path) -> str:
    """The first sentence in which a file says what it is."""
    text = file.read_text("utf-8")
    if file.suffix == ".py":
        told = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    else:
        interface = ROOT / "contracts/interfaces" / f"I{file.name}"
        source = interface.read_text("utf-8") if interface.exists() else text
        about = re.search(
            r"@title.*?\n(.*?)\n(?:abstract )?(?:interface|library|contract) ", source, re.DOTALL
        )
        told = re.sub(r"\s*///\s*", " ", about[1] if about else "").split("@dev")[0]
        told = told.replace("@notice", "")
    return " ".join(told.split()).split(". ")[0].rstrip(".:")


def tree() -> str:
    """One line a file, below its folder."""

    def lines() -> Iterator[str]:
        for folder in FOLDERS:
            yield f"{folder}/"
            files = [f for f in (ROOT / folder).rglob("*") if f.suffix in (".py", ".sol")]
            for file in sorted(files, key=lambda f: (len(f.parts) > 4, f)):
                if file.name in ("__init__.py",) and file.parent == ROOT / "benchmarks":
                    continue
                name = file.relative_to(ROOT / folder).as_posix()
                line = f"  {name:32} {said(file)}"
                yield line if len(line) <= WIDTH else line[: WIDTH - 1].rsplit(" ", 1)[0] + " …"

    return "\n".join(lines()) + "\n"


def test_tree_has_every_file_in_its_own_words() -> None:
    found = BLOCK.search(README.read_text("utf-8"))
    assert found is not None
    assert found[2] == tree()


def test_gas_figures_are_those_that_tests_compare() -> None:
    measured = json.loads((ROOT / "tests/gas.json").read_text())
    flat = {
        **measured,
        **{k: v for part in measured.values() if isinstance(part, dict) for k, v in part.items()},
    }
    rows = re.findall(
        r"^\| ([a-z]+: [^|]+?) \| ([\d,]+) \|", README.read_text("utf-8"), re.MULTILINE
    )
    assert rows
    assert {name: int(figure.replace(",", "")) for name, figure in rows} == {
        name: flat[name] for name, _ in rows
    }


if __name__ == "__main__":
    README.write_text(BLOCK.sub(lambda m: m[1] + tree() + m[3], README.read_text("utf-8")), "utf-8")
