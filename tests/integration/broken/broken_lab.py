"""Two countries, real brokers and nodes; Georgia is broken, Türkiye is the partner.

Georgia's store lies on a small disk of memory of its own, where this user may mount one.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from builders_cli import corridor
from chaos.disks import can_mount, mount, unmount
from corridor.daemon.clock import LAB_OFFSET
from corridor.exchange.addresses import OPERATOR_USER
from corridor.lab.broker_layout import LabTuning, password_path
from corridor.lab.brokers import BrokerPlan, PrivateBroker
from corridor.lab.network import Network
from corridor.lab.nodes import NodePlan, NodeProcess, wait_nodes
from corridor.lab.scenario import load_scenario
from corridor.transit.parties import CountryCode

GE, TR = CountryCode("GE"), CountryCode("TR")
SCENARIO = Path(__file__).resolve().parents[2] / "chaos" / "two.toml"
_QUICK: Final = "[watch]\nlook_every_s = 0.5\ncanary_every_s = 1\ncanary_late_s = 5\n"
AGE_DAYS: Final = 7
"""How long ago the network was founded: the clock is put back to before that."""


@dataclass
class BrokenLab:
    """The lab, and what its operator in Georgia does."""

    network: Network
    small_disk: bool
    clock: Path
    """The offset of Georgia's clock, for its node and for its operator's commands."""
    aside: dict[Path, bytes] = field(default_factory=dict)

    @property
    def node(self) -> NodeProcess:
        return self.network.nodes[GE]

    @property
    def plan(self) -> NodePlan:
        return self.node.plan

    def broker(self, code: CountryCode = GE) -> PrivateBroker:
        return self.network.brokers[code]

    def at(self, code: CountryCode = GE) -> BrokerPlan:
        return self.broker(code).plan

    @property
    def folder(self) -> Path:
        """Georgia's folder of certificates and its partner's."""
        return self.at().pki

    def doctor(self, *more: object) -> dict[str, Any]:
        """What the operator of Georgia is told."""
        said = corridor("doctor", "--config", self.plan.config, "--password-file",
                        password_path(self.at(), OPERATOR_USER), "--json", *more)  # fmt: skip
        found: dict[str, Any] = said.json
        assert (said.status == 1) == bool(found["failed"]), said
        return found

    def replace(self, path: Path, content: bytes) -> None:
        """Put other content into a file; `put_back` has the old one."""
        self.aside.setdefault(path, path.read_bytes())
        path.write_bytes(content)

    def put_back(self) -> None:
        """Put every replaced file back."""
        for path, content in self.aside.items():
            path.write_bytes(content)
        self.aside.clear()

    def restart(self) -> None:
        """Start Georgia's node again."""
        assert self.node.stop()
        self.node.start()

    def reload(self) -> None:
        """Have Georgia's node read keys and statements again."""
        assert self.node.pid is not None
        os.kill(self.node.pid, signal.SIGHUP)


@contextmanager
def broken_lab(folder: Path) -> Iterator[BrokenLab]:
    """Bring the lab up."""
    clock = folder / "clock"
    clock.write_text("0")
    tuning = LabTuning(age_days=AGE_DAYS, reconnect_delay_s=1, node_reconnect_max_s=0.5)
    with (
        pytest.MonkeyPatch.context() as patch,
        Network(load_scenario(str(SCENARIO)), folder / "network", tuning=tuning) as network,
    ):
        patch.setenv(LAB_OFFSET, str(clock))
        network.lay_out()
        plan = network.nodes[GE].plan
        small_disk = can_mount(plan.store.parent)
        if small_disk:
            mount(plan.store.parent)
        try:
            for node in network.nodes.values():
                text = node.plan.config.read_text()
                node.plan.config.write_text(text.replace("[watch]\n", _QUICK))
            network.start_brokers()
            network.start_nodes()
            yield BrokenLab(network, small_disk, clock)
        finally:
            network.down()
            if small_disk:
                unmount(plan.store.parent)


def connected(lab: BrokenLab) -> None:
    """Wait until both nodes are connected."""
    wait_nodes(list(lab.network.nodes.values()), 40)


def first_failing(found: dict[str, Any]) -> dict[str, Any] | None:
    """The first failing line of what the doctor said."""
    return next((one for one in found["checks"] if one["status"] == "fail"), None)


def until(holds: Any, timeout_s: float) -> bool:  # noqa: ANN401 - a function without arguments
    """Wait until something holds; whether it does."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
