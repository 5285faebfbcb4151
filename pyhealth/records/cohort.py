"""Which records a study may use now: from the index alone, however many patients there are.

Each event that can matter is read once, as bytes. Patients who said the same are decided once, by
the rule that decides a single request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pyhealth.chain.wallet import checksum_address
from pyhealth.index import Index
from pyhealth.sharing.rule import decide
from pyhealth.values import (
    EVERYONE,
    Confidentiality,
    ConsentAction,
    Directive,
    Grantee,
    Outcome,
    Purpose,
    Question,
    directive_of,
    labels_of,
    seconds_of,
)

WORD = 32
ADDRESS = slice(12, WORD)  # of a topic
NOBODY = "0x" + "00" * 20  # the rule does not ask who the patient is
ACTIONS, FROM, UNTIL, VERSION, PLACE = 96, 112, 160, 216, 248  # places in a directive's word
U32, U48 = (1 << 32) - 1, (1 << 48) - 1
SAID = (1 << FROM) - 1 | 0xFF << 208  # a directive but for its period, its version and its place
Said = tuple[tuple[int, int], ...]  # what is in force: on which level, and SAID of the word


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a study asks for."""

    grantee: Grantee  # the member that runs it, and the study
    purpose: Purpose
    action: ConsentAction
    at: datetime


@dataclass(frozen=True, slots=True)
class Usable:
    """A record that may be used."""

    record_ref: bytes
    account: bytes  # of the patient, 20 bytes
    custodian: int
    version: int
    commitment: bytes

    @property
    def patient(self) -> str:
        """The patient, checksummed."""
        return checksum_address(self.account)


def cohort(index: Index, wanted: Wanted) -> Iterator[Usable]:
    """Yield the records that a study may use, as the index stands; sync it first.

    Whether the member is active is not asked here.
    """
    permits, patients = _rule(wanted), _patients(index, wanted)
    updates = _updates(index)
    for record_ref, patient, custodian, data in index.rows("RecordRegistry", "RecordRegistered"):
        if said := patients.get(patient):
            update = updates.get(record_ref)
            known = update[WORD : 3 * WORD] + update[4 * WORD :] if update else data
            if permits(said, known[: 2 * WORD]):
                version = _number(update, 0) if update else 1
                holder = int.from_bytes(custodian)
                yield Usable(record_ref, patient[ADDRESS], holder, version, known[2 * WORD :])


def _levels(asked: Grantee) -> list[Grantee]:
    """Return those whose directives are asked."""
    return list(dict.fromkeys([asked, Grantee(asked.member), Grantee(EVERYONE)]))


def _patients(index: Index, wanted: Wanted) -> dict[bytes, Said]:
    """Return what each patient's directives say that are in force and about what is asked: for the
    member in the study, for the member, and for everyone.
    """
    now, member = seconds_of(wanted.at), wanted.grantee.member
    levels = {
        (one.member.to_bytes(WORD), one.study): i for i, one in enumerate(_levels(wanted.grantee))
    }
    asked = 1 << wanted.purpose | 1 << ACTIONS + wanted.action
    standing: dict[tuple[bytes, int, int], int] = {}
    for event in ("DirectiveGiven", "DirectiveRevoked"):  # which ends what was given before
        where = {"member": [member, EVERYONE]}
        for patient, whose, study, data in index.rows("ConsentRegistry", event, where):
            level = levels.get((whose, study))
            if level is not None:
                word = int.from_bytes(data[WORD : 2 * WORD])
                place = patient, level, word >> PLACE
                if standing.get(place, 0) >> VERSION & U32 <= word >> VERSION & U32:
                    standing[place] = word
    found: dict[bytes, list[tuple[int, int]]] = {}
    for (patient, level, _), word in standing.items():
        if word & asked == asked and word >> FROM & U48 <= now < word >> UNTIL & U48:
            found.setdefault(patient, []).append((level, word & SAID))
    return {patient: tuple(sorted(said)) for patient, said in found.items()}


def _updates(index: Index) -> dict[bytes, bytes]:
    """Return the newest update of each record that has one."""
    newest: dict[bytes, bytes] = {}
    for record_ref, _, _, data in index.rows("RecordRegistry", "RecordUpdated"):
        if _number(newest.get(record_ref, bytes(WORD)), 0) < _number(data, 0):
            newest[record_ref] = data
    return newest


def _rule(wanted: Wanted) -> Callable[[Said, bytes], bool]:
    """Return the decision for a record of those labels and that confidentiality, remembered."""

    levels = _levels(wanted.grantee)

    @cache
    def standing(said: Said) -> dict[Grantee, tuple[Directive, ...]]:
        found: dict[Grantee, tuple[Directive, ...]] = {}
        for level, word in said:
            always = directive_of(word | U48 << UNTIL)
            found[levels[level]] = (*found.get(levels[level], ()), always)
        return found

    @cache
    def permits(said: Said, record: bytes) -> bool:
        labels, level = labels_of(_number(record, 0)), Confidentiality(_number(record, 1))
        asked = Question(NOBODY, wanted.grantee, wanted.purpose, wanted.action, labels, level)
        return decide(standing(said), asked, wanted.at).outcome is Outcome.CONSENT_PERMIT

    return permits


def _number(data: bytes, word: int) -> int:
    return int.from_bytes(data[WORD * word : WORD * word + WORD])
