"""A whole network on one machine: brokers, nodes and recorders of a scenario's countries.

Rules:

* every country gets what a real one has: its own RabbitMQ with its own CA, its own node process
  with its own keys; between countries there is federation over mutual TLS and nothing else;
* ports are free ones, files lie in one folder, and nothing outlives the process that made it;
* a lab brought up twice is two labs.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import OPERATOR_USER
from corridor.lab.broker_layout import AS_EVER, LabTuning, lay_out, password
from corridor.lab.brokers import PrivateBroker, stop_together, wait_ready
from corridor.lab.nodes import (
    NationalProcess,
    NodePlan,
    NodeProcess,
    RecorderProcess,
    wait_nodes,
)
from corridor.lab.ports import PortLease
from corridor.lab.provision import directory_address, socket_path, write_node
from corridor.lab.registry import keep_registry
from corridor.lab.scenario import Scenario
from corridor.lab.ways import Way
from corridor.lab.world import make_world
from corridor.transit.parties import CountryCode
from corridor.transport.management import LinkState, Login, read_links
from corridor.wire.limits import DAY_MS

_BROKERS_S = 90.0
_NODES_S = 30.0
_LINKS_S = 60.0
_STEP_S = 0.1

Say = Callable[[str], None]


class Network:
    """The network of a scenario, from `up` to `down`; use as a context manager."""

    def __init__(
        self,
        scenario: Scenario,
        directory: Path,
        say: Say = lambda _text: None,
        tuning: LabTuning = AS_EVER,
    ) -> None:
        """Plan a network in `directory`, which must be empty or absent."""
        self._tuning = tuning
        self.scenario = scenario
        self.directory = directory.resolve()
        self._say = say
        self._stack = ExitStack()
        self.brokers: dict[CountryCode, PrivateBroker] = {}
        self.nodes: dict[CountryCode, NodeProcess] = {}
        self.recorders: dict[CountryCode, RecorderProcess] = {}
        self.systems: dict[CountryCode, NationalProcess] = {}

    def __enter__(self) -> Self:
        """Return the network itself; nothing is up yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Bring everything down."""
        self.down()

    @property
    def sockets(self) -> dict[str, Path]:
        """The nodes' local sockets by endpoint."""
        return {node.plan.country.endpoint: node.plan.socket for node in self.nodes.values()}

    @property
    def ways_in(self) -> dict[str, Way]:
        """How each national system submits, and asks what became of it, by endpoint."""
        return {node.plan.country.endpoint: node.plan.way_in for node in self.nodes.values()}

    @property
    def recordings(self) -> dict[str, Path]:
        """What national systems were handed, by endpoint."""
        return {node.plan.country.endpoint: node.plan.recording for node in self.nodes.values()}

    def up(self) -> None:
        """Bring the brokers up, then the links, then nodes and recorders."""
        self.lay_out()
        self.start_brokers()
        self.start_nodes()

    def lay_out(self) -> None:
        """Write every file; nothing is started."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lease = self._stack.enter_context(PortLease())
        runtime = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="corridor-")))
        now_ms = time.time_ns() // 1_000_000 - round(self._tuning.age_days * DAY_MS)
        partners = {
            country.code: [partner.code for partner in self.scenario.partners(country.code)]
            for country in self.scenario.countries
        }
        self.brokers = lay_out(self.directory / "brokers", partners, lease, now_ms, self._tuning)
        addresses = {code: directory_address(broker.plan) for code, broker in self.brokers.items()}
        world = make_world(self.scenario, addresses, now_ms)
        keep_registry(self.directory / "registry", world)
        for country in self.scenario.countries:
            plan = NodePlan(
                country,
                self.directory / "nodes" / country.code,
                socket_path(runtime, country.code),
                lease.take(1)[0],
                lease.take(1)[0] if country.national_system in {"http", "webhook"} else 0,
                lease.take(1)[0] if country.national_system == "webhook" else 0,
            )
            write_node(plan, self.brokers[country.code].plan, world, now_ms, self._tuning)
            self.nodes[country.code] = NodeProcess(plan)
            self.recorders[country.code] = RecorderProcess(plan)
            if country.standard:
                self.systems[country.code] = NationalProcess(plan)

    def start_brokers(self) -> None:
        """Start every broker and wait until all links between them run.

        Raises:
            LinkTrouble: A broker ended, or not everything ran in time.
        """
        begun = time.monotonic()
        for broker in self.brokers.values():
            broker.start()
        wait_ready(list(self.brokers.values()), _BROKERS_S)
        self._say(f"{len(self.brokers)} brokers listen ({time.monotonic() - begun:.1f} s)")
        self._wait_links()

    def start_nodes(self) -> None:
        """Start every node and recorder and wait until all nodes are connected.

        Raises:
            LinkTrouble: A node or a national system ended, or not all were ready in time.
        """
        begun = time.monotonic()
        for node in self.nodes.values():
            node.start()
        systems = (*self.recorders.values(), *self.systems.values())
        for program in systems:
            program.start()
        wait_nodes(list(self.nodes.values()), _NODES_S)
        for program in systems:
            program.check()
        self._say(f"{len(self.nodes)} nodes are connected ({time.monotonic() - begun:.1f} s)")

    def down(self) -> None:
        """End everything, nodes first; safe to call at any point and twice."""
        with self._stack:
            for program in (*self.systems.values(), *self.recorders.values()):
                program.stop()
            for node in self.nodes.values():
                node.ask_to_end()
            for node in self.nodes.values():
                node.stop()
            stop_together(list(self.brokers.values()))

    def links(self, code: CountryCode) -> tuple[LinkState, ...]:
        """Return the federation links of a country's broker, as the broker reports them."""
        plan = self.brokers[code].plan
        login = Login(OPERATOR_USER, password(plan, OPERATOR_USER))
        return read_links(plan.management_url, login)

    def _wait_links(self) -> None:
        begun = time.monotonic()
        expected = sum(
            len(self.scenario.partners(country.code)) for country in self.scenario.countries
        )
        while len(running := self._running_links()) < expected:
            if time.monotonic() - begun > _LINKS_S:
                raise LinkTrouble(
                    f"{len(running)} of {expected} links run after {_LINKS_S:.0f} s; not: "
                    f"{', '.join(self._links_that_wait(running))}; "
                    f"see the brokers' logs in {self.directory / 'brokers'}"
                )
            time.sleep(_STEP_S)
        self._say(f"{expected} federation links run ({time.monotonic() - begun:.1f} s)")

    def _running_links(self) -> set[tuple[CountryCode, str]]:
        running = set()
        for code in self.brokers:
            with suppress(LinkTrouble):
                running |= {(code, one.upstream) for one in self.links(code)
                            if one.status == "running"}  # fmt: skip
        return running

    def _links_that_wait(self, running: set[tuple[CountryCode, str]]) -> list[str]:
        """Tell of each link that does not run what its broker says of it."""
        told = []
        for code in self.brokers:
            with suppress(LinkTrouble):
                told += [f"{code} {one.upstream} {one.status} {one.reason}".rstrip()
                         for one in self.links(code) if one.status != "running"]  # fmt: skip
        return told or [f"unknown to their brokers, which run {sorted(running)}"]


def sweep(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` folders below `folder`."""
    if folder.is_dir():
        entries = sorted((one for one in folder.iterdir() if one.is_dir() and not one.is_symlink()),
                         key=lambda one: one.stat().st_mtime)  # fmt: skip
        for old in entries[: max(0, len(entries) - keep)]:
            shutil.rmtree(old, ignore_errors=True)
