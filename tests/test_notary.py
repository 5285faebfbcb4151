"""
anchor, anchor_many, anchor_of
├── given a digest that the author never anchored
│   └── it is anchored at the block's time, and an event says so
├── given one that the author anchored before
│   └── the first moment stands, in a single call and in a batch
├── given zero, no digest, or more than a batch holds
│   └── it refuses, with the values
└── given the same digest by another author
    └── both anchors stand
stamp
├── given files and folders
│   ├── one transaction anchors all, and each file has its proof
│   └── hidden files and proofs are passed over
├── given files that have a valid proof
│   └── nothing is sent
├── given a file that changed since it was stamped
│   └── the earlier proof is kept beside the new one
├── given a run that was killed after anchoring, or while it wrote proofs
│   └── the same call finishes it: the same root, one transaction, all proofs
├── given only a digest, or no wish for salts
│   └── it stamps these too
├── given a wish to know the cost first
│   └── it is told, and nothing is sent
├── given a place where no proof can be written
│   └── it refuses, and nothing is sent
└── when a thief anchors the same root first, alone or in a batch
    └── the author's anchor and proofs stand all the same
verify
├── given a document and its proof
│   └── it says author, moment, transaction and confirmations, online and offline
├── given other content, another chain, or another proof
│   └── it refuses with the reason
├── given an anchoring that was reorganised away
│   └── it refuses as REORGANISED, and stamping again heals it
├── given a contract that only emits the same event
│   └── it refuses as WRONG_CONTRACT
└── given a contract that became a Notary later
    └── it refuses as ROOT_UNKNOWN
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, Node
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pyhealth import errors, verify_offline, verify_proof
from pyhealth.anchoring import verify
from pyhealth.chain.binding import Binding
from pyhealth.chain.sender import Sender
from pyhealth.chain.wallet import cast_address, checksum_address
from pyhealth.config import Settings
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.documents import proof_file
from pyhealth.errors import InputError, ProofInvalid
from pyhealth.hashing import MerkleTree, digest_of_file, keccak
from pyhealth.health import Health, connect
from pyhealth.notary import Notary
from pyhealth.proof import Document, write_all
from pyhealth.values import Anchor

DIGEST = keccak(b"a document")
OTHER = keccak(b"another document")
ELSEWHERE = checksum_address(bytes(19) + b"\xfa")


def block_time(health: Health) -> datetime:
    return datetime.fromtimestamp(int(health.chain.block("latest")["timestamp"], 16), UTC)


def nonce(health: Health) -> int:
    author = health.notary.author
    return int(health.chain.rpc.call("eth_getTransactionCount", author, "latest"), 16)


def proof_of(document: Path) -> Any:
    return verify_proof.load(proof_file(document))


# anchor, anchor_many, anchor_of


def test_anchor_keeps_the_block_s_time_and_says_so_in_an_event(sponsor: Health):
    made = sponsor.notary.anchor(DIGEST)

    assert made == Anchor(block_time(sponsor), sponsor.chain.head())
    assert sponsor.notary.anchor_of(sponsor.notary.author, DIGEST) == made
    block = sponsor.chain.block("latest")
    receipt = sponsor.chain.rpc.call("eth_getTransactionReceipt", block["transactions"][0])
    (event,) = receipt["logs"]
    assert event["topics"][1:] == [
        "0x" + DIGEST.hex(),
        "0x" + "00" * 12 + sponsor.notary.author[2:].lower(),
    ]
    assert int(event["data"], 16) == int(made.anchored_at.timestamp())


def test_anchoring_again_changes_nothing(sponsor: Health, node: Node):
    first = sponsor.notary.anchor(DIGEST)
    node.rpc.call("evm_increaseTime", 3600)

    again = sponsor.notary.anchor(DIGEST)
    receipt = sponsor.notary.anchor_many([OTHER, DIGEST, OTHER])

    assert again == first
    assert sponsor.notary.anchor_of(sponsor.notary.author, DIGEST) == first
    found = sponsor.notary.binding.events(receipt, "DigestAnchored")
    assert [values["digest"] for _, values in found] == [OTHER]


@pytest.mark.parametrize("batch", [False, True])
def test_a_thief_cannot_take_or_overwrite_an_anchor(sponsor: Health, stranger: Health, node, batch):
    theirs = stranger.notary.anchor(DIGEST)
    node.rpc.call("evm_increaseTime", 60)

    ours = sponsor.notary.anchor(DIGEST)
    stranger.notary.anchor_many([DIGEST]) if batch else stranger.notary.anchor(DIGEST)

    assert ours.anchored_at > theirs.anchored_at
    assert stranger.notary.anchor_of(sponsor.notary.author, DIGEST) == ours
    assert stranger.notary.anchor_of(stranger.notary.author, DIGEST) == theirs


def test_nothing_is_anchored_for_others(sponsor: Health, hospital: Health):
    sponsor.notary.anchor(DIGEST)

    assert hospital.notary.anchor_of(hospital.notary.author, DIGEST) is None


def test_zero_is_refused_with_its_place(sponsor: Health):
    with pytest.raises(errors.DigestZero) as alone:
        sponsor.notary.anchor(bytes(32))
    with pytest.raises(errors.DigestZero) as third:
        sponsor.notary.anchor_many([DIGEST, OTHER, bytes(32)])

    assert (alone.value.index, third.value.index) == (0, 2)
    assert sponsor.notary.anchor_of(sponsor.notary.author, DIGEST) is None


def test_a_batch_holds_between_one_and_max_batch(sponsor: Health):
    most = sponsor.notary.binding.call("MAX_BATCH")
    digests = [keccak(b"%d" % i) for i in range(most + 1)]

    with pytest.raises(errors.BatchEmpty):
        sponsor.notary.anchor_many([])
    with pytest.raises(errors.BatchTooLarge) as refused:
        sponsor.notary.anchor_many(digests)
    assert (refused.value.length, refused.value.maximum) == (most + 1, most)
    assert sponsor.notary.anchor_many(digests[:most]).gas_used <= 16_777_216


# stamp


def test_stamp_and_verify_is_a_journey(sponsor: Health, documents: list[Path]):
    (documents[0].parent / ".hidden").write_text("passed over")

    made = sponsor.notary.stamp([documents[0].parent])

    assert [one.document for one in made.stamped] == sorted(documents)
    assert nonce(sponsor) == 1
    for document in documents:
        verified = sponsor.notary.verify(document, proof_of(document))
        assert verified.confirmations == 1
        assert verified.verdict.author == cast_address("sponsor")
        assert verified.verdict.anchored_at == block_time(sponsor) == made.anchored.anchored_at
        assert verified.verdict.transaction == made.receipt.transaction
        offline = verify_offline(document, proof_of(document), block_hash=made.anchored.block_hash)
        assert offline == verified.verdict


def test_stamped_documents_are_not_stamped_again(sponsor: Health, documents, tmp_path):
    sponsor.notary.stamp(documents)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.proof.json")}

    again = sponsor.notary.stamp(documents)

    assert not any(one.fresh for one in again.stamped)
    assert (again.anchored, again.receipt, nonce(sponsor)) == (None, None, 1)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.proof.json")} == before


def test_another_author_s_proof_does_not_count_as_ones_own(sponsor, hospital, documents):
    sponsor.notary.stamp(documents)

    made = hospital.notary.stamp(documents)

    assert all(one.fresh for one in made.stamped)
    assert hospital.notary.verify(documents[0], proof_of(documents[0]))


def test_the_proof_of_earlier_content_is_kept(sponsor: Health, documents):
    document = documents[0]
    sponsor.notary.stamp(documents)
    earlier, before = document.read_bytes(), proof_file(document).read_bytes()
    document.write_text("Amended.\n")

    made = sponsor.notary.stamp(documents)

    assert [one.document for one in made.stamped if one.fresh] == [document]
    (kept,) = document.parent.glob("*.earlier")
    assert made.kept == (kept,)
    assert kept.read_bytes() == before
    document.write_bytes(earlier)
    assert sponsor.notary.verify(document, json.loads(kept.read_bytes()))


CUT_AFTER = """
import os, signal, sys
from pathlib import Path
from pyhealth import connect, notary, proof

