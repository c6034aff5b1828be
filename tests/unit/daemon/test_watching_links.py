"""The watch against a management interface of our own: what it mends, and what it does not.

The real broker's part is in tests/integration/lab/test_lab_links.py.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from corridor.daemon import link_watch
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.link_watch import LinkWatch, read_watch_password, wanted_of
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.daemon.trust_keeper import open_trust
from corridor.errors import ConfigurationError
from corridor.exchange.addresses import federation_queue
from corridor.exchange.link_values import Sound, Trouble
from corridor.transit.parties import CountryCode

GE, TR, AZ = CountryCode("GE"), CountryCode("TR"), CountryCode("AZ")
UPSTREAMS, POLICIES = "/api/parameters/federation-upstream/corridor", "/api/policies/corridor"
VERSION = (3, 10, 8)


class Management:
    """A management interface that holds upstreams and policies as RabbitMQ does."""

    def __init__(self) -> None:
        self.upstreams: dict[str, Any] = {}
        self.policies: dict[str, Any] = {}
        self.status = "running"
        self.alarms: list[str] = []
        self.refuses = 0
        self.done: list[tuple[str, str]] = []

    def get(self, path: str) -> tuple[int, object]:
        if path.startswith("/api/overview"):
            return 200, {"rabbitmq_version": ".".join(map(str, VERSION))}
        if path == "/api/health/checks/local-alarms":
            alarms = [{"resource": one} for one in self.alarms]
            return (503, {"alarms": alarms}) if alarms else (200, {"status": "ok"})
        if path.startswith("/api/queues"):
            return 200, [{"name": federation_queue(GE, one), "consumers": 1} for one in (TR, AZ)]
        if path.startswith("/api/federation-links"):
            return 200, [
                {"upstream": one, "status": self.status, "id": f"id-{one}", "node": "n"}
                for one in self.upstreams
                if f"fed-{one}" in self.policies
            ]
        held = self.upstreams if path == UPSTREAMS else self.policies
        return 200, list(held.values())

    def change(self, method: str, path: str, body: bytes) -> int:
        self.done.append((method, path))
        if self.refuses:
            return self.refuses
        held = self.upstreams if path.startswith(UPSTREAMS) else self.policies
        name = unquote(path.rpartition("/")[2])
        if method == "PUT":
            held[name] = {"name": name, **json.loads(body)}
        elif not path.endswith("/restart"):
            held.pop(name, None)
        return 204


@pytest.fixture
def broker() -> Iterator[tuple[Management, int]]:
    held = Management()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = held.get(self.path)
            self._say(status, json.dumps(body).encode())

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(held.change(self.command, self.path, body), b"")

        def do_DELETE(self) -> None:
            self.do_PUT()

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield held, server.server_port
        server.shutdown()
        thread.join()


class Watched:
    """A node's watch, and the broker that it looks at."""

    def __init__(self, config: NodeConfig, broker: Management) -> None:
        self.config, self.broker = config, broker
        self.now_ms = time.time_ns() // 1_000_000
        self.view = open_trust(config).load(self.now_ms)
        self.registry = CollectorRegistry()
        self.metrics = WatchMetrics(self.registry)
        self.watch = LinkWatch(config, lambda: self.view, self.metrics)
        wanted = wanted_of(config, self.view, self.now_ms, VERSION)
        broker.upstreams |= {
            str(one): {"name": one, "value": dict(value)} for one, value in wanted.upstreams.items()
        }
        broker.policies |= {name: dict(row) for name, row in wanted.policies.items()}

    def look(self, now_s: float = 0.0, sounds: dict[CountryCode, Sound] | None = None) -> None:
        self.watch.look(sounds or {}, now_s, self.now_ms)

    def told(self) -> list[Trouble]:
        return [one.trouble for one in self.watch.findings]

    def sample(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def make(
    node_folder: Callable[..., Path], broker: tuple[Management, int]
) -> Callable[..., Watched]:
    held, port = broker

    def watched(**watch: object) -> Watched:
        config = load_config(node_folder("GE"))
        links = config.links.model_copy(update={"management_port": port})
        section = config.watch.model_copy(update=watch)
        return Watched(config.model_copy(update={"links": links, "watch": section}), held)

    return watched


def test_a_broker_as_it_should_be_is_left_as_it_is(make: Callable[..., Watched]) -> None:
    watched = make()
    watched.look()
    assert watched.told() == []
    assert watched.broker.done == []
    assert watched.sample("corridor_links_watched") == 1
    assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 1


def test_what_is_missing_is_put_back_as_it_was_and_told_once(make: Callable[..., Watched]) -> None:
    watched = make()
    before = dict(watched.broker.upstreams["TR"]["value"])
    del watched.broker.upstreams["TR"]
    del watched.broker.policies["inbox"]
    with capture_logs() as logs:
        watched.look()
        assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 0
        watched.look(1.0)
    assert watched.broker.upstreams["TR"]["value"] == before
    assert watched.broker.policies["inbox"]["pattern"] == "^inbox\\."
    assert watched.told() == []
    assert [one["event"] for one in logs] == [
        "link.repaired", "link.repaired", "link.troubled", "link.troubled",
        "link.untroubled", "link.untroubled",
    ]  # fmt: skip
    count = "corridor_link_repairs_total"
    done = {"outcome": "done"}
    assert watched.sample(count, peer="TR.GTB", **done) == 1
    assert watched.sample(count, peer="none", outcome="done") == 1
    assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 1


def test_a_silent_link_is_restarted_by_its_id(make: Callable[..., Watched]) -> None:
    watched = make()
    watched.look(sounds={TR: Sound(late=True, heard=False)})
    path = "/api/federation-links/vhost/corridor/id-TR/n/restart"
    assert watched.broker.done == [("DELETE", path)]
    assert watched.sample("corridor_link_trouble", peer="TR.GTB", trouble="silent") == 1
    assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 0
    assert watched.sample("corridor_federation_link_up", peer="AZ.SCC") == 1


def test_under_an_alarm_every_link_is_stopped_and_afterwards_each_comes_back(
    make: Callable[..., Watched],
) -> None:
    watched = make()
    watched.broker.alarms = ["disk space"]
    watched.look()
    assert watched.broker.upstreams == {}
    assert watched.sample("corridor_broker_alarm", resource="disk space") == 1
    watched.broker.alarms = []
    watched.look(1.0)
    assert watched.broker.upstreams == {}
    again = LinkWatch(watched.config, lambda: watched.view, WatchMetrics(CollectorRegistry()))
    again.look({}, 1.5, watched.now_ms)  # another process remembers no alarm
    assert set(watched.broker.upstreams) == {"TR", "AZ"}


def test_a_link_that_is_missing_is_taken_away_and_put_back(make: Callable[..., Watched]) -> None:
    watched = make()
    watched.broker.get = lambda path: (  # type: ignore[method-assign]
        (200, []) if "federation-links" in path else Management.get(watched.broker, path)
    )
    watched.look()
    watched.look(60.0)
    assert [method for method, path in watched.broker.done if path == f"{UPSTREAMS}/TR"] == [
        "DELETE", "PUT",
    ]  # fmt: skip


def test_a_repair_that_the_broker_refuses_is_told_and_made_again_later(
    make: Callable[..., Watched],
) -> None:
    watched = make()
    del watched.broker.upstreams["TR"]
    watched.broker.refuses = 400
    with capture_logs() as logs:
        watched.look()
    assert "link.repair_failed" in [one["event"] for one in logs]
    failed = {"peer": "TR.GTB", "outcome": "failed"}
    assert watched.sample("corridor_link_repairs_total", **failed) == 1
    watched.broker.refuses = 0
    watched.look(1.0)
    assert "TR" not in watched.broker.upstreams  # not before its pause is over
    watched.look(60.0)
    assert "TR" in watched.broker.upstreams


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"repair": False}, [Trouble.PARAMETER]), ({"left_alone": ("TR",)}, [])],
)
def test_an_operator_may_keep_it_from_mending(
    make: Callable[..., Watched], settings: dict[str, object], told: list[Trouble]
) -> None:
    watched = make(**settings)
    del watched.broker.upstreams["TR"]
    watched.look()
    assert watched.told() == told
    assert watched.broker.done == []


