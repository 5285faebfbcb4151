"""
Consortium, through its client
├── founding
│   ├── members, roles and the directory are those of the founders' file
│   ├── it refuses too few founders
│   └── the deployer can do nothing afterwards, and nothing can be founded again
├── what only a vote can do
│   ├── it refuses whoever calls it directly
│   └── each change is refused for its own reason, with its values
├── proposals
│   ├── identifiers are what the client computes
│   ├── a proposal is refused when it has no action, too many, too long ones, ... or no reason
│   ├── a proposal expires, is withdrawn by its proposer alone, and is counted per member
│   └── it is executed by all its actions or none
├── ballots
│   ├── by transaction: final, not on oneself, of active members
│   └── by signature, of a key or an ERC-1271 wallet
│       └── not for another chain, contract, proposal, choice or deadline; not after a replacement
├── operators
│   └── a key acts where it signed that it will, and until it is revoked
├── enumerations agree with one another
├── governance faults seen elsewhere (one test each)
└── every custom error of the interface is asserted here
"""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import ROOT
from consortium_cast import (
    DAY,
    ETHICS,
    FOUNDERS,
    HOSPITAL,
    INSURER,
    REASON,
    REGULATOR,
    SPONSOR,
    Council,
    carried,
    refused,
    signer,
)
from eth_account.messages import encode_typed_data

from pyhealth import errors, openings
from pyhealth.chain.transactions import Call
from pyhealth.chain.wallet import cast_address
from pyhealth.deployment.artifacts import constructor_data, read_artifact
from pyhealth.governance.simulation import simulate
from pyhealth.hashing import Domain, ballot_digest, mandate_digest, proposal_id
from pyhealth.values import (
    FOREVER,
    Action,
    Adoption,
    Choice,
    MemberStatus,
    ProposalStatus,
    Role,
    Rule,
    Threshold,
)

CLINIC = cast_address("clinic")
NOWHERE = "0x00000000000000000000000000000000DeaDBeef"
ZERO = "0x" + "0" * 40


@pytest.fixture
def council(act_as) -> Council:
    return Council(act_as)


@pytest.fixture
def proposal(council: Council) -> bytes:
    """The admission of a clinic, open."""
    return council.opens(council.consortium.admit(CLINIC, {Role.PROVIDER}, "Clinic"))


@pytest.fixture
def notary(council: Council) -> str:
    return str(council.consortium.contract_of("Notary"))


# founding


def test_the_founders_are_those_of_the_file(council, notary):
    consortium = council.consortium

    assert consortium.members() == (1, 2, 3, 4, 5)
    for number, name in enumerate(FOUNDERS, 1):
        member = consortium.member_of(number)
        assert member.account == cast_address(name)
        assert consortium.operators_of(number) == (member.account,)
        assert consortium.status_of(number) is MemberStatus.ACTIVE
    assert consortium.member_of(REGULATOR).roles == {Role.REGULATOR, Role.AUDITOR}
    assert consortium.member_of(ETHICS).name == "Ethics Board"
    listing, *others = consortium.adopted()
    assert (listing.name, listing.version, listing.target) == ("Notary", 1, notary)
    assert [one.name for one in others] == [
        "TrialRegistry",
        "ConsentRegistry",
        "RecordRegistry",
        "TestEuro",
        "CoverageRegistry",
        "ClaimAdjudicator",
    ]
    assert consortium.rule_of(Rule.VOTING_PERIOD) == 14 * DAY
    assert consortium.rule_of(Rule.NOTICE) == timedelta(0)


def founding(count: int) -> bytes:
    founders = [
        {"account": f"0x{i + 1:040x}", "roles": 1, "name": f"0x{i + 1:064x}"} for i in range(count)
    ]
    artifact = read_artifact("Consortium")
    return artifact.bytecode + constructor_data(artifact, [founders, []])


def test_a_founding_refuses_too_few_founders(council):
    sender = council.health("hospital").sender

    with refused(errors.FoundersTooFew, 2, 3):
        sender.send(Call(None, founding(2)))
    assert sender.send(Call(None, founding(3))).contract


