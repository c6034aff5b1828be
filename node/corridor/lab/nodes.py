"""Node processes of a lab, and the recorders that stand for their national systems."""

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridor.errors import LinkTrouble, LocalTrouble
from corridor.gateway.local_client import LocalClient
from corridor.lab.guard import Guarded
from corridor.lab.scenario import Country
from corridor.lab.ways import HttpWay, Way

_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class NodePlan:
    """Where one country's node lives."""

    country: Country
    directory: Path
    socket: Path
    metrics_port: int
    http_port: int = 0
    """Where its national system submits and asks over HTTP; 0 where it does not."""
    hook_port: int = 0
    """Where its national system takes posts; 0 where it takes none."""

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.directory / "node.toml"

    @property
    def log(self) -> Path:
        """Its log."""
        return self.directory / "node.log"

    @property
    def store(self) -> Path:
        """Its store."""
        return self.directory / "state" / "store.db"

    @property
    def recording(self) -> Path:
        """What its national system was handed."""
        return self.directory.parent / f"recorded-{self.country.code}.jsonl"

    @property
    def spool(self) -> Path:
        """The spool that it shares with its national system."""
        return self.directory.parent / f"spool-{self.country.code}"

    @property
    def desk(self) -> Path:
        """Where officers work with a national system that knows its own standard only."""
        return self.directory.parent / f"desk-{self.country.code}"

    @property
    def dialect(self) -> Path:
        """The dialect of an ASYCUDA-like system."""
        return self.directory / "dialect.toml"

    @property
    def token(self) -> Path:
        """With what its national system shows over HTTP who it is; not the node's own file."""
        return self.directory.parent / f"http-{self.country.code}.token"

    @property
    def hook_secret(self) -> Path:
        """What signs the posts to its national system."""
        return self.directory / "hook.secret"

    @property
    def way_in(self) -> Way:
        """How its national system submits, and asks what became of it."""
        match self.country.national_system:
            case "spool":
                return self.spool
            case "socket":
                return self.socket
            case _:
                return HttpWay(self.http_port, self.token)

    @property
    def metrics_url(self) -> str:
        """Where its metrics are."""
        return f"http://127.0.0.1:{self.metrics_port}/metrics"


class NodeProcess:
    """`corridor run` for one country, as a process of its own."""

    def __init__(self, plan: NodePlan) -> None:
        """Describe the node of `plan`; it must have been written."""
        self.plan = plan
        self._process: Guarded | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        command = [sys.executable, "-m", "corridor", "run", "--config", str(self.plan.config)]
        self._process = Guarded(command, env=dict(os.environ), log=self.plan.log)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.running() else None

    def status(self) -> dict[str, Any] | None:
        """Return how it says it is; None while it does not answer.

        Raises:
            LinkTrouble: It has ended.
        """
        if self.pid is None:
            raise LinkTrouble(
                f"the node of {self.plan.country.code} has ended; see {self.plan.log}: "
                + last_line(self.plan.log)
            )
        with suppress(LocalTrouble), LocalClient(self.plan.socket, timeout_s=5) as node:
            return node.status()
        return None

    def ready(self) -> bool:
        """Whether it answers and has both its connections to the broker."""
        status = self.status()
        return bool(status and status["broker"]["sender"] and status["broker"]["receiver"])

    def stop(self, deadline_s: float = 10) -> bool:
        """Have it drain and end; returns whether it went in good order."""
        if self._process is None:
            return True
        orderly = self._process.stop(deadline_s)
        self._process = None
        return orderly

    def ask_to_end(self) -> None:
        """Ask it to end; `stop` waits for it."""
        if self._process is not None:
            self._process.ask_to_end()

    def kill(self) -> None:
        """Kill it (SIGKILL), leaving its store as it is."""
        if self._process is not None:
            self._process.kill()
            self._process = None


class RecorderProcess:
    """A recorder beside a node, as a process of its own."""

    def __init__(self, plan: NodePlan) -> None:
        """Describe the recorder of a node."""
        self._plan = plan
        self._process: Guarded | None = None

    def start(self) -> None:
        """Start it; it waits for its node."""
        command, log = self._what()
        self._process = Guarded([sys.executable, "-m", *command], env=dict(os.environ), log=log)

    def _what(self) -> tuple[list[str], Path]:
        """Return the program with its arguments, and its log."""
        recording = self._plan.recording
        return [*_system(self._plan), str(recording)], recording.with_suffix(".log")

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.running() else None

    def check(self) -> None:
        """Raise where it has ended by itself: nobody would take what the node hands over.

        Raises:
            LinkTrouble: It has ended.
        """
        if self._process is not None and not self._process.running():
            log = self._what()[1]
            raise LinkTrouble(
                f"the national system of {self._plan.country.code} has ended; see {log}: "
                + last_line(log)
            )

    def kill(self) -> None:
        """Kill it (SIGKILL); what it had written down is in its file."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def stop(self, deadline_s: float = 5) -> bool:
        """End it; what it was handed is in its file."""
        if self._process is None:
            return True
        orderly = self._process.stop(deadline_s)
        self._process = None
        return orderly


class NationalProcess(RecorderProcess):
    """A national system that knows its own standard only, as a process of its own."""

    def _what(self) -> tuple[list[str], Path]:
        plan, where = self._plan, str(self._plan.desk)
        log = plan.desk.with_suffix(".log")
        if plan.country.standard == "asycuda":
            return ["corridor.lab.national.asycuda", str(plan.spool), where], log
        return ["corridor.lab.national.ncts", str(plan.http_port), str(plan.token), where], log


def _system(plan: NodePlan) -> list[str]:
    """Return the program that stands for a national system, without its last argument."""
    match plan.country.national_system:
        case "spool" if plan.country.standard:  # what its own system has put away
            return ["corridor.lab.systems.spool", str(plan.desk / "archive")]
        case "spool":
            return ["corridor.lab.systems.spool", str(plan.spool)]
        case "http":
            return ["corridor.lab.systems.http", str(plan.http_port), str(plan.token)]
        case "webhook":
            return ["corridor.lab.systems.webhook", str(plan.hook_port), str(plan.hook_secret)]
        case _:
            return ["corridor.lab.recorder", str(plan.socket)]


def wait_nodes(nodes: list[NodeProcess], timeout_s: float) -> None:
    """Wait until every node is ready.

    Raises:
        LinkTrouble: One has ended, or not all were ready in time.
    """
    deadline = time.monotonic() + timeout_s
    waiting = list(nodes)
    while waiting := [node for node in waiting if not node.ready()]:
        if time.monotonic() > deadline:
            late = ", ".join(node.plan.country.code for node in waiting)
            raise LinkTrouble(
                f"not ready after {timeout_s:.0f} s: nodes of {late}; see {waiting[0].plan.log}: "
                + last_line(waiting[0].plan.log)
            )
        time.sleep(_STEP_S)


def last_line(log: Path) -> str:
    """Return the last line of a log, for a message."""
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return lines[-1][:300]
    return "its log is empty"
