"""Plans as they were published: their file of service codes and their prices, kept with the salts
that open them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhealth.errors import InputError
from pyhealth.hashing import commitment, keccak, new_salt
from pyhealth.reimbursement.book import private
from pyhealth.standards.claims.fee_schedule import FeeSchedule, read_fee_schedule
from pyhealth.standards.claims.mapping import Mapping, read_mapping
from pyhealth.standards.claims.plan import PlanDocument, read_plan

PLAN_DOMAIN = keccak(b"pyhealth.plan")
FILES = {"mapping": "mapping.yaml", "fees": "fees.csv"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is to be published, with the salt that its commitments are made with."""

    document: PlanDocument
    mapping: Mapping
    fees: FeeSchedule | None
    salt: bytes

    @property
    def fee_schedule(self) -> bytes:
        """The root over the prices; zeros for none."""
        return self.fees.root if self.fees else bytes(32)

    @property
    def commitment(self) -> bytes:
        """What the chain keeps of the plan's document and its file of service codes."""
        return commitment(
            PLAN_DOMAIN, self.salt, keccak(self.document.digest + self.mapping.digest)
        )


@dataclass(frozen=True, slots=True)
class PublishedPlan:
    """A version of a plan, as those know it who bill under it."""

    number: int
    version: int
    name: str
    currency: str
    categories: tuple[str, ...]
    mapping: Mapping
    fees: FeeSchedule | None


def draft(file: Path) -> Draft:
    """Read a plan with all that belongs to it."""
    document = read_plan(file)
    if document.mapping is None:
        raise InputError(f"{file} names no mapping of service codes; add 'mapping: FILE'.")
    mapping, salt = read_mapping(document.mapping), new_salt()
    for category in mapping.categories:
        if category not in document.categories:
            raise InputError(
                f"{document.mapping} maps codes to {category!r}, which {file} does not list; add "
                "it to one, or take it from the other."
            )
    fees = None
    if document.fee_schedule:
        fees = read_fee_schedule(
            document.fee_schedule,
            mapping=mapping,
            categories=document.categories,
            currency=document.currency,
            salt=salt,
        )
    return Draft(document, mapping, fees, salt)


def keep(folder: Path, one: Draft, number: int, version: int) -> None:
    """Keep a plan that was published."""
    document = one.document
    place = folder_of(folder, number, version)
    private(place / FILES["mapping"], Path(one.mapping.file).read_bytes())
    if document.fee_schedule:
        private(place / FILES["fees"], document.fee_schedule.read_bytes())
    said = {"name": document.name, "currency": document.currency}
    said |= {"categories": list(document.categories), "salt": "0x" + one.salt.hex()}  # type: ignore[dict-item]
    private(place / "plan.json", json.dumps(said, indent=1).encode())


def load(folder: Path, number: int, version: int) -> PublishedPlan:
    """Return a plan that was published here, or taken from its payer."""
    place = folder_of(folder, number, version)
    try:
        said = json.loads((place / "plan.json").read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"version {version} of plan {number} is not known here; take what its payer shares."
        ) from error
    mapping, categories = read_mapping(place / FILES["mapping"]), tuple(said["categories"])
    fees = None
    if (file := place / FILES["fees"]).exists():
        salt = bytes.fromhex(said["salt"][2:])
        fees = read_fee_schedule(
            file, mapping=mapping, categories=categories, currency=said["currency"], salt=salt
        )
    return PublishedPlan(number, version, said["name"], said["currency"], categories, mapping, fees)


def known(folder: Path) -> list[tuple[int, int]]:
    """Return the plans and versions that are known here."""
    places = (folder / "plans").glob("*-*/plan.json")
    pairs = (place.parent.name.split("-") for place in places)
    return sorted((int(number), int(version)) for number, version in pairs)


def shared(folder: Path) -> list[dict[str, Any]]:
    """Return the plans, for the providers that bill under them."""
    listed = []
    for number, version in known(folder):
        place = folder_of(folder, number, version)
        files = {
            name: (place / name).read_text("utf-8")
            for name in FILES.values()
            if (place / name).exists()
        }
        said = json.loads((place / "plan.json").read_bytes())
        listed.append({"plan": number, "version": version, **said, "files": files})
    return listed


def take(folder: Path, listed: list[dict[str, Any]]) -> int:
    """Take over plans that a payer shares, and return how many there were."""
    for one in listed:
        place = folder_of(folder, int(one["plan"]), int(one["version"]))
        for name in FILES.values():
            if name in one["files"]:
                private(place / name, str(one["files"][name]).encode())
        said = {key: one[key] for key in ("name", "currency", "categories", "salt")}
        private(place / "plan.json", json.dumps(said, indent=1).encode())
    return len(listed)


def folder_of(folder: Path, number: int, version: int) -> Path:
    """Return where a plan lies."""
    return folder / "plans" / f"{number}-{version}"