def test_the_deployer_has_no_power_after_founding(council):
    deployer = council.of("deployer")

    assert deployer.actor_of(cast_address("deployer")).member == 0
    with refused(errors.AccountUnknown, cast_address("deployer")):
        deployer.propose([deployer.remove(HOSPITAL)], REASON)


def test_there_is_no_initialiser_to_call_again():
    named = {entry.get("name") for entry in read_artifact("Consortium").abi}

    assert not {name for name in named if name and re.search("initiali|upgrade|owner|admin", name)}


# what only a vote can do


def by_vote(council: Council) -> list[Action]:
    c, notary = council.consortium, str(council.consortium.contract_of("Notary"))
    return [
        c.admit(CLINIC, {Role.PROVIDER}, "Clinic"),
        c.remove(HOSPITAL),
        c.set_roles(HOSPITAL, {Role.PAYER}),
        c.replace_account(HOSPITAL, CLINIC),
        c.suspend(HOSPITAL),
        c.suspend_until_lifted(HOSPITAL),
        c.reinstate(HOSPITAL),
        c.adopt(Adoption("Archive", 1, c.binding.address)),
        c.pause(notary),
        c.pause_until_lifted(notary),
        c.unpause(notary),
        c.set_rule(Rule.NOTICE, DAY),
        c.set_threshold(notary, b"\1\2\3\4", Threshold.MAJORITY),
    ]


@pytest.mark.parametrize("name", ["hospital", "deployer", "stranger"])
def test_what_only_a_vote_can_do_is_refused_to_everyone(council, name):
    for action in by_vote(council):
        with refused(errors.CallerNotConsortium, cast_address(name)):
            council.health(name).sender.send(Call(action.target, action.data))


def why(council: Council, action: Action) -> list[object]:
    """What a proposal of one action would be refused with, and that it is."""
    refusal = simulate(council.consortium, [action]).refusal
    assert refusal is not None
    return [type(refusal), *carried(refusal)]


def test_membership_changes_are_refused_each_for_its_reason(council):
    c = council.consortium
    raw = c.binding.encode
    me, hospital = c.binding.address, cast_address("hospital")

    def nameless() -> Action:
        return Action(me, raw("admit", CLINIC, 1, bytes(32)).data)

    assert why(council, c.admit(CLINIC, (), "Clinic")) == [errors.RolesNotAssignable, 0]
    assert why(council, Action(me, raw("setRoles", 1, 1 << 9).data)) == [
        errors.RolesNotAssignable,
        1 << 9,
    ]
    assert why(council, nameless()) == [errors.NameMissing, CLINIC]
    taken = c.admit(CLINIC, {Role.PAYER}, "Hospital")
    assert why(council, taken) == [errors.NameTaken, "Hospital", HOSPITAL]
    for unusable in (me, ZERO):
        unwelcome = c.admit(unusable, {Role.PAYER}, "Itself")
        assert why(council, unwelcome) == [errors.AddressNotUsable, unusable]
    again = c.admit(hospital, {Role.PAYER}, "Again")
    assert why(council, again) == [errors.KeyTaken, hospital, HOSPITAL]
    assert why(council, c.set_roles(99, {Role.PAYER})) == [
        errors.MemberNotSeated,
        99,
        MemberStatus.NONE,
    ]
    assert why(council, c.reinstate(INSURER)) == [
        errors.MemberNotSuspended,
        INSURER,
        MemberStatus.ACTIVE,
    ]


def test_membership_has_a_floor(council):
    c = council.consortium
    council.voted(c.remove(ETHICS), c.remove(REGULATOR))

    assert why(council, c.remove(SPONSOR)) == [errors.MembershipAtFloor, 3, c.min_members()]
    assert why(council, c.remove(ETHICS)) == [errors.MemberNotSeated, ETHICS, MemberStatus.REMOVED]


def test_membership_has_a_ceiling(council):
    c, most = council.consortium, council.consortium.max_members()
    keys = [f"0x{0xA000 + i:040x}" for i in range(most - 4)]
    council.voted(*(c.admit(key, {Role.AUDITOR}, f"Member {key}"[-30:]) for key in keys[:-1]))

    assert len(c.members()) == most
    assert why(council, c.admit(keys[-1], {Role.AUDITOR}, "Late")) == [errors.MembershipFull, most]


