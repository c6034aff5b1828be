"""Parts of Corridor that only some nodes need, imported when they are needed.

A node without them keeps what they cost: FastAPI, lxml and urllib3 are thirty megabytes of
memory, and need not even be installed.
"""

import importlib
from importlib.util import find_spec
from typing import Any, Final

_PLACES: Final = {
    "deliver": "corridor.standards.deliver",
    "foresee": "corridor.standards.preflight",
    "http": "corridor.gateway.http.server",
    "spool": "corridor.gateway.spool.gateway",
    "standards": "corridor.standards.standard",
    "webhook": "corridor.gateway.webhook.gateway",
}
PARSERS: Final = ("lxml", "pycountry", "pydifact")
"""Packages that read messages of standards."""


def need_parsers() -> None:
    """Refuse what would read messages of standards where their parsers are not; loads none of them.

    Raises:
        ModuleNotFoundError: A package is not installed; `name` says which.
    """
    for name in PARSERS:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)


def part(name: str) -> Any:  # noqa: ANN401 - a module
    """Return the module of an optional part: deliver, foresee, http, spool, ...

    Raises:
        ModuleNotFoundError: A package that it needs is not installed; `name` says which.
    """
    return importlib.import_module(_PLACES[name])
