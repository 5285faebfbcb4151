"""What the gate answers over HTTP."""

from __future__ import annotations

from enum import IntEnum
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BeforeValidator, WithJsonSchema

from pyhealth.privacy.gate import NO_STUDY, Wanted
from pyhealth.privacy.presenting import content_digest
from pyhealth.server import problems
from pyhealth.server.custodian import Custodian
from pyhealth.values import ConsentAction, Purpose

HASH = r"^0x[0-9a-f]{64}$"
BYTES = "application/octet-stream"
ABOUT = """\
Serves a record only after the chain has a receipt that permits it. Every refusal is on record, too.

Programs of this house send `Authorization: Bearer TOKEN`: the gate asks for them. Everyone else
asks the contract itself (`RecordRegistry.requestAccess`), and sends
`Authorization: Receipt TRANSACTION.SIGNATURE`: the transaction's hash, and the signature of the
account that sent it over EIP-712 `Presenting(bytes32 transaction,bytes32 gate)` in the domain of
the record registry, where `gate` is the Keccak-256 of this gate's scheme, host and port. A receipt
opens a record once, within five minutes. `pyhealth record fetch` does all of it.
"""
AUTHORIZATION = APIKeyHeader(
    name="Authorization", auto_error=False, description="Bearer TOKEN, or Receipt TX.SIGNATURE."
)
SERVED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The record, as it was registered.",
        "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "Pyhealth-Receipt": {"schema": {"type": "string"}},
            "Pyhealth-Transaction": {"schema": {"type": "string"}},
            "Content-Digest": {"schema": {"type": "string"}},
        },
    }
}


def _named(kind: type[IntEnum], what: str) -> tuple[BeforeValidator, WithJsonSchema]:
    names = [one.name for one in kind]

    def read(text: object) -> IntEnum:
        if not isinstance(text, str) or text.upper() not in names:
            raise ValueError(f"{str(text)[:40]!r} is no {what}")
        return kind[text.upper()]

    return BeforeValidator(read), WithJsonSchema({"type": "string", "enum": names})


PURPOSE, ACTION = _named(Purpose, "purpose"), _named(ConsentAction, "action")


def create_app(custodian: Custodian) -> FastAPI:
    """Return the application of a custodian's gate, for any ASGI server."""
    app = FastAPI(
        title="pyhealth gate",
        version=version("pyhealth"),
        description=ABOUT,
        docs_url=None,  # these pages load scripts of others
        redoc_url=None,
    )
    problems.register(app)

    @app.get(
        "/records/{record}",
        responses=SERVED | problems.DOCUMENTED,
        response_class=Response,
    )
    def record(
        authorization: Annotated[str | None, Security(AUTHORIZATION)],
        record: Annotated[str, Path(pattern=HASH, description="The record's reference.")],
        purpose: Annotated[Purpose, *PURPOSE, Query(description="What for.")],
        action: Annotated[ConsentAction, *ACTION, Query()] = ConsentAction.ACCESS,
        study: Annotated[str | None, Query(pattern=HASH, description="For which study.")] = None,
    ) -> Response:
        """Serve a record to an account with a receipt that permits it."""
        whose = bytes.fromhex(study[2:]) if study else NO_STUDY
        wanted = Wanted(bytes.fromhex(record[2:]), purpose, action, whose)
        opened = custodian.answer(authorization, wanted)
        made = opened.requested
        headers = {
            "Pyhealth-Receipt": "0x" + made.receipt_hash.hex(),
            "Pyhealth-Transaction": "0x" + made.anchored.transaction.hex(),
            "Content-Digest": content_digest(opened.data),
            "Content-Disposition": "attachment",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(opened.data, headers=headers, media_type=BYTES)

    @app.get("/health", responses={503: problems.DOCUMENTED[503]})
    def health() -> dict[str, int | str]:
        """Say that the gate works, and how far the chain is."""
        chain = custodian.health.chain
        return {"status": "ok", "chain_id": chain.chain_id, "block": chain.head()}

    return app
