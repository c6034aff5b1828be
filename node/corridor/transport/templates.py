"""Read the files of `broker_config/`, from a wheel or from a source tree."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import corridor
from corridor.errors import ConfigurationError

_IN_WHEEL: Final = "_broker_config"  # a wheel carries the folder under this name
_IN_SOURCE: Final = "broker_config"


def template_folder() -> Traversable:
    """Return the folder of templates.

    Raises:
        ConfigurationError: The installation carries none.
    """
    source = Path(corridor.__file__).resolve().parents[2] / _IN_SOURCE
    for folder in (files(corridor) / _IN_WHEEL, source):
        if folder.is_dir():
            return folder
    raise ConfigurationError("the templates of broker_config are missing from this installation")


def read_template(name: str) -> str:
    """Return the text of the template `name`."""
    return (template_folder() / name).read_text(encoding="utf-8")
