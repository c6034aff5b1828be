"""The door of the gateway: what every request passes before and after its route.

Rules, in this order:

* who is there is known before a byte of the body is read; nobody else learns what exists;
* a client asks no more often than its rate;
* a body is read up to its limit, in time, and within what all bodies together may take;
* whatever goes wrong is answered as a problem; an answer that its client does not take is dropped;
* each answer is counted and told in the log: method, route, status, role; never a body or token.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.responses import JSONResponse

from corridor.daemon.http_metrics import HttpMetrics
from corridor.daemon.logs import event_logger, place_of
from corridor.gateway.http.clients import Client, Clients
from corridor.gateway.http.problems import KINDS, MEDIA_TYPE, Problem
from corridor.gateway.http.rates import Rates

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_S: Final = 30.0
"""How long a body may take to come, and an answer to be taken."""
MIB: Final = 1024 * 1024
LIMITS: Final = {"/v1/records": 20 * MIB, "/v1/records:bulk": 16 * MIB}
"""The largest NCTS messages that national test suites send; a bulk of full size."""
MAX_BODY: Final = 64 * 1024
MAX_HELD: Final = 64 * MIB
"""What the bodies of all requests under way may take together."""
_DRAIN_S: Final = 2.0
_DRAIN_BYTES: Final = 64 * MIB
OPEN: Final = frozenset({"/v1/health", "/v1/openapi.json"})
"""What needs no token: nothing there tells anything of anybody."""
_SECURITY: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def answer(problem: Problem) -> JSONResponse:
    """Return a problem as a response."""
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
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = time.monotonic()
        sent = _Sent(send)
        held = 0
        try:
            self._admit(scope)
            body = await self._read(scope, receive)
            held = len(body)
            await self._app(scope, _replayed(body, receive), sent)
        except Problem as problem:
            await answer(problem)(scope, receive, sent)
        except TimeoutError:
            self._note(scope, sent, begun)
            raise  # its client takes nothing: the connection is closed
        except Exception as error:  # noqa: BLE001 - the door: whatever it is, it is told
            event_logger().error(
                "http.failed", cause=type(error).__name__, stage=place_of(error.__traceback__)
            )
            if sent.status == 0:
                await answer(Problem("internal"))(scope, receive, sent)
        finally:
            self._held -= held
        self._note(scope, sent, begun)

    def _admit(self, scope: Scope) -> None:
        client = self._who(scope)
        scope["state"]["client"] = client
        if scope["path"] in OPEN:
            return
        if client is None:
            raise Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="corridor"'})
        wait_s = self._rates.wait_s(client.name)
        if wait_s:
            raise Problem("rate_limited", headers={"Retry-After": str(int(wait_s) + 1)})
        _accepts_json(scope)

    def _who(self, scope: Scope) -> Client | None:
        clients = self._clients()
        tokens = [value for name, value in scope["headers"] if name == b"authorization"]
        if tokens:
            kind, _, token = tokens[0].decode("latin-1").partition(" ")
            is_bearer = len(tokens) == 1 and kind.lower() == "bearer"
            return clients.by_token(token.strip()) if is_bearer else None
        certificate = scope["state"].get("certificate")
        return clients.by_certificate(certificate) if certificate else None

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the whole body; what it takes counts as held until the request is answered."""
        limit = LIMITS.get(scope["path"], MAX_BODY)
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        parts: list[bytes] = []
        size = 0
        try:
            if int(told) > limit:
                await self._too_large(receive, limit)
            async with asyncio.timeout(BODY_S):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Problem("too_slow", "The client went away.")
                    part = message.get("body", b"")
                    size += len(part)
                    self._held += len(part)
                    parts.append(part)
                    more = message.get("more_body", False)
                    if size > limit:
                        parts.clear()
                        await self._too_large(receive, limit)
                    if self._held > MAX_HELD:
                        raise Problem("busy", headers={"Retry-After": "1"})
        except TimeoutError:
            self._held -= size
            raise Problem("too_slow", headers={"Connection": "close"}) from None
        except BaseException:
            self._held -= size
            raise
        return b"".join(parts)

    async def _too_large(self, receive: Receive, limit: int) -> None:
        """Let the client finish, within reason: else it sees a reset and not the answer."""
        rest = 0
        try:
            async with asyncio.timeout(_DRAIN_S):
                more = True
                while more and rest < _DRAIN_BYTES:
                    message = await receive()
                    rest += len(message.get("body", b""))
                    more = message.get("more_body", False)
        except TimeoutError:
            pass
        raise Problem(
            "too_large", f"A body has at most {limit} bytes here.", headers={"Connection": "close"}
        )

    def _note(self, scope: Scope, sent: "_Sent", begun: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        seconds = time.monotonic() - begun
        code = "ok" if sent.status < 400 else _code(sent)  # noqa: PLR2004 - HTTP
        self._metrics.answered(route, method, code, seconds)
        client: Client | None = scope["state"].get("client")
        log = event_logger().info if sent.status >= 400 else event_logger().debug  # noqa: PLR2004
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


def _code(sent: _Sent) -> str:
    """Return a code that fits the status: bodies are not read again for it."""
    return next((code for code, kind in KINDS.items() if kind.status == sent.status), "other")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand the body on once; afterwards wait for the client to go away."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


_JSON_RANGES: Final = frozenset({"*/*", "application/*", "application/json", MEDIA_TYPE})


def _accepts_json(scope: Scope) -> None:
    accepted = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"]
    ranges = [one.split(";") for one in ",".join(accepted).lower().split(",") if one.strip()]
    taken = {
        name.strip()
        for name, *rest in ranges
        if not any(part.strip() in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in rest)
    }
    if ranges and not taken & _JSON_RANGES:
        raise Problem("not_acceptable")
