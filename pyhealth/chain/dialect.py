"""What nodes mean when they refuse: the same few facts, worded differently by every client."""

from __future__ import annotations

import re
from enum import Enum, auto

from pyhealth.errors import RpcRefused


class Meaning(Enum):
    """What a refusal of a transaction says about it."""

    KNOWN = auto()  # the node has it
    NONCE_USED = auto()  # a transaction with that nonce is mined: ours, or a foreign one
    UNDERPRICED = auto()  # it must offer more
    HOPELESS = auto()  # no node will ever take these bytes
    LATER = auto()  # anything else: it may be taken another time


RATE_LIMITED = frozenset({-32005, -32029})
RATE_TEXTS = re.compile(r"too many requests|rate.?limit|request limit|quota|capacity")
LOG_LIMIT = re.compile(r"range|result|block|log")  # -32005 is also said of too wide a log query
NOT_THERE_YET = re.compile(r"blockoutofrange|header not found|unknown block|block not found")

TEXTS = (
    (
        Meaning.KNOWN,
        re.compile(r"already known|already imported|(?<!un)known transaction|already exists"),
    ),
    (Meaning.NONCE_USED, re.compile(r"nonce (is )?too (low|small)|old ?nonce|nonce below")),
    (
        Meaning.UNDERPRICED,
        re.compile(r"underpriced|base ?fee|(fee|price) (is )?(too low|below|not enough)"),
    ),
    (
        Meaning.HOPELESS,
        re.compile(
            r"block gas limit|intrinsic gas|gas limit too|initcode|oversized|type not supported"
        ),
    ),
)


def meaning(refused: RpcRefused) -> Meaning:
    """Say what a node means by refusing a transaction."""
    message = refused.message.lower()
    return next((fact for fact, texts in TEXTS if texts.search(message)), Meaning.LATER)


def rate_limited(refused: object) -> bool:
    """Say whether a node asks to be asked less often."""
    if not isinstance(refused, RpcRefused):
        return False
    message = refused.message.lower()
    if "revert" in message:  # a contract's words, not the node's
        return False
    if RATE_TEXTS.search(message):
        return True
    return refused.code in RATE_LIMITED and not LOG_LIMIT.search(message)


def not_there_yet(refused: object) -> bool:
    """Say whether a node lacks a block that others have: it lags, or is being reorganised."""
    return isinstance(refused, RpcRefused) and bool(NOT_THERE_YET.search(refused.message.lower()))
