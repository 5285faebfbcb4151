"""
pyhealth consortium
├── members, roles, operators, contracts, proposals say what the chain says
├── propose
│   ├── says in words what would be done, who could then do what, and what it needs
│   ├── reads one action or a file of several, and keeps the salt of the reason
│   ├── --dry-run sends and writes nothing
│   └── without eth_simulateV1 each action is tried alone
├── from proposal to execution, with a ballot signed without a node
├── operators are added, rotated and revoked, with the key here or a mandate from elsewhere
├── every action that a vote can take is written, described and read back
├── founders
│   ├── a file founds the consortium, and others are refused once it stands
│   └── a file that cannot be used is refused, with the place
└── bad input: one sentence, exit 1, nothing sent
"""

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT, Cli, Told
from consortium_cast import FOUNDERS, REASON, Council

from pyhealth import errors
from pyhealth.chain.network import Chain
from pyhealth.chain.rpc import Rpc
from pyhealth.chain.wallet import cast_address
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.deployment.deployer import SUITE, deploy
from pyhealth.deployment.founding import founders_for, read_founders
from pyhealth.deployment.records import record_file
from pyhealth.governance.actions import PARAMETERS
from pyhealth.governance.describing import describe
from pyhealth.governance.register import register_of
from pyhealth.governance.simulation import simulate
from pyhealth.hashing import Domain, ballot_digest
from pyhealth.values import Action, Role, Rule

CLINIC = cast_address("clinic")
SAMPLES = ROOT / "samples/consortium"


@pytest.fixture
def council(act_as) -> Council:
    return Council(act_as)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the grounds of a proposal."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    (tmp_path / "desk/reason.txt").write_text("The grounds.")
    return tmp_path / "desk"


@pytest.fixture
def consortium(cli: Cli):
    """Runs `pyhealth consortium`."""
    return lambda *words: cli("consortium", *words)


def done(told: Told) -> Told:
    assert told.status == 0, told.err
    return told


ADMIT = ("propose", "admit", "clinic", "--name", "Clinic", "--roles", "PROVIDER")
GROUNDS = ("--reason", "reason.txt", "--yes")


@pytest.fixture
def proposal(consortium, folder) -> str:
    return done(consortium(*ADMIT, *GROUNDS, "--id", "--as", "hospital")).out.strip()


def test_reading_commands_say_what_the_chain_says(consortium, council):
    members = done(consortium("members", "--json")).json
    roles = done(consortium("roles", "--json")).json
    keys = done(consortium("operators", "--member", "Insurer", "--json")).json
    contracts = done(consortium("contracts", "--json")).json

    assert [one["account"] for one in members] == [cast_address(name) for name in FOUNDERS]
    assert members[4]["roles"] == ["AUDITOR", "REGULATOR"]
    assert roles["PAYER"] == [2]
    assert roles["MANUFACTURER"] == []
    assert [one["key"] for one in keys] == [cast_address("insurer")]
    assert [(one["name"], one["paused"]) for one in contracts] == [
        ("Notary", False),
        ("TrialRegistry", False),
        ("ConsentRegistry", False),
        ("RecordRegistry", False),
        ("TestEuro", False),
        ("CoverageRegistry", False),
        ("ClaimAdjudicator", False),
    ]
    assert done(consortium("proposals", "--json")).json == []
    assert "Ethics Board" in done(consortium("members")).out
    assert "There is none." in done(consortium("proposals")).out


def test_a_dry_run_says_who_could_then_do_what_and_sends_nothing(consortium, folder, council):
    before = council.rpc.call("eth_blockNumber")

    told = done(consortium(*ADMIT, "--dry-run", "--as", "hospital"))

    assert f"1. admit Clinic with account {CLINIC} as PROVIDER" in told.out
    assert "Clinic becomes member 6" in told.out
    assert "With 6 members decisions need: any two 2, majority 4" in told.out
    assert "It needs 4 approvals of 5 members." in told.out
    assert council.rpc.call("eth_blockNumber") == before
    assert sorted(file.name for file in folder.iterdir()) == ["reason.txt"]


