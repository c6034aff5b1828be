"""Each kind of bad input of the manual's table, played against the real thing."""

import json
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_gateway import SPOOL as SPOOL_SECTION
from builders_gateway import Beside, put, record_bytes, result, until
from corridor.cli.main import main
from corridor.gateway.framing import receive_message
from corridor.gateway.webhook.posting import Poster, Unreachable
from corridor.wire.v1 import local_pb2 as local
from testkit.bad_input import CASES, REQUESTS, SEND, SOCKET, SPOOL, WEBHOOK, Case

NodeFolder = Callable[..., Path]


def named(case: Case) -> str:
    return case.came.replace(" ", "-")


@pytest.fixture(scope="module")
def beside(still: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:

    plan = next(p.plan for c, p in still.nodes.items() if c == "TR")  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("bad") / "TR"
    shutil.copytree(plan.directory, folder)
    (folder / "spool").mkdir()
    config = folder / "node.toml"
    text = config.read_text().replace(
        f'socket = "{plan.socket}"', f'socket = "{folder / "s"}"\nlanes = ["routine", "bulk"]'
    )
    text = text.replace(f"port = {plan.metrics_port}", "port = 0")
    config.write_text(text + SPOOL_SECTION.format(folder=folder / "spool"))
    with Beside(config) as made:
        until((made.spool / "out").is_dir)
        yield made


@pytest.mark.parametrize("case", SPOOL, ids=named)
def test_a_bad_file_is_refused_by_name_and_nothing_else_changes(beside: Beside, case: Case) -> None:
    before = beside.rows()
    place = case.make(beside.spool / "out")
    inside = place.resolve(strict=False) if ".." in str(place) else place
    relative = inside.relative_to(beside.spool / "out")
    folder = relative.parts[0] if len(relative.parts) > 1 else "."
    told = result(beside.spool / "refused" / folder / place.name)
    assert (told["status"], told["reason"]) == ("refused", case.named)
    assert told["cure"]
    assert told["file"] == place.name
    assert not place.exists()
    assert beside.rows() == before
    assert not [one for one in (beside.spool / "work").rglob("*") if one.is_file()]


def test_what_is_good_is_taken_after_all_that_was_bad(beside: Beside) -> None:
    before = beside.rows()["outbox"]
    put(beside.spool / "out" / "GE", "good.pb", record_bytes(77))
    assert result(beside.spool / "done" / "GE" / "good.pb")["status"] == "accepted"
    assert beside.rows()["outbox"] == before + 1
    assert beside.node.failure is None


@pytest.mark.parametrize("case", SOCKET, ids=named)
def test_a_bad_submission_is_refused_by_name_and_nothing_else_changes(
    beside: Beside, case: Case
) -> None:
    before = beside.rows()
    with beside.client() as node:
        (told,) = node.submit([local.LocalSubmission(**{"recipient": "GE", **case.make()})])
    assert (told.status, told.reason) == ("refused", case.named)
    assert beside.rows() == before


@pytest.mark.parametrize("case", REQUESTS, ids=named)
def test_a_bad_request_is_answered_by_name_and_nothing_else_changes(
    beside: Beside, case: Case
) -> None:
    before = beside.rows()
    body = case.make()
    assert isinstance(body, bytes)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(beside.config.gateway.socket))
        connection.sendall(struct.pack(">I", len(body)) + body)
        answer = receive_message(connection)
    assert answer is not None
    assert local.LocalReply.FromString(answer).error.code == case.named
    assert beside.rows() == before


@pytest.mark.parametrize("case", SEND, ids=named)
def test_a_bad_file_given_to_send_is_refused_by_name_and_nothing_else_changes(
    beside: Beside, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = beside.rows()
    file = case.make(tmp_path)
    config = beside.config.store.path.parents[1] / "node.toml"
    with pytest.raises(SystemExit) as ended:
        main(["send", str(file), "--to", "GE", "--config", str(config), "--json"])
    assert ended.value.code
    error = json.loads(capsys.readouterr().out)["error"]
    assert case.named in {error["code"], error.get("reason")}
    assert beside.rows() == before


class Answering:
    """A server that answers each request with the same bytes and closes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"
        self.asked = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                seen = b""
                while b"\r\n\r\n" not in seen:
                    part = connection.recv(65_536)
                    if not part:
                        break
                    seen += part
                self.asked += bool(seen)
                connection.sendall(self._answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.mark.parametrize("case", WEBHOOK, ids=named)
def test_a_bad_answer_to_a_post_delivers_nothing(case: Case) -> None:
    answer = case.make()
    assert isinstance(answer, bytes)
    server = Answering(answer)
    poster = Poster(server.url, 1.0)
    try:
        try:
            status = poster.post(b"{}", {"content-type": "application/json"}).status
            told = "gone" if status == 410 else "refused"
            assert not 200 <= status < 300
        except Unreachable:
            told = "unreachable"
        assert told == case.named
        assert server.asked == 1, "a redirect was followed, or the post repeated by itself"
    finally:
        poster.close()
        server.close()


def test_no_two_cases_are_told_in_the_same_words() -> None:
    words = [(case.gateway, case.came) for case in CASES]
    assert len(set(words)) == len(words)
