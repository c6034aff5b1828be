"""`corridor run` as systemd and an operator see it: a process, signals, statuses."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corridor.daemon.config import load_config
from corridor.daemon.restored import restored_until_ms
from corridor.daemon.trust_keeper import open_keys
from corridor.errors import LocalTrouble
from corridor.gateway.local_client import LocalClient
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore

NodeFolder = Callable[..., Path]
PATIENCE_S = 30
HELP_STARTS = 15
"""How often the interpreter could start while the command line says its help: about nine times."""


class Manager:
    """A service manager: the socket to which a service says how it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def hears(self) -> str:
        return self._socket.recv(200).decode()

    def waits_for(self, state: str) -> None:
        while self.hears() != state:
            pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


@contextmanager
def running(
    *command: object, manager: Manager | None = None, **more: str
) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}
    if manager is not None:
        env["NOTIFY_SOCKET"] = str(manager.path)
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stderr=subprocess.PIPE, text=True, env=env
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(config: Path) -> tuple[object, ...]:
    return ("-m", "corridor", "run", "--config", config)


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    _, log = process.communicate(timeout=PATIENCE_S)
    return process.returncode, log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_node_in_good_order(
    node_folder: NodeFolder, manager: Manager, number: int
) -> None:
    config = node_folder()
    with running(*run(config), manager=manager) as node:
        assert manager.hears() == "READY=1"
        status, log = ended(node, number)
    assert status == 0
    assert manager.hears() == "STOPPING=1"
    assert '"status": "drained"' in log
    assert not (config.parent / "s").exists()


def test_a_restore_is_declared_before_the_node_starts_and_only_when_it_is_said(
    node_folder: NodeFolder, manager: Manager
) -> None:
    config = node_folder()
    begun_ms = time.time_ns() // 1_000_000
    marks = []
    for more in ((), ("--restored",), ()):
        with running(*run(config), *more, manager=manager) as node:
            manager.waits_for("READY=1")
            _, log = ended(node)
        assert ("restore.declared" in log) is bool(more)
        marks.append(restored_ms(config))
    assert marks[0] is None
    assert begun_ms < (marks[1] or 0) < time.time_ns() // 1_000_000 + 11 * 60_000
    assert marks[2] == marks[1]


def restored_ms(config: Path) -> int | None:
    loaded = load_config(config)
    key = StorageKey(open_keys(loaded.keys).storage_key())
    with SqliteStore.open(loaded.store.path, key, read_only=True) as store, store.reading() as view:
        kept = restored_until_ms(view)
    return None if kept < 0 else kept


def test_a_reload_is_told_and_one_that_does_not_fit_changes_nothing(
    node_folder: NodeFolder, manager: Manager
) -> None:
    config = node_folder()
    current = config.parent / "trust" / "current"
    kept = current.read_bytes()
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        for content in (kept, b"", kept):
            current.write_bytes(content)
            node.send_signal(signal.SIGHUP)
            told = manager.hears().split("\n")
            assert told[0] == "RELOADING=1"
            assert told[1].removeprefix("MONOTONIC_USEC=").isdecimal()
            assert manager.hears() == "READY=1"
        status, log = ended(node)
    assert status == 0
    assert (log.count("node.reloaded"), log.count("reload.refused")) == (2, 1)


def test_a_reload_names_what_only_a_restart_changes(
    node_folder: NodeFolder, manager: Manager
) -> None:
    config = node_folder()
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        config.write_text(config.read_text() + "\n[exchange]\nrepeat_after_s = 77\n")
        node.send_signal(signal.SIGHUP)
        assert manager.hears().startswith("RELOADING=1")
        assert manager.hears() == "READY=1"
        status, log = ended(node)
    assert status == 0
    (line,) = (line for line in log.splitlines() if "config.not_in_force" in line)
    assert "exchange.repeat_after_s" in line


def test_a_sign_of_life_is_given_as_often_as_asked(
    node_folder: NodeFolder, manager: Manager
) -> None:
    with running(*run(node_folder()), manager=manager, WATCHDOG_USEC="1000000") as node:
        manager.waits_for("WATCHDOG=1")
        manager.waits_for("WATCHDOG=1")
        assert ended(node)[0] == 0


def test_a_waiting_client_does_not_hold_up_the_end(
    node_folder: NodeFolder, manager: Manager
) -> None:
    config = node_folder()
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        with LocalClient(load_config(config).gateway.socket) as client:

            def wait() -> None:
                try:
                    client.take(0, wait_ms=30_000)
                except LocalTrouble:
                    return

            waiting = threading.Thread(target=wait)
            waiting.start()
            time.sleep(0.2)
            begun = time.monotonic()
            status, log = ended(node)
            waiting.join()
    assert status == 0
    assert time.monotonic() - begun < 5
    assert "Traceback" not in log


