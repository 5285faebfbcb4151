"""JSON-RPC over keep-alive connections: every failure is one of our errors, in bounded time.

Reads are repeated, after a pause that doubles and varies by a fifth, or as long as the node asks
for (Retry-After), within a budget. Transactions are never repeated here: only the sender knows
whether one has arrived.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import orjson
import urllib3

from pyhealth.chain.dialect import not_there_yet, rate_limited
from pyhealth.errors import NodeUnreachable, RateLimited, RpcFault, RpcRefused

BATCH = 100  # calls in one request: what hosted nodes accept.
ATTEMPTS = 4  # of a read; as many as the budget allows where the node only asks for patience.
BUDGET = 20.0  # seconds for all attempts of one request.
FIRST_PAUSE = 0.1  # seconds, doubled after each attempt.
JITTER = 0.2
NEVER_REPEATED = frozenset({"eth_sendRawTransaction", "eth_sendTransaction"})
HTTP_ERROR, HTTP_BUSY = 400, frozenset({429, 503})
Request = tuple[str, Sequence[Any]]


class Rpc:
    """A node at a URL; may be used from several threads."""

    def __init__(self, url: str, *, timeout: float = 30.0, budget: float = BUDGET) -> None:
        self.url = url
        self.batch_size = BATCH
        self.on_reconnect: Callable[[], None] | None = (
            None  # checks that the chain is still the same
        )
        self._pool = urllib3.PoolManager(maxsize=4, retries=False)
        self._timeout = urllib3.Timeout(connect=min(timeout, 5.0), read=timeout)
        self._budget = budget
        self._ids = count(1)
        self._lost = False  # whether the connection broke since the chain was last checked

    def call(self, method: str, *params: Any) -> Any:
        """Return the result of one call; raise `RpcRefused` where the node refuses."""
        (answer,) = self.batch([(method, params)])
        if isinstance(answer, RpcRefused):
            raise answer
        return answer

    def quantity(self, method: str, *params: Any) -> int:
        """Return the result of a call that answers with a number."""
        return self.number(method, self.call(method, *params))

    def number(self, method: str, answer: Any) -> int:
        """Read a number as JSON-RPC writes it."""
        if isinstance(answer, RpcRefused):
            raise answer
        try:
            return int(answer, 16)
        except (TypeError, ValueError) as error:
            raise RpcFault(self.url, method, f"{str(answer)[:40]!r} is no number") from error

    def batch(self, calls: Sequence[Request]) -> list[Any]:
        """Return the results in the order of the calls; a refusal stands in its place."""
        size = self.batch_size
        parts = (calls[start : start + size] for start in range(0, len(calls), size))
        return [answer for part in parts for answer in self._request(part)]

    def _request(self, calls: Sequence[Request]) -> list[Any]:
        reads = all(method not in NEVER_REPEATED for method, _ in calls)
        deadline = time.monotonic() + self._budget
        for attempt in count(1):
            try:
                if self._lost and self.on_reconnect is not None:
                    self._recheck()
                return self._attempt(calls, reads=reads)
            except (NodeUnreachable, RpcFault) as error:
                pause = pause_after(error, attempt)
                tired = attempt >= ATTEMPTS and not isinstance(error, RateLimited)
                if not reads or tired or time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable: the loop returns or raises")

    def _recheck(self) -> None:
        self._lost, check, self.on_reconnect = False, self.on_reconnect, None
        try:
            if check is not None:
                check()
        except BaseException:
            self._lost = True
            raise
        finally:
            self.on_reconnect = check

    def _attempt(self, calls: Sequence[Request], *, reads: bool) -> list[Any]:
        name = calls[0][0] if calls else "nothing"
        sent = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
            for method, params in calls
        ]
        answers = self._post(name, sent if len(sent) > 1 else sent[0])
        if len(sent) > 1 and isinstance(
            answers, dict
        ):  # the node takes no batch, or none that long
            self._raise_if_passing(_refusal(name, answers.get("error")))
            half = len(calls) // 2
            return self._attempt(calls[:half], reads=reads) + self._attempt(
                calls[half:], reads=reads
            )
        listed = answers if isinstance(answers, list) else [answers]
        by_id = {answer.get("id"): answer for answer in listed if isinstance(answer, dict)}
        results = [
            self._answer(str(request["method"]), by_id.get(request["id"])) for request in sent
        ]
        for result in results if reads else ():
            self._raise_if_passing(result)
        return results

    def _raise_if_passing(self, result: Any) -> None:
        """Raise what is worth another try, of what a node refuses."""
        if rate_limited(result):
            raise RateLimited(self.url, result.method, result.message)
        if not_there_yet(result):
            raise RpcFault(self.url, result.method, result.message)

    def _post(self, name: str, payload: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        body = orjson.dumps(payload)
        try:
            response = self._pool.request(
                "POST", self.url, body=body, headers=headers, timeout=self._timeout
            )
        except urllib3.exceptions.NewConnectionError as error:
            self._lost = True
            unknown = isinstance(error, urllib3.exceptions.NameResolutionError)
            why = "its host is not known" if unknown else "connection refused"
            raise NodeUnreachable(self.url, why) from error
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            self._lost = True
            raise NodeUnreachable(self.url, _brief(error)) from error
        if response.status in HTTP_BUSY:
            wait = _seconds(response.headers.get("Retry-After"))
            raise RateLimited(self.url, name, f"HTTP {response.status}", wait)
        try:
            answer = orjson.loads(response.data)
        except orjson.JSONDecodeError as error:
            raise RpcFault(
                self.url, name, f"HTTP {response.status}, {len(response.data)} bytes, not JSON"
            ) from error
        if (
            response.status >= HTTP_ERROR
            and not isinstance(answer, list)
            and not _is_answer(answer)
        ):
            raise RpcFault(self.url, name, f"HTTP {response.status}")
        return answer

    def _answer(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict):
            raise RpcFault(self.url, method, "no answer with the id of the request")
        if (error := answer.get("error")) is not None:
            return _refusal(method, error)
        if "result" not in answer:
            raise RpcFault(self.url, method, "neither a result nor an error")
        return answer["result"]


def pause_after(error: Exception, attempt: int) -> float:
    """Return the seconds to wait: what the node asks for, or twice the last, give or take."""
    asked = error.retry_after if isinstance(error, RateLimited) else None
    return float(
        asked if asked is not None else FIRST_PAUSE * 2 ** min(attempt - 1, 6)
    ) * random.uniform(1.0 if asked else 1 - JITTER, 1 + JITTER)


def _seconds(retry_after: str | None) -> float | None:
    """Read the Retry-After header, which holds seconds or a date."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def _is_answer(answer: Any) -> bool:
    return (
        isinstance(answer, dict) and isinstance(answer.get("error"), dict) and "jsonrpc" in answer
    )


def _brief(error: Exception) -> str:
    text = str(error)
    return (
        "timed out"
        if "timed out" in text
        else text.rsplit(":", 1)[-1].strip(" )\"'") or type(error).__name__
    )


def _refusal(method: str, error: Any) -> RpcRefused:
    if not isinstance(error, dict):
        return RpcRefused(method, 0, str(error))
    message, code = str(error.get("message", "no message")), error.get("code")
    return RpcRefused(
        method, code if isinstance(code, int) else 0, message, _revert_data(error.get("data"))
    )


def _revert_data(data: Any) -> bytes:
    """Find the revert bytes: most nodes give hex, Ganache a dict with them under ``result``."""
    if isinstance(data, dict):
        data = data.get("result") or data.get("data")
    if isinstance(data, str) and data.startswith("Reverted "):  # OpenEthereum and Nethermind
        data = data.removeprefix("Reverted ")
    if isinstance(data, str) and data.startswith("0x"):
        try:
            return bytes.fromhex(data[2:])
        except ValueError:
            return b""
    return b""
