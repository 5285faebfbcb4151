"""Actions of a proposal, said in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pyhealth.chain.network import Chain
from pyhealth.consortium import Consortium
from pyhealth.deployment.artifacts import Artifact, names, read_artifact
from pyhealth.governance.register import Register, plain, shown
from pyhealth.hashing import keccak
from pyhealth.values import Action, Choice, Role, Rule, Threshold, roles_of, text_of


def describe(action: Action, consortium: Consortium, register: Register) -> str:
    """Say in words what an action does."""
    own = action.target == consortium.binding.address
    known, listing = artifact_at(consortium, action.target), register.listing(action.target)
    title = f"{listing.name} version {listing.version}" if listing else "a contract not adopted"
    place = "the consortium itself" if own else f"{title} at {action.target}"
    found = functions_of(known).get(action.data[:4]) if known else None
    arguments = _decoded(found[1], action.data[4:]) if found else None
    if found is None or arguments is None:
        odd = "arguments that it cannot read" if found else "an unknown function"
        told = f"0x{action.data[:4].hex()} with {len(action.data) - 4} bytes"
        return f"call {place}: {odd}, {told}; ask for its source"
    name = str(found[1]["name"])
    if own and name in _OWN:
        return _OWN[name](register, consortium.binding.chain, *arguments)
    named = zip((each["name"] for each in found[1]["inputs"]), arguments, strict=True)
    return f"call {place}: {name}({', '.join(f'{key}={_shown(one)}' for key, one in named)})"


def _adopting(register: Register, chain: Chain, adoption: tuple[bytes, int, str]) -> str:
    name, version, target = adoption
    code = chain.code(target)
    found = next((one for one in names() if _is_code(read_artifact(one), code)), None)
    told = f"its code is this suite's {found}" if found else "its code is none of this suite's"
    return f"adopt {target} as {text_of(name)} version {version} ({told})"


def _threshold(register: Register, chain: Chain, target: str, selector: bytes, kind: int) -> str:
    listing = register.listing(target)
    title = f"{listing.name} at {target}" if listing else target
    need = Threshold(kind) or Threshold.THREE_QUARTERS
    return f"let calls of 0x{selector.hex()} on {title} need {plain(need)} of the members"


def _on(told: str) -> Callable[..., str]:
    return lambda register, chain, member: told.format(register.title(member))


def _at(told: str) -> Callable[..., str]:
    def say(register: Register, chain: Chain, target: str) -> str:
        listing = register.listing(target)
        return told.format(f"{listing.name} version {listing.version}" if listing else target)

    return say


_OWN: dict[str, Callable[..., str]] = {
    "admit": lambda register, chain, account, roles, name: (
        f"admit {text_of(name)} with account {account} as {shown(roles_of(roles))}"
    ),
    "remove": _on("remove {} for good"),
    "setRoles": lambda register, chain, member, roles: (
        f"let {register.title(member)} be {shown(roles_of(roles))}"
    ),
    "replaceAccount": lambda register, chain, member, account: (
        f"replace the account of {register.title(member)} by {account}, "
        "and revoke all its operators"
    ),
    "suspend": _on("suspend {} for 7 days"),
    "suspendUntilLifted": _on("suspend {} until a vote lifts it"),
    "reinstate": _on("end the suspension of {}"),
    "adopt": _adopting,
    "pause": _at("pause {} for 7 days"),
    "pauseUntilLifted": _at("pause {} until a vote lifts it"),
    "unpause": _at("end the pause of {}"),
    "setRule": lambda register, chain, rule, value: (
        f"set the rule {plain(Rule(rule))} to {timedelta(seconds=value)}"
    ),
    "setThreshold": _threshold,
}


def artifact_at(consortium: Consortium, target: str) -> Artifact | None:
    """Return what is known of the code at an address: by the code, since names can be given
    freely.
    """
    if target == consortium.binding.address:
        return consortium.binding.artifact
    code = consortium.binding.chain.code(target)
    known = (read_artifact(name) for name in names())
    return next((artifact for artifact in known if _is_code(artifact, code)), None)


def _is_code(artifact: Artifact, code: bytes) -> bool:
    return len(code) == len(artifact.runtime) and artifact.code_hash(code) == artifact.code_hash()


def functions_of(artifact: Artifact) -> dict[bytes, tuple[str, dict[str, Any]]]:
    """Return each function of a contract by its selector: its signature, and its entry in the
    ABI.
    """
    from eth_utils.abi import abi_to_signature

    listed = [entry for entry in artifact.abi if entry["type"] == "function"]
    signed = [(abi_to_signature(entry), entry) for entry in listed]  # type: ignore[arg-type]
    return {keccak(signature.encode())[:4]: (signature, entry) for signature, entry in signed}


def _decoded(entry: Mapping[str, Any], data: bytes) -> list[Any] | None:
    """Decode arguments; nothing where they are not encoded as the compiler does."""
    from eth_abi.abi import decode, encode
    from eth_utils.abi import collapse_if_tuple
    from eth_utils.address import to_checksum_address

    types = [collapse_if_tuple(each) for each in entry["inputs"]]
    try:
        values = decode(types, data)
        if encode(types, values) != data or not _within(entry["inputs"], values):
            return None
    except Exception:  # eth_abi's, of many kinds
        return None

    def clean(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
            return to_checksum_address(value)
        return type(value)(map(clean, value)) if isinstance(value, (tuple, list)) else value

    return [clean(value) for value in values]


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return repr(value) if isinstance(value, str) and not value.startswith("0x") else str(value)


def _within(inputs: Any, values: Any) -> bool:
    """Say whether every enumeration has a value that it knows."""
    limits = {f"enum {kind.__name__}": len(kind) for kind in (Rule, Threshold, Choice, Role)}
    named = zip(inputs, values, strict=True)
    return all(
        value < limits.get(each["internalType"], value + 1)
        for each, value in named
        if each["internalType"] in limits
    )
