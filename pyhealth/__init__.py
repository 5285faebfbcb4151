"""Healthcare on EVM chains: documents stamped and verified, with more to come; see `connect`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhealth.anchoring import verify, verify_offline
    from pyhealth.errors import PyHealthError
    from pyhealth.health import Health, connect

__all__ = ["Health", "PyHealthError", "connect", "verify", "verify_offline"]

_HOMES = {
    "Health": "health",
    "PyHealthError": "errors",
    "connect": "health",
    "verify": "anchoring",
    "verify_offline": "anchoring",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use: web3.py alone takes a second, and ``--help`` needs none of
    it.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'pyhealth' has no attribute {name!r}")
    return getattr(import_module(f"pyhealth.{_HOMES[name]}"), name)
