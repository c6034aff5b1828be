"""Writes a node's configuration file: every key with what it means, defaults commented out.

Rule: what is written is what `daemon.config` describes; a person needs no other page to edit it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from corridor.daemon.config import NodeConfig

Given = Mapping[str, Mapping[str, str | int]]
"""Section → key → value."""

_HEAD: Final = """\
# Configuration of a Corridor node.
# A line that begins with "# " and a key shows a default: take the mark away to change it.
# Relative paths start at the folder of this file. `corridor config validate` checks it.
"""


def config_text(given: Given) -> str:
    """Return the file with the values in `given`; every other key stands there as a comment."""
    lines = [_HEAD.rstrip()]
    for name, field in NodeConfig.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            about = (section.__doc__ or "").strip()
            lines += ["", f"# {about}", f"[{name}]"]
            for key, info in section.model_fields.items():
                lines += [f"# {info.description}", _line(key, info, given.get(name, {}))]
    return "\n".join(lines) + "\n"


def _line(key: str, info: FieldInfo, given: Mapping[str, str | int]) -> str:
    if key in given:
        return f"{key} = {toml_value(given[key])}"
    if info.is_required():
        return f"# {key} =   (must be given)"
    if info.default is None:
        return f"# {key} =   (not set)"
    return f"# {key} = {toml_value(info.default)}"


def toml_value(value: Any) -> str:  # noqa: ANN401 - whatever a field's default may be
    """Return a value as TOML writes it."""
    # A JSON string is a TOML basic string but for one character that TOML wants escaped too.
    text = json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
