"""What every claim is held against before it is handed on, whatever file it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pyhealth.adjudication.values import BilledClaim, BilledLine, Frequency
from pyhealth.errors import InputError
from pyhealth.standards.claims.mapping import Mapping

MOST_LINES = 100  # of one claim, as the contract takes them
MOST_UNITS = 65_535  # of one line
LONGEST_NAME = 256  # characters of a number, a code or a reference
OLDEST = date(1970, 1, 1)  # block time counts from here


@dataclass(frozen=True, slots=True)
class Expected:
    """What a claim must agree with; what is not given is not asked."""

    today: date | None = None  # no service may be later
    currency: str | None = None  # of the settlement token
    mapping: Mapping | None = None  # every code must be known to it
    most_lines: int = MOST_LINES
    lenient: bool = False  # assume what is missing where that is common, and report it
    validate: bool = False  # hold FHIR resources against the whole of R4 as well

    def check(self, claim: BilledClaim) -> BilledClaim:
        """Return the claim, or refuse it with the first thing that is wrong."""
        for name in (claim.number, claim.coverage, claim.provider, claim.replaces or "-"):
            _check_name(name)
        if self.currency and claim.currency != self.currency:
            raise InputError(
                f"the claim is in {claim.currency}, and only {self.currency} is settled here; "
                "submit it to a payer that settles in its currency."
            )
        if claim.frequency is not Frequency.ORIGINAL and claim.replaces is None:
            raise InputError("the claim does not name the claim that it replaces or voids; add it.")
        if claim.frequency is Frequency.VOID:
            return claim
        if not claim.lines:
            raise InputError("the claim has no line; state what was done.")
        if len(claim.lines) > self.most_lines:
            raise InputError(
                f"the claim has {len(claim.lines)} lines and a transaction holds "
                f"{self.most_lines}; split it."
            )
        for line in claim.lines:
            self._check_line(line)
        if not claim.total:
            raise InputError("the claim charges nothing; leave it out.")
        return _without_free_lines(claim)

    def _check_line(self, line: BilledLine) -> None:
        for name in (*line.codes, *line.qualifiers, line.authorisation or "-"):
            _check_name(name)
        if line.served_on < OLDEST:
            raise InputError(
                f"line {line.number} was served on {line.served_on}, before {OLDEST}; correct it."
            )
        if self.today and line.served_on > self.today:
            raise InputError(
                f"line {line.number} was served on {line.served_on}, after today, {self.today}; "
                "submit it when the service was given."
            )
        if self.mapping:
            self.mapping.category_of(line)


def _without_free_lines(claim: BilledClaim) -> BilledClaim:
    """Leave out, and report, lines that charge nothing: there is nothing to decide."""
    free = tuple(line.number for line in claim.lines if not line.charge)
    if not free:
        return claim
    told = f"lines left out, since they charge nothing: {', '.join(map(str, free))}"
    kept = tuple(line for line in claim.lines if line.charge)
    return replace(claim, lines=kept, findings=(*claim.findings, told))


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        shown = name if len(name) <= 40 else name[:40] + "..."
        raise InputError(
            f"{shown!r} is no identifier or code: 1 to {LONGEST_NAME} characters that can be read "
            "are expected."
        )


def units_of(written: Decimal | str, what: str, *, lenient: bool, findings: list[str]) -> int:
    """Read a number of units: whole ones; a part counts as a whole where that is lenient."""
    try:
        units = Decimal(str(written).strip())
    except ArithmeticError:
        units = Decimal("NaN")
    if not units.is_finite() or not 0 < units <= MOST_UNITS:
        raise InputError(f"{what} {written} is no number of units from 1 to {MOST_UNITS}.")
    if units == units.to_integral_value():
        return int(units)
    if not lenient:
        raise InputError(f"{what} {written} is not whole; only whole units can be counted.")
    findings.append(f"{what} {written} is counted as {int(units) + 1} units")
    return int(units) + 1


def check_total(total: Decimal | None, lines: Sequence[BilledLine], currency: str) -> None:
    """Refuse a claim whose stated total is not the sum of its lines."""
    charged = sum((line.charge for line in lines), Decimal(0))
    if lines and total is not None and total != charged:
        raise InputError(
            f"the total is {total} {currency} and the lines sum up to {charged} {currency}; "
            "correct one of them."
        )
