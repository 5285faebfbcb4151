"""
a bulk send behind a bad network
├── given each fault in the sending, at the first and the last call
│   └── every effect is there once
├── given each fault in the reading of receipts
│   └── every effect is there once
├── given a node that asks for patience with Retry-After
│   └── it is given that long
├── given a node that answers nothing in time, or garbage for ever
│   └── it ends with a typed error, in bounded time
├── given a node that takes no batches
│   └── calls go one by one
├── given a contract whose refusal reads like a limit
│   └── it is not asked again
└── given every fault, every method, every place; kills; shared keys; storms (assurance)
    └── every effect is there once
"""

import time
from collections.abc import Callable, Iterator

import pytest
from fault_proxy import MODES, Fault, FaultProxy

from benchmarks import campaigns
from benchmarks.processes import node, steady
from pyhealth import errors
from pyhealth.chain.dialect import Meaning, meaning, rate_limited
from pyhealth.chain.rpc import Rpc
from pyhealth.errors import RpcRefused


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with node(*steady(*campaigns.FOREIGN_CHAIN, history=True)) as url:
        campaigns.prepared(url, "nobody")
        yield url


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "eth_getBlockReceipts"])
def test_every_effect_is_there_once(url: str, mode: str, method: str) -> None:
    fault = Fault(mode, method, seconds=1.5, retry_after="0.1")

    wrong, _ = campaigns.cell(url, Rpc(url), f"{mode} {method}", fault)

    assert wrong == ""
    assert fault.hits == 1


def test_a_node_that_asks_for_patience_gets_it(url: str) -> None:
    with FaultProxy(url, [Fault("http_429", retry_after="1")]) as proxy:
        started = time.monotonic()
        Rpc(proxy.url).call("eth_chainId")

    assert 1 <= time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("http_429", errors.RateLimited),
        ("http_503", errors.RateLimited),
        ("rate_limit", errors.RateLimited),
        ("http_500", errors.RpcFault),
        ("garbage", errors.RpcFault),
        ("empty", errors.RpcFault),
        ("wrong_id", errors.RpcFault),
        ("truncate", errors.NodeUnreachable),
        ("drop_before", errors.NodeUnreachable),
        ("drop_after", errors.NodeUnreachable),
        ("delay", errors.NodeUnreachable),
    ],
)
def test_a_fault_for_ever_ends_in_a_typed_error(
    url: str, mode: str, expected: type[Exception]
) -> None:
    with FaultProxy(url, [Fault(mode, times=1_000, seconds=0.6)]) as proxy:
        started = time.monotonic()
        with pytest.raises(expected) as refused:
            Rpc(proxy.url, timeout=0.3, budget=1.5).call("eth_blockNumber")

    assert time.monotonic() - started < 5
    assert "\n" not in str(refused.value)


def test_a_node_that_takes_no_batches_is_asked_one_by_one(url: str) -> None:
    with FaultProxy(url) as proxy:
        whole = proxy._forward

        def single(body: bytes) -> bytes:
            refused = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batch"}}'
            return refused if body.startswith(b"[") else whole(body)

        proxy._forward = single  # type: ignore[method-assign]
        answers = Rpc(proxy.url).batch([("eth_chainId", [])] * 5)

    assert answers == [hex(4242)] * 5


def test_a_refusal_that_reads_like_a_limit_is_none() -> None:
    assert not rate_limited(RpcRefused("eth_call", 3, "execution reverted: over capacity"))
    assert not rate_limited(RpcRefused("eth_getLogs", -32005, "more than 10000 results"))
    assert rate_limited(RpcRefused("eth_call", -32029, "slow down"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("already known", Meaning.KNOWN),
        ("transaction already imported", Meaning.KNOWN),
        ("Known transaction", Meaning.KNOWN),
        ("unknown transaction", Meaning.LATER),
        ("nonce too low", Meaning.NONCE_USED),
        ("replacement transaction underpriced", Meaning.UNDERPRICED),
        ("max fee per gas less than block base fee", Meaning.UNDERPRICED),
        ("exceeds block gas limit", Meaning.HOPELESS),
        ("txpool is full", Meaning.LATER),
        ("nonce too far in the future", Meaning.LATER),
    ],
)
def test_what_nodes_mean(text: str, expected: Meaning) -> None:
    assert meaning(RpcRefused("eth_sendRawTransaction", -32000, text)) is expected


@pytest.mark.assurance
@pytest.mark.parametrize("campaign", campaigns.CAMPAIGNS)
def test_campaign(campaign: str, record_property: Callable[[str, object], None]) -> None:
    measured = campaigns.CAMPAIGNS[campaign]()

    for row in measured:
        record_property(row.what, row.value)
    assert [row for row in measured if not row.holds] == []
