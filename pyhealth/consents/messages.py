"""What a patient or a representative signs for ConsentRegistry.sol, for anyone to hand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pyhealth.errors import InputError
from pyhealth.hashing import Domain
from pyhealth.messages import Message, SignedMessage, Value, load
from pyhealth.values import (
    Confidentiality,
    Grantee,
    Instruction,
    Power,
    Provision,
    Terms,
    actions_of,
    bits_of,
    labels_of,
    purposes_of,
    seconds_of,
    utc,
)

CONTRACT = "ConsentRegistry"  # its name in what is signed
SIGNED = "address signer,uint64 nonce,uint48 signedAt,uint48 deadline)"
TERMS = (
    "(address patient,uint32 member,bytes32 study,uint64 purposes,uint32 labels,uint8 actions,"
    f"uint8 ceiling,uint48 validFrom,uint48 validUntil,bytes32 document,{SIGNED}"
)
GRANT, DENY = "Grant" + TERMS, "Deny" + TERMS
REVOCATION = (
    f"Revocation(address patient,uint32 member,bytes32 study,uint8 place,uint32 version,{SIGNED}"
)
APPOINTMENT = (
    f"Appointment(address patient,address representative,uint8 power,uint48 until,{SIGNED}"
)
DISMISSAL = f"Dismissal(address patient,address representative,{SIGNED}"
CONTEST = f"Contest(address patient,address account,{SIGNED}"
MOVE_REQUEST = f"MoveRequest(address patient,address account,{SIGNED}"
CANCELLATION = f"Cancellation({SIGNED}"
KINDS = dict.fromkeys(
    (
        GRANT,
        DENY,
        REVOCATION,
        CANCELLATION,
        APPOINTMENT,
        DISMISSAL,
        CONTEST,
        MOVE_REQUEST,
    ),
    CONTRACT,
)


def directing(
    domain: Domain,
    provision: Provision,
    patient: str,
    grantee: Grantee,
    terms: Terms,
    document: bytes,
    instruction: Instruction,
) -> Message:
    """Permit or deny."""
    kind = DENY if provision is Provision.DENY else GRANT
    whom: tuple[Value, ...] = (patient, grantee.member, grantee.study)
    said = (*whom, *terms_on_wire(terms), document)
    return Message(domain, kind, (*said, *_signed(instruction)))


def revocation(
    domain: Domain,
    patient: str,
    grantee: Grantee,
    place: int,
    version: int,
    instruction: Instruction,
) -> Message:
    """Revoke a directive."""
    said = (grantee.member, grantee.study, place, version)
    return Message(domain, REVOCATION, (patient, *said, *_signed(instruction)))


def cancellation(domain: Domain, by: Instruction) -> Message:
    """Cancel the instruction of the same number."""
    return Message(domain, CANCELLATION, _signed(by))


def appointment(
    domain: Domain, patient: str, representative: str, given: tuple[Power, int], by: Instruction
) -> Message:
    """Appoint a representative, with a power until a second."""
    power, until = given
    said = patient, representative, int(power), until
    return Message(domain, APPOINTMENT, (*said, *_signed(by)))


def dismissal(domain: Domain, patient: str, representative: str, by: Instruction) -> Message:
    """Dismiss a representative."""
    return Message(domain, DISMISSAL, (patient, representative, *_signed(by)))


def contest(domain: Domain, patient: str, account: str, by: Instruction) -> Message:
    """Contest a move."""
    return Message(domain, CONTEST, (patient, account, *_signed(by)))


def move_request(domain: Domain, patient: str, account: str, by: Instruction) -> Message:
    """Request a new account."""
    return Message(domain, MOVE_REQUEST, (patient, account, *_signed(by)))


def terms_on_wire(terms: Terms) -> tuple[int, ...]:
    """Return terms as the contract takes them."""
    return (
        bits_of(terms.purposes),
        bits_of(terms.labels),
        bits_of(terms.actions),
        int(terms.ceiling),
        seconds_of(terms.valid_from),
        seconds_of(terms.valid_until),
    )


def terms_of(said: Mapping[str, Value]) -> Terms:
    """Return the terms in the fields of a message."""
    number = {name: value for name, value in said.items() if isinstance(value, int)}
    return Terms(
        purposes_of(number["purposes"]),
        labels_of(number["labels"]),
        actions_of(number["actions"]),
        Confidentiality(number["ceiling"]),
        utc(number["validFrom"]),
        utc(number["validUntil"]),
    )


def read_instruction(file: Path) -> SignedMessage:
    """Read an instruction from a file; every code in it must be one that is known."""
    signed = load(file, KINDS)
    if unknown := _unknown(signed.message):
        raise InputError(
            f"{file} is no instruction that is known here ({unknown}); have it made anew."
        )
    return signed


def _unknown(message: Message) -> str | None:
    """Return the first field whose number is no code, or that holds one which is none."""
    known: dict[str, Callable[[int], int]] = {
        "purposes": lambda bits: bits_of(purposes_of(bits)),
        "actions": lambda bits: bits_of(actions_of(bits)),
        "ceiling": Confidentiality,
        "power": Power,
    }
    for name, read in known.items():
        number = message.fields.get(name)
        if isinstance(number, int) and not _reads(read, number):
            return f"{name} {number}"
    return None


def _reads(read: Callable[[int], int], number: int) -> bool:
    try:
        return read(number) == number
    except ValueError:
        return False


def _signed(by: Instruction) -> tuple[Value, ...]:
    return by.signer, by.nonce, seconds_of(by.signed_at), seconds_of(by.deadline)
