"""One claim of an X12 837 file, from its CLM segment to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pyhealth.adjudication.money import amount_of, currency_of
from pyhealth.adjudication.values import BilledClaim, BilledLine, Frequency, Place
from pyhealth.errors import InputError
from pyhealth.standards.claims.expected import check_total, units_of
from pyhealth.standards.claims.x12_prior import Payer, prior_paid
from pyhealth.standards.x12 import Segment

FREQUENCIES = {
    **dict.fromkeys(("1", "2", "3", "4"), Frequency.ORIGINAL),  # 2, 3, 4: parts of a stay
    "7": Frequency.REPLACEMENT,
    "8": Frequency.VOID,
}
MODIFIERS = (3, 4, 5, 6)  # components of a procedure that hold them


@dataclass(frozen=True, slots=True)
class Party:
    """Who bills, and who is insured."""

    provider: str = ""
    currency: str = "USD"
    member: str = ""
    rank: str = ""  # of this payer: P, S, T for first, second, third
    dependent: bool = False
    born: str = ""

    @property
    def coverage(self) -> str:
        """How the coverage goes by: the member number, and a dependent's date of birth."""
        return f"{self.member}#{self.born}" if self.dependent else self.member


@dataclass(slots=True)
class Line:
    """The segments of one line."""

    service: Segment | None = None  # SV1 or SV2
    dates: dict[str, str] = field(default_factory=dict)  # by qualifier
    authorisation: str | None = None
    payments: list[tuple[Segment, list[Segment]]] = field(default_factory=list)  # SVD, its CAS


@dataclass(slots=True)
class Draft:
    """What is known of the claim so far."""

    opening: Segment  # CLM
    place: Place
    kind: str
    party: Party
    dates: dict[str, str] = field(default_factory=dict)
    authorisation: str | None = None
    original: str | None = None  # the payer's number of the claim that is replaced
    payers: list[Payer] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The provider's number of the claim."""
        return self.opening[1]

    def take(self, segment: Segment) -> None:
        """Take in a segment of the claim."""
        at: Draft | Line = self.lines[-1] if self.lines else self
        match segment.name, segment[1]:
            case "LX", _:
                self.lines.append(Line())
            case "SV1" | "SV2", _ if self.lines:
                self.lines[-1].service = segment
            case "DTP", _:
                at.dates[segment[1]] = segment[3]
            case "REF", "G1":
                at.authorisation = segment[2]
            case "REF", "F8" if not self.lines:
                self.original = segment[2]
            case "SBR", _:
                self.payers.append(Payer(segment[1]))
            case "AMT", "D" if self.payers:
                self.payers[-1].paid = segment[2]
            case "NM1", "PR" if self.payers:
                self.payers[-1].number = segment[9]
            case "SVD", _ if self.lines:
                self.lines[-1].payments.append((segment, []))
            case "CAS", _ if self.lines and self.lines[-1].payments:
                self.lines[-1].payments[-1][1].append(segment)

    def claim(self, *, lenient: bool) -> BilledClaim:
        """Return the claim, or refuse it."""
        findings = list[str]()
        currency = currency_of(self.party.currency)
        if not self.party.member or (self.party.dependent and not self.party.born):
            raise InputError(
                "the claim names no member number (NM1*IL) or birthdate (DMG); add it."
            )
        frequency = FREQUENCIES.get(self.opening.part(5, 3))
        if frequency is None:
            raise InputError(
                f"CLM05-3 is {self.opening.part(5, 3)!r}; 1, 7 for a replacement or 8 for a void "
                "is expected."
            )
        lines = tuple(
            self._line(i, line, currency, lenient, findings) for i, line in enumerate(self.lines, 1)
        )
        check_total(amount_of(self.opening[2], currency, "CLM02"), lines, currency)
        return BilledClaim(
            number=self.number,
            coverage=self.party.coverage,
            provider=self.party.provider or "-",
            currency=currency,
            lines=lines,
            frequency=frequency,
            replaces=None if frequency is Frequency.ORIGINAL else self.original,
            kind=self.kind,
            place=self.place,
            findings=tuple(findings),
        )

    def _line(
        self, number: int, line: Line, currency: str, lenient: bool, findings: list[str]
    ) -> BilledLine:
        if line.service is None:
            raise InputError(f"line {number} has no SV1 or SV2; state the service.")
        service, first = line.service, 1 if line.service.name == "SV1" else 2
        what = f"line {number}, {service.name}"
        charge = amount_of(service[first + 1], currency, f"{what}0{first + 1}")
        units = service[first + 3] or "1"
        paid = prior_paid(
            self.party.rank,
            self.payers,
            line.payments,
            charge,
            number,
            currency,
            alone=len(self.lines) == 1,
        )
        return BilledLine(
            number=number,
            codes=_codes(service, first, what),
            served_on=self._served_on(number, line),
            units=units_of(units, f"{what}0{first + 3}", lenient=lenient, findings=findings),
            charge=charge,
            qualifiers=tuple(filter(None, (service.part(first, k) for k in MODIFIERS))),
            authorisation=line.authorisation or self.authorisation,
            prior_paid=paid,
        )

    def _served_on(self, number: int, line: Line) -> date:
        """Return the first day of the service; a stay without dates of its lines has one day."""
        if written := line.dates.get("472") or self.dates.get("472"):
            return day_of(written, f"line {number}, DTP*472")
        if self.kind == "institutional" and (stay := self.dates.get("434")):
            return day_of(stay, "DTP*434")
        raise InputError(f"line {number} has no date of service (DTP*472); state it.")


def _codes(service: Segment, first: int, what: str) -> tuple[str, ...]:
    """Return the procedure, and the revenue code of an institutional line."""
    procedure, code = service.part(first, 1), service.part(first, 2)
    found = [f"{procedure}|{code}"] if procedure and code else []
    if service.name == "SV2" and service[1]:
        found.append(f"NU|{service[1]}")
    if not found:
        raise InputError(f"{what} has no code; code the service.")
    return tuple(found)


def day_of(written: str, what: str) -> date:
    """Read a day, or the first of a range, such as ``20260314-20260316``."""
    text = written.partition("-")[0]
    try:
        return date.fromisoformat(text if text.isdigit() and len(text) == 8 else "")
    except ValueError as error:
        raise InputError(f"{what} is {written!r}; a day as 20260314 is expected.") from error
