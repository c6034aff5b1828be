"""A real node without a broker, and its HTTP gateway, in this process."""

import http.client
import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.node import Node
from corridor.gateway.http.clients import (
    Client,
    load_clients,
    save_clients,
    token_client,
    with_client,
)
from corridor.gateway.http.server import HttpServer

TOKENS = {
    "office": Client("office", "", roles=("submitter", "reader", "operator")),
    "sender": Client("sender", "", roles=("submitter",), partners=("TR",)),
    "urgent": Client("urgent", "", roles=("submitter",), lanes=("urgent",)),
    "reader": Client("reader", "", roles=("reader",)),
    "watch": Client("watch", "", roles=("operator",)),
}
"""Who is known in these tests; the token of NAME is "token-NAME"."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.body)


class Caller:
    """A client that sends exactly what it is told."""

    def __init__(self, port: int, token: str | None, tls: ssl.SSLContext | None = None) -> None:
        self.port, self.token, self.tls = port, token, tls

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send one request; a body that is no bytes goes as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named.setdefault("Content-Type", "application/json")
        if self.token is not None:
            named.setdefault("Authorization", f"Bearer {self.token}")
        if self.tls is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        else:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=20, context=self.tls
            )
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()


def write_clients(path: Path, clients: dict[str, Client] = TOKENS) -> None:
    """Write a file of clients; the token of NAME is "token-NAME"."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, client in clients.items():
        known = load_clients(path)
        save_clients(path, with_client(known, token_client(client, f"token-{name}")))


class Serving:
    """A node with its HTTP gateway."""

    def __init__(self, config: Path, **section: object) -> None:
        self.config: NodeConfig = load_config(config)
        write_clients(self.config.http.tokens_file)
        self.node = Node(self.config)
        http_section = self.config.http.model_copy(update={"port": 0, "burst": 100_000, **section})
        self.server = HttpServer(
            http_section, self.node.service,
            status=self.node.status, ready=self.node.ready, registry=self.node.metrics.registry,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self.node.start()
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.node.stop()

    def caller(self, name: str | None = "office") -> Caller:
        return Caller(self.server.port, None if name is None else f"token-{name}")


__all__ = ["TOKENS", "Answer", "Caller", "Serving", "replace", "write_clients"]
