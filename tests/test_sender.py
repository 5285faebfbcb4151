"""
send
├── it mines the call and returns its receipt
├── given a contract that refuses
│   └── it raises the refusal, and sends nothing
├── given a key that was sent before
│   └── it sends nothing, and returns the earlier receipt
├── given a price above the user's limit
│   └── it refuses
├── given an empty account
│   └── it refuses
├── given a call that needs more gas than a transaction may have
│   └── it refuses
└── given a chain with one price, or free gas
    └── it sends a legacy transaction
send_many
├── it yields outcomes in the order of the calls, from a generator, in bounded memory
├── given one refused call among many
│   └── the others are done
├── given more than a development chain puts into one block
│   └── it has the rest mined at once
├── given one call that reverts when it is mined
│   └── its outcome carries the error, and the others are done
└── given the same key twice
    └── the call is sent once
nonces
├── given a foreign transaction that took our nonce
│   └── it takes the next one, once
├── given a gap that nothing of ours fills
│   └── it is filled with nothing
└── given two senders of one account
    └── each call is done once
what is in the pool
├── given a transaction that the pool dropped
│   └── the same bytes are sent again
├── given a price that has become too low
│   └── it is replaced, an eighth dearer, and any attempt may be mined
├── given a limit that does not allow the replacement
│   └── it says that the call is pending
└── given a call that no node takes
    └── its nonce is used up with nothing, and the outcome says so
the chain
├── given a reorganisation that undid a call before it was final
│   └── its bytes are sent again
├── given another chain behind the same address
│   └── it refuses
├── given a development chain that was wound back
│   └── the next call goes on from there at once
└── given a node that lags
    └── it waits, and does not go back
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Node

from benchmarks.bulk import CODE, GAS, RECORDER, account
from pyhealth import errors
from pyhealth.chain import flow
from pyhealth.chain.fees import Cost, bumped, wei_of_gwei
from pyhealth.chain.network import Chain, connect
from pyhealth.chain.sender import Sender
from pyhealth.chain.submitter import Submitter
from pyhealth.chain.transactions import Call, Fees, sign
from pyhealth.config import load_settings
from pyhealth.hashing import keccak

REFUSER = "0x" + "22" * 20  # reverts when its storage says so
GWEI = 10**9


@pytest.fixture
def anvil() -> Iterator[Node]:
    """A chain that is no development chain, with the recorder on it."""
    node = Node.anvil("--chain-id", "4242")
    node.rpc.call("anvil_setCode", RECORDER, CODE)
    # PUSH1 0 SLOAD PUSH1 7 JUMPI STOP JUMPDEST PUSH1 0 PUSH1 0 REVERT
    node.rpc.call("anvil_setCode", REFUSER, "0x600054600757005b60006000fd")
    yield node
    node.stop()


@pytest.fixture
def chain(anvil: Node, tmp_path: Path) -> Chain:
    return connect(load_settings({"PYHEALTH_HOME": str(tmp_path)}), anvil.url)


@pytest.fixture
def sender(anvil: Node, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setattr(flow, "NUDGE", 0.2)
    made = Sender(chain, account("hospital"), patience=10)
    made.follower.foreign_seconds = 0.2
    anvil.rpc.call("anvil_setBalance", made.signer.address, hex(100 * 10**18))
    return made


def record(number: int, **more: int) -> Call:
    return Call(RECORDER, keccak(number.to_bytes(8)), **more)


def recorded(node: Node) -> list[str]:
    logs = node.rpc.call("eth_getLogs", {"address": RECORDER, "fromBlock": "0x0"})
    return [log["topics"][0] for log in logs]


def topics(*numbers: int) -> list[str]:
    return ["0x" + keccak(number.to_bytes(8)).hex() for number in numbers]


def mined_when_asked(node: Node) -> Callable[[], object]:
    node.rpc.call("evm_setAutomine", False)
    return lambda: node.rpc.call("evm_mine")


def test_send_mines_the_call_and_returns_its_receipt(anvil: Node, sender: Sender) -> None:
    receipt = sender.send(record(1))

    assert receipt.succeeded
    assert recorded(anvil) == topics(1)
    assert sender.journal.unsettled(sender.signer.address) == []


def test_send_raises_the_refusal_and_sends_nothing(anvil: Node, sender: Sender) -> None:
    anvil.rpc.call("anvil_setStorageAt", REFUSER, "0x0", "0x" + "1".zfill(64))

    with pytest.raises(errors.RpcRefused):
        sender.send(Call(REFUSER, b""))

    assert sender.chain.nonce(sender.signer.address) == 0


def test_send_returns_the_earlier_receipt_for_a_known_key(anvil: Node, sender: Sender) -> None:
    first = sender.send(record(1), key="row 1")
    again = Sender(sender.chain, sender.signer).send(record(1), key="row 1")

    assert again == first
    assert recorded(anvil) == topics(1)


def test_send_refuses_a_price_above_the_limit(sender: Sender) -> None:
    sender.chain.max_fee = 1

    with pytest.raises(errors.FeeAboveLimit) as refused:
        sender.send(record(1))

    assert refused.value.limit == 1
    assert sender.chain.nonce(sender.signer.address) == 0


def test_send_refuses_for_an_empty_account(chain: Chain) -> None:
    with pytest.raises(errors.FundsMissing) as refused:
        Sender(chain, account("pauper")).send(record(1, gas=GAS))

    assert refused.value.balance == 0


def test_send_refuses_more_gas_than_a_transaction_may_have(sender: Sender) -> None:
    with pytest.raises(errors.InputError, match="EIP-7825"):
        sender.send(record(1, gas=16_777_217))


@pytest.mark.parametrize("price", [0, 5 * GWEI])
def test_send_uses_one_price_where_the_network_has_one(tmp_path: Path, price: int) -> None:
    node = Node.anvil("--hardfork", "berlin", "--gas-price", "0", "--chain-id", "4343")
    chain = connect(load_settings({"PYHEALTH_HOME": str(tmp_path)}), node.url)
    chain.network = replace(chain.network, gas_price=price)
    node.rpc.call("anvil_setBalance", account("hospital").address, hex(10**18 if price else 0))

    receipt = Sender(chain, account("hospital")).send(record(1, gas=GAS))
    node.stop()

    assert receipt.succeeded
    assert receipt.gas_price == price


def test_send_many_yields_in_order_from_a_generator(anvil: Node, sender: Sender) -> None:
    taken = []

    def calls() -> Iterator[Call]:
        for number in range(200):
            taken.append(number)
            yield record(number, gas=GAS)

    outcomes = sender.send_many(calls())
    first = next(outcomes)
    ahead = len(taken)
    rest = list(outcomes)

    assert ahead < 200
    assert [one.call.data for one in (first, *rest)] == [record(n).data for n in range(200)]
    assert sorted(recorded(anvil)) == sorted(topics(*range(200)))


def test_send_many_does_the_others_when_one_is_refused(anvil: Node, sender: Sender) -> None:
    anvil.rpc.call("anvil_setStorageAt", REFUSER, "0x0", "0x" + "1".zfill(64))

    before, refused, after = sender.send_many([record(1), Call(REFUSER, b""), record(2)])

    assert before.done().succeeded
    assert after.done().succeeded
    assert refused.receipt is None
    assert isinstance(refused.error, errors.RpcRefused)


def test_send_many_carries_the_error_of_what_reverts_when_mined(
    anvil: Node, sender: Sender
) -> None:
    anvil.rpc.call("anvil_setStorageAt", REFUSER, "0x0", "0x" + "1".zfill(64))

    failed, done = sender.send_many([Call(REFUSER, b"", gas=GAS), record(1)], keys=["a", "b"])
    (again,) = sender.send_many([Call(REFUSER, b"", gas=GAS)], keys=["a"])

    assert isinstance(failed.error, errors.TransactionFailed)
    assert done.done().succeeded
    assert again.receipt == failed.receipt
    assert isinstance(again.error, errors.TransactionFailed)


@pytest.fixture
def development(tmp_path: Path) -> Iterator[Node]:
    """A development chain whose blocks hold two of the calls."""
    node = Node.anvil("--gas-limit", "1000000")
    node.rpc.call("anvil_setCode", RECORDER, CODE)
    node.rpc.call("anvil_setBalance", account("hospital").address, hex(10**18))
    yield node
    node.stop()


@pytest.fixture
def unnudged(
    development: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sender]:
    """A sender on it, which never has to send anything again."""
    chain = connect(load_settings({"PYHEALTH_HOME": str(tmp_path)}), development.url)
    nudges: list[int] = []
    monkeypatch.setattr(Submitter, "nudge", lambda submitter, tries: nudges.append(tries))
    yield Sender(chain, account("hospital"), patience=5)
    assert not nudges


def test_send_many_has_mined_what_did_not_fit_the_block(
    development: Node, unnudged: Sender
) -> None:
    done = [one.done() for one in unnudged.send_many(record(n, gas=400_000) for n in range(5))]

    assert {receipt.succeeded for receipt in done} == {True}
    assert recorded(development) == topics(*range(5))


def test_send_many_sends_a_key_once(anvil: Node, sender: Sender) -> None:
    one, same = sender.send_many([record(1), record(1)], keys=["row", "row"])

    assert one.receipt == same.receipt
    assert recorded(anvil) == topics(1)


def test_a_foreign_transaction_on_our_nonce_makes_us_take_the_next(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = mined_when_asked(anvil)
    foreign = sign(
        record(9), sender.signer, chain_id=4242, nonce=0, gas=GAS, fees=Fees(50 * GWEI, 5 * GWEI)
    )

    def taken_by_another(transactions: object) -> None:
        monkeypatch.undo()
        anvil.rpc.call("eth_sendRawTransaction", "0x" + foreign.raw.hex())
        mine()
        anvil.rpc.call("evm_setAutomine", True)

    monkeypatch.setattr(sender.submitter, "_post", lambda none: None)
    sender.submitter.take([], alike=False)
    monkeypatch.setattr(sender.submitter, "_post", taken_by_another)
    receipt = sender.send(record(1))

    assert receipt.succeeded
    assert sorted(recorded(anvil)) == sorted(topics(9, 1))
    assert sender.chain.nonce(sender.signer.address) == 2


def test_a_gap_is_filled_with_nothing(anvil: Node, sender: Sender) -> None:
    fees = sender.chain.fees()
    ahead = sign(record(1), sender.signer, chain_id=4242, nonce=2, gas=GAS, fees=fees)
    sender.journal.plan(sender.signer.address, [(ahead, "row")])

    (outcome,) = sender.resume()

    assert outcome.done().transaction == ahead.hash
    assert recorded(anvil) == topics(1)
    assert sender.chain.nonce(sender.signer.address) == 3


def test_two_senders_of_one_account_do_each_call_once(anvil: Node, sender: Sender) -> None:
    other = Sender(sender.chain, sender.signer, window=8)
    ours = sender.send_many(record(n, gas=GAS) for n in range(0, 60, 2))
    theirs = other.send_many(record(n, gas=GAS) for n in range(1, 60, 2))

    done = [one.done() for pair in zip(ours, theirs, strict=True) for one in pair]

    assert len({receipt.transaction for receipt in done}) == 60
    assert sorted(recorded(anvil)) == sorted(topics(*range(60)))


def in_pool(anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Send a call that is not mined, and return its hash."""
    anvil.rpc.call("evm_setAutomine", False)
    monkeypatch.setattr(sender, "patience", 0.3)
    with pytest.raises(errors.TransactionPending) as pending:
        sender.send(record(1), key="row")
    monkeypatch.setattr(sender, "patience", 10)
    return pending.value.transaction


