"""`corridor run` with [http]: a real process, killed, reloaded, over TLS, and fuzzed."""

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_http import Caller, write_clients
from builders_ports import free_port
from builders_wire import declaration
from corridor.daemon.config import load_config
from corridor.gateway.http.clients import load_clients, save_clients
from corridor.wire.records import record_to_json

sys.path.append(str(Path(__file__).resolve().parents[2] / "fuzz"))
from run_api import fuzz, http_lines, node_process

NodeFolder = Callable[..., Path]
RECORD = json.loads(record_to_json(declaration()))


def laid_out(node_folder: NodeFolder, more: str = "") -> tuple[Path, int]:
    port = free_port()
    config = node_folder(more=http_lines(port, more))
    write_clients(load_config(config).http.tokens_file)
    return config, port


class Offering:
    """Programs that offer records in bulk, until nobody answers any more."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answered: dict[str, str] = {}
        self.unanswered: list[list[str]] = []
        self._threads = [threading.Thread(target=self._offer, args=(n,)) for n in range(3)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _offer(self, thread: int) -> None:
        for number in range(10_000):
            keys = [f"{thread}-{number}-{index}" for index in range(20)]
            try:
                results = in_bulk(self.port, keys)
            except (OSError, ValueError, KeyError):
                self.unanswered.append(keys)
                return
            assert [one["status"] for one in results] == ["accepted"] * 20
            found = [str(one["record_id"]) for one in results]
            self.answered.update(zip(keys, found, strict=True))


def in_bulk(port: int, keys: list[str]) -> list[dict[str, object]]:
    items = [{"to": "TR", "record": RECORD, "idempotency_key": key} for key in keys]
    answer = Caller(port, "token-office")("POST", "/v1/records:bulk", {"records": items})
    results: list[dict[str, object]] = answer.json["results"]
    return results


def test_what_was_answered_is_there_after_a_kill(node_folder: NodeFolder) -> None:
    config, port = laid_out(node_folder)
    offering = Offering(port)
    with node_process(config, port) as node:
        offering.start()
        time.sleep(1.5)
        deadline = time.monotonic() + 30  # a busy machine answers later, not less
        while len(offering.answered) < 60 and time.monotonic() < deadline:
            time.sleep(0.05)
        node.send_signal(signal.SIGKILL)
        offering.join()
    answered = offering.answered
    assert len(answered) >= 60
    assert len(offering.unanswered) == 3
    with node_process(config, port):
        call = Caller(port, "token-office")
        keys = list(answered)
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            results = in_bulk(port, some)
            told = [(one["status"], one["record_id"]) for one in results]
            assert told == [("duplicate", answered[key]) for key in some]
        for some in offering.unanswered:  # kept or not: together, and now once
            statuses = {one["status"] for one in in_bulk(port, some)}
            assert statuses in ({"accepted"}, {"duplicate"})
            assert {one["status"] for one in in_bulk(port, some)} == {"duplicate"}
        for record_id in list(answered.values())[::25]:
            assert len(call("GET", f"/v1/records/{record_id}").json["sent"]) == 1


def test_sighup_takes_up_new_clients_and_a_stop_is_orderly(node_folder: NodeFolder) -> None:
    config, port = laid_out(node_folder)
    path = load_config(config).http.tokens_file
    with node_process(config, port) as node:
        call = Caller(port, "token-watch")
        assert call("GET", "/v1/status").status == 200
        save_clients(path, [one for one in load_clients(path).all if one.name != "watch"])
        node.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while call("GET", "/v1/status").status == 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert call("GET", "/v1/status").status == 401
        node.send_signal(signal.SIGTERM)
        assert node.wait(30) == 0
    log = (config.parent / "http.log").read_text()
    assert "http.reloaded" in log
    assert "token-" not in log


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a server's certificate for 127.0.0.1, a client's, and one of another CA."""
    folder = tmp_path_factory.mktemp("pki")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for ca in ("ca", "other"):
        openssl(folder, "req", "-x509", *key, "-subj", f"/CN={ca}", "-keyout", f"{ca}.key",
                "-out", f"{ca}.pem", "-days", "2")  # fmt: skip
    for name, ca in (("server", "ca"), ("client", "ca"), ("stranger", "ca"), ("alien", "other")):
        openssl(folder, "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.csr")  # fmt: skip
        (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey",
                f"{ca}.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile",
                "san")  # fmt: skip
    return folder


