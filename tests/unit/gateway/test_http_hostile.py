"""Hostile clients: slow, huge, broken; the node answers the others meanwhile."""

import json
import socket
import time

import pytest

from builders_http import Serving
from corridor.gateway.http import bodies, protocol

AUTH = b"Authorization: Bearer token-office\r\nHost: x\r\n"


def raw(serving: Serving, sent: bytes, timeout_s: float = 10) -> bytes:
    """Send bytes as they are; return all that comes until the node closes."""
    with socket.create_connection(("127.0.0.1", serving.server.port), timeout_s) as connection:
        connection.sendall(sent)
        found = b""
        while part := connection.recv(65_536):
            found += part
    return found


def problem_in(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head.lower()
    told: dict[str, object] = json.loads(body)
    return told


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + AUTH + b"X: " + b"x" * 20_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000,
        b"GET /" + b"x" * 20_000,
        b"POST /v1/records HTTP/1.1\r\n" + AUTH + b"Content-Length: many\r\n\r\n",
        b"POST /v1/records HTTP/1.1\r\n" + AUTH + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["no HTTP", "TLS", "long header", "many headers", "long line", "no length", "two lengths"],
)
def test_what_is_not_http_gets_a_problem(serving: Serving, sent: bytes) -> None:
    told = problem_in(raw(serving, sent))
    assert (told["status"], told["code"]) == (400, "http")
    assert serving.caller()("GET", "/v1/partners").status == 200


def test_a_body_that_says_it_is_huge_is_not_read(serving: Serving) -> None:
    sent = (
        b"POST /v1/inbox/ack HTTP/1.1\r\nContent-Type: application/json\r\n" + AUTH
        + b"Content-Length: 99999999999\r\n\r\n{"
    )  # fmt: skip
    begun = time.monotonic()
    told = problem_in(raw(serving, sent))
    assert told["code"] == "too_large"
    assert time.monotonic() - begun < 5
    assert serving.server._guard._bodies.held == 0


def test_a_body_in_pieces_without_end_is_let_go(serving: Serving) -> None:
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    sent = (
        b"POST /v1/inbox/ack HTTP/1.1\r\nContent-Type: application/json\r\n" + AUTH
        + b"Transfer-Encoding: chunked\r\n\r\n" + piece * 20 + b"0\r\n\r\n"
    )  # fmt: skip
    told = problem_in(raw(serving, sent))
    assert told["code"] == "too_large"
    assert serving.server._guard._bodies.held == 0


def test_a_body_that_drips_ends_in_time(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.3)
    sent = b"POST /v1/inbox/ack HTTP/1.1\r\n" + AUTH + b"Content-Length: 100\r\n\r\n{"
    told = problem_in(raw(serving, sent))
    assert (told["status"], told["code"]) == (408, "too_slow")
    assert serving.server._guard._bodies.held == 0


def test_a_head_that_drips_is_closed(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    for sent in (b"", b"GET /v1/health HTT", b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\nGET /v1"):
        begun = time.monotonic()
        raw(serving, sent)
        assert time.monotonic() - begun < 5


def test_two_requests_in_one_packet_are_both_answered(serving: Serving) -> None:
    one = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n"
    found = raw(serving, one + b"\r\n" + one + b"Connection: close\r\n\r\n")
    assert found.count(b"HTTP/1.1 200") == 2


def test_too_many_bodies_at_once_are_told_to_come_later(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_HELD", 100)
    answer = serving.caller()("POST", "/v1/inbox/ack", b" " * 200)
    assert (answer.status, answer.json["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert serving.server._guard._bodies.held == 0


def test_one_connection_too_many_is_told_so(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 0)
    told = problem_in(raw(serving, b""))
    assert (told["status"], told["code"]) == (503, "busy")


def test_a_client_that_goes_away_in_the_middle_harms_nobody(serving: Serving) -> None:
    for sent in (
        b"POST /v1/records?to=TR HTTP/1.1\r\n" + AUTH + b"Content-Length: 1000\r\n\r\n{",
        b"GET /v1/inbox?wait_s=1&after=999999 HTTP/1.1\r\n" + AUTH + b"\r\n",
    ):
        with socket.create_connection(("127.0.0.1", serving.server.port), 5) as connection:
            connection.sendall(sent)
    assert serving.caller()("GET", "/v1/partners").status == 200
    assert serving.node.failure is None


def test_an_error_nobody_thought_of_is_told_without_its_text(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a name of somebody")

    monkeypatch.setattr(serving.node.service, "timeline", fail)
    answer = serving.caller()("GET", f"/v1/records/{'1' * 32}")
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"somebody" not in answer.body


def test_a_store_that_fails_is_told_as_such(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corridor.errors import StoreFull, StoreTrouble  # noqa: PLC0415

    for error, code in ((StoreTrouble("x"), "store"), (StoreFull("x"), "store_full")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(serving.node.service, "timeline", fail)
        answer = serving.caller()("GET", f"/v1/records/{'1' * 32}")
        assert (answer.status, answer.json["code"]) == (503, code)
