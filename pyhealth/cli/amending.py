"""What pyhealth consent import remembers: of whom the imported Consents were, and what earlier
versions of them left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyhealth.cli.sharing import EVERYONE, Desk
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.consents.history import Directed
    from pyhealth.consents.imports import Import
    from pyhealth.standards.consent.importing import Imported


@dataclass(frozen=True, slots=True)
class Book:
    """The imports of a patient."""

    desk: Desk
    patient: str
    file: Path
    earlier: list[Import]

    @classmethod
    def of(cls, desk: Desk, patient: str) -> Book:
        """Open the book of a patient."""
        from pyhealth.consents.imports import file_of, load

        file = file_of(desk.health.settings.home, desk.health.consents.domain, patient)
        return cls(desk, patient, file, load(file))

    def require_same_patient(
        self, source: Path, reads: Sequence[Imported], reference: str | None
    ) -> None:
        """Refuse the consents of several patients, and those of another than before."""
        named = list(dict.fromkeys(one.patient for one in reads))
        if len(named) > 1:
            raise InputError(
                f"{source} holds consents of several patients ({_listed(named)}); import those of "
                "each patient from a file of their own."
            )
        known = [reference] if reference else self._references(named[0])
        if known and named[0] not in known:
            raise InputError(
                f"{source} is a consent of {_listed(named)}, and patient {self.patient} goes by "
                f"{_listed(known)}; if they are one person, say so with --reference."
            )

    def left(self, source: Path, reads: Sequence[Imported]) -> list[Directed]:
        """Return what earlier versions of consents gave that still stands; a draft, or what cannot
        be followed, takes the place of nothing.
        """
        from pyhealth.consents.imports import left
        from pyhealth.openings import draft, opening_file

        ids = {one.consent for one in reads if one.consent and (one.withdrawn or not one.refused)}
        opening = draft(source, "consent", opening_file(source), self.patient)
        document = opening.commitment.hex()
        active = {one.consent for one in reads if not one.withdrawn}
        before = [
            one for one in self.earlier if one.document != document or one.consent not in active
        ]
        return left(self.desk.health.index, self.patient, before, ids, self.desk.now())

    def keep(self, document: bytes, reads: Sequence[Imported]) -> None:
        """Keep what is being imported, before anything is sent."""
        from pyhealth.consents.imports import Import, keep, said

        made = []
        for one in reads:
            known = one.patient, one.consent, one.version, document.hex()
            made += [Import(*known, tuple(map(said, one.drafts)))] if one.drafts else []
        keep(self.file, made)

    def row(self, one: Directed) -> dict[str, Any]:
        """Describe what stands, with the command that revokes it."""
        from pyhealth.consents.words import directive_in_words

        directive, who = one.directive, one.grantee
        study = f" --study 0x{who.study.hex()}" if any(who.study) else ""
        return {
            "directive": directive_in_words(directive.provision, who, directive, self.desk.title),
            "document": one.document,
            "revoke": f"pyhealth consent revoke {who.member or EVERYONE}{study} --place {one.place}"
            f" --document 0x{one.document.hex()} --patient {self.patient}",
        }

    def _references(self, named: str) -> list[str]:
        """Return how the patient may be named; nothing: in any way but as another account."""
        from pyhealth.standards.consent.references import place_of

        accounts = f"{place_of(self.desk.health.chain.chain_id)}:account:"
        kept = {one.patient_reference for one in self.earlier if one.patient_reference}
        return [accounts + self.patient, *sorted(kept)] if kept or accounts in named else []


def _listed(references: Sequence[str]) -> str:
    return ", ".join(one or "nobody" for one in references)
