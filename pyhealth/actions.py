"""Actions of a proposal: read from what people write, and said in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pyhealth import reading
from pyhealth.chain.network import Chain, address_of
from pyhealth.config import read_yaml
from pyhealth.consortium import Consortium
from pyhealth.deployment.artifacts import Artifact, encode_json, names, read_artifact
from pyhealth.errors import InputError
from pyhealth.hashing import keccak
from pyhealth.register import Register, shown
from pyhealth.types import Action, Adoption, Rule, Threshold, roles_of, text_of

# What a person gives to each action, in this order.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "admit": ("account", "name", "roles"),
    "remove": ("member",),
    "set-roles": ("member", "roles"),
    "replace-account": ("member", "account"),
    "suspend": ("member",),
    "suspend-until-lifted": ("member",),
    "reinstate": ("member",),
    "adopt": ("address", "name", "version"),
    "pause": ("contract",),
    "pause-until-lifted": ("contract",),
    "unpause": ("contract",),
    "set-rule": ("rule", "value"),
    "set-threshold": ("contract", "function", "threshold"),
    "call": ("contract", "function", "arguments"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads actions as people write them."""

    consortium: Consortium
    register: Register
    account: Callable[[str], str]  # a name or an address to the address

    def file(self, file: Path) -> list[Action]:
        """Read the actions of a YAML or JSON file: a list named ``actions``."""
        listed = read_yaml(file).get("actions")
        if not isinstance(listed, list) or not listed:
            raise InputError(f"{file} must hold a list named actions, with one action or more.")
        return [self._entry(entry, f"{file}, action {i}") for i, entry in enumerate(listed, 1)]

    def _entry(self, entry: object, where: str) -> Action:
        if not isinstance(entry, dict) or len(entry) != 1:
            raise InputError(f"{where} must be one name with its values, such as 'suspend: 3'.")
        ((kind, given),) = entry.items()
        try:
            if not isinstance(given, dict):
                given = dict(zip(PARAMETERS.get(str(kind), ())[:1], [given], strict=False))
            return self.action(str(kind), given)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error

    def action(self, kind: str, given: Mapping[str, Any]) -> Action:
        """Read one action."""
        wanted = PARAMETERS.get(kind)
        if wanted is None:
            raise InputError(f"No action is named {kind!r}; known are {', '.join(PARAMETERS)}.")
        optional = {"arguments"} & set(wanted)
        if not set(wanted) - optional <= set(given) <= set(wanted):
            raise InputError(f"{kind} wants {', '.join(wanted)}, and was given {_listed(given)}.")
        if kind == "call":
            return self._call(given)
        values = [self._value(name, given[name], given) for name in wanted]
        if kind == "admit":
            account, name, roles = values
            return self.consortium.admit(account, roles, name)
        if kind == "adopt":
            target, name, version = values
            return self.consortium.adopt(Adoption(name, version, target))
        made: Action = getattr(self.consortium, kind.replace("-", "_"))(*values)
        return made

    def _value(self, name: str, written: Any, given: Mapping[str, Any]) -> Any:
        """Read the value of a parameter."""
        text = f"0x{written:040x}" if _is_address(name, written) else str(written)
        match name:
            case "account":
                return self.account(text)
            case "address":
                return address_of(text)
            case "member":
                return self.register.member_called(text)
            case "contract":
                return self._contract(text)
            case "roles":
                return reading.roles(_pieces(written))
            case "name":
                reading.word_of(text)
                return text
            case "version":
                return _version(text)
            case "rule":
                return reading.one_of(Rule, text, "rule")
            case "value":
                return reading.span_of(text)
            case "threshold":
                return reading.one_of(Threshold, text, "threshold")
            case _:
                return self._function(self._contract(str(given["contract"])), text)[0]

    def _contract(self, text: str) -> str:
        return address_of(text) if text.startswith("0x") else self.register.contract_called(text)

    def _function(self, target: str, text: str) -> tuple[bytes, dict[str, Any]]:
        """Find a function by its name, its signature or its selector."""
        known = _artifact_at(self.consortium, target)
        if text.startswith("0x") and len(text) == 10:
            return bytes.fromhex(text[2:]), {"inputs": []}
        functions = _functions(known) if known else {}
        found = {
            selector: entry
            for selector, (signature, entry) in functions.items()
            if text in (signature, entry["name"])
        }
        if len(found) != 1:
            named = ", ".join(signature for signature, _ in functions.values()) or "none known here"
            raise InputError(f"{target} has no one function {text!r}; its functions: {named}.")
        ((selector, entry),) = found.items()
        return selector, entry

    def _call(self, given: Mapping[str, Any]) -> Action:
        target = self._contract(str(given["contract"]))
        selector, entry = self._function(target, str(given["function"]))
        arguments = given.get("arguments") or []
        try:
            return Action(target, selector + encode_json(entry["inputs"], arguments))
        except Exception as error:  # eth_abi's and Python's own, of many kinds
            raise InputError(
                f"{given['function']} cannot be called with {_listed(arguments)} ({error})."
            ) from error


