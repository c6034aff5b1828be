"""Metrics, health and readiness over HTTP, on loopback by default.

Rules:

* `/metrics` goes through prometheus_client's own content negotiation;
* `/-/healthy` answers 200 as long as the process turns;
* `/-/ready` answers 200 when the node can keep what it is given, also while the broker is away.
"""

import io
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, TextIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import make_wsgi_app

from corridor.errors import ConfigurationError

Readiness = Callable[[], tuple[bool, str]]
_TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))
_PAGE = """Corridor node {version}

/metrics     throughput and state, for Prometheus
/-/healthy   the process turns
/-/ready     the node can keep what it is given
"""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away: the traceback would stand in the log."""


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: scrapes would drown the log."""

    def get_stderr(self) -> TextIO:
        """Keep tracebacks, which may quote anything, out of the log."""
        return io.StringIO()


class WebServer:
    """The HTTP server of a node; runs in its own thread from `start` to `stop`."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        registry: CollectorRegistry,
        ready: Readiness,
        version: str,
    ) -> None:
        """Bind; port 0 takes a free one.

        Raises:
            ConfigurationError: The address cannot be bound.
        """
        self._metrics = make_wsgi_app(registry)
        self._ready = ready
        self._page = _PAGE.format(version=version).encode()
        try:
            self._server = make_server(
                address, port, self._answer, server_class=_Server, handler_class=_Quiet
            )
        except OSError as error:
            raise ConfigurationError(
                f"metrics.address {address}:{port} cannot be bound: {error.strerror}; "
                "choose another metrics.port (0 takes a free one)"
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._thread.ident is not None:  # it would wait for ever for a loop that never ran
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's untyped callback
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            body: Iterable[bytes] = self._metrics(environ, start)
            return body
        status, text = self._page_for(path)
        start(status, list(_TEXT))  # the server adds to the list it is given
        return [text]

    def _page_for(self, path: str) -> tuple[str, bytes]:
        if path == "/":
            return "200 OK", self._page
        if path == "/-/healthy":
            return "200 OK", b"healthy\n"
        if path == "/-/ready":
            ready, why = self._ready()
            return ("200 OK" if ready else "503 Service Unavailable"), f"{why}\n".encode()
        return "404 Not Found", b"no such page; see /\n"
