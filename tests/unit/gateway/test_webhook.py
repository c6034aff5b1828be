"""The webhook with a real node and a real server that behaves well, badly, or not at all."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builders_gateway import Beside, put, record_bytes, result, until
from builders_ports import free_port
from corridor.daemon.config import load_config
from corridor.errors import ConfigurationError, KeyTrouble
from corridor.exchange.values import Verdict
from corridor.gateway.webhook import gateway
from corridor.gateway.webhook.posting import Answered, Poster, Unreachable
from corridor.gateway.webhook.signing import read_secrets, signature
from corridor.gateway.webhook.streams import Place

if TYPE_CHECKING:
    from corridor.lab.network import Network

NodeFolder = Callable[..., Path]
SECRETS = (bytes(range(32)), b"the secret before this one......")
HOOK = """
[webhook]
url = "{url}"
secret_file = "hook.secret"
retry_first_s = 0.05
retry_max_s = 0.2
timeout_s = 1
"""


class National:
    """A national system that takes posts: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = outer.answers.pop(0) if outer.answers else 204
                outer.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.server.timeout = 0.1
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook?of=corridor"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def told(self, kind: str) -> list[dict[str, Any]]:
        bodies = [json.loads(body) for _, body in self.posts]
        return [body["data"] for body in bodies if body["type"] == kind]


@contextmanager
def national() -> Iterator[National]:
    made = National()
    made.start()
    try:
        yield made
    finally:
        made.close()


def write_secret(folder: Path, *secrets: bytes) -> Path:
    place = folder / "hook.secret"
    place.write_text("".join(f"whsec_{base64.b64encode(one).decode()}\n" for one in secrets))
    place.chmod(0o600)
    return place


def node_with(node_folder: NodeFolder, url: str, more: str = "") -> Path:
    config = node_folder("GE", HOOK.format(url=url) + more)
    write_secret(config.parent, *SECRETS)
    return config


def test_records_are_posted_in_order_signed_and_acknowledged(node_folder: NodeFolder) -> None:
    with national() as system, Beside(node_with(node_folder, system.url)) as node:
        ids = node.deliver(range(1, 6))
        until(lambda: node.node.service.acknowledged() == 5)
        assert [one["record_id"] for one in system.told("record.received")] == [
            one.hex() for one in ids
        ]
        assert [headers["webhook-id"] for headers, _ in system.posts] == [
            f"{one.hex()}-TR.GTB" for one in ids
        ]
        headers, body = system.posts[0]
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert headers["content-type"] == "application/json"
        for number, secret in enumerate(SECRETS):
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            code = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
            assert headers["webhook-signature"].split()[number] == f"v1,{code}"


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's libraries.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_fails_is_posted_again_under_the_same_id_and_before_what_follows(
    node_folder: NodeFolder,
) -> None:
    with national() as system, Beside(node_with(node_folder, system.url)) as node:
        system.answers += [204, 500, 302, 429, 400]
        node.deliver(range(1, 4))
        until(lambda: node.node.service.acknowledged() == 3)
        posted = [headers["webhook-id"] for headers, _ in system.posts]
        assert posted == [posted[0], *[posted[1]] * 5, posted[-1]]
        assert len({*posted}) == 3


def test_gone_ends_the_stream_with_an_alarm_and_nothing_is_acknowledged(
    node_folder: NodeFolder,
) -> None:
    with national() as system, Beside(node_with(node_folder, system.url)) as node:
        system.answers += [410]
        node.deliver(range(1, 3))
        until(lambda: any("410" in line for line in node.node.status()["attention"]))
        time.sleep(0.5)
        assert len(system.posts) == 1
        assert node.node.service.acknowledged() == 0


