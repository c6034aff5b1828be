"""Each trouble of the suite's relay, on real sockets: it bites, is counted, and heals."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Relays, Way
from corridor.lab.ports import PortLease

GONE = r"reset|pipe|not connected|transport endpoint"
"""What a client hears of a connection that was reset, by when it looks."""


class Echo:
    """A server that says everything back."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                while said := connection.recv(65_536):
                    connection.sendall(said)
            except OSError:
                return

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def way() -> Iterator[Way]:
    echo = Echo()
    with PortLease() as lease, Relays() as relays:
        yield relays.open("test", lease.take(1)[0], echo.port)
    echo.close()


def dial(way: Way) -> socket.socket:
    return socket.create_connection(("127.0.0.1", way.port), timeout=5)


def said_back(client: socket.socket, what: bytes, timeout_s: float = 5) -> bytes:
    client.settimeout(timeout_s)
    client.sendall(what)
    got = b""
    while len(got) < len(what):
        part = client.recv(65_536)
        if not part:
            break
        got += part
    return got


def dialled_and_said(way: Way) -> bytes:
    with dial(way) as client:
        time.sleep(0.1)
        return said_back(client, b"x")


def test_it_carries_what_it_is_given(way: Way) -> None:
    with dial(way) as client:
        big = bytes(range(256)) * 2000
        assert said_back(client, big) == big
    assert way.bites == 0


def test_cut_resets_what_is_there_and_what_comes(way: Way) -> None:
    with dial(way) as client:
        assert said_back(client, b"before") == b"before"
        way.cut()
        with pytest.raises(OSError, match=GONE):
            said_back(client, b"x")
    with pytest.raises(OSError, match=GONE):
        dialled_and_said(way)
    assert way.bites >= 2
    way.heal()
    with dial(way) as client:
        assert said_back(client, b"after") == b"after"


def test_refuse_means_that_nobody_is_there_until_it_is_healed(way: Way) -> None:
    way.refuse()
    with pytest.raises(ConnectionRefusedError):
        dial(way)
    way.heal()
    with dial(way) as client:
        assert said_back(client, b"after") == b"after"


def test_stall_moves_nothing_and_loses_nothing(way: Way) -> None:
    with dial(way) as client:
        assert said_back(client, b"before") == b"before"
        way.stall()
        with pytest.raises(TimeoutError):
            said_back(client, b"while", timeout_s=0.3)
        assert way.bites > 0
        with dial(way) as late, pytest.raises(TimeoutError):
            said_back(late, b"late", timeout_s=0.2)
        way.heal()
        client.settimeout(5)
        assert client.recv(100) == b"while"


def test_healing_with_a_reset_drops_what_was_connected(way: Way) -> None:
    with dial(way) as client:
        assert said_back(client, b"before") == b"before"
        way.stall()
        client.sendall(b"while")
        time.sleep(0.1)
        way.heal(reset=True)
        with pytest.raises(OSError, match=GONE):
            client.recv(100)
    assert way.bites > 0


def test_slow_delays_and_corrupt_changes_one_bit_of_a_chunk(way: Way) -> None:
    with dial(way) as client:
        way.slow(0.2)
        begun = time.monotonic()
        assert said_back(client, b"slowly") == b"slowly"
        assert time.monotonic() - begun >= 0.4  # there and back
        way.heal()
        way.corrupt(1)
        changed = said_back(client, b"payload")
        assert changed != b"payload"
        assert sum((a ^ b).bit_count() for a, b in zip(changed, b"payload", strict=True)) == 1
        assert way.bites == 1
        assert said_back(client, b"payload") == b"payload"
