"""A node that hangs, and one that is down, are told from each other, and in time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from builders_cli import corridor
from builders_lab import until
from corridor.daemon.config import load_config
from corridor.errors import LocalTrouble, NodeHangs
from corridor.gateway import local_client
from corridor.gateway.local_client import LocalClient
from corridor.store.look import writer

NodeFolder = Callable[..., Path]
SHORT_S = 1.0


@pytest.fixture
def config(node_folder: NodeFolder) -> Path:
    return node_folder()


@pytest.fixture
def node(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A node in a process of its own, its broker absent."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "corridor", "run", "--config", str(config)],
        stderr=subprocess.DEVNULL, env=env,
    )  # fmt: skip
    try:
        assert until(lambda: answers(config), 30)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_client, "READ_S", SHORT_S)


def found_in(config: Path, check: str, *more: object) -> list[dict[str, Any]]:
    said = corridor("doctor", "--config", config, "--only", check, "--json", *more)
    found: list[dict[str, Any]] = said.json["checks"]
    assert (said.status == 1) == any(one["status"] == "fail" for one in found)
    return found


@pytest.mark.usefixtures("impatient")
def test_a_node_that_hangs_fails_by_its_process_and_in_time(
    config: Path, node: subprocess.Popen[bytes]
) -> None:
    assert found_in(config, "node")[0]["status"] == "ok"
    node.send_signal(signal.SIGSTOP)
    (one,) = found_in(config, "node")
    assert one["status"] == "fail"
    assert f"the node runs (pid {node.pid}) and does not answer" in one["what"]
    assert "restart its service" in one["cure"]
    # no other check is led astray by it: its ports are taken, and by nobody else
    (ports,) = found_in(config, "ports")
    assert ports["status"] == "skip"
    begun = time.monotonic()
    said = corridor("check", "--config", config, "--timeout", SHORT_S)
    assert time.monotonic() - begun < 3 * SHORT_S
    assert said.status == 2
    assert said.out.startswith(f"CORRIDOR CRITICAL - the node runs (pid {node.pid}) and does not")
    for asked in (("status",), ("peer", "list"), ("peer", "show", "TR")):
        begun = time.monotonic()
        said = corridor(*asked, "--config", config)
        assert time.monotonic() - begun < 3 * SHORT_S
        assert "does not answer" in said.err
        assert said.status not in {0, 1}


def test_a_node_that_takes_nobody_in_hangs(config: Path, node: subprocess.Popen[bytes]) -> None:
    """Once enough programs wait at its socket, not even a connection is made."""
    node.send_signal(signal.SIGSTOP)
    place = load_config(config).gateway.socket
    with ExitStack() as waiting, pytest.raises(NodeHangs, match="takes nobody in"):
        wait_at(place, waiting)


def wait_at(place: Path, waiting: ExitStack) -> None:
    for _ in range(5_000):
        waiting.enter_context(LocalClient(place, SHORT_S))


def test_a_node_that_is_down_fails_but_not_before_its_first_start(
    config: Path, node: subprocess.Popen[bytes]
) -> None:
    store = load_config(config).store.path
    assert writer(store) == node.pid
    load_config(config).gateway.socket.unlink()  # it runs, and nobody finds it
    (one,) = found_in(config, "node")
    assert one["status"] == "fail"
    assert f"process {node.pid} has the store" in one["what"]
    node.kill()
    node.wait()
    assert writer(store) is None
    (one,) = found_in(config, "node")
    assert (one["status"], "does not run" in one["what"]) == ("fail", True)
    assert [one["status"] for one in found_in(config, "node", "--before-start")] == ["warn"]
    with pytest.raises(LocalTrouble) as trouble:
        LocalClient(load_config(config).gateway.socket)
    assert not isinstance(trouble.value, NodeHangs)


def test_a_node_that_was_never_started_is_no_failure(config: Path) -> None:
    assert not load_config(config).store.path.exists()
    assert writer(load_config(config).store.path) is None
    assert [one["status"] for one in found_in(config, "node")] == ["warn"]


def answers(config: Path) -> bool:
    try:
        with LocalClient(load_config(config).gateway.socket, SHORT_S) as node:
            return bool(node.status())
    except LocalTrouble:
        return False
