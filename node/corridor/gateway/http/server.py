"""The HTTP gateway beside a node: a thread that listens, from `start` to `stop`.

Rules:

* beyond loopback it listens with TLS only, and asks who is there by token or certificate;
* it ends in time, whatever its clients do;
* SIGHUP reads clients and certificates again; what does not fit is refused, and it goes on with
  what it had.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from anyio import to_thread
from prometheus_client import CollectorRegistry

from corridor.daemon.config_sections import HttpSection
from corridor.daemon.http_metrics import HttpMetrics
from corridor.daemon.logs import event_logger
from corridor.daemon.service import NodeService
from corridor.errors import ConfigurationError, CorridorError
from corridor.gateway.http.app import make_app, routes
from corridor.gateway.http.bodies import Receive, Scope, Send
from corridor.gateway.http.clients import Clients, load_clients
from corridor.gateway.http.desk import THREADS, Desk
from corridor.gateway.http.guard import Guard
from corridor.gateway.http.problems import KINDS
from corridor.gateway.http.protocol import MAX_HEAD_BYTES, Connection
from corridor.gateway.http.rates import Rates
from corridor.gateway.national import National

_DRAIN_S: Final = 3
_STOP_S: Final = 6.0
_KEEP_ALIVE_S: Final = 75
"""Longer than the longest poll: a national system keeps its connection."""


class HttpServer:
    """Serves a `NodeService` over HTTP."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        section: HttpSection,
        service: NodeService,
        *,
        status: Callable[[], dict[str, Any]],
        ready: Callable[[], tuple[bool, str]],
        registry: CollectorRegistry,
        national: National | None = None,
    ) -> None:
        """Bind; port 0 takes a free one.

        Raises:
            ConfigurationError: The section cannot be used, or the address not be bound.
            KeyTrouble: The file of clients is not private.
        """
        _refuse_unsafe(section)
        self._section = section
        self._service = service
        self._clients = load_clients(section.tokens_file)
        self._rates = Rates(section.requests_per_s, section.burst, time.monotonic)
        desk = Desk(service, status, ready, self._rates, section.longest_poll_s, national)
        metrics = HttpMetrics(registry)
        metrics.know(routes(), KINDS)
        self._guard = Guard(make_app(desk), lambda: self._clients, self._rates, metrics)
        self._tls = _tls(section)
        self._socket = _bind(section)
        self._server = uvicorn.Server(self._config())
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def clients(self) -> Clients:
        """Who may use it now."""
        return self._clients

    def start(self) -> None:
        """Begin to answer."""
        event_logger().info(
            "http.started", port=self.port, state="tls" if self._tls else "plain",
            count=len(self._clients.all),
        )  # fmt: skip
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.should_exit = True
        self._service.end()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)
            if self._thread.is_alive():
                self._server.force_exit = True
                self._thread.join(1)
        self._socket.close()

    def reload(self) -> None:
        """Read clients and certificates again.

        Raises:
            CorridorError: They cannot be used; it goes on with what it had.
        """
        clients = load_clients(self._section.tokens_file)
        fresh = _tls(self._section)  # all of it is tried before any of it is in force
        if self._tls is not None and fresh is not None:
            _load(self._tls, self._section)
        self._clients = clients
        event_logger().info("http.reloaded", count=len(clients.all))

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except (OSError, CorridorError) as error:
            event_logger().error("http.ended", cause=type(error).__name__)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        await self._guard(scope, receive, send)

    def _config(self) -> uvicorn.Config:
        config = uvicorn.Config(
            self._app,
            http=Connection,
            ws="none",
            lifespan="off",
            loop="asyncio",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_DRAIN_S,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        )
        config.load()
        config.ssl = self._tls
        return config


def _refuse_unsafe(section: HttpSection) -> None:
    if (section.cert_file is None) != (section.key_file is None):
        raise ConfigurationError(
            "http.cert_file and http.key_file belong together", cure="give both, or neither"
        )
    if section.client_ca_file is not None and section.cert_file is None:
        raise ConfigurationError(
            "http.client_ca_file is of use with TLS only", cure="give http.cert_file and key_file"
        )
    if _is_loopback(section.address):
        return
    if section.cert_file is None:
        raise ConfigurationError(
            f"http.address {section.address} is reached from other machines, without TLS",
            cure="give http.cert_file and http.key_file, or listen on 127.0.0.1",
        )
    if not load_clients(section.tokens_file).all:
        raise ConfigurationError(
            f"http.address {section.address} is reached from other machines, and nobody is known",
            cure="`corridor http token add`, or listen on 127.0.0.1",
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _tls(section: HttpSection) -> ssl.SSLContext | None:
    if section.cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, section)
    if section.client_ca_file is not None:
        context.verify_mode = ssl.CERT_OPTIONAL  # without one, a token
    return context


def _load(context: ssl.SSLContext, section: HttpSection) -> None:
    try:
        if section.cert_file is not None:
            context.load_cert_chain(section.cert_file, section.key_file)
        if section.client_ca_file is not None:
            context.load_verify_locations(section.client_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"http: certificate, key or CA cannot be used: {error.strerror or 'not PEM'}",
            cure="compare http.cert_file, http.key_file and http.client_ca_file",
        ) from None


def _bind(section: HttpSection) -> socket.socket:
    family = socket.AF_INET6 if ":" in section.address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((section.address, section.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"http.address {section.address}:{section.port} cannot be bound: {error.strerror}",
            cure="choose another http.port (0 takes a free one)",
        ) from None
    return listener
