"""The machines on which the page is carried out: folders, namespaces, a broker and a node each."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from builders_namespaces import SBIN, Namespace, run
from corridor.lab.guard import Guarded

RABBITMQ = Path("/usr/lib/rabbitmq/bin")
_COMMAND_S = 60.0
_START_S = 60.0
_FINGERPRINTS = {
    "NETWORK": r"fingerprint of the network ([0-9a-f ]+)",
    "GEORGIA": r"identity, all +([0-9a-f ]+)",
    "TURKIYE": r"identity, all +([0-9a-f ]+)",
    "REQUEST": r"fingerprint ([0-9a-f]{4}(?: [0-9a-f]{4})+)",
    "AGREEMENT": r"(GE\.RS-TR\.GTB-[0-9]+)",
    "RECORD": r"TR\.GTB +\w+ +([0-9a-f]{32})",
}
"""What is read out or typed again, as it stands on the screen of whoever reads it."""


@dataclass
class Machine:
    """One machine: its folder, its network, and all that its screen has shown."""

    name: str
    folder: Path
    namespace: Namespace
    screen: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    broker: Guarded | None = None
    epmd: Guarded | None = None
    node: Guarded | None = None

    def environment(self) -> dict[str, str]:
        """Return the surroundings of every command: none of ours but the path."""
        tools = f"{Path(sys.executable).parent}:{RABBITMQ}"
        return {
            "PATH": f"{tools}:{os.environ.get('PATH', os.defpath)}:{SBIN}",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            # A test's disk and patience, not a country's: the page's two figures that differ.
            "CORRIDOR__LINKS__DISK_FREE_LIMIT": "200MB",
            "CORRIDOR__LINKS__RECONNECT_DELAY_S": "2",
            **self.heard,
        }

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a person types it; the screen keeps what it said."""
        done = run(self.namespace, line, cwd=self.folder, env=self.environment(),
                   timeout_s=_COMMAND_S)  # fmt: skip
        self.screen += f"$ {line}\n{done.stdout}{done.stderr}"
        return done

    def read_out(self, word: str) -> str:
        """Return a word as this machine's people read it from their screen."""
        found = re.findall(_FINGERPRINTS[word], self.screen)
        assert found, f"{word} never stood on the screen of {self.name}"
        return str(found[-1]).strip()

    def start_broker(self, environment_file: str) -> None:
        """Start RabbitMQ with the rendered files, found through `rabbitmq-env.conf`."""
        place = self.folder / "rabbitmq"
        place.mkdir(mode=0o700)
        cookie = self.folder / ".erlang.cookie"
        cookie.touch(mode=0o600)
        cookie.write_text("of this machine alone")
        env = self.environment() | {
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / environment_file),
            "RABBITMQ_MNESIA_BASE": str(place / "data"),
            "RABBITMQ_LOG_BASE": str(place / "log"),
            "RABBITMQ_PID_FILE": str(place / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
            "RUNNING_UNDER_SYSTEMD": "1",  # the shell gives way to the broker
        }
        # Started by us and first: one that RabbitMQ starts by itself would outlive it.
        self.epmd = Guarded(self.namespace.inside("/usr/bin/epmd", "-address", "127.0.0.1"),
                            env=env, log=place / "epmd.log")  # fmt: skip
        wait_for(lambda: self._listens(4369), _START_S, "epmd")
        self.broker = Guarded(self.namespace.inside(str(RABBITMQ / "rabbitmq-server")),
                              env=env, log=place / "console.log", cwd=place)  # fmt: skip

    def wait_broker(self) -> None:
        """Wait until the broker listens for partners."""
        assert self.broker is not None
        log = self.folder / "rabbitmq" / "console.log"
        wait_for(
            lambda: self._started(log),
            _START_S,
            f"the broker of {self.name}; see {log}",
        )

    def start_node(self, line: str) -> None:
        """Start the line `corridor run ...`, which stays in its terminal, and wait for the node."""
        self.node = Guarded(self.namespace.inside("sh", "-c", f"exec {line}"),
                            env=self.environment(), cwd=self.folder,
                            log=self.folder / "node.log")  # fmt: skip
        path = self.folder / Path(line.rsplit(maxsplit=1)[-1]).parent / "state" / "node.sock"
        log = self.folder / "node.log"

        def ready() -> bool:
            assert self.node is not None
            assert self.node.running(), log.read_text()[-2000:]
            return answers(path)

        wait_for(ready, _START_S, f"the node of {self.name}; see {log}")
        self.heard["NODE"] = str(self.node.pid)

    def stop(self) -> None:
        """End everything that runs here."""
        for program, deadline_s in ((self.node, 10), (self.broker, 15), (self.epmd, 0)):
            if program is not None:
                program.stop(deadline_s)
        if self.epmd is not None:
            # RabbitMQ starts another one where it misses ours for a moment.
            subprocess.run(
                self.namespace.inside("/usr/bin/epmd", "-kill"),
                capture_output=True, check=False, timeout=10,
                env=self.environment() | {"ERL_EPMD_ADDRESS": "127.0.0.1"},
            )  # fmt: skip

    def _started(self, log: Path) -> bool:
        assert self.broker is not None
        assert self.broker.running(), log.read_text()[-2000:]
        return "Server startup complete" in self._broker_log() and self._listens(5671)

    def _broker_log(self) -> str:
        folder = self.folder / "rabbitmq" / "log"
        return "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))

    def _listens(self, port: int) -> bool:
        probe = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        command = self.namespace.inside(sys.executable, "-I", "-S", "-c", probe)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def hand_over(one: Machine, name: str, other: Machine, as_name: str) -> None:
    """Carry a file or folder from one machine to another, as it is."""
    source, target = one.folder / name, other.folder / as_name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def answers(path: Path) -> bool:
    """Whether a node answers at its local socket."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def wait_for(ready, timeout_s: float, what: str) -> None:  # noqa: ANN001 - a function without arguments
    """Wait until `ready()` holds."""
    end = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.1)
