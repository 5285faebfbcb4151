"""The register of processing activities (GDPR Art. 30(1)), written from what is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pyhealth.config import read_yaml
from pyhealth.errors import InputError
from pyhealth.privacy.activities import ACTIVITIES, Activity

UNSTATED = "not stated yet: name it in the file of --controller"
MEASURES = (
    "Pseudonymisation: an account for each relationship, derived from a secret that the vault "
    "keeps; no name, number or text on the chain.",
    "Encryption: AES-256-GCM under a key for each subject, wrapped by a key that lies elsewhere.",
    "Commitments with random salts of 256 bits: nothing on the chain opens to a dictionary.",
    "Confidentiality: no record is served without a receipt that the contract permitted it.",
    "Integrity: every record is checked against its commitment; every access leaves a receipt, "
    "chained so that a missing one shows.",
    "Availability: backups, and recovery of the vault's key from two of three shares.",
    "Testing: 'pyhealth privacy audit' searches chain and files for what must not be there.",
)


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the processing: what no deployment knows."""

    controller: str | None = None
    representative: str | None = None
    data_protection_officer: str | None = None
    joint_controllers: Sequence[str] = ()
    third_countries: str | None = None  # transfers there, and their safeguards
    organisational_measures: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the consortium, as a recipient."""

    name: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Register:
    """The register, field for field as Art. 30(1) lists them."""

    written: datetime
    chain: str
    controller: Controller
    activities: Mapping[str, Activity]  # by contract
    contracts: Mapping[str, str]  # their addresses
    members: Sequence[Member]
    time_limits: Mapping[str, str]  # of the vault's retention schedule
    measures: Sequence[str] = field(default=MEASURES)

    def plain(self) -> dict[str, Any]:
        """Return the register as plain values, for JSON."""
        who = self.controller
        return {
            "written": self.written,
            "chain": self.chain,
            "a_controller": {
                "controller": who.controller,
                "joint_controllers": list(who.joint_controllers),
                "representative": who.representative,
                "data_protection_officer": who.data_protection_officer,
            },
            "activities": [
                {"contract": name, "address": self.contracts[name], **_lettered(activity)}
                for name, activity in self.activities.items()
            ],
            "d_recipients": [asdict(one) for one in self.members],
            "e_third_countries": who.third_countries,
            "f_time_limits": dict(self.time_limits),
            "g_measures": [*self.measures, *who.organisational_measures],
        }

    def markdown(self) -> str:
        """Return the register as a page to read and to hand to the authority."""
        return "\n".join(_page(self)) + "\n"


def write_register(
    controller: Controller,
    chain: str,
    contracts: Mapping[str, str],
    members: Sequence[Member],
    time_limits: Mapping[str, str],
    written: datetime,
) -> Register:
    """Describe what a deployment processes; every contract that handles data has its entry."""
    known = {name: ACTIVITIES[name] for name in sorted(contracts) if name in ACTIVITIES}
    addresses = {name: contracts[name] for name in known}
    return Register(written, chain, controller, known, addresses, members, time_limits)


def read_controller(file: Path | None) -> Controller:
    """Read who answers for the processing from a YAML file."""
    if file is None:
        return Controller()
    content, known = read_yaml(file), Controller.__dataclass_fields__
    for name, value in content.items():
        if name not in known:
            raise InputError(f"{file}: {name!r} is not known; known are {', '.join(known)}.")
        several = isinstance(known[name].default, tuple)
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not (fits if several else isinstance(value, str)):
            kind = "a list of texts" if several else "a text"
            raise InputError(f"{file}: {name} must be {kind}, and is {value!r}.")
    return Controller(**content)


def _lettered(activity: Activity) -> dict[str, str]:
    return {
        "name": activity.name,
        "b_purposes": activity.purposes,
        "c_data_subjects": activity.subjects,
        "c_data_on_chain": activity.on_chain,
        "c_data_off_chain": activity.off_chain,
        "d_recipients": activity.recipients,
        "f_erasure": activity.erasure,
    }


def _page(register: Register) -> Iterable[str]:
    who = register.controller
    yield "# Register of processing activities"
    yield f"\nGDPR Art. 30(1); written on {register.written:%Y-%m-%d} for {register.chain}."
    yield "\n## (a) Controller\n"
    yield f"- Controller: {who.controller or UNSTATED}"
    yield f"- Joint controllers: {'; '.join(who.joint_controllers) or 'none stated'}"
    yield f"- Representative: {who.representative or 'none stated'}"
    yield f"- Data protection officer: {who.data_protection_officer or UNSTATED}"
    yield "\n## (b), (c), (d), (f) Activities"
    for name, one in register.activities.items():
        yield f"\n### {one.name}\n\nContract {name} at {register.contracts[name]}.\n"
        yield f"- Purposes: {one.purposes}."
        yield f"- Data subjects: {one.subjects}."
        yield f"- Data on the chain: {one.on_chain}."
        yield f"- Data off the chain: {one.off_chain}."
        yield f"- Recipients: {one.recipients}."
        yield f"- Erasure: {one.erasure}"
    yield "\n## (d) Members of the consortium\n"
    yield from (f"- {one.name}: {', '.join(one.roles)}" for one in register.members)
    yield "\n## (e) Third countries\n"
    yield who.third_countries or f"Where the chain's nodes stand is {UNSTATED}."
    yield "\n## (f) Time limits\n"
    yield from (f"- {what}: {limit}" for what, limit in register.time_limits.items())
    if not register.time_limits:
        yield "- No schedule is set; 'pyhealth privacy retention' sets one."
    yield "\n## (g) Measures\n"
    yield from (f"- {one}" for one in (*register.measures, *who.organisational_measures))