def test_a_suspension_rests_and_never_breaks_the_majority(council):
    c = council.consortium
    council.voted(c.suspend(ETHICS), c.suspend(REGULATOR))

    assert why(council, c.suspend(SPONSOR)) == [errors.SuspensionBreaksMajority, 2, 5]
    status = MemberStatus.SUSPENDED
    assert why(council, c.suspend(ETHICS)) == [errors.MemberNotActive, ETHICS, status]
    council.later(c.suspension())
    from_ = c.member_of(ETHICS).suspendable_from
    assert why(council, c.suspend(ETHICS)) == [errors.SuspensionResting, ETHICS, from_]
    council.later(c.rest())
    assert simulate(c, [c.suspend(ETHICS)]).refusal is None


def test_the_directory_changes_are_refused_each_for_its_reason(council, notary):
    c = council.consortium
    other = str(council.health("hospital").sender.send(deployment()).contract)

    assert why(council, c.pause(NOWHERE)) == [errors.ContractNotAdopted, NOWHERE]
    standing = c.adopt(Adoption("Archive", 1, notary))
    assert why(council, standing) == [errors.ContractAlreadyAdopted, notary, "Notary"]
    empty = c.adopt(Adoption("Archive", 1, NOWHERE))
    assert why(council, empty) == [errors.CodeMissing, NOWHERE]
    old = c.adopt(Adoption("Notary", 1, other))
    assert why(council, old) == [errors.VersionNotNewer, "Notary", 1, 1]
    assert why(council, c.unpause(notary)) == [errors.ContractNotPaused, notary]
    council.voted(c.pause(notary))
    until = c.adopted()[0].paused_until
    assert why(council, c.pause(notary)) == [errors.ContractAlreadyPaused, notary, until]
    council.later(c.suspension())
    from_ = c.adopted()[0].pausable_from
    assert why(council, c.pause(notary)) == [errors.PauseResting, notary, from_]


def deployment() -> Call:
    return Call(None, read_artifact("Notary").bytecode)


@pytest.mark.parametrize(
    ("rule", "low", "high"),
    [(Rule.VOTING_PERIOD, 8 * DAY, 90 * DAY), (Rule.NOTICE, timedelta(0), 5 * DAY)],
)
def test_a_rule_stays_within_its_bounds(council, rule, low, high):
    c, second = council.consortium, timedelta(seconds=1)
    beyond = [high + second] + ([low - second] if low else [])

    for value in beyond:
        assert why(council, c.set_rule(rule, value)) == [
            errors.RuleOutOfBounds,
            rule,
            value,
            low,
            high,
        ]
    assert simulate(c, [c.set_rule(rule, low), c.set_rule(rule, high)]).refusal is None


def test_a_threshold_is_a_majority_two_thirds_or_the_default(council, notary):
    c, selector = council.consortium, b"\1\2\3\4"
    easy = c.set_threshold(notary, selector, Threshold.ANY_TWO)

    assert why(council, easy) == [errors.ThresholdNotSettable, Threshold.ANY_TWO]
    council.voted(c.set_threshold(notary, selector, Threshold.MAJORITY))
    assert c.threshold_of(notary, selector) is Threshold.MAJORITY
    assert c.threshold_of(notary, b"\4\3\2\1") is Threshold.THREE_QUARTERS


# proposals


def test_a_proposal_has_the_identifier_that_the_client_computes(council):
    c = council.consortium

    made = [council.opens(c.suspend(INSURER)) for _ in range(2)]

    place = c.binding.chain.chain_id, c.binding.address, HOSPITAL
    call = c.binding.encode("propose", [(c.binding.address, c.suspend(INSURER).data)], REASON).data
    assert made == [proposal_id(*place, 0, call), proposal_id(*place, 1, call)]
    assert c.proposals_of(HOSPITAL) == 2
    assert set(c.open_proposals()) == set(made)


