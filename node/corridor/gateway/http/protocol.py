"""HTTP/1.1 on one connection: uvicorn's, with patience that ends and problems that are named.

Rules:

* a connection that sends no whole request head in time is closed: nobody holds it by a drip;
* what is not HTTP gets a problem like any other, and nothing of it is repeated;
* one connection too many is told so at once and closed;
* the certificate that TLS verified stands in the request's state.
"""

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from corridor.gateway.http.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    import ssl

    from uvicorn.config import Config
    from uvicorn.server import ServerState

HEAD_S: Final = 10.0
"""A head is at most 16 KiB; a modem of 1990 sends that in time."""
MAX_HEAD_BYTES: Final = 16 * 1024
"""Line and headers of a request: a token, a few parameters, and what proxies add."""
MAX_CONNECTIONS: Final = 128
"""A national system keeps a handful; beyond it one program does not close what it opens."""


class Connection(H11Protocol):
    """One connection."""

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Make the connection as uvicorn does."""
        super().__init__(config, server_state, dict(app_state), _loop)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note who is there."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        der = cast("ssl.SSLObject", tls).getpeercert(binary_form=True) if tls else None
        self.app_state["certificate"] = der
        if len(self.connections) > MAX_CONNECTIONS:
            self._say(
                Problem("busy", "Too many connections are open.", headers={"Retry-After": "5"})
            )
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that has begun must end in time."""
        super().data_received(data)
        if self.transport.is_closing() or self._reads_request():
            self._unwatch()
        else:
            self._watch()

    def on_response_complete(self) -> None:
        """Go on with the next request, whose head may have begun already."""
        super().on_response_complete()
        if not self.transport.is_closing() and not self._reads_request():
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        del msg
        self._say(Problem("http"))

    def _reads_request(self) -> bool:
        if self.cycle is None:  # before the first request, whatever uvicorn's types say
            return False  # type: ignore[unreachable]
        return not self.cycle.response_complete

    def _watch(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self._too_slow)

    def _unwatch(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self._reads_request() and not self.transport.is_closing():
            self.transport.close()

    def _say(self, problem: Problem) -> None:
        """Answer outside of any request, and close."""
        body = json.dumps(problem.body()).encode()
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "connection": "close",
            **problem.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line = f"HTTP/1.1 {problem.kind.status} {problem.kind.title}\r\n"
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(f"{line}{head}\r\n".encode() + body)
        self.transport.close()
