"""The vault: salts, secrets, pseudonyms and record bytes, encrypted under a key for each subject.

opening -> vault (what users call) -> book (in clear) -> ledger (checked) -> store (tables)
envelope (AES-GCM), header and kek (keys), tree (one hash over all), witness (outside of it)
"""

from pyhealth.privacy.vault.inventory import inventory
from pyhealth.privacy.vault.kek import Kek, kek_of
from pyhealth.privacy.vault.opening import create_vault, open_vault
from pyhealth.privacy.vault.subject import Erasure, Ground, Kind
from pyhealth.privacy.vault.vault import Vault

__all__ = ["Erasure", "Ground", "Kek", "Kind", "Vault"]
__all__ += ["create_vault", "inventory", "kek_of", "open_vault"]
