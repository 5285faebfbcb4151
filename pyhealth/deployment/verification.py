"""Hands the sources of what is deployed to explorers, which compile them and compare the code."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import urllib3

from pyhealth.chain.network import Chain
from pyhealth.config import Settings
from pyhealth.deployment.artifacts import Artifact, constructor_data, read_artifact
from pyhealth.deployment.records import Deployed, Record
from pyhealth.deployment.sources import standard_input
from pyhealth.errors import ConfigError, DeploymentError

ETHERSCAN = "https://api.etherscan.io/v2/api"
PATIENCE = 120.0  # seconds for an explorer to compile.
PAUSE = 3.0  # seconds between two questions.
MATCHES = ("exact_match", "match")
PENDING = "Pending in queue"


@dataclass(frozen=True, slots=True)
class Verified:
    """What an explorer says of one contract."""

    contract: str
    explorer: str
    accepted: bool
    told: str  # in the explorer's own words


def verify_record(
    settings: Settings,
    chain: Chain,
    record: Record,
    *,
    etherscan: str = ETHERSCAN,
    pause: float = PAUSE,
) -> list[Verified]:
    """Hand every recorded contract to Sourcify, and to Etherscan where ETHERSCAN_API_KEY is set."""
    server, key = chain.network.verifier, settings.environment.get("ETHERSCAN_API_KEY")
    if not server and not key:
        raise ConfigError(
            f"Network {chain.network.name!r} has no explorer to hand the sources to; give it a "
            "verifier in brownie-config.yaml, or set ETHERSCAN_API_KEY."
        )
    if not record.contracts:
        raise DeploymentError(
            f"Nothing is deployed on {chain.network.name} (chain {chain.chain_id}); deploy the "
            f"suite with 'pyhealth deploy --network {chain.network.name}'."
        )
    explorers: list[Sourcify | Etherscan] = []
    explorers += [Sourcify(server.rstrip("/"), chain.chain_id, pause)] if server else []
    explorers += [Etherscan(etherscan, key, chain.chain_id, pause)] if key else []
    return [
        explorer.verify(read_artifact(name), deployed)
        for name, deployed in record.contracts.items()
        for explorer in explorers
    ]


@dataclass(frozen=True, slots=True)
class Sourcify:
    """A server that speaks version 2 of Sourcify's API."""

    url: str
    chain_id: int
    pause: float

    def verify(self, artifact: Artifact, deployed: Deployed) -> Verified:
        """Submit a contract, and wait for the verdict."""
        place = f"{self.url}/v2/verify/{self.chain_id}/{deployed.address}"
        body = {
            "stdJsonInput": standard_input(artifact),
            "compilerVersion": artifact.compiler,
            "contractIdentifier": f"{artifact.source}:{artifact.name}",
        }
        if deployed.transaction:
            body["creationTransactionHash"] = deployed.transaction
        submitted = _asked("POST", place, body=orjson.dumps(body), type_="application/json")
        if not (job := submitted.get("verificationId")):
            stands = submitted.get("customCode") == "already_verified"
            return Verified(artifact.name, "Sourcify", stands, _message(submitted))
        for answer in _answers(f"{self.url}/v2/verify/{job}", {}, self.pause):
            if answer.get("isJobCompleted"):
                match = (answer.get("contract") or {}).get("match")
                told = match or _message(answer.get("error") or {})
                return Verified(artifact.name, "Sourcify", match in MATCHES, told)
        return Verified(artifact.name, "Sourcify", False, f"no verdict yet; the job is {job}")


@dataclass(frozen=True, slots=True)
class Etherscan:
    """Etherscan's API, version 2: one address for all its chains."""

    url: str
    key: str
    chain_id: int
    pause: float

    def verify(self, artifact: Artifact, deployed: Deployed) -> Verified:
        """Submit a contract, and wait for the verdict."""
        arguments = constructor_data(artifact, deployed.arguments).hex()
        form = {
            "sourceCode": orjson.dumps(standard_input(artifact)).decode(),
            "codeformat": "solidity-standard-json-input",
            "contractaddress": deployed.address,
            "contractname": f"{artifact.source}:{artifact.name}",
            "compilerversion": f"v{artifact.compiler}",
            "constructorArguements": arguments,  # the API's own spelling for ten years
            "constructorArguments": arguments,  # and its documentation's since
        }
        query = {"chainid": str(self.chain_id), "module": "contract", "apikey": self.key}
        submitted = _asked("POST", self.url, query | {"action": "verifysourcecode"}, form=form)
        told = str(submitted.get("result"))
        if submitted.get("status") != "1":
            return Verified(artifact.name, "Etherscan", "already verified" in told.lower(), told)
        query |= {"action": "checkverifystatus", "guid": told}
        for answer in _answers(self.url, query, self.pause):
            if (verdict := str(answer.get("result"))) != PENDING:
                accepted = verdict.startswith(("Pass", "Already Verified"))
                return Verified(artifact.name, "Etherscan", accepted, verdict)
        return Verified(artifact.name, "Etherscan", False, f"no verdict yet; the guid is {told}")


def _answers(url: str, query: Mapping[str, str], pause: float) -> Iterator[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield _asked("GET", url, query)
        time.sleep(pause)


def _asked(
    method: str,
    url: str,
    query: Mapping[str, str] | None = None,
    *,
    body: bytes | None = None,
    form: Mapping[str, str] | None = None,
    type_: str = "application/x-www-form-urlencoded",
) -> dict[str, Any]:
    from urllib.parse import urlencode

    place = f"{url}?{urlencode(query)}" if query else url
    content = urlencode(form).encode() if form else body
    headers = {"Content-Type": type_} if content else {}
    try:
        answer = urllib3.request(method, place, body=content, headers=headers, timeout=60.0)
        told = orjson.loads(answer.data)
        if isinstance(told, dict):
            return told
        why = f"HTTP {answer.status}, which is no answer"
    except orjson.JSONDecodeError:
        why = f"HTTP {answer.status}, not JSON"
    except urllib3.exceptions.HTTPError as error:
        why = type(getattr(error, "reason", None) or error).__name__
    raise DeploymentError(
        f"The explorer at {url} does not answer ({why}); "
        "what is deployed stands: hand the sources in later with 'pyhealth deploy --verify'."
    )


def _message(told: Mapping[str, Any]) -> str:
    return str(told.get("message") or told.get("customCode") or "refused without a reason")
