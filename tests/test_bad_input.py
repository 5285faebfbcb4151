"""
pyhealth, given bad input
└── for each row of the table
    ├── it ends with 1
    ├── it says one line, which names the value and what to do
    └── it writes nothing and sends nothing
"""

import contextlib
import json
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cli, Node, Told
from eth_account import Account

from pyhealth.chain.wallet import cast_address

SPONSOR = cast_address("sponsor")
HASH = "0x" + "ab" * 32


@dataclass
class Desk:
    """Where a careless user sits: a working folder, and a document with its proof."""

    folder: Path
    home: Path
    node: Node
    cli: Cli
    opened: contextlib.ExitStack

    def file(self, name: str, content: str | bytes = "content") -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def stamped(self, name: str) -> str:
        assert self.cli("stamp", self.file(name, name)).status == 0
        return name

    def proof(self, name: str, change: Callable[[dict[str, Any]], object]) -> str:
        place = self.folder / f"{self.stamped(name)}.proof.json"
        proof = json.loads(place.read_text())
        change(proof)
        place.write_text(json.dumps(proof))
        return name

    def record(self, change: Callable[[str], str]) -> None:
        file = self.home / "deployments/31337.json"
        file.write_text(change(file.read_text()))


@pytest.fixture
def desk(tmp_path: Path, home: Path, node: Node, cli: Cli, monkeypatch) -> Any:
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with contextlib.ExitStack() as opened:
        yield Desk(folder, home, node, cli, opened)


def fifo(desk: Desk) -> list[str]:
    os.mkfifo(desk.folder / "pipe")
    return ["stamp", "pipe"]


def dangling(desk: Desk) -> list[str]:
    (desk.folder / "protocol.pdf").symlink_to("nowhere")
    return ["stamp", "protocol.pdf"]


def dangling_in_folder(desk: Desk) -> list[str]:
    desk.file("all/one")
    (desk.folder / "all/two").symlink_to("nowhere")
    return ["stamp", "all"]


def unreadable(desk: Desk) -> list[str]:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    (desk.folder / desk.file("secret")).chmod(0)
    return ["stamp", "secret"]


def loop(desk: Desk) -> list[str]:
    desk.file("all/one")
    (desk.folder / "all/inner").symlink_to("..")
    return ["stamp", "all"]


def truncated(desk: Desk) -> list[str]:
    place = desk.folder / f"{desk.stamped('a')}.proof.json"
    place.write_bytes(place.read_bytes()[:700])
    return ["verify", "a"]


def funds(desk: Desk) -> list[str]:
    desk.node.rpc.call("anvil_setBalance", SPONSOR, "0x7")
    return ["stamp", desk.file("a")]


def port_in_use(desk: Desk) -> list[str]:
    taken = desk.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    return ["chain", "up", "--port", str(taken.getsockname()[1])]


def keystore(desk: Desk) -> str:
    return desk.file("k.json", json.dumps(Account.encrypt("0x" + "59" * 32, "right", iterations=2)))


def wrong_password(desk: Desk) -> list[str]:
    desk.cli.environment["PYHEALTH_PASSWORD"] = "wrong"
    return ["stamp", desk.file("a"), "--as", keystore(desk)]


def nobody_to_ask(desk: Desk) -> list[str]:
    return ["stamp", desk.file("a"), "--as", keystore(desk)]


def well_known(desk: Desk) -> list[str]:
    """The cast on a chain that is not a development chain."""
    public = Node.anvil("--chain-id", "5")
    desk.opened.callback(public.stop)
    return ["deploy", "--network", public.url, "--as", "sponsor"]


def key(desk: Desk) -> list[str]:
    desk.cli.environment["PYHEALTH_PRIVATE_KEY"] = "0x1234"
    return ["stamp", desk.file("a")]


def not_deployed(desk: Desk) -> list[str]:
    (desk.home / "deployments/31337.json").unlink()
    return ["stamp", desk.file("a")]


def contract_gone(desk: Desk) -> list[str]:
    address = json.loads((desk.home / "deployments/31337.json").read_text())["contracts"]["Notary"]
    desk.node.rpc.call("anvil_setCode", address["address"], "0x")
    return ["stamp", desk.file("a")]


def replaced(desk: Desk) -> list[str]:
    desk.record(lambda text: re.sub('"genesis": "0x......', '"genesis": "0x123456', text))
    return ["stamp", desk.file("a")]


def damaged_record(desk: Desk) -> list[str]:
    desk.record(lambda text: text[:90])
    return ["stamp", desk.file("a")]


