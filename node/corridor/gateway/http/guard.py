"""The door of the gateway: what every request passes before and after its route.

Rules, in this order:

* who is there is known before a byte of the body is read; nobody else learns what exists;
* a client asks no more often than its rate;
* a body is read up to its limit, in time, and within what all bodies together may take;
* whatever goes wrong is answered as a problem; an answer that its client does not take is dropped;
* each answer is counted and told in the log: method, route, status, role; never a body or token.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

from starlette.responses import JSONResponse

from corridor.daemon.http_metrics import HttpMetrics
from corridor.daemon.logs import event_logger, place_of
from corridor.gateway.http.bodies import (
    BODY_S,
    App,
    Bodies,
    Message,
    Receive,
    Scope,
    Send,
    replayed,
)
from corridor.gateway.http.clients import Client, Clients
from corridor.gateway.http.problems import MEDIA_TYPE, Fault, Problem
from corridor.gateway.http.rates import Rates

OPEN: Final = frozenset({"/v1/health", "/v1/openapi.json"})
"""What needs no token: nothing there tells anything of anybody."""
_SECURITY: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def answer(problem: Problem, scope: Scope) -> JSONResponse:
    """Return a problem as a response, and note its code with the request."""
    scope["state"]["problem"] = problem.code
    return JSONResponse(
        problem.body(), problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


class Guard:
    """Wraps the application."""

    def __init__(
        self, app: App, clients: Callable[[], Clients], rates: Rates, metrics: HttpMetrics
    ) -> None:
        """Guard `app`; `clients` tells who may use it now."""
        self._app = app
        self._clients = clients
        self._rates = rates
        self._metrics = metrics
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = time.monotonic()
        sent = _Sent(send)
        body = b""
        try:
            self._admit(scope)
            body = await self._bodies.read(scope, receive)
            await self._app(scope, replayed(body, receive), sent)
        except Problem as problem:
            await answer(problem, scope)(scope, receive, sent)
        except TimeoutError:
            self._note(scope, sent, begun)
            raise  # its client takes nothing: the connection is closed
        except Exception as error:  # noqa: BLE001 - the door: whatever it is, it is told
            event_logger().error(
                "http.failed", cause=type(error).__name__, stage=place_of(error.__traceback__)
            )
            if sent.status == 0:
                await answer(Problem("internal"), scope)(scope, receive, sent)
        finally:
            self._bodies.release(body)
        self._note(scope, sent, begun)

    def _admit(self, scope: Scope) -> None:
        client = self._who(scope)
        scope["state"]["client"] = client
        if scope["path"] in OPEN:
            return
        if client is None:
            raise Problem(
                "unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="corridor"'}
            )
        wait_s = self._rates.wait_s(client.name)
        if wait_s:
            raise Problem("rate_limited", headers={"Retry-After": str(int(wait_s) + 1)})
        _accepts(scope)
        _plain(scope)

    def _who(self, scope: Scope) -> Client | None:
        clients = self._clients()
        tokens = [value for name, value in scope["headers"] if name == b"authorization"]
        if tokens:
            kind, _, token = tokens[0].decode("latin-1").partition(" ")
            is_bearer = len(tokens) == 1 and kind.lower() == "bearer"
            return clients.by_token(token.strip()) if is_bearer else None
        certificate = scope["state"].get("certificate")
        return clients.by_certificate(certificate) if certificate else None

    def _note(self, scope: Scope, sent: "_Sent", begun: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        seconds = time.monotonic() - begun
        code = scope["state"].get("problem", "ok")
        self._metrics.answered(route, method, sent.status, code, seconds)
        client: Client | None = scope["state"].get("client")
        log = event_logger().debug if code == "ok" else event_logger().info
        log(
            "http.answered", method=method, route=route, status=sent.status, code=code,
            duration_ms=round(seconds * 1000), role=",".join(client.roles) if client else None,
        )  # fmt: skip


_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class _Sent:
    """Sends, with patience that ends, and remembers how the answer begins."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
            message["headers"] = [*self.headers, *_SECURITY]
        async with asyncio.timeout(BODY_S):
            await self._send(message)


_JSON_RANGES: Final = frozenset({"*/*", "application/*", "application/json", MEDIA_TYPE})
_OTHERS: Final = (
    (re.compile(r"/v1/inbox"), frozenset({"application/xml", "text/xml"})),
    (re.compile(r"/v1/inbox/[0-9]+/report"), frozenset({"text/plain", "text/*"})),
)
"""What else an address offers."""


def accepted_ranges(accept: str) -> frozenset[str]:
    """Return the media ranges that a header `Accept` takes; none where it says nothing."""
    ranges = [one.split(";") for one in accept.lower().split(",") if one.strip()]
    return frozenset(
        name.strip()
        for name, *rest in ranges
        if not any(part.strip() in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in rest)
    )


def _accepts(scope: Scope) -> None:
    """Raise a problem where the client takes none of what its address offers."""
    header = ",".join(
        value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"
    )
    offered = _JSON_RANGES.union(
        *(kinds for path, kinds in _OTHERS if path.fullmatch(scope["path"]))
    )
    if header.strip(" ,") and not accepted_ranges(header) & offered:
        raise Problem("not_acceptable")


def _plain(scope: Scope) -> None:
    """Raise a problem where the body is coded: its limits would be those of what is packed."""
    codings = {
        value.decode("latin-1").strip().lower()
        for name, value in scope["headers"]
        if name == b"content-encoding"
    }
    if codings - {"", "identity"}:
        fault = Fault("header.Content-Encoding", "unknown", "Send the body as it is")
        raise Problem("media_type", faults=[fault], headers={"Accept-Encoding": "identity"})