def cut(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def cut_after(write, left=[int(sys.argv[1])]):
    def limited(*arguments):
        left[0] -= 1
        cut() if left[0] < 0 else write(*arguments)
    return limited

proof._write = cut_after(proof._write)
connect(account="sponsor").notary.stamp(map(Path, sys.argv[2:]))
"""


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_killed_run_is_finished_by_the_same_call(sponsor, settings, documents, written):
    environment = dict(settings.environment)
    command = [sys.executable, "-c", CUT_AFTER, str(written), *map(str, documents)]
    killed = subprocess.run(command, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(documents[0].parent.glob("*.proof.json"))) == written
    root = sponsor.chain.rpc.call("eth_getLogs", {"fromBlock": "0x0"})[-1]["topics"][1]

    made = sponsor.notary.stamp(documents)

    assert made.receipt is None
    assert nonce(sponsor) == 1
    for document in documents:
        assert "0x" + sponsor.notary.verify(document, proof_of(document)).verdict.root.hex() == root
    assert not list(documents[0].parent.glob("*.earlier"))
    assert not list((settings.home / "drafts").iterdir())


def test_salts_wait_on_disk_for_nobody_else(sponsor, settings, documents, monkeypatch):
    monkeypatch.setattr("pyhealth.sheaf.write_all", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sponsor.notary.stamp(documents)

    (draft,) = (settings.home / "drafts").iterdir()

    assert draft.stat().st_mode & 0o777 == 0o600
    assert len(draft.read_bytes()) == 32 * len(documents)


def test_a_digest_alone_is_stamped(sponsor: Health, documents, tmp_path):
    digest = digest_of_file(documents[0])

    made = sponsor.notary.stamp_digest(digest, out=tmp_path / "proofs")

    (one,) = made.stamped
    assert (one.document, one.proof) == (None, tmp_path / f"proofs/{digest.hex()}.proof.json")
    assert sponsor.notary.verify(documents[0], verify_proof.load(one.proof))
    assert sponsor.notary.verify(digest, verify_proof.load(one.proof))


def test_unsalted_digests_can_be_recognised_and_salted_ones_cannot(sponsor, documents):
    sponsor.notary.stamp(documents[:1], salted=False)
    sponsor.notary.stamp(documents[1:2])

    unsalted, salted = (
        sponsor.notary.verify(document, proof_of(document)).verdict.root
        for document in documents[:2]
    )

    assert unsalted == MerkleTree([digest_of_file(documents[0])]).root
    assert salted != MerkleTree([digest_of_file(documents[1])]).root


def test_two_files_of_one_name_cannot_have_their_proofs_in_one_folder(sponsor, documents, tmp_path):
    twin = tmp_path / documents[0].name
    twin.write_text("another")

    with pytest.raises(InputError, match=r"would both have their proof at .*; stamp them apart"):
        sponsor.notary.stamp([documents[0], twin], out=tmp_path / "out")

    assert nonce(sponsor) == 0
    assert not (tmp_path / "out").exists()


def test_nothing_is_sent_where_no_proof_can_be_written(sponsor, documents):
    with pytest.raises(InputError, match=f"{documents[1]} is not a folder"):
        sponsor.notary.stamp(documents[:1], out=documents[1] / "proofs")

    assert nonce(sponsor) == 0


@pytest.mark.parametrize("batch", [False, True])
def test_a_thief_who_anchors_the_root_first_gains_nothing(
    sponsor: Health, stranger: Health, documents, monkeypatch, batch
):
    send = Sender.send

    def robbed(self: Sender, call: Any) -> Any:
        root = call.data[4:]
        monkeypatch.setattr(Sender, "send", send)
        stranger.notary.anchor_many([root]) if batch else stranger.notary.anchor(root)
        return send(self, call)

    monkeypatch.setattr(Sender, "send", robbed)
    made = sponsor.notary.stamp(documents)

    assert made.receipt is not None
    root = MerkleTree(
        bytes.fromhex(proof_of(document)["commitment"]["value"][2:]) for document in documents
    ).root
    assert sponsor.notary.anchor_of(stranger.notary.author, root) is not None
    for document in documents:
        found = sponsor.notary.verify(document, proof_of(document)).verdict
        assert found.author == sponsor.notary.author


# verify


def reason(health: Health, document: Path | bytes, proof: Any) -> str:
    with pytest.raises(ProofInvalid) as refused:
        health.notary.verify(document, proof)
    return refused.value.reason


def test_confirmations_count_the_block_itself_and_those_on_top(sponsor, documents, node):
    sponsor.notary.stamp(documents)
    node.rpc.call("anvil_mine", "0x5")

    assert sponsor.notary.verify(documents[0], proof_of(documents[0])).confirmations == 6


def test_other_content_is_refused(sponsor: Health, documents):
    sponsor.notary.stamp(documents)

    assert reason(sponsor, documents[0], proof_of(documents[1])) == "CONTENT_DIFFERS"
    documents[0].write_text("Moved.")
    assert reason(sponsor, documents[0], proof_of(documents[0])) == "CONTENT_DIFFERS"


@pytest.mark.parametrize(
    ("way", "value", "expected"),
    [
        (("anchor", "chain_id"), 1, "WRONG_CHAIN"),
        (("anchor", "contract"), ELSEWHERE, "WRONG_CONTRACT"),
        (("anchor", "author"), ELSEWHERE, "WRONG_AUTHOR"),
        (("merkle", "root"), "0x" + "11" * 32, "PATH_DIFFERS"),
        (("commitment", "salt"), "0x" + "11" * 32, "SALT_DIFFERS"),
        (("anchor", "block_number"), 0, "BLOCK_DIFFERS"),
    ],
)
def test_another_proof_is_refused_with_the_reason(sponsor, documents, way, value, expected):
    sponsor.notary.stamp(documents)
    proof = proof_of(documents[0])
    proof[way[0]][way[1]] = value

    assert reason(sponsor, documents[0], proof) == expected


def test_what_was_reorganised_away_is_refused_and_can_be_stamped_again(
    act_as: Callable[[str], Health], sponsor: Health, documents, node
):
    sponsor.notary.stamp(documents)
    node.rpc.call("anvil_reorg", 1, [])

    assert reason(sponsor, documents[0], proof_of(documents[0])) == "REORGANISED"

    time.sleep(1)  # else the same transaction could make the same block again
    again = act_as("sponsor")
    made = again.notary.stamp(documents)
    assert all(one.fresh for one in made.stamped)
    assert again.notary.verify(documents[0], proof_of(documents[0]))


def event_only_code() -> bytes:
    """A contract that emits DigestAnchored for whatever it is asked, and keeps nothing."""
    event = keccak(b"DigestAnchored(bytes32,address,uint64)").hex()
    emit = f"42600052336004357f{event}60206000a3"
    answer = "4360205260406000f3"  # anchorOf: now, in this block
    return bytes.fromhex(emit + answer)


@pytest.fixture
def forged(sponsor: Health, documents, node) -> tuple[Path, Any]:
    """A document with a proof whose event comes from such a contract."""
    node.rpc.call("anvil_setCode", ELSEWHERE, "0x" + event_only_code().hex())
    binding = Binding(sponsor.chain, read_artifact("Notary"), ELSEWHERE, lambda: sponsor.sender)
    pretended = Notary(binding, sponsor.settings.home / "drafts")
    document = Document(documents[0].name, "sha-256", digest_of_file(documents[0]), b"\x07" * 32)
    tree = MerkleTree([document.commitment])
    binding.send("anchor", tree.root)
    anchored, evidence = pretended._evidence(tree.root)
    write_all(
        [(proof_file(documents[0]), document, [])],
        root=tree.root,
        anchor=anchored,
        evidence=evidence,
    )
    return documents[0], proof_of(documents[0])


def test_a_contract_that_only_emits_the_event_is_refused(sponsor, forged):
    document, proof = forged
    assert verify_offline(document, proof, block_hash=None).contract == ELSEWHERE

    assert reason(sponsor, document, proof) == "WRONG_CONTRACT"


def test_a_contract_that_became_a_notary_later_is_refused(sponsor, forged, node):
    node.rpc.call("anvil_setCode", ELSEWHERE, "0x" + read_artifact("Notary").runtime.hex())

    assert reason(sponsor, *forged) == "ROOT_UNKNOWN"


def test_verify_needs_no_deployment_record(sponsor, documents):
    sponsor.notary.stamp(documents)
    shutil.rmtree(sponsor.settings.home / "deployments")

    assert verify(sponsor.chain, documents[0], proof_of(documents[0])).verdict.valid


def test_a_dry_run_says_the_cost_and_sends_nothing(cli: Cli, documents, tmp_path):
    told = cli("stamp", documents[0].parent, "--dry-run", "--rate", "2000", "--json")

    planned = json.loads(told.out)
    assert (planned["documents"], planned["transactions"]) == (len(documents), 1)
    assert 46_000 < planned["gas_limit"] < 56_000
    assert float(planned["expected"]) <= float(planned["most"])
    assert not list(documents[0].parent.glob("*.proof.json"))
    cli("stamp", documents[0].parent)
    told = cli("stamp", documents[0].parent, "--dry-run", "--json")
    assert json.loads(told.out) == {"documents": 0, "transactions": 0}


def test_the_commands_stamp_and_verify(cli: Cli, documents, tmp_path):
    stamped = cli("stamp", documents[0].parent, "--out", tmp_path / "out", "--json").json
    proof = tmp_path / f"out/{documents[0].name}.proof.json"

    assert [one["stamped"] for one in stamped["documents"]] == [True] * 3
    found = cli("verify", documents[0], "--proof", proof, "--json").json
    assert (found["valid"], found["author"]) == (True, cast_address("sponsor"))
    assert found["confirmations"] == 1
    offline = ("--offline", "--block-hash", found["block_hash"])
    assert cli("verify", documents[0], "--proof", proof, *offline, "--json").json["valid"]
    first = next(one for one in stamped["documents"] if one["document"] == str(documents[0]))
    assert cli("verify", "--digest", first["digest"], "--proof", proof).status == 0
    again = cli("stamp", documents[0].parent, "--out", tmp_path / "out")
    assert again.out == "3 of 3 have a valid proof already; nothing to do for them.\n"
    refused = cli("verify", documents[1], "--proof", proof, "--json")
    assert (refused.status, refused.json["reason"]) == (1, "CONTENT_DIFFERS")


# A dictionary is the specification.

AUTHORS = ("sponsor", "hospital", "stranger")
DIGESTS = [keccak(b"%d" % i) for i in range(4)]


@dataclass
class World:
    """Where the model's chain runs, and where each run of it has its data folders."""

    node: Node
    settings: Settings
    folder: Path
    runs: int = 0

    def open(self, name: str) -> Health:
        home = self.folder / str(self.runs)
        if not home.exists():
            shutil.copytree(self.settings.home / "deployments", home / "deployments")
        return connect(account=name, settings=replace(self.settings, home=home))


def machine(world: World) -> type[RuleBasedStateMachine]:
    class NotaryModel(RuleBasedStateMachine):
        """Compares the chain with a dictionary of (author, digest) after every step."""

        @initialize()
        def begin(self) -> None:
            world.runs += 1
            self.before = world.node.rpc.call("evm_snapshot")
            self.health = {name: world.open(name) for name in AUTHORS}
            self.model: dict[tuple[str, bytes], Anchor] = {}

        def _expect(self, author: str, digests: list[bytes]) -> None:
            health = self.health[author]
            now = Anchor(block_time(health), health.chain.head())
            for digest in digests:
                self.model.setdefault((author, digest), now)

        @rule(author=some.sampled_from(AUTHORS), digest=some.sampled_from(DIGESTS))
        def anchor(self, author: str, digest: bytes) -> None:
            made = self.health[author].notary.anchor(digest)
            self._expect(author, [digest])
            assert made == self.model[author, digest]

        @rule(
            author=some.sampled_from(AUTHORS),
            digests=some.lists(some.sampled_from(DIGESTS), min_size=1, max_size=6),
        )
        def anchor_many(self, author: str, digests: list[bytes]) -> None:
            known = {digest for who, digest in self.model if who == author}
            receipt = self.health[author].notary.anchor_many(digests)
            told = self.health[author].notary.binding.events(receipt, "DigestAnchored")
            assert [values["digest"] for _, values in told] == [
                digest for digest in dict.fromkeys(digests) if digest not in known
            ]
            self._expect(author, digests)

        @rule(
            author=some.sampled_from(AUTHORS), digests=some.permutations([*DIGESTS[:2], bytes(32)])
        )
        def anchor_many_with_zero(self, author: str, digests: list[bytes]) -> None:
            with pytest.raises(errors.DigestZero) as refused:
                self.health[author].notary.anchor_many(digests)
            assert refused.value.index == digests.index(bytes(32))

        @rule(seconds=some.integers(1, 10_000))
        def wait(self, seconds: int) -> None:
            world.node.rpc.call("evm_increaseTime", seconds)
            world.node.rpc.call("evm_mine")

        @invariant()
        def chain_and_dictionary_agree(self) -> None:
            for author, health in getattr(self, "health", {}).items():
                for digest in DIGESTS:
                    found = health.notary.anchor_of(health.notary.author, digest)
                    assert found == self.model.get((author, digest))

        def teardown(self) -> None:
            world.node.rpc.call("evm_revert", self.before)

    return NotaryModel


def test_the_chain_agrees_with_a_dictionary(node: Node, settings: Settings, tmp_path: Path):
    world = World(node, settings, tmp_path / "runs")
    limits = hypothesis_settings(max_examples=12, stateful_step_count=12, deadline=None)

    run_state_machine_as_test(lambda: machine(world)(), settings=limits)
