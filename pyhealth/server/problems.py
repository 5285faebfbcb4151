"""Refusals over HTTP: problem details (RFC 9457) that name the fact, and never what is kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from pyhealth import errors
from pyhealth.errors import AccessNotPermitted, PyHealthError, ReceiptNotFinal

MEDIA_TYPE = "application/problem+json"
LOGGER = logging.getLogger(__name__)
STATUSES: Sequence[tuple[type[PyHealthError], int]] = (  # the first that fits
    (errors.CallerNotKnown, 401),
    (errors.AccessNotPermitted, 403),
    (errors.RecordUnknown, 404),
    (errors.RecordNotHeld, 404),
    (errors.RecordKeptElsewhere, 404),
    (errors.ReceiptNotFinal, 409),
    (errors.RecordChanged, 409),
    (errors.SubjectErased, 404),
    (errors.RecordsPaused, 503),
    (errors.RecordDamaged, 500),
    (errors.ServedUnusable, 503),
    (errors.GateError, 403),
    (errors.ContractError, 403),
    (errors.ChainError, 503),
)
UNSAID = "Nothing is served: the gate cannot work now, and its own log says why."
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which problem it is, and where it is told."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is refused, and what to do."},
        "ground": {"type": "string", "description": "On what ground access is denied."},
        "receipt": {"type": "string", "description": "The hash of the receipt of the denial."},
    },
}
TITLES = {
    401: "It is not known who asks",
    403: "Nothing is served",
    404: "There is no such record here",
    409: "The receipt does not fit yet, or no more",
    422: "The request cannot be read",
    500: "The record is damaged, or cannot be read",
    503: "The gate cannot work now",
}
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {"description": title, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
    for status, title in TITLES.items()
}


def register(app: FastAPI) -> None:
    """Let an application answer with problems."""

    @app.get("/problems/{name}", include_in_schema=False)
    def described(name: str) -> PlainTextResponse:
        if (kind := KINDS.get(name)) is None:
            raise HTTPException(404, "There is no such problem")
        return PlainTextResponse(" ".join((kind.__doc__ or "").split()))

    @app.exception_handler(PyHealthError)
    def refused(request: Request, error: PyHealthError) -> JSONResponse:
        status = status_of(error)
        known = status < 500 or isinstance(error, errors.RecordDamaged | errors.RecordsPaused)
        if status >= 500:
            LOGGER.error("%s", error)
        return problem(status, type(error).__name__, str(error) if known else UNSAID, _more(error))

    @app.exception_handler(RequestValidationError)
    def unread(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return problem(422, "RequestNotReadable", f"{where}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    def missed(request: Request, error: HTTPException) -> JSONResponse:
        answer = problem(error.status_code, "NoSuchPlace", f"{error.detail}.")
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        LOGGER.error("%s", type(error).__name__, exc_info=error)
        return problem(500, "Fault", UNSAID)


def status_of(error: PyHealthError) -> int:
    """Return the HTTP status of a refusal; what is wrong in this house is 500."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def problem(
    status: int, kind: str, detail: str, more: dict[str, str] | None = None
) -> JSONResponse:
    """Return an answer of problem details."""
    title = TITLES.get(status, "This cannot be done here")
    where = f"/problems/{name_of(kind)}" if name_of(kind) in KINDS else "about:blank"
    said = {"type": where, "title": title, "status": status, "detail": detail}
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer, Receipt"
    if kind == ReceiptNotFinal.__name__:
        headers["Retry-After"] = "5"
    return JSONResponse(said | (more or {}), status, headers, MEDIA_TYPE)


def name_of(kind: str) -> str:
    """Return the name of a problem in its address."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", kind).lower()


KINDS = {
    name_of(name): kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, PyHealthError)
}


def _more(error: PyHealthError) -> dict[str, str]:
    if not isinstance(error, AccessNotPermitted):
        return {}
    return {
        "ground": error.receipt.ground.name.lower(),
        "receipt": "0x" + error.receipt_hash.hex(),
    }
