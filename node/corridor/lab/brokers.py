"""A private RabbitMQ for one country of a lab: own directory, cookie, ports and name server.

Rules:

* nothing of the machine's own RabbitMQ is used or touched: own HOME and Erlang cookie, own port
  mapper (epmd) on loopback, own node name and data directory; any user may run it;
* a broker lives at most as long as the process that started it (`corridor.lab.guard`);
* `kill` is the crash of a test: the data directory stays, `start` brings the same broker back.

Example:
    >>> broker = PrivateBroker(plan)
    >>> broker.write(render_country(CountryCode("GE"), plan.settings(pki), partners))
    >>> broker.start()
    >>> wait_ready([broker], timeout_s=60)
"""

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError, LinkTrouble
from corridor.lab.guard import Guarded
from corridor.lab.ports import PortLease
from corridor.transit.parties import CountryCode

_SCRIPTS: Final = Path("/usr/lib/rabbitmq/bin")  # Debian's wrapper in sbin would change the user
_LOOPBACK: Final = "127.0.0.1"
_STARTED: Final = "Server startup complete"
_STEP_S: Final = 0.1
_CTL_TIMEOUT_S: Final = 60
_COOKIE_BYTES: Final = 24
# a shell left between us and the broker would keep signals and process ids to itself
_EXEC_DIRECTLY: Final = "1"

Progress = Callable[[CountryCode, str, float], None]


@dataclass(frozen=True, slots=True)
class BrokerPorts:
    """The ports of one broker, all on loopback."""

    amqps: int
    management: int
    prometheus: int
    distribution: int
    epmd: int


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Where one country's broker lives; `directory` is absolute and short."""

    country: CountryCode
    directory: Path
    ports: BrokerPorts
    entry_port: int = 0
    """Where partners' brokers connect to; 0: to the broker itself."""
    node_port: int = 0
    """Where the own node connects to; 0: to the broker itself."""

    @property
    def entry(self) -> int:
        """The port that partners are told."""
        return self.entry_port or self.ports.amqps

    @property
    def etc(self) -> Path:
        """Folder of the rendered configuration."""
        return self.directory / "etc"

    @property
    def pki(self) -> Path:
        """Folder of certificates and keys."""
        return self.directory / "pki"

    @property
    def log(self) -> Path:
        """The broker's log."""
        return self.directory / "log" / "rabbit.log"

    @property
    def server_name(self) -> str:
        """The name in the broker's certificate; found in no name server."""
        return f"mq.{self.country.lower()}.test"

    @property
    def management_url(self) -> str:
        """The management interface on loopback."""
        return f"http://{_LOOPBACK}:{self.ports.management}"


def plan_broker(country: CountryCode, directory: Path, lease: PortLease) -> BrokerPlan:
    """Choose ports for a broker that will live in `directory`."""
    return BrokerPlan(country, directory.resolve(), BrokerPorts(*lease.take(5)))


def rabbitmq_installed() -> bool:
    """Tell whether this machine has what a private broker needs."""
    return all(path.exists() for path in (_SCRIPTS / "rabbitmq-server", _epmd()))


