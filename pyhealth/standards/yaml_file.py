"""YAML files that users hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyhealth.config import read_yaml
from pyhealth.errors import ConfigError, InputError


def content_of(file: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds, or refuse it with its place."""
    try:
        return read_yaml(file)
    except ConfigError as error:
        raise InputError(str(error)) from error
    except (ValueError, RecursionError) as error:  # a date that is none, a list within a list
        raise InputError(f"{file}: not valid YAML ({error}).") from error
