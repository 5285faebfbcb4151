"""The event index, on real chains and real databases.

sync
├── given a chain with events
│   ├── it brings all of them, and the second time only the new ones
│   └── given a node that says no block times
│       └── it takes them from the blocks
├── given a contract that is followed later
│   └── it catches up, and the index is as if it had always been followed
├── given a reorganisation of depth 1 to 10, with other transactions in place
│   └── the index is as if rebuilt
├── given a chain that was set back
│   ├── on a development chain
│   │   └── the index goes back with it
│   └── elsewhere
│       └── it stays, and says that the node is behind
├── given a reorganisation while it reads
│   └── it notices, and reads again
├── given a node that limits ranges, whatever its words
│   └── it asks for less, down to one block
├── given a node that refuses every range
│   └── it says what the node said
├── given a node that leaves events out, or says one twice
│   └── it asks again by the hash of the block
├── given PostgreSQL
│   └── it holds the same rows
├── given two processes at once, on each database
│   └── both end well, and the index is as if rebuilt
└── given a process killed in the middle, again and again
    └── the next one goes on, and the index is as if rebuilt
events
├── they are typed, in the order of the chain, and streamed
├── they are found by contract, name, indexed arguments and block
└── when they are asked for by what no event has
    └── it refuses, and says what can be asked for
open_index
├── given a server that is not there, a folder that cannot be made
├── given the index of another chain
├── given a database that another process holds
├── given a disk that is full
├── given a damaged file
│   └── it is told in one sentence each; rebuilding mends the last
└── given a database of another maker
    └── it says which it takes
pyhealth chain index
└── it brings the index up to date, rebuilds it, and says how far it has come
"""

from __future__ import annotations

import http.server
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import urllib3
from conftest import ROOT, Cli, Node, environment
from postgres import server
from sqlalchemy import event, select

from pyhealth import errors
from pyhealth.chain.network import Chain
from pyhealth.chain.network import connect as reach
from pyhealth.chain.wallet import checksum_address
from pyhealth.config import load_settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.hashing import keccak
from pyhealth.health import Health
from pyhealth.index import Index, Source, open_index
from pyhealth.index.store import blocks, events, kinds

ANCHOR = keccak(b"anchor(bytes32)")[:4].hex()
ANCHOR_MANY = keccak(b"anchorMany(bytes32[])")[:4].hex()


