"""One whole lab for all tests here: three countries, real brokers, real nodes, recorders.

It is brought up once; a test that breaks something mends it before it ends.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from corridor.gateway.local_client import LocalClient
from corridor.lab.broker_layout import LabTuning
from corridor.lab.movements import plan_movements
from corridor.lab.network import Network
from corridor.lab.scenario import load_scenario
from corridor.lab.tap import Tap
from corridor.lab.traffic import (
    Key,
    Planned,
    Played,
    Proof,
    await_receipts,
    handed_over,
    play,
    prove,
)
from corridor.transit.parties import CountryCode
from corridor.wire.v1 import local_pb2 as local

TR, GE, AZ = CountryCode("TR"), CountryCode("GE"), CountryCode("AZ")
PATIENT = (
    "\n[exchange]\nurgent_repeat_after_s = 3\nrepeat_after_s = 4\n"
    "[movements]\nstranger_h = 0.0005\n"
)
"""A lab waits for a missing receipt two minutes, and for what lets a stranger in a quarter of an
hour, as a country does: too long for a test."""


@dataclass(frozen=True, slots=True)
class Lab:
    """The network and what tests do with it."""

    network: Network
    tap: Tap
    """On Azerbaijan's broker: the others stay as they were rendered."""

    def plan(self, seed: int, movements: int = 4, *ways: tuple[str, str]) -> list[Planned]:
        """Movements' records, those of some ways only where any is given."""
        planned = list(plan_movements(self.network.scenario, seed, movements))
        if not ways:
            return planned
        return [one for one in planned if (one.sender[:2], one.recipient[:2]) in ways]

    def play(self, plan: Sequence[Planned]) -> Played:
        return play(plan, self.network.ways_in)

    def proof(self, played: Sequence[Planned], timeout_s: float = 60) -> Proof:
        """What the three sets say, once they are equal or time is up."""
        receipts = await_receipts(played, self.network.ways_in, timeout_s=timeout_s)
        expected = {one.key for one in played}
        until(lambda: expected <= set(self.handed()), 20)
        return prove(played, self.handed(), receipts)

    def handed(self) -> Counter[Key]:
        return handed_over(self.network.recordings)

    def client(self, code: CountryCode) -> LocalClient:
        return LocalClient(self.network.nodes[code].plan.socket)

    def config(self, code: CountryCode) -> Path:
        return self.network.nodes[code].plan.config


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab") / "network"
    with Network(load_scenario("tr-ge-az"), folder, tuning=LabTuning(age_days=7)) as network:
        network.lay_out()
        for node in network.nodes.values():
            with node.plan.config.open("a") as config:
                config.write(PATIENT)
        network.start_brokers()
        tap = Tap(network.brokers[AZ])
        tap.open([TR, GE])
        network.start_nodes()
        yield Lab(network, tap)


def inbox(node: LocalClient) -> Iterator[local.LocalDelivery]:
    """All that a node holds for its national system, also behind thousands of earlier tests'."""
    after = 0
    while page := node.take(after, limit=500):
        yield from page
        after = page[-1].cursor


def until(holds: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until something holds; whether it does."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def corridor(
    *arguments: object, timeout_s: float = 120, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "corridor", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def told(run: subprocess.CompletedProcess[str]) -> object:
    """The JSON that a command printed."""
    assert run.stdout, run.stderr
    return json.loads(run.stdout)
