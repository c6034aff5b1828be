"""The doctor: each thing that can be wrong is a failure with its cure, node running or not."""

import json
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from builders_cli import Said, corridor
from builders_join import JoinWorld, agreed, good
from corridor.cli import doctor_broker, doctor_links, peer
from corridor.daemon.config import load_config
from corridor.daemon.config_edit import write_value
from corridor.daemon.node import Node
from corridor.gateway.local_server import LocalServer
from corridor.seal.x509 import Leaf, Usage, issue, make_ca
from corridor.wire.v1.local_pb2 import LocalLedgerLine

THEIRS = "federation: to.TR -> corridor.TR:from.GE"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    """Georgia and Türkiye, agreed, with the certificates of their link."""
    world = agreed(tmp_path_factory.mktemp("join") / "w")
    good("broker", "request", "TR", "--config", world.config("ge"))
    pki = world.at / "ge" / "pki"
    good("broker", "issue", pki / "fed-at-tr.csr", "--to", "GE", "--ca-cert",
         world.at / "tr" / "pki" / "ca.pem", "--ca-key",
         world.identity("tr") / "broker-ca" / "ca.key", "--out", pki / "fed-at-tr.pem")  # fmt: skip
    good("broker", "password", world.at / "operator.password", "--config", world.config("ge"))
    good("broker", "render", "--config", world.config("ge"))
    return world


@pytest.fixture
def world(made: JoinWorld, tmp_path: Path) -> JoinWorld:
    return made.copy(tmp_path / "w")


def examine(world: JoinWorld, *more: object) -> tuple[Said, dict[str, list[dict[str, Any]]]]:
    said = corridor("doctor", "--config", world.config("ge"), "--json", *more)
    by_check: dict[str, list[dict[str, Any]]] = {}
    for one in said.json["checks"]:
        by_check.setdefault(one["check"], []).append(one)
        if one["status"] in {"fail", "warn"}:
            assert one["cure"], one
    assert (said.status == 1) == bool(said.json["failed"])
    return said, by_check


def statuses(found: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in found]


def test_a_node_that_does_not_run_is_looked_at_as_far_as_it_goes(world: JoinWorld) -> None:
    said, found = examine(world)
    assert list(found) == [
        "configuration", "store", "disk", "clock", "keys", "directory", "agreements",
        "certificates", "hardening", "audit", "backup", "ports", "broker", "node", "reach",
        "links", "national", "accepts", "quarantine", "attention", "canary",
    ]  # fmt: skip
    for name in ("configuration", "keys", "directory", "agreements", "certificates"):
        assert set(statuses(found[name])) == {"ok"}, found[name]
    assert statuses(found["node"]) == ["warn"]
    assert statuses(found["broker"]) == ["fail"]
    assert statuses(found["canary"]) == ["skip"]
    assert said.status == 1
    shown = corridor("doctor", "--config", world.config("ge"), "--only", "directory").out
    assert "[  ok] directory" in shown
    assert shown.endswith("nothing failed\n")
    assert "what to do" in corridor("doctor", "--config", world.config("ge")).out


def test_checks_are_chosen_by_name(world: JoinWorld) -> None:
    assert list(examine(world, "--only", "keys", "--only", "store")[1]) == ["store", "keys"]
    assert "reach" not in examine(world, "--skip", "reach", "--skip", "broker")[1]
    assert corridor("doctor", "--only", "nonsense").status == 2
    nothing = corridor("doctor", "--only", "disk", "--skip", "disk")
    assert (nothing.status, "nothing is looked at" in nothing.err) == (2, True)


def other_ca(world: JoinWorld) -> None:
    now_ms = time.time_ns() // 1_000_000
    ca = make_ca("Other", 30, now_ms)
    leaf = issue(ca, Leaf("mq.rs.ge", Usage.SERVER, 30, ("mq.rs.ge",)), now_ms)
    (world.at / "ge/pki/server.pem").write_bytes(leaf.certificate)


def wrong_names(world: JoinWorld) -> None:
    pki = world.at / "ge" / "pki"
    shutil.copy(pki / "node.pem", pki / "server.pem")