class World:
    """A chain of its own with a Notary, and a folder for databases."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node, self.rpc, self.folder = node, node.rpc, folder
        self.settings = load_settings(environment(folder / "home"), ROOT)
        self.authors = self.rpc.call("eth_accounts")
        self.made = 0
        self.notary = self.deploy()

    def deploy(self) -> Source:
        code = "0x" + read_artifact("Notary").bytecode.hex()
        sent = {"from": self.authors[9], "data": code, "gas": hex(3_000_000)}
        created = self.mined(self.rpc.call("eth_sendTransaction", sent))["contractAddress"]
        return Source("Notary", checksum_address(bytes.fromhex(created[2:])))

    def mined(self, transaction: str) -> dict[str, Any]:
        for _ in range(200):
            if found := self.rpc.call("eth_getTransactionReceipt", transaction):
                return dict(found)
            time.sleep(0.01)
        raise TimeoutError(transaction)

    def digest(self) -> bytes:
        self.made += 1
        return keccak(b"document %d" % self.made)

    def call(
        self, author: int = 0, *digests: bytes, source: Source | None = None
    ) -> dict[str, str]:
        data = f"0x{ANCHOR_MANY}{32:064x}{len(digests):064x}" + "".join(d.hex() for d in digests)
        to = (source or self.notary).address
        return {"from": self.authors[author], "to": to, "data": data, "gas": hex(16_000_000)}

    def anchor(self, author: int = 0, count: int = 1, source: Source | None = None) -> list[bytes]:
        """Anchor in a block of its own."""
        digests = [self.digest() for _ in range(count)]
        call = self.call(author, *digests, source=source)
        self.mined(self.rpc.call("eth_sendTransaction", call))
        return digests

    def chain(self, url: str | None = None, **changes: Any) -> Chain:
        found = reach(self.settings, url or self.node.url)
        return replace(found, network=replace(found.network, **changes))

    def index(
        self, name: str = "index", *sources: Source, chain: Chain | None = None, **options: Any
    ) -> Index:
        url = options.pop("url", f"sqlite:///{self.folder / name}.sqlite")
        wanted = list(sources) or [self.notary]
        return open_index(self.settings, chain or self.chain(), wanted, url=url, **options)

    def rebuilt(self, *sources: Source) -> list[list[Any]]:
        """What an index holds that is made now."""
        self.made += 1
        index = self.index(f"rebuilt{self.made}", *sources)
        index.sync()
        return dump(index)


def dump(index: Index) -> list[list[Any]]:
    """Every row, with the kinds spelled out: their numbers depend on what came first."""
    said = select(events, kinds.c.address, kinds.c.topic).join(kinds, kinds.c.id == events.c.kind)
    numbered = [column for column in said.selected_columns if column.name != "kind"]
    with index.store.reading() as connection:
        rows = connection.execute(said.with_only_columns(*numbered).order_by("block", "log")).all()
        headers = connection.execute(select(blocks).order_by("number")).all()
    return [list(map(tuple, rows)), list(map(tuple, headers))]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    node = Node.anvil()
    yield World(node, tmp_path)
    node.stop()


@pytest.fixture
def other_world(tmp_path: Path) -> Iterator[World]:
    """A chain that is no development chain."""
    node = Node.anvil("--chain-id", "7007")
    yield World(node, tmp_path)
    node.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as url:
        yield url


Hook = Callable[[str, list[Any], Callable[[], Any]], Any]


@contextmanager
def proxy(target: str, hook: Hook) -> Iterator[str]:
    """A node between us and the node; ``hook`` answers a call, or raises `RpcRefused` for it."""
    pool = urllib3.PoolManager(maxsize=4)

    def one(asked: dict[str, Any]) -> dict[str, Any]:
        def forward() -> Any:
            answer = pool.request("POST", target, json=asked).json()
            if "error" in answer:
                raise errors.RpcRefused(
                    asked["method"], answer["error"]["code"], answer["error"]["message"]
                )
            return answer["result"]

        told = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            return told | {"result": hook(asked["method"], asked["params"], forward)}
        except errors.RpcRefused as refused:
            return told | {"error": {"code": refused.code, "message": refused.message}}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = orjson.dumps(list(map(one, asked)) if isinstance(asked, list) else one(asked))
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    between = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=between.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{between.server_address[1]}"
    between.shutdown()
    between.server_close()


# sync


def test_sync_brings_all_events_and_then_only_the_new_ones(world: World) -> None:
    first = [digest for author in range(3) for digest in world.anchor(author, 4)]
    index = world.index()

    assert index.sync().added == 12
    second = world.anchor(1, 2)
    assert index.sync().added == 2
    assert index.sync().added == 0

    found = [one.arguments["digest"] for one in index.events("Notary", "DigestAnchored")]
    assert found == first + second
    assert dump(index) == world.rebuilt()


def test_sync_takes_times_from_the_blocks_when_the_events_carry_none(world: World) -> None:
    world.anchor(0, 3)
    world.rpc.call("anvil_mine", hex(300))

    def timeless(method: str, params: list[Any], forward: Callable[[], Any]) -> Any:
        answer = forward()
        if method == "eth_getLogs":
            answer = [{**log, "blockTimestamp": None} for log in answer]
        return answer

    with proxy(world.node.url, timeless) as url:
        index = world.index(chain=world.chain(url))
        index.sync()

    assert dump(index) == world.rebuilt()


def test_sync_catches_up_when_a_contract_is_followed_later(world: World) -> None:
    second = world.deploy()
    world.anchor(0, 2, source=second)
    world.anchor(0, 2)
    world.rpc.call("anvil_mine", hex(200))
    world.anchor(0, 2, source=second)
    world.index().sync()

    index = world.index("index", world.notary, second)
    index.sync()

    assert index.count() == 6
    assert dump(index) == world.rebuilt(world.notary, second)


@pytest.mark.parametrize("depth", range(1, 11))
def test_sync_follows_a_reorganisation_with_other_transactions(world: World, depth: int) -> None:
    for author in range(10):
        world.anchor(author, 2)
    index = world.index()
    index.sync()

    others = [[world.call(9 - i, world.digest()), i] for i in range(depth)]
    world.rpc.call("anvil_reorg", depth, others)
    synced = index.sync()

    assert (synced.added, synced.removed) == (depth, 2 * depth)
    assert dump(index) == world.rebuilt()


def test_sync_goes_back_with_a_development_chain(world: World) -> None:
    world.anchor(0, 2)
    world.rpc.call("anvil_mine", hex(150))
    before = world.rpc.call("evm_snapshot")
    world.anchor(0, 2)
    world.rpc.call("anvil_mine", hex(20))
    index = world.index()
    index.sync()

    world.rpc.call("evm_revert", before)
    synced = index.sync()

    assert (synced.head, synced.removed) == (world.chain().head(), 2)
    assert dump(index) == world.rebuilt()


def test_sync_never_goes_back_for_a_node_that_is_behind(other_world: World) -> None:
    other_world.anchor(0, 2)
    other_world.anchor(0, 2)
    index = other_world.index()
    head = index.sync().head

    other_world.rpc.call("anvil_rollback", 1)
    synced = index.sync()

    assert (synced.head, synced.behind, index.count()) == (head, 1, 4)
    other_world.anchor(1, 1)
    other_world.anchor(1, 1)
    index.sync()
    assert dump(index) == other_world.rebuilt()


@pytest.mark.parametrize("widest", [3, 100])
def test_sync_reads_again_when_the_chain_moves_meanwhile(world: World, widest: int) -> None:
    for author in range(8):
        world.anchor(author, 2)
    moves = iter(range(3))

    def moving(method: str, params: list[Any], forward: Callable[[], Any]) -> Any:
        if method != "eth_getLogs" or "blockHash" in params[0]:
            return forward()
        if int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= widest:
            raise errors.RpcRefused(method, -32000, "block range is too wide")
        answer = forward()
        if len(answer) > 2 and next(moves, None) is not None:
            world.rpc.call("anvil_reorg", 7, [[world.call(9, world.digest()), 0]])
        return answer

    with proxy(world.node.url, moving) as url:
        index = world.index(chain=world.chain(url))
        index.sync()

    index.sync()
    assert dump(index) == world.rebuilt()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-32602, "range {width} exceeds limit of 10"),
        (-32005, "query returned more than 10000 results"),
        (-32000, "block range is too wide"),
        (-32000, "exceed maximum block range: 10"),
        (-32600, "Log response size exceeded."),
        (-32000, "query timeout exceeded"),
        (-32000, "eth_getLogs is limited to a 10 blocks range"),
        (-32005, "Requested range exceeds maximum RPC range limit"),
    ],
)
def test_sync_asks_for_less_when_the_node_limits_ranges(
    world: World, code: int, words: str
) -> None:
    for _ in range(3):
        world.anchor(0, 3)
        world.rpc.call("anvil_mine", hex(40))
    widest = 0

    def limited(method: str, params: list[Any], forward: Callable[[], Any]) -> Any:
        nonlocal widest
        if method == "eth_getLogs" and "blockHash" not in params[0]:
            width = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
            if width > 10:
                raise errors.RpcRefused(method, code, words.format(width=width))
            widest = max(widest, width)
        return forward()

    with proxy(world.node.url, limited) as url:
        index = world.index(chain=world.chain(url))
        index.sync()

    assert 4 < widest <= 10
    assert dump(index) == world.rebuilt()


def test_sync_says_what_the_node_said_when_it_refuses_every_range(world: World) -> None:
    def closed(method: str, params: list[Any], forward: Callable[[], Any]) -> Any:
        if method == "eth_getLogs":
            raise errors.RpcRefused(method, -32602, "block range is too wide, use another plan")
        return forward()

    with proxy(world.node.url, closed) as url, pytest.raises(errors.RpcRefused) as refused:
        world.index(chain=world.chain(url)).sync()

    assert "use another plan" in str(refused.value)


@pytest.mark.parametrize("fault", ["none", "half", "twice", "stale"])
def test_sync_asks_again_when_the_answer_is_not_whole(world: World, fault: str) -> None:
    for author in range(6):
        world.anchor(author, 1)
    spoil = {
        "none": lambda logs: [],
        "half": lambda logs: logs[::2],
        "twice": lambda logs: [*logs, *logs],
        "stale": lambda logs: logs[:-2],
    }[fault]

    def forgetful(method: str, params: list[Any], forward: Callable[[], Any]) -> Any:
        answer = forward()
        whole = method != "eth_getLogs" or "blockHash" in params[0]
        return answer if whole else spoil(answer)

    with proxy(world.node.url, forgetful) as url:
        index = world.index(chain=world.chain(url))
        index.sync()

    assert dump(index) == world.rebuilt()


def test_sync_fills_postgresql_with_the_same_rows(world: World, postgres: str) -> None:
    for author in range(5):
        world.anchor(author, 30)
    index = world.index(url=postgres, rebuild=True)
    index.sync()

    assert dump(index) == world.rebuilt()
    world.rpc.call("anvil_reorg", 3, [[world.call(7, world.digest()), 1]])
    index.sync()
    assert dump(index) == world.rebuilt()
    author = checksum_address(bytes.fromhex(world.authors[1][2:]))
    assert len(list(index.events("Notary", "DigestAnchored", {"author": author}))) == 30


FOLLOW = """
import sys
from pyhealth.chain.network import connect
from pyhealth.config import load_settings
from pyhealth.index import Source, open_index
settings = load_settings()
chain = connect(settings, sys.argv[1])
source = Source("Notary", sys.argv[2])
index = open_index(settings, chain, [source], url=sys.argv[3])
print("ready", flush=True)
for _ in range(int(sys.argv[4])):
    index.sync()
