"""Claims: FHIR files to payments, against the same claims as pre-signed transactions."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

import orjson
import urllib3

from benchmarks.processes import ROOT, node, run, steady
from benchmarks.report import Row
from pyhealth.chain.network import connect as reach
from pyhealth.chain.transactions import Fees, sign
from pyhealth.chain.wallet import Signer, Wallet, cast_key
from pyhealth.config import Settings, load_settings
from pyhealth.deployment.deployer import deploy
from pyhealth.deployment.records import record_file
from pyhealth.health import Health, connect
from pyhealth.reimbursement.coding import Coder
from pyhealth.reimbursement.desk import Desk
from pyhealth.reimbursement.enrolling import Enrolling
from pyhealth.reimbursement.plans import draft, keep
from pyhealth.standards.claims.coverages import CoverageRecord
from pyhealth.standards.claims.reader import read_claims
from pyhealth.values import as_words

CLAIMS = 10_000
COVERAGES = 200
ROUNDS = 3
FLOOR_BATCH = 1_000  # transactions in one request
HISTORY = (0, 1_000, 10_000)  # earlier claims of the provider
JSON = {"Content-Type": "application/json"}
DAY = "2025-02-10"
SERVICE = "urn:pyhealth:sample-services"


def rows() -> list[Row]:
    """Measure in turns, each on a fresh chain, and take the median of the ratios."""
    rounds = [(_floor(), _ours()) for _ in range(ROUNDS)]
    floor, ours = (median(column) for column in zip(*rounds, strict=True))
    costs = _costs()
    return [
        Row(
            f"{CLAIMS:,} FHIR claims read, coded, sent, decided, paid and reconciled: times the "
            "rate of the same claims as pre-signed transactions",
            median(o / f for f, o in rounds),
            at_least=0.4,
        ),
        Row("claims a second, end to end", ours),
        Row("claims a second, pre-signed transactions in batches of 1,000: the floor", floor),
        Row(
            f"MB of memory at most for {CLAIMS:,} claims, above the opened client",
            _peak(),
            at_most=100,
        ),
        *(
            Row(f"gas of one claim after {before:,} earlier ones", cost)
            for before, cost in zip(HISTORY, costs, strict=True)
        ),
        Row("gas that 10,000 earlier claims add to one", costs[-1] - costs[0], at_most=100),
    ]


def insured(url: str, home: Path) -> Settings:
    """Deploy the suite, publish the samples' plan, cover persons, and fund the pool."""
    settings = load_settings(
        {**os.environ, "PYHEALTH_HOME": str(home), "PYHEALTH_RPC_URL": url}, ROOT
    )
    chain = reach(settings)
    deployer = Wallet(home, {}).signer("deployer", local=True, default="deployer")
    deploy(chain, deployer, record_file(settings, chain))
    with connect(account="insurer", settings=settings) as health:
        at, made = Desk(health), draft(ROOT / "samples/claims/plan.yaml")
        said = made.document.terms, made.document.benefits
        plan = health.coverage.publish(
            0, *said, fee_schedule=made.fee_schedule, document=made.commitment
        )
        keep(at.book.folder, made, *plan)
        run_ = Enrolling(health.coverage, health.sender, health.index, at.book, at.member)
        first = date(2025, 1, 1)
        people = (
            CoverageRecord(f"C-{i}", f"P-{i}", first, date(2035, 1, 1), first)
            for i in range(COVERAGES)
        )
        run_.run(people, *plan)
        claims, funds = health.claims, 10**12
        claims.token.mint(health.signer.address, funds)
        claims.token.approve(claims.binding.address, funds)
        claims.deposit(funds)
    return settings


def written(file: Path, count: int) -> Path:
    """Write claims of one line each, of which none is like another."""
    money = {"value": 80, "currency": "EUR"}
    with file.open("wb") as out:
        for i in range(count):
            coverage = {"reference": f"Coverage/C-{i % COVERAGES}"}
            item = {
                "sequence": 1,
                "productOrService": {"coding": [{"system": SERVICE, "code": "C100"}]},
                "modifier": [{"coding": [{"code": f"M{i}"}]}],
                "servicedDate": DAY,
                "net": money,
            }
            claim = {
                "resourceType": "Claim",
                "id": f"N-{i}",
                "status": "active",
                "type": {"coding": [{"code": "professional"}]},
                "use": "claim",
                "patient": {"reference": "Patient/1"},
                "created": DAY,
                "provider": {"reference": "Organization/hospital"},
                "priority": {"coding": [{"code": "normal"}]},
                "insurance": [{"sequence": 1, "focal": True, "coverage": coverage}],
                "item": [item],
                "total": money,
            }
            out.write(orjson.dumps(claim) + b"\n")
    return file


