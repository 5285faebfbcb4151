"""Keeps a vault's wrapping key in a hardware module (PKCS #11): an example of a key command.

    export PKCS11_MODULE=/usr/lib/softhsm/libsofthsm2.so PKCS11_TOKEN=vault PKCS11_PIN=...
    python hsm_key.py new       # once: makes an AES-256 key that never leaves the module
    export PYHEALTH_VAULT_KEK='command:python hsm_key.py'

With ``wrap`` or ``unwrap`` it reads one line of base64 and answers with one. A key management
service is called in the same way: read a line, have it encrypted or decrypted, print a line.
"""

import base64
import os
import secrets
import sys

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

LABEL = "pyhealth-vault"
NONCE_BYTES = 12


def main(verb: str) -> None:
    token = pkcs11.lib(os.environ["PKCS11_MODULE"]).get_token(
        token_label=os.environ["PKCS11_TOKEN"]
    )
    with token.open(rw=verb == "new", user_pin=os.environ["PKCS11_PIN"]) as session:
        if verb == "new":
            template = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
            session.generate_key(KeyType.AES, 256, label=LABEL, store=True, template=template)
            return
        key = session.get_key(ObjectClass.SECRET_KEY, label=LABEL)
        data = base64.b64decode(sys.stdin.readline().strip(), validate=True)
        gcm = {"mechanism": Mechanism.AES_GCM}
        if verb == "wrap":
            nonce = secrets.token_bytes(NONCE_BYTES)
            answer = nonce + key.encrypt(data, mechanism_param=GCMParams(nonce), **gcm)
        else:
            nonce, sealed = data[:NONCE_BYTES], data[NONCE_BYTES:]
            answer = key.decrypt(sealed, mechanism_param=GCMParams(nonce), **gcm)
        print(base64.b64encode(answer).decode())


if __name__ == "__main__":
    if sys.argv[1:] not in (["new"], ["wrap"], ["unwrap"]):
        sys.exit("usage: hsm_key.py new | wrap | unwrap")
    try:
        main(sys.argv[1])
    except (pkcs11.PKCS11Error, KeyError, ValueError) as error:
        sys.exit(f"hsm_key.py: {type(error).__name__} {error}".strip())
