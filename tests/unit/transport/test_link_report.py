"""What the watch asks the broker and tells it, against an HTTP server of our own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from corridor.errors import LinkTrouble
from corridor.exchange.link_values import QueueSeen
from corridor.transit.parties import CountryCode
from corridor.transport import management
from corridor.transport.link_report import (
    put_policy,
    put_upstream,
    read_report,
    restart_link,
    take_upstream,
    watch_login,
)

TR = CountryCode("TR")
LOGIN = watch_login("secret")
UPSTREAMS = "/api/parameters/federation-upstream/corridor"
QUEUES = "/api/queues/corridor?columns=name,messages,consumers"
ALARMS = "/api/health/checks/local-alarms"
LINKS = "/api/federation-links/corridor"
SHORT = {"status": "failed", "alarms": [{"node": "x", "resource": "disk space"}] * 2}
WELL: dict[str, tuple[int, object]] = {
    UPSTREAMS: (200, [{"name": "TR", "value": {"uri": "amqps://x"}, "vhost": "corridor"}]),
    "/api/policies/corridor": (200, [{"name": "fed-TR", "pattern": "^from\\.TR$"}]),
    LINKS: (
        200,
        [
            {"upstream": "TR", "status": "error", "timestamp": "10:00", "error": "a\n  b",
             "id": "c2", "node": "ge@localhost", "type": "exchange"},
            {"upstream": "TR", "status": "running", "type": "queue"},
        ],
    ),
    QUEUES: (200, [{"name": "inbox.TR"}, {"name": "q", "messages": 4, "consumers": 1}]),
    ALARMS: (200, {"status": "ok"}),
}  # fmt: skip


class Broker(BaseHTTPRequestHandler):
    """Answers as it was told, and notes what was asked of it."""

    answers: ClassVar[dict[str, tuple[int, object]]] = {}
    asked: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.asked.append((self.command, self.path, self.rfile.read(size)))
        status, body = self.answers.get(self.path, (204, b""))
        self.send_response(status)
        self.end_headers()
        with suppress(OSError):  # whoever has had enough goes
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Broker.answers, Broker.asked = dict(WELL), []
    with HTTPServer(("127.0.0.1", 0), Broker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_report_holds_what_the_watch_minds(url: str) -> None:
    seen = read_report(url, LOGIN)
    assert seen.alarms == ()
    assert seen.upstreams == {"TR": {"uri": "amqps://x"}}
    assert set(seen.policies) == {"fed-TR"}
    (link,) = seen.links
    assert (link.upstream, link.status, link.reason, link.id) == ("TR", "error", "a b", "c2")
    assert seen.queues == {"inbox.TR": QueueSeen(0, 0), "q": QueueSeen(4, 1)}


def test_alarms_are_named_by_what_is_short(url: str) -> None:
    Broker.answers[ALARMS] = (503, SHORT)
    assert read_report(url, LOGIN).alarms == ("disk space",)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LINKS, (200, {"links": []})),
        (LINKS, (200, [{"status": "running"}])),
        (LINKS, (200, ["x"])),
        (LINKS, (200, b"<html>")),
        (LINKS, (200, b"[" * 100_000)),
        (QUEUES, (200, [{"name": "q", "messages": "many"}])),
        (QUEUES, (200, [None])),
        (UPSTREAMS, (200, [{"name": "TR"}])),
        (UPSTREAMS, (401, {"error": "not_authorised"})),
        (ALARMS, (503, {"status": "failed"})),
        (ALARMS, (503, b"overloaded")),
        (ALARMS, (500, b"")),
    ],
)
def test_what_is_no_report_is_named_and_is_no_alarm(
    url: str, path: str, answer: tuple[int, object]
) -> None:
    Broker.answers[path] = answer
    with pytest.raises(LinkTrouble) as raised:
        read_report(url, LOGIN)
    assert raised.value.cure


def test_an_answer_without_end_is_cut_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management, "_MOST_BYTES", 1 << 20)
    Broker.answers[LINKS] = (200, b"[" + b" " * (1 << 20))
    with pytest.raises(LinkTrouble, match="longer than 1 MiB"):
        read_report(url, LOGIN)


@pytest.mark.parametrize(
    ("act", "method", "path", "body"),
    [
        (lambda url: put_upstream(url, LOGIN, TR, {"uri": "x"}), "PUT", f"{UPSTREAMS}/TR",
         {"component": "federation-upstream", "vhost": "corridor", "name": "TR",
          "value": {"uri": "x"}}),
        (lambda url: take_upstream(url, LOGIN, TR), "DELETE", f"{UPSTREAMS}/TR", None),
        (lambda url: put_policy(url, LOGIN, "fed-TR", {"pattern": "x"}), "PUT",
         "/api/policies/corridor/fed-TR", {"pattern": "x"}),
        (lambda url: restart_link(url, LOGIN, "c2/..", "ge@localhost"), "DELETE",
         "/api/federation-links/vhost/corridor/c2%2F../ge%40localhost/restart", None),
    ],
)  # fmt: skip
def test_a_repair_asks_for_exactly_that(
    url: str, act: Callable[[str], None], method: str, path: str, body: object
) -> None:
    act(url)
    ((asked, where, sent),) = Broker.asked
    assert (asked, where) == (method, path)
    assert (json.loads(sent) if sent else None) == body


def test_what_has_gone_meanwhile_is_no_trouble_and_what_is_refused_is(url: str) -> None:
    Broker.answers[f"{UPSTREAMS}/TR"] = (404, {"error": "Object Not Found"})
    take_upstream(url, LOGIN, TR)
    with pytest.raises(LinkTrouble, match="404"):
        put_upstream(url, LOGIN, TR, {})
    Broker.answers[f"{UPSTREAMS}/TR"] = (400, {"reason": "Unrecognised terms"})
    with pytest.raises(LinkTrouble, match="Unrecognised terms"):
        put_upstream(url, LOGIN, TR, {})
