"""Approvals that an ethics board signs where no node is, and anyone hands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyhealth.chain.wallet import Signer
from pyhealth.governance.ballots import signed
from pyhealth.hashing import Domain, approval_digest
from pyhealth.values import Version

CONTRACT = "TrialRegistry"  # its name in what is signed


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """A board's approval of one version of a protocol."""

    chain_id: int
    registry: str
    trial_id: bytes
    version: int
    protocol: bytes
    outcomes: bytes
    board: int
    nonce: int
    signer: str
    deadline: datetime  # the first second at which it is refused
    signature: bytes


def sign_approval(
    signer: Signer,
    domain: Domain,
    trial_id: bytes,
    version: int,
    content: Version,
    *,
    board: int,
    nonce: int,
    deadline: datetime,
) -> SignedApproval:
    """Sign an approval of what the board read; needs no node."""
    digest = approval_digest(
        domain,
        trial_id,
        version,
        (content.protocol, content.outcomes),
        board=board,
        nonce=nonce,
        deadline=int(deadline.timestamp()),
    )
    return SignedApproval(
        domain.chain_id,
        domain.contract,
        trial_id,
        version,
        content.protocol,
        content.outcomes,
        board,
        nonce,
        signer.address,
        deadline,
        signed(signer, digest),
    )
