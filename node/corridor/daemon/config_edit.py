"""Writes one value into a node's configuration and leaves every other line as a person left it.

Rules:

* the line of the key is replaced where it stands, a commented default included; where there is
  none it is put at the head of its section;
* the file is replaced whole, and only by one that reads without a fault.
"""

import os
import re
import tomllib
from pathlib import Path

from corridor.daemon.config import load_config
from corridor.daemon.config_text import toml_value
from corridor.errors import ConfigurationError


def read_value(path: Path, section: str, key: str) -> str | None:
    """Return what the file itself says of a key; None where it says nothing.

    Raises:
        ConfigurationError: It cannot be read, or is no TOML.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get(section, {})
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}", cure="name the node's configuration with --config"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"{path}: is not TOML: {error}", cure="mend the file at that place"
        ) from None
    value = found.get(key) if isinstance(found, dict) else None
    return None if value is None else str(value)


def write_value(path: Path, section: str, key: str, value: str) -> None:
    """Write a value into a configuration; `key` has one name in the whole file.

    Raises:
        ConfigurationError: The file cannot be read or written, or would not be usable.
    """
    read_value(path, section, key)
    text = path.read_text(encoding="utf-8")
    line = f"{key} = {toml_value(value)}"
    places = (
        (rf"^[ \t]*{key}[ \t]*=.*$", line),
        (rf"^[ \t]*#[ \t]*{key}[ \t]*=.*$", line),
        (rf"^\[{section}\][ \t]*$", f"[{section}]\n{line}"),
    )
    for pattern, new in places:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            changed = text[: found.start()] + new + text[found.end() :]
            break
    else:
        changed = f"{text.rstrip()}\n\n[{section}]\n{line}\n"
    _replace(path, changed)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.chmod(path.stat().st_mode & 0o777)
        load_config(beside)
        beside.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)
