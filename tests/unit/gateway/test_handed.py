"""Records count as handed over once they have left, and not where nobody is there to take them."""

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_local_socket import Running

from builders_http import Serving
from builders_store import incoming, received
from builders_wire import declaration, new_entry
from corridor.daemon.node import Node
from corridor.gateway.framing import send_message
from corridor.transit.parties import Endpoint
from corridor.wire.batches import encode_entry
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]
TR = Endpoint("TR.GTB")


def arrive(node: Node, number: int) -> bytes:
    """Have a record of a partner stored, as the receiver does."""
    record_id = number.to_bytes(16)
    entry = encode_entry(new_entry(record_id, declaration()))
    one = incoming(0, number)._replace(record_id=record_id, entry=entry)
    with node._store.transaction() as change:
        change.keep_received(received(number, one, peer=TR))
    node.service.grown()
    return record_id


def is_handed(node: Node, record_id: bytes) -> bool:
    (one,) = node.service.timeline(record_id).received
    return one.handed


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def running(node_folder: NodeFolder) -> Iterator[Running]:
    with Running(node_folder()) as made:
        yield made


def test_over_the_socket(running: Running) -> None:
    node = running.node
    gone = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    gone.connect(str(running.path))
    asked = local.LocalRequest(take=local.TakeRequest(wait_ms=3_000))
    send_message(gone, asked.SerializeToString())
    time.sleep(0.2)
    gone.close()
    record_id = arrive(node, 901)
    time.sleep(0.3)
    assert not is_handed(node, record_id)
    with running.client() as client:
        assert client.take(0)
    assert until(lambda: is_handed(node, record_id))


def test_over_http(serving: Serving) -> None:
    node = serving.node
    head = "GET /v1/inbox?wait_s=3 HTTP/1.1\r\nHost: x\r\n"
    gone = socket.create_connection(("127.0.0.1", serving.server.port))
    gone.sendall(f"{head}Authorization: Bearer token-office\r\n\r\n".encode())
    time.sleep(0.3)
    gone.close()
    record_id = arrive(node, 902)
    time.sleep(0.5)
    assert not is_handed(node, record_id)
    request = urllib.request.Request(
        f"http://127.0.0.1:{serving.server.port}/v1/inbox",
        headers={"Authorization": "Bearer token-office"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
        assert json.load(answer)["records"]
    assert until(lambda: is_handed(node, record_id))