def describe(action: Action, consortium: Consortium, register: Register) -> str:
    """Say in words what an action does."""
    selector = action.data[:4]
    if action.target == consortium.binding.address:
        known: Artifact | None = consortium.binding.artifact
    else:
        known = _artifact_at(consortium, action.target)
    listing = register.listing(action.target)
    title = f"{listing.name} version {listing.version}" if listing else "a contract not adopted"
    place = f"{title} at {action.target}"
    found = _functions(known).get(selector) if known else None
    arguments = _decoded(found[1], action.data[4:]) if found else None
    if found is None or arguments is None:
        rest = len(action.data) - 4
        odd = "arguments that it cannot read" if found else "an unknown function"
        return f"call {place}: {odd}, 0x{selector.hex()} with {rest} bytes; ask for its source"
    name = str(found[1]["name"])
    if action.target == consortium.binding.address:
        own = _OWN.get(name)
        if own:
            return own(register, consortium.binding.chain, *arguments)
        place = "the consortium itself"
    named = zip((each["name"] for each in found[1]["inputs"]), arguments, strict=True)
    told = ", ".join(f"{key}={_shown(value)}" for key, value in named)
    return f"call {place}: {name}({told})"


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
    return f"let calls of 0x{selector.hex()} on {title} need {_plain(need)} of the members"


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
        f"replace the account of {register.title(member)} by {account}, and revoke all its operators"
    ),
    "suspend": _on("suspend {} for 7 days"),
    "suspendUntilLifted": _on("suspend {} until a vote lifts it"),
    "reinstate": _on("end the suspension of {}"),
    "adopt": _adopting,
    "pause": _at("pause {} for 7 days"),
    "pauseUntilLifted": _at("pause {} until a vote lifts it"),
    "unpause": _at("end the pause of {}"),
    "setRule": lambda register, chain, rule, value: (
        f"set the rule {_plain(Rule(rule))} to {timedelta(seconds=value)}"
    ),
    "setThreshold": _threshold,
}


def _artifact_at(consortium: Consortium, target: str) -> Artifact | None:
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


def _functions(artifact: Artifact) -> dict[bytes, tuple[str, dict[str, Any]]]:
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
        if encode(types, values) != data:
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


def _plain(value: Rule | Threshold) -> str:
    return value.name.lower().replace("_", " ")


def _listed(given: Mapping[str, Any] | Sequence[Any]) -> str:
    return ", ".join(map(str, given)) or "nothing"


def _pieces(written: Any) -> list[str]:
    if isinstance(written, (list, tuple)):
        return [piece for one in written for piece in _pieces(one)]
    return [piece for piece in str(written).replace(",", " ").split() if piece]


def _is_address(name: str, written: Any) -> bool:
    """YAML reads an address without quotes as a number."""
    return name in ("account", "address", "contract") and type(written) is int


def _version(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 32:
        raise InputError(f"{text!r} is no version; give a whole number from 1.")
    return int(text)
