"""The client of the local socket, and a node that is not there, breaks off, or says nothing."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corridor.errors import LocalTrouble
from corridor.gateway.framing import MAX_MESSAGE_BYTES, receive_message, send_message
from corridor.gateway.local_client import LocalClient
from corridor.wire.v1 import local_pb2 as local


def test_where_no_node_answers_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(LocalTrouble, match="corridor run"):
        LocalClient(tmp_path / "none")


def answered_with(answer: Callable[[socket.socket], None], path: Path) -> LocalClient:
    """A client of a server that answers one request in its own way."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        connection, _ = listener.accept()
        with listener, connection:
            receive_message(connection)
            answer(connection)

    threading.Thread(target=serve).start()
    return LocalClient(path, 5)


def test_a_node_that_closes_in_the_middle_is_told_as_trouble(tmp_path: Path) -> None:
    answers: list[Callable[[socket.socket], None]] = [
        lambda connection: connection.close(),
        lambda connection: connection.sendall(b"\0\0\0\x05ab"),
        lambda connection: connection.sendall(b"\0\0"),
        lambda connection: send_message(
            connection,
            local.LocalReply(
                error=local.LocalError(code="store", message="no")
            ).SerializeToString(),
        ),
    ]
    for number, answer in enumerate(answers):
        with answered_with(answer, tmp_path / str(number)) as client, pytest.raises(LocalTrouble):
            client.status()


def test_a_node_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with answered_with(lambda _: time.sleep(0.5), tmp_path / "s") as client:
        client._socket.settimeout(0.1)
        with pytest.raises(LocalTrouble, match="does not answer within"):
            client.status()


def test_a_message_that_is_too_long_is_not_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(LocalTrouble, match="at most"):
        send_message(ours, bytes(MAX_MESSAGE_BYTES + 1))
