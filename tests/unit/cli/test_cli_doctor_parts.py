"""Checks of the doctor on this machine alone: disks, keys, ports, the national system."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builders_cli import corridor
from builders_ports import free_port
from corridor.cli import doctor_disk
from corridor.daemon.clock import LAB_OFFSET

NodeFolder = Callable[..., Path]


def examine(config: Path, *only: str) -> list[dict[str, Any]]:
    words = [word for name in only for word in ("--only", name)]
    found: list[dict[str, Any]] = corridor("doctor", "--config", config, "--json", *words).json[
        "checks"
    ]
    assert all(one["cure"] for one in found if one["status"] in {"fail", "warn"}), found
    return found


def with_port(config: Path, port: int) -> Path:
    config.write_text(
        config.read_text().replace("[metrics]\nport = 0", f"[metrics]\nport = {port}")
    )
    return config


@pytest.mark.parametrize(
    ("mib", "inodes", "expected"),
    [
        (10_000, 10**6, ["ok"]),
        (200, 10**6, ["warn"]),
        (63, 10**6, ["fail"]),
        (0, 10**6, ["fail"]),
        (10_000, 999, ["ok", "fail"]),
        (10_000, None, ["ok"]),
    ],
)
def test_a_disk_without_room_or_inodes_is_told(
    node_folder: NodeFolder,
    monkeypatch: pytest.MonkeyPatch,
    mib: int,
    inodes: int | None,
    expected: list[str],
) -> None:
    found = SimpleNamespace(f_files=inodes or 0, f_favail=inodes or 0)
    usage = SimpleNamespace(free=mib << 20)
    monkeypatch.setattr(doctor_disk.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(doctor_disk.os, "statvfs", lambda _: found)
    told = examine(node_folder(), "disk")
    assert [one["status"] for one in told] == expected


def test_each_disk_is_told_once(node_folder: NodeFolder) -> None:
    told = examine(node_folder(), "disk")
    assert len(told) == 1  # store, statements and backups lie on one
    assert "the disk of store" in told[0]["what"]
    if Path("/dev/shm").is_dir():  # noqa: S108 - another disk
        more = '\n[backup]\ndirectory = "/dev/shm/no-such-folder"\n'
        config = node_folder("TR", more=more)
        apart = Path("/dev/shm").stat().st_dev != config.stat().st_dev  # noqa: S108
        assert len(examine(config, "disk")) == 1 + apart


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o604, 0o601])
def test_whoever_may_read_a_key_of_tls_is_told(
    node_folder: NodeFolder, tmp_path: Path, mode: int
) -> None:
    key = tmp_path / "server.key"
    key.touch(mode=0o600)
    config = node_folder()
    text = config.read_text()
    old = next(line for line in text.splitlines() if line.startswith("server_key_file"))
    config.write_text(text.replace(old, f'server_key_file = "{key}"'))
    key.chmod(mode)
    told = [one for one in examine(config, "keys") if str(key) in one["what"]]
    assert bool(told) == bool(mode & 0o007)
    assert all(one["status"] == "fail" and "chmod o=" in one["cure"] for one in told)


def test_a_port_that_another_program_has_is_told_and_a_free_one_is_not(
    node_folder: NodeFolder,
) -> None:
    port = free_port()
    config = with_port(node_folder(), port)
    assert [one["status"] for one in examine(config, "ports")] == ["ok"]
    with socket.create_server(("127.0.0.1", port)):
        (told,) = examine(config, "ports")
    assert told["status"] == "fail"
    assert f"sport = :{port}" in told["cure"]
    assert examine(with_port(node_folder("TR"), 0), "ports")[0]["status"] == "ok"


def test_without_any_gateway_the_socket_is_named(node_folder: NodeFolder) -> None:
    (told,) = examine(node_folder(), "national")
    assert (told["status"], "socket" in told["what"]) == ("skip", True)


def test_http_without_clients_warns_and_a_broken_file_fails(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    clients = tmp_path / "clients.json"
    more = f'\n[http]\nenabled = true\nport = 0\ntokens_file = "{clients}"\n'
    config = node_folder(more=more)
    assert examine(config, "national")[0]["status"] == "warn"
    made = corridor("http", "token", "add", "erp", "--role", "reader", "--config", config)
    assert made.status == 0, made.err
    assert examine(config, "national")[0]["what"] == "1 clients may use HTTP"
    clients.chmod(0o644)
    assert examine(config, "national")[0]["status"] == "fail"
    clients.chmod(0o600)
    clients.write_text("{}")
    (told,) = examine(config, "national")
    assert told["status"] == "fail"
    assert "not a file of clients" in told["what"]


@pytest.mark.parametrize("content", [None, b"no PEM"])
def test_a_certificate_for_http_that_cannot_be_read_is_told(
    node_folder: NodeFolder, tmp_path: Path, content: bytes | None
) -> None:
    cert = tmp_path / "http.pem"
    if content is not None:
        cert.write_bytes(content)
    more = f'\n[http]\nenabled = true\nport = 0\ncert_file = "{cert}"\nkey_file = "{cert}"\n'
    told = examine(node_folder(more=more), "national")
    assert [one["status"] for one in told] == ["warn", "fail"]


def test_a_spool_is_looked_for(node_folder: NodeFolder, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    config = node_folder(more=f'\n[spool]\ndirectory = "{spool}"\n')
    assert examine(config, "national")[0]["status"] == "fail"
    (spool / "in").mkdir(parents=True)
    assert examine(config, "national")[0]["status"] == "ok"


def test_a_spool_that_others_own_is_told(
    node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    config = node_folder(more=f'\n[spool]\ndirectory = "{spool}"\n')
    monkeypatch.setattr(os, "access", lambda place, _: place != spool)
    (told,) = examine(config, "national")
    assert (told["status"], "rwx" in told["cure"]) == ("fail", True)


def test_a_webhook_is_dialled_and_its_secret_read(node_folder: NodeFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    config = node_folder(more=f'\n[webhook]\nurl = "{url}"\nsecret_file = "{secret}"\n')
    told = examine(config, "national")
    assert [one["status"] for one in told] == ["fail", "fail"]
    secret.write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    with socket.create_server(("127.0.0.1", port)):
        told = examine(config, "national")
    assert [one["status"] for one in told] == ["ok"]
    assert str(port) in told[0]["what"]


@pytest.mark.parametrize(("offset_s", "status"), [("-864000", "fail"), ("0", None), ("x", None)])
def test_a_clock_far_behind_is_named_as_the_cause(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch, offset_s: str, status: str | None
) -> None:
    monkeypatch.setenv(LAB_OFFSET, offset_s)
    config = node_folder()
    told = [one for one in examine(config, "clock") if "registry signed" in one["what"]]
    assert [one["status"] for one in told] == ([status] if status else [])
    for path in (config.parent / "trust").glob("directory-*"):
        path.write_bytes(b"no statement")
    assert not [one for one in examine(config, "clock") if "registry signed" in one["what"]]
