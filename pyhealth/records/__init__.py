"""Shared records: the client of their contract, and what the index tells of every access."""

from pyhealth.records.registry import RecordRegistry, Requested

__all__ = ["RecordRegistry", "Requested"]
