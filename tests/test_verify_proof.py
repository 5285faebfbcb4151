"""
keccak256
└── it agrees with a known implementation on every length
decode_rlp
├── given canonical data
│   └── it returns what was encoded
└── given a second way of writing, a wrong length or trailing bytes
    └── it refuses
receipt_in_trie
├── given any number of receipts of all kinds
│   └── it shows each one, and none at another index or past the end
└── given nodes short enough to lie in their parent
    └── it follows them
verify
├── given an untouched proof
│   ├── it states document, author, contract, block and time
│   └── it agrees whichever hash, salt, kind of receipt or size of tree is used
├── given one flipped bit anywhere
│   └── it names what differs
├── given an honest block that says something else
│   └── it names what differs
└── given a malformed proof
    └── it says in one sentence which field, and never fails
command line
├── given a valid proof
│   └── it prints what is proven and what is trusted, exit 0
└── given anything else
    └── it prints one line, exit 1
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rlp
import sha3
from hypothesis import given, settings
from hypothesis import strategies as some
from proof_cast import (
    CONTRACT,
    SECONDS,
    SPONSOR,
    World,
    block,
    changed,
    flips,
    keccak,
    log,
    receipt,
    world,
)

from pyhealth import proof, verify_proof
from pyhealth.verify_proof import Digest, Reason, Verdict, verify

SCRIPT = Path(verify_proof.__file__).resolve()
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def judge(made: World, json: object = None, **options: Any) -> Verdict:
    arguments: dict[str, Any] = {
        "block_hash": made.block_hash,
        "hasher": sha3.keccak_256,
        **options,
    }
    return verify(arguments.pop("document", made.content), json or made.json, **arguments)


@pytest.fixture(scope="module")
def made() -> World:
    return world()


# ---- keccak256


def test_keccak256_agrees_with_a_known_implementation_on_every_length() -> None:
    for length in range(301):
        data = bytes(i * 7 % 256 for i in range(length))

        assert verify_proof.keccak256(data) == keccak(data), length


def test_keccak256_gives_the_known_answers() -> None:
    assert verify_proof.keccak256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert verify_proof.keccak256(b"abc").hex() == (
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )


@given(some.lists(some.binary(max_size=400), max_size=5))
def test_keccak256_gives_the_same_answer_in_pieces(pieces: list[bytes]) -> None:
    state = verify_proof.Keccak256()

    for piece in pieces:
        state.update(piece)

    assert state.digest() == keccak(b"".join(pieces))


# ---- decode_rlp

items = some.recursive(some.binary(max_size=70), lambda inner: some.lists(inner, max_size=5))


@given(items)
def test_decode_rlp_returns_what_was_encoded(item: Any) -> None:
    assert verify_proof.decode_rlp(rlp.encode(item)) == item


@given(some.binary(max_size=80))
def test_decode_rlp_accepts_only_what_encodes_back_to_the_same_bytes(data: bytes) -> None:
    try:
        item = verify_proof.decode_rlp(data)
    except ValueError:
        return

    assert rlp.encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "8100",  # a single byte in the long way
        "817f",
        "b800",  # a long length for a short string
        "b837" + "61" * 55,
        "b90038" + "61" * 56,  # a leading zero in the length
        "f800",
        "83616263" + "00",  # trailing
        "c0c0",
        "836162",  # too short
        "b8",
        "bfffffffffffffffff",
        "ffffffffffffffffff",
        "c18161",  # an item that leaves its list
        "c383616263",
        "c1" * 17 + "c0",  # nested too deeply (and lengths that do not match)
    ],
)
def test_decode_rlp_refuses_a_second_way_of_writing(data: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        verify_proof.decode_rlp(bytes.fromhex(data))


def test_decode_rlp_accepts_sixteen_nested_lists_and_refuses_seventeen() -> None:
    def nested(depth: int) -> list[Any]:
        return [nested(depth - 1)] if depth > 1 else []

    assert verify_proof.decode_rlp(rlp.encode(nested(16))) == nested(16)
    with pytest.raises(ValueError, match="deeply"):
        verify_proof.decode_rlp(rlp.encode(nested(17)))


# ---- receipt_in_trie


@settings(max_examples=25, deadline=None)
@given(some.integers(1, 300), some.data())
def test_receipt_in_trie_shows_every_receipt_of_a_block(count: int, data: some.DataObject) -> None:
    kinds = data.draw(some.lists(some.integers(0, 4), min_size=count, max_size=count))
    receipts = [receipt(i, k, [log(keccak(b"%d" % i))] * (i % 3)) for i, k in enumerate(kinds)]
    root = bytes.fromhex(block(receipts)["receiptsRoot"][2:])

    for index in {*range(0, count, 17), count - 1}:
        path = proof.receipt_path(receipts, index, root)
        shown = verify_proof.receipt_in_trie(root, index, path, sha3.keccak_256)

        assert shown == proof.receipt_bytes(receipts[index])
        for wrong in (index + 1, index ^ 0x80, count):
            with pytest.raises(ValueError, match="path"):
                verify_proof.receipt_in_trie(root, wrong, path, sha3.keccak_256)
        for broken in (path[:-1], [*path, path[-1]], path[::-1] if len(path) > 1 else []):
            with pytest.raises(ValueError, match="path"):
                verify_proof.receipt_in_trie(root, index, broken, sha3.keccak_256)


@given(some.lists(some.binary(min_size=1, max_size=40), min_size=1, max_size=40))
def test_receipt_in_trie_follows_nodes_that_lie_in_their_parent(values: list[bytes]) -> None:
    from trie import HexaryTrie

    trie = HexaryTrie({})
    for place, value in enumerate(values):
        trie[rlp.encode(place)] = value
    for index, value in enumerate(values):
        root, *nodes = (rlp.encode(node) for node in trie.get_proof(rlp.encode(index)))
        path = [root, *(node for node in nodes if len(node) >= 32)]

        assert verify_proof.receipt_in_trie(trie.root_hash, index, path, sha3.keccak_256) == value


# ---- verify: an untouched proof


def test_verify_states_what_is_proven_and_what_is_trusted(made: World) -> None:
    verdict = judge(made, contract=CONTRACT, author=SPONSOR, chain_id=31337)

    assert verdict.valid
    assert verdict.reason is None
    assert verdict.digest == made.proof.document.digest
    assert (verdict.author, verdict.contract) == (SPONSOR, CONTRACT)
    assert (verdict.block_number, verdict.block_hash) == (7, made.block_hash)
    assert verdict.anchored_at == datetime.fromtimestamp(SECONDS, UTC)
    assert any("not back-date" in line for line in verdict.proven)
    assert any("only stated" in line for line in verdict.trusted)


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("documents", [1, 2, 3, 64])
@pytest.mark.parametrize("salted", [True, False])
@pytest.mark.parametrize("algorithm", ["sha-256", "keccak-256"])
def test_verify_accepts_every_shape(
    kind: int, documents: int, salted: bool, algorithm: str, tmp_path: Path
) -> None:
    shape = world(kind=kind, documents=documents, salted=salted, algorithm=algorithm)
    (tmp_path / "protocol.pdf").write_bytes(shape.content)

    for document in (shape.content, tmp_path / "protocol.pdf", Digest(shape.proof.document.digest)):
        verdict = judge(shape, document=document)

        assert verdict.valid, verdict.sentence


@pytest.mark.parametrize(
    ("receipts", "index"), [(1, 0), (2, 1), (129, 127), (129, 128), (300, 255)]
)
def test_verify_accepts_every_place_in_a_block(receipts: int, index: int) -> None:
    assert judge(world(receipts=receipts, index=index)).valid


def test_verify_agrees_with_its_own_keccak(made: World) -> None:
    assert verify(made.content, made.json, made.block_hash) == judge(made)


# ---- verify: one flipped bit

FLIPPED = {
    "document.digest": Reason.CONTENT_DIFFERS,
    "commitment.salt": Reason.SALT_DIFFERS,
    "commitment.value": Reason.SALT_DIFFERS,
    "merkle.path.0": Reason.PATH_DIFFERS,
    "merkle.path.1": Reason.PATH_DIFFERS,
    "merkle.path.2": Reason.PATH_DIFFERS,
    "merkle.root": Reason.PATH_DIFFERS,
    "anchor.block_hash": Reason.HEADER_DIFFERS,
    "evidence.header": Reason.HEADER_DIFFERS,
    "evidence.receipt_path.0": Reason.RECEIPT_NOT_INCLUDED,
    "evidence.receipt_path.1": Reason.RECEIPT_NOT_INCLUDED,
    "evidence.receipt_path.2": Reason.RECEIPT_NOT_INCLUDED,
    "anchor.contract": Reason.WRONG_CONTRACT,
    "anchor.author": Reason.WRONG_AUTHOR,
}


@pytest.mark.parametrize(("place", "reason"), FLIPPED.items())
def test_verify_names_what_differs_when_one_bit_is_flipped(
    made: World, place: str, reason: Reason
) -> None:
    text: Any = made.json
    for name in place.split("."):
        text = text[int(name)] if name.isdigit() else text[name]

    for flipped in flips(text):
        if place in ("anchor.contract", "anchor.author"):
            assert judge(made, changed(made.json, place, flipped)).reason is Reason.PROOF_MALFORMED
            flipped = verify_proof.checksummed(bytes.fromhex(flipped[2:]))
        verdict = judge(made, changed(made.json, place, flipped))

        assert verdict.reason is reason, verdict.sentence
        assert not verdict.author


def test_verify_names_what_differs_when_the_document_or_the_trusted_hash_is_flipped(
    made: World,
) -> None:
    for flipped in flips("0x" + made.content.hex()):
        verdict = judge(made, document=bytes.fromhex(flipped[2:]))

        assert verdict.reason is Reason.CONTENT_DIFFERS
    for flipped in flips("0x" + made.block_hash.hex()):
        assert judge(made, block_hash=bytes.fromhex(flipped[2:])).reason is Reason.HEADER_DIFFERS


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("commitment.salt", None, Reason.SALT_DIFFERS),
        ("merkle.path", [], Reason.PATH_DIFFERS),
        ("anchor.block_number", 8, Reason.BLOCK_DIFFERS),
        ("anchor.anchored_at", "2026-11-22T14:43:45Z", Reason.BLOCK_DIFFERS),
        ("evidence.transaction_index", 6, Reason.RECEIPT_NOT_INCLUDED),
        ("evidence.receipt_path", [], Reason.RECEIPT_NOT_INCLUDED),
        ("evidence.log_index", 0, Reason.ROOT_UNKNOWN),
        ("evidence.log_index", 2, Reason.EVENT_MISSING),
    ],
)
def test_verify_names_what_differs_when_a_field_is_changed(
    made: World, place: str, value: object, reason: Reason
) -> None:
    assert judge(made, changed(made.json, place, value)).reason is reason


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ({"contract": OTHER}, Reason.WRONG_CONTRACT),
        ({"author": OTHER}, Reason.WRONG_AUTHOR),
        ({"chain_id": 1}, Reason.WRONG_CHAIN),
    ],
)
def test_verify_refuses_what_is_not_expected(
    made: World, expected: dict[str, Any], reason: Reason
) -> None:
    assert judge(made, **expected).reason is reason


# ---- verify: an honest block that says something else

ROOT = world().proof.root
FOREIGN = log(ROOT) | {"topics": [f"0x{keccak(b'Other()').hex()}", *log(ROOT)["topics"][1:]]}
EARLY = log(ROOT) | {"data": "0x" + (SECONDS - 1).to_bytes(32, "big").hex()}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (log(ROOT, author=OTHER), Reason.WRONG_AUTHOR),
        (log(ROOT, address=OTHER), Reason.WRONG_CONTRACT),
        (log(keccak(b"another")), Reason.ROOT_UNKNOWN),
        (FOREIGN, Reason.EVENT_MISSING),
        (log(ROOT) | {"topics": log(ROOT)["topics"][:2]}, Reason.EVENT_MISSING),
        (log(ROOT) | {"data": "0x"}, Reason.EVENT_MISSING),
        (EARLY, Reason.BLOCK_DIFFERS),
    ],
)
def test_verify_refuses_when_the_block_holds_another_event(
    event: dict[str, Any], reason: Reason
) -> None:
    verdict = judge(world(logs=[event, event]))

    assert verdict.reason is reason, verdict.sentence


def test_verify_refuses_when_the_transaction_failed_or_its_receipt_is_of_an_unknown_kind() -> None:
    assert judge(world(status="0x0")).reason is Reason.RECEIPT_FAILED
    assert judge(world(kind=5)).reason is Reason.RECEIPT_UNKNOWN
    assert judge(world(kind=0x7E)).reason is Reason.RECEIPT_UNKNOWN


# ---- verify: malformed proofs

MALFORMED: list[tuple[str, object, str]] = [
    ("format", "pyhealth-proof/2", "format"),
    ("format", None, "format"),
    ("document", [], "document"),
    ("document.extra", 1, "document.extra"),
    ("document.algorithm", "md5", "document.algorithm"),
    ("document.algorithm", [], "document.algorithm"),
    ("document.name", 7, "document.name"),
    ("document.digest", "0x" + "00" * 31, "document.digest"),
    ("document.digest", "0x" + "00" * 33, "document.digest"),
    ("document.digest", "00" * 32, "document.digest"),
    ("document.digest", "0x" + "0" * 63, "document.digest"),
    ("document.digest", "0x" + "AB" * 32, "document.digest"),
    ("document.digest", "0x" + "00" * 32 + "\n", "document.digest"),
    ("document.digest", None, "document.digest"),
    ("commitment.salt", "", "commitment.salt"),
    ("commitment.salt", "0x" + "00" * 16, "commitment.salt"),
    ("merkle.path", {}, "merkle.path"),
    ("merkle.path", ["0x" + "00" * 32] * 65, "merkle.path"),
    ("merkle.path", [None], "merkle.path"),
    ("anchor.contract", CONTRACT.lower(), "anchor.contract"),
    ("anchor.contract", "0x", "anchor.contract"),
    ("anchor.author", SPONSOR.swapcase(), "anchor.author"),
    ("anchor.block_number", -1, "anchor.block_number"),
    ("anchor.block_number", True, "anchor.block_number"),
    ("anchor.block_number", "7", "anchor.block_number"),
    ("anchor.block_number", 2**64, "anchor.block_number"),
    ("anchor.block_number", 7.0, "anchor.block_number"),
    ("anchor.anchored_at", "2026-11-22", "anchor.anchored_at"),
    ("anchor.anchored_at", "2026-13-22T14:43:44Z", "anchor.anchored_at"),
    ("anchor.anchored_at", "0000-11-22T14:43:44Z", "anchor.anchored_at"),
    ("anchor.anchored_at", 5, "anchor.anchored_at"),
    ("evidence.header", "0x0", "evidence.header"),
    ("evidence.header", "0x" + "é" * 2, "evidence.header"),
    ("evidence.receipt_path", ["0x"] * 17, "evidence.receipt_path"),
    ("evidence.receipt_path", "0x", "evidence.receipt_path"),
    ("\x1b[31mred\n", 1, "x1b[31mred"),
]


@pytest.mark.parametrize(("place", "value", "field"), MALFORMED)
def test_verify_names_the_malformed_field(
    made: World, place: str, value: object, field: str
) -> None:
    verdict = judge(made, changed(made.json, place, value))

    assert verdict.reason is Reason.PROOF_MALFORMED
    assert field in verdict.sentence
    assert verdict.sentence.isprintable()


def test_verify_survives_a_number_too_long_to_print(made: World) -> None:
    verdict = judge(made, changed(made.json, "anchor.block_number", 10**5000))

    assert verdict.reason is Reason.PROOF_MALFORMED


def test_verify_names_each_missing_field(made: World) -> None:
    for section, fields in verify_proof.FIELDS.items():
        for name in fields:
            broken = made.json
            del broken[section][name]

            assert f"{section}.{name} is missing" in judge(made, broken).sentence
        broken = made.json
        del broken[section]
        assert f"{section} is missing" in judge(made, broken).sentence


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"NaN",
        b"1e999",
        b"-Infinity",
        b"9" * 100_000,
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b'{"format": 1, "format": 2}',
        b'{"format": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"format": "pyhealth-proof/1"} {}',
        b'["\\\\", ' + b"[" * 1_000_000,
        b'["\\"", ' + b"[" * 1_000_000,
        b'"' + b'\\"' * 1_000_000,
        b'"\\ud800"',
        b'{"\\ud800": 1, "format": "pyhealth-proof/1"}',
    ],
)
def test_the_command_line_answers_hostile_json_in_one_line(
    tmp_path: Path, text: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "a.proof.json").write_bytes(text)

    code = verify_proof.main([str(tmp_path / "a"), "--block-hash", "0x" + "00" * 32])

    assert code == 1
    output, line = capsys.readouterr()
    assert output == ""
    assert line.startswith("verify_proof: Malformed proof: ")
    assert line.count("\n") == 1


def test_verify_survives_nesting_even_where_the_recursion_limit_is_high(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_bytes(b"[" * 15_000_000)
    check = f"""
