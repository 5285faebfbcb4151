"""web3.py over our own transport, so that every failure of a node is one of our errors."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from pyhealth.chain.rpc import Rpc


class RpcProvider(JSONBaseProvider):
    """Hands web3.py's requests to an `Rpc`, which raises our errors instead of answering with
    web3's.
    """

    def __init__(self, rpc: Rpc) -> None:
        super().__init__()
        self._rpc = rpc

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Return the node's result; an error answer is raised as `RpcRefused`."""
        return {"jsonrpc": "2.0", "id": 1, "result": self._rpc.call(method, *params)}


def web3_over(rpc: Rpc) -> Web3:
    """Return a web3.py instance that speaks through this connection; blocks of proof-of-authority
    chains pass.
    """
    from web3.middleware import ExtraDataToPOAMiddleware

    web3 = Web3(RpcProvider(rpc))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3
