"""What a drill is played on: a network that can be broken, and a Prometheus that looks at it.

Rules:

* everything is real: brokers, nodes, Debian's Prometheus and Alertmanager with the shipped rules;
* the rules' times are divided by one factor; what is no time stays as it is;
* beside the network there are nodes of an older one, whose keys or directory are near their end:
  no clock is moved for that, they were founded so long ago.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from chaos.cases.case import Scene, until
from chaos.cases.playing import COUNTRY, SCENARIO
from chaos.disks import can_mount
from chaos.network import FAST, ChaosNetwork
from chaos.oracle import Oracle
from corridor.lab.broker_layout import LabTuning
from corridor.lab.network import Network
from corridor.lab.scenario import load_scenario
from corridor.lab.watching import RULES, Watchers
from corridor.transit.parties import CountryCode

TREE: Final = Path(__file__).resolve().parents[2]
OLD_DIRECTORY, OLD_KEY = CountryCode("KG"), CountryCode("KZ")
"""Under which country Prometheus sees the nodes that were founded long ago."""
DIRECTORY_DAYS: Final = 45
KEY_DAYS: Final = 90
_DAY_S: Final = 86_400
_STEP_S: Final = 0.25


@dataclass(slots=True)
class Stage:
    """The network, what looks at it, and what faults need."""

    net: ChaosNetwork
    old: dict[CountryCode, Network]
    watch: Watchers
    factor: float
    seeds: Iterator[int] = field(default_factory=count)
    undo: list[Callable[[], object]] = field(default_factory=list)
    """What the fault that is played now has to mend, the last first."""

    def scene(self) -> Scene:
        """Return the suite's own hands."""
        return Scene(self.net, Oracle(self.net), real=self.factor == 1, seeds=self.seeds)

    def fires(self, name: str, country: CountryCode) -> bool:
        """Whether Prometheus says that an alert fires for a country."""
        return any(
            one["alertname"] == name and one.get("country") == country
            for one in self.watch.firing()
        )

    def wait(self, holds: Callable[[], object], timeout_s: float) -> bool:
        """Wait until something holds, asking Prometheus less often than a node is asked."""
        return until(holds, timeout_s, _STEP_S)

    def mend(self) -> None:
        """Mend what the fault broke."""
        while self.undo:
            self.undo.pop()()


def set_up(stack: ExitStack, folder: Path, factor: float, say: Callable[[str], None]) -> Stage:
    """Bring everything up; `stack` brings it down."""
    rules = folder / "rules"
    subprocess.run(
        [sys.executable, TREE / "deploy/prometheus/write_rules.py", "--to", rules,
         "--divide", str(factor)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    scenario = load_scenario(str(SCENARIO))
    net = stack.enter_context(
        ChaosNetwork(
            folder / "net", scenario=scenario, tuning=COUNTRY if factor == 1 else FAST,
            small_disks=can_mount(folder / "probe"),
        )
    )  # fmt: skip
    begun = time.monotonic()
    net.up()
    say(f"three countries are up ({time.monotonic() - begun:.0f} s)")
    old = {
        OLD_DIRECTORY: _founded(stack, folder / "old-directory", DIRECTORY_DAYS, factor),
        OLD_KEY: _founded(stack, folder / "old-key", KEY_DAYS, factor),
    }
    nodes: dict[CountryCode, Any] = dict(net.nodes)
    for code, one in old.items():
        nodes[code] = next(iter(one.nodes.values()))
    seen: Any = SimpleNamespace(nodes=nodes, brokers=net.brokers)
    scrape_s = 1 if factor > 1 else 5
    watch = stack.enter_context(Watchers(seen, folder / "watch", rules / RULES, scrape_s))
    return Stage(net, old, watch, factor)


def _founded(stack: ExitStack, folder: Path, lifetime_days: int, factor: float) -> Network:
    """Lay a network out of which something ends within half of the time for which it is paged."""
    left_days = 3 / factor / 2
    scenario = load_scenario(str(SCENARIO))
    tuning = LabTuning(age_days=lifetime_days - left_days)
    network = stack.enter_context(Network(scenario, folder, tuning=tuning))
    network.lay_out()
    return network
