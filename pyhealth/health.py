"""All clients on one chain, for one account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pyhealth.chain import network
from pyhealth.chain.binding import Binding
from pyhealth.chain.network import Chain
from pyhealth.chain.sender import Sender
from pyhealth.chain.wallet import CAST, AskPassword, Signer, Wallet, cast_address, no_prompt
from pyhealth.claims import ClaimAdjudicator
from pyhealth.config import EMBEDDED, Settings, load_settings
from pyhealth.consents import ConsentRegistry
from pyhealth.consortium import Consortium
from pyhealth.coverage import CoverageRegistry
from pyhealth.deployment.artifacts import read_artifact
from pyhealth.deployment.deployer import deploy
from pyhealth.deployment.records import Record, load_record, record_file
from pyhealth.errors import DeploymentError
from pyhealth.notary import Notary
from pyhealth.records import RecordRegistry

if TYPE_CHECKING:
    from pyhealth.index import Index  # SQLAlchemy takes a while to import
    from pyhealth.privacy.gate import Gate
    from pyhealth.privacy.pseudonyms import Pseudonyms
    from pyhealth.privacy.stores import Store
    from pyhealth.privacy.vault import Vault
    from pyhealth.trials.desk import Trials  # and so do the readers of study records

DEFAULT_ACCOUNT = "sponsor"  # of the cast, on local chains
DEPLOYER = "deployer"


@dataclass
class Health:
    """The suite on one chain. Close it, or use it as a context manager, to let the embedded chain
    go.
    """

    settings: Settings
    chain: Chain
    wallet: Wallet
    account: str | None = None  # one of the cast, a keystore, a pseudonym; None: the environment's

    def __post_init__(self) -> None:
        self.wallet = replace(self.wallet, pseudonym=lambda name: self.pseudonyms.called(name))

    @cached_property
    def signer(self) -> Signer:
        """The account that signs."""
        return self.wallet.signer(self.account, local=self.chain.local, default=DEFAULT_ACCOUNT)

    @cached_property
    def sender(self) -> Sender:
        """What every transaction of this account goes through."""
        return Sender(self.chain, self.signer)

    @cached_property
    def record(self) -> Record:
        """What is deployed here; on the embedded chain the suite is deployed on first use."""
        file = record_file(self.settings, self.chain)
        if self.chain.network.name == EMBEDDED:
            return deploy(
                self.chain, self.wallet.signer(DEPLOYER, local=True, default=DEPLOYER), file
            )
        return load_record(file, self.chain)

    @cached_property
    def notary(self) -> Notary:
        """Timestamps of documents."""
        return Notary(self._binding("Notary"), self.settings.home / "drafts")

    @cached_property
    def consortium(self) -> Consortium:
        """Members, votes, and the directory of contracts."""
        return Consortium(self._binding("Consortium"))

    @cached_property
    def consents(self) -> ConsentRegistry:
        """What patients allow."""
        return ConsentRegistry(self._binding("ConsentRegistry"))

    @cached_property
    def records(self) -> RecordRegistry:
        """References to health records, and the log of every access."""
        return RecordRegistry(self._binding("RecordRegistry"), lambda: self.gate)

    @cached_property
    def gate(self) -> Gate:
        """What serves the records in the vault."""
        from pyhealth.privacy.stores import VaultStore

        return self.guard(VaultStore(self.vault))

    def guard(self, store: Store) -> Gate:
        """Put the gate before a store of records."""
        from pyhealth.privacy.gate import Gate
        from pyhealth.privacy.served import Served

        name = f"{self.chain.chain_id}-{self.chain.genesis.hex()[:8]}.sqlite"
        return Gate(self.records, store, Served(self.settings.home / "served" / name))

    @cached_property
    def trials(self) -> Trials:
        """Clinical trials: what is anchored of them, and what their sponsor keeps."""
        from pyhealth.trials.desk import Trials
        from pyhealth.trials.registry import TrialRegistry
        from pyhealth.trials.shelf import Shelf

        binding = self._binding("TrialRegistry")
        name = f"{self.chain.chain_id}-{self.chain.genesis.hex()[:8]}-{binding.address[2:10]}"
        shelf = Shelf(self.settings.home / "trials" / name)
        return Trials(
            TrialRegistry(binding), shelf, lambda one: self.consortium.actor_of(one).member
        )

    @cached_property
    def coverage(self) -> CoverageRegistry:
        """Benefit plans, who is covered by them, and what was authorised."""
        return CoverageRegistry(self._binding("CoverageRegistry"))

    @cached_property
    def claims(self) -> ClaimAdjudicator:
        """Claims, decided and paid."""
        return ClaimAdjudicator(self._binding("ClaimAdjudicator"))

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """The accounts of the vault's subjects, one for each relationship."""
        from pyhealth.privacy.pseudonyms import Pseudonyms

        return Pseudonyms(self.vault, self.consortium.binding.address, self._member_called)

    def _member_called(self, text: str) -> int:
        from pyhealth.governance.register import member_called, register_of

        who = cast_address(text) if text in CAST and self.chain.local else text
        return member_called(self.consortium, register_of(self.consortium), who)

    @cached_property
    def vault(self) -> Vault:
        """What is personal: encrypted under a key for each subject, which erasure destroys."""
        from pyhealth.privacy.vault import kek_of, open_vault

        ask = self.wallet.ask_password
        kek = kek_of(self.settings, local=self.chain.local, ask=ask)
        return open_vault(self.settings, self.chain, kek)

    @cached_property
    def index(self) -> Index:
        """Every event of the suite, in a database; `Index.sync` brings it up to date."""
        from pyhealth.index import open_index, sources_of

        return open_index(self.settings, self.chain, sources_of(self.record))

    def _binding(self, name: str) -> Binding:
        deployed = self.record.contracts.get(name)
        if deployed is None or not self.chain.code(deployed.address):
            network = self.chain.network.name
            raise DeploymentError(
                f"{name} is not deployed on {network} (chain {self.chain.chain_id}); "
                f"deploy the suite with 'pyhealth deploy --network {network}'."
            )
        return Binding(self.chain, read_artifact(name), deployed.address, lambda: self.sender)

    def close(self) -> None:
        """Let the chain go."""
        self.chain.close()

    def __enter__(self) -> Health:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    network_name: str | None = None,
    account: str | None = None,
    *,
    settings: Settings | None = None,
    ask_password: AskPassword = no_prompt,
) -> Health:
    """Open the suite on a network (default: the embedded chain) for an account (default: the
    environment's).

    >>> with connect(account="sponsor") as health:
    ...     health.notary.stamp([Path("protocol.pdf")])
    """
    settings = settings or load_settings()
    chain = network.connect(settings, network_name)
    return Health(
        settings, chain, Wallet(settings.home, settings.environment, ask_password), account
    )