def test_actions_of_a_file_are_tried_one_after_another(consortium, folder):
    (folder / "actions.yaml").write_text(
        "actions:\n"
        "  - admit: {account: clinic, name: Clinic, roles: [PROVIDER, PHARMACY]}\n"
        "  - set-roles: {member: 6, roles: AUDITOR}\n"
        "  - set-rule: {rule: voting-period, value: 21d}\n"
        f"  - call: {{contract: Notary, function: anchor, arguments: ['0x{'ab' * 32}']}}\n"
    )

    told = done(
        consortium("propose", "--file", "actions.yaml", *GROUNDS, "--as", "hospital", "--json")
    ).json

    dry = told["dry_run"]
    assert [one["would"] for one in dry["actions"]] == ["pass"] * 4
    assert dry["actions"][3]["words"].endswith(f"anchor(digest=0x{'ab' * 32})")
    assert (dry["threshold"], dry["approvals_needed"]) == ("three_quarters", 4)
    assert dry["does_not_vote"] == "member 6"
    assert any("gains AUDITOR" in change for change in dry["changes"])
    opening = json.loads((folder / "reason.txt.opening.json").read_text())
    assert len(bytes.fromhex(opening["salt"][2:])) == 32
    assert told["proposal"] in [
        one["proposal"] for one in done(consortium("proposals", "--json")).json
    ]


def test_from_proposal_to_execution(consortium, folder, proposal, council):
    c = council.consortium
    offline = ("--member", 3, "--consortium", c.binding.address, "--chain-id", 31337)

    done(consortium("vote", proposal[:10], "approve", "--as", "hospital"))
    done(consortium("sign-ballot", proposal, "approve", "--as", "insurer", "--out", "i.json"))
    done(consortium("sign-ballot", proposal, "approve", "--as", "sponsor", *offline))
    for file in ("i.json", "ballot.json"):
        done(consortium("vote", "--ballot", file, "--as", "stranger"))
    shown = done(consortium("show", proposal, "--reason", "reason.txt", "--json")).json
    done(consortium("vote", proposal, "approve", "--as", "regulator"))
    executed = done(consortium("execute", proposal, "--as", "insurer", "--json")).json

    assert shown["approvals"] == "3 of 4"
    assert set(shown["ballots"].values()) == {"approve"}
    assert executed["status"] == "executed"
    assert c.member_of(6).name == "Clinic"
    listed = done(consortium("proposals", "--all", "--json")).json
    assert [(one["proposal"], one["status"]) for one in listed] == [(proposal, "executed")]


def test_a_withdrawn_proposal_is_listed_with_all(consortium, folder, proposal):
    done(consortium("withdraw", proposal, "--as", "hospital"))

    assert done(consortium("proposals", "--json")).json == []
    assert "withdrawn" in done(consortium("proposals", "--all")).out


def test_operators_are_added_rotated_and_revoked(consortium, folder, council):
    done(consortium("operators", "add", "clinic", "--as", "hospital"))
    done(consortium("operators", "mandate", "Hospital", "--as", "pharmacy"))
    rotate = ("operators", "rotate", "clinic", "--mandate", "mandate.json")
    told = done(consortium(*rotate, "--as", "hospital", "--json")).json
    assert told["operators"] == [cast_address("pharmacy")]
    done(consortium("operators", "revoke", "pharmacy", "--as", "hospital"))

    assert council.consortium.operators_of(1) == (cast_address("hospital"),)


def test_every_action_is_written_described_and_read_back(consortium, council):
    notary = council.consortium.contract_of("Notary")
    written = {
        "admit": ("clinic", "Clinic", "PROVIDER,PAYER"),
        "remove": ("Sponsor",),
        "set-roles": ("3", "SPONSOR"),
        "replace-account": (cast_address("sponsor"), "clinic"),
        "suspend": ("Insurer",),
        "suspend-until-lifted": ("Insurer",),
        "reinstate": ("Insurer",),
        "adopt": (council.consortium.binding.address, "Archive", "1"),
        "pause": ("Notary",),
        "pause-until-lifted": (notary,),
        "unpause": ("Notary",),
        "set-rule": ("voting-period", "30d"),
        "set-threshold": ("Notary", "anchor", "majority"),
        "call": ("Notary", "anchorMany", "0x00"),
    }
    said = {
        "admit": f"admit Clinic with account {CLINIC} as PROVIDER, PAYER",
        "remove": "remove Sponsor (member 3) for good",
        "set-roles": "let Sponsor (member 3) be SPONSOR",
        "replace-account": f"replace the account of Sponsor (member 3) by {CLINIC}",
        "suspend": "suspend Insurer (member 2) for 7 days",
        "suspend-until-lifted": "suspend Insurer (member 2) until a vote lifts it",
        "reinstate": "end the suspension of Insurer (member 2)",
        "adopt": "as Archive version 1 (its code is this suite's Consortium)",
        "pause": "pause Notary version 1 for 7 days",
        "pause-until-lifted": "pause Notary version 1 until a vote lifts it",
        "unpause": "end the pause of Notary version 1",
        "set-rule": "set the rule voting period to 30 days",
        "set-threshold": "need majority of the members",
    }
    assert set(written) == set(PARAMETERS)

    for kind, words in said.items():
        told = done(consortium("propose", kind, *written[kind], "--dry-run", "--as", "hospital"))
        assert words in told.out, kind


