"""The network that the fault suite breaks: two countries, everything real, relays between.

Rules:

* brokers, nodes and national systems are those of `corridor.lab`; every connection of a node to
  its broker and of a broker to another goes through a relay of `proxy.py`;
* the product's times are scaled by one factor, `SCALE`, through its own configuration; `REAL`
  times are a country's own;
* a fault is always begun and ended through here, so that the network knows what is whole.

Example:
    >>> with ChaosNetwork(Path("build/chaos/net")) as net:
    ...     net.up()
    ...     net.link(TR, GE).cut()
    ...     net.link(TR, GE).heal()
    ...     net.wait_whole(60)
"""

import os
import signal
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from chaos.admin import Admin
from chaos.clock import Offset
from chaos.disks import mount, unmount
from chaos.proxy import Relays, Way
from corridor.errors import LinkTrouble
from corridor.gateway.local_client import LocalClient
from corridor.lab.broker_layout import LabTuning
from corridor.lab.brokers import BrokerPlan, wait_ready
from corridor.lab.guard import Guarded
from corridor.lab.network import Network
from corridor.lab.nodes import NodePlan, NodeProcess, last_line, wait_nodes
from corridor.lab.ports import PortLease
from corridor.lab.scenario import Scenario, load_scenario
from corridor.transit.parties import CountryCode

TR: Final = CountryCode("TR")
GE: Final = CountryCode("GE")
AZ: Final = CountryCode("AZ")
SCALE: Final = 0.05
"""A gap is asked for after 0.1 s and an envelope repeated after 0.5 s (URGENT) or 6 s."""
FAST: Final = LabTuning(
    reconnect_delay_s=1,
    heartbeat_s=2,
    node_reconnect_max_s=0.5,
    time_scale=SCALE,
)
AGE_DAYS: Final = 12.0
"""How long ago the network was founded: further back than any clock of the suite is put."""
REAL: Final = LabTuning()
_WRAPPED: Final = Path(__file__).with_name("wrapped.py")
_STEP_S: Final = 0.25
_QUIET: Final = """
# to count costs more than to carry, on a machine with many brokers
collect_statistics_interval = 30000
"""
_MEND_S: Final = 25.0
"""A link that dials once a second and does not run for so long does not by itself."""
_BROKER_S: Final = 180.0


