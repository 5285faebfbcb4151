"""What transactions of consents and records cost; `test_gas` measures it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from consent_cast import (
    DOCUMENT,
    EVERYONE,
    HOSPITALS,
    PATIENT,
    REASON,
    REPORT,
    SENDERS,
    STUDY,
    TREATMENT,
    Sharing,
    key,
)
from consortium_cast import DAY, HOSPITAL

from pyhealth.chain.transactions import Receipt
from pyhealth.consents import Given
from pyhealth.consents.messages import directing, revocation
from pyhealth.health import Health
from pyhealth.messages import Message
from pyhealth.values import (
    Confidentiality,
    ConsentAction,
    Finding,
    Grantee,
    Instruction,
    Label,
    Power,
    Provision,
    Purpose,
)

GRANTED = "consent: grant by the patient"
RELAYED = "consent: grant by relayed signature"
REVOKED = "consent: revoke"
ACCESSED = "record: access receipt, permit or deny"
SEVERAL = "record: access receipt, of three directives the "
STUDIED = "record: access receipt, for a study of which nothing was said"
EMERGENCY = "record: access receipt, in an emergency"
# A revocation aims at 32,000. Of it 31,455 is the transaction, its calldata, the event, the write and two cold reads:
# that of the directive, and whether the patient moved to a new account.
BUDGETS = {GRANTED: 51_000, RELAYED: 65_000, REVOKED: 33_300, ACCESSED: 65_000}
# Each further word that is asked, a directive or the end of a level, is a cold read: 2,100 and what decodes it.
BUDGETS |= dict.fromkeys((SEVERAL + "third, for everyone, decides", STUDIED), 71_000)
BUDGETS |= {SEVERAL + "second decides": 65_000, SEVERAL + "none decides": 68_000, EMERGENCY: 73_000}
SIGNED, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)  # fixed: what
# is signed then costs the same every day, but for the zeros that a signature may hold by chance


def measures(act_as: Callable[[str], Health]) -> dict[str, int]:
    """Let a patient grant, revoke and grant again, and a hospital ask; return what each used."""
    s, found = Sharing(act_as), dict[str, int]()
    s.consents().grant(PATIENT, EVERYONE, TREATMENT, DOCUMENT)  # the account has paid before
    _directing(s, found)
    _relaying(s, found)
    _asking(s, found)
    return found


def _directing(s: Sharing, found: dict[str, int]) -> None:
    consents = s.consents()
    terms = replace(TREATMENT, valid_from=SIGNED, valid_until=ENDS)
    given = consents.grant(PATIENT, HOSPITALS, terms, DOCUMENT)
    found["consent: grant by the patient, the grantee's first"] = _used(given)
    found[REVOKED] = _used(consents.revoke(PATIENT, HOSPITALS, 0, 1))
    found[GRANTED] = _used(consents.grant(PATIENT, HOSPITALS, terms, DOCUMENT))
    second = consents.grant(PATIENT, HOSPITALS, terms, DOCUMENT)
    found["consent: grant by the patient, a second for the grantee"] = _used(second)
    found["consent: deny by the patient, the grantee's first"] = _used(
        consents.deny(PATIENT, Grantee(2), terms, DOCUMENT)
    )
    appointed = consents.appoint(PATIENT, s.health("clinic").signer.address, Power.SPEAK, ENDS)
    found["consent: appoint a representative, the first time"] = _used(appointed)


def _relaying(s: Sharing, found: dict[str, int]) -> None:
    domain, terms = s.consents().domain, replace(TREATMENT, valid_from=SIGNED, valid_until=ENDS)

    def relayed(message: Message) -> int:
        send = getattr(s.consents("stranger"), SENDERS[message.kind])
        return _used(send(message.signed_by(key("patient"))))

    def said(nonce: int) -> tuple[object, ...]:
        return terms, DOCUMENT, Instruction(PATIENT, nonce, SIGNED, ENDS)

    who = PATIENT, Grantee(3)
    first = relayed(directing(domain, Provision.PERMIT, *who, *said(0)))  # type: ignore[arg-type]
    found["consent: grant by relayed signature, the signer's first"] = first
    by = Instruction(PATIENT, 1, SIGNED, ENDS)
    found["consent: revoke by relayed signature"] = relayed(revocation(domain, *who, 0, 1, by))
    found[RELAYED] = relayed(directing(domain, Provision.PERMIT, *who, *said(1)))  # type: ignore[arg-type]


def _asking(s: Sharing, found: dict[str, int]) -> None:
    """Ask for records of a patient who said nothing, one thing to the hospital, and more."""
    records, me = s.records(), s.health("clinic").signer.address
    registering = records.binding.encode("register", me, 1 << Label.LABORATORY, 4, DOCUMENT)
    found["record: register"] = _used(s.health("hospital").sender.send(registering))
    ref = records.register(me, {Label.LABORATORY}, Confidentiality.N, REPORT)
    updated = records.update(ref, 1, {Label.LABORATORY}, Confidentiality.N, REASON)
    found["record: update"] = _used(updated)
    consents = s.consents("clinic")

    def asked(purpose: Purpose) -> int:
        return _used(records.request_access(ref, purpose, ConsentAction.USE).anchored)

    found["record: access receipt, the patient's first"] = asked(Purpose.TREAT)
    found["record: access receipt, nothing was said"] = asked(Purpose.TREAT)
    consents.grant(me, HOSPITALS, TREATMENT, DOCUMENT)
    permitted = asked(Purpose.TREAT)
    consents.revoke(me, HOSPITALS, 0, 1)
    consents.deny(me, HOSPITALS, TREATMENT, DOCUMENT)
    found[ACCESSED] = max(permitted, asked(Purpose.TREAT))
    consents.grant(
        me, HOSPITALS, replace(TREATMENT, purposes=frozenset({Purpose.HPAYMT})), DOCUMENT
    )
    consents.grant(
        me, EVERYONE, replace(TREATMENT, purposes=frozenset({Purpose.PUBHLTH})), DOCUMENT
    )
    found[SEVERAL + "second decides"] = asked(Purpose.HPAYMT)
    found[SEVERAL + "third, for everyone, decides"] = asked(Purpose.PUBHLTH)
    found[SEVERAL + "none decides"] = asked(Purpose.HMARKT)
    studied = records.request_access_for_study(ref, STUDY, Purpose.HRESCH, ConsentAction.USE)
    found[STUDIED] = _used(studied.anchored)
    broken = s.health("hospital").sender.send(records.binding.encode("breakGlass", ref, REASON))
    found["record: break the glass"] = _used(broken)
    found[EMERGENCY] = asked(Purpose.BTG)
    (emergency,) = records.open_reviews(HOSPITAL)
    s.later(DAY)
    review = s.records("regulator").review(emergency, Finding.JUSTIFIED, REPORT)
    found["record: review an emergency"] = _used(review)
    now = s.now()
    found["record: anchor a log of any length"] = _used(
        records.anchor_log(REPORT, now - DAY, now, 1_000)
    )


def _used(done: Receipt | Given) -> int:
    return done.receipt.gas_used if isinstance(done, Given) else done.gas_used
