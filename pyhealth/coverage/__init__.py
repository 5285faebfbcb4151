"""Who is covered by which plan: the client of CoverageRegistry.sol."""

from pyhealth.coverage.registry import CoverageRegistry, Eligibility

__all__ = ["CoverageRegistry", "Eligibility"]