def configured(content: str | bytes) -> Callable[[Desk], list[str]]:
    def prepare(desk: Desk) -> list[str]:
        desk.file("brownie-config.yaml", content)
        return ["stamp", desk.file("a")]

    return prepare


def network(values: str) -> Callable[[Desk], list[str]]:
    def prepare(desk: Desk) -> list[str]:
        rpc = desk.node.url
        desk.file(
            "brownie-config.yaml", f"pyhealth: {{networks: {{n: {{rpc: '{rpc}', {values}}}}}}}"
        )
        return ["stamp", desk.file("a"), "--network", "n"]

    return prepare


def verify_changed(*way: str, value: object) -> Callable[[Desk], list[str]]:
    def change(proof: dict[str, Any]) -> None:
        proof[way[0]][way[1]] = value

    return lambda desk: ["verify", desk.proof("a", change)]


def without_anvil(desk: Desk) -> list[str]:
    desk.cli.environment.pop("PYHEALTH_RPC_URL")
    desk.cli.environment["ANVIL"] = "/nowhere/anvil"
    return ["stamp", desk.file("a")]


# what is wrong, how it comes about, what is said
TABLE: list[tuple[str, Callable[[Desk], list[str]], str]] = [
    ("missing file", lambda d: ["stamp", "gone.pdf"], r"gone\.pdf does not exist; name a file"),
    ("one of two missing", lambda d: ["stamp", d.file("a"), "b"], "b does not exist; name a file"),
    ("unreadable file", unreadable, r"secret cannot be read \(permission denied\)"),
    ("pipe", fifo, "pipe is neither a file nor a folder"),
    ("dangling link", dangling, r"protocol\.pdf .*(does not exist|leads nowhere)"),
    (
        "dangling link in a folder",
        dangling_in_folder,
        "all/two is neither .* a link that leads now",
    ),
    ("directory loop", loop, "all/inner/all leads back to .*/desk/all, .* remove that link"),
    (
        "empty file",
        lambda d: ["stamp", d.file("a", "")],
        "a is empty, and an empty document proves",
    ),
    ("folder of nothing", lambda d: ["stamp", str(d.file(".x") and ".")], "No document was found"),
    ("nothing named", lambda d: ["stamp"], "Name the files to stamp, or a --digest"),
    ("bad digest", lambda d: ["stamp", "--digest", "0x12"], "'0x12' is not a hash: 64 hexadecimal"),
    (
        "unknown algorithm",
        lambda d: ["stamp", "--digest", HASH, "--algorithm", "md5"],
        "'md5' is not known; choose one of sha-256, keccak-256",
    ),
    (
        "proofs into a file",
        lambda d: ["stamp", d.file("a"), "--out", d.file("b")],
        "b is not a folder, so that no proof can be written",
    ),
    (
        "two files of one name",
        lambda d: ["stamp", d.file("x/a"), d.file("y/a"), "--out", "o"],
        "y/a and x/a would both have their proof at o/a.proof.json; stamp them apart",
    ),
    (
        "proof of another file",
        lambda d: ["verify", d.stamped("a"), "--proof", d.stamped("b") + ".proof.json"],
        r"a is not proven by b\.proof\.json: The document differs",
    ),
    (
        "truncated proof",
        truncated,
        r"a is not proven by a\.proof\.json: Malformed proof: it is not JSON",
    ),
    ("no proof", lambda d: ["verify", d.file("a")], r"a\.proof\.json"),
    (
        "missing document",
        lambda d: ["verify", "gone", "--proof", d.stamped("a") + ".proof.json"],
        "gone",
    ),
    (
        "proof that is a list",
        lambda d: ["verify", d.file("a"), "--proof", d.file("p", "[]")],
        "proof",
    ),
    (
        "proof of another chain",
        verify_changed("anchor", "chain_id", value=1),
        r"chain_id: expected 31337, found 1\b",
    ),
    ("proof of no time", verify_changed("anchor", "anchored_at", value="once"), "anchored_at"),
    ("proof with another root", verify_changed("merkle", "root", value=HASH), "root"),
    (
        "offline without a hash",
        lambda d: ["verify", d.file("a"), "--offline"],
        "--offline needs --block-hash",
    ),
    (
        "bad block hash",
        lambda d: ["verify", d.stamped("a"), "--offline", "--block-hash", "latest"],
        "'latest' is not a hash",
    ),
    (
        "another block's hash",
        lambda d: ["verify", d.stamped("a"), "--offline", "--block-hash", HASH],
        HASH,
    ),
    ("digest without proof", lambda d: ["verify", "--digest", HASH], "name it with --proof"),
    ("wrong chain", network("chain_id: 5"), r"serves chain 31337, but chain 5 \(n\) was expected"),
    ("no funds", funds, rf"Account {SPONSOR} .*(7 wei|send it coins)"),
    (
        "node down",
        lambda d: ["stamp", d.file("a"), "--network", "http://127.0.0.1:1"],
        r"No node answers at http://127\.0\.0\.1:1 .* start it, or name another",
    ),
    ("no node's address", lambda d: ["doctor", "--network"], "--network"),
    (
        "websocket",
        lambda d: ["stamp", d.file("a"), "--network", "ws://n:1"],
        r"'ws://n:1' is not the address of a node; http\(s\)",
    ),
    ("port in use", port_in_use, r"Port \d+ on 127\.0\.0\.1 is in use; choose another with --port"),
    (
        "unknown network",
        lambda d: ["stamp", d.file("a"), "--network", "mars"],
        "No network is named 'mars'; known are anvil",
    ),
    (
        "network without address",
        lambda d: ["stamp", d.file("a"), "--network", "sepolia"],
        "set PYHEALTH_SEPOLIA_RPC in the environment",
    ),
    (
        "unknown account",
        lambda d: ["stamp", d.file("a"), "--as", "nobody"],
        "No account is named 'nobody'; known are hospital",
    ),
    ("wrong password", wrong_password, r"k\.json does not open with that password"),
    ("nobody to ask", nobody_to_ask, "nobody can be asked here; set PYHEALTH_PASSWORD_FILE"),
    (
        "no keystore",
        lambda d: ["stamp", d.file("a"), "--as", d.file("k", "{}")],
        "k is not a keystore in eth-account's format",
    ),
    ("no key", key, "PYHEALTH_PRIVATE_KEY is not a private key"),
    ("well-known key far away", well_known, rf"{SPONSOR} is a well-known development account"),
    (
        "contract not deployed",
        not_deployed,
        "Notary is not deployed on .* 'pyhealth deploy --network",
    ),
    ("contract gone", contract_gone, "Notary is not deployed on .* 'pyhealth deploy --network"),
    ("chain replaced", replaced, "first block 0x123456.*, which .* describes,.* deploy --fresh"),
    ("damaged record", damaged_record, r"31337\.json is not a deployment record .* deploy afresh"),
    ("damaged configuration", configured("a: ["), r"brownie-config\.yaml, line 1: not valid YAML"),
    ("configuration of bytes", configured(b"\xff"), r"brownie-config\.yaml is not a text file"),
    (
        "configured nonsense",
        configured("pyhealth: {networks: 7}"),
        "must be a YAML mapping, and is 7",
    ),
    ("unknown setting", network("rcp: 1"), "network 'n': unknown key 'rcp'; known are rpc"),
    (
        "setting of another kind",
        network("chain_id: one"),
        "chain_id must be a whole number, and is 'one'",
    ),
    ("no Anvil", without_anvil, "ANVIL names '/nowhere/anvil', which is not an executable file"),
    ("unknown command", lambda d: ["stmap"], "No such command 'stmap'"),
    ("unknown option", lambda d: ["stamp", "--bogus"], "No such option: --bogus"),
    ("half a command", lambda d: ["chain", "left"], "No such command 'left'"),
    ("both ways", lambda d: ["deploy", "--check", "--fresh"], "--check changes nothing; leave out"),
    ("reset unasked", lambda d: ["chain", "reset"], "Nobody can be asked here; .* with --yes"),
]


def written(desk: Desk) -> dict[str, bytes]:
    files = (file for file in desk.folder.rglob("*") if file.is_file())
    return {str(file.relative_to(desk.folder)): file.read_bytes() for file in files}


def refused_properly(told: Told, sentence: str) -> None:
    assert (told.status, told.out) == (1, ""), told
    assert told.err.startswith("pyhealth: ")
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    assert re.search(sentence, told.err), told.err


@pytest.mark.parametrize(
    ("prepare", "sentence"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_bad_input_is_refused_in_one_line_and_changes_nothing(desk: Desk, prepare, sentence):
    arguments = prepare(desk)
    before, head = written(desk), desk.node.rpc.call("eth_blockNumber")

    told = desk.cli(*arguments)

    refused_properly(told, sentence)
    assert written(desk) == before
    assert desk.node.rpc.call("eth_blockNumber") == head


def test_the_program_itself_says_the_same(cli: Cli):
    told = cli.process("stamp", "/gone.pdf")

    refused_properly(told, r"/gone\.pdf does not exist; name a file or a folder\.")
    assert ROOT.name not in told.err