"""


def follow(world: World, url: str, times: int = 1) -> subprocess.Popen[str]:
    arguments = [world.node.url, world.notary.address, url, str(times)]
    return subprocess.Popen(
        [sys.executable, "-c", FOLLOW, *arguments],
        env=dict(world.settings.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_sync_of_two_processes_at_once_leaves_one_index(
    world: World, backend: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{world.folder / 'shared'}.sqlite"
    if backend == "postgresql":
        url = request.getfixturevalue("postgres")
        world.index(url=url, rebuild=True).close()
    for author in range(8):
        world.anchor(author, 200)

    running = [follow(world, url, 15) for _ in range(2)]
    for i in range(10):
        world.anchor(i, 5)
        world.rpc.call("anvil_reorg", 1 + i % 4, [])
    ended = [one.communicate(timeout=60) for one in running]

    assert [one.returncode for one in running] == [0, 0], ended
    index = world.index(url=url)
    index.sync()
    assert dump(index) == world.rebuilt()


def test_sync_goes_on_after_the_process_was_killed(world: World) -> None:
    for author in range(10):
        for _ in range(4):
            world.anchor(author, 300)
    url = f"sqlite:///{world.folder / 'killed'}.sqlite"

    seen = []
    for i in range(8):
        running = follow(world, url)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.01 * i)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        seen.append(world.index(url=url).count())
    index = world.index(url=url)
    index.sync()

    assert seen == sorted(seen)
    assert dump(index) == world.rebuilt()


# events


def test_events_are_typed_and_in_the_order_of_the_chain(world: World) -> None:
    (digest,) = world.anchor(2)
    index = world.index()
    index.sync()

    (found,) = index.events()

    head = world.chain().block("latest") or {}
    assert found.contract == "Notary"
    assert found.name == "DigestAnchored"
    assert found.address == world.notary.address
    assert found.arguments == {
        "digest": digest,
        "author": checksum_address(bytes.fromhex(world.authors[2][2:])),
        "anchoredAt": int(head["timestamp"], 16),
    }
    assert found.block_number == int(head["number"], 16)
    assert "0x" + found.block_hash.hex() == head["hash"]
    assert int(found.block_time.timestamp()) == int(head["timestamp"], 16)
    assert "0x" + found.transaction.hex() == head["transactions"][0]
    assert found.log_index == 0


def test_events_are_found_by_indexed_arguments_and_block(world: World) -> None:
    mine, theirs = world.anchor(0, 3), world.anchor(1, 3)
    chain = world.chain(confirmations=2)
    index = world.index(chain=chain)
    index.sync()
    author = checksum_address(bytes.fromhex(world.authors[1][2:]))

    def digests(where: dict[str, Any] | None = None, **options: Any) -> list[Any]:
        found = index.events("Notary", "DigestAnchored", where, **options)
        return [one.arguments["digest"] for one in found]

    assert digests({"author": author}) == theirs
    assert digests({"author": author, "digest": theirs[1]}) == [theirs[1]]
    assert digests({"author": author, "digest": mine[1]}) == []
    assert digests(newest_first=True, limit=2) == [theirs[2], theirs[1]]
    assert digests(last=index.final) == mine
    assert digests(first=index.head) == theirs
    assert index.count("Notary", "DigestAnchored", {"author": author}) == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("Notary", "Anchored", {}), "DigestAnchored"),
        (("Notary", "DigestAnchored", {"anchoredAt": 1}), "digest, author"),
        (("Notary", "DigestAnchored", {"author": "nobody"}), "address"),
        (("Nobody", "DigestAnchored", {}), "Notary"),
        ((None, "DigestAnchored", {}), "contract"),
    ],
)
def test_events_refuse_what_no_event_has(world: World, asked: Any, said: str) -> None:
    with pytest.raises(errors.PyHealthError, match=said):
        world.index().events(*asked)


# open_index


def test_open_index_refuses_a_server_that_is_not_there(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    gone = "postgresql://me:secret@127.0.0.1:1/none"
    for url in (gone, f"sqlite:///{tmp_path}/file/index.sqlite", f"sqlite:///{tmp_path}"):
        with pytest.raises(errors.DatabaseUnreachable) as refused:
            world.index(url=url)
        assert "secret" not in str(refused.value)
        assert "\n" not in str(refused.value)


def test_open_index_refuses_the_index_of_another_chain(world: World, other_world: World) -> None:
    url = f"sqlite:///{world.folder / 'index'}.sqlite"
    world.index(url=url).sync()

    with pytest.raises(errors.DatabaseOfAnotherChain, match=r"chain 31337 .* not chain 7007"):
        other_world.index(url=url)
    assert other_world.index(url=url, rebuild=True).sync().head >= 0


def test_open_index_refuses_a_database_that_another_process_holds(world: World) -> None:
    index = world.index(patience=0.2)
    held = sqlite3.connect(index.store.where)
    held.execute("BEGIN IMMEDIATE")

    with pytest.raises(errors.DatabaseLocked):
        index.sync()

    held.close()
    assert index.sync().head >= 0


def test_open_index_leaves_nothing_half_when_the_disk_is_full(world: World) -> None:
    world.anchor(0, 400)
    index = world.index()
    index.store.engine.dispose()

    def small(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 20")

    event.listen(index.store.engine, "connect", small)
    with pytest.raises(errors.DatabaseFull):
        index.sync()

    again = world.index()
    assert again.count() == 0
    again.sync()
    assert dump(again) == world.rebuilt()


def test_open_index_refuses_a_damaged_file_until_it_is_rebuilt(world: World) -> None:
    world.anchor(0, 5)
    file = world.folder / "index.sqlite"
    file.write_bytes(b"this was a database once" * 1000)

    with pytest.raises(errors.DatabaseDamaged, match="--rebuild"):
        world.index()
    assert world.index(rebuild=True).sync().added == 5


@pytest.mark.parametrize("url", ["mysql://me@here/db", "nonsense", "sqlite://"])
def test_open_index_says_which_databases_it_takes(world: World, url: str) -> None:
    with pytest.raises(errors.ConfigError, match="postgresql://"):
        world.index(url=url)


# pyhealth chain index


def test_chain_index_says_how_far_it_has_come(cli: Cli, sponsor: Health) -> None:
    sponsor.notary.anchor(keccak(b"protocol"))

    first, again = cli("chain", "index", "--json"), cli("chain", "index", "--rebuild", "--json")

    assert first.json["events"] == again.json["events"] == again.json["added"] >= 1
    assert first.json["head"] == again.json["head"] == sponsor.chain.head()
    assert cli("chain", "index").status == 0
    (anchored,) = sponsor.index.events("Notary", "DigestAnchored")
    assert anchored.arguments["author"] == sponsor.signer.address
