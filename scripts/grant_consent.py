"""Permit a member to use a patient's data: ``python -m scripts.grant_consent Hospital TREAT --as
patient``. With --sign it sends nothing, and writes a file that anyone can hand in.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyhealth import PyHealthError, connect
from pyhealth import values as v
from pyhealth.consents.messages import directing
from pyhealth.consents.statement import committed
from pyhealth.consents.words import CLASSES, directive_in_words
from pyhealth.governance.register import register_of
from pyhealth.reading import one_of
from pyhealth.sharing.purposes import closure

YEAR = timedelta(days=365)
ACTIONS = frozenset({v.ConsentAction.ACCESS, v.ConsentAction.USE})


def main(
    member: str = "Hospital",
    purpose: str = "TREAT",
    account: str | None = "patient",
    sign: Path | None = None,
) -> str:
    """Permit access and use of all classes of data for a year, and return what was permitted."""
    with connect(account=account) as health:
        register, patient = register_of(health.consortium), health.signer.address
        grantee, now = v.Grantee(register.member_called(member)), datetime.now(UTC)
        purposes = closure(one_of(v.Purpose, purpose, "purpose"))
        terms = v.Terms(purposes, CLASSES, ACTIONS, v.Confidentiality.N, v.ALWAYS, now + YEAR)
        words = directive_in_words(v.Provision.PERMIT, grantee, terms, register.title)
        document = committed(None, patient, words, health.settings.home).opening.commitment
        if sign is None:
            health.consents.grant(patient, grantee, terms, document)
            print(f"Done: {words}.")
            return words
        nonce = health.consents.nonce_of(patient)
        by = v.Instruction(patient, nonce, now, now + timedelta(days=30))
        said = v.Provision.PERMIT, patient, grantee, terms, document, by
        directing(health.consents.domain, *said).signed_by(health.signer).save(sign, [words])
        print(f"Signed into {sign}, for 'pyhealth consent submit': {words}.")
    return words


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("member", nargs="?", default="Hospital")
    parser.add_argument("purpose", nargs="?", default="TREAT")
    parser.add_argument("--as", dest="account", help="one of the local cast, or a keystore")
    parser.add_argument("--sign", type=Path, help="sign into this file, and send nothing")
    try:
        main(**vars(parser.parse_args()))
    except PyHealthError as error:
        sys.exit(f"grant_consent: {error}")