def client_tls(pki: Path, name: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
    if name is not None:
        context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
    return context


def corridor(*arguments: object) -> subprocess.CompletedProcess[str]:
    from builders_lab import corridor as run  # noqa: PLC0415 - the lab's own words

    return run(*arguments)


def test_a_certificate_or_a_token_says_who_is_there(node_folder: NodeFolder, pki: Path) -> None:
    lines = "".join(
        f'{key} = "{pki / name}"\n'
        for key, name in (
            ("cert_file", "server.pem"), ("key_file", "server.key"), ("client_ca_file", "ca.pem")
        )
    )  # fmt: skip
    port = free_port()
    config = node_folder(more=http_lines(port, lines))
    added = corridor("http", "token", "add", "system", "--role", "reader", "--certificate",
                     pki / "client.pem", "--config", config, "--json")  # fmt: skip
    assert json.loads(added.stdout)["token"] is None
    token = json.loads(corridor("http", "token", "add", "other", "--role", "operator", "--config",
                                config, "--json").stdout)["token"]  # fmt: skip
    with node_process(config, port, tls=client_tls(pki, None)):
        by_certificate = Caller(port, None, client_tls(pki, "client"))
        assert by_certificate("GET", "/v1/inbox").status == 200
        assert by_certificate("GET", "/v1/status").status == 403
        assert Caller(port, token, client_tls(pki, None))("GET", "/v1/status").status == 200
        assert Caller(port, None, client_tls(pki, None))("GET", "/v1/inbox").status == 401
        assert Caller(port, None, client_tls(pki, "stranger"))("GET", "/v1/inbox").status == 401
        with pytest.raises((ssl.SSLError, OSError)):
            Caller(port, token, client_tls(pki, "alien"))("GET", "/v1/inbox")
        with pytest.raises((OSError, ValueError)):
            Caller(port, token)("GET", "/v1/health")  # without TLS there is nothing to hear


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('address = "0.0.0.0"\n', "without TLS"),
        ('address = "node.example"\n', "without TLS"),
        ('cert_file = "x"\n', "belong together"),
        ('client_ca_file = "x"\n', "with TLS only"),
        ('cert_file = "node.toml"\nkey_file = "node.toml"\n', "cannot be used"),
        ('address = "192.0.2.7"\ncert_file = "x"\nkey_file = "x"\n', "nobody is known"),
        ('tokens_file = "node.toml"\n', "mode|clients"),
    ],
)
def test_what_would_not_be_safe_is_refused_with_a_cure(
    node_folder: NodeFolder, lines: str, words: str
) -> None:
    config = node_folder(more=http_lines(0, lines))
    run = corridor("run", "--config", config, "--json")
    assert run.returncode in {3, 5}, run.stderr
    told = json.loads(run.stdout)
    assert re.search(words, json.dumps(told))
    assert told["error"]["cure"]


def test_a_port_that_is_taken_is_named(node_folder: NodeFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = node_folder(more=http_lines(taken.getsockname()[1]))
        run = corridor("run", "--config", config)
    assert run.returncode == 3
    assert "cannot be bound" in run.stderr


@pytest.mark.unmeasured
@pytest.mark.timeout(180)
def test_schemathesis_finds_nothing(node_folder: NodeFolder, tmp_path: Path) -> None:
    config, port = laid_out(node_folder)
    with node_process(config, port) as node:
        status = fuzz(port, tmp_path / "out", cases=1, seed=1, phases="examples,coverage,fuzzing")
        told = (tmp_path / "out" / "schemathesis.log").read_text()
        assert status == 0, told[-4000:]
        assert node.poll() is None
        node.send_signal(signal.SIGTERM)
        assert node.wait(30) == 0
    assert int(re.search(r"generated, (\d+) passed", told)[1]) > 300  # type: ignore[index]
    log = (config.parent / "http.log").read_text()
    assert "http.failed" not in log
