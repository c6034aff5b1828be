"""The file that says in which dialect the ASYCUDA of this country writes."""

import tomllib
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError
from corridor.gateway.optional import part
from corridor.standards.dialect import Dialect, dialect_of

_MAX_BYTES: Final = 1024 * 1024


def read_dialect(path: Path | None) -> Dialect | None:
    """Return the dialect that a file describes; None without a file.

    Raises:
        ConfigurationError: The file cannot be read or used.
    """
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror or error}", cure="name the file of the dialect"
        ) from None
    if len(content) > _MAX_BYTES:
        raise ConfigurationError(
            f"{path}: larger than {_MAX_BYTES} bytes", cure="a dialect names boxes, nothing else"
        )
    try:
        told = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path}: is not TOML in UTF-8: {error}", cure="mend the file at that place"
        ) from None
    try:
        dialect = dialect_of(told)
        part("standards").standards(dialect)  # makes its tables: a box that fits nowhere is told
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.message}", cure=error.cure) from None
    return dialect