class PrivateBroker:
    """One RabbitMQ process with everything it needs, ours alone."""

    def __init__(self, plan: BrokerPlan) -> None:
        """Describe the broker of `plan`; nothing is written or started."""
        self.plan = plan
        self._server: Guarded | None = None
        self._epmd: Guarded | None = None
        self._log_seen = 0

    @property
    def country(self) -> CountryCode:
        """Whose broker it is."""
        return self.plan.country

    @property
    def pid(self) -> int | None:
        """Process id of the broker's virtual machine while it runs."""
        return self._server.pid if self._server and self._server.running() else None

    def write(self, files: Mapping[str, str]) -> None:
        """Write configuration files (name → text) and the folders and cookie of the broker."""
        plan = self.plan
        for folder in (plan.etc, plan.pki, plan.log.parent, self._home, plan.directory / "data"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            (plan.etc / name).write_text(text, encoding="utf-8")
        cookie = self._home / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(_COOKIE_BYTES), encoding="ascii")
            cookie.chmod(0o400)

    def start(self) -> None:
        """Start the broker and its port mapper; returns at once.

        Raises:
            ConfigurationError: RabbitMQ is not installed.
            LinkTrouble: A program could not be started.
        """
        if not rabbitmq_installed():
            raise ConfigurationError(
                f"RabbitMQ is not installed in {_SCRIPTS}",
                cure="`make setup` in a checkout, or install the package rabbitmq-server",
            )
        if self.pid is not None:
            return
        self._log_seen = self.plan.log.stat().st_size if self.plan.log.exists() else 0
        self._start_epmd()
        self._server = Guarded(
            [str(_SCRIPTS / "rabbitmq-server")],
            env=self._environment(),
            log=self.plan.log.with_name("console.log"),
            cwd=self.plan.directory,
        )
        self._write_state()

    def ready(self) -> bool:
        """Tell whether the broker has read its definitions and listens.

        Raises:
            LinkTrouble: It has ended.
        """
        if self.pid is None:
            raise LinkTrouble(
                f"the broker of {self.country} has ended; see {self.plan.log.parent}: "
                + self._last_line()
            )
        return self._started() and _listens(self.plan.ports.amqps)

    def ask_to_end(self) -> None:
        """Ask the broker to end; `stop` waits for it. Returns at once."""
        if self._server is not None:
            self._server.ask_to_end()

    def stop(self, deadline_s: float = 15) -> bool:
        """End the broker and its port mapper; return whether it went in good order."""
        orderly = True
        if self._server is not None:
            orderly = self._server.stop(deadline_s)
            self._server = None
        if self._epmd is not None:
            self._epmd.kill()  # it keeps nothing and has no orderly way out
            self._epmd = None
        self._state_file.unlink(missing_ok=True)
        return orderly

    def kill(self) -> None:
        """Kill the broker (SIGKILL), leaving its data as they are."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against the broker and return what it printed.

        Raises:
            LinkTrouble: It failed, or the broker does not run: the tool would then start a port
                mapper of its own, which outlives everybody.
        """
        if self.pid is None:
            raise LinkTrouble(
                f"rabbitmqctl {arguments[0]}: the broker of {self.country} does not run"
            )
        try:
            result = subprocess.run(  # noqa: S603 - RabbitMQ's own tool, no shell
                [str(_SCRIPTS / "rabbitmqctl"), "--quiet", *arguments],
                env=self._environment(),
                cwd=self.plan.directory,
                capture_output=True,
                text=True,
                timeout=_CTL_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LinkTrouble(
                f"rabbitmqctl {arguments[0]} did not end within {_CTL_TIMEOUT_S} s"
            ) from None
        if result.returncode:
            raise LinkTrouble(f"rabbitmqctl {arguments[0]}: {result.stderr.strip()[-300:]}")
        return result.stdout

    @property
    def _home(self) -> Path:
        return self.plan.directory / "home"

    @property
    def _state_file(self) -> Path:
        return self.plan.directory / "broker.json"

    def _environment(self) -> dict[str, str]:
        plan, ports = self.plan, self.plan.ports
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self._home),
            "ERL_EPMD_PORT": str(ports.epmd),
            "ERL_EPMD_ADDRESS": _LOOPBACK,
            "RABBITMQ_NODENAME": f"corridor-{self.country.lower()}@localhost",
            "RABBITMQ_CONFIG_FILE": str(plan.etc / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(plan.etc / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plan.etc / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_MNESIA_BASE": str(plan.directory / "data"),
            "RABBITMQ_LOG_BASE": str(plan.log.parent),
            "RABBITMQ_LOGS": str(plan.log),
            "RABBITMQ_PID_FILE": str(plan.directory / "rabbit.pid"),
            "RABBITMQ_DIST_PORT": str(ports.distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            # whatever of Erlang finds no port mapper would start one that outlives us: a tool, and
            # a broker that is ended while it starts
            "ERL_FLAGS": "-start_epmd false",
            "RABBITMQ_CTL_ERL_ARGS": "+S 1:1 -start_epmd false",
            "RUNNING_UNDER_SYSTEMD": _EXEC_DIRECTLY,
        }

    def _start_epmd(self) -> None:
        if self._epmd is not None and self._epmd.running():
            return
        port = str(self.plan.ports.epmd)
        # started by us and first: a broker that starts it lets it listen everywhere (verified 1c)
        self._epmd = Guarded(
            [str(_epmd()), "-address", _LOOPBACK, "-port", port],
            log=self.plan.log.with_name("epmd.log"),
        )
        deadline = time.monotonic() + 10
        while not _listens(self.plan.ports.epmd):
            if time.monotonic() > deadline or not self._epmd.running():
                raise LinkTrouble(f"epmd does not listen on port {port}")
            time.sleep(_STEP_S / 10)

    def _write_state(self) -> None:
        state = {
            "country": self.country,
            "pid": self.pid,
            "epmd_pid": self._epmd.pid if self._epmd else None,
            "ports": asdict(self.plan.ports),
            "directory": str(self.plan.directory),
            "log": str(self.plan.log),
        }
        self._state_file.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")

    def _started(self) -> bool:
        with suppress(FileNotFoundError), self.plan.log.open("rb") as log:
            log.seek(self._log_seen)
            return _STARTED.encode() in log.read()
        return False

    def _last_line(self) -> str:
        for name in (self.plan.log, self.plan.log.with_name("console.log")):
            with suppress(FileNotFoundError):
                lines = name.read_text(encoding="utf-8", errors="replace").split("\n")
                useful = [line for line in lines if "[error]" in line or "rror:" in line]
                if useful:
                    return useful[-1][:300]
        return "no error in its log"


def wait_ready(
    brokers: Sequence[PrivateBroker],
    timeout_s: float,
    progress: Progress = lambda _country, _stage, _elapsed_s: None,
) -> None:
    """Wait until all `brokers`, started together, are ready.

    `progress(country, stage, elapsed_s)` is called about ten times a second for each broker not
    yet ready (stage "starting") and once when it is ("ready").

    Raises:
        LinkTrouble: One ended, or not all were ready within `timeout_s` seconds.
    """
    begun = time.monotonic()
    waiting = list(brokers)
    while waiting:
        elapsed_s = time.monotonic() - begun
        if elapsed_s > timeout_s:
            late = ", ".join(broker.country for broker in waiting)
            raise LinkTrouble(f"not ready after {timeout_s:.0f} s: brokers of {late}")
        for broker in tuple(waiting):
            is_ready = broker.ready()
            progress(broker.country, "ready" if is_ready else "starting", elapsed_s)
            if is_ready:
                waiting.remove(broker)
        if waiting:
            time.sleep(_STEP_S)


def stop_together(brokers: Sequence[PrivateBroker], deadline_s: float = 15) -> bool:
    """End all `brokers` at the same time; return whether all went in good order."""
    for broker in brokers:
        broker.ask_to_end()
    end = time.monotonic() + deadline_s
    orderly = [broker.stop(max(0.0, end - time.monotonic())) for broker in brokers]
    return all(orderly)


def _epmd() -> Path:
    return Path("/usr/bin/epmd")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((_LOOPBACK, port)) == 0
