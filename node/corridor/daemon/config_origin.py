"""Where each value of a configuration comes from, and where two configurations differ.

Rules:

* a value comes from the environment, from the file, or is a default; one of the three is said;
* relative paths are compared as they are written, not as they are anchored: two nodes' files that
  say the same are the same.
"""

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import to_jsonable_python

from corridor.daemon.config import NodeConfig, effective, load_config

_PREFIX: Final = "CORRIDOR__"
_DEPTH: Final = 2
"""Section and key."""


class Origin(StrEnum):
    """Where a value comes from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


class Value(NamedTuple):
    """A value in force and where it comes from."""

    section: str
    key: str
    value: Any
    origin: Origin


def origins(path: Path, environment: Mapping[str, str] | None = None) -> list[Value]:
    """Return every value in force with its origin, in the order of the manual.

    Raises:
        ConfigurationError: The file cannot be read or used.
    """
    config = load_config(path)
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    env = _from(os.environ if environment is None else environment)
    return [
        Value(section, key, value, _origin(section, key, env, given))
        for section, keys in effective(config).items()
        for key, value in keys.items()
    ]


def _from(environment: Mapping[str, str]) -> set[tuple[str, ...]]:
    """Return (section, key), or (section,) where a whole section is given at once."""
    names = (name.upper() for name in environment)
    parts = (name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX))
    return {tuple(part.lower().split("__")[:_DEPTH]) for part in parts}


def _origin(section: str, key: str, env: set[tuple[str, ...]], given: Mapping[str, Any]) -> Origin:
    if (section, key) in env or (section,) in env:
        return Origin.ENVIRONMENT
    return Origin.FILE if key in given.get(section, {}) else Origin.DEFAULT


class Difference(NamedTuple):
    """One key whose values differ."""

    key: str
    here: Any
    there: Any


def differences(path: Path, other: Path | None) -> list[Difference]:
    """Return where a file differs from another one, or from the defaults.

    Raises:
        ConfigurationError: A file cannot be read or used.
    """
    here = _written(path)
    there = _defaults() if other is None else _written(other)
    keys = dict.fromkeys([*here, *there])
    return [
        Difference(key, here.get(key), there.get(key))
        for key in keys
        if here.get(key) != there.get(key)
    ]


def _written(path: Path) -> dict[str, Any]:
    config = load_config(path)
    base = path.resolve().parent
    return {
        f"{section}.{key}": _relative(value, base)
        for section, keys in effective(config).items()
        for key, value in keys.items()
    }


def _relative(value: Any, base: Path) -> Any:  # noqa: ANN401 - any JSON value
    inside = isinstance(value, str) and value.startswith(f"{base}{os.sep}")
    return str(Path(value).relative_to(base)) if inside else value


def _defaults() -> dict[str, Any]:
    """Return every default, as plain JSON values like `effective`; what must be given has none."""
    found: dict[str, Any] = {}
    for section, field in NodeConfig.model_fields.items():
        model: Any = field.annotation
        for key, info in model.model_fields.items():
            if not info.is_required():
                value = info.get_default(call_default_factory=True)
                found[f"{section}.{key}"] = to_jsonable_python(value)
    return found