def test_a_proposal_is_refused_for_its_shape(council):
    c = council.consortium
    some, me = c.suspend(INSURER), c.binding.address

    with refused(errors.ActionsMissing):
        council.opens()
    with refused(errors.ActionsTooMany, c.max_actions() + 1, c.max_actions()):
        council.opens(*[some] * (c.max_actions() + 1))
    with refused(errors.ActionsTooLong, c.max_length() + 1, c.max_length()):
        council.opens(Action(me, bytes(c.max_length() + 1)))
    with refused(errors.SelectorMissing, 1, 3):
        council.opens(some, Action(me, b"\1\2\3"))
    with refused(errors.SubjectsTwo, INSURER, SPONSOR):
        council.opens(some, c.suspend(SPONSOR))
    with refused(errors.ReasonMissing):
        c.propose([some], bytes(32))
    with refused(errors.AccountUnknown, cast_address("stranger")):
        council.opens(some, by="stranger")


def test_a_proposal_of_the_largest_size_is_opened_within_the_gas_limit(council):
    c = council.consortium
    parts = [b"\1" * (c.max_length() // c.max_actions())] * (c.max_actions() - 1)
    parts.append(b"\1" * (c.max_length() - sum(map(len, parts))))

    made = council.opens(*(Action(c.binding.address, part) for part in parts))

    assert [one.data for one in c.proposal_of(made).actions] == parts


def test_a_member_has_so_many_open_proposals(council):
    c = council.consortium
    made = [council.opens(c.suspend(INSURER)) for _ in range(c.max_open())]

    with refused(errors.ProposalsFull, HOSPITAL, c.max_open()):
        council.opens(c.suspend(INSURER))

    c.withdraw(made[0])
    assert council.opens(c.suspend(INSURER)) not in made


def test_a_proposal_is_withdrawn_by_its_proposer_alone(council, proposal):
    with refused(errors.ProposalNotOfMember, proposal, INSURER, HOSPITAL):
        council.of("insurer").withdraw(proposal)

    council.consortium.withdraw(proposal)

    with refused(errors.ProposalNotOpen, proposal, ProposalStatus.WITHDRAWN):
        council.of("insurer").vote(proposal, Choice.APPROVE)


def test_a_proposal_is_open_to_its_last_second(council, proposal):
    c, second = council.consortium, timedelta(seconds=1)
    expires = c.proposal_of(proposal).expires_at
    assert expires == c.proposal_of(proposal).opened_at + 14 * DAY

    council.at(expires - second)
    council.of("insurer").vote(proposal, Choice.APPROVE)
    council.at(expires)
    council.rpc.call("evm_mine")

    assert c.status_of_proposal(proposal) is ProposalStatus.EXPIRED
    with refused(errors.ProposalNotOpen, proposal, ProposalStatus.EXPIRED):
        council.of("sponsor").vote(proposal, Choice.APPROVE)
    assert c.open_proposals() == ()


def test_a_proposal_waits_for_the_end_of_its_notice(council):
    c = council.consortium
    council.voted(c.set_rule(Rule.NOTICE, 2 * DAY))
    made = council.opens(c.admit(CLINIC, {Role.PROVIDER}, "Clinic"))
    council.approve(made, *FOUNDERS[:4])

    with refused(errors.NoticeRunning, made, c.proposal_of(made).executable_from):
        c.execute(made)

    council.later(2 * DAY)
    c.execute(made)
    assert c.status_of_proposal(made) is ProposalStatus.EXECUTED


def test_a_proposal_is_executed_by_all_its_actions_or_none(council):
    c = council.consortium
    made = council.opens(c.admit(CLINIC, {Role.PROVIDER}, "Clinic"), c.remove(99))
    council.approve(made, *FOUNDERS[:4])

    with pytest.raises(errors.ActionFailed) as caught:
        c.execute(made)

    assert (caught.value.index, caught.value.target) == (1, c.binding.address)
    assert isinstance(caught.value.because, errors.MemberNotSeated)
    assert "99" in str(caught.value)
    assert c.members() == (1, 2, 3, 4, 5)
    assert c.status_of_proposal(made) is ProposalStatus.OPEN


def calling(target: str, data: bytes) -> str:
    """The code of a contract that makes one call, and reverts as it does."""
    size = f"{len(data):02x}"
    copy = f"60{size}6037600039"  # the data behind the code, to memory
    call = f"6000600060{size}6000600073{target[2:].lower()}5af1"
    code = copy + call + "3d600060003e6035573d6000fd5b00"
    assert len(code) == 2 * 0x37
    return "0x" + code + data.hex()


def test_no_proposal_is_executed_within_another(council):
    c, inside = council.consortium, NOWHERE
    council.voted(c.admit(inside, {Role.PROVIDER}, "Caller"))
    other = council.opens(c.suspend(INSURER))
    calls = c.binding.encode("execute", other).data
    council.rpc.call("anvil_setCode", inside, calling(c.binding.address, calls))
    made = council.opens(Action(inside, b"\1\2\3\4"))
    council.approve(made, *FOUNDERS)
    council.approve(other, "hospital", "sponsor")

    with pytest.raises(errors.ActionFailed) as caught:
        c.execute(made)

    assert isinstance(caught.value.because, errors.ExecutionUnderWay)
    assert caught.value.because.proposal_id == made


# ballots


def test_a_ballot_is_final_and_says_something(council, proposal):
    c = council.consortium
    with refused(errors.ChoiceMissing, proposal):
        c.vote(proposal, Choice.NONE)

    c.vote(proposal, Choice.REJECT)

    with refused(errors.AlreadyVoted, proposal, HOSPITAL, Choice.REJECT):
        c.vote(proposal, Choice.APPROVE)
    with refused(errors.AlreadyVoted, proposal, HOSPITAL, Choice.REJECT):
        council.of("stranger").vote_by_signature(council.ballot(proposal, "hospital", HOSPITAL))
    tally = c.tally_of(proposal)
    assert (tally.approvals, tally.rejections, tally.needed) == (0, 1, 4)


def test_a_signed_ballot_is_handed_in_by_anyone(council, proposal):
    council.of("stranger").vote_by_signature(council.ballot(proposal, "insurer", INSURER))

    assert council.consortium.ballot_of(proposal, INSURER) is Choice.APPROVE


def test_a_signed_ballot_counts_to_the_second_before_its_deadline(council, proposal):
    ends = council.now() + DAY
    ballots = [
        council.ballot(proposal, name, number, deadline=ends)
        for name, number in (("insurer", INSURER), ("sponsor", SPONSOR))
    ]

    council.at(ends - timedelta(seconds=1))
    council.of("stranger").vote_by_signature(ballots[0])
    council.at(ends)
    council.rpc.call("evm_mine")

    with refused(errors.BallotLate, proposal, ends):
        council.of("stranger").vote_by_signature(ballots[1])


def test_a_ballot_counts_for_one_chain_contract_proposal_choice_and_deadline(council, proposal):
    c = council.consortium
    other = council.opens(c.suspend(SPONSOR))
    good, domain = council.ballot(proposal, "insurer", INSURER), c.domain
    seconds = int(good.deadline.timestamp())

    def signed(place: Domain, *words: int | bytes) -> bytes:
        from pyhealth.governance.ballots import signed as sign

        return sign(signer("insurer"), ballot_digest(place, *words, seconds))  # type: ignore[arg-type]

    said = (proposal, INSURER, Choice.APPROVE)
    replayed = [
        signed(replace(domain, chain_id=1), *said),
        signed(replace(domain, contract=NOWHERE), *said),
        signed(replace(domain, name="Notary"), *said),
        signed(domain, other, INSURER, Choice.APPROVE),
        signed(domain, proposal, SPONSOR, Choice.APPROVE),
        signed(domain, proposal, INSURER, Choice.REJECT),
        good.signature[:64],
        good.signature + b"\0",
        good.signature[:64] + b"\0",
        bytes(65),
        b"",
    ]
    for signature in replayed:
        with refused(errors.BallotNotSigned, proposal, cast_address("insurer")):
            council.of("stranger").vote_by_signature(replace(good, signature=signature))
    later = replace(good, deadline=good.deadline + DAY)
    with refused(errors.BallotNotSigned, proposal, cast_address("insurer")):
        council.of("stranger").vote_by_signature(later)
    council.of("stranger").vote_by_signature(good)


def test_a_malleable_signature_is_refused(council, proposal):
    good = council.ballot(proposal, "insurer", INSURER)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    r, s, v = good.signature[:32], int.from_bytes(good.signature[32:64]), good.signature[64]
    twin = r + (order - s).to_bytes(32) + bytes([55 - v])

    with refused(errors.BallotNotSigned, proposal, cast_address("insurer")):
        council.of("stranger").vote_by_signature(replace(good, signature=twin))


def test_a_stranger_signs_in_vain(council, proposal):
    strange = council.ballot(proposal, "stranger", INSURER)

    with refused(errors.AccountUnknown, cast_address("stranger")):
        council.of("hospital").vote_by_signature(strange)
    with refused(errors.BallotNotSigned, proposal, cast_address("insurer")):
        pretended = replace(strange, signer=cast_address("insurer"))
        council.of("hospital").vote_by_signature(pretended)


def test_a_ballot_of_a_replaced_account_no_longer_counts(council, proposal):
    c = council.consortium
    old = council.ballot(proposal, "insurer", INSURER)
    council.of("insurer").vote(proposal, Choice.APPROVE)
    assert c.tally_of(proposal).approvals == 1

    council.voted(c.replace_account(INSURER, cast_address("auditor")))

    assert c.tally_of(proposal).approvals == 0
    with refused(errors.AccountUnknown, cast_address("insurer")):
        council.of("stranger").vote_by_signature(old)
    council.of("auditor").vote(proposal, Choice.REJECT)
    assert c.ballot_of(proposal, INSURER) is Choice.REJECT


def test_a_wallet_contract_votes_by_its_own_answer(council, proposal):
    c = council.consortium
    wallet = council.wallet("0x00000000000000000000000000000000000A11e7")
    council.voted(c.admit(wallet, {Role.PAYER}, "Wallet"))
    made = council.ballot(proposal, "stranger", 6)
    ballot = replace(made, signer=wallet, signature=b"as the wallet likes")

    with refused(errors.BallotNotSigned, proposal, wallet):
        council.of("stranger").vote_by_signature(ballot)
    seconds = int(ballot.deadline.timestamp())
    council.accept(wallet, ballot_digest(c.domain, proposal, 6, Choice.APPROVE, seconds))
    council.of("stranger").vote_by_signature(ballot)

    assert c.ballot_of(proposal, 6) is Choice.APPROVE


FIELDS = {
    "Ballot": [
        ("proposalId", "bytes32"), ("member", "uint32"), ("choice", "uint8"), ("deadline", "uint64")
    ],
    "Mandate": [
        ("member", "uint32"), ("account", "address"), ("operator", "address"),
        ("nonce", "uint256"), ("deadline", "uint64"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_what_is_signed_is_what_eth_account_signs(council, kind):
    domain = council.consortium.domain
    values = {
        "Ballot": [REASON, 3, 2, 1_900_000_000],
        "Mandate": [3, CLINIC, CLINIC, 7, 1_900_000_000],
    }[kind]
    types = {kind: [{"name": name, "type": type_} for name, type_ in FIELDS[kind]]}
    place = {"name": domain.name, "version": "1", "chainId": domain.chain_id}
    place["verifyingContract"] = domain.contract
    message = {name: value for (name, _), value in zip(FIELDS[kind], values, strict=True)}

    theirs = encode_typed_data(place, types, message)
    ours = {"Ballot": ballot_digest, "Mandate": mandate_digest}[kind](domain, *values)

    from eth_account import Account

    signed = Account.sign_message(theirs, "0x" + "11" * 32)
    assert bytes(signed.message_hash) == ours


# operators


def test_an_operator_acts_for_its_member_until_it_is_revoked(council, proposal):
    c = council.consortium
    c.add_operator(council.mandate("clinic", HOSPITAL))
    assert c.operators_of(HOSPITAL) == (cast_address("hospital"), CLINIC)
    assert c.mandates_of(CLINIC) == 1

    council.of("clinic").vote(proposal, Choice.APPROVE)
    with refused(errors.CallerNotAccount, CLINIC, cast_address("hospital")):
        council.of("clinic").revoke_operator(CLINIC)
    with refused(errors.AlreadyVoted, proposal, HOSPITAL, Choice.APPROVE):
        c.vote(proposal, Choice.APPROVE)
    c.rotate_operator(CLINIC, council.mandate("pharmacy", HOSPITAL))

    assert c.operators_of(HOSPITAL) == (cast_address("hospital"), cast_address("pharmacy"))
    with refused(errors.AccountUnknown, CLINIC):
        council.of("clinic").withdraw(proposal)
    c.revoke_operator(cast_address("pharmacy"))
    with refused(errors.OperatorUnknown, CLINIC, HOSPITAL):
        c.revoke_operator(CLINIC)


def test_a_mandate_is_signed_once_for_one_member(council):
    c, ends = council.consortium, council.now() + DAY
    used = council.mandate("clinic", HOSPITAL, deadline=ends)

    with refused(errors.MandateNotSigned, CLINIC, INSURER):
        council.of("insurer").add_operator(used)
    c.add_operator(used)
    c.revoke_operator(CLINIC)
    with refused(errors.MandateNotSigned, CLINIC, HOSPITAL):
        c.add_operator(used)
    late = council.mandate("clinic", HOSPITAL, deadline=council.now())
    with refused(errors.MandateLate, CLINIC, late.deadline):
        c.add_operator(late)


def test_a_member_has_so_many_operators(council):
    from pyhealth.chain.wallet import Signer
    from pyhealth.governance.ballots import sign_mandate

    c, most = council.consortium, council.consortium.max_operators()
    keys = [Signer.from_key((i + 1000).to_bytes(32)) for i in range(most + 1)]
    account = c.member_of(HOSPITAL).account
    said = {"member": HOSPITAL, "nonce": 0, "deadline": council.now() + DAY}
    mandates = [sign_mandate(key, c.domain, account=account, **said) for key in keys]
    for one in mandates[:-1]:
        c.add_operator(one)

    with refused(errors.OperatorsFull, HOSPITAL, most):
        c.add_operator(mandates[-1])


# enumerations


def test_enumerations_agree_with_one_another(council, notary):
    c = council.consortium
    council.voted(c.suspend(INSURER), c.admit(CLINIC, {Role.PROVIDER}, "Clinic"))

    assert c.members() == (1, 2, 3, 4, 5, 6)
    assert c.roles_of(INSURER) == {Role.PAYER}
    assert c.who_can(Role.PAYER) == ()
    assert c.who_can(Role.PROVIDER) == (1, 6)
    assert c.who_can(Role.AUDITOR) == (REGULATOR,)
    actor = c.actor_of(cast_address("insurer"))
    assert (actor.member, actor.roles) == (INSURER, frozenset())
    assert c.actor_of(CLINIC).roles == {Role.PROVIDER}
    assert not c.is_paused(notary)
    assert c.contract_of("Archive") is None
    council.voted(c.pause_until_lifted(notary))
    assert c.is_paused(notary)
    assert c.adopted()[0].paused_until == FOREVER


@pytest.mark.parametrize("seats", range(3, 9))
def test_a_threshold_needs_what_the_contract_says(council, seats):
    c = council.consortium
    actions = {
        Threshold.ANY_TWO: c.suspend(1),
        Threshold.MAJORITY: c.reinstate(1),
        Threshold.TWO_THIRDS_OF_OTHERS: c.remove(1),
        Threshold.TWO_THIRDS: c.set_roles(1, {Role.PAYER}),
        Threshold.THREE_QUARTERS: c.set_rule(Rule.NOTICE, DAY),
    }
    for number in range(5, seats, -1):
        council.voted(c.remove(number))
    for number in range(5, seats):
        council.voted(c.admit(f"0x{0xB000 + number:040x}", {Role.AUDITOR}, f"Member {number}"))

    for threshold, action in actions.items():
        made = council.opens(action)
        assert c.proposal_of(made).threshold is threshold
        assert c.tally_of(made).needed == threshold.needed(seats)


# governance faults seen elsewhere


def test_two_of_four_is_no_majority(council):
    c = council.consortium
    council.voted(c.remove(REGULATOR), c.suspend_until_lifted(ETHICS))
    made = council.opens(c.reinstate(ETHICS))
    council.approve(made, "hospital", "insurer")

    with refused(errors.ThresholdNotMet, made, 2, 3):
        c.execute(made)


def test_one_administrator_cannot_remove_another(council):
    made = council.opens(council.consortium.remove(INSURER))
    council.approve(made, "hospital")

    with refused(errors.ThresholdNotMet, made, 1, 3):
        council.consortium.execute(made)


@pytest.mark.parametrize("put_out", ["suspend", "remove"])
def test_the_ballot_of_a_member_out_of_action_does_not_count(council, proposal, put_out):
    c = council.consortium
    council.approve(proposal, *FOUNDERS[:4])
    assert c.tally_of(proposal).approvals == 4

    council.voted(getattr(c, put_out)(ETHICS))

    assert c.tally_of(proposal).approvals == 3
    seats = 4 if put_out == "remove" else 5
    needed = Threshold.TWO_THIRDS.needed(seats)
    assert c.tally_of(proposal).needed == needed
    status = c.status_of(ETHICS)
    with refused(errors.MemberNotActive, ETHICS, status):
        council.of("ethics").vote(proposal, Choice.REJECT)
    if put_out == "suspend":
        with refused(errors.ThresholdNotMet, proposal, 3, needed):
            c.execute(proposal)


def test_the_target_does_not_vote_on_its_own_removal(council):
    made = council.opens(council.consortium.remove(INSURER))

    with refused(errors.VoterIsSubject, made, INSURER):
        council.of("insurer").vote(made, Choice.REJECT)
    with refused(errors.VoterIsSubject, made, INSURER):
        signed = council.ballot(made, "insurer", INSURER, choice=Choice.REJECT)
        council.of("stranger").vote_by_signature(signed)


def test_a_suspension_ends_by_itself(council, proposal):
    c = council.consortium
    council.decide(c.suspend(ETHICS), voters=("hospital", "insurer"))
    ends = c.member_of(ETHICS).suspended_until

    council.at(ends - timedelta(seconds=1))
    council.rpc.call("evm_mine")
    before = c.status_of(ETHICS)
    council.at(ends)
    council.of("ethics").vote(proposal, Choice.APPROVE)

    assert (before, c.status_of(ETHICS)) == (MemberStatus.SUSPENDED, MemberStatus.ACTIVE)


def test_a_key_of_one_member_cannot_be_claimed_by_another(council):
    council.consortium.add_operator(council.mandate("clinic", HOSPITAL))

    with refused(errors.KeyTaken, CLINIC, HOSPITAL):
        council.of("insurer").add_operator(council.mandate("clinic", INSURER))
    with refused(errors.MandateNotSigned, cast_address("auditor"), INSURER):
        stolen = replace(council.mandate("stranger", INSURER), operator=cast_address("auditor"))
        council.of("insurer").add_operator(stolen)


def test_a_removed_member_can_still_revoke_and_its_proposals_are_withdrawn(council):
    c = council.consortium
    council.of("ethics").add_operator(council.mandate("clinic", ETHICS))
    made = council.opens(c.suspend(INSURER), by="ethics")

    council.decide(c.remove(ETHICS), voters=("hospital", "insurer", "sponsor"))

    assert c.status_of_proposal(made) is ProposalStatus.WITHDRAWN
    council.of("ethics").revoke_operator(CLINIC)
    assert c.operators_of(ETHICS) == (cast_address("ethics"),)


def test_a_proposal_that_expired_stays_expired_when_its_proposer_is_removed(council):
    c = council.consortium
    made = council.opens(c.suspend(INSURER), by="ethics")
    council.later(14 * DAY)

    council.voted(c.remove(ETHICS))

    assert c.status_of_proposal(made) is ProposalStatus.EXPIRED


# papers


def test_a_reason_is_opened_by_its_salt_alone(tmp_path):
    document, other = tmp_path / "reason.txt", tmp_path / "other.txt"
    document.write_text("The grounds.")
    other.write_text("Others.")

    file = tmp_path / "opening.json"
    made, again = (openings.draft(document, "reason", file) for _ in range(2))
    openings.keep(made, file)
    kept = openings.load(file)

    assert kept == made == openings.draft(document, "reason", file)
    assert made.commitment != again.commitment
    assert kept.opens(document, made.commitment)
    assert not kept.opens(other, made.commitment)
    assert not kept.opens(document, again.commitment)


def test_every_custom_error_of_the_interface_is_asserted_here():
    interface = (ROOT / "contracts/interfaces/IConsortium.sol").read_text()
    source = Path(__file__).read_text()

    declared = set(re.findall(r"^    error (\w+)\(", interface, re.M))

    assert len(declared) == 47
    assert {name for name in declared if f"errors.{name}" not in source} == set()
