"""A country's broker as a cluster of three nodes, in front of which a balancer stands.

Rules:

* the first node is the country's broker of the lab; two more join it, each with ports, data and
  log of its own, and with its cookie and port mapper;
* the balancer is the pair of relays before the broker: `lead` turns both to another node.
"""

import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from chaos.admin import Admin
from chaos.network import ChaosNetwork
from corridor.errors import LinkTrouble
from corridor.lab.brokers import BrokerPlan, PrivateBroker, wait_ready
from corridor.lab.ports import PortLease
from corridor.transit.parties import CountryCode

_BOOT_S: Final = 150.0
_QUEUES: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-queues")


class Joiner(PrivateBroker):
    """A further node of a country's cluster."""

    def __init__(self, first: PrivateBroker, number: int, lease: PortLease) -> None:
        """Describe it beside the first node."""
        ports = dict(
            zip(("amqps", "management", "prometheus", "distribution"), lease.take(4), strict=True)
        )
        folder = first.plan.directory.with_name(f"{first.plan.directory.name}{number}")
        plan = replace(first.plan, directory=folder, ports=replace(first.plan.ports, **ports))
        super().__init__(plan)
        self.first = first
        self.name = f"corridor-{first.country.lower()}{number}@localhost"

    def lay_out(self) -> None:
        """Write its files: the first node's, with its own ports and no definitions."""
        theirs, plan = self.first.plan, self.plan
        names = ("rabbitmq.conf", "advanced.config", "enabled_plugins")
        files = {name: (theirs.etc / name).read_text() for name in names}
        text = files["rabbitmq.conf"]
        for port in ("amqps", "management", "prometheus"):
            text = text.replace(str(getattr(theirs.ports, port)), str(getattr(plan.ports, port)))
        lines = [line for line in text.splitlines() if not line.startswith("definitions.")]
        self.write({**files, "rabbitmq.conf": "\n".join(lines) + "\n"})

    @property
    def _home(self) -> Path:
        return self.first._home  # one cookie for the cluster

    def _start_epmd(self) -> None:
        """Use the first node's port mapper."""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "RABBITMQ_NODENAME": self.name}


class Cluster:
    """Three nodes of one country; use between `form` and `close`."""

    def __init__(self, net: ChaosNetwork, code: CountryCode) -> None:
        """Describe it."""
        self.net = net
        self.code = code
        self._lease = PortLease()
        first = net.brokers[code]
        joiners = [Joiner(first, number, self._lease) for number in (2, 3)]
        self.nodes: list[PrivateBroker] = [first, *joiners]

    def form(self) -> None:
        """Start the other two and have them join; every quorum queue gets three members."""
        others = self.nodes[1:]
        for one in others:
            assert isinstance(one, Joiner)
            one.lay_out()
            one.start()
        wait_ready(others, _BOOT_S)
        for one in others:
            one.ctl("stop_app")
            one.ctl("join_cluster", f"corridor-{self.code.lower()}@localhost")
            one.ctl("start_app")
        for one in others:
            assert isinstance(one, Joiner)
            self.grow(one)

    def grow(self, joiner: Joiner) -> None:
        """Put a member of every quorum queue on a node."""
        command = [str(_QUEUES), "--quiet", "grow", joiner.name, "all"]
        done = subprocess.run(
            command,
            env=joiner._environment(),
            cwd=joiner.plan.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise LinkTrouble(f"rabbitmq-queues grow: {(done.stderr or done.stdout)[-200:]}")

    def lead(self, number: int) -> None:
        """Have the balancer lead everybody to a node, connections of now included."""
        port = self.nodes[number].plan.ports.amqps
        for way in (self.net.entry(self.code), self.net.own(self.code)):
            way.target = port
            way.reset()

    def admin(self, number: int) -> Admin:
        """Administer through one node."""
        plan: BrokerPlan = replace(
            self.nodes[0].plan,
            ports=replace(
                self.nodes[0].plan.ports, management=self.nodes[number].plan.ports.management
            ),
        )
        return Admin(PrivateBroker(plan))

    def members(self, queue: str, number: int) -> tuple[str, list[str]]:
        """Return the leader and the online members of a queue."""
        found = self.admin(number).ask("GET", f"queues/corridor/{queue}")
        return str(found.get("leader", "")), list(found.get("online", []))

    def close(self) -> None:
        """End the joiners; the first node is the network's."""
        for one in self.nodes[1:]:
            with suppress(LinkTrouble):
                one.kill()
        self._lease.close()
