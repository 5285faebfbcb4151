"""
a trial registered from files
├── one transaction anchors record, protocol and outcomes; each file has a proof that names the trial
├── a stranger with verify_proof.py, the file and a block hash, and no network
│   ├── verifies the protocol
│   └── verifies one revealed outcome of the hidden list
├── given a run that was cut before it was sent, before its proofs, or before its outcomes were kept
│   └── the same call finishes it: the same roots, one transaction, all proofs
├── given an anchoring that was reorganised away
│   └── the same call anchors it again
└── its nameplate opens the trial's identifier, and no other
documents
├── those with a valid proof as that kind are not anchored again, under another kind they are
├── a proof of another trial, or one that somebody only emitted, is refused
└── an enrolment without a log commits to the count
amendments
├── a new outcome list has proofs of its own, and one that stays or returns keeps its root
└── the reason is opened by its document
records
├── 100,000 are anchored in one transaction, in bounded memory, and proven on demand
├── a CSV record is a table of one row; a quote spans lines
└── what changed, is missing or is no table is refused
approvals
└── a board signs what it read without a node, and nothing less than a whole version
comparing
├── the outcomes are those of the version of the first enrolment, with anchor times and stages
└── a list that is revealed in part says so, and one of another version is refused
what verify_proof.py knows of the contract is what the contract says
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Node
from consortium_cast import ETHICS, SPONSOR
from trial_cast import AHEAD, RECORD, Site, study

from pyhealth import errors, verify_proof
from pyhealth.anchoring import verify, verify_offline
from pyhealth.chain.wallet import cast_address
from pyhealth.comparison.timeline import timeline_svg
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.documents import proof_file
from pyhealth.health import Health
from pyhealth.openings import load
from pyhealth.standards.trials.leaves import canonical
from pyhealth.trials import outcomes as lists
from pyhealth.trials.comparing import side_of
from pyhealth.trials.desk import Registration
from pyhealth.trials.review import check, content_of
from pyhealth.trials.timeline import moments, steps
from pyhealth.values import DocumentKind, Milestone, StopReason, Version

VERIFIER = ROOT / "pyhealth/verify_proof.py"
SECOND_LIST = RECORD.replace("6 months", "12 months")


@pytest.fixture
def site(act_as: Callable[[str], Health]) -> Site:
    return Site(act_as)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trial"


@pytest.fixture
def made(site: Site, folder: Path) -> Registration:
    """A trial registered from a record and a protocol."""
    record, protocol = study(folder)
    return site.desk("sponsor").register(record, [protocol], **AHEAD)


@pytest.fixture
def enrolled(site: Site, made: Registration) -> bytes:
    """The same trial with participants."""
    desk, t = site.desk("sponsor"), made.nameplate.trial_id
    site.of("ethics").approve(t, 1, desk.registry.version_of(t, 1))
    desk.conduct.enrol(t, 10)
    return t


def proof_of(file: Path) -> Any:
    return verify_proof.load(proof_file(file))


def transactions(site: Site, account: str = "sponsor") -> int:
    return site.council.health(account).chain.nonce(cast_address(account))


def on_chain(site: Site, file: Path, trial: bytes | None = None) -> verify_proof.Verdict:
    chain = site.council.health("stranger").chain
    return verify(chain, file, proof_of(file), trial_id=trial).verdict


# registered from files


def test_one_transaction_anchors_all_and_each_proof_names_the_trial(site, made, folder):
    trial = made.nameplate.trial_id
    content = site.registry.version_of(trial, 1)

    assert transactions(site) == 1
    for file in (folder / "study.yaml", folder / "protocol.md"):
        verdict = on_chain(site, file, trial)
        assert (verdict.root, verdict.trial_id) == (content.protocol, trial)
        assert (verdict.kind, verdict.version, verdict.stage) == ("protocol", 1, "registration")
    hidden = lists.listed(site.desk("sponsor").list_in_force(trial, 1))
    assert [one.outcome for one in hidden] == list(made.study.outcomes)
    for one in hidden:
        assert on_chain(site, one.file, trial).root == content.outcomes


def strangers_verdict(file: Path, block_hash: bytes, tmp_path: Path) -> dict[str, Any]:
    """What `verify_proof.py` says in a folder of its own, without packages and without network."""
    place = tmp_path / "stranger"
    place.mkdir(exist_ok=True)
    for one in (VERIFIER, file, proof_file(file)):
        shutil.copy(one, place)
    command = [sys.executable, "-I", "-S", "-c", NO_NETWORK, VERIFIER.name, file.name]
    command += ["--block-hash", "0x" + block_hash.hex(), "--json"]
    told = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env={})
    assert told.returncode == 0, told.stderr
    return dict(json.loads(told.stdout))


NO_NETWORK = """
import runpy, socket, sys
def cut(*_, **__): raise OSError("there is no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = cut
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_stranger_verifies_the_protocol(made, folder, tmp_path):
    told = strangers_verdict(folder / "protocol.md", made.filed.anchored.block_hash, tmp_path)

    assert told["valid"]
    assert told["trial_id"] == "0x" + made.nameplate.trial_id.hex()
    assert (told["kind"], told["stage"]) == ("protocol", "registration")
    assert any("as protocol, under version 1" in line for line in told["proven"])
    assert any("the genuine TrialRegistry" in line for line in told["trusted"])


def test_a_stranger_verifies_one_revealed_outcome(site, made, tmp_path):
    desk, trial = site.desk("sponsor"), made.nameplate.trial_id

    (file,) = lists.reveal(desk.list_in_force(trial, 1), [3], tmp_path / "public")
    told = strangers_verdict(file, made.filed.anchored.block_hash, tmp_path)

    assert file.read_bytes() == canonical(made.study.outcomes[2])
    assert lists.read_outcome(file.read_bytes(), file.name) == made.study.outcomes[2]
    assert (told["kind"], told["root"]) == (
        "outcome list",
        "0x" + site.registry.version_of(trial, 1).outcomes.hex(),
    )
    shown = b"".join(one.read_bytes() for one in (tmp_path / "public").iterdir())
    assert b"recurrent stroke" not in shown
    assert lists.total(tmp_path / "public", bytes.fromhex(told["root"][2:])) == 3


def test_an_altered_outcome_is_no_outcome_of_the_list(site, made, tmp_path):
    desk, trial = site.desk("sponsor"), made.nameplate.trial_id
    (file,) = lists.reveal(desk.list_in_force(trial, 1), [1], tmp_path / "public")

    file.write_bytes(file.read_bytes().replace(b"12 months", b"24 months"))

    with pytest.raises(errors.ProofInvalid) as refused:
        on_chain(site, file, trial)
    assert refused.value.reason == "CONTENT_DIFFERS"
    for content in (b"{}", b'{"role":"primary"}', b"not JSON", b'{"time_point": "x"}'):
        with pytest.raises(errors.InputError, match="is no outcome of a list"):
            lists.read_outcome(content, "file.json")


@pytest.mark.parametrize(
    "cut",
    [
        "pyhealth.trials.registry.TrialRegistry.register",
        "pyhealth.trials.filing.collect_evidence",
        "pyhealth.sheaf.write_all",
        "pyhealth.trials.outcomes.write",
    ],
)
def test_the_same_call_finishes_a_run_that_was_cut(site, folder, monkeypatch, cut):
    record, protocol = study(folder)
    desk = site.desk("sponsor")
    with monkeypatch.context() as patched:
        patched.setattr(cut, lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.register(record, [protocol], **AHEAD)
    roots = desk.registry.version_of(desk.nameplate("DEMO-2026-0007").trial_id, 1)

    made = desk.register(record, [protocol], **AHEAD)

    trial = made.nameplate.trial_id
    assert transactions(site) == 1
    assert roots in (Version(bytes(32), bytes(32)), desk.registry.version_of(trial, 1))
    for file in (record, protocol):
        assert on_chain(site, file, trial).version == 1
    assert len(lists.listed(desk.list_in_force(trial, 1))) == 3
    assert not list((desk.shelf.folder / "drafts").iterdir())
    assert [one.trial_id for one in desk.shelf.nameplates()] == [trial]


def test_what_was_reorganised_away_is_anchored_again(site, folder, node: Node, monkeypatch):
    record, protocol = study(folder)
    desk = site.desk("sponsor")
    with monkeypatch.context() as patched:
        patched.setattr("pyhealth.sheaf.write_all", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.register(record, [protocol], **AHEAD)
    node.rpc.call("anvil_reorg", 1, [])

    made = desk.register(record, [protocol], **AHEAD)

    assert on_chain(site, protocol, made.nameplate.trial_id).valid


def test_the_nameplate_opens_the_identifier_and_no_other(site, made):
    desk = site.desk("sponsor")
    (kept,) = desk.shelf.nameplates()

    assert kept == made.nameplate
    assert kept.holds
    assert (kept.registry_id, kept.sponsor) == ("DEMO-2026-0007", SPONSOR)
    assert desk.nameplate(" demo-2026 -0007").trial_id == kept.trial_id
    other = desk.nameplate("DEMO-2026-0008")
    assert other.salt != kept.salt
    assert not replace(kept, registry_id=other.registry_id).holds
    with pytest.raises(errors.InputError, match="is no identifier of a trial"):
        desk.nameplate("  ")
    with pytest.raises(errors.AccountNotSponsor):
        site.desk("stranger").nameplate("DEMO-2026-0008")


# documents


def test_documents_are_anchored_once_for_each_kind(site, enrolled, folder):
    conduct = site.desk("sponsor").conduct
    files = [folder / "plan.md", folder / "tables.md"]
    for file in files:
        file.write_text(f"The content of {file.name}.")
    before = transactions(site)

    filed = conduct.anchor(enrolled, DocumentKind.ANALYSIS_PLAN, [files[0]])
    again = conduct.anchor(enrolled, DocumentKind.ANALYSIS_PLAN, files)
    nothing = conduct.anchor(enrolled, DocumentKind.ANALYSIS_PLAN, files)
    other = conduct.anchor(enrolled, DocumentKind.DATA_RECORD, [files[0]])

    assert transactions(site) == before + 3
    assert [one.fresh for one in filed.stamped] == [True]
    assert [one.fresh for one in again.stamped] == [False, True]
    assert nothing.anchored is None
    assert [one.fresh for one in other.stamped] == [True]
    assert len(list(folder.glob("plan.md.proof.json.*.earlier"))) == 1
    verdict = on_chain(site, files[0], enrolled)
    assert (verdict.kind, verdict.stage) == ("data record", "first enrolment")


def test_a_proof_of_another_trial_or_contract_is_refused(site, made, folder, node: Node):
    protocol = folder / "protocol.md"
    chain = site.council.health("stranger").chain

    with pytest.raises(errors.ProofInvalid) as refused:
        on_chain(site, protocol, b"\x01" * 32)
    assert refused.value.reason == "WRONG_TRIAL"
    stated = verify_offline(protocol, proof_of(protocol), block_hash=None)
    code = chain.code(stated.contract)
    node.rpc.call("anvil_setCode", stated.contract, "0x00")
    with pytest.raises(errors.ProofInvalid) as refused:
        on_chain(site, protocol)
    assert refused.value.reason == "WRONG_CONTRACT"
    node.rpc.call("anvil_setCode", stated.contract, "0x" + code.hex())
    assert on_chain(site, protocol).valid


def test_an_event_that_the_registry_does_not_know_is_refused(site, enrolled, folder, node: Node):
    """A contract that became the registry after it told of an anchoring."""
    plan = folder / "plan.md"
    plan.write_text("The plan.")
    desk = site.desk("sponsor")
    desk.conduct.anchor(enrolled, DocumentKind.ANALYSIS_PLAN, [plan])
    contract = desk.registry.binding.address
    stated = verify_offline(plan, proof_of(plan), block_hash=None)

    place = node.rpc.call("eth_getStorageAt", contract, slot_of_trial(enrolled), "latest")
    node.rpc.call("anvil_setStorageAt", contract, slot_of_trial(enrolled), "0x" + "00" * 32)
    with pytest.raises(errors.ProofInvalid) as refused:
        on_chain(site, plan, enrolled)
    assert refused.value.reason == "ROOT_UNKNOWN"
    node.rpc.call("anvil_setStorageAt", contract, slot_of_trial(enrolled), place)
    assert on_chain(site, plan, enrolled).root == stated.root


def slot_of_trial(trial: bytes) -> str:
    """Where the first word of a trial is stored: `_trials` is the contract's first variable."""
    from pyhealth.hashing import keccak

    return "0x" + keccak(trial + bytes(32)).hex()


def test_an_enrolment_without_a_log_commits_to_the_count(site, enrolled):
    (file,) = site.desk("sponsor").shelf.of(enrolled).glob("enrolment-10.json")

    assert json.loads(file.read_text())["participants"] == 10
    assert on_chain(site, file, enrolled).kind == "enrolment"
    assert site.registry.trial_of(enrolled).participants == 10


# amendments


def test_a_list_that_stays_or_returns_keeps_its_root(site, made, folder):
    desk, t = site.desk("sponsor"), made.nameplate.trial_id
    reason, record = folder / "why.txt", folder / "study.yaml"
    reason.write_text("The assay was withdrawn.")
    first = desk.registry.version_of(t, 1)

    record.write_text(SECOND_LIST)
    desk.amend(t, reason, record=record)
    record.write_text(SECOND_LIST + "# corrected a spelling\n")
    desk.amend(t, reason, record=record)
    record.write_text(RECORD + "# as before\n")
    desk.amend(t, reason, record=record)

    roots = [desk.registry.version_of(t, i).outcomes for i in range(1, 5)]
    assert roots[0] == roots[3] == first.outcomes
    assert roots[1] == roots[2] != roots[0]
    times = [one.outcome.time_point for one in lists.listed(desk.list_in_force(t, 2))]
    assert times == ["12 months"] * 3
    assert len(lists.listed(desk.list_in_force(t, 4))) == 3
    with pytest.raises(errors.InputError, match="is not kept here"):
        site.desk("sponsor").list_in_force(b"\x01" * 32, 1)


def test_a_protocol_is_amended_alone_and_the_reason_opened(site, made, folder):
    desk, t = site.desk("sponsor"), made.nameplate.trial_id
    reason, second = folder / "why.txt", folder / "protocol-2.md"
    reason.write_text("A second site joined.")
    second.write_text("The second version.")

    desk.amend(t, reason, [second])

    (event,) = amendments(site, t)
    opening = load(folder / "why.txt.opening.json")
    assert opening.opens(reason, event.arguments["reason"])
    assert on_chain(site, second, t).version == 2
    assert desk.registry.version_of(t, 2).outcomes == desk.registry.version_of(t, 1).outcomes
    reason.write_text("Another reason.")
    desk.amend(t, reason, [second])
    assert load(folder / "why.txt.opening.json") != opening
    assert load(folder / f"why.txt.{opening.commitment.hex()[:8]}.opening.json") == opening


def amendments(site: Site, trial: bytes) -> list[Any]:
    index = site.council.health("sponsor").index
    index.sync()
    return list(index.events("TrialRegistry", "ProtocolAmended", {"trialId": trial}))


def test_dates_are_declared_anew(site, made):
    desk, t = site.desk("sponsor"), made.nameplate.trial_id

    desk.reschedule(t, {"completion": "2126-05", "results": "2127-05-01T12:00:00+02:00"})

    trial = desk.registry.trial_of(t)
    assert f"{trial.completion_due:%Y-%m-%d %H:%M:%S}" == "2126-06-01 00:00:00"
    assert f"{trial.results_due:%Y-%m-%d %H:%M:%S}" == "2127-05-01 10:00:01"
    assert trial.enrolment_due == made.dates.enrolment
    with pytest.raises(errors.InputError, match="No date is given"):
        desk.reschedule(t, {"completion": None})


# records


@pytest.fixture
def index(site: Site) -> Callable[[], Any]:
    def synced() -> Any:
        found = site.council.health("sponsor").index
        found.sync()
        return found

    return synced


def test_any_record_of_a_hundred_thousand_is_proven(site, enrolled, folder, index):
    source, data = folder / "ecrf.csv", site.desk("sponsor").data
    with source.open("w") as out:
        out.write("subject,visit,item,value\n")
        out.writelines(f"S{i % 240:04},V{i // 240},SBP,{100 + i % 60}\n" for i in range(100_000))
    before = transactions(site)

    made = data.anchor(enrolled, DocumentKind.DATA_BATCH, source)
    again = data.anchor(enrolled, DocumentKind.DATA_BATCH, source)
    files = data.prove(
        index(), enrolled, DocumentKind.DATA_BATCH, source, [1, 77_777, 100_000], folder / "out"
    )

    assert (made.label.records, again.receipt) == (100_000, made.receipt)
    assert transactions(site) == before + 1
    assert [one.name for one in files] == [f"ecrf-{i:06}.csv" for i in (1, 77_777, 100_000)]
    assert files[0].read_text() == "subject,visit,item,value\nS0000,V0,SBP,100\n"
    for file in files:
        verdict = on_chain(site, file, enrolled)
        assert (verdict.kind, verdict.root) == ("data batch", made.label.root)
    assert made.batch.number_of(files[1].read_bytes()) == 77_777
    with pytest.raises(errors.InputError, match="not one of those"):
        made.batch.number_of(b"subject,visit,item,value\nS0000,V0,SBP,999\n")


MEASURE = """
import resource, sys
from pathlib import Path
from pyhealth.trials.batches import batch_of, make
from pyhealth.values import DocumentKind
source, folder = Path(sys.argv[1]), Path(sys.argv[2])
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
batch = batch_of(folder, bytes(32), DocumentKind.DATA_BATCH, source)
label = make(batch, DocumentKind.DATA_BATCH, source)
batch.tree().path(next(batch.leaves())[1])
print(label.records, peak() - before)
"""


def test_the_memory_for_records_is_bounded(tmp_path):
    """100,000 records of 1 kB each, and four times as many of a quarter: the tree alone counts."""
    for count, size, most in ((100_000, 1_000, 40), (400_000, 250, 140)):
        source = tmp_path / f"{count}.ndjson"
        with source.open("w") as out:
            out.writelines(f'{{"record": {i}, "note": "{"x" * size}"}}\n' for i in range(count))
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, source, tmp_path / "batches"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        records, grown = done.stdout.split()
        assert int(records) == count
        assert float(grown) < most


def test_records_are_lines_and_quotes_span_them(site, enrolled, folder, index):
    table, lines = folder / "notes.csv", folder / "notes.ndjson"
    table.write_bytes(b'id,note\r\n1,"two\nlines, and a ""quote"""\r\n\r\n2,plain')
    lines.write_bytes(b'{"id": 1}\r\n\n{"id": 2}')
    data = site.desk("sponsor").data

    for source, contents in (
        (table, [b'id,note\r\n1,"two\nlines, and a ""quote"""\r\n', b"id,note\r\n2,plain"]),
        (lines, [b'{"id": 1}', b'{"id": 2}']),
    ):
        made = data.anchor(enrolled, DocumentKind.DATA_BATCH, source)
        assert made.label.records == 2
        kind, out = DocumentKind.DATA_BATCH, folder / "out"
        files = data.prove(index(), enrolled, kind, source, [1, 2], out)
        assert [file.read_bytes() for file in files] == contents
        assert all(on_chain(site, file, enrolled).valid for file in files)


def test_the_final_data_lock_the_database(site, enrolled, folder, index):
    source, data = folder / "final.csv", site.desk("sponsor").data
    source.write_text("id,value\n1,2\n3,4\n")
    site.registry.record_last_visit(enrolled)

    data.anchor(enrolled, DocumentKind.LOCKED_DATA, source)

    assert site.registry.trial_of(enrolled).stage is Milestone.DATABASE_LOCK
    (file,) = data.prove(index(), enrolled, DocumentKind.LOCKED_DATA, source, [2], folder / "out")
    assert on_chain(site, file, enrolled).kind == "locked data"


def test_records_that_changed_or_are_none_are_refused(site, enrolled, folder, index):
    source, data = folder / "ecrf.csv", site.desk("sponsor").data
    source.write_text("id,value\n1,2\n")
    made = data.anchor(enrolled, DocumentKind.DATA_BATCH, source)
    kind, out = DocumentKind.DATA_BATCH, folder / "out"

    def refuses(words: str, place: Path, numbers: tuple[int, ...] = (1,)) -> None:
        with pytest.raises(errors.InputError, match=words):
            data.prove(index(), enrolled, kind, place, numbers, out)

    refuses("has no record 2", source, (2,))
    refuses("has no record 0", source, (0,))
    refuses("is no file", folder / "none.csv")
    leaves = made.batch.file.read_bytes()
    made.batch.file.write_bytes(bytes(32) + leaves[32:])
    refuses("its salt was destroyed", source)
    made.batch.file.write_bytes(leaves)
    source.write_text("id,value\n1,3\n")
    refuses("were not anchored as data-batch", source)
    assert not out.exists()
    for content, words in (
        ("id,value\n", "holds 0 records"),
        ('id\n"open\n', "line 2: a quote is opened"),
    ):
        source.write_text(content)
        with pytest.raises(errors.InputError, match=words):
            data.anchor(enrolled, kind, source)


# approvals


def test_a_board_signs_what_it_read_and_nothing_less(site, made, folder):
    desk, t = site.desk("sponsor"), made.nameplate.trial_id
    lists.reveal(desk.list_in_force(t, 1), [], folder)

    def judge(document: Path, proof: object) -> verify_proof.Verdict:
        return verify_offline(document, proof, block_hash=None, trial_id=t)

    whole = check([folder], judge)
    assert content_of(whole) == desk.registry.version_of(t, 1)
    signed = site.signed(content=content_of(whole), domain=desk.registry.domain)
    other = replace(signed, trial_id=t)  # signed for the trial of the bare cast, not for this one
    with pytest.raises(errors.ApprovalNotSigned):
        site.of("stranger").approve_by_signature(other)

    for left_out, words in (
        ("02-primary.json", "only a part of the outcome list"),
        ("protocol.md", "only a part of the protocol"),
    ):
        part = [one for one in whole if one.file.name != left_out]
        with pytest.raises(errors.InputError, match=words):
            content_of(part)
    with pytest.raises(errors.InputError, match="Documents of 0 outcome lists"):
        content_of([one for one in whole if one.verdict.kind == "protocol"])
    (folder / "stray.md").write_text("No proof.")
    with pytest.raises(errors.InputError, match=r"stray\.md has no proof beside it"):
        check([folder], judge)


def test_a_stamp_of_the_notary_is_no_document_of_a_trial(site, made, folder):
    note = folder / "note.md"
    note.write_text("Stamped, under no trial.")
    site.council.health("sponsor").notary.stamp([note])

    with pytest.raises(errors.ProofInvalid, match="under no trial"):
        check([note], lambda *one: verify_offline(*one, block_hash=None))


# comparing


def test_a_trial_is_one_side_of_a_comparison(site, enrolled, folder, made, index):
    desk, reason = site.desk("sponsor"), folder / "why.txt"
    reason.write_text("To be faster.")
    (folder / "study.yaml").write_text(SECOND_LIST)
    desk.amend(enrolled, reason, record=folder / "study.yaml")

    registered = side_of(desk, index(), enrolled, revealed=None, version=None)
    current = side_of(desk, index(), enrolled, revealed=None, version=2)

    assert registered.outcomes == made.study.outcomes
    assert {one.time_point for one in current.outcomes} == {"12 months"}
    stages = {one.stage for one in registered.evidence.values()}
    assert stages == {"registration"}
    assert {one.stage for one in current.evidence.values()} == {"first enrolment"}
    assert {one.anchored_at for one in registered.evidence.values()} == {
        made.filed.anchored.anchored_at
    }
    assert registered.notes == ()


def test_a_list_revealed_in_part_says_so(site, made, tmp_path, index):
    desk, t = site.desk("sponsor"), made.nameplate.trial_id
    public = tmp_path / "public"
    lists.reveal(desk.list_in_force(t, 1), [2], public)

    side = side_of(site.desk("stranger"), index(), t, revealed=public, version=None)

    assert side.outcomes == made.study.outcomes[1:2]
    assert "1 of 3 outcomes are revealed" in side.notes[0]
    (public / lists.LIST).unlink()
    side = side_of(site.desk("stranger"), index(), t, revealed=public, version=None)
    assert "1 of an unknown number of outcomes" in side.notes[0]
    with pytest.raises(errors.InputError, match="holds no outcome of version 2"):
        side_of(site.desk("stranger"), index(), t, revealed=public, version=2)
    (public / lists.LIST).write_text('{"commitments": ["0x' + "11" * 32 + '"]}')
    with pytest.raises(errors.InputError, match="does not give the root"):
        side_of(site.desk("stranger"), index(), t, revealed=public, version=None)
    (public / lists.LIST).write_text("[]")
    with pytest.raises(errors.InputError, match="cannot be read"):
        side_of(site.desk("stranger"), index(), t, revealed=public, version=None)


def test_only_what_is_kept_can_be_revealed(site, made, tmp_path):
    folder = site.desk("sponsor").list_in_force(made.nameplate.trial_id, 1)

    with pytest.raises(errors.InputError, match="No outcome has the number 4"):
        lists.reveal(folder, [1, 4], tmp_path / "public")
    with pytest.raises(errors.InputError, match="only the sponsor can reveal"):
        lists.reveal(tmp_path, [1], tmp_path / "public")
    assert not (tmp_path / "public").exists()


# the timeline


def test_what_happened_is_told_in_order_and_drawn(site, enrolled, index):
    r = site.registry
    r.stop(enrolled, StopReason.TEMPORARILY_CLOSED_PER_STUDY_DESIGN)
    r.resume(enrolled)
    r.offer(enrolled, 1)
    r.cancel_offer(enrolled)
    site.of("ethics").withdraw_approval(enrolled, 1)
    site.desk("sponsor").reschedule(enrolled, {"results": "900d"})

    taken = steps(index(), enrolled, lambda number: f"member {number}")
    drawn = timeline_svg(
        moments(taken, r.trial_of(enrolled), r.standing_of(enrolled)), "A trial <made up>"
    )

    said = [one.what for one in taken]
    assert said[:3] == [
        f"registered by member {SPONSOR}",
        "protocol of version 1 anchored",
        "outcome list of version 1 anchored",
    ]
    assert said[3:6] == [
        f"version 1 approved by member {ETHICS}",
        "enrolment: 10 participants so far",
        "milestone: first enrolment",
    ]
    assert said[6:11] == [
        "stopped: temporarily closed per study design",
        "resumed",
        "offered to member 1",
        "offer to member 1 taken back",
        f"approval of version 1 withdrawn by member {ETHICS}",
    ]
    assert said[11].startswith("declared dates changed: results from ")
    assert drawn.startswith("<svg")
    assert "Milestone: first enrolment" in drawn
    assert "A trial &lt;made up&gt;" in drawn
    assert all(word in drawn for word in ("Enrolment due", "Completion due", "Results due"))


# the stand-alone verifier


def test_the_verifier_knows_the_events_and_kinds_of_the_contract():
    abi = read_artifact("TrialRegistry").abi
    (event,) = (one for one in abi if one.get("name") == "DocumentAnchored")
    types = ",".join(entry["type"] for entry in event["inputs"])
    words = [entry["name"] for entry in event["inputs"] if not entry["indexed"]]

    assert verify_proof.SIGNATURES["TrialRegistry"] == f"DocumentAnchored({types})".encode()
    assert verify_proof.DATA["TrialRegistry"].split() == [*words[:-1], "time"]
    named = [kind.name.lower().replace("_", " ") for kind in DocumentKind]
    assert list(verify_proof.KINDS) == ["nothing", *named[1:]]
    stages = [stage.name.lower().replace("_", " ") for stage in Milestone]
    assert list(verify_proof.STAGES) == ["nothing", *stages[1:]]