def wrong_user(world: JoinWorld) -> None:
    pki = world.at / "ge" / "pki"
    shutil.copy(pki / "server.pem", pki / "node.pem")


def no_identity(world: JoinWorld) -> None:
    for key in (world.at / "ge" / "keys").glob("sign-*"):
        key.unlink()


def identity_at_node(world: JoinWorld) -> None:
    for key in world.identity("ge").glob("identity-*"):
        shutil.copy(key, world.at / "ge" / "keys")


def foreign_store(world: JoinWorld) -> None:
    place = world.at / "ge" / "state" / "store.db"
    place.touch(mode=0o600)
    place.write_bytes(b"not a store" * 100)


WRONG: list[tuple[Callable[[JoinWorld], object], str, str]] = [
    (lambda w: w.config("ge").write_text("nonsense ="), "configuration", "fail"),
    (lambda w: w.config("ge").unlink(), "configuration", "fail"),
    (lambda w: (w.at / "ge/pki/server.pem").unlink(), "configuration", "fail"),
    (lambda w: next((w.at / "ge/keys").glob("sign-*")).chmod(0o644), "keys", "fail"),
    (lambda w: next((w.at / "ge/keys").glob("storage-*")).unlink(), "keys", "fail"),
    (identity_at_node, "keys", "warn"),
    (no_identity, "directory", "fail"),
    (lambda w: shutil.rmtree(w.at / "ge/trust"), "directory", "fail"),
    (lambda w: next((w.at / "ge/trust").glob("directory-*")).unlink(), "directory", "fail"),
    (lambda w: next((w.at / "ge/trust").glob("bundle-*")).write_bytes(b""), "directory", "fail"),
    (other_ca, "certificates", "fail"),
    (wrong_names, "certificates", "fail"),
    (wrong_user, "certificates", "fail"),
    (lambda w: (w.at / "ge/pki/ca.pem").unlink(), "certificates", "fail"),
    (lambda w: (w.at / "ge/pki/node.pem").write_text("no PEM"), "certificates", "fail"),
    (lambda w: (w.at / "ge/pki/node.pem").unlink(), "certificates", "fail"),
    (lambda w: (w.at / "ge/pki/fed-at-tr.pem").unlink(), "certificates", "fail"),
    (lambda w: (w.at / "ge/pki/fed-at-tr.pem").unlink(), "reach", "skip"),
    (foreign_store, "store", "fail"),
]


@pytest.mark.parametrize(("change", "check", "status"), WRONG)
def test_each_thing_that_is_wrong_is_named_with_its_cure(
    world: JoinWorld, change: Callable[[JoinWorld], object], check: str, status: str
) -> None:
    change(world)
    _, found = examine(world, "--skip", "reach") if check != "reach" else examine(world)
    assert status in statuses(found[check]), found[check]


def test_a_broken_configuration_is_told_once(world: JoinWorld) -> None:
    world.config("ge").write_text("nonsense =")
    _, found = examine(world)
    failed = [one for results in found.values() for one in results if one["status"] == "fail"]
    assert {one["check"] for one in failed} <= {"configuration", "directory"}


@pytest.mark.parametrize(
    ("days", "status"), [(20, "ok"), (30, "warn"), (44, "warn"), (46, "fail"), (100, "fail")]
)
def test_what_ends_is_told_three_weeks_before(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch, days: int, status: str
) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + days * 86_400 * 10**9)
    _, found = examine(world, "--only", "directory")
    assert found["directory"][0]["status"] == status


def test_a_clock_that_is_behind_what_was_signed_is_told(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 300 * 10**9)
    _, found = examine(world, "--only", "clock")
    assert found["clock"][-1]["status"] == "fail"


def test_without_an_agreement_nothing_is_well(tmp_path: Path) -> None:
    from builders_join import admitted  # noqa: PLC0415 - one use

    world = admitted(tmp_path / "w")
    assert corridor("doctor", "--config", world.config("ge")).status == 1
    assert world.join("ge").status == 0
    _, found = examine(world)
    assert statuses(found["agreements"]) == ["fail"]
    assert statuses(found["reach"]) == statuses(found["links"]) == ["skip"]
    full = examine(world, "--only", "links", "--canary", "--only", "canary")[1]
    assert statuses(full["canary"]) == ["skip"]


