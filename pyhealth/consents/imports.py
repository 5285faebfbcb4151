"""Which FHIR Consents were imported for a patient, kept in the data folder: of whom they were, and
what an earlier version of one left standing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pyhealth.consents.history import Directed, as_draft, directives
from pyhealth.errors import InputError
from pyhealth.hashing import Domain
from pyhealth.index import Index
from pyhealth.sharing.rule import Draft
from pyhealth.values import Provision, bits_of, seconds_of


@dataclass(frozen=True, slots=True)
class Import:
    """A version of a FHIR Consent that was imported."""

    patient_reference: str  # as FHIR names the patient
    consent: str  # as FHIR knows it: its id, or an identifier
    version: str
    document: str  # the commitment to the file that it was in, in hexadecimal
    directives: tuple[str, ...]  # what it gave, each as `said` writes it


def file_of(home: Path, registry: Domain, patient: str) -> Path:
    """Return where the imports of a patient are kept."""
    place = f"{registry.chain_id}-{registry.contract}-{patient}"
    return home / "consents" / f"imports-{place.lower()}.json"


def load(file: Path) -> list[Import]:
    """Return what was imported; nothing where nothing is kept."""
    if not file.exists():
        return []
    try:
        kept = json.loads(file.read_text("utf-8"))
        return [Import(**one | {"directives": tuple(one["directives"])}) for one in kept]
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{file} holds no imports; restore it, or move it away.") from error


def keep(file: Path, made: Iterable[Import]) -> None:
    """Keep imports beside those before, all or nothing; what is kept already is kept once."""
    every = list(dict.fromkeys([*load(file), *made]))
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(draft, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(json.dumps([asdict(one) for one in every], indent=2) + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error


def left(
    index: Index, patient: str, earlier: Sequence[Import], consents: set[str], at: datetime
) -> list[Directed]:
    """Return which directives of earlier imports of some consents still stand; a denial that
    another consent in the same file says as well is not among them.
    """
    index.sync()
    found = []
    for one in directives(index, patient):
        says, document = said(as_draft(one)), one.document.hex()
        by = {
            each.consent
            for each in earlier
            if each.document == document and says in each.directives
        }
        denies = one.directive.provision is Provision.DENY
        if one.stands(at) and by & consents and not (denies and by - consents):
            found.append(one)
    return found


def said(draft: Draft) -> str:
    """Write a directive as numbers, for equal ones alike."""
    who, terms = draft.grantee, draft.terms
    codes = (bits_of(those) for those in (terms.purposes, terms.labels, terms.actions))
    period = seconds_of(terms.valid_from), seconds_of(terms.valid_until)
    numbers = (draft.provision, who.member, *codes, terms.ceiling, *period)
    return " ".join([*(str(int(one)) for one in numbers), who.study.hex()])
