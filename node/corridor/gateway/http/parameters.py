"""What a request may say beside its body: a parameter that is misspelt, or said twice, is told.

FastAPI passes over what it does not know; `?lmit=10` would be answered with another page than its
client believes to have asked for.
"""

from functools import cache
from typing import Any

from fastapi import FastAPI, Request

from corridor.gateway.http.problems import MOST_FAULTS, Fault, Problem


def only_known_parameters(request: Request) -> None:
    """Refuse a query that holds a parameter which the OpenAPI document does not have.

    Raises:
        Problem: invalid; the fault of an unknown one does not repeat what was typed.
    """
    if not request.query_params:
        return
    path = getattr(request.scope.get("route"), "path", "")
    known = _parameters(request.app).get((path, request.method.lower()), {})
    faults = []
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            offered = ", ".join(known) or "none"
            faults.append(Fault("query.(unknown)", "unknown", f"Offered here: {offered}"))
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            faults.append(Fault(f"query.{name}", "repeated", "Say it once"))
    if faults:
        raise Problem("invalid", faults=faults[:MOST_FAULTS])


@cache
def _parameters(app: FastAPI) -> dict[tuple[str, str], dict[str, bool]]:
    """Return the parameters of each operation, and whether one may be there several times."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return {
        (path, method): {
            one["name"]: one["schema"].get("type") == "array"
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        }
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
