"""Parts of Corridor that only some nodes need, imported when they are needed.

A node without them keeps what they cost: FastAPI, lxml and urllib3 are thirty megabytes of
memory, and need not even be installed.
"""

import importlib
from typing import Any, Final

_PLACES: Final = {
    "http": "corridor.gateway.http.server",
    "ncts": "corridor.standards.ncts.mapper",
    "spool": "corridor.gateway.spool.gateway",
    "webhook": "corridor.gateway.webhook.gateway",
}


def part(name: str) -> Any:  # noqa: ANN401 - a module
    """Return the module of an optional part: http, ncts, spool or webhook.

    Raises:
        ModuleNotFoundError: A package that it needs is not installed; `name` says which.
    """
    return importlib.import_module(_PLACES[name])
