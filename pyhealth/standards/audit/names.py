"""How FHIR names what the chain knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyhealth.hashing import Domain
from pyhealth.standards.audit import codes
from pyhealth.standards.audit.codes import Json


@dataclass(frozen=True, slots=True)
class Names:
    """How FHIR knows what the chain knows; what has no reference is named by its identifier."""

    domain: Domain  # of the record registry
    members: Mapping[int, str] = field(default_factory=dict)
    patients: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[bytes, str] = field(default_factory=dict)

    def member(self, number: int) -> Json:
        """Refer to a member organisation."""
        return self._named("Organization", self.members.get(number), codes.MEMBER, str(number))

    def patient(self, account: str) -> Json:
        """Refer to a patient."""
        return self._named("Patient", self.patients.get(account), codes.PATIENT, account)

    def record(self, ref: bytes) -> Json:
        """Refer to a record."""
        return self._named("", self.records.get(ref), codes.RECORD, "0x" + ref.hex())

    def account(self, address: str) -> Json:
        """Refer to whoever acted."""
        return self.identified(codes.ACCOUNT, address)

    def contract(self) -> Json:
        """Refer to the contract that decided."""
        return self.identified(codes.CONTRACT, self.domain.contract)

    def identified(self, system: str, value: str) -> Json:
        """Refer to something by an identifier of ours."""
        return {"identifier": {"system": system, "value": f"{self.chain}:{value}"}}

    @property
    def chain(self) -> str:
        """The chain, as CAIP-2 names it."""
        return f"eip155:{self.domain.chain_id}"

    def _named(self, kind: str, reference: str | None, system: str, value: str) -> Json:
        if reference:
            return {"reference": reference}
        return self.identified(system, value) | ({"type": kind} if kind else {})