def test_what_the_pool_dropped_is_sent_again(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_ = in_pool(anvil, sender, monkeypatch)
    anvil.rpc.call("anvil_dropTransaction", "0x" + hash_.hex())
    anvil.rpc.call("evm_setAutomine", True)

    (outcome,) = sender.resume()

    assert outcome.done().transaction == hash_


def test_what_is_too_cheap_is_replaced(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_ = in_pool(anvil, sender, monkeypatch)
    anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
    anvil.rpc.call("evm_mine")
    anvil.rpc.call("evm_setIntervalMining", 1)

    (outcome,) = sender.resume()
    anvil.rpc.call("evm_setIntervalMining", 0)

    assert outcome.key == "row"
    assert outcome.done().transaction != hash_
    assert recorded(anvil) == topics(1)


def test_what_is_stuck_is_replaced_an_eighth_dearer(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pool(anvil, sender, monkeypatch)
    sender.submitter.stuck_seconds = 0.0

    sender.submitter.nudge(1)
    (entry,) = sender.journal.unsettled(sender.signer.address)
    first, second = (one.sent.fees for one in entry.attempts[-2:])

    assert len({one.hash for one in entry.attempts}) == len(entry.attempts) > 1
    assert second.maximum * 8 >= first.maximum * 9
    assert (second.tip or 0) * 8 >= (first.tip or 0) * 9


def test_a_limit_that_forbids_the_replacement_leaves_the_call_pending(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pool(anvil, sender, monkeypatch)
    sender.chain.max_fee = 5 * GWEI
    anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(500 * GWEI))
    anvil.rpc.call("evm_mine")
    sender.patience = 1.0

    with pytest.raises(errors.TransactionPending, match="--max-fee"):
        list(sender.resume())

    (entry,) = sender.journal.unsettled(sender.signer.address)
    assert len(entry.attempts) == 1


def test_a_call_that_no_node_takes_uses_its_nonce_up_with_nothing(tmp_path: Path) -> None:
    small = Node.anvil("--gas-limit", "1000000", "--chain-id", "4343")
    small.rpc.call("anvil_setCode", RECORDER, CODE)
    small.rpc.call("anvil_setBalance", account("hospital").address, hex(10**18))
    chain = connect(load_settings({"PYHEALTH_HOME": str(tmp_path)}), small.url)

    refused, done = Sender(chain, account("hospital"), patience=10).send_many(
        [record(1, gas=2_000_000), record(2)]
    )
    told = recorded(small)
    small.stop()

    assert isinstance(refused.error, errors.TransactionCancelled)
    assert done.done().succeeded
    assert told == topics(2)


def test_a_reorganisation_before_finality_makes_the_bytes_go_again(
    anvil: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    anvil.rpc.call("anvil_mine", "0x5")
    sender.chain.network = replace(sender.chain.network, confirmations=4)
    monkeypatch.setattr(sender, "patience", 0.5)
    with pytest.raises(errors.TransactionPending) as pending:
        sender.send(record(1), key="row")
    anvil.rpc.call("anvil_reorg", 2, [])
    assert recorded(anvil) == []

    monkeypatch.setattr(sender, "patience", 20)
    anvil.rpc.call("evm_setIntervalMining", 1)
    (outcome,) = sender.send_many([record(1)], keys=["row"])
    anvil.rpc.call("evm_setIntervalMining", 0)

    assert outcome.done().transaction == pending.value.transaction
    assert recorded(anvil) == topics(1)


def test_another_chain_behind_the_same_address_is_refused(sender: Sender) -> None:
    sender.chain.genesis = b"\0" * 32

    with pytest.raises(errors.WrongChain):
        sender.send(record(1))


def test_a_development_chain_that_was_wound_back_is_gone_on_with_at_once(
    development: Node, unnudged: Sender
) -> None:
    unnudged.send(record(1))
    before = development.rpc.call("evm_snapshot")
    for number in (2, 3):
        unnudged.send(record(number), key=str(number))
    development.rpc.call("evm_revert", before)

    unnudged.send(record(4))
    unnudged.send(record(3), key="3")

    assert recorded(development) == topics(1, 4, 3)


def test_a_node_that_lags_is_not_believed(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhealth.chain.network.BEHIND_SECONDS", 0.1)
    sender.chain.seen = 1_000_000

    with pytest.raises(errors.NodeBehind) as behind:
        sender.chain.head()

    assert behind.value.seen == 1_000_000


@pytest.mark.parametrize(
    ("old", "now", "limit", "expected"),
    [
        (Fees(80, 8), Fees(10, 1), None, Fees(90, 9)),
        (Fees(80, 8), Fees(200, 4), None, Fees(200, 9)),
        (Fees(80, 8), Fees(200, 4), 100, Fees(100, 9)),
        (Fees(80, 8), Fees(200, 4), 89, None),
        (Fees(80), Fees(10), None, Fees(90)),
        (Fees(0), Fees(0), None, None),
        (Fees(0), Fees(7), None, Fees(7)),
        (Fees(800, 8), Fees(10, 1), None, None),
    ],
)
def test_bumped(old: Fees, now: Fees, limit: int | None, expected: Fees | None) -> None:
    assert bumped(old, now, limit) == expected


def test_cost_says_what_a_job_would_take(sender: Sender) -> None:
    cost = sender.cost([record(1), record(2)])

    assert cost.transactions == 2
    assert 2 * 21_000 < cost.gas < 2 * 40_000
    assert 0 < cost.expected < cost.most
    assert sender.chain.nonce(sender.signer.address) == 0


def test_cost_in_currency_is_rounded_to_cents() -> None:
    assert Cost(1, 1, 10**15, 10**16).in_currency(Decimal(2500)) == (
        Decimal("2.50"),
        Decimal("25.00"),
    )


def test_wei_of_gwei_reads_prices() -> None:
    assert wei_of_gwei("1.5", "--max-fee") == 1_500_000_000
    assert wei_of_gwei(None, "--max-fee") is None
    for wrong in ("much", "-1"):
        with pytest.raises(errors.ConfigError, match="--max-fee"):
            wei_of_gwei(wrong, "--max-fee")
