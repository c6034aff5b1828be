"""The local socket under good, bad and hostile clients; the node behind it has no broker."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from builders_wire import declaration, long_declaration
from corridor.daemon.config import load_config
from corridor.daemon.node import Node
from corridor.errors import ConfigurationError, CorridorError, LocalTrouble, NodeRefused
from corridor.gateway import local_server
from corridor.gateway.framing import (
    MAX_MESSAGE_BYTES,
    receive_message,
)
from corridor.gateway.local_client import LocalClient
from corridor.gateway.local_server import LocalServer
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]


class Running:
    """A node that runs in this process, and its gateway."""

    def __init__(self, config_path: Path) -> None:
        self.config = load_config(config_path)
        self.node = Node(self.config)
        self.path = self.config.gateway.socket
        self.server = LocalServer(self.path, self.node.service, self.node.status)

    def __enter__(self) -> Self:
        self.node.start()
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.node.stop()

    def client(self, timeout_s: float = 20) -> LocalClient:
        return LocalClient(self.path, timeout_s)

    def raw(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(10)
        connection.connect(str(self.path))
        return connection


@pytest.fixture(scope="module")
def running(still: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    import shutil  # noqa: PLC0415 - as in conftest's node_folder, once for the module

    plan = next(p.plan for c, p in still.nodes.items() if c == "GE")  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("gateway") / "GE"
    shutil.copytree(plan.directory, folder)
    config = folder / "node.toml"
    text = config.read_text().replace(str(plan.socket), str(folder / "s"))
    config.write_text(text.replace(f"port = {plan.metrics_port}", "port = 0"))
    with Running(config) as made:
        yield made


def offer(record: bytes, **more: object) -> local.LocalSubmission:
    return local.LocalSubmission(recipient="TR", record=record, **more)  # type: ignore[arg-type]


def ask(connection: socket.socket, body: bytes) -> local.LocalReply | None:
    connection.sendall(struct.pack(">I", len(body)) + body)
    answer = receive_message(connection)
    return None if answer is None else local.LocalReply.FromString(answer)


def test_the_socket_is_for_its_owner_alone(running: Running) -> None:
    assert running.path.stat().st_mode & 0o777 == 0o600


def test_each_offer_has_its_answer_in_order(running: Running) -> None:
    good = declaration().SerializeToString()
    with running.client() as node:
        results = node.submit(
            [
                offer(good),
                offer(b"\xff"),
                local.LocalSubmission(recipient="AM", record=good),
                offer(good, record_id=b"short"),
                offer(long_declaration(documents=2_000).SerializeToString()),
                offer(b""),
                offer(good, lane=1),
                offer(good, lane=77),
            ]
        )
    assert [(one.status, one.reason) for one in results] == [
        ("accepted", ""),
        ("refused", "record_malformed"),
        ("refused", "unknown_recipient"),
        ("refused", "record_malformed"),
        ("refused", "record_too_large"),
        ("refused", "record_type"),
        ("accepted", ""),
        ("accepted", ""),
    ]
    assert all(len(one.record_id) == 16 for one in results if one.status == "accepted")


def test_the_ledger_tells_what_is_not_receipted_yet(running: Running) -> None:
    with running.client() as node:
        (kept,) = node.submit([offer(declaration().SerializeToString())])
        (line,) = node.ledger(kept.record_id)
        assert (line.recipient, line.verdict, line.receipted_ms) == ("TR.GTB", "", 0)
        assert line.accepted_ms > 0
        assert list(node.ledger(bytes(16))) == []
        assert list(node.ledger(b"")) == []


def test_a_record_is_found_by_what_it_carries(running: Running) -> None:
    with running.client() as node:
        (kept,) = node.submit([offer(declaration().SerializeToString())])
        mrn = next(one.value for one in declaration().header.movement.ids)
        found = {one.record_id: one for one in node.find("mrn", f" {mrn.lower()} ")}
        (line,) = found[kept.record_id].sent
        assert (line.recipient, line.verdict) == ("TR.GTB", "")
        assert not found[kept.record_id].received
        assert len(node.find("mrn", mrn, limit=1)) == 1
        assert list(node.find("seal", mrn)) == []
        with pytest.raises(NodeRefused, match=r"term_unknown: .*mrn, lrn, carnet"):
            node.find("colour", "red")


def test_a_movement_is_told_and_listed(running: Running) -> None:
    record = declaration()
    record.header.movement.ids[0].value = "26TR3401004B7KQ2J4"
    record.header.ClearField("sender_office")
    with running.client() as node:
        (kept,) = node.submit([offer(record.SerializeToString())])
        assert kept.status == "accepted"
        assert kept.left_out
        view, drafts = node.movement("26TR3401004B7KQ2J4")
        assert (view["seen_by"], view["state"], list(drafts)) == ("GE", "S1", [])
        running.node._tracker.turn(budget_s=5)
        assert "26TR3401004B7KQ2J4" in {one["value"] for one in node.movements()}
        assert node.movements(overdue=True) == []
        with pytest.raises(NodeRefused, match="no record here carries"):
            node.movement("nothing")


def test_waiting_for_records_that_do_not_come_ends_in_time(running: Running) -> None:
    begun = time.monotonic()
    with running.client() as node:
        assert list(node.take(0, wait_ms=200)) == []
        assert list(node.outcomes(0, wait_ms=100)) == []
        assert node.acknowledge(0) == 0
    assert 0.3 <= time.monotonic() - begun < 5


def test_numbers_out_of_range_are_refused_and_end_nothing(running: Running) -> None:
    most = 2**64 - 1
    with running.client() as node:
        for request in (
            lambda: node.take(most, limit=2**32 - 1),
            lambda: node.outcomes(most),
            lambda: node.acknowledge(most),
        ):
            try:
                request()
            except CorridorError as error:
                assert "Traceback" not in str(error)  # noqa: PT017 - either way is an answer
        assert node.status()["endpoint"] == "GE.RS"


def test_status_says_what_needs_a_person(running: Running) -> None:
    with running.client() as node:
        status = node.status()
    assert status["endpoint"] == "GE.RS"
    assert any("broker is not connected" in line for line in status["attention"])
    assert [peer["endpoint"] for peer in status["peers"]] == ["AZ.SCC", "TR.GTB"]


def test_a_request_that_the_node_does_not_know_is_answered(running: Running) -> None:
    with running.raw() as connection:
        reply = ask(connection, b"")
        assert reply is not None
        assert reply.error.code == "request_unknown"


def test_a_request_that_cannot_be_parsed_ends_its_connection_only(running: Running) -> None:
    with running.raw() as bad, running.client() as good:
        assert ask(bad, b"\xff\xff\xff\xff") is None
        assert good.status()["endpoint"] == "GE.RS"


def test_a_message_that_says_it_is_huge_is_not_waited_for(running: Running) -> None:
    with running.raw() as connection:
        connection.sendall(struct.pack(">I", MAX_MESSAGE_BYTES + 1))
        assert connection.recv(1) == b""


def test_a_client_that_dies_in_the_middle_of_a_message_harms_nobody(running: Running) -> None:
    for sent in (b"\0", b"\0\0\0\x10half", struct.pack(">I", 1 << 20) + b"x" * 1000):
        with running.raw() as connection:
            connection.sendall(sent)
    with running.client() as node:
        assert node.status()


def test_a_client_that_stops_in_the_middle_is_dropped(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "_PATIENCE_S", 0.1)
    with running.raw() as connection:
        connection.sendall(b"\0\0\0\x10half")
        assert connection.recv(1) == b""


def test_a_killed_client_leaves_the_node_as_it_was(running: Running) -> None:
    script = (
        "import sys, time; from pathlib import Path;"
        "from corridor.gateway.local_client import LocalClient;"
        "node = LocalClient(Path(sys.argv[1])); print('in', flush=True);"
        "node.take(0, wait_ms=1000)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(running.path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"in\n"
        client.kill()
    with running.client() as node:
        assert node.status()


def test_the_sixty_fifth_client_is_told_that_there_is_no_room(running: Running) -> None:
    assert all_gone(running)
    others = [running.raw() for _ in range(64)]
    try:
        for one in others:  # all are served before the next one comes
            assert ask(one, local.LocalRequest(status=local.StatusRequest()).SerializeToString())
        with running.raw() as one_too_many:
            answer = receive_message(one_too_many)
            assert answer is not None
            assert local.LocalReply.FromString(answer).error.code == "busy"
    finally:
        for one in others:
            one.close()
    assert all_gone(running)
    with running.client() as node:
        assert node.status()


def all_gone(running: Running) -> bool:
    deadline = time.monotonic() + 5
    while running.server._connections and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running.server._connections


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=st.binary(max_size=200))
def test_no_bytes_make_a_node_fall(running: Running, body: bytes) -> None:
    with running.raw() as connection:
        connection.sendall(struct.pack(">I", len(body)) + body)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass
    assert running.node.failure is None


def test_a_socket_left_by_a_node_that_died_is_replaced(node_folder: NodeFolder) -> None:
    config = node_folder()
    path = load_config(config).gateway.socket
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    with Running(config) as running, running.client() as node:
        assert node.status()
    assert not path.exists()


def test_a_socket_that_a_node_serves_is_not_taken_from_it(running: Running) -> None:
    with pytest.raises(ConfigurationError, match="served by a node that is running"):
        LocalServer(running.path, running.node.service, running.node.status)
    with running.client() as node:
        assert node.status()


def test_a_path_that_cannot_be_bound_is_named(running: Running, tmp_path: Path) -> None:
    for path in (tmp_path / ("x" * 120), Path("/proc/none/s")):
        with pytest.raises((ConfigurationError, OSError)):
            LocalServer(path, running.node.service, running.node.status)
    file = tmp_path / "file"
    file.write_text("not a socket")
    with pytest.raises(ConfigurationError, match="cannot be bound"):
        LocalServer(file, running.node.service, running.node.status)
    assert file.read_text() == "not a socket"


def test_a_stop_ends_waiting_clients_at_once(node_folder: NodeFolder) -> None:
    running = Running(node_folder())
    ended: list[str] = []
    with running:
        client = running.client(60)

        def wait() -> None:
            try:
                ended.append(f"{len(client.take(0, wait_ms=30_000))}")
            except LocalTrouble as trouble:
                ended.append(str(trouble))

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)
        begun = time.monotonic()
        running.server.stop()
        assert time.monotonic() - begun < 2
        thread.join(5)
        client.close()
    assert len(ended) == 1
    assert not running.path.exists()


def test_a_server_that_was_never_started_can_be_stopped(node_folder: NodeFolder) -> None:
    running = Running(node_folder())
    running.server.stop()
    running.node.stop()
    assert not running.path.exists()


def test_a_mistake_of_the_node_is_answered_and_the_connection_lives(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("34 ABC 123")

    with running.client() as node, capture_logs() as logs:
        with monkeypatch.context() as patch:
            patch.setattr(running.node.service.movements, "under_way", fails)
            for _ in range(2):
                with pytest.raises(NodeRefused, match="internal: a mistake of Corridor"):
                    node.movements(overdue=False, limit=9)
        assert isinstance(node.movements(overdue=False, limit=9), list)
    told = [one for one in logs if one["event"] == "local_request.failed"]
    assert [(one["method"], one["cause"]) for one in told] == [("movements", "ValueError")] * 2
    assert "34 ABC" not in str(told)
