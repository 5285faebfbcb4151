"""What of a FHIR Consent the directives do not carry, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Consequence(Enum):
    """What became of an element that cannot be carried exactly, from the least to the most."""

    IGNORED = "ignored"  # who gets what is the same without it
    ASSUMED = "assumed"  # it can be read in more than one way, and one was taken
    WEAKENED = "weakened"  # refused, but by no denial: another permit of the patient overrules it
    NARROWED = "narrowed"  # less is permitted, or more denied, than the resource says
    REFUSED = "refused"  # nothing is granted


@dataclass(frozen=True, slots=True)
class Loss:
    """An element that the directives do not carry as it stands."""

    path: str  # as in FHIR: "Consent.provision.purpose[1]", counted from 1
    value: str
    consequence: Consequence
    why: str

    def __str__(self) -> str:
        shown = f" ({self.value})" if self.value else ""
        return f"{self.path}{shown} is {self.consequence.value}: {self.why}."
