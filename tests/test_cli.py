"""
pyhealth
├── --help
│   ├── imports neither web3 nor eth_account
│   └── lists every command
├── each command
│   ├── its --help shows an example that the parser knows
│   └── with --json, it prints what can be parsed
├── chain fund
│   ├── it lets a new account of a local chain act
│   └── it refuses what is no account or amount
├── given no command, or half of one
│   └── it says so in one line
├── when its reader goes away
│   └── it ends without a word
└── when it is interrupted
    └── it ends with 130, in one line
"""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer.main
from conftest import Cli

from pyhealth.cli import app


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that does something, as the words that call it."""

    def walk(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner = getattr(command, "commands", {})
        for name, one in inner.items():
            yield from walk(one, (*words, name))
        if not inner:
            yield words

    yield from walk(typer.main.get_command(app), ())


COMMANDS = sorted(commands())


def plain(text: str) -> str:
    """What a person reads, without frames, colours and line ends."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def test_help_imports_neither_web3_nor_eth_account():
    code = """
import sys
from pyhealth.cli import main
try:
    main(['--help'])
except SystemExit:
    pass
loaded = {name.split('.')[0] for name in sys.modules}
print(sorted(loaded & {'web3', 'eth_account', 'sqlalchemy', 'requests', 'solcx'}), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )

    assert done.stderr.strip() == "[]"
    assert all(words[0] in done.stdout for words in COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_shows_an_example_of_the_command(cli: Cli, words):
    told = cli(*words, "--help")

    assert told.status == 0
    example = plain(told.out).split("Example: ", 1)[1]
    assert example.startswith("pyhealth " + " ".join(words))


@pytest.mark.parametrize(
    "arguments",
    [
        ("chain", "info"),
        ("chain", "advance", "1h"),
        ("chain", "fund", "stranger"),
        ("chain", "down"),
        ("chain", "reset", "--yes"),
        ("deploy",),
        ("deploy", "--check"),
        ("doctor",),
        ("stamp", "DOCUMENT"),
    ],
    ids=" ".join,
)
def test_json_can_be_parsed(cli: Cli, documents, arguments):
    named = [documents[0] if word == "DOCUMENT" else word for word in arguments]

    told = cli(*named, "--json")

    assert (told.status, told.err) == (0, "")
    assert isinstance(json.loads(told.out), dict)


def test_fund_lets_a_new_account_act(cli: Cli, documents):
    cli.environment["PYHEALTH_PASSWORD"] = "correct horse"
    made = cli("account", "new", "our-sponsor", "--json").json
    assert cli("stamp", documents[0], "--as", "our-sponsor").err.endswith(
        f"'pyhealth chain fund {made['address']}'.\n"
    )

    told = cli("chain", "fund", "our-sponsor", "--coins", "2.5", "--json")

    assert told.json == {"account": made["address"], "coins": "2.5"}
    assert cli("stamp", documents[0], "--as", "our-sponsor").status == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody",), "'nobody' is not an address: 0x and 40 hexadecimal digits are expected."),
        (("patient", "--coins", "-1"), "--coins '-1' is no positive amount; write 2450.50."),
    ],
)
def test_fund_refuses_what_is_no_account_or_amount(cli: Cli, words, sentence):
    told = cli("chain", "fund", *words)

    assert (told.status, told.out, told.err) == (1, "", f"pyhealth: {sentence}\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_that_tells_has_json(cli: Cli, words):
    told = plain(cli(*words, "--help").out)

    assert "--json" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mars",), "No such command 'mars'."),
        (("chain", "sideways"), "No such command 'sideways'."),
        (("stamp", "--mars"), "No such option: --mars"),
        (("chain", "up", "--port", "many"), "Invalid value for '--port'"),
    ],
)
def test_what_the_parser_refuses_is_one_line(cli: Cli, arguments, sentence):
    told = cli(*arguments)

    assert (told.status, told.out, told.err.count("\n")) == (1, "", 1)
    assert told.err.startswith("pyhealth: ")
    assert sentence in told.err


def test_a_reader_that_goes_away_is_no_error(cli: Cli):
    command = [sys.executable, "-c", "from pyhealth.cli import main; main()", "doctor", "--json"]
    with subprocess.Popen(
        command, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_an_interrupt_is_one_line(cli: Cli, documents):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = cli.start("stamp", documents[0], "--network", url)
        asked, _ = silent.accept()
        asked.recv(1)  # the command waits for an answer that never comes

        process.send_signal(signal.SIGINT)

        out, err = process.communicate(timeout=30)
        asked.close()
    assert (process.returncode, out) == (130, "")
    assert (
        err
        == "pyhealth: stopped; what was sent stays sent: run the same command again to finish.\n"
    )
