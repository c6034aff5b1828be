"""The application: routes, the problems of the framework itself, and the OpenAPI document."""

from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from corridor import __version__
from corridor.errors import CorridorError, Refused
from corridor.gateway.http import asking, attaching, following, messages, submitting
from corridor.gateway.http.desk import Desk
from corridor.gateway.http.document import complete
from corridor.gateway.http.examples import add_examples
from corridor.gateway.http.guard import answer
from corridor.gateway.http.parameters import only_known_parameters
from corridor.gateway.http.problems import Problem, of_refused
from corridor.gateway.http.validity import faults_of

_ABOUT = """\
A national system submits records for partners, takes what partners sent, and asks how far a
record has come. `accepted` means: on the node's disk, and never lost. Everything that is refused
names every fault by path and rule (RFC 9457), and has had no other effect.
"""
_ROUTERS: Final = (
    submitting.router,
    asking.router,
    following.router,
    messages.router,
    attaching.router,
)


class Gateway(FastAPI):
    """FastAPI with our document."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if not self.openapi_schema:
            self.openapi_schema = add_examples(complete(super().openapi()))
        return self.openapi_schema


def make_app(desk: Desk | None = None) -> Gateway:
    """Return the application before `desk`; without one it only knows its document."""
    app = Gateway(
        title="Corridor node",
        version=__version__,
        description=_ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "/"}],
        dependencies=[Depends(only_known_parameters)],
    )
    app.state.desk = desk
    for router in _ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(CorridorError, _of_core)
    app.add_exception_handler(Exception, _told)  # the guard hears of it too, and logs it
    return app


def routes() -> list[tuple[str, str]]:
    """Return every route with each method that it offers."""
    return [
        (getattr(route, "path", "none"), method)
        for router in _ROUTERS
        for route in router.routes
        for method in sorted(getattr(route, "methods", None) or ())
    ]


def _told(request: Request, problem: Exception) -> JSONResponse:
    return answer(problem if isinstance(problem, Problem) else Problem("internal"), request.scope)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return answer(Problem("invalid", faults=faults_of(found)), request.scope)


def _of_framework(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:  # noqa: PLR2004 - HTTP
        return answer(
            Problem("method", headers={"Allow": ", ".join(_methods(request))}), request.scope
        )
    return answer(
        Problem({404: "not_found", 400: "malformed"}.get(status, "internal")), request.scope
    )


def _methods(request: Request) -> list[str]:
    """Return every method of a path: the framework names those of its first route only."""
    found: set[str] = set()
    for router in _ROUTERS:
        for route in router.routes:
            if route.matches(request.scope)[0] is not Match.NONE:
                found |= getattr(route, "methods", None) or set()
    return sorted(found) or ["GET"]


def _of_core(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Refused):
        return answer(of_refused(error), request.scope)
    code = getattr(error, "code", "")
    kind = "store_full" if code == "store_full" else "store" if code.startswith("store") else ""
    return answer(
        Problem(kind or "internal", headers={"Retry-After": "5"} if kind else None), request.scope
    )