def test_what_cannot_be_decoded_is_shown_as_such(council):
    c, register = council.consortium, register_of(council.consortium)
    me, notary = c.binding.address, str(c.contract_of("Notary"))
    anchor = read_artifact("Notary")
    selector = c.set_rule(Rule.NOTICE, c.rest()).data[:4]

    unknown = describe(Action(notary, b"\1\2\3\4" + bytes(32)), c, register)
    strange = describe(Action(CLINIC, b"\1\2\3\4"), c, register)
    odd = describe(Action(me, c.suspend(2).data + b"\0"), c, register)
    beyond = describe(Action(me, selector + b"\0" * 31 + b"\7" + bytes(32)), c, register)

    assert anchor.name in unknown
    assert "an unknown function, 0x01020304 with 32 bytes" in unknown
    assert f"call a contract not adopted at {CLINIC}" in strange
    assert "arguments that it cannot read" in odd
    assert "arguments that it cannot read" in beyond


def test_a_failing_action_is_named_and_those_after_it_are_not_reached(council):
    c = council.consortium
    actions = [c.admit(CLINIC, {Role.PROVIDER}, "Clinic"), c.remove(77), c.remove(2)]

    dry = simulate(c, actions)

    assert [one.reached for one in dry.effects] == [True, True, False]
    assert isinstance(dry.refusal, errors.MemberNotSeated)
    assert dry.changes == ()


def test_without_simulation_each_action_is_tried_alone(council, monkeypatch):
    c, call = council.consortium, Rpc.call

    def without(rpc: Rpc, method: str, *words: object) -> object:
        if method == "eth_simulateV1":
            raise errors.RpcRefused(method, -32601, "the method does not exist")
        return call(rpc, method, *words)

    monkeypatch.setattr(Rpc, "call", without)
    fine, failing = simulate(c, [c.suspend(2)]), simulate(c, [c.suspend(2), c.remove(77)])

    assert (fine.together, fine.refusal, fine.changes) == (False, None, ())
    assert isinstance(failing.refusal, errors.MemberNotSeated)


# founders


def founded(cli: Cli, *words: object) -> Told:
    return cli("deploy", "--json", *words)


def test_a_file_founds_the_consortium_once(cli, settings, folder, council):
    (folder / "founders.yaml").write_text(FOUR)

    refused = founded(cli, "--founders", "founders.yaml")
    assert refused.status == 1
    assert "was founded by others than founders.yaml names" in refused.err
    made = done(founded(cli, "--founders", "founders.yaml", "--fresh")).json
    again = done(founded(cli)).json

    assert [one["did"] for one in made["contracts"]] == ["deployed"] * len(SUITE)
    assert [one["did"] for one in again["contracts"]] == ["unchanged"] * len(SUITE)
    listed = done(cli("consortium", "members", "--json")).json
    assert [one["name"] for one in listed] == ["A", "B", "C", "Ärzte"]
    recorded = json.loads((settings.home / "deployments/31337.json").read_text())
    arguments = recorded["contracts"]["Consortium"]["arguments"]
    assert arguments[0][0] == {
        "account": cast_address("hospital"),
        "roles": 1,
        "name": "0x" + b"A".hex() + "00" * 31,
    }


