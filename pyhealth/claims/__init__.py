"""Claims, decided line by line and paid: the client of ClaimAdjudicator.sol."""

from pyhealth.claims.adjudicator import ClaimAdjudicator, Decided, decided_in, refused_in
from pyhealth.claims.token import Token

__all__ = ["ClaimAdjudicator", "Decided", "Token", "decided_in", "refused_in"]