import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); sys.setrecursionlimit(10**9)
import verify_proof; sys.exit(verify_proof.main(sys.argv[1:]))
"""
    zero = "0x" + "00" * 32
    arguments = ["--digest", zero, "--proof", str(tmp_path / "deep.json"), "--block-hash", zero]

    done = subprocess.run([sys.executable, "-c", check, *arguments], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "verify_proof: Malformed proof: it is nested too deeply.\n"


def test_a_name_may_hold_brackets_quotes_and_backslashes(made: World) -> None:
    named = changed(made.json, "document.name", 'a[[[[{{{{"\\"]].pdf\\')

    assert judge(made, verify_proof.parse(json.dumps(named).encode())).valid


def test_the_command_line_reads_no_more_than_a_proof_can_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(2**30)

    zero = "0x" + "00" * 32
    proof_file = str(tmp_path / "huge.json")

    code = verify_proof.main(["--digest", zero, "--proof", proof_file, "--block-hash", zero])

    assert code == 1
    assert "larger than" in capsys.readouterr().err


leaves = (
    some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.binary()
)
anything = some.recursive(
    leaves,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(leaves, inner, max_size=3),
    max_leaves=8,
)
places = some.sampled_from(
    ["format", *verify_proof.FIELDS]
    + [f"{section}.{name}" for section, fields in verify_proof.FIELDS.items() for name in fields]
)


@settings(max_examples=400, deadline=None)
@given(some.lists(some.tuples(places, anything), max_size=3))
def test_verify_never_fails_whatever_a_field_holds(fields: list[tuple[str, object]]) -> None:
    broken = WORLD.json
    for place, value in sorted(fields, key=lambda field: -field[0].count(".")):
        broken = changed(broken, place, value)

    verdict = judge(WORLD, broken)

    assert verdict.valid or verdict.sentence.isprintable()


@settings(max_examples=300, deadline=None)
@given(some.integers(0), some.binary(max_size=4), some.integers(0, 4))
def test_verify_never_fails_on_a_damaged_file(at: int, put: bytes, cut: int) -> None:
    text = WORLD.proof.to_json().encode()
    at %= len(text)
    try:
        damaged = verify_proof.parse(text[:at] + put + text[at + cut :])
    except verify_proof.NotProven:
        return

    verdict = judge(WORLD, damaged)

    assert verdict.valid or verdict.sentence


@settings(max_examples=300, deadline=None)
@given(items)
def test_verify_never_fails_on_a_header_that_is_none(item: Any) -> None:
    for header in (item, [*item, *[b"\1" * 32] * 15] if isinstance(item, list) else b""):
        trusted = keccak(rlp.encode(header))
        broken = changed(WORLD.json, "evidence.header", "0x" + rlp.encode(header).hex())

        verdict = judge(
            WORLD,
            changed(broken, "anchor.block_hash", "0x" + trusted.hex()),
            block_hash=trusted,
        )

        assert verdict.reason in (Reason.HEADER_DIFFERS, Reason.BLOCK_DIFFERS)


@settings(max_examples=300, deadline=None)
@given(items, some.sampled_from([b"", b"\1", b"\2", b"\x05"]))
def test_verify_never_fails_on_a_receipt_that_is_none(item: Any, kind: bytes) -> None:
    for body in (item, [b"\1", b"", b"", item], [b"\1", b"", b"", [b"", item]]):
        leaf = rlp.encode([bytes.fromhex("2080"), kind + rlp.encode(body)])
        place = {"log_index": 1, "transaction_index": 0, "receipt_path": [leaf]}
        fields = verify_proof.read(WORLD.json) | place

        with pytest.raises(verify_proof.NotProven, match=r"\w"):
            verify_proof._check_event(
                verify_proof._logs(fields, keccak(leaf), sha3.keccak_256), fields, sha3.keccak_256
            )


WORLD = world()


# ---- command line


@pytest.fixture
def stamped(made: World, tmp_path: Path) -> Path:
    (tmp_path / "protocol.pdf").write_bytes(made.content)
    (tmp_path / "protocol.pdf.proof.json").write_text(made.proof.to_json())
    return tmp_path / "protocol.pdf"


def run(*arguments: object) -> tuple[int, str, str]:
    command = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_prints_what_is_proven_and_what_is_trusted(
    made: World, stamped: Path
) -> None:
    trusted = ["--block-hash", "0x" + made.block_hash.hex(), "--contract", CONTRACT.lower()]

    code, output, error = run(stamped, *trusted, "--author", SPONSOR, "--chain-id", 31337)

    assert (code, error) == (0, "")
    assert output.startswith("VALID\n")
    for fact in (SPONSOR, CONTRACT, "at or before", "2026-11-22", "stated, not proven"):
        assert fact in output


def test_the_command_line_answers_with_json_for_a_digest_alone(made: World, stamped: Path) -> None:
    digest = "0x" + made.proof.document.digest.hex()
    proof_file = f"{stamped}.proof.json"
    trusted = ["--block-hash", "0x" + made.block_hash.hex(), "--json"]

    code, output, _ = run("--digest", digest, "--proof", proof_file, *trusted)
    assert code == 0
    assert json.loads(output)["author"] == SPONSOR
    assert json.loads(output)["anchored_at"].startswith("2026-11-22T")

    code, output, error = run("--digest", "0x" + "11" * 32, "--proof", proof_file, *trusted)
    assert code == 1
    assert json.loads(output)["reason"] == "CONTENT_DIFFERS"
    assert error.startswith("verify_proof: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--block-hash"),
        (["--block-hash", "0x00"], "32 bytes"),
        (["{file}"], "--block-hash"),
        (["{file}", "--block-hash", "0x00"], "32 bytes"),
        (["{file}", "--block-hash", "{hash}", "--contract", "0x1"], "--contract"),
        (["{file}", "--block-hash", "{hash}", "--author", CONTRACT.swapcase()], "--author"),
        (["{file}", "--block-hash", "{hash}", "--digest", "{hash}"], "either"),
        (["--digest", "{hash}", "--block-hash", "{hash}"], "--proof"),
        (["{file}", "--block-hash", "{hash}", "--proof", "none.json"], "none.json"),
        (["none.pdf", "--block-hash", "{hash}", "--proof", "{file}.proof.json"], "none.pdf"),
        (["{file}/..", "--block-hash", "{hash}", "--proof", "{file}.proof.json"], "directory"),
        (["{file}", "--block-hash", "{hash}", "--proof", "."], "directory"),
        (["{file}", "--block-hash", "{hash}", "--proof", "a\nb\x1b"], "a\\nb\\x1b"),
        (["{file}", "--block-hash", "{hash}"], "block"),
        (["{file}", "--block-hash", "{hash}", "--chain-id", "x"], "--chain-id"),
        (["{file}", "--block-hash", "{hash}", "--unknown\nx"], "unknown"),
    ],
)
def test_the_command_line_answers_bad_input_in_one_line(
    stamped: Path, arguments: list[str], words: str
) -> None:
    filled = [
        a.replace("{file}", str(stamped)).replace("{hash}", "0x" + "22" * 32) for a in arguments
    ]

    code, output, error = run(*filled)

    assert (code, output) == (1, "")
    assert error.startswith("verify_proof: ")
    assert error.count("\n") == 1
    assert words in error