def _ours() -> float:
    with tempfile.TemporaryDirectory() as folder, node(*steady(history=True)) as url:
        home = Path(folder)
        settings, file = insured(url, home / "home"), written(home / "claims.ndjson", CLAIMS)
        with connect(account="hospital", settings=settings) as health:
            started = time.perf_counter()
            done = Desk(health).submit([file])
            taken = time.perf_counter() - started
        assert done.submitted == CLAIMS == done.paid + done.denied
        return CLAIMS / taken


def _floor() -> float:
    with tempfile.TemporaryDirectory() as folder, node(*steady(history=True)) as url:
        home, hospital = Path(folder), Signer.from_key(cast_key("hospital"))
        settings, file = insured(url, home / "home"), written(home / "claims.ndjson", CLAIMS)
        with connect(account="hospital", settings=settings) as health:
            coder = Coder(Desk(health).book, 1)
            chain, binding = health.chain, health.claims.binding
            calls = (
                binding.encode("submit", as_words(coder.claim(one)))  # type: ignore[arg-type]
                for one in read_claims([file])
            )
            fees = Fees(4 * 10**9, 1)
            raw = [
                sign(c, hospital, chain_id=chain.chain_id, nonce=i, gas=300_000, fees=fees).raw
                for i, c in enumerate(calls)
            ]
            bodies = [_body(raw[i : i + FLOOR_BATCH]) for i in range(0, CLAIMS, FLOOR_BATCH)]
            pool = urllib3.PoolManager()
            started = time.perf_counter()
            for body in bodies:
                assert pool.request("POST", url, body=body, headers=JSON).data
            while chain.nonce(hospital.address) < CLAIMS:
                time.sleep(0.01)
            taken = time.perf_counter() - started
            assert health.claims.claims_of(1) == CLAIMS
        return CLAIMS / taken


def _body(raw: list[bytes]) -> bytes:
    method = "eth_sendRawTransaction"
    asked = [
        {"jsonrpc": "2.0", "id": i, "method": method, "params": ["0x" + one.hex()]}
        for i, one in enumerate(raw)
    ]
    return orjson.dumps(asked)


def _costs() -> list[int]:
    """Return what one claim costs after more and more earlier ones of its provider."""
    with tempfile.TemporaryDirectory() as folder, node(*steady(history=True)) as url:
        home, costs = Path(folder), list[int]()
        settings = insured(url, home / "home")
        with connect(account="hospital", settings=settings) as health:
            health.claims.token.mint(health.signer.address, 1)
            for before in HISTORY:
                at = Desk(health)
                at.submit([written(home / "claims.ndjson", before)])
                at.submit([_single(home / "one.csv", f"{before}-first")])
                costs.append(_cost(health, home, f"{before}"))
        return costs


def _single(file: Path, name: str) -> Path:
    heading = "claim,coverage,code,served_on,charge,currency,qualifiers\n"
    file.write_text(f"{heading}{name},C-0,{SERVICE}|C100,2025-02-11,80.00,EUR,{name}\n")
    return file


def _cost(health: Health, home: Path, name: str) -> int:
    (billed,) = read_claims([_single(home / "one.csv", name)])
    claim = Coder(Desk(health).book, 1).claim(billed)  # type: ignore[arg-type]
    words = as_words(claim)
    data = health.claims.binding.encode("submit", words).data
    receipt = health.claims.binding.send("submit", words)
    return receipt.gas_used - sum(16 if byte else 4 for byte in data)  # what the bytes cost aside


def _peak() -> float:
    """Submit claims in a process of its own, and return the megabytes it took at most."""
    with tempfile.TemporaryDirectory() as folder, node(*steady(history=True)) as url:
        home = Path(folder)
        insured(url, home / "home")
        files = written(home / "few.ndjson", 10), written(home / "claims.ndjson", CLAIMS)
        script = f"""
from pathlib import Path
from pyhealth.config import load_settings
from pyhealth.health import connect
from pyhealth.reimbursement.desk import Desk
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
with connect(account="hospital") as health:
    Desk(health).submit([Path({str(files[0])!r})])
    before = most()
    Desk(health).submit([Path({str(files[1])!r})])
    print((most() - before) / 1024)
"""
        known = {"PYHEALTH_HOME": str(home / "home"), "PYHEALTH_RPC_URL": url}
        return float(run(script, {**os.environ, **known}))
