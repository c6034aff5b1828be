"""A socket that is reset just after it connected is a failed dial, not the end of the loop."""

import socket
import ssl
import struct
import time

from corridor.transport.connection import LeanLoop, LeanServices

RESET = struct.pack("ii", 1, 0)


def reset_socket() -> socket.socket:
    """A socket that connected and was reset before anybody looked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        accepted.close()
    client.setblocking(False)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            client.getpeername()
        except OSError:
            return client
        time.sleep(0.001)
    raise AssertionError("the reset never came")


def dial(loop: LeanLoop, told: list[object]) -> tuple[socket.socket, object]:
    client = reset_socket()
    services = LeanServices(loop)
    context = ssl.create_default_context()
    reference = services.create_streaming_connection(
        object, client, told.append, ssl_context=context, server_hostname="mq.ge.test"
    )
    return client, reference


def test_it_is_told_in_a_later_turn_and_its_socket_is_closed() -> None:
    loop, told = LeanLoop(), []
    client, _ = dial(loop, told)
    assert told == []
    loop.call_later(0.05, loop.stop)
    loop.start()
    loop.close()
    (answer,) = told
    assert isinstance(answer, ConnectionResetError)
    assert client.fileno() == -1


def test_a_dial_that_was_called_off_is_told_nothing() -> None:
    loop, told = LeanLoop(), []
    _, reference = dial(loop, told)
    assert reference.cancel()
    loop.call_later(0.05, loop.stop)
    loop.start()
    loop.close()
    assert told == []
