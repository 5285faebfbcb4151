"""A proxy between client and node that does to answers what bad networks and bad nodes do."""

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

JSON = {"Content-Type": "application/json"}
LATEST = {
    "eth_getTransactionCount": 1,
    "eth_getBalance": 1,
    "eth_call": 1,
    "eth_getBlockByNumber": 0,
}
MODES = (
    "drop_before",
    "drop_after",
    "delay",
    "http_429",
    "http_503",
    "http_500",
    "rate_limit",
    "garbage",
    "empty",
    "truncate",
    "wrong_id",
    "duplicate",
    "stale",
)


@dataclass
class Fault:
    """What goes wrong, with which method (any, where none is named), after how many good calls."""

    mode: str
    method: str | None = None
    after: int = 0
    times: int = 1
    seconds: float = 1.0  # of a delay
    retry_after: str | None = None
    text: str = "limit exceeded"
    code: int = -32005
    lag: int = 2  # blocks that a stale node is behind
    hits: int = 0
    seen: int = 0

    def strikes(self, methods: list[str]) -> bool:
        if self.method is not None and self.method not in methods:
            return False
        self.seen += 1
        if self.seen <= self.after or self.hits >= self.times:
            return False
        self.hits += 1
        return True


@dataclass
class FaultProxy:
    """Passes requests on to a node; use as a context manager."""

    node: str
    faults: list[Fault] = field(default_factory=list)
    chance: Callable[[list[str]], Fault | None] | None = None  # random faults
    methods: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "FaultProxy":
        proxy = self
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(maxsize=8, retries=False)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                proxy.handle(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parsed = json.loads(body)
        methods = [one["method"] for one in (parsed if isinstance(parsed, list) else [parsed])]
        with self._lock:
            self.methods.update(set(methods))
            fault = next((one for one in self.faults if one.strikes(methods)), None)
            if fault is None and self.chance is not None:
                fault = self.chance(methods)
            if fault is not None:
                self.injected[fault.mode] += 1
        status, answer, headers = self._answer(fault, body, parsed)
        if answer is None:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        cut = fault is not None and fault.mode == "truncate"
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer[: len(answer) // 2] if cut else answer)
        if cut:
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, fault: Fault | None, body: bytes, parsed: Any
    ) -> tuple[int, bytes | None, dict[str, str]]:
        mode = fault.mode if fault else ""
        if mode == "drop_before":
            return 0, None, {}
        if fault and mode in ("http_429", "http_503", "http_500"):
            more = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return int(mode[5:]), b"busy", more
        if mode == "empty":
            return 200, b"", {}
        if mode == "garbage":
            return 200, b"<html>502 Bad Gateway</html>", {}
        if fault and mode == "rate_limit":
            return 200, json.dumps(_errors(parsed, fault)).encode(), JSON
        if fault and mode == "delay":
            time.sleep(fault.seconds)
        if mode == "duplicate":
            self._forward(body)
        if fault and mode == "stale":
            return 200, json.dumps(self._stale(parsed, fault.lag)).encode(), JSON
        answer = self._forward(body)
        if mode == "drop_after":
            return 0, None, {}
        if mode == "wrong_id":
            return 200, json.dumps(_renumbered(json.loads(answer))).encode(), JSON
        return 200, answer, JSON

    def _forward(self, body: bytes) -> bytes:
        return self._pool.request("POST", self.node, body=body, headers=JSON).data

    def _ask(self, method: str, params: list[Any]) -> Any:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return json.loads(self._forward(json.dumps(asked).encode()))

    def _stale(self, parsed: Any, lag: int) -> Any:
        """Answer as a node that has not seen the last blocks."""
        if isinstance(parsed, list):
            return [self._stale(one, lag) for one in parsed]
        head = max(int(self._ask("eth_blockNumber", [])["result"], 16) - lag, 0)
        method, params = parsed["method"], list(parsed["params"])
        if method == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": parsed["id"], "result": hex(head)}
        place = LATEST.get(method)
        if place is not None and params[place] in ("latest", "pending"):
            params[place] = hex(head)
        answer = self._ask(method, params) | {"id": parsed["id"]}
        found = answer.get("result")
        if method == "eth_getTransactionReceipt" and found and int(found["blockNumber"], 16) > head:
            answer["result"] = None
        if method == "eth_getBlockReceipts" and found and int(found[0]["blockNumber"], 16) > head:
            answer["result"] = None
        return answer


def _errors(parsed: Any, fault: Fault) -> Any:
    if isinstance(parsed, list):
        return [_errors(one, fault) for one in parsed]
    error = {"code": fault.code, "message": fault.text}
    return {"jsonrpc": "2.0", "id": parsed["id"], "error": error}


def _renumbered(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_renumbered(one) for one in answer]
    return answer | {"id": 987654321}


def at_random(share: float, seed: int, seconds: float = 0.4) -> Callable[[list[str]], Fault | None]:
    """Let each mode strike with its own chance of ``share``."""
    dice = random.Random(seed)

    def strike(_: list[str]) -> Fault | None:
        struck = [mode for mode in MODES if dice.random() < share]
        return Fault(dice.choice(struck), seconds=seconds, retry_after="0.05") if struck else None

    return strike