def test_without_a_password_nothing_is_asked(make: Callable[..., Watched]) -> None:
    watched = make(password_file=None)
    del watched.broker.upstreams["TR"]
    watched.look()
    assert not watched.watch.sees
    assert watched.told() == []


def test_a_broker_that_does_not_answer_is_told_and_nothing_is_claimed_of_its_links(
    make: Callable[..., Watched],
) -> None:
    watched = make()
    watched.look()
    watched.config.links.__dict__["management_port"] = 1
    assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 1
    blind = LinkWatch(watched.config, lambda: watched.view, watched.metrics)
    for now_s in (5.0, 9.0):
        blind.look({}, now_s, watched.now_ms)
        (one,) = blind.findings
        assert (one.trouble, one.since_s) == (Trouble.UNSEEN, 5.0)
        assert "management_port" in one.cure
    assert watched.sample("corridor_links_watched") == 0
    assert watched.sample("corridor_federation_link_up", peer="TR.GTB") == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", None])
def test_a_password_file_that_holds_none_is_named(
    make: Callable[..., Watched], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "watch.password"
    if content is not None:
        path.write_bytes(content)
    watched = make(password_file=path)
    with pytest.raises(ConfigurationError, match=r"watch\.password"):
        read_watch_password(watched.config)
    watched.look()
    assert watched.told() == [Trouble.UNSEEN]


def test_a_partner_without_its_certificate_is_told(make: Callable[..., Watched]) -> None:
    watched = make()
    folder = watched.config.links.partner_folder
    missing = folder / "fed-at-tr.pem"
    kept = missing.read_bytes()
    missing.unlink()
    try:
        watched.look()
        assert watched.told() == [Trouble.UNLINKED]
    finally:
        missing.write_bytes(kept)
    assert link_watch.wanted_of(watched.config, watched.view, watched.now_ms, VERSION).upstreams
