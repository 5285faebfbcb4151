"""SoftHSM for tests: Debian's softhsm2, or what SOFTHSM2_MODULE names; a token of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "samples/privacy/hsm_key.py"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so")
PIN = "1234"


def programs() -> tuple[str, str] | None:
    """Return the module and the program that makes tokens; nothing where they are missing."""
    named = os.environ.get("SOFTHSM2_MODULE")
    module = next((one for one in (named, *MODULES) if one and Path(one).is_file()), None)
    util = os.environ.get("SOFTHSM2_UTIL") or shutil.which("softhsm2-util")
    return (module, util) if module and util else None


def prepared(folder: Path) -> dict[str, str]:
    """Make a token with a key in it, and return the environment that the example needs."""
    found = programs()
    assert found is not None
    module, util = found
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    ours = {
        "SOFTHSM2_CONF": str(configuration),
        "PKCS11_MODULE": module,
        "PKCS11_TOKEN": "vault",
        "PKCS11_PIN": PIN,
    }
    environment = {**os.environ, **ours}
    token = ["--init-token", "--free", "--label", "vault", "--so-pin", "4321", "--pin", PIN]
    commands = [[util, "--module", module, *token], [sys.executable, str(SAMPLE), "new"]]
    for command in commands:
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return ours
