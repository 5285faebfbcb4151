"""Actions of a proposal, read from what people write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhealth import reading
from pyhealth.chain.network import address_of
from pyhealth.config import read_yaml
from pyhealth.consortium import Consortium
from pyhealth.deployment.artifacts import encode_json
from pyhealth.errors import InputError
from pyhealth.governance.describing import artifact_at, functions_of
from pyhealth.governance.register import Register
from pyhealth.values import Action, Adoption, Rule, Threshold

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
        known = artifact_at(self.consortium, target)
        if text.startswith("0x") and len(text) == 10:
            return bytes.fromhex(text[2:]), {"inputs": []}
        functions = functions_of(known) if known else {}
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