class ChaosNode(NodeProcess):
    """A node of the suite: its clock can be moved, and a rule of it may be broken on purpose."""

    def __init__(self, plan: NodePlan, broken: str = "-") -> None:
        """Describe the node of `plan`."""
        super().__init__(plan)
        self.clock = Offset(plan.directory / "clock")
        self.broken = broken

    def start(self) -> None:
        """Start it; returns at once."""
        arguments = [str(self.plan.directory / "clock"), self.broken]
        command = [sys.executable, str(_WRAPPED), *arguments, "run", "--config"]
        self._process = Guarded(
            [*command, str(self.plan.config)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            log=self.plan.log,
        )

    def signal(self, number: int) -> None:
        """Send it a signal, as SIGSTOP."""
        if self.pid is not None:
            os.kill(self.pid, number)


class ChaosNetwork(Network):
    """Brokers, nodes, recorders and relays; use as a context manager."""

    def __init__(
        self,
        directory: Path,
        *,
        scenario: Scenario | None = None,
        tuning: LabTuning = FAST,
        broken: str = "-",
        small_disks: bool = False,
    ) -> None:
        """Plan a network in `directory`.

        `broken` names a rule that its nodes break; `small_disks` puts each store on a disk of its
        own, which needs the right to mount.
        """
        found = scenario or load_scenario(str(Path(__file__).with_name("two.toml")))
        tuned = replace(tuning, relay=self._put_between, age_days=AGE_DAYS)
        super().__init__(found, directory, tuning=tuned)
        self._broken = broken
        self.small_disks = small_disks
        self._mounted: list[Path] = []
        self.mended: list[str] = []
        """What had to be mended by the runbook, since RabbitMQ does not by itself."""
        self.without_hands: set[CountryCode] = set()
        """Countries whose broker was emptied and where the suite's own user is not yet."""
        self.emptied: set[CountryCode] = set()
        """Countries whose broker once started empty: a link that runs before the inbox of its
        partner is bound again leaves what it brings in corridor.unrouted, and the node puts that
        into quarantine (RUNBOOK)."""
        self.relays = Relays()
        self._relay_ports = PortLease()

    # -- who and where

    @property
    def codes(self) -> tuple[CountryCode, ...]:
        """The countries."""
        return tuple(self.nodes)

    def partner(self, code: CountryCode) -> CountryCode:
        """The first partner of a country: the only one where there are two."""
        return self.scenario.partners(code)[0].code

    def node(self, code: CountryCode) -> ChaosNode:
        """The node of a country."""
        found = self.nodes[code]
        assert isinstance(found, ChaosNode)
        return found

    def client(self, code: CountryCode, timeout_s: float = 20) -> LocalClient:
        """Connect to a country's node as its national system does."""
        return LocalClient(self.nodes[code].plan.socket, timeout_s)

    def admin(self, code: CountryCode) -> Admin:
        """Administer a country's broker."""
        return Admin(self.brokers[code])

    def entry(self, code: CountryCode) -> Way:
        """The relay through which partners' brokers reach a country's broker."""
        return self.relays.ways[f"{code}.entry"]

    def link(self, sender: CountryCode, reader: CountryCode) -> Way:
        """The relay that carries what `sender` has for `reader`: the reader's broker dials it.

        With three countries it carries what `sender` has for the others too.
        """
        del reader
        return self.entry(sender)

    def own(self, code: CountryCode) -> Way:
        """The relay between a country's node and its own broker."""
        return self.relays.ways[f"{code}.node"]

    # -- up and down

    def lay_out(self) -> None:
        """Write every file and open every relay."""
        self.relays.__enter__()
        super().lay_out()
        for broker in self.brokers.values():
            with (broker.plan.etc / "rabbitmq.conf").open("a", encoding="utf-8") as conf:
                conf.write(_QUIET)
        for code, node in tuple(self.nodes.items()):
            self.nodes[code] = ChaosNode(node.plan, self._broken)
            if self.small_disks:
                mount(node.plan.store.parent)
                self._mounted.append(node.plan.store.parent)

    def up(self) -> None:
        """Bring everything up, the suite's hands at each broker too."""
        super().up()
        for code in self.codes:
            self.admin(code).lend_hands()

    def down(self) -> None:
        """End everything, the relays last."""
        for node in self.nodes.values():
            if isinstance(node, ChaosNode):
                with suppress(OSError):
                    node.signal(signal.SIGCONT)
        super().down()
        while self._mounted:
            unmount(self._mounted.pop())
        if self.relays.running:
            self.relays.__exit__(None, None, None)
        self._relay_ports.close()

    # -- broken and mended

    def kill_node(self, code: CountryCode) -> None:
        """Kill a country's node at once."""
        self.nodes[code].kill()

    def start_node(self, code: CountryCode, timeout_s: float = 60) -> None:
        """Start a country's node and wait until it is connected."""
        self.nodes[code].start()
        wait_nodes([self.nodes[code]], timeout_s)

    def kill_broker(self, code: CountryCode) -> None:
        """Kill a country's broker at once."""
        self.brokers[code].kill()

    def start_broker(self, code: CountryCode, *, wipe: bool = False) -> None:
        """Start a country's broker, with an empty disk if asked, and wait until it listens."""
        if wipe:
            self.empty_broker(code)
        self.brokers[code].start()
        wait_ready([self.brokers[code]], _BROKER_S)
        if wipe:
            self.admin(code).lend_hands()

    def empty_broker(self, code: CountryCode) -> None:
        """Remove every file of a broker that does not run; it starts with its definitions."""
        self.admin(code).wipe()
        self.emptied.add(code)

    def keep(self) -> list[str]:
        """Start what has ended by itself, as a service manager does; returns what that was."""
        found = self.keep_nodes()
        for code in self.codes:
            if self.brokers[code].pid is None:
                found.append(f"broker {code}")
                self.brokers[code].start()
        return found

    def keep_nodes(self, but: Collection[CountryCode] = ()) -> list[str]:
        """Start nodes that have ended by themselves; returns which, and their last words."""
        found = []
        for code in self.codes:
            if code not in but and self.nodes[code].pid is None:
                found.append(f"node {code}: {last_line(self.nodes[code].plan.log)}")
                self.nodes[code].start()
        return found

    def wait_whole(self, timeout_s: float) -> list[str]:
        """Wait until every broker, link and node is as it should be.

        Returns:
            What had ended by itself and was started again.

        Raises:
            LinkTrouble: It is not in time; says what is missing.
        """
        deadline = time.monotonic() + timeout_s
        mend_at = time.monotonic() + _MEND_S
        restarted: list[str] = []
        while missing := self.missing():
            restarted += self.keep()
            if self._only_links(missing) and time.monotonic() > mend_at:
                mend_at = time.monotonic() + _MEND_S
                self._mend()
            if time.monotonic() > deadline:
                raise LinkTrouble(f"not whole after {timeout_s:.0f} s: {', '.join(missing)}")
            time.sleep(_STEP_S)
        return restarted

    def _only_links(self, missing: Sequence[str]) -> bool:
        return all(one.startswith("links of ") for one in missing)

    def _mend(self) -> None:
        """Do what the runbook says of a link that does not run while both brokers do."""
        for code in self.codes:
            running = {link.upstream for link in self.links(code) if link.status == "running"}
            for partner in self.scenario.partners(code):
                if partner.code not in running:
                    self.admin(partner.code).elect(code)
                    self.mended.append(f"queue at {partner.code} for {code} had no leader")

    def missing(self) -> Sequence[str]:
        """Name what is not as it should be."""
        found = []
        for code in self.codes:
            if self.brokers[code].pid is None:
                found.append(f"broker {code}")
                continue
            if self.nodes[code].pid is None or not self.nodes[code].ready():
                found.append(f"node {code}")
            if code in self.without_hands:
                try:
                    self.admin(code).lend_hands()
                    self.without_hands.discard(code)
                except LinkTrouble:
                    found.append(f"hands at {code}")
            wanted = len(self.scenario.partners(code))
            try:
                running = sum(link.status == "running" for link in self.links(code))
            except LinkTrouble as trouble:
                found.append(f"management {code} ({trouble})")
                continue
            if running != wanted:
                found.append(f"links of {code}: {running} of {wanted} run")
        return found

    def _put_between(self, plan: BrokerPlan) -> BrokerPlan:
        entry, own = self._relay_ports.take(2)
        self.relays.open(f"{plan.country}.entry", entry, plan.ports.amqps)
        self.relays.open(f"{plan.country}.node", own, plan.ports.amqps)
        return replace(plan, entry_port=entry, node_port=own)
