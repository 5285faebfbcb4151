"""What a vault keeps, in numbers: nothing in it leads to anybody."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pyhealth.privacy.vault.subject import Kind
from pyhealth.privacy.vault.vault import Vault


def inventory(vault: Vault) -> dict[str, Any]:
    """Return what is kept, by kind, which key wraps it, and how far the vault has come."""
    with vault.reading() as book:
        header, states = book.ledger.header, book.ledger.states()
        keep = header.read_policy(book.ledger.keys).keep
    kinds = Counter(kind for state in states for kind, _ in state.held)
    return {
        "vault": vault.store.where,
        "identifier": header.vault,
        "chain_id": header.chain_id,
        "wrapped_by": header.wrapper,
        "recovery_shares": bool(header.spare),
        "subjects": sum(bool(state.wrapped) for state in states),
        "erased": sum(not state.wrapped for state in states),
        **{f"{kind}s": kinds[kind] for kind in Kind},
        "kept_for": "ever" if keep is None else str(keep),
        "changes": header.changes,
        "root": header.root,
    }
