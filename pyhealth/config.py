"""Networks, the data folder and the environment: the only module that reads any of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyhealth.errors import ConfigError

EMBEDDED = "embedded"
LOCAL_CHAIN_IDS = frozenset({1337, 31337})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CONFIG_FILE = "brownie-config.yaml"
KEYS: dict[str, type] = {
    "rpc": str,
    "chain_id": int,
    "confirmations": int,
    "local": bool,
    "gas_price": int,
    "explorer": str,
    "verifier": str,
}
KINDS: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Network:
    """A chain and the way to it."""

    name: str
    rpc: str | None  # None: the embedded chain, which knows its own address.
    chain_id: int | None = None  # None: whatever the node says, once.
    confirmations: int = 1  # blocks, the transaction's own included.
    local: bool = False  # declared local although it is not on loopback, such as a container.
    gas_price: int | None = None  # wei; set for chains without EIP-1559, zero for free gas.
    explorer: str | None = None
    verifier: str | None = None  # Sourcify-compatible server.

    def is_local(self, chain_id: int) -> bool:
        """Say whether well-known development keys may sign here."""
        if self.rpc is None or self.local:
            return chain_id in LOCAL_CHAIN_IDS
        return chain_id in LOCAL_CHAIN_IDS and urlsplit(self.rpc).hostname in LOOPBACK


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment and brownie-config.yaml say."""

    root: Path | None  # the project folder, which holds brownie-config.yaml; None outside of one.
    home: Path  # the data folder.
    networks: Mapping[str, Network]
    default_network: str
    environment: Mapping[str, str] = field(repr=False)  # holds secrets: never printed.

    def network(self, name: str | None = None) -> Network:
        """Return the network of that name, or the URL given as one, or the default."""
        wanted = name or self.default_network
        if "://" in wanted:
            return Network(name=wanted, rpc=_http(wanted))
        if wanted not in self.networks:
            known = ", ".join(sorted(self.networks))
            raise ConfigError(
                f"No network is named {wanted!r}; known are {known}, and any http(s) URL."
            )
        network = self.networks[wanted]
        if network.rpc is not None and network.rpc.startswith("$"):
            return replace(network, rpc=_http(self._address(wanted, network.rpc[1:])))
        return network

    def _address(self, network: str, variable: str) -> str:
        if not (url := self.environment.get(variable)):
            raise ConfigError(
                f"Network {network!r} needs the address of a node; "
                f"set {variable} in the environment."
            )
        return url

    def records(self, chain_id: int) -> Path:
        """Return the folder of deployment records: the data folder for local chains, the project's
        for others.
        """
        shared = self.root is not None and chain_id not in LOCAL_CHAIN_IDS
        return (self.root if shared and self.root else self.home) / "deployments"


def load_settings(
    environment: Mapping[str, str] | None = None, start: Path | None = None
) -> Settings:
    """Read ``.env``, the environment, and the nearest brownie-config.yaml or the packaged one."""
    root = _project_root(start or Path.cwd())
    read = dict(_dotenv(root) if root else {})
    read.update(os.environ if environment is None else environment)
    file = (root or Path(__file__).parent) / CONFIG_FILE
    networks = _networks(file)
    default = read.get("PYHEALTH_NETWORK") or EMBEDDED
    if (url := read.get("PYHEALTH_RPC_URL")) and not read.get("PYHEALTH_NETWORK"):
        default = url
    home = Path(read.get("PYHEALTH_HOME") or (root or Path.home()) / ".pyhealth")
    return Settings(root, home.expanduser().absolute(), networks, default, read)


def _project_root(start: Path) -> Path | None:
    """Return the project the user stands in, or the checkout that this package runs from."""
    checkout = Path(__file__).parents[1]
    folders = (start, *start.parents, checkout)
    return next((folder for folder in folders if (folder / CONFIG_FILE).is_file()), None)


def _dotenv(root: Path) -> dict[str, str]:
    if not (root / ".env").is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(root / ".env").items() if value}


def is_http(url: str) -> bool:
    """Say whether a text is an address to which HTTP can go."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _http(url: str) -> str:
    """Check the address of a node."""
    if not is_http(url):
        raise ConfigError(f"{url!r} is not the address of a node; http(s)://HOST:PORT is expected.")
    return url


@cache
def read_yaml(file: Path) -> dict[str, Any]:
    """Return what a YAML file holds, or say where it cannot be read."""
    import yaml

    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not a text file in UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "somewhere"
        raise ConfigError(
            f"{file}, {where}: not valid YAML ({getattr(error, 'problem', error)})."
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold a YAML mapping at its top.")
    return content


def _networks(file: Path) -> dict[str, Network]:
    ours = _mapping(read_yaml(file).get("pyhealth"), f"{file}: pyhealth")
    listed = _mapping(ours.get("networks"), f"{file}: pyhealth.networks")
    networks = {EMBEDDED: Network(EMBEDDED, rpc=None, chain_id=31337)}
    for name, values in listed.items():
        where = f"{file}, network {name!r}"
        given = _mapping(values, where)
        for key, value in given.items():
            _check(key, value, where)
        own_rpc = {} if name == EMBEDDED else {"rpc": given.get("rpc")}
        networks[name] = Network(**{"name": name, "rpc": None, **given, **own_rpc})
    return networks


def _mapping(value: object, where: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise ConfigError(f"{where} must be a YAML mapping, and is {value!r}.")
    return value or {}


def _check(key: str, value: object, where: str) -> None:
    if (kind := KEYS.get(key)) is None:
        known = ", ".join(KEYS)
        raise ConfigError(f"{where}: unknown key {key!r}; known are {known}.")
    if type(value) is not kind or (kind is int and value < (key != "gas_price")):  # type: ignore[operator]
        raise ConfigError(f"{where}: {key} must be {KINDS[kind]}, and is {value!r}.")
    if key == "rpc" and not str(value).startswith("$"):
        _http(str(value))