def test_a_dead_address_stops_nothing_and_gets_everything_when_it_lives(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_ALARM_AFTER_MS", 300)
    port = free_port()
    config = node_with(node_folder, f"http://127.0.0.1:{port}/")
    with Beside(config) as node:
        node.deliver(range(1, 3))
        line = until(lambda: [one for one in node.node.status()["attention"] if "webhook" in one])
        assert line[0].startswith("webhook: no inbox delivered since 20")
        with node.client() as client:  # the other gateways do what they always do
            assert len(client.take(0)) == 2
        assert node.node.failure is None
        place = json.loads(node.node.service.note_of("webhook.inbox") or b"")
        assert place["failures"] > 0
    with national() as system:
        config.write_text(config.read_text().replace(f"http://127.0.0.1:{port}/", system.url))
        with Beside(config) as node:
            until(lambda: node.node.service.acknowledged() == 2)
            assert len(system.posts) == 2


def test_the_pause_outlives_a_restart(node_folder: NodeFolder) -> None:
    with national() as system:
        config = node_with(node_folder, system.url)
        text = config.read_text()
        config.write_text(text.replace("retry_first_s = 0.05\nretry_max_s = 0.2",
                                       "retry_first_s = 60\nretry_max_s = 120"))  # fmt: skip
        system.answers += [500]
        with Beside(config) as node:
            node.deliver(range(1, 2))
            until(lambda: b'"failures": 1' in (node.node.service.note_of("webhook.inbox") or b""))
        with Beside(config):
            time.sleep(0.5)
        assert len(system.posts) == 1


def test_outcomes_are_posted_under_ids_of_their_own(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    (tmp_path / "spool").mkdir()
    spool = f'\n[spool]\ndirectory = "{tmp_path / "spool"}"\nsettle_s = 0\ninbound = false\n'
    with national() as system, Beside(node_with(node_folder, system.url, spool)) as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        record_id = result(node.spool / "done" / "TR" / "a.pb")["record_id"]
        node.settle(bytes.fromhex(record_id), Verdict.ACCEPTED)
        (told,) = until(lambda: system.told("record.final"))
        assert (told["record_id"], told["verdict"], told["recipient"]) == (
            record_id, "accepted", "TR.GTB",
        )  # fmt: skip
        assert system.posts[0][0]["webhook-id"] == f"{record_id}-TR.GTB-final"


def slow_server(
    answer: Callable[[socket.socket], None],
) -> tuple[str, threading.Thread, socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            connection.recv(65_536)
            try:
                answer(connection)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread, listener


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.1)


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(1000):
        connection.sendall(bytes(65_536))


def test_one_byte_at_a_time_ends_with_the_deadline() -> None:
    url, thread, listener = slow_server(drip)
    begun = time.monotonic()
    poster = Poster(url, 0.5)
    with listener, pytest.raises(Unreachable, match="in time"):
        poster.post(b"{}", {})
    assert time.monotonic() - begun < 2
    thread.join(5)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    url, thread, listener = slow_server(flood)
    poster = Poster(url, 5)
    with listener:
        assert poster.post(b"{}", {}).status == 200
    poster.close()
    thread.join(5)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(still: "Network") -> None:

    broker = next(iter(still.brokers.values()))
    pki = broker.plan.pki
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    with national() as system:
        system.server.socket = context.wrap_socket(system.server.socket, server_side=True)
        poster = Poster(f"https://127.0.0.1:{system.port}/", 2)
        with pytest.raises(Unreachable, match=r"SSL|Certificate"):
            poster.post(b"{}", {})
        poster = Poster(f"https://127.0.0.1:{system.port}/", 2, pki / "ca.pem")
        with pytest.raises(Unreachable):  # known, but it speaks for another name
            poster.post(b"{}", {})
        assert system.posts == []


def test_retry_after_is_seconds_and_bounded() -> None:
    assert [Answered(503, one).retry_after_s for one in ("7", "99999", "Wed, 21 Oct", None)] == [
        7, 3600, 0, 0,
    ]  # fmt: skip


def test_pauses_double_up_to_the_longest() -> None:
    place, pauses = Place(5), []
    for _ in range(12):
        place = place.failed(1_000_000, 1000, 60_000, 1.0)
        pauses.append(place.next_ms - 1_000_000)
    assert pauses == sorted(pauses)
    assert max(pauses) <= 60_000 * 1.5
    assert (place.cursor, place.since_ms, place.failures) == (5, 1_000_000, 12)


@pytest.mark.parametrize(
    "url",
    ["http://national.example/", "ftp://127.0.0.1/", "https://user:pw@x/", "https://", "x",
     "https://x/#part", "http://10.0.0.1/"],
)  # fmt: skip
def test_only_an_address_that_is_safe_is_configured(node_folder: NodeFolder, url: str) -> None:
    config = node_with(node_folder, url)
    with pytest.raises(ConfigurationError, match=r"webhook\.url"):
        load_config(config)


def test_a_webhook_without_secret_is_refused(node_folder: NodeFolder) -> None:
    config = node_folder("GE", '\n[webhook]\nurl = "https://x.example/"\n')
    with pytest.raises(ConfigurationError, match="secret_file"):
        load_config(config)
    config.write_text(config.read_text() + 'secret_file = "s"\nevents = []\n')
    with pytest.raises(ConfigurationError, match="events"):
        load_config(config)


def test_a_secret_is_private_and_has_its_form(tmp_path: Path) -> None:
    place = write_secret(tmp_path, *SECRETS)
    assert read_secrets(place) == SECRETS
    place.chmod(0o644)
    with pytest.raises(KeyTrouble, match="chmod"):
        read_secrets(place)
    place.chmod(0o600)
    for content in ("", "whsec_AAAA", "no prefix", "whsec_!!!!", "whsec_" + "A" * 40 + "\n" * 3):
        place.write_text(content)
        if content.startswith("whsec_AAAAAAAAA"):
            assert len(read_secrets(place)) == 1
            continue
        with pytest.raises(ConfigurationError, match=r"webhook\.secret_file"):
            read_secrets(place)
    write_secret(tmp_path, *SECRETS, SECRETS[0])
    with pytest.raises(ConfigurationError, match="3 secrets"):
        read_secrets(place)
