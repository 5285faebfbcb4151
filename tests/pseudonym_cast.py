"""Patients of two hospitals: what each hospital does for them, and what the chain then shows."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from consent_cast import TREATMENT, Sharing

from pyhealth.chain.transactions import Call, Receipt
from pyhealth.chain.wallet import Signer, cast_address
from pyhealth.consents.messages import directing
from pyhealth.consents.registry import _directing as handed_in
from pyhealth.errors import SubjectUnknown, VaultRowMissing
from pyhealth.hashing import new_salt
from pyhealth.privacy.audit.links import linked, public_words
from pyhealth.privacy.audit.trail import Trail
from pyhealth.privacy.pseudonyms import Pseudonyms
from pyhealth.privacy.vault import Kind
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Grantee,
    Instruction,
    Label,
    Provision,
    Purpose,
    Role,
    bits_of,
)

HOSPITALS = ("hospital", "clinic")
ASKED = Purpose.TREAT, ConsentAction.ACCESS


@dataclass
class Drawer:
    """Keeps what a vault keeps, in memory."""

    held: dict[tuple[str, Kind, str], bytes] = field(default_factory=dict)

    def put(self, subject: str, kind: Kind, name: str, data: bytes) -> int:
        self.held[subject, kind, name] = data
        return 1

    def get(self, subject: str, kind: Kind, name: str) -> bytes:
        if subject not in self.subjects():
            raise SubjectUnknown
        if (subject, kind, name) not in self.held:
            raise VaultRowMissing(kind.value)
        return self.held[subject, kind, name]

    def get_or_put(self, subject: str, kind: Kind, name: str, data: bytes) -> bytes:
        return self.held.setdefault((subject, kind, name), data)

    def names(self, subject: str, kind: Kind) -> list[str]:
        return sorted(name for who, what, name in self.held if (who, what) == (subject, kind))

    def subjects(self) -> dict[str, None]:
        return dict.fromkeys(who for who, _, _ in self.held)

    def find(self, kind: Kind, name: str) -> str:
        for who, what, named in self.held:
            if (what, named) == (kind, name):
                return who
        raise SubjectUnknown


class Patients:
    """Some patients, each of whom is treated in both hospitals."""

    def __init__(self, sharing: Sharing, count: int, relation: Callable[[str], str]) -> None:
        self.sharing = sharing
        admit = sharing.consortium.admit(cast_address("clinic"), {Role.PROVIDER}, "Clinic")
        sharing.voted(admit)
        self.subjects = [f"MRN {number:05}" for number in range(count)]
        self.transactions: dict[bytes, str] = {}  # to the hospital and the patient it is about
        members = {"hospital": 1, "clinic": max(sharing.consortium.members())}
        place = sharing.consortium.binding.address
        drawers = {subject: Drawer() for subject in self.subjects}  # one for all takes O(n) a look
        for name in HOSPITALS:
            self.signers = {
                subject: Pseudonyms(drawers[subject], place, lambda text: members[text]).of(
                    subject, relation(name)
                )
                for subject in self.subjects
            }
            self._treat(name, members[name])

    def _treat(self, hospital: str, member: int) -> None:
        """Register a record of each, have each permit treatment, and ask for each record."""
        records = self.sharing.records(hospital)
        about = bits_of({Label.LABORATORY}), Confidentiality.N
        registered = self._sent(
            hospital,
            (
                records.binding.encode("register", self.signers[one].address, *about, new_salt())
                for one in self.subjects
            ),
        )
        permits = (self._permit(self.signers[one], Grantee(member)) for one in self.subjects)
        self._sent("stranger", permits, hospital)
        refs = [receipt.logs[0].topics[1] for receipt in registered]
        asked = (records.binding.encode("requestAccess", ref, *ASKED) for ref in refs)
        self._sent(hospital, asked)

    def _permit(self, patient: Signer, grantee: Grantee) -> Call:
        consents, now = self.sharing.consents("stranger"), self.sharing.now()
        nonce = consents.nonce_of(patient.address)
        by = Instruction(patient.address, nonce, now, now + timedelta(days=1))
        said = Provision.PERMIT, patient.address, grantee, TREATMENT, secrets.token_bytes(32)
        signed = directing(consents.domain, *said, by).signed_by(patient)
        return consents.binding.encode("grantBySignature", *handed_in(signed))

    def _sent(self, name: str, calls: Iterator[Call], hospital: str | None = None) -> list[Receipt]:
        sender = self.sharing.health(name).sender
        receipts = [one.done() for one in sender.send_many(calls, alike=True)]
        for subject, receipt in zip(self.subjects, receipts, strict=True):
            self.transactions[receipt.transaction] = f"{hospital or name}: {subject}"
        return receipts

    def pairs(self) -> tuple[set[str], set[tuple[str, str]]]:
        """What an observer of the chain joins: patients rightly, and views of two patients."""
        health = self.sharing.health("hospital")
        contracts = {name: one.address for name, one in health.record.contracts.items()}
        sent = list(Trail(health.chain, list(contracts.values())).whole())
        seen: dict[str, Any] = {}
        for one in sent:
            if view := self.transactions.get(one.hash):
                seen[view] = seen.get(view, frozenset()) | one.words()
        assert len(seen) == len(HOSPITALS) * len(self.subjects)
        found = {(one.first, one.second) for one in linked(seen, public_words(sent, contracts))}
        right, wrong = set(), set()
        for first, second in found:
            subjects = {view.partition(": ")[2] for view in (first, second)}
            if len(subjects) == 1:
                right |= subjects
            else:
                wrong.add((first, second))
        return right, wrong
