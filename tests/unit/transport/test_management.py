"""Asking a broker over its management interface."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from corridor.errors import ConfigurationError, LinkTrouble
from corridor.transport.management import (
    LinkState,
    Login,
    read_alarm_depths,
    read_broker,
    read_links,
    read_version,
)

ANSWERS: dict[str, object] = {
    "/api/definitions": {"vhosts": [{"name": "/"}, {"name": "corridor"}], "queues": []},
    "/api/vhosts/corridor": {"name": "corridor", "metadata": {"default_queue_type": "quorum"}},
    "/api/federation-links/corridor": [
        {"upstream": "TR", "status": "running"},
        {"upstream": "AZ", "status": "error", "error": "{tls_alert,\n  unknown_ca}"},
    ],
    "/api/overview": {"rabbitmq_version": "4.1.0-rc.1"},
    "/api/queues/corridor?columns=name,messages": [
        {"name": "corridor.dlq", "messages": 3},
        {"name": "inbox.TR", "messages": 9},
    ],
}
LOGIN = Login("corridor-operator", "päss")


class Broker(BaseHTTPRequestHandler):
    """A management interface that knows one user."""

    def do_GET(self) -> None:
        expected = base64.b64encode("corridor-operator:päss".encode()).decode()
        allowed = self.headers["Authorization"] == f"Basic {expected}"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWERS[self.path]).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Broker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_definitions_come_with_the_metadata_of_the_vhost(url: str) -> None:
    told = read_broker(url, LOGIN)
    assert told["vhosts"][1]["metadata"] == {"default_queue_type": "quorum"}


def test_links_come_with_their_reason_on_one_line(url: str) -> None:
    assert read_links(url, LOGIN) == (
        LinkState("TR", "running", ""),
        LinkState("AZ", "error", "{tls_alert, unknown_ca}"),
    )


def test_depths_of_the_queues_that_must_stay_empty(url: str) -> None:
    assert read_alarm_depths(url, LOGIN) == {"corridor.dlq": 3, "corridor.unrouted": 0}


def test_a_broker_tells_its_version(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_version(url, LOGIN) == (4, 1, 0)
    monkeypatch.setitem(ANSWERS, "/api/overview", {"rabbitmq_version": "new"})
    with pytest.raises(LinkTrouble, match="is not the management interface"):
        read_version(url, LOGIN)


@pytest.mark.parametrize("answer", ["[]", "{}", "null", '"x"', "<html>"])
def test_what_is_no_broker_is_named(url: str, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(
        "corridor.transport.management.HTTPConnection.getresponse",
        lambda _self: SimpleNamespace(status=200, read=lambda _most: answer.encode()),
    )
    for ask in (read_version, read_broker):
        with pytest.raises(LinkTrouble, match="is not the management interface") as told:
            ask(url, LOGIN)
        assert "management_port" in told.value.cure


def test_a_refused_login_is_named_without_its_password(url: str) -> None:
    with pytest.raises(
        LinkTrouble, match=r"corridor-operator is not let in at .*HTTP 401"
    ) as trouble:
        read_broker(url, Login("corridor-operator", "wrong-secret"))
    assert "wrong-secret" not in str(trouble.value)
    assert "wrong-secret" not in repr(Login("x", "wrong-secret"))


def test_no_answer_is_trouble_with_the_link() -> None:
    with pytest.raises(LinkTrouble, match="no answer"):
        read_broker("http://127.0.0.1:1", LOGIN)


@pytest.mark.parametrize("url", ["http://mq.example:15672", "https://127.0.0.1:15671"])
def test_a_login_is_never_sent_in_clear_beyond_loopback(url: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        read_broker(url, LOGIN)