def test_a_second_node_on_the_store_is_refused_by_name_and_the_first_goes_on(
    node_folder: NodeFolder, manager: Manager
) -> None:
    config = node_folder()
    other = config.with_name("other.toml")
    other.write_text(config.read_text().replace(str(config.parent / "s"), str(config.parent / "t")))
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        for second in (config, other):
            with running(*run(second)) as refused:
                _, log = refused.communicate(timeout=PATIENCE_S)
                assert refused.returncode == 1
                assert f"process {node.pid} writes to the store" in log
                assert "Traceback" not in log
        with LocalClient(load_config(config).gateway.socket) as client:
            assert client.status()["endpoint"] == "GE.RS"
        assert ended(node)[0] == 0


def test_a_killed_node_starts_again_where_it_was(node_folder: NodeFolder, manager: Manager) -> None:
    config = node_folder()
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        node.kill()
        node.wait(PATIENCE_S)
    assert (config.parent / "s").is_socket()
    with running(*run(config), manager=manager) as node:
        manager.waits_for("READY=1")
        assert ended(node)[0] == 0


def refusal(config: Path, **more: str) -> tuple[int, str]:
    with running(*run(config), **more) as node:
        _, log = node.communicate(timeout=PATIENCE_S)
        return node.returncode, log


@pytest.mark.unmeasured
def test_each_thing_that_keeps_a_node_from_starting_has_its_status_and_its_cure(
    node_folder: NodeFolder,
) -> None:
    config = node_folder()
    assert refusal(config.with_name("none.toml"))[0] == 3
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, log = refusal(config, CORRIDOR__METRICS__PORT=port)
    assert (status, "metrics.port" in log) == (3, True)
    status, log = refusal(config, CORRIDOR__NODE__ENVIRONMENT="production")
    assert (status, "lab_root" in log) == (1, True)
    status, log = refusal(config, CORRIDOR__KEYS__DIRECTORY=str(config.parent / "state"))
    assert (status, "corridor init" in log) == (5, True)
    (config.parent / "keys").chmod(0o755)
    status, log = refusal(config)
    assert (status, "chmod 0700" in log) == (5, True)
    assert "Traceback" not in log


HANGS = """
import sys
from pathlib import Path
from corridor.daemon import supervisor
from corridor.daemon.config import load_config
from corridor.daemon.logs import configure_logs
from corridor.daemon.node import Node
import threading
configure_logs("info", "json")
supervisor._STOP_DEADLINE_S = 1
supervisor.block_signals()
node = Node(load_config(Path(sys.argv[1])))
if sys.argv[2] == "hang":
    node.stop = lambda: threading.Event().wait()
else:
    threading.Timer(0.3, lambda: node._failed(RuntimeError("Kaukasus Spedition Ltd"))).start()
sys.exit(supervisor.supervise(node, []))
"""


def test_a_stop_that_hangs_is_ended_by_its_deadline(
    node_folder: NodeFolder, manager: Manager
) -> None:
    with running("-c", HANGS, node_folder(), "hang", manager=manager) as node:
        manager.waits_for("READY=1")
        begun = time.monotonic()
        status, _ = ended(node)
    assert status == -signal.SIGALRM
    assert time.monotonic() - begun < 10


def test_a_loop_that_fails_ends_the_node_so_that_it_is_started_again(
    node_folder: NodeFolder,
) -> None:
    with running("-c", HANGS, node_folder(), "fail") as node:
        _, log = node.communicate(timeout=PATIENCE_S)
    assert node.returncode == 1
    assert '"event": "node.failed"' in log
    assert "RuntimeError" in log
    assert "Kaukasus" not in log


def test_help_is_there_before_one_can_wait_for_it() -> None:
    """Measured against the start of the interpreter alone: machines differ by more than twice."""
    command = Path(sys.executable).with_name("corridor")
    if not command.exists():
        pytest.skip("the package is not installed in this environment")

    def used_s(*command: object) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = min(used_s(sys.executable, "-c", "pass") for _ in range(5))
    assert min(used_s(command, "--help") for _ in range(5)) < HELP_STARTS * bare


def test_help_reads_no_library_that_it_does_not_need() -> None:
    script = (
        "import sys, corridor.cli.main\n"
        "try: corridor.cli.main.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pika', 'google.protobuf', 'nacl', 'prometheus_client', 'uvicorn', 'starlette'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