FOUR = f"""founders:
  - {{name: A, account: hospital, roles: [PROVIDER]}}
  - {{name: B, account: {CLINIC}, roles: payer}}
  - {{name: C, account: '{cast_address("auditor")}', roles: [AUDITOR, regulator]}}
  - {{name: Ärzte, account: pharmacy, roles: [PHARMACY]}}
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("founders:", "members:"), "must hold a list named founders with 3 to 50"),
        (("name: B", "title: B"), "founder 2 must have name, account and roles"),
        (("roles: payer", "roles: []"), "founder 2: No role is given"),
        (("roles: payer", "roles: king"), "founder 2: 'king' is no role; known are provider"),
        (("account: pharmacy", "account: nobody"), "founder 4: 'nobody' is not an address"),
        (("account: pharmacy", "account: hospital"), "founder 4: 0xf39F"),
        (("name: B", "name: A"), "founder 2: A is founder 1's already"),
        (("name: B", f"name: {'B' * 33}"), "founder 2: 'BBB"),
        (("founders:", "founders: ["), "not valid YAML"),
    ],
)
def test_founders_that_cannot_be_used_are_refused_with_the_place(tmp_path, change, said):
    file = tmp_path / "founders.yaml"
    file.write_text(FOUR.replace(*change))

    with pytest.raises(errors.PyHealthError) as refused:
        read_founders(file, local=True)

    assert str(file) in str(refused.value)
    assert said in str(refused.value)


def test_public_networks_need_founders_of_their_own(tmp_path, council, monkeypatch):
    chain = council.health("hospital").chain
    monkeypatch.setattr(Chain, "local", False)
    file = tmp_path / "founders.yaml"
    file.write_text(FOUR)

    with pytest.raises(errors.DeploymentError, match="hand it in with --founders"):
        founders_for(chain, None)
    with pytest.raises(errors.InputError, match="founder 1: account hospital is of the develop"):
        founders_for(chain, file)


def test_a_standing_consortium_needs_no_founders(council, settings, monkeypatch):
    chain, signer = council.health("deployer").chain, council.health("deployer").signer
    monkeypatch.setattr(Chain, "local", False)

    record = deploy(chain, signer, record_file(settings, chain))

    assert record.contracts["Consortium"].address == council.consortium.binding.address


# bad input

NONE = "0x" + "ab" * 32
BAD = {
    "an unknown member": (("propose", "suspend", "Nobody"), "No member is 'Nobody'; known are 1"),
    "an unknown number": (("operators", "--member", "99"), "No member has the number 99"),
    "an unknown role": (
        ("propose", "admit", "clinic", "--name", "C", "--roles", "KING"),
        "'KING' is no role; known are provider",
    ),
    "a role to list": (("roles", "--role", "king"), "'king' is no role"),
    "an unknown proposal": (("vote", NONE, "approve"), f"No proposal is '{NONE}'"),
    "no proposal at all": (("execute", "abc"), "No proposal is 'abc'"),
    "an unknown action": (("propose", "coronate", "clinic"), "No action is named 'coronate'"),
    "too few values": (("propose", "replace-account", "Insurer"), "wants member, account"),
    "too many values": (("propose", "suspend", "Insurer", "Sponsor"), "was given more"),
    "an unknown account": (
        ("propose", "admit", "king", "K", "PAYER"),
        "No account is named 'king'",
    ),
    "an unknown contract": (("propose", "pause", "Bank"), "No adopted contract is named 'Bank'"),
    "an unknown function": (("propose", "call", "Notary", "pay"), "has no one function 'pay'"),
    "arguments that do not fit": (
        ("propose", "call", "Notary", "anchor", "twelve"),
        "anchor cannot be called with twelve",
    ),
    "an unknown rule": (("propose", "set-rule", "mood", "7d"), "'mood' is no rule"),
    "no length of time": (("propose", "set-rule", "notice", "soon"), "'soon' is no length of time"),
    "an action that would fail": (
        ("propose", "reinstate", "Insurer", *GROUNDS),
        "Member 2 is active, not suspended",
    ),
    "no grounds": (("propose", "suspend", "Insurer", "--yes"), "A proposal needs its grounds"),
    "grounds that are not there": (
        ("propose", "suspend", "Insurer", "--reason", "gone.txt", "--yes"),
        "gone.txt is no file",
    ),
    "neither action nor file": (("propose",), "Name an action, or a --file"),
    "a file that is not there": (("propose", "--file", "gone.yaml"), "gone.yaml cannot be read"),
    "a file without actions": (("propose", "--file", "empty.yaml"), "must hold a list named act"),
    "a ballot that is not there": (("vote", "--ballot", "gone.json"), "gone.json cannot be read"),
    "a ballot that is none": (("vote", "--ballot", "empty.yaml"), "empty.yaml is no signed ballot"),
    "a vote without choice": (("vote", NONE), "Name a proposal and approve or reject"),
    "half a place": (("sign-ballot", NONE, "approve", "--member", "1"), "are all needed"),
    "an unknown contract to adopt": (("adopt", "Bank"), "No contract named 'Bank' is deployed"),
    "a name too long": (
        ("propose", "admit", "clinic", "--name", "N" * 33, "--roles", "PAYER"),
        "cannot be a name",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_in_one_sentence(consortium, folder, council, what):
    words, said = BAD[what]
    (folder / "empty.yaml").write_text("{}")
    before = council.rpc.call("eth_blockNumber")
    reading = words[0] in ("operators", "roles")

    told = consortium(*words, *(() if reading else ("--as", "hospital")))

    assert_refused(told, said)
    assert council.rpc.call("eth_blockNumber") == before
    assert not list(folder.glob("*.opening.json"))


def assert_refused(told: Told, said: str) -> None:
    assert told.status == 1, told.out
    assert told.err.startswith("pyhealth: ")
    assert said in told.err
    assert len(told.err.splitlines()) == 1
    assert "Traceback" not in told.err


def test_bad_ballots_are_refused_in_one_sentence(consortium, folder, proposal, council):
    done(consortium("sign-ballot", proposal, "approve", "--as", "insurer"))
    ballot = json.loads((folder / "ballot.json").read_text())
    (folder / "pretended.json").write_text(
        json.dumps(ballot | {"signer": cast_address("sponsor"), "member": 3})
    )

    signed = consortium("sign-ballot", proposal, "approve", "--as", "stranger", "--out", "s.json")
    assert_refused(signed, f"Account {cast_address('stranger')} acts for no member")
    pretended = consortium("vote", "--ballot", "pretended.json", "--as", "stranger")
    assert_refused(pretended, f"Key {cast_address('sponsor')} did not sign this ballot")
    assert_refused(consortium("vote", proposal, "maybe", "--as", "insurer"), "'maybe' is no choice")
    again = consortium("sign-ballot", proposal, "reject", "--as", "insurer")
    assert_refused(again, "ballot.json exists already")


def test_an_expired_proposal_is_refused_in_one_sentence(cli, consortium, folder, proposal):
    done(cli("chain", "advance", "14d"))

    told = consortium("vote", proposal, "approve", "--as", "insurer")

    assert_refused(told, "is not open (status: expired)")


def test_a_proposal_that_fails_now_is_refused_when_it_is_executed(consortium, folder, council):
    opened = consortium(
        "propose", "reinstate", "Insurer", *GROUNDS, "--anyway", "--id", "--as", "hospital"
    )
    proposal = done(opened).out.strip()
    for name in ("hospital", "sponsor", "ethics"):
        done(consortium("vote", proposal, "approve", "--as", name))

    told = consortium("execute", proposal, "--as", "hospital")

    assert_refused(told, "Action 0 of the proposal")
    assert "Member 2 is active, not suspended" in told.err


def test_the_script_opens_the_sample_proposal(settings, folder, monkeypatch, council):
    from scripts.propose import main

    monkeypatch.setenv("PYHEALTH_HOME", str(settings.home))
    monkeypatch.setenv("PYHEALTH_RPC_URL", settings.environment["PYHEALTH_RPC_URL"])

    made = main()

    assert council.consortium.open_proposals() == (made,)
    assert (folder / "reason.txt.opening.json").is_file()


def test_what_is_signed_offline_is_what_the_contract_asks_for(council):
    c = council.consortium
    ballot = council.ballot(REASON, "insurer", 2)

    seconds = int(ballot.deadline.timestamp())
    expected = ballot_digest(Domain("Consortium", 31337, c.binding.address), REASON, 2, 1, seconds)

    from eth_account import Account

    recovered = Account._recover_hash(expected, signature=ballot.signature)
    assert recovered == cast_address("insurer")


def test_help_has_an_example_of_every_command(cli):
    listed = re.findall(r"│ ([a-z][a-z-]+) ", done(cli("consortium", "--help")).out)

    assert {"members", "propose", "vote", "operators", "show", "adopt"} <= set(listed)
    keys = [("operators", name) for name in ("add", "rotate", "revoke", "mandate")]
    for words in [*((name,) for name in listed), *keys]:
        assert "Example:" in done(cli("consortium", *words, "--help")).out, words
