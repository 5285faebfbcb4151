"""Opens the vault of a chain: in the data folder, or at `PYHEALTH_VAULT_URL`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pyhealth.chain.network import Chain
from pyhealth.config import Settings
from pyhealth.errors import FilesRemain, VaultExists, VaultMissing
from pyhealth.index.store import database_url
from pyhealth.privacy.vault.kek import Kek, kek_of
from pyhealth.privacy.vault.store import PATIENCE, Store, make_folder
from pyhealth.privacy.vault.vault import Vault
from pyhealth.privacy.vault.witness import Witness

SETTING = "PYHEALTH_VAULT_URL"


def open_vault(
    settings: Settings, chain: Chain, kek: Kek | None = None, *, patience: float = PATIENCE
) -> Vault:
    """Open the vault of a chain with its wrapping key, that of the settings where none is given.

    On development chains it is made on first use; elsewhere by 'pyhealth privacy vault init'.
    """
    vault = vault_at(settings, chain, kek or kek_of(settings, local=chain.local), patience)
    if not vault.store.exists():
        if not chain.local or vault.witness.head() is not None:  # one that was there has gone
            raise VaultMissing(vault.store.where)
        _make(vault)
    with suppress(FilesRemain):  # told whoever erases; here something else is to be done
        vault.resume()
    return vault


def create_vault(settings: Settings, chain: Chain, kek: Kek) -> Vault:
    """Make the vault of a chain where there is none."""
    vault = vault_at(settings, chain, kek)
    if vault.store.exists():
        raise VaultExists(vault.store.where)
    _make(vault)
    vault.check()
    return vault


def folder_of(settings: Settings, chain: Chain) -> Path:
    """Return the folder of what is known of a vault outside of its database."""
    return settings.home / "vault" / f"{chain.chain_id}-{chain.genesis[:4].hex()}"


def vault_at(settings: Settings, chain: Chain, kek: Kek, patience: float = PATIENCE) -> Vault:
    """Return the vault of a chain, whether it is made yet or not."""
    folder = folder_of(settings, chain)
    url = settings.environment.get(SETTING) or f"sqlite:///{folder / 'vault.sqlite'}"
    store = Store(database_url(url), patience=patience)
    return Vault(store, Witness(folder), chain.chain_id, chain.genesis, kek)


def _make(vault: Vault) -> None:
    make_folder(vault.witness.folder)
    vault.store.make_room()
    vault.create()
