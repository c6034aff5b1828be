"""Whether a broker can be reached, with the first fault by name: real sockets, real TLS."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from corridor.seal.x509 import Identity, Leaf, Usage, issue, make_ca
from corridor.transport import reach
from corridor.transport.broker import BrokerAddress
from corridor.transport.reach import Obstacle

DAY_MS = 86_400_000
NOW_MS = time.time_ns() // 1_000_000


def address(folder: Path, host: str = "127.0.0.1", port: int = 1) -> BrokerAddress:
    return BrokerAddress(host, port, "mq.test", folder / "ca", folder / "cert", folder / "key")


def test_an_address_is_its_own_and_an_unknown_name_is_none() -> None:
    assert reach.resolve("127.0.0.1") == ("127.0.0.1",)
    assert reach.resolve("no-such-host.invalid") == ()
    assert reach.resolve("x" * 300) == ()


def test_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    told = reach.obstacle(address(tmp_path, "no-such-host.invalid"))
    assert told == (Obstacle.NAME, "no name server knows no-such-host.invalid")


@pytest.mark.parametrize("content", [None, "no PEM"])
def test_certificates_that_cannot_be_used_are_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        for name in ("ca", "cert", "key"):
            (tmp_path / name).write_text(content)
    told = reach.obstacle(address(tmp_path))
    assert told
    assert told.obstacle is Obstacle.OWN_FILES


@dataclass(frozen=True)
class Pki:
    """What our side holds, and what the other may show."""

    folder: Path
    ca: Identity

    def at(self, port: int, name: str = "mq.test") -> BrokerAddress:
        folder = self.folder
        return BrokerAddress(
            "127.0.0.1", port, name, folder / "ca", folder / "cert", folder / "key"
        )

    def shown(self, ca: Identity, *, name: str = "mq.test", begun_ms: int = NOW_MS) -> Path:
        """A server's certificate and key, in one file."""
        made = issue(ca, Leaf(name, Usage.SERVER, 30, (name,)), begun_ms)
        place = self.folder / "server.pem"
        place.write_bytes(made.certificate + made.key)
        return place


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    folder = tmp_path_factory.mktemp("pki")
    ca = make_ca("ours", 90, NOW_MS - 60 * DAY_MS)
    ours = issue(ca, Leaf("corridor-node", Usage.CLIENT, 30), NOW_MS)
    for name, content in (("ca", ca.certificate), ("cert", ours.certificate), ("key", ours.key)):
        (folder / name).write_bytes(content)
    return Pki(folder, ca)


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Whatever answers at a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def tls(shown: Path, answer: bytes, takes: Path | None = None) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown)
    if takes is not None:
        context.load_verify_locations(takes)
        context.verify_mode = ssl.CERT_REQUIRED

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(8)
            secured.sendall(answer)

    return serve


def test_a_broker_that_greets_us_is_reached(pki: Pki) -> None:
    with listening(tls(pki.shown(pki.ca), b"\x01\x00")) as port:
        assert reach.obstacle(pki.at(port)) is None


def test_each_certificate_that_is_not_right_is_told_by_what_is_wrong(pki: Pki) -> None:
    other = make_ca("other", 90, NOW_MS)
    same_name = make_ca("ours", 90, NOW_MS)
    for shown, expected in (
        (lambda: pki.shown(other), Obstacle.OTHER_CA),
        (lambda: pki.shown(same_name), Obstacle.OTHER_CA),
        (lambda: pki.shown(pki.ca, name="mq.other"), Obstacle.OTHER_NAME),
        (lambda: pki.shown(pki.ca, begun_ms=NOW_MS - 40 * DAY_MS), Obstacle.EXPIRED),
        (lambda: pki.shown(pki.ca, begun_ms=NOW_MS + 2 * DAY_MS), Obstacle.EXPIRED),
    ):
        with listening(tls(shown(), b"\x01")) as port:
            found = reach.obstacle(pki.at(port))
        assert found is not None
        assert found.obstacle is expected, found


def test_a_broker_that_does_not_take_our_certificate_says_so_after_the_handshake(
    pki: Pki, tmp_path: Path
) -> None:
    strangers = tmp_path / "strangers"
    strangers.write_bytes(make_ca("strangers", 90, NOW_MS).certificate)
    with listening(tls(pki.shown(pki.ca), b"\x01", takes=strangers)) as port:
        found = reach.obstacle(pki.at(port))
    assert found is not None
    assert found.obstacle is Obstacle.TURNED_AWAY, found
    with listening(tls(pki.shown(pki.ca), b"")) as port:
        found = reach.obstacle(pki.at(port))
    assert found is not None
    assert found.obstacle is Obstacle.TURNED_AWAY, found


def test_whoever_has_the_port_and_is_no_broker_is_told(pki: Pki) -> None:
    def web(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def silent(connection: socket.socket) -> None:
        while connection.recv(1000):
            """Say nothing until the other side has enough."""

    for serve in (web, silent, tls(pki.shown(pki.ca), b"HTTP/1.1 400")):
        with listening(serve) as port:
            found = reach.obstacle(pki.at(port), timeout_s=0.3)
        assert found is not None
        assert found.obstacle is Obstacle.STRANGER, found


def test_where_nobody_listens_that_is_told(pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = reach.obstacle(pki.at(port))
    assert found is not None
    assert found.obstacle is Obstacle.NOBODY
    assert "refused" in found.what