@contextmanager
def tls_server(pki: Path, answer: bytes = b"\x01") -> Iterator[int]:
    """A listener with a country's certificate, as far as the greeting."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with context.wrap_socket(connection, server_side=True) as tls:
                        assert tls.recv(8) == b"AMQP\x00\x00\x09\x01"
                        tls.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        ended.set()
        thread.join()


def test_a_broker_is_known_by_its_certificate(world: JoinWorld) -> None:
    config = world.config("ge")
    with tls_server(world.at / "ge" / "pki") as port:
        text = config.read_text()
        config.write_text(text.replace("port = 5671", f"port = {port}", 1))
        _, found = examine(world, "--only", "broker")
        assert statuses(found["broker"])[:2] == ["ok", "fail"]  # it greets, and lets nobody in
        assert "corridor-node is not let in" in found["broker"][1]["what"]
    with tls_server(world.at / "tr" / "pki") as port:
        config.write_text(text.replace("port = 5671", f"port = {port}", 1))
        _, found = examine(world, "--only", "broker")
        assert statuses(found["broker"]) == ["fail"]
        assert "certificate" in found["broker"][0]["what"]


@contextmanager
def management(answers: dict[str, object], status: int = 404) -> Iterator[int]:
    """A management interface that says what it is told to."""

    class Broker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in answers else status)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path)).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Broker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("links", "consumers", "expected"),
    [
        ([{"upstream": "TR", "status": "running"}], [THEIRS], ["ok", "ok"]),
        ([{"upstream": "TR", "status": "error", "error": "closed"}], [THEIRS], ["fail", "ok"]),
        ([{"upstream": "TR", "status": "starting"}], [THEIRS], ["fail", "ok"]),
        ([], [THEIRS], ["fail", "ok"]),
        ([{"upstream": "TR", "status": "running"}], [], ["ok", "fail"]),
        ([{"upstream": "TR", "status": "running"}], ["inbox.TR"], ["ok", "fail"]),
    ],
)
def test_a_link_is_looked_at_from_both_sides(
    world: JoinWorld,
    monkeypatch: pytest.MonkeyPatch,
    links: list[object],
    consumers: list[str],
    expected: list[str],
) -> None:
    monkeypatch.setattr(doctor_links, "STALE_S", 0.6)
    answers = {
        "/api/federation-links/corridor": links,
        "/api/queues/corridor?columns=name,messages,consumers": [
            {"name": name, "consumers": 1} for name in consumers
        ],
        "/api/parameters/federation-upstream/corridor": [],
        "/api/policies/corridor": [],
        "/api/health/checks/local-alarms": {"status": "ok"},
    }
    with management(answers) as port:
        text = world.config("ge").read_text()
        world.config("ge").write_text(
            text.replace("# management_port = 15672", f"management_port = {port}")
        )
        _, found = examine(world, "--only", "links", "--password-file",
                           world.at / "operator.password")  # fmt: skip
    assert statuses(found["links"]) == expected


def test_a_broker_that_is_not_asked_is_told(world: JoinWorld) -> None:
    text = world.config("ge").read_text()
    world.config("ge").write_text(text.replace("# management_port = 15672", "management_port = 1"))
    _, found = examine(world, "--only", "links", "--password-file", world.at / "operator.password")
    assert statuses(found["links"]) == ["fail"]
    missing = corridor("doctor", "--config", world.config("ge"), "--password-file", "none")
    assert missing.status == 1


@pytest.fixture
def running(world: JoinWorld) -> Iterator[JoinWorld]:
    """The node, running here without a broker."""
    config = world.config("ge")
    write_value(config, "gateway", "socket", str(world.at / "s"))
    config.write_text(config.read_text().replace("# port = 9464", "port = 0"))
    loaded = load_config(config)
    node = Node(loaded)
    server = LocalServer(loaded.gateway.socket, node.service, node.status)
    node.start()
    server.start()
    yield world
    server.stop()
    node.stop()


def test_a_running_node_is_asked_and_its_canary_waits(running: JoinWorld) -> None:
    _, found = examine(running, "--canary", "--wait", "0", "--skip", "reach")
    assert statuses(found["store"])[0] == "ok"
    assert statuses(found["node"]) == ["ok", "fail"]  # it is not connected to a broker
    assert "not connected" in found["attention"][0]["what"]
    assert statuses(found["canary"]) == ["fail"]
    assert statuses(found["links"]) == ["skip", "warn", "warn"]
    assert "watch.password_file" in found["links"][1]["what"]


def test_a_canary_that_waits_is_told_and_kept(running: JoinWorld) -> None:
    config = ("--config", running.config("ge"))
    said = corridor("peer", "test", "TR", "--wait", "0", *config, "--json")
    assert (said.status, said.json["partner"]) == (1, "TR.GTB")
    assert said.json["state"] in {"waiting", "under way"}
    text = corridor("peer", "test", "TR.GTB", "--wait", "0", *config)
    assert "no receipt within 0 s" in text.out
    assert "corridor doctor" in text.out


@pytest.mark.parametrize("name", ["AZ", "AZ.SCC", "nonsense", ""])
def test_a_canary_to_nobody_is_refused_by_name(running: JoinWorld, name: str) -> None:
    said = corridor("peer", "test", name, "--config", running.config("ge"), "--json")
    assert (said.status, said.json["reason"]) == (1, "unknown_recipient")
    shown = corridor("peer", "test", name, "--config", running.config("ge"))
    assert "what to do" in shown.out


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ({"sealed_ms": 3, "receipted_ms": 57, "verdict": "accepted"}, "receipted", "in 57 ms"),
        ({"sealed_ms": 3}, "under way", "no receipt"),
        ({"verdict": "refused", "reason": "no_agreement"}, "refused", "no_agreement"),
        ({"verdict": "deferred", "reason": "store_full"}, "deferred", "store_full"),
    ],
)
def test_how_far_a_canary_came_is_said_in_words(
    told: dict[str, Any], state: str, words: str
) -> None:
    line = LocalLedgerLine(recipient="TR.GTB", accepted_ms=0, **told)
    data = {"record_id": "ab", "faults": [], **peer.progress(line)}
    assert data["state"] == state
    assert words in peer.words(data, 30)


def test_a_canary_needs_a_node(world: JoinWorld) -> None:
    said = corridor("peer", "test", "TR", "--config", world.config("ge"), "--json")
    assert said.json["error"]["code"] == "local_socket"


def test_a_wrong_password_is_told_once_by_whose_it_is(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch's password, which is right, is not blamed for it, and goes on to be used."""
    monkeypatch.setattr(doctor_broker, "_entered", lambda *_: [])
    with tls_server(world.at / "ge" / "pki") as amqps, management({}, status=401) as port:
        config = world.config("ge")
        text = config.read_text().replace("port = 5671", f"port = {amqps}", 1)
        config.write_text(text.replace("# management_port = 15672", f"management_port = {port}"))
        password = ("--password-file", world.at / "operator.password")
        _, found = examine(world, "--only", "broker", "--only", "links", *password)
        failed = [one for one in found["broker"] if one["status"] == "fail"]
        assert len(failed) == 1
        assert failed[0]["what"].startswith("corridor-operator is not let in")
        assert "--password-file" in failed[0]["cure"]
        assert "watch" not in str(failed)
        assert statuses(found["links"])[0] == "skip"
        _, found = examine(world, "--only", "broker", *password, "--user", "anna")
        assert "anna is not let in" in found["broker"][-1]["what"]
        assert "--user" in found["broker"][-1]["cure"]
        # and the watch's own, where it alone is known
        good(
            "broker", "password", world.at / "watch.password", "--for", "watch", "--config", config
        )
        _, found = examine(world, "--only", "broker")
        (failed,) = [one for one in found["broker"] if one["status"] == "fail"]
        assert failed["what"].startswith("corridor-watch is not let in")
        assert "watch.password_file" in failed["cure"]
