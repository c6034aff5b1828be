"""The faults that FastAPI and pydantic find, as every other fault: path and rule, never a value."""

from collections.abc import Iterable, Mapping
from typing import Any

from corridor.gateway.http.problems import MOST_FAULTS, Fault


def faults_of(errors: Iterable[Mapping[str, Any]], at: str = "") -> list[Fault]:
    """Return the faults; `at` is where the checked value stands."""
    found = []
    for error in errors:
        path = at
        for part in error["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f".{_plain(part, error)}"
        found.append(Fault(path.lstrip("."), error["type"], _words(error)))
    return found[:MOST_FAULTS]


def _plain(part: str, error: Mapping[str, Any]) -> str:
    # The name of a key that is not known may be anything that was typed.
    return "(unknown)" if error["type"] == "extra_forbidden" and part == error["loc"][-1] else part


def _words(error: Mapping[str, Any]) -> str:
    """Return pydantic's sentence, which names bounds and patterns and quotes no input."""
    if error["type"] in {"missing", "extra_forbidden"} or "ctx" in error:
        return str(error["msg"])
    return str(error["msg"]).partition(",")[0].partition(" [")[0]
