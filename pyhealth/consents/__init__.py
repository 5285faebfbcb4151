"""Consents: the client of their contract, what is signed for it, and what the index tells of it."""

from pyhealth.consents.registry import ConsentRegistry, Given

__all__ = ["ConsentRegistry", "Given"]
